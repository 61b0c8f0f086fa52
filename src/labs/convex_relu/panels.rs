//! What the lab draws.

use super::admm::{BLOCKS, DISTANCE, NETWORK, OBJECTIVE, PROVEN, RELAXED, VIOLATION, widened};
use super::data::{Set, Vector, narrowed, norm};
use super::network::Network;
use super::robust::{CLEAN, ROBUST, Task, WORST};
use super::sweep::DRAWS;
use super::{BY_NEURONS, BY_PATTERNS, ITERATIONS, Plain, SAMPLED_NEURONS, SAMPLED_PATTERNS, claims, descent};
use crate::json::{NONE, json};
use crate::labs::Payload;
use crate::number::rounded;
use crate::session::{RunView, View};
use serde_json::Value;

/// Cells along each side of a field.
const SIDE: usize = 44;
/// Smaller distances are drawn as this one.
const LEAST: f32 = 1e-7;

/// How a curve is drawn: its name, role, and whether it is thin.
type Look<'a> = (&'a str, &'a str, bool);

fn series((name, role, thin): Look, x: Vec<f32>, y: Vec<f32>, payload: &mut Payload) -> Value {
    json!({ "name": name, "role": role, "thin": thin, "x": payload.array(x), "y": payload.array(y) })
}

fn curve(run: &RunView, column: &str, look: Look, payload: &mut Payload) -> Value {
    let mut steps = Vec::new();
    for step in run.history.steps() {
        steps.push(*step as f32);
    }
    series(look, steps, run.history.column(column).to_vec(), payload)
}

/// A curve for a logarithmic axis; from the first step on, and as distance from a value if one is given.
fn tail(run: &RunView, column: &str, from: Option<f64>, look: Look, payload: &mut Payload) -> Value {
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for (step, value) in run.history.steps().iter().zip(run.history.column(column)) {
        if *step > 0 {
            x.push(*step as f32);
            let distance = from.map_or(*value, |from| (f64::from(*value) / from - 1.0).abs() as f32);
            y.push(distance.max(LEAST));
        }
    }
    series(look, x, y, payload)
}

/// An axis from `min` to `max`.
fn axis(label: &str, unit: &str, scale: &str, min: f64, max: f64) -> Value {
    json!({ "label": label, "unit": unit, "scale": scale, "min": min, "max": max })
}

fn iterations(scale: &str, min: f64) -> Value {
    axis("iteration", "iterations", scale, min, ITERATIONS as f64)
}

fn plot(x: Value, y: Value, series: Vec<Value>, rules: Vec<Value>, timeline: bool) -> Value {
    json!({ "x": x, "y": y, "series": series, "bands": NONE, "rules": rules, "timeline": timeline })
}

/// The highest floor that has been proven up to a step.
fn proven(run: &RunView) -> f64 {
    let mut highest = 0.0f32;
    for (step, floor) in run.history.steps().iter().zip(run.history.column(PROVEN)) {
        if *step <= run.step {
            highest = highest.max(*floor);
        }
    }
    highest.into()
}

/// Panel `descents`: the descents settle, the convex solver comes down, and the floor rises to where it is proven.
pub(super) fn descents(plain: &Plain, view: &View, payload: &mut Payload) -> Value {
    let (main, solver, floor) = (view.main(), &view.runs[1], &view.runs[2]);
    // The network of the floor's solver is worth no less than the optimum, and soon not much more.
    let mut near = plain.set.len() as f64 / 2.0;
    for value in floor.history.column(NETWORK) {
        near = near.min((*value).into());
    }
    let (mut best, mut lowest) = (0, f32::INFINITY);
    for run in 0..descent::RUNS {
        let now = main.history.before(&descent::column(run), main.step).unwrap_or(f32::INFINITY);
        if now < lowest {
            (best, lowest) = (run, now);
        }
    }
    let mut lines = Vec::new();
    for run in 0..descent::RUNS {
        let name = if run == best { format!("best of ten, width {}", plain.width) } else { String::new() };
        lines.push(curve(&main, &descent::column(run), (&name, "category-2", run != best), payload));
    }
    let name = if plain.patterns.is_some() { "ADMM" } else { "SCP" };
    lines.push(curve(solver, NETWORK, (name, "train", false), payload));
    let floor = proven(floor);
    let label = if floor > 0.0 { format!("floor {}", rounded(floor, 4)) } else { String::new() };
    let rule = json!({ "y": floor, "label": label, "role": "test", "below": "no network is below" });
    let (low, high) = ((near * 16.0).floor() / 20.0, (near * 36.0).ceil() / 20.0);
    let y = axis("objective", "½ squared error + penalty", "linear", low, high);
    plot(iterations("log", 10.0), y, lines, vec![rule], true)
}

/// A plane with the network of a picture: its field, its lines, and the points of a set.
fn plane(network: &Network, fan: &[Vector], set: &Set, (reach, limit): (f64, f64), payload: &mut Payload) -> Value {
    let mut weights = narrowed(fan.as_flattened());
    let mut strengths = vec![0.0; fan.len()];
    let mut most = 1e-12f64;
    for (u, a) in &network.neurons {
        most = most.max(a.abs() * norm(u));
    }
    for (u, a) in &network.neurons {
        weights.extend(narrowed(u));
        strengths.push((a * norm(u) / most) as f32);
    }
    json!({
        "reach": reach,
        "side": SIDE,
        "field": payload.array(network.field(SIDE, reach)),
        "limit": limit,
        "lines": json!({ "weights": payload.array(weights), "strengths": payload.array(strengths) }),
        "points": payload.array(set.places()),
        "labels": payload.array(narrowed(&set.labels)),
    })
}

fn network_of(run: &RunView) -> (Network, usize) {
    let blocks = run.picture.map_or_else(Vec::new, |picture| widened(picture.get(BLOCKS)));
    (Network::recover(&blocks), blocks.len() / 2)
}

/// Panel `geometry`.
pub(super) fn geometry(plain: &Plain, view: &View, payload: &mut Payload) -> Value {
    let (network, possible) = network_of(&view.runs[1]);
    let (fan, what) = match &plain.patterns {
        Some(patterns) => (&patterns.normals[..], "patterns"),
        None => (&[][..], "neurons"),
    };
    let mut value = plane(&network, fan, &plain.set, (1.12, 1.5), payload);
    value["bounds"] = json!(1.0);
    value["edit"] = json!("points");
    value["note"] = json!(format!(
        "{} of {possible} {what} are in use; objective {}. A line is where a neuron turns on, thick if it is strong.",
        network.neurons.len(),
        rounded(network.objective(&plain.set, plain.beta), 4)
    ));
    value
}

/// Panel `convergence`: distances from the end.
pub(super) fn convergence(view: &View, payload: &mut Payload) -> Value {
    let solver = &view.runs[1];
    let best = claims::optimum(view).or_else(|| view.runs[2].history.last(OBJECTIVE).map(f64::from)).unwrap_or(1.0);
    let lines = vec![
        tail(solver, RELAXED, Some(best), ("objective from p*", "train", false), payload),
        tail(solver, DISTANCE, None, ("between the copies", "category-3", true), payload),
        tail(solver, VIOLATION, None, ("cone violation", "category-1", true), payload),
    ];
    let y = axis("distance", "", "log", LEAST.into(), 10.0);
    plot(iterations("linear", 0.0), y, lines, Vec::new(), true)
}

/// Panel `sizes`: optima by the size of the sample.
pub(super) fn sizes(view: &View, payload: &mut Payload) -> Value {
    let mut lines = Vec::new();
    for (name, sizes, role, what) in [
        (BY_PATTERNS, SAMPLED_PATTERNS, "train", "sampled patterns"),
        (BY_NEURONS, SAMPLED_NEURONS, "category-2", "fixed random neurons"),
    ] {
        let Some((run, best)) = view.run(name).zip(claims::optimum(view)) else { continue };
        let (mut at, mut means) = (Vec::new(), Vec::new());
        for draw in 0..DRAWS {
            let (mut x, mut y) = (Vec::new(), Vec::new());
            for size in sizes {
                if let Some(value) = claims::value(run, *size, draw) {
                    x.push(*size as f32);
                    y.push((value / best) as f32);
                }
            }
            lines.push(series(("", role, true), x, y, payload));
        }
        for (size, mean) in sizes.iter().zip(claims::means(run, sizes, best)) {
            at.push(*size as f32);
            means.push(mean as f32);
        }
        lines.push(series((what, role, false), at, means, payload));
    }
    let rule = json!({ "y": 1.0, "label": "p*, all patterns", "role": "test", "below": "" });
    let x = axis("size of the sample", "in the sample", "log", 4.0, 400.0);
    plot(x, json!({ "label": "optimum", "unit": "times p*", "min": 0.9 }), lines, vec![rule], false)
}

/// Panel `robust_objective`.
pub(super) fn robust_objective(view: &View, payload: &mut Payload) -> Value {
    let (convex, standard) = (&view.runs[0], &view.runs[1]);
    let lines = vec![
        curve(convex, OBJECTIVE, ("robust: promised", "train", false), payload),
        curve(convex, WORST, ("robust: worst moves", "train", true), payload),
        curve(standard, OBJECTIVE, ("standard: promised", "test", false), payload),
        curve(standard, WORST, ("standard: worst moves", "test", true), payload),
    ];
    let y = axis("objective", "mean hinge loss + penalty", "log", 0.05, 5.0);
    plot(iterations("linear", 0.0), y, lines, Vec::new(), true)
}

/// Panels `standard_field` and `robust_field`.
pub(super) fn boxes(task: &Task, run: &RunView, payload: &mut Payload) -> Value {
    let (network, _) = network_of(run);
    let set = &task.train;
    let (mut marked, mut count) = (Vec::new(), 0);
    for point in &set.points {
        // The border goes through a box if some moves in it have one sign and some the other.
        let cut =
            network.worst_margin(point, 1.0, task.reach) < 0.0 && network.worst_margin(point, -1.0, task.reach) < 0.0;
        marked.push(f32::from(u8::from(cut)));
        count += usize::from(cut);
    }
    let mut value = plane(&network, &[], set, (1.3, 2.0), payload);
    value["box"] = json!(task.reach);
    value["marked"] = payload.array(marked);
    value["note"] = json!(format!(
        "{} neurons; the border cuts {count} of {} boxes. Four labels are wrong on purpose.",
        network.neurons.len(),
        set.len()
    ));
    value
}

/// Panel `accuracies`.
pub(super) fn accuracies(task: &Task, view: &View) -> Value {
    let names = ["convex adversarial", "convex standard", "descent under attack", "descent"];
    let mut bars = Vec::new();
    for (run, name) in view.runs.iter().zip(names) {
        for (column, what, role) in [(CLEAN, "as they are", "baseline"), (ROBUST, "worst moves", "pointer")] {
            let value = run.history.before(column, run.step).map(|share| 100.0 * f64::from(share));
            bars.push(json!({ "name": format!("{name}, {what}"), "value": value, "role": role }));
        }
    }
    json!({
        "bars": bars,
        "label": "accuracy",
        "unit": "%",
        "from": 0,
        "note": format!("A move is at most {} along each axis; the worst of 81 counts.", rounded(task.reach, 2)),
    })
}

/// Panel `violation`.
pub(super) fn violation(view: &View, payload: &mut Payload) -> Value {
    let lines = vec![
        tail(&view.runs[0], VIOLATION, None, ("robust", "train", false), payload),
        tail(&view.runs[1], VIOLATION, None, ("standard", "test", false), payload),
    ];
    let y = axis("largest cone violation", "", "log", LEAST.into(), 10.0);
    plot(iterations("linear", 0.0), y, lines, Vec::new(), true)
}
