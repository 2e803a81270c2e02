//! Signs of sums in the cosine and sine of one angle.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use num_traits::{One, Zero};

use super::normal::Normalizer;
use super::poly::{Exponent, Generator, Monomial, Poly};
use super::sign::Sign;
use super::term::{Function, Rational};

/// Degree of a sum in the cosine and the sine of an angle.
const MOST_DEGREE: i64 = 6;

/// Coefficients of cos k u and sin k u, by k.
type Harmonics<T> = BTreeMap<i64, [T; 2]>;

impl Normalizer {
    /// c + a cos k u + b sin k u has the sign of c where c² > a² + b².
    pub(super) fn sign_on_circle(&self, poly: &Poly, questions: usize) -> Option<Sign> {
        let questions = questions.checked_sub(4)?;
        let mut angles: BTreeSet<Arc<Vec<Poly>>> = BTreeSet::new();
        for (generator, _) in poly.terms().flat_map(|(monomial, _)| monomial.factors()) {
            if let Generator::Call(Function::Cos | Function::Sin, angle) = generator {
                angles.insert(angle.clone());
            }
        }
        angles.into_iter().find_map(|angle| {
            let mut harmonics = harmonics_of(poly, &angle)?;
            let [c, _] = harmonics.remove(&0).unwrap_or_default();
            let mut moving = Vec::new();
            for [a, b] in harmonics.into_values() {
                let pair = [self.canonical(&a).ok()?, self.canonical(&b).ok()?];
                if pair.iter().any(|part| !part.is_zero()) {
                    moving.push(pair);
                }
            }
            let [[a, b]] = moving.as_slice() else { return None };
            let middle = self.find_sign(&self.canonical(&c).ok()?, questions)?;
            let apart = c.times(&c).ok()?.minus(&a.times(a).ok()?).minus(&b.times(b).ok()?);
            match (middle, self.find_sign(&self.canonical(&apart).ok()?, questions)?) {
                (Sign::Positive | Sign::Negative, Sign::Positive) => Some(middle),
                (Sign::Positive | Sign::Nonnegative | Sign::Zero, Sign::Nonnegative | Sign::Zero) => {
                    Some(Sign::Nonnegative)
                }
                (Sign::Negative | Sign::Nonpositive, Sign::Nonnegative | Sign::Zero) => Some(Sign::Nonpositive),
                _ => None,
            }
        })
    }
}

impl Normalizer {
    /// Whether a sum of harmonics of an angle that moves with one continuous variate has a coefficient that is
    /// never zero: it is analytic then and not zero throughout, so that it vanishes on a null set only.
    pub(super) fn moves_on_circle(&self, poly: &Poly) -> bool {
        let mut angle: Option<Arc<Vec<Poly>>> = None;
        for (generator, exponent) in poly.terms().flat_map(|(monomial, _)| monomial.factors()) {
            if exponent.to_poly().contains_any(&self.continuous) {
                return false;
            }
            match generator {
                Generator::Call(Function::Cos | Function::Sin, own)
                    if own[0].contains_any(&self.continuous) && angle.get_or_insert_with(|| own.clone()) == own => {}
                other if other.contains_any(&self.continuous) => return false,
                _ => {}
            }
        }
        let Some(angle) = angle else { return false };
        let is_variate = angle[0].as_single().is_some_and(|(monomial, _)| {
            matches!(monomial.factors(), [(Generator::Variable(name), Exponent::Integer(1))] if self.continuous.contains(name))
        });
        let harmonics = if is_variate { harmonics_of(poly, &angle) } else { None };
        harmonics.is_some_and(|harmonics| {
            harmonics.into_values().flatten().any(|part| self.sign(&part).is_some_and(Sign::is_strict))
        })
    }
}

/// A polynomial in cos u and sin u as a sum of harmonics, all coefficients free of u.
fn harmonics_of(poly: &Poly, angle: &Arc<Vec<Poly>>) -> Option<Harmonics<Poly>> {
    let [cos, sin] = [Function::Cos, Function::Sin].map(|function| Generator::Call(function, angle.clone()));
    let mut total: Harmonics<Poly> = BTreeMap::new();
    for (monomial, coefficient) in poly.terms() {
        let (Exponent::Integer(i), Exponent::Integer(j)) = (monomial.exponent(&cos), monomial.exponent(&sin)) else {
            return None;
        };
        if !(0..=MOST_DEGREE).contains(&i) || !(0..=MOST_DEGREE - i).contains(&j) {
            return None;
        }
        let others = monomial.factors().iter().filter(|(own, _)| *own != cos && *own != sin).cloned();
        let others = Monomial::from_factors(others.collect());
        for (k, parts) in harmonics_of_product(i, j) {
            let own = total.entry(k).or_default();
            for (own, part) in own.iter_mut().zip(parts) {
                own.add_term(others.clone(), coefficient * part);
            }
        }
    }
    Some(total)
}

/// cosⁱ u sinʲ u by the sums and differences of angles (DLMF 4.21.15–4.21.17).
fn harmonics_of_product(i: i64, j: i64) -> Harmonics<Rational> {
    let half = Rational::new(1.into(), 2.into());
    let mut own: Harmonics<Rational> = BTreeMap::from([(0, [Rational::one(), Rational::zero()])]);
    for step in 0..i + j {
        let mut next: Harmonics<Rational> = BTreeMap::new();
        let mut add = |k: i64, function: usize, value: Rational| {
            // cos is even and sin is odd.
            let value = if k < 0 && function == 1 { -value } else { value };
            if !(k == 0 && function == 1) {
                next.entry(k.abs()).or_default()[function] += value;
            }
        };
        for (k, [a, b]) in own {
            let (a, b) = (a * &half, b * &half);
            if step < i {
                add(k + 1, 0, a.clone());
                add(k - 1, 0, a);
                add(k + 1, 1, b.clone());
                add(k - 1, 1, b);
            } else {
                add(k + 1, 1, a.clone());
                add(k - 1, 1, -a);
                add(k - 1, 0, b.clone());
                add(k + 1, 0, -b);
            }
        }
        own = next;
    }
    own
}
