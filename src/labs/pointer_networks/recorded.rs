//! Trained networks as files: safetensors whose metadata say how they were made.

use super::program::Plan;
use crate::graph::{Error, Result};
use crate::labs::Weights;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView, serialize};

/// What a file holds.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Recorded {
    /// Its weights.
    pub weights: Vec<Weights>,
    /// Units of its layers.
    pub hidden: usize,
    /// The command that made it.
    pub command: String,
    /// Seed of that run.
    pub seed: String,
    /// Its steps.
    pub steps: String,
    /// What was measured at their end.
    pub figures: String,
    /// Shortest and longest sets that it was trained on.
    pub range: [usize; 2],
}

const PLACE: &str = "recorded network";

fn refuse(message: impl Into<String>) -> Error {
    Error::new(PLACE, message, "choose this run instead, and train it yourself")
}

/// Writes the weights of a run.
pub(super) fn write(plan: &Plan, weights: &[Weights], told: [(&str, String); 4]) -> Result<Vec<u8>> {
    let bytes: Vec<Vec<u8>> =
        weights.iter().map(|(_, _, values)| values.iter().flat_map(|value| value.to_le_bytes()).collect()).collect();
    let refused = |error: safetensors::SafeTensorError| {
        Error::new("export", error.to_string(), "report this, it should not happen")
    };
    let views = weights.iter().zip(&bytes).map(|((name, shape, _), bytes)| {
        TensorView::new(Dtype::F32, shape.clone(), bytes).map(|view| (name.as_str(), view)).map_err(refused)
    });
    let views = views.collect::<Result<Vec<_>>>()?;
    let sizes = [
        ("hidden", plan.hidden.to_string()),
        ("shortest", plan.range[0].to_string()),
        ("longest", plan.range[1].to_string()),
    ];
    let metadata = sizes.into_iter().chain(told).map(|(name, value)| (name.to_owned(), value)).collect();
    serialize(views, Some(metadata)).map_err(refused)
}

/// Reads a file that [`write`] made for a network of the plan's task.
pub(super) fn read(bytes: &[u8]) -> Result<Recorded> {
    let damaged = |error: safetensors::SafeTensorError| refuse(format!("the file is damaged ({error})"));
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(damaged)?;
    let tensors = SafeTensors::deserialize(bytes).map_err(damaged)?;
    let told = |name: &str| -> Result<String> {
        let value = header.metadata().as_ref().and_then(|metadata| metadata.get(name));
        value.cloned().ok_or_else(|| refuse(format!("the file does not tell its {name}")))
    };
    let count = |name: &str| -> Result<usize> {
        let value = told(name)?.parse().ok().filter(|value| (1..=512).contains(value));
        value.ok_or_else(|| refuse(format!("its {name} is out of range")))
    };
    let mut weights = Vec::new();
    for (name, tensor) in tensors.tensors() {
        if tensor.dtype() != Dtype::F32 {
            return Err(refuse(format!("{name} is not made of 32-bit floats")));
        }
        let values: Vec<f32> = tensor.data().as_chunks::<4>().0.iter().map(|&four| f32::from_le_bytes(four)).collect();
        if values.iter().any(|value| !value.is_finite()) {
            return Err(refuse(format!("{name} has a value that is not finite")));
        }
        weights.push((name, tensor.shape().to_vec(), values));
    }
    Ok(Recorded {
        weights,
        hidden: count("hidden")?,
        command: told("command")?,
        seed: told("seed")?,
        steps: told("steps")?,
        figures: told("figures")?,
        range: [count("shortest")?, count("longest")?],
    })
}
