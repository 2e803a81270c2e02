//! Sines and cosines of sums, put together again: cos x cos μ + sin x sin μ is cos(x − μ).

use num_traits::{One, Signed};

use super::Simplifier;
use super::tidy::{factors_of, flatten_sum, negate, product, scale};
use crate::kernel::term::{Function, Rational, Term};

/// A summand with two trigonometric factors: number · rest · f(a) g(b).
struct Pair {
    number: Rational,
    rest: Vec<Term>,
    functions: [(Function, Term); 2],
}

/// Whether sines or cosines occur.
pub(super) fn is_trigonometric(term: &Term) -> bool {
    matches!(term, Term::Apply(Function::Sin | Function::Cos, _)) || term.children().any(is_trigonometric)
}

/// Every cos² as 1 − sin², which the normal form writes the other way about.
pub(super) fn with_sines(term: &Term) -> Term {
    let term = term.map_children(&mut with_sines);
    let Term::Power(base, exponent) = &term else { return term };
    let (Term::Apply(Function::Cos, arguments), Some(power)) = (&**base, exponent.as_number()) else { return term };
    let Some(power) = super::super::small_integer(power).filter(|power| *power >= 2) else { return term };
    let sine = Term::power(Term::Apply(Function::Sin, arguments.clone()), Term::integer(2));
    let square = Term::power(Term::one() - sine, Term::integer(power / 2));
    if power % 2 == 0 { square } else { square * (**base).clone() }
}

impl Simplifier {
    /// The products of sines and cosines in every sum as functions of sums and differences.
    pub(super) fn join_angles(&self, term: &Term) -> Term {
        let term = term.map_children(&mut |child| self.join_angles(child));
        let Term::Sum(terms) = &term else { return term };
        let mut terms = terms.to_vec();
        while let Some(shorter) = self.with_one_angle(&terms) {
            terms = shorter;
        }
        flatten_sum(terms)
    }

    fn with_one_angle(&self, terms: &[Term]) -> Option<Vec<Term>> {
        let pairs: Vec<Option<Pair>> = terms.iter().map(pair).collect();
        for (i, one) in pairs.iter().enumerate() {
            let Some(one) = one else { continue };
            for (j, two) in pairs.iter().enumerate().skip(i + 1) {
                let Some(joined) = two.as_ref().and_then(|two| self.joined_angles(one, two)) else { continue };
                let kept = terms.iter().enumerate().filter(|(index, _)| *index != i && *index != j);
                return Some([joined].into_iter().chain(kept.map(|(_, term)| term.clone())).collect());
            }
        }
        None
    }

    fn joined_angles(&self, one: &Pair, two: &Pair) -> Option<Term> {
        if one.rest != two.rest || one.number.abs() != two.number.abs() {
            return None;
        }
        let same = one.number == two.number;
        let [(f, a), (g, b)] = &one.functions;
        // The other summand has the other functions at the same arguments.
        let at = |wanted: &Term| two.functions.iter().position(|(_, argument)| argument == wanted);
        let (of_a, of_b) = (&two.functions[at(a)?].0, &two.functions[at(b)?].0);
        if a == b || of_a == f || of_b == g {
            return None;
        }
        let (function, argument, number) = match (f, g) {
            // cos a cos b ± sin a sin b
            (Function::Cos, Function::Cos) | (Function::Sin, Function::Sin) => {
                let cosines = if *f == Function::Cos { &one.number } else { &two.number };
                let argument = if same { a.clone() - b.clone() } else { a.clone() + b.clone() };
                (Function::Cos, argument, cosines.clone())
            }
            // sin a cos b ± cos a sin b
            (Function::Sin, _) => {
                let argument = if same { a.clone() + b.clone() } else { a.clone() - b.clone() };
                (Function::Sin, argument, one.number.clone())
            }
            _ => {
                let argument = if same { a.clone() + b.clone() } else { b.clone() - a.clone() };
                (Function::Sin, argument, one.number.clone())
            }
        };
        let (argument, turned) = self.oriented(argument);
        let number = if turned && function == Function::Sin { -number } else { number };
        let mut factors = one.rest.clone();
        factors.push(Term::apply(function, vec![argument]));
        Some(scale(product(factors), &number))
    }

    /// An argument or its opposite, whichever reads better, and whether it is the opposite.
    fn oriented(&self, argument: Term) -> (Term, bool) {
        let mut terms = match self.tidy(&argument) {
            Term::Sum(terms) => terms.to_vec(),
            other => return (other, false),
        };
        // x − μ and μ − μ′: the variate first, then in order of the names.
        terms.sort_by_key(|term| {
            let names = term.variables();
            (!names.iter().any(|name| self.variates.contains(name)), names)
        });
        if terms[0].has_minus() {
            (flatten_sum(terms.iter().map(negate).collect()), true)
        } else {
            (Term::sum(terms), false)
        }
    }
}

fn pair(term: &Term) -> Option<Pair> {
    let mut number = Rational::one();
    let mut rest = Vec::new();
    let mut functions = Vec::new();
    for factor in factors_of(term) {
        match factor {
            Term::Number(value) => number *= value,
            Term::Apply(function @ (Function::Sin | Function::Cos), arguments) => {
                functions.push((*function, arguments[0].clone()));
            }
            other => rest.push(other.clone()),
        }
    }
    Some(Pair { number, rest, functions: functions.try_into().ok()? })
}
