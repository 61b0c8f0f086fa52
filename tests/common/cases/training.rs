//! Losses, element by element and row by row, with and without weights.

use super::{Case, WIDE, cases, labels};
use crate::common::leaf;
use petri::graph::{Graph, Result, Role, Var};
use petri::nn::loss;

/// Labels −1 and 1.
fn signs(g: &mut Graph, shape: &[usize]) -> Var {
    let count: usize = shape.iter().product();
    let values = (0..count).map(|i| if i % 3 == 1 { -1.0 } else { 1.0 }).collect();
    g.leaf_with(Role::Input, "signs", shape, values)
}

/// Every fourth sample has no weight.
fn weights(g: &mut Graph, count: usize) -> Var {
    let values = (0..count).map(|i| if i % 4 == 1 { 0.0 } else { 0.5 + i as f32 }).collect();
    g.leaf_with(Role::Input, "weights", &[count], values)
}

fn number(g: &mut Graph, value: f32) -> Result<Var> {
    g.constant(value, &[])
}

pub const CASES: &[Case] = cases! {
    "squared error" yes yes |g, l| { let (a, b) = (leaf(g, l, &[3, 5], WIDE), leaf(g, l, &[3, 5], WIDE)); loss::squared_error(g, a, b) };
    "absolute error" yes no |g, l| { let (a, b) = (leaf(g, l, &[7], WIDE), leaf(g, l, &[7], WIDE)); loss::absolute_error(g, a, b) };
    "huber" yes no |g, l| { let (a, b) = (leaf(g, l, &[9], WIDE), leaf(g, l, &[9], WIDE)); let d = number(g, 0.8)?; loss::huber(g, a, b, d) };
    "logistic loss" yes yes |g, l| { let a = leaf(g, l, &[6], (-30.0, 30.0)); let y = signs(g, &[6]); loss::logistic(g, a, y) };
    "hinge loss" yes no |g, l| { let a = leaf(g, l, &[5, 2], WIDE); let y = signs(g, &[5, 2]); loss::hinge(g, a, y) };
    "squared hinge loss" yes no |g, l| { let a = leaf(g, l, &[10], WIDE); let y = signs(g, &[10]); loss::squared_hinge(g, a, y) };
    "smoothed cross entropy" yes yes |g, l| { let a = leaf(g, l, &[5, 4], WIDE); let i = labels(g, &[5], 4); let e = number(g, 0.1)?; loss::cross_entropy(g, a, i, Some(e)) };
    "smoothed cross entropy of one class" yes no |g, l| { let a = leaf(g, l, &[3, 1], WIDE); let i = labels(g, &[3], 1); let e = number(g, 0.1)?; loss::cross_entropy(g, a, i, Some(e)) };
    "smoothed cross entropy of two axes" yes yes |g, l| { let a = leaf(g, l, &[2, 3, 5], WIDE); let i = labels(g, &[2, 3], 5); let e = number(g, 0.3)?; loss::cross_entropy(g, a, i, Some(e)) };
    "cross entropy of shares" yes yes |g, l| { let (a, t) = (leaf(g, l, &[3, 5], WIDE), leaf(g, l, &[3, 5], (0.1, 0.4))); loss::cross_entropy_of_shares(g, a, t) };
    "divergence" yes yes |g, l| { let (p, q) = (leaf(g, l, &[3, 5], WIDE), leaf(g, l, &[3, 5], WIDE)); loss::kullback_leibler(g, p, q) };
    "accuracy" no no |g, l| { let a = leaf(g, l, &[6, 5], WIDE); let i = labels(g, &[6], 5); loss::accuracy(g, a, i) };
    "weighted mean" yes yes |g, l| { let a = leaf(g, l, &[9], WIDE); let s = g.square(a)?; let w = weights(g, 9); loss::mean(g, s, Some(w)) };
    "weighted mean of nothing" no no |g, l| { let a = leaf(g, l, &[3], WIDE); let w = g.constant(0.0, &[3])?; loss::mean(g, a, Some(w)) };
    "masked logistic loss" yes yes |g, l| { let a = leaf(g, l, &[9], WIDE); let (y, w) = (signs(g, &[9]), weights(g, 9)); loss::masked(g, w, &[a, y], |g, x| loss::logistic(g, x[0], x[1])) };
    "masked cross entropy" yes yes |g, l| { let a = leaf(g, l, &[6, 3], WIDE); let (i, w) = (labels(g, &[6], 3), weights(g, 6)); loss::masked(g, w, &[a, i], |g, x| loss::cross_entropy(g, x[0], x[1], None)) };
    "info_nce" yes yes |g, l| { let (a, b) = (leaf(g, l, &[5, 3], WIDE), leaf(g, l, &[5, 3], WIDE)); let t = number(g, 0.5)?; loss::info_nce(g, a, b, t, None) };
    "info_nce of one" yes no |g, l| { let (a, b) = (leaf(g, l, &[1, 3], WIDE), leaf(g, l, &[1, 3], WIDE)); let t = number(g, 0.5)?; loss::info_nce(g, a, b, t, None) };
    "info_nce weighted" yes yes |g, l| { let (a, b) = (leaf(g, l, &[6, 2], WIDE), leaf(g, l, &[6, 2], WIDE)); let (t, w) = (number(g, 0.5)?, weights(g, 6)); loss::info_nce(g, a, b, t, Some(w)) };
    "pairwise info_nce" yes yes |g, l| { let a = leaf(g, l, &[6, 3], WIDE); let t = number(g, 0.7)?; loss::pairwise_info_nce(g, a, t, None) };
    "pairwise info_nce weighted" yes yes |g, l| { let a = leaf(g, l, &[10, 3], WIDE); let (t, w) = (number(g, 0.7)?, weights(g, 10)); loss::pairwise_info_nce(g, a, t, Some(w)) };
    "spectral contrastive" yes yes |g, l| { let (a, b) = (leaf(g, l, &[5, 3], WIDE), leaf(g, l, &[5, 3], WIDE)); loss::spectral_contrastive(g, a, b, None) };
    "spectral contrastive weighted" yes yes |g, l| { let (a, b) = (leaf(g, l, &[6, 3], WIDE), leaf(g, l, &[6, 3], WIDE)); let w = weights(g, 6); loss::spectral_contrastive(g, a, b, Some(w)) };
    "normalised rows" yes yes |g, l| { let a = leaf(g, l, &[5, 3], WIDE); loss::normalised(g, a) };
};
