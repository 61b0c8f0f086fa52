//! The same networks by gradient descent, as everybody trains them: Adam on all weights at once.

use super::data::{Set, narrowed, owned};
use super::network::Network;
use super::robust::{CLEAN, ROBUST, Task, WORST, grade};
use crate::graph::{Entry, Graph, Result, Role, Var};
use crate::labs::Judge;
use crate::optim::schedule::{Span, linear};
use crate::optim::{Adam, Update};
use crate::plan::{self, Program};
use crate::rng::Rng;
use std::sync::Arc;

/// Descents from different first weights.
pub(super) const RUNS: usize = 10;
/// Their steps.
pub(super) const STEPS: u64 = 4000;
/// Hidden units and steps of the networks that are compared in the adversarial task.
const UNITS: usize = 40;
pub(super) const ADVERSARIAL_STEPS: u64 = 1500;
/// Learning rate at first; it falls to 0.
const RATE: f32 = 0.02;
/// Steps of an attack, and each as a share of the reach.
const ATTACK: usize = 5;
const ATTACK_STEP: f32 = 0.4;

fn normals(rng: &mut Rng, count: usize, deviation: f32) -> Vec<f32> {
    let mut values = Vec::with_capacity(count);
    for _ in 0..count {
        values.push(deviation * rng.normal());
    }
    values
}

/// Assignments of a step of Adam whose rate falls linearly to 0.
fn update(g: &mut Graph, loss: Var, weights: &[Var], steps: u64) -> Result<Vec<(Var, Var)>> {
    let step = g.leaf_u32(Role::State, "step", &[], &[0]);
    let gradients = g.grad(loss, weights)?;
    let mut pairs = Vec::new();
    for (weight, gradient) in weights.iter().zip(gradients) {
        pairs.push((*weight, gradient));
    }
    let rate = linear(g, step, Span::new(0.0, steps as f32), RATE, 0.0)?;
    Update::new(&Adam::USUAL, rate).apply(g, &pairs, step)
}

/// Ten networks of `width` hidden units, side by side in the columns of one matrix.
pub(super) fn program(set: &Set, beta: f32, width: usize, seed: u32) -> Result<Program> {
    let g = &mut Graph::new();
    let points = set.len();
    let mut rng = Rng::new(seed, &format!("convex-relu/descent {width}"));
    let x = narrowed(set.points.as_flattened());
    let x = g.leaf_with(Role::Input, "points", &[points, 3], x);
    let y = g.leaf_with(Role::Input, "labels", &[points, 1], narrowed(&set.labels));
    let hidden = normals(&mut rng, 3 * RUNS * width, 0.5);
    let hidden = g.leaf_with(Role::Parameter, "hidden.weight", &[3, RUNS * width], hidden);
    let output = normals(&mut rng, RUNS * width, 0.5);
    let output = g.leaf_with(Role::Parameter, "output.weight", &[RUNS * width], output);

    let inputs = g.matmul(x, hidden)?;
    let active = g.relu(inputs)?;
    let shares = g.mul(active, output)?;
    let shares = g.reshape(shares, &[points, RUNS, width])?;
    let outputs = g.sum(shares, &[2])?;
    let errors = g.sub(outputs, y)?;
    let squares = g.square(errors)?;
    let misfit = g.sum(squares, &[0])?;
    let square = |g: &mut Graph, weights: Var, rows: usize| -> Result<Var> {
        let squares = g.square(weights)?;
        let squares = g.reshape(squares, &[rows, RUNS, width])?;
        g.sum(squares, &[0, 2])
    };
    let (first, second) = (square(g, hidden, 3)?, square(g, output, 1)?);
    let penalty = g.add(first, second)?;
    let penalty = g.mul_number(penalty, beta)?;
    let twice = g.add(misfit, penalty)?;
    let objectives = g.mul_number(twice, 0.5)?;
    let loss = g.sum_all(objectives)?;
    let assigns = update(g, loss, &[hidden, output], STEPS)?;
    let entry = |name: &str, outputs, assigns| Entry { name: name.into(), outputs, assigns };
    plan::plan(
        g,
        &[entry("train", Vec::new(), assigns), entry("measure", vec![("objectives".into(), objectives)], Vec::new())],
    )
}

/// Records the lowest of the objectives, then each.
pub(super) struct Objectives;

/// The recorded objective of a descent.
pub(super) fn column(run: usize) -> String {
    format!("run {}", run + 1)
}

impl Judge for Objectives {
    fn numbers(&self) -> Vec<String> {
        let mut names = owned(&[super::admm::OBJECTIVE]);
        for run in 0..RUNS {
            names.push(column(run));
        }
        names
    }

    fn judge(&self, outputs: &[&[f32]]) -> Vec<f32> {
        let mut numbers = vec![f32::INFINITY];
        for objective in outputs[0] {
            numbers[0] = numbers[0].min(*objective);
            numbers.push(*objective);
        }
        numbers
    }
}

/// One network for the adversarial task: on the points as they are, or with an attack on each of them in every step.
pub(super) fn adversarial(task: &Task, attacked: bool, seed: u32) -> Result<Program> {
    let g = &mut Graph::new();
    let count = task.train.len();
    let mut rng = Rng::new(seed, "convex-relu/adversarial descent");
    let x = g.leaf_with(Role::Input, "points", &[count, 2], task.train.places());
    let y = g.leaf_with(Role::Input, "labels", &[count], narrowed(&task.train.labels));
    let column = g.reshape(y, &[count, 1])?;
    let hidden = g.leaf_with(Role::Parameter, "hidden.weight", &[2, UNITS], normals(&mut rng, 2 * UNITS, 0.5));
    let bias = g.leaf_with(Role::Parameter, "hidden.bias", &[UNITS], normals(&mut rng, UNITS, 0.5));
    let output = g.leaf_with(Role::Parameter, "output.weight", &[UNITS], normals(&mut rng, UNITS, 0.3));

    let inputs = |g: &mut Graph, x: Var| -> Result<Var> {
        let product = g.matmul(x, hidden)?;
        g.add(product, bias)
    };
    let zero = g.constant(0.0, &[])?;
    let mut moved = x;
    if attacked {
        let across = g.transpose(hidden)?;
        let limits = (g.add_number(x, -task.reach as f32)?, g.add_number(x, task.reach as f32)?);
        for _ in 0..ATTACK {
            // Against the slope of y f, up to the edge of the box.
            let on = inputs(g, moved)?;
            let on = g.less(zero, on)?;
            let weights = g.mul(on, output)?;
            let slope = g.matmul(weights, across)?;
            let slope = g.mul(slope, column)?;
            let way = g.sign(slope)?;
            let way = g.mul_number(way, -ATTACK_STEP * task.reach as f32)?;
            let further = g.add(moved, way)?;
            let further = g.max(further, limits.0)?;
            moved = g.min(further, limits.1)?;
        }
        moved = g.stop_gradient(moved)?;
    }
    let active = inputs(g, moved)?;
    let active = g.relu(active)?;
    let shares = g.mul(active, output)?;
    let outputs = g.sum(shares, &[1])?;
    let margins = g.mul(outputs, y)?;
    let short = g.neg(margins)?;
    let short = g.add_number(short, 1.0)?;
    let losses = g.relu(short)?;
    let mut loss = g.mean_all(losses)?;
    for weights in [hidden, bias, output] {
        let squares = g.square(weights)?;
        let sum = g.sum_all(squares)?;
        let penalty = g.mul_number(sum, (task.beta / 2.0) as f32)?;
        loss = g.add(loss, penalty)?;
    }
    let assigns = update(g, loss, &[hidden, bias, output], ADVERSARIAL_STEPS)?;
    let weights = vec![
        (super::admm::OBJECTIVE.to_owned(), loss),
        ("hidden.weight".into(), hidden),
        ("hidden.bias".into(), bias),
        ("output.weight".into(), output),
    ];
    let entry = |name: &str, outputs, assigns| Entry { name: name.into(), outputs, assigns };
    plan::plan(g, &[entry("train", Vec::new(), assigns), entry("measure", weights, Vec::new())])
}

/// Grades the network of [`adversarial`].
pub(super) struct Grader(pub Arc<Task>);

impl Judge for Grader {
    fn numbers(&self) -> Vec<String> {
        owned(&[super::admm::OBJECTIVE, CLEAN, ROBUST, WORST])
    }

    fn judge(&self, outputs: &[&[f32]]) -> Vec<f32> {
        let (hidden, bias, output) = (outputs[1], outputs[2], outputs[3]);
        let units = bias.len();
        let mut network = Network::default();
        for unit in 0..units {
            let u = [hidden[unit].into(), hidden[units + unit].into(), bias[unit].into()];
            network.neurons.push((u, output[unit].into()));
        }
        let [clean, robust, worst] = grade(&self.0, &network);
        vec![outputs[0][0], clean, robust, worst]
    }
}
