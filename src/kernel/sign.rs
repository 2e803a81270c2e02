//! The sign of a normal form, from the declared domains and conditions.
//!
//! Everything here answers "known" or "not known"; a sign that is not known is never guessed.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use num_traits::{One, Signed, Zero};

use super::division::divide_exactly;
use super::domain::Domain;
use super::memo::fingerprint;
use super::normal::Normalizer;
use super::poly::{Exponent, Generator, Monomial, Poly, spend};
use super::quadratic::two_squares;
use super::term::{Function, Name, Rational, Term};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    Negative,
    Nonpositive,
    Zero,
    Nonnegative,
    Positive,
}

impl Sign {
    /// Never zero.
    pub fn is_strict(self) -> bool {
        matches!(self, Sign::Positive | Sign::Negative)
    }

    /// Positive or zero.
    pub(super) fn is_nonnegative(self) -> bool {
        matches!(self, Sign::Positive | Sign::Nonnegative | Sign::Zero)
    }

    pub(super) fn of_number(value: &Rational) -> Sign {
        if value.is_zero() {
            Sign::Zero
        } else if value.is_positive() {
            Sign::Positive
        } else {
            Sign::Negative
        }
    }

    pub(super) fn negate(self) -> Sign {
        match self {
            Sign::Negative => Sign::Positive,
            Sign::Nonpositive => Sign::Nonnegative,
            Sign::Zero => Sign::Zero,
            Sign::Nonnegative => Sign::Nonpositive,
            Sign::Positive => Sign::Negative,
        }
    }

    /// What is one or the other.
    fn or(self, other: Sign) -> Option<Sign> {
        match (self, other) {
            (own, other) if own == other => Some(own),
            (Sign::Positive | Sign::Nonnegative | Sign::Zero, Sign::Positive | Sign::Nonnegative | Sign::Zero) => {
                Some(Sign::Nonnegative)
            }
            (Sign::Negative | Sign::Nonpositive | Sign::Zero, Sign::Negative | Sign::Nonpositive | Sign::Zero) => {
                Some(Sign::Nonpositive)
            }
            _ => None,
        }
    }

    pub(super) fn times(self, other: Sign) -> Sign {
        match (self, other) {
            (Sign::Zero, _) | (_, Sign::Zero) => Sign::Zero,
            (Sign::Positive, sign) | (sign, Sign::Positive) => sign,
            (Sign::Negative, sign) | (sign, Sign::Negative) => sign.negate(),
            (Sign::Nonnegative, sign) | (sign, Sign::Nonnegative) => sign,
            (Sign::Nonpositive, Sign::Nonpositive) => Sign::Nonnegative,
        }
    }

    pub(super) fn plus(self, other: Sign) -> Option<Sign> {
        match (self, other) {
            (Sign::Zero, sign) | (sign, Sign::Zero) => Some(sign),
            (Sign::Positive, Sign::Positive | Sign::Nonnegative) | (Sign::Nonnegative, Sign::Positive) => {
                Some(Sign::Positive)
            }
            (Sign::Nonnegative, Sign::Nonnegative) => Some(Sign::Nonnegative),
            (Sign::Negative, Sign::Negative | Sign::Nonpositive) | (Sign::Nonpositive, Sign::Negative) => {
                Some(Sign::Negative)
            }
            (Sign::Nonpositive, Sign::Nonpositive) => Some(Sign::Nonpositive),
            _ => None,
        }
    }
}

/// How often a sign question may ask another one.
pub(super) const MOST_QUESTIONS: usize = 12;
/// Terms that are looked at when a sum is tried at all points of a finite support.
const MOST_POINT_TERMS: usize = 2_000;
/// How many questions one may lead to in all; a long sum counts for several.
const MOST_QUESTIONS_IN_ALL: usize = 600;

impl Normalizer {
    /// The sign of a normal form for all values in the context, where it is known.
    pub fn sign(&self, poly: &Poly) -> Option<Sign> {
        if let Some(value) = poly.as_constant() {
            return Some(Sign::of_number(&value));
        }
        // First of all: an end of a domain is a question itself, about the variables in it.
        self.known_signs();
        let key = fingerprint(poly);
        if let Some(found) = self.signs.borrow().get_at(key, poly) {
            return *found;
        }
        if *self.depth.borrow() > super::normal::MOST_NESTING {
            return None;
        }
        let outermost = self.patience.get() == 0;
        if outermost {
            self.patience.set(MOST_QUESTIONS_IN_ALL);
        }
        // Against circular questions: unknown until answered.
        self.signs.borrow_mut().insert_at(key, poly.clone(), None);
        *self.depth.borrow_mut() += 1;
        let answer = self.unconditionally(|| self.find_sign(poly, MOST_QUESTIONS));
        *self.depth.borrow_mut() -= 1;
        let spent = self.patience.get() == 1;
        if outermost {
            self.patience.set(0);
        }
        if spent && !outermost {
            // Asked by itself it may yet be answered.
            self.signs.borrow_mut().remove(poly);
        } else {
            self.signs.borrow_mut().replace_at(key, poly, answer);
        }
        answer
    }

    pub(super) fn find_sign(&self, poly: &Poly, questions: usize) -> Option<Sign> {
        if let Some(value) = poly.as_constant() {
            return Some(Sign::of_number(&value));
        }
        if let Some((monomial, coefficient)) = poly.as_single() {
            let sign = self
                .monomial_sign(monomial)
                .or_else(|| self.sign_by_points(&Poly::single(monomial.clone(), Rational::one())))?;
            return Some(sign.times(Sign::of_number(coefficient)));
        }
        // A question about a sum reads it several times over, and may lead to many more.
        spend(8 * poly.len()).ok()?;
        match self.patience.get() {
            1 => return None,
            0 => {}
            left => self.patience.set(left.saturating_sub(1 + poly.len() / 8).max(1)),
        }
        let at_once = self.sign_by_terms(poly).or_else(|| self.bounds(poly, 0).sign());
        if let Some(sign) = at_once {
            // 1 + n − sign(n) is never zero, which its bounds do not show.
            // a² + b² > 0 may be declared.
            let declared = || self.sign_by_conditions(poly, questions).filter(|sign| sign.is_strict());
            let better = || {
                self.sign_by_cases(poly, questions).or_else(|| self.sign_of_sines(poly, questions)).or_else(declared)
            };
            return if sign.is_strict() { at_once } else { better().or(at_once) };
        }
        if let Some(answer) = self.sign_of_affine(poly) {
            return answer;
        }
        // At the points of the examples K_{ν−2} is two functions that could be anything.
        if let Some(sign) = self.sign_of_bessel(poly) {
            return Some(sign);
        }
        if self.takes_both_signs(poly) {
            return None;
        }
        self.sign_of_comparison(poly)
            .or_else(|| self.sign_by_content(poly, questions))
            .or_else(|| self.sign_of_sines(poly, questions))
            .or_else(|| self.sign_by_constant(poly, questions))
            .or_else(|| self.sign_of_two_squares(poly, questions))
            .or_else(|| self.sign_by_division(poly, questions))
            .or_else(|| self.sign_of_logarithms(poly))
            .or_else(|| self.sign_by_conditions(poly, questions))
            .or_else(|| self.sign_in_ellipsoid(poly, questions))
            .or_else(|| self.sign_on_interval(poly, questions))
            .or_else(|| self.sign_from_end(poly, questions))
            .or_else(|| self.sign_between_ends(poly, questions))
            .or_else(|| self.sign_between_right_angles(poly, questions))
            .or_else(|| self.sign_by_cases(poly, questions))
            .or_else(|| self.sign_either_side(poly, questions))
            .or_else(|| self.sign_of_quadratic(poly, questions))
            .or_else(|| self.sign_on_circle(poly, questions))
            .or_else(|| self.sign_of_fraction(poly, questions))
            .or_else(|| self.sign_by_number_logarithms(poly, questions))
            .or_else(|| self.sign_of_square(poly, questions))
            .or_else(|| self.sign_with_root(poly, questions))
            .or_else(|| self.sign_by_growth(poly, questions))
            .or_else(|| self.sign_of_exponentials(poly, questions))
            .or_else(|| self.sign_by_points(poly))
    }

    fn sign_by_terms(&self, poly: &Poly) -> Option<Sign> {
        let mut total = Sign::Zero;
        for (monomial, coefficient) in poly.terms() {
            total = total.plus(self.monomial_sign(monomial)?.times(Sign::of_number(coefficient)))?;
        }
        Some(total)
    }

    /// p·(1 − p) and the like: a common factor is taken out.
    fn sign_by_content(&self, poly: &Poly, questions: usize) -> Option<Sign> {
        let questions = questions.checked_sub(1)?;
        let mut common: Option<Vec<(Generator, i64)>> = None;
        for (monomial, _) in poly.terms() {
            let own = monomial.whole_powers();
            common = Some(match common {
                None => own,
                Some(common) => common
                    .into_iter()
                    .filter_map(|(generator, power)| {
                        let other = own.iter().find(|(found, _)| *found == generator)?.1;
                        (power.signum() == other.signum())
                            .then(|| (generator, if power > 0 { power.min(other) } else { power.max(other) }))
                    })
                    .collect(),
            });
        }
        // Of q^(x + 2) and q^(x + 1) the latter.
        let symbolic = poly.terms().next().into_iter().flat_map(|(first, _)| first.factors());
        let shared = symbolic.filter_map(|(generator, exponent)| {
            let Exponent::Poly(first) = exponent else { return None };
            let mut least = Rational::zero();
            for (monomial, _) in poly.terms() {
                let apart = monomial.exponent(generator).to_poly().minus(first).as_constant()?;
                least = if apart.is_integer() { least.min(apart) } else { return None };
            }
            Some((generator.clone(), Exponent::from_poly(first.plus(&Poly::constant(least)))))
        });
        let whole = common.into_iter().flatten().map(|(generator, power)| (generator, Exponent::Integer(power)));
        let common = Monomial::from_factors(whole.chain(shared).collect());
        if common.is_one() {
            return None;
        }
        let front = self.monomial_sign(&common)?;
        let rest = poly.times_monomial(&common.inverse(), &Rational::one()).ok()?;
        Some(front.times(self.find_sign(&rest, questions)?))
    }

    /// poly = constant + rest, each of known sign.
    fn sign_by_constant(&self, poly: &Poly, questions: usize) -> Option<Sign> {
        let questions = questions.checked_sub(2)?;
        let constant = poly.constant_part();
        if constant.is_zero() {
            return None;
        }
        let rest = poly.minus(&Poly::constant(constant.clone()));
        Sign::of_number(&constant).plus(self.find_sign(&rest, questions)?)
    }

    /// r + Σ k_i log g_i with integers k_i has the sign of e^r ∏ g_i^(k_i) − 1.
    fn sign_of_logarithms(&self, poly: &Poly) -> Option<Sign> {
        let (mut above, mut below, mut rest) = (Poly::one(), Poly::one(), Poly::zero());
        let mut logs = 0;
        for (monomial, coefficient) in poly.terms() {
            let [(Generator::Log(inner), Exponent::Integer(1))] = monomial.factors() else {
                rest.add_term(monomial.clone(), coefficient.clone());
                continue;
            };
            logs += 1;
            let power = super::normal::as_small(coefficient).filter(|power| power.abs() <= 4)?;
            let own = match &**inner {
                Generator::Sum(sum) => (**sum).clone(),
                Generator::Prime(prime) => Poly::constant(Rational::from_integer(prime.clone())),
                other => Poly::generator(other.clone()),
            };
            let own = own.expanded_power(power.abs()).ok()?;
            if power > 0 {
                above = above.times(&own).ok()?;
            } else {
                below = below.times(&own).ok()?;
            }
        }
        if logs == 0 {
            return None;
        }
        if rest.is_zero() {
            return self.sign(&above.minus(&below));
        }
        // x e^(−c) − 1, or x − e^c.
        let all = above.times(&self.exp(&rest).ok()?).ok()?;
        self.sign(&all.minus(&below)).or_else(|| {
            let (mut more, mut less) = (Poly::zero(), Poly::zero());
            for (monomial, coefficient) in rest.terms() {
                let side = if coefficient.is_positive() { &mut more } else { &mut less };
                side.add_term(monomial.clone(), coefficient.abs());
            }
            let above = above.times(&self.exp(&more).ok()?).ok()?;
            self.sign(&above.minus(&below.times(&self.exp(&less).ok()?).ok()?))
        })
    }

    /// Σ m_j·(Σ k_i log n_i): terms that share all but the logarithm of a number are decided together.
    fn sign_by_number_logarithms(&self, poly: &Poly, questions: usize) -> Option<Sign> {
        let questions = questions.checked_sub(4)?;
        let is_log = |generator: &Generator| matches!(generator, Generator::Log(inner) if matches!(**inner, Generator::Prime(_)));
        let groups = grouped(poly, usize::MAX, &|(generator, _)| !is_log(generator))?;
        if groups.len() == poly.len() || groups.len() < 2 {
            return None;
        }
        let mut total = Sign::Zero;
        for (monomial, part) in groups {
            let own = self.monomial_sign(&monomial)?.times(self.find_sign(&part, questions)?);
            total = total.plus(own)?;
        }
        Some(total)
    }

    /// On a finite support: the sign at every point, where it is the same.
    fn sign_by_points(&self, poly: &Poly) -> Option<Sign> {
        let (names, points) = &**self.points.as_ref()?;
        if !poly.contains_any(names) {
            return None;
        }
        // What no coordinate occurs in is the same at all points, and points that differ in others are one.
        let (mut moving, mut still) = (Poly::zero(), Poly::zero());
        for (monomial, coefficient) in poly.terms() {
            let part = Poly::single(monomial.clone(), coefficient.clone());
            if part.contains_any(names) { &mut moving } else { &mut still }.add_assign(&part);
        }
        let still = self.normalize(&still.to_term()).ok()?;
        let moving = moving.to_term();
        let occurring: Vec<usize> = (0..names.len()).filter(|&index| moving.contains(&names[index])).collect();
        let mut seen: BTreeSet<Vec<&Term>> = BTreeSet::new();
        let mut common = None;
        for point in points {
            if !seen.insert(occurring.iter().map(|&index| &point[index]).collect()) {
                continue;
            }
            if seen.len() * poly.len() > MOST_POINT_TERMS {
                return None;
            }
            let at: Vec<(Name, Term)> =
                occurring.iter().map(|&index| (names[index].clone(), point[index].clone())).collect();
            let own = self.sign(&self.normalize(&moving.substitute(&at)).ok()?.plus(&still))?;
            common = Some(common.map_or(Some(own), |common: Sign| common.or(own))?);
        }
        common
    }

    /// poly = c·condition + rest with c > 0 and rest of known sign.
    fn sign_by_conditions(&self, poly: &Poly, questions: usize) -> Option<Sign> {
        let questions = questions.checked_sub(4)?;
        for (condition, sign) in self.known_signs().iter() {
            for (monomial, coefficient) in condition.terms() {
                if monomial.is_one() {
                    continue;
                }
                let own = poly.coefficient(monomial);
                if own.is_zero() {
                    continue;
                }
                let factor = &own / coefficient;
                let part = if factor.is_positive() { *sign } else { sign.negate() };
                let rest = poly.minus(&condition.scaled(&factor));
                if rest.len() > poly.len() + 2 {
                    continue;
                }
                if let Some(total) = self.find_sign(&rest, questions).and_then(|rest| rest.plus(part)) {
                    return Some(total);
                }
            }
        }
        None
    }

    /// Declared conditions, and symbolic ends of domains, as normal forms of known sign.
    pub(super) fn known_signs(&self) -> Rc<Vec<(Poly, Sign)>> {
        if let Some(known) = &*self.known.borrow() {
            return known.clone();
        }
        // While they are being worked out, nothing is known of them, nor of points that meet them.
        *self.known.borrow_mut() = Some(Rc::default());
        *self.examples.borrow_mut() = Some(Rc::default());
        let known = match self.has_known_signs() {
            true => Rc::new(self.beforehand(|| self.find_known_signs())),
            false => Rc::default(),
        };
        *self.known.borrow_mut() = Some(known.clone());
        *self.examples.borrow_mut() = None;
        known
    }

    /// Whether a condition, or a symbolic end of a domain, was declared.
    fn has_known_signs(&self) -> bool {
        let is_symbolic = |end: &Option<Term>| end.as_ref().is_some_and(|end| end.as_number().is_none());
        !self.context.positive.is_empty()
            || !self.context.nonnegative.is_empty()
            || self.context.domains.values().any(|domain| match domain {
                Domain::Interval { lower, upper } | Domain::Integers { lower, upper } => {
                    is_symbolic(lower) || is_symbolic(upper)
                }
                _ => false,
            })
    }

    /// Whether a condition says that a quantity is not zero: that its square is positive.
    pub(super) fn is_known_nonzero(&self, poly: &Poly) -> bool {
        const MOST_TERMS: usize = 4;
        if self.context.positive.is_empty() || poly.len() > MOST_TERMS {
            return false;
        }
        let Ok(square) = poly.times(poly) else { return false };
        let leading = |poly: &Poly| poly.terms().next_back().map(|(_, value)| value.clone());
        self.known_signs().iter().any(|(condition, sign)| {
            *sign == Sign::Positive
                && condition.len() == square.len()
                && leading(condition)
                    .zip(leading(&square))
                    .is_some_and(|(own, other)| !other.is_zero() && square.scaled(&(own / other)) == *condition)
        })
    }

    /// Declared conditions, and symbolic ends of domains, worked out.
    fn find_known_signs(&self) -> Vec<(Poly, Sign)> {
        let mut found = Vec::new();
        let mut push = |term: Term, sign| {
            if let Ok(poly) = self.normalize(&term) {
                found.extend(self.without_denominators(&poly).map(|whole| (whole, sign)));
                // a² > b² and a > 0: a > b and a > −b.
                if let Some((a, b)) = two_squares(&poly).filter(|_| sign == Sign::Positive)
                    && self.find_sign(&a, MOST_QUESTIONS) == Some(Sign::Positive)
                {
                    found.extend([(a.minus(&b), sign), (a.plus(&b), sign)]);
                }
                found.push((poly, sign));
            }
        };
        for term in &self.context.positive {
            push(term.clone(), Sign::Positive);
        }
        for term in &self.context.nonnegative {
            push(term.clone(), Sign::Nonnegative);
        }
        for (name, domain) in &self.context.domains {
            let (lower, upper, sign) = match domain {
                Domain::Interval { lower, upper } => (lower, upper, Sign::Positive),
                Domain::Integers { lower, upper } => (lower, upper, Sign::Nonnegative),
                _ => continue,
            };
            if let Some(lower) = lower.as_ref().filter(|lower| lower.as_number().is_none()) {
                push(Term::Variable(name.clone()) - lower.clone(), sign);
            }
            if let Some(upper) = upper.as_ref().filter(|upper| upper.as_number().is_none()) {
                push(upper.clone() - Term::Variable(name.clone()), sign);
            }
        }
        found
    }

    /// The same times the positive powers that are divided by: 1 − b p for 1/b − p.
    fn without_denominators(&self, poly: &Poly) -> Option<Poly> {
        let below = poly.lowest_powers().whole_powers().into_iter().filter(|(_, power)| *power < 0);
        let below: Vec<_> = below.map(|(generator, power)| (generator, Exponent::Integer(-power))).collect();
        let factor = Monomial::from_factors(below);
        let positive = !factor.is_one() && self.monomial_sign(&factor) == Some(Sign::Positive);
        positive.then(|| poly.times_monomial(&factor, &Rational::one()).ok())?
    }

    /// A polynomial in a variable between two numbers has the sign of its coefficients in Bernstein's basis
    /// of that interval, where they share one; of degree one these are its values at the ends: p a + (1 − p) b
    /// (Farouki, The Bernstein polynomial basis: a centennial retrospective, CAGD 29 (2012), 5.1).
    fn sign_on_interval(&self, poly: &Poly, questions: usize) -> Option<Sign> {
        const MOST_DEGREE: i64 = 6;
        let questions = questions.checked_sub(4)?;
        for (name, domain) in &self.context.domains {
            let Domain::Interval { lower: Some(Term::Number(lower)), upper: Some(Term::Number(upper)) } = domain else {
                continue;
            };
            // With v = lower + (upper − lower) u, a polynomial in u on (0, 1).
            let Some(powers) = coefficients_in(poly, &Generator::Variable(name.clone()), MOST_DEGREE)
                .filter(|powers| powers.len() > 1)
            else {
                continue;
            };
            let degree = powers.len() - 1;
            let width = upper - lower;
            let mut moved = vec![Poly::zero(); degree + 1];
            for (power, coefficient) in powers.iter().enumerate() {
                for (k, part) in moved.iter_mut().enumerate().take(power + 1) {
                    let factor = choose(power, k)
                        * num_traits::pow::pow(width.clone(), k)
                        * num_traits::pow::pow(lower.clone(), power - k);
                    part.add_assign(&coefficient.scaled(&factor));
                }
            }
            let mut common = Some(Sign::Zero);
            let mut total = Poly::zero();
            for i in 0..=degree {
                let mut own = Poly::zero();
                for (k, part) in moved.iter().enumerate().take(i + 1) {
                    own.add_assign(&part.scaled(&(choose(i, k) / choose(degree, k))));
                }
                total.add_assign(&own);
                // Each basis function is positive inside, and the ends are open.
                common = common.and_then(|common| common.plus(self.find_sign(&own, questions)?));
                if common.is_none() {
                    break;
                }
            }
            match common {
                // None of them negative, and not all of them zero.
                Some(Sign::Nonnegative) if self.find_sign(&total, questions) == Some(Sign::Positive) => {
                    return Some(Sign::Positive);
                }
                Some(_) => return common,
                None => {}
            }
        }
        None
    }

    /// A polynomial in a variable above a number has the sign of its coefficients in powers of the distance from
    /// there, where they share one.
    fn sign_from_end(&self, poly: &Poly, questions: usize) -> Option<Sign> {
        const MOST_DEGREE: i64 = 4;
        let questions = questions.checked_sub(4)?;
        for (name, domain) in &self.context.domains {
            let (lower, is_open) = match domain {
                Domain::Interval { lower: Some(Term::Number(lower)), upper: None } => (lower, true),
                Domain::Integers { lower: Some(Term::Number(lower)), .. } => (lower, false),
                _ => continue,
            };
            let Some(powers) = coefficients_in(poly, &Generator::Variable(name.clone()), MOST_DEGREE)
                .filter(|powers| powers.len() > 1)
            else {
                continue;
            };
            let mut common = Some(Sign::Zero);
            for k in 0..powers.len() {
                let mut own = Poly::zero();
                for (power, coefficient) in powers.iter().enumerate().skip(k) {
                    let factor = choose(power, k) * num_traits::pow::pow(lower.clone(), power - k);
                    own.add_assign(&coefficient.scaled(&factor));
                }
                let sign = self.find_sign(&own, questions);
                // The distance may be zero where the end belongs to the domain.
                let sign = if is_open || k == 0 { sign } else { sign.map(|sign| sign.times(Sign::Nonnegative)) };
                common = common.zip(sign).and_then(|(common, sign)| common.plus(sign));
                if common.is_none() {
                    break;
                }
            }
            if common.is_some() {
                return common;
            }
        }
        None
    }

    /// A linear function of a variable between two ends, not both numbers, has the sign that it has at either.
    fn sign_between_ends(&self, poly: &Poly, questions: usize) -> Option<Sign> {
        let questions = questions.checked_sub(4)?;
        self.context.domains.iter().find_map(|(name, domain)| {
            let Domain::Interval { lower: Some(lower), upper: Some(upper) } = domain else { return None };
            if lower.as_number().is_some() && upper.as_number().is_some() {
                return None;
            }
            let coefficients =
                coefficients_in(poly, &Generator::Variable(name.clone()), 1).filter(|powers| powers.len() == 2)?;
            let at = |end: &Term| {
                let value = self.normalize(end).ok()?.times(&coefficients[1]).ok()?.plus(&coefficients[0]);
                self.find_sign(&value, questions)
            };
            at(lower)?.plus(at(upper)?)
        })
    }

    /// A linear function of arctan u has the sign that it has where the angle is −π/2 and π/2, which it never is.
    fn sign_between_right_angles(&self, poly: &Poly, questions: usize) -> Option<Sign> {
        let questions = questions.checked_sub(4)?;
        let own = poly.terms().flat_map(|(monomial, _)| monomial.factors()).find_map(|(generator, _)| {
            matches!(generator, Generator::Call(Function::Atan, _)).then(|| generator.clone())
        })?;
        let at = |quarters: i64| {
            let mut at = Poly::zero();
            for (monomial, coefficient) in poly.terms() {
                let others: Vec<_> =
                    monomial.factors().iter().filter(|(generator, _)| *generator != own).cloned().collect();
                if others.iter().any(|(factor, exponent)| {
                    factor.mentions(&own) || matches!(exponent, Exponent::Poly(power) if mentions(power, &own))
                }) {
                    return None;
                }
                let rest = Poly::single(Monomial::from_factors(others), coefficient.clone());
                match monomial.exponent(&own) {
                    Exponent::Integer(0) => at.add_assign(&rest),
                    Exponent::Integer(1) => {
                        let angle = Poly::generator(Generator::Pi).scaled(&Rational::new(quarters.into(), 2.into()));
                        at.add_assign(&rest.times(&angle).ok()?);
                    }
                    _ => return None,
                }
            }
            self.find_sign(&at, questions)
        };
        at(-1)?.plus(at(1)?)
    }

    /// |u| is u or −u: the sign that the poly has with either.
    fn sign_either_side(&self, poly: &Poly, questions: usize) -> Option<Sign> {
        let questions = questions.checked_sub(6)?;
        let (own, argument) = first_call(poly, Function::Abs)?;
        let with = |value: &Poly| self.find_sign(&with_value(poly, &own, value)?, questions);
        with(&argument)?.or(with(&argument.scaled(&-Rational::one()))?)
    }

    /// sign(u) is −1, 0 or 1: the sign that the poly has in each case.
    fn sign_by_cases(&self, poly: &Poly, questions: usize) -> Option<Sign> {
        let questions = questions.checked_sub(2)?;
        let (own, argument) = first_call(poly, Function::Sign)?;
        let cases: &[i64] = match self.sign(&argument) {
            Some(Sign::Nonnegative) => &[0, 1],
            Some(Sign::Nonpositive) => &[-1, 0],
            _ => &[-1, 0, 1],
        };
        let count = match argument.as_single() {
            Some((monomial, coefficient)) if coefficient.is_one() => match monomial.factors() {
                [(Generator::Variable(name), Exponent::Integer(1))] => match self.context.domains.get(name) {
                    Some(Domain::Integers { lower: Some(lower), upper: None }) if lower.is_zero() => Some(name.clone()),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        };
        let mut common: Option<Sign> = None;
        for case in cases {
            let mut at = with_value(poly, &own, &Poly::integer(*case))?;
            // Of a count n, sign(n) is 0 for n = 0 alone, and 1 for 1 and what follows.
            let mut scope: Option<Normalizer> = None;
            if let Some(count) = &count {
                let moved = match case {
                    0 => Term::zero(),
                    _ if self.is_free(count) => Term::Variable(count.clone()) + Term::one(),
                    // Where more is declared of n, that is not said of n − 1.
                    _ => {
                        let before = Name::new(&format!("{count} - 1"));
                        let domain = Domain::Integers { lower: Some(Term::zero()), upper: None };
                        scope = Some(self.beside(vec![(before.clone(), domain)]));
                        Term::Variable(before) + Term::one()
                    }
                };
                let scope = scope.as_ref().unwrap_or(self);
                at = scope.normalize(&at.to_term().substitute(&[(count.clone(), moved)])).ok()?;
            }
            let here = scope.as_ref().unwrap_or(self).find_sign(&at, questions)?;
            common = Some(common.map_or(Some(here), |common| common.or(here))?);
        }
        common
    }

    /// A product with a declared condition, or with the distance from an end of an interval, multiplied out.
    fn sign_by_division(&self, poly: &Poly, questions: usize) -> Option<Sign> {
        const MOST_TERMS: usize = 12;
        let questions = questions.checked_sub(2)?;
        if !(4..=MOST_TERMS).contains(&poly.len()) {
            return None;
        }
        let mut factors: Vec<(Poly, Sign)> =
            self.known_signs().iter().filter(|(own, _)| own.len() > 1).cloned().collect();
        for (name, domain) in &self.context.domains {
            let Domain::Interval { lower, upper } = domain else { continue };
            let own = Poly::generator(Generator::Variable(name.clone()));
            for (end, sign) in [(lower, Sign::Positive), (upper, Sign::Negative)] {
                if let Some(end) = end.as_ref().and_then(Term::as_number).filter(|end| !end.is_zero()) {
                    factors.push((own.minus(&Poly::constant(end.clone())), sign));
                }
            }
        }
        factors.into_iter().find_map(|(factor, sign)| {
            let quotient = divide_exactly(poly, &factor).ok()??;
            Some(sign.times(self.find_sign(&quotient, questions)?))
        })
    }

    /// A sum of fractions over one denominator of known sign.
    fn sign_of_fraction(&self, poly: &Poly, questions: usize) -> Option<Sign> {
        let questions = questions.checked_sub(4)?;
        let (numerator, denominator) = self.fraction(poly).ok()?;
        // What is divided by besides sums: s22 − s12²/s11 has the sign of s11 s22 − s12² where s11 > 0.
        let lowest = numerator.lowest_powers();
        let below = self.monomial_sign(&denominator)?;
        let front = self.monomial_sign(&lowest).filter(|sign| sign.is_strict())?;
        let cleared = numerator.times_monomial(&lowest.inverse(), &Rational::one()).ok()?;
        if cleared == *poly {
            return None;
        }
        Some(self.find_sign(&cleared, questions)?.times(front).times(below))
    }

    pub(super) fn monomial_sign(&self, monomial: &Monomial) -> Option<Sign> {
        let mut total = Sign::Positive;
        for (generator, exponent) in monomial.factors() {
            let sign = self.generator_sign(generator);
            let factor = match (sign, exponent) {
                (Some(Sign::Positive), _) => Sign::Positive,
                (Some(Sign::Nonnegative), Exponent::Integer(power)) if *power > 0 => Sign::Nonnegative,
                // Where it is defined at all, a power of a non-negative base is not negative.
                (Some(Sign::Nonnegative), _) => Sign::Nonnegative,
                (Some(Sign::Negative), Exponent::Integer(power)) => {
                    if power % 2 == 0 {
                        Sign::Positive
                    } else {
                        Sign::Negative
                    }
                }
                // An inverse square is positive wherever there is one.
                (_, Exponent::Integer(power)) if power % 2 == 0 => {
                    let nonzero = *power < 0 || self.is_known_nonzero(&Poly::generator(generator.clone()));
                    if nonzero { Sign::Positive } else { Sign::Nonnegative }
                }
                (Some(Sign::Nonpositive), Exponent::Integer(_)) => Sign::Nonpositive,
                _ => return None,
            };
            total = total.times(factor);
        }
        Some(total)
    }

    pub(super) fn generator_sign(&self, generator: &Generator) -> Option<Sign> {
        match generator {
            Generator::Prime(_)
            | Generator::Euler
            | Generator::Pi
            | Generator::EulerGamma
            | Generator::Reflected(_) => Some(Sign::Positive),
            Generator::Variable(name) => self.variable_sign(name),
            Generator::Sum(poly) => self.sign(poly),
            Generator::Log(inner) => {
                let own = match &**inner {
                    Generator::Sum(poly) => (**poly).clone(),
                    other => Poly::generator(other.clone()),
                };
                let own = match &**inner {
                    Generator::Prime(prime) => Poly::constant(Rational::from_integer(prime.clone())),
                    _ => own,
                };
                self.sign(&own.minus(&Poly::one()))
            }
            Generator::Call(function, arguments) => self.call_sign(*function, arguments),
        }
    }

    fn variable_sign(&self, name: &Name) -> Option<Sign> {
        self.variable_bounds(name, 0).sign().or_else(|| {
            // A symbolic lower end that is itself positive: x > m > 0.
            let (lower, upper) = match self.context.domains.get(name)? {
                Domain::Interval { lower, upper } | Domain::Integers { lower, upper } => (lower, upper),
                _ => return None,
            };
            let strict = matches!(self.context.domains.get(name)?, Domain::Interval { .. });
            if let Some(lower) = lower {
                match self.normalize(lower).ok().and_then(|lower| self.sign(&lower)) {
                    Some(Sign::Positive) => return Some(Sign::Positive),
                    Some(Sign::Nonnegative | Sign::Zero) if strict => return Some(Sign::Positive),
                    Some(Sign::Nonnegative | Sign::Zero) => return Some(Sign::Nonnegative),
                    _ => {}
                }
            }
            if let Some(upper) = upper {
                match self.normalize(upper).ok().and_then(|upper| self.sign(&upper)) {
                    Some(Sign::Negative) => return Some(Sign::Negative),
                    Some(Sign::Nonpositive | Sign::Zero) if strict => return Some(Sign::Negative),
                    _ => {}
                }
            }
            let own = Poly::generator(Generator::Variable(name.clone()));
            self.known_signs().iter().find(|(condition, _)| *condition == own).map(|(_, sign)| *sign)
        })
    }

    pub(super) fn call_sign(&self, function: Function, arguments: &Arc<Vec<Poly>>) -> Option<Sign> {
        let positive = |poly: &Poly| self.sign(poly) == Some(Sign::Positive);
        match function {
            Function::Gamma if positive(&arguments[0]) => Some(Sign::Positive),
            Function::Abs => match self.sign(&arguments[0]) {
                Some(sign) if sign.is_strict() => Some(Sign::Positive),
                _ if self.is_known_nonzero(&arguments[0]) => Some(Sign::Positive),
                _ => Some(Sign::Nonnegative),
            },
            // ψ⁽ᵐ⁾ has the sign (−1)^(m+1) on (0, ∞) for m ≥ 1 (DLMF 5.15.1).
            Function::Polygamma if positive(&arguments[1]) => {
                let order = super::normal::as_small(&arguments[0].as_constant()?)?;
                match order {
                    order if order < 1 => None,
                    order if order % 2 == 1 => Some(Sign::Positive),
                    _ => Some(Sign::Negative),
                }
            }
            // I₀ is even, and at least 1.
            Function::BesselI if arguments[0].is_zero() => Some(Sign::Positive),
            // Every term of its series is positive for x > 0 and an order ≥ −1 (DLMF 10.25.2).
            Function::BesselI if positive(&arguments[1]) => {
                // I₋ₙ is Iₙ (DLMF 10.27.1).
                let above = || self.sign(&arguments[0].plus(&Poly::one()));
                let positive = self.is_whole(&arguments[0]) || above().is_some_and(Sign::is_nonnegative);
                positive.then_some(Sign::Positive)
            }
            Function::BesselK if positive(&arguments[1]) => Some(Sign::Positive),
            // ζ(s) > 1 for s > 1.
            Function::Zeta if positive(&arguments[0].minus(&Poly::one())) => Some(Sign::Positive),
            // sin > 0 on (0, π), cos > 0 on (−π/2, π/2).
            Function::Sin | Function::Cos => {
                let quarter = Poly::generator(Generator::Pi).scaled(&Rational::new(1.into(), 2.into()));
                let from_middle = match function {
                    Function::Sin => arguments[0].minus(&quarter),
                    _ => arguments[0].clone(),
                };
                (positive(&from_middle.plus(&quarter)) && positive(&quarter.minus(&from_middle)))
                    .then_some(Sign::Positive)
            }
            // They have the sign of their argument; erf and arctan are odd and increasing.
            Function::Erf | Function::Atan | Function::Sign => self.sign(&arguments[0]),
            _ => None,
        }
    }

    // ——— rational bounds ———
}

/// The first factor that is a call of a function, and its argument.
fn first_call(poly: &Poly, function: Function) -> Option<(Generator, Poly)> {
    poly.terms().flat_map(|(monomial, _)| monomial.factors()).find_map(|(generator, _)| match generator {
        Generator::Call(own, arguments) if *own == function => Some((generator.clone(), arguments[0].clone())),
        _ => None,
    })
}

/// A polynomial in a generator with a value in its place; `None` where it stands under a power that is no whole one.
fn with_value(poly: &Poly, own: &Generator, value: &Poly) -> Option<Poly> {
    let mut at = Poly::zero();
    for (monomial, coefficient) in poly.terms() {
        let Exponent::Integer(power @ 0..) = monomial.exponent(own) else { return None };
        let others = monomial.factors().iter().filter(|(generator, _)| generator != own).cloned().collect();
        let others = Poly::single(Monomial::from_factors(others), coefficient.clone());
        at.add_assign(&others.times(&value.expanded_power(power).ok()?).ok()?);
    }
    Some(at)
}

/// Σ m · part: the terms by the product m of their factors of one kind; `None` for more products than `most`.
pub(super) fn grouped(
    poly: &Poly,
    most: usize,
    is_of_kind: &dyn Fn(&(Generator, Exponent)) -> bool,
) -> Option<Vec<(Monomial, Poly)>> {
    let mut groups: Vec<(Monomial, Poly)> = Vec::new();
    for (monomial, number) in poly.terms() {
        let (own, rest): (Vec<_>, Vec<_>) = monomial.factors().iter().cloned().partition(is_of_kind);
        let (own, rest) = (Monomial::from_factors(own), Monomial::from_factors(rest));
        if let Some((_, part)) = groups.iter_mut().find(|(known, _)| *known == own) {
            part.add_term(rest, number.clone());
        } else if groups.len() < most {
            groups.push((own, Poly::single(rest, number.clone())));
        } else {
            return None;
        }
    }
    Some(groups)
}

/// The coefficients of a polynomial in one variable, constant first, all of them free of it.
pub(super) fn coefficients_in(poly: &Poly, own: &Generator, most_degree: i64) -> Option<Vec<Poly>> {
    let mut coefficients: Vec<Poly> = Vec::new();
    for (monomial, coefficient) in poly.terms() {
        let Exponent::Integer(power) = monomial.exponent(own) else { return None };
        let power = usize::try_from(power).ok().filter(|_| power <= most_degree)?;
        let others: Vec<_> = monomial.factors().iter().filter(|(factor, _)| factor != own).cloned().collect();
        if others.iter().any(|(factor, exponent)| {
            factor.mentions(own) || matches!(exponent, Exponent::Poly(power) if mentions(power, own))
        }) {
            return None;
        }
        if coefficients.len() <= power {
            coefficients.resize(power + 1, Poly::zero());
        }
        coefficients[power].add_term(Monomial::from_factors(others), coefficient.clone());
    }
    Some(coefficients)
}

/// n over k.
fn choose(n: usize, k: usize) -> Rational {
    (0..k).fold(Rational::one(), |product, i| {
        product * Rational::from_integer((n - i).into()) / Rational::from_integer((i + 1).into())
    })
}

/// Whether a generator occurs anywhere in a normal form.
pub(super) fn mentions(poly: &Poly, own: &Generator) -> bool {
    let mut found = false;
    poly.visit_generators(&mut |generator| found |= generator == own);
    found
}
