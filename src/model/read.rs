//! Lone expressions, and terms that the kernel printed.

use super::expression::Resolver;
use super::scope::Scope;
use crate::diagnostic::Diagnostic;
use crate::kernel::term::{Name, Term};
use crate::source::Source;
use crate::syntax;
use crate::syntax::tree::Expression;

/// The term of an expression in which these names may occur.
///
/// # Errors
/// All mistakes in it.
pub fn resolve_expression(expression: &Expression, names: &[Name]) -> Result<Term, Vec<Diagnostic>> {
    finish(Resolver::new(Scope::of_names(names)), expression)
}

/// Reads back a term that was printed. Every name stands for itself, and the formal terms
/// `log_density(a = a_q)`, `derivative(f, a)` and `E[f]` are understood.
///
/// What is read is the very term that was printed, except that sums and products of fewer than two
/// are read as what they hold: they have no text of their own.
///
/// # Errors
/// All mistakes in the text, as messages.
pub fn read_term(text: &str) -> Result<Term, String> {
    let source = Source::new("term", text);
    let render = |diagnostics: Vec<Diagnostic>| {
        diagnostics.iter().map(|diagnostic| diagnostic.render(&source, false)).collect::<Vec<_>>().join("\n\n")
    };
    let expression = syntax::parse_term(&source).map_err(render)?;
    finish(Resolver::new(Scope { formal: true, ..Scope::default() }), &expression).map_err(render)
}

fn finish(mut resolver: Resolver, expression: &Expression) -> Result<Term, Vec<Diagnostic>> {
    match resolver.term(expression) {
        Some(term) if resolver.diagnostics.is_empty() => Ok(term),
        _ => Err(resolver.diagnostics),
    }
}
