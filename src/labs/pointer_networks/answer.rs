//! One input set, answered step by step with any weights: the same network, planned for a beam of rows, so that a point
//! that is dragged is answered at once and everything on the way can be shown.

use super::program::Plan;
use super::task::{Point, Task};
use crate::cpu::Machine;
use crate::graph::{Entry, Graph, Result, Role};
use crate::labs::Weights;
use crate::nn::recurrent::State;
use crate::plan;
use std::sync::Arc;

/// Widest beam.
pub(super) const MOST_BEAMS: usize = 10;

/// A network for sets of one length.
pub(super) struct Answerer {
    plan: Plan,
    n: usize,
    machine: Machine,
}

/// A partial answer that was kept.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Candidate {
    /// Position of what it continues among the candidates of the step before.
    pub parent: usize,
    /// What it points at; `n` is the stop.
    pub token: usize,
    /// Logarithm of its probability so far.
    pub log_probability: f64,
}

/// An answer left at the end.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Finished {
    /// Elements pointed at, without the stop.
    pub tokens: Vec<usize>,
    /// Whether it pointed at the stop.
    pub stopped: bool,
    /// Logarithm of its probability.
    pub log_probability: f64,
}

/// Everything that happened while a set was answered.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Answer {
    /// Answers left at the end, the most probable first.
    pub beams: Vec<Finished>,
    /// The first answer's distribution over elements and stop at each of its steps, `[steps, n + 1]`.
    pub rows: Vec<f32>,
    /// The candidates kept after each step, the most probable first.
    pub steps: Vec<Vec<Candidate>>,
    /// Encoder states, `[n, hidden]`.
    pub states: Vec<f32>,
}

/// A partial answer in the making.
#[derive(Clone, Default)]
struct Partial {
    tokens: Vec<usize>,
    rows: Vec<f32>,
    log_probability: f64,
    stopped: bool,
    /// Where it stands among the candidates of the last step.
    position: usize,
    /// Row of the machine that holds its state.
    row: usize,
}

impl Answerer {
    /// Plans the network of `plan` for sets of `n`.
    pub(super) fn new(plan: &Plan, n: usize) -> Result<Answerer> {
        let g = &mut Graph::new();
        let network = plan.network(g);
        let (features, hidden, wide) = (plan.rules.features(), plan.hidden, MOST_BEAMS);
        let points = g.leaf_with(Role::Input, "points", &[n, 1, features], vec![0.0; n * features]);
        let encoded = network.encode(g, points, false)?;
        let states = g.reshape(encoded.states, &[n, hidden])?;
        let [output, cell] = encoded.state.0[..] else { unreachable!("an LSTM has two") };
        let start = [g.broadcast_to(output, &[wide, hidden])?, g.broadcast_to(cell, &[wide, hidden])?];
        let mut kept = Vec::new();
        let memory = encoded.repeated(g, |g, a| {
            // The host runs `encode` once for each set; its steps read what is kept of it.
            let shape = g.shape(a).to_vec();
            let leaf =
                g.leaf_with(Role::State, &format!("memory {}", kept.len()), &shape, vec![0.0; shape.iter().product()]);
            kept.push((leaf, a));
            g.broadcast_to(leaf, &[&[wide], &shape[1..]].concat())
        })?;
        let input = network.first(g, wide)?;
        let first = g.leaf_with(Role::State, "input", &[wide, features], vec![0.0; wide * features]);
        let state = ["output", "memory cell"]
            .map(|name| g.leaf_with(Role::State, name, &[wide, hidden], vec![0.0; wide * hidden]));
        kept.extend([(first, input), (state[0], start[0]), (state[1], start[1])]);
        let next = network.step(g, first, &State(state.to_vec()))?;
        let outputs = g.unsqueeze(next.0[0], 0)?;
        let logits = network.logits(g, &memory, outputs)?;
        let logits = g.squeeze(logits, 0)?;
        let named = |name: &str, value| (name.to_owned(), value);
        let entries = [
            Entry { name: "encode".into(), outputs: vec![named("states", states)], assigns: kept },
            Entry {
                name: "step".into(),
                outputs: vec![named("logits", logits), named("output", next.0[0]), named("memory cell", next.0[1])],
                assigns: Vec::new(),
            },
        ];
        let machine = Machine::new(Arc::new(plan::plan(g, &entries)?));
        Ok(Answerer { plan: plan.clone(), n, machine })
    }

    /// Whether it is for this plan's network and sets of `n`.
    pub(super) fn fits(&self, plan: &Plan, n: usize) -> bool {
        self.n == n && self.plan.shape() == plan.shape()
    }

    /// Gives the network its weights; those that it does not know are left out.
    pub(super) fn load(&mut self, weights: &[Weights]) {
        for (name, _, values) in weights {
            let program = self.machine.program().clone();
            if let Some(leaf) = program.leaf(name).filter(|&leaf| program.leaves[leaf].ty.elements() == values.len()) {
                self.machine.write(leaf, values);
            }
        }
    }

    /// Answers `points` by a beam of `width` (1 is greedy: the largest probability at each step). With `valid`, only what
    /// can become a valid answer is pointed at, and probabilities are shares among that: elements not used yet, the stop
    /// once all are used, and for a tour the first city first.
    pub(super) fn answer(&mut self, points: &[Point], width: usize, valid: bool) -> Answer {
        let (n, features) = (self.n, self.plan.rules.features());
        debug_assert_eq!(points.len(), n);
        let program = self.machine.program().clone();
        let leaf = |name: &str| program.leaf(name).expect("a leaf of the graph above");
        let mut laid = Vec::new();
        for point in points {
            for &coordinate in &point[..features] {
                laid.push(self.plan.rules.seen(coordinate));
            }
        }
        self.machine.write(leaf("points"), &laid);
        let (encode, step) = (program.routine("encode").expect("planned"), program.routine("step").expect("planned"));
        self.machine.run(encode);
        let mut answer = Answer { states: self.machine.output(encode, 0).to_vec(), ..Answer::default() };
        let (hidden, limit) = (self.plan.hidden, self.plan.rules.limit(n));
        let mut beams = vec![Partial::default()];
        for _ in 0..limit {
            if beams.iter().all(|beam| beam.stopped) {
                break;
            }
            self.machine.run(step);
            // All ways to go on, of which the most probable are kept; what has stopped stays as it is.
            let mut ways: Vec<(usize, Option<usize>, f64)> = Vec::new();
            let mut rows: Vec<Vec<f64>> = Vec::new();
            for (parent, beam) in beams.iter().enumerate() {
                if beam.stopped {
                    rows.push(Vec::new());
                    insert(&mut ways, width, (parent, None, beam.log_probability));
                    continue;
                }
                let logits = &self.machine.output(step, 0)[beam.row * (n + 1)..][..n + 1];
                let logs = log_shares(logits, |token| !valid || self.may(&beam.tokens, token));
                for (token, log) in logs.iter().enumerate().filter(|(_, log)| log.is_finite()) {
                    insert(&mut ways, width, (parent, Some(token), beam.log_probability + log));
                }
                rows.push(logs);
            }
            let (outputs, cells) = (self.machine.output(step, 1).to_vec(), self.machine.output(step, 2).to_vec());
            let mut candidates = Vec::new();
            let mut next = Vec::new();
            for (row, &(parent, token, log_probability)) in ways.iter().enumerate() {
                let mut beam = beams[parent].clone();
                if let Some(token) = token {
                    candidates.push(Candidate { parent: beam.position, token, log_probability });
                    beam.rows.extend(rows[parent].iter().map(|log| log.exp() as f32));
                    beam.position = candidates.len() - 1;
                    if token == n {
                        beam.stopped = true;
                    } else {
                        beam.tokens.push(token);
                        let from = beam.row * hidden;
                        self.machine.write_at(leaf("output"), row * hidden, &outputs[from..from + hidden]);
                        self.machine.write_at(leaf("memory cell"), row * hidden, &cells[from..from + hidden]);
                        self.machine.write_at(leaf("input"), row * features, &laid[token * features..][..features]);
                    }
                } else {
                    // Kept in the list, so that the parents of later candidates are found.
                    candidates.push(Candidate { parent: beam.position, token: n, log_probability });
                    beam.position = candidates.len() - 1;
                }
                beam.log_probability = log_probability;
                beam.row = row;
                next.push(beam);
            }
            answer.steps.push(candidates);
            beams = next;
        }
        for Partial { tokens, rows, stopped, log_probability, .. } in beams {
            if answer.beams.is_empty() {
                answer.rows = rows;
            }
            answer.beams.push(Finished { tokens, stopped, log_probability });
        }
        answer
    }

    /// Whether `token` may follow `tokens` in a valid answer.
    fn may(&self, tokens: &[usize], token: usize) -> bool {
        if token == self.n {
            return tokens.len() == self.n;
        }
        let starts = self.plan.rules.task != Task::Tour || !tokens.is_empty() || token == 0;
        starts && !tokens.contains(&token)
    }
}

/// Keeps the `width` most probable ways; of equal ones those found first.
fn insert(ways: &mut Vec<(usize, Option<usize>, f64)>, width: usize, way: (usize, Option<usize>, f64)) {
    let at = ways.partition_point(|other| other.2 >= way.2);
    if at < width {
        ways.insert(at, way);
        ways.truncate(width);
    }
}

/// Logarithms of the softmax over the allowed logits; −∞ elsewhere.
fn log_shares(logits: &[f32], allowed: impl Fn(usize) -> bool) -> Vec<f64> {
    let mut logs = Vec::new();
    for (token, &logit) in logits.iter().enumerate() {
        logs.push(if allowed(token) { logit as f64 } else { f64::NEG_INFINITY });
    }
    let top = logs.iter().fold(f64::NEG_INFINITY, |top, &log| top.max(log));
    let sum: f64 = logs.iter().map(|log| (log - top).exp()).sum();
    logs.iter_mut().for_each(|log| *log -= top + sum.ln());
    logs
}
