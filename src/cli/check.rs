//! `fisherproof check FILE…`

use std::collections::BTreeSet;

use fisherproof::derive::report::{CheckKind, Report, Status};
use fisherproof::render::{self, Options, Part};

use super::arguments::Check;
use super::derive::work_out;
use super::message::Console;
use super::output::Destination;
use super::{Failure, Outcome, input, start_engine};

pub fn run(arguments: &Check, console: &Console) -> Result<Outcome, Failure> {
    let destination = Destination::new(&arguments.document, &arguments.targets)?;
    let inputs = input::read(&arguments.targets, console)?;
    start_engine()?;
    let mut reports = Vec::new();
    for input in &inputs {
        for (family, _) in input.families() {
            let report = work_out(family)?.report;
            if report.claims.is_empty() {
                console.note(&format!("{}: family {} claims nothing", input.source.name, family.name));
            }
            reports.push(report);
        }
    }
    let options = Options {
        only: Some(BTreeSet::from([Part::Claims, Part::Remarks])),
        width: destination.width,
        standalone: arguments.document.standalone,
        proof: false,
    };
    if !reports.is_empty() {
        destination.write(&render::reports(&reports, destination.format, &options))?;
    }
    Ok(Outcome::of(reports.iter().all(holds)))
}

/// All claims are proved, and they are about a density.
fn holds(report: &Report) -> bool {
    let normalized = |report: &Report| {
        report.checks.iter().any(|check| check.kind == CheckKind::Normalization && check.status == Status::Proved)
    };
    normalized(report) && report.claims.iter().all(|outcome| outcome.status == Status::Proved)
}
