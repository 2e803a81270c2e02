//! What the names of a family mean.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::kernel::term::{Name, Term};
use crate::source::Span;
use crate::syntax::tree::Ident;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Variate,
    Parameter,
    Constant,
    Given,
    Let,
    /// A value of a finite set, named instead of numbered.
    Label,
    /// A natural parameter or a statistic of the exponential-family form.
    Component,
}

impl Role {
    /// With its article, as messages speak of it.
    pub fn phrase(self) -> &'static str {
        match self {
            Role::Variate => "a variate",
            Role::Parameter => "a parameter",
            Role::Constant => "a constant",
            Role::Given => "a covariate",
            Role::Let => "a `let`",
            Role::Label => "a label",
            Role::Component => "a natural parameter or a statistic",
        }
    }
}

#[derive(Clone, Debug)]
pub enum Meaning {
    /// The name stands for itself.
    Variable,
    /// The name stands for a term.
    Value(Term),
    /// A `let` further down.
    Later,
    /// A definition with a mistake of its own, which has been reported.
    Broken,
}

#[derive(Clone, Debug)]
pub struct Entry {
    pub role: Role,
    pub meaning: Meaning,
    pub span: Span,
    pub used: bool,
}

#[derive(Clone, Debug, Default)]
pub struct Scope {
    pub entries: BTreeMap<String, Entry>,
    /// Whether names that are not declared stand for themselves, and the formal terms of the kernel
    /// are understood.
    pub formal: bool,
}

/// The constants of the language, and the bound that is no number.
pub const RESERVED: [&str; 4] = ["pi", "e", "euler_gamma", "infinity"];

impl Scope {
    /// A scope of plain names, for expressions outside of a family.
    pub fn of_names(names: &[Name]) -> Self {
        let entry = Entry { role: Role::Parameter, meaning: Meaning::Variable, span: Span::default(), used: false };
        Scope { entries: names.iter().map(|name| (name.as_str().to_string(), entry.clone())).collect(), formal: false }
    }

    /// Declares a name, unless it is taken or reserved.
    pub fn declare(&mut self, name: &Ident, role: Role, meaning: Meaning) -> Result<(), Box<Diagnostic>> {
        let word = &name.node;
        if RESERVED.contains(&word.as_str()) {
            let what = if word == "infinity" { "is no number" } else { "is a constant of mathematics here" };
            return Err(Box::new(
                Diagnostic::error("reserved-name", format!("`{word}` {what} and cannot be declared"))
                    .at(name.span, "reserved")
                    .help(format!("give it another name, for example `{word}_1`")),
            ));
        }
        if let Some(earlier) = self.entries.get(word) {
            return Err(Box::new(
                Diagnostic::error("declared-twice", format!("`{word}` is declared twice"))
                    .at(name.span, "declared again")
                    .also(earlier.span, format!("first declared here, as {}", earlier.role.phrase()))
                    .help("rename one of them"),
            ));
        }
        self.entries.insert(word.clone(), Entry { role, meaning, span: name.span, used: false });
        Ok(())
    }

    pub fn set(&mut self, name: &str, meaning: Meaning) {
        if let Some(entry) = self.entries.get_mut(name) {
            entry.meaning = meaning;
        }
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    pub fn role(&self, name: &str) -> Option<Role> {
        self.entries.get(name).map(|entry| entry.role)
    }

    /// Whether a term speaks of a name with this role.
    pub fn mentions(&self, term: &Term, role: Role) -> bool {
        term.variables().iter().any(|name| self.role(name.as_str()) == Some(role))
    }
}
