//! The verbs, as they run on the engine's thread.

use std::cmp::Reverse;

use symbolica::domains::integer::Z;
use symbolica::domains::rational_polynomial::FromNumeratorAndDenominator;

use super::engine::Symbols;
use super::expansion;
use super::factor::factors;
use super::fraction::{Context, Degree, Fraction, Poly, degrees, invert, multiply, power};
use super::shape::{self, Factors};
use super::{CasError, MAX_ANSWER, distinct};
use crate::kernel::term::Term;

/// Beyond these a partial fraction may take very long.
const MAX_APART_TERMS: usize = 150;
const MAX_APART_DEGREE: u32 = 40;
/// How many atoms [`candidates`] splits by.
const APART_ATOMS: usize = 3;

pub fn expand(symbols: &mut Symbols, term: &Term) -> Result<Term, CasError> {
    let mut context = Context::new(symbols, term)?;
    expansion::expand(symbols, &mut context, term)
}

pub fn together(symbols: &mut Symbols, term: &Term) -> Result<Term, CasError> {
    let (context, fraction) = read(symbols, term)?;
    Ok(shape::together(&context, &fraction))
}

pub fn factor(symbols: &mut Symbols, term: &Term) -> Result<Term, CasError> {
    let (context, fraction) = read(symbols, term)?;
    shape::factored(&context, &fraction)
}

pub fn apart(symbols: &mut Symbols, term: &Term, by: &Term) -> Result<Term, CasError> {
    let (context, fraction) = read(symbols, term)?;
    match context.find(symbols, by) {
        Some(index) => apart_fraction(&context, &fraction, index),
        None => Ok(shape::together(&context, &fraction)),
    }
}

pub fn collect(symbols: &mut Symbols, term: &Term, by: &Term) -> Result<Term, CasError> {
    let (context, fraction) = read(symbols, term)?;
    let Some(index) = context.find(symbols, by) else { return shape::factored(&context, &fraction) };
    if fraction.denominator.degree(index) == 0 {
        return collect_fraction(&context, &fraction, index);
    }
    let above = collect_fraction(&context, &fraction.numerator.clone().into(), index)?;
    let mut below = Factors::new(&context);
    below.multiply_factored(&context, &fraction.denominator, -1)?;
    Ok(shape::flat_product(vec![above, below.into_term(&context)]))
}

pub fn candidates(symbols: &mut Symbols, term: &Term) -> Vec<Term> {
    let mut forms: Vec<Term> = expand(symbols, term).into_iter().collect();
    if let Ok((context, fraction)) = read(symbols, term) {
        forms.push(shape::together(&context, &fraction));
        forms.extend(shape::factored(&context, &fraction));
        let below = degrees(&fraction.denominator);
        let split = below.iter().enumerate().filter(|(_, degree)| **degree > 0).map(|(index, _)| index);
        for index in split.take(APART_ATOMS) {
            forms.extend(apart_fraction(&context, &fraction, index));
        }
    }
    distinct(forms.into_iter().filter_map(|form| bounded(form).ok()).collect())
}

/// Refuses an answer that nobody could use.
pub fn bounded(answer: Term) -> Result<Term, CasError> {
    if answer.size() > MAX_ANSWER { Err(CasError::TooLarge("the answer".into())) } else { Ok(answer) }
}

fn read(symbols: &mut Symbols, term: &Term) -> Result<(Context, Fraction), CasError> {
    let mut context = Context::new(symbols, term)?;
    let mut fraction = context.fraction(symbols, term)?;
    context.simplify_roots(&mut fraction);
    Ok((context, fraction))
}

fn apart_fraction(context: &Context, fraction: &Fraction, index: usize) -> Result<Term, CasError> {
    if fraction.denominator.degree(index) == 0 {
        return collect_fraction(context, fraction, index);
    }
    let large = [&fraction.numerator, &fraction.denominator].into_iter().any(|poly| poly.nterms() > MAX_APART_TERMS);
    if large || fraction.degree(index) > MAX_APART_DEGREE {
        return Err(CasError::TooLarge("a fraction to split".into()));
    }
    factors(&fraction.denominator)?;
    let mut parts = Vec::new();
    for (above, below, exponent) in fraction.apart_factored_denominators(index) {
        let exponent = i64::try_from(exponent).unwrap_or(i64::MAX);
        let free = |poly: &Poly| poly.degree(index) == 0;
        if exponent == 0 || (free(&below.numerator) && free(&below.denominator)) {
            let whole = multiply(&above, &invert(&power(&below, exponent)?)?)?;
            parts.push(collect_fraction(context, &whole, index)?);
            continue;
        }
        // above / below^k, with the denominator of `below` moved up before anything is factored.
        let lifted = power(&below.denominator.clone().into(), exponent)?;
        let above = multiply(&above, &lifted)?;
        let mut factors = Factors::new(context);
        factors.multiply_factored(context, &above.numerator, 1)?;
        factors.multiply_factored(context, &above.denominator, -1)?;
        factors.multiply(context, &below.numerator, -exponent);
        parts.push(factors.into_term(context));
    }
    // The engine finds the factors of a denominator in no fixed order.
    parts.sort_by_key(|part| (part.has_minus(), part.clone()));
    Ok(shape::sum(parts))
}

/// The powers of one indeterminate, absent from the denominator, with factored coefficients.
fn collect_fraction(context: &Context, fraction: &Fraction, index: usize) -> Result<Term, CasError> {
    if fraction.numerator.is_zero() {
        return Ok(Term::zero());
    }
    let mut parts = fraction.numerator.to_univariate_polynomial_list(index);
    parts.sort_by_key(|part| Reverse(part.1));
    let mut terms = Vec::with_capacity(parts.len());
    for (coefficient, exponent) in parts {
        let coefficient = Fraction::from_num_den(coefficient, fraction.denominator.clone(), &Z, true);
        let coefficient = shape::factored(context, &coefficient)?;
        let entry = &context.indeterminates[index];
        terms.push(match exponent {
            0 => coefficient,
            _ => {
                let by = shape::raised(entry.shown.clone(), i64::from(exponent), entry.root);
                shape::flat_product(vec![coefficient, by])
            }
        });
    }
    Ok(shape::sum(terms))
}
