//! The generic engine: statements about *any* regular density, decided in an algebra of jets.
//!
//! A density p(z; θ) is abstract. Its partial derivatives are *jets* p, p_i, p_ij, … symmetric in their
//! indices; an expectation is a linear functional; vectors and matrices are index expressions, so that
//! what is proved holds for every dimension. An [`expression::Expression`] is brought to its normal
//! form, a [`polynomial::Polynomial`], by rules that come in [`layer::Layers`]. Two sides are equal
//! under a set of layers when the normal form of their difference is zero.
//!
//! Cost: deciding KL to order n grows by a factor of about 2.4 with each order (order 3 to order 10 by
//! about 300 in all), because the number of jet monomials does; with the number k of contracted indices
//! in E[(Δᵀu)^k] it grows slowly (k = 9 costs about three times k = 1), because dummies are renamed to one
//! canonical form instead of being tried. The test `growth` prints both.
//!
//! Guaranteed: a [`theorem::GenericTheorem`] is made only by the rules of `theorem.rs`, and each rewriting
//! rule is an identity under the assumptions that it records. Not guaranteed: completeness. What no
//! rule knows stays an opaque atom, and can only make an answer "not proved".

mod condition;
mod derivative;
mod expectation;
pub mod expression;
pub mod index;
pub mod layer;
mod lemma;
pub mod monomial;
mod normal;
pub mod polynomial;
mod power;
mod sample;
mod taylor;
mod text;
pub mod theorem;
pub mod theory;
