//! What a document says, in which order: decided once for all formats.

mod abbreviation;
mod quantity;
mod verdict;

use crate::derive::report::{Report, Status};
use crate::kernel::term::{Name, Term};

use crate::model::read_term;

use super::Options;
use super::compose::{self, notation};
use super::names::Names;
use super::notation::{Fence, Notation, Relation, Symbol};

/// The parts of a report, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    Density,
    ExponentialFamily,
    Score,
    Hessian,
    Fisher,
    Mean,
    Kl,
    KlTaylor,
    Further,
    Values,
    Proofs,
    Claims,
    Remarks,
    Derivations,
}

impl Part {
    /// Every part with its word and its heading.
    pub const TABLE: [(Part, &'static str, &'static str); 14] = [
        (Part::Density, "density", "Density"),
        (Part::ExponentialFamily, "exponential-family", "Exponential-family form"),
        (Part::Score, "score", "Score"),
        (Part::Hessian, "hessian", "Hessian of the log-density"),
        (Part::Fisher, "fisher", "Fisher information"),
        (Part::Mean, "mean", "Mean"),
        (Part::Kl, "kl", "Kullback–Leibler divergence"),
        (Part::KlTaylor, "kl-taylor", "Expansion of the divergence"),
        (Part::Further, "further", "Further quantities"),
        (Part::Values, "values", "Numerical values"),
        (Part::Proofs, "proofs", "What was proved"),
        (Part::Claims, "claims", "Claims"),
        (Part::Remarks, "remarks", "Remarks"),
        (Part::Derivations, "derivations", "Derivations"),
    ];

    pub fn keyword(self) -> &'static str {
        self.row().1
    }

    pub fn heading(self) -> &'static str {
        self.row().2
    }

    pub fn from_keyword(keyword: &str) -> Option<Part> {
        Self::TABLE.iter().find(|row| row.1 == keyword).map(|row| row.0)
    }

    fn row(self) -> &'static (Part, &'static str, &'static str) {
        Self::TABLE.iter().find(|row| row.0 == self).expect("every part has a row")
    }
}

/// One line of a display: `left = right`, with a reason beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Absent where the line continues a chain.
    pub left: Option<Notation>,
    pub relation: Relation,
    pub right: Notation,
    pub reason: Option<String>,
}

impl Line {
    pub fn equation(left: Notation, right: Notation) -> Line {
        Line { left: Some(left), relation: Relation::Equal, right, reason: None }
    }
}

/// A piece of running text.
#[derive(Clone, Debug, PartialEq)]
pub enum Inline {
    Text(String),
    Strong(String),
    /// Text as typed: names of lemmas, claims, residues.
    Code(String),
    Math(Notation),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    Paragraph(Vec<Inline>),
    Display(Vec<Line>),
    /// A matrix, or its entries one by one where the page is too narrow for it.
    Matrix {
        head: Notation,
        letter: Symbol,
        indices: Vec<Notation>,
        rows: Vec<Vec<Notation>>,
    },
    Items(Vec<Vec<Inline>>),
    Heading(String),
}

/// The document of one family.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    pub title: String,
    pub status: Status,
    pub parts: Vec<(Part, Vec<Block>)>,
}

/// What a status is called.
pub fn status_word(status: Status) -> &'static str {
    match status {
        Status::Proved => "proved",
        Status::Refuted => "refuted",
        Status::NotProved => "not proved",
    }
}

/// A matrix as one display, or entry by entry (the upper triangle: all of ours are symmetric).
pub fn matrix_lines(block: &Block, fits: impl Fn(&Notation) -> bool) -> Vec<Line> {
    let Block::Matrix { head, letter, indices, rows } = block else { return Vec::new() };
    let matrix = Notation::Matrix(rows.clone());
    let whole = Notation::clone(head).equals(matrix.clone());
    if fits(&whole) {
        return vec![Line::equation(head.clone(), matrix)];
    }
    let mut lines = Vec::new();
    for (i, row) in rows.iter().enumerate() {
        for (j, entry) in row.iter().enumerate().skip(i) {
            let index = entry_index(&[&indices[i], &indices[j]]);
            lines.push(Line::equation(letter.clone().indexed(index).into(), entry.clone()));
        }
    }
    lines
}

/// Subscripts side by side; with commas where they have subscripts of their own.
fn entry_index(indices: &[&Notation]) -> Notation {
    let plain = |index: &&Notation| match index {
        Notation::Symbol(symbol) => symbol.subscript.is_none() && symbol.glyph.text.chars().count() == 1,
        _ => false,
    };
    let items: Vec<Notation> = indices.iter().map(|index| (*index).clone()).collect();
    if indices.iter().all(plain) { Notation::Tight(items) } else { Notation::comma(items) }
}

/// Builds the document of a report; long expressions that are repeated get letters.
pub fn of(report: &Report, options: &Options) -> Document {
    let mut document = in_full(report, options);
    abbreviation::shorten(&mut document.parts, &Names::of(&report.family), options.width);
    document
}

/// The same with every formula complete in itself.
pub fn in_full(report: &Report, options: &Options) -> Document {
    let names = Names::of(&report.family);
    let writer = Writer { report, names: &names, proof: options.proof };
    let wanted = |part: Part| match &options.only {
        Some(only) => only.contains(&part),
        None => part != Part::Derivations || options.proof,
    };
    let parts = Part::TABLE
        .iter()
        .map(|(part, ..)| *part)
        .filter(|part| wanted(*part))
        .map(|part| (part, writer.part(part)))
        .filter(|(_, blocks)| !blocks.is_empty())
        .collect();
    Document { title: title(report), status: report.status, parts }
}

/// What a family is called: its title, else its name.
pub fn title(report: &Report) -> String {
    let family = &report.family;
    family.title.clone().unwrap_or_else(|| family.name.clone())
}

fn text(words: &str) -> Inline {
    Inline::Text(words.to_owned())
}

/// `a, b and c`.
fn enumerate(items: Vec<Inline>) -> Vec<Inline> {
    let count = items.len();
    let mut out = Vec::new();
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(text(if index + 1 == count { " and " } else { ", " }));
        }
        out.push(item);
    }
    out
}

/// Ends a paragraph with a full stop, unless it has one.
fn sentence(mut inlines: Vec<Inline>) -> Block {
    match inlines.last() {
        Some(Inline::Text(words)) if words.trim_end().ends_with(['.', ':', '!', '?']) => {}
        _ => inlines.push(text(".")),
    }
    Block::Paragraph(inlines)
}

struct Writer<'a> {
    report: &'a Report,
    names: &'a Names,
    proof: bool,
}

impl Writer<'_> {
    fn say(&self, words: &str) -> Block {
        Block::Paragraph(self.prose(words))
    }

    /// Prose in which backticks mark formulas about this family, and what is typed.
    fn prose(&self, words: &str) -> Vec<Inline> {
        let pieces = words.split('`').enumerate().filter(|(_, piece)| !piece.is_empty());
        let marked = |piece: &str| self.formula(piece).map_or_else(|| Inline::Code(piece.to_owned()), Inline::Math);
        pieces.map(|(index, piece)| if index % 2 == 1 { marked(piece) } else { text(piece) }).collect()
    }

    /// A term of this family, or a relation between two, from its text.
    fn formula(&self, written: &str) -> Option<Notation> {
        let relations = [(" != ", Relation::Unequal), (" > ", Relation::Greater), (" = ", Relation::Equal)];
        for (sign, relation) in relations {
            if let Some((left, right)) = written.split_once(sign) {
                return Some(Notation::relate(self.formula(left)?, relation, self.formula(right)?));
            }
        }
        let term = read_term(written).ok()?;
        let domains = &self.report.family.context.domains;
        let variates = self.names.variates();
        let known = |name: &Name| domains.contains_key(name) || variates.contains(name);
        let base = |name: &Name| self.names.parameters().iter().any(|own| Names::primed(own) == *name);
        term.variables().iter().all(|name| known(name) || base(name)).then(|| self.written(&term))
    }

    fn part(&self, part: Part) -> Vec<Block> {
        match part {
            Part::Density => self.density(),
            Part::ExponentialFamily => self.exponential_family(),
            Part::Score => self.score(),
            Part::Hessian => self.hessian(),
            Part::Fisher => self.fisher(),
            Part::Mean => self.mean(),
            Part::Kl => self.kl(),
            Part::KlTaylor => self.report.kl_taylor.as_ref().map_or_else(Vec::new, |taylor| self.kl_taylor(taylor)),
            Part::Further => self.further(),
            Part::Values => self.report.values.as_ref().map_or_else(Vec::new, |values| self.values(values)),
            Part::Proofs => self.proofs(),
            Part::Claims => self.claims(),
            Part::Remarks => match self.report.remarks.as_slice() {
                [] => Vec::new(),
                [remark] => vec![self.say(remark)],
                remarks => vec![Block::Items(remarks.iter().map(|remark| self.prose(remark)).collect())],
            },
            Part::Derivations => self.derivations(),
        }
    }

    fn written(&self, term: &Term) -> Notation {
        notation(term, self.names)
    }

    fn letter(&self, name: &Name) -> Notation {
        self.names.symbol(name).into()
    }

    fn parameters(&self) -> Vec<Notation> {
        self.names.parameters().iter().map(|name| self.letter(name)).collect()
    }

    /// p(x; a, b).
    fn p(&self) -> Notation {
        compose::density(self.names, self.parameters())
    }

    /// (a, b), or a alone.
    fn tuple(items: Vec<Notation>) -> Notation {
        if items.len() == 1 { Notation::comma(items) } else { Notation::group(Fence::Round, Notation::comma(items)) }
    }
}

fn displayed(lines: Vec<Line>) -> Vec<Block> {
    if lines.is_empty() { Vec::new() } else { vec![Block::Display(lines)] }
}

/// Six significant digits, in scientific form where the exponent is large.
fn decimal(value: f64) -> Notation {
    if !value.is_finite() {
        return Notation::Words(value.to_string());
    }
    let magnitude = value.abs();
    let written = if magnitude == 0.0 {
        Notation::number(0)
    } else {
        let exponent = magnitude.log10().floor() as i32;
        if (-4..=6).contains(&exponent) {
            let digits = (5 - exponent).max(0) as usize;
            let fixed = format!("{magnitude:.digits$}");
            let trimmed = if fixed.contains('.') { fixed.trim_end_matches('0').trim_end_matches('.') } else { &fixed };
            Notation::number(trimmed)
        } else {
            let mantissa = format!("{:.5}", magnitude / 10f64.powi(exponent));
            let mantissa = mantissa.trim_end_matches('0').trim_end_matches('.').to_owned();
            let raised = if exponent < 0 { Notation::number(-exponent).negated() } else { Notation::number(exponent) };
            Notation::Product(vec![Notation::Number(mantissa), Notation::power(Notation::number(10), raised)])
        }
    };
    if value < 0.0 { written.negated() } else { written }
}
