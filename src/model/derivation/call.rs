//! Functions: those of the language, and those that a derivation declares.

use num_traits::ToPrimitive;

use crate::diagnostic::Diagnostic;
use crate::kernel::jets::expression::Point;
use crate::kernel::jets::theory::{Argument, DensityId, FunctionId, ParameterId};
use crate::kernel::term::Rational;
use crate::source::Span;
use crate::syntax::tree::{Expression, ExpressionKind, Ident};

use super::expression::Resolved;
use super::formula::{Dimension, Formula, Kind, Label, Operator, Shape};
use super::point::constant_value;
use super::scope::{Meaning, Scope};
use super::spelling::nearest;

/// Functions of the language of derivations.
pub const FUNCTIONS: [&str; 21] = [
    "log",
    "exp",
    "sqrt",
    "grad",
    "hess",
    "jacobian",
    "d",
    "derivative",
    "sum",
    "draws",
    "KL",
    "Var",
    "Cov",
    "inv",
    "trace",
    "dot",
    "outer",
    "identity",
    "transpose",
    "E",
    "E_data",
];

impl Scope {
    pub fn call(&mut self, function: &Ident, arguments: &[Expression], span: Span) -> Resolved {
        let name = function.node.as_str();
        if let Some(meaning) = self.meaning(name).cloned()
            && let Some(resolved) = self.applied(&meaning, function, arguments, span)
        {
            return resolved;
        }
        let arity = |scope: &mut Scope, wanted: usize, example: &str| {
            if arguments.len() == wanted {
                return Some(());
            }
            let count = arguments.len();
            scope.error(
                Diagnostic::error(
                    "arguments",
                    format!("`{name}` takes {wanted} argument{}, not {count}", if wanted == 1 { "" } else { "s" }),
                )
                .at(span, format!("{count} given"))
                .help(format!("write `{example}`")),
            );
            None
        };
        let with = |kind: Kind, shape: Shape| Some(Formula { kind, shape, span });
        match name {
            "log" | "exp" | "sqrt" => {
                arity(self, 1, &format!("{name}(x)"))?;
                let body = Box::new(self.formula(&arguments[0])?);
                if !self.require_scalar(&body, &format!("`{name}`")) {
                    return None;
                }
                let kind = match name {
                    "log" => Kind::Log(body),
                    "exp" => Kind::Exp(body),
                    _ => Kind::SquareRoot(body),
                };
                with(kind, Shape::SCALAR)
            }
            "grad" | "hess" | "jacobian" => self.derivative_call(name, arguments, span),
            "d" => self.partial_call(arguments, span),
            "derivative" => self.function_derivative(arguments, span),
            "sum" => self.sum_call(arguments, span),
            "draws" => {
                arity(self, 1, "draws(log(p))")?;
                let body = self.formula(&arguments[0])?;
                self.require_sample(span)?;
                let shape = body.shape;
                with(Kind::Draws(Box::new(body)), shape)
            }
            "KL" => {
                arity(self, 2, "KL(p(theta), p(theta + delta))")?;
                let (left, right) = (self.formula(&arguments[0])?, self.formula(&arguments[1])?);
                match (members(&left), members(&right)) {
                    (Some((densities, from)), Some((others, to))) if densities == others => {
                        with(Kind::Divergence { densities, from, to }, Shape::SCALAR)
                    }
                    _ => {
                        self.error(
                            Diagnostic::error("divergence", "KL is between two members of one family")
                                .at(span, "not two densities of one family")
                                .help("write `KL(p(theta), p(theta + delta))`"),
                        );
                        None
                    }
                }
            }
            "Var" => {
                arity(self, 1, "Var(u[i])")?;
                let body = self.formula(&arguments[0])?;
                if body.shape.columns.is_some() {
                    self.require_scalar(&body, "a variance");
                    return None;
                }
                let shape = Shape::matrix(body.shape.rows, body.shape.rows);
                with(Kind::Variance(Box::new(body)), shape)
            }
            "Cov" => {
                if let [only] = arguments {
                    let body = self.formula(only)?;
                    let shape = Shape::matrix(body.shape.rows, body.shape.rows);
                    return with(Kind::Variance(Box::new(body)), shape);
                }
                arity(self, 2, "Cov(u, v)")?;
                let (left, right) = (self.formula(&arguments[0])?, self.formula(&arguments[1])?);
                let shape = Shape::matrix(left.shape.rows, right.shape.rows);
                with(Kind::Covariance(Box::new(left), Box::new(right)), shape)
            }
            "inv" => {
                arity(self, 1, "inv(F)")?;
                let body = self.formula(&arguments[0])?;
                if !body.shape.is_square() {
                    let words = self.words(body.shape);
                    self.error(
                        Diagnostic::error("shape", format!("{words} has no inverse"))
                            .at(body.span, words)
                            .help("a square matrix is expected"),
                    );
                    return None;
                }
                let shape = body.shape;
                with(Kind::Inverse(Box::new(body)), shape)
            }
            "trace" => {
                arity(self, 1, "trace(F)")?;
                let body = self.formula(&arguments[0])?;
                if !body.shape.is_square() {
                    let words = self.words(body.shape);
                    self.error(
                        Diagnostic::error("shape", format!("{words} has no trace"))
                            .at(body.span, words)
                            .help("a square matrix is expected"),
                    );
                    return None;
                }
                with(Kind::Trace(Box::new(body)), Shape::SCALAR)
            }
            "dot" | "outer" => {
                arity(self, 2, &format!("{name}(u, v)"))?;
                let (left, right) = (self.formula(&arguments[0])?, self.formula(&arguments[1])?);
                let (left, right) = if name == "dot" { (transposed(left), right) } else { (left, transposed(right)) };
                let shape = self.product_shape(&left, &right, span)?;
                with(Kind::Binary(Operator::Multiply, Box::new(left), Box::new(right)), shape)
            }
            "transpose" => {
                arity(self, 1, "F'")?;
                let body = self.formula(&arguments[0])?;
                Some(Formula { span, ..transposed(body) })
            }
            "identity" => {
                arity(self, 1, "identity(d)")?;
                let wanted = match &arguments[0].node {
                    ExpressionKind::Name(dimension) => {
                        self.theory.spaces.iter().position(|known| known.as_str() == dimension)
                    }
                    ExpressionKind::Number(dimension) => {
                        self.theory.spaces.iter().position(|known| known.as_str() == dimension.to_string())
                    }
                    _ => None,
                };
                match wanted {
                    Some(at) => {
                        let space = Some(crate::kernel::jets::index::Space(at as u8));
                        with(Kind::Identity, Shape::matrix(space, space))
                    }
                    None => {
                        self.error(
                            Diagnostic::error("dimension", "no vector has this dimension")
                                .at(arguments[0].span, "unknown dimension")
                                .help("write `identity(d)`"),
                        );
                        None
                    }
                }
            }
            _ => {
                let known: Vec<String> = FUNCTIONS
                    .iter()
                    .map(ToString::to_string)
                    .chain(self.names.iter().map(|(known, ..)| known.clone()))
                    .collect();
                let error = Diagnostic::error("unknown-function", format!("`{name}` is not a function here"))
                    .at(function.span, "not known");
                let error = match nearest(name, known.iter().map(String::as_str)) {
                    Some(known) => error.help(format!("did you mean `{known}`?")),
                    None => error.help(format!("declare it: `function {name}`")),
                };
                self.error(error);
                None
            }
        }
    }

    /// A declared name with arguments. `None`: the name is not one that is applied.
    pub fn applied(
        &mut self,
        meaning: &Meaning,
        function: &Ident,
        arguments: &[Expression],
        span: Span,
    ) -> Option<Resolved> {
        let with = |kind: Kind, shape: Shape| Some(Formula { kind, shape, span });
        match meaning {
            Meaning::Density(id) => {
                let parameter = self.theory.density(*id).parameter;
                let values: Vec<&Expression> = arguments.iter().filter(|own| !self.is_variate(own)).collect();
                if let Some(point) = self.member_point(&values) {
                    return Some(with(Kind::Density(*id, point), Shape::SCALAR));
                }
                if self.members.is_some() && !values.is_empty() && !values.iter().all(|own| self.is_point(own)) {
                    self.member_point_expected(*id, span);
                    return Some(None);
                }
                let mut point = None;
                for argument in arguments {
                    match argument {
                        _ if self.is_variate(argument) => {}
                        _ => match self.point(argument, Some(parameter)) {
                            Some(found) => point = Some(found.1),
                            None => return Some(None),
                        },
                    }
                }
                Some(with(Kind::Density(*id, point.unwrap_or_default()), Shape::SCALAR))
            }
            Meaning::Definition(at) => {
                let shape = self.definitions[*at].body.shape;
                let [argument] = arguments else {
                    self.error(
                        Diagnostic::error("arguments", format!("`{}` is at one point", function.node))
                            .at(span, "at which parameter?")
                            .help(format!("write `{}(theta + delta)`", function.node)),
                    );
                    return Some(None);
                };
                Some(self.point(argument, None).and_then(|(_, point)| with(Kind::Defined(*at, point), shape)))
            }
            Meaning::Function(id) => Some(self.function_call(*id, arguments, span)),
            Meaning::Mistaken => Some(None),
            _ => None,
        }
    }

    fn is_variate(&self, expression: &Expression) -> bool {
        matches!(&expression.node, ExpressionKind::Name(name) if matches!(self.meaning(name), Some(Meaning::Variate(_))))
    }

    pub fn function_call(&mut self, id: FunctionId, arguments: &[Expression], span: Span) -> Resolved {
        let name = self.theory.function(id).name.clone();
        let [argument] = arguments else {
            self.error(
                Diagnostic::error("arguments", format!("`{name}` takes one argument"))
                    .at(span, format!("{} given", arguments.len()))
                    .help(format!("write `{name}(…)`")),
            );
            return None;
        };
        let shape = self.functions[id.0 as usize].shape;
        if let ExpressionKind::Name(variate) = &argument.node
            && let Some(Meaning::Variate(variate)) = self.meaning(variate).cloned()
        {
            self.decide(id, Argument::Variate(variate), span)?;
            return Some(Formula { kind: Kind::Statistic(id), shape, span });
        }
        if self.is_point(argument) {
            let (parameter, point) = self.point(argument, None)?;
            self.decide(id, Argument::Parameter(parameter), span)?;
            return Some(Formula { kind: Kind::Field(id, point), shape, span });
        }
        let body = self.formula(argument)?;
        if !self.require_scalar(&body, &format!("`{name}`")) {
            return None;
        }
        self.decide(id, Argument::Real, span)?;
        Some(Formula { kind: Kind::Apply(id, 0, Box::new(body)), shape: Shape::SCALAR, span })
    }

    pub fn decide(&mut self, id: FunctionId, argument: Argument, span: Span) -> Option<()> {
        let role = &mut self.functions[id.0 as usize];
        let own = &mut self.theory.functions[id.0 as usize].argument;
        if role.decided && *own != argument {
            let name = self.theory.function(id).name.clone();
            self.error(
                Diagnostic::error("function", format!("`{name}` is applied to things of different kinds"))
                    .at(span, "earlier its argument was of another kind")
                    .help("declare two functions"),
            );
            return None;
        }
        role.decided = true;
        *own = argument;
        Some(())
    }

    /// The parameter of `grad(e)` or `grad(e, phi)`.
    pub fn by_parameter(&mut self, named: Option<&Expression>, span: Span) -> Option<ParameterId> {
        if let Some(expression) = named {
            if let ExpressionKind::Name(name) = &expression.node
                && let Some(Meaning::Parameter(id)) = self.meaning(name)
            {
                return Some(*id);
            }
            self.error(
                Diagnostic::error("parameter", "a derivative is by a parameter")
                    .at(expression.span, "not a parameter")
                    .help("write `grad(e, theta)`"),
            );
            return None;
        }
        match self.theory.parameters.len() {
            1 => Some(ParameterId(0)),
            0 => {
                self.error(
                    Diagnostic::error("no-parameter", "no parameter is declared")
                        .at(span, "a derivative by what?")
                        .help("declare `parameter theta : vector(d)`"),
                );
                None
            }
            _ => {
                let names: Vec<String> =
                    self.theory.parameters.iter().map(|own| format!("`grad(e, {})`", own.name)).collect();
                self.error(
                    Diagnostic::error("parameter", "there are several parameters")
                        .at(span, "a derivative by which?")
                        .help(format!("write {}", names.join(" or "))),
                );
                None
            }
        }
    }

    pub fn derivative_call(&mut self, name: &str, arguments: &[Expression], span: Span) -> Resolved {
        let (body, by) = match arguments {
            [body] => (body, None),
            [body, by] => (body, Some(by)),
            _ => {
                self.error(
                    Diagnostic::error("arguments", format!("`{name}` takes one argument, and perhaps the parameter"))
                        .at(span, format!("{} given", arguments.len()))
                        .help(format!("write `{name}(log(p))`")),
                );
                return None;
            }
        };
        if let (Some(label), "grad") = (by.and_then(|by| self.member_label(by)), name) {
            let body = self.formula(body)?;
            if !self.require_scalar(&body, "`grad`") {
                return None;
            }
            let kind = Kind::Partial(ParameterId(0), vec![label], Box::new(body));
            return Some(Formula { kind, shape: Shape::SCALAR, span });
        }
        // The Jacobian of θ(φ) is by φ, whatever else is declared.
        let parameter = self.by_parameter(by, span)?;
        let space = self.theory.parameter(parameter).space;
        let body = self.formula(body)?;
        let with = |kind: Kind, shape: Shape| Some(Formula { kind, shape, span });
        match name {
            "jacobian" if body.shape.columns.is_none() => {
                let shape = Shape::matrix(body.shape.rows, space);
                with(Kind::Jacobian(parameter, Box::new(body)), shape)
            }
            "grad" if body.shape.is_scalar() => with(Kind::Gradient(parameter, Box::new(body)), Shape::vector(space)),
            "hess" if body.shape.is_scalar() => {
                with(Kind::Hessian(parameter, Box::new(body)), Shape::matrix(space, space))
            }
            "grad" if body.shape.columns.is_none() => {
                self.error(
                    Diagnostic::error("shape", "the gradient of a vector is a matrix")
                        .at(body.span, "a vector")
                        .help("write `jacobian(e)`: its rows are the components, its columns the parameters"),
                );
                None
            }
            _ => {
                self.require_scalar(&body, &format!("`{name}`"));
                None
            }
        }
    }

    /// `d(e, i, j)`: partial derivatives by components of the parameter.
    pub fn partial_call(&mut self, arguments: &[Expression], span: Span) -> Resolved {
        let [body, labels @ ..] = arguments else {
            self.error(
                Diagnostic::error("arguments", "`d` takes an expression and indices")
                    .at(span, "nothing given")
                    .help("write `d(log(p), i, j)`"),
            );
            return None;
        };
        let (by, labels) = match labels.split_first() {
            Some((first, rest)) if matches!(&first.node, ExpressionKind::Name(name) if matches!(self.meaning(name), Some(Meaning::Parameter(_)))) => {
                (Some(first), rest)
            }
            _ => (None, labels),
        };
        let parameter = self.by_parameter(by, span)?;
        let space = self.theory.parameter(parameter).space;
        let body = self.formula(body)?;
        if !self.require_scalar(&body, "`d`") {
            return None;
        }
        let labels = self.labels(labels, &vec![space; labels.len()])?;
        if labels.is_empty() {
            self.error(
                Diagnostic::error("arguments", "`d` takes at least one index")
                    .at(span, "a derivative by which component?")
                    .help("write `d(log(p), i)`"),
            );
            return None;
        }
        Some(Formula { kind: Kind::Partial(parameter, labels, Box::new(body)), shape: Shape::SCALAR, span })
    }

    pub fn labels(&mut self, arguments: &[Expression], spaces: &[Dimension]) -> Option<Vec<Label>> {
        let mut labels = Vec::new();
        for (argument, space) in arguments.iter().zip(spaces) {
            match &argument.node {
                _ if self.place(argument).is_some() => {
                    let position = self.place(argument);
                    let name = match &argument.node {
                        ExpressionKind::Number(value) => value.to_string(),
                        ExpressionKind::Name(name) => name.clone(),
                        _ => String::new(),
                    };
                    labels.push(Label { name, space: *space, position });
                }
                ExpressionKind::Name(name) if self.meaning(name).is_none() => {
                    labels.push(Label { name: name.clone(), space: *space, position: None })
                }
                ExpressionKind::Name(name) => {
                    self.error(
                        Diagnostic::error("index", format!("`{name}` is declared, and cannot be an index too"))
                            .at(argument.span, "an index is expected")
                            .help("use a name that is not declared, such as `i`"),
                    );
                    return None;
                }
                _ => {
                    self.error(
                        Diagnostic::error("index", "an index is a name: the dimension is not specified")
                            .at(argument.span, "not a name")
                            .help("write `u[i]`; the statement then holds for each `i`"),
                    );
                    return None;
                }
            }
        }
        Some(labels)
    }

    /// `derivative(f, 2, 1)` is f''(1).
    pub fn function_derivative(&mut self, arguments: &[Expression], span: Span) -> Resolved {
        if let [function, order, argument] = arguments
            && let ExpressionKind::Name(name) = &function.node
            && let Some(Meaning::Function(id)) = self.meaning(name).cloned()
            && let Some(order) =
                constant_value(order).filter(Rational::is_integer).and_then(|value| value.to_integer().to_u32())
        {
            let argument = self.formula(argument)?;
            if !self.require_scalar(&argument, "the argument of a function") {
                return None;
            }
            self.decide(id, Argument::Real, span)?;
            return Some(Formula { kind: Kind::Apply(id, order, Box::new(argument)), shape: Shape::SCALAR, span });
        }
        self.error(
            Diagnostic::error("arguments", "`derivative` takes a declared function, how often, and where")
                .at(span, "not of this form")
                .help("`derivative(f, 2, 1)` is the second derivative of f at 1"),
        );
        None
    }

    /// `sum(z, e)` over a variate, `sum(i, j, e)` over indices.
    pub fn sum_call(&mut self, arguments: &[Expression], span: Span) -> Resolved {
        let Some((body, over)) = arguments.split_last().filter(|(_, over)| !over.is_empty()) else {
            self.error(
                Diagnostic::error("arguments", "`sum` takes what is summed over, and an expression")
                    .at(span, "over what?")
                    .help("write `sum(z, p * f)` or `sum(i, u[i]*u[i])`"),
            );
            return None;
        };
        let body = self.formula(body)?;
        let free = body.free_labels();
        let mut formula = body;
        for name in over.iter().rev() {
            let ExpressionKind::Name(text) = &name.node else {
                self.error(
                    Diagnostic::error("index", "a sum is over a variate or an index")
                        .at(name.span, "not a name")
                        .help("write `sum(z, …)` or `sum(i, …)`"),
                );
                return None;
            };
            let shape = formula.shape;
            match self.meaning(text).cloned() {
                Some(Meaning::Variate(id)) => {
                    formula = Formula { kind: Kind::SumOver(id, Box::new(formula)), shape, span };
                }
                Some(_) => {
                    self.error(
                        Diagnostic::error("index", format!("`{text}` is neither a variate nor an index"))
                            .at(name.span, "declared as something else")
                            .help("sum over the variate, or over an index that is not declared"),
                    );
                    return None;
                }
                None => {
                    let Some((space, _)) = free.get(text) else {
                        let error =
                            Diagnostic::error("free-index", format!("the index `{text}` does not occur in the sum"))
                                .at(name.span, "summed over, but not used");
                        self.error(error.help("remove it, or use it: `u[i]`"));
                        return None;
                    };
                    let label = Label { name: text.clone(), space: *space, position: None };
                    formula = match formula.kind {
                        Kind::SumIndex(mut labels, body) => {
                            labels.insert(0, label);
                            Formula { kind: Kind::SumIndex(labels, body), shape, span }
                        }
                        kind => {
                            let inner = Formula { kind, ..formula };
                            Formula { kind: Kind::SumIndex(vec![label], Box::new(inner)), shape, span }
                        }
                    };
                }
            }
        }
        Some(formula)
    }
}

/// The densities of a product, each once, and the point at which they all stand.
fn members(formula: &Formula) -> Option<(Vec<DensityId>, Point)> {
    match &formula.kind {
        Kind::Density(id, point) => Some((vec![*id], point.clone())),
        Kind::Binary(Operator::Multiply, left, right) => {
            let ((mut densities, here), (others, there)) = (members(left)?, members(right)?);
            densities.extend(others);
            densities.sort();
            (here == there && densities.windows(2).all(|pair| pair[0] != pair[1])).then_some((densities, here))
        }
        _ => None,
    }
}

fn transposed(body: Formula) -> Formula {
    Formula { shape: body.shape.transposed(), span: body.span, kind: Kind::Transpose(Box::new(body)) }
}
