//! How a task is timed: the check of its loss, a warm-up that also finds how many steps make a portion, then windows
//! whose median and highest rates are told. The highest is the better guess at a quiet machine's speed.

use super::{LOSS, TRAIN, Task};
use crate::cpu;
#[cfg(feature = "gpu")]
use crate::gpu;
use crate::plan::Program;
use std::time::{Duration, Instant};

/// Something that trains.
pub trait Trainer {
    /// Makes steps and returns when they are finished.
    fn step(&mut self, count: u64);
    /// The mean loss under the present weights.
    fn loss(&mut self) -> f32;
}

/// Routines of a task's program.
fn routine(program: &Program, name: &str) -> usize {
    program.routine(name).expect("the program of a task has this routine")
}

impl Trainer for cpu::Machine {
    fn step(&mut self, count: u64) {
        let train = routine(self.program(), TRAIN);
        (0..count).for_each(|_| self.run(train));
    }
    fn loss(&mut self) -> f32 {
        let loss = routine(self.program(), LOSS);
        self.run(loss);
        self.output(loss, 0)[0]
    }
}

#[cfg(feature = "gpu")]
impl Trainer for gpu::Machine {
    fn step(&mut self, count: u64) {
        let train = routine(self.program(), TRAIN);
        for done in 1..=count {
            self.run(train);
            // Portions that keep the device busy while the next is recorded.
            if done % 32 == 0 {
                self.flush();
            }
        }
        self.wait();
    }
    fn loss(&mut self) -> f32 {
        let loss = routine(self.program(), LOSS);
        self.run(loss);
        self.read(gpu::Read::Outputs(loss));
        pollster::block_on(self.delivery()).map_or(f32::NAN, |delivery| delivery.values[0])
    }
}

/// How long everything lasts.
#[derive(Clone, Copy, Debug)]
pub struct Protocol {
    /// Warm-up, at least.
    pub warm_up: Duration,
    /// About how long a portion of steps takes, between two looks at the clock.
    pub portion: Duration,
    /// Windows.
    pub windows: usize,
    /// Length of a window, at least.
    pub window: Duration,
}

impl Default for Protocol {
    fn default() -> Self {
        let milliseconds = Duration::from_millis;
        Protocol { warm_up: milliseconds(1000), portion: milliseconds(100), windows: 5, window: milliseconds(1000) }
    }
}

/// What was measured.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Loss before the first step.
    pub first_loss: f32,
    /// Loss after [`Task::checked_after`] steps.
    pub loss: f32,
    /// Steps per second in each window.
    pub rates: Vec<f64>,
}

impl Outcome {
    /// Steps per second in the median window.
    pub fn median(&self) -> f64 {
        let mut rates = self.rates.clone();
        rates.sort_by(f64::total_cmp);
        rates.get(rates.len() / 2).copied().unwrap_or(f64::NAN)
    }

    /// Steps per second in the fastest window.
    pub fn highest(&self) -> f64 {
        self.rates.iter().copied().fold(f64::NAN, f64::max)
    }
}

/// Checks and times a task on a machine that has done nothing yet.
pub fn measure(task: &Task, trainer: &mut dyn Trainer, protocol: &Protocol) -> Outcome {
    let first_loss = trainer.loss();
    trainer.step(task.checked_after);
    let loss = trainer.loss();
    let mut timed = |count: u64| {
        let started = Instant::now();
        trainer.step(count);
        started.elapsed()
    };
    let (mut portion, mut warm) = (1, Duration::ZERO);
    while warm < protocol.warm_up {
        let time = timed(portion);
        warm += time;
        let factor = protocol.portion.as_secs_f64() / time.as_secs_f64().max(1e-6);
        portion = ((portion as f64 * factor.min(8.0)).round() as u64).max(1);
    }
    let window = |_| {
        let (mut steps, mut time) = (0, Duration::ZERO);
        while time < protocol.window {
            time += timed(portion);
            steps += portion;
        }
        steps as f64 / time.as_secs_f64()
    };
    Outcome { first_loss, loss, rates: (0..protocol.windows).map(window).collect() }
}

/// Where the time of `steps` training steps goes, after as many to warm up; `dispatches` as in [`cpu::Profile::measure`].
pub fn profile(machine: &mut cpu::Machine, steps: u64, dispatches: fn(&Program, usize) -> usize) -> cpu::Profile {
    let train = routine(machine.program(), TRAIN);
    let started = Instant::now();
    let now = || started.elapsed().as_secs_f64() * 1000.0;
    cpu::Profile::measure(machine, steps, &now, dispatches, |_, _| train)
}
