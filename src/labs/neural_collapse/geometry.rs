//! Where features, class means and classifier rows stand to each other, in double precision.

use super::model::{CLASSES, D, Loss, Variant};

/// A vector among the features.
pub(super) type Vector = [f64; D];

/// A class mean shorter than this has no direction: the class is dead.
pub(super) const DEAD: f64 = 0.01;
/// Cosine between the arrows of a simplex frame, −1/(K−1).
pub(super) const SIMPLEX: f64 = -1.0 / (CLASSES - 1) as f64;

/// Names of what is recorded.
pub(super) const NUMBERS: [&str; 5 + 2 * CLASSES] = [
    "objective",
    "NC1",
    "NC2",
    "NC3",
    "largest cosine",
    "output A",
    "output B",
    "output C",
    "output D",
    "length A",
    "length B",
    "length C",
    "length D",
];
/// Names of the outputs on the true class.
pub(super) const OUTPUTS: &[&str] = NUMBERS.split_at(5).1.split_at(CLASSES).0;
/// Names of the lengths of the class means.
pub(super) const LENGTHS: &[&str] = NUMBERS.split_at(5 + CLASSES).1;

pub(super) fn dot(a: &Vector, b: &Vector) -> f64 {
    let mut sum = 0.0;
    for (x, y) in a.iter().zip(b) {
        sum += x * y;
    }
    sum
}

pub(super) fn norm(a: &Vector) -> f64 {
    dot(a, a).sqrt()
}

/// `a ← a + factor · b`.
fn add(a: &mut Vector, factor: f64, b: &Vector) {
    for (x, y) in a.iter_mut().zip(b) {
        *x += factor * y;
    }
}

/// A row of numbers as a vector.
pub(super) fn vector(values: &[f32]) -> Vector {
    let mut vector = [0.0; D];
    for (wide, &value) in vector.iter_mut().zip(values) {
        *wide = value as f64;
    }
    vector
}

/// Cosine of two vectors, of which the lengths must reach `least`; else not a number.
fn cosine(a: &Vector, b: &Vector, least: [f64; 2]) -> f64 {
    let (of_a, of_b) = (norm(a), norm(b));
    if of_a < least[0] || of_b < least[1] { f64::NAN } else { dot(a, b) / (of_a * of_b) }
}

/// What a run's features and matrices are at one step.
pub(super) struct Geometry {
    /// Class means μ_k.
    pub means: [Vector; CLASSES],
    /// Rows of the product W_M…W_1.
    pub rows: [Vector; CLASSES],
    /// Mean squared distance of the features from the mean of their class.
    within: f64,
    /// Cosine between class means that the loss leads to: 0 or that of a simplex; none is known for rare classes with
    /// a bias or cross-entropy.
    pub target: Option<f64>,
}

impl Geometry {
    /// Of features `[N, d]` and the product of the matrices `[d, K]`.
    pub(super) fn of(variant: &Variant, features: &[f32], product: &[f32]) -> Geometry {
        let mut means = [[0.0; D]; CLASSES];
        let mut within = 0.0;
        let mut rest = features;
        for (mean, count) in means.iter_mut().zip(variant.counts) {
            let (own, others) = rest.split_at(count * D);
            rest = others;
            for sample in own.chunks_exact(D) {
                add(mean, 1.0 / count as f64, &vector(sample));
            }
            for sample in own.chunks_exact(D) {
                let mut away = vector(sample);
                add(&mut away, -1.0, mean);
                within += dot(&away, &away);
            }
        }
        let mut rows = [[0.0; D]; CLASSES];
        for (dimension, values) in product.chunks_exact(CLASSES).enumerate() {
            for (row, &value) in rows.iter_mut().zip(values) {
                row[dimension] = value as f64;
            }
        }
        let target = match variant.loss {
            Loss::Square => Some(0.0),
            _ if variant.balanced() => Some(SIMPLEX),
            _ => None,
        };
        Geometry { means, rows, within: within / variant.samples() as f64, target }
    }

    /// Cosines between class means, `[K, K]`; not a number for a dead class. A simplex frame is one about the mean of
    /// all classes; an orthogonal frame would be made one by taking that off, so there it stays.
    pub(super) fn cosines(&self) -> [[f64; CLASSES]; CLASSES] {
        let mut means = self.means;
        if self.target == Some(SIMPLEX) {
            let mut middle = [0.0; D];
            for mean in &self.means {
                add(&mut middle, 1.0 / CLASSES as f64, mean);
            }
            for mean in &mut means {
                add(mean, -1.0, &middle);
            }
        }
        let mut cosines = [[0.0; CLASSES]; CLASSES];
        for (row, a) in cosines.iter_mut().zip(&means) {
            for (entry, b) in row.iter_mut().zip(&means) {
                *entry = cosine(a, b, [DEAD; 2]);
            }
        }
        cosines
    }

    /// NC1: spread within the classes beside the mean squared length of the class means. Not a number when all are dead.
    fn collapse(&self) -> f64 {
        let (mut square, mut alive) = (0.0, false);
        for mean in &self.means {
            square += dot(mean, mean) / CLASSES as f64;
            alive |= norm(mean) >= DEAD;
        }
        if alive { self.within / square } else { f64::NAN }
    }

    /// Largest distance of a cosine from `target`, among pairs of living classes; not a number if there is no pair.
    fn away_from(&self, target: f64) -> f64 {
        let mut most = f64::NAN;
        for (a, row) in self.cosines().iter().enumerate() {
            for cosine in &row[..a] {
                // `max` passes over what is not a number.
                most = most.max((cosine - target).abs());
            }
        }
        most
    }

    /// Least cosine between the row of a living class and its mean.
    fn alignment(&self) -> f64 {
        let mut least = f64::NAN;
        for (row, mean) in self.rows.iter().zip(&self.means) {
            least = least.min(cosine(row, mean, [f64::MIN_POSITIVE, DEAD]));
        }
        least
    }

    /// Output p_k on the true class, without the bias.
    pub(super) fn output(&self, class: usize) -> f64 {
        dot(&self.rows[class], &self.means[class])
    }

    /// Length of a class mean.
    pub(super) fn length(&self, class: usize) -> f64 {
        norm(&self.means[class])
    }

    /// What is recorded, in the order of [`NUMBERS`].
    pub(super) fn numbers(&self, objective: f32) -> Vec<f32> {
        let distance = self.target.map_or(f64::NAN, |target| self.away_from(target));
        let mut numbers = vec![objective];
        for number in [self.collapse(), distance, 1.0 - self.alignment(), self.away_from(0.0)] {
            numbers.push(number as f32);
        }
        for class in 0..CLASSES {
            numbers.push(self.output(class) as f32);
        }
        for class in 0..CLASSES {
            numbers.push(self.length(class) as f32);
        }
        numbers
    }
}

/// Three directions at right angles, in which vectors are drawn.
pub(super) type Axes = [Vector; 3];

/// Share of a vector's length that must lie outside the axes before it to make one more.
const INDEPENDENT: f64 = 1e-3;

/// Axes of the space of three vectors, one after the other, so that lengths of the three and angles between them are
/// drawn as they are. A vector that adds no direction leaves the axis as it was `before`.
pub(super) fn axes(vectors: [&Vector; 3], before: &Axes) -> Axes {
    let mut axes: Axes = [[0.0; D]; 3];
    for (at, vector) in vectors.into_iter().enumerate() {
        if norm(vector) >= DEAD && extend(&mut axes, at, vector) {
            continue;
        }
        let mut found = before.iter().any(|old| extend(&mut axes, at, old));
        for dimension in 0..D {
            let mut unit = [0.0; D];
            unit[dimension] = 1.0;
            found = found || extend(&mut axes, at, &unit);
        }
    }
    axes
}

/// Makes axis `at` of what a vector has outside the axes before it, if that is more than rounding.
fn extend(axes: &mut Axes, at: usize, vector: &Vector) -> bool {
    let mut left = *vector;
    // Twice, because the first time leaves rounding of a long vector in a short remainder.
    for _ in 0..2 {
        for axis in &axes[..at] {
            let along = dot(&left, axis);
            add(&mut left, -along, axis);
        }
    }
    let length = norm(&left);
    if length <= INDEPENDENT * norm(vector) {
        return false;
    }
    axes[at] = [0.0; D];
    add(&mut axes[at], 1.0 / length, &left);
    true
}
