//! Markdown whose formulas survive every renderer.
//!
//! A renderer that knows no mathematics eats `\\`, `\,` and `\{`, turns pairs of `_` into emphasis
//! and `'` into a typographic quote, and takes a line that begins with `- ` for a list. So displays
//! stand in `$$ … $$`, which every mathematical renderer knows, and hold nothing that the others
//! would change: `\cr`, `\thinspace`, `\lbrace`, underscores between spaces, `^{\prime}`.

use super::Options;
use super::document::{Block, Document, Inline, status_word};
use super::{latex, latex_document};

/// A section about one family.
pub fn write(document: &Document, options: &Options) -> String {
    let mut out = format!("# {}\n\n**{}**\n", prose(&document.title), status_word(document.status));
    for (part, blocks) in &document.parts {
        out.push_str(&format!("\n## {}\n", part.heading()));
        for block in blocks {
            out.push('\n');
            out.push_str(&write_block(block, options.width));
        }
    }
    out
}

fn write_block(block: &Block, width: usize) -> String {
    match block {
        Block::Paragraph(inlines) => format!("{}\n", write_inlines(inlines)),
        Block::Heading(title) => format!("### {}\n", prose(title)),
        Block::Items(items) => items.iter().map(|item| format!("- {}\n", write_inlines(item))).collect(),
        Block::Display(_) | Block::Matrix { .. } => {
            let formula = latex_document::formula(block, width).unwrap_or_default();
            format!("$$\n{}\n$$\n", survivable(&formula))
        }
    }
}

fn write_inlines(inlines: &[Inline]) -> String {
    inlines
        .iter()
        .map(|inline| match inline {
            Inline::Text(words) => prose(words),
            Inline::Strong(words) => format!("**{}**", prose(words)),
            Inline::Code(code) => {
                let fence = if code.contains('`') { "``" } else { "`" };
                format!("{fence}{code}{fence}")
            }
            Inline::Math(notation) => format!("${}$", survivable(&latex::write(notation)).trim()),
        })
        .collect()
}

/// Words with the characters that Markdown would read.
fn prose(words: &str) -> String {
    let mut out = String::new();
    for c in words.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '$' | '|' | '~') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// The same formula, spelled with nothing that a Markdown renderer changes or refuses.
pub fn survivable(latex: &str) -> String {
    let latex = &named_operators(latex);
    let mut out = String::with_capacity(latex.len() + 16);
    let mut rest = latex.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\\' => match rest.peek().copied() {
                Some(next) if next.is_ascii_alphabetic() => out.push('\\'),
                Some(next) => {
                    rest.next();
                    // `\cr` takes no length.
                    if next == '\\' && rest.peek() == Some(&'[') {
                        while rest.next().is_some_and(|c| c != ']') {}
                    }
                    command(&mut out, spelled_out(next), rest.peek());
                }
                None => out.push('\\'),
            },
            '_' => out.push_str(" _ "),
            '\'' => {
                let mut primes = 1;
                while rest.next_if_eq(&'\'').is_some() {
                    primes += 1;
                }
                out.push_str("^{");
                out.push_str(&"\\prime".repeat(primes));
                // σ'^{2} has one superscript: ^{\prime 2}.
                if rest.next_if_eq(&'^').is_some() {
                    out.push(' ');
                    if rest.next_if_eq(&'{').is_none()
                        && let Some(single) = rest.next()
                    {
                        out.push(single);
                        out.push('}');
                    }
                } else {
                    out.push('}');
                }
            }
            '<' => command(&mut out, "\\lt", rest.peek()),
            '>' => command(&mut out, "\\gt", rest.peek()),
            // Markdown reads `](` as a link and `|` as a column of a table.
            ']' if rest.peek() == Some(&'(') => out.push_str("] "),
            '|' => command(&mut out, "\\vert", rest.peek()),
            c => out.push(c),
        }
    }
    out
}

/// `\operatorname{KL}` as `\mathop{\mathrm{KL}}`: GitHub refuses the first (github/markup issue 1688).
fn named_operators(latex: &str) -> String {
    let mut pieces = latex.split("\\operatorname{");
    let mut out = pieces.next().unwrap_or_default().to_string();
    for piece in pieces {
        let (name, rest) = piece.split_once('}').unwrap_or((piece, ""));
        out.push_str(&format!("\\mathop{{\\mathrm{{{name}}}}}{rest}"));
    }
    out
}

/// A command of letters, with the space that keeps it from the letter after it.
fn command(out: &mut String, name: &str, next: Option<&char>) {
    out.push_str(name);
    if next.is_some_and(char::is_ascii_alphanumeric) {
        out.push(' ');
    }
}

/// A command of one sign as a command of letters.
fn spelled_out(sign: char) -> &'static str {
    match sign {
        '\\' => "\\cr",
        ',' => "\\thinspace",
        '!' => "\\negthinspace",
        ';' => "\\thickspace",
        ':' => "\\medspace",
        '{' => "\\lbrace",
        '}' => "\\rbrace",
        '|' => "\\Vert",
        '_' => "\\text{-}",
        _ => " ",
    }
}
