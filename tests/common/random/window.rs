//! Windows, convolution, pooling, resampling.

use super::{Draw, Operation, fit, no, operations};
use petri::graph::{Graph, Result, Var};
use petri::ops::convolution::{ConvolutionOptions, TransposedOptions};
use petri::ops::pad::PadMode;
use petri::ops::pool::Pool;
use petri::ops::window::Window;

/// A window that fits `extent` elements.
fn window(d: &mut Draw, extent: usize) -> Window {
    let mut window = Window { size: 1 + d.below(extent.min(4)), stride: 1 + d.below(3), dilation: 1 + d.below(2) };
    if window.span() > extent {
        window.dilation = 1;
    }
    window
}

/// `[batch, channels, extents..]`, of some value. Channels are even, so that they can be grouped.
fn picture(g: &mut Graph, d: &mut Draw, extents: usize) -> Result<Var> {
    let a = d.any();
    let mut shape = vec![1 + d.below(2), 2 * (1 + d.below(2))];
    (0..extents).for_each(|_| shape.push(3 + d.below(5)));
    fit(g, a, &shape)
}

struct Kernel<const N: usize> {
    input: Var,
    weights: Var,
    bias: Option<Var>,
    stride: [usize; N],
    dilation: [usize; N],
    groups: usize,
}

/// A picture with weights; their first two extents are outputs by channels of a group, or with `transposed` channels by
/// outputs of a group.
fn kernel<const N: usize>(g: &mut Graph, d: &mut Draw, transposed: bool) -> Result<Kernel<N>> {
    let input = picture(g, d, N)?;
    let (channels, groups, each) = (g.shape(input)[1], 1 + d.below(2), 1 + d.below(2));
    let first = if transposed { [channels, each] } else { [groups * each, channels / groups] };
    let shape: Vec<usize> = first.into_iter().chain((0..N).map(|_| 1 + d.below(3))).collect();
    let weights = d.shaped(g, &shape)?;
    let bias = if d.flag() { Some(d.shaped(g, &[groups * each])?) } else { None };
    let (stride, dilation) = ([0; N].map(|_| 1 + d.below(2)), [0; N].map(|_| 1));
    Ok(Kernel { input, weights, bias, stride, dilation, groups })
}

fn options<const N: usize>(d: &mut Draw, k: &Kernel<N>) -> ConvolutionOptions<N> {
    let mode = [PadMode::ZERO, PadMode::Wrap, PadMode::Replicate, PadMode::Reflect][d.below(4)];
    let padding = [0; N].map(|_| [d.below(3), d.below(2)]);
    let dilation = k.dilation.map(|_| 1 + d.below(2));
    ConvolutionOptions { stride: k.stride, dilation, padding, mode, groups: k.groups }
}

fn transposed_options<const N: usize>(d: &mut Draw, k: &Kernel<N>) -> TransposedOptions<N> {
    let padding = [0; N].map(|_| [d.below(2), d.below(2)]);
    let output_padding = k.stride.map(|stride| d.below(stride));
    TransposedOptions { stride: k.stride, dilation: k.dilation, padding, output_padding, groups: k.groups }
}

/// A value with pools for its last one or two axes.
fn pools(g: &Graph, d: &mut Draw) -> Result<(Var, Vec<Pool>)> {
    let a = d.of_rank(g, 2)?;
    let shape = g.shape(a);
    let last = &shape[shape.len() - 1 - d.below(2)..];
    let pools = last.iter().map(|&extent| {
        let size = 1 + d.below(extent.min(3));
        let padding = if size > 1 { [d.below(2), d.below(2)] } else { [0, 0] };
        Pool { size, stride: 1 + d.below(3), padding }
    });
    let pools = pools.collect();
    Ok((a, pools))
}

/// The last axes of a value.
fn last_axes(g: &Graph, a: Var, count: usize) -> Vec<usize> {
    (g.shape(a).len() - count..g.shape(a).len()).collect()
}

fn bins(g: &Graph, d: &mut Draw, a: Var) -> Vec<usize> {
    let shape = g.shape(a);
    shape[shape.len() - 1 - d.below(2)..].iter().map(|&extent| 1 + d.below(extent.min(4))).collect()
}

/// Windows of one axis of a value, and their adjoint.
fn folded(g: &mut Graph, d: &mut Draw) -> Result<Var> {
    let (a, axis) = d.with_axis(g)?;
    let extent = g.shape(a)[axis];
    let w = window(d, extent);
    let pieces = g.windows(a, axis, &[w])?;
    if g.shape(pieces)[axis] == 0 {
        return no("no window fits");
    }
    let changed = g.square(pieces)?;
    g.fold(changed, axis, w, extent)
}

pub const OPERATIONS: &[Operation] = operations! {
    "windows" anywhere |g, d| { let (a, axis) = d.with_axis(g)?; let w = window(d, g.shape(a)[axis]); g.windows(a, axis, &[w]) };
    "windows of two axes" anywhere |g, d| { let a = d.of_rank(g, 2)?; let w = [window(d, g.shape(a)[0]), window(d, g.shape(a)[1])]; g.windows(a, 0, &w) };
    "fold" anywhere |g, d| folded(g, d);
    "convolution 1d" anywhere |g, d| { let k = kernel::<1>(g, d, false)?; g.convolution_1d(k.input, k.weights, k.bias, &options(d, &k)) };
    "convolution 2d" anywhere |g, d| { let k = kernel::<2>(g, d, false)?; g.convolution_2d(k.input, k.weights, k.bias, &options(d, &k)) };
    "transposed convolution 1d" anywhere |g, d| { let k = kernel::<1>(g, d, true)?; g.transposed_convolution_1d(k.input, k.weights, k.bias, &transposed_options(d, &k)) };
    "transposed convolution 2d" anywhere |g, d| { let k = kernel::<2>(g, d, true)?; g.transposed_convolution_2d(k.input, k.weights, k.bias, &transposed_options(d, &k)) };
    "max pool" outside |g, d| { let (a, p) = pools(g, d)?; d.no_ties(g, a, &last_axes(g, a, p.len()), 3)?; g.max_pool(a, &p) };
    "average pool" anywhere |g, d| { let (a, p) = pools(g, d)?; g.average_pool(a, &p) };
    "adaptive average pool" anywhere |g, d| { let a = d.of_rank(g, 2)?; let bins = bins(g, d, a); g.adaptive_average_pool(a, &bins) };
    "adaptive max pool" outside |g, d| { let a = d.of_rank(g, 2)?; let bins = bins(g, d, a); d.no_ties(g, a, &last_axes(g, a, bins.len()), 999)?; g.adaptive_max_pool(a, &bins) };
    "global average pool" anywhere |g, d| { let a = d.of_rank(g, 3)?; g.global_average_pool(a) };
    "global max pool" outside |g, d| { let a = d.of_rank(g, 3)?; d.no_ties(g, a, &last_axes(g, a, g.shape(a).len() - 2), 999)?; g.global_max_pool(a) };
    "upsample nearest" anywhere |g, d| { let a = d.of_rank(g, 1)?; g.upsample_nearest(a, &[1 + d.below(3)]) };
    "upsample linear" anywhere |g, d| { let a = d.of_rank(g, 2)?; g.upsample_linear(a, &[1 + d.below(2), 1 + d.below(3)]) };
};
