//! Declarations, their conditions, and domains.

use super::parser::{Parse, Parser};
use super::token::{Token, TokenKind};
use super::tree::{Comparison, Condition, Declaration, Declarations, Domain, DomainKind, Expression, Spanned};
use crate::diagnostic::Diagnostic;

impl Parser<'_> {
    pub fn declarations(&mut self) -> Parse<Declarations> {
        let mut declarations = vec![self.declaration()?];
        let mut conditions = Vec::new();
        loop {
            if let Some(comma) = self.eat(TokenKind::Comma) {
                if self.at_new_entry() {
                    self.entry_after_comma(comma);
                    return Ok(Declarations { declarations, conditions });
                }
                declarations.push(self.declaration()?);
            } else if self.eat_word("where").is_some() {
                self.conditions(&mut conditions)?;
            } else {
                return Ok(Declarations { declarations, conditions });
            }
        }
    }

    /// Whether an entry begins here, and not a name that is called like one.
    fn at_new_entry(&self) -> bool {
        let next = self.peek_at(1).kind;
        let used = matches!(next, TokenKind::Colon | TokenKind::Comma) || self.comparison_at(1).is_some();
        let declares = next == TokenKind::Name && self.peek_at(2).kind == TokenKind::Colon;
        self.at_entry() && !used && (self.peek().starts_line || declares)
    }

    fn entry_after_comma(&mut self, comma: Token) {
        let found = self.describe(self.peek());
        self.report(
            Diagnostic::error("syntax", format!("expected another declaration after `,`, found the entry {found}"))
                .at(comma.span, "nothing follows this comma in its list")
                .help("leave the comma out: entries stand one after the other, without a sign between them"),
        );
    }

    fn declaration(&mut self) -> Parse<Declaration> {
        let start = self.peek().span;
        let names = match self.eat(TokenKind::OpenParenthesis) {
            Some(open) => {
                let names = self.names("the name of a coordinate")?;
                self.close(open, TokenKind::CloseParenthesis, ")")?;
                names
            }
            None => vec![self.name("a name to declare, as in `x : positive`")?],
        };
        let typed = names.iter().map(|name| name.node.as_str()).collect::<Vec<_>>().join(", ");
        if self.at(TokenKind::Comma) {
            // The other names of the list may be in order.
            let place = self.since(start);
            self.report(
                Diagnostic::error("missing-domain", format!("`{typed}` is declared without a domain"))
                    .at(place, "expected `:` and a domain after this")
                    .help(format!("write for example `{typed} : real`; each name has its own domain")),
            );
            let domain = DomainKind::Named { keyword: "real".to_string(), arguments: Vec::new() };
            return Ok(Declaration { names, domain: Spanned { node: domain, span: place }, span: place });
        }
        if self.eat(TokenKind::Colon).is_none() {
            let place = self.since(start);
            let found = self.describe(self.peek());
            let wrong_sign =
                matches!(self.peek().kind, TokenKind::Equal | TokenKind::Tilde) || self.is_word(self.peek(), "in");
            let diagnostic = Diagnostic::error("missing-colon", format!("expected `:` after `{typed}`, found {found}"));
            let mut diagnostic =
                diagnostic.at(place, "this needs a domain").help(format!("write for example `{typed} : real`"));
            if wrong_sign {
                diagnostic = diagnostic.note("a name and its domain are joined by `:`");
            }
            self.report(diagnostic);
            let operand_follows = self.peek().kind == TokenKind::Name && !self.peek().starts_line;
            if wrong_sign {
                self.advance();
            } else if !operand_follows {
                return Err(super::parser::Reported);
            }
        }
        let domain = self.domain()?;
        Ok(Declaration { names, domain, span: self.since(start) })
    }

    /// Conditions end where a new declaration, `name :` or `(`names`) :`, begins.
    fn conditions(&mut self, conditions: &mut Vec<Condition>) -> Parse<()> {
        loop {
            if self.at_new_entry() || matches!(self.peek().kind, TokenKind::CloseBrace | TokenKind::End) {
                return Err(self.expected("a condition after `where`, such as `a > 0`"));
            }
            self.condition(conditions)?;
            let declares = self.peek_at(1).kind == TokenKind::Name && self.peek_at(2).kind == TokenKind::Colon;
            if self.is_word(self.peek(), "or") {
                let place = self.peek().span;
                self.report(
                    Diagnostic::error("syntax", "there is no `or` in this language")
                        .at(place, "between two conditions")
                        .help("a family has one region; write one family for each alternative"),
                );
                // The alternative is read, and not taken together with what it is an alternative to.
                self.advance();
                return self.conditions(&mut Vec::new());
            }
            let goes_on = self.at(TokenKind::Comma) && !declares || self.is_word(self.peek(), "and");
            if !goes_on {
                return Ok(());
            }
            self.advance();
        }
    }

    /// `a < b < c` is `a < b` and `b < c`.
    fn condition(&mut self, conditions: &mut Vec<Condition>) -> Parse<()> {
        let mut left = self.expression()?;
        let mut comparison = self.comparison()?;
        loop {
            let right = self.expression()?;
            let span = left.span.to(right.span);
            conditions.push(Condition { left, comparison, right: right.clone(), span });
            if self.peek_comparison().is_none() {
                return Ok(());
            }
            left = right;
            comparison = self.comparison()?;
        }
    }

    fn peek_comparison(&self) -> Option<Comparison> {
        self.comparison_at(0)
    }

    fn comparison_at(&self, ahead: usize) -> Option<Comparison> {
        match self.peek_at(ahead).kind {
            TokenKind::Less => Some(Comparison::Less),
            TokenKind::LessOrEqual => Some(Comparison::LessOrEqual),
            TokenKind::Greater => Some(Comparison::Greater),
            TokenKind::GreaterOrEqual => Some(Comparison::GreaterOrEqual),
            TokenKind::NotEqual => Some(Comparison::NotEqual),
            _ => None,
        }
    }

    fn comparison(&mut self) -> Parse<Comparison> {
        if let Some(comparison) = self.peek_comparison() {
            self.advance();
            return Ok(comparison);
        }
        if matches!(self.peek().kind, TokenKind::Equal | TokenKind::ForeignEqual) {
            let place = self.peek().span;
            return Err(self.report(
                Diagnostic::error("equation-as-condition", "a condition after `where` is an inequality")
                    .at(place, "expected `<`, `<=`, `>`, `>=` or `!=`")
                    .help("where one name follows from others, declare the others and name it with `let`"),
            ));
        }
        Err(self.expected("a condition such as `a > 0`: one of `<`, `<=`, `>`, `>=` and `!=`"))
    }

    pub fn domain(&mut self) -> Parse<Domain> {
        let token = self.peek();
        let node = match token.kind {
            TokenKind::Name => {
                let keyword = self.name("a domain")?.node;
                self.height = 0;
                let next = self.peek();
                let arguments = if next.kind == TokenKind::OpenParenthesis && !next.starts_line {
                    self.advance();
                    let arguments = self.expressions()?;
                    self.close(next, TokenKind::CloseParenthesis, ")")?;
                    arguments
                } else {
                    Vec::new()
                };
                DomainKind::Named { keyword, arguments }
            }
            TokenKind::OpenBrace => {
                self.advance();
                if self.at(TokenKind::CloseBrace) {
                    let place = token.span.to(self.peek().span);
                    return Err(
                        self.report(Diagnostic::error("empty-domain", "this set holds no values").at(place, "empty"))
                    );
                }
                let mut elements = vec![self.element()?];
                while self.eat(TokenKind::Comma).is_some() {
                    elements.push(self.element()?);
                }
                self.close(token, TokenKind::CloseBrace, "}")?;
                DomainKind::Finite(elements)
            }
            TokenKind::OpenParenthesis | TokenKind::OpenBracket => {
                return Err(self.report(
                    Diagnostic::error("syntax", "expected a domain")
                        .at(token.span, "a domain does not begin like this")
                        .help("intervals are written `interval(0, 1)`, finite sets `{0, 1}`"),
                ));
            }
            _ => return Err(self.expected("a domain such as `real`, `positive` or `interval(0, 1)`")),
        };
        Ok(Spanned { node, span: self.since(token.span) })
    }

    /// A value of a finite set; `(a, b)` is a joint point.
    fn element(&mut self) -> Parse<Expression> {
        self.point_allowed = true;
        let element = self.expression();
        self.point_allowed = false;
        element
    }
}
