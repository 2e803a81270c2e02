//! One fraction for a sum: common denominators, and the form that is printed and compared.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use num_traits::{One, Signed, Zero};

use super::division::{cancelled, divide_exactly};
use super::normal::{Normalizer, nesting};
use super::poly::{Exponent, Generator, Monomial, Obstacle, Outcome, Poly};
use super::sign::Sign;
use super::term::Rational;

impl Normalizer {
    /// poly = coefficient · monomial · primitive, the primitive part in a unique form: coprime
    /// integer coefficients, no common power of a generator, positive where that can be shown.
    pub(super) fn content(&self, poly: &Poly) -> Outcome<Content> {
        let generators: BTreeSet<&Generator> =
            poly.terms().flat_map(|(monomial, _)| monomial.factors()).map(|(generator, _)| generator).collect();
        let (mut common, mut fractions) = (Vec::new(), false);
        for generator in generators {
            let exponents: Vec<Exponent> = poly.terms().map(|(monomial, _)| monomial.exponent(generator)).collect();
            let least = match self.least_fraction(&exponents)? {
                Some(least) => {
                    fractions = true;
                    least
                }
                None => least_exponent(&exponents),
            };
            if !least.is_zero() {
                common.push((generator.clone(), least));
            }
        }
        let monomial = Monomial::from_factors(common);
        let inverse = monomial.inverse();
        let mut primitive =
            if monomial.is_one() { poly.clone() } else { poly.times_monomial(&inverse, &Rational::one())? };
        if fractions {
            primitive = self.canonical_exponents(&primitive)?;
        }
        if !monomial.is_one() && primitive.len() < poly.len() {
            // A sum that was multiplied out may leave more in common: (1 + t)(1 + s) − (1 + s) is t (1 + s).
            let rest = self.content(&primitive)?;
            let product =
                Poly::single(monomial.clone(), rest.coefficient).times_monomial(&rest.monomial, &Rational::one())?;
            if let Some((monomial, coefficient)) = product.as_single() {
                let (monomial, coefficient) = (monomial.clone(), coefficient.clone());
                return Ok(Content { coefficient, monomial, primitive: rest.primitive });
            }
        }
        let mut coefficient = primitive.rational_content();
        primitive = primitive.scaled(&coefficient.recip());
        // The sign is asked for where it may differ from that of the leading coefficient.
        let leading = primitive.terms().next_back().is_some_and(|(_, leading)| leading.is_negative());
        let flip = match self.is_somewhere(&primitive, leading) {
            true => leading,
            false => match self.sign(&primitive) {
                Some(Sign::Positive | Sign::Nonnegative) => false,
                Some(Sign::Negative | Sign::Nonpositive) => true,
                _ => leading,
            },
        };
        if flip {
            coefficient = -coefficient;
            primitive = primitive.scaled(&-Rational::one());
        }
        Ok(Content { coefficient, monomial, primitive })
    }

    /// The least of exponents that are fractions a number apart: b/(b − a) and a/(b − a).
    fn least_fraction(&self, exponents: &[Exponent]) -> Outcome<Option<Exponent>> {
        let fractional = |own: &Exponent| matches!(own, Exponent::Poly(inner) if has_sum_power(inner));
        let [first, rest @ ..] = exponents else { return Ok(None) };
        if rest.is_empty() || !exponents.iter().all(fractional) {
            return Ok(None);
        }
        let (first, mut least) = (first.to_poly(), Rational::zero());
        for own in rest {
            match self.canonical(&own.to_poly().minus(&first))?.as_constant() {
                Some(apart) => least = least.min(apart),
                None => return Ok(None),
            }
        }
        Ok(Some(Exponent::from_poly(self.canonical(&first.plus(&Poly::constant(least)))?)))
    }

    /// Multiplies by the denominators (powers of sums and of sines) until none is left; what
    /// vanishes then vanished before, because none of the factors is zero.
    pub(super) fn clear(&self, poly: &Poly) -> Outcome<Poly> {
        let mut current = absorbed(self.canonical_exponents(poly)?)?;
        for _ in 0..64 {
            let Some((generator, least)) = lowest_power(&current) else { return self.clear_sines(current) };
            current = shift_power(&current, &generator, -least)?;
        }
        Err(Obstacle::TooLarge("nested denominators"))
    }

    /// Fractions in exponents cancelled: g^(m/(m − 1) − 1/(m − 1)) = g.
    fn canonical_exponents(&self, poly: &Poly) -> Outcome<Poly> {
        let fractional =
            |exponent: &Exponent| matches!(exponent, Exponent::Poly(inner) if inner.len() > 1 && has_sum_power(inner));
        if !poly.terms().any(|(monomial, _)| monomial.factors().iter().any(|(_, exponent)| fractional(exponent))) {
            return Ok(poly.clone());
        }
        poly.with_factors(&mut |generator, exponent| {
            if !fractional(exponent) {
                return Ok(None);
            }
            let exponent = Exponent::from_poly(self.canonical(&exponent.to_poly())?);
            Poly::generator_power(generator.clone(), exponent).map(Some)
        })
    }

    /// One numerator over one power product of sums, cancelled where the division is exact.
    pub fn fraction(&self, poly: &Poly) -> Outcome<(Poly, Monomial)> {
        let mut numerator = poly.clone();
        let mut below: Vec<(Generator, i64)> = Vec::new();
        for _ in 0..64 {
            let Some((generator, least)) = lowest_power(&numerator).filter(|(_, least)| *least < 0) else { break };
            numerator = shift_power(&numerator, &generator, -least)?;
            below.push((generator, -least));
        }
        cancelled(numerator, &below)
    }

    /// The form used in exponents and arguments: a cancelled fraction, written out again.
    pub fn canonical(&self, poly: &Poly) -> Outcome<Poly> {
        let poly = absorbed(self.cancel_sines(self.canonical_exponents(poly)?)?)?;
        if !has_sum_power(&poly) || divisors(&poly).any(|(sum, _)| sum.is_long()) {
            return Ok(poly);
        }
        let (numerator, denominator) = self.fraction(&poly)?;
        if denominator.is_one() {
            return Ok(numerator);
        }
        // Part by part where what is above holds more than what is below:
        // (s e^u + e^u + 1)/(1 + e^u) is s e^u/(1 + e^u) + 1.
        let below = denominator.whole_powers();
        let (mut held, mut exponents) = (BTreeSet::new(), BTreeSet::new());
        for (generator, _) in &below {
            let Generator::Sum(sum) = generator else { continue };
            for (inner, exponent) in sum.terms().flat_map(|(own, _)| own.factors()) {
                if *inner == Generator::Euler {
                    exponents.extend(exponent.to_poly().terms().map(|(part, _)| part.clone()));
                } else {
                    held.insert(inner.clone());
                }
            }
        }
        let mut parts: BTreeMap<Monomial, Poly> = BTreeMap::new();
        for (monomial, coefficient) in numerator.terms() {
            let (mut inside, mut outside) = (Vec::new(), Vec::new());
            for (generator, exponent) in monomial.factors() {
                if *generator != Generator::Euler {
                    let side = if held.contains(generator) { &mut inside } else { &mut outside };
                    side.push((generator.clone(), exponent.clone()));
                    continue;
                }
                // e^(u + v) is e^u e^v.
                let [mut own, mut other] = [Poly::zero(), Poly::zero()];
                for (part, coefficient) in exponent.to_poly().terms() {
                    let side = if exponents.contains(part) { &mut own } else { &mut other };
                    side.add_term(part.clone(), coefficient.clone());
                }
                for (side, exponent) in [(&mut inside, own), (&mut outside, other)] {
                    if !exponent.is_zero() {
                        side.push((Generator::Euler, Exponent::from_poly(exponent)));
                    }
                }
            }
            let (inside, outside) = (Monomial::from_factors(inside), Monomial::from_factors(outside));
            parts.entry(outside).or_default().add_term(inside, coefficient.clone());
        }
        let mut result = Poly::zero();
        for (outside, inside) in parts {
            let (above, below) = cancelled(inside, &below)?;
            let part = above.times_monomial(&outside, &Rational::one())?;
            result.add_assign(&part.times_monomial(&below.inverse(), &Rational::one())?);
        }
        Ok(result)
    }
}

/// The parts of a sum that [`Normalizer::content`] finds.
pub(super) struct Content {
    pub coefficient: Rational,
    pub monomial: Monomial,
    pub primitive: Poly,
}

/// The coordinate-wise least of several exponents, each seen as a combination of monomials.
fn least_exponent(exponents: &[Exponent]) -> Exponent {
    let mut integers = exponents.iter().map(|exponent| match exponent {
        Exponent::Integer(value) => Some(*value),
        Exponent::Poly(_) => None,
    });
    if let Some(first) = integers.next().flatten() {
        let rest: Option<Vec<i64>> = integers.collect();
        if let Some(rest) = rest {
            return Exponent::Integer(rest.into_iter().fold(first, i64::min));
        }
    }
    let polys: Vec<Poly> = exponents.iter().map(Exponent::to_poly).collect();
    let coordinates: BTreeSet<&Monomial> =
        polys.iter().flat_map(|poly| poly.terms().map(|(monomial, _)| monomial)).collect();
    let mut least = Poly::zero();
    for monomial in coordinates {
        let value = polys.iter().map(|poly| poly.coefficient(monomial)).min().unwrap_or_else(Rational::zero);
        least.add_term(monomial.clone(), value);
    }
    Exponent::from_poly(least)
}

pub(super) fn has_sum_power(poly: &Poly) -> bool {
    poly.terms()
        .any(|(monomial, _)| monomial.factors().iter().any(|(generator, _)| matches!(generator, Generator::Sum(_))))
}

/// The sum generator whose integer powers are to be cleared next, with the least of them. Sums that
/// hold other sums come first.
fn lowest_power(poly: &Poly) -> Option<(Generator, i64)> {
    let mut least: BTreeMap<&Generator, (i64, i64)> = BTreeMap::new();
    for (monomial, _) in poly.terms() {
        for (generator, exponent) in monomial.factors() {
            if matches!(generator, Generator::Sum(_)) {
                let (whole, _) = exponent.split_integer();
                let entry = least.entry(generator).or_insert((whole, whole));
                entry.0 = entry.0.min(whole);
                entry.1 = entry.1.max(whole);
            }
        }
    }
    // A generator that is absent from a term stands there with exponent 0.
    for (generator, range) in &mut least {
        if poly.terms().any(|(monomial, _)| monomial.exponent(generator).is_zero()) {
            range.0 = range.0.min(0);
            range.1 = range.1.max(0);
        }
    }
    least
        .into_iter()
        .filter(|(_, (low, high))| *low != 0 || *high != 0)
        .max_by_key(|(generator, (low, _))| (*low < 0, nesting(generator)))
        .map(|(generator, (low, _))| (generator.clone(), low))
}

/// The sums that terms are divided by, with their powers.
fn divisors(poly: &Poly) -> impl Iterator<Item = (&Arc<Poly>, i64)> {
    poly.terms().flat_map(|(monomial, _)| monomial.factors()).filter_map(|factor| match factor {
        (Generator::Sum(sum), Exponent::Integer(power)) if *power < 0 => Some((sum, *power)),
        _ => None,
    })
}

/// N/S^k as (N/S)/S^(k − 1) where S, a long sum, divides all that stands above its highest power.
///
/// What is zero comes to zero like this without a power of S being written out: N₁/S + … + N_k/S^k is
/// zero only if S divides N_k.
fn absorbed(mut poly: Poly) -> Outcome<Poly> {
    let long: BTreeSet<Arc<Poly>> =
        divisors(&poly).filter(|(sum, _)| sum.is_long()).map(|(sum, _)| sum.clone()).collect();
    for sum in long {
        let generator = Generator::Sum(sum.clone());
        loop {
            let powers = divisors(&poly).filter(|(own, _)| **own == sum).map(|(_, power)| power);
            let Some(power) = powers.min() else { break };
            let at = |power: i64| Monomial::from_factors(vec![(generator.clone(), Exponent::Integer(power))]);
            let (mut above, mut rest) = (Poly::zero(), Poly::zero());
            for (monomial, coefficient) in poly.terms() {
                let side =
                    if monomial.exponent(&generator) == Exponent::Integer(power) { &mut above } else { &mut rest };
                side.add_term(monomial.clone(), coefficient.clone());
            }
            let above = above.times_monomial(&at(-power), &Rational::one())?;
            let Some(quotient) = divide_exactly(&above, &sum)? else { break };
            rest.add_assign(&quotient.times_monomial(&at(power + 1), &Rational::one())?);
            poly = rest;
        }
    }
    Ok(poly)
}

/// Multiplies by generator^by and expands the integer part of its powers, which is then ≥ 0.
fn shift_power(poly: &Poly, generator: &Generator, by: i64) -> Outcome<Poly> {
    let Generator::Sum(sum) = generator else { return Ok(poly.clone()) };
    // The terms by their power of the sum, so that each power is expanded once.
    let mut parts: BTreeMap<i64, Poly> = BTreeMap::new();
    for (monomial, coefficient) in poly.terms() {
        let exponent = monomial.exponent(generator);
        let (whole, rest) = exponent.split_integer();
        let mut factors: Vec<_> = monomial.factors().iter().filter(|(own, _)| own != generator).cloned().collect();
        if !rest.is_zero() {
            factors.push((generator.clone(), rest));
        }
        parts.entry(whole + by).or_default().add_term(Monomial::from_factors(factors), coefficient.clone());
    }
    let mut result = Poly::zero();
    for (power, part) in parts {
        result.add_assign(&sum.expanded_power(power)?.times(&part)?);
    }
    Ok(result)
}
