//! `fisherproof verify FILE`: a saved certificate, replayed without the algebra engine.

use std::fmt::Write;
use std::fs;

use fisherproof::certificate::{self, Saved, Verified};
use fisherproof::kernel::lemma::Lemma;
use fisherproof::kernel::theorem::Theorem;
use fisherproof::model::family::Family;
use fisherproof::source::Source;
use fisherproof::syntax;
use fisherproof::syntax::tree::{FamilyEntry, Item};

use super::arguments::Verify;
use super::message::Console;
use super::output::to_stdout;
use super::{Failure, Outcome, input};

pub fn run(arguments: &Verify, console: &Console) -> Result<Outcome, Failure> {
    let path = arguments.file.display();
    let unread = |reason: &dyn std::fmt::Display| Failure::Input(format!("{path} cannot be read: {reason}"));
    let text = fs::read_to_string(&arguments.file).map_err(|error| unread(&input::io_words(&error)))?;
    let saved = certificate::read(&text).map_err(|error| unread(&error))?;
    let against = match &arguments.against {
        Some(target) => Some((target, lone_family(target, console)?)),
        None => None,
    };
    let (family, verified) = match certificate::verify(&saved) {
        Ok(found) => found,
        Err(reason) => {
            console.error(&format!("{path} is rejected: {reason}"));
            return Ok(Outcome::Unproved);
        }
    };
    if let Some((target, own)) = against
        && !certificate::same_family(&own, &family)
    {
        console.error(&format!("{path} is rejected: it is about another density than {target}"));
        return Ok(Outcome::Unproved);
    }
    to_stdout(&document(&saved, &family, &verified))?;
    Ok(Outcome::Proved)
}

fn lone_family(target: &str, console: &Console) -> Result<Family, Failure> {
    let inputs = input::read(&[target.to_owned()], console)?;
    let families: Vec<&Family> = inputs.iter().flat_map(|input| input.families()).map(|(family, _)| family).collect();
    match families.as_slice() {
        [family] => Ok((*family).clone()),
        several => Err(Failure::Input(format!("{target} should hold one family, not {}", several.len()))),
    }
}

/// What was proved, and about what: a reader who does not trust the file must see both.
fn document(saved: &Saved, family: &Family, verified: &[Verified]) -> String {
    let steps = saved.certificate.steps.len();
    let mut out = format!("{}: {steps} steps replayed, none of them by the algebra engine. For\n", family.name);
    for line in declarations(&saved.family) {
        let _ = writeln!(out, "    {line}");
    }
    out.push_str("it is proved that\n");
    for Verified { statement, theorem } in verified {
        let _ = writeln!(out, "    {} = {}", statement.quantity, statement.value);
        let _ = writeln!(out, "        where it is {}{}", statement.definition, grounds(theorem));
    }
    out
}

/// The entries of the family that say what it is, as typed.
fn declarations(family: &str) -> Vec<String> {
    let source = Source::new("", family);
    let (file, _) = syntax::parse(&source);
    let entries = file.items.into_iter().flat_map(|item| match item {
        Item::Family(tree) => tree.entries,
        Item::Derivation(_) => Vec::new(),
    });
    entries
        .filter(|entry| {
            use FamilyEntry::{Claim, Notation, Source, Substitute};
            !matches!(entry.node, Claim { .. } | Notation(_) | Source(_) | Substitute { .. })
        })
        .map(|entry| source.slice(entry.span).to_owned())
        .collect()
}

/// What the theorem assumes and rests on.
fn grounds(theorem: &Theorem) -> String {
    let mut out = String::new();
    let assumptions: Vec<String> = theorem.assumptions().iter().map(|term| format!("{term} != 0")).collect();
    if !assumptions.is_empty() {
        let _ = write!(out, "; assuming {}", assumptions.join(", "));
    }
    let reference = |name: &str| Lemma::find(name).map_or("", |lemma| lemma.reference);
    let lemmas: Vec<String> = theorem.lemmas().iter().map(|name| format!("{name} ({})", reference(name))).collect();
    if !lemmas.is_empty() {
        let _ = write!(out, "; by {}", lemmas.join(", "));
    }
    out
}
