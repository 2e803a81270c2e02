//! Values so short that their forms are known without an algebra engine.

use num_integer::Integer as _;
use num_traits::{One, Signed};

use super::exponential::present;
use super::tidy::product;
use crate::kernel::poly::{Exponent, Generator, Monomial, Poly};
use crate::kernel::term::{Rational, Term};

/// The forms of a power product, and of a sum of two: multiplied out, and with what the two share in
/// front. `None` where an engine may find more.
pub(super) fn forms(poly: &Poly) -> Option<Vec<Term>> {
    let terms: Vec<(&Monomial, &Rational)> = poly.terms().collect();
    match terms.as_slice() {
        [(monomial, _)] => monomial.factors().iter().all(|(generator, _)| is_prime(generator)).then(Vec::new),
        [(one, a), (two, b)] => {
            let plain = |monomial: &Monomial| {
                monomial
                    .factors()
                    .iter()
                    .all(|(generator, power)| !is_sum(generator) && matches!(power, Exponent::Integer(_)))
            };
            if !plain(one) || !plain(two) {
                return None;
            }
            let shared = shared(one, two);
            let inverse = shared.inverse();
            let rest = |monomial: &Monomial, value: &Rational| {
                Poly::single(monomial.clone(), value.clone()).times_monomial(&inverse, &Rational::one()).ok()
            };
            let (first, second) = (rest(one, a)?, rest(two, b)?);
            // a² − b² has factors, a² + b has none.
            let powers = [&first, &second].into_iter().filter_map(|poly| poly.as_single()).flat_map(|(monomial, _)| {
                monomial.factors().iter().map(|(_, power)| match power {
                    Exponent::Integer(power) => *power,
                    Exponent::Poly(_) => 1,
                })
            });
            let common = powers.fold(0_i64, |all, own| all.gcd(&own));
            if common != 1 {
                return None;
            }
            Some(with_content_out(poly).into_iter().collect())
        }
        _ => None,
    }
}

/// A sum with the number and the power product that its terms share in front.
pub(super) fn with_content_out(poly: &Poly) -> Option<Term> {
    let mut monomials = poly.terms().map(|(monomial, _)| monomial);
    let first = monomials.next()?.clone();
    let common = monomials.fold(first, |common, monomial| shared(&common, monomial));
    let mut number = poly.rational_content();
    if poly.terms().all(|(_, value)| value.is_negative()) {
        number = -number;
    }
    let inside = poly.times_monomial(&common.inverse(), &number.recip()).ok()?;
    let mut factors = vec![Term::Number(number), present(&Poly::single(common, Rational::one())), present(&inside)];
    factors.retain(|factor| !factor.is_one());
    Some(product(factors))
}

/// The power product that two of them have in common.
fn shared(one: &Monomial, two: &Monomial) -> Monomial {
    let mut factors = Vec::new();
    for (generator, _) in one.factors().iter().chain(two.factors()) {
        if factors.iter().any(|(own, _)| own == generator) {
            continue;
        }
        match (one.exponent(generator), two.exponent(generator)) {
            (Exponent::Integer(a), Exponent::Integer(b)) if a.min(b) != 0 => {
                factors.push((generator.clone(), Exponent::Integer(a.min(b))));
            }
            // √2, in both.
            (a, b) if a == b && matches!(generator, Generator::Prime(_)) => factors.push((generator.clone(), a)),
            _ => {}
        }
    }
    Monomial::from_factors(factors)
}

fn is_sum(generator: &Generator) -> bool {
    matches!(generator, Generator::Sum(_))
}

/// Whether a generator has no factors: a sum has none where it is of the first degree.
fn is_prime(generator: &Generator) -> bool {
    let Generator::Sum(poly) = generator else { return true };
    poly.terms().all(|(monomial, _)| match monomial.factors() {
        [] => true,
        [(generator, power)] => !is_sum(generator) && *power == Exponent::Integer(1),
        _ => false,
    })
}
