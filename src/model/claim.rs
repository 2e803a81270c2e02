//! Claims: the quantity, its shape, and its value.

use super::expression::{Resolver, count};
use super::family::{Claim, Quantity};
use super::scope::Role;
use crate::diagnostic::Diagnostic;
use crate::kernel::term::Term;
use crate::source::{Source, Span};
use crate::syntax::tree::{BinaryOperator, Expression, ExpressionKind, FamilyEntry, FamilyTree, Ident, Spanned};

/// The shape that a claim's value must have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// A property, true or false.
    Nothing,
    Scalar,
    Vector(usize),
    Matrix(usize),
    /// A list of any length.
    List,
}

/// The quantities that claims speak of.
const QUANTITIES: [&str; 13] = [
    "score",
    "hessian",
    "fisher",
    "kl",
    "mean",
    "variance",
    "entropy",
    "natural",
    "statistic",
    "log-partition",
    "normalized",
    "exponential-family",
    "regular",
];

/// What others call them.
const FOREIGN: &[(&str, &str)] = &[
    ("KL", "kl"),
    ("divergence", "kl"),
    ("kl_divergence", "kl"),
    ("information", "fisher"),
    ("fisher-information", "fisher"),
    ("fisher_information", "fisher"),
    ("expectation", "mean"),
    ("expected", "mean"),
    ("var", "variance"),
    ("covariance", "variance"),
    ("cov", "variance"),
    ("gradient", "score"),
    ("exponential", "exponential-family"),
    ("exponential_family", "exponential-family"),
    ("log_partition", "log-partition"),
    ("normalised", "normalized"),
    ("sufficient-statistic", "statistic"),
    ("sufficient", "statistic"),
];

impl Resolver {
    pub fn claims(&mut self, tree: &FamilyTree, source: &Source) -> Vec<Claim> {
        let parameters = Self::parameter_names(tree);
        let variates = self.scope.entries.values().filter(|entry| entry.role == Role::Variate).count();
        let mut claims = Vec::new();
        for entry in &tree.entries {
            if let FamilyEntry::Claim { quantity, indices, value } = &entry.node
                && let Some((kind, shape)) = self.quantity(quantity, indices, &parameters, variates)
                && let Some(value) = self.claimed_value(quantity, shape, value.as_ref(), entry.span)
            {
                let typed = source.slice(entry.span);
                let text =
                    typed.strip_prefix("claim").unwrap_or(typed).split_whitespace().collect::<Vec<_>>().join(" ");
                claims.push(Claim { quantity: kind, value, span: entry.span, text });
            }
        }
        claims
    }

    fn quantity(
        &mut self,
        quantity: &Ident,
        indices: &[Ident],
        parameters: &[Ident],
        variates: usize,
    ) -> Option<(Quantity, Shape)> {
        let size = parameters.len();
        let positions: Option<Vec<usize>> = indices.iter().map(|index| self.position(index, parameters)).collect();
        let positions = positions?;
        let kind = match (quantity.node.as_str(), positions.as_slice()) {
            ("score", []) => (Quantity::Score, Shape::Vector(size)),
            ("score", &[a]) => (Quantity::ScoreEntry(a), Shape::Scalar),
            ("hessian", []) => (Quantity::Hessian, Shape::Matrix(size)),
            ("hessian", &[a, b]) => (Quantity::HessianEntry(a, b), Shape::Scalar),
            ("fisher", []) => (Quantity::Fisher, Shape::Matrix(size)),
            ("fisher", &[a, b]) => (Quantity::FisherEntry(a, b), Shape::Scalar),
            ("kl", []) => (Quantity::Kl, Shape::Scalar),
            ("mean", []) => (Quantity::Mean, Shape::Vector(variates)),
            ("variance", []) => (Quantity::Variance, Shape::Matrix(variates)),
            ("entropy", []) => (Quantity::Entropy, Shape::Scalar),
            ("natural", []) => (Quantity::Natural, Shape::List),
            ("statistic", []) => (Quantity::Statistic, Shape::List),
            ("log-partition", []) => (Quantity::LogPartition, Shape::Scalar),
            ("normalized", []) => (Quantity::Normalized, Shape::Nothing),
            ("exponential-family", []) => (Quantity::ExponentialFamily, Shape::Nothing),
            ("regular", []) => (Quantity::Regular, Shape::Nothing),
            (known, _) if QUANTITIES.contains(&known) => {
                let needed = match known {
                    "score" => "`score` has one index".to_string(),
                    "fisher" | "hessian" => format!("`{known}` has two indices, as in `{known}[a, b]`"),
                    _ => format!("`{known}` has no indices"),
                };
                self.report(Diagnostic::error("wrong-shape", needed).at(
                    quantity.span,
                    format!("{} given", count(indices.len(), "index").replace("indexs", "indices")),
                ));
                return None;
            }
            (unknown, _) => {
                let diagnostic =
                    Diagnostic::error("unknown-quantity", format!("nothing can be claimed of `{unknown}`"))
                        .at(quantity.span, "not a known quantity");
                let diagnostic = match FOREIGN.iter().find(|(typed, _)| *typed == unknown) {
                    Some((_, ours)) => diagnostic.help(format!("it is called `{ours}` here")),
                    None => diagnostic.did_you_mean(unknown, QUANTITIES),
                };
                self.report(diagnostic.note(format!("the quantities are {}", QUANTITIES.join(", "))));
                return None;
            }
        };
        Some(kind)
    }

    /// The position of a parameter that is given by name or by number from 1.
    fn position(&mut self, index: &Ident, parameters: &[Ident]) -> Option<usize> {
        let by_name = parameters.iter().position(|parameter| parameter.node == index.node);
        let by_number = index
            .node
            .parse::<usize>()
            .ok()
            .filter(|number| (1..=parameters.len()).contains(number))
            .map(|number| number - 1);
        let position = by_name.or(by_number);
        if position.is_none() {
            let names: Vec<&str> = parameters.iter().map(|parameter| parameter.node.as_str()).collect();
            self.report(
                Diagnostic::error("unknown-name", format!("`{}` is not a parameter", index.node))
                    .at(index.span, "expected a parameter or its number")
                    .did_you_mean(&index.node, names.iter().copied())
                    .note(format!("the parameters are {}", names.join(", "))),
            );
        }
        position
    }

    fn claimed_value(
        &mut self,
        quantity: &Ident,
        shape: Shape,
        value: Option<&Expression>,
        span: Span,
    ) -> Option<Vec<Vec<Term>>> {
        let name = &quantity.node;
        match (shape, value) {
            (Shape::Nothing, None) => Some(Vec::new()),
            (Shape::Nothing, Some(value)) => {
                self.report(
                    Diagnostic::error("wrong-shape", format!("`{name}` is a property and has no value"))
                        .at(value.span, "leave this out")
                        .help(format!("write `claim {name}`")),
                );
                None
            }
            (_, None) => {
                self.report(
                    Diagnostic::error("wrong-shape", format!("the claim about `{name}` has no value"))
                        .at(span, "expected `= …`")
                        .help(format!("write `claim {name} = …`")),
                );
                None
            }
            (shape, Some(value)) => {
                self.second_parameters = name == "kl";
                self.refused = self.refused_in(name);
                let rows = self.rows(name, shape, value);
                self.refused.clear();
                self.second_parameters = false;
                rows
            }
        }
    }

    /// What an expectation is claimed to be cannot depend on what it was taken over.
    fn refused_in(&self, quantity: &str) -> Vec<(Role, String)> {
        let integrated = match quantity {
            "score" | "hessian" => return Vec::new(),
            "statistic" => return vec![(Role::Parameter, "a statistic cannot depend on a parameter".to_string())],
            "natural" => "a natural parameter cannot depend on a variate".to_string(),
            "log-partition" => "the log-partition cannot depend on a variate".to_string(),
            "fisher" => "the Fisher information is an expectation over the variate and cannot depend on it".to_string(),
            "kl" => "the divergence is an expectation over the variate and cannot depend on it".to_string(),
            other => format!("the {other} is an expectation over the variate and cannot depend on it"),
        };
        vec![(Role::Variate, integrated)]
    }

    fn rows(&mut self, name: &str, shape: Shape, value: &Expression) -> Option<Vec<Vec<Term>>> {
        let scaled = entry_by_entry(value);
        let value = scaled.as_ref().unwrap_or(value);
        let elements = match &value.node {
            ExpressionKind::Vector(elements) => elements.as_slice(),
            _ => {
                return match shape {
                    Shape::Scalar | Shape::List | Shape::Vector(1) | Shape::Matrix(1) => {
                        Some(vec![vec![self.term(value)?]])
                    }
                    _ => self.wrong_shape(name, shape, "a single expression".to_string(), value.span),
                };
            }
        };
        let inner: Vec<Option<&[Expression]>> = elements
            .iter()
            .map(|element| match &element.node {
                ExpressionKind::Vector(entries) => Some(entries.as_slice()),
                _ => None,
            })
            .collect();
        if inner.iter().all(Option::is_none) {
            return match shape {
                Shape::List => Some(vec![self.row(elements)?]),
                Shape::Vector(size) if size == elements.len() => Some(vec![self.row(elements)?]),
                Shape::Matrix(1) if elements.len() == 1 => Some(vec![self.row(elements)?]),
                _ => self.wrong_shape(name, shape, format!("a vector of {}", elements.len()), value.span),
            };
        }
        let Some(rows) = inner.into_iter().collect::<Option<Vec<_>>>() else {
            return self.wrong_shape(name, shape, "a mixture of rows and entries".to_string(), value.span);
        };
        let widths: Vec<usize> = rows.iter().map(|row| row.len()).collect();
        if shape != Shape::Matrix(rows.len()) || widths.iter().any(|width| *width != rows.len()) {
            let ragged = widths.windows(2).any(|pair| pair[0] != pair[1]);
            let found = match ragged {
                true => "rows of different lengths".to_string(),
                false => format!("a matrix of {} by {}", rows.len(), widths.first().copied().unwrap_or(0)),
            };
            return self.wrong_shape(name, shape, found, value.span);
        }
        let rows: Vec<Option<Vec<Term>>> = rows.into_iter().map(|row| self.row(row)).collect();
        rows.into_iter().collect()
    }

    fn row(&mut self, entries: &[Expression]) -> Option<Vec<Term>> {
        let terms: Vec<Option<Term>> = entries.iter().map(|entry| self.term(entry)).collect();
        terms.into_iter().collect()
    }

    fn wrong_shape<T>(&mut self, name: &str, shape: Shape, found: String, span: Span) -> Option<T> {
        let over = if matches!(name, "mean" | "variance") { "variate" } else { "parameter" };
        let (needed, why) = match shape {
            Shape::Nothing => ("no value".to_string(), None),
            Shape::Scalar => ("a single expression".to_string(), None),
            Shape::List => ("a list `[a, b]`".to_string(), None),
            Shape::Vector(1) | Shape::Matrix(1) => ("a single expression".to_string(), Some(1)),
            Shape::Vector(size) => (format!("a vector of {size}"), Some(size)),
            Shape::Matrix(size) => (format!("a matrix of {size} by {size}"), Some(size)),
        };
        let diagnostic = Diagnostic::error("wrong-shape", format!("`{name}` is {needed}, and this is {found}"))
            .at(span, format!("expected {needed}"));
        let diagnostic = match why {
            Some(size) => diagnostic.note(format!("the family has {}", count(size, over))),
            None => diagnostic,
        };
        self.report(match shape {
            Shape::Matrix(2) => diagnostic.help("a matrix is written row by row: `[[a, b], [c, d]]`"),
            Shape::Vector(2) => diagnostic.help("a vector is written `[a, b]`"),
            _ => diagnostic,
        });
        None
    }
}

/// `c*[[a, b], [c, d]]`, and a matrix over a scalar or with a sign, with the scalar in each entry.
fn entry_by_entry(value: &Expression) -> Option<Expression> {
    fn map(value: Expression, entry: &dyn Fn(Expression) -> Expression) -> Expression {
        match value.node {
            ExpressionKind::Vector(elements) => {
                let elements = elements.into_iter().map(|own| map(own, entry)).collect();
                Spanned { node: ExpressionKind::Vector(elements), span: value.span }
            }
            _ => entry(value),
        }
    }
    let with = |node: ExpressionKind| Spanned { node, span: value.span };
    let binary = |operator: BinaryOperator, left: Expression, right: Expression| {
        with(ExpressionKind::Binary(operator, Box::new(left), Box::new(right)))
    };
    match &value.node {
        ExpressionKind::Vector(_) => Some(value.clone()),
        ExpressionKind::Negate(inner) => {
            Some(map(entry_by_entry(inner)?, &|own| with(ExpressionKind::Negate(Box::new(own)))))
        }
        ExpressionKind::Binary(operator @ (BinaryOperator::Multiply | BinaryOperator::Divide), left, right) => {
            match (entry_by_entry(left), entry_by_entry(right)) {
                (Some(matrix), None) => Some(map(matrix, &|own| binary(*operator, own, (**right).clone()))),
                (None, Some(matrix)) if *operator == BinaryOperator::Multiply => {
                    Some(map(matrix, &|own| binary(*operator, (**left).clone(), own)))
                }
                _ => None,
            }
        }
        _ => None,
    }
}
