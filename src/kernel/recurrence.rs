//! Γ, log Γ and ψ at arguments that a whole number lies between, where that does not show.

use std::sync::Arc;

use super::normal::Normalizer;
use super::poly::{Generator, Outcome, Poly};
use super::reflection::{arguments, whole_order};
use super::special::{recurrence_factors, signed_factorial};
use super::term::{Function, Rational};

/// Arguments compared with each other, and steps between two of them.
const MOST_ARGUMENTS: usize = 12;
const MOST_STEPS: i64 = 8;

impl Normalizer {
    /// The same with Γ(z + k) = z (z + 1) ⋯ (z + k − 1) Γ(z), and what follows for log Γ and ψ⁽ᵐ⁾, where two arguments
    /// are a whole number apart as rational functions: q/(q − 1) is 1 + 1/(q − 1) (DLMF 5.5.1, 5.15.5).
    ///
    /// `None` where no two are.
    pub fn recurred(&self, poly: &Poly) -> Outcome<Option<Poly>> {
        let arguments = arguments(poly);
        if arguments.len() > MOST_ARGUMENTS {
            return Ok(None);
        }
        let mut moved: Vec<(Poly, Poly, i64)> = Vec::new();
        let mut kept: Vec<Poly> = Vec::new();
        for own in arguments {
            let apart = |other: &Poly| {
                let apart = self.canonical(&own.minus(other)).ok()?.as_constant().filter(Rational::is_integer)?;
                apart.to_i64().filter(|steps| steps.abs() <= MOST_STEPS).map(|steps| (other.clone(), steps))
            };
            match kept.iter().find_map(apart) {
                Some((other, steps)) => moved.push((own, other, steps)),
                None => kept.push(own),
            }
        }
        if moved.is_empty() {
            return Ok(None);
        }
        let result =
            self.with_functions(poly, &mut |generator, own| match moved.iter().find(|(moved, ..)| moved == own) {
                Some((_, other, steps)) => self.recurrence(generator, other, *steps),
                None => Ok(None),
            })?;
        Ok(Some(result))
    }

    /// A function at z + steps by that at z.
    fn recurrence(&self, generator: &Generator, z: &Poly, steps: i64) -> Outcome<Option<Poly>> {
        let gamma = || Generator::Call(Function::Gamma, Arc::new(vec![z.clone()]));
        let between = recurrence_factors(z, steps);
        Ok(Some(match generator {
            Generator::Log(_) => {
                let mut sum = Poly::generator(Generator::Log(Arc::new(gamma())));
                for (factor, power) in between {
                    sum.add_assign(&self.log(&factor)?.scaled(&Rational::from(power)));
                }
                sum
            }
            Generator::Call(Function::Polygamma, arguments) => {
                let own = Generator::Call(Function::Polygamma, Arc::new(vec![arguments[0].clone(), z.clone()]));
                let mut sum = Poly::generator(own);
                let Some(order) = whole_order(arguments) else { return Ok(None) };
                for (factor, power) in between {
                    let step = signed_factorial(order) * Rational::from(power);
                    sum.add_assign(&self.integer_power(&factor, -(order + 1))?.scaled(&step));
                }
                sum
            }
            _ => {
                let mut product = Poly::generator(gamma());
                for (factor, power) in between {
                    product = product.times(&self.integer_power(&factor, power)?)?;
                }
                product
            }
        }))
    }
}
