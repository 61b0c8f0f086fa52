//! Products of few results and a long inner axis, taken in parts, so that a whole GPU works on them: the parts' sums go
//! to a buffer of their own, and the next dispatch adds them in order and does what follows the product.
//!
//! Parts are products like any other, with one more batch axis. Where parts of one length do not fill the inner axis,
//! the last is a product of its own, shorter and in the same dispatch.

use super::code::Bindings;
use super::emit::merge_axes;
use super::tiling::Tiling;
use crate::graph::{DType, strides};
use crate::ops::reduce::Reduction;
use crate::plan::{Access, Body, Instruction, Kernel, MOST_BUFFERS, MatMulKernel, ReduceKernel, Store};

/// A product in parts.
struct Split {
    parts: Vec<Kernel>,
    sum: ReduceKernel,
    /// Elements of the parts' sums.
    elements: usize,
}

/// The kernels of a dispatch with products in parts, those that follow in another, and how many elements of `buffer` they
/// need. A product stays whole where a dispatch would come to need more buffers than may be bound.
pub(super) fn split(kernels: &[Kernel], buffer: usize, tiling: &Tiling) -> (Vec<Kernel>, Vec<Kernel>, usize) {
    let (mut first, mut second, mut elements) = (Vec::new(), Vec::new(), 0);
    let fits = |kernels: &[Kernel]| Bindings::new(kernels).0.len() <= MOST_BUFFERS;
    for (number, kernel) in kernels.iter().enumerate() {
        if let Kernel::MatMul(product) = kernel
            && let Some(split) = in_parts(product, (buffer, elements), tiling)
        {
            second.push(Kernel::Reduce(split.sum));
            if fits(&[&first[..], &split.parts, &kernels[number + 1..]].concat()) && fits(&second) {
                first.extend(split.parts);
                elements += split.elements;
                continue;
            }
            second.pop();
        }
        first.push(kernel.clone());
    }
    (first, second, elements)
}

fn in_parts(product: &MatMulKernel, (buffer, offset): (usize, usize), tiling: &Tiling) -> Option<Split> {
    let wanted = tiling.parts(product);
    if wanted < 2 {
        return None;
    }
    let mut whole = product.clone();
    let rank = whole.batch.len();
    let mut a_inner = whole.a.strides.split_off(rank + whole.rows.len());
    let mut b_inner: Vec<i64> = whole.b.strides.drain(rank..rank + whole.inner.len()).collect();
    merge_axes(&mut whole.inner, 0, &mut [&mut a_inner, &mut b_inner]);
    // Parts are so many elements of the outermost axis; of the only one as many as tiles take without a rest.
    let &[extent, ref others @ ..] = &whole.inner[..] else { return None };
    let length = extent.div_ceil(wanted).next_multiple_of(if others.is_empty() { 16 } else { 1 });
    let (full, rest) = (extent / length, extent % length);
    let count = full + (rest > 0) as usize;
    if count < 2 {
        return None;
    }
    let results = [&product.batch[..], &[product.m(), product.n()]].concat();
    let dense: Vec<i64> = strides(&results).iter().map(|&stride| stride as i64).collect();
    let size: usize = results.iter().product();
    // Over the parts' numbers, then over the results, or the other way round.
    let sums = |first: usize, strides: Vec<i64>| Access {
        buffer,
        offset: (offset + first * size) as i64,
        strides,
        dtype: DType::F32,
    };
    let part = |first: usize, count: usize, of: usize| {
        let operand = |access: &Access, inner: &[i64], inner_at: usize| {
            let step = length as i64 * inner[0];
            let (before, after) = access.strides.split_at(inner_at);
            Access {
                offset: access.offset + first as i64 * step,
                strides: [&[step], before, inner, after].concat(),
                ..access.clone()
            }
        };
        Kernel::MatMul(MatMulKernel {
            batch: [&[count], &product.batch[..]].concat(),
            rows: product.rows.clone(),
            columns: product.columns.clone(),
            inner: [&[of], others].concat(),
            a: operand(&whole.a, &a_inner, rank + product.rows.len()),
            b: operand(&whole.b, &b_inner, rank),
            epilogue: Body { instructions: vec![Instruction::Accumulator] },
            stores: vec![Store { access: sums(first, [&[size as i64], &dense[..]].concat()), register: 0 }],
        })
    };
    let mut parts = vec![part(0, full, length)];
    if rest > 0 {
        parts.push(part(full, 1, rest));
    }
    let sum = ReduceKernel {
        kept: results,
        reduced: vec![count],
        kind: Reduction::Sum,
        prologue: Body { instructions: vec![Instruction::Load(sums(0, [&dense[..], &[size as i64]].concat()))] },
        value: 0,
        epilogue: product.epilogue.clone(),
        stores: product.stores.clone(),
    };
    Some(Split { parts, sum, elements: count * size })
}
