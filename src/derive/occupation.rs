//! Bose's and Fermi's integrals: t^(s−1)/W with W = e^(bt) ∓ 1.
//!
//! ∂_b^n (1/W) is tⁿ times a polynomial of degree n + 1 in 1/W, so that t^m/W^j is a combination of derivatives
//! by b, each with s moved.

use num_traits::{One, Zero};

use super::change::Change;
use super::instance::{PieceInstance, Resolved, multiple};
use super::suggestion::linear_parts;
use crate::kernel::domain::Domain;
use crate::kernel::lemma::Lemma;
use crate::kernel::normal::Normalizer;
use crate::kernel::poly::{Exponent, Generator, Monomial, Poly};
use crate::kernel::term::{Name, Rational, Term};

/// A power of 1/W higher than this is not looked for.
const MOST_POWER: usize = 8;

/// W as it stands in the density.
#[derive(Clone)]
pub struct Occupation {
    sum: Generator,
    /// −1 for Bose's, 1 for Fermi's.
    beside: Rational,
    /// e^(bt) as it stands in the density.
    exponential: (Generator, Exponent),
    /// The lemma's names for b and s.
    rate: Name,
    power: Name,
}

/// e^(c t) + k as a sum in a normal form.
struct Sum {
    sum: Generator,
    beside: Rational,
    exponential: (Generator, Exponent),
    rate: Poly,
}

fn sums(normalizer: &Normalizer, poly: &Poly, variable: &Name) -> Vec<Sum> {
    let mut found: Vec<Sum> = Vec::new();
    poly.visit_generators(&mut |generator| {
        let Generator::Sum(sum) = generator else { return };
        let Some(beside) =
            Some(sum.constant_part()).filter(|beside| *beside == Rational::one() || *beside == -Rational::one())
        else {
            return;
        };
        let moving = sum.minus(&Poly::constant(beside.clone()));
        let Some((monomial, coefficient)) = moving.as_single() else { return };
        let [(Generator::Euler, Exponent::Poly(exponent))] = monomial.factors() else { return };
        let Some((rate, rest)) = linear_parts(normalizer, exponent, variable) else { return };
        if coefficient.is_one() && rest.is_zero() && !found.iter().any(|known| known.sum == *generator) {
            let exponential = monomial.factors()[0].clone();
            found.push(Sum { sum: generator.clone(), beside, exponential, rate });
        }
    });
    found
}

/// b where the density holds 1/(e^(bt) ∓ 1) as the lemma does.
pub fn assignment(
    lemma: &Lemma,
    change: &Change,
    target: &Poly,
    scope: &Normalizer,
) -> Option<(Vec<(Name, Term)>, Occupation)> {
    let Domain::Interval { lower: Some(_), upper: None } = lemma.domain else { return None };
    let [(power, _), (rate, _)] = lemma.parameters.as_slice() else { return None };
    let own = lemma.scope();
    let wanted = sums(&own, &own.normalize(&lemma.log_kernel).ok()?, &lemma.variable);
    let [wanted] = wanted.as_slice() else { return None };
    let found = sums(scope, target, &change.variable);
    let [found] = found.as_slice() else { return None };
    (wanted.beside == found.beside).then(|| {
        let occupation = Occupation {
            sum: found.sum.clone(),
            beside: found.beside.clone(),
            exponential: found.exponential.clone(),
            rate: rate.clone(),
            power: power.clone(),
        };
        (vec![(rate.clone(), found.rate.to_term())], occupation)
    })
}

impl Occupation {
    /// t^m (log t)^l e^(kbt)/W^j, beside the kernel's own 1/W.
    pub fn resolve(&self, piece: &PieceInstance, monomial: &Monomial) -> Option<Vec<Resolved>> {
        let PieceInstance { variable, scope, .. } = piece;
        let t = Generator::Variable(variable.clone());
        let (mut moved, mut logarithms, mut times, mut below) = (Poly::zero(), 0, 0, 0);
        for (generator, exponent) in monomial.factors() {
            match (generator, exponent) {
                (sum, Exponent::Integer(power)) if *sum == self.sum => below = -power,
                (own, exponent) if *own == t => moved = exponent.to_poly(),
                (Generator::Log(inner), Exponent::Integer(power)) if **inner == t && *power > 0 => logarithms = *power,
                (Generator::Euler, exponent) => {
                    times = multiple(&exponent.to_poly(), &self.exponential.1.to_poly()).filter(|times| *times >= 0)?;
                }
                _ => return None,
            }
        }
        // e^(bt) = W ∓ 1: coefficients of the powers of 1/W, from the first on.
        let mut wanted = vec![Rational::zero(); MOST_POWER + 1];
        let mut binomial = Rational::one();
        for step in 0..=times {
            // C(times, step) W^(times − step) (∓1)^step.
            let place =
                usize::try_from(below + 1 - (times - step)).ok().filter(|place| (1..=MOST_POWER).contains(place))?;
            wanted[place] += binomial.clone();
            binomial = binomial * -self.beside.clone() * Rational::from(times - step) / Rational::from(step + 1);
        }
        // ∂_b^n (1/W) = tⁿ Σ_j ladder[n][j]/W^j, with ∂_b W^(−j) = −j t (W ∓ 1) W^(−j−1).
        let mut ladder = vec![vec![Rational::zero(); MOST_POWER + 2]];
        ladder[0][1] = Rational::one();
        while ladder.len() < MOST_POWER {
            let last = ladder.last()?;
            let mut next = vec![Rational::zero(); MOST_POWER + 2];
            for j in 1..=MOST_POWER {
                let down = -Rational::from(j as i64) * last[j].clone();
                next[j + 1] -= down.clone() * self.beside.clone();
                next[j] += down;
            }
            ladder.push(next);
        }
        let mut resolved = Vec::new();
        for order in (0..MOST_POWER).rev() {
            let factor = wanted[order + 1].clone() / ladder[order][order + 1].clone();
            if factor.is_zero() {
                continue;
            }
            for j in 1..=order + 1 {
                let part = &factor * &ladder[order][j];
                wanted[j] -= part;
            }
            let mut orders = Vec::new();
            if order > 0 {
                orders.push((self.rate.clone(), u32::try_from(order).ok()?));
            }
            if logarithms > 0 {
                orders.push((self.power.clone(), u32::try_from(logarithms).ok()?));
            }
            let shift = scope.canonical(&moved.minus(&Poly::integer(i64::try_from(order).ok()?))).ok()?;
            let shift = if shift.is_zero() { Vec::new() } else { vec![(self.power.clone(), shift.to_term())] };
            resolved.push((shift, orders, Poly::constant(factor)));
        }
        Some(resolved)
    }
}
