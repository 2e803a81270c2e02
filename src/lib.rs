//! Closed forms for probability families, derived and proved.
//!
//! An untrusted search finds a certificate; a small kernel replays it with exact rationals; only the
//! kernel can make a theorem; everything shown to a user is read off a theorem.
//!
//! ```text
//! family.fam, proof.drv         text
//!    │ syntax                   tree with byte spans and all diagnostics; knows no mathematics
//!    │ model                    names, domains, shapes resolved: a Family, a Derivation
//!    │ derive  ⇄ cas            untrusted: closed forms, lemma instances; Symbolica behind `cas`
//! Certificate                   steps: proposition, rule, premises — plain data
//!    │ kernel::check            exact; no float, no I/O
//! Theorem  or  Rejection
//!    │ render                   notation decided once, then one small file per format
//! documents
//! ```
//!
//! - [`kernel`]: terms, normal forms, lemmas, theorems; [`kernel::jets`] is the algebra of any regular
//!   density. The only part that is trusted.
//! - [`syntax`], [`model`], [`source`], [`diagnostic`]: from text to meaning, and every message.
//! - [`derive`](mod@derive): everything about one family; [`cas`] is the algebra engine it asks.
//! - [`derivation`]: proofs that people wrote, checked line by line; [`refute`] looks for counterexamples.
//! - [`numeric`]: evaluation, quadrature, enclosures; evidence and refutation, never proof.
//! - [`certificate`]: proofs in files; [`catalogue`]: the families and proofs in the program.
//! - [`render`]: text, LaTeX, Markdown, HTML, JSON.
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
