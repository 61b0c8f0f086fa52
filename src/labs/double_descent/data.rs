//! The images, their noisy labels, and the frozen random features of them.

use crate::data::digits::{Digits, PIXELS};
use crate::graph::Result;
use crate::rng::{self, Rng};

/// Images to learn from, in the surface; the loops learn from the first of them.
pub(super) const MOST_SAMPLES: usize = 200;
/// Images to be judged by, the same in both views.
pub(super) const TESTS: usize = 800;
/// Digits.
pub(super) const CLASSES: usize = 10;
/// A standardised feature is drawn anew until so many training images activate it: one that fires on a single image
/// would take values in the hundreds on others.
const ACTIVE: usize = 5;
/// Draws after which such a feature is taken as it is.
const MOST_DRAWS: usize = 100;

/// Digits with labels, some of the training ones replaced.
pub(super) struct Sample {
    /// Training images, then test images.
    images: Digits,
    /// What the training images are said to be.
    noisy: Vec<u32>,
    seed: u32,
}

impl Sample {
    /// Images drawn by the seed; each training label is replaced with probability `noise` by a random class, which may be the
    /// true one.
    pub(super) fn draw(digits: &Digits, seed: u32, noise: f32) -> Result<Sample> {
        let (images, _) = digits.split(MOST_SAMPLES + TESTS, seed)?;
        let mut rng = Rng::new(seed, "double-descent/noise");
        // Drawn for every label whatever the probability: more noise keeps what less noise has replaced.
        let mut noisy = images.labels[..MOST_SAMPLES].to_vec();
        for label in &mut noisy {
            let (replaced, other) = (rng.uniform() < noise, rng.below(CLASSES as u32));
            if replaced {
                *label = other;
            }
        }
        Ok(Sample { noisy, images, seed })
    }

    /// Pixels of a test image, 0 (paper) to 1 (ink).
    pub(super) fn test_image(&self, index: usize) -> &[f32] {
        self.images.image(MOST_SAMPLES + index)
    }

    /// What a test image shows.
    pub(super) fn test_label(&self, index: usize) -> u32 {
        self.images.labels[MOST_SAMPLES + index]
    }
}

/// A regression on random features: Φ = ReLU(X W + b) √(2/m), one-hot labels.
pub(super) struct Problem {
    /// Images to learn from; the rows of everything are these, then the test images.
    pub samples: usize,
    /// Labels, `[samples + TESTS, CLASSES]`.
    pub targets: Vec<f64>,
    /// Pixels less their mean over the training images, `[samples + TESTS, PIXELS]`.
    inputs: Vec<f64>,
    /// Standard deviation of weights.
    spread: f64,
    /// Standard deviation of biases.
    bias: f64,
    standardise: bool,
    seed: u32,
}

impl Problem {
    /// The first `samples` training images. Standardised features come with centred labels: without a constant feature the
    /// mean label could not be fitted, and what remains would look like bad optimisation.
    pub(super) fn new(sample: &Sample, samples: usize, bias: f64, standardise: bool) -> Problem {
        let rows = samples + TESTS;
        let mut inputs = Vec::with_capacity(rows * PIXELS);
        let mut targets = vec![0.0; rows * CLASSES];
        for row in 0..rows {
            let at = if row < samples { row } else { MOST_SAMPLES + row - samples };
            inputs.extend(sample.images.image(at).iter().map(|&pixel| f64::from(pixel)));
            let label = sample.noisy.get(at).unwrap_or(&sample.images.labels[at]);
            targets[row * CLASSES + *label as usize % CLASSES] = 1.0;
        }
        centre(&mut inputs, PIXELS, samples);
        let square = dot(&inputs[..samples * PIXELS], &inputs[..samples * PIXELS]);
        if standardise {
            centre(&mut targets, CLASSES, samples);
        }
        let spread = (samples as f64 / square).sqrt();
        Problem { samples, targets, inputs, spread, bias, standardise, seed: sample.seed }
    }

    /// Rows of all matrices: training images, then test images.
    pub(super) fn rows(&self) -> usize {
        self.samples + TESTS
    }

    /// Features `from` to `to`, `[rows, to − from]`; the first m of them, divided by √m, are those of the model of size m.
    pub(super) fn features(&self, from: usize, to: usize) -> Vec<f64> {
        let count = to - from;
        let mut features = vec![0.0; self.rows() * count];
        let mut column = vec![0.0; self.rows()];
        for feature in 0..count {
            self.feature(from + feature, &mut column);
            for (row, &value) in column.iter().enumerate() {
                features[row * count + feature] = value;
            }
        }
        features
    }

    /// The values of one feature on all images.
    fn feature(&self, which: usize, values: &mut [f64]) {
        let mut rng = Rng::at_step(self.seed, rng::stream("double-descent/features"), which as u32);
        let mut weights = [0.0; PIXELS];
        for _ in 0..MOST_DRAWS {
            weights.iter_mut().for_each(|weight| *weight = self.spread * f64::from(rng.normal()));
            let bias = self.bias * f64::from(rng.normal());
            for (value, image) in values.iter_mut().zip(self.inputs.chunks(PIXELS)) {
                *value = (bias + dot(image, &weights)).max(0.0);
            }
            let active = values[..self.samples].iter().filter(|value| **value > 0.0).count();
            if active >= ACTIVE || !self.standardise {
                break;
            }
        }
        let scale = match self.standardise {
            false => std::f64::consts::SQRT_2,
            true => {
                centre(values, 1, self.samples);
                let square = dot(&values[..self.samples], &values[..self.samples]);
                (self.samples as f64 / square.max(f64::MIN_POSITIVE)).sqrt()
            }
        };
        values.iter_mut().for_each(|value| *value *= scale);
    }
}

/// Takes from each column its mean over the first `samples` rows.
fn centre(values: &mut [f64], columns: usize, samples: usize) {
    for column in 0..columns {
        let mut mean = 0.0;
        for row in values.chunks(columns).take(samples) {
            mean += row[column] / samples as f64;
        }
        values.chunks_mut(columns).for_each(|row| row[column] -= mean);
    }
}

/// Inner product.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    // Four sums, which processors can add side by side.
    let (a, rest) = a.as_chunks::<4>();
    let (b, others) = b.as_chunks::<4>();
    let mut sums = [0.0; 4];
    for (x, y) in a.iter().zip(b) {
        for lane in 0..4 {
            sums[lane] += x[lane] * y[lane];
        }
    }
    let tail: f64 = rest.iter().zip(others).map(|(x, y)| x * y).sum();
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + tail
}

/// Adds A Bᵀ to `sums` `[rows of a, rows of b]`; both have rows of `columns` numbers.
pub(super) fn add_products(a: &[f64], b: &[f64], columns: usize, sums: &mut [f64]) {
    let width = b.len() / columns;
    // Two rows by four: eight products for six numbers that are read.
    for (pair, out) in a.chunks(2 * columns).zip(sums.chunks_mut(2 * width)) {
        for (four, at) in b.chunks(4 * columns).zip((0..width).step_by(4)) {
            if pair.len() == 2 * columns && four.len() == 4 * columns {
                let (x, y) = pair.split_at(columns);
                let found = tile([x, y], [0, 1, 2, 3].map(|row| &four[row * columns..(row + 1) * columns]));
                for (row, found) in found.iter().enumerate() {
                    for (lane, value) in found.iter().enumerate() {
                        out[row * width + at + lane] += value;
                    }
                }
                continue;
            }
            for (row, x) in pair.chunks(columns).enumerate() {
                for (lane, y) in four.chunks(columns).enumerate() {
                    out[row * width + at + lane] += dot(x, y);
                }
            }
        }
    }
}

/// The inner products of two rows with four others, all of one length.
#[inline(always)]
fn tile([x0, x1]: [&[f64]; 2], [y0, y1, y2, y3]: [&[f64]; 4]) -> [[f64; 4]; 2] {
    let mut sums = [[0.0; 4]; 2];
    let rows = x0.iter().zip(x1).zip(y0.iter().zip(y1)).zip(y2.iter().zip(y3));
    for (((a, b), (c, d)), (e, f)) in rows {
        sums[0][0] += a * c;
        sums[0][1] += a * d;
        sums[0][2] += a * e;
        sums[0][3] += a * f;
        sums[1][0] += b * c;
        sums[1][1] += b * d;
        sums[1][2] += b * e;
        sums[1][3] += b * f;
    }
    sums
}
