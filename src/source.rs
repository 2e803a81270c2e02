//! Sources and places in them.

use std::sync::Arc;

use crate::diagnostic::Diagnostic;

/// A range of bytes in a source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

impl Span {
    pub fn new(start: usize, end: usize) -> Self {
        Span { start, end }
    }

    /// The smallest span that covers both.
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// A text with the name that messages call it by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub name: Arc<str>,
    pub text: Arc<str>,
}

impl Source {
    /// The largest source that is read, in bytes; a family or a proof needs a few thousand.
    pub const LIMIT: usize = 4 * 1024 * 1024;

    pub fn new(name: &str, text: &str) -> Self {
        Source { name: Arc::from(name), text: Arc::from(text) }
    }

    /// The source in a file's bytes.
    ///
    /// # Errors
    /// When there are more than [`Source::LIMIT`] bytes, or when they are not UTF-8 text.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Self, Box<Diagnostic>> {
        if bytes.len() > Self::LIMIT {
            return Err(Box::new(Self::too_large(name, bytes.len())));
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Source::new(name, text)),
            Err(error) => {
                let line = bytes[..error.valid_up_to()].iter().filter(|&&byte| byte == b'\n').count() + 1;
                let first = error.valid_up_to() + 1;
                Err(Box::new(
                    Diagnostic::error("not-text", format!("{name} is not a UTF-8 text file"))
                        .note(format!("the first byte that is not text is byte {first} of the file, on line {line}"))
                        .help("save the file with the encoding UTF-8"),
                ))
            }
        }
    }

    /// What is said of a source with this many bytes, which need not have been read.
    pub fn too_large(name: &str, bytes: usize) -> Diagnostic {
        let mebibyte = (1024 * 1024) as f64;
        Diagnostic::error("file-too-large", format!("{name} is too large: {:.1} MiB", bytes as f64 / mebibyte))
            .note(format!("the limit is {} MiB", Self::LIMIT / (1024 * 1024)))
    }

    /// The text at a place; what lies beyond the end is empty.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.start..span.end).unwrap_or("")
    }

    /// Line and column of a byte offset, both from 1, the column in characters.
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let before = &self.text[..self.text.floor_char_boundary(offset)];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        (line, column)
    }
}
