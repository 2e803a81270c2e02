//! Expectations: moments by a lemma, combined by linearity.
//!
//! Every step goes through the kernel the moment it is written, so the ledger never holds a step
//! that was not replayed; a saved certificate is the ledger.

use std::collections::BTreeMap;
use std::sync::Arc;

use num_traits::One;

use super::casework::{self, Casework};
use super::instance::{Instance, beside, find, with_monomial};
use super::partial::{over_sines, partial_fractions};
use super::simplify::{Simplifier, weight};
use super::split::{self, Split};
use crate::kernel::certificate::{self, Certificate, Moment, Proposition, Rule, Step, Tower};
use crate::kernel::check::{CaseTheorems, Cut, replay_step};
use crate::kernel::domain::{Domain, Support};
use crate::kernel::poly::{Monomial, Obstacle, Poly};
use crate::kernel::setting::{Setting, points};
use crate::kernel::sign::Sign;
use crate::kernel::term::{Name, Term};
use crate::kernel::theorem::{Checker, Rejection, Theorem};

/// A value of more terms than this is no closed form that anybody could read, unless they are few for
/// each of many variables.
const MOST_SHOWN_TERMS: usize = 600;
const MOST_SHOWN_FOR_EACH: usize = 4;

/// A product of more terms than this is not multiplied out to be integrated part by part.
const MOST_MULTIPLIED_TERMS: usize = 1_000;

/// Why an expectation was not found.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// No lemma of the table integrates this density.
    NoLemma,
    /// The density is fine, but this statistic has no moment by the lemma at hand.
    NoMoment(Term),
    Rejected(Rejection),
}

impl From<Rejection> for Failure {
    fn from(rejection: Rejection) -> Self {
        Failure::Rejected(rejection)
    }
}

impl From<Obstacle> for Failure {
    fn from(obstacle: Obstacle) -> Self {
        Failure::Rejected(Rejection::Obstacle(obstacle))
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::NoLemma => write!(f, "no lemma of the table integrates this density"),
            Failure::NoMoment(term) => write!(f, "no lemma gives `E[{term}]`"),
            Failure::Rejected(rejection) => write!(f, "{rejection}"),
        }
    }
}

/// How expectations under the density are found.
enum Method {
    Enumeration,
    Lemma(Vec<Instance>),
    /// One coordinate at a time.
    Tower(Box<Towers>),
    /// The values of one coordinate apart.
    Cases(Box<Casework>),
    None,
}

/// A growing certificate in one setting.
pub struct Search {
    pub checker: Checker,
    pub simplifier: Simplifier,
    steps: Vec<Step>,
    theorems: Vec<Theorem>,
    moments: BTreeMap<Monomial, usize>,
    /// Monomials that no lemma gave, so that they are not looked for again.
    refused: BTreeMap<Monomial, Failure>,
    expectations: BTreeMap<Term, usize>,
    plain: BTreeMap<Term, usize>,
    method: Method,
    variates: Vec<Name>,
}

/// Whether every coordinate by itself has finitely many values. Where only a condition like x + y ≤ n leaves
/// finitely many, a lemma for every n says it in fewer words.
fn is_listed(support: &Support) -> bool {
    match support {
        Support::Points { .. } => true,
        Support::Product { coordinates, .. } => coordinates
            .iter()
            .all(|(_, domain)| matches!(domain, Domain::Finite(_) | Domain::Integers { upper: Some(_), .. })),
    }
}

/// How expectations of several coordinates are found: one coordinate at a time, unless its cases have to be taken
/// apart.
fn jointly(setting: &Arc<Setting>, whole: &[Name], finite: bool) -> Method {
    let mut split = split::find(setting);
    let discrete = match setting.support() {
        Support::Product { coordinates, .. } => coordinates.iter().any(|(_, domain)| domain.is_discrete()),
        Support::Points { .. } => false,
    };
    let integrates = |split: &mut Split| !discrete || split.iterated(&Term::one()).is_ok();
    if !split.as_mut().is_some_and(integrates)
        && let Some(cases) = casework::find(setting, whole)
    {
        return Method::Cases(Box::new(cases));
    }
    match split {
        Some(split) => Method::Tower(Box::new(Towers { splits: vec![split], complete: false })),
        None if finite => Method::Enumeration,
        None => Method::None,
    }
}

impl Search {
    pub fn new(setting: &Arc<Setting>, declared: Option<&(Name, Term)>) -> Search {
        Search::leaving(setting, declared, &[])
    }

    /// A search in which these coordinates are not taken apart by cases.
    pub fn leaving(setting: &Arc<Setting>, declared: Option<&(Name, Term)>, whole: &[Name]) -> Search {
        let finite = points(setting.support()).is_ok();
        let method = if finite && is_listed(setting.support()) {
            Method::Enumeration
        } else {
            match find(setting, declared) {
                found if found.is_empty() => jointly(setting, whole, finite),
                found => Method::Lemma(found),
            }
        };
        let checker = Checker::new(setting);
        Search {
            simplifier: Simplifier::new(setting, checker.pointwise()),
            checker,
            steps: Vec::new(),
            theorems: Vec::new(),
            moments: BTreeMap::new(),
            refused: BTreeMap::new(),
            expectations: BTreeMap::new(),
            plain: BTreeMap::new(),
            method,
            variates: setting.support().names(),
        }
    }

    pub fn setting(&self) -> &Arc<Setting> {
        self.checker.setting()
    }

    /// All that was proved so far.
    pub fn theorems(&self) -> &[Theorem] {
        &self.theorems
    }

    pub fn theorem(&self, position: usize) -> &Theorem {
        &self.theorems[position]
    }

    pub fn step(&self, position: usize) -> &Step {
        &self.steps[position]
    }

    pub fn len(&self) -> usize {
        self.steps.len()
    }

    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The steps that were replayed.
    pub fn into_certificate(self) -> Certificate {
        let witness = self.setting().witness().to_vec();
        let mut cases = None;
        let mut splits = Vec::new();
        match self.method {
            Method::Cases(own) => {
                let parts = own.searches.into_iter().map(Search::into_certificate).collect();
                cases = Some(Box::new(certificate::Casework { coordinate: own.coordinate, parts }));
            }
            Method::Tower(towers) => splits.extend(towers.splits.into_iter().map(Split::into_certificate)),
            _ => {}
        };
        Certificate { witness, splits, cases, steps: self.steps }
    }

    /// Whether there is a way to expectations at all.
    pub fn has_method(&self) -> bool {
        !matches!(self.method, Method::None)
    }

    /// The lemma instance in use, when there is one.
    pub fn instance(&self) -> Option<&Instance> {
        match &self.method {
            Method::Lemma(found) => found.first(),
            _ => None,
        }
    }

    pub fn is_enumerated(&self) -> bool {
        matches!(self.method, Method::Enumeration)
    }

    /// Replays a step and appends it.
    pub fn push(&mut self, proposition: Proposition, rule: Rule) -> Result<usize, Rejection> {
        let step = Step { proposition, rule };
        let cuts: Vec<Cut> = match &self.method {
            Method::Tower(towers) => towers.splits.iter().map(Split::cut).collect(),
            _ => Vec::new(),
        };
        let parts: Option<(_, Vec<&[Theorem]>)> = match &self.method {
            Method::Cases(own) => Some((&own.cases, own.searches.iter().map(|search| &*search.theorems).collect())),
            _ => None,
        };
        let cases = parts.as_ref().map(|(cases, theorems)| CaseTheorems { cases, theorems });
        let theorem = replay_step(&self.checker, &step, &self.theorems, &cuts, cases)?;
        self.steps.push(step);
        self.theorems.push(theorem);
        Ok(self.steps.len() - 1)
    }

    pub fn equal(&mut self, left: Term, right: Term) -> Result<usize, Rejection> {
        self.push(Proposition::Equal { left, right }, Rule::Algebra)
    }

    /// What the density integrates to, whatever that is.
    pub fn total_mass(&mut self) -> Result<Poly, Failure> {
        match &mut self.method {
            Method::Enumeration => Ok(self.checker.enumerate(&self.checker.parameters().fresh(), &Term::one())?),
            Method::Lemma(found) => {
                let name = self.variates[0].clone();
                let mut last = Failure::NoLemma;
                for instance in found {
                    let Some(pieces) = instance.pieces(&name, &Term::one()) else { continue };
                    match self.checker.moment_value(&Term::one(), &Moment { pieces }) {
                        Ok(value) => return Ok(value),
                        Err(rejection) => last = rejection.into(),
                    }
                }
                Err(last)
            }
            Method::Tower(towers) => {
                let split = &mut towers.splits[0];
                let (_, outer) = split.iterated(&Term::one())?;
                Ok(self.checker.parameters().normalize(&split.marginal.value(outer))?)
            }
            Method::Cases(own) => {
                let (_, total) = own.positions(&Term::one())?;
                Ok(self.checker.parameters().normalize(&total)?)
            }
            Method::None => Err(Failure::NoLemma),
        }
    }

    /// The step that proves E[m] = value for a monomial in the variate.
    fn moment(&mut self, monomial: &Monomial) -> Result<usize, Failure> {
        if let Some(position) = self.moments.get(monomial) {
            return Ok(*position);
        }
        if let Some(failure) = self.refused.get(monomial) {
            return Err(failure.clone());
        }
        let found = self.find_moment(monomial);
        match &found {
            Ok(position) => {
                self.moments.insert(monomial.clone(), *position);
            }
            Err(failure) => {
                self.refused.insert(monomial.clone(), failure.clone());
            }
        }
        found
    }

    fn find_moment(&mut self, monomial: &Monomial) -> Result<usize, Failure> {
        let of = Poly::single(monomial.clone(), One::one()).to_term();
        match &mut self.method {
            Method::None => Err(Failure::NoLemma),
            Method::Tower(towers) => {
                let (tower, is) = towers.expectation(&self.checker, &of)?;
                Ok(self.push(Proposition::Expectation { of, is }, Rule::Tower(tower))?)
            }
            Method::Cases(own) => {
                let (positions, sum) = own.positions(&of)?;
                let parameters = self.checker.parameters();
                let is = parameters.canonical(&parameters.normalize(&sum)?)?.to_term();
                Ok(self.push(Proposition::Expectation { of, is }, Rule::Cases(positions))?)
            }
            Method::Enumeration => {
                let normalizer = self.checker.parameters().fresh();
                let value = self.checker.enumerate(&normalizer, &of)?;
                let is = normalizer.canonical(&value)?.to_term();
                Ok(self.push(Proposition::Expectation { of, is }, Rule::Enumeration)?)
            }
            Method::Lemma(found) => {
                let name = self.variates[0].clone();
                let mut last = Failure::NoMoment(of.clone());
                let mut best = None;
                let by_shift = found.iter().filter_map(|instance| instance.pieces(&name, &of));
                let by_factor = std::iter::once(()).flat_map(|()| beside(self.checker.setting(), monomial));
                let by_kernel = std::iter::once(()).flat_map(|()| with_monomial(self.checker.setting(), monomial));
                for pieces in by_shift.chain(by_factor).chain(by_kernel) {
                    let moment = Moment { pieces };
                    match self.checker.moment_value(&of, &moment) {
                        Ok(value) => {
                            best = Some((moment, self.checker.parameters().canonical(&value)?.to_term()));
                            break;
                        }
                        // Where an attempt went astray says nothing of the moment.
                        Err(Rejection::Differ { .. }) => {}
                        Err(rejection) => last = rejection.into(),
                    }
                }
                let Some((moment, is)) = best else { return Err(last) };
                Ok(self.push(Proposition::Expectation { of, is }, Rule::Moment(moment))?)
            }
        }
    }

    /// f = Σ c_i B_i with B_i monomials in the variate and c_i free of it.
    pub fn decompose(&self, of: &Term) -> Result<BTreeMap<Monomial, Poly>, Failure> {
        let pointwise = self.checker.pointwise();
        let function = over_sines(pointwise.normalize(of)?);
        let mut grouped: BTreeMap<Monomial, Poly> = BTreeMap::new();
        for (monomial, coefficient) in function.terms() {
            let (inside, outside) = pointwise.split_monomial(monomial, &self.variates);
            grouped.entry(inside).or_default().add_term(outside, coefficient.clone());
        }
        grouped.retain(|_, outside| !pointwise.is_zero(outside).unwrap_or(false));
        Ok(grouped)
    }

    /// The step that proves `E[of] = value`, the value in its best form.
    pub fn expectation(&mut self, of: &Term) -> Result<usize, Failure> {
        if let Some(position) = self.expectations.get(of) {
            return Ok(*position);
        }
        if self.is_dense(of) {
            let position = self.whole(of)?;
            self.expectations.insert(of.clone(), position);
            return Ok(position);
        }
        let position = match self.expand(of) {
            Ok((_, value)) if value.len() > self.most_shown() => return Err(Obstacle::TooLarge("a closed form").into()),
            Ok((premises, value)) => {
                let is = self.written(of, &value);
                match self.push(Proposition::Expectation { of: of.clone(), is }, Rule::Linearity(premises)) {
                    Err(_) if self.is_enumerated() => self.whole(of)?,
                    known => known?,
                }
            }
            Err(failure) => self.whole(of).map_err(|_| failure)?,
        };
        self.expectations.insert(of.clone(), position);
        Ok(position)
    }

    /// The step that proves `E[of] = value`, the value as its normal form stands.
    pub fn plain_expectation(&mut self, of: &Term) -> Result<usize, Failure> {
        if let Some(position) = self.plain.get(of) {
            return Ok(*position);
        }
        let position = match self.expand(of) {
            Ok((premises, value)) => {
                let is = self.checker.parameters().canonical(&value)?.to_term();
                self.push(Proposition::Expectation { of: of.clone(), is }, Rule::Linearity(premises))?
            }
            Err(failure) => self.whole(of).map_err(|_| failure)?,
        };
        self.plain.insert(of.clone(), position);
        Ok(position)
    }

    /// The step that proves `E[of] = is` for a given value.
    pub fn expectation_is(&mut self, of: &Term, is: &Term) -> Result<usize, Failure> {
        if self.is_dense(of) {
            return Ok(self.push(Proposition::Expectation { of: of.clone(), is: is.clone() }, Rule::Enumeration)?);
        }
        let premises = match self.premises(of) {
            Ok(premises) => premises,
            Err(failure) => vec![(Term::one(), self.whole(of).map_err(|_| failure)?)],
        };
        let proposition = Proposition::Expectation { of: of.clone(), is: is.clone() };
        match self.push(proposition.clone(), Rule::Linearity(premises)) {
            // Written out, it may divide by what vanishes at some points; added up over the points it need not.
            Err(_) if self.is_enumerated() => Ok(self.push(proposition, Rule::Enumeration)?),
            known => Ok(known?),
        }
    }

    fn most_shown(&self) -> usize {
        MOST_SHOWN_TERMS.max(MOST_SHOWN_FOR_EACH * self.setting().context().domains.len())
    }

    /// Whether a product has more terms, multiplied out, than it takes to add it up over the points.
    fn is_dense(&self, of: &Term) -> bool {
        let factors: Vec<&Term> = match of {
            Term::Product(factors) => factors.iter().collect(),
            Term::Power(base, exponent) if **exponent == Term::integer(2) => vec![&**base; 2],
            _ => return false,
        };
        if !self.is_enumerated() || factors.iter().filter(|factor| !factor.is_plain()).count() < 2 {
            return false;
        }
        let length = |factor: &&Term| self.checker.pointwise().normalize(factor).map_or(1, |poly| poly.len());
        factors.iter().map(length).product::<usize>() > MOST_MULTIPLIED_TERMS
    }

    /// The step that proves E[of] by one application of a lemma, where the parts of `of` have no
    /// moment of their own: log x − log(1 − x) may be plain in the new variable, cos² x + sin² x in none.
    fn whole(&mut self, of: &Term) -> Result<usize, Failure> {
        if let Method::Tower(towers) = &mut self.method {
            // The formal log-density would mean another one in a conditional.
            let plain = self.checker.pointwise().normalize(of)?.to_term();
            let (tower, value) = towers.expectation(&self.checker, &plain)?;
            let position = self.push(Proposition::Expectation { of: plain, is: value.clone() }, Rule::Tower(tower))?;
            let is = self.simplifier.simplify(&self.checker.parameters().normalize(&value)?);
            let premises = vec![(Term::one(), position)];
            return Ok(self.push(Proposition::Expectation { of: of.clone(), is }, Rule::Linearity(premises))?);
        }
        if let Method::Cases(own) = &mut self.method {
            let plain = self.checker.pointwise().normalize(of)?.to_term();
            let (positions, sum) = own.positions(&plain)?;
            let is = self.simplifier.simplify(&self.checker.parameters().normalize(&sum)?);
            let rule = Rule::Cases(positions);
            let position = self.push(Proposition::Expectation { of: plain, is: is.clone() }, rule)?;
            let premises = vec![(Term::one(), position)];
            return Ok(self.push(Proposition::Expectation { of: of.clone(), is }, Rule::Linearity(premises))?);
        }
        if let Method::Enumeration = &self.method {
            let value = self.checker.enumerate(&self.checker.parameters().fresh(), of)?;
            let is = self.written(of, &value);
            return Ok(self.push(Proposition::Expectation { of: of.clone(), is }, Rule::Enumeration)?);
        }
        let Method::Lemma(found) = &self.method else { return Err(Failure::NoLemma) };
        let name = self.variates[0].clone();
        let worked_out = self.checker.pointwise().normalize(of)?.to_term();
        let mut last = Failure::NoMoment(of.clone());
        let mut best = None;
        for instance in found {
            let Some(pieces) = instance.pieces(&name, &worked_out) else { continue };
            let moment = Moment { pieces };
            match self.checker.moment_value(of, &moment) {
                Ok(value) => {
                    best = Some((moment, self.simplifier.simplify(&value)));
                    break;
                }
                Err(Rejection::Differ { .. }) => {}
                Err(rejection) => last = rejection.into(),
            }
        }
        let Some((moment, is)) = best else { return Err(last) };
        Ok(self.push(Proposition::Expectation { of: of.clone(), is }, Rule::Moment(moment))?)
    }

    /// The value of E[of] in its best form.
    fn written(&self, of: &Term, value: &Poly) -> Term {
        let is = self.simplifier.simplify(value);
        match self.by_points(of, &is) {
            Some(sum) => self.simplifier.lighter(is, sum),
            None => is,
        }
    }

    /// Σ f(x) p(x) over a finite support with each summand in its own best form, (∂p)²/p among them, where the sum
    /// in one has grown long.
    fn by_points(&self, of: &Term, is: &Term) -> Option<Term> {
        const MOST_POINTS: usize = 16;
        const SHORT: usize = 60;
        if !self.is_enumerated() || weight(is) < SHORT {
            return None;
        }
        let points = points(self.setting().support()).ok().filter(|points| points.len() <= MOST_POINTS)?;
        // Each factor by itself: at one point it is short, and their product on the whole support is not.
        let formal = |term: &Term| self.checker.pointwise().normalize(term).ok().map(|poly| poly.to_term());
        let function = match of {
            Term::Product(factors) => Term::product(factors.iter().map(formal).collect::<Option<_>>()?),
            Term::Power(base, exponent) => Term::power(formal(base)?, (**exponent).clone()),
            _ => formal(of)?,
        };
        let integrand = function * self.setting().log_density().clone().exp();
        let mut counted: Vec<(Term, i64)> = Vec::new();
        for point in points {
            let at: Vec<(Name, Term)> = self.variates.iter().cloned().zip(point).collect();
            let value = self.checker.parameters().normalize(&integrand.substitute(&at)).ok()?;
            let own = self.simplifier.simplify(&value);
            match counted.iter_mut().find(|(known, _)| *known == own) {
                Some((_, count)) => *count += 1,
                None => counted.push((own, 1)),
            }
        }
        Some(Term::sum(counted.into_iter().map(|(own, count)| Term::integer(count) * own).collect()))
    }

    /// Premises for linearity: coefficients and moments.
    fn premises(&mut self, of: &Term) -> Result<Vec<(Term, usize)>, Failure> {
        let grouped = self.decompose(of)?;
        let mut premises = Vec::with_capacity(grouped.len());
        for (inside, outside) in grouped {
            match self.moment(&inside) {
                Ok(position) => premises.push((outside.to_term(), position)),
                Err(failure) => {
                    for (part, coefficient) in self.parts(&inside).ok_or(failure)? {
                        premises.push((outside.times(&coefficient)?.to_term(), self.moment(&part)?));
                    }
                }
            }
        }
        Ok(premises)
    }

    /// A monomial without a moment of its own, in partial fractions.
    fn parts(&self, monomial: &Monomial) -> Option<Vec<(Monomial, Poly)>> {
        let ([name], Method::Lemma(_)) = (self.variates.as_slice(), &self.method) else { return None };
        partial_fractions(self.checker.pointwise(), monomial, name)
    }

    /// Premises for linearity, and the value they add up to.
    fn expand(&mut self, of: &Term) -> Result<(Vec<(Term, usize)>, Poly), Failure> {
        let premises = self.premises(of)?;
        let parameters = self.checker.parameters();
        let mut value = Poly::zero();
        for (coefficient, position) in &premises {
            let own = parameters.normalize(&self.value(*position))?;
            value.add_assign(&own.times(&parameters.normalize(coefficient)?)?);
        }
        Ok((premises, value))
    }

    /// The last step about `E[of]`.
    pub fn about(&self, of: &Term) -> Option<usize> {
        let is_about = |step: &Step| matches!(&step.proposition, Proposition::Expectation { of: own, .. } if own == of);
        self.steps.iter().rposition(is_about)
    }

    /// The value that a step proves, when it is an expectation.
    pub fn value(&self, position: usize) -> Term {
        match self.theorems[position].proposition() {
            Proposition::Expectation { is, .. } | Proposition::Specialization { is, .. } => is.clone(),
            Proposition::Equal { right, .. } => right.clone(),
            Proposition::Invariance { .. } => Term::one(),
        }
    }
}

/// The ways to integrate one coordinate after the other.
struct Towers {
    /// The first one integrates the density.
    splits: Vec<Split>,
    /// Whether the others have been looked for: of x < y, a function of x may need y integrated first, one of y x.
    complete: bool,
}

impl Towers {
    /// How one coordinate after the other gives `E[of]`, and its value.
    fn expectation(&mut self, checker: &Checker, of: &Term) -> Result<(Tower, Term), Failure> {
        let mut first = None;
        let mut tried = 0;
        loop {
            while tried < self.splits.len() {
                match self.splits[tried].expectation(checker, of) {
                    Ok((own, is)) => return Ok((Tower { split: tried, ..own }, is)),
                    Err(failure) => first = first.or(Some(failure)),
                }
                tried += 1;
            }
            if self.complete {
                return Err(first.unwrap_or(Failure::NoLemma));
            }
            self.complete = true;
            self.splits.extend(split::others(checker.setting(), &self.splits[0].coordinate));
        }
    }
}

impl Split {
    fn expectation(&mut self, checker: &Checker, of: &Term) -> Result<(Tower, Term), Failure> {
        let (conditional, marginal) = self.iterated(of)?;
        let is = self.marginal.value(marginal);
        let square = match checker.pointwise().sign(&checker.pointwise().normalize(of)?) {
            Some(Sign::Positive | Sign::Nonnegative | Sign::Zero) => None,
            _ => Some(self.iterated(&(Term::one() + Term::power(of.clone(), Term::integer(2))))?),
        };
        Ok((Tower { split: 0, conditional, marginal, square }, is))
    }

    fn cut(&self) -> Cut<'_> {
        Cut { section: &self.section, conditional: &self.conditional.theorems, marginal: &self.marginal.theorems }
    }

    fn into_certificate(self) -> certificate::Split {
        certificate::Split {
            coordinate: self.coordinate,
            log_marginal: self.log_marginal,
            conditional: self.conditional.into_certificate(),
            marginal: self.marginal.into_certificate(),
        }
    }
}
