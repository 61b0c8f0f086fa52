//! The closed set of kernels that both backends know, and the program made of them.
//!
//! Scalar work is a [`Body`]: a straight line of instructions in SSA form (the result of instruction i
//! is register i), evaluated at every point of an iteration space. Everything about indices is affine:
//! an [`Access`] gives offset and strides per iteration axis, in elements, so views cost nothing.

use crate::graph::{DType, Func, Role, Type};
use crate::ops::reduce::Reduction;

/// How an iteration point maps to an element of a buffer: `offset + Σ strides[axis] · at[axis]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Access {
    /// Index into [`Program::buffers`].
    pub buffer: usize,
    /// Elements before the first.
    pub offset: i64,
    /// Elements to move per unit of each iteration axis.
    pub strides: Vec<i64>,
    /// How the four bytes are read.
    pub dtype: DType,
}

/// Register number: the index of the instruction that defines it.
pub type Register = usize;

/// One instruction of a [`Body`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Instruction {
    /// Reads an element.
    Load(Access),
    /// Reads the element `min(register, bound − 1) · stride` beyond the access.
    Gather {
        /// Where index 0 lies.
        base: Access,
        /// Register of the `u32` index.
        index: Register,
        /// Elements between consecutive indices.
        stride: i64,
        /// Number of valid indices.
        bound: u32,
    },
    /// A constant, as bits.
    Constant(u32, DType),
    /// `offset + Σ strides · at` as `u32`.
    Index {
        /// First value.
        offset: i64,
        /// Growth along each iteration axis.
        strides: Vec<i64>,
    },
    /// A scalar function of registers.
    Apply(Func, Vec<Register>),
    /// In an epilogue: the value that the kernel has just computed.
    Accumulator,
}

/// A straight line of scalar code.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Body {
    /// Instructions; operands are earlier registers.
    pub instructions: Vec<Instruction>,
}

/// Where a register is stored.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Store {
    /// Element written at each point; strides over the kernel's (outer) iteration space.
    pub access: Access,
    /// Register to store.
    pub register: Register,
}

/// Evaluates a body at every point and stores some registers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MapKernel {
    /// Iteration space.
    pub shape: Vec<usize>,
    /// Scalar code.
    pub body: Body,
    /// Results.
    pub stores: Vec<Store>,
}

/// Combines a body over the reduced axes, then runs the epilogue at every kept point.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ReduceKernel {
    /// Kept axes, the iteration space of the epilogue.
    pub kept: Vec<usize>,
    /// Reduced axes; the prologue iterates over kept then reduced axes.
    pub reduced: Vec<usize>,
    /// How elements are combined.
    pub kind: Reduction,
    /// Computes the element to combine.
    pub prologue: Body,
    /// Register of the prologue that is combined.
    pub value: Register,
    /// Works on the combined value.
    pub epilogue: Body,
    /// Results.
    pub stores: Vec<Store>,
}

/// `Σ_k a[.., i, k] · b[.., k, j]` over batch axes, then the epilogue at every `[.., i, j]`. Rows, columns and the inner
/// axis may each be several axes of an operand, counted in row-major order: so operands are read where they lie, the
/// overlapping windows of a convolution, too.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MatMulKernel {
    /// Batch axes.
    pub batch: Vec<usize>,
    /// Axes of the rows of the result.
    pub rows: Vec<usize>,
    /// Axes of the columns of the result.
    pub columns: Vec<usize>,
    /// Axes that are summed along.
    pub inner: Vec<usize>,
    /// Left operand; strides over batch axes, rows, inner axes.
    pub a: Access,
    /// Right operand; strides over batch axes, inner axes, columns.
    pub b: Access,
    /// Works on the product.
    pub epilogue: Body,
    /// Results.
    pub stores: Vec<Store>,
}

/// Sums updates into bins: `out[o, index[o, j], i] += updates[o, j, i]`, starting from zero. All dense.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ScatterKernel {
    /// Independent problems o.
    pub outer: usize,
    /// Updates j per problem.
    pub count: usize,
    /// Bins of the result per problem; larger indices go to the last.
    pub bins: usize,
    /// Elements i per update.
    pub inner: usize,
    /// Buffer of the index, `[outer, count]`, with the offset of its first element.
    pub index: (usize, i64),
    /// Buffer of the updates, `[outer, count, inner]`.
    pub updates: (usize, i64),
    /// Buffer of the result, `[outer, bins, inner]`.
    pub output: usize,
}

/// Runs kernels many times: `begin` once, `body` for each step, `end` once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ScanKernel {
    /// Sets the counter and the carries.
    pub begin: Vec<Kernel>,
    /// One step; raises the counter.
    pub body: Vec<Kernel>,
    /// Brings the last carries to where the results lie.
    pub end: Vec<Kernel>,
    /// Number of steps.
    pub times: usize,
}

/// Within a scan: copies what a step has made to its row of the results. All dense.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RowsKernel {
    /// Buffer whose first element counts the steps, this one included.
    pub counter: usize,
    /// Number of steps.
    pub steps: usize,
    /// Whether the first step made the last row.
    pub backwards: bool,
    /// Buffer of the results.
    pub target: usize,
    /// What is copied.
    pub parts: Vec<RowsPart>,
}

/// One result of a [`RowsKernel`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RowsPart {
    /// Buffer and first element of what the step has made.
    pub source: (usize, usize),
    /// First element of the row that step 0 writes.
    pub offset: usize,
    /// Elements of a row.
    pub size: usize,
}

impl RowsKernel {
    /// The row that a step writes, by the counter.
    pub fn row(&self, counter: usize) -> usize {
        if self.backwards { self.steps - counter } else { counter - 1 }
    }
}

/// The closed set of kernels.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Kernel {
    /// Element by element.
    Map(MapKernel),
    /// Reduction with prologue and epilogue.
    Reduce(ReduceKernel),
    /// Matrix product with epilogue.
    MatMul(MatMulKernel),
    /// Addition by computed index.
    Scatter(ScatterKernel),
    /// Repetition.
    Scan(ScanKernel),
    /// Results of a step of a repetition.
    Rows(RowsKernel),
}

/// A region of memory of the program, owned for its whole life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buffer {
    /// Capacity in elements of four bytes; at least 1.
    pub elements: usize,
    /// Whether it holds leaves, or zeros that are never written, so must survive between entries. It begins as zeros.
    pub kept: bool,
}

/// Where a leaf lives.
#[derive(Clone, Debug)]
pub struct LeafPlace {
    /// Name, unique in the program.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// Shape and element type.
    pub ty: Type,
    /// Index into [`Program::buffers`].
    pub buffer: usize,
    /// First element within the buffer.
    pub offset: usize,
    /// First contents.
    pub initial: Vec<f32>,
}

/// A named result of an entry: dense, row-major.
#[derive(Clone, Debug)]
pub struct Output {
    /// Name.
    pub name: String,
    /// Shape and element type.
    pub ty: Type,
    /// Index into [`Program::buffers`].
    pub buffer: usize,
    /// First element within the buffer.
    pub offset: usize,
}

/// One thing the program can do.
#[derive(Clone, Debug)]
pub struct Routine {
    /// Name of the entry.
    pub name: String,
    /// Kernels in order.
    pub kernels: Vec<Kernel>,
    /// How many of the kernels, one after the other, a GPU may run in each dispatch: they do not wait for each other.
    pub dispatches: Vec<usize>,
    /// Where in the model each kernel comes from, for messages: `hidden 2`, `new hidden 2.weight`.
    pub labels: Vec<String>,
    /// Results, readable until another routine runs.
    pub outputs: Vec<Output>,
}

/// What backends replay: kernels over planned buffers. Immutable once planned.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// All memory.
    pub buffers: Vec<Buffer>,
    /// All leaves.
    pub leaves: Vec<LeafPlace>,
    /// All entries.
    pub routines: Vec<Routine>,
    /// The graph that was planned, as text; for the plan's report.
    pub graph: String,
    /// Sum of all temporaries had each its own memory, in elements; for the plan's report.
    pub unshared_elements: usize,
}

/// What the host can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// All outputs of a routine in order, concatenated; to be asked for before another routine runs.
    Outputs(usize),
    /// All leaves that a run changes (parameters and state) in order, concatenated.
    Leaves,
    /// All leaves, those included that only the host writes.
    Everything,
}

/// A read that has arrived.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The ticket under which it was asked for.
    pub ticket: u64,
    /// The values; unsigned integers as bit patterns.
    pub values: Vec<f32>,
}

impl Routine {
    /// How many dispatches one run takes on a GPU that takes every product in one piece: a scan takes those of all its
    /// steps.
    pub fn dispatch_count(&self) -> usize {
        fn of(kernel: &Kernel) -> usize {
            let all = |kernels: &[Kernel]| kernels.iter().map(of).sum::<usize>();
            match kernel {
                Kernel::Scan(scan) => all(&scan.begin) + scan.times * all(&scan.body) + all(&scan.end),
                _ => 1,
            }
        }
        let mut rest = &self.kernels[..];
        let own = self.dispatches.iter().map(|&count| {
            let (together, others) = rest.split_at(count);
            rest = others;
            together.iter().map(of).max().unwrap_or(0)
        });
        own.sum()
    }
}

impl Program {
    /// Position of a routine by name.
    pub fn routine(&self, name: &str) -> Option<usize> {
        self.routines.iter().position(|routine| routine.name == name)
    }

    /// Position of a leaf by name.
    pub fn leaf(&self, name: &str) -> Option<usize> {
        self.leaves.iter().position(|leaf| leaf.name == name)
    }

    /// The leaves that training changes, with their positions: weights and whatever is kept beside them.
    pub fn trained_leaves(&self) -> impl Iterator<Item = (usize, &LeafPlace)> {
        let trained = |leaf: &LeafPlace| matches!(leaf.role, Role::Parameter | Role::State);
        self.leaves.iter().enumerate().filter(move |(_, leaf)| trained(leaf))
    }

    /// Position of an output of a routine by name.
    pub fn output(&self, routine: usize, name: &str) -> Option<usize> {
        self.routines[routine].outputs.iter().position(|output| output.name == name)
    }
}

impl Body {
    /// All accesses that the body reads.
    pub fn accesses(&self) -> impl Iterator<Item = &Access> {
        self.instructions.iter().filter_map(|instruction| match instruction {
            Instruction::Load(access) | Instruction::Gather { base: access, .. } => Some(access),
            _ => None,
        })
    }

    /// Type of a register; the accumulator's is given.
    pub fn dtype(&self, register: Register, accumulator: DType) -> DType {
        match &self.instructions[register] {
            Instruction::Load(access) | Instruction::Gather { base: access, .. } => access.dtype,
            Instruction::Constant(_, dtype) => *dtype,
            Instruction::Index { .. } => DType::U32,
            Instruction::Apply(func, _) => func.row().result,
            Instruction::Accumulator => accumulator,
        }
    }
}

impl MatMulKernel {
    /// Rows of the result.
    pub fn m(&self) -> usize {
        self.rows.iter().product()
    }

    /// Columns of the result.
    pub fn n(&self) -> usize {
        self.columns.iter().product()
    }

    /// Length of the inner products.
    pub fn k(&self) -> usize {
        self.inner.iter().product()
    }
}

impl ScanKernel {
    /// Every kernel of it.
    pub fn parts(&self) -> impl Iterator<Item = &Kernel> {
        self.begin.iter().chain(&self.body).chain(&self.end)
    }
}

impl Kernel {
    /// The kernels that are dispatched: the parts of a scan, else this one.
    pub fn simple(&self) -> Vec<&Kernel> {
        match self {
            Kernel::Scan(scan) => scan.parts().flat_map(Kernel::simple).collect(),
            kernel => vec![kernel],
        }
    }

    /// What the kernel writes.
    pub fn writes(&self) -> Vec<usize> {
        let of = |stores: &[Store]| stores.iter().map(|store| store.access.buffer).collect();
        match self {
            Kernel::Map(kernel) => of(&kernel.stores),
            Kernel::Reduce(kernel) => of(&kernel.stores),
            Kernel::MatMul(kernel) => of(&kernel.stores),
            Kernel::Scatter(kernel) => vec![kernel.output],
            Kernel::Scan(kernel) => kernel.parts().flat_map(Kernel::writes).collect(),
            Kernel::Rows(kernel) => vec![kernel.target],
        }
    }

    /// What the kernel reads.
    pub fn reads(&self) -> Vec<usize> {
        match self {
            Kernel::Map(kernel) => kernel.body.accesses().map(|a| a.buffer).collect(),
            Kernel::Reduce(kernel) => {
                kernel.prologue.accesses().chain(kernel.epilogue.accesses()).map(|a| a.buffer).collect()
            }
            Kernel::MatMul(kernel) => [kernel.a.buffer, kernel.b.buffer]
                .into_iter()
                .chain(kernel.epilogue.accesses().map(|a| a.buffer))
                .collect(),
            Kernel::Scatter(kernel) => vec![kernel.index.0, kernel.updates.0],
            Kernel::Scan(kernel) => kernel.parts().flat_map(Kernel::reads).collect(),
            Kernel::Rows(kernel) => {
                [kernel.counter].into_iter().chain(kernel.parts.iter().map(|part| part.source.0)).collect()
            }
        }
    }

    /// Floating-point operations of one run: products and sums of matrix products and reductions, and
    /// one per scalar function elsewhere.
    pub fn flops(&self) -> u64 {
        let applies =
            |body: &Body| body.instructions.iter().filter(|i| matches!(i, Instruction::Apply(..))).count() as u64;
        let size = |shape: &[usize]| shape.iter().product::<usize>() as u64;
        match self {
            Kernel::Map(k) => size(&k.shape) * applies(&k.body),
            Kernel::Reduce(k) => size(&k.kept) * (size(&k.reduced) * (1 + applies(&k.prologue)) + applies(&k.epilogue)),
            Kernel::MatMul(k) => size(&k.batch) * (k.m() * k.n()) as u64 * (2 * k.k() as u64 + applies(&k.epilogue)),
            Kernel::Scatter(k) => (k.outer * k.count * k.inner) as u64,
            Kernel::Scan(k) => {
                let sum = |kernels: &[Kernel]| kernels.iter().map(Kernel::flops).sum::<u64>();
                sum(&k.begin) + k.times as u64 * sum(&k.body) + sum(&k.end)
            }
            Kernel::Rows(_) => 0,
        }
    }

    /// Bytes that one run reads and writes when nothing stays in a cache from one access to another: of each access, every
    /// element once.
    pub fn bytes(&self) -> u64 {
        let body = |shape: &[usize], body: &Body| body.accesses().map(|access| touched(shape, access)).sum::<u64>();
        let stores =
            |shape: &[usize], stores: &[Store]| stores.iter().map(|store| touched(shape, &store.access)).sum::<u64>();
        let elements = match self {
            Kernel::Map(k) => body(&k.shape, &k.body) + stores(&k.shape, &k.stores),
            Kernel::Reduce(k) => {
                let all = [&k.kept[..], &k.reduced].concat();
                body(&all, &k.prologue) + body(&k.kept, &k.epilogue) + stores(&k.kept, &k.stores)
            }
            Kernel::MatMul(k) => {
                let shape = [&k.batch[..], &[k.m(), k.n()]].concat();
                touched(&[&k.batch[..], &k.rows, &k.inner].concat(), &k.a)
                    + touched(&[&k.batch[..], &k.inner, &k.columns].concat(), &k.b)
                    + body(&shape, &k.epilogue)
                    + stores(&shape, &k.stores)
            }
            Kernel::Scatter(k) => (k.outer * (k.count + k.count * k.inner + k.bins * k.inner)) as u64,
            Kernel::Rows(k) => k.parts.iter().map(|part| 2 * part.size as u64).sum(),
            Kernel::Scan(k) => {
                let sum = |kernels: &[Kernel]| kernels.iter().map(Kernel::bytes).sum::<u64>();
                return sum(&k.begin) + k.times as u64 * sum(&k.body) + sum(&k.end);
            }
        };
        4 * elements
    }
}

/// Elements of memory that an access comes to: one per point along axes that it moves along, but no more than lie between
/// the first and the last.
fn touched(shape: &[usize], access: &Access) -> u64 {
    let moving = || shape.iter().zip(&access.strides).filter(|(_, stride)| **stride != 0);
    let points: u64 = moving().map(|(&extent, _)| extent as u64).product();
    let span: u64 = moving().map(|(&extent, stride)| extent.saturating_sub(1) as u64 * stride.unsigned_abs()).sum();
    points.min(span + 1)
}
