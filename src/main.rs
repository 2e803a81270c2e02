//! The command line: parses arguments, calls the library, sets the exit code.

#![forbid(unsafe_code)]

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    // This run may be the engine of another; nothing may have been read or written before.
    match fisherproof::cas::startup() {
        Some(code) => ExitCode::from(code),
        None => {
            let code = cli::run();
            fisherproof::cas::finish();
            code
        }
    }
}
