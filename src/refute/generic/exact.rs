//! Rational polynomials in logarithms of primes: exact, with a decided sign of being zero.

use std::collections::BTreeMap;
use std::fmt;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};

/// Prime to exponent: a product of logarithms of primes.
type Logs = BTreeMap<u64, u32>;

/// Σ c · Π (log prime)^k, no c zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exact(BTreeMap<Logs, BigRational>);

/// Larger primes are not looked for; the family is passed over.
const LARGEST_PRIME: u64 = 1_000_000;

impl Exact {
    pub fn rational(value: BigRational) -> Exact {
        let mut terms = BTreeMap::new();
        if !value.is_zero() {
            terms.insert(Logs::new(), value);
        }
        Exact(terms)
    }

    pub fn integer(value: i64) -> Exact {
        Exact::rational(BigRational::from_integer(value.into()))
    }

    pub fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    /// The value, if no logarithm is in it.
    pub fn as_rational(&self) -> Option<BigRational> {
        match self.0.len() {
            0 => Some(BigRational::zero()),
            1 => self.0.get(&Logs::new()).cloned(),
            _ => None,
        }
    }

    #[must_use]
    pub fn plus(&self, other: &Exact) -> Exact {
        let mut sum = self.clone();
        sum.accumulate(other, &BigRational::one());
        sum
    }

    #[must_use]
    pub fn minus(&self, other: &Exact) -> Exact {
        let mut sum = self.clone();
        sum.accumulate(other, &-BigRational::one());
        sum
    }

    pub fn accumulate(&mut self, other: &Exact, scale: &BigRational) {
        for (logs, coefficient) in &other.0 {
            let own = self.0.entry(logs.clone()).or_insert_with(BigRational::zero);
            *own += coefficient * scale;
            if own.is_zero() {
                self.0.remove(logs);
            }
        }
    }

    #[must_use]
    pub fn times(&self, other: &Exact) -> Exact {
        let mut product = Exact::default();
        for (first, left) in &self.0 {
            for (second, right) in &other.0 {
                let mut logs = first.clone();
                for (prime, power) in second {
                    *logs.entry(*prime).or_insert(0) += power;
                }
                product.accumulate(&Exact(BTreeMap::from([(logs, left * right)])), &BigRational::one());
            }
        }
        product
    }

    #[must_use]
    pub fn scaled(&self, factor: &BigRational) -> Exact {
        let mut product = Exact::default();
        product.accumulate(self, factor);
        product
    }

    /// log of a positive rational, by its prime factors.
    pub fn log(value: &BigRational) -> Option<Exact> {
        if !value.is_positive() {
            return None;
        }
        let mut sum = Exact::default();
        for (number, sign) in [(value.numer(), 1), (value.denom(), -1)] {
            for (prime, count) in factors(number)? {
                let term = Exact(BTreeMap::from([(Logs::from([(prime, 1)]), BigRational::one())]));
                sum.accumulate(&term, &BigRational::from_integer((sign * i64::from(count)).into()));
            }
        }
        Some(sum)
    }

    /// exp, where it is rational: of whole multiples of logarithms.
    pub fn exp(&self) -> Option<BigRational> {
        let mut product = BigRational::one();
        for (logs, coefficient) in &self.0 {
            let (prime, power) = logs.iter().next()?;
            if logs.len() != 1 || *power != 1 || !coefficient.is_integer() {
                return None;
            }
            product *= num_traits::Pow::pow(BigRational::from_integer((*prime).into()), coefficient.to_integer().to_i32()?);
        }
        Some(product)
    }

    /// value^exponent, where it is rational.
    pub fn root(value: &BigRational, exponent: &BigRational) -> Option<BigRational> {
        let root = exponent.denom().to_u32()?;
        let times = exponent.numer().to_i32()?;
        if value.is_zero() {
            return times.is_positive().then(BigRational::zero);
        }
        if root > 1 && value.is_negative() {
            return None;
        }
        let exact = |number: &BigInt| {
            let found = number.nth_root(root);
            (num_traits::pow(found.clone(), root as usize) == *number).then_some(found)
        };
        let rooted = if root == 1 { value.clone() } else { BigRational::new(exact(value.numer())?, exact(value.denom())?) };
        Some(num_traits::Pow::pow(rooted, times))
    }

    /// Is the number surely not zero? Linear forms in logarithms of primes vanish only when they are
    /// zero term by term; products of logarithms are enclosed.
    pub fn is_surely_nonzero(&self) -> bool {
        if self.is_zero() {
            return false;
        }
        if self.0.keys().all(|logs| logs.values().sum::<u32>() <= 1) {
            return true;
        }
        let (low, high) = self.enclosure();
        low.is_positive() || high.is_negative()
    }

    fn enclosure(&self) -> (BigRational, BigRational) {
        let mut total = (BigRational::zero(), BigRational::zero());
        for (logs, coefficient) in &self.0 {
            // Logarithms of primes are positive, so products keep the order.
            let mut term = (BigRational::one(), BigRational::one());
            for (prime, power) in logs {
                let (low, high) = log_enclosure(*prime);
                for _ in 0..*power {
                    term = (&term.0 * &low, &term.1 * &high);
                }
            }
            let (low, high) = (coefficient * term.0, coefficient * term.1);
            let (low, high) = if coefficient.is_negative() { (high, low) } else { (low, high) };
            total = (total.0 + low, total.1 + high);
        }
        total
    }

    /// To read by; decides nothing.
    pub fn decimal(&self) -> f64 {
        let term = |(logs, coefficient): (&Logs, &BigRational)| {
            let logs: f64 = logs.iter().map(|(prime, power)| (*prime as f64).ln().powi(*power as i32)).product();
            coefficient.to_f64().unwrap_or(f64::NAN) * logs
        };
        // An empty sum of floats is −0.
        self.0.iter().map(term).sum::<f64>() + 0.0
    }
}

/// log p = k log 2 + 2 artanh((m − 1)/(m + 1)) with m = p / 2^k in [1, 2): rational bounds from the series.
fn log_enclosure(prime: u64) -> (BigRational, BigRational) {
    let artanh = |x: &BigRational| {
        let square = x * x;
        let mut power = x.clone();
        let mut sum = BigRational::zero();
        let mut number = 1;
        while number < 81 {
            sum += &power / BigRational::from_integer(number.into());
            power *= &square;
            number += 2;
        }
        // What is left is below a geometric series.
        let rest = power / (BigRational::one() - square);
        (sum.clone(), sum + rest)
    };
    let two = BigRational::from_integer(2.into());
    let log_two = artanh(&BigRational::new(1.into(), 3.into()));
    let exponent = prime.ilog2();
    let mantissa = BigRational::new(prime.into(), BigInt::one() << exponent);
    let rest = artanh(&((&mantissa - BigRational::one()) / (&mantissa + BigRational::one())));
    let times = BigRational::from_integer(exponent.into());
    (&two * (&times * &log_two.0 + rest.0), &two * (&times * &log_two.1 + rest.1))
}

fn factors(number: &BigInt) -> Option<Vec<(u64, u32)>> {
    let mut left = number.to_u128()?;
    let mut found = Vec::new();
    let mut prime: u64 = 2;
    while left > 1 {
        if u128::from(prime) * u128::from(prime) > left {
            prime = u64::try_from(left).ok()?;
        }
        if prime > LARGEST_PRIME {
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
        for (at, (logs, coefficient)) in self.0.iter().enumerate() {
            let size = coefficient.abs();
            f.write_str(match (at, coefficient.is_negative()) {
                (0, true) => "-",
                (0, false) => "",
                (_, true) => " - ",
                (_, false) => " + ",
            })?;
            let names: Vec<String> = logs
                .iter()
                .map(|(prime, power)| if *power == 1 { format!("log({prime})") } else { format!("log({prime})^{power}") })
                .collect();
            match (names.is_empty(), size.is_one()) {
                (true, _) => write!(f, "{size}")?,
                (false, true) => f.write_str(&names.join("*"))?,
                (false, false) => write!(f, "{size}*{}", names.join("*"))?,
            }
        }
        Ok(())
    }
}
