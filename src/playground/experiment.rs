//! The playground's settings as a running experiment.

use super::export::{Format, export};
use super::model::{self, Rates, Training};
use super::{NetworkSpec, panels};
use crate::analysis::pca::Axes;
use crate::data::plane::{self, Split, Task, own};
use crate::graph::{Error, Result};
use crate::labs::{Claim, Experiment, File, Part, Payload, RunPlan, Settings, Weights};
use crate::optim::{self, Rule};
use crate::plan::Program;
use crate::session::View;
use serde_json::Value;
use std::cell::RefCell;

/// The experiment behind the playground.
pub(super) struct Playground {
    pub spec: NetworkSpec,
    pub data: Split,
    pub task: Task,
    /// Images of the features in use, which never change: `[features, side · side]`.
    pub features: Vec<f32>,
    /// Axes of each hidden layer in the last frame, so that the next one is drawn alike.
    pub axes: RefCell<Vec<Option<Axes>>>,
    /// Handed over to the session once.
    program: Option<Program>,
}

/// Builds the playground for given settings.
pub(super) fn open(settings: &Settings, _: bool) -> Result<Box<dyn Experiment>> {
    let spec = NetworkSpec::parse(settings.text("net"))?;
    let (data, task) = data(settings)?;
    let training = Training {
        optimiser: optimiser(settings.text("optimiser"))?,
        rates: Rates {
            rate: settings.number("rate") as f32,
            l1: settings.number("l1") as f32,
            l2: settings.number("l2") as f32,
        },
        batch: settings.number("batch") as usize,
        seed: settings.seed,
    };
    let program = model::program(&spec, &data, task, training)?;
    let on_grid = model::inputs(&spec.features, model::grid());
    let count = spec.features.len();
    let features = (0..count).flat_map(|feature| on_grid.iter().skip(feature).step_by(count).copied()).collect();
    let axes = RefCell::new(vec![None; spec.hidden.len()]);
    Ok(Box::new(Playground { spec, data, task, features, axes, program: Some(program) }))
}

fn data(settings: &Settings) -> Result<(Split, Task)> {
    let (name, seed) = (settings.text("dataset"), settings.number("data_seed") as u32);
    let (points, task) = match plane::ALL.iter().find(|set| set.name == name) {
        Some(set) => {
            let (noise, count) = (settings.number("noise") as f32, settings.number("points_count") as usize);
            (set.points(seed, noise, count), set.task)
        }
        None => {
            let points = own::parse(settings.text("points"))?;
            let task = own::task(&points);
            (points, task)
        }
    };
    Ok((plane::split(points, settings.number("test_share") as usize, seed), task))
}

fn optimiser(name: &str) -> Result<&'static dyn Rule> {
    optim::named(name)
        .ok_or_else(|| Error::new("control optimiser", format!("'{name}' is unknown"), "choose sgd, momentum or adam"))
}

/// About 128 readings for each doubling of steps: every step at first, then every second, fourth, …
fn reads(step: u64) -> bool {
    let doublings = step.checked_ilog2().unwrap_or(0);
    step.is_multiple_of(1 << doublings.saturating_sub(7))
}

impl Experiment for Playground {
    fn runs(&mut self) -> Vec<RunPlan> {
        let program = self.program.take();
        let plan = |program: Program| RunPlan::new("network", Part::Main, u64::MAX, reads, Box::new(|| Ok(program)));
        program.map(plan).into_iter().collect()
    }

    fn retune(&self, name: &str, value: f64) -> Option<Vec<(usize, &'static str, f32)>> {
        let leaf = ["rate", "l1", "l2"].into_iter().find(|leaf| *leaf == name)?;
        Some(vec![(0, leaf, value as f32)])
    }

    fn panel(&mut self, id: &str, view: &View, payload: &mut Payload) -> Value {
        match id {
            "network" => panels::network(self, view, payload),
            "plane" => panels::plane(self, view, payload),
            "loss" => panels::loss(self, view, payload),
            "scatter" => panels::scatter(self, view, payload),
            _ => Value::Null,
        }
    }

    fn claims(&self, _: &View) -> Vec<Claim> {
        Vec::new()
    }

    fn export(&self, format: &str, _: &View, weights: &[Weights]) -> Result<File> {
        export(&self.spec, weights, Format::find(format)?)
    }
}
