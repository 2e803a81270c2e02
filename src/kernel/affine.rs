//! The sign of an affine sum of variables between numbers, under affine conditions: a linear program.

use std::collections::{BTreeMap, BTreeSet};

use num_traits::{Signed, Zero};

use super::bounds::Bounds;
use super::domain::Domain;
use super::normal::Normalizer;
use super::poly::{Exponent, Generator, Poly};
use super::sign::Sign;
use super::term::{Name, Rational};

/// constant + Σ slope · variable.
#[derive(Clone, Debug)]
struct Affine {
    constant: Rational,
    slopes: BTreeMap<Name, Rational>,
}

impl Affine {
    fn of(poly: &Poly) -> Option<Affine> {
        let mut own = Affine { constant: Rational::zero(), slopes: BTreeMap::new() };
        for (monomial, coefficient) in poly.terms() {
            match monomial.factors() {
                [] => own.constant = coefficient.clone(),
                [(Generator::Variable(name), Exponent::Integer(1))] => {
                    own.slopes.insert(name.clone(), coefficient.clone());
                }
                _ => return None,
            }
        }
        Some(own)
    }

    fn negated(&self) -> Affine {
        let slopes = self.slopes.iter().map(|(name, slope)| (name.clone(), -slope)).collect();
        Affine { constant: -&self.constant, slopes }
    }

    fn shares_variable(&self, other: &Affine) -> bool {
        self.slopes.keys().any(|name| other.slopes.contains_key(name))
    }
}

/// What is known of the variables of one question.
struct Region {
    bounds: BTreeMap<Name, Bounds>,
    /// Each positive (`true`), or at least not negative; no two share a variable.
    conditions: Vec<(Affine, bool)>,
    /// It leaves out nothing that is known of these variables.
    complete: bool,
}

impl Normalizer {
    /// The sign of c + Σ a_i x_i, where each x_i lies between two numbers and conditions are affine.
    ///
    /// `None` where this does not apply, `Some(None)` where the sum takes both signs.
    pub(super) fn sign_of_affine(&self, poly: &Poly) -> Option<Option<Sign>> {
        let own = Affine::of(poly).filter(|own| !own.slopes.is_empty())?;
        let region = self.region(&own)?;
        let sign = |(least, open): (Rational, bool)| match (least.is_zero(), open) {
            (true, false) => Sign::Nonnegative,
            _ => Sign::Positive,
        };
        if let Some(least) = region.least(&own).filter(|(least, _)| !least.is_negative()) {
            return Some(Some(sign(least)));
        }
        if let Some(least) = region.least(&own.negated()).filter(|(least, _)| !least.is_negative()) {
            return Some(Some(sign(least).negate()));
        }
        region.complete.then_some(None)
    }

    fn region(&self, own: &Affine) -> Option<Region> {
        let mut region = Region { bounds: BTreeMap::new(), conditions: Vec::new(), complete: true };
        let names: BTreeSet<&Name> = own.slopes.keys().collect();
        for (condition, sign) in self.known_signs().iter() {
            if !names.iter().any(|name| condition.contains_variable(name)) {
                continue;
            }
            let Some(affine) = Affine::of(condition) else {
                region.complete = false;
                continue;
            };
            let affine = match sign {
                Sign::Positive | Sign::Nonnegative => affine,
                _ => affine.negated(),
            };
            if region.conditions.iter().any(|(other, _)| other.shares_variable(&affine)) {
                return None;
            }
            region.conditions.push((affine, sign.is_strict()));
        }
        let others = region.conditions.iter().flat_map(|(condition, _)| condition.slopes.keys());
        for name in names.into_iter().chain(others).cloned().collect::<BTreeSet<_>>() {
            match self.context.domains.get(&name) {
                Some(Domain::Interval { .. }) => {}
                _ => region.complete = false,
            }
            region.bounds.insert(name.clone(), self.declared_bounds(&name));
        }
        Some(region)
    }
}

impl Region {
    /// The greatest lower bound that the duals of the linear programs give, one multiplier a condition
    /// (Chvátal, Linear Programming, 1983, ch. 5), and whether it is never reached; `None` is −∞.
    ///
    /// The function is the bound and a sum of what is nowhere negative: a slope times the distance of a variable from
    /// its end, and a multiple of a condition. One of them that is positive everywhere keeps it off.
    fn least(&self, own: &Affine) -> Option<(Rational, bool)> {
        let (mut total, mut open) = (own.constant.clone(), false);
        let in_condition =
            |name: &Name| self.conditions.iter().any(|(condition, _)| condition.slopes.contains_key(name));
        let mut add = |(least, off): (Rational, bool)| {
            total += least;
            open |= off;
        };
        for (name, slope) in own.slopes.iter().filter(|(name, _)| !in_condition(name)) {
            add(self.bounds[name].least_multiple(slope)?);
        }
        for (condition, strict) in &self.conditions {
            add(self.least_under(own, condition, *strict)?);
        }
        Some((total, open))
    }

    /// The least Σ a_i x_i over the variables of c_0 + Σ c_i x_i ≥ 0: for every λ ≥ 0 it is at least
    /// −λ c_0 + Σ min (a_i − λ c_i) x_i, and best at one of the λ where a term changes its sign.
    fn least_under(&self, own: &Affine, condition: &Affine, strict: bool) -> Option<(Rational, bool)> {
        let zero = Rational::zero();
        let slopes =
            || condition.slopes.iter().map(|(name, slope)| (name, slope, own.slopes.get(name).unwrap_or(&zero)));
        let turns = slopes().map(|(_, slope, own)| own / slope).filter(|turn| turn.is_positive());
        let multipliers: BTreeSet<Rational> = std::iter::once(Rational::zero()).chain(turns).collect();
        let bound = |multiplier: &Rational| {
            let mut total = -(&condition.constant * multiplier);
            let mut open = strict && multiplier.is_positive();
            for (name, slope, own) in slopes() {
                let (least, off) = self.bounds[name].least_multiple(&(own - slope * multiplier))?;
                total += least;
                open |= off;
            }
            Some((total, open))
        };
        multipliers.iter().filter_map(bound).max()
    }
}
