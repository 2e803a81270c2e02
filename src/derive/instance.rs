//! Finding the lemma that integrates a density: after which change of variable, and with which parameters.
//!
//! Nothing here is trusted: whatever is found becomes a certificate that the kernel checks, so the
//! search may be generous.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use num_traits::{One, Signed};

use super::change::{
    Change, changes, composed_changes, corners, fresh_variable, linear_parts, quadratics, root_of_linear,
    round_the_circle,
};
use super::circle::{self, circles};
use super::ramp;
use super::shape::{self, Shape};
use crate::kernel::certificate::{Part, Piece};
use crate::kernel::domain::{Domain, Support};
use crate::kernel::lemma::{LEMMAS, Lemma};
use crate::kernel::normal::Normalizer;
use crate::kernel::poly::{Exponent, Generator, Monomial, Poly};
use crate::kernel::section::slice;
use crate::kernel::sign::Sign;
use crate::kernel::symmetry::{Mirror, frequency, is_mirrored, mirror};
use crate::kernel::term::{Function, Name, Rational, Term};
use crate::kernel::theorem::{MOST_ORDER, Setting};

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
    pub shape: Shape,
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
pub type Resolved = (Vec<(Name, Term)>, Vec<(Name, u32)>, Poly);

/// All instances that fit, best first; usually there is one.
pub fn find(setting: &Setting, declared: Option<&(Name, Term)>) -> Vec<Instance> {
    let names = setting.support().names();
    let [name] = names.as_slice() else { return Vec::new() };
    let Ok(slice) = slice(setting.support(), setting.context(), name) else { return Vec::new() };
    let domain = &slice.domain;
    let mut found = Vec::new();
    let parameters = Normalizer::new(setting.context());
    let composed = std::iter::once(()).flat_map(|()| composed_changes(setting, name, domain));
    for change in changes(setting, name, domain, declared).chain(composed) {
        found.extend(
            fit(setting, name, domain, &change).into_iter().filter(|instance| !instance.is_impossible(&parameters)),
        );
        let is_good = |instance: &Instance| instance.is_possible(&parameters) && !instance.is_elementary(&parameters);
        if found.iter().any(is_good) {
            break;
        }
    }
    found.extend(cut_at_corner(setting, name, domain, &parameters));
    // What surely meets the lemma's conditions first.
    found.sort_by_key(|instance| (!instance.is_possible(&parameters), instance.is_elementary(&parameters)));
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
    let own = lemma.scope();
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
    let mut corners = corners(setting, name).into_iter().filter_map(|centre| whole(&centre));
    // Of several the last, where all before it can be counted.
    let corner = if lower.is_some() { corners.max()? } else { corners.next()? };
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
        shape: Shape::Plain,
        skip: 0,
        half: false,
        map,
        parameters: Vec::new(),
        constant: scope.exp(&target).ok()?,
        factor: Poly::one(),
        scope,
    })
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
        let special = shape::assignments(lemma, change, target, scope);
        let plain = std::iter::once(()).flat_map(|()| {
            let structural = structural_assignments(lemma, change, target, scope);
            structural.into_iter().map(|structural| (structural, Shape::Plain))
        });
        let mut fits = special
            .into_iter()
            .chain(plain)
            .filter_map(|(structural, shape)| Some((fit_linear(lemma, change, &structural, target, scope)?, shape)));
        let (fitted, shape) = fits.next()?;
        if let Some(mirror) = &mirror
            && !is_mirror_image(lemma, change, &fitted.parameters, scope, mirror)
        {
            return None;
        }
        pieces.push(PieceInstance {
            lemma,
            variable: change.variable.clone(),
            statistics: fitted.statistics,
            shape,
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
pub(super) fn end_value(lemma: &Lemma, change: &Change, name: &Name) -> Option<Term> {
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
    let (mut free, mut moving) = (Poly::zero(), Poly::zero());
    for (monomial, coefficient) in rest.terms() {
        let part = Poly::single(monomial.clone(), coefficient.clone());
        if part.contains_any(names) { &mut moving } else { &mut free }.add_assign(&part);
    }
    if moving.terms().any(|(_, coefficient)| coefficient.is_negative()) {
        // log(a t + a) − log(t + 1) is log a.
        let quotient = scope.canonical(&scope.exp(&moving).ok()?).ok()?;
        let constant = (!quotient.contains_any(names)).then_some(quotient)?;
        let constant = constant.times(&scope.exp(&free).ok()?).ok()?;
        return Some(Fitted { parameters, constant, factor: Poly::one(), statistics });
    }
    // k·log g with an integer k > 0 is a polynomial factor g^k of the density.
    let mut factor = Poly::one();
    for (monomial, coefficient) in moving.terms() {
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
            let vanishes = |condition: &Term| piece.vanishes(condition, normalizer);
            (piece.lemma.nonzero.iter().any(vanishes) && !piece.is_at_pole(normalizer))
                || piece.conditions().any(|condition| {
                    let sign = normalizer.normalize(&condition).ok().and_then(|poly| normalizer.sign(&poly));
                    matches!(sign, Some(Sign::Negative | Sign::Nonpositive | Sign::Zero))
                })
        })
    }

    /// The integral of a power of a linear function, or of 1, is what any density may come down to: others are tried
    /// first.
    fn is_elementary(&self, normalizer: &Normalizer) -> bool {
        // 1 − e^(−x) beside a kernel is itself a power to some other one.
        let is_power = |factor: &Poly| {
            let mut exponents = factor.terms().flat_map(|(monomial, _)| monomial.factors());
            exponents.any(|(_, exponent)| matches!(exponent, Exponent::Poly(_)))
        };
        self.pieces
            .iter()
            .any(|piece| ramp::is_ramp(piece.lemma) || piece.is_at_pole(normalizer) || is_power(&piece.factor))
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
    /// Whether a term in the lemma's parameters is zero at theirs.
    fn vanishes(&self, term: &Term, normalizer: &Normalizer) -> bool {
        let value = normalizer.normalize(&term.substitute(&self.parameters));
        value.is_ok_and(|value| normalizer.is_zero(&value).unwrap_or(false))
    }

    /// Whether the lemma's value has a pole here which its integral has not.
    fn is_at_pole(&self, normalizer: &Normalizer) -> bool {
        self.lemma
            .removable
            .iter()
            .any(|(name, depth)| self.vanishes(&(Term::Variable(name.clone()) + Term::integer(*depth)), normalizer))
    }

    /// Terms that must be positive for the lemma to hold at these parameters.
    fn conditions(&self) -> impl Iterator<Item = Term> + '_ {
        let ends = self.lemma.parameters.iter().chain(&self.lemma.fixed).flat_map(|(name, domain)| {
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
        let function = self.scope.conjugate_logarithms(&function).ok()?.unwrap_or(function);
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

    /// The integral of the lemma's kernel times the factor beside it, as a function of the lemma's parameters
    /// under other names.
    pub fn integral(&self, renamed: &[(Name, Term)]) -> Option<Term> {
        if self.factor == Poly::one() {
            return Some(self.lemma.value.substitute(renamed));
        }
        let mut parts = Vec::new();
        for (monomial, coefficient) in self.factor.terms() {
            let (inside, outside) = self.scope.split_monomial(monomial, std::slice::from_ref(&self.variable));
            for (shift, orders, factor) in self.combination(&inside)? {
                let shifted: Vec<(Name, Term)> = renamed
                    .iter()
                    .map(|(name, value)| {
                        let by = shift.iter().find(|(own, _)| own == name).map(|(_, by)| by.clone());
                        (name.clone(), by.map_or(value.clone(), |by| value.clone() + by))
                    })
                    .collect();
                let mut value = self.lemma.value.substitute(&shifted);
                for (name, order) in orders {
                    let (_, Term::Variable(by)) = renamed.iter().find(|(own, _)| *own == name)? else { return None };
                    for _ in 0..order {
                        value = value.derivative(by);
                    }
                }
                let front = Poly::single(outside.clone(), coefficient.clone()).times(&factor).ok()?;
                parts.push(front.to_term() * value);
            }
        }
        Some(Term::sum(parts))
    }

    /// k where x = t/k goes round the circle.
    fn frequency(&self) -> Option<i64> {
        let round = !self.half && self.lemma.domain == Domain::Angle;
        let times = if round { frequency(&self.scope, &self.map, &self.variable) } else { None };
        crate::derive::small_integer(&times?.as_constant()?)
    }

    /// A monomial in the variable as a combination of shifts and derivatives of the lemma.
    fn combination(&self, monomial: &Monomial) -> Option<Vec<Resolved>> {
        match &self.shape {
            Shape::Plain => match self.resolve(&self.scope, monomial) {
                Some(resolved) => Some(vec![resolved]),
                None => ramp::in_powers(self, monomial),
            },
            shape => shape.resolve(self, monomial),
        }
    }

    /// A monomial in the variable as shifts and derivatives of the lemma.
    pub(super) fn resolve(&self, scope: &Normalizer, monomial: &Monomial) -> Option<Resolved> {
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
                if !(1..=i64::from(MOST_ORDER)).contains(&times) {
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

/// k with power = k · own.
pub(super) fn multiple(power: &Poly, own: &Poly) -> Option<i64> {
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
