//! Power series Σ c(t) z^t whose ratio is a function z(p) of the lemma's parameter: with D = (z/z′) ∂_p,
//! D Σ c(t) z^t = Σ t c(t) z^t, so that every power of t is a combination of derivatives by p.

use std::collections::BTreeSet;

use num_traits::Signed;

use super::change::Change;
use super::fit::fit_linear;
use super::instance::{PieceInstance, Resolved};
use super::suggestion::linear_parts;
use crate::kernel::lemma::Lemma;
use crate::kernel::normal::Normalizer;
use crate::kernel::poly::{Exponent, Generator, Monomial, Poly};
use crate::kernel::sign::Sign;
use crate::kernel::term::{Function, Name, Term};

/// A power of t higher than this is not looked for.
const MOST_POWER: i64 = 8;

/// How far the argument of a Γ may be off by a whole number: Γ(A + 1) = A Γ(A).
const MOST_OFFSET: i64 = 2;

/// The parameter in a lemma's ratio z.
#[derive(Clone)]
pub struct Ratio {
    parameter: Name,
}

/// Values of a lemma's parameters, and how its moments are read off.
type Fit = (Vec<(Name, Term)>, Ratio);

/// A lemma's kernel Σ log Γ(…) + t log z(p), taken apart.
struct Kernel {
    /// Γ(c t + a + 1): the names of c and a.
    slope: Name,
    intercept: Name,
    parameter: Name,
    /// log z.
    log_ratio: Poly,
}

impl Kernel {
    fn of(lemma: &Lemma) -> Option<Kernel> {
        let [(parameter, _)] = lemma.parameters.as_slice() else { return None };
        let [(first, _), (second, _)] = lemma.fixed.as_slice() else { return None };
        if !lemma.domain.is_discrete() {
            return None;
        }
        let own = lemma.scope();
        let kernel = own.normalize(&lemma.log_kernel).ok()?;
        let log_ratio = coefficient(&own, &kernel, &lemma.variable)?;
        if !log_ratio.contains_variable(parameter) {
            return None;
        }
        let gammas = gammas(&own, &kernel, &lemma.variable);
        let named = |name: &Name| {
            let own = Poly::generator(Generator::Variable(name.clone()));
            gammas.iter().any(|(slope, _)| *slope == own)
        };
        let (slope, intercept) = if named(first) { (first, second) } else { (second, first) };
        named(slope).then(|| Kernel {
            slope: slope.clone(),
            intercept: intercept.clone(),
            parameter: parameter.clone(),
            log_ratio,
        })
    }
}

/// (a, c, p) where the mass holds Γ(c t + a + 1) and t log z(p); those that meet the lemma's conditions and leave no
/// factor beside it first.
pub fn assignments(lemma: &Lemma, change: &Change, target: &Poly, scope: &Normalizer) -> Vec<Fit> {
    found(lemma, change, target, scope).unwrap_or_default()
}

fn found(lemma: &Lemma, change: &Change, target: &Poly, scope: &Normalizer) -> Option<Vec<Fit>> {
    let kernel = Kernel::of(lemma)?;
    let coefficient = coefficient(scope, target, &change.variable)?;
    let mut all = Vec::new();
    for (slope, intercept) in gammas(scope, target, &change.variable) {
        if slope.is_zero() || slope.as_constant().is_some_and(|slope| slope.is_negative()) {
            continue;
        }
        let with_slope = kernel.log_ratio.to_term().substitute(&[(kernel.slope.clone(), slope.to_term())]);
        for parameter in parameters(&kernel.parameter, &with_slope, &coefficient, scope) {
            for offset in -MOST_OFFSET..=MOST_OFFSET {
                let values = vec![
                    (kernel.intercept.clone(), intercept.plus(&Poly::integer(offset)).to_term()),
                    (kernel.slope.clone(), slope.to_term()),
                    (kernel.parameter.clone(), parameter.clone()),
                ];
                if let Some(fitted) = fit_linear(lemma, change, &values, target, scope) {
                    let met = lemma.positive.iter().all(|condition| {
                        let condition = scope.normalize(&condition.substitute(&values));
                        condition.ok().and_then(|condition| scope.sign(&condition)) == Some(Sign::Positive)
                    });
                    all.push(((!met, fitted.factor != Poly::one()), values));
                }
            }
        }
    }
    all.sort_by_key(|(doubts, _)| *doubts);
    Some(all.into_iter().map(|(_, values)| (values, Ratio { parameter: kernel.parameter.clone() })).collect())
}

/// What is multiplied by the variable itself.
fn coefficient(normalizer: &Normalizer, poly: &Poly, variable: &Name) -> Option<Poly> {
    let own = Monomial::from_factors(vec![(Generator::Variable(variable.clone()), Exponent::Integer(1))]);
    let mut found = Poly::zero();
    for (monomial, coefficient) in poly.terms() {
        let (inside, outside) = normalizer.split_monomial(monomial, std::slice::from_ref(variable));
        if inside == own {
            found.add_term(outside, coefficient.clone());
        }
    }
    (!found.is_zero()).then_some(found)
}

/// (c, a) for each log Γ(c t + a).
fn gammas(normalizer: &Normalizer, poly: &Poly, variable: &Name) -> BTreeSet<(Poly, Poly)> {
    let mut found = BTreeSet::new();
    poly.visit_generators(&mut |generator| {
        if let Generator::Call(Function::Gamma, arguments) = generator {
            found.extend(linear_parts(normalizer, &arguments[0], variable));
        }
    });
    found
}

/// Each p with log z(p) as it stands in the mass: a product of what it takes logarithms of, or one less such a product.
fn parameters(name: &Name, log_ratio: &Term, coefficient: &Poly, scope: &Normalizer) -> Vec<Term> {
    const MOST_LOGARITHMS: usize = 4;
    let mut logarithms = BTreeSet::new();
    for (monomial, _) in coefficient.terms() {
        for (generator, _) in monomial.factors() {
            if let Generator::Log(inner) = generator {
                logarithms.insert(Poly::generator((**inner).clone()).to_term());
            }
        }
    }
    if logarithms.len() > MOST_LOGARITHMS {
        return Vec::new();
    }
    let mut products = vec![Term::one()];
    for inner in logarithms {
        let with = |power: i64| {
            let factor = Term::power(inner.clone(), Term::integer(power));
            products.iter().map(move |product| product.clone() * factor.clone()).collect::<Vec<_>>()
        };
        let (up, down) = (with(1), with(-1));
        products.extend(up.into_iter().chain(down));
    }
    let candidates = products.into_iter().skip(1).flat_map(|product| [product.clone(), Term::one() - product]);
    let cancelled =
        candidates.filter_map(|candidate| Some(scope.canonical(&scope.normalize(&candidate).ok()?).ok()?.to_term()));
    let fits = |candidate: &Term| {
        let at = log_ratio.substitute(&[(name.clone(), candidate.clone())]);
        let difference = scope.normalize(&at).map(|at| at.minus(coefficient));
        difference.is_ok_and(|difference| scope.is_zero(&difference).unwrap_or(false))
    };
    cancelled.filter(fits).collect()
}

impl Ratio {
    /// A power of t by derivatives of the lemma.
    pub fn resolve(&self, piece: &PieceInstance, monomial: &Monomial) -> Option<Vec<Resolved>> {
        let PieceInstance { lemma, variable, parameters, scope, .. } = piece;
        let power = match monomial.factors() {
            [] => 0,
            [(Generator::Variable(name), Exponent::Integer(power))] if name == variable => *power,
            _ => return None,
        };
        let power = (0..=MOST_POWER).contains(&power).then_some(power)?;
        let own = lemma.scope();
        let log_ratio = coefficient(&own, &own.normalize(&lemma.log_kernel).ok()?, &lemma.variable)?;
        let slope = own.canonical(&own.differentiate(&log_ratio, &self.parameter).ok()?).ok()?;
        let inverse = own.power(&slope, &Poly::integer(-1)).ok()?;
        // D^power as Σ_j c_j ∂^j.
        let mut operator = vec![Poly::one()];
        for _ in 0..power {
            let mut next = vec![Poly::zero(); operator.len() + 1];
            for (order, own_coefficient) in operator.iter().enumerate() {
                let moved = own.differentiate(own_coefficient, &self.parameter).ok()?;
                next[order].add_assign(&moved.times(&inverse).ok()?);
                next[order + 1].add_assign(&own_coefficient.times(&inverse).ok()?);
            }
            operator = next;
        }
        let mut resolved = Vec::new();
        for (order, factor) in operator.into_iter().enumerate() {
            let factor = own.canonical(&factor).ok()?;
            if factor.is_zero() {
                continue;
            }
            let factor = scope.normalize(&factor.to_term().substitute(parameters)).ok()?;
            let orders = match order {
                0 => Vec::new(),
                order => vec![(self.parameter.clone(), u32::try_from(order).ok()?)],
            };
            resolved.push((Vec::new(), orders, scope.canonical(&factor).ok()?));
        }
        Some(resolved)
    }
}
