//! Exact counterexamples to statements about every density: small families in which all sums are finite
//! and all numbers are rational, or rational combinations of logarithms of primes.
//!
//! Formulas are evaluated as they were typed, as matrices, and never through the normal forms of the
//! kernel: the two can only agree by both being right.

mod comparison;
mod description;
pub mod exact;
mod matrix;
mod measure;
pub mod series;
mod value;
pub mod world;

use crate::model::derivation::formula::Formula;
use crate::model::derivation::{AssumptionLine, Derivation};

use exact::Exact;
use value::Evaluator;
use world::{Mode, World};

/// A family, a point, and two exact numbers that should have been equal.
#[derive(Clone, Debug, PartialEq)]
pub struct Counterexample {
    /// The family in words and formulas.
    pub family: String,
    /// The values of parameters, directions and constants that occur.
    pub values: Vec<(String, String)>,
    /// Which entry of a vector or matrix, which index, which power of the step.
    pub entry: Option<String>,
    pub left: String,
    pub right: String,
    pub left_decimal: f64,
    pub right_decimal: f64,
}

/// What small families say of a statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Some family disagrees: the smallest that was tried.
    Refuted(Box<Counterexample>),
    /// So many families agree. No proof.
    Agreed(usize),
}

/// Looks for a family of the derivation's theory in which the two sides differ.
///
/// `order`: `None` compares values, `Some(n)` compares Taylor coefficients along the direction up to n.
pub fn search(derivation: &Derivation, left: &Formula, right: &Formula, order: Option<u32>) -> Verdict {
    search_among(derivation, left, right, order, world::worlds(derivation))
}

/// Like [`search`], in families with several parameters where the derivation admits any: an outer
/// product can be inverted with one parameter, and never with two.
pub fn search_with_several_parameters(
    derivation: &Derivation,
    left: &Formula,
    right: &Formula,
    order: Option<u32>,
) -> Verdict {
    let mut worlds = world::worlds(derivation);
    if worlds.iter().any(|world| world.size > 1) {
        worlds.retain(|world| world.size > 1);
    }
    search_among(derivation, left, right, order, worlds)
}

fn search_among(
    derivation: &Derivation,
    left: &Formula,
    right: &Formula,
    order: Option<u32>,
    worlds: Vec<World>,
) -> Verdict {
    let mut agreed = 0;
    for world in worlds {
        for mode in modes(left, right, order) {
            let evaluator = Evaluator::new(derivation, &world, mode, [left, right]);
            if !admissible(&evaluator, derivation) {
                continue;
            }
            let Some(difference) = evaluator.first_difference(left, right, order) else { continue };
            match difference {
                None => agreed += 1,
                Some(found) => {
                    return Verdict::Refuted(Box::new(counterexample(
                        derivation, &world, &evaluator, left, right, found,
                    )));
                }
            }
            break;
        }
    }
    Verdict::Agreed(agreed)
}

/// Values at a concrete displacement convince most; where they are not rational, Taylor coefficients.
fn modes(left: &Formula, right: &Formula, order: Option<u32>) -> Vec<Mode> {
    match order {
        Some(order) => vec![Mode::Formal(order)],
        None if comparison::moves(left) || comparison::moves(right) => vec![Mode::Concrete, Mode::Formal(3)],
        None => vec![Mode::Concrete],
    }
}

/// Do the assumptions of the derivation hold in the family?
fn admissible(evaluator: &Evaluator, derivation: &Derivation) -> bool {
    derivation.assumptions.iter().all(|line| match line {
        AssumptionLine::WellSpecified => true,
        AssumptionLine::LogDensity(left, right) | AssumptionLine::Equation(_, left, right) => {
            evaluator.widened([left, right]).holds_everywhere(left, right)
        }
    })
}

fn counterexample(
    derivation: &Derivation,
    world: &World,
    evaluator: &Evaluator,
    left: &Formula,
    right: &Formula,
    found: comparison::Difference,
) -> Counterexample {
    Counterexample {
        family: description::family(derivation, world, [left, right]),
        values: evaluator.values([left, right]),
        entry: found.entry,
        left: found.left.to_string(),
        right: found.right.to_string(),
        left_decimal: Exact::decimal(&found.left),
        right_decimal: Exact::decimal(&found.right),
    }
}
