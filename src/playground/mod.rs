//! The playground: a small network learns the plane while its insides are watched.
//!
//! It is an experiment like every lab, described by [`PLAYGROUND`], with one run that never ends.
//! [`NetworkSpec`] is the network as text, [`model`] turns it into a program, `panels` draws it, [`export`]
//! writes it for other programs.

mod controls;
mod experiment;
pub mod export;
mod feature;
pub mod model;
mod panels;
mod spec;
#[cfg(test)]
mod tests;

pub use controls::{CONTROLS, DEFAULT_NET};
pub use feature::Feature;
pub use spec::{HiddenLayer, MOST_LAYERS, MOST_UNITS, NetworkSpec};

use crate::labs::{Lab, PanelInfo, Paper};

/// The playground as data.
pub const PLAYGROUND: Lab = Lab {
    slug: "playground",
    title: "Playground",
    promise: "Build a network, feed it points of the plane, and watch every unit learn.",
    paper: Paper {
        authors: "Daniel Smilkov, Shan Carter, D. Sculley, Fernanda B. Viégas and Martin Wattenberg",
        title: "Direct-Manipulation Visualization of Deep Networks",
        year: 2017,
        url: "https://arxiv.org/abs/1708.03788",
    },
    theme: "playground",
    tags: &["classification", "regression", "multilayer perceptron", "dropout", "regularisation"],
    controls: CONTROLS,
    panels: &[
        PanelInfo { id: "network", kind: "network", title: "Network", hint: "what each unit answers", wide: true },
        PanelInfo { id: "plane", kind: "plane", title: "Output", hint: "over the plane", wide: false },
        PanelInfo { id: "loss", kind: "line", title: "Loss", hint: "drag to go back in time", wide: false },
        PanelInfo {
            id: "scatter",
            kind: "scatter",
            title: "Hidden layers",
            hint: "the points on their two principal axes",
            wide: false,
        },
    ],
    claims: &[],
    metric: "test loss",
    formats: &["py", "safetensors", "onnx"],
    files: &[],
    open: experiment::open,
};
