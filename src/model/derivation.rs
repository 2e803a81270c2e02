//! A derivation as its author meant it: names resolved, shapes known, statements lowered to the kernel.

mod call;
mod expression;
pub mod family;
pub mod formula;
mod lower;
mod point;
mod scope;
mod spelling;
mod statement;

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Severity};
use crate::kernel::jets::expression::Expression;
use crate::kernel::jets::layer::Reason;
use crate::kernel::jets::theory::Theory;
use crate::model::family::Family;
use crate::source::{Source, Span};
use crate::syntax::tree::DerivationTree;

use formula::Formula;
pub use scope::DefinitionLine;

#[derive(Clone, Debug)]
pub struct Derivation {
    pub name: String,
    pub title: Option<String>,
    pub theory: Arc<Theory>,
    pub definitions: Vec<DefinitionLine>,
    /// The LaTeX of names, as the author gave it.
    pub notation: Vec<(String, String)>,
    pub assumptions: Vec<AssumptionLine>,
    pub items: Vec<Item>,
    /// The family that the derivation is about; its statements are here, and not among the `items`.
    pub at_hand: Option<AtHand>,
    pub span: Span,
}

/// A family, and what is stated about it.
#[derive(Clone, Debug)]
pub struct AtHand {
    pub family: Family,
    pub items: Vec<Item<Formula>>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum AssumptionLine {
    WellSpecified,
    /// `assume log(p) = …`: an assumed form of the density.
    LogDensity(Formula, Formula),
    /// Any other equation, by its number in the theory.
    Equation(usize, Formula, Formula),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemKind {
    Lemma,
    Theorem,
}

/// A lemma or the theorem, with its proof.
#[derive(Clone, Debug)]
pub struct Item<S = Side> {
    pub kind: ItemKind,
    pub name: Option<String>,
    pub statement: StatementLine<S>,
    pub start: S,
    pub links: Vec<Link<S>>,
    pub span: Span,
}

/// A formula, and what the kernel sees of it.
#[derive(Clone, Debug)]
pub struct Side {
    pub formula: Formula,
    pub expression: Expression,
}

#[derive(Clone, Debug)]
pub struct StatementLine<S = Side> {
    pub left: S,
    pub order: Order,
    pub right: S,
    pub span: Span,
}

/// `=`, or `~` to an order and where the order came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// `None` is equality.
    pub value: Option<u32>,
    /// The author did not write an order.
    pub inferred: bool,
}

#[derive(Clone, Debug)]
pub struct Link<S = Side> {
    pub order: Order,
    pub right: S,
    pub reasons: Vec<Cited>,
    pub span: Span,
}

/// One reason of a link.
#[derive(Clone, Debug)]
pub struct Cited {
    /// As typed.
    pub text: String,
    pub meaning: CitedMeaning,
}

#[derive(Clone, Copy)]
pub enum CitedMeaning {
    /// A rule; `taylor 2` has a number.
    Rule(&'static Reason, Option<u32>),
    /// An earlier item, by its place.
    Item(usize),
}

impl std::fmt::Debug for CitedMeaning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            CitedMeaning::Rule(reason, number) => write!(f, "Rule({}, {number:?})", reason.name),
            CitedMeaning::Item(at) => write!(f, "Item({at})"),
        }
    }
}

/// The derivation that a tree means, and every message on the way. `None` if one of them is an error.
///
/// A derivation `for FAMILY(…)` is about the family that is given; without it, that is an error.
pub fn resolve(
    tree: &DerivationTree,
    source: &Source,
    family: Option<&Family>,
) -> (Option<Derivation>, Vec<Diagnostic>) {
    let mut resolver = statement::Resolver::new(tree, source, family);
    let derivation = resolver.derivation(tree);
    let diagnostics = resolver.finish();
    let failed = diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    (derivation.filter(|_| !failed), diagnostics)
}
