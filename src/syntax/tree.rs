//! The surface tree: what was typed, with its places, before anything means anything.

use crate::kernel::term::Rational;
use crate::source::Span;

/// A node with the place it was typed at.
#[derive(Clone, Debug, PartialEq)]
pub struct Spanned<T> {
    pub node: T,
    pub span: Span,
}

/// An identifier as typed, Greek letters already spelled out (`μ` is `mu`).
pub type Ident = Spanned<String>;

/// The span of an expression in parentheses includes them.
pub type Expression = Spanned<ExpressionKind>;

impl Expression {
    /// Whether a sum, a product, a power or a sign was typed in parentheses: then its span reaches
    /// beyond its last operand.
    pub fn in_parentheses(&self) -> bool {
        match &self.node {
            ExpressionKind::Binary(_, _, last) | ExpressionKind::Negate(last) => self.span.end > last.span.end,
            _ => false,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum ExpressionKind {
    /// An exact decimal or integer literal: `0.1` is 1/10.
    Number(Rational),
    /// A variable or a constant; also `infinity`.
    Name(String),
    Negate(Box<Expression>),
    Binary(BinaryOperator, Box<Expression>, Box<Expression>),
    /// Postfix `'`.
    Transpose(Box<Expression>),
    /// Postfix `!`.
    Factorial(Box<Expression>),
    /// `f(a, b)`; also `log(p(theta))`, `KL(p(theta), p(theta + delta))`.
    Call {
        function: Ident,
        arguments: Vec<Expression>,
    },
    /// `sum(k in D, e)`, `prod(k in D, e)`.
    Binder {
        function: Ident,
        variable: Ident,
        domain: Domain,
        body: Box<Expression>,
    },
    /// `E[e]`, `F[1, 2]`, `E_data[e]`: a head with bracketed arguments.
    Index {
        head: Ident,
        arguments: Vec<Expression>,
    },
    /// `[a, b]`; rows of a matrix are vectors: `[[a, b], [c, d]]`.
    Vector(Vec<Expression>),
    /// `(a, b)`, only as a point of a joint finite support.
    Tuple(Vec<Expression>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOperator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
}

/// `positive`, `interval(0, 1)`, `{0, 1}`, `vector(d)`.
#[derive(Clone, Debug, PartialEq)]
pub enum DomainKind {
    /// A keyword with its arguments, none when it stands alone.
    Named { keyword: String, arguments: Vec<Expression> },
    /// `{…}`: values, labels or tuples.
    Finite(Vec<Expression>),
}

pub type Domain = Spanned<DomainKind>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    NotEqual,
}

/// `p1 + p2 < 1`.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    pub left: Expression,
    pub comparison: Comparison,
    pub right: Expression,
    pub span: Span,
}

/// `a : positive`, or `(y1, y2) : {(1,0), (0,1)}` with several names.
#[derive(Clone, Debug, PartialEq)]
pub struct Declaration {
    pub names: Vec<Ident>,
    pub domain: Domain,
    pub span: Span,
}

/// `parameter p1 : interval(0,1), p2 : interval(0,1) where p1 + p2 < 1`.
#[derive(Clone, Debug, PartialEq)]
pub struct Declarations {
    pub declarations: Vec<Declaration>,
    pub conditions: Vec<Condition>,
}

/// One file: families and derivations in any order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct File {
    pub items: Vec<Item>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    Family(FamilyTree),
    Derivation(DerivationTree),
}

#[derive(Clone, Debug, PartialEq)]
pub struct FamilyTree {
    pub name: Ident,
    pub title: Option<Spanned<String>>,
    pub entries: Vec<Spanned<FamilyEntry>>,
    /// False when an entry could not be read: then what seems to be missing may be in it.
    pub complete: bool,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum FamilyEntry {
    Variate(Declarations),
    Parameter(Declarations),
    Constant(Declarations),
    Given(Declarations),
    /// `density`, `mass`, `log-density`, `log-mass`.
    Density {
        discrete: bool,
        logarithmic: bool,
        body: Expression,
    },
    Let {
        name: Ident,
        body: Expression,
    },
    Notation(Vec<(Ident, Spanned<String>)>),
    Substitute {
        name: Ident,
        body: Expression,
    },
    Natural(Vec<(Ident, Expression)>),
    Statistic(Vec<(Ident, Expression)>),
    LogPartition {
        name: Ident,
        body: Expression,
    },
    Base {
        name: Ident,
        body: Expression,
    },
    Source(Spanned<String>),
    /// `claim fisher = …` has a value; `claim normalized` has none.
    Claim {
        quantity: Ident,
        indices: Vec<Ident>,
        value: Option<Expression>,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct DerivationTree {
    pub name: Ident,
    pub title: Option<Spanned<String>>,
    /// `for Normal(mu, sigma)`.
    pub family: Option<(Ident, Vec<Ident>)>,
    pub entries: Vec<Spanned<DerivationEntry>>,
    /// False when an entry could not be read.
    pub complete: bool,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum DerivationEntry {
    /// `sample n`: n independent draws.
    Sample(Ident),
    /// `notation H2 = "H^2"`.
    Notation(Vec<(Ident, Spanned<String>)>),
    Parameter(Declarations),
    Direction(Declarations),
    Constant(Declarations),
    /// `function f : …`, an abstract smooth function, for f-divergences and reparametrisations.
    Function {
        name: Ident,
        domain: Option<Domain>,
    },
    /// `density p(z; theta)`, `density p(y | x; theta) with x ~ D`.
    Density {
        name: Ident,
        variates: Vec<Ident>,
        given: Vec<Ident>,
        parameters: Vec<Ident>,
        with: Option<(Ident, Ident)>,
    },
    Define {
        name: Ident,
        body: Expression,
    },
    /// `assume well-specified`, or `assume log(p) = …`.
    Assume {
        words: Ident,
        equation: Option<(Expression, Expression)>,
    },
    Lemma {
        name: Ident,
        statement: Relation,
        chain: Chain,
    },
    Theorem {
        name: Option<Ident>,
        statement: Relation,
        chain: Chain,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub enum RelationKind {
    Equal,
    /// `~ … to order n`.
    Similar {
        order: Option<Spanned<u32>>,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct Relation {
    pub left: Expression,
    pub kind: RelationKind,
    pub right: Expression,
    pub span: Span,
}

/// A calculational proof; empty links mean that no proof was given.
#[derive(Clone, Debug, PartialEq)]
pub struct Chain {
    pub start: Option<Expression>,
    pub links: Vec<Link>,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    pub kind: RelationKind,
    pub right: Expression,
    /// `by taylor 2`, `by ZeroMeanScore, normalization`: the reasons as typed.
    pub reasons: Vec<Ident>,
    pub span: Span,
}
