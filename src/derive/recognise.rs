//! The exponential-family form, read off the log-density.

use std::collections::BTreeMap;

use num_traits::{One, Zero};

use crate::kernel::normal::Normalizer;
use crate::kernel::poly::{Monomial, Poly};
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
    let mut pairs: Vec<(Poly, Poly)> = Vec::new();
    for (inside, outside) in grouped {
        let outside = normalizer.canonical(&outside).unwrap_or(outside);
        let statistic = Poly::single(inside.clone(), Rational::one());
        if inside.is_one() {
            log_partition = outside.scaled(&-Rational::one());
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
        // A rational constant beside a parameter, as in (a − 1) log x, stays with it.
        natural.add_assign(&fixed);
        pairs.push((natural, statistic));
    }
    // In the order in which the parameters were declared.
    pairs.sort_by_key(|(natural, _)| {
        parameters.iter().position(|name| natural.contains_variable(name)).unwrap_or(parameters.len())
    });
    let (natural, statistic) = independent(pairs).into_iter().unzip();
    Ok(Recognised { natural, statistic, log_partition, log_base })
}

/// Merges pairs whose natural parameters are rational combinations of others:
/// η T₁ + 2η T₂ = η (T₁ + 2T₂).
fn independent(pairs: Vec<(Poly, Poly)>) -> Vec<(Poly, Poly)> {
    let mut kept: Vec<(Poly, Poly)> = Vec::new();
    for (natural, statistic) in pairs {
        match combination(&natural, &kept) {
            Some(coefficients) => {
                for (coefficient, (_, own)) in coefficients.iter().zip(kept.iter_mut()) {
                    own.add_assign(&statistic.scaled(coefficient));
                }
            }
            None => kept.push((natural, statistic)),
        }
    }
    kept
}

/// Rational c with target = Σ c_k natural_k, by elimination over the monomials.
fn combination(target: &Poly, kept: &[(Poly, Poly)]) -> Option<Vec<Rational>> {
    if kept.is_empty() {
        return None;
    }
    let mut monomials: Vec<&Monomial> = target.terms().map(|(monomial, _)| monomial).collect();
    for (natural, _) in kept {
        monomials.extend(natural.terms().map(|(monomial, _)| monomial));
    }
    monomials.sort();
    monomials.dedup();
    let columns = kept.len();
    let mut rows: Vec<Vec<Rational>> = monomials
        .iter()
        .map(|monomial| {
            kept.iter()
                .map(|(natural, _)| natural.coefficient(monomial))
                .chain([target.coefficient(monomial)])
                .collect()
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
