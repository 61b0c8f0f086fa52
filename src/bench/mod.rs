//! Standard training jobs, for measuring how fast the engine trains: the same data, first weights, arithmetic and
//! optimiser as other libraries are given, so that speeds compare and losses must agree.
//!
//! A [`Task`] says what a job is; [`Task::program`] makes a program of it from [`Arrays`] that are given from outside,
//! or that [`data`] draws by the jobs' own rules. One file per kind of model: [`mlp`], [`transformer`], [`pointer`],
//! [`pictures`]; [`product`] is a bare matrix product, [`wide`] one model in many sizes. How a job is timed is in [`measure`].

mod arrays;
mod batches;
pub mod data;
#[cfg(not(target_arch = "wasm32"))]
pub mod measure;
mod mlp;
mod pictures;
mod pointer;
mod product;
mod transformer;
mod wide;

pub use arrays::Arrays;
pub use wide::WIDE;

use crate::graph::{DType, Entry, Error, Graph, Leaf, Result, Role, Var};
use crate::optim::{Adam, Momentum, Number, Rule, Sgd, Update};
use crate::plan::{self, Program};
use crate::replicate::replicate;
use batches::Batches;
use mlp::{Loss, Mlp};

/// Routine of one training step, on batch `step mod batches`.
pub const TRAIN: &str = "train";
/// Routine whose output is the mean loss over the first batches; it changes nothing.
pub const LOSS: &str = "loss";
/// Routine whose output is the number of the next batch: the least that can be read to know that steps have ended.
pub const POSITION: &str = "position";

/// How the first values of a parameter are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
enum First {
    /// Evenly from ± a limit.
    Uniform(f64),
    /// Evenly from ±√(6 / (inputs + outputs)).
    Glorot(usize, usize),
    /// One value.
    Constant(f64),
    /// Biases of an LSTM's gates, i f g o: 1 for f, else 0.
    Gates,
}

/// A tensor that is trained.
struct Parameter {
    name: String,
    shape: Vec<usize>,
    first: First,
}

impl Parameter {
    fn new(name: impl Into<String>, shape: &[usize], first: First) -> Parameter {
        Parameter { name: name.into(), shape: shape.to_vec(), first }
    }

    /// A matrix from the Glorot distribution.
    fn glorot(name: impl Into<String>, [inputs, outputs]: [usize; 2]) -> Parameter {
        Parameter::new(name, &[inputs, outputs], First::Glorot(inputs, outputs))
    }
}

/// Part of a data set: what every row has.
struct Column {
    name: &'static str,
    shape: Vec<usize>,
    dtype: DType,
}

impl Column {
    fn new(name: &'static str, shape: &[usize], dtype: DType) -> Column {
        Column { name, shape: shape.to_vec(), dtype }
    }
}

/// A network with its loss.
trait Model {
    /// What is trained, in the order in which first values are drawn.
    fn parameters(&self) -> Vec<Parameter>;
    /// The data set.
    fn columns(&self) -> Vec<Column>;
    /// Mean loss of some rows, given column by column as `[rows, ..]`.
    fn loss(&self, g: &mut Graph, parameters: &[Var], rows: &[Var]) -> Result<Var>;
}

/// How weights move.
struct Rate {
    rule: &'static dyn Rule,
    rate: f32,
    decay: Option<f32>,
}

/// What a task computes.
enum Kind {
    /// A matrix product of this size.
    Product(usize),
    /// Training of a network.
    Training { model: &'static dyn Model, update: Rate },
}

/// One job.
pub struct Task {
    /// Short name.
    pub id: &'static str,
    /// What it is.
    pub title: &'static str,
    /// Rows of a batch.
    pub batch: usize,
    /// Batches of the data set, taken in turn.
    pub batches: usize,
    /// Batches over which the loss is measured, from the first on.
    pub measured: usize,
    /// Steps after which the loss must be [`Task::agreed`].
    pub checked_after: u64,
    /// Median of the losses that other libraries have then; for a product, whose result is known, 0; not a number where
    /// no other library was asked.
    pub agreed: f64,
    /// Floating-point operations of a step, about.
    pub flops: f64,
    kind: Kind,
}

/// Adam with these decays of its means.
const fn adam(beta2: f32) -> Adam {
    Adam { beta1: Number::Fixed(0.9), beta2: Number::Fixed(beta2), epsilon: Number::Fixed(1e-8) }
}

const ADAM: Rate = Rate { rule: &adam(0.999), rate: 1e-3, decay: None };
const ADAM_W: Rate = Rate { rule: &adam(0.98), rate: 1e-3, decay: Some(1.0) };

const fn product(id: &'static str, title: &'static str, size: usize) -> Task {
    let flops = 2.0 * (size * size * size) as f64;
    let kind = Kind::Product(size);
    Task { id, title, batch: size, batches: 1, measured: 1, checked_after: 3, agreed: 0.0, flops, kind }
}

/// Every task whose loss is known from other libraries.
pub const ALL: &[Task] = &[
    product("W0-256", "product of 256 × 256 matrices", 256),
    product("W0-512", "product of 512 × 512 matrices", 512),
    product("W0-1024", "product of 1024 × 1024 matrices", 1024),
    Task {
        id: "W1",
        title: "MLP 2-8-8-1 on a spiral, batch 10, SGD",
        batch: 10,
        batches: 20,
        measured: 20,
        checked_after: 100,
        agreed: 0.477_865_4,
        flops: 5e3,
        kind: Kind::Training {
            model: &Mlp { widths: &[2, 8, 8, 1], loss: Loss::HalfSquare },
            update: Rate { rule: &Sgd, rate: 0.03, decay: None },
        },
    },
    Task {
        id: "W2",
        title: "MLP 64-256-256-10, batch 128, Adam",
        batch: 128,
        batches: 14,
        measured: 14,
        checked_after: 20,
        agreed: 0.970_319_85,
        flops: 61e6,
        kind: Kind::Training { model: &Mlp { widths: &[64, 256, 256, 10], loss: Loss::CrossEntropy }, update: ADAM },
    },
    Task {
        id: "W3",
        title: "MLP 194-256-97, modular addition, batch 2822, AdamW",
        batch: 2822,
        batches: 1,
        measured: 1,
        checked_after: 3,
        agreed: 4.561_718_94,
        flops: 981e6,
        kind: Kind::Training { model: &Mlp { widths: &[194, 256, 97], loss: Loss::CrossEntropy }, update: ADAM_W },
    },
    Task {
        id: "W4",
        title: "transformer of one layer, modular addition, batch 512, AdamW",
        batch: 512,
        batches: 5,
        measured: 5,
        checked_after: 5,
        agreed: 4.567_648_0,
        flops: 1870e6,
        kind: Kind::Training { model: &transformer::Transformer, update: ADAM_W },
    },
    Task {
        id: "W5",
        title: "LSTM pointer network sorts 10 numbers, batch 64, Adam",
        batch: 64,
        batches: 40,
        measured: 4,
        checked_after: 20,
        agreed: 2.301_210_8,
        flops: 160e6,
        kind: Kind::Training { model: &pointer::PointerNetwork, update: ADAM },
    },
    Task {
        id: "W6",
        title: "CNN 28 × 28, conv 8, conv 16, dense 10, batch 32, momentum",
        batch: 32,
        batches: 32,
        measured: 4,
        checked_after: 10,
        agreed: 2.263_157_4,
        flops: 142e6,
        kind: Kind::Training {
            model: &pictures::Pictures,
            update: Rate { rule: &Momentum::USUAL, rate: 0.01, decay: None },
        },
    },
];

/// The task called `id`, of [`ALL`] or of [`WIDE`].
pub fn find(id: &str) -> Result<&'static Task> {
    ALL.iter().chain(WIDE).find(|task| task.id == id).ok_or_else(|| {
        let known: Vec<&str> = ALL.iter().chain(WIDE).map(|task| task.id).collect();
        Error::new("workload", format!("there is no '{id}'"), format!("choose among {}", known.join(", ")))
    })
}

impl Task {
    /// Whether it is a bare matrix product.
    pub fn is_product(&self) -> bool {
        matches!(self.kind, Kind::Product(_))
    }

    /// Whether a loss after [`Task::checked_after`] steps is that of the other libraries: within 10⁻⁴.
    pub fn agrees(&self, loss: f32) -> bool {
        let scale = if self.agreed == 0.0 { 1.0 } else { self.agreed };
        (loss as f64 - self.agreed).abs() <= 1e-4 * scale
    }

    /// The program with the routines [`TRAIN`], [`LOSS`] and [`POSITION`], on the given data and first weights.
    pub fn program(&self, arrays: &Arrays) -> Result<Program> {
        let (g, entries) = self.graph(arrays)?;
        plan::plan(&g, &entries)
    }

    /// As [`Task::program`], for several copies that train at once on the same data, each with weights and an optimiser's
    /// memory of its own. What is read of losses has one more leading axis, the copy.
    pub fn replicas(&self, arrays: &Arrays, copies: usize) -> Result<Program> {
        let (g, entries) = self.graph(arrays)?;
        // Single numbers count steps and batches, which pass alike for all.
        let own = |leaf: &Leaf| matches!(leaf.role, Role::Parameter | Role::State) && !leaf.ty.shape.is_empty();
        let (g, entries) = replicate(&g, &entries, copies, |leaf, _| own(leaf).then(|| leaf.initial.clone()))?;
        plan::plan(&g, &entries)
    }

    fn graph(&self, arrays: &Arrays) -> Result<(Graph, Vec<Entry>)> {
        let mut g = Graph::new();
        let entries = match &self.kind {
            Kind::Product(size) => product::entries(&mut g, *size, arrays)?,
            Kind::Training { model, update } => self.training(&mut g, *model, update, arrays)?,
        };
        Ok((g, entries))
    }

    fn training(&self, g: &mut Graph, model: &dyn Model, rate: &Rate, arrays: &Arrays) -> Result<Vec<Entry>> {
        let mut parameters = Vec::new();
        for Parameter { name, shape, .. } in model.parameters() {
            let values = arrays.get(&name, &shape)?;
            parameters.push(g.leaf_with(Role::Parameter, &name, &shape, values));
        }
        let batches = Batches::new(g, self.batches);
        let (mut now, mut measured) = (Vec::new(), Vec::new());
        for column in model.columns() {
            let data = batches.leaf(g, &column, self.batch, arrays)?;
            now.push(batches.current(g, data)?);
            measured.push(batches.first(g, data, self.measured)?);
        }
        let loss = model.loss(g, &parameters, &now)?;
        let gradients = g.grad(loss, &parameters)?;
        let pairs: Vec<(Var, Var)> = parameters.iter().copied().zip(gradients).collect();
        let step = g.leaf_u32(Role::State, "step", &[], &[0]);
        let mut update = Update::new(rate.rule, rate.rate);
        if let Some(decay) = rate.decay {
            update = update.decoupled_decay(decay);
        }
        let mut assigns = update.apply(g, &pairs, step)?;
        assigns.push(batches.advance(g)?);
        let loss = model.loss(g, &parameters, &measured)?;
        Ok(routines(assigns, loss, batches.position()))
    }
}

/// The routines of a task.
fn routines(assigns: Vec<(Var, Var)>, loss: Var, position: Var) -> Vec<Entry> {
    let reading = |name: &str, output: Var| Entry {
        name: name.into(),
        outputs: vec![(name.into(), output)],
        assigns: Vec::new(),
    };
    let train = Entry { name: TRAIN.into(), outputs: Vec::new(), assigns };
    vec![train, reading(LOSS, loss), reading(POSITION, position)]
}
