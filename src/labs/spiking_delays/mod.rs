//! Learned delays in spiking networks (Hammouamri, Khalfaoui-Hassani and Masquelier, 2023): melodies that differ only in the
//! order of their notes are told apart by when spikes arrive. Delays are the places of taps in a temporal convolution, trained
//! as Gaussians that narrow; beside them stand fixed random delays and none.
//!
//! `task.rs` the melodies, `program.rs` the networks and their training, `network.rs` a trained network at work, `record.rs`
//! what is recorded, `claims.rs` what is checked, `melody.rs` the visitor's own melody, `panels.rs` what is drawn.

mod claims;
mod melody;
mod network;
mod panels;
mod program;
mod record;
mod task;
#[cfg(test)]
mod tests;

use super::{Choice, Claim, Control, Effect, Experiment, Lab, Paper, Part, Payload, RunPlan, Scale, Settings};
use crate::graph::Result;
use crate::session::View;
use panels::Shown;
use program::Plan;
use serde_json::Value;

/// The lab as data.
pub const LAB: Lab = Lab {
    slug: "spiking-delays",
    title: "When a spike arrives matters: learning delays",
    promise: "Ten keys each sound exactly once in an even rhythm; only their order tells eight melodies apart. Watch the network \
              slide its delays until spikes that left at different times land together.",
    paper: Paper {
        authors: "Ilyass Hammouamri, Ismail Khalfaoui-Hassani, Timothée Masquelier",
        title: "Learning Delays in Spiking Neural Networks using Dilated Convolutions with Learnable Spacings",
        year: 2023,
        url: "https://arxiv.org/abs/2306.17670",
    },
    theme: "Spiking networks",
    tags: &["spiking neurons", "delays", "surrogate gradient", "temporal convolution", "time"],
    controls: CONTROLS,
    panels: panels::PANELS,
    claims: claims::CLAIMS,
    metric: record::PROGRESS,
    formats: &[],
    files: &[],
    open,
};

const CONTROLS: &[Control] = &[
    Control {
        effect: Effect::Show,
        ..Control::choice(
            "delays",
            "delays",
            &[
                Choice { value: "none", label: "none" },
                Choice { value: "fixed", label: "fixed random" },
                Choice { value: "learned", label: "learned" },
            ],
            "learned",
            "All three are trained side by side. Whose network do you look at?",
        )
    },
    Control {
        scale: Scale::Log,
        unit: "steps",
        ..Control::slider(
            "tau",
            "memory of a neuron",
            "τ",
            (1.2, 8.0),
            "1.5",
            "The same in all three. Can a long memory replace delays?",
        )
    },
    Control {
        scale: Scale::Log,
        ..Control::integer(
            "hidden",
            "hidden neurons",
            "",
            (4.0, 64.0),
            "8",
            "With 16 and more, random delays catch up.",
        )
    },
    Control {
        unit: "steps",
        ..Control::slider(
            "jitter",
            "jitter",
            "",
            (0.0, 3.0),
            "0.4",
            "How far notes stray. Two notes are 2 steps apart.",
        )
    },
    Control {
        effect: Effect::Show,
        panel: true,
        ..Control::integer(
            "neuron",
            "neuron",
            "",
            (0.0, 64.0),
            "0",
            "Which hidden neuron is shown; 0 for the one excited most.",
        )
    },
    Control {
        effect: Effect::Show,
        panel: true,
        refuse: Some(melody::check),
        ..Control::text("melody", "melody", "1", "A number from 1 to 8, or for each of ten keys its steps in base 36.")
    },
];

/// The lab at given settings.
struct SpikingDelays {
    runs: Vec<RunPlan>,
    shown: Shown,
}

/// Length of the schedule.
const STEPS: u64 = 900;

fn open(settings: &Settings, with_claims: bool) -> Result<Box<dyn Experiment>> {
    let plan = Plan {
        seed: settings.seed,
        hidden: settings.number("hidden") as usize,
        tau: settings.number("tau") as f32,
        jitter: settings.number("jitter") as f32,
        steps: STEPS,
        rounds: true,
    };
    let mut runs = vec![run("your settings", Part::Main, &plan)];
    if with_claims {
        let larger = Plan { hidden: claims::LARGER, steps: claims::LARGER_STEPS, ..plan.clone() };
        runs.push(run(claims::LARGER_NAME, Part::Later, &larger));
    }
    let mut shown = Shown::new(&plan);
    shown.set(settings);
    Ok(Box::new(SpikingDelays { runs, shown }))
}

fn run(name: &str, part: Part, plan: &Plan) -> RunPlan {
    let own = plan.clone();
    RunPlan {
        feed: Some(Box::new(task::Stream::new(plan))),
        judge: Some(Box::new(record::Judge::new(plan))),
        ..RunPlan::new(name, part, plan.steps, reads, Box::new(move || own.program()))
    }
}

fn reads(step: u64) -> bool {
    step.is_multiple_of(if step < 100 { 20 } else { 50 })
}

impl Experiment for SpikingDelays {
    fn runs(&mut self) -> Vec<RunPlan> {
        std::mem::take(&mut self.runs)
    }

    fn retune(&self, _: &str, _: f64) -> Option<Vec<(usize, &'static str, f32)>> {
        None
    }

    fn show(&mut self, settings: &Settings) {
        self.shown.set(settings);
    }

    fn panel(&mut self, id: &str, view: &View, payload: &mut Payload) -> Value {
        self.shown.panel(id, view, payload)
    }

    fn claims(&self, view: &View) -> Vec<Claim> {
        claims::of(view)
    }
}
