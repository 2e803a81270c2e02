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

    /// The message as a user sees it, with the source line underlined.
    pub fn render(&self, source: &Source, color: bool) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let mut group = level.primary_title(&self.message).id(self.code).elements(None::<Snippet<'_, annotate_snippets::Annotation<'_>>>);
        if self.primary.is_some() || !self.secondary.is_empty() {
            let mut snippet = Snippet::source(&*source.text).path(&*source.name).fold(true);
            if let Some((span, label)) = &self.primary {
                snippet = snippet.annotation(AnnotationKind::Primary.span(span.start..span.end).label(label));
            }
            for (span, label) in &self.secondary {
                snippet = snippet.annotation(AnnotationKind::Context.span(span.start..span.end).label(label));
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

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {}", self.code, self.message)
    }
}
