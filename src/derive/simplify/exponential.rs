//! Exponentials: as few of them as can be for the algebra engine, as many as a reader expects for print.

use num_integer::Integer as _;
use num_traits::{One, Signed};

use super::Simplifier;
use super::tidy::{factors_of, negate, product, scale, split_power, sum};
use super::weight;
use crate::kernel::memo::fingerprint;
use crate::kernel::poly::Poly;
use crate::kernel::term::{Constant, Function, Rational, Term};

/// Longer denominators are not divided through.
const MOST_DIVIDED_TERMS: usize = 10;

/// A normal form as a term in which exponentials are powers of few exponentials, so that an algebra
/// engine sees e^(2η) as (e^η)² and c^(2α) as (c^α)².
pub(super) fn present(poly: &Poly) -> Term {
    split_exponentials(&poly.to_term())
}

fn split_exponentials(term: &Term) -> Term {
    let term = term.map_children(&mut split_exponentials);
    let (base, exponent) = match &term {
        Term::Apply(Function::Exp, arguments) => (Term::Constant(Constant::E), &arguments[0]),
        Term::Power(base, exponent) if exponent.as_number().is_none() => ((**base).clone(), &**exponent),
        _ => return term,
    };
    let parts = if let Term::Sum(parts) = exponent { parts } else { std::slice::from_ref(exponent) };
    let factors = parts.iter().map(|part| {
        let (coefficient, rest) = match factors_of(part) {
            [Term::Number(value), rest @ ..] => (value.clone(), product(rest.to_vec())),
            _ => (Rational::one(), part.clone()),
        };
        if rest.is_one() && base != Term::Constant(Constant::E) {
            return Term::power(base.clone(), Term::Number(coefficient));
        }
        let inner = scale(rest, &Rational::new(One::one(), coefficient.denom()));
        let unit = match &base {
            Term::Constant(Constant::E) if inner.is_one() => base.clone(),
            Term::Constant(Constant::E) => inner.exp(),
            base => Term::power(base.clone(), inner),
        };
        let power = Term::Number(Rational::from_integer(coefficient.numer()));
        if power.is_one() { unit } else { Term::power(unit, power) }
    });
    product(factors.collect())
}

/// A summand of a sum: number · rest · e^exponent.
struct Exponential {
    number: Rational,
    rest: Vec<Term>,
    exponent: Poly,
}

impl Simplifier {
    /// e^u/(1 + e^u) as 1/(1 + e^(−u)), where that is shorter: fractions divided through by an
    /// exponential of the denominator.
    pub(super) fn divide_through(&self, term: &Term) -> Term {
        let key = fingerprint(term);
        if let Some(known) = self.divided.borrow().get(&key) {
            return known.as_ref().unwrap_or(term).clone();
        }
        let divided = self.divided_through(term.map_children(&mut |child| self.divide_through(child)));
        let changed = (divided != *term).then_some(divided);
        let result = changed.as_ref().unwrap_or(term).clone();
        self.divided.borrow_mut().insert(key, changed);
        result
    }

    fn divided_through(&self, term: Term) -> Term {
        if !matches!(term, Term::Product(_) | Term::Power(..)) {
            return term;
        }
        let factors = factors_of(&term);
        let mut best = term.clone();
        for (index, factor) in factors.iter().enumerate() {
            let (base, power) = split_power(factor);
            let Term::Sum(terms) = &base else { continue };
            // A sum of many exponentials is no shorter without one of them.
            if terms.len() > MOST_DIVIDED_TERMS {
                continue;
            }
            if power.is_one() {
                // (γ s^a + Γ t^a) s^(−a) is γ + Γ (t/s)^a.
                let (outside, mut others): (Vec<Term>, Vec<Term>) = factors.iter().cloned().partition(is_exponential);
                if outside.is_empty() {
                    continue;
                }
                others.retain(|own| own != factor);
                let multiplied =
                    terms.iter().map(|term| self.tidy_product(outside.iter().cloned().chain([term.clone()]).collect()));
                others.push(sum(multiplied.collect()));
                let candidate = self.tidy(&Term::product(others));
                if weight(&candidate) < weight(&best) {
                    best = candidate;
                }
            }
            if !power.is_negative() || !power.is_integer() {
                continue;
            }
            for summand in terms.iter() {
                let own: Vec<Term> =
                    factors_of(summand).iter().filter(|factor| is_exponential(factor)).cloned().collect();
                if own.is_empty() {
                    continue;
                }
                let inverse = product(own).recip();
                let divided = terms.iter().map(|term| self.tidy(&(term.clone() * inverse.clone())));
                let mut others = factors.to_vec();
                others[index] = Term::power(sum(divided.collect()), Term::Number(power.clone()));
                others.push(Term::power(inverse, Term::Number(-power.clone())));
                let candidate = self.tidy(&Term::product(others));
                if weight(&candidate) < weight(&best) {
                    best = candidate;
                }
            }
        }
        best
    }

    /// e^h + e^(−h) as 2 cosh h, for a family that was declared with hyperbolic functions.
    pub(super) fn hyperbolic(&self, term: &Term) -> Term {
        let term = term.map_children(&mut |child| self.hyperbolic(child));
        let Term::Sum(terms) = &term else { return term };
        let Some(mut parts) = terms.iter().map(|term| self.exponential(term)).collect::<Option<Vec<_>>>() else {
            return term;
        };
        let mut joined = false;
        let mut first = 0;
        while first < parts.len() {
            let partner = (first + 1..parts.len())
                .filter_map(|second| Some((second, self.pair(&parts[first], &parts[second])?)))
                // The widest pair: 1 + e^h + e^(2h) is e^h (1 + 2 cosh h).
                .max_by_key(|(second, _)| {
                    let distance = parts[first].exponent.minus(&parts[*second].exponent);
                    distance.terms().map(|(_, value)| value.abs()).max()
                });
            if let Some((second, pair)) = partner {
                parts.remove(second);
                parts[first] = pair;
                joined = true;
            }
            first += 1;
        }
        if !joined {
            return term;
        }
        let common = parts.iter().map(|part| self.taken_out(&parts, &part.exponent)).min_by_key(weight);
        self.tidy(&common.unwrap_or(term))
    }

    fn exponential(&self, term: &Term) -> Option<Exponential> {
        let mut own = Exponential { number: Rational::one(), rest: Vec::new(), exponent: Poly::zero() };
        for factor in factors_of(term) {
            match factor {
                Term::Number(value) => own.number *= value,
                Term::Apply(Function::Exp, arguments) => {
                    own.exponent.add_assign(&self.normalizer.normalize(&arguments[0]).ok()?);
                }
                other => own.rest.push(other.clone()),
            }
        }
        Some(own)
    }

    /// c e^u ± c e^v as 2c e^((u + v)/2) cosh((u − v)/2), or with sinh.
    fn pair(&self, a: &Exponential, b: &Exponential) -> Option<Exponential> {
        if a.rest != b.rest || a.number.abs() != b.number.abs() {
            return None;
        }
        let half = Rational::new(1.into(), 2.into());
        let distance = a.exponent.minus(&b.exponent).scaled(&half);
        if distance.is_zero() || distance.terms().any(|(_, value)| !value.is_integer()) {
            return None;
        }
        let function = if a.number == b.number { Function::Cosh } else { Function::Sinh };
        let mut argument = self.tidy(&distance.to_term());
        let mut number = &a.number * Rational::from_integer(2.into());
        let minus = match &argument {
            Term::Sum(_) => self.is_negative(&argument),
            other => other.has_minus(),
        };
        if minus {
            argument = self.tidy(&negate(&argument));
            if function == Function::Sinh {
                number = -number;
            }
        }
        let mut rest = a.rest.clone();
        rest.push(Term::apply(function, vec![argument]));
        Some(Exponential { number, rest, exponent: a.exponent.plus(&b.exponent).scaled(&half) })
    }

    /// Σ c e^w as e^v Σ c e^(w − v).
    fn taken_out(&self, parts: &[Exponential], common: &Poly) -> Term {
        let mut number = parts[0].number.abs();
        for part in parts {
            number = Rational::new(number.numer().gcd(&part.number.numer()), number.denom().lcm(&part.number.denom()));
        }
        let terms = parts.iter().map(|part| {
            let mut factors = vec![Term::Number(&part.number / &number)];
            factors.extend(part.rest.iter().cloned());
            let left = part.exponent.minus(common);
            if !left.is_zero() {
                factors.push(left.to_term().exp());
            }
            self.tidy(&product(factors))
        });
        let inside = sum(terms.collect());
        let mut factors = vec![Term::Number(number), inside];
        if !common.is_zero() {
            factors.push(common.to_term().exp());
        }
        product(factors)
    }
}

fn is_exponential(factor: &Term) -> bool {
    match factor {
        Term::Apply(Function::Exp, _) => true,
        Term::Power(_, exponent) => exponent.as_number().is_none(),
        _ => false,
    }
}

/// Whether an exponential occurs outside the arguments of functions.
pub(super) fn has_exponentials(term: &Term) -> bool {
    match term {
        Term::Apply(function, _) => *function == Function::Exp,
        _ => is_exponential(term) || term.children().any(has_exponentials),
    }
}
