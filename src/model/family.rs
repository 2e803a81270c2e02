//! A family of densities as its author declared it, every name resolved.

use super::massless::Massless;
use crate::kernel::domain::{Context, Domain, Support};
use crate::kernel::term::{Name, Term};
use crate::source::Span;

/// A probability family with scalar parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Family {
    pub name: String,
    pub title: Option<String>,
    pub variate: Support,
    /// The parameters that are differentiated by, in order of declaration.
    pub parameters: Vec<(Name, Domain)>,
    /// Known constants and covariates (`given`).
    pub constants: Vec<(Name, Domain)>,
    pub given: Vec<(Name, Domain)>,
    /// Everything known of parameters, constants and covariates, with the `where` conditions; the
    /// variate's own domain is in `variate`.
    pub context: Context,
    pub density: DensityForm,
    /// What `variate` was declared to hold besides, without mass.
    pub massless: Massless,
    /// `substitute u = log(x)`.
    pub substitution: Option<(Name, Term)>,
    /// LaTeX of names, as the author gave it.
    pub notation: Vec<(Name, String)>,
    pub source: Option<String>,
    pub claims: Vec<Claim>,
    /// Where the name stands in the source.
    pub span: Span,
}

/// How the density was written; `let` names are already unfolded.
#[derive(Clone, Debug, PartialEq)]
pub enum DensityForm {
    /// The density or mass itself, and its place.
    Density { body: Term, span: Span },
    /// Its logarithm.
    LogDensity { body: Term, span: Span },
    /// base · exp(natural · statistic − log_partition); `log_partition` may be absent only in the
    /// tree, never here.
    Exponential {
        natural: Vec<(Name, Term)>,
        statistic: Vec<(Name, Term)>,
        log_partition: Term,
        base: Term,
        span: Span,
    },
}

/// What an author believes, to be decided.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    pub quantity: Quantity,
    /// Row by row for matrices; one row for vectors; one entry for scalars; empty for properties.
    /// `kl` speaks of the second argument's parameters with the suffix `_q`.
    pub value: Vec<Vec<Term>>,
    pub span: Span,
    /// The claim as typed.
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Quantity {
    Score,
    Hessian,
    Fisher,
    /// One entry, `fisher[mu, sigma]`, as positions among the parameters.
    FisherEntry(usize, usize),
    ScoreEntry(usize),
    HessianEntry(usize, usize),
    Kl,
    Mean,
    Variance,
    Entropy,
    Natural,
    Statistic,
    LogPartition,
    Normalized,
    ExponentialFamily,
    Regular,
}
