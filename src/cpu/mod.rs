//! Runs a program on one CPU core, with the same bits natively and in every browser.
//!
//! Scalar code runs over chunks of 256 elements, one instruction at a time, each a four-lane loop from
//! the table of functions; matrix products are the packed `gemm`. All decisions (which loads are
//! dense, which order a reduction walks) are made when the machine is built; a step only replays.

pub mod code;
pub mod gemm;
pub mod math;
mod matmul;
mod profile;
mod reduce;
pub mod simd;
mod tile;

use crate::graph::DType;
use crate::plan::{Kernel, MapKernel, Program, RowsKernel, RowsPart, ScanKernel, ScatterKernel};
use code::{Code, Registers, Target, registers};
use matmul::MatMul;
pub use profile::{Cost, Profile};
use reduce::Reduce;
use std::sync::Arc;

/// One prepared kernel.
enum Step {
    Map { code: Code, targets: Vec<Target>, elements: usize },
    Reduce(Reduce),
    MatMul(MatMul),
    Scatter(ScatterKernel),
    Scan { begin: Vec<Step>, body: Vec<Step>, end: Vec<Step>, times: usize },
    Rows(RowsKernel),
}

impl Step {
    fn run(&self, memory: &mut [Vec<f32>], scratch: &mut Scratch) {
        match self {
            Step::Map { code, targets, elements } => {
                code.run_all(0..*elements, targets, &[], memory, &mut scratch.registers);
            }
            Step::Reduce(reduce) => reduce.run(memory, scratch),
            Step::MatMul(matmul) => matmul.run(memory, scratch),
            Step::Scatter(kernel) => scatter(kernel, memory),
            Step::Scan { begin, body, end, times } => {
                begin.iter().for_each(|step| step.run(memory, scratch));
                for _ in 0..*times {
                    body.iter().for_each(|step| step.run(memory, scratch));
                }
                end.iter().for_each(|step| step.run(memory, scratch));
            }
            Step::Rows(kernel) => rows(kernel, memory),
        }
    }
}

/// Working memory that every kernel shares.
pub(crate) struct Scratch {
    registers: Registers,
    /// Results of a reduction or product before the epilogue.
    accumulator: Vec<f32>,
    partial: Vec<f32>,
    gemm: gemm::Scratch,
}

/// A program with its memory, ready to run.
pub struct Machine {
    program: Arc<Program>,
    memory: Vec<Vec<f32>>,
    routines: Vec<Vec<Step>>,
    scratch: Scratch,
}

/// Chunks are read in whole lanes, so that buffers end with room for three more elements.
const PADDING: usize = 4;

impl Machine {
    /// Prepares a program; its leaves hold their first contents.
    pub fn new(program: Arc<Program>) -> Self {
        let mut scratch = Scratch {
            registers: Registers::default(),
            accumulator: Vec::new(),
            partial: Vec::new(),
            gemm: gemm::Scratch::default(),
        };
        let routines = program
            .routines
            .iter()
            .map(|routine| routine.kernels.iter().map(|kernel| prepare(kernel, &mut scratch)).collect())
            .collect();
        let memory = program.buffers.iter().map(|buffer| vec![0.0; buffer.elements + PADDING]).collect();
        let mut machine = Machine { program, memory, routines, scratch };
        for leaf in 0..machine.program.leaves.len() {
            let initial = machine.program.leaves[leaf].initial.clone();
            machine.write(leaf, &initial);
        }
        machine
    }

    /// The program that runs here.
    pub fn program(&self) -> &Arc<Program> {
        &self.program
    }

    /// Runs a routine once.
    pub fn run(&mut self, routine: usize) {
        let Machine { memory, routines, scratch, .. } = self;
        for step in &routines[routine] {
            step.run(memory, scratch);
        }
        #[cfg(debug_assertions)]
        self.check_padding();
    }

    /// Runs a routine once, kernel by kernel, and returns the position of the first kernel that wrote an
    /// infinity or NaN. Slower than [`Machine::run`]; it names the culprit after a run has blown up.
    pub fn run_checked(&mut self, routine: usize) -> Option<usize> {
        let Machine { program, memory, routines, scratch } = self;
        let mut culprit = None;
        for (position, (step, kernel)) in routines[routine].iter().zip(&program.routines[routine].kernels).enumerate() {
            step.run(memory, scratch);
            if culprit.is_none() && !wrote_finite(kernel, memory) {
                culprit = Some(position);
            }
        }
        culprit
    }

    /// Runs a routine once and adds the time that each kernel took to `times`, in the unit of the clock `now`.
    fn run_timed(&mut self, routine: usize, now: &dyn Fn() -> f64, times: &mut [f64]) {
        let Machine { memory, routines, scratch, .. } = self;
        let mut before = now();
        for (step, time) in routines[routine].iter().zip(times) {
            step.run(memory, scratch);
            let after = now();
            *time += after - before;
            before = after;
        }
    }

    /// Contents of a leaf.
    pub fn leaf(&self, leaf: usize) -> &[f32] {
        let place = &self.program.leaves[leaf];
        &self.memory[place.buffer][place.offset..][..place.ty.elements()]
    }

    /// Writes a leaf; `values` are row-major, one per element.
    pub fn write(&mut self, leaf: usize, values: &[f32]) {
        let place = &self.program.leaves[leaf];
        self.memory[place.buffer][place.offset..][..place.ty.elements()].copy_from_slice(values);
    }

    /// Writes some elements of a leaf, from row-major position `offset` on.
    pub fn write_at(&mut self, leaf: usize, offset: usize, values: &[f32]) {
        let place = &self.program.leaves[leaf];
        let elements = place.ty.elements();
        self.memory[place.buffer][place.offset..][..elements][offset..][..values.len()].copy_from_slice(values);
    }

    /// An output of the routine that ran last.
    pub fn output(&self, routine: usize, output: usize) -> &[f32] {
        let place = &self.program.routines[routine].outputs[output];
        &self.memory[place.buffer][place.offset..][..place.ty.elements()]
    }

    /// Fills all temporaries with NaN, so that a test sees what is read before it is written.
    pub fn poison(&mut self) {
        for (memory, buffer) in self.memory.iter_mut().zip(&self.program.buffers) {
            if !buffer.kept {
                memory.fill(f32::NAN);
            }
        }
    }

    #[cfg(debug_assertions)]
    fn check_padding(&self) {
        for (memory, buffer) in self.memory.iter().zip(&self.program.buffers) {
            debug_assert_eq!(memory.len(), buffer.elements + PADDING, "a kernel kept a buffer");
        }
    }
}

/// Whether all `f32` elements that a kernel has just written are finite.
fn wrote_finite(kernel: &Kernel, memory: &[Vec<f32>]) -> bool {
    let finite = |values: &[f32]| values.iter().all(|x| x.to_bits() & 0x7F80_0000 != 0x7F80_0000);
    let (shape, stores) = match kernel {
        Kernel::Map(k) => (k.shape.clone(), &k.stores),
        Kernel::Reduce(k) => (k.kept.clone(), &k.stores),
        Kernel::MatMul(k) => ([&k.batch[..], &[k.m(), k.n()]].concat(), &k.stores),
        Kernel::Scatter(k) => return finite(&memory[k.output][..k.outer * k.bins * k.inner]),
        // Only its results: what its steps keep for themselves has been overwritten since.
        Kernel::Scan(k) => {
            let result = |kernel: &&Kernel| matches!(kernel, Kernel::Rows(_));
            return k.body.iter().filter(result).chain(&k.end).all(|kernel| wrote_finite(kernel, memory));
        }
        Kernel::Rows(k) => {
            let row = |part: &RowsPart| finite(&memory[k.target][part.offset..][..k.steps * part.size]);
            return k.parts.iter().all(row);
        }
    };
    let elements = shape.iter().product();
    let targets = Target::all(stores, &shape);
    let mut floats = targets.iter().zip(stores).filter(|(_, store)| store.access.dtype == DType::F32);
    floats.all(|(target, _)| target.all_written(&memory[target.buffer], elements, finite))
}

fn prepare(kernel: &Kernel, scratch: &mut Scratch) -> Step {
    match kernel {
        Kernel::Map(MapKernel { shape, body, stores }) => {
            let code = Code::new(body, registers(stores), shape, &mut scratch.registers);
            Step::Map { code, targets: Target::all(stores, shape), elements: shape.iter().product() }
        }
        Kernel::Reduce(kernel) => Step::Reduce(Reduce::new(kernel, scratch)),
        Kernel::MatMul(kernel) => Step::MatMul(MatMul::new(kernel, scratch)),
        Kernel::Scatter(kernel) => Step::Scatter(kernel.clone()),
        Kernel::Scan(ScanKernel { begin, body, end, times }) => {
            let mut all = |kernels: &[Kernel]| kernels.iter().map(|kernel| prepare(kernel, scratch)).collect();
            Step::Scan { begin: all(begin), body: all(body), end: all(end), times: *times }
        }
        Kernel::Rows(kernel) => Step::Rows(kernel.clone()),
    }
}

fn rows(kernel: &RowsKernel, memory: &mut [Vec<f32>]) {
    let row = kernel.row(memory[kernel.counter][0].to_bits() as usize);
    // Results of a scan are temporary and in no operand's buffer, so theirs can be taken out.
    let mut target = std::mem::take(&mut memory[kernel.target]);
    for &RowsPart { source: (buffer, first), offset, size } in &kernel.parts {
        target[offset + row * size..][..size].copy_from_slice(&memory[buffer][first..][..size]);
    }
    memory[kernel.target] = target;
}

fn scatter(kernel: &ScatterKernel, memory: &mut [Vec<f32>]) {
    let &ScatterKernel { outer, count, bins, inner, .. } = kernel;
    let mut output = std::mem::take(&mut memory[kernel.output]);
    output[..outer * bins * inner].fill(0.0);
    let index = &memory[kernel.index.0][kernel.index.1 as usize..];
    let updates = &memory[kernel.updates.0][kernel.updates.1 as usize..];
    for o in 0..outer {
        for j in 0..count {
            let bin = (index[o * count + j].to_bits() as usize).min(bins.saturating_sub(1));
            let target = &mut output[(o * bins + bin) * inner..][..inner];
            for (sum, update) in target.iter_mut().zip(&updates[(o * count + j) * inner..][..inner]) {
                *sum += update;
            }
        }
    }
    memory[kernel.output] = output;
}
