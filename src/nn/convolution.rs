//! Convolution layers: kernel and bias as leaves, and the formula of [`crate::ops::convolution`].

use super::init::Start;
use crate::graph::{Graph, Result, Role, Var, elements};
use crate::ops::convolution::{ConvolutionOptions, TransposedOptions};
use crate::rng::Rng;

/// Leaves of a convolution over `N` axes (1 or 2).
#[derive(Clone, Copy, Debug)]
pub struct Convolution<const N: usize> {
    /// `[outputs, channels / groups, kernel..]`.
    pub weight: Var,
    /// `[outputs]`, if the layer has one.
    pub bias: Option<Var>,
    /// How the kernel moves.
    pub options: ConvolutionOptions<N>,
}

/// Leaves of a transposed convolution over `N` axes (1 or 2).
#[derive(Clone, Copy, Debug)]
pub struct TransposedConvolution<const N: usize> {
    /// `[channels, outputs / groups, kernel..]`.
    pub weight: Var,
    /// `[outputs]`, if the layer has one.
    pub bias: Option<Var>,
    /// How the kernel spreads.
    pub options: TransposedOptions<N>,
}

/// Adds the leaves `name.weight` of `shape` and `name.bias` of `outputs`.
fn leaves(
    g: &mut Graph,
    name: &str,
    shape: &[usize],
    fans: (usize, usize),
    outputs: usize,
    (start, rng): (Start, &mut Rng),
) -> (Var, Option<Var>) {
    // A kernel has more weights that lead away from a unit than a matrix of its size.
    let mut weights = start.init.draw_shared(rng, [shape[0], elements(&shape[1..])], fans.0, fans.1);
    weights.iter_mut().for_each(|weight| *weight *= start.gain);
    let (_, biases) = start.draw(rng, 0, outputs);
    g.scoped(name, |g| {
        let weight = g.leaf_with(Role::Parameter, "weight", shape, weights);
        (weight, Some(g.leaf_with(Role::Parameter, "bias", &[outputs], biases)))
    })
}

impl<const N: usize> Convolution<N> {
    /// Adds the leaves `name.weight` and `name.bias` for `[channels, outputs]` with first values drawn from `start`. A
    /// unit has `channels / groups · kernel` inputs, and each input leads to `outputs / groups · kernel` units. A layer
    /// that wants no bias sets it to `None`; `options.groups` must divide both.
    pub fn new(
        g: &mut Graph,
        name: &str,
        [channels, outputs]: [usize; 2],
        kernel: [usize; N],
        options: ConvolutionOptions<N>,
        (start, rng): (impl Into<Start>, &mut Rng),
    ) -> Convolution<N> {
        let groups = options.groups.max(1);
        let shape = [&[outputs, channels / groups], &kernel[..]].concat();
        let fans = (channels / groups * elements(&kernel), outputs / groups * elements(&kernel));
        let (weight, bias) = leaves(g, name, &shape, fans, outputs, (start.into(), rng));
        Convolution { weight, bias, options }
    }
}

impl Convolution<1> {
    /// The layer's values on `x [batch, channels, length]`.
    pub fn apply(&self, g: &mut Graph, x: Var) -> Result<Var> {
        g.convolution_1d(x, self.weight, self.bias, &self.options)
    }
}

impl Convolution<2> {
    /// The layer's values on `x [batch, channels, height, width]`.
    pub fn apply(&self, g: &mut Graph, x: Var) -> Result<Var> {
        g.convolution_2d(x, self.weight, self.bias, &self.options)
    }
}

impl<const N: usize> TransposedConvolution<N> {
    /// Adds the leaves `name.weight` and `name.bias` for `[channels, outputs]` with first values drawn from `start`. With
    /// stride, the kernel's weights take turns, so a unit has `channels / groups · kernel / stride` inputs.
    pub fn new(
        g: &mut Graph,
        name: &str,
        [channels, outputs]: [usize; 2],
        kernel: [usize; N],
        options: TransposedOptions<N>,
        (start, rng): (impl Into<Start>, &mut Rng),
    ) -> TransposedConvolution<N> {
        let groups = options.groups.max(1);
        let shape = [&[channels, outputs / groups], &kernel[..]].concat();
        let inputs = channels / groups * elements(&kernel);
        let fans = (inputs.div_ceil(elements(&options.stride).max(1)), outputs / groups * elements(&kernel));
        let (weight, bias) = leaves(g, name, &shape, fans, outputs, (start.into(), rng));
        TransposedConvolution { weight, bias, options }
    }
}

impl TransposedConvolution<1> {
    /// The layer's values on `x [batch, channels, length]`.
    pub fn apply(&self, g: &mut Graph, x: Var) -> Result<Var> {
        g.transposed_convolution_1d(x, self.weight, self.bias, &self.options)
    }
}

impl TransposedConvolution<2> {
    /// The layer's values on `x [batch, channels, height, width]`.
    pub fn apply(&self, g: &mut Graph, x: Var) -> Result<Var> {
        g.transposed_convolution_2d(x, self.weight, self.bias, &self.options)
    }
}
