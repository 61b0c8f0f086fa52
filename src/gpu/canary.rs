//! A canary: trains a small network on the GPU and on the CPU and compares. Drivers and browsers have
//! computed wrongly before, in ways that no error reports; such a GPU must not be used.

use super::{Context, Preparation, Read};
use crate::cpu;
use crate::graph::{DType, Entry, Error, Graph, Result, Role, Var};
use crate::ops::random::Randomness;
use crate::optim::{Momentum, Update};
use crate::plan::{Program, plan};
use crate::rng::Rng;
use std::sync::Arc;

const STEPS: usize = 4;
/// Far above rounding, far below any real fault.
const TOLERANCE: f32 = 1e-3;

/// Trains for a few steps and compares every weight with the CPU's. The error names what differs.
pub async fn canary(context: &Context) -> Result<()> {
    let program = Arc::new(program()?);
    let mut gpu = Preparation::new(context, Arc::clone(&program))?.finish().await?;
    let mut cpu = cpu::Machine::new(Arc::clone(&program));
    for _ in 0..STEPS {
        gpu.run(0);
        cpu.run(0);
    }
    gpu.read(Read::Leaves);
    let Some(delivery) = gpu.delivery().await else {
        let reason = context.lost().unwrap_or_else(|| "no result arrived".into());
        return Err(Error::new("GPU", reason, "the CPU is used instead"));
    };
    let mut values = &delivery.values[..];
    for (index, leaf) in program.leaves.iter().enumerate() {
        if !matches!(leaf.role, Role::Parameter | Role::State) {
            continue;
        }
        let (got, rest) = values.split_at(leaf.ty.elements());
        values = rest;
        let want = cpu.leaf(index);
        let equal = match leaf.ty.dtype {
            DType::F32 => difference(got, want) <= TOLERANCE,
            DType::U32 => got.iter().zip(want).all(|(a, b)| a.to_bits() == b.to_bits()),
        };
        if !equal {
            let message = format!(
                "{} computes wrongly: {} differs from the CPU's by {} of its scale after {STEPS} training steps",
                context.name(),
                leaf.name,
                crate::number::text(difference(got, want))
            );
            return Err(Error::new("GPU", message, "the CPU is used instead"));
        }
    }
    Ok(())
}

/// Largest difference beside the largest magnitude; NaN counts as infinite.
fn difference(got: &[f32], want: &[f32]) -> f32 {
    let scale = want.iter().fold(f32::MIN_POSITIVE, |scale, x| scale.max(x.abs()));
    got.iter().zip(want).fold(0.0, |worst: f32, (a, b)| {
        let part = (a - b).abs() / scale;
        if part.is_nan() { f32::INFINITY } else { worst.max(part) }
    })
}

/// A classifier of random tokens with every kind of kernel: embedding (gather, and scatter in the
/// gradient), products in tiles and as reductions, softmax, random batches, momentum.
fn program() -> Result<Program> {
    const TOKENS: usize = 32;
    const BATCH: usize = 96;
    const WIDTH: usize = 80;
    const CLASSES: usize = 5;
    let mut rng = Rng::new(1, "canary");
    let mut graph = Graph::new();
    let g = &mut graph;
    let mut weights = |g: &mut Graph, name: &str, shape: [usize; 2]| -> Var {
        let scale = 1.0 / (shape[0] as f32).sqrt();
        let values = (0..shape[0] * shape[1]).map(|_| scale * rng.normal()).collect();
        g.leaf_with(Role::Parameter, name, &shape, values)
    };
    let embedding = weights(g, "embedding", [TOKENS, WIDTH]);
    let hidden = weights(g, "hidden", [WIDTH, WIDTH]);
    let output = weights(g, "output", [WIDTH, CLASSES]);
    let bias = g.leaf_with(Role::Parameter, "bias", &[WIDTH], vec![0.0; WIDTH]);
    let rate = g.scalar("rate", 0.1);
    let seed = g.leaf_u32(Role::Input, "seed", &[], &[7]);
    let step = g.leaf_u32(Role::State, "step", &[], &[0]);
    let tokens = g.random_below(Randomness { seed, step }, "tokens", TOKENS, &[BATCH])?;
    let labels = g.random_below(Randomness { seed, step }, "labels", CLASSES, &[BATCH])?;
    let noise = g.random_normal(Randomness { seed, step }, "noise", &[BATCH, WIDTH])?;
    let noise = g.mul_number(noise, 0.1)?;
    let x = g.take(embedding, tokens, 0)?;
    let x = g.add(x, noise)?;
    let x = g.matmul(x, hidden)?;
    let x = g.add(x, bias)?;
    let x = g.tanh(x)?;
    let logits = g.matmul(x, output)?;
    let loss = g.cross_entropy(logits, labels)?;
    let loss = g.mean_all(loss)?;
    let parameters = [embedding, hidden, output, bias];
    let gradients = g.grad(loss, &parameters)?;
    let pairs: Vec<(Var, Var)> = parameters.into_iter().zip(gradients).collect();
    let assigns = Update::new(&Momentum::USUAL, rate).apply(g, &pairs, step)?;
    let entry = Entry { name: "train".into(), outputs: vec![("loss".into(), loss)], assigns };
    plan(&graph, &[entry])
}
