//! Denominators with a root made rational: 1/(1 + √(1 − r²)) as (1 − √(1 − r²))/r².

use super::Simplifier;
use crate::kernel::poly::{Exponent, Generator, Poly};
use crate::kernel::sign::Sign;
use crate::kernel::term::Rational;

impl Simplifier {
    /// Powers below a bar of sums a + b√q multiplied by their conjugate, where a² − b² q is one product that is
    /// never zero. `None` where there are none.
    pub(super) fn rationalised(&self, poly: &Poly) -> Option<Poly> {
        let mut changed = false;
        let found = poly.with_factors(&mut |generator, exponent| {
            let conjugated = self.conjugated(generator, exponent);
            changed |= conjugated.is_some();
            Ok(conjugated)
        });
        let found = found.ok()?;
        if changed { self.normalizer.canonical(&found).ok() } else { None }
    }

    /// (a + b√q)^−n as (a − b√q)ⁿ (a² − b² q)^−n.
    fn conjugated(&self, generator: &Generator, exponent: &Exponent) -> Option<Poly> {
        let (Generator::Sum(sum), Exponent::Integer(power @ -8..=-1)) = (generator, exponent) else { return None };
        let half = Exponent::Poly(Poly::constant(Rational::new(1.into(), 2.into())).into());
        let is_root =
            |generator: &Generator, exponent: &Exponent| matches!(generator, Generator::Sum(_)) && *exponent == half;
        let (mut with, mut without) = (Poly::zero(), Poly::zero());
        for (monomial, coefficient) in sum.terms() {
            let rooted = monomial.factors().iter().any(|(generator, exponent)| is_root(generator, exponent));
            if rooted { &mut with } else { &mut without }.add_term(monomial.clone(), coefficient.clone());
        }
        with.as_single()?;
        let norm = without.times(&without).ok()?.minus(&with.times(&with).ok()?);
        let norm = self.normalizer.canonical(&norm).ok()?;
        norm.as_single().filter(|_| self.normalizer.sign(&norm).is_some_and(Sign::is_strict))?;
        let below = self.normalizer.power(&norm, &Poly::integer(*power)).ok()?;
        below.times(&without.minus(&with).expanded_power(-power).ok()?).ok()
    }
}
