//! The weights as safetensors: `hidden 1.weight [inputs, units]`, `hidden 1.bias [units]`, …; the network's
//! text stands in the metadata under `network`, so that it can be rebuilt. The unit's sum is
//! `features × weight + bias`.

use super::Layer;
use crate::graph::{Error, Result};
use crate::playground::NetworkSpec;
use safetensors::SafeTensorError;
use safetensors::tensor::{Dtype, TensorView, serialize};

pub(super) fn write(spec: &NetworkSpec, layers: &[Layer]) -> Result<Vec<u8>> {
    // The format is little-endian, as are all machines that browsers run on; the conversion says so.
    let bytes = |values: &[f32]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    let tensors: Vec<(String, Vec<usize>, Vec<u8>)> = layers
        .iter()
        .flat_map(|layer| {
            [
                (format!("{}.weight", layer.name), vec![layer.inputs, layer.units], bytes(layer.weight)),
                (format!("{}.bias", layer.name), vec![layer.units], bytes(layer.bias)),
            ]
        })
        .collect();
    let refused = |error: SafeTensorError| Error::new("export", error.to_string(), "report this, it should not happen");
    let views = tensors.iter().map(|(name, shape, bytes)| {
        TensorView::new(Dtype::F32, shape.clone(), bytes).map(|view| (name.as_str(), view)).map_err(refused)
    });
    let views = views.collect::<Result<Vec<_>>>()?;
    let metadata = [("network".to_owned(), spec.to_string())].into_iter().collect();
    serialize(views, Some(metadata)).map_err(refused)
}
