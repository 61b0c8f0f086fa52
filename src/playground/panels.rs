//! The playground's panels as data. `null` stands for a panel whose tensors have not been read yet.

use super::experiment::Playground;
use super::model::{SIDE, images, values};
use crate::analysis::pca;
use crate::data::plane::{EXTENT, Point, Task};
use crate::json::{NONE, json};
use crate::labs::Payload;
use crate::nn::Activation;
use crate::session::View;
use serde_json::Value;

/// Images of all features and units, and the weights between them.
pub(super) fn network(playground: &Playground, view: &View, payload: &mut Payload) -> Value {
    let Some(picture) = view.main().picture else { return Value::Null };
    let spec = &playground.spec;
    let names = spec.names();
    let activations = spec.hidden.iter().map(|layer| layer.activation).chain([Activation::None]);
    let described = names.iter().zip(spec.units()).zip(activations).map(|((name, units), activation)| {
        json!({
            "name": name,
            "units": units,
            "activation": activation.name(),
            "leafWeight": format!("{name}.weight"),
            "leafBias": format!("{name}.bias"),
        })
    });
    let mut all = playground.features.clone();
    for name in &names {
        all.extend_from_slice(picture.get(&images(name)));
    }
    let mut arrays = |what: &str| -> Vec<Value> {
        names.iter().map(|name| payload.array(picture.get(&format!("{name}.{what}")).to_vec())).collect()
    };
    let (weights, biases) = (arrays("weight"), arrays("bias"));
    json!({
        "features": spec.features.iter().map(|feature| feature.name()).collect::<Vec<_>>(),
        "layers": described.collect::<Vec<_>>(),
        "side": SIDE,
        "extent": EXTENT,
        "images": payload.array(all),
        "weights": weights,
        "biases": biases,
    })
}

/// The output over the plane, with the points.
pub(super) fn plane(playground: &Playground, view: &View, payload: &mut Payload) -> Value {
    let Some(picture) = view.main().picture else { return Value::Null };
    let mut points = |points: &[Point]| {
        json!({
            "x": payload.array(points.iter().map(|point| point.x).collect()),
            "y": payload.array(points.iter().map(|point| point.y).collect()),
            "label": payload.array(points.iter().map(|point| point.label).collect()),
        })
    };
    let (train, test) = (points(&playground.data.train), points(&playground.data.test));
    json!({
        "side": SIDE,
        "extent": EXTENT,
        "values": payload.array(picture.get(&images("output")).to_vec()),
        "train": train,
        "test": test,
        "scale": "diverging",
        "low": -1,
        "high": 1,
    })
}

/// Training and test loss against steps.
pub(super) fn loss(playground: &Playground, view: &View, payload: &mut Payload) -> Value {
    let history = view.main().history;
    let recorded = ["train", "test"].into_iter().filter(|role| !history.column(&format!("{role} loss")).is_empty());
    let series = recorded.map(|role| {
        let readings = history.column(&format!("{role} loss"));
        json!({
            "name": role,
            "role": role,
            "x": payload.array(history.steps().iter().map(|&step| step as f32).collect()),
            "y": payload.array(readings.to_vec()),
        })
    });
    let series: Vec<Value> = series.collect();
    let (label, unit) = match playground.task {
        Task::Classification => ("logistic loss", "nats"),
        Task::Regression => ("mean squared error", ""),
    };
    json!({
        "x": json!({ "label": "step", "unit": "", "scale": "log" }),
        "y": json!({ "label": label, "unit": unit, "scale": "linear", "min": 0 }),
        "series": series,
        "bands": NONE,
        "rules": NONE,
        "timeline": true,
    })
}

/// All points as each hidden layer sees them, on its two principal axes.
pub(super) fn scatter(playground: &Playground, view: &View, payload: &mut Payload) -> Value {
    let Some(picture) = view.main().picture else { return Value::Null };
    let spec = &playground.spec;
    let mut axes = playground.axes.borrow_mut();
    let layers = spec.names().into_iter().zip(&spec.hidden).zip(axes.iter_mut()).map(|((name, layer), last)| {
        let projection = pca::project(picture.get(&values(&name)), layer.units, last.as_ref());
        *last = Some(projection.axes);
        json!({
            "name": name,
            "x": payload.array(projection.x),
            "y": payload.array(projection.y),
            "explained": projection.explained,
        })
    });
    let layers: Vec<Value> = layers.collect();
    let (train, test) = (&playground.data.train, &playground.data.test);
    let is_test = std::iter::repeat_n(0.0, train.len()).chain(std::iter::repeat_n(1.0, test.len()));
    json!({
        "layers": layers,
        "label": payload.array(train.iter().chain(test).map(|point| point.label).collect()),
        "test": payload.array(is_test.collect()),
    })
}
