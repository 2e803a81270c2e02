//! The derivative of a normal form.
//!
//! d(g^E) = g^E (E′ log g + E g′/g); the derivative of each function is a row of the table in
//! [`Normalizer::call_derivative`], with its source.

use std::sync::Arc;

use num_traits::One;

use super::normal::Normalizer;
use super::poly::{Exponent, Generator, Monomial, Obstacle, Outcome, Poly};
use super::term::{Function, Name, Rational};

impl Normalizer {
    /// The partial derivative by a variable, all other variables held fixed.
    ///
    /// Fails with [`Obstacle::NoDerivative`] where no closed form is known (∂I_ν/∂ν).
    pub fn differentiate(&self, poly: &Poly, by: &Name) -> Outcome<Poly> {
        let names = std::slice::from_ref(by);
        let mut total = Poly::zero();
        for (monomial, coefficient) in poly.terms() {
            for (position, (generator, exponent)) in monomial.factors().iter().enumerate() {
                let inner =
                    if generator.contains_any(names) { Some(self.generator_derivative(generator, by)?) } else { None };
                let outer = match exponent {
                    Exponent::Poly(power) if power.contains_any(names) => Some(self.differentiate(power, by)?),
                    _ => None,
                };
                if inner.is_none() && outer.is_none() {
                    continue;
                }
                let mut rest = monomial.factors().to_vec();
                if let Some(inner) = inner {
                    // E g^(E−1) g′ · rest
                    let lowered = exponent.add(&Exponent::Integer(-1));
                    rest[position].1 = lowered;
                    let rest = Monomial::from_factors(rest.clone());
                    let factor = exponent.to_poly().times(&inner)?;
                    total.add_assign(&factor.times_monomial(&rest, coefficient)?);
                }
                if let Some(outer) = outer {
                    let log = match generator {
                        Generator::Euler => Poly::one(),
                        Generator::Prime(_) => Poly::generator(Generator::Log(Arc::new(generator.clone()))),
                        other => self.log(&generator_poly(other))?,
                    };
                    total.add_assign(&outer.times(&log)?.times_monomial(monomial, coefficient)?);
                }
            }
        }
        Ok(total)
    }

    fn generator_derivative(&self, generator: &Generator, by: &Name) -> Outcome<Poly> {
        match generator {
            Generator::Variable(name) if name == by => Ok(Poly::one()),
            Generator::Reflected(name) if name == by => Ok(Poly::integer(-1)),
            Generator::Sum(poly) => self.differentiate(poly, by),
            Generator::Log(inner) => {
                if let Generator::Call(Function::Gamma, arguments) = &**inner {
                    // d log Γ(u) = ψ(u) du (DLMF 5.2.2).
                    let psi = self.polygamma(0, &arguments[0])?;
                    return psi.times(&self.differentiate(&arguments[0], by)?);
                }
                let above = self.generator_derivative(inner, by)?;
                let below = Poly::generator_power((**inner).clone(), Exponent::Integer(-1))?;
                above.times(&below)
            }
            Generator::Call(function, arguments) => self.call_derivative(*function, arguments, by),
            _ => Ok(Poly::zero()),
        }
    }

    fn call_derivative(&self, function: Function, arguments: &[Poly], by: &Name) -> Outcome<Poly> {
        let names = std::slice::from_ref(by);
        let generator = Generator::Call(function, Arc::new(arguments.to_vec()));
        let own = Poly::generator(generator.clone());
        let last = arguments.last().expect("functions have arguments");
        if arguments.len() == 2 && arguments[0].contains_any(names) {
            return Err(Obstacle::NoDerivative(generator.to_term()));
        }
        let inner = self.differentiate(last, by)?;
        let half = Rational::new(1.into(), 2.into());
        let outer = match function {
            // Γ′ = Γ ψ (DLMF 5.2.2).
            Function::Gamma => own.times(&self.polygamma(0, last)?)?,
            // d|u| = sign(u) du, away from u = 0.
            Function::Abs => own.times(&self.integer_power(last, -1)?)?,
            Function::Polygamma => match arguments[0].as_constant().and_then(|order| super::normal::as_small(&order)) {
                Some(order) => self.polygamma(order + 1, last)?,
                None => return Err(Obstacle::NoDerivative(generator.to_term())),
            },
            Function::Zeta => self.call(Function::ZetaDerivative, &[Poly::one(), last.clone()])?,
            Function::ZetaDerivative => self.call(function, &[arguments[0].plus(&Poly::one()), last.clone()])?,
            // I_ν′ = (I_{ν−1} + I_{ν+1})/2, K_ν′ = −(K_{ν−1} + K_{ν+1})/2 (DLMF 10.29.1).
            Function::BesselI | Function::BesselK => {
                let one = Poly::one();
                let below = self.call(function, &[arguments[0].minus(&one), last.clone()])?;
                let above = self.call(function, &[arguments[0].plus(&one), last.clone()])?;
                let sign = if function == Function::BesselK { -half } else { half };
                below.plus(&above).scaled(&sign)
            }
            // erf′(u) = 2 e^(−u²)/√π (DLMF 7.2.1).
            Function::Erf => {
                let bell = self.exp(&last.times(last)?.scaled(&-Rational::one()))?;
                let root = Poly::generator_power(Generator::Pi, Exponent::from_poly(Poly::constant(-half)))?;
                bell.times(&root)?.scaled(&Rational::from_integer(2.into()))
            }
            Function::Atan => {
                let below = last.times(last)?.plus(&Poly::one());
                self.integer_power(&below, -1)?
            }
            Function::Cos => self.call(Function::Sin, std::slice::from_ref(last))?.scaled(&-Rational::one()),
            Function::Sin => self.call(Function::Cos, std::slice::from_ref(last))?,
            _ => return Err(Obstacle::NoDerivative(generator.to_term())),
        };
        outer.times(&inner)
    }
}

fn generator_poly(generator: &Generator) -> Poly {
    match generator {
        Generator::Sum(poly) => (**poly).clone(),
        other => Poly::generator(other.clone()),
    }
}
