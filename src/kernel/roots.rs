//! Positive factors of a sum, and what it is the square of: the laws of real powers rest on them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};

use super::division::{Letters, divide_exactly, leading_term};
use super::normal::Normalizer;
use super::poly::{Exponent, Generator, Monomial, Obstacle, Outcome, Poly};
use super::sign::Sign;
use super::term::{Function, Rational};
use super::trigonometry::squared_sine;

impl Normalizer {
    /// Writes a positive quantity as a positive rational times powers of positive generators.
    ///
    /// Fails with [`Obstacle::NotPositive`] where positivity cannot be shown.
    pub(super) fn positive_factors(&self, poly: &Poly) -> Outcome<(Rational, Vec<(Generator, Exponent)>)> {
        let not_positive = || Obstacle::NotPositive(poly.to_term());
        if poly.is_zero() {
            return Err(not_positive());
        }
        if poly.as_single().is_none() {
            // A quotient keeps its denominator as a factor of its own.
            let (numerator, denominator) = self.fraction(poly)?;
            let (mut coefficient, mut factors) = self.positive_factors_of_sum(&numerator)?;
            if !denominator.is_one() {
                let (below, lower) = self.positive_factors(&Poly::single(denominator, Rational::one()))?;
                coefficient /= below;
                factors.extend(lower.into_iter().map(|(generator, exponent)| (generator, exponent.negate())));
            }
            return Ok((coefficient, factors));
        }
        let (monomial, coefficient) = poly.as_single().expect("one term");
        let mut negative = coefficient.is_negative();
        let mut factors = Vec::new();
        for (generator, exponent) in monomial.factors() {
            match self.generator_sign(generator) {
                Some(Sign::Positive) => factors.push((generator.clone(), exponent.clone())),
                sign => match exponent {
                    Exponent::Integer(power) if power % 2 == 0 => {
                        let own = Poly::generator(generator.clone());
                        self.require_nonzero(&own)?;
                        let (_, inner) = self.positive_factors(&self.absolute(&own)?)?;
                        for (g, e) in inner {
                            factors.push((g, e.times(&Poly::integer(*power))?));
                        }
                    }
                    Exponent::Integer(_) if sign == Some(Sign::Nonnegative) => {
                        self.require_nonzero(&Poly::generator(generator.clone()))?;
                        factors.push((generator.clone(), exponent.clone()));
                    }
                    Exponent::Integer(power) if sign == Some(Sign::Negative) => {
                        negative = !negative;
                        let own = Poly::generator(generator.clone()).scaled(&-Rational::one());
                        factors.push((Generator::Sum(Arc::new(own)), Exponent::Integer(*power)));
                    }
                    Exponent::Poly(_) if sign == Some(Sign::Nonnegative) => {
                        self.require_nonzero(&Poly::generator(generator.clone()))?;
                        factors.push((generator.clone(), exponent.clone()));
                    }
                    _ => return Err(Obstacle::NotPositive(generator.to_term())),
                },
            }
        }
        if negative {
            return Err(not_positive());
        }
        Ok((coefficient.abs(), factors))
    }

    fn positive_factors_of_sum(&self, poly: &Poly) -> Outcome<(Rational, Vec<(Generator, Exponent)>)> {
        if poly.as_single().is_some() {
            return self.positive_factors(poly);
        }
        if let Some((factor, rest)) = self.common_coefficient(poly)? {
            // (1 − x)(1 − t), multiplied out: either factor is positive, or both are negative.
            let flip = matches!(self.sign(&factor), Some(Sign::Negative | Sign::Nonpositive));
            let unit = if flip { -Rational::one() } else { Rational::one() };
            let (first, mut factors) = self.positive_factors(&factor.scaled(&unit))?;
            let (second, others) = self.positive_factors(&rest.scaled(&unit))?;
            factors.extend(others);
            return Ok((first * second, factors));
        }
        if let Some(squared) = self.factors_of_square(poly)? {
            return Ok(squared);
        }
        if let Some((coefficient, sine)) = squared_sine(poly)
            && self.generator_sign(&sine) == Some(Sign::Positive)
            && coefficient.is_positive()
        {
            return Ok((coefficient, vec![(sine, Exponent::Integer(2))]));
        }
        let mut parts = self.content(poly)?;
        if self.sign(&parts.primitive).is_none()
            && self.sign(poly) == Some(Sign::Positive)
            && let Some(front) = self.monomial_sign(&parts.monomial).filter(|sign| *sign == Sign::Positive)
        {
            // poly = coefficient · monomial · primitive is positive, and so is the monomial.
            debug_assert_eq!(front, Sign::Positive);
            if parts.coefficient.is_negative() {
                parts.coefficient = -parts.coefficient;
                parts.primitive = parts.primitive.scaled(&-Rational::one());
            }
            self.signs.borrow_mut().insert(parts.primitive.clone(), Some(Sign::Positive));
        }
        let (coefficient, mut factors) = self.positive_factors(&Poly::single(parts.monomial, parts.coefficient))?;
        if parts.primitive.as_single().is_some() {
            let (other, others) = self.positive_factors(&parts.primitive)?;
            factors.extend(others);
            return Ok((coefficient * other, factors));
        }
        if parts.primitive != *poly {
            let (other, others) = self.positive_factors_of_sum(&parts.primitive)?;
            factors.extend(others);
            return Ok((coefficient * other, factors));
        }
        match self.sign(&parts.primitive) {
            Some(Sign::Positive) => {}
            Some(Sign::Nonnegative) => self.require_nonzero(&parts.primitive)?,
            _ => return Err(Obstacle::NotPositive(poly.to_term())),
        }
        factors.push((Generator::Sum(Arc::new(parts.primitive)), Exponent::Integer(1)));
        Ok((coefficient, factors))
    }

    /// (1 − r²)², multiplied out: a square is positive where its root is not zero.
    #[allow(clippy::type_complexity)]
    fn factors_of_square(&self, poly: &Poly) -> Outcome<Option<(Rational, Vec<(Generator, Exponent)>)>> {
        let Some(root) = square_root(poly)? else { return Ok(None) };
        let root = match self.sign(&root) {
            Some(Sign::Negative | Sign::Nonpositive) => root.scaled(&-Rational::one()),
            _ => root,
        };
        if self.sign(&root) != Some(Sign::Positive) {
            return Ok(None);
        }
        let (coefficient, factors) = self.positive_factors(&root)?;
        let two = Poly::integer(2);
        let squared = factors.into_iter().map(|(generator, exponent)| Ok((generator, exponent.times(&two)?)));
        Ok(Some((&coefficient * &coefficient, squared.collect::<Outcome<_>>()?)))
    }

    /// A sum that divides every coefficient of the poly, seen as a polynomial in one of its variables or cosines,
    /// and the quotient.
    pub(super) fn common_coefficient(&self, poly: &Poly) -> Outcome<Option<(Poly, Poly)>> {
        if poly.len() < 4 {
            return Ok(None);
        }
        let mut variables = BTreeSet::new();
        for (monomial, _) in poly.terms() {
            for (generator, exponent) in monomial.factors() {
                match (generator, exponent) {
                    (
                        Generator::Variable(_) | Generator::Reflected(_) | Generator::Call(Function::Cos, _),
                        Exponent::Integer(_),
                    ) => {
                        variables.insert(generator.clone());
                    }
                    _ => return Ok(None),
                }
            }
        }
        for generator in variables {
            let mut coefficients: BTreeMap<i64, Poly> = BTreeMap::new();
            for (monomial, coefficient) in poly.terms() {
                let Exponent::Integer(power) = monomial.exponent(&generator) else { return Ok(None) };
                let others = monomial.factors().iter().filter(|(own, _)| *own != generator).cloned().collect();
                coefficients.entry(power).or_default().add_term(Monomial::from_factors(others), coefficient.clone());
            }
            let least = coefficients.values().min_by_key(|own| own.len()).cloned().unwrap_or_default();
            if coefficients.len() < 2 || least.len() < 2 {
                continue;
            }
            if let Some(quotient) = divide_exactly(poly, &least)? {
                return Ok(Some((least, quotient)));
            }
        }
        Ok(None)
    }
}

/// The root of a longer sum is not looked for: most sums are no squares, and show it late.
const MOST_SQUARED: usize = 28;

/// Q with poly = Q², for a polynomial in opaque quantities; none where there is no such polynomial.
pub(super) fn square_root(poly: &Poly) -> Outcome<Option<Poly>> {
    let plain = |(generator, exponent): &(Generator, Exponent)| {
        !matches!(generator, Generator::Sum(_)) && matches!(exponent, Exponent::Integer(power) if *power > 0)
    };
    if !(3..=MOST_SQUARED).contains(&poly.len()) {
        return Ok(None);
    }
    if let Some(letters) = Letters::of([poly, poly]) {
        return square_root(&letters.write(poly))?.map(|root| letters.read(&root)).transpose();
    }
    if !poly.terms().all(|(monomial, _)| monomial.factors().iter().all(plain)) {
        return Ok(None);
    }
    // The root of a polynomial with whole coefficients and no common divisor has whole coefficients too (Gauss).
    let content = poly.rational_content();
    let Some(scale) = rational_square_root(&content) else { return Ok(None) };
    let poly = &poly.scaled(&content.recip());
    let Some((top, coefficient)) = leading_term(poly) else { return Ok(None) };
    let Some(number) = rational_square_root(&coefficient) else { return Ok(None) };
    let mut halves = Vec::new();
    for (generator, exponent) in top.factors() {
        match exponent {
            Exponent::Integer(power) if power % 2 == 0 => {
                halves.push((generator.clone(), Exponent::Integer(power / 2)));
            }
            _ => return Ok(None),
        }
    }
    let half = Monomial::from_factors(halves);
    let inverse = half.inverse();
    let twice = &number * Rational::from_integer(2.into());
    let mut root = Poly::single(half, number);
    // Each term of the root is the leading term of what is left, divided by twice the first. No two of the
    // products of a root's first or last term with its others are alike: a square has 2r − 1 terms or more.
    let mut rest = poly.minus(&root.times(&root)?);
    while root.len() <= poly.len().div_ceil(2) {
        if rest.is_zero() {
            return Ok(Some(root.scaled(&scale)));
        }
        let Some((next, value)) = leading_term(&rest) else { return Ok(None) };
        let value = value / &twice;
        if !value.is_integer() {
            return Ok(None);
        }
        let term = Poly::single(next, value).times_monomial(&inverse, &Rational::one())?;
        let whole = term.terms().all(|(monomial, _)| monomial.factors().iter().all(plain));
        if !whole || rest.len() > MOST_SQUARED {
            return Ok(None);
        }
        rest = rest.minus(&term.times(&root.scaled(&Rational::from_integer(2.into())).plus(&term))?);
        let terms = root.len();
        root.add_assign(&term);
        if root.len() == terms {
            return Ok(None);
        }
    }
    Ok(None)
}

/// √value where it is rational.
pub(super) fn rational_square_root(value: &Rational) -> Option<Rational> {
    let root = |part: &BigInt| {
        let root = part.sqrt();
        (&root * &root == *part).then_some(root)
    };
    if value.is_negative() { None } else { Some(Rational::new(root(&value.numer())?, root(&value.denom())?)) }
}

/// The primes of a positive rational with their multiplicities. What trial division up to a bound
/// does not split counts as one prime.
pub(super) fn factorize(value: &Rational) -> Vec<(BigInt, i64)> {
    let mut factors = Vec::new();
    for (part, sign) in [(value.numer(), 1), (value.denom(), -1)] {
        let mut rest = part;
        let mut divisor = BigInt::from(2);
        while rest > BigInt::one() && divisor < BigInt::from(10_000) && &divisor * &divisor <= rest {
            let mut count = 0;
            while (&rest % &divisor).is_zero() {
                rest /= &divisor;
                count += 1;
            }
            if count > 0 {
                factors.push((divisor.clone(), sign * count));
            }
            divisor += 1;
        }
        if rest > BigInt::one() {
            factors.push((rest, sign));
        }
    }
    factors
}
