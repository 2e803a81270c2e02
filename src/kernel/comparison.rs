//! The sign of a difference of two values of one increasing function: f(u) > f(l) where u > l.
//!
//! Two functions are known: e^u, which every positive power product is of its logarithm, and erf, which is odd
//! and increasing (DLMF 4.2(iii), 7.2.1).

use num_traits::{One, Signed};

use super::normal::Normalizer;
use super::poly::{Exponent, Generator, Monomial, Poly};
use super::sign::{Sign, grouped};
use super::term::{Function, Rational};

impl Normalizer {
    /// The sign of a sum of two terms that pull in opposite directions, each an increasing function times the
    /// same factor.
    pub(super) fn sign_of_comparison(&self, poly: &Poly) -> Option<Sign> {
        let terms: Vec<(&Monomial, &Rational)> = poly.terms().collect();
        let [first, second] = terms.as_slice() else { return self.sign_between_multiples(poly) };
        self.sign_between_powers(*first, *second).or_else(|| self.sign_between_errors(*first, *second))
    }

    /// a M − b N with positive a, b, M, N has the sign of log(a M/(b N)). Asked where an exponent is symbolic;
    /// everything else is algebra.
    fn sign_between_powers(&self, first: (&Monomial, &Rational), second: (&Monomial, &Rational)) -> Option<Sign> {
        if first.1.is_positive() == second.1.is_positive() {
            return None;
        }
        let ratio = Poly::single(first.0.clone(), (first.1 / second.1).abs())
            .times_monomial(&second.0.inverse(), &Rational::one())
            .ok()?;
        let (monomial, _) = ratio.as_single()?;
        let symbolic = |(_, exponent): &(Generator, Exponent)| exponent.as_rational().is_none();
        if !monomial.factors().iter().any(symbolic) {
            return None;
        }
        let positive = |monomial: &Monomial| self.monomial_sign(monomial) == Some(Sign::Positive);
        if !positive(first.0) || !positive(second.0) {
            return None;
        }
        let distance = self.log(&ratio).ok()?;
        Some(self.sign_of_product(&distance)?.times(Sign::of_number(first.1)))
    }

    /// A M − B N with A, B, M, N > 0, where M and N are powers with a symbolic exponent, has the sign of M − N and
    /// of A − B where they agree: it is A (M − N) + (A − B) N.
    fn sign_between_multiples(&self, poly: &Poly) -> Option<Sign> {
        let symbolic = |(_, exponent): &(Generator, Exponent)| exponent.as_rational().is_none();
        let groups = grouped(poly, 2, &symbolic)?;
        let [(power, multiple), (other, second)] = groups.as_slice() else { return None };
        let positive = |monomial: &Monomial| self.monomial_sign(monomial) == Some(Sign::Positive);
        if power.is_one() || other.is_one() || !positive(power) || !positive(other) {
            return None;
        }
        // The one with the positive multiple first.
        let ((m, a), (n, b)) = match (self.sign(multiple)?, self.sign(second)?) {
            (Sign::Positive, Sign::Negative) => ((power, multiple), (other, second)),
            (Sign::Negative, Sign::Positive) => ((other, second), (power, multiple)),
            _ => return None,
        };
        let ratio = Poly::single(m.clone(), Rational::one()).times_monomial(&n.inverse(), &Rational::one()).ok()?;
        let powers = self.sign_of_product(&self.log(&ratio).ok()?)?;
        powers.plus(self.sign(&a.plus(b))?)
    }

    /// m erf(A) ± m erf(B) has the sign of m (A ± B).
    fn sign_between_errors(&self, first: (&Monomial, &Rational), second: (&Monomial, &Rational)) -> Option<Sign> {
        let (argument, factor) = around_error(first.0)?;
        let (other, same) = around_error(second.0)?;
        if factor != same || first.1.abs() != second.1.abs() {
            return None;
        }
        let distance = argument.plus(&other.scaled(&(second.1 / first.1)));
        let front = self.monomial_sign(&factor)?.times(Sign::of_number(first.1));
        Some(self.sign_of_product(&distance)?.times(front))
    }

    /// The sign of a sum from its content and what is left.
    fn sign_of_product(&self, poly: &Poly) -> Option<Sign> {
        if poly.is_zero() {
            return Some(Sign::Zero);
        }
        let parts = self.content(poly).ok()?;
        let front = self.monomial_sign(&parts.monomial)?.times(Sign::of_number(&parts.coefficient));
        Some(self.sign(&parts.primitive)?.times(front))
    }
}

/// A and m in m·erf(A), m without erf.
fn around_error(monomial: &Monomial) -> Option<(Poly, Monomial)> {
    let is_error = |generator: &Generator| matches!(generator, Generator::Call(Function::Erf, _));
    let (errors, others): (Vec<_>, Vec<_>) =
        monomial.factors().iter().cloned().partition(|(generator, _)| is_error(generator));
    match errors.as_slice() {
        [(Generator::Call(_, arguments), Exponent::Integer(1))] => {
            Some((arguments[0].clone(), Monomial::from_factors(others)))
        }
        _ => None,
    }
}
