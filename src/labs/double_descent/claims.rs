//! What the lab checks: of the surface, and of training loops that differ in one thing at a time.

use super::loops::{self, BATCH_EPOCHS, EPOCHS, Loop, Optimiser, SAMPLES};
use super::surface::{self, KNOWN, LIMIT, RECORDED, SIZES, condition_name, test_name};
use crate::analysis::metrics;
use crate::labs::{Claim, ClaimInfo, Measured, Relation};
use crate::number::rounded;
use crate::session::{RunView, View};

pub(super) const CLAIMS: &[ClaimInfo] = &[
    ClaimInfo {
        id: "C1",
        text: "A model that is optimised fully shows a sharp peak where it has as many features as samples.",
        place: "peaking phenomenon",
        measures: "exact solution: test MSE at m = n over test MSE at m = 8n, above 20",
    },
    ClaimInfo {
        id: "C2",
        text: "After few steps the peak is weak or absent.",
        place: "number of steps",
        measures: "T = 1,000: largest test MSE of all m from n/2 on, over test MSE at m = 8n, at most 2",
    },
    ClaimInfo {
        id: "C3",
        text: "The longer it trains, the higher the peak.",
        place: "number of steps",
        measures: "test MSE at m = n grows from each of T = 10², 10³, 10⁴, 10⁵, 10⁷, ∞ to the next",
    },
    ClaimInfo {
        id: "C4",
        text: "The features are worst conditioned exactly at the threshold, so optimisation is slowest there.",
        place: "condition number",
        measures: "κ(Φ) at m = n, over κ at m = n/2 and at m = 2n: at least 10 each",
    },
    ClaimInfo {
        id: "C5",
        text: "A larger learning rate raises the peak.",
        place: "learning rate",
        measures: "peak ratio (test MSE at m = n over test MSE at m = 4n) after 2,000 epochs of gradient descent: at rate 1/λmax \
                   larger than at 0.1/λmax",
    },
    ClaimInfo {
        id: "C6",
        text: "A better optimiser raises the peak.",
        place: "optimisation algorithm",
        measures: "peak ratio after 2,000 epochs: momentum and Adam at least 1.8 times gradient descent",
    },
    ClaimInfo {
        id: "C7",
        text: "Smaller batches, with more steps in an epoch, raise the peak.",
        place: "batch size",
        measures: "peak ratio after 1,000 epochs at rate 0.1/λmax grows from batches of 100 to 25 to 5",
    },
    ClaimInfo {
        id: "C8",
        text: "Normalising the features improves their conditioning and raises the peak.",
        place: "normalisation",
        measures: "peak ratio with standardised features at least 1.2 times that of raw ones, for gradient descent and momentum",
    },
    ClaimInfo {
        id: "C9",
        text: "One variable explains all of these: how low the final train loss is.",
        place: "main claim",
        measures: "rank correlation of train MSE at m = n and peak ratio over six settings, at most −0.9",
    },
];

/// A loop that claims are about.
pub(super) struct Setting {
    pub name: &'static str,
    pub of: Loop,
    pub standardise: bool,
    pub epochs: u64,
}

const fn setting(name: &'static str, optimiser: Optimiser, rate: f32) -> Setting {
    Setting { name, of: Loop { optimiser, rate, batch: SAMPLES }, standardise: false, epochs: EPOCHS }
}

const fn in_batches(name: &'static str, batch: usize) -> Setting {
    let of = Loop { optimiser: Optimiser::Descent, rate: 0.1, batch };
    Setting { name, of, standardise: false, epochs: BATCH_EPOCHS }
}

/// All of them; the first six are those of C9.
pub(super) const SETTINGS: [Setting; 8] = [
    setting("GD, rate 0.1", Optimiser::Descent, 0.1),
    setting("GD", Optimiser::Descent, 1.0),
    setting("momentum", Optimiser::Momentum, 0.5),
    setting("Adam", Optimiser::Adam, 1.0),
    in_batches("SGD, batch 25", 25),
    in_batches("SGD, batch 5", 5),
    Setting { standardise: true, ..setting("GD, standardised", Optimiser::Descent, 1.0) },
    Setting { standardise: true, ..setting("momentum, standardised", Optimiser::Momentum, 0.5) },
];
/// Their positions.
const SLOW: usize = 0;
const PLAIN: usize = 1;
const MOMENTUM: usize = 2;
const ADAM: usize = 3;
const BATCH_25: usize = 4;
const BATCH_5: usize = 5;
const PLAIN_STANDARD: usize = 6;
const MOMENTUM_STANDARD: usize = 7;
/// How many are those of C9.
const EXPLAINED: usize = 6;

/// Where a loop stands at m = n.
#[derive(Clone, Copy)]
pub(super) struct Standing {
    /// Train MSE at m = n.
    pub train: f64,
    /// Test MSE at m = n over test MSE at m = 4n.
    pub ratio: f64,
}

/// What a loop had reached at an epoch, if it was measured there.
pub(super) fn standing(run: &RunView, epoch: u64) -> Option<Standing> {
    let at = |which: &str, m: usize| run.history.at(&loops::name(which, m), epoch).map(f64::from);
    let (peak, beyond) = (at("test", SAMPLES)?, at("test", 4 * SAMPLES)?);
    // An exact solution that is not there yet is told as 0.
    (beyond > 0.0).then_some(Standing { train: at("train", SAMPLES)?, ratio: peak / beyond })
}

/// A number over another, once both are known.
fn times(label: &str, above: Option<f64>, below: Option<f64>, relation: Relation, threshold: f64) -> Measured {
    let ratio = above.zip(below).map(|(above, below)| above / below);
    Measured { unit: "×", ..Measured::new(label, ratio, relation, threshold) }
}

fn text(value: Option<f64>, digits: u32) -> String {
    value.map_or_else(|| "not yet known".into(), |value| rounded(value, digits))
}

/// All claims.
pub(super) fn of(view: &View) -> Vec<Claim> {
    use Relation::{Above, AtLeast};
    let mut claims = Vec::with_capacity(CLAIMS.len());
    of_surface(&view.main(), &mut claims);
    let mut compared = |id, epoch, parts: &[Comparison]| claims.push(compare(view, id, epoch, parts));
    compared("C5", EPOCHS, &[("peak ratio, 1/λmax over 0.1/λmax", PLAIN, SLOW, Above, 1.0)]);
    compared(
        "C6",
        EPOCHS,
        &[
            ("peak ratio, momentum over GD", MOMENTUM, PLAIN, AtLeast, 1.8),
            ("peak ratio, Adam over GD", ADAM, PLAIN, AtLeast, 1.8),
        ],
    );
    // Equal epochs, not equal steps: the loop over the whole set is read half way.
    compared(
        "C7",
        BATCH_EPOCHS,
        &[
            ("peak ratio, batch 25 over 100", BATCH_25, SLOW, Above, 1.0),
            ("peak ratio, batch 5 over 25", BATCH_5, BATCH_25, Above, 1.0),
        ],
    );
    compared(
        "C8",
        EPOCHS,
        &[
            ("peak ratio, standardised over raw, GD", PLAIN_STANDARD, PLAIN, AtLeast, 1.2),
            ("peak ratio, standardised over raw, momentum", MOMENTUM_STANDARD, MOMENTUM, AtLeast, 1.2),
        ],
    );
    claims.push(explained(view));
    claims
}

/// C1 to C4.
fn of_surface(main: &RunView, claims: &mut Vec<Claim>) {
    const N: usize = surface::SAMPLES;
    let known = main.history.last(KNOWN).is_some_and(|known| known >= SIZES.len() as f32);
    let number = |name: &str| if known { main.history.last(name).map(f64::from) } else { None };
    let error = |m: usize, row: usize| number(&test_name(m, row));
    let mut judge = |id, parts, detail| {
        claims.push(Claim::judge(id, parts, detail, main.step.min(surface::FILLED), surface::FILLED));
    };

    let (peak, beyond) = (error(N, LIMIT), error(8 * N, LIMIT));
    let detail = format!(
        "Exact solution: test MSE {} at m = n and {} at m = 8n. The height of the peak is luck: it differs by far more than \
         tenfold between seeds.",
        text(peak, 1),
        text(beyond, 2)
    );
    judge("C1", vec![times("m = n over m = 8n", peak, beyond, Relation::Above, 20.0)], detail);

    let mut most = Some(0.0);
    for &size in SIZES.iter().filter(|size| 2 * **size >= N) {
        most = most.zip(error(size, RECORDED[1])).map(|(most, error): (f64, f64)| most.max(error));
    }
    let beyond = error(8 * N, RECORDED[1]);
    let detail = format!("After 1,000 steps: at most {}, and {} at m = 8n.", text(most, 2), text(beyond, 2));
    judge("C2", vec![times("largest over m = 8n at T = 1,000", most, beyond, Relation::AtMost, 2.0)], detail);

    let mut parts = Vec::new();
    let mut before = error(N, RECORDED[0]);
    let mut detail = format!("Test MSE at m = n: {}", text(before, 2));
    // All recorded numbers of steps but 10⁶.
    for (at, label) in
        [(1, "10³ over 10²"), (2, "10⁴ over 10³"), (3, "10⁵ over 10⁴"), (5, "10⁷ over 10⁵"), (6, "∞ over 10⁷")]
    {
        let now = error(N, RECORDED[at]);
        parts.push(times(&format!("test MSE at m = n, T = {label}"), now, before, Relation::Above, 1.0));
        detail.push_str(", ");
        detail.push_str(&text(now, 2));
        before = now;
    }
    judge("C3", parts, detail);

    let condition = |m: usize| number(&condition_name(m));
    let (half, at, twice) = (condition(N / 2), condition(N), condition(2 * N));
    let parts = vec![
        times("κ at m = n over κ at n/2", at, half, Relation::AtLeast, 10.0),
        times("κ at m = n over κ at 2n", at, twice, Relation::AtLeast, 10.0),
    ];
    let detail = format!("κ(Φ) is {} at n/2, {} at n, {} at 2n.", text(half, 0), text(at, 0), text(twice, 0));
    judge("C4", parts, detail);
}

/// A part of a claim: what it is called, the settings whose peak ratios are divided, how the quotient is judged.
type Comparison = (&'static str, usize, usize, Relation, f64);

/// What is said of loops as they are collected.
#[derive(Default)]
struct Told {
    detail: String,
    settings: Vec<usize>,
    step: u64,
    steps: u64,
}

impl Told {
    /// Where a setting stands at an epoch; told once.
    fn standing(&mut self, view: &View, which: usize, epoch: u64) -> Option<Standing> {
        let setting = &SETTINGS[which];
        let run = view.run(setting.name);
        let standing = run.and_then(|run| standing(run, epoch));
        if !self.settings.contains(&which) {
            self.settings.push(which);
            self.step += run.map_or(0, |run| run.step);
            self.steps += setting.epochs;
            let start = if self.detail.is_empty() { "Peak ratios: " } else { ", " };
            self.detail += start;
            self.detail += &text(standing.map(|standing| standing.ratio), 2);
            self.detail += " for ";
            self.detail += setting.name;
        }
        standing
    }

    fn judge(self, id: &'static str, parts: Vec<Measured>) -> Claim {
        Claim::judge(id, parts, self.detail + ".", self.step, self.steps)
    }
}

fn compare(view: &View, id: &'static str, epoch: u64, comparisons: &[Comparison]) -> Claim {
    let mut told = Told::default();
    let mut parts = Vec::with_capacity(comparisons.len());
    for &(label, above, below, relation, threshold) in comparisons {
        let below = told.standing(view, below, epoch).map(|standing| standing.ratio);
        let above = told.standing(view, above, epoch).map(|standing| standing.ratio);
        parts.push(times(label, above, below, relation, threshold));
    }
    told.judge(id, parts)
}

/// C9.
fn explained(view: &View) -> Claim {
    let mut told = Told::default();
    let (mut train, mut ratios) = (Vec::new(), Vec::new());
    for (which, setting) in SETTINGS[..EXPLAINED].iter().enumerate() {
        if let Some(standing) = told.standing(view, which, setting.epochs) {
            train.push(standing.train);
            ratios.push(standing.ratio);
        }
    }
    let all = ratios.len() == EXPLAINED;
    let correlation = all.then(|| metrics::spearman(&train, &ratios).unwrap_or(f64::NAN));
    let label = "rank correlation of train MSE and peak ratio";
    told.judge("C9", vec![Measured::new(label, correlation, Relation::AtMost, -0.9)])
}
