//! Lagrangian sums: the lemma Σ W^(t−1) e^(−bt)/t! with W = a + b t, found in a mass and used for moments.
//!
//! Every t^i W^j is a Laurent polynomial in W, and so are the derivatives of the lemma's term divided by the
//! term: those by a reach down one power of W each, those by b reach up. Powers are taken off from the
//! outside in.

use std::collections::BTreeMap;

use num_traits::One;

use super::change::Change;
use super::instance::{PieceInstance, Resolved};
use crate::kernel::lemma::Lemma;
use crate::kernel::normal::Normalizer;
use crate::kernel::poly::{Exponent, Generator, Monomial, Poly};
use crate::kernel::term::{Name, Rational, Term};

/// A power of W further out than this is not looked for.
const MOST_POWER: i64 = 6;

/// Coefficients of the powers of W.
type Laurent = BTreeMap<i64, Poly>;

/// The sum W as it stands in a mass, up to the factor `scale`.
#[derive(Clone)]
pub struct Lagrange {
    sum: Generator,
    scale: Poly,
    /// The lemma's names for a and b.
    intercept: Name,
    slope: Name,
}

/// A linear sum in the variable beside t·log of it.
struct Linear {
    sum: Generator,
    slope: Poly,
    intercept: Poly,
}

/// (a, b) where the mass holds t·log(a + b t) − b t, up to a common factor of a and b.
pub fn assignment(
    lemma: &Lemma,
    change: &Change,
    target: &Poly,
    scope: &Normalizer,
) -> Option<(Vec<(Name, Term)>, Lagrange)> {
    let own = lemma.scope();
    let wanted = linear(&own, &own.normalize(&lemma.log_kernel).ok()?, &lemma.variable)?;
    let (Term::Variable(slope), Term::Variable(intercept)) = (wanted.slope.to_term(), wanted.intercept.to_term())
    else {
        return None;
    };
    let found = linear(scope, target, &change.variable)?;
    // With a + b t = c (α + β t) the coefficient of t is log c − c β.
    let variable = Monomial::from_factors(vec![(Generator::Variable(change.variable.clone()), Exponent::Integer(1))]);
    let (mut coefficient, mut rate) = (Poly::zero(), Poly::zero());
    let mut parts = Vec::new();
    for (monomial, own) in target.terms() {
        let (inside, outside) = scope.split_monomial(monomial, std::slice::from_ref(&change.variable));
        if inside == variable {
            coefficient.add_term(outside.clone(), own.clone());
            if !outside.factors().iter().any(|(generator, _)| matches!(generator, Generator::Log(_))) {
                rate.add_term(outside.clone(), -own.clone());
                parts.push(Poly::single(outside, -own.clone()));
            }
        }
    }
    let inverse = scope.power(&found.slope, &Poly::integer(-1)).ok()?;
    let scales =
        std::iter::once(rate).chain(parts).filter_map(|rate| scope.canonical(&rate.times(&inverse).ok()?).ok());
    // log c − c β − the coefficient of t, which is zero for the right one.
    let left = |scale: &Poly| {
        let log = scope.log(scale).ok()?;
        Some(log.minus(&scale.times(&found.slope).ok()?).minus(&coefficient))
    };
    let scales: Vec<Poly> = scales.filter(|scale| !scale.is_zero()).collect();
    let fits = |scale: &&Poly| left(scale).is_some_and(|left| scope.is_zero(&left).unwrap_or(false));
    let scale = scales.iter().find(fits).or(scales.first())?.clone();
    let scaled = |poly: &Poly| Some(scope.canonical(&poly.times(&scale).ok()?).ok()?.to_term());
    let values = vec![(intercept.clone(), scaled(&found.intercept)?), (slope.clone(), scaled(&found.slope)?)];
    Some((values, Lagrange { sum: found.sum, scale, intercept, slope }))
}

fn linear(normalizer: &Normalizer, poly: &Poly, name: &Name) -> Option<Linear> {
    let own = Monomial::from_factors(vec![(Generator::Variable(name.clone()), Exponent::Integer(1))]);
    poly.terms().filter(|(_, coefficient)| coefficient.is_one()).find_map(|(monomial, _)| {
        let factors = monomial.factors().iter();
        let (variables, others): (Vec<_>, Vec<_>) =
            factors.partition(|(generator, _)| *generator == Generator::Variable(name.clone()));
        let ([(_, Exponent::Integer(1))], [(Generator::Log(inner), Exponent::Integer(1))]) =
            (variables.as_slice(), others.as_slice())
        else {
            return None;
        };
        let Generator::Sum(sum) = &**inner else { return None };
        let (slope, intercept) = normalizer.linear_in(sum, name, &own)?;
        Some(Linear { sum: (**inner).clone(), slope, intercept })
    })
}

impl Lagrange {
    /// A monomial t^i W^j as a combination of derivatives of the lemma's term: orders and factors.
    pub fn resolve(&self, piece: &PieceInstance, monomial: &Monomial) -> Option<Vec<Resolved>> {
        let PieceInstance { lemma, variable, parameters, scope, .. } = piece;
        let (mut of_variable, mut of_sum) = (0, 0);
        for (generator, exponent) in monomial.factors() {
            let Exponent::Integer(power) = exponent else { return None };
            match generator {
                sum if *sum == self.sum => of_sum = *power,
                Generator::Variable(name) if name == variable && *power > 0 => of_variable = *power,
                _ => return None,
            }
        }
        let scale = scope.power(&self.scale, &Poly::integer(-of_sum)).ok()?;
        let own = Normalizer::new(&lemma.context());
        let combination = self.combination(&own, of_variable, of_sum)?.into_iter();
        let resolved = combination.map(|(order, factor)| {
            let (name, times) = if order > 0 { (&self.slope, order) } else { (&self.intercept, -order) };
            let orders = if times == 0 { Vec::new() } else { vec![(name.clone(), u32::try_from(times).ok()?)] };
            let factor = scope.normalize(&factor.to_term().substitute(parameters)).ok()?.times(&scale).ok()?;
            Some((Vec::new(), orders, scope.canonical(&factor).ok()?))
        });
        resolved.collect()
    }

    /// Factors of the derivatives by b (orders above 0) and by a (below 0) that make t^i W^j.
    fn combination(&self, own: &Normalizer, i: i64, j: i64) -> Option<BTreeMap<i64, Poly>> {
        let t = self.variable(own)?;
        let mut rest: Laurent = [(j, Poly::one())].into_iter().collect();
        for _ in 0..i {
            rest = times(&rest, &t)?;
        }
        // (t − 1)/W and t (t − 1)/W − t: the logarithmic derivatives of the term.
        let less = plus(&t, &[(0, Poly::integer(-1))].into_iter().collect());
        let by_intercept = times(&less, &[(-1, Poly::one())].into_iter().collect())?;
        let by_slope = plus(&times(&t, &by_intercept)?, &scaled(&t, &Poly::integer(-1))?);
        let unit: Laurent = [(0, Poly::one())].into_iter().collect();
        let (mut up, mut down) = (vec![unit.clone()], vec![unit]);
        let mut found = BTreeMap::new();
        loop {
            rest = worked_out(own, rest)?;
            let (lowest, highest) = (rest.keys().next(), rest.keys().next_back());
            let order = match (lowest, highest) {
                (None, _) | (_, None) => return Some(found),
                (_, Some(highest)) if *highest > 0 => *highest,
                (Some(lowest), _) => *lowest,
            };
            if order.abs() > MOST_POWER {
                return None;
            }
            let (ladder, slope, by, inner) = match order > 0 {
                true => (&mut up, &by_slope, &self.slope, Some(&t)),
                false => (&mut down, &by_intercept, &self.intercept, None),
            };
            while ladder.len() <= order.unsigned_abs() as usize {
                let last = ladder.last()?;
                let next = plus(&differentiated(own, last, by, inner)?, &times(last, slope)?);
                ladder.push(worked_out(own, next)?);
            }
            let step = &ladder[order.unsigned_abs() as usize];
            let factor = rest.get(&order)?.times(&own.power(step.get(&order)?, &Poly::integer(-1)).ok()?).ok()?;
            let factor = own.canonical(&factor).ok()?;
            rest = plus(&rest, &scaled(step, &factor.scaled(&-Rational::one()))?);
            rest.remove(&order);
            found.insert(order, factor);
        }
    }

    /// t = (W − a)/b.
    fn variable(&self, own: &Normalizer) -> Option<Laurent> {
        let a = Poly::generator(Generator::Variable(self.intercept.clone()));
        let b = Poly::generator(Generator::Variable(self.slope.clone()));
        let inverse = own.power(&b, &Poly::integer(-1)).ok()?;
        let constant = a.times(&inverse).ok()?.scaled(&-Rational::one());
        Some([(0, constant), (1, inverse)].into_iter().collect())
    }
}

fn plus(left: &Laurent, right: &Laurent) -> Laurent {
    let mut total = left.clone();
    for (power, coefficient) in right {
        total.entry(*power).or_default().add_assign(coefficient);
    }
    total
}

fn scaled(own: &Laurent, factor: &Poly) -> Option<Laurent> {
    own.iter().map(|(power, coefficient)| Some((*power, coefficient.times(factor).ok()?))).collect()
}

fn times(left: &Laurent, right: &Laurent) -> Option<Laurent> {
    let mut total = Laurent::new();
    for (power, coefficient) in left {
        for (other, factor) in right {
            total.entry(power + other).or_default().add_assign(&coefficient.times(factor).ok()?);
        }
    }
    Some(total)
}

/// The derivative by a parameter with t held fixed: W moves by `inner`, or by 1.
fn differentiated(own: &Normalizer, of: &Laurent, by: &Name, inner: Option<&Laurent>) -> Option<Laurent> {
    let mut total = Laurent::new();
    for (power, coefficient) in of {
        let moved = own.differentiate(coefficient, by).ok()?;
        let lowered: Laurent =
            [(power - 1, coefficient.scaled(&Rational::from_integer((*power).into())))].into_iter().collect();
        let lowered = inner.map_or(Some(lowered.clone()), |inner| times(&lowered, inner))?;
        total = plus(&plus(&total, &lowered), &[(*power, moved)].into_iter().collect());
    }
    Some(total)
}

/// Coefficients in their best form, none of them zero.
fn worked_out(own: &Normalizer, of: Laurent) -> Option<Laurent> {
    let canonical = of.into_iter().map(|(power, coefficient)| Some((power, own.canonical(&coefficient).ok()?)));
    let canonical: Option<Laurent> = canonical.collect();
    Some(canonical?.into_iter().filter(|(_, coefficient)| !own.is_zero(coefficient).unwrap_or(false)).collect())
}
