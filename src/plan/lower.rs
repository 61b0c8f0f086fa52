//! From the open set of operations to the closed set of the planner, with simplification on the way:
//! equal values are built once, constants fold, neutral elements and chains of views disappear.

use super::table::Table;
use crate::graph::{DType, Func, Graph, Type, Var, elements, strides};
use crate::ops::reduce::Reduction;
use crate::ops::scan::{Recurrence, Section};
use rustc_hash::FxHashMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Handle of a lowered value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Value(pub(crate) u32);

impl Value {
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// How the coordinates of a view lead to coordinates of its source:
/// `source[j] = offset[j] + Σ_i coefficients[j][i] · at[i]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IndexMap {
    /// Number of axes of the view.
    pub rank: usize,
    /// Start along each source axis.
    pub offset: Vec<i64>,
    /// One row per source axis, one column per axis of the view.
    pub coefficients: Vec<Vec<i64>>,
}

impl IndexMap {
    /// The view whose every element is the source's first: `rank` axes onto `source` axes.
    pub fn constant(source: usize, rank: usize) -> Self {
        IndexMap { rank, offset: vec![0; source], coefficients: vec![vec![0; rank]; source] }
    }

    /// The view that changes nothing.
    pub fn identity(rank: usize) -> Self {
        let mut map = Self::constant(rank, rank);
        for axis in 0..rank {
            map.coefficients[axis][axis] = 1;
        }
        map
    }

    /// From `rank` axes to the source that lacks the last one: a broadcast along a new last axis.
    pub fn dropping_last(rank: usize) -> Self {
        let mut map = Self::identity(rank);
        map.offset.pop();
        map.coefficients.pop();
        map
    }

    /// First `outer`, then `self`: from the axes of `outer`'s view to the axes of `self`'s source.
    pub fn after(&self, outer: &IndexMap) -> IndexMap {
        let mut offset = self.offset.clone();
        let mut coefficients = vec![vec![0; outer.rank]; self.offset.len()];
        for (j, row) in self.coefficients.iter().enumerate() {
            for (i, &c) in row.iter().enumerate().filter(|(_, c)| **c != 0) {
                offset[j] += c * outer.offset[i];
                for (total, &inner) in coefficients[j].iter_mut().zip(&outer.coefficients[i]) {
                    *total += c * inner;
                }
            }
        }
        IndexMap { rank: outer.rank, offset, coefficients }
    }

    /// The same iteration onto the first `count` source axes only.
    pub(crate) fn first_rows(&self, count: usize) -> IndexMap {
        IndexMap {
            rank: self.rank,
            offset: self.offset[..count].to_vec(),
            coefficients: self.coefficients[..count].to_vec(),
        }
    }

    /// Offset and strides into row-major memory of the source.
    pub(crate) fn access(&self, source: &[usize]) -> (i64, Vec<i64>) {
        let steps = strides(source);
        let mut total = (0, vec![0; self.rank]);
        for (j, &step) in steps.iter().enumerate() {
            total.0 += step as i64 * self.offset[j];
            for (sum, c) in total.1.iter_mut().zip(&self.coefficients[j]) {
                *sum += step as i64 * c;
            }
        }
        total
    }
}

/// What a lowered value is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Core {
    Leaf(usize),
    Constant(u32),
    Iota,
    Map(Func, Vec<Value>),
    View(Value, IndexMap),
    Reshape(Value),
    Reduce(Reduction, Vec<usize>, Value),
    /// Rows of `a` times columns of `b`. Of the axes of `a`, the last are `rows` and then `inner`; of `b` they are as many
    /// `inner` and then `columns`. The result has one axis of all rows and one of all columns.
    MatMul {
        a: Value,
        b: Value,
        rows: usize,
        inner: usize,
        columns: usize,
    },
    Take {
        source: Value,
        index: Value,
        batch: usize,
    },
    Scatter {
        index: Value,
        updates: Value,
        batch: usize,
    },
    /// Copies, see [`Lowering::copy`], one after the other along an axis; each is written where it belongs.
    Join(usize, Vec<Value>),
    /// A copy, see [`Lowering::copy`], among zeros; it is written where it belongs.
    Padded(Value, IndexMap),
    /// All results of a recurrence, one after the other.
    Scan(Same<Recurrence>, Vec<Value>),
}

/// Something that is equal only to itself.
pub(crate) struct Same<T>(pub Arc<T>);

impl<T> Clone for Same<T> {
    fn clone(&self) -> Self {
        Same(self.0.clone())
    }
}

impl<T> PartialEq for Same<T> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl<T> Eq for Same<T> {}

impl<T> Hash for Same<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.0).hash(state);
    }
}

impl<T> fmt::Debug for Same<T> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{:p}", Arc::as_ptr(&self.0))
    }
}

impl Core {
    /// Operands.
    pub(crate) fn inputs(&self) -> Vec<Value> {
        match self {
            Core::Leaf(_) | Core::Constant(_) | Core::Iota => Vec::new(),
            Core::Map(_, inputs) | Core::Scan(_, inputs) | Core::Join(_, inputs) => inputs.clone(),
            Core::View(source, _) | Core::Padded(source, _) | Core::Reshape(source) | Core::Reduce(_, _, source) => {
                vec![*source]
            }
            Core::MatMul { a, b, .. } => vec![*a, *b],
            Core::Take { source, index, .. } => vec![*source, *index],
            Core::Scatter { index, updates, .. } => vec![*index, *updates],
        }
    }
}

/// The lowered graph under construction; operations add to it through these methods.
#[derive(Default)]
pub struct Lowering {
    pub(crate) nodes: Vec<(Core, Type)>,
    /// Where in the model each value comes from, for messages.
    labels: Vec<Arc<str>>,
    /// Label of the graph node that is being lowered.
    present: Arc<str>,
    known: FxHashMap<(Core, Type), Value>,
    /// The join or padded tensor that each part lies in, and where: from coordinates of the part to those of the whole.
    parts: Table<(Value, IndexMap)>,
    /// By graph node.
    lowered: Vec<Option<Value>>,
}

impl Lowering {
    /// The lowered form of a graph node, built on demand.
    pub(crate) fn node(&mut self, graph: &Graph, var: Var) -> Value {
        self.lowered.resize(self.lowered.len().max(graph.nodes().len()), None);
        // An explicit stack: deep graphs must not overflow wasm's small one.
        let mut stack = vec![var];
        while let Some(&top) = stack.last() {
            let node = graph.node(top);
            let before = stack.len();
            if self.lowered[top.index()].is_none() {
                stack.extend(node.inputs.iter().filter(|input| self.lowered[input.index()].is_none()));
            }
            if stack.len() > before {
                continue;
            }
            stack.pop();
            if self.lowered[top.index()].is_some() {
                continue;
            }
            let inputs: Vec<Value> = node.inputs.iter().map(|input| self.known_node(*input)).collect();
            self.present = node.label.clone();
            let value = node.op.lower(self, &inputs, &node.ty);
            debug_assert_eq!(*self.ty(value), node.ty, "{} lowered to another type", node.op.name());
            self.lowered[top.index()] = Some(value);
        }
        self.known_node(var)
    }

    fn known_node(&self, var: Var) -> Value {
        self.lowered[var.index()].expect("lowered before its users")
    }

    fn push(&mut self, core: Core, ty: Type) -> Value {
        if let Some(&value) = self.known.get(&(core.clone(), ty.clone())) {
            return value;
        }
        self.nodes.push((core.clone(), ty.clone()));
        self.labels.push(self.present.clone());
        let value = Value(self.nodes.len() as u32 - 1);
        self.known.insert((core, ty), value);
        value
    }

    pub(crate) fn core(&self, value: Value) -> &Core {
        &self.nodes[value.index()].0
    }

    pub(crate) fn label(&self, value: Value) -> &Arc<str> {
        &self.labels[value.index()]
    }

    pub(crate) fn ty(&self, value: Value) -> &Type {
        &self.nodes[value.index()].1
    }

    /// Shape of a value.
    pub fn shape(&self, value: Value) -> &[usize] {
        &self.ty(value).shape
    }

    /// Leaf number `index`.
    pub fn leaf(&mut self, index: usize, ty: &Type) -> Value {
        self.push(Core::Leaf(index), ty.clone())
    }

    /// The same bits in every element.
    pub fn constant(&mut self, bits: u32, ty: &Type) -> Value {
        self.push(Core::Constant(bits), ty.clone())
    }

    /// The row-major index of each element.
    pub fn iota(&mut self, ty: &Type) -> Value {
        self.push(Core::Iota, ty.clone())
    }

    /// A scalar function of equally shaped values.
    pub fn map(&mut self, func: Func, inputs: &[Value]) -> Value {
        let row = func.row();
        let ty = Type { shape: self.shape(inputs[0]).to_vec(), dtype: row.result };
        let constants: Vec<Option<u32>> =
            inputs.iter().map(|&v| if let Core::Constant(bits) = self.core(v) { Some(*bits) } else { None }).collect();
        if let Some(all) = constants.iter().copied().collect::<Option<Vec<u32>>>() {
            return self.constant(fold(func, &all), &ty);
        }
        let is = |position: usize, number: f32| constants[position] == Some(number.to_bits());
        match func {
            Func::Add if is(0, 0.0) => return inputs[1],
            Func::Add | Func::Sub if is(1, 0.0) => return inputs[0],
            Func::Mul if is(0, 1.0) => return inputs[1],
            Func::Mul | Func::Div if is(1, 1.0) => return inputs[0],
            Func::Neg => {
                if let Core::Map(Func::Neg, inner) = self.core(inputs[0]) {
                    return inner[0];
                }
            }
            _ => {}
        }
        self.push(Core::Map(func, inputs.to_vec()), ty)
    }

    /// An affine view of a value.
    pub fn view(&mut self, source: Value, map: IndexMap, shape: &[usize]) -> Value {
        let ty = Type { shape: shape.to_vec(), dtype: self.ty(source).dtype };
        match self.core(source).clone() {
            Core::Constant(bits) => self.constant(bits, &ty),
            Core::View(inner, first) => self.view(inner, first.after(&map), shape),
            _ if self.shape(source) == shape && map == IndexMap::identity(shape.len()) => source,
            _ => self.push(Core::View(source, map), ty),
        }
    }

    /// Whether the value is a piece of its source's memory, in order and without gaps.
    pub(crate) fn is_dense_view(&self, value: Value) -> bool {
        let Core::View(source, map) = self.core(value) else { return false };
        let shape = self.shape(value);
        let (_, steps) = map.access(self.shape(*source));
        shape.iter().zip(steps).zip(strides(shape)).all(|((&extent, step), dense)| extent == 1 || step == dense as i64)
    }

    /// A copy of a value that stands for the new contents of a leaf; never shared or simplified away.
    pub(crate) fn copy(&mut self, value: Value) -> Value {
        let ty = self.ty(value).clone();
        self.nodes.push((Core::View(value, IndexMap::identity(ty.shape.len())), ty));
        self.labels.push(self.labels[value.index()].clone());
        Value(self.nodes.len() as u32 - 1)
    }

    /// The values one after the other along `axis`; at least one has elements. Nothing is copied: whatever computes a part
    /// writes it to its place.
    pub fn join(&mut self, axis: usize, parts: &[Value]) -> Value {
        let parts: Vec<Value> = parts.iter().copied().filter(|&part| self.shape(part)[axis] > 0).collect();
        if let [only] = parts[..] {
            return only;
        }
        if let Some(value) = self.join_turned(axis, &parts) {
            return value;
        }
        let mut ty = self.ty(parts[0]).clone();
        ty.shape[axis] = parts.iter().map(|&part| self.shape(part)[axis]).sum();
        let key = (Core::Join(axis, parts.clone()), ty.clone());
        if let Some(&value) = self.known.get(&key) {
            return value;
        }
        let copies: Vec<Value> = parts.iter().map(|&part| self.copy(part)).collect();
        self.nodes.push((Core::Join(axis, copies.clone()), ty.clone()));
        self.labels.push(self.present.clone());
        let value = Value(self.nodes.len() as u32 - 1);
        self.known.insert(key, value);
        let mut place = IndexMap::identity(ty.shape.len());
        for copy in copies {
            self.parts.insert(copy, (value, place.clone()));
            place.offset[axis] += self.shape(copy)[axis] as i64;
        }
        value
    }

    /// Parts that are all turned alike are joined as they lie, and turned then: so nothing is copied.
    fn join_turned(&mut self, axis: usize, parts: &[Value]) -> Option<Value> {
        let Core::View(_, map) = self.core(parts[0]) else { return None };
        let map = map.clone();
        let rank = map.rank;
        let mut from = vec![None; rank];
        for (source, row) in map.coefficients.iter().enumerate() {
            let mut along = (0..rank).filter(|&at| row[at] != 0);
            match (along.next(), along.next()) {
                (Some(at), None) if row[at] == 1 && map.offset[source] == 0 && from[at].is_none() => {
                    from[at] = Some(source);
                }
                _ => return None,
            }
        }
        let source_axis = from[axis]?;
        let mut sources = Vec::new();
        for &part in parts {
            match self.core(part) {
                Core::View(source, own)
                    if *own == map
                        && (0..rank).all(|at| {
                            from[at].is_some_and(|axis| self.shape(*source)[axis] == self.shape(part)[at])
                        }) =>
                {
                    sources.push(*source)
                }
                _ => return None,
            }
        }
        let mut shape = self.shape(parts[0]).to_vec();
        shape[axis] = parts.iter().map(|&part| self.shape(part)[axis]).sum();
        let joined = self.join(source_axis, &sources);
        Some(self.view(joined, map, &shape))
    }

    /// The value at `place` of a tensor of `shape` that is zero elsewhere: from coordinates of the value to those of the
    /// tensor. It has memory of its own, in which the zeros are never written: whatever computes the value writes it to
    /// its place.
    pub(crate) fn padded(&mut self, value: Value, place: IndexMap, shape: &[usize]) -> Value {
        let ty = Type { shape: shape.to_vec(), dtype: self.ty(value).dtype };
        let key = (Core::Padded(value, place.clone()), ty.clone());
        if let Some(&value) = self.known.get(&key) {
            return value;
        }
        let copy = self.copy(value);
        self.nodes.push((Core::Padded(copy, place.clone()), ty));
        self.labels.push(self.present.clone());
        let padded = Value(self.nodes.len() as u32 - 1);
        self.known.insert(key, padded);
        self.parts.insert(copy, (padded, place));
        padded
    }

    /// The value whose memory holds `value` once it is stored, and where in it: a part of a join lies in the join, what
    /// is padded among the zeros.
    pub(crate) fn home(&self, value: Value) -> (Value, Option<&IndexMap>) {
        self.parts.get(value).map_or((value, None), |(whole, place)| (*whole, Some(place)))
    }

    /// Axis `i` of the result is axis `order[i]` of the source.
    pub fn permute(&mut self, source: Value, order: &[usize]) -> Value {
        let shape: Vec<usize> = order.iter().map(|&axis| self.shape(source)[axis]).collect();
        let mut map = IndexMap::constant(order.len(), order.len());
        for (position, &axis) in order.iter().enumerate() {
            map.coefficients[axis][position] = 1;
        }
        self.view(source, map, &shape)
    }

    /// The same elements under another shape. Affine (so a view) wherever every source axis is split or
    /// kept; only merging axes needs the source in memory.
    pub fn reshape(&mut self, source: Value, shape: &[usize]) -> Value {
        if self.shape(source) == shape {
            return source;
        }
        let ty = Type { shape: shape.to_vec(), dtype: self.ty(source).dtype };
        match *self.core(source) {
            Core::Reshape(inner) => return self.reshape(inner, shape),
            // What was only split is taken as it was: merging the axes of a view would cost a copy.
            Core::View(inner, _) if self.is_dense_view(source) && ty.elements() == self.ty(inner).elements() => {
                return self.reshape(inner, shape);
            }
            _ => {}
        }
        match split_map(self.shape(source), shape) {
            Some(map) => self.view(source, map, shape),
            None => self.push(Core::Reshape(source), ty),
        }
    }

    /// Combines along `axes` (sorted), dropping them.
    pub fn reduce(&mut self, kind: Reduction, axes: &[usize], source: Value) -> Value {
        let shape: Vec<usize> = (0..self.shape(source).len())
            .filter(|axis| !axes.contains(axis))
            .map(|axis| self.shape(source)[axis])
            .collect();
        let dtype = if kind == Reduction::ArgMax { DType::U32 } else { DType::F32 };
        self.push(Core::Reduce(kind, axes.to_vec(), source), Type { shape, dtype })
    }

    /// Matrix product over the last two axes, equal batch axes before. An operand whose rows, columns or inner axis were
    /// merged from several axes is read as it was before, so that nothing is copied for it.
    pub fn matmul(&mut self, a: Value, b: Value) -> Value {
        let mut shape = self.shape(a).to_vec();
        let last = shape.len() - 1;
        shape[last] = self.shape(b)[last];
        let (mut left, mut right) = (self.unmerged(a), self.unmerged(b));
        let [of_left, of_right] = [&left.axes[last], &right.axes[last - 1]];
        if of_left != of_right && of_left.len() > 1 && of_right.len() > 1 {
            right = Unmerged::as_it_is(b, self.shape(b));
        }
        // Both have the same inner axes now, or one has a single axis, and splitting that costs nothing.
        if left.axes[last].len() > 1 {
            right.axes[last - 1] = left.axes[last].clone();
        } else {
            left.axes[last] = right.axes[last - 1].clone();
        }
        let [a, b] = [&left, &right].map(|operand| self.reshape(operand.value, &operand.axes.concat()));
        let [rows, inner, columns] = [left.axes[last - 1].len(), left.axes[last].len(), right.axes[last].len()];
        self.push(Core::MatMul { a, b, rows, inner, columns }, Type::f32(shape))
    }

    /// An operand of a product before some of its axes were merged, if it is such.
    fn unmerged(&mut self, value: Value) -> Unmerged {
        let shape = self.shape(value).to_vec();
        let rank = shape.len();
        let (merged, map) = match self.core(value) {
            Core::View(merged, map) => (*merged, map.clone()),
            _ => (value, IndexMap::identity(rank)),
        };
        let untouched = Unmerged::as_it_is(value, &shape);
        let Core::Reshape(source) = *self.core(merged) else { return untouched };
        let (before, after) = (self.shape(source).to_vec(), self.shape(merged).to_vec());
        let Some(groups) = merged_axes(&before, &after) else { return untouched };
        // Each axis of the operand has to be a whole one of what was merged, or none.
        let mut from: Vec<Option<usize>> = vec![None; rank];
        for (axis, row) in map.coefficients.iter().enumerate() {
            let mut along = (0..rank).filter(|&at| row[at] != 0 && shape[at] > 1);
            match (along.next(), along.next()) {
                (None, _) if map.offset[axis] == 0 => {}
                (Some(at), None) if row[at] == 1 && after[axis] == shape[at] && from[at].is_none() => {
                    from[at] = Some(axis);
                }
                _ => return untouched,
            }
        }
        let axes: Vec<Vec<usize>> = (0..rank)
            .map(|at| from[at].map_or(vec![shape[at]], |axis| groups[axis].clone().map(|i| before[i]).collect()))
            .collect();
        if axes[..rank - 2].iter().any(|group| group.len() > 1) {
            return untouched;
        }
        let all = axes.concat();
        let mut to_source = IndexMap::constant(before.len(), all.len());
        let mut next = 0;
        for (at, group) in axes.iter().enumerate() {
            for (place, i) in from[at].map_or(0..0, |axis| groups[axis].clone()).enumerate() {
                to_source.coefficients[i][next + place] = 1;
            }
            next += group.len();
        }
        Unmerged { value: self.view(source, to_source, &all), axes }
    }

    /// `source [b.., n, inner..]` at `index [b.., j..]` → `[b.., j.., inner..]`.
    pub fn take(&mut self, source: Value, index: Value, batch: usize) -> Value {
        let shape = [self.shape(index), &self.shape(source)[batch + 1..]].concat();
        let ty = Type { shape, dtype: self.ty(source).dtype };
        self.push(Core::Take { source, index, batch }, ty)
    }

    /// All results of a recurrence in one line, see [`Recurrence::sections`]. Operands: carries, rows with the axis of
    /// steps first, what is shared.
    pub(crate) fn scan(&mut self, recurrence: &Arc<Recurrence>, operands: Vec<Value>) -> Value {
        let elements = recurrence.sections().iter().map(|Section { size, rows, .. }| size * rows).sum();
        self.push(Core::Scan(Same(recurrence.clone()), operands), Type::f32([elements]))
    }

    /// Sums `updates [b.., j.., inner..]` by `index [b.., j..]` into `shape` = `[b.., bins, inner..]`.
    pub fn scatter_add(&mut self, index: Value, updates: Value, batch: usize, shape: &[usize]) -> Value {
        self.push(Core::Scatter { index, updates, batch }, Type::f32(shape))
    }
}

/// An operand of a product, and the extents of the axes that make up each axis of its matrix.
struct Unmerged {
    value: Value,
    axes: Vec<Vec<usize>>,
}

impl Unmerged {
    fn as_it_is(value: Value, shape: &[usize]) -> Self {
        Unmerged { value, axes: shape.iter().map(|&extent| vec![extent]).collect() }
    }
}

/// The axes of `before` that each axis of `after` was merged from, where a reshape only merges. What has one element
/// along an axis needs none.
fn merged_axes(before: &[usize], after: &[usize]) -> Option<Vec<std::ops::Range<usize>>> {
    let mut next = 0;
    let groups = after.iter().map(|&extent| {
        let first = next;
        let mut covered = 1;
        while covered < extent {
            covered *= before.get(next)?;
            next += 1;
        }
        (covered == extent).then_some(first..next)
    });
    let groups: Option<Vec<_>> = groups.collect();
    groups.filter(|_| before[next..].iter().all(|&extent| extent == 1))
}

/// Evaluates a function of constants exactly as the CPU would.
fn fold(func: Func, bits: &[u32]) -> u32 {
    let lanes: Vec<[f32; 4]> = bits.iter().map(|&b| [f32::from_bits(b); 4]).collect();
    let mut sources: [&[f32]; 4] = [&[]; 4];
    for (source, lane) in sources.iter_mut().zip(&lanes) {
        *source = lane;
    }
    let mut result = [0.0; 4];
    (func.row().lanes)(&mut result, sources);
    result[0].to_bits()
}

/// The affine map of a reshape in which every source axis becomes one or more adjacent axes of the
/// result (axes of extent 1 come and go freely); `None` where axes merge.
pub(crate) fn split_map(source: &[usize], result: &[usize]) -> Option<IndexMap> {
    if elements(source) == 0 {
        return None;
    }
    let mut map = IndexMap::constant(source.len(), result.len());
    let mut next = 0;
    for (axis, &extent) in source.iter().enumerate() {
        if extent == 1 {
            continue;
        }
        let first = next;
        let mut covered = 1;
        while covered < extent {
            covered *= *result.get(next)?;
            next += 1;
        }
        if covered != extent {
            return None;
        }
        let mut step = 1;
        for position in (first..next).rev() {
            map.coefficients[axis][position] = step;
            step *= result[position] as i64;
        }
    }
    Some(map)
}
