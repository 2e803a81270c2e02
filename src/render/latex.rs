//! LaTeX: amsmath and amssymb, and of these only what KaTeX accepts too.

use super::document::Line;
use super::layout::{self, Row, Spelling};
use super::notation::{Fence, Notation, Prime, RELATION, Relation, Separator, Sign, Symbol};

/// The LaTeX of a formula on one line.
pub fn write(notation: &Notation) -> String {
    match notation {
        Notation::Number(digits) => digits.clone(),
        Notation::Words(words) => format!("\\text{{{}}}", super::names::escape(words)),
        Notation::Symbol(symbol) => write_symbol(symbol),
        Notation::Sum(terms) => write_sum(terms, true),
        Notation::Product(factors) => write_product(factors),
        Notation::Fraction(over, under) => format!("\\frac{{{}}}{{{}}}", inner(over), inner(under)),
        Notation::Slash(over, under) => format!("{}/{}", inner(over), inner(under)),
        Notation::Power(base, exponent) => write_power(base, exponent),
        Notation::Indexed(base, index) => format!("{}{}", write(base), attach('_', &inner(index), false)),
        Notation::Root(body) => format!("\\sqrt{{{}}}", inner(body)),
        Notation::Group(fence, body) => enclose(*fence, body),
        Notation::Tight(parts) => parts.iter().fold(String::new(), |out, part| join_tight(&out, &write(part))),
        Notation::Expectation(body) => {
            let gap = if body.is_tall() { "\\!" } else { "" };
            format!("{}{gap}{}", Latex.expectation(), enclose(Fence::Square, body))
        }
        Notation::Call(head, argument) => {
            let gap = if argument.is_tall() { "\\!" } else { "" };
            format!("{}{gap}{}", write(head), enclose(Fence::Round, argument))
        }
        Notation::Prefix(head, argument) => format!("{} {}", write(head), write(argument)),
        Notation::Binomial(over, under) => format!("\\binom{{{}}}{{{}}}", inner(over), inner(under)),
        Notation::Factorial(body) => format!("{}!", write(body)),
        Notation::Derivative { of, by } => write_derivative(of.as_deref(), by),
        Notation::Big { sign, lower, upper, body } => {
            let mut out = sign.latex.clone();
            for (mark, limit) in [('_', lower), ('^', upper)] {
                if let Some(limit) = limit {
                    out.push_str(&attach(mark, &write(limit), false));
                }
            }
            format!("{out} {}", write(body))
        }
        Notation::Matrix(rows) => {
            let rows: Vec<String> =
                rows.iter().map(|row| row.iter().map(cell).collect::<Vec<_>>().join(" & ")).collect();
            // Fractions in neighbouring rows would touch.
            let gap = if notation.children().into_iter().any(Notation::is_tall) { " \\\\[10pt] " } else { " \\\\ " };
            format!("\\begin{{pmatrix}} {} \\end{{pmatrix}}", rows.join(gap))
        }
        Notation::List(separator, items) => {
            items.iter().map(write).collect::<Vec<_>>().join(Latex.separator(*separator))
        }
        Notation::Chain(first, links) => links.iter().fold(write(first), |out, (relation, right)| {
            format!("{out} {}{}", Latex.relation(*relation), write(right))
        }),
    }
}

/// An entry of a matrix, where TeX would set fractions in small type.
fn cell(notation: &Notation) -> String {
    let written = write(notation);
    let mut out = String::with_capacity(written.len());
    let mut depth = 0;
    for (at, c) in written.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        out.push(c);
        if c == '\\' && depth == 0 && written[at + 1..].starts_with("frac") {
            out.push('d');
        }
    }
    out
}

fn write_symbol(symbol: &Symbol) -> String {
    let mut out = symbol.glyph.latex.clone();
    if symbol.glyph.latex.contains('^') && (symbol.subscript.is_some() || symbol.prime != Prime::None) {
        out = format!("{{{out}}}");
    }
    if let Some(index) = &symbol.subscript {
        out.push_str(&attach('_', &inner(index), false));
    }
    match &symbol.prime {
        Prime::None => {}
        Prime::Count(count) => out.push_str(&"'".repeat(*count)),
        Prime::Order(order) => out.push_str(&format!("^{{({})}}", write(order))),
    }
    out
}

/// A part inside braces or parentheses: a short sum is written close, as in x^{a-1}.
fn inner(notation: &Notation) -> String {
    const SHORT: usize = 178;
    match notation {
        Notation::Sum(terms) => write_sum(terms, notation.is_tall() || notation.width() > SHORT),
        _ => write(notation),
    }
}

fn write_sum(terms: &[(Sign, Notation)], spaced: bool) -> String {
    let mut out = String::new();
    for (index, (sign, term)) in terms.iter().enumerate() {
        match (index, sign) {
            (0, Sign::Plus) => {}
            (0, Sign::Minus) => out.push('-'),
            (_, sign) if spaced => {
                out.push(' ');
                out.push_str(Latex.sign(*sign));
            }
            (_, sign) => out.push_str(Latex.sign(*sign).trim_end()),
        }
        out.push_str(&write(term));
    }
    if terms.is_empty() { "0".to_owned() } else { out }
}

fn write_product(factors: &[Notation]) -> String {
    let mut out = String::new();
    for (index, factor) in factors.iter().enumerate() {
        let written = write(factor);
        if index == 0 {
            out = written;
            continue;
        }
        if written.starts_with(|c: char| c.is_ascii_digit()) {
            out.push_str(" \\cdot ");
            out.push_str(&written);
        } else if wants_thin_space(&factors[index - 1], factor) {
            out.push_str("\\,");
            out.push_str(&written);
        } else if has_script(&factors[index - 1]) {
            out.push(' ');
            out.push_str(&written);
        } else {
            out = join(&out, &written);
        }
    }
    out
}

/// Whether the source ends in an exponent or subscript, after which a space reads better.
fn has_script(notation: &Notation) -> bool {
    match notation {
        Notation::Symbol(symbol) => symbol.subscript.is_some() && symbol.prime == Prime::None,
        Notation::Power(..) => true,
        _ => false,
    }
}

/// Words, factorials and derivatives run into their neighbours without a thin space.
fn wants_thin_space(left: &Notation, right: &Notation) -> bool {
    let word = |notation: &Notation| match notation {
        Notation::Symbol(symbol) => symbol.glyph.latex.starts_with("\\mathrm"),
        Notation::Power(base, _) => {
            matches!(&**base, Notation::Symbol(symbol) if symbol.glyph.latex.starts_with("\\mathrm"))
        }
        _ => false,
    };
    let apart = |notation: &Notation| {
        matches!(
            notation,
            Notation::Factorial(_) | Notation::Derivative { .. } | Notation::Words(_) | Notation::Tight(_)
        )
    };
    // TeX itself sets a thin space before a named operator, and parentheses need none.
    let after_fraction = matches!(left, Notation::Fraction(..))
        && match right {
            Notation::Prefix(..) | Notation::Group(..) | Notation::Big { .. } => false,
            Notation::Call(head, _) => !matches!(&**head, Notation::Symbol(symbol) if symbol.is_operator()),
            Notation::Power(base, _) => !matches!(**base, Notation::Group(..)),
            _ => true,
        };
    // A number is never mistaken for a part of what follows.
    let number = matches!(left, Notation::Number(_));
    word(left)
        || word(right)
        || apart(left)
        || apart(right) && !number
        || after_fraction
        || matches!(left, Notation::Root(_))
}

fn write_power(base: &Notation, exponent: &Notation) -> String {
    let written = write(base);
    let braced = written.ends_with('\'');
    // TeX allows one superscript, and the author's own spelling may hold it already.
    let raised = matches!(base, Notation::Symbol(symbol) if symbol.is_raised());
    let written = if raised { format!("({written})") } else { written };
    format!("{written}{}", attach('^', &inner(exponent), braced))
}

/// An exponent or subscript, in braces unless it is one letter or digit.
fn attach(mark: char, script: &str, braced: bool) -> String {
    let single = script.chars().count() == 1;
    if single && !braced { format!("{mark}{script}") } else { format!("{mark}{{{script}}}") }
}

fn write_derivative(of: Option<&Notation>, by: &[(Notation, usize)]) -> String {
    let order: usize = by.iter().map(|(_, times)| times).sum();
    let partial = if order > 1 { format!("\\partial^{order}") } else { "\\partial".to_owned() };
    let over = of.map_or(partial.clone(), |of| format!("{partial} {}", write(of)));
    let under: Vec<String> = by
        .iter()
        .map(|(name, times)| {
            let name = write(name);
            let power = if *times > 1 { attach('^', &times.to_string(), name.ends_with('\'')) } else { String::new() };
            format!("\\partial {name}{power}")
        })
        .collect();
    format!("\\frac{{{over}}}{{{}}}", under.join("\\,"))
}

fn enclose(fence: Fence, body: &Notation) -> String {
    let (open, close) = delimiters(fence);
    match (fence, body.is_tall()) {
        (_, true) => format!("{}{}{}", join(&format!("\\left{open}"), &inner(body)), "\\right", close),
        (Fence::Bars, false) => join("\\lvert", &inner(body)) + "\\rvert",
        (Fence::DoubleBars, false) => join("\\lVert", &inner(body)) + "\\rVert",
        (_, false) => format!("{open}{}{close}", inner(body)),
    }
}

fn delimiters(fence: Fence) -> (&'static str, &'static str) {
    match fence {
        Fence::Round => ("(", ")"),
        Fence::Square => ("[", "]"),
        Fence::Curly => ("\\{", "\\}"),
        Fence::Bars => ("|", "|"),
        Fence::OpenClosed => ("(", "]"),
        Fence::DoubleBars => ("\\|", "\\|"),
    }
}

/// Two pieces side by side: a space where TeX or a reader of the source needs one.
fn join(left: &str, right: &str) -> String {
    let command = left.rfind('\\').is_some_and(|at| {
        let name = &left[at + 1..];
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphabetic())
    });
    let starts_word = right.starts_with(|c: char| c.is_alphanumeric());
    let needs = command && right.starts_with(|c: char| c.is_ascii_alphanumeric());
    let reads_better = left.ends_with(['}', ')']) && (starts_word || right.starts_with('\\'))
        || (command || left.ends_with(char::is_alphanumeric))
            && right.starts_with('\\')
            && !left.ends_with(|c: char| c.is_ascii_digit());
    if needs || reads_better { format!("{left} {right}") } else { format!("{left}{right}") }
}

/// Two pieces of one word: a space only where TeX needs one.
fn join_tight(left: &str, right: &str) -> String {
    let joined = join(left, right);
    let command = left.rfind('\\').is_some_and(|at| left[at + 1..].chars().all(|c| c.is_ascii_alphabetic()));
    if command { joined } else { format!("{left}{right}") }
}

/// The spelling of LaTeX for [`layout`]; widths in tenths of a letter.
pub struct Latex;

impl Spelling for Latex {
    fn write(&self, notation: &Notation) -> String {
        write(notation)
    }

    fn width(&self, notation: &Notation) -> usize {
        notation.width()
    }

    fn factors(&self, factors: &[Notation], _before: bool, _after: bool) -> String {
        write_product(factors)
    }

    fn gap(&self) -> &'static str {
        " "
    }

    fn fences(&self, fence: Fence, tall: bool) -> (String, String) {
        let (open, close) = delimiters(fence);
        if tall { (format!("\\Bigl{open}"), format!("\\Bigr{close}")) } else { (open.to_owned(), close.to_owned()) }
    }

    fn sign(&self, sign: Sign) -> &'static str {
        match sign {
            Sign::Plus => "+ ",
            Sign::Minus => "- ",
        }
    }

    fn relation(&self, relation: Relation) -> &'static str {
        match relation {
            Relation::Equal => "= ",
            Relation::Less => "< ",
            Relation::Greater => "> ",
            Relation::AtMost => "\\le ",
            Relation::AtLeast => "\\ge ",
            Relation::In => "\\in ",
            Relation::Approximately => "\\approx ",
            Relation::Unequal => "\\ne ",
        }
    }

    fn separator(&self, separator: Separator) -> &'static str {
        match separator {
            Separator::Comma => ", ",
            Separator::Semicolon => "; ",
            Separator::Given => " \\mid ",
            Separator::Parallel => " \\,\\|\\, ",
        }
    }

    fn expectation(&self) -> &'static str {
        "\\mathbb{E}"
    }

    fn raised(&self, exponent: &Notation) -> String {
        attach('^', &inner(exponent), false)
    }

    fn is_linear(&self) -> bool {
        false
    }

    fn times(&self) -> &'static str {
        "\\times "
    }

    fn operator_width(&self) -> usize {
        24
    }

    fn separator_width(&self, separator: Separator) -> usize {
        separator.width()
    }

    fn indent(&self) -> usize {
        20
    }
}

/// A display, and whether its rows are aligned with `&`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Display {
    pub rows: Vec<String>,
    pub aligned: bool,
}

impl Display {
    /// One formula in display style; KaTeX takes it as it is.
    pub fn formula(&self) -> String {
        if self.aligned {
            format!("\\begin{{aligned}}\n{}\n\\end{{aligned}}", stack(&self.rows))
        } else {
            self.rows.concat()
        }
    }
}

/// A formula without a relation, in rows of at most `width` letters.
pub fn rows(notation: &Notation, width: usize) -> String {
    let rows = layout::rows(notation, width * 10, &Latex);
    if let [row] = &rows[..] {
        return row.body.clone();
    }
    let rows = rows.iter().map(|row| format!("&{}", body(row))).collect();
    Display { rows, aligned: true }.formula()
}

/// The command of a Unicode character in formulas, for prose that holds one.
pub fn letter(c: char) -> Option<String> {
    super::names::command(c).or_else(|| {
        let command = match c {
            '−' => r"-",
            '×' => r"\times",
            '·' => r"\cdot",
            '≥' => r"\ge",
            '≤' => r"\le",
            '≠' => r"\neq",
            '≈' => r"\approx",
            '∈' => r"\in",
            '∞' => r"\infty",
            '∂' => r"\partial",
            '∇' => r"\nabla",
            '∫' => r"\int",
            '√' => r"\surd",
            '′' => r"{}'",
            '″' => r"{}''",
            '²' => r"{}^2",
            '³' => r"{}^3",
            '⁴' => r"{}^4",
            '¹' => r"{}^1",
            '⁻' => r"{}^-",
            'ᵀ' => r"{}^\top",
            '‖' => r"\|",
            '→' => r"\to",
            'ℝ' => r"\mathbb{R}",
            'ℤ' => r"\mathbb{Z}",
            'ℕ' => r"\mathbb{N}",
            '½' => r"\tfrac12",
            _ => return None,
        };
        Some(command.to_owned())
    })
}

/// Rows one below the other, with air below the tall ones.
pub fn stack(rows: &[String]) -> String {
    let mut out = String::new();
    for (index, row) in rows.iter().enumerate() {
        out.push_str(row);
        if index + 1 < rows.len() {
            let tall = row.contains("\\frac") || row.contains("\\binom");
            out.push_str(if tall { " \\\\[4pt]\n" } else { " \\\\\n" });
        }
    }
    out
}

/// Lays lines out in `width` letters.
pub fn display(lines: &[Line], width: usize) -> Display {
    let width = width * 10;
    let reasons = lines.iter().filter_map(|line| line.reason.as_deref());
    let margin = reasons.map(|reason| 20 + 9 * (reason.chars().count() + 2)).max().unwrap_or(0);
    let width = width.saturating_sub(margin);
    let left = |line: &Line| line.left.as_ref().map_or(0, Notation::width);
    let widest = lines.iter().map(left).max().unwrap_or(0);
    // A left side that takes the room of the right one gets a row of its own.
    let hanging = widest > width * 2 / 5 && lines.iter().any(|line| left(line) + RELATION + line.right.width() > width);
    if let [line] = lines
        && line.reason.is_none()
        && let Some(left) = &line.left
        && left.width() + RELATION + line.right.width() <= width
    {
        return Display {
            rows: vec![format!("{} {}{}", write(left), Latex.relation(line.relation), write(&line.right))],
            aligned: false,
        };
    }
    let mut rows = Vec::new();
    for line in lines {
        let indent = if hanging { "\\quad " } else { "" };
        let room = width.saturating_sub(RELATION + if hanging { Latex.indent() } else { widest });
        let mut head = String::new();
        if let Some(left) = &line.left {
            if hanging {
                for row in layout::rows(left, width, &Latex) {
                    rows.push(format!("&{}", body(&row)));
                }
            } else {
                head = write(left) + " ";
            }
        }
        for (index, row) in layout::rows(&line.right, room, &Latex).iter().enumerate() {
            if index == 0 {
                rows.push(format!("{head}&{indent}{}{}", Latex.relation(line.relation), row.body));
            } else {
                rows.push(format!("&{indent}{}", body(row)));
            }
        }
        if let (Some(reason), Some(last)) = (&line.reason, rows.last_mut()) {
            last.push_str(&format!(" && \\text{{({})}}", super::names::escape(reason)));
        }
    }
    Display { rows, aligned: true }
}

/// A continuation: indented, with an empty atom so that a leading + stays a binary operator.
fn body(row: &Row) -> String {
    let quads = "\\qquad ".repeat(row.indent / 2) + "\\quad ".repeat(row.indent % 2).as_str();
    let operator = row.body.starts_with(['+', '-']) || row.body.starts_with("\\times");
    format!("{quads}{}{}", if operator && row.indent > 0 { "{} " } else { "" }, row.body)
}
