//! Every operation on many shapes; each backend is tested on all of them.

use super::leaf;
use petri::graph::{Graph, Result, Role, Var};
use petri::ops::reduce::Reduction;

pub type Make = fn(&mut Graph, &mut Vec<Var>) -> Result<Var>;

/// One operation on one shape.
pub struct Case {
    pub name: &'static str,
    /// Whether the result is differentiable at the sampled points.
    pub gradient: bool,
    /// Whether the second derivative exists there.
    pub smooth: bool,
    pub make: Make,
}

fn labels(g: &mut Graph, shape: &[usize], below: u32) -> Var {
    let count: usize = shape.iter().product();
    let values: Vec<u32> = (0..count as u32).map(|i| (i * 7 + 3) % below).collect();
    g.leaf_u32(Role::Input, "labels", shape, &values)
}

macro_rules! cases {
    ($($name:literal $gradient:ident $smooth:ident |$g:ident, $l:ident| $body:expr;)*) => {
        &[$(Case { name: $name, gradient: cases!(@ $gradient), smooth: cases!(@ $smooth),
            make: |$g, $l| { let _ = &$l; $body } }),*]
    };
    (@ yes) => { true };
    (@ no) => { false };
}

const WIDE: (f64, f64) = (-2.0, 2.0);

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

/// Shapes at which the GPU chooses other strategies than on the small ones above: tiles with and without
/// ragged edges, several invocations per sum, more workgroups than one axis of a dispatch allows.
pub const LARGE: &[Case] = cases! {
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
