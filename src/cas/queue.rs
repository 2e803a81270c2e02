//! The queue of this user's runs for Symbolica, whose restricted mode allows one process at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::{CasError, licensed};

/// A wait that the user is told about, and one that is given up.
const PATIENCE: Duration = Duration::from_secs(1);
const GIVE_UP: Duration = Duration::from_secs(600);

/// Our place at the head of the queue; none where there is no queue: with a licence, or where no lock file
/// can be made.
pub struct Turn(Option<File>);

impl Turn {
    /// Waits for our turn; `wait_is_long` is called once, if it is.
    ///
    /// Where no lock file can be made there is no queue, and two runs at once may clash.
    pub fn await_it(wait_is_long: impl FnOnce()) -> Result<Turn, CasError> {
        if licensed() {
            return Ok(Turn(None));
        }
        let Ok(file) = OpenOptions::new().create(true).truncate(false).write(true).open(lock_path()) else {
            return Ok(Turn(None));
        };
        let begin = Instant::now();
        let mut tell = Some(wait_is_long);
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Turn(Some(file))),
                Err(TryLockError::Error(_)) => return Ok(Turn(None)),
                Err(TryLockError::WouldBlock) => {}
            }
            let waited = begin.elapsed();
            if waited > GIVE_UP {
                return Err(CasError::HeldElsewhere);
            }
            if waited > PATIENCE
                && let Some(tell) = tell.take()
            {
                tell();
            }
            thread::sleep(Duration::from_millis(if tell.is_none() { 50 } else { 3 }));
        }
    }

    /// Keeps the place until the process ends; to be called after Symbolica's start.
    ///
    /// A process that ends closes its files in order of their number. The duplicate made here is
    /// closed after whatever Symbolica holds, so the next in the queue finds Symbolica free.
    pub fn keep(self) {
        static TURN: Mutex<Option<File>> = Mutex::new(None);
        if let Some(file) = self.0 {
            let last = file.try_clone().unwrap_or(file);
            *TURN.lock().unwrap_or_else(PoisonError::into_inner) = Some(last);
        }
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
