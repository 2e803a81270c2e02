//! Statements about one family, decided by its closed forms.
//!
//! Both sides are read at the family, entry by entry. Each expectation in them is replaced by the value
//! that the kernel proves for it, and the kernel compares what is left. `~ to order n` means that all
//! derivatives of the difference by the second argument, up to the n-th, vanish where the two
//! arguments are equal: then it is O(‖Δ‖^(n+1)).

use std::collections::{BTreeMap, BTreeSet};

use crate::kernel::certificate::{Proposition, Rule};
use crate::kernel::poly::{Exponent, Generator, Monomial, Poly};
use crate::kernel::term::{Name, Term};
use crate::kernel::theorem::Rejection;
use crate::model::derivation::Derivation;
use crate::model::derivation::formula::{Formula, Kind, Label, Mean};
use crate::model::family::Family;

use super::claim::{Entry, refute};
use super::family::derive;
use super::formula::{Expectations, Matrix, Places, Reader, choices};
use super::report::{CheckKind, Counterexample, Status};
use super::search::Search;
use super::setting::{moving_support, second, setting};

/// Where a statement was shown from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// The two sides are equal whatever the expectations in them are, which are taken to exist.
    Linearity,
    /// As `Linearity`, after expectations were replaced as cited statements say.
    Cited,
    /// The values of the expectations.
    ClosedForm,
}

#[derive(Clone, Debug)]
pub enum Decision {
    Proved {
        basis: Basis,
        /// Names of the integral and sum lemmas of the closed forms.
        lemmas: BTreeSet<&'static str>,
        /// What the kernel could not discharge, as conditions.
        conditions: BTreeSet<String>,
    },
    Refuted(Box<Counterexample>),
    /// With the reason, or what did not vanish.
    NotProved(String),
}

/// A statement whose sides are known at the family.
pub struct Stated<'s> {
    pub left: &'s Formula,
    pub right: &'s Formula,
    /// `None` is equality.
    pub order: Option<u32>,
}

/// The family engine, asked about one statement after the other.
pub struct Prover {
    search: Search,
    parameters: Vec<Name>,
    /// Why nothing can be said of the family, or nothing about derivatives, or nothing about a second argument.
    unusable: Option<String>,
    corners: Option<String>,
    moving: Vec<Name>,
}

impl Prover {
    /// # Errors
    /// When no parameter values meet the family's declared conditions.
    pub fn new(family: &Family) -> Result<Prover, Rejection> {
        let report = derive(family)?.report;
        let of = |kind: CheckKind| report.checks.iter().find(|check| check.kind == kind);
        let normalized = of(CheckKind::Normalization).filter(|check| check.status == Status::Proved);
        let unusable = normalized.is_none().then(|| {
            let why = of(CheckKind::Normalization).and_then(|check| check.reason.clone()).unwrap_or_default();
            format!("that {} is normalized is not proved: {why}", family.name)
        });
        let moving = moving_support(family);
        // A support that moves is no obstacle to derivatives at a point inside of it.
        let corners = of(CheckKind::Regularity).filter(|check| {
            moving.is_empty()
                && (check.status == Status::Refuted
                    || check.status == Status::NotProved && check.assumptions.is_empty())
        });
        Ok(Prover {
            search: Search::new(&setting(family)?, family.substitution.as_ref()),
            parameters: family.parameters.iter().map(|(name, _)| name.clone()).collect(),
            unusable,
            corners: corners.and_then(|check| check.reason.clone()),
            moving,
        })
    }

    /// Decides a statement; `cited` are statements that were proved before.
    pub fn decide(&mut self, derivation: &Derivation, stated: &Stated, cited: &[Stated]) -> Decision {
        if let Some(reason) = self.obstacle(derivation, stated) {
            return Decision::NotProved(reason);
        }
        let mut free = stated.left.free_labels();
        free.extend(stated.right.free_labels());
        let labels: Vec<Label> =
            free.into_iter().map(|(name, (space, _))| Label { name, space, position: None }).collect();
        let (mut lemmas, mut conditions) = (BTreeSet::new(), BTreeSet::new());
        let mut basis = Basis::Linearity;
        for places in choices(&labels, self.parameters.len()) {
            match self.at(derivation, stated, cited, &places, &mut lemmas, &mut conditions) {
                Decision::Proved { basis: own, .. } => basis = weaker(basis, own),
                other => return other,
            }
        }
        Decision::Proved { basis, lemmas, conditions }
    }

    fn obstacle(&self, derivation: &Derivation, stated: &Stated) -> Option<String> {
        let sides = [stated.left, stated.right];
        let mentioned = |test: &dyn Fn(&Formula) -> bool| sides.iter().any(|side| mentions(side, derivation, test));
        let derived = |formula: &Formula| {
            matches!(formula.kind, Kind::Gradient(..) | Kind::Hessian(..) | Kind::Jacobian(..) | Kind::Partial(..))
        };
        let displaced = |formula: &Formula| match &formula.kind {
            Kind::Divergence { .. } => true,
            Kind::Density(_, point) | Kind::Expectation(Mean::Model(point), _) => !point.is_empty(),
            _ => false,
        };
        if let Some(reason) = &self.unusable {
            return Some(reason.clone());
        }
        if let Some(reason) = self.corners.as_ref().filter(|_| mentioned(&derived)) {
            return Some(reason.clone());
        }
        (!self.moving.is_empty() && mentioned(&displaced)).then(|| {
            let names: Vec<&str> = self.moving.iter().map(Name::as_str).collect();
            format!("the support moves with {}, and the two densities have different supports", names.join(" and "))
        })
    }

    fn at(
        &mut self,
        derivation: &Derivation,
        stated: &Stated,
        cited: &[Stated],
        places: &Places,
        lemmas: &mut BTreeSet<&'static str>,
        conditions: &mut BTreeSet<String>,
    ) -> Decision {
        let parameters = self.parameters.clone();
        let displacement = |name: &Name| Term::Variable(second(name)) - Term::Variable(name.clone());
        let reader = Reader { parameters: &parameters, derivation, displacement: &displacement };
        let known = self.cited_means(&reader, cited);
        let formally = |known: &BTreeMap<Monomial, Term>| {
            let mut letters = Letters { search: &self.search, letters: BTreeMap::new(), known };
            let left = reader.matrix(stated.left, places, &mut letters)?;
            let right = reader.matrix(stated.right, places, &mut letters)?;
            let pairs = entries(&left, &right)?;
            let order = stated.order;
            let same = pairs
                .iter()
                .all(|(_, left, right)| order.is_none() && self.search.checker.algebra(left, right).is_ok());
            same.then_some(())
        };
        let plain = formally(&BTreeMap::new()).is_some();
        let by_cited = !plain && !known.is_empty() && formally(&known).is_some();
        let formal = if plain { Some(Basis::Linearity) } else { by_cited.then_some(Basis::Cited) };
        let mut values = Values { search: &mut self.search, used: Vec::new(), failure: None };
        let sides = reader
            .matrix(stated.left, places, &mut values)
            .and_then(|left| Some((left, reader.matrix(stated.right, places, &mut values)?)));
        let (used, failure) = (values.used, values.failure);
        let proved = |basis: Basis| Decision::Proved { basis, lemmas: BTreeSet::new(), conditions: BTreeSet::new() };
        let Some((left, right)) = sides else {
            return match formal {
                Some(basis) => {
                    conditions.insert("the expectations that are written exist".to_owned());
                    proved(basis)
                }
                None => Decision::NotProved(
                    failure.unwrap_or_else(|| "it speaks of what the family says nothing about".to_owned()),
                ),
            };
        };
        let Some(pairs) = entries(&left, &right) else {
            return Decision::NotProved("the two sides have different sizes".to_owned());
        };
        let mut positions: Vec<usize> = used;
        for (label, left, right) in pairs {
            let outcome = match stated.order {
                None => self.equal(&label, &left, &right).map(|position| vec![position]),
                Some(order) => self.expanded(&label, &left, &right, order),
            };
            match outcome {
                Ok(found) => positions.extend(found),
                Err(decision) => return decision,
            }
        }
        for position in positions {
            let theorem = self.search.theorem(position);
            lemmas.extend(theorem.lemmas().iter().copied());
            conditions.extend(theorem.assumptions().iter().map(|term| format!("{term} != 0")));
        }
        proved(formal.unwrap_or(Basis::ClosedForm))
    }

    fn equal(&mut self, label: &str, left: &Term, right: &Term) -> Result<usize, Decision> {
        match self.search.equal(left.clone(), right.clone()) {
            Ok(position) => Ok(position),
            Err(rejection) => Err(self.different(label, left, right, &rejection)),
        }
    }

    /// All derivatives by the second argument, up to an order, where it equals the first.
    fn expanded(&mut self, label: &str, left: &Term, right: &Term, order: u32) -> Result<Vec<usize>, Decision> {
        let at: Vec<(Name, Term)> =
            self.parameters.iter().map(|name| (second(name), Term::Variable(name.clone()))).collect();
        let mut positions = Vec::new();
        // Non-decreasing sequences: partial derivatives of closed forms commute.
        let mut sequences: Vec<Vec<usize>> = vec![Vec::new()];
        for _ in 0..=order {
            let mut next = Vec::new();
            for sequence in &sequences {
                let derived = |side: &Term| {
                    sequence.iter().fold(side.clone(), |side, name| side.derivative(&second(&self.parameters[*name])))
                };
                let formal = derived(left) - derived(right);
                // Log-densities and their derivatives are worked out first, at every value of the variate.
                let of = match self.search.checker.pointwise().normalize(&formal) {
                    Ok(poly) if mentions_density(&formal) => {
                        let worked_out = poly.to_term();
                        match self.search.equal(formal, worked_out.clone()) {
                            Ok(position) => positions.push(position),
                            Err(rejection) => return Err(Decision::NotProved(format!("{label}: {rejection}"))),
                        }
                        worked_out
                    }
                    _ => formal,
                };
                let is = Term::zero();
                let proposition = Proposition::Specialization { auxiliary: Vec::new(), of, at: at.clone(), is };
                match self.search.push(proposition, Rule::Algebra) {
                    Ok(position) => positions.push(position),
                    Err(rejection) => {
                        let normalizer = self.search.checker.pointwise();
                        let value = |side: &Term| {
                            normalizer.normalize(&derived(side)).ok().map(|poly| poly.to_term().substitute(&at))
                        };
                        let by: String =
                            sequence.iter().map(|name| format!(" d/d{}", second(&self.parameters[*name]))).collect();
                        let label =
                            if by.is_empty() { label.to_owned() } else { format!("{label}{by} at equal arguments") };
                        return Err(match value(left).zip(value(right)) {
                            Some((left, right)) => self.different(&label, &left, &right, &rejection),
                            None => Decision::NotProved(format!("{label}: {rejection}")),
                        });
                    }
                }
                let last = sequence.last().copied().unwrap_or(0);
                next.extend((last..self.parameters.len()).map(|name| {
                    let mut longer = sequence.clone();
                    longer.push(name);
                    longer
                }));
            }
            sequences = next;
        }
        Ok(positions)
    }

    fn different(&self, label: &str, left: &Term, right: &Term, rejection: &Rejection) -> Decision {
        // Without derivatives and log-densities, which have no values of their own.
        let plain = |side: &Term| {
            let value = self.search.checker.pointwise().normalize(side);
            value.map_or_else(|_| side.clone(), |poly| self.search.simplifier.simplify(&poly))
        };
        let entry = Entry { label: label.trim().to_owned(), claimed: plain(left), actual: plain(right) };
        match refute(&self.search, self.search.setting().context(), &entry) {
            Some(found) => Decision::Refuted(Box::new(found)),
            None => Decision::NotProved(match rejection {
                Rejection::Differ { residue } => format!("left minus right is {residue}"),
                other => other.to_string(),
            }),
        }
    }

    /// E[m] = v for every monomial m that a cited statement gives the mean of.
    fn cited_means(&self, reader: &Reader, cited: &[Stated]) -> BTreeMap<Monomial, Term> {
        let mut found: BTreeMap<Monomial, Term> = BTreeMap::new();
        // Twice, so that a statement may rest on one that is cited after it.
        for stated in cited.iter().chain(cited).filter(|stated| stated.order.is_none()) {
            let earlier = found.clone();
            let mut letters = Letters { search: &self.search, letters: BTreeMap::new(), known: &earlier };
            let sides = reader
                .matrix(stated.left, &Places::new(), &mut letters)
                .and_then(|left| Some((left, reader.matrix(stated.right, &Places::new(), &mut letters)?)));
            let Some(pairs) = sides.and_then(|(left, right)| entries(&left, &right)) else { continue };
            let letters = letters.letters;
            let parameters = self.search.checker.parameters();
            for (_, left, right) in pairs {
                // c m + r = 0, solved for a letter m that occurs in one term.
                let Ok(difference) = parameters.normalize(&(left - right)) else { continue };
                found.extend(letters.iter().find_map(|(monomial, name)| {
                    let generator = Generator::Variable(name.clone());
                    let (mut own, mut rest) = (Poly::zero(), Poly::zero());
                    for (term, coefficient) in difference.terms() {
                        let holds = term.exponent(&generator) == Exponent::Integer(1);
                        let side = if holds { &mut own } else { &mut rest };
                        side.add_term(term.clone(), coefficient.clone());
                    }
                    let (term, coefficient) = own.as_single()?;
                    let others = term.factors().iter().filter(|(own, _)| *own != generator).cloned().collect();
                    let factor = Poly::single(Monomial::from_factors(others), -coefficient.clone()).to_term();
                    let value = rest.to_term() * factor.recip();
                    letters.values().all(|name| !value.contains(name)).then(|| (monomial.clone(), value))
                }));
            }
        }
        found
    }
}

fn weaker(left: Basis, right: Basis) -> Basis {
    let rank = |basis: Basis| match basis {
        Basis::Linearity => 0,
        Basis::Cited => 1,
        Basis::ClosedForm => 2,
    };
    if rank(left) >= rank(right) { left } else { right }
}

fn mentions_density(term: &Term) -> bool {
    matches!(term, Term::LogDensity(_)) || term.children().any(mentions_density)
}

/// The formula or something in it, definitions looked through.
fn mentions(formula: &Formula, derivation: &Derivation, test: &dyn Fn(&Formula) -> bool) -> bool {
    test(formula)
        || formula.children().into_iter().any(|child| mentions(child, derivation, test))
        || matches!(&formula.kind, Kind::Defined(at, _) if derivation.definitions.get(*at).is_some_and(|own| mentions(&own.body, derivation, test)))
}

/// Entry by entry; the literal 0 is zero of every shape.
fn entries(left: &Matrix, right: &Matrix) -> Option<Vec<(String, Term, Term)>> {
    let zero = |matrix: &Matrix| matrix.as_scalar().is_some_and(Term::is_zero);
    let shape = |matrix: &Matrix| (matrix.0.len(), matrix.0.first().map_or(0, Vec::len));
    let (rows, columns) = if zero(left) { shape(right) } else { shape(left) };
    let get = |matrix: &Matrix, row: usize, column: usize| {
        if zero(matrix) { Some(Term::zero()) } else { matrix.0.get(row)?.get(column).cloned() }
    };
    if !zero(left) && !zero(right) && shape(left) != shape(right) {
        return None;
    }
    let mut pairs = Vec::new();
    for row in 0..rows {
        for column in 0..columns {
            let label = match (rows, columns) {
                (1, 1) => String::new(),
                (_, 1) => format!("component {}", row + 1),
                _ => format!("entry ({}, {})", row + 1, column + 1),
            };
            pairs.push((label, get(left, row, column)?, get(right, row, column)?));
        }
    }
    Some(pairs)
}

/// Expectations as letters, one for each monomial in the variate: equal by linearity, or not.
struct Letters<'a> {
    search: &'a Search,
    letters: BTreeMap<Monomial, Name>,
    known: &'a BTreeMap<Monomial, Term>,
}

impl Expectations for Letters<'_> {
    fn mean(&mut self, of: Term) -> Option<Term> {
        let mut total = Vec::new();
        for (monomial, coefficient) in self.search.decompose(&of).ok()? {
            let count = self.letters.len();
            let mean = if monomial.factors().is_empty() {
                Term::one()
            } else if let Some(value) = self.known.get(&monomial) {
                value.clone()
            } else {
                let name = self.letters.entry(monomial).or_insert_with(|| Name::new(&format!("mean_{count}_")));
                Term::Variable(name.clone())
            };
            total.push(coefficient.to_term() * mean);
        }
        Some(Term::sum(total))
    }

    fn are_values(&self) -> bool {
        false
    }
}

/// Expectations by the values that the kernel proves for them.
struct Values<'a> {
    search: &'a mut Search,
    used: Vec<usize>,
    failure: Option<String>,
}

impl Expectations for Values<'_> {
    fn mean(&mut self, of: Term) -> Option<Term> {
        match self.search.expectation(&of) {
            Ok(position) => {
                self.used.push(position);
                Some(self.search.value(position))
            }
            Err(failure) => {
                self.failure = Some(failure.to_string());
                None
            }
        }
    }

    fn are_values(&self) -> bool {
        true
    }
}
