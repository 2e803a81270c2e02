//! Surface tree to meaning: names, domains and shapes resolved; a [`family::Family`] comes out.
//!
//! Whatever is resolved here keeps the shape in which it was typed: sums and products become one
//! node as far as they go, a difference is a sum, a quotient a product. Nothing is simplified, so
//! that what is proved later is what the author wrote.

mod arithmetic;
mod claim;
mod declaration;
mod density;
pub mod derivation;
mod domain;
mod expression;
pub mod family;
pub mod massless;
mod read;
mod resolve;
mod scope;

pub use read::{read_term, resolve_expression};
pub use resolve::resolve_family;
