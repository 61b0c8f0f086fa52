//! How far two lists of numbers rise together.

use crate::analysis::matrix::{check_lengths, check_values};
use crate::analysis::order::mid_ranks;
use crate::graph::{Error, Result};
use nalgebra::ComplexField;
use std::f64::consts::PI;

/// Pearson's correlation, −1 to 1. Fails for fewer than two pairs or if one of the lists is constant.
pub fn pearson(x: &[f64], y: &[f64]) -> Result<f64> {
    const PLACE: &str = "correlation";
    check_lengths(PLACE, ("values of one", x.len()), ("of the other", y.len()))?;
    let (x, y) = (standard(PLACE, x)?, standard(PLACE, y)?);
    let product: f64 = x.iter().zip(&y).map(|(a, b)| a * b).sum();
    Ok(product.clamp(-1.0, 1.0))
}

/// Spearman's rank correlation: Pearson's of the ranks, equal values sharing the mean of theirs.
pub fn spearman(x: &[f64], y: &[f64]) -> Result<f64> {
    pearson(&mid_ranks(x)?, &mid_ranks(y)?).map_err(|error| error.at("rank correlation"))
}

/// The values without their mean, as a vector of length 1.
fn standard(place: &str, values: &[f64]) -> Result<Vec<f64>> {
    check_values(place, "a list", values)?;
    // By comparison: the mean of equal values may be off by rounding, which must not pass for variation.
    if values.windows(2).all(|pair| pair[0] == pair[1]) {
        let message = if values.len() < 2 { "fewer than two pairs" } else { "one list is constant" };
        return Err(Error::new(place, message, "give at least two values that differ"));
    }
    let scale = values.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
    let mean = values.iter().map(|value| value / scale).sum::<f64>() / values.len() as f64;
    let mut centred: Vec<f64> = values.iter().map(|value| value / scale - mean).collect();
    let largest = centred.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
    centred.iter_mut().for_each(|value| *value /= largest);
    let length = centred.iter().map(|value| value * value).sum::<f64>().sqrt();
    centred.iter_mut().for_each(|value| *value /= length);
    Ok(centred)
}

/// Two-sided p-value of a correlation of `count` pairs that have none in truth: that of t = r √((n − 2)/(1 − r²)) in
/// Student's distribution with n − 2 degrees of freedom. Exact for Pearson's of normal values; the usual
/// approximation for Spearman's. Fails for fewer than three pairs.
///
/// By the finite sums of Abramowitz and Stegun, "Handbook of mathematical functions" (1964), 26.7.3 and 26.7.4, whose
/// angle has the sine |r|. They give 1 − p, so p is right to about 1e-12, and less than that is rounding.
pub fn correlation_p_value(correlation: f64, count: usize) -> Result<f64> {
    const PLACE: &str = "p-value";
    if count < 3 {
        return Err(Error::new(PLACE, format!("{count} pairs have no p-value"), "give at least three"));
    }
    if !(-1.0..=1.0).contains(&correlation) {
        return Err(Error::new(PLACE, "the correlation is not between −1 and 1", "give a correlation"));
    }
    let sine = correlation.abs();
    let square = (1.0 - sine) * (1.0 + sine);
    let freedom = count - 2;
    let odd = freedom % 2;
    // 1 + 1/2 c² + 1·3/(2·4) c⁴ + … for even ones; for odd ones c (1 + 2/3 c² + 2·4/(3·5) c⁴ + …).
    let (mut term, mut sum) = (1.0, 0.0);
    for k in 0..freedom / 2 {
        sum += term;
        let above = (2 * k + 1 + odd) as f64;
        term *= square * above / (above + 1.0);
    }
    let within = if odd == 1 {
        // The angle, from the smaller of the two sides for the sake of digits.
        let cosine = square.sqrt();
        2.0 / PI * (ComplexField::asin(sine) + sine * cosine * sum)
    } else {
        sine * sum
    };
    Ok((1.0 - within).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_orders_correlate() {
        let x = [1.0, 2.0, 3.0, 4.0];
        assert!((pearson(&x, &x.map(|v| -3.0 * v + 1.0)).unwrap() + 1.0).abs() < 1e-15);
        assert!((pearson(&x, &[1.0, 3.0, 2.0, 4.0]).unwrap() - 0.8).abs() < 1e-15);
        assert!((spearman(&x, &x.map(f64::exp)).unwrap() - 1.0).abs() < 1e-15);
        // Digits survive an offset and a scale.
        let far = x.map(|v| 1e9 + v);
        assert!((pearson(&far, &x).unwrap() - 1.0).abs() < 1e-14);
        assert!((pearson(&x.map(|v| 1e-300 * v), &x.map(|v| 1e300 * v)).unwrap() - 1.0).abs() < 1e-14);
    }

    #[test]
    fn what_has_no_correlation_is_refused() {
        assert!(pearson(&[0.1; 3], &[1.0, 2.0, 3.0]).unwrap_err().message.contains("constant"));
        assert!(spearman(&[1.0, 2.0], &[5.0, 5.0]).unwrap_err().place.contains("rank"));
        assert!(pearson(&[1.0], &[1.0]).unwrap_err().message.contains("fewer"));
        assert!(pearson(&[], &[]).is_err() && pearson(&[1.0, f64::NAN], &[1.0, 2.0]).is_err());
        assert!(spearman(&[1.0, f64::INFINITY], &[1.0, 2.0]).is_err());
        assert!(pearson(&[1.0, 2.0], &[1.0]).is_err());
    }

    #[test]
    fn p_values_are_those_of_the_t_distribution() {
        // One degree of freedom: Cauchy's; two: 1 − |r|.
        assert!((correlation_p_value(0.5, 3).unwrap() - 2.0 / 3.0).abs() < 1e-15);
        assert!((correlation_p_value(-0.3, 4).unwrap() - 0.7).abs() < 1e-15);
        assert_eq!(correlation_p_value(0.0, 25).unwrap(), 1.0);
        assert_eq!(correlation_p_value(1.0, 8).unwrap(), 0.0);
        assert!(correlation_p_value(0.5, 2).is_err() && correlation_p_value(f64::NAN, 9).is_err());
        assert!(correlation_p_value(1.1, 9).is_err());
    }
}
