//! Logarithms gathered: log a − log b is log(a/b), c·(log a − log b) likewise, and log Γ alike.

use num_bigint::BigInt;
use num_traits::{One, Signed, ToPrimitive, Zero};

use super::Simplifier;
use super::tidy::{factors_of, flatten_sum, negate, product, scale, sum};
use crate::kernel::poly::{Exponent, Generator, Poly, rational_power};
use crate::kernel::term::{Function, Rational, Term};

/// Logarithms with one coefficient, up to sign and number.
struct Group {
    /// The coefficient without its number, also as a normal form.
    rest: Term,
    key: Option<Poly>,
    logs: Vec<(Rational, Term)>,
}

/// Exponents that a number may take when several logarithms of numbers become one.
const LARGEST_NUMBER_POWER: i64 = 6;

impl Simplifier {
    /// The sums of a term with their logarithms gathered by coefficient.
    pub(super) fn combine_logs(&self, term: &Term) -> Term {
        let Term::Sum(terms) = term else {
            return match term {
                Term::Product(_) | Term::Power(..) => term.map_children(&mut |child| self.combine_logs(child)),
                other => other.clone(),
            };
        };
        let mut groups: Vec<Group> = Vec::new();
        let mut others = Vec::new();
        for own in terms.iter() {
            match split_logarithm(own) {
                Some((number, rest, argument)) => self.enter(&mut groups, number, rest, argument),
                None => others.push(self.combine_logs(own)),
            }
        }
        if groups.is_empty() {
            return Term::sum(others);
        }
        let mut combined: Vec<Term> = groups.into_iter().flat_map(|group| self.written(group)).collect();
        combined.extend(others);
        sum(combined)
    }

    fn enter(&self, groups: &mut Vec<Group>, number: Rational, rest: Term, argument: Term) {
        let found = groups.iter_mut().find_map(|group| (group.rest == rest).then_some((group, false)));
        if let Some((group, _)) = found {
            group.logs.push((number, argument));
            return;
        }
        let key = self.normalizer.normalize(&rest).ok();
        let opposite = key.as_ref().map(|key| key.scaled(&-Rational::one()));
        for group in groups.iter_mut() {
            if key.is_some() && group.key == key {
                group.logs.push((number, argument));
                return;
            }
            if opposite.is_some() && group.key == opposite {
                group.logs.push((-number, argument));
                return;
            }
        }
        groups.push(Group { rest, key, logs: vec![(number, argument)] });
    }

    /// A group as few logarithms, those of Γ apart from the others.
    fn written(&self, group: Group) -> Vec<Term> {
        let Group { rest, logs, .. } = group;
        let (gammas, mut others): (Vec<_>, Vec<_>) = logs.into_iter().partition(|(_, argument)| is_gamma(argument));
        // log n! − log n stay together.
        let gammas: Vec<(Rational, Term)> = gammas
            .into_iter()
            .map(|(number, argument)| match &argument {
                Term::Apply(Function::Factorial, arguments) => {
                    let own = others.iter().position(|(other, base)| *other == -&number && *base == arguments[0]);
                    match own {
                        Some(own) => {
                            others.remove(own);
                            (number, self.tidy(&(argument.clone() * arguments[0].clone().recip())))
                        }
                        None => (number, argument),
                    }
                }
                _ => (number, argument),
            })
            .collect();
        let others = numbers_joined(others);
        let mut out = Vec::new();
        for logs in [others, gammas] {
            let mut sizes: Vec<Rational> = Vec::new();
            for (number, _) in &logs {
                if !sizes.contains(&number.abs()) {
                    sizes.push(number.abs());
                }
            }
            for size in sizes {
                let with = |sign: Rational| {
                    let own =
                        logs.iter().filter(move |(number, _)| *number == sign).map(|(_, argument)| argument.clone());
                    own.collect::<Vec<Term>>()
                };
                let (above, below) = (with(size.clone()), with(-size.clone()));
                // log a alone, −log b alone.
                let (number, above, below) =
                    if above.is_empty() { (-size, below, above) } else { (size, above, below) };
                let mut factors = above;
                factors.extend(below.into_iter().map(Term::recip));
                let log = match product(factors) {
                    Term::Apply(Function::Gamma, arguments) => Term::Apply(Function::LogGamma, arguments),
                    argument => self.tidy(&argument).log(),
                };
                let mut factors = vec![rest.clone(), log];
                factors.retain(|factor| !factor.is_one());
                out.push(scale(product(factors), &number));
            }
        }
        out
    }

    /// c·ψ(a) − d·ψ(a) as (c − d)·ψ(a): terms of a sum that share a special function are gathered.
    pub(super) fn group_by_special(&self, term: &Term) -> Term {
        match term {
            Term::Sum(terms) => self.gathered_by(terms, &is_shared).unwrap_or_else(|| term.clone()),
            // In a numerator exponentials are better left as they are.
            Term::Product(_) => term.map_children(&mut |factor| match factor {
                Term::Sum(terms) => {
                    let own = |factor: &Term| is_shared(factor) && !matches!(factor, Term::Apply(Function::Exp, _));
                    self.gathered_by(terms, &own).unwrap_or_else(|| factor.clone())
                }
                other => other.clone(),
            }),
            _ => term.clone(),
        }
    }

    /// Gathered by functions of some kind, if any two terms share one.
    fn gathered_by(&self, terms: &[Term], is_shared: &dyn Fn(&Term) -> bool) -> Option<Term> {
        let mut groups: Vec<(Option<Term>, Vec<Term>)> = Vec::new();
        for own in terms.iter() {
            let factors = factors_of(own);
            let (key, coefficient) = match factors.iter().position(is_shared) {
                Some(position) => {
                    let mut others = factors.to_vec();
                    let key = others.remove(position);
                    (Some(key), product(others))
                }
                None => (None, own.clone()),
            };
            match groups.iter_mut().find(|(own, _)| key.is_some() && *own == key) {
                Some((_, coefficients)) => coefficients.push(coefficient),
                None => groups.push((key, vec![coefficient])),
            }
        }
        // Those with one coefficient, up to sign, go together: (c − d)·(ψ(a) − ψ(b)).
        let mut gathered: Vec<(Term, Vec<Term>)> = Vec::new();
        let mut changed = false;
        for (key, mut coefficients) in groups {
            if coefficients.len() == 1 {
                gathered.push((coefficients.remove(0), key.into_iter().collect()));
                continue;
            }
            changed = true;
            let coefficient = self.simplify_part(&flatten_sum(coefficients));
            let opposite = self.tidy(&negate(&coefficient));
            let Some(key) = key else { continue };
            let alike = gathered.iter_mut().find(|(known, _)| *known == coefficient || *known == opposite);
            match alike {
                Some((known, keys)) => keys.push(if *known == coefficient { key } else { negate(&key) }),
                None => gathered.push((coefficient, vec![key])),
            }
        }
        changed.then(|| sum(gathered.into_iter().map(|(coefficient, keys)| with_factors(&coefficient, keys)).collect()))
    }

    /// u − log(1 + e^u) as −log(e^(−u) + 1): what is above e in a logarithm's sum takes in the terms
    /// beside the logarithm.
    pub(super) fn absorb_into_logs(&self, term: &Term) -> Option<Term> {
        let once = self.absorb_into_one(term)?;
        // Each time a logarithm takes something in, fewer terms are left.
        Some(self.absorb_into_logs(&once).unwrap_or(once))
    }

    /// The same within products and powers.
    pub(super) fn absorb_within(&self, term: &Term) -> Term {
        let own = term.map_children(&mut |child| self.absorb_within(child));
        self.absorb_into_logs(&own).map_or(own, |absorbed| self.tidy(&absorbed))
    }

    fn absorb_into_one(&self, term: &Term) -> Option<Term> {
        let Term::Sum(terms) = term else { return None };
        for (index, own) in terms.iter().enumerate() {
            let Some((number, rest, argument)) = split_logarithm(own) else { continue };
            if !rest.is_one() || is_gamma(&argument) {
                continue;
            }
            let Ok(inside) = self.normalizer.normalize(&argument) else { continue };
            if inside.len() < 2 {
                continue;
            }
            let mut exponents = Poly::zero();
            for (monomial, _) in inside.terms() {
                for (generator, exponent) in monomial.factors() {
                    let Exponent::Poly(exponent) = exponent else { continue };
                    let by = match generator {
                        Generator::Euler => Poly::one(),
                        other => Poly::generator(Generator::Log(std::sync::Arc::new(other.clone()))),
                    };
                    // Only which monomials occur matters, not how often.
                    let Ok(exponent) = exponent.times(&by) else { continue };
                    exponent.terms().for_each(|(monomial, _)| exponents.add_term(monomial.clone(), Rational::one()));
                }
            }
            let mut moved = Poly::zero();
            let mut left = Vec::new();
            for (position, other) in terms.iter().enumerate().filter(|(position, _)| *position != index) {
                match self.normalizer.normalize(other) {
                    Ok(poly)
                        if poly.as_constant().is_none()
                            && poly.terms().all(|(monomial, _)| !exponents.coefficient(monomial).is_zero()) =>
                    {
                        moved.add_assign(&poly);
                    }
                    _ => left.push(terms[position].clone()),
                }
            }
            if moved.is_zero() {
                continue;
            }
            let factor = self.normalizer.exp(&moved.scaled(&number.recip())).ok()?;
            let inside = inside.times(&factor).ok()?;
            left.insert(0, scale(inside.to_term().log(), &number));
            return Some(sum(left));
        }
        None
    }
}

/// (q, c, a) of q·c·log a, with a = Γ(b) for log Γ(b).
fn split_logarithm(term: &Term) -> Option<(Rational, Term, Term)> {
    let factors = factors_of(term);
    let position =
        factors.iter().position(|factor| matches!(factor, Term::Apply(Function::Log | Function::LogGamma, _)))?;
    let argument = match &factors[position] {
        Term::Apply(Function::LogGamma, arguments) => Term::Apply(Function::Gamma, arguments.clone()),
        Term::Apply(_, arguments) => arguments[0].clone(),
        _ => return None,
    };
    let mut number = Rational::one();
    let mut rest = Vec::new();
    for (index, factor) in factors.iter().enumerate().filter(|(index, _)| *index != position) {
        match factor {
            Term::Number(value) if index == 0 => number = value.clone(),
            other => rest.push(other.clone()),
        }
    }
    Some((number, product(rest), argument))
}

fn is_gamma(argument: &Term) -> bool {
    let gamma = |term: &Term| matches!(term, Term::Apply(Function::Gamma | Function::Factorial | Function::Beta, _));
    factors_of(argument).iter().any(|factor| match factor {
        Term::Power(base, _) => gamma(base),
        other => gamma(other),
    })
}

/// 2 log 2 + log 3 as log 12: the logarithms of numbers as one, where the powers stay small.
fn numbers_joined(logs: Vec<(Rational, Term)>) -> Vec<(Rational, Term)> {
    let (numbers, mut others): (Vec<_>, Vec<_>) =
        logs.into_iter().partition(|(_, argument)| argument.as_number().is_some());
    let Some(least) = numbers.iter().map(|(number, _)| number.abs()).min() else { return others };
    let powers = numbers.iter().map(|(number, argument)| {
        let power = number / &least;
        let power = power.is_integer().then(|| power.to_integer().to_i64()).flatten()?;
        let value = argument.as_number()?;
        (power.abs() <= LARGEST_NUMBER_POWER).then(|| rational_power(value, power).ok()).flatten()
    });
    match powers.collect::<Option<Vec<Rational>>>() {
        Some(powers) if numbers.len() > 1 => {
            let mut value: Rational = powers.into_iter().fold(Rational::one(), |all, own| all * own);
            let mut number = least;
            // log 12 rather than −log(1/12).
            if value.numer() == BigInt::one() {
                value = value.recip();
                number = -number;
            }
            if !value.is_one() {
                others.push((number, Term::Number(value)));
            }
        }
        _ => others.extend(numbers),
    }
    others
}

/// c·(k + l + …), or c where there is nothing to multiply it with.
fn with_factors(coefficient: &Term, keys: Vec<Term>) -> Term {
    if keys.is_empty() {
        return coefficient.clone();
    }
    let factors = factors_of(coefficient).iter().filter(|factor| !factor.is_one()).cloned();
    product(factors.chain([sum(keys)]).collect())
}

fn is_shared(factor: &Term) -> bool {
    matches!(
        factor,
        Term::Apply(
            Function::Digamma
                | Function::Trigamma
                | Function::Polygamma
                | Function::BesselI
                | Function::BesselK
                | Function::Zeta
                | Function::ZetaDerivative
                | Function::Exp
                | Function::Log,
            _
        )
    )
}
