//! Pooling over the last axes, one or several: the largest or the mean of every window, of a given number of bins
//! (adaptive), or of everything. Compositions of windows and reductions.
//!
//! The gradient of a maximum is shared equally among the elements of a window that are equal to it, the rule of
//! [`Reduction::Max`].

use super::pad::PadMode;
use super::window::Window;
use crate::graph::{Error, Graph, Result, Var};
use crate::ops::reduce::Reduction;

/// How a pool lies along one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Elements in a window.
    pub size: usize,
    /// Distance from one window to the next.
    pub stride: usize,
    /// Places before and after the axis that windows may cover but that do not count; at most half a window.
    pub padding: [usize; 2],
}

impl Pool {
    /// Windows of `size` side by side.
    pub fn new(size: usize) -> Self {
        Pool { size, stride: size, padding: [0, 0] }
    }
}

/// The windows along the last axes of `a` padded with `value`, and the axes that hold their elements.
fn pooled(g: &mut Graph, name: &str, a: Var, pools: &[Pool], value: f32) -> Result<(Var, Vec<usize>)> {
    let shape = g.shape(a).to_vec();
    let name = || format!("{name} {}", g.node(a).label);
    let Some(first) = shape.len().checked_sub(pools.len()).filter(|_| !pools.is_empty()) else {
        return Err(Error::new(
            name(),
            format!("{} pools for the axes of {shape:?}", pools.len()),
            "give one per axis",
        ));
    };
    for (i, (&extent, pool)) in shape[first..].iter().zip(pools).enumerate() {
        let Pool { size, stride, padding: [before, after] } = *pool;
        let window = Window { size, stride, dilation: 1 };
        window.check().map_err(|error| error.at(name()))?;
        if before.max(after) > size / 2 {
            let message = format!("padding of {before} and {after} is more than half a window of {size}");
            return Err(Error::new(name(), message, "pad less or use larger windows"));
        }
        if window.count(before + extent + after) == 0 {
            let axis = first + i;
            let message = format!(
                "a window of {size} is more than {extent} + {} padding, axis {axis} of {shape:?}",
                before + after
            );
            return Err(Error::new(name(), message, "use a smaller window"));
        }
    }
    let padding: Vec<[usize; 2]> = pools.iter().map(|pool| pool.padding).collect();
    let windows: Vec<Window> =
        pools.iter().map(|pool| Window { size: pool.size, stride: pool.stride, dilation: 1 }).collect();
    let padded = g.pad(a, first, &padding, PadMode::Constant(value))?;
    let slid = g.windows(padded, first, &windows)?;
    Ok((slid, (0..pools.len()).map(|i| first + 2 * i + 1).collect()))
}

impl Graph {
    /// The largest element of every window along the last axes, one [`Pool`] an axis: `[.., n]` → `[.., windows]`.
    pub fn max_pool(&mut self, a: Var, pools: &[Pool]) -> Result<Var> {
        // Smaller than what it is beside, and finite, as infinities do not survive every GPU.
        let (slid, sizes) = pooled(self, "max_pool", a, pools, f32::MIN)?;
        self.combine(Reduction::Max, slid, &sizes)
    }

    /// The mean of the real elements of every window along the last axes, one [`Pool`] an axis.
    pub fn average_pool(&mut self, a: Var, pools: &[Pool]) -> Result<Var> {
        let (slid, sizes) = pooled(self, "average_pool", a, pools, 0.0)?;
        let mut result = self.combine(Reduction::Sum, slid, &sizes)?;
        let rank = self.shape(result).len();
        let mut share = 1.0;
        for (i, pool) in pools.iter().enumerate() {
            if pool.padding == [0, 0] {
                share /= pool.size as f32;
                continue;
            }
            let axis = rank - pools.len() + i;
            let (windows, extent) = (self.shape(result)[axis], self.shape(a)[axis]);
            let shares = self.real_shares(pool, windows, extent)?;
            let mut shape = vec![1; pools.len() - i];
            shape[0] = windows;
            let shares = self.reshape(shares, &shape)?;
            result = self.mul(result, shares)?;
        }
        if share == 1.0 { Ok(result) } else { self.mul_number(result, share) }
    }

    /// `[windows]`: one over the number of real elements in each window.
    fn real_shares(&mut self, pool: &Pool, windows: usize, extent: usize) -> Result<Var> {
        let index = self.iota(&[windows])?;
        let index = self.to_f32(index)?;
        let start = self.mul_number(index, pool.stride as f32)?;
        let start = self.add_number(start, -(pool.padding[0] as f32))?;
        let end = self.add_number(start, pool.size as f32)?;
        let (zero, last) = (self.constant(0.0, &[])?, self.constant(extent as f32, &[])?);
        let (start, end) = (self.max(start, zero)?, self.min(end, last)?);
        let count = self.sub(end, start)?;
        self.recip(count)
    }

    /// The mean over `sizes.len()` last axes, each cut into as many bins as `sizes` says. Bin `i` of `m` over `n`
    /// elements holds those from `⌊i · n / m⌋` up to `⌈(i + 1) · n / m⌉` (PyTorch's rule), so bins may overlap.
    pub fn adaptive_average_pool(&mut self, a: Var, sizes: &[usize]) -> Result<Var> {
        let first = self.check_bins("adaptive_average_pool", a, sizes)?;
        if let Some(pools) = even(&self.shape(a)[first..], sizes) {
            return self.average_pool(a, &pools);
        }
        let mut result = a;
        for (i, &bins) in sizes.iter().enumerate() {
            let extent = self.shape(a)[first + i];
            let (start, end) = self.bins(bins, extent)?;
            let (start, end) = (self.reshape(start, &[bins, 1])?, self.reshape(end, &[bins, 1])?);
            let element = self.iota(&[1, extent])?;
            let element = self.to_f32(element)?;
            let middle = self.add_number(element, 0.5)?;
            let (after, before) = (self.less(start, middle)?, self.less(middle, end)?);
            let inside = self.mul(after, before)?;
            let length = self.sub(end, start)?;
            let matrix = self.div(inside, length)?;
            result = self.product_along(result, first + i, matrix)?;
        }
        Ok(result)
    }

    /// The largest element of every bin, with bins as in [`Graph::adaptive_average_pool`].
    pub fn adaptive_max_pool(&mut self, a: Var, sizes: &[usize]) -> Result<Var> {
        let first = self.check_bins("adaptive_max_pool", a, sizes)?;
        if let Some(pools) = even(&self.shape(a)[first..], sizes) {
            return self.max_pool(a, &pools);
        }
        let mut result = a;
        for (i, &bins) in sizes.iter().enumerate() {
            let (axis, extent) = (first + i, self.shape(a)[first + i]);
            let (start, end) = self.bins(bins, extent)?;
            // Bins differ by one element at most; the shorter ones read their last twice.
            let longest = (0..bins).map(|bin| ((bin + 1) * extent).div_ceil(bins) - bin * extent / bins).max();
            let longest = longest.unwrap_or(1);
            let (start, end) = (self.reshape(start, &[bins, 1])?, self.reshape(end, &[bins, 1])?);
            let offset = self.iota(&[1, longest])?;
            let offset = self.to_f32(offset)?;
            let (index, last) = (self.add(start, offset)?, self.add_number(end, -1.0)?);
            let index = self.min(index, last)?;
            let index = self.to_u32(index)?;
            let rank = self.shape(result).len();
            let mut order: Vec<usize> = (0..rank).filter(|&other| other != axis).collect();
            order.insert(0, axis);
            let lines = self.permute(result, &order)?;
            let taken = self.take(lines, index, 0)?;
            let best = self.reduce(Reduction::Max, taken, &[1])?;
            let mut order: Vec<usize> = (1..rank).collect();
            order.insert(axis, 0);
            result = self.permute(best, &order)?;
        }
        Ok(result)
    }

    /// The mean over all axes after the first two: `[batch, channels, ..]` → `[batch, channels]`.
    pub fn global_average_pool(&mut self, a: Var) -> Result<Var> {
        let axes: Vec<usize> = (2..self.shape(a).len()).collect();
        if axes.is_empty() { Ok(a) } else { self.mean(a, &axes) }
    }

    /// The maximum over all axes after the first two: `[batch, channels, ..]` → `[batch, channels]`.
    pub fn global_max_pool(&mut self, a: Var) -> Result<Var> {
        let axes: Vec<usize> = (2..self.shape(a).len()).collect();
        self.reduce(Reduction::Max, a, &axes)
    }

    fn check_bins(&self, name: &str, a: Var, sizes: &[usize]) -> Result<usize> {
        let shape = self.shape(a);
        let first = shape.len().checked_sub(sizes.len()).filter(|_| !sizes.is_empty());
        match first {
            Some(first) if !sizes.contains(&0) && !shape[first..].contains(&0) => Ok(first),
            _ => Err(Error::new(
                format!("{name} {}", self.node(a).label),
                format!("{shape:?} cannot be cut into {sizes:?} bins"),
                "give at least one bin for each of the last axes, which must not be empty",
            )),
        }
    }

    /// First element and the one after the last of each bin, `[bins]` each, as exact floats.
    fn bins(&mut self, bins: usize, extent: usize) -> Result<(Var, Var)> {
        let index = self.iota(&[bins])?;
        let index = self.to_f32(index)?;
        let scaled = self.mul_number(index, extent as f32)?;
        let mut at = |more: usize| {
            // Half a unit keeps the quotient away from whole numbers, whatever way a machine rounds.
            let shifted = self.add_number(scaled, more as f32 + 0.5)?;
            let quotient = self.mul_number(shifted, 1.0 / bins as f32)?;
            self.floor(quotient)
        };
        Ok((at(0)?, at(extent + bins - 1)?))
    }
}

/// Bins of one size are windows.
fn even(extents: &[usize], sizes: &[usize]) -> Option<Vec<Pool>> {
    extents.iter().zip(sizes).map(|(&n, &bins)| (n % bins == 0).then(|| Pool::new(n / bins))).collect()
}
