//! What the lab draws.

use super::network::{self, CLASSES, Data, IMAGES, MINUS_CLASS, PLUS_CLASS};
use super::record::{C, LOSS, MINUS, OUTLIER, PLUS, REMOVED, REST, SHARPNESS, column, largest};
use super::theory::{MEAN_SQUARE, Moments, Weights};
use super::{ADAM, NETWORK, NETWORK_WITHOUT, THEORY_WITHOUT};
use crate::analysis::order::descending;
use crate::data::digits::PIXELS;
use crate::json::{NONE, json};
use crate::labs::{PanelInfo, Payload};
use crate::number::rounded;
use crate::session::{Picture, RunView, View};
use serde_json::Value;

pub(super) const PANELS: &[PanelInfo] = &[
    PanelInfo { id: "loss", kind: "line", title: "Loss", hint: "drag to travel in time", wide: true },
    PanelInfo {
        id: "groups",
        kind: "line",
        title: "Loss of each group, step by step",
        hint: "the last 60 steps",
        wide: true,
    },
    PanelInfo { id: "sharpness", kind: "line", title: "Sharpness", hint: "the steepest curvature", wide: true },
    PanelInfo { id: "valley", kind: "trails", title: "The valley", hint: "its walls close in as c grows", wide: true },
    PanelInfo {
        id: "blank",
        kind: "bars",
        title: "A background without a digit",
        hint: "what network 1 says",
        wide: false,
    },
    PanelInfo {
        id: "changed",
        kind: "images",
        title: "Whose loss changed most",
        hint: "five of 400 images",
        wide: false,
    },
];

/// Steps in the close view of the groups.
const WINDOW: u64 = 60;
/// Images shown.
const CHANGED: usize = 5;
/// The picture of the valley: how far b_o goes both ways, how far c goes, and its cells.
const REACH: f64 = 1.6;
const HIGHEST: f64 = 4.0;
const CELLS: [usize; 2] = [72, 48];
/// Movements that are smaller, of b_o and of c, are not seen in it.
const UNSEEN: [f32; 2] = [0.006, 0.012];
/// From this step on a curve on a logarithmic axis has more readings than can be seen, so that every third is enough; spikes take
/// twenty steps.
const DENSE: u64 = 300;

/// Curves of a panel.
struct Curves<'a> {
    payload: &'a mut Payload,
    series: Vec<Value>,
    /// Whether the axis is logarithmic, which shows step 0 in the place of step 1.
    log: bool,
    /// Lower readings are left out.
    floor: f32,
}

impl<'a> Curves<'a> {
    fn new(log: bool, floor: f32, payload: &'a mut Payload) -> Curves<'a> {
        Curves { payload, series: Vec::new(), log, floor }
    }

    /// A curve of a run's number.
    fn add(&mut self, run: &RunView, what: &str, name: &str, role: &str, thin: bool) {
        let (mut x, mut y) = (Vec::new(), Vec::new());
        for (&step, &value) in run.history.steps().iter().zip(run.history.column(what)) {
            let seen = !self.log || step != 1 && (step <= DENSE || step.is_multiple_of(3));
            if value >= self.floor && seen {
                x.push(if self.log { step.max(1) } else { step } as f32);
                y.push(value);
            }
        }
        self.push(x, y, name, role, thin);
    }

    /// The sharpness of networks, which is looked at before every fifth step and recorded after it.
    fn add_looks(&mut self, run: &RunView, network: usize, name: &str, role: &str, thin: bool) {
        let (mut x, mut y) = (Vec::new(), Vec::new());
        for (&step, &value) in run.history.steps().iter().zip(run.history.column(&column(SHARPNESS, network))) {
            if step % network::EVERY == 1 {
                x.push((step - 1) as f32);
                y.push(value);
            }
        }
        self.push(x, y, name, role, thin);
    }

    fn push(&mut self, x: Vec<f32>, y: Vec<f32>, name: &str, role: &str, thin: bool) {
        let (x, y) = (self.payload.array(x), self.payload.array(y));
        self.series.push(json!({ "name": name, "role": role, "thin": thin, "x": x, "y": y }));
    }

    /// The panel, with the time in which the outliers were gone.
    fn done(self, main: &RunView, y: Value, rules: Vec<Value>, note: &str) -> Value {
        let scale = if self.log { "log" } else { "linear" };
        json!({
            "x": json!({ "label": "step", "unit": "steps", "scale": scale, "min": u8::from(self.log), "max": main.steps }),
            "y": y,
            "series": self.series,
            "bands": removed(main),
            "rules": rules,
            "timeline": true,
            "note": note,
        })
    }
}

/// The steps after which the outliers were taken away by hand, as a band; none if they were never there.
fn removed(run: &RunView) -> Vec<Value> {
    let flags = run.history.column(REMOVED);
    let mut bands = Vec::new();
    if let (Some(&first), Some(at)) = (flags.first(), flags.iter().position(|&flag| flag > 0.5))
        && first < 0.5
    {
        let from = run.history.steps()[at];
        bands.push(json!({ "from": from, "to": run.steps, "label": "outliers removed" }));
    }
    bands
}

/// Where the groups stand in the last steps before the one that is shown.
fn groups(main: &RunView, names: [&str; 3], payload: &mut Payload) -> Value {
    let from = main.step.saturating_sub(WINDOW);
    let steps = main.history.steps();
    let (first, end) = (steps.partition_point(|&step| step < from), steps.partition_point(|&step| step <= main.step));
    let mut curves = Curves::new(false, 0.0, payload);
    for (what, name, role) in [(REST, names[2], "rest"), (PLUS, names[0], "train"), (MINUS, names[1], "test")] {
        let mut x = Vec::new();
        for &step in &steps[first..end] {
            x.push(step as f32);
        }
        curves.push(x, main.history.column(what)[first..end].to_vec(), name, role, false);
    }
    let series = curves.series;
    json!({
        "x": json!({ "label": "step", "unit": "steps", "min": from, "max": from + WINDOW }),
        "y": json!({ "label": "mean loss", "min": 0 }),
        "series": series,
        "bands": NONE,
        "rules": NONE,
        "timeline": false,
    })
}

/// How the sharpness stands to the limit.
fn against(limit: f64, sharpness: &[f32]) -> String {
    let most = largest(sharpness);
    if most.is_nan() {
        return String::new();
    }
    let ratio = most / limit;
    let verdict = if ratio > 1.0 { "past" } else { "short of" };
    format!("Largest so far: {}, {} × 2/η: {verdict} the limit of a stable step.", rounded(most, 1), rounded(ratio, 2))
}

fn limit(rate: f64) -> Vec<Value> {
    vec![json!({ "y": 2.0 / rate, "label": format!("2/η = {}", rounded(2.0 / rate, 1)) })]
}

/// Panels of the linear theory at the step size `rate`.
pub(super) fn of_theory(id: &str, moments: &Moments, rate: f64, view: &View, payload: &mut Payload) -> Value {
    let main = &view.main();
    match id {
        "loss" => {
            let mut curves = Curves::new(true, 0.05, payload);
            curves.add(main, LOSS, "all samples", "category-2", false);
            if let Some(run) = view.run(THEORY_WITHOUT) {
                curves.add(run, LOSS, "without outliers", "rest", true);
            }
            for &(seed, history) in &view.other_seeds {
                curves.add(&RunView { history, ..*main }, LOSS, &format!("seed {seed}"), "other", true);
            }
            let y = json!({ "label": "half the mean squared error", "scale": "log", "min": 0.05, "max": 30 });
            curves.done(main, y, Vec::new(), "")
        }
        "groups" => groups(main, ["+ outliers", "− outliers", "the others"], payload),
        "sharpness" => {
            let mut curves = Curves::new(true, 0.0, payload);
            curves.add(main, SHARPNESS, "with outliers", "category-2", false);
            if let Some(run) = view.run(THEORY_WITHOUT) {
                curves.add(run, SHARPNESS, "without", "rest", true);
            }
            let note = against(2.0 / rate, main.history.column(SHARPNESS));
            curves.done(main, json!({ "label": "largest eigenvalue", "min": 0 }), limit(rate), &note)
        }
        "valley" => valley(main, moments, rate, payload),
        _ => Value::Null,
    }
}

/// The loss over b_o and c, where the signal's part of the output stays what it is, with the path through it.
fn valley(main: &RunView, moments: &Moments, rate: f64, payload: &mut Payload) -> Value {
    let Some(picture) = main.picture else { return Value::Null };
    let removed = main.history.before(REMOVED, main.step).is_some_and(|removed| removed > 0.5);
    let weights = Weights::new(picture.get("c"), picture.get("b"), picture.get("b_o"), removed);
    let (slope, curvature) = moments.along_outlier(&weights);
    let height = |u: f64| slope * u + 0.5 * curvature * u * u;
    let now = weights.c * weights.b.last().copied().unwrap_or(0.0);
    let floor = main.history.before(LOSS, main.step).unwrap_or(0.0) as f64 - height(now);
    let [columns, rows] = CELLS;
    let mut values = Vec::with_capacity(columns * rows);
    for row in 0..rows {
        let c = HIGHEST * (1.0 - (row as f64 + 0.5) / rows as f64);
        for cell in 0..columns {
            let outlier = REACH * (2.0 * (cell as f64 + 0.5) / columns as f64 - 1.0);
            values.push((floor + height(c * outlier)) as f32);
        }
    }
    let (outliers, cs) = (main.history.column(OUTLIER), main.history.column(C));
    let (mut x, mut y, mut steps) = (Vec::new(), Vec::new(), Vec::new());
    let mut last = [f32::INFINITY; 2];
    for (at, &step) in main.history.steps().iter().enumerate() {
        let here = [outliers[at], cs[at]];
        if (here[0] - last[0]).abs() > UNSEEN[0] || (here[1] - last[1]).abs() > UNSEEN[1] || step == main.step {
            x.push(here[0]);
            y.push(here[1]);
            steps.push(step as f32);
            last = here;
        }
    }
    let path = json!({
        "name": "gradient descent",
        "mark": "",
        "role": "category-2",
        "companion": 0,
        "x": payload.array(x),
        "y": payload.array(y),
        "at": payload.array(steps),
    });
    let edge = (2.0 / (rate * MEAN_SQUARE)).sqrt();
    json!({
        "x": json!({ "label": "weight b_o of the loud feature", "min": -REACH, "max": REACH }),
        "y": json!({ "label": "output weight c", "min": 0, "max": HIGHEST }),
        "trails": [path],
        "time": "step",
        "curve": Value::Null,
        "rules": [json!({ "y": edge, "label": "too steep above: a c² > 2/η", "side": "left" })],
        "legend": false,
        "field": json!({ "columns": columns, "rows": rows, "values": payload.array(values), "low": 1.0, "high": 60.0, "name": "loss" }),
        "note": "Colour: the loss where the signal is fitted as it is now. The walls are outliers; without them the ground is flat.",
    })
}

/// Panels of the networks at the step size `rate`.
pub(super) fn of_network(id: &str, data: &Data, rate: f64, view: &View, payload: &mut Payload) -> Value {
    let main = &view.main();
    let by_adam = main.name == ADAM;
    // The other optimiser moves beside.
    let beside = [
        (NETWORK_WITHOUT, "without outliers", "rest"),
        (if by_adam { NETWORK } else { ADAM }, if by_adam { "GD" } else { "Adam" }, "category-3"),
    ];
    match id {
        "loss" => {
            let mut curves = Curves::new(false, 0.0, payload);
            for network in 0..network::NETWORKS {
                let name = if network == 0 { "three networks" } else { "" };
                curves.add(main, &column(LOSS, network), name, "category-2", network > 0);
            }
            for (run, name, role) in beside {
                if let Some(run) = view.run(run) {
                    curves.add(run, LOSS, name, role, true);
                }
            }
            for &(seed, history) in &view.other_seeds {
                curves.add(&RunView { history, ..*main }, LOSS, &format!("seed {seed}"), "other", true);
            }
            let y = json!({ "label": "cross-entropy", "unit": "nats", "scale": "log", "min": 5e-4, "max": 5 });
            curves.done(main, y, Vec::new(), "")
        }
        "groups" => groups(main, ["loud “3”", "loud “8”", "the others"], payload),
        "sharpness" => {
            let mut curves = Curves::new(false, 0.0, payload);
            for network in 0..network::NETWORKS {
                let name = if network == 0 { "three networks" } else { "" };
                curves.add_looks(main, network, name, "category-2", network > 0);
            }
            for (run, name, role) in beside {
                // Adam's would dwarf the others.
                if let (true, Some(run)) = (run != ADAM, view.run(run)) {
                    curves.add_looks(run, 0, name, role, true);
                }
            }
            let y = json!({ "label": "largest eigenvalue" });
            if by_adam {
                return curves.done(
                    main,
                    y,
                    Vec::new(),
                    "2/η limits plain gradient descent; Adam has a step size for each weight.",
                );
            }
            let note = against(2.0 / rate, main.history.column(SHARPNESS));
            curves.done(main, y, limit(rate), &note)
        }
        "blank" => main.picture.map_or(Value::Null, blank),
        "changed" => main.picture.map_or(Value::Null, |picture| changed(main.step, data, picture, payload)),
        _ => Value::Null,
    }
}

/// What the first network makes of a background without anything on it.
fn blank(picture: &Picture) -> Value {
    let chances = picture.get("chances");
    let mut others = 0.0;
    for class in 0..CLASSES as u32 {
        if class != PLUS_CLASS && class != MINUS_CLASS {
            others += chances[class as usize];
        }
    }
    let bar = |name: &str, value: f32, role: &str| json!({ "name": name, "value": value, "role": role });
    json!({
        "bars": [
            bar("“3”", chances[PLUS_CLASS as usize], "category-0"),
            bar("“8”", chances[MINUS_CLASS as usize], "category-1"),
            bar("any other digit", others, "category-7"),
        ],
        "label": "probability",
        "unit": "",
        "from": 0,
        "to": 1,
        "note": "Nothing but the shared feature: whichever group it is given to, the other one pays.",
    })
}

/// The images of the first network whose loss the last step changed most.
fn changed(step: u64, data: &Data, picture: &Picture, payload: &mut Payload) -> Value {
    let (now, before) = (picture.get("losses"), picture.get("last losses"));
    let images = &data.images[0];
    let mut sizes = Vec::with_capacity(IMAGES);
    for (now, before) in now.iter().zip(before).take(IMAGES) {
        sizes.push((now - before).abs() as f64);
    }
    // Before the first step there is no change.
    let count = if step == 0 { 0 } else { CHANGED };
    let outliers = images.groups[0] + images.groups[1];
    let (mut values, mut captions, mut loud) = (Vec::new(), Vec::new(), 0);
    for &image in descending(&sizes).iter().take(count) {
        values.extend_from_slice(&images.raw[image * PIXELS..][..PIXELS]);
        let sign = if now[image] > before[image] { "▲" } else { "▼" };
        captions.push(format!("“{}” {sign} {}", images.labels[image], rounded(sizes[image], 2)));
        loud += usize::from(image < outliers);
    }
    json!({
        "count": count,
        "columns": 0,
        "height": 8,
        "width": 8,
        "values": payload.array(values),
        "low": 0,
        "high": 1.0 + data.background,
        "scale": "light",
        "captions": captions,
        "note": format!("▲ loss up, ▼ down. {loud} of these five are among the {outliers} loud ones; ranked by change alone."),
    })
}
