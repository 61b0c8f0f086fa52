//! Trained networks as files: safetensors whose metadata say how they were made.

use super::program::Plan;
use crate::graph::{Error, Result};
use crate::labs::{Weights, safetensors};
use serde_json::Value;

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
    let sizes = [
        ("hidden", plan.hidden.to_string()),
        ("shortest", plan.range[0].to_string()),
        ("longest", plan.range[1].to_string()),
    ];
    let metadata = sizes.into_iter().chain(told).map(|(name, value)| (name.to_owned(), value));
    safetensors::write(weights.iter().map(|(name, shape, values)| (&name[..], &shape[..], &values[..])), metadata)
}

/// Reads a file that [`write`] made: the length of a header of JSON, the header, and all tensors without gaps. By hand, as
/// the library's reader, made for any type of number, is eight kilobytes of the download.
pub(super) fn read(bytes: &[u8]) -> Result<Recorded> {
    let damaged = || refuse("the file is damaged");
    let (length, rest) = bytes.split_first_chunk::<8>().ok_or_else(damaged)?;
    let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| damaged())?;
    let (header, data) = rest.split_at_checked(length).ok_or_else(damaged)?;
    let header: Value = serde_json::from_slice(header).map_err(|_| damaged())?;
    let told = |name: &str| -> Result<String> {
        let value = header["__metadata__"][name].as_str();
        value.map(str::to_owned).ok_or_else(|| refuse(format!("the file does not tell its {name}")))
    };
    let count = |name: &str| -> Result<usize> {
        let value = told(name)?.parse().ok().filter(|value| (1..=512).contains(value));
        value.ok_or_else(|| refuse(format!("its {name} is out of range")))
    };
    let mut weights = Vec::new();
    let mut used = 0;
    for (name, tensor) in header.as_object().ok_or_else(damaged)?.iter().filter(|(name, _)| *name != "__metadata__") {
        if tensor["dtype"] != "F32" {
            return Err(refuse(format!("{name} is not made of 32-bit floats")));
        }
        let number = |value: &Value| value.as_u64().and_then(|value| usize::try_from(value).ok());
        let extents = tensor["shape"].as_array().ok_or_else(damaged)?.iter().map(number);
        let shape = extents.collect::<Option<Vec<usize>>>().ok_or_else(damaged)?;
        let offset = |at: usize| number(&tensor["data_offsets"][at]).ok_or_else(damaged);
        let values = data.get(offset(0)?..offset(1)?).ok_or_else(damaged)?;
        let elements = shape.iter().try_fold(4usize, |product, &extent| product.checked_mul(extent));
        if elements != Some(values.len()) {
            return Err(damaged());
        }
        used += values.len();
        let values: Vec<f32> = values.as_chunks::<4>().0.iter().map(|&four| f32::from_le_bytes(four)).collect();
        if values.iter().any(|value| !value.is_finite()) {
            return Err(refuse(format!("{name} has a value that is not finite")));
        }
        weights.push((name.clone(), shape, values));
    }
    if used != data.len() {
        return Err(damaged());
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
