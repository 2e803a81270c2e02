//! Where a variable lives: the declared domains, and the context of conditions that a proof may use.

use std::collections::BTreeMap;

use super::term::{Name, Term};

/// The domain of one scalar.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Domain {
    /// The open interval between two bounds; `None` is infinite. `real` is `(None, None)`.
    Interval { lower: Option<Term>, upper: Option<Term> },
    /// [0, ∞).
    Nonnegative,
    /// The integers between two bounds, both included; `None` is infinite.
    Integers { lower: Option<Term>, upper: Option<Term> },
    /// Finitely many values.
    Finite(Vec<Term>),
    /// The circle, as an interval of length 2π whose ends are identified.
    Angle,
}

impl Domain {
    pub fn real() -> Domain {
        Domain::Interval { lower: None, upper: None }
    }

    pub fn positive() -> Domain {
        Domain::Interval { lower: Some(Term::zero()), upper: None }
    }

    pub fn negative() -> Domain {
        Domain::Interval { lower: None, upper: Some(Term::zero()) }
    }

    pub fn natural() -> Domain {
        Domain::Integers { lower: Some(Term::zero()), upper: None }
    }

    /// The same domain with its ends, or its values, mapped.
    pub fn map(&self, f: &mut dyn FnMut(&Term) -> Term) -> Domain {
        let mut end = |bound: &Option<Term>| bound.as_ref().map(&mut *f);
        match self {
            Domain::Interval { lower, upper } => Domain::Interval { lower: end(lower), upper: end(upper) },
            Domain::Integers { lower, upper } => Domain::Integers { lower: end(lower), upper: end(upper) },
            Domain::Finite(values) => Domain::Finite(values.iter().map(f).collect()),
            Domain::Nonnegative | Domain::Angle => self.clone(),
        }
    }

    /// Its ends, or its values.
    pub fn bounds(&self) -> Vec<&Term> {
        match self {
            Domain::Interval { lower, upper } | Domain::Integers { lower, upper } => {
                lower.iter().chain(upper.iter()).collect()
            }
            Domain::Finite(values) => values.iter().collect(),
            Domain::Nonnegative | Domain::Angle => Vec::new(),
        }
    }

    /// Whether the counting measure, rather than Lebesgue's, belongs to this domain.
    pub fn is_discrete(&self) -> bool {
        matches!(self, Domain::Integers { .. } | Domain::Finite(_))
    }
}

/// The variate of a density: independent coordinates, or finitely many joint points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Support {
    /// One domain a coordinate; `inequalities` (each term ≥ 0) cut the product down.
    Product { coordinates: Vec<(Name, Domain)>, inequalities: Vec<Term> },
    /// Joint points, each with one value a coordinate.
    Points { names: Vec<Name>, points: Vec<Vec<Term>> },
}

impl Support {
    pub fn names(&self) -> Vec<Name> {
        match self {
            Support::Product { coordinates, .. } => coordinates.iter().map(|(name, _)| name.clone()).collect(),
            Support::Points { names, .. } => names.clone(),
        }
    }

    pub fn is_discrete(&self) -> bool {
        match self {
            Support::Product { coordinates, .. } => coordinates.iter().all(|(_, domain)| domain.is_discrete()),
            Support::Points { .. } => true,
        }
    }
}

/// What is known of the variables in a proof: their domains, and terms known to be positive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    pub domains: BTreeMap<Name, Domain>,
    /// Terms that are > 0 by declaration (`where`) or by assumption.
    pub positive: Vec<Term>,
    /// Terms that are ≥ 0.
    pub nonnegative: Vec<Term>,
}

/// A domain with variables in its ends replaced.
pub fn substitute_domain(domain: &Domain, replacements: &[(Name, Term)]) -> Domain {
    match domain {
        Domain::Finite(_) => domain.clone(),
        other => other.map(&mut |bound| bound.substitute(replacements)),
    }
}
