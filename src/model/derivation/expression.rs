//! Surface expression to formula: names looked up, shapes worked out, indices given their dimension.

use crate::diagnostic::Diagnostic;
use crate::kernel::jets::expression::Point;
use crate::kernel::jets::theory::{Argument, VariateId};
use crate::source::Span;
use crate::syntax::tree::{BinaryOperator, Expression, ExpressionKind, Ident};

use super::formula::{Dimension, Formula, Kind, Mean, Operator, Shape};
use super::point::constant_value;
use super::scope::{Meaning, Scope};

/// What people name without saying of what.
const APPLIED: [(&str, &str); 6] = [
    ("KL", "KL(p(theta), p(theta + delta))"),
    ("Var", "Var(u[i])"),
    ("Cov", "Cov(u, v)"),
    ("E", "E[f]"),
    ("log", "log(p)"),
    ("grad", "grad(log(p))"),
];

/// A message was made; there is no formula.
pub type Resolved = Option<Formula>;

impl Scope {
    pub fn formula(&mut self, expression: &Expression) -> Resolved {
        let span = expression.span;
        let scalar = |kind: Kind| Some(Formula { kind, shape: Shape::SCALAR, span });
        if let Some(resolved) = self.member(expression) {
            return resolved;
        }
        match &expression.node {
            ExpressionKind::Number(value) => Some(Formula::number(value.clone(), span)),
            ExpressionKind::Name(name) => self.name(name, span),
            ExpressionKind::Negate(body) => {
                let body = self.formula(body)?;
                let shape = body.shape;
                Some(Formula { kind: Kind::Negate(Box::new(body)), shape, span })
            }
            ExpressionKind::Binary(BinaryOperator::Power, base, exponent) => {
                let base = self.formula(base)?;
                if base.shape.is_square() && !base.shape.is_scalar() {
                    let words = self.words(base.shape);
                    self.error(
                        Diagnostic::error("shape", format!("a power is of numbers, and this is {words}"))
                            .at(base.span, words)
                            .help("a matrix is multiplied with itself: `F * F`; its inverse is `inv(F)`"),
                    );
                    return None;
                }
                if !self.require_scalar(&base, "a power") {
                    return None;
                }
                if let Some(exponent) = constant_value(exponent) {
                    return scalar(Kind::Power(Box::new(base), exponent));
                }
                let exponent = self.formula(exponent)?;
                if !self.require_scalar(&exponent, "an exponent") {
                    return None;
                }
                scalar(Kind::Raised(Box::new(base), Box::new(exponent)))
            }
            ExpressionKind::Binary(operator, left, right) => self.binary(*operator, left, right, span),
            ExpressionKind::Transpose(body) => {
                let body = self.formula(body)?;
                let shape = body.shape.transposed();
                Some(Formula { kind: Kind::Transpose(Box::new(body)), shape, span })
            }
            ExpressionKind::Call { function, arguments } => self.call(function, arguments, span),
            ExpressionKind::Index { head, arguments } => self.index(head, arguments, span),
            ExpressionKind::Binder { function, variable, .. } => {
                self.error(
                    Diagnostic::error("binder", format!("`{}` over a domain is for families", function.node))
                        .at(span, "here the names alone are enough")
                        .help(format!("write `{}({}, …)`", function.node, variable.node)),
                );
                None
            }
            ExpressionKind::Vector(elements) if self.members.is_some() => self.table(elements, span),
            ExpressionKind::Factorial(_) | ExpressionKind::Vector(_) | ExpressionKind::Tuple(_) => {
                self.error(
                    Diagnostic::error(
                        "not-in-derivations",
                        "this has no meaning in a derivation about every dimension",
                    )
                    .at(span, "concrete values")
                    .help("write vectors by name, and components as `u[i]`"),
                );
                None
            }
        }
    }

    pub fn name(&mut self, name: &str, span: Span) -> Resolved {
        let Some(meaning) = self.meaning(name).cloned() else {
            self.unknown(name, span);
            return None;
        };
        let with = |kind: Kind, shape: Shape| Some(Formula { kind, shape, span });
        match meaning {
            Meaning::Parameter(id) => with(Kind::Parameter(id), Shape::vector(self.theory.parameter(id).space)),
            Meaning::Direction(id) => with(Kind::Direction(id), Shape::vector(self.theory.direction_space(id))),
            Meaning::Constant(id) => {
                let slots = &self.theory.constant(id).slots;
                let shape = Shape { rows: slots.first().copied().flatten(), columns: slots.get(1).copied().flatten() };
                with(Kind::Constant(id), shape)
            }
            Meaning::Density(id) => with(Kind::Density(id, Point::new()), Shape::SCALAR),
            Meaning::Definition(at) => {
                let shape = self.definitions[at].body.shape;
                with(Kind::Defined(at, Point::new()), shape)
            }
            // Every use of it that is one was read as a term of the family.
            Meaning::Mistaken | Meaning::Member => None,
            Meaning::Variate(_) => {
                self.error(
                    Diagnostic::error("variate", format!("the variate `{name}` has no value of its own"))
                        .at(span, "a point of any space, not a number")
                        .help(format!("use a function of it, such as `function T : vector(d)` and `T({name})`")),
                );
                None
            }
            Meaning::Function(id) => {
                let role = &self.functions[id.0 as usize];
                match (role.decided, self.theory.function(id).argument) {
                    (true, Argument::Parameter(_)) => with(Kind::Field(id, Point::new()), role.shape),
                    (true, Argument::Variate(_)) => with(Kind::Statistic(id), role.shape),
                    _ => {
                        self.error(
                            Diagnostic::error("function", format!("the function `{name}` stands without its argument"))
                                .at(span, "of what?")
                                .help(format!("write `{name}(…)`")),
                        );
                        None
                    }
                }
            }
        }
    }

    pub fn unknown(&mut self, name: &str, span: Span) {
        if let Some((_, example)) = APPLIED.iter().find(|(known, _)| *known == name) {
            self.error(
                Diagnostic::error("unknown-name", format!("`{name}` stands without its arguments"))
                    .at(span, "of what?")
                    .help(format!("write `{example}`")),
            );
            return;
        }
        let mut error =
            Diagnostic::error("unknown-name", format!("`{name}` is not declared")).at(span, "not known here");
        error = match self.nearest(name) {
            Some(known) => error.help(format!("did you mean `{known}`?")),
            None => error.help(format!(
                "declare it, for instance `constant {name} : real` or `define {name} = …`, before it is used"
            )),
        };
        self.error(error);
    }

    pub fn require_scalar(&mut self, formula: &Formula, what: &str) -> bool {
        if formula.shape.is_scalar() {
            return true;
        }
        let words = self.words(formula.shape);
        self.error(
            Diagnostic::error("shape", format!("{what} is of numbers, and this is {words}"))
                .at(formula.span, words)
                .help("take a component, as in `u[i]`, or a product that is a number, as in `delta' * u`"),
        );
        false
    }

    pub fn binary(&mut self, operator: BinaryOperator, left: &Expression, right: &Expression, span: Span) -> Resolved {
        let (left, right) = (self.formula(left), self.formula(right));
        let (left, right) = (left?, right?);
        let (operator, shape) = match operator {
            BinaryOperator::Add | BinaryOperator::Subtract => {
                let shape = self.common_shape(&left, &right, span)?;
                self.same_labels(&left, &right)?;
                (if operator == BinaryOperator::Add { Operator::Add } else { Operator::Subtract }, shape)
            }
            BinaryOperator::Multiply => (Operator::Multiply, self.product_shape(&left, &right, span)?),
            _ => {
                if !self.require_scalar(&right, "a divisor") {
                    return None;
                }
                if right.is_zero() {
                    self.error(
                        Diagnostic::error("division-by-zero", "division by zero")
                            .at(right.span, "this is 0")
                            .help("remove the division"),
                    );
                    return None;
                }
                (Operator::Divide, left.shape)
            }
        };
        Some(Formula { kind: Kind::Binary(operator, Box::new(left), Box::new(right)), shape, span })
    }

    pub fn common_shape(&mut self, left: &Formula, right: &Formula, span: Span) -> Option<Shape> {
        if left.shape == right.shape || right.is_zero() {
            return Some(left.shape);
        }
        if left.is_zero() {
            return Some(right.shape);
        }
        let (first, second) = (self.words(left.shape), self.words(right.shape));
        let mut error = Diagnostic::error("shape", format!("{first} and {second} cannot be added"))
            .at(span, "the two terms are of different shapes")
            .also(left.span, first)
            .also(right.span, second);
        if left.shape == right.shape.transposed() {
            error = error.help("one of the two lacks a transpose: `'`");
        }
        self.error(error);
        None
    }

    /// The same free indices in both, but for zeros: `u[i] + u[j]` means nothing.
    pub fn same_labels(&mut self, left: &Formula, right: &Formula) -> Option<()> {
        if left.is_zero() || right.is_zero() {
            return Some(());
        }
        let (first, second) = (left.free_labels(), right.free_labels());
        for (mine, theirs, other) in [(&first, &second, right), (&second, &first, left)] {
            if let Some((name, (_, span))) = mine.iter().find(|(name, _)| !theirs.contains_key(*name)) {
                self.error(
                    Diagnostic::error("free-index", format!("the index `{name}` is free on one side only"))
                        .at(*span, format!("holds for each `{name}`"))
                        .also(other.span, format!("has no `{name}`"))
                        .help(format!("if `{name}` is summed over, write `sum({name}, …)`: an index that repeats is not summed by itself")),
                );
                return None;
            }
        }
        Some(())
    }

    pub fn product_shape(&mut self, left: &Formula, right: &Formula, span: Span) -> Option<Shape> {
        if left.shape.is_scalar() {
            return Some(right.shape);
        }
        if right.shape.is_scalar() {
            return Some(left.shape);
        }
        if left.shape.columns == right.shape.rows {
            return Some(Shape::matrix(left.shape.rows, right.shape.columns));
        }
        let (first, second) = (self.words(left.shape), self.words(right.shape));
        let mut error = Diagnostic::error("shape", format!("{first} and {second} do not multiply"))
            .at(span, "the inner dimensions differ")
            .also(left.span, first)
            .also(right.span, second);
        if left.shape == right.shape && left.shape.columns.is_none() {
            error = error.help("`u' * v` is the number u·v, `u * v'` is the matrix of all products");
        } else if left.shape.columns == right.shape.columns {
            error = error.help("transpose the second: `'`");
        } else if left.shape.rows == right.shape.rows {
            error = error.help("transpose the first: `'`");
        }
        self.error(error);
        None
    }

    /// `E[e]`, `E_data[e]`, `E_x[e]`, `F[i, j]`.
    pub fn index(&mut self, head: &Ident, arguments: &[Expression], span: Span) -> Resolved {
        let name = head.node.as_str();
        if self.meaning(name).is_none() && (name == "E" || name.starts_with("E_")) {
            return self.expectation(head, arguments, span);
        }
        let whole = self.name(name, head.span)?;
        let spaces: Vec<Dimension> = match (whole.shape.rows, whole.shape.columns) {
            (None, None) => Vec::new(),
            (rows, None) => vec![rows],
            (None, columns) => vec![columns],
            (rows, columns) => vec![rows, columns],
        };
        if spaces.len() != arguments.len() {
            let words = self.words(whole.shape);
            self.error(
                Diagnostic::error(
                    "index",
                    format!(
                        "`{name}` is {words}: it has {} ind{}",
                        spaces.len(),
                        if spaces.len() == 1 { "ex" } else { "ices" }
                    ),
                )
                .at(span, format!("{} given", arguments.len()))
                .help(match spaces.len() {
                    0 => format!("write `{name}` alone"),
                    1 => format!("write `{name}[i]`"),
                    _ => format!("write `{name}[i, j]`"),
                }),
            );
            return None;
        }
        let labels = self.labels(arguments, &spaces)?;
        Some(Formula { kind: Kind::Entry(Box::new(whole), labels), shape: Shape::SCALAR, span })
    }

    pub fn expectation(&mut self, head: &Ident, arguments: &[Expression], span: Span) -> Resolved {
        let Some((body, more)) = arguments.split_first() else {
            self.error(
                Diagnostic::error("arguments", "an expectation of nothing")
                    .at(span, "of what?")
                    .help("write `E[log(p)]`"),
            );
            return None;
        };
        let mut point = Point::new();
        if let Some(at) = more.first() {
            point = self.point(at, None)?.1;
        }
        let mean = match head.node.as_str() {
            "E" => Mean::Model(point),
            "E_data" => Mean::Data,
            "E_sample" => {
                self.require_sample(head.span)?;
                Mean::Sample(point)
            }
            other => {
                let variate = &other[2..];
                match self.meaning(variate) {
                    Some(Meaning::Variate(id)) => self.mean_over(*id),
                    _ => {
                        let covariates: Vec<String> =
                            self.theory.variates.iter().map(|own| format!("E_{}", own.name)).collect();
                        let error = Diagnostic::error("unknown-name", format!("`{other}` is not an expectation"))
                            .at(head.span, "over what?");
                        self.error(error.help(format!(
                            "known are `E`, `E_data`{}",
                            covariates.iter().map(|name| format!(", `{name}`")).collect::<String>()
                        )));
                        return None;
                    }
                }
            }
        };
        let body = self.formula(body)?;
        let (one, all) = (self.speaks_of_one(&body), self.speaks_of_all(&body));
        let over_sample = matches!(mean, Mean::Sample(_));
        if (over_sample && one) || (!over_sample && all) {
            let (what, help) = if over_sample {
                (
                    "this depends on one draw, and the sample has many",
                    "a sum over the draws is `draws(f)`; over one draw the mean is `E[f]`",
                )
            } else {
                ("this depends on all draws of the sample", "the mean over the sample is `E_sample[f]`")
            };
            self.error(Diagnostic::error("sample", what).at(body.span, "over which draws?").help(help));
            return None;
        }
        let shape = body.shape;
        Some(Formula { kind: Kind::Expectation(mean, Box::new(body)), shape, span })
    }

    pub fn require_sample(&mut self, span: Span) -> Option<()> {
        if self.theory.sample.is_none() {
            self.error(
                Diagnostic::error("sample", "no sample is declared")
                    .at(span, "the draws of what?")
                    .help("declare `sample n`: n independent draws of the variates"),
            );
        }
        self.theory.sample.map(|_| ())
    }

    /// Does the value depend on the variates themselves?
    fn speaks_of_one(&self, formula: &Formula) -> bool {
        match &formula.kind {
            Kind::Density(..) | Kind::Statistic(_) => true,
            Kind::Draws(_) | Kind::SumOver(..) | Kind::Expectation(..) | Kind::Variance(_) | Kind::Covariance(..) => {
                false
            }
            Kind::Defined(at, _) => self.speaks_of_one(&self.definitions[*at].body),
            _ => formula.children().into_iter().any(|child| self.speaks_of_one(child)),
        }
    }

    /// Does the value depend on the draws of the sample?
    fn speaks_of_all(&self, formula: &Formula) -> bool {
        match &formula.kind {
            Kind::Draws(_) => true,
            Kind::Expectation(Mean::Sample(_), _) => false,
            Kind::Defined(at, _) => self.speaks_of_all(&self.definitions[*at].body),
            _ => formula.children().into_iter().any(|child| self.speaks_of_all(child)),
        }
    }

    pub fn mean_over(&self, variate: VariateId) -> Mean {
        match self.theory.density_of(variate) {
            Some(density) => Mean::Inner(density),
            None => Mean::Covariate(variate),
        }
    }
}
