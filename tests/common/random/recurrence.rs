//! Scans, samples side by side, derivatives within the graph: operations that hold graphs of others.

use super::{Draw, Operation, fit, no, operations};
use petri::graph::{Graph, Result, Var, elements};
use petri::ops::scan::Direction;

/// At most so many steps, samples or elements to differentiate by.
const MOST: usize = 7;

/// A value whose first axis is cut to a few elements.
fn rows(g: &mut Graph, d: &mut Draw) -> Result<Var> {
    let a = d.of_rank(g, 1)?;
    let extent = g.shape(a)[0];
    if elements(g.shape(a)) / extent > 40 {
        return no("rows are too long");
    }
    g.slice(a, 0, 0, 1, extent.min(MOST))
}

/// One or two carries, one or two rows, a random body. Carries stay below 1 by a hyperbolic tangent, at whatever step.
fn scan(g: &mut Graph, d: &mut Draw) -> Result<Var> {
    let x = rows(g, d)?;
    let steps = g.shape(x)[0];
    let mut all = vec![x];
    if d.flag() {
        let shape = d.shape(&[steps], 1);
        all.push(d.shaped(g, &shape)?);
    }
    let carries = (0..1 + d.below(2)).map(|_| {
        let shape = d.shape(&[], 1);
        d.shaped(g, &shape)
    });
    let carries = carries.collect::<Result<Vec<Var>>>()?;
    let direction = if d.flag() { Direction::Forwards } else { Direction::Backwards };
    let mut first: Vec<Vec<f64>> = carries.iter().map(|&c| d.known(g, c).to_vec()).collect();
    for &x in &all {
        let whole = d.known(g, x);
        let size = whole.len() / steps;
        let at = if direction == Direction::Forwards { 0 } else { steps - 1 };
        first.push(whole[at * size..][..size].to_vec());
    }
    let scanned = d.aside(g, |g, d| {
        g.scan(&carries, &all, direction, |g, carries, rows| {
            let made = d.body(g, &[carries, rows].concat(), &first)?;
            let mut next = Vec::new();
            for (i, &carry) in carries.iter().enumerate() {
                // Every carry depends on itself and on what was made.
                let shape = g.shape(carry).to_vec();
                let new = fit(g, made[made.len() - 1 - i % made.len()], &shape)?;
                let sum = g.add(carry, new)?;
                next.push(g.tanh(sum)?);
            }
            Ok((next, vec![made[0], made[d.below(made.len())]]))
        })
    })?;
    let results = [&scanned.carries[..], &scanned.last, &scanned.outputs].concat();
    let (result, other) = (results[d.below(results.len())], results[d.below(results.len())]);
    // Two results, so that their gradients meet in one reverse pass.
    let shape = g.shape(result).to_vec();
    let other = fit(g, other, &shape)?;
    g.add(result, other)
}

fn each_sample(g: &mut Graph, d: &mut Draw) -> Result<Var> {
    let x = rows(g, d)?;
    let made = g.for_each_sample(&[x], |g, samples| {
        let made = d.body(g, samples, &[])?;
        Ok(vec![made[made.len() - 1]])
    })?;
    Ok(made[0])
}

/// A small value, and one that was made of it by a random body.
fn made_of_small(g: &mut Graph, d: &mut Draw) -> Result<(Var, Var)> {
    let shape = d.shape(&[], 1);
    let x = d.shaped(g, &shape)?;
    let x = g.sin(x)?;
    let made = d.body(g, &[x], &[])?;
    Ok((x, made[made.len() - 1]))
}

fn jacobian(g: &mut Graph, d: &mut Draw) -> Result<Var> {
    let (x, y) = made_of_small(g, d)?;
    if elements(g.shape(y)) > 60 {
        return no("a Jacobian would be large");
    }
    g.jacobian(y, x)
}

fn per_sample_gradient(g: &mut Graph, d: &mut Draw) -> Result<Var> {
    let x = rows(g, d)?;
    let weight = d.shaped(g, &[3])?;
    let gradients = g.per_sample_gradients(&[x], &[weight], |g, samples| {
        let made = d.body(g, &[samples[0], weight], &[])?;
        let last = fit(g, made[made.len() - 1], &[3])?;
        let product = g.mul(last, weight)?;
        g.mean_all(product)
    })?;
    Ok(gradients[0])
}

fn forward_derivative(g: &mut Graph, d: &mut Draw) -> Result<Var> {
    let (x, y) = made_of_small(g, d)?;
    let shape = g.shape(x).to_vec();
    let tangent = d.shaped(g, &shape)?;
    g.jvp(y, &[(x, tangent)])
}

fn hessian_vector(g: &mut Graph, d: &mut Draw) -> Result<Var> {
    let (x, y) = made_of_small(g, d)?;
    let loss = g.mean_all(y)?;
    let shape = g.shape(x).to_vec();
    let along = d.shaped(g, &shape)?;
    Ok(g.hessian_vector(loss, &[(x, along)])?[0])
}

pub const OPERATIONS: &[Operation] = operations! {
    "scan" anywhere |g, d| scan(g, d);
    "for each sample" anywhere |g, d| each_sample(g, d);
    "jacobian" outside |g, d| jacobian(g, d);
    "gradients of samples" outside |g, d| per_sample_gradient(g, d);
    "forward derivative" outside |g, d| forward_derivative(g, d);
    "hessian times vector" outside |g, d| hessian_vector(g, d);
};
