//! Shapes at which the GPU chooses other strategies than on the small ones above: tiles with and without
//! ragged edges, several invocations per sum, more workgroups than one axis of a dispatch allows.

use super::{Case, WIDE, cases, labels};
use crate::common::leaf;
use petri::ops::reduce::Reduction;

pub const CASES: &[Case] = cases! {
    "tiles that fit" no no |g, l| { let a = leaf(g, l, &[128, 32], WIDE); let b = leaf(g, l, &[32, 64], WIDE); g.matmul(a, b) };
    "tiles of transposes" no no |g, l| { let a = leaf(g, l, &[40, 100], WIDE); let b = leaf(g, l, &[90, 40], WIDE); let (a, b) = (g.transpose(a)?, g.transpose(b)?); g.matmul(a, b) };
    "tiles of the left transpose" no no |g, l| { let a = leaf(g, l, &[64, 128], WIDE); let b = leaf(g, l, &[64, 96], WIDE); let a = g.transpose(a)?; g.matmul(a, b) };
    "tiles of one matrix by itself" no no |g, l| { let a = leaf(g, l, &[96, 65], WIDE); let b = g.transpose(a)?; g.matmul(a, b) };
    "tiles batched" no no |g, l| { let a = leaf(g, l, &[2, 3, 33, 20], WIDE); let b = leaf(g, l, &[2, 3, 20, 17], WIDE); g.matmul(a, b) };
    "tiles broadcast batch" no no |g, l| { let a = leaf(g, l, &[9, 20, 16], WIDE); let b = leaf(g, l, &[16, 40], WIDE); g.matmul(a, b) };
    "tiles of permuted batch" no no |g, l| { let a = leaf(g, l, &[20, 2, 5, 16], WIDE); let b = leaf(g, l, &[16, 2, 5, 18], WIDE); let a = g.permute(a, &[1, 2, 0, 3])?; let b = g.permute(b, &[1, 2, 0, 3])?; g.matmul(a, b) };
    "tiles of slices" no no |g, l| { let a = leaf(g, l, &[100, 70], WIDE); let b = leaf(g, l, &[70, 99], WIDE); let a = g.slice(a, 1, 69, -1, 60)?; let b = g.slice(b, 0, 3, 1, 60)?; g.matmul(a, b) };
    "tiles with epilogue" no no |g, l| { let a = leaf(g, l, &[3, 70, 24], WIDE); let b = leaf(g, l, &[3, 24, 50], WIDE); let c = leaf(g, l, &[3, 1, 50], WIDE); let r = leaf(g, l, &[3, 70, 50], WIDE); let p = g.matmul(a, b)?; let p = g.mul_number(p, 0.1)?; let s = g.add(p, c)?; let t = g.tanh(s)?; g.add(t, r) };
    "product with long inner axis" no no |g, l| { let a = leaf(g, l, &[3000, 20], WIDE); let b = leaf(g, l, &[3000, 24], WIDE); let a = g.transpose(a)?; g.matmul(a, b) };
    "sum of a long row" no no |g, l| { let a = leaf(g, l, &[100_000], WIDE); let s = g.square(a)?; g.sum(s, &[0]) };
    "sums of many columns" no no |g, l| { let a = leaf(g, l, &[50, 3000], WIDE); g.sum(a, &[0]) };
    "sums of many short rows" no no |g, l| { let a = leaf(g, l, &[20_000, 6], WIDE); g.sum(a, &[1]) };
    "sums of many long rows" no no |g, l| { let a = leaf(g, l, &[600, 500], WIDE); g.sum(a, &[1]) };
    "largest of many" no no |g, l| { let a = leaf(g, l, &[3, 5000], (-9.0, -1.0)); g.reduce(Reduction::Max, a, &[1]) };
    "smallest of columns" no no |g, l| { let a = leaf(g, l, &[5000, 3], (1.0, 9.0)); g.reduce(Reduction::Min, a, &[0]) };
    "argmax with ties" no no |g, l| { let a = leaf(g, l, &[40, 700], WIDE); let f = g.elementwise(petri::graph::Func::Floor, &[a])?; g.argmax(f) };
    "four elements per invocation" no no |g, l| { let a = leaf(g, l, &[1030, 1], WIDE); let b = leaf(g, l, &[1, 1030], WIDE); g.mul(a, b) };
    "scatter of many" no no |g, l| { let u = leaf(g, l, &[500, 30], WIDE); let i = labels(g, &[500], 11); g.scatter_add(i, u, 12, 0) };
};
