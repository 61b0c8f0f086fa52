//! What is drawn. All of it is of the first network of the run.

use super::melody::{self, KEY_NAMES, MELODY_NAMES};
use super::network::{Network, Player, largest};
use super::program::{DELAYS, Model, NETS, Plan, ROUNDED, SHRUNK, THRESHOLD};
use super::record;
use super::task::{CLASSES, KEYS, Note, TIME, Task};
use crate::json::{NONE, json};
use crate::labs::{PanelInfo, Payload, Settings};
use crate::number::{self, rounded};
use crate::session::{RunView, View};
use serde_json::Value;

pub(super) const PANELS: &[PanelInfo] = &[
    PanelInfo {
        id: "roll",
        kind: "roll",
        title: "Play your own melody",
        hint: "drag a note; click to add or take away",
        wide: true,
    },
    PanelInfo {
        id: "accuracy",
        kind: "line",
        title: "Who tells the melodies apart",
        hint: "drag to travel in time",
        wide: true,
    },
    PanelInfo { id: "kernel", kind: "heatmap", title: "Delays come into focus", hint: "taps of a neuron", wide: false },
    PanelInfo {
        id: "diagonal",
        kind: "line",
        title: "Early notes wait longer",
        hint: "on a slope they land together",
        wide: false,
    },
    PanelInfo { id: "confusion", kind: "heatmap", title: "What is taken for what", hint: "test samples", wide: true },
];

/// What the pictures depend on, and what was computed of it.
pub(super) struct Shown {
    plan: Plan,
    task: Task,
    templates: Vec<Vec<Note>>,
    tests: Vec<(Vec<Note>, usize)>,
    model: Model,
    /// Neuron that the visitor chose, from 1; 0 for the one that is excited most.
    chosen: usize,
    melody: String,
    notes: Vec<Note>,
    player: Player,
    /// The network of the last picture, and its confusion `[played, heard]` on the test samples.
    confused: (Network, Vec<f32>),
}

impl Shown {
    pub(super) fn new(plan: &Plan) -> Shown {
        let task = Task::draw(plan, 0);
        let mut templates = Vec::with_capacity(CLASSES);
        for class in 0..CLASSES {
            templates.push(task.template(class));
        }
        Shown {
            plan: plan.clone(),
            tests: task.tests(plan, 0),
            templates,
            task,
            model: Model::Learned,
            chosen: 0,
            melody: String::new(),
            notes: Vec::new(),
            player: Player::default(),
            confused: Default::default(),
        }
    }

    /// Takes note of the controls.
    pub(super) fn set(&mut self, settings: &Settings) {
        self.model = match settings.text("delays") {
            "none" => Model::None,
            "fixed" => Model::Fixed,
            _ => Model::Learned,
        };
        self.chosen = (settings.number("neuron") as usize).min(self.plan.hidden);
        self.melody = settings.text("melody").to_owned();
        self.notes = melody::read(&self.melody, &self.task);
    }

    pub(super) fn panel(&mut self, id: &str, view: &View, payload: &mut Payload) -> Value {
        let main = view.main();
        if id == "accuracy" {
            return accuracy(&main, payload);
        }
        let Some(picture) = main.picture else { return Value::Null };
        let tensors = super::program::OUTPUTS.map(|name| picture.get(name));
        let network = Network::of(&self.plan, [tensors[0], tensors[1], tensors[2], tensors[3]], self.model, 0);
        let heard = self.player.play(&network, &self.notes);
        let neuron = match self.chosen {
            0 => {
                let mut peaks = Vec::with_capacity(network.hidden);
                for neuron in 0..network.hidden {
                    peaks.push(self.player.peak(&network, neuron));
                }
                largest(&peaks)
            }
            chosen => chosen - 1,
        };
        match id {
            "roll" => self.roll(&network, neuron, heard, payload),
            "kernel" => self.kernel(&network, neuron, &main, payload),
            "diagonal" => self.diagonal(&network, neuron, payload),
            "confusion" => self.confusion(network, payload),
            _ => Value::Null,
        }
    }

    fn roll(&self, network: &Network, neuron: usize, heard: usize, payload: &mut Payload) -> Value {
        let count = self.notes.len();
        let (mut rows, mut times) = (Vec::with_capacity(count), Vec::with_capacity(count));
        let (mut arrivals, mut weights) = (Vec::with_capacity(count), Vec::with_capacity(count));
        for note in &self.notes {
            let synapse = neuron * KEYS + note.key as usize;
            rows.push(f32::from(note.key));
            times.push(f32::from(note.time));
            arrivals.push((note.time as usize + network.delays[synapse]) as f32);
            weights.push(network.weights[synapse]);
        }
        let (mut potential, mut fired) = (Vec::with_capacity(TIME), Vec::with_capacity(TIME));
        for time in 0..TIME {
            let at = time * network.hidden + neuron;
            potential.push(self.player.potential[at]);
            fired.push(f32::from(u8::from(self.player.fired[at])));
        }
        let row = payload.array(rows);
        let from = payload.array(times);
        let number = (neuron + 1).to_string();
        let played = melody::named(&self.melody);
        let mut note = ["With ", self.model.name(), " the network hears melody ", MELODY_NAMES[heard]].concat();
        note += &match played {
            Some(class) if class == heard => ", which is the one that is played.".to_owned(),
            Some(class) => [", but ", MELODY_NAMES[class], " is played."].concat(),
            None => " in what you play.".to_owned(),
        };
        note += " Blue arrivals excite the neuron, hollow ones inhibit it; the higher, the stronger.";
        let chosen = if self.chosen == 0 { " (excited most)" } else { "" };
        let mut presets = Vec::with_capacity(CLASSES);
        for name in MELODY_NAMES {
            presets.push(json!({ "name": name, "text": name }));
        }
        json!({
            "rows": KEYS,
            "steps": TIME,
            "columns": TIME + DELAYS - 1,
            "keys": KEY_NAMES,
            "names": [
                "what is played".to_owned(),
                ["as it arrives at hidden neuron ", &number].concat(),
                ["potential of neuron ", &number, ", which fires above 1"].concat(),
            ],
            "control": "melody",
            "text": self.melody,
            "notes": json!({ "row": row, "at": from }),
            "arrivals": json!({
                "row": row,
                "at": payload.array(arrivals),
                "from": from,
                "weight": payload.array(weights),
            }),
            "curve": json!({
                "values": payload.array(potential),
                "threshold": THRESHOLD,
                "fired": payload.array(fired),
            }),
            "votes": json!({
                "title": "votes",
                "names": MELODY_NAMES,
                "values": payload.array(self.player.votes.to_vec()),
                "heard": heard,
                "played": played,
            }),
            "presets": presets,
            "presetsName": "melody",
            "choice": json!({
                "control": "neuron",
                "at": self.chosen,
                "count": network.hidden + 1,
                "text": ["neuron ", &number, chosen].concat(),
            }),
            "note": note,
        })
    }

    /// The taps of a neuron as they are trained at the present step.
    fn kernel(&self, network: &Network, neuron: usize, main: &RunView, payload: &mut Payload) -> Value {
        let learned = self.model == Model::Learned;
        let width = self.plan.width(main.step).filter(|_| learned);
        let mut taps = vec![0.0; KEYS * DELAYS];
        for key in 0..KEYS {
            let synapse = neuron * KEYS + key;
            let row = &mut taps[key * DELAYS..][..DELAYS];
            match width {
                Some(width) => super::network::bell(network.real[synapse], width, network.weights[synapse], row),
                None => row[network.delays[synapse]] = network.weights[synapse],
            }
        }
        let note = match width {
            Some(width) => {
                ["Each synapse is a Gaussian of width σ = ", &rounded(width, 1), " around its delay."].concat()
            }
            None => "Each synapse is a single tap at its delay.".to_owned(),
        };
        let mut columns = Vec::with_capacity(DELAYS);
        for delay in 0..DELAYS {
            columns.push(delay.to_string());
        }
        json!({
            "rows": KEYS,
            "columns": DELAYS,
            "values": payload.array(taps),
            "scale": "diverging",
            "limit": Value::Null,
            "fills": true,
            "rowLabel": "key",
            "rowNames": KEY_NAMES,
            "columnNames": columns,
            "columnLabel": "delay in steps",
            "unit": "weight",
            "note": ["Neuron ", &(neuron + 1).to_string(), ". ", &note].concat(),
        })
    }

    /// Delays against the moments of the melody that excites a neuron most.
    fn diagonal(&mut self, network: &Network, neuron: usize, payload: &mut Payload) -> Value {
        let class = self.player.favourite(network, &self.templates, neuron);
        let mut series = Vec::with_capacity(3);
        let (mut sum, mut most) = (0.0, 0.0);
        for key in 0..KEYS {
            let weight = f64::from(network.weights[neuron * KEYS + key].max(0.0));
            sum += weight * (self.task.time(class, key) + network.delays[neuron * KEYS + key]) as f64;
            most += weight;
        }
        // Where the excitation arrives on average: notes on this line arrive together.
        let together = if most > 0.0 { (sum / most) as f32 } else { (DELAYS - 1) as f32 };
        let last = (DELAYS - 1) as f32;
        let ends = [together.min(last), (together - last).max(0.0)];
        series.push(json!({
            "name": "arrive together",
            "role": "other",
            "thin": true,
            "dashed": true,
            "x": payload.array(ends.map(|x| -x).to_vec()),
            "y": payload.array(ends.map(|x| together - x).to_vec()),
        }));
        for (name, role, excites) in [("excite", "train", true), ("inhibit", "test", false)] {
            let (mut x, mut y) = (Vec::new(), Vec::new());
            for place in (0..KEYS).rev() {
                for key in 0..KEYS {
                    let synapse = neuron * KEYS + key;
                    let time = self.task.time(class, key);
                    if time == super::task::RHYTHM * place && (network.weights[synapse] > 0.0) == excites {
                        x.push(-(time as f32));
                        y.push(network.delays[synapse] as f32);
                    }
                }
            }
            let named = x.len().saturating_sub(1);
            series.push(json!({
                "name": name,
                "role": role,
                "dots": "alone",
                "nameAt": named,
                "x": payload.array(x),
                "y": payload.array(y),
            }));
        }
        json!({
            "x": json!({ "unit": "minus the time of the note", "min": -last - 1.0, "max": 1 }),
            "y": json!({ "label": "delay", "unit": "steps", "min": -1, "max": last + 1.0 }),
            "series": series,
            "bands": NONE,
            "rules": NONE,
            "timeline": false,
            "note": ["Synapses of neuron ", &(neuron + 1).to_string(), " and the melody that excites it most, ", MELODY_NAMES[class], "."].concat(),
        })
    }

    fn confusion(&mut self, network: Network, payload: &mut Payload) -> Value {
        if self.confused.0 != network {
            let mut counts = vec![0.0; CLASSES * CLASSES];
            self.player.test(&network, &self.tests, Some(&mut counts));
            // The tests have as many of each class.
            let each = (self.tests.len() / CLASSES) as f32;
            for count in &mut counts {
                *count /= each;
            }
            self.confused = (network, counts);
        }
        let counts = &self.confused.1;
        let mut right = 0.0;
        for class in 0..CLASSES {
            right += f64::from(counts[class * (CLASSES + 1)]) / CLASSES as f64;
        }
        json!({
            "rows": CLASSES,
            "columns": CLASSES,
            "values": payload.array(counts.clone()),
            "scale": "sequential",
            "limit": 1,
            "fills": true,
            "numbers": true,
            "rowLabel": "played",
            "rowNames": MELODY_NAMES,
            "columnNames": MELODY_NAMES,
            "columnLabel": "heard",
            "unit": "share",
            "note": [
                "Rows are what is played, columns what network 1 with ", self.model.name(), " hears: ",
                &number::rounded(100.0 * right, 1), " % of the test samples are right.",
            ].concat(),
        })
    }
}

/// Test accuracy of the models: the mean of three networks, and each of them.
fn accuracy(run: &RunView, payload: &mut Payload) -> Value {
    let steps = run.history.steps();
    let mut series = Vec::with_capacity(Model::ALL.len() * (NETS + 1));
    let mut rates = String::new();
    for (at, model) in Model::ALL.into_iter().enumerate() {
        let role = ["category-0", "category-2", "category-1"][at];
        let mut mean = vec![0.0; steps.len()];
        let x = payload.array(steps.iter().map(|&step| step as f32).collect());
        for net in 0..NETS {
            let values = run.history.column(&record::accuracy(model, net));
            for (mean, value) in mean.iter_mut().zip(values) {
                *mean += value / NETS as f32;
            }
            series.push(json!({ "name": "", "role": role, "thin": true, "x": x, "y": payload.array(values.to_vec()) }));
        }
        series.push(json!({
            "name": ["learned", "fixed", "none"][at],
            "role": role,
            "x": x,
            "y": payload.array(mean),
        }));
        if let Some(rate) = run.history.before(&record::rate(model), run.step) {
            rates += [if at == 0 { "" } else { ", " }, &rounded(100.0 * f64::from(rate), 1), " % with ", model.name()]
                .concat()
                .as_str();
        }
    }
    let of = |share: f64| (share * run.steps as f64) as u64;
    json!({
        "x": json!({ "label": "step", "unit": "steps", "min": 0, "max": run.steps }),
        "y": json!({ "label": "test accuracy", "min": 0, "max": 1 }),
        "series": series,
        "bands": [
            json!({ "from": 0, "to": of(SHRUNK), "label": "Gaussians narrow" }),
            json!({ "from": of(ROUNDED), "to": run.steps, "label": "delays are whole" }),
        ],
        "rules": [json!({ "y": 1.0 / CLASSES as f64, "label": "chance" })],
        "timeline": true,
        "note": ["Means of three networks, and each of them. Hidden neurons fire in so many of all steps: ", &rates, "."].concat(),
    })
}
