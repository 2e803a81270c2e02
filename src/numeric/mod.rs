//! Numbers: evidence, never proof.
//!
//! Two kinds live here and are kept apart.
//!
//! - **Floats** ([`special`], [`mod@evaluate`], [`quadrature`], [`summation`], [`mod@expectation`]) serve
//!   `--at`, the search for points where a claim fails, and the tests of integral lemmas. Every
//!   integral and sum comes with an [`Estimate`] of its error.
//! - **Enclosures** ([`interval`], [`elementary`], [`higher`], [`enclosure`]) are exact rational
//!   bounds without a float anywhere: two disjoint ones *refute* an equation.
//!
//! [`sample`] finds rational points that meet the declared domains, where either may be tried.
//! Nothing here proves an equation: the kernel does not know this module.

pub mod elementary;
pub mod enclosure;
pub mod evaluate;
pub mod expectation;
pub mod higher;
pub mod interval;
mod mode;
pub mod quadrature;
mod rational;
pub mod sample;
pub mod special;
pub mod summation;

pub use enclosure::enclose;
pub use evaluate::{Program, evaluate};
pub use expectation::{MOST_EVALUATIONS, Region, expectation};
pub use interval::Interval;
pub use quadrature::{Estimate, integrate};
pub use sample::sample_points;
pub use summation::sum;
