//! The search for counterexamples.

pub mod generic;
