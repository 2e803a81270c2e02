//! The exponential-family form, read off the log-density.

use std::collections::BTreeMap;

use num_traits::{One, Signed, Zero};

use crate::kernel::normal::Normalizer;
use crate::kernel::poly::{Generator, Monomial, Poly};
use crate::kernel::term::{Name, Rational, Term};

/// log p = Σ natural_k · statistic_k − log_partition + log base, as normal forms.
#[derive(Clone, Debug, PartialEq)]
pub struct Recognised {
    pub natural: Vec<Poly>,
    pub statistic: Vec<Poly>,
    pub log_partition: Poly,
    pub log_base: Poly,
}

/// Splits a log-density into natural parameters and statistics.
///
/// Fails with the part that holds both the variate and a parameter inseparably.
pub fn recognise(
    normalizer: &Normalizer,
    log_density: &Poly,
    variates: &[Name],
    parameters: &[Name],
) -> Result<Recognised, Term> {
    let mut grouped: BTreeMap<Monomial, Poly> = BTreeMap::new();
    for (monomial, coefficient) in log_density.terms() {
        let (inside, outside) = normalizer.split_monomial(monomial, variates);
        let alone = Poly::single(inside.clone(), Rational::one());
        if alone.contains_any(parameters) {
            return Err(alone.to_term());
        }
        grouped.entry(inside).or_default().add_term(outside, coefficient.clone());
    }
    let mut log_partition = Poly::zero();
    let mut log_base = Poly::zero();
    let mut pairs: Vec<Pair> = Vec::new();
    for (inside, outside) in grouped {
        let outside = normalizer.canonical(&outside).unwrap_or(outside);
        let statistic = Poly::single(inside.clone(), Rational::one());
        if inside.is_one() {
            let (mut constant, mut moving) = (Poly::zero(), Poly::zero());
            for (monomial, coefficient) in outside.terms() {
                let known = is_logarithmic(monomial) && !monomial_contains(monomial, parameters);
                if known { &mut constant } else { &mut moving }.add_term(monomial.clone(), coefficient.clone());
            }
            // The normalising constant 1/√(2π) is a factor of the base measure; a mere number is not worth it.
            if constant.terms().any(|(monomial, _)| !is_logarithm_of_number(monomial)) {
                log_base.add_assign(&constant);
            } else {
                moving.add_assign(&constant);
            }
            log_partition = moving.scaled(&-Rational::one());
            continue;
        }
        // What does not depend on the parameters belongs to the base.
        let (mut natural, mut fixed) = (Poly::zero(), Poly::zero());
        for (monomial, coefficient) in outside.terms() {
            let part = Poly::single(monomial.clone(), coefficient.clone());
            if part.contains_any(parameters) { &mut natural } else { &mut fixed }.add_assign(&part);
        }
        if natural.is_zero() {
            if let Ok(own) = statistic.times(&fixed) {
                log_base.add_assign(&own);
            }
            continue;
        }
        pairs.push(Pair { natural, fixed, statistic, merged: false });
    }
    // In the order in which the parameters were declared.
    pairs.sort_by_key(|pair| {
        parameters.iter().position(|name| pair.natural.contains_variable(name)).unwrap_or(parameters.len())
    });
    let plain = Recognised::of(pairs.clone(), log_partition.clone(), log_base.clone());
    let pairs = independent(normalizer, pairs, parameters, &mut log_partition, &mut log_base);
    let merged = Recognised::of(pairs, log_partition, log_base);
    Ok(if merged.is_form_of(normalizer, log_density) { merged } else { plain })
}

impl Recognised {
    fn of(pairs: Vec<Pair>, log_partition: Poly, log_base: Poly) -> Recognised {
        let (natural, statistic) = pairs.into_iter().map(Pair::shown).unzip();
        Recognised { natural, statistic, log_partition, log_base }
    }

    /// Whether Σ natural_k · statistic_k − log_partition + log base is the log-density.
    fn is_form_of(&self, normalizer: &Normalizer, log_density: &Poly) -> bool {
        let mut rest = self.log_base.minus(&self.log_partition).minus(log_density);
        for (natural, statistic) in self.natural.iter().zip(&self.statistic) {
            match natural.times(statistic) {
                Ok(product) => rest.add_assign(&product),
                Err(_) => return false,
            }
        }
        normalizer.is_zero(&rest).unwrap_or(false)
    }
}

/// (natural + fixed) · statistic, where only `natural` moves with the parameters.
#[derive(Clone)]
struct Pair {
    natural: Poly,
    fixed: Poly,
    statistic: Poly,
    merged: bool,
}

impl Pair {
    /// A constant beside a parameter, as in (a − 1) log x, stays with it. Of a statistic that is a sum
    /// the numbers are coprime and most signs positive: −(1/(2σ²)) · (x − μ)².
    fn shown(self) -> (Poly, Poly) {
        let natural = self.natural.plus(&self.fixed);
        if self.statistic.len() < 2 && self.statistic.terms().all(|(_, value)| value.is_one()) {
            return (natural, self.statistic);
        }
        let mut factor = self.statistic.rational_content();
        let minus = self.statistic.terms().filter(|(_, value)| value.is_negative()).count();
        let natural_minus = self.natural.terms().filter(|(_, value)| value.is_negative()).count();
        let turned = 2 * natural_minus > self.natural.len();
        if 2 * minus > self.statistic.len() || (2 * minus == self.statistic.len() && turned) {
            factor = -factor;
        }
        (natural.scaled(&factor), self.statistic.scaled(&factor.recip()))
    }
}

fn monomial_contains(monomial: &Monomial, names: &[Name]) -> bool {
    Poly::single(monomial.clone(), Rational::one()).contains_any(names)
}

fn is_logarithm_of_number(monomial: &Monomial) -> bool {
    let of_number =
        |generator: &Generator| matches!(generator, Generator::Log(inner) if matches!(**inner, Generator::Prime(_)));
    monomial.factors().iter().all(|(generator, _)| of_number(generator))
}

fn is_logarithmic(monomial: &Monomial) -> bool {
    monomial.factors().iter().any(|(generator, _)| matches!(generator, Generator::Log(_)))
}

/// Merges pairs whose natural parameters are combinations of others, with numbers or known constants
/// as coefficients: η T₁ + 2η T₂ = η (T₁ + 2T₂), and −x²/(2σ²) + μ x/σ² with a known μ is
/// −(1/(2σ²)) (x² − 2μ x).
fn independent(
    normalizer: &Normalizer,
    pairs: Vec<Pair>,
    parameters: &[Name],
    log_partition: &mut Poly,
    log_base: &mut Poly,
) -> Vec<Pair> {
    let mut kept: Vec<Pair> = Vec::new();
    for pair in pairs {
        let naturals: Vec<&Poly> = kept.iter().map(|pair| &pair.natural).collect();
        if let Some(coefficients) = combination(&pair.natural, &naturals) {
            for (coefficient, own) in coefficients.iter().zip(kept.iter_mut()).filter(|(value, _)| !value.is_zero()) {
                if let Ok(rest) = own.statistic.times(&own.fixed) {
                    log_base.add_assign(&rest);
                }
                *own = Pair {
                    fixed: Poly::zero(),
                    statistic: own.statistic.plus(&pair.statistic.scaled(coefficient)),
                    merged: true,
                    natural: own.natural.clone(),
                };
            }
            if let Ok(rest) = pair.statistic.times(&pair.fixed) {
                log_base.add_assign(&rest);
            }
            continue;
        }
        let (known, moving) = known_factor(normalizer, &pair.natural, parameters);
        let twin = kept.iter_mut().find_map(|own| {
            let (own_known, own_moving) = known_factor(normalizer, &own.natural, parameters);
            let ratio = ratio(&moving, &own_moving)?;
            Some((own, own_known, own_moving, ratio))
        });
        let Some((own, own_known, own_moving, ratio)) = twin else {
            kept.push(pair);
            continue;
        };
        let with = |poly: &Poly, known: &Monomial, by: &Rational| poly.times_monomial(known, by).ok();
        let one = Rational::one();
        let (Some(first), Some(second), Some(own_base), Some(base)) = (
            with(&own.statistic, &own_known, &one),
            with(&pair.statistic, &known, &ratio),
            own.statistic.times(&own.fixed).ok(),
            pair.statistic.times(&pair.fixed).ok(),
        ) else {
            kept.push(pair);
            continue;
        };
        log_base.add_assign(&own_base);
        log_base.add_assign(&base);
        *own = Pair { natural: own_moving, fixed: Poly::zero(), statistic: first.plus(&second), merged: true };
    }
    for pair in kept.iter_mut().filter(|pair| pair.merged) {
        complete(normalizer, pair, parameters, log_partition);
    }
    kept
}

/// Takes into a statistic what stands in the log-partition under the same natural parameter:
/// −(1/(2σ²)) (x² − 2μ x) − μ²/(2σ²) is −(1/(2σ²)) (x − μ)².
fn complete(normalizer: &Normalizer, pair: &mut Pair, parameters: &[Name], log_partition: &mut Poly) {
    let Some((natural, number)) = pair.natural.as_single() else { return };
    if !pair.fixed.is_zero() {
        return;
    }
    let mut rest = Poly::zero();
    for (monomial, coefficient) in log_partition.terms() {
        let (moving, known) = normalizer.split_monomial(monomial, parameters);
        let share = -(coefficient / number);
        if moving == *natural && !known.is_one() {
            pair.statistic.add_term(known, share);
        } else {
            rest.add_term(monomial.clone(), coefficient.clone());
        }
    }
    *log_partition = rest;
}

/// A natural parameter as a product of known constants, where its terms have it in common, and the rest.
fn known_factor(normalizer: &Normalizer, natural: &Poly, parameters: &[Name]) -> (Monomial, Poly) {
    let mut common: Option<Monomial> = None;
    let mut moving = Poly::zero();
    for (monomial, coefficient) in natural.terms() {
        let (inside, outside) = normalizer.split_monomial(monomial, parameters);
        match &common {
            Some(known) if *known != outside => return (Monomial::one(), natural.clone()),
            _ => common = Some(outside),
        }
        moving.add_term(inside, coefficient.clone());
    }
    (common.unwrap_or_else(Monomial::one), moving)
}

/// The number c with one = c · two.
fn ratio(one: &Poly, two: &Poly) -> Option<Rational> {
    let (monomial, value) = two.terms().next()?;
    let ratio = one.coefficient(monomial) / value;
    (!ratio.is_zero() && two.scaled(&ratio) == *one).then_some(ratio)
}

/// Rational c with target = Σ c_k natural_k, by elimination over the monomials.
fn combination(target: &Poly, kept: &[&Poly]) -> Option<Vec<Rational>> {
    if kept.is_empty() {
        return None;
    }
    let mut monomials: Vec<&Monomial> = target.terms().map(|(monomial, _)| monomial).collect();
    for natural in kept {
        monomials.extend(natural.terms().map(|(monomial, _)| monomial));
    }
    monomials.sort();
    monomials.dedup();
    let columns = kept.len();
    let mut rows: Vec<Vec<Rational>> = monomials
        .iter()
        .map(|monomial| {
            kept.iter().map(|natural| natural.coefficient(monomial)).chain([target.coefficient(monomial)]).collect()
        })
        .collect();
    let mut pivots = Vec::new();
    let mut row = 0;
    for column in 0..columns {
        let Some(found) = (row..rows.len()).find(|candidate| !rows[*candidate][column].is_zero()) else { continue };
        rows.swap(row, found);
        let pivot = rows[row][column].clone();
        rows[row].iter_mut().for_each(|value| *value /= &pivot);
        let pivot_row = rows[row].clone();
        for (other, own) in rows.iter_mut().enumerate() {
            if other != row && !own[column].is_zero() {
                let factor = own[column].clone();
                own.iter_mut().zip(&pivot_row).for_each(|(value, pivot)| *value -= &factor * pivot);
            }
        }
        pivots.push(column);
        row += 1;
    }
    if rows[row..].iter().any(|rest| !rest[columns].is_zero()) {
        return None;
    }
    let mut solution = vec![Rational::zero(); columns];
    for (position, column) in pivots.into_iter().enumerate() {
        solution[column] = rows[position][columns].clone();
    }
    Some(solution)
}
