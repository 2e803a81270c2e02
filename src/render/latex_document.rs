//! A document in LaTeX: a fragment for `\input`, or a complete file.

use crate::derive::report::Status;

use super::Options;
use super::document::{Block, Document, Inline, Line, matrix_lines, status_word};
use super::latex;
use super::names::escape;
use super::notation::Notation;

/// What a complete file begins with; a fragment needs the two packages only.
pub const PREAMBLE: &str = "\\documentclass[11pt,a4paper]{article}
\\usepackage[utf8]{inputenc}
\\usepackage[margin=24mm]{geometry}
\\usepackage{amsmath,amssymb}
\\allowdisplaybreaks
\\setlength{\\parindent}{0pt}
\\setlength{\\parskip}{4pt}
\\setlength{\\emergencystretch}{3em}
\\begin{document}
";

pub const PREAMBLE_END: &str = "\\end{document}\n";

pub fn joined(fragments: &[&str], options: &Options) -> String {
    let body = fragments.join("\n");
    if options.standalone {
        format!("{PREAMBLE}\n{body}\n{PREAMBLE_END}")
    } else {
        format!("% Needs \\usepackage{{amsmath,amssymb}}.\n{body}")
    }
}

/// A fragment about one family.
pub fn write(document: &Document, options: &Options) -> String {
    let mut out = format!("\\section*{{{}}}\n", prose(&document.title));
    if document.status != Status::Proved {
        out.push_str(&format!("\\textbf{{Status: {}.}}\n", status_word(document.status)));
    }
    for (part, blocks) in &document.parts {
        out.push_str(&format!("\n\\subsection*{{{}}}\n", prose(part.heading())));
        for block in blocks {
            out.push_str(&write_block(block, options));
        }
    }
    out
}

fn write_block(block: &Block, options: &Options) -> String {
    match block {
        Block::Paragraph(inlines) => format!("{}\n", write_inlines(inlines)),
        Block::Heading(title) => format!("\\paragraph*{{{}}}\n", prose(title)),
        Block::Display(lines) => environment(lines, options.width),
        Block::Matrix { .. } => environment(&lines_of(block, options.width), options.width),
        Block::Items(items) => {
            let items: String = items.iter().map(|item| format!("  \\item {}\n", write_inlines(item))).collect();
            // Typed names cannot be hyphenated: let TeX stretch the lines rather than overrun them.
            format!("\\begin{{itemize}}\\sloppy\n{items}\\end{{itemize}}\n")
        }
    }
}

fn lines_of(block: &Block, width: usize) -> Vec<Line> {
    matrix_lines(block, |whole: &Notation| whole.width() <= width * 10)
}

fn environment(lines: &[Line], width: usize) -> String {
    let display = latex::display(lines, width);
    let rows: Vec<String> = display.rows.iter().map(|row| format!("  {row}")).collect();
    if display.aligned {
        // Unlike `aligned`, `align*` may be broken over pages.
        format!("\\begin{{align*}}\n{}\n\\end{{align*}}\n", latex::stack(&rows))
    } else {
        format!("\\[\n{}\n\\]\n", rows.concat())
    }
}

fn write_inlines(inlines: &[Inline]) -> String {
    inlines
        .iter()
        .map(|inline| match inline {
            Inline::Text(words) => prose(words),
            Inline::Strong(words) => format!("\\textbf{{{}}}", prose(words)),
            Inline::Code(code) => format!("\\texttt{{{}}}", typed(code)),
            Inline::Math(notation) => format!("${}$", running(notation)),
        })
        .collect()
}

/// A formula in a paragraph; TeX breaks it at relations and signs, and between the tuples of a long list too.
fn running(notation: &Notation) -> String {
    const LONG: usize = 300;
    let written = latex::write(notation);
    if notation.width() > LONG { written.replace("), (", "), \\allowbreak (") } else { written }
}

/// Text as typed; a long word of it may break after its signs.
fn typed(code: &str) -> String {
    const LONG: usize = 24;
    let word = |word: &str| match word.chars().count() > LONG {
        true => word.split_inclusive(['*', '+', '/', ',', '(']).map(prose).collect::<Vec<_>>().join("\\allowbreak{}"),
        false => prose(word),
    };
    code.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// Words in LaTeX's text mode, for any of its encodings: dashes, quotes and Greek letters are
/// written as commands.
fn prose(words: &str) -> String {
    let mut out = String::new();
    for c in escape(words).chars() {
        match c {
            '–' => out.push_str("--"),
            '—' => out.push_str("---"),
            '“' => out.push_str("``"),
            '”' => out.push_str("''"),
            '’' => out.push('\''),
            '…' => out.push_str("\\dots{}"),
            '<' => out.push_str("$<$"),
            '>' => out.push_str("$>$"),
            '|' => out.push_str("$|$"),
            '"' => out.push_str("\\textquotedbl{}"),
            c if c.is_ascii() => out.push(c),
            c => match latex::letter(c) {
                Some(command) => out.push_str(&format!("${command}$")),
                None => out.push(c),
            },
        }
    }
    out.replace("\\textquotedbl{}", "''")
}

/// The formula that a block displays, whole.
pub fn formula(block: &Block, width: usize) -> Option<String> {
    let lines = match block {
        Block::Display(lines) => lines.clone(),
        Block::Matrix { .. } => lines_of(block, width),
        _ => return None,
    };
    Some(latex::display(&lines, width).formula())
}

/// Every formula of a document, whole.
pub fn formulas(document: &Document, options: &Options) -> Vec<String> {
    let mut out = Vec::new();
    let inline = |inlines: &[Inline], out: &mut Vec<String>| {
        for inline in inlines {
            if let Inline::Math(notation) = inline {
                out.push(latex::write(notation));
            }
        }
    };
    for block in document.parts.iter().flat_map(|(_, blocks)| blocks) {
        match block {
            Block::Paragraph(inlines) => inline(inlines, &mut out),
            Block::Items(items) => items.iter().for_each(|item| inline(item, &mut out)),
            displayed => out.extend(formula(displayed, options.width)),
        }
    }
    out
}
