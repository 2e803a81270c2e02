//! Deciding what an author claims: proved by the kernel, refuted by exact values, or neither.

use std::collections::{BTreeMap, BTreeSet};

use crate::kernel::certificate::{Proposition, Rule};
use crate::kernel::domain::Context;
use crate::kernel::term::{Name, Rational, Term};
use crate::kernel::theorem::Rejection;
use crate::model::family::{Claim, Quantity};
use crate::numeric::{enclose, evaluate, sample_points};

use super::quantity::{centred, products};
use super::report::{CheckKind, ClaimOutcome, Counterexample, Report, Status, assumed};
use super::search::Search;
use super::setting::score_product;

/// How many points a refutation is looked for at.
const POINTS: usize = 12;

/// Decides one claim against what was worked out.
pub fn decide(search: &mut Search, report: &Report, claim: &Claim) -> ClaimOutcome {
    let mut outcome = ClaimOutcome {
        claim: claim.clone(),
        status: Status::Proved,
        residue: None,
        counterexample: None,
        assumptions: Vec::new(),
        reason: None,
    };
    // What the quantity itself rests on, the claim rests on too.
    for kind in basis(&claim.quantity) {
        for check in report.checks.iter().filter(|check| check.kind == *kind) {
            check.assumptions.iter().for_each(|assumption| outcome.assume(assumption.clone()));
        }
    }
    if let Some((status, reason)) = property(report, &claim.quantity) {
        outcome.status = status;
        outcome.reason = reason;
        return outcome;
    }
    let context = search.setting().context().clone();
    if is_exponential_form(&claim.quantity) {
        exponential_form(search, report, claim, &context, &mut outcome);
        return outcome;
    }
    let Some(entries) = entries(search, report, claim) else {
        outcome.status = Status::NotProved;
        outcome.reason = Some(without_value(report, &mut outcome));
        return outcome;
    };
    for entry in entries {
        compare(search, &context, entry, &mut outcome);
        if outcome.status == Status::Refuted {
            break;
        }
    }
    let mut told = BTreeSet::new();
    outcome.assumptions.retain(|assumption| told.insert(assumption.clone()));
    outcome
}

/// Why there is nothing to compare a claim with; a mean that does not exist refutes it.
fn without_value(report: &Report, outcome: &mut ClaimOutcome) -> String {
    let of_kind = |kind: CheckKind| report.checks.iter().find(|check| check.kind == kind);
    let normalized = of_kind(CheckKind::Normalization).is_some_and(|check| check.status == Status::Proved);
    if !normalized {
        return "the density was not shown to integrate to one, and nothing is said of any other".into();
    }
    // A moving support leaves the Fisher information without a check of its own.
    let kinds = basis(&outcome.claim.quantity).iter().chain([&CheckKind::Regularity]);
    let failed = kinds.filter_map(|kind| of_kind(*kind)).find(|check| check.status != Status::Proved);
    match failed.and_then(|check| Some((check, check.reason.clone()?))) {
        Some((check, reason)) if check.kind != CheckKind::Regularity || check.status == Status::Refuted => {
            // A mean that does not exist has no value at all.
            if check.kind == CheckKind::Mean {
                outcome.status = check.status;
            }
            reason
        }
        _ => "no closed form is known to compare with".into(),
    }
}

fn is_exponential_form(quantity: &Quantity) -> bool {
    matches!(quantity, Quantity::Natural | Quantity::Statistic | Quantity::LogPartition)
}

/// Decides a claim about the exponential-family form, which is not unique: η may be exchanged for any
/// invertible affine function of it, and T and A with it (Brown 1986, section 1.3).
///
/// What is claimed is proved when it is the form found. Another form is decided where η, T and A are all
/// claimed: it is one exactly when log p − (η·T − A) is free of the parameters, that is, when their
/// gradients by each parameter agree. A part of another form alone is neither proved nor refuted.
fn exponential_form(
    search: &mut Search,
    report: &Report,
    claim: &Claim,
    context: &Context,
    outcome: &mut ClaimOutcome,
) {
    let found = entries(search, report, claim)
        .is_some_and(|entries| entries.into_iter().all(|entry| search.equal(entry.actual, entry.claimed).is_ok()));
    if found {
        return;
    }
    let Some(whole) = whole_form(report) else {
        outcome.status = Status::NotProved;
        outcome.reason = Some(
            "it is not the form that was found, and an exponential family has many; claim `natural`, `statistic` and \
             `log-partition` together, and they are decided as one"
                .into(),
        );
        return;
    };
    let scores = report.score.vector().unwrap_or_default();
    for ((name, _), score) in report.family.parameters.iter().zip(&scores) {
        let slope = search.checker.pointwise().normalize(&whole.clone().derivative(name));
        match slope {
            Ok(slope) => {
                let label = format!("score[{name}]");
                let entry = Entry { label, claimed: slope.to_term(), actual: score.clone() };
                compare(search, context, entry, outcome);
            }
            Err(obstacle) => {
                outcome.status = Status::NotProved;
                outcome.reason = Some(obstacle.to_string());
            }
        }
        if outcome.status != Status::Proved {
            break;
        }
    }
    if scores.len() != report.family.parameters.len() {
        outcome.status = Status::NotProved;
        outcome.reason = Some("the score is not known".into());
    }
}

/// η·T − A, where the family claims all three.
fn whole_form(report: &Report) -> Option<Term> {
    let claimed = |quantity: &Quantity| -> Option<Vec<&Term>> {
        let mut of_quantity = report.family.claims.iter().filter(|claim| claim.quantity == *quantity);
        let claim = of_quantity.next()?;
        // Two different claims of one quantity say nothing together.
        of_quantity.next().is_none().then(|| claim.value.iter().flatten().collect())
    };
    let natural = claimed(&Quantity::Natural)?;
    let statistic = claimed(&Quantity::Statistic)?;
    let log_partition = claimed(&Quantity::LogPartition)?;
    let [log_partition] = log_partition.as_slice() else { return None };
    if natural.len() != statistic.len() {
        return None;
    }
    let products = natural.into_iter().zip(statistic).map(|(eta, t)| eta.clone() * t.clone());
    Some(products.fold(-(*log_partition).clone(), |sum, product| sum + product))
}

/// A claimed entry beside what it should be.
pub(super) struct Entry {
    pub label: String,
    pub claimed: Term,
    pub actual: Term,
}

fn compare(search: &mut Search, context: &Context, entry: Entry, outcome: &mut ClaimOutcome) {
    let proposition = Proposition::Equal { left: entry.actual.clone(), right: entry.claimed.clone() };
    match search.push(proposition, Rule::Algebra) {
        Ok(position) => {
            let assumptions = search.theorem(position).assumptions();
            assumptions.iter().for_each(|term| outcome.assume(assumed(term)));
        }
        Err(rejection) => {
            if let Some(counterexample) = refute(search, context, &entry) {
                outcome.status = Status::Refuted;
                outcome.counterexample = Some(counterexample);
            } else {
                outcome.status = Status::NotProved;
            }
            match rejection {
                Rejection::Differ { residue } => {
                    outcome.residue = Some(format!("{}: {residue}", entry.label));
                }
                other => outcome.reason = Some(format!("{}: {other}", entry.label)),
            }
        }
    }
}

/// Exact values at a rational point where rigorous enclosures of the two sides are disjoint.
pub(super) fn refute(search: &Search, context: &Context, entry: &Entry) -> Option<Counterexample> {
    let mut variables = entry.claimed.variables();
    variables.extend(entry.actual.variables());
    let mut context = context.clone();
    // The variate may occur in scores and Hessians.
    if let crate::kernel::domain::Support::Product { coordinates, .. } = search.setting().support() {
        context.domains.extend(coordinates.iter().cloned());
    }
    for point in sample_points(&context, POINTS) {
        if let Some(found) = refute_at(search, entry, &point, &variables) {
            return Some(found);
        }
    }
    None
}

fn refute_at(
    search: &Search,
    entry: &Entry,
    point: &BTreeMap<Name, Rational>,
    variables: &std::collections::BTreeSet<Name>,
) -> Option<Counterexample> {
    if !disjoint(&entry.claimed, &entry.actual, point) {
        return None;
    }
    let at: Vec<(Name, Term)> = point
        .iter()
        .filter(|(name, _)| variables.contains(*name))
        .map(|(name, value)| (name.clone(), Term::Number(value.clone())))
        .collect();
    let floats: BTreeMap<Name, f64> = point
        .iter()
        .map(|(name, value)| (name.clone(), num_traits::ToPrimitive::to_f64(value).unwrap_or(f64::NAN)))
        .collect();
    let exact = |term: &Term| search.simplifier.simplify_term(&term.substitute(&at));
    Some(Counterexample {
        entry: entry.label.clone(),
        claimed: exact(&entry.claimed),
        actual: exact(&entry.actual),
        claimed_decimal: evaluate(&entry.claimed, &floats).unwrap_or(f64::NAN),
        actual_decimal: evaluate(&entry.actual, &floats).unwrap_or(f64::NAN),
        at,
    })
}

/// Whether the two sides certainly differ at a point.
pub fn disjoint(left: &Term, right: &Term, point: &BTreeMap<Name, Rational>) -> bool {
    match (enclose(left, point), enclose(right, point)) {
        (Some(left), Some(right)) => left.high() < right.low() || right.high() < left.low(),
        _ => false,
    }
}

/// The checks that a quantity's value comes from.
fn basis(quantity: &Quantity) -> &'static [CheckKind] {
    match quantity {
        Quantity::Score | Quantity::ScoreEntry(_) => &[CheckKind::Score],
        Quantity::Hessian | Quantity::HessianEntry(..) => &[CheckKind::Hessian],
        Quantity::Fisher | Quantity::FisherEntry(..) => &[CheckKind::FisherFromScore],
        Quantity::Kl => &[CheckKind::Kl],
        Quantity::Mean | Quantity::Variance => &[CheckKind::Mean],
        Quantity::Normalized | Quantity::Entropy => &[CheckKind::Normalization],
        Quantity::Regular => &[CheckKind::Regularity, CheckKind::Normalization],
        Quantity::Natural | Quantity::Statistic | Quantity::LogPartition | Quantity::ExponentialFamily => &[],
    }
}

/// Properties have no value: they hold or not.
fn property(report: &Report, quantity: &Quantity) -> Option<(Status, Option<String>)> {
    let of_check = |kind: CheckKind| {
        let check = report.checks.iter().find(|check| check.kind == kind);
        check.map_or((Status::NotProved, None), |check| (check.status, check.reason.clone()))
    };
    match quantity {
        Quantity::Normalized => Some(of_check(CheckKind::Normalization)),
        Quantity::Regular => Some(of_check(CheckKind::Regularity)),
        Quantity::ExponentialFamily => Some(match &report.exponential {
            Some(_) => (Status::Proved, None),
            // That this program sees no such form is no proof that there is none.
            None => (Status::NotProved, report.not_exponential.clone()),
        }),
        _ => None,
    }
}

/// An entry of the Fisher matrix; one that another stands for is proved by exchange first.
fn fisher_entry(search: &mut Search, report: &Report, i: usize, j: usize) -> Option<Term> {
    let kind = report.exchange.kind(&[i, j]);
    if report.fisher.is_abridged() && kind != [i, j] {
        let name = |place: usize| &report.family.parameters[place].0;
        let step = search.about(&score_product(name(kind[0]), name(kind[1])))?;
        let carried = report.exchange.prove(search, step, &[i, j]).ok()?;
        return Some(search.value(carried));
    }
    report.fisher.get(&[i, j])
}

/// Pairs of claimed and actual entries; `None` when an actual one is not known.
fn entries(search: &mut Search, report: &Report, claim: &Claim) -> Option<Vec<Entry>> {
    let named = |names: Vec<Name>| -> Vec<String> { names.iter().map(ToString::to_string).collect() };
    let parameters = named(report.family.parameters.iter().map(|(name, _)| name.clone()).collect());
    let variates = named(report.family.variate.names());
    let numbers: Vec<String> = (1..=claim.value.iter().flatten().count()).map(|number| number.to_string()).collect();
    let scalar = |actual: &Term| {
        vec![Entry {
            label: claim.text.split('=').next().unwrap_or("").trim().to_string(),
            claimed: claim.value[0][0].clone(),
            actual: actual.clone(),
        }]
    };
    let vector = |label: &str, indices: &[String], actual: &[Term]| -> Option<Vec<Entry>> {
        let claimed: Vec<&Term> = claim.value.iter().flatten().collect();
        (claimed.len() == actual.len()).then(|| {
            let entries = claimed.into_iter().zip(actual).zip(indices);
            entries
                .map(|((claimed, actual), index)| Entry {
                    label: format!("{label}[{index}]"),
                    claimed: claimed.clone(),
                    actual: actual.clone(),
                })
                .collect()
        })
    };
    let matrix = |label: &str, indices: &[String], actual: &[Vec<Term>]| -> Vec<Entry> {
        let mut all = Vec::new();
        for (i, row) in claim.value.iter().enumerate() {
            for (j, claimed) in row.iter().enumerate() {
                if let Some(actual) = actual.get(i).and_then(|row| row.get(j)) {
                    all.push(Entry {
                        label: format!("{label}[{}, {}]", indices[i], indices[j]),
                        claimed: claimed.clone(),
                        actual: actual.clone(),
                    });
                }
            }
        }
        all
    };
    match &claim.quantity {
        Quantity::Score => vector("score", &parameters, &report.score.vector()?),
        Quantity::ScoreEntry(i) => Some(scalar(&report.score.get(&[*i])?)),
        Quantity::Hessian => Some(matrix("hessian", &parameters, &report.hessian.matrix()?)),
        Quantity::HessianEntry(i, j) => Some(scalar(&report.hessian.get(&[*i, *j])?)),
        Quantity::Fisher => {
            let range = 0..report.fisher.count();
            let mut entry = |i: usize, j: usize| fisher_entry(search, report, i, j);
            let rows: Option<Vec<Vec<Term>>> =
                range.clone().map(|i| range.clone().map(|j| entry(i, j)).collect()).collect();
            Some(matrix("fisher", &parameters, &rows?))
        }
        Quantity::FisherEntry(i, j) => Some(scalar(&fisher_entry(search, report, *i, *j)?)),
        Quantity::Kl => Some(scalar(report.kl.as_ref()?)),
        Quantity::Mean => match report.mean.as_deref()? {
            [mean] => Some(scalar(mean)),
            means => vector("mean", &variates, means),
        },
        Quantity::Variance => {
            let covariance = products(search, &centred(report)?).ok()?;
            match covariance.as_slice() {
                [row] => Some(scalar(row.first()?)),
                rows => Some(matrix("variance", &variates, rows)),
            }
        }
        Quantity::Entropy => {
            let position = search.expectation(&-Term::log_density()).ok()?;
            Some(scalar(&search.value(position)))
        }
        Quantity::Natural => vector("natural", &numbers, &report.exponential.as_ref()?.natural),
        Quantity::Statistic => vector("statistic", &numbers, &report.exponential.as_ref()?.statistic),
        Quantity::LogPartition => Some(scalar(&report.exponential.as_ref()?.log_partition)),
        Quantity::Normalized | Quantity::ExponentialFamily | Quantity::Regular => None,
    }
}
