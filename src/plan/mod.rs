//! How to compute it: lower → fuse → emit → share memory, giving a [`Program`] that backends replay.
//!
//! *Why it is so.* Context: on the step path nothing may allocate, hash or look at shapes. Decision: all
//! of that happens here, once, and the result is a flat list of kernels of a closed set over buffers
//! that the program owns for its whole life. Consequence: a change of shape plans again (milliseconds),
//! a change of a number writes one element of a buffer.

mod emit;
mod fuse;
mod kernel;
mod lower;
mod memory;
mod print;
mod table;

pub(crate) use fuse::MOST_BUFFERS;
pub use kernel::*;
pub(crate) use lower::Core;
pub use lower::{IndexMap, Lowering, Value};

use crate::graph::{DType, Entry, Error, Graph, Result, Role, Var};
use crate::ops::scan::{Recurrence, Section};
use emit::Emitter;
use fuse::Place;
use table::Table;

/// A program takes at most this many bytes: a quarter of what a 32-bit page can address.
const MOST_BYTES: usize = 1 << 30;

/// Leaves share a buffer of at most this many elements: half of what WebGPU binds by default.
const MOST_SHARED: usize = 1 << 24;

/// Elements of a cache line.
const LINE: usize = 16;

/// Axes of a tensor and of what is reduced; lowering never adds any.
pub(crate) const MOST_AXES: usize = 12;

/// Plans the entries of a graph into one program; they share leaves and temporary memory.
pub fn plan(graph: &Graph, entries: &[Entry]) -> Result<Program> {
    let mut program = Program { graph: graph.to_text(entries), ..Program::default() };
    place_leaves(graph, &mut program);
    let leaves: Vec<(usize, usize)> = program.leaves.iter().map(|leaf| (leaf.buffer, leaf.offset)).collect();
    let mut planner = Planner { buffers: program.buffers, pools: Vec::new(), padded: Vec::new(), unshared_elements: 0 };
    let mut lowering = Lowering::default();
    for entry in entries {
        let (kernels, labels, places, dispatches) = planner.entry(graph, entry, &mut lowering, &leaves, 0)?;
        let outputs = entry.outputs.iter().zip(places).map(|((name, var), (buffer, offset))| Output {
            name: name.clone(),
            ty: graph.ty(*var).clone(),
            buffer,
            offset,
        });
        let outputs = outputs.collect();
        program.routines.push(Routine { name: entry.name.clone(), kernels, dispatches, labels, outputs });
    }
    program.buffers = planner.buffers;
    program.unshared_elements = planner.unshared_elements;
    let bytes = program.buffers.iter().fold(0usize, |sum, b| sum.saturating_add(b.elements.saturating_mul(4)));
    if bytes > MOST_BYTES {
        return Err(Error::new(
            "network",
            format!("needs {} MiB of memory, more than the {} MiB allowed", bytes >> 20, MOST_BYTES >> 20),
            "use fewer units, layers or samples",
        ));
    }
    Ok(program)
}

/// Buffer and first element.
type Location = (usize, usize);

/// What all entries, and the steps of scans in them, share.
struct Planner {
    buffers: Vec<Buffer>,
    /// Memory of temporaries, for entries, for steps of scans, for steps of scans in those, and so on.
    pools: Vec<memory::Pool>,
    /// Buffers of padded values, by value, of all entries: their zeros outlive a run.
    padded: Vec<(Value, usize)>,
    unshared_elements: usize,
}

impl Planner {
    /// Kernels of an entry with their labels, where its outputs lie, and how many kernels each dispatch has. `depth` is the number of scans around it.
    #[allow(clippy::type_complexity)] // lists, taken apart at once
    fn entry(
        &mut self,
        graph: &Graph,
        entry: &Entry,
        lowering: &mut Lowering,
        leaves: &[Location],
        depth: usize,
    ) -> Result<(Vec<Kernel>, Vec<String>, Vec<Location>, Vec<usize>)> {
        let assigns = check_assigns(graph, entry, lowering)?;
        check_axes(graph, entry)?;
        let outputs = entry.outputs.iter().map(|(_, v)| {
            let value = lowering.node(graph, *v);
            // Results, too, are of the old values: a leaf that is assigned has to be copied before.
            match lowering.core(value) {
                lower::Core::Leaf(leaf) if assigns.iter().any(|(target, _)| target == leaf) => lowering.copy(value),
                _ => value,
            }
        });
        let outputs: Vec<Value> = outputs.collect();
        let fused = fuse::fuse(lowering, &outputs, &assigns, leaves);
        let places = self.place(lowering, &fused, depth);
        let locate = |place: Place| match place {
            Place::Leaf(leaf) => (leaves[leaf].0, leaves[leaf].1 as i64),
            Place::Temporary(value) => (*places.get(value).expect("what is read has a place"), 0),
        };
        let kept = |value: Value| places.contains(lowering.home(value).0);
        let emitter = Emitter { lowering, fused: &fused, locate: &locate, kept: &kept };
        let mut kernels = Vec::with_capacity(fused.groups.len());
        for group in &fused.groups {
            kernels.push(match group.primary.map(|primary| (primary, lowering.core(primary))) {
                Some((primary, lower::Core::Scan(recurrence, operands))) => {
                    let operands: Vec<(usize, i64)> = operands.iter().map(|&value| emitter.dense(value)).collect();
                    let (target, _) = locate(Place::Temporary(primary));
                    Kernel::Scan(self.scan(&recurrence.0, &operands, target, depth)?)
                }
                _ => emitter.kernel(group),
            });
        }
        let outputs = fused.outputs.iter().map(|&value| {
            let place = match lowering.core(value) {
                lower::Core::Leaf(leaf) => Place::Leaf(*leaf),
                _ => Place::Temporary(value),
            };
            let (buffer, offset) = locate(place);
            (buffer, offset as usize)
        });
        let outputs = outputs.collect();
        let labels = fused.groups.iter().map(|group| label(graph, lowering, &fused, group)).collect();
        let dispatches = fused.dispatches.chunk_by(|a, b| a == b).map(<[usize]>::len).collect();
        Ok((kernels, labels, outputs, dispatches))
    }

    /// Gives every temporary that is read a buffer, from its dispatch to the last that reads it: what one dispatch
    /// reads and writes never shares memory.
    fn place(&mut self, lowering: &Lowering, fused: &fuse::Fused, depth: usize) -> Table<usize> {
        // The last dispatch that reads each temporary; those nobody reads need no memory.
        let mut last_read = Table::default();
        for (&position, group) in fused.dispatches.iter().zip(&fused.groups) {
            for place in group.reads.places() {
                if let Place::Temporary(value) = place {
                    last_read.insert(value, position);
                }
            }
        }
        for &value in &fused.outputs {
            last_read.insert(value, fused.groups.len());
        }
        let mut lives: Vec<memory::Life> = Vec::new();
        let mut padded: Vec<(Value, usize)> = Vec::new();
        for (&position, group) in fused.dispatches.iter().zip(&fused.groups) {
            for &member in &group.members {
                let value = lowering.home(member).0;
                // A join lives from its first part on.
                if fused.copies.contains(member) || lives.iter().any(|life| life.value == value) {
                    continue;
                }
                let elements = lowering.ty(value).elements();
                if matches!(lowering.core(value), Core::Padded(..)) {
                    if last_read.contains(value) && !padded.iter().any(|(known, _)| *known == value) {
                        padded.push((value, elements));
                    }
                    continue;
                }
                let needed = group.primary == Some(member) && group.members.len() == 1;
                let end = last_read.get(value).copied();
                if let Some(end) = end.filter(|&end| end > position).or(needed.then_some(position)) {
                    lives.push(memory::Life { value, elements, from: position, to: end });
                }
            }
        }
        self.unshared_elements += lives.iter().map(|life| life.elements).sum::<usize>();
        if self.pools.len() <= depth {
            self.pools.resize_with(depth + 1, memory::Pool::default);
        }
        let mut places = self.pools[depth].place(&lives, &mut self.buffers);
        for (value, elements) in padded {
            // Entries share values; the steps of a scan have their own.
            let known = self.padded.iter().find(|(known, _)| depth == 0 && *known == value).map(|(_, buffer)| *buffer);
            let buffer = known.unwrap_or_else(|| {
                self.buffers.push(Buffer { elements: elements.max(1), kept: true });
                self.buffers.len() - 1
            });
            if depth == 0 && known.is_none() {
                self.padded.push((value, buffer));
            }
            places.insert(value, buffer);
        }
        places
    }

    /// A scan whose operands (carries, rows, what is shared) lie at `operands` and whose results go to `target`.
    fn scan(
        &mut self,
        recurrence: &Recurrence,
        operands: &[(usize, i64)],
        target: usize,
        depth: usize,
    ) -> Result<ScanKernel> {
        let (graph, entry) = recurrence.step();
        let mut own = |elements: usize| {
            self.buffers.push(Buffer { elements: elements.max(1), kept: false });
            (self.buffers.len() - 1, 0)
        };
        let carries = recurrence.carries();
        let mut leaves = vec![own(1)];
        leaves.extend(graph.leaves()[1..=carries].iter().map(|leaf| own(leaf.ty.elements())));
        leaves.extend(operands[carries..].iter().map(|&(buffer, offset)| (buffer, offset as usize)));
        let (counter, _) = leaves[0];
        // Steps are dispatched kernel by kernel.
        let (mut body, _, outputs, _) = self.entry(graph, entry, &mut Lowering::default(), &leaves, depth + 1)?;

        let mut begin = vec![fill(counter, Instruction::Constant(0, DType::U32), 1)];
        let mut end = Vec::new();
        let mut parts = Vec::new();
        let sections = recurrence.sections();
        let made = leaves[1..=carries].iter().chain(&outputs);
        for (number, (&Section { offset, size, rows }, &source)) in sections.iter().zip(made).enumerate() {
            if number < carries {
                let (from, at) = operands[number];
                begin.push(copy(source, (from, at as usize), size));
                if rows == 1 {
                    end.push(copy((target, offset), source, size));
                    continue;
                }
                begin.push(copy((target, offset + recurrence.first_row() * size), (from, at as usize), size));
            }
            parts.push(RowsPart { source, offset: offset + recurrence.row_of_step_0(number) * size, size });
        }
        // With counter and target, as many as a kernel binds.
        for parts in parts.chunks(MOST_BUFFERS - 2) {
            let (steps, backwards) = (recurrence.steps(), recurrence.backwards());
            body.push(Kernel::Rows(RowsKernel { counter, steps, backwards, target, parts: parts.to_vec() }));
        }
        Ok(ScanKernel { begin, body, end, times: recurrence.steps() })
    }
}

/// Copies `size` elements.
fn copy((target, at): Location, (source, from): Location, size: usize) -> Kernel {
    let access = |buffer, offset| Access { buffer, offset: offset as i64, strides: vec![1], dtype: DType::F32 };
    let body = Body { instructions: vec![Instruction::Load(access(source, from))] };
    Kernel::Map(MapKernel { shape: vec![size], body, stores: vec![Store { access: access(target, at), register: 0 }] })
}

/// Writes one value to the first elements of a buffer.
fn fill(buffer: usize, value: Instruction, size: usize) -> Kernel {
    let access = Access { buffer, offset: 0, strides: vec![1], dtype: DType::U32 };
    let body = Body { instructions: vec![value] };
    Kernel::Map(MapKernel { shape: vec![size], body, stores: vec![Store { access, register: 0 }] })
}

/// Where a kernel comes from: the node of its reduction or product, else the leaf that it renews.
fn label(graph: &Graph, lowering: &Lowering, fused: &fuse::Fused, group: &fuse::Group) -> String {
    let renewed = group.members.iter().find_map(|member| fused.copies.get(*member));
    match (group.primary, renewed) {
        (Some(primary), _) => lowering.label(primary).to_string(),
        (None, Some(&leaf)) => format!("new {}", graph.leaves()[leaf].name),
        (None, None) => lowering.label(group.members[0]).to_string(),
    }
}

/// Gives every leaf its memory. What a run changes or a control sets shares a buffer, as a kernel binds only a few: an
/// update then binds one, although it changes three tensors and reads two numbers, and leaves room for what computes the
/// gradient and for the kernels that share its dispatch.
fn place_leaves(graph: &Graph, program: &mut Program) {
    let mut shared: Option<usize> = None;
    for leaf in graph.leaves() {
        let elements = leaf.ty.elements();
        let shares = matches!(leaf.role, Role::Parameter | Role::State | Role::Scalar);
        // Tensors start at whole cache lines.
        let start = |used: usize| if elements > 1 { used.next_multiple_of(LINE) } else { used };
        let has_room = |buffer: &usize| start(program.buffers[*buffer].elements) + elements <= MOST_SHARED;
        let (buffer, offset) = match shared.filter(has_room).filter(|_| shares) {
            Some(buffer) => {
                let offset = start(program.buffers[buffer].elements);
                program.buffers[buffer].elements = offset + elements;
                (buffer, offset)
            }
            None => {
                program.buffers.push(Buffer { elements: elements.max(1), kept: true });
                let buffer = program.buffers.len() - 1;
                if shares {
                    shared = Some(buffer);
                }
                (buffer, 0)
            }
        };
        program.leaves.push(LeafPlace {
            name: leaf.name.clone(),
            role: leaf.role,
            ty: leaf.ty.clone(),
            buffer,
            offset,
            initial: leaf.initial.clone(),
        });
    }
}

/// Backends keep coordinates in memory of fixed size.
fn check_axes(graph: &Graph, entry: &Entry) -> Result<()> {
    let mut seen = vec![false; graph.nodes().len()];
    let mut stack: Vec<Var> = entry.outputs.iter().map(|(_, var)| *var).collect();
    stack.extend(entry.assigns.iter().map(|(_, value)| *value));
    while let Some(var) = stack.pop() {
        if std::mem::replace(&mut seen[var.index()], true) {
            continue;
        }
        let node = graph.node(var);
        if node.ty.shape.len() > MOST_AXES {
            let place = format!("{} {}", node.op.name(), node.label);
            let message = format!("{:?} has more than {MOST_AXES} axes", node.ty.shape);
            return Err(Error::new(place, message, "merge some axes by a reshape"));
        }
        stack.extend(&node.inputs);
    }
    Ok(())
}

fn check_assigns(graph: &Graph, entry: &Entry, lowering: &mut Lowering) -> Result<Vec<(usize, Value)>> {
    let mut assigned = vec![false; graph.leaves().len()];
    entry
        .assigns
        .iter()
        .map(|(target, value)| {
            let place = || format!("assignment in {}", entry.name);
            let Some(leaf) = graph.node(*target).leaf else {
                return Err(Error::new(place(), format!("%{} is not a leaf", target.0), "assign to a leaf"));
            };
            let name = &graph.leaves()[leaf].name;
            if graph.ty(*target) != graph.ty(*value) {
                let message = format!("{name} is {:?}, its new value {:?}", graph.ty(*target), graph.ty(*value));
                return Err(Error::new(place(), message, "give it the leaf's type"));
            }
            if std::mem::replace(&mut assigned[leaf], true) {
                return Err(Error::new(place(), format!("{name} is assigned twice"), "assign it once"));
            }
            Ok((leaf, lowering.node(graph, *value)))
        })
        .collect()
}
