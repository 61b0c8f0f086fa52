//! Recurrent cells as functions of (input, state) → state, each with one product for all its gates, and a run that
//! unrolls one over a sequence.
//!
//! A cell's input half does not depend on the state, so a run forms it for all steps in one product. The state of a
//! cell is a list of tensors `[batch, hidden]`, the first of which is its output; they can be packed into one.

use super::attention::{Projection, rows, unrows};
use super::init::Start;
use crate::graph::{Error, Graph, Result, Role, Var};
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

    /// All parts side by side, `[batch, parts · hidden]`.
    pub fn pack(&self, g: &mut Graph) -> Result<Var> {
        let shape = g.shape(self.0[0]).to_vec();
        let [batch, hidden] = shape[..] else {
            return Err(Error::new("state", format!("{shape:?} is not [batch, hidden]"), "give it two axes"));
        };
        let column = [batch, 1, hidden];
        let index = g.iota(&[self.0.len(), 1])?;
        let index = g.to_f32(index)?;
        let mut packed = g.reshape(self.0[0], &column)?;
        for (number, &part) in self.0.iter().enumerate().skip(1) {
            let before = g.constant(number as f32 - 0.5, &[])?;
            let from_here = g.less(before, index)?;
            let part = g.reshape(part, &column)?;
            packed = g.select(from_here, part, packed)?;
        }
        g.reshape(packed, &[batch, self.0.len() * hidden])
    }

    /// Undoes [`State::pack`] for a cell; the parts are views.
    pub fn unpack(g: &mut Graph, cell: &dyn Cell, packed: Var) -> Result<State> {
        let hidden = cell.hidden();
        let part = |number: usize| g.slice(packed, 1, number * hidden, 1, hidden);
        (0..cell.parts()).map(part).collect::<Result<_>>().map(State)
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

/// Which end of a sequence a run begins at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// At the first element.
    Forward,
    /// At the last element, or the last that the sample has.
    Backward,
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

/// Runs a cell over `x [time, batch, features]` from `start`, or from zeros; one copy of the cell per step. With
/// `lengths [batch]` (`u32`) a sample's state stands still beyond its end. Gives the output at each position, each
/// `[batch, hidden]`, and the last state.
pub fn run(
    g: &mut Graph,
    cell: &dyn Cell,
    x: Var,
    start: Option<State>,
    lengths: Option<Var>,
    direction: Direction,
) -> Result<(Vec<Var>, State)> {
    let projected = project(g, cell, x)?;
    let &[time, batch, gates] = g.shape(projected) else { unreachable!("project gives three axes") };
    let mut state = match start {
        Some(state) => state,
        None => State::zeros(g, cell, batch)?,
    };
    let fits = state.0.len() == cell.parts() && state.0.iter().all(|&part| g.shape(part) == [batch, cell.hidden()]);
    if !fits {
        let shapes: Vec<&[usize]> = state.0.iter().map(|&part| g.shape(part)).collect();
        let message = format!("the state {shapes:?} is not {} times [{batch}, {}]", cell.parts(), cell.hidden());
        return Err(Error::new("recurrent run", message, "start from a state of this cell and batch"));
    }
    let ends = match lengths {
        Some(lengths) => {
            let ends = g.to_f32(lengths)?;
            Some(g.reshape(ends, &[batch, 1])?)
        }
        None => None,
    };
    let mut outputs = Vec::with_capacity(time);
    for count in 0..time {
        let position = if direction == Direction::Forward { count } else { time - 1 - count };
        let input = g.slice(projected, 0, position, 1, 1)?;
        let input = g.reshape(input, &[batch, gates])?;
        let mut next = cell.step(g, input, &state)?;
        if let Some(ends) = ends {
            let present = g.constant(position as f32 + 0.5, &[])?;
            let runs = g.less(present, ends)?;
            for (new, &old) in next.0.iter_mut().zip(&state.0) {
                *new = g.select(runs, *new, old)?;
            }
        }
        state = next;
        outputs.push(state.output());
    }
    if direction == Direction::Backward {
        outputs.reverse();
    }
    Ok((outputs, state))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::Init;
    use crate::reference::Reference;

    #[test]
    fn a_state_is_packed_and_unpacked() {
        let mut g = Graph::new();
        let cell = Lstm::new(&mut g, "cell", [3, 2], 1.0, Init::GlorotUniform, &mut Rng::new(1, "cell"));
        let h = g.leaf_with(Role::Input, "h", &[2, 2], vec![1.0, 2.0, 3.0, 4.0]);
        let c = g.leaf_with(Role::Input, "c", &[2, 2], vec![5.0, 6.0, 7.0, 8.0]);
        let packed = State(vec![h, c]).pack(&mut g).expect("equal shapes");
        let again = State::unpack(&mut g, &cell, packed).expect("two parts");
        let values = Reference::new(&g).evaluate(&[packed, again.0[0], again.0[1]]);
        assert_eq!(values[0], [1.0, 2.0, 5.0, 6.0, 3.0, 4.0, 7.0, 8.0]);
        assert_eq!((&values[1][..], &values[2][..]), (&[1.0, 2.0, 3.0, 4.0][..], &[5.0, 6.0, 7.0, 8.0][..]));
        assert_eq!(g.leaf(cell.input.bias.expect("a bias")).expect("a leaf").initial[1..4], [0.0, 1.0, 1.0]);
    }
}
