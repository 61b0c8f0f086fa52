//! Random graphs over the whole vocabulary: the planned program, with poisoned temporaries, computes what
//! the double-precision interpreter of the unfused graph computes, step after step, and so do gradients.
//! `PROPTEST_CASES` sets the number of graphs; a failing one is made smaller and printed.
#![cfg(not(target_arch = "wasm32"))]

mod common;

use common::{weighted_sum, widen};
use petri::cpu::Machine;
use petri::graph::{DType, Entry, Func, Graph, Result, Role, Var, elements};
use petri::ops::random::Randomness;
use petri::ops::reduce::Reduction;
use petri::plan::plan;
use petri::reference::Reference;
use petri::rng::Rng;
use proptest::prelude::*;
use std::sync::Arc;

/// Largest difference relative to scale; chains of up to 50 nodes lose a few digits.
const TOLERANCE: f64 = 2e-4;

/// One choice: what to do, and numbers that pick operands, axes and so on, each modulo what there is.
/// Any list of choices gives a valid graph, so that shrinking simply drops and lowers them.
type Choice = (u8, u16, u16, u16);

struct Builder {
    graph: Graph,
    /// Values of type f32 to choose operands from.
    values: Vec<Var>,
    /// Leaves that may be assigned.
    leaves: Vec<Var>,
    source: Randomness,
}

fn leaf(g: &mut Graph, number: usize, shape: &[usize]) -> Var {
    let mut rng = Rng::new(number as u32, "fuse");
    let values = (0..elements(shape)).map(|_| rng.uniform() * 2.0 - 1.0).collect();
    g.leaf_with(if shape.is_empty() { Role::Scalar } else { Role::Parameter }, &format!("leaf {number}"), shape, values)
}

impl Builder {
    fn new() -> Self {
        let mut graph = Graph::new();
        let shapes: &[&[usize]] = &[&[], &[], &[5], &[4, 5], &[4, 5], &[5, 4], &[2, 3, 4], &[4, 1], &[3, 130], &[1, 5]];
        let leaves: Vec<Var> = shapes.iter().enumerate().map(|(i, shape)| leaf(&mut graph, i, shape)).collect();
        let seed = graph.leaf_u32(Role::Input, "seed", &[], &[3]);
        let step = graph.leaf_u32(Role::State, "step", &[], &[7]);
        Builder { graph, values: leaves.clone(), leaves, source: Randomness { seed, step } }
    }

    fn pick(&self, number: u16) -> Var {
        // Most often something recent, so that chains grow.
        let count = self.values.len();
        let back = number as usize % (2 * count);
        self.values[if back < count { back } else { count - 1 - (back - count) / 3 }]
    }

    /// Adds what a choice says, if it fits; everything stays within ±3 or so, and away from kinks by chance.
    fn apply(&mut self, (kind, x, y, z): Choice) {
        let a = self.pick(x);
        let b = self.pick(y);
        if let Ok(value) = self.build(kind, a, b, x, y, z)
            && elements(self.graph.shape(value)) <= 2000
            && self.graph.shape(value).len() <= 5
        {
            self.values.push(value);
        }
    }

    fn build(&mut self, kind: u8, a: Var, b: Var, x: u16, y: u16, z: u16) -> Result<Var> {
        let shape = self.graph.shape(a).to_vec();
        let rank = shape.len();
        let z = z as usize;
        let axis = if rank > 0 { z % rank } else { 0 };
        let g = &mut self.graph;
        match kind % 24 {
            0 => {
                let smooth = [Func::Sin, Func::Cos, Func::Tanh, Func::Erf, Func::Sigmoid, Func::Softplus, Func::Neg];
                g.elementwise(smooth[z % smooth.len()], &[a])
            }
            1 => {
                let kinked = [Func::Abs, Func::Relu];
                g.elementwise(kinked[z % kinked.len()], &[a])
            }
            2 => {
                let sum = g.add(a, b)?;
                g.mul_number(sum, 0.5)
            }
            3 => g.mul(a, b),
            4 => {
                let difference = g.sub(a, b)?;
                g.mul_number(difference, 0.5)
            }
            5 => {
                // Kept positive: a quotient, a root, a logarithm or a power.
                let square = g.square(b)?;
                let positive = g.add_number(square, 0.5)?;
                match z % 7 {
                    0 => g.div(a, positive),
                    1 => g.sqrt(positive),
                    2 => g.log(positive),
                    3 => g.rsqrt(positive),
                    4 => g.recip(positive),
                    5 => g.log1p(positive),
                    _ => {
                        let exponent = g.tanh(a)?;
                        g.pow(positive, exponent)
                    }
                }
            }
            6 => {
                let bounded = g.tanh(a)?;
                g.exp(bounded)
            }
            7 => g.min(a, b),
            8 => g.max(a, b),
            9 => {
                let condition = g.less(a, b)?;
                g.select(condition, b, a)
            }
            10 if rank > 0 => {
                let mut order: Vec<usize> = (0..rank).collect();
                Rng::new(z as u32, "order").shuffle(&mut order);
                g.permute(a, &order)
            }
            11 => {
                let count = elements(&shape);
                let mut divisors: Vec<usize> = (1..=count).filter(|d| count.is_multiple_of(*d)).collect();
                let first = divisors.swap_remove(z % divisors.len());
                let rest = count / first;
                match y % 4 {
                    0 => g.reshape(a, &[count]),
                    1 => g.reshape(a, &[first, rest]),
                    2 => g.reshape(a, &[first, 1, rest]),
                    _ => g.reshape(a, &[1, first, rest]),
                }
            }
            12 if rank > 0 => {
                let extent = shape[axis];
                let step = 1 + y as usize % 3;
                let start = x as usize % extent;
                if y.is_multiple_of(2) {
                    g.slice(a, axis, start, step as isize, (extent - start).div_ceil(step))
                } else {
                    g.slice(a, axis, start, -(step as isize), start / step + 1)
                }
            }
            13 | 14 if rank > 0 => {
                let axes: Vec<usize> = (0..rank).filter(|axis| (y as usize + 1) >> axis & 1 == 1).collect();
                match z % 4 {
                    0 => g.reduce(Reduction::Max, a, &axes),
                    1 => g.reduce(Reduction::Min, a, &axes),
                    _ => g.mean(a, &axes),
                }
            }
            15 | 16 if rank >= 2 => {
                // A partner that fits: the other value where it does, else a value's own transpose.
                let inner = *shape.last().expect("rank is at least 2");
                let right = match g.matmul(a, b) {
                    Ok(product) => Ok(product),
                    Err(_) => {
                        let transposed = g.transpose(a)?;
                        g.matmul(a, transposed)
                    }
                }?;
                g.mul_number(right, 1.0 / inner as f32)
            }
            17 if rank > 0 => {
                let inner = &[3, 2][..1 + z % 2];
                let draw = g.random_below(self.source, &format!("index {z}"), shape[0], inner)?;
                g.take(a, draw, 0)
            }
            18 if rank > 1 => {
                let index = g.random_below(self.source, "batched", shape[1], &[shape[0], 3])?;
                g.take(a, index, 1)
            }
            19 if rank > 0 => {
                let bins = 1 + z % 4;
                let index = g.random_below(self.source, "bins", bins, &[shape[0]])?;
                g.scatter_add(index, a, bins, 0)
            }
            20 if rank > 0 => g.softmax(a),
            21 if rank > 0 => {
                let classes = *shape.last().expect("rank is at least 1");
                let label = g.random_below(self.source, "label", classes, &shape[..rank - 1])?;
                g.cross_entropy(a, label)
            }
            22 => {
                let noise = g.random_uniform(self.source, "noise", &shape)?;
                g.mul(a, noise)
            }
            23 if rank > 0 => {
                // What lies there, as the position itself may hang on the last digit.
                let best = g.argmax(a)?;
                g.take(a, best, rank - 1)
            }
            _ => g.broadcast_to(a, &[&[1 + z % 3], &shape[..]].concat()),
        }
    }

    /// Two entries: one with outputs and assignments that swap and feed each other, one only with outputs.
    fn entries(&mut self, picks: &[u16]) -> Vec<Entry> {
        let outputs = |this: &Self, salt: u16| -> Vec<(String, Var)> {
            let chosen = picks.iter().take(3).map(|&pick| this.pick(pick.wrapping_add(salt)));
            chosen.chain(this.values.last().copied()).enumerate().map(|(i, v)| (format!("{i}"), v)).collect()
        };
        let mut assigns: Vec<(Var, Var)> = Vec::new();
        for (position, &target) in self.leaves.iter().enumerate() {
            let pick = picks.get(position % picks.len().max(1)).copied().unwrap_or(0) as usize;
            let ty = self.graph.ty(target);
            let same: Vec<Var> = self.values.iter().copied().filter(|&v| self.graph.ty(v) == ty).collect();
            if !pick.is_multiple_of(3) {
                // From the newest on, so that values that were computed are preferred; leaves swap.
                assigns.push((target, same[same.len() - 1 - pick / 3 % same.len().min(4)]));
            }
        }
        let one = self.graph.constant_u32(1, &[]).unwrap();
        let next = self.graph.elementwise(Func::AddU32, &[self.source.step, one]).unwrap();
        assigns.push((self.source.step, next));
        vec![
            Entry { name: "train".into(), outputs: outputs(self, 0), assigns },
            Entry { name: "measure".into(), outputs: outputs(self, 5), assigns: Vec::new() },
        ]
    }
}

/// Largest difference relative to scale; below a tenth it is absolute, because what cancels to nothing in
/// the truth leaves rounding behind.
fn difference(got: &[f64], truth: &[f64]) -> f64 {
    let scale = truth.iter().fold(0.1f64, |scale, x| scale.max(x.abs()));
    got.iter().zip(truth).fold(0.0, |worst: f64, (got, truth)| {
        let error = (got - truth).abs() / scale;
        if error.is_nan() { f64::INFINITY } else { worst.max(error) }
    })
}

/// How far the truth itself moves when leaves move by about a rounding error: much where a decision
/// (which is larger, where the maximum is) hangs on the last digits. Asked only of results that differ.
fn sensitivity(graph: &Graph, before: &[Vec<f64>], entry: &Entry, result: usize, truth: &[f64]) -> f64 {
    let mut worst: f64 = 0.0;
    for attempt in 0..16 {
        let mut rng = Rng::new(attempt, "perturb");
        let mut reference = Reference::new(graph);
        reference.leaves = before.to_vec();
        for (leaf, values) in graph.leaves().iter().zip(&mut reference.leaves) {
            if leaf.ty.dtype == DType::F32 {
                values.iter_mut().for_each(|x| *x += 1e-6 * (rng.uniform() as f64 - 0.5));
            }
        }
        worst = worst.max(difference(&results(&mut reference, entry)[result], truth));
    }
    worst
}

/// Outputs, then the new contents of assigned leaves.
fn results(reference: &mut Reference, entry: &Entry) -> Vec<Vec<f64>> {
    let mut all: Vec<Var> = entry.outputs.iter().map(|(_, var)| *var).collect();
    all.extend(entry.assigns.iter().map(|(_, value)| *value));
    reference.evaluate(&all)
}

fn check(choices: &[Choice], picks: &[u16], with_gradient: bool) -> std::result::Result<(), TestCaseError> {
    let mut builder = Builder::new();
    choices.iter().for_each(|&choice| builder.apply(choice));
    let mut entries = builder.entries(picks);
    let mut graph = builder.graph;
    if with_gradient {
        let last = *builder.values.last().expect("there are leaves");
        let loss = weighted_sum(&mut graph, last).unwrap();
        let gradients = graph.grad(loss, &builder.leaves).unwrap();
        let outputs = gradients.into_iter().enumerate().map(|(i, v)| (format!("d {i}"), v)).collect();
        entries = vec![Entry { name: "gradient".into(), outputs, assigns: Vec::new() }];
    }
    let program = plan(&graph, &entries).map_err(|error| TestCaseError::fail(error.to_string()))?;
    let mut machine = Machine::new(Arc::new(program));
    let mut reference = Reference::new(&graph);
    for (round, routine) in [0, entries.len() - 1, 0].into_iter().enumerate() {
        let entry = &entries[routine];
        machine.poison();
        machine.run(routine);
        let truth = results(&mut reference, entry);
        let outputs = entry.outputs.iter().enumerate().map(|(i, (name, var))| {
            (format!("output {name}"), widen(machine.output(routine, i), graph.ty(*var).dtype))
        });
        let assigned = entry.assigns.iter().map(|(target, _)| {
            let index = graph.node(*target).leaf.expect("a leaf");
            let leaf = &graph.leaves()[index];
            (format!("leaf {}", leaf.name), widen(machine.leaf(index), leaf.ty.dtype))
        });
        for (i, ((name, got), truth)) in outputs.chain(assigned).zip(&truth).enumerate() {
            // What the truth itself calls infinite or NaN is left alone.
            if truth.iter().any(|x| !x.is_finite()) || difference(&got, truth) <= TOLERANCE {
                continue;
            }
            if difference(&got, truth) > TOLERANCE + 10.0 * sensitivity(&graph, &reference.leaves, entry, i, truth) {
                let (text, program) = (graph.to_text(&entries), machine.program().to_text());
                return Err(TestCaseError::fail(format!(
                    "round {round}, {name}:\n{got:?}\n{truth:?}\n{text}{program}"
                )));
            }
        }
        // Both go on from the same state, so that differences do not grow from round to round. Leaves
        // that are not assigned must not have changed at all.
        for (index, leaf) in graph.leaves().iter().enumerate() {
            let got = widen(machine.leaf(index), leaf.ty.dtype);
            let assigned = entry.assigns.iter().any(|(target, _)| graph.node(*target).leaf == Some(index));
            if !assigned && got != reference.leaves[index] && got.iter().all(|x| x.is_finite()) {
                return Err(TestCaseError::fail(format!(
                    "round {round}: {} changed\n{}",
                    leaf.name,
                    graph.to_text(&entries)
                )));
            }
            reference.leaves[index] = got;
        }
    }
    Ok(())
}

fn choices() -> impl Strategy<Value = Vec<Choice>> {
    prop::collection::vec(any::<Choice>(), 5..50)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn planned_programs_compute_what_the_graph_says(choices in choices(), picks in prop::collection::vec(any::<u16>(), 1..12)) {
        check(&choices, &picks, false)?;
    }

    #[test]
    fn planned_gradients_compute_what_the_graph_says(choices in prop::collection::vec(any::<Choice>(), 3..20)) {
        check(&choices, &[], true)?;
    }
}
