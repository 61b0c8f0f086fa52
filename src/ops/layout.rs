//! Operations that only rearrange: broadcast, permute, reshape, slice (with step and flip) and their
//! counterpart, pad. All but pad are index arithmetic that the planner folds into whoever reads them.

#[cfg(feature = "reference")]
use super::slow::{coordinates, flat_index};
use crate::graph::{Error, Func, Graph, Op, Result, Type, Var, elements};
use crate::plan::{IndexMap, Lowering, Value};
use std::sync::Arc;

/// Stretches axes of extent 1 to the given shape (equal rank).
struct Broadcast {
    shape: Vec<usize>,
}

impl Op for Broadcast {
    fn name(&self) -> String {
        format!("broadcast {:?}", self.shape)
    }
    fn infer(&self, inputs: &[&Type]) -> Result<Type> {
        let source = &inputs[0].shape;
        let fits = source.len() == self.shape.len()
            && source.iter().zip(&self.shape).all(|(&from, &to)| from == to || from == 1);
        if !fits {
            return Err(Error::new(
                "",
                format!("{source:?} does not stretch to {:?}", self.shape),
                "only axes of extent 1 stretch",
            ));
        }
        Ok(Type { shape: self.shape.clone(), dtype: inputs[0].dtype })
    }
    #[cfg(feature = "reference")]
    fn reference(&self, inputs: &[&[f64]], types: &[&Type], output: &Type) -> Vec<f64> {
        let source = &types[0].shape;
        coordinates(&output.shape)
            .map(|at| {
                let from: Vec<usize> = at.iter().zip(source).map(|(&i, &n)| if n == 1 { 0 } else { i }).collect();
                inputs[0][flat_index(&from, source)]
            })
            .collect()
    }
    fn vjp(&self, g: &mut Graph, inputs: &[Var], _: Var, grad: Var) -> Result<Vec<Option<Var>>> {
        let source = g.shape(inputs[0]).to_vec();
        let axes: Vec<usize> = (0..source.len()).filter(|&axis| source[axis] != self.shape[axis]).collect();
        let summed = g.sum(grad, &axes)?;
        Ok(vec![Some(g.reshape(summed, &source)?)])
    }
    fn lower(&self, lowering: &mut Lowering, inputs: &[Value], _: &Type) -> Value {
        let source = lowering.shape(inputs[0]).to_vec();
        let mut map = IndexMap::identity(self.shape.len());
        for (axis, (from, to)) in source.iter().zip(&self.shape).enumerate() {
            if from != to {
                map.coefficients[axis][axis] = 0;
            }
        }
        lowering.view(inputs[0], map, &self.shape)
    }
    fn lift(&self, copies: usize) -> Arc<dyn Op> {
        Arc::new(Broadcast { shape: [&[copies], &self.shape[..]].concat() })
    }
}

/// Reorders axes: axis `i` of the result is axis `order[i]` of the operand.
struct Permute {
    order: Vec<usize>,
}

impl Op for Permute {
    fn name(&self) -> String {
        format!("permute {:?}", self.order)
    }
    fn infer(&self, inputs: &[&Type]) -> Result<Type> {
        let mut sorted = self.order.clone();
        sorted.sort_unstable();
        if sorted != (0..inputs[0].shape.len()).collect::<Vec<_>>() {
            return Err(Error::new(
                "",
                format!("order {:?} is not a permutation of the axes of {:?}", self.order, inputs[0].shape),
                "name each axis once",
            ));
        }
        let shape: Vec<usize> = self.order.iter().map(|&axis| inputs[0].shape[axis]).collect();
        Ok(Type { shape, dtype: inputs[0].dtype })
    }
    #[cfg(feature = "reference")]
    fn reference(&self, inputs: &[&[f64]], types: &[&Type], output: &Type) -> Vec<f64> {
        let mut from = vec![0; self.order.len()];
        coordinates(&output.shape)
            .map(|at| {
                for (position, &axis) in self.order.iter().enumerate() {
                    from[axis] = at[position];
                }
                inputs[0][flat_index(&from, &types[0].shape)]
            })
            .collect()
    }
    fn vjp(&self, g: &mut Graph, _: &[Var], _: Var, grad: Var) -> Result<Vec<Option<Var>>> {
        let mut inverse = vec![0; self.order.len()];
        for (position, &axis) in self.order.iter().enumerate() {
            inverse[axis] = position;
        }
        Ok(vec![Some(g.permute(grad, &inverse)?)])
    }
    fn lower(&self, lowering: &mut Lowering, inputs: &[Value], _: &Type) -> Value {
        lowering.permute(inputs[0], &self.order)
    }
    fn lift(&self, _: usize) -> Arc<dyn Op> {
        let order = std::iter::once(0).chain(self.order.iter().map(|axis| axis + 1)).collect();
        Arc::new(Permute { order })
    }
}

/// The same elements in row-major order under another shape.
struct Reshape {
    shape: Vec<usize>,
}

impl Op for Reshape {
    fn name(&self) -> String {
        format!("reshape {:?}", self.shape)
    }
    fn infer(&self, inputs: &[&Type]) -> Result<Type> {
        if inputs[0].elements() != elements(&self.shape) {
            return Err(Error::new(
                "",
                format!(
                    "{:?} has {} elements, {:?} has {}",
                    inputs[0].shape,
                    inputs[0].elements(),
                    self.shape,
                    elements(&self.shape)
                ),
                "choose a shape of as many elements",
            ));
        }
        Ok(Type { shape: self.shape.clone(), dtype: inputs[0].dtype })
    }
    #[cfg(feature = "reference")]
    fn reference(&self, inputs: &[&[f64]], _: &[&Type], _: &Type) -> Vec<f64> {
        inputs[0].to_vec()
    }
    fn vjp(&self, g: &mut Graph, inputs: &[Var], _: Var, grad: Var) -> Result<Vec<Option<Var>>> {
        let shape = g.shape(inputs[0]).to_vec();
        Ok(vec![Some(g.reshape(grad, &shape)?)])
    }
    fn lower(&self, lowering: &mut Lowering, inputs: &[Value], _: &Type) -> Value {
        lowering.reshape(inputs[0], &self.shape)
    }
    fn lift(&self, copies: usize) -> Arc<dyn Op> {
        Arc::new(Reshape { shape: [&[copies], &self.shape[..]].concat() })
    }
}

/// `count` elements along `axis`, from `start` on, `step` apart; a negative step runs backwards.
#[derive(Clone, Debug)]
struct Slice {
    axis: usize,
    start: usize,
    step: isize,
    count: usize,
}

impl Op for Slice {
    fn name(&self) -> String {
        format!("slice axis {} from {} step {} count {}", self.axis, self.start, self.step, self.count)
    }
    fn infer(&self, inputs: &[&Type]) -> Result<Type> {
        let mut ty = inputs[0].clone();
        let last = self.start as isize + self.step * (self.count as isize - 1);
        let extent = ty.shape.get(self.axis).copied().unwrap_or(0) as isize;
        let inside = |i: isize| (0..extent).contains(&i);
        if self.count > 0 && !(inside(self.start as isize) && inside(last)) || self.axis >= ty.shape.len() {
            return Err(Error::new(
                "",
                format!("elements {} to {last} of axis {} do not lie in {:?}", self.start, self.axis, ty.shape),
                "shorten the slice",
            ));
        }
        ty.shape[self.axis] = self.count;
        Ok(ty)
    }
    #[cfg(feature = "reference")]
    fn reference(&self, inputs: &[&[f64]], types: &[&Type], output: &Type) -> Vec<f64> {
        coordinates(&output.shape)
            .map(|mut at| {
                at[self.axis] = (self.start as isize + self.step * at[self.axis] as isize) as usize;
                inputs[0][flat_index(&at, &types[0].shape)]
            })
            .collect()
    }
    fn vjp(&self, g: &mut Graph, inputs: &[Var], _: Var, grad: Var) -> Result<Vec<Option<Var>>> {
        let extent = g.shape(inputs[0])[self.axis];
        Ok(vec![Some(g.apply(Arc::new(Pad { slice: self.clone(), extent }), &[grad])?)])
    }
    fn lower(&self, lowering: &mut Lowering, inputs: &[Value], output: &Type) -> Value {
        let mut map = IndexMap::identity(output.shape.len());
        map.offset[self.axis] = self.start as i64;
        map.coefficients[self.axis][self.axis] = self.step as i64;
        lowering.view(inputs[0], map, &output.shape)
    }
    fn lift(&self, _: usize) -> Arc<dyn Op> {
        Arc::new(Slice { axis: self.axis + 1, ..self.clone() })
    }
}

/// Puts the operand where `slice` of a tensor of `extent` along its axis would read it; zero elsewhere.
struct Pad {
    slice: Slice,
    extent: usize,
}

impl Op for Pad {
    fn name(&self) -> String {
        format!("pad to {} for {}", self.extent, self.slice.name())
    }
    fn infer(&self, inputs: &[&Type]) -> Result<Type> {
        let mut ty = inputs[0].clone();
        if ty.shape.get(self.slice.axis) != Some(&self.slice.count) {
            return Err(Error::new(
                "",
                format!("{:?} has not {} along axis {}", ty.shape, self.slice.count, self.slice.axis),
                "pad a tensor of the extent that the slice has",
            ));
        }
        ty.shape[self.slice.axis] = self.extent;
        Ok(ty)
    }
    #[cfg(feature = "reference")]
    fn reference(&self, inputs: &[&[f64]], types: &[&Type], output: &Type) -> Vec<f64> {
        let mut result = vec![0.0; output.elements()];
        for (mut at, value) in coordinates(&types[0].shape).zip(inputs[0]) {
            at[self.slice.axis] = (self.slice.start as isize + self.slice.step * at[self.slice.axis] as isize) as usize;
            result[flat_index(&at, &output.shape)] = *value;
        }
        result
    }
    fn vjp(&self, g: &mut Graph, _: &[Var], _: Var, grad: Var) -> Result<Vec<Option<Var>>> {
        Ok(vec![Some(g.apply(Arc::new(self.slice.clone()), &[grad])?)])
    }
    /// A gather along the axis: element `i` of the result is operand element `inverse[i]`, times 0 or 1.
    /// The inverse is computed from the running index, so nothing is stored.
    fn lower(&self, l: &mut Lowering, inputs: &[Value], output: &Type) -> Value {
        let Slice { axis, start, step, count } = self.slice;
        if count == 0 {
            return l.constant(0f32.to_bits(), output);
        }
        let line = Type::u32([self.extent]);
        let floats = Type::f32([self.extent]);
        let index = l.iota(&line);
        let index = l.map(Func::ToF32, &[index]);
        let number = |l: &mut Lowering, value: f32| l.constant(value.to_bits(), &floats);
        // position = (i − start) / step; inside when it is a whole number in 0..count
        let (first, stride) = (number(l, start as f32), number(l, step as f32));
        let distance = l.map(Func::Sub, &[index, first]);
        let position = l.map(Func::Div, &[distance, stride]);
        let whole = l.map(Func::Floor, &[position]);
        let is_whole = l.map(Func::Equal, &[whole, position]);
        let (below, end) = (number(l, -0.5), number(l, count as f32 - 0.5));
        let after_start = l.map(Func::Less, &[below, position]);
        let before_end = l.map(Func::Less, &[position, end]);
        let inside = l.map(Func::Mul, &[after_start, before_end]);
        let inside = l.map(Func::Mul, &[inside, is_whole]);
        let source_index = l.map(Func::ToU32, &[whole]);

        let rank = output.shape.len();
        let front: Vec<usize> = std::iter::once(axis).chain((0..rank).filter(|&a| a != axis)).collect();
        let source = l.permute(inputs[0], &front);
        let taken = l.take(source, source_index, 0);
        let mut back = vec![0; rank];
        for (position, &a) in front.iter().enumerate() {
            back[a] = position;
        }
        let taken = l.permute(taken, &back);
        let mut map = IndexMap::constant(1, rank);
        map.coefficients[0][axis] = 1;
        let inside = l.view(inside, map, &output.shape);
        let zero = l.constant(0f32.to_bits(), &Type { shape: output.shape.clone(), dtype: output.dtype });
        l.map(Func::Select, &[inside, taken, zero])
    }
    fn lift(&self, _: usize) -> Arc<dyn Op> {
        let slice = Slice { axis: self.slice.axis + 1, ..self.slice.clone() };
        Arc::new(Pad { slice, extent: self.extent })
    }
}

impl Graph {
    /// Stretches `a` to `shape` under NumPy's rule (missing leading axes are added).
    pub fn broadcast_to(&mut self, a: Var, shape: &[usize]) -> Result<Var> {
        if self.shape(a) == shape {
            return Ok(a);
        }
        let missing = shape.len().saturating_sub(self.shape(a).len());
        let padded = [&vec![1; missing][..], self.shape(a)].concat();
        let a = self.reshape(a, &padded)?;
        self.apply(Arc::new(Broadcast { shape: shape.to_vec() }), &[a])
    }

    /// Reorders axes: axis `i` of the result is axis `order[i]` of `a`.
    pub fn permute(&mut self, a: Var, order: &[usize]) -> Result<Var> {
        self.apply(Arc::new(Permute { order: order.to_vec() }), &[a])
    }

    /// Swaps the last two axes.
    pub fn transpose(&mut self, a: Var) -> Result<Var> {
        let rank = self.shape(a).len();
        let mut order: Vec<usize> = (0..rank).collect();
        if rank < 2 {
            return Err(Error::new(
                "transpose",
                format!("{:?} has fewer than two axes", self.shape(a)),
                "reshape it to a matrix first",
            ));
        }
        order.swap(rank - 2, rank - 1);
        self.permute(a, &order)
    }

    /// The same elements, row-major, under another shape.
    pub fn reshape(&mut self, a: Var, shape: &[usize]) -> Result<Var> {
        if self.shape(a) == shape {
            return Ok(a);
        }
        self.apply(Arc::new(Reshape { shape: shape.to_vec() }), &[a])
    }

    /// `count` elements along `axis`, from `start`, `step` apart (negative: backwards).
    pub fn slice(&mut self, a: Var, axis: usize, start: usize, step: isize, count: usize) -> Result<Var> {
        self.apply(Arc::new(Slice { axis, start, step, count }), &[a])
    }

    /// `a` backwards along `axis`; a view.
    pub fn flip(&mut self, a: Var, axis: usize) -> Result<Var> {
        let count = self.shape(a).get(axis).copied().unwrap_or(0);
        self.slice(a, axis, count.saturating_sub(1), -1, count)
    }

    /// `a` with a new axis of extent 1, which becomes axis `axis` of the result; a view.
    pub fn unsqueeze(&mut self, a: Var, axis: usize) -> Result<Var> {
        let mut shape = self.shape(a).to_vec();
        if axis > shape.len() {
            return Err(Error::new(
                format!("unsqueeze {}", self.node(a).label),
                format!("{shape:?} has no place {axis} for a new axis"),
                format!("use one of 0 to {}", shape.len()),
            ));
        }
        shape.insert(axis, 1);
        self.reshape(a, &shape)
    }

    /// `a` without its axis `axis`, which must have extent 1; a view.
    pub fn squeeze(&mut self, a: Var, axis: usize) -> Result<Var> {
        let mut shape = self.shape(a).to_vec();
        if shape.get(axis) != Some(&1) {
            return Err(Error::new(
                format!("squeeze {}", self.node(a).label),
                format!("axis {axis} of {shape:?} has not extent 1"),
                "drop an axis of extent 1, or reduce over it",
            ));
        }
        shape.remove(axis);
        self.reshape(a, &shape)
    }

    /// Takes axis `from` out and puts it in as axis `to`; the others keep their order. A view.
    pub fn move_axis(&mut self, a: Var, from: usize, to: usize) -> Result<Var> {
        let rank = self.shape(a).len();
        if from >= rank || to >= rank {
            return Err(Error::new(
                format!("move axis {}", self.node(a).label),
                format!("axes {from} and {to} are not both in {:?}", self.shape(a)),
                "use axes that exist",
            ));
        }
        if from == to {
            return Ok(a);
        }
        let mut order: Vec<usize> = (0..rank).filter(|&axis| axis != from).collect();
        order.insert(to, from);
        self.permute(a, &order)
    }
}
