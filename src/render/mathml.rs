//! MathML Core, which browsers set without any script; the LaTeX rides along as an annotation.

use super::document::Line;
use super::latex;
use super::notation::{Fence, Notation, Prime, Relation, Separator, Sign, Symbol};

/// A formula inside a paragraph.
pub fn inline(notation: &Notation) -> String {
    let source = latex::write(notation);
    format!(
        "<math alttext=\"{0}\"><semantics>{1}<annotation encoding=\"application/x-tex\">{0}</annotation></semantics></math>",
        escape(&source),
        row(&write(notation))
    )
}

/// A display: left sides to the right, right sides to the left, reasons in a third column.
pub fn display(lines: &[Line], width: usize) -> String {
    let source = escape(&latex::display(lines, width).formula());
    let rows: String = lines
        .iter()
        .map(|line| {
            let left = line.left.as_ref().map_or(String::new(), write);
            let right = format!("{}{}", operator(relation(line.relation)), write(&line.right));
            let reason = line.reason.as_ref().map_or(String::new(), |reason| format!("<mtext>({})</mtext>", escape(reason)));
            format!(
                "<mtr><mtd class=\"left\">{left}</mtd><mtd class=\"right\">{right}</mtd><mtd class=\"reason\">{reason}</mtd></mtr>\n"
            )
        })
        .collect();
    format!(
        "<math display=\"block\" alttext=\"{source}\"><semantics><mtable displaystyle=\"true\" class=\"display\">\n{rows}</mtable>\
         <annotation encoding=\"application/x-tex\">{source}</annotation></semantics></math>"
    )
}

/// Text for HTML, in elements and attributes.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn write(notation: &Notation) -> String {
    match notation {
        Notation::Number(digits) => format!("<mn>{}</mn>", escape(digits)),
        Notation::Words(words) => format!("<mtext>{}</mtext>", escape(words)),
        Notation::Symbol(symbol) => raised(symbol, None),
        Notation::Sum(terms) => {
            let signed = terms.iter().enumerate().map(|(index, (sign, term))| {
                let sign = match (index, sign) {
                    (0, Sign::Plus) => String::new(),
                    (0, Sign::Minus) => "<mo form=\"prefix\">−</mo>".to_owned(),
                    (_, Sign::Plus) => operator("+"),
                    (_, Sign::Minus) => operator("−"),
                };
                sign + write(term).as_str()
            });
            row(&signed.collect::<String>())
        }
        Notation::Product(factors) => {
            let mut out = String::new();
            for (index, factor) in factors.iter().enumerate() {
                if index > 0 {
                    // The invisible times is read aloud; a dot keeps 2·3 from being 23.
                    let digits = matches!(factor, Notation::Number(_))
                        || matches!(factor, Notation::Power(base, _) if matches!(**base, Notation::Number(_)));
                    out.push_str(if digits { "<mo>⋅</mo>" } else { "<mo>\u{2062}</mo>" });
                }
                out.push_str(&write(factor));
            }
            row(&out)
        }
        Notation::Tight(parts) => row(&parts.iter().map(write).collect::<String>()),
        Notation::Fraction(over, under) => format!("<mfrac>{}{}</mfrac>", row(&write(over)), row(&write(under))),
        Notation::Slash(over, under) => {
            row(&format!("{}<mo lspace=\"0\" rspace=\"0\">/</mo>{}", write(over), write(under)))
        }
        Notation::Power(base, exponent) => match &**base {
            Notation::Symbol(symbol) => raised(symbol, Some(exponent)),
            base => format!("<msup>{}{}</msup>", row(&write(base)), row(&write(exponent))),
        },
        Notation::Indexed(base, index) => format!("<msub>{}{}</msub>", row(&write(base)), row(&write(index))),
        Notation::Root(body) => format!("<msqrt>{}</msqrt>", write(body)),
        Notation::Group(fence, body) => enclose(*fence, body),
        Notation::Expectation(body) => row(&format!("{EXPECTATION}{}", enclose(Fence::Square, body))),
        Notation::Call(head, argument) => {
            row(&format!("{}<mo>\u{2061}</mo>{}", write(head), enclose(Fence::Round, argument)))
        }
        Notation::Prefix(head, argument) => {
            row(&format!("{}<mo>\u{2061}</mo><mspace width=\"0.17em\"></mspace>{}", write(head), write(argument)))
        }
        Notation::Binomial(over, under) => {
            let inner = format!("<mfrac linethickness=\"0\">{}{}</mfrac>", row(&write(over)), row(&write(under)));
            row(&format!("<mo>(</mo>{inner}<mo>)</mo>"))
        }
        Notation::Factorial(body) => row(&format!("{}<mo>!</mo>", write(body))),
        Notation::Derivative { of, by } => {
            let order: usize = by.iter().map(|(_, times)| times).sum();
            let partial = "<mo form=\"prefix\" rspace=\"0\">∂</mo>";
            let power = |base: &str, times: usize| match times {
                1 => base.to_owned(),
                _ => format!("<msup>{base}<mn>{times}</mn></msup>"),
            };
            let over = power(partial, order) + of.as_deref().map_or(String::new(), write).as_str();
            let under: String =
                by.iter().map(|(name, times)| format!("{partial}{}", power(&write(name), *times))).collect();
            format!("<mfrac>{}{}</mfrac>", row(&over), row(&under))
        }
        Notation::Big { sign, lower, upper, body } => {
            // An integral has its limits at its side. Σ is a letter, ∑ the sign that grows.
            let (under, over, both) =
                if sign.text == "∫" { ("msub", "msup", "msubsup") } else { ("munder", "mover", "munderover") };
            let sign = operator(if sign.text == "Σ" { "∑" } else { &sign.text });
            let limit = |limit: &Notation| row(&write(limit));
            let sign = match (lower.as_deref(), upper.as_deref()) {
                (None, None) => sign,
                (Some(lower), None) => format!("<{under}>{sign}{}</{under}>", limit(lower)),
                (None, Some(upper)) => format!("<{over}>{sign}{}</{over}>", limit(upper)),
                (Some(lower), Some(upper)) => format!("<{both}>{sign}{}{}</{both}>", limit(lower), limit(upper)),
            };
            row(&(sign + write(body).as_str()))
        }
        Notation::Matrix(rows) => {
            let rows: String = rows
                .iter()
                .map(|cells| {
                    let cells: String = cells.iter().map(|cell| format!("<mtd>{}</mtd>", write(cell))).collect();
                    format!("<mtr>{cells}</mtr>")
                })
                .collect();
            row(&format!("<mo>(</mo><mtable>{rows}</mtable><mo>)</mo>"))
        }
        Notation::List(separator, items) => {
            let sign = match separator {
                Separator::Comma => operator(","),
                Separator::Semicolon => operator(";"),
                Separator::Given => operator("∣"),
                Separator::Parallel => operator("‖")
                    .replace("<mo>", "<mo form=\"infix\" stretchy=\"false\" lspace=\"0.28em\" rspace=\"0.28em\">"),
            };
            row(&items.iter().map(write).collect::<Vec<_>>().join(&sign))
        }
        Notation::Chain(first, links) => {
            let links: String =
                links.iter().map(|(sign, right)| operator(relation(*sign)) + write(right).as_str()).collect();
            row(&(write(first) + links.as_str()))
        }
    }
}

fn row(inner: &str) -> String {
    format!("<mrow>{inner}</mrow>")
}

fn operator(sign: &str) -> String {
    format!("<mo>{}</mo>", escape(sign))
}

const EXPECTATION: &str = "<mi>𝔼</mi>";

/// A letter with its subscript, its primes and an exponent, in one element.
fn raised(symbol: &Symbol, exponent: Option<&Notation>) -> String {
    let letter = letter(symbol);
    let prime = match &symbol.prime {
        Prime::None => String::new(),
        Prime::Count(count) => {
            // Beside an exponent it would be taken for an operator between two terms.
            let form = if exponent.is_some() { " form=\"postfix\" lspace=\"0\" rspace=\"0\"" } else { "" };
            format!("<mo{form}>{}</mo>", ["", "′", "″", "‴"].get(*count).unwrap_or(&"⁗"))
        }
        Prime::Order(order) => row(&format!("<mo>(</mo>{}<mo>)</mo>", write(order))),
    };
    let above = match (exponent.map(write), prime.is_empty()) {
        (None, _) => prime,
        (Some(exponent), true) => row(&exponent),
        (Some(exponent), false) => row(&(prime + exponent.as_str())),
    };
    let below = symbol.subscript.as_deref().map(|index| row(&write(index)));
    match (below, above.is_empty()) {
        (None, true) => letter,
        (None, false) => format!("<msup>{letter}{above}</msup>"),
        (Some(below), true) => format!("<msub>{letter}{below}</msub>"),
        (Some(below), false) => format!("<msubsup>{letter}{below}{above}</msubsup>"),
    }
}

fn letter(symbol: &Symbol) -> String {
    let latex = &symbol.glyph.latex;
    match latex.as_str() {
        "\\mathbb{E}" => return EXPECTATION.to_owned(),
        // Raised already in plain text; here the superscript raises it.
        "\\top" => return "<mo>⊤</mo>".to_owned(),
        _ => {}
    }
    let capital = symbol.glyph.text.chars().all(char::is_uppercase) && latex.starts_with('\\');
    let upright = capital || ["\\mathrm", "\\operatorname"].iter().any(|command| latex.starts_with(command));
    // MathML sets one letter in italics and several upright; only the exception is marked.
    let variant = if upright && symbol.glyph.text.chars().count() == 1 { " mathvariant=\"normal\"" } else { "" };
    format!("<mi{variant}>{}</mi>", escape(&symbol.glyph.text))
}

fn enclose(fence: Fence, body: &Notation) -> String {
    let (open, close) = match fence {
        Fence::Round => ("(", ")"),
        Fence::Square => ("[", "]"),
        Fence::Curly => ("{", "}"),
        Fence::Bars => ("|", "|"),
        Fence::DoubleBars => ("‖", "‖"),
        Fence::OpenClosed => ("(", "]"),
    };
    let mark = |form: &str, sign: &str| format!("<mo form=\"{form}\" fence=\"true\">{sign}</mo>");
    row(&format!("{}{}{}", mark("prefix", open), write(body), mark("postfix", close)))
}

fn relation(relation: Relation) -> &'static str {
    match relation {
        Relation::Equal => "=",
        Relation::Less => "<",
        Relation::Greater => ">",
        Relation::AtMost => "≤",
        Relation::AtLeast => "≥",
        Relation::In => "∈",
        Relation::Approximately => "≈",
        Relation::Unequal => "≠",
    }
}
