//! Rigorous bounds of a term at rational points.
//!
//! A refutation rests on these: an equation fails at a point when the enclosures of its two sides there
//! are disjoint. There is no float in this module nor in those it uses.

use std::collections::BTreeMap;

use num_traits::ToPrimitive;

use super::interval::Interval;
use super::{elementary, higher};
use crate::kernel::term::{Constant, Function, Name, Rational, Term};

/// An interval that contains the value of `term`, where every variable has the value that `point` gives.
///
/// A value that needs no transcendental function is enclosed exactly, while it is short. `None` for
/// formal terms, for variables without a value, wherever the value is undefined or not real, wherever
/// that cannot be excluded (a divisor whose enclosure holds 0), and for arguments that are too large.
///
/// ```
/// use std::collections::BTreeMap;
/// use fisherproof::kernel::term::{Function, Term};
/// use fisherproof::numeric::enclose;
///
/// // 22/7 is not π.
/// let pi = Term::Constant(fisherproof::kernel::term::Constant::Pi);
/// let point = BTreeMap::new();
/// let (left, right) = (enclose(&Term::ratio(22, 7), &point).unwrap(), enclose(&pi, &point).unwrap());
/// assert!(left.is_disjoint_from(&right));
/// ```
pub fn enclose(term: &Term, point: &BTreeMap<Name, Rational>) -> Option<Interval> {
    match term {
        Term::Number(value) => Some(Interval::point(value.clone())),
        Term::Constant(Constant::Pi) => Some(elementary::pi()),
        Term::Constant(Constant::E) => elementary::exp(&Interval::integer(1)),
        Term::Constant(Constant::EulerGamma) => Some(higher::euler_gamma()),
        Term::Variable(name) => point.get(name).cloned().map(Interval::point),
        Term::Sum(terms) => terms.iter().try_fold(Interval::integer(0), |sum, term| Some(sum + enclose(term, point)?)),
        Term::Product(factors) => {
            factors.iter().try_fold(Interval::integer(1), |product, factor| Some(product * enclose(factor, point)?))
        }
        Term::Power(base, exponent) => elementary::power(&enclose(base, point)?, &enclose(exponent, point)?),
        Term::Apply(function, arguments) => {
            let arguments: Vec<Interval> = arguments.iter().map(|term| enclose(term, point)).collect::<Option<_>>()?;
            apply(*function, &arguments)
        }
        Term::LogDensity(_) | Term::Derivative(..) | Term::Expectation(_) => None,
    }
}

fn apply(function: Function, arguments: &[Interval]) -> Option<Interval> {
    let x = &arguments[0];
    match function {
        Function::Exp => elementary::exp(x),
        Function::Log => elementary::log(x),
        Function::Sqrt => x.sqrt(),
        Function::Abs => Some(x.abs()),
        Function::Sign => sign(x),
        Function::Gamma => higher::gamma(x),
        Function::LogGamma => higher::ln_gamma(x),
        Function::Beta => higher::beta(x, &arguments[1]),
        Function::Digamma => higher::digamma(x),
        Function::Trigamma => higher::polygamma(1, x),
        Function::Polygamma => higher::polygamma(order(x)?, &arguments[1]),
        Function::Zeta => higher::zeta_derivative(0, x),
        Function::ZetaDerivative => higher::zeta_derivative(order(x)?, &arguments[1]),
        Function::Binomial => higher::binomial(x, &arguments[1]),
        Function::Factorial => higher::gamma(&(x + Interval::integer(1))),
        Function::BesselI => higher::besseli(x.as_point()?, &arguments[1]),
        Function::BesselK => higher::besselk(x.as_point()?, &arguments[1]),
        Function::Erf => higher::erf(x),
        Function::Cos => elementary::cos(x),
        Function::Sin => elementary::sin(x),
        Function::Tan => elementary::tan(x),
        Function::Cosh => elementary::cosh(x),
        Function::Sinh => elementary::sinh(x),
        Function::Tanh => elementary::tanh(x),
        Function::Atan => elementary::atan(x),
    }
}

/// −1, 0 or 1; `None` when the sign is not settled.
fn sign(x: &Interval) -> Option<Interval> {
    if x.is_positive() {
        Some(Interval::integer(1))
    } else if x.is_negative() {
        Some(Interval::integer(-1))
    } else {
        x.as_point().map(|_| Interval::integer(0))
    }
}

/// A number of differentiations.
fn order(x: &Interval) -> Option<u32> {
    x.as_integer()?.to_u32()
}
