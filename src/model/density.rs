//! The density: as a density or mass, as its logarithm, or in exponential-family form.

use super::expression::{Resolver, count};
use super::family::DensityForm;
use super::scope::{Meaning, Role};
use crate::diagnostic::Diagnostic;
use crate::kernel::term::{Name, Term};
use crate::source::Span;
use crate::syntax::tree::{Expression, ExpressionKind, FamilyEntry, FamilyTree, Ident};

/// The entries of the exponential-family form, with the place of each.
#[derive(Default)]
struct Parts<'t> {
    natural: Option<(&'t [(Ident, Expression)], Span)>,
    statistic: Option<(&'t [(Ident, Expression)], Span)>,
    log_partition: Option<(&'t Expression, Span)>,
    base: Option<(&'t Expression, Span)>,
}

const NATURAL_REASON: &str = "a natural parameter cannot depend on a variate: that part belongs to the statistic";
const STATISTIC_REASON: &str = "a statistic cannot depend on a parameter: that part belongs to the natural parameter";
const LOG_PARTITION_REASON: &str =
    "the log-partition cannot depend on a variate: that part belongs to the base or the statistic";
const BASE_REASON: &str = "the base cannot depend on a parameter: that part belongs to the log-partition";

impl Resolver {
    /// The density in whichever form it is written. `discrete` is what the variate's domain says,
    /// where it is known.
    pub fn density(&mut self, tree: &FamilyTree, discrete: Option<bool>) -> Option<DensityForm> {
        let mut density: Option<(DensityForm, Span)> = None;
        let mut first: Option<Span> = None;
        let mut parts = Parts::default();
        for entry in &tree.entries {
            let span = entry.span;
            match &entry.node {
                FamilyEntry::Density { discrete: mass, logarithmic, body } => {
                    if let Some(earlier) = first {
                        self.twice("density", span, earlier);
                        continue;
                    }
                    first = Some(span);
                    self.check_measure(*mass, *logarithmic, discrete, span);
                    if let Some(term) = self.term(body) {
                        let form = match logarithmic {
                            true => DensityForm::LogDensity { body: term, span: body.span },
                            false => DensityForm::Density { body: term, span: body.span },
                        };
                        density = Some((form, span));
                    }
                }
                FamilyEntry::Natural(list) => self.once(&mut parts.natural, list, span, "natural"),
                FamilyEntry::Statistic(list) => self.once(&mut parts.statistic, list, span, "statistic"),
                FamilyEntry::LogPartition { body, .. } => {
                    self.once(&mut parts.log_partition, body, span, "log-partition")
                }
                FamilyEntry::Base { body, .. } => self.once(&mut parts.base, body, span, "base"),
                _ => {}
            }
        }
        let part = [
            parts.natural.map(|(_, span)| span),
            parts.statistic.map(|(_, span)| span),
            parts.log_partition.map(|(_, span)| span),
            parts.base.map(|(_, span)| span),
        ];
        let part = part.into_iter().flatten().next();
        match (first, part) {
            (Some(earlier), Some(part)) => {
                self.report(
                    Diagnostic::error(
                        "density-twice",
                        "the density is written twice: as itself and in exponential-family form",
                    )
                    .at(part, "the exponential-family form")
                    .also(earlier, "the density")
                    .help("keep one of them; the other can be claimed: `claim natural = …`, `claim log-partition = …`"),
                );
                None
            }
            (Some(_), None) => density.map(|(form, _)| form),
            (None, Some(_)) => self.exponential_form(tree, &parts),
            (None, None) if !self.complete => None,
            (None, None) => {
                let keyword = if discrete == Some(true) { "mass" } else { "density" };
                self.report(
                    Diagnostic::error("missing-density", format!("family {} has no density", tree.name.node))
                        .at(tree.name.span, "this family")
                        .help(format!("add an entry `{keyword} …`, or `natural`, `statistic` and `log-partition`")),
                );
                None
            }
        }
    }

    fn once<'t, T: ?Sized>(&mut self, place: &mut Option<(&'t T, Span)>, value: &'t T, span: Span, entry: &str) {
        match place {
            Some((_, earlier)) => self.twice(entry, span, *earlier),
            None => *place = Some((value, span)),
        }
    }

    pub fn twice(&mut self, entry: &str, span: Span, earlier: Span) {
        self.report(
            Diagnostic::error("entry-twice", format!("a family has one `{entry}` entry"))
                .at(span, "a second one")
                .also(earlier, "the first one")
                .help("keep one of them"),
        );
    }

    fn check_measure(&mut self, mass: bool, logarithmic: bool, discrete: Option<bool>, span: Span) {
        let Some(discrete) = discrete.filter(|discrete| *discrete != mass) else { return };
        let prefix = if logarithmic { "log-" } else { "" };
        let (typed, needed, kind) = match discrete {
            true => ("density", "mass", "discrete"),
            false => ("mass", "density", "continuous"),
        };
        let keyword = Span::new(span.start, span.start + prefix.len() + typed.len());
        self.report(
            Diagnostic::error("wrong-measure", format!("the variate is {kind}, so it has a {needed}, not a {typed}"))
                .at(keyword, format!("expected `{prefix}{needed}`"))
                .help(format!("write `{prefix}{needed}`, or change the variate's domain")),
        );
    }

    fn exponential_form(&mut self, tree: &FamilyTree, parts: &Parts) -> Option<DensityForm> {
        let missing = [
            ("natural", parts.natural.is_none(), "natural eta1 = …"),
            ("statistic", parts.statistic.is_none(), "statistic T1 = …"),
            ("log-partition", parts.log_partition.is_none(), "log-partition A = …"),
        ];
        let complete = self.complete;
        for (entry, _, example) in missing.into_iter().filter(|(_, missing, _)| *missing && complete) {
            self.report(
                Diagnostic::error(
                    "missing-density",
                    format!("the exponential-family form of {} lacks its `{entry}`", tree.name.node),
                )
                .at(tree.name.span, "this family")
                .note("the density is base * exp(natural . statistic - log-partition)")
                .help(format!("add an entry `{example}`")),
            );
        }
        let (natural, statistic) = (parts.natural?, parts.statistic?);
        let log_partition = parts.log_partition?;
        if natural.0.len() != statistic.0.len() {
            let (left, right) = (count(natural.0.len(), "natural parameter"), statistic.0.len());
            self.report(
                Diagnostic::error("unequal-lists", format!("there are {left} for {}", count(right, "statistic")))
                    .at(statistic.1, format!("{right} here"))
                    .also(natural.1, format!("{} here", natural.0.len()))
                    .note("natural parameters and statistics are multiplied in the order of their lists"),
            );
        }
        let natural_terms = self.components(natural.0, &[(Role::Variate, NATURAL_REASON)]);
        let statistic_terms = self.components(statistic.0, &[(Role::Parameter, STATISTIC_REASON)]);
        let log_partition = self.term_without(log_partition.0, &[(Role::Variate, LOG_PARTITION_REASON)]);
        let base = match parts.base {
            Some((body, _)) => self.term_without(body, &[(Role::Parameter, BASE_REASON)]),
            None => Some(Term::one()),
        };
        Some(DensityForm::Exponential {
            natural: natural_terms?,
            statistic: statistic_terms?,
            log_partition: log_partition?,
            base: base?,
            span: natural.1,
        })
    }

    /// Natural parameters or statistics; their names may be used in what follows.
    fn components(&mut self, list: &[(Ident, Expression)], refused: &[(Role, &str)]) -> Option<Vec<(Name, Term)>> {
        let mut components = Vec::new();
        for (name, body) in list {
            let term = self.term_without(body, refused);
            // `natural theta = theta` names nothing new.
            let itself = matches!(&body.node, ExpressionKind::Name(own) if *own == name.node);
            if !itself {
                let meaning = term.clone().map_or(Meaning::Broken, Meaning::Value);
                if let Err(diagnostic) = self.scope.declare(name, Role::Component, meaning) {
                    self.report(*diagnostic);
                }
            }
            components.push(term.map(|term| (Name::new(&name.node), term)));
        }
        components.into_iter().collect()
    }
}
