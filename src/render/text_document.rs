//! A document for a terminal. Colour is the caller's business; the text is plain.

use super::Options;
use super::document::{Block, Document, Inline, matrix_lines, status_word};
use super::layout::Spelling;
use super::notation::{Notation, Relation};
use super::text::{self, Text};

/// The report of one family.
pub fn write(document: &Document, options: &Options) -> String {
    let width = options.width;
    let title = format!("{} — {}", document.title, status_word(document.status));
    let mut out = format!("{title}\n{}\n", "═".repeat(text::columns_of(&title)));
    for (part, blocks) in &document.parts {
        out.push_str(&format!("\n{}\n", part.heading()));
        for block in blocks {
            for line in write_block(block, width) {
                out.push_str(line.trim_end());
                out.push('\n');
            }
        }
    }
    out
}

fn write_block(block: &Block, width: usize) -> Vec<String> {
    const INDENT: &str = "  ";
    const FORMULA: &str = "    ";
    match block {
        Block::Paragraph(inlines) => wrap(&write_inlines(inlines), INDENT, INDENT, width),
        Block::Heading(title) => vec![String::new(), format!("{INDENT}{title}")],
        Block::Items(items) => {
            items.iter().flat_map(|item| wrap(&write_inlines(item), "  • ", FORMULA, width)).collect()
        }
        Block::Display(_) | Block::Matrix { .. } => {
            let room = width.saturating_sub(FORMULA.len());
            let lines = match block {
                Block::Display(lines) => lines.clone(),
                matrix => matrix_lines(matrix, |whole: &Notation| drawn_width(whole) <= room),
            };
            // A chain goes on under its first relation.
            let mut shift = 0;
            let mut out = Vec::new();
            for line in &lines {
                let mut rows = text::equation(line.left.as_ref(), line.relation, &line.right, room);
                match line.left {
                    Some(_) => shift = relation_column(&rows, line.relation),
                    None => {
                        let narrow = text::equation(None, line.relation, &line.right, room.saturating_sub(shift));
                        rows = narrow.into_iter().map(|row| " ".repeat(shift) + row.as_str()).collect();
                    }
                }
                if let (Some(reason), Some(last)) = (&line.reason, rows.last_mut()) {
                    let gap = room.saturating_sub(text::columns_of(last) + text::columns_of(reason) + 2).max(2);
                    if gap > 2 || text::columns_of(last) + text::columns_of(reason) + 4 <= room {
                        last.push_str(&format!("{}({reason})", " ".repeat(gap)));
                    } else {
                        let indent = room.saturating_sub(text::columns_of(reason) + 2);
                        rows.push(format!("{}({reason})", " ".repeat(indent)));
                    }
                }
                out.extend(rows.into_iter().map(|row| format!("{FORMULA}{row}")));
            }
            out
        }
    }
}

/// Where the relation of a line stands: at the head of a row, or after the left side.
fn relation_column(rows: &[String], relation: Relation) -> usize {
    let sign = Text.relation(relation);
    let hanging = rows.iter().find(|row| row.trim_start().starts_with(sign));
    let row = hanging.or(rows.first()).map_or("", String::as_str);
    row.find(sign).map_or(0, |at| text::columns_of(&row[..at]))
}

/// The columns of `head = matrix`, drawn.
fn drawn_width(whole: &Notation) -> usize {
    text::write(whole).split('\n').map(text::columns_of).max().unwrap_or(0)
}

fn write_inlines(inlines: &[Inline]) -> String {
    inlines
        .iter()
        .map(|inline| match inline {
            Inline::Text(words) | Inline::Strong(words) | Inline::Code(words) => words.clone(),
            Inline::Math(notation) => text::write(notation).replace(' ', "\u{a0}"),
        })
        .collect()
}

/// Words filled into lines; formulas, whose spaces do not break, stay whole.
fn wrap(words: &str, first: &str, rest: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = first.to_owned();
    let mut empty = true;
    for word in words.split(' ').filter(|word| !word.is_empty()) {
        if !empty && text::columns_of(&line) + 1 + text::columns_of(word) > width {
            lines.push(std::mem::replace(&mut line, rest.to_owned()));
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    lines.push(line);
    lines.into_iter().map(|line| line.replace('\u{a0}', " ")).collect()
}
