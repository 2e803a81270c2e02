//! Surface expression to formula: names looked up, shapes worked out, indices given their dimension.

use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};

use crate::diagnostic::Diagnostic;
use crate::kernel::jets::expression::Point;
use crate::kernel::jets::theory::{Argument, FunctionId, ParameterId, VariateId};
use crate::source::Span;
use crate::syntax::tree::{BinaryOperator, Expression, ExpressionKind, Ident};

use super::formula::{Dimension, Formula, Kind, Label, Mean, Operator, Shape};
use super::scope::{Meaning, Scope};
use super::spelling::nearest;

/// Functions of the language of derivations.
const FUNCTIONS: [&str; 20] = [
    "log", "exp", "sqrt", "grad", "hess", "jacobian", "d", "derivative", "sum", "KL", "Var", "Cov", "inv", "trace", "dot", "outer", "identity", "transpose",
    "E", "E_data",
];

/// A message was made; there is no formula.
pub type Resolved = Option<Formula>;

impl Scope {
    pub fn formula(&mut self, expression: &Expression) -> Resolved {
        let span = expression.span;
        let scalar = |kind: Kind| Some(Formula { kind, shape: Shape::SCALAR, span });
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
                if !self.require_scalar(&base, "a power") {
                    return None;
                }
                let exponent = self.rational(exponent)?;
                scalar(Kind::Power(Box::new(base), exponent))
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
            ExpressionKind::Factorial(_) | ExpressionKind::Vector(_) | ExpressionKind::Tuple(_) => {
                self.error(
                    Diagnostic::error("not-in-derivations", "this has no meaning in a derivation about every dimension")
                        .at(span, "concrete values")
                        .help("write vectors by name, and components as `u[i]`"),
                );
                None
            }
        }
    }

    fn name(&mut self, name: &str, span: Span) -> Resolved {
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
            Meaning::Mistaken => None,
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

    fn unknown(&mut self, name: &str, span: Span) {
        let mut error = Diagnostic::error("unknown-name", format!("`{name}` is not declared")).at(span, "not known here");
        error = match self.nearest(name) {
            Some(known) => error.help(format!("did you mean `{known}`?")),
            None => error.help(format!("declare it, for instance `constant {name} : real` or `define {name} = …`, before it is used")),
        };
        self.error(error);
    }

    fn require_scalar(&mut self, formula: &Formula, what: &str) -> bool {
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

    fn rational(&mut self, expression: &Expression) -> Option<BigRational> {
        let value = constant_value(expression);
        if value.is_none() {
            self.error(Diagnostic::error("exponent", "an exponent is a number here").at(expression.span, "not a rational number").help("such as `2`, `-1` or `1/2`"));
        }
        value
    }

    fn binary(&mut self, operator: BinaryOperator, left: &Expression, right: &Expression, span: Span) -> Resolved {
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
                    self.error(Diagnostic::error("division-by-zero", "division by zero").at(right.span, "this is 0").help("remove the division"));
                    return None;
                }
                (Operator::Divide, left.shape)
            }
        };
        Some(Formula { kind: Kind::Binary(operator, Box::new(left), Box::new(right)), shape, span })
    }

    fn common_shape(&mut self, left: &Formula, right: &Formula, span: Span) -> Option<Shape> {
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

    fn product_shape(&mut self, left: &Formula, right: &Formula, span: Span) -> Option<Shape> {
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

    fn call(&mut self, function: &Ident, arguments: &[Expression], span: Span) -> Resolved {
        let name = function.node.as_str();
        if let Some(meaning) = self.meaning(name).cloned() {
            if let Some(resolved) = self.applied(&meaning, function, arguments, span) {
                return resolved;
            }
        }
        let arity = |scope: &mut Scope, wanted: usize, example: &str| {
            if arguments.len() == wanted {
                return Some(());
            }
            let count = arguments.len();
            scope.error(
                Diagnostic::error("arguments", format!("`{name}` takes {wanted} argument{}, not {count}", if wanted == 1 { "" } else { "s" }))
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
            "KL" => {
                arity(self, 2, "KL(p(theta), p(theta + delta))")?;
                let (left, right) = (self.formula(&arguments[0])?, self.formula(&arguments[1])?);
                match (&left.kind, &right.kind) {
                    (Kind::Density(first, from), Kind::Density(second, to)) if first == second => {
                        let (density, from, to) = (*first, from.clone(), to.clone());
                        with(Kind::Divergence { density, from, to }, Shape::SCALAR)
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
                    self.error(Diagnostic::error("shape", format!("{words} has no inverse")).at(body.span, words).help("a square matrix is expected"));
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
                    self.error(Diagnostic::error("shape", format!("{words} has no trace")).at(body.span, words).help("a square matrix is expected"));
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
                    ExpressionKind::Name(dimension) => self.theory.spaces.iter().position(|known| known.as_str() == dimension),
                    _ => None,
                };
                match wanted {
                    Some(at) => {
                        let space = Some(crate::kernel::jets::index::Space(at as u8));
                        with(Kind::Identity, Shape::matrix(space, space))
                    }
                    None => {
                        self.error(Diagnostic::error("dimension", "no vector has this dimension").at(arguments[0].span, "unknown dimension").help("write `identity(d)`"));
                        None
                    }
                }
            }
            _ => {
                let known: Vec<String> =
                    FUNCTIONS.iter().map(ToString::to_string).chain(self.names.iter().map(|(known, ..)| known.clone())).collect();
                let error = Diagnostic::error("unknown-function", format!("`{name}` is not a function here")).at(function.span, "not known");
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
    fn applied(&mut self, meaning: &Meaning, function: &Ident, arguments: &[Expression], span: Span) -> Option<Resolved> {
        let with = |kind: Kind, shape: Shape| Some(Formula { kind, shape, span });
        match meaning {
            Meaning::Density(id) => {
                let parameter = self.theory.density(*id).parameter;
                let mut point = None;
                for argument in arguments {
                    match &argument.node {
                        ExpressionKind::Name(name) if matches!(self.meaning(name), Some(Meaning::Variate(_))) => {}
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
                    self.error(Diagnostic::error("arguments", format!("`{}` is at one point", function.node)).at(span, "at which parameter?").help(format!("write `{}(theta + delta)`", function.node)));
                    return Some(None);
                };
                Some(self.point(argument, None).and_then(|(_, point)| with(Kind::Defined(*at, point), shape)))
            }
            Meaning::Function(id) => Some(self.function_call(*id, arguments, span)),
            Meaning::Mistaken => Some(None),
            _ => None,
        }
    }

    fn function_call(&mut self, id: FunctionId, arguments: &[Expression], span: Span) -> Resolved {
        let name = self.theory.function(id).name.clone();
        let [argument] = arguments else {
            self.error(Diagnostic::error("arguments", format!("`{name}` takes one argument")).at(span, format!("{} given", arguments.len())).help(format!("write `{name}(…)`")));
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

    fn decide(&mut self, id: FunctionId, argument: Argument, span: Span) -> Option<()> {
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

    /// Is it θ, or θ plus something? Then it is meant as a point.
    fn is_point(&self, expression: &Expression) -> bool {
        match &expression.node {
            ExpressionKind::Name(name) => matches!(self.meaning(name), Some(Meaning::Parameter(_))),
            ExpressionKind::Binary(BinaryOperator::Add | BinaryOperator::Subtract, left, right) => self.is_point(left) || self.is_point(right),
            _ => false,
        }
    }

    /// `theta - 1/2*delta`: one parameter, and multiples of directions.
    fn point(&mut self, expression: &Expression, wanted: Option<ParameterId>) -> Option<(ParameterId, Point)> {
        let mut parameter = None;
        let mut point = Point::new();
        let one = BigRational::one();
        let found = self.displacement(expression, &one, &mut parameter, &mut point);
        let parameter = parameter.filter(|own| found && wanted.is_none_or(|wanted| *own == wanted));
        if let Some(parameter) = parameter {
            point.retain(|(_, coefficient)| !coefficient.is_zero());
            point.sort();
            let own_directions = point.iter().all(|(direction, _)| self.theory.direction(*direction).parameter == parameter);
            if point.is_empty() || (own_directions && self.theory.parameter(parameter).depends_on.is_none()) {
                return Some((parameter, point));
            }
        }
        let theta = wanted.or(Some(ParameterId(0))).and_then(|id| self.theory.parameters.get(id.0 as usize)).map_or("theta".to_string(), |own| own.name.to_string());
        self.error(
            Diagnostic::error("point", "this is not a value of the parameter")
                .at(expression.span, format!("`{theta}`, moved along a direction, is expected"))
                .help(format!("such as `{theta}` or `{theta} + delta`, with `direction delta : …` declared")),
        );
        None
    }

    fn displacement(&self, expression: &Expression, scale: &BigRational, parameter: &mut Option<ParameterId>, point: &mut Point) -> bool {
        match &expression.node {
            ExpressionKind::Name(name) => match self.meaning(name) {
                Some(Meaning::Parameter(id)) if parameter.is_none() && scale.is_one() => {
                    *parameter = Some(*id);
                    true
                }
                Some(Meaning::Direction(id)) => {
                    match point.iter_mut().find(|(own, _)| own == id) {
                        Some((_, coefficient)) => *coefficient += scale,
                        None => point.push((*id, scale.clone())),
                    }
                    true
                }
                _ => false,
            },
            ExpressionKind::Negate(body) => self.displacement(body, &-scale, parameter, point),
            ExpressionKind::Binary(BinaryOperator::Add, left, right) => {
                self.displacement(left, scale, parameter, point) && self.displacement(right, scale, parameter, point)
            }
            ExpressionKind::Binary(BinaryOperator::Subtract, left, right) => {
                self.displacement(left, scale, parameter, point) && self.displacement(right, &-scale, parameter, point)
            }
            ExpressionKind::Binary(BinaryOperator::Multiply, left, right) => match constant_value(left) {
                Some(value) => self.displacement(right, &(scale * value), parameter, point),
                None => constant_value(right).is_some_and(|value| self.displacement(left, &(scale * value), parameter, point)),
            },
            ExpressionKind::Binary(BinaryOperator::Divide, left, right) => {
                constant_value(right).is_some_and(|value| !value.is_zero() && self.displacement(left, &(scale / value), parameter, point))
            }
            _ => false,
        }
    }

    /// The parameter of `grad(e)` or `grad(e, phi)`.
    fn by_parameter(&mut self, named: Option<&Expression>, span: Span) -> Option<ParameterId> {
        if let Some(expression) = named {
            if let ExpressionKind::Name(name) = &expression.node
                && let Some(Meaning::Parameter(id)) = self.meaning(name)
            {
                return Some(*id);
            }
            self.error(Diagnostic::error("parameter", "a derivative is by a parameter").at(expression.span, "not a parameter").help("write `grad(e, theta)`"));
            return None;
        }
        match self.theory.parameters.len() {
            1 => Some(ParameterId(0)),
            0 => {
                self.error(Diagnostic::error("no-parameter", "no parameter is declared").at(span, "a derivative by what?").help("declare `parameter theta : vector(d)`"));
                None
            }
            _ => {
                let names: Vec<String> = self.theory.parameters.iter().map(|own| format!("`grad(e, {})`", own.name)).collect();
                self.error(Diagnostic::error("parameter", "there are several parameters").at(span, "a derivative by which?").help(format!("write {}", names.join(" or "))));
                None
            }
        }
    }

    fn derivative_call(&mut self, name: &str, arguments: &[Expression], span: Span) -> Resolved {
        let (body, by) = match arguments {
            [body] => (body, None),
            [body, by] => (body, Some(by)),
            _ => {
                self.error(Diagnostic::error("arguments", format!("`{name}` takes one argument, and perhaps the parameter")).at(span, format!("{} given", arguments.len())).help(format!("write `{name}(log(p))`")));
                return None;
            }
        };
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
            "hess" if body.shape.is_scalar() => with(Kind::Hessian(parameter, Box::new(body)), Shape::matrix(space, space)),
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
    fn partial_call(&mut self, arguments: &[Expression], span: Span) -> Resolved {
        let [body, labels @ ..] = arguments else {
            self.error(Diagnostic::error("arguments", "`d` takes an expression and indices").at(span, "nothing given").help("write `d(log(p), i, j)`"));
            return None;
        };
        let (by, labels) = match labels.split_first() {
            Some((first, rest)) if matches!(&first.node, ExpressionKind::Name(name) if matches!(self.meaning(name), Some(Meaning::Parameter(_)))) => (Some(first), rest),
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
            self.error(Diagnostic::error("arguments", "`d` takes at least one index").at(span, "a derivative by which component?").help("write `d(log(p), i)`"));
            return None;
        }
        Some(Formula { kind: Kind::Partial(parameter, labels, Box::new(body)), shape: Shape::SCALAR, span })
    }

    fn labels(&mut self, arguments: &[Expression], spaces: &[Dimension]) -> Option<Vec<Label>> {
        let mut labels = Vec::new();
        for (argument, space) in arguments.iter().zip(spaces) {
            match &argument.node {
                ExpressionKind::Name(name) if self.meaning(name).is_none() => labels.push(Label { name: name.clone(), space: *space }),
                ExpressionKind::Name(name) => {
                    self.error(Diagnostic::error("index", format!("`{name}` is declared, and cannot be an index too")).at(argument.span, "an index is expected").help("use a name that is not declared, such as `i`"));
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
    fn function_derivative(&mut self, arguments: &[Expression], span: Span) -> Resolved {
        if let [function, order, argument] = arguments
            && let ExpressionKind::Name(name) = &function.node
            && let Some(Meaning::Function(id)) = self.meaning(name).cloned()
            && let Some(order) = constant_value(order).filter(BigRational::is_integer).and_then(|value| value.to_integer().to_u32())
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
    fn sum_call(&mut self, arguments: &[Expression], span: Span) -> Resolved {
        let Some((body, over)) = arguments.split_last().filter(|(_, over)| !over.is_empty()) else {
            self.error(Diagnostic::error("arguments", "`sum` takes what is summed over, and an expression").at(span, "over what?").help("write `sum(z, p * f)` or `sum(i, u[i]*u[i])`"));
            return None;
        };
        let body = self.formula(body)?;
        let free = body.free_labels();
        let mut formula = body;
        for name in over.iter().rev() {
            let ExpressionKind::Name(text) = &name.node else {
                self.error(Diagnostic::error("index", "a sum is over a variate or an index").at(name.span, "not a name").help("write `sum(z, …)` or `sum(i, …)`"));
                return None;
            };
            let shape = formula.shape;
            match self.meaning(text).cloned() {
                Some(Meaning::Variate(id)) => {
                    formula = Formula { kind: Kind::SumOver(id, Box::new(formula)), shape, span };
                }
                Some(_) => {
                    self.error(Diagnostic::error("index", format!("`{text}` is neither a variate nor an index")).at(name.span, "declared as something else").help("sum over the variate, or over an index that is not declared"));
                    return None;
                }
                None => {
                    let Some((space, _)) = free.get(text) else {
                        let error = Diagnostic::error("free-index", format!("the index `{text}` does not occur in the sum")).at(name.span, "summed over, but not used");
                        self.error(error.help("remove it, or use it: `u[i]`"));
                        return None;
                    };
                    let label = Label { name: text.clone(), space: *space };
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

    /// `E[e]`, `E_data[e]`, `E_x[e]`, `F[i, j]`.
    fn index(&mut self, head: &Ident, arguments: &[Expression], span: Span) -> Resolved {
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
                Diagnostic::error("index", format!("`{name}` is {words}: it has {} ind{}", spaces.len(), if spaces.len() == 1 { "ex" } else { "ices" }))
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

    fn expectation(&mut self, head: &Ident, arguments: &[Expression], span: Span) -> Resolved {
        let Some((body, more)) = arguments.split_first() else {
            self.error(Diagnostic::error("arguments", "an expectation of nothing").at(span, "of what?").help("write `E[log(p)]`"));
            return None;
        };
        let mut point = Point::new();
        if let Some(at) = more.first() {
            point = self.point(at, None)?.1;
        }
        let mean = match head.node.as_str() {
            "E" => Mean::Model(point),
            "E_data" => Mean::Data,
            other => {
                let variate = &other[2..];
                match self.meaning(variate) {
                    Some(Meaning::Variate(id)) => self.mean_over(*id),
                    _ => {
                        let covariates: Vec<String> = self.theory.variates.iter().map(|own| format!("E_{}", own.name)).collect();
                        let error = Diagnostic::error("unknown-name", format!("`{other}` is not an expectation")).at(head.span, "over what?");
                        self.error(error.help(format!("known are `E`, `E_data`{}", covariates.iter().map(|name| format!(", `{name}`")).collect::<String>())));
                        return None;
                    }
                }
            }
        };
        let body = self.formula(body)?;
        let shape = body.shape;
        Some(Formula { kind: Kind::Expectation(mean, Box::new(body)), shape, span })
    }

    fn mean_over(&self, variate: VariateId) -> Mean {
        match self.theory.density_of(variate) {
            Some(density) => Mean::Inner(density),
            None => Mean::Covariate(variate),
        }
    }
}

fn transposed(body: Formula) -> Formula {
    Formula { shape: body.shape.transposed(), span: body.span, kind: Kind::Transpose(Box::new(body)) }
}

/// The value of an expression in numbers alone.
pub fn constant_value(expression: &Expression) -> Option<BigRational> {
    match &expression.node {
        ExpressionKind::Number(value) => Some(value.clone()),
        ExpressionKind::Negate(body) => constant_value(body).map(|value| -value),
        ExpressionKind::Binary(operator, left, right) => {
            let (left, right) = (constant_value(left)?, constant_value(right)?);
            match operator {
                BinaryOperator::Add => Some(left + right),
                BinaryOperator::Subtract => Some(left - right),
                BinaryOperator::Multiply => Some(left * right),
                BinaryOperator::Divide => (!right.is_zero()).then(|| left / right),
                BinaryOperator::Power => {
                    let exponent = right.is_integer().then(|| right.to_integer().to_i32()).flatten().filter(|exponent| exponent.abs() <= 64)?;
                    (!left.is_zero() || !right.is_negative()).then(|| num_traits::Pow::pow(left, exponent))
                }
            }
        }
        _ => None,
    }
}
