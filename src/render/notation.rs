//! The one semantic tree of written mathematics.
//!
//! Everything that is a matter of notation (order, signs, fractions, roots, parentheses, when `exp`
//! becomes a power of e) is decided when this tree is built, in `compose`. A format is a
//! `match` over the tree and decides nothing but spelling.
//!
//! The tree is set for two dimensions: a fraction needs no parentheses around it. A linear format
//! turns fractions into [`Notation::Slash`] through [`slash`], which adds the parentheses that a
//! line of text needs.

/// A sign in front of a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    Plus,
    Minus,
}

/// The spelling of one letter or word in the two alphabets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glyph {
    pub latex: String,
    pub text: String,
}

impl Glyph {
    pub fn new(latex: &str, text: &str) -> Glyph {
        Glyph { latex: latex.to_owned(), text: text.to_owned() }
    }
}

/// What stands at the upper right of a letter.
#[derive(Clone, Debug, PartialEq)]
pub enum Prime {
    None,
    /// ′, ″.
    Count(usize),
    /// A derivative of higher order: ⁽ⁿ⁾.
    Order(Box<Notation>),
}

/// A letter or word with what is attached to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Symbol {
    pub glyph: Glyph,
    pub subscript: Option<Box<Notation>>,
    pub prime: Prime,
}

/// The pair of signs around a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fence {
    Round,
    Square,
    Curly,
    Bars,
    /// `(a, b]`
    OpenClosed,
    /// ‖ on both sides.
    DoubleBars,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    Equal,
    Less,
    Greater,
    AtMost,
    AtLeast,
    In,
    Approximately,
    Unequal,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Separator {
    Comma,
    Semicolon,
    /// `|`, "given".
    Given,
    /// `‖` of a divergence.
    Parallel,
}

impl Separator {
    /// With the spaces around it, in tenths of a letter.
    pub fn width(self) -> usize {
        match self {
            Separator::Comma | Separator::Semicolon => 8,
            Separator::Given => 16,
            Separator::Parallel => 20,
        }
    }
}

/// Written mathematics.
#[derive(Clone, Debug, PartialEq)]
pub enum Notation {
    /// Digits, without a sign.
    Number(String),
    Symbol(Symbol),
    /// Upright words inside a formula.
    Words(String),
    /// Terms with their signs; a single one with a minus is a negative.
    Sum(Vec<(Sign, Notation)>),
    Product(Vec<Notation>),
    /// One above the other.
    Fraction(Box<Notation>, Box<Notation>),
    /// On one line, for exponents; build it with [`slash`].
    Slash(Box<Notation>, Box<Notation>),
    Power(Box<Notation>, Box<Notation>),
    /// What is no letter, with a subscript: [A B]_ij.
    Indexed(Box<Notation>, Box<Notation>),
    Root(Box<Notation>),
    Group(Fence, Box<Notation>),
    /// Letters as close as in one word: dx, ∇ℓ, the subscript ijk.
    Tight(Vec<Notation>),
    /// 𝔼[…].
    Expectation(Box<Notation>),
    /// `head(argument)`.
    Call(Box<Notation>, Box<Notation>),
    /// `log x`: an operator with an argument that needs no parentheses.
    Prefix(Box<Notation>, Box<Notation>),
    Binomial(Box<Notation>, Box<Notation>),
    Factorial(Box<Notation>),
    /// ∂ⁿ of / ∂a ∂b; the body is absent where it stands beside the operator.
    Derivative {
        of: Option<Box<Notation>>,
        by: Vec<(Notation, usize)>,
    },
    /// Σ or ∫ with its limits.
    Big {
        sign: Glyph,
        lower: Option<Box<Notation>>,
        upper: Option<Box<Notation>>,
        body: Box<Notation>,
    },
    Matrix(Vec<Vec<Notation>>),
    List(Separator, Vec<Notation>),
    Chain(Box<Notation>, Vec<(Relation, Notation)>),
}

/// How tightly a piece of linear notation holds together, loosest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Chain,
    Sum,
    /// `a/b` on a line: nothing may follow it unseparated.
    Slash,
    Product,
    /// `log x`.
    Prefix,
    Power,
    Atom,
}

impl Symbol {
    pub fn new(latex: &str, text: &str) -> Symbol {
        Symbol { glyph: Glyph::new(latex, text), subscript: None, prime: Prime::None }
    }

    /// A letter that is spelled the same everywhere.
    pub fn letter(letter: &str) -> Symbol {
        Symbol::new(letter, letter)
    }

    pub fn primed(mut self, count: usize) -> Symbol {
        self.prime = match self.prime {
            Prime::Count(own) => Prime::Count(own + count),
            _ if count > 0 => Prime::Count(count),
            other => other,
        };
        self
    }

    pub fn indexed(mut self, index: Notation) -> Symbol {
        self.subscript = Some(Box::new(index));
        self
    }

    /// A named operator such as log, which TeX spaces by itself.
    pub fn is_operator(&self) -> bool {
        self.glyph.latex.starts_with('\\') && self.glyph.text.len() > 1 && self.glyph.text.is_ascii()
    }

    /// Whether the author's own spelling already holds a superscript, so that none can be added.
    pub fn is_raised(&self) -> bool {
        self.glyph.latex.contains('^') || matches!(self.prime, Prime::Order(_))
    }
}

impl From<Symbol> for Notation {
    fn from(symbol: Symbol) -> Notation {
        Notation::Symbol(symbol)
    }
}

impl Notation {
    pub fn number(value: impl ToString) -> Notation {
        Notation::Number(value.to_string())
    }

    pub fn fraction(over: Notation, under: Notation) -> Notation {
        Notation::Fraction(Box::new(over), Box::new(under))
    }

    pub fn power(base: Notation, exponent: Notation) -> Notation {
        Notation::Power(Box::new(base), Box::new(exponent))
    }

    pub fn call(head: impl Into<Notation>, arguments: Vec<Notation>) -> Notation {
        Notation::Call(Box::new(head.into()), Box::new(Notation::comma(arguments)))
    }

    pub fn prefix(head: impl Into<Notation>, argument: Notation) -> Notation {
        Notation::Prefix(Box::new(head.into()), Box::new(argument))
    }

    pub fn comma(items: Vec<Notation>) -> Notation {
        Notation::list(Separator::Comma, items)
    }

    /// A list; of one item, the item.
    pub fn list(separator: Separator, mut items: Vec<Notation>) -> Notation {
        if items.len() == 1 { items.remove(0) } else { Notation::List(separator, items) }
    }

    pub fn group(fence: Fence, inner: Notation) -> Notation {
        Notation::Group(fence, Box::new(inner))
    }

    pub fn relate(left: Notation, relation: Relation, right: Notation) -> Notation {
        match left {
            Notation::Chain(first, mut links) => {
                links.push((relation, right));
                Notation::Chain(first, links)
            }
            left => Notation::Chain(Box::new(left), vec![(relation, right)]),
        }
    }

    pub fn equals(self, right: Notation) -> Notation {
        Notation::relate(self, Relation::Equal, right)
    }

    pub fn negated(self) -> Notation {
        match self {
            Notation::Sum(mut terms) if terms.len() == 1 && terms[0].0 == Sign::Minus => terms.remove(0).1,
            Notation::Sum(terms) => {
                Notation::Sum(vec![(Sign::Minus, Notation::group(Fence::Round, Notation::Sum(terms)))])
            }
            other => Notation::Sum(vec![(Sign::Minus, other)]),
        }
    }

    /// A product, written without a leading 1; of one factor, the factor.
    pub fn product(mut factors: Vec<Notation>) -> Notation {
        match factors.len() {
            0 => Notation::number(1),
            1 => factors.remove(0),
            _ => Notation::Product(factors),
        }
    }

    /// In round parentheses where it binds less tightly than `need`, as two dimensions see it.
    pub fn within(self, need: Level) -> Notation {
        if self.level() < need { Notation::group(Fence::Round, self) } else { self }
    }

    /// The level in two dimensions, where a fraction bar groups but does not carry an exponent.
    pub fn level(&self) -> Level {
        match self {
            Notation::Chain(..) | Notation::List(..) => Level::Chain,
            Notation::Sum(_) => Level::Sum,
            Notation::Slash(..) => Level::Slash,
            Notation::Product(_) | Notation::Big { .. } => Level::Product,
            Notation::Fraction(..) | Notation::Derivative { .. } | Notation::Prefix(..) => Level::Prefix,
            Notation::Power(..)
            | Notation::Indexed(..)
            | Notation::Factorial(_)
            | Notation::Root(_)
            | Notation::Tight(_) => Level::Power,
            Notation::Number(_) | Notation::Symbol(_) | Notation::Words(_) => Level::Atom,
            Notation::Group(..) | Notation::Call(..) | Notation::Expectation(_) => Level::Atom,
            Notation::Binomial(..) | Notation::Matrix(_) => Level::Atom,
        }
    }

    /// Whether it stands higher than a line, so that what encloses it must grow.
    pub fn is_tall(&self) -> bool {
        match self {
            Notation::Fraction(..) | Notation::Derivative { .. } => true,
            Notation::Binomial(..) | Notation::Matrix(_) | Notation::Big { .. } => true,
            Notation::Power(base, _) | Notation::Indexed(base, _) => base.is_tall(),
            _ => self.children().into_iter().any(Notation::is_tall),
        }
    }

    /// The parts at the same size; subscripts belong to their symbol.
    pub fn children(&self) -> Vec<&Notation> {
        match self {
            Notation::Number(_) | Notation::Symbol(_) | Notation::Words(_) => Vec::new(),
            Notation::Sum(terms) => terms.iter().map(|(_, term)| term).collect(),
            Notation::Product(parts) | Notation::Tight(parts) | Notation::List(_, parts) => parts.iter().collect(),
            Notation::Fraction(a, b) | Notation::Slash(a, b) | Notation::Power(a, b) => vec![a, b],
            Notation::Indexed(base, _) => vec![base],
            Notation::Call(a, b) | Notation::Prefix(a, b) | Notation::Binomial(a, b) => vec![a, b],
            Notation::Root(body) | Notation::Group(_, body) => vec![body],
            Notation::Factorial(body) | Notation::Expectation(body) => vec![body],
            Notation::Derivative { of, by } => {
                of.as_deref().into_iter().chain(by.iter().map(|(name, _)| name)).collect()
            }
            Notation::Big { body, .. } => vec![body],
            Notation::Matrix(rows) => rows.iter().flatten().collect(),
            Notation::Chain(first, links) => {
                std::iter::once(&**first).chain(links.iter().map(|(_, right)| right)).collect()
            }
        }
    }

    /// The same with other parts at the same size.
    pub fn map_children(&self, change: &mut dyn FnMut(&Notation) -> Notation) -> Notation {
        let mut copy = self.clone();
        match &mut copy {
            Notation::Number(_) | Notation::Symbol(_) | Notation::Words(_) => {}
            Notation::Sum(terms) => terms.iter_mut().for_each(|(_, term)| *term = change(term)),
            Notation::Product(parts) | Notation::Tight(parts) | Notation::List(_, parts) => {
                parts.iter_mut().for_each(|part| *part = change(part));
            }
            Notation::Fraction(a, b) | Notation::Slash(a, b) | Notation::Power(a, b) => {
                **a = change(a);
                **b = change(b);
            }
            Notation::Call(a, b) | Notation::Prefix(a, b) | Notation::Binomial(a, b) => {
                **a = change(a);
                **b = change(b);
            }
            Notation::Indexed(body, _) | Notation::Root(body) | Notation::Group(_, body) => **body = change(body),
            Notation::Factorial(body) | Notation::Expectation(body) => **body = change(body),
            Notation::Derivative { of, .. } => {
                if let Some(of) = of {
                    **of = change(of);
                }
            }
            Notation::Big { body, .. } => **body = change(body),
            Notation::Matrix(rows) => rows.iter_mut().flatten().for_each(|entry| *entry = change(entry)),
            Notation::Chain(first, links) => {
                **first = change(first);
                links.iter_mut().for_each(|(_, right)| *right = change(right));
            }
        }
        copy
    }

    /// The visual width, in tenths of an ordinary letter: what a reader sees, not what is typed.
    pub fn width(&self) -> usize {
        const OPERATOR: usize = 24;
        // Those that grow stand apart from their neighbours.
        let fences = |body: &Notation| if body.is_tall() { 25 } else { 15 };
        let stacked = |a: &Notation, b: &Notation| a.width().max(b.width());
        match self {
            Notation::Number(digits) => letters(digits),
            Notation::Words(words) => 9 * words.chars().count(),
            Notation::Symbol(symbol) => {
                let raised = match &symbol.prime {
                    Prime::None => 0,
                    Prime::Count(count) => 5 * count,
                    Prime::Order(order) => script(order) + 8,
                };
                let lowered = symbol.subscript.as_deref().map_or(0, script);
                letters(&symbol.glyph.text) + raised.max(lowered)
            }
            Notation::Sum(terms) => {
                let signs = terms.len() * OPERATOR
                    - terms.first().map_or(0, |(sign, _)| match sign {
                        Sign::Plus => OPERATOR,
                        Sign::Minus => OPERATOR / 3,
                    });
                signs + terms.iter().map(|(_, term)| term.width()).sum::<usize>()
            }
            Notation::Product(factors) => factors.iter().map(|factor| factor.width() + 2).sum(),
            Notation::Fraction(over, under) => 5 + stacked(over, under),
            Notation::Slash(over, under) => over.width() + under.width() + 10,
            Notation::Power(base, attached) | Notation::Indexed(base, attached) => base.width() + script(attached),
            Notation::Root(body) => 16 + body.width(),
            Notation::Group(_, body) => body.width() + fences(body),
            Notation::Tight(parts) => parts.iter().map(Notation::width).sum(),
            Notation::Expectation(body) => 13 + body.width() + fences(body),
            Notation::Call(head, argument) => head.width() + argument.width() + fences(argument),
            Notation::Prefix(head, argument) => head.width() + argument.width() + 4,
            Notation::Binomial(over, under) => 28 + stacked(over, under),
            Notation::Factorial(body) => body.width() + 6,
            Notation::Derivative { of, by } => {
                let partial = letters("∂");
                let under: usize =
                    by.iter().map(|(name, times)| partial + 3 + name.width() + if *times > 1 { 8 } else { 0 }).sum();
                let order: usize = by.iter().map(|(_, times)| times).sum();
                let over = partial + if order > 1 { 8 } else { 0 } + of.as_deref().map_or(0, Notation::width);
                under.max(over) + 5
            }
            Notation::Big { lower, upper, body, .. } => {
                let limits = lower.iter().chain(upper).map(|limit| script(limit)).max().unwrap_or(0);
                16 + limits + body.width()
            }
            Notation::Matrix(rows) => {
                let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
                let column =
                    |j: usize| rows.iter().filter_map(|row| row.get(j)).map(Notation::width).max().unwrap_or(0);
                33 + (0..columns).map(column).sum::<usize>() + 18 * columns.saturating_sub(1)
            }
            Notation::List(separator, items) => {
                items.iter().map(Notation::width).sum::<usize>() + separator.width() * items.len().saturating_sub(1)
            }
            Notation::Chain(first, links) => {
                first.width() + links.iter().map(|(_, right)| RELATION + right.width()).sum::<usize>()
            }
        }
    }
}

/// The width of a relation sign with its spaces.
pub const RELATION: usize = 26;

/// The width of something set as an exponent or a subscript, where operators stand close.
fn script(notation: &Notation) -> usize {
    const CLOSER: usize = 9;
    let signs = match notation {
        Notation::Sum(terms) => terms.len() - 1,
        Notation::Chain(_, links) => links.len(),
        _ => 0,
    };
    1 + (notation.width() - signs * CLOSER) * 73 / 100
}

/// The width of letters in italics, of digits, and of upright words: the metrics of Computer Modern, an em being 19.
fn letters(text: &str) -> usize {
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(letter), None) => match letter {
            'i' | 'l' | 'ι' | 't' => 7,
            'b' | 'c' | 'j' | 'e' | 'q' | 'r' | 'z' | 'ε' | 'ζ' | 'δ' | 'ξ' | 'τ' | 'I' | 'ℓ' => 8,
            'h' | 'n' | 'u' | 'x' | 'ν' | 'β' | 'κ' | 'λ' | 'μ' | 'π' | 'σ' | 'φ' | 'υ' | '∂' | 'T' | 'V' | 'Y'
            | 'J' => 11,
            'α' | 'χ' | 'ψ' | 'ω' | 'F' | 'P' | 'Γ' | 'S' | 'U' | 'L' | 'Z' => 13,
            'w' | 'A' | 'B' | 'C' | 'E' | 'O' | 'R' | 'Π' | 'Σ' | 'Φ' | 'Ω' | 'Λ' | 'Ξ' => 14,
            'm' | 'D' | 'H' | 'K' | 'M' | 'N' | 'W' | 'X' | 'Δ' | '∇' | 'G' | 'Q' | 'Ψ' | 'Θ' => 16,
            _ => 10,
        },
        // Accents take no room of their own.
        _ => text.chars().filter(|letter| !('\u{300}'..='\u{36f}').contains(letter)).count() * 10,
    }
}

/// `log x` at the end of a numerator as `log(x)`, so that nobody reads log(x/h).
fn closed(notation: &Notation) -> Notation {
    match notation {
        Notation::Prefix(head, argument) if !matches!(**argument, Notation::Call(..) | Notation::Group(..)) => {
            Notation::Call(head.clone(), argument.clone())
        }
        Notation::Product(factors) => {
            let mut factors = factors.clone();
            if let Some(last) = factors.last_mut() {
                *last = closed(last);
            }
            Notation::Product(factors)
        }
        other => other.clone(),
    }
}

/// `over/under` on one line, with the parentheses that a line needs.
pub fn slash(over: &Notation, under: &Notation) -> Notation {
    let over = match closed(over) {
        Notation::Sum(_) | Notation::Slash(..) | Notation::Fraction(..) | Notation::Derivative { .. } => {
            Notation::group(Fence::Round, over.clone())
        }
        other => other.within(Level::Product),
    };
    let under = match under {
        Notation::Fraction(..) | Notation::Derivative { .. } => Notation::group(Fence::Round, under.clone()),
        // h/log(x) rather than h/(log x).
        Notation::Prefix(..) => closed(under).within(Level::Power),
        other => other.clone().within(Level::Power),
    };
    Notation::Slash(Box::new(over), Box::new(under))
}
