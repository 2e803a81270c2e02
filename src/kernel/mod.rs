//! The trusted kernel: exact, small, free of floats, of I/O and of the rest of the crate.

mod calculus;
pub mod certificate;
pub mod check;
mod comparison;
pub mod domain;
pub mod interval;
pub mod jets;
pub mod lemma;
mod modular;
pub mod normal;
pub mod poly;
pub mod section;
pub mod sign;
pub mod symmetry;
pub mod term;
mod text;
pub mod theorem;
