//! What a formula needs to have a value: divisors that are not zero, arguments of logarithms and roots
//! that are positive, matrices that can be inverted.
//!
//! What is positive by its form (p, exp, what was declared positive, and sums, products and means of them)
//! needs no condition. Everything else becomes one, and is kept with the theorem. Where the rules show that
//! a divisor is zero, or that a matrix is singular for large d, nothing is proved.

use num_traits::{One, Signed, Zero};

use crate::kernel::term::Rational;

use super::expression::{Expression, Functional, Point};
use super::index::{Index, Space};
use super::layer::{Layer, Layers};
use super::monomial::{Atom, Monomial};
use super::normal::Engine;
use super::polynomial::Polynomial;
use super::theorem::Assumption;
use super::theory::{Argument, Theory};

/// So many different divisors are multiplied out; what needs more stays as it is.
const MOST_DIVISORS: usize = 6;

/// Something that a formula divides by, takes the logarithm or a root of, or inverts.
#[derive(Clone)]
pub struct Operand {
    pub expression: Expression,
    pub point: Point,
    /// The open slots of a matrix.
    pub slots: Option<[Index; 2]>,
}

impl Expression {
    /// Is there anything in it that needs a condition?
    fn is_conditional(&self, theory: &Theory) -> bool {
        let own = match self {
            Expression::Power(base, exponent) => {
                (exponent.is_negative() || !exponent.is_integer()) && !base.is_positive(theory)
            }
            Expression::Log(body) => !body.is_positive(theory),
            Expression::Inverse { .. } => true,
            Expression::Defined(id, _) => theory.definition(*id).body.is_conditional(theory),
            _ => false,
        };
        own || self.children().into_iter().any(|child| child.is_conditional(theory))
    }

    /// Is the value positive by its form, wherever it exists?
    pub fn is_positive(&self, theory: &Theory) -> bool {
        match self {
            Expression::Number(value) => value.is_positive(),
            Expression::Sum(parts) => !parts.is_empty() && parts.iter().all(|part| part.is_positive(theory)),
            Expression::Product(parts) => parts.iter().all(|part| part.is_positive(theory)),
            Expression::Density(_) | Expression::Exp(_) => true,
            Expression::Power(body, _) | Expression::Shift(_, body) | Expression::Contract(_, body) => {
                body.is_positive(theory)
            }
            Expression::Constant(id, _) => theory.constant(*id).positive,
            Expression::Function(id, _) => {
                theory.function(*id).positive && theory.function(*id).argument != Argument::Real
            }
            Expression::Functional(
                Functional::Model(_)
                | Functional::Inner(..)
                | Functional::Covariate(_)
                | Functional::Data
                | Functional::Sum(_)
                | Functional::Draws
                | Functional::Sample(_),
                body,
            ) => body.is_positive(theory),
            Expression::Defined(id, _) => theory.definition(*id).body.is_positive(theory),
            _ => false,
        }
    }
}

impl Engine<'_> {
    /// A divisor, unless it is positive by its form.
    pub fn divided_by(&self, expression: &Expression, point: &Point, value: &Polynomial) {
        self.nonzero(expression, point, || Assumption::Nonzero(self.condition_text(value)));
    }

    /// The argument of a logarithm or of a root, unless it is positive by its form.
    pub fn positive_argument(&self, expression: &Expression, point: &Point, value: &Polynomial) {
        self.nonzero(expression, point, || Assumption::PositiveValue(self.condition_text(value)));
    }

    /// A name that is not unfolded needs what its definition needs.
    pub fn named(&self, body: &Expression, point: &Point) {
        if !body.is_conditional(self.theory) {
            return;
        }
        let own = Engine::new(self.theory, self.layers.with(Layer::Definition), self.order);
        own.evaluate(body, point);
        for assumption in own.assumptions() {
            if matches!(assumption, Assumption::Nonzero(_) | Assumption::PositiveValue(_) | Assumption::Invertible) {
                self.assume(assumption);
            }
        }
        for operand in own.operands().iter() {
            self.operand(operand.clone());
        }
    }

    fn nonzero(&self, expression: &Expression, point: &Point, condition: impl Fn() -> Assumption) {
        if expression.is_positive(self.theory) {
            // R2 is what makes densities positive.
            if !expression.variates(self.theory).is_empty() {
                self.assume(Assumption::Positive);
            }
            return;
        }
        self.assume(condition());
        self.operand(Operand { expression: expression.clone(), point: point.clone(), slots: None });
    }

    fn condition_text(&self, value: &Polynomial) -> String {
        self.collected(value.clone()).text(self.theory)
    }

    /// The first operand that has no business where it stands, by all rules: a zero, or a singular matrix.
    pub fn undefined(&self) -> Option<String> {
        self.operands().iter().find_map(|operand| {
            let own = Engine::new(self.theory, Layers::ALL, None);
            let value = own.collected(own.evaluate(&operand.expression, &operand.point));
            let singular = match &operand.slots {
                None => value.is_zero(),
                Some(slots) => value.is_zero() || self.is_of_bounded_rank(&value, slots),
            };
            singular.then(|| {
                let value = self.evaluate(&operand.expression, &operand.point);
                let named = |index: &Index| {
                    let at = operand.slots.as_ref().and_then(|slots| slots.iter().position(|slot| slot == index));
                    match (at, index.space()) {
                        (Some(at), Some(space)) => Index::free(space, ["row", "column"][at]),
                        _ => index.clone(),
                    }
                };
                self.condition_text(&value.map(&named))
            })
        })
    }

    /// ```text
    ///   d^k (left − right) = 0        d ≠ 0, and free of Δ where the sides are compared up to an order
    ///   ───────────────────────
    ///   left − right = 0
    /// ```
    /// for every divisor d: that it is not zero is a condition already.
    pub fn cleared(&self, polynomial: &Polynomial) -> Polynomial {
        let mut current = polynomial.clone();
        for _ in 0..MOST_DIVISORS {
            let divisors = current.0.iter().flat_map(|(_, monomial)| &monomial.0);
            let found = divisors.filter_map(|(atom, exponent)| match atom {
                Atom::Power(divisor, power) if *power == -Rational::one() && exponent.is_positive() => {
                    (self.order.is_none() || divisor.is_still(self.theory)).then(|| (atom.clone(), (**divisor).clone()))
                }
                _ => None,
            });
            let Some((atom, divisor)) = found.min() else { break };
            let power = |monomial: &Monomial| {
                let own = monomial.0.iter().find(|(own, _)| *own == atom);
                own.map_or_else(Rational::zero, |(_, exponent)| exponent.clone())
            };
            let highest = current.0.iter().map(|(_, monomial)| power(monomial)).max().unwrap_or_else(Rational::one);
            let mut product = Polynomial::zero();
            for (coefficient, monomial) in &current.0 {
                let own = power(monomial);
                let mut rest = monomial.clone();
                rest.multiply_by(atom.clone(), -own.clone());
                let left = &highest - own;
                let factor =
                    if left.is_zero() { Polynomial::one() } else { self.power(&self.refreshed(&divisor), &left) };
                product.add(factor.times_monomial(&rest).scaled(coefficient));
            }
            current = self.collected(self.truncated(product));
        }
        current
    }

    /// Σ of r products a_i b_j has a rank of at most r: singular where the dimension is larger. The
    /// dimension of a space is any number, unless its name is one.
    fn is_of_bounded_rank(&self, matrix: &Polynomial, slots: &[Index; 2]) -> bool {
        let Some(Space(space)) = slots[0].space() else { return false };
        let dimension = self.theory.spaces.get(space as usize).and_then(|name| name.as_str().parse::<usize>().ok());
        matrix.0.iter().all(|(_, monomial)| separates(monomial, slots))
            && dimension.is_none_or(|dimension| matrix.0.len() < dimension)
    }
}

/// Do the factors with the one slot share no label, directly or through others, with those of the other?
fn separates(monomial: &Monomial, slots: &[Index; 2]) -> bool {
    let labels: Vec<Vec<Index>> = monomial
        .0
        .iter()
        .map(|(atom, exponent)| {
            let mut own = Vec::new();
            atom.visit(&mut |index| own.push(index.clone()));
            // A power couples nothing new, but an atom that hides labels might.
            if !exponent.is_one() && atom.argument().is_some() {
                own.extend(slots.iter().cloned());
            }
            own
        })
        .collect();
    let mut reached = vec![slots[0].clone()];
    let mut seen = vec![false; labels.len()];
    loop {
        let next =
            labels.iter().enumerate().find(|(at, own)| !seen[*at] && own.iter().any(|label| reached.contains(label)));
        let Some((at, own)) = next else { break };
        seen[at] = true;
        reached.extend(own.iter().filter(|label| label.is_bound() || slots.contains(label)).cloned());
    }
    let hidden = monomial.hides(&slots[0]) || monomial.hides(&slots[1]);
    monomial.mentions(&slots[0]) && monomial.mentions(&slots[1]) && !hidden && !reached.contains(&slots[1])
}
