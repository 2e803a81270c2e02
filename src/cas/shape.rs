//! From polynomials back to terms, in one tidy shape: a sum of products, a product with its number
//! first, then powers of atoms, then powers of sums.

use std::collections::BTreeMap;

use super::CasError;
use super::factor::factors;
use super::fraction::{Context, Fraction, Indeterminate, Poly, content, from_integer, to_integer};
use crate::kernel::term::{Rational, Term};
use num_bigint::BigInt;
use num_traits::{One, ToPrimitive, Zero};

/// A product under construction: number · ∏ indeterminate^exponent · ∏ sum^exponent.
pub struct Factors {
    pub number: Rational,
    /// One exponent for each indeterminate.
    pub powers: Vec<i64>,
    sums: BTreeMap<Term, i64>,
}

impl Factors {
    pub fn new(context: &Context) -> Factors {
        Factors { number: Rational::one(), powers: vec![0; context.indeterminates.len()], sums: BTreeMap::new() }
    }

    /// Multiplies by a polynomial to a power, after taking out its content and its monomial.
    pub fn multiply(&mut self, context: &Context, poly: &Poly, exponent: i64) {
        if poly.is_zero() {
            self.number = Rational::zero();
            return;
        }
        let number = content(poly);
        self.number *= rational_power(&Rational::from_integer(number.clone()), exponent);
        let lowest = lowest_exponents(poly);
        for (power, lowest) in self.powers.iter_mut().zip(&lowest) {
            *power += i64::from(*lowest) * exponent;
        }
        if poly.nterms() > 1 {
            let rest = divided(poly, &number, &lowest);
            *self.sums.entry(polynomial(context, &rest)).or_insert(0) += exponent;
        }
    }

    /// Multiplies by a polynomial to a power, after factoring it over the rationals.
    pub fn multiply_factored(&mut self, context: &Context, poly: &Poly, exponent: i64) -> Result<(), CasError> {
        for (factor, count) in factors(poly)? {
            self.multiply(context, &factor, exponent * i64::try_from(count).unwrap_or(i64::MAX));
        }
        Ok(())
    }

    /// The sum of a product that was made of one polynomial.
    pub fn only_sum(self) -> Option<Term> {
        self.sums.into_keys().next()
    }

    pub fn into_term(self, context: &Context) -> Term {
        let mut factors = powers(context, &self.powers);
        let (above, below): (Vec<_>, Vec<_>) =
            self.sums.into_iter().filter(|(_, exponent)| *exponent != 0).partition(|(_, exponent)| *exponent > 0);
        factors.extend(above.into_iter().chain(below).map(|(sum, exponent)| raised(sum, exponent, 1)));
        product(self.number, factors)
    }
}

/// One fraction, multiplied out above and below.
pub fn together(context: &Context, fraction: &Fraction) -> Term {
    if fraction.denominator.is_constant() {
        return quotient(context, &fraction.numerator, &from_integer(&fraction.denominator.get_constant()));
    }
    let mut factors = Factors::new(context);
    factors.multiply(context, &fraction.numerator, 1);
    factors.multiply(context, &fraction.denominator, -1);
    factors.into_term(context)
}

/// One fraction, factored above and below.
pub fn factored(context: &Context, fraction: &Fraction) -> Result<Term, CasError> {
    let mut factors = Factors::new(context);
    factors.multiply_factored(context, &fraction.numerator, 1)?;
    factors.multiply_factored(context, &fraction.denominator, -1)?;
    Ok(factors.into_term(context))
}

pub fn polynomial(context: &Context, poly: &Poly) -> Term {
    quotient(context, poly, &BigInt::one())
}

/// The polynomial divided by a number, as a sum of its monomials, highest first.
fn quotient(context: &Context, poly: &Poly, divisor: &BigInt) -> Term {
    let mut monomials: Vec<(&[u16], Rational)> = poly
        .exponents_iter()
        .zip(&poly.coefficients)
        .map(|(exponents, value)| (exponents, Rational::new(from_integer(value), divisor.clone())))
        .collect();
    monomials.sort_by(|left, right| right.0.cmp(left.0));
    let terms = monomials.into_iter().map(|(exponents, number)| {
        let exponents: Vec<i64> = exponents.iter().map(|exponent| i64::from(*exponent)).collect();
        product(number, powers(context, &exponents))
    });
    sum(terms.collect())
}

/// The sum of terms that are none of them zero; nested sums are flattened.
pub fn sum(terms: Vec<Term>) -> Term {
    let mut flat = Vec::with_capacity(terms.len());
    for term in terms {
        match term {
            Term::Sum(parts) => flat.extend(parts.iter().cloned()),
            term if term.is_zero() => {}
            term => flat.push(term),
        }
    }
    match flat.len() {
        0 => Term::zero(),
        1 => flat.swap_remove(0),
        _ => Term::sum(flat),
    }
}

pub fn product(number: Rational, factors: Vec<Term>) -> Term {
    if number.is_zero() || factors.is_empty() {
        return Term::Number(number);
    }
    let mut all = Vec::with_capacity(factors.len() + 1);
    if !number.is_one() {
        all.push(Term::Number(number));
    }
    all.extend(factors);
    if all.len() == 1 { all.swap_remove(0) } else { Term::product(all) }
}

/// The product of terms, flattened, its numbers gathered in front.
pub fn flat_product(terms: Vec<Term>) -> Term {
    let mut number = Rational::one();
    let mut factors = Vec::new();
    for term in terms {
        let parts = if let Term::Product(parts) = term { parts.to_vec() } else { vec![term] };
        for part in parts {
            match part {
                Term::Number(value) => number *= value,
                part => factors.push(part),
            }
        }
    }
    product(number, factors)
}

pub fn powers(context: &Context, exponents: &[i64]) -> Vec<Term> {
    let raise = |(entry, exponent): (&Indeterminate, &i64)| raised(entry.shown.clone(), *exponent, entry.root);
    context.indeterminates.iter().zip(exponents).filter(|(_, exponent)| **exponent != 0).map(raise).collect()
}

/// base^(exponent/root)
pub fn raised(base: Term, exponent: i64, root: u32) -> Term {
    let exponent = Rational::new(exponent.into(), root.into());
    if exponent.is_one() { base } else { Term::power(base, Term::Number(exponent)) }
}

pub fn rational_power(value: &Rational, exponent: i64) -> Rational {
    let count = exponent.unsigned_abs().to_u32().unwrap_or(u32::MAX);
    let power = Rational::new(value.numer().pow(count), value.denom().pow(count));
    if exponent < 0 { power.recip() } else { power }
}

/// The exponents of the largest monomial that divides every term.
pub fn lowest_exponents(poly: &Poly) -> Vec<u16> {
    let mut terms = poly.exponents_iter();
    let mut lowest = terms.next().map(<[u16]>::to_vec).unwrap_or_default();
    for exponents in terms {
        for (lowest, exponent) in lowest.iter_mut().zip(exponents) {
            *lowest = (*lowest).min(*exponent);
        }
    }
    lowest
}

pub fn divided(poly: &Poly, number: &BigInt, monomial: &[u16]) -> Poly {
    let mut result = poly.clone();
    let number = to_integer(number);
    for coefficient in &mut result.coefficients {
        *coefficient = coefficient.quot_rem(&number).0;
    }
    for exponents in result.exponents_iter_mut() {
        for (exponent, lowest) in exponents.iter_mut().zip(monomial) {
            *exponent -= *lowest;
        }
    }
    result
}
