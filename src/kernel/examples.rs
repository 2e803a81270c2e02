//! Points of the declared domains, at which a sum is tried before its sign is looked for.
//!
//! A sum that is positive at one point and negative at another has no sign, and the search for one, which
//! splits a question into many, need not begin. No proof rests on this: it only ever says "not known".

use std::collections::BTreeMap;
use std::rc::Rc;

use num_traits::{One, Signed, Zero};

use super::domain::Domain;
use super::memo::fingerprint;
use super::normal::Normalizer;
use super::poly::{Exponent, Generator, Poly, rational_power};
use super::sign::Sign;
use super::term::{Name, Rational, Term};

/// A value for every variable.
pub type Point = BTreeMap<Name, Rational>;

/// How many points are kept.
const MOST_POINTS: usize = 12;
/// How many are tried for conditions that few points meet.
const MOST_TRIALS: u64 = 96;

impl Normalizer {
    /// Whether the sum is positive at one of the points and negative at another.
    pub(super) fn takes_both_signs(&self, poly: &Poly) -> bool {
        let points = self.examples();
        if points.is_empty() || is_opaque(poly) {
            return false;
        }
        let key = fingerprint(poly);
        if let Some(known) = self.tried.borrow().get_at(key, poly) {
            return *known;
        }
        let answer = takes_both_signs_at(poly, &points);
        self.tried.borrow_mut().insert_at(key, poly.clone(), answer);
        answer
    }

    /// Whether the sum is negative, or else positive, at one of the first points. It has not the other sign then.
    pub(super) fn is_somewhere(&self, poly: &Poly, negative: bool) -> bool {
        const MOST_TRIED: usize = 3;
        let points = self.examples();
        let has_sign = |value: &Rational| if negative { value.is_negative() } else { value.is_positive() };
        !points.is_empty()
            && !is_opaque(poly)
            && points.iter().take(MOST_TRIED).map_while(|point| value_at(poly, point)).any(|value| has_sign(&value))
    }

    /// Points of the declared domains that meet the declared conditions; none where such are not found easily.
    pub fn examples(&self) -> Rc<Vec<Point>> {
        if let Some(found) = &*self.examples.borrow() {
            return found.clone();
        }
        let found = Rc::new(self.find_examples());
        *self.examples.borrow_mut() = Some(found.clone());
        found
    }

    fn find_examples(&self) -> Vec<Point> {
        let conditions = self.known_signs();
        if conditions.iter().any(|(condition, _)| is_opaque(condition)) {
            return Vec::new();
        }
        let holds = |point: &Point| {
            conditions.iter().all(|(condition, sign)| {
                value_at(condition, point).is_some_and(|value| match sign {
                    Sign::Positive => value.is_positive(),
                    Sign::Nonnegative => !value.is_negative(),
                    Sign::Negative => value.is_negative(),
                    Sign::Nonpositive => !value.is_positive(),
                    Sign::Zero => value.is_zero(),
                })
            })
        };
        let trials = (0..MOST_TRIALS).filter_map(|trial| self.trial_point(trial));
        trials.filter(holds).take(MOST_POINTS).collect()
    }

    /// A point of the domains with numbers for ends. Each trial keeps to a half of the room of the one before, as
    /// conditions like Σ p < 1 demand.
    fn trial_point(&self, trial: u64) -> Option<Point> {
        let mut fraction = fractions(trial);
        let size = Rational::new(1.into(), num_bigint::BigInt::from(1) << (trial % 12));
        let mut point = Point::new();
        if let Some((names, points)) = self.points.as_deref() {
            let chosen = points.get(usize::try_from(trial).ok()? % points.len().max(1))?;
            for (name, value) in names.iter().zip(chosen) {
                point.insert(name.clone(), value.as_number()?.clone());
            }
        }
        for (name, domain) in &self.context.domains {
            if point.contains_key(name) {
                continue;
            }
            let number = |end: &Option<Term>| end.as_ref().and_then(|end| end.as_number().cloned());
            let part = fraction();
            let value = match domain {
                Domain::Interval { lower, upper } => match (number(lower), number(upper)) {
                    (Some(low), Some(high)) => &low + (high - &low) * part * &size,
                    (Some(low), None) => low + (part * &size).recip() * Rational::new(1.into(), 2.into()),
                    (None, Some(high)) => high - (part * &size).recip() * Rational::new(1.into(), 2.into()),
                    (None, None) => (part - Rational::new(1.into(), 2.into())) * Rational::from_integer(6.into()),
                },
                Domain::Nonnegative => part * Rational::from_integer(3.into()),
                Domain::Integers { lower, upper } => {
                    let steps = (part * Rational::from_integer(5.into())).floor();
                    match (number(lower), number(upper)) {
                        (Some(low), Some(high)) => (low.ceil() + steps).min(high.floor()),
                        (Some(low), None) => low.ceil() + steps,
                        (None, Some(high)) => high.floor() - steps,
                        (None, None) => steps - Rational::from_integer(2.into()),
                    }
                }
                Domain::Finite(values) => {
                    let position = usize::try_from(trial).ok()? % values.len().max(1);
                    values.get(position)?.as_number()?.clone()
                }
                Domain::Angle => (part - Rational::new(1.into(), 2.into())) * Rational::from_integer(6.into()),
            };
            point.insert(name.clone(), value);
        }
        Some(point)
    }
}

/// Fractions k/32 inside (0, 1), the same on every run.
fn fractions(seed: u64) -> impl FnMut() -> Rational {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(1);
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Rational::new(((state >> 33) % 31 + 1).into(), 32.into())
    }
}

fn takes_both_signs_at(poly: &Poly, points: &[Point]) -> bool {
    let (mut above, mut below) = (false, false);
    for point in points {
        let Some(value) = value_at(poly, point) else { return false };
        above |= value.is_positive();
        below |= value.is_negative();
        if above && below {
            return true;
        }
    }
    false
}

/// Whether [`value_at`] gives a normal form no value at any point: a term begins with something else than a
/// whole power of a variable or a sum.
fn is_opaque(poly: &Poly) -> bool {
    poly.terms().any(|(monomial, _)| match monomial.factors().first() {
        None | Some((Generator::Variable(_), Exponent::Integer(_))) => false,
        Some((Generator::Sum(sum), Exponent::Integer(_))) => is_opaque(sum),
        Some(_) => true,
    })
}

/// The value of a normal form in variables, sums of them, and whole powers; `None` for any other.
fn value_at(poly: &Poly, point: &Point) -> Option<Rational> {
    let mut total = Rational::zero();
    for (monomial, coefficient) in poly.terms() {
        let mut product = coefficient.clone();
        for (generator, exponent) in monomial.factors() {
            let Exponent::Integer(power) = exponent else { return None };
            let own = match generator {
                Generator::Variable(name) => point.get(name)?.clone(),
                Generator::Sum(sum) => value_at(sum, point)?,
                _ => return None,
            };
            product *= match power {
                1 => own,
                _ if own.is_one() => own,
                power => rational_power(&own, *power).ok()?,
            };
            if product.is_zero() {
                break;
            }
        }
        total += product;
    }
    Some(total)
}
