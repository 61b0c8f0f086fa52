//! One face for both backends. Results are asked for by ticket and collected later, because a GPU must
//! never be waited for; the CPU answers at once and queues the answer.

use crate::cpu;
#[cfg(feature = "gpu")]
use crate::gpu;
use crate::graph::Result;
use crate::plan::{Delivery, Program, Read};
use std::collections::VecDeque;
use std::sync::Arc;

/// Where a session computes.
#[derive(Clone)]
pub enum Device {
    /// One core, with the same bits everywhere.
    Cpu,
    /// A graphics processor, the same within rounding.
    #[cfg(feature = "gpu")]
    Gpu(gpu::Context),
}

impl Device {
    /// Name in messages.
    pub fn name(&self) -> &'static str {
        match self {
            Device::Cpu => "cpu",
            #[cfg(feature = "gpu")]
            Device::Gpu(_) => "gpu",
        }
    }

    /// Why it is gone, if it is.
    pub fn lost(&self) -> Option<String> {
        match self {
            Device::Cpu => None,
            #[cfg(feature = "gpu")]
            Device::Gpu(context) => context.lost(),
        }
    }
}

/// The CPU backend with its queue of answers.
pub(crate) struct Cpu {
    machine: cpu::Machine,
    answers: VecDeque<Delivery>,
    tickets: u64,
}

impl Cpu {
    fn read(&mut self, what: Read) -> u64 {
        self.tickets += 1;
        let machine = &self.machine;
        let values = match what {
            Read::Outputs(routine) => {
                let count = machine.program().routines[routine].outputs.len();
                (0..count).flat_map(|output| machine.output(routine, output).iter().copied()).collect()
            }
            Read::Leaves => {
                let places = machine.program().trained_leaves();
                places.flat_map(|(leaf, _)| machine.leaf(leaf).iter().copied()).collect()
            }
        };
        self.answers.push_back(Delivery { ticket: self.tickets, values });
        self.tickets
    }
}

/// A program with its memory, on some device.
pub(crate) enum Machine {
    Cpu(Box<Cpu>),
    #[cfg(feature = "gpu")]
    Gpu(Box<gpu::Machine>),
}

impl Machine {
    /// Prepares `program` on a device; a GPU may refuse it.
    pub(crate) fn new(device: &Device, program: Arc<Program>) -> Result<Machine> {
        match device {
            Device::Cpu => {
                let cpu = Cpu { machine: cpu::Machine::new(program), answers: VecDeque::new(), tickets: 0 };
                Ok(Machine::Cpu(Box::new(cpu)))
            }
            #[cfg(feature = "gpu")]
            Device::Gpu(context) => Ok(Machine::Gpu(Box::new(gpu::Machine::new(context, program)?))),
        }
    }

    /// Runs a routine once, after all that was asked for before.
    pub(crate) fn run(&mut self, routine: usize) {
        match self {
            Machine::Cpu(cpu) => cpu.machine.run(routine),
            #[cfg(feature = "gpu")]
            Machine::Gpu(gpu) => gpu.run(routine),
        }
    }

    /// Writes elements of a leaf, after all that was asked for before.
    pub(crate) fn write(&mut self, leaf: usize, offset: usize, values: &[f32]) {
        match self {
            Machine::Cpu(cpu) => cpu.machine.write_at(leaf, offset, values),
            #[cfg(feature = "gpu")]
            Machine::Gpu(gpu) => gpu.write(leaf, offset, values),
        }
    }

    /// Asks for values as they are after all that was asked for before.
    pub(crate) fn read(&mut self, what: Read) -> u64 {
        match self {
            Machine::Cpu(cpu) => cpu.read(what),
            #[cfg(feature = "gpu")]
            Machine::Gpu(gpu) => gpu.read(what),
        }
    }

    /// Hands everything asked for over to the device.
    pub(crate) fn flush(&mut self) {
        match self {
            Machine::Cpu(_) => {}
            #[cfg(feature = "gpu")]
            Machine::Gpu(gpu) => gpu.flush(),
        }
    }

    /// Portions of work that the device has not finished.
    #[cfg(feature = "gpu")]
    pub(crate) fn in_flight(&self) -> usize {
        match self {
            Machine::Cpu(_) => 0,
            Machine::Gpu(gpu) => gpu.in_flight(),
        }
    }

    /// The next answer, if there is one.
    pub(crate) fn poll(&mut self) -> Option<Delivery> {
        match self {
            Machine::Cpu(cpu) => cpu.answers.pop_front(),
            #[cfg(feature = "gpu")]
            Machine::Gpu(gpu) => gpu.poll(),
        }
    }

    /// Restores leaves as [`Read::Leaves`] gave them.
    pub(crate) fn restore(&mut self, program: &Program, values: &[f32]) {
        let mut rest = values;
        for (leaf, place) in program.trained_leaves() {
            let (these, others) = rest.split_at(place.ty.elements());
            self.write(leaf, 0, these);
            rest = others;
        }
    }
}
