//! Reading and adding by computed index: `take` and `scatter_add`, each the other's derivative.

use crate::graph::{DType, Error, Graph, Op, Result, Type, Var};
use crate::plan::{Lowering, Value};
use std::sync::Arc;

/// `source [b.., n, inner..]`, `index [b.., j..]` → `[b.., j.., inner..]`, with `batch` axes b.
/// An index beyond the end reads the last element, on every backend.
struct Take {
    batch: usize,
}

/// `index [b.., j..]`, `updates [b.., j.., inner..]` → `[b.., bins, inner..]`: sums of the updates by index.
struct ScatterAdd {
    batch: usize,
    bins: usize,
}

#[cfg(feature = "reference")]
fn outer_inner(shape: &[usize], axis: usize) -> (usize, usize) {
    (shape[..axis].iter().product(), shape[axis..].iter().product())
}

impl Op for Take {
    fn name(&self) -> String {
        format!("take batch {}", self.batch)
    }
    fn infer(&self, inputs: &[&Type]) -> Result<Type> {
        let (source, index) = (&inputs[0].shape, &inputs[1].shape);
        let b = self.batch;
        if inputs[1].dtype != DType::U32 {
            return Err(Error::new("", "the index is not u32", "cast it with to_u32"));
        }
        if source.len() <= b || index.len() < b || source[..b] != index[..b] {
            return Err(Error::new(
                "",
                format!("source {source:?} and index {index:?} differ in their {b} batch axes"),
                "give both the same leading axes",
            ));
        }
        if source[b] == 0 {
            return Err(Error::new("", format!("{source:?} has nothing to take from"), "fill axis first"));
        }
        let shape = [&index[..], &source[b + 1..]].concat();
        Ok(Type { shape, dtype: inputs[0].dtype })
    }
    #[cfg(feature = "reference")]
    fn reference(&self, inputs: &[&[f64]], types: &[&Type], output: &Type) -> Vec<f64> {
        let (n, b) = (types[0].shape[self.batch], self.batch);
        let (outer, inner) = (outer_inner(&types[0].shape, b).0, outer_inner(&types[0].shape, b + 1).1);
        let count = outer_inner(&types[1].shape, b).1;
        let mut result = Vec::with_capacity(output.elements());
        for o in 0..outer {
            for j in 0..count {
                let row = (inputs[1][o * count + j] as usize).min(n - 1);
                result.extend_from_slice(&inputs[0][(o * n + row) * inner..][..inner]);
            }
        }
        result
    }
    fn vjp(&self, g: &mut Graph, inputs: &[Var], _: Var, grad: Var) -> Result<Vec<Option<Var>>> {
        let bins = g.shape(inputs[0])[self.batch];
        Ok(vec![Some(g.scatter_add(inputs[1], grad, bins, self.batch)?), None])
    }
    fn lower(&self, lowering: &mut Lowering, inputs: &[Value], _: &Type) -> Value {
        lowering.take(inputs[0], inputs[1], self.batch)
    }
    fn lift(&self, _: usize) -> Arc<dyn Op> {
        Arc::new(Take { batch: self.batch + 1 })
    }
}

impl Op for ScatterAdd {
    fn name(&self) -> String {
        format!("scatter_add batch {} bins {}", self.batch, self.bins)
    }
    fn infer(&self, inputs: &[&Type]) -> Result<Type> {
        let (index, updates) = (&inputs[0].shape, &inputs[1].shape);
        if inputs[0].dtype != DType::U32 || inputs[1].dtype != DType::F32 {
            return Err(Error::new("", "needs a u32 index and f32 updates", "cast them first"));
        }
        if updates.len() < index.len() || updates[..index.len()] != index[..] || index.len() < self.batch {
            return Err(Error::new(
                "",
                format!("updates {updates:?} do not begin with the axes of the index {index:?}"),
                "give one update per index",
            ));
        }
        Ok(Type::f32([&index[..self.batch], &[self.bins], &updates[index.len()..]].concat()))
    }
    #[cfg(feature = "reference")]
    fn reference(&self, inputs: &[&[f64]], types: &[&Type], output: &Type) -> Vec<f64> {
        let (outer, count) = outer_inner(&types[0].shape, self.batch);
        let inner = outer_inner(&types[1].shape, types[0].shape.len()).1;
        let mut result = vec![0.0; output.elements()];
        for o in 0..outer {
            for j in 0..count {
                let row = (inputs[0][o * count + j] as usize).min(self.bins - 1);
                for i in 0..inner {
                    result[(o * self.bins + row) * inner + i] += inputs[1][(o * count + j) * inner + i];
                }
            }
        }
        result
    }
    fn vjp(&self, g: &mut Graph, inputs: &[Var], _: Var, grad: Var) -> Result<Vec<Option<Var>>> {
        Ok(vec![None, Some(g.take(grad, inputs[0], self.batch)?)])
    }
    fn lower(&self, lowering: &mut Lowering, inputs: &[Value], output: &Type) -> Value {
        lowering.scatter_add(inputs[0], inputs[1], self.batch, &output.shape)
    }
    fn lift(&self, _: usize) -> Arc<dyn Op> {
        Arc::new(ScatterAdd { batch: self.batch + 1, bins: self.bins })
    }
}

impl Graph {
    /// `source [b.., n, inner..]` at `index [b.., j..]` → `[b.., j.., inner..]`, with `batch` axes b.
    /// An index beyond the end reads the last element.
    pub fn take(&mut self, source: Var, index: Var, batch: usize) -> Result<Var> {
        self.apply(Arc::new(Take { batch }), &[source, index])
    }

    /// Sums `updates [b.., j.., inner..]` into `[b.., bins, inner..]` by `index [b.., j..]`.
    pub fn scatter_add(&mut self, index: Var, updates: Var, bins: usize, batch: usize) -> Result<Var> {
        self.apply(Arc::new(ScatterAdd { batch, bins }), &[index, updates])
    }
}
