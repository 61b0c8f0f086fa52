//! Distances between distributions.

use super::same_shape;
use crate::graph::{Graph, Result, Var};

/// Kullback–Leibler divergence `Σ p (log p − log q)` over the last axis, in nats, of distributions given by their
/// logarithms `[.., classes]`; gives `[..]`. Where p is 0 (its logarithm −∞, or too low for single precision) nothing is
/// added, whatever q is there; where only q is 0 the divergence is infinite.
pub fn kullback_leibler(g: &mut Graph, log_p: Var, log_q: Var) -> Result<Var> {
    same_shape(g, "divergence", &[log_p, log_q])?;
    let zero = g.constant(0.0, &[])?;
    let p = g.exp(log_p)?;
    let ratio = g.sub(log_p, log_q)?;
    let ratio = g.select(p, ratio, zero)?;
    let product = g.mul(p, ratio)?;
    let last = g.shape(product).len().saturating_sub(1);
    g.sum(product, &[last])
}
