//! The proof of the floor: a number that no network of this kind can fall below, whatever its width and weights.
//!
//! The dual of the convex program is max θ·y − ½|θ|² over all θ with |θ·(X u)₊| ≤ β for every unit vector u (Pilanci and
//! Ergen, 2020). Any θ that satisfies it gives a lower bound of the optimum, and the residual of an iteration, shrunk until
//! it does, gives one that comes to meet the objective from below.

use super::admm::half_square;
use super::data::{Set, Vector, add, dot, norm, scaled};
use super::patterns::{Patterns, each_bit, in_general_position, lines};

/// What does not depend on the residual.
pub(super) struct Certificate {
    points: Vec<Vector>,
    labels: Vec<f64>,
    beta: f64,
    masks: Vec<u64>,
    /// The edges of the cones of weights.
    edges: Vec<(usize, usize, Vector)>,
}

impl Certificate {
    /// For a set whose every pattern is given.
    pub(super) fn new(set: &Set, patterns: &Patterns, beta: f64) -> Certificate {
        let points = in_general_position(&set.points);
        Certificate { labels: set.labels.clone(), beta, masks: patterns.masks.clone(), edges: lines(&points), points }
    }

    /// The largest |θ·(X u)₊| over unit vectors u. On each cone it is linear in u, so it is largest along its gradient if
    /// that lies in the cone, else along the gradient within a face, else at an edge; every such place is tried.
    fn largest(&self, theta: &[f64]) -> f64 {
        let mut most = 0.0f64;
        let mut attempt = |direction: &Vector| {
            let size = norm(direction);
            if size < 1e-12 {
                return;
            }
            let (mut along, mut against) = (0.0, 0.0);
            for (point, weight) in self.points.iter().zip(theta) {
                let input = dot(point, direction);
                if input > 0.0 {
                    along += weight * input;
                } else {
                    against -= weight * input;
                }
            }
            most = most.max(along.abs() / size).max(against.abs() / size);
        };
        for (_, _, edge) in &self.edges {
            attempt(edge);
        }
        for mask in &self.masks {
            let mut gradient = [0.0; 3];
            each_bit(*mask, |k| add(&mut gradient, &self.points[k], theta[k]));
            attempt(&gradient);
            for point in &self.points {
                let mut within = gradient;
                add(&mut within, &scaled(point, 1.0 / dot(point, point)), -dot(point, &gradient));
                attempt(&within);
            }
        }
        most
    }

    /// The lower bound that a residual y − F u gives.
    pub(super) fn floor(&self, residual: &[f64]) -> f64 {
        let mut product = 0.0;
        for (error, label) in residual.iter().zip(&self.labels) {
            product += error * label;
        }
        let square = 2.0 * half_square(residual);
        if square <= 0.0 {
            return 0.0;
        }
        let most = self.largest(residual);
        let by = if most > 0.0 { self.beta / most } else { f64::INFINITY };
        let by = by.min(product / square).max(0.0);
        by * product - by * by * square / 2.0
    }
}
