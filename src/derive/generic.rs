//! A proof about any density, seen at one family: what each of its formulas is there.

use num_traits::One;

use crate::kernel::term::{Name, Rational, Term};
use crate::model::derivation::Derivation;

use super::formula::{Expectations, Places, Reader};
use super::report::{GenericFormula, GenericLine, Report};
use super::search::Search;

/// Matrices of more parameters than this are not written out.
const MOST_PARAMETERS: usize = 3;

/// Entries with more nodes than this are not written out: nobody would read them.
const MOST_NODES: usize = 160;

/// A step of a generic proof: the formula that it reaches.
#[derive(Clone, Debug)]
pub struct GenericStep {
    /// The lemma or theorem that the step belongs to.
    pub item: String,
    pub start: GenericFormula,
    pub end: GenericFormula,
    /// `=`, or equality up to an order.
    pub order: Option<u32>,
    pub reason: String,
}

/// A generic proof as its author wrote it, checked elsewhere.
pub struct GenericProof<'a> {
    pub derivation: &'a Derivation,
    pub steps: Vec<GenericStep>,
}

/// Every step of the proof that can be written out at the family; the others are left out.
pub fn instances(search: &mut Search, report: &Report, proof: &GenericProof) -> Vec<GenericLine> {
    let parameters: Vec<Name> = report.family.parameters.iter().map(|(name, _)| name.clone()).collect();
    let parameters = parameters.as_slice();
    let long = |term: &Term| term.size() > MOST_NODES;
    if report.fisher.held().chain(report.hessian.held()).any(|(_, entry)| long(entry)) {
        return Vec::new();
    }
    let taken = |name: &Name| search.setting().context().domains.contains_key(&displacement(name));
    if parameters.len() > MOST_PARAMETERS || parameters.iter().any(taken) {
        return Vec::new();
    }
    let mut found: Vec<GenericLine> = Vec::new();
    for step in &proof.steps {
        let reader = Reader {
            parameters,
            derivation: proof.derivation,
            displacement: &|name| Term::Variable(displacement(name)),
        };
        let Some(formal) = reader.matrix(&step.end.formula, &Places::new(), &mut Formal) else { continue };
        let shown = formal.map(&mut |entry| shown(search, entry));
        if shown.0.iter().flatten().any(long) {
            continue;
        }
        let Some(value) = formal.try_map(&mut |entry| settled(search, entry)) else { continue };
        let value = value.map(&mut |entry| search.simplifier.simplify_term(entry));
        let opens = found.last().is_none_or(|last| last.item != step.item);
        found.push(GenericLine {
            item: step.item.clone(),
            start: opens.then(|| step.start.clone()),
            end: step.end.clone(),
            order: step.order,
            reason: step.reason.clone(),
            formal: shown.0,
            value: value.0,
        });
    }
    found
}

/// Δ_θ, what the second argument of the divergence adds to a parameter.
fn displacement(name: &Name) -> Name {
    Name::new(&format!("Delta_{name}"))
}

/// Expectations that are written, and not worked out.
struct Formal;

impl Expectations for Formal {
    /// E over what has been integrated already changes nothing.
    fn mean(&mut self, of: Term) -> Option<Term> {
        Some(if depends_on_variate(&of) { of.expectation() } else { of })
    }

    fn are_values(&self) -> bool {
        false
    }
}

/// Whether a density occurs outside every expectation.
fn depends_on_variate(term: &Term) -> bool {
    match term {
        Term::LogDensity(_) => true,
        Term::Expectation(_) => false,
        _ => term.children().any(depends_on_variate),
    }
}

/// What has more terms than this stays as it is: nobody would read what it comes to.
pub(super) const MOST_WRITTEN_TERMS: usize = 32;

/// The formula with the family's expressions inside its expectations.
fn shown(search: &Search, term: &Term) -> Term {
    let written = |term: &Term| match search.checker.pointwise().normalize(term) {
        Ok(poly) if poly.len() <= MOST_WRITTEN_TERMS => search.simplifier.simplify(&poly),
        // Nobody reads that; ℓ and its derivatives are what the line is about.
        _ => term.clone(),
    };
    if !has_expectation(term) {
        return written(term);
    }
    // Multiplied out and collected with every expectation as one letter.
    let mut letters: Vec<(Name, Term)> = Vec::new();
    let lettered = lettered(&inside(term, &written), &mut letters);
    let plain = search.simplifier.simplify_term(&lettered);
    search.simplifier.tidy(&plain.substitute(&letters))
}

/// The term with a name for each of its expectations.
fn lettered(term: &Term, letters: &mut Vec<(Name, Term)>) -> Term {
    if let Term::Expectation(_) = term {
        if let Some((name, _)) = letters.iter().find(|(_, known)| known == term) {
            return Term::Variable(name.clone());
        }
        let name = Name::new(&format!("expectation_{}", letters.len()));
        letters.push((name.clone(), term.clone()));
        return Term::Variable(name);
    }
    if matches!(term, Term::Derivative(..)) {
        return term.clone();
    }
    term.map_children(&mut |child| lettered(child, letters))
}

fn has_expectation(term: &Term) -> bool {
    matches!(term, Term::Expectation(_)) || term.children().any(has_expectation)
}

fn inside(term: &Term, written: &dyn Fn(&Term) -> Term) -> Term {
    match term {
        // What is formal about the divergence says more than the difference written out.
        Term::Expectation(body) if mentions_both(body) => term.clone(),
        Term::Expectation(body) => written(body).expectation(),
        _ => term.map_children(&mut |child| inside(child, written)),
    }
}

fn mentions_both(term: &Term) -> bool {
    matches!(term, Term::LogDensity(moved) if !moved.is_empty()) || term.children().any(mentions_both)
}

/// The value: every expectation replaced by what the kernel proves for it.
fn settled(search: &mut Search, term: &Term) -> Option<Term> {
    if let Term::Expectation(body) = term {
        if matches!(&**body, Term::Number(value) if value.is_one()) {
            return Some(Term::Number(Rational::one()));
        }
        let position = search.expectation(body).ok()?;
        return Some(search.value(position));
    }
    if !has_expectation(term) {
        let poly = search.checker.pointwise().normalize(term).ok()?;
        let short = poly.len() <= MOST_WRITTEN_TERMS;
        return Some(if short { search.simplifier.simplify(&poly) } else { term.clone() });
    }
    let mut failed = false;
    let value = term.map_children(&mut |child| {
        settled(search, child).unwrap_or_else(|| {
            failed = true;
            child.clone()
        })
    });
    (!failed).then_some(value)
}
