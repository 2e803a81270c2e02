//! `fisherproof derive TARGET…`

use std::path::Path;

use fisherproof::cas;
use fisherproof::catalogue;
use fisherproof::certificate::{self, Saved};
use fisherproof::derivation::{self, ProofLine};
use fisherproof::derive::family::{Coordinates, Derived, Request, derive_as_asked};
use fisherproof::derive::generic::{GenericProof, GenericStep};
use fisherproof::derive::report::{GenericFormula, Report, Status};
use fisherproof::kernel::poly::grant_budget;
use fisherproof::kernel::term::{Name, Term};
use fisherproof::model::derivation::formula::Formula;
use fisherproof::model::family::Family;
use fisherproof::model::resolve_expression;
use fisherproof::render::{self, Options};
use fisherproof::source::Source;
use fisherproof::syntax::parse_bindings;

use super::arguments::Derive;
use super::input::{self, Input};
use super::message::Console;
use super::output::{Destination, not_an_input, to_file};
use super::{Failure, Outcome, values, with_engine};

/// What a unit of `--budget` is in products of terms: about what a second does.
pub const PRODUCTS_PER_UNIT: u64 = 1_000_000;
/// The units that a family may take where nothing else is said.
pub const DEFAULT_BUDGET: u64 = 20;
/// `--in eta`: the natural coordinates, whatever they are.
const NATURAL: &str = "eta";

pub fn run(arguments: &Derive, console: &Console) -> Result<Outcome, Failure> {
    let targets: Vec<String> = match arguments.all {
        true => catalogue::families().map(|entry| entry.name.to_owned()).collect(),
        false => arguments.targets.clone(),
    };
    let destination = Destination::new(&arguments.document, &targets)?;
    cas::prepare();
    let inputs = input::read(&targets, console)?;
    let families = families(&inputs)?;
    if arguments.certificate.is_some() && families.len() != 1 {
        return Err(Failure::Input(format!("--certificate saves the proofs of one family, not of {}", families.len())));
    }
    if let Some(path) = &arguments.certificate {
        not_an_input(path, &targets)?;
    }
    let point = match &arguments.at {
        Some(text) => {
            let plain: Vec<&Family> = families.iter().map(|(family, _)| *family).collect();
            Some(values::Point::read(text, &plain, console)?)
        }
        None => None,
    };
    // Checked once, whatever the number of families.
    let lines = if arguments.proof { derivation::kl_fisher_lines() } else { Vec::new() };
    let options = Options {
        only: arguments.only.as_ref().map(|parts| parts.iter().copied().collect()),
        width: destination.width,
        standalone: arguments.document.standalone,
        proof: arguments.proof,
    };
    // A report is written at once and let go: a thousand of them would be much to hold.
    let mut pieces = Vec::new();
    let mut outcome = Outcome::Proved;
    let count = families.len();
    for (position, (family, text)) in families.into_iter().enumerate() {
        grant_budget(arguments.budget * PRODUCTS_PER_UNIT);
        let Derived { mut report, certificate } = work_out(
            family,
            Request {
                explain: arguments.proof,
                further: arguments.more,
                coordinates: match &arguments.coordinates {
                    Some(text) if text.trim() == NATURAL => Coordinates::Natural,
                    Some(text) => Coordinates::Given(coordinates(text, family)?),
                    None => Coordinates::None,
                },
                ..Request::default()
            },
            &lines,
        )?;
        if let Some(point) = &point {
            report.values = Some(values::at(&report, point));
        }
        if let Some(path) = &arguments.certificate {
            save(path, &Saved { family: text.to_owned(), certificate })?;
        }
        if position + 1 == count {
            // What is left to do is to write.
            cas::dismiss();
        }
        outcome = outcome.max(Outcome::of(proved(&report)));
        pieces.push(render::piece(&report, destination.format, &options));
    }
    destination.write(&render::joined(&pieces, destination.format, &options))?;
    Ok(outcome)
}

/// Saves a certificate that was read back and verified first.
fn save(path: &Path, saved: &Saved) -> Result<(), Failure> {
    let text = certificate::write(saved);
    match certificate::read(&text).and_then(|read| certificate::verify(&read)) {
        Ok(_) => to_file(path, &text),
        Err(reason) => Err(Failure::Input(format!("there is no certificate to save: {reason}"))),
    }
}

/// The families of all inputs, each with its own source text.
///
/// # Errors
/// When a target holds none.
fn families(inputs: &[Input]) -> Result<Vec<(&Family, &str)>, Failure> {
    let mut families = Vec::new();
    for input in inputs {
        let before = families.len();
        families.extend(input.families().map(|(family, span)| (family, input.source.slice(span))));
        if families.len() == before {
            let name = &input.source.name;
            return Err(Failure::Input(format!(
                "{name} holds no family; a derivation is checked by `fisherproof check`"
            )));
        }
    }
    Ok(families)
}

/// Everything about one family, with its values beside the lines of the generic proof, if there are any.
///
/// # Errors
/// When its declarations contradict each other, or there is no algebra engine.
pub fn work_out(family: &Family, request: Request, lines: &[ProofLine]) -> Result<Derived, Failure> {
    let generic = lines
        .first()
        .map(|first| GenericProof { derivation: &first.derivation, steps: lines.iter().map(generic_step).collect() });
    let request = Request { generic: generic.as_ref(), ..request };
    let derived = derive_as_asked(family, &request)
        .map_err(|rejection| Failure::Input(format!("family {}: {rejection}", family.name)))?;
    with_engine()?;
    Ok(derived)
}

/// `eta=log(p/(1-p)), …` for a family with as many parameters.
///
/// # Errors
/// A sentence about what cannot be read, or does not fit.
fn coordinates(text: &str, family: &Family) -> Result<Vec<(Name, Term)>, Failure> {
    let source = Source::new("--in", text);
    let bindings = parse_bindings(&source).map_err(|diagnostics| {
        let told: Vec<String> = diagnostics.iter().map(|diagnostic| diagnostic.render(&source, false)).collect();
        Failure::Input(told.join("\n"))
    })?;
    if bindings.len() != family.parameters.len() {
        return Err(Failure::Input(format!(
            "--in must give as many coordinates as {} has parameters: {}, not {}",
            family.name,
            family.parameters.len(),
            bindings.len()
        )));
    }
    let names: Vec<Name> = family.context.domains.keys().cloned().collect();
    bindings
        .iter()
        .map(|(name, expression)| match resolve_expression(expression, &names) {
            Ok(term) => Ok((Name::new(&name.node), term)),
            Err(diagnostics) => {
                let told: Vec<String> =
                    diagnostics.iter().map(|diagnostic| diagnostic.render(&source, false)).collect();
                Err(Failure::Input(told.join("\n")))
            }
        })
        .collect()
}

/// A line of a checked proof, for the family engine to put its values beside.
fn generic_step(line: &ProofLine) -> GenericStep {
    let formula = |formula: &Formula, text: &str, remainder: Option<u32>| GenericFormula {
        formula: formula.clone(),
        text: text.to_owned(),
        remainder,
        derivation: line.derivation.clone(),
    };
    GenericStep {
        item: line.item.clone(),
        start: formula(&line.left, &line.left_text, line.left_remainder),
        end: formula(&line.right, &line.right_text, line.right_remainder),
        order: line.order,
        reason: line.reason.clone(),
    }
}

fn proved(report: &Report) -> bool {
    report.status == Status::Proved && report.claims.iter().all(|outcome| outcome.status == Status::Proved)
}
