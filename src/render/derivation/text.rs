//! A derivation for a terminal, its mathematics in Unicode.

use crate::derivation::report::{DerivationReport, DerivationStatus, Equation, ItemReport, StepReport};
use crate::model::derivation::AssumptionLine;
use crate::render::layout::{self, Spelling};
use crate::render::notation::{Fence, Notation as Written, Relation, Separator};
use crate::render::text::{self, Text, columns_of};

use super::layout::{
    exact_words, family_words, heading, reason_sentence, reason_words, remainders, setting, shown_reasons, title,
};
use super::{DerivationOptions, Notation};

pub fn write(report: &DerivationReport, options: &DerivationOptions) -> String {
    let notation = Notation::of(&report.derivation);
    let mut out = format!("{}: {}\n", title(report), words(report.status));
    for line in setting(report, &notation) {
        out.push_str(&format!("  density {line}\n"));
    }
    if let Some(id) = report.derivation.theory.sample {
        out.push_str(&format!("  sample of {} independent draws\n", report.derivation.theory.constant(id).name));
    }
    for definition in &report.derivation.definitions {
        let name = text::write(&notation.letter(&definition.name).into());
        out.push_str(&led(&format!("  {name} := "), &notation.written(&definition.body), options.width));
    }
    for line in &report.derivation.assumptions {
        out.push_str(&match line {
            AssumptionLine::WellSpecified => "  assuming a well-specified model\n".to_string(),
            AssumptionLine::LogDensity(left, right) | AssumptionLine::Equation(_, left, right) => {
                led("  assuming ", &notation.written(left).equals(notation.written(right)), options.width)
            }
        });
    }
    for at in 0..report.items.len() {
        out.push('\n');
        out.push_str(&item(report, at, &notation, options));
    }
    if !report.assumptions.is_empty() {
        out.push_str("\nIt rests on\n");
        let column = report.assumptions.iter().map(|own| own.name.chars().count()).max().unwrap_or(0);
        for assumption in &report.assumptions {
            let statement = match &assumption.equation {
                Some(Equation { left, right, remark }) => {
                    let equation = notation.written(left).equals(notation.written(right));
                    format!("{}, {remark}", one_line(&equation))
                }
                None => assumption.statement.clone(),
            };
            let first = format!("  {:column$}  ", assumption.name);
            let rows = text::fill(&statement, &first, &" ".repeat(column + 4), options.width);
            out.push_str(&format!("{}\n", rows.join("\n")));
        }
    }
    for remark in &report.remarks {
        let rows = text::fill(&format!("Note: {remark}."), "", "  ", options.width);
        out.push_str(&format!("\n{}\n", rows.join("\n")));
    }
    out
}

/// The outcome in words.
pub fn words(status: DerivationStatus) -> &'static str {
    match status {
        DerivationStatus::Proved => "proved",
        DerivationStatus::ProvedWithOtherReason => "proved, but not for the reasons given",
        DerivationStatus::NotProved => "not proved",
        DerivationStatus::Refuted => "refuted",
    }
}

fn item(report: &DerivationReport, at: usize, notation: &Notation, options: &DerivationOptions) -> String {
    let item = &report.items[at];
    let status =
        if item.status == DerivationStatus::Proved { String::new() } else { format!("   [{}]", words(item.status)) };
    let statement = notation.written(&item.left).equals(notation.written_to_order(&item.right, item.order.value));
    let title = heading(report, at).title();
    let whole = format!("{title}: {}{status}\n", one_line(&statement));
    let mut out = if columns_of(&whole) <= options.width {
        whole
    } else {
        format!("{title}:{status}\n{}", led("  ", &statement, options.width))
    };
    out.push_str(&led("    ", &notation.written(&item.start), options.width));
    out.push_str(&lines(report, item, notation, options));
    for remark in &item.remarks {
        let rows = text::fill(remark, "    ", "      ", options.width);
        out.push_str(&format!("{}\n", rows.join("\n")));
    }
    let repeated = item.steps.iter().any(|step| step.counterexample == item.counterexample);
    if let Some(found) = item.counterexample.as_ref().filter(|_| !repeated) {
        out.push_str(&format!("      for {}\n", family_words(found)));
        out.push_str(&format!("        the left side is {}\n", exact_words(&found.left, found.left_decimal)));
        out.push_str(&format!("        the right side is {}\n", exact_words(&found.right, found.right_decimal)));
    }
    out
}

/// Reasons in one column where they fit; formulas too long for it keep theirs on a line of their own.
fn lines(report: &DerivationReport, item: &ItemReport, notation: &Notation, options: &DerivationOptions) -> String {
    let orders = remainders(item);
    let formulas: Vec<Written> =
        item.steps.iter().zip(orders).map(|(step, order)| notation.written_to_order(&step.right, order)).collect();
    let limit = options.width.saturating_sub(34).max(30);
    let drawn: Vec<Vec<String>> =
        formulas.iter().map(|formula| rows(formula, options.width.saturating_sub(MARGIN).max(40))).collect();
    let last_width = |rows: &[String]| rows.last().map_or(0, |row| columns_of(row));
    let whole = drawn.iter().zip(&formulas).filter(|(rows, formula)| rows.len() == 1 || is_matrix(formula));
    let column = whole.map(|(rows, _)| last_width(rows)).filter(|width| *width <= limit).max().unwrap_or(0);
    let mut out = String::new();
    for (step, rows) in item.steps.iter().zip(&drawn) {
        let mut text: Vec<String> = rows.iter().map(|row| format!("{:MARGIN$}{row}", "")).collect();
        text[0].replace_range(..MARGIN, "      = ");
        let reasons = reason_words(report, shown_reasons(step));
        let mark = match step.status {
            DerivationStatus::Proved => String::new(),
            status => format!("   <- line {}: {}", step.line, words(status)),
        };
        let by = if reasons.is_empty() { mark } else { format!("   by {reasons}{mark}") };
        let last = last_width(rows);
        let at = if last <= column || drawn.len() == 1 { column.max(last) } else { column };
        let fits = |at: usize| MARGIN + at + columns_of(&by) <= options.width;
        if reasons.is_empty() || last <= at && fits(at) {
            let space = " ".repeat(if reasons.is_empty() { 0 } else { at - last });
            out.push_str(&format!("{}{space}{by}\n", text.join("\n")));
        } else {
            // On a line of its own, under the others where it fits there.
            let at = MARGIN + if fits(at) { at } else { 2 };
            let by = text::fill(by.trim_start(), &" ".repeat(at + 3), &" ".repeat(at + 3), options.width);
            out.push_str(&format!("{}\n{}\n", text.join("\n"), by.join("\n")));
        }
        out.push_str(&details(report, step, options));
    }
    out
}

/// Where the formulas of a chain begin.
const MARGIN: usize = 8;

fn is_matrix(formula: &Written) -> bool {
    matches!(formula, Written::Matrix(_))
}

fn details(report: &DerivationReport, step: &StepReport, options: &DerivationOptions) -> String {
    const INDENT: &str = "          ";
    let mut out = String::new();
    let mut say = |line: String| {
        let indent = INDENT.to_owned() + &line[..line.len() - line.trim_start().len()];
        for row in text::fill(&line, &indent, &format!("{indent}  "), options.width) {
            out.push_str(&format!("{row}\n"));
        }
    };
    if step.status == DerivationStatus::ProvedWithOtherReason {
        say(reason_sentence(report, step));
    }
    for remark in &step.remarks {
        say(remark.clone());
    }
    if let Some(found) = &step.counterexample {
        say(format!("for {}", family_words(found)));
        say(format!("  the left side is {}", exact_words(&found.left, found.left_decimal)));
        say(format!("  the right side is {}", exact_words(&found.right, found.right_decimal)));
    }
    if let (Some(residue), true) = (&step.residue, step.status >= DerivationStatus::NotProved) {
        say(format!("in normal form, left minus right is {residue}"));
    }
    out
}

/// Words, and a formula after them whose rows stand under each other.
fn led(words: &str, formula: &Written, width: usize) -> String {
    let margin = columns_of(words);
    let rows = rows(formula, width.saturating_sub(margin).max(40));
    let blank = " ".repeat(margin);
    let lead = |number: usize| if number == 0 { words } else { &blank };
    rows.iter().enumerate().map(|(number, row)| format!("{}{row}\n", lead(number))).collect()
}

/// The rows of a formula: a matrix that is all of it is drawn, any other stays on its line.
fn rows(formula: &Written, width: usize) -> Vec<String> {
    match formula {
        matrix if is_matrix(matrix) => text::equation(None, Relation::Equal, formula, width)
            .into_iter()
            .map(|row| row.chars().skip(Text.relation(Relation::Equal).len()).collect())
            .collect(),
        _ => layout::rows(&flat(formula), width, &Text)
            .into_iter()
            .map(|row| " ".repeat(row.indent * Text.indent()) + row.body.as_str())
            .collect(),
    }
}

fn one_line(formula: &Written) -> String {
    text::write(&flat(formula))
}

/// Matrices on the line: [a, b; c, d].
fn flat(formula: &Written) -> Written {
    match formula {
        Written::Matrix(rows) => {
            let rows = rows.iter().map(|row| Written::comma(row.iter().map(flat).collect())).collect();
            Written::group(Fence::Square, Written::list(Separator::Semicolon, rows))
        }
        other => other.map_children(&mut flat),
    }
}
