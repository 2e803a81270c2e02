//! Indices of vectors and matrices.

use crate::kernel::term::Name;

/// The dimension that an index ranges over; equal spaces have equal dimensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Space(pub u8);

/// A label in a slot. The dimension of a space is never specified.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Index {
    /// The only value of a one-dimensional space: slots of scalar parameters.
    Unit,
    /// A named index: a statement holds for each of its values.
    Free(Space, Name),
    /// A fresh index whose sum is still open.
    Open(Space, u32),
    /// A summed index; the sum reaches over the whole monomial.
    Bound(Space, u32),
}

impl Index {
    pub fn free(space: Space, name: &str) -> Index {
        Index::Free(space, Name::new(name))
    }

    pub fn is_bound(&self) -> bool {
        matches!(self, Index::Bound(..))
    }

    pub fn space(&self) -> Option<Space> {
        match self {
            Index::Unit => None,
            Index::Free(space, _) | Index::Open(space, _) | Index::Bound(space, _) => Some(*space),
        }
    }
}
