//! Declared names, the support, and the conditions after `where`.

use super::arithmetic::difference;
use super::expression::Resolver;
use super::scope::{Meaning, Role};
use crate::diagnostic::Diagnostic;
use crate::kernel::domain::{Context, Domain, Support};
use crate::kernel::normal::Normalizer;
use crate::kernel::poly::{Exponent, Monomial, Poly};
use crate::kernel::setting::{extended, points};
use crate::kernel::sign::Sign;
use crate::kernel::term::{Function, Name, Rational, Term};
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
        let mut joint: Option<(&Declaration, Vec<Block>)> = None;
        for (role, declaration) in declared(tree) {
            if declaration.names.len() > 1 {
                let resolved = self.points(&declaration.names, &declaration.domain);
                if role == Role::Variate {
                    let names = declaration.names.iter().map(|name| Name::new(&name.node)).collect();
                    let (_, blocks) = joint.get_or_insert_with(|| (declaration, Vec::new()));
                    blocks.extend(resolved.map(|points| Block { names, points, before: coordinates.len() }));
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
        declared_so_far.support = match joint {
            Some((declaration, blocks)) => {
                let together = all_together(blocks, coordinates);
                if together.is_none() {
                    self.report(
                        Diagnostic::error("joint-domain", "variates beside joint points must run over finite sets")
                            .at(declaration.span, "joint")
                            .help("write the other variates as `y : {0, 1}` or `y : integers(0, 3)`"),
                    );
                }
                together
            }
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
        if let Some(Support::Product { coordinates, inequalities }) = &mut declared.support {
            leave_out_implied(&declared.context, coordinates, inequalities);
        }
    }

    fn condition(&mut self, role: Role, condition: &Condition, declared: &mut Declared) {
        let (left, right) = (self.term(&condition.left), self.term(&condition.right));
        let (Some(left), Some(right)) = (left, right) else { return };
        let on_variates = [&left, &right].into_iter().any(|side| self.scope.mentions(side, Role::Variate));
        let (larger, smaller, strict) = match condition.comparison {
            Comparison::Less => (right, left, true),
            Comparison::LessOrEqual => (right, left, false),
            Comparison::Greater => (left, right, true),
            Comparison::GreaterOrEqual => (left, right, false),
            Comparison::NotEqual => (Term::power(difference(left, right), Term::integer(2)), Term::zero(), true),
        };
        for smaller in either_side(smaller) {
            let term = difference(larger.clone(), smaller);
            self.positive_condition(role, condition, on_variates, term, strict, declared);
        }
    }

    /// A condition: the term is > 0, or ≥ 0 where it is not strict.
    fn positive_condition(
        &mut self,
        role: Role,
        condition: &Condition,
        on_variates: bool,
        term: Term,
        strict: bool,
        declared: &mut Declared,
    ) {
        let support = declared.support.clone().filter(|_| on_variates);
        let sign = sign(&declared.context, support.as_ref(), &term);
        if sign == Some(Sign::Negative) || strict && matches!(sign, Some(Sign::Zero | Sign::Nonpositive)) {
            self.report(
                Diagnostic::error("contradictory-condition", "no values meet this condition")
                    .at(condition.span, "contradicts the domains and the conditions before it")
                    .note("of an empty set of values anything could be proved"),
            );
            return;
        }
        if !on_variates {
            let known = if strict { &mut declared.context.positive } else { &mut declared.context.nonnegative };
            known.push(term);
            return;
        }
        let term = without_positive_factors(&declared.context, &term, &|name: &Name| {
            self.scope.role(name.as_str()) == Some(Role::Variate)
        });
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
                // Decided before it is made a condition ≥ 0: x < n + p of whole x and n takes a fraction.
                if sign == Some(Sign::Positive) {
                    return;
                }
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

/// What is to be smaller where a term is: e and −e of |e|.
fn either_side(smaller: Term) -> Vec<Term> {
    match &smaller {
        Term::Apply(Function::Abs, arguments) => {
            vec![arguments[0].clone(), difference(Term::zero(), arguments[0].clone())]
        }
        _ => vec![smaller],
    }
}

/// Joint variates, and how many scalar ones were declared before them.
struct Block {
    names: Vec<Name>,
    points: Vec<Vec<Term>>,
    before: usize,
}

/// All variates as one list of points, in the order of declaration; fails where a scalar one is not finite.
fn all_together(mut blocks: Vec<Block>, coordinates: Vec<(Name, Domain)>) -> Option<Support> {
    for (before, (name, domain)) in coordinates.into_iter().enumerate() {
        let alone = Support::Product { coordinates: vec![(name.clone(), domain)], inequalities: Vec::new() };
        blocks.push(Block { names: vec![name], points: points(&alone).ok()?, before });
    }
    // A scalar stands after the joint ones that saw as many scalars before them.
    blocks.sort_by_key(|block| (block.before, block.names.len() == 1));
    let mut names = Vec::new();
    let mut all: Vec<Vec<Term>> = vec![Vec::new()];
    for block in blocks {
        names.extend(block.names);
        all = extended(&all, &block.points)?;
    }
    Some(Support::Points { names, points: all })
}

/// The sign of a term for all values that are allowed so far, on the support where one is given.
fn sign(context: &Context, support: Option<&Support>, term: &Term) -> Option<Sign> {
    let normalizer = match support {
        Some(support) => Normalizer::on_support(context, support),
        None => Normalizer::new(context),
    };
    normalizer.sign(&normalizer.normalize(term).ok()?)
}

/// The term without factors that are positive whatever the variates are: x ≤ 1 for a x ≤ a. Only where a name is lost by
/// it; else the condition stays as it was written.
fn without_positive_factors(context: &Context, term: &Term, is_variate: &dyn Fn(&Name) -> bool) -> Term {
    let normalizer = Normalizer::new(context);
    let Ok(poly) = normalizer.normalize(term) else { return term.clone() };
    let Some((first, _)) = poly.terms().next() else { return term.clone() };
    let mut factors = Vec::new();
    for (generator, _) in first.factors() {
        let own = Poly::generator(generator.clone());
        if own.to_term().variables().iter().any(is_variate) || normalizer.sign(&own) != Some(Sign::Positive) {
            continue;
        }
        let power = |monomial: &Monomial| {
            let found = monomial.factors().iter().find(|(other, _)| other == generator);
            match found {
                Some((_, Exponent::Integer(power))) => Some(*power),
                Some(_) => None,
                None => Some(0),
            }
        };
        let powers: Option<Vec<i64>> = poly.terms().map(|(monomial, _)| power(monomial)).collect();
        if let Some(least) = powers.and_then(|powers| powers.into_iter().min()).filter(|least| *least != 0) {
            factors.push((generator.clone(), Exponent::Integer(-least)));
        }
    }
    let Ok(reduced) = poly.times_monomial(&Monomial::from_factors(factors), &Rational::from(1)) else {
        return term.clone();
    };
    let reduced = reduced.to_term();
    if reduced.variables().len() < term.variables().len() { reduced } else { term.clone() }
}

/// Leaves out the conditions on variates that hold without being asked for. One of them that has a parameter in it
/// would otherwise look like a support that moves with it.
fn leave_out_implied(context: &Context, coordinates: &[(Name, Domain)], inequalities: &mut Vec<Term>) {
    let mut place = 0;
    while place < inequalities.len() {
        let condition = inequalities.remove(place);
        let others = Support::Product { coordinates: coordinates.to_vec(), inequalities: inequalities.clone() };
        if !matches!(sign(context, Some(&others), &condition), Some(Sign::Positive | Sign::Nonnegative | Sign::Zero)) {
            inequalities.insert(place, condition);
            place += 1;
        }
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
