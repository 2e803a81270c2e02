//! Everything about one family: the way of MATH from a log-density to a report.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::claim;
use super::divergent;
use super::exchange::Exchange;
use super::generic::{GenericProof, MOST_WRITTEN_TERMS, instances};
use super::quantity::further_quantities;
use super::regularity::{INTERCHANGE, regularity};
use super::report::{
    Check, CheckKind, Citation, Derivable, Derivation, DerivationLink, Equation, Report, Status, assumed,
};
use super::search::{Failure, Search};
use super::setting::{log_density, moving_support, setting};
use super::tensor::SymmetricTensor;
use crate::kernel::certificate::{Certificate, Proposition, Rule};
use crate::kernel::division::divide_exactly;
use crate::kernel::domain::{Domain, Support};
use crate::kernel::lemma::Lemma;
use crate::kernel::poly::{Exponent, Generator, Monomial, Poly};
use crate::kernel::sign::Sign;
use crate::kernel::term::{Function, Name, Term};
use crate::kernel::theorem::{Rejection, Theorem};
use crate::model::family::Family;
use crate::numeric::{enclose, sample_points};

/// A chain that splits an expectation into more parts than this is not written out.
const MOST_SHOWN_PREMISES: usize = 16;
/// With more parameters, those that may be exchanged are looked for, and one entry of each kind is worked out.
pub(super) const MOST_WRITTEN_PARAMETERS: usize = 8;
/// The reason of a link that needs none.
const ALGEBRA: &str = "algebra";

/// A report with the certificate that the kernel replayed for it.
pub struct Derived {
    pub report: Report,
    pub certificate: Certificate,
}

/// Works a family out.
///
/// Fails only when there is no setting to work in: no parameter values meet the declared
/// conditions. Everything else, failures included, is in the report.
pub fn derive(family: &Family) -> Result<Derived, Rejection> {
    derive_with(family, false)
}

/// Like [`derive()`], with the chains of equalities behind every result written out where asked.
pub fn derive_with(family: &Family, explain: bool) -> Result<Derived, Rejection> {
    derive_as_asked(family, &Request { explain, ..Request::default() })
}

/// What is wanted besides the usual.
#[derive(Default)]
pub struct Request<'a> {
    /// The chains of equalities behind every result.
    pub explain: bool,
    /// A generic proof, for this family's values beside each of its steps.
    pub generic: Option<&'a GenericProof<'a>>,
    /// Entropy, moments of T and the like.
    pub further: bool,
    /// New coordinates, for the Fisher information in them.
    pub coordinates: Coordinates,
}

/// Coordinates of a family besides its parameters.
#[derive(Default)]
pub enum Coordinates {
    #[default]
    None,
    /// The natural ones of the exponential-family form.
    Natural,
    /// Any, as functions of the parameters.
    Given(Vec<(Name, Term)>),
}

/// Like [`derive()`], with what is asked for.
pub fn derive_as_asked(family: &Family, request: &Request) -> Result<Derived, Rejection> {
    let setting = setting(family)?;
    let mut search = Search::new(&setting, family.substitution.as_ref());
    let parameters: Vec<Name> = family.parameters.iter().map(|(name, _)| name.clone()).collect();
    let explain = request.explain;
    let exchange = match parameters.len() > MOST_WRITTEN_PARAMETERS {
        true => Exchange::find(&mut search, &parameters),
        false => Exchange::none(parameters.len()),
    };
    let report = empty_report(family, exchange);
    let mut work = Work { family, search, report, parameters, explain, differentiable: true };
    work.run();
    if work.report.status == Status::Proved {
        if let Some(proof) = request.generic.filter(|_| work.differentiable) {
            work.report.generic = instances(&mut work.search, &work.report, proof);
        }
        work.report.further =
            further_quantities(&mut work.search, family, &work.report, &request.coordinates, request.further);
    }
    Ok(Derived { certificate: work.search.into_certificate(), report: work.report })
}

/// What is said of points without mass.
fn left_out(family: &Family) -> Vec<String> {
    match family.massless.left_out.as_slice() {
        [] => Vec::new(),
        [place] => vec![format!("the mass is 0 at {place}, which is left out of the support")],
        [place, others @ ..] => {
            let count = others.len();
            let points = if count == 1 { "point" } else { "points" };
            vec![format!("the mass is 0 at {place} and {count} other {points}, which are left out of the support")]
        }
    }
}

fn empty_report(family: &Family, exchange: Exchange) -> Report {
    let count = family.parameters.len();
    let exchange = Arc::new(exchange);
    Report {
        family: family.clone(),
        status: Status::NotProved,
        log_density: log_density(family),
        exponential: None,
        not_exponential: None,
        score: SymmetricTensor::new(1, count, exchange.clone()),
        hessian: SymmetricTensor::new(2, count, exchange.clone()),
        fisher: SymmetricTensor::new(2, count, exchange.clone()),
        exchange,
        null_direction: None,
        mean: None,
        kl: None,
        kl_taylor: None,
        checks: Vec::new(),
        claims: Vec::new(),
        remarks: left_out(family),
        derivations: Vec::new(),
        generic: Vec::new(),
        further: Vec::new(),
        values: None,
    }
}

pub(super) struct Work<'a> {
    pub(super) family: &'a Family,
    pub(super) search: Search,
    pub(super) report: Report,
    pub(super) parameters: Vec<Name>,
    explain: bool,
    /// Whether the log-density is differentiable in the parameters for every value of the variate.
    pub(super) differentiable: bool,
}

impl Work<'_> {
    fn run(&mut self) {
        let formal = Term::log_density();
        let log_density = match self.search.checker.pointwise().normalize(&formal) {
            Ok(poly) => poly,
            Err(obstacle) => {
                self.no_log_density(&obstacle);
                return;
            }
        };
        let normalized = self.normalization();
        if !self.report.exchange.is_trivial() {
            let steps: Vec<&Theorem> = self.report.exchange.steps().map(|step| self.search.theorem(step)).collect();
            let own = proved(CheckKind::Exchange, Vec::new(), &steps);
            self.report.checks.push(own);
        }
        self.exponential_form(&log_density);
        self.score_and_hessian();
        self.regularity(&log_density, normalized);
        if normalized {
            // With a moving support the score is not what is differentiated under the integral.
            if moving_support(self.family).is_empty() {
                self.zero_mean_score();
                self.fisher();
                self.mean();
                self.kl();
            } else {
                self.fisher_without_interchange();
                self.mean();
            }
        }
        let doubtful = self.doubtful_assumptions();
        for check in &mut self.report.checks {
            if let Some(assumption) = check.assumptions.iter().find(|own| doubtful.contains(*own)) {
                check.status = Status::NotProved;
                check.reason = Some(doubt(assumption));
            }
        }
        self.decide_status();
        for own in &self.family.claims {
            let mut outcome = claim::decide(&mut self.search, &self.report, own);
            if let Some(assumption) = outcome.assumptions.iter().find(|own| doubtful.contains(*own)) {
                outcome.status = Status::NotProved;
                outcome.reason = Some(doubt(assumption));
            }
            self.report.claims.push(outcome);
        }
    }

    /// What theorems assume not to be zero and no parameters were found to keep from it: where it is
    /// zero throughout, in a way that no normal form sees, they say nothing.
    fn doubtful_assumptions(&self) -> BTreeSet<String> {
        let context = self.search.setting().context();
        let terms: BTreeSet<&Term> = self.search.theorems().iter().flat_map(Theorem::assumptions).collect();
        let terms: Vec<&Term> = terms
            .into_iter()
            .filter(|term| term.variables().iter().all(|name| context.domains.contains_key(name)))
            .collect();
        if terms.is_empty() {
            return BTreeSet::new();
        }
        let points = sample_points(context, 12);
        let nonzero =
            |term: &Term| points.iter().any(|point| enclose(term, point).is_some_and(|range| !range.contains_zero()));
        terms.into_iter().filter(|term| !nonzero(term)).map(assumed).collect()
    }

    // ——— normalization ———

    // ——— form ———

    // ——— derivatives ———

    fn score_and_hessian(&mut self) {
        for (order, kind) in [(1, CheckKind::Score), (2, CheckKind::Hessian)] {
            let mut tensor = self.tensor(order);
            let mut equations = Vec::new();
            let mut theorems = Vec::new();
            for indices in self.kinds(order) {
                let formal = self.differentiated(Term::log_density(), &indices);
                let Some((value, theorem)) = self.worked_out(&formal) else {
                    let reason = Some("the log-density was not differentiated".to_owned());
                    self.report.checks.push(Check { reason, ..check(kind, Status::NotProved) });
                    return;
                };
                tensor.set(&indices, value.clone());
                equations.push(Equation { left: formal, right: value });
                theorems.push(theorem);
            }
            match kind {
                CheckKind::Score => self.report.score = tensor,
                _ => self.report.hessian = tensor,
            }
            let theorems: Vec<&Theorem> = theorems.iter().collect();
            self.report.checks.push(proved(kind, equations, &theorems));
        }
    }

    /// Indices of the entries that are worked out.
    pub(super) fn kinds(&self, order: usize) -> Vec<Vec<usize>> {
        self.report.exchange.kinds(order, self.parameters.len())
    }

    /// A tensor over the parameters, without entries yet.
    pub(super) fn tensor(&self, order: usize) -> SymmetricTensor {
        SymmetricTensor::new(order, self.parameters.len(), self.report.exchange.clone())
    }

    /// A term differentiated by the parameters of these indices.
    fn differentiated(&self, term: Term, indices: &[usize]) -> Term {
        indices.iter().fold(term, |term, index| term.derivative(&self.parameters[*index]))
    }

    /// The value of a formal derivative, and the theorem that it is that.
    fn worked_out(&mut self, formal: &Term) -> Option<(Term, Theorem)> {
        let poly = self.search.checker.pointwise().normalize(formal).ok()?;
        let value = self.search.simplifier.simplify(&poly);
        let position = self.search.equal(formal.clone(), value.clone()).ok()?;
        Some((value, self.search.theorem(position).clone()))
    }

    fn regularity(&mut self, log_density: &Poly, normalized: bool) {
        // |x − θ| has a corner that moves with the parameter; a power of it, or a function, may have none.
        let (mut kink, mut doubtful) = (None, false);
        let pointwise = self.search.checker.pointwise();
        let variates = self.family.variate.names();
        let moves = |arguments: &[Poly]| {
            arguments[0].contains_any(&self.parameters)
                && arguments[0].contains_any(&variates)
                && !pointwise.sign(&arguments[0]).is_some_and(Sign::is_strict)
        };
        // What each |u| is multiplied by.
        let mut beside: BTreeMap<Generator, Poly> = BTreeMap::new();
        for (monomial, coefficient) in log_density.terms() {
            for (generator, exponent) in monomial.factors() {
                match generator {
                    Generator::Call(Function::Abs, arguments) if moves(arguments) => match exponent {
                        Exponent::Integer(1) => {
                            let others = monomial.factors().iter().filter(|(own, _)| own != generator).cloned();
                            let others = Monomial::from_factors(others.collect());
                            beside.entry(generator.clone()).or_default().add_term(others, coefficient.clone());
                        }
                        _ => doubtful = true,
                    },
                    other => Poly::generator(other.clone()).visit_generators(&mut |inner| {
                        doubtful |= matches!(inner, Generator::Call(Function::Abs, arguments) if moves(arguments));
                    }),
                }
            }
        }
        for (generator, factor) in beside {
            let Generator::Call(_, arguments) = &generator else { continue };
            let divided = |factor: &Poly| divide_exactly(factor, &arguments[0]).ok().flatten();
            // u² |u| is twice differentiable, u |u| once, |u| has a corner.
            match divided(&factor).map(|once| divided(&once)) {
                None if self.is_reached(&arguments[0]) => kink = Some(arguments[0].to_term().to_string()),
                None => doubtful = true,
                Some(None) => doubtful = true,
                Some(Some(_)) => {}
            }
        }
        // Roots of squares may make up for it.
        if log_density.terms().flat_map(|(monomial, _)| monomial.factors()).any(|(generator, exponent)| {
            matches!(exponent, Exponent::Poly(_)) && matches!(generator, Generator::Sum(_)) && {
                let own = Poly::generator(generator.clone());
                own.contains_any(&variates)
                    && own.contains_any(&self.parameters)
                    && !pointwise.sign(&own).is_some_and(Sign::is_strict)
            }
        }) {
            doubtful |= kink.take().is_some();
        }
        if kink.is_none() && doubtful {
            // Neither the Hessian identity nor its failure is claimed.
            self.differentiable = false;
            let reason = "the log-density may have a corner that moves with a parameter".to_owned();
            self.report.checks.push(Check { reason: Some(reason), ..check(CheckKind::Regularity, Status::NotProved) });
            return;
        }
        self.differentiable = kink.is_none();
        let finite = self.search.is_enumerated();
        let mut own = regularity(self.family, self.report.exponential.is_some(), finite, normalized, kink);
        // η is as smooth as the score shows it to be: |a| is not, where a is zero.
        let derivatives = [CheckKind::Score, CheckKind::Hessian];
        let smooth = self.report.exponential.is_some() || finite;
        for check in self.report.checks.iter().filter(|check| smooth && derivatives.contains(&check.kind)) {
            for assumption in &check.assumptions {
                if !own.assumptions.contains(assumption) {
                    own.assumptions.push(assumption.clone());
                }
            }
        }
        let differentiated = |check: &Check| check.kind == CheckKind::Hessian && matches!(check.status, Status::Proved);
        if own.status == Status::Proved && !self.report.checks.iter().any(differentiated) {
            own.status = Status::NotProved;
            own.reason = Some("the log-density was not differentiated twice".to_owned());
        }
        if own.status == Status::Refuted {
            self.report.remarks.extend(own.reason.clone());
        }
        self.report.checks.push(own);
    }

    /// Whether c g + d is certainly zero somewhere on the support, g being a variate on the whole line, or the
    /// logarithm of one on the half line.
    fn is_reached(&self, argument: &Poly) -> bool {
        let pointwise = self.search.checker.pointwise();
        let Support::Product { coordinates, inequalities } = &self.family.variate else { return false };
        inequalities.is_empty()
            && coordinates.iter().any(|(name, domain)| {
                let own = Generator::Variable(name.clone());
                let whole = match domain {
                    Domain::Interval { lower: None, upper: None } => own,
                    Domain::Interval { lower: Some(lower), upper: None } if lower.is_zero() => {
                        Generator::Log(Arc::new(own))
                    }
                    _ => return false,
                };
                let whole = Monomial::from_factors(vec![(whole, Exponent::Integer(1))]);
                pointwise.linear_in(argument, name, &whole).is_some_and(|(slope, _)| {
                    pointwise.needs(&slope.to_term().recip()).is_some_and(|needs| needs.is_empty())
                })
            })
    }

    // ——— expectations ———

    pub(super) fn zero_mean_score(&mut self) {
        let mut equations = Vec::new();
        let mut theorems = Vec::new();
        for indices in self.kinds(1) {
            let score = self.differentiated(Term::log_density(), &indices);
            match self.search.expectation_is(&score, &Term::zero()) {
                Ok(position) => {
                    self.explain(Derivable::ScoreMean, position);
                    equations.push(Equation { left: score.expectation(), right: Term::zero() });
                    theorems.push(self.search.theorem(position).clone());
                }
                Err(_) if self.differentiable && moving_support(self.family).is_empty() => {
                    // No lemma gives its parts, but the score of whatever is normalised has mean zero.
                    let equations = self.parameters.iter().map(|name| Equation {
                        left: Term::log_density().derivative(name).expectation(),
                        right: Term::zero(),
                    });
                    self.report.checks.push(Check {
                        equations: equations.collect(),
                        assumptions: vec![INTERCHANGE.to_owned()],
                        reason: Some("the normalization, differentiated under the integral".to_owned()),
                        ..check(CheckKind::ZeroMeanScore, Status::Proved)
                    });
                    return;
                }
                Err(failure) => {
                    self.failed(CheckKind::ZeroMeanScore, &failure);
                    return;
                }
            }
        }
        let theorems: Vec<&Theorem> = theorems.iter().collect();
        self.report.checks.push(proved(CheckKind::ZeroMeanScore, equations, &theorems));
    }

    fn mean(&mut self) {
        let mut means = Vec::new();
        let mut equations = Vec::new();
        let mut theorems = Vec::new();
        let mut of_name: BTreeMap<Name, Term> = BTreeMap::new();
        for name in self.family.variate.names() {
            // One coordinate stands for those that it can be exchanged with.
            if let Some((first, renaming)) = self.report.exchange.coordinate(&name)
                && let Some(value) = of_name.get(first)
            {
                means.push(renaming.term(value));
                continue;
            }
            let own = Term::Variable(name.clone());
            let position = match self.search.expectation(&own) {
                Ok(position) => position,
                Err(failure) => {
                    match self.no_mean(&failure) {
                        Some(reason) => {
                            let status = Status::Refuted;
                            self.report.checks.push(Check { reason: Some(reason), ..check(CheckKind::Mean, status) });
                        }
                        None => self.failed(CheckKind::Mean, &failure),
                    }
                    return;
                }
            };
            let value = self.search.value(position);
            equations.push(Equation { left: own.expectation(), right: value.clone() });
            theorems.push(self.search.theorem(position).clone());
            of_name.insert(name, value.clone());
            means.push(value);
        }
        let theorems: Vec<&Theorem> = theorems.iter().collect();
        self.report.checks.push(proved(CheckKind::Mean, equations, &theorems));
        self.report.mean = Some(means);
    }

    /// What shows that the only variate has no mean, where its lemma converges for no parameters.
    fn no_mean(&self, failure: &Failure) -> Option<String> {
        let Failure::Rejected(Rejection::Condition { term, .. }) = failure else { return None };
        self.search.checker.parameters().normalize(term).ok()?.as_constant()?;
        let [name] = &self.family.variate.names()[..] else { return None };
        let size = Term::apply(Function::Abs, vec![Term::Variable(name.clone())]);
        let divergence = divergent::find(self.search.setting(), &size)?;
        Some(format!("there is no mean: {}", divergence.sentence(&format!("`{size}` times the density"), name)))
    }

    // ——— telling ———

    pub(super) fn failed(&mut self, kind: CheckKind, failure: &Failure) {
        self.report.checks.push(Check { reason: Some(failure.to_string()), ..check(kind, Status::NotProved) });
    }

    /// The chain behind an expectation: worked out, split by linearity, each moment by its lemma.
    pub(super) fn explain(&mut self, what: Derivable, position: usize) {
        if !self.explain {
            return;
        }
        let step = self.search.step(position).clone();
        let (Proposition::Expectation { of, is }, Rule::Linearity(premises)) = (&step.proposition, &step.rule) else {
            return;
        };
        if premises.len() > MOST_SHOWN_PREMISES {
            return;
        }
        let mut links: Vec<DerivationLink> = Vec::new();
        // A step that shows nothing new lends its reason to the one before.
        let mut link = |right: Term, reason: &str| match links.last_mut() {
            Some(last) if last.right == right => {
                if reason != ALGEBRA {
                    last.reason = format!("{}, {reason}", last.reason);
                }
            }
            _ => links.push(DerivationLink { right, reason: reason.to_owned() }),
        };
        let pointwise = self.search.checker.pointwise();
        if let Ok(poly) = pointwise.normalize(of)
            && !matches!(of, Term::Number(_))
            && poly.len() <= MOST_WRITTEN_TERMS
        {
            let reason = if matches!(what, Derivable::Kl) { ALGEBRA } else { "differentiation" };
            link(self.search.simplifier.simplify(&poly).expectation(), reason);
        }
        let mut split = Vec::new();
        let mut filled = Vec::new();
        let mut lemmas = BTreeSet::new();
        for (coefficient, premise) in premises {
            let Proposition::Expectation { of: statistic, is: moment } = &self.search.step(*premise).proposition else {
                continue;
            };
            let coefficient = self.search.simplifier.simplify_term(coefficient);
            let moment = self.search.simplifier.simplify_term(moment);
            if statistic.is_one() {
                split.push(coefficient.clone());
                filled.push(coefficient);
                continue;
            }
            let times = |factor: Term| {
                if coefficient.is_one() { factor } else { Term::product(vec![coefficient.clone(), factor]) }
            };
            split.push(times(statistic.clone().expectation()));
            filled.push(times(moment));
            lemmas.extend(self.search.theorem(*premise).lemmas().iter().copied());
        }
        let sum = |mut terms: Vec<Term>| if terms.len() == 1 { terms.remove(0) } else { Term::sum(terms) };
        if filled == split {
            // Nothing but E[1] = 1 was used.
            link(sum(filled), "normalization");
        } else {
            link(sum(split), "linearity");
            let lemmas: Vec<&str> = lemmas.into_iter().collect();
            let reason = if lemmas.is_empty() { "enumeration".to_owned() } else { lemmas.join(", ") };
            link(sum(filled), &reason);
        }
        link(is.clone(), ALGEBRA);
        self.report.derivations.push(Derivation { of: what, start: of.clone().expectation(), links });
    }

    fn decide_status(&mut self) {
        let status =
            |kind: CheckKind| self.report.checks.iter().find(|check| check.kind == kind).map(|check| check.status);
        let normalization = status(CheckKind::Normalization);
        let complete = self.report.fisher.is_complete();
        // The Fisher matrix from lemmas comes with a score whose mean is from lemmas too.
        self.report.status = if normalization == Some(Status::Refuted) {
            Status::Refuted
        } else if normalization == Some(Status::Proved)
            && status(CheckKind::ZeroMeanScore) == Some(Status::Proved)
            && !self.report.checks.iter().any(|check| {
                check.kind == CheckKind::ZeroMeanScore && check.assumptions.iter().any(|own| own == INTERCHANGE)
            })
            && status(CheckKind::FisherFromScore) == Some(Status::Proved)
            && complete
        {
            Status::Proved
        } else {
            Status::NotProved
        };
    }
}

pub(super) fn check(kind: CheckKind, status: Status) -> Check {
    Check { kind, status, equations: Vec::new(), assumptions: Vec::new(), lemmas: Vec::new(), steps: 0, reason: None }
}

fn doubt(assumption: &str) -> String {
    format!("it assumes {assumption}, which was found nowhere: it holds at none of the points that were tried")
}

/// A check that rests on theorems.
pub(super) fn proved(kind: CheckKind, equations: Vec<Equation>, theorems: &[&Theorem]) -> Check {
    let assumptions: BTreeSet<String> =
        theorems.iter().flat_map(|theorem| theorem.assumptions()).map(assumed).collect();
    let names: BTreeSet<&'static str> = theorems.iter().flat_map(|theorem| theorem.lemmas()).copied().collect();
    let lemmas = names
        .into_iter()
        .map(|name| Citation {
            name: name.to_string(),
            reference: Lemma::find(name).map_or("", |lemma| lemma.reference).to_string(),
        })
        .collect();
    Check {
        equations,
        assumptions: assumptions.into_iter().collect(),
        lemmas,
        steps: theorems.iter().map(|theorem| theorem.steps()).sum(),
        ..check(kind, Status::Proved)
    }
}

pub(super) fn join(names: &[Name]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
