//! Reductions. The prologue runs in whichever order reads memory better: reduced axes innermost (rows)
//! or with the last kept axes inside them (columns). Both combine the elements of one result in the same
//! order: blocks of 256, in each four interleaved sums. So a reduction gives the same bits whatever its
//! layout, and a replicated model the same as one alone; and rounding grows slowly.

use super::Scratch;
use super::code::{CHUNK, Code, Target, registers};
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
            Code::new(
                &reordered(&kernel.prologue, outer, rank),
                [kernel.value].into_iter(),
                &shape,
                &mut scratch.registers,
            )
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
            epilogue: Code::new(&kernel.epilogue, registers(&kernel.stores), &kernel.kept, &mut scratch.registers),
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
                        Reduction::Max => *slot = fold(*slot, segment, larger),
                        Reduction::Min => *slot = fold(*slot, segment, smaller),
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
    let (first, rest) = partial.split_at_mut(columns);
    let (second, rest) = rest.split_at_mut(columns);
    let (third, fourth) = rest.split_at_mut(columns);
    zip(first, third, |a, b| a + b);
    zip(second, fourth, |a, b| a + b);
    zip(first, second, |a, b| a + b);
    zip(results, first, |a, b| a + b);
    clear(partial);
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

/// The larger, with +0 above −0, so that the order of comparisons does not show. `a` is a number.
#[inline(always)]
fn larger(a: F32x4, b: F32x4) -> F32x4 {
    a.eq(b).select((a.to_bits() & b.to_bits()).to_f32_bits(), b.max(a))
}

/// The smaller, with −0 below +0. `a` is a number.
#[inline(always)]
fn smaller(a: F32x4, b: F32x4) -> F32x4 {
    a.eq(b).select((a.to_bits() | b.to_bits()).to_f32_bits(), b.min(a))
}

/// Combines `start` and all values, in any order.
#[inline(always)]
fn fold(start: f32, values: &[f32], combine: impl Fn(F32x4, F32x4) -> F32x4) -> f32 {
    let (fours, rest) = values.as_chunks::<4>();
    let mut all = F32x4::splat(start);
    for four in fours {
        all = combine(all, F32x4::from_array(*four));
    }
    if !rest.is_empty() {
        let mut last = [start; 4];
        last.iter_mut().zip(rest).for_each(|(slot, &value)| *slot = value);
        all = combine(all, F32x4::from_array(last));
    }
    let [a, b, c, d] = all.to_array();
    let all = combine(F32x4::from_array([a, b, a, b]), F32x4::from_array([c, d, c, d]));
    let [a, b, ..] = all.to_array();
    combine(F32x4::splat(a), F32x4::splat(b)).to_array()[0]
}

/// `target = combine(target, values)`. Loops over lanes, because the optimiser of a small engine makes none of its own.
#[inline(always)]
fn zip(target: &mut [f32], values: &[f32], combine: impl Fn(F32x4, F32x4) -> F32x4) {
    let (fours, rest) = target.as_chunks_mut::<4>();
    let (others, rest_of_others) = values.as_chunks::<4>();
    for (four, other) in fours.iter_mut().zip(others) {
        *four = combine(F32x4::from_array(*four), F32x4::from_array(*other)).to_array();
    }
    for (slot, &value) in rest.iter_mut().zip(rest_of_others) {
        *slot = combine(F32x4::splat(*slot), F32x4::splat(value)).to_array()[0];
    }
}

/// Sets all to zero; a loop, as a call takes longer for a few elements.
#[inline(always)]
fn clear(target: &mut [f32]) {
    let (fours, rest) = target.as_chunks_mut::<4>();
    fours.iter_mut().for_each(|four| *four = [0.0; 4]);
    rest.iter_mut().for_each(|slot| *slot = 0.0);
}
