//! The thread that owns Symbolica.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::sync::OnceLock;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Sender};
use std::thread;

use symbolica::atom::{Atom, Symbol};
use symbolica::poly::PolyVariable;
use symbolica::{GLOBAL_SETTINGS, symbol};

use super::CasError;
use super::question::{Answer, Question};
use crate::kernel::memo::Memo;
use crate::kernel::term::Term;

/// Deep expressions recurse inside Symbolica.
const STACK: usize = 256 << 20;
const THREAD: &str = "algebra engine";

/// What the engine's thread keeps between questions.
#[derive(Default)]
pub struct Symbols {
    /// The indeterminates v0, v1, …: symbols are global and permanent, so every question reuses them.
    known: Vec<Symbol>,
    /// Terms and their canonical spelling, see [`super::fraction`].
    pub spellings: Memo<Term, Term>,
}

/// More spellings than this are forgotten between two questions.
const MAX_SPELLINGS: usize = 1_024;

impl Symbols {
    pub fn first(&mut self, count: usize) -> Vec<PolyVariable> {
        while self.known.len() < count {
            self.known.push(symbol!(format!("fisherproof::v{}", self.known.len())));
        }
        self.known[..count].iter().map(|symbol| (*symbol).into()).collect()
    }

    fn answer(&mut self, question: &Question) -> Answer {
        if self.spellings.len() > MAX_SPELLINGS {
            self.spellings.clear();
        }
        let outcome = panic::catch_unwind(AssertUnwindSafe(|| question.answer(self)));
        outcome.unwrap_or_else(|panic| Err(CasError::Failed(reason(panic))))
    }
}

fn reason(panic: Box<dyn Any + Send>) -> String {
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => panic.downcast_ref::<&str>().map_or("no reason given", |text| text).to_owned(),
    }
}

/// Runs `work` on a new thread that owns Symbolica from its start to its end.
///
/// `work` gets what answers a question. Symbolica aborts the process where another holds it.
pub fn on_own_thread<T: Send + 'static>(
    work: impl FnOnce(&mut dyn FnMut(&Question) -> Answer) -> T + Send + 'static,
) -> Result<thread::JoinHandle<T>, CasError> {
    GLOBAL_SETTINGS.initialize_tracing.store(false, Ordering::Relaxed);
    hush();
    let owner = thread::Builder::new().name(THREAD.to_owned()).stack_size(STACK).spawn(move || {
        // The first use, where it aborts.
        let _ = Atom::var(symbol!("fisherproof::v0")) + Atom::num(1);
        let mut symbols = Symbols::default();
        work(&mut |question| symbols.answer(question))
    });
    owner.map_err(|error| CasError::Unavailable(error.to_string()))
}

/// An engine inside this process.
pub struct Engine {
    jobs: Sender<(Question, Sender<Answer>)>,
}

impl Engine {
    pub fn start() -> Result<Engine, CasError> {
        let (jobs, queue) = mpsc::channel::<(Question, Sender<Answer>)>();
        let (ready, started) = mpsc::channel();
        on_own_thread(move |answer| {
            let _ = ready.send(());
            for (question, reply) in queue {
                let _ = reply.send(answer(&question));
            }
        })?;
        started.recv().map_err(|_| gone())?;
        Ok(Engine { jobs })
    }

    pub fn ask(&self, question: Question) -> Answer {
        let (reply, answer) = mpsc::channel();
        self.jobs.send((question, reply)).map_err(|_| gone())?;
        answer.recv().map_err(|_| gone())?
    }
}

fn gone() -> CasError {
    CasError::Unavailable("its thread has ended".to_owned())
}

/// A panic of the engine is an error of ours and not a message on the user's terminal.
fn hush() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        let loud = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if thread::current().name() != Some(THREAD) {
                loud(info);
            }
        }));
    });
}
