//! The names of a derivation: what is declared, and what a name stands for.

use crate::diagnostic::Diagnostic;
use crate::kernel::jets::index::Space;
use crate::kernel::jets::theory::{
    Argument, Constant, ConstantId, Density, DensityId, Direction, DirectionId, Function, FunctionId, Parameter,
    ParameterId, Theory, Variate, VariateId,
};
use crate::kernel::term::{Name, Rational};
use crate::source::Span;
use crate::syntax::tree::{Declarations, DerivationEntry, DerivationTree, Domain, DomainKind, ExpressionKind, Ident};

use super::family::Members;
use super::formula::{Dimension, Formula, Shape};

/// Words with a meaning of their own, which no declaration may take.
pub const RESERVED: [&str; 3] = ["pi", "e", "euler_gamma"];

#[derive(Clone, Debug, PartialEq)]
pub enum Meaning {
    Parameter(ParameterId),
    Direction(DirectionId),
    Constant(ConstantId),
    Variate(VariateId),
    Density(DensityId),
    Function(FunctionId),
    /// By its place among the definitions.
    Definition(usize),
    /// A name of the family at hand.
    Member,
    /// Declared, but with a mistake that was reported: uses of it are not reported again.
    Mistaken,
}

/// A `define`, resolved.
#[derive(Clone, Debug, PartialEq)]
pub struct DefinitionLine {
    pub name: String,
    pub body: Formula,
    pub span: Span,
}

/// The role of a function is what its first use makes of it.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionRole {
    pub shape: Shape,
    pub decided: bool,
}

pub struct Scope {
    pub theory: Theory,
    pub names: Vec<(String, Meaning, Span)>,
    pub definitions: Vec<DefinitionLine>,
    pub functions: Vec<FunctionRole>,
    /// How many equations are assumed so far.
    pub equations: usize,
    /// The names of the family that the derivation is about, if it is about one.
    pub members: Option<Members>,
    pub diagnostics: Vec<Diagnostic>,
}

impl Scope {
    pub fn empty() -> Scope {
        Scope {
            theory: Theory::default(),
            names: Vec::new(),
            definitions: Vec::new(),
            functions: Vec::new(),
            equations: 0,
            members: None,
            diagnostics: Vec::new(),
        }
    }

    /// Everything that is declared, in whatever order it stands.
    pub fn of(tree: &DerivationTree) -> Scope {
        let mut scope = Scope::empty();
        let maps = parameters_that_are_functions(tree);
        for entry in &tree.entries {
            if let DerivationEntry::Parameter(declarations) = &entry.node {
                scope.parameters(declarations);
            }
        }
        for entry in &tree.entries {
            match &entry.node {
                DerivationEntry::Function { name, domain } if maps.contains(&name.node) => {
                    scope.map(name, domain.as_ref())
                }
                DerivationEntry::Function { name, domain } => scope.function(name, domain.as_ref()),
                DerivationEntry::Constant(declarations) => scope.constants(declarations),
                DerivationEntry::Sample(size) => scope.sample(size),
                _ => {}
            }
        }
        for entry in &tree.entries {
            match &entry.node {
                DerivationEntry::Density { name, variates, given, parameters, with } => {
                    scope.density(name, variates, given, parameters, with.as_ref(), entry.span);
                }
                DerivationEntry::Direction(declarations) => scope.directions(declarations),
                _ => {}
            }
        }
        scope
    }

    pub fn error(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    pub fn meaning(&self, name: &str) -> Option<&Meaning> {
        self.names.iter().find(|(known, ..)| known == name).map(|(_, meaning, _)| meaning)
    }

    /// The declared name that was probably meant.
    pub fn nearest(&self, name: &str) -> Option<String> {
        super::spelling::nearest(name, self.names.iter().map(|(known, ..)| known.as_str()))
    }

    pub fn declare(&mut self, name: &Ident, meaning: Meaning) {
        if RESERVED.contains(&name.node.as_str()) {
            self.error(
                Diagnostic::error("reserved-name", format!("`{}` is a number already", name.node))
                    .at(name.span, "declared here")
                    .help(format!("give it another name, such as `{}_0`", name.node)),
            );
            return;
        }
        if let Some((_, _, earlier)) = self.names.iter().find(|(known, ..)| *known == name.node) {
            let earlier = *earlier;
            self.error(
                Diagnostic::error("declared-twice", format!("`{}` is declared twice", name.node))
                    .at(name.span, "declared again here")
                    .also(earlier, "first declared here"),
            );
            return;
        }
        self.names.push((name.node.clone(), meaning, name.span));
    }

    pub fn space(&mut self, name: &str) -> Space {
        let at = self.theory.spaces.iter().position(|known| known.as_str() == name).unwrap_or_else(|| {
            self.theory.spaces.push(Name::new(name));
            self.theory.spaces.len() - 1
        });
        Space(at as u8)
    }

    /// `real` is a scalar, `vector(d)` a column, `matrix(m, n)` and `spd(d)` matrices.
    fn shape(&mut self, domain: Option<&Domain>) -> (Shape, bool, bool) {
        let Some(domain) = domain else { return (Shape::SCALAR, false, false) };
        let DomainKind::Named { keyword, arguments } = &domain.node else { return (Shape::SCALAR, false, false) };
        let dimensions: Vec<Dimension> = arguments
            .iter()
            .map(|argument| match &argument.node {
                ExpressionKind::Name(name) => Some(self.space(name)),
                ExpressionKind::Number(value) if *value == Rational::from_integer(1.into()) => None,
                ExpressionKind::Number(value) => Some(self.space(&value.to_string())),
                _ => {
                    let message = "a dimension is a name or a number".to_string();
                    self.error(
                        Diagnostic::error("dimension", message)
                            .at(argument.span, "not a dimension")
                            .help("write `vector(d)`"),
                    );
                    None
                }
            })
            .collect();
        match (keyword.as_str(), dimensions.as_slice()) {
            ("vector", [rows]) => (Shape::vector(*rows), false, false),
            ("matrix", [rows, columns]) => (Shape::matrix(*rows, *columns), false, false),
            ("matrix", [rows]) => (Shape::matrix(*rows, *rows), false, false),
            ("symmetric" | "spd", [rows]) => (Shape::matrix(*rows, *rows), true, false),
            ("positive", []) => (Shape::SCALAR, false, true),
            ("vector" | "matrix" | "spd" | "symmetric", _) => {
                self.error(
                    Diagnostic::error("dimension", format!("`{keyword}` lacks its dimensions"))
                        .at(domain.span, "which dimension?")
                        .help("write `vector(d)` or `matrix(m, n)`"),
                );
                (Shape::SCALAR, false, false)
            }
            ("interval", [..]) => (Shape::SCALAR, false, arguments.first().is_some_and(is_nonnegative)),
            _ => (Shape::SCALAR, false, false),
        }
    }

    fn parameters(&mut self, declarations: &Declarations) {
        for declaration in &declarations.declarations {
            let (shape, ..) = self.shape(Some(&declaration.domain));
            for name in &declaration.names {
                if shape.columns.is_some() {
                    self.error(
                        Diagnostic::error("shape", format!("the parameter `{}` is a matrix", name.node))
                            .at(declaration.domain.span, "a parameter is a number or a vector")
                            .help("declare the vector of its entries"),
                    );
                }
                let id = ParameterId(self.theory.parameters.len() as u16);
                self.theory.parameters.push(Parameter {
                    name: Name::new(&name.node),
                    space: shape.rows,
                    depends_on: None,
                });
                self.declare(name, Meaning::Parameter(id));
            }
        }
    }

    /// `function theta : vector(d)`, where the density is in theta: θ = θ(φ).
    fn map(&mut self, name: &Ident, domain: Option<&Domain>) {
        let (shape, ..) = self.shape(domain);
        if self.theory.parameters.is_empty() {
            self.error(
                Diagnostic::error(
                    "no-parameter",
                    format!("`{}` is a function of nothing: no parameter is declared", name.node),
                )
                .at(name.span, "a function of which parameter?")
                .help("declare `parameter phi : vector(m)` as well"),
            );
        }
        let id = ParameterId(self.theory.parameters.len() as u16);
        let outer = (!self.theory.parameters.is_empty()).then_some(ParameterId(0));
        self.theory.parameters.push(Parameter { name: Name::new(&name.node), space: shape.rows, depends_on: outer });
        self.declare(name, Meaning::Parameter(id));
    }

    fn function(&mut self, name: &Ident, domain: Option<&Domain>) {
        let (shape, _, positive) = self.shape(domain);
        let id = FunctionId(self.theory.functions.len() as u16);
        let slots = [shape.rows, shape.columns].into_iter().filter(Option::is_some).collect();
        self.theory.functions.push(Function { name: Name::new(&name.node), argument: Argument::Real, slots, positive });
        self.functions.push(FunctionRole { shape, decided: false });
        self.declare(name, Meaning::Function(id));
    }

    fn constants(&mut self, declarations: &Declarations) {
        for declaration in &declarations.declarations {
            let (shape, symmetric, positive) = self.shape(Some(&declaration.domain));
            for name in &declaration.names {
                let id = ConstantId(self.theory.constants.len() as u16);
                let slots = [shape.rows, shape.columns].into_iter().filter(Option::is_some).collect();
                self.theory.constants.push(Constant { name: Name::new(&name.node), slots, symmetric, positive });
                self.declare(name, Meaning::Constant(id));
            }
        }
    }

    /// `sample n`: there is at least one draw.
    fn sample(&mut self, size: &Ident) {
        if self.theory.sample.is_some() {
            self.error(
                Diagnostic::error("declared-twice", "a derivation has one sample")
                    .at(size.span, "a second one")
                    .help("leave one of them out"),
            );
            return;
        }
        let id = ConstantId(self.theory.constants.len() as u16);
        let constant = Constant { name: Name::new(&size.node), slots: Vec::new(), symmetric: false, positive: true };
        self.theory.constants.push(constant);
        self.theory.sample = Some(id);
        self.declare(size, Meaning::Constant(id));
    }

    pub fn directions(&mut self, declarations: &Declarations) {
        for declaration in &declarations.declarations {
            let (shape, ..) = self.shape(Some(&declaration.domain));
            for name in &declaration.names {
                let own = self.theory.parameters.iter().rposition(|parameter| parameter.space == shape.rows);
                let domain = self.theory.parameters.last().map(|parameter| match parameter.space {
                    Some(space) => format!("`vector({})`", self.theory.spaces[space.0 as usize]),
                    None => "`real`".to_string(),
                });
                let help = format!(
                    "give it the parameter's own domain{}",
                    domain.map_or(String::new(), |own| format!(": {own}"))
                );
                let Some(parameter) = own.filter(|_| shape.columns.is_none()) else {
                    self.error(
                        Diagnostic::error(
                            "direction",
                            format!("no parameter has the shape of the direction `{}`", name.node),
                        )
                        .at(declaration.domain.span, "a direction is a displacement of a parameter")
                        .help(help),
                    );
                    continue;
                };
                let id = DirectionId(self.theory.directions.len() as u16);
                self.theory
                    .directions
                    .push(Direction { name: Name::new(&name.node), parameter: ParameterId(parameter as u16) });
                self.declare(name, Meaning::Direction(id));
            }
        }
    }

    fn density(
        &mut self,
        name: &Ident,
        variates: &[Ident],
        given: &[Ident],
        parameters: &[Ident],
        with: Option<&(Ident, Ident)>,
        span: Span,
    ) {
        let [variate] = variates else {
            self.error(
                Diagnostic::error("density", format!("the density `{}` is of {} variates", name.node, variates.len()))
                    .at(span, "one variate is expected")
                    .help("let one name stand for the pair: `density p(z; theta)`"),
            );
            return;
        };
        let parameter = match parameters {
            [only] => match self.meaning(&only.node) {
                Some(Meaning::Parameter(id)) => *id,
                _ => {
                    let error = Diagnostic::error("unknown-name", format!("`{}` is not a parameter", only.node))
                        .at(only.span, "not declared as a parameter");
                    let help = format!("declare `parameter {} : vector(d)`", only.node);
                    self.error(error.help(help));
                    return;
                }
            },
            _ => {
                self.error(
                    Diagnostic::error(
                        "density",
                        format!("the density `{}` has {} parameters", name.node, parameters.len()),
                    )
                    .at(span, "one parameter, which may be a vector, is expected")
                    .help("write `density p(z; theta)` with `parameter theta : vector(d)`"),
                );
                return;
            }
        };
        let given_id = match given {
            [] => None,
            [only] => {
                let law =
                    with.filter(|(covariate, _)| covariate.node == only.node).map(|(_, law)| Name::new(&law.node));
                if law.is_none() {
                    self.error(
                        Diagnostic::error("covariate-law", format!("the distribution of `{}` is not given", only.node))
                            .at(only.span, "drawn from what?")
                            .help(format!(
                                "write `density {}({} | {}; …) with {} ~ D`",
                                name.node, variate.node, only.node, only.node
                            )),
                    );
                }
                Some(self.variate(only, law))
            }
            _ => {
                self.error(
                    Diagnostic::error("density", "more than one covariate")
                        .at(span, "one covariate is expected")
                        .help("let one name stand for all"),
                );
                return;
            }
        };
        let variate_id = self.variate(variate, None);
        let id = DensityId(self.theory.densities.len() as u16);
        self.theory.densities.push(Density {
            name: Name::new(&name.node),
            variate: variate_id,
            given: given_id,
            parameter,
            logarithm: None,
        });
        self.declare(name, Meaning::Density(id));
    }

    fn variate(&mut self, name: &Ident, law: Option<Name>) -> VariateId {
        if let Some(Meaning::Variate(id)) = self.meaning(&name.node) {
            let id = *id;
            // A shared covariate is one variate; a variate drawn twice is two that share a name.
            if law.is_some() && self.theory.variate(id).law == law {
                return id;
            }
        }
        let id = VariateId(self.theory.variates.len() as u16);
        self.theory.variates.push(Variate { name: Name::new(&name.node), law });
        self.declare(name, Meaning::Variate(id));
        id
    }

    /// "a number", "a vector of length d", "a d × d matrix".
    pub fn words(&self, shape: Shape) -> String {
        let name = |dimension: Dimension| match dimension {
            None => "1".to_string(),
            Some(space) => self.theory.spaces[space.0 as usize].to_string(),
        };
        match (shape.rows, shape.columns) {
            (None, None) => "a number".to_string(),
            (rows, None) => format!("a vector of length {}", name(rows)),
            (None, columns) => format!("a row of length {}", name(columns)),
            (rows, columns) => format!("a {} × {} matrix", name(rows), name(columns)),
        }
    }
}

fn is_nonnegative(expression: &crate::syntax::tree::Expression) -> bool {
    use num_traits::Signed;
    matches!(&expression.node, ExpressionKind::Number(value) if !value.is_negative())
}

/// Functions whose name is the parameter of a density.
fn parameters_that_are_functions(tree: &DerivationTree) -> Vec<String> {
    tree.entries
        .iter()
        .filter_map(|entry| match &entry.node {
            DerivationEntry::Density { parameters, .. } => Some(parameters.iter().map(|name| name.node.clone())),
            _ => None,
        })
        .flatten()
        .collect()
}
