//! The Cholesky factor of a symmetric positive definite matrix, A = L Lᵀ, and the solution of A x = b by it.

use super::matrix::check_square;
use crate::graph::{Error, Result};
use nalgebra::{DMatrix, Dyn};

/// A factored matrix.
#[derive(Clone, Debug)]
pub struct Cholesky(nalgebra::Cholesky<f64, Dyn>);

impl Cholesky {
    /// Factors a symmetric matrix, of which only the lower triangle is read. Fails, naming the pivot, unless it is
    /// positive definite: each pivot must exceed n · 2⁻⁵² of its diagonal entry, which is about what rounding leaves of
    /// a zero. (Rounding can leave more, where the rows before are almost dependent themselves, and then a singular
    /// matrix passes.)
    pub fn factor(mut matrix: DMatrix<f64>) -> Result<Cholesky> {
        const PLACE: &str = "Cholesky factor";
        check_square(PLACE, "the matrix", &matrix)?;
        // Column by column, as in nalgebra, whose own says neither which pivot failed nor that one is nothing but
        // rounding.
        let size = matrix.nrows();
        for j in 0..size {
            let diagonal = matrix[(j, j)];
            for k in 0..j {
                let factor = -matrix[(j, k)];
                let (mut column, before) = matrix.columns_range_pair_mut(j, k);
                column.rows_range_mut(j..).axpy(factor, &before.rows_range(j..), 1.0);
            }
            let pivot = matrix[(j, j)];
            let least = size as f64 * f64::EPSILON * diagonal.abs();
            // What overflowed on the way gives a NaN, which is not greater either.
            if pivot.is_nan() || pivot <= least {
                let what = if pivot < -least { "negative" } else { "zero to rounding" };
                let message = format!("not positive definite: pivot {} of {size} is {what}", j + 1);
                return Err(Error::new(PLACE, message, "add a ridge to the diagonal, or drop dependent rows"));
            }
            let root = pivot.sqrt();
            matrix[(j, j)] = root;
            let mut below = matrix.view_range_mut(j + 1.., j);
            below /= root;
        }
        Ok(Cholesky(nalgebra::Cholesky::pack_dirty(matrix)))
    }

    /// Rows of the factored matrix.
    pub fn size(&self) -> usize {
        self.0.l_dirty().nrows()
    }

    /// The X of A X = B, for B `[size, any number of columns]`.
    pub fn solve(&self, right: &DMatrix<f64>) -> Result<DMatrix<f64>> {
        if right.nrows() != self.size() {
            let message = format!("{} equations and {} right-hand sides a column", self.size(), right.nrows());
            return Err(Error::new("Cholesky solve", message, "give one row for every equation"));
        }
        Ok(self.0.solve(right))
    }

    /// L, with zeros above its diagonal.
    pub fn lower(&self) -> DMatrix<f64> {
        self.0.l()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_that_is_not_positive_definite_is_told_by_its_pivot() {
        let refused = |n: usize, values: &[f64]| {
            Cholesky::factor(DMatrix::from_row_slice(n, n, values)).unwrap_err().message.clone()
        };
        assert_eq!(refused(2, &[1.0, 2.0, 2.0, 1.0]), "not positive definite: pivot 2 of 2 is negative");
        // Of rank 1; without a threshold the last pivot may come out as 1e-17 and the solution as noise.
        let row = [0.1, 0.7, 0.3];
        let dependent: Vec<f64> = row.iter().flat_map(|a| row.map(|b| a * b)).collect();
        assert_eq!(refused(3, &dependent), "not positive definite: pivot 2 of 3 is zero to rounding");
        assert_eq!(refused(1, &[0.0]), "not positive definite: pivot 1 of 1 is zero to rounding");
        assert!(refused(1, &[f64::NAN]).contains("not finite"));
        assert!(refused(0, &[]).contains("empty"));
        assert!(Cholesky::factor(DMatrix::zeros(2, 3)).unwrap_err().message.contains("[2, 3]"));
    }

    #[test]
    fn the_factor_solves() {
        let matrix = DMatrix::from_row_slice(3, 3, &[4.0, 2.0, 0.6, 2.0, 5.0, 1.0, 0.6, 1.0, 3.0]);
        let factored = Cholesky::factor(matrix.clone()).unwrap();
        assert!((factored.lower() * factored.lower().transpose() - &matrix).amax() < 1e-15);
        let right = DMatrix::from_row_slice(3, 2, &[1.0, 0.0, 2.0, -1.0, 3.0, 4.0]);
        assert!((&matrix * factored.solve(&right).unwrap() - &right).amax() < 1e-14);
        assert!(factored.solve(&DMatrix::zeros(2, 1)).is_err());
    }
}
