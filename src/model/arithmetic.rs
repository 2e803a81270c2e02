//! Terms built the way they were typed.

use num_traits::{One, ToPrimitive, Zero};

use crate::kernel::term::{Rational, Term};

/// `-t`.
pub fn negative(term: Term) -> Term {
    match term {
        Term::Number(value) => Term::Number(-value),
        other => -other,
    }
}

/// `-a*b*…` of the product of a, b, …: the sign joins a leading number.
pub fn negative_product(term: Term) -> Term {
    match term {
        Term::Product(factors) => {
            let mut factors = factors.to_vec();
            match factors.first_mut() {
                Some(Term::Number(value)) => *value = -value.clone(),
                _ => factors.insert(0, Term::integer(-1)),
            }
            Term::product(factors)
        }
        other => negative(other),
    }
}

/// `left - right` as one flat sum; a zero leaves no trace.
pub fn difference(left: Term, right: Term) -> Term {
    let mut terms = match left {
        Term::Sum(terms) => terms.to_vec(),
        zero if zero.is_zero() => Vec::new(),
        other => vec![other],
    };
    match right {
        Term::Sum(subtracted) => terms.extend(subtracted.iter().cloned().map(negative_product)),
        zero if zero.is_zero() => {}
        other => terms.push(negative_product(other)),
    }
    many(terms, Term::zero(), Term::sum)
}

/// The node over several terms; none are `empty`, and one needs no node.
pub fn many(mut terms: Vec<Term>, empty: Term, node: fn(Vec<Term>) -> Term) -> Term {
    match (terms.pop(), terms.is_empty()) {
        (None, _) => empty,
        (Some(only), true) => only,
        (Some(last), false) => {
            terms.push(last);
            node(terms)
        }
    }
}

/// The value of a term of numbers, where it is a rational that is easily had.
pub fn rational_value(term: &Term) -> Option<Rational> {
    const EXPONENT_LIMIT: i32 = 256;
    match term {
        Term::Number(value) => Some(value.clone()),
        Term::Sum(terms) => terms.iter().try_fold(Rational::zero(), |sum, term| Some(sum + rational_value(term)?)),
        Term::Product(factors) => {
            factors.iter().try_fold(Rational::one(), |product, factor| Some(product * rational_value(factor)?))
        }
        Term::Power(base, exponent) => {
            let exponent = rational_value(exponent).filter(Rational::is_integer)?.to_i32()?;
            let base = rational_value(base)?;
            let sensible = exponent.abs() <= EXPONENT_LIMIT && (exponent >= 0 || !base.is_zero());
            // The bound on digits stops towers of powers.
            (sensible && base.bits() <= 1 << 12).then(|| base.pow(exponent))
        }
        _ => None,
    }
}
