//! Exact rational numbers, in machine words where they fit.
//!
//! Nearly every coefficient and exponent is a small fraction. Those are computed in 128 bits, where
//! sums and products of two of them are exact, and take no memory of their own; all others are
//! [`BigRational`]s.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::iter::{Product, Sum};
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Rem, Sub, SubAssign};
use std::str::FromStr;

use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{Num, One, Pow, Signed, ToPrimitive, Zero};

/// An exact rational number.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Rational(Value);

/// One representation for each number, so that equal numbers are equal values.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Value {
    /// A reduced fraction, the denominator positive, neither of the two [`i64::MIN`].
    Small(i64, i64),
    /// A number that is no such fraction.
    Large(Box<BigRational>),
}

use Value::{Large, Small};

impl Rational {
    /// The fraction `numerator / denominator`.
    ///
    /// # Panics
    /// When the denominator is zero.
    pub fn new(numerator: BigInt, denominator: BigInt) -> Rational {
        match (word(&numerator), word(&denominator)) {
            (Some(above), Some(below)) => reduced(above.into(), below.into()),
            _ => BigRational::new(numerator, denominator).into(),
        }
    }

    pub fn from_integer(value: BigInt) -> Rational {
        match word(&value) {
            Some(small) => Rational(Small(small, 1)),
            None => Rational(Large(Box::new(BigRational::from_integer(value)))),
        }
    }

    /// mantissa · 2^exponent, without looking for a greatest common divisor.
    pub fn dyadic(mantissa: BigInt, exponent: i64) -> Rational {
        if exponent >= 0 {
            return Rational::from_integer(mantissa << exponent as usize);
        }
        let Some(zeros) = mantissa.trailing_zeros() else { return Rational::zero() };
        let cancelled = (zeros as i64).min(-exponent);
        let below = BigInt::one() << (-exponent - cancelled) as usize;
        BigRational::new_raw(mantissa >> cancelled as usize, below).into()
    }

    pub fn numer(&self) -> BigInt {
        match &self.0 {
            Small(above, _) => BigInt::from(*above),
            Large(value) => value.numer().clone(),
        }
    }

    pub fn denom(&self) -> BigInt {
        match &self.0 {
            Small(_, below) => BigInt::from(*below),
            Large(value) => value.denom().clone(),
        }
    }

    /// Numerator and denominator, where both are machine words.
    pub fn as_words(&self) -> Option<(i64, i64)> {
        match self.0 {
            Small(above, below) => Some((above, below)),
            Large(_) => None,
        }
    }

    /// The bits of the longer of numerator and denominator.
    pub fn bits(&self) -> u64 {
        match &self.0 {
            Small(above, below) => length(*above).max(length(*below)),
            Large(value) => value.numer().bits().max(value.denom().bits()),
        }
    }

    pub fn is_integer(&self) -> bool {
        match &self.0 {
            Small(_, below) => *below == 1,
            Large(value) => value.is_integer(),
        }
    }

    /// Rounded towards zero, where that is a machine word.
    pub fn to_i64(&self) -> Option<i64> {
        match &self.0 {
            Small(above, below) => Some(above / below),
            Large(value) => value.to_i64(),
        }
    }

    /// Rounded towards zero.
    pub fn to_integer(&self) -> BigInt {
        match &self.0 {
            Small(above, below) => BigInt::from(above / below),
            Large(value) => value.to_integer(),
        }
    }

    pub fn floor(&self) -> Rational {
        match &self.0 {
            Small(above, below) => Rational(Small(Integer::div_floor(above, below), 1)),
            Large(value) => value.floor().into(),
        }
    }

    pub fn ceil(&self) -> Rational {
        match &self.0 {
            Small(above, below) => Rational(Small(Integer::div_ceil(above, below), 1)),
            Large(value) => value.ceil().into(),
        }
    }

    /// # Panics
    /// Of zero.
    pub fn recip(&self) -> Rational {
        match &self.0 {
            Small(above, below) => {
                assert!(*above != 0, "division by zero");
                Rational(Small(below * above.signum(), above.abs()))
            }
            Large(value) => value.recip().into(),
        }
    }

    /// # Panics
    /// When zero is raised to a negative power.
    pub fn pow(&self, exponent: i32) -> Rational {
        let power = Pow::pow(self, exponent.unsigned_abs());
        if exponent < 0 { power.recip() } else { power }
    }

    /// The bits of numerator and denominator together.
    pub fn total_bits(&self) -> u64 {
        match &self.0 {
            Small(above, below) => length(*above) + length(*below),
            Large(value) => value.numer().bits() + value.denom().bits(),
        }
    }

    /// The greatest positive rational of which both are whole multiples.
    pub fn common_measure(&self, other: &Rational) -> Rational {
        match (&self.0, &other.0) {
            (Small(a, 1), Small(b, 1)) => Rational(Small(a.gcd(b), 1)),
            (Small(a, c), Small(b, d)) => {
                let below = if c == d { (*c).into() } else { i128::from(*c) * i128::from(d / divisor(*c, *d)) };
                fitted(a.gcd(b).into(), below)
            }
            _ => Rational::new(self.numer().gcd(&other.numer()), self.denom().lcm(&other.denom())),
        }
    }

    fn big(&self) -> Cow<'_, BigRational> {
        match &self.0 {
            Small(above, below) => Cow::Owned(BigRational::new_raw((*above).into(), (*below).into())),
            Large(value) => Cow::Borrowed(value),
        }
    }
}

/// The bits of a machine word without its sign.
fn length(value: i64) -> u64 {
    u64::from(u64::BITS - value.unsigned_abs().leading_zeros())
}

/// A machine word that can be negated.
fn word(value: &BigInt) -> Option<i64> {
    value.to_i64().filter(|value| *value != i64::MIN)
}

/// An integer that two words have made.
fn whole(value: i128) -> Rational {
    match i64::try_from(value) {
        Ok(small) if small != i64::MIN => Rational(Small(small, 1)),
        _ => Rational(Large(Box::new(BigRational::from_integer(value.into())))),
    }
}

/// A fraction of two numbers, each less than 2^127 in absolute value.
fn reduced(above: i128, below: i128) -> Rational {
    assert!(below != 0, "division by zero");
    let (above, below) = if below < 0 { (-above, -below) } else { (above, below) };
    let divisor = match (u64::try_from(above.unsigned_abs()), u64::try_from(below)) {
        (Ok(a), Ok(b)) => i128::from(a.gcd(&b)),
        _ => above.gcd(&below),
    };
    let (above, below) = (above / divisor, below / divisor);
    match (i64::try_from(above), i64::try_from(below)) {
        (Ok(a), Ok(b)) if a != i64::MIN => Rational(Small(a, b)),
        _ => Rational(Large(Box::new(BigRational::new_raw(above.into(), below.into())))),
    }
}

impl From<BigRational> for Rational {
    fn from(value: BigRational) -> Rational {
        match (word(value.numer()), word(value.denom())) {
            (Some(above), Some(below)) => Rational(Small(above, below)),
            _ => Rational(Large(Box::new(value))),
        }
    }
}

impl From<Rational> for BigRational {
    fn from(value: Rational) -> BigRational {
        value.big().into_owned()
    }
}

impl From<BigInt> for Rational {
    fn from(value: BigInt) -> Rational {
        Rational::from_integer(value)
    }
}

impl From<i64> for Rational {
    fn from(value: i64) -> Rational {
        whole(value.into())
    }
}

/// A fraction without a common divisor, the denominator positive.
fn fitted(above: i128, below: i128) -> Rational {
    match (i64::try_from(above), i64::try_from(below)) {
        (Ok(a), Ok(b)) if a != i64::MIN => Rational(Small(a, b)),
        _ => Rational(Large(Box::new(BigRational::new_raw(above.into(), below.into())))),
    }
}

/// The greatest common divisor of two words, the second positive.
fn divisor(a: i64, b: i64) -> i64 {
    if b == 1 { 1 } else { a.unsigned_abs().gcd(&b.unsigned_abs()) as i64 }
}

// Products of two words are below 2^126 in absolute value, and the sum of two such products below 2^127.
// Common divisors are taken out of words, which costs less than out of their products (Knuth, The Art of
// Computer Programming 2, 4.5.1).

/// a/b + c/d of reduced fractions: no divisor of b or d is one of the sum's numerator, but for those of both.
fn sum_of_words(a: i64, b: i64, c: i64, d: i64) -> Rational {
    let wide = i128::from;
    if b == 1 && d == 1 {
        return whole(wide(a) + wide(c));
    }
    let shared = if b == d { b } else { divisor(b, d) };
    let above = wide(a) * wide(d / shared) + wide(c) * wide(b / shared);
    if above == 0 {
        return Rational::zero();
    }
    let common = match shared {
        1 => 1,
        // What is left of a remainder by a word is a word.
        _ => divisor((above % wide(shared)) as i64, shared),
    };
    fitted(above / wide(common), wide(b / shared) * wide(d / common))
}

/// (a/b)(c/d) of reduced fractions.
fn product_of_words(a: i64, b: i64, c: i64, d: i64) -> Rational {
    let wide = i128::from;
    if b == 1 && d == 1 {
        return whole(wide(a) * wide(c));
    }
    let (first, second) = (divisor(a, d), divisor(c, b));
    fitted(wide(a / first) * wide(c / second), wide(b / second) * wide(d / first))
}

fn sum(a: &Rational, b: &Rational) -> Rational {
    match (&a.0, &b.0) {
        (Small(a, b), Small(c, d)) => sum_of_words(*a, *b, *c, *d),
        _ => (&*a.big() + &*b.big()).into(),
    }
}

fn difference(a: &Rational, b: &Rational) -> Rational {
    match (&a.0, &b.0) {
        (Small(a, b), Small(c, d)) => sum_of_words(*a, *b, -c, *d),
        _ => (&*a.big() - &*b.big()).into(),
    }
}

fn product(a: &Rational, b: &Rational) -> Rational {
    match (&a.0, &b.0) {
        (Small(a, b), Small(c, d)) => product_of_words(*a, *b, *c, *d),
        _ => (&*a.big() * &*b.big()).into(),
    }
}

fn quotient(a: &Rational, b: &Rational) -> Rational {
    match (&a.0, &b.0) {
        (Small(a, b), Small(c, d)) => {
            assert!(*c != 0, "division by zero");
            product_of_words(*a, *b, d * c.signum(), c.abs())
        }
        _ => (&*a.big() / &*b.big()).into(),
    }
}

fn remainder(a: &Rational, b: &Rational) -> Rational {
    (&*a.big() % &*b.big()).into()
}

/// An operator for values and for references.
macro_rules! operator {
    ($operator:ident, $method:ident, $function:ident) => {
        impl $operator<&Rational> for &Rational {
            type Output = Rational;
            fn $method(self, other: &Rational) -> Rational {
                $function(self, other)
            }
        }
        impl $operator<Rational> for &Rational {
            type Output = Rational;
            fn $method(self, other: Rational) -> Rational {
                $function(self, &other)
            }
        }
        impl $operator<&Rational> for Rational {
            type Output = Rational;
            fn $method(self, other: &Rational) -> Rational {
                $function(&self, other)
            }
        }
        impl $operator<Rational> for Rational {
            type Output = Rational;
            fn $method(self, other: Rational) -> Rational {
                $function(&self, &other)
            }
        }
    };
}

operator!(Add, add, sum);
operator!(Sub, sub, difference);
operator!(Mul, mul, product);
operator!(Div, div, quotient);
operator!(Rem, rem, remainder);

/// An assignment for values and for references.
macro_rules! assignment {
    ($operator:ident, $method:ident, $function:ident) => {
        impl $operator<&Rational> for Rational {
            fn $method(&mut self, other: &Rational) {
                *self = $function(self, other);
            }
        }
        impl $operator<Rational> for Rational {
            fn $method(&mut self, other: Rational) {
                *self = $function(self, &other);
            }
        }
    };
}

assignment!(AddAssign, add_assign, sum);
assignment!(SubAssign, sub_assign, difference);
assignment!(MulAssign, mul_assign, product);
assignment!(DivAssign, div_assign, quotient);

impl Neg for Rational {
    type Output = Rational;
    fn neg(self) -> Rational {
        match self.0 {
            Small(above, below) => Rational(Small(-above, below)),
            Large(value) => (-*value).into(),
        }
    }
}

impl Neg for &Rational {
    type Output = Rational;
    fn neg(self) -> Rational {
        -self.clone()
    }
}

impl Pow<i32> for Rational {
    type Output = Rational;
    fn pow(self, exponent: i32) -> Rational {
        Rational::pow(&self, exponent)
    }
}

impl Pow<u32> for &Rational {
    type Output = Rational;
    fn pow(self, exponent: u32) -> Rational {
        if let Small(above, below) = self.0
            && let (Some(above), Some(below)) = (above.checked_pow(exponent), below.checked_pow(exponent))
            && above != i64::MIN
        {
            return Rational(Small(above, below));
        }
        Pow::pow(&*self.big(), exponent).into()
    }
}

impl Default for Rational {
    fn default() -> Rational {
        Rational::zero()
    }
}

impl Sum for Rational {
    fn sum<I: Iterator<Item = Rational>>(values: I) -> Rational {
        values.fold(Rational::zero(), |total, value| total + value)
    }
}

impl Product for Rational {
    fn product<I: Iterator<Item = Rational>>(values: I) -> Rational {
        values.fold(Rational::one(), |total, value| total * value)
    }
}

impl Zero for Rational {
    fn zero() -> Rational {
        Rational(Small(0, 1))
    }

    fn is_zero(&self) -> bool {
        matches!(self.0, Small(0, _))
    }
}

impl One for Rational {
    fn one() -> Rational {
        Rational(Small(1, 1))
    }

    fn is_one(&self) -> bool {
        matches!(self.0, Small(1, 1))
    }
}

impl FromStr for Rational {
    type Err = num_rational::ParseRatioError;

    fn from_str(text: &str) -> Result<Rational, Self::Err> {
        text.parse().map(|value: BigRational| value.into())
    }
}

impl Num for Rational {
    type FromStrRadixErr = num_rational::ParseRatioError;

    fn from_str_radix(text: &str, radix: u32) -> Result<Rational, Self::FromStrRadixErr> {
        BigRational::from_str_radix(text, radix).map(Rational::from)
    }
}

impl Signed for Rational {
    fn abs(&self) -> Rational {
        if self.is_negative() { -self } else { self.clone() }
    }

    fn abs_sub(&self, other: &Rational) -> Rational {
        if self <= other { Rational::zero() } else { self - other }
    }

    fn signum(&self) -> Rational {
        match &self.0 {
            Small(above, _) => Rational(Small(above.signum(), 1)),
            Large(value) => value.signum().into(),
        }
    }

    fn is_positive(&self) -> bool {
        match &self.0 {
            Small(above, _) => *above > 0,
            Large(value) => value.is_positive(),
        }
    }

    fn is_negative(&self) -> bool {
        match &self.0 {
            Small(above, _) => *above < 0,
            Large(value) => value.is_negative(),
        }
    }
}

impl Ord for Rational {
    fn cmp(&self, other: &Rational) -> Ordering {
        match (&self.0, &other.0) {
            (Small(a, c), Small(b, d)) if c == d => a.cmp(b),
            (Small(a, c), Small(b, d)) => {
                let [a, b, c, d] = [*a, *b, *c, *d].map(i128::from);
                (a * d).cmp(&(b * c))
            }
            _ => self.big().cmp(&other.big()),
        }
    }
}

impl PartialOrd for Rational {
    fn partial_cmp(&self, other: &Rational) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Rational {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&*self.big(), f)
    }
}

impl fmt::Debug for Rational {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers about every bound of the representation.
    fn samples() -> Vec<BigRational> {
        let word = BigInt::from(i64::MAX);
        let whole = [0, 1, 2, 6].map(BigInt::from).into_iter();
        let whole: Vec<BigInt> = whole.chain((-2..=2).map(|by| &word + by)).chain([&word * &word, &word * 6]).collect();
        let signed = whole.iter().flat_map(|value| [value.clone(), -value]);
        let below: Vec<&BigInt> = whole.iter().filter(|value| !value.is_zero()).collect();
        signed
            .flat_map(|above| below.iter().map(move |below| BigRational::new(above.clone(), (*below).clone())))
            .collect()
    }

    /// The number, and that it has the one representation that it may have.
    fn check(value: Rational, expected: BigRational) {
        assert_eq!(BigRational::from(value.clone()), expected);
        assert_eq!(value, Rational::from(expected.clone()));
        assert_eq!(value.to_string(), expected.to_string());
    }

    #[test]
    fn arithmetic_is_that_of_large_rationals() {
        let samples = samples();
        for a in &samples {
            let own = Rational::from(a.clone());
            check(Rational::new(a.numer().clone(), a.denom().clone()), a.clone());
            check(-&own, -a);
            check(own.abs(), a.abs());
            check(own.floor(), a.floor());
            check(own.ceil(), a.ceil());
            check(own.signum(), a.signum());
            assert_eq!(own.to_integer(), a.to_integer());
            assert_eq!((own.numer(), own.denom()), (a.numer().clone(), a.denom().clone()));
            assert_eq!(own.bits(), a.numer().bits().max(a.denom().bits()));
            assert_eq!(
                (own.is_integer(), own.is_negative(), own.is_positive()),
                (a.is_integer(), a.is_negative(), a.is_positive())
            );
            assert_eq!(own.to_i64(), a.to_i64());
            if !a.is_zero() {
                check(own.recip(), a.recip());
            }
            for b in &samples {
                let other = Rational::from(b.clone());
                check(&own + &other, a + b);
                check(&own - &other, a - b);
                check(&own * &other, a * b);
                assert_eq!(own.cmp(&other), a.cmp(b));
                assert_eq!(own == other, a == b);
                if !b.is_zero() {
                    check(&own / &other, a / b);
                    check(&own % &other, a % b);
                }
                if let Some(exponent) = b.to_i64().filter(|exponent| b.is_integer() && (-64..64).contains(exponent)) {
                    let scale = BigRational::from_integer(2.into()).pow(exponent as i32);
                    check(Rational::dyadic(a.numer().clone(), exponent), BigRational::from(a.numer().clone()) * scale);
                }
                let measure = BigRational::new(a.numer().gcd(b.numer()), a.denom().lcm(b.denom()));
                check(own.common_measure(&other), measure);
            }
        }
    }

    #[test]
    #[should_panic(expected = "division by zero")]
    fn nothing_is_divided_by_zero() {
        let _ = Rational::one() / Rational::zero();
    }
}
