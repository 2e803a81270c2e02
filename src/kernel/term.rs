//! The one expression type of the crate.
//!
//! A [`Term`] is a plain tree with derived equality: constructors check their arity and nothing
//! else, and no constructor simplifies. Equality *by algebra* is decided in [`super::normal`].

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use num_bigint::BigInt;
use num_traits::{One, Signed, Zero};

pub use super::rational::Rational;

/// The name of a variable.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Name(Arc<str>);

impl Ord for Name {
    fn cmp(&self, other: &Name) -> Ordering {
        if Arc::ptr_eq(&self.0, &other.0) { Ordering::Equal } else { self.0.cmp(&other.0) }
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Name) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Name {
    pub fn new(text: &str) -> Self {
        Name(Arc::from(text))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        Name::new(text)
    }
}

/// A named real constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Constant {
    /// Archimedes' constant π.
    Pi,
    /// Euler's number e.
    E,
    /// The Euler–Mascheroni constant γ.
    EulerGamma,
}

impl Constant {
    pub const ALL: [Constant; 3] = [Constant::Pi, Constant::E, Constant::EulerGamma];

    /// The spelling in the language.
    pub fn keyword(self) -> &'static str {
        match self {
            Constant::Pi => "pi",
            Constant::E => "e",
            Constant::EulerGamma => "euler_gamma",
        }
    }
}

/// A function of the language; [`Function::TABLE`] declares each once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Function {
    Exp,
    Log,
    Sqrt,
    Abs,
    /// −1, 0, 1.
    Sign,
    Gamma,
    /// log Γ, real for positive arguments.
    LogGamma,
    Beta,
    Digamma,
    Trigamma,
    /// `polygamma(n, x)`: the n-th derivative of digamma at x.
    Polygamma,
    Zeta,
    /// `zeta_derivative(n, s)`: the n-th derivative of the Riemann zeta function at s.
    ZetaDerivative,
    Binomial,
    Factorial,
    /// `besseli(n, x)`: the modified Bessel function of the first kind.
    BesselI,
    /// `besselk(n, x)`: the modified Bessel function of the second kind.
    BesselK,
    Erf,
    Cos,
    Sin,
    Tan,
    Cosh,
    Sinh,
    Tanh,
    Atan,
}

impl Function {
    /// Every function with its keyword and the number of its arguments.
    pub const TABLE: [(Function, &'static str, usize); 25] = [
        (Function::Exp, "exp", 1),
        (Function::Log, "log", 1),
        (Function::Sqrt, "sqrt", 1),
        (Function::Abs, "abs", 1),
        (Function::Sign, "sign", 1),
        (Function::Gamma, "gamma", 1),
        (Function::LogGamma, "lgamma", 1),
        (Function::Beta, "beta", 2),
        (Function::Digamma, "digamma", 1),
        (Function::Trigamma, "trigamma", 1),
        (Function::Polygamma, "polygamma", 2),
        (Function::Zeta, "zeta", 1),
        (Function::ZetaDerivative, "zeta_derivative", 2),
        (Function::Binomial, "binomial", 2),
        (Function::Factorial, "factorial", 1),
        (Function::BesselI, "besseli", 2),
        (Function::BesselK, "besselk", 2),
        (Function::Erf, "erf", 1),
        (Function::Cos, "cos", 1),
        (Function::Sin, "sin", 1),
        (Function::Tan, "tan", 1),
        (Function::Cosh, "cosh", 1),
        (Function::Sinh, "sinh", 1),
        (Function::Tanh, "tanh", 1),
        (Function::Atan, "atan", 1),
    ];

    pub fn from_keyword(keyword: &str) -> Option<Function> {
        Self::TABLE.iter().find(|row| row.1 == keyword).map(|row| row.0)
    }

    pub fn keyword(self) -> &'static str {
        self.row().1
    }

    pub fn arity(self) -> usize {
        self.row().2
    }

    fn row(self) -> &'static (Function, &'static str, usize) {
        Self::TABLE.iter().find(|row| row.0 == self).expect("every function has a row")
    }
}

/// An expression. Copies share their sub-terms.
///
/// `LogDensity`, `Derivative` and `Expectation` are *formal*: they let a statement say "the
/// expectation of the derivative of the log-density" without anybody having computed it. They are
/// unfolded by the rules of the kernel, never by a constructor.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Term {
    Number(Rational),
    Constant(Constant),
    Variable(Name),
    Sum(Arc<[Term]>),
    Product(Arc<[Term]>),
    Power(Arc<Term>, Arc<Term>),
    Apply(Function, Arc<[Term]>),
    /// log p of the family at hand, with some of its parameters replaced.
    LogDensity(Vec<(Name, Term)>),
    /// The partial derivative of a term by a variable.
    Derivative(Arc<Term>, Name),
    /// The expectation of a term under the family at hand.
    Expectation(Arc<Term>),
}

impl Term {
    pub fn number(value: Rational) -> Term {
        Term::Number(value)
    }

    pub fn integer(value: impl Into<BigInt>) -> Term {
        Term::Number(Rational::from_integer(value.into()))
    }

    /// The fraction `numerator / denominator`; the denominator must not be zero.
    pub fn ratio(numerator: i64, denominator: i64) -> Term {
        Term::Number(Rational::new(numerator.into(), denominator.into()))
    }

    pub fn zero() -> Term {
        Term::integer(0)
    }

    pub fn one() -> Term {
        Term::integer(1)
    }

    pub fn variable(name: impl Into<Name>) -> Term {
        Term::Variable(name.into())
    }

    pub fn sum(terms: Vec<Term>) -> Term {
        Term::Sum(terms.into())
    }

    pub fn product(factors: Vec<Term>) -> Term {
        Term::Product(factors.into())
    }

    pub fn power(base: Term, exponent: Term) -> Term {
        Term::Power(Arc::new(base), Arc::new(exponent))
    }

    /// # Panics
    /// When the number of arguments is not the function's arity.
    pub fn apply(function: Function, arguments: Vec<Term>) -> Term {
        assert_eq!(arguments.len(), function.arity(), "arity of {}", function.keyword());
        Term::Apply(function, arguments.into())
    }

    pub fn exp(self) -> Term {
        Term::apply(Function::Exp, vec![self])
    }

    pub fn log(self) -> Term {
        Term::apply(Function::Log, vec![self])
    }

    pub fn recip(self) -> Term {
        Term::power(self, Term::integer(-1))
    }

    /// log p of the family at hand, as declared.
    pub fn log_density() -> Term {
        Term::LogDensity(Vec::new())
    }

    pub fn derivative(self, by: &Name) -> Term {
        Term::Derivative(Arc::new(self), by.clone())
    }

    pub fn expectation(self) -> Term {
        Term::Expectation(Arc::new(self))
    }

    pub fn as_number(&self) -> Option<&Rational> {
        match self {
            Term::Number(value) => Some(value),
            _ => None,
        }
    }

    pub fn is_zero(&self) -> bool {
        self.as_number().is_some_and(Zero::is_zero)
    }

    pub fn is_one(&self) -> bool {
        self.as_number().is_some_and(One::is_one)
    }

    pub fn is_negative_number(&self) -> bool {
        self.as_number().is_some_and(Signed::is_negative)
    }

    /// Whether it is written with a leading minus: a negative number, or a product that begins with one.
    pub fn has_minus(&self) -> bool {
        match self {
            Term::Product(factors) => factors.first().is_some_and(Term::is_negative_number),
            other => other.is_negative_number(),
        }
    }

    /// The direct sub-terms.
    pub fn children(&self) -> impl Iterator<Item = &Term> {
        let (mut list, mut pair): (&[Term], [Option<&Term>; 2]) = (&[], [None; 2]);
        let mut replaced: &[(Name, Term)] = &[];
        match self {
            Term::Number(_) | Term::Constant(_) | Term::Variable(_) => {}
            Term::Sum(terms) | Term::Product(terms) | Term::Apply(_, terms) => list = terms,
            Term::Power(base, exponent) => pair = [Some(base), Some(exponent)],
            Term::LogDensity(own) => replaced = own,
            Term::Derivative(body, _) | Term::Expectation(body) => pair[0] = Some(body),
        }
        list.iter().chain(pair.into_iter().flatten()).chain(replaced.iter().map(|(_, term)| term))
    }

    /// Rebuilds the node with its direct sub-terms mapped; where none of them changes it is the same node.
    pub fn map_children(&self, f: &mut dyn FnMut(&Term) -> Term) -> Term {
        match self {
            Term::Number(_) | Term::Constant(_) | Term::Variable(_) => self.clone(),
            Term::Sum(terms) => map_list(terms, f).map_or_else(|| self.clone(), Term::Sum),
            Term::Product(terms) => map_list(terms, f).map_or_else(|| self.clone(), Term::Product),
            Term::Apply(function, terms) => {
                map_list(terms, f).map_or_else(|| self.clone(), |terms| Term::Apply(*function, terms))
            }
            Term::Power(base, exponent) => {
                let mapped = (f(base), f(exponent));
                if mapped.0.is_same(base) && mapped.1.is_same(exponent) {
                    return self.clone();
                }
                Term::power(mapped.0, mapped.1)
            }
            Term::LogDensity(replaced) => {
                Term::LogDensity(replaced.iter().map(|(name, term)| (name.clone(), f(term))).collect())
            }
            Term::Derivative(body, by) => f(body).derivative(by),
            Term::Expectation(body) => f(body).expectation(),
        }
    }

    /// Whether a term is this very node, or a leaf equal to it: never where they differ, not always where
    /// they are equal.
    fn is_same(&self, other: &Term) -> bool {
        match (self, other) {
            (Term::Sum(own), Term::Sum(other)) | (Term::Product(own), Term::Product(other)) => Arc::ptr_eq(own, other),
            (Term::Apply(function, own), Term::Apply(same, other)) => function == same && Arc::ptr_eq(own, other),
            (Term::Power(base, exponent), Term::Power(same_base, same_exponent)) => {
                Arc::ptr_eq(base, same_base) && Arc::ptr_eq(exponent, same_exponent)
            }
            (Term::Number(own), Term::Number(other)) => own == other,
            (Term::Constant(own), Term::Constant(other)) => own == other,
            (Term::Variable(own), Term::Variable(other)) => own == other,
            _ => false,
        }
    }

    /// Whether a variable occurs; the formal log-density does not reveal its own variables.
    pub fn contains(&self, name: &Name) -> bool {
        match self {
            Term::Variable(own) => own == name,
            _ => self.children().any(|child| child.contains(name)),
        }
    }

    /// Whether nothing formal occurs: no log-density, derivative or expectation.
    pub fn is_plain(&self) -> bool {
        !matches!(self, Term::LogDensity(_) | Term::Derivative(..) | Term::Expectation(_))
            && self.children().all(Term::is_plain)
    }

    pub fn variables(&self) -> BTreeSet<Name> {
        fn walk(term: &Term, found: &mut BTreeSet<Name>) {
            if let Term::Variable(name) = term {
                found.insert(name.clone());
            }
            for child in term.children() {
                walk(child, found);
            }
        }
        let mut found = BTreeSet::new();
        walk(self, &mut found);
        found
    }

    /// Replaces variables simultaneously. Formal derivatives must have been unfolded before.
    pub fn substitute(&self, replacements: &[(Name, Term)]) -> Term {
        match self {
            Term::Variable(name) => match replacements.iter().find(|(own, _)| own == name) {
                Some((_, replacement)) => replacement.clone(),
                None => self.clone(),
            },
            _ => self.map_children(&mut |child| child.substitute(replacements)),
        }
    }

    /// The number of nodes.
    pub fn size(&self) -> usize {
        1 + self.children().map(Term::size).sum::<usize>()
    }
}

/// The terms mapped; `None` where none of them changes.
fn map_list(terms: &[Term], f: &mut dyn FnMut(&Term) -> Term) -> Option<Arc<[Term]>> {
    for (position, term) in terms.iter().enumerate() {
        let mapped = f(term);
        if !mapped.is_same(term) {
            let mut all = Vec::with_capacity(terms.len());
            all.extend_from_slice(&terms[..position]);
            all.push(mapped);
            all.extend(terms[position + 1..].iter().map(f));
            return Some(all.into());
        }
    }
    None
}

impl std::ops::Add for Term {
    type Output = Term;
    fn add(self, other: Term) -> Term {
        Term::sum(vec![self, other])
    }
}

impl std::ops::Sub for Term {
    type Output = Term;
    fn sub(self, other: Term) -> Term {
        Term::sum(vec![self, -other])
    }
}

impl std::ops::Mul for Term {
    type Output = Term;
    fn mul(self, other: Term) -> Term {
        Term::product(vec![self, other])
    }
}

impl std::ops::Div for Term {
    type Output = Term;
    fn div(self, other: Term) -> Term {
        Term::product(vec![self, other.recip()])
    }
}

impl std::ops::Neg for Term {
    type Output = Term;
    fn neg(self) -> Term {
        Term::product(vec![Term::integer(-1), self])
    }
}
