//! What the lab checks. Every number comes from what the runs recorded.

use super::{attention, bags, capacity, clusters, error_law, recall};
use crate::labs::{Claim, ClaimInfo, Measured, Relation};
use crate::number;
use crate::session::{RunView, View};

pub(super) const CLAIMS: &[ClaimInfo] = &[
    ClaimInfo {
        id: "C1",
        text: "One update brings a stored pattern back from a part of it.",
        place: "abstract; theorem on one update",
        measures: "share of all stored digits within 0.1 of the stored unit vector after one update at β = 100, at least \
                   0.90; of the same digits the classical network restores at most 0.10 (more than 97 % of the pixels right)",
    },
    ClaimInfo {
        id: "C2",
        text: "The number of patterns that can be stored grows exponentially with the dimension.",
        place: "theorem on storage",
        measures: "largest N of which 90 % come back to within a tenth of their norm after one update: at least three times \
                   as many with two dimensions more, and at least 0.8 bits per dimension from d = 8 to 12",
    },
    ClaimInfo {
        id: "C3",
        text: "The error falls exponentially with how far apart patterns are, and stays below the bound.",
        place: "theorem on the retrieval error",
        measures: "slope of ln ‖ξ_new − x‖ over β Δ where β Δ > 4, from −1.2 to −0.85; ‖ξ_new − x*‖ is nowhere above the bound",
    },
    ClaimInfo {
        id: "C4",
        text: "There are three kinds of fixed points: the average of all, of a group of similar ones, and a single pattern.",
        place: "section 2, fixed points",
        measures: "median number k of weights that hold 90 %, for 4 groups of 8 patterns: at least 24 at β = 0.5, from 5 to 9 \
                   at β = 8, and 1 at β = 128",
    },
    ClaimInfo {
        id: "C5",
        text: "The update is the attention of transformers, and the energy never rises.",
        place: "section 2, update rule and attention",
        measures: "largest difference of the two formulas over 20 random draws, and largest rise of the energy over 20 updates \
                   of 50 states, both below 1e-5 in single precision",
    },
    ClaimInfo {
        id: "C6",
        text: "Pooling by a learned query finds the one instance of many that counts.",
        place: "experiments on multiple-instance learning",
        measures: "accuracy on 600 test bags of 30 digits after 250 steps: at least 0.90, and at least 0.10 above that of the mean",
    },
];

/// All claims as far as they are measured.
pub(super) fn of(view: &View) -> Vec<Claim> {
    vec![
        recalled(view.run(recall::COMPARISON)),
        stored(view.run(capacity::NAME)),
        errors(view.run(error_law::NAME)),
        kinds(view.run(clusters::NAME)),
        same(view.run(attention::NAME)),
        pooled(view.run(bags::LEARNED), view.run(bags::MEAN)),
    ]
}

/// How far a run is that may not be there.
fn progress(run: Option<&RunView>) -> (u64, u64) {
    run.map_or((0, 1), |run| (run.step, run.steps))
}

fn last(run: Option<&RunView>, column: &str) -> Option<f64> {
    run.and_then(|run| run.history.last(column)).map(f64::from)
}

fn percent(share: Option<f64>) -> String {
    share.map_or("?".into(), |share| format!("{} %", number::rounded(100.0 * share, 0)))
}

/// C1: one update against the classical network.
fn recalled(run: Option<&RunView>) -> Claim {
    let parts = vec![
        Measured::new("restored after one update", last(run, recall::MODERN), Relation::AtLeast, 0.9),
        Measured::new("restored by the classical network", last(run, recall::CLASSICAL), Relation::AtMost, 0.1),
    ];
    let clean = last(run, recall::CLEAN);
    let detail = format!("With nothing hidden the classical network keeps {} of the digits.", percent(clean));
    let (step, of) = progress(run);
    Claim::judge("C1", parts, if clean.is_some() { detail } else { String::new() }, step, of)
}

/// C2: capacity.
fn stored(run: Option<&RunView>) -> Claim {
    let held = capacity::DIMENSIONS.map(|d| last(run, &capacity::column(d)).filter(|held| *held > 0.0));
    let ratio = |more: usize| held[more].zip(held[more - 1]).map(|(more, less)| more / less);
    let bits = |held: f64| nalgebra::ComplexField::ln(held) / std::f64::consts::LN_2;
    // The least-squares slope of three points at equal distances is that of the outer two.
    let slope = held[2].zip(held[0]).map(|(most, least)| (bits(most) - bits(least)) / 4.0);
    let parts = vec![
        Measured { unit: "×", ..Measured::new("patterns at d = 10 / at d = 8", ratio(1), Relation::AtLeast, 3.0) },
        Measured { unit: "×", ..Measured::new("patterns at d = 12 / at d = 10", ratio(2), Relation::AtLeast, 3.0) },
        Measured { unit: "bits", ..Measured::new("growth per dimension", slope, Relation::AtLeast, 0.8) },
    ];
    let told = capacity::DIMENSIONS.iter().zip(held).filter_map(|(d, held)| {
        let held = held?;
        let least = if held >= capacity::MOST as f64 { "at least " } else { "" };
        Some(format!("{least}{} at d = {d}", number::text(held)))
    });
    let told = told.collect::<Vec<_>>().join(", ");
    let detail = if told.is_empty() { told } else { format!("Patterns held: {told}.") };
    let (step, of) = progress(run);
    Claim::judge("C2", parts, detail, step, of)
}

/// Smallest β Δ of the fit.
const FITTED_FROM: f64 = 4.0;

/// The slope of the logarithms of errors over β Δ, and how many errors stand above their bounds.
pub(super) fn law(run: &RunView) -> (f64, usize) {
    let [x, error, at_rest, bound] = error_law::NUMBERS.map(|name| run.history.column(name));
    let above = at_rest.iter().zip(bound).filter(|(error, bound)| error > bound).count();
    let (mut count, mut sums, mut products) = (0.0, [0.0; 2], [0.0; 2]);
    for (x, error) in x.iter().zip(error).filter(|(x, error)| **x as f64 > FITTED_FROM && **error > 0.0) {
        let (x, y): (f64, f64) = (*x as f64, nalgebra::ComplexField::ln(*error as f64));
        count += 1.0;
        sums = [sums[0] + x, sums[1] + y];
        products = [products[0] + x * x, products[1] + x * y];
    }
    let slope = (count * products[1] - sums[0] * sums[1]) / (count * products[0] - sums[0] * sums[0]);
    (slope, above)
}

/// C3: the error law and the bound.
fn errors(run: Option<&RunView>) -> Claim {
    let found = run.filter(|run| run.finished).map(law);
    let slope = found.map(|(slope, _)| slope);
    let above = found.map(|(_, above)| above as f64);
    let parts = vec![
        Measured::new("slope of the logarithm, at least", slope, Relation::AtLeast, -1.2),
        Measured::new("slope of the logarithm, at most", slope, Relation::AtMost, -0.85),
        Measured::new("errors above the bound, of 120", above, Relation::AtMost, 0.0),
    ];
    let (step, of) = progress(run);
    let detail =
        "Slope: distance from the stored pattern. Bound: distance from the fixed point, which falls twice as fast.";
    Claim::judge("C3", parts, detail.into(), step, of)
}

/// C4: kinds of fixed points.
fn kinds(run: Option<&RunView>) -> Claim {
    let at =
        |doublings: i64| run.and_then(|run| run.history.at(clusters::K, clusters::step_of(doublings))).map(f64::from);
    let (hot, warm, cold) = (at(-1), at(3), at(7));
    let parts = vec![
        Measured::new("k at β = 0.5", hot, Relation::AtLeast, 24.0),
        Measured::new("k at β = 8, at least", warm, Relation::AtLeast, 5.0),
        Measured::new("k at β = 8, at most", warm, Relation::AtMost, 9.0),
        Measured::new("k at β = 128", cold, Relation::AtMost, 1.0),
    ];
    let told = |k: Option<f64>| k.map_or("?".into(), number::short);
    let detail = format!("Of 32 patterns: k = {} at β = 0.5, {} at 8, {} at 128.", told(hot), told(warm), told(cold));
    let (step, of) = progress(run);
    Claim::judge("C4", parts, detail, step, of)
}

/// C5: attention and descent.
fn same(run: Option<&RunView>) -> Claim {
    let largest = |column: &str| {
        let values = run.filter(|run| run.finished)?.history.column(column).iter();
        values.copied().reduce(|a, b| if b > a || b.is_nan() { b } else { a }).map(f64::from)
    };
    let parts = vec![
        Measured::new("largest difference from attention", largest(attention::DIFFERENCE), Relation::Below, 1e-5),
        Measured::new("largest rise of the energy", largest(attention::RISE), Relation::Below, 1e-5),
    ];
    let (step, of) = progress(run);
    let detail = "A negative rise is a fall: the state that fell least.".into();
    Claim::judge("C5", parts, detail, step, of)
}

/// C6: pooling.
fn pooled(learned: Option<&RunView>, mean: Option<&RunView>) -> Claim {
    let at = |run: Option<&RunView>| run.and_then(|run| run.history.at(bags::ACCURACY, bags::COMPARED)).map(f64::from);
    let (learned, mean, (step, _)) = (at(learned), at(mean), progress(learned));
    let lead = learned.zip(mean).map(|(learned, mean)| learned - mean);
    let parts = vec![
        Measured::new("accuracy with the learned query", learned, Relation::AtLeast, 0.9),
        Measured::new("lead over the mean", lead, Relation::AtLeast, 0.1),
    ];
    let detail = mean.map_or(String::new(), |mean| {
        format!(
            "The mean has {} of the bags right after 250 steps; given 2,000 it nearly catches up.",
            percent(Some(mean))
        )
    });
    Claim::judge("C6", parts, detail, step.min(bags::COMPARED), bags::COMPARED)
}
