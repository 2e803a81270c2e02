//! The algebra engine: rational functions, expanded, cancelled, factored and split.
//!
//! Nothing here is trusted. A result is a suggestion that the kernel proves or drops.
//!
//! This is the only module that names Symbolica. Symbolica without a key runs in *restricted
//! mode*: non-commercial use, one thread and one process per machine. So one thread owns it for
//! as long as it is in use (`engine`), everybody else sends that thread a `question`, and parallel
//! runs of ours stand in a `queue`. The command-line tool gives the engine a process of its own
//! (`process`, `wire`); in a program that uses this library it is a thread. Only polynomials over
//! numbered indeterminates cross over to Symbolica (`fraction`); the text of a user never does.

mod engine;
mod expansion;
mod factor;
mod fraction;
mod process;
mod question;
mod queue;
mod shape;
mod verbs;
mod wire;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive};

use crate::kernel::term::{Rational, Term};

use engine::Engine;
use process::Process;
use question::{Answer, Question, Verb};
use queue::Turn;

/// Symbolica's own switches.
const HIDE_BANNER: &str = "SYMBOLICA_HIDE_BANNER";
const LICENSE: &str = "SYMBOLICA_LICENSE";

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
    TooLarge(Cow<'static, str>),
    /// The term has no value anywhere, as 1/(x − x).
    Undefined(Cow<'static, str>),
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

static QUIET: AtomicBool = AtomicBool::new(false);
/// Whether this program can be run again to be the engine.
static OWN_PROCESS: AtomicBool = AtomicBool::new(false);
static STATE: Mutex<State> = Mutex::new(State::Idle);

/// The engine of this process, if it has one.
enum State {
    Idle,
    Thread(Engine),
    Process(Process),
    /// It cannot be had, and nobody tries again.
    Absent(CasError),
}

/// Suppresses the notes on standard error.
pub fn set_quiet(quiet: bool) {
    QUIET.store(quiet, Ordering::Relaxed);
}

/// To be called by `main` of the command-line tool before it reads anything.
///
/// `Some` is the exit code of a run that was to be the engine of another and has been. Otherwise
/// the engine of this run, when it needs one, will be a process of its own.
pub fn startup() -> Option<u8> {
    if process::is_engine() {
        return Some(process::serve().map_or_else(|error| error.exit_code(), |()| 0));
    }
    OWN_PROCESS.store(true, Ordering::Relaxed);
    None
}

/// Lets the engine start while other work is done; where it cannot, the first question says so.
pub fn prepare() {
    let mut state = STATE.lock().unwrap_or_else(PoisonError::into_inner);
    if matches!(*state, State::Idle) && OWN_PROCESS.load(Ordering::Relaxed) {
        *state = Process::start().map_or_else(State::Absent, State::Process);
    }
}

/// Whether the engine could be had so far.
///
/// # Errors
/// Why it could not.
pub fn available() -> Result<(), CasError> {
    match &*STATE.lock().unwrap_or_else(PoisonError::into_inner) {
        State::Absent(error) => Err(error.clone()),
        _ => Ok(()),
    }
}

/// Lets the engine's process end, if there is one, while other work is done: no question is left to be asked. One
/// that is asked all the same is answered by a new one.
pub fn dismiss() {
    if let State::Process(process) = &mut *STATE.lock().unwrap_or_else(PoisonError::into_inner) {
        process.dismiss();
    }
}

/// Ends the engine's process, if there is one, and waits until Symbolica is free for others.
pub fn finish() {
    *STATE.lock().unwrap_or_else(PoisonError::into_inner) = State::Idle;
}

/// Asks the engine, which is started if need be.
fn run(question: Question) -> Answer {
    let mut state = STATE.lock().unwrap_or_else(PoisonError::into_inner);
    if matches!(&*state, State::Process(process) if process.has_ended()) {
        *state = State::Idle;
    }
    if matches!(*state, State::Idle) {
        *state = started().unwrap_or_else(State::Absent);
    }
    let answer = match &mut *state {
        State::Process(process) => process.await_ready(&note_waiting).and_then(|()| {
            note_licence();
            process.ask(&question)
        }),
        State::Thread(engine) => engine.ask(question),
        State::Absent(error) => Err(error.clone()),
        State::Idle => Err(CasError::Unavailable("it was not started".to_owned())),
    };
    if let Err(error) = &answer
        && error.concerns_engine()
    {
        *state = State::Absent(error.clone());
    }
    answer
}

fn started() -> Result<State, CasError> {
    if OWN_PROCESS.load(Ordering::Relaxed) {
        return Process::start().map(State::Process);
    }
    let turn = Turn::await_it(note_waiting)?;
    note_licence();
    let engine = Engine::start()?;
    turn.keep();
    Ok(State::Thread(engine))
}

fn licensed() -> bool {
    std::env::var_os(LICENSE).is_some_and(|key| !key.is_empty())
}

fn note_licence() {
    static TOLD: AtomicBool = AtomicBool::new(false);
    if !licensed() && !TOLD.swap(true, Ordering::Relaxed) {
        note(
            "the algebra engine, Symbolica, runs in restricted mode: non-commercial use, one process at a time \
             (a key goes in SYMBOLICA_LICENSE)",
        );
    }
}

fn note_waiting() {
    note("waiting for another run of fisherproof: Symbolica's restricted mode allows one at a time");
}

fn note(text: &str) {
    if !QUIET.load(Ordering::Relaxed) {
        eprintln!("note: {text}");
    }
}

/// Multiplies out products and powers; denominators that are sums stay as they are.
pub fn expand(term: &Term) -> Result<Term, CasError> {
    ask(Verb::Expand, &[term])
}

/// One fraction, cancelled, numerator and denominator multiplied out.
pub fn together(term: &Term) -> Result<Term, CasError> {
    ask(Verb::Together, &[term])
}

/// One fraction, cancelled, numerator and denominator factored over the rationals.
pub fn factor(term: &Term) -> Result<Term, CasError> {
    ask(Verb::Factor, &[term])
}

/// Partial fractions in `by`, which is a variable or any other atom of the term, such as log x.
pub fn apart(term: &Term, by: &Term) -> Result<Term, CasError> {
    ask(Verb::Apart, &[term, by])
}

/// The powers of `by` with their coefficients factored.
pub fn collect(term: &Term, by: &Term) -> Result<Term, CasError> {
    ask(Verb::Collect, &[term, by])
}

/// For each term its distinct forms: expanded, together, factored, apart in up to three atoms.
///
/// A form that is too large or undefined is left out; an error means that there is no engine.
pub fn candidates(terms: &[Term]) -> Result<Vec<Vec<Term>>, CasError> {
    let within: Vec<bool> = terms.iter().map(|term| check(term).is_ok()).collect();
    let asked = terms.iter().zip(&within).filter(|(_, within)| **within).map(|(term, _)| term.clone()).collect();
    // One question for all of them: to wake the engine costs as much as a small answer.
    match run(Question { verb: Verb::Candidates, terms: asked }) {
        Err(error) if error.concerns_engine() => Err(error),
        Err(_) => Ok(vec![Vec::new(); terms.len()]),
        Ok(forms) => {
            let mut forms = forms.into_iter();
            let of = |within: bool| if within { forms.next().unwrap_or_default() } else { Vec::new() };
            Ok(within.into_iter().map(of).collect())
        }
    }
}

fn ask(verb: Verb, terms: &[&Term]) -> Result<Term, CasError> {
    terms.iter().try_for_each(|term| check(term))?;
    let answer = run(Question { verb, terms: terms.iter().map(|term| (*term).clone()).collect() })?;
    answer.into_iter().flatten().next().ok_or_else(|| CasError::Failed("an answer without a term".to_owned()))
}

/// The bounds that hold before anything recursive touches the term.
fn check(term: &Term) -> Result<(), CasError> {
    let mut nodes = 0;
    let mut open = vec![(term, 1)];
    while let Some((term, depth)) = open.pop() {
        nodes += 1;
        if nodes > MAX_NODES {
            return Err(CasError::TooLarge("the number of nodes".into()));
        }
        if depth > MAX_DEPTH {
            return Err(CasError::TooLarge("the nesting depth".into()));
        }
        match term {
            Term::Number(value) if !literal_fits(value) => {
                return Err(CasError::TooLarge("the length of a number".into()));
            }
            Term::Power(_, exponent) if exponent.as_number().is_some_and(|value| small(value).is_none()) => {
                return Err(CasError::TooLarge("an exponent".into()));
            }
            _ => {}
        }
        open.extend(term.children().map(|child| (child, depth + 1)));
    }
    Ok(())
}

fn literal_fits(value: &Rational) -> bool {
    value.bits() <= MAX_LITERAL_BITS
}

/// A numeric exponent p/q as machine integers, when within bounds.
fn small(value: &Rational) -> Option<(i64, u32)> {
    let limit = BigInt::from(MAX_EXPONENT);
    let within = value.numer().abs() <= limit && value.denom() <= limit;
    within.then(|| (value.numer().to_i64().unwrap_or(0), value.denom().to_u32().unwrap_or(1)))
}

/// Drops repeated terms, keeping the first of each.
fn distinct(terms: Vec<Term>) -> Vec<Term> {
    let mut seen = BTreeSet::new();
    terms.into_iter().filter(|term| seen.insert(term.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_and_the_engine_lives_on() {
        set_quiet(true);
        let broken = run(Question { verb: Verb::Panic, terms: Vec::new() });
        assert_eq!(broken, Err(CasError::Failed("on purpose".to_owned())));
        assert_eq!(expand(&Term::one()), Ok(Term::one()));
    }
}
