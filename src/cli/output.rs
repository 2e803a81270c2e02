//! Results on standard output, or in a file.

use std::fs;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::Path;

use anstyle::{AnsiColor, Style};
use fisherproof::render::Format;

use super::Failure;
use super::arguments::Document;

/// Where a document goes, and how it is written.
pub struct Destination<'a> {
    pub format: Format,
    pub width: usize,
    file: Option<&'a Path>,
}

impl<'a> Destination<'a> {
    /// # Errors
    /// When the output file is one of the inputs or cannot be one at all, or its name asks for an unknown format.
    pub fn new(document: &'a Document, targets: &[String]) -> Result<Destination<'a>, Failure> {
        let file = document.output.as_deref().filter(|path| *path != Path::new("-"));
        if let Some(path) = file {
            not_an_input(path, targets)?;
        }
        if let Some(path) = file {
            can_hold_a_file(path)?;
        }
        let ending = file.and_then(|path| path.extension()?.to_str());
        let format = match (document.format, ending) {
            (Some(format), _) => format,
            (None, None) => Format::Text,
            (None, Some(ending)) => Format::from_extension(ending).ok_or_else(|| unknown_ending(ending))?,
        };
        let width = document.width.map_or_else(|| natural_width(format, file.is_none()), usize::from);
        Ok(Destination { format, width, file })
    }

    /// # Errors
    /// When it cannot be written; a reader that has gone away is no error.
    pub fn write(&self, text: &str) -> Result<(), Failure> {
        match self.file {
            Some(path) => to_file(path, text),
            None if self.format == Format::Text => to_stdout(&styled(text)),
            None => to_stdout(text),
        }
    }
}

/// Told before any work is done.
fn can_hold_a_file(path: &Path) -> Result<(), Failure> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    match folder {
        _ if path.is_dir() => Err(Failure::Input(format!("{} is a folder", path.display()))),
        Some(folder) if !folder.is_dir() => Err(Failure::Input(format!("there is no folder {}", folder.display()))),
        _ => Ok(()),
    }
}

fn unknown_ending(ending: &str) -> Failure {
    let mend = match ending {
        "pdf" | "dvi" | "ps" => "write LaTeX with `--standalone -o FILE.tex` and run pdflatex on it",
        _ => "use .txt, .tex, .md, .html or .json, or say which with `--format`",
    };
    Failure::Input(format!("the ending .{ending} names no format that can be written: {mend}"))
}

/// Refuses to overwrite what is to be read.
pub fn not_an_input(path: &Path, targets: &[String]) -> Result<(), Failure> {
    let same = |target: &String| match (fs::canonicalize(target), fs::canonicalize(path)) {
        (Ok(target), Ok(own)) => target == own,
        _ => false,
    };
    match targets.iter().find(|target| same(target)) {
        Some(target) => Err(Failure::Input(format!("{} would overwrite the input {target}", path.display()))),
        None => Ok(()),
    }
}

pub fn to_file(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|error| Failure::Input(format!("{} cannot be written: {error}", path.display())))
}

/// Colours in the text are taken out where they are not wanted.
pub fn to_stdout(text: &str) -> Result<(), Failure> {
    let mut stream = anstream::stdout().lock();
    match stream.write_all(text.as_bytes()).and_then(|()| stream.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::Input(format!("standard output cannot be written: {error}")))
        }
        _ => Ok(()),
    }
}

/// The columns of the terminal, within what can be read.
fn natural_width(format: Format, on_screen: bool) -> usize {
    const USUAL: usize = 80;
    const WIDEST: usize = 120;
    if format != Format::Text || !on_screen || !io::stdout().is_terminal() {
        return USUAL;
    }
    terminal_size::terminal_size().map_or(USUAL, |(width, _)| usize::from(width.0).clamp(40, WIDEST))
}

/// Headings, which are the lines that are not indented, stand out.
fn styled(text: &str) -> String {
    let heading = Style::new().bold();
    let title = Style::new().bold().fg_color(Some(AnsiColor::Cyan.into()));
    let lines: Vec<&str> = text.lines().collect();
    let mut out = String::with_capacity(text.len() + 256);
    for (number, line) in lines.iter().enumerate() {
        let underlined = lines.get(number + 1).is_some_and(|next| next.starts_with('═'));
        let style = match line.chars().next() {
            None | Some(' ') => None,
            Some('═') => Some(title),
            Some(_) if underlined => Some(title),
            Some(_) => Some(heading),
        };
        match style {
            Some(style) => out.push_str(&format!("{style}{line}{style:#}\n")),
            None => {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    out
}
