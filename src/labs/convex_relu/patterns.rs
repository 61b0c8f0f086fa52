//! Activation patterns: which points a neuron is on for. A line through the plane makes one, and as the points are few
//! there are only finitely many, which is what makes the training problem convex.

use super::data::{Vector, add, dot, norm, scaled};
use crate::rng::Rng;

/// Different patterns of a set of at most 64 points.
#[derive(Clone, Debug)]
pub(super) struct Patterns {
    /// Bit k of a mask is set where the neuron is on for point k.
    pub masks: Vec<u64>,
    /// For each pattern weights that have it.
    pub normals: Vec<Vector>,
}

/// Draws after which no more patterns are looked for.
const MOST_DRAWS: usize = 20_000;

fn mask_of(points: &[Vector], weights: &Vector) -> u64 {
    let mut mask = 0;
    for (k, point) in points.iter().enumerate() {
        mask |= u64::from(dot(point, weights) >= 0.0) << k;
    }
    mask
}

/// Independent normal entries: every direction is as likely as another.
pub(super) fn direction(rng: &mut Rng) -> Vector {
    let mut entries = [0.0; 3];
    for entry in &mut entries {
        *entry = rng.normal().into();
    }
    entries
}

fn cross(a: &Vector, b: &Vector) -> Vector {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

/// Every line through two of the points, as unit weights.
pub(super) fn lines(points: &[Vector]) -> Vec<(usize, usize, Vector)> {
    let mut all = Vec::new();
    for i in 0..points.len() {
        for j in 0..i {
            let line = cross(&points[i], &points[j]);
            all.push((i, j, scaled(&line, 1.0 / norm(&line).max(1e-300))));
        }
    }
    all
}

/// Moves every point a little, and none as another, so that no three lie on one line. What was possible before stays
/// possible; the patterns that come in addition allow nothing new, as a neuron that has one answers as the pattern says.
pub(super) fn in_general_position(points: &[Vector]) -> Vec<Vector> {
    let shift = |index: usize, by: usize| ((index * index * by + 11 * index) % 61) as f64 / 61.0 - 0.5;
    let mut moved = points.to_vec();
    for (index, point) in moved.iter_mut().enumerate() {
        point[0] += 1e-6 * shift(index, 7);
        point[1] += 1e-6 * shift(index, 17);
    }
    moved
}

impl Patterns {
    pub(super) fn len(&self) -> usize {
        self.masks.len()
    }

    /// All but the one that is off everywhere. The weights that share a pattern form a cone whose edges are lines through
    /// two points; around each such line there are four, one for every setting of the two.
    pub(super) fn all(points: &[Vector]) -> Patterns {
        let points = in_general_position(points);
        let mut patterns = Patterns { masks: Vec::new(), normals: Vec::new() };
        for (i, j, line) in lines(&points) {
            for line in [line, scaled(&line, -1.0)] {
                let (one, other) = (1u64 << i, 1u64 << j);
                let rest = mask_of(&points, &line) & !(one | other);
                for pair in [0, one, other, one | other] {
                    let mask = rest | pair;
                    if mask == 0 {
                        continue;
                    }
                    match patterns.masks.iter().position(|known| *known == mask) {
                        // The sum of its edges lies inside a cone.
                        Some(known) => add(&mut patterns.normals[known], &line, 1.0),
                        None => {
                            patterns.masks.push(mask);
                            patterns.normals.push(line);
                        }
                    }
                }
            }
        }
        patterns
    }

    /// The different patterns of random weights in the order in which they come up, until there are `most` of them or
    /// `draws` have been made. With the same stream a smaller sample is the beginning of a larger one.
    pub(super) fn sampled(points: &[Vector], most: usize, draws: Option<usize>, mut rng: Rng) -> Patterns {
        let mut patterns = Patterns { masks: Vec::new(), normals: Vec::new() };
        for _ in 0..draws.unwrap_or(MOST_DRAWS) {
            if patterns.len() == most {
                break;
            }
            let weights = direction(&mut rng);
            let mask = mask_of(points, &weights);
            if mask != 0 && !patterns.masks.contains(&mask) {
                patterns.masks.push(mask);
                patterns.normals.push(weights);
            }
        }
        patterns
    }

    /// For every pattern and point, [patterns · points], (2 d − 1) x: what must not turn negative for weights to have it.
    pub(super) fn signed(&self, points: &[Vector]) -> Vec<Vector> {
        let mut rows = Vec::with_capacity(self.len() * points.len());
        for mask in &self.masks {
            for (k, point) in points.iter().enumerate() {
                rows.push(if mask >> k & 1 == 1 { *point } else { scaled(point, -1.0) });
            }
        }
        rows
    }
}

/// Calls back with the position of each set bit.
#[inline(always)]
pub(super) fn each_bit(mut mask: u64, mut found: impl FnMut(usize)) {
    while mask != 0 {
        found(mask.trailing_zeros() as usize);
        mask &= mask - 1;
    }
}
