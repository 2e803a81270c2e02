//! Rewriting with an equation: a lemma, or a matrix and its inverse.

use std::collections::{BTreeMap, BTreeSet};

use num_traits::{One, Zero};

use crate::kernel::term::Rational;

use super::index::Index;
use super::monomial::{Atom, Monomial};
use super::normal::Engine;
use super::polynomial::Polynomial;

/// What the labels of a pattern stand for.
type Match = BTreeMap<Index, Index>;

/// `left − right = 0`, or `= O(‖Δ‖^(n+1))`, for every value of its free labels.
pub struct Equation {
    pub difference: Polynomial,
    pub order: Option<u32>,
}

/// An equation solved for one of its monomials.
struct Rule {
    head: Monomial,
    replacement: Polynomial,
    order: Option<u32>,
}

/// Rewriting stops after so many replacements; what is left is then not zero, and not proved.
const MOST_REPLACEMENTS: usize = 200;

impl Engine<'_> {
    /// Can the polynomial be rewritten to zero? Otherwise the shortest that it became.
    ///
    /// ```text
    ///   c h + r = 0
    ///   ───────────────────────
    ///   m h σ = −(1/c) m r σ         m regular and of degree ≥ order − n, for a lemma of order n
    /// ```
    /// Nothing is rewritten inside a derivative: a lemma may hold at this θ only.
    pub fn rewritten(&self, polynomial: &Polynomial, equations: &[Equation]) -> Polynomial {
        let choices: Vec<Vec<Rule>> = equations.iter().map(|equation| self.rules(equation)).collect();
        let mut best = polynomial.clone();
        let mut chosen = vec![0; choices.len()];
        if choices.iter().any(Vec::is_empty) {
            return best;
        }
        loop {
            let rules: Vec<&Rule> = choices.iter().zip(&chosen).map(|(rules, at)| &rules[*at]).collect();
            let found = self.exhausted(polynomial, &rules);
            if found.0.len() < best.0.len() {
                best = found;
            }
            if best.is_zero() {
                return best;
            }
            // The next combination, as an odometer counts.
            let Some(wheel) = (0..chosen.len()).find(|wheel| chosen[*wheel] + 1 < choices[*wheel].len()) else {
                return best;
            };
            chosen[wheel] += 1;
            chosen[..wheel].fill(0);
        }
    }

    fn rules(&self, equation: &Equation) -> Vec<Rule> {
        let exact_enough = self.order.is_some() || equation.order.is_none();
        let usable = exact_enough && equation.difference.0.iter().all(|(_, monomial)| monomial.is_known());
        let solved = |at: usize| {
            let (coefficient, head) = &equation.difference.0[at];
            let mut rest = equation.difference.clone();
            rest.0.remove(at);
            Rule { head: head.clone(), replacement: rest.scaled(&-coefficient.recip()), order: equation.order }
        };
        // A number is no head: it would match everywhere.
        (0..equation.difference.0.len())
            .filter(|at| usable && !equation.difference.0[*at].1.is_one())
            .map(solved)
            .collect()
    }

    fn exhausted(&self, polynomial: &Polynomial, rules: &[&Rule]) -> Polynomial {
        let mut current = polynomial.clone();
        for _ in 0..MOST_REPLACEMENTS {
            let found = current.0.iter().enumerate().find_map(|(at, (coefficient, monomial))| {
                rules
                    .iter()
                    .find_map(|rule| self.replaced_once(monomial, rule, &BTreeSet::new(), 0))
                    .map(|value| (at, value.scaled(coefficient)))
            });
            let Some((at, value)) = found else { break };
            current.0.remove(at);
            current.add(value);
            current = self.collected(self.truncated(current));
        }
        current
    }

    /// The rule applied once, outside or inside a block.
    fn replaced_once(
        &self,
        monomial: &Monomial,
        rule: &Rule,
        outside: &BTreeSet<Index>,
        degree: u32,
    ) -> Option<Polynomial> {
        for (matched, rest) in matches(&rule.head, monomial, &Match::new(), self) {
            let fits = match (rule.order, self.order) {
                (None, _) => true,
                (Some(own), Some(order)) => own + degree + rest.degree() >= order && rest.is_regular(self.theory),
                (Some(_), None) => false,
            };
            if fits && private(&matched, &rest, outside) {
                let (labels, values): (Vec<_>, Vec<_>) =
                    matched.into_iter().filter(|(label, _)| !label.is_bound()).unzip();
                let replacement = self.instantiated(&self.refreshed(&rule.replacement), &labels, &values);
                return Some(replacement.times_monomial(&rest));
            }
        }
        for (at, (atom, exponent)) in monomial.0.iter().enumerate() {
            let Atom::Block(functional, body) = atom else { continue };
            let mut rest = monomial.clone();
            rest.0.remove(at);
            rest.multiply_by(atom.clone(), exponent - Rational::one());
            let mut around = outside.clone();
            rest.visit(&mut |index| {
                around.insert(index.clone());
            });
            if rule.order.is_some() && !rest.is_regular(self.theory) {
                continue;
            }
            if let Some(inner) = self.replaced_once(body, rule, &around, degree + rest.degree()) {
                return Some(self.block(functional, &inner).times_monomial(&rest));
            }
        }
        None
    }

    /// ```text
    ///   Σ_j M_ij (M^{-1})_jk = δ_ik,    Σ_j (M^{-1})_ij M_jk = δ_ik
    /// ```
    /// Fails when: M is a sum of several terms, or j occurs elsewhere too.
    pub fn without_inverse(&self, monomial: &Monomial) -> Option<Monomial> {
        for (at, (atom, exponent)) in monomial.0.iter().enumerate() {
            let Atom::Inverse { matrix, slots, indices, symmetric } = atom else { continue };
            let [(coefficient, pattern)] = matrix.0.as_slice() else { continue };
            if !exponent.is_one() || !coefficient.is_one() || !is_closed(matrix, slots) {
                continue;
            }
            let mut rest = monomial.clone();
            rest.0.remove(at);
            for (summed, kept) in [(0, 1), (1, 0)] {
                // M^{-1}_ij M_jk meets M's row with the inverse's column.
                let meets: &[usize] = if *symmetric {
                    &[0, 1]
                } else if summed == 1 {
                    &[0]
                } else {
                    &[1]
                };
                for slot in meets {
                    let given = Match::from([(slots[*slot].clone(), indices[summed].clone())]);
                    for (matched, left) in matches(pattern, &rest, &given, self) {
                        let label = &indices[summed];
                        let Some(other) = matched.get(&slots[1 - slot]).cloned() else { continue };
                        let inner: Match = matched.into_iter().filter(|(own, _)| own.is_bound()).collect();
                        let around: BTreeSet<Index> = [label.clone(), other.clone(), indices[kept].clone()].into();
                        if !label.is_bound()
                            || left.mentions(label)
                            || other == *label
                            || indices[kept] == *label
                            || !private(&inner, &left, &around)
                        {
                            continue;
                        }
                        let mut contracted = left;
                        contracted.multiply_by(
                            Atom::Kronecker(indices[kept].clone(), other).map(&Clone::clone),
                            Rational::one(),
                        );
                        return Some(contracted);
                    }
                }
            }
        }
        None
    }
}

/// Summed labels of the pattern stand for summed labels that nothing else mentions, each for its own.
fn private(matched: &Match, rest: &Monomial, outside: &BTreeSet<Index>) -> bool {
    matched.iter().filter(|(label, _)| label.is_bound()).all(|(label, value)| {
        value.is_bound()
            && !rest.mentions(value)
            && !outside.contains(value)
            && matched.iter().all(|(other, image)| other == label || image != value)
    })
}

/// Every way in which the factors of the pattern are factors of the target, with what is left of it.
fn matches(pattern: &Monomial, target: &Monomial, given: &Match, engine: &Engine) -> Vec<(Match, Monomial)> {
    let Some((atom, exponent)) = pattern.0.first() else { return vec![(given.clone(), target.clone())] };
    let mut rest = pattern.clone();
    rest.0.remove(0);
    let mut found = Vec::new();
    for (at, (candidate, available)) in target.0.iter().enumerate() {
        // Factors that are not positive cannot be divided by.
        if available < exponent && !candidate.is_positive(engine.theory) {
            continue;
        }
        let left = available - exponent;
        for matched in unified(atom, candidate, given, engine) {
            let mut remaining = target.clone();
            if left.is_zero() {
                remaining.0.remove(at);
            } else {
                remaining.0[at].1 = left.clone();
            }
            found.extend(matches(&rest, &remaining, &matched, engine));
        }
    }
    found
}

/// Every way in which one atom is another, up to its labels.
fn unified(pattern: &Atom, target: &Atom, given: &Match, engine: &Engine) -> Vec<Match> {
    let lists = |left: &[Index], right: &[Index], symmetric: bool| {
        if symmetric { permuted(left, right, given) } else { aligned(left, right, given).into_iter().collect() }
    };
    match (pattern, target) {
        // The unknowns of two normal forms have nothing to do with each other.
        (Atom::Unknown(_), _) | (_, Atom::Unknown(_)) => Vec::new(),
        (Atom::Direction(left, i), Atom::Direction(right, j)) if left == right => {
            lists(std::slice::from_ref(i), std::slice::from_ref(j), false)
        }
        (Atom::Parameter(left, i), Atom::Parameter(right, j)) if left == right => {
            lists(std::slice::from_ref(i), std::slice::from_ref(j), false)
        }
        (Atom::Map(left, i, more), Atom::Map(right, j, others)) if left == right => {
            aligned(std::slice::from_ref(i), std::slice::from_ref(j), given)
                .into_iter()
                .flat_map(|matched| permuted(more, others, &matched))
                .collect()
        }
        (Atom::Constant { id: left, indices, symmetric }, Atom::Constant { id: right, indices: others, .. })
            if left == right =>
        {
            lists(indices, others, *symmetric)
        }
        (Atom::Kronecker(i, j), Atom::Kronecker(k, l)) => lists(&[i.clone(), j.clone()], &[k.clone(), l.clone()], true),
        (Atom::Jet(left, at, indices), Atom::Jet(right, point, others)) if left == right && at == point => {
            lists(indices, others, true)
        }
        (Atom::Defined(left, at, indices), Atom::Defined(right, point, others)) if left == right && at == point => {
            lists(indices, others, false)
        }
        (
            Atom::Field { id: left, point: at, component, derivatives },
            Atom::Field { id: right, point, component: slots, derivatives: others },
        ) if left == right && at == point => aligned(component, slots, given)
            .into_iter()
            .flat_map(|matched| permuted(derivatives, others, &matched))
            .collect(),
        (Atom::Statistic(left, indices), Atom::Statistic(right, others)) if left == right => {
            lists(indices, others, false)
        }
        (
            Atom::Inverse { matrix: left, slots: own, indices, symmetric },
            Atom::Inverse { matrix: right, slots, indices: others, .. },
        ) if is_closed(left, own)
            && left
                .map(&|index| {
                    own.iter().position(|slot| slot == index).map_or_else(|| index.clone(), |at| slots[at].clone())
                })
                .collected()
                == **right =>
        {
            lists(indices, others, *symmetric)
        }
        (Atom::Block(left, body), Atom::Block(right, other)) if left == right => whole(body, other, given, engine),
        (Atom::Derivative(left, body), Atom::Derivative(right, other)) if left.len() == right.len() => {
            let (parameters, indices): (Vec<_>, Vec<_>) = left.iter().cloned().unzip();
            let (others, labels): (Vec<_>, Vec<_>) = right.iter().cloned().unzip();
            // By several parameters only in the same order: a permutation must not exchange them.
            if parameters != others || (parameters.windows(2).any(|pair| pair[0] != pair[1])) {
                return Vec::new();
            }
            permuted(&indices, &labels, given)
                .into_iter()
                .flat_map(|matched| whole(body, other, &matched, engine))
                .collect()
        }
        // No labels of their own, and none in an argument: those could not be matched.
        _ if pattern == target && !mentions_labels(pattern) => vec![given.clone()],
        _ => Vec::new(),
    }
}

fn mentions_labels(atom: &Atom) -> bool {
    let mut found = false;
    atom.visit(&mut |index| found |= *index != Index::Unit);
    found || atom.argument().is_some_and(|argument| !is_closed(argument, &[]))
}

/// No label but the slots and those summed within, also in arguments of arguments.
fn is_closed(polynomial: &Polynomial, slots: &[Index]) -> bool {
    let mut closed = true;
    polynomial.visit(&mut |index| closed &= index.is_bound() || *index == Index::Unit || slots.contains(index));
    closed && polynomial.0.iter().all(|(_, monomial)| arguments_closed(monomial))
}

fn arguments_closed(monomial: &Monomial) -> bool {
    monomial.0.iter().all(|(atom, _)| match atom {
        Atom::Block(_, body) | Atom::Derivative(_, body) => arguments_closed(body),
        Atom::Inverse { matrix, slots, .. } => is_closed(matrix, slots),
        _ => atom.argument().is_none_or(|argument| is_closed(argument, &[])),
    })
}

fn whole(pattern: &Monomial, target: &Monomial, given: &Match, engine: &Engine) -> Vec<Match> {
    matches(pattern, target, given, engine)
        .into_iter()
        .filter(|(_, rest)| rest.is_one())
        .map(|(matched, _)| matched)
        .collect()
}

fn aligned(pattern: &[Index], target: &[Index], given: &Match) -> Option<Match> {
    if pattern.len() != target.len() {
        return None;
    }
    let mut matched = given.clone();
    for (label, value) in pattern.iter().zip(target) {
        if *label == Index::Unit || *value == Index::Unit {
            if label != value {
                return None;
            }
            continue;
        }
        if label.space() != value.space() {
            return None;
        }
        match matched.get(label) {
            Some(earlier) if earlier != value => return None,
            Some(_) => {}
            None => {
                matched.insert(label.clone(), value.clone());
            }
        }
    }
    Some(matched)
}

fn permuted(pattern: &[Index], target: &[Index], given: &Match) -> Vec<Match> {
    let Some((first, rest)) = pattern.split_first() else {
        return if target.is_empty() { vec![given.clone()] } else { Vec::new() };
    };
    let mut found = Vec::new();
    for at in 0..target.len() {
        if let Some(matched) = aligned(std::slice::from_ref(first), &target[at..=at], given) {
            let mut others = target.to_vec();
            others.remove(at);
            found.extend(permuted(rest, &others, &matched));
        }
    }
    found
}
