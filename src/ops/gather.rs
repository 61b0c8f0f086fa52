//! Reading and adding by computed index: `take` and `scatter_add`, each the other's derivative, and what is made of
//! them along any axis. An index (`u32`) beyond the end means the last element, on every backend.

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
        if self.bins == 0 {
            return Err(Error::new("", "there is no bin to add to", "give at least one"));
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

    /// Whole slices of `a` along `axis`, at `index [j..]`: the axis is replaced by the axes j.
    pub fn gather(&mut self, a: Var, index: Var, axis: usize) -> Result<Var> {
        let front = self.move_axis(a, axis, 0)?;
        let taken = self.take(front, index, 0)?;
        // Axes are j.., then those before `axis`, then those behind it.
        let width = self.shape(index).len();
        let rank = self.shape(taken).len();
        let order: Vec<usize> = (width..width + axis).chain(0..width).chain(width + axis..rank).collect();
        self.permute(taken, &order)
    }

    /// One element of each line of `a` along `axis` for each entry of `index`, which has the shape of `a` but for the
    /// extent of that axis: `result[.., j, ..] = a[.., index[.., j, ..], ..]`.
    pub fn take_along_axis(&mut self, a: Var, index: Var, axis: usize) -> Result<Var> {
        self.check_lines(a, index, axis, "take along axis")?;
        let last = self.shape(a).len() - 1;
        let (rows, index) = (self.move_axis(a, axis, last)?, self.move_axis(index, axis, last)?);
        let taken = self.take(rows, index, last)?;
        self.move_axis(taken, last, axis)
    }

    /// The counterpart of [`Graph::take_along_axis`]: sums `updates` along `axis` into `bins` elements, each update at
    /// the place that the entry of `index` (of the same shape) names.
    pub fn scatter_add_along_axis(&mut self, index: Var, updates: Var, bins: usize, axis: usize) -> Result<Var> {
        self.check_lines(updates, index, axis, "scatter along axis")?;
        let last = self.shape(updates).len() - 1;
        let (index, updates) = (self.move_axis(index, axis, last)?, self.move_axis(updates, axis, last)?);
        let sums = self.scatter_add(index, updates, bins, last)?;
        self.move_axis(sums, last, axis)
    }

    fn check_lines(&self, a: Var, index: Var, axis: usize, what: &str) -> Result<()> {
        let (x, y) = (self.shape(a), self.shape(index));
        let same = |other: usize| other == axis || x[other] == y[other];
        if axis < x.len() && x.len() == y.len() && (0..x.len()).all(same) {
            return Ok(());
        }
        Err(Error::new(
            format!("{what} {}", self.node(a).label),
            format!("index {y:?} does not fit {x:?} outside axis {axis}"),
            "give both the same shape but for that axis",
        ))
    }

    /// Rows of `table [entries, width]` at `index [j..]` → `[j.., width]`. The gradient adds up the rows that were
    /// read, so that others get none.
    pub fn embedding(&mut self, table: Var, index: Var) -> Result<Var> {
        self.take(table, index, 0)
    }

    /// `labels [..]` (`u32`) as 0 and 1 along a new axis of `classes`, which becomes axis `axis` of the result. A label
    /// of `classes` or more gives zeros.
    pub fn one_hot_along(&mut self, labels: Var, classes: usize, axis: usize) -> Result<Var> {
        let labels = self.unsqueeze(labels, axis)?;
        let mut line = vec![1; self.shape(labels).len()];
        line[axis] = classes;
        let number = self.iota(&line)?;
        self.equal_u32(labels, number)
    }

    /// `a`, but the number `value` where `mask` is not 0; no gradient flows there.
    pub fn masked_fill(&mut self, a: Var, mask: Var, value: f32) -> Result<Var> {
        let value = self.constant(value, &[])?;
        self.select(mask, value, a)
    }

    /// 1 where `a` is 0, else 0.
    pub fn logical_not(&mut self, a: Var) -> Result<Var> {
        let zero = self.constant(0.0, &[])?;
        self.equal(a, zero)
    }

    /// 1 where `a ≤ b`, else 0 (for NaN, too).
    pub fn less_equal(&mut self, a: Var, b: Var) -> Result<Var> {
        let (less, equal) = (self.less(a, b)?, self.equal(a, b)?);
        self.max(less, equal)
    }
}
