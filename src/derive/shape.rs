//! Kernels whose moments take more than a shift of a parameter or a derivative by it.

use super::change::Change;
use super::circle::{self, Circle};
use super::instance::{PieceInstance, Resolved};
use super::lagrange::{self, Lagrange};
use super::occupation::{self, Occupation};
use super::ramp;
use super::ratio::{self, Ratio};
use crate::kernel::lemma::Lemma;
use crate::kernel::normal::Normalizer;
use crate::kernel::poly::{Monomial, Poly};
use crate::kernel::term::{Name, Term};

/// How moments are read off a lemma's kernel.
#[derive(Clone)]
pub enum Shape {
    /// The kernel is linear in its real parameters: each has a statistic.
    Plain,
    /// S or 1/S on the circle.
    Circle(Circle),
    /// The sum a + b t of a Lagrangian kernel.
    Lagrange(Lagrange),
    /// A power series in a function of a parameter.
    Ratio(Ratio),
    /// Numbers of occupation 1/(e^(b t) ∓ 1).
    Occupation(Occupation),
}

/// Values of the lemma's parameters where its kernel has a shape of its own that the density has too.
pub fn assignments(
    lemma: &Lemma,
    change: &Change,
    target: &Poly,
    scope: &Normalizer,
) -> Vec<(Vec<(Name, Term)>, Shape)> {
    let circle = circle::assignment(lemma, change, target, scope);
    let lagrange = lagrange::assignment(lemma, change, target, scope);
    let occupation = occupation::assignment(lemma, change, target, scope);
    let ratios = ratio::assignments(lemma, change, target, scope);
    let mut all = Vec::new();
    all.extend(circle.map(|(values, circle)| (values, Shape::Circle(circle))));
    all.extend(lagrange.map(|(values, lagrange)| (values, Shape::Lagrange(lagrange))));
    all.extend(occupation.map(|(values, occupation)| (values, Shape::Occupation(occupation))));
    let ramps = ramp::assignments(lemma, change, target, scope);
    all.extend(ramps.into_iter().map(|values| (values, Shape::Plain)));
    all.extend(ratios.into_iter().map(|(values, ratio)| (values, Shape::Ratio(ratio))));
    all
}

impl Shape {
    /// A monomial in the variable as a combination of shifts and derivatives of the lemma.
    pub fn resolve(&self, piece: &PieceInstance, monomial: &Monomial) -> Option<Vec<Resolved>> {
        match self {
            Shape::Plain => None,
            Shape::Circle(circle) => Some(vec![circle.resolve(monomial)?]),
            Shape::Lagrange(sum) => sum.resolve(piece, monomial),
            Shape::Ratio(ratio) => ratio.resolve(piece, monomial),
            Shape::Occupation(occupation) => occupation.resolve(piece, monomial),
        }
    }
}
