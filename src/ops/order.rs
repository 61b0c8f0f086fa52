//! Order along an axis: rank, sort, positions of a sort, the k best, quantiles, positions of extremes.
//!
//! Everything comes from the rank of each element, found by comparing it with all others in one reduction, which
//! needs no memory beyond its result and is the same on every backend. An axis of n elements costs n² comparisons a
//! row: a few milliseconds a row at n = 2,000 on one core, and four times that for twice the length; it is not meant for
//! more. Sorted values are the elements scattered to their ranks, so that their derivative is a gather.
//!
//! *Ties* keep the order in which they stood, ascending and descending. *NaN* counts as +∞: last when ascending, first
//! when descending. (WGSL lets an implementation assume that there is none; there its place is not certain.)

use super::join::stored;
use super::reduce::Reduction;
use crate::graph::{DType, Error, Func, Graph, Op, Result, Type, Var};
use crate::plan::{IndexMap, Lowering, MOST_AXES, Value};
use std::sync::Arc;

/// Ranks are counted in floats, which are exact up to here (and n² is far too dear before).
const MOST_EXTENT: usize = 1 << 20;

/// The direction of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// `[.., n]` → `u32` `[.., n]`: the place of each element in the order of its row.
struct Rank {
    order: Order,
}

impl Op for Rank {
    fn name(&self) -> String {
        match self.order {
            Order::Ascending => "rank ascending".into(),
            Order::Descending => "rank descending".into(),
        }
    }
    fn infer(&self, inputs: &[&Type]) -> Result<Type> {
        let shape = &inputs[0].shape;
        if inputs[0].dtype != DType::F32 {
            return Err(Error::new("", "unsigned integers are not ordered", "cast to f32 first"));
        }
        let fits = shape.last().is_some_and(|&extent| extent <= MOST_EXTENT) && shape.len() < MOST_AXES;
        if !fits {
            return Err(Error::new(
                "",
                format!("{shape:?} has no last axis of at most {MOST_EXTENT} elements, or over {} axes", MOST_AXES - 1),
                "order a shorter axis of a tensor with fewer axes",
            ));
        }
        Ok(Type::u32(&shape[..]))
    }
    #[cfg(feature = "reference")]
    fn reference(&self, inputs: &[&[f64]], _: &[&Type], output: &Type) -> Vec<f64> {
        let extent = output.shape[output.shape.len() - 1];
        let mut result = vec![0.0; output.elements()];
        for (row, ranks) in inputs[0].chunks(extent.max(1)).zip(result.chunks_mut(extent.max(1))) {
            let key = |position: usize| if row[position].is_nan() { f64::INFINITY } else { row[position] };
            let mut positions: Vec<usize> = (0..extent).collect();
            positions.sort_by(|&a, &b| {
                let (a, b) = if self.order == Order::Ascending { (key(a), key(b)) } else { (key(b), key(a)) };
                a.partial_cmp(&b).expect("no NaN among keys")
            });
            for (rank, position) in positions.into_iter().enumerate() {
                ranks[position] = rank as f64;
            }
        }
        result
    }
    fn vjp(&self, _: &mut Graph, _: &[Var], _: Var, _: Var) -> Result<Vec<Option<Var>>> {
        Ok(vec![None])
    }
    /// Of each pair exactly one comes first: the later one if it is truly before the earlier, else the earlier.
    fn lower(&self, l: &mut Lowering, inputs: &[Value], output: &Type) -> Value {
        let shape = &output.shape;
        let last = shape.len() - 1;
        if output.elements() == 0 {
            return l.constant(0, output);
        }
        // NaN becomes +∞ once, not in each comparison.
        let number = l.map(Func::Equal, &[inputs[0], inputs[0]]);
        let infinity = l.constant(f32::INFINITY.to_bits(), &Type::f32(&shape[..]));
        let key = l.map(Func::Select, &[number, inputs[0], infinity]);
        let key = stored(l, key);
        // Axes: those of the result, then the elements that each is compared with.
        let wide = [&shape[..], &[shape[last]]].concat();
        let mut to_other = IndexMap::dropping_last(wide.len());
        to_other.coefficients[last].swap(last, last + 1);
        let own = l.view(key, IndexMap::dropping_last(wide.len()), &wide);
        let other = l.view(key, to_other.clone(), &wide);
        let place = l.iota(&Type::u32([shape[last]]));
        let place = l.map(Func::ToF32, &[place]);
        let place = stored(l, place);
        let along = |axis: usize| {
            let mut map = IndexMap::constant(1, wide.len());
            map.coefficients[0][axis] = 1;
            map
        };
        let (own_place, other_place) = (l.view(place, along(last), &wide), l.view(place, along(last + 1), &wide));
        let (first, second) = match self.order {
            Order::Ascending => (own, other),
            Order::Descending => (other, own),
        };
        let own_before = l.map(Func::Less, &[first, second]);
        let other_before = l.map(Func::Less, &[second, first]);
        // Where an element stands, less the earlier ones that it passes, plus the later ones that pass it.
        let passed = l.map(Func::Neg, &[own_before]);
        let other_earlier = l.map(Func::Less, &[other_place, own_place]);
        let counts = l.map(Func::Select, &[other_earlier, passed, other_before]);
        let moved = l.reduce(Reduction::Sum, &[last + 1], counts);
        let mut own_axis = IndexMap::constant(1, shape.len());
        own_axis.coefficients[0][last] = 1;
        let stood = l.view(place, own_axis, shape);
        let rank = l.map(Func::Add, &[stood, moved]);
        l.map(Func::ToU32, &[rank])
    }
    fn lift(&self, _: usize) -> Arc<dyn Op> {
        Arc::new(Rank { order: self.order })
    }
}

impl Graph {
    /// Place (`u32`) of each element in the order of its line along `axis`: 0 for the first. A permutation in every
    /// line, whatever the ties.
    pub fn rank(&mut self, a: Var, axis: usize, order: Order) -> Result<Var> {
        let last = self.last_of(a, axis, "rank")?;
        let rows = self.move_axis(a, axis, last)?;
        let ranks = self.apply(Arc::new(Rank { order }), &[rows])?;
        self.move_axis(ranks, last, axis)
    }

    /// The elements in order along `axis`. The gradient goes back to where each element came from.
    pub fn sort(&mut self, a: Var, axis: usize, order: Order) -> Result<Var> {
        let last = self.last_of(a, axis, "sort")?;
        let rows = self.move_axis(a, axis, last)?;
        let (extent, rank) = (self.shape(rows)[last], self.rank(rows, last, order)?);
        let sorted = self.by_rank(rank, rows, extent)?;
        self.move_axis(sorted, last, axis)
    }

    /// Positions (`u32`) of the elements in order along `axis`: `take_along_axis` at them is `sort`.
    pub fn argsort(&mut self, a: Var, axis: usize, order: Order) -> Result<Var> {
        let last = self.last_of(a, axis, "argsort")?;
        let rows = self.move_axis(a, axis, last)?;
        let (extent, rank) = (self.shape(rows)[last], self.rank(rows, last, order)?);
        let positions = self.positions_by_rank(rank, extent)?;
        self.move_axis(positions, last, axis)
    }

    /// The first `k` elements in order along `axis`, and their positions (`u32`): the k largest, from the largest on,
    /// if `order` is descending. The gradient goes back to where each came from.
    pub fn top_k(&mut self, a: Var, k: usize, axis: usize, order: Order) -> Result<(Var, Var)> {
        let last = self.last_of(a, axis, "top k")?;
        let extent = self.shape(a)[axis];
        if k > extent {
            return Err(Error::new(
                format!("top k {}", self.node(a).label),
                format!("{k} elements are asked of {extent} along axis {axis} of {:?}", self.shape(a)),
                format!("ask for at most {extent}"),
            ));
        }
        let rows = self.move_axis(a, axis, last)?;
        let rank = self.rank(rows, last, order)?;
        // One more bin takes all the others.
        let bins = extent.min(k + 1);
        let (values, positions) = (self.by_rank(rank, rows, bins)?, self.positions_by_rank(rank, bins)?);
        let (values, positions) = (self.slice(values, last, 0, 1, k)?, self.slice(positions, last, 0, 1, k)?);
        Ok((self.move_axis(values, last, axis)?, self.move_axis(positions, last, axis)?))
    }

    /// The `q`-quantile along `axis`, which is dropped: 0 the smallest, ½ the median, 1 the largest, linear between
    /// neighbours in order (Hyndman and Fan's definition 7, NumPy's default).
    pub fn quantile(&mut self, a: Var, axis: usize, q: f64) -> Result<Var> {
        self.last_of(a, axis, "quantile")?;
        let extent = self.shape(a)[axis];
        if extent == 0 || !(0.0..=1.0).contains(&q) {
            return Err(Error::new(
                format!("quantile {}", self.node(a).label),
                format!("{extent} elements along axis {axis} have no such quantile"),
                "ask for one between 0 and 1 of at least one element",
            ));
        }
        let sorted = self.sort(a, axis, Order::Ascending)?;
        let place = q * (extent - 1) as f64;
        let below = (place as usize).min(extent - 1);
        let share = (place - below as f64) as f32;
        let low = self.slice(sorted, axis, below, 1, 1)?;
        let low = self.squeeze(low, axis)?;
        if share == 0.0 {
            return Ok(low);
        }
        let high = self.slice(sorted, axis, below + 1, 1, 1)?;
        let high = self.squeeze(high, axis)?;
        let (low, high) = (self.mul_number(low, 1.0 - share)?, self.mul_number(high, share)?);
        self.add(low, high)
    }

    /// The median along `axis`, which is dropped; of an even number, the mean of the middle two.
    pub fn median(&mut self, a: Var, axis: usize) -> Result<Var> {
        self.quantile(a, axis, 0.5)
    }

    /// Position (`u32`) of the first largest element along `axis`, which is dropped; NaN is never chosen.
    pub fn argmax_along(&mut self, a: Var, axis: usize) -> Result<Var> {
        self.reduce(Reduction::ArgMax, a, &[axis])
    }

    /// Position (`u32`) of the first smallest element along `axis`, which is dropped; NaN is never chosen.
    pub fn argmin_along(&mut self, a: Var, axis: usize) -> Result<Var> {
        let negative = self.neg(a)?;
        self.argmax_along(negative, axis)
    }

    /// Number of the last axis, if `axis` is one.
    fn last_of(&self, a: Var, axis: usize, what: &str) -> Result<usize> {
        let shape = self.shape(a);
        if axis < shape.len() {
            return Ok(shape.len() - 1);
        }
        Err(Error::new(
            format!("{what} {}", self.node(a).label),
            format!("axis {axis} is not in {shape:?}"),
            "use an axis that exists",
        ))
    }

    /// `values [.., n]` at their places `rank [.., n]` among `bins`.
    fn by_rank(&mut self, rank: Var, values: Var, bins: usize) -> Result<Var> {
        let batch = self.shape(rank).len() - 1;
        if bins == 0 {
            return Ok(values);
        }
        self.scatter_add(rank, values, bins, batch)
    }

    /// For each of `bins` places, the position of the element whose rank it is.
    fn positions_by_rank(&mut self, rank: Var, bins: usize) -> Result<Var> {
        let shape = self.shape(rank).to_vec();
        let index = self.iota(&shape[shape.len() - 1..])?;
        let index = self.to_f32(index)?;
        let index = self.broadcast_to(index, &shape)?;
        let positions = self.by_rank(rank, index, bins)?;
        self.to_u32(positions)
    }
}
