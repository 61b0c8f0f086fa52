//! What is drawn of the loops.

use super::claims::{SETTINGS, standing};
use super::loops::{self, EPOCHS, name};
use super::panels::{Curve, over_sizes};
use crate::json::json;
use crate::labs::Payload;
use crate::session::{RunView, View};
use serde_json::Value;

/// Name of the run of the visitor's own optimiser.
pub(super) const YOURS: &str = "your optimiser";

/// Upper bound of errors against model size; the peaks of loops are lower than exact ones.
const MOST: f64 = 20.0;
/// An exact solution leaves nothing of the train error, which has no place on a logarithmic axis.
const LEAST_TRAIN: f64 = 1e-3;

/// Errors of the models of a loop at its present step, as far as they are known.
fn reached(run: &RunView, which: &str) -> (Vec<f32>, Vec<f32>) {
    let (mut sizes, mut errors) = (Vec::new(), Vec::new());
    for size in loops::SIZES {
        let error = |which: &str| run.history.before(&name(which, size), run.step).unwrap_or(0.0);
        // An exact solution that is still to be found has a test error of 0.
        if error("test") > 0.0 {
            sizes.push(size as f32);
            errors.push(error(which));
        }
    }
    (sizes, errors)
}

/// Colour of a claim's loop by its position: one with standardised features has that of its raw sibling.
const COLORS: [&str; 8] =
    ["category-3", "category-2", "category-4", "category-6", "category-5", "category-7", "category-2", "category-4"];

pub(super) fn of_loops(view: &View, payload: &mut Payload) -> Value {
    let mut series = Vec::new();
    for run in &view.runs[2..] {
        if let Some(at) = SETTINGS.iter().position(|setting| setting.name == run.name) {
            let dashed = SETTINGS[at].standardise;
            let curve = Curve { name: run.name, role: COLORS[at], thin: true, dashed, name_at: None };
            series.push(curve.value(reached(run, "test"), payload));
        }
    }
    let yours = &view.runs[1];
    for (which, name) in [("train", "train, yours"), ("test", "test, yours")] {
        let curve = Curve { name, role: which, thin: false, dashed: false, name_at: None };
        series.push(curve.value(reached(yours, which), payload));
    }
    let note = "Thin curves: test error of the loops behind the claims, after 2,000 epochs; batches of 25 and 5, which take 4 and \
                20 steps in an epoch, after 1,000.";
    over_sizes(&loops::SIZES, MOST, loops::SAMPLES, series, note)
}

pub(super) fn explained(view: &View, payload: &mut Payload) -> Value {
    let (mut x, mut y, mut labels) = (Vec::new(), Vec::new(), Vec::new());
    for run in &view.runs[2..] {
        let setting = SETTINGS.iter().find(|setting| setting.name == run.name && !setting.standardise);
        if let Some(at) = setting.and_then(|setting| standing(run, setting.epochs)) {
            labels.push(run.name);
            x.push(at.train as f32);
            y.push(at.ratio as f32);
        }
    }
    // The way of the visitor's own.
    let yours = &view.runs[1];
    let (mut way_x, mut way_y) = (Vec::new(), Vec::new());
    for &epoch in yours.history.steps().iter().filter(|epoch| **epoch <= yours.step) {
        if let Some(at) = standing(yours, epoch) {
            way_x.push(at.train.max(LEAST_TRAIN) as f32);
            way_y.push(at.ratio as f32);
        }
    }
    if let (Some(&train), Some(&ratio)) = (way_x.last(), way_y.last()) {
        labels.push("yours");
        x.push(train);
        y.push(ratio);
    }
    json!({
        "x": payload.array(x),
        "y": payload.array(y),
        "labels": labels,
        "xLabel": "train MSE at m = n",
        "yLabel": "peak ratio: test MSE at m = n over m = 4n",
        "scales": "log",
        "path": json!({ "x": payload.array(way_x), "y": payload.array(way_y) }),
    })
}

pub(super) fn epochs(view: &View, payload: &mut Payload) -> Value {
    let yours = &view.runs[1];
    if yours.steps < EPOCHS {
        return Value::Null; // an exact solution takes no epochs
    }
    let mut series = Vec::new();
    let mut most = 1.0f32;
    let n = loops::SAMPLES;
    for (which, features, label) in
        [("test", 4 * n, "test, m = 4n"), ("train", n, "train, m = n"), ("test", n, "test, m = n")]
    {
        let errors = yours.history.column(&name(which, features)).to_vec();
        most = errors.iter().fold(most, |most, error| most.max(*error));
        let steps = yours.history.steps().iter().map(|&step| step as f32).collect();
        let curve = Curve { name: label, role: which, thin: features > n, dashed: false, name_at: None };
        series.push(curve.value((steps, errors), payload));
    }
    json!({
        "x": json!({ "label": "epoch", "scale": "log", "min": 1, "max": EPOCHS }),
        // Room above the curves, where their names and the cursor's stand.
        "y": json!({ "label": "squared error", "scale": "log", "max": 2.0 * most }),
        "series": series,
        "timeline": true,
    })
}
