//! Tests of the library, in one binary: one process, one algebra engine.
//!
//! Tests that run the program itself are in `tests/program`, because a process that has used the
//! engine keeps it until it ends.

mod cas;
mod catalogue;
mod certificate;
mod claim;
mod exchange;
mod form;
mod generic;
mod layers;
mod lemma;
mod numeric;
mod page;
mod render;
mod sign;
mod soundness;
mod symmetry;
mod syntax;
