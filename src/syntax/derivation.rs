//! Derivations: definitions, lemmas and chains of equalities.
//!
//! ```text
//!   derivation = "derivation" name [title] ["for" name ["(" names ")"]] "{" entry* "}"
//!   entry      = "parameter" declarations | "direction" declarations | "constant" declarations
//!              | "function" name [":" domain]
//!              | "density" name "(" names ["|" names] [";" names] ")" ["with" name "~" name]
//!              | "sample" name
//!              | "define" name "=" expression
//!              | "notation" name "=" text ("," name "=" text)*
//!              | "assume" (word | expression "=" expression)
//!              | "lemma" name ":" stated | "theorem" [name ":"] stated
//!   stated     = relation "{" [expression] link* "}" | relation "by" reasons link* | relation link+
//!   relation   = expression ("=" | "~") expression ["to" "order" number]
//!   link       = ("=" | "~") expression ["to" "order" number] ["by" reasons]
//!   reasons    = reason (("," | "and") reason)*
//! ```

use num_traits::ToPrimitive;

use super::parser::{Parse, Parser, Reported};
use super::spelling::spell;
use super::token::{Token, TokenKind};
use super::tree::{
    Chain, DerivationEntry, DerivationTree, ExpressionKind, Ident, Link, Relation, RelationKind, Spanned,
};
use crate::diagnostic::Diagnostic;
use crate::source::Span;

pub const DERIVATION_KEYWORDS: &[&str] = &[
    "parameter",
    "direction",
    "constant",
    "function",
    "density",
    "sample",
    "define",
    "notation",
    "assume",
    "lemma",
    "theorem",
];

const FOREIGN_KEYWORDS: &[(&str, &str)] = &[
    ("let", "define"),
    ("def", "define"),
    ("definition", "define"),
    ("proposition", "lemma"),
    ("corollary", "theorem"),
    ("claim", "theorem"),
    ("proof", "theorem"),
    ("assumption", "assume"),
    ("hypothesis", "assume"),
    ("mass", "density"),
    ("variable", "parameter"),
    ("given", "density"),
    ("draws", "sample"),
];

impl Parser<'_> {
    pub fn derivation(&mut self) -> Parse<DerivationTree> {
        let keyword = self.advance();
        let name = self.name("a name for the derivation")?;
        let mut title = if self.at(TokenKind::Text) { Some(self.quoted("a title")?) } else { None };
        let family = if self.eat_word("for").is_some() { Some(self.family_at_hand()?) } else { None };
        if title.is_none() && self.at(TokenKind::Text) {
            title = Some(self.quoted("a title")?);
        }
        let open = self.expect(TokenKind::OpenBrace, "`{`")?;
        let mut entries = Vec::new();
        let mut complete = true;
        loop {
            if self.eat(TokenKind::CloseBrace).is_some() {
                break;
            }
            if self.at_end() || self.at_item() {
                let place = self.behind();
                self.report(
                    Diagnostic::error("unclosed", format!("derivation {} is not closed", name.node))
                        .at(place, "expected `}` here")
                        .also(open.span, "opened here"),
                );
                break;
            }
            let begin = self.mark();
            let start = self.peek().span;
            match self.derivation_entry() {
                Ok(node) => {
                    entries.push(Spanned { node, span: self.since(start) });
                    complete &= self.end_of_entry(DERIVATION_KEYWORDS);
                }
                Err(_) => {
                    complete = false;
                    if self.mark() == begin {
                        self.advance();
                    }
                    self.recover(DERIVATION_KEYWORDS);
                }
            }
        }
        Ok(DerivationTree { name, title, family, entries, complete, span: self.since(keyword.span) })
    }

    /// `Normal(mu, sigma)`.
    fn family_at_hand(&mut self) -> Parse<(Ident, Vec<Ident>)> {
        let family = self.name("the name of a family")?;
        let mut parameters = Vec::new();
        if let Some(open) = self.eat(TokenKind::OpenParenthesis) {
            parameters = self.names("the name of a parameter")?;
            self.close(open, TokenKind::CloseParenthesis, ")")?;
        }
        Ok((family, parameters))
    }

    fn derivation_entry(&mut self) -> Parse<DerivationEntry> {
        let begin = self.mark();
        let keyword = self.word("an entry such as `define`, `lemma` or `theorem`")?;
        match keyword.node.as_str() {
            "parameter" => Ok(DerivationEntry::Parameter(self.declarations()?)),
            "direction" => Ok(DerivationEntry::Direction(self.declarations()?)),
            "constant" => Ok(DerivationEntry::Constant(self.declarations()?)),
            "function" => self.abstract_function(),
            "density" => self.abstract_density(),
            "define" => self.definition("define").map(|(name, body)| DerivationEntry::Define { name, body }),
            "sample" => self.name("a name for the number of draws, as in `sample n`").map(DerivationEntry::Sample),
            "notation" => self.notation().map(DerivationEntry::Notation),
            "assume" => self.assumption(),
            "lemma" => {
                let name = self.name("a name for the lemma, as in `lemma ZeroMeanScore: E[u] = 0`")?;
                self.expect(TokenKind::Colon, "`:` between the lemma's name and its statement")?;
                let (statement, chain) = self.stated()?;
                Ok(DerivationEntry::Lemma { name, statement, chain })
            }
            "theorem" => {
                let named = self.at(TokenKind::Name) && self.peek_at(1).kind == TokenKind::Colon;
                let name = if named { Some(self.name("a name")?) } else { None };
                if named {
                    self.advance();
                }
                let (statement, chain) = self.stated()?;
                Ok(DerivationEntry::Theorem { name, statement, chain })
            }
            _ => {
                self.rewind(begin);
                Err(self.unknown_entry(&keyword, "a derivation", DERIVATION_KEYWORDS, FOREIGN_KEYWORDS))
            }
        }
    }

    fn abstract_function(&mut self) -> Parse<DerivationEntry> {
        let name = self.name("a name for the function")?;
        let domain = if self.eat(TokenKind::Colon).is_some() { Some(self.domain()?) } else { None };
        Ok(DerivationEntry::Function { name, domain })
    }

    fn abstract_density(&mut self) -> Parse<DerivationEntry> {
        let name = self.name("a name for the density, as in `density p(z; theta)`")?;
        let open = self.expect(TokenKind::OpenParenthesis, "`(`, as in `density p(z; theta)`")?;
        let variates = self.names("the name of a variate")?;
        let given =
            if self.eat(TokenKind::Bar).is_some() { self.names("the name of a covariate")? } else { Vec::new() };
        let parameters =
            if self.eat(TokenKind::Semicolon).is_some() { self.names("the name of a parameter")? } else { Vec::new() };
        self.close(open, TokenKind::CloseParenthesis, ")")?;
        let with = if self.eat_word("with").is_some() {
            let covariate = self.name("the name of a covariate, as in `with x ~ D`")?;
            self.expect(TokenKind::Tilde, "`~`, as in `with x ~ D`")?;
            Some((covariate, self.name("the name of its distribution")?))
        } else {
            None
        };
        Ok(DerivationEntry::Density { name, variates, given, parameters, with })
    }

    /// `assume well-specified` or `assume log(p) = …`; a lone expression is taken for a word.
    fn assumption(&mut self) -> Parse<DerivationEntry> {
        let start = self.peek().span;
        if let Some((words, length)) = self.peek_word() {
            let after = self.peek_at(length);
            if after.starts_line || after.kind == TokenKind::CloseBrace {
                self.word("an assumption")?;
                return Ok(DerivationEntry::Assume { words, equation: None });
            }
        }
        let left = self.expression()?;
        if self.eat_equal().is_none() {
            return Err(self.expected("`=`, or a single word such as `well-specified`"));
        }
        let right = self.expression()?;
        let span = self.since(start);
        let words = Spanned { node: self.source.slice(span).to_string(), span };
        Ok(DerivationEntry::Assume { words, equation: Some((left, right)) })
    }

    /// A statement and its proof; `a ~ b ~ c` and `a = b by …` are chains that prove what their ends say.
    fn stated(&mut self) -> Parse<(Relation, Chain)> {
        let statement = self.relation()?;
        let by = self.eat_word("by").is_some();
        if !by && !self.at_relation_sign() {
            return Ok((statement, self.chain()?));
        }
        let reasons = if by { self.reasons()? } else { Vec::new() };
        let first =
            Link { kind: statement.kind.clone(), right: statement.right.clone(), reasons, span: statement.right.span };
        let mut links = vec![first];
        while self.at_relation_sign() {
            links.push(self.link()?);
        }
        let span = statement.span.to(self.behind());
        if self.at(TokenKind::OpenBrace) {
            let open = self.peek();
            self.chain()?;
            return Err(self.report(
                Diagnostic::error("chain-and-proof", "a statement has two sides")
                    .at(span, "a chain, which proves itself")
                    .also(open.span, "a second proof")
                    .help("state what the ends say, and move the chain between the braces"),
            ));
        }
        let order = links.iter().filter_map(|link| match &link.kind {
            RelationKind::Similar { order } => Some(order.clone()),
            RelationKind::Equal => None,
        });
        // The least order that is written; an order that is not written is inferred as for one link.
        let least = order.min_by_key(|order| order.as_ref().map_or(u32::MAX, |order| order.node));
        let kind = least.map_or(RelationKind::Equal, |order| RelationKind::Similar { order });
        let last = links[links.len() - 1].right.clone();
        let relation = Relation { left: statement.left.clone(), kind, right: last, span };
        Ok((relation, Chain { start: Some(statement.left), links, span }))
    }

    fn relation(&mut self) -> Parse<Relation> {
        let left = self.expression()?;
        let Some(sign) = self.eat_relation_sign() else {
            return Err(self.expected("`=` or `~` and the other side of the statement"));
        };
        let right = self.expression()?;
        let kind = self.relation_kind(sign)?;
        let span = left.span.to(self.behind());
        Ok(Relation { left, kind, right, span })
    }

    fn at_relation_sign(&self) -> bool {
        matches!(self.peek().kind, TokenKind::Equal | TokenKind::ForeignEqual | TokenKind::Tilde)
    }

    fn eat_relation_sign(&mut self) -> Option<Token> {
        match self.eat(TokenKind::Tilde) {
            Some(sign) => Some(sign),
            None => self.eat_equal(),
        }
    }

    /// Reads the order, which follows the right side.
    fn relation_kind(&mut self, sign: Token) -> Parse<RelationKind> {
        let order = match self.eat_word("to") {
            Some(to) => Some((to, self.order()?)),
            None => None,
        };
        match (sign.kind, order) {
            (TokenKind::Tilde, order) => Ok(RelationKind::Similar { order: order.map(|(_, order)| order) }),
            (_, None) => Ok(RelationKind::Equal),
            (_, Some((to, _))) => Err(self.report(
                Diagnostic::error("order-of-equality", "an equality has no order")
                    .at(self.since(to.span), "the order belongs to `~`")
                    .also(sign.span, "this says that both sides are equal")
                    .help("write `~` for equality up to an order"),
            )),
        }
    }

    fn order(&mut self) -> Parse<Spanned<u32>> {
        if self.eat_word("order").is_none() {
            return Err(self.expected("`order` and a number, as in `to order 2`"));
        }
        let place = self.peek().span;
        if !self.at(TokenKind::Number) {
            return Err(self.expected("the order, a number such as 2"));
        }
        let number = self.expression()?;
        match number.node {
            ExpressionKind::Number(value) if value.is_integer() && value.to_u32().is_some_and(|order| order <= 12) => {
                Ok(Spanned { node: value.to_u32().unwrap_or(0), span: number.span })
            }
            _ => Err(self.report(
                Diagnostic::error("order", "an order is a whole number from 1 to 12")
                    .at(place.to(number.span), "not an order"),
            )),
        }
    }

    /// The chain in braces; without braces no proof was given.
    fn chain(&mut self) -> Parse<Chain> {
        let Some(open) = self.eat(TokenKind::OpenBrace) else {
            return Ok(Chain { start: None, links: Vec::new(), span: self.behind() });
        };
        let mut start = None;
        if !self.at_relation_sign() && !self.at(TokenKind::CloseBrace) {
            match self.expression() {
                Ok(expression) => start = Some(expression),
                Err(reported) => self.recover_in_chain(reported),
            }
        }
        let mut links = Vec::new();
        loop {
            if !self.at_relation_sign() && !self.at(TokenKind::CloseBrace) && !self.at_end_of_chain() {
                let reported = self.expected("`=`, `~`, a reason after `by`, or `}`");
                self.recover_in_chain(reported);
            }
            if !self.at_relation_sign() {
                break;
            }
            match self.link() {
                Ok(link) => links.push(link),
                Err(reported) => self.recover_in_chain(reported),
            }
        }
        let end = self.close(open, TokenKind::CloseBrace, "}")?;
        Ok(Chain { start, links, span: open.span.to(end.span) })
    }

    fn at_end_of_chain(&self) -> bool {
        let entry = self.peek_word().is_some_and(|(word, _)| DERIVATION_KEYWORDS.contains(&word.node.as_str()));
        self.at_end() || self.at_item() || (entry && self.peek().starts_line)
    }

    /// Skips to the next link that begins a line, or to the end of the chain.
    fn recover_in_chain(&mut self, _: Reported) {
        while !self.at(TokenKind::CloseBrace) && !self.at_end_of_chain() {
            if self.at_relation_sign() && self.peek().starts_line {
                return;
            }
            self.advance();
        }
    }

    fn link(&mut self) -> Parse<Link> {
        let Some(sign) = self.eat_relation_sign() else {
            return Err(self.expected("`=` or `~`"));
        };
        let right = self.expression()?;
        let kind = self.relation_kind(sign)?;
        let reasons = match self.eat_word("by") {
            Some(_) => self.reasons()?,
            None => Vec::new(),
        };
        Ok(Link { kind, right, reasons, span: self.since(sign.span) })
    }

    fn reasons(&mut self) -> Parse<Vec<Ident>> {
        let mut reasons = vec![self.reason()?];
        while self.eat(TokenKind::Comma).is_some() || (self.is_word(self.peek(), "and") && !self.peek().starts_line) {
            self.eat_word("and");
            reasons.push(self.reason()?);
        }
        Ok(reasons)
    }

    /// Words as typed, one space between those that had any; after a comma a reason may begin a line.
    fn reason(&mut self) -> Parse<Ident> {
        if self.at(TokenKind::Text) {
            return self.quoted("a reason");
        }
        let mut place: Option<Span> = None;
        let mut words = String::new();
        loop {
            let token = self.peek();
            let part = matches!(token.kind, TokenKind::Name | TokenKind::Number | TokenKind::Minus | TokenKind::Prime);
            if !part || (place.is_some() && (token.starts_line || self.is_word(token, "and"))) {
                break;
            }
            if place.is_some_and(|place| place.end < token.span.start) {
                words.push(' ');
            }
            words.push_str(&spell(self.text(token)));
            place = Some(place.map_or(token.span, |place| place.to(token.span)));
            self.advance();
        }
        match place {
            Some(span) => Ok(Spanned { node: words, span }),
            None => Err(self.expected("a reason after `by`, such as `algebra` or the name of a lemma")),
        }
    }
}
