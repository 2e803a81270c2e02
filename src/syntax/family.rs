//! Families and their entries.

use super::parser::{Parse, Parser};
use super::spelling::spell;
use super::token::TokenKind;
use super::tree::{Expression, ExpressionKind, FamilyEntry, FamilyTree, Ident, Spanned};
use crate::diagnostic::Diagnostic;

pub const FAMILY_KEYWORDS: &[&str] = &[
    "variate",
    "parameter",
    "constant",
    "given",
    "density",
    "mass",
    "log-density",
    "log-mass",
    "let",
    "notation",
    "substitute",
    "natural",
    "statistic",
    "log-partition",
    "base",
    "source",
    "claim",
];

/// What other languages call the entries.
const FOREIGN_KEYWORDS: &[(&str, &str)] = &[
    ("pdf", "density"),
    ("pmf", "mass"),
    ("support", "variate x : … where …"),
    ("probability", "mass"),
    ("variable", "variate"),
    ("random", "variate"),
    ("observation", "variate"),
    ("data", "constant"),
    ("known", "constant"),
    ("covariate", "given"),
    ("logpdf", "log-density"),
    ("logdensity", "log-density"),
    ("log_density", "log-density"),
    ("log_mass", "log-mass"),
    ("log_partition", "log-partition"),
    ("define", "let"),
    ("def", "let"),
    ("theorem", "claim"),
    ("fisher", "claim"),
    ("assert", "claim"),
    ("latex", "notation"),
    ("reference", "source"),
    ("citation", "source"),
];

impl Parser<'_> {
    pub fn family(&mut self) -> Parse<FamilyTree> {
        let keyword = self.advance();
        let name = self.name("a name for the family")?;
        let title = if self.at(TokenKind::Text) { Some(self.quoted("a title")?) } else { None };
        if !self.at(TokenKind::OpenBrace) {
            let what = format!("`{{` after the name, as in `family {} {{ … }}`", name.node);
            return Err(self.expected(&what));
        }
        let open = self.advance();
        let mut entries = Vec::new();
        let mut complete = true;
        loop {
            if self.eat(TokenKind::CloseBrace).is_some() {
                break;
            }
            if self.at_end() || self.at_item() {
                let place = self.behind();
                self.report(
                    Diagnostic::error("unclosed", format!("family {} is not closed", name.node))
                        .at(place, "expected `}` here")
                        .also(open.span, "opened here"),
                );
                break;
            }
            let begin = self.mark();
            match self.entries(&mut entries) {
                Ok(()) => complete &= self.end_of_entry(FAMILY_KEYWORDS),
                Err(_) => {
                    complete = false;
                    if self.mark() == begin {
                        self.advance();
                    }
                    self.recover(FAMILY_KEYWORDS);
                }
            }
        }
        Ok(FamilyTree { name, title, entries, complete, span: self.since(keyword.span) })
    }

    /// One entry, or the definitions of `let a = …, b = …`.
    fn entries(&mut self, entries: &mut Vec<Spanned<FamilyEntry>>) -> Parse<()> {
        let start = self.peek().span;
        let node = self.family_entry()?;
        let defines = matches!(node, FamilyEntry::Let { .. });
        entries.push(Spanned { node, span: self.since(start) });
        while defines && self.eat(TokenKind::Comma).is_some() {
            let start = self.peek().span;
            let (name, body) = self.definition("let")?;
            entries.push(Spanned { node: FamilyEntry::Let { name, body }, span: self.since(start) });
        }
        Ok(())
    }

    fn family_entry(&mut self) -> Parse<FamilyEntry> {
        let begin = self.mark();
        let keyword = self.word("an entry such as `parameter` or `density`")?;
        let density = |discrete, logarithmic| move |body| FamilyEntry::Density { discrete, logarithmic, body };
        match keyword.node.as_str() {
            "variate" => Ok(FamilyEntry::Variate(self.declarations()?)),
            "parameter" => Ok(FamilyEntry::Parameter(self.declarations()?)),
            "constant" => Ok(FamilyEntry::Constant(self.declarations()?)),
            "given" => Ok(FamilyEntry::Given(self.declarations()?)),
            "density" => self.unnamed("density").map(density(false, false)),
            "mass" => self.unnamed("mass").map(density(true, false)),
            "log-density" => self.unnamed("log-density").map(density(false, true)),
            "log-mass" => self.unnamed("log-mass").map(density(true, true)),
            "let" => self.definition("let").map(|(name, body)| FamilyEntry::Let { name, body }),
            "substitute" => self.definition("substitute").map(|(name, body)| FamilyEntry::Substitute { name, body }),
            "log-partition" => {
                self.definition("log-partition").map(|(name, body)| FamilyEntry::LogPartition { name, body })
            }
            "base" => self.definition("base").map(|(name, body)| FamilyEntry::Base { name, body }),
            "natural" => self.definition_list("natural").map(FamilyEntry::Natural),
            "statistic" => self.definition_list("statistic").map(FamilyEntry::Statistic),
            "notation" => self.notation().map(FamilyEntry::Notation),
            "source" => Ok(FamilyEntry::Source(self.quoted("a text in quotes that says where the formulas are from")?)),
            "claim" => self.claim(),
            _ => {
                self.rewind(begin);
                Err(self.unknown_entry(&keyword, "a family", FAMILY_KEYWORDS, FOREIGN_KEYWORDS))
            }
        }
    }

    /// The expression of an entry that gives it no name: `density …`, not `density p(x) = …`.
    fn unnamed(&mut self, entry: &str) -> Parse<Expression> {
        let body = self.expression()?;
        let token = self.peek();
        let equal = matches!(token.kind, TokenKind::Equal | TokenKind::ForeignEqual);
        let name = matches!(body.node, ExpressionKind::Call { .. } | ExpressionKind::Name(_));
        if token.starts_line || !equal || !name {
            return Ok(body);
        }
        Err(self.report(
            Diagnostic::error("syntax", format!("`{entry}` is followed by the expression alone"))
                .at(body.span.to(token.span), "leave this out")
                .note("of what it is a function is said by `variate` and `parameter`"),
        ))
    }

    pub fn unknown_entry(
        &mut self,
        keyword: &Ident,
        item: &str,
        keywords: &[&'static str],
        foreign: &[(&str, &'static str)],
    ) -> super::parser::Reported {
        let diagnostic = Diagnostic::error("unknown-entry", format!("{item} has no entry called `{}`", keyword.node))
            .at(keyword.span, "expected an entry here");
        let lower = keyword.node.to_lowercase();
        let diagnostic = match foreign.iter().find(|(typed, _)| *typed == lower) {
            Some((_, ours)) => diagnostic.help(format!("it is called `{ours}` here")),
            None => diagnostic.did_you_mean(&keyword.node, keywords.iter().copied()),
        };
        self.report(diagnostic.note(format!("the entries are {}", keywords.join(", "))))
    }

    /// An entry has ended: the next one, or the closing brace, must follow. Whether nothing had to be
    /// skipped for that.
    pub fn end_of_entry(&mut self, keywords: &[&str]) -> bool {
        let token = self.peek();
        let next = self.peek_word().is_some_and(|(word, _)| keywords.contains(&word.node.as_str()));
        // A name at the beginning of a line is an entry, if only a misspelt one.
        if next
            || matches!(token.kind, TokenKind::CloseBrace | TokenKind::End)
            || (token.kind == TokenKind::Name && token.starts_line)
        {
            return true;
        }
        let found = self.describe(token);
        let diagnostic = Diagnostic::error("syntax", format!("expected the end of the entry, found {found}"))
            .at(token.span, "this cannot follow here");
        let diagnostic = match token.kind {
            TokenKind::Semicolon => diagnostic.help("entries end with their line: leave out the `;`"),
            TokenKind::CloseParenthesis | TokenKind::CloseBracket => {
                diagnostic.note("nothing is open that this could close")
            }
            TokenKind::Less | TokenKind::LessOrEqual | TokenKind::Greater | TokenKind::GreaterOrEqual => {
                diagnostic.note("inequalities stand after `where`, behind a declaration")
            }
            TokenKind::OpenBracket => diagnostic.help("only a name can be indexed: give this expression a name first"),
            _ => diagnostic,
        };
        self.report(diagnostic);
        if self.eat(TokenKind::Semicolon).is_some() {
            return true;
        }
        self.advance();
        self.recover(keywords);
        false
    }

    /// `name = expression`.
    pub fn definition(&mut self, entry: &str) -> Parse<(Ident, Expression)> {
        let token = self.peek();
        let named =
            token.kind == TokenKind::Name && matches!(self.peek_at(1).kind, TokenKind::Equal | TokenKind::ForeignEqual);
        if token.kind == TokenKind::Name && self.peek_at(1).kind == TokenKind::Caret {
            let (name, exponent) = (spell(self.text(token)), self.peek_at(2));
            let typed = self.text(exponent);
            return Err(self.report(
                Diagnostic::error("syntax", "a name has no exponent")
                    .at(token.span.to(exponent.span), "expected a name and `=`")
                    .help(format!(
                        "call it `{name}{typed}`, and write `notation {name}{typed} = \"{name}^{typed}\"` to have it set so"
                    )),
            ));
        }
        if !named {
            let found = self.describe(token);
            let place = if token.starts_line { self.behind() } else { token.span };
            return Err(self.report(
                Diagnostic::error("syntax", format!("expected a name and `=` after `{entry}`, found {found}"))
                    .at(place, "expected a name and `=`")
                    .help(format!("write `{entry} {} = …`", customary_name(entry))),
            ));
        }
        let name = self.name("a name")?;
        self.eat_equal();
        Ok((name, self.expression()?))
    }

    fn definition_list(&mut self, entry: &str) -> Parse<Vec<(Ident, Expression)>> {
        let mut list = vec![self.definition(entry)?];
        while self.eat(TokenKind::Comma).is_some() {
            list.push(self.definition(entry)?);
        }
        Ok(list)
    }

    pub fn notation(&mut self) -> Parse<Vec<(Ident, Spanned<String>)>> {
        let mut list = Vec::new();
        loop {
            let name = self.name("a declared name")?;
            if self.eat_equal().is_none() {
                return Err(self.expected("`=` and the name's LaTeX in quotes"));
            }
            list.push((name, self.quoted("LaTeX in quotes, as in `a = \"\\alpha\"`")?));
            if self.eat(TokenKind::Comma).is_none() {
                return Ok(list);
            }
        }
    }

    fn claim(&mut self) -> Parse<FamilyEntry> {
        let quantity = self.word("what is claimed, as in `claim fisher = …`")?;
        let mut indices = Vec::new();
        if let Some(open) = self.eat(TokenKind::OpenBracket) {
            loop {
                let token = self.peek();
                if token.kind == TokenKind::Number {
                    self.advance();
                    indices.push(Spanned { node: self.text(token).to_string(), span: token.span });
                } else {
                    indices.push(self.name("a parameter's name")?);
                }
                if self.eat(TokenKind::Comma).is_none() {
                    break;
                }
            }
            self.close(open, TokenKind::CloseBracket, "]")?;
        }
        let value = if self.eat_equal().is_some() { Some(self.expression()?) } else { None };
        Ok(FamilyEntry::Claim { quantity, indices, value })
    }
}

/// The customary name in a definition that lacks one.
fn customary_name(entry: &str) -> &'static str {
    match entry {
        "log-partition" => "A",
        "base" => "h",
        "natural" => "eta1",
        "statistic" => "T1",
        "substitute" => "u",
        "define" => "F",
        _ => "s",
    }
}
