//! The affine layer: `y [batch, units] = x [batch, inputs] × weight [inputs, units] + bias [units]`.

use super::Init;
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
    /// Adds the leaves `name.weight`, drawn by `init`, and `name.bias`, 0.
    pub fn new(g: &mut Graph, name: &str, inputs: usize, units: usize, init: Init, rng: &mut Rng) -> Linear {
        let weights = init.draw(rng, inputs, units);
        g.scoped(name, |g| Linear {
            weight: g.leaf_with(Role::Parameter, "weight", &[inputs, units], weights),
            bias: g.leaf_with(Role::Parameter, "bias", &[units], vec![0.0; units]),
        })
    }

    /// The layer's values on `x [batch, inputs]`.
    pub fn apply(&self, g: &mut Graph, x: Var) -> Result<Var> {
        let product = g.matmul(x, self.weight)?;
        g.add(product, self.bias)
    }
}
