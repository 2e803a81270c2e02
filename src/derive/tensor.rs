//! Symmetric tensors over the parameters: a score, a matrix, the coefficients of a Taylor term.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::kernel::term::{Name, Term};
use crate::numeric::evaluate;

use super::exchange::Exchange;

/// Entries by sorted indices. Where parameters may be exchanged one entry of each kind is held, and the
/// others are worked out from it when they are asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct SymmetricTensor {
    order: usize,
    count: usize,
    exchange: Arc<Exchange>,
    entries: BTreeMap<Vec<usize>, Term>,
}

impl SymmetricTensor {
    /// Without entries.
    pub fn new(order: usize, count: usize, exchange: Arc<Exchange>) -> SymmetricTensor {
        SymmetricTensor { order, count, exchange, entries: BTreeMap::new() }
    }

    /// The tensor whose entries are those, for parameters of which no two can be exchanged.
    pub fn of(order: usize, count: usize, entry: impl Fn(&[usize]) -> Option<Term>) -> SymmetricTensor {
        let exchange = Arc::new(Exchange::none(count));
        let kinds = exchange.kinds(order, count);
        let entries = kinds.into_iter().filter_map(|indices| Some((indices.clone(), entry(&indices)?))).collect();
        SymmetricTensor { order, count, exchange, entries }
    }

    /// The number of parameters.
    pub fn count(&self) -> usize {
        self.count
    }

    pub fn order(&self) -> usize {
        self.order
    }

    /// How many entries there are, held or not.
    pub fn len(&self) -> usize {
        self.count.saturating_pow(self.order as u32)
    }

    /// Sets the entry of a kind, see [`Exchange::kinds`].
    pub fn set(&mut self, kind: &[usize], entry: Term) {
        self.entries.insert(kind.to_vec(), entry);
    }

    /// An entry, where it is known; the order of the indices does not matter.
    pub fn get(&self, indices: &[usize]) -> Option<Term> {
        let entry = self.entries.get(&self.exchange.kind(indices))?;
        Some(self.exchange.carry(entry, indices))
    }

    /// Whether one entry of each kind stands for others too.
    pub fn is_abridged(&self) -> bool {
        !self.exchange.is_trivial()
    }

    /// The entries that are held, in order.
    pub fn held(&self) -> impl Iterator<Item = (&[usize], &Term)> {
        self.entries.iter().map(|(indices, entry)| (indices.as_slice(), entry))
    }

    /// Whether no entry is known.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether every entry is known.
    pub fn is_complete(&self) -> bool {
        let kinds = self.exchange.kinds(self.order, self.count);
        kinds.iter().all(|kind| self.entries.contains_key(kind))
    }

    /// All entries of a tensor of order 1, where they are known.
    pub fn vector(&self) -> Option<Vec<Term>> {
        (0..self.count).map(|i| self.get(&[i])).collect()
    }

    /// All entries of a tensor of order 2, where they are known.
    pub fn matrix(&self) -> Option<Vec<Vec<Term>>> {
        (0..self.count).map(|i| (0..self.count).map(|j| self.get(&[i, j])).collect()).collect()
    }

    /// All entries of a tensor of order 2 at a point, where they have values there.
    pub fn values(&self, mut point: BTreeMap<Name, f64>) -> Option<Vec<Vec<f64>>> {
        let mut row = |i: usize| (i..self.count).map(|j| self.value(&[i, j], &mut point)).collect();
        let upper: Vec<Vec<f64>> = (0..self.count).map(&mut row).collect::<Option<_>>()?;
        let entry = |i: usize, j: usize| upper[i.min(j)][i.abs_diff(j)];
        Some((0..self.count).map(|i| (0..self.count).map(|j| entry(i, j)).collect()).collect())
    }

    /// The entry at its kind, with the values of what it would be carried to; the point is as before then.
    fn value(&self, indices: &[usize], point: &mut BTreeMap<Name, f64>) -> Option<f64> {
        let entry = self.entries.get(&self.exchange.kind(indices))?;
        let moved = self.exchange.moved(indices, point);
        let kept: Vec<(Name, f64)> =
            moved.iter().filter_map(|(name, _)| Some((name.clone(), *point.get(name)?))).collect();
        point.extend(moved);
        let value = evaluate(entry, point);
        point.extend(kept);
        value
    }
}
