//! Runs a body of scalar code over chunks of its iteration space, in row-major order.

use crate::graph::{DType, Func, Joined};
use crate::plan::{Body, Instruction, MOST_AXES, Store};
use std::ops::Range;

/// Elements worked on at a time: small enough that all registers stay in the first-level cache.
pub(crate) const CHUNK: usize = 256;

type Chunk = [f32; CHUNK];

/// The registers of the code that runs, one chunk each, and the constants of all code of a machine:
/// filled once, as many kernels use the same few.
#[derive(Default)]
pub(crate) struct Registers {
    chunks: Vec<Chunk>,
    constants: Vec<Chunk>,
}

impl Registers {
    fn reserve(&mut self, count: usize) {
        if self.chunks.len() < count {
            self.chunks.resize(count, [0.0; CHUNK]);
        }
    }

    fn constant(&mut self, bits: u32) -> usize {
        self.constants.iter().position(|chunk| chunk[0].to_bits() == bits).unwrap_or_else(|| {
            self.constants.push([f32::from_bits(bits); CHUNK]);
            self.constants.len() - 1
        })
    }
}

/// Where a register's values are while a chunk runs.
#[derive(Clone, Copy, Debug)]
enum Source {
    Register,
    /// The same bits everywhere: position among the constants.
    Constant(usize),
    /// Dense memory, read in place: buffer and first element.
    Memory(usize, usize),
    /// The values handed to the epilogue.
    Accumulator,
}

/// Walks memory with a stride per axis. Axes of its own, because one access may merge axes (or lack
/// them) where another of the same kernel does not.
#[derive(Clone, Debug)]
pub(crate) struct Walk {
    offset: i64,
    shape: Vec<usize>,
    strides: Vec<i64>,
}

impl Walk {
    pub(crate) fn new(offset: i64, strides: &[i64], shape: &[usize]) -> Self {
        let mut walk = Walk { offset, shape: Vec::new(), strides: Vec::new() };
        // Innermost axis first, turned round at the end.
        for (&extent, &stride) in shape.iter().zip(strides).rev().filter(|(extent, _)| **extent != 1) {
            match (walk.shape.last_mut(), walk.strides.last()) {
                (Some(inner), Some(&step)) if stride == step * *inner as i64 => *inner *= extent,
                _ => {
                    walk.shape.push(extent);
                    walk.strides.push(stride);
                }
            }
        }
        walk.shape.reverse();
        walk.strides.reverse();
        assert!(walk.shape.len() <= MOST_AXES, "planning refuses more axes");
        walk
    }

    /// The distance from each point to the next, where it is the same everywhere.
    pub(crate) fn even(&self) -> Option<i64> {
        match self.strides[..] {
            [] => Some(0),
            [stride] => Some(stride),
            _ => None,
        }
    }

    /// The element at a flat position; for where there is time, as others walk.
    pub(crate) fn place(&self, mut position: usize) -> i64 {
        let mut place = self.offset;
        for (&extent, stride) in self.shape.iter().zip(&self.strides).rev() {
            place += (position % extent) as i64 * stride;
            position /= extent;
        }
        place
    }
}

/// How a register gets its values.
#[derive(Clone, Debug)]
enum Step {
    /// Nothing to do: the source is read in place.
    InPlace,
    /// One element everywhere.
    Splat { buffer: usize, element: usize },
    /// A line of elements over and over: a row broadcast over rows.
    Repeat { buffer: usize, offset: usize, length: usize },
    /// Each of a line of elements `times` in succession: a column broadcast over columns.
    Stretch { buffer: usize, offset: i64, stride: i64, times: usize },
    /// Elements at a stride per axis.
    Strided { buffer: usize, walk: Walk },
    /// Elements at computed positions.
    Gather { buffer: usize, walk: Walk, index: usize, stride: i64, last: u32 },
    /// The running index.
    Index(Walk),
    /// A scalar function.
    Apply { lanes: fn(&mut [f32], [&[f32]; 4]), arguments: [usize; 4], count: usize },
}

/// The cheapest way to read along `walk`.
fn load(buffer: usize, walk: Walk) -> (Step, Source) {
    let first = walk.offset as usize;
    match (&walk.shape[..], &walk.strides[..]) {
        ([], []) | ([_], [0]) => (Step::Splat { buffer, element: first }, Source::Register),
        ([_], [1]) => (Step::InPlace, Source::Memory(buffer, first)),
        (&[_, length], [0, 1]) => (Step::Repeat { buffer, offset: first, length }, Source::Register),
        (&[_, times], &[stride, 0]) => (Step::Stretch { buffer, offset: walk.offset, stride, times }, Source::Register),
        _ => (Step::Strided { buffer, walk }, Source::Register),
    }
}

/// A destination.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub buffer: usize,
    pub register: usize,
    pub place: TargetPlace,
}

/// Where values go.
#[derive(Clone, Debug)]
pub(crate) enum TargetPlace {
    /// One after the other, from an element on.
    Dense(usize),
    /// Lines, as the parts of a join have, and what is padded.
    Lines(Walk),
}

impl Target {
    /// Destinations of the stores of a kernel with the iteration space `shape`.
    pub(crate) fn all(stores: &[Store], shape: &[usize]) -> Vec<Target> {
        let one = |store: &Store| {
            let walk = Walk::new(store.access.offset, &store.access.strides, shape);
            let place = match (&walk.shape[..], &walk.strides[..]) {
                ([], _) | ([_], [1]) => TargetPlace::Dense(store.access.offset as usize),
                _ => TargetPlace::Lines(walk),
            };
            Target { buffer: store.access.buffer, register: store.register, place }
        };
        stores.iter().map(one).collect()
    }

    /// The first element, if values lie densely.
    pub(crate) fn dense(&self) -> Option<usize> {
        match self.place {
            TargetPlace::Dense(first) => Some(first),
            TargetPlace::Lines(_) => None,
        }
    }

    /// Writes the values from flat position `start` on.
    #[inline(always)]
    fn write(&self, memory: &mut [f32], start: usize, values: &[f32]) {
        match &self.place {
            TargetPlace::Dense(first) => memory[first + start..][..values.len()].copy_from_slice(values),
            TargetPlace::Lines(walk) => write_lines(walk, memory, start, values),
        }
    }

    /// Whether `test` holds of all `elements` values that were written.
    pub(crate) fn all_written(&self, memory: &[f32], elements: usize, test: impl Fn(&[f32]) -> bool) -> bool {
        match &self.place {
            TargetPlace::Dense(first) => test(&memory[*first..][..elements]),
            TargetPlace::Lines(walk) => (0..elements).all(|at| test(&memory[walk.place(at) as usize..][..1])),
        }
    }
}

#[inline(never)]
fn write_lines(walk: &Walk, memory: &mut [f32], start: usize, values: &[f32]) {
    for_each_run(walk, start, values.len(), |at, length, first, stride| {
        let values = &values[at..at + length];
        if stride == 1 {
            return copy(&mut memory[first as usize..][..length], values);
        }
        let mut position = first;
        for &value in values {
            memory[position as usize] = value;
            position += stride;
        }
    });
}

/// The registers that are stored.
pub(crate) fn registers(stores: &[Store]) -> impl Iterator<Item = usize> {
    stores.iter().map(|store| store.register)
}

/// A prepared body.
#[derive(Debug)]
pub(crate) struct Code {
    steps: Vec<Step>,
    sources: Vec<Source>,
}

impl Code {
    /// Prepares `body` for the iteration space `shape`; `results` are the registers that are read when it has run.
    pub(crate) fn new(
        body: &Body,
        results: impl Iterator<Item = usize>,
        shape: &[usize],
        registers: &mut Registers,
    ) -> Self {
        let mut code = Code { steps: Vec::new(), sources: Vec::new() };
        for instruction in &body.instructions {
            let (step, source) = match instruction {
                Instruction::Load(access) => load(access.buffer, Walk::new(access.offset, &access.strides, shape)),
                Instruction::Gather { base, index, stride, bound } => {
                    let walk = Walk::new(base.offset, &base.strides, shape);
                    let last = bound - 1;
                    (Step::Gather { buffer: base.buffer, walk, index: *index, stride: *stride, last }, Source::Register)
                }
                Instruction::Constant(bits, _) => (Step::InPlace, Source::Constant(registers.constant(*bits))),
                Instruction::Index { offset, strides } => {
                    (Step::Index(Walk::new(*offset, strides, shape)), Source::Register)
                }
                Instruction::Apply(func, arguments) => (apply(*func, arguments), Source::Register),
                Instruction::Accumulator => (Step::InPlace, Source::Accumulator),
            };
            code.steps.push(step);
            code.sources.push(source);
        }
        registers.reserve(code.steps.len());
        code.join_products(body, results);
        code
    }

    /// Computes a product that only one sum or difference takes together with that: one pass over a chunk instead of
    /// two, with the same roundings.
    fn join_products(&mut self, body: &Body, results: impl Iterator<Item = usize>) {
        let mut uses = vec![0; body.instructions.len()];
        results.for_each(|register| uses[register] += 1);
        for instruction in &body.instructions {
            match instruction {
                Instruction::Apply(_, arguments) => arguments.iter().for_each(|&argument| uses[argument] += 1),
                Instruction::Gather { index, .. } => uses[*index] += 1,
                _ => {}
            }
        }
        let product = |register: usize| match &body.instructions[register] {
            Instruction::Apply(Func::Mul, factors) if uses[register] == 1 => Some([factors[0], factors[1]]),
            _ => None,
        };
        for (register, instruction) in body.instructions.iter().enumerate() {
            let Instruction::Apply(func @ (Func::Add | Func::Sub), arguments) = instruction else { continue };
            let (one, other) = (arguments[0], arguments[1]);
            let (joined, arguments) = match (product(one), product(other)) {
                (Some([a, b]), Some([c, d])) => (Joined::TwoProducts, [a, b, c, d]),
                (Some([a, b]), None) => (Joined::ProductFirst, [a, b, other, 0]),
                (None, Some([a, b])) => (Joined::ProductSecond, [a, b, one, 0]),
                (None, None) => continue,
            };
            for argument in [one, other].into_iter().filter(|&argument| product(argument).is_some()) {
                self.steps[argument] = Step::InPlace;
            }
            let count = if joined == Joined::TwoProducts { 4 } else { 3 };
            self.steps[register] = Step::Apply { lanes: joined.lanes(*func == Func::Sub), arguments, count };
        }
    }

    /// Number of loads that go element by element; a guide to the better order of a reduction.
    pub(crate) fn scattered_loads(&self) -> usize {
        self.steps.iter().filter(|step| matches!(step, Step::Strided { .. })).count()
    }

    /// Runs the points of `range` and stores the targets. `accumulator` begins at the first of them and
    /// has whole lanes.
    pub(crate) fn run_all(
        &self,
        range: Range<usize>,
        targets: &[Target],
        accumulator: &[f32],
        memory: &mut [Vec<f32>],
        registers: &mut Registers,
    ) {
        let mut start = range.start;
        while start < range.end {
            let count = CHUNK.min(range.end - start);
            let accumulator = accumulator.get(start - range.start..).unwrap_or_default();
            self.run(start, count, start == range.start, accumulator, memory, registers);
            // Everything is read before anything is written, as targets may also be operands.
            for target in targets {
                if let Source::Memory(buffer, offset) = self.sources[target.register] {
                    registers.chunks[target.register][..count]
                        .copy_from_slice(&memory[buffer][offset + start..][..count]);
                }
            }
            for target in targets {
                let values = match self.sources[target.register] {
                    Source::Accumulator => &accumulator[..count],
                    Source::Constant(constant) => &registers.constants[constant][..count],
                    _ => &registers.chunks[target.register][..count],
                };
                target.write(&mut memory[target.buffer], start, values);
            }
            start += count;
        }
    }

    /// Computes all registers for `count` points (at most a chunk) from flat position `start` on.
    /// `fresh`: the registers hold nothing of this code yet; later calls may not have larger counts.
    pub(crate) fn run(
        &self,
        start: usize,
        count: usize,
        fresh: bool,
        accumulator: &[f32],
        memory: &[Vec<f32>],
        registers: &mut Registers,
    ) {
        let lanes_count = count.next_multiple_of(4);
        let Registers { chunks, constants } = registers;
        for (register, step) in self.steps.iter().enumerate() {
            let (before, rest) = chunks.split_at_mut(register);
            let target = &mut rest[0][..lanes_count];
            macro_rules! read {
                ($source:expr) => {
                    match self.sources[$source] {
                        Source::Register => &before[$source][..lanes_count],
                        Source::Constant(constant) => &constants[constant][..lanes_count],
                        Source::Memory(buffer, offset) => &memory[buffer][offset + start..][..lanes_count],
                        Source::Accumulator => &accumulator[..lanes_count],
                    }
                };
            }
            match step {
                Step::InPlace => {}
                Step::Splat { buffer, element } => {
                    if fresh {
                        target.fill(memory[*buffer][*element]);
                    }
                }
                Step::Repeat { buffer, offset, length } => {
                    repeat(&mut target[..count], &memory[*buffer][*offset..][..*length], start % length);
                }
                Step::Stretch { buffer, offset, stride, times } => {
                    let memory = &memory[*buffer];
                    let mut element = offset + stride * (start / times) as i64;
                    let (mut at, mut run) = (0, times - start % times);
                    while at < count {
                        let value = memory[element as usize];
                        let end = (at + run).min(count);
                        fill(&mut target[at..end], value);
                        (at, run) = (end, *times);
                        element += stride;
                    }
                }
                Step::Strided { buffer, walk } => {
                    let memory = &memory[*buffer];
                    for_each_run(walk, start, count, |at, length, first, stride| {
                        copy_run(&mut target[at..at + length], memory, first, stride);
                    });
                }
                Step::Gather { buffer, walk, index, stride, last } => {
                    let (memory, index) = (&memory[*buffer], read!(*index));
                    for_each_run(walk, start, count, |at, length, first, step| {
                        for i in 0..length {
                            let row = index[at + i].to_bits().min(*last) as i64;
                            target[at + i] = memory[(first + step * i as i64 + row * stride) as usize];
                        }
                    });
                }
                Step::Index(walk) => {
                    for_each_run(walk, start, count, |at, length, first, stride| {
                        for i in 0..length {
                            target[at + i] = f32::from_bits((first + stride * i as i64) as u32);
                        }
                    });
                }
                Step::Apply { lanes, arguments, count } => {
                    let mut operands: [&[f32]; 4] = [&[]; 4];
                    for i in 0..*count {
                        operands[i] = read!(arguments[i]);
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
            Source::Constant(constant) => &registers.constants[constant][..count],
            _ => &registers.chunks[register][..count],
        }
    }
}

/// Fills `target` with `line` over and over, from element `phase` of it on: one period, then copies of
/// what is there, each as long as all before.
#[inline(always)]
fn repeat(target: &mut [f32], line: &[f32], phase: usize) {
    let count = target.len();
    let head = (line.len() - phase).min(count);
    target[..head].copy_from_slice(&line[phase..phase + head]);
    let mut done = head + phase.min(count - head);
    target[head..done].copy_from_slice(&line[..done - head]);
    while done < count {
        let more = done.min(count - done);
        target.copy_within(..more, done);
        done += more;
    }
}

fn apply(func: Func, registers: &[usize]) -> Step {
    let mut arguments = [0; 4];
    arguments[..registers.len()].copy_from_slice(registers);
    debug_assert!(func.row().arguments.iter().all(|t| matches!(t, DType::F32 | DType::U32)));
    Step::Apply { lanes: func.row().lanes, arguments, count: registers.len() }
}

/// Runs of fewer elements are copied in a loop, because a call takes longer.
const SHORT: usize = 64;

#[inline(always)]
fn copy_run(target: &mut [f32], memory: &[f32], first: i64, stride: i64) {
    match stride {
        0 => fill(target, memory[first as usize]),
        1 => copy(target, &memory[first as usize..][..target.len()]),
        _ => {
            let mut position = first;
            for value in target {
                *value = memory[position as usize];
                position += stride;
            }
        }
    }
}

#[inline(always)]
fn copy(target: &mut [f32], source: &[f32]) {
    if target.len() > SHORT {
        return target.copy_from_slice(source);
    }
    let (fours, rest) = target.as_chunks_mut::<4>();
    let (from, rest_of_source) = source.as_chunks::<4>();
    for (to, four) in fours.iter_mut().zip(from) {
        *to = *four;
    }
    for (to, &one) in rest.iter_mut().zip(rest_of_source) {
        *to = one;
    }
}

#[inline(always)]
fn fill(target: &mut [f32], value: f32) {
    if target.len() > SHORT {
        return target.fill(value);
    }
    let (fours, rest) = target.as_chunks_mut::<4>();
    for to in fours {
        *to = [value; 4];
    }
    for to in rest {
        *to = value;
    }
}

/// Splits flat positions `start..start + count` of the walk into runs along the last axis and calls
/// `visit(position within the chunk, length, first element, stride)` for each.
#[inline(always)]
fn for_each_run(walk: &Walk, start: usize, count: usize, mut visit: impl FnMut(usize, usize, i64, i64)) {
    let Walk { shape, strides, .. } = walk;
    let Some(last) = shape.len().checked_sub(1) else {
        return visit(0, count, walk.offset, 0);
    };
    // Coordinates on the stack; planning refuses more axes.
    let mut at = [0usize; MOST_AXES];
    let mut rest = start;
    let mut element = walk.offset;
    for axis in (0..=last).rev() {
        if rest == 0 {
            break; // mostly, as small kernels have one chunk
        }
        at[axis] = rest % shape[axis];
        rest /= shape[axis];
        element += at[axis] as i64 * strides[axis];
    }
    let mut done = 0;
    loop {
        let length = (shape[last] - at[last]).min(count - done);
        visit(done, length, element, strides[last]);
        done += length;
        if done == count {
            return;
        }
        element -= at[last] as i64 * strides[last];
        at[last] = 0;
        for ((at, &extent), &stride) in at[..last].iter_mut().zip(&shape[..last]).zip(&strides[..last]).rev() {
            *at += 1;
            element += stride;
            if *at < extent {
                break;
            }
            element -= stride * extent as i64;
            *at = 0;
        }
    }
}
