//! Formulas of derivations read at one family: matrices of terms.

use num_traits::One;

use crate::kernel::jets::expression::Point;
use crate::kernel::term::{Function, Name, Term};
use crate::model::derivation::formula::{Formula, Kind, Label, Mean, Operator};
use crate::model::derivation::{AssumptionLine, Derivation};

use super::setting::second;

/// Rows of entries; a scalar is one row of one.
#[derive(Clone, Debug)]
pub struct Matrix(pub Vec<Vec<Term>>);

impl Matrix {
    pub fn scalar(term: Term) -> Matrix {
        Matrix(vec![vec![term]])
    }

    pub fn column(entries: Vec<Term>) -> Matrix {
        Matrix(entries.into_iter().map(|entry| vec![entry]).collect())
    }

    pub fn as_scalar(&self) -> Option<&Term> {
        match self.0.as_slice() {
            [row] if row.len() == 1 => Some(&row[0]),
            _ => None,
        }
    }

    pub fn map(&self, f: &mut dyn FnMut(&Term) -> Term) -> Matrix {
        Matrix(self.0.iter().map(|row| row.iter().map(&mut *f).collect()).collect())
    }

    pub fn try_map(&self, f: &mut dyn FnMut(&Term) -> Option<Term>) -> Option<Matrix> {
        self.0.iter().map(|row| row.iter().map(&mut *f).collect()).collect::<Option<_>>().map(Matrix)
    }

    pub fn transposed(&self) -> Matrix {
        let columns = self.0.first().map_or(0, Vec::len);
        Matrix((0..columns).map(|column| self.0.iter().map(|row| row[column].clone()).collect()).collect())
    }

    /// Entry by entry; the literal 0 stands for zero of every shape.
    pub fn plus(&self, other: &Matrix) -> Option<Matrix> {
        if self.as_scalar().is_some_and(Term::is_zero) {
            return Some(other.clone());
        }
        if other.as_scalar().is_some_and(Term::is_zero) {
            return Some(self.clone());
        }
        let fits = self.0.len() == other.0.len() && self.0.first()?.len() == other.0.first()?.len();
        fits.then(|| {
            let rows = self.0.iter().zip(&other.0);
            Matrix(rows.map(|(a, b)| a.iter().zip(b).map(|(a, b)| a.clone() + b.clone()).collect()).collect())
        })
    }

    /// By the adjugate.
    pub fn inverse(&self) -> Matrix {
        let size = self.0.len();
        if size == 1 {
            return self.map(&mut |entry| entry.clone().recip());
        }
        let scale = self.determinant().recip();
        let cofactor = |row: usize, column: usize| {
            let minor = self.without(column, row).determinant();
            let signed = if (row + column).is_multiple_of(2) { minor } else { -minor };
            signed * scale.clone()
        };
        Matrix((0..size).map(|row| (0..size).map(|column| cofactor(row, column)).collect()).collect())
    }

    fn without(&self, row: usize, column: usize) -> Matrix {
        let kept = |at: usize, skipped: usize| at != skipped;
        let entries = |line: &Vec<Term>| {
            line.iter().enumerate().filter(|(at, _)| kept(*at, column)).map(|(_, entry)| entry.clone()).collect()
        };
        Matrix(self.0.iter().enumerate().filter(|(at, _)| kept(*at, row)).map(|(_, line)| entries(line)).collect())
    }

    /// Along the first row.
    fn determinant(&self) -> Term {
        match self.0.as_slice() {
            [row] => row[0].clone(),
            rows => Term::Sum(
                rows[0]
                    .iter()
                    .enumerate()
                    .map(|(at, entry)| {
                        let part = entry.clone() * self.without(0, at).determinant();
                        if at.is_multiple_of(2) { part } else { -part }
                    })
                    .collect(),
            ),
        }
    }

    pub fn times(&self, other: &Matrix) -> Option<Matrix> {
        if let Some(factor) = self.as_scalar() {
            return Some(other.map(&mut |entry| factor.clone() * entry.clone()));
        }
        if let Some(factor) = other.as_scalar() {
            return Some(self.map(&mut |entry| entry.clone() * factor.clone()));
        }
        let right = other.transposed();
        let dot = |row: &Vec<Term>, column: &Vec<Term>| {
            Term::Sum(row.iter().zip(column).map(|(a, b)| a.clone() * b.clone()).collect())
        };
        (self.0.first()?.len() == other.0.len())
            .then(|| Matrix(self.0.iter().map(|row| right.0.iter().map(|column| dot(row, column)).collect()).collect()))
    }
}

/// What becomes of `E[f]`: the formal expectation, or its value.
pub trait Expectations {
    /// `E[f]` at θ; `None` where it has no value.
    fn mean(&mut self, of: Term) -> Option<Term>;

    /// Whether means are values: then the parameters in them may be renamed.
    fn are_values(&self) -> bool;
}

/// Reads formulas with the family's density for p, and the second argument's parameters for θ + Δ.
pub struct Reader<'a> {
    pub parameters: &'a [Name],
    pub derivation: &'a Derivation,
    /// Δ_i of a parameter: a name of its own, or θ′_i − θ_i.
    pub displacement: &'a dyn Fn(&Name) -> Term,
}

/// Values of named indices, the last of a name in force.
pub type Places = Vec<(String, usize)>;

impl Reader<'_> {
    /// `None`: the formula speaks of something that the family says nothing about.
    pub fn matrix(&self, formula: &Formula, places: &Places, means: &mut dyn Expectations) -> Option<Matrix> {
        let minus = || Matrix::scalar(Term::integer(-1));
        Some(match &formula.kind {
            Kind::Number(value) => Matrix::scalar(Term::Number(value.clone())),
            Kind::Member(term) => Matrix::scalar(term.clone()),
            Kind::Table(rows) => Matrix(
                rows.iter()
                    .map(|row| row.iter().map(|entry| self.scalar(entry, places, means)).collect())
                    .collect::<Option<_>>()?,
            ),
            Kind::Parameter(_) => {
                Matrix::column(self.parameters.iter().map(|name| Term::Variable(name.clone())).collect())
            }
            Kind::Direction(_) => Matrix::column(self.parameters.iter().map(self.displacement).collect()),
            Kind::Density(_, point) => Matrix::scalar(self.log_density(point).exp()),
            Kind::Divergence { from, to, .. } => {
                let difference = self.log_density(from) - self.log_density(to);
                Matrix::scalar(self.mean_at(from, difference, means)?)
            }
            Kind::Defined(place, point) if point.is_empty() => {
                self.matrix(&self.derivation.definitions.get(*place)?.body, &Places::new(), means)?
            }
            Kind::Negate(body) => minus().times(&self.matrix(body, places, means)?)?,
            Kind::Binary(operator, left, right) => {
                let (left, right) = (self.matrix(left, places, means)?, self.matrix(right, places, means)?);
                match operator {
                    Operator::Add => left.plus(&right)?,
                    Operator::Subtract => left.plus(&minus().times(&right)?)?,
                    Operator::Multiply => left.times(&right)?,
                    Operator::Divide => left.times(&Matrix::scalar(right.as_scalar()?.clone().recip()))?,
                }
            }
            Kind::Power(body, exponent) => {
                Matrix::scalar(Term::power(self.scalar(body, places, means)?, Term::Number(exponent.clone())))
            }
            Kind::Raised(body, exponent) => {
                Matrix::scalar(Term::power(self.scalar(body, places, means)?, self.scalar(exponent, places, means)?))
            }
            Kind::SquareRoot(body) => {
                Matrix::scalar(Term::apply(Function::Sqrt, vec![self.scalar(body, places, means)?]))
            }
            Kind::Transpose(body) => self.matrix(body, places, means)?.transposed(),
            Kind::Log(body) => Matrix::scalar(match self.scalar(body, places, means)? {
                Term::Apply(Function::Exp, arguments) => arguments[0].clone(),
                other => other.log(),
            }),
            Kind::Exp(body) => Matrix::scalar(self.scalar(body, places, means)?.exp()),
            Kind::Gradient(_, body) => {
                let body = self.scalar(body, places, means)?;
                Matrix::column(self.parameters.iter().map(|name| self.derivative(&body, name)).collect())
            }
            Kind::Hessian(_, body) => {
                let body = self.scalar(body, places, means)?;
                let row =
                    |a: &Name| self.parameters.iter().map(|b| self.derivative(&self.derivative(&body, a), b)).collect();
                Matrix(self.parameters.iter().map(row).collect())
            }
            Kind::Jacobian(_, body) => {
                let body = self.matrix(body, places, means)?;
                let row = |row: &Vec<Term>| {
                    self.parameters.iter().map(|name| self.derivative(&row[0], name)).collect::<Vec<Term>>()
                };
                Matrix(body.0.iter().map(row).collect())
            }
            Kind::Partial(_, labels, body) => {
                let mut value = self.scalar(body, places, means)?;
                for label in labels {
                    value = self.derivative(&value, self.parameters.get(place_of(label, places)?)?);
                }
                Matrix::scalar(value)
            }
            // A covariate is held where it is; the data are drawn from the model where that is assumed.
            Kind::Expectation(mean, body) => {
                let at = match mean {
                    Mean::Model(point) => point.clone(),
                    Mean::Sample(_) => return None,
                    Mean::Data if !self.derivation.assumptions.contains(&AssumptionLine::WellSpecified) => return None,
                    _ => Point::new(),
                };
                self.matrix(body, places, means)?.try_map(&mut |entry| self.mean_at(&at, entry.clone(), means))?
            }
            Kind::Variance(body) => self.covariance(body, body, places, means)?,
            Kind::Covariance(left, right) => self.covariance(left, right, places, means)?,
            // Σ f = E[f/p].
            Kind::SumOver(_, body) => {
                let weight = (-self.log_density(&Point::new())).exp();
                self.matrix(body, places, means)?.try_map(&mut |entry| means.mean(entry.clone() * weight.clone()))?
            }
            Kind::SumIndex(labels, body) => {
                let mut total: Option<Matrix> = None;
                for chosen in choices(labels, self.parameters.len()) {
                    let inner: Places = places.iter().cloned().chain(chosen).collect();
                    let value = self.matrix(body, &inner, means)?;
                    total = Some(match total {
                        Some(total) => total.plus(&value)?,
                        None => value,
                    });
                }
                total?
            }
            Kind::Entry(body, labels) => {
                let value = self.matrix(body, places, means)?;
                let at: Vec<usize> = labels.iter().map(|label| place_of(label, places)).collect::<Option<_>>()?;
                let (row, column) = match (at.as_slice(), body.shape.rows) {
                    ([row, column], _) => (*row, *column),
                    ([only], Some(_)) => (*only, 0),
                    ([only], None) => (0, *only),
                    _ => (0, 0),
                };
                Matrix::scalar(value.0.get(row)?.get(column)?.clone())
            }
            Kind::Trace(body) => {
                let value = self.matrix(body, places, means)?;
                Matrix::scalar(Term::Sum(value.0.iter().enumerate().map(|(at, row)| row[at].clone()).collect()))
            }
            Kind::Inverse(body) => self.matrix(body, places, means)?.inverse(),
            Kind::Identity => {
                let size = if formula.shape.rows.is_some() { self.parameters.len() } else { 1 };
                let entry = |row: usize, column: usize| Term::integer(i32::from(row == column));
                Matrix((0..size).map(|row| (0..size).map(|column| entry(row, column)).collect()).collect())
            }
            _ => return None,
        })
    }

    fn scalar(&self, formula: &Formula, places: &Places, means: &mut dyn Expectations) -> Option<Term> {
        self.matrix(formula, places, means)?.as_scalar().cloned()
    }

    /// E[(a − E a)(b − E b)ᵀ].
    fn covariance(
        &self,
        left: &Formula,
        right: &Formula,
        places: &Places,
        means: &mut dyn Expectations,
    ) -> Option<Matrix> {
        let mut centred = |formula: &Formula| -> Option<Matrix> {
            let value = self.matrix(formula, places, means)?;
            let mean = value.try_map(&mut |entry| means.mean(entry.clone()))?;
            value.plus(&Matrix::scalar(Term::integer(-1)).times(&mean)?)
        };
        let product = centred(left)?.times(&centred(right)?.transposed())?;
        product.try_map(&mut |entry| means.mean(entry.clone()))
    }

    /// log p at θ, or at θ + c Δ.
    fn log_density(&self, point: &Point) -> Term {
        let moved = |name: &Name| {
            let own = Term::Variable(name.clone());
            let other = Term::Variable(second(name));
            let steps = point.iter().map(|(_, scale)| match scale.is_one() {
                true => other.clone() - own.clone(),
                false => Term::Number(scale.clone()) * (other.clone() - own.clone()),
            });
            match point.as_slice() {
                [(_, scale)] if scale.is_one() => other,
                _ => Term::Sum(std::iter::once(own.clone()).chain(steps).collect()),
            }
        };
        match point.is_empty() {
            true => Term::log_density(),
            false => Term::LogDensity(self.parameters.iter().map(|name| (name.clone(), moved(name))).collect()),
        }
    }

    /// ∂/∂θ. Where a direction is declared Δ stays, and θ + Δ moves along; else the second argument stays.
    fn derivative(&self, body: &Term, by: &Name) -> Term {
        let own = body.clone().derivative(by);
        let declared =
            self.derivation.theory.directions.iter().any(|direction| !direction.name.as_str().starts_with('#'));
        if declared && self.moves(body) { own + body.clone().derivative(&second(by)) } else { own }
    }

    fn moves(&self, term: &Term) -> bool {
        match term {
            Term::Variable(name) => self.parameters.iter().any(|own| second(own) == *name),
            _ => term.children().any(|child| self.moves(child)),
        }
    }

    /// E at θ, and at θ′ by exchanging the two: what is proved for all θ and θ′ holds with the names exchanged.
    fn mean_at(&self, point: &Point, of: Term, means: &mut dyn Expectations) -> Option<Term> {
        match point.as_slice() {
            [] => means.mean(of),
            [(_, scale)] if scale.is_one() && means.are_values() => {
                let value = means.mean(self.exchanged(&of))?;
                value.is_plain().then(|| self.exchanged(&value))
            }
            _ => None,
        }
    }

    /// θ and θ′ exchanged.
    fn exchanged(&self, term: &Term) -> Term {
        let other = |name: &Name| {
            let back = self.parameters.iter().find(|own| second(own) == *name).cloned();
            back.or_else(|| self.parameters.contains(name).then(|| second(name))).unwrap_or_else(|| name.clone())
        };
        match term {
            Term::Variable(name) => Term::Variable(other(name)),
            Term::Derivative(body, by) => self.exchanged(body).derivative(&other(by)),
            Term::LogDensity(moved) => {
                let values = self.parameters.iter().map(|name| {
                    let value = moved.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone());
                    (name.clone(), self.exchanged(&value.unwrap_or_else(|| Term::Variable(name.clone()))))
                });
                Term::LogDensity(values.filter(|(name, value)| *value != Term::Variable(name.clone())).collect())
            }
            _ => term.map_children(&mut |child| self.exchanged(child)),
        }
    }
}

fn place_of(label: &Label, places: &Places) -> Option<usize> {
    if label.space.is_none() {
        return Some(0);
    }
    label.position.or_else(|| places.iter().rev().find(|(name, _)| *name == label.name).map(|(_, at)| *at))
}

/// Every choice of a place for each label.
pub fn choices(labels: &[Label], size: usize) -> Vec<Places> {
    let mut all = vec![Places::new()];
    for label in labels {
        let bound = if label.space.is_some() { size } else { 1 };
        all = all
            .iter()
            .flat_map(|chosen| {
                (0..bound).map(move |at| chosen.iter().cloned().chain([(label.name.clone(), at)]).collect())
            })
            .collect();
    }
    all
}
