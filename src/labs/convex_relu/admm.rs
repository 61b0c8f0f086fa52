//! The convex program and its solution by ADMM (algorithm 3.1 of the paper): min ½ |Σ_p D_p X (v_p − w_p) − y|² +
//! β Σ_p (|v_p| + |w_p|) with (2 D_p − I) X v_p ≥ 0, and the same for every w_p.
//!
//! u is the copy of all weights that the loss has, v the one that the norm has, s = G u the slack of the cones; λ and ν
//! are their scaled duals.

use super::certificate::Certificate;
use super::coupled::{Coupled, Scratch};
use super::data::{Set, Vector, add, dot, narrow, norm, owned, scaled};
use super::network::Network;
use super::patterns::Patterns;
use super::sweep::Solver;
use crate::graph::Result;
use crate::labs::work::Work;
use std::sync::Arc;

/// The penalty of the splitting, ρ.
const RHO: f64 = 0.1;

/// What does not change from one iteration to the next.
struct Program {
    set: Arc<Set>,
    beta: f64,
    coupled: Coupled,
    /// (2 D_p − I) X, one point after the other.
    signed: Vec<Vector>,
    /// Fᵀy/ρ.
    pull: Vec<Vector>,
}

/// The state of the iteration. Blocks are all v, then all w.
#[derive(Clone)]
pub(super) struct Admm {
    program: Arc<Program>,
    /// The weights that the loss has.
    u: Vec<Vector>,
    /// The weights that the norm has: exactly zero where a pattern is not used.
    v: Vec<Vector>,
    lambda: Vec<Vector>,
    /// ν, a number for each block and point.
    nu: Vec<f64>,
    /// The right-hand side of the next solve.
    right: Vec<Vector>,
    scratch: Scratch,
}

impl Admm {
    pub(super) fn new(set: &Arc<Set>, patterns: &Patterns, beta: f64) -> Result<Admm> {
        let mut block = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        for point in &set.points {
            for (row, by) in block.iter_mut().zip(point) {
                add(row, point, *by);
            }
        }
        let (mut roots, mut targets) = (Vec::new(), Vec::new());
        for (point, label) in set.points.iter().zip(&set.labels) {
            roots.push(vec![scaled(point, 1.0 / RHO.sqrt())]);
            targets.push(scaled(point, label / RHO));
        }
        let coupled = Coupled::new(patterns.masks.clone(), block, &roots)?;
        let blocks = 2 * patterns.len();
        let mut pull = vec![[0.0; 3]; blocks];
        coupled.spread(&targets, &mut pull);
        let signed = patterns.signed(&set.points);
        let zero = vec![[0.0; 3]; blocks];
        Ok(Admm {
            right: pull.clone(),
            u: zero.clone(),
            v: zero.clone(),
            lambda: zero,
            nu: vec![0.0; blocks * set.len()],
            scratch: Scratch::new(set.len()),
            program: Arc::new(Program { set: set.clone(), beta, coupled, signed, pull }),
        })
    }

    /// One iteration.
    pub(super) fn iterate(&mut self) {
        let Admm { program, u, v, lambda, nu, right, scratch } = self;
        let points = program.set.len();
        std::mem::swap(u, right);
        program.coupled.solve(u, scratch);
        right.copy_from_slice(&program.pull);
        let threshold = program.beta / RHO;
        for (index, (u, nu)) in u.iter().zip(nu.chunks_exact_mut(points)).enumerate() {
            let right = &mut right[index];
            let shifted = [u[0] + lambda[index][0], u[1] + lambda[index][1], u[2] + lambda[index][2]];
            let size = norm(&shifted);
            let kept = scaled(&shifted, if size > threshold { 1.0 - threshold / size } else { 0.0 });
            v[index] = kept;
            lambda[index] = [shifted[0] - kept[0], shifted[1] - kept[1], shifted[2] - kept[2]];
            // v − λ for the next right-hand side.
            add(right, &kept, 2.0);
            add(right, &shifted, -1.0);
            // s is the positive part of G u + ν, the new ν the negative one, so s − ν its magnitude.
            let first = index * points % program.signed.len();
            for (nu, point) in nu.iter_mut().zip(&program.signed[first..first + points]) {
                let slack = dot(point, u) + *nu;
                *nu = slack.min(0.0);
                add(right, point, slack.abs());
            }
        }
    }

    /// The objective of the convex program at some blocks.
    fn objective_at(&self, blocks: &[Vector]) -> f64 {
        half_square(&self.residual(blocks)) + self.program.beta * total_norm(blocks)
    }

    /// y − F blocks.
    pub(super) fn residual(&self, blocks: &[Vector]) -> Vec<f64> {
        let set = &self.program.set;
        let mut sums = vec![[0.0; 3]; set.len()];
        self.program.coupled.sums(blocks, &mut sums);
        let mut residual = set.labels.clone();
        for (k, error) in residual.iter_mut().enumerate() {
            *error -= dot(&set.points[k], &sums[k]);
        }
        residual
    }

    /// The copy of the weights that the loss has, on which the early picture of the data rests.
    pub(super) fn relaxed(&self) -> &[Vector] {
        &self.u
    }

    /// The weights that are the result.
    pub(super) fn blocks(&self) -> &[Vector] {
        &self.v
    }

    /// The largest max(0, −G u).
    fn violation(&self) -> f64 {
        let signed = &self.program.signed;
        let points = self.program.set.len();
        let mut least = 0.0f64;
        for (index, u) in self.u.iter().enumerate() {
            let first = index * points % signed.len();
            for point in &signed[first..first + points] {
                least = least.min(dot(point, u));
            }
        }
        -least
    }
}

impl Solver for Admm {
    fn iterate(&mut self) {
        Admm::iterate(self);
    }
    fn value(&self) -> f64 {
        self.objective_at(&self.v)
    }
    fn copy(&self) -> Box<dyn Solver> {
        Box::new(self.clone())
    }
}

/// A run of ADMM, some iterations a step.
#[derive(Clone)]
pub(super) struct AdmmWork {
    pub admm: Admm,
    /// Iterations a step.
    pub stride: usize,
    /// Proves how low no network can fall, if all patterns are there.
    pub certificate: Option<Arc<Certificate>>,
}

/// Recorded numbers: the objective at v; of the network recovered from v; at u, which may break the cones and so lie
/// below the optimum; how far u breaks them; how far u is from v; the share of points that F u has right.
pub(super) const OBJECTIVE: &str = "objective";
pub(super) const NETWORK: &str = "objective of the network";
pub(super) const RELAXED: &str = "objective before the cones";
pub(super) const VIOLATION: &str = "cone violation";
pub(super) const DISTANCE: &str = "distance of the copies";
pub(super) const RIGHT: &str = "points right";
/// And what no network can fall below, as far as it is proven.
pub(super) const PROVEN: &str = "proven floor";
/// The picture of a convex solution: its blocks.
pub(super) const BLOCKS: &str = "weights of the patterns";

impl Work for AdmmWork {
    fn numbers(&self) -> Vec<String> {
        let names = [OBJECTIVE, NETWORK, RELAXED, VIOLATION, DISTANCE, RIGHT, PROVEN];
        owned(if self.certificate.is_some() { &names } else { &names[..6] })
    }

    fn measure(&self, recorded: &mut Vec<f32>) {
        let AdmmWork { admm, certificate, .. } = self;
        let set = &admm.program.set;
        let residual = admm.residual(admm.relaxed());
        let mut right = 0.0;
        for (error, label) in residual.iter().zip(&set.labels) {
            right += if (label - error) * label > 0.0 { 1.0 } else { 0.0 };
        }
        let mut square = 0.0;
        for (u, v) in admm.u.as_flattened().iter().zip(admm.v.as_flattened()) {
            square += (u - v) * (u - v);
        }
        let mut numbers = vec![
            admm.value(),
            Network::recover(admm.blocks()).objective(set, admm.program.beta),
            admm.objective_at(admm.relaxed()),
            admm.violation(),
            square.sqrt(),
            right / set.len() as f64,
        ];
        if let Some(certificate) = certificate {
            numbers.push(certificate.floor(&residual));
        }
        narrow(&numbers, recorded);
    }

    fn pictures(&self) -> Vec<String> {
        owned(&[BLOCKS])
    }

    fn show(&self, tensors: &mut [Vec<f32>]) {
        narrow(self.admm.blocks().as_flattened(), &mut tensors[0]);
    }

    fn step(&mut self) {
        for _ in 0..self.stride {
            self.admm.iterate();
        }
    }

    fn copy(&self) -> Box<dyn Work> {
        Box::new(self.clone())
    }
}

/// ½ |errors|².
pub(super) fn half_square(errors: &[f64]) -> f64 {
    let mut square = 0.0;
    for error in errors {
        square += error * error;
    }
    square / 2.0
}

/// Σ |block|.
pub(super) fn total_norm(blocks: &[Vector]) -> f64 {
    let mut total = 0.0;
    for block in blocks {
        total += norm(block);
    }
    total
}

/// Blocks of a picture.
pub(super) fn widened(values: &[f32]) -> Vec<Vector> {
    let mut blocks = Vec::with_capacity(values.len() / 3);
    for block in values.as_chunks::<3>().0 {
        blocks.push([block[0].into(), block[1].into(), block[2].into()]);
    }
    blocks
}
