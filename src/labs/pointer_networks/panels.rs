//! What the lab draws.

use super::Chance;
use super::answer::Answer;
use super::program::{Plan, column};
use super::task::{Grade, Point, Set, Task};
use crate::analysis::pca::{self, Axes, Projection};
use crate::json::{NONE, json};
use crate::labs::Payload;
use crate::number::rounded;
use crate::session::{RunView, View};
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
    let placed = |tokens: &[usize]| tokens.iter().map(|&token| place(token) as f64).collect::<Vec<f64>>();
    let width = points.len() + 1;
    let mut seen = points.clone();
    let mut rows = answer.rows.clone();
    for (at, &point) in points.iter().enumerate() {
        seen[place(at)] = point;
        for row in 0..rows.len() / width {
            rows[row * width + place(at)] = answer.rows[row * width + at];
        }
    }
    let coordinates = seen.iter().flat_map(|point| &point[..if task == Task::Sort { 1 } else { 2 }]).copied().collect();
    let beams = answer.beams.iter().map(|beam| {
        json!({ "tokens": placed(&beam.tokens), "stopped": beam.stopped, "logProbability": beam.log_probability })
    });
    let steps = answer.steps.iter().map(|candidates| {
        let one = candidates.iter().map(|candidate| {
            json!({
                "parent": candidate.parent,
                "token": place(candidate.token),
                "logProbability": candidate.log_probability,
            })
        });
        Value::Array(one.collect())
    });
    json!({
        "task": name(task),
        "points": payload.array(coordinates),
        "trained": numbers(range),
        "tokens": placed(&best.tokens),
        "stopped": best.stopped,
        "truth": placed(truth),
        "wrong": flags(&grade.wrong),
        "rows": payload.array(rows),
        "beams": Value::Array(beams.collect()),
        "steps": Value::Array(steps.collect()),
        "figures": Value::Array(figures(task, shown)),
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
    let figure = |name: &str, value: String| json!({ "name": name, "value": value });
    let missing = || "–".to_owned();
    let wrong = grade.wrong.iter().filter(|wrong| **wrong).count();
    let mut figures = match task {
        Task::Sort => {
            vec![figure("right positions", format!("{} of {}", points.len() - wrong.min(points.len()), points.len()))]
        }
        Task::Hull => vec![
            figure("area", if grade.valid { percent(grade.share) } else { missing() }),
            figure("wrong edges", format!("{wrong}")),
        ],
        Task::Delaunay => {
            vec![figure("triangles found", percent(grade.share)), figure("wrong triangles", format!("{wrong}"))]
        }
        Task::Tour => {
            let best = super::solve::tour::length(points, truth);
            let mut all = vec![
                figure("length", if grade.valid { rounded(grade.share, 3) } else { missing() }),
                figure(if bound.is_some() { "best found" } else { "optimum" }, rounded(best, 3)),
            ];
            all.extend(bound.map(|bound| figure("no tour is below", rounded(bound, 3))));
            all
        }
    };
    let probability = answer.beams[0].log_probability.exp();
    figures.push(figure("its probability", percent(probability)));
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
    let inputs = shown.points.iter().map(|&[x, y]| {
        let x = rounded(x as f64, 2);
        Value::String(if task == Task::Sort { x } else { format!("{x} {}", rounded(y as f64, 2)) })
    });
    let best = &shown.answer.beams[0];
    let names: Vec<usize> = shown.places.iter().map(|place| place + 1).collect();
    json!({
        "inputs": Value::Array(inputs.collect()),
        "numbers": numbers(&names),
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
    let angle = |point: &Point| (point[1] - center_y).atan2(point[0] - center_x);
    let labels = shown.places.iter().map(|place| Value::String(format!("{}", place + 1)));
    let sorts = task == Task::Sort;
    let (angles, values, note) = if sorts {
        let values = payload.array(shown.points.iter().map(|point| point[0]).collect());
        (Value::Null, values, "Coloured by the number read.")
    } else {
        let angles = payload.array(shown.points.iter().map(angle).collect());
        (angles, Value::Null, "Coloured by the direction in which the point lies from the middle of the set.")
    };
    let label = |which: &str, share: f64| format!("{which} direction, {} of the variance", percent(share));
    json!({
        "x": payload.array(x),
        "y": payload.array(y),
        "angle": angles,
        "value": values,
        "labels": Value::Array(labels.collect()),
        "xLabel": label("first", explained[0]),
        "yLabel": label("second", explained[1]),
        "note": note,
    })
}

fn curve(run: &RunView, column: &str, name: &str, role: &str, payload: &mut Payload) -> Value {
    let x = run.history.steps().iter().map(|&step| step as f32).collect();
    json!({ "name": name, "role": role, "x": payload.array(x), "y": payload.array(run.history.column(column).to_vec()) })
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
    if tour {
        let ratio = |run: &RunView, name: &str, role: &str, payload: &mut Payload| {
            let tours = run.history.column(&column("tour", n));
            let steps = run.history.steps().iter().map(|&step| step as f32).collect();
            let above = tours.iter().map(|tour| tour / chance.exact as f32).collect();
            json!({ "name": name, "role": role, "x": payload.array(steps), "y": payload.array(above) })
        };
        series.push(ratio(&main, "pointing", "category-0", payload));
        series.extend(baseline.map(|run| ratio(run, "dictionary", "category-1", payload)));
    } else {
        for (measure, name, role) in shown_measures(plan.rules.task).iter().take(2) {
            series.push(curve(&main, &column(measure, n), name, role, payload));
        }
        series.extend(baseline.map(|run| {
            let mut curve = curve(run, &column("accuracy", n), "exact, dictionary", "category-1", payload);
            curve["thin"] = json!(true);
            curve
        }));
    }
    for (seed, history) in &view.other_seeds {
        if !tour {
            let x = history.steps().iter().map(|&step| step as f32).collect();
            let y = history.column(&column("accuracy", n)).to_vec();
            let name = format!("seed {seed}");
            series.push(json!({ "name": name, "role": "category-0", "thin": true, "x": payload.array(x), "y": payload.array(y) }));
        }
    }
    let rules = if tour {
        json!([
            json!({ "y": chance.heuristic / chance.exact, "label": "nearest neighbour" }),
            json!({ "y": 1.0, "label": "optimum" })
        ])
    } else {
        json!(NONE)
    };
    let y = if tour {
        json!({ "label": "tour", "unit": "times the optimum", "min": 1 })
    } else {
        json!({ "label": format!("share of 300 test sets of {n}"), "min": 0, "max": 1 })
    };
    json!({
        "x": json!({ "label": "step", "unit": "steps", "scale": "linear", "min": 0, "max": main.steps }),
        "y": y,
        "series": Value::Array(series),
        "bands": NONE,
        "rules": rules,
        "timeline": true,
    })
}

/// Panel `by_length`: the same network on sets of other lengths.
pub(super) fn by_length(plan: &Plan, chances: &[Chance], view: &View, payload: &mut Payload) -> Value {
    let main = view.main();
    let at = |measure: &str, n: usize| main.history.before(&column(measure, n), main.step);
    let lengths: Vec<f32> = plan.tests.iter().map(|(n, _)| *n as f32).collect();
    let mut series: Vec<Value> = Vec::new();
    let tour = plan.rules.task == Task::Tour;
    let mut add = |name: &str, role: &str, values: Vec<f32>, payload: &mut Payload| {
        series.push(
            json!({ "name": name, "role": role, "x": payload.array(lengths.clone()), "y": payload.array(values) }),
        );
    };
    if tour {
        let ratios = |of: &dyn Fn(usize, &Chance) -> Option<f64>| -> Vec<f32> {
            let one = |((n, _), chance): (&(usize, Vec<Set>), &Chance)| {
                of(*n, chance).map_or(f32::NAN, |tour| (tour / chance.exact) as f32)
            };
            plan.tests.iter().zip(chances).map(one).collect()
        };
        add("pointing", "category-0", ratios(&|n, _| at("tour", n).map(f64::from)), payload);
        add("nearest neighbour", "category-2", ratios(&|_, chance| Some(chance.heuristic)), payload);
        add("chance", "other", ratios(&|_, chance| Some(chance.random)), payload);
    } else {
        for (measure, name, role) in shown_measures(plan.rules.task) {
            let values = plan.tests.iter().map(|(n, _)| at(measure, *n).unwrap_or(f32::NAN)).collect();
            add(name, role, values, payload);
        }
        let name = if plan.rules.task == Task::Delaunay { "chance, triangles" } else { "chance, exact" };
        add(name, "other", chances.iter().map(|chance| chance.random as f32).collect(), payload);
    }
    if let Some(run) = view.runs.get(1).filter(|run| !tour && run.name.starts_with(super::BASELINE)) {
        let n = plan.range[1];
        let value = run.history.before(&column("accuracy", n), run.step).unwrap_or(f32::NAN);
        // A dictionary of n words has no answer at any other length: a dash of its own.
        let x = payload.array(vec![n as f32 - 0.3, n as f32 + 0.3]);
        series.push(json!({ "name": "dictionary", "role": "category-1", "x": x, "y": payload.array(vec![value; 2]) }));
    }
    let band = json!({ "from": plan.range[0], "to": plan.range[1], "label": "trained on" });
    let y = if tour {
        json!({ "label": "tour", "unit": "times the optimum", "min": 1 })
    } else {
        json!({ "label": "share of 300 test sets", "min": 0, "max": 1 })
    };
    json!({
        "x": json!({ "label": "points n", "scale": "linear", "min": plan.tests[0].0, "max": plan.tests[plan.tests.len() - 1].0 }),
        "y": y,
        "series": Value::Array(series),
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
