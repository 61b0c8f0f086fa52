//! The information plane (Shwartz-Ziv and Tishby, 2017): layers of a small network climb in the plane of bits about the input
//! against bits about the label, and then move back to the left, forgetting the input, for most of training. Beside it
//! stands the objection of Saxe and others (2018): rectified units generalise without that.
//!
//! `task.rs` the distribution of inputs and labels, `information.rs` bits of a layer, `bound.rs` the most that any layer can
//! have, `program.rs` networks and training, `record.rs` what is recorded, `claims.rs` what is checked, `panels.rs` what is
//! drawn.

mod bound;
mod claims;
mod information;
mod panels;
mod program;
mod record;
mod task;

use super::{Choice, Claim, Control, Effect, Experiment, Lab, Paper, Part, Payload, RunPlan, Settings};
use crate::graph::Result;
use crate::nn::Activation;
use crate::number;
use crate::session::View;
use bound::Bound;
use claims::{LITTLE, LITTLE_SHARE, RELU, Readings, SHALLOW, SHALLOW_EPOCHS};
use information::Estimator;
use program::{Plan, Shuffled};
use record::Judge;
use serde_json::Value;
use std::cell::RefCell;
use std::sync::Arc;
use task::Task;

/// The lab as data.
pub const LAB: Lab = Lab {
    slug: "information-plane",
    title: "Watch layers forget: the information plane",
    promise: "Six dots for each network climb the plane of bits about the input and bits about the label. Then the last layer \
              turns back left: it spends nearly all of training throwing the input away.",
    paper: Paper {
        authors: "Ravid Shwartz-Ziv, Naftali Tishby",
        title: "Opening the Black Box of Deep Neural Networks via Information",
        year: 2017,
        url: "https://arxiv.org/abs/1703.00810",
    },
    theme: "Training dynamics",
    tags: &["information bottleneck", "mutual information", "compression", "stochastic gradients"],
    controls: CONTROLS,
    panels: panels::PANELS,
    claims: claims::CLAIMS,
    metric: record::MEAN_TEST,
    formats: &[],
    files: &[],
    open,
};

const CONTROLS: &[Control] = &[
    Control::choice(
        "activation",
        "activation",
        &[Choice { value: "tanh", label: "tanh" }, Choice { value: "relu", label: "ReLU" }],
        "tanh",
        "With ReLU the last layer moves left in few networks only.",
    ),
    Control {
        unit: "%",
        ..Control::integer(
            "share",
            "training share",
            "",
            (5.0, 85.0),
            "85",
            "Of the 4,096 inputs. At 5 % the last layers never get high.",
        )
    },
    Control::integer(
        "layers",
        "hidden layers",
        "",
        (1.0, 5.0),
        "5",
        "One alone never reaches 95 % training accuracy here.",
    ),
    Control {
        effect: Effect::Show,
        ..Control::choice(
            "bins",
            "bins",
            &[
                Choice { value: "5", label: "5" },
                Choice { value: "10", label: "10" },
                Choice { value: "30", label: "30" },
                Choice { value: "100", label: "100" },
            ],
            "30",
            "How finely a unit is read. How much of the compression is in the ruler?",
        )
    },
    Control {
        effect: Effect::Show,
        ..Control::integer("shown", "layer of the map", "", (1.0, 5.0), "5", "Whose units the lowest panel shows.")
    },
];

/// The lab at given settings.
struct InformationPlane {
    plan: Plan,
    runs: Vec<RunPlan>,
    bins: usize,
    /// Hidden layer of the map, from 0.
    shown: usize,
    bound: RefCell<Bound>,
    estimator: Estimator,
}

fn open(settings: &Settings, with_claims: bool) -> Result<Box<dyn Experiment>> {
    let task = Arc::new(Task::new());
    let plan = Plan {
        activation: if settings.text("activation") == "relu" { Activation::Relu } else { Activation::Tanh },
        hidden: settings.number("layers") as usize,
        share: settings.number("share") / 100.0,
        seed: settings.seed,
        epochs: None,
        task: task.clone(),
    };
    let mut lab = InformationPlane {
        runs: runs(&plan, with_claims),
        bins: 0,
        shown: 0,
        bound: RefCell::new(Bound::new(&task)),
        estimator: Estimator::new(),
        plan,
    };
    lab.show(settings);
    Ok(Box::new(lab))
}

/// The networks of the settings, and for claims those that differ from them in one thing.
fn runs(plan: &Plan, with_claims: bool) -> Vec<RunPlan> {
    let own = plan.clone();
    let mut runs =
        vec![run(if own.activation == Activation::Relu { "ReLU networks" } else { "tanh networks" }, Part::Main, own)];
    if with_claims {
        if plan.activation != Activation::Relu {
            runs.push(run(RELU, Part::Later, Plan { activation: Activation::Relu, ..plan.clone() }));
        }
        if plan.hidden > 1 {
            runs.push(run(SHALLOW, Part::Later, Plan { hidden: 1, epochs: Some(SHALLOW_EPOCHS), ..plan.clone() }));
        }
        if plan.share != LITTLE_SHARE {
            runs.push(run(LITTLE, Part::Later, Plan { share: LITTLE_SHARE, ..plan.clone() }));
        }
    }
    runs
}

fn run(name: &str, part: Part, plan: Plan) -> RunPlan {
    let (feed, judge, steps) = (Shuffled::new(&plan), Judge::new(&plan), plan.steps());
    RunPlan {
        feed: Some(Box::new(feed)),
        judge: Some(Box::new(judge)),
        ..RunPlan::new(name, part, steps, reads, Box::new(move || plan.program()))
    }
}

/// About evenly on a logarithmic axis, and until epoch 300 no more than [`program::APART`] apart.
fn reads(epoch: u64) -> bool {
    let every = match epoch {
        0..=20 => 1,
        21..=60 => 4,
        61..=300 => 10,
        301..=1500 => 40,
        _ => 200,
    };
    epoch.is_multiple_of(every)
}

impl Experiment for InformationPlane {
    fn runs(&mut self) -> Vec<RunPlan> {
        std::mem::take(&mut self.runs)
    }

    fn retune(&self, _: &str, _: f64) -> Option<Vec<(usize, &'static str, f32)>> {
        None
    }

    fn show(&mut self, settings: &Settings) {
        self.bins = number::parse(settings.text("bins")).map_or(30, |bins| bins as usize);
        self.shown = (settings.number("shown") as usize).min(self.plan.hidden) - 1;
    }

    fn panel(&mut self, id: &str, view: &View, payload: &mut Payload) -> Value {
        let main = view.main();
        let (plan, bins) = (&self.plan, self.bins);
        let own = Readings { run: &main, hidden: plan.hidden, bins };
        match id {
            "plane" => {
                let bound = self.bound.get_mut();
                bound.go_on();
                panels::plane(plan, Some(own), bound, true, payload)
            }
            // The claim about it is made of a run of its own, unless the visitor's is one.
            "against" if view.runs.len() > 1 && plan.activation != Activation::Relu => {
                let relu = panels::against(view, plan.hidden, bins);
                panels::plane(plan, relu, self.bound.get_mut(), false, payload)
            }
            "input" => panels::input(plan, own, payload),
            "gradients" => panels::gradients(plan, own, payload),
            "accuracy" => panels::accuracy(own, payload),
            "units" => panels::units(plan, bins, view, payload),
            "patterns" => panels::patterns(plan, self.shown, bins, &mut self.estimator, view, payload),
            _ => Value::Null,
        }
    }

    fn claims(&self, view: &View) -> Vec<Claim> {
        claims::of(view, &self.plan, self.bins, &mut self.bound.borrow_mut())
    }
}
