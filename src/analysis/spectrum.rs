//! Fourier spectra of short rows, by the sum itself: which waves a row of weights is made of.

use super::matrix::{check_rows, check_values, widen};
use crate::graph::{Error, Result};
use nalgebra::ComplexField;
use std::f64::consts::TAU;

/// Power at each frequency 0 … n/2 (in cycles per row) of a row of n numbers, so that the powers add up to the mean
/// of the squares: |Σ_t x_t e^{−2πi f t / n}|² / n², twice that for a frequency that has a negative twin. Empty for
/// an empty row.
pub fn powers(row: &[f64]) -> Vec<f64> {
    Waves::new(row.len()).powers(row)
}

/// The same for every row of row-major `values`: `[rows, length / 2 + 1]`.
pub fn powers_of_rows(values: &[f32], length: usize) -> Result<Vec<f64>> {
    check_rows("spectrum", values.len(), length)?;
    let waves = Waves::new(length);
    Ok(values.chunks(length).flat_map(|row| waves.powers(&widen(row))).collect())
}

/// One period of cosine and sine.
struct Waves {
    cosine: Vec<f64>,
    sine: Vec<f64>,
}

impl Waves {
    fn new(length: usize) -> Waves {
        // nalgebra's functions give the same bits on every platform.
        let angle = |at: usize| TAU * at as f64 / length as f64;
        let cosine = (0..length).map(|at| ComplexField::cos(angle(at))).collect();
        Waves { cosine, sine: (0..length).map(|at| ComplexField::sin(angle(at))).collect() }
    }

    fn powers(&self, row: &[f64]) -> Vec<f64> {
        let length = row.len();
        let power = |frequency: usize| {
            let (mut real, mut imaginary, mut at) = (0.0, 0.0, 0);
            for &value in row {
                real += value * self.cosine[at];
                imaginary += value * self.sine[at];
                at = (at + frequency) % length;
            }
            let twins = if frequency == 0 || 2 * frequency == length { 1.0 } else { 2.0 };
            twins * (real * real + imaginary * imaginary) / (length * length) as f64
        };
        if length == 0 { Vec::new() } else { (0..=length / 2).map(power).collect() }
    }
}

/// The strongest wave of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dominant {
    /// Cycles per row.
    pub frequency: usize,
    /// Its share of the power without the mean, 0 to 1.
    pub share: f64,
}

/// The strongest frequency of [`powers`], the mean apart; the lower one of two that are equal. Fails for a row
/// without waves: constant, of fewer than two numbers, or not finite.
pub fn dominant(powers: &[f64]) -> Result<Dominant> {
    check_values("spectrum", "the row", powers)?;
    let waves = powers.get(1..).unwrap_or_default();
    let total: f64 = waves.iter().sum();
    let mean = powers.first().copied().unwrap_or(0.0);
    // Rounding makes small waves of a constant.
    if total <= mean * 1e-28 {
        return Err(Error::new("spectrum", "the row is constant", "give a row that varies"));
    }
    let best = (0..waves.len()).fold(0, |best, at| if waves[at] > waves[best] { at } else { best });
    Ok(Dominant { frequency: best + 1, share: waves[best] / total })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_powers_add_up_to_the_mean_square() {
        for length in 1..12 {
            let row: Vec<f64> = (0..length).map(|at| ((at * at * 7 + 3) % 11) as f64 - 4.0).collect();
            let square = row.iter().map(|v| v * v).sum::<f64>() / length as f64;
            let powers = powers(&row);
            assert_eq!(powers.len(), length / 2 + 1);
            assert!((powers.iter().sum::<f64>() - square).abs() < 1e-12);
        }
        let alternating = powers(&[1.0, -1.0, 1.0, -1.0]);
        assert!((alternating[2] - 1.0).abs() < 1e-15 && alternating[..2].iter().all(|v| v.abs() < 1e-15));
    }

    #[test]
    fn the_frequency_of_a_wave_is_found() {
        let wave = |frequency: usize| (0..23).map(move |at| (1.3 + TAU * (frequency * at) as f64 / 23.0).cos() + 5.0);
        let row: Vec<f64> = wave(5).zip(wave(7)).map(|(a, b)| 2.0 * a + b).collect();
        let found = dominant(&powers(&row)).unwrap();
        assert_eq!(found.frequency, 5);
        assert!((found.share - 0.8).abs() < 1e-12);
        let rows: Vec<f32> = wave(3).chain(wave(11)).map(|v| v as f32).collect();
        let powers = powers_of_rows(&rows, 23).unwrap();
        let each: Vec<usize> = powers.chunks(12).map(|row| dominant(row).unwrap().frequency).collect();
        assert_eq!(each, [3, 11]);
    }

    #[test]
    fn rows_without_waves_are_refused() {
        for row in [vec![], vec![2.0], vec![0.1; 23], vec![0.0; 4]] {
            assert!(dominant(&powers(&row)).unwrap_err().message.contains("constant"), "{row:?}");
        }
        assert!(dominant(&powers(&[1.0, f64::NAN])).unwrap_err().message.contains("not finite"));
        assert!(powers_of_rows(&[1.0; 5], 2).is_err() && powers_of_rows(&[], 0).is_err());
    }
}
