//! Matrix products with batch axes and an epilogue.

use super::Scratch;
use super::code::{Code, Target};
use super::gemm::{Operand, gemm};
use crate::plan::{Access, Instruction, MatMulKernel};

/// A prepared product.
pub(crate) struct MatMul {
    batch: Vec<usize>,
    m: usize,
    n: usize,
    k: usize,
    a: Access,
    b: Access,
    epilogue: Code,
    targets: Vec<Target>,
    /// The product is stored as it is, so it is computed in place.
    direct: Option<(usize, usize)>,
}

impl MatMul {
    pub(crate) fn new(kernel: &MatMulKernel, scratch: &mut Scratch) -> Self {
        let shape = [&kernel.batch[..], &[kernel.m, kernel.n]].concat();
        let epilogue = Code::new(&kernel.epilogue, &shape);
        let targets = Target::all(&kernel.stores);
        let direct = match (&kernel.epilogue.instructions[..], &targets[..]) {
            ([Instruction::Accumulator], [only]) => Some((only.buffer, only.offset)),
            _ => None,
        };
        let elements: usize = shape.iter().product();
        if direct.is_none() && scratch.accumulator.len() < elements + 4 {
            scratch.accumulator.resize(elements + 4, 0.0);
        }
        scratch.registers.reserve(&epilogue);
        scratch.gemm.reserve(kernel.m, kernel.n, kernel.k);
        MatMul {
            batch: kernel.batch.clone(),
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
        match self.direct {
            Some((buffer, offset)) => {
                // Planning never puts a result into the buffer of an operand.
                let mut output = std::mem::take(&mut memory[buffer]);
                self.multiply(memory, &mut output[offset..], scratch);
                memory[buffer] = output;
            }
            None => {
                let mut product = std::mem::take(&mut scratch.accumulator);
                self.multiply(memory, &mut product, scratch);
                let elements = self.batch.iter().product::<usize>() * self.m * self.n;
                self.epilogue.run_all(elements, &self.targets, &product, memory, &mut scratch.registers);
                scratch.accumulator = product;
            }
        }
    }

    fn multiply(&self, memory: &[Vec<f32>], output: &mut [f32], scratch: &mut Scratch) {
        let size = self.m * self.n;
        for index in 0..self.batch.iter().product::<usize>() {
            let (mut a, mut b) = (self.a.offset, self.b.offset);
            let mut rest = index;
            for axis in (0..self.batch.len()).rev() {
                let at = (rest % self.batch[axis]) as i64;
                rest /= self.batch[axis];
                a += at * self.a.strides[axis];
                b += at * self.b.strides[axis];
            }
            let target = &mut output[index * size..][..size];
            let (a, b) = (operand(memory, &self.a, a), operand(memory, &self.b, b));
            gemm(self.m, self.n, self.k, a, b, target, self.n, &mut scratch.gemm);
        }
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
