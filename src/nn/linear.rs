//! The affine layer: `y [batch, units] = x [batch, inputs] × weight [inputs, units] + bias [units]`.

use super::init::Start;
use crate::graph::{Graph, Result, Role, Var};
use crate::rng::Rng;

/// Leaves of an affine layer.
#[derive(Clone, Copy, Debug)]
pub struct Linear {
    /// `[inputs, units]`.
    pub weight: Var,
    /// `[units]`.
    pub bias: Var,
}

impl Linear {
    /// Adds the leaves `name.weight` and `name.bias` with first values drawn from `start`.
    pub fn new(g: &mut Graph, name: &str, shape: [usize; 2], start: impl Into<Start>, rng: &mut Rng) -> Linear {
        let [inputs, units] = shape;
        let (weights, biases) = start.into().draw(rng, inputs, units);
        g.scoped(name, |g| Linear {
            weight: g.leaf_with(Role::Parameter, "weight", &[inputs, units], weights),
            bias: g.leaf_with(Role::Parameter, "bias", &[units], biases),
        })
    }

    /// The layer's values on `x [batch, inputs]`.
    pub fn apply(&self, g: &mut Graph, x: Var) -> Result<Var> {
        let product = g.matmul(x, self.weight)?;
        g.add(product, self.bias)
    }
}
