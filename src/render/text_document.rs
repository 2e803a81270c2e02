//! A document for a terminal. Colour is the caller's business; the text is plain.

use super::Options;
use super::document::{Block, Document, Inline, matrix_lines, status_word};
use super::layout::{self, Spelling};
use super::notation::{Notation, Relation};
use super::text::{self, Text, UNBROKEN, fill};

/// The report of one family.
pub fn write(document: &Document, options: &Options) -> String {
    let width = options.width;
    let title = format!("{} — {}", document.title, status_word(document.status));
    let mut out = format!("{title}\n{}\n", "═".repeat(text::columns_of(&title).min(width)));
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
        Block::Paragraph(inlines) => {
            fill(&write_inlines(inlines, width.saturating_sub(INDENT.len())), INDENT, INDENT, width)
        }
        Block::Heading(title) => vec![String::new(), format!("{INDENT}{title}")],
        Block::Items(items) => {
            let room = width.saturating_sub(FORMULA.len());
            items.iter().flat_map(|item| fill(&write_inlines(item, room), "  • ", FORMULA, width)).collect()
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

/// A formula in running text stays whole; one that is longer than a line keeps the rows of a display.
fn write_inlines(inlines: &[Inline], room: usize) -> String {
    let math = |notation: &Notation| {
        let whole = text::write(notation);
        if text::columns_of(&whole) <= room {
            return whole.replace(' ', UNBROKEN);
        }
        let rows = layout::rows(notation, room.saturating_sub(Text.indent()), &Text).into_iter();
        let rows = rows.map(|row| (" ".repeat(row.indent * Text.indent()) + row.body.as_str()).replace(' ', UNBROKEN));
        rows.collect::<Vec<_>>().join("\n")
    };
    let piece = |inline: &Inline| match inline {
        Inline::Text(words) | Inline::Strong(words) | Inline::Code(words) => words.clone(),
        Inline::Math(notation) => math(notation),
    };
    inlines.iter().map(piece).collect()
}
