//! Moments on the circle by a lemma that holds a logarithm beside its kernel: log S itself, and, by its
//! derivatives, cos^i sin^j/S^n.

use std::sync::Arc;

use super::change::Change;
use super::instance::{circles, fit_linear, one_part};
use crate::kernel::certificate::{Part, Piece};
use crate::kernel::domain::{Domain, Support};
use crate::kernel::lemma::Lemma;
use crate::kernel::normal::Normalizer;
use crate::kernel::poly::{Exponent, Generator, Monomial, Poly};
use crate::kernel::term::{Function, Name, Rational, Term};

/// Angles multiplied further than this are not looked for.
const MOST_FREQUENCY: i64 = 24;

/// (k, p, q) of the lemma's k − p cos t − q sin t take the values of the sum in the statistic.
pub fn piece_beside(
    lemma: &'static Lemma,
    change: &Change,
    target: &Poly,
    statistic: &Poly,
    scope: &Normalizer,
) -> Option<Vec<Piece>> {
    if (&lemma.domain, &change.domain) != (&Domain::Angle, &Domain::Angle) {
        return None;
    }
    let support =
        Support::Product { coordinates: vec![(lemma.variable.clone(), Domain::Angle)], inequalities: Vec::new() };
    let own = Normalizer::on_support(&lemma.context(), &support);
    let mut structural: Vec<(Name, Term)> = Vec::new();
    let mut names: Vec<Name> = Vec::new();
    for (term, at_hand) in [(&lemma.log_kernel, target), (&lemma.factor, statistic)] {
        let wanted = circles(&own, &own.normalize(term).ok()?, &lemma.variable);
        let found = circles(scope, at_hand, &change.variable);
        let ([(_, wanted)], [(_, found)]) = (wanted.as_slice(), found.as_slice()) else { return None };
        names = wanted
            .iter()
            .map(|wanted| if let Term::Variable(name) = wanted.to_term() { Some(name) } else { None })
            .collect::<Option<_>>()?;
        structural.extend(names.iter().cloned().zip(found.iter().map(Poly::to_term)));
    }
    let (orders, factor) = derivative(statistic, &names)?;
    let fitted = fit_linear(lemma, change, &structural, target, scope).filter(|fitted| fitted.factor == Poly::one())?;
    let constant = fitted.constant.scaled(&factor);
    let part = Part { constant: constant.to_term(), shift: Vec::new(), orders };
    Some(vec![one_part(lemma, change, fitted.parameters, part)?])
}

/// A trigonometric polynomial of t/k written in cos t and sin t, where all its frequencies are whole: powers
/// are taken off from the highest, cosⁿ by cos n(t/k) and sin cosⁿ⁻¹ by sin n(t/k), both led by 2ⁿ⁻¹.
///
/// `None` where one of the frequencies is not whole.
pub fn in_full_angles(function: &Poly, variable: &Name, k: i64, scope: &Normalizer) -> Option<Poly> {
    let t = Term::Variable(variable.clone());
    let part = t.clone() / Term::integer(k);
    let angle = scope.normalize(&part).ok()?;
    let degree = |monomial: &Monomial| {
        let power = |function| match monomial.exponent(&Generator::Call(function, Arc::new(vec![angle.clone()]))) {
            Exponent::Integer(power) => power,
            Exponent::Poly(_) => -1,
        };
        (power(Function::Cos), power(Function::Sin))
    };
    let (mut rest, mut found) = (function.clone(), Poly::zero());
    loop {
        let highest = rest.terms().map(|(monomial, own)| (degree(monomial), monomial.clone(), own.clone()));
        let ((cosines, sines), monomial, own) = highest.max_by_key(|((cosines, sines), _, _)| cosines + sines)?;
        let n = cosines + sines;
        if n == 0 {
            return Some(found.plus(&rest));
        }
        if cosines < 0 || !(0..=1).contains(&sines) || n % k != 0 || n > MOST_FREQUENCY {
            return None;
        }
        let wave = |of: Term| Term::apply(if sines == 1 { Function::Sin } else { Function::Cos }, vec![of]);
        let expanded = scope.normalize(&wave(Term::integer(n) * t.clone())).ok()?;
        let expanded = scope.normalize(&expanded.to_term().substitute(&[(variable.clone(), part.clone())])).ok()?;
        let is_angle = |generator: &Generator| matches!(generator, Generator::Call(Function::Cos | Function::Sin, of) if of[0] == angle);
        let others = monomial.factors().iter().filter(|(generator, _)| !is_angle(generator)).cloned().collect();
        let lead = num_traits::pow::pow(Rational::from_integer(2.into()), usize::try_from(n - 1).ok()?);
        let front = Poly::single(Monomial::from_factors(others), own / lead);
        rest = rest.minus(&front.times(&expanded).ok()?);
        let whole = scope.normalize(&wave(Term::integer(n / k) * t.clone())).ok()?;
        found = found.plus(&front.times(&whole).ok()?);
        if rest.is_zero() {
            return Some(found);
        }
    }
}

/// ∂_k^l ∂_p^i ∂_q^j log S is −(n−1)! (−1)^l cos^i sin^j/S^n with n = l + i + j.
fn derivative(statistic: &Poly, names: &[Name]) -> Option<(Vec<(Name, u32)>, Rational)> {
    let (monomial, coefficient) = statistic.as_single()?;
    if let [(Generator::Log(_), Exponent::Integer(1))] = monomial.factors() {
        return Some((Vec::new(), coefficient.clone()));
    }
    let (mut i, mut j, mut below) = (0, 0, 0);
    for (generator, exponent) in monomial.factors() {
        match (generator, exponent) {
            (Generator::Sum(_), Exponent::Integer(power)) => below = -power,
            (Generator::Call(Function::Cos, _), Exponent::Integer(power)) => i = *power,
            (Generator::Call(Function::Sin, _), Exponent::Integer(power)) => j = *power,
            _ => return None,
        }
    }
    let rest = below - i - j;
    if i < 0 || j < 0 || rest < 0 || !(1..=8).contains(&below) {
        return None;
    }
    let mut factor = if rest % 2 == 0 { -coefficient.clone() } else { coefficient.clone() };
    for k in 1..below {
        factor /= Rational::from_integer(k.into());
    }
    let orders = names.iter().zip([rest, i, j]).filter(|(_, order)| *order > 0);
    let orders = orders.map(|(name, order)| Some((name.clone(), u32::try_from(order).ok()?)));
    Some((orders.collect::<Option<_>>()?, factor))
}
