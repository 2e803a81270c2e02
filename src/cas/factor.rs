//! Factoring over the rationals, with an eye on the time it may take.

use num_bigint::BigInt;
use num_traits::{One, Zero};
use symbolica::domains::integer::Integer;
use symbolica::poly::factor::Factorize;

use super::CasError;
use super::fraction::{Poly, degrees};
use super::shape::{divided, lowest_exponents};

/// Beyond these a factorisation may take very long, and nothing can stop it.
const MAX_TERMS: usize = 400;
const MAX_DEGREE: u32 = 60;
/// The total degree times the number of indeterminates, when there are more than three.
const MAX_SPREAD: u32 = 64;
/// That times the number of terms.
const MAX_WORK: usize = 8_000;
const MAX_GCD_TERMS: usize = 200;

/// The factors of a polynomial with their multiplicities; numbers and monomials may be among them.
pub fn factors(poly: &Poly) -> Result<Vec<(Poly, usize)>, CasError> {
    let mut found = Vec::new();
    let lowest = lowest_exponents(poly);
    let mut rest = poly.clone();
    if lowest.iter().any(|exponent| !exponent.is_zero()) {
        found.push((poly.monomial(Integer::one(), lowest.clone()), 1));
        rest = divided(poly, &BigInt::one(), &lowest);
    }
    // A v + B with A and B coprime has no factor; their common divisor is free of v.
    while rest.nterms() > 1 {
        let Some((leading, trailing)) = linear(&rest) else { break };
        if leading.nterms() > 1 && leading.nterms() + trailing.nterms() > MAX_GCD_TERMS {
            return Err(CasError::TooLarge("a sum to factor".into()));
        }
        let common = if leading.nterms() == 1 { rest.one() } else { leading.gcd(&trailing) };
        let prime =
            rest.try_div(&common).ok_or_else(|| CasError::Failed("a divisor that does not divide".to_owned()))?;
        found.push((prime, 1));
        rest = common;
    }
    if rest.nterms() > 1 {
        factorable(&rest)?;
        found.extend(rest.factor());
    } else {
        found.push((rest, 1));
    }
    Ok(found)
}

/// The polynomial as A v + B for the v in which it is linear and A is shortest.
fn linear(poly: &Poly) -> Option<(Poly, Poly)> {
    let degrees = degrees(poly);
    let length = |index: usize| poly.exponents_iter().filter(|exponents| exponents[index] == 1).count();
    let candidates = degrees.iter().enumerate().filter(|(_, degree)| **degree == 1).map(|(index, _)| index);
    let index = candidates.min_by_key(|&index| length(index))?;
    let mut parts = poly.to_univariate_polynomial_list(index).into_iter();
    let trailing = parts.next()?.0;
    Some((parts.next()?.0, trailing))
}

fn factorable(poly: &Poly) -> Result<(), CasError> {
    let degrees = degrees(poly);
    let spread = degrees.iter().filter(|degree| **degree > 0).count() as u32;
    let total =
        poly.exponents_iter().map(|exponents| exponents.iter().map(|exponent| u32::from(*exponent)).sum()).max();
    let total: u32 = total.unwrap_or(0);
    if poly.nterms() > MAX_TERMS
        || total > MAX_DEGREE
        || (spread > 3 && spread * total > MAX_SPREAD)
        || poly.nterms() * (spread * total) as usize > MAX_WORK
    {
        return Err(CasError::TooLarge("a sum to factor".into()));
    }
    Ok(())
}
