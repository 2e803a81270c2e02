//! What a theorem is about: a density, its support and domains, with a witness that they are not empty.

use std::collections::BTreeSet;
use std::sync::Arc;

use num_traits::{Signed, ToPrimitive, Zero};

use super::domain::{Context, Domain, Support};
use super::normal::Normalizer;
use super::poly::{Exponent, Generator, Obstacle};
use super::sign::Sign;
use super::term::{Name, Rational, Term};
use super::theorem::Rejection;

/// A finite support may have this many points.
const MOST_POINTS: usize = 20_000;

/// A density and everything declared about its variables.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    support: Support,
    context: Context,
    log_density: Term,
    witness: Vec<(Name, Term)>,
}

impl Setting {
    /// A setting whose declared conditions are met by the witness, exactly.
    ///
    /// Fails with [`Rejection::Vacuous`] when they are not: nothing is proved about an empty set of
    /// parameters.
    pub fn new(
        support: Support,
        context: Context,
        log_density: Term,
        witness: Vec<(Name, Term)>,
    ) -> Result<Arc<Setting>, Rejection> {
        let outside = |what: String| Rejection::Vacuous(what);
        let empty = Normalizer::new(&Context::default());
        let known: BTreeSet<&Name> = witness.iter().map(|(name, _)| name).collect();
        if witness.iter().any(|(_, value)| value.as_number().is_none()) {
            return Err(outside("the witness must be rational numbers".into()));
        }
        let sign = |term: &Term| -> Result<Option<Sign>, Rejection> {
            Ok(empty.sign(&empty.normalize(&term.substitute(&witness))?))
        };
        for (name, domain) in &context.domains {
            if !known.contains(name) {
                return Err(outside(format!("the witness does not give {name} a value")));
            }
            let value = Term::Variable(name.clone());
            let (lower, upper, strict) = match domain {
                Domain::Interval { lower, upper } => (lower.clone(), upper.clone(), true),
                Domain::Nonnegative => (Some(Term::zero()), None, false),
                Domain::Integers { lower, upper } => {
                    let number = value.substitute(&witness);
                    if !number.as_number().is_some_and(Rational::is_integer) {
                        return Err(outside(format!("the witness for {name} is not an integer")));
                    }
                    (lower.clone(), upper.clone(), false)
                }
                Domain::Finite(values) => {
                    let number = value.substitute(&witness);
                    if !values.contains(&number) {
                        return Err(outside(format!("the witness for {name} is not among its values")));
                    }
                    (None, None, false)
                }
                Domain::Angle => (None, None, false),
            };
            let ends = [lower.map(|lower| value.clone() - lower), upper.map(|upper| upper - value.clone())];
            for difference in ends.into_iter().flatten() {
                match sign(&difference)? {
                    Some(Sign::Positive) => {}
                    Some(Sign::Zero | Sign::Nonnegative) if !strict => {}
                    _ => return Err(outside(format!("the witness for {name} is outside its domain"))),
                }
            }
        }
        for condition in &context.positive {
            if sign(condition)? != Some(Sign::Positive) {
                return Err(outside(format!("the witness does not meet {condition} > 0")));
            }
        }
        for condition in &context.nonnegative {
            if !matches!(sign(condition)?, Some(Sign::Positive | Sign::Nonnegative | Sign::Zero)) {
                return Err(outside(format!("the witness does not meet {condition} >= 0")));
            }
        }
        different_points(&support, &context)?;
        Ok(Arc::new(Setting { support, context, log_density, witness }))
    }

    pub fn support(&self) -> &Support {
        &self.support
    }

    pub fn context(&self) -> &Context {
        &self.context
    }

    pub fn log_density(&self) -> &Term {
        &self.log_density
    }

    pub fn witness(&self) -> &[(Name, Term)] {
        &self.witness
    }
}

/// A set holds each of its points once.
///
/// Fails when two of the listed points are equal, or cannot be told apart for all constants in them.
fn different_points(support: &Support, context: &Context) -> Result<(), Rejection> {
    let lists: Vec<Vec<Vec<Term>>> = match support {
        Support::Points { points, .. } => vec![points.clone()],
        Support::Product { coordinates, .. } => coordinates
            .iter()
            .filter_map(|(_, domain)| match domain {
                Domain::Finite(values) => Some(values.iter().map(|value| vec![value.clone()]).collect()),
                _ => None,
            })
            .collect(),
    };
    let normalizer = Normalizer::new(context);
    for points in lists {
        let numbers =
            |point: &Vec<Term>| point.iter().map(|value| value.as_number().cloned()).collect::<Option<Vec<_>>>();
        let mut plain: BTreeSet<Vec<Rational>> = BTreeSet::new();
        let mut others: Vec<&Vec<Term>> = Vec::new();
        for point in &points {
            match numbers(point) {
                Some(values) if !plain.insert(values.clone()) => {
                    return Err(Rejection::Malformed("a point of the support is listed twice".into()));
                }
                Some(_) => {}
                None => others.push(point),
            }
        }
        for (position, point) in others.iter().enumerate() {
            let rest = others.iter().skip(position + 1).copied();
            for other in rest.chain(points.iter().filter(|other| numbers(other).is_some())) {
                let apart = point.iter().zip(other).any(|(a, b)| {
                    let difference = normalizer.normalize(&(a.clone() - b.clone()));
                    difference.is_ok_and(|difference| {
                        normalizer.sign(&difference).is_some_and(Sign::is_strict)
                            || normalizer.is_known_nonzero(&difference)
                    })
                });
                if !apart {
                    let shown = |point: &[Term]| point.iter().map(Term::to_string).collect::<Vec<_>>().join(", ");
                    return Err(Rejection::Malformed(format!(
                        "the points {} and {} of the support may be the same",
                        shown(point),
                        shown(other)
                    )));
                }
            }
        }
    }
    Ok(())
}

/// All points of a finite support.
///
/// Fails when the support is infinite or too large.
pub fn points(support: &Support) -> Result<Vec<Vec<Term>>, Rejection> {
    let not_finite = || Rejection::Malformed("the support is not finite".into());
    let too_large = || Rejection::Obstacle(Obstacle::TooLarge("a finite support"));
    match support {
        Support::Points { points, .. } => Ok(points.clone()),
        Support::Product { coordinates, inequalities } => {
            let empty = Normalizer::new(&Context::default());
            let mut all: Vec<Vec<Term>> = vec![Vec::new()];
            for (name, domain) in coordinates {
                let values: Vec<Term> = match domain {
                    Domain::Finite(values) => values.clone(),
                    Domain::Integers { lower: Some(Term::Number(lower)), upper } => {
                        let upper = match upper {
                            Some(Term::Number(upper)) => upper.clone(),
                            Some(_) => return Err(not_finite()),
                            None => {
                                let ends =
                                    inequalities.iter().filter_map(|own| upper_end(&empty, own, name, coordinates));
                                ends.min().ok_or_else(not_finite)?
                            }
                        };
                        let (Some(from), Some(to)) =
                            (lower.ceil().to_integer().to_i64(), upper.floor().to_integer().to_i64())
                        else {
                            return Err(too_large());
                        };
                        if to.saturating_sub(from) > MOST_POINTS as i64 {
                            return Err(too_large());
                        }
                        (from..=to).map(Term::integer).collect()
                    }
                    _ => return Err(not_finite()),
                };
                let values: Vec<Vec<Term>> = values.into_iter().map(|value| vec![value]).collect();
                all = extended(&all, &values).ok_or_else(too_large)?;
            }
            let names: Vec<Name> = coordinates.iter().map(|(name, _)| name.clone()).collect();
            let mut kept = Vec::new();
            for point in all {
                let at: Vec<(Name, Term)> = names.iter().cloned().zip(point.iter().cloned()).collect();
                let mut inside = true;
                for inequality in inequalities {
                    let value = empty.normalize(&inequality.substitute(&at))?;
                    match empty.sign(&value) {
                        Some(Sign::Positive | Sign::Nonnegative | Sign::Zero) => {}
                        Some(_) => inside = false,
                        None => return Err(not_finite()),
                    }
                }
                if inside {
                    kept.push(point);
                }
            }
            Ok(kept)
        }
    }
}

/// Every point with every one of another list after it; `None` when these are too many.
pub fn extended(points: &[Vec<Term>], by: &[Vec<Term>]) -> Option<Vec<Vec<Term>>> {
    let few = points.len().saturating_mul(by.len()) <= MOST_POINTS;
    few.then(|| {
        points.iter().flat_map(|point| by.iter().map(|own| [point.as_slice(), own.as_slice()].concat())).collect()
    })
}

/// What c₀ − Σ cᵢ xᵢ ≥ 0, with numbers cᵢ ≥ 0, leaves for one of the xᵢ: the others are at their least values.
fn upper_end(
    normalizer: &Normalizer,
    inequality: &Term,
    name: &Name,
    coordinates: &[(Name, Domain)],
) -> Option<Rational> {
    let (mut room, mut slope) = (Rational::zero(), None);
    for (monomial, coefficient) in normalizer.normalize(inequality).ok()?.terms() {
        match monomial.factors() {
            [] => room += coefficient,
            [(Generator::Variable(own), Exponent::Integer(1))] if coefficient.is_negative() => {
                if own == name {
                    slope = Some(-coefficient.clone());
                    continue;
                }
                let least = match &coordinates.iter().find(|(other, _)| other == own)?.1 {
                    Domain::Integers { lower: Some(Term::Number(lower)), .. } => lower.clone(),
                    Domain::Finite(values) => values
                        .iter()
                        .map(|value| value.as_number().cloned())
                        .collect::<Option<Vec<_>>>()?
                        .into_iter()
                        .min()?,
                    _ => return None,
                };
                room += &(coefficient.clone() * least);
            }
            _ => return None,
        }
    }
    Some(room / slope?)
}
