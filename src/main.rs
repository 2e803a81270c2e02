//! The command line: parses arguments, calls the library, sets the exit code.

#![forbid(unsafe_code)]

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    // It may run the program anew; nothing may have been read or written before.
    fisherproof::cas::startup();
    cli::run()
}
