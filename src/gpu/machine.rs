//! A program on the GPU: buffers, pipelines and bind groups made once, then only replayed.
//!
//! Runs are noted and recorded at the next flush, as one compute pass per uninterrupted sequence; a
//! read interrupts it. Results come back through `staging.rs`.

use super::context::Context;
use super::emit::shared_shader;
use super::staging::{Copy, Plan, Staging};
use super::{Delivery, Read};
use crate::graph::{Error, Result, Role};
use crate::plan::{Kernel, LeafPlace, Program};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A program with its memory on a device.
pub struct Machine {
    context: Context,
    program: Arc<Program>,
    buffers: Vec<wgpu::Buffer>,
    routines: Vec<Vec<Step>>,
    /// What reading each routine's outputs copies.
    outputs: Vec<Plan>,
    leaves: Plan,
    queued: Vec<Command>,
    staging: Staging,
    in_flight: Arc<AtomicUsize>,
}

/// What is recorded for the kernels of a dispatch.
enum Step {
    Once(Dispatch),
    Repeat { begin: Vec<Step>, body: Vec<Step>, end: Vec<Step>, times: usize },
}

impl Step {
    fn dispatches(steps: &[Step]) -> usize {
        let of = |step: &Step| match step {
            Step::Once(_) => 1,
            Step::Repeat { begin, body, end, times } => {
                Step::dispatches(begin) + times * Step::dispatches(body) + Step::dispatches(end)
            }
        };
        steps.iter().map(of).sum()
    }
}

/// One recorded dispatch.
struct Dispatch {
    pipeline: wgpu::ComputePipeline,
    /// Equal numbers mean equal pipelines, which need not be set twice.
    number: usize,
    bind_group: wgpu::BindGroup,
    groups: [u32; 2],
}

/// Something to do at the next flush.
enum Command {
    Run { routine: usize, count: u32 },
    Read { what: Read, slot: usize },
}

impl Machine {
    /// Makes everything that running the program needs. Its leaves hold their first contents.
    pub fn new(context: &Context, program: Arc<Program>) -> Result<Machine> {
        if let Some(reason) = context.lost() {
            return Err(Error::new("GPU", reason, "the CPU is used instead"));
        }
        check_sizes(context, &program)?;
        let errors = super::scope::Scope::new(context);
        let buffers = program.buffers.iter().enumerate().map(|(i, buffer)| {
            context.shared.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some(&format!("b{i}")),
                size: bytes(buffer.elements),
                usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            })
        });
        let buffers: Vec<wgpu::Buffer> = buffers.collect();
        let mut routines = Vec::with_capacity(program.routines.len());
        let mut texts: Vec<String> = Vec::new();
        for routine in &program.routines {
            routines.push(steps(context, &routine.kernels, &routine.dispatches, &buffers, &mut texts));
        }
        let outputs = program.routines.iter().map(|routine| {
            Plan::new(
                routine.outputs.iter().map(|output| Copy::new(output.buffer, output.offset, output.ty.elements())),
            )
        });
        let kept = program.leaves.iter().filter(|leaf| matches!(leaf.role, Role::Parameter | Role::State));
        let leaves = Plan::new(kept.map(|leaf| Copy::new(leaf.buffer, leaf.offset, leaf.ty.elements())));
        let outputs = outputs.collect();
        let machine = Machine {
            context: context.clone(),
            program,
            buffers,
            routines,
            outputs,
            leaves,
            queued: Vec::with_capacity(64),
            staging: Staging::default(),
            in_flight: Arc::default(),
        };
        for leaf in &machine.program.leaves {
            machine.upload(leaf, 0, &leaf.initial);
        }
        // Writes wait in staging memory until something is submitted.
        context.shared.queue.submit([]);
        if let Some(message) = errors.error() {
            context.forget_pipelines();
            return Err(Error::new("GPU", message, "the CPU is used instead"));
        }
        Ok(machine)
    }

    /// The program that runs here.
    pub fn program(&self) -> &Arc<Program> {
        &self.program
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
        self.context.shared.queue.write_buffer(&self.buffers[leaf.buffer], start, bytemuck::cast_slice(values));
    }

    /// Asks for values as they are after everything queued so far; [`Machine::poll`] delivers them some
    /// time after the next flush, under the ticket returned here. Tickets are delivered in order.
    pub fn read(&mut self, what: Read) -> u64 {
        let bytes = self.plan(what).bytes;
        let (ticket, slot) = self.staging.request(&self.context, bytes);
        if let Some(slot) = slot {
            self.queued.push(Command::Read { what, slot });
        }
        ticket
    }

    fn plan(&self, what: Read) -> &Plan {
        match what {
            Read::Outputs(routine) => &self.outputs[routine],
            Read::Leaves => &self.leaves,
        }
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
        let mut encoder = self.context.shared.device.create_command_encoder(&Default::default());
        let mut next = 0;
        while next < self.queued.len() {
            if let Command::Read { what, slot } = self.queued[next] {
                for copy in &self.plan(what).copies {
                    let (source, target) = (&self.buffers[copy.buffer], self.staging.buffer(slot));
                    encoder.copy_buffer_to_buffer(source, copy.from, target, copy.to, copy.bytes);
                }
                next += 1;
                continue;
            }
            let mut pass = encoder.begin_compute_pass(&Default::default());
            let mut pipeline = None;
            while let Some(&Command::Run { routine, count }) = self.queued.get(next) {
                for _ in 0..count {
                    record(&mut pass, &self.routines[routine], &mut pipeline);
                }
                next += 1;
            }
        }
        self.context.shared.queue.submit([encoder.finish()]);
        for command in self.queued.drain(..) {
            if let Command::Read { slot, .. } = command {
                self.staging.map(slot);
            }
        }
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        let in_flight = Arc::clone(&self.in_flight);
        self.context.shared.queue.on_submitted_work_done(move || {
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
        Step::dispatches(&self.routines[routine])
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
    /// Gives all memory back at once: in a browser a dropped handle frees nothing, and the garbage
    /// collector does not see the GPU's memory.
    fn drop(&mut self) {
        self.buffers.iter().for_each(wgpu::Buffer::destroy);
        self.staging.destroy();
    }
}

/// Size of a buffer: never zero, and whole vectors.
fn bytes(elements: usize) -> u64 {
    (4 * elements as u64).next_multiple_of(16).max(16)
}

fn check_sizes(context: &Context, program: &Program) -> Result<()> {
    let limits = &context.shared.limits;
    let most = limits.max_storage_buffer_binding_size.min(limits.max_buffer_size);
    match program.buffers.iter().map(|buffer| bytes(buffer.elements)).max() {
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

fn record(pass: &mut wgpu::ComputePass, steps: &[Step], pipeline: &mut Option<usize>) {
    for step in steps {
        match step {
            Step::Once(dispatch) => {
                if pipeline.replace(dispatch.number) != Some(dispatch.number) {
                    pass.set_pipeline(&dispatch.pipeline);
                }
                pass.set_bind_group(0, &dispatch.bind_group, &[]);
                pass.dispatch_workgroups(dispatch.groups[0], dispatch.groups[1], 1);
            }
            Step::Repeat { begin, body, end, times } => {
                record(pass, begin, pipeline);
                for _ in 0..*times {
                    record(pass, body, pipeline);
                }
                record(pass, end, pipeline);
            }
        }
    }
}

/// `counts` says how many kernels each dispatch has.
fn steps(
    context: &Context,
    mut kernels: &[Kernel],
    counts: &[usize],
    buffers: &[wgpu::Buffer],
    texts: &mut Vec<String>,
) -> Vec<Step> {
    let mut made = Vec::with_capacity(counts.len());
    for &count in counts {
        let (side_by_side, rest) = kernels.split_at(count);
        kernels = rest;
        if let [Kernel::Scan(scan)] = side_by_side {
            let mut all = |kernels: &[Kernel]| steps(context, kernels, &vec![1; kernels.len()], buffers, texts);
            let (begin, body, end) = (all(&scan.begin), all(&scan.body), all(&scan.end));
            made.push(Step::Repeat { begin, body, end, times: scan.times });
        } else if let Some(dispatch) = dispatch(context, side_by_side, buffers, texts) {
            made.push(Step::Once(dispatch));
        }
    }
    made
}

fn dispatch(
    context: &Context,
    kernels: &[Kernel],
    buffers: &[wgpu::Buffer],
    texts: &mut Vec<String>,
) -> Option<Dispatch> {
    let shader = shared_shader(kernels)?;
    let writable: Vec<bool> = shader.bindings.iter().map(|binding| binding.writable).collect();
    let (group_layout, layout) = context.layout(&writable);
    let label = match kernels {
        [Kernel::Map(_)] => "map",
        [Kernel::Reduce(_)] => "reduce",
        [Kernel::MatMul(_)] => "matmul",
        [Kernel::Scatter(_)] => "scatter",
        [Kernel::Scan(_)] => "scan",
        [Kernel::Rows(_)] => "rows",
        _ => "several",
    };
    let pipeline = context.pipeline(&shader.text, &layout, label);
    let entries = shader.bindings.iter().enumerate().map(|(slot, binding)| wgpu::BindGroupEntry {
        binding: slot as u32,
        resource: buffers[binding.buffer].as_entire_binding(),
    });
    let entries: Vec<_> = entries.collect();
    let descriptor = wgpu::BindGroupDescriptor { label: Some(label), layout: &group_layout, entries: &entries };
    let bind_group = context.shared.device.create_bind_group(&descriptor);
    let number = texts.iter().position(|text| *text == shader.text).unwrap_or_else(|| {
        texts.push(shader.text);
        texts.len() - 1
    });
    Some(Dispatch { pipeline, number, bind_group, groups: shader.groups })
}
