//! Certificates: plain data that a search writes and the kernel replays.
//!
//! Nothing here is trusted. Each step states its proposition in full, so that it can be replayed
//! without any search.

use super::domain::Domain;
use super::term::{Name, Term};

/// What a theorem says, for all values of the parameters in their declared domains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proposition {
    /// Two terms are equal, on the support where they hold the variate.
    Equal { left: Term, right: Term },
    /// `E[of] = is`.
    Expectation { of: Term, is: Term },
    /// `of`, worked out for all values of the auxiliary variables in their domains, becomes `is`
    /// when those are given the values `at`.
    Specialization { auxiliary: Vec<(Name, Domain)>, of: Term, at: Vec<(Name, Term)>, is: Term },
    /// The density and all that is declared of it stay the same when these names are replaced by those.
    Invariance { renaming: Vec<(Name, Name)> },
}

/// A rule of inference with what it needs besides its premises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Both sides have the same normal form.
    Algebra,
    /// E over finitely many points, written out.
    Enumeration,
    /// E by a lemma of the table, after a change of variable.
    Moment(Moment),
    /// `E[Σ c_i f_i] = Σ c_i E[f_i]`: coefficients free of the variate, and earlier steps.
    Linearity(Vec<(Term, usize)>),
    /// E over one coordinate, then over the others: steps of the two parts of one of the certificate's splits.
    Tower(Tower),
    /// E as the sum over the cases of one coordinate: a step of each part of the certificate's cases.
    Cases(Vec<usize>),
    /// An earlier step with its names exchanged, one invariance of the density after the other.
    Exchange(Exchange),
}

/// Positions of a step and of the invariances that carry it to other names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    pub step: usize,
    pub invariances: Vec<usize>,
}

/// Positions of the steps that the tower property combines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tower {
    /// Which of the splits.
    pub split: usize,
    /// `E[f | the others] = g`, a step of the conditional.
    pub conditional: usize,
    /// `E[g] = v`, a step of the marginal.
    pub marginal: usize,
    /// The same two steps for 1 + f², where f is not seen to be non-negative.
    pub square: Option<(usize, usize)>,
}

impl Rule {
    pub fn name(&self) -> &'static str {
        match self {
            Rule::Algebra => "algebra",
            Rule::Enumeration => "enumeration",
            Rule::Moment(_) => "lemma",
            Rule::Linearity(_) => "linearity",
            Rule::Tower(_) => "tower",
            Rule::Cases(_) => "cases",
            Rule::Exchange(_) => "exchange",
        }
    }
}

/// A rule of inference, as people read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleEntry {
    pub name: &'static str,
    pub statement: &'static str,
}

/// Every rule for families, once; `fisherproof rules` prints this table.
pub const RULES: &[RuleEntry] = &[
    RuleEntry {
        name: "algebra",
        statement: "two terms are equal when their normal forms over exact rationals are; positivity is proved from the declared domains, and what is divided by is proved or recorded to be nonzero",
    },
    RuleEntry {
        name: "differentiation",
        statement: "derivatives of normal forms by a table with sources; part of algebra",
    },
    RuleEntry {
        name: "specialization",
        statement: "what holds for all values of some variables holds at given values in their domains (Taylor coefficients at equality, A at its natural parameter)",
    },
    RuleEntry { name: "enumeration", statement: "over finitely many points, E[f] is the sum of p(x) f(x)" },
    RuleEntry {
        name: "lemma",
        statement: "a lemma of the table, after a monotone change of variable, with shifted parameters and differentiated by its parameters, gives E[f]; its conditions are proved from the declared domains; half of it stands for half the domain where the integrand is its own mirror image",
    },
    RuleEntry {
        name: "linearity",
        statement: "if f = c1 f1 + … on the support, with c free of the variate, then E[f] = c1 E[f1] + …",
    },
    RuleEntry {
        name: "tower",
        statement: "E[f(x, y)] = E[E[f(x, y) | x]], one coordinate at a time; f is non-negative, or E[f²] is finite (Tonelli, Fubini; Billingsley, Probability and Measure, 1995, Theorem 18.3)",
    },
    RuleEntry {
        name: "cases",
        statement: "E[f] is the sum over the cases of one coordinate, each of its values or the least one and those after it, of what f p comes to there",
    },
    RuleEntry {
        name: "exchange",
        statement: "where p(σx; σθ) = p(x; θ) for a permutation σ of coordinates and parameters that keeps their domains and conditions, what is proved for θ holds for σθ (Lehmann & Casella, Theory of Point Estimation, 1998, chapter 3)",
    },
];

/// How a lemma gives an expectation: the support is cut into pieces, each the monotone image of the
/// lemma's domain, from left to right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    pub pieces: Vec<Piece>,
}

/// One piece of the support.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The lemma's name.
    pub lemma: String,
    /// The new variable, and the old one in terms of it.
    pub variable: Name,
    pub map: Term,
    /// The lemma's parameters, fixed ones included, as terms of the family's.
    pub parameters: Vec<(Name, Term)>,
    /// The density times statistic as a combination of the lemma's integrand, shifted and differentiated.
    pub parts: Vec<Part>,
    /// First terms of a series that the support leaves out.
    pub skip: u32,
    /// The piece is the image of one half of the lemma's domain, and the integrand its own mirror image.
    pub half: bool,
}

/// constant · ∂^orders of the lemma's integrand at parameters + shift.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub constant: Term,
    /// What is added to real parameters: a factor t^k shifts the exponent.
    pub shift: Vec<(Name, Term)>,
    /// How often the lemma is differentiated by each real parameter.
    pub orders: Vec<(Name, u32)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub proposition: Proposition,
    pub rule: Rule,
}

/// A list of steps; premises are named by their position, which must be earlier.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Certificate {
    /// Exact parameter values that meet every declared condition: no theorem is vacuous.
    pub witness: Vec<(Name, Term)>,
    /// How a joint density is cut for the rule `tower`, along one coordinate or another.
    pub splits: Vec<Split>,
    /// How a joint density falls apart for the rule `cases`.
    pub cases: Option<Box<Casework>>,
    pub steps: Vec<Step>,
}

/// A joint density as a marginal times a conditional, each with a certificate of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// The coordinate that is integrated first.
    pub coordinate: Name,
    /// The logarithm of the density of the others.
    pub log_marginal: Term,
    /// Its witness gives the other coordinates values too.
    pub conditional: Certificate,
    pub marginal: Certificate,
}

/// A joint density by the cases of one coordinate, each with a certificate of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Casework {
    pub coordinate: Name,
    pub parts: Vec<Certificate>,
}
