//! `fisherproof derive TARGET…`

use fisherproof::catalogue;
use fisherproof::derive::family::{Derived, derive_with};
use fisherproof::derive::report::{Report, Status};
use fisherproof::model::family::Family;
use fisherproof::render::{self, Options};

use super::arguments::Derive;
use super::input::{self, Input};
use super::message::Console;
use super::output::Destination;
use super::{Failure, Outcome, start_engine, values};

pub fn run(arguments: &Derive, console: &Console) -> Result<Outcome, Failure> {
    let targets: Vec<String> = match arguments.all {
        true => catalogue::families().map(|entry| entry.name.to_owned()).collect(),
        false => arguments.targets.clone(),
    };
    let destination = Destination::new(&arguments.document, &targets)?;
    let inputs = input::read(&targets, console)?;
    let families = families(&inputs)?;
    let point = match &arguments.at {
        Some(text) => Some(values::Point::read(text, &families, console)?),
        None => None,
    };
    start_engine()?;
    let mut reports = Vec::new();
    for family in families {
        let Derived { mut report, certificate: _ } = work_out(family, arguments.proof)?;
        if let Some(point) = &point {
            report.values = Some(values::at(&report, point));
        }
        reports.push(report);
    }
    let options = Options {
        only: arguments.only.as_ref().map(|parts| parts.iter().copied().collect()),
        width: destination.width,
        standalone: arguments.document.standalone,
        proof: arguments.proof,
    };
    destination.write(&render::reports(&reports, destination.format, &options))?;
    Ok(Outcome::of(reports.iter().all(proved)))
}

/// The families of all inputs.
///
/// # Errors
/// When a target holds none.
fn families(inputs: &[Input]) -> Result<Vec<&Family>, Failure> {
    let mut families = Vec::new();
    for input in inputs {
        let before = families.len();
        families.extend(input.families().map(|(family, _)| family));
        if families.len() == before {
            let name = &input.source.name;
            return Err(Failure::Input(format!(
                "{name} holds no family; a derivation is checked by `fisherproof check`"
            )));
        }
    }
    Ok(families)
}

/// Everything about one family.
///
/// # Errors
/// When its declarations contradict each other.
pub fn work_out(family: &Family, explain: bool) -> Result<Derived, Failure> {
    derive_with(family, explain).map_err(|rejection| Failure::Input(format!("family {}: {rejection}", family.name)))
}

fn proved(report: &Report) -> bool {
    report.status == Status::Proved && report.claims.iter().all(|outcome| outcome.status == Status::Proved)
}
