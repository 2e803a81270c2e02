//! Normal forms: rational combinations of power products of generators.
//!
//! A [`Poly`] is a finite sum of coefficient × [`Monomial`]; a monomial is a product of
//! [`Generator`]s raised to exponents that may themselves be normal forms, so that
//! `x^(a - 1) * x = x^a` is an addition of exponents. Generators are opaque: no relation between
//! two of them is known except those that the multiplication below applies
//! (√2·√2 = 2, sin² = 1 − cos², |u|² = u²). An unknown relation costs a proof, never makes one.

use std::cell::Cell;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use num_bigint::BigInt;
use num_traits::{One, Pow, Signed, Zero};

use super::term::{Constant, Function, Name, Rational, Term};

/// What kept a normal form from being found. Never a verdict on the equation at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// An intermediate result passed a fixed bound; the word says which.
    TooLarge(&'static str),
    /// More work than was granted, see [`grant_budget`].
    Budget,
    DivisionByZero,
    /// A logarithm or a non-integer power of something that could not be shown positive.
    NotPositive(Term),
    /// Γ or ψ at a pole.
    Pole(Term),
    /// A derivative that has no closed form here, such as ∂I_ν/∂ν.
    NoDerivative(Term),
    /// A formal node where a value was needed.
    Formal(Term),
}

impl std::fmt::Display for Obstacle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Obstacle::TooLarge(what) => write!(f, "too large: {what}"),
            Obstacle::Budget => write!(f, "budget: it takes more work than was granted"),
            Obstacle::DivisionByZero => write!(f, "division by zero"),
            Obstacle::NotPositive(term) => write!(f, "cannot show that `{term}` is positive"),
            Obstacle::Pole(term) => write!(f, "`{term}` has no value"),
            Obstacle::NoDerivative(term) => write!(f, "no closed form for the derivative of `{term}`"),
            Obstacle::Formal(term) => write!(f, "`{term}` has not been worked out"),
        }
    }
}

pub type Outcome<T> = Result<T, Obstacle>;

/// No normal form may have more terms than this.
const MOST_TERMS: usize = 20_000;
/// A sum of no more terms is never long, see [`Poly::is_long`].
const SHORT_SUM: usize = 8;
/// Integer powers of sums are expanded up to this exponent.
pub const MOST_EXPANDED_POWER: i64 = 48;

thread_local! {
    /// How many products of terms may still be formed on this thread.
    static BUDGET: Cell<u64> = const { Cell::new(u64::MAX) };
}

/// Grants so many products of terms to what follows on this thread; beyond them every computation ends
/// with [`Obstacle::Budget`]. Counted, not timed: the same question ends the same way everywhere.
pub fn grant_budget(products: u64) {
    BUDGET.set(products);
}

/// Takes that many products from what was granted.
pub fn spend(products: usize) -> Outcome<()> {
    let left = BUDGET.get();
    if left == u64::MAX {
        return Ok(());
    }
    let rest = left.saturating_sub(products as u64);
    BUDGET.set(rest);
    if rest == 0 { Err(Obstacle::Budget) } else { Ok(()) }
}

/// An opaque quantity.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Generator {
    /// A prime (or an unfactored large integer) under a non-integer power.
    Prime(BigInt),
    /// e, the base of every exponential.
    Euler,
    Pi,
    EulerGamma,
    Variable(Name),
    /// −v for a variable v that is declared negative; so it is positive.
    Reflected(Name),
    /// A primitive polynomial with at least two terms.
    Sum(Arc<Poly>),
    /// The logarithm of a positive generator.
    Log(Arc<Generator>),
    /// A function at normal arguments.
    Call(Function, Arc<Vec<Poly>>),
}

/// An exponent: an integer where possible, otherwise a normal form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exponent {
    Integer(i64),
    Poly(Arc<Poly>),
}

impl Exponent {
    pub fn from_poly(poly: Poly) -> Exponent {
        if let Some(value) = poly.as_constant()
            && value.is_integer()
            && let Some(small) = value.to_i64()
        {
            return Exponent::Integer(small);
        }
        Exponent::Poly(Arc::new(poly))
    }

    pub fn to_poly(&self) -> Poly {
        match self {
            Exponent::Integer(value) => Poly::integer(*value),
            Exponent::Poly(poly) => (**poly).clone(),
        }
    }

    pub fn is_zero(&self) -> bool {
        matches!(self, Exponent::Integer(0))
    }

    pub fn as_rational(&self) -> Option<Rational> {
        match self {
            Exponent::Integer(value) => Some(Rational::from(*value)),
            Exponent::Poly(poly) => poly.as_constant(),
        }
    }

    pub fn add(&self, other: &Exponent) -> Exponent {
        if let (Exponent::Integer(a), Exponent::Integer(b)) = (self, other)
            && let Some(sum) = a.checked_add(*b)
        {
            return Exponent::Integer(sum);
        }
        Exponent::from_poly(match (self, other) {
            (Exponent::Poly(a), Exponent::Poly(b)) => a.plus(b),
            (Exponent::Poly(a), Exponent::Integer(b)) | (Exponent::Integer(b), Exponent::Poly(a)) => {
                a.plus(&Poly::integer(*b))
            }
            (Exponent::Integer(a), Exponent::Integer(b)) => Poly::integer(*a).plus(&Poly::integer(*b)),
        })
    }

    pub fn times(&self, factor: &Poly) -> Outcome<Exponent> {
        if let (Exponent::Integer(a), Some((monomial, b))) = (self, factor.as_single())
            && *a != 0
            && monomial.is_one()
            && b.is_integer()
            && let Some(product) = b.to_i64().and_then(|b| a.checked_mul(b))
        {
            // A product of two terms, like any other.
            spend(2)?;
            return Ok(Exponent::Integer(product));
        }
        if let Exponent::Poly(own) = self {
            return Ok(Exponent::from_poly(own.times(factor)?));
        }
        Ok(Exponent::from_poly(self.to_poly().times(factor)?))
    }

    pub fn negate(&self) -> Exponent {
        match self {
            Exponent::Integer(value) if *value != i64::MIN => Exponent::Integer(-value),
            _ => Exponent::from_poly(self.to_poly().scaled(&-Rational::one())),
        }
    }

    /// The greatest integer not above the constant part, and the rest.
    pub fn split_integer(&self) -> (i64, Exponent) {
        match self {
            Exponent::Integer(value) => (*value, Exponent::Integer(0)),
            Exponent::Poly(poly) => {
                let whole = poly.constant_part().floor();
                match whole.to_i64() {
                    Some(small) if small != 0 => (small, Exponent::from_poly(poly.plus(&Poly::constant(-whole)))),
                    _ => (0, self.clone()),
                }
            }
        }
    }
}

/// A generator with its exponent.
type Factor = (Generator, Exponent);

/// A power product, sorted by generator, no exponent zero; copies share their factors.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Monomial(Arc<[Factor]>);

impl Ord for Monomial {
    fn cmp(&self, other: &Monomial) -> Ordering {
        // What is shared is often compared with itself.
        if Arc::ptr_eq(&self.0, &other.0) { Ordering::Equal } else { self.0.cmp(&other.0) }
    }
}

impl PartialOrd for Monomial {
    fn partial_cmp(&self, other: &Monomial) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Monomial {
    pub fn one() -> Monomial {
        Monomial::default()
    }

    pub fn is_one(&self) -> bool {
        self.0.is_empty()
    }

    pub fn factors(&self) -> &[(Generator, Exponent)] {
        &self.0
    }

    /// The factors with a whole exponent.
    pub fn whole_powers(&self) -> Vec<(Generator, i64)> {
        let whole = |(generator, exponent): &(Generator, Exponent)| match exponent {
            Exponent::Integer(power) => Some((generator.clone(), *power)),
            Exponent::Poly(_) => None,
        };
        self.0.iter().filter_map(whole).collect()
    }

    /// The exponent of a generator, zero when it does not occur.
    pub fn exponent(&self, generator: &Generator) -> Exponent {
        match self.0.binary_search_by(|(own, _)| own.cmp(generator)) {
            Ok(position) => self.0[position].1.clone(),
            Err(_) => Exponent::Integer(0),
        }
    }

    /// Every factor to the opposite power.
    pub fn inverse(&self) -> Monomial {
        Monomial(self.0.iter().map(|(generator, exponent)| (generator.clone(), exponent.negate())).collect())
    }

    /// A monomial from factors in any order; nothing is simplified, each generator occurs once.
    pub fn from_factors(mut factors: Vec<Factor>) -> Monomial {
        factors.retain(|(_, exponent)| !exponent.is_zero());
        factors.sort();
        Monomial(factors.into())
    }

    /// The factors of a product, written into a vector that is emptied first.
    fn merge_into(&self, other: &Monomial, merged: &mut Vec<Factor>) {
        merged.clear();
        let (a, b) = (&self.0, &other.0);
        let (mut i, mut j) = (0, 0);
        while i < a.len() && j < b.len() {
            match a[i].0.cmp(&b[j].0) {
                Ordering::Less => {
                    merged.push(a[i].clone());
                    i += 1;
                }
                Ordering::Greater => {
                    merged.push(b[j].clone());
                    j += 1;
                }
                Ordering::Equal => {
                    let exponent = a[i].1.add(&b[j].1);
                    if !exponent.is_zero() {
                        merged.push((a[i].0.clone(), exponent));
                    }
                    i += 1;
                    j += 1;
                }
            }
        }
        merged.extend_from_slice(&a[i..]);
        merged.extend_from_slice(&b[j..]);
    }
}

/// A sum of rational multiples of monomials, sorted by monomial, no coefficient zero.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Poly(Vec<(Monomial, Rational)>);

impl Ord for Poly {
    fn cmp(&self, other: &Poly) -> Ordering {
        if std::ptr::eq(self, other) { Ordering::Equal } else { self.0.cmp(&other.0) }
    }
}

impl PartialOrd for Poly {
    fn partial_cmp(&self, other: &Poly) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Poly {
    pub fn zero() -> Poly {
        Poly::default()
    }

    pub fn one() -> Poly {
        Poly::integer(1)
    }

    pub fn integer(value: i64) -> Poly {
        Poly::constant(Rational::from(value))
    }

    pub fn constant(value: Rational) -> Poly {
        Poly::single(Monomial::one(), value)
    }

    pub fn single(monomial: Monomial, coefficient: Rational) -> Poly {
        if coefficient.is_zero() { Poly::zero() } else { Poly(vec![(monomial, coefficient)]) }
    }

    pub fn generator(generator: Generator) -> Poly {
        Poly::single(Monomial(Arc::new([(generator, Exponent::Integer(1))])), Rational::one())
    }

    /// A generator to a power, simplified as a product would be.
    pub fn generator_power(generator: Generator, exponent: Exponent) -> Outcome<Poly> {
        simplify_factors(vec![(generator, exponent)], Rational::one())
    }

    pub fn terms(&self) -> impl DoubleEndedIterator<Item = (&Monomial, &Rational)> + ExactSizeIterator {
        self.0.iter().map(|(monomial, coefficient)| (monomial, coefficient))
    }

    fn position(&self, monomial: &Monomial) -> Result<usize, usize> {
        self.0.binary_search_by(|(own, _)| own.cmp(monomial))
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Many terms, each but one with a factor that no other has, as in 1 − p₁ − … − p_K and
    /// 1 + e^t₁ + … + e^t_K: its powers are not written out where they need not be.
    pub fn is_long(&self) -> bool {
        if self.0.len() <= SHORT_SUM {
            return false;
        }
        let mut uses: BTreeMap<&Factor, usize> = BTreeMap::new();
        for factor in self.0.iter().flat_map(|(monomial, _)| monomial.factors()) {
            *uses.entry(factor).or_default() += 1;
        }
        let own = |monomial: &Monomial| monomial.factors().iter().any(|factor| uses[factor] == 1);
        self.0.iter().filter(|(monomial, _)| !own(monomial)).count() <= 1
    }

    /// The same with products in the place of those factors that are given one.
    pub fn with_factors(
        &self,
        replace: &mut dyn FnMut(&Generator, &Exponent) -> Outcome<Option<Poly>>,
    ) -> Outcome<Poly> {
        let mut result = Poly::zero();
        for (monomial, coefficient) in &self.0 {
            let mut product = Poly::constant(coefficient.clone());
            for factor in monomial.factors() {
                let replaced = replace(&factor.0, &factor.1)?;
                let own = || Poly::single(Monomial::from_factors(vec![factor.clone()]), Rational::one());
                product = product.times(&replaced.unwrap_or_else(own))?;
            }
            result.add_assign(&product);
        }
        Ok(result)
    }

    /// Literally zero. For zero *by algebra* see [`super::normal::Normalizer::is_zero`].
    pub fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    pub fn as_constant(&self) -> Option<Rational> {
        match self.0.as_slice() {
            [] => Some(Rational::zero()),
            [(monomial, value)] if monomial.is_one() => Some(value.clone()),
            _ => None,
        }
    }

    pub fn constant_part(&self) -> Rational {
        // No monomial is less than the empty one.
        match self.0.first() {
            Some((monomial, value)) if monomial.is_one() => value.clone(),
            _ => Rational::zero(),
        }
    }

    /// The only term, when there is exactly one.
    pub fn as_single(&self) -> Option<(&Monomial, &Rational)> {
        if let [(monomial, coefficient)] = self.0.as_slice() { Some((monomial, coefficient)) } else { None }
    }

    pub fn coefficient(&self, monomial: &Monomial) -> Rational {
        self.position(monomial).map_or_else(|_| Rational::zero(), |position| self.0[position].1.clone())
    }

    pub fn add_term(&mut self, monomial: Monomial, coefficient: Rational) {
        if coefficient.is_zero() {
            return;
        }
        // Most sums are built in order.
        if self.0.last().is_none_or(|(last, _)| *last < monomial) {
            self.0.push((monomial, coefficient));
            return;
        }
        match self.position(&monomial) {
            Err(position) => self.0.insert(position, (monomial, coefficient)),
            Ok(position) => {
                self.0[position].1 += coefficient;
                if self.0[position].1.is_zero() {
                    self.0.remove(position);
                }
            }
        }
    }

    pub fn add_assign(&mut self, other: &Poly) {
        // A few terms are put in their places, many are merged.
        if other.0.len() <= 2 || 16 * other.0.len() < self.0.len() {
            for (monomial, coefficient) in &other.0 {
                self.add_term(monomial.clone(), coefficient.clone());
            }
        } else {
            *self = self.plus(other);
        }
    }

    pub fn plus(&self, other: &Poly) -> Poly {
        self.combined(other, Rational::clone)
    }

    pub fn minus(&self, other: &Poly) -> Poly {
        self.combined(other, |coefficient| -coefficient)
    }

    /// The sum with another poly whose coefficients are changed first.
    fn combined(&self, other: &Poly, changed: impl Fn(&Rational) -> Rational) -> Poly {
        let (a, b) = (&self.0, &other.0);
        let mut terms = Vec::with_capacity(a.len() + b.len());
        let (mut i, mut j) = (0, 0);
        while i < a.len() && j < b.len() {
            match a[i].0.cmp(&b[j].0) {
                Ordering::Less => {
                    terms.push(a[i].clone());
                    i += 1;
                }
                Ordering::Greater => {
                    terms.push((b[j].0.clone(), changed(&b[j].1)));
                    j += 1;
                }
                Ordering::Equal => {
                    let coefficient = &a[i].1 + changed(&b[j].1);
                    if !coefficient.is_zero() {
                        terms.push((a[i].0.clone(), coefficient));
                    }
                    i += 1;
                    j += 1;
                }
            }
        }
        terms.extend_from_slice(&a[i..]);
        terms.extend(b[j..].iter().map(|(monomial, coefficient)| (monomial.clone(), changed(coefficient))));
        Poly(terms)
    }

    pub fn scaled(&self, factor: &Rational) -> Poly {
        if factor.is_zero() {
            return Poly::zero();
        }
        Poly(self.0.iter().map(|(monomial, coefficient)| (monomial.clone(), coefficient * factor)).collect())
    }

    pub fn times(&self, other: &Poly) -> Outcome<Poly> {
        if self.0.len().saturating_mul(other.0.len()) > 20 * MOST_TERMS {
            return Err(Obstacle::TooLarge("a product of sums"));
        }
        spend(self.0.len() * other.0.len() + 1)?;
        for (poly, number) in [(self, other), (other, self)] {
            if let Some(number) = number.as_constant()
                && poly.is_simplified()
            {
                return Ok(poly.scaled(&number));
            }
        }
        let mut total = Collected::with_room(self.0.len() * other.0.len());
        for (left, a) in &self.0 {
            for (right, b) in &other.0 {
                total.add_product(left, right, a * b)?;
            }
            if total.is_long() && total.settled() > MOST_TERMS {
                return Err(Obstacle::TooLarge("a product of sums"));
            }
        }
        let total = total.into_poly();
        if total.0.len() > MOST_TERMS { Err(Obstacle::TooLarge("a product of sums")) } else { Ok(total) }
    }

    /// [`Poly::times`] of what is not needed any more: the first factor of a product is taken as it is.
    pub(super) fn multiplied(self, other: Poly) -> Outcome<Poly> {
        let is_one = self.as_single().is_some_and(|(monomial, number)| monomial.is_one() && number.is_one());
        if is_one && other.is_simplified() {
            return spend(other.0.len() + 1).map(|()| other);
        }
        self.times(&other)
    }

    /// Whether none of the relations that multiplication applies is left to be applied.
    fn is_simplified(&self) -> bool {
        let open = |(generator, exponent): &Factor| needs_simplification(generator, exponent);
        !self.0.iter().any(|(monomial, _)| monomial.0.iter().any(open))
    }

    pub fn times_monomial(&self, monomial: &Monomial, coefficient: &Rational) -> Outcome<Poly> {
        spend(self.0.len() + 1)?;
        let mut total = Collected::with_room(self.0.len());
        for (own, own_coefficient) in &self.0 {
            total.add_product(own, monomial, own_coefficient * coefficient)?;
        }
        Ok(total.into_poly())
    }

    /// The positive rational c such that this polynomial divided by c has coprime whole coefficients; 1 for zero.
    pub fn rational_content(&self) -> Rational {
        self.0
            .iter()
            .map(|(_, own)| own.abs())
            .reduce(|all, own| all.common_measure(&own))
            .unwrap_or_else(Rational::one)
    }

    /// The power product of least negative whole exponents: what the terms are divided by.
    pub fn lowest_powers(&self) -> Monomial {
        let mut lowest: BTreeMap<Generator, i64> = BTreeMap::new();
        for (monomial, _) in &self.0 {
            for (generator, exponent) in monomial.0.iter() {
                if let Exponent::Integer(power) = exponent
                    && *power < 0
                {
                    let least = lowest.entry(generator.clone()).or_insert(0);
                    *least = (*least).min(*power);
                }
            }
        }
        let factors = lowest.into_iter().map(|(generator, least)| (generator, Exponent::Integer(least)));
        Monomial::from_factors(factors.collect())
    }

    /// A non-negative integer power, expanded.
    pub fn expanded_power(&self, exponent: i64) -> Outcome<Poly> {
        if exponent > MOST_EXPANDED_POWER && self.0.len() > 1 {
            return Err(Obstacle::TooLarge("a power of a sum"));
        }
        let mut result = Poly::one();
        let mut square = self.clone();
        let mut rest = exponent;
        while rest > 0 {
            if rest & 1 == 1 {
                result = result.times(&square)?;
            }
            rest >>= 1;
            if rest > 0 {
                square = square.times(&square)?;
            }
        }
        Ok(result)
    }

    /// Visits every generator, also inside exponents, sums, logarithms and arguments.
    pub fn visit_generators(&self, visit: &mut dyn FnMut(&Generator)) {
        for (monomial, _) in &self.0 {
            for (generator, exponent) in monomial.0.iter() {
                visit_generator(generator, visit);
                if let Exponent::Poly(poly) = exponent {
                    poly.visit_generators(visit);
                }
            }
        }
    }

    pub fn contains_variable(&self, name: &Name) -> bool {
        self.contains_any(std::slice::from_ref(name))
    }

    pub fn contains_any(&self, names: &[Name]) -> bool {
        self.any_generator(&|generator| is_variable_among(generator, names))
    }

    /// Whether any generator is of a kind, also inside exponents, sums, logarithms and arguments.
    fn any_generator(&self, is: &dyn Fn(&Generator) -> bool) -> bool {
        self.0.iter().any(|(monomial, _)| {
            monomial.0.iter().any(|(generator, exponent)| {
                generator.any_within(is) || matches!(exponent, Exponent::Poly(poly) if poly.any_generator(is))
            })
        })
    }
}

impl Generator {
    pub fn contains_any(&self, names: &[Name]) -> bool {
        self.any_within(&|generator| is_variable_among(generator, names))
    }

    /// Whether another one is this one or occurs inside it.
    pub(super) fn mentions(&self, other: &Generator) -> bool {
        self.any_within(&|generator| generator == other)
    }

    fn any_within(&self, is: &dyn Fn(&Generator) -> bool) -> bool {
        is(self)
            || match self {
                Generator::Sum(poly) => poly.any_generator(is),
                Generator::Log(inner) => inner.any_within(is),
                Generator::Call(_, arguments) => arguments.iter().any(|argument| argument.any_generator(is)),
                _ => false,
            }
    }
}

fn is_variable_among(generator: &Generator, names: &[Name]) -> bool {
    matches!(generator, Generator::Variable(own) | Generator::Reflected(own) if names.contains(own))
}

fn visit_generator(generator: &Generator, visit: &mut dyn FnMut(&Generator)) {
    visit(generator);
    match generator {
        Generator::Sum(poly) => poly.visit_generators(visit),
        Generator::Log(inner) => visit_generator(inner, visit),
        Generator::Call(_, arguments) => {
            for argument in arguments.iter() {
                argument.visit_generators(visit);
            }
        }
        _ => {}
    }
}

/// Whether a merged product of factors needs [`simplify_factors`].
fn needs_simplification(generator: &Generator, exponent: &Exponent) -> bool {
    match (generator, exponent) {
        (Generator::Prime(_), _) => true,
        (Generator::Sum(sum), Exponent::Integer(power)) => *power > 0 || sum.len() == 1,
        (Generator::Call(Function::Abs, _), Exponent::Integer(power)) => *power != 1,
        (Generator::Call(Function::Sin, _), Exponent::Integer(power)) => *power > 1,
        _ => false,
    }
}

/// A normal form with some variables apart, to be given values: they occur in whole powers alone.
pub struct Separated {
    terms: Vec<SeparatedTerm>,
}

/// Powers of the variables by their places, a monomial in the others, and a number.
struct SeparatedTerm {
    powers: Vec<(usize, i32)>,
    outside: Monomial,
    coefficient: Rational,
}

impl Separated {
    /// `None` where one of the variables stands inside a function, a sum or an exponent.
    pub fn of(poly: &Poly, names: &[Name]) -> Option<Separated> {
        let places: BTreeMap<&Name, usize> = names.iter().enumerate().map(|(place, name)| (name, place)).collect();
        let place = |generator: &Generator| match generator {
            Generator::Variable(name) | Generator::Reflected(name) => places.get(name).copied(),
            _ => None,
        };
        let holds = |poly: &Poly| {
            let mut found = false;
            poly.visit_generators(&mut |generator| found |= place(generator).is_some());
            found
        };
        // The same sum is in many terms.
        let mut free: Option<Arc<Poly>> = None;
        let mut terms = Vec::with_capacity(poly.len());
        for (monomial, coefficient) in poly.terms() {
            let (mut powers, mut outside) = (Vec::new(), Vec::new());
            let mut coefficient = coefficient.clone();
            for (generator, exponent) in monomial.factors() {
                match (place(generator), exponent) {
                    (Some(place), Exponent::Integer(power)) => {
                        let power = i32::try_from(*power).ok()?;
                        if matches!(generator, Generator::Reflected(_)) && power % 2 != 0 {
                            coefficient = -coefficient;
                        }
                        powers.push((place, power));
                    }
                    (None, Exponent::Integer(_)) => {
                        match generator {
                            Generator::Sum(sum) if free.as_ref().is_some_and(|own| Arc::ptr_eq(own, sum)) => {}
                            Generator::Sum(sum) if holds(sum) => return None,
                            Generator::Sum(sum) => free = Some(sum.clone()),
                            other if holds(&Poly::generator(other.clone())) => return None,
                            _ => {}
                        }
                        outside.push((generator.clone(), exponent.clone()));
                    }
                    (None, Exponent::Poly(inner)) if !holds(inner) && !holds(&Poly::generator(generator.clone())) => {
                        outside.push((generator.clone(), exponent.clone()));
                    }
                    _ => return None,
                }
            }
            terms.push(SeparatedTerm { powers, outside: Monomial::from_factors(outside), coefficient });
        }
        Some(Separated { terms })
    }

    /// The normal form at these values, unless one that is zero is divided by.
    pub fn at(&self, values: &[Rational]) -> Option<Poly> {
        let mut terms = Vec::new();
        for term in &self.terms {
            let mut coefficient = term.coefficient.clone();
            for (place, power) in &term.powers {
                let value = values.get(*place)?;
                if value.is_zero() && *power < 0 {
                    return None;
                }
                coefficient *= &rational_power(value, i64::from(*power)).ok()?;
            }
            if !coefficient.is_zero() {
                terms.push((term.outside.clone(), coefficient));
            }
        }
        Some(Collected { terms, ..Collected::default() }.into_poly())
    }
}

/// The terms of a product as they come; sorted, and like ones gathered, when there are many.
#[derive(Default)]
struct Collected {
    terms: Vec<(Monomial, Rational)>,
    /// As many were left when they were last gathered.
    gathered: usize,
    /// Room for the factors of one product.
    merged: Vec<Factor>,
}

impl Collected {
    /// For so many products, or as many as are gathered at once.
    fn with_room(products: usize) -> Collected {
        Collected { terms: Vec::with_capacity(products.min(4_096)), ..Collected::default() }
    }

    fn add_product(&mut self, left: &Monomial, right: &Monomial, coefficient: Rational) -> Outcome<()> {
        left.merge_into(right, &mut self.merged);
        if self.merged.iter().any(|(generator, exponent)| needs_simplification(generator, exponent)) {
            self.terms.extend(simplify_factors(std::mem::take(&mut self.merged), coefficient)?.0);
        } else {
            self.terms.push((Monomial(self.merged.drain(..).collect()), coefficient));
        }
        Ok(())
    }

    /// Whether there are many more terms than were left when they were last gathered.
    fn is_long(&self) -> bool {
        self.terms.len() > 2 * self.gathered + 4_096
    }

    /// Gathers like terms, and says how many there are.
    fn settled(&mut self) -> usize {
        self.terms = std::mem::take(self).into_poly().0;
        self.gathered = self.terms.len();
        self.gathered
    }

    fn into_poly(mut self) -> Poly {
        if !self.terms.is_sorted_by(|a, b| a.0 < b.0) {
            // Stable, because that makes use of what is in order already.
            self.terms.sort_by(|a, b| a.0.cmp(&b.0));
            self.terms.dedup_by(|next, first| {
                let alike = next.0 == first.0;
                if alike {
                    first.1 += &next.1;
                }
                alike
            });
        }
        self.terms.retain(|(_, coefficient)| !coefficient.is_zero());
        Poly(self.terms)
    }
}

/// Applies the known relations to a product of factors:
/// p^(k+r) = p^k p^r for primes, Sum^k expanded for k > 0, |u|^k = u^(k−r)|u|^r, sin² = 1 − cos².
fn simplify_factors(factors: Vec<Factor>, mut coefficient: Rational) -> Outcome<Poly> {
    let mut plain = Vec::with_capacity(factors.len());
    let mut expanded: Vec<(Poly, i64)> = Vec::new();
    for (generator, exponent) in factors {
        match (&generator, &exponent) {
            (Generator::Prime(prime), _) => {
                let (whole, rest) = exponent.split_integer();
                coefficient *= integer_power(prime, whole)?;
                plain.push((generator, rest));
            }
            (Generator::Sum(poly), Exponent::Integer(power)) if *power > 0 => {
                expanded.push(((**poly).clone(), *power));
            }
            (Generator::Sum(poly), Exponent::Integer(power)) if poly.len() == 1 => {
                expanded.push((invert_monomial(poly), -power));
            }
            (Generator::Call(Function::Abs, arguments), Exponent::Integer(power)) if *power != 1 => {
                let odd = power.rem_euclid(2);
                let even = power - odd;
                if odd == 1 {
                    plain.push((generator.clone(), Exponent::Integer(1)));
                }
                if even > 0 {
                    expanded.push((arguments[0].clone(), even));
                } else if let Some((monomial, _)) = arguments[0].as_single() {
                    let inner = Poly::single(monomial.clone(), Rational::one());
                    expanded.push((invert_monomial(&inner), -even));
                } else if even < 0 {
                    plain.push((Generator::Sum(Arc::new(arguments[0].clone())), Exponent::Integer(even)));
                }
            }
            (Generator::Call(Function::Sin, arguments), Exponent::Integer(power)) if *power > 1 => {
                let cos = Poly::generator(Generator::Call(Function::Cos, arguments.clone()));
                let cos_squared = cos.expanded_power(2)?;
                expanded.push((Poly::one().minus(&cos_squared), power / 2));
                if power % 2 == 1 {
                    plain.push((generator.clone(), Exponent::Integer(1)));
                }
            }
            _ => plain.push((generator, exponent)),
        }
    }
    // The same generator may have been produced twice.
    plain.sort();
    let mut factors: Vec<Factor> = Vec::with_capacity(plain.len());
    for (generator, exponent) in plain {
        match factors.last_mut().filter(|(last, _)| *last == generator) {
            Some((_, own)) => *own = own.add(&exponent),
            None => factors.push((generator, exponent)),
        }
    }
    factors.retain(|(_, exponent)| !exponent.is_zero());
    let mut result = Poly::single(Monomial(factors.into()), coefficient);
    for (poly, power) in expanded {
        let factor = poly.expanded_power(power)?;
        result = result.times(&factor)?;
    }
    Ok(result)
}

fn invert_monomial(single: &Poly) -> Poly {
    Poly(
        single
            .0
            .iter()
            .map(|(monomial, coefficient)| {
                let inverse = monomial.0.iter().map(|(g, e)| (g.clone(), e.negate())).collect();
                (Monomial(inverse), coefficient.recip())
            })
            .collect(),
    )
}

/// An integer to a machine power, bounded in size.
pub fn integer_power(base: &BigInt, exponent: i64) -> Outcome<Rational> {
    rational_power(&Rational::from_integer(base.clone()), exponent)
}

/// A rational to a machine power, bounded in size.
pub fn rational_power(base: &Rational, exponent: i64) -> Outcome<Rational> {
    if base.is_zero() && exponent < 0 {
        return Err(Obstacle::DivisionByZero);
    }
    let bits = base.bits();
    let size = exponent.unsigned_abs();
    if !base.abs().is_one() && size.saturating_mul(bits) > 100_000 {
        return Err(Obstacle::TooLarge("a power of a number"));
    }
    if base.abs().is_one() {
        return Ok(if base.is_negative() && exponent % 2 != 0 { base.clone() } else { Rational::one() });
    }
    let size = u32::try_from(size).map_err(|_| Obstacle::TooLarge("a power of a number"))?;
    let power = Pow::pow(base, size);
    Ok(if exponent < 0 { power.recip() } else { power })
}

// Back to terms.

impl Generator {
    pub fn to_term(&self) -> Term {
        match self {
            Generator::Prime(prime) => Term::integer(prime.clone()),
            Generator::Euler => Term::Constant(Constant::E),
            Generator::Pi => Term::Constant(Constant::Pi),
            Generator::EulerGamma => Term::Constant(Constant::EulerGamma),
            Generator::Variable(name) => Term::Variable(name.clone()),
            Generator::Reflected(name) => -Term::Variable(name.clone()),
            Generator::Sum(poly) => poly.to_term(),
            Generator::Log(inner) => match &**inner {
                // log Γ is one function to a reader.
                Generator::Call(Function::Gamma, arguments) => {
                    Term::apply(Function::LogGamma, vec![arguments[0].to_term()])
                }
                other => other.to_term().log(),
            },
            Generator::Call(function, arguments) => {
                let mut arguments: Vec<Term> = arguments.iter().map(Poly::to_term).collect();
                let order = arguments[0].as_number().and_then(|order| order.to_i64());
                match (function, order) {
                    (Function::Polygamma, Some(0)) => Term::apply(Function::Digamma, vec![arguments.swap_remove(1)]),
                    (Function::Polygamma, Some(1)) => Term::apply(Function::Trigamma, vec![arguments.swap_remove(1)]),
                    _ => Term::Apply(*function, arguments.into()),
                }
            }
        }
    }
}

impl Poly {
    /// The normal form as a sum of products.
    pub fn to_term(&self) -> Term {
        let mut terms: Vec<Term> =
            self.0.iter().map(|(monomial, coefficient)| monomial_to_term(monomial, coefficient)).collect();
        match terms.len() {
            0 => Term::zero(),
            1 => terms.remove(0),
            _ => Term::sum(terms),
        }
    }
}

fn monomial_to_term(monomial: &Monomial, coefficient: &Rational) -> Term {
    let mut coefficient = coefficient.clone();
    let mut factors = Vec::new();
    for (generator, exponent) in monomial.0.iter() {
        match (generator, exponent) {
            (Generator::Euler, _) => factors.push(match exponent {
                Exponent::Integer(1) => Term::Constant(Constant::E),
                _ => exponent.to_poly().to_term().exp(),
            }),
            (Generator::Reflected(name), Exponent::Integer(power)) => {
                if power % 2 != 0 {
                    coefficient = -coefficient;
                }
                factors.push(power_term(Term::Variable(name.clone()), exponent));
            }
            (_, exponent) => factors.push(power_term(generator.to_term(), exponent)),
        }
    }
    if factors.is_empty() {
        return Term::Number(coefficient);
    }
    if !coefficient.is_one() {
        factors.insert(0, Term::Number(coefficient));
    }
    if factors.len() == 1 { factors.remove(0) } else { Term::product(factors) }
}

fn power_term(base: Term, exponent: &Exponent) -> Term {
    match exponent {
        Exponent::Integer(1) => base,
        Exponent::Integer(power) => Term::power(base, Term::integer(*power)),
        Exponent::Poly(poly) => Term::power(base, poly.to_term()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Σ over the exponents of coefficient · xⁱ yʲ.
    fn poly(terms: &[(i64, i64, i64)]) -> Poly {
        let mut sum = Poly::zero();
        for (coefficient, i, j) in terms {
            let powers = [("x", i), ("y", j)]
                .map(|(name, power)| (Generator::Variable(Name::new(name)), Exponent::Integer(*power)));
            sum.add_term(Monomial::from_factors(powers.to_vec()), Rational::from(*coefficient));
        }
        sum
    }

    #[test]
    fn the_order_of_terms_does_not_matter() {
        let (one, two) = (poly(&[(1, 0, 2), (3, 1, -1), (-2, 4, 0)]), poly(&[(-2, 4, 0), (1, 0, 2), (3, 1, -1)]));
        assert_eq!(one, two);
        assert_eq!(poly(&[(1, 2, 0), (5, 0, 1), (-1, 2, 0)]), poly(&[(5, 0, 1)]));
    }

    #[test]
    fn sums_and_products_are_those_of_a_ring() {
        let samples = [
            poly(&[]),
            poly(&[(2, 0, 0)]),
            poly(&[(1, 1, 0), (-1, 0, 1)]),
            poly(&[(1, 1, 0), (1, 0, 1)]),
            poly(&[(3, -2, 1), (1, 0, 0), (-4, 5, 5), (7, 0, -3)]),
        ];
        for a in &samples {
            assert!(a.minus(a).is_zero());
            assert_eq!(a.times(&Poly::one()).unwrap(), *a);
            for b in &samples {
                assert_eq!(a.plus(b), b.plus(a));
                assert_eq!(a.times(b), b.times(a));
                let mut sum = a.clone();
                sum.add_assign(b);
                assert_eq!(sum, a.plus(b));
                assert_eq!(a.plus(b).minus(b), *a);
                for c in &samples {
                    assert_eq!(a.plus(b).times(c).unwrap(), a.times(c).unwrap().plus(&b.times(c).unwrap()));
                }
            }
        }
    }

    /// So many products that like terms are gathered on the way.
    #[test]
    fn a_long_product_loses_nothing() {
        let powers: Vec<(i64, i64, i64)> = (0..120).map(|power| (1, power, 0)).collect();
        let square = poly(&powers).times(&poly(&powers)).unwrap();
        let expected: Vec<(i64, i64, i64)> = (0..239).map(|power| (120 - (power - 119_i64).abs(), power, 0)).collect();
        assert_eq!(square, poly(&expected));
        let alternating: Vec<(i64, i64, i64)> = (0..120).map(|power| (1 - 2 * (power % 2), power, 0)).collect();
        let product = poly(&powers).times(&poly(&alternating)).unwrap();
        let at_one: Rational = product.terms().map(|(_, coefficient)| coefficient.clone()).sum();
        assert!(at_one.is_zero());
        assert_eq!(product.len(), 120);
    }
}
