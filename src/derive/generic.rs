//! A proof about any density, seen at one family: what each of its formulas is there.

use num_traits::One;

use crate::kernel::term::{Name, Rational, Term};
use crate::model::derivation::Derivation;
use crate::model::derivation::formula::{Formula, Kind, Operator};

use super::report::{GenericLine, Report, Spelling};
use super::search::Search;
use super::setting::second;

/// Matrices of more parameters than this are not written out.
const MOST_PARAMETERS: usize = 3;

/// Entries with more nodes than this are not written out: nobody would read them.
const MOST_NODES: usize = 160;

/// A step of a generic proof: the formula that it reaches.
#[derive(Clone, Debug)]
pub struct GenericStep {
    /// The lemma or theorem that the step belongs to.
    pub item: String,
    pub start: GenericFormula,
    pub end: GenericFormula,
    /// `=`, or equality up to an order.
    pub order: Option<u32>,
    pub reason: String,
}

/// A formula with its spellings.
#[derive(Clone, Debug)]
pub struct GenericFormula {
    pub formula: Formula,
    pub text: String,
    pub latex: String,
}

/// A generic proof as its author wrote it, checked elsewhere.
pub struct GenericProof<'a> {
    pub derivation: &'a Derivation,
    pub steps: Vec<GenericStep>,
}

/// Every step of the proof that can be written out at the family; the others are left out.
pub fn instances(search: &mut Search, report: &Report, proof: &GenericProof) -> Vec<GenericLine> {
    let parameters: Vec<Name> = report.family.parameters.iter().map(|(name, _)| name.clone()).collect();
    let parameters = parameters.as_slice();
    let long = |term: &Term| term.size() > MOST_NODES;
    if report.fisher.iter().flatten().flatten().any(long) || report.hessian.iter().flatten().any(long) {
        return Vec::new();
    }
    let taken = |name: &Name| search.setting().context().domains.contains_key(&displacement(name));
    if parameters.len() > MOST_PARAMETERS || parameters.iter().any(taken) {
        return Vec::new();
    }
    let spelling = |own: &GenericFormula| Spelling { text: own.text.clone(), latex: own.latex.clone() };
    let mut found: Vec<GenericLine> = Vec::new();
    for step in &proof.steps {
        let reader = Reader { parameters, derivation: proof.derivation };
        let Some(formal) = reader.matrix(&step.end.formula) else { continue };
        let shown = formal.map(&mut |entry| shown(search, entry));
        if shown.0.iter().flatten().any(long) {
            continue;
        }
        let Some(value) = formal.try_map(&mut |entry| settled(search, entry)) else { continue };
        let value = value.map(&mut |entry| search.simplifier.simplify_term(entry));
        let opens = found.last().is_none_or(|last| last.item != step.item);
        found.push(GenericLine {
            item: step.item.clone(),
            start: opens.then(|| spelling(&step.start)),
            end: spelling(&step.end),
            order: step.order,
            reason: step.reason.clone(),
            formal: shown.0,
            value: value.0,
        });
    }
    found
}

/// Rows of entries; a scalar is one row of one.
#[derive(Clone, Debug)]
struct Matrix(Vec<Vec<Term>>);

impl Matrix {
    fn scalar(term: Term) -> Matrix {
        Matrix(vec![vec![term]])
    }

    fn column(entries: Vec<Term>) -> Matrix {
        Matrix(entries.into_iter().map(|entry| vec![entry]).collect())
    }

    fn as_scalar(&self) -> Option<&Term> {
        match self.0.as_slice() {
            [row] if row.len() == 1 => Some(&row[0]),
            _ => None,
        }
    }

    fn map(&self, f: &mut dyn FnMut(&Term) -> Term) -> Matrix {
        Matrix(self.0.iter().map(|row| row.iter().map(&mut *f).collect()).collect())
    }

    fn try_map(&self, f: &mut dyn FnMut(&Term) -> Option<Term>) -> Option<Matrix> {
        self.0.iter().map(|row| row.iter().map(&mut *f).collect()).collect::<Option<_>>().map(Matrix)
    }

    fn transposed(&self) -> Matrix {
        let columns = self.0.first().map_or(0, Vec::len);
        Matrix((0..columns).map(|column| self.0.iter().map(|row| row[column].clone()).collect()).collect())
    }

    /// Entry by entry; the literal 0 stands for zero of every shape.
    fn plus(&self, other: &Matrix) -> Option<Matrix> {
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

    fn times(&self, other: &Matrix) -> Option<Matrix> {
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

/// Reads formulas with the family's density for p, and θ′ − θ for Δ.
struct Reader<'a> {
    parameters: &'a [Name],
    derivation: &'a Derivation,
}

impl Reader<'_> {
    fn matrix(&self, formula: &Formula) -> Option<Matrix> {
        let minus = || Matrix::scalar(Term::integer(-1));
        Some(match &formula.kind {
            Kind::Number(value) => Matrix::scalar(Term::Number(value.clone())),
            Kind::Direction(_) => {
                Matrix::column(self.parameters.iter().map(|name| Term::Variable(displacement(name))).collect())
            }
            Kind::Density(_, point) => Matrix::scalar(self.log_density(point.is_empty()).exp()),
            Kind::Divergence { from, to, .. } if from.is_empty() && !to.is_empty() => {
                Matrix::scalar((self.log_density(true) - self.log_density(false)).expectation())
            }
            Kind::Defined(place, point) if point.is_empty() => {
                self.matrix(&self.derivation.definitions.get(*place)?.body)?
            }
            Kind::Negate(body) => minus().times(&self.matrix(body)?)?,
            Kind::Binary(operator, left, right) => {
                let (left, right) = (self.matrix(left)?, self.matrix(right)?);
                match operator {
                    Operator::Add => left.plus(&right)?,
                    Operator::Subtract => left.plus(&minus().times(&right)?)?,
                    Operator::Multiply => left.times(&right)?,
                    Operator::Divide => left.times(&Matrix::scalar(right.as_scalar()?.clone().recip()))?,
                }
            }
            Kind::Power(body, exponent) => {
                Matrix::scalar(Term::power(self.matrix(body)?.as_scalar()?.clone(), Term::Number(exponent.clone())))
            }
            Kind::Transpose(body) => self.matrix(body)?.transposed(),
            Kind::Log(body) => Matrix::scalar(match self.matrix(body)?.as_scalar()? {
                Term::Apply(crate::kernel::term::Function::Exp, arguments) => arguments[0].clone(),
                other => other.clone().log(),
            }),
            Kind::Gradient(_, body) => {
                let body = self.matrix(body)?.as_scalar()?.clone();
                Matrix::column(self.parameters.iter().map(|name| body.clone().derivative(name)).collect())
            }
            Kind::Hessian(_, body) => {
                let body = self.matrix(body)?.as_scalar()?.clone();
                let row = |a: &Name| self.parameters.iter().map(|b| body.clone().derivative(a).derivative(b)).collect();
                Matrix(self.parameters.iter().map(row).collect())
            }
            Kind::Jacobian(_, body) => {
                let body = self.matrix(body)?;
                let row = |row: &Vec<Term>| {
                    self.parameters.iter().map(|name| row[0].clone().derivative(name)).collect::<Vec<Term>>()
                };
                Matrix(body.0.iter().map(row).collect())
            }
            // The data are drawn from the model, and a covariate is held where it is.
            Kind::Expectation(_, body) => self.matrix(body)?.map(&mut expected),
            // Σ f = E[f/p].
            Kind::SumOver(_, body) => {
                self.matrix(body)?.map(&mut |entry| (entry.clone() * (-self.log_density(true)).exp()).expectation())
            }
            _ => return None,
        })
    }

    /// log p at θ, or at θ + Δ = θ′.
    fn log_density(&self, here: bool) -> Term {
        let moved = |name: &Name| (name.clone(), Term::Variable(second(name)));
        if here { Term::log_density() } else { Term::LogDensity(self.parameters.iter().map(moved).collect()) }
    }
}

/// Δ_θ, what the second argument of the divergence adds to a parameter.
fn displacement(name: &Name) -> Name {
    Name::new(&format!("Delta_{name}"))
}

/// E over what has been integrated already changes nothing.
fn expected(term: &Term) -> Term {
    if depends_on_variate(term) { term.clone().expectation() } else { term.clone() }
}

/// Whether a density occurs outside every expectation.
fn depends_on_variate(term: &Term) -> bool {
    match term {
        Term::LogDensity(_) => true,
        Term::Expectation(_) => false,
        _ => term.children().into_iter().any(depends_on_variate),
    }
}

/// An integrand with more terms than this stays formal.
const MOST_WRITTEN_TERMS: usize = 32;

/// The formula with the family's expressions inside its expectations.
fn shown(search: &Search, term: &Term) -> Term {
    let written = |term: &Term| match search.checker.pointwise().normalize(term) {
        Ok(poly) if poly.len() <= MOST_WRITTEN_TERMS => search.simplifier.simplify(&poly),
        // Nobody reads that; ℓ and its derivatives are what the line is about.
        _ => term.clone(),
    };
    if !has_expectation(term) {
        return written(term);
    }
    // Multiplied out and collected with every expectation as one letter.
    let mut letters: Vec<(Name, Term)> = Vec::new();
    let lettered = lettered(&inside(term, &written), &mut letters);
    let plain = search.simplifier.simplify_term(&lettered);
    search.simplifier.tidy(&plain.substitute(&letters))
}

/// The term with a name for each of its expectations.
fn lettered(term: &Term, letters: &mut Vec<(Name, Term)>) -> Term {
    if let Term::Expectation(_) = term {
        if let Some((name, _)) = letters.iter().find(|(_, known)| known == term) {
            return Term::Variable(name.clone());
        }
        let name = Name::new(&format!("expectation_{}", letters.len()));
        letters.push((name.clone(), term.clone()));
        return Term::Variable(name);
    }
    if matches!(term, Term::Derivative(..)) {
        return term.clone();
    }
    term.map_children(&mut |child| lettered(child, letters))
}

fn has_expectation(term: &Term) -> bool {
    matches!(term, Term::Expectation(_)) || term.children().into_iter().any(has_expectation)
}

fn inside(term: &Term, written: &dyn Fn(&Term) -> Term) -> Term {
    match term {
        // What is formal about the divergence says more than the difference written out.
        Term::Expectation(body) if mentions_both(body) => term.clone(),
        Term::Expectation(body) => written(body).expectation(),
        _ => term.map_children(&mut |child| inside(child, written)),
    }
}

fn mentions_both(term: &Term) -> bool {
    matches!(term, Term::LogDensity(moved) if !moved.is_empty()) || term.children().into_iter().any(mentions_both)
}

/// The value: every expectation replaced by what the kernel proves for it.
fn settled(search: &mut Search, term: &Term) -> Option<Term> {
    if let Term::Expectation(body) = term {
        if matches!(&**body, Term::Number(value) if value.is_one()) {
            return Some(Term::Number(Rational::one()));
        }
        let position = search.expectation(body).ok()?;
        return Some(search.value(position));
    }
    if !has_expectation(term) {
        let poly = search.checker.pointwise().normalize(term).ok()?;
        return Some(search.simplifier.simplify(&poly));
    }
    let mut failed = false;
    let value = term.map_children(&mut |child| {
        settled(search, child).unwrap_or_else(|| {
            failed = true;
            child.clone()
        })
    });
    (!failed).then_some(value)
}
