//! The memory itself: energy and update of the paper (section 2), and a machine that holds some patterns and retrieves.
//!
//! Stored patterns are the rows of X `[n, d]`, states the rows of ξ `[q, d]`; M is the largest norm of a pattern.

use crate::analysis::order;
use crate::cpu::Machine;
use crate::graph::{Entry, Graph, Result, Role, Var};
use crate::plan;
use std::sync::Arc;

/// What one update gives.
pub(super) struct Update {
    /// Softmax weights over the stored patterns, `[q, n]`.
    pub weights: Var,
    /// The new states, `[q, d]`.
    pub next: Var,
}

/// The update `ξ ← X softmax(β Xᵀ ξ)` of all states at once (equation 3 of the paper).
pub(super) fn update(g: &mut Graph, states: Var, patterns: Var, beta: Var) -> Result<Update> {
    let logits = scaled_overlaps(g, states, patterns, beta)?;
    let weights = g.softmax(logits)?;
    let next = g.matmul(weights, patterns)?;
    Ok(Update { weights, next })
}

/// The energy `−lse(β, Xᵀξ) + ½ ξᵀξ + β⁻¹ ln n + ½ M²` of every state, `[q]` (equation 2). It lies in [0, 2 M²] for states
/// among the patterns.
pub(super) fn energy(g: &mut Graph, states: Var, patterns: Var, beta: Var) -> Result<Var> {
    let logits = scaled_overlaps(g, states, patterns, beta)?;
    let log = g.log_sum_exp(logits, 1, None)?;
    let count = g.shape(patterns)[0] as f32;
    let less = g.add_number(log, -ln(count))?;
    let attraction = g.div(less, beta)?;
    let (own, norms) = (half_squares(g, states)?, half_squares(g, patterns)?);
    let largest = g.reduce(crate::ops::reduce::Reduction::Max, norms, &[0])?;
    let bowl = g.add(own, largest)?;
    g.sub(bowl, attraction)
}

/// The natural logarithm with the same bits on every platform.
pub(super) fn ln(value: f32) -> f32 {
    nalgebra::ComplexField::ln(value as f64) as f32
}

fn scaled_overlaps(g: &mut Graph, states: Var, patterns: Var, beta: Var) -> Result<Var> {
    let columns = g.transpose(patterns)?;
    let overlaps = g.matmul(states, columns)?;
    g.mul(overlaps, beta)
}

fn half_squares(g: &mut Graph, rows: Var) -> Result<Var> {
    let square = g.square(rows)?;
    let sum = g.sum(square, &[1])?;
    g.mul_number(sum, 0.5)
}

/// A memory that holds patterns and retrieves from many cues at once.
pub(super) struct Memory {
    machine: Machine,
    states: usize,
    beta: usize,
    update: usize,
    energy: usize,
}

/// How a retrieval went.
pub(super) struct Retrieved {
    /// The states before the first and after each update, each `[q, d]`.
    pub states: Vec<Vec<f32>>,
    /// Their energies, each `[q]`.
    pub energies: Vec<Vec<f32>>,
    /// Softmax weights of the last update, `[q, n]`.
    pub weights: Vec<f32>,
}

impl Memory {
    /// Stores patterns `[n, d]`, row-major, for `queries` cues at once.
    pub fn new(patterns: Vec<f32>, d: usize, queries: usize) -> Result<Memory> {
        let g = &mut Graph::new();
        let states = g.leaf_with(Role::State, "states", &[queries, d], vec![0.0; queries * d]);
        let patterns = g.leaf_with(Role::Input, "patterns", &[patterns.len() / d, d], patterns);
        let beta = g.scalar("beta", 1.0);
        let Update { weights, next } = update(g, states, patterns, beta)?;
        let energy = energy(g, states, patterns, beta)?;
        let entries = [
            Entry { name: "update".into(), outputs: vec![("weights".into(), weights)], assigns: vec![(states, next)] },
            Entry { name: "energy".into(), outputs: vec![("energy".into(), energy)], assigns: Vec::new() },
        ];
        let program = plan::plan(g, &entries)?;
        let place = |found: Option<usize>| found.expect("it was just made");
        let (states, beta) = (place(program.leaf("states")), place(program.leaf("beta")));
        let (update, energy) = (place(program.routine("update")), place(program.routine("energy")));
        Ok(Memory { machine: Machine::new(Arc::new(program)), states, beta, update, energy })
    }

    /// One update of cues `[q, d]`; gives the new states.
    pub fn update(&mut self, cues: &[f32], beta: f32) -> &[f32] {
        self.machine.write(self.states, cues);
        self.machine.write(self.beta, &[beta]);
        self.machine.run(self.update);
        self.machine.leaf(self.states)
    }

    /// Some updates of cues `[q, d]`, with all that can be told of them.
    pub fn retrieve(&mut self, cues: &[f32], beta: f32, updates: usize) -> Retrieved {
        self.machine.write(self.states, cues);
        self.machine.write(self.beta, &[beta]);
        let mut retrieved =
            Retrieved { states: vec![cues.to_vec()], energies: vec![self.energy()], weights: Vec::new() };
        for _ in 0..updates {
            self.machine.run(self.update);
            retrieved.states.push(self.machine.leaf(self.states).to_vec());
            retrieved.weights = self.machine.output(self.update, 0).to_vec();
            retrieved.energies.push(self.energy());
        }
        retrieved
    }

    fn energy(&mut self) -> Vec<f32> {
        self.machine.run(self.energy);
        self.machine.output(self.energy, 0).to_vec()
    }
}

/// The least number of weights that add up to `share` of them (the paper's k, with 0.9): 1 for a single pattern, about all
/// of them for the global average.
pub(super) fn least_number(weights: &[f32], share: f32) -> usize {
    let mut sum = 0.0;
    descending(weights)
        .iter()
        .position(|&at| {
            sum += weights[at];
            sum >= share
        })
        .map_or(weights.len(), |at| at + 1)
}

/// Positions of numbers, the largest first.
pub(super) fn descending(numbers: &[f32]) -> Vec<usize> {
    order::descending(&widened(numbers))
}

/// The middle of some numbers, or the mean of the two in the middle.
pub(super) fn median(numbers: &[f32]) -> f32 {
    order::median(&widened(numbers)) as f32
}

fn widened(numbers: &[f32]) -> Vec<f64> {
    numbers.iter().map(|&number| number.into()).collect()
}

/// Entropy of weights that add up to 1, in nats.
pub(super) fn entropy(weights: &[f32]) -> f32 {
    weights.iter().filter(|weight| **weight > 0.0).map(|&weight| -weight * ln(weight)).sum()
}

/// Euclidean distance.
pub(super) fn distance(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f32>().sqrt()
}

/// Gives a vector that is not nought a length.
pub(super) fn stretch(vector: &mut [f32], length: f32) {
    let own = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    vector.iter_mut().for_each(|x| *x *= length / own);
}
