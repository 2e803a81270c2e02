//! The sign of a sum that is a Bessel function of another order: K_{ν−1} is written K_{ν+1} − (2ν/z) K_ν.

use num_traits::{One, Signed};

use super::normal::Normalizer;
use super::poly::{Exponent, Generator, Poly};
use super::sign::{Sign, coefficients_in};
use super::term::{Function, Term};

/// So many steps of the recurrence are tried.
const MOST_STEPS: i64 = 3;

impl Normalizer {
    /// The sign of A f_{ν+1}(z) + B f_ν(z) where it is c f_{ν−m}(z), f being I or K.
    pub(super) fn sign_of_bessel(&self, poly: &Poly) -> Option<Sign> {
        let (front, function) = self.one_bessel(poly)?;
        let Term::Apply(name, arguments) = &function else { return None };
        // I_ν(z) > 0 for ν > −1 (DLMF 10.25.2), K_ν(z) always.
        let order = self.normalize(&arguments[0]).ok()?;
        let positive = *name == Function::BesselK || self.sign(&order.plus(&Poly::one())) == Some(Sign::Positive);
        if positive { self.sign(&front) } else { None }
    }

    /// c and f_{ν−m}(z) where A f_{ν+1}(z) + B f_ν(z) is their product, f being I or K; z is known to be positive.
    pub fn one_bessel(&self, poly: &Poly) -> Option<(Poly, Term)> {
        let calls = calls(poly)?;
        let [first, second] = calls.as_slice() else { return None };
        if self.sign(&argument(first)?) != Some(Sign::Positive) {
            return None;
        }
        let (Generator::Call(function, one), Generator::Call(other, two)) = (first, second) else { return None };
        let [(a, z), (b, w)] = [one, two].map(|arguments| (&arguments[0], &arguments[1]));
        if function != other || z != w {
            return None;
        }
        let apart = b.minus(a).as_constant()?;
        let (order, lower, upper) = match apart.is_positive() {
            true => (a, first, second),
            false => (b, second, first),
        };
        if !apart.abs().is_one() {
            return None;
        }
        let (above, below) = (coefficient(poly, upper)?, coefficient(poly, lower)?);
        (1..=MOST_STEPS).find_map(|steps| {
            let order = order.minus(&Poly::integer(steps));
            let written = match function {
                Function::BesselK => self.bessel_k(&order, z).ok()?,
                _ => self.bessel_i(&order, z).ok()?,
            };
            let (own_above, own_below) = (coefficient(&written, upper)?, coefficient(&written, lower)?);
            let cross = above.times(&own_below).ok()?.minus(&below.times(&own_above).ok()?);
            if own_above.is_zero() || !self.is_zero(&cross).ok()? {
                return None;
            }
            let front = above.times(&self.power(&own_above, &Poly::integer(-1)).ok()?).ok()?;
            // K is even in its order, and I at whole ones (DLMF 10.27).
            let order = match order.as_constant() {
                Some(value) if *function == Function::BesselK || value.is_integer() => Poly::constant(value.abs()),
                _ => order,
            };
            let function = Term::apply(*function, vec![order.to_term(), z.to_term()]);
            Some((self.canonical(&front).ok()?, function))
        })
    }
}

/// The Bessel functions in a sum that is linear in them; `None` where a term has none, or several.
fn calls(poly: &Poly) -> Option<Vec<Generator>> {
    let mut found: Vec<Generator> = Vec::new();
    for (monomial, _) in poly.terms() {
        let mut own = monomial.factors().iter().filter(|(generator, _)| is_bessel(generator));
        match (own.next(), own.next()) {
            (Some((generator, Exponent::Integer(1))), None) => {
                if !found.contains(generator) {
                    found.push(generator.clone());
                }
            }
            _ => return None,
        }
    }
    Some(found)
}

fn argument(call: &Generator) -> Option<Poly> {
    match call {
        Generator::Call(_, arguments) => arguments.get(1).cloned(),
        _ => None,
    }
}

fn is_bessel(generator: &Generator) -> bool {
    matches!(generator, Generator::Call(Function::BesselI | Function::BesselK, _))
}

/// What a generator is multiplied by.
fn coefficient(poly: &Poly, of: &Generator) -> Option<Poly> {
    Some(coefficients_in(poly, of, 1)?.into_iter().nth(1).unwrap_or_else(Poly::zero))
}
