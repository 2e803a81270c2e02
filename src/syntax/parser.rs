//! The parser: a cursor over the tokens of one source, and what the productions share.
//!
//! The whole grammar. A production is the function of the same name; `{ x }` is any number of x,
//! `[ x ]` at most one, and `x list` is one or more x with commas between.
//!
//! ```text
//! file          = { family | derivation }                                          file.rs
//!
//! family        = "family" name [ text ] "{" { family_entry } "}"                  family.rs
//! family_entry  = ( "variate" | "parameter" | "constant" | "given" ) declarations
//!               | ( "density" | "mass" | "log-density" | "log-mass" ) expression
//!               | ( "let" | "substitute" | "log-partition" | "base" ) definition
//!               | ( "natural" | "statistic" ) definition list
//!               | "notation" ( name "=" text ) list
//!               | "source" text
//!               | "claim" claim
//! definition    = name "=" expression
//! claim         = word [ "[" ( name | number ) list "]" ] [ "=" expression ]
//!
//! derivation    = "derivation" name [ text ] [ "for" name [ "(" name list ")" ] ] [ text ]
//!                 "{" { derivation_entry } "}"                                     derivation.rs
//! derivation_entry = ( "parameter" | "direction" | "constant" ) declarations
//!               | "function" name [ ":" domain ]
//!               | "density" name "(" name list [ "|" name list ] [ ";" name list ] ")" [ "with" name "~" name ]
//!               | "define" definition
//!               | "assume" ( word | expression "=" expression )
//!               | "lemma" name ":" relation [ chain ]
//!               | "theorem" [ name ":" ] relation [ chain ]
//! relation      = expression "=" expression | expression "~" expression [ order ]
//! order         = "to" "order" number
//! chain         = "{" [ expression ] { link } "}"
//! link          = ( "=" expression | "~" expression [ order ] ) [ "by" reason list ]
//! reason        = text | words up to a comma, the end of the line or "}"
//!
//! declarations  = declaration list [ "where" conditions ]                          declaration.rs
//! declaration   = ( name | "(" name list ")" ) ":" domain
//! conditions    = condition { ( "," | "and" ) condition }
//! condition     = expression comparison expression { comparison expression }
//! comparison    = "<" | "<=" | ">" | ">=" | "!="
//! domain        = name [ "(" expression list ")" ] | "{" element list "}"
//! element       = expression | point
//! point         = "(" expression "," expression list ")"
//!
//! expression    = product { ( "+" | "-" ) product }                                expression.rs
//! product       = factor { ( "*" | "/" ) factor }
//! factor        = "-" factor | power
//! power         = postfix [ "^" factor ]
//! postfix       = primary { "'" | "!" }
//! primary       = number | name | call | binder | index | vector | "(" expression ")"
//! call          = name "(" expression list ")"
//! binder        = name "(" name "in" domain "," expression ")"
//! index         = name "[" expression list "]"
//! vector        = "[" expression list "]"
//!
//! bindings      = ( name "=" expression ) list                                     file.rs
//! ```
//!
//! Line ends matter in one place only: a reason ends with its line. A `word` is a name or several
//! joined by hyphens, as in `log-partition`.

use super::spelling::spell;
use super::token::{Token, TokenKind, tokenize};
use super::tree::{Ident, Spanned};
use crate::diagnostic::Diagnostic;
use crate::source::{Source, Span};

/// A mistake that has been reported already: the production gives up, its caller recovers.
#[derive(Debug)]
pub struct Reported;

pub type Parse<T> = Result<T, Reported>;

/// More messages than this help nobody.
const DIAGNOSTIC_LIMIT: usize = 50;

/// Parentheses, brackets, powers and signs inside each other. It bounds the stack of the parser and of
/// those who walk the tree: a debug build has room for it on a thread of 2 MiB.
const NESTING_LIMIT: usize = 64;

/// The height of an expression's tree: the stack of those who walk it.
const HEIGHT_LIMIT: usize = 1_000;

/// Words that may follow a complete expression on its own line.
pub const AFTER_EXPRESSION: &[&str] = &["where", "and", "or", "by", "to", "with", "in"];

pub struct Parser<'s> {
    pub source: &'s Source,
    tokens: Vec<Token>,
    position: usize,
    end: Span,
    nesting: usize,
    /// The height of the expression that was parsed last.
    pub height: usize,
    /// Whether terms of the kernel are read back, with named arguments as in `log_density(a = a_q)`.
    pub formal: bool,
    /// Whether the expression about to be parsed may be a point `(a, b)` of a finite set.
    pub point_allowed: bool,
    diagnostics: Vec<Diagnostic>,
    suppressed: usize,
}

impl<'s> Parser<'s> {
    pub fn new(source: &'s Source) -> Self {
        let (tokens, diagnostics) = if source.text.len() > Source::LIMIT {
            (Vec::new(), vec![Source::too_large(&source.name, source.text.len())])
        } else {
            tokenize(source)
        };
        let end = source.text.trim_end().len();
        let end = Span::new(end, end);
        Parser {
            source,
            tokens,
            position: 0,
            end,
            nesting: 0,
            height: 0,
            formal: false,
            point_allowed: false,
            diagnostics,
            suppressed: 0,
        }
    }

    /// All messages, in the order of their places.
    pub fn finish(mut self) -> Vec<Diagnostic> {
        self.diagnostics
            .sort_by_key(|diagnostic| diagnostic.primary.as_ref().map_or(usize::MAX, |(span, _)| span.start));
        if self.suppressed > 0 {
            let message = format!("{} more errors are not shown", self.suppressed);
            self.diagnostics.push(Diagnostic::error("too-many-errors", message));
        }
        self.diagnostics
    }

    pub fn has_errors(&self) -> bool {
        !self.diagnostics.is_empty()
    }

    pub fn report(&mut self, diagnostic: Diagnostic) -> Reported {
        if self.diagnostics.len() < DIAGNOSTIC_LIMIT {
            self.diagnostics.push(diagnostic);
        } else {
            self.suppressed += 1;
        }
        Reported
    }

    // The cursor.

    pub fn peek_at(&self, distance: usize) -> Token {
        let end = Token { kind: TokenKind::End, span: self.end, starts_line: true };
        self.tokens.get(self.position + distance).copied().unwrap_or(end)
    }

    pub fn peek(&self) -> Token {
        self.peek_at(0)
    }

    pub fn at(&self, kind: TokenKind) -> bool {
        self.peek().kind == kind
    }

    pub fn at_end(&self) -> bool {
        self.at(TokenKind::End)
    }

    pub fn advance(&mut self) -> Token {
        let token = self.peek();
        if token.kind != TokenKind::End {
            self.position += 1;
        }
        token
    }

    pub fn eat(&mut self, kind: TokenKind) -> Option<Token> {
        self.at(kind).then(|| self.advance())
    }

    /// The place just behind what was read last, for what is missing there.
    pub fn behind(&self) -> Span {
        let end = self.position.checked_sub(1).and_then(|last| self.tokens.get(last)).map_or(0, |token| token.span.end);
        Span::new(end, end)
    }

    /// From a place to the end of what was read last.
    pub fn since(&self, start: Span) -> Span {
        Span::new(start.start, self.behind().end.max(start.end))
    }

    /// The present position, to see progress by or to [`Parser::rewind`] to.
    pub fn mark(&self) -> usize {
        self.position
    }

    pub fn rewind(&mut self, mark: usize) {
        self.position = mark;
    }

    pub fn text(&self, token: Token) -> &'s str {
        self.source.slice(token.span)
    }

    /// Whether a token is this very word.
    pub fn is_word(&self, token: Token, word: &str) -> bool {
        token.kind == TokenKind::Name && self.text(token) == word
    }

    pub fn eat_word(&mut self, word: &str) -> Option<Token> {
        self.is_word(self.peek(), word).then(|| self.advance())
    }

    // What the productions share.

    pub fn expect(&mut self, kind: TokenKind, what: &str) -> Parse<Token> {
        if self.at(kind) { Ok(self.advance()) } else { Err(self.expected(what)) }
    }

    /// Reports that something else stands where `what` was expected.
    pub fn expected(&mut self, what: &str) -> Reported {
        let token = self.peek();
        let found = self.describe(token);
        let message = format!("expected {what}, found {found}");
        // What is missing at the end of a line is missing there, not where the next line begins.
        let place = if token.starts_line { self.behind() } else { token.span };
        self.report(Diagnostic::error("syntax", message).at(place, format!("expected {what}")))
    }

    /// A token in a user's words.
    pub fn describe(&self, token: Token) -> String {
        match token.kind {
            TokenKind::End => "the end of the text".to_string(),
            TokenKind::Number => format!("the number `{}`", shortened(self.text(token))),
            TokenKind::Text => "a text in quotes".to_string(),
            _ => format!("`{}`", shortened(self.text(token))),
        }
    }

    /// Reads the closing partner of `open`.
    pub fn close(&mut self, open: Token, kind: TokenKind, closing: &str) -> Parse<Token> {
        if self.at(kind) {
            return Ok(self.advance());
        }
        let found = self.describe(self.peek());
        let (place, label) = if self.peek().starts_line {
            (self.behind(), format!("expected `{closing}` here"))
        } else {
            (self.peek().span, format!("expected `{closing}` before this"))
        };
        Err(self.report(
            Diagnostic::error("unclosed", format!("expected `{closing}`, found {found}"))
                .at(place, label)
                .also(open.span, "opened here"),
        ))
    }

    pub fn name(&mut self, what: &str) -> Parse<Ident> {
        let token = self.expect(TokenKind::Name, what)?;
        Ok(Spanned { node: spell(self.text(token)), span: token.span })
    }

    pub fn names(&mut self, what: &str) -> Parse<Vec<Ident>> {
        let mut names = vec![self.name(what)?];
        while self.eat(TokenKind::Comma).is_some() {
            names.push(self.name(what)?);
        }
        Ok(names)
    }

    /// Names joined by hyphens without space, and the number of their tokens: `log-partition`.
    pub fn peek_word(&self) -> Option<(Ident, usize)> {
        let first = self.peek();
        if first.kind != TokenKind::Name {
            return None;
        }
        let (mut span, mut length) = (first.span, 1);
        loop {
            let (hyphen, next) = (self.peek_at(length), self.peek_at(length + 1));
            let joined = hyphen.kind == TokenKind::Minus && next.kind == TokenKind::Name;
            if !joined || hyphen.span.start != span.end || next.span.start != hyphen.span.end {
                break;
            }
            span = span.to(next.span);
            length += 2;
        }
        Some((Spanned { node: spell(self.source.slice(span)), span }, length))
    }

    pub fn word(&mut self, what: &str) -> Parse<Ident> {
        match self.peek_word() {
            Some((word, length)) => {
                self.position += length;
                Ok(word)
            }
            None => Err(self.expected(what)),
        }
    }

    /// A text in quotes, without them.
    pub fn quoted(&mut self, what: &str) -> Parse<Spanned<String>> {
        let token = self.expect(TokenKind::Text, what)?;
        let text = self.text(token).trim_start_matches('"').trim_end_matches('"');
        Ok(Spanned { node: text.to_string(), span: token.span })
    }

    /// `=`; `==` and `:=` are reported and taken for it.
    pub fn eat_equal(&mut self) -> Option<Token> {
        if self.at(TokenKind::ForeignEqual) {
            let token = self.advance();
            let typed = self.text(token);
            self.report(
                Diagnostic::error("equal-sign", format!("equality is written `=`, not `{typed}`"))
                    .at(token.span, "one `=` is enough")
                    .help("write `=`"),
            );
            return Some(token);
        }
        self.eat(TokenKind::Equal)
    }

    /// Runs a production one level deeper, so that no input can exhaust the stack.
    pub fn nested<T>(&mut self, production: impl FnOnce(&mut Self) -> Parse<T>) -> Parse<T> {
        if self.nesting >= NESTING_LIMIT {
            let place = self.peek().span;
            return Err(self.report(
                Diagnostic::error("too-deep", format!("this expression is nested more than {NESTING_LIMIT} deep"))
                    .at(place, "the limit is reached here")
                    .help("name its parts with `let` or `define`"),
            ));
        }
        self.nesting += 1;
        let result = production(self);
        self.nesting -= 1;
        result
    }

    /// Notes that a node was put on top of expressions of at most this height.
    pub fn grow(&mut self, below: usize, place: Span) -> Parse<()> {
        self.height = below + 1;
        if self.height <= HEIGHT_LIMIT {
            return Ok(());
        }
        Err(self.report(
            Diagnostic::error("too-long", format!("this expression has more than {HEIGHT_LIMIT} operations in a row"))
                .at(place, "the limit is reached here")
                .help("name its parts with `let` or `define`, or write `sum(k in integers(1, n), …)`"),
        ))
    }

    /// Whether a new item, `family …` or `derivation …`, begins here.
    pub fn at_item(&self) -> bool {
        let token = self.peek();
        let keyword = self.is_word(token, "family") || self.is_word(token, "derivation");
        keyword && self.peek_at(1).kind == TokenKind::Name && (token.starts_line || self.position == 0)
    }

    /// Skips what cannot be understood: up to the next entry that begins a line, the next item, or
    /// the brace that closes the present one.
    pub fn recover(&mut self, keywords: &[&str]) {
        let mut braces = 0usize;
        while !self.at_end() && !self.at_item() {
            let token = self.peek();
            if token.starts_line
                && let Some((word, length)) = self.peek_word()
            {
                // Two names side by side are no part of an expression: a misspelt entry.
                let next = self.peek_at(length);
                let entry = next.kind == TokenKind::Name
                    && !next.starts_line
                    && !AFTER_EXPRESSION.contains(&word.node.as_str());
                if entry || keywords.contains(&word.node.as_str()) {
                    return;
                }
            }
            match token.kind {
                TokenKind::OpenBrace => braces += 1,
                TokenKind::CloseBrace if braces == 0 => return,
                TokenKind::CloseBrace => braces -= 1,
                _ => {}
            }
            self.advance();
        }
    }
}

/// The beginning of a token that is too long to be shown.
fn shortened(text: &str) -> String {
    const SHOWN: usize = 24;
    if text.chars().count() <= SHOWN {
        return text.to_string();
    }
    text.chars().take(SHOWN).chain(['…']).collect()
}
