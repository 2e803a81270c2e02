//! Breaking long formulas into rows.
//!
//! A display never breaks by itself, so the writer must break it: before relations, then before
//! top-level + and −, after commas of a list, and between the long factors of a product. Never
//! inside a fraction, a root, or delimiters that grow by themselves. Where a group has to break,
//! its delimiters get a fixed size; where a numerator is wider than the page, the fraction becomes
//! a coefficient.

use pretty::RcDoc;

use super::notation::{Fence, Notation, Relation, Separator, Sign};

/// What a format must tell to have its formulas broken. Widths are in the format's own unit.
pub trait Spelling {
    fn write(&self, notation: &Notation) -> String;
    fn width(&self, notation: &Notation) -> usize;
    /// Some factors of a product, with more of it before or after them.
    fn factors(&self, factors: &[Notation], before: bool, after: bool) -> String;
    /// What stands between them and the rest on the same row.
    fn gap(&self) -> &'static str;
    /// The two fences of a group that is broken over rows.
    fn fences(&self, fence: Fence, tall: bool) -> (String, String);
    fn sign(&self, sign: Sign) -> &'static str;
    fn relation(&self, relation: Relation) -> &'static str;
    fn separator(&self, separator: Separator) -> &'static str;
    fn expectation(&self) -> &'static str;
    /// The multiplication sign at the head of a row.
    fn times(&self) -> &'static str;
    /// The width of an operator with its spaces.
    fn operator_width(&self) -> usize;
    fn separator_width(&self, separator: Separator) -> usize;
    /// How far a continuation is indented.
    fn indent(&self) -> usize;
}

/// One row; `indent` counts steps of indentation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub indent: usize,
    pub body: String,
}

/// Breaks a formula into rows no wider than `width`, where it can be broken at all.
pub fn rows(notation: &Notation, width: usize, spelling: &dyn Spelling) -> Vec<Row> {
    let document = Breaker { spelling }.document(notation, width);
    let indented = document.nest(spelling.indent() as isize);
    let mut rendered = String::new();
    indented.render_fmt(width, &mut rendered).expect("a string never fails");
    rendered
        .split('\n')
        .map(|line| {
            let body = line.trim_start_matches(' ');
            Row { indent: (line.len() - body.len()) / spelling.indent(), body: body.trim_end().to_owned() }
        })
        .collect()
}

struct Breaker<'a> {
    spelling: &'a dyn Spelling,
}

type Document = RcDoc<'static, ()>;

impl Breaker<'_> {
    /// `room` is the width of a fresh row at the present indentation.
    fn document(&self, notation: &Notation, room: usize) -> Document {
        if self.spelling.width(notation) <= room {
            return self.atom(notation);
        }
        let inner = room.saturating_sub(self.spelling.indent());
        match notation {
            Notation::Sum(terms) => self.sum(terms, inner),
            Notation::Product(factors) => self.product(factors, inner),
            Notation::Group(fence, body) => self.group(*fence, body, inner),
            Notation::Call(head, argument) => self.atom(head).append(self.group(Fence::Round, argument, inner)),
            Notation::Expectation(body) => self
                .text(self.spelling.expectation(), self.spelling.indent() / 2)
                .append(self.group(Fence::Square, body, inner)),
            // E_x[…]: a head and its brackets.
            Notation::Tight(parts) => match parts.split_last() {
                Some((Notation::Group(fence, body), head)) => {
                    self.atom(&Notation::Tight(head.to_vec())).append(self.group(*fence, body, inner))
                }
                _ => self.atom(notation),
            },
            Notation::Prefix(head, argument) if !matches!(**argument, Notation::Fraction(..)) => {
                self.atom(head).append(self.text(self.spelling.gap(), 1)).append(self.document(argument, inner))
            }
            Notation::Fraction(over, under) => match unfolded(over, under) {
                Some(product) if self.spelling.width(under) <= inner => self.document(&product, room),
                _ => self.atom(notation),
            },
            Notation::List(separator, items) => {
                let last = items.len().saturating_sub(1);
                RcDoc::concat(items.iter().enumerate().map(|(index, item)| {
                    let item = self.document(item, inner);
                    if index == last {
                        return item;
                    }
                    item.append(
                        self.text(self.spelling.separator(*separator), self.spelling.separator_width(*separator)),
                    )
                    .append(RcDoc::softline_())
                }))
            }
            Notation::Chain(first, links) => {
                let links = links.iter().map(|(relation, right)| {
                    let sign = self.text(self.spelling.relation(*relation), self.spelling.operator_width());
                    RcDoc::softline().append(sign).append(self.document(right, inner))
                });
                self.document(first, room).append(RcDoc::concat(links))
            }
            _ => self.atom(notation),
        }
    }

    fn sum(&self, terms: &[(Sign, Notation)], room: usize) -> Document {
        let operator = self.spelling.operator_width();
        let room = room.saturating_sub(operator);
        RcDoc::concat(terms.iter().enumerate().map(|(index, (sign, term))| {
            let wide = self.spelling.width(term) > room;
            let written = self.document(term, room);
            let written = if wide { written.nest(self.spelling.indent() as isize) } else { written };
            match (index, sign) {
                (0, Sign::Plus) => written,
                (0, Sign::Minus) => self.text(self.spelling.sign(Sign::Minus).trim_end(), operator / 3).append(written),
                // A term that must break anyway starts on a row of its own.
                (_, sign) => {
                    let gap = if wide { RcDoc::hardline() } else { RcDoc::softline() };
                    gap.append(self.text(self.spelling.sign(*sign), operator)).append(written)
                }
            }
        }))
    }

    /// Factors fill rows; a row that begins inside the product begins with a ×. A short coefficient
    /// stays with what it multiplies.
    fn product(&self, factors: &[Notation], room: usize) -> Document {
        let mut runs: Vec<&[Notation]> = Vec::new();
        let mut start = 0;
        for index in 1..factors.len() {
            if opens_a_run(&factors[index]) {
                runs.push(&factors[start..index]);
                start = index;
            }
        }
        runs.push(&factors[start..]);
        let times = self.text(self.spelling.times(), self.spelling.operator_width());
        let last = runs.len() - 1;
        let mut document = RcDoc::nil();
        let mut glued = 0;
        for (index, run) in runs.into_iter().enumerate() {
            let width = self.spelling.width(&Notation::product(run.to_vec()));
            let left = room.saturating_sub(glued);
            let breakable = run.len() == 1 || opens_a_run(&run[0]) || matches!(run[0], Notation::Fraction(..));
            let breaks = width > left && breakable;
            if index > 0 {
                let together = self.text(self.spelling.gap(), 1);
                let broken = RcDoc::hardline().append(times.clone());
                document = document.append(match (glued > 0, breaks) {
                    (true, _) => together,
                    (false, true) => broken,
                    (false, false) => broken.flat_alt(together).group(),
                });
            }
            glued = if width < room / 4 { glued + width + 2 } else { 0 };
            document = document.append(match run {
                [one] if breaks => self.document(one, left),
                [one, rest @ ..] if breaks => {
                    let after = Notation::product(rest.to_vec());
                    let tail =
                        self.text(&self.spelling.factors(rest, true, index < last), self.spelling.width(&after) + 2);
                    self.document(one, left).append(self.text(self.spelling.gap(), 1)).append(tail)
                }
                _ => self.text(&self.spelling.factors(run, index > 0, index < last), width + 2),
            });
        }
        document
    }

    fn group(&self, fence: Fence, body: &Notation, room: usize) -> Document {
        let (open, close) = self.spelling.fences(fence, body.is_tall());
        let step = self.spelling.indent();
        self.text(&open, step / 2)
            .append(self.document(body, room.saturating_sub(step)).nest(step as isize))
            .append(self.text(&close, step / 2))
    }

    fn atom(&self, notation: &Notation) -> Document {
        self.text(&self.spelling.write(notation), self.spelling.width(notation))
    }

    fn text(&self, text: &str, width: usize) -> Document {
        pretty::Doc::RenderLen(width, pretty::Doc::OwnedText(text.into()).into()).into()
    }
}

/// Whether a row may begin with this factor.
fn opens_a_run(factor: &Notation) -> bool {
    match factor {
        Notation::Group(..) | Notation::Call(..) | Notation::Prefix(..) | Notation::Expectation(_) => true,
        Notation::Power(base, _) => opens_a_run(base),
        _ => false,
    }
}

/// `over/under` as a coefficient before a sum, which can be broken.
fn unfolded(over: &Notation, under: &Notation) -> Option<Notation> {
    let below = Notation::fraction(Notation::number(1), under.clone());
    match over {
        Notation::Sum(_) => Some(Notation::Product(vec![below, Notation::group(Fence::Round, over.clone())])),
        Notation::Product(factors) => {
            let mut product = vec![below];
            product.extend(factors.iter().cloned());
            Some(Notation::Product(product))
        }
        _ => None,
    }
}
