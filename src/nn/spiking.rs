//! The leaky integrate-and-fire neuron in discrete time (Neftci, Mostafa and Zenke, "Surrogate gradient learning
//! in spiking neural networks", 2019): `u = decay · v + current`, `s = spike(u − threshold)`, then a reset, through which no
//! gradient flows.

use crate::graph::{Graph, Result, Var};

/// What a spike does to the potential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reset {
    /// `v = u − threshold · s`.
    Subtract,
    /// `v = u · (1 − s)`.
    Zero,
}

/// The constants of a population.
#[derive(Clone, Copy, Debug)]
pub struct LeakyIntegrateAndFire {
    /// Share of the potential that is left after a step, between 0 and 1: a node of shape `[]` or one per neuron.
    pub decay: Var,
    /// Potential at which a neuron fires.
    pub threshold: f32,
    /// What firing does.
    pub reset: Reset,
}

impl LeakyIntegrateAndFire {
    /// From `current` and `potential`, of one shape, to the spikes (0 or 1) and the next potential. `spike` is 1 where its
    /// argument is positive, with a derivative of the caller's choosing.
    pub fn step(
        &self,
        g: &mut Graph,
        current: Var,
        potential: Var,
        spike: impl FnOnce(&mut Graph, Var) -> Result<Var>,
    ) -> Result<(Var, Var)> {
        let kept = g.mul(potential, self.decay)?;
        let potential = g.add(kept, current)?;
        let above = g.add_number(potential, -self.threshold)?;
        let spikes = spike(g, above)?;
        let detached = g.stop_gradient(spikes)?;
        let next = match self.reset {
            Reset::Subtract => {
                let lost = g.mul_number(detached, self.threshold)?;
                g.sub(potential, lost)?
            }
            Reset::Zero => {
                let one = g.constant(1.0, &[])?;
                let silent = g.sub(one, detached)?;
                g.mul(potential, silent)?
            }
        };
        Ok((spikes, next))
    }
}
