//! Changes of variable that may bring a density to the shape of a lemma's kernel.
//!
//! Nothing here is trusted: the kernel works out each change anew.

use std::collections::BTreeSet;

use super::suggestion::{
    Density, absolute_centres, affine_arguments, common_frequency, exponential_powers, power_arguments,
    quadratic_arguments, ramps, tilts, vertices,
};
use crate::kernel::domain::Domain;
use crate::kernel::interval::{End, image};
use crate::kernel::moment::ends;
use crate::kernel::normal::Normalizer;
use crate::kernel::setting::Setting;
use crate::kernel::sign::Sign;
use crate::kernel::symmetry::turns;
use crate::kernel::term::{Constant, Function, Name, Rational, Term};

/// A change of variable: pieces of the support from left to right, each the image of one domain.
#[derive(Clone, Debug)]
pub struct Change {
    pub variable: Name,
    pub domain: Domain,
    pub maps: Vec<Term>,
}

pub(super) fn fresh_variable(setting: &Setting) -> Name {
    let taken: BTreeSet<Name> = setting.context().domains.keys().cloned().chain(setting.support().names()).collect();
    ["t", "u", "v", "w", "s"]
        .iter()
        .map(|name| Name::new(name))
        .chain((0..).map(|k| Name::new(&format!("t{k}"))))
        .find(|name| !taken.contains(name))
        .expect("there are infinitely many names")
}

/// The changes of variable worth trying, plainest first. Most densities need none but the first, so the others are
/// looked for when they are asked for.
pub(super) fn changes(
    setting: &Setting,
    name: &Name,
    domain: &Domain,
    declared: Option<&(Name, Term)>,
) -> impl Iterator<Item = Change> {
    let first = first_changes(setting, name, domain, declared);
    first.into_iter().chain(std::iter::once(()).flat_map(move |()| further_changes(setting, name, domain)))
}

/// The declared change, none, and once round the circle.
fn first_changes(setting: &Setting, name: &Name, domain: &Domain, declared: Option<&(Name, Term)>) -> Vec<Change> {
    let variable = fresh_variable(setting);
    let t = || Term::Variable(variable.clone());
    let change = |domain: Domain, map: Term| Change { variable: variable.clone(), domain, maps: vec![map] };
    let mut all = Vec::new();
    if let Some((new, forward)) = declared
        && let Some(map) = invert(forward, name, Term::Variable(new.clone()))
    {
        let map = map.substitute(&[(new.clone(), t())]);
        let normalizer = Normalizer::on_support(setting.context(), setting.support());
        if let Some(range) = image(&normalizer, forward, name, &ends(domain)) {
            let bound = |end: End| match end {
                End::At(term) => {
                    let plain = normalizer.normalize(&term).map(|poly| poly.to_term());
                    Some(plain.unwrap_or(term))
                }
                _ => None,
            };
            all.push(change(Domain::Interval { lower: bound(range.low), upper: bound(range.high) }, map));
        }
    }
    match domain {
        Domain::Nonnegative => all.push(change(Domain::positive(), t())),
        _ => all.push(change(domain.clone(), t())),
    }
    if let Some(round) = round_the_circle(setting, name, domain, &variable)
        && (round.domain != *domain || round.maps != [t()])
    {
        all.push(round);
    }
    all
}

/// What suits the ends of the support, and what stands in the density.
fn further_changes(setting: &Setting, name: &Name, domain: &Domain) -> Vec<Change> {
    let variable = fresh_variable(setting);
    let t = || Term::Variable(variable.clone());
    let one = Term::one;
    let change = |domain: Domain, map: Term| Change { variable: variable.clone(), domain, maps: vec![map] };
    let unit = || Domain::Interval { lower: Some(Term::zero()), upper: Some(one()) };
    let upper_half = || Domain::Interval { lower: Some(Term::ratio(1, 2)), upper: Some(one()) };
    let tail = |lower: Term| Domain::Interval { lower: Some(lower), upper: None };
    let head = |upper: Term| Domain::Interval { lower: None, upper: Some(upper) };
    let mut all = Vec::new();
    let (lower, upper) = match domain {
        Domain::Interval { lower, upper } => (lower.clone(), upper.clone()),
        Domain::Nonnegative => (Some(Term::zero()), None),
        Domain::Integers { lower: Some(Term::Number(lower)), upper } => {
            // Start the series at 0 or 1.
            for start in [0, 1] {
                let offset = lower - Rational::from_integer(start.into());
                let domain = Domain::Integers {
                    lower: Some(Term::integer(start)),
                    upper: upper.as_ref().map(|upper| upper.clone() - Term::Number(offset.clone())),
                };
                all.push(change(domain, t() + Term::Number(offset)));
            }
            return all;
        }
        Domain::Integers { lower: Some(lower), upper } => {
            let upper = upper.as_ref().map(|upper| upper.clone() - lower.clone());
            all.push(change(Domain::Integers { lower: Some(Term::zero()), upper }, t() + lower.clone()));
            return all;
        }
        Domain::Angle => return arcs(setting, name, domain, &variable),
        _ => return all,
    };
    let density = Density::new(setting, name);
    let pairs = |of: fn(&Density) -> Vec<(Term, Term)>| density.as_ref().map(of).unwrap_or_default();
    let centres = || density.as_ref().map(absolute_centres).unwrap_or_default();
    match (&lower, &upper) {
        (None, None) => {
            let quadratics = pairs(quadratic_arguments);
            for centre in centres() {
                all.push(Change {
                    variable: variable.clone(),
                    domain: Domain::positive(),
                    maps: vec![centre.clone() - t(), centre + t()],
                });
            }
            // t = 1/(1 + ((x − m)/s)²), on either side of m.
            for (centre, scale) in quadratics.iter().cloned() {
                let root = Term::power(t().recip() - one(), Term::ratio(1, 2));
                let right = centre.clone() + scale.clone() * root;
                // From left to right: t falls on the right branch and rises on the left one.
                let left = centre - scale * Term::power(t().recip() - one(), Term::ratio(1, 2));
                all.push(Change { variable: variable.clone(), domain: unit(), maps: vec![left, right] });
            }
            for (centre, _) in quadratics.iter().cloned() {
                all.push(change(Domain::real(), centre + t()));
            }
            // x = m + s sinh u, with u itself and with t = e^u.
            for (centre, scale) in quadratics.iter() {
                let through = |exponential: Term| {
                    let sinh = (exponential.clone() - exponential.recip()) * Term::ratio(1, 2);
                    centre.clone() + scale.clone() * sinh
                };
                all.push(change(Domain::real(), through(t().exp())));
                all.push(change(Domain::positive(), through(t())));
            }
            all.push(change(Domain::positive(), t().log()));
            all.push(change(Domain::positive(), -t().log()));
            all.push(change(unit(), -(t().recip() - one()).log()));
            all.push(change(unit(), -(t().recip() - one())));
            for (scale, shift) in pairs(affine_arguments) {
                all.push(change(Domain::positive(), (t().log() - shift.clone()) / scale.clone()));
                all.push(change(unit(), (-(t().recip() - one()).log() - shift.clone()) / scale.clone()));
                all.push(change(Domain::real(), (t() - shift) / scale));
            }
        }
        (Some(low), None) => {
            let powers = pairs(power_arguments);
            if !low.is_zero() {
                all.push(change(Domain::positive(), low.clone() + t()));
            }
            all.push(change(Domain::positive(), low.clone() + t().recip()));
            if low.is_zero() {
                for centre in centres() {
                    all.push(Change {
                        variable: variable.clone(),
                        domain: Domain::positive(),
                        maps: vec![centre.clone() * (-t()).exp(), centre * t().exp()],
                    });
                }
                all.push(change(Domain::real(), t().exp()));
                all.push(change(Domain::positive(), (t() + one()).log()));
                for (scale, _) in pairs(affine_arguments) {
                    all.push(change(Domain::positive(), (t() + one()).log() / scale.clone()));
                    all.push(change(unit(), -t().log() / scale.clone()));
                    // The upper half of a logistic shape.
                    all.push(change(upper_half(), -(t().recip() - one()).log() / scale));
                }
                // t = (1 + r) w/(1 + r w) with w = e^(−a x), where 1 + r w stands in the density: both run from 0 to 1.
                for (rate, ratio) in pairs(tilts) {
                    let whole = one() + ratio.clone();
                    all.push(change(unit(), (whole / t() - ratio).log() / rate));
                }
                // t = e^(−c x^k) where 1 − e^(−c x^k) stands in the density.
                for (scale, power) in pairs(exponential_powers) {
                    all.push(change(unit(), Term::power(-t().log() / scale, power.recip())));
                }
            } else {
                all.push(change(tail(low.clone().log()), t().exp()));
                all.push(change(unit(), low.clone() / t()));
                // t = (m/x)^k where 1 − (m/x)^k stands in the density.
                let normalizer = Normalizer::new(setting.context());
                for (_, power) in powers.iter().cloned() {
                    let sign = normalizer.normalize(&power).ok().and_then(|power| normalizer.sign(&power));
                    let falling = if sign == Some(Sign::Negative) { power } else { -power };
                    all.push(change(unit(), low.clone() * Term::power(t(), falling.recip())));
                }
            }
            all.push(change(unit(), low.clone() + (t().recip() - one())));
            all.push(change(unit(), low.clone() - t().log()));
            for (scale, power) in powers {
                let ratio = (t().recip() - one()) / scale;
                all.push(change(unit(), low.clone() + Term::power(ratio, power.recip())));
            }
        }
        (None, Some(high)) => {
            all.push(change(Domain::positive(), high.clone() - t()));
            all.push(change(unit(), high.clone() + t().log()));
        }
        (Some(low), Some(high)) => {
            let width = high.clone() - low.clone();
            for centre in centres() {
                let left = centre.clone() - (centre.clone() - low.clone()) * t();
                let right = centre.clone() + (high.clone() - centre) * t();
                all.push(Change { variable: variable.clone(), domain: unit(), maps: vec![left, right] });
            }
            if low.is_zero() && high.is_one() {
                for (_, power) in pairs(power_arguments) {
                    all.push(change(unit(), Term::power(t(), power.recip())));
                }
            } else {
                all.push(change(unit(), low.clone() + width.clone() * t()));
            }
            if low.is_zero() {
                all.push(change(head(high.clone().log()), t().exp()));
                all.push(change(Domain::positive(), high.clone() * (-t()).exp()));
                all.push(change(Domain::positive(), high.clone() / (t() + one())));
            }
            all.push(change(Domain::positive(), low.clone() + width.clone() / (t() + one())));
            all.push(change(Domain::positive(), high.clone() - width / (t() + one())));
            if low.is_zero() && high.is_one() {
                all.push(change(Domain::real(), ((-t()).exp() + one()).recip()));
                all.push(change(Domain::positive(), one() - (-t()).exp()));
                // t = (p + q) x/(p + q x), where p + q x stands in the density: both run from 0 to 1.
                for (p, q) in pairs(ramps) {
                    all.push(change(unit(), p.clone() / ((p + q.clone()) / t() - q)));
                }
            }
            all.extend(arcs(setting, name, domain, &variable));
        }
    }
    all
}

/// Arcs of a density in cos kx and sin kx, by half the angle's tangent: kx = m ± 2 arctan √(1/t − 1), where
/// cos(kx − m) = 2t − 1, and kx = arccos t from the start.
fn arcs(setting: &Setting, name: &Name, domain: &Domain, variable: &Name) -> Vec<Change> {
    let Some(frequency) = common_frequency(setting, name) else { return Vec::new() };
    let normalizer = Normalizer::new(setting.context());
    let t = || Term::Variable(variable.clone());
    let (one, two) = (Term::one, || Term::integer(2));
    let arctan = |of: Term| Term::apply(Function::Atan, vec![Term::power(of, Term::ratio(1, 2))]);
    let tangent = || arctan(t().recip() - one());
    let unit = || Domain::Interval { lower: Some(Term::zero()), upper: Some(one()) };
    let change = |domain: Domain, maps: Vec<Term>| Change { variable: variable.clone(), domain, maps };
    let about = |centre: Term| {
        let half = || two() * tangent();
        let maps = vec![centre.clone() - half(), centre + half()];
        change(unit(), maps.into_iter().map(|map| map / frequency.clone()).collect())
    };
    match domain {
        Domain::Angle if frequency.is_one() => {
            let Some(density) = Density::new(setting, name) else { return Vec::new() };
            vertices(&density).into_iter().map(about).collect()
        }
        Domain::Interval { lower: Some(lower), upper: Some(upper) } => {
            let pi = || Term::Constant(Constant::Pi);
            let width = (upper.clone() - lower.clone()) * frequency.clone() / pi();
            let Some(width) = normalizer.normalize(&width).ok().and_then(|width| width.as_constant()) else {
                return Vec::new();
            };
            let twice = &width + &width;
            let along = |angle: Term| lower.clone() + angle / frequency.clone();
            match crate::derive::small_integer(&twice) {
                Some(1) => vec![
                    change(unit(), vec![along(tangent())]),
                    change(unit(), vec![along(two() * arctan(two() / (one() + t()) - one()))]),
                ],
                Some(2) => {
                    let whole = Domain::Interval { lower: Some(-one()), upper: Some(one()) };
                    vec![
                        change(unit(), vec![along(two() * tangent())]),
                        change(whole, vec![along(two() * arctan(two() / (one() + t()) - one()))]),
                    ]
                }
                Some(4) => vec![about(lower.clone() * frequency.clone() + pi())],
                _ => Vec::new(),
            }
        }
        _ => Vec::new(),
    }
}

/// x = t/k where the density is one of cos kx and sin kx, and its support whole turns of t.
pub(super) fn round_the_circle(setting: &Setting, name: &Name, domain: &Domain, variable: &Name) -> Option<Change> {
    let frequency = common_frequency(setting, name)?;
    let map = match frequency.is_one() {
        true => Term::Variable(variable.clone()),
        false => Term::Variable(variable.clone()) / frequency,
    };
    turns(&Normalizer::new(setting.context()), &map, variable, domain)?;
    Some(Change { variable: variable.clone(), domain: Domain::Angle, maps: vec![map] })
}

/// Solves forward(x) = value for x, where x occurs once.
pub(super) fn invert(forward: &Term, name: &Name, value: Term) -> Option<Term> {
    match forward {
        Term::Variable(own) if own == name => Some(value),
        Term::Sum(terms) => {
            let (inner, others) = single_holder(terms, name)?;
            invert(inner, name, value - Term::sum(others))
        }
        Term::Product(factors) => {
            let (inner, others) = single_holder(factors, name)?;
            invert(inner, name, value / Term::product(others))
        }
        Term::Power(base, exponent) if !exponent.contains(name) => {
            invert(base, name, Term::power(value, (**exponent).clone().recip()))
        }
        Term::Power(base, exponent) if !base.contains(name) => {
            invert(exponent, name, value.log() / (**base).clone().log())
        }
        Term::Apply(Function::Exp, arguments) => invert(&arguments[0], name, value.log()),
        Term::Apply(Function::Log, arguments) => invert(&arguments[0], name, value.exp()),
        Term::Apply(Function::Sqrt, arguments) => invert(&arguments[0], name, Term::power(value, Term::integer(2))),
        _ => None,
    }
}

fn single_holder<'a>(terms: &'a [Term], name: &Name) -> Option<(&'a Term, Vec<Term>)> {
    let mut holders = terms.iter().filter(|term| term.contains(name));
    let holder = holders.next()?;
    holders.next().is_none().then(|| (holder, terms.iter().filter(|term| !term.contains(name)).cloned().collect()))
}
