//! The untrusted search: closed forms and the certificates that the kernel replays.
//!
//! - [`setting`]: from a declared family to the kernel's setting, with a witness;
//! - [`instance`] and `fit`: which lemma integrates the density, and with which parameters;
//! - `change`, `composed`: the changes of variable after which one may; `suggestion` reads them off the density;
//! - `shape`: lemmas whose moments take more than a shift or a derivative, each kind in a file of its own:
//!   `circle`, `lagrange`, `ratio`, `ramp`, `occupation`;
//! - [`search`]: expectations by moments and linearity, each step replayed at once by the kernel;
//! - `divergent`: integrals that do not converge, refuted at one point of the parameters;
//! - `partial`: partial fractions, where a quotient has no moment of its own;
//! - `split`: how a joint density is cut into a marginal and a conditional;
//! - `casework`: which coordinate is taken apart by its values;
//! - [`exchange`], [`tensor`]: which parameters may be exchanged, and entries of which one of each kind is held;
//! - [`recognise`]: the exponential-family form;
//! - [`simplify`]: the form a statistician would write;
//! - [`formula`]: formulas of derivations, read at one family;
//! - [`statement`]: statements about one family, decided;
//! - [`generic`]: a proof about any density, with one family's values beside it;
//! - [`quantity`]: entropy, moments of T, other coordinates, divergences;
//! - [`family`]: everything about one family, as a [`report::Report`]; `normalization`, `exponential`, `fisher` and
//!   `divergence` are its chapters.

mod casework;
mod change;
mod circle;
pub mod claim;
mod composed;
mod divergence;
mod divergent;
pub mod exchange;
mod exponential;
pub mod family;
mod fisher;
mod fit;
pub mod formula;
pub mod generic;
pub mod instance;
mod lagrange;
mod normalization;
mod occupation;
mod partial;
pub mod quantity;
mod ramp;
mod ratio;
pub mod recognise;
pub mod regularity;
pub mod report;
pub mod search;
pub mod setting;
mod shape;
pub mod simplify;
mod split;
pub mod statement;
mod suggestion;
pub mod tensor;

use num_traits::ToPrimitive;

use crate::kernel::term::Rational;

/// A rational that is a machine integer.
pub(crate) fn small_integer(value: &Rational) -> Option<i64> {
    if value.is_integer() { value.to_integer().to_i64() } else { None }
}
