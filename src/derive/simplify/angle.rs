//! Angles that are sums: what depends on φ and α through φ + α alone is short in φ + α, and long in either.

use std::collections::BTreeSet;

use super::Simplifier;
use crate::kernel::poly::{Generator, Poly};
use crate::kernel::term::{Function, Name, Term};

/// Variables that stand for whole angles while these are worked with, one for each angle.
#[derive(Default)]
pub struct Angles {
    /// v as v − rest, for an angle v + rest: what was the angle is v alone.
    pub there: Vec<(Name, Term)>,
    /// v as the angle again.
    pub back: Vec<(Name, Term)>,
    /// All that the angles are made of.
    names: BTreeSet<Name>,
}

impl Angles {
    /// The sums that the density takes sines and cosines of, apart from those of the variates.
    ///
    /// Each has a variable that no other of them holds; where one has not, there are none.
    pub(super) fn of(log_density: &Term, variates: &[Name]) -> Angles {
        let mut found: Vec<Term> = Vec::new();
        visit(log_density, &mut |argument| {
            let apart = !variates.iter().any(|name| argument.contains(name));
            if matches!(argument, Term::Sum(_)) && apart && !found.contains(argument) {
                found.push(argument.clone());
            }
        });
        let mut angles = Angles::default();
        for whole in &found {
            let Term::Sum(terms) = whole else { continue };
            let own = |name: &Name| found.iter().filter(|other| other.contains(name)).count() == 1;
            let chosen = terms.iter().enumerate().rev().find_map(|(position, term)| {
                let (name, negative) = single(term)?;
                let rest = terms.iter().enumerate().filter(|(other, _)| *other != position);
                let rest = Term::sum(rest.map(|(_, term)| term.clone()).collect());
                (own(&name) && !rest.contains(&name)).then_some((name, negative, rest))
            });
            let Some((name, negative, rest)) = chosen else { return Angles::default() };
            let distance = Term::Variable(name.clone()) - rest;
            angles.there.push((name.clone(), if negative { -distance } else { distance }));
            angles.back.push((name, whole.clone()));
            angles.names.extend(whole.variables());
        }
        angles
    }

    /// Whether sines and cosines are of these angles' parts, and of nothing else.
    fn are_all_of(&self, poly: &Poly) -> bool {
        let (mut any, mut others) = (false, false);
        poly.visit_generators(&mut |generator| {
            if let Generator::Call(Function::Sin | Function::Cos, arguments) = generator {
                any = true;
                others |= !arguments[0].to_term().variables().iter().all(|name| self.names.contains(name));
            }
        });
        any && !others
    }
}

/// v or −v.
fn single(term: &Term) -> Option<(Name, bool)> {
    match term {
        Term::Variable(name) => Some((name.clone(), false)),
        Term::Product(factors) => match &factors[..] {
            [sign, Term::Variable(name)] if *sign == Term::integer(-1) => Some((name.clone(), true)),
            _ => None,
        },
        _ => None,
    }
}

fn visit(term: &Term, look: &mut dyn FnMut(&Term)) {
    if let Term::Apply(Function::Sin | Function::Cos | Function::Tan, arguments) = term {
        look(&arguments[0]);
    }
    term.children().for_each(|child| visit(child, look));
}

impl Simplifier {
    /// The angles of the density that are sums.
    pub fn angles(&self) -> &Angles {
        &self.angles
    }

    /// The form in these angles.
    pub(super) fn by_angles(&self, poly: &Poly) -> Option<Term> {
        let Angles { there, back, .. } = &self.angles;
        if there.is_empty() || !self.angles.are_all_of(poly) {
            return None;
        }
        let moved = poly.to_term().substitute(there);
        let moved = self.normalizer.canonical(&self.normalizer.normalize(&moved).ok()?).ok()?;
        (moved.len() <= poly.len()).then(|| self.simplify(&moved).substitute(back))
    }
}
