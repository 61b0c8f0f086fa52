//! Outliers with opposing signals (Rosenfeld and Risteski, 2023): two small groups of samples share one loud feature and want
//! opposite things of it. Gradient descent balances them in a valley that grows ever steeper, until it overshoots: the groups'
//! losses swing against each other, the sharpness stands at 2/η, and the loss spikes.
//!
//! `theory.rs` is the two-layer linear model (part A), `network.rs` a real network on digits with planted backgrounds (part B),
//! `record.rs` what both record, `claims.rs` what is checked, `panels.rs` what is drawn.

mod claims;
mod network;
mod panels;
mod record;
#[cfg(test)]
mod tests;
mod theory;

use super::{Choice, Claim, Control, Effect, Experiment, Lab, Paper, Part, Payload, RunPlan, Settings, When};
use crate::data::digits;
use crate::graph::Result;
use crate::session::View;
use network::Optimiser;
use record::REMOVED;
use serde_json::Value;
use std::sync::Arc;
use theory::Moments;

/// The lab as data.
pub const LAB: Lab = Lab {
    slug: "opposing-signals",
    title: "A few loud outliers steer the whole training run",
    promise: "Two tiny groups share a loud feature and carry different labels. Their losses swing in opposite phase, the curvature \
              climbs to 2/η, the loss spikes. Take the few away, and training turns glassy smooth.",
    paper: Paper {
        authors: "Elan Rosenfeld, Andrej Risteski",
        title: "Outliers with Opposing Signals Have an Outsized Effect on Neural Network Optimization",
        year: 2023,
        url: "https://arxiv.org/abs/2311.04163",
    },
    theme: "Training dynamics",
    tags: &["edge of stability", "sharpness", "outliers", "gradient descent", "Adam", "digits"],
    controls: CONTROLS,
    panels: panels::PANELS,
    claims: claims::CLAIMS,
    metric: record::LOSS,
    formats: &[],
    files: &[digits::FILE],
    open,
};

const OF_THEORY: When = When { name: "part", values: &["theory"] };
const OF_NETWORK: When = When { name: "part", values: &["network"] };

const CONTROLS: &[Control] = &[
    Control::choice(
        "part",
        "experiment",
        &[Choice { value: "theory", label: "linear theory" }, Choice { value: "network", label: "real network" }],
        "theory",
        "22 weights that can be understood, or digits with planted backgrounds.",
    ),
    Control {
        effect: Effect::Retune,
        ..Control::toggle(
            "remove",
            "remove outliers now",
            "0",
            "At any step, also one that you went back to: what swung stops at once.",
        )
    },
    Control {
        when: Some(OF_THEORY),
        ..Control::slider(
            "rate",
            "step size",
            "η",
            (0.01, 0.15),
            "0.06",
            "Small: it never swings. Large: earlier and wilder spikes.",
        )
    },
    Control {
        when: Some(OF_NETWORK),
        ..Control::slider(
            "descent",
            "step size",
            "η",
            (0.05, 0.8),
            "0.5",
            "Of gradient descent. Small: it never swings. Large: wilder spikes.",
        )
    },
    Control {
        when: Some(OF_NETWORK),
        ..Control::slider(
            "strength",
            "background strength",
            "",
            (0.0, 25.0),
            "20",
            "Norm of what is added to the outliers. The curvature follows its square.",
        )
    },
    Control {
        when: Some(OF_NETWORK),
        ..Control::integer(
            "outliers",
            "outliers per group",
            "",
            (0.0, 30.0),
            "12",
            "Images of a “3”, and as many of an “8”, that get the background.",
        )
    },
    Control {
        when: Some(OF_NETWORK),
        ..Control::choice(
            "optimiser",
            "optimiser",
            &[Choice { value: "descent", label: "GD" }, Choice { value: "adam", label: "Adam" }],
            "descent",
            "Adam in the same landscape: sharper still, and no spike.",
        )
    },
];

/// Names of the runs.
const THEORY: &str = "linear theory";
const THEORY_WITHOUT: &str = "linear theory without outliers";
const LARGE: &str = "linear theory, η = 0.1";
const SMALL: &str = "linear theory, η = 0.03";
const NETWORK: &str = "networks, gradient descent";
const NETWORK_WITHOUT: &str = "networks without outliers";
const ADAM: &str = "networks, Adam";

/// The lab at given settings.
struct OpposingSignals {
    runs: Vec<RunPlan>,
    /// Step size of the linear theory, and of the networks.
    rates: [f64; 2],
    /// What the visitor watches.
    shown: Shown,
}

/// The part that the main run belongs to.
enum Shown {
    Theory(Moments),
    Network(Arc<network::Data>),
}

fn open(settings: &Settings, with_claims: bool) -> Result<Box<dyn Experiment>> {
    let rates = ["rate", "descent"].map(|name| settings.number(name));
    let is_theory = settings.text("part") == "theory";
    let data = Arc::new(theory::Data::draw(settings.seed));
    let moments = Moments::of(&data);
    let mut of_theory = theories(settings, &data, &moments);
    let images = network::Data::draw(settings.seed, settings.number("outliers") as usize, settings.number("strength"))?;
    let mut of_network = networks(settings, &images);
    // The main run stands in front.
    let (mut runs, shown) = if is_theory {
        of_theory.append(&mut of_network);
        (of_theory, Shown::Theory(moments))
    } else {
        of_network.append(&mut of_theory);
        (of_network, Shown::Network(images))
    };
    if !with_claims {
        runs.retain(|run| run.part != Part::Later);
    }
    Ok(Box::new(OpposingSignals { runs, rates, shown }))
}

/// The linear theory: the visitor's run with its baseline beside it, or all for claims.
fn theories(settings: &Settings, data: &Arc<theory::Data>, moments: &Moments) -> Vec<RunPlan> {
    let (rate, shown) = (settings.number("rate"), settings.text("part") == "theory");
    let mut runs = Vec::with_capacity(4);
    for (name, rate, without, part) in [
        (THEORY, rate, false, Part::Main),
        (THEORY_WITHOUT, rate, true, Part::Beside),
        (LARGE, 0.1, false, Part::Later),
        (SMALL, 0.03, false, Part::Later),
    ] {
        let judge = theory::Judge { moments: (part != Part::Later).then(|| moments.clone()) };
        let part = if shown { part } else { Part::Later };
        // What is removed by hand is removed from the main run.
        let without = without || part == Part::Main && settings.number("remove") == 1.0;
        let data = data.clone();
        let build = Box::new(move || theory::program(&data, rate as f32, without));
        let plan = RunPlan::new(name, part, theory::STEPS, every, build);
        runs.push(RunPlan { judge: Some(Box::new(judge)), pace: Some(|step| 30.0 + 0.25 * step as f64), ..plan });
    }
    runs
}

/// The networks: by the visitor's optimiser, beside them those without outliers, then by the other optimiser; or all for claims.
fn networks(settings: &Settings, data: &Arc<network::Data>) -> Vec<RunPlan> {
    let (rate, shown) = (settings.number("descent") as f32, settings.text("part") == "network");
    let mut order = [
        (NETWORK, Optimiser::Descent, false),
        (NETWORK_WITHOUT, Optimiser::Descent, true),
        (ADAM, Optimiser::Adam, false),
    ];
    if settings.text("optimiser") == "adam" {
        order.swap(0, 2);
    }
    let mut runs = Vec::with_capacity(3);
    for (at, (name, optimiser, without)) in order.into_iter().enumerate() {
        let part = match (shown, at) {
            (true, 0) => Part::Main,
            (true, 1) => Part::Beside,
            _ => Part::Later,
        };
        let without = without || part == Part::Main && settings.number("remove") == 1.0;
        let data = data.clone();
        let build = Box::new(move || network::program(&data, optimiser, rate, without));
        let plan = RunPlan::new(name, part, network::STEPS, every, build);
        runs.push(RunPlan {
            feed: Some(Box::new(network::Looks)),
            judge: Some(Box::new(network::Judge)),
            pace: Some(|_| 40.0),
            ..plan
        });
    }
    runs
}

/// Groups take turns from one step to the next, so that every step counts.
fn every(_: u64) -> bool {
    true
}

impl Experiment for OpposingSignals {
    fn runs(&mut self) -> Vec<RunPlan> {
        std::mem::take(&mut self.runs)
    }

    fn retune(&self, name: &str, value: f64) -> Option<Vec<(usize, &'static str, f32)>> {
        (name == "remove").then(|| vec![(0, REMOVED, value as f32)])
    }

    fn panel(&mut self, id: &str, view: &View, payload: &mut Payload) -> Value {
        match &self.shown {
            Shown::Theory(moments) => panels::of_theory(id, moments, self.rates[0], view, payload),
            Shown::Network(data) => panels::of_network(id, data, self.rates[1], view, payload),
        }
    }

    fn claims(&self, view: &View) -> Vec<Claim> {
        claims::of(view, self.rates[0])
    }
}
