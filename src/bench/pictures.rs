//! A small convolutional network on pictures of 28 × 28: two blocks of convolution, ReLU and pooling, then a classifier.

use super::batches::labels;
use super::{Column, First, Model, Parameter};
use crate::graph::{DType, Graph, Result, Var};
use crate::nn::Linear;
use crate::ops::convolution::ConvolutionOptions;
use crate::ops::pool::Pool;

const SIDE: usize = 28;
const KERNEL: usize = 5;
const CHANNELS: [usize; 3] = [1, 8, 16];
const CLASSES: usize = 10;
/// Features after both blocks.
const FEATURES: usize = (SIDE / 4) * (SIDE / 4) * CHANNELS[2];

/// Pictures `[rows, 28, 28]` of ten classes.
pub(super) struct Pictures;

impl Model for Pictures {
    fn parameters(&self) -> Vec<Parameter> {
        let kernel = |name, inputs: usize, outputs: usize| {
            let first = First::Glorot(KERNEL * KERNEL * inputs, KERNEL * KERNEL * outputs);
            Parameter::new(name, &[KERNEL, KERNEL, inputs, outputs], first)
        };
        let bias = |name, units: usize| Parameter::new(name, &[units], First::Constant(0.0));
        let [input, first, second] = CHANNELS;
        vec![
            kernel("k1", input, first),
            bias("c1", first),
            kernel("k2", first, second),
            bias("c2", second),
            Parameter::glorot("wd", [FEATURES, CLASSES]),
            bias("bd", CLASSES),
        ]
    }

    fn columns(&self) -> Vec<Column> {
        vec![Column::new("x", &[SIDE, SIDE], DType::F32), labels("y")]
    }

    fn loss(&self, g: &mut Graph, parameters: &[Var], rows: &[Var]) -> Result<Var> {
        let &[k1, c1, k2, c2, weight, bias] = parameters else { unreachable!("as listed above") };
        let mut h = g.unsqueeze(rows[0], 1)?;
        for (kernel, bias) in [(k1, c1), (k2, c2)] {
            h = block(g, h, kernel, bias)?;
        }
        // Features are counted by row, column, channel.
        let h = g.permute(h, &[0, 2, 3, 1])?;
        let h = g.reshape(h, &[g.shape(h)[0], FEATURES])?;
        let logits = Linear { weight, bias }.apply(g, h)?;
        let each = g.cross_entropy(logits, rows[1])?;
        g.mean_all(each)
    }
}

/// Convolution that keeps the size, ReLU, and the largest of 2 × 2: `[rows, channels, side, side]` → half the side.
/// The kernel lies as `[row, column, in, out]`.
fn block(g: &mut Graph, x: Var, kernel: Var, bias: Var) -> Result<Var> {
    let kernel = g.permute(kernel, &[3, 2, 0, 1])?;
    let sums = g.convolution_2d(x, kernel, Some(bias), &ConvolutionOptions::same([KERNEL; 2]))?;
    let units = g.relu(sums)?;
    g.max_pool(units, &[Pool::new(2); 2])
}
