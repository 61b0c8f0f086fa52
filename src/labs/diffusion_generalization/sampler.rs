//! What is asked of all four networks at once: how well they denoise, and what they make of the same noise.
//!
//! The sampler is that of Kadkhodaie and Simoncelli, "Stochastic solutions for linear inverse problems using the prior implicit
//! in a denoiser" (2021), which the paper uses, with steps of one size: from noise on, with d = f(y) − y and
//! σ̂² = ‖d‖²/n, y ← y + h d + γ z, where γ² = ((1 − b h)² − (1 − h)²) σ̂², and at last y ← f(y).

use super::data::{Data, PIXELS, SIGMA, TESTS, centred};
use super::network::{LAYERS, NETS, WIDTHS, denoise, leaves, weight_name};
use crate::cpu::Machine;
use crate::graph::{Entry, Func, Graph, Result, Role, Var};
use crate::ops::random::Randomness;
use crate::ops::reduce::Reduction;
use crate::plan;
use std::sync::Arc;

/// Steps of the sampler before the last denoising.
pub(super) const ITERATIONS: usize = 40;
/// Share h of the way that a step goes, and b: 1 adds no noise on the way, 0 the most.
const H: f32 = 0.15;
const B: f32 = 0.5;
/// Counters of random draws that belong to one noise; a noise seed has its own.
const DRAWS: u32 = 64;
/// Networks A; B is the next.
pub(super) const PAIRS: [usize; 2] = [0, 2];

/// See the module's description.
pub(super) struct Sampler {
    machine: Machine,
    weights: [usize; LAYERS],
    states: usize,
    base: usize,
    begin: usize,
    noise: usize,
    iterate: usize,
    compare: usize,
    errors: usize,
    fresh: usize,
}

/// Samples of all networks from the same noise.
pub(super) struct Compared<'a> {
    /// `[NETS, rows, 64]`.
    pub samples: &'a [f32],
    /// Centred cosines of all samples of A with all of B, for both pairs, `[2, rows, rows]`.
    pub cosines: &'a [f32],
    /// The largest centred cosine of each sample of A with a picture of its training set, `[2, rows]`.
    pub nearest: &'a [f32],
    /// Which picture that is, `[2, rows]`.
    pub which: &'a [f32],
}

impl Sampler {
    /// For `rows` samples at a time of networks that were trained on these data.
    pub(super) fn new(data: &Data, rows: usize) -> Result<Sampler> {
        let g = &mut Graph::new();
        let zeros = std::array::from_fn(|layer| vec![0.0; NETS * WIDTHS[layer] * WIDTHS[layer + 1]]);
        let weights = leaves(g, Role::Input, zeros);
        let shape = [NETS, rows, PIXELS];
        let y = g.leaf_with(Role::State, "states", &shape, vec![0.0; NETS * rows * PIXELS]);
        let seed = g.leaf_u32(Role::Input, "seed", &[], &[data.seed]);
        let counter = g.leaf_u32(Role::State, "draws", &[], &[0]);
        let base = g.leaf_u32(Role::Input, "first draw", &[], &[0]);

        let one = [1, rows, PIXELS];
        let noise =
            g.random_normal(Randomness { seed, step: base }, "diffusion-generalization/sample", &[rows, PIXELS])?;
        let noise = g.add_number(noise, 0.5)?;
        let start = g.broadcast_to(noise, &shape)?;
        let output = denoise(g, y, &weights)?;
        let d = g.sub(output, y)?;
        let square = g.square(d)?;
        let variance = g.mean(square, &[2])?;
        let factor = (1.0 - B * H) * (1.0 - B * H) - (1.0 - H) * (1.0 - H);
        let variance = g.mul_number(variance, factor)?;
        let gamma = g.sqrt(variance)?;
        let gamma = g.unsqueeze(gamma, 2)?;
        let z = g.random_normal(Randomness { seed, step: counter }, "diffusion-generalization/injected", &one)?;
        let injected = g.mul(gamma, z)?;
        let part = g.mul_number(d, H)?;
        let next = g.add(y, part)?;
        let next = g.add(next, injected)?;
        let step = g.constant_u32(1, &[])?;
        let counted = g.elementwise(Func::AddU32, &[counter, step])?;

        let mut stored = Vec::with_capacity(data.stored * PIXELS);
        for picture in data.set(0).chunks_exact(PIXELS) {
            centred(picture, &mut stored);
        }
        let stored = g.leaf_with(Role::Input, "stored", &[data.stored, PIXELS], stored);
        let units = centre(g, output)?;
        let (mut cosines, mut nearest, mut which, mut fresh) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut tests = Vec::with_capacity(TESTS * PIXELS);
        for picture in data.tests.chunks_exact(PIXELS) {
            centred(picture, &mut tests);
        }
        let tests = g.leaf_with(Role::Input, "tests", &[TESTS, PIXELS], tests);
        for (pair, net) in PAIRS.into_iter().enumerate() {
            let a = part_of(g, units, net)?;
            let b = part_of(g, units, net + 1)?;
            let columns = g.transpose(b)?;
            cosines.push(g.matmul(a, columns)?);
            let count = if pair == 0 { data.count } else { super::data::FEW };
            let set = g.slice(stored, 0, 0, 1, count)?;
            let columns = g.transpose(set)?;
            let products = g.matmul(a, columns)?;
            nearest.push(g.reduce(Reduction::Max, products, &[1])?);
            let found = g.argmax(products)?;
            which.push(g.to_f32(found)?);
            let products = g.matmul(tests, columns)?;
            fresh.push(g.reduce(Reduction::Max, products, &[1])?);
        }
        let (cosines, nearest) = (g.stack(&cosines, 0)?, g.stack(&nearest, 0)?);
        let (which, fresh) = (g.stack(&which, 0)?, g.stack(&fresh, 0)?);
        let errors = errors(g, data, &weights)?;

        let entry = |name: &str, outputs: &[(&str, Var)], assigns: &[(Var, Var)]| Entry {
            name: name.into(),
            outputs: outputs.iter().map(|&(name, var)| (name.to_owned(), var)).collect(),
            assigns: assigns.to_vec(),
        };
        let of_samples = [("samples", output), ("cosines", cosines), ("nearest", nearest), ("which", which)];
        let entries = [
            entry("noise", &[("noise", noise)], &[]),
            entry("begin", &[], &[(y, start), (counter, base)]),
            entry("iterate", &[], &[(y, next), (counter, counted)]),
            entry("compare", &of_samples, &[]),
            entry("errors", &[("errors", errors)], &[]),
            entry("fresh", &[("fresh", fresh)], &[]),
        ];
        let program = plan::plan(g, &entries)?;
        let place = |found: Option<usize>| found.expect("it was just made");
        let leaf = |name: &str| place(program.leaf(name));
        let routine = |name: &str| place(program.routine(name));
        Ok(Sampler {
            weights: std::array::from_fn(|layer| leaf(&weight_name(layer))),
            states: leaf("states"),
            base: leaf("first draw"),
            begin: routine("begin"),
            noise: routine("noise"),
            iterate: routine("iterate"),
            compare: routine("compare"),
            errors: routine("errors"),
            fresh: routine("fresh"),
            machine: Machine::new(Arc::new(program)),
        })
    }

    /// Takes the weights of all networks, by layer; whether they are others than before.
    pub(super) fn load(&mut self, weights: [&[f32]; LAYERS]) -> bool {
        let mut other = false;
        for (leaf, values) in self.weights.into_iter().zip(weights) {
            if self.machine.leaf(leaf) != values {
                self.machine.write(leaf, values);
                other = true;
            }
        }
        other
    }

    /// Samples anew from the noise of a noise seed, `iterations` steps far.
    pub(super) fn sample(&mut self, noise_seed: u32, iterations: usize) {
        self.machine.write(self.base, &[f32::from_bits(noise_seed * DRAWS)]);
        self.machine.run(self.begin);
        for _ in 0..iterations {
            self.machine.run(self.iterate);
        }
    }

    /// Where the sampler is, `[NETS, rows, 64]`.
    pub(super) fn states(&self) -> &[f32] {
        self.machine.leaf(self.states)
    }

    /// Denoises the states once more, and compares what comes out.
    pub(super) fn compare(&mut self) -> Compared<'_> {
        self.machine.run(self.compare);
        let output = |at: usize| self.machine.output(self.compare, at);
        Compared { samples: output(0), cosines: output(1), nearest: output(2), which: output(3) }
    }

    /// Mean squared errors at the noise level of all comparisons, `[3, NETS]`: on training pictures, on test pictures, and
    /// of each network against the first and third one on test pictures.
    pub(super) fn errors(&mut self) -> &[f32] {
        self.machine.run(self.errors);
        self.machine.output(self.errors, 0)
    }

    /// The largest centred cosine of each test picture with a picture of the training sets of A, `[2, TESTS]`.
    pub(super) fn fresh(&mut self) -> &[f32] {
        self.machine.run(self.fresh);
        self.machine.output(self.fresh, 0)
    }

    /// Pictures of the last noise, as the sampler began, `[rows, 64]`.
    pub(super) fn noise(&mut self) -> &[f32] {
        self.machine.run(self.noise);
        self.machine.output(self.noise, 0)
    }
}

/// One network's rows of `[NETS, rows, 64]`.
fn part_of(g: &mut Graph, all: Var, net: usize) -> Result<Var> {
    let part = g.slice(all, 0, net, 1, 1)?;
    g.squeeze(part, 0)
}

/// Pictures `[.., 64]` without their means and scaled to length 1.
fn centre(g: &mut Graph, pictures: Var) -> Result<Var> {
    let last = g.shape(pictures).len() - 1;
    let mean = g.mean(pictures, &[last])?;
    let mean = g.unsqueeze(mean, last)?;
    let centred = g.sub(pictures, mean)?;
    let square = g.square(centred)?;
    let sum = g.sum(square, &[last])?;
    // A picture without contrast stays 0.
    let sum = g.add_number(sum, 1e-12)?;
    let length = g.sqrt(sum)?;
    let length = g.unsqueeze(length, last)?;
    g.div(centred, length)
}

/// See [`Sampler::errors`].
fn errors(g: &mut Graph, data: &Data, weights: &[Var]) -> Result<Var> {
    let shape = [1, TESTS, PIXELS];
    let tests = g.leaf_with(Role::Input, "test pictures", &shape, data.tests.clone());
    let noisy = g.leaf_with(Role::Input, "noisy tests", &shape, data.noisy(&data.tests, SIGMA));
    let denoised = denoise(g, noisy, weights)?;
    let of_tests = mean_square(g, denoised, tests)?;
    let mut own = Vec::new();
    for net in 0..NETS {
        let count = if net < PAIRS[1] { data.count } else { super::data::FEW };
        own.push(&data.set(net % 2)[..count * PIXELS]);
    }
    let (mut pictures, mut with_noise) = (Vec::new(), Vec::new());
    for set in own {
        for at in 0..TESTS * PIXELS {
            pictures.push(set[at % set.len()]);
        }
        with_noise.extend(data.noisy(set, SIGMA));
    }
    let shape = [NETS, TESTS, PIXELS];
    let pictures = g.leaf_with(Role::Input, "training pictures", &shape, pictures);
    let with_noise = g.leaf_with(Role::Input, "noisy training pictures", &shape, with_noise);
    let of_training = denoise(g, with_noise, weights)?;
    let of_training = mean_square(g, of_training, pictures)?;
    let mut leaders = Vec::new();
    for net in [0, 0, 2, 2] {
        leaders.push(part_of(g, denoised, net)?);
    }
    let leaders = g.stack(&leaders, 0)?;
    let between = mean_square(g, denoised, leaders)?;
    g.stack(&[of_training, of_tests, between], 0)
}

/// Mean squared difference of pictures `[NETS, n, 64]` for each network.
fn mean_square(g: &mut Graph, a: Var, b: Var) -> Result<Var> {
    let difference = g.sub(a, b)?;
    let square = g.square(difference)?;
    g.mean(square, &[1, 2])
}
