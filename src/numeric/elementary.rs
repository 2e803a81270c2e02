//! Enclosures of the elementary functions and of π, by series whose remainders are bounded.

use std::sync::OnceLock;

use num_bigint::BigInt;
use num_traits::{One, Signed, ToPrimitive};

use super::interval::{Interval, PRECISION};
use crate::kernel::term::Rational;

/// Terms of a series below 2^−BITS are left to the remainder.
const BITS: i64 = PRECISION + 16;

/// Encloses an increasing function on an interval, given its enclosure at points.
pub(super) fn increasing(x: &Interval, f: impl Fn(&Rational) -> Option<Interval>) -> Option<Interval> {
    let at_low = f(x.low())?;
    if x.as_point().is_some() {
        return Some(at_low);
    }
    Some(at_low.hull(&f(x.high())?))
}

/// π = 16 atan(1/5) − 4 atan(1/239) (Machin; DLMF 3.12.1).
pub fn pi() -> Interval {
    static PI: OnceLock<Interval> = OnceLock::new();
    PI.get_or_init(|| {
        let [a, b] = [5, 239].map(|n| arctangent_series(&Interval::ratio(1, n)));
        Interval::integer(16) * a - Interval::integer(4) * b
    })
    .clone()
}

/// log 2 = 2 artanh(1/3).
fn ln_2() -> Interval {
    static LN_2: OnceLock<Interval> = OnceLock::new();
    LN_2.get_or_init(|| Interval::integer(2) * artanh_series(&Interval::ratio(1, 3))).clone()
}

/// exp(x); `None` when |x| is beyond 10⁵.
pub fn exp(x: &Interval) -> Option<Interval> {
    let Some(middle) = narrow_middle(x) else { return increasing(x, exp_of_point) };
    // exp(m + r) lies in exp(m) (1 ± 2|r|) for |r| ≤ 1/2.
    let spread = Interval::symmetric(&(Interval::integer(2) * (x - Interval::point(middle.clone()))));
    Some(exp_of_point(&middle)? * (Interval::integer(1) + spread))
}

/// The midpoint of an interval that is so narrow that a function may be taken there, with a bound of its
/// change: half the work of taking it at both ends.
fn narrow_middle(x: &Interval) -> Option<Rational> {
    let narrow = Rational::new(BigInt::one(), BigInt::one() << 32u32);
    (x.as_point().is_none() && x.width() < narrow && x.width() < x.largest() * narrow).then(|| x.midpoint())
}

/// exp(x) = exp(x/2^k)^{2^k}; for |r| ≤ 1/2 the Taylor remainder is at most twice the first omitted term.
fn exp_of_point(x: &Rational) -> Option<Interval> {
    const SMALL: usize = 8;
    if x.abs() > Rational::from_integer(100_000.into()) {
        return None;
    }
    let halvings = SMALL + x.to_integer().bits() as usize;
    let reduced = Interval::point(x.clone()) * Interval::ratio(1, BigInt::one() << halvings);
    let mut sum = Interval::integer(1);
    let mut term = Interval::integer(1);
    let mut n = 0u64;
    while !term.is_below_bits(BITS + halvings as i64) {
        n += 1;
        term = (&term * &reduced).over(n);
        sum = &sum + &term;
    }
    let mut result = sum + Interval::symmetric(&(Interval::integer(2) * term));
    for _ in 0..halvings {
        result = &result * &result;
    }
    Some(result)
}

/// log(x); `None` unless every point is positive.
pub fn log(x: &Interval) -> Option<Interval> {
    if !x.is_positive() {
        return None;
    }
    let Some(middle) = narrow_middle(x) else { return increasing(x, |point| Some(log_of_point(point))) };
    // log(m + r) lies in log(m) ± |r|/min x.
    let relative = (x - Interval::point(middle.clone())).divided_by(&Interval::point(x.low().clone()))?;
    Some(log_of_point(&middle) + Interval::symmetric(&relative))
}

/// log(m 2^k) = k log 2 + 2 artanh((m − 1)/(m + 1)), with m in [2/3, 4/3] (DLMF 4.6.4).
fn log_of_point(x: &Rational) -> Interval {
    if x.is_one() {
        return Interval::integer(0);
    }
    let mut exponent = x.numer().bits() as i64 - x.denom().bits() as i64;
    let power_of_two = |k: i64| {
        let power = Rational::from_integer(BigInt::one() << k.unsigned_abs());
        if k < 0 { power.recip() } else { power }
    };
    let mut mantissa = x / power_of_two(exponent);
    if mantissa > Rational::new(4.into(), 3.into()) {
        mantissa /= Rational::from_integer(2.into());
        exponent += 1;
    } else if mantissa < Rational::new(2.into(), 3.into()) {
        mantissa *= Rational::from_integer(2.into());
        exponent -= 1;
    }
    let z = (&mantissa - Rational::one()) / (&mantissa + Rational::one());
    let z = Interval::point(z) * Interval::integer(1);
    Interval::integer(exponent) * ln_2() + Interval::integer(2) * artanh_series(&z)
}

/// artanh z = Σ z^{2j+1}/(2j + 1) for |z| ≤ 1/2; the rest is below 4/3 of the last power.
fn artanh_series(z: &Interval) -> Interval {
    odd_series(z, &(z * z))
}

/// atan z = Σ (−1)^j z^{2j+1}/(2j + 1) for |z| ≤ 1/2.
fn arctangent_series(z: &Interval) -> Interval {
    odd_series(z, &-(z * z))
}

/// Σ_j z q^j/(2j + 1) for |q| ≤ 1/4, bounded by the geometric series.
fn odd_series(z: &Interval, q: &Interval) -> Interval {
    let mut sum = z.clone();
    let mut power = z.clone();
    let mut n = 1u64;
    while !power.is_below_bits(BITS) {
        n += 2;
        power = &power * q;
        sum = &sum + power.over(n);
    }
    sum + Interval::symmetric(&power)
}

/// atan(x).
pub fn atan(x: &Interval) -> Option<Interval> {
    increasing(x, |point| atan_of_point(&Interval::point(point.clone())))
}

/// Three times atan(x) = 2 atan(x / (1 + √(1 + x²))), then the series.
fn atan_of_point(x: &Interval) -> Option<Interval> {
    const HALVINGS: u32 = 3;
    let one = Interval::integer(1);
    let mut reduced = x.clone();
    for _ in 0..HALVINGS {
        let hypotenuse = (&one + &reduced * &reduced).sqrt()?;
        reduced = reduced.divided_by(&(&one + hypotenuse))?;
    }
    Some(Interval::integer(1 << HALVINGS) * arctangent_series(&reduced))
}

/// sin(x).
pub fn sin(x: &Interval) -> Option<Interval> {
    Some(quadrant(x)?.0)
}

/// cos(x).
pub fn cos(x: &Interval) -> Option<Interval> {
    Some(quadrant(x)?.1)
}

/// tan(x); `None` when a pole cannot be excluded.
pub fn tan(x: &Interval) -> Option<Interval> {
    let (sine, cosine) = quadrant(x)?;
    sine.divided_by(&cosine)
}

/// (sin x, cos x), by way of the nearest multiple of π/2; `None` when |x| is beyond 10⁹.
fn quadrant(x: &Interval) -> Option<(Interval, Interval)> {
    let all = Interval::new(-Rational::one(), Rational::one())?;
    if x.width() > Rational::one() {
        return Some((all.clone(), all));
    }
    if x.largest() > Rational::from_integer(1_000_000_000.into()) {
        return None;
    }
    let half_pi = pi() * Interval::ratio(1, 2);
    let turns = (x.midpoint() / half_pi.midpoint() + Rational::new(1.into(), 2.into())).floor().to_integer();
    let rest = x - Interval::integer(turns.clone()) * half_pi;
    // Taylor series at 0 (DLMF 4.19.1, 4.19.2): the remainder is at most the first omitted power.
    let mut sums = [Interval::integer(0), Interval::integer(0)];
    let mut term = Interval::integer(1);
    let mut n = 0usize;
    while !term.is_below_bits(BITS) {
        let signed = if n % 4 < 2 { term.clone() } else { -&term };
        sums[n % 2] = &sums[n % 2] + signed;
        n += 1;
        term = (&term * &rest).over(n as u64);
    }
    // |rest| < 2, so that all later terms together are below twice this one.
    let remainder = Interval::symmetric(&(Interval::integer(2) * term));
    let [cosine, sine] = sums.map(|sum| (sum + &remainder).meet(&all));
    let (cosine, sine) = (cosine?, sine?);
    Some(match turns.to_i64()?.rem_euclid(4) {
        0 => (sine, cosine),
        1 => (cosine, -sine),
        2 => (-sine, -cosine),
        _ => (-cosine, sine),
    })
}

/// cosh(x) = (eˣ + e⁻ˣ)/2.
pub fn cosh(x: &Interval) -> Option<Interval> {
    let size = x.abs();
    increasing(&size, |point| {
        let up = exp_of_point(point)?;
        Some((&up + up.recip()?) * Interval::ratio(1, 2))
    })
}

/// sinh(x) = (eˣ − e⁻ˣ)/2.
pub fn sinh(x: &Interval) -> Option<Interval> {
    increasing(x, |point| {
        let up = exp_of_point(point)?;
        Some((&up - up.recip()?) * Interval::ratio(1, 2))
    })
}

/// tanh(x) = (e²ˣ − 1)/(e²ˣ + 1).
pub fn tanh(x: &Interval) -> Option<Interval> {
    let one = Interval::integer(1);
    increasing(x, |point| {
        let up = exp_of_point(&(point * Rational::from_integer(2.into())))?;
        (&up - &one).divided_by(&(&up + &one))
    })
}

/// x^y with the conventions of the language: a whole exponent for any base, with x⁰ = 1; a rational or
/// real exponent for a base that is positive, or zero when the exponent is positive.
pub fn power(base: &Interval, exponent: &Interval) -> Option<Interval> {
    /// Beyond these sizes exp(y log x) is the shorter way.
    const LARGEST_EXPONENT: i64 = 4096;
    const LARGEST_DEGREE: i64 = 64;
    if let Some(rational) = exponent.as_point() {
        let numerator = rational.numer().to_i64().filter(|n| n.abs() <= LARGEST_EXPONENT);
        let degree = rational.denom().to_i64().filter(|d| *d <= LARGEST_DEGREE);
        if let (Some(numerator), Some(degree)) = (numerator, degree) {
            return if degree == 1 { base.powi(numerator) } else { base.root(degree as u32)?.powi(numerator) };
        }
    }
    if base.as_point().is_some_and(|value| *value == Rational::from_integer(0.into())) && exponent.is_positive() {
        return Some(Interval::integer(0));
    }
    exp(&(exponent * log(base)?))
}
