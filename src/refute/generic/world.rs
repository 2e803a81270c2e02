//! Small families with rational probabilities, smallest first.

use crate::kernel::term::Rational;
use num_traits::One;

use crate::kernel::jets::theory::{Argument, ConstantId, FunctionId};
use crate::model::derivation::{AssumptionLine, Derivation};

/// The number of draws of a sample: one at which n, n² and n(n − 1) differ, and differ from their doubles.
pub const SAMPLE_SIZE: usize = 3;

/// How a displacement is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Δ is a rational vector.
    Concrete,
    /// Δ = t v, as a power series in t up to a degree.
    Formal(u32),
}

/// A polynomial in the components of θ: coefficients and exponents.
pub type Weight = Vec<(Rational, Vec<u32>)>;

/// How probabilities come from parameters.
#[derive(Clone, Debug, PartialEq)]
pub enum Law {
    /// One polynomial a point, for each value of the covariate.
    Polynomial(Vec<Vec<Weight>>),
    /// h(z) exp(θ·T(z)), normalised, where exp θ_i is rational.
    Exponential,
}

/// A family with everything that a derivation may speak of.
#[derive(Clone, Debug)]
pub struct World {
    /// The dimension of every space of the derivation.
    pub dimensions: Vec<usize>,
    /// The dimension of θ, the parameter of the densities.
    pub size: usize,
    /// θ itself, or exp θ for an exponential law.
    pub centre: Vec<Rational>,
    pub law: Law,
    /// How many points the variate has.
    pub points: usize,
    /// The distribution of the covariate, if there is one.
    pub covariate: Vec<Rational>,
    /// Densities after the first are of pairs of independent draws from it, and scalar constants are 2.
    pub pairs: bool,
    /// Chooses among abstract functions that differ in their first derivatives.
    pub variant: usize,
}

fn q(numerator: i64, denominator: i64) -> Rational {
    Rational::new(numerator.into(), denominator.into())
}

fn term(coefficient: i64, exponents: &[u32]) -> (Rational, Vec<u32>) {
    (q(coefficient, 1), exponents.to_vec())
}

/// One minus the others.
fn closed(mut weights: Vec<Weight>, size: usize) -> Vec<Weight> {
    let mut last = vec![(Rational::one(), vec![0; size])];
    for weight in &weights {
        last.extend(weight.iter().map(|(coefficient, exponents)| (-coefficient.clone(), exponents.clone())));
    }
    weights.push(last);
    weights
}

struct Sketch {
    centre: Vec<Rational>,
    plain: Vec<Weight>,
    /// The law for the other value of a covariate.
    other: Vec<Weight>,
}

/// Probabilities that are linear, quadratic and cubic in one and in two parameters, without symmetry.
fn sketches() -> Vec<Sketch> {
    vec![
        Sketch {
            centre: vec![q(1, 3)],
            plain: closed(vec![vec![term(1, &[1])]], 1),
            other: closed(vec![vec![term(1, &[2])]], 1),
        },
        Sketch {
            centre: vec![q(1, 2)],
            plain: closed(vec![vec![term(1, &[2])]], 1),
            other: closed(vec![vec![term(1, &[1])]], 1),
        },
        Sketch {
            centre: vec![q(1, 3)],
            plain: closed(vec![vec![term(1, &[2])], vec![term(4, &[2])]], 1),
            other: closed(vec![vec![term(1, &[1])], vec![term(1, &[3])]], 1),
        },
        Sketch {
            centre: vec![q(1, 2)],
            plain: closed(vec![vec![term(1, &[3])]], 1),
            other: closed(vec![vec![term(1, &[1])]], 1),
        },
        Sketch {
            centre: vec![q(1, 6), q(1, 3)],
            plain: closed(vec![vec![term(1, &[1, 0])], vec![term(1, &[0, 1])]], 2),
            other: closed(vec![vec![term(1, &[1, 1])], vec![term(1, &[2, 0])]], 2),
        },
        Sketch {
            centre: vec![q(1, 2), q(1, 3)],
            plain: closed(vec![vec![term(1, &[1, 1])], vec![term(1, &[2, 0])]], 2),
            other: closed(vec![vec![term(1, &[1, 0])], vec![(q(1, 4), vec![0, 1])]], 2),
        },
        Sketch {
            centre: vec![q(1, 2), q(1, 3)],
            plain: closed(vec![vec![term(1, &[2, 1])], vec![term(1, &[0, 2])]], 2),
            other: closed(vec![vec![term(1, &[2, 0])], vec![term(1, &[0, 2])]], 2),
        },
    ]
}

/// Every family that the derivation can be tried in, the smallest first.
pub fn worlds(derivation: &Derivation) -> Vec<World> {
    let theory = &derivation.theory;
    let parameter = theory.densities.first().map(|density| density.parameter);
    let space = parameter.and_then(|id| theory.parameter(id).space);
    let scalar = parameter.is_some() && space.is_none();
    let assumed = derivation.assumptions.iter().any(|line| matches!(line, AssumptionLine::LogDensity(..)));
    let conditional = theory.variates.iter().any(|variate| variate.law.is_some());
    let mut found = Vec::new();
    if assumed {
        for (size, centre) in [(1, vec![q(2, 1)]), (2, vec![q(2, 1), q(3, 2)])] {
            if scalar && size > 1 {
                continue;
            }
            for variant in 0..2 {
                found.push(World {
                    dimensions: dimensions(derivation, space, size, size),
                    size,
                    centre: centre.clone(),
                    law: Law::Exponential,
                    points: 3,
                    covariate: if conditional { vec![q(1, 4), q(3, 4)] } else { Vec::new() },
                    pairs: false,
                    variant,
                });
            }
        }
        return found;
    }
    for sketch in sketches() {
        let size = sketch.centre.len();
        if scalar && size > 1 {
            continue;
        }
        let points = sketch.plain.len();
        let laws =
            if conditional { vec![sketch.plain, sketch.other] } else { vec![sketch.plain.clone(), sketch.plain] };
        for variant in variants(derivation) {
            for other in [1, 2] {
                let dims = dimensions(derivation, space, size, other);
                // Other spaces only matter where there are any.
                if other == 2 && dims.iter().enumerate().all(|(at, _)| Some(at) == space.map(|space| space.0 as usize))
                {
                    continue;
                }
                let world = World {
                    dimensions: dims,
                    size,
                    centre: sketch.centre.clone(),
                    law: Law::Polynomial(laws.clone()),
                    points,
                    covariate: if conditional { vec![q(1, 4), q(3, 4)] } else { Vec::new() },
                    pairs: false,
                    variant,
                };
                if theory.densities.len() > 1 && !conditional {
                    found.push(World { pairs: true, ..world.clone() });
                }
                found.push(world);
            }
        }
    }
    found
}

fn dimensions(
    derivation: &Derivation,
    space: Option<crate::kernel::jets::index::Space>,
    size: usize,
    other: usize,
) -> Vec<usize> {
    (0..derivation.theory.spaces.len())
        .map(|at| if Some(at) == space.map(|space| space.0 as usize) { size } else { other })
        .collect()
}

/// Several abstract functions are tried where there is one: assumptions may exclude some.
fn variants(derivation: &Derivation) -> std::ops::Range<usize> {
    if derivation.theory.functions.iter().any(|function| function.argument == Argument::Real) { 0..3 } else { 0..1 }
}

impl World {
    /// The direction v of the step, for the n-th direction declared.
    pub fn direction(&self, number: usize, size: usize) -> Vec<Rational> {
        (0..size)
            .map(|at| if number.is_multiple_of(2) { q(1 + at as i64, 1) } else { q(3 - 4 * at as i64, 2) })
            .collect()
    }

    /// A concrete displacement is this many times the direction.
    pub fn length(&self) -> Rational {
        q(1, 12)
    }

    /// Σ c_k (x − 1)^k: an abstract function of a real number; later variants vanish at 1 to higher order.
    pub fn real_function(&self, id: FunctionId) -> Vec<Rational> {
        let shift = i64::from(id.0);
        let mut coefficients = vec![q(2 + shift, 1), q(3, 2 + shift), q(5, 2), q(-7, 3), q(4 + shift, 1), q(1, 2)];
        for coefficient in coefficients.iter_mut().take(self.variant) {
            *coefficient = q(0, 1);
        }
        coefficients
    }

    /// T_i(z), positive, with no relation between components.
    pub fn statistic(&self, id: FunctionId, point: usize, components: &[usize]) -> Rational {
        match self.law {
            Law::Exponential => {
                let table = if self.variant == 0 {
                    [[0, 1, 2], [0, 2, 1], [1, 0, 3]]
                } else {
                    [[0, 1, 3], [2, 0, 1], [1, 1, 0]]
                };
                if components.is_empty() {
                    q([2, 1, 3][point % 3], 1)
                } else {
                    q(table[components[0] % 3][point % 3], 1)
                }
            }
            Law::Polynomial(_) => {
                let spread: i64 = components
                    .iter()
                    .enumerate()
                    .map(|(at, component)| (at as i64 + 2) * (*component as i64 + 1))
                    .sum();
                q((point as i64 + 1) * (point as i64 + 1 + spread) + i64::from(id.0), 2)
            }
        }
    }

    /// An entry of a declared constant; matrices are not symmetric unless they are declared so.
    pub fn constant(&self, id: ConstantId, components: &[usize], symmetric: bool) -> Rational {
        let shift = i64::from(id.0);
        match components {
            [] if self.pairs => q(2, 1),
            [] => q(3 + 2 * shift, 2),
            [only] => q(2 + *only as i64 * 3 - shift, 1),
            [row, column] => {
                let (row, column) = if symmetric { (row.min(column), row.max(column)) } else { (row, column) };
                q([[5, 1], [-2, 3]][row % 2][column % 2] + shift * (1 + *row as i64), 2)
            }
            _ => q(1, 1),
        }
    }

    /// The distribution of the data over so many points, for each value of the covariate. Not the model's.
    pub fn data(&self, covariate: usize, point: usize, points: usize) -> Rational {
        let table: &[[i64; 3]] = match points {
            2 => &[[2, 5, 0], [4, 3, 0]],
            3 => &[[2, 1, 4], [3, 3, 1]],
            _ => return q(2 * point as i64 + 1, (points * points) as i64),
        };
        q(table[covariate % 2][point], 7)
    }
}
