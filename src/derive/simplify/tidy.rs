//! Signs, powers and numbers where a person puts them.

use std::collections::BTreeMap;
use std::sync::Arc;

use num_traits::{One, Signed, ToPrimitive, Zero};

use super::super::small_integer;
use super::Simplifier;
use super::exponential::has_exponentials;
use super::weight::has_logarithm;
use crate::kernel::memo::fingerprint;
use crate::kernel::poly::{Poly, rational_power};
use crate::kernel::sign::Sign;
use crate::kernel::term::{Constant, Function, Name, Rational, Term};
use crate::numeric::evaluate;

/// A number under a symbolic exponent is raised no further than this: 4^s for 2^(2s).
const LARGEST_BASE: i64 = 1_000;

/// A product taken apart: a number, bases with numeric exponents, bases with symbolic ones, and what
/// stands above e.
#[derive(Default)]
struct Factors {
    coefficient: Rational,
    plain: Vec<(Term, Rational)>,
    powers: Vec<(Term, Vec<Term>)>,
    exponents: Vec<Term>,
}

/// The sign of a longer sum is not asked for.
const MOST_SIGNED_TERMS: usize = 16;
/// Nor is that of a sum over many points, term by term and point by point.
const MOST_SIGNED_VALUES: usize = 100;

/// The points at which a sum is tried before its sign is asked for.
const MOST_TRIALS: usize = 6;
/// A value this much less than its terms, by absolute value, may be due to rounding.
const CLEAR: f64 = 1e-6;

impl Simplifier {
    /// Signs inside products and powers: (b − a)·(−1) is a − b, and 1 − p rather than −(p − 1).
    pub fn tidy(&self, term: &Term) -> Term {
        if matches!(term, Term::Number(_) | Term::Constant(_) | Term::Variable(_)) {
            return term.clone();
        }
        let key = fingerprint(term);
        if let Some(known) = self.tidied.borrow().get(&key) {
            return known.as_ref().unwrap_or(term).clone();
        }
        let tidied = match term.map_children(&mut |child| self.tidy(child)) {
            Term::Product(factors) => self.tidy_product(factors.to_vec()),
            Term::Sum(terms) => flatten_sum(terms.to_vec()),
            Term::Power(base, exponent) => self.tidy_power(Arc::unwrap_or_clone(base), Arc::unwrap_or_clone(exponent)),
            // −log p rather than log(1/p).
            Term::Apply(Function::Log, arguments) => match &arguments[0] {
                Term::Power(base, power) if power.as_number().is_some_and(|power| (-power).is_one()) => {
                    -(**base).clone().log()
                }
                Term::Number(value) if value.numer().is_one() && !value.is_one() => -Term::Number(value.recip()).log(),
                _ => Term::Apply(Function::Log, arguments),
            },
            other => other,
        };
        let changed = (tidied != *term).then_some(tidied);
        let result = changed.as_ref().unwrap_or(term).clone();
        self.tidied.borrow_mut().insert(key, changed);
        result
    }

    /// w 0ˣ rather than w − w sgn(x), of a count x.
    pub(super) fn zero_powers(&self, term: &Term) -> Term {
        let mut own = term.map_children(&mut |child| self.zero_powers(child));
        while let Some(changed) = self.with_zero_power(&own) {
            own = changed;
        }
        own
    }

    /// A sum with one sign less.
    fn with_zero_power(&self, sum: &Term) -> Option<Term> {
        let Term::Sum(terms) = sum else { return None };
        let split: Vec<(Rational, Vec<Term>)> = terms.iter().map(split_number).collect();
        let is_count = |argument: &Term| {
            self.normalizer.normalize(argument).is_ok_and(|poly| {
                let sign = self.normalizer.sign(&poly);
                self.normalizer.is_whole(&poly) && matches!(sign, Some(Sign::Nonnegative | Sign::Positive))
            })
        };
        for (place, (number, factors)) in split.iter().enumerate() {
            for (position, factor) in factors.iter().enumerate() {
                let Term::Apply(Function::Sign, argument) = factor else { continue };
                let others = [&factors[..position], &factors[position + 1..]].concat();
                let taken = -number;
                let holds = |(own, factors): &(Rational, Vec<Term>)| {
                    *factors == others && own.is_positive() == taken.is_positive() && own.abs() >= taken.abs()
                };
                let Some(beside) = split.iter().position(holds).filter(|_| is_count(&argument[0])) else { continue };
                // 0ˣ qˣ is 0ˣ too, but that is no matter of algebra.
                let power = Term::power(Term::zero(), argument[0].clone());
                let before = Some(Term::Number(taken.clone())).filter(|_| !taken.is_one());
                let left = std::iter::once(Term::Number(&split[beside].0 - &taken)).chain(others.clone()).collect();
                let mut changed = terms.to_vec();
                changed[beside] = self.tidy_product(left);
                changed[place] = product(before.into_iter().chain(others).chain([power]).collect());
                changed.retain(|term| !term.is_zero());
                return Some(self::sum(changed));
            }
        }
        None
    }

    fn tidy_power(&self, base: Term, exponent: Term) -> Term {
        if exponent.is_one() {
            return base;
        }
        let Some(power) = exponent.as_number() else {
            return match (&base, scaled_by_integer(&exponent)) {
                // 4^s rather than 2^(2s).
                (Term::Number(number), Some((count, rest))) => match raised_number(number, count) {
                    Some(number) => Term::power(number, rest),
                    None => Term::power(base, exponent),
                },
                _ => Term::power(base, exponent),
            };
        };
        match &base {
            // (e^u)² is e^(2u), and likewise for every power with a symbolic exponent.
            Term::Apply(Function::Exp, arguments) if power.is_integer() => scale(arguments[0].clone(), power).exp(),
            Term::Power(inner, own) => match own.as_number() {
                Some(own) if power.is_integer() && own.is_integer() => {
                    Term::power((**inner).clone(), Term::Number(power * own))
                }
                None if power.is_integer() => self.tidy_power((**inner).clone(), scale((**own).clone(), power)),
                _ => Term::power(base, exponent),
            },
            // (log(x/m))² rather than (log(m/x))².
            Term::Apply(Function::Log, arguments)
                if small_integer(power).is_some_and(|power| power % 2 == 0) && self.is_turned(&arguments[0]) =>
            {
                let turned = self.tidy_product(vec![arguments[0].clone().recip()]);
                Term::power(turned.log(), exponent)
            }
            // (x − μ)² rather than (μ − x)².
            Term::Sum(_) if small_integer(power).is_some_and(|power| power % 2 == 0) && self.is_negative(&base) => {
                Term::power(self.tidy(&negate_sum(&base)), exponent)
            }
            _ => Term::power(base, exponent),
        }
    }

    pub(super) fn tidy_product(&self, factors: Vec<Term>) -> Term {
        let mut parts = Factors { coefficient: Rational::one(), ..Factors::default() };
        parts.gather(factors, false);
        if parts.coefficient.is_zero() {
            return Term::zero();
        }
        self.join_symbolic_powers(&mut parts);
        parts.reduce_roots();
        self.join_functions(&mut parts.plain);
        let Factors { mut coefficient, plain, powers, exponents } = parts;
        let mut rest: Vec<Term> = Vec::new();
        for (base, power) in plain {
            let odd = small_integer(&power).is_some_and(|power| power % 2 != 0);
            if matches!(base, Term::Sum(_)) && power.is_integer() && self.is_negative(&base) {
                if odd {
                    coefficient = -coefficient;
                }
                rest.push(raise(negate_sum(&base), power));
            } else {
                rest.push(raise(base, power));
            }
        }
        rest.extend(powers.into_iter().map(|(base, mut exponents)| self.tidy_power(base, exponents.remove(0))));
        if !exponents.is_empty() {
            match self.added(exponents) {
                zero if zero.is_zero() => {}
                exponent => rest.push(exponent.exp()),
            }
        }
        if rest.is_empty() {
            return Term::Number(coefficient);
        }
        if coefficient.is_negative()
            && let Some(mixed) = self.mixed_sum(&coefficient, &rest)
        {
            // (r − p x)/(p (1 − p)) rather than −(p x − r)/(p (1 − p)).
            let (base, power) = split_power(&rest[mixed]);
            rest[mixed] = raise(negate_sum(&base), power);
            coefficient = -coefficient;
        }
        if !coefficient.is_one() {
            rest.insert(0, Term::Number(coefficient));
        }
        if rest.len() == 1 { rest.remove(0) } else { Term::product(rest) }
    }

    /// A sum to an odd power that reads as well with its signs changed: one of no known sign with a
    /// minus in it. x − μ stays what it is.
    fn mixed_sum(&self, coefficient: &Rational, factors: &[Term]) -> Option<usize> {
        let turns = |factor: &Term, above: bool| {
            let (base, power) = split_power(factor);
            let Term::Sum(terms) = &base else { return false };
            let odd = small_integer(&power).is_some_and(|power| power % 2 != 0 && (power > 0) == above);
            odd && terms.iter().any(Term::has_minus) && !self.is_location(terms) && !self.is_signed(&base)
        };
        // −(b − a) of whatever sign reads better as a − b.
        if matches!(factors, [Term::Sum(_)]) && (-coefficient).is_one() {
            return Some(0);
        }
        [true, false].into_iter().find_map(|above| factors.iter().position(|factor| turns(factor, above)))
    }

    /// Whether a product has its variates below the bar only.
    fn is_turned(&self, term: &Term) -> bool {
        let moving = |factor: &&Term| self.variates.iter().any(|name| factor.contains(name));
        let (mut some, mut below) = (false, true);
        for factor in factors_of(term).iter().filter(moving) {
            some = true;
            below &= matches!(factor, Term::Power(_, power) if power.is_negative_number());
        }
        some && below && matches!(term, Term::Product(_))
    }

    /// x − μ: a variate, or its logarithm, from which something is taken away.
    fn is_location(&self, terms: &[Term]) -> bool {
        let moving = |term: &Term| match term {
            Term::Variable(name) => self.variates.contains(name),
            Term::Apply(_, arguments) => matches!(&arguments[0], Term::Variable(name) if self.variates.contains(name)),
            _ => false,
        };
        let taken = |term: &Term| matches!(term, Term::Product(factors) if term.has_minus() && matches!(factors[1..], [Term::Variable(_)]));
        matches!(terms, [first, second] if (moving(first) && taken(second)) || (moving(second) && taken(first)))
    }

    fn is_signed(&self, term: &Term) -> bool {
        if self.is_somewhere(term, true) && self.is_somewhere(term, false) {
            return false;
        }
        self.normalizer.normalize(term).ok().and_then(|poly| self.normalizer.sign(&poly)).is_some()
    }

    /// The sum of exponents, its like terms gathered.
    fn added(&self, mut exponents: Vec<Term>) -> Term {
        if exponents.len() == 1 {
            return exponents.remove(0);
        }
        let sum = Term::sum(exponents);
        match self.normalizer.normalize(&sum) {
            Ok(poly) => self.tidy(&poly.to_term()),
            Err(_) => self.tidy(&sum),
        }
    }

    /// Equal bases under one exponent, and bases with opposite exponents under one:
    /// s^α x^(−α) is (s/x)^α.
    fn join_symbolic_powers(&self, parts: &mut Factors) {
        for (base, exponents) in &mut parts.powers {
            if let Some(position) = parts.plain.iter().position(|(own, _)| own == base) {
                exponents.push(Term::Number(parts.plain.remove(position).1));
            }
            *exponents = vec![self.added(std::mem::take(exponents))];
        }
        parts.powers.retain(|(base, exponents)| match exponents[0].as_number() {
            Some(power) => {
                if !power.is_zero() {
                    parts.plain.push((base.clone(), power.clone()));
                }
                false
            }
            None => true,
        });
        let mut first = 0;
        while first < parts.powers.len() {
            let partner = (first + 1..parts.powers.len())
                .find_map(|second| self.joined(&parts.powers[first], &parts.powers[second]).map(|own| (second, own)));
            match partner {
                Some((second, (joined, loose))) => {
                    parts.powers.remove(second);
                    parts.powers[first] = joined;
                    for (base, power) in loose.into_iter().filter(|(_, power)| !power.is_zero()) {
                        match base {
                            Term::Number(value) => {
                                match small_integer(&power).and_then(|power| rational_power(&value, power).ok()) {
                                    Some(value) => parts.coefficient *= value,
                                    None => parts.plain.push((Term::Number(value), power)),
                                }
                            }
                            base => match parts.plain.iter_mut().find(|(own, _)| *own == base) {
                                Some((_, own)) => *own += power,
                                None => parts.plain.push((base, power)),
                            },
                        }
                    }
                    parts.plain.retain(|(_, power)| !power.is_zero());
                }
                None => first += 1,
            }
        }
    }

    /// Two powers as one, with the whole powers that are left over.
    #[allow(clippy::type_complexity)]
    fn joined(
        &self,
        a: &(Term, Vec<Term>),
        b: &(Term, Vec<Term>),
    ) -> Option<((Term, Vec<Term>), Vec<(Term, Rational)>)> {
        let exponent = |(_, exponents): &(Term, Vec<Term>)| self.normalizer.normalize(&exponents[0]).ok();
        let (one, two) = (exponent(a)?, exponent(b)?);
        let (constant_one, constant_two) = (one.constant_part(), two.constant_part());
        let symbolic = one.minus(&Poly::constant(constant_one.clone()));
        let other = two.minus(&Poly::constant(constant_two.clone()));
        let same = symbolic == other;
        if !same && symbolic != other.scaled(&-Rational::one()) {
            return None;
        }
        let whole = constant_one.is_integer() && constant_two.is_integer();
        let (constant, loose) = match same {
            _ if &constant_one * if same { Rational::one() } else { -Rational::one() } == constant_two => {
                (constant_one, Vec::new())
            }
            // λ^k x^(k − 1) is well written.
            true => return None,
            false if !whole => return None,
            false => (Rational::zero(), vec![(a.0.clone(), constant_one), (b.0.clone(), constant_two)]),
        };
        let mut exponent = self.tidy(&symbolic.plus(&Poly::constant(constant)).to_term());
        let (mut above, mut below) = (a.0.clone(), b.0.clone());
        if !same && self.is_minus(&exponent) {
            exponent = self.tidy(&negate(&exponent));
            std::mem::swap(&mut above, &mut below);
        }
        let below = if same { below } else { below.recip() };
        Some(((self.tidy_product(vec![above, below]), vec![exponent]), loose))
    }

    /// Whether an exponent reads as a negative one.
    fn is_minus(&self, exponent: &Term) -> bool {
        match exponent {
            Term::Sum(_) => self.is_negative(exponent),
            other => other.has_minus(),
        }
    }

    /// Whether a sum should be written with its signs changed.
    pub(super) fn is_negative(&self, term: &Term) -> bool {
        let key = fingerprint(term);
        if let Some(known) = self.negative.borrow().get(&key) {
            return *known;
        }
        let answer = self.find_negative(term);
        self.negative.borrow_mut().insert(key, answer);
        answer
    }

    fn find_negative(&self, term: &Term) -> bool {
        // −(log(1 − p) + p) reads better than −log(1 − p) − p.
        if matches!(term, Term::Sum(terms) if !terms.iter().any(Term::has_minus)) {
            return false;
        }
        let unknown = self.reads_negative(term);
        // A value with the sign that it would have in any case: the sign that is known, if one is, is the same.
        if self.is_somewhere(term, unknown) {
            return unknown;
        }
        // A long sum has no sign that could be shown, or one that takes longer than looks are worth.
        let is_short = |poly: &Poly| {
            let points = if poly.contains_any(&self.variates) { self.points } else { 1 };
            poly.len() <= MOST_SIGNED_TERMS && poly.len() * points <= MOST_SIGNED_VALUES
        };
        let short = self.normalizer.normalize(term).ok().filter(is_short);
        match short.and_then(|poly| self.normalizer.sign(&poly)) {
            Some(Sign::Negative | Sign::Nonpositive) => true,
            Some(_) => false,
            None => unknown,
        }
    }

    /// Whether a sum of no known sign should be written with its signs changed: x − μ rather than μ − x, then
    /// as few minus signs as possible.
    fn reads_negative(&self, term: &Term) -> bool {
        let Term::Sum(terms) = term else { return false };
        let about = |term: &&Term| self.variates.iter().any(|name| term.contains(name));
        let moving: Vec<&Term> = terms.iter().filter(about).collect();
        if !moving.is_empty() && moving.len() < terms.len() {
            let minus = moving.iter().filter(|term| term.has_minus()).count();
            if 2 * minus != moving.len() {
                return 2 * minus > moving.len();
            }
        }
        let minus = terms.iter().filter(|term| term.has_minus()).count();
        2 * minus > terms.len()
    }

    /// Whether a sum is clearly negative, or else positive, at one of a few points.
    fn is_somewhere(&self, term: &Term, negative: bool) -> bool {
        let Term::Sum(terms) = term else { return false };
        self.trials().iter().any(|point| {
            let (mut total, mut size) = (0.0, 0.0_f64);
            for own in terms.iter() {
                let Some(value) = evaluate(own, point) else { return false };
                total += value;
                size += value.abs();
            }
            // What rounding may have done is left out.
            size.is_finite() && total.abs() > CLEAR * size && (total < 0.0) == negative
        })
    }

    fn trials(&self) -> &[BTreeMap<Name, f64>] {
        self.trials.get_or_init(|| {
            let value = |(name, value): (&Name, &Rational)| Some((name.clone(), value.to_f64()?));
            let examples = self.normalizer.examples();
            examples.iter().take(MOST_TRIALS).map(|point| point.iter().filter_map(value).collect()).collect()
        })
    }
}

impl Factors {
    /// Flattens products, gathers equal bases and what stands above e.
    fn gather(&mut self, factors: Vec<Term>, inverse: bool) {
        let sign = if inverse { -Rational::one() } else { Rational::one() };
        for factor in factors {
            match factor {
                Term::Number(value) if !inverse || value.is_zero() => self.coefficient *= value,
                Term::Number(value) => self.coefficient /= value,
                Term::Product(inner) => self.gather(inner.to_vec(), inverse),
                Term::Power(base, exponent) => match exponent.as_number() {
                    Some(power) => self.push(Arc::unwrap_or_clone(base), power * &sign),
                    None => {
                        self.push_symbolic(Arc::unwrap_or_clone(base), scale(Arc::unwrap_or_clone(exponent), &sign))
                    }
                },
                base => self.push(base, sign.clone()),
            }
        }
    }

    fn push(&mut self, base: Term, power: Rational) {
        match base {
            Term::Number(value) if power.is_integer() && !value.is_zero() => {
                let small = small_integer(&power).filter(|power| power.abs() <= 64);
                match small.and_then(|power| rational_power(&value, power).ok()) {
                    Some(value) => self.coefficient *= value,
                    None => self.plain.push((Term::Number(value), power)),
                }
            }
            Term::Product(inner) if power.is_one() => self.gather(inner.to_vec(), false),
            Term::Product(inner) if power == -Rational::one() => self.gather(inner.to_vec(), true),
            // (a b)^n = a^n b^n for a whole n.
            Term::Product(inner) if power.is_integer() => {
                for factor in inner.iter().cloned() {
                    match factor {
                        Term::Power(base, own) => match own.as_number() {
                            Some(own) if own.is_integer() => self.push(Arc::unwrap_or_clone(base), own * &power),
                            _ => self.push(Term::Power(base, own), power.clone()),
                        },
                        base => self.push(base, power.clone()),
                    }
                }
            }
            Term::Apply(Function::Exp, arguments) => self.exponents.push(scale(arguments[0].clone(), &power)),
            Term::Power(inner, own) if own.as_number().is_none() && power.is_integer() => {
                self.push_symbolic(Arc::unwrap_or_clone(inner), scale(Arc::unwrap_or_clone(own), &power));
            }
            base => match self.plain.iter_mut().find(|(own, _)| *own == base) {
                Some((_, own)) => {
                    *own += power;
                    self.plain.retain(|(_, power)| !power.is_zero());
                }
                None => self.plain.push((base, power)),
            },
        }
    }

    /// √2/2 is 1/√2, and 3/√3 is √3.
    fn reduce_roots(&mut self) {
        for (base, power) in &mut self.plain {
            let Some(number) = base.as_number().filter(|value| value.is_integer() && value.is_positive()) else {
                continue;
            };
            // b^(1/2) · c/b is c · b^(−1/2), and b^(−1/2) · c b is c · b^(1/2).
            let (next, coefficient) = if power.is_positive() {
                (&*power - Rational::one(), &self.coefficient * number)
            } else {
                (&*power + Rational::one(), &self.coefficient / number)
            };
            let shorter = coefficient.denom() <= self.coefficient.denom()
                && coefficient.numer().abs() <= self.coefficient.numer().abs();
            if shorter && next.abs() <= power.abs() {
                self.coefficient = coefficient;
                *power = next;
            }
        }
    }

    fn push_symbolic(&mut self, base: Term, exponent: Term) {
        if base == Term::Constant(Constant::E) {
            self.exponents.push(exponent);
            return;
        }
        match self.powers.iter_mut().find(|(own, _)| *own == base) {
            Some((_, exponents)) => exponents.push(exponent),
            None => self.powers.push((base, vec![exponent])),
        }
    }
}

/// (n, t) of an exponent n·t with a whole n, |n| > 1.
fn scaled_by_integer(exponent: &Term) -> Option<(i64, Term)> {
    let Term::Product(factors) = exponent else { return None };
    let count = factors.first().and_then(Term::as_number).and_then(small_integer)?;
    let sign = if count < 0 { -Rational::one() } else { Rational::one() };
    (count.abs() > 1).then(|| (count.abs(), scale(Term::Product(factors[1..].into()), &sign)))
}

/// number^count, while it can be read.
fn raised_number(number: &Rational, count: i64) -> Option<Term> {
    let limit = Rational::from_integer(LARGEST_BASE.into());
    let value = (count <= 16).then(|| rational_power(number, count).ok())??;
    (value.numer() <= limit.numer() && value.denom() <= limit.numer()).then_some(Term::Number(value))
}

pub(super) fn scale(term: Term, factor: &Rational) -> Term {
    if factor.is_one() {
        return term;
    }
    match term {
        Term::Sum(terms) => Term::Sum(terms.iter().map(|term| scale(term.clone(), factor)).collect()),
        Term::Product(factors) => {
            let mut factors = factors.to_vec();
            match factors.first().and_then(Term::as_number).cloned() {
                Some(value) => factors[0] = Term::Number(value * factor),
                None => factors.insert(0, Term::Number(factor.clone())),
            }
            if factors[0].is_one() && factors.len() > 1 {
                factors.remove(0);
            }
            if factors.len() == 1 { factors.remove(0) } else { Term::product(factors) }
        }
        Term::Number(value) => Term::Number(value * factor),
        other => Term::product(vec![Term::Number(factor.clone()), other]),
    }
}

/// (b, k) of b^k for a number k; (t, 1) otherwise.
pub(super) fn split_power(term: &Term) -> (Term, Rational) {
    match term {
        Term::Power(base, exponent) => match exponent.as_number() {
            Some(value) => ((**base).clone(), value.clone()),
            None => (term.clone(), Rational::one()),
        },
        other => (other.clone(), Rational::one()),
    }
}

pub(super) fn raise(base: Term, power: Rational) -> Term {
    if power.is_zero() {
        Term::one()
    } else if power.is_one() {
        base
    } else {
        Term::power(base, Term::Number(power))
    }
}

/// A sum with what all its terms share taken out: a fraction, and factors. `None` where there is nothing
/// to take out. Without logarithms and exponentials 2/p + 2/q is well written.
pub(super) fn common_factor(term: &Term) -> Option<Term> {
    if let Term::Product(factors) = term {
        // k (x/λ − 1/λ): the sum in a product.
        let inner = factors.iter().enumerate().find_map(|(index, factor)| Some((index, common_factor(factor)?)));
        let (index, inner) = inner.filter(|_| factors.iter().any(|factor| matches!(factor, Term::Sum(_))))?;
        let mut factors = factors.to_vec();
        factors[index] = inner;
        return Some(Term::product(factors));
    }
    let Term::Sum(terms) = term else { return None };
    if !terms.iter().any(|term| has_logarithm(term) || has_exponentials(term)) {
        return None;
    }
    let split = |term: &Term| {
        let factors = factors_of(term);
        match factors.first().and_then(Term::as_number) {
            Some(value) => (value.clone(), factors[1..].to_vec()),
            None => (Rational::one(), factors.to_vec()),
        }
    };
    let parts: Vec<(Rational, Vec<Term>)> = terms.iter().map(split).collect();
    let (first, others) = parts.split_first()?;
    let same = others.iter().all(|(number, _)| number.abs() == first.0.abs());
    let number = if same && !first.0.is_integer() { first.0.abs() } else { Rational::one() };
    let shared: Vec<Term> =
        first.1.iter().filter(|own| others.iter().all(|(_, all)| all.contains(own))).cloned().collect();
    if number.is_one() && shared.is_empty() {
        return None;
    }
    let inside: Vec<Term> = parts
        .into_iter()
        .map(|(own, mut factors)| {
            for factor in &shared {
                if let Some(position) = factors.iter().position(|own| own == factor) {
                    factors.remove(position);
                }
            }
            scale(product(factors), &(own / &number))
        })
        .collect();
    let mut factors = vec![Term::Number(number)];
    let below = |factor: &Term| matches!(factor, Term::Power(_, power) if power.is_negative_number());
    let (under, over): (Vec<Term>, Vec<Term>) = shared.into_iter().partition(below);
    factors.extend(over);
    factors.push(flatten_sum(inside));
    factors.extend(under);
    factors.retain(|factor| !factor.is_one());
    Some(product(factors))
}

/// Numbers times sums multiplied out: ½(2 log a − 1) as log a − ½.
pub(super) fn distribute_numbers(term: &Term) -> Term {
    let Term::Sum(terms) = term else { return term.clone() };
    let multiplied = terms.iter().map(|own| match own {
        Term::Product(factors) => match &factors[..] {
            [Term::Number(value), inner @ Term::Sum(_)] => scale(inner.clone(), value),
            _ => own.clone(),
        },
        other => other.clone(),
    });
    flatten_sum(multiplied.collect())
}

/// A product, or its only factor.
pub(super) fn product(mut factors: Vec<Term>) -> Term {
    match factors.len() {
        0 => Term::one(),
        1 => factors.remove(0),
        _ => Term::product(factors),
    }
}

/// A sum, or its only term.
pub(super) fn sum(mut terms: Vec<Term>) -> Term {
    match terms.len() {
        0 => Term::zero(),
        1 => terms.remove(0),
        _ => Term::sum(terms),
    }
}

/// The factors of a term, itself where it is no product.
pub(super) fn factors_of(term: &Term) -> &[Term] {
    if let Term::Product(factors) = term { factors } else { std::slice::from_ref(term) }
}

pub(super) fn negate(term: &Term) -> Term {
    match term {
        Term::Sum(_) => negate_sum(term),
        other => scale(other.clone(), &-Rational::one()),
    }
}

fn negate_sum(term: &Term) -> Term {
    match term {
        Term::Sum(terms) => flatten_sum(terms.iter().map(negate).collect()),
        other => negate(other),
    }
}

/// The number before a product, and its other factors in one order.
fn split_number(term: &Term) -> (Rational, Vec<Term>) {
    let factors = match term {
        Term::Product(factors) => factors.to_vec(),
        other => vec![other.clone()],
    };
    let (numbers, mut others): (Vec<Term>, Vec<Term>) =
        factors.into_iter().partition(|factor| factor.as_number().is_some());
    others.retain(|factor| !factor.is_one());
    others.sort();
    (numbers.iter().filter_map(Term::as_number).cloned().product(), others)
}

pub(super) fn flatten_sum(terms: Vec<Term>) -> Term {
    let mut flat = Vec::new();
    let mut constant = Rational::zero();
    flatten(terms, &mut flat, &mut constant);
    if !constant.is_zero() {
        flat.push(Term::Number(constant));
    }
    // 1 − p rather than −p + 1.
    if flat.first().is_some_and(Term::has_minus)
        && let Some(position) = flat.iter().position(|term| !term.has_minus())
    {
        let first = flat.remove(position);
        flat.insert(0, first);
    }
    sum(flat)
}

fn flatten(terms: Vec<Term>, flat: &mut Vec<Term>, constant: &mut Rational) {
    for term in terms {
        match term {
            Term::Number(value) => *constant += value,
            Term::Sum(inner) => flatten(inner.to_vec(), flat, constant),
            other => flat.push(other),
        }
    }
}
