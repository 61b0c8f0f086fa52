//! Joining, ordering, running sums, reading by index, Fourier transforms, and derivatives of one's own.

use super::{Case, WIDE, cases, labels};
use crate::common::leaf;
use petri::graph::{Graph, Result, Var};
use petri::ops::cumulative::Running;
use petri::ops::custom::Surrogate;
use petri::ops::fourier::{Complex, Direction};
use petri::ops::order::Order::{Ascending, Descending};

/// One computed part for each shape.
fn pieces(g: &mut Graph, l: &mut Vec<Var>, shapes: &[[usize; 2]]) -> Result<Vec<Var>> {
    let part = |shape: &[usize; 2]| {
        let a = leaf(g, l, shape, WIDE);
        g.tanh(a)
    };
    shapes.iter().map(part).collect()
}

/// Both parts, one after the other.
fn both(g: &mut Graph, z: Complex) -> Result<Var> {
    g.stack(&[z.re, z.im], 0)
}

const REVERSE: Running = Running { reverse: true, exclusive: false };
const EXCLUSIVE: Running = Running { reverse: false, exclusive: true };
const BOTH: Running = Running { reverse: true, exclusive: true };

pub const CASES: &[Case] = cases! {
    "concatenate two" yes yes |g, l| { let p = pieces(g, l, &[[2, 3], [2, 3]])?; let c = g.concatenate(&p, 0)?; g.square(c) };
    "concatenate unequal" yes yes |g, l| { let p = pieces(g, l, &[[3, 2], [3, 5], [3, 1]])?; let c = g.concatenate(&p, 1)?; g.square(c) };
    "concatenate with empty parts" yes yes |g, l| { let a = leaf(g, l, &[2, 3], WIDE); let e = g.constant(0.0, &[2, 0])?; let c = g.concatenate(&[e, a, e, a], 1)?; g.square(c) };
    "concatenate nothing" no no |g, _l| { let e = g.constant(0.0, &[2, 0])?; g.concatenate(&[e, e], 1) };
    "concatenate one" yes yes |g, l| { let a = leaf(g, l, &[2, 3], WIDE); let c = g.concatenate(&[a], 1)?; g.square(c) };
    "concatenate seven" yes yes |g, l| { let p = pieces(g, l, &[[1, 3]; 7])?; let c = g.concatenate(&p, 0)?; g.square(c) };
    "concatenate middle axis" yes yes |g, l| { let a = leaf(g, l, &[2, 3, 2], WIDE); let b = leaf(g, l, &[2, 3, 2], WIDE); let c = g.concatenate(&[a, b, a], 1)?; g.square(c) };
    "concatenate scalars, eleven" yes yes |g, l| { let a = leaf(g, l, &[11], WIDE); let p = g.split(a, 0, &[1; 11])?; let c = g.concatenate(&p, 0)?; g.square(c) };
    "concatenate thirty" no no |g, l| { let p = pieces(g, l, &[[2, 5]; 30])?; g.concatenate(&p, 0) };
    "concatenate many unequal" no no |g, l| { let shapes: Vec<[usize; 2]> = (0..23).map(|i| [3, i % 4]).collect(); let p = pieces(g, l, &shapes)?; g.concatenate(&p, 1) };
    "concatenate integers" no no |g, _l| { let p: Vec<Var> = (0..9).map(|i| labels(g, &[2, 3], 11 + i)).collect(); g.concatenate(&p, 1) };
    "concatenate unequal integers" no no |g, _l| { let p: Vec<Var> = (0..9).map(|i| labels(g, &[2, i % 3], 7 + i as u32)).collect(); g.concatenate(&p, 1) };
    "concatenate, then use twice" yes yes |g, l| { let p = pieces(g, l, &[[4, 4]; 3])?; let c = g.concatenate(&p, 1)?; let d = g.concatenate(&p, 0)?; let t = g.matmul(d, c)?; g.mul_number(t, 0.1) };
    "stack first" yes yes |g, l| { let p = pieces(g, l, &[[2, 3]; 3])?; let c = g.stack(&p, 0)?; g.square(c) };
    "stack last" yes yes |g, l| { let p = pieces(g, l, &[[2, 3]; 4])?; let c = g.stack(&p, 2)?; g.square(c) };
    "stack scalars" yes yes |g, l| { let p: Vec<Var> = (0..5).map(|_| leaf(g, l, &[], WIDE)).collect(); let c = g.stack(&p, 0)?; g.square(c) };
    "split" yes yes |g, l| { let a = leaf(g, l, &[3, 6], WIDE); let p = g.split(a, 1, &[1, 3, 2])?; let (x, y) = (g.sum(p[1], &[1])?, g.sum(p[2], &[1])?); let s = g.mul(x, y)?; let f = g.squeeze(p[0], 1)?; g.mul(s, f) };
    "roll" yes yes |g, l| { let a = leaf(g, l, &[2, 5, 3], WIDE); let r = g.roll(a, 2, 1)?; g.mul(r, a) };
    "roll back" yes yes |g, l| { let a = leaf(g, l, &[5], WIDE); let r = g.roll(a, -8, 0)?; g.mul(r, a) };
    "flip" yes yes |g, l| { let a = leaf(g, l, &[2, 5], WIDE); let r = g.flip(a, 1)?; g.mul(r, a) };
    "move axis" yes yes |g, l| { let a = leaf(g, l, &[2, 3, 4], WIDE); let r = g.move_axis(a, 0, 2)?; g.square(r) };

    "running sum" yes yes |g, l| { let a = leaf(g, l, &[3, 7], WIDE); let s = g.cumulative_sum(a, 1, Running::default())?; g.square(s) };
    "running sum of columns, backwards" yes yes |g, l| { let a = leaf(g, l, &[5, 3], WIDE); let s = g.cumulative_sum(a, 0, REVERSE)?; g.square(s) };
    "running sum without itself" yes yes |g, l| { let a = leaf(g, l, &[6], WIDE); let s = g.cumulative_sum(a, 0, EXCLUSIVE)?; g.square(s) };
    "running sum backwards without itself" yes yes |g, l| { let a = leaf(g, l, &[2, 3, 4], WIDE); let s = g.cumulative_sum(a, 1, BOTH)?; g.square(s) };
    "running sum of one" yes yes |g, l| { let a = leaf(g, l, &[2, 1], WIDE); let s = g.cumulative_sum(a, 1, Running::default())?; g.square(s) };
    "running sum by blocks" no no |g, l| { let a = leaf(g, l, &[2, 3000], WIDE); g.cumulative_sum(a, 1, Running::default()) };
    "running sum by blocks backwards" no no |g, l| { let a = leaf(g, l, &[130], WIDE); g.cumulative_sum(a, 0, BOTH) };
    "running sum by whole blocks" no no |g, l| { let a = leaf(g, l, &[96, 2], WIDE); g.cumulative_sum(a, 0, EXCLUSIVE) };
    "triangle" no no |g, _l| g.triangle(4, 6, -1);

    "rank with ties" no no |g, l| { let a = leaf(g, l, &[3, 40], WIDE); let f = g.floor(a)?; g.rank(f, 1, Ascending) };
    "rank with ties, descending" no no |g, l| { let a = leaf(g, l, &[40, 3], WIDE); let f = g.floor(a)?; g.rank(f, 0, Descending) };
    "sort" yes yes |g, l| { let a = leaf(g, l, &[2, 9], WIDE); let s = g.sort(a, 1, Ascending)?; g.square(s) };
    "sort columns, descending" yes yes |g, l| { let a = leaf(g, l, &[9, 2], WIDE); let s = g.sort(a, 0, Descending)?; g.square(s) };
    "sort one" yes yes |g, l| { let a = leaf(g, l, &[3, 1], WIDE); let s = g.sort(a, 1, Ascending)?; g.square(s) };
    "sort nothing" no no |g, l| { let a = leaf(g, l, &[3, 0], WIDE); g.sort(a, 1, Ascending) };
    "sort thousands" no no |g, l| { let a = leaf(g, l, &[2000], WIDE); g.sort(a, 0, Ascending) };
    "positions of a sort" no no |g, l| { let a = leaf(g, l, &[2, 30, 2], WIDE); g.argsort(a, 1, Descending) };
    "largest three" yes yes |g, l| { let a = leaf(g, l, &[2, 9], WIDE); let (v, _) = g.top_k(a, 3, 1, Descending)?; g.square(v) };
    "largest of all" yes yes |g, l| { let a = leaf(g, l, &[5], WIDE); let (v, _) = g.top_k(a, 5, 0, Descending)?; g.square(v) };
    "positions of the smallest" no no |g, l| { let a = leaf(g, l, &[11, 3], WIDE); Ok(g.top_k(a, 4, 0, Ascending)?.1) };
    "no largest" no no |g, l| { let a = leaf(g, l, &[4, 3], WIDE); Ok(g.top_k(a, 0, 0, Ascending)?.0) };
    "median of an odd number" yes yes |g, l| { let a = leaf(g, l, &[7, 2], WIDE); let m = g.median(a, 0)?; g.square(m) };
    "median of an even number" yes yes |g, l| { let a = leaf(g, l, &[2, 8], WIDE); let m = g.median(a, 1)?; g.square(m) };
    "quantile" yes yes |g, l| { let a = leaf(g, l, &[2, 8], WIDE); let m = g.quantile(a, 1, 0.9)?; g.square(m) };
    "largest quantile" yes yes |g, l| { let a = leaf(g, l, &[8], WIDE); let m = g.quantile(a, 0, 1.0)?; g.square(m) };
    "argmax of columns" no no |g, l| { let a = leaf(g, l, &[30, 4], WIDE); g.argmax_along(a, 0) };
    "argmin of a middle axis" no no |g, l| { let a = leaf(g, l, &[2, 30, 3], WIDE); g.argmin_along(a, 1) };

    "gather middle axis" yes yes |g, l| { let a = leaf(g, l, &[2, 5, 3], WIDE); let i = labels(g, &[2, 3], 5); let t = g.gather(a, i, 1)?; g.square(t) };
    "gather last axis beyond the end" yes yes |g, l| { let a = leaf(g, l, &[2, 5], WIDE); let i = labels(g, &[4], 40); let t = g.gather(a, i, 1)?; g.square(t) };
    "take along the first axis" yes yes |g, l| { let a = leaf(g, l, &[5, 2, 3], WIDE); let i = labels(g, &[4, 2, 3], 6); let t = g.take_along_axis(a, i, 0)?; g.square(t) };
    "take along the last axis" yes yes |g, l| { let a = leaf(g, l, &[2, 5], WIDE); let i = labels(g, &[2, 7], 5); let t = g.take_along_axis(a, i, 1)?; g.square(t) };
    "scatter along the first axis" yes yes |g, l| { let u = leaf(g, l, &[5, 2], WIDE); let i = labels(g, &[5, 2], 5); let t = g.scatter_add_along_axis(i, u, 4, 0)?; g.square(t) };
    "embedding" yes yes |g, l| { let t = leaf(g, l, &[6, 3], WIDE); let i = labels(g, &[2, 4], 6); let e = g.embedding(t, i)?; g.square(e) };
    "one hot along the first axis" no no |g, _l| { let i = labels(g, &[5, 2], 6); g.one_hot_along(i, 4, 0) };
    "masked fill" yes yes |g, l| { let a = leaf(g, l, &[4, 4], WIDE); let m = g.triangle(4, 4, 0)?; let n = g.logical_not(m)?; let s = g.square(a)?; g.masked_fill(s, n, -3.0) };
    "less or equal" no no |g, l| { let a = leaf(g, l, &[40], WIDE); let b = leaf(g, l, &[40], WIDE); let (a, b) = (g.floor(a)?, g.floor(b)?); g.less_equal(a, b) };

    "real fourier" yes yes |g, l| { let a = leaf(g, l, &[2, 6], WIDE); let z = g.real_fourier(a, 1)?; let b = both(g, z)?; g.square(b) };
    "real fourier of columns" yes yes |g, l| { let a = leaf(g, l, &[5, 3], WIDE); let z = g.real_fourier(a, 0)?; let b = both(g, z)?; g.square(b) };
    "real fourier of one" yes yes |g, l| { let a = leaf(g, l, &[1], WIDE); let z = g.real_fourier(a, 0)?; both(g, z) };
    "real fourier of 512" no no |g, l| { let a = leaf(g, l, &[3, 512], WIDE); let z = g.real_fourier(a, 1)?; both(g, z) };
    "inverse real fourier, even" yes yes |g, l| { let re = leaf(g, l, &[4, 2], WIDE); let im = leaf(g, l, &[4, 2], WIDE); let x = g.inverse_real_fourier(Complex { re, im }, 6, 0)?; g.square(x) };
    "inverse real fourier, odd" yes yes |g, l| { let re = leaf(g, l, &[4], WIDE); let im = leaf(g, l, &[4], WIDE); let x = g.inverse_real_fourier(Complex { re, im }, 7, 0)?; g.square(x) };
    "fourier" yes yes |g, l| { let re = leaf(g, l, &[3, 2], WIDE); let im = leaf(g, l, &[3, 2], WIDE); let z = g.fourier(Complex { re, im }, 0, Direction::Forward)?; let b = both(g, z)?; g.square(b) };
    "fourier in two directions" yes yes |g, l| { let a = leaf(g, l, &[2, 4, 5], WIDE); let z = g.real_fourier_2d(a, [1, 2])?; let z = g.complex_mul(z, z)?; g.inverse_real_fourier_2d(z, 5, [1, 2]) };

    "rows in a batch axis, one matrix" yes yes |g, l| { let a = leaf(g, l, &[9, 1, 3], WIDE); let b = leaf(g, l, &[3, 4], WIDE); let p = g.matmul(a, b)?; g.square(p) };
    "rows in the first of two batch axes" yes yes |g, l| { let a = leaf(g, l, &[8, 2, 1, 3], WIDE); let b = leaf(g, l, &[1, 2, 3, 4], WIDE); let p = g.matmul(a, b)?; g.square(p) };
    "rows in the second of two batch axes" yes yes |g, l| { let a = leaf(g, l, &[2, 8, 1, 3], WIDE); let b = leaf(g, l, &[2, 1, 3, 4], WIDE); let p = g.matmul(a, b)?; g.square(p) };
    "one matrix, columns in a batch axis" yes yes |g, l| { let a = leaf(g, l, &[4, 3], WIDE); let b = leaf(g, l, &[9, 3, 1], WIDE); let p = g.matmul(a, b)?; g.square(p) };

    "own derivative" yes yes |g, l| { let a = leaf(g, l, &[7], WIDE); let y = g.tanh(a)?; let q = g.square(y)?; let one = g.constant(1.0, &[])?; let d = g.sub(one, q)?; let s = g.with_derivative(y, &[(a, d)])?; g.square(s) };
    "round" no no |g, l| { let a = leaf(g, l, &[50], (-4.0, 4.0)); g.round_straight_through(a) };
    "round halves" no no |g, _l| { let i = g.iota(&[12])?; let f = g.to_f32(i)?; let h = g.mul_number(f, 0.5)?; let s = g.add_number(h, -3.0)?; g.round(s) };
    "binarise" no no |g, l| { let a = leaf(g, l, &[30], WIDE); g.binarise(a) };
    "spike" no no |g, l| { let a = leaf(g, l, &[30], WIDE); g.surrogate_spike(a, Surrogate::ArcTangent, 0.5, 2.0) };
};
