//! Windows that slide along an axis, and their adjoint, which adds overlapping windows up. Windows are index
//! arithmetic: convolution and pooling read the operand through them. Next: `convolution.rs`, `pool.rs`.

use super::pad::{Range, below, quotient};
#[cfg(feature = "reference")]
use super::slow::{coordinates, flat_index};
use crate::graph::{DType, Error, Func, Graph, Op, Result, Type, Var, elements};
use crate::ops::reduce::Reduction;
use crate::plan::{IndexMap, Lowering, Value};
use std::sync::Arc;

/// Windows of at most this many elements are combined term by term, which runs along the innermost axis. A reduction
/// may run along the windows instead, in loops of two or three elements: on the CPU a pool of 2 × 2 took five times as
/// long (64 pictures of 8 × 28 × 28: 2.7 ms instead of 0.5).
const FEW: usize = 9;

/// How a window lies and moves along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Elements in the window, at least 1.
    pub size: usize,
    /// Distance from one window to the next, at least 1.
    pub stride: usize,
    /// Distance between neighbours in the window, at least 1.
    pub dilation: usize,
}

impl Window {
    /// From the first element of a window to its last, both included.
    pub fn span(&self) -> usize {
        self.size.saturating_sub(1).saturating_mul(self.dilation).saturating_add(1)
    }

    /// Number of whole windows in `extent` elements.
    pub fn count(&self, extent: usize) -> usize {
        extent.checked_sub(self.span()).map_or(0, |rest| rest / self.stride.max(1) + 1)
    }

    /// Elements from the first of the first of `count` windows to the last of the last.
    pub fn reach(&self, count: usize) -> usize {
        if count == 0 { 0 } else { (count - 1).saturating_mul(self.stride).saturating_add(self.span()) }
    }

    /// Refuses what is no window.
    pub(super) fn check(&self) -> Result<()> {
        let Window { size, stride, dilation } = *self;
        if size == 0 || stride == 0 || dilation == 0 {
            let message = format!("a window of {size} with stride {stride} and dilation {dilation} is none");
            return Err(Error::new("", message, "make size, stride and dilation at least 1"));
        }
        Ok(())
    }

    /// Windows that fill the axis side by side are a matter of shape alone.
    fn tiles(&self) -> bool {
        self.stride == self.size && self.dilation == 1
    }

    fn name(&self) -> String {
        format!("size {} stride {} dilation {}", self.size, self.stride, self.dilation)
    }
}

/// `[.., n, ..]` → `[.., count, size, ..]`: element `(c, k)` is element `c · stride + k · dilation` of `axis`.
struct Windows {
    axis: usize,
    window: Window,
}

/// `[.., count, size, ..]` → `[.., extent, ..]`: adds element `(c, k)` to element `c · stride + k · dilation`.
struct Fold {
    axis: usize,
    window: Window,
    extent: usize,
}

impl Op for Windows {
    fn name(&self) -> String {
        format!("windows axis {} {}", self.axis, self.window.name())
    }
    fn infer(&self, inputs: &[&Type]) -> Result<Type> {
        let mut ty = inputs[0].clone();
        self.window.check()?;
        let Some(&extent) = ty.shape.get(self.axis) else {
            return Err(Error::new("", format!("axis {} is not in {:?}", self.axis, ty.shape), "use one that exists"));
        };
        let count = self.window.count(extent);
        if count == 0 {
            let Window { size, dilation, .. } = self.window;
            let message = format!(
                "a window of {size} with dilation {dilation} spans {}, more than axis {} of {:?}",
                self.window.span(),
                self.axis,
                ty.shape
            );
            return Err(Error::new("", message, "use a smaller window or pad"));
        }
        ty.shape[self.axis] = count;
        ty.shape.insert(self.axis + 1, self.window.size);
        Ok(ty)
    }
    #[cfg(feature = "reference")]
    fn reference(&self, inputs: &[&[f64]], types: &[&Type], output: &Type) -> Vec<f64> {
        coordinates(&output.shape)
            .map(|mut at| {
                let inner = at.remove(self.axis + 1);
                at[self.axis] = at[self.axis] * self.window.stride + inner * self.window.dilation;
                inputs[0][flat_index(&at, &types[0].shape)]
            })
            .collect()
    }
    fn vjp(&self, g: &mut Graph, inputs: &[Var], _: Var, grad: Var) -> Result<Vec<Option<Var>>> {
        let extent = g.shape(inputs[0])[self.axis];
        Ok(vec![Some(g.apply(Arc::new(Fold { axis: self.axis, window: self.window, extent }), &[grad])?)])
    }
    fn lower(&self, lowering: &mut Lowering, inputs: &[Value], output: &Type) -> Value {
        let rank = output.shape.len();
        let mut map = IndexMap::constant(rank - 1, rank);
        for axis in 0..rank - 1 {
            map.coefficients[axis][if axis <= self.axis { axis } else { axis + 1 }] = 1;
        }
        map.coefficients[self.axis][self.axis] = self.window.stride as i64;
        map.coefficients[self.axis][self.axis + 1] = self.window.dilation as i64;
        lowering.view(inputs[0], map, &output.shape)
    }
    fn lift(&self, _: usize) -> Arc<dyn Op> {
        Arc::new(Windows { axis: self.axis + 1, window: self.window })
    }
}

impl Op for Fold {
    fn name(&self) -> String {
        format!("fold axis {} {} to {}", self.axis, self.window.name(), self.extent)
    }
    fn infer(&self, inputs: &[&Type]) -> Result<Type> {
        let mut ty = inputs[0].clone();
        self.window.check()?;
        if ty.dtype != DType::F32 {
            return Err(Error::new("", "unsigned integers are not added up", "cast to f32 first"));
        }
        if ty.shape.len() < self.axis + 2 || ty.shape[self.axis + 1] != self.window.size {
            let message = format!("{:?} has no windows of {} along axis {}", ty.shape, self.window.size, self.axis);
            return Err(Error::new("", message, "give one axis of windows and, after it, one of their elements"));
        }
        let reach = self.window.reach(ty.shape[self.axis]);
        if reach > self.extent {
            let message = format!("the windows of {:?} reach {reach} elements, more than {}", ty.shape, self.extent);
            return Err(Error::new("", message, "fold to a larger extent"));
        }
        ty.shape.remove(self.axis + 1);
        ty.shape[self.axis] = self.extent;
        Ok(ty)
    }
    #[cfg(feature = "reference")]
    fn reference(&self, inputs: &[&[f64]], types: &[&Type], output: &Type) -> Vec<f64> {
        let mut result = vec![0.0; output.elements()];
        for (mut at, value) in coordinates(&types[0].shape).zip(inputs[0]) {
            let inner = at.remove(self.axis + 1);
            at[self.axis] = at[self.axis] * self.window.stride + inner * self.window.dilation;
            result[flat_index(&at, &output.shape)] += value;
        }
        result
    }
    fn vjp(&self, g: &mut Graph, inputs: &[Var], _: Var, grad: Var) -> Result<Vec<Option<Var>>> {
        let shape = g.shape(inputs[0]).to_vec();
        let count = shape[self.axis];
        if count == 0 {
            return Ok(vec![Some(g.constant(0.0, &shape)?)]);
        }
        // The extent may have room for more windows than there are.
        let range = Range { axis: self.axis, start: 0, step: 1, count: self.window.reach(count) };
        let reached = if range.count == self.extent { grad } else { g.slices(grad, &[range])? };
        Ok(vec![Some(g.apply(Arc::new(Windows { axis: self.axis, window: self.window }), &[reached])?)])
    }
    /// `Σ_k window (i − k · dilation) / stride, element k`, where that window exists.
    fn lower(&self, l: &mut Lowering, inputs: &[Value], output: &Type) -> Value {
        let source = l.shape(inputs[0]).to_vec();
        if elements(&source) == 0 || output.elements() == 0 {
            return l.constant(0f32.to_bits(), output);
        }
        let Window { size, stride, dilation } = self.window;
        let (axis, rank) = (self.axis, source.len());
        // Which window reaches an element with its k-th, counted backwards so that indices only grow.
        let table = [size, self.extent];
        let reach = (dilation * (size - 1)) as i64;
        let index = quotient(l, &table, -reach, &[dilation as i64, 1], stride);
        let inside = below(l, index, source[axis]);
        // Axes: element of the window (backwards as well), window, all others.
        let others: Vec<usize> = (0..rank).filter(|&a| a != axis && a != axis + 1).collect();
        let rest: Vec<usize> = others.iter().map(|&a| source[a]).collect();
        let mut map = IndexMap::constant(rank, rank);
        for (position, &from) in [axis + 1, axis].iter().chain(&others).enumerate() {
            map.coefficients[from][position] = 1;
        }
        map.offset[axis + 1] = size as i64 - 1;
        map.coefficients[axis + 1][0] = -1;
        let windows = l.view(inputs[0], map, &[&[size, source[axis]], &rest[..]].concat());
        let terms = |l: &mut Lowering, windows: Value, index: Value, inside: Value| {
            let leading = l.shape(index).len();
            let taken = l.take(windows, index, leading - 1);
            let shape = l.shape(taken).to_vec();
            let inside = l.view(inside, IndexMap::identity(shape.len()).first_rows(leading), &shape);
            let zero = l.constant(0f32.to_bits(), &Type::f32(&shape[..]));
            let terms = l.map(Func::Select, &[inside, taken, zero]);
            // The extent goes to its place.
            let mut order: Vec<usize> = (leading..shape.len()).collect();
            order.insert(axis, leading - 1);
            (0..leading - 1).for_each(|first| order.insert(first, first));
            l.permute(terms, &order)
        };
        if size > FEW {
            let terms = terms(l, windows, index, inside);
            return l.reduce(Reduction::Sum, &[0], terms);
        }
        let mut sum = None;
        for k in 0..size {
            let [windows, index, inside] = [windows, index, inside].map(|value| nth(l, value, k));
            let term = terms(l, windows, index, inside);
            sum = Some(sum.map_or(term, |sum| l.map(Func::Add, &[sum, term])));
        }
        sum.expect("a window has elements")
    }
    fn lift(&self, _: usize) -> Arc<dyn Op> {
        Arc::new(Fold { axis: self.axis + 1, window: self.window, extent: self.extent })
    }
}

/// What a reduction gives, for a few elements: term by term.
struct Combine {
    kind: Reduction,
    axes: Vec<usize>,
}

impl Op for Combine {
    fn name(&self) -> String {
        format!("{} few {:?}", self.kind.name(), self.axes)
    }
    fn infer(&self, inputs: &[&Type]) -> Result<Type> {
        let shape = &inputs[0].shape;
        let kept = (0..shape.len()).filter(|axis| !self.axes.contains(axis));
        Ok(Type::f32(kept.map(|axis| shape[axis]).collect::<Vec<_>>()))
    }
    #[cfg(feature = "reference")]
    fn reference(&self, inputs: &[&[f64]], types: &[&Type], output: &Type) -> Vec<f64> {
        let mut result: Vec<Option<f64>> = vec![None; output.elements()];
        for (at, &value) in coordinates(&types[0].shape).zip(inputs[0]) {
            let kept = (0..at.len()).filter(|axis| !self.axes.contains(axis));
            let slot = &mut result[flat_index(&kept.map(|axis| at[axis]).collect::<Vec<_>>(), &output.shape)];
            *slot = Some(match (*slot, self.kind) {
                (None, _) => value,
                (Some(before), Reduction::Max) => before.max(value),
                (Some(before), _) => before + value,
            });
        }
        result.into_iter().flatten().collect()
    }
    /// As the reduction's own.
    fn vjp(&self, g: &mut Graph, inputs: &[Var], output: Var, grad: Var) -> Result<Vec<Option<Var>>> {
        let source = g.shape(inputs[0]).to_vec();
        let mut kept = source.clone();
        self.axes.iter().for_each(|&axis| kept[axis] = 1);
        let grad = g.reshape(grad, &kept)?;
        if self.kind == Reduction::Sum {
            return Ok(vec![Some(g.broadcast_to(grad, &source)?)]);
        }
        let best = g.reshape(output, &kept)?;
        let chosen = g.equal(inputs[0], best)?;
        let ties = g.combine(Reduction::Sum, chosen, &self.axes)?;
        let ties = g.reshape(ties, &kept)?;
        let share = g.div(grad, ties)?;
        Ok(vec![Some(g.mul(chosen, share)?)])
    }
    fn lower(&self, l: &mut Lowering, inputs: &[Value], _: &Type) -> Value {
        let func = if self.kind == Reduction::Max { Func::Max } else { Func::Add };
        // One axis after the other, from the last on; elements of one axis side by side.
        let mut terms = vec![inputs[0]];
        for &axis in self.axes.iter().rev() {
            let mut order: Vec<usize> = (0..l.shape(terms[0]).len()).filter(|&other| other != axis).collect();
            order.insert(0, axis);
            let mut next = Vec::new();
            for term in terms {
                let front = l.permute(term, &order);
                for k in 0..l.shape(front)[0] {
                    next.push(nth(l, front, k));
                }
            }
            terms = next;
        }
        let rest = terms.split_off(1);
        rest.into_iter().fold(terms[0], |all, term| l.map(func, &[all, term]))
    }
    fn lift(&self, _: usize) -> Arc<dyn Op> {
        Arc::new(Combine { kind: self.kind, axes: self.axes.iter().map(|axis| axis + 1).collect() })
    }
}

/// Element `k` of the first axis.
fn nth(l: &mut Lowering, value: Value, k: usize) -> Value {
    let shape = l.shape(value)[1..].to_vec();
    let mut map = IndexMap::constant(shape.len() + 1, shape.len());
    map.offset[0] = k as i64;
    for axis in 0..shape.len() {
        map.coefficients[axis + 1][axis] = 1;
    }
    l.view(value, map, &shape)
}

impl Graph {
    /// The windows along axes `first_axis`, `first_axis + 1`, …: each axis `n` becomes two, `count` and `size`.
    pub fn windows(&mut self, a: Var, first_axis: usize, windows: &[Window]) -> Result<Var> {
        let shape = self.shape(a).to_vec();
        let fits = first_axis + windows.len() <= shape.len();
        let extents = || shape[first_axis..].iter().zip(windows);
        let side_by_side = |(&extent, window): (&usize, &Window)| window.tiles() && window.count(extent) > 0;
        if windows.iter().all(|w| w.check().is_ok()) && fits && extents().all(side_by_side) {
            let (mut split, mut ranges) = (shape[..first_axis].to_vec(), Vec::new());
            for (i, (&extent, window)) in extents().enumerate() {
                let count = window.count(extent);
                split.extend([count, window.size]);
                if count * window.size != extent {
                    ranges.push(Range { axis: first_axis + i, start: 0, step: 1, count: count * window.size });
                }
            }
            split.extend(&shape[first_axis + windows.len()..]);
            let cropped = if ranges.is_empty() { a } else { self.slices(a, &ranges)? };
            return self.reshape(cropped, &split);
        }
        let mut result = a;
        for (i, &window) in windows.iter().enumerate() {
            result = self.apply(Arc::new(Windows { axis: first_axis + 2 * i, window }), &[result])?;
        }
        Ok(result)
    }

    /// The sum or the largest of the elements along `axes` (sorted), which are those of windows.
    pub(super) fn combine(&mut self, kind: Reduction, a: Var, axes: &[usize]) -> Result<Var> {
        let count: usize = axes.iter().map(|&axis| self.shape(a)[axis]).product();
        if (1..=FEW).contains(&count) {
            self.apply(Arc::new(Combine { kind, axes: axes.to_vec() }), &[a])
        } else {
            self.reduce(kind, a, axes)
        }
    }

    /// Adds windows up where they overlap: axes `axis` (`count`) and `axis + 1` (`size`) become one of `extent`
    /// elements, 0 where no window lies. The adjoint of [`Graph::windows`].
    pub fn fold(&mut self, a: Var, axis: usize, window: Window, extent: usize) -> Result<Var> {
        self.apply(Arc::new(Fold { axis, window, extent }), &[a])
    }
}
