//! The sampled convex program: neurons of random direction that stay as they are, and the best output weights for them,
//! min ½ |Σ_i (X u_i)₊ a_i − y|² + β Σ_i |a_i|, by FISTA (Beck and Teboulle, 2009).

use super::admm::{BLOCKS, NETWORK, OBJECTIVE, half_square};
use super::data::{Set, Vector, dot, narrow, norm, owned, scaled};
use super::network::Network;
use super::patterns::direction;
use super::sweep::Solver;
use crate::labs::work::Work;
use crate::rng::Rng;
use std::sync::Arc;

struct Program {
    set: Arc<Set>,
    beta: f64,
    /// The directions u_i, of length 1.
    units: Vec<Vector>,
    /// (X u_i)₊, one unit after the other, [units · points].
    features: Vec<f64>,
    /// 1 / the largest eigenvalue of the features' Gram matrix.
    rate: f64,
}

/// The state of the iteration.
#[derive(Clone)]
pub(super) struct Scp {
    program: Arc<Program>,
    /// a.
    weights: Vec<f64>,
    /// Where the next step starts from.
    ahead: Vec<f64>,
    momentum: f64,
    residual: Vec<f64>,
}

#[inline(always)]
fn product(a: &[f64], b: &[f64]) -> f64 {
    let mut sum = 0.0;
    for (a, b) in a.iter().zip(b) {
        sum += a * b;
    }
    sum
}

impl Scp {
    /// With the first `count` directions of a stream.
    pub(super) fn new(set: &Arc<Set>, count: usize, beta: f64, mut rng: Rng) -> Scp {
        let points = set.len();
        let (mut units, mut features) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let unit = direction(&mut rng);
            let unit = scaled(&unit, 1.0 / norm(&unit).max(1e-9));
            for point in &set.points {
                features.push(dot(&unit, point).max(0.0));
            }
            units.push(unit);
        }
        // The power method on the Gram matrix of the points, whose entries are positive. What it finds is a little low
        // at most, which the last factor makes good.
        let mut vector = vec![1.0; points];
        let mut largest = 0.0;
        for _ in 0..60 {
            let mut image = vec![0.0; points];
            for row in features.chunks_exact(points) {
                let along = product(row, &vector);
                for (to, feature) in image.iter_mut().zip(row) {
                    *to += along * feature;
                }
            }
            largest = (2.0 * half_square(&image)).sqrt();
            for entry in &mut image {
                *entry /= largest.max(1e-300);
            }
            vector = image;
        }
        let residual = vec![0.0; points];
        let rate = 1.0 / (1.001 * largest).max(1e-9);
        let program = Arc::new(Program { set: set.clone(), beta, units, features, rate });
        Scp { program, weights: vec![0.0; count], ahead: vec![0.0; count], momentum: 1.0, residual }
    }

    /// As blocks of a convex solution: a_i u_i in the first half where a_i is positive, else −a_i u_i in the second.
    pub(super) fn blocks(&self) -> Vec<Vector> {
        let mut blocks = Vec::with_capacity(2 * self.weights.len());
        for sign in [1.0, -1.0] {
            for (unit, a) in self.program.units.iter().zip(&self.weights) {
                blocks.push(scaled(unit, (sign * a).max(0.0)));
            }
        }
        blocks
    }

    /// residual = features · weights − y.
    fn evaluate(residual: &mut [f64], program: &Program, weights: &[f64]) {
        for (to, label) in residual.iter_mut().zip(&program.set.labels) {
            *to = -label;
        }
        for (row, a) in program.features.chunks_exact(residual.len()).zip(weights) {
            if *a == 0.0 {
                continue;
            }
            for (to, feature) in residual.iter_mut().zip(row) {
                *to += feature * a;
            }
        }
    }
}

impl Solver for Scp {
    fn iterate(&mut self) {
        let Scp { program, weights, ahead, momentum, residual } = self;
        Scp::evaluate(residual, program, ahead);
        let next = (1.0 + (1.0 + 4.0 * *momentum * *momentum).sqrt()) / 2.0;
        let carry = (*momentum - 1.0) / next;
        *momentum = next;
        let threshold = program.rate * program.beta;
        let rows = program.features.chunks_exact(residual.len());
        for ((weight, ahead), row) in weights.iter_mut().zip(ahead).zip(rows) {
            let moved = *ahead - program.rate * product(row, residual);
            let new = if moved > threshold { moved - threshold } else { (moved + threshold).min(0.0) };
            *ahead = new + carry * (new - *weight);
            *weight = new;
        }
    }

    fn value(&self) -> f64 {
        let mut residual = self.residual.clone();
        Scp::evaluate(&mut residual, &self.program, &self.weights);
        let mut size = 0.0;
        for a in &self.weights {
            size += a.abs();
        }
        half_square(&residual) + self.program.beta * size
    }

    fn copy(&self) -> Box<dyn Solver> {
        Box::new(self.clone())
    }
}

/// A run of FISTA, one iteration a step.
#[derive(Clone)]
pub(super) struct ScpWork(pub Scp);

impl Work for ScpWork {
    fn numbers(&self) -> Vec<String> {
        owned(&[OBJECTIVE, NETWORK])
    }

    fn measure(&self, numbers: &mut Vec<f32>) {
        let program = &self.0.program;
        let network = Network::recover(&self.0.blocks()).objective(&program.set, program.beta);
        numbers.extend([self.0.value() as f32, network as f32]);
    }

    fn pictures(&self) -> Vec<String> {
        owned(&[BLOCKS])
    }

    fn show(&self, tensors: &mut [Vec<f32>]) {
        narrow(self.0.blocks().as_flattened(), &mut tensors[0]);
    }

    fn step(&mut self) {
        self.0.iterate();
    }

    fn copy(&self) -> Box<dyn Work> {
        Box::new(self.clone())
    }
}
