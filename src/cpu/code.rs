//! Runs a body of scalar code over chunks of its iteration space, in row-major order.

use crate::graph::{DType, Func};
use crate::plan::{Access, Body, Instruction, Store};

/// Elements worked on at a time: small enough that all registers stay in the first-level cache.
pub(crate) const CHUNK: usize = 256;

type Chunk = [f32; CHUNK];

/// The registers of the code that runs, one chunk each.
#[derive(Default)]
pub(crate) struct Registers(Vec<Chunk>);

impl Registers {
    /// Makes room for a body.
    pub(crate) fn reserve(&mut self, code: &Code) {
        if self.0.len() < code.steps.len() {
            self.0.resize(code.steps.len(), [0.0; CHUNK]);
        }
    }
}

/// Where a register's values are while a chunk runs.
#[derive(Clone, Copy, Debug)]
enum Source {
    Register,
    /// Dense memory, read in place: buffer and first element.
    Memory(usize, usize),
    /// The values handed to the epilogue.
    Accumulator,
}

/// Walks memory with a stride per axis.
#[derive(Clone, Debug)]
struct Walk {
    offset: i64,
    strides: Vec<i64>,
}

/// How a register gets its values.
#[derive(Clone, Debug)]
enum Step {
    /// Nothing to do: the source is read in place.
    InPlace,
    /// The same bits everywhere.
    Constant(f32),
    /// One element everywhere.
    Splat { buffer: usize, element: usize },
    /// Elements at a stride per axis.
    Strided { buffer: usize, walk: Walk },
    /// Elements at computed positions.
    Gather { buffer: usize, walk: Walk, index: usize, stride: i64, last: u32 },
    /// The running index.
    Index(Walk),
    /// A scalar function.
    Apply { lanes: fn(&mut [f32], [&[f32]; 4]), arguments: [usize; 4], count: usize },
}

/// A dense destination: buffer, first element, register.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    pub buffer: usize,
    pub offset: usize,
    pub register: usize,
}

impl Target {
    /// Destinations of a kernel's stores, which are dense by construction.
    pub(crate) fn all(stores: &[Store]) -> Vec<Target> {
        let one = |store: &Store| Target {
            buffer: store.access.buffer,
            offset: store.access.offset as usize,
            register: store.register,
        };
        stores.iter().map(one).collect()
    }
}

/// A prepared body.
#[derive(Debug)]
pub(crate) struct Code {
    shape: Vec<usize>,
    steps: Vec<Step>,
    sources: Vec<Source>,
}

fn is_dense(access: &Access, shape: &[usize]) -> bool {
    let mut step = 1;
    shape.iter().zip(&access.strides).rev().all(|(&extent, &stride)| {
        let fits = stride == step || extent == 1;
        step *= extent as i64;
        fits
    })
}

impl Code {
    /// Prepares `body` for the iteration space `shape`.
    pub(crate) fn new(body: &Body, shape: &[usize]) -> Self {
        let mut steps = Vec::with_capacity(body.instructions.len());
        let mut sources = Vec::with_capacity(body.instructions.len());
        for instruction in &body.instructions {
            let mut source = Source::Register;
            steps.push(match instruction {
                Instruction::Load(access) if access.strides.iter().all(|&stride| stride == 0) => {
                    Step::Splat { buffer: access.buffer, element: access.offset as usize }
                }
                Instruction::Load(access) if is_dense(access, shape) => {
                    source = Source::Memory(access.buffer, access.offset as usize);
                    Step::InPlace
                }
                Instruction::Load(access) => Step::Strided { buffer: access.buffer, walk: walk(access) },
                Instruction::Gather { base, index, stride, bound } => Step::Gather {
                    buffer: base.buffer,
                    walk: walk(base),
                    index: *index,
                    stride: *stride,
                    last: bound - 1,
                },
                Instruction::Constant(bits, _) => Step::Constant(f32::from_bits(*bits)),
                Instruction::Index { offset, strides } => {
                    Step::Index(Walk { offset: *offset, strides: strides.clone() })
                }
                Instruction::Apply(func, registers) => apply(*func, registers),
                Instruction::Accumulator => {
                    source = Source::Accumulator;
                    Step::InPlace
                }
            });
            sources.push(source);
        }
        Code { shape: shape.to_vec(), steps, sources }
    }

    /// Number of loads that read memory in place; a guide to the better order of a reduction.
    pub(crate) fn dense_loads(&self) -> usize {
        self.sources.iter().filter(|source| matches!(source, Source::Memory(..))).count()
    }

    /// Runs all `elements` points and stores the targets. `accumulator` has whole lanes.
    pub(crate) fn run_all(
        &self,
        elements: usize,
        targets: &[Target],
        accumulator: &[f32],
        memory: &mut [Vec<f32>],
        registers: &mut Registers,
    ) {
        let mut start = 0;
        while start < elements {
            let count = CHUNK.min(elements - start);
            self.run(start, count, accumulator, memory, registers);
            // Everything is read before anything is written, as targets may also be operands.
            for target in targets {
                if let Source::Memory(buffer, offset) = self.sources[target.register] {
                    registers.0[target.register][..count].copy_from_slice(&memory[buffer][offset + start..][..count]);
                }
            }
            for target in targets {
                let values = match self.sources[target.register] {
                    Source::Accumulator => &accumulator[start..][..count],
                    _ => &registers.0[target.register][..count],
                };
                memory[target.buffer][target.offset + start..][..count].copy_from_slice(values);
            }
            start += count;
        }
    }

    /// Computes all registers for `count` points (at most a chunk) from flat position `start` on.
    pub(crate) fn run(
        &self,
        start: usize,
        count: usize,
        accumulator: &[f32],
        memory: &[Vec<f32>],
        registers: &mut Registers,
    ) {
        let lanes_count = count.next_multiple_of(4);
        for (register, step) in self.steps.iter().enumerate() {
            let (before, rest) = registers.0.split_at_mut(register);
            let target = &mut rest[0][..lanes_count];
            let read = |source: usize| -> &[f32] {
                match self.sources[source] {
                    Source::Register => &before[source][..lanes_count],
                    Source::Memory(buffer, offset) => &memory[buffer][offset + start..][..lanes_count],
                    Source::Accumulator => &accumulator[start..][..lanes_count],
                }
            };
            match step {
                Step::InPlace => {}
                Step::Constant(value) => {
                    if start == 0 {
                        rest[0].fill(*value);
                    }
                }
                Step::Splat { buffer, element } => target.fill(memory[*buffer][*element]),
                Step::Strided { buffer, walk } => {
                    let memory = &memory[*buffer];
                    for_each_run(&self.shape, walk, start, count, |at, length, first, stride| {
                        copy_run(&mut target[at..at + length], memory, first, stride);
                    });
                }
                Step::Gather { buffer, walk, index, stride, last } => {
                    let (memory, index) = (&memory[*buffer], read(*index));
                    for_each_run(&self.shape, walk, start, count, |at, length, first, step| {
                        for i in 0..length {
                            let row = index[at + i].to_bits().min(*last) as i64;
                            target[at + i] = memory[(first + step * i as i64 + row * stride) as usize];
                        }
                    });
                }
                Step::Index(walk) => {
                    for_each_run(&self.shape, walk, start, count, |at, length, first, stride| {
                        for i in 0..length {
                            target[at + i] = f32::from_bits((first + stride * i as i64) as u32);
                        }
                    });
                }
                Step::Apply { lanes, arguments, count } => {
                    let mut operands: [&[f32]; 4] = [&[]; 4];
                    for (operand, &argument) in operands.iter_mut().zip(arguments).take(*count) {
                        *operand = read(argument);
                    }
                    lanes(target, operands);
                }
            }
        }
    }

    /// The values of a register after [`Code::run`].
    pub(crate) fn values<'a>(
        &self,
        register: usize,
        start: usize,
        count: usize,
        memory: &'a [Vec<f32>],
        registers: &'a Registers,
    ) -> &'a [f32] {
        match self.sources[register] {
            Source::Memory(buffer, offset) => &memory[buffer][offset + start..][..count],
            _ => &registers.0[register][..count],
        }
    }
}

fn walk(access: &Access) -> Walk {
    Walk { offset: access.offset, strides: access.strides.clone() }
}

fn apply(func: Func, registers: &[usize]) -> Step {
    let mut arguments = [0; 4];
    arguments[..registers.len()].copy_from_slice(registers);
    debug_assert!(func.row().arguments.iter().all(|t| matches!(t, DType::F32 | DType::U32)));
    Step::Apply { lanes: func.row().lanes, arguments, count: registers.len() }
}

#[inline(always)]
fn copy_run(target: &mut [f32], memory: &[f32], first: i64, stride: i64) {
    match stride {
        0 => target.fill(memory[first as usize]),
        1 => target.copy_from_slice(&memory[first as usize..][..target.len()]),
        _ => {
            let mut position = first;
            for value in target {
                *value = memory[position as usize];
                position += stride;
            }
        }
    }
}

/// Splits flat positions `start..start + count` of `shape` into runs along the last axis and calls
/// `visit(position within the chunk, length, first element, stride)` for each.
#[inline(always)]
fn for_each_run(
    shape: &[usize],
    walk: &Walk,
    start: usize,
    count: usize,
    mut visit: impl FnMut(usize, usize, i64, i64),
) {
    let Some(last) = shape.len().checked_sub(1) else {
        return visit(0, count, walk.offset, 0);
    };
    // Coordinates on the stack: no lab needs more axes than this, and planning refuses them.
    let mut at = [0usize; MOST_AXES];
    let mut rest = start;
    let mut element = walk.offset;
    for axis in (0..=last).rev() {
        at[axis] = rest % shape[axis];
        rest /= shape[axis];
        element += at[axis] as i64 * walk.strides[axis];
    }
    let mut done = 0;
    loop {
        let length = (shape[last] - at[last]).min(count - done);
        visit(done, length, element, walk.strides[last]);
        done += length;
        if done == count {
            return;
        }
        element -= at[last] as i64 * walk.strides[last];
        at[last] = 0;
        for axis in (0..last).rev() {
            at[axis] += 1;
            element += walk.strides[axis];
            if at[axis] < shape[axis] {
                break;
            }
            element -= walk.strides[axis] * shape[axis] as i64;
            at[axis] = 0;
        }
    }
}

/// Axes of an iteration space, after merging; checked when a program is planned.
pub(crate) const MOST_AXES: usize = 12;
