//! The engine as a process of its own: this program, run again to answer questions on its standard input.
//!
//! Symbolica aborts where another process holds it, and greets on standard output; there it does
//! both where neither the user nor the work is disturbed. A question that it breaks down on, or
//! never ends, costs a process that the next question replaces.

use std::io::{self, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::engine::on_own_thread;
use super::question::{Answer, Question};
use super::queue::Turn;
use super::wire::{Message, read_message, read_question, write_message, write_question};
use super::{CasError, HIDE_BANNER};

/// Set for a run of ours that is to be the engine of another.
const ROLE: &str = "FISHERPROOF_ENGINE";

/// No question or answer within the bounds on terms is as long as this.
const MAX_FRAME: usize = 64 << 20;

/// A question is given up after so long. Its terms are bounded, so hardly any comes near; what is
/// counted, and the same everywhere, is the work of the kernel.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often it is looked whether it is time.
const LOOK: Duration = Duration::from_millis(250);

/// How often, and after which pauses in milliseconds, a start is tried again that another program prevents:
/// one that is about to end is waited for.
const RETRIES: [u64; 3] = [50, 150, 300];

/// One piece, so that the reader wakes up once.
fn write_frame(to: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
    to.write_all(&[&length.to_le_bytes(), bytes].concat())?;
    to.flush()
}

fn read_frame(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = [0; 4];
    from.read_exact(&mut head)?;
    let length = u32::from_le_bytes(head) as usize;
    if length > MAX_FRAME {
        return Err(io::Error::other("a frame that is too long"));
    }
    let mut bytes = vec![0; length];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

// ——— the engine's side ———

/// Whether this run is to be an engine.
pub fn is_engine() -> bool {
    std::env::var_os(ROLE).is_some()
}

/// Answers questions until there are no more.
pub fn serve() -> Result<(), CasError> {
    let say = |message: &Message| write_frame(&mut io::stdout().lock(), &write_message(message));
    let turn = Turn::await_it(|| drop(say(&Message::Waiting)))
        .inspect_err(|error| drop(say(&Message::Answer(Err(error.clone())))))?;
    let owner = on_own_thread(move |answer| {
        turn.keep();
        let mut questions = BufReader::new(io::stdin().lock());
        let mut answers = io::stdout().lock();
        let mut say = |message: &Message| write_frame(&mut answers, &write_message(message));
        say(&Message::Ready)?;
        let watch = Watch::start();
        while let Ok(bytes) = read_frame(&mut questions) {
            let question = read_question(&bytes).ok_or_else(|| io::Error::other("not a question"))?;
            let answer = watch.over(|| answer(&question));
            say(&Message::Answer(answer))?;
        }
        io::Result::Ok(())
    })?;
    match owner.join() {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(CasError::Unavailable(error.to_string())),
        Err(_) => Err(CasError::Unavailable("its thread broke down".to_owned())),
    }
}

/// Ends the process when one question takes too long.
struct Watch {
    begin: Instant,
    /// When the question at hand was begun, in milliseconds from `begin`; 0 where there is none.
    since: Arc<AtomicU64>,
}

impl Watch {
    fn start() -> Watch {
        let (begin, since) = (Instant::now(), Arc::new(AtomicU64::new(0)));
        let watched = Arc::clone(&since);
        thread::spawn(move || {
            loop {
                thread::sleep(LOOK);
                let since = Duration::from_millis(watched.load(Ordering::Relaxed));
                if !since.is_zero() && begin.elapsed().saturating_sub(since) > PATIENCE {
                    std::process::exit(1);
                }
            }
        });
        Watch { begin, since }
    }

    fn over<T>(&self, work: impl FnOnce() -> T) -> T {
        let now = u64::try_from(self.begin.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.since.store(now.max(1), Ordering::Relaxed);
        let result = work();
        self.since.store(0, Ordering::Relaxed);
        result
    }
}

// ——— the program's side ———

/// A running engine.
pub struct Process {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
    ready: bool,
    ended: bool,
}

impl Process {
    /// Starts one and does not wait for it.
    pub fn start() -> Result<Process, CasError> {
        let unavailable = |error: io::Error| CasError::Unavailable(error.to_string());
        let mut child = Command::new(std::env::current_exe().map_err(unavailable)?)
            .env(ROLE, "1")
            .env(HIDE_BANNER, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(unavailable)?;
        let (Some(questions), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(CasError::Unavailable("it has no pipes".to_owned()));
        };
        Ok(Process { child, questions, answers: BufReader::new(answers), ready: false, ended: false })
    }

    /// Waits until the engine has started, starting it anew where another program was in its way.
    ///
    /// `waiting` is called if it stands in the queue for long.
    pub fn await_ready(&mut self, waiting: &dyn Fn()) -> Result<(), CasError> {
        let mut pauses = RETRIES.iter();
        while !self.ready {
            match self.hear() {
                Some(Message::Ready) => self.ready = true,
                Some(Message::Waiting) => waiting(),
                Some(Message::Answer(Err(error))) => return Err(error),
                Some(Message::Answer(Ok(_))) => return Err(out_of_step()),
                // It ended before it was ready.
                None => {
                    let pause = pauses.next().ok_or(CasError::HeldElsewhere)?;
                    thread::sleep(Duration::from_millis(*pause));
                    *self = Process::start()?;
                }
            }
        }
        Ok(())
    }

    pub fn ask(&mut self, question: &Question) -> Answer {
        let sent = write_frame(&mut self.questions, &write_question(question));
        match sent.ok().and_then(|()| self.hear()) {
            Some(Message::Answer(answer)) => answer,
            Some(_) => Err(out_of_step()),
            None => {
                self.ended = true;
                Err(CasError::Failed("its process ended on this question".to_owned()))
            }
        }
    }

    /// Sends it on its way to its end, which dropping it waits for.
    pub fn dismiss(&mut self) {
        // It has nothing to save.
        let _ = self.child.kill();
        self.ended = true;
    }

    /// Whether a question or [`Process::dismiss`] ended it: it answers no other.
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    fn hear(&mut self) -> Option<Message> {
        read_message(&read_frame(&mut self.answers).ok()?)
    }
}

fn out_of_step() -> CasError {
    CasError::Unavailable("its process is out of step".to_owned())
}

impl Drop for Process {
    /// The engine has ended, and whatever it held is free, when this returns.
    fn drop(&mut self) {
        // It has nothing to save.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
