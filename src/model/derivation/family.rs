//! A derivation about one family: `derivation … for Normal(mu, sigma)`.
//!
//! The names are the family's own: its parameters and variates are numbers, `p` is its density, and
//! `mu_q` is the second argument's `mu`. The dimension is the number of its parameters, so that vectors
//! and matrices may be written out, and indices may be names of parameters or numbers from 1.

use crate::diagnostic::Diagnostic;
use crate::kernel::domain::Domain;
use crate::kernel::jets::expression::Point;
use crate::kernel::jets::theory::{
    Density, DensityId, Direction, DirectionId, Parameter, ParameterId, Variate, VariateId,
};
use crate::kernel::term::{Name, Rational};
use crate::model::family::Family;
use crate::model::scope::{Meaning as Role, Scope as Names};
use crate::model::{expression, scope};
use crate::source::Span;
use crate::syntax::tree::{DerivationEntry, DerivationTree, Expression, ExpressionKind, Ident};

use super::call::FUNCTIONS;
use super::expression::Resolved;
use super::formula::{Dimension, Formula, Kind, Label, Shape};
use super::scope::{Meaning, Scope};

/// The names of a family, for the expressions of a derivation about it.
#[derive(Debug)]
pub struct Members {
    names: Names,
    pub parameters: Vec<Name>,
    /// The step from the parameters to those of the second argument.
    pub direction: DirectionId,
}

/// What the direction is called that nobody declared: the second argument's parameters have names.
pub const SECOND: &str = "#second";

fn ident(name: &Name, span: Span) -> Ident {
    Ident { node: name.to_string(), span }
}

impl Scope {
    /// What is declared by the family, and by the derivation about it.
    pub fn of_family(tree: &DerivationTree, family: &Family, at: Span) -> Scope {
        let mut scope = Scope::empty();
        let parameters: Vec<Name> = family.parameters.iter().map(|(name, _)| name.clone()).collect();
        let mut names = Names::default();
        let variates = family.variate.names();
        let own = |list: &[(Name, Domain)]| list.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        let others = [own(&family.constants), own(&family.given)].concat();
        for (list, role) in
            [(&parameters, scope::Role::Parameter), (&variates, scope::Role::Variate), (&others, scope::Role::Constant)]
        {
            for name in list {
                // A family's names were found to be distinct when it was read.
                let _ = names.declare(&ident(name, at), role, Role::Variable);
            }
        }
        let space = (parameters.len() > 1).then(|| scope.space(&parameters.len().to_string()));
        let free = |wanted: &[&str]| {
            let taken = |name: &str| names.entries.contains_key(name);
            wanted.iter().find(|name| !taken(name)).map_or_else(String::new, ToString::to_string)
        };
        let whole = match parameters.as_slice() {
            [only] => only.to_string(),
            _ => free(&["theta", "parameters"]),
        };
        scope.theory.parameters.push(Parameter { name: Name::new(&whole), space, depends_on: None });
        scope.declare(&Ident { node: whole, span: at }, Meaning::Parameter(ParameterId(0)));
        let variate = match variates.as_slice() {
            [only] => only.to_string(),
            _ => free(&["z", "variates"]),
        };
        scope.theory.variates.push(Variate { name: Name::new(&variate), law: None });
        scope.declare(&Ident { node: variate, span: at }, Meaning::Variate(VariateId(0)));
        for name in names.entries.keys().cloned().collect::<Vec<_>>() {
            if scope.meaning(&name).is_none() {
                scope.declare(&Ident { node: name, span: at }, Meaning::Member);
            }
        }
        let given = tree.entries.iter().find_map(|entry| match &entry.node {
            DerivationEntry::Density { name, .. } => Some(name.clone()),
            _ => None,
        });
        let density = given.unwrap_or_else(|| Ident { node: free(&["p", "f", "density"]), span: at });
        scope.theory.densities.push(Density {
            name: Name::new(&density.node),
            variate: VariateId(0),
            given: None,
            parameter: ParameterId(0),
            logarithm: None,
        });
        scope.declare(&density, Meaning::Density(DensityId(0)));
        for entry in &tree.entries {
            match &entry.node {
                DerivationEntry::Direction(declarations) => scope.directions(declarations),
                DerivationEntry::Parameter(_)
                | DerivationEntry::Constant(_)
                | DerivationEntry::Sample(_)
                | DerivationEntry::Function { .. } => {
                    scope.error(
                        Diagnostic::error(
                            "family-at-hand",
                            format!("{} declares its own parameters and constants", family.name),
                        )
                        .at(entry.span, "declared by the family already, or by nobody")
                        .help("leave this entry out, or write a family of your own"),
                    );
                }
                _ => {}
            }
        }
        if scope.theory.directions.len() > 1 {
            scope.error(
                Diagnostic::error("family-at-hand", "a derivation about one family has one direction")
                    .at(tree.name.span, format!("{} are declared", scope.theory.directions.len()))
                    .help("declare one of them"),
            );
        }
        if scope.theory.directions.is_empty() {
            scope.theory.directions.push(Direction { name: Name::new(SECOND), parameter: ParameterId(0) });
        }
        scope.members = Some(Members { names, parameters, direction: DirectionId(0) });
        scope
    }

    /// An expression in the family's names alone, as its term. `None`: it is not one.
    pub fn member(&mut self, expression: &Expression) -> Option<Resolved> {
        let members = self.members.as_ref()?;
        let mut named = false;
        if !plain(members, &self.names, expression, &mut Vec::new(), &mut named) || !named {
            return None;
        }
        let mut resolver = expression::Resolver::new(members.names.clone());
        resolver.second_parameters = true;
        let term = resolver.term(expression);
        let failed = resolver.has_errors();
        self.diagnostics.extend(resolver.diagnostics);
        let term = term.filter(|_| !failed);
        Some(term.map(|term| Formula { kind: Kind::Member(term), shape: Shape::SCALAR, span: expression.span }))
    }

    /// The parameter that an index names, or the number of one from 1, as its place from 0.
    pub fn place(&self, index: &Expression) -> Option<usize> {
        let members = self.members.as_ref()?;
        match &index.node {
            ExpressionKind::Name(name) => members.parameters.iter().position(|own| own.as_str() == name),
            ExpressionKind::Number(value) => {
                let place = num_traits::ToPrimitive::to_usize(&value.to_integer())?;
                (value.is_integer() && (1..=members.parameters.len()).contains(&place)).then(|| place - 1)
            }
            _ => None,
        }
    }

    /// The label of one parameter: what `grad(e, mu)` differentiates by.
    pub fn member_label(&self, index: &Expression) -> Option<Label> {
        let ExpressionKind::Name(name) = &index.node else { return None };
        let position = Some(self.place(index)?);
        Some(Label { name: name.clone(), space: self.theory.parameters[0].space, position })
    }

    /// `p(mu, sigma)` and `p(mu_q, sigma_q)`.
    pub fn member_point(&self, arguments: &[&Expression]) -> Option<Point> {
        let members = self.members.as_ref()?;
        let all = |suffix: &str| {
            arguments.len() == members.parameters.len()
                && arguments.iter().zip(&members.parameters).all(
                    |(argument, own)| matches!(&argument.node, ExpressionKind::Name(name) if *name == format!("{own}{suffix}")),
                )
        };
        if all("") {
            return Some(Point::new());
        }
        let one = Rational::from_integer(1.into());
        all("_q").then(|| vec![(members.direction, one)])
    }

    /// The density was given something else.
    pub fn member_point_expected(&mut self, id: DensityId, span: Span) {
        let density = self.theory.density(id).name.clone();
        let list = |suffix: &str| {
            let own = self.members.iter().flat_map(|members| &members.parameters);
            own.map(|name| format!("{name}{suffix}")).collect::<Vec<_>>().join(", ")
        };
        let (first, second) = (list(""), list("_q"));
        self.error(
            Diagnostic::error(
                "point",
                format!("`{density}` stands at its own parameters or at those of a second argument"),
            )
            .at(span, "neither of the two")
            .help(format!("write `{density}({first})` or `{density}({second})`")),
        );
    }

    /// `[a, b]`: a column; `[[a, b], [c, d]]`: rows of a matrix.
    pub fn table(&mut self, elements: &[Expression], span: Span) -> Resolved {
        let rows: Vec<&[Expression]> = elements
            .iter()
            .map(|element| match &element.node {
                ExpressionKind::Vector(entries) => entries.as_slice(),
                _ => std::slice::from_ref(element),
            })
            .collect();
        let width = rows.first().map_or(0, |row| row.len());
        if width == 0 || rows.iter().any(|row| row.len() != width) {
            self.error(
                Diagnostic::error("shape", "the rows of this matrix are of different lengths")
                    .at(span, "not a matrix")
                    .help("a matrix is written row by row: `[[a, b], [c, d]]`"),
            );
            return None;
        }
        let mut entries = Vec::new();
        for row in &rows {
            let mut own = Vec::new();
            for element in *row {
                let entry = self.formula(element)?;
                if !self.require_scalar(&entry, "an entry") {
                    return None;
                }
                own.push(entry);
            }
            entries.push(own);
        }
        let dimension =
            |scope: &mut Scope, count: usize| -> Dimension { (count > 1).then(|| scope.space(&count.to_string())) };
        let shape = Shape { rows: dimension(self, rows.len()), columns: dimension(self, width) };
        Some(Formula { kind: Kind::Table(entries), shape, span })
    }
}

/// Are all names in it the family's? Numbers alone are nobody's.
fn plain(
    members: &Members,
    declared: &[(String, Meaning, Span)],
    expression: &Expression,
    bound: &mut Vec<String>,
    named: &mut bool,
) -> bool {
    let mut all = |parts: &[&Expression], bound: &mut Vec<String>| {
        parts.iter().all(|part| plain(members, declared, part, bound, named))
    };
    match &expression.node {
        ExpressionKind::Number(_) => true,
        ExpressionKind::Name(name) => {
            let second = name.strip_suffix("_q").unwrap_or(name);
            let own = members.names.entries.contains_key(name)
                || members.parameters.iter().any(|own| own.as_str() == second)
                || super::scope::RESERVED.contains(&name.as_str());
            *named |= own;
            own || bound.contains(name)
        }
        ExpressionKind::Negate(body) | ExpressionKind::Factorial(body) => all(&[body], bound),
        ExpressionKind::Binary(_, left, right) => all(&[left, right], bound),
        ExpressionKind::Call { function, arguments } => {
            let name = function.node.as_str();
            let both = ["log", "exp", "sqrt"].contains(&name);
            let ours = FUNCTIONS.contains(&name) && !both;
            let scoped = declared.iter().any(|(own, meaning, _)| {
                own == name && !matches!(meaning, Meaning::Member | Meaning::Parameter(_) | Meaning::Variate(_))
            });
            !ours && !scoped && all(&arguments.iter().collect::<Vec<_>>(), bound)
        }
        ExpressionKind::Binder { variable, body, .. } => {
            bound.push(variable.node.clone());
            let found = all(&[body], bound);
            bound.pop();
            found
        }
        _ => false,
    }
}
