//! From kernels to shaders: picks a strategy by shape and fills in the template of `shaders/`.
//!
//! Shapes, strides and constants become part of the text. Only what the planner knows enters it, never
//! which buffers are meant, so that equal work shares a pipeline. Scalar code is written by `code.rs`.
//!
//! Kernels that share a dispatch become one shader, in which each has its own workgroups: every template is a function
//! `run` of a workgroup's number, and `main` chooses between them.

use super::code::{Binding, Bindings, Point, push, write_body, write_stores};
use super::product::{as_reduction, matmul};
use super::tiling::Tiling;
use crate::graph::DType;
use crate::ops::reduce::Reduction;
use crate::plan::{Access, Body, Instruction, Kernel, MapKernel, ReduceKernel, RowsKernel, ScatterKernel};

const LIBRARY: &str = include_str!("../../shaders/lib.wgsl");
const MAP: &str = include_str!("../../shaders/map.wgsl");
const REDUCE: &str = include_str!("../../shaders/reduce.wgsl");
const ARGMAX: &str = include_str!("../../shaders/argmax.wgsl");
const SCATTER: &str = include_str!("../../shaders/scatter.wgsl");

/// WebGPU's limit on workgroups along one axis of a dispatch.
const MOST_GROUPS: usize = 65_535;
/// Above this many elements an invocation of a map does four.
const LARGE_MAP: usize = 1 << 20;

/// Invocations of a workgroup where reductions do not ask for more.
pub(super) const THREADS: usize = 64;

/// The kernels of a dispatch, ready to be compiled.
#[derive(Clone, Debug)]
pub struct Shader {
    /// WGSL with one entry point `main` and its buffers in group 0.
    pub text: String,
    /// The buffers, by binding number.
    pub bindings: Vec<Binding>,
    /// Workgroups to dispatch along x and y.
    pub groups: [u32; 2],
}

/// What one kernel adds to a shader.
pub(super) struct Part {
    text: String,
    /// Workgroups that it needs.
    groups: usize,
    /// Invocations of each.
    threads: usize,
    /// Elements of `tiles`, workgroup memory that all kernels of a dispatch share, as each workgroup has one of them.
    pub(super) tiles: usize,
}

/// The shader of kernels that share a dispatch; `None` if there is nothing to do.
pub fn shader(kernels: &[Kernel], tiling: &Tiling) -> Option<Shader> {
    let bindings = Bindings::new(kernels);
    // Workgroups of one dispatch are of one size: tiles are made for 64, many lanes serve reductions best.
    let in_tiles = |kernel: &Kernel| matches!(kernel, Kernel::MatMul(product) if tiling.tile(product, false).is_some());
    let threads = match kernels {
        [_] => None,
        _ if kernels.iter().any(in_tiles) => Some(THREADS),
        _ if kernels.iter().any(|kernel| matches!(kernel, Kernel::Reduce(_) | Kernel::MatMul(_))) => Some(256),
        _ => Some(THREADS),
    };
    let parts: Vec<Part> = kernels.iter().filter_map(|kernel| part(kernel, &bindings, threads, tiling)).collect();
    let threads = parts.first()?.threads;
    let groups: usize = parts.iter().map(|part| part.groups).sum();
    let width = groups.min(MOST_GROUPS);
    let mut text = bindings.declare();
    let tiles = parts.iter().map(|part| part.tiles).max().unwrap_or(0);
    if tiles > 0 {
        push(&mut text, 0, &format!("var<workgroup> tiles: array<vec4<f32>, {tiles}>;"));
    }
    text.push('\n');
    let mut main = format!(
        "\n@compute @workgroup_size({threads})\nfn main(@builtin(workgroup_id) workgroup: vec3<u32>, \
         @builtin(local_invocation_index) local: u32) {{\n"
    );
    push(&mut main, 1, &format!("let group = workgroup.y * {width}u + workgroup.x;"));
    if let [part] = &parts[..] {
        text.push_str(&part.text);
        push(&mut main, 1, "run(group, local);");
    } else {
        // The number of a workgroup is the same for all its invocations, so they may meet at barriers below.
        let mut first = 0;
        for (number, part) in parts.iter().enumerate() {
            text.push_str(&with_suffix(&part.text, number));
            text.push('\n');
            push(&mut main, 1, &format!("if (group >= {first}u && group < {}u) {{", first + part.groups));
            push(&mut main, 2, &format!("run_{number}(group - {first}u, local);"));
            push(&mut main, 1, "}");
            first += part.groups;
        }
    }
    text.push_str(&main);
    text.push_str("}\n");
    add_library(&mut text);
    Some(Shader { text, bindings: bindings.0, groups: [width as u32, groups.div_ceil(width) as u32] })
}

fn part(kernel: &Kernel, bindings: &Bindings, threads: Option<usize>, tiling: &Tiling) -> Option<Part> {
    match kernel {
        Kernel::Map(kernel) => map(kernel, bindings, threads.unwrap_or(THREADS)),
        Kernel::Reduce(kernel) => reduce(kernel.clone(), bindings, threads),
        Kernel::MatMul(kernel) => match tiling.tile(kernel, threads.is_none()) {
            Some(tile) => matmul(kernel.clone(), tile, bindings),
            None => reduce(as_reduction(kernel), bindings, threads),
        },
        Kernel::Scatter(kernel) => scatter(kernel, bindings, threads.unwrap_or(THREADS)),
        Kernel::Rows(kernel) => rows(kernel, bindings, threads.unwrap_or(THREADS)),
        // Made of kernels, each with a shader.
        Kernel::Scan(_) => None,
    }
}

/// Puts together constants and a template.
pub(super) fn finish(
    template: &str,
    constants: &[(&str, usize)],
    parts: &[(&str, &str)],
    groups: usize,
    threads: usize,
) -> Option<Part> {
    if groups == 0 {
        return None;
    }
    let mut text = String::new();
    for (name, value) in constants {
        push(&mut text, 0, &format!("const {name} = {value}u;"));
    }
    text.push('\n');
    let mut body = template.to_owned();
    // Longest names first: `$left_element` before `$left`.
    let longest = parts.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for length in (1..=longest).rev() {
        for (name, part) in parts.iter().filter(|(name, _)| name.len() == length) {
            body = body.replace(&format!("${name}"), part.trim_end_matches('\n'));
        }
    }
    text.push_str(&body);
    Some(Part { text, groups, threads, tiles: 0 })
}

/// The text of a part with a number behind every name that it declares at the top, so that several fit in one shader.
fn with_suffix(text: &str, number: usize) -> String {
    let declared = |line: &str| {
        let rest =
            ["const ", "fn ", "var<private> ", "var<workgroup> "].iter().find_map(|word| line.strip_prefix(word))?;
        rest.split(|c: char| !is_name(c)).next().map(str::to_owned)
    };
    let names: Vec<String> = text.lines().filter_map(declared).collect();
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let end = rest.find(|c| is_name(c) != is_name(next)).unwrap_or(rest.len());
        let (word, others) = rest.split_at(end);
        result.push_str(word);
        if names.iter().any(|name| name == word) {
            result.push_str(&format!("_{number}"));
        }
        rest = others;
    }
    result
}

fn is_name(c: char) -> bool {
    c == '_' || c.is_ascii_alphanumeric()
}

/// Appends the library functions that the text calls, and those that these call.
fn add_library(text: &mut String) {
    let mut missing: Vec<(&str, &str)> = LIBRARY
        .split("\n\n")
        .filter_map(|paragraph| {
            let name = paragraph.split_once("fn ")?.1.split_once('(')?.0;
            Some((name, paragraph))
        })
        .collect();
    loop {
        let calls = |name: &str| text.contains(&format!("{name}("));
        let Some(position) = missing.iter().position(|(name, _)| calls(name)) else { return };
        let (_, paragraph) = missing.remove(position);
        text.push('\n');
        text.push_str(paragraph.trim_end());
        text.push('\n');
    }
}

fn map(kernel: &MapKernel, bindings: &Bindings, threads: usize) -> Option<Part> {
    let elements: usize = kernel.shape.iter().product();
    let per_thread = if elements > LARGE_MAP { 4 } else { 1 };
    let point = Point::from_flat("at", &kernel.shape, "i");
    let mut body = write_body(2, &kernel.body, "r", bindings, &point);
    body += &write_stores(2, (&kernel.stores, &kernel.body), DType::F32, "r", bindings, &point);
    let body = point.define(2, &body) + &body;
    let groups = elements.div_ceil(threads * per_thread);
    let constants = [("elements", elements), ("per_thread", per_thread), ("threads", threads)];
    finish(MAP, &constants, &[("body", &body)], groups, threads)
}

fn rows(kernel: &RowsKernel, bindings: &Bindings, threads: usize) -> Option<Part> {
    let (counter, target) = (bindings.name(kernel.counter), bindings.name(kernel.target));
    let mut body = String::new();
    push(&mut body, 2, &format!("let made = {counter}[0];"));
    let row = if kernel.backwards { format!("{}u - made", kernel.steps) } else { "made - 1u".into() };
    push(&mut body, 2, &format!("let row = {row};"));
    let mut first = 0;
    for part in &kernel.parts {
        let ((buffer, offset), size) = (part.source, part.size);
        push(&mut body, 2, &format!("if (at >= {first}u && at < {}u) {{", first + size));
        push(&mut body, 3, &format!("let element = at - {first}u;"));
        let source = bindings.name(buffer);
        push(
            &mut body,
            3,
            &format!("{target}[{}u + row * {size}u + element] = {source}[{offset}u + element];", part.offset),
        );
        push(&mut body, 2, "}");
        first += size;
    }
    let constants = [("elements", first), ("per_thread", 1), ("threads", threads)];
    finish(MAP, &constants, &[("body", &body)], first.div_ceil(threads), threads)
}

/// How the invocations of a workgroup share a reduction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sharing {
    /// Invocations per result.
    lanes: usize,
    /// Results per workgroup.
    per_group: usize,
    /// Whether neighbouring invocations work on neighbouring results rather than neighbouring terms.
    by_columns: bool,
}

impl Sharing {
    /// At least four terms per lane; no more lanes than fill a large GPU (16,384 invocations); reads
    /// of neighbours by neighbours in whichever direction memory runs.
    ///
    /// A workgroup has from 64 to 256 invocations, or as many as given, a power of two between these.
    fn new(kept: usize, reduced: usize, by_columns: bool, threads: Option<usize>) -> Self {
        let (least, most) = threads.map_or((THREADS, 256), |threads| (threads, threads));
        let by_length = previous_power_of_two(reduced / 4);
        let by_count = (16_384 / kept).max(1).next_power_of_two();
        if by_columns {
            let across = kept.next_power_of_two().min(16);
            let lanes = by_length.min(by_count).min(most / across);
            Sharing { lanes, per_group: (least / lanes).max(across), by_columns }
        } else {
            // Whole rows of 32 lanes, or lanes would read far apart.
            let lanes = by_length.min(by_count.max(32)).min(most);
            Sharing { lanes, per_group: (least / lanes).max(1), by_columns }
        }
    }
}

/// The largest power of two that is not above a number; 1 for 0.
fn previous_power_of_two(number: usize) -> usize {
    number.checked_ilog2().map_or(1, |exponent| 1 << exponent)
}

fn reduce(mut kernel: ReduceKernel, bindings: &Bindings, threads: Option<usize>) -> Option<Part> {
    {
        let prologue = strides_of(&mut kernel.prologue);
        let epilogue = strides_of(&mut kernel.epilogue);
        let stores = kernel.stores.iter_mut().map(|store| &mut store.access.strides);
        let mut all: Vec<&mut Vec<i64>> = prologue.into_iter().chain(epilogue).chain(stores).collect();
        merge_axes(&mut kernel.kept, 0, &mut all);
        let first = kernel.kept.len();
        merge_axes(&mut kernel.reduced, first, &mut strides_of(&mut kernel.prologue));
    }
    let (kept, reduced) = (kernel.kept.iter().product::<usize>(), kernel.reduced.iter().product::<usize>());
    if kept == 0 {
        return None;
    }
    let along = |axis: Option<usize>| {
        let reads = |access: &&Access| axis.is_some_and(|axis| access.strides[axis].abs() == 1);
        kernel.prologue.accesses().filter(reads).count()
    };
    let (last_kept, last_reduced) = (
        kernel.kept.len().checked_sub(1),
        (!kernel.reduced.is_empty()).then(|| kernel.kept.len() + kernel.reduced.len() - 1),
    );
    let sharing = Sharing::new(kept, reduced, along(last_kept) > along(last_reduced), threads);
    let Sharing { lanes, per_group, by_columns } = sharing;

    let at = Point::from_flat("at", &kernel.kept, "i");
    let term = Point::from_flat("term", &kernel.reduced, "j");
    let body = write_body(4, &kernel.prologue, "p", bindings, &at.join(&term));
    let prologue = term.define(4, &body) + &body;
    let accumulator = if kernel.kind == Reduction::ArgMax { DType::U32 } else { DType::F32 };
    let mut epilogue = write_body(2, &kernel.epilogue, "e", bindings, &at);
    epilogue += &write_stores(2, (&kernel.stores, &kernel.epilogue), accumulator, "e", bindings, &at);
    let epilogue = at.define(2, &epilogue) + &epilogue;
    let (template, start, combine) = match kernel.kind {
        Reduction::Sum => (REDUCE, "0u", "a + b"),
        Reduction::Max => (REDUCE, "0xff800000u", "max(a, b)"),
        Reduction::Min => (REDUCE, "0x7f800000u", "min(a, b)"),
        Reduction::ArgMax => (ARGMAX, "", ""),
    };
    let (slot_step, lane_step) = if by_columns { (1, per_group) } else { (lanes, 1) };
    let constants = [
        ("kept", kept),
        ("reduced", reduced),
        ("lanes", lanes),
        ("per_group", per_group),
        ("threads", lanes * per_group),
        ("slot_step", slot_step),
        ("lane_step", lane_step),
    ];
    let parts = [
        ("start", start),
        ("combine", combine),
        ("kept", &at.define(2, &body)),
        ("prologue", &prologue),
        ("value", &format!("p{}", kernel.value)),
        ("epilogue", &epilogue),
    ];
    finish(template, &constants, &parts, kept.div_ceil(per_group), lanes * per_group)
}

fn scatter(kernel: &ScatterKernel, bindings: &Bindings, threads: usize) -> Option<Part> {
    let &ScatterKernel { outer, count, bins, inner, .. } = kernel;
    let constants = [("outer", outer), ("count", count), ("bins", bins), ("inner", inner), ("threads", threads)];
    let parts = [
        ("index", &*bindings.name(kernel.index.0)),
        ("index_offset", &kernel.index.1.to_string()),
        ("updates", &bindings.name(kernel.updates.0)),
        ("updates_offset", &kernel.updates.1.to_string()),
        ("output", &bindings.name(kernel.output)),
    ];
    finish(SCATTER, &constants, &parts, (outer * bins * inner).div_ceil(threads), threads)
}

/// Every stride vector of a body.
pub(super) fn strides_of(body: &mut Body) -> Vec<&mut Vec<i64>> {
    let strides = body.instructions.iter_mut().filter_map(|instruction| match instruction {
        Instruction::Load(access) | Instruction::Gather { base: access, .. } => Some(&mut access.strides),
        Instruction::Index { strides, .. } => Some(strides),
        _ => None,
    });
    strides.collect()
}

/// Drops axes of extent 1 and merges neighbours that all accesses cross with one stride: each saves a
/// division per element. `first` is the place of the first of these axes among the strides.
pub(super) fn merge_axes(extents: &mut Vec<usize>, first: usize, all: &mut [&mut Vec<i64>]) {
    for axis in (0..extents.len()).rev() {
        let place = first + axis;
        let inner = extents.get(axis + 1).copied();
        let joins = inner.is_some_and(|inner| all.iter().all(|s| s[place] == s[place + 1] * inner as i64));
        if extents[axis] == 1 {
            extents.remove(axis);
        } else if joins {
            extents[axis] *= extents.remove(axis + 1);
        } else {
            continue;
        }
        for strides in all.iter_mut() {
            strides.remove(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sharing_fills_workgroups_within_the_limits() {
        for kept in [1, 3, 16, 64, 1000, 100_000] {
            for reduced in [0, 1, 7, 64, 300, 100_000] {
                for by_columns in [false, true] {
                    let sharing = Sharing::new(kept, reduced, by_columns, None);
                    let threads = sharing.lanes * sharing.per_group;
                    assert!((64..=256).contains(&threads) && sharing.lanes.is_power_of_two(), "{sharing:?}");
                    for given in [64, 256] {
                        let sharing = Sharing::new(kept, reduced, by_columns, Some(given));
                        assert!(sharing.lanes * sharing.per_group == given, "{sharing:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn axes_merge_only_where_every_access_agrees() {
        let (mut extents, mut dense, mut other) = (vec![2, 1, 3, 4], vec![12, 5, 4, 1], vec![4, 0, 0, 1]);
        merge_axes(&mut extents, 0, &mut [&mut dense, &mut other]);
        assert_eq!((extents, dense, other), (vec![2, 3, 4], vec![12, 4, 1], vec![4, 0, 1]));
        let (mut extents, mut dense) = (vec![2, 3, 4], vec![9, 12, 4, 1]);
        merge_axes(&mut extents, 1, &mut [&mut dense]);
        assert_eq!((extents, dense), (vec![24], vec![9, 1]));
    }
}
