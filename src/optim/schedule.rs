//! Factors that change with the step: nodes of shape `[]` to multiply a learning rate (or a noise) with.
//!
//! Products make longer schedules: [`warm_up`] over 30 steps times [`cosine`] over the 220 steps from step 30 on. `step`
//! is the counter of finished steps, so the first step of a run sees 0. A constant rate needs no schedule.

use super::Number;
use crate::graph::{Graph, Result, Var};
use std::f32::consts::PI;

/// A stretch of a run. Fewer steps than one count as one.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// The step at which it begins.
    pub start: Number,
    /// How many steps later it ends.
    pub steps: Number,
}

impl Span {
    /// `steps` steps from step `start` on.
    pub fn new(start: impl Into<Number>, steps: impl Into<Number>) -> Self {
        Span { start: start.into(), steps: steps.into() }
    }

    /// 0 before the span, 1 after it, even in between.
    fn progress(self, g: &mut Graph, step: Var) -> Result<Var> {
        let (now, start, steps) = (g.to_f32(step)?, self.start.node(g)?, self.steps.node(g)?);
        let (passed, zero, one) = (g.sub(now, start)?, g.constant(0.0, &[])?, g.constant(1.0, &[])?);
        let steps = g.max(steps, one)?;
        let share = g.div(passed, steps)?;
        let share = g.min(share, one)?;
        g.max(share, zero)
    }
}

/// `min(1, (step + 1) / steps)`: already the first step moves, and step number `steps` has the full rate.
pub fn warm_up(g: &mut Graph, step: Var, steps: impl Into<Number>) -> Result<Var> {
    Span::new(-1.0, steps).progress(g, step)
}

/// `from` before the span, `to` after it, a straight line in between.
pub fn linear(g: &mut Graph, step: Var, span: Span, from: impl Into<Number>, to: impl Into<Number>) -> Result<Var> {
    let progress = span.progress(g, step)?;
    mix(g, progress, from.into(), to.into())
}

/// `from` before the span, `to` after it, half a wave of the cosine in between (Loshchilov and Hutter, "SGDR:
/// stochastic gradient descent with warm restarts", 2017, equation 5, without restarts).
pub fn cosine(g: &mut Graph, step: Var, span: Span, from: impl Into<Number>, to: impl Into<Number>) -> Result<Var> {
    let progress = span.progress(g, step)?;
    let angle = g.mul_number(progress, PI)?;
    let cos = g.cos(angle)?;
    let half = g.mul_number(cos, -0.5)?;
    let progress = g.add_number(half, 0.5)?;
    mix(g, progress, from.into(), to.into())
}

/// `factor` (above 0) to the power `step / every`.
pub fn exponential(g: &mut Graph, step: Var, factor: impl Into<Number>, every: impl Into<Number>) -> Result<Var> {
    let (now, every, factor) = (g.to_f32(step)?, every.into().node(g)?, factor.into().node(g)?);
    let power = g.div(now, every)?;
    g.pow(factor, power)
}

/// Multiplied by `factor` (above 0) after `every` steps, a whole number, again and again.
pub fn staircase(g: &mut Graph, step: Var, factor: impl Into<Number>, every: impl Into<Number>) -> Result<Var> {
    let (now, every, factor) = (g.to_f32(step)?, every.into().node(g)?, factor.into().node(g)?);
    // Half a step later, so that a quotient that is rounded down does not delay a fall.
    let now = g.add_number(now, 0.5)?;
    let stairs = g.div(now, every)?;
    let stairs = g.floor(stairs)?;
    g.pow(factor, stairs)
}

/// The standard deviation `√(η / (1 + step)^γ)` of Neelakantan and others (2015), who use γ = 0.55.
pub fn annealed_noise(g: &mut Graph, step: Var, eta: impl Into<Number>, gamma: impl Into<Number>) -> Result<Var> {
    let (now, eta, gamma) = (g.to_f32(step)?, eta.into().node(g)?, gamma.into().node(g)?);
    let now = g.add_number(now, 1.0)?;
    let falling = g.neg(gamma)?;
    let share = g.pow(now, falling)?;
    let variance = g.mul(eta, share)?;
    g.sqrt(variance)
}

/// `(1 − share) · from + share · to`, which is exact at both ends.
fn mix(g: &mut Graph, share: Var, from: Number, to: Number) -> Result<Var> {
    let (from, to, rest) = (from.node(g)?, to.node(g)?, Number::Node(share).rest(g)?);
    let (old, new) = (g.mul(rest, from)?, g.mul(share, to)?);
    g.add(old, new)
}
