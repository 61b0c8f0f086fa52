//! The world of the lab: pictures of one soft ellipse on 8 × 8 pixels, drawn from six numbers. Two training sets that share
//! no picture, and test pictures with the noise in which denoisers are compared.

use crate::rng::Rng;
use nalgebra::ComplexField;

/// Pixels along a side of a picture, and in all.
pub(super) const SIDE: usize = 8;
pub(super) const PIXELS: usize = SIDE * SIDE;
/// Pictures on which denoisers are tested.
pub(super) const TESTS: usize = 200;
/// Pictures of each training set in the comparison that is always there.
pub(super) const FEW: usize = 4;
/// Noise level σ of all comparisons.
pub(super) const SIGMA: f32 = 0.3;

/// What all networks see, and what they are asked.
pub(super) struct Data {
    /// Pictures N of each of the visitor's training sets.
    pub count: usize,
    /// Set A, then set B, each `[stored, 64]`; the sets of few pictures are the first of them.
    pub training: Vec<f32>,
    /// Pictures that lie in each set: N, or a few more where N is less than the few.
    pub stored: usize,
    /// `[TESTS, 64]`.
    pub tests: Vec<f32>,
    /// Standard normal noise of the comparisons, `[TESTS, 64]`.
    pub noise: Vec<f32>,
    pub seed: u32,
}

impl Data {
    /// Draws sets of `count` pictures. A set is the beginning of every larger one of the same seed.
    pub(super) fn draw(seed: u32, count: usize) -> Data {
        let stored = count.max(FEW);
        let rng = |what: &str| Rng::new(seed, what);
        let mut training = Vec::with_capacity(2 * stored * PIXELS);
        for set in ["diffusion-generalization/A", "diffusion-generalization/B"] {
            let mut rng = rng(set);
            for _ in 0..stored {
                ellipse(&mut rng, &mut training);
            }
        }
        let (mut tests, mut of_tests) = (Vec::with_capacity(TESTS * PIXELS), rng("diffusion-generalization/tests"));
        for _ in 0..TESTS {
            ellipse(&mut of_tests, &mut tests);
        }
        let mut noise = vec![0.0; TESTS * PIXELS];
        let mut of_noise = rng("diffusion-generalization/noise");
        for value in &mut noise {
            *value = of_noise.normal();
        }
        Data { count, training, stored, tests, noise, seed }
    }

    /// Set A (0) or B (1), `[stored, 64]`.
    pub(super) fn set(&self, which: usize) -> &[f32] {
        &self.training[which * self.stored * PIXELS..][..self.stored * PIXELS]
    }

    /// Pictures with noise of standard deviation `sigma`: picture i mod the number of them, with noise i, `[TESTS, 64]`.
    pub(super) fn noisy(&self, pictures: &[f32], sigma: f32) -> Vec<f32> {
        let mut noisy = self.noise.clone();
        for (at, value) in noisy.iter_mut().enumerate() {
            *value = pictures[at % pictures.len()] + sigma * *value;
        }
        noisy
    }
}

/// Appends one picture: inside and outside of an ellipse with a soft edge.
fn ellipse(rng: &mut Rng, pixels: &mut Vec<f32>) {
    let mut between = |low: f64, high: f64| low + (high - low) * f64::from(rng.uniform());
    let centre = [between(2.4, 4.96), between(2.4, 4.96)];
    let half_axis = between(1.36, 2.64);
    let aspect = between(0.6, 1.0);
    let angle = between(0.0, std::f64::consts::PI);
    let (foreground, background) = (between(0.6, 1.0), between(0.0, 0.4));
    let (sin, cos) = (ComplexField::sin(angle), ComplexField::cos(angle));
    for row in 0..SIDE {
        for column in 0..SIDE {
            let (x, y) = (column as f64 - centre[0], row as f64 - centre[1]);
            let (u, v) = (cos * x + sin * y, (cos * y - sin * x) / aspect);
            let distance = (u * u + v * v).sqrt() - half_axis;
            let inside = 1.0 / (1.0 + ComplexField::exp(2.5 * distance));
            pixels.push((background + (foreground - background) * inside) as f32);
        }
    }
}

/// Peak signal-to-noise ratio in dB of a mean squared error, for pictures from 0 to 1.
pub(super) fn decibels(squared_error: f64) -> f64 {
    -10.0 * ComplexField::log10(squared_error)
}

/// Mean squared difference of two lists of pixels.
pub(super) fn squared_error(a: &[f32], b: &[f32]) -> f64 {
    let mut sum = 0.0;
    for (a, b) in a.iter().zip(b) {
        let difference = f64::from(a - b);
        sum += difference * difference;
    }
    sum / a.len() as f64
}

/// A picture without its mean, scaled to length 1, so that inner products are cosines. One without any contrast stays 0.
pub(super) fn centred(picture: &[f32], into: &mut Vec<f32>) {
    let (mut mean, mut square) = (0.0, 0.0);
    for value in picture {
        mean += value / PIXELS as f32;
    }
    for value in picture {
        square += (value - mean) * (value - mean);
    }
    let scale = if square > 0.0 { 1.0 / square.sqrt() } else { 0.0 };
    for value in picture {
        into.push((value - mean) * scale);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_share_no_picture_and_small_ones_begin_large_ones() {
        let (few, many) = (Data::draw(5, 2), Data::draw(5, 64));
        assert_eq!((few.stored, few.count, many.stored), (4, 2, 64));
        for which in [0, 1] {
            assert_eq!(few.set(which), &many.set(which)[..4 * PIXELS]);
        }
        for a in many.set(0).chunks(PIXELS) {
            assert!(many.set(1).chunks(PIXELS).chain(many.tests.chunks(PIXELS)).all(|b| squared_error(a, b) > 1e-7));
        }
        assert_eq!(few.tests, many.tests);
    }

    /// Independent values: deviations of the sheet's generator, and the noise level in decibels.
    #[test]
    fn pictures_have_the_spread_they_should_and_noise_its_level() {
        let data = Data::draw(101, 2000);
        let (mut sum, mut square) = ([0.0f64; PIXELS], [0.0f64; PIXELS]);
        for picture in data.set(0).chunks(PIXELS) {
            for (at, &value) in picture.iter().enumerate() {
                assert!((0.0..=1.0).contains(&value));
                sum[at] += f64::from(value);
                square[at] += f64::from(value) * f64::from(value);
            }
        }
        let variance = (0..PIXELS).map(|at| square[at] / 2000.0 - (sum[at] / 2000.0).powi(2));
        let deviation = (variance.sum::<f64>() / PIXELS as f64).sqrt();
        assert!((deviation - 0.16).abs() < 0.015, "{deviation}");
        let noisy = data.noisy(&data.tests, SIGMA);
        assert!((decibels(squared_error(&noisy, &data.tests)) - 10.46).abs() < 0.1);
    }

    #[test]
    fn a_centred_picture_has_mean_0_and_length_1() {
        let mut unit = Vec::new();
        centred(&Data::draw(1, 4).tests[..PIXELS], &mut unit);
        assert!(unit.iter().sum::<f32>().abs() < 1e-5);
        assert!((unit.iter().map(|x| x * x).sum::<f32>() - 1.0).abs() < 1e-5);
        centred(&[0.25; PIXELS], &mut unit);
        assert_eq!(unit[PIXELS..], [0.0; PIXELS]);
    }
}
