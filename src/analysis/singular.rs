//! The singular value decomposition, A = U diag(σ) Vᵀ, largest value first, with a stable sign.
//!
//! One-sided Jacobi: the columns of A are rotated in pairs until all are orthogonal; their lengths are the singular
//! values (Hestenes, "Inversion of matrices by biorthogonalization and related results", 1958). The eigenvectors of
//! AᵀA do most of that turning at once, and the rotations mend what squaring has lost. The decomposition of nalgebra
//! 0.35 is not used, because it gives wrong values for some matrices of low rank; one of them is a test below.

use super::eigen::symmetric;
use super::matrix::{check, check_lengths, check_ridge, dot, rotate, steady_sign};
use super::order::descending;
use crate::graph::{Error, Result};
use nalgebra::DMatrix;

/// A matrix `[m, n]` as U diag(σ) Vᵀ with k = min(m, n) terms.
#[derive(Clone, Debug, PartialEq)]
pub struct Singular {
    /// U, `[m, k]` with orthonormal columns.
    pub left: DMatrix<f64>,
    /// σ, largest first, none negative.
    pub values: Vec<f64>,
    /// V, `[n, k]` with orthonormal columns; the component of largest magnitude of each is positive.
    pub right: DMatrix<f64>,
}

const PLACE: &str = "singular values";
/// Passes over all pairs of columns; a few are usual.
const MOST_SWEEPS: usize = 60;
/// Of a matrix whose largest entry is 1, a column shorter than this has no direction.
const NOTHING: f64 = 1e-100;

/// Decomposes a matrix.
pub fn decompose(matrix: &DMatrix<f64>) -> Result<Singular> {
    check(PLACE, "the matrix", matrix)?;
    // Fewer columns than rows are fewer pairs.
    let wide = matrix.ncols() > matrix.nrows();
    let tall = if wide { matrix.transpose() } else { matrix.clone() };
    let scale = tall.amax();
    let mut columns = if scale > 0.0 { tall / scale } else { tall };
    let turned = orthogonalise(&mut columns)?;
    let lengths: Vec<f64> = columns.column_iter().map(|column| column.norm()).collect();
    let order = descending(&lengths);
    let (rows, count) = columns.shape();
    let (mut long, mut short) = (DMatrix::zeros(rows, count), DMatrix::zeros(count, count));
    for (to, &from) in order.iter().enumerate() {
        if lengths[from] > NOTHING {
            long.set_column(to, &(columns.column(from) / lengths[from]));
        } else {
            complete(&mut long, to);
        }
        short.set_column(to, &turned.column(from));
    }
    let (mut left, mut right) = if wide { (short, long) } else { (long, short) };
    for at in 0..count {
        if steady_sign(right.column(at).as_slice()) < 0.0 {
            left.column_mut(at).neg_mut();
            right.column_mut(at).neg_mut();
        }
    }
    let value = |&at: &usize| if lengths[at] > NOTHING { lengths[at] * scale } else { 0.0 };
    Ok(Singular { left, values: order.iter().map(value).collect(), right })
}

/// Turns the columns until each is orthogonal to every other; returns by what.
fn orthogonalise(columns: &mut DMatrix<f64>) -> Result<DMatrix<f64>> {
    let (rows, count) = columns.shape();
    let mut turned = symmetric(&columns.tr_mul(columns))?.vectors;
    *columns = &*columns * &turned;
    let tolerance = f64::EPSILON * rows as f64;
    let square = |columns: &DMatrix<f64>, at: usize| {
        let column = &columns.as_slice()[at * rows..(at + 1) * rows];
        dot(column, column)
    };
    let mut squares: Vec<f64> = (0..count).map(|at| square(columns, at)).collect();
    for _ in 0..MOST_SWEEPS {
        let mut still = true;
        for i in 0..count {
            for j in i + 1..count {
                let values = columns.as_slice();
                let ab = dot(&values[i * rows..(i + 1) * rows], &values[j * rows..(j + 1) * rows]);
                let (aa, bb) = (squares[i], squares[j]);
                if ab.abs() <= tolerance * (aa.sqrt() * bb.sqrt()) || aa.min(bb) <= NOTHING * NOTHING {
                    continue;
                }
                still = false;
                // tan of the smaller of the two angles that make the inner product vanish.
                let ratio = (bb - aa) / (2.0 * ab);
                let tangent = ratio.signum() / (ratio.abs() + (1.0 + ratio * ratio).sqrt());
                let cosine = 1.0 / (1.0 + tangent * tangent).sqrt();
                let turn = (cosine, cosine * tangent);
                rotate(columns.as_mut_slice(), rows, (i, j), turn);
                rotate(turned.as_mut_slice(), count, (i, j), turn);
                (squares[i], squares[j]) = (square(columns, i), square(columns, j));
            }
        }
        if still {
            return Ok(turned);
        }
    }
    let message = format!("the columns of [{rows}, {count}] did not become orthogonal");
    Err(Error::new(PLACE, message, "report the matrix: this should not happen"))
}

/// Makes column `at` a unit vector that is orthogonal to those before it.
fn complete(basis: &mut DMatrix<f64>, at: usize) {
    // Of the unit vectors, the one that the columns so far leave most of.
    let left_of = |row: usize| 1.0 - (0..at).map(|k| basis[(row, k)] * basis[(row, k)]).sum::<f64>();
    let best = (1..basis.nrows()).fold(0, |best, row| if left_of(row) > left_of(best) { row } else { best });
    let mut column = nalgebra::DVector::zeros(basis.nrows());
    column[best] = 1.0;
    for _ in 0..2 {
        for k in 0..at {
            let along = basis.column(k).dot(&column);
            column.axpy(-along, &basis.column(k), 1.0);
        }
    }
    basis.set_column(at, &(&column / column.norm()));
}

impl Singular {
    /// Number of singular values that are more than rounding: above max(m, n) · 2⁻⁵² of the largest.
    pub fn rank(&self) -> usize {
        let size = self.left.nrows().max(self.right.nrows()) as f64;
        let largest = self.values.first().copied().unwrap_or(0.0);
        self.values.iter().filter(|&&value| value > size * f64::EPSILON * largest).count()
    }

    /// The W that minimises ‖A W − Y‖² + ridge ‖W‖², for Y `[m, any number of columns]`. Without a ridge it is the
    /// shortest of the least-squares solutions, over the [rank](Self::rank). Nothing is squared on the way: unlike
    /// normal equations, this loses no digits where A is ill conditioned, and one decomposition serves any ridge.
    pub fn solve(&self, targets: &DMatrix<f64>, ridge: f64) -> Result<DMatrix<f64>> {
        check_lengths("least squares", ("rows", self.left.nrows()), ("targets", targets.nrows()))?;
        check_ridge("least squares", ridge)?;
        let rank = self.rank();
        let mut weights = self.left.tr_mul(targets);
        for (at, mut row) in weights.row_iter_mut().enumerate() {
            let value = self.values[at];
            row *= match ridge > 0.0 {
                // σ / (σ² + λ), without squaring what may overflow.
                true if value > 0.0 => 1.0 / (value + ridge / value),
                false if at < rank => 1.0 / value,
                _ => 0.0,
            };
        }
        Ok(&self.right * weights)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn off(matrix: &DMatrix<f64>) -> f64 {
        let parts = decompose(matrix).unwrap();
        let count = parts.values.len();
        let identity = DMatrix::identity(count, count);
        assert!(parts.values.is_sorted_by(|a, b| a >= b) && parts.values[count - 1] >= 0.0);
        assert!((parts.left.tr_mul(&parts.left) - &identity).amax() < 1e-13, "U");
        assert!((parts.right.tr_mul(&parts.right) - &identity).amax() < 1e-13, "V");
        let values = DMatrix::from_diagonal(&nalgebra::DVector::from_vec(parts.values.clone()));
        let again = &parts.left * values * parts.right.transpose();
        (again - matrix).amax() / matrix.amax().max(f64::MIN_POSITIVE)
    }

    #[test]
    fn hard_matrices_are_decomposed() {
        // From nalgebra's issue 1172: its own gives 4.54 for √15.
        let ones = DMatrix::from_element(3, 5, 1.0);
        let values = decompose(&ones).unwrap().values;
        assert!((values[0] - 15f64.sqrt()).abs() < 1e-14 && values[1] < 1e-15, "{values:?}");
        for (rows, columns) in [(3, 5), (6, 21), (5, 3), (1, 4), (4, 1), (1, 1), (30, 30)] {
            assert!(off(&DMatrix::from_element(rows, columns, 1.0)) < 1e-13);
        }
        assert!(off(&DMatrix::from_row_slice(3, 3, &[1.0, 2.0, 2.0, 2.0, -1.0, -1.0, 2.0, 1.0, -1.0])) < 1e-14);
        assert!(off(&DMatrix::zeros(3, 2)) == 0.0);
        assert!(off(&DMatrix::from_fn(4, 4, |i, j| if i == 1 && j == 2 { 1e300 } else { 0.0 })) < 1e-14);
        assert!(off(&DMatrix::from_fn(12, 9, |i, j| 1.0 / (i + j + 1) as f64)) < 1e-14);
        assert!(off(&DMatrix::from_fn(9, 12, |i, j| (i * j % 3) as f64)) < 1e-13);
        assert!(decompose(&DMatrix::from_element(2, 2, f64::NAN)).is_err());
        assert!(decompose(&DMatrix::zeros(0, 2)).is_err());
    }

    #[test]
    fn least_squares_is_the_shortest_solution() {
        // Two equal columns share their weight.
        let matrix = DMatrix::from_row_slice(3, 2, &[1.0, 1.0, 2.0, 2.0, 3.0, 3.0]);
        let parts = decompose(&matrix).unwrap();
        assert_eq!(parts.rank(), 1);
        let targets = DMatrix::from_row_slice(3, 1, &[2.0, 4.0, 6.0]);
        let weights = parts.solve(&targets, 0.0).unwrap();
        assert!((weights[0] - 1.0).abs() < 1e-14 && (weights[1] - 1.0).abs() < 1e-14);
        let ridge = parts.solve(&targets, 28.0).unwrap();
        assert!((ridge[0] - 0.5).abs() < 1e-14, "{ridge}");
        assert!(parts.solve(&targets, -1.0).is_err());
        assert!(parts.solve(&DMatrix::zeros(2, 1), 0.0).is_err());
        assert_eq!(decompose(&DMatrix::zeros(3, 2)).unwrap().solve(&targets, 1.0).unwrap(), DMatrix::zeros(2, 1));
    }
}
