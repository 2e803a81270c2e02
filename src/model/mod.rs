//! Surface tree to meaning: names, domains and shapes resolved; a [`family::Family`] comes out.

pub mod family;
