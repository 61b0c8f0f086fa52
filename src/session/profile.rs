//! Where the time of a training step goes, kernel by kernel, on the CPU.

use super::Session;
use crate::json::json;
use serde_json::Value;

/// Steps that are timed, after as many untimed ones.
const STEPS: u64 = 20;

impl Session {
    /// Runs some training steps of the main run with its first weights on a machine of its own, and tells of each kind of kernel how
    /// often a step runs it, for how long, and how many operations that is; the dearest first. `now` is a clock in milliseconds.
    pub fn profile(&mut self, now: &dyn Fn() -> f64) -> Value {
        let run = &mut self.runs[0];
        let (mut machine, step) = (run.copy_on_cpu(), run.step);
        let mut entries: Vec<(String, u64, f64, u64)> = Vec::new();
        let mut total = 0.0;
        for (at, step) in (step..).take(2 * STEPS as usize).enumerate() {
            let routine = run.feed_to(&mut machine, step);
            if (at as u64) < STEPS {
                machine.run(routine);
                continue;
            }
            let kernels = &run.program.routines[routine].kernels;
            let mut times = vec![0.0; kernels.len()];
            machine.run_timed(routine, now, &mut times);
            for (kernel, time) in kernels.iter().zip(times) {
                let name = kernel.summary();
                total += time;
                match entries.iter_mut().find(|entry| entry.0 == name) {
                    Some(entry) => {
                        entry.1 += 1;
                        entry.2 += time;
                        entry.3 += kernel.flops();
                    }
                    None => entries.push((name, 1, time, kernel.flops())),
                }
            }
        }
        let mut rows: Vec<Value> = Vec::new();
        while !entries.is_empty() {
            let dearest =
                (0..entries.len()).fold(0, |best, at| if entries[at].2 > entries[best].2 { at } else { best });
            let (name, count, time, flops) = entries.swap_remove(dearest);
            rows.push(json!({
                "kernel": name,
                "count": count as f64 / STEPS as f64,
                "milliseconds": time / STEPS as f64,
                "operations": flops as f64 / STEPS as f64,
            }));
        }
        json!({ "milliseconds": total / STEPS as f64, "kernels": Value::Array(rows) })
    }
}
