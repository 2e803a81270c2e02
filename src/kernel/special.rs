//! The special functions in normal form: Γ, log Γ, ψ and its derivatives, ζ, Bessel I and K.
//!
//! Their arguments are moved next to zero by their recurrences; at numbers they take the values that
//! are known in closed form.

use std::sync::Arc;

use num_traits::{One, Signed, Zero};

use super::division::leading_term;
use super::fraction::has_sum_power;
use super::normal::{Normalizer, as_small};
use super::poly::{Exponent, Generator, Obstacle, Outcome, Poly, rational_power};
use super::sign::Sign;
use super::term::{Function, Rational, Term};

impl Normalizer {
    /// Γ(A) = Γ(A − k) ∏ (A − k + j): one representative a class modulo integers, its constant part in (0, 1].
    pub(super) fn gamma(&self, argument: &Poly) -> Outcome<Poly> {
        if let Some(value) = argument.as_constant() {
            return self.gamma_of_number(&value);
        }
        let (base, shift) = self.positive_class(argument);
        if shift.abs() > MOST_SHIFT {
            return Ok(Poly::generator(Generator::Call(Function::Gamma, Arc::new(vec![argument.clone()]))));
        }
        let mut result = Poly::generator(Generator::Call(Function::Gamma, Arc::new(vec![base.clone()])));
        for (factor, power) in recurrence_factors(&base, shift) {
            result = result.times(&self.integer_power(&factor, power)?)?;
        }
        Ok(result)
    }

    /// The representative of a class modulo integers: its constant part in (0, 1], or the next that is
    /// known to be positive, so that no factor of the recurrence can vanish on a support.
    fn positive_class(&self, argument: &Poly) -> (Poly, i64) {
        let (base, shift) = match self.with_number_apart(argument) {
            Some(apart) => unit_class(&apart),
            None => unit_class(argument),
        };
        if base.as_constant().is_some() {
            return (base, shift);
        }
        // Γ(11 − x) on {0, …, 10} stays what it is.
        const MOST_CANDIDATES: i64 = 64;
        for up in (0..MOST_CANDIDATES).chain([shift]) {
            let candidate = base.plus(&Poly::integer(up));
            if self.sign(&candidate) == Some(Sign::Positive) {
                return (candidate, shift.saturating_sub(up));
            }
        }
        (base, shift)
    }

    /// 1 + 1/(q − 1) for q/(q − 1): a fraction over one sum, less the number that makes its numerator shorter.
    fn with_number_apart(&self, argument: &Poly) -> Option<Poly> {
        if !has_sum_power(argument) {
            return None;
        }
        let (numerator, denominator) = self.fraction(argument).ok()?;
        let [(Generator::Sum(sum), Exponent::Integer(1))] = denominator.factors() else { return None };
        let (leading, lead) = leading_term(sum)?;
        let number = numerator.coefficient(&leading) / lead;
        let rest = numerator.minus(&sum.scaled(&number));
        let inverse = self.integer_power(sum, -1).ok()?;
        Some(rest.times(&inverse).ok()?.plus(&Poly::constant(number)))
    }

    pub(super) fn reciprocal_gamma(&self, argument: &Poly) -> Outcome<Poly> {
        // 1/Γ is entire, and 0 where Γ has its poles (DLMF 5.2.1).
        if argument.as_constant().is_some_and(|value| value.is_integer() && !value.is_positive()) {
            return Ok(Poly::zero());
        }
        self.integer_power(&self.gamma(argument)?, -1)
    }

    fn gamma_of_number(&self, value: &Rational) -> Outcome<Poly> {
        if value.is_integer() && !value.is_positive() {
            return Err(Obstacle::Pole(Term::apply(Function::Gamma, vec![Term::Number(value.clone())])));
        }
        if value.abs() > Rational::from_integer(400.into()) {
            return Err(Obstacle::TooLarge("a factorial"));
        }
        let (base, shift) = unit_class(&Poly::constant(value.clone()));
        let base = base.constant_part();
        let mut product = Rational::one();
        for step in 0..shift.max(0) {
            product *= &base + Rational::from_integer(step.into());
        }
        for step in shift.min(0)..0 {
            product /= &base + Rational::from_integer(step.into());
        }
        let front = if base.is_one() {
            Poly::one()
        } else if base == Rational::new(1.into(), 2.into()) {
            let half = Exponent::from_poly(Poly::constant(base));
            Poly::generator_power(Generator::Pi, half)?
        } else {
            Poly::generator(Generator::Call(Function::Gamma, Arc::new(vec![Poly::constant(base)])))
        };
        Ok(front.scaled(&product))
    }

    /// log Γ(A) = log Γ(A − k) + Σ log(A − k + j), for A > 0.
    pub(super) fn log_gamma(&self, argument: &Poly) -> Outcome<Poly> {
        if self.sign(argument) != Some(Sign::Positive) {
            return Err(Obstacle::NotPositive(argument.to_term()));
        }
        if argument.as_constant().is_some() {
            return self.log(&self.gamma(argument)?);
        }
        let (base, shift) = self.positive_class(argument);
        if shift.abs() > MOST_SHIFT {
            let own = Generator::Call(Function::Gamma, Arc::new(vec![argument.clone()]));
            return Ok(Poly::generator(Generator::Log(Arc::new(own))));
        }
        let own = Generator::Call(Function::Gamma, Arc::new(vec![base.clone()]));
        let mut sum = Poly::generator(Generator::Log(Arc::new(own)));
        for (factor, power) in recurrence_factors(&base, shift) {
            sum.add_assign(&self.log(&factor)?.scaled(&Rational::from_integer(power.into())));
        }
        Ok(sum)
    }

    /// ψ⁽ᵐ⁾(A) = ψ⁽ᵐ⁾(A − k) + Σ (−1)^m m! / (A − k + j)^(m+1) (DLMF 5.15.5).
    pub(super) fn polygamma(&self, order: i64, argument: &Poly) -> Outcome<Poly> {
        let pole = || Obstacle::Pole(Term::apply(Function::Polygamma, vec![Term::integer(order), argument.to_term()]));
        let constant = argument.as_constant();
        if constant.as_ref().is_some_and(|value| value.is_integer() && !value.is_positive()) {
            return Err(pole());
        }
        let (base, shift) = self.positive_class(argument);
        if shift.abs() > MOST_SHIFT.max(if constant.is_some() { 400 } else { 0 }) {
            let arguments = vec![Poly::integer(order), argument.clone()];
            return Ok(Poly::generator(Generator::Call(Function::Polygamma, Arc::new(arguments))));
        }
        let mut sum = self.polygamma_base(order, &base)?;
        let step = signed_factorial(order);
        for (factor, power) in recurrence_factors(&base, shift) {
            let part = self.integer_power(&factor, -(order + 1))?;
            sum.add_assign(&part.scaled(&(&step * Rational::from_integer(power.into()))));
        }
        Ok(sum)
    }

    /// ψ⁽ᵐ⁾ at a class representative; at 1 and ½ by DLMF 5.4.12, 5.4.13, 5.15.2, 5.15.3.
    fn polygamma_base(&self, order: i64, base: &Poly) -> Outcome<Poly> {
        let half = Rational::new(1.into(), 2.into());
        let value = base.as_constant();
        if value.as_ref().is_some_and(|value| value.is_one() || *value == half) {
            let at_half = value == Some(half);
            if order == 0 {
                let mut result = Poly::generator(Generator::EulerGamma).scaled(&-Rational::one());
                if at_half {
                    let log2 = self.log(&Poly::integer(2))?;
                    result = result.minus(&log2.scaled(&Rational::from_integer(2.into())));
                }
                return Ok(result);
            }
            let mut factor = -signed_factorial(order);
            if at_half {
                factor *= rational_power(&Rational::from_integer(2.into()), order + 1)? - Rational::one();
            }
            return Ok(self.zeta(&Poly::integer(order + 1))?.scaled(&factor));
        }
        let arguments = vec![Poly::integer(order), base.clone()];
        Ok(Poly::generator(Generator::Call(Function::Polygamma, Arc::new(arguments))))
    }

    /// ζ(2n) = (−1)^(n+1) B_2n (2π)^2n / (2 (2n)!) (DLMF 25.6.2).
    pub(super) fn zeta(&self, argument: &Poly) -> Outcome<Poly> {
        match argument.as_constant().and_then(|value| as_small(&value)) {
            Some(1) => Err(Obstacle::Pole(Term::apply(Function::Zeta, vec![Term::one()]))),
            Some(even) if even > 0 && even % 2 == 0 && even <= 40 => {
                let bernoulli = bernoulli_number(even as usize).abs();
                let mut factor = bernoulli * rational_power(&Rational::from_integer(2.into()), even - 1)?;
                for k in 1..=even {
                    factor /= Rational::from_integer(k.into());
                }
                Ok(Poly::generator_power(Generator::Pi, Exponent::Integer(even))?.scaled(&factor))
            }
            _ => Ok(Poly::generator(Generator::Call(Function::Zeta, Arc::new(vec![argument.clone()])))),
        }
    }

    /// I_{ν+1} = I_{ν−1} − (2ν/z) I_ν (DLMF 10.29.1): two representatives a class of orders.
    pub(super) fn bessel_i(&self, order: &Poly, argument: &Poly) -> Outcome<Poly> {
        let call =
            |order: Poly| Poly::generator(Generator::Call(Function::BesselI, Arc::new(vec![order, argument.clone()])));
        let order = match order.as_constant() {
            Some(value) if value.is_integer() => Poly::constant(value.abs()),
            _ => order.clone(),
        };
        let whole = order.constant_part().floor();
        let shift = as_small(&whole).unwrap_or(i64::MAX);
        if !(-MOST_SHIFT..=MOST_SHIFT).contains(&shift) {
            return Ok(call(order));
        }
        let base = order.minus(&Poly::constant(whole));
        let pair = (call(base.clone()), call(base.plus(&Poly::one())));
        let slope = self.integer_power(argument, -1)?.scaled(&Rational::from_integer((-2).into()));
        moved(pair, base, &slope, shift)
    }

    /// K_{−ν} = K_ν, K_{ν+1} = K_{ν−1} + (2ν/z) K_ν, K_½ = √(π/2z) e^{−z} (DLMF 10.27.3, 10.29.1, 10.39.2).
    pub(super) fn bessel_k(&self, order: &Poly, argument: &Poly) -> Outcome<Poly> {
        if self.sign(argument) != Some(Sign::Positive) {
            return Err(Obstacle::NotPositive(argument.to_term()));
        }
        let symbolic = order.minus(&Poly::constant(order.constant_part()));
        let negative = match symbolic.terms().next_back() {
            Some((_, leading)) => leading.is_negative(),
            None => order.constant_part().is_negative(),
        };
        let order = if negative { order.scaled(&-Rational::one()) } else { order.clone() };
        let half = Rational::new(1.into(), 2.into());
        let two_over = self.integer_power(argument, -1)?.scaled(&Rational::from_integer(2.into()));
        let whole = order.constant_part().floor();
        let shift = as_small(&whole).unwrap_or(i64::MAX);
        let base = order.minus(&Poly::constant(whole));
        let call =
            |order: Poly| Poly::generator(Generator::Call(Function::BesselK, Arc::new(vec![order, argument.clone()])));
        if !(-MOST_SHIFT..=MOST_SHIFT).contains(&shift) {
            return Ok(call(order));
        }
        let pair = if base.as_constant() == Some(half.clone()) {
            let ratio = self.integer_power(argument, -1)?.times(&Poly::generator(Generator::Pi))?.scaled(&half);
            let root = self.power(&ratio, &Poly::constant(half))?;
            let closed = root.times(&self.exp(&argument.scaled(&-Rational::one()))?)?;
            let inverse = self.integer_power(argument, -1)?;
            (closed.clone(), closed.plus(&closed.times(&inverse)?))
        } else {
            (call(base.clone()), call(base.plus(&Poly::one())))
        };
        moved(pair, base, &two_over, shift)
    }
}

/// f_{ν+shift} from (f_ν, f_{ν+1}), where f_{ν+1} = f_{ν−1} + slope · ν f_ν.
fn moved(mut pair: (Poly, Poly), order: Poly, slope: &Poly, shift: i64) -> Outcome<Poly> {
    let mut at = order;
    for _ in 0..shift.max(0) {
        at = at.plus(&Poly::one());
        let next = pair.0.plus(&slope.times(&at)?.times(&pair.1)?);
        pair = (pair.1, next);
    }
    for _ in shift.min(0)..0 {
        let previous = pair.1.minus(&slope.times(&at)?.times(&pair.0)?);
        pair = (previous, pair.0);
        at = at.minus(&Poly::one());
    }
    Ok(pair.0)
}

/// How far Γ, ψ and Bessel recurrences are followed.
pub(super) const MOST_SHIFT: i64 = 40;

/// The class representative of a Γ argument, its constant part in (0, 1], and the integer between.
fn unit_class(argument: &Poly) -> (Poly, i64) {
    let shift = argument.constant_part().ceil() - Rational::one();
    let small = as_small(&shift).unwrap_or(i64::MAX);
    (argument.minus(&Poly::constant(shift)), small)
}

/// The factors between Γ(base) and Γ(base + shift), with their power 1 or −1.
pub(super) fn recurrence_factors(base: &Poly, shift: i64) -> Vec<(Poly, i64)> {
    let at = |step: i64| base.plus(&Poly::integer(step));
    if shift >= 0 {
        (0..shift).map(|step| (at(step), 1)).collect()
    } else {
        (shift..0).map(|step| (at(step), -1)).collect()
    }
}

/// (−1)^m m!.
pub(super) fn signed_factorial(order: i64) -> Rational {
    let mut product = Rational::one();
    for k in 1..=order {
        product *= Rational::from_integer((-k).into());
    }
    product
}

/// B_n by the recurrence Σ C(n+1, k) B_k = 0.
fn bernoulli_number(n: usize) -> Rational {
    let mut numbers: Vec<Rational> = Vec::with_capacity(n + 1);
    for m in 0..=n {
        let mut value = if m == 0 { Rational::one() } else { Rational::zero() };
        if m > 0 {
            let mut binomial = Rational::one();
            for (k, earlier) in numbers.iter().enumerate() {
                value -= &binomial * earlier;
                binomial *= Rational::new((m + 1 - k).into(), (k + 1).into());
            }
            value /= Rational::from_integer((m + 1).into());
        }
        numbers.push(value);
    }
    numbers.swap_remove(n)
}
