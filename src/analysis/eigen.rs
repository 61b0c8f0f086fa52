//! Eigenvalues and eigenvectors of symmetric matrices, largest first, with a stable sign.

use super::matrix::{check_square, check_values, steady_sign};
use super::order::descending;
use crate::graph::{Error, Result};
use nalgebra::{DMatrix, SymmetricEigen};

/// A symmetric matrix as V diag(values) Vᵀ.
#[derive(Clone, Debug, PartialEq)]
pub struct Eigen {
    /// Eigenvalues, largest first.
    pub values: Vec<f64>,
    /// Eigenvectors as columns, in the order of the values, orthonormal; the component of largest magnitude of
    /// each is positive.
    pub vectors: DMatrix<f64>,
}

const PLACE: &str = "eigenvalues";
/// Share of a matrix by which rounding, in single precision at worst, may make it unsymmetric.
const ASYMMETRY: f64 = 1e-4;
/// QR iterations for each eigenvalue; two are usual.
const MOST_ITERATIONS: usize = 60;

/// Decomposes a symmetric matrix. Of one that is symmetric but for rounding, the symmetric part (A + Aᵀ)/2 is
/// taken; anything else is refused.
pub fn symmetric(matrix: &DMatrix<f64>) -> Result<Eigen> {
    check_square(PLACE, "the matrix", matrix)?;
    let scale = matrix.amax();
    if scale == 0.0 {
        let size = matrix.nrows();
        return Ok(Eigen { values: vec![0.0; size], vectors: DMatrix::identity(size, size) });
    }
    let transposed = matrix.transpose();
    if (matrix - &transposed).amax() > ASYMMETRY * scale {
        return Err(Error::new(PLACE, "the matrix is not symmetric", "give A with A = Aᵀ"));
    }
    let even = matrix * 0.5 + transposed * 0.5;
    let size = even.nrows();
    let found = SymmetricEigen::try_new(even, f64::EPSILON, MOST_ITERATIONS * size).ok_or_else(|| {
        let message = format!("those of [{size}, {size}] did not converge");
        Error::new(PLACE, message, "report the matrix: this should not happen")
    })?;
    let order = descending(found.eigenvalues.as_slice());
    let mut vectors = DMatrix::zeros(size, size);
    for (to, &from) in order.iter().enumerate() {
        let column = found.eigenvectors.column(from);
        vectors.set_column(to, &(column * steady_sign(column.as_slice())));
    }
    Ok(Eigen { values: order.iter().map(|&at| found.eigenvalues[at]).collect(), vectors })
}

/// Decomposes the symmetric tridiagonal matrix of a diagonal and of the entries beside it, one fewer.
pub fn tridiagonal(diagonal: &[f64], beside: &[f64]) -> Result<Eigen> {
    if diagonal.is_empty() || beside.len() + 1 != diagonal.len() {
        let message = format!("a diagonal of {} entries and {} beside it", diagonal.len(), beside.len());
        return Err(Error::new(PLACE, message, "give one fewer beside the diagonal than on it"));
    }
    check_values(PLACE, "the matrix", diagonal)?;
    check_values(PLACE, "the matrix", beside)?;
    let entry = |i: usize, j: usize| match i.abs_diff(j) {
        0 => diagonal[i],
        1 => beside[i.min(j)],
        _ => 0.0,
    };
    symmetric(&DMatrix::from_fn(diagonal.len(), diagonal.len(), entry))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn residual(matrix: &DMatrix<f64>) -> f64 {
        let eigen = symmetric(matrix).unwrap();
        let v = &eigen.vectors;
        let values = DMatrix::from_diagonal(&nalgebra::DVector::from_vec(eigen.values.clone()));
        assert!(eigen.values.is_sorted_by(|a, b| a >= b));
        assert!((v.tr_mul(v) - DMatrix::identity(v.ncols(), v.ncols())).amax() < 1e-13);
        (matrix * v - v * values).amax() / matrix.amax()
    }

    #[test]
    #[rustfmt::skip]
    fn a_graded_matrix_keeps_values_and_vectors_together() {
        // From nalgebra's issue 1109, where an older one swapped two vectors.
        let matrix = DMatrix::from_row_slice(4, 4, &[
            -19884.07, -10.07188, 11.277279, -188560.63,
            -10.07188, 12.518197, 1.3770627, -102.97504,
            11.277279, 1.3770627, 14.587362, 113.26099,
            -188560.63, -102.97504, 113.26099, -1788112.3,
        ]);
        let eigen = symmetric(&matrix).unwrap();
        for (at, &value) in eigen.values.iter().enumerate() {
            let v = eigen.vectors.column(at).into_owned();
            let off = (&matrix * &v - &v * value).norm();
            assert!(off < 1e-9, "value {at}: off by {off}");
        }
    }

    #[test]
    fn hard_matrices_are_decomposed() {
        let ones = DMatrix::from_element(7, 7, 1.0);
        assert!(residual(&ones) < 1e-14);
        let eigen = symmetric(&ones).unwrap();
        assert!((eigen.values[0] - 7.0).abs() < 1e-14 && eigen.values[6].abs() < 1e-14);
        assert!(residual(&DMatrix::identity(5, 5)) == 0.0);
        assert!(residual(&DMatrix::from_fn(9, 9, |i, j| if i + j == 8 { 1e200 } else { 0.0 })) < 1e-14);
        assert!(residual(&DMatrix::from_fn(40, 40, |i, j| 1.0 / (i + j + 1) as f64)) < 1e-14);
        assert_eq!(symmetric(&DMatrix::from_element(1, 1, -3.0)).unwrap().values, [-3.0]);
        assert_eq!(symmetric(&DMatrix::zeros(2, 2)).unwrap().vectors, DMatrix::identity(2, 2));
        // Wilkinson's matrix: pairs of eigenvalues that agree to 14 digits.
        let diagonal: Vec<f64> = (-10i32..=10).map(|i| i.abs() as f64).collect();
        let eigen = tridiagonal(&diagonal, &[1.0; 20]).unwrap();
        assert!((eigen.values[0] - 10.746_194_182_903_39).abs() < 1e-13);
        assert!(eigen.values[0] - eigen.values[1] < 1e-13);
    }

    #[test]
    fn what_is_not_symmetric_is_refused() {
        let lopsided = DMatrix::from_row_slice(2, 2, &[1.0, 0.5, 0.4, 1.0]);
        assert!(symmetric(&lopsided).unwrap_err().message.contains("not symmetric"));
        assert!(symmetric(&DMatrix::zeros(2, 3)).is_err());
        assert!(symmetric(&DMatrix::from_element(2, 2, f64::INFINITY)).is_err());
        assert!(tridiagonal(&[1.0], &[1.0]).is_err() && tridiagonal(&[], &[]).is_err());
    }
}
