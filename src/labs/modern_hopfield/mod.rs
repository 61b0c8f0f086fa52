//! Modern Hopfield networks (Ramsauer and others, 2020): a memory of continuous patterns whose update is the attention of
//! transformers. It recalls in one step, holds exponentially many patterns, and melts into averages as β falls.
//!
//! `memory.rs` is the update, its energy and a machine that retrieves; `images.rs` the stored digits and the classical
//! network; `recall.rs` the sweep over β and C1; `capacity.rs` (C2), `error_law.rs` (C3), `clusters.rs` (C4), `attention.rs`
//! (C5) and `bags.rs` (C6) the other experiments; `drawing.rs` the visitor's own cue; `claims.rs` what is checked,
//! `panels.rs` and `shown.rs` what is drawn.

mod attention;
mod bags;
mod capacity;
mod claims;
mod clusters;
mod controls;
mod drawing;
mod error_law;
mod images;
mod memory;
mod panels;
mod recall;
mod shown;
#[cfg(test)]
mod tests;

use super::{Claim, Experiment, Lab, Paper, Payload, RunPlan, Settings};
use crate::data::digits;
use crate::graph::Result;
use crate::session::View;
use bags::{Bags, Pooling};
use images::Images;
use serde_json::Value;
use shown::Shown;
use std::sync::Arc;

/// The lab as data.
pub const LAB: Lab = Lab {
    slug: "modern-hopfield",
    title: "Modern Hopfield memory: one glance is enough",
    promise: "Hide a quarter of a handwritten digit: one single update restores it among a hundred, where the classical \
              network recalls none. Turn one knob, and the memory melts into averages.",
    paper: Paper {
        authors: "Hubert Ramsauer, Bernhard Schäfl, Johannes Lehner, Philipp Seidl, Michael Widrich, … Sepp Hochreiter",
        title: "Hopfield Networks is All You Need",
        year: 2020,
        url: "https://arxiv.org/abs/2008.02217",
    },
    theme: "Memory",
    tags: &["associative memory", "attention", "energy", "softmax", "multiple instances", "digits"],
    controls: controls::CONTROLS,
    panels: controls::PANELS,
    claims: claims::CLAIMS,
    metric: "restored share",
    formats: &[],
    files: &[digits::FILE],
    open,
};

/// The lab at given settings.
struct ModernHopfield {
    runs: Vec<RunPlan>,
    settings: Settings,
    shown: Shown,
    bags: Arc<Bags>,
    /// Whether pictures follow the sweep until it has come to the visitor's β; on a card, where nobody turns it.
    follows: bool,
}

fn open(settings: &Settings, with_claims: bool) -> Result<Box<dyn Experiment>> {
    let (stored, hidden) = (settings.number("stored") as usize, settings.number("hidden") as usize);
    let seed = settings.seed;
    let images = Arc::new(Images::draw(stored, seed)?);
    let bags = Bags::new(seed)?;
    let steps = if settings.text("bags") == "2000" { 2000 } else { bags::COMPARED };
    let mut runs = vec![
        recall::sweep(&images, hidden),
        clusters::run(seed, clusters::SPREAD),
        bags::run(&bags, seed, Pooling::Learned(1.0), steps),
        bags::run(&bags, seed, Pooling::Mean, steps),
    ];
    if with_claims {
        runs.push(recall::comparison(&images, hidden));
        runs.push(attention::run(seed, 1.0, 1.0));
        runs.push(error_law::run(seed, 1.0));
        runs.push(capacity::run(seed, 1.0));
    }
    let shown = Shown::new(images, hidden)?;
    Ok(Box::new(ModernHopfield { runs, settings: settings.clone(), shown, bags, follows: !with_claims }))
}

impl Experiment for ModernHopfield {
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
        let main = view.main();
        let turned = self.settings.number("beta");
        let beta = if self.follows && !main.finished { recall::beta_at(main.step).min(turned) } else { turned };
        match id {
            "recall" | "weights" | "plane" | "sketch" => {
                self.shown.settle(&self.settings, beta);
                self.shown.panel(id, payload)
            }
            "regimes" => panels::regimes(view, beta, payload),
            "capacity" => panels::capacity(view, payload),
            "errors" => panels::errors(view, payload),
            "accuracy" => panels::accuracy(view, payload),
            "bag" => panels::bag(view, &self.bags, self.settings.number("bag") as usize, payload),
            "twins" => panels::twins(),
            _ => Value::Null,
        }
    }

    fn claims(&self, view: &View) -> Vec<Claim> {
        claims::of(view)
    }
}
