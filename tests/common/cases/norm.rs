//! Softmax along any axis and masked, attention, normalisation.

use super::{Case, WIDE, cases};
use crate::common::leaf;
use petri::graph::{Graph, Result, Role, Var};

/// A mask of 0 and 1 whose first row is all 0.
fn mask(g: &mut Graph, shape: &[usize]) -> Var {
    let count: usize = shape.iter().product();
    let row = shape[shape.len() - 1];
    let values = (0..count).map(|i| if i < row || i % 3 == 1 { 0.0 } else { 1.0 }).collect();
    g.leaf_with(Role::Input, "mask", shape, values)
}

/// `a`, but with an infinite logit, a NaN and another infinity where [`mask`] is 0 in its second row.
fn with_infinities(g: &mut Graph, a: Var) -> Result<Var> {
    let mut values = vec![0.0; g.shape(a).iter().product()];
    let row = g.shape(a)[1];
    values[0] = f32::NAN;
    values[1] = f32::NEG_INFINITY;
    values[row + (0..row).find(|i| (row + i) % 3 == 1).expect("one in three")] = f32::INFINITY;
    let shape = g.shape(a).to_vec();
    let bad = g.leaf_with(Role::Input, "bad", &shape, values);
    g.add(a, bad)
}

/// Means that leave no digits to `mean x² − (mean x)²`. Standardised elements lose what the mean is rounded by, so they
/// are tested nearer to zero.
const FAR: (f64, f64) = (999.0, 1001.0);
const NEAR: (f64, f64) = (7.0, 9.0);

pub const CASES: &[Case] = cases! {
    "softmax along the first axis" yes yes |g, l| { let a = leaf(g, l, &[5, 3], WIDE); g.softmax_along(a, 0, None) };
    "softmax along the middle axis" yes yes |g, l| { let a = leaf(g, l, &[2, 7, 3], WIDE); g.softmax_along(a, 1, None) };
    "softmax of one element" yes yes |g, l| { let a = leaf(g, l, &[4, 1], WIDE); g.softmax_along(a, 1, None) };
    "softmax masked" yes yes |g, l| { let a = leaf(g, l, &[4, 6], WIDE); let m = mask(g, &[4, 6]); g.softmax_along(a, 1, Some(m)) };
    "softmax masked along the first axis" yes yes |g, l| { let a = leaf(g, l, &[6, 5], WIDE); let m = mask(g, &[6, 5]); g.softmax_along(a, 0, Some(m)) };
    "softmax masked by broadcast" yes yes |g, l| { let a = leaf(g, l, &[3, 4, 5], WIDE); let m = mask(g, &[4, 5]); g.softmax_along(a, 2, Some(m)) };
    "softmax with infinities masked" yes yes |g, l| { let a = leaf(g, l, &[4, 6], WIDE); let b = with_infinities(g, a)?; let m = mask(g, &[4, 6]); g.softmax_along(b, 1, Some(m)) };
    "log softmax along the first axis" yes yes |g, l| { let a = leaf(g, l, &[5, 3], WIDE); g.log_softmax_along(a, 0, None) };
    "log softmax masked" yes yes |g, l| { let a = leaf(g, l, &[4, 6], WIDE); let m = mask(g, &[4, 6]); let p = g.log_softmax_along(a, 1, Some(m))?; let z = g.constant(0.0, &[])?; g.select(m, p, z) };
    "log sum exp" yes yes |g, l| { let a = leaf(g, l, &[5, 3], WIDE); g.log_sum_exp(a, 1, None) };
    "log sum exp along the first axis" yes yes |g, l| { let a = leaf(g, l, &[5, 3, 2], WIDE); g.log_sum_exp(a, 0, None) };
    "log sum exp of large numbers" no no |g, l| { let a = leaf(g, l, &[5, 9], (-300.0, 300.0)); g.log_sum_exp(a, 1, None) };
    "log sum exp masked" yes yes |g, l| { let a = leaf(g, l, &[5, 3], WIDE); let m = mask(g, &[5, 3]); let s = g.log_sum_exp(a, 1, Some(m))?; let z = g.constant(-100.0, &[])?; g.max(s, z) };
    "attention" yes yes |g, l| { let q = leaf(g, l, &[2, 3, 4], WIDE); let k = leaf(g, l, &[2, 5, 4], WIDE); let v = leaf(g, l, &[2, 5, 3], WIDE); g.attention(q, k, v, None, 0.5) };
    "attention causal" yes yes |g, l| { let q = leaf(g, l, &[2, 2, 4, 3], WIDE); let k = leaf(g, l, &[2, 2, 4, 3], WIDE); let v = leaf(g, l, &[2, 2, 4, 3], WIDE); let m = g.causal_mask(4, 4)?; g.attention(q, k, v, Some(m), 0.577) };
    "attention of the last queries" yes yes |g, l| { let q = leaf(g, l, &[2, 3], WIDE); let k = leaf(g, l, &[5, 3], WIDE); let v = leaf(g, l, &[5, 1], WIDE); let m = g.causal_mask(2, 5)?; g.attention(q, k, v, Some(m), 0.577) };
    "attention masked" yes yes |g, l| { let q = leaf(g, l, &[2, 3, 4], WIDE); let k = leaf(g, l, &[2, 5, 4], WIDE); let v = leaf(g, l, &[2, 5, 3], WIDE); let m = mask(g, &[3, 5]); g.attention(q, k, v, Some(m), 0.5) };
    "attention on shared keys" yes yes |g, l| { let q = leaf(g, l, &[3, 2, 4], WIDE); let k = leaf(g, l, &[5, 4], WIDE); let v = leaf(g, l, &[5, 3], WIDE); g.attention(q, k, v, None, 0.5) };
    "attention weights" yes yes |g, l| { let q = leaf(g, l, &[3, 4], WIDE); let k = leaf(g, l, &[3, 4], WIDE); let m = g.causal_mask(3, 3)?; g.attention_weights(q, k, Some(m), 0.5) };
    "causal mask" no no |g, _l| g.causal_mask(3, 5);
    "standardise rows" yes yes |g, l| { let a = leaf(g, l, &[4, 9], WIDE); g.standardise(a, &[1], 1e-5) };
    "standardise columns" yes yes |g, l| { let a = leaf(g, l, &[9, 4], WIDE); g.standardise(a, &[0], 1e-5) };
    "standardise two axes" yes yes |g, l| { let a = leaf(g, l, &[3, 2, 5], WIDE); g.standardise(a, &[0, 2], 0.1) };
    "standardise one element" yes yes |g, l| { let a = leaf(g, l, &[3, 1], WIDE); let s = g.standardise(a, &[1], 1e-3)?; let t = g.add(s, a)?; g.square(t) };
    "standardise far from zero" yes no |g, l| { let a = leaf(g, l, &[4, 9], NEAR); g.standardise(a, &[1], 1e-5) };
    "standardise what is shared" yes yes |g, l| { let a = leaf(g, l, &[4, 6], WIDE); let b = g.tanh(a)?; let s = g.standardise(b, &[1], 1e-5)?; g.mul(s, b) };
    "moments" yes yes |g, l| { let a = leaf(g, l, &[4, 9], WIDE); let (m, v) = g.moments(a, &[1])?; g.mul(m, v) };
    "variance far from zero" no no |g, l| { let a = leaf(g, l, &[4, 9], FAR); Ok(g.moments(a, &[1])?.1) };
    "root mean square" yes yes |g, l| { let a = leaf(g, l, &[4, 9], WIDE); g.divide_by_root_mean_square(a, &[1], 1e-5) };
    "root mean square of two axes" yes yes |g, l| { let a = leaf(g, l, &[3, 2, 5], WIDE); g.divide_by_root_mean_square(a, &[0, 1], 0.1) };
};
