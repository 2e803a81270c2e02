//! Legendre's duplication: Γ, log Γ and ψ at two arguments that are half an odd number apart.

use super::normal::Normalizer;
use super::poly::{Exponent, Generator, Monomial, Outcome, Poly};
use super::reflection::{arguments, whole_order};
use super::sign::Sign;
use super::special::signed_factorial;
use super::term::{Function, Name, Rational};

/// Steps of the recurrence between the two arguments.
const MOST_STEPS: i64 = 4;

impl Normalizer {
    /// The same with Γ(w + ½) = 2^(1 − 2w) √π Γ(2w)/Γ(w) for w > 0, and what follows for log Γ and ψ⁽ᵐ⁾, where a
    /// function of w occurs beside one of w + ½ + k (DLMF 5.5.5, 5.5.8, 5.15.7).
    ///
    /// `None` where no two arguments are half an odd number apart.
    pub fn duplicated(&self, poly: &Poly) -> Outcome<Option<Poly>> {
        let arguments = arguments(poly);
        // w for each w + ½ + k.
        let lower = |own: &Poly| -> Option<(Poly, i64)> {
            arguments.iter().find_map(|other| {
                let apart = own.minus(other).as_constant()? - half();
                let steps = apart.to_i64().filter(|steps| (0..=MOST_STEPS).contains(steps))?;
                (apart.is_integer() && self.sign(other) == Some(Sign::Positive)).then(|| (other.clone(), steps))
            })
        };
        if !arguments.iter().any(|own| lower(own).is_some()) {
            return Ok(None);
        }
        let result = self.with_functions(poly, &mut |generator, own| match lower(own) {
            Some((w, steps)) => self.duplication(generator, &w, steps),
            None => Ok(None),
        })?;
        Ok(Some(result))
    }

    /// The same with log Γ(2w) = (2w − 1) log 2 + log Γ(w) + log Γ(w + ½) − ½ log π, where w grows with a variable
    /// one by one (DLMF 5.5.5).
    ///
    /// `None` where there is no such argument.
    pub fn halved(&self, poly: &Poly, name: &Name) -> Outcome<Option<Poly>> {
        let own = Monomial::from_factors(vec![(Generator::Variable(name.clone()), Exponent::Integer(1))]);
        let two = Rational::from_integer(2.into());
        let grows = |argument: &Poly| argument.coefficient(&own) == two;
        if !arguments(poly).iter().any(grows) {
            return Ok(None);
        }
        let result = self.with_functions(poly, &mut |generator, argument| {
            if !matches!(generator, Generator::Log(_)) || !grows(argument) {
                return Ok(None);
            }
            let w = argument.scaled(&half());
            let mut sum = self.log(&Poly::integer(2))?.times(&argument.minus(&Poly::one()))?;
            sum.add_assign(&self.log_gamma(&w)?.plus(&self.log_gamma(&w.plus(&Poly::constant(half())))?));
            sum.add_assign(&self.log(&Poly::generator(Generator::Pi))?.scaled(&-half()));
            Ok(Some(sum))
        })?;
        Ok(Some(result))
    }

    /// A function at w + ½ + steps by those at w and 2w.
    fn duplication(&self, generator: &Generator, w: &Poly, steps: i64) -> Outcome<Option<Poly>> {
        let twice = w.plus(w);
        let two = Poly::integer(2);
        let middle = w.plus(&Poly::constant(half()));
        let between = (0..steps).map(|step| middle.plus(&Poly::integer(step)));
        Ok(match generator {
            Generator::Call(Function::Gamma, _) => {
                let mut product = self.power(&two, &Poly::one().minus(&twice))?.times(&self.gamma(&twice)?)?;
                product = product.times(&self.power(&Poly::generator(Generator::Pi), &Poly::constant(half()))?)?;
                product = product.times(&self.integer_power(&self.gamma(w)?, -1)?)?;
                for factor in between {
                    product = product.times(&factor)?;
                }
                Some(product)
            }
            Generator::Log(_) => {
                let mut sum = self.log(&two)?.times(&Poly::one().minus(&twice))?;
                sum.add_assign(&self.log(&Poly::generator(Generator::Pi))?.scaled(&half()));
                sum.add_assign(&self.log_gamma(&twice)?.minus(&self.log_gamma(w)?));
                for factor in between {
                    sum.add_assign(&self.log(&factor)?);
                }
                Some(sum)
            }
            Generator::Call(Function::Polygamma, arguments) => {
                let Some(order) = whole_order(arguments) else { return Ok(None) };
                let mut at_twice = self.polygamma(order, &twice)?;
                if order == 0 {
                    at_twice = at_twice.minus(&self.log(&two)?);
                }
                let power = self.integer_power(&two, order + 1)?;
                let mut sum = at_twice.times(&power)?.minus(&self.polygamma(order, w)?);
                for factor in between {
                    sum.add_assign(&self.integer_power(&factor, -(order + 1))?.scaled(&signed_factorial(order)));
                }
                Some(sum)
            }
            _ => None,
        })
    }
}

fn half() -> Rational {
    Rational::new(1.into(), 2.into())
}
