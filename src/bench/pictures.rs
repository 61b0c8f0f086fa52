//! A small convolutional network on pictures of 28 × 28: two blocks of convolution, ReLU and pooling, then a classifier.

use super::batches::labels;
use super::{Column, First, Model, Parameter};
use crate::graph::{DType, Graph, Result, Var};
use crate::nn::Linear;
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
        let pictures = g.permute(rows[0], &[1, 2, 0])?;
        let mut h = g.unsqueeze(pictures, 0)?;
        for (kernel, bias) in [(k1, c1), (k2, c2)] {
            h = block(g, h, kernel, bias)?;
        }
        // Features are counted by row, column, channel.
        let h = g.permute(h, &[3, 1, 2, 0])?;
        let h = g.reshape(h, &[g.shape(h)[0], FEATURES])?;
        let logits = Linear { weight, bias }.apply(g, h)?;
        let each = g.cross_entropy(logits, rows[1])?;
        g.mean_all(each)
    }
}

/// Convolution that keeps the size, ReLU, and the largest of 2 × 2: `[channels, side, side, rows]` → half the side. The
/// kernel lies as `[row, column, in, out]`.
///
/// The samples lie innermost, unlike in [`Graph::convolution_2d`]: whatever moves windows about, there and back, then
/// handles runs of a whole batch, without an edge in between.
fn block(g: &mut Graph, x: Var, kernel: Var, bias: Var) -> Result<Var> {
    let &[_, side, _, rows] = g.shape(x) else { unreachable!("four axes") };
    let &[_, _, _, outputs] = g.shape(kernel) else { unreachable!("four axes") };
    let kernel = g.permute(kernel, &[3, 2, 0, 1])?;
    let sums = g.slide(x, 1, kernel, &[1; 2], &[[KERNEL / 2; 2]; 2])?;
    let bias = g.unsqueeze(bias, 1)?;
    let sums = g.add(sums, bias)?;
    let units = g.relu(sums)?;
    let [pool, none] = [Pool::new(2), Pool::new(1)];
    let units = g.reshape(units, &[outputs, side, side, rows])?;
    g.max_pool(units, &[pool, pool, none])
}
