//! A derivation about one family: every link decided by the family's closed forms.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::derive::statement::{Basis, Decision, Prover, Stated};
use crate::kernel::jets::layer::CLOSED_FORM;
use crate::model::derivation::formula::Formula;
use crate::model::derivation::{AtHand, Cited, CitedMeaning, Derivation, Item, Link, Order};
use crate::refute::generic::Counterexample;
use crate::source::Source;

use super::proof::{inferred_order, typed};
use super::report::{AssumptionReport, DerivationReport, DerivationStatus, ItemReport, StepReport};

/// The report of a derivation with a family at hand.
pub fn report(derivation: &Arc<Derivation>, source: &Source) -> DerivationReport {
    let (mut items, mut assumptions, mut remarks) = (Vec::new(), Vec::new(), Vec::new());
    if let Some(at_hand) = &derivation.at_hand {
        match Prover::new(&at_hand.family) {
            Ok(prover) => {
                let mut checker = Checker {
                    derivation,
                    at_hand,
                    source,
                    prover,
                    proved: Vec::new(),
                    lemmas: BTreeSet::new(),
                    conditions: BTreeSet::new(),
                };
                for item in &at_hand.items {
                    let report = checker.item(item);
                    checker.proved.push(report.status <= DerivationStatus::ProvedWithOtherReason);
                    items.push(report);
                }
                let named = |name: &str, statement: &String| AssumptionReport {
                    name: name.to_string(),
                    statement: statement.clone(),
                    equation: None,
                };
                assumptions.extend(checker.conditions.iter().map(|condition| named("condition", condition)));
                if !checker.lemmas.is_empty() {
                    let lemmas: Vec<&str> = checker.lemmas.iter().copied().collect();
                    let plural = if lemmas.len() == 1 { "" } else { "s" };
                    remarks.push(format!(
                        "the expectations of {} are by the lemma{plural} {}",
                        at_hand.family.name,
                        lemmas.join(", ")
                    ));
                }
            }
            Err(rejection) => remarks.push(format!("nothing can be said of {}: {rejection}", at_hand.family.name)),
        }
    }
    remarks.extend(inferred_order(&items));
    DerivationReport {
        name: derivation.name.clone(),
        title: derivation.title.clone(),
        status: items.iter().map(|item| item.status).max().unwrap_or(DerivationStatus::NotProved),
        items,
        assumptions,
        remarks,
        derivation: derivation.clone(),
    }
}

struct Checker<'a> {
    derivation: &'a Derivation,
    at_hand: &'a AtHand,
    source: &'a Source,
    prover: Prover,
    /// Of each item so far, whether its chain proves it.
    proved: Vec<bool>,
    lemmas: BTreeSet<&'static str>,
    conditions: BTreeSet<String>,
}

impl Checker<'_> {
    fn item(&mut self, item: &Item<Formula>) -> ItemReport {
        let mut steps = Vec::new();
        let mut previous = &item.start;
        for link in &item.links {
            steps.push(self.step(previous, link));
            previous = &link.right;
        }
        let mut report = ItemReport {
            kind: item.kind,
            name: item.name.clone(),
            status: steps.iter().map(|step| step.status).max().unwrap_or(DerivationStatus::NotProved),
            left: item.statement.left.clone(),
            order: item.statement.order,
            right: item.statement.right.clone(),
            start: item.start.clone(),
            steps,
            assumptions: Vec::new(),
            remarks: Vec::new(),
            counterexample: None,
            line: self.source.line_column(item.span.start).0,
        };
        self.conclude(item, &mut report);
        report
    }

    fn step(&mut self, left: &Formula, link: &Link<Formula>) -> StepReport {
        let decision = self.decide(left, &link.right, link.order, &link.reasons);
        let mut remarks = Vec::new();
        for cited in &link.reasons {
            if let CitedMeaning::Item(at) = cited.meaning
                && self.proved.get(at) != Some(&true)
            {
                remarks.push(format!("`{}` is not proved itself, and proves nothing", cited.text));
            }
        }
        let mut step = StepReport {
            line: self.source.line_column(link.span.start).0,
            order: link.order,
            right: link.right.clone(),
            status: DerivationStatus::NotProved,
            reason_given: link.reasons.iter().map(|cited| cited.text.clone()).collect(),
            reason_needed: Vec::new(),
            reason_missing: Vec::new(),
            residue: None,
            counterexample: None,
            remarks,
        };
        match decision {
            Decision::Proved { basis, lemmas, conditions } => {
                self.lemmas.extend(lemmas);
                self.conditions.extend(conditions);
                let given = link
                    .reasons
                    .iter()
                    .any(|cited| matches!(cited.meaning, CitedMeaning::Rule(reason, _) if reason.name == CLOSED_FORM));
                let holds = link.reasons.is_empty() || given || basis != Basis::ClosedForm;
                step.reason_needed = match basis {
                    Basis::Linearity if link.reasons.is_empty() => vec!["definition".to_string()],
                    Basis::Linearity | Basis::Cited => step.reason_given.clone(),
                    Basis::ClosedForm => vec![CLOSED_FORM.to_string()],
                };
                if !holds {
                    step.reason_missing = step.reason_needed.clone();
                }
                step.status = if holds { DerivationStatus::Proved } else { DerivationStatus::ProvedWithOtherReason };
            }
            Decision::Refuted(found) => {
                step.status = DerivationStatus::Refuted;
                step.counterexample = Some(self.shown(&found));
            }
            Decision::NotProved(reason) => step.remarks.push(reason),
        }
        step
    }

    fn decide(&mut self, left: &Formula, right: &Formula, order: Order, reasons: &[Cited]) -> Decision {
        let cited: Vec<Stated> = reasons
            .iter()
            .filter_map(|cited| match cited.meaning {
                CitedMeaning::Item(at) if self.proved.get(at) == Some(&true) => {
                    let statement = &self.at_hand.items[at].statement;
                    Some(Stated { left: &statement.left, right: &statement.right, order: statement.order.value })
                }
                _ => None,
            })
            .collect();
        self.prover.decide(self.derivation, &Stated { left, right, order: order.value }, &cited)
    }

    /// Does the chain say what is stated?
    fn conclude(&mut self, item: &Item<Formula>, report: &mut ItemReport) {
        let last = item.links.last().map_or(&item.start, |link| &link.right);
        let equal = Order { value: None, inferred: false };
        let (left, right) = (&item.statement.left, &item.statement.right);
        let mut same = |one: &Formula, other: &Formula| {
            text(self.source, one) == text(self.source, other)
                || matches!(self.decide(one, other, equal, &[]), Decision::Proved { basis: Basis::Linearity, .. })
        };
        if report.status <= DerivationStatus::ProvedWithOtherReason {
            if !(same(left, &item.start) && same(last, right)) {
                report.status = DerivationStatus::NotProved;
                let text = |formula: &Formula| typed(self.source, formula);
                report.remarks.push(format!(
                    "the chain goes from `{}` to `{}`, the statement from `{}` to `{}`",
                    text(&item.start),
                    text(last),
                    text(left),
                    text(right)
                ));
            }
            let known = item.links.iter().filter_map(|link| link.order.value).min();
            match (known, item.statement.order.value) {
                (Some(known), Some(wanted)) if known < wanted => {
                    report.status = DerivationStatus::NotProved;
                    report
                        .remarks
                        .push(format!("the chain holds to order {known}, the statement is to order {wanted}"));
                }
                (Some(_), None) => {
                    report.status = DerivationStatus::NotProved;
                    report.remarks.push("the chain holds up to a remainder, the statement is an equality".to_string());
                }
                _ => {}
            }
        }
        if report.status <= DerivationStatus::ProvedWithOtherReason {
            return;
        }
        match self.decide(left, right, item.statement.order, &[]) {
            Decision::Refuted(found) => {
                report.counterexample = Some(self.shown(&found));
                report.status = DerivationStatus::Refuted;
                report.remarks.push("the statement itself is false".to_string());
            }
            Decision::Proved { .. } => {
                report.remarks.push("the statement itself is true; this proof of it is not right".to_string())
            }
            Decision::NotProved(_) => {}
        }
    }

    fn shown(&self, found: &crate::derive::report::Counterexample) -> Counterexample {
        Counterexample {
            family: self.at_hand.family.name.clone(),
            values: found.at.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
            entry: (!found.entry.is_empty()).then(|| found.entry.clone()),
            left: found.claimed.to_string(),
            right: found.actual.to_string(),
            left_decimal: found.claimed_decimal,
            right_decimal: found.actual_decimal,
        }
    }
}

fn text<'s>(source: &'s Source, formula: &Formula) -> &'s str {
    source.slice(formula.span)
}
