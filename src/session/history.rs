//! What a run has recorded, and how panels and claims see it.

use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Readings of one run: a row of numbers for each step at which it was measured, in ascending order.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct History {
    names: Vec<String>,
    steps: Vec<u64>,
    columns: Vec<Vec<f32>>,
}

impl History {
    /// An empty record of the named numbers.
    pub fn new(names: Vec<String>) -> Self {
        let columns = vec![Vec::new(); names.len()];
        History { names, steps: Vec::new(), columns }
    }

    /// Names of the columns.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Steps at which the run was measured.
    pub fn steps(&self) -> &[u64] {
        &self.steps
    }

    /// All readings of a number, one per step; empty if nothing of that name is recorded.
    pub fn column(&self, name: &str) -> &[f32] {
        self.names.iter().position(|known| known == name).map_or(&[], |index| &self.columns[index])
    }

    /// The last reading of a number.
    pub fn last(&self, name: &str) -> Option<f32> {
        self.column(name).last().copied()
    }

    /// The reading of a number at exactly `step`.
    pub fn at(&self, name: &str, step: u64) -> Option<f32> {
        let row = self.steps.binary_search(&step).ok()?;
        self.column(name).get(row).copied()
    }

    /// The last reading of a number at or before `step`.
    pub fn before(&self, name: &str, step: u64) -> Option<f32> {
        let row = self.steps.partition_point(|&read| read <= step).checked_sub(1)?;
        self.column(name).get(row).copied()
    }

    /// The first step that is a multiple of `every` at which `name` satisfies `condition`.
    pub fn first(&self, name: &str, every: u64, condition: impl Fn(f32) -> bool) -> Option<u64> {
        let readings = self.steps.iter().zip(self.column(name));
        readings.filter(|(step, _)| *step % every == 0).find(|(_, value)| condition(**value)).map(|(step, _)| *step)
    }

    /// Adds or replaces the reading at `step`; a run that was rewound records the same numbers again.
    pub fn record(&mut self, step: u64, values: &[f32]) {
        debug_assert_eq!(values.len(), self.columns.len());
        match self.steps.binary_search(&step) {
            Ok(row) => {
                for (column, value) in self.columns.iter_mut().zip(values) {
                    column[row] = *value;
                }
            }
            Err(row) => {
                self.steps.insert(row, step);
                for (column, value) in self.columns.iter_mut().zip(values) {
                    column.insert(row, *value);
                }
            }
        }
    }

    /// Forgets what was recorded after `step`.
    pub fn truncate(&mut self, step: u64) {
        let rows = self.steps.partition_point(|&recorded| recorded <= step);
        self.steps.truncate(rows);
        for column in &mut self.columns {
            column.truncate(rows);
        }
    }
}

/// Tensors for panels, as the routine `picture` last gave them.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Names of the outputs.
    pub names: Arc<[String]>,
    /// Their elements, row-major.
    pub arrays: Vec<Vec<f32>>,
}

impl Picture {
    /// Elements of an output; empty if there is none of that name.
    pub fn get(&self, name: &str) -> &[f32] {
        self.names.iter().position(|known| known == name).map_or(&[], |index| &self.arrays[index])
    }
}

/// One run as panels and claims see it.
#[derive(Clone, Copy, Debug)]
pub struct RunView<'a> {
    /// What distinguishes the run.
    pub name: &'a str,
    /// Everything recorded, also beyond the present step if the visitor went back.
    pub history: &'a History,
    /// Steps done.
    pub step: u64,
    /// Length of its schedule.
    pub steps: u64,
    /// Whether its schedule has been run to the end (or it stopped early, having seen enough).
    pub finished: bool,
    /// Tensors at the present step; `None` before the first or if the run has no routine `picture`.
    pub picture: Option<&'a Picture>,
}

/// The experiment as panels and claims see it; runs stand in the order of `Experiment::runs`.
#[derive(Clone, Debug)]
pub struct View<'a> {
    /// All runs, the main one first.
    pub runs: Vec<RunView<'a>>,
    /// What the main run recorded with further seeds, which are over.
    pub other_seeds: Vec<(u32, &'a History)>,
}

impl<'a> View<'a> {
    /// The main run.
    pub fn main(&self) -> RunView<'a> {
        self.runs[0]
    }

    /// The run of a name, if the session was opened with it.
    pub fn run(&self, name: &str) -> Option<&RunView<'a>> {
        self.runs.iter().find(|run| run.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stay_in_order_and_are_replaced_not_doubled() {
        let mut history = History::new(vec!["loss".into()]);
        for step in [0, 50, 100, 150] {
            history.record(step, &[1.0 / (1 + step) as f32]);
        }
        history.record(100, &[7.0]);
        history.record(75, &[5.0]);
        assert_eq!(history.steps(), [0, 50, 75, 100, 150]);
        assert_eq!(history.at("loss", 100), Some(7.0));
        assert_eq!(history.first("loss", 50, |loss| loss > 2.0), Some(100), "75 is no multiple of 50");
        history.truncate(99);
        assert_eq!((history.steps().len(), history.last("loss")), (3, Some(5.0)));
        assert!(history.column("accuracy").is_empty());
    }
}
