//! `fisherproof show NAME`

use fisherproof::catalogue;
use fisherproof::source::Source;

use super::arguments::Show;
use super::message::Console;
use super::output::to_stdout;
use super::{Failure, Outcome};

pub fn run(arguments: &Show, console: &Console) -> Result<Outcome, Failure> {
    let entry = catalogue::find(&arguments.name).map_err(|diagnostic| {
        console.diagnostic(&diagnostic, &Source::new("", ""));
        Failure::Told
    })?;
    to_stdout(entry.text)?;
    Ok(Outcome::Proved)
}
