//! Reductions over any set of axes: sum, maximum, minimum, and the position of the maximum.

#[cfg(feature = "reference")]
use super::slow::{coordinates, flat_index};
use crate::graph::{DType, Error, Graph, Op, Result, Type, Var};
use crate::plan::{Lowering, Value};
use std::sync::Arc;

/// How elements are combined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reduction {
    /// Sum; 0 over nothing.
    Sum,
    /// Largest element; the gradient is shared among equals.
    Max,
    /// Smallest element; the gradient is shared among equals.
    Min,
    /// Row-major position (`u32`) of the first largest element among the reduced axes.
    ArgMax,
}

impl Reduction {
    /// Name as printed.
    pub fn name(self) -> &'static str {
        match self {
            Reduction::Sum => "sum",
            Reduction::Max => "max",
            Reduction::Min => "min",
            Reduction::ArgMax => "argmax",
        }
    }
}

/// Drops `axes` (sorted) by combining the elements along them.
struct Reduce {
    kind: Reduction,
    axes: Vec<usize>,
}

impl Op for Reduce {
    fn name(&self) -> String {
        format!("{} {:?}", self.kind.name(), self.axes)
    }
    fn infer(&self, inputs: &[&Type]) -> Result<Type> {
        let source = &inputs[0].shape;
        if inputs[0].dtype != DType::F32 {
            return Err(Error::new("", "unsigned integers are not reduced", "cast to f32 first"));
        }
        if let Some(axis) = self.axes.iter().find(|&&axis| axis >= source.len()) {
            return Err(Error::new("", format!("axis {axis} is not in {source:?}"), "use an axis that exists"));
        }
        if self.kind != Reduction::Sum && self.axes.iter().any(|&axis| source[axis] == 0) {
            return Err(Error::new("", format!("no element to choose from in {source:?}"), "reduce a filled axis"));
        }
        let shape: Vec<usize> =
            (0..source.len()).filter(|axis| !self.axes.contains(axis)).map(|axis| source[axis]).collect();
        let dtype = if self.kind == Reduction::ArgMax { DType::U32 } else { DType::F32 };
        Ok(Type { shape, dtype })
    }
    #[cfg(feature = "reference")]
    fn reference(&self, inputs: &[&[f64]], types: &[&Type], output: &Type) -> Vec<f64> {
        let source = &types[0].shape;
        let start = match self.kind {
            Reduction::Sum | Reduction::ArgMax => 0.0,
            Reduction::Max => f64::NEG_INFINITY,
            Reduction::Min => f64::INFINITY,
        };
        let mut result = vec![start; output.elements()];
        let mut best = vec![f64::NEG_INFINITY; output.elements()];
        for (at, &value) in coordinates(source).zip(inputs[0]) {
            let pick = |kept: bool| -> (Vec<usize>, Vec<usize>) {
                (0..source.len())
                    .filter(|axis| self.axes.contains(axis) != kept)
                    .map(|axis| (at[axis], source[axis]))
                    .unzip()
            };
            let (kept, extents) = pick(true);
            let slot = flat_index(&kept, &extents);
            match self.kind {
                Reduction::Sum => result[slot] += value,
                Reduction::Max => result[slot] = result[slot].max(value),
                Reduction::Min => result[slot] = result[slot].min(value),
                Reduction::ArgMax if value > best[slot] => {
                    let (reduced, extents) = pick(false);
                    best[slot] = value;
                    result[slot] = flat_index(&reduced, &extents) as f64;
                }
                Reduction::ArgMax => {}
            }
        }
        result
    }
    fn vjp(&self, g: &mut Graph, inputs: &[Var], output: Var, grad: Var) -> Result<Vec<Option<Var>>> {
        let source = g.shape(inputs[0]).to_vec();
        let mut kept = source.clone();
        for &axis in &self.axes {
            kept[axis] = 1;
        }
        let grad = g.reshape(grad, &kept)?;
        let wide = g.broadcast_to(grad, &source)?;
        Ok(vec![match self.kind {
            Reduction::Sum => Some(wide),
            Reduction::Max | Reduction::Min => {
                let best = g.reshape(output, &kept)?;
                let chosen = g.equal(inputs[0], best)?;
                let ties = g.sum(chosen, &self.axes)?;
                let ties = g.reshape(ties, &kept)?;
                let share = g.div(chosen, ties)?;
                Some(g.mul(wide, share)?)
            }
            Reduction::ArgMax => None,
        }])
    }
    fn lower(&self, lowering: &mut Lowering, inputs: &[Value], _: &Type) -> Value {
        lowering.reduce(self.kind, &self.axes, inputs[0])
    }
    fn lift(&self, _: usize) -> Arc<dyn Op> {
        Arc::new(Reduce { kind: self.kind, axes: self.axes.iter().map(|axis| axis + 1).collect() })
    }
}

impl Graph {
    /// Combines the elements along `axes` and drops these axes.
    pub fn reduce(&mut self, kind: Reduction, a: Var, axes: &[usize]) -> Result<Var> {
        // In ascending order, each once; what lies beyond the last axis is refused by the operation.
        let end = axes.iter().map(|axis| axis + 1).max().unwrap_or(0);
        let axes: Vec<usize> = (0..end).filter(|axis| axes.contains(axis)).collect();
        if axes.is_empty() && kind != Reduction::ArgMax {
            return Ok(a);
        }
        self.apply(Arc::new(Reduce { kind, axes }), &[a])
    }

    /// Sum over `axes`.
    pub fn sum(&mut self, a: Var, axes: &[usize]) -> Result<Var> {
        self.reduce(Reduction::Sum, a, axes)
    }

    /// Mean over `axes`.
    pub fn mean(&mut self, a: Var, axes: &[usize]) -> Result<Var> {
        let count: usize = axes.iter().map(|&axis| self.shape(a).get(axis).copied().unwrap_or(1)).product();
        let sum = self.sum(a, axes)?;
        self.mul_number(sum, 1.0 / count as f32)
    }

    /// Sum over all axes.
    pub fn sum_all(&mut self, a: Var) -> Result<Var> {
        let axes: Vec<usize> = (0..self.shape(a).len()).collect();
        self.sum(a, &axes)
    }

    /// Mean over all axes.
    pub fn mean_all(&mut self, a: Var) -> Result<Var> {
        let axes: Vec<usize> = (0..self.shape(a).len()).collect();
        self.mean(a, &axes)
    }

    /// Position of the largest element along the last axis.
    pub fn argmax(&mut self, a: Var) -> Result<Var> {
        let last = self.shape(a).len().saturating_sub(1);
        self.reduce(Reduction::ArgMax, a, &[last])
    }
}
