//! Joining tensors along an axis and cutting them apart: `concatenate`, `stack`, `split`, `roll`.
//!
//! A join costs nothing of its own: whatever computes a part writes it to its place. What is not computed, a leaf or a
//! view, is copied there. The gradient of a join is free (views); those of the pieces of one tensor are joined again.

#[cfg(feature = "reference")]
use super::slow::{coordinates, flat_index};
use crate::graph::{Error, Func, Graph, Op, Result, Type, Var, elements, strides};
use crate::plan::{IndexMap, Lowering, MOST_AXES, Value};
use std::sync::Arc;

/// A roll compares positions as floats, which are exact up to here.
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
        if output.elements() == 0 { l.constant(0, output) } else { l.join(self.axis, inputs) }
    }
    fn lift(&self, _: usize) -> Arc<dyn Op> {
        Arc::new(Concatenate { axis: self.axis + 1 })
    }
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
