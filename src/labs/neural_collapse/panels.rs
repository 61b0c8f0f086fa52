//! What the lab draws.

use super::geometry::{Axes, DEAD, Geometry, Vector, axes, dot, norm, vector};
use super::model::{CLASSES, D, Loss, STEPS, Variant};
use super::theory::{optima, optimum};
use crate::json::json;
use crate::labs::Payload;
use crate::number::rounded;
use crate::session::{RunView, View};
use serde_json::Value;

const NAMES: [&str; CLASSES] = ["A", "B", "C", "D"];
/// Weight decays at which the theory is drawn, from `LEAST` to `MOST`.
const CURVE: usize = 97;
const LEAST: f64 = 1e-4;
const MOST: f64 = 0.1;
/// Single precision does not tell less; lower readings are drawn here.
const FLOOR: f64 = 1e-15;

/// Draws the main run.
pub(super) struct Pictures {
    variant: Variant,
    /// The class that the three dimensions of the picture are not made for.
    left_out: usize,
    /// Axes of the last picture.
    axes: Axes,
    /// What theory says of λ: the weight decays, and p for each class; empty until it is drawn.
    theory: Vec<Vec<f32>>,
}

fn role(class: usize) -> String {
    format!("category-{class}")
}

impl Pictures {
    pub(super) fn new(variant: Variant, left_out: usize) -> Pictures {
        Pictures { variant, left_out, axes: [[0.0; D]; 3], theory: Vec::new() }
    }

    /// Chooses the class that the picture does without.
    pub(super) fn leave_out(&mut self, class: usize) {
        self.left_out = class;
    }

    pub(super) fn panel(&mut self, id: &str, view: &View, payload: &mut Payload) -> Value {
        let main = view.main();
        if id == "collapse" {
            return self.collapse(&main, view, payload);
        }
        let Some(picture) = main.picture else { return Value::Null };
        let features = picture.get("features");
        let geometry = Geometry::of(&self.variant, features, picture.get("product"));
        match id {
            "space" => self.space(&geometry, features, payload),
            "cosines" => self.cosines(&geometry, payload),
            "lengths" => self.lengths(&geometry),
            "survival" if self.variant.loss == Loss::Square => self.survival(&geometry, payload),
            _ => Value::Null,
        }
    }

    /// All features in the space of three class means, so that their lengths and angles are drawn as they are.
    fn space(&mut self, geometry: &Geometry, features: &[f32], payload: &mut Payload) -> Value {
        // The three classes other than the one left out, in their order.
        let mut drawn = [0, 1, 2];
        for class in &mut drawn {
            *class += usize::from(*class >= self.left_out);
        }
        let [a, b, c] = drawn;
        self.axes = axes([&geometry.means[a], &geometry.means[b], &geometry.means[c]], &self.axes);
        let mut points = Vec::with_capacity(features.len() / D * 3);
        for sample in features.chunks_exact(D) {
            self.place(&vector(sample), 1.0, &mut points);
        }
        // Rows are longer than means, and only their direction is compared.
        let (mut of_means, mut of_rows) = (0.0, 0.0);
        for (mean, row) in geometry.means.iter().zip(&geometry.rows) {
            of_means += dot(mean, mean);
            of_rows += dot(row, row);
        }
        let scale = if of_rows > DEAD * DEAD { (of_means / of_rows).sqrt() } else { 1.0 };
        let (mut arrows, mut tips, mut arcs) = (Vec::new(), Vec::new(), Vec::new());
        for (class, name) in NAMES.iter().enumerate() {
            for (form, vector, scale) in
                [("solid", &geometry.means[class], 1.0), ("dashed", &geometry.rows[class], scale)]
            {
                self.place(vector, scale, &mut tips);
                arrows.push(json!({ "name": *name, "group": class, "form": form, "length": norm(vector) }));
            }
        }
        // Positions among the arrows, of which each class has two.
        for (one, other) in [(a, b), (a, c), (b, c)] {
            if geometry.length(one) >= DEAD && geometry.length(other) >= DEAD {
                arcs.extend_from_slice(&[2.0 * one as f32, 2.0 * other as f32]);
            }
        }
        let mut groups = Vec::with_capacity(self.variant.samples());
        for label in self.variant.labels() {
            groups.push(label as f32);
        }
        json!({
            "points": payload.array(points),
            "groups": payload.array(groups),
            "names": names(),
            "arrows": Value::Array(arrows),
            "tips": payload.array(tips),
            "arcs": payload.array(arcs),
            "point": "one sample",
            "solid": "class mean",
            "dashed": "classifier row",
            "dashedScale": scale,
            "note": self.note(geometry),
        })
    }

    /// Appends where a vector stands on the three axes.
    fn place(&self, vector: &Vector, scale: f64, places: &mut Vec<f32>) {
        for axis in &self.axes {
            places.push((scale * dot(vector, axis)) as f32);
        }
    }

    /// What becomes of the class that the picture is not made for, and of classes that are dead.
    fn note(&self, geometry: &Geometry) -> String {
        let mut note = String::new();
        for (class, name) in NAMES.iter().enumerate() {
            if geometry.length(class) < DEAD {
                note += &format!("Class {name} is dead: it has no arrow, and the network answers 0. ");
            }
        }
        let (name, mean) = (NAMES[self.left_out], &geometry.means[self.left_out]);
        let mut inside = 0.0;
        for axis in &self.axes {
            inside += dot(mean, axis) * dot(mean, axis);
        }
        let share = inside.sqrt() / norm(mean);
        if !note.is_empty() {
            return note;
        }
        if share > 0.995 {
            note += "All four arrows lie in these three dimensions.";
        } else if share < 0.05 {
            note += &format!(
                "{name} is at right angles to the three others. That takes a fourth dimension: here it is a dot."
            );
        } else {
            let percent = rounded(100.0 * share, 0);
            note += &format!("{percent} % of the length of {name} lies in these three dimensions.");
        }
        note
    }

    fn cosines(&self, geometry: &Geometry, payload: &mut Payload) -> Value {
        let mut cosines = Vec::with_capacity(CLASSES * CLASSES);
        for cosine in geometry.cosines().as_flattened() {
            cosines.push(*cosine as f32);
        }
        json!({
            "rows": CLASSES,
            "columns": CLASSES,
            "values": payload.array(cosines),
            "scale": "diverging",
            "limit": 1,
            "rowLabel": "class",
            "columnLabel": "class",
            "rowNames": names(),
            "columnNames": names(),
            "unit": "cosine",
            "numbers": true,
        })
    }

    fn lengths(&self, geometry: &Geometry) -> Value {
        let known = self.variant.loss == Loss::Square;
        let (_, theory) = optima(&self.variant);
        let mut bars = Vec::new();
        for (class, name) in NAMES.iter().enumerate() {
            let count = self.variant.counts[class];
            bars.push(json!({
                "name": format!("{name} · {count} sample{}", if count == 1 { "" } else { "s" }),
                "value": geometry.length(class),
                "role": role(class),
                "mark": if known { json!(theory[class]) } else { Value::Null },
            }));
        }
        json!({
            "bars": Value::Array(bars),
            "label": "length |μ|",
            "unit": "",
            "from": Value::Null,
            "mark": "theory",
            "note": if known { "" } else { "Theory gives these lengths for MSE without a bias only." },
        })
    }

    fn collapse(&self, main: &RunView, view: &View, payload: &mut Payload) -> Value {
        let mut series = Vec::new();
        let mut curve = |run: &RunView, column: &str, name: &str, role: &str, thin: bool| {
            // The axis is logarithmic, so step 0 is shown in the place of step 1.
            let (mut steps, mut values) = (Vec::new(), Vec::new());
            for (&step, &value) in run.history.steps().iter().zip(run.history.column(column)) {
                if step != 1 {
                    steps.push(step.max(1) as f32);
                    values.push(value);
                }
            }
            let (x, y) = (payload.array(steps), payload.array(values));
            series.push(json!({ "name": name, "role": role, "thin": thin, "x": x, "y": y }));
        };
        curve(main, "NC1", "NC1 spread", "category-0", false);
        let known = self.variant.loss == Loss::Square || self.variant.balanced();
        if known {
            curve(main, "NC2", "NC2 angles", "category-1", false);
        }
        curve(main, "NC3", "NC3 alignment", "category-2", false);
        for &(seed, history) in &view.other_seeds {
            curve(&RunView { history, ..*main }, "NC1", &format!("seed {seed}"), "other", true);
        }
        json!({
            "x": json!({ "label": "step", "unit": "steps", "scale": "log", "min": 1, "max": STEPS }),
            "y": json!({ "label": "distance from full collapse", "scale": "log", "min": FLOOR, "max": 10 }),
            "series": Value::Array(series),
            "timeline": true,
        })
    }

    /// The output of each class against weight decay, by theory, with what this run has.
    fn survival(&mut self, geometry: &Geometry, payload: &mut Payload) -> Value {
        if self.theory.is_empty() {
            self.theory = theory(&self.variant);
        }
        let mut series = Vec::new();
        for (class, name) in NAMES.iter().enumerate() {
            // A curve ends where its class dies.
            let curve = &self.theory[class + 1];
            let end = curve.iter().position(|&output| output == 0.0).map_or(curve.len(), |at| at + 1);
            let (x, y) = (payload.array(self.theory[0][..end].to_vec()), payload.array(curve[..end].to_vec()));
            series.push(json!({ "name": name, "role": role(class), "x": x, "y": y }));
        }
        for (class, name) in NAMES.iter().enumerate() {
            let (x, y) =
                (payload.array(vec![self.variant.decay as f32]), payload.array(vec![geometry.output(class) as f32]));
            let name = format!("{name} in this run");
            series.push(json!({ "name": name, "role": role(class), "dots": "alone", "x": x, "y": y }));
        }
        let band = json!({ "from": self.variant.decay, "to": self.variant.decay, "label": "" });
        json!({
            "x": json!({ "label": "weight decay λ", "scale": "log", "min": LEAST, "max": MOST }),
            "y": json!({ "label": "output p on the true class", "min": 0, "max": 1.05 }),
            "series": Value::Array(series),
            "bands": Value::Array(vec![band]),
            "timeline": false,
        })
    }
}

fn names() -> Value {
    Value::Array(NAMES.iter().map(|name| Value::from(*name)).collect())
}

/// Weight decays at equal ratios, then p for each class.
fn theory(variant: &Variant) -> Vec<Vec<f32>> {
    // 10^(1/32): three decades in 96 steps.
    let ratio = 1.074_607_828_321_317_5;
    let mut lines = vec![Vec::new(); 1 + CLASSES];
    let mut decay = LEAST;
    for _ in 0..CURVE {
        lines[0].push(decay as f32);
        for (line, count) in lines[1..].iter_mut().zip(variant.counts) {
            line.push(optimum(count, variant.samples(), variant.depth, decay).0 as f32);
        }
        decay *= ratio;
    }
    lines
}
