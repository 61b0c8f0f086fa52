//! The lazy limit: regression with the kernel that the network has at its initialisation, solved once in
//! closed form. What a network could do if its features never moved.

use crate::analysis::kernel::KernelRegression;
use crate::analysis::{matrix, metrics};
use crate::graph::{Error, Result};
use nalgebra::DMatrix;

/// Kernel matrices of the initial network, `K(x, x') = (x·x') (1/N) Σ_i (1 + ε w_i·x)(1 + ε w_i·x')`, between
/// the rows of `a` and of `b`. `weights` is [D, N].
fn kernel(a: &DMatrix<f64>, b: &DMatrix<f64>, weights: &DMatrix<f64>, epsilon: f64) -> DMatrix<f64> {
    let slopes = |points: &DMatrix<f64>| (points * weights).map(|h| 1.0 + epsilon * h);
    let features = slopes(a) * slopes(b).transpose() / weights.ncols() as f64;
    (a * b.transpose()).component_mul(&features)
}

/// Test loss, as a share of the mean of y², of kernel regression without a ridge. Inputs are row-major,
/// `dimension` numbers a point.
pub(super) fn frozen_loss(
    train: (&[f32], &[f32]),
    test: (&[f32], &[f32]),
    weights: &[f32],
    dimension: usize,
    epsilon: f64,
) -> Result<f64> {
    let (x, x_test) = (matrix::from_rows(train.0, dimension)?, matrix::from_rows(test.0, dimension)?);
    let w = matrix::from_rows(weights, weights.len() / dimension)?;
    let targets = matrix::from_rows(train.1, 1)?;
    let fitted = KernelRegression::fit(kernel(&x, &x, &w, epsilon), &targets, 0.0).map_err(|error| {
        let message = format!("the kernel of {} points: {}", train.1.len(), error.message);
        Error::new("frozen kernel", message, "use fewer samples or a larger ε")
    })?;
    let predicted = fitted.predict(&kernel(&x_test, &x, &w, epsilon))?;
    metrics::relative_error(predicted.as_slice(), &matrix::widen(test.1), 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_is_the_inner_product_of_the_gradients() {
        // ∂f/∂w_i = (α/N)(1 + ε w_i·x) x, so (N/α²) Σ_i ∂f/∂w_i(x) · ∂f/∂w_i(x') = K(x, x').
        let x = DMatrix::from_row_slice(2, 3, &[0.3, -0.2, 0.5, 1.0, 0.1, -0.4]);
        let w = DMatrix::from_row_slice(3, 2, &[1.0, 0.5, 2.0, 0.0, -1.0, 1.5]);
        let (epsilon, k) = (0.2, kernel(&x, &x, &w, 0.2));
        for (i, j) in [(0, 0), (0, 1), (1, 1)] {
            let gradient = |p: usize, unit: usize| {
                let h = x.row(p).dot(&w.column(unit).transpose());
                x.row(p) * ((1.0 + epsilon * h) / 2.0)
            };
            let inner: f64 = (0..2).map(|unit| gradient(i, unit).dot(&gradient(j, unit))).sum();
            assert!((2.0 * inner - k[(i, j)]).abs() < 1e-12);
        }
    }

    #[test]
    fn a_target_in_the_span_of_the_kernel_is_learnt_exactly() {
        // With ε = 0 the kernel is linear, so a linear target is fitted everywhere.
        let x: Vec<f32> = (0..6).map(|i| (i as f32 * 1.7).sin()).collect();
        let y: Vec<f32> = x.chunks(2).map(|p| 3.0 * p[0] - p[1]).collect();
        let loss = frozen_loss((&x[..4], &y[..2]), (&x[4..], &y[2..]), &[1.0, 0.5], 2, 0.0).unwrap();
        assert!(loss < 1e-9, "{loss}");
    }

    #[test]
    fn more_points_than_the_kernel_has_dimensions_are_refused() {
        // With ε = 0 it has two.
        let x = [1.0, 0.5, -0.3, 2.0, 0.7, -1.1];
        let error = frozen_loss((&x, &[1.0, 2.0, 3.0]), (&x, &[1.0, 2.0, 3.0]), &[1.0, 0.5], 2, 0.0).unwrap_err();
        assert!(error.place == "frozen kernel" && error.message.contains("pivot 3 of 3"), "{error}");
    }
}
