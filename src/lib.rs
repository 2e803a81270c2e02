//! fisherproof
#![forbid(unsafe_code)]

pub mod cas;
pub mod catalogue;
pub mod certificate;
pub mod derivation;
pub mod derive;
pub mod diagnostic;
pub mod kernel;
pub mod model;
pub mod numeric;
pub mod refute;
pub mod render;
pub mod source;
pub mod syntax;
