//! A program on the GPU: what [`Preparation`] has made once is only replayed.
//!
//! Runs are noted and recorded at the next flush, as one compute pass per uninterrupted sequence; a
//! read interrupts it. Results come back through `staging.rs`.

use super::context::{Context, Shared};
use super::player::Player;
use super::preparation::Memory;
#[cfg(not(target_arch = "wasm32"))]
use super::preparation::Preparation;
use super::staging::{Copy, Plan, Staging};
use super::{Delivery, Read};
#[cfg(not(target_arch = "wasm32"))]
use crate::graph::Result;
use crate::plan::{LeafPlace, Program};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A program with its memory on a device.
pub struct Machine {
    context: Context,
    program: Arc<Program>,
    /// Of one run, by routine.
    dispatches: Vec<usize>,
    memory: Memory,
    player: Player,
    reads: Reads,
    queued: Vec<Command>,
    staging: Staging,
    in_flight: Arc<AtomicUsize>,
}

/// What each kind of read copies.
struct Reads {
    /// By routine.
    outputs: Vec<Plan>,
    trained: Plan,
    everything: Plan,
}

impl Reads {
    fn new(program: &Program) -> Self {
        let outputs = program.routines.iter().map(|routine| {
            Plan::new(
                routine.outputs.iter().map(|output| Copy::new(output.buffer, output.offset, output.ty.elements())),
            )
        });
        let leaf = |leaf: &LeafPlace| Copy::new(leaf.buffer, leaf.offset, leaf.ty.elements());
        Reads {
            outputs: outputs.collect(),
            trained: Plan::new(program.trained_leaves().map(|(_, place)| leaf(place))),
            everything: Plan::new(program.leaves.iter().map(leaf)),
        }
    }

    fn plan(&self, what: Read) -> &Plan {
        match what {
            Read::Outputs(routine) => &self.outputs[routine],
            Read::Leaves => &self.trained,
            Read::Everything => &self.everything,
        }
    }
}

/// Something to do at the next flush.
#[derive(Clone, Copy)]
enum Command {
    Run { routine: usize, count: u32 },
    Read { what: Read, slot: usize },
}

impl Machine {
    /// Prepares a machine and waits until it is ready. A browser cannot wait; see [`Preparation`].
    #[cfg(not(target_arch = "wasm32"))]
    pub fn new(context: &Context, program: Arc<Program>) -> Result<Machine> {
        pollster::block_on(Preparation::new(context, program)?.finish())
    }

    /// From what a preparation has made. Leaves hold their first contents.
    pub(super) fn start(
        context: Context,
        program: Arc<Program>,
        memory: Memory,
        mut player: Player,
        lists: Vec<Vec<u32>>,
        dispatches: Vec<usize>,
    ) -> Machine {
        let reads = Reads::new(&program);
        player.finish(lists);
        let machine = Machine {
            context,
            program,
            dispatches,
            memory,
            player,
            reads,
            queued: Vec::with_capacity(64),
            staging: Staging::default(),
            in_flight: Arc::default(),
        };
        for leaf in &machine.program.leaves {
            machine.upload(leaf, 0, &leaf.initial);
        }
        // Writes wait in staging memory until something is submitted.
        machine.context.shared.queue.submit([]);
        machine
    }

    /// The program that runs here.
    pub fn program(&self) -> &Arc<Program> {
        &self.program
    }

    /// Why it stands still, if its device is gone.
    pub fn lost(&self) -> Option<String> {
        self.context.lost()
    }

    /// Queues one run of a routine; nothing happens before the next flush.
    pub fn run(&mut self, routine: usize) {
        match self.queued.last_mut() {
            Some(Command::Run { routine: last, count }) if *last == routine => *count += 1,
            _ => self.queued.push(Command::Run { routine, count: 1 }),
        }
    }

    /// Writes elements of a leaf from `offset` on, after everything queued so far.
    pub fn write(&mut self, leaf: usize, offset: usize, values: &[f32]) {
        self.flush();
        self.upload(&self.program.leaves[leaf], offset, values);
    }

    fn upload(&self, leaf: &LeafPlace, offset: usize, values: &[f32]) {
        assert!(offset + values.len() <= leaf.ty.elements(), "leaf {}: written beyond its end", leaf.name);
        if values.is_empty() || self.context.is_lost() {
            return;
        }
        let start = 4 * (leaf.offset + offset) as u64;
        self.context.shared.queue.write_buffer(&self.memory.0[leaf.buffer], start, bytemuck::cast_slice(values));
    }

    /// Asks for values as they are after everything queued so far; [`Machine::poll`] delivers them some
    /// time after the next flush, under the ticket returned here. Tickets are delivered in order.
    pub fn read(&mut self, what: Read) -> u64 {
        let bytes = self.reads.plan(what).bytes;
        let (ticket, slot) = self.staging.request(&self.context, bytes);
        if let Some(slot) = slot {
            self.queued.push(Command::Read { what, slot });
        }
        ticket
    }

    /// Records and submits everything queued.
    pub fn flush(&mut self) {
        if self.queued.is_empty() {
            return;
        }
        if self.context.is_lost() {
            self.queued.clear();
            self.staging.abandon();
            return;
        }
        let Shared { device, queue, .. } = &*self.context.shared;
        for &command in &self.queued {
            match command {
                Command::Run { routine, count } => self.player.run(device, routine, count),
                Command::Read { what, slot } => {
                    for copy in &self.reads.plan(what).copies {
                        let source = (&self.memory.0[copy.buffer], copy.from);
                        let target = (self.staging.buffer(slot), copy.to);
                        self.player.copy(device, source, target, copy.bytes);
                    }
                }
            }
        }
        self.player.submit(queue);
        for command in self.queued.drain(..) {
            if let Command::Read { slot, .. } = command {
                self.staging.map(slot);
            }
        }
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        let in_flight = Arc::clone(&self.in_flight);
        queue.on_submitted_work_done(move || {
            in_flight.fetch_sub(1, Ordering::Relaxed);
        });
    }

    /// The next finished read, if there is one; never waits.
    pub fn poll(&mut self) -> Option<Delivery> {
        if self.context.is_lost() {
            self.staging.abandon();
            return None;
        }
        // In a browser the event loop does this.
        #[cfg(not(target_arch = "wasm32"))]
        self.context.shared.device.poll(wgpu::PollType::Poll).ok();
        self.staging.deliver()
    }

    /// Waits for the next read. `None` if none is outstanding or the device is lost.
    pub async fn delivery(&mut self) -> Option<Delivery> {
        self.flush();
        std::future::poll_fn(|task| {
            self.staging.wake(task.waker());
            match self.poll() {
                None if self.staging.is_waiting() => {
                    // Natively nobody else drives the device, so this is the place to wait for it.
                    #[cfg(not(target_arch = "wasm32"))]
                    {
                        self.wait();
                        task.waker().wake_by_ref();
                    }
                    std::task::Poll::Pending
                }
                result => std::task::Poll::Ready(result),
            }
        })
        .await
    }

    /// Submissions that are not yet known to be finished.
    pub fn in_flight(&self) -> usize {
        if self.context.is_lost() { 0 } else { self.in_flight.load(Ordering::Relaxed) }
    }

    /// Dispatches of one run of a routine.
    pub fn dispatches(&self, routine: usize) -> usize {
        self.dispatches[routine]
    }

    /// Submits everything queued and blocks until it is finished. A browser cannot wait.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn wait(&mut self) {
        self.flush();
        if !self.context.is_lost() {
            self.context.shared.device.poll(wgpu::PollType::wait_indefinitely()).ok();
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.staging.destroy();
    }
}
