//! Fits a lemma's kernel to a density after a change of variable.

use std::collections::BTreeSet;
use std::rc::Rc;

use num_traits::{One, Signed};

use super::change::Change;
use super::circle::circles;
use super::instance::{Instance, PieceInstance, scope};
use super::shape;
use super::shape::Shape;
use super::suggestion::{linear_parts, quadratics, root_of_linear};
use crate::kernel::domain::Domain;
use crate::kernel::lemma::{LEMMAS, Lemma};
use crate::kernel::normal::Normalizer;
use crate::kernel::poly::{Exponent, Generator, Monomial, Poly};
use crate::kernel::setting::Setting;
use crate::kernel::sign::Sign;
use crate::kernel::symmetry::{Mirror, is_mirrored, mirror};
use crate::kernel::term::{Function, Name, Rational, Term};

/// So many factors before a Γ are read as part of its argument.
const MOST_FACTORS: i64 = 2;

/// What tells where a function is folded or centred: (n) in |x − n|, (n, c) in (x − n)² + c², (p, q) in
/// 1 + p² + q² − 2p cos x − 2q sin x.
pub(super) fn shapes(normalizer: &Normalizer, poly: &Poly, name: &Name) -> Vec<Vec<Term>> {
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

/// The log-density in the new variable, with the logarithm of the slope.
pub(super) fn pulled_back(
    setting: &Setting,
    name: &Name,
    change: &Change,
    map: &Term,
    scope: &Normalizer,
) -> Option<Poly> {
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

pub(super) fn fit(setting: &Setting, name: &Name, support: &Domain, change: &Change) -> Vec<Instance> {
    let scope = scope(setting, change);
    let mut targets = Vec::new();
    for map in &change.maps {
        match pulled_back(setting, name, change, map, &scope) {
            Some(target) => targets.push((map.clone(), target)),
            None => return Vec::new(),
        }
    }
    let found = |targets: &[(Term, Poly)]| -> Vec<Instance> {
        let fitting = LEMMAS.iter().filter(|lemma| lemma.factor.is_one());
        let fitting = fitting.filter(|lemma| lemma.domain.is_discrete() == change.domain.is_discrete());
        fitting.filter_map(|lemma| fit_lemma(support, change, lemma, targets, &scope)).collect()
    };
    let instances = found(&targets);
    if !instances.is_empty() || !change.domain.is_discrete() {
        return instances;
    }
    // (2n)! is 4ⁿ n! Γ(n + ½)/√π.
    let halved = targets.into_iter().map(|(map, target)| Some((map, scope.halved(&target, &change.variable).ok()??)));
    halved.collect::<Option<Vec<_>>>().map_or_else(Vec::new, |targets| found(&targets))
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
pub(super) fn domain_fits(lemma: &Domain, at_hand: &Domain, support: &Domain) -> Option<u32> {
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

/// Real parameters in which the kernel is not linear.
fn nonlinear_parameters(lemma: &Lemma) -> Vec<&Name> {
    lemma.parameters.iter().map(|(name, _)| name).filter(|name| occurs_nonlinearly(&lemma.log_kernel, name)).collect()
}

fn occurs_nonlinearly(term: &Term, name: &Name) -> bool {
    match term {
        Term::Power(base, exponent) => exponent.contains(name) || occurs_nonlinearly(base, name),
        Term::Apply(Function::BesselI, arguments) => arguments.iter().any(|argument| argument.contains(name)),
        _ => term.children().any(|child| occurs_nonlinearly(child, name)),
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
    let (mut gammas, mut has_factors) = (Vec::new(), false);
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
            gammas.push(intercept);
        }
        if let Generator::Log(inner) = generator
            && let Generator::Sum(sum) = &**inner
        {
            has_factors |= sum.contains_any(names);
        }
        if let Generator::Call(Function::BesselI, arguments) = generator
            && let Some((monomial, number)) = arguments[1].as_single()
        {
            let (_, outside) = scope.split_monomial(monomial, names);
            push(arguments[0].to_term());
            push(Poly::single(outside, number.clone()).to_term());
        }
    });
    // Γ(t + a + 2) is written (t + a)(t + a + 1) Γ(t + a).
    if has_factors {
        let shifts = (1..=MOST_FACTORS).map(Poly::integer);
        shifts.for_each(|shift| gammas.iter().for_each(|own: &Poly| push(own.plus(&shift).to_term())));
    }
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
