//! The value of a formula in a family: matrices of power series.

use crate::kernel::term::Rational;
use num_traits::{One, Zero};

use crate::kernel::jets::expression::Point;
use crate::kernel::jets::theory::{Argument, ConstantId, VariateId};
use crate::model::derivation::Derivation;
use crate::model::derivation::formula::{Dimension, Formula, Kind, Label, Operator, Shape};

use super::matrix::{Matrix, each, inverse, product, sum, transposed};
use super::measure::{moved, with};
use super::series::{Cut, Series};
use super::world::{Mode, SAMPLE_SIZE, World};

pub struct Evaluator<'w> {
    pub derivation: &'w Derivation,
    pub world: &'w World,
    pub mode: Mode,
    pub cut: Cut,
}

/// What is fixed while a formula is evaluated.
#[derive(Clone, Default)]
pub struct Environment {
    /// The point of each variate that is summed over.
    pub variates: Vec<(VariateId, usize)>,
    pub labels: Vec<(String, usize)>,
    pub point: Point,
    /// The points of the variates in each draw of the sample.
    pub draws: Vec<Vec<(VariateId, usize)>>,
}

impl Evaluator<'_> {
    pub fn dimension(&self, dimension: Dimension) -> usize {
        dimension.map_or(1, |space| self.world.dimensions[space.0 as usize])
    }

    pub fn points(&self, variate: VariateId) -> usize {
        let theory = &self.derivation.theory;
        if theory.variate(variate).law.is_some() {
            self.world.covariate.len()
        } else if self.world.pairs && theory.density_of(variate).is_some_and(|density| density.0 > 0) {
            self.world.points * self.world.points
        } else {
            self.world.points
        }
    }

    /// A declared constant; the number of draws is that of the samples.
    pub fn constant(&self, id: ConstantId, components: &[usize], symmetric: bool) -> Rational {
        if self.derivation.theory.sample == Some(id) {
            return Rational::from_integer(SAMPLE_SIZE.into());
        }
        let value = self.world.constant(id, components, symmetric);
        // A number that was not declared positive is negative: what holds for positive ones alone shows.
        let negative = components.is_empty() && !self.derivation.theory.constant(id).positive;
        if negative { -value } else { value }
    }

    pub fn number(&self, value: Rational) -> Series {
        Series::rational(value, self.cut)
    }

    pub fn zeros(&self, rows: Dimension, columns: Dimension) -> Matrix {
        vec![vec![Series::zero(self.cut); self.dimension(columns)]; self.dimension(rows)]
    }

    pub fn value_of_shape(
        &self,
        formula: &Formula,
        environment: &Environment,
        rows: Dimension,
        columns: Dimension,
    ) -> Option<Matrix> {
        if formula.is_zero() { Some(self.zeros(rows, columns)) } else { self.value(formula, environment) }
    }

    pub fn scalar(&self, formula: &Formula, environment: &Environment) -> Option<Series> {
        self.value(formula, environment)?.into_iter().next()?.into_iter().next()
    }

    pub fn value(&self, formula: &Formula, environment: &Environment) -> Option<Matrix> {
        let theory = &self.derivation.theory;
        let single = |series: Series| Some(vec![vec![series]]);
        let (rows, columns) = (self.dimension(formula.shape.rows), self.dimension(formula.shape.columns));
        let table = |entry: &dyn Fn(usize, usize) -> Option<Series>| -> Option<Matrix> {
            (0..rows).map(|row| (0..columns).map(|column| entry(row, column)).collect()).collect()
        };
        match &formula.kind {
            Kind::Number(value) => single(self.number(value.clone())),
            Kind::Parameter(id) => table(&|row, column| self.parameter(*id, row.max(column), &environment.point)),
            Kind::Direction(id) => table(&|row, column| Some(self.direction(*id, row.max(column)))),
            Kind::Constant(id) => {
                let constant = theory.constant(*id);
                table(&|row, column| {
                    let at: Vec<usize> = components(&formula.shape, row, column);
                    Some(self.number(self.constant(*id, &at, constant.symmetric)))
                })
            }
            Kind::Density(id, point) => single(self.density(*id, &moved(&environment.point, point), environment)?),
            Kind::Field(id, point) => {
                let point = moved(&environment.point, point);
                table(&|row, column| self.field(*id, &components(&formula.shape, row, column), &point))
            }
            Kind::Statistic(id) => {
                let Argument::Variate(variate) = theory.function(*id).argument else { return None };
                let at = environment.variates.iter().rev().find(|(own, _)| *own == variate)?.1;
                table(&|row, column| {
                    Some(self.number(self.world.statistic(*id, at, &components(&formula.shape, row, column))))
                })
            }
            Kind::Apply(id, order, argument) => {
                single(self.apply(*id, *order, &self.scalar(argument, environment)?)?)
            }
            Kind::Defined(at, point) => {
                let inner = Environment {
                    labels: Vec::new(),
                    variates: environment.variates.clone(),
                    point: moved(&environment.point, point),
                    draws: environment.draws.clone(),
                };
                self.value(&self.derivation.definitions[*at].body, &inner)
            }
            Kind::Divergence { densities, from, to } => {
                let (from, to) = (moved(&environment.point, from), moved(&environment.point, to));
                let inner = environment.clone();
                single(
                    self.expectation(&from, &inner, &|here| {
                        let mut difference = Series::zero(self.cut);
                        for density in densities {
                            let first = self.density(*density, &from, here)?.log()?;
                            let second = self.density(*density, &to, here)?.log()?;
                            difference = difference.plus(&first.minus(&second));
                        }
                        Some(vec![vec![difference]])
                    })?[0][0]
                        .clone(),
                )
            }
            Kind::Variance(body) => self.covariance(body, body, environment),
            Kind::Covariance(left, right) => self.covariance(left, right, environment),
            Kind::Negate(body) => Some(each(&self.value(body, environment)?, &|entry| entry.scaled(&-Rational::one()))),
            Kind::Binary(operator, left, right) => self.binary(*operator, left, right, formula, environment),
            Kind::Power(body, exponent) => single(self.scalar(body, environment)?.power(exponent)?),
            Kind::Raised(body, exponent) => {
                // Exact where the exponent is a rational number of the family.
                let exponent = self.scalar(exponent, environment)?;
                let number = exponent.as_rational()?;
                single(self.scalar(body, environment)?.power(&number)?)
            }
            Kind::SquareRoot(body) => {
                single(self.scalar(body, environment)?.power(&Rational::new(1.into(), 2.into()))?)
            }
            Kind::Transpose(body) => Some(transposed(&self.value(body, environment)?)),
            Kind::Log(body) => single(self.scalar(body, environment)?.log()?),
            Kind::Exp(body) => single(self.scalar(body, environment)?.exp()?),
            Kind::Gradient(parameter, body) => {
                let value = self.scalar(body, environment)?;
                table(&|row, column| self.derivative(&value, *parameter, row.max(column)))
            }
            Kind::Hessian(parameter, body) => {
                let value = self.scalar(body, environment)?;
                table(&|row, column| self.derivative(&self.derivative(&value, *parameter, row)?, *parameter, column))
            }
            Kind::Jacobian(parameter, body) => {
                let value = self.value(body, environment)?;
                table(&|row, column| self.derivative(&value[row][0], *parameter, column))
            }
            Kind::Partial(parameter, labels, body) => {
                let mut value = self.scalar(body, environment)?;
                for label in labels {
                    value = self.derivative(&value, *parameter, label_value(label, environment)?)?;
                }
                single(value)
            }
            Kind::Expectation(mean, body) => self.mean(mean, body, environment),
            Kind::SumOver(variate, body) => {
                let mut total = self.zeros(formula.shape.rows, formula.shape.columns);
                for point in 0..self.points(*variate) {
                    let value = self.value_of_shape(
                        body,
                        &with(environment, *variate, point),
                        formula.shape.rows,
                        formula.shape.columns,
                    )?;
                    total = sum(&total, &value);
                }
                Some(total)
            }
            Kind::Draws(body) => {
                let mut total = self.zeros(formula.shape.rows, formula.shape.columns);
                for draw in &environment.draws {
                    let mut inner = environment.clone();
                    inner.variates.extend(draw.iter().copied());
                    total = sum(&total, &self.value_of_shape(body, &inner, formula.shape.rows, formula.shape.columns)?);
                }
                Some(total)
            }
            Kind::SumIndex(labels, body) => {
                let ranges: Vec<(String, usize)> =
                    labels.iter().map(|label| (label.name.clone(), self.dimension(label.space))).collect();
                let mut total = self.zeros(formula.shape.rows, formula.shape.columns);
                for assignment in choices(&ranges) {
                    let mut inner = environment.clone();
                    inner.labels.extend(assignment);
                    total = sum(&total, &self.value_of_shape(body, &inner, formula.shape.rows, formula.shape.columns)?);
                }
                Some(total)
            }
            Kind::Entry(body, labels) => {
                let value = self.value(body, environment)?;
                let at: Vec<usize> =
                    labels.iter().map(|label| label_value(label, environment)).collect::<Option<_>>()?;
                let (row, column) = match (at.as_slice(), body.shape.rows) {
                    ([row, column], _) => (*row, *column),
                    ([only], Some(_)) => (*only, 0),
                    ([only], None) => (0, *only),
                    _ => (0, 0),
                };
                single(value.get(row)?.get(column)?.clone())
            }
            Kind::Inverse(body) => inverse(&self.value(body, environment)?),
            Kind::Trace(body) => {
                let value = self.value(body, environment)?;
                let mut total = Series::zero(self.cut);
                for (at, row) in value.iter().enumerate() {
                    total = total.plus(&row[at]);
                }
                single(total)
            }
            Kind::Table(entries) => table(&|row, column| self.scalar(&entries[row][column], environment)),
            // A term of a family at hand: that family's own values refute it.
            Kind::Member(_) => None,
            Kind::Identity => {
                table(&|row, column| Some(self.number(if row == column { Rational::one() } else { Rational::zero() })))
            }
        }
    }

    pub fn binary(
        &self,
        operator: Operator,
        left: &Formula,
        right: &Formula,
        whole: &Formula,
        environment: &Environment,
    ) -> Option<Matrix> {
        let (rows, columns) = (whole.shape.rows, whole.shape.columns);
        match operator {
            Operator::Add => Some(sum(
                &self.value_of_shape(left, environment, rows, columns)?,
                &self.value_of_shape(right, environment, rows, columns)?,
            )),
            Operator::Subtract => {
                let right = each(&self.value_of_shape(right, environment, rows, columns)?, &|entry| {
                    entry.scaled(&-Rational::one())
                });
                Some(sum(&self.value_of_shape(left, environment, rows, columns)?, &right))
            }
            Operator::Divide => {
                let divisor = self.scalar(right, environment)?.power(&-Rational::one())?;
                Some(each(&self.value(left, environment)?, &|entry| entry.times(&divisor)))
            }
            Operator::Multiply => {
                let (first, second) = (self.value(left, environment)?, self.value(right, environment)?);
                if left.shape.is_scalar() {
                    return Some(each(&second, &|entry| entry.times(&first[0][0])));
                }
                if right.shape.is_scalar() {
                    return Some(each(&first, &|entry| entry.times(&second[0][0])));
                }
                Some(product(&first, &second, self.cut))
            }
        }
    }
}

fn components(shape: &Shape, row: usize, column: usize) -> Vec<usize> {
    [(shape.rows, row), (shape.columns, column)]
        .into_iter()
        .filter(|(dimension, _)| dimension.is_some())
        .map(|(_, at)| at)
        .collect()
}

fn label_value(label: &Label, environment: &Environment) -> Option<usize> {
    if label.space.is_none() {
        return Some(0);
    }
    environment.labels.iter().rev().find(|(name, _)| *name == label.name).map(|(_, at)| *at)
}

/// Every choice of one value below each bound.
pub fn choices<T: Clone>(ranges: &[(T, usize)]) -> Vec<Vec<(T, usize)>> {
    let mut all = vec![Vec::new()];
    for (name, bound) in ranges {
        all = all
            .into_iter()
            .flat_map(|chosen| {
                (0..*bound).map(move |at| {
                    let mut more = chosen.clone();
                    more.push((name.clone(), at));
                    more
                })
            })
            .collect();
    }
    all
}
