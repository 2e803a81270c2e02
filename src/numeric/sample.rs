//! Generic rational points where a claim may be tried.
//!
//! *Generic*: the values at a point differ, also in size, and none is 0, 1 or ½ unless the domain
//! leaves no other, because many wrong formulas are right there. *Simple*: the first points are the ones
//! a person would try, a = 2 and b = 3, so that a counterexample is easy to follow.

use std::collections::{BTreeMap, BTreeSet};

use num_bigint::BigInt;
use num_traits::{One, Signed, ToPrimitive, Zero};

use super::enclosure::enclose;
use super::interval::Interval;
use crate::kernel::domain::{Context, Domain};
use crate::kernel::normal::Normalizer;
use crate::kernel::poly::{Exponent, Generator, Monomial, Poly};
use crate::kernel::term::{Name, Rational, Term};

/// A point: a value for every variable.
pub type Point = BTreeMap<Name, Rational>;

/// Distances from a finite end, simplest first.
#[rustfmt::skip]
const POSITIVE: [(i64, i64); 22] = [
    (2, 1), (3, 1), (3, 2), (5, 1), (2, 3), (5, 2), (7, 3), (1, 3), (4, 1), (7, 2), (2, 5),
    (9, 4), (5, 3), (3, 4), (7, 1), (7, 4), (1, 5), (6, 1), (3, 7), (9, 2), (11, 5), (1, 7),
];

/// Values on the whole line, simplest first.
#[rustfmt::skip]
const REAL: [(i64, i64); 20] = [
    (2, 1), (3, 1), (-3, 2), (5, 1), (2, 3), (-5, 2), (7, 3), (-1, 3), (-4, 1), (7, 2),
    (-2, 5), (9, 4), (-5, 3), (3, 4), (-7, 1), (7, 4), (1, 5), (-6, 1), (3, 7), (-9, 2),
];

/// Parts of a finite interval, simplest first.
#[rustfmt::skip]
const PARTS: [(i64, i64); 20] = [
    (1, 3), (2, 5), (1, 4), (3, 5), (2, 3), (1, 5), (3, 4), (2, 7), (3, 7), (1, 6),
    (4, 5), (3, 8), (1, 7), (5, 8), (5, 7), (1, 8), (3, 10), (1, 10), (2, 11), (1, 15),
];

/// Values on the circle, below π.
#[rustfmt::skip]
const ANGLES: [(i64, i64); 10] =
    [(2, 1), (2, 3), (3, 2), (5, 2), (1, 3), (7, 4), (3, 4), (9, 4), (5, 3), (2, 5)];

/// Distances of a whole number from its least value.
const STEPS: [i64; 12] = [2, 3, 5, 4, 7, 6, 9, 8, 11, 10, 13, 1];

/// Up to `count` different points that meet the domains and conditions of `context`, simplest first.
///
/// Deterministic. Every condition is decided by rigorous enclosures; a point at which one cannot be
/// decided is left out. Fewer points, or none, come back when few meet the conditions, when bounds
/// depend on each other in a circle, or when the domain is small.
pub fn sample_points(context: &Context, count: usize) -> Vec<Point> {
    const MOST_TRIES: usize = 4000;
    const FEWEST_TRIES: usize = 100;
    /// Values to be thought of in all tries.
    const MOST_VALUES: usize = 64_000;
    let Some(order) = dependency_order(context) else { return Vec::new() };
    let tries = (MOST_VALUES / order.len().max(1)).clamp(FEWEST_TRIES, MOST_TRIES);
    let mut found: Vec<Point> = Vec::new();
    for attempt in 0..tries {
        if found.len() == count {
            break;
        }
        // Where generic values cannot be had, as for two variables in {0, 1}, any will do.
        let generic = attempt < tries / 2;
        if let Some(point) = assign(&order, attempt, generic)
            && meets(context, &point)
            && !found.contains(&point)
        {
            found.push(point);
        }
    }
    if found.is_empty() {
        found = sample_by_parts(context, &order, count);
    }
    found.sort_by_key(cost);
    found
}

/// Points where the conditions are hard to meet: variables that no condition joins are tried apart from each other,
/// each in what the conditions leave of its domain, and in several orders of size.
fn sample_by_parts(context: &Context, order: &[(Name, Domain)], count: usize) -> Vec<Point> {
    const TRIES: usize = 2000;
    const SCALES: [(i64, i64); 9] =
        [(1, 1), (1, 10), (10, 1), (1, 100), (100, 1), (1, 1000), (1000, 1), (1, 10_000), (1, 1_000_000)];
    let conditions: Vec<&Term> = context.positive.iter().chain(&context.nonnegative).collect();
    let mut points: Vec<Point> = vec![Point::new(); count];
    for part in parts(order, &conditions) {
        let names: BTreeSet<&Name> = part.iter().map(|(name, _)| name).collect();
        let own: Vec<&Term> = conditions
            .iter()
            .copied()
            .filter(|term| term.variables().iter().all(|name| names.contains(name)))
            .collect();
        let within = |terms: &[Term]| terms.iter().filter(|term| own.contains(term)).cloned().collect::<Vec<Term>>();
        let known = Context {
            positive: within(&context.positive),
            nonnegative: within(&context.nonnegative),
            ..Context::default()
        };
        let mut found: Vec<Point> = Vec::new();
        for attempt in 0..TRIES {
            if found.len() == count {
                break;
            }
            let scale = SCALES[attempt % SCALES.len()];
            let scale = Rational::new(scale.0.into(), scale.1.into());
            if let Some(point) = assign_within(&part, &own, attempt / SCALES.len(), &scale)
                && meets(&known, &point)
                && !found.contains(&point)
            {
                found.push(point);
            }
        }
        if found.is_empty() {
            return Vec::new();
        }
        for (position, point) in points.iter_mut().enumerate() {
            point.extend(found[position % found.len()].clone());
        }
    }
    points.dedup();
    points
}

/// The variables in groups that conditions and bounds join, each in its order of dependence.
fn parts(order: &[(Name, Domain)], conditions: &[&Term]) -> Vec<Vec<(Name, Domain)>> {
    let joined = conditions.iter().map(|term| term.variables());
    let bounded = order
        .iter()
        .map(|(name, domain)| domain.bounds().iter().flat_map(|term| term.variables()).chain([name.clone()]).collect());
    let mut groups: Vec<BTreeSet<Name>> = Vec::new();
    for mut own in joined.chain(bounded) {
        groups.retain(|group| {
            let apart = group.is_disjoint(&own);
            if !apart {
                own.extend(group.iter().cloned());
            }
            apart
        });
        groups.push(own);
    }
    let members = |group: &BTreeSet<Name>| order.iter().filter(|(name, _)| group.contains(name)).cloned().collect();
    groups.iter().map(members).collect()
}

/// One attempt in which each variable keeps to what the conditions on it and on those before it leave.
fn assign_within(order: &[(Name, Domain)], conditions: &[&Term], attempt: usize, scale: &Rational) -> Option<Point> {
    let mut point = Point::new();
    for (rank, (name, domain)) in order.iter().enumerate() {
        let placed: Vec<(Name, Term)> =
            point.iter().map(|(name, value)| (name.clone(), Term::Number(value.clone()))).collect();
        let mut own = BTreeMap::from([(name.clone(), domain.clone())]);
        for condition in conditions.iter().filter(|term| term.contains(name)) {
            narrow(&mut own, &condition.substitute(&placed));
        }
        let domain = own.remove(name)?;
        let candidates = candidates(&domain, &point, None)?;
        let value = &candidates[scramble(attempt, rank) % candidates.len()];
        // Far from its ends a value may be of any size.
        let scaled = match domain {
            Domain::Interval { lower: None, upper: None } | Domain::Nonnegative => value * scale,
            Domain::Interval { lower: Some(Term::Number(lower)), upper: None } => (value - &lower) * scale + lower,
            // Near the lower end there may be more room.
            Domain::Interval { lower: Some(Term::Number(lower)), upper: Some(_) } if *scale < Rational::one() => {
                (value - &lower) * scale + lower
            }
            _ => value.clone(),
        };
        point.insert(name.clone(), scaled);
    }
    Some(point)
}

/// Whether every declared condition certainly holds.
fn meets(context: &Context, point: &Point) -> bool {
    let at = |term: &Term| enclose(term, point);
    context.positive.iter().all(|term| at(term).is_some_and(|value| value.is_positive()))
        && context.nonnegative.iter().all(|term| at(term).is_some_and(|value| !value.low().is_negative()))
}

/// How much there is to write.
fn cost(point: &Point) -> u64 {
    point.values().map(|value| value.numer().bits() + 2 * value.denom().bits() + u64::from(value.is_negative())).sum()
}

/// The variables, each after those that its bounds speak of.
fn dependency_order(context: &Context) -> Option<Vec<(Name, Domain)>> {
    let mut waiting: BTreeMap<Name, Domain> = context.domains.clone();
    for condition in context.positive.iter().chain(&context.nonnegative) {
        narrow(&mut waiting, condition);
    }
    for name in context.positive.iter().chain(&context.nonnegative).flat_map(Term::variables) {
        waiting.entry(name).or_insert_with(Domain::real);
    }
    let mut order: Vec<(Name, Domain)> = Vec::new();
    let mut placed: BTreeSet<Name> = BTreeSet::new();
    while !waiting.is_empty() {
        let ready: Vec<Name> = waiting
            .iter()
            .filter(|(_, domain)| domain.bounds().iter().all(|term| term.variables().is_subset(&placed)))
            .map(|(name, _)| name.clone())
            .collect();
        if ready.is_empty() {
            return None;
        }
        for name in ready {
            let domain = waiting.remove(&name)?;
            placed.insert(name.clone());
            order.push((name, domain));
        }
    }
    Some(order)
}

/// A condition on one variable alone moves an end of its interval: a > 100.
fn narrow(domains: &mut BTreeMap<Name, Domain>, condition: &Term) {
    let Ok(poly) = Normalizer::new(&Context::default()).normalize(condition) else { return };
    let variables = condition.variables();
    let (Some(name), 1) = (variables.first(), variables.len()) else { return };
    let own = Monomial::from_factors(vec![(Generator::Variable(name.clone()), Exponent::Integer(1))]);
    let slope = poly.coefficient(&own);
    let (false, Some(rest)) = (slope.is_zero(), poly.minus(&Poly::single(own.clone(), slope.clone())).as_constant())
    else {
        return;
    };
    let end = -rest / &slope;
    let domain = domains.get_mut(name);
    let (lower, upper, end) = match domain {
        Some(Domain::Interval { lower, upper }) => (lower, upper, end),
        Some(Domain::Integers { lower, upper }) => {
            let inside = if slope.is_positive() { end.ceil() } else { end.floor() };
            (lower, upper, inside)
        }
        _ => return,
    };
    let (side, is_lower) = if slope.is_positive() { (lower, true) } else { (upper, false) };
    let closer = match side.as_ref().map(Term::as_number) {
        None => true,
        Some(Some(known)) => (end > *known) == is_lower,
        Some(None) => false,
    };
    if closer {
        *side = Some(Term::Number(end));
    }
}

/// The point of one attempt: early ones walk down the lists of candidates, later ones jump.
fn assign(order: &[(Name, Domain)], attempt: usize, generic: bool) -> Option<Point> {
    const WALKS: usize = 4;
    /// From here on every other attempt stays near the lower ends, where p1 + … + pk < 1 is met.
    const CROWDED: usize = 40;
    let mut point = Point::new();
    let mut sizes: BTreeSet<Rational> = BTreeSet::new();
    // Values go by the order of the names, whatever the order of dependence: a = 2, b = 3.
    let rank = |name: &Name| order.iter().filter(|(other, _)| other < name).count();
    for (name, domain) in order {
        let crowded = attempt >= CROWDED && attempt.is_multiple_of(2);
        let candidates = candidates(domain, &point, crowded.then_some(order.len()))?;
        let start = if attempt < WALKS { rank(name) + attempt * order.len() } else { scramble(attempt, rank(name)) };
        let value = (0..candidates.len())
            .map(|skip| &candidates[(start + skip) % candidates.len()])
            .find(|value| !generic || !sizes.contains(&value.abs()))?;
        sizes.insert(value.abs());
        point.insert(name.clone(), value.clone());
    }
    Some(point)
}

/// A fixed pseudo-random number (the finaliser of SplitMix64).
fn scramble(attempt: usize, rank: usize) -> usize {
    let mut state = (attempt as u64) << 32 | rank as u64;
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((state ^ (state >> 31)) % 1_000_003) as usize
}

/// Values inside the domain, simplest first; not empty. In a crowd of so many variables, parts of an
/// interval are small.
fn candidates(domain: &Domain, point: &Point, crowd: Option<usize>) -> Option<Vec<Rational>> {
    let bound = |term: &Option<Term>| -> Option<Option<Interval>> {
        term.as_ref().map_or(Some(None), |term| enclose(term, point).map(Some))
    };
    let rational = |(numerator, denominator): &(i64, i64)| Rational::new((*numerator).into(), (*denominator).into());
    let values: Vec<Rational> = match domain {
        Domain::Interval { lower, upper } => match (bound(lower)?, bound(upper)?) {
            (None, None) => REAL.iter().map(rational).collect(),
            (Some(lower), None) => {
                let steps: Vec<Rational> = match crowd {
                    None => POSITIVE.iter().map(rational).collect(),
                    Some(count) => (count + 1..=5 * count).map(|k| Rational::new(1.into(), k.into())).collect(),
                };
                steps.into_iter().filter_map(|step| near(&lower, step)).collect()
            }
            (None, Some(upper)) => POSITIVE.iter().filter_map(|step| near(&upper, -rational(step))).collect(),
            (Some(lower), Some(upper)) => {
                let parts: Vec<Rational> = match crowd {
                    None => PARTS.iter().map(rational).collect(),
                    Some(count) => (count + 1..=5 * count).map(|k| Rational::new(1.into(), k.into())).collect(),
                };
                parts.iter().filter_map(|part| between(&lower, &upper, part)).collect()
            }
        },
        Domain::Nonnegative => POSITIVE.iter().map(rational).collect(),
        Domain::Angle => ANGLES.iter().map(rational).collect(),
        Domain::Integers { lower, upper } => whole_numbers(bound(lower)?, bound(upper)?)?,
        Domain::Finite(values) => {
            values.iter().map(|term| enclose(term, point)?.as_point().cloned()).collect::<Option<_>>()?
        }
    };
    let half = Rational::new(1.into(), 2.into());
    let special = |value: &Rational| value.is_zero() || value.abs().is_one() || value.abs() == half;
    let generic: Vec<Rational> = values.iter().filter(|value| !special(value)).cloned().collect();
    let chosen = if generic.is_empty() || domain.is_discrete() { values } else { generic };
    (!chosen.is_empty()).then_some(chosen)
}

/// A simple number about `step` away from an end.
fn near(end: &Interval, step: Rational) -> Option<Rational> {
    if let Some(exact) = end.as_point() {
        return Some(exact + step);
    }
    let tolerance = step.abs() / Rational::from_integer(4.into());
    simplest_between(&(end.high() + &step - &tolerance), &(end.low() + &step + &tolerance))
}

/// A simple number about a given part of the way between two ends.
fn between(lower: &Interval, upper: &Interval, part: &Rational) -> Option<Rational> {
    if let (Some(lower), Some(upper)) = (lower.as_point(), upper.as_point()) {
        return (lower < upper).then(|| lower + (upper - lower) * part);
    }
    let (from, to) = (lower.high(), upper.low());
    if from >= to {
        return None;
    }
    let width = to - from;
    let tolerance = part.min(&(Rational::one() - part)) / Rational::from_integer(4.into());
    simplest_between(&(from + &width * (part - &tolerance)), &(from + &width * (part + &tolerance)))
}

/// The rational of least denominator strictly between two others, by continued fractions.
fn simplest_between(low: &Rational, high: &Rational) -> Option<Rational> {
    if low >= high {
        return None;
    }
    if high.is_positive() && low.is_negative() {
        return Some(Rational::zero());
    }
    if !high.is_positive() {
        return simplest_between(&-high, &-low).map(|value| -value);
    }
    let whole = low.floor();
    let next = &whole + Rational::one();
    if next < *high {
        return Some(next);
    }
    if *low == whole {
        // whole + 1/n for the least n that stays below `high`.
        let n = (high - &whole).recip().floor() + Rational::one();
        return Some(whole + n.recip());
    }
    let inner = simplest_between(&(high - &whole).recip(), &(low - &whole).recip())?;
    Some(whole + inner.recip())
}

/// Whole numbers between the bounds: those inside first, the ends last.
fn whole_numbers(lower: Option<Interval>, upper: Option<Interval>) -> Option<Vec<Rational>> {
    let whole = |value: BigInt| Rational::from_integer(value);
    let lower = lower.map(|bound| bound.high().ceil().to_integer());
    let upper = upper.map(|bound| bound.low().floor().to_integer());
    Some(match (lower, upper) {
        (None, None) => REAL.iter().filter(|pair| pair.1 == 1).map(|pair| whole(pair.0.into())).collect(),
        (Some(lower), None) => STEPS.iter().map(|step| whole(&lower + step)).collect(),
        (None, Some(upper)) => STEPS.iter().map(|step| whole(&upper - step)).collect(),
        (Some(lower), Some(upper)) => {
            let length = (&upper - &lower).to_i64()?;
            let mut steps: Vec<i64> = STEPS.iter().copied().filter(|step| *step < length).collect();
            steps.extend([0, length].iter().filter(|step| **step <= length && length >= 0));
            steps.dedup();
            steps.into_iter().map(|step| whole(&lower + step)).collect()
        }
    })
}
