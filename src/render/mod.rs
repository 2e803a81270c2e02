//! Reports to documents: LaTeX, Markdown, HTML, terminal text, JSON.
//!
//! A [`Report`] becomes a [`document::Document`] once (what is said, in which order) and its terms
//! become [`notation::Notation`] once (how it is written); each format spells the two. No format
//! looks at a `Term`, except JSON, whose expressions are the language's own ASCII text.

mod compose;
pub mod derivation;
pub mod document;
mod domain;
mod html;
mod json;
mod latex;
mod latex_document;
mod layout;
mod markdown;
mod mathml;
mod names;
pub mod notation;
mod order;
mod text;
mod text_document;

use std::collections::BTreeSet;

use crate::derive::report::Report;
use crate::kernel::domain::Domain;
use crate::kernel::term::{Name, Term};

pub use compose::notation as term_notation;
pub use document::Part;
pub use latex_document::{PREAMBLE, PREAMBLE_END};
pub use markdown::survivable as markdown_latex;
pub use names::{Names, Role, escape as escape_latex};

/// The formats of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Text,
    Latex,
    Markdown,
    Json,
    Html,
}

impl Format {
    pub const ALL: [Format; 5] = [Format::Text, Format::Latex, Format::Markdown, Format::Json, Format::Html];

    /// The word of `--format`.
    pub fn keyword(self) -> &'static str {
        match self {
            Format::Text => "text",
            Format::Latex => "latex",
            Format::Markdown => "markdown",
            Format::Json => "json",
            Format::Html => "html",
        }
    }

    pub fn from_keyword(keyword: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.keyword() == keyword)
    }

    /// The format that a file name asks for.
    pub fn from_extension(extension: &str) -> Option<Format> {
        match extension {
            "txt" => Some(Format::Text),
            "tex" => Some(Format::Latex),
            "md" | "markdown" | "qmd" => Some(Format::Markdown),
            "json" => Some(Format::Json),
            "html" | "htm" => Some(Format::Html),
            _ => None,
        }
    }
}

/// What to show, and how wide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The parts to show; `None` shows all.
    pub only: Option<BTreeSet<Part>>,
    /// Columns of a terminal, or letters of a printed line.
    pub width: usize,
    /// A complete document rather than a fragment (LaTeX, HTML).
    pub standalone: bool,
    /// The derivations too.
    pub proof: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options { only: None, width: 80, standalone: false, proof: false }
    }
}

/// The document of one family.
pub fn report(report: &Report, format: Format, options: &Options) -> String {
    reports(std::slice::from_ref(report), format, options)
}

/// The documents of several families as one; JSON is one object for one family, else an array.
pub fn reports(reports: &[Report], format: Format, options: &Options) -> String {
    let pieces: Vec<Piece> = reports.iter().map(|report| piece(report, format, options)).collect();
    joined(&pieces, format, options)
}

/// What one family contributes to a document about several, for reports that need not all be held at once.
pub struct Piece {
    title: String,
    body: String,
}

/// The piece of one family.
pub fn piece(report: &Report, format: Format, options: &Options) -> Piece {
    let write = |write: fn(&document::Document, &Options) -> String| write(&document::of(report, options), options);
    let body = match format {
        Format::Json => json::write(report, options),
        Format::Text => write(text_document::write),
        Format::Latex => write(latex_document::write),
        Format::Markdown => write(markdown::write),
        Format::Html => write(html::write),
    };
    Piece { title: document::title(report), body }
}

/// Pieces of one format as one document.
pub fn joined(pieces: &[Piece], format: Format, options: &Options) -> String {
    let bodies: Vec<&str> = pieces.iter().map(|piece| piece.body.as_str()).collect();
    match format {
        Format::Json => json::joined(&bodies),
        Format::Text => bodies.join("\n\n"),
        Format::Latex => latex_document::joined(&bodies, options),
        Format::Markdown => bodies.join("\n"),
        Format::Html => {
            let titles: Vec<&str> = pieces.iter().map(|piece| piece.title.as_str()).collect();
            html::joined(&titles, &bodies)
        }
    }
}

/// Every formula of a report in LaTeX, each as a whole: what a LaTeX engine has to accept.
pub fn formulas(report: &Report) -> Vec<String> {
    let options = Options { proof: true, ..Options::default() };
    latex_document::formulas(&document::of(report, &options), &options)
}

/// The LaTeX of one term, on one line.
pub fn term_latex(term: &Term, names: &Names) -> String {
    latex::write(&compose::notation(term, names))
}

/// The LaTeX of one term as a display, broken into rows of at most `width` letters.
pub fn term_display(term: &Term, names: &Names, width: usize) -> String {
    latex::rows(&compose::notation(term, names), width)
}

/// What a declaration asks of a name, as Unicode text: "σ > 0".
pub fn condition_text(name: &Name, domain: &Domain, names: &Names) -> String {
    text::write(&domain::condition(name, domain, names))
}

/// The Unicode text of one term, on one line.
pub fn term_text(term: &Term, names: &Names) -> String {
    text::write(&compose::notation(term, names))
}
