//! A derivation for programs.

use serde_json::{Value, json};

use crate::derivation::report::{DerivationReport, ItemReport, StepReport, relation};
use crate::model::derivation::family::SECOND;
use crate::model::derivation::{ItemKind, Order};
use crate::refute::generic::Counterexample;

use super::layout::heading;
use super::{DerivationOptions, Notation, displays};

pub fn write(report: &DerivationReport) -> String {
    let value = value(report);
    let mut text = serde_json::to_string_pretty(&value).unwrap_or_default();
    text.push('\n');
    text
}

/// The schema of DESIGN: `name`, `status`, `steps`, `assumptions`, `latex`; and `items`, the steps in their lemmas.
pub fn value(report: &DerivationReport) -> Value {
    let notation = Notation::of(&report.derivation);
    let items: Vec<Value> =
        report.items.iter().enumerate().map(|(at, item)| item_value(report, at, item, &notation)).collect();
    let steps: Vec<Value> = report
        .items
        .iter()
        .enumerate()
        .flat_map(|(at, item)| item.steps.iter().map(move |step| (at, step)))
        .map(|(at, step)| step_value(report, at, step, &notation))
        .collect();
    json!({
        "name": report.name,
        "title": report.title,
        "status": report.status.keyword(),
        "family": report.derivation.at_hand.as_ref().map(|at_hand| at_hand.family.name.clone()),
        "steps": steps,
        "items": items,
        "assumptions": report.assumptions.iter().map(|own| json!({ "name": own.name, "statement": own.statement })).collect::<Vec<_>>(),
        "remarks": report.remarks,
        "latex": displays(report, &DerivationOptions::default()),
    })
}

fn item_value(report: &DerivationReport, at: usize, item: &ItemReport, notation: &Notation) -> Value {
    json!({
        "kind": match item.kind { ItemKind::Lemma => "lemma", ItemKind::Theorem => "theorem" },
        "name": item.name,
        "heading": heading(report, at).words(),
        "line": item.line,
        "status": item.status.keyword(),
        "left": notation.text(&item.left),
        "relation": relation(item.order),
        "remainder": remainder(report, item.order),
        "right": notation.text(&item.right),
        "start": notation.text(&item.start),
        "assumptions": item.assumptions,
        "remarks": item.remarks,
        "counterexample": item.counterexample.as_ref().map(counterexample_value),
    })
}

fn step_value(report: &DerivationReport, at: usize, step: &StepReport, notation: &Notation) -> Value {
    json!({
        "item": heading(report, at).words(),
        "line": step.line,
        "relation": relation(step.order),
        "remainder": remainder(report, step.order),
        "right": notation.text(&step.right),
        "status": step.status.keyword(),
        "reason_given": step.reason_given,
        "reason_needed": step.reason_needed,
        "reason_missing": step.reason_missing,
        "residue": step.residue,
        "counterexample": step.counterexample.as_ref().map(counterexample_value),
        "remarks": step.remarks,
    })
}

/// `O(‖delta‖^3)`, for `~ to order 2`; null for an equality.
fn remainder(report: &DerivationReport, order: Order) -> Option<String> {
    let names: Vec<&str> =
        report.derivation.theory.directions.iter().map(|direction| direction.name.as_str()).collect();
    let inside = match names.as_slice() {
        [SECOND] => "second - first".to_string(),
        [only] => (*only).to_string(),
        several => format!("({})", several.join(", ")),
    };
    Some(format!("O(‖{inside}‖^{})", order.value? + 1))
}

fn counterexample_value(found: &Counterexample) -> Value {
    json!({
        "family": found.family,
        "values": found.values.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect::<Vec<_>>(),
        "entry": found.entry,
        "left": found.left,
        "right": found.right,
        "left_decimal": found.left_decimal,
        "right_decimal": found.right_decimal,
    })
}
