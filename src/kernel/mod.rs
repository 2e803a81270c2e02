//! The trusted kernel: exact, small, free of floats, of I/O and of the rest of the crate.

pub mod domain;
pub mod term;
mod text;
