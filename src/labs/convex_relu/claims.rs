//! What the lab checks, from what the runs recorded.

use super::admm::{NETWORK, OBJECTIVE, PROVEN, RELAXED, RIGHT};
use super::robust::{CLEAN, ROBUST, WORST};
use super::sweep::DRAWS;
use super::{ADMM, ATTACKED, BY_NEURONS, BY_PATTERNS, CONVEX, FLOOR, SAMPLED_NEURONS, SAMPLED_PATTERNS, STANDARD};
use super::{DESCENT, WIDTHS, descent, of_width, sweep};
use crate::labs::{Claim, Measured, Relation};
use crate::number::rounded;
use crate::session::{RunView, View};

/// What counts as not below the optimum: the precision of what is compared.
const NOT_BELOW: f64 = 1.0 - 1e-3;
/// What counts as at the optimum.
const NEAR: f64 = 1.01;

/// The last reading of a run that is over.
fn last(run: Option<&RunView>, column: &str) -> Option<f64> {
    let run = run?;
    if run.finished { run.history.last(column).map(f64::from) } else { None }
}

/// p*.
pub(super) fn optimum(view: &View) -> Option<f64> {
    last(view.run(FLOOR), OBJECTIVE)
}

/// A claim whose verdict waits for a run.
fn judged(id: &'static str, parts: Vec<Measured>, detail: String, run: Option<&RunView>) -> Claim {
    let (step, of) = run.map_or((0, 1), |run| (run.step, run.steps));
    Claim::judge(id, parts, detail, step, of)
}

/// Claims C1 to C5.
pub(super) fn of_plain(view: &View) -> Vec<Claim> {
    vec![
        same_optimum(view),
        stuck(view),
        converges(view),
        sampled(view, "C4", BY_PATTERNS, SAMPLED_PATTERNS, 1.15),
        sampled(view, "C5", BY_NEURONS, SAMPLED_NEURONS, 1.25),
    ]
}

/// C1: the network is worth what the convex program promises.
fn same_optimum(view: &View) -> Claim {
    let shown = view.runs.get(1);
    let (best, network, proven) = (optimum(view), last(shown, NETWORK), last(view.run(FLOOR), PROVEN));
    let gap = best.zip(network).map(|(best, network)| (network / best - 1.0).abs());
    let told = |value: Option<f64>| value.map_or_else(|| "…".to_owned(), |value| rounded(value, 5));
    let detail = format!(
        "p* = {}; the network has {} by an ordinary forward pass; by duality none can have less than {}.",
        told(best),
        told(network),
        told(proven)
    );
    judged("C1", vec![Measured::new("|network / p* − 1|", gap, Relation::Below, 1e-3)], detail, shown)
}

/// Of the descents of a width, once they are over: the lowest objective, and how many are at the optimum, over p*.
fn ends(view: &View, width: usize, best: f64) -> Option<(f64, usize)> {
    let run = view.run(&of_width(width));
    let (mut lowest, mut near) = (f64::INFINITY, 0);
    for index in 0..descent::RUNS {
        let end = last(run, &descent::column(index))? / best;
        lowest = lowest.min(end);
        near += usize::from(end <= NEAR);
    }
    Some((lowest, near))
}

/// C2: no descent falls below the floor, and many stay above it.
fn stuck(view: &View) -> Claim {
    let best = optimum(view).unwrap_or(f64::NAN);
    let (mut lowest, mut share, mut known) = (f64::INFINITY, None, 0);
    let mut detail = "Within 1 % of p*:".to_owned();
    for width in WIDTHS {
        let Some((least, near)) = ends(view, width, best).filter(|(least, _)| least.is_finite()) else { continue };
        lowest = lowest.min(least);
        known += 1;
        if width == 8 {
            share = Some(10.0 * near as f64);
        }
        detail += &format!("{} {near} of 10 at width {width}", if known > 1 { "," } else { "" });
    }
    detail += if known > 0 { "." } else { " not yet known." };
    let lowest = (known == WIDTHS.len()).then_some(lowest);
    let share = Measured::new("descents of width 8 within 1 % of p*", share, Relation::AtMost, 50.0);
    let parts = vec![
        Measured::new("lowest of 50 descents / p*", lowest, Relation::AtLeast, NOT_BELOW),
        Measured { unit: "%", ..share },
    ];
    let waiting = view.runs.iter().find(|run| run.name.starts_with(DESCENT) && !run.finished);
    judged("C2", parts, detail, waiting)
}

/// C3: how the objective comes to the optimum.
fn converges(view: &View) -> Claim {
    let (run, best) = (view.run(ADMM), optimum(view));
    let at = |column: &str, step: u64| run.and_then(|run| run.history.at(column, step)).map(f64::from);
    let distance = |label: &str, step: u64, most: f64| {
        let distance = at(RELAXED, step).zip(best).map(|(value, best)| (value / best - 1.0).abs());
        Measured::new(label, distance, Relation::Below, most)
    };
    let right = at(RIGHT, 10).map(|share| 100.0 * share);
    let parts = vec![
        distance("distance at iteration 200", 200, 0.5),
        distance("at iteration 2,000", 2000, 5e-3),
        distance("at iteration 4,000", 4000, 1e-3),
        Measured { unit: "%", ..Measured::new("points right at iteration 10", right, Relation::AtLeast, 90.0) },
    ];
    let detail = "|objective / p* − 1|. Before the cones hold, the objective can also lie below p*.".into();
    judged("C3", parts, detail, run)
}

/// Means over the draws of what programs of each size reach, over p*, as far as they are solved.
pub(super) fn means(run: &RunView, sizes: &[usize], best: f64) -> Vec<f64> {
    let mut means = Vec::new();
    for size in sizes {
        let mut sum = 0.0;
        for draw in 0..DRAWS {
            let Some(value) = value(run, *size, draw) else { return means };
            sum += value;
        }
        means.push(sum / (DRAWS as f64 * best));
    }
    means
}

/// The optimum of a program once it is solved.
pub(super) fn value(run: &RunView, size: usize, draw: usize) -> Option<f64> {
    let value = run.history.last(&sweep::column(size, draw))?;
    (value > 0.0).then_some(value.into())
}

/// C4 and C5: optima of samples of several sizes.
fn sampled(view: &View, id: &'static str, name: &str, sizes: &[usize], enough: f64) -> Claim {
    let run = view.run(name);
    let mut parts = Vec::new();
    let mut detail = format!("Means over p* of four draws of {name}, each size part of the next:");
    let (mut lowest, mut growth, mut end) = (None, None, None);
    if let Some((run, best)) = run.zip(optimum(view)) {
        let means = means(run, sizes, best);
        for (size, mean) in sizes.iter().zip(&means) {
            detail += &format!(" {} with {size}", rounded(*mean, 3));
        }
        if means.len() == sizes.len() {
            let (mut least, mut most) = (f64::INFINITY, 0.0f64);
            for size in sizes {
                for draw in 0..DRAWS {
                    least = least.min(value(run, *size, draw).unwrap_or(0.0) / best);
                }
            }
            for pair in means.windows(2) {
                most = most.max(pair[1] / pair[0]);
            }
            (lowest, growth, end) = (Some(least), Some(most), means.last().copied());
        }
    }
    if id == "C4" {
        parts.push(Measured::new("lowest of all / p*", lowest, Relation::AtLeast, NOT_BELOW));
    }
    parts.push(Measured::new("largest ratio of a mean to the one before", growth, Relation::Below, 1.0));
    parts.push(Measured::new("mean of the largest size / p*", end, Relation::AtMost, enough));
    judged(id, parts, detail, run)
}

/// Claims C6 to C8.
pub(super) fn of_adversarial(view: &View, reach: f64) -> Vec<Claim> {
    let (convex, standard, attacked) = (view.run(CONVEX), view.run(STANDARD), view.run(ATTACKED));
    let points = |run: Option<&RunView>, column: &str| last(run, column).map(|share| 100.0 * share);
    let less = |a: Option<f64>, b: Option<f64>| a.zip(b).map(|(a, b)| a - b);
    let (robust, plain, rival) = (points(convex, ROBUST), points(standard, ROBUST), points(attacked, ROBUST));
    let part = |label: &str, value: Option<f64>, least: f64, median: f64| {
        let part = Measured::new(label, value, Relation::AtLeast, least);
        vec![Measured { unit: "points", median: Some(median), ..part }]
    };
    let told = |value: Option<f64>, digits: u32| value.map_or_else(|| "…".to_owned(), |value| rounded(value, digits));
    let waiting = view.runs.iter().rfind(|run| !run.finished);
    let moved = format!(
        "Right under the worst moves: adversarial {} %, standard {} %; without moves: {} % and {} %.",
        told(robust, 1),
        told(plain, 1),
        told(points(convex, CLEAN), 1),
        told(points(standard, CLEAN), 1)
    );
    let promised = format!(
        "Objectives at ε = {}: robust {}, standard {}.",
        rounded(reach, 2),
        told(last(convex, OBJECTIVE), 4),
        told(last(standard, OBJECTIVE), 4)
    );
    let tie = format!("Convex {} %, gradient descent under attack {} %.", told(robust, 1), told(rival, 1));
    let above = less(last(standard, WORST), last(standard, OBJECTIVE));
    let bound = vec![
        Measured::new(
            "robust objective − worst case",
            less(last(convex, OBJECTIVE), last(convex, WORST)),
            Relation::AtLeast,
            -5e-3,
        ),
        Measured::new("standard: worst case − objective", above, Relation::AtLeast, 0.2),
    ];
    vec![
        judged("C6", part("gain under the worst moves", less(robust, plain), 5.0, 15.0), moved, waiting),
        judged("C7", bound, promised, waiting),
        judged("C8", part("difference", less(robust, rival), -8.0, -3.0), tie, waiting),
    ]
}
