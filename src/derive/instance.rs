//! Finding the lemma that integrates a density: a change of variable and the lemma's parameters.
//!
//! Nothing here is trusted: whatever is found becomes a certificate that the kernel checks, so the
//! search may be generous.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use num_integer::Integer;
use num_traits::{One, Zero};

use super::circle;
use super::lagrange::{self, Lagrange};
use crate::kernel::certificate::{Part, Piece};
use crate::kernel::domain::{Domain, Support};
use crate::kernel::interval::{End, image};
use crate::kernel::lemma::{LEMMAS, Lemma};
use crate::kernel::normal::Normalizer;
use crate::kernel::poly::{Exponent, Generator, Monomial, Poly};
use crate::kernel::section::slice;
use crate::kernel::sign::Sign;
use crate::kernel::symmetry::{Mirror, frequency, is_mirrored, mirror, turns};
use crate::kernel::term::{Function, Name, Rational, Term};
use crate::kernel::theorem::{Setting, ends};

/// A change of variable: pieces of the support from left to right, each the image of one domain.
#[derive(Clone, Debug)]
pub struct Change {
    pub variable: Name,
    pub domain: Domain,
    pub maps: Vec<Term>,
}

/// Lemmas that integrate the density after a change of variable, one a piece of the support.
#[derive(Clone)]
pub struct Instance {
    pub pieces: Vec<PieceInstance>,
}

#[derive(Clone)]
pub struct PieceInstance {
    pub lemma: &'static Lemma,
    pub variable: Name,
    /// For each real parameter in which the kernel is linear, its statistic: coefficient · monomial.
    pub statistics: Vec<(Name, Monomial, Rational)>,
    /// S where the kernel is S or 1/S.
    pub circle: Option<Circle>,
    /// The sum of a Lagrangian kernel.
    pub lagrange: Option<Lagrange>,
    /// First terms of a series that are left out.
    pub skip: u32,
    /// Half the lemma's domain, with an integrand that is its own mirror image.
    pub half: bool,
    pub map: Term,
    pub parameters: Vec<(Name, Term)>,
    /// density = constant · factor · lemma's integrand.
    pub constant: Poly,
    /// A polynomial in the variable, such as 1 + t.
    pub factor: Poly,
    pub scope: Rc<Normalizer>,
}

/// A shift of the lemma's parameters, the orders of its derivatives, and a factor.
type Resolved = (Vec<(Name, Term)>, Vec<(Name, u32)>, Poly);

/// S = c − a cos t − b sin t, its power in the kernel, and the lemma's names for c, a and b.
#[derive(Clone)]
pub struct Circle {
    sum: Generator,
    power: Rational,
    names: Vec<Name>,
}

/// All instances that fit, best first; usually there is one.
pub fn find(setting: &Setting, declared: Option<&(Name, Term)>) -> Vec<Instance> {
    let names = setting.support().names();
    let [name] = names.as_slice() else { return Vec::new() };
    let Ok(slice) = slice(setting.support(), setting.context(), name) else { return Vec::new() };
    let domain = &slice.domain;
    let mut found = Vec::new();
    let parameters = Normalizer::new(setting.context());
    let composed = std::iter::once(()).flat_map(|()| composed_changes(setting, name, domain));
    for change in changes(setting, name, domain, declared).into_iter().chain(composed) {
        found.extend(
            fit(setting, name, domain, &change).into_iter().filter(|instance| !instance.is_impossible(&parameters)),
        );
        if found.iter().any(|instance: &Instance| instance.is_possible(&parameters)) {
            break;
        }
    }
    found.extend(cut_at_corner(setting, name, domain, &parameters));
    // What surely meets the lemma's conditions first.
    found.sort_by_key(|instance| !instance.is_possible(&parameters));
    found
}

/// Moments of one monomial in the variate by a lemma that holds it beside its exponential:
/// log(c² + (x − n)²) under a Cauchy density, |x − n| under Laplace's.
pub fn beside(setting: &Setting, monomial: &Monomial) -> Vec<Vec<Piece>> {
    let names = setting.support().names();
    let [name] = names.as_slice() else { return Vec::new() };
    let Ok(slice) = slice(setting.support(), setting.context(), name) else { return Vec::new() };
    let variable = fresh_variable(setting);
    let change = round_the_circle(setting, name, &slice.domain, &variable).unwrap_or_else(|| {
        let maps = vec![Term::Variable(variable.clone())];
        Change { variable: variable.clone(), domain: slice.domain.clone(), maps }
    });
    let map = change.maps[0].clone();
    let scope = scope(setting, &change);
    let statistic = Poly::single(monomial.clone(), One::one()).to_term().substitute(&[(name.clone(), map.clone())]);
    let (Some(target), Ok(statistic)) =
        (pulled_back(setting, name, &change, &map, &scope), scope.normalize(&statistic))
    else {
        return Vec::new();
    };
    let fitting = LEMMAS.iter().filter(|lemma| !lemma.factor.is_one());
    let halved =
        |lemma: &Lemma| mirror(&lemma.domain, &change.variable).is_some_and(|mirror| mirror.half == change.domain);
    let fitting =
        fitting.filter(|lemma| halved(lemma) || domain_fits(&lemma.domain, &change.domain, &slice.domain).is_some());
    let found = |lemma: &'static Lemma| {
        let pieces = piece_beside(lemma, &change, &target, &statistic, &scope)
            .or_else(|| circle::piece_beside(lemma, &change, &target, &statistic, &scope))?;
        Some(pieces.into_iter().map(|piece| Piece { half: halved(lemma), ..piece }).collect())
    };
    fitting.filter_map(found).collect()
}

/// The lemma's parameters are read off where its kernel and its factor have the shapes at hand.
fn piece_beside(
    lemma: &'static Lemma,
    change: &Change,
    target: &Poly,
    statistic: &Poly,
    scope: &Rc<Normalizer>,
) -> Option<Vec<Piece>> {
    let support = Support::Product {
        coordinates: vec![(lemma.variable.clone(), lemma.domain.clone())],
        inequalities: Vec::new(),
    };
    let own = Normalizer::on_support(&lemma.context(), &support);
    let mut structural: Vec<(Name, Term)> = Vec::new();
    for (term, at_hand) in [(&lemma.log_kernel, target), (&lemma.factor, statistic)] {
        let wanted = shapes(&own, &own.normalize(term).ok()?, &lemma.variable);
        let found = shapes(scope, at_hand, &change.variable);
        let [wanted] = wanted.as_slice() else { return None };
        let [found] = found.as_slice() else { return None };
        if wanted.len() != found.len() {
            return None;
        }
        for (wanted, found) in wanted.iter().zip(found) {
            let Term::Variable(name) = wanted else { return None };
            structural.push((name.clone(), found.clone()));
        }
    }
    // A constant that is added to the factor is what is left of the statistic.
    let mut rest: Vec<&Name> = lemma
        .fixed
        .iter()
        .map(|(name, _)| name)
        .filter(|name| !structural.iter().any(|(own, _)| own == *name))
        .collect();
    if let Some(name) = rest.pop() {
        let variable = (lemma.variable.clone(), Term::Variable(change.variable.clone()));
        let at = [structural.clone(), vec![(name.clone(), Term::zero()), variable]].concat();
        let left = statistic.minus(&scope.normalize(&lemma.factor.substitute(&at)).ok()?);
        let left = scope.canonical(&left).ok()?;
        if left.contains_any(std::slice::from_ref(&change.variable)) {
            return None;
        }
        structural.push((name.clone(), left.to_term()));
    }
    let fitted = fit_linear(lemma, change, &structural, target, scope).filter(|fitted| fitted.factor == Poly::one())?;
    let part = Part { constant: fitted.constant.to_term(), shift: Vec::new(), orders: Vec::new() };
    Some(vec![one_part(lemma, change, fitted.parameters, part)?])
}

/// A lemma applied once, on the whole of its domain.
pub(super) fn one_part(lemma: &Lemma, change: &Change, parameters: Vec<(Name, Term)>, part: Part) -> Option<Piece> {
    Some(Piece {
        lemma: lemma.name.to_string(),
        variable: change.variable.clone(),
        map: change.maps.first()?.clone(),
        parameters,
        parts: vec![part],
        skip: 0,
        half: false,
    })
}

/// Counts about a corner c of the density, as in sign(x − c) or |x − c|: what lies below c, c itself, and
/// what lies above, each by a lemma of its own.
fn cut_at_corner(setting: &Setting, name: &Name, domain: &Domain, parameters: &Normalizer) -> Option<Instance> {
    const MOST_POINTS: i64 = 16;
    let Domain::Integers { lower, upper } = domain else { return None };
    let whole = |term: &Term| crate::derive::small_integer(term.as_number()?);
    let corner = corners(setting, name).into_iter().find_map(|centre| whole(&centre))?;
    let variable = fresh_variable(setting);
    let tail = |up: bool, upper: Option<Term>| {
        // The last one counts as the variate does: the first terms of its series are left out.
        [1, 0, corner + 1].into_iter().find_map(|start: i64| {
            let step = Term::Variable(variable.clone()) + Term::integer(1 - start);
            let map = if up { Term::integer(corner) + step } else { Term::integer(corner) - step };
            let upper = upper.clone().map(|upper| upper - Term::integer(corner + 1 - start));
            let domain = Domain::Integers { lower: Some(Term::integer(start)), upper };
            let found = fit(
                setting,
                name,
                &domain,
                &Change { variable: variable.clone(), domain: domain.clone(), maps: vec![map] },
            );
            found.into_iter().find(|instance| !instance.is_impossible(parameters))
        })
    };
    let mut pieces = Vec::new();
    let first = match lower {
        None => {
            pieces.extend(tail(false, None)?.pieces);
            corner
        }
        Some(lower) => whole(lower).filter(|first| (0..MOST_POINTS).contains(&(corner - first)))?,
    };
    for point in first..=corner {
        pieces.push(single_point(setting, name, &variable, point)?);
    }
    pieces.extend(tail(true, upper.clone())?.pieces);
    Some(Instance { pieces })
}

/// One point of a discrete support.
fn single_point(setting: &Setting, name: &Name, variable: &Name, point: i64) -> Option<PieceInstance> {
    let lemma = Lemma::find("single-term")?;
    let map = Term::integer(point);
    let change = Change { variable: variable.clone(), domain: lemma.domain.clone(), maps: vec![map.clone()] };
    let scope = scope(setting, &change);
    let target = pulled_back(setting, name, &change, &map, &scope)?;
    Some(PieceInstance {
        lemma,
        variable: variable.clone(),
        statistics: Vec::new(),
        circle: None,
        lagrange: None,
        skip: 0,
        half: false,
        map,
        parameters: Vec::new(),
        constant: scope.exp(&target).ok()?,
        factor: Poly::one(),
        scope,
    })
}

/// c for each |x − c| or sign(x − c) in the density.
fn corners(setting: &Setting, name: &Name) -> BTreeSet<Term> {
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

/// What tells where a function is folded or centred: (n) in |x − n|, (n, c) in (x − n)² + c², (p, q) in
/// 1 + p² + q² − 2p cos x − 2q sin x.
fn shapes(normalizer: &Normalizer, poly: &Poly, name: &Name) -> Vec<Vec<Term>> {
    let own = Monomial::from_factors(vec![(Generator::Variable(name.clone()), Exponent::Integer(1))]);
    let mut corners = BTreeSet::new();
    poly.visit_generators(&mut |generator| {
        if let Generator::Call(Function::Abs, arguments) = generator {
            corners.extend(root_of_linear(normalizer, &arguments[0], name, &own).map(|centre| centre.to_term()));
        }
    });
    let corners = corners.into_iter().map(|centre| vec![centre]);
    let quadratics = quadratics(normalizer, poly, name).into_iter().map(|(n, c)| vec![n, c]);
    let circles = circles(normalizer, poly, name);
    let discs = circles.iter().filter_map(|(_, circle)| disc(normalizer, circle));
    corners.chain(quadratics).chain(discs).collect()
}

fn fresh_variable(setting: &Setting) -> Name {
    let taken: BTreeSet<Name> = setting.context().domains.keys().cloned().chain(setting.support().names()).collect();
    ["t", "u", "v", "w", "s"]
        .iter()
        .map(|name| Name::new(name))
        .chain((0..).map(|k| Name::new(&format!("t{k}"))))
        .find(|name| !taken.contains(name))
        .expect("there are infinitely many names")
}

/// The changes of variable worth trying, plainest first.
fn changes(setting: &Setting, name: &Name, domain: &Domain, declared: Option<&(Name, Term)>) -> Vec<Change> {
    let variable = fresh_variable(setting);
    let t = || Term::Variable(variable.clone());
    let one = Term::one;
    let change = |domain: Domain, map: Term| Change { variable: variable.clone(), domain, maps: vec![map] };
    let unit = || Domain::Interval { lower: Some(Term::zero()), upper: Some(one()) };
    let upper_half = || Domain::Interval { lower: Some(Term::ratio(1, 2)), upper: Some(one()) };
    let tail = |lower: Term| Domain::Interval { lower: Some(lower), upper: None };
    let head = |upper: Term| Domain::Interval { lower: None, upper: Some(upper) };
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
        _ => return all,
    };
    match (&lower, &upper) {
        (None, None) => {
            let quadratics = quadratic_arguments(setting, name);
            for centre in absolute_centres(setting, name) {
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
            // x = m + s sinh u, with u itself and with t = e^u.
            for (centre, scale) in quadratics.iter() {
                let through = |exponential: Term| {
                    let sinh = (exponential.clone() - exponential.recip()) * Term::ratio(1, 2);
                    centre.clone() + scale.clone() * sinh
                };
                all.push(change(Domain::real(), through(t().exp())));
                all.push(change(Domain::positive(), through(t())));
            }
            for (centre, _) in quadratics {
                all.push(change(Domain::real(), centre + t()));
            }
            all.push(change(Domain::positive(), t().log()));
            all.push(change(Domain::positive(), -t().log()));
            all.push(change(unit(), -(t().recip() - one()).log()));
            all.push(change(unit(), -(t().recip() - one())));
            for (scale, shift) in affine_arguments(setting, name) {
                all.push(change(Domain::positive(), (t().log() - shift.clone()) / scale.clone()));
                all.push(change(unit(), (-(t().recip() - one()).log() - shift.clone()) / scale.clone()));
                all.push(change(Domain::real(), (t() - shift) / scale));
            }
        }
        (Some(low), None) => {
            let powers = power_arguments(setting, name);
            if !low.is_zero() {
                all.push(change(Domain::positive(), low.clone() + t()));
            }
            all.push(change(Domain::positive(), low.clone() + t().recip()));
            if low.is_zero() {
                for centre in absolute_centres(setting, name) {
                    all.push(Change {
                        variable: variable.clone(),
                        domain: Domain::positive(),
                        maps: vec![centre.clone() * (-t()).exp(), centre * t().exp()],
                    });
                }
                all.push(change(Domain::real(), t().exp()));
                all.push(change(Domain::positive(), (t() + one()).log()));
                for (scale, _) in affine_arguments(setting, name) {
                    all.push(change(Domain::positive(), (t() + one()).log() / scale.clone()));
                    all.push(change(unit(), -t().log() / scale.clone()));
                    // The upper half of a logistic shape.
                    all.push(change(upper_half(), -(t().recip() - one()).log() / scale));
                }
                // t = (1 + r) w/(1 + r w) with w = e^(−a x), where 1 + r w stands in the density: both run from 0 to 1.
                for (rate, ratio) in tilts(setting, name) {
                    let whole = one() + ratio.clone();
                    all.push(change(unit(), (whole / t() - ratio).log() / rate));
                }
                // t = e^(−c x^k) where 1 − e^(−c x^k) stands in the density.
                for (scale, power) in exponential_powers(setting, name) {
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
            if low.is_zero() && high.is_one() {
                for (_, power) in power_arguments(setting, name) {
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
            }
        }
    }
    all
}

/// Two changes of variable, one after the other: x = e^u first, and then whatever suits the density of u.
fn composed_changes(setting: &Setting, name: &Name, domain: &Domain) -> Vec<Change> {
    let (lower, upper) = match domain {
        Domain::Interval { lower: Some(lower), upper } => (lower.clone(), upper.clone()),
        Domain::Nonnegative => (Term::zero(), None),
        _ => return Vec::new(),
    };
    let normalizer = Normalizer::on_support(setting.context(), setting.support());
    let low = match normalizer.normalize(&lower).map(|lower| normalizer.sign(&lower)) {
        Ok(Some(Sign::Zero)) => None,
        Ok(Some(Sign::Positive)) => Some(lower.log()),
        _ => return Vec::new(),
    };
    let middle = Name::new(&format!("log_{name}"));
    if setting.context().domains.contains_key(&middle) {
        return Vec::new();
    }
    let exponential = Term::Variable(middle.clone()).exp();
    let log_density =
        setting.log_density().substitute(&[(name.clone(), exponential.clone())]) + Term::Variable(middle.clone());
    let domain = Domain::Interval { lower: low, upper: upper.map(Term::log) };
    let support = Support::Product { coordinates: vec![(middle.clone(), domain.clone())], inequalities: Vec::new() };
    let Ok(inner) = Setting::new(support, setting.context().clone(), log_density, setting.witness().to_vec()) else {
        return Vec::new();
    };
    let through = |map: &Term| exponential.substitute(&[(middle.clone(), map.clone())]);
    changes(&inner, &middle, &domain, None)
        .into_iter()
        .map(|change| Change { maps: change.maps.iter().map(through).collect(), ..change })
        .collect()
}

/// x = t/k where the density is one of cos kx and sin kx, and its support whole turns of t.
fn round_the_circle(setting: &Setting, name: &Name, domain: &Domain, variable: &Name) -> Option<Change> {
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

/// Where to fold the line: m in |x − m| or |log x − log m|, and the middle of an even polynomial.
fn absolute_centres(setting: &Setting, name: &Name) -> Vec<Term> {
    let normalizer = Normalizer::on_support(setting.context(), setting.support());
    let Ok(log_density) = normalizer.normalize(setting.log_density()) else { return Vec::new() };
    let log = Generator::Log(Arc::new(Generator::Variable(name.clone())));
    let mut centres = BTreeSet::new();
    log_density.visit_generators(&mut |generator| {
        let Generator::Call(Function::Abs, arguments) = generator else { return };
        let own = Monomial::from_factors(vec![(Generator::Variable(name.clone()), Exponent::Integer(1))]);
        let logarithm = Monomial::from_factors(vec![(log.clone(), Exponent::Integer(1))]);
        if let Some(centre) = root_of_linear(&normalizer, &arguments[0], name, &own) {
            centres.insert(centre.to_term());
        } else if let Some(centre) = root_of_linear(&normalizer, &arguments[0], name, &logarithm) {
            centres.insert(centre.to_term().exp());
        }
    });
    centres.extend(middle(&normalizer, &log_density, name));
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
fn root_of_linear(normalizer: &Normalizer, poly: &Poly, name: &Name, own: &Monomial) -> Option<Poly> {
    let (slope, intercept) = normalizer.linear_in(poly, name, own)?;
    let inverse = normalizer.power(&slope, &Poly::integer(-1)).ok()?;
    Some(intercept.times(&inverse).ok()?.scaled(&-Rational::one()))
}

/// (a, b) in e^(a x + b), for logistic and Gumbel shapes.
fn affine_arguments(setting: &Setting, name: &Name) -> Vec<(Term, Term)> {
    let normalizer = Normalizer::on_support(setting.context(), setting.support());
    let Ok(log_density) = normalizer.normalize(setting.log_density()) else { return Vec::new() };
    let mut found = BTreeSet::new();
    let mut look = |poly: &Poly| {
        for (monomial, _) in poly.terms() {
            if let Exponent::Poly(exponent) = monomial.exponent(&Generator::Euler)
                && let Some((slope, intercept)) = linear_parts(&normalizer, &exponent, name)
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
            && let Some(relative) = relative_exponential(&normalizer, poly, name)
        {
            look(&relative);
        }
    });
    look(&log_density);
    found.into_iter().collect()
}

/// (c, k) in a sum with e^(±c x^k), c > 0, k other than 1.
fn exponential_powers(setting: &Setting, name: &Name) -> Vec<(Term, Term)> {
    let normalizer = Normalizer::on_support(setting.context(), setting.support());
    let Ok(log_density) = normalizer.normalize(setting.log_density()) else { return Vec::new() };
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
fn tilts(setting: &Setting, name: &Name) -> Vec<(Term, Term)> {
    let normalizer = Normalizer::on_support(setting.context(), setting.support());
    let Ok(log_density) = normalizer.normalize(setting.log_density()) else { return Vec::new() };
    let mut found = BTreeSet::new();
    log_density.visit_generators(&mut |generator| {
        let Generator::Sum(sum) = generator else { return };
        let parts = exponentials(sum, name).and_then(|found| <[(Poly, Poly); 2]>::try_from(found).ok());
        let Some([(one, above), (other, below)]) = parts else { return };
        let slope = linear_parts(&normalizer, &one.minus(&other), name).filter(|(_, intercept)| intercept.is_zero());
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

/// (m, s) for a sum a x² + b x + c = a((x − m)² + s²) without real roots.
fn quadratic_arguments(setting: &Setting, name: &Name) -> Vec<(Term, Term)> {
    let normalizer = Normalizer::on_support(setting.context(), setting.support());
    let Ok(log_density) = normalizer.normalize(setting.log_density()) else { return Vec::new() };
    quadratics(&normalizer, &log_density, name).into_iter().collect()
}

/// (m, s) for each sum a((x − m)² + s²) in a normal form.
fn quadratics(normalizer: &Normalizer, poly: &Poly, name: &Name) -> BTreeSet<(Term, Term)> {
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
fn power_arguments(setting: &Setting, name: &Name) -> Vec<(Term, Term)> {
    let normalizer = Normalizer::on_support(setting.context(), setting.support());
    let Ok(log_density) = normalizer.normalize(setting.log_density()) else { return Vec::new() };
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
fn linear_parts(normalizer: &Normalizer, poly: &Poly, name: &Name) -> Option<(Poly, Poly)> {
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

/// The scope of the new variable: its domain, known to the normaliser.
fn scope(setting: &Setting, change: &Change) -> Rc<Normalizer> {
    let coordinates = vec![(change.variable.clone(), change.domain.clone())];
    let support = Support::Product { coordinates, inequalities: Vec::new() };
    Rc::new(Normalizer::on_support(setting.context(), &support))
}

/// The log-density in the new variable, with the logarithm of the slope.
fn pulled_back(setting: &Setting, name: &Name, change: &Change, map: &Term, scope: &Normalizer) -> Option<Poly> {
    let at = [(name.clone(), map.clone())];
    // Cancelled: with y = 1/(1 + t), y/(1 − y) is 1/t.
    let log_density = scope.canonical(&scope.normalize(&setting.log_density().substitute(&at)).ok()?).ok()?;
    if change.domain.is_discrete() {
        return Some(log_density);
    }
    let slope = scope.differentiate(&scope.normalize(map).ok()?, &change.variable).ok()?;
    let slope = match scope.sign(&slope)? {
        Sign::Positive => slope,
        Sign::Negative => slope.scaled(&-Rational::one()),
        _ => return None,
    };
    Some(log_density.plus(&scope.log(&slope).ok()?))
}

fn fit(setting: &Setting, name: &Name, support: &Domain, change: &Change) -> Vec<Instance> {
    let scope = scope(setting, change);
    let mut targets = Vec::new();
    for map in &change.maps {
        match pulled_back(setting, name, change, map, &scope) {
            Some(target) => targets.push((map.clone(), target)),
            None => return Vec::new(),
        }
    }
    let mut found = Vec::new();
    for lemma in LEMMAS.iter().filter(|lemma| lemma.factor.is_one()) {
        if lemma.domain.is_discrete() != change.domain.is_discrete() {
            continue;
        }
        if let Some(instance) = fit_lemma(support, change, lemma, &targets, &scope) {
            found.push(instance);
        }
    }
    found
}

/// Fits one lemma on every piece.
fn fit_lemma(
    support: &Domain,
    change: &Change,
    lemma: &'static Lemma,
    targets: &[(Term, Poly)],
    scope: &Rc<Normalizer>,
) -> Option<Instance> {
    let mirror = mirror(&lemma.domain, &change.variable).filter(|mirror| mirror.half == change.domain);
    let skip = match &mirror {
        Some(_) => 0,
        None => domain_fits(&lemma.domain, &change.domain, support)?,
    };
    let half = mirror.is_some();
    let mut pieces = Vec::new();
    for (map, target) in targets {
        let mut fitted = None;
        let circle = circle_assignment(lemma, change, target, scope);
        if let Some((structural, _)) = &circle {
            fitted = fit_linear(lemma, change, structural, target, scope);
        }
        let lagrange = lagrange::assignment(lemma, change, target, scope);
        if let Some((structural, _)) = &lagrange {
            fitted = fit_linear(lemma, change, structural, target, scope);
        }
        for structural in structural_assignments(lemma, change, target, scope) {
            if fitted.is_some() {
                break;
            }
            fitted = fit_linear(lemma, change, &structural, target, scope);
        }
        let fitted = fitted?;
        if let Some(mirror) = &mirror
            && !is_mirror_image(lemma, change, &fitted.parameters, scope, mirror)
        {
            return None;
        }
        pieces.push(PieceInstance {
            lemma,
            variable: change.variable.clone(),
            statistics: fitted.statistics,
            circle: circle.map(|(_, circle)| circle),
            lagrange: lagrange.map(|(_, lagrange)| lagrange),
            skip,
            half,
            map: map.clone(),
            parameters: fitted.parameters,
            constant: fitted.constant,
            factor: fitted.factor,
            scope: scope.clone(),
        });
    }
    Some(Instance { pieces })
}

/// Whether the lemma's kernel is its own mirror image, as its half needs it to be.
fn is_mirror_image(
    lemma: &Lemma,
    change: &Change,
    parameters: &[(Name, Term)],
    scope: &Normalizer,
    mirror: &Mirror,
) -> bool {
    let variable = (lemma.variable.clone(), Term::Variable(change.variable.clone()));
    let kernel = lemma.log_kernel.substitute(&[parameters, &[variable]].concat());
    is_mirrored(scope, &kernel, &change.variable, mirror).unwrap_or(false)
}

/// (c, a, b) for the lemma's kernel, a power of c − a cos t − b sin t, and that sum as it stands in the density.
fn circle_assignment(
    lemma: &Lemma,
    change: &Change,
    target: &Poly,
    scope: &Normalizer,
) -> Option<(Vec<(Name, Term)>, Circle)> {
    if (&lemma.domain, &change.domain) != (&Domain::Angle, &Domain::Angle) {
        return None;
    }
    let own = Normalizer::on_support(
        &lemma.context(),
        &Support::Product { coordinates: vec![(lemma.variable.clone(), Domain::Angle)], inequalities: Vec::new() },
    );
    let kernel = own.normalize(&lemma.log_kernel).ok()?;
    let wanted = circles(&own, &kernel, &lemma.variable);
    let mut found = circles(scope, target, &change.variable);
    if !target.contains_variable(&change.variable) {
        // A density that is the same all the way round: S = 1.
        found.push((Generator::Sum(Arc::new(Poly::one())), [Poly::one(), Poly::zero(), Poly::zero()]));
    }
    let ([(_, wanted)], [(sum, found)]) = (wanted.as_slice(), found.as_slice()) else { return None };
    let mut structural = Vec::new();
    for (wanted, found) in wanted.iter().zip(found) {
        let Term::Variable(name) = wanted.to_term() else { return None };
        structural.push((name, found.to_term()));
    }
    let names = structural.iter().map(|(name, _)| name.clone()).collect();
    let (_, power) = kernel.as_single()?;
    Some((structural, Circle { sum: sum.clone(), power: power.clone(), names }))
}

/// Each sum c − a cos x − b sin x in a normal form, with c, a and b.
pub(super) fn circles(normalizer: &Normalizer, poly: &Poly, name: &Name) -> Vec<(Generator, [Poly; 3])> {
    let mut found: Vec<(Generator, [Poly; 3])> = Vec::new();
    let own = Poly::generator(Generator::Variable(name.clone()));
    poly.visit_generators(&mut |generator| {
        let Generator::Sum(sum) = generator else { return };
        let mut parts = [Poly::zero(), Poly::zero(), Poly::zero()];
        for (monomial, coefficient) in sum.terms() {
            let (inside, outside) = normalizer.split_monomial(monomial, std::slice::from_ref(name));
            match inside.factors() {
                [] => parts[0].add_term(outside, coefficient.clone()),
                [(Generator::Call(function, angle), Exponent::Integer(1))] if angle[0] == own => {
                    let position = match function {
                        Function::Cos => 1,
                        Function::Sin => 2,
                        _ => return,
                    };
                    parts[position].add_term(outside, -coefficient.clone());
                }
                _ => return,
            }
        }
        let moves = !parts[1].is_zero() || !parts[2].is_zero();
        if moves && !found.iter().any(|(known, _)| known == generator) {
            found.push((generator.clone(), parts));
        }
    });
    found
}

/// (x, y) in 1 + x² + y² − 2x cos t − 2y sin t, up to a factor.
fn disc(normalizer: &Normalizer, circle: &[Poly; 3]) -> Option<Vec<Term>> {
    let [c, a, b] = circle;
    let root = c.times(c).ok()?.minus(&a.times(a).ok()?).minus(&b.times(b).ok()?);
    let root = normalizer.power(&normalizer.canonical(&root).ok()?, &Poly::constant(Rational::new(1.into(), 2.into())));
    let inverse = normalizer.power(&normalizer.canonical(&c.plus(&root.ok()?)).ok()?, &Poly::integer(-1)).ok()?;
    [a, b].into_iter().map(|part| Some(normalizer.canonical(&part.times(&inverse).ok()?).ok()?.to_term())).collect()
}

/// Whether a lemma's kind of domain is the one at hand; how many first terms are left out.
fn domain_fits(lemma: &Domain, at_hand: &Domain, support: &Domain) -> Option<u32> {
    let kind = |bound: &Option<Term>, own: &Option<Term>| match (bound, own) {
        (None, None) => true,
        (Some(Term::Number(a)), Some(Term::Number(b))) => a == b,
        // A symbolic end of the lemma takes whatever is at hand.
        (Some(bound), Some(_)) => bound.as_number().is_none(),
        _ => false,
    };
    match (lemma, at_hand) {
        (Domain::Angle, Domain::Angle) => Some(0),
        (Domain::Interval { lower, upper }, Domain::Interval { lower: own_lower, upper: own_upper }) => {
            (kind(lower, own_lower) && kind(upper, own_upper)).then_some(0)
        }
        (
            Domain::Integers { lower: Some(lower), upper },
            Domain::Integers { lower: Some(own_lower), upper: own_upper },
        ) => {
            let difference = own_lower.as_number()? - lower.as_number()?;
            let _ = support;
            let skip = crate::derive::small_integer(&difference)?;
            (kind(upper, own_upper) && (0..=16).contains(&skip)).then_some(skip as u32)
        }
        _ => None,
    }
}

/// Values for the parameters in which the kernel is not linear: ends of the domain, exponents of the
/// variable, offsets of Γ.
fn structural_assignments(lemma: &Lemma, change: &Change, target: &Poly, scope: &Normalizer) -> Vec<Vec<(Name, Term)>> {
    let mut assignments: Vec<Vec<(Name, Term)>> = vec![Vec::new()];
    let nonlinear: Vec<&Name> = lemma.fixed.iter().map(|(name, _)| name).chain(nonlinear_parameters(lemma)).collect();
    let mut candidates: Option<Vec<Term>> = None;
    for name in nonlinear {
        let values = match end_value(lemma, change, name) {
            Some(value) => vec![value],
            None => candidates.get_or_insert_with(|| structural_candidates(change, target, scope)).clone(),
        };
        assignments = assignments
            .iter()
            .flat_map(|assignment| {
                values.iter().map(|value| [assignment.clone(), vec![(name.clone(), value.clone())]].concat())
            })
            .collect();
        assignments.truncate(64);
    }
    assignments
}

/// Real parameters whose coefficient in the kernel is not free of real parameters.
fn nonlinear_parameters(lemma: &Lemma) -> Vec<&Name> {
    lemma.parameters.iter().map(|(name, _)| name).filter(|name| occurs_in_exponent(&lemma.log_kernel, name)).collect()
}

fn occurs_in_exponent(term: &Term, name: &Name) -> bool {
    match term {
        Term::Power(base, exponent) => exponent.contains(name) || occurs_in_exponent(base, name),
        _ => term.children().any(|child| occurs_in_exponent(child, name)),
    }
}

/// A parameter that is an end of the lemma's domain takes the end at hand.
fn end_value(lemma: &Lemma, change: &Change, name: &Name) -> Option<Term> {
    let own = Some(Term::Variable(name.clone()));
    match (&lemma.domain, &change.domain) {
        (Domain::Interval { lower, upper }, Domain::Interval { lower: low, upper: high })
        | (Domain::Integers { lower, upper }, Domain::Integers { lower: low, upper: high }) => {
            if *lower == own {
                low.clone()
            } else if *upper == own {
                high.clone()
            } else {
                None
            }
        }
        _ => None,
    }
}

fn structural_candidates(change: &Change, target: &Poly, scope: &Normalizer) -> Vec<Term> {
    let variable = Generator::Variable(change.variable.clone());
    let names = std::slice::from_ref(&change.variable);
    let mut found = Vec::new();
    let mut push = |term: Term| {
        if !found.contains(&term) {
            found.push(term);
        }
    };
    for (monomial, _) in target.terms() {
        let exponent = monomial.exponent(&variable).to_poly();
        if !exponent.is_zero() && !exponent.contains_any(names) {
            push(exponent.to_term());
        }
    }
    target.visit_generators(&mut |generator| {
        if let Generator::Call(Function::Gamma, arguments) = generator
            && let Some((slope, intercept)) = linear_parts(scope, &arguments[0], &change.variable)
            && slope.as_constant().is_some_and(|slope| slope.is_one())
        {
            push(intercept.minus(&Poly::one()).to_term());
            push(intercept.to_term());
        }
    });
    for (_, scale) in quadratics(scope, target, &change.variable) {
        push(scale);
    }
    push(Term::one());
    push(Term::integer(2));
    found
}

pub(super) struct Fitted {
    pub parameters: Vec<(Name, Term)>,
    pub constant: Poly,
    pub factor: Poly,
    statistics: Vec<(Name, Monomial, Rational)>,
}

/// Reads the real parameters off, the kernel being linear in them once the structural ones are set.
pub(super) fn fit_linear(
    lemma: &Lemma,
    change: &Change,
    structural: &[(Name, Term)],
    target: &Poly,
    scope: &Normalizer,
) -> Option<Fitted> {
    let own = Term::Variable(change.variable.clone());
    let names = std::slice::from_ref(&change.variable);
    let linear: Vec<&Name> = lemma
        .parameters
        .iter()
        .map(|(name, _)| name)
        .filter(|name| !structural.iter().any(|(own, _)| own == *name))
        .collect();
    let at = |values: &[(usize, i64)]| -> Option<Poly> {
        let mut replaced: Vec<(Name, Term)> = structural.to_vec();
        replaced.push((lemma.variable.clone(), own.clone()));
        for (position, name) in linear.iter().enumerate() {
            let value = values.iter().find(|(own, _)| *own == position).map_or(0, |(_, value)| *value);
            replaced.push(((*name).clone(), Term::integer(value)));
        }
        scope.normalize(&lemma.log_kernel.substitute(&replaced)).ok()
    };
    // kernel = base + Σ parameter · statistic
    let base = at(&[])?;
    let mut rest = target.minus(&base);
    let mut parameters = structural.to_vec();
    let mut statistics = Vec::new();
    for (position, name) in linear.iter().enumerate() {
        let statistic = at(&[(position, 1)])?.minus(&base);
        let (mut inside_found, mut factor) = (None, Rational::one());
        // The statistic may itself be a sum (t + t²): read the parameter at its first monomial.
        for (monomial, coefficient) in statistic.terms() {
            let (inside, outside) = scope.split_monomial(monomial, names);
            if outside.is_one() && !inside.is_one() {
                inside_found = Some(inside);
                factor = coefficient.clone();
                break;
            }
        }
        let inside_found = inside_found?;
        let mut value = Poly::zero();
        for (monomial, coefficient) in rest.terms() {
            let (inside, outside) = scope.split_monomial(monomial, names);
            if inside == inside_found {
                value.add_term(outside, coefficient / &factor);
            }
        }
        rest = rest.minus(&statistic.times(&value).ok()?);
        statistics.push(((*name).clone(), inside_found, factor));
        parameters.push(((*name).clone(), value.to_term()));
    }
    let rest = scope.canonical(&rest).ok()?;
    // k·log g with an integer k > 0 is a polynomial factor g^k of the density.
    let (mut free, mut factor) = (Poly::zero(), Poly::one());
    for (monomial, coefficient) in rest.terms() {
        let part = Poly::single(monomial.clone(), coefficient.clone());
        if !part.contains_any(names) {
            free.add_assign(&part);
            continue;
        }
        let [(Generator::Log(inner), Exponent::Integer(1))] = monomial.factors() else { return None };
        let power = crate::derive::small_integer(coefficient).filter(|power| (1..=12).contains(power))?;
        let own = match &**inner {
            Generator::Sum(sum) => (**sum).clone(),
            // Γ(t + 1) is no polynomial.
            Generator::Call(..) => return None,
            other => Poly::generator(other.clone()),
        };
        factor = factor.times(&own.expanded_power(power).ok()?).ok()?;
    }
    Some(Fitted { parameters, constant: scope.exp(&free).ok()?, factor, statistics })
}

impl Instance {
    /// A real parameter certainly outside the lemma's domain.
    fn is_impossible(&self, normalizer: &Normalizer) -> bool {
        self.pieces.iter().any(|piece| {
            let vanishes = |condition: &Term| {
                let value = normalizer.normalize(&condition.substitute(&piece.parameters));
                value.is_ok_and(|value| normalizer.is_zero(&value).unwrap_or(false))
            };
            piece.lemma.nonzero.iter().any(vanishes)
                || piece.conditions().any(|condition| {
                    let sign = normalizer.normalize(&condition).ok().and_then(|poly| normalizer.sign(&poly));
                    matches!(sign, Some(Sign::Negative | Sign::Nonpositive | Sign::Zero))
                })
        })
    }

    /// Every real parameter certainly inside.
    fn is_possible(&self, normalizer: &Normalizer) -> bool {
        self.pieces.iter().flat_map(PieceInstance::conditions).all(|condition| {
            normalizer.normalize(&condition).ok().and_then(|poly| normalizer.sign(&poly)) == Some(Sign::Positive)
        })
    }

    /// The certificate's pieces for `E[f]`, where f is a normal form in the variate.
    ///
    /// `None` when a factor of f is no statistic of the lemma.
    pub fn pieces(&self, variate: &Name, function: &Term) -> Option<Vec<Piece>> {
        self.pieces.iter().map(|piece| piece.certified(variate, function)).collect()
    }
}

impl PieceInstance {
    /// Terms that must be positive for the lemma to hold at these parameters.
    fn conditions(&self) -> impl Iterator<Item = Term> + '_ {
        let ends = self.lemma.parameters.iter().flat_map(|(name, domain)| {
            let value = self.parameters.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone());
            let (lower, upper) = match domain {
                Domain::Interval { lower, upper } => (lower.clone(), upper.clone()),
                _ => (None, None),
            };
            let above = lower.zip(value.clone()).map(|(lower, value)| value - lower);
            let below = upper.zip(value).map(|(upper, value)| upper - value);
            above.into_iter().chain(below)
        });
        ends.chain(self.lemma.positive.iter().map(|condition| condition.substitute(&self.parameters)))
    }

    fn certified(&self, variate: &Name, function: &Term) -> Option<Piece> {
        let at = [(variate.clone(), self.map.clone())];
        let function = self.scope.normalize(&function.substitute(&at)).ok()?.times(&self.factor).ok()?;
        let function = match self.frequency() {
            Some(times) if times > 1 => circle::in_full_angles(&function, &self.variable, times, &self.scope)?,
            _ => function,
        };
        // Cancelled first: t/(1 − t) − t²/(1 − t) is t, and its parts alone may diverge.
        let function = self.scope.canonical(&function).ok()?;
        let mut grouped: BTreeMap<Monomial, Poly> = BTreeMap::new();
        for (monomial, coefficient) in function.terms() {
            let (inside, outside) = self.scope.split_monomial(monomial, std::slice::from_ref(&self.variable));
            grouped.entry(inside).or_default().add_term(outside, coefficient.clone());
        }
        if grouped.is_empty() {
            // Zero on this piece, which is still a part of the support.
            grouped.insert(Monomial::one(), Poly::zero());
        }
        let mut parts = Vec::new();
        for (inside, outside) in grouped {
            for (shift, orders, factor) in self.combination(&inside)? {
                let constant = self.constant.times(&outside).ok()?.times(&factor).ok()?;
                parts.push(Part { constant: constant.to_term(), shift, orders });
            }
        }
        Some(Piece {
            lemma: self.lemma.name.to_string(),
            variable: self.variable.clone(),
            map: self.map.clone(),
            parameters: self.parameters.clone(),
            parts,
            skip: self.skip,
            half: self.half,
        })
    }

    /// k where x = t/k goes round the circle.
    fn frequency(&self) -> Option<i64> {
        let round = !self.half && self.lemma.domain == Domain::Angle;
        let times = if round { frequency(&self.scope, &self.map, &self.variable) } else { None };
        crate::derive::small_integer(&times?.as_constant()?)
    }

    /// A monomial in the variable as a combination of shifts and derivatives of the lemma.
    fn combination(&self, monomial: &Monomial) -> Option<Vec<Resolved>> {
        match &self.lagrange {
            Some(sum) => {
                let found = sum.resolve(self.lemma, &self.variable, &self.parameters, monomial, &self.scope)?;
                Some(found.into_iter().map(|(orders, factor)| (Vec::new(), orders, factor)).collect())
            }
            None => Some(vec![self.resolve(&self.scope, monomial)?]),
        }
    }

    /// A monomial in the variable as shifts and derivatives of the lemma.
    fn resolve(&self, scope: &Normalizer, monomial: &Monomial) -> Option<Resolved> {
        if let Some(circle) = &self.circle {
            return self.on_circle(circle, monomial);
        }
        let mut shift: Vec<(Name, Term)> = Vec::new();
        let mut orders: Vec<(Name, u32)> = Vec::new();
        let mut total = Rational::one();
        let mut free = Poly::zero();
        'factor: for (generator, exponent) in monomial.factors() {
            // t^k = e^(k log t): a shift of the parameter of log t.
            let log = Monomial::from_factors(vec![(Generator::Log(Arc::new(generator.clone())), Exponent::Integer(1))]);
            for (name, statistic, factor) in &self.statistics {
                if *statistic == log {
                    let by = exponent.to_poly().scaled(&factor.recip());
                    add_shift(&mut shift, name, by.to_term());
                    continue 'factor;
                }
            }
            // e^(k t): a shift of the parameter of t.
            let own = std::slice::from_ref(&self.variable);
            let power = if *generator == Generator::Euler {
                Some(exponent.to_poly())
            } else if !generator.contains_any(own) && exponent.to_poly().contains_any(own) {
                // g^(k t) = e^(k log g · t).
                let log = scope.log(&Poly::generator(generator.clone())).ok()?;
                Some(exponent.to_poly().times(&log).ok()?)
            } else {
                None
            };
            if let Some(power) = power {
                for (part, coefficient) in power.terms() {
                    let (inside, outside) = scope.split_monomial(part, std::slice::from_ref(&self.variable));
                    if inside.is_one() {
                        free.add_term(outside, coefficient.clone());
                        continue;
                    }
                    let (name, _, factor) = self.statistics.iter().find(|(_, statistic, _)| *statistic == inside)?;
                    add_shift(&mut shift, name, Poly::single(outside, coefficient / factor).to_term());
                }
                continue 'factor;
            }
            // A statistic itself: a derivative.
            for (name, statistic, factor) in &self.statistics {
                let [(own, own_exponent)] = statistic.factors() else { continue };
                if own != generator {
                    continue;
                }
                let times = match (exponent, own_exponent) {
                    (Exponent::Integer(power), Exponent::Integer(own)) if power % own == 0 => power / own,
                    (Exponent::Poly(power), Exponent::Poly(own)) => multiple(power, own)?,
                    _ => continue,
                };
                if !(1..=8).contains(&times) {
                    continue;
                }
                let times = u32::try_from(times).ok()?;
                match orders.iter_mut().find(|(own, _)| own == name) {
                    Some((_, order)) => *order += times,
                    None => orders.push((name.clone(), times)),
                }
                total /= num_traits::pow::Pow::pow(factor, times);
                continue 'factor;
            }
            return None;
        }
        Some((shift, orders, scope.exp(&free).ok()?.scaled(&total)))
    }
}

impl PieceInstance {
    /// ∂_a^i ∂_b^j ∂_c^l of S^p is p (p − 1) ⋯ (p − n + 1) (−cos)^i (−sin)^j S^(p−n) with n = i + j + l.
    fn on_circle(&self, circle: &Circle, monomial: &Monomial) -> Option<Resolved> {
        let (mut i, mut j, mut below) = (0, 0, 0);
        for (generator, exponent) in monomial.factors() {
            let Exponent::Integer(power) = exponent else { return None };
            match generator {
                sum if *sum == circle.sum => below = -power,
                Generator::Call(Function::Cos, _) => i = *power,
                Generator::Call(Function::Sin, _) => j = *power,
                _ => return None,
            }
        }
        let rest = below - i - j;
        if i < 0 || j < 0 || !(0..=8).contains(&rest) || below > 8 {
            return None;
        }
        let mut factor = if (i + j) % 2 == 0 { Rational::one() } else { -Rational::one() };
        for k in 0..below {
            let power = &circle.power - Rational::from_integer(k.into());
            if power.is_zero() {
                return None;
            }
            factor /= power;
        }
        let orders = circle.names.iter().zip([rest, i, j]).filter(|(_, order)| *order > 0);
        let orders = orders.map(|(name, order)| Some((name.clone(), u32::try_from(order).ok()?)));
        Some((Vec::new(), orders.collect::<Option<_>>()?, Poly::constant(factor)))
    }
}

/// k with power = k · own.
fn multiple(power: &Poly, own: &Poly) -> Option<i64> {
    let (monomial, coefficient) = own.terms().next()?;
    let ratio = power.coefficient(monomial) / coefficient;
    let times = crate::derive::small_integer(&ratio)?;
    (own.scaled(&ratio) == *power).then_some(times)
}

fn add_shift(shift: &mut Vec<(Name, Term)>, name: &Name, by: Term) {
    match shift.iter_mut().find(|(own, _)| own == name) {
        Some((_, term)) => *term = term.clone() + by,
        None => shift.push((name.clone(), by)),
    }
}
