//! Squares: μ² − 2μμ′ + μ′² + σ² as (μ − μ′)² + σ², (a + b)(a − b) as a² − b².

use std::collections::BTreeMap;

use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};

use super::tidy::{flatten_sum, negate, raise, split_power};
use crate::kernel::term::{Constant, Rational, Term};

/// In longer sums nobody sees a square, and all pairs would be looked at.
const MOST_SUMMANDS: usize = 64;

/// A summand as a number times powers.
type Summand = (Rational, Powers);
type Powers = BTreeMap<Term, i64>;

/// The term with every perfect square of two summands written as one, in all its sums.
pub fn complete_squares(term: &Term) -> Term {
    let term = term.map_children(&mut complete_squares);
    let Term::Sum(terms) = &term else { return term };
    let mut terms = terms.to_vec();
    loop {
        // All squares first: what is left is written in their roots, and may be a square of those.
        let (mut roots, mut special) = (Vec::new(), false);
        while let Some(square) = with_one_square(&terms) {
            terms = square.terms;
            roots.push(square.root);
            special |= square.special;
        }
        // Polynomials are as good multiplied out.
        roots.retain(|_| special);
        let written = roots.iter().fold(terms.clone(), with_multiples);
        if written == terms {
            break;
        }
        terms = written;
    }
    if terms.len() == 1 { terms.remove(0) } else { Term::sum(terms) }
}

/// A sum with a square in it.
struct Square {
    terms: Vec<Term>,
    /// The two parts of its root.
    root: [Summand; 2],
    /// Whether a function is in them.
    special: bool,
}

/// The sum with the first k a² ± 2k ab + k b² found written as k (a ± b)².
fn with_one_square(terms: &[Term]) -> Option<Square> {
    if terms.len() > MOST_SUMMANDS {
        return None;
    }
    let summands: Vec<Option<Summand>> = terms.iter().map(summand).collect();
    let roots: Vec<Option<Root>> = summands.iter().map(|own| own.as_ref().map(square_root)).collect();
    for (i, first) in roots.iter().enumerate() {
        let Some(Root { number: a, odd, root: root_a, special: one }) = first else { continue };
        for (j, second) in roots.iter().enumerate().skip(i + 1) {
            let Some(Root { number: b, odd: other, root: root_b, special: two }) = second else { continue };
            // k a² + 2k ab + k b² is as good multiplied out, and what it is summed with is in powers of k too; not so
            // where a and b are functions. Two numbers are no square to complete.
            let special = *one || *two;
            if !(odd.is_empty() || special) || odd != other || root_a.is_empty() && root_b.is_empty() {
                continue;
            }
            let Some((scale, a, b)) = common_square(a, b) else { continue };
            let mut cross = odd.clone();
            for (base, power) in root_a.iter().chain(root_b) {
                *cross.entry(base.clone()).or_insert(0) += power;
            }
            cross.retain(|_, power| *power != 0);
            let middle = &scale * &a * &b * Rational::from_integer(2.into());
            for (k, third) in summands.iter().enumerate() {
                let Some((value, powers)) = third else { continue };
                if k == i || k == j || *powers != cross || value.abs() != middle.abs() {
                    continue;
                }
                let b = if *value == middle { b.clone() } else { -b.clone() };
                let (common, root_a, root_b) = common_factor(root_a, root_b);
                let pair = [(a, root_a), (b, root_b)];
                let inner = flatten_sum(pair.iter().map(|(number, root)| product(number.clone(), root)).collect());
                let mut outside = odd.clone();
                for (base, power) in common {
                    *outside.entry(base).or_insert(0) += 2 * power;
                }
                let outside = product(scale, &outside);
                let square = times(outside, Term::power(inner, Term::integer(2)));
                let mut rest = terms.to_vec();
                rest[i] = square;
                let taken = [j, k];
                let kept = rest.into_iter().enumerate().filter(|(position, _)| !taken.contains(position));
                let terms = kept.map(|(_, term)| term).collect();
                return Some(Square { terms, root: pair, special });
            }
        }
    }
    None
}

/// The sum with k a + k b written as k (a + b).
fn with_multiples(terms: Vec<Term>, [(a, root_a), (b, root_b)]: &[Summand; 2]) -> Vec<Term> {
    if root_a.is_empty() || root_b.is_empty() {
        return terms;
    }
    let summands: Vec<Option<Summand>> = terms.iter().map(summand).collect();
    let over = |position: usize, number: &Rational, root: &Powers| -> Option<Summand> {
        let (value, powers) = summands[position].as_ref()?;
        let mut powers = powers.clone();
        for (base, power) in root {
            let own = powers.get_mut(base).filter(|own| **own >= *power)?;
            *own -= power;
        }
        powers.retain(|_, power| *power != 0);
        Some((value / number, powers))
    };
    let mut written: Vec<Option<Term>> = terms.iter().cloned().map(Some).collect();
    for position in 0..terms.len() {
        let Some((number, powers)) = over(position, a, root_a).filter(|_| written[position].is_some()) else {
            continue;
        };
        let factor = (number, powers);
        let fits = |other: &usize| {
            *other != position && written[*other].is_some() && over(*other, b, root_b).as_ref() == Some(&factor)
        };
        let Some(other) = (0..terms.len()).find(fits) else { continue };
        let inner = flatten_sum(vec![product(a.clone(), root_a), product(b.clone(), root_b)]);
        written[other] = None;
        written[position] = Some(times(product(factor.0, &factor.1), inner));
    }
    written.into_iter().flatten().collect()
}

/// A function of a parameter, Euler's constant, or a sum with one of them.
fn is_special(base: &Term) -> bool {
    match base {
        Term::Apply(..) | Term::Constant(Constant::EulerGamma) => true,
        Term::Sum(terms) => terms.iter().any(is_special),
        Term::Product(factors) => factors.iter().any(is_special),
        _ => false,
    }
}

fn times(left: Term, right: Term) -> Term {
    let mut factors = if let Term::Product(factors) = left { factors.to_vec() } else { vec![left] };
    factors.push(right);
    factors.retain(|factor| !factor.is_one());
    if factors.len() == 1 { factors.remove(0) } else { Term::product(factors) }
}

fn summand(term: &Term) -> Option<Summand> {
    let mut number = Rational::one();
    let mut powers: Powers = BTreeMap::new();
    let factors = if let Term::Product(factors) = term { factors } else { std::slice::from_ref(term) };
    for factor in factors {
        match factor {
            Term::Number(value) => number *= value,
            Term::Power(base, exponent) => match exponent.as_number() {
                Some(exponent) => {
                    let power = super::super::small_integer(exponent)?;
                    *powers.entry((**base).clone()).or_insert(0) += power;
                }
                // 4^s is a factor of its own.
                None => *powers.entry(factor.clone()).or_insert(0) += 1,
            },
            other => *powers.entry(other.clone()).or_insert(0) += 1,
        }
    }
    Some((number, powers))
}

/// number · odd · root², no power in `odd` above one.
struct Root {
    number: Rational,
    odd: Powers,
    root: Powers,
    /// Whether a function is in the root.
    special: bool,
}

fn square_root((number, powers): &Summand) -> Root {
    let odd = powers.iter().filter(|(_, power)| *power % 2 != 0).map(|(base, power)| (base.clone(), power.signum()));
    let odd: Powers = odd.collect();
    let half = |(base, power): (&Term, &i64)| (base.clone(), (power - odd.get(base).copied().unwrap_or(0)) / 2);
    let root: Powers = powers.iter().map(half).filter(|(_, power)| *power != 0).collect();
    let special = root.keys().any(is_special);
    Root { number: number.clone(), odd, root, special }
}

/// (s, x, y) with a = s x² and b = s y².
fn common_square(a: &Rational, b: &Rational) -> Option<(Rational, Rational, Rational)> {
    if a.is_zero() || (a.is_negative() != b.is_negative()) {
        return None;
    }
    let ratio = rational_root(&(b / a))?;
    // (a, b) = (s d², s n²) for the ratio n/d.
    let below = Rational::from_integer(ratio.denom());
    let scale = a / (&below * &below);
    Some((scale, below, Rational::from_integer(ratio.numer())))
}

/// What two products of powers have in common, and what is left of each: a/s and b/s have 1/s.
fn common_factor(a: &Powers, b: &Powers) -> (Powers, Powers, Powers) {
    let common: Powers = a
        .iter()
        .filter_map(|(base, one)| {
            let two = b.get(base).filter(|two| two.signum() == one.signum())?;
            Some((base.clone(), if one.abs() < two.abs() { *one } else { *two }))
        })
        .collect();
    let rest = |all: &Powers| {
        let left = all.iter().map(|(base, power)| (base.clone(), power - common.get(base).copied().unwrap_or(0)));
        left.filter(|(_, power)| *power != 0).collect()
    };
    let (one, two) = (rest(a), rest(b));
    (common, one, two)
}

fn rational_root(value: &Rational) -> Option<Rational> {
    let root = |value: &BigInt| {
        let root = value.sqrt();
        (&root * &root == *value).then_some(root)
    };
    (!value.is_negative()).then(|| Some(Rational::new(root(&value.numer())?, root(&value.denom())?)))?
}

fn product(number: Rational, powers: &Powers) -> Term {
    let mut factors: Vec<Term> = Vec::new();
    if !number.is_one() {
        factors.push(Term::Number(number));
    }
    factors.extend(powers.iter().map(|(base, power)| {
        if *power == 1 { base.clone() } else { Term::power(base.clone(), Term::integer(*power)) }
    }));
    match factors.len() {
        0 => Term::one(),
        1 => factors.remove(0),
        _ => Term::product(factors),
    }
}

/// (a + b)^k (a − b)^k as (a² − b²)^k, throughout.
pub fn pair_conjugates(term: &Term) -> Term {
    let term = term.map_children(&mut pair_conjugates);
    let Term::Product(factors) = &term else { return term };
    let mut factors = factors.to_vec();
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
    if factors.len() == 1 { factors.remove(0) } else { Term::product(factors) }
}

/// (a² − b²)^k from (a + b)^k and (a − b)^k.
fn conjugate_product(left: &Term, right: &Term) -> Option<Term> {
    let ((left, power), (right, other)) = (split_power(left), split_power(right));
    let (Term::Sum(left), Term::Sum(right)) = (left, right) else { return None };
    let ([a, b], [c, d]) = (&left[..], &right[..]) else { return None };
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
    Some(raise(Term::sum(vec![square(&same), negate(&square(&opposite))]), power))
}

#[cfg(test)]
mod tests {
    use super::complete_squares;
    use crate::model::read_term;

    fn check(input: &str, expected: &str) {
        let term = complete_squares(&read_term(input).expect("a term"));
        assert_eq!(term.to_string(), expected, "{input}");
    }

    #[test]
    fn squares_are_completed() {
        check("a^2 - 2*a*b + b^2 + c", "(a - b)^2 + c");
        check("4*a^2 + 12*a*b + 9*b^2", "(2*a + 3*b)^2");
        check("a^2 + a*b + b^2", "a^2 + a*b + b^2");
        check("3*a^2/s^2 - 6*a*b/s^2 + 3*b^2/s^2", "3/s^2*(a - b)^2");
        check("-a^2 + 2*a*b - b^2", "-(a - b)^2");
        check("a^2 - 2*a*b - b^2", "a^2 - 2*a*b - b^2");
        check("a^2 - 2*a + 1", "(a - 1)^2");
        check("k*a^2 - 2*k*a*b + k*b^2 + c", "k*a^2 - 2*k*a*b + k*b^2 + c");
        let [a, b] = ["euler_gamma", "digamma(k)"];
        check(
            &format!("3*k*{a}^2 + 6*k*{a}*{b} + 3*k*{b}^2 - 6*k*{a} - 6*k*{b} + 3*k"),
            &format!("3*k*({a} + {b} - 1)^2"),
        );
    }
}
