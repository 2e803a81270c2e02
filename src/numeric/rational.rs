//! Exact numbers as floats: the kernel, where they are at home, has none.

use num_rational::BigRational;
use num_traits::ToPrimitive;

use crate::kernel::term::Rational;

impl ToPrimitive for Rational {
    fn to_i64(&self) -> Option<i64> {
        Rational::to_i64(self)
    }

    fn to_u64(&self) -> Option<u64> {
        self.to_integer().to_u64()
    }

    /// The nearest one.
    fn to_f64(&self) -> Option<f64> {
        BigRational::from(self.clone()).to_f64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_float_is_that_of_large_rationals() {
        for (above, below) in [(1, 3), (-7, 2), (i64::MAX, 3), (i64::MIN, 1), (0, 1), (1, i64::MAX), (255, 1)] {
            let large = BigRational::new(above.into(), below.into());
            let own = Rational::from(large.clone());
            assert_eq!((own.to_f64(), own.to_u64()), (large.to_f64(), large.to_u64()));
            assert_eq!((ToPrimitive::to_i64(&own), own.to_i32()), (large.to_i64(), large.to_i32()));
        }
    }
}
