//! Angles that are sums: what depends on φ and α through φ + α alone is short in φ + α, and long in either.

use super::Simplifier;
use crate::kernel::poly::Poly;
use crate::kernel::term::{Function, Name, Term};

/// An angle c·v + rest of the density, c = ±1, and v in terms of it.
#[derive(Clone)]
pub(super) struct Angle {
    /// While the angle is worked with, its variable stands for all of it.
    variable: Name,
    whole: Term,
    inverse: Term,
}

/// The angles that the density takes sines and cosines of, apart from those of the variates.
pub(super) fn angles(log_density: &Term, variates: &[Name]) -> Vec<Angle> {
    let mut found: Vec<Angle> = Vec::new();
    visit(log_density, &mut |argument| {
        let Term::Sum(terms) = argument else { return };
        if variates.iter().any(|name| argument.contains(name)) || found.iter().any(|own| own.whole == *argument) {
            return;
        }
        let single = |term: &Term| match term {
            Term::Variable(name) => Some((name.clone(), false)),
            Term::Product(factors) => match &factors[..] {
                [sign, Term::Variable(name)] if *sign == Term::integer(-1) => Some((name.clone(), true)),
                _ => None,
            },
            _ => None,
        };
        let Some((position, (variable, negative))) =
            terms.iter().enumerate().rev().find_map(|(position, term)| Some((position, single(term)?)))
        else {
            return;
        };
        let rest = terms.iter().enumerate().filter(|(own, _)| *own != position).map(|(_, term)| term.clone());
        let rest = Term::sum(rest.collect());
        if rest.contains(&variable) || rest.variables().is_empty() {
            return;
        }
        let distance = Term::Variable(variable.clone()) - rest;
        let inverse = if negative { -distance } else { distance };
        found.push(Angle { variable, whole: argument.clone(), inverse });
    });
    found
}

fn visit(term: &Term, look: &mut dyn FnMut(&Term)) {
    if let Term::Apply(Function::Sin | Function::Cos | Function::Tan, arguments) = term {
        look(&arguments[0]);
    }
    term.children().for_each(|child| visit(child, look));
}

/// A change of variable, and the way back.
type Change = (Vec<(Name, Term)>, Vec<(Name, Term)>);

impl Simplifier {
    /// The changes by which a variable comes to stand for an angle that it is part of.
    pub fn angle_changes(&self) -> Vec<Change> {
        let change = |own: &Angle| {
            let name = || own.variable.clone();
            (vec![(name(), own.inverse.clone())], vec![(name(), own.whole.clone())])
        };
        self.angles.iter().map(change).collect()
    }

    /// Forms in one of the angles, where that makes the whole shorter.
    pub(super) fn by_angles(&self, poly: &Poly) -> Vec<Term> {
        let forms = self.angle_changes().into_iter().filter_map(|(there, back)| {
            let moved = poly.to_term().substitute(&there);
            let moved = self.normalizer.canonical(&self.normalizer.normalize(&moved).ok()?).ok()?;
            let form = (moved.len() <= poly.len()).then(|| self.simplify(&moved))?;
            Some(form.substitute(&back))
        });
        forms.collect()
    }
}
