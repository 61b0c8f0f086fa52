//! Convolution (the field's name for cross-correlation) over one or two axes, and its adjoint.
//!
//! One convolution is one matrix product: `weights [out, in · kernel] × windows [in · kernel, batch · positions]`
//! (Chellapilla, Puri and Simard, "High performance convolutional neural networks for document processing", 2006), except
//! that the windows are not copied: the product reads them from the padded input. The long axis is that of all positions
//! of all samples, so that the product's columns are many whatever the picture's size, and the gradient of the weights is
//! one product with a long inner axis. With stride 1 it is the operation in `slide.rs`; otherwise derivatives follow from
//! those of windows and products. Layers are in `nn/convolution.rs`.

use super::pad::{PadMode, Range};
use super::window::Window;
use crate::graph::{Error, Graph, Result, Var, elements};
use crate::ops::reduce::Reduction;

/// How a kernel moves over `N` axes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConvolutionOptions<const N: usize> {
    /// Distance from one position to the next along each axis.
    pub stride: [usize; N],
    /// Distance between the elements of the input that neighbouring weights see.
    pub dilation: [usize; N],
    /// Elements added before and after each axis. A causal convolution over time has `[[size − 1, 0]]`.
    pub padding: [[usize; 2]; N],
    /// What the added elements are.
    pub mode: PadMode,
    /// Number of groups of channels that do not see each other.
    pub groups: usize,
}

impl<const N: usize> Default for ConvolutionOptions<N> {
    /// Stride and dilation 1, no padding, one group.
    fn default() -> Self {
        ConvolutionOptions { stride: [1; N], dilation: [1; N], padding: [[0; 2]; N], mode: PadMode::ZERO, groups: 1 }
    }
}

impl<const N: usize> ConvolutionOptions<N> {
    /// Stride 1 with the padding that keeps every extent; an even kernel has the odd element after.
    pub fn same(kernel: [usize; N]) -> Self {
        ConvolutionOptions {
            padding: kernel.map(|size| {
                let total = size.saturating_sub(1);
                [total / 2, total - total / 2]
            }),
            ..Default::default()
        }
    }
}

/// How a transposed convolution spreads its input over `N` axes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TransposedOptions<const N: usize> {
    /// Distance between the places of neighbouring input elements.
    pub stride: [usize; N],
    /// Distance between the places of neighbouring weights.
    pub dilation: [usize; N],
    /// Elements removed before and after each axis: the padding of the convolution whose adjoint this is.
    pub padding: [[usize; 2]; N],
    /// Elements added after each axis before `padding` is removed, which chooses among the extents that a convolution
    /// with stride takes to the same one; less than the stride or the dilation.
    pub output_padding: [usize; N],
    /// Number of groups of channels that do not see each other.
    pub groups: usize,
}

impl<const N: usize> Default for TransposedOptions<N> {
    /// Stride and dilation 1, no padding, one group.
    fn default() -> Self {
        TransposedOptions { stride: [1; N], dilation: [1; N], padding: [[0; 2]; N], output_padding: [0; N], groups: 1 }
    }
}

/// Checks axes, groups and channels before anything is built.
fn check(
    name: &str,
    (input, weights, bias): (&[usize], &[usize], Option<&[usize]>),
    rank: usize,
    groups: usize,
    transposed: bool,
) -> Result<()> {
    let refuse = |message: String, fix: &str| Err(Error::new(name, message, fix));
    if input.len() != rank + 2 || weights.len() != rank + 2 {
        return refuse(
            format!("input {input:?} and weights {weights:?} do not have {} axes each", rank + 2),
            if transposed {
                "use [batch, channels, extents] and [channels, outputs / groups, kernel]"
            } else {
                "use [batch, channels, extents] and [outputs, channels / groups, kernel]"
            },
        );
    }
    let channels = input[1];
    if groups == 0 || channels % groups != 0 || weights[0] % groups != 0 {
        let message = format!("{groups} groups do not divide input {input:?} and weights {weights:?}");
        return refuse(message, "choose a number that divides both numbers of channels");
    }
    let (wanted, have) = if transposed { (channels, weights[0]) } else { (channels / groups, weights[1]) };
    if wanted != have {
        return refuse(
            format!("input {input:?} in {groups} groups needs weights for {wanted} channels, {weights:?} has {have}"),
            "change the weights or the number of groups",
        );
    }
    let outputs = if transposed { weights[1] * groups } else { weights[0] };
    if bias.is_some_and(|bias| bias != [outputs]) {
        return refuse(format!("bias {:?} for {outputs} channels", bias.unwrap_or(&[])), "give one bias per channel");
    }
    if weights[2..].contains(&0) {
        return refuse(format!("the kernel of {weights:?} is empty"), "use a kernel of at least 1");
    }
    Ok(())
}

/// The windows of a kernel; refuses one that does not fit into `extents` with `padding`.
fn fitting(
    name: &str,
    kernel: &[usize],
    (stride, dilation, padding): (&[usize], &[usize], &[[usize; 2]]),
    extents: Option<&[usize]>,
) -> Result<Vec<Window>> {
    let mut windows = Vec::new();
    for (i, &size) in kernel.iter().enumerate() {
        let window = Window { size, stride: stride[i], dilation: dilation[i] };
        window.check().map_err(|error| error.at(name))?;
        if let Some(extent) = extents.map(|extents| extents[i])
            && window.count(extent + padding[i][0] + padding[i][1]) == 0
        {
            let message = format!(
                "a kernel of {size} with dilation {} spans {}, more than {extent} + {} padding along axis {i} of {kernel:?}",
                window.dilation,
                window.span(),
                padding[i][0] + padding[i][1],
            );
            return Err(Error::new(name, message, "use a smaller kernel or dilation, or pad more"));
        }
        windows.push(window);
    }
    Ok(windows)
}

fn with_bias(g: &mut Graph, product: Var, bias: Option<Var>) -> Result<Var> {
    let Some(bias) = bias else { return Ok(product) };
    // In the product's own shape, so that the planner adds it there.
    let mut column = g.shape(product).to_vec();
    *column.last_mut().expect("a matrix") = 1;
    let bias = g.reshape(bias, &column)?;
    g.add(product, bias)
}

fn convolve<const N: usize>(
    g: &mut Graph,
    input: Var,
    weights: Var,
    bias: Option<Var>,
    options: &ConvolutionOptions<N>,
) -> Result<Var> {
    let name = format!("convolution_{N}d {}", g.node(weights).label);
    let ConvolutionOptions { stride, dilation, padding, mode, groups } = *options;
    check(&name, (g.shape(input), g.shape(weights), bias.map(|b| g.shape(b))), N, groups, false)?;
    let (source, kernel) = (g.shape(input).to_vec(), g.shape(weights).to_vec());
    let (batch, channels, outputs) = (source[0], source[1], kernel[0]);
    let windows = fitting(&name, &kernel[2..], (&stride, &dilation, &padding), Some(&source[2..]))?;
    let seen = elements(&kernel[1..]);
    let whole = source[2..].iter().zip(&padding).map(|(extent, [before, after])| extent + before + after);
    let extents: Vec<usize> = whole.zip(&windows).map(|(extent, window)| window.count(extent)).collect();
    let depthwise_only = groups == channels && groups == outputs && seen > 1;
    let narrow = windows.iter().zip(&padding).all(|(window, [before, after])| *before.max(after) < window.span());
    if seen > kernel[1] && !depthwise_only && stride == [1; N] && narrow && mode == PadMode::ZERO {
        return slide(g, input, weights, bias, options, &extents);
    }
    let padded = g.pad(input, 2, &padding, mode).map_err(|error| error.at(&name))?;
    let positions = elements(&extents);

    if depthwise_only {
        let slid = g.windows(padded, 2, &windows)?;
        return depthwise(g, slid, weights, bias);
    }
    // [batch, groups, channels / groups, count, size, count, size] → [groups, channels / groups, size.., batch, count..]
    let (slid, sizes) = if seen == kernel[1] {
        let mut ranges = Vec::new();
        for (axis, (&count, &step)) in extents.iter().zip(&stride).enumerate().filter(|(_, (_, step))| **step > 1) {
            ranges.push(Range { axis: axis + 2, start: 0, step: step as isize, count });
        }
        (if ranges.is_empty() { padded } else { g.slices(padded, &ranges)? }, 0)
    } else {
        (g.windows(padded, 2, &windows)?, N)
    };
    let split = [&[batch, groups, channels / groups], &g.shape(slid)[2..]].concat();
    let slid = g.reshape(slid, &split)?;
    let order: Vec<usize> = if sizes == 0 {
        [1, 2, 0].into_iter().chain(3..3 + N).collect()
    } else {
        [1, 2].into_iter().chain((0..N).map(|i| 4 + 2 * i)).chain([0]).chain((0..N).map(|i| 3 + 2 * i)).collect()
    };
    let slid = g.permute(slid, &order)?;
    let grouped: &[usize] = if groups == 1 { &[] } else { &[groups] };
    let columns = g.reshape(slid, &[grouped, &[seen, batch * positions]].concat())?;
    let weights = g.reshape(weights, &[grouped, &[outputs / groups, seen]].concat())?;
    let product = g.matmul(weights, columns)?;
    let product = with_bias(g, product, bias)?;
    let result = g.reshape(product, &[&[outputs, batch], &extents[..]].concat())?;
    swap_first_two(g, result)
}

/// Stride 1 and zeros around: `[batch, channels, ..]` → `[groups, channels / groups, batch, ..]` and back.
fn slide<const N: usize>(
    g: &mut Graph,
    input: Var,
    weights: Var,
    bias: Option<Var>,
    options: &ConvolutionOptions<N>,
    extents: &[usize],
) -> Result<Var> {
    let groups = options.groups;
    let (source, kernel) = (g.shape(input).to_vec(), g.shape(weights).to_vec());
    let (batch, outputs) = (source[0], kernel[0]);
    let grouped: &[usize] = if groups == 1 { &[] } else { &[groups] };
    let lead = grouped.len();
    let channels_first = swap_first_two(g, input)?;
    let split = [grouped, &[source[1] / groups], &[batch], &source[2..]].concat();
    let channels_first = g.reshape(channels_first, &split)?;
    let weights = g.reshape(weights, &[grouped, &[outputs / groups], &kernel[1..]].concat())?;
    let product = g.slide(channels_first, lead + 2, weights, &options.dilation, &options.padding)?;
    let product = with_bias(g, product, bias)?;
    let result = g.reshape(product, &[&[outputs, batch], extents].concat())?;
    swap_first_two(g, result)
}

/// One kernel per channel: `[batch, channels, count, size, ..]`, weighted and summed without a copy of the windows.
fn depthwise(g: &mut Graph, slid: Var, weights: Var, bias: Option<Var>) -> Result<Var> {
    let rank = g.shape(slid).len();
    let kernel = g.shape(weights).to_vec();
    let mut shape = vec![kernel[0]];
    shape.extend(kernel[2..].iter().flat_map(|&size| [1, size]));
    let weights = g.reshape(weights, &shape)?;
    let terms = g.mul(slid, weights)?;
    let sizes: Vec<usize> = (3..rank).step_by(2).collect();
    let sum = g.combine(Reduction::Sum, terms, &sizes)?;
    let Some(bias) = bias else { return Ok(sum) };
    let mut shape = vec![1; sizes.len() + 1];
    shape[0] = kernel[0];
    let bias = g.reshape(bias, &shape)?;
    g.add(sum, bias)
}

fn swap_first_two(g: &mut Graph, a: Var) -> Result<Var> {
    let mut order: Vec<usize> = (0..g.shape(a).len()).collect();
    order.swap(0, 1);
    g.permute(a, &order)
}

fn transposed<const N: usize>(
    g: &mut Graph,
    input: Var,
    weights: Var,
    bias: Option<Var>,
    options: &TransposedOptions<N>,
) -> Result<Var> {
    let name = format!("transposed_convolution_{N}d {}", g.node(weights).label);
    let TransposedOptions { stride, dilation, padding, output_padding, groups } = *options;
    check(&name, (g.shape(input), g.shape(weights), bias.map(|b| g.shape(b))), N, groups, true)?;
    let (source, kernel) = (g.shape(input).to_vec(), g.shape(weights).to_vec());
    let (batch, channels, outputs) = (source[0], source[1], kernel[1] * groups);
    let windows = fitting(&name, &kernel[2..], (&stride, &dilation, &padding), None)?;
    let mut ranges = Vec::new();
    let mut extents = Vec::new();
    for (i, window) in windows.iter().enumerate() {
        let (more, [before, after]) = (output_padding[i], padding[i]);
        if more >= stride[i].max(dilation[i]) && more > 0 {
            let message = format!("output padding {more} with stride {} and dilation {}", stride[i], dilation[i]);
            return Err(Error::new(name, message, "use less than the larger of the two"));
        }
        let whole = window.reach(source[i + 2]) + more;
        if before + after >= whole {
            let message = format!("padding of {before} and {after} leaves nothing of {whole} elements along axis {i}");
            return Err(Error::new(name, message, "remove less"));
        }
        extents.push(whole);
        if before + after > 0 {
            ranges.push(Range { axis: i + 2, start: before, step: 1, count: whole - before - after });
        }
    }
    let seen = elements(&kernel[1..]);
    let grouped: &[usize] = if groups == 1 { &[] } else { &[groups] };
    let columns = swap_first_two(g, input)?;
    let columns = g.reshape(columns, &[grouped, &[channels / groups, batch * elements(&source[2..])]].concat())?;
    let weights = g.reshape(weights, &[grouped, &[channels / groups, seen]].concat())?;
    let weights = g.transpose(weights)?;
    let product = g.matmul(weights, columns)?;
    // [outputs, size.., batch, count..] → [batch, outputs, count, size, count, size], folded from the last axis on.
    let apart = g.reshape(product, &[&[outputs], &kernel[2..], &[batch], &source[2..]].concat())?;
    let order: Vec<usize> = [N + 1, 0].into_iter().chain((0..N).flat_map(|i| [N + 2 + i, 1 + i])).collect();
    let mut result = g.permute(apart, &order)?;
    for i in (0..N).rev() {
        result = g.fold(result, 2 + 2 * i, windows[i], extents[i])?;
    }
    if !ranges.is_empty() {
        result = g.slices(result, &ranges)?;
    }
    let Some(bias) = bias else { return Ok(result) };
    let mut shape = vec![1; N + 1];
    shape[0] = outputs;
    let bias = g.reshape(bias, &shape)?;
    g.add(result, bias)
}

impl Graph {
    /// `input [batch, channels, length]`, `weights [outputs, channels / groups, size]`, `bias [outputs]` →
    /// `[batch, outputs, positions]`: element `p` is `Σ weights · input` over the window that begins at `p · stride`.
    pub fn convolution_1d(
        &mut self,
        input: Var,
        weights: Var,
        bias: Option<Var>,
        options: &ConvolutionOptions<1>,
    ) -> Result<Var> {
        convolve(self, input, weights, bias, options)
    }

    /// `input [batch, channels, height, width]`, `weights [outputs, channels / groups, height, width]`,
    /// `bias [outputs]` → `[batch, outputs, rows, columns]`, as [`Graph::convolution_1d`] in two directions.
    pub fn convolution_2d(
        &mut self,
        input: Var,
        weights: Var,
        bias: Option<Var>,
        options: &ConvolutionOptions<2>,
    ) -> Result<Var> {
        convolve(self, input, weights, bias, options)
    }

    /// The adjoint of [`Graph::convolution_1d`] in its input: `input [batch, channels, length]`,
    /// `weights [channels, outputs / groups, size]`, `bias [outputs]` → `[batch, outputs, length']` with
    /// `length' = (length − 1) · stride + (size − 1) · dilation + 1 + output_padding − padding`.
    pub fn transposed_convolution_1d(
        &mut self,
        input: Var,
        weights: Var,
        bias: Option<Var>,
        options: &TransposedOptions<1>,
    ) -> Result<Var> {
        transposed(self, input, weights, bias, options)
    }

    /// The adjoint of [`Graph::convolution_2d`] in its input: `input [batch, channels, height, width]`,
    /// `weights [channels, outputs / groups, height, width]`, `bias [outputs]`.
    pub fn transposed_convolution_2d(
        &mut self,
        input: Var,
        weights: Var,
        bias: Option<Var>,
        options: &TransposedOptions<2>,
    ) -> Result<Var> {
        transposed(self, input, weights, bias, options)
    }
}
