//! Signs of sums of degree two: discriminants, squares, differences of squares.

use num_traits::{One, Signed};

use super::normal::Normalizer;
use super::poly::{Exponent, Generator, Monomial, Poly};
use super::roots::{rational_square_root, square_root};
use super::sign::{MOST_QUESTIONS, Sign, coefficients_in, mentions};
use super::term::Rational;

impl Normalizer {
    /// p + Σ aᵢ xᵢ is positive where a condition says r − Σ qᵢ xᵢ² > 0, if p > 0 and p² ≥ r Σ aᵢ²/qᵢ (Cauchy–Schwarz).
    pub(super) fn sign_in_ellipsoid(&self, poly: &Poly, questions: usize) -> Option<Sign> {
        let questions = questions.checked_sub(4)?;
        self.known_signs().iter().filter(|(_, sign)| *sign == Sign::Positive).find_map(|(condition, _)| {
            let (radius, axes) = axes(condition)?;
            let mut bound = Poly::zero();
            let mut centre = poly.clone();
            for (variable, weight) in &axes {
                let mut coefficients = coefficients_in(&centre, variable, 1)?.into_iter();
                centre = coefficients.next().unwrap_or_default();
                if let Some(slope) = coefficients.next() {
                    bound.add_assign(&slope.times(&slope).ok()?.scaled(&weight.recip()));
                }
            }
            if bound.is_zero() || self.find_sign(&centre, questions)? != Sign::Positive {
                return None;
            }
            let room = centre.times(&centre).ok()?.minus(&bound.times(&radius).ok()?);
            self.find_sign(&room, questions).filter(|sign| sign.is_nonnegative()).map(|_| Sign::Positive)
        })
    }

    /// a v²ᵏ + b vᵏ + c has the sign of a when 4ac > b², and when 4ac = b² but 2a vᵏ + b ≠ 0.
    pub(super) fn sign_of_quadratic(&self, poly: &Poly, questions: usize) -> Option<Sign> {
        let questions = questions.checked_sub(4)?;
        let mut variables: Vec<(Generator, i64)> = Vec::new();
        for (monomial, _) in poly.terms() {
            for (generator, exponent) in monomial.factors() {
                let Exponent::Integer(power @ (2 | 4 | 6 | 8)) = exponent else { continue };
                let candidate = (generator.clone(), power / 2);
                if !variables.contains(&candidate) {
                    variables.push(candidate);
                }
            }
        }
        variables.into_iter().find_map(|(variable, step)| self.sign_of_quadratic_in(poly, &variable, step, questions))
    }

    fn sign_of_quadratic_in(&self, poly: &Poly, variable: &Generator, step: i64, questions: usize) -> Option<Sign> {
        let mut parts = [Poly::zero(), Poly::zero(), Poly::zero()];
        for (monomial, coefficient) in poly.terms() {
            let Exponent::Integer(power) = monomial.exponent(variable) else { return None };
            if power < 0 || power % step != 0 || power / step > 2 {
                return None;
            }
            let rest: Vec<_> = monomial.factors().iter().filter(|(own, _)| own != variable).cloned().collect();
            if rest.iter().any(|(own, _)| own.mentions(variable)) {
                return None;
            }
            parts[(power / step) as usize].add_term(Monomial::from_factors(rest), coefficient.clone());
        }
        let [c, b, a] = parts;
        let leading = self.find_sign(&a, questions).filter(|sign| sign.is_strict())?;
        let discriminant = a.times(&c).ok()?.scaled(&Rational::from_integer(4.into())).minus(&b.times(&b).ok()?);
        match (leading, self.find_sign(&discriminant, questions)?) {
            (leading, Sign::Positive) => Some(leading),
            (leading, Sign::Nonnegative | Sign::Zero) => {
                let power = Monomial::from_factors(vec![(variable.clone(), Exponent::Integer(step))]);
                let slope = a.times_monomial(&power, &Rational::from_integer(2.into())).ok()?.plus(&b);
                let apart = self.find_sign(&slope, questions).is_some_and(Sign::is_strict);
                Some(match (leading, apart) {
                    (leading, true) => leading,
                    (Sign::Positive, false) => Sign::Nonnegative,
                    (_, false) => Sign::Nonpositive,
                })
            }
            _ => None,
        }
    }

    /// a² − b² has the sign of (a − b)(a + b).
    pub(super) fn sign_of_two_squares(&self, poly: &Poly, questions: usize) -> Option<Sign> {
        let questions = questions.checked_sub(2)?;
        let (a, b) = two_squares(poly)?;
        let difference = self.find_sign(&a.minus(&b), questions)?;
        Some(difference.times(self.find_sign(&a.plus(&b), questions)?))
    }

    /// A square, multiplied out, is positive where its root is not zero. Asked of whole questions only, never
    /// of what another rule has made of one: most sums are no squares, and show it late.
    pub(super) fn sign_of_square(&self, poly: &Poly, questions: usize) -> Option<Sign> {
        if questions < MOST_QUESTIONS {
            return None;
        }
        let questions = questions.checked_sub(4)?;
        let (flip, root) = [Rational::one(), -Rational::one()].into_iter().find_map(|unit| {
            let root = square_root(&poly.scaled(&unit)).ok()??;
            Some((unit.is_negative(), root))
        })?;
        let own = if self.find_sign(&root, questions).is_some_and(Sign::is_strict) {
            Sign::Positive
        } else {
            Sign::Nonnegative
        };
        Some(if flip { own.negate() } else { own })
    }
}

/// (a, b) for a² − b².
pub(super) fn two_squares(poly: &Poly) -> Option<(Poly, Poly)> {
    let [first, second] = <[_; 2]>::try_from(poly.terms().collect::<Vec<_>>()).ok()?;
    let (above, below) = if first.1.is_positive() { (first, second) } else { (second, first) };
    if !above.1.is_positive() || !below.1.is_negative() {
        return None;
    }
    let half = |exponent: &Exponent| match exponent {
        Exponent::Integer(power) if power % 2 == 0 => Some(Exponent::Integer(power / 2)),
        _ => None,
    };
    let root = |monomial: &Monomial, square: &Rational| {
        let factors = monomial.factors().iter().map(|(own, exponent)| Some((own.clone(), half(exponent)?)));
        let number = rational_square_root(square)?;
        Some(Poly::single(Monomial::from_factors(factors.collect::<Option<_>>()?), number))
    };
    Some((root(above.0, above.1)?, root(below.0, &below.1.abs())?))
}

/// r and the (xᵢ, qᵢ) in r − Σ qᵢ xᵢ², with numbers qᵢ > 0 and r free of all xᵢ.
fn axes(condition: &Poly) -> Option<(Poly, Vec<(Generator, Rational)>)> {
    let mut radius = Poly::zero();
    let mut axes = Vec::new();
    for (monomial, coefficient) in condition.terms() {
        match monomial.factors() {
            [(variable @ (Generator::Variable(_) | Generator::Reflected(_)), Exponent::Integer(2))]
                if coefficient.is_negative() =>
            {
                axes.push((variable.clone(), -coefficient.clone()));
            }
            _ => radius.add_term(monomial.clone(), coefficient.clone()),
        }
    }
    let free = axes.iter().all(|(variable, _)| !mentions(&radius, variable));
    (free && !axes.is_empty()).then_some((radius, axes))
}
