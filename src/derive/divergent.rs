//! Integrals and sums that do not converge: beside a point, or far out, the integrand is at least c/t, or at least
//! c/(t log t).
//!
//! This is a refutation, so it is exact: at one point of the parameters the kernel decides the sign of t·f(t) − c, or
//! that t·f(t) does not fall, on all of an interval that ends where t does. Floats only say where to look.

use std::collections::{BTreeMap, BTreeSet};

use num_traits::{One, Signed, ToPrimitive};

use super::change::fresh_variable;
use super::suggestion::{corners, root_of_linear};
use crate::kernel::domain::{Context, Domain, Support};
use crate::kernel::normal::Normalizer;
use crate::kernel::poly::{Exponent, Generator, Monomial};
use crate::kernel::section::slice;
use crate::kernel::setting::Setting;
use crate::kernel::sign::Sign;
use crate::kernel::term::{Constant, Function, Name, Rational, Term};
use crate::numeric::sample::Point;
use crate::numeric::{enclose, evaluate, sample_points};

/// The ends of a range; `None` is infinite.
type Between = (Option<Term>, Option<Term>);

/// Where an integral diverges, and what shows it.
pub struct Divergence {
    /// Values of the parameters and constants.
    pub at: Vec<(Name, Rational)>,
    /// c/t or c/(t log t), in the variate; the integrand is at least this,
    pub bound: Term,
    /// for the variate between these ends.
    pub between: Between,
}

/// How far from an end the integrand is compared, for values of the variate near it and far from it.
const NEAR: [i64; 3] = [1, 4, 16];

/// Looks for an end at which ∫ f, or Σ f, of a positive function of the only variate diverges.
///
/// `None` says nothing: divergence slower than c/(t log t) is not seen.
pub fn find(setting: &Setting, of: &Term) -> Option<Divergence> {
    find_at(setting, of, sample_points(setting.context(), 6))
}

/// The same at given points of the parameters and constants.
pub fn find_at(setting: &Setting, of: &Term, points: Vec<Point>) -> Option<Divergence> {
    let names = setting.support().names();
    let [name] = names.as_slice() else { return None };
    let slice = slice(setting.support(), setting.context(), name).ok()?;
    let mut corners = corners(setting, name);
    corners.extend(poles(setting, name));
    let variable = fresh_variable(setting);
    let integrand = of.clone() * setting.log_density().clone().exp();
    points.into_iter().find_map(|point| {
        let at: Vec<(Name, Term)> =
            point.iter().map(|(name, value)| (name.clone(), Term::Number(value.clone()))).collect();
        let integrand = integrand.substitute(&at);
        let plain = Normalizer::new(&Context::default());
        let number = |end: &Term| plain.normalize(&end.substitute(&at)).ok()?.as_constant();
        let ends = ends(&slice.domain, corners.iter(), &number);
        let logarithmic = |end: &End| End { logarithmic: true, ..end.clone() };
        let ends: Vec<End> = ends.iter().cloned().chain(ends.iter().map(logarithmic)).collect();
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

/// Where a negative power has a base, or a logarithm below it an argument less one, that vanishes at one point.
fn poles(setting: &Setting, name: &Name) -> Vec<Term> {
    fn look(term: &Term, below: bool, bases: &mut Vec<Term>) {
        match term {
            Term::Power(base, exponent) if exponent.as_number().is_some_and(Signed::is_negative) => {
                bases.push((**base).clone());
                look(base, true, bases);
            }
            Term::Apply(Function::Log, arguments) if below => bases.push(arguments[0].clone() - Term::one()),
            _ => term.children().for_each(|child| look(child, below, bases)),
        }
    }
    let mut bases = Vec::new();
    look(setting.log_density(), false, &mut bases);
    let normalizer = Normalizer::on_support(setting.context(), setting.support());
    let own = Monomial::from_factors(vec![(Generator::Variable(name.clone()), Exponent::Integer(1))]);
    let root = |base: &Term| root_of_linear(&normalizer, &normalizer.normalize(base).ok()?, name, &own);
    bases.iter().filter(|base| base.contains(name)).filter_map(root).map(|root| root.to_term()).collect()
}

/// One side of a place where the integrand may be too large: x = place ± t with 0 < t < room, or x = ±t with t > room.
#[derive(Clone)]
struct End {
    place: Option<Rational>,
    above: bool,
    room: Rational,
    discrete: bool,
    /// t is e⁻ᵘ, or eᵘ far out, and the integrand is compared with c/u in u.
    logarithmic: bool,
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
    let end = |place: Option<&Rational>, above: bool, room: Rational| End {
        place: place.cloned(),
        above,
        room,
        discrete,
        logarithmic: false,
    };
    let mut found = Vec::new();
    if high.is_none() {
        found.push(end(None, true, far(&low)));
    }
    if low.is_none() {
        found.push(end(None, false, far(&high)));
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
            found.push(end(Some(place), true, width(places.get(index + 1))));
        }
        if low.as_ref() != Some(place) {
            let before = index.checked_sub(1).and_then(|before| places.get(before));
            found.push(end(Some(place), false, width(before)));
        }
    }
    found
}

impl End {
    /// c/t and where it bounds the integrand from below, if it does.
    fn divergence(&self, integrand: &Term, name: &Name, variable: &Name) -> Option<(Term, Between)> {
        let product = self.compared(integrand, name, variable)?;
        // Far out the function itself may be beyond all floats.
        let logarithm = product.clone().log();
        let at = |value: f64| evaluate(&logarithm, &BTreeMap::from([(variable.clone(), value)]));
        for scale in NEAR {
            let edge = self.edge(scale)?;
            let from = edge.to_f64()?;
            let (within, step): (f64, f64) = match (self.is_near(), self.logarithmic) {
                (true, _) => (0.99, 0.1),
                (false, false) => (1.01, 10.0),
                (false, true) => (1.01, 2.0),
            };
            let samples: Option<Vec<f64>> = (0..9).map(|power| at(from * within * step.powi(power))).collect();
            let samples = samples?;
            // What falls towards the end may fall to nothing.
            if samples[8] < samples[1] - 2.0 {
                return None;
            }
            let least = samples.iter().copied().fold(f64::INFINITY, f64::min).exp();
            let normalizer = self.scope(variable, &edge, self.discrete && !self.logarithmic);
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

    /// Whether the new variable goes to 0 at the end, and not out.
    fn is_near(&self) -> bool {
        self.place.is_some() && !self.logarithmic
    }

    /// t·f(t), where f is the integrand in the new variable t.
    fn compared(&self, integrand: &Term, name: &Name, variable: &Name) -> Option<Term> {
        let t = Term::Variable(variable.clone());
        let distance = match (&self.place, self.logarithmic) {
            (_, false) => t.clone(),
            (None, true) => t.clone().exp(),
            (Some(_), true) => (-t.clone()).exp(),
        };
        let signed = if self.above { distance.clone() } else { -distance.clone() };
        let map = match &self.place {
            Some(place) => Term::Number(place.clone()) + signed,
            None => signed,
        };
        let here = integrand.substitute(&[(name.clone(), map)]);
        if !self.logarithmic {
            return Some(t * here);
        }
        // log eᵗ is t before it is beyond all floats.
        let product = self.scope(variable, &Rational::one(), false).normalize(&(t * distance * here)).ok()?;
        Some(product.to_term())
    }

    /// Where the comparison begins.
    fn edge(&self, scale: i64) -> Option<Rational> {
        let scale = Rational::from(scale);
        Some(match (&self.place, self.logarithmic) {
            (Some(_), false) => self.room.clone() / &scale,
            (None, false) => self.room.clone() * &scale,
            (place, true) => {
                let room = self.room.to_f64()?.ln();
                let least = if place.is_some() { -room } else { room };
                Rational::from(least.ceil().max(1.0) as i64) * &scale
            }
        })
    }

    /// The new variable between the end and where the comparison begins.
    fn scope(&self, variable: &Name, edge: &Rational, discrete: bool) -> Normalizer {
        let end = Some(Term::Number(edge.clone()));
        let domain = match (self.is_near(), discrete) {
            (true, _) => Domain::Interval { lower: Some(Term::zero()), upper: end },
            (false, false) => Domain::Interval { lower: end, upper: None },
            (false, true) => Domain::Integers { lower: Some(Term::Number(edge.ceil())), upper: None },
        };
        let mut context = Context::default();
        context.domains.insert(variable.clone(), domain);
        Normalizer::new(&context)
    }

    /// A bound below t·f(t), where it does not fall on the way to the end: it is nowhere less than where it starts.
    fn least_by_growth(&self, product: &Term, variable: &Name, edge: &Rational) -> Option<Rational> {
        let near = self.is_near();
        // Between whole numbers too.
        let normalizer = self.scope(variable, edge, false);
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
        let place = || self.place.clone().map(Term::Number).filter(|place| !place.is_zero());
        let distance = match (place(), self.above) {
            (None, true) => x,
            (None, false) => -x,
            (Some(place), true) => x - place,
            (Some(place), false) => place - x,
        };
        let (reach, slow) = match (self.logarithmic, self.place.is_some()) {
            (false, _) => (Term::Number(edge.clone()), Term::one()),
            (true, false) if edge.is_one() => (Term::Constant(Constant::E), distance.clone().log()),
            (true, false) => (Term::Number(edge.clone()).exp(), distance.clone().log()),
            (true, true) => ((-Term::Number(edge.clone())).exp(), -distance.clone().log()),
        };
        let moved = |by: Term| match place() {
            Some(place) => summed(place + by),
            None => by,
        };
        let origin = self.place.clone().map(Term::Number);
        let reached = Some(moved(if self.above { reach } else { -reach }));
        let between = match (origin, self.above) {
            (None, true) => (reached, None),
            (None, false) => (None, reached),
            (origin, true) => (origin, reached),
            (origin, false) => (reached, origin),
        };
        let below = if slow.is_one() { distance } else { distance * slow };
        (Term::Number(bound) / below, between)
    }
}

/// A sum of numbers as one.
fn summed(term: Term) -> Term {
    let plain = Normalizer::new(&Context::default());
    plain.normalize(&term).ok().and_then(|poly| poly.as_constant()).map_or(term, Term::Number)
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
