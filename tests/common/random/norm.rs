//! Softmax and what belongs to it, attention, normalisation.

use super::{Draw, Operation, operations};
use petri::graph::{Graph, Result, Var};

/// Large enough that elements which are all equal do not turn rounding errors into results.
const EPSILON: f32 = 0.1;

fn maybe_mask(g: &mut Graph, d: &mut Draw, shape: &[usize]) -> Result<Option<Var>> {
    Ok(if d.flag() { Some(d.mask(g, shape)?) } else { None })
}

/// Queries, keys, values, and perhaps a mask.
fn attended(g: &mut Graph, d: &mut Draw) -> Result<([Var; 3], Option<Var>)> {
    let q = d.of_rank(g, 2)?;
    let shape = g.shape(q).to_vec();
    let (batch, [t, width]) = (&shape[..shape.len() - 2], [shape[shape.len() - 2], shape[shape.len() - 1]]);
    let (count, values) = (1 + d.below(5), 1 + d.below(4));
    let k = d.shaped(g, &[batch, &[count, width]].concat())?;
    let v = d.shaped(g, &[batch, &[count, values]].concat())?;
    let mask = match d.below(3) {
        0 => None,
        1 => Some(d.mask(g, &[t, count])?),
        _ if t <= count => Some(g.causal_mask(t, count)?),
        _ => None,
    };
    Ok(([q, k, v], mask))
}

pub const OPERATIONS: &[Operation] = operations! {
    "softmax" anywhere |g, d| { let a = d.of_rank(g, 1)?; let b = g.mul_number(a, 3.0)?; g.softmax(b) };
    "log softmax" anywhere |g, d| { let a = d.of_rank(g, 1)?; g.log_softmax(a) };
    "softmax along an axis" anywhere |g, d| { let (a, axis) = d.with_axis(g)?; let shape = g.shape(a).to_vec(); let m = maybe_mask(g, d, &shape)?; g.softmax_along(a, axis, m) };
    "log softmax along an axis" anywhere |g, d| { let (a, axis) = d.with_axis(g)?; let shape = g.shape(a).to_vec(); let m = maybe_mask(g, d, &shape)?; let p = g.log_softmax_along(a, axis, m)?; let (Some(m), z) = (m, g.constant(0.5, &[])?) else { return Ok(p) }; g.select(m, p, z) };
    "log sum exp" anywhere |g, d| { let (a, axis) = d.with_axis(g)?; g.log_sum_exp(a, axis, None) };
    "log sum exp masked" outside |g, d| { let (a, axis) = d.with_axis(g)?; let shape = g.shape(a).to_vec(); let m = d.mask(g, &shape)?; let s = g.log_sum_exp(a, axis, Some(m))?; let z = g.constant(-9.0, &[])?; g.max(s, z) };
    "cross entropy" outside |g, d| { let a = d.of_rank(g, 1)?; let (shape, rank) = (g.shape(a).to_vec(), g.shape(a).len()); let i = d.index(g, shape[rank - 1], &shape[..rank - 1])?; g.cross_entropy(a, i) };
    "attention" anywhere |g, d| { let ([q, k, v], m) = attended(g, d)?; g.attention(q, k, v, m, 0.7) };
    "attention weights" anywhere |g, d| { let ([q, k, _], m) = attended(g, d)?; g.attention_weights(q, k, m, 1.5) };
    "moments" anywhere |g, d| { let a = d.of_rank(g, 1)?; let axes = d.axes(g, a); let (m, v) = g.moments(a, &axes)?; let s = g.sub(a, m)?; g.mul(s, v) };
    "standardise" anywhere |g, d| { let a = d.of_rank(g, 1)?; let axes = d.axes(g, a); g.standardise(a, &axes, EPSILON) };
    "standardise with moments" anywhere |g, d| { let a = d.of_rank(g, 1)?; let axes = d.axes(g, a); let (s, m, v) = g.standardise_with_moments(a, &axes, EPSILON)?; let t = g.mul(s, v)?; g.add(t, m) };
    "divide by root mean square" anywhere |g, d| { let a = d.of_rank(g, 1)?; let axes = d.axes(g, a); g.divide_by_root_mean_square(a, &axes, EPSILON) };
};
