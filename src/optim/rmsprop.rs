//! RMSProp: the gradient divided by the root of the mean of its squares (Tieleman and Hinton, "Neural networks for
//! machine learning", lecture 6e, 2012): `v ← decay · v + (1 − decay) · g²`, `w ← w − rate · g / (√v + ε)`. This is
//! PyTorch's form: ε stands outside of the root, and the mean, which starts at 0, is not freed from its bias.

use super::{Memory, Number, Rule};
use crate::graph::{Graph, Result, Var};

/// Gradients measured by their recent size.
#[derive(Clone, Copy, Debug)]
pub struct RmsProp {
    /// Decay of the mean of squared gradients.
    pub decay: Number,
    /// Added to the root of the mean.
    pub epsilon: Number,
}

impl RmsProp {
    /// Hinton's decay of 0.9, and ε = 1e-8.
    pub const USUAL: RmsProp = RmsProp { decay: Number::Fixed(0.9), epsilon: Number::Fixed(1e-8) };

    /// With the given decay of the mean, and ε = 1e-8.
    pub fn new(decay: impl Into<Number>) -> Self {
        RmsProp { decay: decay.into(), ..RmsProp::USUAL }
    }
}

impl Rule for RmsProp {
    fn change(&self, g: &mut Graph, memory: &mut Memory, gradient: Var) -> Result<Var> {
        let square = g.square(gradient)?;
        let mean = memory.average(g, "square", square, self.decay)?;
        let root = g.sqrt(mean)?;
        let epsilon = self.epsilon.node(g)?;
        let root = g.add(root, epsilon)?;
        g.div(gradient, root)
    }
}
