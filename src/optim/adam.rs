//! Adam: the mean of gradients divided by the root of the mean of their squares, both freed from the bias towards their
//! start at 0 (Kingma and Ba, "Adam: a method for stochastic optimization", 2015, algorithm 1). With the update's
//! decoupled decay it is AdamW.

use super::{Memory, Number, Rule};
use crate::graph::{Graph, Result, Var};

/// Steps of about one rate in every weight.
#[derive(Clone, Copy, Debug)]
pub struct Adam {
    /// Decay of the mean of gradients.
    pub beta1: Number,
    /// Decay of the mean of squared gradients.
    pub beta2: Number,
    /// Added to the root of the second mean.
    pub epsilon: Number,
}

impl Adam {
    /// 0.9, 0.999 and 1e-8.
    pub const USUAL: Adam =
        Adam { beta1: Number::Fixed(0.9), beta2: Number::Fixed(0.999), epsilon: Number::Fixed(1e-8) };

    /// With the given decays of the two means, and ε = 1e-8.
    pub fn new(beta1: impl Into<Number>, beta2: impl Into<Number>) -> Self {
        Adam { beta1: beta1.into(), beta2: beta2.into(), ..Adam::USUAL }
    }
}

impl Rule for Adam {
    fn change(&self, g: &mut Graph, memory: &mut Memory, gradient: Var) -> Result<Var> {
        let square = g.square(gradient)?;
        let mean = memory.average(g, "mean", gradient, self.beta1)?;
        let variance = memory.average(g, "square", square, self.beta2)?;
        let mean = unbias(g, mean, self.beta1, memory.step)?;
        let variance = unbias(g, variance, self.beta2, memory.step)?;
        let root = g.sqrt(variance)?;
        let epsilon = self.epsilon.node(g)?;
        let root = g.add(root, epsilon)?;
        g.div(mean, root)
    }
}

/// Divides by `1 − beta^(step + 1)`.
fn unbias(g: &mut Graph, average: Var, beta: Number, step: Var) -> Result<Var> {
    let steps = g.to_f32(step)?;
    let steps = g.add_number(steps, 1.0)?;
    let base = beta.node(g)?;
    let power = g.pow(base, steps)?;
    let one = g.constant(1.0, &[])?;
    let divisor = g.sub(one, power)?;
    g.div(average, divisor)
}
