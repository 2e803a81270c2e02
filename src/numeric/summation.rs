//! Sums over consecutive whole numbers, finite or not, with an estimate of the error.
//!
//! Terms are added outwards from the mode. A tail that falls geometrically is bounded; one that falls
//! slowly, such as that of a zeta distribution, is summed by the Euler–Maclaurin formula in its
//! midpoint form (DLMF 2.10.1), checked against terms that were added one by one.

use super::mode;
use super::quadrature::{Effort, Estimate, Integrand, integrate_shaped};

/// Terms added one by one on each side of the mode.
const MOST_TERMS: usize = 4096;

/// Σ f(k) over the whole numbers from `from` to `to`, both included; either may be infinite.
///
/// `None` where f is undefined at a term, or the sum seems to diverge. A slow tail needs f between the
/// whole numbers too; where f is undefined there, the error says how much may be missing.
pub fn sum(f: &dyn Fn(f64) -> f64, from: f64, to: f64) -> Option<Estimate> {
    let shape = |x: f64| f(x).abs().ln();
    let term = |x: f64| {
        let value = f(x);
        (!value.is_nan()).then_some(Estimate { value, error: f64::EPSILON * value.abs() })
    };
    sum_shaped(&term, &shape, from, to, Effort::FULL)
}

/// Σ f, where `shape` is the logarithm of a positive function whose mass lies where that of f lies.
pub(super) fn sum_shaped(
    f: Integrand<'_>,
    shape: &dyn Fn(f64) -> f64,
    from: f64,
    to: f64,
    effort: Effort,
) -> Option<Estimate> {
    if from > to {
        return Some(Estimate::default());
    }
    let start = mode::whole_mode(shape, from, to);
    let middle = f(start)?;
    let up = Side { f, shape, origin: start, direction: 1.0, length: to - start, effort };
    let down = Side { f, shape, origin: start, direction: -1.0, length: start - from, effort };
    let total = middle + up.sum(middle.value.abs())? + down.sum(middle.value.abs())?;
    (total.value.is_finite() && total.error.is_finite()).then_some(total)
}

/// The terms on one side of the mode: f(origin + direction · k) for k = 1, …, length.
struct Side<'a> {
    f: Integrand<'a>,
    shape: &'a dyn Fn(f64) -> f64,
    origin: f64,
    direction: f64,
    length: f64,
    effort: Effort,
}

impl Side<'_> {
    fn term(&self, k: f64) -> Option<Estimate> {
        (self.f)(self.origin + self.direction * k)
    }

    fn sum(&self, at_mode: f64) -> Option<Estimate> {
        const NEGLIGIBLE: f64 = 1e-18;
        const QUIET: usize = 64;
        let mut total = Estimate::default();
        let mut absolute = at_mode;
        let mut terms: Vec<f64> = Vec::new();
        let (mut quiet, mut void) = (0, 0);
        // Up to here there is more to come.
        let mut known = 0.0;
        while terms.len() < MOST_TERMS {
            let k = terms.len() as f64 + 1.0;
            if k > self.length {
                return Some(rounded(total, absolute));
            }
            let term = self.term(k)?;
            total = total + term;
            absolute += term.value.abs();
            terms.push(term.value);
            quiet = if term.value.abs() <= NEGLIGIBLE * absolute { quiet + 1 } else { 0 };
            let massless = (self.shape)(self.origin + self.direction * k) == f64::NEG_INFINITY;
            void = if massless { void + 1 } else { 0 };
            if void.max(quiet) >= QUIET && k > known {
                match self.ahead(k, absolute) {
                    Some(next) => known = next,
                    None if void >= QUIET => return Some(rounded(total, absolute)),
                    None => {}
                }
            }
            if k <= known {
                continue;
            }
            if quiet >= QUIET && absolute > 0.0 {
                let recent = &terms[terms.len() - QUIET..];
                let (first, last) = (recent[0].abs(), recent[QUIET - 1].abs());
                // The mean ratio of the recent terms bounds a geometric tail.
                let ratio = if last == 0.0 { 0.0 } else { (last / first).powf(1.0 / (QUIET as f64 - 1.0)) };
                let rest = last * ratio / (1.0 - ratio);
                if ratio < 0.999 && rest <= 1e-17 * absolute {
                    total.error += rest;
                    return Some(rounded(total, absolute));
                }
            }
        }
        Some(rounded(total, absolute) + self.slow_tail(&terms)?)
    }

    /// The next place after `k` where the mass is no longer negligible: an atom, or another component.
    fn ahead(&self, k: f64, absolute: f64) -> Option<f64> {
        const NEGLIGIBLE: f64 = 1e-18;
        let horizon = if self.effort.scan == mode::Scan::Thorough { MOST_TERMS } else { MOST_TERMS / 16 };
        let least = (absolute * NEGLIGIBLE).ln();
        let last = self.length.min(horizon as f64);
        let places = std::iter::successors(Some(k + 1.0), |place| Some(place + 1.0)).take_while(|place| *place <= last);
        places.into_iter().find(|place| (self.shape)(self.origin + self.direction * place) > least)
    }

    /// The terms after `terms`.
    fn slow_tail(&self, terms: &[f64]) -> Option<Estimate> {
        let known = terms.len();
        match self.euler_maclaurin(known, terms, self.length) {
            Some(tail) => {
                // The same formula over a block that was summed directly shows what it is worth.
                let start = known - known / 4;
                let block: f64 = terms[start..known - 2].iter().sum();
                let claimed = self.euler_maclaurin(start, terms, known as f64 - 2.0)?;
                let share = if block == 0.0 { 1.0 } else { (tail.value / block).abs().max(1.0) };
                let doubt = (claimed.value - block).abs() * share;
                Some(Estimate { value: tail.value, error: tail.error + doubt })
            }
            None => self.power_law(terms),
        }
    }

    /// Σ_{k = n+1}^{last} f = ∫ f + Δ/24 − 17Δ³/5760 between n + ½ and last + ½, where Δ and Δ³ are
    /// the central first and third differences at the ends.
    fn euler_maclaurin(&self, n: usize, terms: &[f64], last: f64) -> Option<Estimate> {
        let at = |k: f64| -> Option<f64> {
            // terms[0] is k = 1.
            match terms.get((k - 1.0) as usize) {
                Some(term) => Some(*term),
                None => Some(self.term(k)?.value),
            }
        };
        let correction = |k: f64| -> Option<(f64, f64)> {
            let (a, b, c, d) = (at(k - 1.0)?, at(k)?, at(k + 1.0)?, at(k + 2.0)?);
            let third = 17.0 * (d - 3.0 * c + 3.0 * b - a) / 5760.0;
            Some(((c - b) / 24.0 - third, third.abs()))
        };
        let from = n as f64;
        let (mut value, mut error) = correction(from)?;
        if last.is_finite() {
            // Beyond the end of the sum f may be undefined: the differences are taken one step inside.
            if last < from + 4.0 {
                return None;
            }
            let (end, end_error) = correction(last - 2.0)?;
            value -= end;
            error += end_error + (at(last)? - 2.0 * at(last - 1.0)? + at(last - 2.0)?).abs() / 12.0;
        }
        let integrand = |k: f64| self.term(k);
        let shape = |k: f64| (self.shape)(self.origin + self.direction * k);
        let integral = integrate_shaped(&integrand, &shape, from + 0.5, last + 0.5, self.effort)?;
        Some(Estimate { value: integral.value + value, error: integral.error + error })
    }

    /// A tail that is only known to fall like a power: its size is all that can be said.
    fn power_law(&self, terms: &[f64]) -> Option<Estimate> {
        let known = terms.len();
        let block = |range: std::ops::Range<usize>| terms[range].iter().map(|term| term.abs()).sum::<f64>();
        // Two blocks, each reaching twice as far as the one before, have the ratio 2^{1+slope}.
        let (inner, outer) = (block(known / 4..known / 2), block(known / 2..known));
        let ratio = outer / inner;
        if ratio.is_nan() || ratio >= 0.999 {
            return None;
        }
        let rest = (outer * ratio / (1.0 - ratio)).min(block(known - 1..known) * (self.length - known as f64));
        Some(Estimate { value: 0.0, error: 2.0 * rest })
    }
}

fn rounded(total: Estimate, absolute: f64) -> Estimate {
    Estimate { value: total.value, error: total.error + 4.0 * f64::EPSILON * absolute }
}
