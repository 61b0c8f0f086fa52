//! What the visitor looks at: the first digits, recalled at the present β, and the panels that show them. All of it follows
//! the controls at once, without a run.

use super::controls::SHOWN;
use super::drawing;
use super::images::{Classical, Images, normalise, sign};
use super::memory::{Memory, Retrieved, descending, least_number, median};
use super::recall::{MASS, Told, tell, tried};
use crate::analysis::pca::{self, Projection};
use crate::data::digits::PIXELS;
use crate::graph::Result;
use crate::json::{NONE, json};
use crate::labs::{Payload, Settings};
use crate::number::{self, short};
use serde_json::Value;
use std::sync::Arc;

/// A pixel that is further from the stored one is marked as wrong.
const WRONG: f32 = 0.25;
/// Stored digits shown by their weight.
const WEIGHED: usize = 12;
/// Stored digits in the plane, at most.
const PLACED: usize = 200;
/// Columns and rows of the energy's picture, and its sides as multiples of what the points span.
const FIELD: [usize; 2] = [52, 28];
const REACH: [f32; 2] = [2.6, 1.4];

/// What the pictures depend on.
#[derive(Clone, PartialEq)]
struct Setting {
    beta: f64,
    updates: usize,
    drawing: String,
}

/// The retrieval that is shown.
struct Recalled {
    setting: Setting,
    retrieved: Retrieved,
    /// The visitor's drawing with what was taken away to make it a cue, and where the classical network takes it.
    own: Option<(Vec<f32>, [f32; 2], Vec<i32>)>,
}

/// The plane of the stored digits.
struct Plane {
    mean: Vec<f32>,
    projection: Projection,
    energy: Memory,
}

/// See the module's description.
pub(super) struct Shown {
    images: Arc<Images>,
    hidden: usize,
    /// Images that are tried beside those that are shown, for the numbers.
    tried: usize,
    memory: Memory,
    classical: Classical,
    /// Where the classical network takes the images that are shown, and its share of those tried.
    at_rest: Vec<Vec<i32>>,
    share: f32,
    recalled: Option<Recalled>,
    /// Column that is explained.
    query: usize,
    plane: Option<Plane>,
}

impl Shown {
    /// Nothing is recalled yet.
    pub fn new(images: Arc<Images>, hidden: usize) -> Result<Shown> {
        let tried = tried(images.len());
        let memory = Memory::new(images.unit.clone(), PIXELS, tried + 1)?;
        let classical = Classical::store(&images.raw);
        let at_rest = (0..SHOWN).map(|index| classical.recall(images.raw(index), hidden)).collect();
        let share = classical.restored(&images.raw[..tried * PIXELS], hidden);
        Ok(Shown { images, hidden, tried, memory, classical, at_rest, share, recalled: None, query: 0, plane: None })
    }

    /// Recalls anew if something has changed.
    pub fn settle(&mut self, settings: &Settings, beta: f64) {
        self.query = settings.number("query") as usize;
        let (updates, drawing) = (settings.number("updates") as usize, settings.text("draw").to_owned());
        let setting = Setting { beta, updates, drawing };
        if self.recalled.as_ref().is_some_and(|recalled| recalled.setting == setting) {
            return;
        }
        let mut cues = self.images.cues(self.tried, self.hidden);
        let own = drawing::read(&setting.drawing).map(|pixels| {
            let mut unit = pixels.clone();
            let scale = normalise(&mut unit);
            cues.extend(unit);
            let rest = self.classical.recall(&pixels, 0);
            (pixels, scale, rest)
        });
        cues.resize((self.tried + 1) * PIXELS, 0.0);
        let retrieved = self.memory.retrieve(&cues, setting.beta as f32, setting.updates);
        self.recalled = Some(Recalled { setting, retrieved, own });
    }

    /// The data of a panel; nothing before the first [`Shown::settle`].
    pub fn panel(&mut self, id: &str, payload: &mut Payload) -> Value {
        let Some(recalled) = self.recalled.take() else { return Value::Null };
        // What is explained: a digit, or the drawing behind the last one.
        let query = self.query.min(if recalled.own.is_some() { SHOWN } else { SHOWN - 1 });
        let row = if query < SHOWN { query } else { self.tried };
        let value = match id {
            "recall" => self.recall(&recalled, query, payload),
            "weights" => self.weights(&recalled, query, row, payload),
            "plane" => self.plane(&recalled, query, row, payload),
            _ => self.sketch(&recalled, query, payload),
        };
        self.recalled = Some(recalled);
        value
    }

    /// The last state of a query, as pixels.
    fn pixels(&self, recalled: &Recalled, row: usize, [mean, length]: [f32; 2]) -> Vec<f32> {
        let last = recalled.retrieved.states.last().map_or(&[][..], Vec::as_slice);
        last[row * PIXELS..][..PIXELS].iter().map(|x| (mean + length * x).clamp(0.0, 1.0)).collect()
    }

    fn recall(&self, recalled: &Recalled, query: usize, payload: &mut Payload) -> Value {
        let images = &self.images;
        let columns = SHOWN + usize::from(recalled.own.is_some());
        let mut rows: [Vec<f32>; 4] = Default::default();
        let mut wrong = vec![0.0; 2 * columns * PIXELS];
        for index in 0..SHOWN {
            let raw = images.raw(index);
            let restored = self.pixels(recalled, index, images.scale[index]);
            for (pixel, &own) in raw.iter().enumerate() {
                wrong.push(f32::from((restored[pixel] - own).abs() > WRONG));
            }
            let mut cue = raw.to_vec();
            cue[PIXELS - self.hidden..].fill(f32::NAN);
            rows[0].extend(raw);
            rows[1].extend(cue);
            rows[2].extend(restored);
            rows[3].extend(black_and_white(&self.at_rest[index]));
        }
        if let Some((drawing, scale, rest)) = &recalled.own {
            rows[0].extend([f32::NAN; PIXELS]);
            rows[1].extend(drawing);
            rows[2].extend(self.pixels(recalled, self.tried, *scale));
            rows[3].extend(black_and_white(rest));
            wrong.extend([0.0; PIXELS]);
        }
        for index in 0..SHOWN {
            let pairs = self.at_rest[index].iter().zip(images.raw(index));
            wrong.extend(pairs.map(|(unit, pixel)| f32::from(*unit != sign(*pixel))));
        }
        wrong.resize(4 * columns * PIXELS, 0.0);
        let updates = recalled.setting.updates;
        let after = if updates == 1 { "one update".to_owned() } else { format!("{updates} updates") };
        let mut names: Vec<String> = images.labels[..SHOWN].iter().map(u32::to_string).collect();
        names.extend(recalled.own.iter().map(|_| "yours".to_owned()));
        json!({
            "count": 4 * columns,
            "columns": columns,
            "height": 8,
            "width": 8,
            "values": payload.array(rows.concat()),
            "low": 0,
            "high": 1,
            "wrong": payload.array(wrong),
            "rowNames": json!(["stored", "cue", &after, "classical"]),
            "columnNames": names,
            "choice": json!({ "control": "query", "at": query, "by": "column" }),
            "note": self.numbers(recalled),
        })
    }

    /// The numbers of all images that are tried, as sentences.
    fn numbers(&self, recalled: &Recalled) -> String {
        let Retrieved { states, energies, weights } = &recalled.retrieved;
        let [Some(first), Some(last)] = [energies.first(), energies.last()] else { return String::new() };
        let Some(state) = states.last() else { return String::new() };
        let Told { restored, error, k, entropy } =
            tell(&self.images, &state[..self.tried * PIXELS], &weights[..self.tried * self.images.len()]);
        let energy = |values: &[f32]| short(median(&values[..self.tried]) as f64);
        let percent = |share: f32| number::rounded(100.0 * share as f64, 0);
        let of = if self.tried < self.images.len() {
            format!("{} of {}", self.tried, self.images.len())
        } else {
            self.tried.to_string()
        };
        format!(
            "β = {}: of {of} digits {} % restored, mean pixel error {}, k = {}, entropy {} nats, energy {} → {}. The classical \
             network restores {} %. The memory stores each digit without its mean and scaled to length 1, so that bright \
             ones have no advantage; outlined pixels are wrong.",
            shortest(recalled.setting.beta),
            percent(restored),
            short(error as f64),
            short(k as f64),
            short(entropy as f64),
            energy(first),
            energy(last),
            percent(self.share),
        )
    }

    fn weights(&self, recalled: &Recalled, query: usize, row: usize, payload: &mut Payload) -> Value {
        let (images, count) = (&self.images, self.images.len());
        let weights = &recalled.retrieved.weights[row * count..][..count];
        let order = descending(weights);
        let k = least_number(weights, MASS);
        let top = &order[..WEIGHED.min(count)];
        let pixels: Vec<f32> = top.iter().flat_map(|&at| images.raw(at)).copied().collect();
        let shares: Vec<f32> = top.iter().map(|&at| weights[at]).collect();
        let captions: Vec<String> = shares.iter().map(|&share| number::rounded(share as f64, 2)).collect();
        let ringed: Vec<usize> = top.iter().position(|&at| query < SHOWN && at == query).into_iter().collect();
        let rule = (k < top.len()).then(|| json!({ "after": k, "label": "90 %" }));
        let what = if query < SHOWN { "this cue" } else { "your drawing" };
        let hold =
            if k == 1 { "one stored digit holds".to_owned() } else { format!("{k} of {count} stored digits hold") };
        json!({
            "count": top.len(),
            "columns": 0,
            "height": 8,
            "width": 8,
            "values": payload.array(pixels),
            "low": 0,
            "high": 1,
            "captions": captions,
            "shares": payload.array(shares),
            "shareName": "softmax weight",
            "ringed": ringed,
            "ringName": "the stored digit itself",
            "rule": rule,
            "note": format!("k = {k}: for {what} {hold} 90 % of the weight."),
        })
    }

    fn plane(&mut self, recalled: &Recalled, query: usize, row: usize, payload: &mut Payload) -> Value {
        let mut plane = match self.plane.take() {
            Some(plane) => plane,
            None => match Plane::new(&self.images) {
                Ok(plane) => plane,
                Err(_) => return Value::Null,
            },
        };
        let count = self.images.len();
        let placed = count.min(PLACED);
        let path: Vec<[f32; 2]> =
            recalled.retrieved.states.iter().map(|state| plane.place(&state[row * PIXELS..][..PIXELS])).collect();
        let (xs, ys): (Vec<f32>, Vec<f32>) = path.iter().map(|&[x, y]| (x, y)).unzip();
        let labels: Vec<u32> = self.images.labels[..placed].to_vec();
        let names = if placed <= 100 { json!(labels) } else { json!(NONE) };
        let some = if placed < count { format!("{placed} of {count} stored digits. ") } else { String::new() };
        let field = plane.field(recalled.setting.beta as f32, payload);
        let [first, second] = plane.projection.explained.map(|share| number::rounded(100.0 * share, 0));
        let value = json!({
            "x": payload.array(plane.projection.x[..placed].to_vec()),
            "y": payload.array(plane.projection.y[..placed].to_vec()),
            "angle": (),
            "value": (),
            "labels": names,
            "glyphs": placed <= 100,
            "xLabel": format!("first principal axis ({first} % of the variance)"),
            "yLabel": format!("second principal axis ({second} %)"),
            "field": field,
            "path": json!({ "x": payload.array(xs), "y": payload.array(ys), "from": "cue" }),
            "marked": (query < placed.min(SHOWN)).then_some(query),
            "note": format!("{some}The energy is that of states in this plane; most of what tells digits apart lies outside it."),
        });
        self.plane = Some(plane);
        value
    }

    fn sketch(&self, recalled: &Recalled, query: usize, payload: &mut Payload) -> Value {
        let start = self
            .images
            .raw(query.min(SHOWN - 1))
            .iter()
            .map(|pixel| char::from_digit((pixel * 15.0).round() as u32, 16).unwrap_or('0'));
        let mut pictures = Vec::new();
        if let Some((_, scale, rest)) = &recalled.own {
            let restored = payload.array(self.pixels(recalled, self.tried, *scale));
            pictures.push(json!({ "name": format!("β = {}", shortest(recalled.setting.beta)), "values": restored }));
            pictures.push(json!({ "name": "classical", "values": payload.array(black_and_white(rest)) }));
        }
        json!({
            "height": 8,
            "width": 8,
            "control": "draw",
            "text": &recalled.setting.drawing,
            "start": start.collect::<String>(),
            "startName": "the chosen digit",
            "pictures": pictures,
            "note": "A cue need not be a digit. At β = 100 even a scribble comes back as one sharp stored digit, at β = 8 as a blend.",
        })
    }
}

/// A number of a control: three digits that count.
fn shortest(value: f64) -> String {
    let digits = if value >= 100.0 {
        0
    } else if value >= 10.0 {
        1
    } else {
        2
    };
    number::trimmed(number::rounded(value, digits))
}

fn black_and_white(units: &[i32]) -> Vec<f32> {
    units.iter().map(|&unit| if unit > 0 { 1.0 } else { 0.0 }).collect()
}

impl Plane {
    fn new(images: &Images) -> Result<Plane> {
        let count = images.len() as f32;
        let mean = (0..PIXELS).map(|pixel| images.unit.chunks(PIXELS).map(|unit| unit[pixel]).sum::<f32>() / count);
        let energy = Memory::new(images.unit.clone(), PIXELS, FIELD[0] * FIELD[1])?;
        Ok(Plane { mean: mean.collect(), projection: pca::project(&images.unit, PIXELS, None), energy })
    }

    /// Where a state lies.
    fn place(&self, state: &[f32]) -> [f32; 2] {
        [0, 1].map(|axis| {
            let direction = &self.projection.axes.directions[axis];
            let products =
                state.iter().zip(&self.mean).zip(direction).map(|((x, mean), along)| (x - mean) as f64 * along);
            products.sum::<f64>() as f32
        })
    }

    /// The energy of the states of this plane, around the stored digits.
    fn field(&mut self, beta: f32, payload: &mut Payload) -> Value {
        let span = |values: &[f32]| {
            let (low, high) = values.iter().fold((f32::MAX, f32::MIN), |(low, high), &x| (low.min(x), high.max(x)));
            ((low + high) / 2.0, high - low)
        };
        let ((x, width), (y, height)) = (span(&self.projection.x), span(&self.projection.y));
        let side = width.max(height);
        let [half_width, half_height] = REACH.map(|reach| reach * side / 2.0);
        let [columns, rows] = FIELD;
        let mut states = Vec::with_capacity(columns * rows * PIXELS);
        for row in 0..rows {
            for column in 0..columns {
                let along = [
                    x + half_width * ((2 * column + 1) as f32 / columns as f32 - 1.0),
                    y - half_height * ((2 * row + 1) as f32 / rows as f32 - 1.0),
                ];
                let directions = &self.projection.axes.directions;
                states.extend((0..PIXELS).map(|pixel| {
                    self.mean[pixel] + along[0] * directions[0][pixel] as f32 + along[1] * directions[1][pixel] as f32
                }));
            }
        }
        let energies = self.energy.retrieve(&states, beta, 0).energies.swap_remove(0);
        json!({
            "columns": columns,
            "rows": rows,
            "values": payload.array(energies),
            "x": [x - half_width, x + half_width],
            "y": [y - half_height, y + half_height],
            "label": "energy",
        })
    }
}
