//! Lemmas and theorems: their chains put together, and compared with what they state.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::kernel::jets::layer::{Layer, Layers};
use crate::kernel::jets::theorem::{Assumption, GenericTheorem, Rejection, Statement};
use crate::kernel::jets::theory::Theory;
use crate::model::derivation::formula::Formula;
use crate::model::derivation::{AssumptionLine, CitedMeaning, Derivation, Item, Side};
use crate::refute::generic::{Verdict, search, search_with_several_parameters};
use crate::source::Source;

use super::link::Link;
use super::report::{AssumptionReport, DerivationReport, DerivationStatus, Equation, ItemReport, StepReport};

/// The statement may name what the chain writes out.
const UNFOLDING: Layers = Layers::of(&[Layer::Definition, Layer::Expectation]);

pub fn report(derivation: &Arc<Derivation>, source: &Source) -> DerivationReport {
    let mut proved: Vec<Option<GenericTheorem>> = Vec::new();
    let mut items = Vec::new();
    for item in &derivation.items {
        let (report, theorem) = Checker { derivation, source, proved: &proved }.item(item);
        items.push(report);
        proved.push(theorem);
    }
    let status = items.iter().map(|item| item.status).max().unwrap_or(DerivationStatus::NotProved);
    let assumptions: BTreeSet<Assumption> =
        proved.iter().flatten().flat_map(|theorem| theorem.assumptions().iter().cloned()).collect();
    let remarks = inferred_order(&items);
    DerivationReport {
        name: derivation.name.clone(),
        title: derivation.title.clone(),
        status,
        items,
        assumptions: assumptions.iter().filter_map(|assumption| described(assumption, derivation, source)).collect(),
        remarks,
        derivation: derivation.clone(),
    }
}

/// Where no order is written, somebody should know which was meant.
pub(super) fn inferred_order(items: &[ItemReport]) -> Vec<String> {
    let unwritten = |item: &ItemReport| {
        item.order.inferred || (item.order.value.is_none() && item.steps.iter().any(|step| step.order.inferred))
    };
    let remark = || "where no order is written, `~` is read to order 2".to_string();
    items.iter().any(unwritten).then(remark).into_iter().collect()
}

/// That a density sums to one is what it is to be a density, and not listed.
fn described(assumption: &Assumption, derivation: &Derivation, source: &Source) -> Option<AssumptionReport> {
    let stated = derivation.assumptions.iter().find_map(|line| match (assumption, line) {
        (Assumption::Equation(wanted), AssumptionLine::Equation(number, left, right)) if wanted == number => {
            Some(Equation { left: left.clone(), right: right.clone(), remark: "as assumed" })
        }
        (Assumption::LogDensity, AssumptionLine::LogDensity(left, right)) => {
            let remark = "as assumed; the natural parameter is interior";
            Some(Equation { left: left.clone(), right: right.clone(), remark })
        }
        _ => None,
    });
    let words =
        |own: &Equation| format!("{} = {}, {}", typed(source, &own.left), typed(source, &own.right), own.remark);
    (*assumption != Assumption::Density).then(|| AssumptionReport {
        name: assumption.name(),
        statement: stated.as_ref().map_or_else(|| assumption.to_string(), words),
        equation: stated,
    })
}

/// A formula as it was typed, on one line.
pub(super) fn typed(source: &Source, formula: &Formula) -> String {
    source.slice(formula.span).split_whitespace().collect::<Vec<_>>().join(" ")
}

struct Checker<'a> {
    derivation: &'a Arc<Derivation>,
    source: &'a Source,
    proved: &'a [Option<GenericTheorem>],
}

impl Checker<'_> {
    fn theory(&self) -> &Arc<Theory> {
        &self.derivation.theory
    }

    fn item(&self, item: &Item) -> (ItemReport, Option<GenericTheorem>) {
        let mut steps = Vec::new();
        let mut theorems = Vec::new();
        let mut previous = &item.start;
        for link in &item.links {
            let (step, theorem) = self.step(previous, link);
            steps.push(step);
            theorems.push(theorem);
            previous = &link.right;
        }
        let (line, _) = self.source.line_column(item.span.start);
        let mut report = ItemReport {
            kind: item.kind,
            name: item.name.clone(),
            status: steps.iter().map(|step| step.status).max().unwrap_or(DerivationStatus::NotProved),
            left: item.statement.left.formula.clone(),
            order: item.statement.order,
            right: item.statement.right.formula.clone(),
            start: item.start.formula.clone(),
            steps,
            assumptions: Vec::new(),
            remarks: Vec::new(),
            counterexample: None,
            line,
        };
        let theorem = theorems
            .into_iter()
            .collect::<Option<Vec<_>>>()
            .and_then(|links| self.conclusion(item, &links, &mut report))
            .filter(|theorem| {
                let (left, right) = (&item.statement.left.formula, &item.statement.right.formula);
                !rests_on_inverse(theorem) || self.doubt(left, right, item.statement.order.value).is_none()
            });
        match &theorem {
            Some(theorem) => {
                report.assumptions = theorem
                    .assumptions()
                    .iter()
                    .filter(|own| **own != Assumption::Density)
                    .map(Assumption::name)
                    .collect()
            }
            None => self.failed(item, &mut report),
        }
        (report, theorem)
    }

    fn step(&self, left: &Side, link: &crate::model::derivation::Link) -> (StepReport, Option<GenericTheorem>) {
        let cited: Vec<Option<&GenericTheorem>> = link
            .reasons
            .iter()
            .filter_map(|cited| match cited.meaning {
                CitedMeaning::Item(at) => Some(self.proved.get(at).and_then(Option::as_ref)),
                CitedMeaning::Rule(..) => None,
            })
            .collect();
        let assumed = (0..self.theory().assumed.len())
            .filter_map(|number| GenericTheorem::assumed(self.theory(), number).ok())
            .collect();
        let statement =
            Statement { left: left.expression.clone(), right: link.right.expression.clone(), order: link.order.value };
        let decided = Link { theory: self.theory(), statement, reasons: &link.reasons, cited, assumed }.decide();
        let mut remarks = decided.remarks;
        for cited in &link.reasons {
            if let CitedMeaning::Item(at) = cited.meaning
                && self.proved.get(at).is_none_or(Option::is_none)
            {
                remarks.push(format!("`{}` is not proved itself, and proves nothing", cited.text));
            }
        }
        let mut counterexample = None;
        let mut theorem = decided.theorem;
        if theorem.as_ref().is_some_and(rests_on_inverse)
            && let Some(doubt) = self.doubt(&left.formula, &link.right.formula, link.order.value)
        {
            remarks.push(doubt);
            theorem = None;
        }
        let status = match (&theorem, decided.reason_holds) {
            (Some(_), true) => DerivationStatus::Proved,
            (Some(_), false) => DerivationStatus::ProvedWithOtherReason,
            (None, _) => match search(self.derivation, &left.formula, &link.right.formula, link.order.value) {
                Verdict::Refuted(found) => {
                    counterexample = Some(*found);
                    DerivationStatus::Refuted
                }
                Verdict::Agreed(count) => {
                    remarks.push(agreement(count));
                    DerivationStatus::NotProved
                }
            },
        };
        let step = StepReport {
            line: self.source.line_column(link.span.start).0,
            order: link.order,
            right: link.right.formula.clone(),
            status,
            reason_given: link.reasons.iter().map(|cited| cited.text.clone()).collect(),
            reason_needed: decided.reason_needed,
            reason_missing: decided.reason_missing,
            residue: decided.residue,
            counterexample,
            remarks,
        };
        (step, theorem)
    }

    /// Why a step that inverts a matrix is not to be believed: a family where it fails, or none where the
    /// matrix can be inverted. An assumption that nothing meets proves everything.
    fn doubt(&self, left: &Formula, right: &Formula, order: Option<u32>) -> Option<String> {
        if matches!(search(self.derivation, left, right, order), Verdict::Refuted(_)) {
            return Some("it rests on the inverse of a matrix that has none".to_string());
        }
        let inverts = left.mentions_inverse() || right.mentions_inverse();
        let several = search_with_several_parameters(self.derivation, left, right, order);
        (inverts && several == Verdict::Agreed(0))
            .then(|| "the matrix that is inverted is singular in every family tried".to_string())
    }

    /// The chain as one theorem, carried over to the sides of the statement.
    fn conclusion(&self, item: &Item, links: &[GenericTheorem], report: &mut ItemReport) -> Option<GenericTheorem> {
        let chained = self.chained(links)?;
        let (left, right) = (&item.statement.left, &item.statement.right);
        let last = item.links.last().map_or(&item.start, |link| &link.right);
        let ends = self.same(left, &item.start).ok().zip(self.same(last, right).ok());
        let Some((first, second)) = ends else {
            report.status = DerivationStatus::NotProved;
            let text = |formula: &Formula| typed(self.source, formula);
            report.remarks.push(format!(
                "the chain goes from `{}` to `{}`, the statement from `{}` to `{}`",
                text(&item.start.formula),
                text(&last.formula),
                text(&left.formula),
                text(&right.formula)
            ));
            return None;
        };
        let theorem = first.transitive(&chained).ok()?.transitive(&second).ok()?;
        let known = theorem.statement().order;
        match theorem.weakened(item.statement.order.value) {
            Ok(theorem) => Some(theorem),
            Err(_) => {
                report.status = DerivationStatus::NotProved;
                report.remarks.push(match (known, item.statement.order.value) {
                    (Some(known), Some(wanted)) => {
                        format!("the chain holds to order {known}, the statement is to order {wanted}")
                    }
                    _ => "the chain holds up to a remainder, the statement is an equality".to_string(),
                });
                None
            }
        }
    }

    fn chained(&self, links: &[GenericTheorem]) -> Option<GenericTheorem> {
        let (first, rest) = links.split_first()?;
        rest.iter().try_fold(first.clone(), |chain, link| chain.transitive(link).ok())
    }

    fn same(&self, left: &Side, right: &Side) -> Result<GenericTheorem, Rejection> {
        let statement = Statement { left: left.expression.clone(), right: right.expression.clone(), order: None };
        GenericTheorem::by_layers(self.theory(), statement.clone(), Layers::NONE, &[])
            .or_else(|_| GenericTheorem::by_layers(self.theory(), statement, UNFOLDING, &[]))
    }

    /// Is only the proof wrong, or also what it was to prove?
    fn failed(&self, item: &Item, report: &mut ItemReport) {
        let statement = Statement {
            left: item.statement.left.expression.clone(),
            right: item.statement.right.expression.clone(),
            order: item.statement.order.value,
        };
        let verdict = search(
            self.derivation,
            &item.statement.left.formula,
            &item.statement.right.formula,
            item.statement.order.value,
        );
        if let Verdict::Refuted(found) = verdict {
            report.counterexample = Some(*found);
            report.status = DerivationStatus::Refuted;
            report.remarks.push("the statement itself is false".to_string());
        } else if GenericTheorem::by_layers(self.theory(), statement, Layers::ALL, &[]).is_ok() {
            report.remarks.push("the statement itself is true; this proof of it is not right".to_string());
        }
    }
}

fn rests_on_inverse(theorem: &GenericTheorem) -> bool {
    theorem.assumptions().contains(&Assumption::Invertible)
}

fn agreement(count: usize) -> String {
    match count {
        0 => "no small family could be evaluated exactly".to_string(),
        _ => format!("{count} small families agree; that is evidence, not a proof"),
    }
}
