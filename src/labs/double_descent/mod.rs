//! Double descent and optimisation (Liu and Flanigan, 2023): the peak of the test error where a model has as many features as
//! training samples shows if, and only if, the optimiser comes low enough on the train loss.
//!
//! Symbols: n training images, m random features, Φ their values, T steps of gradient descent, κ the condition number of Φ.
//! `data.rs` draws images, labels and features, `surface.rs` is gradient descent in closed form for every m and T, `loops.rs`
//! has real training loops, `claims.rs` what is checked and the loops behind it, `panels.rs` and `loop_panels.rs`
//! what is drawn.

mod claims;
mod data;
mod loop_panels;
mod loops;
mod panels;
mod surface;
#[cfg(test)]
mod tests;

use super::{
    Choice, Claim, Control, Effect, Experiment, Lab, PanelInfo, Paper, Part, Payload, RunPlan, Scale, Settings, When,
    work,
};
use crate::data::digits::{self, Digits};
use crate::graph::Result;
use crate::session::View;
use claims::{CLAIMS, SETTINGS};
use data::{Problem, Sample};
use loops::{Lineup, Loop, Optimiser};
use serde_json::Value;
use std::sync::{Arc, OnceLock};
use surface::Surface;

/// The lab as data.
pub const LAB: Lab = Lab {
    slug: "double-descent",
    title: "Double descent, if your optimiser is good enough",
    promise: "Watch the famous spike of the test error, where a model has as many features as samples, grow out of a flat curve. \
              It only exists for an optimiser that reaches a low enough train loss.",
    paper: Paper {
        authors: "Chris Yuhao Liu, Jeffrey Flanigan",
        title: "Understanding the Role of Optimization in Double Descent",
        year: 2023,
        url: "https://arxiv.org/abs/2312.03951",
    },
    theme: "Training dynamics",
    tags: &["generalisation", "random features", "conditioning", "momentum", "Adam", "batch size", "normalisation"],
    controls: CONTROLS,
    panels: PANELS,
    claims: CLAIMS,
    metric: surface::NOW[0],
    formats: &[],
    files: &[digits::FILE],
    open,
};

/// All optimisers that take steps.
const STEPPING: When = When { name: "optimiser", values: &["gd", "momentum", "adam", "sgd"] };
const STOCHASTIC: When = When { name: "optimiser", values: &["sgd"] };
const DEFAULT_STEPS: &str = "10000";

const CONTROLS: &[Control] = &[
    Control {
        scale: Scale::Log,
        effect: Effect::Show,
        when: Some(STEPPING),
        ..Control::slider(
            "steps",
            "training steps",
            "T",
            (100.0, 1e7),
            DEFAULT_STEPS,
            "Drag it: the spike at m = n grows from nothing.",
        )
    },
    Control {
        effect: Effect::Show,
        ..Control::choice(
            "size",
            "model examined",
            &[
                Choice { value: "25", label: "m = 25 (n/8)" },
                Choice { value: "50", label: "m = 50" },
                Choice { value: "100", label: "m = 100 (n/2)" },
                Choice { value: "150", label: "m = 150" },
                Choice { value: "180", label: "m = 180" },
                Choice { value: "200", label: "m = 200 (n)" },
                Choice { value: "220", label: "m = 220" },
                Choice { value: "250", label: "m = 250" },
                Choice { value: "300", label: "m = 300" },
                Choice { value: "400", label: "m = 400 (2n)" },
                Choice { value: "800", label: "m = 800 (4n)" },
                Choice { value: "1600", label: "m = 1600 (8n)" },
            ],
            "200",
            "Whose singular values are drawn.",
        )
    },
    Control::choice(
        "optimiser",
        "optimiser",
        &[
            Choice { value: "gd", label: "gradient descent" },
            Choice { value: "momentum", label: "momentum 0.99" },
            Choice { value: "adam", label: "Adam" },
            Choice { value: "sgd", label: "SGD" },
            Choice { value: "exact", label: "exact solution" },
        ],
        "gd",
        "Trains the seven models of “your optimiser”. Exact: T = ∞ everywhere.",
    ),
    Control {
        scale: Scale::Log,
        effect: Effect::Retune,
        when: Some(STEPPING),
        ..Control::slider(
            "rate",
            "learning rate",
            "η",
            (0.01, 1.9),
            "1",
            "Your optimiser's, in units of 1/λmax; for Adam, of 0.01.",
        )
    },
    Control {
        when: Some(STOCHASTIC),
        ..Control::choice(
            "batch",
            "batch size",
            &[
                Choice { value: "1", label: "1" },
                Choice { value: "5", label: "5" },
                Choice { value: "25", label: "25" },
                Choice { value: "100", label: "n" },
            ],
            "100",
            "Small batches take more steps in an epoch: a sharper peak. Lower the rate to 0.1 for them.",
        )
    },
    Control::toggle(
        "standardise",
        "standardise features",
        "0",
        "Better conditioning, usually good advice: here a taller peak.",
    ),
    Control {
        unit: "%",
        step: 1.0,
        ..Control::slider("noise", "label noise", "", (0.0, 40.0), "10", "Training labels that are replaced at random.")
    },
];

const PANELS: &[PanelInfo] = &[
    PanelInfo {
        id: "curves",
        kind: "line",
        title: "Error against model size",
        hint: "n = 200 · T steps of gradient descent, exactly",
        wide: true,
    },
    PanelInfo {
        id: "surface",
        kind: "heatmap",
        title: "Test error, every m and T",
        hint: "a spire on the line m = n",
        wide: false,
    },
    PanelInfo {
        id: "spectrum",
        kind: "columns",
        title: "What T steps have fitted",
        hint: "singular values of Φ",
        wide: false,
    },
    PanelInfo {
        id: "digits",
        kind: "images",
        title: "Five test digits",
        hint: "what the model m = n says",
        wide: false,
    },
    PanelInfo {
        id: "scores",
        kind: "heatmap",
        title: "Their scores",
        hint: "the label should have 1, all else 0",
        wide: false,
    },
    PanelInfo {
        id: "loops",
        kind: "line",
        title: "Your optimiser, and others",
        hint: "n = 100 · real loops, equal epochs",
        wide: true,
    },
    PanelInfo {
        id: "explained",
        kind: "scatter",
        title: "One variable explains all",
        hint: "a dot for each optimiser",
        wide: false,
    },
    PanelInfo {
        id: "epochs",
        kind: "line",
        title: "Your optimiser over time",
        hint: "drag to travel in time",
        wide: false,
    },
];

/// The lab at given settings.
struct DoubleDescent {
    settings: Settings,
    /// Whether the visitor has chosen T, so that the pictures no longer follow the sweep.
    held: bool,
    sample: Arc<Sample>,
    runs: Vec<RunPlan>,
}

fn open(settings: &Settings, with_claims: bool) -> Result<Box<dyn Experiment>> {
    let sample = Sample::draw(Digits::all()?, settings.seed, settings.number("noise") as f32 / 100.0)?;
    let held = settings.text("steps") != DEFAULT_STEPS;
    let sample = Arc::new(sample);
    let runs = runs(&sample, settings, with_claims);
    Ok(Box::new(DoubleDescent { settings: settings.clone(), held, sample, runs }))
}

/// Models of the loops with raw and with standardised features, made when they are first needed.
type Lineups = Arc<[OnceLock<Arc<Lineup>>; 2]>;

fn runs(sample: &Arc<Sample>, settings: &Settings, with_claims: bool) -> Vec<RunPlan> {
    let seed = settings.seed;
    let standardise = settings.number("standardise") == 1.0;
    let lineups = Lineups::default();
    let lineup = |standardise: bool| {
        let (sample, lineups) = (sample.clone(), lineups.clone());
        move || {
            let make = || {
                let problem = Problem::new(&sample, loops::SAMPLES, loops::BIAS, standardise);
                Arc::new(Lineup::new(&problem, seed))
            };
            lineups[usize::from(standardise)].get_or_init(make).clone()
        }
    };
    let problem = Problem::new(sample, surface::SAMPLES, 0.0, standardise);
    let surface = Box::new(Surface::new(Arc::new(problem)));
    let mut runs = vec![work::run("gradient descent", Part::Main, surface::STEPS, surface::reads, surface)];

    let optimiser = match settings.text("optimiser") {
        "momentum" => Optimiser::Momentum,
        "adam" => Optimiser::Adam,
        _ => Optimiser::Descent,
    };
    let stochastic = settings.text("optimiser") == "sgd";
    let batch = if stochastic { settings.number("batch") as usize } else { loops::SAMPLES };
    let yours = Loop { optimiser, rate: settings.number("rate") as f32, batch };
    let train = |name: &str, part: Part, epochs: u64, reads: fn(u64) -> bool, of: Loop, standardise: bool| {
        let lineup = lineup(standardise);
        RunPlan::new(name, part, epochs, reads, Box::new(move || loops::program(&lineup(), of)))
    };
    runs.push(match settings.text("optimiser") {
        "exact" => {
            let exact = Box::new(loops::Exact::new(lineup(standardise)()));
            work::run(loop_panels::YOURS, Part::Beside, loops::SIZES.len() as u64, |_| true, exact)
        }
        _ => train(loop_panels::YOURS, Part::Beside, loops::EPOCHS, reads, yours, standardise),
    });
    if with_claims {
        let seldom: fn(u64) -> bool = |epoch| epoch.is_multiple_of(250) && epoch > 0;
        let later =
            SETTINGS.iter().map(|one| train(one.name, Part::Later, one.epochs, seldom, one.of, one.standardise));
        runs.extend(later);
    }
    runs
}

/// Often at first, when much happens; a reading takes as long as a few epochs.
fn reads(epoch: u64) -> bool {
    match epoch {
        0 => false,
        1..=20 => epoch.is_multiple_of(2),
        21..=200 => epoch.is_multiple_of(10),
        _ => epoch.is_multiple_of(25),
    }
}

impl Experiment for DoubleDescent {
    fn runs(&mut self) -> Vec<RunPlan> {
        std::mem::take(&mut self.runs)
    }

    fn retune(&self, name: &str, value: f64) -> Option<Vec<(usize, &'static str, f32)>> {
        let steps = self.settings.text("optimiser") != "exact";
        (name == "rate" && steps).then(|| vec![(1, "rate", value as f32)])
    }

    fn show(&mut self, settings: &Settings) {
        self.held |= settings.text("steps") != self.settings.text("steps");
        self.settings = settings.clone();
    }

    fn panel(&mut self, id: &str, view: &View, payload: &mut Payload) -> Value {
        let about = panels::About { settings: &self.settings, held: self.held, sample: &self.sample };
        panels::of(id, &about, view, payload)
    }

    fn claims(&self, view: &View) -> Vec<Claim> {
        claims::of(view)
    }
}
