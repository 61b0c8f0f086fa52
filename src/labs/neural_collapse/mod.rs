//! Neural collapse in deep linear networks (Dang, Tran, Osher, Tran-The, Ho and Nguyen, 2023): features that are free to
//! go anywhere fall onto one point per class; the points form a frame of right angles, or a simplex with a bias or
//! cross-entropy; rare classes get longer features, and the rarest none.
//!
//! Symbols: K classes, d dimensions of a feature, N samples of which class k has n_k, M matrices W_1 … W_M above the
//! features, λ weight decay, μ_k class means, p_k output on the true class. `model.rs` is what is trained, `geometry.rs`
//! measures it, `theory.rs` says where the global minimum lies, `claims.rs` what is checked, `panels.rs` what is drawn.

mod claims;
mod geometry;
mod model;
mod panels;
#[cfg(test)]
mod tests;
mod theory;

use super::{Choice, Claim, ClaimInfo, Control, Effect, Experiment, Lab, PanelInfo, Paper, Part, Payload, RunPlan};
use super::{Scale, Settings};
use crate::graph::Result;
use crate::session::View;
use model::{CLASSES, Loss, STEPS, Variant};
use panels::Pictures;
use serde_json::Value;

/// The lab as data.
pub const LAB: Lab = Lab {
    slug: "neural-collapse",
    title: "Neural collapse: features snap to a frame",
    promise: "75 points in 12 dimensions fall onto four arrows at exact right angles. Make a class rare, and its arrow \
              stretches by a formula; rarer still, and the class vanishes.",
    paper: Paper {
        authors: "Hien Dang, Tho Tran, Stanley Osher, Hung Tran-The, Nhat Ho, Tan Nguyen",
        title: "Neural Collapse in Deep Linear Networks: From Balanced to Imbalanced Data",
        year: 2023,
        url: "https://arxiv.org/abs/2301.00437",
    },
    theme: "Representations",
    tags: &["geometry", "weight decay", "imbalanced data", "deep linear networks"],
    controls: CONTROLS,
    panels: PANELS,
    claims: CLAIMS,
    metric: "NC1",
    formats: &[],
    files: &[],
    open,
};

/// Controls that say how often each class occurs.
const COUNTS: [&str; CLASSES] = ["a", "b", "c", "d"];

const CONTROLS: &[Control] = &[
    Control {
        presets: &[
            Choice { value: "a=20&b=20&c=20&d=20", label: "balanced" },
            Choice { value: "a=40&b=20&c=10&d=5", label: "uneven" },
            Choice { value: "a=40&b=20&c=10&d=1", label: "extreme" },
        ],
        ..count("a", "samples of A", "40", "Each sample is a point that may go anywhere.")
    },
    count("b", "samples of B", "20", "Equal counts make equal arrows."),
    count("c", "samples of C", "10", "Half as many samples: a longer arrow."),
    count("d", "samples of D", "5", "The rarer a class, the longer its arrow. Drag one down to 1."),
    Control::choice(
        "loss",
        "loss",
        &[
            Choice { value: "mse", label: "MSE" },
            Choice { value: "bias", label: "+ bias" },
            Choice { value: "ce", label: "CE" },
        ],
        "mse",
        "MSE: right angles. With a bias, or cross-entropy, of balanced classes: a simplex.",
    ),
    Control::integer(
        "depth",
        "matrices",
        "M",
        (1.0, 5.0),
        "1",
        "How many matrices stand above the features, without anything between them.",
    ),
    Control {
        scale: Scale::Log,
        ..Control::slider(
            "decay",
            "weight decay",
            "λ",
            (1e-4, 0.1),
            "0.002",
            "Pulls features and matrices towards 0. Raise it until a class dies.",
        )
    },
    Control {
        effect: Effect::Show,
        ..Control::choice(
            "shown",
            "drawn without",
            &[
                Choice { value: "a", label: "A" },
                Choice { value: "b", label: "B" },
                Choice { value: "c", label: "C" },
                Choice { value: "d", label: "D" },
            ],
            "c",
            "Four right angles do not fit in a picture of three dimensions: it is the space of the other three classes.",
        )
    },
];

const fn count(name: &'static str, label: &'static str, default: &'static str, help: &'static str) -> Control {
    Control::integer(name, label, "", (1.0, 60.0), default, help)
}

const PANELS: &[PanelInfo] = &[
    PanelInfo {
        id: "space",
        kind: "space",
        title: "Features in three of their dimensions",
        hint: "drag to turn",
        wide: true,
    },
    PanelInfo {
        id: "cosines",
        kind: "heatmap",
        title: "Cosines of the class means",
        hint: "0 is a right angle",
        wide: false,
    },
    PanelInfo { id: "lengths", kind: "bars", title: "Length of each class mean", hint: "rare is long", wide: false },
    PanelInfo { id: "collapse", kind: "line", title: "Collapse", hint: "drag to travel in time", wide: true },
    PanelInfo {
        id: "survival",
        kind: "line",
        title: "Which classes survive weight decay",
        hint: "curves: theory, dots: this run",
        wide: true,
    },
];

const CLAIMS: &[ClaimInfo] = &[
    ClaimInfo {
        id: "C1",
        text: "Features of one class become identical.",
        place: "NC1, theorems on deep linear heads with balanced classes",
        measures: "spread within the classes divided by the mean squared length of the class means, below 1e-8 after 6,000 \
                   steps with 20 samples a class, for every loss, with one matrix and with three",
    },
    ClaimInfo {
        id: "C2",
        text: "With MSE and no bias, the class means of balanced data stand at right angles.",
        place: "NC2, theorem on MSE without bias",
        measures: "largest |cosine| between class means, below 0.01 for M = 1 and M = 3",
    },
    ClaimInfo {
        id: "C3",
        text: "With a bias they form a simplex: every two of them 109.5° apart.",
        place: "NC2, theorem on MSE with a last bias that does not decay",
        measures: "all cosines of the class means within 0.01 of −1/3, for M = 1 and M = 3",
    },
    ClaimInfo {
        id: "C4",
        text: "Cross-entropy leads to the same simplex.",
        place: "NC2, theorem on cross-entropy",
        measures: "all cosines of the class means within 0.01 of −1/3, for M = 1",
    },
    ClaimInfo {
        id: "C5",
        text: "Each row of the classifier points along the mean of its class.",
        place: "NC3, all theorems",
        measures: "least cosine between a row of the product of the matrices and its class mean, above 0.999 in every run \
                   of the other claims at your weight decay",
    },
    ClaimInfo {
        id: "C6",
        text: "With imbalanced classes the angles stay right.",
        place: "theorem on imbalanced data: general orthogonal frame",
        measures: "largest |cosine| between class means, below 0.01 at your counts with MSE, for M = 1 and M = 3",
    },
    ClaimInfo {
        id: "C7",
        text: "How well a class is fitted follows from how often it occurs.",
        place: "theorem on imbalanced data, in the form of one number for each class",
        measures: "output p on the true class within 0.005 of the minimum of J_k, at your counts with MSE, for M = 1 and M = 3",
    },
    ClaimInfo {
        id: "C8",
        text: "The rarer the class, the longer its features.",
        place: "lengths in the theorem on imbalanced data",
        measures: "length of the class mean: longer for each rarer class, and within 0.01 of the formula, at your counts \
                   with MSE, for M = 1 and M = 3",
    },
    ClaimInfo {
        id: "C9",
        text: "A class that is rare enough vanishes: minority collapse.",
        place: "theorem on imbalanced data: p = 0 exactly when n ≤ N² λ², for M = 1",
        measures: "output of the class of one sample among 71, with MSE and your number of matrices: above 0.02 at \
                   λ = 0.0135, below 0.001 at λ = 0.015; for M = 1 the threshold is 1/71 = 0.0141",
    },
];

struct NeuralCollapse {
    runs: Vec<RunPlan>,
    /// Settings of each run, in the order of the runs.
    variants: Vec<Variant>,
    pictures: Pictures,
}

fn open(settings: &Settings, with_claims: bool) -> Result<Box<dyn Experiment>> {
    let main = Variant {
        counts: COUNTS.map(|name| settings.number(name) as usize),
        depth: settings.number("depth") as usize,
        loss: match settings.text("loss") {
            "bias" => Loss::SquareWithBias,
            "ce" => Loss::CrossEntropy,
            _ => Loss::Square,
        },
        decay: settings.number("decay"),
    };
    let mut variants = vec![main];
    if with_claims {
        for variant in claims::variants(&main) {
            if !variants.contains(&variant) {
                variants.push(variant);
            }
        }
    }
    let seed = settings.seed;
    let run = |(index, &variant): (usize, &Variant)| {
        let (part, reads): (Part, fn(u64) -> bool) =
            if index == 0 { (Part::Main, reads) } else { (Part::Later, never) };
        let plan = RunPlan::new(variant.name(), part, STEPS, reads, Box::new(move || variant.program(seed)));
        RunPlan { judge: Some(Box::new(variant)), pace: Some(pace), ..plan }
    };
    let runs = variants.iter().enumerate().map(run).collect();
    Ok(Box::new(NeuralCollapse { runs, variants, pictures: Pictures::new(main, left_out(settings)) }))
}

/// Position of the class that the picture leaves out.
fn left_out(settings: &Settings) -> usize {
    let name = settings.text("shown");
    COUNTS.iter().position(|known| *known == name).unwrap_or(0)
}

/// Often at first, when most happens.
fn reads(step: u64) -> bool {
    let every = match step {
        0..=50 => 1,
        51..=400 => 5,
        401..=1500 => 20,
        _ => 100,
    };
    step.is_multiple_of(every)
}

/// Only the end, which is always read.
fn never(_: u64) -> bool {
    false
}

/// A step takes microseconds, so the run is slowed down for the eye: it takes about as long from 10 to 100 steps as from
/// 100 to 1,000.
fn pace(step: u64) -> f64 {
    10.0 + 0.55 * step as f64
}

impl Experiment for NeuralCollapse {
    fn runs(&mut self) -> Vec<RunPlan> {
        std::mem::take(&mut self.runs)
    }

    fn retune(&self, _: &str, _: f64) -> Option<Vec<(usize, &'static str, f32)>> {
        None
    }

    fn show(&mut self, settings: &Settings) {
        self.pictures.leave_out(left_out(settings));
    }

    fn panel(&mut self, id: &str, view: &View, payload: &mut Payload) -> Value {
        self.pictures.panel(id, view, payload)
    }

    fn claims(&self, view: &View) -> Vec<Claim> {
        claims::of(&self.variants, view)
    }
}
