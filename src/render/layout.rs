//! Breaking long formulas into rows.
//!
//! A display never breaks by itself, so the writer must break it: before relations, then before
//! top-level + and −, after commas of a list, and between the long factors of a product. Never
//! inside a fraction, a root, or delimiters that grow by themselves. Where a group has to break,
//! its delimiters get a fixed size; where a numerator is wider than the page, the fraction becomes
//! a coefficient; where a denominator is, its factors get the exponent −1.

use pretty::RcDoc;

use super::notation::{Fence, Level, Notation, Relation, Separator, Sign, slash};

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
    /// An exponent after the closing fence of a group.
    fn raised(&self, exponent: &Notation) -> String;
    /// Whether a fraction lies on the line.
    fn is_linear(&self) -> bool;
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
            Notation::Prefix(head, argument) if matches!(**argument, Notation::Fraction(..)) => {
                self.atom(head).append(self.group(Fence::Round, argument, inner))
            }
            Notation::Prefix(head, argument) => {
                self.atom(head).append(self.text(self.spelling.gap(), 1)).append(self.document(argument, inner))
            }
            Notation::Power(base, exponent) => match &**base {
                Notation::Group(fence, body) => {
                    let width = self.spelling.width(notation).saturating_sub(self.spelling.width(base));
                    let raised = self.text(&self.spelling.raised(exponent), width);
                    self.group(*fence, body, inner).append(raised)
                }
                _ => self.atom(notation),
            },
            Notation::Fraction(over, under) if self.spelling.width(under) <= inner => match unfolded(over, under) {
                Some(product) => self.document(&product, room),
                None => self.atom(notation),
            },
            Notation::Fraction(over, under) if self.spelling.is_linear() => self.slashed(over, under, room),
            Notation::Fraction(over, under) => self.document(&inverted(over, under), room),
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
        let runs: Vec<&[Notation]> = runs.into_iter().flat_map(|run| self.fitting(run, room)).collect();
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
                [one] if breaks => self.factor(one, left),
                [one, rest @ ..] if breaks => {
                    let after = Notation::product(rest.to_vec());
                    let tail =
                        self.text(&self.spelling.factors(rest, true, index < last), self.spelling.width(&after) + 2);
                    self.factor(one, left).append(self.text(self.spelling.gap(), 1)).append(tail)
                }
                _ => self.text(&self.spelling.factors(run, index > 0, index < last), width + 2),
            });
        }
        document
    }

    /// Factors in parts that fit a row, where they can be parted at all.
    fn fitting<'f>(&self, factors: &'f [Notation], room: usize) -> Vec<&'f [Notation]> {
        let mut parts = Vec::new();
        let mut rest = factors;
        while self.spelling.width(&Notation::product(rest.to_vec())) > room && !rest.iter().all(can_break) {
            let fits = |count: &usize| self.spelling.width(&Notation::product(rest[..*count].to_vec())) <= room;
            let count = (1..rest.len()).rev().find(fits).unwrap_or(1);
            if count >= rest.len() {
                break;
            }
            let (part, other) = rest.split_at(count);
            parts.push(part);
            rest = other;
        }
        parts.push(rest);
        parts
    }

    /// A fraction on the line, which breaks before its slash; nothing may stand beside it.
    fn slashed(&self, over: &Notation, under: &Notation, room: usize) -> Document {
        let Notation::Slash(over, under) = slash(over, under) else {
            return self.atom(&Notation::fraction(over.clone(), under.clone()));
        };
        let inner = room.saturating_sub(self.spelling.indent());
        // What is short stays with the slash.
        let gap = if self.spelling.width(&over) > room / 4 { RcDoc::hardline() } else { RcDoc::nil() };
        self.document(&over, room).append(gap).append(self.text("/", 1)).append(self.document(&under, inner))
    }

    /// A factor that must break, among others: as a product of its own where it is a fraction.
    fn factor(&self, factor: &Notation, room: usize) -> Document {
        match factor {
            Notation::Fraction(over, under) if self.spelling.width(under) > room => {
                self.document(&inverted(over, under), room)
            }
            _ => self.document(factor, room),
        }
    }

    fn group(&self, fence: Fence, body: &Notation, room: usize) -> Document {
        let (open, close) = self.spelling.fences(fence, body.is_tall());
        let step = self.spelling.indent();
        let room = room.saturating_sub(step);
        let written = match body {
            Notation::Fraction(over, under) if self.spelling.is_linear() && self.spelling.width(body) > room => {
                self.slashed(over, under, room)
            }
            _ => self.document(body, room),
        };
        self.text(&open, step / 2).append(written.nest(step as isize)).append(self.text(&close, step / 2))
    }

    fn atom(&self, notation: &Notation) -> Document {
        self.text(&self.spelling.write(notation), self.spelling.width(notation))
    }

    fn text(&self, text: &str, width: usize) -> Document {
        pretty::Doc::RenderLen(width, pretty::Doc::OwnedText(text.into()).into()).into()
    }
}

/// Whether a factor has places inside it where a row may end.
fn can_break(factor: &Notation) -> bool {
    opens_a_run(factor) || matches!(factor, Notation::Fraction(..))
}

/// Whether a row may begin with this factor.
fn opens_a_run(factor: &Notation) -> bool {
    match factor {
        Notation::Group(..) | Notation::Call(..) | Notation::Prefix(..) | Notation::Expectation(_) => true,
        Notation::Power(base, _) => opens_a_run(base),
        _ => false,
    }
}

/// `over/under` as a product that can be broken below the bar too.
fn inverted(over: &Notation, under: &Notation) -> Notation {
    let parts = |notation: &Notation| match notation {
        Notation::Product(factors) => factors.clone(),
        other => vec![other.clone()],
    };
    let mut factors = parts(over);
    factors.retain(|factor| *factor != Notation::number(1));
    let mut factors: Vec<Notation> = factors.into_iter().map(|factor| factor.within(Level::Prefix)).collect();
    for factor in parts(under) {
        factors.push(match factor {
            Notation::Power(base, exponent) => Notation::power(*base, exponent.negated()),
            other => Notation::power(other.within(Level::Atom), Notation::number(1).negated()),
        });
    }
    Notation::product(factors)
}

/// `over/under` as a coefficient before a sum, which can be broken.
fn unfolded(over: &Notation, under: &Notation) -> Option<Notation> {
    let coefficient = |over: Notation| Notation::fraction(over, under.clone());
    match over {
        Notation::Sum(_) => {
            let sum = Notation::group(Fence::Round, over.clone());
            Some(Notation::Product(vec![coefficient(Notation::number(1)), sum]))
        }
        Notation::Power(base, _) if matches!(**base, Notation::Group(..)) => {
            Some(Notation::Product(vec![coefficient(Notation::number(1)), over.clone()]))
        }
        Notation::Product(factors) => {
            // A number stays over the bar.
            let (first, rest) = match &factors[..] {
                [number @ Notation::Number(_), rest @ ..] => (number.clone(), rest),
                all => (Notation::number(1), all),
            };
            let mut product = vec![coefficient(first)];
            product.extend(rest.iter().cloned());
            Some(Notation::Product(product))
        }
        _ => None,
    }
}
