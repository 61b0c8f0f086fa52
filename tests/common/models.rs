//! Two small models that train, for tests of whole steps.

use super::*;
use petri::ops::random::Randomness;
use petri::optim::{Optimiser, update};

/// A leaf of normal deviates, scaled.
fn weights(g: &mut Graph, name: &str, shape: &[usize], scale: f32) -> Var {
    let mut rng = Rng::new(17, name);
    let values = (0..shape.iter().product()).map(|_| rng.normal() * scale).collect();
    g.leaf_with(Role::Parameter, name, shape, values)
}

fn layer(g: &mut Graph, x: Var, name: &str, inputs: usize, units: usize, p: &mut Vec<Var>) -> Result<Var> {
    let w = weights(g, &format!("{name}.weight"), &[inputs, units], (1.0 / inputs as f32).sqrt());
    let b = weights(g, &format!("{name}.bias"), &[units], 0.1);
    p.extend([w, b]);
    let product = g.matmul(x, w)?;
    g.add(product, b)
}

/// A batch of 16 of 200 points, drawn on the device.
fn batch(g: &mut Graph, step: Var) -> Result<(Var, Var)> {
    let seed = g.leaf_u32(Role::Input, "seed", &[], &[11]);
    let points = weights(g, "points", &[200, 2], 1.0);
    let index = g.random_below(Randomness { seed, step }, "batch", 200, &[16])?;
    Ok((points, index))
}

fn finish(mut g: Graph, loss: Var, p: &[Var], step: Var, how: Optimiser, rate: f32) -> Result<(Graph, Entry)> {
    let gradients = g.grad(loss, p)?;
    let pairs: Vec<(Var, Var)> = p.iter().copied().zip(gradients).collect();
    let rate = g.scalar("rate", rate);
    let assigns = update(&mut g, how, &pairs, step, rate, None)?;
    Ok((g, Entry { name: "train".into(), outputs: vec![("loss".into(), loss)], assigns }))
}

/// 2-8-8-1 with tanh, mean squared error, Adam.
pub fn regression() -> Result<(Graph, Entry)> {
    let mut g = Graph::new();
    let step = g.leaf_u32(Role::State, "step", &[], &[0]);
    let (points, index) = batch(&mut g, step)?;
    let x = g.take(points, index, 0)?;
    let columns = [g.slice(x, 1, 0, 1, 1)?, g.slice(x, 1, 1, 1, 1)?];
    let target = g.mul(columns[0], columns[1])?;
    let mut p = Vec::new();
    let mut h = layer(&mut g, x, "hidden 1", 2, 8, &mut p)?;
    h = g.tanh(h)?;
    h = layer(&mut g, h, "hidden 2", 8, 8, &mut p)?;
    h = g.tanh(h)?;
    let y = layer(&mut g, h, "output", 8, 1, &mut p)?;
    let difference = g.sub(y, target)?;
    let square = g.square(difference)?;
    let loss = g.mean_all(square)?;
    finish(g, loss, &p, step, Optimiser::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }, 0.01)
}

/// Three classes by angle, one hidden layer of rectifiers, cross-entropy, gradient descent.
pub fn classifier() -> Result<(Graph, Entry)> {
    let mut g = Graph::new();
    let step = g.leaf_u32(Role::State, "step", &[], &[0]);
    let (points, index) = batch(&mut g, step)?;
    let mut rng = Rng::new(5, "labels");
    let labels: Vec<u32> = (0..200).map(|_| rng.below(3)).collect();
    let labels = g.leaf_u32(Role::Input, "labels", &[200], &labels);
    let (x, label) = (g.take(points, index, 0)?, g.take(labels, index, 0)?);
    let mut p = Vec::new();
    let h = layer(&mut g, x, "hidden", 2, 12, &mut p)?;
    let h = g.relu(h)?;
    let logits = layer(&mut g, h, "output", 12, 3, &mut p)?;
    let losses = g.cross_entropy(logits, label)?;
    let loss = g.mean_all(losses)?;
    finish(g, loss, &p, step, Optimiser::Sgd, 0.1)
}
