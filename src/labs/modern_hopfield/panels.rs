//! Panels of what the runs recorded.

use super::bags::{self, Bags};
use super::{capacity, clusters, error_law, memory};
use crate::json::{NONE, json};
use crate::labs::Payload;
use crate::number;
use crate::session::View;
use serde_json::Value;

/// A curve, or dots, whose name stands beside the reading `named`, or the last one that is a number.
fn series(name: &str, role: &str, dots: bool, named: usize, x: &[f32], y: Vec<f32>, payload: &mut Payload) -> Value {
    let last = y.iter().rposition(|value| value.is_finite()).unwrap_or(0);
    let x = payload.array(x[..y.len()].to_vec());
    let dots = dots.then_some("alone");
    let named = (dots.is_some() || named < last).then_some(named.min(last));
    let y = payload.array(y);
    let mut series = json!({ "name": name, "role": role, "thin": false, "dots": dots, "x": x, "y": y });
    if let Some(named) = named {
        series["nameAt"] = json!(named);
    }
    series
}

/// Readings at β = 1, where the curves of k are still apart: of the sweep, and of the four groups.
const APART: [usize; 2] = [53, 13];
/// The end of a curve.
const END: usize = usize::MAX;

/// k against β, with the three kinds of fixed points and the visitor's β.
pub(super) fn regimes(view: &View, beta: f64, payload: &mut Payload) -> Value {
    let main = view.main();
    let mut lines = Vec::new();
    let mut bands = Vec::new();
    let mut most = 1.0f32;
    let of_digits = main.history.column("k");
    if !of_digits.is_empty() {
        most = of_digits.iter().fold(most, |most, &k| most.max(k));
        let x = main.history.column("β");
        lines.push(series("digits", "category-4", false, APART[0], x, of_digits.to_vec(), payload));
    }
    if let Some(run) = view.run(clusters::NAME) {
        let (x, k) = (run.history.column("β"), run.history.column(clusters::K));
        most = most.max(clusters::PATTERNS as f32);
        lines.push(series("4 groups of 8", "category-0", false, APART[1], x, k.to_vec(), payload));
        // A kind reaches as far as its readings do.
        for (label, from, to) in [("global", 24.0, f32::MAX), ("group", 5.0, 9.0), ("single", 0.0, 1.0)] {
            let of_kind = || x.iter().zip(k).filter(|(_, k)| (from..=to).contains(*k)).map(|(beta, _)| *beta);
            if let (Some(first), Some(last)) = (of_kind().next(), of_kind().next_back()) {
                bands.push(json!({ "from": first, "to": last, "label": label }));
            }
        }
    }
    json!({
        "x": json!({ "label": "β", "scale": "log", "min": 0.1, "max": 200 }),
        "y": json!({ "label": "k, weights that hold 90 %", "scale": "log", "min": 1, "max": 3.0 * most }),
        "series": lines,
        "bands": bands,
        "rules": [json!({ "x": beta, "label": "your β" })],
        "timeline": false,
    })
}

/// log₂ of the capacity against the dimension.
pub(super) fn capacity(view: &View, payload: &mut Payload) -> Value {
    let Some(run) = view.run(capacity::NAME) else { return Value::Null };
    let bits = |held: f32| memory::ln(held) / std::f32::consts::LN_2;
    let x = capacity::DIMENSIONS.map(|d| d as f32);
    let held = capacity::DIMENSIONS.map(|d| run.history.last(&capacity::column(d)).filter(|held| *held > 0.0));
    let modern: Vec<f32> = held.iter().map_while(|held| held.map(bits)).collect();
    let mut lines =
        vec![series("classical, 0.14 d", "category-1", false, END, &x, x.map(|d| bits(0.14 * d)).to_vec(), payload)];
    if !modern.is_empty() {
        lines.push(series("modern", "category-0", false, END, &x, modern.clone(), payload));
        lines.push(series("", "category-0", true, END, &x, modern, payload));
    }
    let tried = |column: &str| run.history.last(column).unwrap_or(0.0) as f64;
    let (d, count) = (tried("dimensions tried"), tried("patterns tried"));
    let at_most = held.iter().flatten().any(|held| *held >= capacity::MOST as f32);
    let note = if !run.finished && count > 0.0 {
        format!("Next: {} patterns in {} dimensions.", number::text(count), number::text(d))
    } else if at_most {
        format!("{} patterns are the most that are tried: the last point is “at least”.", capacity::MOST)
    } else {
        String::new()
    };
    json!({
        "x": json!({ "label": "d", "min": 7.5, "max": 12.5 }),
        "y": json!({ "label": "log₂ of the patterns held", "min": 0, "max": 15 }),
        "series": lines,
        "bands": NONE,
        "rules": NONE,
        "timeline": false,
        "note": note,
    })
}

/// Errors and bounds against β Δ.
pub(super) fn errors(view: &View, payload: &mut Payload) -> Value {
    let Some(run) = view.run(error_law::NAME) else { return Value::Null };
    let [x, error, at_rest, bound] = error_law::NUMBERS.map(|name| run.history.column(name));
    let mut order = memory::descending(x);
    order.reverse();
    let sorted: Vec<f32> = order.iter().map(|&at| x[at]).collect();
    let logs = |values: &[f32]| {
        order.iter().map(|&at| if values[at] > 0.0 { memory::ln(values[at]) } else { f32::NAN }).collect()
    };
    let lines = if x.is_empty() {
        Vec::new()
    } else {
        vec![
            series("bound", "category-6", false, END, &sorted, logs(bound), payload),
            series("to the pattern", "category-0", true, END, &sorted, logs(error), payload),
            series("to the fixed point", "category-1", true, END, &sorted, logs(at_rest), payload),
        ]
    };
    json!({
        "x": json!({ "label": "β Δ", "min": 0, "max": 32 }),
        "y": json!({ "label": "ln of the distance after one update", "min": -40, "max": 10 }),
        "series": lines,
        "bands": NONE,
        "rules": NONE,
        "timeline": false,
        "note": "The bound is for the distance to the fixed point.",
    })
}

/// Accuracy on bags against steps.
pub(super) fn accuracy(view: &View, payload: &mut Payload) -> Value {
    let mut last = bags::COMPARED;
    let mut lines = Vec::new();
    for (name, label, role) in [(bags::LEARNED, "learned query", "category-0"), (bags::MEAN, "mean", "category-1")] {
        let Some(run) = view.run(name) else { continue };
        last = last.max(run.steps);
        let x: Vec<f32> = run.history.steps().iter().map(|&step| step as f32).collect();
        lines.push(series(label, role, false, END, &x, run.history.column(bags::ACCURACY).to_vec(), payload));
    }
    json!({
        "x": json!({ "label": "step", "unit": "steps", "min": 0, "max": last }),
        "y": json!({ "label": "test bags told rightly", "unit": "share", "min": 0.4, "max": 1.08 }),
        "series": lines,
        "bands": NONE,
        "rules": [json!({ "y": 0.5, "label": "chance" })],
        "timeline": true,
    })
}

/// One test bag with the weights of its digits.
pub(super) fn bag(view: &View, all: &Bags, at: usize, payload: &mut Payload) -> Value {
    let Some(picture) = view.run(bags::LEARNED).and_then(|run| run.picture) else { return Value::Null };
    let (weights, chance) = (&picture.get("weights")[at * bags::SIZE..][..bags::SIZE], picture.get("chances")[at]);
    let (pixels, labels) = all.pictures(at);
    let zero = labels.iter().position(|label| *label == 0);
    let kind = if all.is_positive(at) { "This bag holds a 0 (ringed)" } else { "This bag holds no 0" };
    let strongest = memory::descending(weights)[0];
    let share = number::rounded(100.0 * weights[strongest] as f64, 0);
    json!({
        "count": bags::SIZE,
        "columns": 0,
        "height": 8,
        "width": 8,
        "values": payload.array(pixels),
        "low": 0,
        "high": 1,
        "shares": payload.array(weights.to_vec()),
        "shareName": "weight in the pool",
        "ringed": zero.into_iter().collect::<Vec<_>>(),
        "ringName": "the needle",
        "pages": json!({ "control": "bag", "at": at, "count": bags::SHOWN, "name": "bag" }),
        "note": format!(
            "{kind}; the network gives it {} % to hold one. Most weight, {share} %, is on a {}.",
            number::rounded(100.0 * chance as f64, 0),
            labels[strongest],
        ),
    })
}

/// The update and attention as one drawing with two sets of names.
pub(super) fn twins() -> Value {
    let part = |names: [&str; 2], told: [&str; 2], column: u32, row: u32, kind: &str, from: &[u32]| json!({ "names": names, "told": told, "column": column, "row": row, "kind": kind, "from": from });
    json!({
        "titles": ["Hopfield update", "attention"],
        "formulas": ["ξ′ = X softmax(β Xᵀ ξ)", "Z = softmax(Q Kᵀ / √d) V"],
        "parts": [
            part(["states ξ", "queries Q"], ["what is to be completed", "R W_Q: what is looked for"], 0, 0, "data", &[]),
            part(["patterns X", "keys K"], ["what is stored", "Y W_K: what can be found"], 0, 1, "data", &[]),
            part(["patterns X", "values V"], ["what is stored, once more", "K W_V: what is handed on"], 0, 2, "data", &[]),
            part(["overlaps Xᵀξ", "scores Q Kᵀ"], ["inner products of state and patterns", "inner products of queries and keys"], 1, 0, "step", &[0, 1]),
            part(["times β", "divided by √d"], ["the inverse temperature", "the same with β = 1 / √d"], 2, 0, "step", &[3]),
            part(["softmax", "softmax"], ["weights that add up to 1", "weights that add up to 1"], 3, 0, "step", &[4]),
            part(["weighted sum", "weighted sum"], ["a blend of patterns", "a blend of values"], 4, 1, "step", &[5, 2]),
            part(["new state", "output Z"], ["nearer to what was stored", "one vector for each query"], 5, 1, "data", &[6]),
        ],
    })
}
