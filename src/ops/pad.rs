//! Slices, their adjoint, and padding. A slice is index arithmetic and costs nothing; its adjoint, the pad, places a
//! tensor among copies of one value by reading at a computed position. Padding with elements of the tensor itself
//! (wrap, replicate, reflect) is a sum of placed slices, so that its derivative needs no addition by index.

#[cfg(feature = "reference")]
use super::slow::{coordinates, flat_index};
use crate::graph::{DType, Error, Func, Graph, Op, Placed, Result, Type, Var, elements, strides};
use crate::plan::{IndexMap, Lowering, Value};
use std::sync::Arc;

/// Positions are told from what lies before the first element as 32-bit numbers, and some as exact floats.
const MOST: usize = 1 << 22;

/// `count` elements along `axis`, from `start` on, `step` apart; a negative step runs backwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The axis.
    pub axis: usize,
    /// First element.
    pub start: usize,
    /// Distance from one element to the next.
    pub step: isize,
    /// Number of elements.
    pub count: usize,
}

impl Range {
    #[cfg(feature = "reference")]
    fn at(&self, index: usize) -> usize {
        (self.start as isize + self.step * index as isize) as usize
    }

    /// The way back: `(offset + step · i) / divisor` is the position in the slice of element `i`.
    fn inverse(&self) -> ([i64; 2], usize) {
        let start = self.start as i64;
        match self.step {
            _ if self.count == 1 => ([-start, 1], 1),
            step if step < 0 => ([start, -1], step.unsigned_abs()),
            step => ([-start, 1], step.unsigned_abs()),
        }
    }

    fn name(&self) -> String {
        format!("axis {} from {} step {} count {}", self.axis, self.start, self.step, self.count)
    }
}

/// What lies beyond the edges of a padded tensor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PadMode {
    /// A number everywhere: `0 0 | a b c d | 0 0`.
    Constant(f32),
    /// The other end, as if the axis were a circle: `c d | a b c d | a b`.
    Wrap,
    /// The nearest element: `a a | a b c d | d d`.
    Replicate,
    /// The mirror image, the edge not repeated: `c b | a b c d | c b`.
    Reflect,
}

impl PadMode {
    /// Zeros.
    pub const ZERO: PadMode = PadMode::Constant(0.0);

    /// Name as in messages.
    pub fn name(self) -> &'static str {
        match self {
            PadMode::Constant(_) => "constant",
            PadMode::Wrap => "wrap",
            PadMode::Replicate => "replicate",
            PadMode::Reflect => "reflect",
        }
    }
}

fn names(ranges: &[Range]) -> String {
    ranges.iter().map(Range::name).collect::<Vec<_>>().join(", ")
}

fn lifted(ranges: &[Range]) -> Vec<Range> {
    ranges.iter().map(|range| Range { axis: range.axis + 1, ..*range }).collect()
}

/// The elements in all of `ranges`, at most one an axis.
struct Slice {
    ranges: Vec<Range>,
}

impl Op for Slice {
    fn name(&self) -> String {
        format!("slice {}", names(&self.ranges))
    }
    fn infer(&self, inputs: &[&Type]) -> Result<Type> {
        let source = &inputs[0].shape;
        let mut ty = inputs[0].clone();
        for (position, range) in self.ranges.iter().enumerate() {
            let last = range.start as isize + range.step * (range.count as isize - 1);
            let extent = source.get(range.axis).copied().unwrap_or(0) as isize;
            let inside = |i: isize| (0..extent).contains(&i);
            if range.count > 0 && !(inside(range.start as isize) && inside(last)) || range.axis >= source.len() {
                return Err(Error::new(
                    "",
                    format!("elements {} to {last} of axis {} do not lie in {source:?}", range.start, range.axis),
                    "shorten the slice",
                ));
            }
            if self.ranges[..position].iter().any(|other| other.axis == range.axis) {
                return Err(Error::new("", format!("axis {} is sliced twice", range.axis), "name each axis once"));
            }
            ty.shape[range.axis] = range.count;
        }
        Ok(ty)
    }
    #[cfg(feature = "reference")]
    fn reference(&self, inputs: &[&[f64]], types: &[&Type], output: &Type) -> Vec<f64> {
        coordinates(&output.shape)
            .map(|mut at| {
                for range in &self.ranges {
                    at[range.axis] = range.at(at[range.axis]);
                }
                inputs[0][flat_index(&at, &types[0].shape)]
            })
            .collect()
    }
    fn vjp(&self, g: &mut Graph, inputs: &[Var], _: Var, grad: Var) -> Result<Vec<Option<Var>>> {
        let extents = self.ranges.iter().map(|range| g.shape(inputs[0])[range.axis]).collect();
        Ok(vec![Some(g.apply(Arc::new(Pad::new(self.ranges.clone(), extents, 0.0)), &[grad])?)])
    }
    fn lower(&self, lowering: &mut Lowering, inputs: &[Value], output: &Type) -> Value {
        let mut map = IndexMap::identity(output.shape.len());
        for range in &self.ranges {
            map.offset[range.axis] = range.start as i64;
            map.coefficients[range.axis][range.axis] = range.step as i64;
        }
        lowering.view(inputs[0], map, &output.shape)
    }
    fn lift(&self, _: usize) -> Arc<dyn Op> {
        Arc::new(Slice { ranges: lifted(&self.ranges) })
    }
}

/// Puts the operand where a slice of a larger tensor would read it, with `value` everywhere else; `extents` are those
/// of the larger tensor along the axes of `ranges`.
#[derive(Clone)]
pub(super) struct Pad {
    ranges: Vec<Range>,
    extents: Vec<usize>,
    value: f32,
    /// Whether the result is to lie in memory as a whole, as for operands of a product.
    whole: bool,
}

impl Pad {
    fn new(ranges: Vec<Range>, extents: Vec<usize>, value: f32) -> Pad {
        Pad { ranges, extents, value, whole: false }
    }

    /// Zeros around the operand, all in memory.
    pub(super) fn whole(ranges: Vec<Range>, extents: Vec<usize>) -> Pad {
        Pad { whole: true, ..Pad::new(ranges, extents, 0.0) }
    }
}

impl Op for Pad {
    fn name(&self) -> String {
        let value =
            if self.value == 0.0 { String::new() } else { format!(" with {}", crate::number::text(self.value)) };
        format!("pad to {:?} for {}{value}", self.extents, names(&self.ranges))
    }
    fn infer(&self, inputs: &[&Type]) -> Result<Type> {
        let mut ty = inputs[0].clone();
        if ty.dtype != DType::F32 {
            return Err(Error::new("", "unsigned integers are not padded", "cast to f32 first"));
        }
        for (range, &extent) in self.ranges.iter().zip(&self.extents) {
            if ty.shape.get(range.axis) != Some(&range.count) {
                return Err(Error::new(
                    "",
                    format!("{:?} has not {} along axis {}", ty.shape, range.count, range.axis),
                    "pad a tensor of the extent that the slice has",
                ));
            }
            ty.shape[range.axis] = extent;
        }
        Ok(ty)
    }
    #[cfg(feature = "reference")]
    fn reference(&self, inputs: &[&[f64]], types: &[&Type], output: &Type) -> Vec<f64> {
        let mut result = vec![self.value as f64; output.elements()];
        for (mut at, value) in coordinates(&types[0].shape).zip(inputs[0]) {
            for range in &self.ranges {
                at[range.axis] = range.at(at[range.axis]);
            }
            result[flat_index(&at, &output.shape)] = *value;
        }
        result
    }
    fn vjp(&self, g: &mut Graph, _: &[Var], _: Var, grad: Var) -> Result<Vec<Option<Var>>> {
        Ok(vec![Some(g.apply(Arc::new(Slice { ranges: self.ranges.clone() }), &[grad])?)])
    }
    /// A gather: element `i` of the result is operand element `(i − start) / step`, where that is a whole number within
    /// the operand. Positions come from the running index, so nothing is stored. One axis is gathered along itself,
    /// which takes any view of the operand; several are gathered at once from the operand in memory.
    fn lower(&self, l: &mut Lowering, inputs: &[Value], output: &Type) -> Value {
        let source = l.shape(inputs[0]).to_vec();
        let fill = l.constant(self.value.to_bits(), output);
        if elements(&source) == 0 || output.elements() == 0 {
            return fill;
        }
        let rank = output.shape.len();
        if self.whole && self.value == 0.0 && self.ranges.iter().all(|range| range.step == 1) {
            let mut place = IndexMap::identity(rank);
            self.ranges.iter().for_each(|range| place.offset[range.axis] = range.start as i64);
            return l.padded(inputs[0], place, &output.shape);
        }
        // Position along each axis: affine, or a division.
        let mut positions = Vec::new();
        for (range, &extent) in self.ranges.iter().zip(&self.extents) {
            let ([offset, step], divisor) = range.inverse();
            positions.push(quotient(l, &[extent], offset, &[step], divisor));
        }
        let taken = match (&self.ranges[..], &positions[..]) {
            ([range], [position]) => {
                let mut order: Vec<usize> = (0..rank).filter(|&axis| axis != range.axis).collect();
                order.insert(0, range.axis);
                let lines = l.permute(inputs[0], &order);
                let taken = l.take(lines, *position, 0);
                let mut order: Vec<usize> = (1..rank).collect();
                order.insert(range.axis, 0);
                l.permute(taken, &order)
            }
            _ => {
                let mut steps: Vec<i64> = strides(&source).iter().map(|&step| step as i64).collect();
                let (mut start, mut terms) = (0, Vec::new());
                for (range, &position) in self.ranges.iter().zip(&positions) {
                    let step = std::mem::take(&mut steps[range.axis]);
                    match range.inverse() {
                        ([offset, 1], 1) => {
                            start += offset * step;
                            steps[range.axis] = step;
                        }
                        _ => terms.push((range.axis, position, step)),
                    }
                }
                let mut index = running(l, &output.shape, start, &steps);
                for (axis, position, step) in terms {
                    let position = l.view(position, along(axis, rank), &output.shape);
                    let step = l.constant(step as u32, &Type::u32(&output.shape[..]));
                    let term = l.map(Func::MulU32, &[position, step]);
                    index = l.map(Func::AddU32, &[index, term]);
                }
                let flat = l.reshape(inputs[0], &[elements(&source)]);
                l.take(flat, index, 0)
            }
        };
        self.ranges.iter().zip(positions).fold(taken, |value, (range, position)| {
            let inside = below(l, position, range.count);
            let inside = l.view(inside, along(range.axis, rank), &output.shape);
            l.map(Func::Select, &[inside, value, fill])
        })
    }
    fn placed(&self) -> Option<Placed> {
        match (&self.ranges[..], self.value) {
            // A single element lies the same way in either direction.
            (&[Range { axis, start, step, count }], 0.0) if count > 0 && (step == 1 || count == 1) => {
                Some(Placed { axis, start, count, extent: self.extents[0] })
            }
            _ => None,
        }
    }
    fn lift(&self, _: usize) -> Arc<dyn Op> {
        Arc::new(Pad { ranges: lifted(&self.ranges), ..self.clone() })
    }
}

/// From `rank` axes onto one line that lies along `axis`.
fn along(axis: usize, rank: usize) -> IndexMap {
    let mut map = IndexMap::constant(1, rank);
    map.coefficients[0][axis] = 1;
    map
}

/// `offset + Σ steps · at` as `u32`, with steps of one sign. Below 0 it wraps to numbers beyond any extent, which
/// [`below`] refuses. The running index itself stays within what it counts, whatever view is taken of it, as backends
/// expect; so offset and sign are added outside.
fn running(l: &mut Lowering, shape: &[usize], offset: i64, steps: &[i64]) -> Value {
    let ty = Type::u32(shape);
    let one = l.iota(&Type::u32([1]));
    let backwards = steps.iter().any(|&step| step < 0);
    let steps = steps.iter().map(|step| step.abs()).collect();
    let mut index = l.view(one, IndexMap { rank: shape.len(), offset: vec![0], coefficients: vec![steps] }, shape);
    if backwards {
        let minus_one = l.constant(u32::MAX, &ty);
        index = l.map(Func::MulU32, &[index, minus_one]);
    }
    if offset == 0 {
        return index;
    }
    let offset = l.constant(offset as u32, &ty);
    l.map(Func::AddU32, &[index, offset])
}

/// `(offset + Σ steps · at) / divisor` where that is a whole number not below 0, otherwise a number beyond any extent.
/// Exact for what is below 2²³, with whatever rounding a GPU divides.
pub(super) fn quotient(l: &mut Lowering, shape: &[usize], offset: i64, steps: &[i64], divisor: usize) -> Value {
    let floats = Type::f32(shape);
    let number = |l: &mut Lowering, value: f32| l.constant(value.to_bits(), &floats);
    let dividend = running(l, shape, offset, steps);
    if divisor == 1 {
        return dividend;
    }
    let dividend = l.map(Func::ToF32, &[dividend]);
    let (half, share, divisor) = (number(l, 0.5), number(l, 1.0 / divisor as f32), number(l, divisor as f32));
    let middle = l.map(Func::Add, &[dividend, half]);
    let middle = l.map(Func::Mul, &[middle, share]);
    let whole = l.map(Func::Floor, &[middle]);
    let product = l.map(Func::Mul, &[whole, divisor]);
    let divides = l.map(Func::Equal, &[product, dividend]);
    // A dividend that has wrapped stays larger than any extent, unless the divisor is enormous.
    let (limit, beyond) = (number(l, (1 << 23) as f32), number(l, u32::MAX as f32));
    let small = l.map(Func::Less, &[dividend, limit]);
    let valid = l.map(Func::Mul, &[divides, small]);
    let position = l.map(Func::Select, &[valid, whole, beyond]);
    l.map(Func::ToU32, &[position])
}

/// 1 where an unsigned integer is below `bound`, else 0.
pub(super) fn below(l: &mut Lowering, position: Value, bound: usize) -> Value {
    let floats = Type::f32(l.shape(position));
    let position = l.map(Func::ToF32, &[position]);
    let bound = l.constant((bound as f32 - 0.5).to_bits(), &floats);
    l.map(Func::Less, &[position, bound])
}

impl Graph {
    /// `count` elements along `axis`, from `start`, `step` apart (negative: backwards).
    pub fn slice(&mut self, a: Var, axis: usize, start: usize, step: isize, count: usize) -> Result<Var> {
        self.slices(a, &[Range { axis, start, step, count }])
    }

    /// The elements of `a` that lie in all of `ranges`, at most one an axis.
    pub fn slices(&mut self, a: Var, ranges: &[Range]) -> Result<Var> {
        self.apply(Arc::new(Slice { ranges: ranges.to_vec() }), &[a])
    }

    /// `a` with `amounts[i]` = `[before, after]` more elements along axis `first_axis + i`.
    ///
    /// Wrapping takes at most as many elements as the axis has, reflecting one fewer, replicating any number unless the
    /// axis is empty; what does not fit is refused.
    pub fn pad(&mut self, a: Var, first_axis: usize, amounts: &[[usize; 2]], mode: PadMode) -> Result<Var> {
        let shape = self.shape(a).to_vec();
        let place = |g: &Graph| format!("pad {}", g.node(a).label);
        if first_axis + amounts.len() > shape.len() {
            let message = format!("{} axes from {first_axis} on are not in {shape:?}", amounts.len());
            return Err(Error::new(place(self), message, "give amounts for axes that exist"));
        }
        if amounts.iter().flatten().any(|&amount| amount > MOST) {
            let message = format!("padding of {amounts:?} is more than {MOST} elements a side");
            return Err(Error::new(place(self), message, "pad less"));
        }
        let padded = || amounts.iter().enumerate().filter(|(_, amounts)| **amounts != [0, 0]);
        if let PadMode::Constant(value) = mode {
            let range = |(i, &[before, _]): (usize, &[usize; 2])| {
                let axis = first_axis + i;
                Range { axis, start: before, step: 1, count: shape[axis] }
            };
            let ranges: Vec<Range> = padded().map(range).collect();
            let extents = padded().map(|(i, [before, after])| before + shape[first_axis + i] + after).collect();
            return if ranges.is_empty() {
                Ok(a)
            } else {
                self.apply(Arc::new(Pad::new(ranges, extents, value)), &[a])
            };
        }
        let mut result = a;
        for (i, &[before, after]) in padded() {
            let (axis, extent) = (first_axis + i, shape[first_axis + i]);
            let most = match mode {
                PadMode::Reflect => extent.saturating_sub(1),
                PadMode::Replicate if extent > 0 => usize::MAX,
                _ => extent,
            };
            if before.max(after) > most {
                let message = format!(
                    "{} padding of {before} and {after} needs more than the {extent} elements of axis {axis} of {shape:?}",
                    mode.name()
                );
                return Err(Error::new(place(self), message, format!("pad by at most {most}, or with zeros")));
            }
            // First element and step of what goes before and after.
            let (left, right, step) = match mode {
                PadMode::Wrap => (extent - before, 0, 1),
                PadMode::Reflect => (before, extent.saturating_sub(2), -1),
                _ => (0, extent - 1, 0),
            };
            let middle = result;
            let whole = before + extent + after;
            let mut sum = None;
            for (start, count, step, at) in
                [(0, extent, 1, before), (left, before, step, 0), (right, after, step, before + extent)]
            {
                if count == 0 {
                    continue;
                }
                let piece = self.line(middle, Range { axis, start, step, count })?;
                let range = Range { axis, start: at, step: 1, count };
                let pad = Pad::new(vec![range], vec![whole], 0.0);
                let placed = self.apply(Arc::new(pad), &[piece])?;
                sum = Some(match sum {
                    Some(sum) => self.add(sum, placed)?,
                    None => placed,
                });
            }
            result = sum.unwrap_or(middle);
        }
        Ok(result)
    }

    /// A slice; with a step of 0, one element stretched.
    fn line(&mut self, a: Var, range: Range) -> Result<Var> {
        if range.step != 0 {
            return self.slices(a, &[range]);
        }
        let one = self.slices(a, &[Range { step: 1, count: 1, ..range }])?;
        let mut shape = self.shape(one).to_vec();
        shape[range.axis] = range.count;
        self.broadcast_to(one, &shape)
    }
}
