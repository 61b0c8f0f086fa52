//! What dense networks need: broadcasting, views, reductions, products, gathers, softmax.

use super::{Case, WIDE, cases, labels};
use crate::common::leaf;
use petri::ops::reduce::Reduction;

pub const CASES: &[Case] = cases! {
    "broadcast add row" yes yes |g, l| { let a = leaf(g, l, &[5, 3], WIDE); let b = leaf(g, l, &[3], WIDE); g.add(a, b) };
    "broadcast mul outer" yes yes |g, l| { let a = leaf(g, l, &[4, 1], WIDE); let b = leaf(g, l, &[1, 7], WIDE); g.mul(a, b) };
    "scalar times tensor" yes yes |g, l| { let a = leaf(g, l, &[], WIDE); let b = leaf(g, l, &[2, 3, 5], WIDE); g.mul(a, b) };
    "permute" yes yes |g, l| { let a = leaf(g, l, &[2, 3, 4], WIDE); let p = g.permute(a, &[2, 0, 1])?; g.square(p) };
    "reshape merges" yes yes |g, l| { let a = leaf(g, l, &[4, 6], WIDE); let t = g.transpose(a)?; let s = g.square(t)?; let r = g.reshape(s, &[8, 3])?; g.square(r) };
    "reshape splits" yes yes |g, l| { let a = leaf(g, l, &[12, 2], WIDE); let s = g.exp(a)?; let r = g.reshape(s, &[3, 4, 2])?; g.square(r) };
    "slice with step" yes yes |g, l| { let a = leaf(g, l, &[9, 4], WIDE); let s = g.slice(a, 0, 1, 3, 3)?; g.square(s) };
    "slice backwards" yes yes |g, l| { let a = leaf(g, l, &[3, 7], WIDE); let s = g.slice(a, 1, 6, -2, 4)?; g.square(s) };
    "sum rows" yes yes |g, l| { let a = leaf(g, l, &[7, 300], WIDE); let s = g.square(a)?; g.sum(s, &[1]) };
    "sum columns" yes yes |g, l| { let a = leaf(g, l, &[300, 7], WIDE); let s = g.square(a)?; g.sum(s, &[0]) };
    "sum middle" yes yes |g, l| { let a = leaf(g, l, &[3, 5, 4], WIDE); let s = g.sum(a, &[1])?; g.square(s) };
    "sum outer axes" yes yes |g, l| { let a = leaf(g, l, &[3, 5, 4], WIDE); let s = g.sum(a, &[0, 2])?; g.square(s) };
    "sum of nothing" no no |g, l| { let a = leaf(g, l, &[3, 0], WIDE); g.sum(a, &[1]) };
    "nothing at all" no no |g, l| { let a = leaf(g, l, &[0, 4], WIDE); g.square(a) };
    "mean of many" yes yes |g, l| { let a = leaf(g, l, &[40, 50], WIDE); g.mean_all(a) };
    "max" yes no |g, l| { let a = leaf(g, l, &[4, 9], WIDE); let m = g.reduce(Reduction::Max, a, &[1])?; g.square(m) };
    "max columns" yes no |g, l| { let a = leaf(g, l, &[9, 4], WIDE); let m = g.reduce(Reduction::Max, a, &[0])?; g.square(m) };
    "min" yes no |g, l| { let a = leaf(g, l, &[5, 5], WIDE); let m = g.reduce(Reduction::Min, a, &[0, 1])?; g.square(m) };
    "argmax" no no |g, l| { let a = leaf(g, l, &[6, 300], WIDE); g.argmax(a) };
    "matmul" yes yes |g, l| { let a = leaf(g, l, &[5, 3], WIDE); let b = leaf(g, l, &[3, 4], WIDE); g.matmul(a, b) };
    "matmul of transposes" yes yes |g, l| { let a = leaf(g, l, &[3, 5], WIDE); let b = leaf(g, l, &[4, 3], WIDE); let (a, b) = (g.transpose(a)?, g.transpose(b)?); g.matmul(a, b) };
    "matmul batched" yes yes |g, l| { let a = leaf(g, l, &[2, 4, 3], WIDE); let b = leaf(g, l, &[2, 3, 5], WIDE); g.matmul(a, b) };
    "matmul broadcast batch" yes yes |g, l| { let a = leaf(g, l, &[3, 4, 2], WIDE); let b = leaf(g, l, &[2, 5], WIDE); g.matmul(a, b) };
    "matmul long inner" yes yes |g, l| { let a = leaf(g, l, &[2, 700], WIDE); let b = leaf(g, l, &[700, 3], WIDE); g.matmul(a, b) };
    "matmul empty inner" no no |g, l| { let a = leaf(g, l, &[2, 0], WIDE); let b = leaf(g, l, &[0, 3], WIDE); g.matmul(a, b) };
    "matmul 1 × 1" yes yes |g, l| { let a = leaf(g, l, &[1, 1], WIDE); let b = leaf(g, l, &[1, 1], WIDE); g.matmul(a, b) };
    "matmul with epilogue" yes yes |g, l| { let a = leaf(g, l, &[6, 3], WIDE); let b = leaf(g, l, &[3, 9], WIDE); let c = leaf(g, l, &[9], WIDE); let p = g.matmul(a, b)?; let s = g.add(p, c)?; g.tanh(s) };
    "matmul large" no no |g, l| { let a = leaf(g, l, &[67, 130], WIDE); let b = leaf(g, l, &[130, 71], WIDE); g.matmul(a, b) };
    "take rows" yes yes |g, l| { let a = leaf(g, l, &[6, 3], WIDE); let i = labels(g, &[2, 5], 6); let t = g.take(a, i, 0)?; g.square(t) };
    "take batched" yes yes |g, l| { let a = leaf(g, l, &[2, 6, 3], WIDE); let i = labels(g, &[2, 4], 6); let t = g.take(a, i, 1)?; g.square(t) };
    "take beyond the end" yes yes |g, l| { let a = leaf(g, l, &[4], WIDE); let i = labels(g, &[3], 100); g.take(a, i, 0) };
    "scatter" yes yes |g, l| { let u = leaf(g, l, &[7, 3], WIDE); let i = labels(g, &[7], 4); let s = g.scatter_add(i, u, 4, 0)?; g.square(s) };
    "softmax" yes yes |g, l| { let a = leaf(g, l, &[4, 6], WIDE); g.softmax(a) };
    "log softmax" yes yes |g, l| { let a = leaf(g, l, &[4, 6], WIDE); g.log_softmax(a) };
    "softmax of large logits" no no |g, l| { let a = leaf(g, l, &[4, 6], (-80.0, 80.0)); g.softmax(a) };
    "cross entropy" yes yes |g, l| { let a = leaf(g, l, &[5, 4], WIDE); let i = labels(g, &[5], 4); g.cross_entropy(a, i) };
    "one hot" no no |g, _l| { let i = labels(g, &[5], 4); g.one_hot(i, 4) };
    "stop gradient is the identity" no no |g, l| { let a = leaf(g, l, &[5], WIDE); g.stop_gradient(a) };
    "iota" no no |g, _l| g.iota(&[3, 4]);
};
