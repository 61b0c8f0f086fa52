//! What the lab draws.

use super::Chance;
use super::answer::{Answer, Candidate, Finished};
use super::program::{Plan, column};
use super::task::{Grade, Point, Task};
use crate::analysis::pca::{self, Axes, Projection};
use crate::json::{NONE, json};
use crate::labs::Payload;
use crate::number::rounded;
use crate::session::{History, View};
use serde_json::Value;

/// Whose answer is shown, or why none is: `here`, `recorded` or `untrained`, and in words.
pub(super) type Source = (&'static str, String);

/// An input set with what is asked of it and what the network says. Positions are those in the set as the network reads it.
pub(super) struct Shown {
    /// The set, in the order in which it is read.
    pub points: Vec<Point>,
    /// Where each of them stands in the set as the visitor sees it.
    pub places: Vec<usize>,
    /// The exact answer.
    pub truth: Vec<usize>,
    /// What the network answers.
    pub answer: Answer,
    /// How good the first of its answers is.
    pub grade: Grade,
    /// Whose answer it is.
    pub source: Source,
    /// Lengths that it was trained on.
    pub range: [usize; 2],
    /// A lower bound of the shortest tour, where that is not known.
    pub bound: Option<f64>,
}

fn numbers(values: &[usize]) -> Vec<f64> {
    values.iter().map(|&value| value as f64).collect()
}

fn flags(values: &[bool]) -> Vec<f64> {
    values.iter().map(|&value| f64::from(u8::from(value))).collect()
}

fn percent(share: f64) -> String {
    format!("{} %", rounded(100.0 * share, 1))
}

/// Panel `answer`.
pub(super) fn answer(task: Task, shown: &Shown, payload: &mut Payload) -> Value {
    let Shown { points, places, truth, answer, grade, source, range, .. } = shown;
    let best = &answer.beams[0];
    // As the visitor numbers the points; the stop stays the last.
    let place = |token: usize| places.get(token).copied().unwrap_or(token);
    let placed = |tokens: &[usize]| {
        let mut all = tokens.to_vec();
        all.iter_mut().for_each(|token| *token = place(*token));
        numbers(&all)
    };
    let width = points.len() + 1;
    let mut seen = points.clone();
    let mut rows = answer.rows.clone();
    for (at, &point) in points.iter().enumerate() {
        seen[place(at)] = point;
        for row in 0..rows.len() / width {
            rows[row * width + place(at)] = answer.rows[row * width + at];
        }
    }
    let mut coordinates = Vec::new();
    for point in &seen {
        coordinates.extend_from_slice(&point[..if task == Task::Sort { 1 } else { 2 }]);
    }
    let mut beams = Vec::new();
    for Finished { tokens, stopped, log_probability } in &answer.beams {
        beams.push(json!({ "tokens": placed(tokens), "stopped": *stopped, "logProbability": *log_probability }));
    }
    let mut steps = Vec::new();
    for candidates in &answer.steps {
        let mut kept = Vec::new();
        for &Candidate { parent, token, log_probability } in candidates {
            kept.push(json!({ "parent": parent, "token": place(token), "logProbability": log_probability }));
        }
        steps.push(Value::Array(kept));
    }
    json!({
        "task": name(task),
        "points": payload.array(coordinates),
        "trained": numbers(range),
        "tokens": placed(&best.tokens),
        "stopped": best.stopped,
        "truth": placed(truth),
        "wrong": flags(&grade.wrong),
        "rows": payload.array(rows),
        "beams": beams,
        "steps": steps,
        "figures": figures(task, shown),
        "verdict": if grade.right { "right" } else { "wrong" },
        "source": json!({ "kind": source.0, "text": source.1.as_str() }),
        "note": note(task, shown),
    })
}

/// Panel `answer` when there is none, and why.
pub(super) fn unanswered(task: Task, (kind, text): Source) -> Value {
    json!({ "task": name(task), "unanswered": true, "source": json!({ "kind": kind, "text": text }) })
}

/// The task in links and payloads.
pub(super) fn name(task: Task) -> &'static str {
    match task {
        Task::Sort => "sort",
        Task::Hull => "hull",
        Task::Delaunay => "delaunay",
        Task::Tour => "tsp",
    }
}

fn figures(task: Task, Shown { points, truth, answer, grade, bound, .. }: &Shown) -> Vec<Value> {
    let mut figures = Vec::new();
    let mut add = |name: &str, value: String| figures.push(json!({ "name": name, "value": value }));
    let missing = || "–".to_owned();
    let wrong = grade.wrong.iter().filter(|wrong| **wrong).count();
    match task {
        Task::Sort => {
            add("right positions", format!("{} of {}", points.len() - wrong.min(points.len()), points.len()));
        }
        Task::Hull => {
            add("area", if grade.valid { percent(grade.share) } else { missing() });
            add("wrong edges", wrong.to_string());
        }
        Task::Delaunay => {
            add("triangles found", percent(grade.share));
            add("wrong triangles", wrong.to_string());
        }
        Task::Tour => {
            let best = super::solve::tour::length(points, truth);
            add("length", if grade.valid { rounded(grade.share, 3) } else { missing() });
            add(if bound.is_some() { "best found" } else { "optimum" }, rounded(best, 3));
            if let Some(bound) = bound {
                add("no tour is below", rounded(*bound, 3));
            }
        }
    }
    add("its probability", percent(answer.beams[0].log_probability.exp()));
    figures
}

fn note(task: Task, Shown { points, answer, grade, bound, truth, .. }: &Shown) -> String {
    let best = &answer.beams[0];
    if !best.stopped {
        return "It does not come to a stop: here the answer is cut off.".into();
    }
    if task != Task::Sort && super::solve::hull::is_degenerate(points) {
        return "Three points lie on one line (or two in one place): the exact answer is a matter of convention."
            .into();
    }
    match (task, bound) {
        (Task::Hull, _) if !grade.valid => "What it points out is not a simple polygon.".into(),
        (Task::Tour, _) if !grade.valid => "What it points out is not a tour through all points.".into(),
        (Task::Tour, Some(bound)) => {
            let length = super::solve::tour::length(points, truth);
            let gap = percent(length / bound - 1.0);
            format!(
                "Beyond 12 points the grey tour is the best found (2-opt and or-opt), at most {gap} above the shortest."
            )
        }
        _ => String::new(),
    }
}

/// Panel `diagram`.
pub(super) fn diagram(task: Task, shown: &Shown, payload: &mut Payload) -> Value {
    let mut inputs = Vec::new();
    for &[x, y] in &shown.points {
        let x = rounded(x as f64, 2);
        inputs.push(Value::String(if task == Task::Sort { x } else { x + " " + &rounded(y as f64, 2) }));
    }
    let best = &shown.answer.beams[0];
    let mut names = numbers(&shown.places);
    names.iter_mut().for_each(|name| *name += 1.0);
    json!({
        "inputs": inputs,
        "numbers": names,
        "tokens": numbers(&best.tokens),
        "stopped": best.stopped,
        "rows": payload.array(shown.answer.rows.clone()),
    })
}

/// Panel `states`: encoder states in their two main directions, turned as little as possible since `axes`.
pub(super) fn states(
    task: Task,
    shown: &Shown,
    hidden: usize,
    axes: &mut Option<Axes>,
    payload: &mut Payload,
) -> Value {
    let count = shown.points.len();
    let Projection { x, y, explained, axes: new } = pca::project(&shown.answer.states, hidden, axes.as_ref());
    *axes = Some(new);
    let middle = |axis: usize| shown.points.iter().map(|point| point[axis]).sum::<f32>() / count as f32;
    let (center_x, center_y) = (middle(0), middle(1));
    let mut labels = Vec::new();
    for place in &shown.places {
        labels.push(Value::String((place + 1).to_string()));
    }
    let sorts = task == Task::Sort;
    let mut colours = Vec::new();
    for &[x, y] in &shown.points {
        colours.push(if sorts { x } else { (y - center_y).atan2(x - center_x) });
    }
    let colours = payload.array(colours);
    let (angles, values, note) = if sorts {
        (Value::Null, colours, "Coloured by the number read.")
    } else {
        (colours, Value::Null, "Coloured by the direction in which the point lies from the middle of the set.")
    };
    let label = |which: &str, share: f64| which.to_owned() + " direction, " + &percent(share) + " of the variance";
    json!({
        "x": payload.array(x),
        "y": payload.array(y),
        "angle": angles,
        "value": values,
        "labels": labels,
        "xLabel": label("first", explained[0]),
        "yLabel": label("second", explained[1]),
        "note": note,
    })
}

/// A curve of a chart; a thin one is drawn so.
#[inline(never)]
fn curve(name: &str, role: &str, thin: bool, [x, y]: [Vec<f32>; 2], payload: &mut Payload) -> Value {
    let mut curve = json!({ "name": name, "role": role, "x": payload.array(x), "y": payload.array(y) });
    if thin {
        curve["thin"] = Value::Bool(true);
    }
    curve
}

/// The values of a column over the steps, divided by `by`.
#[inline(never)]
fn over_steps(history: &History, measure: &str, n: usize, by: f32) -> [Vec<f32>; 2] {
    let steps = history.steps().iter().map(|&step| step as f32).collect();
    let mut values = history.column(&column(measure, n)).to_vec();
    values.iter_mut().for_each(|value| *value /= by);
    [steps, values]
}

/// The axis of the values: lengths of tours, or shares.
fn value_axis(tour: bool, share: &str) -> Value {
    if tour {
        json!({ "label": "tour", "unit": "times the optimum", "min": 1 })
    } else {
        json!({ "label": share, "min": 0, "max": 1 })
    }
}

/// The measures that curves show: name recorded, name shown, role.
fn shown_measures(task: Task) -> &'static [(&'static str, &'static str, &'static str)] {
    match task {
        Task::Sort => &[("accuracy", "exact", "category-0"), ("positions", "positions", "category-2")],
        Task::Hull => &[
            ("accuracy", "exact", "category-0"),
            ("area", "area", "category-2"),
            ("not simple", "not simple", "category-1"),
        ],
        Task::Delaunay => &[("accuracy", "exact", "category-0"), ("coverage", "triangles", "category-2")],
        Task::Tour => &[("valid", "tours, free", "category-0")],
    }
}

/// Panel `training`: accuracy over the steps, of the network and of the baseline.
pub(super) fn training(plan: &Plan, chance: &Chance, view: &View, payload: &mut Payload) -> Value {
    let (main, n) = (view.main(), plan.range[1]);
    let mut series: Vec<Value> = Vec::new();
    let baseline = view.runs.get(1).filter(|run| run.name.starts_with(super::BASELINE));
    let tour = plan.rules.task == Task::Tour;
    let (compared, by) = if tour { ("tour", chance.exact as f32) } else { ("accuracy", 1.0) };
    let mut add = |name: &str, role: &str, thin: bool, history: &History, measure: &str| {
        series.push(curve(name, role, thin, over_steps(history, measure, n, by), payload));
    };
    if tour {
        add("pointing", "category-0", false, main.history, compared);
    } else {
        for (measure, name, role) in shown_measures(plan.rules.task).iter().take(2) {
            add(name, role, false, main.history, measure);
        }
    }
    if let Some(run) = baseline {
        let name = if tour { "dictionary" } else { "exact, dictionary" };
        add(name, "category-1", !tour, run.history, compared);
    }
    for (seed, history) in view.other_seeds.iter().filter(|_| !tour) {
        add(&format!("seed {seed}"), "category-0", true, history, compared);
    }
    let rules = if tour {
        json!([
            json!({ "y": chance.heuristic / chance.exact, "label": "nearest neighbour" }),
            json!({ "y": 1.0, "label": "optimum" })
        ])
    } else {
        json!(NONE)
    };
    json!({
        "x": json!({ "label": "step", "unit": "steps", "scale": "linear", "min": 0, "max": main.steps }),
        "y": value_axis(tour, &format!("share of 300 test sets of {n}")),
        "series": series,
        "bands": NONE,
        "rules": rules,
        "timeline": true,
    })
}

/// Panel `by_length`: the same network on sets of other lengths.
pub(super) fn by_length(plan: &Plan, chances: &[Chance], view: &View, payload: &mut Payload) -> Value {
    let main = view.main();
    let at = |measure: &str, n: usize| main.history.before(&column(measure, n), main.step).map(f64::from);
    let mut series: Vec<Value> = Vec::new();
    let tour = plan.rules.task == Task::Tour;
    // The exact answer of another task than tours scores 1.
    let mut add = |name: &str, role: &str, value: &dyn Fn(usize, &Chance) -> Option<f64>| {
        let mut line = [Vec::new(), Vec::new()];
        for ((n, _), chance) in plan.tests.iter().zip(chances) {
            line[0].push(*n as f32);
            line[1].push(value(*n, chance).map_or(f32::NAN, |value| (value / chance.exact) as f32));
        }
        series.push(curve(name, role, false, line, payload));
    };
    if tour {
        add("pointing", "category-0", &|n, _| at("tour", n));
        add("nearest neighbour", "category-2", &|_, chance| Some(chance.heuristic));
    } else {
        for (measure, name, role) in shown_measures(plan.rules.task) {
            add(name, role, &|n, _| at(measure, n));
        }
    }
    let name = match plan.rules.task {
        Task::Tour => "chance",
        Task::Delaunay => "chance, triangles",
        Task::Sort | Task::Hull => "chance, exact",
    };
    add(name, "other", &|_, chance| Some(chance.random));
    if let Some(run) = view.runs.get(1).filter(|run| !tour && run.name.starts_with(super::BASELINE)) {
        let n = plan.range[1];
        let value = run.history.before(&column("accuracy", n), run.step).unwrap_or(f32::NAN);
        // A dictionary of n words has no answer at any other length: a dash of its own.
        let dash = [vec![n as f32 - 0.3, n as f32 + 0.3], vec![value; 2]];
        series.push(curve("dictionary", "category-1", false, dash, payload));
    }
    let band = json!({ "from": plan.range[0], "to": plan.range[1], "label": "trained on" });
    json!({
        "x": json!({ "label": "points n", "scale": "linear", "min": plan.tests[0].0, "max": plan.tests[plan.tests.len() - 1].0 }),
        "y": value_axis(tour, "share of 300 test sets"),
        "series": series,
        "bands": json!([band]),
        "rules": NONE,
        "timeline": false,
    })
}

/// Panel `lengths`: mean tours.
pub(super) fn lengths(plan: &Plan, chance: &Chance, view: &View) -> Value {
    let main = view.main();
    let n = plan.range[1];
    let tour = main.history.before(&column("tour", n), main.step).map(f64::from);
    let bar = |name: &str, value: Option<f64>, role: &str| json!({ "name": name, "value": value, "role": role });
    json!({
        "bars": json!([
            bar("optimum", Some(chance.exact), "truth"),
            bar("pointing", tour, "pointer"),
            bar("nearest neighbour", Some(chance.heuristic), "baseline"),
            bar("random", Some(chance.random), "chance"),
        ]),
        "label": format!("mean tour of {n} cities"),
        "unit": "",
        "from": 0,
        "note": "300 test sets, valid-only greedy decoding",
    })
}
