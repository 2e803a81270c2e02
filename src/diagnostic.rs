//! The one shape of every message to a user.

use std::fmt;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use crate::source::{Source, Span};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Error,
    Warning,
}

/// A message with a place, what was expected, and a way to mend it.
///
/// `code` is a short stable word such as `unknown-name`; tests and documents refer to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub severity: Severity,
    pub code: &'static str,
    pub message: String,
    /// The place, and what is said beside its underline.
    pub primary: Option<(Span, String)>,
    /// Further places that explain the first.
    pub secondary: Vec<(Span, String)>,
    /// Facts that explain the message.
    pub notes: Vec<String>,
    /// Ways to mend it.
    pub helps: Vec<String>,
}

impl Diagnostic {
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Diagnostic {
            severity: Severity::Error,
            code,
            message: message.into(),
            primary: None,
            secondary: Vec::new(),
            notes: Vec::new(),
            helps: Vec::new(),
        }
    }

    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code, message) }
    }

    pub fn at(mut self, span: Span, label: impl Into<String>) -> Self {
        self.primary = Some((span, label.into()));
        self
    }

    pub fn also(mut self, span: Span, label: impl Into<String>) -> Self {
        self.secondary.push((span, label.into()));
        self
    }

    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.helps.push(help.into());
        self
    }

    /// Adds the candidate that the word was most likely meant to be, if one is near.
    pub fn did_you_mean<'a>(self, word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        let near = candidates.into_iter().filter(|candidate| *candidate != word).filter_map(|candidate| {
            if candidate.eq_ignore_ascii_case(word) {
                return Some((0, candidate));
            }
            let letters = word.chars().count().max(candidate.chars().count());
            let distance = edit_distance(word, candidate);
            (letters >= 3 && distance <= letters.div_ceil(3).min(3)).then_some((distance, candidate))
        });
        match near.min() {
            Some((0, candidate)) => {
                self.help(format!("did you mean `{candidate}`? Capitals and small letters are different letters"))
            }
            Some((_, candidate)) => self.help(format!("did you mean `{candidate}`?")),
            None => self,
        }
    }

    /// The message as a user sees it, with the source line underlined.
    pub fn render(&self, source: &Source, color: bool) -> String {
        let within = |span: &Span| {
            let start = source.text.floor_char_boundary(span.start);
            start..source.text.ceil_char_boundary(span.end).max(start)
        };
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let mut group = level
            .primary_title(&self.message)
            .id(self.code)
            .elements(None::<Snippet<'_, annotate_snippets::Annotation<'_>>>);
        if self.primary.is_some() || !self.secondary.is_empty() {
            let mut snippet = Snippet::source(&*source.text).path(&*source.name).fold(true);
            if let Some((span, label)) = &self.primary {
                snippet = snippet.annotation(AnnotationKind::Primary.span(within(span)).label(label));
            }
            for (span, label) in &self.secondary {
                snippet = snippet.annotation(AnnotationKind::Context.span(within(span)).label(label));
            }
            group = group.element(snippet);
        }
        for note in &self.notes {
            group = group.element(Level::NOTE.message(note));
        }
        for help in &self.helps {
            group = group.element(Level::HELP.message(help));
        }
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        renderer.render(&[group])
    }
}

/// How many letters must be added, dropped, changed or swapped with their neighbour.
fn edit_distance(from: &str, to: &str) -> usize {
    let from: Vec<char> = from.chars().collect();
    let to: Vec<char> = to.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for row in 1..=from.len() {
        let mut current = vec![row];
        for column in 1..=to.len() {
            let changed = last[column - 1] + usize::from(from[row - 1] != to[column - 1]);
            let mut least = changed.min(last[column] + 1).min(current[column - 1] + 1);
            if row > 1 && column > 1 && from[row - 1] == to[column - 2] && from[row - 2] == to[column - 1] {
                least = least.min(before[column - 2] + 1);
            }
            current.push(least);
        }
        before = std::mem::replace(&mut last, current);
    }
    last[to.len()]
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {}", self.code, self.message)
    }
}
