//! Whole files, and the short inputs of the command line.

use super::parser::{Parse, Parser};
use super::token::TokenKind;
use super::tree::{Expression, File, Ident, Item};
use crate::diagnostic::Diagnostic;
use crate::source::Span;

const ITEMS: &[&str] = &["family", "derivation"];

impl Parser<'_> {
    pub fn file(&mut self) -> File {
        let mut file = File::default();
        while !self.at_end() {
            let begin = self.mark();
            let item = if self.is_word(self.peek(), "family") {
                self.family().map(Item::Family)
            } else if self.is_word(self.peek(), "derivation") {
                self.derivation().map(Item::Derivation)
            } else {
                Err(self.unknown_item())
            };
            match item {
                Ok(item) => {
                    self.told_apart(&file, &item);
                    file.items.push(item);
                }
                Err(_) => {
                    if self.mark() == begin {
                        self.advance();
                    }
                    self.skip_to_item();
                }
            }
        }
        if file.items.is_empty() && !self.has_errors() {
            let message = "this file holds no family and no derivation";
            let help = "a family is written `family Name { variate x : real  parameter mu : real  density … }`; \
                        `fisherproof show normal` prints one";
            self.report(
                Diagnostic::error("empty-file", message)
                    .at(Span::default(), "nothing but white space and comments")
                    .help(help),
            );
        }
        file
    }

    /// Families of one file have different names, as results are told by them.
    fn told_apart(&mut self, file: &File, item: &Item) {
        let Item::Family(own) = item else { return };
        let earlier = file.items.iter().find_map(|item| match item {
            Item::Family(family) if family.name.node == own.name.node => Some(family.name.span),
            _ => None,
        });
        if let Some(earlier) = earlier {
            self.report(
                Diagnostic::error("declared-twice", format!("two families are called `{}`", own.name.node))
                    .at(own.name.span, "the second")
                    .also(earlier, "the first")
                    .help("give each its own name"),
            );
        }
    }

    fn unknown_item(&mut self) -> super::parser::Reported {
        let token = self.peek();
        if token.kind != TokenKind::Name {
            let diagnostic = Diagnostic::error(
                "syntax",
                format!("expected `family` or `derivation`, found {}", self.describe(token)),
            )
            .at(token.span, "a file holds families and derivations");
            let closing = token.kind == TokenKind::CloseBrace;
            return self.report(if closing {
                diagnostic.note("nothing is open that this could close")
            } else {
                diagnostic
            });
        }
        let word = self.text(token);
        self.report(
            Diagnostic::error("syntax", format!("expected `family` or `derivation`, found `{word}`"))
                .at(token.span, "a file holds families and derivations")
                .did_you_mean(word, ITEMS.iter().copied()),
        )
    }

    /// Skips over everything up to the next `family` or `derivation` that begins a line.
    fn skip_to_item(&mut self) {
        while !self.at_end() && !self.at_item() {
            self.advance();
        }
    }

    pub fn lone_expression(&mut self) -> Parse<Expression> {
        let expression = self.expression()?;
        if self.at_end() { Ok(expression) } else { Err(self.expected("the end of the expression")) }
    }

    pub fn bindings(&mut self) -> Parse<Vec<(Ident, Expression)>> {
        let mut bindings = Vec::new();
        loop {
            let name = self.name("a name, as in `a=2,b=3/2`")?;
            if self.eat_equal().is_none() {
                return Err(self.expected("`=` and a value, as in `a=2,b=3/2`"));
            }
            bindings.push((name, self.expression()?));
            if self.eat(TokenKind::Comma).is_none() {
                break;
            }
        }
        if self.at_end() { Ok(bindings) } else { Err(self.expected("`,` or the end of the values")) }
    }
}
