//! Theorems of the generic engine, and the only rules that make one.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use num_traits::One;

use crate::kernel::term::{Name, Rational};

use super::expression::Expression;
use super::layer::{Layer, Layers};
use super::lemma::Equation;
use super::normal::Engine;
use super::polynomial::Polynomial;
use super::theory::Theory;

/// What a theorem rests on, besides the rules of algebra.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Assumption {
    /// R1.
    Regular,
    /// R2.
    Positive,
    /// R3.
    Differentiable,
    /// R4.
    Interchange,
    /// R4 for the distribution of the data.
    DataInterchange,
    /// Σ p = 1.
    Density,
    /// The remainder after this order.
    Taylor(u32),
    /// An abstract function.
    Smooth(Name),
    /// A matrix whose inverse occurs.
    Invertible,
    /// A divisor, in words of the language.
    Nonzero(String),
    /// The argument of a logarithm or of a root.
    PositiveValue(String),
    /// `assume log(p) = …`.
    LogDensity,
    /// `assume well-specified`.
    WellSpecified,
    /// `assume a = b`, by its number.
    Equation(usize),
}

impl Assumption {
    /// The short name that a proof cites.
    pub fn name(&self) -> String {
        match self {
            Assumption::Regular => "R1".to_string(),
            Assumption::Positive => "R2".to_string(),
            Assumption::Differentiable => "R3".to_string(),
            Assumption::Interchange => "R4".to_string(),
            Assumption::DataInterchange => "R4-data".to_string(),
            Assumption::Density => "density".to_string(),
            Assumption::Taylor(order) => format!("T{order}"),
            Assumption::Smooth(name) => format!("smooth {name}"),
            Assumption::Invertible => "invertible".to_string(),
            Assumption::Nonzero(_) | Assumption::PositiveValue(_) => "condition".to_string(),
            Assumption::LogDensity => "log-density".to_string(),
            Assumption::WellSpecified => "well-specified".to_string(),
            Assumption::Equation(number) => format!("assumption {}", number + 1),
        }
    }
}

impl fmt::Display for Assumption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Assumption::Regular => write!(f, "the support of the density does not depend on the parameter"),
            Assumption::Positive => write!(f, "the density is positive on its support"),
            Assumption::Differentiable => write!(
                f,
                "the density is as often continuously differentiable in the parameter as derivatives are written"
            ),
            Assumption::Interchange => write!(f, "derivatives in the parameter may be taken under the integral or sum"),
            Assumption::DataInterchange => {
                write!(f, "derivatives in the parameter may be taken under the expectation over the data")
            }
            Assumption::Density => write!(f, "the density sums or integrates to one for every value of the parameter"),
            Assumption::Taylor(order) => write!(
                f,
                "what is expanded is {} times continuously differentiable, and under expectations the remainder stays of order {}",
                order + 1,
                order + 1
            ),
            Assumption::Smooth(name) => {
                write!(f, "the function {name} is as smooth as its derivatives are written, where it is evaluated")
            }
            Assumption::Invertible => write!(f, "every matrix whose inverse is written is invertible"),
            Assumption::Nonzero(text) => write!(f, "{text} is not zero"),
            Assumption::PositiveValue(text) => write!(f, "{text} is positive"),
            Assumption::LogDensity => write!(
                f,
                "the logarithm of the density has the assumed form, with its natural parameter in the interior"
            ),
            Assumption::WellSpecified => write!(f, "the data are drawn from the model at this parameter"),
            Assumption::Equation(number) => write!(f, "assumed equation {}", number + 1),
        }
    }
}

/// `left = right`, or `left = right + O(‖Δ‖^(order+1))` as Δ → 0; for every value of free labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    pub left: Expression,
    pub right: Expression,
    pub order: Option<u32>,
}

/// A statement that was proved in a theory. Its fields are private: it is made by the rules below, or
/// not at all.
#[derive(Clone, Debug)]
pub struct GenericTheorem {
    theory: Arc<Theory>,
    statement: Statement,
    layers: Layers,
    assumptions: BTreeSet<Assumption>,
}

/// Why a statement was not proved by the rules that were allowed.
#[derive(Clone, Debug, PartialEq)]
pub enum Rejection {
    /// left − right, in normal form: it did not vanish.
    Residue(Box<Polynomial>),
    /// The theorems are about different things.
    OtherTheory,
    /// The right side of one is not the left side of the next.
    EndsDiffer,
    /// A remainder is not of the order that is asked for.
    Order,
    NoSuchAssumption,
    /// A divisor that is zero, or a matrix that is singular, for every density or in large dimensions.
    Undefined(String),
}

impl GenericTheorem {
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    pub fn layers(&self) -> Layers {
        self.layers
    }

    pub fn assumptions(&self) -> &BTreeSet<Assumption> {
        &self.assumptions
    }

    /// ```text
    ///   N(left − right) = 0        N the normal form under the layers, after rewriting with the lemmas,
    ///                              divisors multiplied out
    ///   ───────────────────
    ///   left = right
    /// ```
    /// Fails when: the normal form is not zero; a lemma is of another theory; by all rules together a divisor is
    /// zero, or a matrix whose inverse is written is singular.
    pub fn by_layers(
        theory: &Arc<Theory>,
        statement: Statement,
        layers: Layers,
        lemmas: &[&GenericTheorem],
    ) -> Result<GenericTheorem, Rejection> {
        if lemmas.iter().any(|lemma| !Arc::ptr_eq(&lemma.theory, theory)) {
            return Err(Rejection::OtherTheory);
        }
        let engine = Engine::new(theory, layers, statement.order);
        let mut difference = engine.normal(&minus(&statement));
        if let Some(operand) = engine.undefined() {
            return Err(Rejection::Undefined(operand));
        }
        let mut assumptions = BTreeSet::new();
        if !difference.is_zero() && !lemmas.is_empty() {
            let equations: Vec<Equation> = lemmas.iter().map(|lemma| lemma.equation(&engine)).collect();
            difference = engine.rewritten(&difference, &equations);
            assumptions.extend(lemmas.iter().flat_map(|lemma| lemma.assumptions.iter().cloned()));
        }
        if !difference.is_zero() && !engine.cleared(&difference).is_zero() {
            return Err(Rejection::Residue(Box::new(difference)));
        }
        assumptions.extend(engine.assumptions());
        Ok(GenericTheorem { theory: theory.clone(), statement, layers, assumptions })
    }

    /// The lemma in the normal form of the step that cites it.
    fn equation(&self, engine: &Engine) -> Equation {
        let order = self.statement.order;
        let inner = Engine::new(engine.theory, engine.layers, order.or(engine.order));
        let exact = Engine::new(engine.theory, engine.layers, None);
        // An equality is used as one where the Taylor layer would not change it.
        let difference = inner.normal(&minus(&self.statement));
        let order = match order {
            None if exact.normal(&minus(&self.statement)) == difference => None,
            None => engine.order,
            Some(order) => Some(order),
        };
        for assumption in inner.assumptions() {
            engine.assume(assumption);
        }
        Equation { difference, order }
    }

    /// ```text
    ///   a = b   b = c        a ~ b to order m   b ~ c to order n
    ///   ─────────────        ───────────────────────────────────
    ///   a = c                a ~ c to order min(m, n)
    /// ```
    /// Fails when: the middle sides are not the same expression; the theories differ.
    pub fn transitive(&self, next: &GenericTheorem) -> Result<GenericTheorem, Rejection> {
        if !Arc::ptr_eq(&self.theory, &next.theory) {
            return Err(Rejection::OtherTheory);
        }
        if self.statement.right != next.statement.left {
            return Err(Rejection::EndsDiffer);
        }
        let order = match (self.statement.order, next.statement.order) {
            (Some(left), Some(right)) => Some(left.min(right)),
            (left, right) => left.or(right),
        };
        Ok(GenericTheorem {
            theory: self.theory.clone(),
            statement: Statement { left: self.statement.left.clone(), right: next.statement.right.clone(), order },
            layers: self.layers.union(next.layers),
            assumptions: self.assumptions.union(&next.assumptions).cloned().collect(),
        })
    }

    /// ```text
    ///   a = b
    ///   ─────
    ///   b = a
    /// ```
    #[must_use]
    pub fn symmetric(&self) -> GenericTheorem {
        let Statement { left, right, order } = self.statement.clone();
        GenericTheorem { statement: Statement { left: right, right: left, order }, ..self.clone() }
    }

    /// ```text
    ///   a = b, or a ~ b to order m
    ///   ──────────────────────────        n ≤ m
    ///   a ~ b to order n
    /// ```
    /// Fails when: n > m, or equality is asked for and only `~` is known.
    pub fn weakened(&self, order: Option<u32>) -> Result<GenericTheorem, Rejection> {
        let allowed = match (self.statement.order, order) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(known), Some(wanted)) => wanted <= known,
        };
        if !allowed {
            return Err(Rejection::Order);
        }
        Ok(GenericTheorem { statement: Statement { order, ..self.statement.clone() }, ..self.clone() })
    }

    /// An equation that the derivation assumes, as a theorem that says so.
    pub fn assumed(theory: &Arc<Theory>, number: usize) -> Result<GenericTheorem, Rejection> {
        let statement = theory.assumed.get(number).cloned().ok_or(Rejection::NoSuchAssumption)?;
        Ok(GenericTheorem {
            theory: theory.clone(),
            statement,
            layers: Layers::of(&[Layer::Assumption]),
            assumptions: BTreeSet::from([Assumption::Equation(number)]),
        })
    }
}

fn minus(statement: &Statement) -> Expression {
    let negative = Expression::Product(vec![Expression::Number(-Rational::one()), statement.right.clone()]);
    Expression::Sum(vec![statement.left.clone(), negative])
}
