//! Γ and its relatives as tables and statisticians write them.

use num_traits::One;

use super::super::small_integer;
use super::Simplifier;
use super::exponential::present;
use crate::kernel::poly::{Exponent, Generator, Poly};
use crate::kernel::sign::Sign;
use crate::kernel::term::{Function, Rational, Term};

impl Simplifier {
    /// Γ and ψ arguments moved down by one where they stay positive: ψ(a + 1) becomes ψ(a) + 1/a, as
    /// tables have it; of whole numbers Γ is a factorial.
    pub(super) fn lower_special(&self, term: &Term) -> Term {
        let term = term.map_children(&mut |child| self.lower_special(child));
        let Term::Apply(function, arguments) = &term else { return term };
        let position = match function {
            Function::Gamma | Function::LogGamma | Function::Digamma | Function::Trigamma => 0,
            Function::Polygamma => 1,
            _ => return term,
        };
        let Ok(argument) = self.normalizer.normalize(&arguments[position]) else { return term };
        if argument.as_constant().is_some() {
            return term;
        }
        let below = argument.minus(&Poly::one());
        if matches!(function, Function::Gamma | Function::LogGamma) && self.is_whole(&argument) {
            let factorial = Term::apply(Function::Factorial, vec![self.tidy(&present(&below))]);
            return if *function == Function::Gamma { factorial } else { factorial.log() };
        }
        if !argument.constant_part().is_one() || self.normalizer.sign(&below) != Some(Sign::Positive) {
            return term;
        }
        let lower = present(&below);
        match function {
            Function::Gamma => Term::apply(Function::Gamma, vec![lower.clone()]) * lower,
            Function::LogGamma => {
                // In its parts, so that they cancel against others.
                let log = lower.clone().log();
                let log = self.normalizer.normalize(&log).map_or(log, |poly| present(&poly));
                Term::apply(Function::LogGamma, vec![lower]) + log
            }
            _ => {
                let order = match function {
                    Function::Digamma => 0,
                    Function::Trigamma => 1,
                    _ => match arguments[0].as_number().and_then(small_integer) {
                        Some(order) => order,
                        None => return term,
                    },
                };
                let mut factorial = Rational::one();
                for k in 1..=order {
                    factorial *= Rational::from_integer((-k).into());
                }
                polygamma(order, lower.clone())
                    + Term::product(vec![Term::Number(factorial), Term::power(lower, Term::integer(-(order + 1)))])
            }
        }
    }

    /// Sums that are one Bessel function of another order: z K_{ν+1}(z) − 2ν K_ν(z) is z K_{ν−1}(z).
    pub(super) fn join_bessel(&self, term: &Term) -> Term {
        let term = term.map_children(&mut |child| self.join_bessel(child));
        if let Term::Sum(terms) = &term
            && terms.iter().all(has_bessel)
            && let Ok(poly) = self.normalizer.normalize(&term)
            && let Some((front, function)) = self.normalizer.one_bessel(&poly)
        {
            return present(&front) * function;
        }
        term
    }

    /// Whether a normal form is a whole multiple of whole variables, plus a whole number.
    fn is_whole(&self, poly: &Poly) -> bool {
        let whole = |(generator, exponent): &(Generator, Exponent)| {
            matches!(exponent, Exponent::Integer(power) if *power > 0)
                && matches!(generator, Generator::Variable(name) if self.whole.contains(name))
        };
        poly.terms().all(|(monomial, coefficient)| coefficient.is_integer() && monomial.factors().iter().all(whole))
    }

    /// Factors that belong together: sin/cos is tan, n!/(k! (n − k)!) a binomial coefficient, and
    /// Γ(a) Γ(b)/Γ(a + b) is B(a, b) where the density was declared with it.
    pub(super) fn join_functions(&self, factors: &mut Vec<(Term, Rational)>) {
        self.join_ratio(factors, Function::Sin, Function::Cos, Function::Tan);
        self.join_ratio(factors, Function::Sinh, Function::Cosh, Function::Tanh);
        self.lower_factorials(factors);
        self.join_triple(factors, Function::Factorial, Function::Binomial);
        if self.speaks_of(Function::Beta) {
            self.join_triple(factors, Function::Gamma, Function::Beta);
        }
    }

    fn join_ratio(&self, factors: &mut Vec<(Term, Rational)>, above: Function, below: Function, ratio: Function) {
        let mut index = 0;
        while index < factors.len() {
            let partner = match &factors[index] {
                // Of cos/sin it is 1/tan.
                (Term::Apply(function, arguments), power) if *function == above => {
                    let wanted = Term::Apply(below, arguments.clone());
                    factors.iter().position(|(base, other)| *base == wanted && *other == -power)
                }
                _ => None,
            };
            if let Some(partner) = partner {
                let (Term::Apply(_, arguments), power) = factors[index].clone() else { return };
                factors[index] = (Term::Apply(ratio, arguments), power);
                factors.remove(partner);
                // What stood before it moves the next one here.
                index -= usize::from(partner < index);
            }
            index += 1;
        }
    }

    /// n!/n is (n − 1)!.
    fn lower_factorials(&self, factors: &mut Vec<(Term, Rational)>) {
        let mut index = 0;
        while index < factors.len() {
            let partner = match &factors[index] {
                (Term::Apply(Function::Factorial, arguments), power) => {
                    factors.iter().position(|(base, other)| *base == arguments[0] && *other == -power)
                }
                _ => None,
            };
            if let Some(partner) = partner {
                let below = self.tidy(&(factors[partner].0.clone() - Term::one()));
                factors[index].0 = Term::apply(Function::Factorial, vec![below]);
                factors.remove(partner);
                index -= usize::from(partner < index);
            }
            index += 1;
        }
    }

    /// n!/(k! (n − k)!) as C(n, k), and Γ(a) Γ(b)/Γ(a + b) as B(a, b).
    fn join_triple(&self, factors: &mut Vec<(Term, Rational)>, part: Function, whole: Function) {
        let argument = |(base, power): &(Term, Rational)| match base {
            Term::Apply(function, arguments) if *function == part && power.is_integer() => {
                Some((self.normalizer.normalize(&arguments[0]).ok()?, arguments[0].clone(), power.clone()))
            }
            _ => None,
        };
        loop {
            let found: Vec<(usize, Poly, Term, Rational)> = factors
                .iter()
                .enumerate()
                .filter_map(|(index, own)| argument(own).map(|(poly, term, power)| (index, poly, term, power)))
                .collect();
            if found.len() < 2 {
                return;
            }
            let triple = found.iter().find_map(|(n, total, total_term, power)| {
                let others = || found.iter().filter(|(index, .., own)| index != n && *own == -power);
                others().find_map(|(k, first, first_term, _)| {
                    let rest = total.minus(first);
                    // A square stands for both: Γ(a)²/Γ(2a) is B(a, a).
                    let (m, _, rest_term, _) = others().find(|(index, poly, ..)| index != k && *poly == rest)?;
                    Some((*n, *k, *m, total_term.clone(), first_term.clone(), rest_term.clone(), power.clone()))
                })
            });
            let Some((n, k, m, total, first, rest, power)) = triple else { return };
            let shorter = if super::weight(&first) <= super::weight(&rest) { first.clone() } else { rest.clone() };
            let (joined, power) = match whole {
                Function::Binomial => (Term::apply(whole, vec![total, shorter]), power),
                _ => (Term::apply(whole, vec![first, rest]), -power),
            };
            let mut gone = [n, k, m];
            gone.sort_unstable();
            for index in gone.into_iter().rev() {
                factors.remove(index);
            }
            factors.push((joined, power));
        }
    }
}

fn has_bessel(term: &Term) -> bool {
    matches!(term, Term::Apply(Function::BesselI | Function::BesselK, _)) || term.children().any(has_bessel)
}

fn polygamma(order: i64, argument: Term) -> Term {
    match order {
        0 => Term::apply(Function::Digamma, vec![argument]),
        1 => Term::apply(Function::Trigamma, vec![argument]),
        _ => Term::apply(Function::Polygamma, vec![Term::integer(order), argument]),
    }
}
