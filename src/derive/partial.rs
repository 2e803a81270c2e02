//! Quotients whose parts may have a moment where they have none: xᵏ/(a x + b)ᵐ and cos² t/sin t.

use std::collections::BTreeMap;

use num_traits::One;

use super::suggestion::linear_parts;
use crate::kernel::normal::Normalizer;
use crate::kernel::poly::{Exponent, Generator, Monomial, Poly};
use crate::kernel::term::{Function, Name, Rational};

/// Beyond this the powers k and m add up to too many parts.
const MOST_STEPS: i64 = 12;

/// The parts of a monomial that holds both a power of x and a negative power of a linear function of it, with
/// their coefficients, which are free of x.
pub(super) fn partial_fractions(
    normalizer: &Normalizer,
    monomial: &Monomial,
    name: &Name,
) -> Option<Vec<(Monomial, Poly)>> {
    let own = Generator::Variable(name.clone());
    let Exponent::Integer(k) = monomial.exponent(&own) else { return None };
    let (sum, m, slope, intercept) = monomial.factors().iter().find_map(|(generator, exponent)| {
        let (Generator::Sum(sum), Exponent::Integer(power)) = (generator, exponent) else { return None };
        let (slope, intercept) = linear_parts(normalizer, sum, name)?;
        (*power < 0).then(|| (generator.clone(), -*power, slope, intercept))
    })?;
    if k == 0 || intercept.is_zero() || k.abs() + m > MOST_STEPS {
        return None;
    }
    let others = monomial.factors().iter().filter(|(generator, _)| *generator != own && *generator != sum);
    let others: Vec<(Generator, Exponent)> = others.cloned().collect();
    // x S⁰ a = S − b and 1 = (S − a x)/b, until one of the two powers is used up.
    let by = if k > 0 { &slope } else { &intercept };
    let inverse = normalizer.power(by, &Poly::integer(-1)).ok()?;
    let turned = |poly: &Poly| poly.times(&inverse).ok().map(|poly| poly.scaled(&-Rational::one()));
    let (first, second) = match k > 0 {
        true => (((-1, -1), inverse.clone()), ((-1, 0), turned(&intercept)?)),
        false => (((0, -1), inverse.clone()), ((1, 0), turned(&slope)?)),
    };
    let mut open: BTreeMap<(i64, i64), Poly> = BTreeMap::from([((k, m), Poly::one())]);
    let mut parts = Vec::new();
    while let Some(((k, m), coefficient)) = open.pop_last() {
        if k == 0 || m == 0 {
            let powers = [(own.clone(), Exponent::Integer(k)), (sum.clone(), Exponent::Integer(-m))];
            let factors: Vec<_> = powers.into_iter().filter(|(_, power)| *power != Exponent::Integer(0)).collect();
            parts.push((Monomial::from_factors([others.clone(), factors].concat()), coefficient));
            continue;
        }
        for ((dk, dm), factor) in [&first, &second] {
            let more = coefficient.times(factor).ok()?;
            open.entry((k + dk, m + dm)).or_insert_with(Poly::zero).add_assign(&more);
        }
    }
    Some(parts)
}

/// Cosines squared over sines written in sines: 1/sin t − cos² t/sin t is sin t, and neither part need have a moment.
pub(super) fn over_sines(poly: Poly) -> Poly {
    let place = |monomial: &Monomial| {
        monomial.factors().iter().find_map(|(generator, exponent)| {
            let (Generator::Call(Function::Sin, angle), Exponent::Integer(..0)) = (generator, exponent) else {
                return None;
            };
            let cosine = Generator::Call(Function::Cos, angle.clone());
            match monomial.exponent(&cosine) {
                Exponent::Integer(power @ 2..) => Some((generator.clone(), cosine, power)),
                _ => None,
            }
        })
    };
    let mut whole = poly;
    loop {
        let found = whole
            .terms()
            .find_map(|(monomial, coefficient)| Some((monomial.clone(), coefficient.clone(), place(monomial)?)));
        let Some((monomial, coefficient, (sine, cosine, power))) = found else { return whole };
        let with = |cosines: i64, sines: i64| {
            let factors = monomial.factors().iter().filter_map(|(own, exponent)| {
                let changed = match exponent {
                    Exponent::Integer(power) if *own == sine => Exponent::Integer(power + sines),
                    _ if *own == cosine => Exponent::Integer(cosines),
                    other => other.clone(),
                };
                (changed != Exponent::Integer(0)).then(|| (own.clone(), changed))
            });
            Monomial::from_factors(factors.collect())
        };
        whole.add_term(monomial.clone(), -coefficient.clone());
        whole.add_term(with(power - 2, 0), coefficient.clone());
        whole.add_term(with(power - 2, 2), -coefficient);
    }
}
