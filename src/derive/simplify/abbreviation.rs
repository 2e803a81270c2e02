//! Long sums as single letters while the algebra engine looks for forms.
//!
//! e^t/Z − e^(2t)/Z² with Z a sum of two hundred exponentials is a fraction in two letters.

use std::collections::BTreeMap;

use num_traits::{One, Zero};

use super::exponential::present;
use super::tidy::{factors_of, flatten_sum, product, scale, sum};
use crate::kernel::poly::{Generator, Poly};
use crate::kernel::term::{Name, Rational, Term};

/// The letters of one value, with the sums behind them.
pub(super) struct Abbreviations(BTreeMap<Term, Name>);

impl Abbreviations {
    /// For the long sums in a normal form, see [`Poly::is_long`].
    pub fn of(poly: &Poly) -> Abbreviations {
        let mut letters = BTreeMap::new();
        poly.visit_generators(&mut |generator| {
            if let Generator::Sum(sum) = generator
                && sum.is_long()
            {
                // No name that can be written has a space in it.
                let next = Name::new(&format!("sum {}", letters.len()));
                letters.entry(present(sum)).or_insert(next);
            }
        });
        Abbreviations(letters)
    }

    /// A term with the letters in the place of the sums.
    pub fn shorten(&self, term: &Term) -> Term {
        if self.0.is_empty() {
            return term.clone();
        }
        match self.0.get(term).filter(|_| matches!(term, Term::Sum(_))) {
            Some(letter) => Term::Variable(letter.clone()),
            None => term.map_children(&mut |child| self.shorten(child)),
        }
    }

    /// The sums in the place of their letters.
    pub fn restore(&self, term: &Term) -> Term {
        if self.0.is_empty() {
            return term.clone();
        }
        match term {
            Term::Variable(name) => match self.0.iter().find(|(_, own)| *own == name) {
                Some((sum, _)) => sum.clone(),
                None => term.clone(),
            },
            Term::Sum(terms) => gathered(terms.iter().map(|term| self.restore(term)).collect()),
            other => other.map_children(&mut |child| self.restore(child)),
        }
    }
}

/// A sum of sums as one, its like terms added up: Z − e^t holds no e^t.
fn gathered(terms: Vec<Term>) -> Term {
    let spread = terms.into_iter().map(|term| match factors_of(&term) {
        [Term::Number(value), inner @ Term::Sum(_)] => scale(inner.clone(), value),
        _ => term,
    });
    let terms = match flatten_sum(spread.collect()) {
        Term::Sum(terms) => terms,
        other => return other,
    };
    let mut places: BTreeMap<Term, usize> = BTreeMap::new();
    let mut parts: Vec<(Rational, Term)> = Vec::new();
    for term in terms.iter() {
        let (number, rest) = match factors_of(term) {
            [Term::Number(value), rest @ ..] => (value.clone(), product(rest.to_vec())),
            _ => (Rational::one(), term.clone()),
        };
        match places.get(&rest) {
            Some(place) => parts[*place].0 += number,
            None => {
                places.insert(rest.clone(), parts.len());
                parts.push((number, rest));
            }
        }
    }
    let kept = parts.into_iter().filter(|(number, _)| !number.is_zero());
    sum(kept.map(|(number, rest)| scale(rest, &number)).collect())
}
