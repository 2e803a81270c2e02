//! A derivation for a terminal, in the syntax of the language.

use crate::derivation::report::{DerivationReport, DerivationStatus, ItemReport, StepReport};
use crate::model::derivation::{AssumptionLine, Order};

use super::layout::{
    exact_words, family_words, heading, reason_sentence, reason_words, remainders, setting, shown_reasons, title,
};
use super::{DerivationOptions, Notation};

pub fn write(report: &DerivationReport, options: &DerivationOptions) -> String {
    let notation = Notation::of(&report.derivation);
    let mut out = format!("{}: {}\n", title(report), words(report.status));
    for line in setting(report) {
        out.push_str(&format!("  density {line}\n"));
    }
    if let Some(id) = report.derivation.theory.sample {
        out.push_str(&format!("  sample of {} independent draws\n", report.derivation.theory.constant(id).name));
    }
    for definition in &report.derivation.definitions {
        out.push_str(&format!("  {} := {}\n", definition.name, notation.text(&definition.body)));
    }
    for line in &report.derivation.assumptions {
        out.push_str(&match line {
            AssumptionLine::WellSpecified => "  assuming a well-specified model\n".to_string(),
            AssumptionLine::LogDensity(left, right) | AssumptionLine::Equation(_, left, right) => {
                format!("  assuming {} = {}\n", notation.text(left), notation.text(right))
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
            out.push_str(&format!("  {:column$}  {}\n", assumption.name, assumption.statement));
        }
    }
    for remark in &report.remarks {
        out.push_str(&format!("\nNote: {remark}.\n"));
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
    let mut out = format!(
        "{}: {}{status}\n",
        heading(report, at).title(),
        relation(&notation.text(&item.left), item.order, &notation.text(&item.right))
    );
    out.push_str(&format!("    {}\n", notation.text(&item.start)));
    out.push_str(&lines(report, item, notation, options));
    for remark in &item.remarks {
        out.push_str(&format!("    {remark}\n"));
    }
    let repeated = item.steps.iter().any(|step| step.counterexample == item.counterexample);
    if let Some(found) = item.counterexample.as_ref().filter(|_| !repeated) {
        out.push_str(&format!("      for {}\n", family_words(found)));
        out.push_str(&format!("        the left side is {}\n", exact_words(&found.left, found.left_decimal)));
        out.push_str(&format!("        the right side is {}\n", exact_words(&found.right, found.right_decimal)));
    }
    out
}

fn relation(left: &str, order: Order, right: &str) -> String {
    match order.value {
        None => format!("{left} = {right}"),
        Some(value) => format!("{left} ~ {right} to order {value}"),
    }
}

/// Reasons in one column where they fit; formulas too long for it keep theirs on a line of their own.
fn lines(report: &DerivationReport, item: &ItemReport, notation: &Notation, options: &DerivationOptions) -> String {
    let formulas: Vec<String> = item.steps.iter().map(|step| notation.text(&step.right)).collect();
    let limit = options.width.saturating_sub(34).max(30);
    let column = formulas.iter().map(|text| text.chars().count()).filter(|length| *length <= limit).max().unwrap_or(0);
    let remainders = remainders(item);
    let mut out = String::new();
    for ((step, formula), _) in item.steps.iter().zip(&formulas).zip(&remainders) {
        let sign = if step.order.value.is_some() { '~' } else { '=' };
        let reasons = reason_words(report, shown_reasons(step));
        let mark = match step.status {
            DerivationStatus::Proved => String::new(),
            status => format!("   <- line {}: {}", step.line, words(status)),
        };
        let wrapped = wrap(formula, options.width.saturating_sub(8).max(40));
        let (last, earlier) = wrapped.split_last().map_or(("", &[][..]), |(last, earlier)| (last.as_str(), earlier));
        for (number, line) in earlier.iter().enumerate() {
            out.push_str(&format!("      {} {line}\n", if number == 0 { sign } else { ' ' }));
        }
        let sign = if earlier.is_empty() { sign } else { ' ' };
        if reasons.is_empty() {
            out.push_str(&format!("      {sign} {last}{mark}\n"));
        } else if last.chars().count() <= column || formulas.len() == 1 {
            out.push_str(&format!("      {sign} {last:column$}   by {reasons}{mark}\n"));
        } else {
            out.push_str(&format!("      {sign} {last}\n        {:column$}   by {reasons}{mark}\n", ""));
        }
        out.push_str(&details(report, step));
    }
    out
}

fn details(report: &DerivationReport, step: &StepReport) -> String {
    let mut out = String::new();
    let mut say = |line: String| out.push_str(&format!("          {line}\n"));
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

/// Lines of at most a width, broken before `+` and `-` outside of parentheses.
fn wrap(text: &str, width: usize) -> Vec<String> {
    if text.chars().count() <= width {
        return vec![text.to_string()];
    }
    let mut pieces = vec![String::new()];
    let mut depth = 0;
    let letters: Vec<char> = text.chars().collect();
    for (at, letter) in letters.iter().enumerate() {
        match letter {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            _ => {}
        }
        let breaks = depth == 0
            && matches!(letter, '+' | '-')
            && at > 0
            && letters[at - 1] == ' '
            && letters.get(at + 1) == Some(&' ');
        if breaks {
            pieces.push(String::new());
        }
        if let Some(piece) = pieces.last_mut() {
            piece.push(*letter);
        }
    }
    let mut lines: Vec<String> = Vec::new();
    for piece in pieces {
        match lines.last_mut() {
            Some(line) if line.chars().count() + piece.chars().count() <= width => line.push_str(&piece),
            _ => lines.push(piece),
        }
    }
    lines.into_iter().map(|line| line.trim_end().to_string()).collect()
}
