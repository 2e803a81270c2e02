//! Multiplying out without a common denominator.
//!
//! A denominator that is a sum is an indeterminate of its own, so x/(x+1) + 1/(x+1) stays two
//! terms; a denominator that is a single product becomes negative powers.

use std::collections::BTreeMap;
use std::sync::Arc;

use num_traits::Signed;
use symbolica::domains::rational::{Q, Rational as Ratio, RationalField};
use symbolica::poly::polynomial::MultivariatePolynomial;

use super::engine::Symbols;
use super::fraction::{Context, MAX_DEGREE, MAX_PRODUCT, MAX_TERMS, Poly, RootPower, from_integer, to_integer};
use super::shape::{self, Factors};
use super::{CasError, fraction};
use crate::kernel::term::{Function, Rational, Term};

/// A polynomial that may have negative exponents.
type Laurent = MultivariatePolynomial<RationalField, i16>;

pub fn expand(symbols: &mut Symbols, context: &mut Context, term: &Term) -> Result<Term, CasError> {
    let roots = context.indeterminates.iter().filter(|entry| entry.composite).map(|entry| inverses(&entry.shown));
    let spare = inverses(term) + roots.sum::<usize>();
    let atoms = context.indeterminates.len();
    let variables = Arc::new(symbols.first((atoms + spare).max(1)));
    let one = Laurent::new(&Q, None, variables).one();
    let mut expansion = Expansion { context, one, atoms, sums: Vec::new(), places: BTreeMap::new() };
    let raw = expansion.convert(symbols, term)?;
    let flat = expansion.unfold_roots(symbols, raw)?;
    Ok(expansion.term(&flat))
}

/// How many denominators a term can have.
fn inverses(term: &Term) -> usize {
    let own = match term {
        Term::Power(_, exponent) => usize::from(exponent.as_number().is_none_or(Signed::is_negative)),
        _ => 0,
    };
    own + term.children().map(inverses).sum::<usize>()
}

struct Expansion<'a> {
    context: &'a mut Context,
    one: Laurent,
    /// The first indeterminates are the atoms, the others stand for 1/sum.
    atoms: usize,
    sums: Vec<Term>,
    places: BTreeMap<Term, usize>,
}

impl Expansion<'_> {
    fn convert(&mut self, symbols: &mut Symbols, term: &Term) -> Result<Laurent, CasError> {
        match term {
            Term::Number(value) => Ok(self.one.constant(to_ratio(value))),
            Term::Sum(parts) => {
                let mut total = self.one.zero();
                for part in parts.iter() {
                    total = total + self.convert(symbols, part)?;
                    bounded(&total)?;
                }
                Ok(total)
            }
            Term::Product(parts) => {
                let mut result = self.one.clone();
                for part in parts.iter() {
                    let factor = self.convert(symbols, part)?;
                    result = multiply(&result, &factor)?;
                }
                Ok(result)
            }
            Term::Power(base, exponent) => match self.context.numeric(symbols, exponent)? {
                Some((exponent, 1)) if exponent >= 0 => {
                    let base = self.convert(symbols, base)?;
                    let base = self.unfold_roots(symbols, base)?;
                    power(&base, exponent.unsigned_abs())
                }
                Some((exponent, 1)) => self.inverse(symbols, base, exponent.unsigned_abs()),
                Some((exponent, root)) => self.root(symbols, base, exponent, root),
                None => self.atom(symbols, term),
            },
            Term::Apply(Function::Sqrt, arguments) => self.root(symbols, &arguments[0], 1, 2),
            _ => self.atom(symbols, term),
        }
    }

    fn atom(&mut self, symbols: &mut Symbols, term: &Term) -> Result<Laurent, CasError> {
        let (index, exponent) = self.context.atom_power(symbols, term)?;
        self.monomial(index, i64::from(exponent))
    }

    fn root(&mut self, symbols: &mut Symbols, base: &Term, exponent: i64, root: u32) -> Result<Laurent, CasError> {
        match self.context.root_power(symbols, base, exponent, root)? {
            RootPower::Number(value) => Ok(self.one.constant(to_ratio(&value))),
            RootPower::Indeterminate(index, exponent) => self.monomial(index, exponent),
        }
    }

    /// base^(−count), the base being cancelled first.
    fn inverse(&mut self, symbols: &mut Symbols, base: &Term, count: u64) -> Result<Laurent, CasError> {
        let base = self.context.fraction(symbols, base)?;
        if base.numerator.is_zero() {
            return Err(CasError::Undefined("a division by zero".into()));
        }
        let steps = i64::try_from(count).unwrap_or(i64::MAX);
        let above = fraction::power(&base.denominator.clone().into(), steps)?;
        let mut result = self.lift(&above.numerator);
        // The base's numerator, split into number, monomial and the sum that remains.
        let mut factors = Factors::new(self.context);
        factors.multiply(self.context, &base.numerator, 1);
        let number = shape::rational_power(&factors.number, -steps);
        result = result.mul_coeff(to_ratio(&number));
        for (index, exponent) in factors.powers.iter().enumerate().filter(|(_, exponent)| **exponent != 0) {
            result = multiply(&result, &self.monomial(index, -exponent * steps)?)?;
        }
        if let Some(sum) = factors.only_sum() {
            let place = self.place(sum)?;
            result = multiply(&result, &self.monomial(place, steps)?)?;
        }
        Ok(result)
    }

    fn place(&mut self, sum: Term) -> Result<usize, CasError> {
        if let Some(place) = self.places.get(&sum) {
            return Ok(*place);
        }
        let place = self.atoms + self.sums.len();
        if place >= self.one.nvars() {
            return Err(CasError::TooLarge("the number of denominators".into()));
        }
        self.places.insert(sum.clone(), place);
        self.sums.push(sum);
        Ok(place)
    }

    fn monomial(&self, index: usize, exponent: i64) -> Result<Laurent, CasError> {
        if exponent.unsigned_abs() > u64::from(MAX_DEGREE) {
            return Err(CasError::TooLarge("the degree of a power".into()));
        }
        let mut exponents = vec![0; self.one.nvars()];
        exponents[index] = exponent as i16;
        Ok(self.one.monomial(Ratio::one(), exponents))
    }

    fn lift(&self, poly: &Poly) -> Laurent {
        let mut result = self.one.zero();
        for (exponents, value) in poly.exponents_iter().zip(&poly.coefficients) {
            let mut wide: Vec<i16> = exponents.iter().take(self.atoms).map(|exponent| *exponent as i16).collect();
            wide.resize(self.one.nvars(), 0);
            result.append_monomial(Ratio::from(value), &wide);
        }
        result
    }

    /// Replaces r^q by B wherever r is the q-th root of a composite B.
    fn unfold_roots(&mut self, symbols: &mut Symbols, poly: Laurent) -> Result<Laurent, CasError> {
        let mut poly = poly;
        for _ in 0..8 {
            let due = (0..self.atoms).rev().find(|&index| {
                let entry = &self.context.indeterminates[index];
                entry.composite && poly.exponents_iter().any(|exponents| exponents[index] >= entry.root as i16)
            });
            let Some(index) = due else { return Ok(poly) };
            let root = self.context.indeterminates[index].root as i16;
            let base = self.context.indeterminates[index].shown.clone();
            let base = self.convert(symbols, &base)?;
            let mut parts: BTreeMap<i16, Laurent> = BTreeMap::new();
            for (exponents, value) in poly.exponents_iter().zip(&poly.coefficients) {
                let whole = (exponents[index] / root).max(0);
                let mut rest = exponents.to_vec();
                rest[index] -= whole * root;
                parts.entry(whole).or_insert_with(|| self.one.zero()).append_monomial(value.clone(), &rest);
            }
            let mut total = self.one.zero();
            for (whole, part) in parts {
                total = total + multiply(&part, &power(&base, whole.unsigned_abs().into())?)?;
            }
            poly = total;
        }
        Ok(poly)
    }

    fn term(&self, poly: &Laurent) -> Term {
        let mut monomials: Vec<(&[i16], Rational)> = poly
            .exponents_iter()
            .zip(&poly.coefficients)
            .map(|(exponents, value)| (exponents, from_ratio(value)))
            .collect();
        monomials.sort_by(|left, right| right.0.cmp(left.0));
        let terms = monomials.into_iter().map(|(exponents, number)| {
            let exponents: Vec<i64> = exponents.iter().map(|exponent| i64::from(*exponent)).collect();
            let (atoms, sums) = exponents.split_at(self.atoms);
            let mut factors = shape::powers(self.context, atoms);
            let below = self.sums.iter().zip(sums).filter(|(_, exponent)| **exponent != 0);
            factors.extend(below.map(|(sum, exponent)| shape::raised(sum.clone(), -exponent, 1)));
            shape::product(number, factors)
        });
        shape::sum(terms.collect())
    }
}

fn to_ratio(value: &Rational) -> Ratio {
    Ratio::from((to_integer(&value.numer()), to_integer(&value.denom())))
}

fn from_ratio(value: &Ratio) -> Rational {
    Rational::new(from_integer(&value.numerator()), from_integer(&value.denominator()))
}

fn bounded(poly: &Laurent) -> Result<(), CasError> {
    if poly.nterms() > MAX_TERMS { Err(CasError::TooLarge("the number of terms".into())) } else { Ok(()) }
}

fn multiply(left: &Laurent, right: &Laurent) -> Result<Laurent, CasError> {
    bounded(left)?;
    bounded(right)?;
    if left.nterms() * right.nterms() > MAX_PRODUCT {
        return Err(CasError::TooLarge("a product of sums".into()));
    }
    let (low, high) = (reach(left), reach(right));
    if low.into_iter().zip(high).any(|(left, right)| left + right > MAX_DEGREE) {
        return Err(CasError::TooLarge("the degree of a product".into()));
    }
    Ok(left * right)
}

/// The largest exponent of each indeterminate, by absolute value.
fn reach(poly: &Laurent) -> Vec<u32> {
    let mut highest = vec![0; poly.nvars()];
    for exponents in poly.exponents_iter() {
        for (highest, exponent) in highest.iter_mut().zip(exponents) {
            *highest = u32::from(exponent.unsigned_abs()).max(*highest);
        }
    }
    highest
}

fn power(base: &Laurent, count: u64) -> Result<Laurent, CasError> {
    if count == 0 && base.is_zero() {
        return Err(CasError::Undefined("zero to the power zero".into()));
    }
    let bits = |value: &Ratio| from_integer(&value.numerator()).bits().max(from_integer(&value.denominator()).bits());
    let bits = base.coefficients.iter().map(bits).max().unwrap_or(0);
    fraction::fits_count(base.nterms(), bits, count)?;
    let mut result = base.one();
    let mut square = base.clone();
    let mut left = count;
    while left > 0 {
        if left & 1 == 1 {
            result = multiply(&result, &square)?;
        }
        left >>= 1;
        if left > 0 {
            square = multiply(&square, &square)?;
        }
    }
    Ok(result)
}
