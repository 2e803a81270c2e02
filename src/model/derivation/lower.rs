//! Formula to index expression: matrix products become sums over labels.

use crate::kernel::jets::expression::{Expression, Functional, Point, contract};
use crate::kernel::jets::index::{Index, Space};
use crate::kernel::jets::theory::{Argument, Definition, DefinitionId, Theory};
use crate::kernel::term::{Name, Rational};

use super::formula::{Dimension, Formula, Kind, Label, Mean, Operator};

/// What is lowered into: the theory grows by the definitions that instances of KL and Var stand for.
pub struct Lowering<'t> {
    pub theory: &'t mut Theory,
    /// The kernel's definition of each `define`.
    pub defined: Vec<DefinitionId>,
    /// Instances that were met, so that equal ones share a definition.
    instances: Vec<(Formula, DefinitionId)>,
    fresh: u32,
}

/// Where a formula stands: the labels of its row and of its column, and what summed names stand for.
#[derive(Clone, Default)]
struct Place {
    row: Option<Index>,
    column: Option<Index>,
    names: Vec<(String, Index)>,
}

impl Place {
    fn at(&self, row: Option<Index>, column: Option<Index>) -> Place {
        Place { row, column, names: self.names.clone() }
    }

    fn scalar(&self) -> Place {
        self.at(None, None)
    }

    fn index(&self, label: &Label) -> Index {
        match (self.names.iter().rev().find(|(name, _)| *name == label.name), label.space) {
            (Some((_, index)), _) => index.clone(),
            (None, Some(space)) => Index::free(space, &label.name),
            (None, None) => Index::Unit,
        }
    }
}

/// The label of a slot of a statement: the same on both sides.
pub fn slot(dimension: Dimension, name: &str) -> Option<Index> {
    dimension.map(|space| Index::free(space, name))
}

impl<'t> Lowering<'t> {
    pub fn new(theory: &'t mut Theory) -> Self {
        Lowering { theory, defined: Vec::new(), instances: Vec::new(), fresh: 0 }
    }

    /// One `define`; bodies refer to earlier ones only.
    pub fn define(&mut self, name: &str, body: &Formula) {
        let id = self.definition(name, body, &[]);
        self.defined.push(id);
    }

    fn definition(&mut self, name: &str, body: &Formula, labels: &[Label]) -> DefinitionId {
        let (row, column) = (slot(body.shape.rows, "#row"), slot(body.shape.columns, "#column"));
        let named = labels.iter().filter_map(|label| slot(label.space, &label.name));
        let all: Vec<Index> = row.clone().into_iter().chain(column.clone()).chain(named).collect();
        let lowered = self.lower(body, &Place { row, column, names: Vec::new() });
        self.theory.definitions.push(Definition { name: Name::new(name), labels: all, body: lowered });
        DefinitionId((self.theory.definitions.len() - 1) as u16)
    }

    /// A side of a statement, at the labels of the statement.
    pub fn side(&mut self, formula: &Formula, row: Dimension, column: Dimension) -> Expression {
        self.lower(formula, &Place { row: slot(row, "#row"), column: slot(column, "#column"), names: Vec::new() })
    }

    fn open(&mut self, space: Dimension) -> Option<Index> {
        self.fresh += 1;
        let number = self.fresh;
        space.map(|space: Space| Index::free(space, &format!("#{number}")))
    }

    fn lower(&mut self, formula: &Formula, place: &Place) -> Expression {
        // Zero is zero of every shape.
        if formula.is_zero() {
            return Expression::number(0);
        }
        match &formula.kind {
            Kind::Number(value) => Expression::Number(value.clone()),
            Kind::Parameter(id) => Expression::Parameter(*id, index_of(place)),
            Kind::Direction(id) => Expression::Direction(*id, index_of(place)),
            Kind::Constant(id) => Expression::Constant(*id, slots(place)),
            Kind::Density(id, point) => shifted(point, Expression::Density(*id)),
            Kind::Field(id, point) => shifted(point, Expression::Function(*id, slots(place))),
            Kind::Statistic(id) => Expression::Function(*id, slots(place)),
            Kind::Apply(id, order, argument) => {
                debug_assert!(matches!(self.theory.function(*id).argument, Argument::Real));
                Expression::Apply(*id, *order, Box::new(self.lower(argument, &place.scalar())))
            }
            Kind::Defined(at, point) => {
                let id = self.defined[*at];
                shifted(point, Expression::Defined(id, slots(place)))
            }
            Kind::Divergence { .. } | Kind::Variance(_) | Kind::Covariance(..) => self.instance(formula, place),
            Kind::Negate(body) => Expression::Product(vec![Expression::number(-1), self.lower(body, place)]),
            Kind::Binary(operator, left, right) => self.binary(*operator, left, right, place),
            Kind::Power(body, exponent) => Expression::Power(Box::new(self.lower(body, place)), exponent.clone()),
            // b^e = exp(e log b), for positive b.
            Kind::Raised(base, exponent) => {
                let logarithm = Expression::Log(Box::new(self.lower(base, place)));
                Expression::Exp(Box::new(Expression::Product(vec![self.lower(exponent, place), logarithm])))
            }
            Kind::SquareRoot(body) => {
                Expression::Power(Box::new(self.lower(body, place)), Rational::new(1.into(), 2.into()))
            }
            Kind::Transpose(body) => self.lower(body, &place.at(place.column.clone(), place.row.clone())),
            Kind::Log(body) => Expression::Log(Box::new(self.lower(body, place))),
            Kind::Exp(body) => Expression::Exp(Box::new(self.lower(body, place))),
            Kind::Gradient(parameter, body) => {
                let body = self.lower(body, &place.scalar());
                Expression::Partial(*parameter, index_of(place), Box::new(body))
            }
            Kind::Hessian(parameter, body) => {
                let body = self.lower(body, &place.scalar());
                let inner = Expression::Partial(*parameter, unit(&place.column), Box::new(body));
                Expression::Partial(*parameter, unit(&place.row), Box::new(inner))
            }
            Kind::Jacobian(parameter, body) => {
                let body = self.lower(body, &place.at(place.row.clone(), None));
                Expression::Partial(*parameter, unit(&place.column), Box::new(body))
            }
            Kind::Partial(parameter, labels, body) => {
                let mut value = self.lower(body, &place.scalar());
                for label in labels {
                    value = Expression::Partial(*parameter, place.index(label), Box::new(value));
                }
                value
            }
            Kind::Expectation(mean, body) => {
                let functional = match mean {
                    Mean::Model(point) => Functional::Model(point.clone()),
                    Mean::Inner(density) => Functional::Inner(*density, Point::new()),
                    Mean::Covariate(variate) => Functional::Covariate(*variate),
                    Mean::Data => Functional::Data,
                    Mean::Sample(point) => Functional::Sample(point.clone()),
                };
                Expression::Functional(functional, Box::new(self.lower(body, place)))
            }
            Kind::SumOver(variate, body) => {
                Expression::Functional(Functional::Sum(*variate), Box::new(self.lower(body, place)))
            }
            Kind::Draws(body) => Expression::Functional(Functional::Draws, Box::new(self.lower(body, place))),
            Kind::SumIndex(labels, body) => {
                let mut inner = place.clone();
                let mut opened = Vec::new();
                for label in labels {
                    let index = self.open(label.space);
                    inner.names.push((label.name.clone(), index.clone().unwrap_or(Index::Unit)));
                    opened.push((label.space, index));
                }
                let mut value = self.lower(body, &inner);
                for (space, index) in opened.into_iter().rev() {
                    if let Some(index) = index {
                        value = contract(space, index, value);
                    }
                }
                value
            }
            Kind::Entry(body, labels) => {
                let mut indices = labels.iter().map(|label| Some(place.index(label)));
                let inner = match (body.shape.rows, body.shape.columns) {
                    (None, Some(_)) => place.at(None, indices.next().flatten()),
                    _ => {
                        let row = indices.next().flatten();
                        place.at(row, indices.next().flatten())
                    }
                };
                self.lower(body, &inner)
            }
            Kind::Inverse(body) => {
                let (row, column) = (self.open(body.shape.rows), self.open(body.shape.columns));
                match (row, column) {
                    (Some(row), Some(column)) => {
                        let matrix = self.lower(body, &place.at(Some(row.clone()), Some(column.clone())));
                        Expression::Inverse {
                            matrix: Box::new(matrix),
                            slots: [row, column],
                            indices: [unit(&place.row), unit(&place.column)],
                        }
                    }
                    _ => Expression::Power(Box::new(self.lower(body, place)), Rational::from_integer((-1).into())),
                }
            }
            Kind::Trace(body) => match self.open(body.shape.rows) {
                Some(index) => {
                    let value = self.lower(body, &place.at(Some(index.clone()), Some(index.clone())));
                    contract(body.shape.rows, index, value)
                }
                None => self.lower(body, place),
            },
            Kind::Identity => Expression::Kronecker(unit(&place.row), unit(&place.column)),
            Kind::Member(_) | Kind::Table(_) => {
                unreachable!("formulas about one family are not lowered: the algebra of jets has no terms for them")
            }
        }
    }

    fn binary(&mut self, operator: Operator, left: &Formula, right: &Formula, place: &Place) -> Expression {
        match operator {
            Operator::Add => Expression::Sum(vec![self.lower(left, place), self.lower(right, place)]),
            Operator::Subtract => {
                let right = self.lower(right, place);
                Expression::Sum(vec![self.lower(left, place), Expression::Product(vec![Expression::number(-1), right])])
            }
            Operator::Divide => {
                let divisor = self.lower(right, &place.scalar());
                let reciprocal = Expression::Power(Box::new(divisor), Rational::from_integer((-1).into()));
                Expression::Product(vec![self.lower(left, place), reciprocal])
            }
            Operator::Multiply if left.shape.is_scalar() => {
                let left = self.lower(left, &place.scalar());
                Expression::Product(vec![left, self.lower(right, place)])
            }
            Operator::Multiply if right.shape.is_scalar() => {
                let left = self.lower(left, place);
                Expression::Product(vec![left, self.lower(right, &place.scalar())])
            }
            Operator::Multiply => {
                let inner = self.open(left.shape.columns);
                let first = self.lower(left, &place.at(place.row.clone(), inner.clone()));
                let second = self.lower(right, &place.at(inner.clone(), place.column.clone()));
                let product = Expression::Product(vec![first, second]);
                match inner {
                    Some(index) => contract(left.shape.columns, index, product),
                    None => product,
                }
            }
        }
    }

    /// KL, Var and Cov are definitions: one for each thing that they are of.
    fn instance(&mut self, formula: &Formula, place: &Place) -> Expression {
        let (anonymous, labels) = formula.anonymous();
        let known = self.instances.iter().find(|(own, _)| *own == anonymous).map(|(_, id)| *id);
        let id = known.unwrap_or_else(|| {
            let (name, body) = meaning(&anonymous);
            let positional: Vec<Label> = labels
                .iter()
                .enumerate()
                .map(|(at, label)| Label { name: format!("#v{at}"), space: label.space, position: None })
                .collect();
            let id = self.definition(name, &body, &positional);
            self.instances.push((anonymous.clone(), id));
            id
        });
        let mut indices = slots(place);
        indices.extend(labels.iter().filter(|label| label.space.is_some()).map(|label| place.index(label)));
        Expression::Defined(id, indices)
    }
}

/// KL(p ‖ q) = E_p[log p − log q];  Var(a) = E[(a − E a)(a − E a)ᵀ];  Cov(a, b) likewise.
fn meaning(formula: &Formula) -> (&'static str, Formula) {
    let span = formula.span;
    let of = |kind: Kind, shape| Formula { kind, shape, span };
    let mean = |body: Formula| {
        let shape = body.shape;
        of(Kind::Expectation(Mean::Model(Point::new()), Box::new(body)), shape)
    };
    let difference = |left: Formula, right: Formula| {
        let shape = left.shape;
        of(Kind::Binary(Operator::Subtract, Box::new(left), Box::new(right)), shape)
    };
    let centred = |body: &Formula| difference(body.clone(), mean(body.clone()));
    let product = |left: Formula, right: Formula| {
        let right = of(Kind::Transpose(Box::new(right.clone())), right.shape.transposed());
        of(Kind::Binary(Operator::Multiply, Box::new(left), Box::new(right)), formula.shape)
    };
    match &formula.kind {
        Kind::Divergence { densities, from, to } => {
            let logarithm = |point: &Point| {
                let one = |id| of(Kind::Density(id, point.clone()), formula.shape);
                let inner = densities.iter().copied().map(one).reduce(|left, right| {
                    of(Kind::Binary(Operator::Multiply, Box::new(left), Box::new(right)), formula.shape)
                });
                let inner = inner.unwrap_or_else(|| Formula::number(Rational::from_integer(1.into()), span));
                of(Kind::Log(Box::new(inner)), formula.shape)
            };
            let body = difference(logarithm(from), logarithm(to));
            ("KL", of(Kind::Expectation(Mean::Model(from.clone()), Box::new(body)), formula.shape))
        }
        Kind::Variance(body) => ("Var", mean(product(centred(body), centred(body)))),
        Kind::Covariance(left, right) => ("Cov", mean(product(centred(left), centred(right)))),
        _ => ("", formula.clone()),
    }
}

fn shifted(point: &Point, body: Expression) -> Expression {
    if point.is_empty() { body } else { Expression::Shift(point.clone(), Box::new(body)) }
}

fn unit(index: &Option<Index>) -> Index {
    index.clone().unwrap_or(Index::Unit)
}

/// The one label of a vector: rows of columns, columns of rows.
fn index_of(place: &Place) -> Index {
    place.row.clone().or_else(|| place.column.clone()).unwrap_or(Index::Unit)
}

fn slots(place: &Place) -> Vec<Index> {
    place.row.iter().chain(&place.column).cloned().collect()
}
