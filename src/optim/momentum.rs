//! Momentum (heavy ball): `m ← momentum · m + g`, `w ← w − rate · m` (Polyak, "Some methods of speeding up the
//! convergence of iteration methods", 1964). The gradient is not damped by `1 − momentum`.

use super::{Memory, Number, Rule};
use crate::graph::{Graph, Result, Var};

/// Gradients that add up to a velocity.
#[derive(Clone, Copy, Debug)]
pub struct Momentum {
    /// Share of the last velocity that is kept.
    pub momentum: Number,
}

impl Momentum {
    /// 0.9.
    pub const USUAL: Momentum = Momentum { momentum: Number::Fixed(0.9) };

    /// Keeps the share `momentum` of the last velocity.
    pub fn new(momentum: impl Into<Number>) -> Self {
        Momentum { momentum: momentum.into() }
    }
}

impl Rule for Momentum {
    fn change(&self, g: &mut Graph, memory: &mut Memory, gradient: Var) -> Result<Var> {
        let momentum = self.momentum.node(g)?;
        memory.keep(g, "velocity", |g, velocity| {
            let old = g.mul(velocity, momentum)?;
            g.add(old, gradient)
        })
    }
}
