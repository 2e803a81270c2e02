//! What was typed, with every name resolved and every shape known: matrix notation, as on paper.

use std::collections::BTreeMap;

use num_traits::{One, Zero};

use crate::kernel::jets::expression::Point;
use crate::kernel::jets::index::Space;
use crate::kernel::jets::theory::{ConstantId, DensityId, DirectionId, FunctionId, ParameterId, VariateId};
use crate::kernel::term::{Rational, Term};
use crate::source::Span;

/// A dimension; `None` is one.
pub type Dimension = Option<Space>;

/// Rows and columns. A vector is a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    pub rows: Dimension,
    pub columns: Dimension,
}

impl Shape {
    pub const SCALAR: Shape = Shape { rows: None, columns: None };

    pub fn vector(rows: Dimension) -> Shape {
        Shape { rows, columns: None }
    }

    pub fn matrix(rows: Dimension, columns: Dimension) -> Shape {
        Shape { rows, columns }
    }

    pub fn is_scalar(self) -> bool {
        self == Shape::SCALAR
    }

    pub fn transposed(self) -> Shape {
        Shape { rows: self.columns, columns: self.rows }
    }

    pub fn is_square(self) -> bool {
        self.rows == self.columns
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Formula {
    pub kind: Kind,
    pub shape: Shape,
    pub span: Span,
}

/// A name in a slot, with the dimension that it runs over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    pub name: String,
    pub space: Dimension,
    /// `F[mu, sigma]`, `F[1, 2]`: a place, from 0, where the dimension is a number.
    pub position: Option<usize>,
}

/// Which expectation.
#[derive(Clone, Debug, PartialEq)]
pub enum Mean {
    /// E, over the model at a point.
    Model(Point),
    /// E_y, over the variate of one density.
    Inner(DensityId),
    /// E_x, over a covariate.
    Covariate(VariateId),
    Data,
    /// E_sample, over the draws of the sample at a point.
    Sample(Point),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    Number(Rational),
    Parameter(ParameterId),
    Direction(DirectionId),
    Constant(ConstantId),
    Density(DensityId, Point),
    /// A(θ).
    Field(FunctionId, Point),
    /// T(z).
    Statistic(FunctionId),
    /// f^(k)(e).
    Apply(FunctionId, u32, Box<Formula>),
    /// By its place among the definitions of the derivation.
    Defined(usize, Point),
    /// Between members of one family, or between products of independent ones, all moved alike.
    Divergence {
        densities: Vec<DensityId>,
        from: Point,
        to: Point,
    },
    Variance(Box<Formula>),
    Covariance(Box<Formula>, Box<Formula>),
    Negate(Box<Formula>),
    Binary(Operator, Box<Formula>, Box<Formula>),
    Power(Box<Formula>, Rational),
    /// `p^a`, the exponent no number.
    Raised(Box<Formula>, Box<Formula>),
    SquareRoot(Box<Formula>),
    Transpose(Box<Formula>),
    Log(Box<Formula>),
    Exp(Box<Formula>),
    Gradient(ParameterId, Box<Formula>),
    Hessian(ParameterId, Box<Formula>),
    /// Rows are components, columns are parameters.
    Jacobian(ParameterId, Box<Formula>),
    Partial(ParameterId, Vec<Label>, Box<Formula>),
    Expectation(Mean, Box<Formula>),
    SumOver(VariateId, Box<Formula>),
    /// Σ_k f(z_k) over the draws of the sample.
    Draws(Box<Formula>),
    SumIndex(Vec<Label>, Box<Formula>),
    Entry(Box<Formula>, Vec<Label>),
    Inverse(Box<Formula>),
    Trace(Box<Formula>),
    Identity,
    /// An expression in the names of the family at hand.
    Member(Term),
    /// `[a, b]` and `[[a, b], [c, d]]`, where the dimension is a number.
    Table(Vec<Vec<Formula>>),
}

impl Formula {
    pub fn number(value: Rational, span: Span) -> Formula {
        Formula { kind: Kind::Number(value), shape: Shape::SCALAR, span }
    }

    /// Whether the inverse of a matrix is written in it; definitions are not looked into.
    pub fn mentions_inverse(&self) -> bool {
        matches!(self.kind, Kind::Inverse(_)) || self.children().into_iter().any(Formula::mentions_inverse)
    }

    /// Zero of every shape: the literal 0, and what is linear in it.
    pub fn is_zero(&self) -> bool {
        match &self.kind {
            Kind::Number(value) => value.is_zero(),
            Kind::Expectation(_, body)
            | Kind::SumOver(_, body)
            | Kind::Draws(body)
            | Kind::Transpose(body)
            | Kind::Negate(body) => body.is_zero(),
            Kind::Binary(Operator::Add | Operator::Subtract, left, right) => left.is_zero() && right.is_zero(),
            _ => false,
        }
    }

    pub fn is_one(&self) -> bool {
        matches!(&self.kind, Kind::Number(value) if value.is_one())
    }

    pub fn children(&self) -> Vec<&Formula> {
        match &self.kind {
            Kind::Number(_)
            | Kind::Parameter(_)
            | Kind::Direction(_)
            | Kind::Constant(_)
            | Kind::Density(..)
            | Kind::Field(..)
            | Kind::Statistic(_)
            | Kind::Defined(..)
            | Kind::Divergence { .. }
            | Kind::Member(_)
            | Kind::Identity => Vec::new(),
            Kind::Table(rows) => rows.iter().flatten().collect(),
            Kind::Covariance(left, right) | Kind::Binary(_, left, right) | Kind::Raised(left, right) => {
                vec![left, right]
            }
            Kind::Apply(_, _, body)
            | Kind::Variance(body)
            | Kind::Negate(body)
            | Kind::Power(body, _)
            | Kind::SquareRoot(body)
            | Kind::Transpose(body)
            | Kind::Log(body)
            | Kind::Exp(body)
            | Kind::Gradient(_, body)
            | Kind::Hessian(_, body)
            | Kind::Jacobian(_, body)
            | Kind::Partial(_, _, body)
            | Kind::Expectation(_, body)
            | Kind::SumOver(_, body)
            | Kind::Draws(body)
            | Kind::SumIndex(_, body)
            | Kind::Entry(body, _)
            | Kind::Inverse(body)
            | Kind::Trace(body) => vec![body],
        }
    }

    pub fn children_mut(&mut self) -> Vec<&mut Formula> {
        match &mut self.kind {
            Kind::Number(_)
            | Kind::Parameter(_)
            | Kind::Direction(_)
            | Kind::Constant(_)
            | Kind::Density(..)
            | Kind::Field(..)
            | Kind::Statistic(_)
            | Kind::Defined(..)
            | Kind::Divergence { .. }
            | Kind::Member(_)
            | Kind::Identity => Vec::new(),
            Kind::Table(rows) => rows.iter_mut().flatten().collect(),
            Kind::Covariance(left, right) | Kind::Binary(_, left, right) | Kind::Raised(left, right) => {
                vec![left, right]
            }
            Kind::Apply(_, _, body)
            | Kind::Variance(body)
            | Kind::Negate(body)
            | Kind::Power(body, _)
            | Kind::SquareRoot(body)
            | Kind::Transpose(body)
            | Kind::Log(body)
            | Kind::Exp(body)
            | Kind::Gradient(_, body)
            | Kind::Hessian(_, body)
            | Kind::Jacobian(_, body)
            | Kind::Partial(_, _, body)
            | Kind::Expectation(_, body)
            | Kind::SumOver(_, body)
            | Kind::Draws(body)
            | Kind::SumIndex(_, body)
            | Kind::Entry(body, _)
            | Kind::Inverse(body)
            | Kind::Trace(body) => vec![body],
        }
    }

    /// The named indices that the statement holds for each value of, with one place of each.
    pub fn free_labels(&self) -> BTreeMap<String, (Dimension, Span)> {
        let mut free = BTreeMap::new();
        for child in self.children() {
            free.extend(child.free_labels());
        }
        match &self.kind {
            Kind::Entry(_, labels) | Kind::Partial(_, labels, _) => {
                for label in labels.iter().filter(|label| label.position.is_none()) {
                    free.insert(label.name.clone(), (label.space, self.span));
                }
            }
            Kind::SumIndex(labels, _) => {
                for label in labels {
                    free.remove(&label.name);
                }
            }
            _ => {}
        }
        free
    }

    /// The same formula wherever it stands and whatever its free indices are called: what two
    /// instances of one definition have in common. With the labels, in order of appearance.
    pub fn anonymous(&self) -> (Formula, Vec<Label>) {
        let mut order: Vec<Label> = Vec::new();
        let mut copy = self.clone();
        rename(&mut copy, &mut Vec::new(), &mut order);
        (copy, order)
    }
}

fn rename(formula: &mut Formula, summed: &mut Vec<String>, order: &mut Vec<Label>) {
    formula.span = Span::default();
    let depth = summed.len();
    if let Kind::SumIndex(labels, _) = &formula.kind {
        summed.extend(labels.iter().map(|label| label.name.clone()));
    }
    if let Kind::Entry(_, labels) | Kind::Partial(_, labels, _) = &mut formula.kind {
        for label in labels {
            if summed.contains(&label.name) {
                continue;
            }
            let at = order.iter().position(|known| known.name == label.name).unwrap_or_else(|| {
                order.push(label.clone());
                order.len() - 1
            });
            label.name = format!("#v{at}");
        }
    }
    for child in formula.children_mut() {
        rename(child, summed, order);
    }
    summed.truncate(depth);
}
