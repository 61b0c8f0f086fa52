//! What is drawn of what was recorded.

use super::network::STEPS;
use super::record::{BINS, FIXED, HISTOGRAMS, Quantity, RANGE, bin_column};
use crate::json::{NONE, json};
use crate::labs::{PanelInfo, Payload};
use crate::number::rounded;
use crate::session::RunView;
use serde_json::Value;

/// Eigenvectors side by side.
pub(super) const EIGENVECTORS: usize = 24;

pub(super) const PANELS: &[PanelInfo] = &[
    PanelInfo {
        id: "samples",
        kind: "images",
        title: "Out of the same noise",
        hint: "A and B share no training picture",
        wide: true,
    },
    PanelInfo {
        id: "errors",
        kind: "line",
        title: "The gap closes",
        hint: "network A, σ = 0.3 · drag to travel in time",
        wide: true,
    },
    PanelInfo { id: "few", kind: "line", title: "Copies", hint: "4 pictures each", wide: false },
    PanelInfo { id: "many", kind: "line", title: "Agreement", hint: "your N", wide: false },
    PanelInfo { id: "picture", kind: "images", title: "One noisy picture", hint: "PSNR below", wide: true },
    PanelInfo {
        id: "basis",
        kind: "images",
        title: "The basis it shrinks in",
        hint: "λ below, clean contour on top",
        wide: false,
    },
    PanelInfo { id: "shrinkage", kind: "scatter", title: "Shrinkage", hint: "64 eigenvectors", wide: false },
];

/// PSNR on training and test pictures, with N pictures and with few.
pub(super) fn errors(run: &RunView, n: &str, payload: &mut Payload) -> Value {
    let mut series: Vec<Value> = Vec::new();
    let mut steps = Vec::new();
    for &step in run.history.steps() {
        steps.push(step as f32);
    }
    let mut most = 26.0f32;
    for (pair, count) in [(1, "4"), (0, n)] {
        for (quantity, name, role) in
            [(Quantity::Train, "train, N = ", "train"), (Quantity::Test, "test, N = ", "test")]
        {
            let column = run.history.column(&quantity.column(pair));
            for value in column {
                most = most.max(*value);
            }
            series.push(json!({
                "name": [name, count].concat(),
                "role": role,
                "dashed": pair == 1,
                "x": payload.array(steps.clone()),
                "y": payload.array(column.to_vec()),
            }));
        }
    }
    let rules: Vec<Value> =
        run.history.last(FIXED).iter().map(|level| json!({ "y": level, "label": "cosine basis, test" })).collect();
    json!({
        "x": json!({ "label": "step", "unit": "steps", "min": 0, "max": STEPS }),
        "y": json!({ "label": "PSNR", "unit": "dB", "min": 8, "max": most }),
        "series": series,
        "bands": NONE,
        "rules": rules,
        "timeline": true,
        "note": "More is better; 10 dB is a tenth of the squared error. The noisy pictures have 10.5 dB.",
    })
}

/// Distributions of cosines of a pair, at the last reading up to the step that is shown.
pub(super) fn cosines(run: &RunView, pair: usize, payload: &mut Payload) -> Value {
    let mut series: Vec<Value> = Vec::new();
    let width = (RANGE[1] - RANGE[0]) / BINS as f64;
    for (which, role) in [(1, "chance"), (2, "category-1"), (0, "category-0")] {
        let (mut x, mut y, mut highest) = (Vec::new(), Vec::new(), 0);
        for bin in 0..BINS {
            let share = run.history.before(&bin_column(which, pair, bin), run.step).unwrap_or(0.0);
            for edge in [bin, bin + 1] {
                x.push((RANGE[0] + edge as f64 * width) as f32);
                y.push(share);
            }
            if share > y[highest] {
                highest = 2 * bin;
            }
        }
        series.push(json!({
            "name": HISTOGRAMS[which],
            "role": role,
            "thin": which == 1,
            "filled": true,
            "nameAt": highest,
            "x": payload.array(x),
            "y": payload.array(y),
        }));
    }
    json!({
        "x": json!({ "label": "centred cosine of a sample of A", "min": RANGE[0], "max": RANGE[1] }),
        "y": json!({ "label": "share of 200 samples", "min": 0, "max": 1 }),
        "series": series,
        "bands": NONE,
        "rules": NONE,
        "timeline": false,
    })
}

/// What the samples show, in numbers.
pub(super) fn told(run: &RunView, n: &str) -> String {
    let number = |quantity: Quantity, pair: usize| {
        let reading = run.history.before(&quantity.column(pair), run.step);
        reading.map_or_else(|| "…".to_owned(), |value| rounded(f64::from(value), 2))
    };
    [
        "Median centred cosine of what A and B make of 200 noises. Of the same noise: ",
        &number(Quantity::Same, 1),
        " with N = 4, ",
        &number(Quantity::Same, 0),
        " with N = ",
        n,
        ". Of different ones: ",
        &number(Quantity::Different, 1),
        " and ",
        &number(Quantity::Different, 0),
        ".",
    ]
    .concat()
}
