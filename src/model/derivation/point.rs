//! Values of a parameter: `theta`, `theta + delta`, `theta - 1/2*delta`; and numbers alone.

use num_traits::{One, Signed, ToPrimitive, Zero};

use crate::diagnostic::Diagnostic;
use crate::kernel::jets::expression::Point;
use crate::kernel::jets::theory::ParameterId;
use crate::kernel::term::Rational;
use crate::syntax::tree::{BinaryOperator, Expression, ExpressionKind};

use super::scope::{Meaning, Scope};

impl Scope {
    /// Is it θ, or θ plus something? Then it is meant as a point.
    pub fn is_point(&self, expression: &Expression) -> bool {
        match &expression.node {
            ExpressionKind::Name(name) => matches!(self.meaning(name), Some(Meaning::Parameter(_))),
            ExpressionKind::Binary(BinaryOperator::Add | BinaryOperator::Subtract, left, right) => {
                self.is_point(left) || self.is_point(right)
            }
            _ => false,
        }
    }

    /// `theta - 1/2*delta`: one parameter, and multiples of directions.
    pub fn point(&mut self, expression: &Expression, wanted: Option<ParameterId>) -> Option<(ParameterId, Point)> {
        let mut parameter = None;
        let mut point = Point::new();
        let one = Rational::one();
        let found = self.displacement(expression, &one, &mut parameter, &mut point);
        let parameter = parameter.filter(|own| found && wanted.is_none_or(|wanted| *own == wanted));
        if let Some(parameter) = parameter {
            point.retain(|(_, coefficient)| !coefficient.is_zero());
            point.sort();
            let own_directions =
                point.iter().all(|(direction, _)| self.theory.direction(*direction).parameter == parameter);
            if point.is_empty() || (own_directions && self.theory.parameter(parameter).depends_on.is_none()) {
                return Some((parameter, point));
            }
        }
        let theta = wanted
            .or(Some(ParameterId(0)))
            .and_then(|id| self.theory.parameters.get(id.0 as usize))
            .map_or("theta".to_string(), |own| own.name.to_string());
        self.error(
            Diagnostic::error("point", "this is not a value of the parameter")
                .at(expression.span, format!("`{theta}`, moved along a direction, is expected"))
                .help(format!("such as `{theta}` or `{theta} + delta`, with `direction delta : …` declared")),
        );
        None
    }

    pub fn displacement(
        &self,
        expression: &Expression,
        scale: &Rational,
        parameter: &mut Option<ParameterId>,
        point: &mut Point,
    ) -> bool {
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
                None => constant_value(right)
                    .is_some_and(|value| self.displacement(left, &(scale * value), parameter, point)),
            },
            ExpressionKind::Binary(BinaryOperator::Divide, left, right) => constant_value(right)
                .is_some_and(|value| !value.is_zero() && self.displacement(left, &(scale / value), parameter, point)),
            _ => false,
        }
    }
}

/// The value of an expression in numbers alone.
pub fn constant_value(expression: &Expression) -> Option<Rational> {
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
                    let exponent = right
                        .is_integer()
                        .then(|| right.to_integer().to_i32())
                        .flatten()
                        .filter(|exponent| exponent.abs() <= 64)?;
                    (!left.is_zero() || !right.is_negative()).then(|| left.pow(exponent))
                }
            }
        }
        _ => None,
    }
}
