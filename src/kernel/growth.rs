//! Signs of sums with exponentials and roots in them.

use std::collections::{BTreeMap, BTreeSet};

use num_traits::{One, Signed, Zero};

use super::domain::Domain;
use super::normal::{Normalizer, as_small};
use super::poly::{Exponent, Generator, Monomial, Poly};
use super::sign::Sign;
use super::term::{Name, Rational, Term};

/// Degree of a sum in its exponentials, once they are variables.
const MOST_DEGREE: i64 = 12;

impl Normalizer {
    /// A sum that is not negative at an end of a variable's interval, and grows from there, is positive: e^v − 1 − v.
    ///
    /// Nothing else that is known may depend on the variable: the others keep their values on the way from the end.
    pub(super) fn sign_by_growth(&self, poly: &Poly, questions: usize) -> Option<Sign> {
        let questions = questions.checked_sub(3)?;
        let names: Vec<&Name> = self.context.domains.keys().filter(|name| self.is_smooth_in(poly, name)).collect();
        names.into_iter().find_map(|name| {
            let Domain::Interval { lower, upper } = self.context.domains.get(name)? else { return None };
            if !self.is_free(name) {
                return None;
            }
            let slope = self.differentiate(poly, name).ok()?;
            let ends = [(lower, Rational::one()), (upper, -Rational::one())];
            ends.into_iter().find_map(|(end, direction)| {
                let end = end.as_ref().filter(|end| end.as_number().is_some())?;
                let at_end = self.normalize(&poly.to_term().substitute(&[(name.clone(), end.clone())])).ok()?;
                let at_end = self.find_sign(&at_end, questions)?;
                let slope = self.find_sign(&slope.scaled(&direction), questions).filter(|slope| slope.is_strict())?;
                match (at_end, slope) {
                    (Sign::Positive | Sign::Nonnegative | Sign::Zero, Sign::Positive) => Some(Sign::Positive),
                    (Sign::Negative | Sign::Nonpositive | Sign::Zero, Sign::Negative) => Some(Sign::Negative),
                    _ => None,
                }
            })
        })
    }

    /// Whether a sum with exponentials is differentiable in a variable on the whole line: whole powers of it, and
    /// exponentials of such.
    fn is_smooth_in(&self, poly: &Poly, name: &Name) -> bool {
        let own = Generator::Variable(name.clone());
        let names = std::slice::from_ref(name);
        let mut exponential = false;
        let smooth = poly.terms().all(|(monomial, _)| {
            monomial.factors().iter().all(|(generator, exponent)| match (generator, exponent) {
                (generator, Exponent::Integer(power)) if *generator == own => *power > 0,
                (Generator::Euler, exponent) => {
                    let exponent = exponent.to_poly();
                    let within = exponent.contains_any(names);
                    exponential |= within;
                    !within || is_polynomial_in(&exponent, name)
                }
                (generator, exponent) => !generator.contains_any(names) && !exponent.to_poly().contains_any(names),
            })
        });
        smooth && exponential
    }

    /// Whether no condition, no other domain and no point of the support mentions a variable.
    pub(super) fn is_free(&self, name: &Name) -> bool {
        let listed = |values: &[Term]| values.iter().any(|value| value.contains(name));
        let conditions = self.context.positive.iter().chain(&self.context.nonnegative);
        let within = |end: &Option<Term>| end.as_ref().is_some_and(|end| end.contains(name));
        !conditions.into_iter().any(|condition| condition.contains(name))
            && !self.context.domains.values().any(|domain| match domain {
                Domain::Interval { lower, upper } | Domain::Integers { lower, upper } => within(lower) || within(upper),
                Domain::Finite(values) => listed(values),
                Domain::Nonnegative | Domain::Angle => false,
            })
            && !self
                .points
                .as_deref()
                .is_some_and(|(names, points)| names.contains(name) || points.iter().any(|point| listed(point)))
    }

    /// p + q √S: where q and q² S − p² are of known sign, or p and p² − q² S.
    pub(super) fn sign_with_root(&self, poly: &Poly, questions: usize) -> Option<Sign> {
        let questions = questions.checked_sub(4)?;
        let half = Rational::new(1.into(), 2.into());
        let root = poly.terms().flat_map(|(monomial, _)| monomial.factors()).find_map(|(generator, exponent)| {
            (exponent.as_rational()? == half && self.generator_sign(generator).is_some()).then_some(generator)
        })?;
        let (mut p, mut q) = (Poly::zero(), Poly::zero());
        for (monomial, coefficient) in poly.terms() {
            let exponent = monomial.exponent(root);
            let others = monomial.factors().iter().filter(|(own, _)| own != root).cloned().collect();
            match exponent.as_rational()? {
                power if power == half => q.add_term(Monomial::from_factors(others), coefficient.clone()),
                power if power.is_zero() => p.add_term(monomial.clone(), coefficient.clone()),
                _ => return None,
            }
        }
        let inside = match root {
            Generator::Sum(sum) => (**sum).clone(),
            other => Poly::generator(other.clone()),
        };
        let apart = q.times(&q).ok()?.times(&inside).ok()?.minus(&p.times(&p).ok()?);
        match self.find_sign(&self.canonical(&apart).ok()?, questions)? {
            Sign::Positive => self.find_sign(&q, questions).filter(|sign| sign.is_strict()),
            Sign::Negative => self.find_sign(&p, questions).filter(|sign| sign.is_strict()),
            _ => None,
        }
    }

    /// Exponentials e^(k m) of one monomial m are powers of e^(−m) ∈ (0, 1) where m > 0, of e^m > 0 in any case:
    /// what holds for all such values holds for these.
    pub(super) fn sign_of_exponentials(&self, poly: &Poly, questions: usize) -> Option<Sign> {
        let questions = questions.checked_sub(4)?;
        let mut units: BTreeMap<Monomial, Rational> = BTreeMap::new();
        for (monomial, _) in poly.terms() {
            for (part, coefficient) in monomial.exponent(&Generator::Euler).to_poly().terms() {
                let coefficient = coefficient.abs();
                units
                    .entry(part.clone())
                    .and_modify(|unit| *unit = unit.common_measure(&coefficient))
                    .or_insert(coefficient);
            }
        }
        if units.is_empty() {
            return None;
        }
        let mut more: Vec<(Name, Domain)> = Vec::new();
        let mut atoms: BTreeMap<Monomial, (Name, Rational)> = BTreeMap::new();
        for (part, unit) in units {
            // Sums inside may have such variables of their own: none may stand for two exponentials.
            let name = (0..)
                .map(|number| Name::new(&format!("exponential {number}")))
                .find(|name| !self.context.domains.contains_key(name) && more.iter().all(|(own, _)| own != name))?;
            let unit_interval = Domain::Interval { lower: Some(Term::zero()), upper: Some(Term::one()) };
            let (domain, unit) = match self.monomial_sign(&part) {
                Some(Sign::Positive) => (unit_interval, -unit),
                Some(Sign::Negative) => (unit_interval, unit),
                _ => (Domain::positive(), unit),
            };
            more.push((name.clone(), domain));
            atoms.insert(part, (name, unit));
        }
        let mut algebraic = Poly::zero();
        for (monomial, coefficient) in poly.terms() {
            let mut factors: Vec<_> =
                monomial.factors().iter().filter(|(generator, _)| *generator != Generator::Euler).cloned().collect();
            for (part, coefficient) in monomial.exponent(&Generator::Euler).to_poly().terms() {
                let (name, unit) = &atoms[part];
                let power = as_small(&(coefficient / unit)).filter(|power| power.abs() <= MOST_DEGREE)?;
                factors.push((Generator::Variable(name.clone()), Exponent::Integer(power)));
            }
            algebraic.add_term(Monomial::from_factors(factors), coefficient.clone());
        }
        // Powers of positive variables may be multiplied away.
        let names: BTreeSet<&Name> = atoms.values().map(|(name, _)| name).collect();
        let lowest = algebraic.lowest_powers();
        let own = lowest
            .factors()
            .iter()
            .filter(|(generator, _)| matches!(generator, Generator::Variable(name) if names.contains(name)));
        let front = Monomial::from_factors(own.cloned().collect());
        let algebraic = algebraic.times_monomial(&front.inverse(), &Rational::one()).ok()?;
        let own = self.beside(more);
        own.unconditionally(|| own.find_sign(&algebraic, questions))
    }
}

/// A polynomial in a variable, whatever the other symbols in it.
fn is_polynomial_in(poly: &Poly, name: &Name) -> bool {
    let own = Generator::Variable(name.clone());
    let names = std::slice::from_ref(name);
    poly.terms().all(|(monomial, _)| {
        monomial.factors().iter().all(|(generator, exponent)| match exponent {
            Exponent::Integer(power) if *generator == own => *power > 0,
            _ => !generator.contains_any(names) && !exponent.to_poly().contains_any(names),
        })
    })
}
