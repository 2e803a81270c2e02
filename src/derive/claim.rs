//! Deciding what an author claims: proved by the kernel, refuted by exact values, or neither.

use std::collections::{BTreeMap, BTreeSet};

use crate::kernel::certificate::{Proposition, Rule};
use crate::kernel::domain::Context;
use crate::kernel::term::{Name, Rational, Term};
use crate::kernel::theorem::Rejection;
use crate::model::family::{Claim, Quantity};
use crate::numeric::{enclose, evaluate, sample_points};

use super::report::{CheckKind, ClaimOutcome, Counterexample, Report, Status};
use super::search::Search;

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
            outcome.assumptions.extend(check.assumptions.iter().cloned());
        }
    }
    if let Some((status, reason)) = property(report, &claim.quantity) {
        outcome.status = status;
        outcome.reason = reason;
        return outcome;
    }
    let Some(entries) = entries(search, report, claim) else {
        outcome.status = Status::NotProved;
        outcome.reason = Some("no closed form is known to compare with".into());
        return outcome;
    };
    let context = search.setting().context().clone();
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

/// A claimed entry beside what it should be.
struct Entry {
    label: String,
    claimed: Term,
    actual: Term,
}

fn compare(search: &mut Search, context: &Context, entry: Entry, outcome: &mut ClaimOutcome) {
    let proposition = Proposition::Equal { left: entry.actual.clone(), right: entry.claimed.clone() };
    match search.push(proposition, Rule::Algebra) {
        Ok(position) => {
            let assumptions = search.theorem(position).assumptions();
            outcome.assumptions.extend(assumptions.iter().map(|term| format!("{term} != 0")));
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
fn refute(search: &Search, context: &Context, entry: &Entry) -> Option<Counterexample> {
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

/// Pairs of claimed and actual entries; `None` when an actual one is not known.
fn entries(search: &mut Search, report: &Report, claim: &Claim) -> Option<Vec<Entry>> {
    let names: Vec<String> = report.family.parameters.iter().map(|(name, _)| name.to_string()).collect();
    let scalar = |actual: &Term| {
        vec![Entry {
            label: claim.text.split('=').next().unwrap_or("").trim().to_string(),
            claimed: claim.value[0][0].clone(),
            actual: actual.clone(),
        }]
    };
    let vector = |label: &str, actual: &[Term]| -> Option<Vec<Entry>> {
        let claimed: Vec<&Term> = claim.value.iter().flatten().collect();
        (claimed.len() == actual.len()).then(|| {
            claimed
                .into_iter()
                .zip(actual)
                .enumerate()
                .map(|(k, (claimed, actual))| Entry {
                    label: if actual_is_scalar(label) {
                        label.to_string()
                    } else {
                        format!("{label}[{}]", names.get(k).cloned().unwrap_or_else(|| (k + 1).to_string()))
                    },
                    claimed: claimed.clone(),
                    actual: actual.clone(),
                })
                .collect()
        })
    };
    let matrix = |label: &str, actual: &[Vec<Term>]| -> Vec<Entry> {
        let mut all = Vec::new();
        for (i, row) in claim.value.iter().enumerate() {
            for (j, claimed) in row.iter().enumerate() {
                if let Some(actual) = actual.get(i).and_then(|row| row.get(j)) {
                    all.push(Entry {
                        label: format!("{label}[{}, {}]", names[i], names[j]),
                        claimed: claimed.clone(),
                        actual: actual.clone(),
                    });
                }
            }
        }
        all
    };
    let fisher: Option<Vec<Vec<Term>>> = report.fisher.iter().map(|row| row.iter().cloned().collect()).collect();
    match &claim.quantity {
        Quantity::Score => vector("score", &report.score),
        Quantity::ScoreEntry(i) => Some(scalar(report.score.get(*i)?)),
        Quantity::Hessian => Some(matrix("hessian", &report.hessian)),
        Quantity::HessianEntry(i, j) => Some(scalar(report.hessian.get(*i)?.get(*j)?)),
        Quantity::Fisher => Some(matrix("fisher", &fisher?)),
        Quantity::FisherEntry(i, j) => Some(scalar(report.fisher.get(*i)?.get(*j)?.as_ref()?)),
        Quantity::Kl => Some(scalar(report.kl.as_ref()?)),
        Quantity::Mean => vector("mean", report.mean.as_ref()?),
        Quantity::Variance => {
            let variates = search.setting().support().names();
            let [name] = variates.as_slice() else { return None };
            let mean = report.mean.as_ref()?.first()?.clone();
            let centred = Term::Variable(name.clone()) - mean;
            let position = search.expectation(&Term::power(centred, Term::integer(2))).ok()?;
            Some(scalar(&search.value(position)))
        }
        Quantity::Entropy => {
            let position = search.expectation(&-Term::log_density()).ok()?;
            Some(scalar(&search.value(position)))
        }
        Quantity::Natural => vector("natural", &report.exponential.as_ref()?.natural),
        Quantity::Statistic => vector("statistic", &report.exponential.as_ref()?.statistic),
        Quantity::LogPartition => Some(scalar(&report.exponential.as_ref()?.log_partition)),
        Quantity::Normalized | Quantity::ExponentialFamily | Quantity::Regular => None,
    }
}

fn actual_is_scalar(label: &str) -> bool {
    label == "mean"
}
