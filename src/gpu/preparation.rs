//! A machine in the making: buffers at once, pipelines in portions, so that nobody waits for them.

use super::context::Context;
use super::machine::Machine;
use super::player::{self, Player};
use super::replay::{Entry, Schedule};
use super::scope::{Answers, Scope};
use super::tiling::Tiling;
use crate::graph::{Error, Result};
use crate::plan::{Kernel, Program};
use std::sync::Arc;

/// Dispatches that one poll looks at: writing their shaders takes a few milliseconds.
const MOST_DISPATCHES: usize = 8;
/// Pipelines that one poll begins to compile.
const MOST_BEGUN: u32 = 2;
/// Pipelines that are being compiled at once. With more a browser would not let go of those that are no longer wanted.
const MOST_WAITING: u32 = 8;

/// A program on its way to a device; dropping it gives its memory back.
pub struct Preparation {
    context: Context,
    program: Arc<Program>,
    schedule: Schedule,
    memory: Memory,
    player: Player,
    /// Dispatches made, of how many, and those that have something to do.
    made: Vec<Entry>,
    of: usize,
    groups: u32,
    answers: Answers,
}

/// The buffers of a program.
pub(super) struct Memory(pub Vec<wgpu::Buffer>);

impl Drop for Memory {
    /// Gives all memory back at once: in a browser a dropped handle frees nothing, and the garbage
    /// collector does not see the GPU's memory.
    fn drop(&mut self) {
        self.0.iter().for_each(wgpu::Buffer::destroy);
    }
}

fn refuse<T>(message: impl Into<String>) -> Result<T> {
    Err(Error::new("GPU", message, "the CPU is used instead"))
}

impl Preparation {
    /// Begins; a program that is too large for the device is refused.
    pub fn new(context: &Context, program: Arc<Program>) -> Result<Preparation> {
        Preparation::with(context, program, &Tiling::USUAL)
    }

    /// The same with other thresholds for matrix products.
    pub fn with(context: &Context, program: Arc<Program>, tiling: &Tiling) -> Result<Preparation> {
        if let Some(reason) = context.lost() {
            return refuse(reason);
        }
        let schedule = Schedule::new(&program, tiling);
        let own = program.buffers.iter().map(|buffer| buffer.elements);
        let sizes: Vec<u64> = own.chain((schedule.sums > 0).then_some(schedule.sums)).map(bytes).collect();
        check_sizes(context, &sizes)?;
        let errors = Scope::new(context);
        let buffers = sizes.iter().map(|&size| {
            context.shared.device.create_buffer(&wgpu::BufferDescriptor {
                label: None,
                size,
                usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            })
        });
        let memory = Memory(buffers.collect());
        let player = Player::new(&context.shared.compiler, &memory.0);
        let mut answers = Answers::default();
        errors.close(&mut answers);
        let of = schedule.kernels().count();
        let (context, made) = (context.clone(), Vec::new());
        Ok(Preparation { context, program, schedule, memory, player, made, of, groups: 0, answers })
    }

    /// Goes on for a moment; whether everything is ready.
    pub fn poll(&mut self) -> Result<bool> {
        if self.made.len() < self.of {
            let errors = Scope::new(&self.context);
            self.make_some();
            errors.close(&mut self.answers);
        }
        // The reason for a loss explains more than the errors that it caused.
        let answer = self.answers.poll();
        if let Some(reason) = self.context.lost() {
            return refuse(reason);
        }
        match answer.and_then(|known| self.player.problem().map_or(Ok(known), Err)) {
            Ok(known) => Ok(known && self.made.len() == self.of && self.player.waiting() == 0),
            Err(message) => {
                self.context.shared.compiler.forget();
                refuse(message)
            }
        }
    }

    fn make_some(&mut self) {
        let first = self.made.len();
        let begun = self.player.compiled();
        for kernels in self.schedule.kernels().skip(first).take(MOST_DISPATCHES) {
            if self.player.compiled() - begun >= MOST_BEGUN || self.player.waiting() >= MOST_WAITING {
                break;
            }
            let entry = self.schedule.shader(kernels).map(|shader| {
                let (compiler, [x, y]) = (&self.context.shared.compiler, shader.groups);
                let pipeline = self.player.add(compiler, &self.memory.0, &shader, label(kernels));
                self.groups += 1;
                [pipeline, self.groups - 1, x, y]
            });
            self.made.push(entry);
        }
    }

    /// How much is done, from 0 to 1.
    pub fn share(&self) -> f32 {
        self.made.len().saturating_sub(self.player.waiting() as usize) as f32 / self.of.max(1) as f32
    }

    /// The machine, once [`Preparation::poll`] has said that it is ready. Its leaves hold their first contents.
    pub fn machine(self) -> Machine {
        let lists = self.schedule.lists(self.made);
        let dispatches = (0..lists.len()).map(|routine| self.schedule.dispatches(routine)).collect();
        Machine::start(self.context, self.program, self.memory, self.player, lists, dispatches)
    }

    /// Goes on until the machine is ready.
    pub async fn finish(mut self) -> Result<Machine> {
        while !self.poll()? {
            player::pause().await;
        }
        Ok(self.machine())
    }
}

/// Size of a buffer: never zero, and whole vectors.
fn bytes(elements: usize) -> u64 {
    (4 * elements as u64).next_multiple_of(16).max(16)
}

fn check_sizes(context: &Context, sizes: &[u64]) -> Result<()> {
    let limits = &context.shared.limits;
    let most = limits.max_storage_buffer_binding_size.min(limits.max_buffer_size);
    match sizes.iter().copied().max() {
        Some(largest) if largest > most => Err(Error::new(
            "GPU",
            format!(
                "a tensor needs {} MiB, more than the {} MiB that {} allows",
                largest >> 20,
                most >> 20,
                context.name()
            ),
            "use a smaller network or batch, or the CPU",
        )),
        _ => Ok(()),
    }
}

/// What a pipeline is called in messages of the device.
fn label(kernels: &[Kernel]) -> &'static str {
    match kernels {
        [Kernel::Map(_)] => "map",
        [Kernel::Reduce(_)] => "reduce",
        [Kernel::MatMul(_)] => "matmul",
        [Kernel::Scatter(_)] => "scatter",
        [Kernel::Rows(_)] => "rows",
        _ => "several",
    }
}
