//! Expression to polynomial, by the rules of the layers in force.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use num_traits::{One, Signed, ToPrimitive, Zero};

use crate::kernel::term::Rational;

use super::condition::Operand;
use super::expression::{Expression, Functional, Point};
use super::index::{Index, Space};
use super::layer::{Layer, Layers};
use super::monomial::{Atom, Monomial, is_natural};
use super::polynomial::Polynomial;
use super::theorem::Assumption;
use super::theory::{Argument, DirectionId, ParameterId, Theory};

/// One normalization: the rules in force, and the assumptions that they used.
pub struct Engine<'t> {
    pub theory: &'t Theory,
    pub layers: Layers,
    /// Expressions are compared up to this order in Δ; `None` for exact equality.
    pub order: Option<u32>,
    fresh: Cell<u32>,
    /// Expand a sum before it is squared: what squares to the same may differ term by term.
    early: Cell<bool>,
    squares: Cell<bool>,
    assumptions: RefCell<BTreeSet<Assumption>>,
    operands: RefCell<Vec<Operand>>,
}

impl<'t> Engine<'t> {
    pub fn new(theory: &'t Theory, layers: Layers, order: Option<u32>) -> Self {
        // Taylor's theorem says nothing about equality without a remainder.
        let layers = if order.is_none() { layers.without(Layer::Taylor) } else { layers };
        Engine {
            theory,
            layers,
            order,
            fresh: Cell::new(1000),
            early: Cell::new(false),
            squares: Cell::new(false),
            assumptions: RefCell::new(BTreeSet::new()),
            operands: RefCell::new(Vec::new()),
        }
    }

    /// What must not be zero, kept for a second look.
    pub fn operand(&self, operand: Operand) {
        self.operands.borrow_mut().push(operand);
    }

    pub fn operands(&self) -> std::cell::Ref<'_, Vec<Operand>> {
        self.operands.borrow()
    }

    pub fn has(&self, layer: Layer) -> bool {
        self.layers.has(layer)
    }

    pub fn assume(&self, assumption: Assumption) {
        self.assumptions.borrow_mut().insert(assumption);
    }

    pub fn assumptions(&self) -> BTreeSet<Assumption> {
        self.assumptions.borrow().clone()
    }

    fn next(&self) -> u32 {
        let number = self.fresh.get();
        self.fresh.set(number + 1);
        number
    }

    /// A label that occurs nowhere else.
    pub fn open(&self, space: Option<Space>) -> Index {
        space.map_or(Index::Unit, |space| Index::Open(space, self.next()))
    }

    pub fn unknown(&self) -> Polynomial {
        Polynomial::of(Atom::Unknown(self.next()))
    }

    /// The same polynomial with bound labels of its own.
    pub fn refreshed(&self, polynomial: &Polynomial) -> Polynomial {
        self.refreshed_except(polynomial, &BTreeSet::new())
    }

    /// Bound labels renamed to fresh ones, but for some that are shared with factors elsewhere.
    pub fn refreshed_except(&self, polynomial: &Polynomial, shared: &BTreeSet<Index>) -> Polynomial {
        Polynomial(
            polynomial
                .0
                .iter()
                .map(|(coefficient, monomial)| (coefficient.clone(), self.refreshed_monomial(monomial, shared)))
                .collect(),
        )
    }

    fn refreshed_monomial(&self, monomial: &Monomial, shared: &BTreeSet<Index>) -> Monomial {
        let bound: Vec<Index> = monomial.bound().into_iter().filter(|label| !shared.contains(label)).collect();
        if bound.is_empty() {
            return monomial.clone();
        }
        let renamed: Vec<(Index, Index)> = bound
            .into_iter()
            .map(|label| {
                let new = label.space().map_or(Index::Unit, |space| Index::Bound(space, self.next()));
                (label, new)
            })
            .collect();
        monomial.map(&|index| {
            renamed.iter().find(|(old, _)| old == index).map_or_else(|| index.clone(), |(_, new)| new.clone())
        })
    }

    /// The collected normal form, cut after the order.
    pub fn normal(&self, expression: &Expression) -> Polynomial {
        let mut raw = self.evaluate(expression, &Point::new());
        let taylor = self.order.filter(|_| self.has(Layer::Taylor));
        if taylor.is_some() && self.squares.get() && raw.0.iter().all(|(_, monomial)| monomial.is_regular(self.theory))
        {
            // Every factor stays bounded: a factor may be replaced by its expansion before it is multiplied.
            self.early.set(true);
            raw = self.evaluate(expression, &Point::new());
            self.early.set(false);
        }
        if self.has(Layer::WellSpecified) && self.theory.well_specified {
            raw = self.well_specified(&raw);
        }
        if let Some(order) = taylor {
            let expanded = self.taylor(&raw, order);
            if expanded != raw || self.squares.get() {
                self.assume(Assumption::Taylor(order));
            }
            raw = expanded;
        }
        self.collected(self.truncated(raw)).collected()
    }

    /// Arguments of functions that are not linear are never expanded early.
    fn without_early<T>(&self, work: impl FnOnce() -> T) -> T {
        let early = self.early.replace(false);
        let value = work();
        self.early.set(early);
        value
    }

    /// Terms beyond the order dropped, where all else in them stays bounded.
    ///
    /// Only of whole expressions: what a factor drops, another that grows as Δ → 0 would have needed.
    pub fn truncated(&self, polynomial: Polynomial) -> Polynomial {
        let Some(order) = self.order else { return polynomial };
        let kept = polynomial.0.into_iter().filter(|(_, monomial)| {
            let dropped = monomial.degree() > order && monomial.is_regular(self.theory);
            if dropped
                && monomial
                    .0
                    .iter()
                    .any(|(atom, _)| matches!(atom, Atom::Block(_, body) if !body.is_still(self.theory)))
            {
                self.assume(Assumption::Taylor(order));
            }
            !dropped
        });
        Polynomial(kept.collect())
    }

    /// Contraction of deltas and inverses, then like terms together.
    pub fn collected(&self, polynomial: Polynomial) -> Polynomial {
        Polynomial(
            polynomial.0.into_iter().map(|(coefficient, monomial)| (coefficient, self.contracted(monomial))).collect(),
        )
        .collected()
    }

    pub fn evaluate(&self, expression: &Expression, point: &Point) -> Polynomial {
        match expression {
            Expression::Number(value) => Polynomial::number(value.clone()),
            Expression::Sum(terms) => {
                let mut total = Polynomial::zero();
                for term in terms {
                    total.add(self.evaluate(term, point));
                }
                total
            }
            Expression::Product(factors) => {
                let mut product = Polynomial::one();
                for factor in factors {
                    product = product.times(&self.evaluate(factor, point));
                }
                product
            }
            Expression::Power(base, exponent) if is_natural(exponent) => {
                let mut base = self.evaluate(base, point);
                if base.0.len() > 1 && !exponent.is_one() {
                    self.squares.set(true);
                    if let (true, Some(order)) = (self.early.get(), self.order) {
                        base = self.collected(self.taylor(&base, order));
                    }
                }
                self.power(&base, exponent)
            }
            Expression::Power(base, exponent) => {
                let value = self.without_early(|| self.evaluate(base, point));
                if !exponent.is_integer() {
                    self.positive_argument(base, point, &value);
                } else if exponent.is_negative() {
                    self.divided_by(base, point, &value);
                }
                self.power(&value, exponent)
            }
            Expression::Contract(label, body) => self.bound(self.evaluate(body, point), label),
            Expression::Kronecker(left, right) => {
                Polynomial::of(Atom::Kronecker(left.clone(), right.clone()).map(&Clone::clone))
            }
            Expression::Direction(id, index) => Polynomial::of(Atom::Direction(*id, index.clone())),
            Expression::Parameter(id, index) => self.parameter(*id, index, point),
            Expression::Constant(id, indices) => {
                let symmetric = self.theory.constant(*id).symmetric;
                Polynomial::of(Atom::Constant { id: *id, indices: indices.clone(), symmetric }.map(&Clone::clone))
            }
            Expression::Density(id) => {
                self.assume(Assumption::Regular);
                Polynomial::of(Atom::Density(*id, point.clone()))
            }
            Expression::Log(body) => {
                let value = self.without_early(|| self.evaluate(body, point));
                self.positive_argument(body, point, &value);
                self.logarithm(value)
            }
            Expression::Exp(body) => {
                self.exponential(&self.collected(self.without_early(|| self.evaluate(body, point))))
            }
            Expression::Function(id, indices) => match self.theory.function(*id).argument {
                Argument::Parameter(_) => Polynomial::of(Atom::Field {
                    id: *id,
                    point: point.clone(),
                    component: indices.clone(),
                    derivatives: Vec::new(),
                }),
                _ => Polynomial::of(Atom::Statistic(*id, indices.clone())),
            },
            Expression::Apply(id, order, argument) => {
                self.assume(Assumption::Smooth(self.theory.function(*id).name.clone()));
                let argument = self.without_early(|| self.evaluate(argument, point));
                Polynomial::of(Atom::Apply(*id, *order, Box::new(self.collected(argument))))
            }
            Expression::Partial(id, index, body) => {
                self.assume(Assumption::Differentiable);
                self.derivative(&self.evaluate(body, point), *id, index)
            }
            Expression::Shift(displacement, body) => self.evaluate(body, &moved(point, displacement)),
            Expression::Functional(functional, body) => {
                let functional = match functional {
                    Functional::Model(own) => Functional::Model(moved(point, own)),
                    Functional::Inner(density, own) => Functional::Inner(*density, moved(point, own)),
                    Functional::Sample(own) => Functional::Sample(moved(point, own)),
                    other => other.clone(),
                };
                self.block(&functional, &self.evaluate(body, point))
            }
            Expression::Defined(id, indices) => {
                if !self.has(Layer::Definition) {
                    self.named(&self.theory.definition(*id).body, point);
                    return Polynomial::of(Atom::Defined(*id, point.clone(), indices.clone()));
                }
                let definition = self.theory.definition(*id);
                let body = self.evaluate(&definition.body, point);
                self.instantiated(&body, &definition.labels, indices)
            }
            Expression::Inverse { matrix, slots, indices } => {
                self.assume(Assumption::Invertible);
                let expression = (**matrix).clone();
                self.operand(Operand { expression, point: point.clone(), slots: Some(slots.clone()) });
                let matrix = self.without_early(|| self.evaluate(matrix, point));
                self.inverse(&matrix, slots, indices)
            }
        }
    }

    /// (M^{-1})_ij with the slots of M under names of their own, so that equal matrices are equal atoms.
    fn inverse(&self, matrix: &Polynomial, slots: &[Index; 2], indices: &[Index]) -> Polynomial {
        let named = |index: &Index, name: &str| index.space().map_or(Index::Unit, |space| Index::free(space, name));
        let own = [named(&slots[0], "#first"), named(&slots[1], "#second")];
        let matrix = self.collected(self.instantiated(matrix, slots, &own));
        let transposed = self.instantiated(&matrix, &own, &[own[1].clone(), own[0].clone()]).collected();
        let symmetric = transposed == matrix;
        let atom = Atom::Inverse { matrix: Box::new(matrix), slots: own, indices: indices.to_vec(), symmetric };
        Polynomial::of(atom.map(&Clone::clone))
    }

    /// The labels of a definition or of a lemma, given their values. Sums are bound already, so that
    /// no value is captured.
    pub fn instantiated(&self, body: &Polynomial, labels: &[Index], values: &[Index]) -> Polynomial {
        let hidden = |monomial: &Monomial| {
            labels.iter().zip(values).any(|(label, value)| label != value && monomial.hides(label))
        };
        if labels.len() != values.len() || body.0.iter().any(|(_, monomial)| hidden(monomial)) {
            return self.unknown();
        }
        body.map(&|index| {
            labels.iter().position(|own| own == index).map_or_else(|| index.clone(), |at| values[at].clone())
        })
    }

    /// θ_i at θ + Δ is θ_i + Δ_i.
    fn parameter(&self, id: ParameterId, index: &Index, point: &Point) -> Polynomial {
        let mut value = Polynomial::of(Atom::Parameter(id, index.clone()));
        for (direction, coefficient) in point {
            if self.theory.direction(*direction).parameter == id {
                value.add(Polynomial::term(
                    coefficient.clone(),
                    Monomial::of(Atom::Direction(*direction, index.clone())),
                ));
            }
        }
        value
    }

    /// Σ_i of every term; a term without the label is counted once a dimension.
    pub fn bound(&self, polynomial: Polynomial, label: &Index) -> Polynomial {
        let Some(space) = label.space() else { return polynomial };
        Polynomial(
            polynomial
                .0
                .into_iter()
                .map(|(coefficient, monomial)| {
                    if monomial.hides(label) {
                        // A label inside a function's argument cannot be renamed there.
                        return (coefficient, Monomial::of(Atom::Unknown(self.next())));
                    }
                    if !monomial.mentions(label) {
                        return (coefficient, monomial.times(&Monomial::of(Atom::Dimension(space))));
                    }
                    let summed = Index::Bound(space, self.next());
                    let monomial = monomial.map(&|index| if index == label { summed.clone() } else { index.clone() });
                    (coefficient, self.contracted(monomial))
                })
                .collect(),
        )
    }

    /// Σ_j δ_ij f_j = f_i; δ_ii = 1 for each i; Σ_j M_ij (M^{-1})_jk = δ_ik.
    fn contracted(&self, monomial: Monomial) -> Monomial {
        let mut monomial = self.merged(monomial);
        loop {
            if let Some(simpler) = self.without_delta(&monomial).or_else(|| self.without_inverse(&monomial)) {
                monomial = simpler;
            } else {
                return monomial;
            }
        }
    }

    fn without_delta(&self, monomial: &Monomial) -> Option<Monomial> {
        for (at, (atom, _)) in monomial.0.iter().enumerate() {
            let Atom::Kronecker(left, right) = atom else { continue };
            let mut rest = monomial.clone();
            rest.0.remove(at);
            if left == right {
                return Some(self.counted(rest, left));
            }
            let (kept, dropped) = if right.is_bound() { (left, right) } else { (right, left) };
            if dropped.is_bound() {
                let rest = rest.map(&|index| if index == dropped { kept.clone() } else { index.clone() });
                return Some(self.counted(rest, kept));
            }
            // Both free: elsewhere the smaller stands for the larger.
            if rest.mentions(right) {
                let mut rest = rest.map(&|index| if index == right { left.clone() } else { index.clone() });
                rest.multiply_by(Atom::Kronecker(left.clone(), right.clone()), Rational::one());
                return Some(rest);
            }
        }
        None
    }

    /// A sum over a label that no factor mentions any more counts its dimension.
    pub fn counted(&self, mut monomial: Monomial, label: &Index) -> Monomial {
        if let (Index::Bound(space, _), false) = (label, monomial.mentions(label)) {
            monomial.multiply_by(Atom::Dimension(*space), Rational::one());
        }
        monomial
    }

    /// `assume well-specified`: E_data[f] = E[f] at this θ, hence never inside a derivative.
    fn well_specified(&self, polynomial: &Polynomial) -> Polynomial {
        self.replaced(polynomial, &|atom| match atom {
            Atom::Block(Functional::Data, body) => {
                self.assume(Assumption::WellSpecified);
                Some(self.block(&Functional::Model(Point::new()), &Polynomial::term(Rational::one(), body.clone())))
            }
            Atom::Inverse { matrix, slots, indices, .. } => {
                Some(self.inverse(&self.well_specified(&self.refreshed(matrix)), slots, indices))
            }
            _ => None,
        })
    }

    /// Factors replaced by what equals them. A replacement keeps the labels that the factor shares
    /// with the rest of its monomial; labels that it brings along are made its own, copy by copy.
    pub fn replaced(&self, polynomial: &Polynomial, replacement: &dyn Fn(&Atom) -> Option<Polynomial>) -> Polynomial {
        let mut total = Polynomial::zero();
        for (coefficient, monomial) in &polynomial.0 {
            let mut kept = Monomial::one();
            let mut product = Polynomial::number(coefficient.clone());
            for (atom, exponent) in &monomial.0 {
                let copies = if is_natural(exponent) { exponent.to_integer().to_u32().unwrap_or(0) } else { 0 };
                match replacement(atom) {
                    Some(value) if copies > 0 => {
                        let shared = Monomial::of(atom.clone()).bound();
                        for _ in 0..copies {
                            product = product.times(&self.refreshed_except(&value, &shared));
                        }
                    }
                    _ => kept.multiply_by(atom.clone(), exponent.clone()),
                }
            }
            total.add(product.times_monomial(&kept));
        }
        total
    }
}

/// θ + Δ, moved again.
pub fn moved(point: &Point, displacement: &Point) -> Point {
    let mut sum: Vec<(DirectionId, Rational)> = point.clone();
    for (direction, coefficient) in displacement {
        match sum.iter_mut().find(|(other, _)| other == direction) {
            Some((_, own)) => *own += coefficient,
            None => sum.push((*direction, coefficient.clone())),
        }
    }
    sum.retain(|(_, coefficient)| !coefficient.is_zero());
    sum.sort();
    sum
}
