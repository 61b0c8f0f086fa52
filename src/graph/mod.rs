//! What to compute: a static graph of tensors with known shapes.
//!
//! *Why it is so.* Context: a training step is the same computation every time. Decision: a lab builds
//! its step once as a graph of [`Op`]s, which is differentiated into the same graph, lowered, fused and
//! planned, and from then on only replayed. Consequence: every shape error surfaces while building, with
//! the label of the node, and running cannot fail. Builders live beside their op in `ops/`; the scalar
//! functions are rows of [`func`]; next stage: `grad.rs`, then `plan/`.

mod error;
pub mod func;
mod print;
mod shape;

pub use error::{Error, Fault, Result};
pub use func::Func;
pub(crate) use func::Joined;
pub use shape::{DType, Type, broadcast, elements, strides};

use crate::plan::{Lowering, Value};
use std::fmt;
use std::sync::Arc;

/// Handle of a node in its [`Graph`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Var(pub(crate) u32);

impl Var {
    /// Position of the node in its graph.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// An operation: one member of the open set under `ops/`, complete in its own file.
pub trait Op: Send + Sync {
    /// Name with attributes, as printed: `reduce sum [1]`.
    fn name(&self) -> String;
    /// Result type, or what is wrong with the inputs (the graph adds the node's label).
    fn infer(&self, inputs: &[&Type]) -> Result<Type>;
    /// The value in double precision: the truth that every backend is tested against. `u32` elements
    /// are carried as exact doubles.
    #[cfg(feature = "reference")]
    fn reference(&self, inputs: &[&[f64]], types: &[&Type], output: &Type) -> Vec<f64>;
    /// Contribution of `grad` (shaped like the output) to the gradient of each input, built from graph
    /// operations so that it can be differentiated again; `None` where there is none.
    fn vjp(&self, graph: &mut Graph, inputs: &[Var], output: Var, grad: Var) -> Result<Vec<Option<Var>>>;
    /// For an operation that puts its operand among zeros along one axis: where.
    fn placed(&self) -> Option<Placed> {
        None
    }
    /// For an operation that sums products of its two inputs, of this rank, along an axis of each: these axes. A sum of
    /// several is one of them, of inputs joined along these axes.
    fn sums_along(&self, _rank: usize) -> Option<[usize; 2]> {
        None
    }
    /// For an operation that is one of several results of one computation (of the same inputs): what tells that
    /// computation from others, and which result this is. Their reverse passes then are one, by [`Op::vjp_of_all`].
    fn result_of(&self) -> Option<(usize, usize)> {
        None
    }
    /// Like [`Op::vjp`], for several results `(which, gradient)` of one computation at once.
    fn vjp_of_all(&self, _: &mut Graph, inputs: &[Var], _: &[(usize, Var)]) -> Result<Vec<Option<Var>>> {
        Ok(vec![None; inputs.len()])
    }
    /// The same computation in the closed set of the planner.
    fn lower(&self, lowering: &mut Lowering, inputs: &[Value], output: &Type) -> Value;
    /// The operation that does the same on inputs which all carry one more leading axis of `copies`.
    fn lift(&self, copies: usize) -> Arc<dyn Op>;
}

/// A piece of a tensor along an axis: `count` elements from `start` on, of `extent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The axis.
    pub axis: usize,
    /// First element of the piece.
    pub start: usize,
    /// Its elements.
    pub count: usize,
    /// Elements of the whole.
    pub extent: usize,
}

impl Placed {
    /// One past the last element.
    pub fn end(&self) -> usize {
        self.start + self.count
    }
}

impl fmt::Debug for dyn Op {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.name())
    }
}

/// What a leaf is for; decides who writes it and what a snapshot holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Trainable weights.
    Parameter,
    /// Kept between steps: moments, counters, running statistics.
    State,
    /// Written by the host, rarely: data sets, frozen copies.
    Input,
    /// A number that a control turns: learning rate, noise. Of shape `[]`, or `[copies]` once replicated.
    Scalar,
}

/// A tensor that outlives a step.
#[derive(Clone, Debug)]
pub struct Leaf {
    /// Unique name within the graph, for instance `hidden 1.weight`.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// Shape and element type.
    pub ty: Type,
    /// First contents, row-major; `u32` elements as bit patterns.
    pub initial: Vec<f32>,
}

/// One node: an operation on earlier nodes.
#[derive(Clone, Debug)]
pub struct Node {
    /// The operation.
    pub op: Arc<dyn Op>,
    /// Operands, all earlier in the graph.
    pub inputs: Vec<Var>,
    /// Result type.
    pub ty: Type,
    /// Where in the model the node was built, for messages.
    pub label: Arc<str>,
    /// Position in [`Graph::leaves`], if the node is a leaf.
    pub leaf: Option<usize>,
}

/// Something a program can be asked to do: a training step, an evaluation, a picture.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    /// Name, for instance `train`.
    pub name: String,
    /// Named results that the host may read afterwards.
    pub outputs: Vec<(String, Var)>,
    /// Leaves that take a new value at the end; all right-hand sides see the old values.
    pub assigns: Vec<(Var, Var)>,
}

/// A static graph of tensors; see the module's description.
#[derive(Clone, Debug)]
pub struct Graph {
    nodes: Vec<Node>,
    leaves: Vec<Leaf>,
    scope: Vec<String>,
    label: Arc<str>,
}

impl Default for Graph {
    fn default() -> Self {
        Self::new()
    }
}

impl Graph {
    /// An empty graph.
    pub fn new() -> Self {
        Graph { nodes: Vec::new(), leaves: Vec::new(), scope: Vec::new(), label: "graph".into() }
    }

    /// Runs `build` with `name` added to the label of every node it makes.
    pub fn scoped<T>(&mut self, name: &str, build: impl FnOnce(&mut Graph) -> T) -> T {
        self.enter(name);
        let result = build(self);
        self.leave();
        result
    }

    // Apart from `scoped`, of which there is a copy for each use.
    #[inline(never)]
    fn enter(&mut self, name: &str) {
        self.scope.push(name.to_owned());
        self.label = self.scope.join(".").into();
    }

    #[inline(never)]
    fn leave(&mut self) {
        self.scope.pop();
        self.label = if self.scope.is_empty() { "graph".into() } else { self.scope.join(".").into() };
    }

    /// Adds a node; refuses inputs that the operation cannot take, naming the node.
    pub fn apply(&mut self, op: Arc<dyn Op>, inputs: &[Var]) -> Result<Var> {
        let types: Vec<&Type> = inputs.iter().map(|&input| self.ty(input)).collect();
        let ty = op.infer(&types).map_err(|error| error.at(format!("{} {}", op.name(), self.label)))?;
        self.nodes.push(Node { op, inputs: inputs.to_vec(), ty, label: self.label.clone(), leaf: None });
        Ok(Var(self.nodes.len() as u32 - 1))
    }

    /// Adds a leaf, read by `op`, under the present scope.
    pub(crate) fn push_leaf(&mut self, op: Arc<dyn Op>, leaf: Leaf) -> Var {
        let (ty, label) = (leaf.ty.clone(), self.label.clone());
        self.leaves.push(leaf);
        self.nodes.push(Node { op, inputs: Vec::new(), ty, label, leaf: Some(self.leaves.len() - 1) });
        Var(self.nodes.len() as u32 - 1)
    }

    /// `name` below the present scope.
    pub(crate) fn scoped_name(&self, name: &str) -> String {
        if self.scope.is_empty() { name.to_owned() } else { format!("{}.{name}", self.scope.join(".")) }
    }

    /// Forgets all nodes and leaves but the first so many; nothing that is kept may use them.
    pub(crate) fn truncate(&mut self, nodes: usize, leaves: usize) {
        self.nodes.truncate(nodes);
        self.leaves.truncate(leaves);
    }

    /// The node behind a handle.
    pub fn node(&self, var: Var) -> &Node {
        &self.nodes[var.index()]
    }

    /// All nodes, operands before their users.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// All leaves, in the order of creation.
    pub fn leaves(&self) -> &[Leaf] {
        &self.leaves
    }

    /// The leaf behind a handle, if it is one.
    pub fn leaf(&self, var: Var) -> Option<&Leaf> {
        self.node(var).leaf.map(|index| &self.leaves[index])
    }

    /// Type of a node.
    pub fn ty(&self, var: Var) -> &Type {
        &self.node(var).ty
    }

    /// Shape of a node.
    pub fn shape(&self, var: Var) -> &[usize] {
        &self.node(var).ty.shape
    }
}
