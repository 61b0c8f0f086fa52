//! Running sums, order, reading and adding by index, random draws, derivatives of one's own, Fourier transforms.

use super::{Draw, Operation, operations};
use petri::graph::{Graph, Result, Var};
use petri::ops::cumulative::Running;
use petri::ops::custom::Surrogate;
use petri::ops::fourier::{Complex, Direction};
use petri::ops::order::Order::{self, Ascending, Descending};

fn order(d: &mut Draw) -> Order {
    if d.flag() { Ascending } else { Descending }
}

/// A value without near-ties along an axis.
fn sortable(g: &mut Graph, d: &mut Draw) -> Result<(Var, usize)> {
    let (a, axis) = d.with_axis(g)?;
    d.no_ties(g, a, &[axis], 999)?;
    Ok((a, axis))
}

/// Both parts, one after the other along an axis.
fn both(g: &mut Graph, z: Complex, axis: usize) -> Result<Var> {
    g.concatenate(&[z.re, z.im], axis)
}

/// As floats below 1.
fn share(g: &mut Graph, integers: Var, of: usize) -> Result<Var> {
    let floats = g.to_f32(integers)?;
    g.mul_number(floats, 1.0 / of as f32)
}

/// `a` beside which a partner of the same shape is the imaginary part.
fn complex(g: &mut Graph, d: &mut Draw) -> Result<(Complex, usize)> {
    let (re, axis) = d.with_axis(g)?;
    let shape = g.shape(re).to_vec();
    Ok((Complex { re, im: d.shaped(g, &shape)? }, axis))
}

fn along_axis(g: &mut Graph, d: &mut Draw) -> Result<(Var, usize, Var)> {
    let (a, axis) = d.with_axis(g)?;
    let mut shape = g.shape(a).to_vec();
    let extent = std::mem::replace(&mut shape[axis], 1 + d.below(4));
    Ok((a, axis, d.index(g, extent, &shape)?))
}

fn draw(g: &mut Graph, d: &mut Draw) -> Result<Var> {
    let a = d.any();
    let shape = g.shape(a).to_vec();
    let noise = match d.below(5) {
        0 => g.random_uniform(d.source, "uniform", &shape)?,
        1 => g.random_normal(d.source, "normal", &shape)?,
        2 => {
            let probability = g.constant(0.3, &[])?;
            g.random_bernoulli(d.source, "bernoulli", probability, &shape)?
        }
        3 => g.random_signs(d.source, "signs", &shape)?,
        _ => g.random_gumbel(d.source, "gumbel", &shape)?,
    };
    if d.flag() { g.mul(a, noise) } else { g.add(a, noise) }
}

pub const OPERATIONS: &[Operation] = operations! {
    "running sum" anywhere |g, d| { let (a, axis) = d.with_axis(g)?; g.cumulative_sum(a, axis, Running { reverse: d.flag(), exclusive: d.flag() }) };
    "triangle" anywhere |g, d| { let a = d.of_rank(g, 2)?; let s = g.shape(a).to_vec(); let t = g.triangle(s[s.len() - 2], s[s.len() - 1], d.below(5) as isize - 2)?; g.mul(a, t) };

    "rank" outside |g, d| { let (a, axis) = sortable(g, d)?; let r = g.rank(a, axis, order(d))?; let r = share(g, r, g.shape(a)[axis])?; g.add(r, a) };
    "sort" outside |g, d| { let (a, axis) = sortable(g, d)?; g.sort(a, axis, order(d)) };
    "argsort" outside |g, d| { let (a, axis) = sortable(g, d)?; let i = g.argsort(a, axis, order(d))?; let shape = g.shape(a).to_vec(); let b = d.shaped(g, &shape)?; g.take_along_axis(b, i, axis) };
    "top k" outside |g, d| { let (a, axis) = sortable(g, d)?; let k = 1 + d.below(g.shape(a)[axis].min(4)); let (v, i) = g.top_k(a, k, axis, order(d))?; let i = share(g, i, g.shape(a)[axis])?; g.mul(v, i) };
    "quantile" outside |g, d| { let (a, axis) = sortable(g, d)?; let q = [0.0, 0.25, 0.5, 0.9, 1.0][d.below(5)]; g.quantile(a, axis, q) };
    "median" outside |g, d| { let (a, axis) = sortable(g, d)?; g.median(a, axis) };
    "best along an axis" outside |g, d| { let (a, axis) = sortable(g, d)?; let i = if d.flag() { g.argmax_along(a, axis)? } else { g.argmin_along(a, axis)? }; let i = g.unsqueeze(i, axis)?; g.take_along_axis(a, i, axis) };
    "argmax" outside |g, d| { let a = d.of_rank(g, 1)?; let axis = g.shape(a).len() - 1; d.no_ties(g, a, &[axis], 999)?; let i = g.argmax(a)?; g.take(a, i, axis) };

    "take" outside |g, d| { let a = d.of_rank(g, 1)?; let more = 1 + d.below(2); let shape = d.shape(&[], more); let i = d.index(g, g.shape(a)[0], &shape)?; g.take(a, i, 0) };
    "take batched" outside |g, d| { let a = d.of_rank(g, 2)?; let shape = d.shape(&g.shape(a)[..1], 1); let i = d.index(g, g.shape(a)[1] + 1, &shape)?; g.take(a, i, 1) };
    "take drawn" anywhere |g, d| { let (a, axis) = d.with_axis(g)?; let shape = d.shape(&[], 1); let i = g.random_below(d.source, "taken", g.shape(a)[axis], &shape)?; g.gather(a, i, axis) };
    "gather" outside |g, d| { let (a, axis) = d.with_axis(g)?; let more = d.below(3); let shape = d.shape(&[], more); let i = d.index(g, g.shape(a)[axis], &shape)?; g.gather(a, i, axis) };
    "take along axis" outside |g, d| { let (a, axis, i) = along_axis(g, d)?; g.take_along_axis(a, i, axis) };
    "scatter add" outside |g, d| { let a = d.of_rank(g, 1)?; let bins = 1 + d.below(4); let shape = g.shape(a)[..1].to_vec(); let i = d.index(g, bins, &shape)?; g.scatter_add(i, a, bins, 0) };
    "scatter add batched" outside |g, d| { let a = d.of_rank(g, 2)?; let bins = 1 + d.below(4); let shape = g.shape(a)[..2].to_vec(); let i = d.index(g, bins, &shape)?; g.scatter_add(i, a, bins, 1) };
    "scatter drawn" anywhere |g, d| { let a = d.of_rank(g, 1)?; let bins = 1 + d.below(4); let shape = g.shape(a)[..1].to_vec(); let i = g.random_below(d.source, "bins", bins, &shape)?; g.scatter_add(i, a, bins, 0) };
    "scatter add along axis" outside |g, d| { let (a, axis) = d.with_axis(g)?; let (bins, shape) = (1 + d.below(4), g.shape(a).to_vec()); let i = d.index(g, bins, &shape)?; g.scatter_add_along_axis(i, a, bins, axis) };
    "embedding" outside |g, d| { let shape = d.shape(&[], 2); let t = d.shaped(g, &shape)?; let shape = d.shape(&[], 2); let i = d.index(g, g.shape(t)[0], &shape)?; g.embedding(t, i) };
    "one hot" outside |g, d| { let (a, axis) = d.with_axis(g)?; let mut shape = g.shape(a).to_vec(); let n = shape.remove(axis); let i = d.index(g, n + 1, &shape)?; let h = g.one_hot_along(i, n, axis)?; g.mul(h, a) };
    "masked fill" anywhere |g, d| { let a = d.any(); let shape = g.shape(a).to_vec(); let m = d.mask(g, &shape)?; let m = if d.flag() { g.logical_not(m)? } else { m }; g.masked_fill(a, m, 0.7) };

    "random draw" anywhere |g, d| draw(g, d);
    "random category" outside |g, d| { let a = d.of_rank(g, 1)?; let axis = g.shape(a).len() - 1; let i = g.random_categorical(d.source, "category", a)?; g.take(a, i, axis) };
    "random permutation" anywhere |g, d| { let (a, axis) = d.with_axis(g)?; let i = g.random_permutation(d.source, "permutation", g.shape(a)[axis])?; g.gather(a, i, axis) };

    "with derivative" anywhere |g, d| { let a = d.any(); let shape = g.shape(a).to_vec(); let (b, s) = (d.shaped(g, &shape)?, d.shaped(g, &shape)?); g.with_derivative(b, &[(a, s), (b, a)]) };
    "stop gradient" anywhere |g, d| { let a = d.any(); let s = g.stop_gradient(a)?; g.mul(s, a) };
    "reverse gradient" anywhere |g, d| { let a = d.any(); let f = d.shaped(g, &[])?; let r = g.reverse_gradient(a, f)?; g.sin(r) };
    "round" outside |g, d| { let a = d.any(); let b = g.mul_number(a, 2.0)?; let half = g.add_number(b, 0.5)?; d.off(g, half, 1.0)?; d.off(g, b, 1.0)?; if d.flag() { g.round_straight_through(b) } else { let r = g.round(b)?; g.sub(b, r) } };
    "binarise" outside |g, d| { let a = d.any(); d.off(g, a, 1.0)?; g.binarise(a) };
    "spike" outside |g, d| { let a = d.any(); d.off(g, a, 1e9)?; let b = g.mul_number(a, 2.0)?; d.off(g, b, 1.0)?; g.surrogate_spike(a, Surrogate::ALL[d.below(4)], 0.5, 0.7) };

    "real fourier" outside |g, d| { let (a, axis) = d.with_axis(g)?; let z = g.real_fourier(a, axis)?; both(g, z, axis) };
    "inverse real fourier" outside |g, d| { let (z, axis) = complex(g, d)?; let n = 2 * g.shape(z.re)[axis] - 2 + d.below(2); if n == 0 { return super::no("it is too short"); } g.inverse_real_fourier(z, n, axis) };
    "fourier" outside |g, d| { let (z, axis) = complex(g, d)?; let way = if d.flag() { Direction::Forward } else { Direction::Inverse }; let z = g.fourier(z, axis, way)?; both(g, z, axis) };
    "fourier filter" outside |g, d| { let a = d.of_rank(g, 2)?; let rank = g.shape(a).len(); let (axes, n) = ([rank - 2, rank - 1], g.shape(a)[rank - 1]); let z = g.real_fourier_2d(a, axes)?; let z = g.complex_mul(z, z)?; g.inverse_real_fourier_2d(z, n, axes) };
};
