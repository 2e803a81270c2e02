//! Changes of variable that may bring a density to the shape of a lemma's kernel.
//!
//! Nothing here is trusted: the kernel works out each change anew.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use num_integer::Integer;
use num_traits::One;

use super::circle::circles;
use crate::kernel::domain::{Domain, Support};
use crate::kernel::interval::{End, image};
use crate::kernel::normal::Normalizer;
use crate::kernel::poly::{Exponent, Generator, Monomial, Poly};
use crate::kernel::sign::Sign;
use crate::kernel::symmetry::turns;
use crate::kernel::term::{Constant, Function, Name, Rational, Term};
use crate::kernel::theorem::{Setting, ends};

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

/// m for each power of 1 ± cos(x − m) in a density.
fn vertices(density: &Density) -> Vec<Term> {
    let Density { name, normalizer, log_density } = density;
    let mut found = BTreeSet::new();
    for (_, [c, a, b]) in circles(normalizer, log_density, name) {
        let relative = |part: &Poly| {
            let inverse = normalizer.power(&c, &Poly::integer(-1)).ok()?;
            normalizer.canonical(&part.times(&inverse).ok()?).ok()
        };
        let (Some(a), Some(b)) = (relative(&a), relative(&b)) else { continue };
        let mut angles = vec![Term::zero(), Term::Constant(Constant::Pi) / Term::integer(2)];
        a.visit_generators(&mut |generator| {
            if let Generator::Call(Function::Cos, angle) = generator {
                angles.extend([angle[0].to_term(), -angle[0].to_term()]);
            }
        });
        let at = |function: Function, angle: &Term| normalizer.normalize(&Term::apply(function, vec![angle.clone()]));
        let fits = |angle: &Term| {
            let (Ok(cos), Ok(sin)) = (at(Function::Cos, angle), at(Function::Sin, angle)) else { return false };
            (a == cos && b == sin) || (a == cos.scaled(&-Rational::one()) && b == sin.scaled(&-Rational::one()))
        };
        found.extend(angles.into_iter().find(fits));
    }
    found.into_iter().collect()
}

/// Two changes of variable, one after the other: a function of x that suggests itself first, and then whatever
/// suits its own density.
pub(super) fn composed_changes<'a>(
    setting: &'a Setting,
    name: &'a Name,
    domain: &'a Domain,
) -> impl Iterator<Item = Change> + 'a {
    let middles = std::iter::once(()).flat_map(move |()| middles(setting, name, domain));
    middles.flat_map(move |middle| through(setting, name, middle, true))
}

/// x as an increasing or decreasing function of a new variable, and where that one lives.
struct Middle {
    variable: Name,
    domain: Domain,
    map: Term,
    /// Moved and stretched only: another function may come next.
    is_affine: bool,
}

/// The changes of variable for the density of a function of x.
fn through(setting: &Setting, name: &Name, middle: Middle, further: bool) -> Vec<Change> {
    let Middle { variable, domain, map, is_affine } = middle;
    let support = Support::Product { coordinates: vec![(variable.clone(), domain.clone())], inequalities: Vec::new() };
    let normalizer = Normalizer::on_support(setting.context(), &support);
    let slope = normalizer.normalize(&map).and_then(|poly| normalizer.differentiate(&poly, &variable));
    let Ok(slope) = slope else { return Vec::new() };
    let slope = match normalizer.sign(&slope) {
        Some(Sign::Positive) => slope.to_term(),
        Some(Sign::Negative) => -slope.to_term(),
        _ => return Vec::new(),
    };
    let log_density = setting.log_density().substitute(&[(name.clone(), map.clone())]) + slope.log();
    let Ok(log_density) = normalizer.normalize(&log_density).and_then(|poly| normalizer.canonical(&poly)) else {
        return Vec::new();
    };
    let inner = Setting::new(support, setting.context().clone(), log_density.to_term(), setting.witness().to_vec());
    let Ok(inner) = inner else { return Vec::new() };
    let back = |own: &Term| map.substitute(&[(variable.clone(), own.clone())]);
    let mut all: Vec<Change> = changes(&inner, &variable, &domain, None).collect();
    if is_affine && further {
        for next in middles(&inner, &variable, &domain).into_iter().filter(|next| !next.is_affine) {
            all.extend(through(&inner, &variable, next, false));
        }
    }
    all.into_iter().map(|change| Change { maps: change.maps.iter().map(back).collect(), ..change }).collect()
}

/// Functions of x that may have a density of a simpler shape: its logarithm, its place between the ends of the
/// support, its odds, the angle that it stands for, and what the density itself is a function of.
fn middles(setting: &Setting, name: &Name, domain: &Domain) -> Vec<Middle> {
    /// Parts of a density that are tried, the largest first.
    const MOST_PARTS: usize = 8;
    let (lower, upper) = match domain {
        Domain::Interval { lower, upper } => (lower.clone(), upper.clone()),
        Domain::Nonnegative => (Some(Term::zero()), None),
        _ => return Vec::new(),
    };
    let variable = Name::new(&format!("of_{name}"));
    if setting.context().domains.contains_key(&variable) {
        return Vec::new();
    }
    let own = || Term::Variable(variable.clone());
    let middle = |domain: Domain, map: Term| Middle { variable: variable.clone(), domain, map, is_affine: false };
    let affine = |domain: Domain, map: Term| Middle { is_affine: true, ..middle(domain, map) };
    let between = |lower: Option<Term>, upper: Option<Term>| Domain::Interval { lower, upper };
    let unit = || between(Some(Term::zero()), Some(Term::one()));
    let normalizer = Normalizer::on_support(setting.context(), setting.support());
    let sign = |term: &Term| normalizer.normalize(term).ok().and_then(|poly| normalizer.sign(&poly));
    let mut all = Vec::new();
    // log x.
    match lower.as_ref().and_then(&sign) {
        Some(Sign::Zero) => all.push(middle(between(None, upper.clone().map(Term::log)), own().exp())),
        Some(Sign::Positive) => {
            all.push(middle(between(lower.clone().map(Term::log), upper.clone().map(Term::log)), own().exp()));
        }
        _ => {}
    }
    // The angle kx.
    if let Some(frequency) = common_frequency(setting, name).filter(|frequency| !frequency.is_one()) {
        let bound = |end: &Option<Term>| end.clone().map(|end| end * frequency.clone());
        all.push(middle(between(bound(&lower), bound(&upper)), own() / frequency.clone()));
    }
    match (&lower, &upper) {
        (Some(low), Some(high)) if low.is_zero() && high.is_one() => {
            all.push(middle(Domain::positive(), (own().recip() + Term::one()).recip()));
            all.push(middle(Domain::positive(), (-own()).exp()));
        }
        (Some(low), Some(high)) => {
            all.push(affine(unit(), low.clone() + (high.clone() - low.clone()) * own()));
        }
        (Some(low), None) if !low.is_zero() => all.push(affine(Domain::positive(), low.clone() + own())),
        (None, Some(high)) => all.push(affine(Domain::positive(), high.clone() - own())),
        _ => {}
    }
    for part in parts(setting.log_density(), name, &lower, &upper, &normalizer).into_iter().take(MOST_PARTS) {
        let Some(map) = invert(&part, name, own()) else { continue };
        let Some(range) = image(&normalizer, &part, name, &ends(domain)) else { continue };
        let bound = |end: End| match end {
            End::At(term) => Some(normalizer.normalize(&term).map_or(term, |poly| poly.to_term())),
            _ => None,
        };
        all.push(middle(between(bound(range.low), bound(range.high)), map));
    }
    all
}

/// Parts of a density in which x occurs once and is no mere linear function, the largest first; a quadratic
/// with its square completed is one.
fn parts(
    density: &Term,
    name: &Name,
    lower: &Option<Term>,
    upper: &Option<Term>,
    normalizer: &Normalizer,
) -> Vec<Term> {
    fn occurrences(term: &Term, name: &Name) -> usize {
        match term {
            Term::Variable(own) => usize::from(own == name),
            _ => term.children().map(|child| occurrences(child, name)).sum(),
        }
    }
    fn visit(term: &Term, look: &mut dyn FnMut(&Term)) {
        look(term);
        term.children().for_each(|child| visit(child, look));
    }
    let own = Generator::Variable(name.clone());
    let mut found: Vec<Term> = Vec::new();
    let mut candidate_of = |term: &Term| {
        let candidate = match occurrences(term, name) {
            0 => return,
            // Of factors in front and terms beside it nothing new is learnt.
            1 if matches!(term, Term::Power(..) | Term::Apply(..)) => term.clone(),
            1 => return,
            _ => {
                let Term::Sum(_) = term else { return };
                let Ok(poly) = normalizer.normalize(term) else { return };
                let Some((square, linear)) = quadratic(normalizer, &poly, name, &own) else { return };
                let centre = linear / (Term::integer(-2) * square);
                // Whichever side of its middle the support lies on.
                let right = |term: Term| {
                    normalizer
                        .normalize(&term)
                        .ok()
                        .and_then(|poly| normalizer.sign(&poly))
                        .is_some_and(|sign| matches!(sign, Sign::Positive | Sign::Nonnegative | Sign::Zero))
                };
                let two = Term::integer(2);
                if lower.as_ref().is_some_and(|lower| right(lower.clone() - centre.clone())) {
                    Term::power(Term::Variable(name.clone()) - centre, two)
                } else if upper.as_ref().is_some_and(|upper| right(centre.clone() - upper.clone())) {
                    Term::power(centre - Term::Variable(name.clone()), two)
                } else {
                    return;
                }
            }
        };
        if !found.contains(&candidate) {
            found.push(candidate);
        }
    };
    visit(density, &mut candidate_of);
    // (x (2 − x))^k, taken apart: two linear factors with one power.
    for product in paired(density, name, normalizer) {
        visit(&product, &mut candidate_of);
    }
    found.sort_by_key(|part| std::cmp::Reverse(part.size()));
    found
}

/// Products, multiplied out, of two linear functions of x that have one power in a density.
fn paired(density: &Term, name: &Name, normalizer: &Normalizer) -> Vec<Term> {
    let Ok(log_density) = normalizer.normalize(density) else { return Vec::new() };
    let mut powers: BTreeMap<Poly, Poly> = BTreeMap::new();
    let own = |generator: &Generator| match generator {
        Generator::Sum(sum) => (**sum).clone(),
        other => Poly::generator(other.clone()),
    };
    for (monomial, coefficient) in log_density.terms() {
        let (inside, outside) = normalizer.split_monomial(monomial, std::slice::from_ref(name));
        if let [(Generator::Log(inner), Exponent::Integer(1))] = inside.factors()
            && linear_parts(normalizer, &own(inner), name).is_some()
        {
            powers.entry(own(inner)).or_default().add_term(outside, coefficient.clone());
        }
    }
    let powers: Vec<(Poly, Poly)> = powers.into_iter().collect();
    let mut found = Vec::new();
    for (position, (one, power)) in powers.iter().enumerate() {
        for (two, _) in powers[position + 1..].iter().filter(|(_, other)| other == power) {
            found.extend(one.times(two).map(|product| product.to_term()));
        }
    }
    found
}

/// (a, b) in a x² + b x + c.
fn quadratic(normalizer: &Normalizer, poly: &Poly, name: &Name, own: &Generator) -> Option<(Term, Term)> {
    let (mut square, mut linear) = (Poly::zero(), Poly::zero());
    for (monomial, coefficient) in poly.terms() {
        let (inside, outside) = normalizer.split_monomial(monomial, std::slice::from_ref(name));
        match inside.factors() {
            [] => {}
            [(generator, Exponent::Integer(2))] if generator == own => square.add_term(outside, coefficient.clone()),
            [(generator, Exponent::Integer(1))] if generator == own => linear.add_term(outside, coefficient.clone()),
            _ => return None,
        }
    }
    (!square.is_zero() && !linear.is_zero()).then(|| (square.to_term(), linear.to_term()))
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

/// The greatest k such that every angle in the density is a whole multiple of kx, up to what is free of x; with
/// symbols in it, it must be the same everywhere.
fn common_frequency(setting: &Setting, name: &Name) -> Option<Term> {
    fn visit(term: &Term, look: &mut dyn FnMut(&Term)) {
        if let Term::Apply(Function::Cos | Function::Sin | Function::Tan, arguments) = term {
            look(&arguments[0]);
        }
        term.children().for_each(|child| visit(child, look));
    }
    let normalizer = Normalizer::on_support(setting.context(), setting.support());
    let (mut slopes, mut linear) = (BTreeSet::new(), true);
    visit(setting.log_density(), &mut |angle| match normalizer
        .normalize(angle)
        .ok()
        .and_then(|angle| linear_parts(&normalizer, &angle, name))
    {
        Some((slope, _)) => {
            slopes.insert(slope);
        }
        None => linear &= !angle.contains(name),
    });
    let whole = |slope: &Poly| crate::derive::small_integer(&slope.as_constant()?);
    let numbers: Option<Vec<i64>> = slopes.iter().map(whole).collect();
    match (linear, numbers, slopes.first()) {
        (true, Some(numbers), Some(_)) => Some(Term::integer(numbers.into_iter().fold(0, |all, own| all.gcd(&own)))),
        (true, None, Some(slope)) if slopes.len() == 1 => Some(slope.to_term()),
        _ => None,
    }
}

/// The logarithm of a density in normal form, worked out once for all that look at it.
struct Density {
    name: Name,
    normalizer: Normalizer,
    log_density: Poly,
}

impl Density {
    fn new(setting: &Setting, name: &Name) -> Option<Density> {
        let normalizer = Normalizer::on_support(setting.context(), setting.support());
        let log_density = normalizer.normalize(setting.log_density()).ok()?;
        Some(Density { name: name.clone(), normalizer, log_density })
    }
}

/// c for each |x − c| or sign(x − c) in the density.
pub(super) fn corners(setting: &Setting, name: &Name) -> BTreeSet<Term> {
    let normalizer = Normalizer::on_support(setting.context(), setting.support());
    let own = Monomial::from_factors(vec![(Generator::Variable(name.clone()), Exponent::Integer(1))]);
    let mut found = BTreeSet::new();
    if let Ok(log_density) = normalizer.normalize(setting.log_density()) {
        log_density.visit_generators(&mut |generator| {
            if let Generator::Call(Function::Abs | Function::Sign, arguments) = generator {
                found.extend(root_of_linear(&normalizer, &arguments[0], name, &own).map(|centre| centre.to_term()));
            }
        });
    }
    found
}

/// Where to fold the line: m in |x − m| or |log x − log m|, and the middle of an even polynomial.
fn absolute_centres(density: &Density) -> Vec<Term> {
    let Density { name, normalizer, log_density } = density;
    let log = Generator::Log(Arc::new(Generator::Variable(name.clone())));
    let mut centres = BTreeSet::new();
    log_density.visit_generators(&mut |generator| {
        let Generator::Call(Function::Abs, arguments) = generator else { return };
        let own = Monomial::from_factors(vec![(Generator::Variable(name.clone()), Exponent::Integer(1))]);
        let logarithm = Monomial::from_factors(vec![(log.clone(), Exponent::Integer(1))]);
        if let Some(centre) = root_of_linear(normalizer, &arguments[0], name, &own) {
            centres.insert(centre.to_term());
        } else if let Some(centre) = root_of_linear(normalizer, &arguments[0], name, &logarithm) {
            centres.insert(centre.to_term().exp());
        }
    });
    centres.extend(middle(normalizer, log_density, name));
    centres.into_iter().collect()
}

/// −c_(n−1)/(n c_n) for a polynomial c_n xⁿ + c_(n−1) xⁿ⁻¹ + … of even degree above two.
fn middle(normalizer: &Normalizer, log_density: &Poly, name: &Name) -> Option<Term> {
    let own = Generator::Variable(name.clone());
    let mut coefficients: BTreeMap<i64, Poly> = BTreeMap::new();
    for (monomial, coefficient) in log_density.terms() {
        let (inside, outside) = normalizer.split_monomial(monomial, std::slice::from_ref(name));
        let power = match inside.factors() {
            [] => 0,
            [(generator, Exponent::Integer(power))] if *generator == own => *power,
            _ => return None,
        };
        coefficients.entry(power).or_default().add_term(outside, coefficient.clone());
    }
    let (degree, leading) = coefficients.iter().next_back()?;
    if *degree < 4 || degree % 2 != 0 {
        return None;
    }
    let below = coefficients.get(&(degree - 1)).cloned().unwrap_or_default();
    let inverse = normalizer.power(leading, &Poly::integer(-1)).ok()?;
    let centre = below.times(&inverse).ok()?.scaled(&Rational::new((-1).into(), (*degree).into()));
    Some(centre.to_term())
}

/// −b/a for a·m + b, m a monomial in the variable.
pub(super) fn root_of_linear(normalizer: &Normalizer, poly: &Poly, name: &Name, own: &Monomial) -> Option<Poly> {
    let (slope, intercept) = normalizer.linear_in(poly, name, own)?;
    let inverse = normalizer.power(&slope, &Poly::integer(-1)).ok()?;
    Some(intercept.times(&inverse).ok()?.scaled(&-Rational::one()))
}

/// (a, b) in e^(a x + b), for logistic and Gumbel shapes.
fn affine_arguments(density: &Density) -> Vec<(Term, Term)> {
    let Density { name, normalizer, log_density } = density;
    let mut found = BTreeSet::new();
    let mut look = |poly: &Poly| {
        for (monomial, _) in poly.terms() {
            if let Exponent::Poly(exponent) = monomial.exponent(&Generator::Euler)
                && let Some((slope, intercept)) = linear_parts(normalizer, &exponent, name)
            {
                let slope_term = slope.to_term();
                let negative = normalizer.sign(&slope) == Some(Sign::Negative);
                let (slope_term, intercept) = if negative {
                    (slope.scaled(&-Rational::one()).to_term(), intercept.scaled(&-Rational::one()))
                } else {
                    (slope_term, intercept)
                };
                found.insert((slope_term, intercept.to_term()));
            }
        }
    };
    log_density.visit_generators(&mut |generator| {
        if let Generator::Sum(poly) = generator
            && let Some(relative) = relative_exponential(normalizer, poly, name)
        {
            look(&relative);
        }
    });
    look(log_density);
    found.into_iter().collect()
}

/// (c, k) in a sum with e^(±c x^k), c > 0, k other than 1.
fn exponential_powers(density: &Density) -> Vec<(Term, Term)> {
    let Density { name, normalizer, log_density } = density;
    let own = Generator::Variable(name.clone());
    let mut found = BTreeSet::new();
    let mut look = |exponent: &Poly| {
        for (monomial, coefficient) in exponent.terms() {
            let (inside, outside) = normalizer.split_monomial(monomial, std::slice::from_ref(name));
            let [(generator, power)] = inside.factors() else { continue };
            let scale = Poly::single(outside, coefficient.clone());
            let scale = match normalizer.sign(&scale) {
                Some(Sign::Positive) => scale,
                Some(Sign::Negative) => scale.scaled(&-Rational::one()),
                _ => continue,
            };
            if *generator == own && *power != Exponent::Integer(1) {
                found.insert((scale.to_term(), power.to_poly().to_term()));
            }
        }
    };
    log_density.visit_generators(&mut |generator| {
        let Generator::Sum(sum) = generator else { return };
        for (monomial, _) in sum.terms() {
            if let Exponent::Poly(exponent) = monomial.exponent(&Generator::Euler) {
                look(&exponent);
            }
        }
    });
    found.into_iter().collect()
}

/// For c e^(a x) + d with c, d free of x: the ratio of the two, as one exponential.
fn relative_exponential(normalizer: &Normalizer, poly: &Poly, name: &Name) -> Option<Poly> {
    let [(moving, above), (standing, below)] = exponentials(poly, name)?.try_into().ok()?;
    let size = |poly: &Poly| match normalizer.sign(poly) {
        Some(Sign::Negative) => poly.scaled(&-Rational::one()),
        _ => poly.clone(),
    };
    let log = normalizer.log(&size(&above)).ok()?.minus(&normalizer.log(&size(&below)).ok()?);
    Poly::generator_power(Generator::Euler, Exponent::from_poly(log.plus(&moving).minus(&standing))).ok()
}

/// A sum as Σ c e^E, each exponent E once and all of it moving with the variable, each c free of it; an E that is
/// zero last.
fn exponentials(poly: &Poly, name: &Name) -> Option<Vec<(Poly, Poly)>> {
    let names = std::slice::from_ref(name);
    let mut found: Vec<(Poly, Poly)> = Vec::new();
    for (monomial, coefficient) in poly.terms() {
        let (mut moving, mut rest) = (Poly::zero(), Poly::zero());
        for (part, coefficient) in monomial.exponent(&Generator::Euler).to_poly().terms() {
            let part = Poly::single(part.clone(), coefficient.clone());
            if part.contains_any(names) { &mut moving } else { &mut rest }.add_assign(&part);
        }
        let others = monomial.factors().iter().filter(|(generator, _)| *generator != Generator::Euler);
        let mut factors: Vec<_> = others.cloned().collect();
        factors.push((Generator::Euler, Exponent::from_poly(rest)));
        let outside = Monomial::from_factors(factors);
        if outside
            .factors()
            .iter()
            .any(|(generator, exponent)| generator.contains_any(names) || exponent.to_poly().contains_any(names))
        {
            return None;
        }
        match found.iter_mut().find(|(own, _)| *own == moving) {
            Some((_, sum)) => sum.add_term(outside, coefficient.clone()),
            None => found.push((moving, Poly::single(outside, coefficient.clone()))),
        }
    }
    found.sort_by_key(|(moving, _)| moving.is_zero());
    Some(found)
}

/// (a, r) for each sum 1 + r e^(−a x) up to a factor, a > 0: what tilts a distribution function.
fn tilts(density: &Density) -> Vec<(Term, Term)> {
    let Density { name, normalizer, log_density } = density;
    let mut found = BTreeSet::new();
    log_density.visit_generators(&mut |generator| {
        let Generator::Sum(sum) = generator else { return };
        let parts = exponentials(sum, name).and_then(|found| <[(Poly, Poly); 2]>::try_from(found).ok());
        let Some([(one, above), (other, below)]) = parts else { return };
        let slope = linear_parts(normalizer, &one.minus(&other), name).filter(|(_, intercept)| intercept.is_zero());
        let Some((slope, _)) = slope else { return };
        let (rate, above, below) = match normalizer.sign(&slope) {
            Some(Sign::Negative) => (slope.scaled(&-Rational::one()), above, below),
            Some(Sign::Positive) => (slope, below, above),
            _ => return,
        };
        let ratio = normalizer.power(&below, &Poly::integer(-1)).and_then(|inverse| above.times(&inverse));
        found.extend(ratio.map(|ratio| (rate.to_term(), ratio.to_term())));
    });
    found.into_iter().collect()
}

/// (p, q) for each sum p + q x that is positive from 0 to 1, both ends included.
fn ramps(density: &Density) -> Vec<(Term, Term)> {
    let Density { name, normalizer, log_density } = density;
    let own = Generator::Variable(name.clone());
    let mut found = BTreeSet::new();
    log_density.visit_generators(&mut |generator| {
        let Generator::Sum(sum) = generator else { return };
        let mut parts = [Poly::zero(), Poly::zero()];
        for (monomial, coefficient) in sum.terms() {
            let (inside, outside) = normalizer.split_monomial(monomial, std::slice::from_ref(name));
            let power = match inside.factors() {
                [] => 0,
                [(generator, Exponent::Integer(1))] if *generator == own => 1,
                _ => return,
            };
            parts[power].add_term(outside, coefficient.clone());
        }
        let [start, slope] = parts;
        let end = start.plus(&slope);
        if !slope.is_zero() && [&start, &end].iter().all(|at| normalizer.sign(at) == Some(Sign::Positive)) {
            found.insert((start.to_term(), slope.to_term()));
        }
    });
    found.into_iter().collect()
}

/// (m, s) for a sum a x² + b x + c = a((x − m)² + s²) without real roots.
fn quadratic_arguments(density: &Density) -> Vec<(Term, Term)> {
    let Density { name, normalizer, log_density } = density;
    quadratics(normalizer, log_density, name).into_iter().collect()
}

/// (m, s) for each sum a((x − m)² + s²) in a normal form.
pub(super) fn quadratics(normalizer: &Normalizer, poly: &Poly, name: &Name) -> BTreeSet<(Term, Term)> {
    let own = Generator::Variable(name.clone());
    let mut found = BTreeSet::new();
    poly.visit_generators(&mut |generator| {
        let Generator::Sum(poly) = generator else { return };
        let mut parts = [Poly::zero(), Poly::zero(), Poly::zero()];
        for (monomial, coefficient) in poly.terms() {
            let (inside, outside) = normalizer.split_monomial(monomial, std::slice::from_ref(name));
            let power = match inside.factors() {
                [] => 0,
                [(generator, Exponent::Integer(power @ 1..=2))] if *generator == own => *power as usize,
                _ => return,
            };
            parts[power].add_term(outside, coefficient.clone());
        }
        let centre_and_scale = || {
            let [c, b, a] = &parts;
            let inverse = normalizer.power(a, &Poly::integer(-1)).ok()?;
            let centre = b.times(&inverse).ok()?.scaled(&Rational::new((-1).into(), 2.into()));
            let square = c.times(&inverse).ok()?.minus(&centre.times(&centre).ok()?);
            let square = normalizer.canonical(&square).ok()?;
            let scale = normalizer.power(&square, &Poly::constant(Rational::new(1.into(), 2.into()))).ok()?;
            Some((centre.to_term(), scale.to_term()))
        };
        if !parts[2].is_zero() {
            found.extend(centre_and_scale());
        }
    });
    found
}

/// (c, k) in c·x^k inside a sum such as 1 + c x^k.
fn power_arguments(density: &Density) -> Vec<(Term, Term)> {
    let Density { name, normalizer, log_density } = density;
    let mut found = BTreeSet::new();
    let own = Generator::Variable(name.clone());
    log_density.visit_generators(&mut |generator| {
        let Generator::Sum(poly) = generator else { return };
        let names = std::slice::from_ref(name);
        let mut rest = Poly::zero();
        let mut parts = Vec::new();
        for (monomial, coefficient) in poly.terms() {
            let (inside, outside) = normalizer.split_monomial(monomial, names);
            match inside.factors() {
                [] => rest.add_term(outside, coefficient.clone()),
                [(generator, exponent)] if *generator == own => {
                    parts.push((Poly::single(outside, coefficient.clone()), exponent.to_poly()));
                }
                _ => return,
            }
        }
        if let [(scale, power)] = parts.as_slice()
            && let Ok(inverse) = normalizer.power(&rest, &Poly::integer(-1))
            && let Ok(scale) = scale.times(&inverse)
        {
            let scale = match normalizer.sign(&scale) {
                Some(Sign::Negative) => scale.scaled(&-Rational::one()),
                _ => scale,
            };
            found.insert((scale.to_term(), power.to_term()));
        }
    });
    found.into_iter().collect()
}

/// Slope and intercept of a polynomial of degree one in a variable.
pub(super) fn linear_parts(normalizer: &Normalizer, poly: &Poly, name: &Name) -> Option<(Poly, Poly)> {
    let own = Monomial::from_factors(vec![(Generator::Variable(name.clone()), Exponent::Integer(1))]);
    normalizer.linear_in(poly, name, &own)
}

/// Solves forward(x) = value for x, where x occurs once.
fn invert(forward: &Term, name: &Name, value: Term) -> Option<Term> {
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
