//! Squared errors, plain and against a trivial predictor.

use crate::analysis::matrix::{check_lengths, check_values};
use crate::graph::{Error, Result};

fn check(place: &str, predicted: &[f64], targets: &[f64]) -> Result<()> {
    check_lengths(place, ("predictions", predicted.len()), ("targets", targets.len()))?;
    check_values(place, "the prediction", predicted)?;
    check_values(place, "the target", targets)?;
    if targets.is_empty() {
        return Err(Error::new(place, "there are no predictions", "give at least one"));
    }
    Ok(())
}

/// Mean of the squares of prediction less target.
pub fn mean_squared_error(predicted: &[f64], targets: &[f64]) -> Result<f64> {
    check("squared error", predicted, targets)?;
    let sum: f64 = predicted.iter().zip(targets).map(|(p, t)| (p - t) * (p - t)).sum();
    Ok(sum / targets.len() as f64)
}

/// Squared error as a share of what predicting `constant` for every sample has: 1 is as good as that, 0 is perfect.
/// With 0 it is the loss as a share of the mean square, with the targets' mean the loss over their variance, 1 − R².
/// Fails if the constant is right everywhere.
pub fn relative_error(predicted: &[f64], targets: &[f64], constant: f64) -> Result<f64> {
    const PLACE: &str = "relative error";
    check(PLACE, predicted, targets)?;
    check_values(PLACE, "the constant", &[constant])?;
    if targets.iter().all(|&target| target == constant) {
        return Err(Error::new(PLACE, "the constant is right everywhere", "give targets that differ from it"));
    }
    let (mut error, mut scale) = (0.0, 0.0);
    for (prediction, target) in predicted.iter().zip(targets) {
        error += (prediction - target) * (prediction - target);
        scale += (target - constant) * (target - constant);
    }
    Ok(error / scale)
}

/// Coefficient of determination R²: 1 is perfect, 0 as good as the targets' mean, below 0 worse. Fails if the
/// targets are constant.
pub fn r_squared(predicted: &[f64], targets: &[f64]) -> Result<f64> {
    const PLACE: &str = "R²";
    check(PLACE, predicted, targets)?;
    if targets.windows(2).all(|pair| pair[0] == pair[1]) {
        return Err(Error::new(PLACE, "the targets are constant", "give targets that vary"));
    }
    let mean = targets.iter().sum::<f64>() / targets.len() as f64;
    Ok(1.0 - relative_error(predicted, targets, mean)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_relative_to_a_constant() {
        let targets = [1.0, 2.0, 3.0];
        assert_eq!(mean_squared_error(&[1.0, 2.0, 5.0], &targets).unwrap(), 4.0 / 3.0);
        assert_eq!(relative_error(&[0.0; 3], &targets, 0.0).unwrap(), 1.0);
        assert_eq!(r_squared(&[2.0; 3], &targets).unwrap(), 0.0);
        assert_eq!(r_squared(&targets, &targets).unwrap(), 1.0);
        assert_eq!(r_squared(&[3.0, 2.0, 1.0], &targets).unwrap(), -3.0);
    }

    #[test]
    fn what_has_no_scale_is_refused() {
        assert!(r_squared(&[1.0, 2.0], &[0.1, 0.1]).unwrap_err().message.contains("constant"));
        assert!(relative_error(&[1.0], &[0.0], 0.0).is_err() && relative_error(&[1.0], &[1.0], f64::NAN).is_err());
        assert!(mean_squared_error(&[], &[]).is_err() && mean_squared_error(&[1.0], &[]).is_err());
        assert!(mean_squared_error(&[f64::NAN], &[1.0]).is_err());
    }
}
