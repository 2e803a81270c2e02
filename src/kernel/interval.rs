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

/// The image of an interval under an increasing or a decreasing map, its ends in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    pub low: End,
    pub high: End,
    pub increasing: bool,
}

/// The image of the interval under a map in which each operation around the variable is strictly monotone; it
/// may occur in several terms of a sum, all increasing or all decreasing.
///
/// Fails (`None`) where it occurs twice otherwise, or a direction or a domain cannot be shown.
pub fn image(normalizer: &Normalizer, map: &Term, variable: &Name, ends: &(End, End)) -> Option<Range> {
    match map {
        Term::Variable(name) if name == variable => {
            Some(Range { low: ends.0.clone(), high: ends.1.clone(), increasing: true })
        }
        Term::Sum(terms) => {
            let (holders, others): (Vec<&Term>, Vec<&Term>) = terms.iter().partition(|term| term.contains(variable));
            let mut total: Option<Range> = None;
            for holder in holders {
                let own = image(normalizer, holder, variable, ends)?;
                total = Some(match total {
                    None => own,
                    Some(total) if total.increasing == own.increasing => Range {
                        low: plus(total.low, own.low)?,
                        high: plus(total.high, own.high)?,
                        increasing: own.increasing,
                    },
                    Some(_) => return None,
                });
            }
            let total = total?;
            let shift = |end: End| others.iter().try_fold(end, |end, other| plus(end, End::At((*other).clone())));
            Some(Range { low: shift(total.low)?, high: shift(total.high)?, ..total })
        }
        Term::Product(factors) => {
            let (inner, others) = only_holder(factors, variable)?;
            let range = image(normalizer, inner, variable, ends)?;
            let factor = Term::product(others);
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
            Some(mapped(range, scale, up))
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
            Some(mapped(range, raise, up))
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
            Some(mapped(range, log, true))
        }
        Term::Apply(Function::Sqrt, arguments) => {
            let power = Term::power(arguments[0].clone(), Term::ratio(1, 2));
            image(normalizer, &power, variable, ends)
        }
        Term::Apply(Function::Atan, arguments) => {
            let range = image(normalizer, &arguments[0], variable, ends)?;
            let quarter = Term::product(vec![Term::ratio(1, 2), Term::Constant(Constant::Pi)]);
            let atan = |end: End| match end {
                End::MinusInfinity => End::At(-quarter.clone()),
                End::At(term) => End::At(Term::apply(Function::Atan, vec![term])),
                End::PlusInfinity => End::At(quarter.clone()),
            };
            Some(mapped(range, atan, true))
        }
        Term::Apply(Function::Tan, arguments) => {
            // tan maps (−π/2, π/2) onto the line.
            let range = image(normalizer, &arguments[0], variable, ends)?;
            let quarter = Term::product(vec![Term::ratio(1, 2), Term::Constant(Constant::Pi)]);
            let at = |end: &End, value: &Term| matches!(end, End::At(term) if normalizer.equal(term, value).unwrap_or(false));
            (at(&range.low, &-quarter.clone()) && at(&range.high, &quarter)).then_some(Range {
                low: End::MinusInfinity,
                high: End::PlusInfinity,
                ..range
            })
        }
        _ => None,
    }
}

/// What an increasing (`up`) or decreasing function makes of a range.
fn mapped(range: Range, at: impl Fn(End) -> End, up: bool) -> Range {
    let (low, high) = (at(range.low), at(range.high));
    let (low, high) = if up { (low, high) } else { (high, low) };
    Range { low, high, increasing: range.increasing == up }
}

/// The sum of two limits; none for ∞ − ∞.
fn plus(first: End, second: End) -> Option<End> {
    match (first, second) {
        (End::At(a), End::At(b)) => Some(End::At(a + b)),
        (End::At(_), infinite) | (infinite, End::At(_)) => Some(infinite),
        (first, second) => (first == second).then_some(first),
    }
}

fn exponential(range: Range) -> Option<Range> {
    let exp = |end: End| match end {
        End::MinusInfinity => End::At(Term::zero()),
        End::At(term) => End::At(term.exp()),
        End::PlusInfinity => End::PlusInfinity,
    };
    Some(mapped(range, exp, true))
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
