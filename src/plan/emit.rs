//! Turns fused groups into kernels: every value becomes straight-line scalar code over affine accesses.

use super::fuse::{Fused, Group, Place};
use super::kernel::*;
use super::lower::{Core, IndexMap, Lowering, Value};

/// Tells where a stored value lies: buffer and first element.
pub(crate) type Locate<'a> = &'a dyn Fn(Place) -> (usize, i64);

/// Emits kernels of one entry.
pub(crate) struct Emitter<'a> {
    pub lowering: &'a Lowering,
    pub fused: &'a Fused,
    pub locate: Locate<'a>,
    /// Temporaries that another kernel or the host reads; others need no memory.
    pub kept: &'a dyn Fn(Value) -> bool,
}

/// Scalar code in the making.
#[derive(Default)]
struct Code {
    body: Body,
    /// Where each value is at each map of the iteration, as far as it is known.
    values: Vec<(Value, IndexMap, Register)>,
}

impl Code {
    /// The register of an instruction, which is the old one if the same was there before.
    fn push(&mut self, instruction: Instruction) -> Register {
        let instructions = &mut self.body.instructions;
        instructions.iter().position(|known| *known == instruction).unwrap_or_else(|| {
            instructions.push(instruction);
            instructions.len() - 1
        })
    }

    fn known(&self, value: Value, map: &IndexMap) -> Option<Register> {
        let same = |entry: &&(Value, IndexMap, Register)| entry.0 == value && entry.1 == *map;
        self.values.iter().find(same).map(|entry| entry.2)
    }
}

impl Emitter<'_> {
    /// The kernel of a group.
    pub(crate) fn kernel(&self, group: &Group) -> Kernel {
        if let Some(primary) = group.primary
            && let Core::Scatter { index, updates, batch } = self.lowering.core(primary)
        {
            return self.scatter(primary, *index, *updates, *batch);
        }
        let (code, stores) = self.members(group);
        match group.primary.map(|primary| self.lowering.core(primary)) {
            None => {
                let mut kernel = MapKernel { shape: group.shape.clone(), body: code.body, stores };
                collapse_map(&mut kernel);
                Kernel::Map(kernel)
            }
            Some(Core::Reduce(kind, axes, source)) => {
                let wide = self.lowering.shape(*source);
                let kept: Vec<usize> = (0..wide.len()).filter(|axis| !axes.contains(axis)).collect();
                let mut map = IndexMap::constant(wide.len(), wide.len());
                for (position, &axis) in kept.iter().chain(axes).enumerate() {
                    map.coefficients[axis][position] = 1;
                }
                let mut prologue = Code::default();
                let value = self.value(&mut prologue, *source, &map);
                Kernel::Reduce(ReduceKernel {
                    kept: group.shape.clone(),
                    reduced: axes.iter().map(|&axis| wide[axis]).collect(),
                    kind: *kind,
                    prologue: prologue.body,
                    value,
                    epilogue: code.body,
                    stores,
                })
            }
            Some(&Core::MatMul { a, b, rows, inner, columns }) => {
                let batch = group.shape.len() - 2;
                let (left, right) = (self.lowering.shape(a), self.lowering.shape(b));
                Kernel::MatMul(MatMulKernel {
                    batch: group.shape[..batch].to_vec(),
                    rows: left[batch..batch + rows].to_vec(),
                    columns: right[batch + inner..].to_vec(),
                    inner: right[batch..batch + inner].to_vec(),
                    a: self.memory(a, &IndexMap::identity(batch + rows + inner)),
                    b: self.memory(b, &IndexMap::identity(batch + inner + columns)),
                    epilogue: code.body,
                    stores,
                })
            }
            Some(_) => unreachable!("other primaries are reductions and products"),
        }
    }

    /// Code and stores of all members of a group, over the group's iteration space.
    fn members(&self, group: &Group) -> (Code, Vec<Store>) {
        let mut code = Code::default();
        let mut stores = Vec::new();
        let identity = IndexMap::identity(group.shape.len());
        for &member in &group.members {
            let register = if group.primary == Some(member) {
                code.push(Instruction::Accumulator)
            } else {
                self.definition(&mut code, member, &identity)
            };
            code.values.push((member, identity.clone(), register));
            let access = match (self.fused.copies.get(member), self.lowering.home(member)) {
                (Some(&leaf), _) => self.access(member, Place::Leaf(leaf), &identity),
                (None, _) if !(self.kept)(member) => continue,
                (None, (home, place)) => self.access(home, Place::Temporary(home), place.unwrap_or(&identity)),
            };
            stores.push(Store { access, register });
        }
        (code, stores)
    }

    fn access(&self, value: Value, place: Place, map: &IndexMap) -> Access {
        let (offset, strides) = map.access(self.lowering.shape(value));
        let (buffer, start) = (self.locate)(place);
        Access { buffer, offset: start + offset, strides, dtype: self.lowering.ty(value).dtype }
    }

    /// Register of a value at `map` of the iteration: loaded if stored, else computed.
    fn value(&self, code: &mut Code, value: Value, map: &IndexMap) -> Register {
        if let Some(register) = code.known(value, map) {
            return register;
        }
        let register = if self.fused.stored.contains(value) {
            code.push(Instruction::Load(self.memory(value, map)))
        } else {
            self.definition(code, value, map)
        };
        code.values.push((value, map.clone(), register));
        register
    }

    fn definition(&self, code: &mut Code, value: Value, map: &IndexMap) -> Register {
        let ty = self.lowering.ty(value);
        match self.lowering.core(value) {
            Core::Constant(bits) => code.push(Instruction::Constant(*bits, ty.dtype)),
            Core::Iota => {
                let (offset, strides) = map.access(&ty.shape);
                code.push(Instruction::Index { offset, strides })
            }
            Core::Map(func, inputs) => {
                let registers = inputs.iter().map(|&input| self.value(code, input, map)).collect();
                code.push(Instruction::Apply(*func, registers))
            }
            Core::View(source, inner) => self.value(code, *source, &inner.after(map)),
            Core::Reshape(source) => {
                // The source is stored densely, so flat positions agree.
                let (offset, strides) = map.access(&ty.shape);
                let mut access =
                    self.memory(*source, &IndexMap::constant(self.lowering.shape(*source).len(), map.rank));
                access.offset += offset;
                access.strides = strides;
                code.push(Instruction::Load(access))
            }
            Core::Take { source, index, batch } => {
                let index_rank = self.lowering.shape(*index).len();
                let index = self.value(code, *index, &map.first_rows(index_rank));
                // One more iteration axis stands for the index; its stride is split off below.
                let source_shape = self.lowering.shape(*source);
                let mut to_source = IndexMap::constant(source_shape.len(), map.rank + 1);
                for axis in 0..source_shape.len() {
                    if axis == *batch {
                        to_source.coefficients[axis][map.rank] = 1;
                        continue;
                    }
                    let row = if axis < *batch { axis } else { axis - batch - 1 + index_rank };
                    to_source.offset[axis] = map.offset[row];
                    to_source.coefficients[axis][..map.rank].copy_from_slice(&map.coefficients[row]);
                }
                let mut base = self.memory(*source, &to_source);
                let stride = base.strides.pop().expect("the axis added above");
                let bound = source_shape[*batch] as u32;
                code.push(Instruction::Gather { base, index, stride, bound })
            }
            Core::Leaf(_)
            | Core::Reduce(..)
            | Core::MatMul { .. }
            | Core::Scatter { .. }
            | Core::Scan(..)
            | Core::Join(..)
            | Core::Padded(..) => {
                unreachable!("always stored")
            }
        }
    }

    /// Access to the memory behind a chain of views.
    fn memory(&self, value: Value, map: &IndexMap) -> Access {
        let dtype = self.lowering.ty(value).dtype;
        match self.lowering.core(value) {
            Core::Leaf(leaf) => self.access(value, Place::Leaf(*leaf), map),
            _ if self.fused.stored.contains(value) => self.access(value, Place::Temporary(value), map),
            Core::View(source, inner) => self.memory(*source, &inner.after(map)),
            Core::Reshape(source) => {
                let (offset, strides) = map.access(self.lowering.shape(value));
                let rank = self.lowering.shape(*source).len();
                let dense = self.memory(*source, &IndexMap::constant(rank, map.rank));
                Access { buffer: dense.buffer, offset: dense.offset + offset, strides, dtype }
            }
            _ => unreachable!("operands of products and gathers are stored"),
        }
    }

    /// Buffer and first element of a value that is stored.
    pub(crate) fn dense(&self, value: Value) -> (usize, i64) {
        let rank = self.lowering.shape(value).len();
        let access = self.memory(value, &IndexMap::constant(rank, 0));
        (access.buffer, access.offset)
    }

    fn scatter(&self, output: Value, index: Value, updates: Value, batch: usize) -> Kernel {
        let shape = self.lowering.shape(output);
        let index_shape = self.lowering.shape(index);
        let product = |extents: &[usize]| extents.iter().product::<usize>();
        Kernel::Scatter(ScatterKernel {
            outer: product(&shape[..batch]),
            count: product(&index_shape[batch..]),
            bins: shape[batch],
            inner: product(&shape[batch + 1..]),
            index: self.dense(index),
            updates: self.dense(updates),
            output: (self.locate)(Place::Temporary(output)).0,
        })
    }
}

/// Merges adjacent axes that every access crosses with one stride, so that loops are long.
fn collapse_map(kernel: &mut MapKernel) {
    let mut all: Vec<&mut Vec<i64>> = Vec::new();
    for instruction in &mut kernel.body.instructions {
        match instruction {
            Instruction::Load(access) | Instruction::Gather { base: access, .. } => all.push(&mut access.strides),
            Instruction::Index { strides, .. } => all.push(strides),
            _ => {}
        }
    }
    all.extend(kernel.stores.iter_mut().map(|store| &mut store.access.strides));
    let mut axis = kernel.shape.len();
    while axis > 0 {
        axis -= 1;
        let extent = kernel.shape[axis];
        let next = kernel.shape.get(axis + 1).copied();
        let joins = next.is_some_and(|inner| all.iter().all(|s| s[axis] == s[axis + 1] * inner as i64));
        if extent == 1 {
            kernel.shape.remove(axis);
            for strides in &mut all {
                strides.remove(axis);
            }
        } else if joins {
            kernel.shape[axis] *= kernel.shape.remove(axis + 1);
            for strides in &mut all {
                strides.remove(axis);
            }
        }
    }
}
