//! Images of intervals under monotone maps: what a change of variable does to the ends.

use super::normal::Normalizer;
use super::sign::Sign;
use super::term::{Constant, Function, Name, Term};

/// One end of an interval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    MinusInfinity,
    At(Term),
    PlusInfinity,
}

/// The image of an interval, its ends in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    pub low: End,
    pub high: End,
}

/// The image of the interval under a map in which the variable occurs exactly once, each operation
/// around it strictly monotone.
///
/// Fails (`None`) where the variable occurs twice, or a direction or a domain cannot be shown.
pub fn image(normalizer: &Normalizer, map: &Term, variable: &Name, ends: &(End, End)) -> Option<Range> {
    match map {
        Term::Variable(name) if name == variable => Some(Range { low: ends.0.clone(), high: ends.1.clone() }),
        Term::Sum(terms) => {
            let (inner, others) = only_holder(terms, variable)?;
            let range = image(normalizer, inner, variable, ends)?;
            let shift = |end: End| match end {
                End::At(term) => {
                    let mut sum = others.clone();
                    sum.push(term);
                    End::At(Term::Sum(sum))
                }
                other => other,
            };
            Some(Range { low: shift(range.low), high: shift(range.high) })
        }
        Term::Product(factors) => {
            let (inner, others) = only_holder(factors, variable)?;
            let range = image(normalizer, inner, variable, ends)?;
            let factor = Term::Product(others);
            let up = match sign(normalizer, &factor)? {
                Sign::Positive => true,
                Sign::Negative => false,
                _ => return None,
            };
            let scale = |end: End| match (end, up) {
                (End::At(term), _) => End::At(factor.clone() * term),
                (End::MinusInfinity, true) | (End::PlusInfinity, false) => End::MinusInfinity,
                _ => End::PlusInfinity,
            };
            Some(ordered(scale(range.low), scale(range.high), up))
        }
        Term::Power(base, exponent) if **base == Term::Constant(Constant::E) => {
            exponential(image(normalizer, exponent, variable, ends)?)
        }
        Term::Power(base, exponent) if !exponent.contains(variable) => {
            let range = image(normalizer, base, variable, ends)?;
            nonnegative(normalizer, &range.low)?;
            let up = match sign(normalizer, exponent)? {
                Sign::Positive => true,
                Sign::Negative => false,
                _ => return None,
            };
            let raise = |end: End| match (&end, up) {
                (End::At(term), _) if is_zero(normalizer, term) => {
                    if up {
                        End::At(Term::zero())
                    } else {
                        End::PlusInfinity
                    }
                }
                (End::At(term), _) => End::At(Term::power(term.clone(), (**exponent).clone())),
                (End::PlusInfinity, true) => End::PlusInfinity,
                _ => End::At(Term::zero()),
            };
            Some(ordered(raise(range.low), raise(range.high), up))
        }
        Term::Apply(Function::Exp, arguments) => exponential(image(normalizer, &arguments[0], variable, ends)?),
        Term::Apply(Function::Log, arguments) => {
            let range = image(normalizer, &arguments[0], variable, ends)?;
            nonnegative(normalizer, &range.low)?;
            let log = |end: End| match end {
                End::At(term) if is_zero(normalizer, &term) => End::MinusInfinity,
                End::At(term) => End::At(term.log()),
                other => other,
            };
            Some(Range { low: log(range.low), high: log(range.high) })
        }
        Term::Apply(Function::Sqrt, arguments) => {
            let power = Term::power(arguments[0].clone(), Term::ratio(1, 2));
            image(normalizer, &power, variable, ends)
        }
        Term::Apply(Function::Tan, arguments) => {
            // tan maps (−π/2, π/2) onto the line.
            let range = image(normalizer, &arguments[0], variable, ends)?;
            let quarter = Term::Product(vec![Term::ratio(1, 2), Term::Constant(Constant::Pi)]);
            let at = |end: &End, value: &Term| matches!(end, End::At(term) if normalizer.equal(term, value).unwrap_or(false));
            (at(&range.low, &-quarter.clone()) && at(&range.high, &quarter))
                .then_some(Range { low: End::MinusInfinity, high: End::PlusInfinity })
        }
        _ => None,
    }
}

fn ordered(first: End, second: End, up: bool) -> Range {
    if up { Range { low: first, high: second } } else { Range { low: second, high: first } }
}

fn exponential(range: Range) -> Option<Range> {
    let exp = |end: End| match end {
        End::MinusInfinity => End::At(Term::zero()),
        End::At(term) => End::At(term.exp()),
        End::PlusInfinity => End::PlusInfinity,
    };
    Some(Range { low: exp(range.low), high: exp(range.high) })
}

fn only_holder<'a>(terms: &'a [Term], variable: &Name) -> Option<(&'a Term, Vec<Term>)> {
    let mut holders = terms.iter().filter(|term| term.contains(variable));
    let holder = holders.next()?;
    if holders.next().is_some() {
        return None;
    }
    Some((holder, terms.iter().filter(|term| !term.contains(variable)).cloned().collect()))
}

fn sign(normalizer: &Normalizer, term: &Term) -> Option<Sign> {
    normalizer.sign(&normalizer.normalize(term).ok()?)
}

fn is_zero(normalizer: &Normalizer, term: &Term) -> bool {
    normalizer.normalize(term).is_ok_and(|poly| poly.is_zero())
}

fn nonnegative(normalizer: &Normalizer, end: &End) -> Option<()> {
    match end {
        End::At(term) => {
            matches!(sign(normalizer, term)?, Sign::Positive | Sign::Nonnegative | Sign::Zero).then_some(())
        }
        _ => None,
    }
}
