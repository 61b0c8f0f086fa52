//! Principal axes: the directions in which points vary most, any number of them.

use super::eigen::symmetric;
use super::matrix::{centre_columns, check, steady_sign};
use crate::graph::{Error, Result};
use nalgebra::DMatrix;

/// The leading principal axes of points.
#[derive(Clone, Debug, PartialEq)]
pub struct PrincipalAxes {
    /// Mean of the points, one number per dimension.
    pub mean: Vec<f64>,
    /// One axis a column, `[dimensions, axes]`, by decreasing variance; orthonormal, the component of largest
    /// magnitude positive. All zero where nothing is left to vary.
    pub directions: DMatrix<f64>,
    /// Variance along each axis, divided by the number of points.
    pub variances: Vec<f64>,
    /// Variance along all dimensions together.
    pub total: f64,
}

/// Share of the largest variance under which a variance is rounding.
const ROUNDING: f64 = 1e-13;

/// The leading `axes` (or as many as there are dimensions) of points `[points, dimensions]`.
pub fn principal_axes(points: &DMatrix<f64>, axes: usize) -> Result<PrincipalAxes> {
    check("principal axes", "the points", points)?;
    let (centred, mean) = centre_columns(points);
    let (count, dimensions) = centred.shape();
    let axes = axes.min(dimensions);
    // The covariance or the matrix of inner products, whichever is smaller; their eigenvalues are the same.
    let few = count < dimensions;
    let products = if few { &centred * centred.transpose() } else { centred.tr_mul(&centred) };
    let products = products / count as f64;
    let eigen = symmetric(&products)?;
    let mut directions = DMatrix::zeros(dimensions, axes);
    let mut variances = vec![0.0; axes];
    let least = ROUNDING * eigen.values[0].max(0.0);
    for (axis, (variance, &value)) in variances.iter_mut().zip(&eigen.values).enumerate() {
        if value <= least {
            break;
        }
        *variance = value;
        let vector = eigen.vectors.column(axis);
        if few {
            let direction = centred.tr_mul(&vector);
            let length = direction.norm() * steady_sign(direction.as_slice());
            directions.set_column(axis, &(direction / length));
        } else {
            directions.set_column(axis, &vector);
        }
    }
    Ok(PrincipalAxes { mean, directions, variances, total: products.trace() })
}

impl PrincipalAxes {
    /// Share of the variance along each axis, 0 if nothing varies.
    pub fn shares(&self) -> Vec<f64> {
        let total = if self.total > 0.0 { self.total } else { 1.0 };
        self.variances.iter().map(|variance| variance / total).collect()
    }

    /// Coordinates `[points, axes]` of points `[points, dimensions]`.
    pub fn coordinates(&self, points: &DMatrix<f64>) -> Result<DMatrix<f64>> {
        if points.ncols() != self.mean.len() {
            let message = format!("points of {} dimensions, axes of {}", points.ncols(), self.mean.len());
            return Err(Error::new("principal axes", message, "give the dimensions that the axes have"));
        }
        let mut centred = points.clone();
        for (mut column, mean) in centred.column_iter_mut().zip(&self.mean) {
            column.add_scalar_mut(-mean);
        }
        Ok(centred * &self.directions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::procrustes;
    use crate::rng::Rng;

    #[test]
    fn few_points_in_many_dimensions_have_the_axes_of_the_covariance() {
        let mut rng = Rng::new(3, "principal");
        let points = DMatrix::from_fn(6, 9, |_, column| (column + 1) as f64 * rng.normal() as f64 + 5.0);
        let axes = principal_axes(&points, 9).unwrap();
        let (centred, _) = centre_columns(&points);
        let covariance = symmetric(&(centred.tr_mul(&centred) / 6.0)).unwrap();
        for axis in 0..5 {
            assert!((axes.variances[axis] - covariance.values[axis]).abs() < 1e-12);
            assert!((axes.directions.column(axis) - covariance.vectors.column(axis)).amax() < 1e-11);
        }
        // Six centred points span five dimensions.
        assert!(axes.variances[5..].iter().all(|&v| v == 0.0) && axes.directions.columns(5, 4).amax() == 0.0);
        assert!((axes.shares().iter().sum::<f64>() - 1.0).abs() < 1e-12);
        let placed = axes.coordinates(&points).unwrap();
        assert!((placed.columns(0, 5).norm() - centred.norm()).abs() < 1e-11);
        assert!((placed.column(1).norm_squared() / 6.0 - axes.variances[1]).abs() < 1e-11);
    }

    #[test]
    fn a_moving_frame_is_held_still_by_procrustes() {
        let mut rng = Rng::new(4, "principal");
        let points = DMatrix::from_fn(30, 4, |_, _| rng.normal() as f64);
        let last = principal_axes(&points, 3).unwrap().directions;
        let moved = points.map(|v| v + 1e-3 * rng.normal() as f64);
        let turn = DMatrix::from_row_slice(3, 3, &[0.0, -1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, -1.0]);
        let next = principal_axes(&moved, 3).unwrap().directions * turn;
        assert!((procrustes::align(&next, &last).unwrap() - last).amax() < 2e-2);
    }

    #[test]
    fn degenerate_points_have_no_axes() {
        let still = principal_axes(&DMatrix::from_element(3, 2, 4.0), 5).unwrap();
        assert_eq!(
            (still.variances.clone(), still.shares(), still.directions.amax()),
            (vec![0.0; 2], vec![0.0; 2], 0.0)
        );
        assert!(principal_axes(&DMatrix::from_element(2, 2, f64::NAN), 1).is_err());
        assert!(still.coordinates(&DMatrix::zeros(1, 3)).unwrap_err().message.contains("3 dimensions, axes of 2"));
    }
}
