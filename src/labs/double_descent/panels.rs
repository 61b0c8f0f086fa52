//! What is drawn of the surface, and what its line panels share with those of the loops.

use super::data::{CLASSES, Sample};
use super::loop_panels::{epochs, explained, of_loops};
use super::surface::{self, LIMIT, RECORDED, ROWS, SHOWN, SIZES, THRESHOLD, fitted, row_at, row_of, time};
use crate::json::{self, json};
use crate::labs::{Payload, Settings};
use crate::number;
use crate::session::{Picture, RunView, View};
use serde_json::Value;

/// Bounds of errors against model size: the exact needle may be thousands high and would hide everything else.
const LEAST: f64 = 0.04;
const MOST: f64 = 60.0;
/// Colours of the heatmap.
const COLDEST: f64 = 0.25;
const HOTTEST: f64 = 50.0;

/// Colours of scores; the right ones are 0 and 1.
const LOUDEST: f64 = 1.5;

const COLUMNS: usize = SIZES.len();

/// What panels must know beside the runs.
pub(super) struct About<'a> {
    pub settings: &'a Settings,
    /// Whether the visitor has chosen T.
    pub held: bool,
    pub sample: &'a Sample,
}

/// The data of a panel.
pub(super) fn of(id: &str, about: &About, view: &View, payload: &mut Payload) -> Value {
    let main = view.main();
    match id {
        "loops" => of_loops(view, payload),
        "explained" => explained(view, payload),
        "epochs" => epochs(view, payload),
        _ => {
            let Some(picture) = main.picture else { return Value::Null };
            let shown = shown(about, &main);
            match id {
                "curves" => curves(picture, &shown, payload),
                "surface" => heatmap(picture, &shown, payload),
                "spectrum" => spectrum(picture, about.settings, &shown, payload),
                "digits" => digits(picture, about.sample, &shown, payload),
                "scores" => scores(picture, about.sample, &shown, payload),
                _ => Value::Null,
            }
        }
    }
}

/// The row of the surface that is shown.
struct Shown {
    row: usize,
    /// Whether it is where the run stands, and moves.
    sweeps: bool,
}

/// The run sweeps over T; once it is over, or the visitor has chosen a T, that is shown.
fn shown(About { settings, held, .. }: &About, main: &RunView) -> Shown {
    let exact = settings.text("optimiser") == "exact";
    match () {
        () if !held && main.step < main.steps => Shown { row: row_at(main.step), sweeps: true },
        () if exact => Shown { row: LIMIT, sweeps: false },
        () => Shown { row: row_of(settings.number("steps")), sweeps: false },
    }
}

/// A number of steps as it is read: `T = 3,162`, `T = 10⁵`, `T = ∞`.
fn time_text(row: usize) -> String {
    match (row, row % 20) {
        (LIMIT, _) => "T = ∞".into(),
        (_, 0) => format!("T = 10{}", ["²", "³", "⁴", "⁵", "⁶", "⁷"][row / 20]),
        _ => format!("T = {}", three_digits(time(row))),
    }
}

/// A large number with its thousands apart; digits after the third are cut off.
fn three_digits(value: f64) -> String {
    let count = value as u64;
    let unit = 10u64.pow(count.max(100).ilog10() - 2);
    number::grouped(count / unit * unit)
}

/// A row of the surface, as far as its sizes are there.
fn row_values(picture: &Picture, table: &str, row: usize) -> Vec<f32> {
    let known = known(picture);
    picture.get(table).get(row * COLUMNS..row * COLUMNS + known).unwrap_or_default().to_vec()
}

/// Number of sizes that are there: no test error is 0.
fn known(picture: &Picture) -> usize {
    picture.get("test").iter().take(COLUMNS).take_while(|error| **error > 0.0).count()
}

fn sizes(count: usize) -> Vec<f32> {
    SIZES[..count].iter().map(|&size| size as f32).collect()
}

/// A curve of a line panel: its name, its colour, and how it is drawn.
pub(super) struct Curve<'a> {
    pub name: &'a str,
    pub role: &'a str,
    pub thin: bool,
    pub dashed: bool,
    /// The reading beside which the name stands, instead of the last.
    pub name_at: Option<usize>,
}

impl Curve<'_> {
    pub(super) fn value(&self, (x, y): (Vec<f32>, Vec<f32>), payload: &mut Payload) -> Value {
        let mut value = json!({
            "name": self.name,
            "role": self.role,
            "thin": self.thin,
            "dashed": self.dashed,
            "dots": (!self.thin && x.len() < 20).then_some("joined"),
            "x": payload.array(x),
            "y": payload.array(y),
        });
        if let (Some(at), Some(map)) = (self.name_at, value.as_object_mut()) {
            json::put(map, "nameAt", &at);
        }
        value
    }
}

/// A line panel over model sizes.
pub(super) fn over_sizes(sizes: &[usize], most: f64, samples: usize, series: Vec<Value>, note: &str) -> Value {
    json!({
        "x": json!({
            "label": "features m",
            "unit": "features m",
            "scale": "log",
            "min": sizes[0],
            "max": sizes[sizes.len() - 1],
        }),
        "y": json!({ "label": "squared error", "scale": "log", "min": LEAST, "max": most }),
        "series": series,
        "rules": vec![json!({ "x": samples, "label": "m = n" })],
        "timeline": false,
        "note": note,
    })
}

fn curves(picture: &Picture, shown: &Shown, payload: &mut Payload) -> Value {
    let count = known(picture);
    let mut series = Vec::new();
    let row_of = |table: &str, row: usize| (sizes(count), row_values(picture, table, row));
    for row in RECORDED {
        // What the sweep has passed stays; what is to come is not shown before.
        if row == shown.row || shown.sweeps && row > shown.row {
            continue;
        }
        let role = format!("shade-{}", number::rounded(row as f64 / LIMIT as f64, 2));
        let name_at = (count > THRESHOLD).then_some(THRESHOLD);
        let curve = Curve { name: &time_text(row), role: &role, thin: true, dashed: false, name_at };
        series.push(curve.value(row_of("test", row), payload));
    }
    let thick = |name, role| Curve { name, role, thin: false, dashed: false, name_at: None };
    series.push(thick("train", "train").value(row_of("train", shown.row), payload));
    let name = format!("test, {}", time_text(shown.row));
    series.push(thick(&name, "test").value(row_of("test", shown.row), payload));
    over_sizes(&SIZES, MOST, surface::SAMPLES, series, "")
}

fn heatmap(picture: &Picture, shown: &Shown, payload: &mut Payload) -> Value {
    let table = picture.get("test");
    // The first row of a picture is the top one, and T grows upwards.
    let (mut values, mut times, mut rows) = (Vec::with_capacity(table.len()), Vec::new(), Vec::new());
    for row in (0..ROWS).rev() {
        values.extend_from_slice(&table[row * COLUMNS..(row + 1) * COLUMNS]);
        times.push(time(row) as f32);
        // Next to the limit there is no room for a name.
        let named = row == LIMIT || row % 20 == 0 && row < LIMIT - 5;
        rows.push(if named { time_text(row)[4..].to_owned() } else { String::new() });
    }
    let mut columns = Vec::new();
    for size in SIZES {
        columns.push(number::text(size as f64));
    }
    json!({
        "rows": ROWS,
        "columns": COLUMNS,
        "values": payload.array(values),
        "scale": "log",
        "least": COLDEST,
        "limit": HOTTEST,
        "fills": true,
        "rowLabel": "T",
        "columnLabel": "features m",
        "rowNames": rows,
        "rowValues": payload.array(times),
        "columnNames": columns,
        "unit": "test MSE",
        "row": LIMIT - shown.row,
        "column": THRESHOLD,
    })
}

fn spectrum(picture: &Picture, settings: &Settings, shown: &Shown, payload: &mut Payload) -> Value {
    let size = settings.number("size") as usize;
    let at = SIZES.iter().position(|known| *known == size).unwrap_or(THRESHOLD);
    let values = &picture.get("singular")[at * surface::SAMPLES..(at + 1) * surface::SAMPLES];
    let rank = values.iter().take_while(|value| **value > 0.0).count();
    let values = values[..rank].to_vec();
    let (Some(&first), Some(&last)) = (values.first(), values.last()) else {
        return json!({ "values": json::NONE, "empty": format!("m = {size} is not there yet") });
    };
    let (mut shares, mut dark) = (Vec::new(), 0);
    for value in &values {
        let ratio = f64::from(value / first);
        let share = fitted(ratio * ratio, time(shown.row)) as f32;
        dark += usize::from(share < 0.5);
        shares.push(share);
    }
    let note = format!(
        "m = {size}, {}: {dark} of {} directions are not even half fitted. The smallest singular value is 1/{} of the largest.",
        time_text(shown.row),
        rank,
        three_digits((first / last).into()),
    );
    json!({
        "x": json!({ "label": "direction, largest first" }),
        "y": json!({ "label": "singular value", "scale": "log" }),
        "values": payload.array(values),
        "shares": payload.array(shares),
        "shareLabel": "fitted",
        "note": note,
    })
}

/// Scores of the shown digits, `[SHOWN, CLASSES]`, once the model at the threshold is there.
fn scores_of<'a>(picture: &'a Picture, shown: &Shown) -> Option<&'a [f32]> {
    let all = picture.get("scores");
    let of_row = all.get(shown.row * SHOWN * CLASSES..(shown.row + 1) * SHOWN * CLASSES)?;
    (known(picture) > THRESHOLD).then_some(of_row)
}

fn digits(picture: &Picture, sample: &Sample, shown: &Shown, payload: &mut Payload) -> Value {
    let scores = scores_of(picture, shown).unwrap_or_default();
    let (mut pixels, mut captions) = (Vec::new(), Vec::new());
    for image in 0..SHOWN {
        pixels.extend_from_slice(sample.test_image(image));
        let Some(scores) = scores.get(image * CLASSES..(image + 1) * CLASSES) else { continue };
        let best = (1..CLASSES).fold(0, |best, class| if scores[class] > scores[best] { class } else { best });
        let sign = if best as u32 == sample.test_label(image) { "✓" } else { "✕" };
        captions.push(format!("says {best} {sign}"));
    }
    let note = match scores.is_empty() {
        true => "The model with as many features as samples is not there yet.".into(),
        false => format!("m = n = 200, {}: the class with the highest score.", time_text(shown.row)),
    };
    json!({
        "count": SHOWN,
        "columns": SHOWN,
        "height": 8,
        "width": 8,
        "values": payload.array(pixels),
        "low": 0,
        "high": 1,
        "captions": captions,
        "note": note,
    })
}

fn scores(picture: &Picture, sample: &Sample, shown: &Shown, payload: &mut Payload) -> Value {
    let Some(scores) = scores_of(picture, shown) else { return Value::Null };
    let most = scores.iter().fold(0.0f32, |most, score| most.max(score.abs()));
    let (mut rows, mut columns) = (Vec::new(), Vec::new());
    for at in 0..SHOWN {
        rows.push(number::text(f64::from(sample.test_label(at))));
    }
    for class in 0..CLASSES {
        columns.push(number::text(class as f64));
    }
    json!({
        "rows": SHOWN,
        "columns": CLASSES,
        "values": payload.array(scores.to_vec()),
        "scale": "diverging",
        "limit": LOUDEST,
        "fills": true,
        "rowLabel": "digit",
        "columnLabel": "class",
        "rowNames": rows,
        "columnNames": columns,
        "unit": "score",
        "note": format!("The loudest of these scores is {}.", number::rounded(most.into(), 1)),
    })
}
