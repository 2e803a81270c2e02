//! Text to tokens.
//!
//! A token keeps its place and its kind only: what it says is read from the source when a parser
//! asks for it, so that a large file costs little memory.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::character::complete::{char, digit1, one_of, satisfy};
use nom::combinator::{opt, recognize, value};
use nom::sequence::{delimited, pair, preceded};
use nom::{IResult, Parser};

use super::spelling::{begins_name, continues_name, word};
use crate::diagnostic::Diagnostic;
use crate::source::{Source, Span};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    Name,
    Number,
    /// `"…"`, quotes included; a backslash stands for itself, as LaTeX wants it.
    Text,
    Plus,
    Minus,
    Star,
    /// `**`, which other languages use for powers.
    DoubleStar,
    Slash,
    Caret,
    Prime,
    Bang,
    Equal,
    /// `==` or `:=`, which other languages use where `=` belongs.
    ForeignEqual,
    Tilde,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    NotEqual,
    OpenParenthesis,
    CloseParenthesis,
    OpenBracket,
    CloseBracket,
    OpenBrace,
    CloseBrace,
    Comma,
    Colon,
    Semicolon,
    Bar,
    /// Beyond the last token.
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    pub kind: TokenKind,
    pub span: Span,
    /// Whether this is the first token of its line.
    pub starts_line: bool,
}

/// Longest first, so that `<=` is not read as `<`.
const SYMBOLS: &[(&str, TokenKind)] = &[
    ("**", TokenKind::DoubleStar),
    ("==", TokenKind::ForeignEqual),
    (":=", TokenKind::ForeignEqual),
    ("<=", TokenKind::LessOrEqual),
    (">=", TokenKind::GreaterOrEqual),
    ("!=", TokenKind::NotEqual),
    ("+", TokenKind::Plus),
    ("-", TokenKind::Minus),
    ("*", TokenKind::Star),
    ("/", TokenKind::Slash),
    ("^", TokenKind::Caret),
    ("'", TokenKind::Prime),
    ("!", TokenKind::Bang),
    ("=", TokenKind::Equal),
    ("~", TokenKind::Tilde),
    ("<", TokenKind::Less),
    (">", TokenKind::Greater),
    ("(", TokenKind::OpenParenthesis),
    (")", TokenKind::CloseParenthesis),
    ("[", TokenKind::OpenBracket),
    ("]", TokenKind::CloseBracket),
    ("{", TokenKind::OpenBrace),
    ("}", TokenKind::CloseBrace),
    (",", TokenKind::Comma),
    (":", TokenKind::Colon),
    (";", TokenKind::Semicolon),
    ("|", TokenKind::Bar),
    ("−", TokenKind::Minus),
    ("–", TokenKind::Minus),
    ("·", TokenKind::Star),
    ("⋅", TokenKind::Star),
    ("×", TokenKind::Star),
    ("∗", TokenKind::Star),
    ("÷", TokenKind::Slash),
    ("∕", TokenKind::Slash),
    ("′", TokenKind::Prime),
    ("’", TokenKind::Prime),
    ("⊤", TokenKind::Prime),
    ("≤", TokenKind::LessOrEqual),
    ("≥", TokenKind::GreaterOrEqual),
    ("≠", TokenKind::NotEqual),
    ("≈", TokenKind::Tilde),
    ("∼", TokenKind::Tilde),
    ("≃", TokenKind::Tilde),
    ("∣", TokenKind::Bar),
];

/// Characters that people type and the language writes otherwise.
const STRAY: &[(char, &str)] = &[
    ('.', "a number has digits on both sides of its point: `0.5`, `1.0`"),
    ('²', "write `^2`"),
    ('³', "write `^3`"),
    ('⁻', "write the exponent after `^`: `x^(-1)`"),
    ('¹', "write `^1`"),
    ('ⁿ', "write `^n`"),
    ('‖', "the arguments of a divergence stand between commas: `KL(p(theta), p(theta + delta))`"),
    ('∥', "the arguments of a divergence stand between commas: `KL(p(theta), p(theta + delta))`"),
    ('∑', "write `sum(k in integers(1, n), …)`"),
    ('∏', "write `prod(k in integers(1, n), …)`"),
    ('∇', "write `grad(…)`"),
    ('½', "write `1/2`"),
    ('ℤ', "write `integers(a, b)`"),
    ('∈', "a domain stands after a colon: `x : real`"),
    ('“', "texts are written between straight quotes: `\"…\"`"),
    ('”', "texts are written between straight quotes: `\"…\"`"),
    ('\\', "names are written without a backslash: `alpha`; LaTeX belongs into `notation`"),
    ('$', "formulas are written without `$`"),
    ('%', "a comment begins with `#`"),
    ('@', "names are made of letters, digits and `_`"),
];

/// More stray characters than this, and the file is not one of ours.
const STRAY_LIMIT: usize = 10;

fn name(input: &str) -> IResult<&str, TokenKind> {
    let letters = recognize(pair(satisfy(begins_name), take_while(continues_name)));
    let sign = recognize(satisfy(|sign| word(sign).is_some()));
    value(TokenKind::Name, alt((letters, sign))).parse(input)
}

/// `12`, `0.25`, `1.5e-3`; an `e` that no digit follows is the constant.
fn number(input: &str) -> IResult<&str, TokenKind> {
    let fraction = preceded(char('.'), digit1);
    let exponent = (one_of("eE"), opt(one_of("+-")), digit1);
    value(TokenKind::Number, recognize((digit1, opt(fraction), opt(exponent)))).parse(input)
}

fn text(input: &str) -> IResult<&str, TokenKind> {
    let quoted = delimited(char('"'), take_while(|letter| letter != '"' && letter != '\n'), char('"'));
    value(TokenKind::Text, quoted).parse(input)
}

fn symbol(input: &str) -> IResult<&str, TokenKind> {
    let mut rest = Err(nom::Err::Error(nom::error::Error::new(input, nom::error::ErrorKind::Tag)));
    for (typed, kind) in SYMBOLS {
        rest = value(*kind, tag(*typed)).parse(input);
        if rest.is_ok() {
            break;
        }
    }
    rest
}

fn token(input: &str) -> IResult<&str, TokenKind> {
    alt((name, number, text, symbol)).parse(input)
}

/// White space and comments; a byte-order mark counts as white space.
fn blank(input: &str) -> IResult<&str, &str> {
    let space = take_while1(|letter: char| letter.is_whitespace() || letter == '\u{feff}');
    let comment = recognize(pair(char('#'), take_while(|letter| letter != '\n')));
    alt((space, comment)).parse(input)
}

/// The tokens of a source and what is wrong with its characters.
pub fn tokenize(source: &Source) -> (Vec<Token>, Vec<Diagnostic>) {
    let mut tokens = Vec::new();
    let mut diagnostics = Vec::new();
    let mut stray: Option<Span> = None;
    let mut starts_line = true;
    let mut rest: &str = &source.text;
    while !rest.is_empty() {
        let start = source.text.len() - rest.len();
        if let Ok((after, blank)) = blank(rest) {
            starts_line |= blank.contains('\n');
            rest = after;
        } else if let Ok((after, kind)) = token(rest) {
            let span = Span::new(start, source.text.len() - after.len());
            tokens.push(Token { kind, span, starts_line });
            starts_line = false;
            rest = after;
        } else if rest.starts_with('"') {
            let line = rest.split('\n').next().unwrap_or(rest).trim_end();
            let span = Span::new(start, start + line.len());
            diagnostics.push(
                Diagnostic::error("unclosed-text", "this text is not closed")
                    .at(Span::new(start, start + 1), "opened here")
                    .help("end the text with `\"` on the same line"),
            );
            tokens.push(Token { kind: TokenKind::Text, span, starts_line });
            starts_line = false;
            rest = &rest[line.len()..];
        } else if let Some(length) = between_curly_quotes(rest) {
            let span = Span::new(start, start + length);
            diagnostics.push(stray_characters(source, Span::new(start, start + '“'.len_utf8())));
            tokens.push(Token { kind: TokenKind::Text, span, starts_line });
            starts_line = false;
            rest = &rest[length..];
        } else {
            let length = rest.chars().next().map_or(1, char::len_utf8);
            let span = Span::new(start, start + length);
            rest = &rest[length..];
            // A run of stray characters is one mistake.
            stray = match stray {
                Some(run) if run.end == start => Some(run.to(span)),
                earlier => {
                    diagnostics.extend(earlier.map(|run| stray_characters(source, run)));
                    Some(span)
                }
            };
        }
        if diagnostics.len() >= STRAY_LIMIT {
            diagnostics.push(
                Diagnostic::error("not-text", format!("{} does not look like a family or a derivation", source.name))
                    .note("reading stopped after so many characters that the language does not know"),
            );
            return (Vec::new(), diagnostics);
        }
    }
    diagnostics.extend(stray.map(|run| stray_characters(source, run)));
    diagnostics.extend(reordering(source));
    (tokens, diagnostics)
}

/// The length of a text between “ and ” on one line.
fn between_curly_quotes(rest: &str) -> Option<usize> {
    let inside = rest.strip_prefix(['“', '”', '„'])?;
    let close = inside.find(['”', '“', '\n']).filter(|at| !inside[*at..].starts_with('\n'))?;
    Some(rest.len() - inside.len() + close + '”'.len_utf8())
}

/// Characters that turn the direction of what follows would show another text, in a comment too, than the one that is
/// read (Boucher & Anderson, Trojan Source, 2021).
fn reordering(source: &Source) -> Option<Diagnostic> {
    let turns = |letter: char| matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let (start, letter) = source.text.char_indices().find(|(_, letter)| turns(*letter))?;
    let message = format!("the invisible character `{}` turns the direction of the text", letter.escape_unicode());
    Some(
        Diagnostic::error("unexpected-character", message)
            .at(Span::new(start, start + letter.len_utf8()), "here")
            .help("delete it: what is shown must be what is read"),
    )
}

fn stray_characters(source: &Source, span: Span) -> Diagnostic {
    let typed: String = source.slice(span).chars().take(12).flat_map(char::escape_debug).collect();
    let several = source.slice(span).chars().count() > 1;
    let message =
        if several { format!("unexpected characters `{typed}`") } else { format!("unexpected character `{typed}`") };
    let first = source.slice(span).chars().next();
    let diagnostic = Diagnostic::error("unexpected-character", message).at(span, "the language has no use for this");
    match STRAY.iter().find(|(own, _)| Some(*own) == first) {
        Some((_, mend)) => diagnostic.help(*mend),
        None if first.is_some_and(char::is_alphanumeric) => {
            let code = first.map_or(0, u32::from);
            let known = "names are made of the letters a-z and A-Z, Greek letters, digits and `_`";
            diagnostic.note(format!("this is U+{code:04X}, whatever it looks like")).help(known)
        }
        None => diagnostic,
    }
}
