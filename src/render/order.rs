//! The order in which a person writes terms and factors.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use num_traits::{One, Signed, ToPrimitive};

use crate::kernel::term::{Constant, Function, Name, Term};

use super::names::{Names, Role};

/// Where a factor stands in a product: π first, then letters by declaration, roots, sums in
/// parentheses, functions, `log x`, powers of e, and formal expectations last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    Counting,
    Constant(Constant),
    Number,
    Letter(Role, usize),
    Other,
    Root,
    Group,
    Call,
    Operator,
    Exponential,
    Formal,
}

pub fn factor(base: &Term, exponent: &Term, names: &Names) -> Place {
    match base {
        Term::Apply(Function::Binomial, _) => Place::Counting,
        Term::Apply(Function::Exp, _) => Place::Exponential,
        Term::Expectation(_) | Term::Derivative(..) | Term::LogDensity(_) => Place::Formal,
        _ if *exponent == Term::ratio(1, 2) => Place::Root,
        Term::Constant(constant) => Place::Constant(*constant),
        Term::Number(_) => Place::Number,
        Term::Variable(name) => {
            let (role, index) = names.rank(name);
            Place::Letter(role, index)
        }
        Term::Sum(_) => Place::Group,
        Term::Apply(Function::Sqrt, _) => Place::Root,
        Term::Apply(function, _) if is_operator(*function) => Place::Operator,
        Term::Apply(..) => Place::Call,
        Term::Product(_) | Term::Power(..) => Place::Other,
    }
}

/// Functions whose argument may follow without parentheses, so that nothing should follow them.
pub fn is_operator(function: Function) -> bool {
    matches!(
        function,
        Function::Log
            | Function::LogGamma
            | Function::Cos
            | Function::Sin
            | Function::Tan
            | Function::Cosh
            | Function::Sinh
            | Function::Tanh
            | Function::Atan
    )
}

/// The terms of a sum in reading order.
///
/// Terms in the variate come first, functions before powers, numbers last; powers descend. A sum
/// does not begin with a minus where it can begin otherwise: 1 − p, n − x. Next to a square or an
/// exponential a 1 comes first: 1 + x², 1 + e^{−x}. Formal sums keep the order of the derivation.
pub fn sum<'t>(terms: &[&'t Term], names: &Names) -> Vec<&'t Term> {
    if terms.iter().any(|term| is_formal(term)) {
        return terms.to_vec();
    }
    let mut keyed: Vec<(Key, &Term)> = terms.iter().map(|term| (Key::of(term, names), *term)).collect();
    keyed.sort_by(|(a, _), (b, _)| compare(a, b));
    let mut sorted: Vec<&Term> = keyed.into_iter().map(|(_, term)| term).collect();
    if let [first, Term::Number(value)] = sorted[..]
        && value.is_positive()
        && !is_linear(first)
    {
        sorted.swap(0, 1);
    }
    if is_negative(sorted.first().copied()) {
        // α′ − α + β′ − β: of a parameter and its twin the one that is added first.
        let letters: Vec<BTreeSet<usize>> = sorted.iter().map(|term| Key::of(term, names).letters).collect();
        for index in 1..sorted.len() {
            let twins = letters[index - 1] == letters[index] && letters[index].len() == 1;
            if twins
                && is_linear(sorted[index - 1])
                && is_linear(sorted[index])
                && is_negative(Some(sorted[index - 1]))
                && !is_negative(Some(sorted[index]))
            {
                sorted.swap(index - 1, index);
            }
        }
    }
    if is_negative(sorted.first().copied())
        && let Some(positive) = sorted.iter().position(|term| !is_negative(Some(term)))
    {
        let term = sorted.remove(positive);
        sorted.insert(0, term);
    }
    sorted
}

fn is_formal(term: &Term) -> bool {
    matches!(term, Term::Expectation(_) | Term::Derivative(..) | Term::LogDensity(_))
        || term.children().into_iter().any(is_formal)
}

fn is_negative(term: Option<&Term>) -> bool {
    match term {
        Some(Term::Number(value)) => value.is_negative(),
        Some(Term::Product(factors)) => factors.iter().filter(|factor| is_negative(Some(factor))).count() % 2 == 1,
        _ => false,
    }
}

/// A letter times numbers.
fn is_linear(term: &Term) -> bool {
    match term {
        Term::Variable(_) | Term::Constant(_) | Term::Number(_) => true,
        Term::Product(factors) => {
            factors.iter().all(is_linear)
                && factors.iter().filter(|factor| matches!(factor, Term::Variable(_))).count() <= 1
        }
        _ => false,
    }
}

fn compare(one: &Key, two: &Key) -> Ordering {
    one.class.cmp(&two.class).then_with(|| {
        if one.class.is_functional() {
            // What is added before what is taken away: log x + log b − ψ(a), log σ′ − log σ. Then by
            // the parameters they speak of: one at a time first, none last; otherwise as given.
            let spoken =
                |key: &Key| (key.negative, key.letters.is_empty(), key.letters.len(), key.letters.first().copied());
            spoken(one).cmp(&spoken(two))
        } else {
            two.compare_degree(one)
        }
    })
}

/// The kinds of terms in a sum, in their order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    VariateFunction,
    VariatePower,
    Function,
    Power,
    Number,
}

impl Class {
    fn is_functional(self) -> bool {
        matches!(self, Class::VariateFunction | Class::Function)
    }
}

struct Key {
    class: Class,
    /// The parameters that occur, a primed one as its twin: log Γ(a) and log Γ(a′) stay together.
    letters: BTreeSet<usize>,
    /// Degree in the variate, in all letters, and in each letter that occurs, by order of declaration.
    degrees: (f64, f64, BTreeMap<usize, f64>),
    negative: bool,
    /// σ² comes before (μ − μ′)².
    grouped: bool,
}

impl Key {
    fn of(term: &Term, names: &Names) -> Key {
        let variables = term.variables();
        let mut letters = BTreeSet::new();
        let (mut variate, mut each) = (0.0, BTreeMap::new());
        let count = names.variates().len();
        for name in &variables {
            // Variates first, then every parameter with its twin.
            let place = match names.rank(name) {
                (Role::Variate, index) => index,
                (Role::Parameter, index) => count + 2 * index,
                (Role::Primed, index) => count + 2 * index + 1,
                _ => continue,
            };
            let own = degree(term, Some(name));
            match place.checked_sub(count) {
                None => variate += own,
                Some(place) => {
                    letters.insert(place / 2);
                }
            }
            if own != 0.0 {
                each.insert(place, own);
            }
        }
        let in_variate = variables.iter().any(|name| names.is_variate(name));
        let functional = has_function(term);
        let class = match (in_variate, functional) {
            (true, true) => Class::VariateFunction,
            (true, false) => Class::VariatePower,
            (false, true) => Class::Function,
            (false, false) if is_plain_number(term) => Class::Number,
            (false, false) => Class::Power,
        };
        Key {
            class,
            letters,
            degrees: (variate, degree(term, None), each),
            negative: is_negative(Some(term)),
            grouped: has_group(term),
        }
    }

    fn compare_degree(&self, other: &Key) -> Ordering {
        let (a, b) = (&self.degrees, &other.degrees);
        a.0.total_cmp(&b.0)
            .then_with(|| a.1.total_cmp(&b.1))
            .then_with(|| other.grouped.cmp(&self.grouped))
            .then_with(|| compare_each(&a.2, &b.2))
    }
}

/// Letter by letter, one that does not occur counting as zero.
fn compare_each(a: &BTreeMap<usize, f64>, b: &BTreeMap<usize, f64>) -> Ordering {
    let places: BTreeSet<&usize> = a.keys().chain(b.keys()).collect();
    let degree = |of: &BTreeMap<usize, f64>, place: &usize| of.get(place).copied().unwrap_or(0.0);
    let differs = places.into_iter().map(|place| degree(a, place).total_cmp(&degree(b, place)));
    differs.into_iter().find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

fn has_group(term: &Term) -> bool {
    matches!(term, Term::Sum(_)) || term.children().into_iter().any(has_group)
}

fn is_plain_number(term: &Term) -> bool {
    match term {
        Term::Number(_) => true,
        Term::Product(factors) => factors.iter().all(is_plain_number),
        Term::Power(base, exponent) => is_plain_number(base) && exponent.as_number().is_some(),
        _ => false,
    }
}

fn has_function(term: &Term) -> bool {
    match term {
        Term::Apply(Function::Sqrt, arguments) => has_function(&arguments[0]),
        Term::Apply(..) => true,
        Term::Power(_, exponent) if exponent.as_number().is_none() => true,
        _ => term.children().into_iter().any(has_function),
    }
}

/// The degree in one letter, or in all; a float will do for an order.
fn degree(term: &Term, by: Option<&Name>) -> f64 {
    match term {
        Term::Variable(name) if by.is_none_or(|own| own == name) => 1.0,
        Term::Sum(terms) => terms.iter().map(|term| degree(term, by)).fold(0.0, f64::max),
        Term::Product(factors) => factors.iter().map(|factor| degree(factor, by)).sum(),
        Term::Power(base, exponent) => {
            let exponent = exponent.as_number().filter(|value| !value.is_one()).and_then(ToPrimitive::to_f64);
            degree(base, by) * exponent.unwrap_or(1.0)
        }
        Term::Apply(Function::Sqrt, arguments) => degree(&arguments[0], by) / 2.0,
        _ => 0.0,
    }
}
