//! The program of a run: a training routine for each length, greedy decoding of the test sets, and the weights.

use super::model::{Head, Memory, Network, Shape};
use super::solve::tour;
use super::stream::{BATCH, LEAVES, lay, routine};
use super::task::{Rules, Set, TESTS, Task, Tests};
use crate::graph::{Entry, Graph, Result, Role, Var};
use crate::nn::recurrent::{Direction, State};
use crate::ops::order::Order;
use crate::optim::{Adam, Update, schedule};
use crate::plan::{self, Program};
use crate::rng::Rng;

/// Widths of the beams that are measured; the first is greedy.
pub(super) const BEAMS: [usize; 3] = [1, 3, 5];
/// Steps in which the rate rises.
const WARM_UP: f32 = 50.0;
/// Share of the steps after which it falls, and what is left of it at the end.
const CONSTANT: f32 = 0.6;
const FLOOR: f32 = 0.03;
/// Largest norm of the gradient.
const CLIP: f32 = 2.0;
/// Logit of what may not be pointed at.
const NEVER: f32 = -1e9;

/// What a run is made of.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Plan {
    /// The task and its conventions.
    pub rules: Rules,
    /// Units.
    pub hidden: usize,
    /// The last layer.
    pub head: Head,
    /// Shortest and longest sets of training.
    pub range: [usize; 2],
    /// The test sets by length.
    pub tests: Tests,
    /// Training steps.
    pub steps: u64,
    /// Learning rate at its highest.
    pub rate: f32,
    /// Seed of the first weights.
    pub seed: u32,
}

impl Plan {
    /// Sizes of its network.
    pub(super) fn shape(&self) -> Shape {
        Shape { features: self.rules.features(), hidden: self.hidden, head: self.head }
    }

    /// Adds its network, with first weights.
    pub(super) fn network(&self, g: &mut Graph) -> Network {
        Network::new(g, self.shape(), &mut Rng::new(self.seed, "pointer-networks/weights"))
    }

    /// The program: routines `train on …`, `measure`, `picture` (all weights).
    pub(super) fn program(&self) -> Result<Program> {
        let g = &mut Graph::new();
        let network = self.network(g);
        let step = g.leaf_u32(Role::State, "step", &[], &[0]);
        let rate = self.rate(g, step)?;
        let parameters = network.parameters();
        let mut entries = Vec::new();
        for n in self.range[0]..=self.range[1] {
            let name = routine(n);
            let empty: Vec<Set> = vec![(vec![[0.5; 2]; n], Vec::new()); BATCH];
            let loss = g.scoped(&name, |g| self.loss(g, &network, n, &empty, true))?;
            let gradients = g.grad(loss, &parameters)?;
            let pairs: Vec<(Var, Var)> = parameters.iter().copied().zip(gradients).collect();
            let assigns = Update::new(&Adam::USUAL, rate).clip_norm(CLIP).apply(g, &pairs, step)?;
            entries.push(Entry { name, outputs: Vec::new(), assigns });
        }
        let mut outputs = Vec::new();
        for (n, sets) in self.tests.iter() {
            g.scoped(&format!("tests of {n}"), |g| self.test(g, &network, *n, sets, &mut outputs))?;
        }
        entries.push(Entry { name: "measure".into(), outputs, assigns: Vec::new() });
        let mut weights = Vec::new();
        for &parameter in &parameters {
            let name = g.leaf(parameter).map(|leaf| leaf.name.clone()).unwrap_or_default();
            weights.push((name, parameter));
        }
        entries.push(Entry { name: "picture".into(), outputs: weights, assigns: Vec::new() });
        plan::plan(g, &entries)
    }

    fn rate(&self, g: &mut Graph, step: Var) -> Result<Var> {
        let steps = self.steps as f32;
        let warm = schedule::warm_up(g, step, WARM_UP)?;
        let fall = schedule::Span::new(CONSTANT * steps, (1.0 - CONSTANT) * steps);
        let factor = schedule::linear(g, step, fall, 1.0, FLOOR)?;
        let factor = g.mul(warm, factor)?;
        let rate = g.scalar("rate", self.rate);
        g.mul(rate, factor)
    }

    /// Mean cross-entropy of a pointer on `sets` of `n` with their answers, which lie in leaves named [`LEAVES`].
    fn loss(&self, g: &mut Graph, network: &Network, n: usize, sets: &[Set], unrolled: bool) -> Result<Var> {
        let mut contents: Vec<Vec<f32>> = vec![Vec::new(); LEAVES.len()];
        lay(&self.rules, n, sets, &mut contents);
        let (batch, features, steps) = (sets.len(), self.rules.features(), self.rules.most_pointers(n));
        let [points, previous, target, weight] = LEAVES;
        let mut contents = contents.into_iter();
        let mut next = || contents.next().unwrap_or_default();
        let points = g.leaf_with(Role::Input, points, &[n, batch, features], next());
        let previous = g.leaf_with(Role::Input, previous, &[steps - 1, batch, features], next());
        let bits: Vec<u32> = next().into_iter().map(f32::to_bits).collect();
        let target = g.leaf_u32(Role::Input, target, &[steps, batch], &bits);
        let weight = g.leaf_with(Role::Input, weight, &[steps, batch], next());

        let memory = network.encode(g, points, unrolled)?;
        let first = network.first(g, batch)?;
        let first = g.unsqueeze(first, 0)?;
        let inputs = g.concatenate(&[first, previous], 0)?;
        let states = network.decode(g, &memory, inputs, unrolled)?;
        let logits = network.logits(g, &memory, states)?;
        let losses = g.cross_entropy(logits, target)?;
        let weighted = g.mul(losses, weight)?;
        g.sum_all(weighted)
    }

    /// Decodes the test sets of length `n`; adds what comes of it to `outputs`.
    fn test(
        &self,
        g: &mut Graph,
        network: &Network,
        n: usize,
        sets: &[Set],
        outputs: &mut Vec<(String, Var)>,
    ) -> Result<()> {
        if n == self.range[1] {
            let loss = g.scoped("loss", |g| self.loss(g, network, n, sets, false))?;
            outputs.push((format!("loss {n}"), loss));
        }
        let mut contents: Vec<Vec<f32>> = vec![Vec::new(); LEAVES.len()];
        lay(&self.rules, n, sets, &mut contents);
        let points =
            g.leaf_with(Role::Input, "points", &[n, TESTS, self.rules.features()], std::mem::take(&mut contents[0]));
        let memory = network.encode(g, points, false)?;
        let points = g.permute(points, &[1, 0, 2])?;
        let free = greedy(g, network, &memory, points, self.rules.limit(n), false)?;
        outputs.push((format!("free {n}"), free));
        if matches!(self.rules.task, Task::Sort) {
            let valid = greedy(g, network, &memory, points, n, true)?;
            outputs.push((format!("valid {n}"), valid));
        }
        if self.rules.task == Task::Tour {
            let widths: &[usize] = if n == self.range[1] { &BEAMS } else { &BEAMS[..1] };
            for &width in widths {
                let tours = beam(g, network, &memory, points, width)?;
                outputs.push((format!("beam {width} of {n}"), tours));
            }
        }
        Ok(())
    }
}

/// Follows the largest probability: the element pointed at in each of `steps` steps, `[steps, batch]`, of `points [batch, n,
/// features]`. With `unused`, only among the elements that have not been pointed at yet.
fn greedy(g: &mut Graph, network: &Network, memory: &Memory, points: Var, steps: usize, unused: bool) -> Result<Var> {
    let &[batch, n, _] = g.shape(points) else { unreachable!("points have three axes") };
    let mut carries = memory.state.0.clone();
    carries.push(network.first(g, batch)?);
    if unused {
        carries.push(g.constant(0.0, &[batch, n])?);
    }
    let clock = g.constant(0.0, &[steps, 1])?;
    let scanned = g.scan(&carries, &[clock], Direction::Forwards, |g, carries, _| {
        let state = network.step(g, carries[2], &State(carries[..2].to_vec()))?;
        let states = g.unsqueeze(state.0[0], 0)?;
        let logits = network.logits(g, memory, states)?;
        let mut logits = g.squeeze(logits, 0)?;
        if let Some(&used) = carries.get(3) {
            logits = g.slice(logits, 1, 0, 1, n)?;
            logits = g.masked_fill(logits, used, NEVER)?;
        }
        let token = g.argmax(logits)?;
        let mut next = vec![state.0[0], state.0[1], g.take(points, token, 1)?];
        if let Some(&used) = carries.get(3) {
            let chosen = g.one_hot(token, n)?;
            next.push(g.max(used, chosen)?);
        }
        Ok((next, vec![g.to_f32(token)?]))
    })?;
    Ok(scanned.outputs[0])
}

/// The tours that a beam of `width` over valid tours ends with, the most probable first: cities by step, `[n, batch, width]`.
/// All start at city 0; used cities get no probability. As the beam is reordered at each step, so are its partial tours.
fn beam(g: &mut Graph, network: &Network, memory: &Memory, points: Var, width: usize) -> Result<Var> {
    let &[batch, n, features] = g.shape(points) else { unreachable!("points have three axes") };
    let rows = batch * width;
    let hidden = g.shape(memory.state.0[0])[1];
    // Every set `width` times, side by side.
    let repeat = |g: &mut Graph, a: Var, shape: &[usize]| -> Result<Var> {
        let a = g.unsqueeze(a, 1)?;
        let wide = g.broadcast_to(a, &[&[batch, width], shape].concat())?;
        g.reshape(wide, &[&[rows], shape].concat())
    };
    let mut state = Vec::new();
    for &part in &memory.state.0 {
        state.push(repeat(g, part, &[hidden])?);
    }
    let memory = memory.repeated(g, |g, a| {
        let shape = g.shape(a)[1..].to_vec();
        repeat(g, a, &shape)
    })?;
    let wide_points = repeat(g, points, &[n, features])?;
    // Only one of the equal beams counts at first.
    let start: Vec<f32> = (0..rows).map(|row| if row % width == 0 { 0.0 } else { NEVER }).collect();
    let mut score = g.leaf_with(Role::Input, &format!("beam of {width}"), &[batch, width], start);
    let mut input = network.first(g, rows)?;
    let mut used = g.constant(0.0, &[rows, n])?;
    let mut tours: Vec<Var> = Vec::new();
    for step in 0..n {
        let next = network.step(g, input, &State(state.clone()))?;
        let states = g.unsqueeze(next.0[0], 0)?;
        let logits = network.logits(g, &memory, states)?;
        let logits = g.squeeze(logits, 0)?;
        let logits = g.slice(logits, 1, 0, 1, n)?;
        let logits = if step == 0 {
            let first: Vec<f32> = (0..n).map(|city| if city == 0 { 0.0 } else { NEVER }).collect();
            let first = g.leaf_with(Role::Input, &format!("first of {width}"), &[1, n], first);
            g.broadcast_to(first, &[rows, n])?
        } else {
            g.masked_fill(logits, used, NEVER)?
        };
        let logs = g.log_softmax(logits)?;
        let logs = g.reshape(logs, &[batch, width, n])?;
        let before = g.unsqueeze(score, 2)?;
        let total = g.add(before, logs)?;
        let total = g.reshape(total, &[batch, width * n])?;
        let (best, which) = g.top_k(total, width, 1, Order::Descending)?;
        score = best;
        // Position = parent · n + city; the half keeps the quotient away from whole numbers.
        let position = g.to_f32(which)?;
        let half = g.add_number(position, 0.5)?;
        let share = g.mul_number(half, 1.0 / n as f32)?;
        let parent = g.floor(share)?;
        let begin = g.mul_number(parent, n as f32)?;
        let city = g.sub(position, begin)?;
        let parent = g.to_u32(parent)?;
        let city_index = g.to_u32(city)?;
        let follow = |g: &mut Graph, a: Var, shape: &[usize]| -> Result<Var> {
            let by_beam = g.reshape(a, &[&[batch, width], shape].concat())?;
            let taken = g.take(by_beam, parent, 1)?;
            g.reshape(taken, &[&[rows], shape].concat())
        };
        for (part, &next) in state.iter_mut().zip(&next.0) {
            *part = follow(g, next, &[hidden])?;
        }
        used = follow(g, used, &[n])?;
        for tour in &mut tours {
            *tour = g.take(*tour, parent, 1)?;
        }
        let rows_city = g.reshape(city_index, &[rows])?;
        let chosen = g.one_hot(rows_city, n)?;
        used = g.max(used, chosen)?;
        input = g.take(wide_points, rows_city, 1)?;
        tours.push(city);
    }
    g.stack(&tours, 0)
}

/// What is recorded of a run: numbers made of its answers to the test sets.
pub(super) struct Judge {
    plan: Plan,
}

/// What is recorded of each length, by task.
pub(super) fn measures(task: Task) -> &'static [&'static str] {
    match task {
        Task::Sort => &["accuracy", "positions", "valid-only accuracy"],
        Task::Hull => &["accuracy", "area", "not simple"],
        Task::Delaunay => &["accuracy", "coverage"],
        Task::Tour => &["valid", "tour"],
    }
}

/// Name of a recorded number.
pub(super) fn column(measure: &str, n: usize) -> String {
    format!("{measure} n = {n}")
}

/// Names of what is recorded of a beam: mean length of its most probable and of its shortest tour.
pub(super) fn beam_columns(width: usize) -> [String; 2] {
    [format!("most probable of {width}"), format!("shortest of {width}")]
}

impl Judge {
    /// A judge of what the plan's `measure` gives.
    pub(super) fn new(plan: &Plan) -> Judge {
        Judge { plan: plan.clone() }
    }

    /// Means over the test sets of one length, in the order of [`measures`]. `free [steps, sets]` are the elements pointed at.
    fn means(&self, n: usize, sets: &[Set], free: &[f32], valid: Option<&[f32]>) -> Vec<f32> {
        let rules = &self.plan.rules;
        let (mut right, mut valid_count, mut share, mut right_valid) = (0, 0, 0.0, 0);
        let mut tokens = Vec::new();
        for (at, (points, truth)) in sets.iter().enumerate() {
            let stopped = read(free, sets.len(), at, n, &mut tokens);
            let grade = rules.grade(points, truth, &tokens, stopped);
            right += usize::from(grade.right);
            valid_count += usize::from(grade.valid);
            // The area is that of simple polygons only.
            share += grade.share;
            if let Some(valid) = valid {
                read(valid, sets.len(), at, n, &mut tokens);
                right_valid += usize::from(tokens == *truth);
            }
        }
        let of = |count: usize| count as f32 / sets.len() as f32;
        match rules.task {
            Task::Sort => vec![of(right), (share / sets.len() as f64) as f32, of(right_valid)],
            Task::Hull => vec![of(right), (share / valid_count.max(1) as f64) as f32, 1.0 - of(valid_count)],
            Task::Delaunay => vec![of(right), (share / sets.len() as f64) as f32],
            Task::Tour => vec![of(valid_count)],
        }
    }
}

impl crate::labs::Judge for Judge {
    fn numbers(&self) -> Vec<String> {
        let mut names = Vec::new();
        for &(n, _) in self.plan.tests.iter() {
            if n == self.plan.range[1] {
                names.push("loss".to_owned());
            }
            for measure in measures(self.plan.rules.task) {
                names.push(column(measure, n));
            }
            if self.plan.rules.task == Task::Tour && n == self.plan.range[1] {
                for &width in &BEAMS[1..] {
                    names.extend(beam_columns(width));
                }
            }
        }
        names
    }

    fn judge(&self, outputs: &[&[f32]]) -> Vec<f32> {
        let mut outputs = outputs.iter().copied();
        let mut next = || outputs.next().unwrap_or_default();
        let mut numbers = Vec::new();
        for (n, sets) in self.plan.tests.iter() {
            let n = *n;
            let longest = n == self.plan.range[1];
            if longest {
                numbers.extend(next().first());
            }
            let free = next();
            let valid = (self.plan.rules.task == Task::Sort).then(&mut next);
            numbers.extend(self.means(n, sets, free, valid));
            if self.plan.rules.task == Task::Tour {
                numbers.push(mean_tours(sets, next(), 1)[0]);
                for &width in BEAMS[1..].iter().filter(|_| longest) {
                    numbers.extend(mean_tours(sets, next(), width));
                }
            }
        }
        numbers
    }
}

/// Reads the answer to set `at` of `sets` from `tokens [steps, sets]` up to the stop; whether there was one.
fn read(all: &[f32], sets: usize, at: usize, n: usize, tokens: &mut Vec<usize>) -> bool {
    tokens.clear();
    for step in 0..all.len() / sets {
        let token = all[step * sets + at] as usize;
        if token >= n {
            return true;
        }
        tokens.push(token);
    }
    false
}

/// Mean length of the first tour of each beam and of the shortest; `tours [n, sets, width]`.
fn mean_tours(sets: &[Set], tours: &[f32], width: usize) -> [f32; 2] {
    let mut sums = [0.0f64; 2];
    let mut order = Vec::new();
    for (at, (points, _)) in sets.iter().enumerate() {
        let mut best = f64::INFINITY;
        for which in 0..width {
            order.clear();
            order.extend((0..points.len()).map(|step| tours[(step * sets.len() + at) * width + which] as usize));
            let length = tour::length(points, &order);
            best = best.min(length);
            if which == 0 {
                sums[0] += length;
            }
        }
        sums[1] += best;
    }
    sums.map(|sum| (sum / sets.len() as f64) as f32)
}
