//! Where the time of training steps goes, by kinds of kernels.

use super::Machine;
use super::gemm::{Operand, Scratch, Steps, gemm};
use crate::json::json;
use crate::plan::{Kernel, Program};
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
    /// Bytes read and written per step, see [`Kernel::bytes`].
    pub bytes: f64,
}

/// Means over some steps.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    /// Time of a step, the sum of its kernels'.
    pub milliseconds: f64,
    /// Kinds of kernels, the dearest first.
    pub kernels: Vec<Cost>,
    /// What a large matrix product reaches here, in operations per millisecond.
    pub peak: f64,
    /// Dispatches of a step on a GPU.
    pub dispatches: f64,
}

impl Profile {
    /// Times `steps` steps after as many untimed ones. `prepare` readies the machine for the step that it is given and tells
    /// the routine to run; `now` is a clock in milliseconds, `dispatches` tells how many a routine takes on a GPU.
    pub fn measure(
        machine: &mut Machine,
        steps: u64,
        now: &dyn Fn() -> f64,
        dispatches: fn(&Program, usize) -> usize,
        mut prepare: impl FnMut(&mut Machine, u64) -> usize,
    ) -> Profile {
        for step in 0..steps {
            let routine = prepare(machine, step);
            machine.run(routine);
        }
        let mut profile = Profile::default();
        let program = machine.program().clone();
        let dispatches: Vec<usize> = (0..program.routines.len()).map(|routine| dispatches(&program, routine)).collect();
        for step in steps..2 * steps {
            let routine = prepare(machine, step);
            let kernels = &program.routines[routine].kernels;
            profile.dispatches += dispatches[routine] as f64 / steps as f64;
            let mut times = vec![0.0; kernels.len()];
            machine.run_timed(routine, now, &mut times);
            for (kernel, time) in kernels.iter().zip(times) {
                profile.add(kernel, time / steps as f64, 1.0 / steps as f64);
            }
        }
        profile.peak = peak(now);
        // A selection sort: the library's takes a kilobyte of the download for each type that it sorts.
        let kernels = &mut profile.kernels;
        for place in 0..kernels.len() {
            let dearest = (place..kernels.len())
                .fold(place, |best, at| if kernels[at].milliseconds > kernels[best].milliseconds { at } else { best });
            kernels.swap(place, dearest);
        }
        profile
    }

    fn add(&mut self, kernel: &Kernel, milliseconds: f64, count: f64) {
        let summary = kernel.summary();
        let known = self.kernels.iter().position(|cost| cost.kernel == summary);
        let place = known.unwrap_or_else(|| {
            let cost = Cost { kernel: summary, count: 0.0, milliseconds: 0.0, operations: 0.0, bytes: 0.0 };
            self.kernels.push(cost);
            self.kernels.len() - 1
        });
        let cost = &mut self.kernels[place];
        cost.count += count;
        cost.milliseconds += milliseconds;
        cost.operations += count * kernel.flops() as f64;
        cost.bytes += count * kernel.bytes() as f64;
        self.milliseconds += milliseconds;
    }

    /// As the page and the command line give it to others.
    pub fn json(&self) -> Value {
        let kernels = self.kernels.iter().map(|cost| {
            json!({
                "kernel": cost.kernel.as_str(),
                "count": cost.count,
                "milliseconds": cost.milliseconds,
                "operations": cost.operations,
                "bytes": cost.bytes,
            })
        });
        json!({
            "milliseconds": self.milliseconds,
            "kernels": Value::Array(kernels.collect()),
            "peak": self.peak,
            "dispatches": self.dispatches,
        })
    }
}

/// The rate of the best of a few large products, in operations per millisecond.
fn peak(now: &dyn Fn() -> f64) -> f64 {
    const SIZE: usize = 256;
    const ATTEMPTS: usize = 3;
    /// So many that a clock which a browser has made coarse tells their time.
    const TIMES: usize = 8;
    let matrix = vec![1.0; SIZE * SIZE];
    let operand = Operand { data: &matrix, offset: 0, rows: Steps::Even(SIZE as isize), columns: Steps::Even(1) };
    let (mut result, mut scratch) = (vec![0.0; SIZE * SIZE], Scratch::default());
    scratch.reserve(SIZE, SIZE, SIZE);
    let mut attempt = || {
        let before = now();
        for _ in 0..TIMES {
            gemm(SIZE, SIZE, SIZE, operand, operand, &mut result, SIZE, &mut scratch, false);
        }
        now() - before
    };
    let best = (0..ATTEMPTS).map(|_| attempt()).fold(f64::INFINITY, f64::min);
    (2 * SIZE * SIZE * SIZE * TIMES) as f64 / best.max(1e-3)
}
