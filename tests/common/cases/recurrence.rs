//! Scans: several carries, outputs, both directions, integer rows, what is shared, and one in another.

use super::{Case, WIDE, cases, labels};
use crate::common::leaf;
use petri::graph::{Graph, Result, Var};
use petri::ops::scan::Direction::{self, Backwards, Forwards};

/// h ← tanh(x + h · W); all h.
fn plain(g: &mut Graph, l: &mut Vec<Var>, steps: usize, direction: Direction) -> Result<Vec<Var>> {
    let (x, h) = (leaf(g, l, &[steps, 2, 3], WIDE), leaf(g, l, &[2, 3], WIDE));
    let w = leaf(g, l, &[3, 3], WIDE);
    let scanned = g.scan(&[h], &[x], direction, |g, carries, rows| {
        let product = g.matmul(carries[0], w)?;
        let sum = g.add(product, rows[0])?;
        Ok((vec![g.tanh(sum)?], vec![]))
    })?;
    Ok(vec![scanned.carries[0], scanned.last[0]])
}

/// c ← f · c + sin(x · h), h ← tanh(c · V), and beside them the mean of c squared.
fn two(g: &mut Graph, l: &mut Vec<Var>, direction: Direction) -> Result<[Var; 4]> {
    let (x, f) = (leaf(g, l, &[4, 5], (-1.0, 1.0)), leaf(g, l, &[5], (0.2, 0.9)));
    let (c, h) = (leaf(g, l, &[5], (-1.0, 1.0)), leaf(g, l, &[3], WIDE));
    let (v, u) = (leaf(g, l, &[5, 3], (-1.0, 1.0)), leaf(g, l, &[3, 5], WIDE));
    let scanned = g.scan(&[c, h], &[x], direction, |g, carries, rows| {
        let (h, c) = (g.unsqueeze(carries[1], 0)?, carries[0]);
        let spread = g.matmul(h, u)?;
        let spread = g.squeeze(spread, 0)?;
        let product = g.mul(rows[0], spread)?;
        let change = g.sin(product)?;
        let old = g.mul(f, c)?;
        let c = g.add(old, change)?;
        let line = g.unsqueeze(c, 0)?;
        let h = g.matmul(line, v)?;
        let h = g.squeeze(h, 0)?;
        let square = g.square(c)?;
        Ok((vec![c, g.tanh(h)?], vec![g.mean_all(square)?]))
    })?;
    Ok([scanned.carries[0], scanned.carries[1], scanned.last[0], scanned.outputs[0]])
}

pub const CASES: &[Case] = cases! {
    "scan all states" yes yes |g, l| Ok(plain(g, l, 5, Forwards)?[0]);
    "scan last state" yes yes |g, l| Ok(plain(g, l, 5, Forwards)?[1]);
    "scan backwards" yes yes |g, l| Ok(plain(g, l, 4, Backwards)?[0]);
    "scan backwards to the first" yes yes |g, l| Ok(plain(g, l, 4, Backwards)?[1]);
    "scan of one step" yes yes |g, l| Ok(plain(g, l, 1, Forwards)?[0]);
    "scan of two carries" yes yes |g, l| Ok(two(g, l, Forwards)?[1]);
    "scan of two carries, both used" yes yes |g, l| {
        let [c, h, last, _] = two(g, l, Backwards)?;
        let (c, h, last) = (g.sum_all(c)?, g.sum_all(h)?, g.sum_all(last)?);
        let product = g.mul(c, h)?;
        g.mul(product, last)
    };
    "scan with an output" yes yes |g, l| Ok(two(g, l, Forwards)?[3]);
    "scan of running products" yes yes |g, l| {
        let (x, start) = (leaf(g, l, &[6, 4], (0.5, 1.5)), leaf(g, l, &[4], (0.5, 1.5)));
        let scanned = g.scan(&[start], &[x], Forwards, |g, carries, rows| Ok((vec![g.mul(carries[0], rows[0])?], vec![])))?;
        Ok(scanned.carries[0])
    };
    "scan over words" yes yes |g, l| {
        let words = labels(g, &[5, 2], 4);
        let (table, start) = (leaf(g, l, &[4, 3], WIDE), leaf(g, l, &[2, 3], WIDE));
        let scanned = g.scan(&[start], &[words], Forwards, |g, carries, rows| {
            let word = g.take(table, rows[0], 0)?;
            let sum = g.add(carries[0], word)?;
            Ok((vec![g.tanh(sum)?], vec![]))
        })?;
        Ok(scanned.last[0])
    };
    "scan in a scan" yes no |g, l| {
        let (x, start) = (leaf(g, l, &[3, 2, 4], WIDE), leaf(g, l, &[4], WIDE));
        let f = leaf(g, l, &[4], (0.3, 0.9));
        let scanned = g.scan(&[start], &[x], Forwards, |g, carries, rows| {
            let inner = g.scan(carries, rows, Backwards, |g, carries, rows| {
                let old = g.mul(carries[0], f)?;
                let sum = g.add(old, rows[0])?;
                Ok((vec![g.tanh(sum)?], vec![]))
            })?;
            Ok((inner.last, vec![]))
        })?;
        Ok(scanned.carries[0])
    };
    "scan of a constant" no no |g, l| {
        let x = leaf(g, l, &[3, 2], WIDE);
        let start = g.constant(1.0, &[2])?;
        let scanned = g.scan(&[start], &[x], Forwards, |g, carries, rows| {
            let two = g.constant(2.0, &[2])?;
            Ok((vec![two], vec![g.add(carries[0], rows[0])?]))
        })?;
        Ok(scanned.outputs[0])
    };
};
