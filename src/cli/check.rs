//! `fisherproof check FILE…`

use std::collections::BTreeSet;

use fisherproof::cas;
use fisherproof::derive::family::Request;
use fisherproof::derive::report::{CheckKind, Report, Status};
use fisherproof::kernel::poly::grant_budget;
use fisherproof::model::family::{Claim, Family, Quantity};
use fisherproof::render::derivation::DerivationOptions;
use fisherproof::render::{self, Format, Options, Part};
use serde_json::Value;

use super::arguments::Check;
use super::derive::{DEFAULT_BUDGET, PRODUCTS_PER_UNIT, work_out};
use super::message::Console;
use super::output::Destination;
use super::{Failure, Outcome, derivation, input};

pub fn run(arguments: &Check, console: &Console) -> Result<Outcome, Failure> {
    let destination = Destination::new(&arguments.document, &arguments.targets)?;
    let inputs = input::read(&arguments.targets, console)?;
    // A derivation needs no algebra engine.
    if inputs.iter().any(|input| input.families().next().is_some()) {
        cas::prepare();
    }
    let derivations = derivation::reports(&inputs, console)?;
    let mut reports = Vec::new();
    for input in &inputs {
        for (family, _) in input.families() {
            grant_budget(DEFAULT_BUDGET * PRODUCTS_PER_UNIT);
            let mut family = family.clone();
            let claims_nothing = family.claims.is_empty();
            if claims_nothing {
                console.note(&format!("{}: family {} claims nothing", input.source.name, family.name));
                family.claims.push(that_it_is_normalized(&family));
            }
            let mut report = work_out(&family, Request::default(), &[])?.report;
            if claims_nothing {
                report.remarks.push("The file claims nothing; that the density is one was decided".to_owned());
            }
            reports.push(Report { status: verdict(&report, destination.format), ..report });
        }
    }
    let options = Options {
        only: Some(BTreeSet::from([Part::Claims, Part::Remarks])),
        width: destination.width,
        standalone: arguments.document.standalone,
        proof: false,
    };
    let for_derivations = DerivationOptions { standalone: options.standalone, numbered: false, width: options.width };
    let mut documents = Vec::new();
    if !reports.is_empty() {
        documents.push(render::reports(&reports, destination.format, &options));
    }
    if !derivations.is_empty() {
        documents.push(derivation::document(&derivations, destination.format, &for_derivations)?);
    }
    let document = if destination.format == Format::Json { joined(&documents) } else { documents.join("\n") };
    destination.write(&document)?;
    Ok(Outcome::of(reports.iter().all(holds) && derivations.iter().all(derivation::holds)))
}

/// What every family claims by being one.
fn that_it_is_normalized(family: &Family) -> Claim {
    Claim { quantity: Quantity::Normalized, value: Vec::new(), span: family.span, text: "normalized".to_owned() }
}

/// JSON documents as one: an object, or an array of all that they hold.
fn joined(documents: &[String]) -> String {
    if let [document] = documents {
        return document.clone();
    }
    let values = documents.iter().map(|document| serde_json::from_str(document).expect("written as JSON"));
    let all: Vec<Value> = values
        .flat_map(|value| match value {
            Value::Array(values) => values,
            value => vec![value],
        })
        .collect();
    format!("{:#}\n", Value::Array(all))
}

/// A heading speaks of the claims, which are all that is shown; JSON keeps the status of the family.
fn verdict(report: &Report, format: Format) -> Status {
    let of_claims = || report.claims.iter().map(|outcome| outcome.status);
    match format {
        Format::Json => report.status,
        _ if of_claims().any(|status| status == Status::Refuted) => Status::Refuted,
        _ if of_claims().any(|status| status == Status::NotProved) => Status::NotProved,
        _ => report.status,
    }
}

/// All claims are proved, and they are about a density.
fn holds(report: &Report) -> bool {
    let normalized = |report: &Report| {
        report.checks.iter().any(|check| check.kind == CheckKind::Normalization && check.status == Status::Proved)
    };
    normalized(report) && report.claims.iter().all(|outcome| outcome.status == Status::Proved)
}
