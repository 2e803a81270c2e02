//! Derivations for people: text, LaTeX, Markdown, and JSON for programs.

mod notation;

pub use notation::Notation;
