//! Sums of monomials with rational coefficients.

use std::collections::{BTreeMap, BTreeSet};

use num_traits::{One, Zero};

use crate::kernel::term::Rational;

use super::index::Index;
use super::monomial::{Atom, Monomial};
use super::theory::{ParameterId, Theory, VariateId};

/// Σ coefficient · monomial. *Collected* when monomials are canonical, distinct and sorted and no
/// coefficient is zero: then equality is equality of the data.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Polynomial(pub Vec<(Rational, Monomial)>);

impl Polynomial {
    pub fn zero() -> Polynomial {
        Polynomial(Vec::new())
    }

    pub fn number(value: Rational) -> Polynomial {
        Polynomial::term(value, Monomial::one())
    }

    pub fn one() -> Polynomial {
        Polynomial::number(Rational::one())
    }

    pub fn of(atom: Atom) -> Polynomial {
        Polynomial::term(Rational::one(), Monomial::of(atom))
    }

    pub fn term(coefficient: Rational, monomial: Monomial) -> Polynomial {
        if coefficient.is_zero() { Polynomial::zero() } else { Polynomial(vec![(coefficient, monomial)]) }
    }

    pub fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    /// The value, if it is a number. Of a collected polynomial.
    pub fn as_number(&self) -> Option<Rational> {
        match self.0.as_slice() {
            [] => Some(Rational::zero()),
            [(value, monomial)] if monomial.is_one() => Some(value.clone()),
            _ => None,
        }
    }

    pub fn add(&mut self, other: Polynomial) {
        self.0.extend(other.0);
    }

    #[must_use]
    pub fn scaled(mut self, factor: &Rational) -> Polynomial {
        if factor.is_zero() {
            return Polynomial::zero();
        }
        for (coefficient, _) in &mut self.0 {
            *coefficient *= factor;
        }
        self
    }

    /// Bound labels of the two must be disjoint.
    #[must_use]
    pub fn times(&self, other: &Polynomial) -> Polynomial {
        let mut terms = Vec::with_capacity(self.0.len() * other.0.len());
        for (left, first) in &self.0 {
            for (right, second) in &other.0 {
                terms.push((left * right, first.times(second)));
            }
        }
        Polynomial(terms)
    }

    #[must_use]
    pub fn times_monomial(&self, monomial: &Monomial) -> Polynomial {
        Polynomial(self.0.iter().map(|(coefficient, own)| (coefficient.clone(), own.times(monomial))).collect())
    }

    #[must_use]
    pub fn map(&self, f: &dyn Fn(&Index) -> Index) -> Polynomial {
        Polynomial(self.0.iter().map(|(coefficient, monomial)| (coefficient.clone(), monomial.map(f))).collect())
    }

    /// Canonical monomials, merged and sorted.
    #[must_use]
    pub fn collected(self) -> Polynomial {
        let mut terms: BTreeMap<Monomial, Rational> = BTreeMap::new();
        for (coefficient, monomial) in self.0 {
            *terms.entry(monomial.canonical()).or_insert_with(Rational::zero) += coefficient;
        }
        Polynomial(
            terms
                .into_iter()
                .filter(|(_, coefficient)| !coefficient.is_zero())
                .map(|(monomial, coefficient)| (coefficient, monomial))
                .collect(),
        )
    }

    pub fn visit(&self, f: &mut dyn FnMut(&Index)) {
        self.0.iter().for_each(|(_, monomial)| monomial.visit(f));
    }

    pub fn variates(&self, theory: &Theory) -> BTreeSet<VariateId> {
        self.0.iter().flat_map(|(_, monomial)| monomial.variates(theory)).collect()
    }

    pub fn depends_on(&self, parameter: ParameterId, theory: &Theory) -> bool {
        self.0.iter().any(|(_, monomial)| monomial.depends_on(parameter, theory))
    }

    pub fn is_still(&self, theory: &Theory) -> bool {
        self.0.iter().all(|(_, monomial)| monomial.is_still(theory))
    }
}
