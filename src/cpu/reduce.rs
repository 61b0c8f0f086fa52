//! Reductions. The prologue runs in whichever order reads memory better: reduced axes innermost (rows)
//! or with the last kept axes inside them (columns). Both combine the elements of one result in the same
//! order: blocks of 256, in each four interleaved sums. So a reduction gives the same bits whatever its
//! layout, and a replicated model the same as one alone; and rounding grows slowly.

use super::Scratch;
use super::code::{CHUNK, Code, Target};
use super::simd::F32x4;
use crate::ops::reduce::Reduction;
use crate::plan::{Body, Instruction, ReduceKernel};

/// Elements that are summed before their sum joins the total.
const BLOCK: usize = CHUNK;

/// A prepared reduction.
pub(crate) struct Reduce {
    kind: Reduction,
    prologue: Code,
    value: usize,
    kept: usize,
    reduced: usize,
    /// Kept points inside the reduced axes in the order of the prologue; 1 means rows.
    columns: usize,
    epilogue: Code,
    targets: Vec<Target>,
}

/// The same body with the kept axes from `outer` on moved behind the reduced ones.
fn reordered(body: &Body, outer: usize, kept: usize) -> Body {
    let mut body = body.clone();
    for instruction in &mut body.instructions {
        match instruction {
            Instruction::Load(access) | Instruction::Gather { base: access, .. } => {
                access.strides[outer..].rotate_left(kept - outer);
            }
            Instruction::Index { strides, .. } => strides[outer..].rotate_left(kept - outer),
            _ => {}
        }
    }
    body
}

impl Reduce {
    pub(crate) fn new(kernel: &ReduceKernel, scratch: &mut Scratch) -> Self {
        let rank = kernel.kept.len();
        let mut order = |outer: usize| {
            let shape = [&kernel.kept[..outer], &kernel.reduced, &kernel.kept[outer..]].concat();
            Code::new(&reordered(&kernel.prologue, outer, rank), &shape, &mut scratch.registers)
        };
        let (mut split, mut prologue) = (rank, order(rank));
        // The position of a maximum is only kept by rows.
        if kernel.kind != Reduction::ArgMax {
            for outer in (0..rank).rev() {
                let candidate = order(outer);
                if candidate.scattered_loads() < prologue.scattered_loads() {
                    (split, prologue) = (outer, candidate);
                }
            }
        }
        let kept: usize = kernel.kept.iter().product();
        let columns: usize = kernel.kept[split..].iter().product();
        let grow = |buffer: &mut Vec<f32>, size: usize| buffer.resize(buffer.len().max(size), 0.0);
        grow(&mut scratch.accumulator, kept + 4);
        grow(&mut scratch.partial, 4 * columns);
        Reduce {
            kind: kernel.kind,
            prologue,
            value: kernel.value,
            kept,
            reduced: kernel.reduced.iter().product(),
            columns,
            epilogue: Code::new(&kernel.epilogue, &kernel.kept, &mut scratch.registers),
            targets: Target::all(&kernel.stores, &kernel.kept),
        }
    }

    pub(crate) fn run(&self, memory: &mut [Vec<f32>], scratch: &mut Scratch) {
        let mut accumulator = std::mem::take(&mut scratch.accumulator);
        accumulator[..self.kept].fill(match self.kind {
            Reduction::Sum | Reduction::ArgMax => 0.0,
            Reduction::Max => f32::NEG_INFINITY,
            Reduction::Min => f32::INFINITY,
        });
        if self.columns == 1 {
            self.run_rows(memory, scratch, &mut accumulator);
        } else {
            self.run_columns(memory, scratch, &mut accumulator);
        }
        self.epilogue.run_all(0..self.kept, &self.targets, &accumulator, memory, &mut scratch.registers);
        scratch.accumulator = accumulator;
    }

    /// Chunks never straddle rows at different places, so that all rows are cut alike.
    fn run_rows(&self, memory: &[Vec<f32>], scratch: &mut Scratch, accumulator: &mut [f32]) {
        if self.reduced == 0 {
            return;
        }
        let rows_at_once = (CHUNK / self.reduced).max(1);
        let mut best = f32::NEG_INFINITY;
        let mut first_row = 0;
        while first_row < self.kept {
            let rows = rows_at_once.min(self.kept - first_row);
            let mut column = 0;
            while column < self.reduced {
                let length = CHUNK.min(self.reduced - column);
                let (start, count) = (first_row * self.reduced + column, rows * length);
                let fresh = start == 0;
                self.prologue.run(start, count, fresh, &[], memory, &mut scratch.registers);
                let values = self.prologue.values(self.value, start, count, memory, &scratch.registers);
                for (slot, segment) in accumulator[first_row..].iter_mut().zip(values.chunks_exact(length)) {
                    match self.kind {
                        Reduction::Sum => *slot += sum(segment),
                        Reduction::Max => *slot = segment.iter().fold(*slot, |a, &b| larger(a, b)),
                        Reduction::Min => *slot = segment.iter().fold(*slot, |a, &b| smaller(a, b)),
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
                }
                column += length;
            }
            first_row += rows;
        }
    }

    fn run_columns(&self, memory: &[Vec<f32>], scratch: &mut Scratch, accumulator: &mut [f32]) {
        let columns = self.columns;
        let total = self.kept * self.reduced;
        let mut partial = std::mem::take(&mut scratch.partial);
        partial[..4 * columns].fill(0.0);
        // The present outer point, row (reduced element) and column, advanced piece by piece.
        let (mut outer, mut row, mut column) = (0, 0, 0);
        let mut start = 0;
        while start < total {
            let count = CHUNK.min(total - start);
            self.prologue.run(start, count, start == 0, &[], memory, &mut scratch.registers);
            let values = self.prologue.values(self.value, start, count, memory, &scratch.registers);
            let mut done = 0;
            while done < count {
                let length = (columns - column).min(count - done);
                let segment = &values[done..done + length];
                let results = &mut accumulator[outer * columns..][..columns];
                match self.kind {
                    Reduction::Sum => {
                        let lane = (row % 4) * columns + column;
                        zip(&mut partial[lane..lane + length], segment, |a, b| a + b);
                    }
                    Reduction::Max => zip(&mut results[column..column + length], segment, larger),
                    _ => zip(&mut results[column..column + length], segment, smaller),
                }
                done += length;
                column += length;
                if column < columns {
                    continue;
                }
                column = 0;
                row += 1;
                if self.kind == Reduction::Sum && (row % BLOCK == 0 || row == self.reduced) {
                    join(results, &mut partial[..4 * columns]);
                }
                if row == self.reduced {
                    row = 0;
                    outer += 1;
                }
            }
            start += count;
        }
        scratch.partial = partial;
    }
}

/// Adds the four interleaved sums of a block to the results, as [`sum`] does, and clears them.
fn join(results: &mut [f32], partial: &mut [f32]) {
    let columns = results.len();
    for (column, result) in results.iter_mut().enumerate() {
        let lane = |lane: usize| partial[lane * columns + column];
        *result += (lane(0) + lane(2)) + (lane(1) + lane(3));
    }
    partial.fill(0.0);
}

/// Sum of at most a chunk, in four lanes and then across.
fn sum(values: &[f32]) -> f32 {
    let (fours, rest) = values.as_chunks::<4>();
    let lanes = fours.iter().fold(F32x4::splat(0.0), |total, four| total + F32x4::from_array(*four));
    // Adding 0 to the lanes that are done changes nothing: a sum that began at +0 is never −0.
    let mut last = [0.0; 4];
    last[..rest.len()].copy_from_slice(rest);
    (lanes + F32x4::from_array(last)).sum()
}

/// The larger, with +0 above −0, so that the order of comparisons does not show.
#[inline(always)]
fn larger(a: f32, b: f32) -> f32 {
    if b > a || (b == a && b.is_sign_positive()) { b } else { a }
}

/// The smaller, with −0 below +0.
#[inline(always)]
fn smaller(a: f32, b: f32) -> f32 {
    if b < a || (b == a && b.is_sign_negative()) { b } else { a }
}

#[inline(always)]
fn zip(target: &mut [f32], values: &[f32], combine: impl Fn(f32, f32) -> f32) {
    for (a, &b) in target.iter_mut().zip(values) {
        *a = combine(*a, b);
    }
}
