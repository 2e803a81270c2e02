//! Finding the lemma that integrates a density: after which change of variable, and with which parameters.
//!
//! Nothing here is trusted: whatever is found becomes a certificate that the kernel checks, so the
//! search may be generous.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use num_traits::One;

use super::change::{Change, changes, fresh_variable, round_the_circle};
use super::circle;
use super::composed::composed_changes;
use super::fit::{domain_fits, fit, fit_linear, pulled_back, shapes};
use super::ramp;
use super::shape::Shape;
use super::suggestion::corners;
use crate::kernel::certificate::{Part, Piece};
use crate::kernel::domain::{Domain, Support};
use crate::kernel::lemma::{LEMMAS, Lemma};
use crate::kernel::moment::MOST_ORDER;
use crate::kernel::normal::Normalizer;
use crate::kernel::poly::{Exponent, Generator, Monomial, Poly};
use crate::kernel::section::slice;
use crate::kernel::setting::Setting;
use crate::kernel::sign::Sign;
use crate::kernel::symmetry::{frequency, mirror};
use crate::kernel::term::{Function, Name, Rational, Term};

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
    find_beside(setting, declared, &Term::one())
}

/// Instances for the density, of which something besides will be integrated: it may converge where the density
/// itself does not.
fn find_beside(setting: &Setting, declared: Option<&(Name, Term)>, rest: &Term) -> Vec<Instance> {
    let names = setting.support().names();
    let [name] = names.as_slice() else { return Vec::new() };
    let Ok(slice) = slice(setting.support(), setting.context(), name) else { return Vec::new() };
    let domain = &slice.domain;
    let mut found = Vec::new();
    let parameters = Normalizer::new(setting.context());
    let composed = std::iter::once(()).flat_map(|()| composed_changes(setting, name, domain));
    for change in changes(setting, name, domain, declared).chain(composed) {
        found.extend(
            fit(setting, name, domain, &change)
                .into_iter()
                .filter(|instance| (!rest.is_one() && instance.is_continued()) || !instance.is_impossible(&parameters)),
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

/// Moments of one monomial in the variate by a lemma whose kernel is the density times it: of (x + b)⁻² where the
/// density holds x + b.
pub fn with_monomial(setting: &Setting, monomial: &Monomial) -> Vec<Vec<Piece>> {
    let names = setting.support().names();
    let [name] = names.as_slice() else { return Vec::new() };
    let is_shape = |(generator, _): &(Generator, Exponent)| {
        matches!(generator, Generator::Sum(_) | Generator::Call(Function::BesselI, _))
    };
    if !monomial.factors().iter().any(is_shape) {
        return Vec::new();
    }
    // Of the other factors one may be a statistic of that lemma, and no part of its kernel.
    let others = monomial.factors().iter().filter(|factor| !is_shape(factor)).map(Some);
    std::iter::once(None).chain(others).flat_map(|apart| with_kernel(setting, name, monomial, apart)).collect()
}

/// Pieces for a monomial by lemmas whose kernel is the density times all of its factors but one.
fn with_kernel(
    setting: &Setting,
    name: &Name,
    monomial: &Monomial,
    apart: Option<&(Generator, Exponent)>,
) -> Vec<Vec<Piece>> {
    let within = monomial.factors().iter().filter(|factor| Some(*factor) != apart).cloned().collect();
    let term = |factors| Poly::single(Monomial::from_factors(factors), One::one()).to_term();
    let together = setting.log_density().clone() + term(within).log();
    let rest = apart.map_or(Term::one(), |factor| term(vec![factor.clone()]));
    let (support, context) = (setting.support().clone(), setting.context().clone());
    let Ok(together) = Setting::new(support, context, together, setting.witness().to_vec()) else { return Vec::new() };
    find_beside(&together, None, &rest).iter().filter_map(|instance| instance.pieces(name, &rest)).collect()
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

/// The scope of the new variable: its domain, known to the normaliser.
pub(super) fn scope(setting: &Setting, change: &Change) -> Rc<Normalizer> {
    let coordinates = vec![(change.variable.clone(), change.domain.clone())];
    let support = Support::Product { coordinates, inequalities: Vec::new() };
    Rc::new(Normalizer::on_support(setting.context(), &support))
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

    /// Lemmas whose derivatives hold beyond their own parameters' domains.
    fn is_continued(&self) -> bool {
        self.pieces.iter().all(|piece| !piece.lemma.continuations.is_empty())
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
