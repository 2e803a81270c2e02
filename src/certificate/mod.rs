//! Certificates in files: the ledger of a derivation, saved and checked again.
//!
//! A certificate is a hint. What is proved is said by the family's source, which the file carries, and
//! by the kernel, which replays every step; what a step is *called* is worked out from its proposition
//! ([`mod@statement`]), never read from the file. The algebra engine takes no part.

mod format;
pub mod statement;

use crate::kernel::setting::Setting;
use std::sync::Arc;

use crate::derive::setting;
use crate::diagnostic::Severity;
use crate::kernel::certificate::Certificate;
use crate::kernel::check::replay;
use crate::kernel::theorem::Theorem;
use crate::model::family::{DensityForm, Family};
use crate::model::resolve_family;
use crate::source::{Source, Span};
use crate::syntax;
use crate::syntax::tree::Item;

pub use format::{read, write};
use statement::{Statement, statement};

/// A certificate with the source of the family that it is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Saved {
    pub family: String,
    pub certificate: Certificate,
}

/// A statement about the family, and the theorem that says it.
#[derive(Clone, Debug)]
pub struct Verified {
    pub statement: Statement,
    pub theorem: Theorem,
}

/// Replays a saved certificate from nothing but its own text.
///
/// # Errors
/// A sentence that says which step fails and why; also when the certificate proves nothing about the
/// family.
pub fn verify(saved: &Saved) -> Result<(Family, Vec<Verified>), String> {
    let family = family(&saved.family)?;
    let setting: Arc<Setting> = Setting::new(
        family.variate.clone(),
        setting::context(&family),
        setting::log_density(&family),
        saved.certificate.witness.clone(),
    )
    .map_err(|rejection| rejection.to_string())?;
    let theorems = replay(&setting, &saved.certificate).map_err(|rejected| rejected.to_string())?;
    let mut verified: Vec<Verified> = Vec::new();
    for theorem in theorems {
        let Some(statement) = statement(&family, theorem.proposition()) else { continue };
        let own = |known: &&mut Verified| {
            known.statement.quantity == statement.quantity && known.statement.definition == statement.definition
        };
        match verified.iter_mut().find(own) {
            // Of several forms of a value, the shortest is the one to read.
            Some(known) if statement.length() < known.statement.length() => *known = Verified { statement, theorem },
            Some(_) => {}
            None => verified.push(Verified { statement, theorem }),
        }
    }
    verified.sort_by_key(|own| own.statement.rank());
    if verified.is_empty() {
        return Err("its steps are correct, but none says anything about the family".to_owned());
    }
    Ok((family, verified))
}

/// The only family of a source text.
fn family(text: &str) -> Result<Family, String> {
    let source = Source::new("the certificate's family", text);
    let (file, mut diagnostics) = syntax::parse(&source);
    let mut families = Vec::new();
    for item in &file.items {
        if let Item::Family(tree) = item {
            let (family, own) = resolve_family(tree, &source);
            diagnostics.extend(own);
            families.extend(family);
        }
    }
    if let Some(error) = diagnostics.iter().find(|diagnostic| diagnostic.severity == Severity::Error) {
        return Err(format!("its family cannot be read: {}", error.message));
    }
    match families.len() {
        1 => Ok(families.remove(0)),
        count => Err(format!("it should hold one family, not {count}")),
    }
}

/// Whether two families declare the same densities: same variate, parameters, conditions and density.
/// Titles, notation, sources and claims do not count.
pub fn same_family(left: &Family, right: &Family) -> bool {
    bare(left) == bare(right)
}

fn bare(family: &Family) -> Family {
    let none = Span::default();
    let density = match &family.density {
        DensityForm::Density { body, .. } => DensityForm::Density { body: body.clone(), span: none },
        DensityForm::LogDensity { body, .. } => DensityForm::LogDensity { body: body.clone(), span: none },
        DensityForm::Exponential { natural, statistic, log_partition, base, .. } => DensityForm::Exponential {
            natural: natural.clone(),
            statistic: statistic.clone(),
            log_partition: log_partition.clone(),
            base: base.clone(),
            span: none,
        },
    };
    Family {
        title: None,
        substitution: None,
        notation: Vec::new(),
        source: None,
        claims: Vec::new(),
        span: none,
        density,
        ..family.clone()
    }
}
