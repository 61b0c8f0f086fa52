//! Where the time of training steps goes, by kinds of kernels.

use super::Machine;
use crate::json::json;
use serde_json::Value;

/// All kernels of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Cost {
    /// What the kind does: operation and shapes.
    pub kernel: String,
    /// How often it is run per step.
    pub count: f64,
    /// Time per step.
    pub milliseconds: f64,
    /// Floating-point operations per step.
    pub operations: f64,
}

/// Means over some steps.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    /// Time of a step, the sum of its kernels'.
    pub milliseconds: f64,
    /// Kinds of kernels, the dearest first.
    pub kernels: Vec<Cost>,
}

impl Profile {
    /// Times `steps` steps after as many untimed ones. `prepare` readies the machine for the step that it is given and tells
    /// the routine to run; `now` is a clock in milliseconds.
    pub fn measure(
        machine: &mut Machine,
        steps: u64,
        now: &dyn Fn() -> f64,
        mut prepare: impl FnMut(&mut Machine, u64) -> usize,
    ) -> Profile {
        for step in 0..steps {
            let routine = prepare(machine, step);
            machine.run(routine);
        }
        let mut profile = Profile::default();
        let program = machine.program().clone();
        for step in steps..2 * steps {
            let routine = prepare(machine, step);
            let kernels = &program.routines[routine].kernels;
            let mut times = vec![0.0; kernels.len()];
            machine.run_timed(routine, now, &mut times);
            for (kernel, time) in kernels.iter().zip(times) {
                profile.add(
                    kernel.summary(),
                    time / steps as f64,
                    kernel.flops() as f64 / steps as f64,
                    1.0 / steps as f64,
                );
            }
        }
        // A selection sort: the library's takes a kilobyte of the download for each type that it sorts.
        let kernels = &mut profile.kernels;
        for place in 0..kernels.len() {
            let dearest = (place..kernels.len())
                .fold(place, |best, at| if kernels[at].milliseconds > kernels[best].milliseconds { at } else { best });
            kernels.swap(place, dearest);
        }
        profile
    }

    fn add(&mut self, kernel: String, milliseconds: f64, operations: f64, count: f64) {
        self.milliseconds += milliseconds;
        match self.kernels.iter_mut().find(|cost| cost.kernel == kernel) {
            Some(cost) => {
                cost.count += count;
                cost.milliseconds += milliseconds;
                cost.operations += operations;
            }
            None => self.kernels.push(Cost { kernel, count, milliseconds, operations }),
        }
    }

    /// As the page and the command line give it to others.
    pub fn json(&self) -> Value {
        let kernels = self.kernels.iter().map(|cost| {
            json!({
                "kernel": cost.kernel.as_str(),
                "count": cost.count,
                "milliseconds": cost.milliseconds,
                "operations": cost.operations,
            })
        });
        json!({ "milliseconds": self.milliseconds, "kernels": Value::Array(kernels.collect()) })
    }
}
