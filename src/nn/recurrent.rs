//! Recurrent cells as functions of (input, state) → state, each with one product for all its gates, and a run that
//! takes one over a sequence.
//!
//! A cell's input half does not depend on the state, so a run forms it for all steps in one product. The state of a
//! cell is a list of tensors `[batch, hidden]`, the first of which is its output.

use super::attention::{Projection, rows, unrows};
use super::init::Start;
use crate::graph::{Error, Graph, Result, Role, Var};
pub use crate::ops::scan::Direction;
use crate::rng::Rng;

/// What a cell hands from step to step: tensors `[batch, hidden]`, the output first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State(pub Vec<Var>);

impl State {
    /// Zeros for a cell.
    pub fn zeros(g: &mut Graph, cell: &dyn Cell, batch: usize) -> Result<State> {
        (0..cell.parts()).map(|_| g.constant(0.0, &[batch, cell.hidden()])).collect::<Result<_>>().map(State)
    }

    /// The output, `[batch, hidden]`.
    pub fn output(&self) -> Var {
        self.0[0]
    }
}

/// A recurrent cell.
pub trait Cell {
    /// Features of the output.
    fn hidden(&self) -> usize;
    /// Number of tensors in the state.
    fn parts(&self) -> usize;
    /// The input half of the gates: weights `[inputs, gates · hidden]` and biases.
    fn input(&self) -> Projection;
    /// The next state from `projected [batch, gates · hidden]`, which the input half gave, and the present state.
    fn step(&self, g: &mut Graph, projected: Var, state: &State) -> Result<State>;
    /// Trained leaves.
    fn parameters(&self) -> Vec<Var>;
}

/// Leaves that all cells have: `input.weight [inputs, gates · hidden]`, `input.bias`, `recurrent [hidden, gates · hidden]`.
fn leaves(g: &mut Graph, shape: [usize; 2], gates: usize, start: Start, rng: &mut Rng) -> (Projection, Var) {
    let [inputs, hidden] = shape;
    let input = Projection::new(g, "input", [inputs, gates * hidden], gates, true, start, rng);
    let recurrent = Projection::draw([hidden, gates * hidden], gates, start, rng).0;
    let recurrent = g.leaf_with(Role::Parameter, "recurrent", &[hidden, gates * hidden], recurrent);
    (input, recurrent)
}

/// Gate `number` of `gates [batch, count · hidden]`: a view.
fn gate(g: &mut Graph, gates: Var, number: usize, hidden: usize) -> Result<Var> {
    g.slice(gates, 1, number * hidden, 1, hidden)
}

/// What a plain recurrent cell does with its sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Squash {
    /// tanh a
    Tanh,
    /// max(a, 0)
    Relu,
}

/// `h ← squash(x W + b + h U)` (Elman, "Finding structure in time", 1990).
#[derive(Clone, Copy, Debug)]
pub struct Rnn {
    /// `W` and `b`.
    pub input: Projection,
    /// `U`, `[hidden, hidden]`.
    pub recurrent: Var,
    hidden: usize,
    squash: Squash,
}

impl Rnn {
    /// Adds the leaves of a cell of `[inputs, hidden]` below `name`.
    pub fn new(
        g: &mut Graph,
        name: &str,
        shape: [usize; 2],
        squash: Squash,
        start: impl Into<Start>,
        rng: &mut Rng,
    ) -> Rnn {
        let (input, recurrent) = g.scoped(name, |g| leaves(g, shape, 1, start.into(), rng));
        Rnn { input, recurrent, hidden: shape[1], squash }
    }
}

impl Cell for Rnn {
    fn hidden(&self) -> usize {
        self.hidden
    }
    fn parts(&self) -> usize {
        1
    }
    fn input(&self) -> Projection {
        self.input
    }
    fn step(&self, g: &mut Graph, projected: Var, state: &State) -> Result<State> {
        let product = g.matmul(state.0[0], self.recurrent)?;
        let sum = g.add(product, projected)?;
        let next = match self.squash {
            Squash::Tanh => g.tanh(sum)?,
            Squash::Relu => g.relu(sum)?,
        };
        Ok(State(vec![next]))
    }
    fn parameters(&self) -> Vec<Var> {
        [self.input.parameters(), vec![self.recurrent]].concat()
    }
}

/// The gated recurrent unit (Cho and others, "Learning phrase representations using RNN encoder-decoder", 2014) in the
/// variant that resets after the product, as PyTorch and cuDNN do, because it needs one product for all gates:
/// `r = σ(x Wᵣ + bᵣ + h Uᵣ)`, `z = σ(x W_z + b_z + h U_z)`, `n = tanh(x Wₙ + bₙ + r (h Uₙ + c))`,
/// `h ← (1 − z) n + z h`. Gates lie in the order r, z, n.
#[derive(Clone, Copy, Debug)]
pub struct Gru {
    /// `W` and `b`.
    pub input: Projection,
    /// `U`, `[hidden, 3 · hidden]`.
    pub recurrent: Var,
    /// `c`, `[hidden]`.
    pub candidate: Var,
    hidden: usize,
}

impl Gru {
    /// Adds the leaves of a cell of `[inputs, hidden]` below `name`; `name.candidate` is 0 at first.
    pub fn new(g: &mut Graph, name: &str, shape: [usize; 2], start: impl Into<Start>, rng: &mut Rng) -> Gru {
        let hidden = shape[1];
        g.scoped(name, |g| {
            let (input, recurrent) = leaves(g, shape, 3, start.into(), rng);
            let candidate = g.leaf_with(Role::Parameter, "candidate", &[hidden], vec![0.0; hidden]);
            Gru { input, recurrent, candidate, hidden }
        })
    }
}

impl Cell for Gru {
    fn hidden(&self) -> usize {
        self.hidden
    }
    fn parts(&self) -> usize {
        1
    }
    fn input(&self) -> Projection {
        self.input
    }
    fn step(&self, g: &mut Graph, projected: Var, state: &State) -> Result<State> {
        let old = state.0[0];
        let product = g.matmul(old, self.recurrent)?;
        let opening = |g: &mut Graph, number: usize| -> Result<Var> {
            let (x, h) = (gate(g, projected, number, self.hidden)?, gate(g, product, number, self.hidden)?);
            let sum = g.add(x, h)?;
            g.sigmoid(sum)
        };
        let (reset, keep) = (opening(g, 0)?, opening(g, 1)?);
        let (x, h) = (gate(g, projected, 2, self.hidden)?, gate(g, product, 2, self.hidden)?);
        let h = g.add(h, self.candidate)?;
        let h = g.mul(reset, h)?;
        let sum = g.add(x, h)?;
        let new = g.tanh(sum)?;
        let difference = g.sub(old, new)?;
        let kept = g.mul(keep, difference)?;
        Ok(State(vec![g.add(new, kept)?]))
    }
    fn parameters(&self) -> Vec<Var> {
        [self.input.parameters(), vec![self.recurrent, self.candidate]].concat()
    }
}

/// Long short-term memory (Hochreiter and Schmidhuber, 1997) with a forget gate (Gers, Schmidhuber and Cummins,
/// "Learning to forget", 2000): `(i, f, c̃, o) = (σ, σ, tanh, σ)(x W + b + h U)`, `c ← f c + i c̃`, `h ← o tanh c`. Gates lie in
/// the order i, f, c̃, o; the state is h, then c.
#[derive(Clone, Copy, Debug)]
pub struct Lstm {
    /// `W` and `b`.
    pub input: Projection,
    /// `U`, `[hidden, 4 · hidden]`.
    pub recurrent: Var,
    hidden: usize,
}

impl Lstm {
    /// Adds the leaves of a cell of `[inputs, hidden]` below `name`. `forget` is added to the first biases of the
    /// forget gate; 1 lets a new cell remember (Jozefowicz, Zaremba and Sutskever, 2015).
    pub fn new(
        g: &mut Graph,
        name: &str,
        shape: [usize; 2],
        forget: f32,
        start: impl Into<Start>,
        rng: &mut Rng,
    ) -> Lstm {
        let [inputs, hidden] = shape;
        let start = start.into();
        let mut draw = |inputs: usize| Projection::draw([inputs, 4 * hidden], 4, start, rng);
        let (weights, mut biases) = draw(inputs);
        let recurrent = draw(hidden).0;
        biases[hidden..2 * hidden].iter_mut().for_each(|bias| *bias += forget);
        g.scoped(name, |g| Lstm {
            input: g.scoped("input", |g| Projection {
                weight: g.leaf_with(Role::Parameter, "weight", &[inputs, 4 * hidden], weights),
                bias: Some(g.leaf_with(Role::Parameter, "bias", &[4 * hidden], biases)),
            }),
            recurrent: g.leaf_with(Role::Parameter, "recurrent", &[hidden, 4 * hidden], recurrent),
            hidden,
        })
    }

    /// A cell of leaves that exist: its input half and `recurrent [hidden, 4 · hidden]`.
    pub fn from_leaves(g: &Graph, input: Projection, recurrent: Var) -> Lstm {
        Lstm { input, recurrent, hidden: g.shape(recurrent)[0] }
    }
}

impl Cell for Lstm {
    fn hidden(&self) -> usize {
        self.hidden
    }
    fn parts(&self) -> usize {
        2
    }
    fn input(&self) -> Projection {
        self.input
    }
    fn step(&self, g: &mut Graph, projected: Var, state: &State) -> Result<State> {
        let product = g.matmul(state.0[0], self.recurrent)?;
        let gates = g.add(product, projected)?;
        let one = |g: &mut Graph, number: usize| gate(g, gates, number, self.hidden);
        let (enter, forget, new, leave) = (one(g, 0)?, one(g, 1)?, one(g, 2)?, one(g, 3)?);
        let (enter, forget, leave) = (g.sigmoid(enter)?, g.sigmoid(forget)?, g.sigmoid(leave)?);
        let new = g.tanh(new)?;
        let (old, new) = (g.mul(forget, state.0[1])?, g.mul(enter, new)?);
        let memory = g.add(old, new)?;
        let shown = g.tanh(memory)?;
        Ok(State(vec![g.mul(leave, shown)?, memory]))
    }
    fn parameters(&self) -> Vec<Var> {
        [self.input.parameters(), vec![self.recurrent]].concat()
    }
}

/// The input half for all steps, in one product: `x [time, batch, features]` → `[time, batch, gates · hidden]`.
pub fn project(g: &mut Graph, cell: &dyn Cell, x: Var) -> Result<Var> {
    let (rows, leading) = rows(g, x)?;
    let [_, _] = leading[..] else {
        let message = format!("{:?} is not [time, batch, features]", g.shape(x));
        return Err(Error::new("recurrent run", message, "give it three axes"));
    };
    let projected = cell.input().apply_rows(g, rows)?;
    unrows(g, projected, &leading)
}

/// Runs a cell over `x [time, batch, features]` from `start`, or from zeros, as one [scan](Graph::scan). With `lengths
/// [batch]` (`u32`) a sample's state stands still beyond its end. Gives the output at each position, `[time, batch,
/// hidden]`, and the last state.
pub fn run(
    g: &mut Graph,
    cell: &dyn Cell,
    x: Var,
    start: Option<State>,
    lengths: Option<Var>,
    direction: Direction,
) -> Result<(Var, State)> {
    let projected = project(g, cell, x)?;
    let &[time, batch, _] = g.shape(projected) else { unreachable!("project gives three axes") };
    let state = match start {
        Some(state) => state,
        None => State::zeros(g, cell, batch)?,
    };
    let fits = state.0.len() == cell.parts() && state.0.iter().all(|&part| g.shape(part) == [batch, cell.hidden()]);
    if !fits {
        let shapes: Vec<&[usize]> = state.0.iter().map(|&part| g.shape(part)).collect();
        let message = format!("the state {shapes:?} is not {} times [{batch}, {}]", cell.parts(), cell.hidden());
        return Err(Error::new("recurrent run", message, "start from a state of this cell and batch"));
    }
    let mut rows = vec![projected];
    if let Some(lengths) = lengths {
        let ends = g.to_f32(lengths)?;
        let ends = g.reshape(ends, &[1, batch, 1])?;
        let position = g.iota(&[time, 1, 1])?;
        let position = g.to_f32(position)?;
        rows.push(g.less(position, ends)?);
    }
    let scanned = g.scan(&state.0, &rows, direction, |g, state, rows| {
        let mut next = cell.step(g, rows[0], &State(state.to_vec()))?;
        if let Some(&runs) = rows.get(1) {
            for (new, &old) in next.0.iter_mut().zip(state) {
                *new = g.select(runs, *new, old)?;
            }
        }
        Ok((next.0, Vec::new()))
    })?;
    Ok((scanned.carries[0], State(scanned.last)))
}

/// As [`run`] without lengths, step after step in the graph. Every step then has kernels of its own, which keep what the
/// reverse pass needs: for short sequences faster than a scan, whose reverse pass computes each step again.
pub fn unroll(g: &mut Graph, cell: &dyn Cell, x: Var, start: Option<State>) -> Result<(Var, State)> {
    let projected = project(g, cell, x)?;
    let &[time, batch, width] = g.shape(projected) else { unreachable!("project gives three axes") };
    let mut state = match start {
        Some(state) => state,
        None => State::zeros(g, cell, batch)?,
    };
    let mut outputs = Vec::with_capacity(time);
    for position in 0..time {
        let row = g.slice(projected, 0, position, 1, 1)?;
        let row = g.reshape(row, &[batch, width])?;
        state = cell.step(g, row, &state)?;
        outputs.push(state.output());
    }
    Ok((g.stack(&outputs, 0)?, state))
}
