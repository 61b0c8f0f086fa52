//! Scalar functions, views, joints, reductions, products.

use super::{Draw, Operation, operations};
use petri::graph::{Func, Graph, Result, Var, elements};
use petri::ops::pad::{PadMode, Range};
use petri::ops::reduce::Reduction;
use petri::rng::Rng;

const SMOOTH: [Func; 7] = [Func::Sin, Func::Cos, Func::Tanh, Func::Erf, Func::Sigmoid, Func::Softplus, Func::Neg];

/// Formulas with the ranks of their operands: letters stand for extents from 2 to 5, but for those that the first
/// operand has.
const FORMULAS: [&str; 12] = [
    "ij,jk->ik",
    "ij,jk->ki",
    "bij,jkb->bik",
    "bi,oij,bj->bo",
    "boi,bi->bo",
    "i,j->ji",
    "i,i->",
    "bi,ib->ib",
    "ixj,jy->i",
    "abc->ca",
    "ij,jk,kl->li",
    "bi,bj,bk->ijk",
];

fn einsum(g: &mut Graph, d: &mut Draw) -> Result<Var> {
    let formula = FORMULAS[d.below(FORMULAS.len())];
    let groups: Vec<&str> = formula.split("->").next().expect("a part before the arrow").split(',').collect();
    let first = d.of_rank(g, groups[0].len())?;
    let mut extents: Vec<(char, usize)> = Vec::new();
    let own = g.shape(first).to_vec();
    for (position, letter) in groups.concat().chars().enumerate() {
        if !extents.iter().any(|(known, _)| *known == letter) {
            let drawn = 2 + d.below(4);
            extents.push((letter, if position < groups[0].len() { own[position].min(7) } else { drawn }));
        }
    }
    let shape = |group: &str| -> Vec<usize> {
        group.chars().map(|letter| extents.iter().find(|(known, _)| *known == letter).expect("seen").1).collect()
    };
    let operands = groups.iter().map(|group| d.shaped(g, &shape(group))).collect::<Result<Vec<Var>>>()?;
    g.einsum(formula, &operands)
}

fn positive(g: &mut Graph, d: &mut Draw) -> Result<Var> {
    let (a, b) = d.pair(g);
    let square = g.square(b)?;
    let positive = g.add_number(square, 0.5)?;
    match d.below(7) {
        0 => g.div(a, positive),
        1 => g.sqrt(positive),
        2 => g.log(positive),
        3 => g.rsqrt(positive),
        4 => g.recip(positive),
        5 => g.log1p(positive),
        _ => {
            let exponent = g.tanh(a)?;
            g.pow(positive, exponent)
        }
    }
}

fn reshape(g: &mut Graph, d: &mut Draw) -> Result<Var> {
    let a = d.any();
    let count = elements(g.shape(a));
    let divisors: Vec<usize> = (1..=count).filter(|i| count.is_multiple_of(*i)).collect();
    let first = divisors[d.below(divisors.len())];
    let rest = count / first;
    let shapes: [&[usize]; 4] = [&[count], &[first, rest], &[first, 1, rest], &[1, first, rest]];
    g.reshape(a, shapes[d.below(4)])
}

/// A range of any start, step and direction along an axis.
fn range(d: &mut Draw, axis: usize, extent: usize) -> Range {
    let (start, step) = (d.below(extent), 1 + d.below(3));
    let forwards = (extent - start).div_ceil(step);
    let backwards = start / step + 1;
    match d.below(3) {
        0 => Range { axis, start, step: step as isize, count: forwards },
        1 => Range { axis, start, step: -(step as isize), count: backwards },
        _ => Range { axis, start, step: step as isize, count: 1 + d.below(forwards) },
    }
}

/// `count` values of one shape but for the extent of an axis.
fn parts(g: &mut Graph, d: &mut Draw, equal: bool) -> Result<(Vec<Var>, usize)> {
    let (a, axis) = d.with_axis(g)?;
    let mut parts = vec![a];
    for _ in 0..1 + d.below(3) + 6 * (d.below(8) / 7) {
        let mut shape = g.shape(a).to_vec();
        if !equal {
            shape[axis] = 1 + d.below(4);
        }
        parts.push(d.shaped(g, &shape)?);
    }
    Ok((parts, axis))
}

fn pad(g: &mut Graph, d: &mut Draw) -> Result<Var> {
    let (a, axis) = d.with_axis(g)?;
    let extent = g.shape(a)[axis];
    let amounts = [d.below(3), d.below(4)];
    let mode = [PadMode::Constant(0.5), PadMode::ZERO, PadMode::Wrap, PadMode::Replicate, PadMode::Reflect][d.below(5)];
    let most = match mode {
        PadMode::Wrap => extent,
        PadMode::Reflect => extent - 1,
        _ => 3,
    };
    let amounts = amounts.map(|amount| amount.min(most));
    let more = if axis + 1 < g.shape(a).len() && d.flag() { vec![amounts, [0, 1.min(most)]] } else { vec![amounts] };
    match (mode, more.len()) {
        // Of the other axis these take what that axis has.
        (PadMode::Reflect | PadMode::Wrap, 2) => g.pad(a, axis, &more[..1], mode),
        _ => g.pad(a, axis, &more, mode),
    }
}

pub const OPERATIONS: &[Operation] = operations! {
    "smooth function" anywhere |g, d| { let a = d.any(); g.elementwise(SMOOTH[d.below(7)], &[a]) };
    "exponential" anywhere |g, d| { let a = d.any(); let bounded = g.tanh(a)?; g.exp(bounded) };
    "function of positive numbers" anywhere |g, d| positive(g, d);
    "add" anywhere |g, d| { let (a, b) = d.pair(g); g.add(a, b) };
    "sub" anywhere |g, d| { let (a, b) = d.pair(g); g.sub(a, b) };
    "mul" anywhere |g, d| { let (a, b) = d.pair(g); g.mul(a, b) };
    "square" anywhere |g, d| { let a = d.any(); g.square(a) };
    "min" outside |g, d| { let (a, b) = d.pair(g); d.apart(g, a, b)?; g.min(a, b) };
    "max" outside |g, d| { let (a, b) = d.pair(g); d.apart(g, a, b)?; g.max(a, b) };
    "abs, relu" outside |g, d| { let a = d.any(); d.off(g, a, 1e9)?; if d.flag() { g.abs(a) } else { g.relu(a) } };
    "sign" outside |g, d| { let a = d.any(); d.off(g, a, 1e9)?; let s = g.sign(a)?; let b = g.mul(s, a)?; g.add(b, s) };
    "floor" outside |g, d| { let a = d.any(); d.off(g, a, 1.0)?; let f = g.floor(a)?; g.sub(a, f) };
    "select" outside |g, d| { let (a, b) = d.pair(g); d.apart(g, a, b)?; let c = g.less(a, b)?; g.select(c, b, a) };
    "less or equal" outside |g, d| { let (a, b) = d.pair(g); d.apart(g, a, b)?; let c = g.less_equal(a, b)?; g.mul(c, a) };
    "to integers and back" outside |g, d| { let a = d.any(); let s = g.square(a)?; let b = g.mul_number(s, 3.0)?; d.off(g, b, 1.0)?; let u = g.to_u32(b)?; let f = g.to_f32(u)?; g.add(f, a) };

    "permute" anywhere |g, d| { let a = d.of_rank(g, 2)?; let mut order: Vec<usize> = (0..g.shape(a).len()).collect(); Rng::new(d.below(99) as u32, "order").shuffle(&mut order); g.permute(a, &order) };
    "transpose" anywhere |g, d| { let a = d.of_rank(g, 2)?; g.transpose(a) };
    "move axis" anywhere |g, d| { let (a, axis) = d.with_axis(g)?; let to = d.below(g.shape(a).len()); g.move_axis(a, axis, to) };
    "unsqueeze" anywhere |g, d| { let a = d.any(); let axis = d.below(g.shape(a).len() + 1); g.unsqueeze(a, axis) };
    "squeeze" anywhere |g, d| { let (a, axis) = d.with_axis(g)?; let at = d.below(g.shape(a)[axis]); let one = g.slice(a, axis, at, 1, 1)?; g.squeeze(one, axis) };
    "reshape" anywhere |g, d| reshape(g, d);
    "broadcast" anywhere |g, d| { let a = d.any(); let shape = [&[1 + d.below(3)], g.shape(a)].concat(); g.broadcast_to(a, &shape) };
    "flip" anywhere |g, d| { let (a, axis) = d.with_axis(g)?; g.flip(a, axis) };
    "slice" anywhere |g, d| { let (a, axis) = d.with_axis(g)?; let r = range(d, axis, g.shape(a)[axis]); g.slice(a, axis, r.start, r.step, r.count) };
    "slices" anywhere |g, d| { let a = d.of_rank(g, 2)?; let ranges: Vec<Range> = d.axes(g, a).into_iter().map(|axis| range(d, axis, g.shape(a)[axis])).collect(); g.slices(a, &ranges) };
    "pad" anywhere |g, d| pad(g, d);
    "roll" anywhere |g, d| { let (a, axis) = d.with_axis(g)?; g.roll(a, d.below(9) as isize - 4, axis) };
    "concatenate" anywhere |g, d| { let (parts, axis) = parts(g, d, false)?; g.concatenate(&parts, axis) };
    "stack" anywhere |g, d| { let (parts, axis) = parts(g, d, true)?; g.stack(&parts, axis) };
    "split" anywhere |g, d| { let (a, axis) = d.with_axis(g)?; let n = g.shape(a)[axis]; let first = d.below(n); let pieces = g.split(a, axis, &[first, n - first])?; let sum = g.sum(pieces[0], &[axis])?; let sum = g.unsqueeze(sum, axis)?; g.mul(sum, pieces[1]) };

    "sum" anywhere |g, d| { let a = d.any(); let axes = d.axes(g, a); g.sum(a, &axes) };
    "mean" anywhere |g, d| { let a = d.any(); let axes = d.axes(g, a); g.mean(a, &axes) };
    "largest" outside |g, d| { let a = d.any(); let axes = d.axes(g, a); d.no_ties(g, a, &axes, 999)?; g.reduce(Reduction::Max, a, &axes) };
    "smallest" outside |g, d| { let a = d.any(); let axes = d.axes(g, a); d.no_ties(g, a, &axes, 999)?; g.reduce(Reduction::Min, a, &axes) };
    "mean square" anywhere |g, d| { let a = d.of_rank(g, 1)?; let s = g.square(a)?; let axes = d.axes(g, a); g.mean(s, &axes) };

    "matmul" anywhere |g, d| { let a = d.of_rank(g, 2)?; let s = g.shape(a).to_vec(); let shape = d.shape(&[s[s.len() - 1]], 1); let b = d.shaped(g, &shape)?; g.matmul(a, b) };
    "matmul batched" anywhere |g, d| { let a = d.of_rank(g, 3)?; let s = g.shape(a).to_vec(); let mut shape = s[..s.len() - 2].to_vec(); if d.flag() { shape[0] = 1; } shape.push(s[s.len() - 1]); let shape = d.shape(&shape, 1); let b = d.shaped(g, &shape)?; g.matmul(a, b) };
    "matmul with its transpose" anywhere |g, d| { let a = d.of_rank(g, 2)?; let t = g.transpose(a)?; if d.flag() { g.matmul(a, t) } else { g.matmul(t, a) } };
    "matmul with epilogue" anywhere |g, d| { let a = d.of_rank(g, 2)?; let s = g.shape(a).to_vec(); let shape = d.shape(&[s[s.len() - 1]], 1); let (b, c) = (d.shaped(g, &shape)?, d.shaped(g, &shape[1..])?); let p = g.matmul(a, b)?; let p = g.mul_number(p, 1.0 / shape[0] as f32)?; let p = g.add(p, c)?; g.tanh(p) };
    "einsum" anywhere |g, d| einsum(g, d);
    "squared distances" anywhere |g, d| { let a = d.of_rank(g, 2)?; let rank = g.shape(a).len(); let features = g.shape(a)[rank - 1]; let b = d.shaped(g, &[4, features])?; g.squared_distances(a, b) };
};
