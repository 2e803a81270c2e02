//! The trusted kernel: exact, small, free of floats, of I/O and of the rest of the crate.

mod affine;
mod calculus;
pub mod certificate;
pub mod check;
mod circle;
mod comparison;
pub mod domain;
mod duplication;
mod examples;
pub mod exchange;
mod growth;
pub mod interval;
pub mod jets;
pub mod lemma;
pub mod memo;
mod modular;
pub mod normal;
pub mod poly;
mod rational;
mod recurrence;
mod reflection;
pub mod section;
pub mod sign;
pub mod symmetry;
pub mod term;
mod text;
pub mod theorem;
