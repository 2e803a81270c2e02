//! How much there is to read in a formula.

use num_traits::{One, Signed};

use crate::kernel::term::{Function, Term};

/// How much there is to read. Fractions inside sums, negative powers and special functions cost
/// more than plain symbols.
pub fn weight(term: &Term) -> usize {
    match term {
        Term::Number(value) => {
            let digits = value.total_bits() as usize / 4;
            1 + digits + usize::from(!value.is_integer()) + usize::from(value.is_negative())
        }
        Term::Constant(_) | Term::Variable(_) => 2,
        Term::Sum(terms) => terms.iter().map(|term| 1 + weight(term)).sum::<usize>() + 1,
        // A sign is no factor to read.
        Term::Product(factors) if factors[0].as_number().is_some_and(|value| (-value).is_one()) => {
            1 + factors[1..].iter().map(weight).sum::<usize>() + (factors.len() - 1) / 2
        }
        Term::Product(factors) => {
            let times = |term: &Term| matches!(term, Term::Product(own) if own.iter().any(|own| !matches!(own, Term::Number(_) | Term::Apply(..))));
            let logs = |term: &Term| matches!(term, Term::Sum(terms) if terms.iter().any(|own| has_logarithm(own) && times(own)));
            let below = |factor: &Term| match factor {
                Term::Power(_, exponent) => exponent.as_number().is_some_and(Signed::is_negative),
                _ => false,
            };
            // A fraction with multiples of logarithms above its bar.
            let crowded = if factors.iter().any(logs) && factors.iter().any(below) { 3 } else { 0 };
            factors.iter().map(weight).sum::<usize>() + factors.len() / 2 + crowded
        }
        Term::Power(base, exponent) => match exponent.as_number() {
            Some(value) if value.is_negative() => {
                weight(base) + weight(&Term::Number(-value)) + usize::from(matches!(**base, Term::Sum(_)))
            }
            _ => weight(base) + weight(exponent),
        },
        // Two functions to a reader.
        Term::Apply(Function::LogGamma, arguments) => 6 + weight(&arguments[0]),
        Term::Apply(Function::Factorial, arguments) => 1 + weight(&arguments[0]),
        Term::Apply(_, arguments) => 3 + arguments.iter().map(weight).sum::<usize>(),
        Term::LogDensity(replaced) => 3 + replaced.len(),
        Term::Derivative(body, _) | Term::Expectation(body) => 3 + weight(body),
    }
}

/// Whether a term is a logarithm or a product with one.
pub(super) fn has_logarithm(term: &Term) -> bool {
    match term {
        Term::Apply(Function::Log | Function::LogGamma, _) => true,
        Term::Product(factors) => factors.iter().any(has_logarithm),
        _ => false,
    }
}
