//! A sample: n independent draws z_1, …, z_n, and the sum over them of what depends on one.
//!
//! ```text
//!   E_sample[Σ_k f_1(z_k) ⋯ Σ_k f_m(z_k)] = Σ_π n(n − 1)⋯(n − |π| + 1) Π_{B ∈ π} E[Π_{a ∈ B} f_a]
//! ```
//! over the partitions π of {1, …, m}: indices that are equal fall into one block, and different draws are
//! independent. The falling factorial is the number of ways to give the blocks different draws.

use num_traits::{One, ToPrimitive};

use crate::kernel::term::Rational;

use super::expression::{Functional, Point};
use super::monomial::{Atom, Monomial, is_natural};
use super::normal::Engine;
use super::polynomial::Polynomial;
use super::theory::{ConstantId, DRAWS};

/// Products of more sums than this stay as they are: the partitions of 6 are 203.
const MOST_SUMS: u32 = 6;

impl Engine<'_> {
    /// E_sample of a product of sums over the draws.
    ///
    /// Fails when: something else in it depends on the draws; a summand depends on other draws than its own; there
    /// are too many sums.
    pub fn sample_mean(&self, point: &Point, body: &Monomial) -> Option<Polynomial> {
        let size = self.theory.sample?;
        let mut bodies: Vec<&Monomial> = Vec::new();
        for (atom, exponent) in &body.0 {
            let Atom::Block(Functional::Draws, inner) = atom else { return None };
            // A term that sees other draws than its own is no f(z_k).
            if inner.variates(self.theory).contains(&DRAWS) {
                return None;
            }
            let times = exponent.to_integer().to_u32().filter(|times| is_natural(exponent) && *times <= MOST_SUMS)?;
            bodies.extend((0..times).map(|_| inner));
        }
        if bodies.len() > MOST_SUMS as usize {
            return None;
        }
        let mut total = Polynomial::zero();
        for partition in partitions(bodies.len()) {
            let mut product = self.falling_factorial(size, partition.len());
            for block in &partition {
                // Labels that the sums share are shared on purpose: they are summed over the whole product.
                let together = block.iter().fold(Monomial::one(), |together, at| together.times(bodies[*at]));
                let mean = self.block(&Functional::Model(point.clone()), &Polynomial::term(Rational::one(), together));
                product = product.times(&mean);
            }
            total.add(product);
        }
        Some(total)
    }

    /// n.
    pub fn sample_size(&self) -> Polynomial {
        match self.theory.sample {
            Some(size) => Polynomial::of(constant(size)),
            None => self.unknown(),
        }
    }

    /// n(n − 1)⋯(n − k + 1).
    fn falling_factorial(&self, size: ConstantId, factors: usize) -> Polynomial {
        let mut product = Polynomial::one();
        for at in 0..factors {
            let mut factor = Polynomial::of(constant(size));
            factor.add(Polynomial::number(-Rational::from_integer(at.into())));
            product = product.times(&factor);
        }
        product
    }
}

fn constant(id: ConstantId) -> Atom {
    Atom::Constant { id, indices: Vec::new(), symmetric: false }
}

/// Every partition of {0, …, count − 1} into blocks.
fn partitions(count: usize) -> Vec<Vec<Vec<usize>>> {
    let mut all: Vec<Vec<Vec<usize>>> = vec![Vec::new()];
    for element in 0..count {
        all = all
            .iter()
            .flat_map(|partition| {
                (0..=partition.len()).map(move |block| {
                    let mut next = partition.clone();
                    match next.get_mut(block) {
                        Some(own) => own.push(element),
                        None => next.push(vec![element]),
                    }
                    next
                })
            })
            .collect();
    }
    all
}
