//! Matrices of power series.

use crate::kernel::term::Rational;
use num_traits::One;

use super::series::{Cut, Series};

/// Rows of entries.
pub type Matrix = Vec<Vec<Series>>;

pub fn each(matrix: &Matrix, f: &dyn Fn(&Series) -> Series) -> Matrix {
    matrix.iter().map(|row| row.iter().map(f).collect()).collect()
}

pub fn sum(left: &Matrix, right: &Matrix) -> Matrix {
    left.iter()
        .zip(right)
        .map(|(first, second)| first.iter().zip(second).map(|(mine, theirs)| mine.plus(theirs)).collect())
        .collect()
}

pub fn transposed(matrix: &Matrix) -> Matrix {
    (0..matrix[0].len()).map(|column| matrix.iter().map(|row| row[column].clone()).collect()).collect()
}

pub fn product(left: &Matrix, right: &Matrix, cut: Cut) -> Matrix {
    left.iter()
        .map(|row| {
            (0..right[0].len())
                .map(|column| {
                    row.iter()
                        .zip(right)
                        .fold(Series::zero(cut), |total, (entry, other)| total.plus(&entry.times(&other[column])))
                })
                .collect()
        })
        .collect()
}

/// By the adjugate, for the sizes that families come in.
pub fn inverse(matrix: &Matrix) -> Option<Matrix> {
    let reciprocal = |determinant: &Series| determinant.power(&-Rational::one());
    match matrix.as_slice() {
        [row] => Some(vec![vec![reciprocal(&row[0])?]]),
        [first, second] => {
            let determinant = first[0].times(&second[1]).minus(&first[1].times(&second[0]));
            let scale = reciprocal(&determinant)?;
            let negative = scale.scaled(&-Rational::one());
            Some(vec![
                vec![second[1].times(&scale), first[1].times(&negative)],
                vec![second[0].times(&negative), first[0].times(&scale)],
            ])
        }
        _ => None,
    }
}
