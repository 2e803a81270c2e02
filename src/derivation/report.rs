//! What was found out about a derivation: plain data, read by every renderer.

use std::sync::Arc;

use crate::model::derivation::formula::Formula;
use crate::model::derivation::{Derivation, ItemKind, Order};
use crate::refute::generic::Counterexample;

/// How a step, a lemma or a derivation came out; from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DerivationStatus {
    Proved,
    /// True, and proved, but not for the reason that was given.
    ProvedWithOtherReason,
    NotProved,
    Refuted,
}

impl DerivationStatus {
    /// The stable word of every output.
    pub fn keyword(self) -> &'static str {
        match self {
            DerivationStatus::Proved => "proved",
            DerivationStatus::ProvedWithOtherReason => "proved-with-other-reason",
            DerivationStatus::NotProved => "not proved",
            DerivationStatus::Refuted => "refuted",
        }
    }
}

#[derive(Clone, Debug)]
pub struct DerivationReport {
    pub name: String,
    pub title: Option<String>,
    pub status: DerivationStatus,
    pub items: Vec<ItemReport>,
    /// Everything that the proved items rest on.
    pub assumptions: Vec<AssumptionReport>,
    /// Sentences that a reader must see.
    pub remarks: Vec<String>,
    /// What the formulas refer to.
    pub derivation: Arc<Derivation>,
}

#[derive(Clone, Debug)]
pub struct ItemReport {
    pub kind: ItemKind,
    pub name: Option<String>,
    pub status: DerivationStatus,
    pub left: Formula,
    pub order: Order,
    pub right: Formula,
    pub start: Formula,
    pub steps: Vec<StepReport>,
    /// The names of what the proof rests on.
    pub assumptions: Vec<String>,
    /// Why it is not proved although its steps are, or what refutes it.
    pub remarks: Vec<String>,
    /// What refutes the statement itself.
    pub counterexample: Option<Counterexample>,
    /// The line in the source, from 1.
    pub line: usize,
}

#[derive(Clone, Debug)]
pub struct StepReport {
    /// The line in the source, from 1.
    pub line: usize,
    pub order: Order,
    pub right: Formula,
    pub status: DerivationStatus,
    /// As typed; empty where the author gave none.
    pub reason_given: Vec<String>,
    /// What the kernel needed; empty where the step is not proved.
    pub reason_needed: Vec<String>,
    /// What is needed besides the reasons that were given, where those are needed too.
    pub reason_missing: Vec<String>,
    /// left − right in normal form, where it did not vanish.
    pub residue: Option<String>,
    pub counterexample: Option<Counterexample>,
    pub remarks: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct AssumptionReport {
    /// `R4`.
    pub name: String,
    /// In words, formulas as they were typed.
    pub statement: String,
    /// What is stated, where that is an equation that was assumed.
    pub equation: Option<Equation>,
}

/// An equation of the derivation, and what is to be said of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Equation {
    pub left: Formula,
    pub right: Formula,
    pub remark: &'static str,
}

/// `=`, or `~ to order 2`.
pub fn relation(order: Order) -> String {
    match order.value {
        None => "=".to_string(),
        Some(order) => format!("~ to order {order}"),
    }
}
