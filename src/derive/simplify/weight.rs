//! How much there is to read in a formula.

use num_traits::{One, Signed};

use crate::kernel::term::Term;

/// How much there is to read. Fractions inside sums, negative powers and special functions cost
/// more than plain symbols.
pub fn weight(term: &Term) -> usize {
    match term {
        Term::Number(value) => {
            let digits = (value.numer().bits() + value.denom().bits()) as usize / 4;
            1 + digits + usize::from(!value.is_integer()) + usize::from(value.is_negative())
        }
        Term::Constant(_) | Term::Variable(_) => 2,
        Term::Sum(terms) => terms.iter().map(|term| 1 + weight(term)).sum::<usize>() + 1,
        // A sign is no factor to read.
        Term::Product(factors) if factors[0].as_number().is_some_and(|value| (-value).is_one()) => {
            1 + factors[1..].iter().map(weight).sum::<usize>() + (factors.len() - 1) / 2
        }
        Term::Product(factors) => factors.iter().map(weight).sum::<usize>() + factors.len() / 2,
        Term::Power(base, exponent) => match exponent.as_number() {
            Some(value) if value.is_negative() => {
                weight(base) + weight(&Term::Number(-value)) + usize::from(matches!(**base, Term::Sum(_)))
            }
            _ => weight(base) + weight(exponent),
        },
        Term::Apply(_, arguments) => 3 + arguments.iter().map(weight).sum::<usize>(),
        Term::LogDensity(replaced) => 3 + replaced.len(),
        Term::Derivative(body, _) | Term::Expectation(body) => 3 + weight(body),
    }
}
