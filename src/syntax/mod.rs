//! Text to surface tree. Knows places and grammar, no mathematics.
//!
//! Guarantees: no input makes a parser panic, exhaust the stack or take more than linear time; all
//! mistakes of a file are reported, in the order of their places; and what is returned beside
//! messages is what could be understood. A tree that came with an error is not meant to be used for
//! anything but further messages.

mod declaration;
mod derivation;
mod expression;
mod family;
mod file;
mod parser;
mod spelling;
mod token;
pub mod tree;

use crate::diagnostic::Diagnostic;
use crate::source::Source;
use parser::Parser;
use tree::{Expression, File, Ident};

/// Reads a file of families and derivations.
pub fn parse(source: &Source) -> (File, Vec<Diagnostic>) {
    let mut parser = Parser::new(source);
    let file = parser.file();
    (file, parser.finish())
}

/// Reads a lone expression.
pub fn parse_expression(source: &Source) -> Result<Expression, Vec<Diagnostic>> {
    finish(Parser::new(source), Parser::lone_expression)
}

/// Reads a term that the kernel printed: as an expression, with named arguments for `log_density`,
/// which come out alternating, name and value.
pub fn parse_term(source: &Source) -> Result<Expression, Vec<Diagnostic>> {
    let mut parser = Parser::new(source);
    parser.formal = true;
    finish(parser, Parser::lone_expression)
}

/// Reads values of names, `a=2,b=3/2`.
pub fn parse_bindings(source: &Source) -> Result<Vec<(Ident, Expression)>, Vec<Diagnostic>> {
    finish(Parser::new(source), Parser::bindings)
}

/// The ASCII spelling of a name typed in Unicode: `μ₁` is `mu_1`.
pub fn spell(typed: &str) -> String {
    spelling::spell(typed)
}

fn finish<'s, T>(
    mut parser: Parser<'s>,
    production: fn(&mut Parser<'s>) -> parser::Parse<T>,
) -> Result<T, Vec<Diagnostic>> {
    let result = production(&mut parser);
    let diagnostics = parser.finish();
    match result {
        Ok(value) if diagnostics.is_empty() => Ok(value),
        _ => Err(diagnostics),
    }
}
