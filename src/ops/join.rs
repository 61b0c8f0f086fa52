//! Joining tensors along an axis and cutting them apart: `concatenate`, `stack`, `split`, `roll`.
//!
//! A kernel binds at most eight buffers and cannot branch, so joining k parts at once would cost k loads an
//! element and too many buffers. Up to seven parts are joined by one chain of selections; more are joined by
//! sevens (or by the largest divisor of their number up to seven, which keeps groups alike), and these joins again.
//! So 300 parts are 50 joins of 6, 10 of 5, 2 of 5 and one of 2: 63 kernels of four stages, 18 loads an element.
//! Parts of equal extent are read as views, parts of unequal extents by a computed index, which is somewhat dearer. The
//! gradient of a join is free (views); that of k pieces of one tensor is k loads an element.

#[cfg(feature = "reference")]
use super::slow::{coordinates, flat_index};
use crate::graph::{DType, Error, Func, Graph, Op, Result, Type, Var, elements, strides};
use crate::plan::{IndexMap, Lowering, MOST_AXES, Value};
use std::sync::Arc;

/// Parts that one kernel joins: with the result, as many buffers as it may bind.
const MOST_PARTS: usize = 7;
/// Positions are compared as floats, which are exact up to here.
const MOST_EXTENT: usize = 1 << 24;

/// Puts its operands one after the other along `axis`.
struct Concatenate {
    axis: usize,
}

impl Op for Concatenate {
    fn name(&self) -> String {
        format!("concatenate axis {}", self.axis)
    }
    fn infer(&self, inputs: &[&Type]) -> Result<Type> {
        let Some(first) = inputs.first() else {
            return Err(Error::new("", "there is nothing to join", "give at least one tensor"));
        };
        let mut ty = (*first).clone();
        if self.axis >= ty.shape.len() || ty.shape.len() >= MOST_AXES {
            return Err(Error::new(
                "",
                format!("axis {} of {:?} cannot be joined along", self.axis, ty.shape),
                format!("use an axis that exists, of at most {} axes", MOST_AXES - 1),
            ));
        }
        ty.shape[self.axis] = 0;
        for (position, input) in inputs.iter().enumerate() {
            let same = |(axis, extent): (usize, &usize)| axis == self.axis || *extent == ty.shape[axis];
            if input.shape.len() != ty.shape.len() || !input.shape.iter().enumerate().all(same) {
                return Err(Error::new(
                    "",
                    format!(
                        "part {position} of shape {:?} does not fit {:?} outside axis {}",
                        input.shape, first.shape, self.axis
                    ),
                    "make all other extents equal",
                ));
            }
            if input.dtype != ty.dtype {
                return Err(Error::new("", format!("part {position} is {:?}", input.dtype), "cast all to one type"));
            }
            ty.shape[self.axis] += input.shape[self.axis];
        }
        if ty.shape[self.axis] > MOST_EXTENT {
            let message = format!("{} elements along axis {} are too many", ty.shape[self.axis], self.axis);
            return Err(Error::new("", message, format!("join at most {MOST_EXTENT}")));
        }
        Ok(ty)
    }
    #[cfg(feature = "reference")]
    fn reference(&self, inputs: &[&[f64]], types: &[&Type], output: &Type) -> Vec<f64> {
        let mut result = vec![0.0; output.elements()];
        let mut start = 0;
        for (input, ty) in inputs.iter().zip(types) {
            for (mut at, value) in coordinates(&ty.shape).zip(*input) {
                at[self.axis] += start;
                result[flat_index(&at, &output.shape)] = *value;
            }
            start += ty.shape[self.axis];
        }
        result
    }
    fn vjp(&self, g: &mut Graph, inputs: &[Var], _: Var, grad: Var) -> Result<Vec<Option<Var>>> {
        let counts: Vec<usize> = inputs.iter().map(|&input| g.shape(input)[self.axis]).collect();
        Ok(g.split(grad, self.axis, &counts)?.into_iter().map(Some).collect())
    }
    fn lower(&self, l: &mut Lowering, inputs: &[Value], output: &Type) -> Value {
        if output.elements() == 0 {
            return l.constant(0, output);
        }
        let axis = self.axis;
        let mut parts: Vec<Value> = inputs.iter().copied().filter(|&part| l.shape(part)[axis] > 0).collect();
        while parts.len() > MOST_PARTS {
            let alike = (4..=MOST_PARTS).rev().find(|size| parts.len().is_multiple_of(*size));
            let joined = parts.chunks(alike.unwrap_or(MOST_PARTS)).map(|chunk| join(l, axis, chunk, true));
            parts = joined.collect();
        }
        let many = parts.len() > 2;
        join(l, axis, &parts, many)
    }
    fn lift(&self, _: usize) -> Arc<dyn Op> {
        Arc::new(Concatenate { axis: self.axis + 1 })
    }
}

/// Joins at most [`MOST_PARTS`] parts. With `store`, the result is brought to memory, so that a kernel that
/// uses it binds one buffer and not one for each part.
fn join(l: &mut Lowering, axis: usize, parts: &[Value], store: bool) -> Value {
    if parts.len() == 1 {
        return parts[0];
    }
    let extents: Vec<usize> = parts.iter().map(|&part| l.shape(part)[axis]).collect();
    let mut shape = l.shape(parts[0]).to_vec();
    shape[axis] = extents.iter().sum();
    let alike = extents.iter().all(|&extent| extent == extents[0]);
    let joined = if alike { join_alike(l, axis, parts, &shape) } else { join_uneven(l, axis, parts, &extents, &shape) };
    // Merging the axis of parts with another already asks for memory.
    if store && !(alike && extents[0] > 1) { stored(l, joined) } else { joined }
}

/// Parts of one extent: an axis of parts, along which each part is stretched, chosen by its number.
fn join_alike(l: &mut Lowering, axis: usize, parts: &[Value], shape: &[usize]) -> Value {
    let part = l.shape(parts[0]).to_vec();
    let wide = [&part[..axis], &[parts.len()], &part[axis..]].concat();
    let mut stretch = IndexMap::constant(part.len(), wide.len());
    for source in 0..part.len() {
        stretch.coefficients[source][if source < axis { source } else { source + 1 }] = 1;
    }
    let number = running(l, parts.len(), axis, &wide);
    let mut result = l.view(parts[parts.len() - 1], stretch.clone(), &wide);
    for (position, &value) in parts.iter().enumerate().rev().skip(1) {
        let value = l.view(value, stretch.clone(), &wide);
        let own = l.constant(position as u32, &Type::u32(&wide[..]));
        let chosen = l.map(Func::EqualU32, &[number, own]);
        result = choose(l, chosen, value, result);
    }
    l.reshape(result, shape)
}

/// Parts of different extents: each is read at its own distance from the running index.
fn join_uneven(l: &mut Lowering, axis: usize, parts: &[Value], extents: &[usize], shape: &[usize]) -> Value {
    let line = [shape[axis]];
    let index = l.iota(&Type::u32(line));
    let place = running(l, shape[axis], axis, shape);
    let place = l.map(Func::ToF32, &[place]);
    let mut end = shape[axis];
    // What lies from a part on, and where that is; laid from the last part to the first.
    let mut later: Option<(Value, Value)> = None;
    for (&part, &extent) in parts.iter().zip(extents).rev() {
        let start = end - extent;
        // Before the part the distance wraps and beyond it it is too large: both are clamped, and not chosen.
        let back = l.constant((start as u32).wrapping_neg(), &Type::u32(line));
        let distance = l.map(Func::AddU32, &[index, back]);
        let mut value = take_along(l, part, axis, distance);
        if let Some((rest, there)) = later {
            value = choose(l, there, rest, value);
        }
        let edge = l.constant((start as f32 - 0.5).to_bits(), &Type::f32(shape));
        later = Some((value, l.map(Func::Less, &[edge, place])));
        end = start;
    }
    later.expect("at least one part").0
}

/// `u32` index along `axis` of `shape`, of `extent` values.
fn running(l: &mut Lowering, extent: usize, axis: usize, shape: &[usize]) -> Value {
    let index = l.iota(&Type::u32([extent]));
    let mut map = IndexMap::constant(1, shape.len());
    map.coefficients[0][axis] = 1;
    l.view(index, map, shape)
}

/// `yes` where `chosen` (0 or 1) is 1, else `no`; of floats by selection, of integers by arithmetic.
fn choose(l: &mut Lowering, chosen: Value, yes: Value, no: Value) -> Value {
    if l.ty(yes).dtype == DType::F32 {
        return l.map(Func::Select, &[chosen, yes, no]);
    }
    let yes_mask = l.map(Func::ToU32, &[chosen]);
    let one = l.constant(1, &Type::u32(l.shape(yes)));
    let no_mask = l.map(Func::Xor, &[yes_mask, one]);
    let (yes, no) = (l.map(Func::MulU32, &[yes, yes_mask]), l.map(Func::MulU32, &[no, no_mask]));
    l.map(Func::AddU32, &[yes, no])
}

/// The elements of `source` along `axis` at the `u32` `index [n]`.
fn take_along(l: &mut Lowering, source: Value, axis: usize, index: Value) -> Value {
    let rank = l.shape(source).len();
    let front: Vec<usize> = std::iter::once(axis).chain((0..rank).filter(|&a| a != axis)).collect();
    let mut back = vec![0; rank];
    for (position, &a) in front.iter().enumerate() {
        back[a] = position;
    }
    let source = l.permute(source, &front);
    let taken = l.take(source, index, 0);
    l.permute(taken, &back)
}

/// The same value, in memory. Only merging axes asks for that, so it is stored, read as one long axis, and that is
/// viewed under its shape; what has no two axes to merge is laid down twice.
pub(super) fn stored(l: &mut Lowering, value: Value) -> Value {
    let shape = l.shape(value).to_vec();
    let count = elements(&shape);
    let merges = shape.iter().filter(|&&extent| extent > 1).count() > 1;
    let (source, total) = if merges {
        (value, count)
    } else {
        let line = l.reshape(value, &[count]);
        let mut twice = IndexMap::constant(1, 3);
        twice.coefficients[0][2] = 1;
        // A single element has no axis at all: four times.
        let rows = if count == 1 { 2 } else { 1 };
        (l.view(line, twice, &[rows, 2, count]), rows * 2 * count)
    };
    let flat = l.reshape(source, &[total]);
    let mut map = IndexMap::constant(1, shape.len());
    for (coefficient, stride) in map.coefficients[0].iter_mut().zip(strides(&shape)) {
        *coefficient = stride as i64;
    }
    l.view(flat, map, &shape)
}

/// The operand itself, brought to memory.
struct InMemory;

impl Op for InMemory {
    fn name(&self) -> String {
        "in_memory".into()
    }
    fn infer(&self, inputs: &[&Type]) -> Result<Type> {
        Ok(inputs[0].clone())
    }
    #[cfg(feature = "reference")]
    fn reference(&self, inputs: &[&[f64]], _: &[&Type], _: &Type) -> Vec<f64> {
        inputs[0].to_vec()
    }
    fn vjp(&self, g: &mut Graph, _: &[Var], _: Var, grad: Var) -> Result<Vec<Option<Var>>> {
        Ok(vec![Some(g.in_memory(grad)?)])
    }
    fn lower(&self, l: &mut Lowering, inputs: &[Value], output: &Type) -> Value {
        if output.elements() == 0 { inputs[0] } else { stored(l, inputs[0]) }
    }
    fn lift(&self, _: usize) -> Arc<dyn Op> {
        Arc::new(InMemory)
    }
}

/// Moves every element `shift` places on along `axis`; those that leave at the end come in at the start.
struct Roll {
    axis: usize,
    shift: usize,
}

impl Op for Roll {
    fn name(&self) -> String {
        format!("roll axis {} by {}", self.axis, self.shift)
    }
    fn infer(&self, inputs: &[&Type]) -> Result<Type> {
        Ok(inputs[0].clone())
    }
    #[cfg(feature = "reference")]
    fn reference(&self, inputs: &[&[f64]], types: &[&Type], output: &Type) -> Vec<f64> {
        let extent = output.shape[self.axis];
        let mut result = vec![0.0; output.elements()];
        for (mut at, value) in coordinates(&types[0].shape).zip(inputs[0]) {
            at[self.axis] = (at[self.axis] + self.shift) % extent;
            result[flat_index(&at, &output.shape)] = *value;
        }
        result
    }
    fn vjp(&self, g: &mut Graph, inputs: &[Var], _: Var, grad: Var) -> Result<Vec<Option<Var>>> {
        let shift = g.shape(inputs[0])[self.axis] - self.shift;
        Ok(vec![Some(g.apply(Arc::new(Roll { axis: self.axis, shift }), &[grad])?)])
    }
    /// A gather at the running index, less the shift, plus the extent where that is negative.
    fn lower(&self, l: &mut Lowering, inputs: &[Value], output: &Type) -> Value {
        let line = [output.shape[self.axis]];
        let (extent, shift) = (line[0] as u32, self.shift as u32);
        let index = l.iota(&Type::u32(line));
        let place = l.map(Func::ToF32, &[index]);
        let edge = l.constant((shift as f32 - 0.5).to_bits(), &Type::f32(line));
        let wraps = l.map(Func::Less, &[place, edge]);
        let wraps = l.map(Func::ToU32, &[wraps]);
        let (extent, back) = (l.constant(extent, &Type::u32(line)), l.constant(shift.wrapping_neg(), &Type::u32(line)));
        let around = l.map(Func::MulU32, &[wraps, extent]);
        let index = l.map(Func::AddU32, &[index, back]);
        let index = l.map(Func::AddU32, &[index, around]);
        take_along(l, inputs[0], self.axis, index)
    }
    fn lift(&self, _: usize) -> Arc<dyn Op> {
        Arc::new(Roll { axis: self.axis + 1, shift: self.shift })
    }
}

impl Graph {
    /// The tensors one after the other along `axis`; all other extents, and the element types, are equal.
    /// The cost for many parts is described at the head of the module's file.
    pub fn concatenate(&mut self, parts: &[Var], axis: usize) -> Result<Var> {
        self.apply(Arc::new(Concatenate { axis }), parts)
    }

    /// `a`, as is its gradient, computed once into memory of its own instead of within each kernel that uses it: for
    /// values made of several products, because a kernel binds at most eight buffers.
    pub(crate) fn in_memory(&mut self, a: Var) -> Result<Var> {
        self.apply(Arc::new(InMemory), &[a])
    }

    /// Tensors of one shape as the elements of a new axis, which becomes axis `axis` of the result.
    pub fn stack(&mut self, parts: &[Var], axis: usize) -> Result<Var> {
        let parts = parts.iter().map(|&part| self.unsqueeze(part, axis)).collect::<Result<Vec<_>>>()?;
        self.concatenate(&parts, axis)
    }

    /// Cuts `a` along `axis` in pieces of the given extents, which must add up to the axis. Pieces are views.
    pub fn split(&mut self, a: Var, axis: usize, counts: &[usize]) -> Result<Vec<Var>> {
        let shape = self.shape(a);
        if shape.get(axis).copied() != Some(counts.iter().sum()) {
            return Err(Error::new(
                format!("split {}", self.node(a).label),
                format!("pieces {counts:?} do not make up axis {axis} of {shape:?}"),
                "name an axis that exists, and extents that add up to it",
            ));
        }
        let mut start = 0;
        let mut pieces = Vec::with_capacity(counts.len());
        for &count in counts {
            pieces.push(self.slice(a, axis, start, 1, count)?);
            start += count;
        }
        Ok(pieces)
    }

    /// Moves every element `shift` places on along `axis` (backwards if negative); those that leave at one end
    /// come in at the other.
    pub fn roll(&mut self, a: Var, shift: isize, axis: usize) -> Result<Var> {
        let shape = self.shape(a);
        match shape.get(axis) {
            None => Err(Error::new(
                format!("roll {}", self.node(a).label),
                format!("axis {axis} is not in {shape:?}"),
                "use an axis that exists",
            )),
            Some(&extent) if extent > MOST_EXTENT => Err(Error::new(
                format!("roll {}", self.node(a).label),
                format!("{extent} elements along axis {axis} are too many"),
                format!("roll at most {MOST_EXTENT}"),
            )),
            Some(_) if elements(shape) == 0 => Ok(a),
            Some(&extent) => match shift.rem_euclid(extent as isize) as usize {
                0 => Ok(a),
                shift => self.apply(Arc::new(Roll { axis, shift }), &[a]),
            },
        }
    }
}
