//! The neural tangent kernel at a moment of training, from a network's Jacobian (Jacot, Gabriel and Hongler, "Neural
//! tangent kernel", 2018), and how many directions carry it.

use super::matrix::{check_values, dot};
use crate::graph::{Error, Result};
use nalgebra::DMatrix;

/// Derivatives of a network's outputs by its parameters.
#[derive(Clone, Copy)]
pub struct Jacobian<'a> {
    values: &'a [f32],
    samples: usize,
    outputs: usize,
    parameters: usize,
}

const PLACE: &str = "tangent kernel";

impl<'a> Jacobian<'a> {
    /// A Jacobian `[samples, outputs, parameters]`, row-major. Fails if the values do not fill it or are not finite.
    pub fn new(values: &'a [f32], samples: usize, outputs: usize) -> Result<Jacobian<'a>> {
        let rows = samples * outputs;
        if rows == 0 || values.is_empty() || !values.len().is_multiple_of(rows) {
            let message = format!("{} values for {samples} samples of {outputs} outputs", values.len());
            return Err(Error::new(PLACE, message, "give one row of parameters for every output of every sample"));
        }
        if values.iter().any(|value| !value.is_finite()) {
            return Err(Error::new(PLACE, "the Jacobian holds values that are not finite", "see where it diverged"));
        }
        Ok(Jacobian { values, samples, outputs, parameters: values.len() / rows })
    }

    fn row(&self, sample: usize, output: usize) -> &'a [f32] {
        let from = (sample * self.outputs + output) * self.parameters;
        &self.values[from..from + self.parameters]
    }

    /// J Jᵀ between all pairs of sample and output, `[samples · outputs, samples · outputs]`, outputs fastest.
    pub fn kernel(&self) -> DMatrix<f64> {
        let outputs = self.outputs;
        let row = |at: usize| self.row(at / outputs, at % outputs);
        symmetric(self.samples * outputs, |i, j| dot(row(i), row(j)))
    }

    /// The kernel `[samples, samples]` of one output.
    pub fn kernel_of(&self, output: usize) -> Result<DMatrix<f64>> {
        if output >= self.outputs {
            let message = format!("output {output} of {}, counted from 0", self.outputs);
            return Err(Error::new(PLACE, message, "choose an output that the network has"));
        }
        Ok(symmetric(self.samples, |i, j| dot(self.row(i, output), self.row(j, output))))
    }

    /// The kernel `[samples, samples]` traced over the outputs: the sum, not the mean, of each output's.
    pub fn traced_kernel(&self) -> DMatrix<f64> {
        symmetric(self.samples, |i, j| (0..self.outputs).map(|o| dot(self.row(i, o), self.row(j, o))).sum())
    }
}

fn symmetric(size: usize, entry: impl Fn(usize, usize) -> f64) -> DMatrix<f64> {
    let mut matrix = DMatrix::zeros(size, size);
    for i in 0..size {
        for j in 0..=i {
            let value = entry(i, j);
            matrix[(i, j)] = value;
            matrix[(j, i)] = value;
        }
    }
    matrix
}

/// Participation ratio (Σλ)² / Σλ² of a spectrum: about how many eigenvalues carry it, from 1 (one alone) to their
/// number (all equal). Meant for spectra without negative values; those that rounding leaves do no harm. Fails for
/// an empty or a zero spectrum.
pub fn participation_ratio(eigenvalues: &[f64]) -> Result<f64> {
    const PLACE: &str = "participation ratio";
    check_values(PLACE, "the spectrum", eigenvalues)?;
    let largest = eigenvalues.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
    if largest == 0.0 {
        return Err(Error::new(PLACE, "the spectrum is empty or zero", "give a matrix that is not zero"));
    }
    let (mut sum, mut squares) = (0.0, 0.0);
    for value in eigenvalues {
        let value = value / largest;
        sum += value;
        squares += value * value;
    }
    Ok(sum * sum / squares)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn the_kernels_are_blocks_of_one_product() {
        let mut rng = Rng::new(8, "tangent");
        let (samples, outputs, parameters) = (3, 2, 7);
        let values: Vec<f32> = (0..samples * outputs * parameters).map(|_| rng.normal()).collect();
        let jacobian = Jacobian::new(&values, samples, outputs).unwrap();
        let rows = crate::analysis::matrix::from_rows(&values, parameters).unwrap();
        let whole = jacobian.kernel();
        assert!((&whole - &rows * rows.transpose()).amax() < 1e-14);
        let mut traced = DMatrix::zeros(samples, samples);
        for output in 0..outputs {
            let block = DMatrix::from_fn(samples, samples, |i, j| whole[(i * outputs + output, j * outputs + output)]);
            assert_eq!(jacobian.kernel_of(output).unwrap(), block);
            traced += block;
        }
        assert!((jacobian.traced_kernel() - traced).amax() < 1e-14);
        assert!(jacobian.kernel_of(2).is_err());
    }

    #[test]
    fn bad_jacobians_are_refused() {
        assert!(Jacobian::new(&[1.0; 7], 2, 2).is_err() && Jacobian::new(&[], 2, 2).is_err());
        assert!(Jacobian::new(&[1.0; 4], 0, 2).is_err() && Jacobian::new(&[f32::NAN; 4], 2, 2).is_err());
    }

    #[test]
    fn the_participation_ratio_counts() {
        assert_eq!(participation_ratio(&[3.0, 0.0, 0.0]).unwrap(), 1.0);
        assert!((participation_ratio(&[1e200; 5]).unwrap() - 5.0).abs() < 1e-14);
        assert!((participation_ratio(&[2.0, 1.0, 1.0]).unwrap() - 16.0 / 6.0).abs() < 1e-15);
        assert!(participation_ratio(&[]).is_err() && participation_ratio(&[0.0]).is_err());
        assert!(participation_ratio(&[1.0, f64::NAN]).is_err());
    }
}
