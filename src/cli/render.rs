//! `fisherproof render FILE.drv…`

use fisherproof::render::derivation::DerivationOptions;

use super::arguments::Render;
use super::message::Console;
use super::output::Destination;
use super::{Failure, Outcome, derivation, input};

pub fn run(arguments: &Render, console: &Console) -> Result<Outcome, Failure> {
    let destination = Destination::new(&arguments.document, &arguments.targets)?;
    let inputs = input::read(&arguments.targets, console)?;
    let reports = derivation::reports(&inputs, console)?;
    if reports.is_empty() {
        return Err(Failure::Input("no derivation to render; a family is rendered by `fisherproof derive`".to_owned()));
    }
    let options = DerivationOptions {
        standalone: arguments.document.standalone,
        numbered: arguments.numbered,
        width: destination.width,
    };
    destination.write(&derivation::document(&reports, destination.format, &options)?)?;
    Ok(Outcome::of(reports.iter().all(derivation::holds)))
}
