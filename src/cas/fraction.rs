//! From terms to fractions of polynomials.
//!
//! Variables, constants and every sub-term that is not rational (log x, x^a, formal nodes) are
//! *atoms*: each becomes one indeterminate. Where x^(1/2) and x^(1/3) occur, the indeterminate of
//! x is u with u⁶ = x; the root of a sum or number B is an indeterminate r with r^q = B.

use std::collections::BTreeMap;
use std::sync::Arc;

use num_bigint::BigInt;
use num_integer::Integer as _;
use num_traits::{One, Signed, ToPrimitive, Zero};
use symbolica::domains::integer::{Integer, IntegerRing, Z};
use symbolica::domains::rational_polynomial::{FromNumeratorAndDenominator, RationalPolynomial};
use symbolica::poly::polynomial::MultivariatePolynomial;

use super::engine::Symbols;
use super::{CasError, MAX_LITERAL_BITS, shape, small};
use crate::kernel::term::{Function, Rational, Term};

pub type Poly = MultivariatePolynomial<IntegerRing, u16>;
pub type Fraction = RationalPolynomial<IntegerRing, u16>;

/// Bounds on every intermediate polynomial: the work inside cannot be interrupted.
const MAX_INDETERMINATES: usize = 400;
pub const MAX_TERMS: usize = 20_000;
pub const MAX_PRODUCT: usize = 1_000_000;
pub const MAX_DEGREE: u32 = 4_000;
const MAX_ROOT: u32 = 60;
/// In a sum of fractions, where a greatest common divisor is taken.
const MAX_UNCANCELLED: usize = 3_000_000;

/// An indeterminate u and what stands behind it: u^root = shown.
pub struct Indeterminate {
    pub shown: Term,
    pub root: u32,
    /// Whether `shown` is itself a rational function of indeterminates, so that u^root unfolds.
    pub composite: bool,
}

/// base^(p/q) as a power of an indeterminate, or as a number when the root is exact.
pub enum RootPower {
    Number(Rational),
    Indeterminate(usize, i64),
}

/// The indeterminates of one question.
pub struct Context {
    pub indeterminates: Vec<Indeterminate>,
    atoms: BTreeMap<Term, usize>,
    roots: BTreeMap<Term, usize>,
    one: Poly,
}

impl Context {
    pub fn new(symbols: &mut Symbols, term: &Term) -> Result<Context, CasError> {
        let mut context = Context {
            indeterminates: Vec::new(),
            atoms: BTreeMap::new(),
            roots: BTreeMap::new(),
            one: Poly::new(&Z, None, Arc::new(symbols.first(1))).one(),
        };
        context.gather(symbols, term)?;
        let count = context.indeterminates.len();
        if count > MAX_INDETERMINATES {
            return Err(CasError::TooLarge("the number of distinct atoms".into()));
        }
        context.one = Poly::new(&Z, None, Arc::new(symbols.first(count.max(1)))).one();
        Ok(context)
    }

    /// The indeterminate that stands for an atom.
    pub fn find(&self, symbols: &mut Symbols, atom: &Term) -> Option<usize> {
        match self.atoms.get(atom) {
            Some(index) => Some(*index),
            None => self.atoms.get(&canonical(symbols, atom)).copied(),
        }
    }

    fn gather(&mut self, symbols: &mut Symbols, term: &Term) -> Result<(), CasError> {
        match term {
            Term::Number(_) => {}
            Term::Sum(parts) | Term::Product(parts) => {
                for part in parts.iter() {
                    self.gather(symbols, part)?;
                }
            }
            Term::Power(base, exponent) => match self.numeric(symbols, exponent)? {
                Some((_, 1)) => self.gather(symbols, base)?,
                Some((_, root)) => self.gather_root(symbols, base, root)?,
                None => self.gather_atom(symbols, term)?,
            },
            Term::Apply(Function::Sqrt, arguments) => self.gather_root(symbols, &arguments[0], 2)?,
            _ => self.gather_atom(symbols, term)?,
        }
        Ok(())
    }

    fn gather_atom(&mut self, symbols: &mut Symbols, term: &Term) -> Result<(), CasError> {
        let key = canonical(symbols, term);
        if !self.atoms.contains_key(&key) {
            self.atoms.insert(key, self.indeterminates.len());
            self.indeterminates.push(Indeterminate { shown: term.clone(), root: 1, composite: false });
        }
        Ok(())
    }

    fn gather_root(&mut self, symbols: &mut Symbols, base: &Term, root: u32) -> Result<(), CasError> {
        let base = canonical(symbols, base);
        if exact_root(&base, root).is_some() {
            return Ok(());
        }
        self.gather(symbols, &base)?;
        let index = match self.atoms.get(&base) {
            Some(index) => *index,
            None => match self.roots.get(&base) {
                Some(index) => *index,
                None => {
                    self.roots.insert(base.clone(), self.indeterminates.len());
                    self.indeterminates.push(Indeterminate { shown: base, root: 1, composite: true });
                    self.indeterminates.len() - 1
                }
            },
        };
        let entry = &mut self.indeterminates[index];
        entry.root = entry.root.lcm(&root);
        if entry.root > MAX_ROOT { Err(CasError::TooLarge("the index of a root".into())) } else { Ok(()) }
    }

    /// The exponent p/q when it is a number, perhaps in disguise, as 1 − 3/2.
    pub fn numeric(&mut self, symbols: &mut Symbols, exponent: &Term) -> Result<Option<(i64, u32)>, CasError> {
        let value = match exponent {
            Term::Number(value) => value.clone(),
            Term::Sum(_) | Term::Product(_) => match canonical(symbols, exponent) {
                Term::Number(value) => value,
                _ => return Ok(None),
            },
            _ => return Ok(None),
        };
        small(&value).map(Some).ok_or(CasError::TooLarge("an exponent".into()))
    }

    /// The fraction of a term whose atoms have been gathered.
    pub fn fraction(&mut self, symbols: &mut Symbols, term: &Term) -> Result<Fraction, CasError> {
        let raw = self.convert(symbols, term)?;
        self.unfold_roots(symbols, raw)
    }

    fn convert(&mut self, symbols: &mut Symbols, term: &Term) -> Result<Fraction, CasError> {
        match term {
            Term::Number(value) => Ok(self.number(value)),
            Term::Sum(parts) => {
                let mut summands = Vec::with_capacity(parts.len());
                for part in parts.iter() {
                    summands.push(self.convert(symbols, part)?);
                }
                self.sum(summands)
            }
            Term::Product(parts) => {
                let mut result: Fraction = self.one.clone().into();
                for part in parts.iter() {
                    let factor = self.convert(symbols, part)?;
                    result = multiply(&result, &factor)?;
                }
                Ok(result)
            }
            Term::Power(base, exponent) => match self.numeric(symbols, exponent)? {
                Some((exponent, 1)) => {
                    let base = self.convert(symbols, base)?;
                    let base = self.unfold_roots(symbols, base)?;
                    power(&base, exponent)
                }
                Some((exponent, root)) => self.convert_root(symbols, base, exponent, root),
                None => self.atom(symbols, term),
            },
            Term::Apply(Function::Sqrt, arguments) => self.convert_root(symbols, &arguments[0], 1, 2),
            _ => self.atom(symbols, term),
        }
    }

    fn convert_root(
        &mut self,
        symbols: &mut Symbols,
        base: &Term,
        exponent: i64,
        root: u32,
    ) -> Result<Fraction, CasError> {
        match self.root_power(symbols, base, exponent, root)? {
            RootPower::Number(value) => Ok(self.number(&value)),
            RootPower::Indeterminate(index, exponent) => power(&self.indeterminate(index, 1), exponent),
        }
    }

    pub fn root_power(
        &mut self,
        symbols: &mut Symbols,
        base: &Term,
        exponent: i64,
        root: u32,
    ) -> Result<RootPower, CasError> {
        let base = canonical(symbols, base);
        if let Some(value) = exact_root(&base, root) {
            if value.is_zero() && exponent < 0 {
                return Err(CasError::Undefined("a division by zero".into()));
            }
            let bits = value.bits();
            fits_count(1, bits, exponent.unsigned_abs())?;
            return Ok(RootPower::Number(shape::rational_power(&value, exponent)));
        }
        let index = self.atoms.get(&base).or_else(|| self.roots.get(&base)).copied();
        let index = index.ok_or(CasError::Undefined("an atom that was not gathered".into()))?;
        Ok(RootPower::Indeterminate(index, exponent * i64::from(self.indeterminates[index].root / root)))
    }

    fn atom(&mut self, symbols: &mut Symbols, term: &Term) -> Result<Fraction, CasError> {
        let (index, exponent) = self.atom_power(symbols, term)?;
        Ok(self.indeterminate(index, exponent))
    }

    /// The indeterminate of an atom, and the power of it that the atom is.
    pub fn atom_power(&mut self, symbols: &mut Symbols, term: &Term) -> Result<(usize, u32), CasError> {
        let key = canonical(symbols, term);
        let index = *self.atoms.get(&key).ok_or(CasError::Undefined("an atom that was not gathered".into()))?;
        Ok((index, self.indeterminates[index].root))
    }

    pub fn number(&self, value: &Rational) -> Fraction {
        let part = |value: &BigInt| self.one.constant(to_integer(value));
        Fraction::from_num_den(part(&value.numer()), part(&value.denom()), &Z, false)
    }

    fn indeterminate(&self, index: usize, exponent: u32) -> Fraction {
        let mut exponents = vec![0; self.one.nvars()];
        exponents[index] = exponent as u16;
        self.one.monomial(Integer::one(), exponents).into()
    }

    /// Pairwise, so that the greatest common divisors stay small; polynomials first.
    fn sum(&self, summands: Vec<Fraction>) -> Result<Fraction, CasError> {
        let (whole, mut open): (Vec<_>, Vec<_>) =
            summands.into_iter().partition(|summand| summand.denominator.is_one());
        let mut total = self.one.zero();
        for summand in whole {
            total = total + summand.numerator;
        }
        bounded(&total)?;
        if !total.is_zero() || open.is_empty() {
            open.push(total.into());
        }
        while open.len() > 1 {
            let mut next = Vec::with_capacity(open.len().div_ceil(2));
            for pair in open.chunks(2) {
                next.push(match pair {
                    [left, right] => add(left, right)?,
                    _ => pair[0].clone(),
                });
            }
            open = next;
        }
        Ok(open.swap_remove(0))
    }

    /// Replaces r^q by B wherever r is the q-th root of a composite B.
    fn unfold_roots(&mut self, symbols: &mut Symbols, fraction: Fraction) -> Result<Fraction, CasError> {
        if self.roots.is_empty() {
            return Ok(fraction);
        }
        let mut fraction = fraction;
        for _ in 0..8 {
            let due = (0..self.indeterminates.len()).rev().find(|&index| {
                let entry = &self.indeterminates[index];
                entry.composite && fraction.degree(index) >= entry.root
            });
            let Some(index) = due else { return Ok(fraction) };
            let base = self.indeterminates[index].shown.clone();
            let base = self.convert(symbols, &base)?;
            let top = self.unfold_root(&fraction.numerator, index, &base)?;
            let bottom = self.unfold_root(&fraction.denominator, index, &base)?;
            fraction = multiply(&top, &invert(&bottom)?)?;
        }
        Ok(fraction)
    }

    /// Where the fraction has only powers of u² and u⁶ = x, lets v = u² with v³ = x stand in.
    pub fn simplify_roots(&mut self, fraction: &mut Fraction) {
        for (index, entry) in self.indeterminates.iter_mut().enumerate().filter(|(_, entry)| entry.root > 1) {
            let polys = [&mut fraction.numerator, &mut fraction.denominator];
            let exponents =
                polys.iter().flat_map(|poly| poly.exponents_iter()).map(|exponents| u32::from(exponents[index]));
            let step = exponents.fold(entry.root, |step, exponent| step.gcd(&exponent));
            if step > 1 {
                entry.root /= step;
                for exponents in polys.into_iter().flat_map(|poly| poly.exponents_iter_mut()) {
                    exponents[index] /= step as u16;
                }
            }
        }
    }

    fn unfold_root(&self, poly: &Poly, index: usize, base: &Fraction) -> Result<Fraction, CasError> {
        let root = self.indeterminates[index].root;
        let mut summands = Vec::new();
        for (coefficient, exponent) in poly.to_univariate_polynomial_list(index) {
            let exponent = u32::from(exponent);
            let rest = multiply(&coefficient.into(), &self.indeterminate(index, exponent % root))?;
            summands.push(multiply(&rest, &power(base, i64::from(exponent / root))?)?);
        }
        self.sum(summands)
    }
}

/// One spelling for terms that differ by rational algebra only, as log(a b) and log(b a).
fn canonical(symbols: &mut Symbols, term: &Term) -> Term {
    if matches!(term, Term::Number(_) | Term::Constant(_) | Term::Variable(_)) {
        return term.clone();
    }
    if let Some(known) = symbols.spellings.get(term) {
        return known.clone();
    }
    let spelling = match term {
        Term::Sum(_) | Term::Product(_) | Term::Apply(Function::Sqrt, _) => rational_form(symbols, term),
        Term::Power(_, exponent) if exponent.as_number().is_some() => rational_form(symbols, term),
        _ => term.map_children(&mut |child| canonical(symbols, child)),
    };
    symbols.spellings.insert(term.clone(), spelling.clone());
    spelling
}

fn rational_form(symbols: &mut Symbols, term: &Term) -> Term {
    let form = |symbols: &mut Symbols| {
        // The order of the atoms decides the spelling, so it must not depend on the term's.
        let mut context = Context::new(symbols, term)?;
        context.sort(symbols);
        let fraction = context.fraction(symbols, term)?;
        Ok::<Term, CasError>(shape::together(&context, &fraction))
    };
    form(symbols).unwrap_or_else(|_| term.clone())
}

impl Context {
    /// Orders the indeterminates by their atoms, shown in their canonical spelling.
    fn sort(&mut self, symbols: &mut Symbols) {
        let keys: Vec<Term> = self.indeterminates.iter().map(|entry| canonical_shown(symbols, entry)).collect();
        let mut order: Vec<usize> = (0..keys.len()).collect();
        order.sort_by(|&a, &b| keys[a].cmp(&keys[b]));
        let mut place = vec![0; order.len()];
        for (new, &old) in order.iter().enumerate() {
            place[old] = new;
        }
        let mut old: Vec<Option<Indeterminate>> = self.indeterminates.drain(..).map(Some).collect();
        for &index in &order {
            if let Some(entry) = old[index].take() {
                self.indeterminates.push(Indeterminate { shown: keys[index].clone(), ..entry });
            }
        }
        for index in self.atoms.values_mut().chain(self.roots.values_mut()) {
            *index = place[*index];
        }
    }
}

fn canonical_shown(symbols: &mut Symbols, entry: &Indeterminate) -> Term {
    if entry.composite { entry.shown.clone() } else { canonical(symbols, &entry.shown) }
}

/// The exact positive root of a non-negative number.
fn exact_root(base: &Term, root: u32) -> Option<Rational> {
    let value = base.as_number().filter(|value| !value.is_negative())?;
    let part = |value: &BigInt| {
        let candidate = value.nth_root(root);
        (candidate.pow(root) == *value).then_some(candidate)
    };
    Some(Rational::new(part(&value.numer())?, part(&value.denom())?))
}

pub trait Degree {
    fn degree(&self, index: usize) -> u32;
}

impl Degree for Fraction {
    fn degree(&self, index: usize) -> u32 {
        u32::from(self.numerator.degree(index).max(self.denominator.degree(index)))
    }
}

pub fn multiply(left: &Fraction, right: &Fraction) -> Result<Fraction, CasError> {
    fits_product(&left.numerator, &right.numerator)?;
    fits_product(&left.denominator, &right.denominator)?;
    Ok(left * right)
}

fn add(left: &Fraction, right: &Fraction) -> Result<Fraction, CasError> {
    if left.denominator != right.denominator {
        fits_product(&left.numerator, &right.denominator)?;
        fits_product(&left.denominator, &right.numerator)?;
        fits_product(&left.denominator, &right.denominator)?;
        let cross = |top: &Poly, bottom: &Poly| top.nterms() * bottom.nterms();
        if cross(&left.numerator, &right.denominator) + cross(&right.numerator, &left.denominator) > MAX_UNCANCELLED {
            return Err(CasError::TooLarge("a sum of fractions".into()));
        }
    }
    let sum = left + right;
    bounded(&sum.numerator)?;
    Ok(sum)
}

pub fn invert(fraction: &Fraction) -> Result<Fraction, CasError> {
    if fraction.numerator.is_zero() {
        return Err(CasError::Undefined("a division by zero".into()));
    }
    Ok(fraction.clone().inv())
}

pub fn power(base: &Fraction, exponent: i64) -> Result<Fraction, CasError> {
    let count = exponent.unsigned_abs();
    if exponent < 0 {
        return power(&invert(base)?, exponent.saturating_neg());
    }
    if count == 0 && base.numerator.is_zero() {
        return Err(CasError::Undefined("zero to the power zero".into()));
    }
    fits_power(&base.numerator, count)?;
    fits_power(&base.denominator, count)?;
    Ok(base.pow(count))
}

fn bounded(poly: &Poly) -> Result<(), CasError> {
    if poly.nterms() > MAX_TERMS { Err(CasError::TooLarge("the number of terms".into())) } else { Ok(()) }
}

fn fits_product(left: &Poly, right: &Poly) -> Result<(), CasError> {
    bounded(left)?;
    bounded(right)?;
    if left.nterms() * right.nterms() > MAX_PRODUCT {
        return Err(CasError::TooLarge("a product of sums".into()));
    }
    let degrees = degrees(left).into_iter().zip(degrees(right));
    if degrees.into_iter().any(|(left, right)| left + right > MAX_DEGREE) {
        return Err(CasError::TooLarge("the degree of a product".into()));
    }
    Ok(())
}

fn fits_power(poly: &Poly, count: u64) -> Result<(), CasError> {
    if count <= 1 {
        return Ok(());
    }
    if degrees(poly).into_iter().any(|degree| u64::from(degree) * count > u64::from(MAX_DEGREE)) {
        return Err(CasError::TooLarge("the degree of a power".into()));
    }
    let bits = poly.coefficients.iter().map(|value| from_integer(value).bits()).max().unwrap_or(0);
    fits_count(poly.nterms(), bits, count)
}

/// Bounds the power of a sum by its number of terms and the length of its coefficients.
pub fn fits_count(nterms: usize, bits: u64, count: u64) -> Result<(), CasError> {
    if count <= 1 {
        return Ok(());
    }
    if bits.saturating_sub(1).saturating_mul(count) > 16 * MAX_LITERAL_BITS {
        return Err(CasError::TooLarge("a power of a number".into()));
    }
    // A sum of n terms to the k has at most (n+k−1 over k) terms.
    let others = nterms.saturating_sub(1) as u64;
    let mut terms: u64 = 1;
    for step in 1..=others.min(count) {
        terms = terms.saturating_mul(others + count + 1 - step) / step;
        if terms > MAX_TERMS as u64 {
            return Err(CasError::TooLarge("a power of a sum".into()));
        }
    }
    Ok(())
}

/// The degree in each indeterminate.
pub fn degrees(poly: &Poly) -> Vec<u32> {
    let mut highest = vec![0; poly.nvars()];
    for exponents in poly.exponents_iter() {
        for (highest, exponent) in highest.iter_mut().zip(exponents) {
            *highest = u32::from(*exponent).max(*highest);
        }
    }
    highest
}

pub fn to_integer(value: &BigInt) -> Integer {
    match value.to_i64() {
        Some(value) => Integer::from(value),
        None => value.to_string().parse().unwrap_or_else(|_| unreachable!("decimal digits")),
    }
}

pub fn from_integer(value: &Integer) -> BigInt {
    match value {
        Integer::Single(value) => BigInt::from(*value),
        Integer::Double(value) => BigInt::from(*value),
        Integer::Large(value) => value.to_string().parse().unwrap_or_else(|_| unreachable!("decimal digits")),
    }
}

/// The greatest common divisor of the coefficients, with the sign of the leading one.
pub fn content(poly: &Poly) -> BigInt {
    let mut divisor = BigInt::zero();
    for coefficient in &poly.coefficients {
        divisor = divisor.gcd(&from_integer(coefficient));
        if divisor.is_one() {
            break;
        }
    }
    if from_integer(&poly.lcoeff()).is_negative() { -divisor } else { divisor }
}
