//! The trusted kernel: exact, small, free of floats, of I/O and of the rest of the crate.
//!
//! - [`term`], `calculus`, [`domain`], [`interval`]: what is spoken of, its derivatives, where it lives;
//! - [`poly`] and [`normal`]: the normal form. `special`, `trigonometry`, `roots`, [`division`], `fraction` and
//!   `points` hold its laws by subject, `interpolation` those of variables with finitely many values; `duplication`, `recurrence`, `reflection` the relations of Γ;
//! - [`sign`]: what is positive. `bounds`, `quadratic`, `affine`, `growth`, `comparison`, `bessel`, `circle`, `symmetry` are
//!   its ways; `examples` only ever says that it is not known;
//! - [`lemma`]: the integrals and sums of the literature; [`setting`] and [`theorem`]: densities and the rules,
//!   `moment` the longest of them, [`section`] joint densities cut in two, [`cases`] one coordinate's values apart,
//!   [`exchange`] the renaming of parameters;
//! - [`certificate`] and [`check`](mod@check): steps as plain data, and their replay;
//! - [`jets`]: the algebra of any regular density.

mod affine;
mod bessel;
mod bounds;
mod calculus;
pub mod cases;
pub mod certificate;
pub mod check;
mod circle;
mod comparison;
pub mod division;
pub mod domain;
mod duplication;
mod examples;
pub mod exchange;
mod fraction;
mod growth;
mod interpolation;
pub mod interval;
pub mod jets;
pub mod lemma;
pub mod memo;
mod modular;
pub mod moment;
pub mod normal;
mod points;
pub mod poly;
mod quadratic;
mod rational;
mod recurrence;
mod reflection;
mod roots;
pub mod section;
pub mod setting;
pub mod sign;
mod special;
pub mod symmetry;
pub mod term;
mod text;
pub mod theorem;
mod trigonometry;
