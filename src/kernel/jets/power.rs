//! Powers, logarithms and exponentials, under the positivity of p (R2) and of what was declared positive.

use num_bigint::BigInt;
use num_traits::{One, Signed, ToPrimitive, Zero};

use crate::kernel::term::Rational;

use super::expression::Point;
use super::layer::Layer;
use super::monomial::{Atom, Monomial, is_natural};
use super::normal::Engine;
use super::polynomial::Polynomial;
use super::theorem::Assumption;
use super::theory::DensityId;

/// Beyond this a power stays a power: expanding it would cost more than any proof is worth.
const LARGEST_EXPANSION: u32 = 12;

impl Engine<'_> {
    /// ```text
    ///   (c · a^s · b)^r = c^r · a^(s r) · b^r        a > 0, or a a constant and r an integer
    /// ```
    /// Fails when (stays opaque): the base is a sum and r is not natural; b is not positive; c^r is not rational.
    pub fn power(&self, base: &Polynomial, exponent: &Rational) -> Polynomial {
        if is_natural(exponent)
            && let Some(count) = exponent.to_integer().to_u32().filter(|count| *count <= LARGEST_EXPANSION)
        {
            let mut product = base.clone();
            for _ in 1..count {
                product = product.times(&self.refreshed(base));
            }
            return product;
        }
        let base = self.collected(base.clone());
        if exponent.is_zero() {
            // x^0 = 1 holds for every number; 0^0 is 1 in the ring.
            return Polynomial::one();
        }
        match base.0.as_slice() {
            [] if exponent.is_positive() => Polynomial::zero(),
            [(coefficient, monomial)] => self.monomial_power(coefficient, monomial, exponent),
            _ => self.opaque_power(base, exponent),
        }
    }

    fn monomial_power(&self, coefficient: &Rational, monomial: &Monomial, exponent: &Rational) -> Polynomial {
        let mut positive = Monomial::one();
        let mut rest = Monomial::one();
        for (atom, own) in &monomial.0 {
            // A power of a sum over labels is not the sum of powers.
            let summed = atom.is_summed();
            // Whatever is divided by is a condition of the theorem: a constant that is, is not zero.
            let divisor = exponent.is_integer() && matches!(atom, Atom::Constant { indices, .. } if indices.is_empty());
            if (atom.is_positive(self.theory) || divisor) && !summed {
                if matches!(atom, Atom::Density(..)) {
                    self.assume(Assumption::Positive);
                }
                positive.multiply_by(atom.clone(), own * exponent);
            } else {
                rest.multiply_by(atom.clone(), own.clone());
            }
        }
        let scale = rational_power(coefficient, exponent);
        let (scale, rest) = match (scale, rest.is_one()) {
            (Some(scale), true) => (scale, Polynomial::one()),
            (Some(scale), false) if exponent.is_integer() => {
                (scale, self.opaque_power(Polynomial::term(Rational::one(), rest), exponent))
            }
            _ => (Rational::one(), self.opaque_power(Polynomial::term(coefficient.clone(), rest), exponent)),
        };
        rest.times_monomial(&positive).scaled(&scale)
    }

    fn opaque_power(&self, base: Polynomial, exponent: &Rational) -> Polynomial {
        let base = self.collected(base);
        let (exponent, times) = if exponent.is_integer() && exponent.is_negative() {
            (-Rational::one(), -exponent.clone())
        } else {
            (exponent.clone(), Rational::one())
        };
        let mut power = Monomial::one();
        power.multiply_by(Atom::Power(Box::new(base), exponent), times);
        Polynomial::term(Rational::one(), power)
    }

    /// ```text
    ///   log(c · Π a^r · b) = log c + Σ r log a + log b        c, a > 0
    /// ```
    /// Fails when (stays opaque): the argument is a sum.
    pub fn logarithm(&self, argument: Polynomial) -> Polynomial {
        let argument = self.collected(argument);
        let [(coefficient, monomial)] = argument.0.as_slice() else {
            return Polynomial::of(Atom::Log(Box::new(argument)));
        };
        let mut total = Polynomial::zero();
        let mut rest = Monomial::one();
        for (atom, exponent) in &monomial.0 {
            let positive = atom.is_positive(self.theory);
            let summed = atom.is_summed();
            match atom {
                Atom::Density(id, own) => {
                    self.assume(Assumption::Positive);
                    total.add(self.log_density(*id, own).scaled(exponent));
                }
                Atom::Exp(body) => total.add(self.refreshed(body).scaled(exponent)),
                _ if positive && !summed => {
                    let single = Polynomial::of(atom.clone());
                    total.add(Polynomial::of(Atom::Log(Box::new(single))).scaled(exponent));
                }
                _ => rest.multiply_by(atom.clone(), exponent.clone()),
            }
        }
        if coefficient.is_positive() && rest.is_one() {
            total.add(log_number(coefficient));
        } else {
            total.add(Polynomial::of(Atom::Log(Box::new(Polynomial::term(coefficient.clone(), rest)))));
        }
        total
    }

    /// log p, or what it was assumed to be.
    pub fn log_density(&self, id: DensityId, at: &Point) -> Polynomial {
        match &self.theory.density(id).logarithm {
            Some(assumed) if self.has(Layer::Assumption) => {
                self.assume(Assumption::LogDensity);
                self.evaluate(assumed, at)
            }
            _ => Polynomial::of(Atom::LogDensity(id, at.clone())),
        }
    }

    /// exp(a)^r exp(b)^s = exp(r a + s b).
    pub fn merged(&self, monomial: Monomial) -> Monomial {
        let (exponentials, rest): (Vec<_>, Vec<_>) =
            monomial.0.into_iter().partition(|(atom, _)| matches!(atom, Atom::Exp(_)));
        if exponentials.is_empty() || exponentials.len() == 1 && exponentials[0].1.is_one() {
            return Monomial(rest).times(&Monomial(exponentials));
        }
        let mut argument = Polynomial::zero();
        for (atom, exponent) in &exponentials {
            if let Atom::Exp(body) = atom {
                argument.add(self.refreshed(body).scaled(exponent));
            }
        }
        let single = self.exponential(&self.collected(argument));
        single.0.into_iter().fold(Monomial(rest), |whole, (_, factor)| whole.times(&factor))
    }

    /// exp(a + r log p) = p^r exp(a).
    pub fn exponential(&self, argument: &Polynomial) -> Polynomial {
        let mut factors = Monomial::one();
        let mut rest = Polynomial::zero();
        for (coefficient, monomial) in &argument.0 {
            match monomial.0.as_slice() {
                [(Atom::LogDensity(id, point), one)] if one.is_one() => {
                    factors.multiply_by(Atom::Density(*id, point.clone()), coefficient.clone());
                }
                _ => rest.0.push((coefficient.clone(), monomial.clone())),
            }
        }
        if !rest.is_zero() {
            factors.multiply_by(Atom::Exp(Box::new(rest)), Rational::one());
        }
        Polynomial::term(Rational::one(), factors)
    }
}

/// c^r where it is rational; `None` for 0^−1 and where it is not.
fn rational_power(base: &Rational, exponent: &Rational) -> Option<Rational> {
    if base.is_one() {
        return Some(Rational::one());
    }
    if base.is_zero() {
        return exponent.is_positive().then(Rational::zero);
    }
    let root = exponent.denom().to_u32()?;
    let times = exponent.numer().to_i32().filter(|times| times.abs() <= 64)?;
    if root > 1 && base.is_negative() {
        return None;
    }
    let exact = |value: &BigInt| {
        let found = value.nth_root(root);
        (num_traits::pow(found.clone(), root as usize) == *value).then_some(found)
    };
    let rooted = if root == 1 { base.clone() } else { Rational::new(exact(&base.numer())?, exact(&base.denom())?) };
    Some(num_traits::Pow::pow(rooted, times))
}

/// log of a positive rational as a sum of logs of primes; large numbers are left whole.
fn log_number(value: &Rational) -> Polynomial {
    let mut total = Polynomial::zero();
    for (number, sign) in [(value.numer(), 1), (value.denom(), -1)] {
        let mut left = number.clone();
        let mut prime = BigInt::from(2);
        while !left.is_one() {
            if prime > BigInt::from(1000) {
                total.add(log_atom(&left).scaled(&Rational::from_integer(sign.into())));
                break;
            }
            let mut count = 0;
            while (&left % &prime).is_zero() {
                left /= &prime;
                count += sign;
            }
            if count != 0 {
                total.add(log_atom(&prime).scaled(&Rational::from_integer(count.into())));
            }
            prime += 1;
        }
    }
    total
}

fn log_atom(number: &BigInt) -> Polynomial {
    Polynomial::of(Atom::Log(Box::new(Polynomial::number(Rational::from_integer(number.clone())))))
}
