//! A derivation in Markdown, its mathematics between dollar signs.

use crate::derivation::report::{DerivationReport, DerivationStatus, Equation};

use super::latex::Writer;
use super::layout::{exact_words, family_words, heading, reason_sentence, sentence, title};
use super::text::words;
use super::{DerivationOptions, Notation};

pub fn write(report: &DerivationReport, options: &DerivationOptions) -> String {
    let writer = Writer { report, notation: Notation::of(&report.derivation), options, boxes: false };
    let mut out = format!("## {}\n\n", title(report));
    if report.status != DerivationStatus::Proved {
        out.push_str(&format!("**Status: {}.**\n\n", words(report.status)));
    }
    out.push_str(&writer.setting());
    for at in 0..report.items.len() {
        let item = &report.items[at];
        out.push_str(&format!("\n**{}.** ${}$\n\n", heading(report, at).title(), writer.statement(item)));
        // Renderers of Markdown take `aligned` inside a display, not `align`.
        let chain = writer
            .chain(at)
            .replace("{flalign*}", "{aligned}")
            .replace("{flalign}", "{aligned}")
            .replace(r"\small ", "")
            .replace(r" \notag", "");
        let chain = without_labels(&chain);
        out.push_str(&format!("$$\n{chain}$$\n"));
        for (number, step) in item.steps.iter().enumerate() {
            if step.status == DerivationStatus::ProvedWithOtherReason {
                out.push_str(&format!("\nStep {}: {}.\n", number + 1, reason_sentence(report, step)));
            }
            if let Some(found) = &step.counterexample {
                out.push_str(&format!(
                    "\n**Step {} is false.** For {}, the left side is `{}`, the right side `{}`.\n",
                    number + 1,
                    family_words(found),
                    exact_words(&found.left, found.left_decimal),
                    exact_words(&found.right, found.right_decimal)
                ));
            } else if step.status == DerivationStatus::NotProved {
                let residue =
                    step.residue.as_ref().map_or(String::new(), |residue| format!(" What is left is `{residue}`."));
                out.push_str(&format!("\n**Step {} is not proved.**{residue}\n", number + 1));
            }
        }
        for remark in &item.remarks {
            out.push_str(&format!("\n{}.\n", sentence(remark)));
        }
    }
    if !report.assumptions.is_empty() {
        out.push_str("\n**It rests on**\n\n");
        for assumption in &report.assumptions {
            let statement = match &assumption.equation {
                Some(Equation { left, right, remark }) => {
                    format!("${} = {}$, {remark}", writer.notation.latex(left), writer.notation.latex(right))
                }
                None => assumption.statement.clone(),
            };
            out.push_str(&format!("- **{}**: {statement}.\n", assumption.name));
        }
    }
    for remark in &report.remarks {
        out.push_str(&format!("\n{}.\n", sentence(remark)));
    }
    out
}

fn without_labels(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(r" \label{") {
        out.push_str(&rest[..at]);
        let after = &rest[at..];
        rest = after.find('}').map_or("", |end| &after[end + 1..]);
    }
    out.push_str(rest);
    out
}
