//! Cutting a joint density in two: a marginal of all coordinates but one, and the conditional of that one.
//!
//! The region is cut here, by the kernel: what a certificate gives is the coordinate and the logarithm
//! of the marginal density, which may be any function of the other coordinates.

use std::sync::Arc;

use num_traits::{One, Signed};

use super::domain::{Context, Domain, Support};
use super::normal::Normalizer;
use super::poly::{Exponent, Generator, Monomial, Poly};
use super::setting::Setting;
use super::sign::Sign;
use super::term::{Name, Rational, Term};
use super::theorem::Rejection;

/// The values of one coordinate when the others are held fixed, and what is left of the region.
#[derive(Clone, Debug, PartialEq)]
pub struct Slice {
    /// Where the coordinate lives; its ends may speak of the other coordinates.
    pub domain: Domain,
    /// The other coordinates, each with its domain.
    pub others: Vec<(Name, Domain)>,
    /// Conditions (each term ≥ 0) on the other coordinates alone.
    pub inequalities: Vec<Term>,
    /// Everything known while the others are held fixed.
    pub context: Context,
}

/// A setting as a marginal times a conditional.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    whole: Arc<Setting>,
    conditional: Arc<Setting>,
    marginal: Arc<Setting>,
}

impl Section {
    /// Cuts a setting: log p(x′, y) = log_marginal(x′) + log p(y | x′), whatever the marginal is said to be.
    ///
    /// `witness` gives the other coordinates values inside the region. Fails when the region is no
    /// stack of intervals in the coordinate, or the marginal speaks of it.
    pub fn new(
        whole: &Arc<Setting>,
        coordinate: &Name,
        log_marginal: &Term,
        witness: &[(Name, Term)],
    ) -> Result<Section, Rejection> {
        if log_marginal.contains(coordinate) || !log_marginal.is_plain() {
            return Err(Rejection::Malformed(format!("the marginal density speaks of {coordinate}")));
        }
        let slice = slice(whole.support(), whole.context(), coordinate)?;
        let product = |coordinates, inequalities| Support::Product { coordinates, inequalities };
        let conditional = Setting::new(
            product(vec![(coordinate.clone(), slice.domain)], Vec::new()),
            slice.context,
            whole.log_density().clone() - log_marginal.clone(),
            [whole.witness(), witness].concat(),
        )?;
        let marginal = with_last_slice(product(slice.others, slice.inequalities), whole.context())?;
        let marginal = Setting::new(marginal, whole.context().clone(), log_marginal.clone(), whole.witness().to_vec())?;
        Ok(Section { whole: whole.clone(), conditional, marginal })
    }

    pub fn whole(&self) -> &Arc<Setting> {
        &self.whole
    }

    /// One coordinate, the others held fixed: they stand among the parameters.
    pub fn conditional(&self) -> &Arc<Setting> {
        &self.conditional
    }

    /// The other coordinates.
    pub fn marginal(&self) -> &Arc<Setting> {
        &self.marginal
    }
}

/// A support whose only coordinate, if there is but one, takes the conditions on it into its domain.
pub(super) fn with_last_slice(support: Support, context: &Context) -> Result<Support, Rejection> {
    let Support::Product { coordinates, .. } = &support else { return Ok(support) };
    let [(name, _)] = coordinates.as_slice() else { return Ok(support) };
    let last = slice(&support, context, name)?;
    Ok(Support::Product { coordinates: vec![(name.clone(), last.domain)], inequalities: last.inequalities })
}

/// Cuts a product region along a coordinate.
///
/// Fails when a condition is not of degree one in the coordinate with a factor of known sign, when
/// the nearest of several ends cannot be told, or when the ends may cross on more than a null set.
pub fn slice(support: &Support, context: &Context, coordinate: &Name) -> Result<Slice, Rejection> {
    let malformed = |what: &str| Rejection::Malformed(format!("{what} {coordinate}"));
    let Support::Product { coordinates, inequalities } = support else {
        return Err(malformed("joint points are not cut along"));
    };
    let domain = coordinates.iter().find(|(name, _)| name == coordinate).map(|(_, domain)| domain.clone());
    let domain = domain.ok_or_else(|| malformed("there is no coordinate"))?;
    let others: Vec<(Name, Domain)> = coordinates.iter().filter(|(name, _)| name != coordinate).cloned().collect();
    let (about, mut rest): (Vec<Term>, Vec<Term>) =
        inequalities.iter().cloned().partition(|condition| condition.contains(coordinate));
    let mut context = context.clone();
    context.domains.extend(others.iter().cloned());
    context.nonnegative.extend(rest.iter().cloned());
    if about.is_empty() {
        return Ok(Slice { domain, others, inequalities: rest, context });
    }
    let normalizer = Normalizer::new(&context);
    let (mut lower, mut upper, discrete) = match &domain {
        Domain::Interval { lower, upper } => (lower.clone(), upper.clone(), false),
        Domain::Nonnegative => (Some(Term::zero()), None, false),
        Domain::Integers { lower, upper } => (lower.clone(), upper.clone(), true),
        Domain::Finite(_) | Domain::Angle => return Err(malformed("a condition cuts the domain of")),
    };
    for condition in &about {
        let (bound, is_lower) =
            end(&normalizer, condition, coordinate, discrete).ok_or_else(|| malformed("no ends follow for"))?;
        let side = if is_lower { &mut lower } else { &mut upper };
        let nearest = match side.take() {
            Some(known) => nearer(&normalizer, known, bound, is_lower).ok_or_else(|| malformed("of two ends for"))?,
            None => bound,
        };
        *side = Some(nearest);
    }
    if let (Some(low), Some(high)) = (&lower, &upper) {
        let width = high.clone() - low.clone();
        let poly = normalizer.normalize(&width)?;
        match (normalizer.sign(&poly), discrete) {
            (Some(Sign::Positive), _) | (Some(Sign::Nonnegative | Sign::Zero), true) => {}
            (Some(Sign::Negative), _) => return Err(Rejection::Vacuous(format!("there is no room for {coordinate}"))),
            _ => {
                if !discrete && !vanishes_rarely(&context, &others, &width)? {
                    return Err(malformed("the ends may meet for"));
                }
                rest.push(width.clone());
            }
        }
        if discrete { &mut context.nonnegative } else { &mut context.positive }.push(width);
    }
    let domain = if discrete { Domain::Integers { lower, upper } } else { Domain::Interval { lower, upper } };
    Ok(Slice { domain, others, inequalities: rest, context })
}

/// Whether a term can vanish on a null set of the other coordinates only.
fn vanishes_rarely(context: &Context, others: &[(Name, Domain)], term: &Term) -> Result<bool, Rejection> {
    let support = Support::Product { coordinates: others.to_vec(), inequalities: Vec::new() };
    let normalizer = Normalizer::on_support(context, &support);
    let poly = normalizer.normalize(term)?;
    Ok(normalizer.divides_almost_everywhere(&poly))
}

/// −d/c from c·y + d ≥ 0, and whether it is a lower end.
fn end(normalizer: &Normalizer, condition: &Term, coordinate: &Name, discrete: bool) -> Option<(Term, bool)> {
    let poly = normalizer.normalize(condition).ok()?;
    let own = Monomial::from_factors(vec![(Generator::Variable(coordinate.clone()), Exponent::Integer(1))]);
    let (slope, intercept) = normalizer.linear_in(&poly, coordinate, &own)?;
    let is_lower = match normalizer.sign(&slope)? {
        Sign::Positive => true,
        Sign::Negative => false,
        _ => return None,
    };
    if discrete {
        // Between whole numbers the end must be one of them.
        let unit = slope.as_constant().is_some_and(|slope| slope.abs().is_one());
        if !unit || !normalizer.is_whole(&intercept) {
            return None;
        }
    }
    let inverse = normalizer.power(&slope, &Poly::integer(-1)).ok()?;
    let bound = intercept.times(&inverse).ok()?.scaled(&-Rational::one());
    Some((normalizer.canonical(&bound).ok()?.to_term(), is_lower))
}

/// The larger of two lower ends, or the smaller of two upper ones, where that can be told.
fn nearer(normalizer: &Normalizer, first: Term, second: Term, is_lower: bool) -> Option<Term> {
    let difference = normalizer.normalize(&(first.clone() - second.clone())).ok()?;
    let first_is_larger = match normalizer.sign(&difference)? {
        Sign::Positive | Sign::Nonnegative | Sign::Zero => true,
        Sign::Negative | Sign::Nonpositive => false,
    };
    Some(if first_is_larger == is_lower { first } else { second })
}
