//! The network as a PyTorch module in one file of text, weights included.

use super::Layer;
use crate::nn::Activation;
use crate::number;
use crate::playground::{Feature, NetworkSpec};
use std::fmt::Write;

pub(super) fn write(spec: &NetworkSpec, layers: &[Layer]) -> String {
    let mut modules = String::new();
    for layer in layers {
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(modules, "            nn.Linear({}, {}),", layer.inputs, layer.units);
        if let Some(module) = module(layer.activation) {
            let _ = writeln!(modules, "            {module},");
        }
        if layer.dropout > 0.0 {
            let _ = writeln!(modules, "            nn.Dropout({}),", number::text(layer.dropout));
        }
    }
    let features: Vec<&str> = spec.features.iter().map(|feature| expression(*feature)).collect();
    let mut weights = String::new();
    for layer in layers {
        let _ = writeln!(weights, "    # {}\n    (\n        [", layer.name);
        for unit in 0..layer.units {
            // PyTorch keeps the weights of a unit together: [units, inputs].
            let row = (0..layer.inputs).map(|input| layer.weight[input * layer.units + unit]);
            let _ = writeln!(weights, "            [{}],", numbers(row));
        }
        let _ = writeln!(weights, "        ],\n        [{}],\n    ),", numbers(layer.bias.iter().copied()));
    }
    let sine = if layers.iter().any(|layer| layer.activation == Activation::Sine) { SINE } else { "" };
    format!(
        r#""""A network trained in Petri: {spec}

`trained()` gives it with its weights; `Network()` is the same network untrained.
"""

import torch
from torch import nn

{sine}
class Network(nn.Module):
    """From points of the plane, [..., 2], to one number each; for two classes its sign tells them apart."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
{modules}        )

    def forward(self, points):
        x, y = points.unbind(-1)
        features = torch.stack([{}], dim=-1)
        return self.layers(features).squeeze(-1)


# Weights [units, inputs] and biases [units] of each layer.
WEIGHTS = [
{weights}]


def trained():
    """The network with the weights it had when it was saved."""
    network = Network()
    linear = [layer for layer in network.layers if isinstance(layer, nn.Linear)]
    with torch.no_grad():
        for layer, (weight, bias) in zip(linear, WEIGHTS):
            layer.weight.copy_(torch.tensor(weight))
            layer.bias.copy_(torch.tensor(bias))
    return network.eval()


if __name__ == "__main__":
    print(trained()(torch.tensor([[0.0, 0.0], [3.0, 0.0], [0.0, 3.0]])))
"#,
        features.join(", ")
    )
}

const SINE: &str = "
class Sine(nn.Module):
    def forward(self, x):
        return torch.sin(x)

";

fn module(activation: Activation) -> Option<&'static str> {
    match activation {
        Activation::Tanh => Some("nn.Tanh()"),
        Activation::Relu => Some("nn.ReLU()"),
        Activation::Sigmoid => Some("nn.Sigmoid()"),
        Activation::Gelu => Some("nn.GELU()"),
        Activation::Sine => Some("Sine()"),
        Activation::None => None,
    }
}

fn expression(feature: Feature) -> &'static str {
    match feature {
        Feature::X => "x",
        Feature::Y => "y",
        Feature::XSquared => "x * x",
        Feature::YSquared => "y * y",
        Feature::Product => "x * y",
        Feature::SinX => "torch.sin(x)",
        Feature::SinY => "torch.sin(y)",
    }
}

/// The shortest decimals that read back as the same numbers.
fn numbers(values: impl Iterator<Item = f32>) -> String {
    values.map(number::text).collect::<Vec<_>>().join(", ")
}
