//! Changes of variable through a function that stands in the density: first u = g(x), then what suits the density of u.

use std::collections::BTreeMap;

use super::change::{Change, changes, invert};
use super::suggestion::{common_frequency, linear_parts, quadratic};
use crate::kernel::domain::{Domain, Support};
use crate::kernel::interval::{End, image};
use crate::kernel::moment::ends;
use crate::kernel::normal::Normalizer;
use crate::kernel::poly::{Exponent, Generator, Poly};
use crate::kernel::setting::Setting;
use crate::kernel::sign::Sign;
use crate::kernel::term::{Name, Term};

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
