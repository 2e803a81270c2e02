//! Declared names, the support, and the conditions after `where`.

use super::arithmetic::difference;
use super::expression::Resolver;
use super::scope::{Meaning, Role};
use crate::diagnostic::Diagnostic;
use crate::kernel::domain::{Context, Domain, Support};
use crate::kernel::term::{Name, Rational, Term};
use crate::syntax::tree::{Comparison, Condition, Declaration, FamilyEntry, FamilyTree, Ident};

/// The declarations of a family with the role of each.
pub fn declared(tree: &FamilyTree) -> impl Iterator<Item = (Role, &Declaration)> {
    entries(tree)
        .flat_map(|(role, declarations)| declarations.declarations.iter().map(move |declaration| (role, declaration)))
}

fn entries(tree: &FamilyTree) -> impl Iterator<Item = (Role, &crate::syntax::tree::Declarations)> {
    tree.entries.iter().filter_map(|entry| match &entry.node {
        FamilyEntry::Variate(declarations) => Some((Role::Variate, declarations)),
        FamilyEntry::Parameter(declarations) => Some((Role::Parameter, declarations)),
        FamilyEntry::Constant(declarations) => Some((Role::Constant, declarations)),
        FamilyEntry::Given(declarations) => Some((Role::Given, declarations)),
        _ => None,
    })
}

/// What the declarations of a family come to.
#[derive(Default)]
pub struct Declared {
    pub support: Option<Support>,
    pub parameters: Vec<(Name, Domain)>,
    pub constants: Vec<(Name, Domain)>,
    pub given: Vec<(Name, Domain)>,
    pub context: Context,
}

impl Resolver {
    /// Brings the declared names into scope; their domains come later, since bounds may use them.
    pub fn declare_names(&mut self, tree: &FamilyTree) {
        for (role, declaration) in declared(tree) {
            for name in &declaration.names {
                if role == Role::Parameter && name.node.ends_with("_q") {
                    self.report(
                        Diagnostic::error("reserved-name", format!("the name `{}` ends with `_q`", name.node))
                            .at(name.span, "reserved for the second argument of `kl`")
                            .help("give the parameter another name"),
                    );
                    let _ = self.scope.declare(name, role, Meaning::Broken);
                    continue;
                }
                if let Err(diagnostic) = self.scope.declare(name, role, Meaning::Variable) {
                    self.report(*diagnostic);
                }
            }
        }
    }

    /// Reports names that would be mistaken for the second argument's parameters in `kl`.
    pub fn check_second_names(&mut self) {
        let clashes: Vec<_> = self
            .scope
            .entries
            .iter()
            .filter(|(name, _)| {
                name.strip_suffix("_q").is_some_and(|first| self.scope.role(first) == Some(Role::Parameter))
            })
            .map(|(name, entry)| (name.clone(), entry.span))
            .collect();
        for (name, span) in clashes {
            self.report(
                Diagnostic::error(
                    "reserved-name",
                    format!("`{name}` is the second argument's `{}` in `kl`", name.trim_end_matches("_q")),
                )
                .at(span, "this name is taken")
                .help("give it another name"),
            );
        }
    }

    pub fn domains(&mut self, tree: &FamilyTree) -> Declared {
        let mut declared_so_far = Declared::default();
        let mut coordinates = Vec::new();
        let mut points = None;
        let mut variates = 0;
        for (role, declaration) in declared(tree) {
            variates += usize::from(role == Role::Variate);
            if declaration.names.len() > 1 {
                let resolved = self.points(&declaration.names, &declaration.domain);
                if role == Role::Variate {
                    points = resolved.map(|points| (declaration, points));
                } else {
                    self.report(
                        Diagnostic::error(
                            "joint-domain",
                            format!("only variates can be joint, and this is {}", role.phrase()),
                        )
                        .at(declaration.span, "declare each name by itself"),
                    );
                }
                continue;
            }
            let Some(ident) = declaration.names.first() else { continue };
            let Some(domain) = self.domain(ident, &declaration.domain) else { continue };
            let name = Name::new(&ident.node);
            if role == Role::Parameter && domain.is_discrete() {
                self.report(
                    Diagnostic::error("discrete-parameter", format!("the parameter `{name}` has a discrete domain"))
                        .at(declaration.domain.span, "expected a domain that it can be differentiated on")
                        .help(format!("where `{name}` is known, declare it as `constant {name} : …`")),
                );
                continue;
            }
            match role {
                Role::Variate => coordinates.push((name, domain)),
                _ => {
                    declared_so_far.context.domains.insert(name.clone(), domain.clone());
                    let list = match role {
                        Role::Parameter => &mut declared_so_far.parameters,
                        Role::Given => &mut declared_so_far.given,
                        _ => &mut declared_so_far.constants,
                    };
                    list.push((name, domain));
                }
            }
        }
        declared_so_far.support = match points {
            Some((declaration, _)) if variates > 1 => {
                self.report(
                    Diagnostic::error("joint-domain", "joint points must be the only variates")
                        .at(declaration.span, "joint")
                        .note("other variates can join the points as further coordinates"),
                );
                None
            }
            Some((declaration, points)) => Some(Support::Points {
                names: declaration.names.iter().map(|name| Name::new(&name.node)).collect(),
                points,
            }),
            None if coordinates.is_empty() => None,
            None => Some(Support::Product { coordinates, inequalities: Vec::new() }),
        };
        declared_so_far
    }

    /// The conditions after `where`: on variates they cut the support down, on others they are known.
    pub fn conditions(&mut self, tree: &FamilyTree, declared: &mut Declared) {
        for (role, declarations) in entries(tree) {
            for condition in &declarations.conditions {
                self.condition(role, condition, declared);
            }
        }
    }

    fn condition(&mut self, role: Role, condition: &Condition, declared: &mut Declared) {
        let (left, right) = (self.term(&condition.left), self.term(&condition.right));
        let (Some(left), Some(right)) = (left, right) else { return };
        let on_variates = [&left, &right].into_iter().any(|side| self.scope.mentions(side, Role::Variate));
        let (term, strict) = match condition.comparison {
            Comparison::Less => (difference(right, left), true),
            Comparison::LessOrEqual => (difference(right, left), false),
            Comparison::Greater => (difference(left, right), true),
            Comparison::GreaterOrEqual => (difference(left, right), false),
            Comparison::NotEqual => (Term::power(difference(left, right), Term::integer(2)), true),
        };
        if !on_variates {
            let known = if strict { &mut declared.context.positive } else { &mut declared.context.nonnegative };
            known.push(term);
            return;
        }
        if role != Role::Variate {
            self.report(
                Diagnostic::error("wrong-place", format!("a condition on {} cannot speak of a variate", role.phrase()))
                    .at(condition.span, "speaks of a variate")
                    .help("conditions on variates stand behind the `variate` entry"),
            );
            return;
        }
        if condition.comparison == Comparison::NotEqual {
            self.report(
                Diagnostic::error("unsupported-condition", "variates cannot be kept apart by `!=`")
                    .at(condition.span, "expected `<`, `<=`, `>` or `>=`")
                    .note("leaving out single points changes no integral; in a sum, choose a domain without them"),
            );
            return;
        }
        match &mut declared.support {
            Some(Support::Product { coordinates, inequalities }) => {
                // Between whole numbers, 0 < t says 0 ≤ t − 1; elsewhere the boundary has measure 0.
                let about: Vec<&Domain> =
                    coordinates.iter().filter(|(name, _)| term.contains(name)).map(|(_, domain)| domain).collect();
                let discrete = about.iter().all(|domain| domain.is_discrete());
                let whole = |name: &Name| {
                    coordinates.iter().chain(&declared.constants).any(|(own, domain)| own == name && is_whole(domain))
                };
                if strict && discrete && !takes_whole_values(&term, &whole) {
                    self.report(
                        Diagnostic::error(
                            "fractional-condition",
                            "a strict condition between whole numbers has fractions",
                        )
                        .at(condition.span, "expected whole coefficients")
                        .help("multiply both sides by the denominators, or write `<=` or `>=`"),
                    );
                    return;
                }
                inequalities.push(if strict && discrete { difference(term, Term::one()) } else { term });
            }
            Some(Support::Points { .. }) => self.report(
                Diagnostic::error("unsupported-condition", "a list of points needs no condition")
                    .at(condition.span, "leave out the points that do not meet it"),
            ),
            None => {}
        }
    }

    /// The parameters' names, in order.
    pub fn parameter_names(tree: &FamilyTree) -> Vec<Ident> {
        declared(tree)
            .filter(|(role, _)| *role == Role::Parameter)
            .flat_map(|(_, declaration)| declaration.names.clone())
            .collect()
    }
}

/// Whether a term is a whole number for all values of its variables: sums and products of whole numbers.
fn takes_whole_values(term: &Term, whole: &dyn Fn(&Name) -> bool) -> bool {
    match term {
        Term::Number(value) => value.is_integer(),
        Term::Variable(name) => whole(name),
        Term::Sum(parts) | Term::Product(parts) => parts.iter().all(|part| takes_whole_values(part, whole)),
        Term::Power(base, exponent) => {
            let natural = |value: &Rational| value.is_integer() && *value >= Rational::from_integer(0.into());
            takes_whole_values(base, whole) && exponent.as_number().is_some_and(natural)
        }
        _ => false,
    }
}

fn is_whole(domain: &Domain) -> bool {
    match domain {
        Domain::Integers { .. } => true,
        Domain::Finite(values) => values.iter().all(|value| value.as_number().is_some_and(Rational::is_integer)),
        _ => false,
    }
}
