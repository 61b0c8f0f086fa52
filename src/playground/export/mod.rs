//! The trained network for other programs: PyTorch text, safetensors, ONNX. All three take the two
//! coordinates of a point (safetensors: the features) and give the network's output, for
//! classification the logit; dropout is off.

mod onnx;
mod onnx_schema;
mod python;
mod safetensors;

use super::NetworkSpec;
use crate::graph::{Error, Result};
use crate::labs::{File, Weights, nearest};
use crate::nn::Activation;

/// What to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A module of PyTorch, weights included.
    Python,
    /// Tensors under the names of the leaves.
    SafeTensors,
    /// A graph of standard operators.
    Onnx,
}

impl Format {
    /// Every format.
    pub const ALL: &'static [Format] = &[Format::Python, Format::SafeTensors, Format::Onnx];

    /// Name in messages and ending of the file.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Python => "py",
            Format::SafeTensors => "safetensors",
            Format::Onnx => "onnx",
        }
    }

    /// The format of an ending.
    pub fn find(extension: &str) -> Result<Format> {
        Format::ALL.iter().copied().find(|format| format.extension() == extension).ok_or_else(|| {
            let near = nearest(extension, Format::ALL.iter().map(|format| format.extension()));
            Error::new("export", format!("there is no format '{extension}'"), format!("did you mean '{near}'?"))
        })
    }
}

/// Writes a network whose leaves hold `weights`; leaves that are not its weights or biases are left out.
pub fn export(spec: &NetworkSpec, weights: &[Weights], format: Format) -> Result<File> {
    let layers = layers(spec, weights)?;
    let (mime, bytes) = match format {
        Format::Python => ("text/x-python", python::write(spec, &layers).into_bytes()),
        Format::SafeTensors => ("application/octet-stream", safetensors::write(spec, &layers)?),
        Format::Onnx => ("application/octet-stream", onnx::write(spec, &layers)),
    };
    Ok(File { name: format!("model.{}", format.extension()), mime, bytes })
}

/// A layer with its values.
struct Layer<'a> {
    name: String,
    inputs: usize,
    units: usize,
    /// `[inputs, units]`, row-major.
    weight: &'a [f32],
    /// `[units]`.
    bias: &'a [f32],
    activation: Activation,
    dropout: f32,
}

fn layers<'a>(spec: &NetworkSpec, weights: &'a [Weights]) -> Result<Vec<Layer<'a>>> {
    let read = |name: String, shape: &[usize]| {
        let place = || format!("export {name}");
        let Some((_, found, values)) = weights.iter().find(|(known, ..)| *known == name) else {
            return Err(Error::new(place(), "its values are missing", "export from a running network"));
        };
        if found != shape || values.len() != shape.iter().product::<usize>() {
            let message = format!("{} values of shape {found:?} instead of {shape:?}", values.len());
            return Err(Error::new(place(), message, "export the network that these weights belong to"));
        }
        if !values.iter().all(|value| value.is_finite()) {
            let fix = "go back to a step before the loss grew without bound";
            return Err(Error::new(place(), "it holds a value that is not finite", fix));
        }
        Ok(values.as_slice())
    };
    let mut inputs = spec.features.len();
    let described = spec.names().into_iter().zip(spec.units()).enumerate();
    described
        .map(|(index, (name, units))| {
            let hidden = spec.hidden.get(index);
            let layer = Layer {
                inputs,
                units,
                weight: read(format!("{name}.weight"), &[inputs, units])?,
                bias: read(format!("{name}.bias"), &[units])?,
                activation: hidden.map_or(Activation::None, |layer| layer.activation),
                dropout: hidden.map_or(0.0, |layer| layer.dropout),
                name,
            };
            inputs = units;
            Ok(layer)
        })
        .collect()
}

#[cfg(test)]
mod tests;
