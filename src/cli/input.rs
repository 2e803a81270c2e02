//! Targets to families and derivations.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use fisherproof::catalogue;
use fisherproof::diagnostic::{Diagnostic, Severity};
use fisherproof::model::family::Family;
use fisherproof::model::resolve_family;
use fisherproof::source::{Source, Span};
use fisherproof::syntax;
use fisherproof::syntax::tree::{DerivationTree, Item};

use super::Failure;
use super::message::Console;

/// One source, understood.
pub struct Input {
    pub source: Source,
    pub items: Vec<Understood>,
}

pub enum Understood {
    /// With its place in the source.
    Family(Box<Family>, Span),
    Derivation(Box<DerivationTree>),
}

impl Input {
    pub fn families(&self) -> impl Iterator<Item = (&Family, Span)> {
        self.items.iter().filter_map(|item| match item {
            Understood::Family(family, span) => Some((&**family, *span)),
            Understood::Derivation(_) => None,
        })
    }
}

/// Reads all targets, and tells everything that is wrong with any of them before it gives up.
pub fn read(targets: &[String], console: &Console) -> Result<Vec<Input>, Failure> {
    if targets.iter().filter(|target| *target == "-").count() > 1 {
        return Err(Failure::Input("standard input can be read only once".to_owned()));
    }
    let mut inputs = Vec::new();
    let mut failed = false;
    for target in targets {
        match source(target) {
            Ok(source) => match understand(source, console) {
                Some(input) => inputs.push(input),
                None => failed = true,
            },
            Err(Unread::Diagnostic(diagnostic)) => {
                console.diagnostic(&diagnostic, &Source::new(target, ""));
                failed = true;
            }
            Err(Unread::Io(error)) => {
                console.error(&format!("{target} cannot be read: {}", io_words(&error)));
                failed = true;
            }
        }
    }
    if failed { Err(Failure::Told) } else { Ok(inputs) }
}

/// Why a file cannot be read, without the numbers of an operating system where there are words for it.
pub fn io_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "there is no permission to".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        _ => error.to_string(),
    }
}

enum Unread {
    Diagnostic(Box<Diagnostic>),
    Io(io::Error),
}

impl From<Box<Diagnostic>> for Unread {
    fn from(diagnostic: Box<Diagnostic>) -> Self {
        Unread::Diagnostic(diagnostic)
    }
}

impl From<io::Error> for Unread {
    fn from(error: io::Error) -> Self {
        Unread::Io(error)
    }
}

/// A catalogue name, `-`, or a path: whatever has a separator or an extension is a path.
fn source(target: &str) -> Result<Source, Unread> {
    if target == "-" {
        return Ok(Source::from_bytes("standard input", &bytes(io::stdin().lock())?)?);
    }
    let path = Path::new(target);
    let is_path = path.extension().is_some() || path.components().count() > 1;
    if !is_path {
        match catalogue::find(target) {
            Ok(entry) => return Ok(entry.source()),
            Err(diagnostic) if !path.is_file() => return Err(diagnostic.into()),
            Err(_) => {}
        }
    }
    let file = File::open(path)?;
    let length = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
    if length > Source::LIMIT {
        return Err(Box::new(Source::too_large(target, length)).into());
    }
    Ok(Source::from_bytes(target, &bytes(file)?)?)
}

/// All bytes, but no more than it takes to see that there are too many.
fn bytes(reader: impl Read) -> io::Result<Vec<u8>> {
    const ENOUGH: u64 = Source::LIMIT as u64 + 1;
    let mut bytes = Vec::new();
    reader.take(ENOUGH).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Parses and resolves; `None` when there was an error, which has been told.
fn understand(source: Source, console: &Console) -> Option<Input> {
    let (file, mut diagnostics) = syntax::parse(&source);
    let mut items = Vec::new();
    for item in file.items {
        match item {
            Item::Family(tree) => {
                let (family, own) = resolve_family(&tree, &source);
                diagnostics.extend(own);
                items.extend(family.map(|family| Understood::Family(Box::new(family), tree.span)));
            }
            Item::Derivation(tree) => items.push(Understood::Derivation(Box::new(tree))),
        }
    }
    diagnostics.sort_by_key(|diagnostic| diagnostic.primary.as_ref().map_or(0, |(span, _)| span.start));
    for diagnostic in &diagnostics {
        console.diagnostic(diagnostic, &source);
    }
    let failed = diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    (!failed).then_some(Input { source, items })
}
