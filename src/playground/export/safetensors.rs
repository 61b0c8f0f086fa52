//! The weights as safetensors: `hidden 1.weight [inputs, units]`, `hidden 1.bias [units]`, …; the network's
//! text stands in the metadata under `network`, so that it can be rebuilt. The unit's sum is
//! `features × weight + bias`.

use super::Layer;
use crate::graph::Result;
use crate::labs::safetensors;
use crate::playground::NetworkSpec;

pub(super) fn write(spec: &NetworkSpec, layers: &[Layer]) -> Result<Vec<u8>> {
    let tensors: Vec<_> = layers
        .iter()
        .flat_map(|layer| {
            let (weight, bias) = (format!("{}.weight", layer.name), format!("{}.bias", layer.name));
            [(weight, vec![layer.inputs, layer.units], layer.weight), (bias, vec![layer.units], layer.bias)]
        })
        .collect();
    let tensors: Vec<_> = tensors.iter().map(|(name, shape, values)| (&name[..], &shape[..], *values)).collect();
    safetensors::write(&tensors, &[("network", &spec.to_string())])
}
