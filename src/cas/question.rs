//! What can be asked of the engine, and what it says.

use super::engine::Symbols;
use super::{CasError, verbs};
use crate::kernel::term::Term;

/// The verbs; a question is one of them with its terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    Expand,
    Together,
    Factor,
    /// The second term is what the first is split by.
    Apart,
    /// The second term is what the first is ordered by.
    Collect,
    /// Any number of terms.
    Candidates,
    /// Panics, for a test of what happens then.
    #[cfg(test)]
    Panic,
}

impl Verb {
    /// The verbs as they are numbered when a question is sent to another process.
    pub const ALL: [Verb; 6] =
        [Verb::Expand, Verb::Together, Verb::Factor, Verb::Apart, Verb::Collect, Verb::Candidates];
}

/// A verb and its terms.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    pub verb: Verb,
    pub terms: Vec<Term>,
}

/// For every term of the question its forms; one, if the verb does not ask for candidates.
pub type Answer = Result<Vec<Vec<Term>>, CasError>;

impl Question {
    /// The answer, worked out on the thread that owns Symbolica.
    pub fn answer(&self, symbols: &mut Symbols) -> Answer {
        let by = |position: usize| {
            self.terms.get(position).ok_or_else(|| CasError::Failed("a question without its terms".to_owned()))
        };
        let form = match self.verb {
            Verb::Candidates => {
                return Ok(self.terms.iter().map(|term| verbs::candidates(symbols, term)).collect());
            }
            Verb::Expand => verbs::expand(symbols, by(0)?),
            Verb::Together => verbs::together(symbols, by(0)?),
            Verb::Factor => verbs::factor(symbols, by(0)?),
            Verb::Apart => verbs::apart(symbols, by(0)?, by(1)?),
            Verb::Collect => verbs::collect(symbols, by(0)?, by(1)?),
            #[cfg(test)]
            Verb::Panic => panic!("on purpose"),
        };
        form.and_then(verbs::bounded).map(|form| vec![vec![form]])
    }
}
