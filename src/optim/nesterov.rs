//! Nesterov's accelerated gradient, in the form that needs the gradient at the weights only: `m ← momentum · m + g`,
//! `w ← w − rate · (g + momentum · m)` (Sutskever, Martens, Dahl and Hinton, "On the importance of initialization and
//! momentum in deep learning", 2013, after the change of variables of Bengio, Boulanger-Lewandowski and Pascanu,
//! "Advances in optimizing recurrent networks", 2013).

use super::{Memory, Momentum, Number, Rule};
use crate::graph::{Graph, Result, Var};

/// A velocity that looks one step ahead.
#[derive(Clone, Copy, Debug)]
pub struct Nesterov {
    /// Share of the last velocity that is kept.
    pub momentum: Number,
}

impl Nesterov {
    /// 0.9.
    pub const USUAL: Nesterov = Nesterov { momentum: Number::Fixed(0.9) };

    /// Keeps the share `momentum` of the last velocity.
    pub fn new(momentum: impl Into<Number>) -> Self {
        Nesterov { momentum: momentum.into() }
    }
}

impl Rule for Nesterov {
    fn change(&self, g: &mut Graph, memory: &mut Memory, gradient: Var) -> Result<Var> {
        let velocity = Momentum { momentum: self.momentum }.change(g, memory, gradient)?;
        let momentum = self.momentum.node(g)?;
        let ahead = g.mul(velocity, momentum)?;
        g.add(gradient, ahead)
    }
}
