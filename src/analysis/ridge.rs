//! Ridge regression by normal equations, of the smaller of their two forms.

use super::cholesky::Cholesky;
use super::matrix::{check, check_lengths, check_ridge};
use crate::graph::Result;
use nalgebra::DMatrix;

/// The W `[features, outputs]` that minimises ‖X W − Y‖² + ridge ‖W‖² for X `[samples, features]` and Y
/// `[samples, outputs]`; sums, not means, and no intercept (for one: [`probe::ridge_regression`]).
///
/// With fewer features than samples, W = (XᵀX + ridge I)⁻¹ XᵀY; else the same by W = Xᵀ (XXᵀ + ridge I)⁻¹ Y, which
/// without a ridge is the shortest W that fits exactly. Fails, naming the pivot, where that matrix is singular. It
/// squares the condition of X: where that matters take [`singular::Singular::solve`].
///
/// [`probe::ridge_regression`]: super::probe::ridge_regression
/// [`singular::Singular::solve`]: super::singular::Singular::solve
pub fn fit(inputs: &DMatrix<f64>, targets: &DMatrix<f64>, ridge: f64) -> Result<DMatrix<f64>> {
    const PLACE: &str = "ridge regression";
    check(PLACE, "the input", inputs)?;
    check(PLACE, "the target", targets)?;
    check_lengths(PLACE, ("inputs", inputs.nrows()), ("targets", targets.nrows()))?;
    check_ridge(PLACE, ridge)?;
    let factored = |mut gram: DMatrix<f64>| {
        add_to_diagonal(&mut gram, ridge);
        Cholesky::factor(gram).map_err(|error| error.at(PLACE))
    };
    if inputs.ncols() <= inputs.nrows() {
        factored(inputs.tr_mul(inputs))?.solve(&inputs.tr_mul(targets))
    } else {
        Ok(inputs.tr_mul(&factored(inputs * inputs.transpose())?.solve(targets)?))
    }
}

/// A ← A + ridge I.
pub(super) fn add_to_diagonal(matrix: &mut DMatrix<f64>, ridge: f64) {
    for at in 0..matrix.nrows() {
        matrix[(at, at)] += ridge;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::singular;
    use crate::rng::Rng;

    #[test]
    fn both_forms_solve_the_same_problem() {
        let mut rng = Rng::new(1, "ridge");
        for (samples, features) in [(12, 5), (5, 12), (6, 6)] {
            let x = DMatrix::from_fn(samples, features, |_, _| rng.normal() as f64);
            let y = DMatrix::from_fn(samples, 2, |_, _| rng.normal() as f64);
            for ridge in [1e-3, 0.7] {
                let w = fit(&x, &y, ridge).unwrap();
                // Where the gradient vanishes.
                let gradient = x.tr_mul(&(&x * &w - &y)) + &w * ridge;
                assert!(gradient.amax() < 1e-11, "{}", gradient.amax());
                let other = singular::decompose(&x).unwrap().solve(&y, ridge).unwrap();
                assert!((w - other).amax() < 1e-9);
            }
        }
        let x = DMatrix::from_row_slice(1, 2, &[3.0, 4.0]);
        let w = fit(&x, &DMatrix::from_element(1, 1, 5.0), 0.0).unwrap();
        assert!((w[0] - 0.6).abs() < 1e-15 && (w[1] - 0.8).abs() < 1e-15, "the shortest");
    }

    #[test]
    fn faults_are_named() {
        let x = DMatrix::from_row_slice(3, 2, &[1.0, 1.0, 2.0, 2.0, 3.0, 3.0]);
        let y = DMatrix::from_element(3, 1, 1.0);
        let error = fit(&x, &y, 0.0).unwrap_err();
        assert!(error.place == "ridge regression" && error.message.contains("pivot 2 of 2"), "{error}");
        assert!(
            fit(&x, &DMatrix::from_element(2, 1, 1.0), 1.0).unwrap_err().message.contains("3 inputs and 2 targets")
        );
        assert!(fit(&x, &y, f64::NAN).is_err());
    }
}
