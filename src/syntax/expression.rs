//! Expressions.

use num_bigint::BigInt;
use num_traits::pow;

use super::derivation::DERIVATION_KEYWORDS;
use super::family::FAMILY_KEYWORDS;
use super::parser::{AFTER_EXPRESSION, Parse, Parser, Reported};
use super::spelling::spell;
use super::token::{Token, TokenKind};
use super::tree::{BinaryOperator, Expression, ExpressionKind, Ident, Spanned};
use crate::diagnostic::Diagnostic;
use crate::kernel::term::Rational;
use crate::source::Span;

/// Digits of a number, its exponent counted out.
const DIGIT_LIMIT: usize = 4_000;

impl Parser<'_> {
    pub fn expression(&mut self) -> Parse<Expression> {
        self.nested(|parser| {
            let mut left = parser.product()?;
            let mut height = parser.height;
            loop {
                let operator = match parser.peek().kind {
                    TokenKind::Plus => BinaryOperator::Add,
                    TokenKind::Minus => BinaryOperator::Subtract,
                    _ => break,
                };
                let sign = parser.advance();
                let right = parser.product()?;
                height = height.max(parser.height);
                parser.grow(height, sign.span)?;
                height = parser.height;
                left = binary(operator, left, right);
            }
            parser.height = height;
            Ok(left)
        })
    }

    fn product(&mut self) -> Parse<Expression> {
        let mut left = self.factor()?;
        let mut height = self.height;
        loop {
            let operator = match self.peek().kind {
                TokenKind::Star => BinaryOperator::Multiply,
                TokenKind::Slash => BinaryOperator::Divide,
                _ if self.at_missing_operator() => {
                    self.missing_multiplication(&left);
                    BinaryOperator::Multiply
                }
                _ => break,
            };
            let sign = self.peek();
            if matches!(sign.kind, TokenKind::Star | TokenKind::Slash) {
                self.advance();
            }
            let right = self.factor()?;
            height = height.max(self.height);
            self.grow(height, sign.span)?;
            height = self.height;
            left = binary(operator, left, right);
        }
        self.height = height;
        Ok(left)
    }

    fn factor(&mut self) -> Parse<Expression> {
        let Some(sign) = self.eat(TokenKind::Minus) else {
            return self.power();
        };
        let operand = self.nested(Self::factor)?;
        self.grow(self.height, sign.span)?;
        Ok(Spanned { span: sign.span.to(operand.span), node: ExpressionKind::Negate(Box::new(operand)) })
    }

    fn power(&mut self) -> Parse<Expression> {
        let base = self.postfix()?;
        let height = self.height;
        let Some(sign) = self.eat_power() else {
            return Ok(base);
        };
        let exponent = self.nested(Self::factor)?;
        self.grow(height.max(self.height), sign.span)?;
        Ok(binary(BinaryOperator::Power, base, exponent))
    }

    /// `^`; `**` is reported and taken for it.
    fn eat_power(&mut self) -> Option<Token> {
        if !self.at(TokenKind::DoubleStar) {
            return self.eat(TokenKind::Caret);
        }
        let sign = self.advance();
        self.report(
            Diagnostic::error("power-sign", "powers are written `^`, not `**`")
                .at(sign.span, "write `^`")
                .help("write `x^2`"),
        );
        Some(sign)
    }

    fn postfix(&mut self) -> Parse<Expression> {
        let inner = self.primary()?;
        self.postfixes(inner)
    }

    /// Every postfix is a level of its own, as a parenthesis around it would be.
    fn postfixes(&mut self, inner: Expression) -> Parse<Expression> {
        let wrap: fn(Box<Expression>) -> ExpressionKind = match self.peek().kind {
            TokenKind::Prime => ExpressionKind::Transpose,
            TokenKind::Bang => ExpressionKind::Factorial,
            _ => return Ok(inner),
        };
        let sign = self.advance();
        self.grow(self.height, sign.span)?;
        let outer = Spanned { span: inner.span.to(sign.span), node: wrap(Box::new(inner)) };
        self.nested(|parser| parser.postfixes(outer))
    }

    fn primary(&mut self) -> Parse<Expression> {
        self.height = 0;
        let point_allowed = std::mem::take(&mut self.point_allowed);
        let token = self.peek();
        let next = self.peek_at(1);
        match token.kind {
            TokenKind::Number => self.number(),
            TokenKind::Name if next.kind == TokenKind::OpenParenthesis && !next.starts_line => self.call(),
            TokenKind::Name if next.kind == TokenKind::OpenBracket && !next.starts_line => self.index(),
            TokenKind::Name => {
                self.advance();
                Ok(Spanned { node: ExpressionKind::Name(spell(self.text(token))), span: token.span })
            }
            TokenKind::OpenParenthesis => self.parenthesis(point_allowed),
            TokenKind::OpenBracket => {
                self.advance();
                let elements = self.expressions()?;
                let end = self.close(token, TokenKind::CloseBracket, "]")?;
                self.grow(self.height, token.span)?;
                Ok(Spanned { node: ExpressionKind::Vector(elements), span: token.span.to(end.span) })
            }
            TokenKind::Bar => Err(self.report(
                Diagnostic::error("syntax", "expected an expression, found `|`")
                    .at(token.span, "expected an expression")
                    .help("an absolute value is written `abs(x)`"),
            )),
            _ => Err(self.expected("an expression")),
        }
    }

    /// `(e)`, or `(a, b)` where a point may stand.
    fn parenthesis(&mut self, point_allowed: bool) -> Parse<Expression> {
        let open = self.advance();
        let mut elements = self.expressions()?;
        let height = self.height;
        let end = self.close(open, TokenKind::CloseParenthesis, ")")?;
        let span = open.span.to(end.span);
        match (elements.pop(), elements.is_empty()) {
            (Some(inner), true) => Ok(Spanned { node: inner.node, span }),
            (Some(last), false) if point_allowed => {
                elements.push(last);
                self.grow(height, open.span)?;
                Ok(Spanned { node: ExpressionKind::Tuple(elements), span })
            }
            _ => Err(self.report(
                Diagnostic::error("tuple", "parentheses hold one expression")
                    .at(span, "these are several")
                    .help("vectors are written with brackets: `[a, b]`"),
            )),
        }
    }

    /// Expressions with commas between, at least one; the height is that of the tallest.
    pub fn expressions(&mut self) -> Parse<Vec<Expression>> {
        let mut elements = Vec::new();
        let mut height = 0;
        loop {
            elements.push(self.expression()?);
            height = height.max(self.height);
            if self.eat(TokenKind::Comma).is_none() {
                break;
            }
        }
        self.height = height;
        Ok(elements)
    }

    fn call(&mut self) -> Parse<Expression> {
        let function = self.name("a function")?;
        let open = self.advance();
        if self.is_word(self.peek_at(1), "in") && self.at(TokenKind::Name) {
            return self.nested(|parser| parser.binder(function, open));
        }
        let arguments = if self.formal && function.node == "log_density" {
            self.replacements()?
        } else if self.at(TokenKind::CloseParenthesis) {
            let place = open.span.to(self.peek().span);
            return Err(self.report(
                Diagnostic::error("syntax", format!("`{}` needs something between its parentheses", function.node))
                    .at(place, "empty"),
            ));
        } else {
            self.expressions()?
        };
        let height = self.height;
        if self.at(TokenKind::Bar) {
            return Err(self.bar_between_arguments(&function));
        }
        let end = self.close(open, TokenKind::CloseParenthesis, ")")?;
        self.grow(height, open.span)?;
        let span = function.span.to(end.span);
        Ok(Spanned { node: ExpressionKind::Call { function, arguments }, span })
    }

    /// `KL(p || q)`, as on paper.
    fn bar_between_arguments(&mut self, function: &Ident) -> Reported {
        let first = self.advance();
        let bars = if self.at(TokenKind::Bar) { first.span.to(self.advance().span) } else { first.span };
        let name = &function.node;
        self.report(
            Diagnostic::error("bar", "the arguments of a function stand between commas").at(bars, "expected `,`").help(
                format!("write `{name}(p(theta), p(theta + delta))`, with a comma for `{}`", self.source.slice(bars)),
            ),
        )
    }

    /// `a = e, b = f` of the kernel's `log_density`, as the arguments a, e, b, f.
    fn replacements(&mut self) -> Parse<Vec<Expression>> {
        let mut arguments = Vec::new();
        let mut height = 0;
        while !self.at(TokenKind::CloseParenthesis) {
            let name = self.name("a parameter")?;
            arguments.push(Spanned { node: ExpressionKind::Name(name.node), span: name.span });
            self.expect(TokenKind::Equal, "`=`")?;
            arguments.push(self.expression()?);
            height = height.max(self.height);
            if self.eat(TokenKind::Comma).is_none() {
                break;
            }
        }
        self.height = height;
        Ok(arguments)
    }

    fn binder(&mut self, function: Ident, open: Token) -> Parse<Expression> {
        let variable = self.name("a name")?;
        self.advance();
        let domain = self.domain()?;
        let mut height = self.height;
        self.expect(TokenKind::Comma, "`,` and the expression to be added up")?;
        let body = Box::new(self.expression()?);
        height = height.max(self.height);
        let end = self.close(open, TokenKind::CloseParenthesis, ")")?;
        self.grow(height, open.span)?;
        let span = function.span.to(end.span);
        Ok(Spanned { node: ExpressionKind::Binder { function, variable, domain, body }, span })
    }

    fn index(&mut self) -> Parse<Expression> {
        let head = self.name("a name")?;
        let open = self.advance();
        let arguments = self.expressions()?;
        let height = self.height;
        let end = self.close(open, TokenKind::CloseBracket, "]")?;
        self.grow(height, open.span)?;
        let span = head.span.to(end.span);
        Ok(Spanned { node: ExpressionKind::Index { head, arguments }, span })
    }

    fn number(&mut self) -> Parse<Expression> {
        let token = self.advance();
        match exact(self.text(token)) {
            Some(value) => Ok(Spanned { node: ExpressionKind::Number(value), span: token.span }),
            None => Err(self.report(
                Diagnostic::error("number-too-long", format!("this number has more than {DIGIT_LIMIT} digits"))
                    .at(Span::new(token.span.start, token.span.end.min(token.span.start + 24)), "begins here"),
            )),
        }
    }

    /// Whether an operand follows an operand on the same line, as in `2x`.
    fn at_missing_operator(&self) -> bool {
        let token = self.peek();
        if token.starts_line {
            return false;
        }
        match token.kind {
            TokenKind::Number | TokenKind::OpenParenthesis => true,
            TokenKind::Name => !self.at_entry() && !AFTER_EXPRESSION.contains(&self.text(token)),
            _ => false,
        }
    }

    /// Whether the next word begins an entry, an item, or follows an expression.
    pub fn at_entry(&self) -> bool {
        self.at_item()
            || self.peek_word().is_some_and(|(word, _)| {
                let word = word.node.as_str();
                FAMILY_KEYWORDS.contains(&word) || DERIVATION_KEYWORDS.contains(&word)
            })
    }

    fn missing_multiplication(&mut self, left: &Expression) {
        let token = self.peek();
        let place = left.span.to(token.span);
        let typed = self.source.slice(place);
        let called = token.kind == TokenKind::Name && self.peek_at(1).kind == TokenKind::OpenParenthesis;
        let right = match token.kind {
            TokenKind::OpenParenthesis => "(…)".to_string(),
            _ if called => format!("{}(…)", self.text(token)),
            _ => self.text(token).to_string(),
        };
        let help = match self.source.slice(left.span) {
            left if left.len() <= 24 && typed.len() <= 48 && !left.contains('\n') => format!("write `{left}*{right}`"),
            _ => "write `*` between them".to_string(),
        };
        if self.source.slice(left.span) == "if" {
            let place = left.span;
            self.report(
                Diagnostic::error("syntax", "there is no `if` in this language")
                    .at(place, "cannot be decided here")
                    .help("where a density is positive is said by the domain of its variate, as in `x : positive`"),
            );
            return;
        }
        self.report(
            Diagnostic::error("missing-operator", "multiplication needs `*`")
                .at(place, "two factors side by side")
                .help(help),
        );
    }
}

fn binary(operator: BinaryOperator, left: Expression, right: Expression) -> Expression {
    let span = left.span.to(right.span);
    Spanned { node: ExpressionKind::Binary(operator, Box::new(left), Box::new(right)), span }
}

/// The exact value of a literal, unless it is too long to be written out.
fn exact(literal: &str) -> Option<Rational> {
    let (mantissa, exponent) = match literal.find(['e', 'E']) {
        Some(at) => (&literal[..at], literal[at + 1..].parse::<i64>().ok()?),
        None => (literal, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let shift = exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?;
    let zeros = usize::try_from(shift.unsigned_abs()).ok()?;
    if mantissa.len().checked_add(zeros)? > DIGIT_LIMIT {
        return None;
    }
    let digits: BigInt = format!("{whole}{fraction}").parse().ok()?;
    let scale = pow(BigInt::from(10), zeros);
    Some(if shift >= 0 { Rational::from_integer(digits * scale) } else { Rational::new(digits, scale) })
}
