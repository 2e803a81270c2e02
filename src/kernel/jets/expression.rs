//! Index expressions: scalars with labels, the form in which statements reach the kernel.

use std::collections::BTreeSet;

use crate::kernel::term::Rational;

use super::index::{Index, Space};
use super::theory::{
    Argument, ConstantId, DefinitionId, DensityId, DirectionId, FunctionId, ParameterId, Theory, VariateId,
};

/// θ + Σ c Δ: where a parametric expression is evaluated; empty at θ itself. Sorted by direction,
/// no coefficient zero.
pub type Point = Vec<(DirectionId, Rational)>;

/// A linear functional on functions of the variates.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Functional {
    /// E under the model at a point, over every variate.
    Model(Point),
    /// E over the variate of one density, its covariate fixed.
    Inner(DensityId, Point),
    /// E over a covariate, x ∼ D.
    Covariate(VariateId),
    /// E_data: the distribution of the data. None of the model's rules hold for it.
    Data,
    /// Σ_z or ∫ dz.
    Sum(VariateId),
    /// Σ_k over the draws of the sample, the variates being those of the k-th.
    Draws,
    /// E over the draws of the sample, under the model at a point.
    Sample(Point),
}

/// A scalar expression in labels.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    Number(Rational),
    Sum(Vec<Expression>),
    Product(Vec<Expression>),
    Power(Box<Expression>, Rational),
    /// Σ_i over a label's space.
    Contract(Index, Box<Expression>),
    /// δ_ij.
    Kronecker(Index, Index),
    Direction(DirectionId, Index),
    /// θ_i.
    Parameter(ParameterId, Index),
    Constant(ConstantId, Vec<Index>),
    Density(DensityId),
    Log(Box<Expression>),
    Exp(Box<Expression>),
    /// A(θ) or T(z): an abstract function at its own argument.
    Function(FunctionId, Vec<Index>),
    /// f^(k)(e): the k-th derivative of an abstract function of a real number.
    Apply(FunctionId, u32, Box<Expression>),
    /// ∂/∂θ_i.
    Partial(ParameterId, Index, Box<Expression>),
    /// The expression with θ moved by a displacement.
    Shift(Point, Box<Expression>),
    Functional(Functional, Box<Expression>),
    Defined(DefinitionId, Vec<Index>),
    /// (M^{-1})_ij; the matrix is given in the two slot labels, which occur nowhere else.
    Inverse {
        matrix: Box<Expression>,
        slots: [Index; 2],
        indices: [Index; 2],
    },
}

impl Expression {
    pub fn number(value: i64) -> Expression {
        Expression::Number(Rational::from_integer(value.into()))
    }
}

impl Expression {
    pub fn children(&self) -> Vec<&Expression> {
        match self {
            Expression::Sum(parts) | Expression::Product(parts) => parts.iter().collect(),
            Expression::Power(body, _)
            | Expression::Contract(_, body)
            | Expression::Log(body)
            | Expression::Exp(body)
            | Expression::Apply(_, _, body)
            | Expression::Partial(_, _, body)
            | Expression::Shift(_, body)
            | Expression::Functional(_, body)
            | Expression::Inverse { matrix: body, .. } => vec![body],
            Expression::Number(_)
            | Expression::Kronecker(..)
            | Expression::Direction(..)
            | Expression::Parameter(..)
            | Expression::Constant(..)
            | Expression::Density(_)
            | Expression::Function(..)
            | Expression::Defined(..) => Vec::new(),
        }
    }

    /// The variates that the value depends on.
    pub fn variates(&self, theory: &Theory) -> BTreeSet<VariateId> {
        match self {
            Expression::Density(id) => {
                let density = theory.density(*id);
                std::iter::once(density.variate).chain(density.given).collect()
            }
            Expression::Function(id, _) => match theory.function(*id).argument {
                Argument::Variate(variate) => BTreeSet::from([variate]),
                _ => BTreeSet::new(),
            },
            Expression::Defined(id, _) => theory.definition(*id).body.variates(theory),
            Expression::Functional(functional, body) => functional.left(body.variates(theory), theory),
            _ => self.children().into_iter().flat_map(|child| child.variates(theory)).collect(),
        }
    }

    /// Does nothing in it move with Δ?
    pub fn is_still(&self, theory: &Theory) -> bool {
        match self {
            Expression::Direction(..) | Expression::Shift(..) => false,
            Expression::Functional(functional, body) => functional.is_still() && body.is_still(theory),
            Expression::Defined(id, _) => theory.definition(*id).body.is_still(theory),
            _ => self.children().into_iter().all(|child| child.is_still(theory)),
        }
    }
}

/// A summed label of its own space: what contraction over a named label means.
pub fn contract(space: Option<Space>, label: Index, body: Expression) -> Expression {
    match space {
        None => body,
        Some(_) => Expression::Contract(label, Box::new(body)),
    }
}
