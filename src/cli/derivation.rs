//! Derivations, checked line by line and rendered: what `check` and `render` have in common.

use fisherproof::catalogue;
use fisherproof::derivation::{self, DerivationReport, DerivationStatus};
use fisherproof::diagnostic::Severity;
use fisherproof::kernel::poly::grant_budget;
use fisherproof::model::family::Family;

use fisherproof::render::derivation::{DerivationFormat, DerivationOptions, render};
use fisherproof::render::{Format, PREAMBLE, PREAMBLE_END};

use super::derive::{DEFAULT_BUDGET, PRODUCTS_PER_UNIT};
use super::input::{Input, Understood};
use super::message::Console;
use super::{Failure, with_engine};

/// Checks every derivation of the inputs, and tells everything that could not be understood.
pub fn reports(inputs: &[Input], console: &Console) -> Result<Vec<DerivationReport>, Failure> {
    let mut reports = Vec::new();
    let mut failed = false;
    for input in inputs {
        for item in &input.items {
            let Understood::Derivation(tree) = item else { continue };
            let family = tree.family.as_ref().and_then(|(name, _)| family(&name.node, inputs));
            if family.is_some() {
                grant_budget(DEFAULT_BUDGET * PRODUCTS_PER_UNIT);
            }
            let (report, diagnostics) = derivation::check_about(tree, &input.source, family.as_ref());
            with_engine()?;
            for diagnostic in &diagnostics {
                console.diagnostic(diagnostic, &input.source);
            }
            failed |= diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
            reports.extend(report);
        }
    }
    if failed { Err(Failure::Told) } else { Ok(reports) }
}

/// The family of a derivation about one: of the files at hand, else of the catalogue.
fn family(name: &str, inputs: &[Input]) -> Option<Family> {
    let mut families = inputs.iter().flat_map(Input::families).map(|(family, _)| family);
    families.find(|family| family.name == name).cloned().or_else(|| catalogue::family(name))
}

/// All derivations in one document; JSON is an object for one, an array for several.
pub fn document(reports: &[DerivationReport], format: Format, options: &DerivationOptions) -> Result<String, Failure> {
    let format = match format {
        Format::Text => DerivationFormat::Text,
        Format::Latex => DerivationFormat::Latex,
        Format::Markdown => DerivationFormat::Markdown,
        Format::Json => DerivationFormat::Json,
        Format::Html => {
            return Err(Failure::Input("derivations are written as text, latex, markdown or json".to_owned()));
        }
    };
    // One document, however many derivations are in it.
    let whole = options.standalone && format == DerivationFormat::Latex;
    let fragments = DerivationOptions { standalone: false, ..options.clone() };
    let mut parts: Vec<String> = reports.iter().map(|report| render(report, format, &fragments)).collect();
    if format == DerivationFormat::Json && parts.len() != 1 {
        return Ok(format!("[\n{}\n]\n", parts.iter().map(|part| part.trim_end()).collect::<Vec<_>>().join(",\n")));
    }
    for part in &mut parts {
        if !part.ends_with('\n') {
            part.push('\n');
        }
    }
    let body = parts.join("\n");
    Ok(if whole { format!("{PREAMBLE}\n{body}\n{PREAMBLE_END}") } else { body })
}

/// Proved, and for the reasons that were given.
pub fn holds(report: &DerivationReport) -> bool {
    report.status == DerivationStatus::Proved
}
