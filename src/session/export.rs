//! What a session has recorded, as files for other programs.

use super::Session;
use crate::graph::{Error, Result};
use serde_json::{Value, json};
use std::fmt::Write;

/// A file to be saved.
pub struct File {
    /// Suggested name.
    pub name: String,
    /// Media type.
    pub mime: &'static str,
    /// Contents.
    pub bytes: Vec<u8>,
}

impl Session {
    /// The curves as `csv`, or curves, settings and claims as `json`.
    pub fn export(&self, format: &str) -> Result<File> {
        let name = format!("petri-{}-seed-{}.{format}", self.lab.slug, self.settings.seed);
        match format {
            "csv" => Ok(File { name, mime: "text/csv", bytes: self.csv().into_bytes() }),
            "json" => {
                let text = serde_json::to_string_pretty(&self.report()).unwrap_or_default();
                Ok(File { name, mime: "application/json", bytes: text.into_bytes() })
            }
            _ => Err(Error::new("export", format!("'{format}' is not a known format"), "choose csv or json")),
        }
    }

    /// One line per run and step; a number that a run does not record is left empty.
    fn csv(&self) -> String {
        let mut names: Vec<&String> = self.runs.iter().flat_map(|run| run.history.names()).collect();
        names.sort_unstable();
        names.dedup();
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
                        write!(text, "{value}").expect("writing to a string cannot fail");
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
            let numbers: serde_json::Map<String, Value> =
                view.history.names().iter().map(|name| (name.clone(), json!(view.history.column(name)))).collect();
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
