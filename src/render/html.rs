//! One HTML file that needs nothing else: MathML for the formulas, a page of style, no script.

use super::Options;
use super::document::{Block, Document, Inline, matrix_lines, status_word};
use super::mathml::{self, escape};
use super::notation::Notation;

const STYLE: &str = "
body { max-width: 52rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 Georgia, 'Times New Roman', serif; color: #1a1a1a; background: #fff; }
math { font-family: 'Latin Modern Math', 'STIX Two Math', 'Cambria Math', math; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; } h3 { font-size: 1rem; }
.formula { overflow-x: auto; margin: 0.8rem 0; }
.display mtd { padding: 0.25em 0.15em; }
mtd.left { text-align: -webkit-right; text-align: right; }
mtd.right { text-align: -webkit-left; text-align: left; }
mtd.reason { text-align: -webkit-left; text-align: left; padding-left: 2em; color: #555; }
code { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: 0.9em; }
.status { font-size: 0.8em; font-weight: normal; font-style: italic; }
@media (prefers-color-scheme: dark) { body { color: #ddd; background: #16181b; } mtd.reason { color: #999; } }
";

pub fn joined(titles: &[&str], articles: &[&str]) -> String {
    let body = articles.concat();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{body}</body>\n</html>\n",
        escape(&titles.join(", "))
    )
}

/// An article about one family.
pub fn write(document: &Document, options: &Options) -> String {
    let width = options.width;
    let status = status_word(document.status);
    let mut out = format!("<article>\n<h1>{} <span class=\"status\">{status}</span></h1>\n", escape(&document.title));
    for (part, blocks) in &document.parts {
        out.push_str(&format!("<section>\n<h2>{}</h2>\n", escape(part.heading())));
        for block in blocks {
            out.push_str(&write_block(block, width));
        }
        out.push_str("</section>\n");
    }
    out.push_str("</article>\n");
    out
}

fn write_block(block: &Block, width: usize) -> String {
    match block {
        Block::Paragraph(inlines) => format!("<p>{}</p>\n", write_inlines(inlines)),
        Block::Heading(title) => format!("<h3>{}</h3>\n", escape(title)),
        Block::Display(lines) => format!("<div class=\"formula\">{}</div>\n", mathml::display(lines, width)),
        Block::Matrix { .. } => {
            let lines = matrix_lines(block, |whole: &Notation| whole.width() <= width * 10);
            format!("<div class=\"formula\">{}</div>\n", mathml::display(&lines, width))
        }
        Block::Items(items) => {
            let items: String = items.iter().map(|item| format!("<li>{}</li>\n", write_inlines(item))).collect();
            format!("<ul>\n{items}</ul>\n")
        }
    }
}

fn write_inlines(inlines: &[Inline]) -> String {
    inlines
        .iter()
        .map(|inline| match inline {
            Inline::Text(words) => escape(words),
            Inline::Strong(words) => format!("<strong>{}</strong>", escape(words)),
            Inline::Code(code) => format!("<code>{}</code>", escape(code)),
            Inline::Math(notation) => mathml::inline(notation),
        })
        .collect()
}
