//! Real intervals with exact rational ends, and arithmetic that rounds outwards.
//!
//! Every operation answers an interval that contains the result for every choice of points in its
//! arguments. Ends stay exact while they are short; long ones are rounded, outwards, to dyadic numbers
//! of [`PRECISION`] significant bits.

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, Zero};

use crate::kernel::term::Rational;

/// Significant bits of an end that had to be rounded.
pub const PRECISION: i64 = 256;

/// The real numbers from `low` to `high`, both included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interval {
    low: Rational,
    high: Rational,
}

impl Interval {
    /// The interval between two ends, rounded outwards; `None` when they are in the wrong order.
    pub fn new(low: Rational, high: Rational) -> Option<Interval> {
        (low <= high).then(|| Interval { low: round_down(low), high: round_up(high) })
    }

    /// A number, exactly.
    pub fn point(value: Rational) -> Interval {
        Interval { low: value.clone(), high: value }
    }

    pub fn integer(value: impl Into<BigInt>) -> Interval {
        Interval::point(Rational::from_integer(value.into()))
    }

    pub fn ratio(numerator: impl Into<BigInt>, denominator: impl Into<BigInt>) -> Interval {
        Interval::point(Rational::new(numerator.into(), denominator.into()))
    }

    /// [−bound, bound] for the larger absolute value of `bound`: a remainder of unknown sign.
    pub fn symmetric(bound: &Interval) -> Interval {
        let radius = round_up(bound.largest());
        Interval { low: -radius.clone(), high: radius }
    }

    pub fn low(&self) -> &Rational {
        &self.low
    }

    pub fn high(&self) -> &Rational {
        &self.high
    }

    pub fn width(&self) -> Rational {
        &self.high - &self.low
    }

    pub fn midpoint(&self) -> Rational {
        (&self.low + &self.high) / Rational::from_integer(2.into())
    }

    /// The number, where the interval is only one.
    pub fn as_point(&self) -> Option<&Rational> {
        (self.low == self.high).then_some(&self.low)
    }

    /// The whole number, where the interval is only that.
    pub fn as_integer(&self) -> Option<BigInt> {
        self.as_point().filter(|value| value.is_integer()).map(Rational::to_integer)
    }

    pub fn contains(&self, value: &Rational) -> bool {
        self.low <= *value && *value <= self.high
    }

    pub fn contains_zero(&self) -> bool {
        !self.low.is_positive() && !self.high.is_negative()
    }

    /// Whether every point is > 0.
    pub fn is_positive(&self) -> bool {
        self.low.is_positive()
    }

    /// Whether every point is < 0.
    pub fn is_negative(&self) -> bool {
        self.high.is_negative()
    }

    /// Whether no number lies in both: the two enclosed numbers are then different.
    pub fn is_disjoint_from(&self, other: &Interval) -> bool {
        self.high < other.low || other.high < self.low
    }

    /// The least interval that holds both.
    pub fn hull(&self, other: &Interval) -> Interval {
        Interval { low: (&self.low).min(&other.low).clone(), high: (&self.high).max(&other.high).clone() }
    }

    /// The part that lies in both; `None` when there is none.
    pub fn meet(&self, other: &Interval) -> Option<Interval> {
        let low = (&self.low).max(&other.low).clone();
        let high = (&self.high).min(&other.high).clone();
        (low <= high).then_some(Interval { low, high })
    }

    pub fn abs(&self) -> Interval {
        if self.contains_zero() {
            Interval { low: Rational::zero(), high: self.largest() }
        } else if self.is_negative() {
            -self
        } else {
            self.clone()
        }
    }

    /// The largest absolute value.
    pub fn largest(&self) -> Rational {
        self.low.abs().max(self.high.abs())
    }

    /// Whether all absolute values are below 2^−bits.
    pub(super) fn is_below_bits(&self, bits: i64) -> bool {
        let largest = self.largest();
        largest.is_zero() || magnitude(&largest) < -bits
    }

    /// 1/x; `None` when 0 is among the points.
    pub fn recip(&self) -> Option<Interval> {
        if self.contains_zero() {
            return None;
        }
        Interval::new(self.high.recip(), self.low.recip())
    }

    pub fn divided_by(&self, other: &Interval) -> Option<Interval> {
        Some(self * &other.recip()?)
    }

    /// x/n for a whole number n > 0, which is cheaper than a general quotient.
    pub(super) fn over(&self, n: u64) -> Interval {
        let quotient = |value: &Rational, divide: fn(&BigInt, &BigInt) -> BigInt| {
            if value.bits() < 32 {
                return value / Rational::from_integer(n.into());
            }
            quotient_of(&value.numer(), &(value.denom() * n), divide)
        };
        Interval { low: quotient(&self.low, |a, b| a.div_floor(b)), high: quotient(&self.high, |a, b| a.div_ceil(b)) }
    }

    /// xⁿ for a whole number n, with x⁰ = 1; `None` for a negative power of an interval that holds 0.
    pub fn powi(&self, exponent: i64) -> Option<Interval> {
        if exponent < 0 {
            return self.recip()?.powi(exponent.checked_neg()?);
        }
        if exponent % 2 == 0 && self.contains_zero() && exponent > 0 {
            if self.as_point().is_some() {
                return Some(Interval::integer(0));
            }
            let largest = Interval::point(self.largest()).powi(exponent)?;
            return Some(Interval { low: Rational::zero(), high: largest.high });
        }
        let mut result = Interval::integer(1);
        let mut square = self.clone();
        let mut rest = exponent;
        while rest > 0 {
            if rest % 2 == 1 {
                result = &result * &square;
            }
            rest /= 2;
            if rest > 0 {
                square = &square * &square;
            }
        }
        Some(result)
    }

    /// The root of a given degree ≥ 1; `None` when a point is negative.
    pub fn root(&self, degree: u32) -> Option<Interval> {
        if self.low.is_negative() || degree == 0 {
            return None;
        }
        let low = root_of_point(&self.low, degree);
        if self.as_point().is_some() {
            return Some(low);
        }
        Some(Interval { low: low.low, high: root_of_point(&self.high, degree).high })
    }

    pub fn sqrt(&self) -> Option<Interval> {
        self.root(2)
    }
}

/// Encloses the root of a non-negative rational; exact where the root is rational.
fn root_of_point(value: &Rational, degree: u32) -> Interval {
    let exact = |integer: &BigInt| Some(integer.nth_root(degree)).filter(|root| root.pow(degree) == *integer);
    if let (Some(numerator), Some(denominator)) = (exact(&value.numer()), exact(&value.denom())) {
        return Interval::point(Rational::new(numerator, denominator));
    }
    // r = ⌊(value · 2^{degree·shift})^{1/degree}⌋ has PRECISION bits; the root lies in [r, r + 1] / 2^shift.
    let shift = (PRECISION - magnitude(value) / i64::from(degree)).max(0);
    let scaled = (value.numer() << (shift * i64::from(degree)) as usize).div_floor(&value.denom());
    let root = scaled.nth_root(degree);
    let next = &root + BigInt::one();
    Interval { low: Rational::dyadic(root, -shift), high: Rational::dyadic(next, -shift) }
}

/// The exponent of the leading bit, give or take one.
fn magnitude(value: &Rational) -> i64 {
    value.numer().bits() as i64 - value.denom().bits() as i64
}

/// The exponent k, where the denominator is 2^k.
fn dyadic_exponent(value: &Rational) -> Option<i64> {
    let length = value.denom().bits();
    (value.denom().trailing_zeros()? + 1 == length).then_some(length as i64 - 1)
}

/// a + b; the common case of two dyadic numbers needs no greatest common divisor.
fn plus(a: &Rational, b: &Rational) -> Rational {
    match (dyadic_exponent(a), dyadic_exponent(b)) {
        (Some(of_a), Some(of_b)) => {
            let common = of_a.max(of_b);
            let mantissa = (a.numer() << (common - of_a) as usize) + (b.numer() << (common - of_b) as usize);
            Rational::dyadic(mantissa, -common)
        }
        _ => a + b,
    }
}

/// a · b, in the same way.
fn times(a: &Rational, b: &Rational) -> Rational {
    match (dyadic_exponent(a), dyadic_exponent(b)) {
        (Some(of_a), Some(of_b)) => Rational::dyadic(a.numer() * b.numer(), -(of_a + of_b)),
        _ => a * b,
    }
}

fn round_down(value: Rational) -> Rational {
    round(value, |numerator, denominator| numerator.div_floor(denominator))
}

fn round_up(value: Rational) -> Rational {
    round(value, |numerator, denominator| numerator.div_ceil(denominator))
}

/// Cuts a long number to PRECISION bits, with the quotient taken by `divide`.
fn round(value: Rational, divide: impl Fn(&BigInt, &BigInt) -> BigInt) -> Rational {
    if value.bits() <= PRECISION as u64 || value.is_zero() {
        return value;
    }
    quotient_of(&value.numer(), &value.denom(), divide)
}

/// numerator / denominator, not 0, to PRECISION bits, with the quotient taken by `divide`.
fn quotient_of(numerator: &BigInt, denominator: &BigInt, divide: impl Fn(&BigInt, &BigInt) -> BigInt) -> Rational {
    let shift = PRECISION - (numerator.bits() as i64 - denominator.bits() as i64);
    let quotient = if shift >= 0 {
        divide(&(numerator << shift as usize), denominator)
    } else {
        divide(numerator, &(denominator << (-shift) as usize))
    };
    Rational::dyadic(quotient, -shift)
}

impl std::ops::Neg for &Interval {
    type Output = Interval;
    fn neg(self) -> Interval {
        Interval { low: -self.high.clone(), high: -self.low.clone() }
    }
}

impl std::ops::Add for &Interval {
    type Output = Interval;
    fn add(self, other: &Interval) -> Interval {
        outward(plus(&self.low, &other.low), plus(&self.high, &other.high))
    }
}

impl std::ops::Sub for &Interval {
    type Output = Interval;
    fn sub(self, other: &Interval) -> Interval {
        self + &-other
    }
}

impl std::ops::Mul for &Interval {
    type Output = Interval;
    fn mul(self, other: &Interval) -> Interval {
        // Equal signs decide which corners of the rectangle are extreme.
        if !self.low.is_negative() && !other.low.is_negative() {
            return outward(times(&self.low, &other.low), times(&self.high, &other.high));
        }
        if self.low.is_negative() && !self.high.is_positive() {
            return -(&-self * other);
        }
        if other.low.is_negative() && !other.high.is_positive() {
            return -(self * &-other);
        }
        let corners = [
            times(&self.low, &other.low),
            times(&self.low, &other.high),
            times(&self.high, &other.low),
            times(&self.high, &other.high),
        ];
        let low = corners.iter().min().expect("four corners").clone();
        let high = corners.iter().max().expect("four corners").clone();
        outward(low, high)
    }
}

fn outward(low: Rational, high: Rational) -> Interval {
    Interval { low: round_down(low), high: round_up(high) }
}

/// The same operations on owned operands, so that formulas read as such.
macro_rules! by_value {
    ($($operation:ident $method:ident),*) => { $(
        impl std::ops::$operation for Interval {
            type Output = Interval;
            fn $method(self, other: Interval) -> Interval {
                (&self).$method(&other)
            }
        }
        impl std::ops::$operation<&Interval> for Interval {
            type Output = Interval;
            fn $method(self, other: &Interval) -> Interval {
                (&self).$method(other)
            }
        }
        impl std::ops::$operation<Interval> for &Interval {
            type Output = Interval;
            fn $method(self, other: Interval) -> Interval {
                self.$method(&other)
            }
        }
    )* };
}

by_value!(Add add, Sub sub, Mul mul);

impl std::ops::Neg for Interval {
    type Output = Interval;
    fn neg(self) -> Interval {
        -&self
    }
}
