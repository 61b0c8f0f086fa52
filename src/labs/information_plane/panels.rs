//! What is drawn.

use super::bound::Bound;
use super::claims::{RELU, Readings};
use super::information::Estimator;
use super::program::{NETS, Plan, layer_name};
use super::record::{Quantity, ruler};
use super::task::INPUTS;
use crate::json::{NONE, json};
use crate::labs::{PanelInfo, Payload};
use crate::number::rounded;
use crate::session::View;
use serde_json::Value;

pub(super) const PANELS: &[PanelInfo] = &[
    PanelInfo {
        id: "plane",
        kind: "trails",
        title: "The information plane",
        hint: "three networks, later is stronger",
        wide: true,
    },
    PanelInfo { id: "input", kind: "line", title: "Bits about the input", hint: "drag to travel in time", wide: true },
    PanelInfo {
        id: "against",
        kind: "trails",
        title: "The objection: ReLU",
        hint: "same plane, same data",
        wide: false,
    },
    PanelInfo { id: "accuracy", kind: "line", title: "Accuracy", hint: "drag to travel in time", wide: false },
    PanelInfo {
        id: "gradients",
        kind: "line",
        title: "Drift or diffusion",
        hint: "mean gradient / its deviation",
        wide: true,
    },
    PanelInfo {
        id: "units",
        kind: "histograms",
        title: "What every unit does",
        hint: "network 1, all inputs",
        wide: true,
    },
    PanelInfo { id: "patterns", kind: "heatmap", title: "Inputs merge into symbols", hint: "network 1", wide: true },
];

fn epoch_axis(last: u64) -> Value {
    json!({ "label": "epoch", "unit": "epochs", "scale": "log", "min": 1, "max": last })
}

/// Name of the band in which the networks come to fit their patterns.
const FIT: &str = "95 % of training accuracy";

/// What the lines and heights of the histograms mean.
const LINES: &str = "Each box is a unit and the histogram of its values, heights by the root of the share of inputs. Lines are \
                     weights: blue positive, dashed negative.";

/// Colour of a layer, the same in all panels.
fn role(layer: usize) -> String {
    format!("category-{layer}")
}

/// A plane of information with the trails of all layers of a run, if it is there.
/// `legend`: whether it says what the colours are.
pub(super) fn plane(
    plan: &Plan,
    readings: Option<Readings>,
    bound: &Bound,
    legend: bool,
    payload: &mut Payload,
) -> Value {
    let mut trails: Vec<Value> = Vec::new();
    if let Some(readings) = readings {
        let at = payload.array(readings.run.history.steps().iter().map(|&step| step as f32).collect());
        for layer in 0..plan.layers() {
            let mark = if layer == plan.hidden { "o".into() } else { (layer + 1).to_string() };
            for net in 0..NETS {
                let mut bits = |quantity: Quantity| payload.array(readings.of(quantity, net).to_vec());
                let (x, y) =
                    (bits(Quantity::OfInput(layer, readings.bins)), bits(Quantity::OfLabel(layer, readings.bins)));
                trails.push(json!({
                    "name": layer_name(layer, plan.hidden),
                    "mark": mark,
                    "role": role(layer),
                    "companion": net,
                    "x": x,
                    "y": y,
                    "at": at,
                }));
            }
        }
    }
    let curve =
        |axis: fn(&super::information::Bits) -> f64| bound.curve().iter().map(|point| axis(point) as f32).collect();
    json!({
        "x": json!({ "label": "I(X;T), about the input", "unit": "bits", "min": 0, "max": 12 }),
        "y": json!({ "label": "I(T;Y), about the label", "unit": "bits", "min": 0, "max": 1 }),
        "trails": trails,
        "companions": "network",
        "time": "epoch",
        "curve": json!({
            "x": payload.array(curve(|point| point.of_input)),
            "y": payload.array(curve(|point| point.of_label)),
            "label": "bound",
        }),
        "rules": [json!({ "y": plan.task.information, "label": "I(X;Y)" })],
        "legend": legend,
        "empty": "begins when the networks above have finished",
    })
}

/// A curve for each layer and network; the first network's is named.
fn layers(plan: &Plan, readings: Readings, quantity: impl Fn(usize) -> Quantity, payload: &mut Payload) -> Vec<Value> {
    let mut series = Vec::new();
    for layer in 0..plan.layers() {
        for net in 0..NETS {
            series.push(line(readings, quantity(layer), net, &layer_name(layer, plan.hidden), &role(layer), payload));
        }
    }
    series
}

fn line(readings: Readings, quantity: Quantity, net: usize, name: &str, role: &str, payload: &mut Payload) -> Value {
    // The axis is logarithmic, so step 0 is shown in the place of step 1.
    let steps = readings.run.history.steps();
    let points = steps.iter().zip(readings.of(quantity, net)).filter(|(step, value)| **step != 1 && !value.is_nan());
    let (x, y): (Vec<f32>, Vec<f32>) = points.map(|(&step, &value)| (step.max(1) as f32, value)).unzip();
    json!({
        "name": if net == 0 { name } else { "" },
        "role": role,
        "thin": net > 0,
        "x": payload.array(x),
        "y": payload.array(y),
    })
}

/// When the networks reached 95 % of their highest training accuracy: from the first to the last of them.
fn fit_band(readings: Readings, label: &str) -> Vec<Value> {
    let epochs: Vec<u64> = (0..NETS).filter_map(|net| readings.fitted(net)).filter(|&epoch| epoch > 0).collect();
    match (epochs.iter().min(), epochs.iter().max()) {
        (Some(from), Some(to)) => vec![json!({ "from": from, "to": to, "label": label })],
        _ => Vec::new(),
    }
}

/// Panel `input`.
pub(super) fn input(plan: &Plan, readings: Readings, payload: &mut Payload) -> Value {
    json!({
        "x": epoch_axis(readings.run.steps),
        "y": json!({ "label": "I(X;T)", "unit": "bits", "min": 0, "max": 13.5 }),
        "series": layers(plan, readings, |layer| Quantity::OfInput(layer, readings.bins), payload),
        "bands": fit_band(readings, FIT),
        "rules": NONE,
        "timeline": true,
    })
}

/// Panel `gradients`; none where an epoch is one batch, whose gradient has no noise.
pub(super) fn gradients(plan: &Plan, readings: Readings, payload: &mut Payload) -> Value {
    if plan.batches().0 == 1 {
        return Value::Null;
    }
    json!({
        "x": epoch_axis(readings.run.steps),
        "y": json!({ "label": "SNR ‖mean‖ / deviation, median of 21 epochs", "scale": "log", "min": 0.05, "max": 10 }),
        "series": layers(plan, readings, Quantity::Ratio, payload),
        "bands": fit_band(readings, FIT),
        "rules": [json!({ "y": 1, "label": "SNR = 1" })],
        "timeline": true,
    })
}

/// Panel `accuracy`.
pub(super) fn accuracy(readings: Readings, payload: &mut Payload) -> Value {
    let mut series = Vec::new();
    for (quantity, name) in [(Quantity::TrainAccuracy, "train"), (Quantity::TestAccuracy, "test")] {
        series.extend((0..NETS).map(|net| line(readings, quantity, net, name, name, payload)));
    }
    json!({
        "x": epoch_axis(readings.run.steps),
        "y": json!({ "label": "share of right answers", "min": 0.4, "max": 1 }),
        "series": series,
        "bands": fit_band(readings, ""),
        "rules": NONE,
        "timeline": true,
    })
}

/// Panel `units`: a histogram of every unit over all inputs, by the bins of the ruler.
pub(super) fn units(plan: &Plan, bins: usize, view: &View, payload: &mut Payload) -> Value {
    let Some(picture) = view.main().picture else { return Value::Null };
    let widths = plan.widths();
    let mut columns: Vec<Value> = Vec::new();
    for (layer, &width) in widths[1..].iter().enumerate() {
        let ruler = ruler(plan, layer, bins);
        let values = picture.get(&layer_name(layer, plan.hidden));
        let mut counts = vec![vec![0.0f32; bins]; width];
        for (counts, values) in counts.iter_mut().zip(values.chunks_exact(INPUTS)) {
            values.iter().for_each(|&value| counts[ruler.bin(value)] += 1.0 / INPUTS as f32);
        }
        let units: Vec<Value> = counts.into_iter().map(|counts| payload.array(counts)).collect();
        let range = [ruler.low, ruler.high];
        columns.push(
            json!({ "name": layer_name(layer, plan.hidden), "role": role(layer), "units": units, "range": range }),
        );
    }
    // Weights between layers; the biases after each matrix are left out.
    let weights = picture.get("weights");
    let mut links: Vec<Value> = Vec::new();
    let mut from = 0;
    for (layer, pair) in widths.windows(2).enumerate() {
        if layer > 0 {
            links.push(payload.array(weights.get(from..from + pair[0] * pair[1]).unwrap_or_default().to_vec()));
        }
        from += (pair[0] + 1) * pair[1];
    }
    json!({ "columns": columns, "links": links, "what": "the inputs", "value": "activation", "note": LINES })
}

/// Panel `patterns`: the bins of a layer's units for all inputs in the order of f.
pub(super) fn patterns(
    plan: &Plan,
    layer: usize,
    bins: usize,
    estimator: &mut Estimator,
    view: &View,
    payload: &mut Payload,
) -> Value {
    let Some(picture) = view.main().picture else { return Value::Null };
    let ruler = ruler(plan, layer, bins);
    let values = picture.get(&layer_name(layer, plan.hidden));
    let mut cells = Vec::with_capacity(values.len());
    for values in values.chunks_exact(INPUTS) {
        cells.extend(plan.task.order.iter().map(|&input| ruler.bin(values[input]) as f32));
    }
    let (symbols, bits) = estimator.measure(&plan.task, values, ruler);
    let names: serde_json::Map<String, Value> =
        (0..plan.widths()[layer + 1]).map(|unit| (unit.to_string(), json!((unit + 1).to_string()))).collect();
    let note = format!(
        "Each row is a unit, its colour the bin of its value. Layer {} tells {symbols} symbols apart, of {INPUTS} inputs: I(X;T) = {} bits, I(T;Y) = {} bits.",
        layer + 1,
        rounded(bits.of_input, 2),
        rounded(bits.of_label, 2),
    );
    json!({
        "rows": plan.widths()[layer + 1],
        "columns": INPUTS,
        "values": payload.array(cells),
        "scale": "sequential",
        "limit": bins - 1,
        "fills": true,
        "rowLabel": "unit",
        "rowNames": Value::Object(names),
        "columnLabel": "input, from label 0 (left) to label 1 (right)",
        "unit": "bin",
        "note": note,
    })
}

/// The run against the paper, as far as it has been read.
pub(super) fn against<'a>(view: &'a View, hidden: usize, bins: usize) -> Option<Readings<'a>> {
    view.run(RELU).map(|run| Readings { run, hidden, bins })
}
