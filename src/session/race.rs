//! Which device is faster for a program: both run it for a moment, natively, where one may wait for a GPU.

use crate::plan::Program;
use crate::{cpu, gpu};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long the CPU may take.
const MOMENT: Duration = Duration::from_millis(150);
/// Steps of the GPU before its clock starts, while its caches and clocks rise.
const WARM_UP: usize = 8;

/// Whether the GPU makes more training steps per second than the CPU. A program that the GPU refuses is
/// slower there.
pub fn gpu_is_faster(program: &Arc<Program>, train: usize, context: &gpu::Context) -> bool {
    let mut cpu = cpu::Machine::new(program.clone());
    if let Some(start) = program.routine("start") {
        cpu.run(start);
    }
    let started = Instant::now();
    let mut steps = 0;
    while started.elapsed() < MOMENT {
        cpu.run(train);
        steps += 1;
    }
    let on_cpu = started.elapsed();

    let Ok(mut gpu) = gpu::Machine::new(context, program.clone()) else { return false };
    if let Some(start) = program.routine("start") {
        gpu.run(start);
    }
    for _ in 0..WARM_UP {
        gpu.run(train);
    }
    gpu.wait();
    let started = Instant::now();
    // Portions as in training; a GPU that is already slower need not finish.
    for done in 0..steps {
        gpu.run(train);
        if done % 32 == 31 {
            gpu.wait();
            if started.elapsed() > on_cpu {
                return false;
            }
        }
    }
    gpu.wait();
    started.elapsed() < on_cpu && context.lost().is_none()
}
