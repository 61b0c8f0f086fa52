//! Multi-layer perceptrons: a regression with tanh throughout, and classifiers with ReLU.

use super::batches::labels;
use super::{Column, First, Model, Parameter};
use crate::graph::{DType, Graph, Result, Var};
use crate::nn::Linear;

/// What is minimised, and the activation that goes with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loss {
    /// Mean of ½ (output − label)²; tanh after every layer.
    HalfSquare,
    /// Mean cross-entropy of a softmax; ReLU after every layer but the last.
    CrossEntropy,
}

/// A multi-layer perceptron.
pub(super) struct Mlp {
    /// Inputs, hidden units, outputs.
    pub widths: &'static [usize],
    /// What is minimised.
    pub loss: Loss,
}

impl Model for Mlp {
    fn parameters(&self) -> Vec<Parameter> {
        let layer = |(index, widths): (usize, &[usize])| {
            let (number, shape) = (index + 1, [widths[0], widths[1]]);
            let (weight, bias) = match self.loss {
                Loss::HalfSquare => {
                    (Parameter::new(format!("w{number}"), &shape, First::Uniform(0.5)), First::Constant(0.1))
                }
                Loss::CrossEntropy => (Parameter::glorot(format!("w{number}"), shape), First::Constant(0.0)),
            };
            [weight, Parameter::new(format!("b{number}"), &shape[1..], bias)]
        };
        self.widths.windows(2).enumerate().flat_map(layer).collect()
    }

    fn columns(&self) -> Vec<Column> {
        let answer = match self.loss {
            Loss::HalfSquare => Column::new("y", &[], DType::F32),
            Loss::CrossEntropy => labels("y"),
        };
        vec![Column::new("x", &self.widths[..1], DType::F32), answer]
    }

    fn loss(&self, g: &mut Graph, parameters: &[Var], rows: &[Var]) -> Result<Var> {
        let (mut h, answer) = (rows[0], rows[1]);
        let layers = parameters.chunks(2);
        let last = layers.len() - 1;
        for (number, layer) in layers.enumerate() {
            h = Linear { weight: layer[0], bias: layer[1] }.apply(g, h)?;
            h = match self.loss {
                Loss::HalfSquare => g.tanh(h)?,
                Loss::CrossEntropy if number < last => g.relu(h)?,
                Loss::CrossEntropy => h,
            };
        }
        let each = match self.loss {
            Loss::HalfSquare => {
                let output = g.squeeze(h, 1)?;
                let difference = g.sub(output, answer)?;
                let square = g.square(difference)?;
                g.mul_number(square, 0.5)?
            }
            Loss::CrossEntropy => g.cross_entropy(h, answer)?,
        };
        g.mean_all(each)
    }
}
