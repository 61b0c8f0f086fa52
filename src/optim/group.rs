//! Parameters that an update treats differently from the others.

use super::Number;
use crate::graph::Var;

/// How weights shrink; see the two methods of [`Update`](super::Update).
#[derive(Clone, Copy, Debug)]
pub enum Decay {
    /// `decay · w` is added to the gradient.
    Coupled(Number),
    /// The weight is multiplied by `1 − rate · decay`.
    Decoupled(Number),
}

/// Parameters with a share of the learning rate or a decay of their own: biases without decay, a layer that is frozen
/// or fast.
#[derive(Clone, Debug)]
pub struct Group {
    pub(super) parameters: Vec<Var>,
    pub(super) rate_factor: Option<Number>,
    /// `None` where the update's own decay holds.
    pub(super) decay: Option<Option<Decay>>,
}

impl Group {
    /// Parameters that for now are treated like all others.
    pub fn new(parameters: &[Var]) -> Self {
        Group { parameters: parameters.to_vec(), rate_factor: None, decay: None }
    }

    /// Multiplies the learning rate.
    pub fn rate_factor(self, factor: impl Into<Number>) -> Self {
        Group { rate_factor: Some(factor.into()), ..self }
    }

    /// Replaces the update's decay, or takes it away.
    pub fn decay(self, decay: Option<Decay>) -> Self {
        Group { decay: Some(decay), ..self }
    }
}
