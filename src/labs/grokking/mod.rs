//! Grokking as the transition from lazy to rich training (Kumar, Bordelon, Gershman and Pehlevan, 2023):
//! train loss collapses early, test loss first rises, then falls thousands of steps later, and one number,
//! the output scale α, makes the delay grow or vanish with no weight decay anywhere.
//!
//! Symbols: D input dimension, P training points, N hidden units, β target direction, W hidden weights,
//! α laziness, ε alignment. `polynomial.rs` is the paper's own setting (A), `modular.rs` addition modulo
//! p (B), `kernel.rs` the frozen-kernel baseline, `claims.rs` what is checked.

mod claims;
mod kernel;
mod modular;
mod polynomial;

use super::{Choice, Claim, ClaimInfo, Control, Effect, Experiment, Lab, PanelInfo, Paper, Payload, RunPlan};
use super::{Scale, Settings, When};
use crate::graph::Result;
use crate::json::json;
use crate::session::{History, RunView, View};
use serde_json::Value;

/// The lab as data.
pub const LAB: Lab = Lab {
    slug: "grokking",
    title: "Grokking: from lazy to rich",
    promise: "The network memorises in 500 steps and understands in 2,000. One slider decides how long the wait is, \
              and no weight decay is involved.",
    paper: Paper {
        authors: "Tanishq Kumar, Blake Bordelon, Samuel J. Gershman, Cengiz Pehlevan",
        title: "Grokking as the Transition from Lazy to Rich Training Dynamics",
        year: 2023,
        url: "https://arxiv.org/abs/2310.06110",
    },
    theme: "Training dynamics",
    tags: &["generalisation", "feature learning", "kernel", "modular addition"],
    controls: CONTROLS,
    panels: PANELS,
    claims: CLAIMS,
    metric: "test loss",
    formats: &[],
    files: &[],
    open,
};

const POLYNOMIAL: When = When { name: "task", values: &["polynomial"] };
const MODULAR: When = When { name: "task", values: &["modular"] };

const CONTROLS: &[Control] = &[
    Control::choice(
        "task",
        "task",
        &[Choice { value: "polynomial", label: "polynomial" }, Choice { value: "modular", label: "modular addition" }],
        "polynomial",
        "The paper's own regression, or addition modulo 23.",
    ),
    Control {
        scale: Scale::Log,
        when: Some(POLYNOMIAL),
        ..Control::slider(
            "alpha",
            "laziness",
            "α",
            (0.1, 8.0),
            "1",
            "Scale of the output. Larger: lazier, and the wait grows.",
        )
    },
    Control {
        scale: Scale::Log,
        when: Some(POLYNOMIAL),
        ..Control::slider(
            "epsilon",
            "alignment",
            "ε",
            (0.05, 1.0),
            "0.1",
            "How much the first features already fit the target. Small: test loss overshoots first.",
        )
    },
    Control {
        when: Some(POLYNOMIAL),
        ..Control::integer("samples", "samples", "P", (40.0, 800.0), "240", "Too few: it never groks. Many: no gap.")
    },
    Control {
        scale: Scale::Log,
        when: Some(MODULAR),
        ..Control::slider(
            "alpha_modular",
            "laziness",
            "α",
            (0.01, 1.0),
            "0.05",
            "Scale of the output. At 1 the network memorises and never adds.",
        )
    },
    Control {
        effect: Effect::Retune,
        when: Some(MODULAR),
        ..Control::slider(
            "decay",
            "weight decay",
            "λ",
            (0.0, 1.0),
            "0",
            "A second way out of the lazy regime: try α = 0.1 with decay 1.",
        )
    },
];

const PANELS: &[PanelInfo] = &[
    PanelInfo { id: "loss", kind: "line", title: "Loss", hint: "drag to travel in time", wide: true },
    PanelInfo { id: "terms", kind: "area", title: "Where the test loss lives", hint: "three exact terms", wide: false },
    PanelInfo {
        id: "growth", kind: "heatmap", title: "Feature growth M − M₀", hint: "first axis = β", wide: false
    },
    PanelInfo { id: "features", kind: "line", title: "Features take off", hint: "when test loss falls", wide: true },
    PanelInfo { id: "accuracy", kind: "line", title: "Accuracy", hint: "chance is 4.3 %", wide: true },
    PanelInfo {
        id: "table",
        kind: "grid",
        title: "Predicted a + b mod 23",
        hint: "wrong cells are crossed",
        wide: false,
    },
    PanelInfo {
        id: "neurons",
        kind: "multiples",
        title: "What neurons respond to",
        hint: "strongest first",
        wide: false,
    },
];

const CLAIMS: &[ClaimInfo] = &[
    ClaimInfo {
        id: "C1",
        text: "Test loss falls long after train loss, without any regulariser.",
        place: "main setting, polynomial regression",
        measures: "steps until test loss < 0.1, divided by steps until train loss < 0.1; at least 1.8 for each seed, \
                   and at least 2.5 in the median of three or more",
    },
    ClaimInfo {
        id: "C2",
        text: "At first the test loss even rises, while the network fits with the features it was born with.",
        place: "loss curves",
        measures: "largest test loss divided by the first: at least 1.05 at small ε, at most 1.02 at ε = 0.5",
    },
    ClaimInfo {
        id: "C3",
        text: "A larger α delays generalisation.",
        place: "sweep over α",
        measures: "steps until test loss < 0.1 at α/4, α and 4α are strictly ordered (never counts as last), and at \
                   step 5,000 the loss at 4α is still above the loss at α",
    },
    ClaimInfo {
        id: "C4",
        text: "The lazy solution, regression with the initial kernel, does not generalise.",
        place: "kernel regression with the initial kernel",
        measures: "its test loss, solved in closed form, is above 0.45",
    },
    ClaimInfo {
        id: "C5",
        text: "Generalising means that features turn towards the target direction β.",
        place: "feature learning",
        measures: "share of ‖W‖² along β: about 1/D at the start, above 0.6 at step 5,000",
    },
    ClaimInfo {
        id: "C6",
        text: "The data set must be large enough, and not too large.",
        place: "sweep over the number of samples",
        measures: "with P = 80 the test loss at step 5,000 is above 0.5; with P = 600 the ratio of C1 is below 2.2",
    },
    ClaimInfo {
        id: "C7",
        text: "α controls grokking on modular addition too.",
        place: "one-layer transformer in the paper, a two-layer network with quadratic units here",
        measures: "α = 0.05: steps to 95 % test accuracy divided by steps to 95 % train accuracy, at least 5; α = 1: \
                   test accuracy below 15 % after 3,000 steps",
    },
    ClaimInfo {
        id: "C8",
        text: "Weight decay is not necessary.",
        place: "all settings",
        measures: "the runs of C7 have weight decay 0 and meet the same thresholds",
    },
];

/// What both settings can be asked.
trait Setting: Send {
    fn panel(&mut self, id: &str, view: &View, payload: &mut Payload) -> Value;
    fn claims(&self, view: &View) -> Vec<Claim>;
    fn retune(&self, name: &str, value: f64) -> Option<Vec<(usize, &'static str, f32)>>;
}

struct Grokking {
    setting: Box<dyn Setting>,
    runs: Vec<RunPlan>,
}

fn open(settings: &Settings, with_claims: bool) -> Result<Box<dyn Experiment>> {
    let (setting, runs) = match settings.text("task") {
        "modular" => modular::open(settings, with_claims)?,
        _ => polynomial::open(settings, with_claims)?,
    };
    Ok(Box::new(Grokking { setting, runs }))
}

impl Experiment for Grokking {
    fn runs(&mut self) -> Vec<RunPlan> {
        std::mem::take(&mut self.runs)
    }
    fn retune(&self, name: &str, value: f64) -> Option<Vec<(usize, &'static str, f32)>> {
        self.setting.retune(name, value)
    }
    fn panel(&mut self, id: &str, view: &View, payload: &mut Payload) -> Value {
        self.setting.panel(id, view, payload)
    }
    fn claims(&self, view: &View) -> Vec<Claim> {
        self.setting.claims(view)
    }
}

/// Test loss counts as low below this (share of the mean of y²).
const LOW: f32 = 0.1;
/// Thresholds are looked for every so many steps.
const EVERY: u64 = 50;

/// First step at which a loss is low.
fn first_low(history: &History, name: &str) -> Option<u64> {
    history.first(name, EVERY, |loss| loss < LOW)
}

/// A curve for a line panel. The axis is logarithmic, so step 0 is shown in the place of step 1.
fn curve(run: &RunView, column: &str, name: &str, role: &str, thin: bool, payload: &mut Payload) -> Value {
    let readings = run.history.steps().iter().zip(run.history.column(column)).filter(|(step, _)| **step != 1);
    let (steps, values): (Vec<f32>, Vec<f32>) = readings.map(|(&step, &value)| (step.max(1) as f32, value)).unzip();
    json!({
        "name": name,
        "role": role,
        "thin": thin,
        "x": payload.array(steps),
        "y": payload.array(values),
    })
}

/// The axis of steps.
fn step_axis(last: u64) -> Value {
    json!({ "label": "step", "unit": "steps", "scale": "log", "min": 1, "max": last })
}
