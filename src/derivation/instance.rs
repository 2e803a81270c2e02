//! The lines of the generic proof as data, so that a family can put its values beside them.

use std::sync::Arc;

use crate::model::derivation::Derivation;
use crate::model::derivation::formula::Formula;
use crate::render::derivation::{Notation, heading, reason_words, remainders, shown_reasons};
use crate::source::Source;
use crate::syntax::parse;
use crate::syntax::tree::Item;

use super::report::{DerivationReport, relation};

/// The note's proof, as it ships.
const KL_FISHER: &str = include_str!("../../derivations/proofs/kl_fisher.drv");

/// One step of a proof: `left relation right by reasons`.
#[derive(Clone, Debug)]
pub struct ProofLine {
    /// The lemma or theorem that the step belongs to: "Lemma 1 (zero mean score)".
    pub item: String,
    pub left: Formula,
    pub left_text: String,
    pub left_latex: String,
    /// The order to which it is an expansion, where one stands before it.
    pub left_remainder: Option<u32>,
    /// `=` or `~ to order 2`.
    pub relation: String,
    pub order: Option<u32>,
    pub right: Formula,
    pub right_text: String,
    pub right_latex: String,
    pub right_remainder: Option<u32>,
    /// As a reader sees it: "Lemma 1, interchange".
    pub reason: String,
    /// What the formulas refer to.
    pub derivation: Arc<Derivation>,
}

/// The generic proof that KL(θ ‖ θ + Δ) is ½ ΔᵀFΔ to second order, step by step, as it was checked.
pub fn kl_fisher_lines() -> Vec<ProofLine> {
    let source = Source::new("kl_fisher.drv", KL_FISHER);
    let (file, _) = parse(&source);
    let reports = file.items.iter().filter_map(|item| match item {
        Item::Derivation(tree) => super::check(tree, &source).0,
        Item::Family(_) => None,
    });
    reports.flat_map(|report| lines(&report)).collect()
}

/// Every step of a report.
pub fn lines(report: &DerivationReport) -> Vec<ProofLine> {
    let notation = Notation::of(&report.derivation);
    let mut lines = Vec::new();
    for (at, item) in report.items.iter().enumerate() {
        let mut left = &item.start;
        let mut before = None;
        for (step, remainder) in item.steps.iter().zip(remainders(item)) {
            lines.push(ProofLine {
                item: heading(report, at).title(),
                left: left.clone(),
                left_text: notation.text(left),
                left_latex: notation.latex(left),
                left_remainder: before,
                relation: relation(step.order),
                order: step.order.value,
                right: step.right.clone(),
                right_text: notation.text(&step.right),
                right_latex: notation.latex(&step.right),
                right_remainder: remainder,
                reason: reason_words(report, shown_reasons(step)),
                derivation: report.derivation.clone(),
            });
            left = &step.right;
            before = remainder;
        }
    }
    lines
}
