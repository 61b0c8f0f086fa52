//! Two small models that train, for tests of whole steps.

use super::*;
use petri::ops::random::Randomness;
use petri::optim::{Adam, Group, Rule, Sgd, Update, schedule};

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

fn finish(mut g: Graph, loss: Var, p: &[Var], step: Var, rule: &dyn Rule, rate: f32) -> Result<(Graph, Entry)> {
    let gradients = g.grad(loss, p)?;
    let pairs: Vec<(Var, Var)> = p.iter().copied().zip(gradients).collect();
    let rate = g.scalar("rate", rate);
    let assigns = Update::new(rule, rate).apply(&mut g, &pairs, step)?;
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
    finish(g, loss, &p, step, &Adam::USUAL, 0.01)
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
    finish(g, loss, &p, step, &Sgd, 0.1)
}

/// A network of one hidden layer under a rule with all that an update offers.
pub fn every_extra(rule: &dyn Rule, by_norm: bool) -> Result<(Graph, Entry)> {
    let mut g = Graph::new();
    let step = g.leaf_u32(Role::State, "step", &[], &[0]);
    let (points, index) = batch(&mut g, step)?;
    let x = g.take(points, index, 0)?;
    let target = g.slice(x, 1, 0, 1, 1)?;
    let mut p = Vec::new();
    let h = layer(&mut g, x, "hidden", 2, 5, &mut p)?;
    let h = g.tanh(h)?;
    let y = layer(&mut g, h, "output", 5, 1, &mut p)?;
    let difference = g.sub(y, target)?;
    let square = g.square(difference)?;
    let loss = g.mean_all(square)?;
    let gradients = g.grad(loss, &p)?;
    let pairs: Vec<(Var, Var)> = p.iter().copied().zip(gradients).collect();
    let seed = g.leaf_u32(Role::Input, "noise seed", &[], &[3]);
    let (rate, limit) = (g.scalar("rate", 0.001), g.scalar("limit", 0.05));
    let factor = schedule::cosine(&mut g, step, schedule::Span::new(5.0, 40.0), 1.0, 0.1)?;
    let rate = g.mul(rate, factor)?;
    let deviation = schedule::annealed_noise(&mut g, step, 0.01, 0.55)?;
    let update = Update::new(rule, rate).noise(Randomness { seed, step }, deviation);
    let update = update.group(Group::new(&[p[1], p[3]]).rate_factor(2.0).decay(None));
    let update = if by_norm {
        update.clip_norm(limit).decoupled_decay(0.1)
    } else {
        update.clip_value(limit).coupled_decay(0.1)
    };
    let assigns = update.apply(&mut g, &pairs, step)?;
    Ok((g, Entry { name: "train".into(), outputs: vec![("loss".into(), loss)], assigns }))
}
