//! One face for both backends. Results are asked for by ticket and collected later, because a GPU must
//! never be waited for; the CPU answers at once and queues the answer.

use crate::cpu;
use crate::plan::Program;
use std::collections::VecDeque;
use std::sync::Arc;

/// What can be read from a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// All outputs of a routine, concatenated in order.
    Outputs(usize),
    /// All leaves that training changes, concatenated in order.
    Leaves,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// What [`Machine::read`] gave.
    pub ticket: u64,
    /// Elements, as they were when the reading was asked for.
    pub values: Vec<f32>,
}

/// The CPU backend with its queue of answers.
pub(crate) struct Cpu {
    machine: cpu::Machine,
    answers: VecDeque<Delivery>,
    tickets: u64,
}

/// A program with its memory, on some device.
pub(crate) enum Machine {
    Cpu(Box<Cpu>),
}

/// Where a session computes.
#[derive(Clone)]
pub enum Device {
    /// One core, with the same bits everywhere.
    Cpu,
}

impl Machine {
    /// Prepares `program` on a device.
    pub(crate) fn new(device: &Device, program: Arc<Program>) -> Machine {
        match device {
            Device::Cpu => {
                let cpu = Cpu { machine: cpu::Machine::new(program), answers: VecDeque::new(), tickets: 0 };
                Machine::Cpu(Box::new(cpu))
            }
        }
    }

    /// Runs a routine once, after all that was asked for before.
    pub(crate) fn run(&mut self, routine: usize) {
        match self {
            Machine::Cpu(cpu) => cpu.machine.run(routine),
        }
    }

    /// Writes elements of a leaf, after all that was asked for before.
    pub(crate) fn write(&mut self, leaf: usize, offset: usize, values: &[f32]) {
        match self {
            Machine::Cpu(cpu) => cpu.machine.write_at(leaf, offset, values),
        }
    }

    /// Asks for values as they are after all that was asked for before.
    pub(crate) fn read(&mut self, what: Read) -> u64 {
        match self {
            Machine::Cpu(cpu) => {
                cpu.tickets += 1;
                let values = match what {
                    Read::Outputs(routine) => {
                        let count = cpu.machine.program().routines[routine].outputs.len();
                        (0..count).flat_map(|output| cpu.machine.output(routine, output).iter().copied()).collect()
                    }
                    Read::Leaves => {
                        let places = cpu.machine.program().trained_leaves();
                        places.flat_map(|(leaf, _)| cpu.machine.leaf(leaf).iter().copied()).collect()
                    }
                };
                cpu.answers.push_back(Delivery { ticket: cpu.tickets, values });
                cpu.tickets
            }
        }
    }

    /// The next answer, if there is one.
    pub(crate) fn poll(&mut self) -> Option<Delivery> {
        match self {
            Machine::Cpu(cpu) => cpu.answers.pop_front(),
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
