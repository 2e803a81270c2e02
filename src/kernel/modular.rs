//! A quick no to "does this polynomial divide that one?", by arithmetic modulo a prime.
//!
//! Residues for all letters but one make univariate polynomials over a finite field of both. That
//! is a ring homomorphism: where the divisor divides, its image does. So a remainder is a proof
//! that it does not, and no remainder says nothing.

use std::collections::BTreeMap;

use num_bigint::BigInt;
use num_traits::{ToPrimitive, Zero};

use super::poly::{Exponent, Generator, Poly};
use super::term::Rational;

/// The Mersenne prime 2^61 − 1.
const PRIME: u64 = (1 << 61) - 1;

/// A univariate polynomial of a higher degree is not divided.
const HIGHEST: usize = 256;

/// Whether the divisor certainly does not divide the dividend, its letters independent of one another.
pub fn surely_indivisible(dividend: &Poly, divisor: &Poly) -> bool {
    let Some(main) = divisor.terms().find_map(|(monomial, _)| monomial.factors().first().map(|(own, _)| own)) else {
        return false;
    };
    let mut residues = Residues { main, known: BTreeMap::new() };
    match (residues.image(divisor), residues.image(dividend)) {
        (Some(below), Some(above)) => has_remainder(above, &below),
        _ => false,
    }
}

/// The homomorphism, which gives each letter its residue as it is met.
struct Residues<'a> {
    main: &'a Generator,
    known: BTreeMap<&'a Generator, u64>,
}

impl<'a> Residues<'a> {
    /// Coefficients by degree; `None` where an exponent is no natural number or a coefficient has no residue.
    fn image(&mut self, poly: &'a Poly) -> Option<Vec<u64>> {
        let mut image = Vec::new();
        for (monomial, coefficient) in poly.terms() {
            let mut degree = 0;
            let mut value = residue(coefficient)?;
            for (generator, exponent) in monomial.factors() {
                let Exponent::Integer(exponent) = exponent else { return None };
                let exponent = usize::try_from(*exponent).ok()?;
                if generator == self.main {
                    degree = exponent;
                } else {
                    let next = self.known.len() as u64 + 1;
                    let letter = *self.known.entry(generator).or_insert_with(|| spread(next));
                    value = times(value, power(letter, exponent as u64));
                }
            }
            if degree > HIGHEST {
                return None;
            }
            if image.len() <= degree {
                image.resize(degree + 1, 0);
            }
            image[degree] = plus(image[degree], value);
        }
        Some(image)
    }
}

fn has_remainder(mut above: Vec<u64>, below: &[u64]) -> bool {
    // Without the leading coefficient the image says nothing about the degree.
    let Some((leading, rest)) = below.split_last().filter(|(leading, _)| **leading != 0) else { return false };
    let inverse = power(*leading, PRIME - 2);
    while above.len() >= below.len() {
        let factor = times(above.pop().unwrap_or(0), inverse);
        let shift = above.len() - rest.len();
        for (own, value) in above[shift..].iter_mut().zip(rest) {
            *own = plus(*own, PRIME - times(factor, *value));
        }
    }
    above.iter().any(|own| *own != 0)
}

/// Well spread over the residues, and the same on every run.
fn spread(index: u64) -> u64 {
    index.wrapping_mul(0x9E37_79B9_7F4A_7C15) % PRIME
}

fn residue(value: &Rational) -> Option<u64> {
    let (above, below) = match value.as_words() {
        Some((above, below)) => (small(above)?, small(below)?),
        None => (whole(&value.numer())?, whole(&value.denom())?),
    };
    (below != 0).then_some(())?;
    Some(if below == 1 { above } else { times(above, power(below, PRIME - 2)) })
}

fn whole(value: &BigInt) -> Option<u64> {
    let prime = BigInt::from(PRIME);
    let rest = value % &prime;
    let rest = if rest < BigInt::zero() { rest + prime } else { rest };
    rest.to_u64()
}

fn small(value: i64) -> Option<u64> {
    u64::try_from(value.rem_euclid(PRIME as i64)).ok()
}

fn plus(a: u64, b: u64) -> u64 {
    (a + b) % PRIME
}

fn times(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    // The remainder is below 2^61.
    (product % u128::from(PRIME)) as u64
}

fn power(base: u64, exponent: u64) -> u64 {
    let (mut base, mut exponent, mut result) = (base, exponent, 1);
    while exponent > 0 {
        if exponent % 2 == 1 {
            result = times(result, base);
        }
        base = times(base, base);
        exponent /= 2;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::term::Name;

    fn letter(name: &str) -> Poly {
        Poly::generator(Generator::Variable(Name::new(name)))
    }

    #[test]
    fn a_multiple_is_never_called_indivisible() {
        let (x, y, z) = (letter("x"), letter("y"), letter("z"));
        let half = Rational::new(1.into(), 2.into());
        let sums = [x.plus(&y), x.minus(&y.scaled(&half)), x.times(&y).unwrap().plus(&z), x.plus(&Poly::integer(3))];
        for divisor in &sums {
            for other in &sums {
                let product = divisor.times(other).unwrap().times(divisor).unwrap();
                assert!(!surely_indivisible(&product, divisor));
                assert!(surely_indivisible(&product.plus(&Poly::one()), divisor));
            }
        }
    }
}
