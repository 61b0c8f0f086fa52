//! Gradient descent: `w ← w − rate · g`; stochastic where the gradient is a batch's.

use super::{Memory, Rule};
use crate::graph::{Graph, Result, Var};

/// The gradient as it stands.
#[derive(Clone, Copy, Debug)]
pub struct Sgd;

impl Rule for Sgd {
    fn change(&self, _: &mut Graph, _: &mut Memory, gradient: Var) -> Result<Var> {
        Ok(gradient)
    }
}
