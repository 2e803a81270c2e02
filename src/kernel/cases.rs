//! A joint density by the cases of one of its coordinates: each of finitely many values, or the least whole
//! number and those after it.
//!
//! The cases are made here, by the kernel: what a certificate gives is the name of the coordinate.

use std::sync::Arc;

use num_traits::One;

use super::domain::{Domain, Support};
use super::normal::Normalizer;
use super::section::with_last_slice;
use super::setting::Setting;
use super::sign::Sign;
use super::term::{Name, Rational, Term};
use super::theorem::Rejection;

/// More values than this are not cases.
const MOST_CASES: usize = 64;

/// A setting, and the settings that its support falls apart into.
#[derive(Clone, Debug, PartialEq)]
pub struct Cases {
    whole: Arc<Setting>,
    parts: Vec<Case>,
}

/// One case: the coordinate has the value given, or, without one, is beyond its least value.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    value: Option<(Name, Term)>,
    setting: Arc<Setting>,
}

impl Cases {
    /// The cases that are not empty.
    ///
    /// Fails when the coordinate is the only one or has no cases, and when it cannot be told whether one is empty.
    pub fn new(whole: &Arc<Setting>, coordinate: &Name) -> Result<Cases, Rejection> {
        let malformed = |what: &str| Rejection::Malformed(format!("{what} {coordinate}"));
        let Support::Product { coordinates, inequalities } = whole.support() else {
            return Err(malformed("joint points have no cases of"));
        };
        let position = coordinates.iter().position(|(name, _)| name == coordinate);
        let position = position.ok_or_else(|| malformed("there is no coordinate"))?;
        if coordinates.len() < 2 {
            return Err(malformed("there is no coordinate besides"));
        }
        let mut parts = Vec::new();
        let mut fixed = |value: &Term| -> Result<(), Rejection> {
            let at = (coordinate.clone(), value.clone());
            let Some(support) = fix(whole, position, std::slice::from_ref(&at))? else { return Ok(()) };
            let log_density = whole.log_density().substitute(std::slice::from_ref(&at));
            let setting = Setting::new(support, whole.context().clone(), log_density, whole.witness().to_vec())?;
            parts.push(Case { value: Some(at), setting });
            Ok(())
        };
        match &coordinates[position].1 {
            Domain::Finite(values) if values.len() <= MOST_CASES => values.iter().try_for_each(&mut fixed)?,
            Domain::Integers { lower: Some(least @ Term::Number(value)), upper: None } => {
                fixed(least)?;
                let next = Term::Number(value + &Rational::one());
                let mut coordinates = coordinates.clone();
                coordinates[position].1 = Domain::Integers { lower: Some(next), upper: None };
                let inequalities = without_implied(whole, &coordinates, inequalities.clone())?;
                let support = with_last_slice(Support::Product { coordinates, inequalities }, whole.context())?;
                let (context, witness) = (whole.context().clone(), whole.witness().to_vec());
                let setting = Setting::new(support, context, whole.log_density().clone(), witness)?;
                parts.push(Case { value: None, setting });
            }
            _ => return Err(malformed("there are no cases of")),
        }
        Ok(Cases { whole: whole.clone(), parts })
    }

    pub fn whole(&self) -> &Arc<Setting> {
        &self.whole
    }

    pub fn parts(&self) -> &[Case] {
        &self.parts
    }
}

impl Case {
    pub fn setting(&self) -> &Arc<Setting> {
        &self.setting
    }

    /// A function on the whole support, in this case.
    pub fn restricted(&self, function: &Term) -> Term {
        function.substitute(self.value.as_slice())
    }
}

/// What is left of a support where one coordinate has a value; `None` when nothing is.
fn fix(whole: &Setting, position: usize, at: &[(Name, Term)]) -> Result<Option<Support>, Rejection> {
    let Support::Product { coordinates, inequalities } = whole.support() else { return Ok(None) };
    let mut coordinates = coordinates.clone();
    coordinates.remove(position);
    for (_, domain) in &mut coordinates {
        *domain = domain.map(&mut |bound| bound.substitute(at));
    }
    let normalizer = Normalizer::new(whole.context());
    let mut left = Vec::new();
    for condition in inequalities {
        let condition = condition.substitute(at);
        if coordinates.iter().any(|(name, _)| condition.contains(name)) {
            left.push(condition);
            continue;
        }
        match normalizer.sign(&normalizer.normalize(&condition)?) {
            Some(Sign::Positive | Sign::Nonnegative | Sign::Zero) => {}
            Some(Sign::Negative) => return Ok(None),
            _ => return Err(Rejection::Malformed(format!("`{condition}` may be negative"))),
        }
    }
    let inequalities = without_implied(whole, &coordinates, left)?;
    with_last_slice(Support::Product { coordinates, inequalities }, whole.context()).map(Some)
}

/// The conditions that the domains of the coordinates do not meet by themselves.
fn without_implied(
    whole: &Setting,
    coordinates: &[(Name, Domain)],
    conditions: Vec<Term>,
) -> Result<Vec<Term>, Rejection> {
    let support = Support::Product { coordinates: coordinates.to_vec(), inequalities: Vec::new() };
    let normalizer = Normalizer::on_support(whole.context(), &support);
    let mut left = Vec::with_capacity(conditions.len());
    for condition in conditions {
        let sign = normalizer.sign(&normalizer.normalize(&condition)?);
        if !matches!(sign, Some(Sign::Positive | Sign::Nonnegative | Sign::Zero)) {
            left.push(condition);
        }
    }
    Ok(left)
}
