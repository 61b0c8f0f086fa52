//! The denoisers: four networks of the same first weights, stacked along a leading axis and trained in the same kernels,
//! which differ in the pictures they are shown. None has an additive constant anywhere.

use super::data::{Data, FEW, PIXELS};
use crate::graph::{Entry, Func, Graph, Result, Role, Var};
use crate::ops::random::Randomness;
use crate::optim::schedule::{self, Span};
use crate::optim::{Adam, Update};
use crate::plan::{self, Program};
use crate::rng::Rng;

/// Networks: A and B of the visitor's N, then A and B of few pictures.
pub(super) const NETS: usize = 4;
/// Units from the input to the output.
pub(super) const WIDTHS: [usize; 4] = [PIXELS, 192, 192, PIXELS];
/// Matrices of a network.
pub(super) const LAYERS: usize = WIDTHS.len() - 1;
/// Steps of training.
pub(super) const STEPS: u64 = 2000;
const BATCH: usize = 64;
const RATE: f32 = 1.5e-3;
/// Share of the rate that is left at the end.
const LAST_RATE: f32 = 0.05;
/// Keeps the weight of the weakest noise finite.
const LEAST_VARIANCE: f32 = 0.01;

/// Name of a matrix.
pub(super) fn weight_name(layer: usize) -> String {
    ["first.weight", "second.weight", "third.weight"][layer].to_owned()
}

/// `y + ReLU(ReLU(y W₁) W₂) W₃` of rows `[.., n, 64]`, with matrices `[.., inputs, units]`. It is piecewise linear without
/// constants, so that f(cy) = c f(y) for c > 0, and f(y) = J(y) y.
pub(super) fn denoise(g: &mut Graph, y: Var, weights: &[Var]) -> Result<Var> {
    let mut hidden = y;
    for (layer, &weight) in weights.iter().enumerate() {
        hidden = g.matmul(hidden, weight)?;
        if layer + 1 < weights.len() {
            hidden = g.relu(hidden)?;
        }
    }
    g.add(y, hidden)
}

/// The same of one picture with network `net` of stacked weights, at the host.
pub(super) fn denoise_one(weights: [&[f32]; LAYERS], net: usize, y: &[f32]) -> Vec<f32> {
    let mut hidden = y.to_vec();
    for layer in 0..LAYERS {
        let (inputs, units) = (WIDTHS[layer], WIDTHS[layer + 1]);
        let matrix = &weights[layer][net * inputs * units..][..inputs * units];
        let mut sums = vec![0.0f32; units];
        for (value, row) in hidden.iter().zip(matrix.chunks_exact(units)) {
            // Behind a rectifier half of the units are silent.
            if layer == 0 || *value > 0.0 {
                for (sum, weight) in sums.iter_mut().zip(row) {
                    *sum += value * weight;
                }
            }
        }
        hidden = sums;
    }
    for (change, own) in hidden.iter_mut().zip(y) {
        *change += own;
    }
    hidden
}

/// First weights, the same for all networks, by layer: variance 2 / inputs (He), and the last layer nearly silent.
fn first_weights(seed: u32) -> [Vec<f32>; LAYERS] {
    let mut rng = Rng::new(seed, "diffusion-generalization/weights");
    std::array::from_fn(|layer| {
        let inputs = WIDTHS[layer];
        let variance = if layer + 1 == LAYERS { 0.1 } else { 2.0 };
        let deviation = (variance / inputs as f32).sqrt();
        let mut one = Vec::with_capacity(inputs * WIDTHS[layer + 1] * NETS);
        for _ in 0..inputs * WIDTHS[layer + 1] {
            one.push(deviation * rng.normal());
        }
        one.repeat(NETS)
    })
}

/// Stacked matrices `[NETS, inputs, units]`, as leaves of some role.
pub(super) fn leaves(g: &mut Graph, role: Role, first: [Vec<f32>; LAYERS]) -> [Var; LAYERS] {
    let mut layer = 0;
    first.map(|values| {
        let shape = [values.len() / (WIDTHS[layer] * WIDTHS[layer + 1]), WIDTHS[layer], WIDTHS[layer + 1]];
        layer += 1;
        g.leaf_with(role, &weight_name(layer - 1), &shape, values)
    })
}

/// Training: `train` is a step of Adam on 64 pictures for each network, with a noise level, noise and pictures of its own;
/// `measure` and `picture` give the weights, which everything else is computed from, and `measure` the step.
pub(super) fn program(data: &Data) -> Result<Program> {
    let g = &mut Graph::new();
    let weights = leaves(g, Role::Parameter, first_weights(data.seed));
    let seed = g.leaf_u32(Role::Input, "seed", &[], &[data.seed]);
    let step = g.leaf_u32(Role::State, "step", &[], &[0]);
    let source = Randomness { seed, step };

    let pool = g.leaf_with(Role::Input, "pictures", &[2 * data.stored, PIXELS], data.training.clone());
    let (many, few) = (data.count as f32, FEW as f32);
    let counts = g.leaf_with(Role::Input, "pictures of each", &[NETS, 1], vec![many, many, few, few]);
    let second = data.stored as u32;
    let firsts = g.leaf_u32(Role::Input, "first of each", &[NETS, 1], &[0, second, 0, second]);
    let chosen = g.random_uniform(source, "diffusion-generalization/picture", &[NETS, BATCH])?;
    let chosen = g.mul(chosen, counts)?;
    let chosen = g.to_u32(chosen)?;
    let chosen = g.elementwise(Func::AddU32, &[chosen, firsts])?;
    let x = g.take(pool, chosen, 0)?;

    // σ = r²: enough weak noise that the details of a picture are learnt.
    let root = g.random_uniform(source, "diffusion-generalization/level", &[NETS, BATCH, 1])?;
    let sigma = g.square(root)?;
    let noise = g.random_normal(source, "diffusion-generalization/training noise", &[NETS, BATCH, PIXELS])?;
    let noise = g.mul(noise, sigma)?;
    let y = g.add(x, noise)?;

    let output = g.scoped("denoiser", |g| denoise(g, y, &weights))?;
    let error = g.sub(output, x)?;
    let square = g.square(error)?;
    let variance = g.square(sigma)?;
    let variance = g.add_number(variance, LEAST_VARIANCE)?;
    let weighted = g.div(square, variance)?;
    let sum = g.sum_all(weighted)?;
    let loss = g.mul_number(sum, 1.0 / (BATCH * PIXELS) as f32)?;
    let gradients = g.grad(loss, &weights)?;
    let rate = schedule::linear(g, step, Span::new(0.0, STEPS as f32), RATE, RATE * LAST_RATE)?;
    let pairs: Vec<(Var, Var)> = weights.iter().copied().zip(gradients).collect();
    let assigns = Update::new(&Adam::USUAL, rate).apply(g, &pairs, step)?;

    let mut outputs = Vec::new();
    for (layer, &weight) in weights.iter().enumerate() {
        outputs.push((weight_name(layer), weight));
    }
    let picture = outputs.clone();
    let steps = g.to_f32(step)?;
    outputs.push(("steps".into(), steps));
    let entry = |name: &str, outputs, assigns| Entry { name: name.into(), outputs, assigns };
    plan::plan(
        g,
        &[
            entry("train", Vec::new(), assigns),
            entry("measure", outputs, Vec::new()),
            entry("picture", picture, Vec::new()),
        ],
    )
}
