//! Operations that only rearrange: broadcast, permute and reshape. They are index arithmetic that the
//! planner folds into whoever reads them. Slices and their counterpart are in `pad.rs`.

#[cfg(feature = "reference")]
use super::slow::{coordinates, flat_index};
use crate::graph::{Error, Graph, Op, Result, Type, Var, elements};
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
        let rank = inputs[0].shape.len();
        if self.order.len() != rank || !(0..rank).all(|axis| self.order.contains(&axis)) {
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
