//! Text to surface tree. Knows places and grammar, no mathematics.

pub mod tree;
