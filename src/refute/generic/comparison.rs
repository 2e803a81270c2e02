//! Two sides compared in a family: entry by entry, index by index, power by power.

use std::collections::BTreeSet;

use crate::kernel::jets::expression::Point;
use crate::kernel::jets::theory::{Argument, ConstantId, ParameterId, VariateId};
use crate::model::derivation::Derivation;
use crate::model::derivation::formula::{Formula, Kind, Mean};

use super::exact::Exact;
use super::series::Cut;
use super::value::{Environment, Evaluator, choices};
use super::world::{Law, Mode, World};

/// Where the two sides differ.
pub struct Difference {
    pub entry: Option<String>,
    pub left: Exact,
    pub right: Exact,
}

/// Does anything in the formula stand at θ + Δ, or is it a direction?
pub fn moves(formula: &Formula) -> bool {
    let displaced = match &formula.kind {
        Kind::Direction(_) => true,
        Kind::Density(_, point)
        | Kind::Field(_, point)
        | Kind::Defined(_, point)
        | Kind::Expectation(Mean::Model(point) | Mean::Sample(point), _) => !point.is_empty(),
        Kind::Divergence { from, to, .. } => !from.is_empty() || !to.is_empty(),
        _ => false,
    };
    displaced || formula.children().into_iter().any(moves)
}

/// The variates that are not integrated out: the statement holds at each of their points.
fn variates(formula: &Formula, derivation: &Derivation) -> BTreeSet<VariateId> {
    let theory = &derivation.theory;
    let mut found: BTreeSet<VariateId> =
        formula.children().into_iter().flat_map(|child| variates(child, derivation)).collect();
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
        Kind::Expectation(Mean::Model(_) | Mean::Data, _)
        | Kind::Draws(_)
        | Kind::Divergence { .. }
        | Kind::Variance(_)
        | Kind::Covariance(..) => found.clear(),
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

/// Does the value depend on the draws of the sample, so that the statement holds for every sample?
fn depends_on_draws(formula: &Formula, derivation: &Derivation) -> bool {
    match &formula.kind {
        Kind::Draws(_) => true,
        Kind::Expectation(Mean::Sample(_), _) => false,
        Kind::Defined(at, _) => depends_on_draws(&derivation.definitions[*at].body, derivation),
        _ => formula.children().into_iter().any(|child| depends_on_draws(child, derivation)),
    }
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
        let labels: Vec<(String, usize)> =
            free.into_iter().map(|(name, (space, _))| (name, self.dimension(space))).collect();
        let shape = if left.is_zero() { right.shape } else { left.shape };
        let highest = match (order, self.mode) {
            (Some(order), _) | (None, Mode::Formal(order)) => order as u8,
            _ => 0,
        };
        let open: BTreeSet<VariateId> =
            variates(left, self.derivation).union(&variates(right, self.derivation)).copied().collect();
        let open: Vec<(VariateId, usize)> = open.into_iter().map(|id| (id, self.points(id))).collect();
        let sampled = [left, right].into_iter().any(|side| depends_on_draws(side, self.derivation));
        let samples = if sampled { self.samples() } else { vec![Vec::new()] };
        for (assignment, points, draws) in choices(&labels).into_iter().flat_map(|labels| {
            let samples = &samples;
            choices(&open).into_iter().flat_map(move |points| {
                let labels = labels.clone();
                samples.iter().map(move |draws| (labels.clone(), points.clone(), draws.clone()))
            })
        }) {
            let environment = Environment {
                labels: assignment.clone(),
                variates: points.clone(),
                point: Point::new(),
                draws: draws.clone(),
            };
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
                        let mut words: Vec<String> =
                            points.iter().map(|(id, value)| format!("{} = {value}", name(*id))).collect();
                        if !draws.is_empty() {
                            let one = |draw: &Vec<(VariateId, usize)>| {
                                let points: Vec<String> = draw.iter().map(|(_, at)| at.to_string()).collect();
                                if let [only] = points.as_slice() {
                                    only.clone()
                                } else {
                                    format!("({})", points.join(", "))
                                }
                            };
                            let drawn: Vec<String> = draws.iter().map(one).collect();
                            words.push(format!("the sample is {}", drawn.join(", ")));
                        }
                        words.extend(assignment.iter().map(|(name, value)| format!("{name} = {}", value + 1)));
                        if first.len() > 1 || first[0].len() > 1 {
                            words.push(if first[0].len() > 1 {
                                format!("entry ({}, {})", row + 1, column + 1)
                            } else {
                                format!("component {}", row + 1)
                            });
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
        let labels: Vec<(String, usize)> =
            free.into_iter().map(|(name, (space, _))| (name, self.dimension(space))).collect();
        let shape = if left.is_zero() { right.shape } else { left.shape };
        let points: Vec<(VariateId, usize)> =
            self.derivation.theory.variate_ids().map(|id| (id, self.points(id))).collect();
        choices(&labels).into_iter().all(|assignment| {
            choices(&points).into_iter().all(|variates| {
                let environment =
                    Environment { labels: assignment.clone(), variates, point: Point::new(), draws: Vec::new() };
                let first = self.value_of_shape(left, &environment, shape.rows, shape.columns);
                let second = self.value_of_shape(right, &environment, shape.rows, shape.columns);
                match first.zip(second) {
                    Some((first, second)) => first
                        .iter()
                        .flatten()
                        .zip(second.iter().flatten())
                        .all(|(mine, theirs)| mine.at_origin() == theirs.at_origin()),
                    None => false,
                }
            })
        })
    }

    /// The values that a reader needs to check the numbers.
    pub fn values(&self, sides: [&Formula; 2]) -> Vec<(String, String)> {
        let theory = &self.derivation.theory;
        let mut values = Vec::new();
        let vector = |entries: Vec<String>| {
            if let [only] = entries.as_slice() { only.clone() } else { format!("({})", entries.join(", ")) }
        };
        for (at, parameter) in theory.parameters.iter().enumerate() {
            if parameter.depends_on.is_none()
                && Some(ParameterId(at as u16)) == theory.densities.first().map(|density| density.parameter)
            {
                let name = if self.world.law == Law::Exponential {
                    format!("exp({})", parameter.name)
                } else {
                    parameter.name.to_string()
                };
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
                        values.push((
                            direction.name.to_string(),
                            vector(own.iter().map(|entry| (entry * &length).to_string()).collect()),
                        ));
                    }
                    Mode::Formal(_) => {
                        let along = vector(own.iter().map(ToString::to_string).collect());
                        values.push((
                            direction.name.to_string(),
                            if along == "1" { "t".to_string() } else { format!("t*{along}") },
                        ));
                    }
                }
            }
        }
        for (at, constant) in theory.constants.iter().enumerate() {
            let entry =
                |components: &[usize]| self.constant(ConstantId(at as u16), components, constant.symmetric).to_string();
            let sizes: Vec<usize> = constant.slots.iter().map(|slot| self.dimension(*slot)).collect();
            let text = match sizes.as_slice() {
                [] => entry(&[]),
                [size] => vector((0..*size).map(|at| entry(&[at])).collect()),
                [rows, columns] => vector(
                    (0..*rows).map(|row| vector((0..*columns).map(|column| entry(&[row, column])).collect())).collect(),
                ),
                _ => continue,
            };
            values.push((constant.name.to_string(), text));
        }
        values
    }
}
