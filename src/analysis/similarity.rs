//! How alike two representations or two kernels of the same samples are, from 0 to 1.
//!
//! Kornblith, Norouzi, Lee and Hinton, "Similarity of neural network representations revisited" (2019); Cristianini,
//! Shawe-Taylor, Elisseeff and Kandola, "On kernel-target alignment" (2001); Cortes, Mohri and Rostamizadeh,
//! "Algorithms for learning kernels based on centered alignment" (2012).

use super::matrix::{centre_columns, check, check_lengths, check_square};
use crate::graph::{Error, Result};
use nalgebra::DMatrix;

/// X Xᵀ, the inner products of all pairs of rows of X `[samples, features]`.
pub fn gram(points: &DMatrix<f64>) -> DMatrix<f64> {
    points * points.transpose()
}

/// H K H with H = I − 1/n: the kernel of the features that have their mean over the samples taken off.
pub fn centre_gram(kernel: &DMatrix<f64>) -> Result<DMatrix<f64>> {
    check_square("centring", "the kernel", kernel)?;
    let (columns, _) = centre_columns(kernel);
    let (rows, _) = centre_columns(&columns.transpose());
    Ok(rows.transpose())
}

/// Linear centred kernel alignment (CKA) of representations X `[samples, features]` and Y `[samples, other
/// features]`: ‖YᵀX‖² / (‖XᵀX‖ ‖YᵀY‖) of the centred features. It does not change when either is rotated, reflected,
/// shifted or scaled as a whole. With few samples it is high for any pair: compare changes, not values. Fails if a
/// representation does not vary.
pub fn linear_cka(x: &DMatrix<f64>, y: &DMatrix<f64>) -> Result<f64> {
    const PLACE: &str = "linear CKA";
    check(PLACE, "the first representation", x)?;
    check(PLACE, "the second representation", y)?;
    check_lengths(PLACE, ("samples of one", x.nrows()), ("of the other", y.nrows()))?;
    let centred = |name: &str, values: &DMatrix<f64>| {
        let (centred, _) = centre_columns(values);
        // A constant column leaves rounding behind, which must not pass for variance.
        if centred.amax() <= values.nrows() as f64 * f64::EPSILON * values.amax() {
            let message = format!("{name} representation is the same for all samples");
            return Err(Error::new(PLACE, message, "look for dead units"));
        }
        Ok(&centred / centred.amax())
    };
    let (x, y) = (centred("the first", x)?, centred("the second", y)?);
    if x.ncols() + y.ncols() > x.nrows() {
        return cosine_of(PLACE, &gram(&x), &gram(&y));
    }
    let cross = y.tr_mul(&x).norm_squared();
    Ok(cross / (x.tr_mul(&x).norm() * y.tr_mul(&y).norm()))
}

/// Cosine of the angle between two kernels `[samples, samples]` as vectors, ⟨K, L⟩ / (‖K‖ ‖L‖): kernel alignment
/// without centring. Fails if one is zero.
pub fn cosine(k: &DMatrix<f64>, l: &DMatrix<f64>) -> Result<f64> {
    check_square("kernel alignment", "the first kernel", k)?;
    check_square("kernel alignment", "the second kernel", l)?;
    cosine_of("kernel alignment", k, l)
}

/// The same of centred kernels. Of linear kernels it is [`linear_cka`].
pub fn centred_alignment(k: &DMatrix<f64>, l: &DMatrix<f64>) -> Result<f64> {
    const PLACE: &str = "centred kernel alignment";
    let centred = |kernel: &DMatrix<f64>| {
        let centred = centre_gram(kernel).map_err(|error| error.at(PLACE))?;
        if centred.amax() <= kernel.nrows() as f64 * f64::EPSILON * kernel.amax() {
            return Err(Error::new(PLACE, "a kernel is the same for all pairs of samples", "look for dead units"));
        }
        Ok(centred)
    };
    cosine_of(PLACE, &centred(k)?, &centred(l)?)
}

/// Alignment of a kernel with targets `[samples, outputs]`: its cosine with Y Yᵀ. Centre both for the centred one.
pub fn target_alignment(kernel: &DMatrix<f64>, targets: &DMatrix<f64>) -> Result<f64> {
    check("kernel alignment", "the target", targets)?;
    cosine(kernel, &gram(targets))
}

fn cosine_of(place: &str, k: &DMatrix<f64>, l: &DMatrix<f64>) -> Result<f64> {
    check_lengths(place, ("samples of one", k.nrows()), ("of the other", l.nrows()))?;
    let (most, more) = (k.amax(), l.amax());
    if most == 0.0 || more == 0.0 {
        return Err(Error::new(place, "a kernel is zero", "look for dead units"));
    }
    // Scaled so that no square overflows or vanishes.
    let (k, l) = (k / most, l / more);
    Ok((k.dot(&l) / (k.norm() * l.norm())).clamp(-1.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    fn draw(rows: usize, columns: usize, name: &str) -> DMatrix<f64> {
        let mut rng = Rng::new(6, name);
        DMatrix::from_fn(rows, columns, |_, _| rng.normal() as f64 + 2.0)
    }

    #[test]
    fn three_ways_to_cka_agree() {
        for (samples, features) in [(20, 4), (6, 9)] {
            let (x, y) = (draw(samples, features, "x"), draw(samples, 5, "y"));
            let cka = linear_cka(&x, &y).unwrap();
            assert!((cka - centred_alignment(&gram(&x), &gram(&y)).unwrap()).abs() < 1e-13);
            let ((x, _), (y, _)) = (centre_columns(&x), centre_columns(&y));
            assert!((cka - cosine(&gram(&x), &gram(&y)).unwrap()).abs() < 1e-13);
            assert!((cka - target_alignment(&gram(&x), &y).unwrap()).abs() < 1e-13);
            assert!((centre_gram(&gram(&x)).unwrap() - gram(&x)).amax() < 1e-12);
        }
        // 1 dimension against another: the squared correlation.
        let (x, y) = (draw(8, 1, "x"), draw(8, 1, "y"));
        let correlation = crate::analysis::metrics::pearson(x.as_slice(), y.as_slice()).unwrap();
        assert!((linear_cka(&x, &y).unwrap() - correlation * correlation).abs() < 1e-14);
    }

    #[test]
    fn what_does_not_vary_has_no_similarity() {
        let x = draw(7, 3, "x");
        let dead = DMatrix::from_element(7, 3, 0.1);
        assert!(linear_cka(&x, &dead).unwrap_err().message.contains("second representation is the same"));
        assert!(centred_alignment(&gram(&dead), &gram(&x)).unwrap_err().message.contains("same for all pairs"));
        assert!(cosine(&DMatrix::zeros(2, 2), &DMatrix::identity(2, 2)).unwrap_err().message.contains("zero"));
        assert!(cosine(&DMatrix::identity(3, 3), &DMatrix::identity(2, 2)).is_err());
        assert!(linear_cka(&x, &draw(6, 3, "y")).unwrap_err().message.contains("7 samples of one and 6"));
        assert!(linear_cka(&DMatrix::from_element(2, 2, f64::NAN), &x).is_err());
        // Tiny or huge scales are no fault.
        let cka = linear_cka(&(&x * 1e-200), &(&x * 1e200)).unwrap();
        assert!((cka - 1.0).abs() < 1e-14);
    }
}
