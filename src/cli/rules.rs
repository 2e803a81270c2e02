//! `fisherproof rules`: everything that a proof may rest on.

use std::fmt::Write;

use fisherproof::kernel::certificate::RULES;
use fisherproof::kernel::jets::layer::REASONS;
use fisherproof::kernel::lemma::{LEMMAS, Lemma};
use fisherproof::render::{self, Format, Names};

use super::arguments::Rules;
use super::output::Destination;
use super::{Failure, Outcome};

pub fn run(arguments: &Rules) -> Result<Outcome, Failure> {
    let destination = Destination::new(&arguments.document, &[])?;
    let text = match destination.format {
        Format::Text => text(),
        Format::Latex => latex(),
        Format::Markdown => markdown(),
        Format::Json => json(),
        Format::Html => {
            return Err(Failure::Input("the rules are written as text, latex, markdown or json".to_owned()));
        }
    };
    destination.write(&text)?;
    Ok(Outcome::Proved)
}

/// The statement in plain mathematics, read off the terms that the kernel uses.
fn statement(lemma: &Lemma) -> String {
    let names = Names::plain();
    format!(
        "exp({}) has the total {}",
        render::term_text(&lemma.log_kernel, &names),
        render::term_text(&lemma.value, &names)
    )
}

fn text() -> String {
    let mut out = String::from("Rules for families\n");
    for rule in RULES {
        let _ = writeln!(out, "  {:<20} {}", rule.name, rule.statement);
    }
    out.push_str("\nRules for derivations, as `by …` names them\n");
    for reason in REASONS {
        let _ = writeln!(out, "  {:<20} {}", reason.name, reason.statement);
    }
    out.push_str("\nLemmas: integrals and sums that are taken from the literature\n");
    for lemma in LEMMAS.iter() {
        let _ = writeln!(out, "  {}  ({})", lemma.name, lemma.reference);
        let _ = writeln!(out, "      over t: {}", statement(lemma));
    }
    out
}

fn latex() -> String {
    let mut out = String::from("\\begin{description}\n");
    for lemma in LEMMAS.iter() {
        let _ = writeln!(
            out,
            "\\item[{}] ({}) \\[ {} \\qquad ({}). \\]",
            lemma.name,
            render::escape_latex(lemma.reference),
            lemma.latex,
            lemma.conditions_latex
        );
    }
    out.push_str("\\end{description}\n");
    out
}

fn markdown() -> String {
    let mut out = String::from("| rule | statement |\n| --- | --- |\n");
    for rule in RULES {
        let _ = writeln!(out, "| `{}` | {} |", rule.name, rule.statement);
    }
    for reason in REASONS {
        let _ = writeln!(out, "| `{}` | {} |", reason.name, reason.statement);
    }
    out.push_str("\n| lemma | statement | conditions | reference |\n| --- | --- | --- | --- |\n");
    for lemma in LEMMAS.iter() {
        let (latex, conditions) = (lemma.latex.replace('|', "\\vert "), lemma.conditions_latex);
        let _ = writeln!(out, "| `{}` | ${latex}$ | ${conditions}$ | {} |", lemma.name, lemma.reference);
    }
    out
}

fn json() -> String {
    let rules: Vec<serde_json::Value> =
        RULES.iter().map(|rule| serde_json::json!({ "name": rule.name, "statement": rule.statement })).collect();
    let reasons: Vec<serde_json::Value> = REASONS
        .iter()
        .map(|reason| serde_json::json!({ "name": reason.name, "statement": reason.statement }))
        .collect();
    let lemmas: Vec<serde_json::Value> = LEMMAS
        .iter()
        .map(|lemma| {
            serde_json::json!({
                "name": lemma.name,
                "latex": lemma.latex,
                "conditions": lemma.conditions_latex,
                "reference": lemma.reference,
                "log_kernel": lemma.log_kernel.to_string(),
                "value": lemma.value.to_string(),
            })
        })
        .collect();
    let all = serde_json::json!({ "rules": rules, "reasons": reasons, "lemmas": lemmas });
    format!("{all:#}\n")
}
