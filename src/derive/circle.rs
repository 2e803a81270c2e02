//! Moments on the circle: of lemmas whose kernel is a power of S = c − a cos t − b sin t, and of those that hold
//! log S beside it: log S itself, and, by its derivatives, cos^i sin^j/S^n.

use std::sync::Arc;

use num_traits::{One, Signed, Zero};

use super::change::Change;
use super::fit::fit_linear;
use super::instance::{Resolved, one_part};
use crate::kernel::certificate::{Part, Piece};
use crate::kernel::domain::{Domain, Support};
use crate::kernel::lemma::Lemma;
use crate::kernel::normal::Normalizer;
use crate::kernel::poly::{Exponent, Generator, Monomial, Poly};
use crate::kernel::term::{Function, Name, Rational, Term};

/// Angles multiplied further than this are not looked for.
const MOST_FREQUENCY: i64 = 24;

/// S = c − a cos t − b sin t, its power in the kernel, and the lemma's names for c, a and b.
#[derive(Clone)]
pub struct Circle {
    sum: Generator,
    power: Rational,
    names: Vec<Name>,
}

/// (c, a, b) for the lemma's kernel, a power of c − a cos t − b sin t, and that sum as it stands in the density.
pub fn assignment(
    lemma: &Lemma,
    change: &Change,
    target: &Poly,
    scope: &Normalizer,
) -> Option<(Vec<(Name, Term)>, Circle)> {
    if (&lemma.domain, &change.domain) != (&Domain::Angle, &Domain::Angle) {
        return None;
    }
    let own = Normalizer::on_support(
        &lemma.context(),
        &Support::Product { coordinates: vec![(lemma.variable.clone(), Domain::Angle)], inequalities: Vec::new() },
    );
    let kernel = own.normalize(&lemma.log_kernel).ok()?;
    let wanted = circles(&own, &kernel, &lemma.variable);
    let mut found = circles(scope, target, &change.variable);
    if !target.contains_variable(&change.variable) {
        // A density that is the same all the way round: S = 1.
        found.push((Generator::Sum(Arc::new(Poly::one())), [Poly::one(), Poly::zero(), Poly::zero()]));
    }
    let ([(_, wanted)], [(sum, found)]) = (wanted.as_slice(), found.as_slice()) else { return None };
    let mut structural = Vec::new();
    for (wanted, found) in wanted.iter().zip(found) {
        let Term::Variable(name) = wanted.to_term() else { return None };
        structural.push((name, found.to_term()));
    }
    let names = structural.iter().map(|(name, _)| name.clone()).collect();
    let (_, power) = kernel.as_single()?;
    Some((structural, Circle { sum: sum.clone(), power: power.clone(), names }))
}

/// Each sum c − a cos x − b sin x in a normal form, with c, a and b.
pub fn circles(normalizer: &Normalizer, poly: &Poly, name: &Name) -> Vec<(Generator, [Poly; 3])> {
    let mut found: Vec<(Generator, [Poly; 3])> = Vec::new();
    let own = Poly::generator(Generator::Variable(name.clone()));
    poly.visit_generators(&mut |generator| {
        let Generator::Sum(sum) = generator else { return };
        let mut parts = [Poly::zero(), Poly::zero(), Poly::zero()];
        for (monomial, coefficient) in sum.terms() {
            let (inside, outside) = normalizer.split_monomial(monomial, std::slice::from_ref(name));
            match inside.factors() {
                [] => parts[0].add_term(outside, coefficient.clone()),
                [(Generator::Call(function, angle), Exponent::Integer(1))] if angle[0] == own => {
                    let position = match function {
                        Function::Cos => 1,
                        Function::Sin => 2,
                        _ => return,
                    };
                    parts[position].add_term(outside, -coefficient.clone());
                }
                _ => return,
            }
        }
        let moves = !parts[1].is_zero() || !parts[2].is_zero();
        if moves && !found.iter().any(|(known, _)| known == generator) {
            found.push((generator.clone(), parts));
        }
    });
    found
}

impl Circle {
    /// ∂_a^i ∂_b^j ∂_c^l of S^p is p (p − 1) ⋯ (p − n + 1) (−cos)^i (−sin)^j S^(p−n) with n = i + j + l.
    pub fn resolve(&self, monomial: &Monomial) -> Option<Resolved> {
        let (mut i, mut j, mut below) = (0, 0, 0);
        for (generator, exponent) in monomial.factors() {
            let Exponent::Integer(power) = exponent else { return None };
            match generator {
                sum if *sum == self.sum => below = -power,
                Generator::Call(Function::Cos, _) => i = *power,
                Generator::Call(Function::Sin, _) => j = *power,
                _ => return None,
            }
        }
        if self.power.is_negative() && self.sum == Generator::Sum(Arc::new(Poly::one())) {
            // 1 is any power of itself.
            below = i + j;
        }
        let rest = below - i - j;
        if i < 0 || j < 0 || !(0..=8).contains(&rest) || below > 8 {
            return None;
        }
        let mut factor = if (i + j) % 2 == 0 { Rational::one() } else { -Rational::one() };
        for k in 0..below {
            let power = &self.power - Rational::from_integer(k.into());
            if power.is_zero() {
                return None;
            }
            factor /= power;
        }
        let orders = self.names.iter().zip([rest, i, j]).filter(|(_, order)| *order > 0);
        let orders = orders.map(|(name, order)| Some((name.clone(), u32::try_from(order).ok()?)));
        Some((Vec::new(), orders.collect::<Option<_>>()?, Poly::constant(factor)))
    }
}

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
    let own = lemma.scope();
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
