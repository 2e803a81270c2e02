//! The value of a term in double precision.

use std::collections::BTreeMap;
use std::f64::consts::{E, PI};

use num_traits::ToPrimitive;

use super::special;
use crate::kernel::term::{Constant, Function, Name, Term};

/// The Euler–Mascheroni constant.
const EULER_GAMMA: f64 = 0.577_215_664_901_532_9;

/// A term made ready for many evaluations: parameters have their values, variates are numbered.
pub struct Program {
    root: Node,
}

/// What is free of the variates is a value where it has one that is neither 0 nor beyond all floats: those may
/// still have a logarithm.
enum Node {
    Value(f64),
    Variate(usize),
    Sum(Vec<Node>),
    Product(Vec<Node>),
    Power(Box<[Node; 2]>),
    Apply(Function, Vec<Node>),
    Undefined,
}

impl Program {
    /// `term` with the variates to be given later, everything else having the value that `point` gives it.
    pub fn new(term: &Term, variates: &[Name], point: &BTreeMap<Name, f64>) -> Program {
        Program { root: Node::of(term, variates, point) }
    }

    /// The value where the variates have the values `x`, as [`evaluate`] says.
    pub fn value(&self, x: &[f64]) -> Option<f64> {
        self.root.value(x)
    }
}

/// The value of `term`, where every variable has the value that `point` gives it.
///
/// `None` for formal terms, for variables without a value, and wherever the value is undefined,
/// complex, infinite or too large. Conventions at the edges: 0^0 = 1, and a sub-term that is
/// undefined makes the whole undefined, also beside a factor 0.
pub fn evaluate(term: &Term, point: &BTreeMap<Name, f64>) -> Option<f64> {
    Program::new(term, &[], point).value(&[])
}

impl Node {
    fn of(term: &Term, variates: &[Name], point: &BTreeMap<Name, f64>) -> Node {
        let list = |terms: &[Term]| terms.iter().map(|term| Node::of(term, variates, point)).collect::<Vec<_>>();
        let node = match term {
            Term::Number(value) => return value.to_f64().map_or(Node::Undefined, Node::Value),
            Term::Constant(Constant::Pi) => return Node::Value(PI),
            Term::Constant(Constant::E) => return Node::Value(E),
            Term::Constant(Constant::EulerGamma) => return Node::Value(EULER_GAMMA),
            Term::Variable(name) => {
                return match variates.iter().position(|variate| variate == name) {
                    Some(position) => Node::Variate(position),
                    None => point.get(name).map_or(Node::Undefined, |value| Node::Value(*value)),
                };
            }
            Term::Sum(terms) => Node::Sum(list(terms)),
            Term::Product(factors) => Node::Product(list(factors)),
            Term::Power(base, exponent) => {
                Node::Power(Box::new([base, exponent].map(|own| Node::of(own, variates, point))))
            }
            Term::Apply(function, arguments) => Node::Apply(*function, list(arguments)),
            Term::LogDensity(_) | Term::Derivative(..) | Term::Expectation(_) => return Node::Undefined,
        };
        let children: &[Node] = match &node {
            Node::Sum(list) | Node::Product(list) | Node::Apply(_, list) => list,
            Node::Power(pair) => &**pair,
            Node::Value(_) | Node::Variate(_) | Node::Undefined => &[],
        };
        let is_free = children.iter().all(|child| matches!(child, Node::Value(_)));
        match is_free.then(|| node.value(&[])).flatten() {
            Some(value) if value.is_normal() => Node::Value(value),
            _ => node,
        }
    }

    fn value(&self, x: &[f64]) -> Option<f64> {
        let value = match self {
            Node::Value(value) => *value,
            Node::Variate(position) => x[*position],
            Node::Sum(terms) => terms.iter().map(|term| term.value(x)).sum::<Option<f64>>()?,
            Node::Product(factors) => self.product(factors, x)?,
            Node::Power(pair) => power(pair[0].value(x)?, pair[1].value(x)?),
            Node::Apply(Function::Log, arguments) => match arguments[0].magnitude(x)? {
                (sign, log) if sign > 0.0 => log,
                _ => return None,
            },
            Node::Apply(function, arguments) => match arguments.as_slice() {
                [argument] => apply(*function, &[argument.value(x)?]),
                [first, second] => apply(*function, &[first.value(x)?, second.value(x)?]),
                _ => return None,
            },
            Node::Undefined => return None,
        };
        value.is_finite().then_some(value)
    }

    /// A product whose factors may overflow or underflow one by one, like Γ(200) / Γ(199).
    fn product(&self, factors: &[Node], x: &[f64]) -> Option<f64> {
        let mut direct = Some(1.0);
        let mut vanishes = false;
        for factor in factors {
            let value = factor.value(x);
            vanishes |= value == Some(0.0);
            direct = direct.zip(value).map(|(product, value)| product * value);
            if direct.is_none() {
                break;
            }
        }
        if let Some(direct) = direct.filter(|direct| direct.is_normal()) {
            return Some(direct);
        }
        match self.magnitude(x) {
            Some((sign, log)) => Some(sign * log.exp()),
            // A factor is 0, and has not only become too small: e⁻²⁰⁰⁰ has a logarithm.
            None => direct.filter(|_| vanishes),
        }
    }

    /// The sign and the logarithm of the absolute value of a term that is not zero, taken through
    /// products, powers and Gammas, so that the logarithm of a density survives where the density would not.
    fn magnitude(&self, x: &[f64]) -> Option<(f64, f64)> {
        let (sign, log) = match self {
            Node::Sum(terms) => match self.value(x).filter(|value| value.is_normal()) {
                Some(value) => (value.signum(), value.abs().ln()),
                None => magnitude_of_sum(terms, x)?,
            },
            Node::Product(factors) => {
                let mut total = (1.0, 0.0);
                for factor in factors.iter() {
                    let (sign, log) = factor.magnitude(x)?;
                    total = (total.0 * sign, total.1 + log);
                }
                total
            }
            Node::Power(pair) => {
                let exponent = pair[1].value(x)?;
                // 0⁰ is 1, as it is for the mass of a sum of no terms.
                if exponent == 0.0 {
                    return Some((1.0, 0.0));
                }
                match pair[0].magnitude(x)? {
                    (sign, log) if sign > 0.0 => (1.0, exponent * log),
                    (_, log) if exponent.rem_euclid(2.0) == 0.0 => (1.0, exponent * log),
                    (_, log) if exponent.fract() == 0.0 => (-1.0, exponent * log),
                    _ => return None,
                }
            }
            Node::Apply(Function::Exp, arguments) => (1.0, arguments[0].value(x)?),
            Node::Apply(Function::Sqrt, arguments) => match arguments[0].magnitude(x)? {
                (sign, log) if sign > 0.0 => (1.0, log / 2.0),
                _ => return None,
            },
            Node::Apply(function @ (Function::Gamma | Function::Factorial), arguments) => {
                let shift = if *function == Function::Factorial { 1.0 } else { 0.0 };
                let argument = arguments[0].value(x)? + shift;
                // Γ is negative on (−1, 0), positive on (−2, −1), and so on.
                let negative = argument < 0.0 && argument.floor().rem_euclid(2.0) == 1.0;
                (if negative { -1.0 } else { 1.0 }, special::ln_abs_gamma(argument))
            }
            Node::Apply(Function::Beta, arguments) => {
                let (a, b) = (arguments[0].value(x)?, arguments[1].value(x)?);
                (1.0, special::ln_gamma(a) + special::ln_gamma(b) - special::ln_gamma(a + b))
            }
            Node::Apply(Function::Binomial, arguments) => {
                let (n, k) = (arguments[0].value(x)?, arguments[1].value(x)?);
                let direct = special::binomial(n, k);
                if direct.is_normal() {
                    (direct.signum(), direct.abs().ln())
                } else {
                    let log = special::ln_gamma(n + 1.0) - special::ln_gamma(k + 1.0) - special::ln_gamma(n - k + 1.0);
                    (1.0, log)
                }
            }
            _ => {
                let value = self.value(x)?;
                (value.signum(), if value == 0.0 { return None } else { value.abs().ln() })
            }
        };
        log.is_finite().then_some((sign, log))
    }
}

/// The same of a sum whose terms are all too small, or too large, for a float.
fn magnitude_of_sum(terms: &[Node], x: &[f64]) -> Option<(f64, f64)> {
    let mut parts = Vec::with_capacity(terms.len());
    for term in terms {
        match term.magnitude(x) {
            Some(part) => parts.push(part),
            None if term.value(x) == Some(0.0) => {}
            None => return None,
        }
    }
    let largest = parts.iter().map(|(_, log)| *log).fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = parts.iter().map(|(sign, log)| sign * (log - largest).exp()).sum();
    (sum != 0.0).then(|| (sum.signum(), largest + sum.abs().ln()))
}

fn power(base: f64, exponent: f64) -> f64 {
    let small_whole = exponent.fract() == 0.0 && exponent.abs() <= 1024.0;
    if small_whole { base.powi(exponent as i32) } else { base.powf(exponent) }
}

fn apply(function: Function, values: &[f64]) -> f64 {
    let x = values[0];
    match function {
        Function::Exp => x.exp(),
        Function::Log => x.ln(),
        Function::Sqrt => x.sqrt(),
        Function::Abs => x.abs(),
        Function::Sign => {
            if x == 0.0 {
                0.0
            } else {
                x.signum()
            }
        }
        Function::Gamma => special::gamma(x),
        Function::LogGamma => special::ln_gamma(x),
        Function::Beta => special::beta(x, values[1]),
        Function::Digamma => special::digamma(x),
        Function::Trigamma => special::trigamma(x),
        Function::Polygamma => order(x).map_or(f64::NAN, |n| special::polygamma(n, values[1])),
        Function::Zeta => special::zeta(x),
        Function::ZetaDerivative => order(x).map_or(f64::NAN, |n| special::zeta_derivative(n, values[1])),
        Function::Binomial => special::binomial(x, values[1]),
        Function::Factorial => special::factorial(x),
        Function::BesselI => special::besseli(x, values[1]),
        Function::BesselK => special::besselk(x, values[1]),
        Function::Erf => special::erf(x),
        Function::Cos => x.cos(),
        Function::Sin => x.sin(),
        Function::Tan => x.tan(),
        Function::Cosh => x.cosh(),
        Function::Sinh => x.sinh(),
        Function::Tanh => x.tanh(),
        Function::Atan => x.atan(),
    }
}

/// A number of differentiations.
fn order(x: f64) -> Option<u32> {
    (x.fract() == 0.0 && (0.0..=150.0).contains(&x)).then_some(x as u32)
}
