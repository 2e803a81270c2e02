//! `fisherproof new NAME`

use std::path::Path;

use super::arguments::New;
use super::output::{to_file, to_stdout};
use super::{Failure, Outcome};

/// A family that is complete and true, so that `check` passes on it as it stands.
const TEMPLATE: &str = include_str!("template.fam");

pub fn run(arguments: &New) -> Result<Outcome, Failure> {
    let text = TEMPLATE.replace("@NAME@", &name(&arguments.name)?);
    match arguments.output.as_deref().filter(|path| *path != Path::new("-")) {
        None => to_stdout(&text)?,
        Some(path) if path.exists() => {
            return Err(Failure::Input(format!("{} exists already", path.display())));
        }
        Some(path) => to_file(path, &text)?,
    }
    Ok(Outcome::Proved)
}

/// # Errors
/// When it cannot be the name of a family.
fn name(typed: &str) -> Result<String, Failure> {
    let fits = typed.starts_with(|c: char| c.is_ascii_alphabetic())
        && typed.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if fits {
        Ok(typed.to_owned())
    } else {
        Err(Failure::Input(format!("`{typed}` cannot name a family: a letter, then letters, digits and `_`")))
    }
}
