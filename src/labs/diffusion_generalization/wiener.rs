//! The baseline: the best linear shrinkage in a fixed basis. Every coefficient of the cosine transform (DCT-II) is multiplied
//! by p / (p + σ²), where p is its mean square over the very pictures that are denoised; no mean is taken off.

use super::data::{PIXELS, SIDE};
use nalgebra::ComplexField;

/// Shrinkage in the cosine basis.
pub(super) struct Wiener {
    /// Basis of one line, `[8, 8]`: a row for each frequency.
    lines: [f32; PIXELS],
    /// Mean squares p of the coefficients.
    powers: [f32; PIXELS],
}

impl Wiener {
    /// For pictures `[n, 64]`.
    pub(super) fn of(pictures: &[f32]) -> Wiener {
        let mut lines = [0.0; PIXELS];
        for (at, value) in lines.iter_mut().enumerate() {
            let (frequency, place) = (at / SIDE, at % SIDE);
            let angle = std::f64::consts::PI * frequency as f64 * (place as f64 + 0.5) / SIDE as f64;
            let length = if frequency == 0 { 1.0 } else { 2.0 } / SIDE as f64;
            *value = (length.sqrt() * ComplexField::cos(angle)) as f32;
        }
        let mut wiener = Wiener { lines, powers: [0.0; PIXELS] };
        let count = (pictures.len() / PIXELS) as f32;
        for picture in pictures.chunks_exact(PIXELS) {
            let coefficients = wiener.transform(picture, false);
            for (power, value) in wiener.powers.iter_mut().zip(coefficients) {
                *power += value * value / count;
            }
        }
        wiener
    }

    /// The cosine transform of a picture along both axes, or back.
    fn transform(&self, picture: &[f32], back: bool) -> [f32; PIXELS] {
        let entry = |a: usize, b: usize| if back { self.lines[b * SIDE + a] } else { self.lines[a * SIDE + b] };
        let (mut half, mut whole) = ([0.0; PIXELS], [0.0; PIXELS]);
        for row in 0..SIDE {
            for column in 0..SIDE {
                for at in 0..SIDE {
                    half[row * SIDE + column] += entry(column, at) * picture[row * SIDE + at];
                }
            }
        }
        for row in 0..SIDE {
            for column in 0..SIDE {
                for at in 0..SIDE {
                    whole[row * SIDE + column] += entry(row, at) * half[at * SIDE + column];
                }
            }
        }
        whole
    }

    /// Appends the denoised picture.
    pub(super) fn denoise(&self, noisy: &[f32], sigma: f32, into: &mut Vec<f32>) {
        let mut coefficients = self.transform(noisy, false);
        for (value, power) in coefficients.iter_mut().zip(self.powers) {
            *value *= power / (power + sigma * sigma);
        }
        into.extend(self.transform(&coefficients, true));
    }
}

#[cfg(test)]
mod tests {
    use super::super::data::{Data, SIGMA, decibels, squared_error};
    use super::*;

    #[test]
    fn without_noise_nothing_is_lost_and_of_nought_nothing_is_kept() {
        let data = Data::draw(2, 4);
        let wiener = Wiener::of(&data.tests);
        let mut same = Vec::new();
        wiener.denoise(&data.tests[..PIXELS], 0.0, &mut same);
        assert!(squared_error(&same, &data.tests[..PIXELS]) < 1e-12);
        // An even picture has one coefficient, eight times its value.
        let even = wiener.transform(&[0.5; PIXELS], false);
        assert!((even[0] - 4.0).abs() < 1e-5 && even[1..].iter().all(|value| value.abs() < 1e-5));
        let wiener = Wiener::of(&[0.5; PIXELS]);
        let mut shrunk = Vec::new();
        wiener.denoise(&[0.5; PIXELS], 4.0, &mut shrunk);
        assert!(shrunk.iter().all(|value| (value - 0.25).abs() < 1e-5), "16 / (16 + 16)");
    }

    #[test]
    fn it_gains_as_much_as_an_independent_computation_found() {
        let data = Data::draw(101, 4);
        let wiener = Wiener::of(&data.tests);
        let noisy = data.noisy(&data.tests, SIGMA);
        let mut denoised = Vec::new();
        for picture in noisy.chunks(PIXELS) {
            wiener.denoise(picture, SIGMA, &mut denoised);
        }
        let gained = decibels(squared_error(&denoised, &data.tests));
        assert!((gained - 19.1).abs() < 0.25, "{gained}");
    }
}
