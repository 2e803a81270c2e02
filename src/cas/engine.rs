//! The thread that owns Symbolica, and the queue in front of it.

use std::any::Any;
use std::collections::HashMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use symbolica::atom::{Atom, Symbol};
use symbolica::poly::PolyVariable;
use symbolica::{GLOBAL_SETTINGS, symbol};

use super::CasError;
use crate::kernel::term::Term;

/// Deep expressions recurse inside Symbolica.
const STACK: usize = 256 << 20;
const THREAD: &str = "algebra engine";

/// Symbolica's own switches.
const HIDE_BANNER: &str = "SYMBOLICA_HIDE_BANNER";
const LICENSE: &str = "SYMBOLICA_LICENSE";
/// Asks a run of ours to do nothing but start the engine once; see [`probe`].
const PROBE: &str = "FISHERPROOF_CAS_PROBE";

/// A wait in the queue that the user is told about, and one that is given up.
const PATIENCE: Duration = Duration::from_secs(1);
const GIVE_UP: Duration = Duration::from_secs(600);

static QUIET: AtomicBool = AtomicBool::new(false);
static PROBE_FIRST: AtomicBool = AtomicBool::new(false);
static ENGINE: Mutex<Option<Sender<Job>>> = Mutex::new(None);

type Job = Box<dyn FnOnce(&mut Symbols) + Send>;

/// Suppresses the notes on standard error.
pub fn set_quiet(quiet: bool) {
    QUIET.store(quiet, Ordering::Relaxed);
}

/// To be called by `main` of the command-line tool before it reads anything; it may not return.
///
/// It runs the same program again, in the same process, with Symbolica's banner switched off (the
/// banner goes to standard output; an environment variable is its only switch, and to set one in
/// a running process is unsafe). It also lets the engine ask by a child process whether a foreign
/// program holds Symbolica, because Symbolica itself would abort.
pub fn startup() {
    if std::env::var_os(PROBE).is_some() {
        GLOBAL_SETTINGS.initialize_tracing.store(false, Ordering::Relaxed);
        touch();
        std::process::exit(0);
    }
    PROBE_FIRST.store(true, Ordering::Relaxed);
    if std::env::var_os(HIDE_BANNER).is_none() && !licensed() {
        run_again();
    }
}

#[cfg(unix)]
fn run_again() {
    use std::os::unix::process::CommandExt;
    let Ok(program) = std::env::current_exe() else { return };
    let mut arguments = std::env::args_os();
    let mut command = Command::new(program);
    if let Some(name) = arguments.next() {
        command.arg0(name);
    }
    // It returns only on failure; then the banner shows, and nothing worse.
    let _ = command.args(arguments).env(HIDE_BANNER, "1").exec();
}

#[cfg(not(unix))]
fn run_again() {
    let Ok(program) = std::env::current_exe() else { return };
    let status = Command::new(program).args(std::env::args_os().skip(1)).env(HIDE_BANNER, "1").status();
    if let Ok(status) = status {
        std::process::exit(status.code().unwrap_or(1));
    }
}

/// What the engine's thread keeps between requests.
#[derive(Default)]
pub struct Symbols {
    /// The indeterminates v0, v1, …: symbols are global and permanent, so every request reuses them.
    known: Vec<Symbol>,
    /// Terms and their canonical spelling, see [`super::fraction`].
    pub spellings: HashMap<Term, Term>,
}

/// More spellings than this are forgotten between two requests.
const MAX_SPELLINGS: usize = 4_096;

impl Symbols {
    pub fn first(&mut self, count: usize) -> Vec<PolyVariable> {
        while self.known.len() < count {
            self.known.push(symbol!(format!("fisherproof::v{}", self.known.len())));
        }
        self.known[..count].iter().map(|symbol| (*symbol).into()).collect()
    }
}

/// Runs a piece of work on the engine's thread and waits for its result.
pub fn run<T: Send + 'static>(work: impl FnOnce(&mut Symbols) -> T + Send + 'static) -> Result<T, CasError> {
    let engine = engine()?;
    let (answer, result) = mpsc::channel();
    let job: Job = Box::new(move |symbols| {
        let outcome = panic::catch_unwind(AssertUnwindSafe(|| work(symbols)));
        let _ = answer.send(outcome.map_err(reason));
    });
    let gone = || CasError::Unavailable("its thread has ended".to_owned());
    engine.send(job).map_err(|_| gone())?;
    result.recv().map_err(|_| gone())?.map_err(CasError::Failed)
}

fn reason(panic: Box<dyn Any + Send>) -> String {
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => panic.downcast_ref::<&str>().map_or("no reason given", |text| text).to_owned(),
    }
}

fn engine() -> Result<Sender<Job>, CasError> {
    let mut slot = ENGINE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(engine) = &*slot {
        return Ok(engine.clone());
    }
    let engine = start()?;
    *slot = Some(engine.clone());
    Ok(engine)
}

fn start() -> Result<Sender<Job>, CasError> {
    let turn = if licensed() { None } else { queue()? };
    if PROBE_FIRST.load(Ordering::Relaxed) && !licensed() && !free() {
        return Err(CasError::HeldElsewhere);
    }
    if !licensed() {
        note(
            "the algebra engine, Symbolica, runs in restricted mode: non-commercial use, one process at a time \
             (a key goes in SYMBOLICA_LICENSE)",
        );
    }
    GLOBAL_SETTINGS.initialize_tracing.store(false, Ordering::Relaxed);
    hush();
    let (engine, jobs) = mpsc::channel::<Job>();
    let (ready, started) = mpsc::channel();
    thread::Builder::new()
        .name(THREAD.to_owned())
        .stack_size(STACK)
        .spawn(move || {
            touch();
            let _ = ready.send(());
            let mut symbols = Symbols::default();
            for job in jobs {
                if symbols.spellings.len() > MAX_SPELLINGS {
                    symbols.spellings.clear();
                }
                job(&mut symbols);
            }
        })
        .map_err(|error| CasError::Unavailable(error.to_string()))?;
    started.recv().map_err(|_| CasError::Unavailable("its thread has ended".to_owned()))?;
    keep(turn);
    Ok(engine)
}

/// The first use of Symbolica, where it aborts when another process holds it.
fn touch() {
    let _ = Atom::var(symbol!("fisherproof::v0")) + Atom::num(1);
}

fn licensed() -> bool {
    std::env::var_os(LICENSE).is_some_and(|key| !key.is_empty())
}

fn note(text: &str) {
    if !QUIET.load(Ordering::Relaxed) {
        eprintln!("note: {text}");
    }
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

/// Waits for our turn among the runs of this user; the lock is held until the process ends.
///
/// Where no lock file can be made there is no queue, and two runs at once may clash.
fn queue() -> Result<Option<File>, CasError> {
    let Ok(file) = OpenOptions::new().create(true).truncate(false).write(true).open(lock_path()) else {
        return Ok(None);
    };
    let begin = Instant::now();
    let mut told = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::Error(_)) => return Ok(None),
            Err(TryLockError::WouldBlock) => {}
        }
        let waited = begin.elapsed();
        if waited > GIVE_UP {
            return Err(CasError::HeldElsewhere);
        }
        if waited > PATIENCE && !told {
            told = true;
            note("waiting for another run of fisherproof: Symbolica's restricted mode allows one at a time");
        }
        thread::sleep(Duration::from_millis(if told { 50 } else { 3 }));
    }
}

/// Keeps the lock for good.
///
/// A process that ends closes its files in order of their number. The duplicate made here, after
/// Symbolica's start, is closed after whatever Symbolica holds, so the next in the queue finds
/// Symbolica free.
fn keep(turn: Option<File>) {
    static TURN: Mutex<Option<File>> = Mutex::new(None);
    if let Some(file) = turn {
        let last = file.try_clone().unwrap_or(file);
        *TURN.lock().unwrap_or_else(PoisonError::into_inner) = Some(last);
    }
}

fn lock_path() -> PathBuf {
    let user = user();
    let own = PathBuf::from(format!("/run/user/{user}"));
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    [Some(own), runtime]
        .into_iter()
        .flatten()
        .find(|path| path.is_dir() && writable(path))
        .unwrap_or_else(std::env::temp_dir)
        .join(format!("fisherproof-{user}.lock"))
}

fn writable(directory: &Path) -> bool {
    directory.metadata().is_ok_and(|data| !data.permissions().readonly())
}

#[cfg(target_os = "linux")]
fn user() -> String {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").map_or_else(|_| named_user(), |data| data.uid().to_string())
}

#[cfg(not(target_os = "linux"))]
fn user() -> String {
    named_user()
}

fn named_user() -> String {
    let name = std::env::var("USER").or_else(|_| std::env::var("USERNAME")).unwrap_or_default();
    name.chars().filter(|c| c.is_ascii_alphanumeric()).collect()
}

/// Whether Symbolica can be used now, as found out by a child that tries.
///
/// A holder that is about to end is waited for, briefly.
fn free() -> bool {
    [0, 50, 150, 300].into_iter().any(|pause| {
        thread::sleep(Duration::from_millis(pause));
        probe().is_none_or(|status| status.success())
    })
}

/// The fate of the child; `None` if there could be none.
fn probe() -> Option<ExitStatus> {
    Command::new(std::env::current_exe().ok()?)
        .env(PROBE, "1")
        .env(HIDE_BANNER, "1")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_and_the_engine_lives_on() {
        set_quiet(true);
        let broken: Result<(), CasError> = run(|_| panic!("on purpose"));
        assert_eq!(broken, Err(CasError::Failed("on purpose".to_owned())));
        assert_eq!(run(|symbols| symbols.first(3).len()), Ok(3));
    }
}
