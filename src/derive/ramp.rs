//! The integral of a power of W = c + d t, and powers of t beside it as powers of W.

use num_traits::One;

use super::change::Change;
use super::fit::end_value;
use super::instance::{PieceInstance, Resolved};
use super::suggestion::linear_parts;
use crate::kernel::lemma::Lemma;
use crate::kernel::normal::Normalizer;
use crate::kernel::poly::{Exponent, Generator, Monomial, Poly};
use crate::kernel::term::{Name, Rational, Term};

/// A power of t higher than this is not looked for.
const MOST_POWER: i64 = 8;

/// W and its slope and intercept.
struct Ramp {
    sum: Generator,
    slope: Poly,
    intercept: Poly,
}

/// Each sum that is linear in the variable and that a logarithm is taken of.
fn ramps(normalizer: &Normalizer, poly: &Poly, variable: &Name) -> Vec<Ramp> {
    let mut found: Vec<Ramp> = Vec::new();
    poly.visit_generators(&mut |generator| {
        if let Generator::Log(inner) = generator
            && let Generator::Sum(sum) = &**inner
            && let Some((slope, intercept)) = linear_parts(normalizer, sum, variable)
            && !found.iter().any(|known| known.sum == **inner)
        {
            found.push(Ramp { sum: (**inner).clone(), slope, intercept });
        }
    });
    found
}

/// The names of c and d where the lemma's kernel is a power of c + d t.
fn names(lemma: &Lemma) -> Option<(Name, Name)> {
    let [(power, _)] = lemma.parameters.as_slice() else { return None };
    let own = lemma.scope();
    let kernel = own.normalize(&lemma.log_kernel).ok()?;
    let (monomial, _) = kernel.as_single().filter(|(_, value)| value.is_one())?;
    let ramps = ramps(&own, &kernel, &lemma.variable);
    let ([ramp], true) = (ramps.as_slice(), monomial.factors().len() == 2 && kernel.contains_variable(power)) else {
        return None;
    };
    match (ramp.intercept.to_term(), ramp.slope.to_term()) {
        (Term::Variable(intercept), Term::Variable(slope)) => Some((intercept, slope)),
        _ => None,
    }
}

/// Whether the lemma is the integral of a power of a linear function.
pub fn is_ramp(lemma: &Lemma) -> bool {
    !lemma.removable.is_empty() && names(lemma).is_some()
}

/// (c, d) and the ends of the interval, for each sum in the density that is linear in the variable.
pub fn assignments(lemma: &Lemma, change: &Change, target: &Poly, scope: &Normalizer) -> Vec<Vec<(Name, Term)>> {
    if lemma.removable.is_empty() {
        return Vec::new();
    }
    let Some((intercept, slope)) = names(lemma) else { return Vec::new() };
    let ends = lemma.fixed.iter().filter(|(name, _)| *name != intercept && *name != slope);
    let ends: Option<Vec<(Name, Term)>> =
        ends.map(|(name, _)| Some((name.clone(), end_value(lemma, change, name)?))).collect();
    let Some(ends) = ends else { return Vec::new() };
    let own = |ramp: Ramp| {
        let values = [(intercept.clone(), ramp.intercept.to_term()), (slope.clone(), ramp.slope.to_term())];
        values.into_iter().chain(ends.iter().cloned()).collect()
    };
    ramps(scope, target, &change.variable).into_iter().map(own).collect()
}

/// A monomial with a power of t in it by those with powers of W, where log W is a statistic of the lemma and t none.
pub fn in_powers(piece: &PieceInstance, monomial: &Monomial) -> Option<Vec<Resolved>> {
    let own = Generator::Variable(piece.variable.clone());
    let Exponent::Integer(power @ 1..=MOST_POWER) = monomial.exponent(&own) else { return None };
    let Ramp { sum, slope, intercept } = piece.statistics.iter().find_map(|(_, statistic, _)| {
        let statistic = Poly::single(statistic.clone(), Rational::one());
        ramps(&piece.scope, &statistic, &piece.variable).pop()
    })?;
    let others: Vec<_> = monomial.factors().iter().filter(|(generator, _)| *generator != own).cloned().collect();
    let below = piece.scope.power(&slope, &Poly::integer(-power)).ok()?;
    let mut found = Vec::new();
    let mut binomial = Rational::one();
    for k in 0..=power {
        // C(power, k) W^k (−c)^(power − k)/d^power.
        let front = intercept.scaled(&-Rational::one()).expanded_power(power - k).ok()?;
        let front = front.times(&below).ok()?.scaled(&binomial);
        binomial = binomial * Rational::from(power - k) / Rational::from(k + 1);
        if front.is_zero() {
            continue;
        }
        let ramp = (k > 0).then(|| (sum.clone(), Exponent::Integer(k)));
        let inside = Monomial::from_factors(others.iter().cloned().chain(ramp).collect());
        let (shift, orders, factor) = piece.resolve(&piece.scope, &inside)?;
        found.push((shift, orders, piece.scope.canonical(&factor.times(&front).ok()?).ok()?));
    }
    Some(found)
}
