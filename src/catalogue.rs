//! The families and proofs that are compiled into the program, as their source texts.
//!
//! The table is made by `build.rs` from the files in `derivations/`; no Rust code names any of them.

use crate::diagnostic::Diagnostic;
use crate::model::family::Family;
use crate::model::resolve_family;
use crate::source::Source;
use crate::syntax::parse;
use crate::syntax::tree::Item;

mod table {
    include!(concat!(env!("OUT_DIR"), "/catalogue.rs"));
}

/// One file of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The file's name without its extension: what the entry is called by.
    pub name: &'static str,
    pub text: &'static str,
    extension: &'static str,
}

impl Entry {
    pub fn source(&self) -> Source {
        Source::new(&format!("{}.{}", self.name, self.extension), self.text)
    }
}

/// Every family, by name.
pub fn families() -> impl Iterator<Item = Entry> {
    table::FAMILIES.iter().map(|&(name, text)| Entry { name, text, extension: "fam" })
}

/// Every derivation, by name.
pub fn proofs() -> impl Iterator<Item = Entry> {
    table::PROOFS.iter().map(|&(name, text)| Entry { name, text, extension: "drv" })
}

/// The entry of this name, whatever its capitals and word breaks: `inverse_gamma`, `InverseGamma`
/// and `inverse-gamma` are one name.
///
/// # Errors
/// A message with the name that was most likely meant.
pub fn find(name: &str) -> Result<Entry, Box<Diagnostic>> {
    let wanted = folded(name);
    if let Some(entry) = families().chain(proofs()).find(|entry| folded(entry.name) == wanted) {
        return Ok(entry);
    }
    let names: Vec<&str> = families().chain(proofs()).map(|entry| entry.name).collect();
    let spelled = name.to_lowercase().replace(['-', ' '], "_");
    let diagnostic = Diagnostic::error("unknown-family", format!("the catalogue holds no `{name}`"))
        .did_you_mean(&spelled, names)
        .help("`fisherproof list` names what it holds; a file of your own is given by its path, as in `./my.fam`");
    Err(Box::new(diagnostic))
}

/// The family of this name, resolved; `None` where the catalogue holds no such family.
pub fn family(name: &str) -> Option<Family> {
    let wanted = folded(name);
    let source = families().find(|entry| folded(entry.name) == wanted)?.source();
    let (file, _) = parse(&source);
    file.items.iter().find_map(|item| match item {
        Item::Family(tree) => resolve_family(tree, &source).0,
        Item::Derivation(_) => None,
    })
}

fn folded(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
