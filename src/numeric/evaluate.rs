//! The value of a term in double precision.

use std::collections::BTreeMap;
use std::f64::consts::{E, PI};

use num_traits::ToPrimitive;

use super::special;
use crate::kernel::term::{Constant, Function, Name, Term};

/// The Euler–Mascheroni constant.
const EULER_GAMMA: f64 = 0.577_215_664_901_532_9;

/// The value of `term`, where every variable has the value that `point` gives it.
///
/// `None` for formal terms, for variables without a value, and wherever the value is undefined,
/// complex, infinite or too large. Conventions at the edges: 0^0 = 1, and a sub-term that is
/// undefined makes the whole undefined, also beside a factor 0.
pub fn evaluate(term: &Term, point: &BTreeMap<Name, f64>) -> Option<f64> {
    let value = match term {
        Term::Number(value) => value.to_f64()?,
        Term::Constant(Constant::Pi) => PI,
        Term::Constant(Constant::E) => E,
        Term::Constant(Constant::EulerGamma) => EULER_GAMMA,
        Term::Variable(name) => *point.get(name)?,
        Term::Sum(terms) => terms.iter().map(|term| evaluate(term, point)).sum::<Option<f64>>()?,
        Term::Product(factors) => product(term, factors, point)?,
        Term::Power(base, exponent) => power(evaluate(base, point)?, evaluate(exponent, point)?),
        Term::Apply(Function::Log, arguments) => match magnitude(&arguments[0], point)? {
            (sign, log) if sign > 0.0 => log,
            _ => return None,
        },
        Term::Apply(function, arguments) => {
            let values: Vec<f64> = arguments.iter().map(|term| evaluate(term, point)).collect::<Option<_>>()?;
            apply(*function, &values)
        }
        Term::LogDensity(_) | Term::Derivative(..) | Term::Expectation(_) => return None,
    };
    value.is_finite().then_some(value)
}

/// A product whose factors may overflow or underflow one by one, like Γ(200) / Γ(199).
fn product(term: &Term, factors: &[Term], point: &BTreeMap<Name, f64>) -> Option<f64> {
    let values: Option<Vec<f64>> = factors.iter().map(|factor| evaluate(factor, point)).collect();
    if let Some(values) = values {
        let direct: f64 = values.iter().product();
        if direct.is_normal() || values.contains(&0.0) {
            return Some(direct);
        }
    }
    let (sign, log) = magnitude(term, point)?;
    Some(sign * log.exp())
}

fn power(base: f64, exponent: f64) -> f64 {
    let small_whole = exponent.fract() == 0.0 && exponent.abs() <= 1024.0;
    if small_whole { base.powi(exponent as i32) } else { base.powf(exponent) }
}

/// The sign and the logarithm of the absolute value of a term that is not zero, taken through
/// products, powers and Gammas, so that the logarithm of a density survives where the density would not.
fn magnitude(term: &Term, point: &BTreeMap<Name, f64>) -> Option<(f64, f64)> {
    let (sign, log) = match term {
        Term::Product(factors) => {
            let mut total = (1.0, 0.0);
            for factor in factors.iter() {
                let (sign, log) = magnitude(factor, point)?;
                total = (total.0 * sign, total.1 + log);
            }
            total
        }
        Term::Power(base, exponent) => {
            let exponent = evaluate(exponent, point)?;
            match magnitude(base, point)? {
                // 0⁰ is 1, as it is for the mass of a sum of no terms.
                _ if exponent == 0.0 => (1.0, 0.0),
                (sign, log) if sign > 0.0 => (1.0, exponent * log),
                (_, log) if exponent.rem_euclid(2.0) == 0.0 => (1.0, exponent * log),
                (_, log) if exponent.fract() == 0.0 => (-1.0, exponent * log),
                _ => return None,
            }
        }
        Term::Apply(Function::Exp, arguments) => (1.0, evaluate(&arguments[0], point)?),
        Term::Apply(Function::Sqrt, arguments) => match magnitude(&arguments[0], point)? {
            (sign, log) if sign > 0.0 => (1.0, log / 2.0),
            _ => return None,
        },
        Term::Apply(function @ (Function::Gamma | Function::Factorial), arguments) => {
            let shift = if *function == Function::Factorial { 1.0 } else { 0.0 };
            let argument = evaluate(&arguments[0], point)? + shift;
            // Γ is negative on (−1, 0), positive on (−2, −1), and so on.
            let negative = argument < 0.0 && argument.floor().rem_euclid(2.0) == 1.0;
            (if negative { -1.0 } else { 1.0 }, special::ln_abs_gamma(argument))
        }
        Term::Apply(Function::Beta, arguments) => {
            let (a, b) = (evaluate(&arguments[0], point)?, evaluate(&arguments[1], point)?);
            (1.0, special::ln_gamma(a) + special::ln_gamma(b) - special::ln_gamma(a + b))
        }
        Term::Apply(Function::Binomial, arguments) => {
            let (n, k) = (evaluate(&arguments[0], point)?, evaluate(&arguments[1], point)?);
            let direct = special::binomial(n, k);
            if direct.is_normal() {
                (direct.signum(), direct.abs().ln())
            } else {
                let log = special::ln_gamma(n + 1.0) - special::ln_gamma(k + 1.0) - special::ln_gamma(n - k + 1.0);
                (1.0, log)
            }
        }
        _ => {
            let value = evaluate(term, point)?;
            (value.signum(), if value == 0.0 { return None } else { value.abs().ln() })
        }
    };
    log.is_finite().then_some((sign, log))
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
