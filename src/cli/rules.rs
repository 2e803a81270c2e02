//! `fisherproof rules`: everything that a proof may rest on.

use std::fmt::Write;

use fisherproof::kernel::certificate::RULES;
use fisherproof::kernel::domain::Domain;
use fisherproof::kernel::jets::layer::REASONS;
use fisherproof::kernel::lemma::{LEMMAS, Lemma};
use fisherproof::kernel::term::{Name, Term};
use fisherproof::render::{self, Format, Names};

use super::arguments::Rules;
use super::output::Destination;
use super::{Failure, Outcome};

pub fn run(arguments: &Rules) -> Result<Outcome, Failure> {
    let destination = Destination::new(&arguments.document, &[])?;
    let text = match destination.format {
        Format::Text => text(destination.width),
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

fn text(width: usize) -> String {
    let mut out = String::from("Rules for families\n");
    for rule in RULES {
        entry(&mut out, rule.name, rule.statement, width);
    }
    out.push_str("\nRules for derivations, as `by …` names them\n");
    for reason in REASONS {
        entry(&mut out, reason.name, reason.statement, width);
    }
    out.push_str("\nLemmas: integrals and sums that are taken from the literature\n");
    for lemma in LEMMAS.iter() {
        let _ = writeln!(out, "  {}, {}", lemma.name, lemma.reference);
        let _ = writeln!(out, "      {}", equation(lemma));
        let _ = writeln!(out, "      over {}", conditions(lemma));
    }
    out
}

/// A name, and beside it a sentence filled into lines.
fn entry(out: &mut String, name: &str, sentence: &str, width: usize) {
    const INDENT: usize = 23;
    let mut line = format!("  {name:<20} ");
    let mut used = INDENT;
    for word in sentence.split(' ') {
        let length = word.chars().count();
        if used > INDENT && used + 1 + length > width {
            let _ = writeln!(out, "{}", line.trim_end());
            line = " ".repeat(INDENT);
            used = INDENT;
        }
        if used > INDENT {
            line.push(' ');
            used += 1;
        }
        line.push_str(word);
        used += length;
    }
    let _ = writeln!(out, "{line}");
}

/// The lemma in plain mathematics, read off the terms that the kernel uses.
fn equation(lemma: &Lemma) -> String {
    let names = Names::plain();
    let kernel = render::term_text(&lemma.log_kernel, &names);
    let value = render::term_text(&lemma.value, &names);
    let factor = match &lemma.factor {
        one if one.is_one() => String::new(),
        other => format!("({}) ", render::term_text(other, &names)),
    };
    if lemma.domain.is_discrete() {
        format!("Σ {factor}exp({kernel}) = {value}")
    } else {
        format!("∫ {factor}exp({kernel}) dt = {value}")
    }
}

/// Where the variable runs, and what its parameters must be.
fn conditions(lemma: &Lemma) -> String {
    let names = Names::plain();
    let written = |term: &Term| render::term_text(term, &names);
    let mut all = vec![membership(&lemma.variable, &lemma.domain)];
    all.extend(lemma.parameters.iter().chain(&lemma.fixed).map(|(name, domain)| membership(name, domain)));
    all.extend(lemma.positive.iter().map(|term| format!("{} > 0", written(term))));
    all.extend(lemma.nonzero.iter().map(|term| format!("{} ≠ 0", written(term))));
    format!("{}; for {}", all[0], if all.len() > 1 { all[1..].join(", ") } else { "all".to_owned() })
}

fn membership(name: &Name, domain: &Domain) -> String {
    let written = |term: &Term| render::term_text(term, &Names::plain());
    let between = |lower: &Option<Term>, upper: &Option<Term>, sign: &str| match (lower, upper) {
        (None, None) => name.to_string(),
        (Some(lower), Some(upper)) => format!("{} {sign} {name} {sign} {}", written(lower), written(upper)),
        (Some(lower), None) => format!("{} {sign} {name}", written(lower)),
        (None, Some(upper)) => format!("{name} {sign} {}", written(upper)),
    };
    match domain {
        Domain::Interval { lower: None, upper: None } => format!("real {name}"),
        Domain::Interval { lower, upper } => between(lower, upper, "<"),
        Domain::Integers { lower, upper } => format!("integer {}", between(lower, upper, "≤")),
        Domain::Nonnegative => format!("0 ≤ {name}"),
        Domain::Finite(values) => {
            format!("{name} in {{{}}}", values.iter().map(written).collect::<Vec<_>>().join(", "))
        }
        Domain::Angle => format!("−π < {name} < π"),
    }
}

fn latex() -> String {
    let escape = render::escape_latex;
    let mut out = String::from("% Needs \\usepackage{amsmath,amssymb}.\n\\begin{description}\n");
    for lemma in LEMMAS.iter() {
        let (name, reference) = (escape(lemma.name), escape(lemma.reference));
        let (equation, conditions) = (lemma.latex, lemma.conditions_latex);
        let _ = writeln!(out, "\\item[{name}] ({reference})\n  \\[ {equation} \\qquad ({conditions}) \\]");
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
                "factor": lemma.factor.to_string(),
                "log_kernel": lemma.log_kernel.to_string(),
                "value": lemma.value.to_string(),
            })
        })
        .collect();
    let all = serde_json::json!({ "rules": rules, "reasons": reasons, "lemmas": lemmas });
    format!("{all:#}\n")
}
