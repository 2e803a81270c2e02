//! Euler's reflection: Γ, log Γ and ψ at two arguments that add up to one.

use std::collections::BTreeSet;

use num_traits::Signed;

use super::normal::Normalizer;
use super::poly::{Generator, Outcome, Poly};
use super::sign::Sign;
use super::term::{Function, Rational};

impl Normalizer {
    /// The same with Γ(1 − z) = π/(Γ(z) sin πz) for 0 < z < 1, and what follows for log Γ, ψ, ψ′ and ψ″, where a
    /// function of either argument occurs (DLMF 5.5.3, 5.5.4, and its derivatives, 5.15.6).
    ///
    /// `None` where no two arguments add up to one.
    pub fn reflected(&self, poly: &Poly) -> Outcome<Option<Poly>> {
        let arguments = arguments(poly);
        let other = |argument: &Poly| Poly::one().minus(argument);
        let positive = |argument: &Poly| self.sign(argument) == Some(Sign::Positive);
        // Of z and 1 − z either may be reflected, of 1 + z and 1 − z the latter: Γ(z) stands as Γ(1 + z)/z.
        let has_partner = |own: &Poly| {
            let other = other(own);
            other < *own && arguments.contains(&other) || arguments.contains(&other.plus(&Poly::one()))
        };
        let reflected: BTreeSet<Poly> = arguments
            .iter()
            .filter(|own| has_partner(own) && positive(own) && positive(&other(own)))
            .cloned()
            .collect();
        if reflected.is_empty() {
            return Ok(None);
        }
        let result = self.with_functions(poly, &mut |generator, own| match reflected.contains(own) {
            true => self.reflection(generator, &other(own)),
            false => Ok(None),
        })?;
        Ok(Some(result))
    }

    /// The same with functions of the family of Γ, each told with its argument, by others.
    pub(super) fn with_functions(
        &self,
        poly: &Poly,
        replaced: &mut dyn FnMut(&Generator, &Poly) -> Outcome<Option<Poly>>,
    ) -> Outcome<Poly> {
        poly.with_factors(&mut |generator, exponent| {
            let Some(own) = argument(generator) else { return Ok(None) };
            let Some(replaced) = replaced(generator, own)? else { return Ok(None) };
            self.power(&replaced, &exponent.to_poly()).map(Some)
        })
    }

    /// A function at 1 − z by that at z.
    fn reflection(&self, generator: &Generator, z: &Poly) -> Outcome<Option<Poly>> {
        let pi = Poly::generator(Generator::Pi);
        let (cosine, sine) = self.cos_sin(&pi.times(z)?)?;
        let over_sine = |power: i64| self.integer_power(&sine, -power);
        Ok(match generator {
            Generator::Call(Function::Gamma, _) => {
                Some(pi.times(&self.integer_power(&self.gamma(z)?.times(&sine)?, -1)?)?)
            }
            Generator::Log(_) => Some(self.log(&pi)?.minus(&self.log(&sine)?).minus(&self.log_gamma(z)?)),
            Generator::Call(Function::Polygamma, arguments) => {
                let at = |order: i64| self.polygamma(order, z);
                match whole_order(arguments) {
                    Some(0) => Some(at(0)?.plus(&pi.times(&cosine)?.times(&over_sine(1)?)?)),
                    Some(1) => Some(pi.times(&pi)?.times(&over_sine(2)?)?.minus(&at(1)?)),
                    Some(2) => {
                        let cube = self.integer_power(&pi, 3)?.scaled(&Rational::from(2));
                        Some(at(2)?.plus(&cube.times(&cosine)?.times(&over_sine(3)?)?))
                    }
                    _ => None,
                }
            }
            _ => None,
        })
    }
}

/// All that Γ, log Γ and ψ⁽ᵐ⁾ are taken of in a sum.
pub(super) fn arguments(poly: &Poly) -> BTreeSet<Poly> {
    let generators = poly.terms().flat_map(|(monomial, _)| monomial.factors()).map(|(generator, _)| generator);
    generators.filter_map(argument).cloned().collect()
}

/// What Γ, log Γ or ψ⁽ᵐ⁾ is taken of.
fn argument(generator: &Generator) -> Option<&Poly> {
    match generator {
        Generator::Call(Function::Gamma, arguments) => arguments.first(),
        Generator::Call(Function::Polygamma, arguments) => arguments.get(1),
        Generator::Log(inner) if matches!(&**inner, Generator::Call(Function::Gamma, _)) => argument(inner),
        _ => None,
    }
}

/// The order of a polygamma function where it is a whole number ≥ 0, as the relations need it.
pub(super) fn whole_order(arguments: &[Poly]) -> Option<i64> {
    let order = arguments[0].as_constant().filter(|order| order.is_integer() && !order.is_negative())?;
    order.to_i64()
}
