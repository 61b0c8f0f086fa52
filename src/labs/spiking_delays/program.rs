//! What a run computes: the three models of the comparison side by side in the same kernels, for three networks that differ
//! in everything random. A synapse is a tap of a temporal convolution; where delays are learned the tap is a Gaussian, whose
//! place is trained and whose width shrinks, until delays are rounded.

use super::task::{BATCH, CLASSES, KEYS, LABELS, RASTERS, TIME};
use crate::cpu::math;
use crate::cpu::simd::F32x4;
use crate::graph::{Entry, Graph, Leaf, Result, Role, Var};
use crate::nn::spiking::{LeakyIntegrateAndFire, Reset};
use crate::ops::custom::Surrogate;
use crate::ops::scan::Direction;
use crate::optim::schedule::{self, Span};
use crate::optim::{Adam, Group, Update};
use crate::plan::{self, Program};
use crate::replicate::replicate;
use crate::rng::Rng;
use std::f32::consts::PI;

/// Networks trained together; each has melodies and first weights of its own.
pub(super) const NETS: usize = 3;
/// Delays that a synapse may have: 0 to 18 steps.
pub(super) const DELAYS: usize = 19;
/// Potential at which a neuron fires.
pub(super) const THRESHOLD: f32 = 1.0;

/// Learning rate of the weights, and those of delays and biases as multiples of it.
const RATE: f32 = 1e-2;
const DELAY_FACTOR: f32 = 30.0;
const BIAS_FACTOR: f32 = 0.1;
/// Standard deviation of the first hidden weights, but for 1/√inputs.
const GAIN: f32 = 1.8;
/// Logarithm of the Gaussians' width at first (9.5 steps) and at last (0.5).
const LOG_WIDTHS: [f32; 2] = [2.251_291_8, -std::f32::consts::LN_2];
/// Share of the run over which the width shrinks, and after which delays are whole.
pub(super) const SHRUNK: f64 = 0.4;
pub(super) const ROUNDED: f64 = 0.65;
/// Keeps the sum of a Gaussian from 0.
const EPSILON: f32 = 1e-7;
/// Steepness a of the surrogate derivative (a/2) / (1 + (π a v / 2)²).
const STEEPNESS: f32 = 5.0;

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Model {
    /// Delays trained by gradient.
    Learned,
    /// The same random delays, rounded and left as they are.
    Fixed,
    /// No delays.
    None,
}

impl Model {
    /// In the order in which they lie in every tensor.
    pub(super) const ALL: [Model; 3] = [Model::Learned, Model::Fixed, Model::None];

    /// On the page, and in the names of recorded numbers.
    pub(super) fn name(self) -> &'static str {
        match self {
            Model::Learned => "learned delays",
            Model::Fixed => "fixed random delays",
            Model::None => "no delays",
        }
    }
}

/// What distinguishes one run from another.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub seed: u32,
    /// Hidden neurons.
    pub hidden: usize,
    /// Memory τ of a neuron, in steps.
    pub tau: f32,
    /// Standard deviation of the moment of a note, in steps.
    pub jitter: f32,
    pub steps: u64,
    /// Whether delays are rounded before the end.
    pub rounds: bool,
}

/// First weights and delays of one network; those of all three models.
pub(super) struct First {
    /// `[hidden, keys]`.
    pub weights: Vec<f32>,
    /// `[hidden, keys]`, not yet whole.
    pub delays: Vec<f32>,
    /// `[classes, hidden]`.
    pub readout: Vec<f32>,
}

impl Plan {
    pub(super) fn stream(&self, what: &str, net: usize) -> String {
        ["spiking-delays/", what, " ", ["1", "2", "3"][net]].concat()
    }

    pub(super) fn rng(&self, what: &str, net: usize) -> Rng {
        Rng::new(self.seed, &self.stream(what, net))
    }

    /// Share of its potential that a neuron keeps from step to step.
    pub(super) fn decay(&self) -> f32 {
        1.0 - 1.0 / self.tau
    }

    /// The step from which on delays are whole, and the last one of the shrinking.
    pub(super) fn rounded_at(&self) -> f32 {
        if self.rounds { (ROUNDED * self.steps as f64) as f32 } else { self.steps as f32 }
    }

    pub(super) fn shrunk_at(&self) -> f32 {
        (SHRUNK * self.steps as f64) as f32
    }

    /// Width of the Gaussians after so many steps; none once delays are whole.
    pub(super) fn width(&self, step: u64) -> Option<f64> {
        let step = step as f32;
        if step >= self.rounded_at() {
            return None;
        }
        let passed = (step / self.shrunk_at()).min(1.0);
        let log = LOG_WIDTHS[0] + (LOG_WIDTHS[1] - LOG_WIDTHS[0]) * passed;
        let [width, ..] = math::exp(F32x4::splat(log)).to_array();
        Some(f64::from(width))
    }

    /// First weights and delays of a network.
    pub(super) fn first(&self, net: usize) -> First {
        let mut rng = self.rng("weights", net);
        let synapses = self.hidden * KEYS;
        let mut normals = |count: usize, deviation: f32| {
            let mut values = Vec::with_capacity(count);
            for _ in 0..count {
                values.push(deviation * rng.normal());
            }
            values
        };
        let weights = normals(synapses, GAIN / (KEYS as f32).sqrt());
        let readout = normals(CLASSES * self.hidden, 1.0 / (self.hidden as f32).sqrt());
        let mut delays = Vec::with_capacity(synapses);
        for _ in 0..synapses {
            delays.push((DELAYS - 1) as f32 * rng.uniform());
        }
        First { weights, delays, readout }
    }

    /// First contents of a leaf of one network; none for what all share.
    fn initial(&self, leaf: &Leaf, net: usize) -> Option<Vec<f32>> {
        let first = self.first(net);
        match &leaf.name[..] {
            "step" | "decays" => None,
            "weights" => Some(first.weights.repeat(Model::ALL.len())),
            "readout" => Some(first.readout.repeat(Model::ALL.len())),
            "delays" => Some(first.delays),
            "taps" => {
                let mut taps = vec![0.0; leaf.ty.elements()];
                let (fixed, none) = taps.split_at_mut(self.hidden * KEYS * DELAYS);
                for (synapse, delay) in first.delays.iter().enumerate() {
                    fixed[synapse * DELAYS + DELAYS - 1 - delay.round() as usize] = 1.0;
                    none[synapse * DELAYS + DELAYS - 1] = 1.0;
                }
                Some(taps)
            }
            _ => Some(leaf.initial.clone()),
        }
    }

    /// Kernels `[hidden, keys, 19]` of learned delays: each synapse's Gaussian around its delay, of sum 1 (the paper's DCLS
    /// with Gaussian interpolation), or a single tap once delays are whole. The last place is delay 0, as a convolution
    /// looks back.
    pub(super) fn kernel(&self, g: &mut Graph, delays: Var, step: Var, rounded: Var) -> Result<Var> {
        let place = g.iota(&[DELAYS])?;
        let place = g.to_f32(place)?;
        let last = g.constant((DELAYS - 1) as f32, &[])?;
        let delay = g.sub(last, place)?;
        let own = g.unsqueeze(delays, 2)?;
        let [wide, narrow] = LOG_WIDTHS;
        let log_width = schedule::linear(g, step, Span::new(0.0, self.shrunk_at()), wide, narrow)?;
        let twice = g.mul_number(log_width, -2.0)?;
        let precision = g.exp(twice)?;
        let distance = g.sub(delay, own)?;
        let square = g.square(distance)?;
        let scaled = g.mul(square, precision)?;
        let exponent = g.mul_number(scaled, -0.5)?;
        let bell = g.exp(exponent)?;
        let sum = g.sum(bell, &[2])?;
        let sum = g.unsqueeze(sum, 2)?;
        let sum = g.add_number(sum, EPSILON)?;
        let bell = g.div(bell, sum)?;
        let whole = g.round(own)?;
        let tap = g.equal(delay, whole)?;
        g.select(rounded, tap, bell)
    }

    /// Logits `[models, batch, classes]` of rasters `[keys, time, batch]` by kernels `[models, hidden, keys, 19]`: the sum
    /// over time of what a softmax makes of the leaky readouts.
    pub(super) fn network(&self, g: &mut Graph, rasters: Var, kernels: Var, bias: Var, readout: Var) -> Result<Var> {
        let (models, hidden) = (Model::ALL.len(), self.hidden);
        let units = models * hidden;
        let kernels = g.reshape(kernels, &[units, KEYS, DELAYS])?;
        let current = g.slide(rasters, 1, kernels, &[1], &[[DELAYS - 1, 0]])?;
        let current = g.reshape(current, &[units, TIME, BATCH])?;
        let current = g.move_axis(current, 1, 0)?;
        let bias = g.reshape(bias, &[units, 1])?;
        let current = g.add(current, bias)?;
        let decay = g.constant(self.decay(), &[])?;
        let neurons = LeakyIntegrateAndFire { decay, threshold: THRESHOLD, reset: Reset::Zero };
        let rest = g.constant(0.0, &[units, BATCH])?;
        let scanned = g.scan(&[rest], &[current], Direction::Forwards, |g, carries, rows| {
            let spike = |g: &mut Graph, above: Var| {
                g.surrogate_spike(above, Surrogate::ArcTangent, 2.0 / (PI * STEEPNESS), STEEPNESS / 2.0)
            };
            let (spikes, potential) = neurons.step(g, rows[0], carries[0], spike)?;
            Ok((vec![potential], vec![spikes]))
        })?;
        // Readouts have no threshold, so that all steps are one product with the powers of the decay.
        let spikes = g.reshape(scanned.outputs[0], &[TIME, models, hidden, BATCH])?;
        let spikes = g.permute(spikes, &[1, 0, 3, 2])?;
        let spikes = g.reshape(spikes, &[models, TIME * BATCH, hidden])?;
        let readout = g.transpose(readout)?;
        let input = g.matmul(spikes, readout)?;
        let input = g.reshape(input, &[models, TIME, BATCH * CLASSES])?;
        let mut decays = vec![0.0; TIME * TIME];
        for step in 0..TIME {
            let mut left = 1.0;
            for from in (0..=step).rev() {
                decays[step * TIME + from] = left;
                left *= self.decay();
            }
        }
        let decays = g.leaf_with(Role::Input, "decays", &[TIME, TIME], decays);
        let potential = g.matmul(decays, input)?;
        let potential = g.reshape(potential, &[models, TIME, BATCH, CLASSES])?;
        let votes = g.softmax(potential)?;
        g.sum(votes, &[1])
    }

    /// Routines: `train`, and `measure` and `picture`, which both give [`OUTPUTS`].
    pub(super) fn program(&self) -> Result<Program> {
        let g = &mut Graph::new();
        let (models, hidden) = (Model::ALL.len(), self.hidden);
        let zeros = |g: &mut Graph, role: Role, name: &str, shape: &[usize]| {
            g.leaf_with(role, name, shape, vec![0.0; shape.iter().product()])
        };
        let weights = zeros(g, Role::Parameter, "weights", &[models, hidden, KEYS]);
        let delays = zeros(g, Role::Parameter, "delays", &[hidden, KEYS]);
        let bias = zeros(g, Role::Parameter, "bias", &[models, hidden]);
        let readout = zeros(g, Role::Parameter, "readout", &[models, CLASSES, hidden]);
        let taps = zeros(g, Role::Input, "taps", &[models - 1, hidden, KEYS, DELAYS]);
        let rasters = zeros(g, Role::Input, RASTERS, &[KEYS, TIME, BATCH]);
        let labels = g.leaf_u32(Role::Input, LABELS, &[BATCH], &[0; BATCH]);
        let step = g.leaf_u32(Role::State, "step", &[], &[0]);

        let now = g.to_f32(step)?;
        let rounded_at = g.constant(self.rounded_at(), &[])?;
        let rounded = g.less_equal(rounded_at, now)?;
        let learned = g.scoped("delays", |g| self.kernel(g, delays, step, rounded))?;
        let learned = g.unsqueeze(learned, 0)?;
        let shapes = g.concatenate(&[learned, taps], 0)?;
        let strengths = g.unsqueeze(weights, 3)?;
        let kernels = g.mul(shapes, strengths)?;
        let logits = self.network(g, rasters, kernels, bias, readout)?;
        let labels = g.broadcast_to(labels, &[models, BATCH])?;
        let errors = g.cross_entropy(logits, labels)?;
        let errors = g.mean(errors, &[1])?;
        let loss = g.sum_all(errors)?;

        let parameters = [weights, delays, bias, readout];
        let gradients = g.grad(loss, &parameters)?;
        let pairs: Vec<(Var, Var)> = parameters.into_iter().zip(gradients).collect();
        let rate = schedule::cosine(g, step, Span::new(0.0, self.steps as f32), RATE, 0.0)?;
        let one = g.constant(1.0, &[])?;
        let free = g.sub(one, rounded)?;
        let factor = g.mul_number(free, DELAY_FACTOR)?;
        let mut assigns = Update::new(&Adam::USUAL, rate)
            .group(Group::new(&[delays]).rate_factor(factor))
            .group(Group::new(&[bias]).rate_factor(BIAS_FACTOR))
            .apply(g, &pairs, step)?;
        for (leaf, next) in &mut assigns {
            if *leaf == delays {
                let (least, most) = (g.constant(0.0, &[])?, g.constant((DELAYS - 1) as f32, &[])?);
                let raised = g.max(*next, least)?;
                let kept = g.min(raised, most)?;
                let whole = g.round(kept)?;
                *next = g.select(rounded, whole, kept)?;
            }
        }

        let outputs = [weights, delays, bias, readout].into_iter().zip(OUTPUTS);
        let mut outputs: Vec<(String, Var)> = outputs.map(|(var, name)| (name.to_owned(), var)).collect();
        let entry = |name: &str, outputs, assigns| Entry { name: name.into(), outputs, assigns };
        let picture = entry("picture", outputs.clone(), Vec::new());
        outputs.push((OUTPUTS[4].to_owned(), now));
        let entries = [entry("train", Vec::new(), assigns), entry("measure", outputs, Vec::new()), picture];
        let (all, entries) = replicate(g, &entries, NETS, |leaf, net| self.initial(leaf, net))?;
        plan::plan(&all, &entries)
    }
}

/// What `measure` gives, in this order; a picture has all but the last.
pub(super) const OUTPUTS: [&str; 5] = ["weights", "delays", "bias", "readout", "steps done"];
