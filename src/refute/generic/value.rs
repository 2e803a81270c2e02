//! The value of a formula in a family: matrices of power series.

use std::collections::BTreeSet;

use num_rational::BigRational;
use num_traits::{One, Zero};

use crate::kernel::jets::expression::Point;
use crate::kernel::jets::theory::{Argument, ConstantId, DensityId, DirectionId, FunctionId, ParameterId, VariateId};
use crate::model::derivation::formula::{Dimension, Formula, Kind, Label, Mean, Operator};
use crate::model::derivation::Derivation;

use super::exact::Exact;
use super::series::{Cut, STEP, Series};
use super::world::{Law, Mode, World};

/// Rows of entries.
type Matrix = Vec<Vec<Series>>;

/// Where the two sides differ.
pub struct Difference {
    pub entry: Option<String>,
    pub left: Exact,
    pub right: Exact,
}

pub struct Evaluator<'w> {
    derivation: &'w Derivation,
    world: &'w World,
    mode: Mode,
    cut: Cut,
}

/// What is fixed while a formula is evaluated.
#[derive(Clone, Default)]
struct Environment {
    /// The point of each variate that is summed over.
    variates: Vec<(VariateId, usize)>,
    labels: Vec<(String, usize)>,
    point: Point,
}

/// Does anything in the formula stand at θ + Δ, or is it a direction?
pub fn moves(formula: &Formula) -> bool {
    let displaced = match &formula.kind {
        Kind::Direction(_) => true,
        Kind::Density(_, point) | Kind::Field(_, point) | Kind::Defined(_, point) | Kind::Expectation(Mean::Model(point), _) => !point.is_empty(),
        Kind::Divergence { from, to, .. } => !from.is_empty() || !to.is_empty(),
        _ => false,
    };
    displaced || formula.children().into_iter().any(moves)
}

/// The variates that are not integrated out: the statement holds at each of their points.
fn variates(formula: &Formula, derivation: &Derivation) -> BTreeSet<VariateId> {
    let theory = &derivation.theory;
    let mut found: BTreeSet<VariateId> = formula.children().into_iter().flat_map(|child| variates(child, derivation)).collect();
    match &formula.kind {
        Kind::Density(id, _) => {
            let density = theory.density(*id);
            found.insert(density.variate);
            found.extend(density.given);
        }
        Kind::Statistic(id) => {
            if let Argument::Variate(variate) = theory.function(*id).argument {
                found.insert(variate);
            }
        }
        Kind::Defined(at, _) => found.extend(variates(&derivation.definitions[*at].body, derivation)),
        Kind::Expectation(Mean::Model(_) | Mean::Data, _) | Kind::Divergence { .. } | Kind::Variance(_) | Kind::Covariance(..) => found.clear(),
        Kind::Expectation(Mean::Inner(density), _) => {
            found.remove(&theory.density(*density).variate);
        }
        Kind::Expectation(Mean::Covariate(variate), _) | Kind::SumOver(variate, _) => {
            found.remove(variate);
        }
        _ => {}
    }
    found
}

/// The deepest nesting of derivatives.
fn depth(formula: &Formula, derivation: &Derivation) -> u8 {
    let inner = formula.children().into_iter().map(|child| depth(child, derivation)).max().unwrap_or(0);
    inner
        + match &formula.kind {
            Kind::Gradient(..) | Kind::Jacobian(..) => 1,
            Kind::Hessian(..) => 2,
            Kind::Partial(_, labels, _) => labels.len() as u8,
            Kind::Defined(at, _) => depth(&derivation.definitions[*at].body, derivation),
            _ => 0,
        }
}

impl<'w> Evaluator<'w> {
    pub fn new(derivation: &'w Derivation, world: &'w World, mode: Mode, sides: [&Formula; 2]) -> Self {
        let displacement = sides.into_iter().map(|side| depth(side, derivation)).max().unwrap_or(0);
        let step = match mode {
            Mode::Concrete => 0,
            Mode::Formal(order) => order as u8,
        };
        Evaluator { derivation, world, mode, cut: Cut { displacement, step } }
    }

    /// The same family, for formulas that need other degrees.
    pub fn widened(&self, sides: [&Formula; 2]) -> Evaluator<'w> {
        Evaluator::new(self.derivation, self.world, Mode::Concrete, sides)
    }

    /// The first entry that surely differs; `None` inside if all agree, outside if a value is not exact.
    pub fn first_difference(&self, left: &Formula, right: &Formula, order: Option<u32>) -> Option<Option<Difference>> {
        let mut free = left.free_labels();
        free.extend(right.free_labels());
        let labels: Vec<(String, usize)> = free.into_iter().map(|(name, (space, _))| (name, self.dimension(space))).collect();
        let shape = if left.is_zero() { right.shape } else { left.shape };
        let highest = match (order, self.mode) {
            (Some(order), _) | (None, Mode::Formal(order)) => order as u8,
            _ => 0,
        };
        let open: BTreeSet<VariateId> = variates(left, self.derivation).union(&variates(right, self.derivation)).copied().collect();
        let open: Vec<(VariateId, usize)> = open.into_iter().map(|id| (id, self.points(id))).collect();
        for (assignment, points) in assignments(&labels).into_iter().flat_map(|labels| choices(&open).into_iter().map(move |points| (labels.clone(), points))) {
            let environment = Environment { labels: assignment.clone(), variates: points.clone(), point: Point::new() };
            let first = self.value_of_shape(left, &environment, shape.rows, shape.columns)?;
            let second = self.value_of_shape(right, &environment, shape.rows, shape.columns)?;
            for power in 0..=highest {
                for (row, (mine, theirs)) in first.iter().zip(&second).enumerate() {
                    for (column, (mine, theirs)) in mine.iter().zip(theirs).enumerate() {
                        let (mine, theirs) = (mine.coefficient(power), theirs.coefficient(power));
                        if mine == theirs {
                            continue;
                        }
                        if !mine.minus(&theirs).is_surely_nonzero() {
                            return None;
                        }
                        let name = |id: VariateId| &self.derivation.theory.variate(id).name;
                        let mut words: Vec<String> = points.iter().map(|(id, value)| format!("{} = {value}", name(*id))).collect();
                        words.extend(assignment.iter().map(|(name, value)| format!("{name} = {}", value + 1)));
                        if first.len() > 1 || first[0].len() > 1 {
                            words.push(if first[0].len() > 1 { format!("entry ({}, {})", row + 1, column + 1) } else { format!("component {}", row + 1) });
                        }
                        if let Mode::Formal(_) = self.mode {
                            words.push(match power {
                                0 => "the constant term in t".to_string(),
                                1 => "the coefficient of t".to_string(),
                                _ => format!("the coefficient of t^{power}"),
                            });
                        }
                        let entry = (!words.is_empty()).then(|| words.join(", "));
                        return Some(Some(Difference { entry, left: mine, right: theirs }));
                    }
                }
            }
        }
        Some(None)
    }

    /// Does an assumed equation hold at every point of the variates?
    pub fn holds_everywhere(&self, left: &Formula, right: &Formula) -> bool {
        let mut free = left.free_labels();
        free.extend(right.free_labels());
        let labels: Vec<(String, usize)> = free.into_iter().map(|(name, (space, _))| (name, self.dimension(space))).collect();
        let shape = if left.is_zero() { right.shape } else { left.shape };
        let points: Vec<(VariateId, usize)> = self.derivation.theory.variate_ids().map(|id| (id, self.points(id))).collect();
        assignments(&labels).into_iter().all(|assignment| {
            choices(&points).into_iter().all(|variates| {
                let environment = Environment { labels: assignment.clone(), variates, point: Point::new() };
                let first = self.value_of_shape(left, &environment, shape.rows, shape.columns);
                let second = self.value_of_shape(right, &environment, shape.rows, shape.columns);
                match first.zip(second) {
                    Some((first, second)) => {
                        first.iter().flatten().zip(second.iter().flatten()).all(|(mine, theirs)| mine.at_origin() == theirs.at_origin())
                    }
                    None => false,
                }
            })
        })
    }

    /// The values that a reader needs to check the numbers.
    pub fn values(&self, sides: [&Formula; 2]) -> Vec<(String, String)> {
        let theory = &self.derivation.theory;
        let mut values = Vec::new();
        let vector = |entries: Vec<String>| if let [only] = entries.as_slice() { only.clone() } else { format!("({})", entries.join(", ")) };
        for (at, parameter) in theory.parameters.iter().enumerate() {
            if parameter.depends_on.is_none() && Some(ParameterId(at as u16)) == theory.densities.first().map(|density| density.parameter) {
                let name = if self.world.law == Law::Exponential { format!("exp({})", parameter.name) } else { parameter.name.to_string() };
                values.push((name, vector(self.world.centre.iter().map(ToString::to_string).collect())));
            }
        }
        if sides.into_iter().any(moves) {
            for (at, direction) in theory.directions.iter().enumerate() {
                let size = self.dimension(theory.parameter(direction.parameter).space);
                let own = self.world.direction(at, size);
                match self.mode {
                    Mode::Concrete => {
                        let length = self.world.length();
                        values.push((direction.name.to_string(), vector(own.iter().map(|entry| (entry * &length).to_string()).collect())));
                    }
                    Mode::Formal(_) => {
                        let along = vector(own.iter().map(ToString::to_string).collect());
                        values.push((direction.name.to_string(), if along == "1" { "t".to_string() } else { format!("t*{along}") }));
                    }
                }
            }
        }
        for (at, constant) in theory.constants.iter().enumerate() {
            let entry = |components: &[usize]| self.world.constant(ConstantId(at as u16), components, constant.symmetric).to_string();
            let sizes: Vec<usize> = constant.slots.iter().map(|slot| self.dimension(*slot)).collect();
            let text = match sizes.as_slice() {
                [] => entry(&[]),
                [size] => vector((0..*size).map(|at| entry(&[at])).collect()),
                [rows, columns] => vector((0..*rows).map(|row| vector((0..*columns).map(|column| entry(&[row, column])).collect())).collect()),
                _ => continue,
            };
            values.push((constant.name.to_string(), text));
        }
        values
    }

    fn dimension(&self, dimension: Dimension) -> usize {
        dimension.map_or(1, |space| self.world.dimensions[space.0 as usize])
    }

    fn points(&self, variate: VariateId) -> usize {
        let theory = &self.derivation.theory;
        if theory.variate(variate).law.is_some() {
            self.world.covariate.len()
        } else if self.world.pairs && theory.density_of(variate).is_some_and(|density| density.0 > 0) {
            self.world.points * self.world.points
        } else {
            self.world.points
        }
    }

    fn number(&self, value: BigRational) -> Series {
        Series::rational(value, self.cut)
    }

    fn zeros(&self, rows: Dimension, columns: Dimension) -> Matrix {
        vec![vec![Series::zero(self.cut); self.dimension(columns)]; self.dimension(rows)]
    }

    fn value_of_shape(&self, formula: &Formula, environment: &Environment, rows: Dimension, columns: Dimension) -> Option<Matrix> {
        if formula.is_zero() { Some(self.zeros(rows, columns)) } else { self.value(formula, environment) }
    }

    fn scalar(&self, formula: &Formula, environment: &Environment) -> Option<Series> {
        self.value(formula, environment)?.into_iter().next()?.into_iter().next()
    }

    fn value(&self, formula: &Formula, environment: &Environment) -> Option<Matrix> {
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
                    Some(self.number(self.world.constant(*id, &at, constant.symmetric)))
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
                table(&|row, column| Some(self.number(self.world.statistic(*id, at, &components(&formula.shape, row, column)))))
            }
            Kind::Apply(id, order, argument) => single(self.apply(*id, *order, &self.scalar(argument, environment)?)?),
            Kind::Defined(at, point) => {
                let inner = Environment { labels: Vec::new(), variates: environment.variates.clone(), point: moved(&environment.point, point) };
                self.value(&self.derivation.definitions[*at].body, &inner)
            }
            Kind::Divergence { density, from, to } => {
                let (from, to) = (moved(&environment.point, from), moved(&environment.point, to));
                let inner = environment.clone();
                single(self.expectation(&from, &inner, &|here| {
                    let first = self.density(*density, &from, here)?.log()?;
                    let second = self.density(*density, &to, here)?.log()?;
                    Some(vec![vec![first.minus(&second)]])
                })?[0][0].clone())
            }
            Kind::Variance(body) => self.covariance(body, body, environment),
            Kind::Covariance(left, right) => self.covariance(left, right, environment),
            Kind::Negate(body) => Some(each(&self.value(body, environment)?, &|entry| entry.scaled(&-BigRational::one()))),
            Kind::Binary(operator, left, right) => self.binary(*operator, left, right, formula, environment),
            Kind::Power(body, exponent) => single(self.scalar(body, environment)?.power(exponent)?),
            Kind::SquareRoot(body) => single(self.scalar(body, environment)?.power(&BigRational::new(1.into(), 2.into()))?),
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
                    let value = self.value_of_shape(body, &with(environment, *variate, point), formula.shape.rows, formula.shape.columns)?;
                    total = sum(&total, &value);
                }
                Some(total)
            }
            Kind::SumIndex(labels, body) => {
                let ranges: Vec<(String, usize)> = labels.iter().map(|label| (label.name.clone(), self.dimension(label.space))).collect();
                let mut total = self.zeros(formula.shape.rows, formula.shape.columns);
                for assignment in assignments(&ranges) {
                    let mut inner = environment.clone();
                    inner.labels.extend(assignment);
                    total = sum(&total, &self.value_of_shape(body, &inner, formula.shape.rows, formula.shape.columns)?);
                }
                Some(total)
            }
            Kind::Entry(body, labels) => {
                let value = self.value(body, environment)?;
                let at: Vec<usize> = labels.iter().map(|label| label_value(label, environment)).collect::<Option<_>>()?;
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
            Kind::Identity => table(&|row, column| Some(self.number(if row == column { BigRational::one() } else { BigRational::zero() }))),
        }
    }

    fn binary(&self, operator: Operator, left: &Formula, right: &Formula, whole: &Formula, environment: &Environment) -> Option<Matrix> {
        let (rows, columns) = (whole.shape.rows, whole.shape.columns);
        match operator {
            Operator::Add => Some(sum(&self.value_of_shape(left, environment, rows, columns)?, &self.value_of_shape(right, environment, rows, columns)?)),
            Operator::Subtract => {
                let right = each(&self.value_of_shape(right, environment, rows, columns)?, &|entry| entry.scaled(&-BigRational::one()));
                Some(sum(&self.value_of_shape(left, environment, rows, columns)?, &right))
            }
            Operator::Divide => {
                let divisor = self.scalar(right, environment)?.power(&-BigRational::one())?;
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

    /// θ_i = centre + ε_i, or g_i(φ + η) + ε_i where θ = θ(φ), moved along directions.
    fn parameter(&self, id: ParameterId, component: usize, point: &Point) -> Option<Series> {
        let theory = &self.derivation.theory;
        let own = theory.densities.first().map(|density| density.parameter);
        let mut value = if own == Some(id) {
            let centre = self.world.centre.get(component)?.clone();
            let start = match self.world.law {
                Law::Polynomial(_) => self.number(centre),
                Law::Exponential => Series::constant(Exact::rational(centre).log()?, self.cut),
            };
            start.plus(&Series::variable(component, self.cut))
        } else {
            // An outer parameter φ, at (1, 2): its displacements come after those of θ.
            self.number(BigRational::from_integer((component as i64 + 1).into())).plus(&self.outer(component))
        };
        if let (Some(outer), true) = (theory.parameter(id).depends_on, own == Some(id)) {
            value = value.plus(&self.displacement_by(outer, component)?);
        }
        for (direction, coefficient) in point {
            if theory.direction(*direction).parameter == id {
                value = value.plus(&self.direction(*direction, component).scaled(coefficient));
            }
        }
        Some(value)
    }

    fn outer(&self, component: usize) -> Series {
        Series::variable(2 + component.min(1), self.cut)
    }

    /// θ_i(φ + η) − θ_i(φ): a polynomial in η with no symmetry.
    fn displacement_by(&self, outer: ParameterId, component: usize) -> Option<Series> {
        let size = self.dimension(self.derivation.theory.parameter(outer).space);
        let row = component as i64;
        let mut total = Series::zero(self.cut);
        for at in 0..size {
            let eta = self.outer(at);
            let linear = BigRational::new((2 + row - 3 * at as i64).into(), 1.into());
            let quadratic = BigRational::new((1 + row + 2 * at as i64).into(), 2.into());
            total = total.plus(&eta.scaled(&linear)).plus(&eta.times(&eta).scaled(&quadratic));
            total = total.plus(&eta.times(&self.outer(0)).times(&self.outer(size - 1)));
        }
        Some(total)
    }

    fn direction(&self, id: DirectionId, component: usize) -> Series {
        let size = self.dimension(self.derivation.theory.direction_space(id));
        let own = self.world.direction(id.0 as usize, size);
        let entry = own.get(component).cloned().unwrap_or_else(BigRational::zero);
        match self.mode {
            Mode::Concrete => self.number(entry * self.world.length()),
            Mode::Formal(_) => Series::variable(STEP, self.cut).scaled(&entry),
        }
    }

    fn derivative(&self, value: &Series, parameter: ParameterId, component: usize) -> Option<Series> {
        let own = self.derivation.theory.densities.first().map(|density| density.parameter);
        Some(value.derivative(if own == Some(parameter) { component } else { 2 + component }))
    }

    fn theta(&self, point: &Point) -> Option<Vec<Series>> {
        let own = self.derivation.theory.densities.first()?.parameter;
        (0..self.world.size).map(|component| self.parameter(own, component, point)).collect()
    }

    fn density(&self, id: DensityId, point: &Point, environment: &Environment) -> Option<Series> {
        let density = self.derivation.theory.density(id);
        let at = |variate: VariateId| environment.variates.iter().rev().find(|(own, _)| *own == variate).map(|(_, at)| *at);
        let here = at(density.variate)?;
        let given = match density.given {
            Some(covariate) => at(covariate)?,
            // Densities of other variates follow another law.
            None => id.0 as usize % 2,
        };
        let theta = self.theta(point)?;
        match &self.world.law {
            Law::Polynomial(laws) if self.world.pairs && id.0 > 0 => {
                let draw = |at: usize| self.polynomial(&laws[0][at], &theta);
                Some(draw(here / self.world.points)?.times(&draw(here % self.world.points)?))
            }
            Law::Polynomial(laws) => self.polynomial(&laws[given % laws.len()][here], &theta),
            Law::Exponential => {
                let (weights, total) = self.exponential_weights(&theta)?;
                Some(weights[here].times(&total.power(&-BigRational::one())?))
            }
        }
    }

    fn polynomial(&self, weight: &[(BigRational, Vec<u32>)], theta: &[Series]) -> Option<Series> {
        let mut total = Series::zero(self.cut);
        for (coefficient, exponents) in weight {
            let mut term = self.number(coefficient.clone());
            for (component, exponent) in theta.iter().zip(exponents) {
                term = term.times(&component.power(&BigRational::from_integer((*exponent).into()))?);
            }
            total = total.plus(&term);
        }
        Some(total)
    }

    /// h(z) exp(θ·T(z)) for every z, and their sum.
    fn exponential_weights(&self, theta: &[Series]) -> Option<(Vec<Series>, Series)> {
        let mut weights = Vec::new();
        let mut total = Series::zero(self.cut);
        for point in 0..self.world.points {
            let mut exponent = Series::zero(self.cut);
            for (component, value) in theta.iter().enumerate() {
                exponent = exponent.plus(&value.scaled(&self.world.statistic(FunctionId(0), point, &[component])));
            }
            let base = self.number(self.world.statistic(FunctionId(0), point, &[]));
            let weight = exponent.exp()?.times(&base);
            total = total.plus(&weight);
            weights.push(weight);
        }
        Some((weights, total))
    }

    /// A function of θ: the log-partition of an exponential law, or a polynomial without symmetry.
    fn field(&self, id: FunctionId, component: &[usize], point: &Point) -> Option<Series> {
        let theta = self.theta(point)?;
        if self.world.law == Law::Exponential && component.is_empty() {
            return self.exponential_weights(&theta)?.1.log();
        }
        let spread: i64 = component.iter().map(|at| *at as i64).sum();
        let mut total = self.number(BigRational::from_integer((2 + i64::from(id.0)).into()));
        for (at, value) in theta.iter().enumerate() {
            let square = value.times(value);
            let number = |value: i64| BigRational::from_integer(value.into());
            total = total.plus(&value.scaled(&number(3 + spread - 2 * at as i64))).plus(&square.scaled(&number(1 + at as i64 + spread)));
            total = total.plus(&square.times(&theta[0]).times(&theta[theta.len() - 1]).scaled(&number(2 - spread)));
        }
        Some(total)
    }

    /// f^(k)(x) of Σ c_n (x − 1)^n.
    fn apply(&self, id: FunctionId, order: u32, argument: &Series) -> Option<Series> {
        let mut coefficients = self.world.real_function(id);
        for _ in 0..order {
            coefficients = coefficients.iter().enumerate().skip(1).map(|(at, value)| value * BigRational::from_integer(at.into())).collect();
        }
        let moved = argument.minus(&self.number(BigRational::one()));
        let mut total = Series::zero(self.cut);
        for coefficient in coefficients.iter().rev() {
            total = total.times(&moved).plus(&self.number(coefficient.clone()));
        }
        Some(total)
    }

    fn mean(&self, mean: &Mean, body: &Formula, environment: &Environment) -> Option<Matrix> {
        let (rows, columns) = (body.shape.rows, body.shape.columns);
        let inside = |here: &Environment| self.value_of_shape(body, here, rows, columns);
        match mean {
            Mean::Model(point) => self.expectation(&moved(&environment.point, point), environment, &inside),
            Mean::Inner(density) => {
                let own = self.derivation.theory.density(*density).variate;
                let weight = |here: &Environment| self.density(*density, &environment.point, here);
                self.weighted(own, environment, &weight, &inside)
            }
            Mean::Covariate(variate) => {
                let weight = |here: &Environment| {
                    let at = here.variates.iter().rev().find(|(own, _)| own == variate)?.1;
                    Some(self.number(self.world.covariate[at].clone()))
                };
                self.weighted(*variate, environment, &weight, &inside)
            }
            Mean::Data => self.data(environment, &inside),
        }
    }

    fn weighted(
        &self,
        variate: VariateId,
        environment: &Environment,
        weight: &dyn Fn(&Environment) -> Option<Series>,
        inside: &dyn Fn(&Environment) -> Option<Matrix>,
    ) -> Option<Matrix> {
        let mut total: Option<Matrix> = None;
        for point in 0..self.points(variate) {
            let here = with(environment, variate, point);
            let weight = weight(&here)?;
            let value = each(&inside(&here)?, &|entry| entry.times(&weight));
            total = Some(match total {
                Some(total) => sum(&total, &value),
                None => value,
            });
        }
        total
    }

    /// E over every variate: covariates by their own law, the others by the model at a point.
    fn expectation(&self, point: &Point, environment: &Environment, inside: &dyn Fn(&Environment) -> Option<Matrix>) -> Option<Matrix> {
        self.joint(environment, &|variate, here| {
            let theory = &self.derivation.theory;
            match theory.density_of(variate) {
                Some(density) => self.density(density, point, here),
                None => {
                    let at = here.variates.iter().rev().find(|(own, _)| *own == variate)?.1;
                    Some(self.number(self.world.covariate[at].clone()))
                }
            }
        }, inside)
    }

    fn data(&self, environment: &Environment, inside: &dyn Fn(&Environment) -> Option<Matrix>) -> Option<Matrix> {
        let theory = &self.derivation.theory;
        self.joint(environment, &|variate, here| {
            let at = |wanted: VariateId| here.variates.iter().rev().find(|(own, _)| *own == wanted).map(|(_, at)| *at);
            match theory.density_of(variate) {
                // Well-specified: the data are drawn from the model at this θ, which they do not move with.
                Some(density) if theory.well_specified => {
                    let fixed = self.density(density, &Point::new(), here)?.at_origin();
                    Some(Series::constant(fixed, self.cut))
                }
                Some(density) => {
                    let covariate = theory.density(density).given.and_then(at).unwrap_or(density.0 as usize);
                    Some(self.number(self.world.data(covariate, at(variate)?, self.points(variate))))
                }
                None => Some(self.number(self.world.covariate[at(variate)?].clone())),
            }
        }, inside)
    }

    fn joint(
        &self,
        environment: &Environment,
        weight: &dyn Fn(VariateId, &Environment) -> Option<Series>,
        inside: &dyn Fn(&Environment) -> Option<Matrix>,
    ) -> Option<Matrix> {
        let variates: Vec<(VariateId, usize)> = self.derivation.theory.variate_ids().map(|id| (id, self.points(id))).collect();
        let mut total: Option<Matrix> = None;
        for choice in choices(&variates) {
            let mut here = environment.clone();
            here.variates.extend(choice.iter().copied());
            let mut probability = self.number(BigRational::one());
            for (variate, _) in &choice {
                probability = probability.times(&weight(*variate, &here)?);
            }
            let value = each(&inside(&here)?, &|entry| entry.times(&probability));
            total = Some(match total {
                Some(total) => sum(&total, &value),
                None => value,
            });
        }
        total
    }

    fn covariance(&self, left: &Formula, right: &Formula, environment: &Environment) -> Option<Matrix> {
        let point = &environment.point;
        let mean_of = |body: &Formula| self.expectation(point, environment, &|here| self.value(body, here));
        let (first, second) = (mean_of(left)?, mean_of(right)?);
        self.expectation(point, environment, &|here| {
            let negative = -BigRational::one();
            let left = sum(&self.value(left, here)?, &each(&first, &|entry| entry.scaled(&negative)));
            let right = sum(&self.value(right, here)?, &each(&second, &|entry| entry.scaled(&negative)));
            Some(product(&left, &transposed(&right), self.cut))
        })
    }
}

fn components(shape: &crate::model::derivation::formula::Shape, row: usize, column: usize) -> Vec<usize> {
    [(shape.rows, row), (shape.columns, column)].into_iter().filter(|(dimension, _)| dimension.is_some()).map(|(_, at)| at).collect()
}

fn label_value(label: &Label, environment: &Environment) -> Option<usize> {
    if label.space.is_none() {
        return Some(0);
    }
    environment.labels.iter().rev().find(|(name, _)| *name == label.name).map(|(_, at)| *at)
}

fn with(environment: &Environment, variate: VariateId, point: usize) -> Environment {
    let mut inner = environment.clone();
    inner.variates.push((variate, point));
    inner
}

fn moved(point: &Point, displacement: &Point) -> Point {
    let mut sum = point.clone();
    for (direction, coefficient) in displacement {
        match sum.iter_mut().find(|(own, _)| own == direction) {
            Some((_, own)) => *own += coefficient,
            None => sum.push((*direction, coefficient.clone())),
        }
    }
    sum
}

fn assignments(ranges: &[(String, usize)]) -> Vec<Vec<(String, usize)>> {
    choices(ranges)
}

/// Every choice of one value below each bound.
fn choices<T: Clone>(ranges: &[(T, usize)]) -> Vec<Vec<(T, usize)>> {
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

fn each(matrix: &Matrix, f: &dyn Fn(&Series) -> Series) -> Matrix {
    matrix.iter().map(|row| row.iter().map(f).collect()).collect()
}

fn sum(left: &Matrix, right: &Matrix) -> Matrix {
    left.iter().zip(right).map(|(first, second)| first.iter().zip(second).map(|(mine, theirs)| mine.plus(theirs)).collect()).collect()
}

fn transposed(matrix: &Matrix) -> Matrix {
    (0..matrix[0].len()).map(|column| matrix.iter().map(|row| row[column].clone()).collect()).collect()
}

fn product(left: &Matrix, right: &Matrix, cut: Cut) -> Matrix {
    left.iter()
        .map(|row| {
            (0..right[0].len())
                .map(|column| row.iter().zip(right).fold(Series::zero(cut), |total, (entry, other)| total.plus(&entry.times(&other[column]))))
                .collect()
        })
        .collect()
}

/// By the adjugate, for the sizes that families come in.
fn inverse(matrix: &Matrix) -> Option<Matrix> {
    let reciprocal = |determinant: &Series| determinant.power(&-BigRational::one());
    match matrix.as_slice() {
        [row] => Some(vec![vec![reciprocal(&row[0])?]]),
        [first, second] => {
            let determinant = first[0].times(&second[1]).minus(&first[1].times(&second[0]));
            let scale = reciprocal(&determinant)?;
            let negative = scale.scaled(&-BigRational::one());
            Some(vec![
                vec![second[1].times(&scale), first[1].times(&negative)],
                vec![second[0].times(&negative), first[0].times(&scale)],
            ])
        }
        _ => None,
    }
}
