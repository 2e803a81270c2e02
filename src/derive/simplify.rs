//! The form a statistician would write: candidates from several routes, the lightest wins.
//!
//! The kernel checks that the chosen form is equal to the value; here only its looks matter.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

use num_traits::{One, Signed, Zero};

use crate::cas;
use crate::kernel::normal::Normalizer;
use crate::kernel::poly::{Generator, Poly, rational_power};
use crate::kernel::sign::Sign;
use crate::kernel::term::{Constant, Function, Name, Rational, Term};
use crate::kernel::theorem::Setting;

use super::square::complete_squares;

/// Finds good forms in one context.
pub struct Simplifier {
    normalizer: Normalizer,
    /// Answers of [`Simplifier::is_negative`], asked again and again for the same sums.
    negative: RefCell<HashMap<Term, bool>>,
    variates: Vec<Name>,
    /// Forms already found: the same entry is asked for by several routes.
    forms: RefCell<HashMap<Poly, Term>>,
}

impl Simplifier {
    pub fn new(setting: &Setting) -> Simplifier {
        Simplifier {
            normalizer: Normalizer::on_support(setting.context(), setting.support()),
            negative: RefCell::default(),
            variates: setting.support().names(),
            forms: RefCell::default(),
        }
    }

    /// The lightest form found.
    pub fn simplify(&self, poly: &Poly) -> Term {
        if let Some(known) = self.forms.borrow().get(poly) {
            return known.clone();
        }
        let form = self.lightest(poly);
        self.forms.borrow_mut().insert(poly.clone(), form.clone());
        form
    }

    fn lightest(&self, poly: &Poly) -> Term {
        let poly = self.normalizer.canonical(poly).unwrap_or_else(|_| poly.clone());
        if let Some(constant) = poly.as_constant() {
            return Term::Number(constant);
        }
        let plain = present(&poly);
        let mut starts = vec![plain.clone()];
        let lowered = lower_special(&plain, &self.normalizer);
        if lowered != plain {
            starts.insert(0, lowered);
        }
        // A product of atoms has no other form.
        let forms =
            if starts.iter().all(is_plain_product) { Vec::new() } else { cas::candidates(&starts).unwrap_or_default() };
        let mut best: Option<(usize, Term)> = None;
        let mut consider = |term: Term| {
            let weight = weight(&term);
            if best.as_ref().is_none_or(|(least, _)| weight < *least) {
                best = Some((weight, term));
            }
        };
        let mut least = usize::MAX;
        for form in starts.into_iter().chain(forms.into_iter().flatten()) {
            // Tidying saves something, but never this much.
            let own = weight(&form);
            if own / 2 > least {
                continue;
            }
            least = least.min(own);
            let tidied = self.tidy(&form);
            for other in [combine_logs(&tidied), pair_conjugates(&tidied), complete_squares(&tidied)] {
                if other != tidied {
                    consider(self.tidy(&other));
                }
            }
            let grouped = group_by_special(&tidied);
            if grouped != tidied {
                let grouped = self.tidy(&grouped);
                let both = combine_logs(&grouped);
                if both != grouped {
                    consider(self.tidy(&both));
                }
                consider(grouped);
            }
            consider(tidied);
        }
        if let Some(parts) = self.by_parts(&poly) {
            for term in [combine_logs(&parts), parts] {
                let term = self.tidy(&term);
                let own = weight(&term);
                if best.as_ref().is_none_or(|(least, _)| own < *least) {
                    best = Some((own, term));
                }
            }
        }
        let best = best.map_or(plain, |(_, term)| term);
        // Looks must never cost the value.
        match self.normalizer.normalize(&best) {
            Ok(check) if self.normalizer.is_zero(&check.minus(&poly)).unwrap_or(false) => best,
            _ => poly.to_term(),
        }
    }

    /// The terms with a logarithm and those without, each in its own best form: log(σ′/σ) beside a
    /// fraction, not above its denominator.
    fn by_parts(&self, poly: &Poly) -> Option<Term> {
        let (mut with, mut without) = (Poly::zero(), Poly::zero());
        for (monomial, coefficient) in poly.terms() {
            let logarithmic = monomial.factors().iter().any(|(generator, _)| matches!(generator, Generator::Log(_)));
            if logarithmic { &mut with } else { &mut without }.add_term(monomial.clone(), coefficient.clone());
        }
        (!with.is_empty() && without.len() > 1).then(|| Term::Sum(vec![self.simplify(&with), self.simplify(&without)]))
    }

    /// The lighter of two equal forms.
    pub fn lighter(&self, left: Term, right: Term) -> Term {
        let right = self.tidy(&right);
        let combined = self.tidy(&combine_logs(&right));
        [left, combined, right].into_iter().min_by_key(weight).expect("three forms")
    }

    /// The simplified form of any term; the term itself when it has no normal form.
    pub fn simplify_term(&self, term: &Term) -> Term {
        match self.normalizer.normalize(term) {
            Ok(poly) => self.simplify(&poly),
            Err(_) => term.clone(),
        }
    }

    /// Signs inside products and powers: (b − a)·(−1) is a − b, and 1 − p rather than −(p − 1).
    pub fn tidy(&self, term: &Term) -> Term {
        let term = term.map_children(&mut |child| self.tidy(child));
        match term {
            Term::Product(factors) => self.tidy_product(factors),
            Term::Sum(terms) => flatten_sum(terms),
            Term::Power(base, exponent) => {
                if exponent.is_one() {
                    return *base;
                }
                // Whole powers of whole powers are one power.
                if let Term::Power(inner, power) = &*base
                    && let (Some(outer), Some(own)) = (exponent.as_number(), power.as_number())
                    && outer.is_integer()
                    && own.is_integer()
                {
                    return Term::power((**inner).clone(), Term::Number(outer * own));
                }
                // (x − μ)² rather than (μ − x)².
                let even = exponent.as_number().and_then(super::small_integer).is_some_and(|power| power % 2 == 0);
                if even && matches!(&*base, Term::Sum(_)) && self.is_negative(&base) {
                    return Term::Power(Box::new(self.tidy(&negate_sum(&base))), exponent);
                }
                Term::Power(base, exponent)
            }
            other => other,
        }
    }

    fn tidy_product(&self, factors: Vec<Term>) -> Term {
        let mut coefficient = Rational::one();
        let mut rest = Vec::new();
        let mut exponents = Vec::new();
        collect_factors(factors, false, &mut coefficient, &mut rest, &mut exponents);
        if coefficient.is_zero() {
            return Term::zero();
        }
        if !exponents.is_empty() {
            match self.tidy(&flatten_sum(exponents)) {
                zero if zero.is_zero() => {}
                exponent => rest.push(exponent.exp()),
            }
        }
        for factor in &mut rest {
            let (base, power) = match factor {
                Term::Sum(_) => (factor.clone(), 1),
                Term::Power(base, exponent) => match (&**base, exponent.as_number().and_then(super::small_integer)) {
                    (Term::Sum(_), Some(power)) => ((**base).clone(), power),
                    _ => continue,
                },
                _ => continue,
            };
            if self.is_negative(&base) {
                let flipped = negate_sum(&base);
                if power % 2 != 0 {
                    coefficient = -coefficient;
                }
                *factor = if power == 1 { flipped } else { Term::power(flipped, Term::integer(power)) };
            }
        }
        if rest.is_empty() {
            return Term::Number(coefficient);
        }
        // −(b − a) of unknown sign reads better as a − b.
        if coefficient == -Rational::one() && rest.len() == 1 && matches!(rest[0], Term::Sum(_)) {
            return negate_sum(&rest[0]);
        }
        if !coefficient.is_one() {
            rest.insert(0, Term::Number(coefficient));
        }
        if rest.len() == 1 { rest.remove(0) } else { Term::Product(rest) }
    }

    fn is_negative(&self, term: &Term) -> bool {
        if let Some(known) = self.negative.borrow().get(term) {
            return *known;
        }
        let answer = self.find_negative(term);
        self.negative.borrow_mut().insert(term.clone(), answer);
        answer
    }

    fn find_negative(&self, term: &Term) -> bool {
        match self.normalizer.normalize(term).ok().and_then(|poly| self.normalizer.sign(&poly)) {
            Some(Sign::Negative | Sign::Nonpositive) => true,
            Some(_) => false,
            None => match term {
                // Unknown: x − μ rather than μ − x, then as few minus signs as possible.
                Term::Sum(terms) => {
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
                _ => false,
            },
        }
    }
}

/// Flattens products, gathers equal bases, adds up exponents of e.
fn collect_factors(
    factors: Vec<Term>,
    inverse: bool,
    coefficient: &mut Rational,
    rest: &mut Vec<Term>,
    exponents: &mut Vec<Term>,
) {
    for factor in factors {
        let (base, power) = match factor {
            Term::Number(value) if inverse && !value.is_zero() => {
                *coefficient /= value;
                continue;
            }
            Term::Number(value) => {
                *coefficient *= value;
                continue;
            }
            Term::Product(inner) => {
                collect_factors(inner, inverse, coefficient, rest, exponents);
                continue;
            }
            Term::Power(base, exponent) => match (base.as_number(), exponent.as_number()) {
                (Some(number), Some(power)) if power.is_integer() && !number.is_zero() => {
                    let power = super::small_integer(power).filter(|power| power.abs() <= 64);
                    match power.and_then(|power| rational_power(number, if inverse { -power } else { power }).ok()) {
                        Some(value) => {
                            *coefficient *= value;
                            continue;
                        }
                        None => (Term::Power(base, exponent), Rational::one()),
                    }
                }
                (_, Some(power)) => (*base, power.clone()),
                _ => (Term::Power(base, exponent), Rational::one()),
            },
            other => (other, Rational::one()),
        };
        let power = if inverse { -power } else { power };
        match base {
            Term::Product(inner) if power == -Rational::one() => {
                collect_factors(inner, true, coefficient, rest, exponents)
            }
            Term::Apply(Function::Exp, mut arguments) => {
                let argument = arguments.remove(0);
                exponents.push(if power.is_one() { argument } else { scale(argument, &power) });
            }
            base => {
                let merged = rest.iter_mut().find_map(|own| {
                    let (own_base, own_power) = split_power(own);
                    (own_base == base).then_some((own, own_power))
                });
                match merged {
                    Some((own, own_power)) => *own = raise(base, own_power + power),
                    None => rest.push(raise(base, power)),
                }
            }
        }
    }
    rest.retain(|factor| !factor.is_one());
}

fn scale(term: Term, factor: &Rational) -> Term {
    match term {
        Term::Sum(terms) => Term::Sum(terms.into_iter().map(|term| scale(term, factor)).collect()),
        Term::Product(mut factors) => {
            match factors.first().and_then(Term::as_number).cloned() {
                Some(value) => factors[0] = Term::Number(value * factor),
                None => factors.insert(0, Term::Number(factor.clone())),
            }
            if factors[0].is_one() && factors.len() > 1 {
                factors.remove(0);
            }
            if factors.len() == 1 { factors.remove(0) } else { Term::Product(factors) }
        }
        Term::Number(value) => Term::Number(value * factor),
        other => Term::Product(vec![Term::Number(factor.clone()), other]),
    }
}

fn split_power(term: &Term) -> (Term, Rational) {
    match term {
        Term::Power(base, exponent) => match exponent.as_number() {
            Some(value) => ((**base).clone(), value.clone()),
            None => (term.clone(), Rational::one()),
        },
        other => (other.clone(), Rational::one()),
    }
}

fn raise(base: Term, power: Rational) -> Term {
    if power.is_zero() {
        Term::one()
    } else if power.is_one() {
        base
    } else {
        Term::power(base, Term::Number(power))
    }
}

pub(super) fn negate(term: &Term) -> Term {
    match term {
        Term::Number(value) => Term::Number(-value),
        Term::Sum(_) => negate_sum(term),
        Term::Product(factors) => {
            let mut factors = factors.clone();
            match factors.first().and_then(Term::as_number).cloned() {
                Some(value) => {
                    factors[0] = Term::Number(-value);
                    if factors[0].is_one() && factors.len() > 1 {
                        factors.remove(0);
                    }
                }
                None => factors.insert(0, Term::integer(-1)),
            }
            if factors.len() == 1 { factors.remove(0) } else { Term::Product(factors) }
        }
        other => Term::Product(vec![Term::integer(-1), other.clone()]),
    }
}

fn negate_sum(term: &Term) -> Term {
    match term {
        Term::Sum(terms) => Term::Sum(terms.iter().map(negate).collect()),
        other => negate(other),
    }
}

fn flatten_sum(terms: Vec<Term>) -> Term {
    let mut flat = Vec::new();
    let mut constant = Rational::zero();
    for term in terms {
        match term {
            Term::Number(value) => constant += value,
            Term::Sum(inner) => {
                for term in inner {
                    match term {
                        Term::Number(value) => constant += value,
                        other => flat.push(other),
                    }
                }
            }
            other => flat.push(other),
        }
    }
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
    match flat.len() {
        0 => Term::zero(),
        1 => flat.remove(0),
        _ => Term::Sum(flat),
    }
}

/// Whether a term is a product of powers of variables, constants and functions, without any sum
/// outside the arguments of functions.
fn is_plain_product(term: &Term) -> bool {
    match term {
        Term::Number(_) | Term::Constant(_) | Term::Variable(_) | Term::Apply(..) => true,
        Term::Product(factors) => factors.iter().all(is_plain_product),
        Term::Power(base, exponent) => is_plain_product(base) && exponent.as_number().is_some(),
        _ => false,
    }
}

/// (a + b)^k (a − b)^k as (a² − b²)^k, throughout.
fn pair_conjugates(term: &Term) -> Term {
    let term = term.map_children(&mut pair_conjugates);
    let Term::Product(mut factors) = term else { return term };
    let mut first = 0;
    while first < factors.len() {
        let partner = (first + 1..factors.len())
            .find_map(|second| conjugate_product(&factors[first], &factors[second]).map(|product| (second, product)));
        if let Some((second, product)) = partner {
            factors.remove(second);
            factors[first] = product;
        }
        first += 1;
    }
    if factors.len() == 1 { factors.remove(0) } else { Term::Product(factors) }
}

/// (a² − b²)^k from (a + b)^k and (a − b)^k.
fn conjugate_product(left: &Term, right: &Term) -> Option<Term> {
    let ((left, power), (right, other)) = (split_power(left), split_power(right));
    let (Term::Sum(left), Term::Sum(right)) = (left, right) else { return None };
    let ([a, b], [c, d]) = (left.as_slice(), right.as_slice()) else { return None };
    if power != other {
        return None;
    }
    let square = |term: &Term| {
        let positive = if term.has_minus() { negate(term) } else { term.clone() };
        match positive {
            Term::Number(value) => Term::Number(&value * &value),
            other => Term::power(other, Term::integer(2)),
        }
    };
    // Either sum may be written in either order, and with either sign.
    let (same, opposite) = [(a, b, c, d), (a, b, d, c), (b, a, c, d), (b, a, d, c)]
        .into_iter()
        .find(|(a, b, c, d)| a == c && **b == negate(d))
        .map(|(a, b, _, _)| (a.clone(), b.clone()))?;
    Some(raise(Term::Sum(vec![square(&same), negate(&square(&opposite))]), power))
}

/// A normal form as a term in which exponentials are powers of few exponentials, so that an algebra
/// engine sees e^(2η) as (e^η)².
fn present(poly: &Poly) -> Term {
    let term = poly.to_term();
    split_exponentials(&term)
}

fn split_exponentials(term: &Term) -> Term {
    let term = term.map_children(&mut split_exponentials);
    let Term::Apply(Function::Exp, arguments) = &term else { return term };
    let parts: Vec<Term> = match &arguments[0] {
        Term::Sum(parts) => parts.clone(),
        other => vec![other.clone()],
    };
    let mut factors = Vec::new();
    for part in parts {
        let (coefficient, rest) = match part {
            Term::Number(value) => (value, Term::one()),
            Term::Product(mut own) if own.first().is_some_and(|first| first.as_number().is_some()) => {
                let value = own[0].as_number().cloned().expect("guarded");
                own.remove(0);
                (value, if own.len() == 1 { own.remove(0) } else { Term::Product(own) })
            }
            other => (Rational::one(), other),
        };
        let unit = Rational::new(One::one(), coefficient.denom().clone());
        let inner = if unit.is_one() {
            rest
        } else {
            match rest {
                Term::Product(mut own) => {
                    own.insert(0, Term::Number(unit));
                    Term::Product(own)
                }
                other => Term::Product(vec![Term::Number(unit), other]),
            }
        };
        let base = if inner.is_one() { Term::Constant(Constant::E) } else { inner.exp() };
        let power = Term::Number(Rational::from_integer(coefficient.numer().clone()));
        factors.push(if power.is_one() { base } else { Term::power(base, power) });
    }
    if factors.len() == 1 { factors.remove(0) } else { Term::Product(factors) }
}

/// Γ, ψ and Bessel arguments moved down by one where they stay positive: ψ(a + 1) becomes
/// ψ(a) + 1/a, as tables have it.
fn lower_special(term: &Term, normalizer: &Normalizer) -> Term {
    let term = term.map_children(&mut |child| lower_special(child, normalizer));
    let Term::Apply(function, arguments) = &term else { return term };
    let position = match function {
        Function::Gamma | Function::LogGamma | Function::Digamma | Function::Trigamma => 0,
        Function::Polygamma => 1,
        _ => return term,
    };
    let Ok(argument) = normalizer.normalize(&arguments[position]) else { return term };
    if argument.as_constant().is_some() || !argument.constant_part().is_one() {
        return term;
    }
    let below = argument.minus(&Poly::one());
    if normalizer.sign(&below) != Some(Sign::Positive) {
        return term;
    }
    let below = present(&below);
    match function {
        Function::Gamma => Term::apply(Function::Gamma, vec![below.clone()]) * below,
        Function::LogGamma => Term::apply(Function::LogGamma, vec![below.clone()]) + below.log(),
        _ => {
            let order = match function {
                Function::Digamma => 0,
                Function::Trigamma => 1,
                _ => match arguments[0].as_number().and_then(super::small_integer) {
                    Some(order) => order,
                    None => return term,
                },
            };
            let mut factorial = Rational::one();
            for k in 1..=order {
                factorial *= Rational::from_integer((-k).into());
            }
            polygamma(order, below.clone())
                + Term::Product(vec![Term::Number(factorial), Term::power(below, Term::integer(-(order + 1)))])
        }
    }
}

fn polygamma(order: i64, argument: Term) -> Term {
    match order {
        0 => Term::apply(Function::Digamma, vec![argument]),
        1 => Term::apply(Function::Trigamma, vec![argument]),
        _ => Term::apply(Function::Polygamma, vec![Term::integer(order), argument]),
    }
}

/// c·ψ(a) − d·ψ(a) as (c − d)·ψ(a): terms of a sum that share a special function are gathered.
fn group_by_special(term: &Term) -> Term {
    let Term::Sum(terms) = term else { return term.clone() };
    let shared = |factor: &Term| {
        matches!(
            factor,
            Term::Apply(
                Function::Digamma
                    | Function::Trigamma
                    | Function::Polygamma
                    | Function::BesselI
                    | Function::BesselK
                    | Function::Zeta
                    | Function::ZetaDerivative
                    | Function::Exp
                    | Function::Log,
                _
            )
        )
    };
    let mut groups: Vec<(Option<Term>, Vec<Term>)> = Vec::new();
    for own in terms {
        let (key, coefficient) = match own {
            Term::Product(factors) => match factors.iter().position(shared) {
                Some(position) => {
                    let mut others = factors.clone();
                    let key = others.remove(position);
                    let coefficient = if others.len() == 1 { others.remove(0) } else { Term::Product(others) };
                    (Some(key), coefficient)
                }
                None => (None, own.clone()),
            },
            factor if shared(factor) => (Some(factor.clone()), Term::one()),
            other => (None, other.clone()),
        };
        match groups.iter_mut().find(|(own, _)| key.is_some() && *own == key) {
            Some((_, coefficients)) => coefficients.push(coefficient),
            None => groups.push((key, vec![coefficient])),
        }
    }
    let gathered = groups
        .into_iter()
        .map(|(key, mut coefficients)| match key {
            None => coefficients.remove(0),
            Some(key) if coefficients.len() == 1 => match coefficients.remove(0) {
                one if one.is_one() => key,
                Term::Product(mut factors) => {
                    factors.push(key);
                    Term::Product(factors)
                }
                other => Term::Product(vec![other, key]),
            },
            Some(key) => Term::Product(vec![flatten_sum(coefficients), key]),
        })
        .collect();
    Term::Sum(gathered)
}

/// log a − log b as log(a/b), c·(log a − log b) likewise; log Γ alike.
fn combine_logs(term: &Term) -> Term {
    let Term::Sum(terms) = term else {
        return match term {
            Term::Product(_) | Term::Power(..) => term.map_children(&mut |child| combine_logs(child)),
            other => other.clone(),
        };
    };
    // coefficient → (numerators, denominators)
    let mut logs: BTreeMap<Term, (Vec<Term>, Vec<Term>)> = BTreeMap::new();
    let mut rest = Vec::new();
    for own in terms {
        let (coefficient, log) = match own {
            Term::Apply(Function::Log | Function::LogGamma, _) => (Term::one(), Some(own.clone())),
            Term::Product(factors) => {
                let position = factors
                    .iter()
                    .position(|factor| matches!(factor, Term::Apply(Function::Log | Function::LogGamma, _)));
                match position {
                    Some(position) => {
                        let mut others = factors.clone();
                        let log = others.remove(position);
                        let coefficient = match others.len() {
                            1 => others.remove(0),
                            _ => Term::Product(others),
                        };
                        (coefficient, Some(log))
                    }
                    None => (Term::one(), None),
                }
            }
            _ => (Term::one(), None),
        };
        let Some(log) = log else {
            rest.push(combine_logs(own));
            continue;
        };
        let argument = match log {
            Term::Apply(Function::LogGamma, arguments) => Term::Apply(Function::Gamma, arguments),
            Term::Apply(_, mut arguments) => arguments.remove(0),
            other => other,
        };
        let opposite = negate(&coefficient);
        if logs.contains_key(&opposite) || (coefficient.has_minus() && !logs.contains_key(&coefficient)) {
            logs.entry(opposite).or_default().1.push(argument);
        } else {
            logs.entry(coefficient).or_default().0.push(argument);
        }
    }
    if logs.is_empty() {
        return Term::Sum(rest);
    }
    let mut combined = Vec::new();
    for (coefficient, (above, below)) in logs {
        // An unbalanced group stays as it is: log a alone, −log b alone.
        let (coefficient, above, below) =
            if above.is_empty() { (negate(&coefficient), below, above) } else { (coefficient, above, below) };
        let mut factors = above;
        factors.extend(below.into_iter().map(|factor| match factor {
            Term::Power(base, exponent) => Term::Power(base, Box::new(negate(&exponent))),
            other => Term::power(other, Term::integer(-1)),
        }));
        let argument = if factors.len() == 1 { factors.remove(0) } else { Term::Product(factors) };
        let log = match argument {
            Term::Apply(Function::Gamma, arguments) => Term::Apply(Function::LogGamma, arguments),
            other => other.log(),
        };
        combined.push(match coefficient {
            one if one.is_one() => log,
            Term::Product(mut factors) => {
                factors.push(log);
                Term::Product(factors)
            }
            other => Term::Product(vec![other, log]),
        });
    }
    combined.extend(rest);
    if combined.len() == 1 { combined.remove(0) } else { Term::Sum(combined) }
}

/// How much there is to read. Fractions inside sums, negative powers and special functions cost
/// more than plain symbols.
pub fn weight(term: &Term) -> usize {
    match term {
        Term::Number(value) => {
            let digits = (value.numer().bits() + value.denom().bits()) as usize / 4;
            1 + digits + usize::from(!value.is_integer()) + usize::from(value.is_negative())
        }
        Term::Constant(_) | Term::Variable(_) => 2,
        Term::Sum(terms) => terms.iter().map(|term| 1 + weight(term)).sum::<usize>() + 1,
        Term::Product(factors) => factors.iter().map(weight).sum::<usize>() + factors.len() / 2,
        Term::Power(base, exponent) => match exponent.as_number() {
            Some(value) if value.is_negative() => {
                weight(base) + weight(&Term::Number(-value)) + usize::from(matches!(**base, Term::Sum(_)))
            }
            _ => weight(base) + weight(exponent),
        },
        Term::Apply(_, arguments) => 3 + arguments.iter().map(weight).sum::<usize>(),
        Term::LogDensity(replaced) => 3 + replaced.len(),
        Term::Derivative(body, _) | Term::Expectation(body) => 3 + weight(body),
    }
}
