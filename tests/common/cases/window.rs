//! Windows and their adjoint, padding, convolution, pooling, up-sampling.

use super::{Case, WIDE, cases};
use crate::common::leaf;
use petri::ops::convolution::{ConvolutionOptions, TransposedOptions};
use petri::ops::pad::{PadMode, Range};
use petri::ops::pool::Pool;
use petri::ops::window::Window;

const ZERO: PadMode = PadMode::ZERO;

const fn window(size: usize, stride: usize, dilation: usize) -> Window {
    Window { size, stride, dilation }
}

const fn pool(size: usize, stride: usize, padding: [usize; 2]) -> Pool {
    Pool { size, stride, padding }
}

pub const CASES: &[Case] = cases! {
    "slices of two axes" yes yes |g, l| { let a = leaf(g, l, &[5, 3, 7], WIDE); let s = g.slices(a, &[Range { axis: 0, start: 1, step: 2, count: 2 }, Range { axis: 2, start: 6, step: -1, count: 4 }])?; g.square(s) };
    "slices of no axis" yes yes |g, l| { let a = leaf(g, l, &[5, 3], WIDE); let s = g.slices(a, &[])?; g.square(s) };
    "slices with holes of both axes" yes yes |g, l| { let a = leaf(g, l, &[7, 8], WIDE); let s = g.slices(a, &[Range { axis: 0, start: 6, step: -3, count: 3 }, Range { axis: 1, start: 1, step: 3, count: 2 }])?; g.square(s) };
    "slice of one from far" yes yes |g, l| { let a = leaf(g, l, &[4, 3], WIDE); let s = g.slice(a, 0, 3, -5, 1)?; g.square(s) };
    "pad one axis" yes yes |g, l| { let a = leaf(g, l, &[3, 4], WIDE); let p = g.pad(a, 1, &[[2, 1]], ZERO)?; g.exp(p) };
    "pad two axes of a view" yes yes |g, l| { let a = leaf(g, l, &[3, 4, 2], WIDE); let t = g.permute(a, &[2, 0, 1])?; let p = g.pad(t, 1, &[[0, 2], [1, 0]], ZERO)?; g.exp(p) };
    "slice of what is padded" yes yes |g, l| { let a = leaf(g, l, &[5, 4], WIDE); let p = g.pad(a, 0, &[[2, 3]], ZERO)?; let s = g.slice(p, 0, 2, 1, 7)?; g.exp(s) };
    "slice backwards of what is padded" yes yes |g, l| { let a = leaf(g, l, &[5, 4], WIDE); let p = g.pad(a, 0, &[[2, 3], [1, 1]], ZERO)?; let s = g.slice(p, 0, 6, -2, 4)?; g.exp(s) };
    "pad with a number" yes yes |g, l| { let a = leaf(g, l, &[1, 3], WIDE); let p = g.pad(a, 0, &[[1, 1], [3, 0]], PadMode::Constant(-1.5))?; g.square(p) };
    "pad nothing" yes yes |g, l| { let a = leaf(g, l, &[3], WIDE); let p = g.pad(a, 0, &[[0, 0]], ZERO)?; g.square(p) };
    "pad an empty axis" no no |g, l| { let a = leaf(g, l, &[2, 0], WIDE); g.pad(a, 1, &[[1, 2]], PadMode::Constant(0.5)) };
    "pad by wrapping" yes yes |g, l| { let a = leaf(g, l, &[3, 5], WIDE); let p = g.pad(a, 0, &[[3, 1], [0, 5]], PadMode::Wrap)?; let e = g.exp(p)?; g.square(e) };
    "pad by replicating" yes yes |g, l| { let a = leaf(g, l, &[1, 5, 3], WIDE); let p = g.pad(a, 0, &[[2, 4], [1, 7]], PadMode::Replicate)?; g.exp(p) };
    "pad by reflecting" yes yes |g, l| { let a = leaf(g, l, &[4, 2, 3], WIDE); let p = g.pad(a, 0, &[[3, 2], [0, 1], [2, 0]], PadMode::Reflect)?; g.exp(p) };
    "windows" yes yes |g, l| { let a = leaf(g, l, &[2, 11, 3], WIDE); let w = g.windows(a, 1, &[window(3, 2, 2)])?; g.square(w) };
    "windows along two axes" yes yes |g, l| { let a = leaf(g, l, &[6, 7], WIDE); let w = g.windows(a, 0, &[window(2, 1, 1), window(3, 3, 2)])?; let e = g.exp(w)?; g.sum(e, &[1]) };
    "windows side by side" yes yes |g, l| { let a = leaf(g, l, &[2, 7, 6], WIDE); let w = g.windows(a, 1, &[window(2, 2, 1), window(3, 3, 1)])?; let e = g.exp(w)?; g.sum(e, &[2]) };
    "window of everything" yes yes |g, l| { let a = leaf(g, l, &[5], WIDE); let w = g.windows(a, 0, &[window(5, 1, 1)])?; g.square(w) };
    "windows of one element" yes yes |g, l| { let a = leaf(g, l, &[1, 6], WIDE); let w = g.windows(a, 1, &[window(1, 2, 3)])?; g.square(w) };
    "fold" yes yes |g, l| { let a = leaf(g, l, &[2, 4, 3], WIDE); let f = g.fold(a, 1, window(3, 1, 1), 6)?; g.square(f) };
    "fold with stride and dilation" yes yes |g, l| { let a = leaf(g, l, &[3, 4, 2, 3], WIDE); let p = g.permute(a, &[2, 3, 0, 1])?; let f = g.fold(p, 1, window(3, 3, 2), 13)?; g.exp(f) };
    "fold of long windows" yes yes |g, l| { let a = leaf(g, l, &[2, 3, 11, 2], WIDE); let f = g.fold(a, 1, window(11, 2, 1), 16)?; g.exp(f) };
    "fold of long windows that overlap" yes yes |g, l| { let a = leaf(g, l, &[5, 10], WIDE); let f = g.fold(a, 0, window(10, 1, 3), 32)?; g.square(f) };
    "fold with room for more" yes yes |g, l| { let a = leaf(g, l, &[2, 2, 3], WIDE); let f = g.fold(a, 0, window(2, 2, 1), 9)?; g.exp(f) };
    "fold of one window" yes yes |g, l| { let a = leaf(g, l, &[1, 1], WIDE); let f = g.fold(a, 0, window(1, 4, 1), 1)?; g.square(f) };
    "fold of no window" no no |g, l| { let a = leaf(g, l, &[0, 3, 2], WIDE); g.fold(a, 0, window(3, 2, 1), 4) };
    "convolution 1d" yes yes |g, l| { let x = leaf(g, l, &[2, 3, 7], WIDE); let w = leaf(g, l, &[4, 3, 3], WIDE); g.convolution_1d(x, w, None, &Default::default()) };
    "convolution 1d causal" yes yes |g, l| { let x = leaf(g, l, &[1, 2, 6], WIDE); let w = leaf(g, l, &[3, 2, 3], WIDE); let b = leaf(g, l, &[3], WIDE); g.convolution_1d(x, w, Some(b), &ConvolutionOptions { padding: [[4, 0]], dilation: [2], ..Default::default() }) };
    "convolution 1d of one sample, one channel, one place" yes yes |g, l| { let x = leaf(g, l, &[1, 1, 4], WIDE); let w = leaf(g, l, &[1, 1, 4], WIDE); g.convolution_1d(x, w, None, &Default::default()) };
    "convolution 1d with a long kernel" yes yes |g, l| { let x = leaf(g, l, &[2, 1, 15], WIDE); let w = leaf(g, l, &[2, 1, 12], WIDE); g.convolution_1d(x, w, None, &ConvolutionOptions::same([12])) };
    "convolution 2d" yes yes |g, l| { let x = leaf(g, l, &[2, 3, 5, 4], WIDE); let w = leaf(g, l, &[4, 3, 3, 2], WIDE); let b = leaf(g, l, &[4], WIDE); g.convolution_2d(x, w, Some(b), &Default::default()) };
    "convolution 2d same" yes yes |g, l| { let x = leaf(g, l, &[2, 2, 5, 3], WIDE); let w = leaf(g, l, &[3, 2, 3, 3], WIDE); g.convolution_2d(x, w, None, &ConvolutionOptions::same([3, 3])) };
    "convolution 2d with stride" yes yes |g, l| { let x = leaf(g, l, &[2, 2, 7, 6], WIDE); let w = leaf(g, l, &[3, 2, 3, 3], WIDE); g.convolution_2d(x, w, None, &ConvolutionOptions { stride: [2, 3], padding: [[1, 1], [0, 2]], ..Default::default() }) };
    "convolution 2d dilated, wrapped" yes yes |g, l| { let x = leaf(g, l, &[1, 2, 5, 6], WIDE); let w = leaf(g, l, &[2, 2, 2, 3], WIDE); g.convolution_2d(x, w, None, &ConvolutionOptions { dilation: [3, 2], padding: [[1, 2], [2, 2]], mode: PadMode::Wrap, ..Default::default() }) };
    "convolution 2d reflected" yes yes |g, l| { let x = leaf(g, l, &[1, 1, 4, 4], WIDE); let w = leaf(g, l, &[2, 1, 3, 3], WIDE); g.convolution_2d(x, w, None, &ConvolutionOptions { mode: PadMode::Reflect, ..ConvolutionOptions::same([3, 3]) }) };
    "convolution 2d in groups" yes yes |g, l| { let x = leaf(g, l, &[2, 4, 4, 3], WIDE); let w = leaf(g, l, &[6, 2, 2, 2], WIDE); let b = leaf(g, l, &[6], WIDE); g.convolution_2d(x, w, Some(b), &ConvolutionOptions { groups: 2, ..Default::default() }) };
    "convolution 2d of each channel" yes yes |g, l| { let x = leaf(g, l, &[2, 3, 4, 5], WIDE); let w = leaf(g, l, &[3, 1, 3, 2], WIDE); let b = leaf(g, l, &[3], WIDE); g.convolution_2d(x, w, Some(b), &ConvolutionOptions { groups: 3, stride: [1, 2], padding: [[1, 1], [0, 1]], ..Default::default() }) };
    "convolution 2d of one place" yes yes |g, l| { let x = leaf(g, l, &[2, 3, 3, 4], WIDE); let w = leaf(g, l, &[5, 3, 1, 1], WIDE); let b = leaf(g, l, &[5], WIDE); g.convolution_2d(x, w, Some(b), &Default::default()) };
    "convolution 2d of one place with stride" yes yes |g, l| { let x = leaf(g, l, &[2, 2, 5, 4], WIDE); let w = leaf(g, l, &[3, 2, 1, 1], WIDE); g.convolution_2d(x, w, None, &ConvolutionOptions { stride: [2, 3], padding: [[1, 0], [0, 0]], ..Default::default() }) };
    "convolution 2d by patches" yes yes |g, l| { let x = leaf(g, l, &[2, 2, 5, 6], WIDE); let w = leaf(g, l, &[3, 2, 2, 3], WIDE); g.convolution_2d(x, w, None, &ConvolutionOptions { stride: [2, 3], ..Default::default() }) };
    "convolution of no sample" no no |g, l| { let x = leaf(g, l, &[0, 2, 5], WIDE); let w = leaf(g, l, &[3, 2, 3], WIDE); g.convolution_1d(x, w, None, &ConvolutionOptions::same([3])) };
    "slide with samples innermost" yes yes |g, l| { let x = leaf(g, l, &[2, 5, 4, 3], WIDE); let w = leaf(g, l, &[3, 2, 3, 2], WIDE); g.slide(x, 1, w, &[1, 2], &[[1, 1], [2, 0]]) };
    "slide of two kernels between other axes" yes yes |g, l| { let x = leaf(g, l, &[2, 2, 3, 6, 2], WIDE); let w = leaf(g, l, &[2, 4, 2, 3], WIDE); g.slide(x, 3, w, &[1], &[[0, 2]]) };
    "transposed convolution 1d" yes yes |g, l| { let x = leaf(g, l, &[2, 3, 4], WIDE); let w = leaf(g, l, &[3, 2, 3], WIDE); let b = leaf(g, l, &[2], WIDE); g.transposed_convolution_1d(x, w, Some(b), &Default::default()) };
    "transposed convolution 1d to twice the length" yes yes |g, l| { let x = leaf(g, l, &[1, 2, 4], WIDE); let w = leaf(g, l, &[2, 2, 4], WIDE); g.transposed_convolution_1d(x, w, None, &TransposedOptions { stride: [2], padding: [[1, 1]], ..Default::default() }) };
    "transposed convolution 2d" yes yes |g, l| { let x = leaf(g, l, &[2, 2, 3, 2], WIDE); let w = leaf(g, l, &[2, 3, 3, 2], WIDE); let b = leaf(g, l, &[3], WIDE); g.transposed_convolution_2d(x, w, Some(b), &TransposedOptions { stride: [2, 3], padding: [[1, 1], [0, 1]], output_padding: [1, 2], ..Default::default() }) };
    "transposed convolution 2d in groups, dilated" yes yes |g, l| { let x = leaf(g, l, &[1, 4, 3, 2], WIDE); let w = leaf(g, l, &[4, 1, 2, 2], WIDE); g.transposed_convolution_2d(x, w, None, &TransposedOptions { groups: 2, dilation: [2, 1], ..Default::default() }) };
    "max pool 1d" yes no |g, l| { let x = leaf(g, l, &[2, 3, 9], WIDE); let p = g.max_pool(x, &[pool(3, 2, [0, 0])])?; g.square(p) };
    "max pool 2d" yes no |g, l| { let x = leaf(g, l, &[2, 2, 5, 6], WIDE); let p = g.max_pool(x, &[Pool::new(2), Pool::new(3)])?; g.square(p) };
    "max pool 2d that overlaps" yes no |g, l| { let x = leaf(g, l, &[1, 2, 6, 5], (-9.0, -5.0)); let p = g.max_pool(x, &[pool(3, 2, [1, 1]), pool(2, 1, [0, 1])])?; g.square(p) };
    "max pool 2d of large windows" yes no |g, l| { let x = leaf(g, l, &[2, 9, 7], WIDE); let p = g.max_pool(x, &[pool(4, 3, [2, 0]), pool(3, 2, [0, 0])])?; g.square(p) };
    "average pool of large windows" yes yes |g, l| { let x = leaf(g, l, &[3, 21], WIDE); let p = g.average_pool(x, &[Pool::new(10)])?; g.square(p) };
    "average pool 1d" yes yes |g, l| { let x = leaf(g, l, &[3, 8], WIDE); let p = g.average_pool(x, &[pool(4, 2, [2, 1])])?; g.square(p) };
    "average pool 2d" yes yes |g, l| { let x = leaf(g, l, &[2, 1, 4, 7], WIDE); let p = g.average_pool(x, &[Pool::new(2), Pool::new(2)])?; g.square(p) };
    "average pool 2d that overlaps" yes yes |g, l| { let x = leaf(g, l, &[1, 2, 5, 5], WIDE); let p = g.average_pool(x, &[pool(3, 2, [1, 1]), pool(3, 1, [0, 0])])?; g.square(p) };
    "adaptive average pool" yes yes |g, l| { let x = leaf(g, l, &[2, 2, 5, 7], WIDE); let p = g.adaptive_average_pool(x, &[3, 4])?; g.square(p) };
    "adaptive average pool, evenly" yes yes |g, l| { let x = leaf(g, l, &[2, 6, 4], WIDE); let p = g.adaptive_average_pool(x, &[3, 1])?; g.square(p) };
    "adaptive average pool to more" yes yes |g, l| { let x = leaf(g, l, &[2, 3], WIDE); let p = g.adaptive_average_pool(x, &[5])?; g.square(p) };
    "adaptive max pool" yes no |g, l| { let x = leaf(g, l, &[2, 2, 5, 7], WIDE); let p = g.adaptive_max_pool(x, &[3, 4])?; g.square(p) };
    "global average pool" yes yes |g, l| { let x = leaf(g, l, &[2, 3, 4, 5], WIDE); let p = g.global_average_pool(x)?; g.square(p) };
    "global max pool" yes no |g, l| { let x = leaf(g, l, &[2, 3, 4, 5], WIDE); let p = g.global_max_pool(x)?; g.square(p) };
    "upsample nearest" yes yes |g, l| { let x = leaf(g, l, &[2, 3, 2], WIDE); let p = g.upsample_nearest(x, &[2, 3])?; g.square(p) };
    "upsample linear" yes yes |g, l| { let x = leaf(g, l, &[2, 5], WIDE); let p = g.upsample_linear(x, &[3])?; g.square(p) };
    "upsample bilinear" yes yes |g, l| { let x = leaf(g, l, &[2, 1, 3, 2], WIDE); let p = g.upsample_linear(x, &[2, 4])?; g.square(p) };
};
