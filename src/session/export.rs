//! What a session has recorded, as files for other programs.

use super::Session;
use crate::graph::{Result, Role};
use crate::json::json;
use crate::labs::{File, Weights};
use crate::number;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write;

impl Session {
    /// The curves as `csv`, curves, settings and claims as `json`, or the trained network in one of the
    /// formats that the experiment knows.
    pub fn export(&mut self, format: &str) -> Result<File> {
        let name = format!("petri-{}-seed-{}.{format}", self.lab.slug, self.settings.seed);
        match format {
            "csv" => Ok(File { name, mime: "text/csv", bytes: self.csv().into_bytes() }),
            "json" => {
                let text = serde_json::to_string_pretty(&self.report()).unwrap_or_default();
                Ok(File { name, mime: "application/json", bytes: text.into_bytes() })
            }
            _ => {
                self.take_snapshot();
                self.collect();
                self.experiment.export(format, &self.view(), &self.weights())
            }
        }
    }

    /// What the main run has learnt, as far as it has arrived from the device.
    fn weights(&self) -> Vec<Weights> {
        let Some(leaves) = self.timeline.before(self.clock).and_then(|snapshot| snapshot.leaves[0].as_ref()) else {
            return Vec::new();
        };
        let mut rest = leaves.as_slice();
        let mut weights = Vec::new();
        for (_, leaf) in self.runs[0].program.trained_leaves() {
            let (these, others) = rest.split_at(leaf.ty.elements());
            rest = others;
            if leaf.role == Role::Parameter {
                weights.push((leaf.name.clone(), leaf.ty.shape.clone(), these.to_vec()));
            }
        }
        weights
    }

    /// One line per run and step; a number that a run does not record is left empty.
    fn csv(&self) -> String {
        let mut names: BTreeSet<&String> = BTreeSet::new();
        names.extend(self.runs.iter().flat_map(|run| run.history.names()));
        let mut text = String::from("run,step");
        for name in &names {
            write!(text, ",{name}").expect("writing to a string cannot fail");
        }
        text.push('\n');
        for run in &self.runs {
            let view = run.view();
            for &step in view.history.steps() {
                write!(text, "\"{}\",{step}", view.name).expect("writing to a string cannot fail");
                for name in &names {
                    text.push(',');
                    if let Some(value) = view.history.at(name, step) {
                        write!(text, "{}", number::text(value)).expect("writing to a string cannot fail");
                    }
                }
                text.push('\n');
            }
        }
        text
    }

    fn report(&self) -> Value {
        let runs = self.runs.iter().map(|run| {
            let view = run.view();
            let mut numbers = serde_json::Map::new();
            numbers.extend(view.history.names().iter().map(|name| (name.clone(), json!(view.history.column(name)))));
            json!({ "name": view.name, "steps": view.history.steps(), "numbers": numbers })
        });
        json!({
            "lab": self.lab.slug,
            "version": env!("CARGO_PKG_VERSION"),
            "controls": self.settings.values(),
            "seed": self.settings.seed,
            "step": self.clock,
            "runs": runs.collect::<Vec<_>>(),
            "claims": self.claims(),
        })
    }
}
