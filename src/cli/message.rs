//! Messages on standard error.

use anstyle::{AnsiColor, Style};
use fisherproof::diagnostic::Diagnostic;
use fisherproof::source::Source;

/// Standard error, with or without colours.
pub struct Console {
    quiet: bool,
}

impl Console {
    pub fn new(quiet: bool) -> Console {
        Console { quiet }
    }

    pub fn error(&self, sentence: &str) {
        Self::line("error", AnsiColor::Red, sentence);
    }

    /// What helps, but is not needed; `--quiet` leaves it out.
    pub fn note(&self, sentence: &str) {
        if !self.quiet {
            Self::line("note", AnsiColor::Green, sentence);
        }
    }

    fn line(word: &str, color: AnsiColor, sentence: &str) {
        let style = Style::new().bold().fg_color(Some(color.into()));
        anstream::eprintln!("{style}{word}{style:#}: {sentence}");
    }

    /// A message about a place in a source.
    pub fn diagnostic(&self, diagnostic: &Diagnostic, source: &Source) {
        // The stream takes the colours out where they are not wanted.
        anstream::eprintln!("{}\n", diagnostic.render(source, true));
    }
}
