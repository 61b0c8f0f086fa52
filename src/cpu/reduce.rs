//! Reductions. The prologue runs in whichever order reads memory better: kept axes outside (rows) or
//! inside (columns). Sums are taken in fixed partial sums, so they are both exact enough and the same
//! everywhere.

use super::Scratch;
use super::code::{CHUNK, Code, Target};
use super::simd::F32x4;
use crate::ops::reduce::Reduction;
use crate::plan::{Body, Instruction, ReduceKernel};

/// A column's partial sum covers at most this many rows.
const BLOCK: usize = 128;

/// A prepared reduction.
pub(crate) struct Reduce {
    kind: Reduction,
    prologue: Code,
    value: usize,
    kept: usize,
    reduced: usize,
    /// Whether the prologue walks reduced axes outside and kept axes inside.
    columns: bool,
    epilogue: Code,
    targets: Vec<Target>,
}

/// The same body with the first `kept` axes moved behind the others.
fn reduced_first(body: &Body, kept: usize) -> Body {
    let mut body = body.clone();
    for instruction in &mut body.instructions {
        match instruction {
            Instruction::Load(access) | Instruction::Gather { base: access, .. } => access.strides.rotate_left(kept),
            Instruction::Index { strides, .. } => strides.rotate_left(kept),
            _ => {}
        }
    }
    body
}

impl Reduce {
    pub(crate) fn new(kernel: &ReduceKernel, scratch: &mut Scratch) -> Self {
        let rows = Code::new(&kernel.prologue, &[&kernel.kept[..], &kernel.reduced].concat());
        let columns = Code::new(
            &reduced_first(&kernel.prologue, kernel.kept.len()),
            &[&kernel.reduced[..], &kernel.kept].concat(),
        );
        let kept: usize = kernel.kept.iter().product();
        let by_columns = kept > 1 && kernel.kind != Reduction::ArgMax && columns.dense_loads() > rows.dense_loads();
        let prologue = if by_columns { columns } else { rows };
        let epilogue = Code::new(&kernel.epilogue, &kernel.kept);
        scratch.registers.reserve(&prologue);
        scratch.registers.reserve(&epilogue);
        for buffer in [&mut scratch.accumulator, &mut scratch.partial] {
            if buffer.len() < kept + 4 {
                buffer.resize(kept + 4, 0.0);
            }
        }
        Reduce {
            kind: kernel.kind,
            prologue,
            value: kernel.value,
            kept,
            reduced: kernel.reduced.iter().product(),
            columns: by_columns,
            epilogue,
            targets: Target::all(&kernel.stores),
        }
    }

    pub(crate) fn run(&self, memory: &mut [Vec<f32>], scratch: &mut Scratch) {
        let mut accumulator = std::mem::take(&mut scratch.accumulator);
        accumulator[..self.kept].fill(match self.kind {
            Reduction::Sum | Reduction::ArgMax => 0.0,
            Reduction::Max => f32::NEG_INFINITY,
            Reduction::Min => f32::INFINITY,
        });
        if self.columns {
            self.run_columns(memory, scratch, &mut accumulator);
        } else {
            self.run_rows(memory, scratch, &mut accumulator);
        }
        self.epilogue.run_all(self.kept, &self.targets, &accumulator, memory, &mut scratch.registers);
        scratch.accumulator = accumulator;
    }

    fn run_rows(&self, memory: &[Vec<f32>], scratch: &mut Scratch, accumulator: &mut [f32]) {
        let total = self.kept * self.reduced;
        let mut best = f32::NEG_INFINITY;
        let mut start = 0;
        while start < total {
            let count = CHUNK.min(total - start);
            self.prologue.run(start, count, &[], memory, &mut scratch.registers);
            let values = self.prologue.values(self.value, start, count, memory, &scratch.registers);
            let mut done = 0;
            while done < count {
                let (row, column) = ((start + done) / self.reduced, (start + done) % self.reduced);
                let length = (self.reduced - column).min(count - done);
                let segment = &values[done..done + length];
                let slot = &mut accumulator[row];
                match self.kind {
                    Reduction::Sum => *slot += sum(segment),
                    Reduction::Max => *slot = segment.iter().fold(*slot, |a, &b| if b > a { b } else { a }),
                    Reduction::Min => *slot = segment.iter().fold(*slot, |a, &b| if b < a { b } else { a }),
                    Reduction::ArgMax => {
                        if column == 0 {
                            best = f32::NEG_INFINITY;
                        }
                        for (i, &value) in segment.iter().enumerate() {
                            if value > best {
                                best = value;
                                *slot = f32::from_bits((column + i) as u32);
                            }
                        }
                    }
                }
                done += length;
            }
            start += count;
        }
    }

    fn run_columns(&self, memory: &[Vec<f32>], scratch: &mut Scratch, accumulator: &mut [f32]) {
        let total = self.kept * self.reduced;
        let mut partial = std::mem::take(&mut scratch.partial);
        partial[..self.kept].fill(0.0);
        let mut start = 0;
        while start < total {
            let count = CHUNK.min(total - start);
            self.prologue.run(start, count, &[], memory, &mut scratch.registers);
            let values = self.prologue.values(self.value, start, count, memory, &scratch.registers);
            let mut done = 0;
            while done < count {
                let (row, column) = ((start + done) / self.kept, (start + done) % self.kept);
                let length = (self.kept - column).min(count - done);
                let segment = &values[done..done + length];
                match self.kind {
                    Reduction::Sum => zip(&mut partial[column..column + length], segment, |a, b| a + b),
                    Reduction::Max => {
                        zip(&mut accumulator[column..column + length], segment, |a, b| if b > a { b } else { a });
                    }
                    _ => zip(&mut accumulator[column..column + length], segment, |a, b| if b < a { b } else { a }),
                }
                done += length;
                let row_ends = column + length == self.kept;
                if row_ends && self.kind == Reduction::Sum && (row % BLOCK == BLOCK - 1 || row + 1 == self.reduced) {
                    zip(&mut accumulator[..self.kept], &partial[..self.kept], |a, b| a + b);
                    partial[..self.kept].fill(0.0);
                }
            }
            start += count;
        }
        scratch.partial = partial;
    }
}

#[inline(always)]
fn zip(target: &mut [f32], values: &[f32], combine: impl Fn(f32, f32) -> f32) {
    for (a, &b) in target.iter_mut().zip(values) {
        *a = combine(*a, b);
    }
}

/// Sum of at most a chunk, in four lanes and then across.
fn sum(values: &[f32]) -> f32 {
    let whole = values.chunks_exact(4);
    let rest = whole.remainder().iter().fold(0.0, |a, b| a + b);
    let lanes = whole.fold(F32x4::splat(0.0), |total, four| total + F32x4::load(four));
    lanes.sum() + rest
}
