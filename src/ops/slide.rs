//! Convolution at stride 1 as one operation, because the gradient of its input is another one: that of the padded gradient
//! with the kernel turned round. As a product and a sum of overlapping windows it would take memory for every element of
//! every window. The windows themselves are views, of which the product reads what it needs. Next: `convolution.rs`.

use super::pad::{Pad, Range};
#[cfg(feature = "reference")]
use super::slow::{coordinates, flat_index};
use super::window::Window;
use crate::graph::{Error, Graph, Op, Result, Type, Var, elements};
use crate::plan::{IndexMap, Lowering, Value};
use std::sync::Arc;

/// `input [lead.., channels, .., extents.., ..]`, `kernel [lead.., outputs, channels, sizes..]` → `[lead.., outputs, places]`
/// with the places of all windows, and the other axes of the input around them, counted in row-major order.
struct Slide {
    /// Axes that input and kernel share: each has a kernel of its own.
    lead: usize,
    /// First of the axes of the input along which the kernel slides.
    axis: usize,
    /// One per such axis, with stride 1.
    windows: Vec<Window>,
    /// Zeros before and after each such axis, fewer than a window spans.
    padding: Vec<[usize; 2]>,
}

impl Slide {
    /// The padded input's shape.
    fn padded(&self, input: &[usize]) -> Vec<usize> {
        let mut shape = input.to_vec();
        for (extent, [before, after]) in shape[self.axis..].iter_mut().zip(&self.padding) {
            *extent += before + after;
        }
        shape
    }

    /// What pads the input, if anything has to.
    fn pad(&self, input: &[usize]) -> Option<Pad> {
        let shape = self.padded(input);
        let ranges = self.padding.iter().enumerate().filter(|(_, amounts)| **amounts != [0, 0]).map(|(i, amounts)| {
            let axis = self.axis + i;
            Range { axis, start: amounts[0], step: 1, count: input[axis] }
        });
        let ranges: Vec<Range> = ranges.collect();
        let extents = ranges.iter().map(|range| shape[range.axis]).collect();
        (!ranges.is_empty()).then_some(Pad::whole(ranges, extents))
    }

    /// The shape of places: the input's axes behind the channels, with as many windows as fit.
    fn places(&self, input: &[usize]) -> Vec<usize> {
        let mut shape = self.padded(input);
        for (extent, window) in shape[self.axis..].iter_mut().zip(&self.windows) {
            *extent = window.count(*extent);
        }
        shape.split_off(self.lead + 1)
    }

    /// Shape of the kernel's sizes.
    fn sizes(&self) -> Vec<usize> {
        self.windows.iter().map(|window| window.size).collect()
    }

    /// Elements that a kernel's weights see at each place: `[lead.., channels · sizes, places]`.
    fn seen(&self, g: &mut Graph, input: Var) -> Result<Var> {
        let shape = g.shape(input).to_vec();
        let padded = match self.pad(&shape) {
            Some(pad) => g.apply(Arc::new(pad), &[input])?,
            None => input,
        };
        let slid = g.windows(padded, self.axis, &self.windows)?;
        let count = self.windows.len();
        let (channels, behind) = (self.lead, self.axis + 2 * count);
        let sizes = (0..count).map(|i| self.axis + 2 * i + 1);
        let counts = (0..count).map(|i| self.axis + 2 * i);
        let order: Vec<usize> = (0..=channels)
            .chain(sizes)
            .chain(channels + 1..self.axis)
            .chain(counts)
            .chain(behind..g.shape(slid).len())
            .collect();
        let slid = g.permute(slid, &order)?;
        let seen = shape[channels] * elements(&self.sizes());
        g.reshape(slid, &[&shape[..channels], &[seen, elements(&self.places(&shape))]].concat())
    }
}

impl Op for Slide {
    fn name(&self) -> String {
        let along = |(window, padding): (&Window, &[usize; 2])| {
            format!(" {} apart {} padding {} {}", window.size, window.dilation, padding[0], padding[1])
        };
        let all: String = self.windows.iter().zip(&self.padding).map(along).collect();
        format!("slide from axis {}{all}", self.axis)
    }
    fn infer(&self, inputs: &[&Type]) -> Result<Type> {
        let (input, kernel) = (&inputs[0].shape, &inputs[1].shape);
        let refuse = |message: String, fix: &str| Err(Error::new("", message, fix));
        let Slide { lead, axis, windows, padding } = self;
        let wanted = lead + 2 + windows.len();
        if *axis <= *lead || input.len() < axis + windows.len() || kernel.len() != wanted {
            let message = format!("input {input:?} and kernel {kernel:?} do not have the axes for it");
            return refuse(message, "give [channels, .., extents.., ..] and [outputs, channels, sizes..]");
        }
        let sizes = [&[input[*lead]], &self.sizes()[..]].concat();
        if input[..*lead] != kernel[..*lead] || kernel[lead + 1..] != sizes {
            let message = format!("a kernel {kernel:?} does not fit input {input:?}");
            return refuse(message, "give both the same leading axes and channels");
        }
        for (i, (window, amounts)) in windows.iter().zip(padding).enumerate() {
            window.check()?;
            if amounts.iter().any(|&amount| amount >= window.span()) || window.stride != 1 {
                return refuse(
                    format!("padding {amounts:?} along axis {}", axis + i),
                    "pad by less than the window spans",
                );
            }
            if window.count(input[axis + i] + amounts[0] + amounts[1]) == 0 {
                let message = format!("a window spans {}, more than axis {} of {input:?}", window.span(), axis + i);
                return refuse(message, "use a smaller kernel or pad more");
            }
        }
        Ok(Type::f32([&kernel[..=*lead], &[elements(&self.places(input))]].concat()))
    }
    #[cfg(feature = "reference")]
    fn reference(&self, inputs: &[&[f64]], types: &[&Type], output: &Type) -> Vec<f64> {
        let (input, kernel) = (&types[0].shape, &types[1].shape);
        let (lead, places) = (self.lead, self.places(input));
        let terms = &kernel[lead + 1..];
        let value = |at: Vec<usize>| {
            let place = coordinates(&places).nth(at[lead + 1]).unwrap_or_default();
            let term = |term: Vec<usize>| {
                // Where in the input this weight looks, or nowhere.
                let mut from = [&at[..lead], &term[..1], &place].concat();
                for (i, (window, padding)) in self.windows.iter().zip(&self.padding).enumerate() {
                    let padded = from[self.axis + i] + term[1 + i] * window.dilation;
                    let inside = padded.checked_sub(padding[0]).filter(|&place| place < input[self.axis + i]);
                    from[self.axis + i] = inside?;
                }
                let weight = [&at[..=lead], &term].concat();
                Some(inputs[0][flat_index(&from, input)] * inputs[1][flat_index(&weight, kernel)])
            };
            coordinates(terms).filter_map(term).sum()
        };
        coordinates(&output.shape).map(value).collect()
    }
    fn vjp(&self, g: &mut Graph, inputs: &[Var], _: Var, grad: Var) -> Result<Vec<Option<Var>>> {
        let (input, kernel) = (g.shape(inputs[0]).to_vec(), g.shape(inputs[1]).to_vec());
        let seen = self.seen(g, inputs[0])?;
        let seen = g.transpose(seen)?;
        let of_kernel = g.matmul(grad, seen)?;
        let of_kernel = g.reshape(of_kernel, &kernel)?;

        let grad = g.reshape(grad, &[&kernel[..=self.lead], &self.places(&input)].concat())?;
        let mut order: Vec<usize> = (0..kernel.len()).collect();
        order.swap(self.lead, self.lead + 1);
        let turned = g.permute(inputs[1], &order)?;
        let backwards = |(i, window): (usize, &Window)| {
            let size = window.size;
            Range { axis: self.lead + 2 + i, start: size - 1, step: -1, count: size }
        };
        let ranges: Vec<Range> = self.windows.iter().enumerate().map(backwards).collect();
        let turned = g.slices(turned, &ranges)?;
        let rest = |(window, padding): (&Window, &[usize; 2])| padding.map(|amount| window.span() - 1 - amount);
        let padding = self.windows.iter().zip(&self.padding).map(rest).collect();
        let back = Slide { lead: self.lead, axis: self.axis, windows: self.windows.clone(), padding };
        let of_input = g.apply(Arc::new(back), &[grad, turned])?;
        Ok(vec![Some(g.reshape(of_input, &input)?), Some(of_kernel)])
    }
    fn lower(&self, l: &mut Lowering, inputs: &[Value], output: &Type) -> Value {
        let input = l.shape(inputs[0]).to_vec();
        let shape = self.padded(&input);
        let padded = match self.pad(&input) {
            Some(pad) => pad.lower(l, inputs, &Type::f32(&shape[..])),
            None => inputs[0],
        };
        // [lead.., channels, sizes.., places..], each window's element a step beyond its first.
        let (channels, count) = (self.lead, self.windows.len());
        let whole = [&input[..=channels], &self.sizes()[..], &self.places(&input)[..]].concat();
        let mut map = IndexMap::constant(shape.len(), whole.len());
        for axis in 0..shape.len() {
            map.coefficients[axis][if axis <= channels { axis } else { axis + count }] = 1;
        }
        for (i, window) in self.windows.iter().enumerate() {
            map.coefficients[self.axis + i][channels + 1 + i] = window.dilation as i64;
        }
        let slid = l.view(padded, map, &whole);
        let seen = elements(&whole[channels..=channels + count]);
        let places = *output.shape.last().unwrap_or(&1);
        let columns = l.reshape(slid, &[&input[..channels], &[seen, places]].concat());
        let outputs = output.shape[channels];
        let kernel = l.reshape(inputs[1], &[&input[..channels], &[outputs, seen]].concat());
        l.matmul(kernel, columns)
    }
    fn lift(&self, _: usize) -> Arc<dyn Op> {
        let (windows, padding) = (self.windows.clone(), self.padding.clone());
        Arc::new(Slide { lead: self.lead + 1, axis: self.axis + 1, windows, padding })
    }
}

impl Graph {
    /// A kernel `[lead.., outputs, channels, sizes..]` at every place of `input [lead.., channels, .., extents.., ..]`, whose
    /// extents begin at `axis`, with zeros around them: `[lead.., outputs, places]`. Element by element it is
    /// [`Graph::convolution_2d`], whatever the order of the axes: with the samples innermost, whatever moves windows about
    /// handles runs of a whole batch. `dilation` is the distance between the elements that neighbouring weights see;
    /// `padding` must be less than a window spans. One dilation and one padding per size.
    pub fn slide(
        &mut self,
        input: Var,
        axis: usize,
        kernel: Var,
        dilation: &[usize],
        padding: &[[usize; 2]],
    ) -> Result<Var> {
        let shape = self.shape(kernel);
        let lead = shape.len().checked_sub(2 + dilation.len()).filter(|_| dilation.len() == padding.len());
        let Some(lead) = lead else {
            let message = format!("{shape:?} has not {} sizes behind outputs and channels", dilation.len());
            return Err(Error::new("slide", message, "give one dilation and one padding per size of the kernel"));
        };
        let sizes = shape[lead + 2..].iter().zip(dilation);
        let windows = sizes.map(|(&size, &dilation)| Window { size, stride: 1, dilation }).collect();
        self.apply(Arc::new(Slide { lead, axis, windows, padding: padding.to_vec() }), &[input, kernel])
    }
}
