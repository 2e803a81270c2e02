//! Rational polynomials in logarithms of primes, with roots of primes as coefficients: exact, and with
//! a way to be sure that a number is not zero.

use std::collections::BTreeMap;
use std::fmt;

use crate::kernel::term::Rational;
use num_bigint::BigInt;
use num_rational::Ratio;
use num_traits::{One, Signed, ToPrimitive, Zero};

/// Π prime^root · Π (log prime)^power, each root in (0, 1).
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Unit {
    roots: BTreeMap<u64, Ratio<i64>>,
    logs: BTreeMap<u64, u32>,
}

/// Σ c · unit, no c zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exact(BTreeMap<Unit, Rational>);

/// Larger primes are not looked for; the family is passed over.
const LARGEST_PRIME: u64 = 1_000_000;

impl Exact {
    pub fn rational(value: Rational) -> Exact {
        Exact::term(Unit::default(), value)
    }

    pub fn integer(value: i64) -> Exact {
        Exact::rational(Rational::from_integer(value.into()))
    }

    fn term(unit: Unit, value: Rational) -> Exact {
        let mut terms = BTreeMap::new();
        if !value.is_zero() {
            terms.insert(unit, value);
        }
        Exact(terms)
    }

    pub fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    pub fn as_rational(&self) -> Option<Rational> {
        if self.is_zero() {
            return Some(Rational::zero());
        }
        self.as_product().filter(|(roots, _)| roots.is_empty()).map(|(_, value)| value.clone())
    }

    /// A positive or negative rational times roots of primes: what can be divided by.
    fn as_product(&self) -> Option<(&BTreeMap<u64, Ratio<i64>>, &Rational)> {
        let (unit, value) = self.0.first_key_value()?;
        (self.0.len() == 1 && unit.logs.is_empty()).then_some((&unit.roots, value))
    }

    #[must_use]
    pub fn minus(&self, other: &Exact) -> Exact {
        let mut sum = self.clone();
        sum.accumulate(other, &-Rational::one());
        sum
    }

    pub fn accumulate(&mut self, other: &Exact, scale: &Rational) {
        for (unit, coefficient) in &other.0 {
            self.add(unit.clone(), if scale.is_one() { coefficient.clone() } else { coefficient * scale });
        }
    }

    /// self += left · right.
    pub fn add_product(&mut self, left: &Exact, right: &Exact) {
        for (first, one) in &left.0 {
            for (second, other) in &right.0 {
                let mut unit = first.clone();
                let mut coefficient = one * other;
                for (prime, root) in &second.roots {
                    coefficient *= multiply_root(&mut unit.roots, *prime, *root);
                }
                for (prime, power) in &second.logs {
                    *unit.logs.entry(*prime).or_insert(0) += power;
                }
                self.add(unit, coefficient);
            }
        }
    }

    fn add(&mut self, unit: Unit, coefficient: Rational) {
        use std::collections::btree_map::Entry;
        match self.0.entry(unit) {
            Entry::Vacant(place) if !coefficient.is_zero() => {
                place.insert(coefficient);
            }
            Entry::Vacant(_) => {}
            Entry::Occupied(mut place) => {
                *place.get_mut() += coefficient;
                if place.get().is_zero() {
                    place.remove();
                }
            }
        }
    }

    #[must_use]
    pub fn times(&self, other: &Exact) -> Exact {
        let mut product = Exact::default();
        product.add_product(self, other);
        product
    }

    #[must_use]
    pub fn scaled(&self, factor: &Rational) -> Exact {
        let mut product = Exact::default();
        product.accumulate(self, factor);
        product
    }

    /// log of a positive rational times roots, by prime factors.
    pub fn log(&self) -> Option<Exact> {
        let (roots, value) = self.as_product()?;
        if !value.is_positive() {
            return None;
        }
        let mut exponents: BTreeMap<u64, Ratio<i64>> = roots.clone();
        for (prime, count) in prime_exponents(value)? {
            *exponents.entry(prime).or_insert_with(Ratio::zero) += Ratio::from_integer(count);
        }
        let mut sum = Exact::default();
        for (prime, exponent) in exponents {
            let unit = Unit { logs: BTreeMap::from([(prime, 1)]), ..Unit::default() };
            let exponent = Rational::new((*exponent.numer()).into(), (*exponent.denom()).into());
            sum.accumulate(&Exact::term(unit, exponent), &Rational::one());
        }
        Some(sum)
    }

    /// exp, where it is rational: of whole multiples of logarithms.
    pub fn exp(&self) -> Option<Rational> {
        let mut product = Rational::one();
        for (unit, coefficient) in &self.0 {
            let (prime, power) = unit.logs.iter().next()?;
            if !unit.roots.is_empty() || unit.logs.len() != 1 || *power != 1 || !coefficient.is_integer() {
                return None;
            }
            product *=
                num_traits::Pow::pow(Rational::from_integer((*prime).into()), coefficient.to_integer().to_i32()?);
        }
        Some(product)
    }

    /// self^exponent: of a positive rational times roots; of a negative one for whole exponents.
    pub fn power(&self, exponent: &Rational) -> Option<Exact> {
        let (roots, value) = self.as_product()?;
        if exponent.is_integer() && roots.is_empty() {
            return Some(Exact::rational(num_traits::Pow::pow(value.clone(), exponent.to_integer().to_i32()?)));
        }
        if value.is_negative() {
            return None;
        }
        let exponent = Ratio::new(exponent.numer().to_i64()?, exponent.denom().to_i64()?);
        let mut exponents = roots.clone();
        for (prime, count) in prime_exponents(value)? {
            *exponents.entry(prime).or_insert_with(Ratio::zero) += Ratio::from_integer(count);
        }
        let mut unit = Unit::default();
        let mut coefficient = Rational::one();
        for (prime, own) in exponents {
            coefficient *= multiply_root(&mut unit.roots, prime, own * exponent);
        }
        Some(Exact::term(unit, coefficient))
    }

    /// Is the number surely not zero? Rational combinations of different products of roots of primes
    /// (Besicovitch 1940), and linear forms in logarithms of primes with an algebraic part (Baker), vanish only
    /// term by term; what is neither is enclosed.
    pub fn is_surely_nonzero(&self) -> bool {
        if self.is_zero() {
            return false;
        }
        let rooted = self.0.keys().any(|unit| !unit.roots.is_empty());
        let degree = self.0.keys().map(|unit| unit.logs.values().sum::<u32>()).max().unwrap_or(0);
        if degree == 0 || (degree == 1 && !rooted) {
            return true;
        }
        let (low, high) = self.enclosure();
        low.is_positive() || high.is_negative()
    }

    fn enclosure(&self) -> (Rational, Rational) {
        let mut total = (Rational::zero(), Rational::zero());
        for (unit, coefficient) in &self.0 {
            // Logarithms and roots of primes are positive, so products keep the order.
            let mut term = (Rational::one(), Rational::one());
            let logs =
                unit.logs.iter().flat_map(|(prime, power)| std::iter::repeat_n(log_enclosure(*prime), *power as usize));
            let roots = unit.roots.iter().map(|(prime, root)| root_enclosure(*prime, *root));
            for (low, high) in logs.chain(roots) {
                term = (&term.0 * &low, &term.1 * &high);
            }
            let (low, high) = (coefficient * term.0, coefficient * term.1);
            let (low, high) = if coefficient.is_negative() { (high, low) } else { (low, high) };
            total = (total.0 + low, total.1 + high);
        }
        total
    }

    /// To read by; decides nothing.
    pub fn decimal(&self) -> f64 {
        let term = |(unit, coefficient): (&Unit, &Rational)| {
            let logs: f64 = unit.logs.iter().map(|(prime, power)| (*prime as f64).ln().powi(*power as i32)).product();
            let roots: f64 = unit
                .roots
                .iter()
                .map(|(prime, root)| (*prime as f64).powf(*root.numer() as f64 / *root.denom() as f64))
                .product();
            coefficient.to_f64().unwrap_or(f64::NAN) * logs * roots
        };
        // An empty sum of floats is −0.
        self.0.iter().map(term).sum::<f64>() + 0.0
    }
}

/// One more prime^exponent; its whole part is returned.
fn multiply_root(roots: &mut BTreeMap<u64, Ratio<i64>>, prime: u64, exponent: Ratio<i64>) -> Rational {
    let sum = roots.get(&prime).copied().unwrap_or_else(Ratio::zero) + exponent;
    let whole = sum.floor();
    let rest = sum - whole;
    if rest.is_zero() {
        roots.remove(&prime);
    } else {
        roots.insert(prime, rest);
    }
    num_traits::Pow::pow(Rational::from_integer(prime.into()), i32::try_from(whole.to_integer()).unwrap_or(0))
}

/// log p = k log 2 + 2 artanh((m − 1)/(m + 1)) with m = p / 2^k in [1, 2): rational bounds from the series.
fn log_enclosure(prime: u64) -> (Rational, Rational) {
    let artanh = |x: &Rational| {
        let square = x * x;
        let mut power = x.clone();
        let mut sum = Rational::zero();
        let mut number = 1;
        while number < 81 {
            sum += &power / Rational::from_integer(number.into());
            power *= &square;
            number += 2;
        }
        // What is left is below a geometric series.
        let rest = power / (Rational::one() - square);
        (sum.clone(), sum + rest)
    };
    let two = Rational::from_integer(2.into());
    let log_two = artanh(&Rational::new(1.into(), 3.into()));
    let exponent = prime.ilog2();
    let mantissa = Rational::new(prime.into(), BigInt::one() << exponent);
    let rest = artanh(&((&mantissa - Rational::one()) / (&mantissa + Rational::one())));
    let times = Rational::from_integer(exponent.into());
    (&two * (&times * &log_two.0 + rest.0), &two * (&times * &log_two.1 + rest.1))
}

/// p^(a/b) between neighbouring multiples of 10^−40.
fn root_enclosure(prime: u64, root: Ratio<i64>) -> (Rational, Rational) {
    let index = u32::try_from(*root.denom()).unwrap_or(1);
    let scale = num_traits::pow(BigInt::from(10), 40);
    let scaled = num_traits::pow(BigInt::from(prime), usize::try_from(*root.numer()).unwrap_or(0))
        * num_traits::pow(scale.clone(), index as usize);
    let floor = scaled.nth_root(index);
    (Rational::new(floor.clone(), scale.clone()), Rational::new(floor + 1, scale))
}

/// The exponent of each prime in a positive rational.
fn prime_exponents(value: &Rational) -> Option<Vec<(u64, i64)>> {
    let mut found = factors(&value.numer())?;
    found.extend(factors(&value.denom())?.into_iter().map(|(prime, count)| (prime, -count)));
    Some(found)
}

fn factors(number: &BigInt) -> Option<Vec<(u64, i64)>> {
    let mut left = number.to_u128()?;
    let mut found = Vec::new();
    let mut prime: u64 = 2;
    while left > 1 {
        if u128::from(prime) * u128::from(prime) > left {
            prime = u64::try_from(left).ok()?;
        } else if prime > LARGEST_PRIME {
            return None;
        }
        let mut count = 0;
        while left % u128::from(prime) == 0 {
            left /= u128::from(prime);
            count += 1;
        }
        if count > 0 {
            found.push((prime, count));
        }
        prime += 1;
    }
    Some(found)
}

impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_zero() {
            return f.write_str("0");
        }
        for (at, (unit, coefficient)) in self.0.iter().enumerate() {
            let size = coefficient.abs();
            f.write_str(match (at, coefficient.is_negative()) {
                (0, true) => "-",
                (0, false) => "",
                (_, true) => " - ",
                (_, false) => " + ",
            })?;
            let roots = unit.roots.iter().map(|(prime, root)| format!("{prime}^({root})"));
            let logs = unit.logs.iter().map(|(prime, power)| {
                if *power == 1 { format!("log({prime})") } else { format!("log({prime})^{power}") }
            });
            let names: Vec<String> = roots.chain(logs).collect();
            match (names.is_empty(), size.is_one()) {
                (true, _) => write!(f, "{size}")?,
                (false, true) => f.write_str(&names.join("*"))?,
                (false, false) => write!(f, "{size}*{}", names.join("*"))?,
            }
        }
        Ok(())
    }
}
