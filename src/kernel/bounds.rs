//! Intervals that sums, powers and variables lie in, by the declared domains: a sign where both ends have it.

use num_traits::{One, Signed, Zero};

use super::domain::Domain;
use super::normal::Normalizer;
use super::poly::{Exponent, Generator, Monomial, Poly, rational_power};
use super::sign::Sign;
use super::term::{Function, Name, Rational, Term};

impl Normalizer {
    pub(super) fn bounds(&self, poly: &Poly, depth: usize) -> Bounds {
        let mut total = Bounds::exact(Rational::zero());
        for (monomial, coefficient) in poly.terms() {
            total = total.plus(&self.monomial_bounds(monomial, depth).scaled(coefficient));
        }
        total
    }

    fn monomial_bounds(&self, monomial: &Monomial, depth: usize) -> Bounds {
        let factors = monomial.factors();
        if let [(generator, Exponent::Integer(1))] = factors {
            return self.generator_bounds(generator, depth);
        }
        let mut total = Bounds::exact(Rational::one());
        for (generator, exponent) in factors {
            let factor = self.power_bounds(generator, exponent, depth);
            total = total.times_nonnegative(&factor);
        }
        total
    }

    /// Bounds of a power with a non-negative value; unbounded where nothing is known.
    fn power_bounds(&self, generator: &Generator, exponent: &Exponent, depth: usize) -> Bounds {
        if *generator == Generator::Euler {
            return self.exponential_bounds(&exponent.to_poly(), depth);
        }
        let own = self.generator_bounds(generator, depth);
        let sign = own.sign();
        let nonnegative = matches!(sign, Some(Sign::Positive | Sign::Nonnegative | Sign::Zero));
        match exponent {
            Exponent::Integer(power) if nonnegative && *power > 0 => {
                let raise = |end: &Option<End>| {
                    end.as_ref()
                        .and_then(|end| Some(End { value: rational_power(&end.value, *power).ok()?, open: end.open }))
                };
                Bounds { low: raise(&own.low), high: raise(&own.high) }
            }
            Exponent::Integer(power) if sign == Some(Sign::Positive) && *power < 0 => {
                let invert = |end: &Option<End>| {
                    end.as_ref()
                        .filter(|end| end.value.is_positive())
                        .and_then(|end| Some(End { value: rational_power(&end.value, *power).ok()?, open: end.open }))
                };
                let low = invert(&own.high).or(Some(End { value: Rational::zero(), open: true }));
                Bounds { low, high: invert(&own.low) }
            }
            Exponent::Integer(power) if power % 2 == 0 && *power > 0 => {
                let (Some(low), Some(high)) = (&own.low, &own.high) else {
                    return Bounds { low: Some(End { value: Rational::zero(), open: false }), high: None };
                };
                let larger = if low.value.abs() > high.value.abs() {
                    End { value: low.value.abs(), open: low.open }
                } else if low.value.abs() == high.value.abs() {
                    End { value: high.value.abs(), open: low.open && high.open }
                } else {
                    high.clone()
                };
                let high = rational_power(&larger.value, *power).ok().map(|value| End { value, open: larger.open });
                Bounds { low: Some(End { value: Rational::zero(), open: false }), high }
            }
            _ => self.symbolic_power_bounds(generator, &own, exponent, depth),
        }
    }

    /// g^E for g on one side of 1 and E of known sign.
    fn symbolic_power_bounds(&self, generator: &Generator, own: &Bounds, exponent: &Exponent, depth: usize) -> Bounds {
        let positive = match generator {
            Generator::Prime(_) => true,
            _ => own.sign() == Some(Sign::Positive),
        };
        if !positive {
            return Bounds::default();
        }
        let one = Rational::one();
        let above = match generator {
            Generator::Prime(_) => Some(true),
            _ if own.low.as_ref().is_some_and(|end| end.value >= one) => Some(true),
            _ if own.high.as_ref().is_some_and(|end| end.value <= one) => Some(false),
            _ => None,
        };
        let strict = matches!(generator, Generator::Prime(_))
            || own.low.as_ref().is_some_and(|end| end.value > one || (end.value == one && end.open))
            || own.high.as_ref().is_some_and(|end| end.value < one || (end.value == one && end.open));
        let exponent = self.bounds(&exponent.to_poly(), depth + 1).sign();
        let up = match (above, exponent) {
            (Some(above), Some(Sign::Positive | Sign::Nonnegative)) => Some(above),
            (Some(above), Some(Sign::Negative | Sign::Nonpositive)) => Some(!above),
            _ => None,
        };
        let open = strict && exponent.is_some_and(Sign::is_strict);
        match up {
            Some(true) => Bounds { low: Some(End { value: one, open }), high: None },
            Some(false) => {
                Bounds { low: Some(End { value: Rational::zero(), open: true }), high: Some(End { value: one, open }) }
            }
            None => Bounds::positive(),
        }
    }

    fn exponential_bounds(&self, exponent: &Poly, depth: usize) -> Bounds {
        let sign = if depth < 6 { self.sign(exponent) } else { None };
        match sign {
            Some(Sign::Positive) => Bounds { low: Some(End { value: Rational::one(), open: true }), high: None },
            Some(Sign::Nonnegative) => Bounds { low: Some(End { value: Rational::one(), open: false }), high: None },
            Some(Sign::Negative) => {
                Bounds { high: Some(End { value: Rational::one(), open: true }), ..Bounds::positive() }
            }
            Some(Sign::Nonpositive) => {
                Bounds { high: Some(End { value: Rational::one(), open: false }), ..Bounds::positive() }
            }
            _ => Bounds::positive(),
        }
    }

    fn generator_bounds(&self, generator: &Generator, depth: usize) -> Bounds {
        let ends = |low: (i64, i64), high: (i64, i64)| Bounds {
            low: Some(End { value: Rational::new(low.0.into(), low.1.into()), open: true }),
            high: Some(End { value: Rational::new(high.0.into(), high.1.into()), open: true }),
        };
        match generator {
            Generator::Variable(name) => self.variable_bounds(name, depth),
            Generator::Pi => ends((314_159, 100_000), (314_160, 100_000)),
            Generator::Euler => ends((271_828, 100_000), (271_829, 100_000)),
            Generator::EulerGamma => ends((57_721, 100_000), (57_722, 100_000)),
            Generator::Call(function @ (Function::Cos | Function::Sin), arguments) => {
                // cos² = 1 − sin² < 1 where the sine does not vanish, and the other way round.
                let other = if *function == Function::Cos { Function::Sin } else { Function::Cos };
                let open = depth < 6 && self.call_sign(other, arguments).is_some_and(Sign::is_strict);
                let end = |value: i64| Some(End { value: Rational::from_integer(value.into()), open });
                let positive = depth < 6 && self.call_sign(*function, arguments) == Some(Sign::Positive);
                let low = if positive { Bounds::positive().low } else { end(-1) };
                Bounds { low, high: end(1) }
            }
            Generator::Call(Function::Sign, arguments) => {
                let end = |value: i64| Some(End { value: Rational::from_integer(value.into()), open: false });
                let (low, high) = match self.sign(&arguments[0]) {
                    Some(Sign::Nonnegative | Sign::Positive) => (0, 1),
                    Some(Sign::Nonpositive | Sign::Negative) => (-1, 0),
                    _ => (-1, 1),
                };
                Bounds { low: end(low), high: end(high) }
            }
            Generator::Call(Function::Erf, _) => ends((-1, 1), (1, 1)),
            Generator::Call(Function::Abs, arguments) if depth < 6 => {
                let own = self.bounds(&arguments[0], depth + 1);
                let low = match self.call_sign(Function::Abs, arguments) {
                    Some(Sign::Positive) => Bounds::positive().low,
                    _ => Some(End { value: Rational::zero(), open: false }),
                };
                let high = own.low.zip(own.high).map(|(low, high)| {
                    let farther = |end: &End| (end.value.abs(), !end.open);
                    let end = if farther(&low) > farther(&high) { low } else { high };
                    End { value: end.value.abs(), open: end.open }
                });
                Bounds { low, high }
            }
            // ζ(s) > 1 for s > 1.
            Generator::Call(Function::Zeta, _) if self.generator_sign(generator) == Some(Sign::Positive) => {
                Bounds { low: Some(End { value: Rational::one(), open: true }), high: None }
            }
            Generator::Sum(poly) if depth < 6 => {
                let own = self.bounds(poly, depth + 1);
                if own.sign().is_none() && self.sign(poly) == Some(Sign::Positive) {
                    return Bounds { low: Bounds::positive().low, high: own.high };
                }
                own
            }
            _ => match self.generator_sign(generator) {
                Some(Sign::Positive) => Bounds::positive(),
                Some(Sign::Nonnegative) => {
                    Bounds { low: Some(End { value: Rational::zero(), open: false }), high: None }
                }
                Some(Sign::Negative) => Bounds { low: None, high: Some(End { value: Rational::zero(), open: true }) },
                _ => Bounds::default(),
            },
        }
    }

    /// What the domain of a variable says, without the conditions.
    pub(super) fn declared_bounds(&self, name: &Name) -> Bounds {
        self.variable_bounds(name, 1)
    }

    pub(super) fn variable_bounds(&self, name: &Name, depth: usize) -> Bounds {
        let Some(domain) = self.context.domains.get(name) else { return Bounds::default() };
        let end = |bound: &Option<Term>, open: bool, low: bool| -> Option<End> {
            let bound = bound.as_ref()?;
            if let Some(value) = bound.as_number() {
                return Some(End { value: value.clone(), open });
            }
            if depth >= 6 {
                return None;
            }
            let bounds = self.bounds(&self.normalize(bound).ok()?, depth + 1);
            let end = if low { bounds.low } else { bounds.high }?;
            Some(End { value: end.value, open: open || end.open })
        };
        let own = match domain {
            Domain::Interval { lower, upper } => Bounds { low: end(lower, true, true), high: end(upper, true, false) },
            Domain::Integers { lower, upper } => {
                Bounds { low: end(lower, false, true), high: end(upper, false, false) }
            }
            Domain::Nonnegative => Bounds { low: Some(End { value: Rational::zero(), open: false }), high: None },
            Domain::Finite(values) => {
                let numbers: Option<Vec<&Rational>> = values.iter().map(Term::as_number).collect();
                let Some(numbers) = numbers else { return Bounds::default() };
                let close = |value: &Rational| End { value: value.clone(), open: false };
                Bounds { low: numbers.iter().min().map(|v| close(v)), high: numbers.iter().max().map(|v| close(v)) }
            }
            Domain::Angle => Bounds::default(),
        };
        if depth == 0 { self.within_conditions(name, own) } else { own }
    }

    /// Where a number plus multiples of variables lies, by the domains of those alone.
    fn declared_affine_bounds(&self, poly: &Poly) -> Option<Bounds> {
        let mut whole = Bounds::exact(Rational::zero());
        for (monomial, coefficient) in poly.terms() {
            let own = match monomial.factors() {
                [] => Bounds::exact(coefficient.clone()),
                [(Generator::Variable(name), Exponent::Integer(1))] => self.declared_bounds(name).scaled(coefficient),
                _ => return None,
            };
            whole = whole.plus(&own);
        }
        Some(whole)
    }

    /// Bounds made closer by conditions that give it an end: s − 1 > 0, or x − r ≥ 0 where r ≥ 1.
    fn within_conditions(&self, name: &Name, mut own: Bounds) -> Bounds {
        let variable = Monomial::from_factors(vec![(Generator::Variable(name.clone()), Exponent::Integer(1))]);
        for (condition, sign) in self.known_signs().iter() {
            let slope = condition.coefficient(&variable);
            if slope.is_zero() {
                continue;
            }
            let rest = condition.minus(&Poly::single(variable.clone(), slope.clone()));
            let Some(beyond) = self.declared_affine_bounds(&rest.scaled(&-slope.recip())) else { continue };
            let above = matches!(sign, Sign::Positive | Sign::Nonnegative) == slope.is_positive();
            let Some(end) = (if above { beyond.low } else { beyond.high }) else { continue };
            let end = End { open: end.open || sign.is_strict(), ..end };
            let (side, closer) = if above {
                let closer = own.low.as_ref().is_none_or(|low| end.value > low.value);
                (&mut own.low, closer)
            } else {
                let closer = own.high.as_ref().is_none_or(|high| end.value < high.value);
                (&mut own.high, closer)
            };
            if closer {
                *side = Some(end);
            }
        }
        own
    }
}

/// One end of an interval: a value, and whether it is excluded.
#[derive(Clone, Debug)]
struct End {
    value: Rational,
    open: bool,
}

/// Rational bounds; `None` is infinite.
#[derive(Clone, Debug, Default)]
pub(super) struct Bounds {
    low: Option<End>,
    high: Option<End>,
}

impl Bounds {
    fn exact(value: Rational) -> Bounds {
        let end = End { value, open: false };
        Bounds { low: Some(end.clone()), high: Some(end) }
    }

    fn positive() -> Bounds {
        Bounds { low: Some(End { value: Rational::zero(), open: true }), high: None }
    }

    /// A lower bound of slope · x for x in the range, and whether it is never reached; `None` is −∞.
    pub(super) fn least_multiple(&self, slope: &Rational) -> Option<(Rational, bool)> {
        if slope.is_zero() {
            return Some((Rational::zero(), false));
        }
        let end = if slope.is_positive() { &self.low } else { &self.high };
        end.as_ref().map(|end| (slope * &end.value, end.open))
    }

    pub(super) fn sign(&self) -> Option<Sign> {
        if let Some(low) = &self.low
            && !low.value.is_negative()
        {
            return Some(if low.value.is_positive() || low.open { Sign::Positive } else { Sign::Nonnegative });
        }
        if let Some(high) = &self.high
            && !high.value.is_positive()
        {
            return Some(if high.value.is_negative() || high.open { Sign::Negative } else { Sign::Nonpositive });
        }
        None
    }

    fn plus(&self, other: &Bounds) -> Bounds {
        let add = |a: &Option<End>, b: &Option<End>| match (a, b) {
            (Some(a), Some(b)) => Some(End { value: &a.value + &b.value, open: a.open || b.open }),
            _ => None,
        };
        Bounds { low: add(&self.low, &other.low), high: add(&self.high, &other.high) }
    }

    fn scaled(&self, factor: &Rational) -> Bounds {
        let scale = |end: &Option<End>| end.as_ref().map(|end| End { value: &end.value * factor, open: end.open });
        let (low, high) = (scale(&self.low), scale(&self.high));
        if factor.is_negative() { Bounds { low: high, high: low } } else { Bounds { low, high } }
    }

    /// The product of two non-negative ranges; anything else is unbounded, its sign is found elsewhere.
    fn times_nonnegative(&self, other: &Bounds) -> Bounds {
        let (Some(a), Some(b)) = (&self.low, &other.low) else { return Bounds::default() };
        if a.value.is_negative() || b.value.is_negative() {
            return Bounds::default();
        }
        let end = |a: &End, b: &End| {
            let value = &a.value * &b.value;
            // A factor that is zero reaches the end 0 whatever the other does.
            End { open: (a.open || b.open) && value.is_positive(), value }
        };
        let high = match (&self.high, &other.high) {
            (Some(a), Some(b)) => Some(end(a, b)),
            _ => None,
        };
        let low = End {
            value: &a.value * &b.value,
            open: (a.open || a.value.is_positive()) && (b.open || b.value.is_positive()) && (a.open || b.open),
        };
        Bounds { low: Some(low), high }
    }
}
