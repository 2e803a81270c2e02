//! Tests of the program as a user runs it: arguments and files in, output and exit code out.

mod certificate;
mod command;
mod input;
mod readme;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// What a run of the program did.
struct Run {
    code: i32,
    out: String,
    err: String,
    took: Duration,
}

impl Run {
    fn new(output: Output, took: Duration) -> Run {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the program writes UTF-8");
        Run { code: output.status.code().expect("no signal"), out: text(output.stdout), err: text(output.stderr), took }
    }

    /// Asserts the exit code, showing everything where it is another.
    #[track_caller]
    fn exits(self, code: i32) -> Run {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
        self
    }

    /// Asserts that one of the streams holds each of these.
    #[track_caller]
    fn says(self, phrases: &[&str]) -> Run {
        // Lines are filled: a phrase may be broken anywhere.
        let filled = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let all = format!("{} {}", filled(&self.out), filled(&self.err));
        for phrase in phrases {
            assert!(all.contains(phrase), "not said: {phrase}\nstdout:\n{}\nstderr:\n{}", self.out, self.err);
        }
        self
    }

    /// Asserts that neither stream holds any of these.
    #[track_caller]
    fn lacks(self, phrases: &[&str]) -> Run {
        for phrase in phrases {
            let said = self.out.contains(phrase) || self.err.contains(phrase);
            assert!(!said, "said: {phrase}\nstdout:\n{}\nstderr:\n{}", self.out, self.err);
        }
        self
    }
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fisherproof"));
    command.args(arguments).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Run {
    let begin = Instant::now();
    let output = command(arguments).output().expect("the program starts");
    Run::new(output, begin.elapsed())
}

/// With a text on standard input.
fn run_with(arguments: &[&str], input: &str) -> Run {
    let begin = Instant::now();
    let mut child = command(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("piped");
    let input = input.to_owned();
    // The program may stop reading before the end.
    let writer = std::thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
    let output = child.wait_with_output().expect("the program ends");
    writer.join().expect("the writer ends");
    Run::new(output, begin.elapsed())
}

/// A folder of its own for each test, removed in the end.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Folder {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("fisherproof-{}-{number}-{test}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder can be made");
        Folder(path)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        std::fs::write(self.0.join(name), text).expect("a file can be written");
        self.path(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn read(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(path.as_ref()).unwrap_or_else(|error| panic!("{}: {error}", path.as_ref().display()))
}
