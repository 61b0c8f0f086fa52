//! Generalisation of diffusion models (Kadkhodaie, Guth, Simoncelli and Mallat, 2023): two denoisers that are trained on
//! pictures which have nothing in common become the same denoiser once there are enough of them, and make the same new
//! picture of the same noise. With few pictures each repeats its own. What they have learnt is shrinkage in a basis that
//! follows the contours of the picture.
//!
//! `data.rs` the pictures, `network.rs` the denoisers and their training, `sampler.rs` what all of them make of noise,
//! `lens.rs` Jacobians and their bases, `wiener.rs` the fixed basis, `record.rs` what is recorded, `claims.rs` what is
//! checked, `panels.rs` and `shown.rs` what is drawn.

mod claims;
mod data;
mod lens;
mod network;
mod panels;
mod record;
mod sampler;
mod shown;
#[cfg(test)]
mod tests;
mod wiener;

use super::{Choice, Claim, Control, Effect, Experiment, Lab, Paper, Part, Payload, RunPlan, Settings};
use crate::graph::Result;
use crate::number::grouped;
use crate::session::View;
use data::Data;
use record::Recorder;
use serde_json::Value;
use shown::Shown;
use std::sync::Arc;

/// The lab as data.
pub const LAB: Lab = Lab {
    slug: "diffusion-generalization",
    title: "Memory or understanding? Two denoisers that never met",
    promise: "Train two networks on piles of pictures with nothing in common. With few pictures each repeats its own pile; \
              with many they dream the same picture from the same noise.",
    paper: Paper {
        authors: "Zahra Kadkhodaie, Florentin Guth, Eero P. Simoncelli, Stéphane Mallat",
        title: "Generalization in diffusion models arises from geometry-adaptive harmonic representations",
        year: 2023,
        url: "https://arxiv.org/abs/2310.02557",
    },
    theme: "Generative models",
    tags: &["diffusion", "denoising", "memorisation", "score", "Jacobian", "harmonic basis"],
    controls: CONTROLS,
    panels: panels::PANELS,
    claims: claims::CLAIMS,
    metric: "test PSNR",
    formats: &[],
    files: &[],
    open,
};

/// Test pictures that can be looked at.
const PICTURES: usize = 40;

const CONTROLS: &[Control] = &[
    Control::choice(
        "pictures",
        "pictures per network N",
        &[
            Choice { value: "2", label: "2" },
            Choice { value: "4", label: "4" },
            Choice { value: "16", label: "16" },
            Choice { value: "64", label: "64" },
            Choice { value: "256", label: "256" },
            Choice { value: "2000", label: "2,000" },
        ],
        "2000",
        "From copies to agreement. The other pair of networks always has 4.",
    ),
    Control {
        effect: Effect::Show,
        ..Control::integer("noise", "noise seed", "", (0.0, 99.0), "0", "All networks start from the same noise.")
    },
    Control {
        effect: Effect::Show,
        ..Control::integer(
            "iterations",
            "steps of the sampler",
            "",
            (0.0, sampler::ITERATIONS as f64),
            "40",
            "Turn it back to watch pictures grow out of the noise.",
        )
    },
    Control {
        effect: Effect::Show,
        ..Control::slider(
            "sigma",
            "noise level",
            "σ",
            (0.05, 1.0),
            "0.3",
            "Of the one noisy picture that is looked at.",
        )
    },
    Control {
        effect: Effect::Show,
        ..Control::choice(
            "network",
            "network looked into",
            &[Choice { value: "many", label: "A, your N" }, Choice { value: "few", label: "A, N = 4" }],
            "many",
            "Whose basis is shown.",
        )
    },
    Control {
        effect: Effect::Show,
        ..Control::integer("k", "eigenvector", "k", (1.0, 40.0), "1", "A walk through the basis, largest λ first.")
    },
    Control {
        effect: Effect::Show,
        panel: true,
        ..Control::integer("picture", "test picture", "", (0.0, PICTURES as f64 - 1.0), "0", "Which one is looked at.")
    },
];

/// The lab at given settings.
struct DiffusionGeneralization {
    runs: Vec<RunPlan>,
    settings: Settings,
    shown: Shown,
    /// N in words.
    n: String,
    /// Whether it is a card, which shows the samples alone.
    card: bool,
}

fn open(settings: &Settings, with_claims: bool) -> Result<Box<dyn Experiment>> {
    let count = settings.number("pictures") as usize;
    let data = Arc::new(Data::draw(settings.seed, count));
    let recorder = Recorder::new(&data)?;
    let shown = Shown::new(&data)?;
    let build = Box::new(move || network::program(&data));
    let run = RunPlan {
        judge: Some(Box::new(recorder)),
        ..RunPlan::new("four denoisers", Part::Main, network::STEPS, reads, build)
    };
    Ok(Box::new(DiffusionGeneralization {
        runs: vec![run],
        settings: settings.clone(),
        shown,
        n: grouped(count as u64),
        card: !with_claims,
    }))
}

/// Often at first, when most is learnt; a reading takes as long as some twenty steps.
fn reads(step: u64) -> bool {
    match step {
        0..=20 => step.is_multiple_of(20),
        21..=200 => step.is_multiple_of(50),
        _ => step.is_multiple_of(100),
    }
}

impl Experiment for DiffusionGeneralization {
    fn runs(&mut self) -> Vec<RunPlan> {
        std::mem::take(&mut self.runs)
    }

    fn retune(&self, _: &str, _: f64) -> Option<Vec<(usize, &'static str, f32)>> {
        None
    }

    fn show(&mut self, settings: &Settings) {
        self.settings = settings.clone();
    }

    fn panel(&mut self, id: &str, view: &View, payload: &mut Payload) -> Value {
        let (main, n) = (view.main(), &self.n[..]);
        match (id, main.picture) {
            ("errors", _) => panels::errors(&main, n, payload),
            ("few", _) => panels::cosines(&main, 1, payload),
            ("many", _) => panels::cosines(&main, 0, payload),
            ("samples", Some(picture)) => {
                self.shown.samples(picture, &self.settings, (n, self.card), panels::told(&main, n), payload)
            }
            ("picture" | "basis" | "shrinkage", Some(picture)) => {
                self.shown.look(id, picture, &self.settings, n, payload)
            }
            _ => Value::Null,
        }
    }

    fn claims(&self, view: &View) -> Vec<Claim> {
        claims::of(&view.main(), &self.n)
    }
}
