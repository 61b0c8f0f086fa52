//! Orthogonal Procrustes: the rotation or reflection that brings one set of points or axes closest to another.
//!
//! `min ‖A R − B‖` over orthogonal R is solved by R = U Vᵀ from the singular vectors of AᵀB (Schönemann, "A
//! generalized solution of the orthogonal Procrustes problem", 1966). Frame by frame it keeps a picture still, whose
//! axes are otherwise free to flip, swap and spin.

use super::matrix::{check, check_square};
use super::singular::decompose;
use crate::graph::{Error, Result};
use nalgebra::DMatrix;

const PLACE: &str = "Procrustes alignment";

/// The orthogonal R `[k, k]` for which `from` R is closest to `to`, both `[n, k]`: n points with k coordinates, or
/// k axes of n components. It may reflect. Nothing is centred or scaled.
pub fn rotation(from: &DMatrix<f64>, to: &DMatrix<f64>) -> Result<DMatrix<f64>> {
    check(PLACE, "what is aligned", from)?;
    check(PLACE, "what it is aligned to", to)?;
    if from.shape() != to.shape() {
        let ((n, k), (m, l)) = (from.shape(), to.shape());
        return Err(Error::new(PLACE, format!("[{n}, {k}] and [{m}, {l}]"), "give two of one shape"));
    }
    of_overlap(&from.tr_mul(to))
}

/// The same from AᵀB, `[k, k]`, alone: the orthogonal matrix closest to it. Directions in which nothing overlaps
/// are turned arbitrarily, but always the same way.
pub fn of_overlap(overlap: &DMatrix<f64>) -> Result<DMatrix<f64>> {
    check_square(PLACE, "the overlap", overlap)?;
    let parts = decompose(overlap)?;
    Ok(parts.left * parts.right.transpose())
}

/// `from` turned as close to `to` as it can be.
pub fn align(from: &DMatrix<f64>, to: &DMatrix<f64>) -> Result<DMatrix<f64>> {
    Ok(from * rotation(from, to)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_undone() {
        let points = DMatrix::from_row_slice(4, 2, &[1.0, 0.0, 0.5, 2.0, -1.0, 0.3, 0.2, -0.7]);
        for turn in [[0.6, -0.8, 0.8, 0.6], [0.6, 0.8, 0.8, -0.6], [0.0, 1.0, 1.0, 0.0]] {
            let turn = DMatrix::from_row_slice(2, 2, &turn);
            assert!((align(&(&points * &turn), &points).unwrap() - &points).amax() < 1e-14);
            assert!((rotation(&points, &(&points * &turn)).unwrap() - &turn).amax() < 1e-14);
        }
    }

    #[test]
    fn it_is_orthogonal_even_where_nothing_overlaps() {
        for overlap in [[0.0; 9], [1.0; 9], [0.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0]] {
            let turn = of_overlap(&DMatrix::from_row_slice(3, 3, &overlap)).unwrap();
            assert!((turn.tr_mul(&turn) - DMatrix::identity(3, 3)).amax() < 1e-14);
        }
        assert!(rotation(&DMatrix::zeros(3, 2), &DMatrix::zeros(2, 2)).unwrap_err().message.contains("[3, 2]"));
        assert!(of_overlap(&DMatrix::from_element(2, 2, f64::NAN)).is_err());
    }
}
