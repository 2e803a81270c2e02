//! Exact division of sums, and what numerator and denominator have in common.

use std::collections::BTreeMap;

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Zero};

use super::modular::surely_indivisible;
use super::poly::{Exponent, Generator, Monomial, Outcome, Poly};
use super::term::{Name, Rational};

/// The quotient of two Laurent polynomials with integer exponents where it is exact.
///
/// Powers with symbolic exponents are letters of their own.
pub fn divide_exactly(dividend: &Poly, divisor: &Poly) -> Outcome<Option<Poly>> {
    if let Some(letters) = Letters::of([dividend, divisor]) {
        let quotient = divide_exactly(&letters.write(dividend), &letters.write(divisor))?;
        return quotient.map(|quotient| letters.read(&quotient)).transpose();
    }
    // What the dividend is itself divided by is set aside: (s12²/s11 − s22)/(s11 s22 − s12²) is −1/s11.
    let lowest = dividend.lowest_powers();
    if !lowest.is_one() {
        let cleared = dividend.times_monomial(&lowest.inverse(), &Rational::one())?;
        if !cleared.lowest_powers().is_one() {
            return Ok(None);
        }
        return match divide_exactly(&cleared, divisor)? {
            Some(quotient) => Ok(Some(quotient.times_monomial(&lowest, &Rational::one())?)),
            None => Ok(None),
        };
    }
    if surely_indivisible(dividend, divisor) {
        return Ok(None);
    }
    let Some((leading, leading_coefficient)) = leading_term(divisor) else { return Ok(None) };
    if leading_term(dividend).is_none() {
        return Ok(if dividend.is_zero() { Some(Poly::zero()) } else { None });
    }
    let inverse = leading.inverse();
    let ordered = |(monomial, coefficient): (&Monomial, &Rational)| (ByPower(monomial.clone()), coefficient.clone());
    let mut rest: BTreeMap<ByPower, Rational> = dividend.terms().map(ordered).collect();
    let mut quotient = Poly::zero();
    for _ in 0..2_000 {
        let Some((ByPower(top), coefficient)) = rest.last_key_value() else { return Ok(Some(quotient)) };
        let ratio =
            Poly::single(top.clone(), coefficient / &leading_coefficient).times_monomial(&inverse, &Rational::one())?;
        let Some((monomial, value)) = ratio.as_single() else { return Ok(None) };
        if monomial.factors().iter().any(|(_, exponent)| matches!(exponent, Exponent::Integer(power) if *power < 0)) {
            return Ok(None);
        }
        quotient.add_term(monomial.clone(), value.clone());
        for (own, taken) in divisor.times_monomial(monomial, value)?.terms() {
            if own.factors().iter().any(|(_, exponent)| matches!(exponent, Exponent::Poly(_))) {
                return Ok(None);
            }
            let place = rest.entry(ByPower(own.clone())).or_insert_with(Rational::zero);
            *place -= taken;
            if place.is_zero() {
                rest.remove(&ByPower(own.clone()));
            }
        }
        if rest.len() > dividend.len() + 400 {
            return Ok(None);
        }
    }
    Ok(None)
}

/// A monomial with whole exponents, in the order of [`lexicographic`].
#[derive(PartialEq, Eq)]
struct ByPower(Monomial);

impl Ord for ByPower {
    fn cmp(&self, other: &ByPower) -> std::cmp::Ordering {
        lexicographic(&self.0, &other.0)
    }
}

impl PartialOrd for ByPower {
    fn partial_cmp(&self, other: &ByPower) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// numerator / ∏ sum^power with what divides exactly taken out.
pub(super) fn cancelled(mut numerator: Poly, below: &[(Generator, i64)]) -> Outcome<(Poly, Monomial)> {
    let mut denominator = Vec::new();
    for (generator, power) in below {
        let mut left = *power;
        if let Generator::Sum(sum) = generator {
            while left > 0 {
                match divide_exactly(&numerator, sum)? {
                    Some(quotient) => {
                        numerator = quotient;
                        left -= 1;
                    }
                    None => break,
                }
            }
        }
        denominator.push((generator.clone(), Exponent::Integer(left)));
    }
    Ok((numerator, Monomial::from_factors(denominator)))
}

/// Letters for powers with symbolic exponents, in which those are whole: e^(2u/3 − v) is y²/z with
/// y = e^(u/3), z = e^v. What holds of the letters, whatever they are, holds of the powers.
pub(super) struct Letters(Vec<Letter>);

struct Letter {
    name: Generator,
    base: Generator,
    exponent: Monomial,
    /// The least common denominator of the exponent's coefficients.
    denominator: BigInt,
}

impl Letters {
    /// `None` where every exponent is whole already.
    pub(super) fn of(polys: [&Poly; 2]) -> Option<Letters> {
        let mut denominators: BTreeMap<(Generator, Monomial), BigInt> = BTreeMap::new();
        for (monomial, _) in polys.into_iter().flat_map(Poly::terms) {
            for (generator, exponent) in monomial.factors() {
                let Exponent::Poly(exponent) = exponent else { continue };
                for (part, coefficient) in exponent.terms().filter(|(part, own)| !part.is_one() || !own.is_integer()) {
                    let own = denominators.entry((generator.clone(), part.clone())).or_insert_with(BigInt::one);
                    *own = own.lcm(&coefficient.denom());
                }
            }
        }
        let letter = |(position, ((base, exponent), denominator))| Letter {
            // No name that can be written has a space in it.
            name: Generator::Variable(Name::new(&format!("letter {position}"))),
            base,
            exponent,
            denominator,
        };
        (!denominators.is_empty()).then(|| Letters(denominators.into_iter().enumerate().map(letter).collect()))
    }

    pub(super) fn write(&self, poly: &Poly) -> Poly {
        let mut result = Poly::zero();
        for (monomial, coefficient) in poly.terms() {
            let mut factors: Vec<(Generator, Exponent)> = Vec::new();
            for (generator, exponent) in monomial.factors() {
                let Exponent::Poly(exponent) = exponent else {
                    factors.push((generator.clone(), exponent.clone()));
                    continue;
                };
                let mut rest = (**exponent).clone();
                for letter in self.0.iter().filter(|letter| letter.base == *generator) {
                    let own = exponent.coefficient(&letter.exponent);
                    rest.add_term(letter.exponent.clone(), -own.clone());
                    let power = own * Rational::from_integer(letter.denominator.clone());
                    factors.push((letter.name.clone(), Exponent::from_poly(Poly::constant(power))));
                }
                factors.push((generator.clone(), Exponent::from_poly(rest)));
            }
            result.add_term(Monomial::from_factors(factors), coefficient.clone());
        }
        result
    }

    pub(super) fn read(&self, poly: &Poly) -> Outcome<Poly> {
        let mut result = Poly::zero();
        for (monomial, coefficient) in poly.terms() {
            let mut product = Poly::constant(coefficient.clone());
            for (generator, exponent) in monomial.factors() {
                let factor = match self.0.iter().find(|letter| letter.name == *generator) {
                    Some(letter) => {
                        let unit = Rational::new(BigInt::one(), letter.denominator.clone());
                        let unit = Poly::single(letter.exponent.clone(), unit);
                        Poly::generator_power(letter.base.clone(), exponent.times(&unit)?)?
                    }
                    None => Poly::generator_power(generator.clone(), exponent.clone())?,
                };
                product = product.times(&factor)?;
            }
            result.add_assign(&product);
        }
        Ok(result)
    }
}

/// The leading term in the lexicographic order of integer exponents; none when an exponent is symbolic.
pub(super) fn leading_term(poly: &Poly) -> Option<(Monomial, Rational)> {
    let mut best: Option<(&Monomial, &Rational)> = None;
    for (monomial, coefficient) in poly.terms() {
        if monomial.factors().iter().any(|(_, exponent)| matches!(exponent, Exponent::Poly(_))) {
            return None;
        }
        best = match best {
            Some((top, _)) if lexicographic(top, monomial) != std::cmp::Ordering::Less => best,
            _ => Some((monomial, coefficient)),
        };
    }
    best.map(|(monomial, coefficient)| (monomial.clone(), coefficient.clone()))
}

fn lexicographic(a: &Monomial, b: &Monomial) -> std::cmp::Ordering {
    let (mut i, mut j) = (a.factors().iter().peekable(), b.factors().iter().peekable());
    let sign = |exponent: &Exponent| match exponent {
        Exponent::Integer(value) => value.cmp(&0),
        Exponent::Poly(_) => std::cmp::Ordering::Equal,
    };
    loop {
        match (i.peek(), j.peek()) {
            (None, None) => return std::cmp::Ordering::Equal,
            (Some((_, exponent)), None) => return sign(exponent),
            (None, Some((_, exponent))) => return sign(exponent).reverse(),
            (Some((g, e)), Some((h, f))) => match g.cmp(h) {
                std::cmp::Ordering::Less => return sign(e),
                std::cmp::Ordering::Greater => return sign(f).reverse(),
                std::cmp::Ordering::Equal => {
                    if e != f {
                        return e.cmp(f);
                    }
                    i.next();
                    j.next();
                }
            },
        }
    }
}
