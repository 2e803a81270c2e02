//! What a derivation is about: its parameters, densities, abstract functions, definitions, assumptions.

use crate::kernel::term::Name;

use super::expression::Expression;
use super::index::{Index, Space};
use super::theorem::Statement;

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u16);
    };
}

identifier!(
    /// A parameter vector: θ, φ.
    ParameterId
);
identifier!(
    /// A direction Δ: infinitesimal, constant in the parameters and in the variates.
    DirectionId
);
identifier!(
    /// What a density is the density of, or what it is given.
    VariateId
);
identifier!(DensityId);
identifier!(
    /// A declared constant: scalar, vector or matrix.
    ConstantId
);
identifier!(
    /// An abstract smooth function: of a parameter, of a variate, or of a real number.
    FunctionId
);
identifier!(DefinitionId);

#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    pub name: Name,
    /// `None` for a scalar.
    pub space: Option<Space>,
    /// θ = θ(φ): the parameter that this one is a smooth function of.
    pub depends_on: Option<ParameterId>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Direction {
    pub name: Name,
    pub parameter: ParameterId,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Variate {
    pub name: Name,
    /// The name of its own distribution, free of parameters, when it is a covariate: `x ~ D`.
    pub law: Option<Name>,
}

/// p(z; θ) or p(y | x; θ); over its variate it sums to one.
#[derive(Clone, Debug, PartialEq)]
pub struct Density {
    pub name: Name,
    pub variate: VariateId,
    pub given: Option<VariateId>,
    pub parameter: ParameterId,
    /// `assume log(p) = …`.
    pub logarithm: Option<Expression>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Constant {
    pub name: Name,
    /// One space a slot.
    pub slots: Vec<Option<Space>>,
    pub symmetric: bool,
    pub positive: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Argument {
    Parameter(ParameterId),
    Variate(VariateId),
    /// A function of one real number, such as the f of an f-divergence.
    Real,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    pub name: Name,
    pub argument: Argument,
    /// The component of a vector function.
    pub slots: Vec<Option<Space>>,
    pub positive: bool,
}

/// `define F = E[u * u']` is F_ij := E[u_i u_j]: the body in terms of its free labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    pub name: Name,
    pub labels: Vec<Index>,
    pub body: Expression,
}

/// The declarations of one derivation. Theorems hold their theory, and only theorems of one theory combine.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Theory {
    /// The names of the dimensions.
    pub spaces: Vec<Name>,
    pub parameters: Vec<Parameter>,
    pub directions: Vec<Direction>,
    pub variates: Vec<Variate>,
    /// With several, their variates are independent of each other.
    pub densities: Vec<Density>,
    pub constants: Vec<Constant>,
    pub functions: Vec<Function>,
    pub definitions: Vec<Definition>,
    /// `assume well-specified`.
    pub well_specified: bool,
    /// `assume a = b`.
    pub assumed: Vec<Statement>,
    /// The number of draws of the sample, where there is one.
    pub sample: Option<ConstantId>,
}

/// What the sums over the draws of the sample depend on: all of the draws at once.
pub const DRAWS: VariateId = VariateId(u16::MAX);

impl Theory {
    pub fn parameter(&self, id: ParameterId) -> &Parameter {
        &self.parameters[id.0 as usize]
    }

    pub fn direction(&self, id: DirectionId) -> &Direction {
        &self.directions[id.0 as usize]
    }

    pub fn variate(&self, id: VariateId) -> &Variate {
        &self.variates[id.0 as usize]
    }

    pub fn density(&self, id: DensityId) -> &Density {
        &self.densities[id.0 as usize]
    }

    pub fn constant(&self, id: ConstantId) -> &Constant {
        &self.constants[id.0 as usize]
    }

    pub fn function(&self, id: FunctionId) -> &Function {
        &self.functions[id.0 as usize]
    }

    pub fn definition(&self, id: DefinitionId) -> &Definition {
        &self.definitions[id.0 as usize]
    }

    /// The density that a variate is drawn from, if it is not a covariate.
    pub fn density_of(&self, variate: VariateId) -> Option<DensityId> {
        self.densities.iter().position(|density| density.variate == variate).map(|at| DensityId(at as u16))
    }

    pub fn density_ids(&self) -> impl Iterator<Item = DensityId> {
        (0..self.densities.len()).map(|at| DensityId(at as u16))
    }

    pub fn variate_ids(&self) -> impl Iterator<Item = VariateId> {
        (0..self.variates.len()).map(|at| VariateId(at as u16))
    }

    /// The direction as a displacement: its slot's space is the parameter's.
    pub fn direction_space(&self, id: DirectionId) -> Option<Space> {
        self.parameter(self.direction(id).parameter).space
    }
}
