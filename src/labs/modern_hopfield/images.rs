//! The stored digits, as both networks see them, and the classical Hopfield network.

use super::memory::distance;
use crate::data::digits::{Digits, PIXELS};
use crate::graph::Result;
use crate::rng::Rng;

/// A state within this distance of the stored unit vector counts as restored.
pub(super) const NEAR: f32 = 0.1;
/// The classical network has restored an image when more than this share of its pixels is right.
const RIGHT: f32 = 0.97;
/// Sweeps after which a classical network that has not come to rest is left where it is.
const MOST_SWEEPS: usize = 30;

/// Images drawn from the digits.
pub(super) struct Images {
    /// Pixels from 0 to 1, `[n, 64]`.
    pub raw: Vec<f32>,
    /// What they show.
    pub labels: Vec<u32>,
    /// Each without its mean and scaled to length 1, `[n, 64]`: what the modern memory stores.
    pub unit: Vec<f32>,
    /// Mean and length that were taken away.
    pub scale: Vec<[f32; 2]>,
}

impl Images {
    /// `count` images, drawn by the seed.
    pub fn draw(count: usize, seed: u32) -> Result<Images> {
        let digits = Digits::all()?;
        let mut order: Vec<usize> = (0..digits.len()).collect();
        Rng::new(seed, "modern-hopfield/images").shuffle(&mut order);
        let picked = digits.pick(&order[..count.min(order.len())]);
        let mut images =
            Images { unit: picked.images.clone(), raw: picked.images, labels: picked.labels, scale: Vec::new() };
        images.scale = images.unit.chunks_mut(PIXELS).map(normalise).collect();
        Ok(images)
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Pixels of one image.
    pub fn raw(&self, index: usize) -> &[f32] {
        &self.raw[index * PIXELS..][..PIXELS]
    }

    /// One stored vector.
    pub fn unit(&self, index: usize) -> &[f32] {
        &self.unit[index * PIXELS..][..PIXELS]
    }

    /// The first `count` stored vectors with their last `hidden` entries set to 0: not centred or scaled again.
    pub fn cues(&self, count: usize, hidden: usize) -> Vec<f32> {
        let mut cues = self.unit[..count * PIXELS].to_vec();
        for cue in cues.chunks_mut(PIXELS) {
            cue[PIXELS - hidden.min(PIXELS)..].fill(0.0);
        }
        cues
    }

    /// Share of states `[q, 64]`, the first q images' own, that have been restored.
    pub fn restored(&self, states: &[f32]) -> f32 {
        let near =
            states.chunks(PIXELS).zip(self.unit.chunks(PIXELS)).filter(|(state, own)| distance(state, own) <= NEAR);
        near.count() as f32 / (states.len() / PIXELS).max(1) as f32
    }
}

/// Takes the mean away and scales to length 1; gives mean and length.
pub(super) fn normalise(pixels: &mut [f32]) -> [f32; 2] {
    let mean = pixels.iter().sum::<f32>() / pixels.len() as f32;
    pixels.iter_mut().for_each(|pixel| *pixel -= mean);
    let length = pixels.iter().map(|pixel| pixel * pixel).sum::<f32>().sqrt();
    // An even picture has no direction; it stays nought.
    if length > 0.0 {
        pixels.iter_mut().for_each(|pixel| *pixel /= length);
    }
    [mean, length]
}

/// Ink or paper.
pub(super) fn sign(pixel: f32) -> i32 {
    if pixel > 0.5 { 1 } else { -1 }
}

/// The classical network: units of ±1, weights `W = B Bᵀ / d` without a diagonal, all units at once (Hopfield, "Neural
/// networks and physical systems with emergent collective computational abilities", 1982).
pub(super) struct Classical {
    /// `d · W`, whole numbers; a positive factor changes no sign.
    weights: Vec<i32>,
}

impl Classical {
    /// Stores images `[n, 64]` of 0 to 1.
    pub fn store(raw: &[f32]) -> Classical {
        let mut weights = vec![0; PIXELS * PIXELS];
        for image in raw.chunks(PIXELS) {
            let signs: Vec<i32> = image.iter().map(|&pixel| sign(pixel)).collect();
            for (row, &own) in weights.chunks_mut(PIXELS).zip(&signs) {
                for (weight, &other) in row.iter_mut().zip(&signs) {
                    *weight += own * other;
                }
            }
        }
        for unit in 0..PIXELS {
            weights[unit * (PIXELS + 1)] = 0;
        }
        Classical { weights }
    }

    /// Where an image with its last `hidden` pixels unknown comes to rest. Unknown pixels are 0 before the first sign.
    pub fn recall(&self, image: &[f32], hidden: usize) -> Vec<i32> {
        let known = PIXELS - hidden.min(PIXELS);
        let mut state: Vec<i32> = image.iter().map(|&pixel| sign(pixel)).collect();
        state[known..].fill(0);
        for _ in 0..MOST_SWEEPS {
            let field = |row: &[i32]| row.iter().zip(&state).map(|(weight, unit)| weight * unit).sum::<i32>();
            let next: Vec<i32> = self.weights.chunks(PIXELS).map(|row| if field(row) >= 0 { 1 } else { -1 }).collect();
            if next == state {
                break;
            }
            state = next;
        }
        state
    }

    /// Share of images that come back.
    pub fn restored(&self, raw: &[f32], hidden: usize) -> f32 {
        let right = |image: &&[f32]| {
            let state = self.recall(image, hidden);
            let same = state.iter().zip(*image).filter(|(unit, pixel)| **unit == sign(**pixel)).count();
            same as f32 > RIGHT * PIXELS as f32
        };
        raw.chunks(PIXELS).filter(right).count() as f32 / (raw.len() / PIXELS).max(1) as f32
    }
}
