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

#[inline(never)]
fn refuse(message: impl Into<String>) -> Error {
    Error::new(PLACE, message, "choose this run instead, and train it yourself")
}

/// Writes the weights of a run.
pub(super) fn write(plan: &Plan, weights: &[Weights], told: [(&str, String); 4]) -> Result<Vec<u8>> {
    let sizes = [plan.hidden, plan.range[0], plan.range[1]].map(|size| size.to_string());
    let mut metadata = vec![("hidden", &sizes[0][..]), ("shortest", &sizes[1]), ("longest", &sizes[2])];
    for (name, value) in &told {
        metadata.push((name, value));
    }
    let mut tensors = Vec::new();
    for (name, shape, values) in weights {
        tensors.push((&name[..], &shape[..], &values[..]));
    }
    safetensors::write(&tensors, &metadata)
}

/// Reads a file that [`write`] made: the length of a header of JSON, the header, and all tensors without gaps. By hand, as
/// the library's reader, made for any type of number, is eight kilobytes of the download.
pub(super) fn read(bytes: &[u8]) -> Result<Recorded> {
    let damaged = || refuse("the file is damaged");
    let (length, rest) = bytes.split_first_chunk::<8>().ok_or_else(damaged)?;
    let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| damaged())?;
    let (header, data) = rest.split_at_checked(length).ok_or_else(damaged)?;
    // As a text: it is the form of JSON that the engine reads anyway.
    let header = std::str::from_utf8(header).map_err(|_| damaged())?;
    let header: Value = serde_json::from_str(header).map_err(|_| damaged())?;
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
        let number = |value: &Value| value.as_u64().and_then(|value| usize::try_from(value).ok()).ok_or_else(damaged);
        let mut shape = Vec::new();
        let mut size = 4usize;
        for extent in tensor["shape"].as_array().ok_or_else(damaged)? {
            let extent = number(extent)?;
            size = size.checked_mul(extent).ok_or_else(damaged)?;
            shape.push(extent);
        }
        let offsets = &tensor["data_offsets"];
        let bytes = data.get(number(&offsets[0])?..number(&offsets[1])?).ok_or_else(damaged)?;
        if size != bytes.len() {
            return Err(damaged());
        }
        used += size;
        let mut values = Vec::new();
        for four in bytes.as_chunks::<4>().0 {
            let value = f32::from_le_bytes(*four);
            if !value.is_finite() {
                return Err(refuse(format!("{name} has a value that is not finite")));
            }
            values.push(value);
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
