//! What was worked out for one family: plain data, read by every renderer and exporter.

use std::sync::Arc;

use crate::kernel::term::{Name, Term};
use crate::model::derivation::formula::Formula;
use crate::model::family::{Claim, Family};

use super::exchange::Exchange;
pub use super::tensor::SymmetricTensor;

/// The three outcomes of a claim, never two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    Proved,
    Refuted,
    NotProved,
}

/// p(x) = base · exp(natural · statistic − log_partition).
#[derive(Clone, Debug, PartialEq)]
pub struct ExponentialForm {
    pub natural: Vec<Term>,
    pub statistic: Vec<Term>,
    pub log_partition: Term,
    pub base: Term,
}

/// A lemma or rule that a proof rests on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Citation {
    /// The name in the table, such as `gamma-integral`.
    pub name: String,
    /// Where the literature proves it, such as "DLMF 5.9.1"; empty for rules.
    pub reference: String,
}

/// An equation; the sides may hold the formal `LogDensity`, `Derivative` and `Expectation`.
#[derive(Clone, Debug, PartialEq)]
pub struct Equation {
    pub left: Term,
    pub right: Term,
}

/// One thing that was decided.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    pub kind: CheckKind,
    pub status: Status,
    /// What was proved, entry by entry.
    pub equations: Vec<Equation>,
    /// Conditions that the declared domains do not give, in words or as inequalities.
    pub assumptions: Vec<String>,
    pub lemmas: Vec<Citation>,
    /// Steps that the kernel replayed.
    pub steps: usize,
    /// Why it is not proved, or what refutes it.
    pub reason: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CheckKind {
    Normalization,
    Score,
    Hessian,
    ZeroMeanScore,
    /// F = E[u uᵀ].
    FisherFromScore,
    /// F = −E[∂²ℓ].
    FisherFromHessian,
    /// F = Jᵀ ∇²A J.
    FisherFromLogPartition,
    Kl,
    KlTaylor,
    Mean,
    Regularity,
    /// The density stays the same when some parameters are exchanged.
    Exchange,
}

impl CheckKind {
    /// The stable word of JSON output.
    pub fn keyword(self) -> &'static str {
        match self {
            CheckKind::Normalization => "normalization",
            CheckKind::Score => "score",
            CheckKind::Hessian => "hessian",
            CheckKind::ZeroMeanScore => "zero-mean-score",
            CheckKind::FisherFromScore => "fisher-from-score",
            CheckKind::FisherFromHessian => "fisher-from-hessian",
            CheckKind::FisherFromLogPartition => "fisher-from-log-partition",
            CheckKind::Kl => "kl",
            CheckKind::KlTaylor => "kl-taylor",
            CheckKind::Mean => "mean",
            CheckKind::Regularity => "regularity",
            CheckKind::Exchange => "exchange",
        }
    }
}

/// KL(θ ‖ θ + Δ) = Σ_k (1/k!) Σ_I coefficient_I Δ^I: the partial derivatives by the second
/// argument at equality.
#[derive(Clone, Debug, PartialEq)]
pub struct KlTaylor {
    pub order0: Term,
    pub order1: SymmetricTensor,
    pub order2: SymmetricTensor,
    /// Empty where there are too many entries for them to be worked out.
    pub order3: SymmetricTensor,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ClaimOutcome {
    pub claim: Claim,
    pub status: Status,
    /// What did not vanish.
    pub residue: Option<String>,
    pub counterexample: Option<Counterexample>,
    pub assumptions: Vec<String>,
    pub reason: Option<String>,
}

/// The assumption that a term is not zero, in the words of reports.
pub fn assumed(term: &Term) -> String {
    format!("`{term} != 0`")
}

impl ClaimOutcome {
    /// Adds an assumption, once.
    pub fn assume(&mut self, assumption: String) {
        if !self.assumptions.contains(&assumption) {
            self.assumptions.push(assumption);
        }
    }
}

/// Exact values that refute a claim.
#[derive(Clone, Debug, PartialEq)]
pub struct Counterexample {
    pub at: Vec<(Name, Term)>,
    /// Which entry, such as `fisher[a, b]`.
    pub entry: String,
    pub claimed: Term,
    pub actual: Term,
    /// Decimal values of the two, to read them by.
    pub claimed_decimal: f64,
    pub actual_decimal: f64,
}

/// What a chain works out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Derivable {
    ScoreMean,
    /// An entry of the Fisher information, from the Hessian or from the score.
    Fisher,
    Kl,
}

impl Derivable {
    /// The keyword in JSON.
    pub fn keyword(self) -> &'static str {
        match self {
            Derivable::ScoreMean => "score_mean",
            Derivable::Fisher => "fisher",
            Derivable::Kl => "kl",
        }
    }
}

/// A chain of equal expressions, each link with its reason: the proof as a person reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct Derivation {
    pub of: Derivable,
    pub start: Term,
    pub links: Vec<DerivationLink>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct DerivationLink {
    pub right: Term,
    /// `linearity`, `gamma-integral`, `algebra` …; several where one step would show nothing new.
    pub reason: String,
}

/// A step of the generic proof with the family's values beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct GenericLine {
    pub item: String,
    pub start: Option<GenericFormula>,
    pub end: GenericFormula,
    pub order: Option<u32>,
    pub reason: String,
    /// The formula with the family's density in it, and what it comes to.
    pub formal: Vec<Vec<Term>>,
    pub value: Vec<Vec<Term>>,
}

/// A formula of a generic proof.
#[derive(Clone, Debug)]
pub struct GenericFormula {
    pub formula: Formula,
    /// In the syntax of the language.
    pub text: String,
    /// The order to which it is an expansion, where it is one.
    pub remainder: Option<u32>,
    /// What the formula refers to.
    pub derivation: Arc<crate::model::derivation::Derivation>,
}

/// Formulas of one proof are the same where they read alike.
impl PartialEq for GenericFormula {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.remainder == other.remainder
    }
}

/// A numeric value under `--at`, clearly not a proof.
#[derive(Clone, Debug, PartialEq)]
pub struct NumericValues {
    pub at: Vec<(Name, f64)>,
    pub fisher: Vec<Vec<Option<f64>>>,
    /// The absolute error estimate of an entry that came from quadrature; `None` for closed forms.
    pub fisher_error: Vec<Vec<Option<f64>>>,
    pub kl: Option<f64>,
    pub mean: Option<Vec<f64>>,
}

/// Everything about one family.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub family: Family,
    pub status: Status,
    pub log_density: Term,
    pub exponential: Option<ExponentialForm>,
    /// Why there is no exponential-family form, in one sentence with the term that mixes.
    pub not_exponential: Option<String>,
    /// Which parameters may be exchanged; looked for where there are many.
    pub exchange: Arc<Exchange>,
    pub score: SymmetricTensor,
    pub hessian: SymmetricTensor,
    /// Without the entries for which no closed form is known.
    pub fisher: SymmetricTensor,
    /// The null direction of a singular Fisher matrix.
    pub null_direction: Option<Vec<Term>>,
    pub mean: Option<Vec<Term>>,
    /// Second-argument parameters carry the suffix `_q`.
    pub kl: Option<Term>,
    pub kl_taylor: Option<KlTaylor>,
    pub checks: Vec<Check>,
    pub claims: Vec<ClaimOutcome>,
    /// Sentences that a reader must see: failed regularity conditions, repairs, hints.
    pub remarks: Vec<String>,
    pub derivations: Vec<Derivation>,
    /// The generic proof of KL ≈ ½ ΔᵀFΔ, step by step, with this family's values.
    pub generic: Vec<GenericLine>,
    /// Entropy, moments of T, other coordinates and the like, where asked for.
    pub further: Vec<FurtherQuantity>,
    pub values: Option<NumericValues>,
}

/// A quantity beside the usual ones.
#[derive(Clone, Debug, PartialEq)]
pub struct FurtherQuantity {
    pub name: String,
    pub definition: String,
    /// Rows of entries; none where it is not proved.
    pub value: Vec<Vec<Term>>,
    pub status: Status,
    pub reason: Option<String>,
}
