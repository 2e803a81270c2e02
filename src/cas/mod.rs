//! The algebra engine: rational functions, expanded, cancelled, factored and split.
//!
//! Nothing here is trusted. A result is a suggestion that the kernel proves or drops.
//!
//! This is the only module that names Symbolica. Symbolica without a key runs in *restricted
//! mode*: non-commercial use, one thread and one process per machine. So one thread of ours owns
//! it for the life of the process (`engine`), everybody else sends that thread work, and
//! parallel runs of ours queue on a file lock. Only polynomials over numbered indeterminates
//! cross over (`fraction`); the text of a user never does.

mod engine;
mod expansion;
mod factor;
mod fraction;
mod shape;
mod verbs;

use std::collections::BTreeSet;
use std::fmt;

use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive};

use crate::kernel::term::{Rational, Term};

pub use engine::{set_quiet, startup};

/// The largest number of nodes of a term.
pub const MAX_NODES: usize = 20_000;
/// The largest number of nodes of an answer.
pub const MAX_ANSWER: usize = 50_000;
/// The deepest nesting of a term.
pub const MAX_DEPTH: usize = 200;
/// The largest numeric exponent, by absolute value, and the largest root.
pub const MAX_EXPONENT: u32 = 1_000;
/// The longest numerator or denominator of a number, in bits.
pub const MAX_LITERAL_BITS: u64 = 4_096;

/// Why the engine gave no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CasError {
    /// Another program on this machine uses Symbolica, and restricted mode allows only one.
    HeldElsewhere,
    /// The question passes a bound; the text says which.
    TooLarge(&'static str),
    /// The term has no value anywhere, as 1/(x − x).
    Undefined(&'static str),
    /// The engine broke down on this question; the next one may succeed.
    Failed(String),
    /// The engine could not be started.
    Unavailable(String),
}

impl CasError {
    /// The exit code of a run that ends for this reason.
    pub fn exit_code(&self) -> u8 {
        match self {
            CasError::HeldElsewhere => 75,
            _ => 1,
        }
    }

    /// Whether every other question would meet the same error.
    pub fn concerns_engine(&self) -> bool {
        matches!(self, CasError::HeldElsewhere | CasError::Unavailable(_))
    }
}

impl fmt::Display for CasError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CasError::HeldElsewhere => f.write_str(
                "another program on this machine is using Symbolica, which without a licence key runs one process at a \
                 time; try again when it has ended, or set SYMBOLICA_LICENSE",
            ),
            CasError::TooLarge(what) => write!(f, "too large for the algebra engine: {what}"),
            CasError::Undefined(what) => write!(f, "undefined: {what}"),
            CasError::Failed(why) => write!(f, "the algebra engine failed: {why}"),
            CasError::Unavailable(why) => write!(f, "the algebra engine did not start: {why}"),
        }
    }
}

impl std::error::Error for CasError {}

/// Multiplies out products and powers; denominators that are sums stay as they are.
pub fn expand(term: &Term) -> Result<Term, CasError> {
    ask(term, verbs::expand)
}

/// One fraction, cancelled, numerator and denominator multiplied out.
pub fn together(term: &Term) -> Result<Term, CasError> {
    ask(term, verbs::together)
}

/// One fraction, cancelled, numerator and denominator factored over the rationals.
pub fn factor(term: &Term) -> Result<Term, CasError> {
    ask(term, verbs::factor)
}

/// Partial fractions in `by`, which is a variable or any other atom of the term, such as log x.
pub fn apart(term: &Term, by: &Term) -> Result<Term, CasError> {
    ask_by(term, by, verbs::apart)
}

/// The powers of `by` with their coefficients factored.
pub fn collect(term: &Term, by: &Term) -> Result<Term, CasError> {
    ask_by(term, by, verbs::collect)
}

/// For each term its distinct forms: expanded, together, factored, apart in up to three atoms.
///
/// A form that is too large or undefined is left out; an error means that there is no engine.
pub fn candidates(terms: &[Term]) -> Result<Vec<Vec<Term>>, CasError> {
    let checked: Vec<Option<Term>> = terms.iter().map(|term| check(term).is_ok().then(|| term.clone())).collect();
    let count = checked.len();
    // One question for all of them: to wake the engine's thread costs as much as a small answer.
    let forms = engine::run(move |symbols| {
        checked.into_iter().map(|term| term.map_or_else(Vec::new, |term| verbs::candidates(symbols, &term))).collect()
    });
    match forms {
        Err(error) if error.concerns_engine() => Err(error),
        Err(_) => Ok(vec![Vec::new(); count]),
        Ok(forms) => Ok(forms),
    }
}

type Verb = fn(&mut engine::Symbols, &Term) -> Result<Term, CasError>;
type VerbBy = fn(&mut engine::Symbols, &Term, &Term) -> Result<Term, CasError>;

fn ask(term: &Term, verb: Verb) -> Result<Term, CasError> {
    check(term)?;
    let term = term.clone();
    engine::run(move |symbols| verb(symbols, &term).and_then(verbs::bounded))?
}

fn ask_by(term: &Term, by: &Term, verb: VerbBy) -> Result<Term, CasError> {
    check(term)?;
    check(by)?;
    let (term, by) = (term.clone(), by.clone());
    engine::run(move |symbols| verb(symbols, &term, &by).and_then(verbs::bounded))?
}

/// The bounds that hold before anything recursive touches the term.
fn check(term: &Term) -> Result<(), CasError> {
    let mut nodes = 0;
    let mut open = vec![(term, 1)];
    while let Some((term, depth)) = open.pop() {
        nodes += 1;
        if nodes > MAX_NODES {
            return Err(CasError::TooLarge("the number of nodes"));
        }
        if depth > MAX_DEPTH {
            return Err(CasError::TooLarge("the nesting depth"));
        }
        match term {
            Term::Number(value) if !literal_fits(value) => return Err(CasError::TooLarge("the length of a number")),
            Term::Power(_, exponent) if exponent.as_number().is_some_and(|value| small(value).is_none()) => {
                return Err(CasError::TooLarge("an exponent"));
            }
            _ => {}
        }
        open.extend(term.children().into_iter().map(|child| (child, depth + 1)));
    }
    Ok(())
}

fn literal_fits(value: &Rational) -> bool {
    value.numer().bits() <= MAX_LITERAL_BITS && value.denom().bits() <= MAX_LITERAL_BITS
}

/// A numeric exponent p/q as machine integers, when within bounds.
fn small(value: &Rational) -> Option<(i64, u32)> {
    let limit = BigInt::from(MAX_EXPONENT);
    let within = value.numer().abs() <= limit && *value.denom() <= limit;
    within.then(|| (value.numer().to_i64().unwrap_or(0), value.denom().to_u32().unwrap_or(1)))
}

/// Drops repeated terms, keeping the first of each.
fn distinct(terms: Vec<Term>) -> Vec<Term> {
    let mut seen = BTreeSet::new();
    terms.into_iter().filter(|term| seen.insert(term.clone())).collect()
}
