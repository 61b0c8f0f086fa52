//! Scalar code as WGSL: a body becomes a list of `let` statements at one point of an iteration space.
//!
//! Buffers are arrays of `u32`, whatever they hold, and floats are cast on the way: an integer that
//! happens to look like a signalling NaN must not pass through a floating-point register. Next: `emit.rs`.

use crate::graph::DType;
use crate::plan::{Access, Body, Instruction, Kernel, Store};
use std::fmt::Write;

/// One bound buffer of a shader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding {
    /// Index into [`crate::plan::Program::buffers`].
    pub buffer: usize,
    /// Whether the kernel writes it. Reads of such a buffer go through the same binding, as WebGPU
    /// refuses to bind it twice.
    pub writable: bool,
}

/// The buffers of a dispatch, numbered in the order in which its kernels mention them, so that dispatches which
/// differ only in their buffers have the same text.
pub(super) struct Bindings(pub Vec<Binding>);

impl Bindings {
    pub(super) fn new(kernels: &[Kernel]) -> Self {
        let writes: Vec<usize> = kernels.iter().flat_map(Kernel::writes).collect();
        let reads = kernels.iter().flat_map(Kernel::reads);
        let mut list: Vec<Binding> = Vec::new();
        for buffer in reads.chain(writes.iter().copied()) {
            if list.iter().all(|binding| binding.buffer != buffer) {
                list.push(Binding { buffer, writable: writes.contains(&buffer) });
            }
        }
        Bindings(list)
    }

    /// Name of a buffer in the shader.
    pub(super) fn name(&self, buffer: usize) -> String {
        let slot = self.0.iter().position(|binding| binding.buffer == buffer);
        format!("b{}", slot.expect("all buffers of a dispatch are bound"))
    }

    /// Declarations of all buffers.
    pub(super) fn declare(&self) -> String {
        let mut text = String::new();
        for (slot, binding) in self.0.iter().enumerate() {
            let access = if binding.writable { "read_write" } else { "read" };
            push(&mut text, 0, &format!("@group(0) @binding({slot}) var<storage, {access}> b{slot}: array<u32>;"));
        }
        text
    }
}

/// Adds an indented line.
pub(super) fn push(text: &mut String, depth: usize, line: &str) {
    let _ = writeln!(text, "{:width$}{line}", "", width = 4 * depth);
}

/// The expressions for the coordinates of the current iteration point.
pub(super) struct Point {
    pub extents: Vec<usize>,
    pub coordinates: Vec<String>,
    /// The row-major position, where it is at hand.
    pub flat: Option<String>,
}

impl Point {
    /// A point given by its row-major position; coordinates are called `<prefix>0`, `<prefix>1`, …
    pub(super) fn from_flat(flat: &str, extents: &[usize], prefix: &str) -> Self {
        let coordinates = match extents.len() {
            1 => vec![flat.to_owned()],
            rank => (0..rank).map(|axis| format!("{prefix}{axis}")).collect(),
        };
        Point { extents: extents.to_vec(), coordinates, flat: Some(flat.to_owned()) }
    }

    /// Definitions of those coordinates that `code` mentions.
    pub(super) fn define(&self, depth: usize, code: &str) -> String {
        let mut text = String::new();
        let Some(flat) = self.flat.as_ref().filter(|_| self.extents.len() > 1) else { return text };
        for (axis, name) in self.coordinates.iter().enumerate().filter(|(_, name)| code.contains(*name)) {
            let step: usize = self.extents[axis + 1..].iter().product();
            let mut line = format!("let {name} = {flat}");
            if step > 1 {
                let _ = write!(line, " / {step}u");
            }
            if axis > 0 {
                let _ = write!(line, " % {}u", self.extents[axis]);
            }
            push(&mut text, depth, &(line + ";"));
        }
        text
    }

    /// The point of the joint iteration over the axes of `self`, then those of `inner`.
    pub(super) fn join(&self, inner: &Point) -> Point {
        Point {
            extents: [&self.extents[..], &inner.extents].concat(),
            coordinates: [&self.coordinates[..], &inner.coordinates].concat(),
            flat: None,
        }
    }

    /// `offset + Σ strides · coordinates`. Unsigned arithmetic wraps, so terms may be subtracted freely
    /// as long as something to subtract from stands before them.
    pub(super) fn index(&self, offset: i64, strides: &[i64]) -> String {
        let mut terms: Vec<(i64, Option<&str>)> = Vec::new();
        match &self.flat {
            Some(flat) if is_dense(&self.extents, strides) => terms.push((1, Some(flat))),
            _ => {
                let moving = self.extents.iter().zip(strides).zip(&self.coordinates);
                terms.extend(
                    moving
                        .filter(|((extent, stride), _)| **extent > 1 && **stride != 0)
                        .map(|((_, stride), name)| (*stride, Some(name.as_str()))),
                );
            }
        }
        if offset != 0 || terms.is_empty() {
            terms.push((offset, None));
        }
        let (positive, negative): (Vec<_>, Vec<_>) = terms.into_iter().partition(|(factor, _)| *factor >= 0);
        let mut text = String::new();
        for (factor, name) in positive.into_iter().chain(negative) {
            text.push_str(match (text.is_empty(), factor < 0) {
                (true, _) => "",
                (false, false) => " + ",
                (false, true) => " - ",
            });
            let _ = match (factor.unsigned_abs(), name) {
                (1, Some(name)) => write!(text, "{name}"),
                (size, Some(name)) => write!(text, "{name} * {size}u"),
                (size, None) => write!(text, "{size}u"),
            };
        }
        text
    }
}

fn is_dense(extents: &[usize], strides: &[i64]) -> bool {
    let mut step = 1;
    extents.iter().zip(strides).rev().all(|(&extent, &stride)| {
        let fits = stride == step || extent == 1;
        step *= extent as i64;
        fits
    })
}

/// Writes a body; register i is called `<prefix>i`.
pub(super) fn write_body(depth: usize, body: &Body, prefix: &str, bindings: &Bindings, point: &Point) -> String {
    let mut text = String::new();
    for (register, instruction) in body.instructions.iter().enumerate() {
        let value = match instruction {
            Instruction::Load(access) => load(bindings, access, &point.index(access.offset, &access.strides)),
            Instruction::Gather { base, index, stride, bound } => {
                let first = point.index(base.offset, &base.strides);
                let (sign, step) = (if *stride < 0 { '-' } else { '+' }, stride.unsigned_abs());
                load(bindings, base, &format!("{first} {sign} min({prefix}{index}, {}u) * {step}u", bound - 1))
            }
            Instruction::Constant(bits, DType::U32) => format!("{bits}u"),
            Instruction::Constant(bits, DType::F32) => float(*bits),
            Instruction::Index { offset, strides } => point.index(*offset, strides),
            Instruction::Apply(func, registers) => {
                let mut text = func.row().wgsl.to_owned();
                for (name, register) in ["{a}", "{b}", "{c}", "{d}"].into_iter().zip(registers) {
                    text = text.replace(name, &format!("{prefix}{register}"));
                }
                text
            }
            Instruction::Accumulator => "accumulator".into(),
        };
        push(&mut text, depth, &format!("let {prefix}{register} = {value};"));
    }
    text
}

/// Writes the stores of a body whose accumulator, if any, has the given type.
pub(super) fn write_stores(
    depth: usize,
    (stores, body): (&[Store], &Body),
    accumulator: DType,
    prefix: &str,
    bindings: &Bindings,
    point: &Point,
) -> String {
    let mut text = String::new();
    for Store { access, register } in stores {
        let value = match body.dtype(*register, accumulator) {
            DType::F32 => format!("bitcast<u32>({prefix}{register})"),
            DType::U32 => format!("{prefix}{register}"),
        };
        let element = point.index(access.offset, &access.strides);
        push(&mut text, depth, &format!("{}[{element}] = {value};", bindings.name(access.buffer)));
    }
    text
}

fn load(bindings: &Bindings, access: &Access, element: &str) -> String {
    let word = format!("{}[{element}]", bindings.name(access.buffer));
    match access.dtype {
        DType::F32 => format!("bitcast<f32>({word})"),
        DType::U32 => word,
    }
}

/// A float as WGSL text with the same bits.
fn float(bits: u32) -> String {
    let value = f32::from_bits(bits);
    if value.is_finite() {
        let text = format!("{}f", crate::number::text(value));
        return if value.is_sign_negative() { format!("({text})") } else { text };
    }
    // A constant expression must be finite; the function is not one.
    format!("petri_bits({bits}u)")
}
