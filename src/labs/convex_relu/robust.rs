//! Convex adversarial training with the hinge loss (sections 4 and 5 of the paper), by ADMM. Patterns must be stable when a
//! point moves by at most ε along each axis, (2 d_pk − 1) x_k·v_p ≥ ε |v_p|₁, and each point has the loss of its worst move,
//! max(0, 1 − y_k x_k·g_k + ε |g_k|₁) with g_k = Σ_p d_pk (v_p − w_p); the bias entry does not move. With ε = 0 it is
//! standard training.
//!
//! Unknowns are all v, all w, and t_kj ≥ |g_kj|. K stacks the margins y_k x_k·g_k − ε Σ_j t_kj, the cones at the four
//! corners of each box, g − t and −g − t, and the weights themselves. An iteration solves for K's least squares, goes 1.6
//! times as far, and applies the proximal operator of each group of rows. Of a group only r is kept: z = prox(r), q = r − z.

use super::admm::{BLOCKS, OBJECTIVE, VIOLATION, total_norm};
use super::coupled::{Coupled, Scratch};
use super::data::{Set, Vector, add, dot, narrow, norm, owned, scaled};
use super::network::Network;
use super::patterns::Patterns;
use crate::graph::Result;
use crate::labs::work::Work;
use std::sync::Arc;

/// How far an iteration goes beyond the solution of its equations, and what stays of before.
const FURTHER: f64 = 1.6;
const REST: f64 = 1.0 - FURTHER;
/// Ridge of the equations.
const RIDGE: f64 = 1e-8;

/// What is trained and measured on.
pub(super) struct Task {
    pub train: Set,
    pub test: Set,
    /// Half-width of the boxes in which points are moved when a network is tested.
    pub reach: f64,
    pub beta: f64,
}

/// What is recorded of every network of the task.
pub(super) const CLEAN: &str = "accuracy";
pub(super) const ROBUST: &str = "accuracy under the worst moves";
pub(super) const WORST: &str = "objective under the worst moves";

/// Accuracy on test points as they are and worst moved, and the objective of the worst moved training points.
pub(super) fn grade(task: &Task, network: &Network) -> [f32; 3] {
    let worst = network.worst_objective(&task.train, task.reach, task.beta);
    let (clean, robust) = (network.accuracy(&task.test, 0.0), network.accuracy(&task.test, task.reach));
    [clean as f32, robust as f32, worst as f32]
}

struct Program {
    task: Arc<Task>,
    /// ε.
    reach: f64,
    rho: f64,
    coupled: Coupled,
    /// (2 D_p − I) X, one point after the other.
    signed: Vec<Vector>,
}

/// The state of the iteration.
#[derive(Clone)]
pub(super) struct Robust {
    program: Arc<Program>,
    margins: Vec<f64>,
    /// A number for each block, point and corner.
    cones: Vec<f64>,
    /// For each point g − t and −g − t along both axes.
    bounds: Vec<[[f64; 2]; 2]>,
    /// The weights themselves: all v, then all w.
    blocks: Vec<Vector>,
    /// The solution of the equations.
    solved: Vec<Vector>,
    pulls: Vec<Vector>,
    sums: Vec<Vector>,
    /// Right-hand side of t.
    rises: Vec<[f64; 2]>,
    scratch: Scratch,
    stride: usize,
}

/// The hinge's proximal operator at weight 1/(nρ).
fn hinge(r: f64, weight: f64) -> f64 {
    if r < 1.0 - weight { r + weight } else { r.max(1.0) }
}

fn shrunk(block: &Vector, threshold: f64) -> Vector {
    let size = norm(block);
    scaled(block, if size > threshold { 1.0 - threshold / size } else { 0.0 })
}

impl Robust {
    /// `reach` is ε; an iteration has the splitting penalty `rho`, a step `stride` iterations.
    pub(super) fn new(task: &Arc<Task>, patterns: &Patterns, reach: f64, rho: f64, stride: usize) -> Result<Robust> {
        let points = &task.train.points;
        let count = points.len();
        let corners = if reach > 0.0 { 4.0 } else { 1.0 };
        let mut block = [[0.0; 3]; 3];
        for (axis, row) in block.iter_mut().enumerate() {
            for point in points {
                add(row, point, corners * point[axis]);
            }
            // Moves along different axes, and in opposite directions, cancel.
            row[axis] += 1.0 + RIDGE + if axis < 2 { corners * count as f64 * reach * reach } else { 0.0 };
        }
        // What t leaves of the margin's weight once it is eliminated.
        let left = 1.0 - reach * reach * 2.0 / (2.0 * reach * reach + 2.0 + RIDGE);
        let mut roots = Vec::new();
        for point in points {
            let root = 2f64.sqrt();
            roots.push(match reach > 0.0 {
                true => vec![scaled(point, left.sqrt()), [root, 0.0, 0.0], [0.0, root, 0.0]],
                false => vec![*point],
            });
        }
        let coupled = Coupled::new(patterns.masks.clone(), block, &roots)?;
        let blocks = 2 * patterns.len();
        Ok(Robust {
            margins: vec![0.0; count],
            cones: vec![0.0; blocks * count * corners as usize],
            bounds: vec![[[0.0; 2]; 2]; count],
            blocks: vec![[0.0; 3]; blocks],
            solved: vec![[0.0; 3]; blocks],
            pulls: vec![[0.0; 3]; count],
            sums: vec![[0.0; 3]; count],
            rises: vec![[0.0; 2]; count],
            scratch: Scratch::new(count),
            stride,
            program: Arc::new(Program { task: task.clone(), reach, rho, coupled, signed: patterns.signed(points) }),
        })
    }

    fn iterate(&mut self) {
        self.gather();
        let program = self.program.clone();
        program.coupled.spread(&self.pulls, &mut self.solved);
        program.coupled.solve(&mut self.solved, &mut self.scratch);
        program.coupled.sums(&self.solved, &mut self.sums);
        self.renew_points();
        if program.reach > 0.0 {
            self.renew_boxes();
        } else {
            self.renew_cones();
        }
        let threshold = program.task.beta / program.rho;
        for (block, solved) in self.blocks.iter_mut().zip(&self.solved) {
            let z = shrunk(block, threshold);
            for axis in 0..3 {
                // r ← 1.6 Kx − 0.6 z + q with q = r − z.
                block[axis] = FURTHER * solved[axis] + REST * z[axis] + block[axis] - z[axis];
            }
        }
    }

    /// Kᵀ(z − q): into `solved` what belongs to single weights, into `pulls` what belongs to the sums of the points.
    fn gather(&mut self) {
        let Robust { program, margins, cones, bounds, blocks, solved, pulls, rises, .. } = self;
        let (set, reach) = (&program.task.train, program.reach);
        let weight = 1.0 / (set.len() as f64 * program.rho);
        let threshold = program.task.beta / program.rho;
        for (block, to) in blocks.iter().zip(&mut *solved) {
            let z = shrunk(block, threshold);
            *to = [2.0 * z[0] - block[0], 2.0 * z[1] - block[1], 2.0 * z[2] - block[2]];
        }
        let points = set.len();
        // z − q of a row that must not be negative is |r|.
        if reach > 0.0 {
            for (index, (to, cones)) in solved.iter_mut().zip(cones.chunks_exact(4 * points)).enumerate() {
                let first = index * points % program.signed.len();
                let (mut x, mut y) = (0.0, 0.0);
                for (r, point) in cones.as_chunks::<4>().0.iter().zip(&program.signed[first..first + points]) {
                    let (a, b, c, d) = (r[0].abs(), r[1].abs(), r[2].abs(), r[3].abs());
                    add(to, point, a + b + c + d);
                    x += a + b - c - d;
                    y += a - b + c - d;
                }
                to[0] += reach * x;
                to[1] += reach * y;
            }
        } else {
            for (index, (to, cones)) in solved.iter_mut().zip(cones.chunks_exact(points)).enumerate() {
                let first = index * points % program.signed.len();
                for (r, point) in cones.iter().zip(&program.signed[first..first + points]) {
                    add(to, point, r.abs());
                }
            }
        }
        let tail = 2.0 + RIDGE;
        for (k, point) in set.points.iter().enumerate() {
            let r = margins[k];
            let pull = 2.0 * hinge(r, weight) - r;
            let mut along = set.labels[k] * pull;
            let mut direct = [0.0; 3];
            if reach > 0.0 {
                // z − q of a row that must not be positive is −|r|.
                let [above, below] = bounds[k].map(|rows| rows.map(|r| -r.abs()));
                rises[k] = [0, 1].map(|axis| -reach * pull - above[axis] - below[axis]);
                // t is eliminated.
                along += reach * set.labels[k] * (rises[k][0] + rises[k][1]) / (2.0 * reach * reach + tail);
                direct = [above[0] - below[0], above[1] - below[1], 0.0];
            }
            add(&mut direct, point, along);
            pulls[k] = direct;
        }
    }

    /// Margins, and the bounds of |g|.
    fn renew_points(&mut self) {
        let Robust { program, margins, bounds, sums, rises, .. } = self;
        let (set, reach) = (&program.task.train, program.reach);
        let weight = 1.0 / (set.len() as f64 * program.rho);
        let tail = 2.0 + RIDGE;
        for (k, point) in set.points.iter().enumerate() {
            let g = &sums[k];
            let mut margin = set.labels[k] * dot(point, g);
            if reach > 0.0 {
                let right = rises[k].map(|rise| rise + reach * margin);
                let shared = reach * reach * (right[0] + right[1]) / (2.0 * reach * reach + tail);
                let t = right.map(|right| (right - shared) / tail);
                margin -= reach * (t[0] + t[1]);
                for axis in 0..2 {
                    for (rows, value) in bounds[k].iter_mut().zip([g[axis] - t[axis], -g[axis] - t[axis]]) {
                        let r = rows[axis];
                        rows[axis] = FURTHER * value + REST * r.min(0.0) + r.max(0.0);
                    }
                }
            }
            let r = margins[k];
            let z = hinge(r, weight);
            margins[k] = FURTHER * margin + REST * z + r - z;
        }
    }

    /// Cones at the corners of the boxes.
    fn renew_boxes(&mut self) {
        let Robust { program, cones, solved, .. } = self;
        let points = program.task.train.len();
        for (index, (block, cones)) in solved.iter().zip(cones.chunks_exact_mut(4 * points)).enumerate() {
            let first = index * points % program.signed.len();
            let (x, y) = (program.reach * block[0], program.reach * block[1]);
            let shifts = [x + y, x - y, y - x, -x - y];
            for (rows, point) in cones.as_chunks_mut::<4>().0.iter_mut().zip(&program.signed[first..first + points]) {
                let middle = dot(point, block);
                for (r, shift) in rows.iter_mut().zip(shifts) {
                    *r = FURTHER * (middle + shift) + if *r > 0.0 { REST * *r } else { *r };
                }
            }
        }
    }

    /// Cones at the points themselves.
    fn renew_cones(&mut self) {
        let Robust { program, cones, solved, .. } = self;
        let points = program.task.train.len();
        for (index, (block, cones)) in solved.iter().zip(cones.chunks_exact_mut(points)).enumerate() {
            let first = index * points % program.signed.len();
            for (r, point) in cones.iter_mut().zip(&program.signed[first..first + points]) {
                *r = FURTHER * dot(point, block) + if *r > 0.0 { REST * *r } else { *r };
            }
        }
    }

    /// Length below which a block is none.
    fn threshold(&self) -> f64 {
        self.program.task.beta / self.program.rho
    }

    /// The weights that are the result.
    pub(super) fn weights(&self) -> Vec<Vector> {
        let threshold = self.threshold();
        let mut weights = self.blocks.clone();
        for block in &mut weights {
            *block = shrunk(block, threshold);
        }
        weights
    }

    /// The convex objective at some weights.
    pub(super) fn objective(&self, weights: &[Vector]) -> f64 {
        let Program { task, reach, coupled, .. } = &*self.program;
        let mut sums = vec![[0.0; 3]; task.train.len()];
        coupled.sums(weights, &mut sums);
        let mut loss = 0.0;
        for (k, g) in sums.iter().enumerate() {
            let margin = task.train.labels[k] * dot(&task.train.points[k], g) - reach * (g[0].abs() + g[1].abs());
            loss += (1.0 - margin).max(0.0);
        }
        loss / sums.len() as f64 + task.beta * total_norm(weights)
    }

    /// How far the weights break the cones at most.
    fn violation(&self, weights: &[Vector]) -> f64 {
        let Program { task, reach, signed, .. } = &*self.program;
        let points = task.train.len();
        let mut least = 0.0f64;
        for (index, block) in weights.iter().enumerate() {
            let first = index * points % signed.len();
            let moved = reach * (block[0].abs() + block[1].abs());
            for point in &signed[first..first + points] {
                least = least.min(dot(point, block) - moved);
            }
        }
        -least
    }
}

impl Work for Robust {
    fn numbers(&self) -> Vec<String> {
        owned(&[OBJECTIVE, VIOLATION, CLEAN, ROBUST, WORST])
    }

    fn measure(&self, numbers: &mut Vec<f32>) {
        let weights = self.weights();
        let [clean, robust, worst] = grade(&self.program.task, &Network::recover(&weights));
        numbers.extend([self.objective(&weights) as f32, self.violation(&weights) as f32, clean, robust, worst]);
    }

    fn pictures(&self) -> Vec<String> {
        owned(&[BLOCKS])
    }

    fn show(&self, tensors: &mut [Vec<f32>]) {
        let threshold = self.threshold();
        for block in &self.blocks {
            narrow(&shrunk(block, threshold), &mut tensors[0]);
        }
    }

    fn step(&mut self) {
        for _ in 0..self.stride {
            self.iterate();
        }
    }

    fn copy(&self) -> Box<dyn Work> {
        Box::new(self.clone())
    }
}
