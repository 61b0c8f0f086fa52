//! Matrix products with batch axes and an epilogue.

use super::Scratch;
use super::code::{Code, Target, Walk, registers};
use super::gemm::{self, gemm};
use crate::plan::{Access, Instruction, MatMulKernel};

/// Elements of a product that wait for their epilogue: half of a first-level cache.
const HOT: usize = 4096;
/// Fewer rows at a time would not pay for the packing of the left operand, nor for that of the right one where every
/// portion of rows packs it again.
const LEAST_ROWS: [usize; 2] = [64, 256];

/// A prepared product.
pub(crate) struct MatMul {
    batch: Vec<usize>,
    /// Rows computed at a time.
    rows: usize,
    /// Products computed before their epilogue runs, where all rows are computed at a time.
    together: usize,
    m: usize,
    n: usize,
    k: usize,
    a: Matrix,
    b: Matrix,
    epilogue: Code,
    targets: Vec<Target>,
    /// The product is stored as it is and not among the operands, so it is computed in place.
    direct: Option<(usize, usize)>,
}

/// An operand in memory.
struct Matrix {
    buffer: usize,
    offset: i64,
    /// Elements to move along each batch axis.
    batch: Vec<i64>,
    rows: Steps,
    columns: Steps,
}

/// See [`gemm::Steps`].
enum Steps {
    Even(isize),
    Table(Vec<isize>),
}

impl Steps {
    /// Through some axes in row-major order.
    fn new(extents: &[usize], strides: &[i64]) -> Steps {
        let walk = Walk::new(0, strides, extents);
        match walk.even() {
            Some(step) => Steps::Even(step as isize),
            None => Steps::Table((0..extents.iter().product()).map(|at| walk.place(at) as isize).collect()),
        }
    }

    fn steps(&self) -> gemm::Steps<'_> {
        match self {
            Steps::Even(step) => gemm::Steps::Even(*step),
            Steps::Table(places) => gemm::Steps::Table(places),
        }
    }
}

impl Matrix {
    fn new(access: &Access, batch: usize, rows: &[usize], columns: &[usize]) -> Matrix {
        let (of_batch, rest) = access.strides.split_at(batch);
        let (of_rows, of_columns) = rest.split_at(rows.len());
        Matrix {
            buffer: access.buffer,
            offset: access.offset,
            batch: of_batch.to_vec(),
            rows: Steps::new(rows, of_rows),
            columns: Steps::new(columns, of_columns),
        }
    }

    /// The operand at flat position `index` among the batch axes.
    fn operand<'a>(&'a self, memory: &'a [Vec<f32>], batch: &[usize], mut index: usize) -> gemm::Operand<'a> {
        let mut offset = self.offset;
        for (&extent, stride) in batch.iter().zip(&self.batch).rev() {
            offset += (index % extent) as i64 * stride;
            index /= extent;
        }
        let (rows, columns) = (self.rows.steps(), self.columns.steps());
        gemm::Operand { data: &memory[self.buffer], offset: offset as usize, rows, columns }
    }
}

impl MatMul {
    pub(crate) fn new(kernel: &MatMulKernel, scratch: &mut Scratch) -> Self {
        let (m, n, k) = (kernel.m(), kernel.n(), kernel.k());
        let shape = [&kernel.batch[..], &[m, n]].concat();
        let epilogue = Code::new(&kernel.epilogue, registers(&kernel.stores), &shape, &mut scratch.registers);
        let targets = Target::all(&kernel.stores, &shape);
        let direct = match (&kernel.epilogue.instructions[..], &targets[..]) {
            ([Instruction::Accumulator], [only]) if ![kernel.a.buffer, kernel.b.buffer].contains(&only.buffer) => {
                only.dense().map(|first| (only.buffer, first))
            }
            _ => None,
        };
        // With an epilogue, rows are computed a few at a time, so that it finds them in the cache.
        let least = LEAST_ROWS[usize::from(!gemm::stays_packed(n, k))];
        let rows = if direct.is_some() { m } else { (HOT / n.max(1)).max(least).min(m) };
        // Small products wait for one another, as a call of the epilogue costs about what 100 elements do.
        let all = kernel.batch.iter().product();
        let together = if rows == m { (HOT / (m * n).max(1)).clamp(1, all) } else { 1 };
        if direct.is_none() {
            let needed = together * rows * n + 4;
            scratch.accumulator.resize(scratch.accumulator.len().max(needed), 0.0);
        }
        scratch.gemm.reserve(m, n, k);
        let batch = kernel.batch.len();
        MatMul {
            batch: kernel.batch.clone(),
            rows,
            together,
            m,
            n,
            k,
            a: Matrix::new(&kernel.a, batch, &kernel.rows, &kernel.inner),
            b: Matrix::new(&kernel.b, batch, &kernel.inner, &kernel.columns),
            epilogue,
            targets,
            direct,
        }
    }

    pub(crate) fn run(&self, memory: &mut [Vec<f32>], scratch: &mut Scratch) {
        let &MatMul { m, n, k, .. } = self;
        // What is computed in place shares no buffer with an operand, so the buffer can be taken out.
        let mut output = match self.direct {
            Some((buffer, _)) => std::mem::take(&mut memory[buffer]),
            None => std::mem::take(&mut scratch.accumulator),
        };
        let products: usize = self.batch.iter().product();
        let mut waiting = 0;
        for index in 0..products {
            for row in (0..m).step_by(self.rows.max(1)) {
                let rows = self.rows.min(m - row);
                let first = index * m * n + row * n;
                let at = self.direct.map_or(waiting, |(_, offset)| offset + first);
                let target = &mut output[at..][..rows * n];
                let left = self.a.operand(memory, &self.batch, index).from(row, 0);
                let right = self.b.operand(memory, &self.batch, index);
                let packed = row > 0 && gemm::stays_packed(n, k);
                gemm(rows, n, k, left, right, target, n, &mut scratch.gemm, packed);
                waiting += rows * n;
                let more = self.together > 1 && (index + 1) % self.together > 0 && index + 1 < products;
                if self.direct.is_none() && !more {
                    let end = first + rows * n;
                    self.epilogue.run_all(end - waiting..end, &self.targets, &output, memory, &mut scratch.registers);
                    waiting = 0;
                }
            }
        }
        match self.direct {
            Some((buffer, _)) => memory[buffer] = output,
            None => scratch.accumulator = output,
        }
    }
}
