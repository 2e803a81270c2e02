//! Power series in displacements of the parameters and in the step t, cut at fixed degrees.

use std::collections::BTreeMap;

use crate::kernel::term::Rational;
use num_traits::{One, Zero};

use super::exact::Exact;

/// The largest number of variables: two parameters of dimension two, and the step.
pub const VARIABLES: usize = 5;

/// The step is the last variable.
pub const STEP: usize = VARIABLES - 1;

type Exponents = [u8; VARIABLES];

/// Degrees beyond which terms are dropped: in all displacements together, and in the step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    pub displacement: u8,
    pub step: u8,
}

impl Cut {
    fn keeps(self, exponents: &Exponents) -> bool {
        exponents[..STEP].iter().sum::<u8>() <= self.displacement && exponents[STEP] <= self.step
    }

    /// Powers of a series without constant term beyond this one vanish.
    fn longest(self) -> u32 {
        u32::from(self.displacement) + u32::from(self.step)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    terms: BTreeMap<Exponents, Exact>,
    cut: Cut,
}

impl Series {
    pub fn constant(value: Exact, cut: Cut) -> Series {
        let mut terms = BTreeMap::new();
        if !value.is_zero() {
            terms.insert([0; VARIABLES], value);
        }
        Series { terms, cut }
    }

    pub fn rational(value: Rational, cut: Cut) -> Series {
        Series::constant(Exact::rational(value), cut)
    }

    /// The value, if it is a rational number that nothing moves.
    pub fn as_rational(&self) -> Option<Rational> {
        let still = self.terms.keys().all(|exponents| *exponents == [0; VARIABLES]);
        if still { self.at_origin().as_rational() } else { None }
    }

    pub fn zero(cut: Cut) -> Series {
        Series { terms: BTreeMap::new(), cut }
    }

    pub fn variable(at: usize, cut: Cut) -> Series {
        let mut exponents = [0; VARIABLES];
        exponents[at] = 1;
        let mut series = Series::zero(cut);
        if cut.keeps(&exponents) {
            series.terms.insert(exponents, Exact::integer(1));
        }
        series
    }

    /// The coefficient of t^power where nothing else is displaced.
    pub fn coefficient(&self, power: u8) -> Exact {
        let mut exponents = [0; VARIABLES];
        exponents[STEP] = power;
        self.terms.get(&exponents).cloned().unwrap_or_default()
    }

    pub fn at_origin(&self) -> Exact {
        self.coefficient(0)
    }

    fn add_scaled(&mut self, other: &Series, scale: &Rational) {
        for (exponents, value) in &other.terms {
            let own = self.terms.entry(*exponents).or_default();
            own.accumulate(value, scale);
            if own.is_zero() {
                self.terms.remove(exponents);
            }
        }
    }

    #[must_use]
    pub fn plus(&self, other: &Series) -> Series {
        let mut sum = self.clone();
        sum.add_scaled(other, &Rational::one());
        sum
    }

    #[must_use]
    pub fn minus(&self, other: &Series) -> Series {
        let mut sum = self.clone();
        sum.add_scaled(other, &-Rational::one());
        sum
    }

    #[must_use]
    pub fn scaled(&self, factor: &Rational) -> Series {
        let mut product = Series::zero(self.cut);
        product.add_scaled(self, factor);
        product
    }

    #[must_use]
    fn times_number(&self, factor: &Exact) -> Series {
        let mut product = Series::zero(self.cut);
        for (exponents, value) in &self.terms {
            product.terms.insert(*exponents, value.times(factor));
        }
        product
    }

    #[must_use]
    pub fn times(&self, other: &Series) -> Series {
        let mut product = Series::zero(self.cut);
        for (first, left) in &self.terms {
            for (second, right) in &other.terms {
                let mut exponents = *first;
                for (own, more) in exponents.iter_mut().zip(second) {
                    *own += more;
                }
                if self.cut.keeps(&exponents) {
                    let own = product.terms.entry(exponents).or_default();
                    own.add_product(left, right);
                    if own.is_zero() {
                        product.terms.remove(&exponents);
                    }
                }
            }
        }
        product
    }

    /// ∂/∂variable. The highest degree is lost: the cut must leave room for it.
    #[must_use]
    pub fn derivative(&self, variable: usize) -> Series {
        let mut derived = Series::zero(self.cut);
        for (exponents, value) in &self.terms {
            if exponents[variable] > 0 {
                let mut lowered = *exponents;
                lowered[variable] -= 1;
                derived.terms.insert(lowered, value.scaled(&Rational::from_integer(exponents[variable].into())));
            }
        }
        derived
    }

    fn without_constant(&self) -> Series {
        let mut rest = self.clone();
        rest.terms.remove(&[0; VARIABLES]);
        rest
    }

    /// Σ_k coefficients(k) · self^k for a series without constant term.
    fn composed(&self, coefficients: &dyn Fn(u32) -> Rational) -> Series {
        let mut power = Series::constant(Exact::integer(1), self.cut);
        let mut sum = power.scaled(&coefficients(0));
        for degree in 1..=self.cut.longest() {
            power = power.times(self);
            if power.terms.is_empty() {
                break;
            }
            sum.add_scaled(&power, &coefficients(degree));
        }
        sum
    }

    /// `None` where the constant term is not a positive number of known logarithm.
    pub fn log(&self) -> Option<Series> {
        let centre = self.at_origin();
        let constant = centre.log()?;
        let relative = self.without_constant().times_number(&centre.power(&-Rational::one())?);
        let series = relative.composed(&|degree| match degree {
            0 => Rational::zero(),
            _ => Rational::new(if degree % 2 == 1 { 1 } else { -1 }.into(), degree.into()),
        });
        Some(series.plus(&Series::constant(constant, self.cut)))
    }

    pub fn exp(&self) -> Option<Series> {
        let centre = self.at_origin().exp()?;
        let mut factorials = vec![Rational::one()];
        for degree in 1..=self.cut.longest() {
            let next = &factorials[degree as usize - 1] / Rational::from_integer(degree.into());
            factorials.push(next);
        }
        Some(self.without_constant().composed(&|degree| factorials[degree as usize].clone()).scaled(&centre))
    }

    /// `None` where the constant term has no such power, or is a sum.
    pub fn power(&self, exponent: &Rational) -> Option<Series> {
        use num_traits::{Signed, ToPrimitive};
        if exponent.is_integer() && !exponent.is_negative() {
            let mut product = Series::constant(Exact::integer(1), self.cut);
            for _ in 0..exponent.to_integer().to_u32()? {
                product = product.times(self);
            }
            return Some(product);
        }
        let centre = self.at_origin();
        let scale = centre.power(exponent)?;
        let mut binomials = vec![Rational::one()];
        for degree in 1..=self.cut.longest() {
            let number = Rational::from_integer(degree.into());
            let next = &binomials[degree as usize - 1] * (exponent - &number + Rational::one()) / number;
            binomials.push(next);
        }
        let relative = self.without_constant().times_number(&centre.power(&-Rational::one())?);
        Some(relative.composed(&|degree| binomials[degree as usize].clone()).times_number(&scale))
    }
}
