//! The network that a convex solution stands for, and what it does by an ordinary forward pass.

use super::data::{Set, Vector, dot, norm, scaled};

/// A two-layer network, f(x) = Σ_j a_j max(0, u_j·x).
#[derive(Clone, Debug, Default)]
pub(super) struct Network {
    /// u and a of each neuron.
    pub neurons: Vec<(Vector, f64)>,
}

/// Blocks smaller than this share of the largest are none.
const LEAST: f64 = 1e-4;
/// Points along each side of the grid on which perturbations are tried; the corners of the box are among them.
const SIDE: usize = 9;

impl Network {
    /// From the weights of all patterns: all v, then all w. v gives the neuron u = v/√|v|, a = √|v|, and w one with −a
    /// (the recovery of Pilanci and Ergen, 2020).
    pub(super) fn recover(blocks: &[Vector]) -> Network {
        let mut largest = 0.0f64;
        for block in blocks {
            largest = largest.max(norm(block));
        }
        let mut neurons = Vec::new();
        for (index, block) in blocks.iter().enumerate() {
            let size = norm(block);
            if size > LEAST * largest {
                let root = size.sqrt();
                neurons.push((scaled(block, 1.0 / root), if index < blocks.len() / 2 { root } else { -root }));
            }
        }
        Network { neurons }
    }

    /// f(x).
    pub(super) fn output(&self, point: &Vector) -> f64 {
        let mut output = 0.0;
        for (u, a) in &self.neurons {
            output += a * dot(u, point).max(0.0);
        }
        output
    }

    /// β/2 Σ (|u|² + a²).
    pub(super) fn penalty(&self, beta: f64) -> f64 {
        let mut squares = 0.0;
        for (u, a) in &self.neurons {
            squares += dot(u, u) + a * a;
        }
        beta / 2.0 * squares
    }

    /// The non-convex objective that gradient descent has: half the squared error, and the penalty.
    pub(super) fn objective(&self, set: &Set, beta: f64) -> f64 {
        let mut twice = 0.0;
        for (point, label) in set.points.iter().zip(&set.labels) {
            let error = self.output(point) - label;
            twice += error * error;
        }
        twice / 2.0 + self.penalty(beta)
    }

    /// The least of y f over the grid of the box of half-width `reach` around a point, (x, y).
    pub(super) fn worst_margin(&self, point: &Vector, label: f64, reach: f64) -> f64 {
        let step = 2.0 * reach / (SIDE - 1) as f64;
        let mut outputs = [0.0; SIDE * SIDE];
        for (u, a) in &self.neurons {
            let corner = dot(u, point) - reach * (u[0] + u[1]);
            let (mut start, right, up, signed) = (corner, u[0] * step, u[1] * step, a * label);
            for row in outputs.as_chunks_mut::<SIDE>().0 {
                let mut input = start;
                for output in row {
                    *output += signed * input.max(0.0);
                    input += right;
                }
                start += up;
            }
        }
        let mut worst = f64::INFINITY;
        for output in outputs {
            worst = worst.min(output);
        }
        worst
    }

    /// Share of points that keep their label wherever they are moved within the box; at reach 0 the accuracy.
    pub(super) fn accuracy(&self, set: &Set, reach: f64) -> f64 {
        let mut right = 0.0;
        for (point, label) in set.points.iter().zip(&set.labels) {
            let margin = if reach > 0.0 { self.worst_margin(point, *label, reach) } else { label * self.output(point) };
            right += if margin > 0.0 { 1.0 } else { 0.0 };
        }
        right / set.len() as f64
    }

    /// Mean hinge loss of the worst perturbations within the box, and the penalty.
    pub(super) fn worst_objective(&self, set: &Set, reach: f64, beta: f64) -> f64 {
        let mut loss = 0.0;
        for (point, label) in set.points.iter().zip(&set.labels) {
            loss += (1.0 - self.worst_margin(point, *label, reach)).max(0.0);
        }
        loss / set.len() as f64 + self.penalty(beta)
    }

    /// Values on `side` × `side` cells of the square from −`reach` to `reach`, first row at the top.
    pub(super) fn field(&self, side: usize, reach: f64) -> Vec<f32> {
        let at = |index: usize| ((2 * index + 1) as f64 / side as f64 - 1.0) * reach;
        let mut cells = Vec::with_capacity(side * side);
        for cell in 0..side * side {
            cells.push(self.output(&[at(cell % side), -at(cell / side), 1.0]) as f32);
        }
        cells
    }
}
