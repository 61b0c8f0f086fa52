//! The plane of largest variance of points in many dimensions, so that a hidden layer can be looked at.
//!
//! Principal axes are eigenvectors of the covariance, which fixes neither their signs nor, where two
//! variances are equal, their directions; drawn frame by frame, the picture would flip and spin. So each
//! frame's basis is rotated and reflected within its plane to lie as close as possible to the last one's:
//! the orthogonal Procrustes problem (see [`procrustes`]). The plane itself, and with it the variance that is
//! shown, is not changed by that.

use super::{eigen, procrustes};
use nalgebra::{DMatrix, Matrix2, MatrixXx2};

/// An orthonormal basis of the plane that is drawn: two columns of one number per dimension.
#[derive(Clone, Debug, PartialEq)]
pub struct Axes {
    /// Direction of the first and of the second drawn axis; all zero where there is no such axis.
    pub directions: [Vec<f64>; 2],
}

/// Points on their drawn axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Projection {
    /// First coordinate of each point.
    pub x: Vec<f32>,
    /// Second coordinate of each point.
    pub y: Vec<f32>,
    /// Share of the variance along each drawn axis, 0 if nothing varies.
    pub explained: [f64; 2],
    /// The axes, for the next frame.
    pub axes: Axes,
}

/// Share of the way back to its principal axes that a picture turns in one frame, at most.
const MOST_PULL: f64 = 0.05;

/// Projects `values [points, dimensions]`, row-major, on the plane of their two principal axes, turned
/// within the plane towards `last`.
pub fn project(values: &[f32], dimensions: usize, last: Option<&Axes>) -> Projection {
    let count = values.len() / dimensions.max(1);
    let mut centred = DMatrix::from_fn(count, dimensions, |row, column| values[row * dimensions + column] as f64);
    for mut column in centred.column_iter_mut() {
        let mean = column.sum() / count.max(1) as f64;
        column.add_scalar_mut(-mean);
    }
    let covariance = centred.tr_mul(&centred) / count.max(1) as f64;
    let total = covariance.trace();
    // Values that are not finite have no axes; a diverged run shows its points at the origin.
    let known = total.is_finite() && total > 0.0;
    let mut basis = if known { principal(&covariance) } else { MatrixXx2::zeros(dimensions) };
    if let Some(last) = last.filter(|last| known && last.directions[0].len() == dimensions) {
        align(&mut basis, &covariance, last);
    }
    let placed = if known { &centred * &basis } else { MatrixXx2::zeros(count) };
    let explained = [0, 1].map(|axis| {
        let variance = placed.column(axis).norm_squared() / count.max(1) as f64;
        if known { variance / total } else { 0.0 }
    });
    let coordinates = |axis: usize| placed.column(axis).iter().map(|&v| v as f32).collect();
    let directions = [0, 1].map(|axis| basis.column(axis).iter().copied().collect());
    Projection { x: coordinates(0), y: coordinates(1), explained, axes: Axes { directions } }
}

/// The two leading eigenvectors as columns.
fn principal(covariance: &DMatrix<f64>) -> MatrixXx2<f64> {
    let mut basis = MatrixXx2::zeros(covariance.nrows());
    let Ok(eigen) = eigen::symmetric(covariance) else { return basis };
    for axis in 0..covariance.nrows().min(2) {
        basis.set_column(axis, &eigen.vectors.column(axis));
    }
    basis
}

/// Turns `basis` within its plane to where the last one was, less a small share of the way, so that a picture
/// that was carried along comes to lie on its principal axes in the end. Where the two variances are equal there
/// are no such axes and nothing pulls.
fn align(basis: &mut MatrixXx2<f64>, covariance: &DMatrix<f64>, last: &Axes) {
    let overlap = DMatrix::from_fn(2, 2, |i, j| {
        basis.column(i).iter().zip(&last.directions[j]).map(|(new, old)| new * old).sum::<f64>()
    });
    let Ok(turn) = procrustes::of_overlap(&overlap) else { return };
    let mut turn = Matrix2::from_fn(|i, j| turn[(i, j)]);
    // An axis has no sign: what is left of a reflection or of more than a quarter turn is a smaller turn.
    if turn.determinant() < 0.0 {
        basis.column_mut(1).neg_mut();
        turn.row_mut(1).neg_mut();
    }
    if turn[(0, 0)] < 0.0 {
        basis.neg_mut();
        turn.neg_mut();
    }
    let variance = |axis: usize| basis.column(axis).dot(&(covariance * basis.column(axis)));
    let (first, second) = (variance(0), variance(1));
    let pull = MOST_PULL * (first - second) / (first + second).max(f64::MIN_POSITIVE);
    let (sine, cosine) = (turn[(1, 0)], turn[(0, 0)]);
    // A chord instead of an arc: `sin` of the platform would not give the same picture everywhere.
    let (sine, cosine) = (sine * (1.0 - pull), cosine + pull * sine.abs());
    let length = (sine * sine + cosine * cosine).sqrt();
    *basis = &*basis * Matrix2::new(cosine, -sine, sine, cosine) / length;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    /// Points with standard deviations 3, 2 and 0.1 along axes turned by `angle` in the first plane.
    fn cloud(angle: f64, deviations: [f64; 3]) -> Vec<f32> {
        let mut rng = Rng::new(5, "cloud");
        let (sin, cos) = angle.sin_cos();
        let point = |_| {
            let [a, b, c] = deviations.map(|deviation| deviation * rng.normal() as f64);
            [cos * a - sin * b + 10.0, sin * a + cos * b - 4.0, c].map(|v| v as f32)
        };
        (0..2000).flat_map(point).collect()
    }

    #[test]
    fn axes_shares_and_coordinates_are_those_of_the_cloud() {
        let projection = project(&cloud(0.5, [3.0, 1.0, 0.1]), 3, None);
        let [first, second] = &projection.axes.directions;
        assert!((first[0] - 0.5f64.cos()).abs() < 0.02 && (first[1] - 0.5f64.sin()).abs() < 0.02, "{first:?}");
        let dot: f64 = first.iter().zip(second).map(|(a, b)| a * b).sum();
        assert!(dot.abs() < 1e-12);
        let want = [9.0 / 10.01, 1.0 / 10.01];
        assert!((projection.explained[0] - want[0]).abs() < 0.02 && (projection.explained[1] - want[1]).abs() < 0.02);
        let mean = projection.x.iter().sum::<f32>() / 2000.0;
        assert!(mean.abs() < 1e-4, "centred: {mean}");
    }

    #[test]
    fn a_slowly_turning_cloud_is_followed_without_a_jump() {
        // Equal variances make the eigenvectors arbitrary; only the alignment keeps the picture still.
        for deviations in [[3.0, 1.0, 0.1], [2.0, 2.0, 0.1]] {
            let mut last: Option<Projection> = None;
            for frame in 0..200 {
                let next = project(&cloud(frame as f64 * 0.05, deviations), 3, last.as_ref().map(|l| &l.axes));
                if let Some(last) = &last {
                    let moves = last.x.iter().zip(&next.x).chain(last.y.iter().zip(&next.y));
                    let largest = moves.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                    assert!(largest < 0.8, "frame {frame}: a point jumped by {largest}");
                    let shown = |p: &Projection| p.explained[0] + p.explained[1];
                    assert!((shown(last) - shown(&next)).abs() < 0.01);
                }
                last = Some(next);
            }
        }
    }

    #[test]
    fn degenerate_clouds_have_axes_and_no_surprises() {
        let line = project(&[1.0, 2.0, 4.0], 1, None);
        assert_eq!((line.y.clone(), line.explained[1]), (vec![0.0; 3], 0.0));
        assert!((line.explained[0] - 1.0).abs() < 1e-12);
        let still = project(&[3.0; 8], 2, Some(&Axes { directions: [vec![1.0, 0.0], vec![0.0, 1.0]] }));
        assert_eq!((still.x, still.explained), (vec![0.0; 4], [0.0, 0.0]));
        let diverged = project(&[f32::NAN, 1.0, 2.0, f32::INFINITY], 2, None);
        assert!(diverged.x.iter().chain(&diverged.y).all(|v| *v == 0.0));
        assert!(project(&[], 3, None).x.is_empty());
        // One that follows a frame without axes is not aligned to nothing.
        let after = project(&cloud(0.2, [3.0, 1.0, 0.1]), 3, Some(&Axes { directions: [vec![0.0; 3], vec![0.0; 3]] }));
        assert!((after.explained[0] - 0.9).abs() < 0.03);
    }
}
