//! Decides which values are stored and which kernels compute them.
//!
//! Rules, greedy and deterministic: products, reductions, results and operands of products are stored;
//! another value is stored only if several readers would have to compute it again and that is dear.
//! Every stored value starts as a kernel of its own; kernels of one iteration space are then merged
//! whenever no third kernel stands between them, so that elementwise chains, epilogues of products and
//! reductions, and parallel updates become one kernel each. Kernels that do not wait for each other then share
//! dispatches, as far as a dispatch has room for their buffers. Next stage: `emit.rs`.

use super::Location;
use super::lower::{Core, IndexMap, Lowering, Value};
use super::table::{Table, ValueSet};
use crate::graph::elements;
use std::collections::BTreeSet;

/// A kernel binds at most this many buffers: WebGPU's default limit.
pub(crate) const MOST_BUFFERS: usize = 8;
/// WebGPU's default limit for the memory that a workgroup shares, in bytes.
const MOST_WORKGROUP_MEMORY: usize = 16_384;
/// A value this cheap is computed again rather than stored.
const CHEAP: u32 = 4;

/// What a kernel reads or writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Place {
    Leaf(usize),
    Temporary(Value),
}

/// One kernel in the making.
#[derive(Clone, Debug, Default)]
pub(crate) struct Group {
    /// The reduction, product or scatter it computes, if any.
    pub primary: Option<Value>,
    /// Stored values it produces, operands before users; the primary comes first.
    pub members: Vec<Value>,
    /// Iteration space of the members.
    pub shape: Vec<usize>,
    pub reads: Reads,
    /// Leaves written.
    pub writes: Vec<usize>,
}

/// What a kernel reads, with whether only at its own iteration point. Few entries, so that a list is enough.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reads(Vec<(Place, bool)>);

impl Reads {
    fn note(&mut self, place: Place, here: bool) {
        match self.0.iter_mut().find(|(known, _)| *known == place) {
            Some((_, only_here)) => *only_here &= here,
            None => self.0.push((place, here)),
        }
    }

    /// Whether `place` is read only at the kernel's own point, if it is read.
    fn only_here(&self, place: Place) -> Option<bool> {
        self.0.iter().find(|(known, _)| *known == place).map(|(_, here)| *here)
    }

    /// All that is read.
    pub(crate) fn places(&self) -> impl Iterator<Item = Place> {
        self.0.iter().map(|(place, _)| *place)
    }
}

/// The fused form of one entry.
pub(crate) struct Fused {
    /// In order, those of a dispatch one after the other.
    pub groups: Vec<Group>,
    /// Number of the dispatch of each group.
    pub dispatches: Vec<usize>,
    /// Which values are stored.
    pub stored: ValueSet,
    /// Leaf that receives each assignment's copy.
    pub copies: Table<usize>,
    /// Values that the host reads.
    pub outputs: Vec<Value>,
}

/// Fuses the entry with the given outputs and assignments `(leaf, value)`; `leaves` says in which buffer each leaf lies.
pub(crate) fn fuse(
    lowering: &mut Lowering,
    outputs: &[Value],
    assigns: &[(usize, Value)],
    leaves: &[Location],
) -> Fused {
    let mut copies = Table::default();
    for &(leaf, value) in assigns {
        // A leaf may have to pass through memory of its own (two leaves that swap).
        let is_leaf = matches!(lowering.core(value), Core::Leaf(_));
        let value = if is_leaf { lowering.copy(value) } else { value };
        copies.insert(lowering.copy(value), leaf);
    }
    // Assignments see old values. One that would overwrite what a later kernel still reads goes
    // through memory of its own; which ones do is found by trying.
    let mut separate = ValueSet::default();
    loop {
        let attempt = Attempt::new(lowering, outputs, &copies, &separate, leaves);
        match attempt.order() {
            Ok((groups, dispatches)) => {
                return Fused { groups, dispatches, stored: attempt.stored, copies, outputs: outputs.to_vec() };
            }
            Err(copy) => {
                let Core::View(value, _) = lowering.core(copy) else { unreachable!("copies are views") };
                assert!(separate.insert(*value, ()).is_none(), "a copy out of separate memory cannot be in a cycle");
            }
        }
    }
}

/// A dispatch that is being filled.
struct Dispatch {
    bound: Vec<Place>,
    workgroup_memory: usize,
    /// Whether it has a kernel that shares no dispatch.
    closed: bool,
}

struct Attempt<'a> {
    leaves: &'a [Location],
    lowering: &'a Lowering,
    copies: &'a Table<usize>,
    outputs: &'a [Value],
    stored: ValueSet,
    groups: Vec<Group>,
}

impl<'a> Attempt<'a> {
    fn new(
        lowering: &'a Lowering,
        outputs: &'a [Value],
        copies: &'a Table<usize>,
        separate: &ValueSet,
        leaves: &'a [Location],
    ) -> Self {
        let mut attempt =
            Attempt { leaves, lowering, copies, outputs, stored: ValueSet::default(), groups: Vec::new() };
        let reachable = attempt.reachable();
        attempt.choose_stored(&reachable, separate);
        for &value in &reachable {
            // A join is made by what makes its parts.
            let made = !matches!(lowering.core(value), Core::Leaf(_) | Core::Join(..) | Core::Padded(..));
            if made && attempt.stored.contains(value) {
                let group = attempt.single(value);
                attempt.groups.push(group);
            }
        }
        attempt
    }

    fn reachable(&self) -> Vec<Value> {
        let mut seen = ValueSet::default();
        let mut stack: Vec<Value> = self.outputs.iter().copied().chain(self.copies.keys()).collect();
        while let Some(value) = stack.pop() {
            if seen.insert(value, ()).is_none() {
                stack.extend(self.lowering.core(value).inputs());
            }
        }
        seen.keys().collect()
    }

    /// The value whose memory a chain of views reads.
    fn base(&self, mut value: Value) -> Value {
        while !self.stored.contains(value) {
            match self.lowering.core(value) {
                Core::View(source, _) => value = *source,
                Core::Reshape(source) => return *source,
                _ => break,
            }
        }
        value
    }

    fn choose_stored(&mut self, reachable: &[Value], separate: &ValueSet) {
        let mut must = separate.clone();
        self.outputs.iter().copied().chain(self.copies.keys()).for_each(|value| must.add(value));
        for &value in reachable {
            match self.lowering.core(value) {
                Core::Leaf(_) | Core::Reduce(..) => must.add(value),
                Core::Padded(part, _) => [value, *part].into_iter().for_each(|value| must.add(value)),
                Core::Join(_, parts) => parts.iter().chain([&value]).for_each(|&value| must.add(value)),
                Core::MatMul { a, b, .. } => {
                    [value, self.base(*a), self.base(*b)].into_iter().for_each(|value| must.add(value))
                }
                Core::Take { source, .. } => must.add(self.base(*source)),
                Core::Reshape(source) => must.add(*source),
                Core::Scan(_, operands) => {
                    must.add(value);
                    let dense = |v: Value| if self.lowering.is_dense_view(v) { self.base(v) } else { v };
                    operands.iter().for_each(|&operand| must.add(dense(operand)));
                }
                Core::Scatter { index, updates, .. } => [value, *index, *updates].into_iter().for_each(|v| must.add(v)),
                _ => {}
            }
            if let Some(leaf) = self.copies.get(value)
                && let Core::View(source, _) = self.lowering.core(value)
                && self.reads_elsewhere(*source, *leaf)
            {
                must.add(*source);
            }
        }
        let lowering = self.lowering;
        let mut cost = vec![0u32; lowering.nodes.len()];
        for &value in reachable {
            let own = match lowering.core(value) {
                Core::Map(func, _) => func.row().cost,
                Core::Take { .. } => 2,
                _ => 0,
            };
            let operands = lowering.core(value).inputs();
            let below = operands.iter().filter(|v| !must.contains(**v)).map(|v| cost[v.index()]);
            cost[value.index()] = below.fold(own, u32::saturating_add);
        }
        let heirs = self.heirs(reachable, &must);
        // How many read each value, and whether any reads it more than once per element.
        let mut uses = vec![(0u32, false); lowering.nodes.len()];
        for &value in reachable.iter().rev() {
            let (count, wide) = uses[value.index()];
            let computed = matches!(lowering.core(value), Core::Map(..) | Core::Take { .. });
            let dear = cost[value.index()] > CHEAP || heirs.contains(value);
            if computed && (count > 1 || wide) && dear {
                must.add(value);
            }
            let stored = must.contains(value);
            for input in lowering.core(value).inputs() {
                let entry = &mut uses[input.index()];
                match lowering.core(value) {
                    Core::View(..) => {
                        let enlarges = elements(lowering.shape(value)) > elements(lowering.shape(input));
                        entry.0 += if stored { 1 } else { count };
                        entry.1 |= enlarges || (!stored && wide);
                    }
                    _ => {
                        entry.0 += 1;
                        entry.1 |= !stored && wide;
                    }
                }
            }
        }
        self.stored = must;
        while self.store_where_reads_are_too_many(reachable) {}
    }

    /// Values that alone read a product or reduction, or alone read what alone reads it, and so on. Storing one costs
    /// nothing, because it takes the place of the product: a sum of residuals, say, or a mean.
    fn heirs(&self, reachable: &[Value], must: &ValueSet) -> ValueSet {
        let mut readers = vec![0u32; self.lowering.nodes.len()];
        let inputs = reachable.iter().flat_map(|&value| self.lowering.core(value).inputs());
        inputs.chain(self.outputs.iter().copied()).for_each(|input| readers[input.index()] += 1);
        let mut heirs = ValueSet::default();
        for &value in reachable {
            let Core::Map(_, inputs) = self.lowering.core(value) else { continue };
            let inherits = |input: Value| match self.lowering.core(input) {
                Core::Reduce(..) | Core::MatMul { .. } => true,
                _ => heirs.contains(input) && !must.contains(input),
            };
            if inputs.iter().any(|&input| readers[input.index()] == 1 && inherits(input)) {
                heirs.add(value);
            }
        }
        heirs
    }

    /// A value that would be computed from more buffers than a kernel binds beside its result has the operand that
    /// reads most of them stored. Whether anything changed: what reads that operand, too, now reads one more.
    fn store_where_reads_are_too_many(&mut self, reachable: &[Value]) -> bool {
        let lowering = self.lowering;
        let mut changed = false;
        // Buffers that computing each value reads.
        let mut known: Vec<Vec<Place>> = vec![Vec::new(); lowering.nodes.len()];
        for &value in reachable {
            let inputs = match lowering.core(value) {
                Core::Map(_, inputs) => inputs.clone(),
                Core::View(source, _) => vec![*source],
                Core::Take { source, index, .. } => vec![self.base(*source), *index],
                _ => continue,
            };
            known[value.index()] = loop {
                let mut reads: Vec<Place> = Vec::new();
                let mut most = (1, None);
                for &input in &inputs {
                    let own = self.places(input, &known);
                    if own.len() > most.0 {
                        most = (own.len(), Some(input));
                    }
                    let new: Vec<Place> = own.into_iter().filter(|place| !reads.contains(place)).collect();
                    reads.extend(new);
                }
                match most.1 {
                    Some(input) if reads.len() >= MOST_BUFFERS => {
                        changed |= self.stored.insert(self.base(input), ()).is_none();
                    }
                    _ => break reads,
                }
            };
        }
        changed
    }

    /// The memory that holds a stored value.
    fn home(&self, value: Value) -> Place {
        Place::Temporary(self.lowering.home(value).0)
    }

    /// What stands for the buffer of `place`: the first leaf of those that share one.
    fn buffer(&self, place: Place) -> Place {
        let Place::Leaf(leaf) = place else { return place };
        let first = self.leaves.iter().position(|(buffer, _)| *buffer == self.leaves[leaf].0);
        Place::Leaf(first.unwrap_or(leaf))
    }

    /// The buffers that computing `value` reads.
    fn places(&self, value: Value, known: &[Vec<Place>]) -> Vec<Place> {
        let base = self.base(value);
        match self.lowering.core(base) {
            Core::Leaf(leaf) => vec![self.buffer(Place::Leaf(*leaf))],
            // Also a constant, where it is a result.
            _ if self.stored.contains(base) => vec![Place::Temporary(base)],
            Core::Constant(_) | Core::Iota => Vec::new(),
            _ => known[base.index()].clone(),
        }
    }

    /// Whether computing `value` at a point reads `leaf` at another point.
    fn reads_elsewhere(&self, value: Value, leaf: usize) -> bool {
        let mut reads = Reads::default();
        let identity = IndexMap::identity(self.lowering.shape(value).len());
        self.walk(value, &identity, true, &mut reads, self.lowering.shape(value), true);
        reads.only_here(Place::Leaf(leaf)) == Some(false)
    }

    /// Collects what computing `value` at `map` of an iteration of `shape` reads. With `through`, stored
    /// values are looked through (used before it is known which are stored).
    fn walk(&self, value: Value, map: &IndexMap, define: bool, reads: &mut Reads, shape: &[usize], through: bool) {
        let here = || *map == IndexMap::identity(shape.len()) && self.lowering.shape(value) == shape;
        if let Core::Leaf(leaf) = self.lowering.core(value) {
            return reads.note(Place::Leaf(*leaf), here());
        }
        if !define && !through && self.stored.contains(value) {
            return reads.note(Place::Temporary(value), here());
        }
        match self.lowering.core(value) {
            Core::Leaf(_) | Core::Constant(_) | Core::Iota => {}
            Core::Map(_, inputs) => {
                for &input in inputs {
                    self.walk(input, map, false, reads, shape, through);
                }
            }
            Core::View(source, inner) => self.walk(*source, &inner.after(map), false, reads, shape, through),
            Core::Take { source, index, .. } => {
                self.read_base(*source, reads);
                let rank = self.lowering.shape(*index).len();
                self.walk(*index, &map.first_rows(rank), false, reads, shape, through);
            }
            Core::Reshape(source) => self.read_base(*source, reads),
            // Always kernels of their own, whose operands are read at other points.
            Core::Reduce(..)
            | Core::MatMul { .. }
            | Core::Scatter { .. }
            | Core::Scan(..)
            | Core::Join(..)
            | Core::Padded(..)
                if through => {}
            Core::Join(..) | Core::Padded(..) => unreachable!("always stored"),
            Core::Reduce(_, _, source) => {
                let wide = self.lowering.shape(*source);
                let mut inner = Reads::default();
                self.walk(*source, &IndexMap::identity(wide.len()), false, &mut inner, wide, through);
                for place in inner.places() {
                    reads.note(place, false);
                }
            }
            Core::MatMul { a, b, .. } => {
                self.read_base(*a, reads);
                self.read_base(*b, reads);
            }
            Core::Scan(_, operands) => operands.iter().for_each(|&operand| self.read_base(operand, reads)),
            Core::Scatter { index, updates, .. } => {
                self.read_base(*index, reads);
                self.read_base(*updates, reads);
            }
        }
    }

    fn read_base(&self, value: Value, reads: &mut Reads) {
        let base = self.base(value);
        let place = match self.lowering.core(base) {
            Core::Leaf(leaf) => Place::Leaf(*leaf),
            _ => Place::Temporary(base),
        };
        reads.note(place, false);
    }

    fn single(&self, value: Value) -> Group {
        let primary = self.is_primary(value);
        let shape = self.lowering.shape(value).to_vec();
        let mut reads = Reads::default();
        self.walk(value, &IndexMap::identity(shape.len()), true, &mut reads, &shape, false);
        Group {
            primary: primary.then_some(value),
            members: vec![value],
            shape,
            reads,
            writes: self.copies.get(value).copied().into_iter().collect(),
        }
    }

    /// Whether `later` must run after `earlier`.
    fn depends(&self, later: &Group, earlier: &Group) -> bool {
        earlier.members.iter().any(|&v| later.reads.only_here(self.home(v)).is_some())
            || later.writes.iter().any(|&leaf| earlier.reads.only_here(Place::Leaf(leaf)).is_some())
    }

    /// Merges and orders the kernels and gives them dispatches, or names a copy that must go through separate memory.
    fn order(&self) -> Result<(Vec<Group>, Vec<usize>), Value> {
        let mut groups = self.groups.clone();
        let mut after: Vec<BTreeSet<usize>> = (0..groups.len())
            .map(|i| {
                let earlier = (0..groups.len()).filter(|&j| j != i && self.depends(&groups[i], &groups[j]));
                set(earlier)
            })
            .collect();
        let order = topological(&after).map_err(|cycle| {
            let copies = cycle
                .iter()
                .filter_map(|&i| groups[i].members.iter().copied().find(|&member| self.copies.contains(member)));
            copies.into_iter().next_back().expect("only assignments can close a cycle")
        })?;

        let mut alive: Vec<bool> = vec![true; groups.len()];
        for (position, &b) in order.iter().enumerate() {
            if groups[b].primary.is_some() {
                continue;
            }
            let earlier = order[..position].iter().rev().copied().filter(|&a| alive[a]);
            let (producers, others): (Vec<_>, Vec<_>) = earlier.partition(|a| after[b].contains(a));
            let host = producers.into_iter().chain(others).find(|&a| self.may_merge(&groups, &after, a, b));
            if let Some(a) = host {
                merge(&mut groups, &mut after, a, b);
                alive[b] = false;
            }
        }
        let mut order = topological(&after).expect("merging keeps the order free of cycles");
        order.retain(|&i| alive[i]);
        Ok(self.share_dispatches(&groups, &after, &order))
    }

    /// Gives every kernel the first dispatch that comes after all it waits for and has room for it, and sorts them by
    /// dispatch. On a GPU, a dispatch costs more than most of what small kernels compute; those of one run side by side.
    fn share_dispatches(
        &self,
        groups: &[Group],
        after: &[BTreeSet<usize>],
        order: &[usize],
    ) -> (Vec<Group>, Vec<usize>) {
        let mut dispatches: Vec<Dispatch> = Vec::new();
        let mut number = vec![0; groups.len()];
        for &i in order {
            let group = &groups[i];
            // What has nothing to do is never dispatched.
            let closed = self.stands_alone(group) || group.shape.contains(&0);
            let own = Dispatch {
                bound: self.bound(groups, &group.reads, [i, i]),
                workgroup_memory: self.workgroup_memory(group),
                closed,
            };
            let has_room = |dispatch: &Dispatch| {
                let new = own.bound.iter().filter(|place| !dispatch.bound.contains(place)).count();
                !closed
                    && !dispatch.closed
                    && dispatch.bound.len() + new <= MOST_BUFFERS
                    && dispatch.workgroup_memory + own.workgroup_memory <= MOST_WORKGROUP_MEMORY
            };
            let first = after[i].iter().map(|&earlier| number[earlier] + 1).max().unwrap_or(0);
            match (first..dispatches.len()).find(|&at| has_room(&dispatches[at])) {
                Some(at) => {
                    number[i] = at;
                    let dispatch = &mut dispatches[at];
                    dispatch.workgroup_memory += own.workgroup_memory;
                    let new: Vec<Place> = own.bound.into_iter().filter(|p| !dispatch.bound.contains(p)).collect();
                    dispatch.bound.extend(new);
                }
                None => {
                    number[i] = dispatches.len();
                    dispatches.push(own);
                }
            }
        }
        let mut sorted = Vec::with_capacity(order.len());
        for at in 0..dispatches.len() {
            sorted.extend(order.iter().copied().filter(|&i| number[i] == at));
        }
        let numbers = sorted.iter().map(|&i| number[i]).collect();
        (sorted.into_iter().map(|i| groups[i].clone()).collect(), numbers)
    }

    /// Most bytes that the shader of a kernel shares within a workgroup, see `shaders/`.
    fn workgroup_memory(&self, group: &Group) -> usize {
        match group.primary.map(|primary| self.lowering.core(primary)) {
            Some(Core::MatMul { .. }) => 4608,
            Some(Core::Reduce(..)) => 2048,
            _ => 0,
        }
    }

    fn may_merge(&self, groups: &[Group], after: &[BTreeSet<usize>], a: usize, b: usize) -> bool {
        let (host, guest) = (&groups[a], &groups[b]);
        if host.shape != guest.shape || self.stands_alone(host) {
            return false;
        }
        // A part of a join is never read at the point of the join that is being written, so that this refuses it below.
        let reads_host = |place: Place| host.members.iter().any(|&member| self.home(member) == place);
        let mut reads = host.reads.clone();
        let mut from_host = false;
        for &(place, here) in &guest.reads.0 {
            if !reads_host(place) {
                reads.note(place, here);
            } else if here {
                from_host = true;
            } else {
                return false;
            }
        }
        if host.primary.is_some() && !from_host {
            return false;
        }
        let mut writes = host.writes.iter().chain(&guest.writes);
        if writes.any(|&leaf| reads.only_here(Place::Leaf(leaf)) == Some(false)) {
            return false;
        }
        self.bound(groups, &reads, [a, b]).len() <= MOST_BUFFERS && !stands_between(after, a, b)
    }

    /// Buffers that the kernel of both groups, reading `reads`, binds.
    fn bound(&self, groups: &[Group], reads: &Reads, [a, b]: [usize; 2]) -> Vec<Place> {
        let mut bound: Vec<Place> = Vec::new();
        let mut bind = |place: Place| {
            let place = self.buffer(place);
            if !bound.contains(&place) {
                bound.push(place);
            }
        };
        reads.places().for_each(&mut bind);
        for group in [&groups[a], &groups[b]] {
            group.writes.iter().for_each(|&leaf| bind(Place::Leaf(leaf)));
            // What nobody else reads stays in a register.
            let read_by_others = |home: Place| {
                let reads = |group: &Group| group.reads.only_here(home).is_some();
                self.outputs.iter().any(|&output| Place::Temporary(output) == home)
                    || groups.iter().enumerate().any(|(i, g)| i != a && i != b && reads(g))
            };
            let kept = group.members.iter().filter(|&&member| !self.copies.contains(member));
            kept.map(|&member| self.home(member)).filter(|&home| read_by_others(home)).for_each(&mut bind);
        }
        bound
    }

    /// Whether the value needs a kernel of its own, to which others may be added.
    fn is_primary(&self, value: Value) -> bool {
        matches!(
            self.lowering.core(value),
            Core::Reduce(..) | Core::MatMul { .. } | Core::Scatter { .. } | Core::Scan(..)
        )
    }

    /// Whether nothing can be added to the kernel.
    fn stands_alone(&self, group: &Group) -> bool {
        group.primary.is_some_and(|v| matches!(self.lowering.core(v), Core::Scatter { .. } | Core::Scan(..)))
    }
}

/// A set, filled one by one: `collect` sorts first, and each kind of sort is ten kilobytes of the download.
fn set<T: Ord>(items: impl Iterator<Item = T>) -> BTreeSet<T> {
    let mut set = BTreeSet::new();
    set.extend(items);
    set
}

/// Whether a third kernel must run after `a` and before `b`.
fn stands_between(after: &[BTreeSet<usize>], a: usize, b: usize) -> bool {
    let mut stack: Vec<usize> = after[b].iter().copied().filter(|&i| i != a).collect();
    let mut seen = set(stack.iter().copied());
    while let Some(i) = stack.pop() {
        if i == a {
            return true;
        }
        stack.extend(after[i].iter().copied().filter(|&j| seen.insert(j)));
    }
    false
}

/// Moves all of group `b` into `a`.
fn merge(groups: &mut [Group], after: &mut [BTreeSet<usize>], a: usize, b: usize) {
    let guest = std::mem::take(&mut groups[b]);
    let host = &mut groups[a];
    for (place, here) in guest.reads.0 {
        if !matches!(place, Place::Temporary(v) if host.members.contains(&v)) {
            host.reads.note(place, here);
        }
    }
    host.writes.extend(guest.writes);
    host.members.extend(guest.members);
    let earlier = std::mem::take(&mut after[b]);
    after[a].extend(earlier);
    after[a].remove(&a);
    for earlier in after.iter_mut() {
        if earlier.remove(&b) {
            earlier.insert(a);
        }
    }
}

/// An order in which everything comes after what it depends on, smallest number first; or the nodes
/// that stand in cycles (or between them), which prevent one.
fn topological(after: &[BTreeSet<usize>]) -> Result<Vec<usize>, Vec<usize>> {
    let mut missing: Vec<usize> = after.iter().map(BTreeSet::len).collect();
    let mut users: Vec<Vec<usize>> = vec![Vec::new(); after.len()];
    for (i, earlier) in after.iter().enumerate() {
        for &j in earlier {
            users[j].push(i);
        }
    }
    let mut ready = set((0..after.len()).filter(|&i| missing[i] == 0));
    let mut order = Vec::with_capacity(after.len());
    while let Some(next) = ready.pop_first() {
        order.push(next);
        for &user in &users[next] {
            missing[user] -= 1;
            if missing[user] == 0 {
                ready.insert(user);
            }
        }
    }
    if order.len() == after.len() {
        return Ok(order);
    }
    // What merely comes after a cycle is not part of it: drop nodes that nobody waits for.
    let mut stuck = set((0..after.len()).filter(|&i| missing[i] > 0));
    while let Some(&last) = stuck.iter().find(|&&i| users[i].iter().all(|user| !stuck.contains(user))) {
        stuck.remove(&last);
    }
    Err(stuck.into_iter().collect())
}
