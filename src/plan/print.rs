//! The text form of a program: kernels with their code, then the memory plan. Stable, for golden tests
//! and `petri plan`.

use super::kernel::*;
use crate::graph::DType;
use crate::number;
use std::fmt::Write;

impl Program {
    /// The graph, every routine's kernels, then buffers and how much memory sharing saved.
    pub fn to_text(&self) -> String {
        let mut text = self.graph.clone();
        for routine in &self.routines {
            let flops: u64 = routine.kernels.iter().map(Kernel::flops).sum();
            let (kernels, dispatches) = (routine.kernels.len(), routine.dispatches.len());
            line(
                &mut text,
                format!("routine {}: {kernels} kernels in {dispatches} dispatches, {flops} FLOP", routine.name),
            );
            let mut kernels = routine.kernels.iter();
            for &count in &routine.dispatches {
                if count > 1 {
                    line(&mut text, format!("  side by side, {count} kernels:"));
                }
                kernels.by_ref().take(count).for_each(|kernel| write_kernel(&mut text, kernel));
            }
            for output in &routine.outputs {
                line(
                    &mut text,
                    format!("  output {} {:?} at b{}+{}", output.name, output.ty.shape, output.buffer, output.offset),
                );
            }
        }
        let kept: usize = self.buffers.iter().filter(|b| b.kept).map(|b| b.elements).sum();
        let shared: usize = self.buffers.iter().filter(|b| !b.kept).map(|b| b.elements).sum();
        line(
            &mut text,
            format!(
                "memory: leaves {} B, temporaries {} B ({} B unshared)",
                4 * kept,
                4 * shared,
                4 * self.unshared_elements
            ),
        );
        for leaf in &self.leaves {
            line(
                &mut text,
                format!("  b{}+{} {:?} {} {:?}", leaf.buffer, leaf.offset, leaf.role, leaf.name, leaf.ty.shape),
            );
        }
        text
    }
}

impl Kernel {
    /// What it does, in one line: its kind and its extents, without where its operands lie.
    pub fn summary(&self) -> String {
        let mut text = String::new();
        write_kernel(&mut text, self);
        let first = text.lines().next().unwrap_or_default().trim();
        first.split("  ").next().unwrap_or_default().replace("matmul [] ", "matmul ")
    }
}

fn line(text: &mut String, line: String) {
    text.push_str(&line);
    text.push('\n');
}

fn access_text(access: &Access) -> String {
    format!("b{}[{} + {:?}]", access.buffer, access.offset, access.strides)
}

fn write_body(text: &mut String, body: &Body, stores: &[Store]) {
    for (register, instruction) in body.instructions.iter().enumerate() {
        let right = match instruction {
            Instruction::Load(access) => access_text(access),
            Instruction::Gather { base, index, stride, bound } => {
                format!("{} at r{index} · {stride} (of {bound})", access_text(base))
            }
            Instruction::Constant(bits, DType::F32) => number::text(f32::from_bits(*bits)),
            Instruction::Constant(bits, DType::U32) => format!("{bits}"),
            Instruction::Index { offset, strides } => format!("index {offset} + {strides:?}"),
            Instruction::Apply(func, registers) => {
                let mut call = func.row().name.to_owned();
                for register in registers {
                    write!(call, " r{register}").expect("writing to a string cannot fail");
                }
                call
            }
            Instruction::Accumulator => "accumulator".into(),
        };
        line(text, format!("    r{register} = {right}"));
    }
    for store in stores {
        line(text, format!("    {} = r{}", access_text(&store.access), store.register));
    }
}

fn write_kernel(text: &mut String, kernel: &Kernel) {
    match kernel {
        Kernel::Map(k) => {
            line(text, format!("  map {:?}", k.shape));
            write_body(text, &k.body, &k.stores);
        }
        Kernel::Reduce(k) => {
            line(text, format!("  reduce {} {:?} over {:?}", k.kind.name(), k.kept, k.reduced));
            write_body(text, &k.prologue, &[]);
            line(text, format!("    combine r{}", k.value));
            write_body(text, &k.epilogue, &k.stores);
        }
        Kernel::MatMul(k) => {
            line(
                text,
                format!(
                    "  matmul {:?} [{} × {}] × [{} × {}]  {} × {}",
                    k.batch,
                    k.m(),
                    k.k(),
                    k.k(),
                    k.n(),
                    access_text(&k.a),
                    access_text(&k.b)
                ),
            );
            write_body(text, &k.epilogue, &k.stores);
        }
        Kernel::Scan(k) => {
            for (what, kernels) in [("begin", &k.begin), ("step", &k.body), ("end", &k.end)] {
                line(text, format!("  scan of {} steps, {what}:", k.times));
                kernels.iter().for_each(|kernel| write_kernel(text, kernel));
            }
        }
        Kernel::Rows(k) => {
            for part in &k.parts {
                let ((buffer, offset), size) = (part.source, part.size);
                let to = format!("b{}+{} + row · {size}", k.target, part.offset);
                line(text, format!("  rows {to} = {size} of b{buffer}+{offset}"));
            }
        }
        Kernel::Scatter(k) => {
            line(
                text,
                format!(
                    "  scatter {} × {} into {} of {}: b{}[b{}] -> b{}",
                    k.outer, k.count, k.bins, k.inner, k.updates.0, k.index.0, k.output
                ),
            );
        }
    }
}
