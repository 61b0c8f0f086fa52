//! The embedding layer: one trained vector per symbol.

use super::init::Start;
use crate::graph::{Graph, Result, Role, Var};
use crate::rng::Rng;

/// A table of vectors, read by symbol (Bengio, Ducharme, Vincent and Jauvin, "A neural probabilistic language
/// model", 2003).
#[derive(Clone, Copy, Debug)]
pub struct Embedding {
    /// `[symbols, features]`.
    pub table: Var,
}

impl Embedding {
    /// Adds the leaf `name.table` of shape `[symbols, features]`; each vector is drawn as the weights of a unit
    /// with one input would be, so that the customary start is `Init::Normal(deviation)`.
    pub fn new(g: &mut Graph, name: &str, shape: [usize; 2], start: impl Into<Start>, rng: &mut Rng) -> Embedding {
        let [symbols, features] = shape;
        let start = start.into();
        let rows = (0..symbols).flat_map(|_| start.draw(rng, 1, features).0).collect();
        Embedding { table: g.scoped(name, |g| g.leaf_with(Role::Parameter, "table", &shape, rows)) }
    }

    /// The vectors of `symbols [..]` (`u32`): `[.., features]`. A symbol beyond the end reads the last vector.
    pub fn apply(&self, g: &mut Graph, symbols: Var) -> Result<Var> {
        g.take(self.table, symbols, 0)
    }

    /// Logits of all symbols for `x [.., features]` with the same table as output weights (Press and Wolf, "Using
    /// the output embedding to improve language models", 2017): `[.., symbols]`.
    pub fn logits(&self, g: &mut Graph, x: Var) -> Result<Var> {
        let weight = g.transpose(self.table)?;
        super::attention::product(g, x, weight)
    }
}
