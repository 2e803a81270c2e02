//! Cosines and sines in normal form: sums of angles, multiples, arctangents, parts of a turn.

use std::collections::BTreeMap;
use std::sync::Arc;

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive};

use super::division::divide_exactly;
use super::normal::{Normalizer, as_small};
use super::poly::{Exponent, Generator, Monomial, Outcome, Poly};
use super::sign::Sign;
use super::special::MOST_SHIFT;
use super::term::{Function, Rational};

impl Normalizer {
    /// 1 − cos² t is sin² t, and (1 − cos² s)(1 − cos² t), multiplied out, has the sign of both together.
    pub(super) fn sign_of_sines(&self, poly: &Poly, questions: usize) -> Option<Sign> {
        let questions = questions.checked_sub(4)?;
        if let Some((coefficient, sine)) = squared_sine(poly) {
            let strict = self.generator_sign(&sine).is_some_and(Sign::is_strict);
            return strict.then(|| Sign::of_number(&coefficient));
        }
        let is_cosine = |(generator, _): &(Generator, Exponent)| matches!(generator, Generator::Call(Function::Cos, _));
        if !poly.terms().any(|(monomial, _)| monomial.factors().iter().any(is_cosine)) {
            return None;
        }
        let (factor, rest) = self.common_coefficient(poly).ok()??;
        Some(self.find_sign(&factor, questions)?.times(self.find_sign(&rest, questions)?))
    }

    pub(super) fn clear_sines(&self, poly: Poly) -> Outcome<Poly> {
        let mut current = poly;
        for _ in 0..16 {
            let mut least: BTreeMap<Generator, i64> = BTreeMap::new();
            for (monomial, _) in current.terms() {
                for (generator, exponent) in monomial.factors() {
                    if let (Generator::Call(Function::Sin, _), Exponent::Integer(power)) = (generator, exponent)
                        && *power < 0
                    {
                        let entry = least.entry(generator.clone()).or_insert(0);
                        *entry = (*entry).min(*power);
                    }
                }
            }
            let Some((generator, power)) = least.into_iter().next() else { break };
            let factor = Monomial::from_factors(vec![(generator, Exponent::Integer(-power))]);
            current = current.times_monomial(&factor, &Rational::one())?;
        }
        Ok(current)
    }

    /// N/sin²ᵏ with N divided by 1 − cos² where that goes: (1 − cos⁴)/sin² is 1 + cos².
    pub(super) fn cancel_sines(&self, poly: Poly) -> Outcome<Poly> {
        let mut below: BTreeMap<Arc<Vec<Poly>>, i64> = BTreeMap::new();
        for (monomial, _) in poly.terms() {
            for (generator, exponent) in monomial.factors() {
                if let (Generator::Call(Function::Sin, arguments), Exponent::Integer(power)) = (generator, exponent)
                    && *power < -1
                {
                    let least = below.entry(arguments.clone()).or_insert(0);
                    *least = (*least).min(*power);
                }
            }
        }
        let mut result = poly;
        for (arguments, least) in below {
            let pairs = -least / 2;
            let sine = |power: i64| {
                let own = Generator::Call(Function::Sin, arguments.clone());
                Monomial::from_factors(vec![(own, Exponent::Integer(power))])
            };
            let mut numerator = result.times_monomial(&sine(2 * pairs), &Rational::one())?;
            let cosine = Poly::generator(Generator::Call(Function::Cos, arguments.clone()));
            let square = Poly::one().minus(&cosine.expanded_power(2)?);
            let mut left = pairs;
            while left > 0
                && let Some(quotient) = divide_exactly(&numerator, &square)?
            {
                numerator = quotient;
                left -= 1;
            }
            if left < pairs {
                result = numerator.times_monomial(&sine(-2 * left), &Rational::one())?;
            }
        }
        Ok(result)
    }

    /// For an odd function: argument = sign · inner with a unique inner.
    pub(super) fn odd_argument(&self, argument: &Poly) -> Outcome<(Rational, Poly)> {
        let flip = match self.sign(argument) {
            Some(Sign::Positive) => false,
            Some(Sign::Negative) => true,
            _ => argument.terms().next_back().is_some_and(|(_, leading)| leading.is_negative()),
        };
        let sign = if flip { -Rational::one() } else { Rational::one() };
        Ok((sign.clone(), argument.scaled(&sign)))
    }

    /// (cos A, sin A), sums of angles expanded, multiples of π/2 known.
    pub(super) fn cos_sin(&self, angle: &Poly) -> Outcome<(Poly, Poly)> {
        let (mut cos, mut sin) = (Poly::one(), Poly::zero());
        for (monomial, coefficient) in angle.terms() {
            let (c, s) = self.cos_sin_term(monomial, coefficient)?;
            let next = cos.times(&c)?.minus(&sin.times(&s)?);
            sin = sin.times(&c)?.plus(&cos.times(&s)?);
            cos = next;
        }
        Ok((cos, sin))
    }

    fn cos_sin_term(&self, monomial: &Monomial, coefficient: &Rational) -> Outcome<(Poly, Poly)> {
        let pi = Monomial::from_factors(vec![(Generator::Pi, Exponent::Integer(1))]);
        if *monomial == pi {
            let quarter_turns = coefficient * Rational::from_integer(2.into());
            if quarter_turns.is_integer() {
                let turn = quarter_turns.to_integer().mod_floor(&4.into()).to_i64().unwrap_or(0);
                let value = |at: i64| Poly::integer([1, 0, -1, 0][(at % 4) as usize]);
                return Ok((value(turn), value(turn + 3)));
            }
        }
        if *monomial == pi
            && let Some(values) = self.cos_sin_of_part(coefficient)?
        {
            return Ok(values);
        }
        if let [(Generator::Call(Function::Atan, tangent), Exponent::Integer(1))] = monomial.factors()
            && let Some(count) = as_small(coefficient).filter(|count| count.abs() <= MOST_SHIFT)
        {
            return self.cos_sin_of_arctangents(&tangent[0], count);
        }
        let multiple = coefficient.numer().to_i64().filter(|value| value.abs() <= MOST_SHIFT);
        let unit = match multiple {
            Some(_) => Rational::new(BigInt::one(), coefficient.denom()),
            None => coefficient.abs(),
        };
        let count = multiple.unwrap_or(if coefficient.is_negative() { -1 } else { 1 });
        let inner = Arc::new(vec![Poly::single(monomial.clone(), unit)]);
        let c = Poly::generator(Generator::Call(Function::Cos, inner.clone()));
        let s = Poly::generator(Generator::Call(Function::Sin, inner));
        multiple_angle(&c, &s, count)
    }

    /// (cos πq, sin πq) for a whole number of sixths, fourths or thirds of π (DLMF Table 4.17.1).
    fn cos_sin_of_part(&self, part: &Rational) -> Outcome<Option<(Poly, Poly)>> {
        let half = || Rational::new(1.into(), 2.into());
        let root = |of: i64| Ok(self.power(&Poly::integer(of), &Poly::constant(half()))?.scaled(&half()));
        let turns = |of: i64| as_small(&(part * Rational::from(of)));
        let (unit, count) = match (turns(4), turns(6)) {
            (Some(count), _) => ((root(2)?, root(2)?), count.rem_euclid(8)),
            (_, Some(count)) => ((root(3)?, Poly::constant(half())), count.rem_euclid(12)),
            _ => return Ok(None),
        };
        multiple_angle(&unit.0, &unit.1, count).map(Some)
    }

    /// (cos nA, sin nA) with A = arctan u: cos A = 1/√(1 + u²) and sin A = u/√(1 + u²), rational for 2A
    /// (DLMF 4.23.39, 4.21.29 to 4.21.31).
    fn cos_sin_of_arctangents(&self, tangent: &Poly, count: i64) -> Outcome<(Poly, Poly)> {
        let secant_squared = self.canonical(&tangent.times(tangent)?.plus(&Poly::one()))?;
        if count % 2 == 0 {
            let double = self.integer_power(&secant_squared, -1)?.scaled(&Rational::from_integer(2.into()));
            return multiple_angle(&double.minus(&Poly::one()), &tangent.times(&double)?, count / 2);
        }
        let half = Poly::constant(Rational::new((-1).into(), 2.into()));
        let cos = self.power(&secant_squared, &half)?;
        multiple_angle(&cos, &tangent.times(&cos)?, count)
    }
}

/// (cos nA, sin nA) from cos A and sin A.
fn multiple_angle(c: &Poly, s: &Poly, count: i64) -> Outcome<(Poly, Poly)> {
    let (mut cos, mut sin) = (Poly::one(), Poly::zero());
    for _ in 0..count.abs() {
        let next = cos.times(c)?.minus(&sin.times(s)?);
        sin = sin.times(c)?.plus(&cos.times(s)?);
        cos = next;
    }
    Ok((cos, if count < 0 { sin.scaled(&-Rational::one()) } else { sin }))
}

/// k and sin u for k − k cos² u, which normal forms have in the place of k sin² u.
pub(super) fn squared_sine(poly: &Poly) -> Option<(Rational, Generator)> {
    let constant = poly.constant_part();
    let rest = poly.minus(&Poly::constant(constant.clone()));
    let (monomial, coefficient) = rest.as_single()?;
    match monomial.factors() {
        [(Generator::Call(Function::Cos, angle), Exponent::Integer(2))] if *coefficient == -&constant => {
            Some((constant, Generator::Call(Function::Sin, angle.clone())))
        }
        _ => None,
    }
}
