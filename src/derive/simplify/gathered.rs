//! Sums of bells over powers of a distance of erf, as for a truncated normal: what shares a denominator gathered,
//! and in it each exponential once.

use std::collections::BTreeMap;

use super::Simplifier;
use super::exponential::present;
use super::tidy::{product, sum};
use crate::kernel::poly::{Exponent, Generator, Monomial, Poly};
use crate::kernel::term::{Function, Rational, Term};

impl Simplifier {
    /// Σ (1/Zᵏ) Σ c e^q. `None` where no denominator speaks of erf, or one exponential is all there is.
    pub(super) fn gathered(&self, poly: &Poly) -> Option<Term> {
        let mut groups: BTreeMap<Monomial, BTreeMap<Exponent, Poly>> = BTreeMap::new();
        for (monomial, coefficient) in poly.terms() {
            let (below, others): (Vec<_>, Vec<_>) = monomial.factors().iter().cloned().partition(is_below);
            let (bell, rest): (Vec<_>, Vec<_>) =
                others.into_iter().partition(|(generator, _)| *generator == Generator::Euler);
            let exponent = bell.first().map_or(Exponent::Integer(0), |(_, exponent)| exponent.clone());
            let group = groups.entry(Monomial::from_factors(below)).or_default();
            group.entry(exponent).or_default().add_term(Monomial::from_factors(rest), coefficient.clone());
        }
        if !groups.iter().any(|(below, bells)| !below.is_one() && bells.len() > 1) {
            return None;
        }
        let parts = groups.iter().map(|(below, bells)| self.front_and_bells(below, bells));
        Some(sum(parts.collect::<Option<_>>()?))
    }

    /// front · Σ c e^q.
    fn front_and_bells(&self, below: &Monomial, bells: &BTreeMap<Exponent, Poly>) -> Option<Term> {
        let mut common: Option<Monomial> = None;
        for (monomial, _) in bells.values().flat_map(Poly::terms) {
            common = Some(common.map_or_else(|| monomial.clone(), |common| least(&common, monomial)));
        }
        let common = common?;
        let inside = bells.iter().map(|(exponent, coefficient)| {
            let rest = coefficient.times_monomial(&common.inverse(), &one()).ok()?;
            let bell = Poly::generator_power(Generator::Euler, exponent.clone()).ok()?;
            Some(product(vec![self.simplify_part(&present(&rest)), bell.to_term()]))
        });
        let front = Poly::single(common.clone(), one()).to_term();
        let below = Poly::single(below.clone(), one()).to_term();
        Some(product(vec![front, below, sum(inside.collect::<Option<_>>()?)]))
    }
}

/// Whether a factor is a power of a sum with erf in it.
fn is_below((generator, _): &(Generator, Exponent)) -> bool {
    let mut speaks_of_erf = false;
    if let Generator::Sum(sum) = generator {
        sum.visit_generators(&mut |own| speaks_of_erf |= matches!(own, Generator::Call(Function::Erf, _)));
    }
    speaks_of_erf
}

/// What two power products have in common: the lesser of two whole powers, or the same power.
fn least(one: &Monomial, two: &Monomial) -> Monomial {
    let mut shared: BTreeMap<Generator, Exponent> = BTreeMap::new();
    for (generator, _) in one.factors().iter().chain(two.factors()) {
        match (one.exponent(generator), two.exponent(generator)) {
            (Exponent::Integer(a), Exponent::Integer(b)) => {
                shared.insert(generator.clone(), Exponent::Integer(a.min(b)));
            }
            (own, other) if own == other => {
                shared.insert(generator.clone(), own);
            }
            _ => {}
        }
    }
    Monomial::from_factors(shared.into_iter().collect())
}

fn one() -> Rational {
    Rational::from_integer(1.into())
}
