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

/// Dispatches of one run of a routine on a GPU; where this build can use one, as it would be done there.
pub fn dispatches(program: &Program, routine: usize) -> usize {
    #[cfg(feature = "gpu")]
    let count = gpu::Schedule::new(program, &gpu::Tiling::USUAL).dispatches(routine);
    #[cfg(not(feature = "gpu"))]
    let count = program.routines[routine].dispatch_count();
    count
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
            Read::Everything => {
                let leaves = 0..machine.program().leaves.len();
                leaves.flat_map(|leaf| machine.leaf(leaf).iter().copied()).collect()
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
    /// The CPU takes every program, at once.
    pub(crate) fn on_cpu(program: Arc<Program>) -> Machine {
        let cpu = Cpu { machine: cpu::Machine::new(program), answers: VecDeque::new(), tickets: 0 };
        Machine::Cpu(Box::new(cpu))
    }

    /// Whether it computes on such a device.
    pub(crate) fn is_on(&self, device: &Device) -> bool {
        match self {
            Machine::Cpu(_) => matches!(device, Device::Cpu),
            #[cfg(feature = "gpu")]
            Machine::Gpu(_) => matches!(device, Device::Gpu(_)),
        }
    }

    /// Why its device is gone, if it is.
    pub(crate) fn lost(&self) -> Option<String> {
        match self {
            Machine::Cpu(_) => None,
            #[cfg(feature = "gpu")]
            Machine::Gpu(gpu) => gpu.lost(),
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

    /// Takes over from another machine what [`Read::Everything`] gave there.
    pub(crate) fn take_over(&mut self, program: &Program, values: &[f32]) {
        let mut rest = values;
        for (leaf, place) in program.leaves.iter().enumerate() {
            let (these, others) = rest.split_at(place.ty.elements());
            self.write(leaf, 0, these);
            rest = others;
        }
    }
}

/// A machine in the making, while another one computes.
pub(crate) enum Preparation {
    Cpu(Arc<Program>),
    #[cfg(feature = "gpu")]
    Gpu(Box<gpu::Preparation>),
}

impl Preparation {
    /// Begins; a GPU may refuse the program.
    pub(crate) fn new(device: &Device, program: Arc<Program>) -> Result<Preparation> {
        match device {
            Device::Cpu => Ok(Preparation::Cpu(program)),
            #[cfg(feature = "gpu")]
            Device::Gpu(context) => Ok(Preparation::Gpu(Box::new(gpu::Preparation::new(context, program)?))),
        }
    }

    /// Goes on for a moment; whether the machine is ready.
    pub(crate) fn poll(&mut self) -> Result<bool> {
        match self {
            Preparation::Cpu(_) => Ok(true),
            #[cfg(feature = "gpu")]
            Preparation::Gpu(preparation) => preparation.poll(),
        }
    }

    /// How much is done, from 0 to 1.
    pub(crate) fn share(&self) -> f32 {
        match self {
            Preparation::Cpu(_) => 1.0,
            #[cfg(feature = "gpu")]
            Preparation::Gpu(preparation) => preparation.share(),
        }
    }

    /// The machine, once it is ready.
    pub(crate) fn machine(self) -> Machine {
        match self {
            Preparation::Cpu(program) => Machine::on_cpu(program),
            #[cfg(feature = "gpu")]
            Preparation::Gpu(preparation) => Machine::Gpu(Box::new(preparation.machine())),
        }
    }
}
