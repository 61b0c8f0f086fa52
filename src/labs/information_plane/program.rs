//! What a run computes: three networks that differ in everything random, trained in the same kernels. A step is one epoch: a
//! scan over its minibatches, which keeps the gradient of each, so that their mean and their spread can be compared.

use super::task::{INPUTS, POINTS, Task};
use crate::graph::{Entry, Graph, Leaf, Result, Role, Var};
use crate::labs::Feed;
use crate::nn::Activation;
use crate::ops::scan::Direction;
use crate::plan::{self, Program};
use crate::replicate::replicate;
use crate::rng::{self, Rng};
use std::sync::Arc;

/// Networks trained together.
pub(super) const NETS: usize = 3;
/// Units of the hidden layers; a network has the first of them.
pub(super) const WIDTHS: [usize; 5] = [10, 7, 5, 4, 3];
/// Units of the output.
pub(super) const CLASSES: usize = 2;
/// Most patterns in a minibatch.
const BATCH: usize = 512;
/// Epochs over which a ratio of gradients is smoothed.
pub(super) const WINDOW: usize = 21;
/// While gradients pass from drift to diffusion readings are no more epochs apart, and no window between them is missed.
pub(super) const APART: usize = 10;
/// Epochs whose gradients are kept.
const KEPT: usize = WINDOW + APART - 1;
/// Adam's numbers: learning rate, decays of both means, and what keeps the root from 0.
const RATE: f32 = 2e-3;
const DECAYS: [f32; 2] = [0.9, 0.999];
const EPSILON: f32 = 1e-8;

/// What distinguishes one run from another.
#[derive(Clone)]
pub(super) struct Plan {
    pub task: Arc<Task>,
    /// Tanh or rectified units.
    pub activation: Activation,
    /// Hidden layers, 1 to 5.
    pub hidden: usize,
    /// Share of the inputs that is trained on.
    pub share: f64,
    pub seed: u32,
    /// Epochs; `None` for the usual number.
    pub epochs: Option<u64>,
}

/// What is drawn for one network beside its weights.
pub(super) struct Draw {
    /// A label for every input, drawn once.
    pub labels: Vec<u32>,
    /// Inputs in random order: first those that are trained on.
    pub inputs: Vec<u32>,
}

impl Plan {
    /// Units from the input to the output.
    pub(super) fn widths(&self) -> Vec<usize> {
        [&[POINTS], &WIDTHS[..self.hidden], &[CLASSES]].concat()
    }

    /// Layers with weights: the hidden ones and the output.
    pub(super) fn layers(&self) -> usize {
        self.hidden + 1
    }

    /// Patterns that are trained on.
    pub(super) fn patterns(&self) -> usize {
        (self.share * INPUTS as f64) as usize
    }

    /// Minibatches of an epoch, and patterns in each. What does not fill a minibatch waits for another epoch.
    pub(super) fn batches(&self) -> (usize, usize) {
        let size = self.patterns().min(BATCH);
        (self.patterns() / size, size)
    }

    /// Length of the schedule. An epoch of one batch is one step, so it takes more of them.
    pub(super) fn steps(&self) -> u64 {
        self.epochs.unwrap_or(if self.batches().0 == 1 { 6000 } else { 1500 })
    }

    fn rng(&self, what: &str, net: usize) -> Rng {
        Rng::new(self.seed, &format!("information-plane/{what} {net}"))
    }

    /// What is drawn for a network; the same whatever its layers.
    pub(super) fn draw(&self, net: usize) -> Draw {
        let mut rng = self.rng("data", net);
        let labels = self.task.labels(&mut rng);
        let mut inputs: Vec<u32> = (0..INPUTS as u32).collect();
        rng.shuffle(&mut inputs);
        Draw { labels, inputs }
    }

    /// All weights of a network in one row: each layer's matrix [units, inputs], then its biases. Normal with standard
    /// deviation gain / √inputs; what lies beyond two deviations is set to two.
    fn weights(&self, net: usize) -> Vec<f32> {
        let mut rng = self.rng("weights", net);
        // A small gain starts the deep layers of a tanh network nearly blank; a rectified one would die of it.
        let gain = if self.activation == Activation::Relu { 1.41 } else { 0.5 };
        let mut weights = Vec::new();
        for pair in self.widths().windows(2) {
            let deviation = gain / (pair[0] as f32).sqrt();
            weights.extend((0..pair[0] * pair[1]).map(|_| deviation * rng.normal().clamp(-2.0, 2.0)));
            weights.extend(vec![0.0; pair[1]]);
        }
        weights
    }

    /// Activations [units, n] of all layers on inputs [12, n], and the logits; the last layer's are the probabilities of the
    /// classes. Layers are narrow and inputs are many, so that it is the inputs that lie side by side.
    fn network(&self, g: &mut Graph, weights: Var, x: Var) -> Result<(Vec<Var>, Var)> {
        let (mut input, mut from, mut layers) = (x, 0, Vec::new());
        for (layer, pair) in self.widths().windows(2).enumerate() {
            let [inputs, units] = [pair[0], pair[1]];
            let name = layer_name(layer, self.hidden);
            input = g.scoped(&name, |g| {
                let weight = g.slice(weights, 0, from, 1, inputs * units)?;
                let weight = g.reshape(weight, &[units, inputs])?;
                let bias = g.slice(weights, 0, from + inputs * units, 1, units)?;
                let bias = g.reshape(bias, &[units, 1])?;
                let product = g.matmul(weight, input)?;
                let sum = g.add(product, bias)?;
                if layer < self.hidden { self.activation.apply(g, sum) } else { Ok(sum) }
            })?;
            layers.push(input);
            from += (inputs + 1) * units;
        }
        if let Some(last) = layers.last_mut() {
            *last = g.softmax_along(input, 0, None)?;
        }
        Ok((layers, input))
    }

    /// Routines: `train` (an epoch), `measure` (activations of all inputs; per layer of the last epochs ‖m‖² and s²) and
    /// `picture` (the first network's activations and weights).
    pub(super) fn program(&self) -> Result<Program> {
        let g = &mut Graph::new();
        let count = self.weights(0).len();
        let (batches, size) = self.batches();
        let zeros = |g: &mut Graph, name: &str| g.leaf_with(Role::State, name, &[count], vec![0.0; count]);
        let labels = g.leaf_u32(Role::Input, "labels", &[INPUTS], &[0; INPUTS]);
        let chosen = g.leaf_u32(Role::Input, "minibatches", &[batches, size], &vec![0; batches * size]);
        let weights = g.leaf_with(Role::Parameter, "weights", &[count], vec![0.0; count]);
        let (mean, square) = (zeros(g, "gradient mean"), zeros(g, "gradient square"));
        let powers = ["power of first decay", "power of second decay"];
        let powers = powers.map(|name| g.leaf_with(Role::State, name, &[], vec![1.0]));

        let numbers = g.reshape(chosen, &[batches, 1, size])?;
        let scales = scales(g);
        let (rows, targets) = (bits(g, numbers, scales)?, g.take(labels, chosen, 0)?);
        let carries = [weights, mean, square, powers[0], powers[1]];
        let scanned = g.scan(&carries, &[rows, targets], Direction::Forwards, |g, carries, rows| {
            let (_, logits) = self.network(g, carries[0], rows[0])?;
            let logits = g.transpose(logits)?;
            let errors = g.cross_entropy(logits, rows[1])?;
            let loss = g.mean_all(errors)?;
            let gradient = g.grad(loss, &carries[..1])?[0];
            Ok((adam(g, carries, gradient)?, vec![gradient]))
        })?;
        let mut assigns: Vec<(Var, Var)> = carries.iter().copied().zip(scanned.last).collect();

        let mut outputs = self.activations(g, weights, scales)?;
        // One batch has no spread.
        if batches > 1 {
            let shape = [KEPT, 2, self.layers()];
            let recent = g.leaf_with(Role::State, "recent gradients", &shape, vec![-1.0; shape.iter().product()]);
            let epoch = g.scoped("gradients", |g| self.drift_and_diffusion(g, scanned.outputs[0]))?;
            let kept = g.slice(recent, 0, 0, 1, KEPT - 1)?;
            assigns.push((recent, g.concatenate(&[epoch, kept], 0)?));
            outputs.push(("recent gradients".into(), recent));
        }
        let entry = |name: &str, outputs, assigns| Entry { name: name.into(), outputs, assigns };
        let entries = [
            entry("train", Vec::new(), assigns),
            entry("measure", outputs, Vec::new()),
            entry("picture", vec![("weights".into(), weights)], Vec::new()),
        ];
        let (mut all, mut entries) = replicate(g, &entries, NETS, |leaf, net| self.initial(leaf, net))?;
        let picture = &mut entries[2].outputs;
        let first = all.slice(picture[0].1, 0, 0, 1, 1)?;
        picture[0].1 = all.reshape(first, &[count])?;
        let own = picture[0].1;
        picture.extend(all.scoped("picture", |g| {
            let scales = self::scales(g);
            self.activations(g, own, scales)
        })?);
        plan::plan(&all, &entries)
    }

    /// Activations of all layers on all inputs, by the names of the layers.
    fn activations(&self, g: &mut Graph, weights: Var, scales: Var) -> Result<Vec<(String, Var)>> {
        let numbers = g.iota(&[1, INPUTS])?;
        let x = bits(g, numbers, scales)?;
        let (layers, _) = self.network(g, weights, x)?;
        Ok(layers.into_iter().enumerate().map(|(layer, var)| (layer_name(layer, self.hidden), var)).collect())
    }

    /// First contents of a leaf of one network; none for what all share.
    fn initial(&self, leaf: &Leaf, net: usize) -> Option<Vec<f32>> {
        match &leaf.name[..] {
            "scales" | "gradients.matrix of layer" => None,
            "weights" => Some(self.weights(net)),
            "labels" => Some(self.draw(net).labels.into_iter().map(f32::from_bits).collect()),
            _ => Some(leaf.initial.clone()),
        }
    }

    /// Per layer of the gradients [batches, weights] of an epoch: the squared length of their mean, and the mean squared
    /// distance from it, over the weight matrix without biases, [1, 2, layers].
    fn drift_and_diffusion(&self, g: &mut Graph, gradients: Var) -> Result<Var> {
        let mean = g.mean(gradients, &[0])?;
        let deviation = g.sub(gradients, mean)?;
        let spread = g.square(deviation)?;
        let parts = [g.square(mean)?, g.mean(spread, &[0])?];
        let parts = g.stack(&parts, 0)?;
        let widths = self.widths();
        let mut member = Vec::new();
        for (layer, pair) in widths.windows(2).enumerate() {
            for at in 0..(pair[0] + 1) * pair[1] {
                let is_weight = at < pair[0] * pair[1];
                member.extend((0..self.layers()).map(|of| f32::from(u8::from(of == layer && is_weight))));
            }
        }
        let shape = [member.len() / self.layers(), self.layers()];
        let member = g.leaf_with(Role::Input, "matrix of layer", &shape, member);
        let sums = g.matmul(parts, member)?;
        g.unsqueeze(sums, 0)
    }
}

/// What an input's number is multiplied with to bring each bit in front of the point, [12, 1]: exact, as no power is.
fn scales(g: &mut Graph) -> Var {
    let scales = (0..POINTS).map(|bit| 1.0 / (1 << bit) as f32).collect();
    g.leaf_with(Role::Input, "scales", &[POINTS, 1], scales)
}

/// Inputs [.., 12, n] by their numbers (`u32`) [.., 1, n]: their bits.
fn bits(g: &mut Graph, numbers: Var, scales: Var) -> Result<Var> {
    let numbers = g.to_f32(numbers)?;
    let shifted = g.mul(numbers, scales)?;
    let (whole, rest) = (g.floor(shifted)?, g.mul_number(shifted, 0.5)?);
    let rest = g.floor(rest)?;
    let even = g.mul_number(rest, 2.0)?;
    g.sub(whole, even)
}

/// Name of a layer, counted from 0, where `hidden` come before the output.
pub(super) fn layer_name(layer: usize, hidden: usize) -> String {
    if layer == hidden { "output".into() } else { format!("layer {}", layer + 1) }
}

/// A step of Adam (Kingma and Ba, 2015, algorithm 1) in a scan, which knows no leaves: from weights, both means and the
/// powers of their decays to the next ones.
fn adam(g: &mut Graph, carries: &[Var], gradient: Var) -> Result<Vec<Var>> {
    let square = g.square(gradient)?;
    let mut means = Vec::new();
    let mut powers = Vec::new();
    let mut unbiased = Vec::new();
    for (which, value) in [gradient, square].into_iter().enumerate() {
        let (old, new) = (g.mul_number(carries[1 + which], DECAYS[which])?, g.mul_number(value, 1.0 - DECAYS[which])?);
        let mean = g.add(old, new)?;
        let power = g.mul_number(carries[3 + which], DECAYS[which])?;
        let one = g.constant(1.0, &[])?;
        let rest = g.sub(one, power)?;
        unbiased.push(g.div(mean, rest)?);
        means.push(mean);
        powers.push(power);
    }
    let root = g.sqrt(unbiased[1])?;
    let root = g.add_number(root, EPSILON)?;
    let change = g.div(unbiased[0], root)?;
    let move_by = g.mul_number(change, RATE)?;
    let weights = g.sub(carries[0], move_by)?;
    Ok([&[weights], &means[..], &powers].concat())
}

/// The minibatches of every epoch: the training patterns of each network in an order of their own.
pub(super) struct Shuffled {
    seed: u32,
    streams: Vec<u32>,
    /// Training patterns of each network, as drawn, and room to shuffle them.
    patterns: Vec<Vec<u32>>,
    order: Vec<u32>,
    used: usize,
}

impl Shuffled {
    pub(super) fn new(plan: &Plan) -> Shuffled {
        let (batches, size) = plan.batches();
        let patterns = (0..NETS).map(|net| plan.draw(net).inputs[..plan.patterns()].to_vec()).collect();
        let streams = (0..NETS).map(|net| rng::stream(&format!("information-plane/epochs {net}"))).collect();
        Shuffled { seed: plan.seed, streams, patterns, order: Vec::new(), used: batches * size }
    }
}

impl Feed for Shuffled {
    fn routines(&self) -> Vec<String> {
        vec!["train".into()]
    }

    fn leaves(&self) -> Vec<String> {
        vec!["minibatches".into()]
    }

    fn batch(&mut self, step: u64, leaves: &mut [Vec<f32>]) -> usize {
        for (patterns, &stream) in self.patterns.iter().zip(&self.streams) {
            let mut rng = Rng::at_step(self.seed, stream, step as u32);
            self.order.clear();
            self.order.extend_from_slice(patterns);
            rng.shuffle(&mut self.order);
            leaves[0].extend(self.order[..self.used].iter().map(|&input| f32::from_bits(input)));
        }
        0
    }
}
