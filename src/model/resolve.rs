//! A family's tree to a family.

use std::collections::BTreeSet;

use super::declaration::declared;
use super::expression::Resolver;
use super::family::{DensityForm, Family};
use super::massless::Massless;
use super::scope::{Meaning, Role, Scope};
use crate::diagnostic::Diagnostic;
use crate::kernel::domain::Support;
use crate::kernel::term::{Name, Term};
use crate::source::{Source, Span};
use crate::syntax::tree::{FamilyEntry, FamilyTree};

/// Definitions that use each other nest; this bounds the stack of everybody who walks the terms.
const DEPTH_LIMIT: usize = 150;

/// Whether a term is nested at most this deep.
fn shallow(term: &Term, depth: usize) -> bool {
    depth > 0 && term.children().all(|child| shallow(child, depth - 1))
}

/// Resolves every name of a family. There is a family only if there is no error, here or
/// in the syntax of its entries; there may be warnings beside it. Entries may stand in any order, except that a `let` may only use those above
/// it.
pub fn resolve_family(tree: &FamilyTree, source: &Source) -> (Option<Family>, Vec<Diagnostic>) {
    let mut resolver = Resolver::new(Scope::default());
    let family = resolver.family(tree, source);
    let family = if resolver.has_errors() || !tree.complete { None } else { family };
    let mut diagnostics = resolver.diagnostics;
    diagnostics.sort_by_key(|diagnostic| diagnostic.primary.as_ref().map_or(0, |(span, _)| span.start));
    (family, diagnostics)
}

impl Resolver {
    fn family(&mut self, tree: &FamilyTree, source: &Source) -> Option<Family> {
        self.complete = tree.complete;
        self.declare_names(tree);
        self.declare_definitions(tree);
        self.check_second_names();
        let mut declared = self.domains(tree);
        self.definitions(tree);
        self.conditions(tree, &mut declared);
        let discrete = declared.support.as_ref().map(Support::is_discrete);
        let density = self.density(tree, discrete);
        let substitution = self.substitution(tree);
        let claims = self.claims(tree, source);
        let notation = self.notation(tree);
        let citation = self.citation(tree);
        if tree.complete {
            self.check_presence(tree);
        }
        if let Some(density) = density.as_ref().filter(|_| tree.complete) {
            self.check_use(tree, density, declared.support.as_ref());
        }
        let mut family = Family {
            name: tree.name.node.clone(),
            title: tree.title.as_ref().map(|title| title.node.clone()),
            variate: declared.support?,
            parameters: declared.parameters,
            constants: declared.constants,
            given: declared.given,
            context: declared.context,
            density: density?,
            massless: Massless::default(),
            substitution,
            notation,
            source: citation,
            claims,
            span: tree.name.span,
        };
        if tree.complete && !self.has_errors() {
            family.leave_out_massless();
        }
        Some(family)
    }

    fn declare_definitions(&mut self, tree: &FamilyTree) {
        for entry in &tree.entries {
            if let FamilyEntry::Let { name, .. } = &entry.node
                && let Err(diagnostic) = self.scope.declare(name, Role::Let, Meaning::Later)
            {
                self.report(*diagnostic);
            }
        }
    }

    fn definitions(&mut self, tree: &FamilyTree) {
        for entry in &tree.entries {
            let FamilyEntry::Let { name, body } = &entry.node else { continue };
            // A second definition of the name was reported and is only read for its own mistakes.
            let first = self.scope.entries.get(&name.node).is_some_and(|own| own.span == name.span);
            self.defining = Some(name.node.clone());
            let mut term = self.term(body);
            self.defining = None;
            if term.as_ref().is_some_and(|term| !shallow(term, DEPTH_LIMIT)) {
                term = None;
                self.report(
                    Diagnostic::error(
                        "too-deep",
                        format!("written out, `{}` is nested more than {DEPTH_LIMIT} deep", name.node),
                    )
                    .at(body.span, "too deep")
                    .note("every `let` is written out in full"),
                );
            }
            if first {
                self.scope.set(&name.node, term.map_or(Meaning::Broken, Meaning::Value));
            }
        }
    }

    fn substitution(&mut self, tree: &FamilyTree) -> Option<(Name, Term)> {
        let mut found: Option<((Name, Term), Span)> = None;
        for entry in &tree.entries {
            let FamilyEntry::Substitute { name, body } = &entry.node else { continue };
            if let Some((_, earlier)) = found {
                self.twice("substitute", entry.span, earlier);
                continue;
            }
            if let Some(own) = self.scope.entries.get(&name.node) {
                let declared = own.span;
                self.report(
                    Diagnostic::error("declared-twice", format!("`{}` is declared already", name.node))
                        .at(name.span, "a substitution needs a new name")
                        .also(declared, "declared here")
                        .help("write for example `substitute u = log(x)`"),
                );
            }
            let Some(term) = self.term(body) else { continue };
            if !self.scope.mentions(&term, Role::Variate) {
                self.report(
                    Diagnostic::error(
                        "wrong-place",
                        "a substitution replaces the variate, and this does not contain one",
                    )
                    .at(body.span, "expected a function of the variate"),
                );
            }
            found = Some(((Name::new(&name.node), term), entry.span));
        }
        found.map(|(substitution, _)| substitution)
    }

    fn notation(&mut self, tree: &FamilyTree) -> Vec<(Name, String)> {
        let mut notation: Vec<(Name, String)> = Vec::new();
        for entry in &tree.entries {
            let FamilyEntry::Notation(list) = &entry.node else { continue };
            for (name, latex) in list {
                let own = Name::new(&name.node);
                if self.scope.role(&name.node).is_none() {
                    self.report(
                        Diagnostic::error(
                            "unknown-name",
                            format!("notation is given for `{}`, which is not declared", name.node),
                        )
                        .at(name.span, "not declared")
                        .did_you_mean(&name.node, self.scope.names()),
                    );
                } else if notation.iter().any(|(earlier, _)| *earlier == own) {
                    self.report(
                        Diagnostic::error("declared-twice", format!("the notation of `{own}` is given twice"))
                            .at(name.span, "a second time"),
                    );
                } else if let Some(mistake) = mistake_in_latex(&latex.node) {
                    self.report(
                        Diagnostic::error("broken-notation", format!("the notation of `{own}` would not compile"))
                            .at(latex.span, mistake)
                            .note("it is set inside formulas, as it stands"),
                    );
                } else {
                    notation.push((own, latex.node.clone()));
                }
            }
        }
        notation
    }

    fn citation(&mut self, tree: &FamilyTree) -> Option<String> {
        let mut found: Option<(String, Span)> = None;
        for entry in &tree.entries {
            let FamilyEntry::Source(text) = &entry.node else { continue };
            match &found {
                Some((_, earlier)) => self.twice("source", entry.span, *earlier),
                None => found = Some((text.node.clone(), entry.span)),
            }
        }
        found.map(|(text, _)| text)
    }

    fn check_presence(&mut self, tree: &FamilyTree) {
        let has = |role| declared(tree).any(|(own, _)| own == role);
        if !has(Role::Variate) {
            self.report(
                Diagnostic::error("missing-variate", format!("family {} has no variate", tree.name.node))
                    .at(tree.name.span, "this family")
                    .help("declare what the density is a density of: `variate x : real`"),
            );
        }
        if !has(Role::Parameter) {
            self.report(
                Diagnostic::error("missing-parameter", format!("family {} has no parameter", tree.name.node))
                    .at(tree.name.span, "this family")
                    .note("the Fisher information is taken with respect to parameters")
                    .help("declare at least one: `parameter mu : real`"),
            );
        }
    }

    /// Parameters that the density does not depend on make the Fisher information singular; unused
    /// constants and definitions are harmless.
    fn check_use(&mut self, tree: &FamilyTree, density: &DensityForm, support: Option<&Support>) {
        let mut used = density_variables(density);
        used.extend(support.into_iter().flat_map(support_variables));
        for name in Self::parameter_names(tree) {
            let declared_here = self.scope.entries.get(&name.node).is_some_and(|entry| entry.span == name.span);
            if declared_here && !used.contains(&Name::new(&name.node)) {
                self.report(
                    Diagnostic::error(
                        "unused-parameter",
                        format!("the density does not depend on the parameter `{}`", name.node),
                    )
                    .at(name.span, "declared, but not used in the density")
                    .help("use it, or leave it out: its Fisher information would be 0"),
                );
            }
        }
        let idle: Vec<(String, Span)> = self
            .scope
            .entries
            .iter()
            .filter(|(_, entry)| matches!(entry.role, Role::Constant | Role::Given | Role::Let) && !entry.used)
            .map(|(name, entry)| (name.clone(), entry.span))
            .collect();
        for (name, span) in idle {
            self.report(Diagnostic::warning("unused-name", format!("`{name}` is never used")).at(span, "not used"));
        }
    }
}

/// What keeps LaTeX from standing inside a formula.
fn mistake_in_latex(latex: &str) -> Option<&'static str> {
    let (mut depth, mut escaped) = (0_i32, false);
    for letter in latex.chars() {
        match letter {
            _ if escaped => {}
            '{' => depth += 1,
            '}' => depth -= 1,
            '$' => return Some("a `$` would end the formula"),
            '%' => return Some("a `%` would begin a comment"),
            '#' | '&' => return Some("`#` and `&` have a meaning of their own; write `\\#`, `\\&`"),
            _ => {}
        }
        escaped = letter == '\\' && !escaped;
        if depth < 0 {
            return Some("this `}` closes nothing");
        }
    }
    match (depth, escaped, latex.trim().is_empty()) {
        (0, false, false) => None,
        (0, true, _) => Some("it ends with a lone backslash"),
        (0, false, true) => Some("it is empty"),
        _ => Some("a `{` is not closed"),
    }
}

fn density_variables(density: &DensityForm) -> BTreeSet<Name> {
    match density {
        DensityForm::Density { body, .. } | DensityForm::LogDensity { body, .. } => body.variables(),
        DensityForm::Exponential { natural, statistic, log_partition, base, .. } => {
            let components = natural.iter().chain(statistic).map(|(_, term)| term);
            components.chain([log_partition, base]).flat_map(Term::variables).collect()
        }
    }
}

fn support_variables(support: &Support) -> BTreeSet<Name> {
    match support {
        Support::Product { coordinates, inequalities } => {
            let bounds = coordinates.iter().flat_map(|(_, domain)| domain.bounds());
            bounds.chain(inequalities).flat_map(Term::variables).collect()
        }
        Support::Points { points, .. } => points.iter().flatten().flat_map(Term::variables).collect(),
    }
}
