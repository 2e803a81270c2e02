//! A small family in words and formulas, complete enough to check the numbers by hand.

use std::collections::BTreeSet;

use crate::kernel::term::Rational;
use num_traits::{One, Signed, Zero};

use crate::kernel::jets::theory::{Argument, DensityId, FunctionId, Theory};
use crate::model::derivation::Derivation;
use crate::model::derivation::formula::{Formula, Kind, Mean};

use super::world::{Law, Weight, World};

/// What the formulas speak of, definitions looked through.
#[derive(Default)]
struct Mentions {
    data: bool,
    functions: BTreeSet<FunctionId>,
}

fn mentions(formula: &Formula, derivation: &Derivation, found: &mut Mentions) {
    match &formula.kind {
        Kind::Expectation(Mean::Data, _) => found.data = true,
        Kind::Field(id, _) | Kind::Statistic(id) | Kind::Apply(id, ..) => {
            found.functions.insert(*id);
        }
        Kind::Defined(at, _) => mentions(&derivation.definitions[*at].body, derivation, found),
        _ => {}
    }
    for child in formula.children() {
        mentions(child, derivation, found);
    }
}

pub fn family(derivation: &Derivation, world: &World, sides: [&Formula; 2]) -> String {
    let theory = &derivation.theory;
    let mut found = Mentions::default();
    for side in sides {
        mentions(side, derivation, &mut found);
    }
    let mut parts: Vec<String> = theory.density_ids().map(|id| density(theory, world, id)).collect();
    for id in theory.variate_ids() {
        let variate = theory.variate(id);
        if variate.law.is_some() {
            let values: Vec<String> = world
                .covariate
                .iter()
                .enumerate()
                .map(|(at, weight)| format!("P({} = {at}) = {weight}", variate.name))
                .collect();
            parts.push(values.join(", "));
        }
    }
    if found.data && !theory.well_specified {
        parts.extend(theory.density_ids().map(|id| data(theory, world, id)));
    }
    if world.law == Law::Exponential {
        found.functions.extend((0..theory.functions.len()).map(|at| FunctionId(at as u16)));
    }
    parts.extend(found.functions.into_iter().filter_map(|id| function(theory, world, id)));
    parts.join("; ")
}

/// `p(0) = theta, p(1) = 1 - theta`.
fn density(theory: &Theory, world: &World, id: DensityId) -> String {
    let density = theory.density(id);
    let parameter = theory.parameter(density.parameter).name.as_str();
    match &world.law {
        Law::Exponential => format!("{}(z) proportional to h(z)*exp({parameter}'*T(z)), z = 0, 1, 2", density.name),
        Law::Polynomial(_) if world.pairs && id.0 > 0 => {
            let first = &theory.density(DensityId(0)).name;
            format!("{} the density of two independent draws from {first}", density.name)
        }
        Law::Polynomial(laws) => {
            let one = |given: Option<usize>, law: &[Weight]| {
                law.iter()
                    .enumerate()
                    .map(|(at, weight)| {
                        let condition = given
                            .and_then(|value| Some(format!(" | {} = {value}", theory.variate(density.given?).name)))
                            .unwrap_or_default();
                        format!("{}({at}{condition}) = {}", density.name, polynomial(weight, parameter, world.size))
                    })
                    .collect::<Vec<_>>()
                    .join(", ")
            };
            match density.given {
                Some(_) => {
                    laws.iter().enumerate().map(|(given, law)| one(Some(given), law)).collect::<Vec<_>>().join(", ")
                }
                None => one(None, &laws[id.0 as usize % laws.len()]),
            }
        }
    }
}

fn data(theory: &Theory, world: &World, id: DensityId) -> String {
    let density = theory.density(id);
    let variate = &theory.variate(density.variate).name;
    let line = |given: usize, condition: &str| {
        (0..world.points)
            .map(|at| format!("P({variate} = {at}{condition}) = {}", world.data(given, at, world.points)))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let lines: Vec<String> = match density.given.map(|given| &theory.variate(given).name) {
        Some(given) => (0..world.covariate.len()).map(|value| line(value, &format!(" | {given} = {value}"))).collect(),
        None => vec![line(id.0 as usize, "")],
    };
    format!("in the data {}", lines.join(", "))
}

fn function(theory: &Theory, world: &World, id: FunctionId) -> Option<String> {
    let function = theory.function(id);
    match function.argument {
        Argument::Variate(_) => {
            let sizes: Vec<usize> =
                function.slots.iter().map(|slot| slot.map_or(1, |space| world.dimensions[space.0 as usize])).collect();
            let value = |point: usize| match sizes.as_slice() {
                [] => world.statistic(id, point, &[]).to_string(),
                [1] => world.statistic(id, point, &[0]).to_string(),
                [size] => format!(
                    "({})",
                    (0..*size).map(|at| world.statistic(id, point, &[at]).to_string()).collect::<Vec<_>>().join(", ")
                ),
                _ => "a matrix".to_string(),
            };
            Some(
                (0..world.points)
                    .map(|point| format!("{}({point}) = {}", function.name, value(point)))
                    .collect::<Vec<_>>()
                    .join(", "),
            )
        }
        Argument::Real => {
            let terms = world.real_function(id);
            let shown: Vec<String> = terms
                .iter()
                .enumerate()
                .filter(|(_, coefficient)| !coefficient.is_zero())
                .map(|(power, coefficient)| match power {
                    0 => coefficient.to_string(),
                    1 => format!("{coefficient}*(x - 1)"),
                    _ => format!("{coefficient}*(x - 1)^{power}"),
                })
                .collect();
            Some(format!("{}(x) = {}", function.name, shown.join(" + ")))
        }
        // A log-partition function follows from the rest; another function of the parameter is a polynomial.
        Argument::Parameter(_) if world.law == Law::Exponential => None,
        Argument::Parameter(_) => Some(format!("{} a cubic polynomial", function.name)),
    }
}

fn polynomial(weight: &Weight, parameter: &str, size: usize) -> String {
    let mut text = String::new();
    for (coefficient, exponents) in weight {
        let powers: Vec<String> = exponents
            .iter()
            .enumerate()
            .filter(|(_, exponent)| **exponent > 0)
            .map(|(at, exponent)| {
                let name = if size == 1 { parameter.to_string() } else { format!("{parameter}[{}]", at + 1) };
                if *exponent == 1 { name } else { format!("{name}^{exponent}") }
            })
            .collect();
        text.push_str(match (text.is_empty(), coefficient.is_negative()) {
            (true, true) => "-",
            (true, false) => "",
            (false, true) => " - ",
            (false, false) => " + ",
        });
        let number: Rational = coefficient.abs();
        text.push_str(&match (number.is_one(), powers.is_empty()) {
            (_, true) => number.to_string(),
            (true, false) => powers.join("*"),
            (false, false) => format!("{number}*{}", powers.join("*")),
        });
    }
    text
}
