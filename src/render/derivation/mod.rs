//! Derivations for people: text, LaTeX, Markdown, and JSON for programs.
//!
//! What a format shows is read off a [`DerivationReport`]; formulas are spelled by [`Notation`], which also
//! composes the written mathematics of the other documents from them.

mod compose;
mod json;
mod latex;
mod layout;
mod markdown;
mod notation;
mod text;

use crate::derivation::report::DerivationReport;

pub use layout::{Heading, heading, reason_words, remainders, sentence, shown_reasons, spaced};
pub use notation::Notation;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DerivationFormat {
    Text,
    Latex,
    Markdown,
    Json,
}

impl DerivationFormat {
    pub fn from_keyword(keyword: &str) -> Option<DerivationFormat> {
        match keyword {
            "text" => Some(DerivationFormat::Text),
            "latex" => Some(DerivationFormat::Latex),
            "markdown" => Some(DerivationFormat::Markdown),
            "json" => Some(DerivationFormat::Json),
            _ => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DerivationOptions {
    /// A complete LaTeX file rather than a fragment.
    pub standalone: bool,
    /// Equation numbers, with a `\label` at each.
    pub numbered: bool,
    /// Columns of a terminal, or letters of a printed line.
    pub width: usize,
}

impl Default for DerivationOptions {
    fn default() -> Self {
        DerivationOptions { standalone: false, numbered: false, width: 100 }
    }
}

/// One derivation in a format.
pub fn render(report: &DerivationReport, format: DerivationFormat, options: &DerivationOptions) -> String {
    match format {
        DerivationFormat::Text => text::write(report, options),
        DerivationFormat::Latex => latex::write(report, options),
        DerivationFormat::Markdown => markdown::write(report, options),
        DerivationFormat::Json => json::write(report),
    }
}

/// Every display of a derivation in LaTeX, each as a whole: what a LaTeX engine has to accept.
pub fn displays(report: &DerivationReport, options: &DerivationOptions) -> Vec<String> {
    latex::displays(report, options)
}
