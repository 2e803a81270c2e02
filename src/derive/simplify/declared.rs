//! The logarithm of a density as its author would take it: factor by factor.

use num_traits::One;

use super::Simplifier;
use super::tidy::{flatten_sum, product, scale, sum};
use crate::kernel::term::{Function, Rational, Term};

impl Simplifier {
    /// Forms of log f, the factors of f left as they are written: of λ (x/λ)^(k − 1) it has log λ and
    /// (k − 1) log(x/λ).
    pub fn logarithm(&self, density: &Term) -> Vec<Term> {
        let mut terms = Vec::new();
        logarithms(density, &Rational::one(), &mut terms);
        let plain = self.tidy(&flatten_sum(terms));
        let grouped = self.tidy(&self.group_by_special(&plain));
        let forms = [self.combine_apart(&plain), self.combine_apart(&grouped)];
        forms.into_iter().map(|form| self.tidy(&form)).chain([plain]).collect()
    }
}

impl Simplifier {
    /// The logarithms about the variates gathered, and those of the normalising constant for themselves.
    fn combine_apart(&self, term: &Term) -> Term {
        let Term::Sum(terms) = term else { return self.combine_logs(term) };
        let moving = |term: &Term| self.variates.iter().any(|name| term.contains(name));
        let (with, without): (Vec<Term>, Vec<Term>) = terms.iter().cloned().partition(moving);
        let parts = [with, without].into_iter().filter(|part| !part.is_empty());
        sum(parts.map(|part| self.combine_logs(&sum(part))).collect())
    }
}

/// The terms of c · log f.
fn logarithms(term: &Term, coefficient: &Rational, out: &mut Vec<Term>) {
    match term {
        Term::Number(value) if value.is_one() => {}
        Term::Product(factors) => factors.iter().for_each(|factor| logarithms(factor, coefficient, out)),
        Term::Apply(Function::Exp, arguments) => out.push(scale(arguments[0].clone(), coefficient)),
        Term::Apply(Function::Gamma, arguments) => {
            out.push(scale(Term::Apply(Function::LogGamma, arguments.clone()), coefficient));
        }
        Term::Apply(Function::Sqrt, arguments) => {
            logarithms(&arguments[0], &(coefficient / Rational::from_integer(2.into())), out);
        }
        Term::Power(base, exponent) => match exponent.as_number() {
            Some(power) => logarithms(base, &(coefficient * power), out),
            None => out.push(scale(product(vec![(**exponent).clone(), (**base).clone().log()]), coefficient)),
        },
        other => out.push(scale(other.clone().log(), coefficient)),
    }
}
