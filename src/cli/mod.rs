//! The commands, one file each, and what they have in common: arguments in, exit code out.
//!
//! Results go to standard output or to the file of `-o`, messages to standard error. The exit code is
//! 0 when everything asked was proved, 1 when something was refuted or not proved, 2 when the question
//! could not be understood, and 75 when another program holds the algebra engine.

mod arguments;
mod check;
mod completions;
mod derivation;
mod derive;
mod input;
mod list;
mod message;
mod new;
mod output;
mod render;
mod rules;
mod show;
mod values;
mod verify;

use std::process::ExitCode;

use clap::Parser;
use fisherproof::cas::{self, CasError};

use arguments::{Arguments, Command};
use message::Console;

/// What a command found out, when it could do its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Proved,
    /// Something was refuted or not proved.
    Unproved,
}

impl Outcome {
    fn of(proved: bool) -> Outcome {
        if proved { Outcome::Proved } else { Outcome::Unproved }
    }
}

/// Why a command could not do its work.
#[derive(Debug)]
enum Failure {
    /// The user has been told.
    Told,
    /// One sentence about what is wrong with the arguments or the files.
    Input(String),
    Engine(CasError),
}

/// Deep terms recurse: more room than a main thread has. It is only reserved, not used up.
const STACK: usize = 256 << 20;

/// A run of the program.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    arguments.color.apply();
    cas::set_quiet(arguments.quiet);
    let work = std::thread::Builder::new().name("main".to_owned()).stack_size(STACK);
    let outcome = work.spawn(|| dispatch(arguments)).map(std::thread::JoinHandle::join);
    ExitCode::from(match outcome {
        Ok(Ok(code)) => code,
        // A panic has already said where it happened.
        _ => {
            Console::new(false).error("the program broke down; this is a defect of it, not of what it was given");
            2
        }
    })
}

fn dispatch(arguments: Arguments) -> u8 {
    let console = Console::new(arguments.quiet);
    let result = match &arguments.command {
        Command::Derive(own) => derive::run(own, &console),
        Command::Check(own) => check::run(own, &console),
        Command::Render(own) => render::run(own, &console),
        Command::Verify(own) => verify::run(own, &console),
        Command::Rules(own) => rules::run(own),
        Command::List(own) => list::run(own),
        Command::Show(own) => show::run(own, &console),
        Command::New(own) => new::run(own),
        Command::Completions(own) => completions::run(own),
    };
    match result {
        Ok(Outcome::Proved) => 0,
        Ok(Outcome::Unproved) => 1,
        Err(Failure::Told) => 2,
        Err(Failure::Input(sentence)) => {
            console.error(&sentence);
            2
        }
        Err(Failure::Engine(error)) => {
            console.error(&error.to_string());
            if error == CasError::HeldElsewhere { error.exit_code() } else { 2 }
        }
    }
}

/// What was worked out without the algebra engine, because it could not be had, is not shown.
fn with_engine() -> Result<(), Failure> {
    cas::available().map_err(Failure::Engine)
}
