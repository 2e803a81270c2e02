//! Checks derivations that people wrote: every link of every chain decided, with the rules it needs.
//!
//! [`check`] is the way in. It resolves the tree, asks the kernel for a theorem link by link, compares
//! the rules that were needed with the reason that was given, and where the kernel finds none looks for
//! a counterexample. What is called proved here is a [`crate::kernel::jets::theorem::GenericTheorem`].

mod family;
mod instance;
mod link;
mod proof;
pub mod report;

use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::model::derivation::resolve;
use crate::model::family::Family;
use crate::source::Source;
use crate::syntax::tree::DerivationTree;

pub use instance::{ProofLine, kl_fisher_lines};
pub use report::{DerivationReport, DerivationStatus, ItemReport, StepReport};

/// The report of a derivation, unless it could not be understood; and every message on the way.
pub fn check(tree: &DerivationTree, source: &Source) -> (Option<DerivationReport>, Vec<Diagnostic>) {
    check_about(tree, source, None)
}

/// Like [`check`], for a derivation that may be about one family: `for FAMILY(…)`. The algebra engine
/// starts only if it is.
pub fn check_about(
    tree: &DerivationTree,
    source: &Source,
    family: Option<&Family>,
) -> (Option<DerivationReport>, Vec<Diagnostic>) {
    let (derivation, diagnostics) = resolve(tree, source, family);
    let report = derivation.map(|derivation| {
        let derivation = Arc::new(derivation);
        match derivation.at_hand {
            Some(_) => family::report(&derivation, source),
            None => proof::report(&derivation, source),
        }
    });
    (report, diagnostics)
}
