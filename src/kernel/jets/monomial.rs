//! Products of atoms with labels, and their canonical form under renaming of summed labels.

use std::collections::{BTreeMap, BTreeSet};

use num_traits::{One, Signed, Zero};

use crate::kernel::term::Rational;

use super::expression::{Functional, Point};
use super::index::{Index, Space};
use super::polynomial::Polynomial;
use super::theory::{
    Argument, ConstantId, DRAWS, DefinitionId, DensityId, DirectionId, FunctionId, ParameterId, Theory, VariateId,
};

/// A factor that no rule in force takes apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Atom {
    /// Δ^i.
    Direction(DirectionId, Index),
    /// θ_i.
    Parameter(ParameterId, Index),
    /// ∂…∂ θ_i by the parameters that θ depends on: an entry of the Jacobian or of its derivatives.
    Map(ParameterId, Index, Vec<Index>),
    Constant {
        id: ConstantId,
        indices: Vec<Index>,
        symmetric: bool,
    },
    Kronecker(Index, Index),
    /// The dimension of a space: Σ_i 1.
    Dimension(Space),
    /// p; the only atom of the model whose exponent may be any rational (R2).
    Density(DensityId, Point),
    /// p_I, I not empty, in the parameter of the density.
    Jet(DensityId, Point, Vec<Index>),
    LogDensity(DensityId, Point),
    /// A definition that is not unfolded.
    Defined(DefinitionId, Point, Vec<Index>),
    /// A function of a parameter and its partial derivatives: A_I.
    Field {
        id: FunctionId,
        point: Point,
        component: Vec<Index>,
        derivatives: Vec<Index>,
    },
    /// A function of a variate: T_i(z).
    Statistic(FunctionId, Vec<Index>),
    /// f^(k)(argument).
    Apply(FunctionId, u32, Box<Polynomial>),
    Log(Box<Polynomial>),
    Exp(Box<Polynomial>),
    /// argument^r, where r is −1 or not an integer.
    Power(Box<Polynomial>, Rational),
    /// (M^{-1})_ij of a matrix given in two open slots.
    Inverse {
        matrix: Box<Polynomial>,
        slots: [Index; 2],
        indices: Vec<Index>,
        symmetric: bool,
    },
    /// A derivative that the rules in force do not work out. The body is not empty.
    Derivative(Vec<(ParameterId, Index)>, Monomial),
    /// E[…] or Σ_z[…] of what depends on the variates.
    Block(Functional, Monomial),
    /// What the algebra cannot speak of. Each is equal to itself alone.
    Unknown(u32),
}

/// Π atom^exponent, sorted, exponents not zero. Exponents other than 1, 2, … belong to positive
/// atoms only, negative integers also to constants that are a condition not to be zero. A bound label is summed over the whole monomial; it may occur any number of times.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Monomial(pub Vec<(Atom, Rational)>);

impl Atom {
    /// Labels replaced, symmetric slots sorted.
    pub fn map(&self, f: &dyn Fn(&Index) -> Index) -> Atom {
        let each = |indices: &[Index]| indices.iter().map(f).collect::<Vec<_>>();
        let sorted = |indices: &[Index]| {
            let mut mapped = each(indices);
            mapped.sort();
            mapped
        };
        match self {
            Atom::Direction(id, index) => Atom::Direction(*id, f(index)),
            Atom::Parameter(id, index) => Atom::Parameter(*id, f(index)),
            Atom::Map(id, component, derivatives) => Atom::Map(*id, f(component), sorted(derivatives)),
            Atom::Constant { id, indices, symmetric } => Atom::Constant {
                id: *id,
                indices: if *symmetric { sorted(indices) } else { each(indices) },
                symmetric: *symmetric,
            },
            Atom::Kronecker(left, right) => {
                let (left, right) = (f(left), f(right));
                if left <= right { Atom::Kronecker(left, right) } else { Atom::Kronecker(right, left) }
            }
            Atom::Jet(id, point, indices) => Atom::Jet(*id, point.clone(), sorted(indices)),
            Atom::Defined(id, point, indices) => Atom::Defined(*id, point.clone(), each(indices)),
            Atom::Field { id, point, component, derivatives } => Atom::Field {
                id: *id,
                point: point.clone(),
                component: each(component),
                derivatives: sorted(derivatives),
            },
            Atom::Statistic(id, indices) => Atom::Statistic(*id, each(indices)),
            Atom::Inverse { matrix, slots, indices, symmetric } => Atom::Inverse {
                matrix: matrix.clone(),
                slots: slots.clone(),
                indices: if *symmetric { sorted(indices) } else { each(indices) },
                symmetric: *symmetric,
            },
            Atom::Derivative(indices, body) => {
                let mut mapped: Vec<_> = indices.iter().map(|(parameter, index)| (*parameter, f(index))).collect();
                super::derivative::sort_partials(&mut mapped);
                Atom::Derivative(mapped, body.map(f))
            }
            Atom::Block(functional, body) => Atom::Block(functional.clone(), body.map(f)),
            Atom::Dimension(_) | Atom::Density(..) | Atom::LogDensity(..) | Atom::Unknown(_) => self.clone(),
            // Arguments hold no label of the monomial around them other than free ones.
            Atom::Apply(..) | Atom::Log(_) | Atom::Exp(_) | Atom::Power(..) => self.clone(),
        }
    }

    pub fn visit(&self, f: &mut dyn FnMut(&Index)) {
        match self {
            Atom::Direction(_, index) | Atom::Parameter(_, index) => f(index),
            Atom::Map(_, component, derivatives) => {
                f(component);
                derivatives.iter().for_each(f);
            }
            Atom::Kronecker(left, right) => {
                f(left);
                f(right);
            }
            Atom::Constant { indices, .. }
            | Atom::Jet(_, _, indices)
            | Atom::Defined(_, _, indices)
            | Atom::Statistic(_, indices)
            | Atom::Inverse { indices, .. } => indices.iter().for_each(f),
            Atom::Field { component, derivatives, .. } => component.iter().chain(derivatives).for_each(f),
            Atom::Derivative(indices, body) => {
                indices.iter().for_each(|(_, index)| f(index));
                body.visit(f);
            }
            Atom::Block(_, body) => body.visit(f),
            Atom::Dimension(_) | Atom::Density(..) | Atom::LogDensity(..) | Atom::Unknown(_) => {}
            Atom::Apply(..) | Atom::Log(_) | Atom::Exp(_) | Atom::Power(..) => {}
        }
    }

    /// Does a label that is summed occur in it?
    pub fn is_summed(&self) -> bool {
        let mut found = false;
        self.visit(&mut |index| found |= index.is_bound());
        found
    }

    /// The argument of a function that is not linear.
    pub fn argument(&self) -> Option<&Polynomial> {
        match self {
            Atom::Apply(_, _, argument) | Atom::Log(argument) | Atom::Exp(argument) | Atom::Power(argument, _) => {
                Some(argument)
            }
            Atom::Inverse { matrix, .. } => Some(matrix),
            _ => None,
        }
    }

    /// May the exponent be any rational number?
    pub fn is_positive(&self, theory: &Theory) -> bool {
        match self {
            Atom::Density(..) | Atom::Exp(_) => true,
            Atom::Constant { id, .. } => theory.constant(*id).positive,
            Atom::Statistic(id, _) => theory.function(*id).positive,
            Atom::Field { id, derivatives, .. } => theory.function(*id).positive && derivatives.is_empty(),
            _ => false,
        }
    }

    /// The variates that the value depends on.
    pub fn variates(&self, theory: &Theory) -> BTreeSet<VariateId> {
        match self {
            Atom::Density(id, _) | Atom::Jet(id, ..) | Atom::LogDensity(id, _) => {
                let density = theory.density(*id);
                std::iter::once(density.variate).chain(density.given).collect()
            }
            Atom::Defined(id, ..) => theory.definition(*id).body.variates(theory),
            Atom::Statistic(id, _) => match theory.function(*id).argument {
                Argument::Variate(variate) => BTreeSet::from([variate]),
                _ => BTreeSet::new(),
            },
            Atom::Derivative(_, body) => body.variates(theory),
            Atom::Block(functional, body) => functional.left(body.variates(theory), theory),
            // An unknown may depend on anything.
            Atom::Unknown(_) => theory.variate_ids().chain([DRAWS]).collect(),
            _ => match self.argument() {
                Some(argument) => argument.variates(theory),
                None => BTreeSet::new(),
            },
        }
    }

    /// Can the value change with the parameter?
    pub fn depends_on(&self, parameter: ParameterId, theory: &Theory) -> bool {
        let reaches = |mut inner: ParameterId| loop {
            if inner == parameter {
                return true;
            }
            match theory.parameter(inner).depends_on {
                Some(next) => inner = next,
                None => return false,
            }
        };
        match self {
            Atom::Direction(..)
            | Atom::Constant { .. }
            | Atom::Kronecker(..)
            | Atom::Dimension(_)
            | Atom::Statistic(..) => false,
            Atom::Parameter(id, _) => reaches(*id),
            Atom::Density(id, _) | Atom::Jet(id, ..) | Atom::LogDensity(id, _) => {
                reaches(theory.density(*id).parameter)
            }
            Atom::Field { id, .. } => match theory.function(*id).argument {
                Argument::Parameter(own) => reaches(own),
                _ => true,
            },
            Atom::Block(Functional::Sum(_) | Functional::Covariate(_) | Functional::Data | Functional::Draws, body) => {
                body.depends_on(parameter, theory)
            }
            Atom::Apply(_, _, argument) | Atom::Log(argument) | Atom::Exp(argument) | Atom::Power(argument, _) => {
                argument.depends_on(parameter, theory)
            }
            Atom::Inverse { matrix, .. } => matrix.depends_on(parameter, theory),
            Atom::Map(..) | Atom::Defined(..) | Atom::Block(..) | Atom::Derivative(..) | Atom::Unknown(_) => true,
        }
    }

    /// The displacement of the parameter, where the whole atom stands at one point.
    pub fn point(&self) -> Option<&Point> {
        match self {
            Atom::Density(_, point)
            | Atom::Jet(_, point, _)
            | Atom::LogDensity(_, point)
            | Atom::Defined(_, point, _)
            | Atom::Field { point, .. } => Some(point),
            _ => None,
        }
    }
}

impl Functional {
    /// Does the functional not move with Δ?
    pub fn is_still(&self) -> bool {
        !matches!(
            self,
            Functional::Model(point) | Functional::Inner(_, point) | Functional::Sample(point) if !point.is_empty()
        )
    }

    /// The variates that the value depends on, of those that the body does.
    pub fn left(&self, body: BTreeSet<VariateId>, theory: &Theory) -> BTreeSet<VariateId> {
        let mut left: BTreeSet<VariateId> = body.difference(&self.variates(theory)).copied().collect();
        // The variates of one draw became those of all of them.
        if *self == Functional::Draws && left.len() < body.len() {
            left.insert(DRAWS);
        }
        left
    }

    /// The variates that the functional integrates over.
    pub fn variates(&self, theory: &Theory) -> BTreeSet<VariateId> {
        match self {
            Functional::Model(_) | Functional::Data | Functional::Draws => theory.variate_ids().collect(),
            Functional::Sample(_) => BTreeSet::from([DRAWS]),
            Functional::Inner(density, _) => BTreeSet::from([theory.density(*density).variate]),
            Functional::Covariate(variate) | Functional::Sum(variate) => BTreeSet::from([*variate]),
        }
    }
}

impl Monomial {
    pub fn one() -> Monomial {
        Monomial(Vec::new())
    }

    pub fn of(atom: Atom) -> Monomial {
        Monomial(vec![(atom, Rational::one())])
    }

    pub fn is_one(&self) -> bool {
        self.0.is_empty()
    }

    /// Labels of the two must be disjoint, or shared on purpose.
    #[must_use]
    pub fn times(&self, other: &Monomial) -> Monomial {
        let mut factors = self.0.clone();
        for (atom, exponent) in &other.0 {
            insert(&mut factors, atom.clone(), exponent.clone());
        }
        Monomial(factors)
    }

    pub fn multiply_by(&mut self, atom: Atom, exponent: Rational) {
        insert(&mut self.0, atom, exponent);
    }

    /// Labels replaced.
    #[must_use]
    pub fn map(&self, f: &dyn Fn(&Index) -> Index) -> Monomial {
        let mut factors = Vec::with_capacity(self.0.len());
        for (atom, exponent) in &self.0 {
            insert(&mut factors, atom.map(f), exponent.clone());
        }
        Monomial(factors)
    }

    pub fn visit(&self, f: &mut dyn FnMut(&Index)) {
        self.0.iter().for_each(|(atom, _)| atom.visit(f));
    }

    pub fn mentions(&self, label: &Index) -> bool {
        let mut found = false;
        self.visit(&mut |index| found |= index == label);
        found
    }

    /// Is nothing in it beyond the algebra?
    pub fn is_known(&self) -> bool {
        self.0.iter().all(|(atom, _)| match atom {
            Atom::Unknown(_) => false,
            Atom::Block(_, body) | Atom::Derivative(_, body) => body.is_known(),
            _ => atom.argument().is_none_or(|argument| argument.0.iter().all(|(_, monomial)| monomial.is_known())),
        })
    }

    /// Does a function's argument mention the label, where it cannot be renamed?
    pub fn hides(&self, label: &Index) -> bool {
        self.0.iter().any(|(atom, _)| match atom {
            Atom::Block(_, body) | Atom::Derivative(_, body) => body.hides(label),
            _ => atom.argument().is_some_and(|argument| {
                argument.0.iter().any(|(_, monomial)| monomial.mentions(label) || monomial.hides(label))
            }),
        })
    }

    pub fn bound(&self) -> BTreeSet<Index> {
        let mut labels = BTreeSet::new();
        self.visit(&mut |index| {
            if index.is_bound() {
                labels.insert(index.clone());
            }
        });
        labels
    }

    pub fn variates(&self, theory: &Theory) -> BTreeSet<VariateId> {
        self.0.iter().flat_map(|(atom, _)| atom.variates(theory)).collect()
    }

    pub fn depends_on(&self, parameter: ParameterId, theory: &Theory) -> bool {
        self.0.iter().any(|(atom, _)| atom.depends_on(parameter, theory))
    }

    /// The number of Δ among the factors.
    pub fn degree(&self) -> u32 {
        let mut degree = 0;
        for (atom, exponent) in &self.0 {
            if let Atom::Direction(..) = atom {
                degree += u32::try_from(exponent.to_integer()).unwrap_or(0);
            }
        }
        degree
    }

    /// Is everything but the Δ bounded as Δ → 0? A function whose argument moves with Δ is not known to be.
    pub fn is_regular(&self, theory: &Theory) -> bool {
        self.0.iter().all(|(atom, _)| match atom {
            Atom::Block(_, body) | Atom::Derivative(_, body) => body.is_regular(theory),
            Atom::Unknown(_) => false,
            Atom::Defined(id, ..) => theory.definition(*id).body.is_still(theory),
            _ => atom.argument().is_none_or(|argument| argument.is_still(theory)),
        })
    }

    /// Does nothing in it move with Δ?
    pub fn is_still(&self, theory: &Theory) -> bool {
        self.0.iter().all(|(atom, _)| match atom {
            Atom::Direction(..) | Atom::Unknown(_) => false,
            Atom::Block(functional, body) => functional.is_still() && body.is_still(theory),
            Atom::Derivative(_, body) => body.is_still(theory),
            Atom::Defined(id, point, _) => point.is_empty() && theory.definition(*id).body.is_still(theory),
            _ => {
                atom.point().is_none_or(Point::is_empty)
                    && atom.argument().is_none_or(|argument| argument.is_still(theory))
            }
        })
    }

    /// The representative of all renamings of bound labels: colour refinement, then search among
    /// the labels that it cannot tell apart.
    #[must_use]
    pub fn canonical(&self) -> Monomial {
        let labels: Vec<Index> = self.bound().into_iter().collect();
        match labels.as_slice() {
            [] => self.clone(),
            [only] => self.map(&|index| if index == only { renamed(index, 0) } else { index.clone() }),
            _ => {
                let start: Colouring = labels
                    .into_iter()
                    .map(|label| (label.clone(), label.space().map_or(0, |space| u32::from(space.0))))
                    .collect();
                self.search(&self.refine(start))
            }
        }
    }

    fn refine(&self, mut colouring: Colouring) -> Colouring {
        let mut classes = 0;
        loop {
            let keys: BTreeMap<Index, (u32, Monomial)> = colouring
                .iter()
                .map(|(label, colour)| {
                    let seen = self.map(&|index| match colouring.get(index) {
                        Some(_) if index == label => renamed(index, u32::MAX),
                        Some(other) => renamed(index, *other),
                        None => index.clone(),
                    });
                    (label.clone(), (*colour, seen))
                })
                .collect();
            let ranks: BTreeSet<&(u32, Monomial)> = keys.values().collect();
            let ranks: Vec<_> = ranks.into_iter().collect();
            let refined: Colouring = keys
                .iter()
                .map(|(label, key)| (label.clone(), ranks.binary_search(&key).map_or(0, |rank| rank as u32)))
                .collect();
            if ranks.len() == classes || ranks.len() == colouring.len() {
                return refined;
            }
            classes = ranks.len();
            colouring = refined;
        }
    }

    fn search(&self, colouring: &Colouring) -> Monomial {
        let mut classes: BTreeMap<u32, Vec<&Index>> = BTreeMap::new();
        for (label, colour) in colouring {
            classes.entry(*colour).or_default().push(label);
        }
        let Some(class) = classes.values().find(|class| class.len() > 1) else {
            return self
                .map(&|index| colouring.get(index).map_or_else(|| index.clone(), |colour| renamed(index, *colour)));
        };
        let mut tried: Vec<&Index> = Vec::new();
        let mut best: Option<Monomial> = None;
        for label in class {
            // A swap that changes nothing: the branch would only repeat an earlier one.
            if tried.iter().any(|earlier| self.swapped(earlier, label) == *self) {
                continue;
            }
            tried.push(label);
            let split = colouring
                .iter()
                .map(|(other, colour)| (other.clone(), 2 * colour + u32::from(other != *label)))
                .collect();
            let found = self.search(&self.refine(split));
            if best.as_ref().is_none_or(|best| found < *best) {
                best = Some(found);
            }
        }
        best.unwrap_or_else(|| self.clone())
    }

    fn swapped(&self, left: &Index, right: &Index) -> Monomial {
        self.map(&|index| {
            if index == left {
                right.clone()
            } else if index == right {
                left.clone()
            } else {
                index.clone()
            }
        })
    }
}

type Colouring = BTreeMap<Index, u32>;

fn renamed(index: &Index, number: u32) -> Index {
    match index {
        Index::Bound(space, _) => Index::Bound(*space, number),
        _ => index.clone(),
    }
}

fn insert(factors: &mut Vec<(Atom, Rational)>, atom: Atom, exponent: Rational) {
    match factors.binary_search_by(|(other, _)| other.cmp(&atom)) {
        Ok(at) => {
            factors[at].1 += exponent;
            if factors[at].1.is_zero() {
                factors.remove(at);
            }
        }
        Err(at) if !exponent.is_zero() => factors.insert(at, (atom, exponent)),
        Err(_) => {}
    }
}

/// Is the exponent 1, 2, …?
pub fn is_natural(exponent: &Rational) -> bool {
    exponent.is_integer() && exponent.is_positive()
}
