//! A variable with finitely many values: every function of it is a polynomial in it.

use super::domain::Domain;
use super::normal::Normalizer;
use super::poly::{Exponent, Generator, Outcome, Poly};
use super::term::{Name, Term};

/// More values than this are not gone through.
const MOST_VALUES: usize = 6;

impl Normalizer {
    /// The same with f(v) = Σ f(a) Π (v − b)/(a − b), over the values a of v and the others b, for variables v that
    /// stand in an exponent or in a function (Lagrange; DLMF 3.3.1).
    ///
    /// `None` where there is no such variable, or f is not known at one of its values.
    pub fn interpolated(&self, poly: &Poly) -> Outcome<Option<Poly>> {
        let mut result: Option<Poly> = None;
        for (name, domain) in &self.context().domains {
            let Domain::Finite(values) = domain else { continue };
            let current = result.as_ref().unwrap_or(poly);
            let numbers = values.iter().all(|value| value.as_number().is_some());
            if numbers && values.len() <= MOST_VALUES && is_inside(current, name) {
                result = self.lagrange(current, name, values)?.or(result);
            }
        }
        Ok(result)
    }

    fn lagrange(&self, poly: &Poly, name: &Name, values: &[Term]) -> Outcome<Option<Poly>> {
        let term = poly.to_term();
        let variable = Term::Variable(name.clone());
        let mut sum = Poly::zero();
        for value in values {
            let others = values.iter().filter(|other| *other != value);
            let basis = others.map(|other| (variable.clone() - other.clone()) / (value.clone() - other.clone()));
            let basis = self.normalize(&Term::product(basis.collect()))?;
            let Ok(there) = self.normalize(&term.substitute(&[(name.clone(), value.clone())])) else { return Ok(None) };
            sum.add_assign(&there.times(&basis)?);
        }
        Ok(Some(sum))
    }
}

/// Whether a variable stands anywhere but as a factor with a number for its exponent.
fn is_inside(poly: &Poly, name: &Name) -> bool {
    let names = std::slice::from_ref(name);
    let mut factors = poly.terms().flat_map(|(monomial, _)| monomial.factors());
    factors.any(|(generator, exponent)| match (generator, exponent) {
        (_, Exponent::Poly(own)) if own.contains_any(names) => true,
        (Generator::Variable(_), _) => false,
        (other, _) => other.contains_any(names),
    })
}
