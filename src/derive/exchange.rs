//! Which parameters of a family may be exchanged with one another, found and proved: one entry of each
//! kind then stands for all.

use std::collections::{BTreeMap, BTreeSet};

use num_traits::One;

use crate::kernel::certificate::{self, Proposition, Rule};
use crate::kernel::exchange::Renaming;
use crate::kernel::poly::{Monomial, Poly};
use crate::kernel::term::{Name, Rational, Term};
use crate::kernel::theorem::Rejection;

use super::search::Search;
use super::setting::second;

/// Parameters in classes; within each any two may be exchanged, with coordinates that go along.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exchange {
    /// Every parameter's index is in one class; the first of each stands for the others.
    classes: Vec<Vec<usize>>,
    /// The class of each parameter.
    class_of: Vec<usize>,
    /// How each that is not the first of its class is exchanged with the first.
    swaps: BTreeMap<usize, Swap>,
}

#[derive(Clone, Debug, PartialEq)]
struct Swap {
    /// The step that proves the density invariant.
    step: usize,
    renaming: Renaming,
    /// The coordinates that go with the first of the class and with this one.
    variates: (Vec<Name>, Vec<Name>),
}

impl Exchange {
    /// No two can be exchanged.
    pub fn none(count: usize) -> Exchange {
        let classes = (0..count).map(|index| vec![index]).collect();
        Exchange { classes, class_of: (0..count).collect(), swaps: BTreeMap::new() }
    }

    /// Tries every parameter with the first of each class of those before it.
    pub fn find(search: &mut Search, parameters: &[Name]) -> Exchange {
        let scores: Vec<Option<Score>> = parameters.iter().map(|name| score(search, name)).collect();
        let mut found = Exchange::default();
        for (index, name) in parameters.iter().enumerate() {
            let place = (0..found.classes.len()).find_map(|class| {
                let first = found.classes[class][0];
                let (own, other) = (scores[index].as_ref()?, scores[first].as_ref()?);
                let swap = swap(search, (&parameters[first], other), (name, own))?;
                Some((class, swap))
            });
            match place {
                Some((class, swap)) => {
                    found.classes[class].push(index);
                    found.class_of.push(class);
                    found.swaps.insert(index, swap);
                }
                None => {
                    found.class_of.push(found.classes.len());
                    found.classes.push(vec![index]);
                }
            }
        }
        found
    }

    pub fn is_trivial(&self) -> bool {
        self.swaps.is_empty()
    }

    /// Classes of at least two, each index with the coordinates that go along.
    pub fn classes(&self) -> impl Iterator<Item = Vec<(usize, &[Name])>> {
        self.classes.iter().filter(|class| class.len() > 1).map(|class| {
            let own = |index: &usize| match self.swaps.get(index) {
                Some(swap) => (*index, swap.variates.1.as_slice()),
                None => (*index, self.swaps[&class[1]].variates.0.as_slice()),
            };
            class.iter().map(own).collect()
        })
    }

    fn class(&self, index: usize) -> &[usize] {
        self.class_of.get(index).map_or(&[], |class| self.classes[*class].as_slice())
    }

    /// The indices that stand for these and all that they can be exchanged with.
    fn representative(&self, indices: &[usize]) -> Vec<usize> {
        let mut images: BTreeMap<usize, usize> = BTreeMap::new();
        let mut taken: BTreeMap<usize, usize> = BTreeMap::new();
        let mut own = |index: usize| {
            *images.entry(index).or_insert_with(|| {
                let class = self.class(index);
                let next = taken.entry(class[0]).or_default();
                *next += 1;
                class[*next - 1]
            })
        };
        indices.iter().map(|index| own(*index)).collect()
    }

    /// Tuples of indices below `count`, one of each kind, in order.
    pub fn kinds(&self, order: usize, count: usize) -> Vec<Vec<usize>> {
        // No class gives more different indices to a tuple than the tuple has.
        let few: Vec<usize> =
            (0..count).filter(|index| self.class(*index).iter().take(order).any(|own| own == index)).collect();
        let mut tuples: Vec<Vec<usize>> = vec![Vec::new()];
        for _ in 0..order {
            tuples = tuples
                .iter()
                .flat_map(|tuple| {
                    let last = tuple.last().copied().unwrap_or(0);
                    few.iter().filter(move |index| **index >= last).map(move |index| {
                        let mut longer = tuple.clone();
                        longer.push(*index);
                        longer
                    })
                })
                .collect();
        }
        let kinds: BTreeSet<Vec<usize>> = tuples.iter().map(|tuple| self.kind(tuple)).collect();
        kinds.into_iter().collect()
    }

    /// The first, in order, of all tuples of the same kind in any order of their indices.
    pub fn kind(&self, indices: &[usize]) -> Vec<usize> {
        if self.is_trivial() {
            let mut sorted = indices.to_vec();
            sorted.sort_unstable();
            return sorted;
        }
        let mut best = permutations(indices).into_iter().map(|own| {
            let mut own = self.representative(&own);
            own.sort_unstable();
            own
        });
        let first = best.next().unwrap_or_default();
        best.fold(first, std::cmp::min)
    }

    /// The swaps, one after the other, that carry the indices of `kind` to these in some order.
    fn path(&self, indices: &[usize]) -> Vec<&Swap> {
        if self.is_trivial() {
            return Vec::new();
        }
        let kind = self.kind(indices);
        let arranged = permutations(indices)
            .into_iter()
            .find(|own| {
                let mut image = self.representative(own);
                image.sort_unstable();
                image == kind
            })
            .unwrap_or_default();
        let mut current = self.representative(&arranged);
        let mut path = Vec::new();
        for place in 0..arranged.len() {
            let (from, to) = (current[place], arranged[place]);
            if from == to {
                continue;
            }
            // (from to) is one swap with the first of the class, or three.
            let (own, other) = (self.swaps.get(&from), self.swaps.get(&to));
            match (own, other) {
                (Some(own), Some(other)) => path.extend([own, other, own]),
                (Some(one), None) | (None, Some(one)) => path.push(one),
                (None, None) => {}
            }
            for index in &mut current {
                *index = if *index == from {
                    to
                } else if *index == to {
                    from
                } else {
                    *index
                };
            }
        }
        path
    }

    /// What an entry of the kind becomes at these indices.
    pub fn carry(&self, entry: &Term, indices: &[usize]) -> Term {
        self.path(indices).iter().fold(entry.clone(), |entry, swap| swap.renaming.term(&entry))
    }

    /// The coordinate that stands for this one, where there is one: `E[x1]` tells `E[x2]`.
    pub fn coordinate(&self, name: &Name) -> Option<(&Name, &Renaming)> {
        self.swaps.values().find_map(|swap| {
            let place = swap.variates.1.iter().position(|own| own == name)?;
            Some((&swap.variates.0[place], &swap.renaming))
        })
    }

    /// The values that an entry of the kind takes at these indices: of each name that is exchanged, the value
    /// of what it becomes.
    pub fn moved(&self, indices: &[usize], point: &BTreeMap<Name, f64>) -> Vec<(Name, f64)> {
        let path = self.path(indices);
        let names: BTreeSet<&Name> = path.iter().flat_map(|swap| swap.renaming.names()).collect();
        let becomes = |name: &Name| path.iter().fold(name.clone(), |name, swap| swap.renaming.name(&name).clone());
        names.into_iter().filter_map(|name| Some((name.clone(), *point.get(&becomes(name))?))).collect()
    }

    /// The step that proves at these indices what another proves at their kind.
    pub fn prove(&self, search: &mut Search, step: usize, indices: &[usize]) -> Result<usize, Rejection> {
        let path = self.path(indices);
        let mut proposition = search.step(step).proposition.clone();
        for swap in &path {
            proposition = swap.renaming.proposition(&proposition)?;
        }
        let invariances = path.iter().map(|swap| swap.step).collect();
        search.push(proposition, Rule::Exchange(certificate::Exchange { step, invariances }))
    }

    /// The steps that prove the density invariant.
    pub fn steps(&self) -> impl Iterator<Item = usize> {
        self.swaps.values().map(|swap| swap.step)
    }
}

/// All orders of a few indices.
fn permutations(indices: &[usize]) -> Vec<Vec<usize>> {
    let Some((first, rest)) = indices.split_first() else { return vec![Vec::new()] };
    let mut all = Vec::new();
    for own in permutations(rest) {
        for place in 0..=own.len() {
            let mut longer = own.clone();
            longer.insert(place, *first);
            all.push(longer);
        }
    }
    all
}

/// A score, term by term.
type Score = BTreeSet<(Monomial, Rational)>;

fn score(search: &Search, name: &Name) -> Option<Score> {
    let score = search.checker.pointwise().normalize(&Term::log_density().derivative(name)).ok()?;
    Some(score.terms().map(|(monomial, coefficient)| (monomial.clone(), coefficient.clone())).collect())
}

/// The exchange of two parameters, with the coordinates in what one score has and the other has not.
fn swap(search: &mut Search, first: (&Name, &Score), other: (&Name, &Score)) -> Option<Swap> {
    let names = search.setting().support().names();
    let own = |one: &Score, other: &Score| -> Vec<Name> {
        let terms = one.difference(other).map(|(monomial, _)| Poly::single(monomial.clone(), One::one()));
        let terms: Vec<Poly> = terms.collect();
        let moved = |name: &&Name| terms.iter().any(|term| term.contains_any(std::slice::from_ref(*name)));
        names.iter().filter(moved).cloned().collect()
    };
    let variates = (own(first.1, other.1), own(other.1, first.1));
    if variates.0.len() != variates.1.len() {
        return None;
    }
    let mut pairs = vec![(first.0.clone(), other.0.clone()), (second(first.0), second(other.0))];
    pairs.extend(variates.0.iter().cloned().zip(variates.1.iter().cloned()));
    let backwards: Vec<(Name, Name)> = pairs.iter().map(|(own, image)| (image.clone(), own.clone())).collect();
    pairs.extend(backwards);
    let renaming = Renaming::new(&pairs).ok()?;
    let step = search.push(Proposition::Invariance { renaming: pairs }, Rule::Algebra).ok()?;
    Some(Swap { step, renaming, variates })
}
