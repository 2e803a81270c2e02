//! Integrals and sums that do not converge: beside a point, or far out, the integrand is at least c/t.
//!
//! This is a refutation, so it is exact: at one point of the parameters the kernel decides the sign of t·f(t) − c, or
//! that t·f(t) does not fall, on all of an interval that ends where t does. Floats only say where to look.

use std::collections::{BTreeMap, BTreeSet};

use num_traits::{One, Signed, ToPrimitive, Zero};

use super::change::fresh_variable;
use super::suggestion::corners;
use crate::kernel::domain::{Context, Domain, Support};
use crate::kernel::normal::Normalizer;
use crate::kernel::section::slice;
use crate::kernel::setting::Setting;
use crate::kernel::sign::Sign;
use crate::kernel::term::{Name, Rational, Term};
use crate::numeric::sample::Point;
use crate::numeric::{enclose, evaluate, sample_points};

/// The ends of a range; `None` is infinite.
type Between = (Option<Term>, Option<Term>);

/// Where an integral diverges, and what shows it.
pub struct Divergence {
    /// Values of the parameters and constants.
    pub at: Vec<(Name, Rational)>,
    /// c/t, in the variate; the integrand is at least this,
    pub bound: Term,
    /// for the variate between these ends.
    pub between: Between,
}

/// How far from an end the integrand is compared, for values of the variate near it and far from it.
const NEAR: [i64; 3] = [1, 4, 16];

/// Looks for an end at which ∫ f, or Σ f, of a positive function of the only variate diverges.
///
/// `None` says nothing: divergence slower than c/t, as that of 1/(t log t), is not seen.
pub fn find(setting: &Setting, of: &Term) -> Option<Divergence> {
    find_at(setting, of, sample_points(setting.context(), 6))
}

/// The same at given points of the parameters and constants.
pub fn find_at(setting: &Setting, of: &Term, points: Vec<Point>) -> Option<Divergence> {
    let names = setting.support().names();
    let [name] = names.as_slice() else { return None };
    let slice = slice(setting.support(), setting.context(), name).ok()?;
    let corners = corners(setting, name);
    let variable = fresh_variable(setting);
    let integrand = of.clone() * setting.log_density().clone().exp();
    points.into_iter().find_map(|point| {
        let at: Vec<(Name, Term)> =
            point.iter().map(|(name, value)| (name.clone(), Term::Number(value.clone()))).collect();
        let integrand = integrand.substitute(&at);
        let plain = Normalizer::new(&Context::default());
        let number = |end: &Term| plain.normalize(&end.substitute(&at)).ok()?.as_constant();
        let ends = ends(&slice.domain, corners.iter(), &number);
        let (bound, between) = ends.into_iter().find_map(|end| end.divergence(&integrand, name, &variable))?;
        let occurring = variables(setting, of);
        let at = point.into_iter().filter(|(name, _)| occurring.contains(name)).collect();
        Some(Divergence { at, bound, between })
    })
}

/// What the integrand and the ends depend on.
fn variables(setting: &Setting, of: &Term) -> BTreeSet<Name> {
    let mut found = setting.log_density().variables();
    found.extend(of.variables());
    if let Support::Product { coordinates, .. } = setting.support() {
        found.extend(coordinates.iter().flat_map(|(_, domain)| domain.bounds()).flat_map(Term::variables));
    }
    found
}

/// One side of a place where the integrand may be too large: x = place ± t with 0 < t < room, or x = ±t with t > room.
struct End {
    place: Option<Rational>,
    above: bool,
    room: Rational,
    discrete: bool,
}

/// The ends of a domain, and both sides of the corners within it.
fn ends<'a>(
    domain: &Domain,
    corners: impl Iterator<Item = &'a Term>,
    number: &dyn Fn(&Term) -> Option<Rational>,
) -> Vec<End> {
    let one = Rational::one;
    let (lower, upper, discrete) = match domain {
        Domain::Interval { lower, upper } => (lower.clone(), upper.clone(), false),
        Domain::Integers { lower, upper } => (lower.clone(), upper.clone(), true),
        Domain::Nonnegative => (Some(Term::zero()), None, false),
        Domain::Finite(_) | Domain::Angle => return Vec::new(),
    };
    let low = lower.as_ref().map(number);
    let high = upper.as_ref().map(number);
    if low == Some(None) || high == Some(None) {
        return Vec::new();
    }
    let (low, high) = (low.flatten(), high.flatten());
    let far = |end: &Option<Rational>| end.as_ref().map_or_else(one, |end| one().max(end.abs() + one()));
    let mut found = Vec::new();
    if high.is_none() {
        found.push(End { place: None, above: true, room: far(&low), discrete });
    }
    if low.is_none() {
        found.push(End { place: None, above: false, room: far(&high), discrete });
    }
    if discrete {
        return found;
    }
    let mut places: Vec<Rational> = corners.filter_map(number).collect();
    places.extend(low.clone());
    places.extend(high.clone());
    places.sort();
    places.dedup();
    for (index, place) in places.iter().enumerate() {
        if low.as_ref().is_some_and(|low| place < low) || high.as_ref().is_some_and(|high| place > high) {
            continue;
        }
        let width = |other: Option<&Rational>| other.map_or_else(one, |other| (other.clone() - place).abs());
        if high.as_ref() != Some(place) {
            found.push(End { place: Some(place.clone()), above: true, room: width(places.get(index + 1)), discrete });
        }
        if low.as_ref() != Some(place) {
            let before = index.checked_sub(1).and_then(|before| places.get(before));
            found.push(End { place: Some(place.clone()), above: false, room: width(before), discrete });
        }
    }
    found
}

impl End {
    /// c/t and where it bounds the integrand from below, if it does.
    fn divergence(&self, integrand: &Term, name: &Name, variable: &Name) -> Option<(Term, Between)> {
        let t = Term::Variable(variable.clone());
        let signed = if self.above { t.clone() } else { -t.clone() };
        let map = match &self.place {
            Some(place) => Term::Number(place.clone()) + signed,
            None => signed,
        };
        let product = t.clone() * integrand.substitute(&[(name.clone(), map)]);
        // Far out the function itself may be beyond all floats.
        let logarithm = product.clone().log();
        let at = |value: f64| evaluate(&logarithm, &BTreeMap::from([(variable.clone(), value)]));
        for scale in NEAR {
            let scale = Rational::from(scale);
            let edge = match &self.place {
                Some(_) => self.room.clone() / &scale,
                None => self.room.clone() * &scale,
            };
            let from = edge.to_f64()?;
            let (within, step): (f64, f64) = if self.place.is_some() { (0.99, 0.1) } else { (1.01, 10.0) };
            let samples: Option<Vec<f64>> = (0..9).map(|power| at(from * within * step.powi(power))).collect();
            let samples = samples?;
            // What falls towards the end may fall to nothing.
            if samples[8] < samples[1] - 2.0 {
                return None;
            }
            let least = samples.iter().copied().fold(f64::INFINITY, f64::min).exp();
            let end = Some(Term::Number(edge.clone()));
            let domain = match (&self.place, self.discrete) {
                (Some(_), _) => Domain::Interval { lower: Some(Term::zero()), upper: end },
                (None, false) => Domain::Interval { lower: end, upper: None },
                (None, true) => Domain::Integers { lower: Some(Term::Number(edge.ceil())), upper: None },
            };
            let mut context = Context::default();
            context.domains.insert(variable.clone(), domain);
            let normalizer = Normalizer::new(&context);
            let bound = simple_below(0.8 * least)?;
            let excess = product.clone() - Term::Number(bound.clone());
            let sign = normalizer.normalize(&excess).ok().and_then(|excess| normalizer.sign(&excess));
            if matches!(sign, Some(Sign::Positive | Sign::Nonnegative | Sign::Zero)) {
                return Some(self.told(bound, &edge, name));
            }
            if let Some(bound) = self.least_by_growth(&product, variable, &edge) {
                return Some(self.told(bound, &edge, name));
            }
        }
        None
    }

    /// A bound below t·f(t), where it does not fall on the way to the end: it is nowhere less than where it starts.
    fn least_by_growth(&self, product: &Term, variable: &Name, edge: &Rational) -> Option<Rational> {
        let near = self.place.is_some();
        let end = Some(Term::Number(edge.clone()));
        let mut context = Context::default();
        // Between whole numbers too.
        let (lower, upper) = if near { (Some(Term::zero()), end) } else { (end, None) };
        context.domains.insert(variable.clone(), Domain::Interval { lower, upper });
        let normalizer = Normalizer::new(&context);
        let logarithm = normalizer.normalize(&product.clone().log()).ok()?;
        let slope = normalizer.differentiate(&logarithm, variable).ok()?;
        let rises = match normalizer.sign(&slope)? {
            Sign::Positive | Sign::Nonnegative => !near,
            Sign::Negative | Sign::Nonpositive => near,
            Sign::Zero => true,
        };
        let start = enclose(product, &BTreeMap::from([(variable.clone(), edge.clone())]))?;
        let bound = simple_below(0.8 * start.low().to_f64()?)?;
        (rises && *start.low() >= bound).then_some(bound)
    }

    fn told(&self, bound: Rational, edge: &Rational, name: &Name) -> (Term, Between) {
        let x = Term::Variable(name.clone());
        let number = |value: Rational| Some(Term::Number(value));
        let bound = Term::Number(bound);
        match (&self.place, self.above) {
            (Some(place), true) if place.is_zero() => (bound / x, (number(place.clone()), number(edge.clone()))),
            (Some(place), true) => {
                let distance = x - Term::Number(place.clone());
                (bound / distance, (number(place.clone()), number(place.clone() + edge)))
            }
            (Some(place), false) => {
                let distance = Term::Number(place.clone()) - x;
                (bound / distance, (number(place.clone() - edge), number(place.clone())))
            }
            (None, true) => (bound / x, (number(edge.clone()), None)),
            (None, false) => (bound / -x, (None, number(-edge.clone()))),
        }
    }
}

/// A fraction of few digits that is positive and not above the value.
fn simple_below(value: f64) -> Option<Rational> {
    let mut scale = 1.0_f64;
    while value * scale < 1.0 {
        scale *= 10.0;
        if scale > 1e12 {
            return None;
        }
    }
    let digits = (value * scale).floor().min(1e9);
    Some(Rational::from(digits as i64) / Rational::from(scale as i64))
}

impl Divergence {
    /// In words: at which parameters, what it is compared with, and where.
    pub fn sentence(&self, what: &str, name: &Name) -> String {
        let at: Vec<String> = self.at.iter().map(|(name, value)| format!("`{name} = {value}`")).collect();
        let place = match &self.between {
            (Some(low), Some(high)) => format!("`{name}` between `{low}` and `{high}`"),
            (Some(low), None) => format!("`{name} > {low}`"),
            (None, Some(high)) => format!("`{name} < {high}`"),
            (None, None) => format!("every `{name}`"),
        };
        let prefix = if at.is_empty() { String::new() } else { format!("at {}, ", at.join(", ")) };
        format!("{prefix}{what} is at least `{}` for {place}", self.bound)
    }
}
