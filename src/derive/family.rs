//! Everything about one family: the way of MATH from a log-density to a report.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use num_traits::{One, ToPrimitive};

use crate::kernel::certificate::{Certificate, Proposition, Rule};
use crate::kernel::domain::{Domain, Support};
use crate::kernel::lemma::Lemma;
use crate::kernel::normal::{Normalizer, divide_exactly};
use crate::kernel::poly::{Exponent, Generator, Monomial, Obstacle, Poly};
use crate::kernel::sign::Sign;
use crate::kernel::term::{Function, Name, Rational, Term};
use crate::kernel::theorem::{Rejection, Theorem};
use crate::model::family::{DensityForm, Family};
use crate::numeric::{Region, enclose, evaluate, expectation, sample_points};

use super::claim;
use super::exchange::Exchange;
use super::generic::{GenericProof, MOST_WRITTEN_TERMS, instances};
use super::quantity::further_quantities;
use super::recognise::{Recognised, recognise};
use super::regularity::{INTERCHANGE, NEED_NOT_HOLD, regularity};
use super::report::{
    Check, CheckKind, Citation, Derivable, Derivation, DerivationLink, Equation, ExponentialForm, KlTaylor, Report,
    Status, assumed,
};
use super::search::{Failure, Search};
use super::setting::{log_density, moving_support, score_product, second, second_parameters, setting};
use super::simplify::weight;
use super::tensor::SymmetricTensor;

/// A chain that splits an expectation into more parts than this is not written out.
const MOST_SHOWN_PREMISES: usize = 16;
/// With more parameters, those that may be exchanged are looked for, and one entry of each kind is worked out.
const MOST_WRITTEN_PARAMETERS: usize = 8;
/// With more kinds of coefficients of order 3 the divergence is expanded to order 2 only.
const MOST_THIRD_COEFFICIENTS: usize = 120;
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
        remarks: Vec::new(),
        derivations: Vec::new(),
        generic: Vec::new(),
        further: Vec::new(),
        values: None,
    }
}

struct Work<'a> {
    family: &'a Family,
    search: Search,
    report: Report,
    parameters: Vec<Name>,
    explain: bool,
    /// Whether the log-density is differentiable in the parameters for every value of the variate.
    differentiable: bool,
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

    fn no_log_density(&mut self, obstacle: &Obstacle) {
        let mut status = Status::NotProved;
        let reason = match obstacle {
            Obstacle::NotPositive(term) => {
                // A factor alone says nothing: the others may be negative too.
                let pointwise = self.search.checker.pointwise();
                let whole = match &self.family.density {
                    DensityForm::Density { body, .. } => pointwise.normalize(body).ok(),
                    _ => None,
                };
                let sign = whole.and_then(|poly| pointwise.sign(&poly));
                let factor = pointwise.normalize(term).ok().and_then(|poly| pointwise.sign(&poly));
                let refuted = match sign {
                    Some(Sign::Negative) => Some("negative"),
                    Some(Sign::Nonpositive) => Some("negative or zero"),
                    Some(Sign::Zero) => Some("zero"),
                    _ => None,
                };
                match refuted {
                    Some(sign) => {
                        status = Status::Refuted;
                        format!("the density is not positive: it is {sign} on its support, by its factor `{term}`")
                    }
                    None if factor == Some(Sign::Negative) => format!(
                        "the density must be positive on its support, and its factor `{term}` is negative; \
                         that the rest of it is negative too cannot be shown"
                    ),
                    None => format!(
                        "the density must be positive on its support, and its factor `{term}` cannot be shown to be; \
                         declare the domains that make it so"
                    ),
                }
            }
            other => format!("the log-density has no normal form: {other}"),
        };
        self.report.status = status;
        self.report.checks.push(Check { reason: Some(reason.clone()), ..check(CheckKind::Normalization, status) });
        self.report.remarks.push(reason);
        for own in &self.family.claims {
            let outcome = claim::decide(&mut self.search, &self.report, own);
            self.report.claims.push(outcome);
        }
    }

    // ——— normalization ———

    fn normalization(&mut self) -> bool {
        let one = Term::one();
        let (status, reason, remark) = match self.search.total_mass() {
            Ok(total) => {
                let off = total.minus(&Poly::one());
                if self.search.checker.parameters().is_zero(&off).unwrap_or(false) {
                    match self.search.expectation_is(&one, &one) {
                        Ok(position) => {
                            let theorem = self.search.theorem(position).clone();
                            let equations = vec![Equation { left: Term::one().expectation(), right: one }];
                            self.report.checks.push(proved(CheckKind::Normalization, equations, &[&theorem]));
                            return true;
                        }
                        Err(failure) => (Status::NotProved, failure.to_string(), None),
                    }
                } else {
                    self.wrong_total(&total)
                }
            }
            Err(Failure::Rejected(Rejection::Condition { lemma, term })) => self.divergent(lemma, &term),
            Err(_) if self.massless_point().is_some() => {
                let point = self.massless_point().unwrap_or_default();
                (
                    Status::Refuted,
                    format!("R2 fails: the mass is 0 at {point}"),
                    Some(format!("leave {point} out of the support")),
                )
            }
            Err(failure) => (Status::NotProved, failure.to_string(), None),
        };
        self.report.checks.push(Check { reason: Some(reason), ..check(CheckKind::Normalization, status) });
        self.report.remarks.extend(remark);
        false
    }

    fn wrong_total(&self, total: &Poly) -> (Status, String, Option<String>) {
        let value = self.search.simplifier.simplify(total);
        let one = Term::one();
        let differs =
            sample_points(self.search.setting().context(), 8).iter().any(|point| claim::disjoint(&value, &one, point));
        let verb = if self.family.variate.is_discrete() { "sums" } else { "integrates" };
        if !differs {
            return (Status::NotProved, format!("the density {verb} to `{value}`, which was not shown to be 1"), None);
        }
        let repair = self
            .search
            .checker
            .parameters()
            .power(total, &Poly::integer(-1))
            .map(|poly| self.search.simplifier.simplify(&poly));
        let remark = repair.ok().map(|factor| format!("multiply the density by `{factor}` and it {verb} to 1"));
        (Status::Refuted, format!("the density {verb} to `{value}`, not to 1"), remark)
    }

    /// A point of a finite support where the declared density vanishes.
    fn massless_point(&self) -> Option<String> {
        let DensityForm::Density { body, .. } = &self.family.density else { return None };
        let names = self.family.variate.names();
        let normalizer = self.search.checker.parameters();
        for point in crate::kernel::theorem::points(&self.family.variate).ok()? {
            let at: Vec<(Name, Term)> = names.iter().cloned().zip(point).collect();
            if normalizer.normalize(&body.substitute(&at)).is_ok_and(|mass| mass.is_zero()) {
                let shown: Vec<String> = at.iter().map(|(name, value)| format!("`{name} = {value}`")).collect();
                return Some(shown.join(", "));
            }
        }
        None
    }

    /// A lemma's condition that the domains do not give: a point where it fails refutes the density.
    fn divergent(&self, lemma: &str, term: &Term) -> (Status, String, Option<String>) {
        let verb = if self.family.variate.is_discrete() { "sum" } else { "integral" };
        for point in sample_points(self.search.setting().context(), 24) {
            let zero = crate::numeric::Interval::point(Rational::from_integer(0.into()));
            let Some(value) = crate::numeric::enclose(term, &point) else { continue };
            // The lemma's condition fails; that the integral does is another matter.
            if value.high() <= zero.low() && !self.converges(&point) {
                let at: Vec<String> = point
                    .iter()
                    .filter(|(name, _)| term.contains(name))
                    .map(|(name, value)| format!("`{name} = {value}`"))
                    .collect();
                let shown = self.search.simplifier.simplify_term(term);
                return (
                    Status::Refuted,
                    format!(
                        "the {verb} of the density diverges at {}: it needs `{shown} > 0` (`{lemma}`)",
                        at.join(", ")
                    ),
                    Some(format!(
                        "declare the parameters so that `{shown} > 0`, for instance with a `where` condition"
                    )),
                );
            }
        }
        let shown = self.search.simplifier.simplify_term(term);
        (
            Status::NotProved,
            format!("`{lemma}` needs `{shown} > 0`, which the declared domains do not give"),
            Some(format!("add `where {shown} > 0` to the parameters if that is meant")),
        )
    }

    /// Whether quadrature finds a finite total at a point.
    fn converges(&self, point: &BTreeMap<Name, Rational>) -> bool {
        let floats: BTreeMap<Name, f64> =
            point.iter().filter_map(|(name, value)| Some((name.clone(), value.to_f64()?))).collect();
        let Some(region) = Region::new(&self.family.variate, &floats) else { return false };
        let variates = self.family.variate.names();
        let density = |x: &[f64]| {
            let mut at = floats.clone();
            at.extend(variates.iter().cloned().zip(x.iter().copied()));
            evaluate(self.search.setting().log_density(), &at).unwrap_or(f64::NAN)
        };
        expectation(&density, &|_| 1.0, &region)
            .is_some_and(|total| total.value.is_finite() && total.error < 1e-3 * (1.0 + total.value.abs()))
    }

    // ——— form ———

    /// The form, or why there is none, and log p in its terms.
    fn exponential_form(&mut self, log_density: &Poly) {
        let plain = |work: &Self| work.search.simplifier.simplify(log_density);
        let variates = self.family.variate.names();
        let moving: Vec<Name> = moving_support(self.family);
        if !moving.is_empty() {
            self.report.not_exponential =
                Some(format!("not an exponential family: the support depends on {}", join(&moving)));
            self.report.log_density = plain(self);
            return;
        }
        match recognise(self.search.checker.pointwise(), log_density, &variates, &self.parameters) {
            Ok(found) => {
                let form = self.present_form(&found);
                let shown = self.shown_log_density(&form).unwrap_or_else(|| plain(self));
                self.report.log_density = self.as_declared(shown);
                self.report.exponential = Some(form);
            }
            Err(mixed) => {
                self.report.log_density = plain(self);
                let mixed_names: Vec<Name> =
                    self.parameters.iter().filter(|name| mixed.contains(name)).cloned().collect();
                self.report.not_exponential = Some(format!(
                    "not an exponential family in these parameters, because the term `{mixed}` mixes {} and {}",
                    join(&variates),
                    join(&mixed_names)
                ));
                self.report.log_density = self.as_declared(self.report.log_density.clone());
            }
        }
    }

    /// The logarithm as the author's own factors give it, where that is lighter.
    fn as_declared(&self, shown: Term) -> Term {
        let simplifier = &self.search.simplifier;
        let mut forms = match &self.family.density {
            DensityForm::Density { body, .. } => simplifier.logarithm(body),
            DensityForm::LogDensity { body, .. } => vec![simplifier.tidy(body)],
            DensityForm::Exponential { .. } => Vec::new(),
        };
        forms.sort_by_key(weight);
        let normalizer = self.search.checker.pointwise();
        let declared = forms.into_iter().find(|form| weight(form) < weight(&shown));
        declared.filter(|form| normalizer.equal(form, &Term::log_density()) == Ok(true)).unwrap_or(shown)
    }

    fn present_form(&self, found: &Recognised) -> ExponentialForm {
        let simplify = |poly: &Poly| self.search.simplifier.simplify(poly);
        let base = self
            .search
            .checker
            .pointwise()
            .exp(&found.log_base)
            .map_or_else(|_| found.log_base.to_term().exp(), |poly| simplify(&poly));
        let statistic: Vec<Term> = found.statistic.iter().map(simplify).collect();
        // Coordinates stand in the order of their declaration: y₂ before y₁₀.
        let variates = self.family.variate.names();
        let place = |own: &Term| match own {
            Term::Variable(name) => variates.iter().position(|variate| variate == name),
            _ => None,
        };
        let mut components: Vec<(&Poly, Term)> = found.natural.iter().zip(statistic).collect();
        if components.iter().all(|(_, own)| place(own).is_some()) {
            components.sort_by_key(|(_, own)| place(own));
        }
        let statistic: Vec<Term> = components.iter().map(|(_, own)| own.clone()).collect();
        let mut natural: Vec<Term> = Vec::new();
        for ((own, _), statistic_of_own) in components.into_iter().zip(&statistic) {
            natural.push(self.carried(statistic_of_own, &statistic, &natural).unwrap_or_else(|| simplify(own)));
        }
        ExponentialForm { natural, statistic, log_partition: simplify(&found.log_partition), base }
    }

    /// What belongs to a coordinate as a statistic, from what belongs to another that it can be exchanged
    /// with: `known` holds that of the first of the statistics.
    fn carried(&self, statistic: &Term, statistics: &[Term], known: &[Term]) -> Option<Term> {
        let Term::Variable(name) = statistic else { return None };
        let (first, renaming) = self.report.exchange.coordinate(name)?;
        let place = statistics.iter().position(|own| *own == Term::Variable(first.clone()))?;
        known.get(place).map(|own| renaming.term(own))
    }

    /// log p as η·T − A + log h, as a statistician writes it.
    fn shown_log_density(&self, form: &ExponentialForm) -> Option<Term> {
        let mut terms: Vec<Term> = form
            .natural
            .iter()
            .zip(&form.statistic)
            .map(|(natural, statistic)| natural.clone() * statistic.clone())
            .collect();
        terms.push(-form.log_partition.clone());
        let normalizer = self.search.checker.pointwise();
        if !form.base.is_one() {
            let log_base = normalizer.normalize(&form.base.clone().log()).ok()?;
            terms.push(self.search.simplifier.simplify(&log_base));
        }
        let shown = self.search.simplifier.tidy(&Term::sum(terms));
        let shown = self.search.simplifier.lighter(shown.clone(), shown);
        (normalizer.equal(&shown, &Term::log_density()) == Ok(true)).then_some(shown)
    }

    // ——— derivatives ———

    fn score_and_hessian(&mut self) {
        for (order, kind) in [(1, CheckKind::Score), (2, CheckKind::Hessian)] {
            let mut tensor = self.tensor(order);
            let mut equations = Vec::new();
            let mut theorems = Vec::new();
            for indices in self.kinds(order) {
                let formal = self.differentiated(Term::log_density(), &indices);
                let Some((value, theorem)) = self.worked_out(&formal) else { return };
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
    fn kinds(&self, order: usize) -> Vec<Vec<usize>> {
        self.report.exchange.kinds(order, self.parameters.len())
    }

    /// A tensor over the parameters, without entries yet.
    fn tensor(&self, order: usize) -> SymmetricTensor {
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
        let exponential = self.report.exponential.is_some();
        for check in self.report.checks.iter().filter(|check| exponential && derivatives.contains(&check.kind)) {
            for assumption in &check.assumptions {
                if !own.assumptions.contains(assumption) {
                    own.assumptions.push(assumption.clone());
                }
            }
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

    fn zero_mean_score(&mut self) {
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

    /// The Fisher information where the support moves: nothing follows from the normalization, but where lemmas give
    /// the score mean zero, and the same value to E[u uᵀ] and to −E[∇u], it is regular enough.
    fn fisher_without_interchange(&mut self) {
        if !self.differentiable {
            return;
        }
        let before = self.report.checks.len();
        self.zero_mean_score();
        if self.report.checks[before..].iter().all(|check| check.status == Status::Proved) {
            self.fisher();
        }
        if self.report.checks[before..].iter().any(|check| check.status != Status::Proved) {
            self.report.checks.truncate(before);
            self.report.fisher = self.tensor(2);
            return;
        }
        let said = |text: &mut String| *text = text.replace(NEED_NOT_HOLD, "are proved by lemmas here");
        let regularity = self.report.checks.iter_mut().filter(|check| check.kind == CheckKind::Regularity);
        regularity.filter_map(|check| check.reason.as_mut()).for_each(said);
        self.report.remarks.iter_mut().for_each(said);
    }

    fn fisher(&mut self) {
        let mut fisher = self.tensor(2);
        let mut from_score = Route::default();
        let mut from_hessian = Route::default();
        for indices in self.kinds(2) {
            let (a, b) = (self.parameters[indices[0]].clone(), self.parameters[indices[1]].clone());
            let product = score_product(&a, &b);
            let minus_hessian = -Term::log_density().derivative(&a).derivative(&b);
            let mut value = None;
            match self.search.expectation(&minus_hessian) {
                // The Hessian identity needs second derivatives; where there is a corner the
                // Fisher information is E[u uᵀ] and nothing else.
                _ if !self.differentiable => {}
                Ok(position) => {
                    value = Some(self.search.value(position));
                    self.explain(Derivable::Fisher, position);
                    from_hessian.add(&minus_hessian, &self.search, position);
                }
                Err(failure) => from_hessian.fail(failure),
            }
            let by_score = match &value {
                Some(value) => self.search.expectation_is(&product, value),
                None => self.search.expectation(&product),
            };
            match by_score {
                Ok(position) => {
                    value.get_or_insert_with(|| self.search.value(position));
                    self.explain(Derivable::Fisher, position);
                    from_score.add(&product, &self.search, position);
                }
                Err(failure) => from_score.fail(failure),
            }
            if let Some(value) = value {
                fisher.set(&indices, value);
            }
        }
        self.report.fisher = fisher;
        self.report.checks.push(from_score.check(CheckKind::FisherFromScore));
        if self.differentiable {
            self.report.checks.push(from_hessian.check(CheckKind::FisherFromHessian));
            self.fisher_from_log_partition();
        } else {
            let certain = self
                .report
                .checks
                .iter()
                .any(|check| check.kind == CheckKind::Regularity && check.status == Status::Refuted);
            let (status, verb) = if certain { (Status::Refuted, "fails") } else { (Status::NotProved, "may fail") };
            let reason =
                format!("the Hessian identity {verb}: the log-density has a corner that moves with a parameter");
            self.report.checks.push(Check { reason: Some(reason), ..check(CheckKind::FisherFromHessian, status) });
        }
        self.singular();
    }

    /// F = Jᵀ ∇²A J, where A is the logarithm of the integral as a function of the natural
    /// coordinates and J their Jacobian. Of many parameters it has their number to the fourth power of terms, and
    /// the other two routes suffice.
    fn fisher_from_log_partition(&mut self) {
        let count = self.parameters.len();
        if count > MOST_WRITTEN_PARAMETERS {
            return;
        }
        let Some(coordinates) = self.natural_coordinates() else { return };
        let NaturalCoordinates { auxiliary, log_partition, at } = coordinates;
        let mut route = Route::default();
        let at_terms: Vec<(Name, Term)> = at.clone();
        let mut jacobian = Vec::new();
        for (_, value) in &at {
            let mut row = Vec::new();
            for name in &self.parameters {
                let normalizer = self.search.checker.parameters();
                let Some(slope) =
                    normalizer.normalize(value).ok().and_then(|poly| normalizer.differentiate(&poly, name).ok())
                else {
                    return;
                };
                row.push(slope.to_term());
            }
            jacobian.push(row);
        }
        for i in 0..count {
            for j in i..count {
                let Some(value) = self.report.fisher.get(&[i, j]) else { return };
                let mut terms = Vec::new();
                for (k, (eta, _)) in auxiliary.iter().enumerate() {
                    for (l, (zeta, _)) in auxiliary.iter().enumerate() {
                        if jacobian[k][i].is_zero() || jacobian[l][j].is_zero() {
                            continue;
                        }
                        let curvature = log_partition.clone().derivative(eta).derivative(zeta);
                        terms.push(Term::product(vec![jacobian[k][i].clone(), curvature, jacobian[l][j].clone()]));
                    }
                }
                let of = Term::sum(terms);
                let proposition = Proposition::Specialization {
                    auxiliary: auxiliary.clone(),
                    of: of.clone(),
                    at: at_terms.clone(),
                    is: value,
                };
                match self.search.push(proposition, Rule::Algebra) {
                    Ok(position) => route.add(&of, &self.search, position),
                    // A of a density with a factor beside its kernel is the logarithm of a sum, which need not show
                    // that it is positive: no other A is at hand.
                    Err(Rejection::Obstacle(Obstacle::NotPositive(_))) if is_logarithm_of_sum(&log_partition) => return,
                    Err(rejection) => route.fail(rejection.into()),
                }
            }
        }
        self.report.checks.push(route.check(CheckKind::FisherFromLogPartition));
    }

    fn natural_coordinates(&self) -> Option<NaturalCoordinates> {
        self.report.exponential.as_ref()?;
        if self.search.is_enumerated() {
            return self.enumerated_coordinates();
        }
        let instance = self.search.instance()?;
        let [piece] = instance.pieces.as_slice() else { return None };
        let linear: BTreeSet<&Name> = piece.statistics.iter().map(|(name, _, _)| name).collect();
        // What is not a natural coordinate must not move with the parameters.
        let fixed: Vec<(Name, Term)> =
            piece.parameters.iter().filter(|(name, _)| !linear.contains(name)).cloned().collect();
        if fixed.iter().any(|(_, value)| self.parameters.iter().any(|name| value.contains(name))) {
            return None;
        }
        let mut auxiliary = Vec::new();
        let mut at = Vec::new();
        let mut renamed = fixed;
        for (name, domain) in &piece.lemma.parameters {
            if !linear.contains(name) {
                continue;
            }
            let fresh = Name::new(&format!("eta_{name}"));
            let value = piece.parameters.iter().find(|(own, _)| own == name)?.1.clone();
            renamed.push((name.clone(), Term::Variable(fresh.clone())));
            // Where the natural coordinate has one sign, so has its own variable: sinh η > 0.
            let normalizer = self.search.checker.parameters();
            let sign = normalizer.normalize(&value).ok().and_then(|value| normalizer.sign(&value));
            let domain = match sign {
                Some(Sign::Positive) if *domain == Domain::real() => Domain::positive(),
                Some(Sign::Negative) if *domain == Domain::real() => Domain::negative(),
                _ => domain.clone(),
            };
            auxiliary.push((fresh.clone(), domain));
            at.push((fresh, value));
        }
        if self.family.context.domains.keys().any(|name| auxiliary.iter().any(|(own, _)| own == name)) || piece.skip > 0
        {
            return None;
        }
        let log_partition = piece.integral(&renamed)?.log();
        Some(NaturalCoordinates { auxiliary, log_partition, at })
    }

    /// A(η) = log Σ h(x) e^(η·T(x)) over a finite support.
    fn enumerated_coordinates(&self) -> Option<NaturalCoordinates> {
        let form = self.report.exponential.as_ref()?;
        let points = crate::kernel::theorem::points(&self.family.variate).ok()?;
        if points.len() > 64 {
            return None;
        }
        let names = self.family.variate.names();
        let auxiliary: Vec<(Name, Domain)> =
            (1..=form.natural.len()).map(|k| (Name::new(&format!("eta_{k}")), Domain::real())).collect();
        let at = auxiliary.iter().map(|(name, _)| name.clone()).zip(form.natural.iter().cloned()).collect();
        let mut total = Vec::new();
        for point in points {
            let values: Vec<(Name, Term)> = names.iter().cloned().zip(point).collect();
            let exponent = auxiliary
                .iter()
                .zip(&form.statistic)
                .map(|((name, _), statistic)| Term::Variable(name.clone()) * statistic.substitute(&values))
                .collect();
            total.push(form.base.substitute(&values) * Term::Sum(exponent).exp());
        }
        Some(NaturalCoordinates { auxiliary, log_partition: Term::sum(total).log(), at })
    }

    /// The null direction of a singular Fisher matrix, by elimination.
    fn singular(&mut self) {
        if !self.report.fisher.is_complete() || self.looks_regular() {
            return;
        }
        let Some(matrix) = self.report.fisher.matrix() else { return };
        let normalizer = self.search.checker.parameters();
        if let Some(direction) = null_direction(normalizer, &matrix) {
            let direction: Vec<Term> = direction.iter().map(|poly| self.search.simplifier.simplify(poly)).collect();
            let shown: Vec<String> = direction.iter().map(Term::to_string).collect();
            let shown = shown.join(", ");
            self.report.remarks.push(match self.family.given.is_empty() {
                true => format!(
                    "the Fisher matrix is singular: the parameters are not identifiable along the direction ({shown})"
                ),
                false => format!(
                    "the Fisher matrix of one datum is singular along the direction ({shown}): it takes several data, \
                     whose matrices add up, to identify the parameters"
                ),
            });
            self.report.null_direction = Some(direction);
        }
    }

    /// A determinant that is plainly not zero at some point: no need to look for a null direction.
    fn looks_regular(&self) -> bool {
        sample_points(self.search.setting().context(), 3).into_iter().any(|point| {
            let value = |value: Rational| value.to_f64().unwrap_or(f64::NAN);
            let floats = point.into_iter().map(|(name, own)| (name, value(own))).collect();
            self.report.fisher.values(floats).is_some_and(|rows| relative_determinant(rows) > 1e-9)
        })
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
                    self.failed(CheckKind::Mean, &failure);
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

    fn kl(&mut self) {
        let difference = Term::log_density() - Term::LogDensity(second_parameters(self.family));
        let position = match self.search.expectation(&difference) {
            Ok(position) => position,
            Err(failure) => {
                self.failed(CheckKind::Kl, &failure);
                return;
            }
        };
        let mut position = position;
        let mut value = self.search.value(position);
        if let Some(bregman) = self.bregman() {
            let lighter = self.search.simplifier.lighter(value.clone(), bregman);
            if lighter != value
                && let Ok(proved) = self.search.expectation_is(&difference, &lighter)
            {
                (position, value) = (proved, lighter);
            }
        }
        self.explain(Derivable::Kl, position);
        let equations = vec![Equation { left: difference.expectation(), right: value.clone() }];
        let theorem = self.search.theorem(position).clone();
        self.report.checks.push(proved(CheckKind::Kl, equations, &[&theorem]));
        self.report.kl = Some(value.clone());
        if let Err(failure) = self.kl_taylor(&value) {
            if self.differentiable {
                self.failed(CheckKind::KlTaylor, &failure);
            } else {
                let reason = "the log-density has a corner that moves with a parameter: the divergence need not have \
                              the derivatives of an expansion";
                let check = Check { reason: Some(reason.to_owned()), ..check(CheckKind::KlTaylor, Status::NotProved) };
                self.report.checks.push(check);
            }
        }
    }

    /// (η − η′)·E[T] − A + A′, each part in its own best form.
    fn bregman(&mut self) -> Option<Term> {
        let form = self.report.exponential.clone()?;
        let replaced = second_parameters(self.family);
        let mut terms: Vec<Term> = Vec::new();
        for (natural, statistic) in form.natural.iter().zip(&form.statistic) {
            // What is exchanged with another has the other's term.
            if let Some(carried) = self.carried(statistic, &form.statistic, &terms) {
                terms.push(carried);
                continue;
            }
            let position = self.search.expectation(statistic).ok()?;
            let moment = self.search.value(position);
            let difference = self.search.simplifier.simplify_term(&(natural.clone() - natural.substitute(&replaced)));
            terms.push(difference * moment);
        }
        let partition = form.log_partition.substitute(&replaced) - form.log_partition.clone();
        terms.push(self.search.simplifier.simplify_term(&partition));
        Some(Term::sum(terms))
    }

    fn kl_taylor(&mut self, kl: &Term) -> Result<(), Failure> {
        let at: Vec<(Name, Term)> =
            self.parameters.iter().map(|name| (second(name), Term::Variable(name.clone()))).collect();
        let seconds: Vec<Name> = self.parameters.iter().map(second).collect();
        let divergence = (Term::log_density() - Term::LogDensity(second_parameters(self.family))).expectation();
        let mut theorems = Vec::new();
        let mut equations = Vec::new();
        let mut orders = [0, 1, 2, 3].map(|order| self.tensor(order));
        for (order, tensor) in orders.iter_mut().enumerate() {
            let kinds = self.kinds(order);
            if order == 3 && kinds.len() > MOST_THIRD_COEFFICIENTS {
                break;
            }
            for indices in kinds {
                let by = |term: &Term| indices.iter().fold(term.clone(), |term, k| term.derivative(&seconds[*k]));
                let (of, formal) = (by(kl), by(&divergence));
                let is = match order {
                    0 | 1 => Term::zero(),
                    2 => self.report.fisher.get(&indices).ok_or(Failure::NoLemma)?,
                    _ => {
                        let worked_out = self.search.checker.parameters().normalize(&of)?.to_term().substitute(&at);
                        self.search.simplifier.simplify_term(&worked_out)
                    }
                };
                let proposition =
                    Proposition::Specialization { auxiliary: Vec::new(), of, at: at.clone(), is: is.clone() };
                let position = self.search.push(proposition, Rule::Algebra)?;
                theorems.push(self.search.theorem(position).clone());
                // Shown as derivatives of the divergence, not of its closed form written out.
                equations.push(Equation { left: formal, right: is.clone() });
                tensor.set(&indices, is);
            }
        }
        let theorems: Vec<&Theorem> = theorems.iter().collect();
        self.report.checks.push(proved(CheckKind::KlTaylor, equations, &theorems));
        let [_, order1, order2, order3] = orders;
        self.report.kl_taylor = Some(KlTaylor { order0: Term::zero(), order1, order2, order3 });
        Ok(())
    }

    // ——— telling ———

    fn failed(&mut self, kind: CheckKind, failure: &Failure) {
        self.report.checks.push(Check { reason: Some(failure.to_string()), ..check(kind, Status::NotProved) });
    }

    /// The chain behind an expectation: worked out, split by linearity, each moment by its lemma.
    fn explain(&mut self, what: Derivable, position: usize) {
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

/// The natural coordinates of a family: A as a function of them, and their values.
struct NaturalCoordinates {
    auxiliary: Vec<(Name, Domain)>,
    log_partition: Term,
    at: Vec<(Name, Term)>,
}

/// One way to the Fisher matrix, entry by entry.
#[derive(Default)]
struct Route {
    equations: Vec<Equation>,
    theorems: Vec<Theorem>,
    failure: Option<Failure>,
}

impl Route {
    fn add(&mut self, of: &Term, search: &Search, position: usize) {
        // The log-partition and its Jacobian written out would say less than F = Jᵀ ∇²A J does.
        if let Proposition::Expectation { .. } = search.theorem(position).proposition() {
            self.equations.push(Equation { left: of.clone().expectation(), right: search.value(position) });
        }
        self.theorems.push(search.theorem(position).clone());
    }

    fn fail(&mut self, failure: Failure) {
        self.failure.get_or_insert(failure);
    }

    fn check(self, kind: CheckKind) -> Check {
        let theorems: Vec<&Theorem> = self.theorems.iter().collect();
        let mut own = proved(kind, self.equations, &theorems);
        if let Some(failure) = self.failure {
            own.status = Status::NotProved;
            own.reason = Some(failure.to_string());
        }
        own
    }
}

fn check(kind: CheckKind, status: Status) -> Check {
    Check { kind, status, equations: Vec::new(), assumptions: Vec::new(), lemmas: Vec::new(), steps: 0, reason: None }
}

fn doubt(assumption: &str) -> String {
    format!("it assumes {assumption}, which was found nowhere: it holds at none of the points that were tried")
}

/// A check that rests on theorems.
fn proved(kind: CheckKind, equations: Vec<Equation>, theorems: &[&Theorem]) -> Check {
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

fn join(names: &[Name]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The least pivot of an elimination relative to the row that it came from: a float, only to decide
/// what to look for.
fn relative_determinant(rows: Vec<Vec<f64>>) -> f64 {
    let size = |row: &Vec<f64>| row.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
    let mut rows: Vec<(f64, Vec<f64>)> = rows.into_iter().map(|row| (size(&row), row)).collect();
    let mut least = f64::INFINITY;
    for column in 0..rows.len() {
        let pivots = column..rows.len();
        let Some(found) = pivots.max_by(|a, b| rows[*a].1[column].abs().total_cmp(&rows[*b].1[column].abs())) else {
            break;
        };
        rows.swap(column, found);
        let (size, pivot) = rows[column].clone();
        least = least.min(pivot[column].abs() / size.max(f64::MIN_POSITIVE));
        for (_, row) in rows.iter_mut().skip(column + 1) {
            let factor = row[column] / pivot[column];
            row.iter_mut().zip(&pivot).for_each(|(value, pivot)| *value -= factor * pivot);
        }
    }
    least
}

/// A vector v ≠ 0 with M v = 0, by elimination over normal forms; `None` when M is regular.
fn null_direction(normalizer: &Normalizer, matrix: &[Vec<Term>]) -> Option<Vec<Poly>> {
    let count = matrix.len();
    if count > 6 {
        return None;
    }
    let mut rows: Vec<Vec<Poly>> = matrix
        .iter()
        .map(|row| row.iter().map(|term| normalizer.normalize(term).ok()).collect::<Option<Vec<_>>>())
        .collect::<Option<_>>()?;
    let mut pivots: Vec<usize> = Vec::new();
    let mut free = None;
    for column in 0..count {
        let rank = pivots.len();
        let mut found = None;
        for (candidate, row) in rows.iter().enumerate().skip(rank) {
            if !normalizer.is_zero(&row[column]).ok()? {
                found = Some(candidate);
                break;
            }
        }
        let Some(found) = found else {
            free = Some(column);
            break;
        };
        rows.swap(rank, found);
        let inverse = normalizer.power(&rows[rank][column], &Poly::integer(-1)).ok()?;
        for value in &mut rows[rank] {
            *value = normalizer.canonical(&value.times(&inverse).ok()?).ok()?;
        }
        let pivot_row = rows[rank].clone();
        for (other, row) in rows.iter_mut().enumerate() {
            if other == rank || row[column].is_zero() {
                continue;
            }
            let factor = row[column].clone();
            for (value, pivot) in row.iter_mut().zip(&pivot_row) {
                *value = normalizer.canonical(&value.minus(&factor.times(pivot).ok()?)).ok()?;
            }
        }
        pivots.push(column);
    }
    let free = free?;
    let mut direction = vec![Poly::zero(); count];
    direction[free] = Poly::one();
    for (row, column) in pivots.iter().enumerate() {
        direction[*column] = rows[row][free].scaled(&-Rational::one());
    }
    Some(direction)
}

fn is_logarithm_of_sum(term: &Term) -> bool {
    matches!(term, Term::Apply(Function::Log, arguments) if matches!(arguments[0], Term::Sum(_)))
}
