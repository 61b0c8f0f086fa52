//! Matrix products with batch axes and an epilogue.

use super::Scratch;
use super::code::{Code, Target};
use super::gemm::{Operand, gemm};
use crate::plan::{Access, Instruction, MatMulKernel};

/// Elements of a product that wait for their epilogue: half of a first-level cache.
const HOT: usize = 4096;
/// Fewer rows at a time would not pay for the packing of the right operand.
const LEAST_ROWS: usize = 64;

/// A prepared product.
pub(crate) struct MatMul {
    batch: Vec<usize>,
    /// Rows computed at a time.
    rows: usize,
    m: usize,
    n: usize,
    k: usize,
    a: Access,
    b: Access,
    epilogue: Code,
    targets: Vec<Target>,
    /// The product is stored as it is and not among the operands, so it is computed in place.
    direct: Option<(usize, usize)>,
}

impl MatMul {
    pub(crate) fn new(kernel: &MatMulKernel, scratch: &mut Scratch) -> Self {
        let shape = [&kernel.batch[..], &[kernel.m, kernel.n]].concat();
        let epilogue = Code::new(&kernel.epilogue, &shape, &mut scratch.registers);
        let targets = Target::all(&kernel.stores, &shape);
        let direct = match (&kernel.epilogue.instructions[..], &targets[..]) {
            ([Instruction::Accumulator], [only])
                if only.lines.is_none() && ![kernel.a.buffer, kernel.b.buffer].contains(&only.buffer) =>
            {
                Some((only.buffer, only.offset))
            }
            _ => None,
        };
        // With an epilogue, rows are computed a few at a time, so that it finds them in the cache.
        let rows = if direct.is_some() { kernel.m } else { (HOT / kernel.n.max(1)).max(LEAST_ROWS).min(kernel.m) };
        if direct.is_none() {
            let needed = rows * kernel.n + 4;
            scratch.accumulator.resize(scratch.accumulator.len().max(needed), 0.0);
        }
        scratch.gemm.reserve(kernel.m, kernel.n, kernel.k);
        MatMul {
            batch: kernel.batch.clone(),
            rows,
            m: kernel.m,
            n: kernel.n,
            k: kernel.k,
            a: kernel.a.clone(),
            b: kernel.b.clone(),
            epilogue,
            targets,
            direct,
        }
    }

    pub(crate) fn run(&self, memory: &mut [Vec<f32>], scratch: &mut Scratch) {
        let size = self.m * self.n;
        // What is computed in place shares no buffer with an operand, so the buffer can be taken out.
        let mut output = match self.direct {
            Some((buffer, _)) => std::mem::take(&mut memory[buffer]),
            None => std::mem::take(&mut scratch.accumulator),
        };
        for index in 0..self.batch.iter().product::<usize>() {
            let (a, b) = self.offsets(index);
            for row in (0..self.m).step_by(self.rows.max(1)) {
                let rows = self.rows.min(self.m - row);
                let first = index * size + row * self.n;
                let at = self.direct.map_or(0, |(_, offset)| offset + first);
                let target = &mut output[at..][..rows * self.n];
                let left = a + row as i64 * self.a.strides[self.batch.len()];
                let (left, right) = (operand(memory, &self.a, left), operand(memory, &self.b, b));
                gemm(rows, self.n, self.k, left, right, target, self.n, &mut scratch.gemm);
                if self.direct.is_none() {
                    let range = first..first + rows * self.n;
                    self.epilogue.run_all(range, &self.targets, &output, memory, &mut scratch.registers);
                }
            }
        }
        match self.direct {
            Some((buffer, _)) => memory[buffer] = output,
            None => scratch.accumulator = output,
        }
    }

    /// First elements of the operands at a position among the batch axes.
    fn offsets(&self, mut index: usize) -> (i64, i64) {
        let (mut a, mut b) = (self.a.offset, self.b.offset);
        for axis in (0..self.batch.len()).rev() {
            let at = (index % self.batch[axis]) as i64;
            index /= self.batch[axis];
            a += at * self.a.strides[axis];
            b += at * self.b.strides[axis];
        }
        (a, b)
    }
}

fn operand<'a>(memory: &'a [Vec<f32>], access: &Access, offset: i64) -> Operand<'a> {
    let rank = access.strides.len();
    Operand {
        data: &memory[access.buffer],
        offset: offset as usize,
        row_stride: access.strides[rank - 2] as isize,
        col_stride: access.strides[rank - 1] as isize,
    }
}
