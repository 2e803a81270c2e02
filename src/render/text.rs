//! Mathematics for a terminal: Unicode, on one line, parenthesised so that it cannot be misread.

use super::layout::{self, Spelling};
use super::notation::{Fence, Level, Notation, Prime, Relation, Separator, Sign, Symbol, slash};

/// The Unicode text of a formula; a matrix is drawn over several lines.
pub fn write(notation: &Notation) -> String {
    match notation {
        Notation::Number(digits) => digits.clone(),
        Notation::Words(words) => words.clone(),
        Notation::Symbol(symbol) => write_symbol(symbol),
        Notation::Sum(terms) => write_sum(terms),
        Notation::Product(factors) => write_product(factors),
        Notation::Fraction(over, under) => match slash(over, under) {
            Notation::Slash(over, under) => format!("{}/{}", write(&over), write(&under)),
            other => write(&other),
        },
        Notation::Slash(over, under) => format!("{}/{}", write(over), write(under)),
        Notation::Power(base, exponent) => write_power(base, exponent),
        Notation::Indexed(base, index) => write(base) + lowered(index).as_str(),
        Notation::Root(body) => match &**body {
            Notation::Number(_) | Notation::Symbol(_) => format!("√{}", write(body)),
            _ => format!("√({})", write(body)),
        },
        Notation::Group(fence, body) => {
            let (open, close) = Text.fences(*fence, false);
            format!("{open}{}{close}", write(body))
        }
        Notation::Tight(parts) => parts.iter().map(write).collect(),
        Notation::Expectation(body) => format!("{}[{}]", Text.expectation(), write(body)),
        Notation::Call(head, argument) => format!("{}({})", write(head), write(argument)),
        Notation::Prefix(head, argument) => match &**argument {
            Notation::Fraction(..) | Notation::Derivative { .. } | Notation::Factorial(_) => {
                format!("{}({})", write(head), write(argument))
            }
            _ => format!("{} {}", write(head), write(argument)),
        },
        Notation::Binomial(over, under) => format!("C({}, {})", write(over), write(under)),
        Notation::Factorial(body) => format!("{}!", write(body)),
        Notation::Derivative { of, by } => {
            let order: usize = by.iter().map(|(_, times)| times).sum();
            let under: String =
                by.iter().map(|(name, times)| format!("∂{}{}", write(name), power_mark(*times))).collect();
            format!("∂{}{}/{under}", power_mark(order), of.as_deref().map_or(String::new(), write))
        }
        Notation::Big { sign, lower, upper, body } => {
            let limit = |mark: char, limit: &Option<Box<Notation>>| {
                limit.as_deref().map_or(String::new(), |limit| {
                    let written = write(limit);
                    if written.chars().count() == 1 { format!("{mark}{written}") } else { format!("{mark}({written})") }
                })
            };
            format!("{}{}{} {}", sign.text, limit('_', lower), limit('^', upper), write(body))
        }
        Notation::Matrix(rows) => write_matrix(rows).join("\n"),
        Notation::List(separator, items) => {
            items.iter().map(write).collect::<Vec<_>>().join(Text.separator(*separator))
        }
        Notation::Chain(first, links) => links
            .iter()
            .fold(write(first), |out, (relation, right)| format!("{out} {}{}", Text.relation(*relation), write(right))),
    }
}

fn write_symbol(symbol: &Symbol) -> String {
    let mut out = symbol.glyph.text.clone();
    if let Some(index) = &symbol.subscript {
        out.push_str(&lowered(index));
    }
    match &symbol.prime {
        Prime::None => {}
        Prime::Count(count) => out.push_str(["", "′", "″", "‴"].get(*count).unwrap_or(&"⁗")),
        Prime::Order(order) => {
            let order = write(order);
            match scripted(&order, SUPERSCRIPTS) {
                Some(raised) => out.push_str(&format!("⁽{raised}⁾")),
                None => out.push_str(&format!("^({order})")),
            }
        }
    }
    out
}

/// A subscript: in small characters where all of them exist.
fn lowered(index: &Notation) -> String {
    let index = write(index);
    match scripted(&index, SUBSCRIPTS) {
        Some(small) => small,
        None if index.contains(' ') => format!("_({index})"),
        None => format!("_{index}"),
    }
}

fn write_sum(terms: &[(Sign, Notation)]) -> String {
    let mut out = String::new();
    for (index, (sign, term)) in terms.iter().enumerate() {
        match (index, sign) {
            (0, Sign::Plus) => {}
            (0, Sign::Minus) => out.push('−'),
            (_, sign) => {
                out.push(' ');
                out.push_str(Text.sign(*sign));
            }
        }
        out.push_str(&write(term));
    }
    if terms.is_empty() { "0".to_owned() } else { out }
}

fn write_product(factors: &[Notation]) -> String {
    write_factors(factors, false, false)
}

/// Factors, with more of the product before or after them.
fn write_factors(factors: &[Notation], before: bool, after: bool) -> String {
    let last = factors.len().saturating_sub(1);
    let mut out = String::new();
    for (index, factor) in factors.iter().enumerate() {
        let written = write(factor);
        // A slash swallows what follows it and `log x` what stands beside it.
        let enclosed = match factor {
            Notation::Fraction(..) | Notation::Derivative { .. } => index < last || index > 0 || before || after,
            Notation::Prefix(..) | Notation::Big { .. } => index < last || after,
            other => other.level() < Level::Product,
        };
        let written = if enclosed { format!("({written})") } else { written };
        if index > 0 {
            out.push_str(gap(&out, &written, &factors[index - 1], factor));
        }
        out.push_str(&written);
    }
    out
}

/// Numbers stand close to what they multiply; letters, which could be read as one word, do not.
fn gap(left: &str, right: &str, before: &Notation, factor: &Notation) -> &'static str {
    if right.starts_with(|c: char| c.is_ascii_digit()) {
        return "·";
    }
    let word = matches!(factor, Notation::Prefix(..) | Notation::Call(..))
        && right.chars().nth(1).is_some_and(char::is_alphabetic);
    let number = left.chars().all(|c| c.is_ascii_digit()) && !word;
    let parentheses = left.ends_with(')') && right.starts_with('(') && !matches!(before, Notation::Power(..));
    if number || parentheses { "" } else { " " }
}

fn write_power(base: &Notation, exponent: &Notation) -> String {
    let written = write(base);
    let base = match base {
        Notation::Fraction(..) | Notation::Prefix(..) => format!("({written})"),
        base if base.level() < Level::Atom => format!("({written})"),
        _ => written,
    };
    base + raised(exponent).as_str()
}

/// An exponent: in small characters where all of them exist.
fn raised(exponent: &Notation) -> String {
    let exponent = write(exponent);
    match scripted(&exponent, SUPERSCRIPTS) {
        Some(small) => small,
        None if exponent.chars().count() == 1 => format!("^{exponent}"),
        None => format!("^({exponent})"),
    }
}

fn power_mark(times: usize) -> String {
    if times > 1 { scripted(&times.to_string(), SUPERSCRIPTS).expect("digits are raised") } else { String::new() }
}

#[rustfmt::skip]
const SUPERSCRIPTS: &[(char, char)] = &[
    ('0', '⁰'), ('1', '¹'), ('2', '²'), ('3', '³'), ('4', '⁴'), ('5', '⁵'), ('6', '⁶'), ('7', '⁷'), ('8', '⁸'),
    ('9', '⁹'), ('−', '⁻'), ('n', 'ⁿ'), ('ᵀ', 'ᵀ'),
];

#[rustfmt::skip]
const SUBSCRIPTS: &[(char, char)] = &[
    ('0', '₀'), ('1', '₁'), ('2', '₂'), ('3', '₃'), ('4', '₄'), ('5', '₅'), ('6', '₆'), ('7', '₇'), ('8', '₈'),
    ('9', '₉'), ('i', 'ᵢ'), ('j', 'ⱼ'), ('k', 'ₖ'), ('n', 'ₙ'), ('m', 'ₘ'), ('x', 'ₓ'),
];

/// The whole string in raised or lowered characters, if all of them exist.
fn scripted(text: &str, table: &[(char, char)]) -> Option<String> {
    text.chars().map(|c| table.iter().find(|(plain, _)| *plain == c).map(|(_, script)| *script)).collect()
}

/// The lines of a matrix, its columns aligned.
pub fn write_matrix(rows: &[Vec<Notation>]) -> Vec<String> {
    let cells: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(write).collect()).collect();
    let columns = cells.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|j| cells.iter().filter_map(|row| row.get(j)).map(|cell| columns_of(cell)).max().unwrap_or(0))
        .collect();
    let last = cells.len().saturating_sub(1);
    cells
        .iter()
        .enumerate()
        .map(|(i, row)| {
            let (open, close) = match (i, last) {
                (_, 0) => ('[', ']'),
                (0, _) => ('⎡', '⎤'),
                (i, last) if i == last => ('⎣', '⎦'),
                _ => ('⎢', '⎥'),
            };
            let body: Vec<String> = row
                .iter()
                .zip(&widths)
                .map(|(cell, width)| {
                    let space = width - columns_of(cell);
                    format!("{}{cell}{}", " ".repeat(space / 2), " ".repeat(space - space / 2))
                })
                .collect();
            format!("{open} {} {close}", body.join("  "))
        })
        .collect()
}

/// The columns of a terminal that a string takes; combining accents take none.
pub fn columns_of(text: &str) -> usize {
    text.chars().filter(|c| !('\u{300}'..='\u{36f}').contains(c)).count()
}

/// A space at which no line breaks.
pub const UNBROKEN: &str = "\u{a0}";

/// Words filled into lines; formulas, whose spaces do not break, stay whole or break where they say.
pub fn fill(words: &str, first: &str, rest: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = first.to_owned();
    let mut empty = true;
    for word in words.split(' ').filter(|word| !word.is_empty()) {
        for (number, row) in word.split('\n').enumerate() {
            if !empty && (number > 0 || columns_of(&line) + 1 + columns_of(row) > width) {
                lines.push(std::mem::replace(&mut line, rest.to_owned()));
                empty = true;
            }
            if !empty {
                line.push(' ');
            }
            line.push_str(row);
            empty = false;
        }
    }
    lines.push(line);
    lines.into_iter().map(|line| line.replace(UNBROKEN, " ")).collect()
}

/// Rows of `left = right`, each continuation under the right side.
pub fn equation(left: Option<&Notation>, relation: Relation, right: &Notation, width: usize) -> Vec<String> {
    let mut head = left.map_or(String::new(), |left| write(left) + " ");
    if left.is_some_and(contains_matrix) {
        head = String::new();
    }
    head.push_str(Text.relation(relation));
    let margin = columns_of(&head);
    if let Notation::Matrix(rows) = right {
        return beside(&head, &write_matrix(rows));
    }
    if margin * 5 > width * 2 && margin + columns_of(&write(right)) > width {
        let mut lines = left.map_or_else(Vec::new, |left| indented("", "", left, width));
        lines.extend(indented("  ", Text.relation(relation), right, width));
        return lines;
    }
    indented("", &head, right, width)
}

fn indented(before: &str, head: &str, right: &Notation, width: usize) -> Vec<String> {
    let margin = columns_of(before) + columns_of(head);
    layout::rows(right, width.saturating_sub(margin), &Text)
        .into_iter()
        .enumerate()
        .map(|(index, row)| match index {
            0 => format!("{before}{head}{}", row.body),
            _ => format!("{}{}{}", " ".repeat(margin), "  ".repeat(row.indent), row.body),
        })
        .collect()
}

/// A head in front of the middle line of a drawing.
fn beside(head: &str, drawing: &[String]) -> Vec<String> {
    let middle = drawing.len().saturating_sub(1) / 2;
    let blank = " ".repeat(columns_of(head));
    drawing.iter().enumerate().map(|(i, line)| format!("{}{line}", if i == middle { head } else { &blank })).collect()
}

fn contains_matrix(notation: &Notation) -> bool {
    matches!(notation, Notation::Matrix(_)) || notation.children().into_iter().any(contains_matrix)
}

/// The spelling of the terminal for [`layout`]; widths in columns.
pub struct Text;

impl Spelling for Text {
    fn write(&self, notation: &Notation) -> String {
        write(notation)
    }

    fn width(&self, notation: &Notation) -> usize {
        columns_of(&write(notation))
    }

    fn factors(&self, factors: &[Notation], before: bool, after: bool) -> String {
        write_factors(factors, before, after)
    }

    fn gap(&self) -> &'static str {
        " "
    }

    fn fences(&self, fence: Fence, _tall: bool) -> (String, String) {
        let (open, close) = match fence {
            Fence::Round => ("(", ")"),
            Fence::Square => ("[", "]"),
            Fence::Curly => ("{", "}"),
            Fence::Bars => ("|", "|"),
            Fence::OpenClosed => ("(", "]"),
            Fence::DoubleBars => ("‖", "‖"),
        };
        (open.to_owned(), close.to_owned())
    }

    fn sign(&self, sign: Sign) -> &'static str {
        match sign {
            Sign::Plus => "+ ",
            Sign::Minus => "− ",
        }
    }

    fn relation(&self, relation: Relation) -> &'static str {
        match relation {
            Relation::Equal => "= ",
            Relation::Less => "< ",
            Relation::Greater => "> ",
            Relation::AtMost => "≤ ",
            Relation::AtLeast => "≥ ",
            Relation::In => "∈ ",
            Relation::Approximately => "≈ ",
            Relation::Unequal => "≠ ",
        }
    }

    fn separator(&self, separator: Separator) -> &'static str {
        match separator {
            Separator::Comma => ", ",
            Separator::Semicolon => "; ",
            Separator::Given => " | ",
            Separator::Parallel => " ‖ ",
        }
    }

    fn expectation(&self) -> &'static str {
        "E"
    }

    fn raised(&self, exponent: &Notation) -> String {
        raised(exponent)
    }

    fn is_linear(&self) -> bool {
        true
    }

    fn times(&self) -> &'static str {
        "× "
    }

    fn operator_width(&self) -> usize {
        3
    }

    fn separator_width(&self, separator: Separator) -> usize {
        columns_of(self.separator(separator))
    }

    fn indent(&self) -> usize {
        2
    }
}
