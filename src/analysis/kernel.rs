//! Kernel ridge regression: what a model with a fixed kernel predicts.

use super::cholesky::Cholesky;
use super::matrix::{check, check_lengths, check_ridge, check_square};
use super::ridge::add_to_diagonal;
use crate::graph::{Error, Result};
use nalgebra::DMatrix;

const PLACE: &str = "kernel regression";

/// A fitted kernel regression.
#[derive(Clone, Debug, PartialEq)]
pub struct KernelRegression {
    /// (K + ridge I)⁻¹ Y, `[samples, outputs]`: how much each sample's kernel counts for each output.
    pub weights: DMatrix<f64>,
}

impl KernelRegression {
    /// Fits targets `[samples, outputs]` with the kernel K `[samples, samples]` between the samples. The ridge is
    /// added to the diagonal as it is, and may be 0 if K is positive definite; if not, the failing pivot is named.
    pub fn fit(mut gram: DMatrix<f64>, targets: &DMatrix<f64>, ridge: f64) -> Result<KernelRegression> {
        check_square(PLACE, "the kernel", &gram)?;
        check(PLACE, "the target", targets)?;
        check_lengths(PLACE, ("samples", gram.nrows()), ("targets", targets.nrows()))?;
        check_ridge(PLACE, ridge)?;
        add_to_diagonal(&mut gram, ridge);
        let weights = Cholesky::factor(gram).map_err(|error| error.at(PLACE))?.solve(targets)?;
        Ok(KernelRegression { weights })
    }

    /// Predictions `[queries, outputs]` from the kernel `[queries, samples]` between queries and fitted samples.
    pub fn predict(&self, cross: &DMatrix<f64>) -> Result<DMatrix<f64>> {
        if cross.ncols() != self.weights.nrows() {
            let message = format!("a kernel with {} samples, fitted were {}", cross.ncols(), self.weights.nrows());
            return Err(Error::new(PLACE, message, "give the kernel as [queries, samples]"));
        }
        Ok(cross * &self.weights)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::ridge;
    use crate::rng::Rng;

    #[test]
    fn with_a_linear_kernel_it_is_ridge_regression() {
        let mut rng = Rng::new(2, "kernel");
        let mut draw = |rows, columns| DMatrix::from_fn(rows, columns, |_, _| rng.normal() as f64);
        let (x, y, queries) = (draw(9, 4), draw(9, 2), draw(5, 4));
        let fitted = KernelRegression::fit(&x * x.transpose(), &y, 0.3).unwrap();
        let predicted = fitted.predict(&(&queries * x.transpose())).unwrap();
        assert!((predicted - queries * ridge::fit(&x, &y, 0.3).unwrap()).amax() < 1e-12);
    }

    #[test]
    fn without_a_ridge_it_interpolates_or_says_why_not() {
        let gram = DMatrix::from_row_slice(2, 2, &[2.0, 1.0, 1.0, 2.0]);
        let y = DMatrix::from_row_slice(2, 1, &[1.0, -1.0]);
        let fitted = KernelRegression::fit(gram.clone(), &y, 0.0).unwrap();
        assert!((fitted.predict(&gram).unwrap() - &y).amax() < 1e-15);
        let error = KernelRegression::fit(DMatrix::from_element(2, 2, 1.0), &y, 0.0).unwrap_err();
        assert!(error.message.contains("pivot 2 of 2 is zero"), "{error}");
        assert!(fitted.predict(&DMatrix::zeros(1, 3)).unwrap_err().message.contains("3 samples, fitted were 2"));
    }
}
