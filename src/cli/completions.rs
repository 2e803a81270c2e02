//! `fisherproof completions SHELL`

use clap::CommandFactory;

use super::arguments::{Arguments, Completions};
use super::output::to_stdout;
use super::{Failure, Outcome};

pub fn run(arguments: &Completions) -> Result<Outcome, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "fisherproof", &mut script);
    to_stdout(&String::from_utf8_lossy(&script))?;
    Ok(Outcome::Proved)
}
