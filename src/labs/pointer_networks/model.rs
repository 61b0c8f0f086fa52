//! The networks: an LSTM reads the input set, a second one answers step by step. What distinguishes them is the last
//! layer: the pointer network's softmax lies over the elements of the input itself and a stop; the baselines' lies
//! over a fixed dictionary of `n` symbols and a stop, so that they exist for one `n` only.
//!
//! Sequences have the axes `[time, batch, features]`. Element `n` of `n + 1` is the stop.

use crate::graph::{Graph, Result, Role, Var};
use crate::nn::attention::Projection;
use crate::nn::recurrent::{self, Cell, Direction, Lstm, State};
use crate::nn::{Init, Pointer, Start};
use crate::rng::Rng;

/// Limit of the first values of the learned start and stop vectors.
const SPECIAL: f32 = 0.08;

/// How a decoder state becomes a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Head {
    /// The paper's: the attention over the input is the answer. `glimpse`: the state first reads from the input by an
    /// attention of its own (Bello and others, "Neural combinatorial optimization with reinforcement learning", 2016).
    Point {
        /// Whether it reads before it points.
        glimpse: bool,
    },
    /// Attention blends the elements into the state, which then chooses from a dictionary for inputs of this length
    /// (Bahdanau, Cho and Bengio, "Neural machine translation by jointly learning to align and translate", 2014).
    Blend(usize),
    /// The state alone chooses from a dictionary for inputs of this length (Sutskever, Vinyals and Le, "Sequence to
    /// sequence learning with neural networks", 2014).
    Plain(usize),
}

/// Sizes of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    /// Numbers per element: 1 for sorting, 2 for points.
    pub features: usize,
    /// Units of both LSTMs and of the attention.
    pub hidden: usize,
    /// The last layer.
    pub head: Head,
}

/// Weights of a network as nodes of a graph.
pub(super) struct Network {
    shape: Shape,
    encoder: Lstm,
    decoder: Lstm,
    /// What the decoder is given at first, ⇒: `[features]`.
    first: Var,
    /// The stop's place among the elements, `e₀` in the paper: `[hidden]`.
    stop: Option<Var>,
    pointer: Option<Pointer>,
    reader: Option<(Pointer, Projection)>,
    output: Option<Projection>,
}

/// What the encoder made of the input.
pub(super) struct Memory {
    /// Encoder states and the stop's vector, `[batch, n + 1, hidden]`.
    elements: Var,
    /// Their part of the pointer's sum, `[batch, n + 1, hidden]`.
    keys: Option<Var>,
    /// The same for the attention that reads.
    reader_keys: Option<Var>,
    /// Encoder states, `[batch, n, hidden]`.
    pub states: Var,
    /// Where the decoder starts.
    pub state: State,
}

impl Memory {
    /// With every set of the batch repeated by `repeat`, but for the states.
    pub(super) fn repeated(
        &self,
        g: &mut Graph,
        mut repeat: impl FnMut(&mut Graph, Var) -> Result<Var>,
    ) -> Result<Memory> {
        Ok(Memory {
            elements: repeat(g, self.elements)?,
            keys: self.keys.map(|keys| repeat(g, keys)).transpose()?,
            reader_keys: self.reader_keys.map(|keys| repeat(g, keys)).transpose()?,
            states: self.states,
            state: State(Vec::new()),
        })
    }
}

impl Network {
    /// Adds the leaves of a network; weights are uniform on ±1/√(inputs of a unit), an LSTM's inputs being features and
    /// state together, biases 0 and those of the forget gates 1.
    pub(super) fn new(g: &mut Graph, shape: Shape, rng: &mut Rng) -> Network {
        let Shape { features, hidden, head } = shape;
        let even = |inputs: usize| Start::from(Init::Uniform(1.0 / (inputs as f32).sqrt()));
        let cell = even(features + hidden);
        let encoder = Lstm::new(g, "encoder", [features, hidden], 1.0, cell, rng);
        let decoder = Lstm::new(g, "decoder", [features, hidden], 1.0, cell, rng);
        let mut vector = |g: &mut Graph, name: &str, length: usize| {
            let values = Init::Uniform(SPECIAL).draw(rng, 1, length);
            g.leaf_with(Role::Parameter, name, &[length], values)
        };
        let first = vector(g, "first", features);
        let points = matches!(head, Head::Point { .. });
        let stop = points.then(|| vector(g, "stop", hidden));
        let attention =
            |g: &mut Graph, name: &str, rng: &mut Rng| Pointer::new(g, name, [hidden; 3], even(hidden), rng);
        let pointer = (!matches!(head, Head::Plain(_))).then(|| attention(g, "pointer", rng));
        let reader = (head == Head::Point { glimpse: true }).then(|| {
            let reader = attention(g, "glimpse", rng);
            (
                reader,
                g.scoped("glimpse", |g| {
                    Projection::new(g, "mix", [2 * hidden, hidden], 1, true, even(2 * hidden), rng)
                }),
            )
        });
        let output = match head {
            Head::Point { .. } => None,
            Head::Blend(n) => Some([2 * hidden, n + 1]),
            Head::Plain(n) => Some([hidden, n + 1]),
        };
        let output = output.map(|size| Projection::new(g, "output", size, 1, true, even(size[0]), rng));
        Network { shape, encoder, decoder, first, stop, pointer, reader, output }
    }

    /// All trained leaves.
    pub(super) fn parameters(&self) -> Vec<Var> {
        let (reader, mix) = self.reader.unzip();
        let mut all = self.encoder.parameters();
        all.append(&mut self.decoder.parameters());
        all.push(self.first);
        all.extend(self.stop);
        for pointer in [self.pointer, reader].iter().flatten() {
            all.append(&mut pointer.parameters());
        }
        for projection in [self.output, mix].iter().flatten() {
            all.append(&mut projection.parameters());
        }
        all
    }

    /// Reads `x [n, batch, features]`.
    pub(super) fn encode(&self, g: &mut Graph, x: Var, unrolled: bool) -> Result<Memory> {
        let (states, state) = run(g, &self.encoder, x, None, unrolled)?;
        let states = g.permute(states, &[1, 0, 2])?;
        let elements = match self.stop {
            Some(stop) => {
                let stop = g.broadcast_to(stop, &[g.shape(states)[0], 1, self.shape.hidden])?;
                g.concatenate(&[states, stop], 1)?
            }
            None => states,
        };
        let project = |g: &mut Graph, pointer: Option<&Pointer>| pointer.map(|p| p.project(g, elements)).transpose();
        let keys = project(g, self.pointer.as_ref())?;
        let reader_keys = project(g, self.reader.as_ref().map(|reader| &reader.0))?;
        Ok(Memory { elements, keys, reader_keys, states, state })
    }

    /// The decoder's states `[steps, batch, hidden]` for known `inputs [steps, batch, features]`.
    pub(super) fn decode(&self, g: &mut Graph, memory: &Memory, inputs: Var, unrolled: bool) -> Result<Var> {
        Ok(run(g, &self.decoder, inputs, Some(memory.state.clone()), unrolled)?.0)
    }

    /// One step of the decoder from `input [batch, features]`.
    pub(super) fn step(&self, g: &mut Graph, input: Var, state: &State) -> Result<State> {
        let projected = self.decoder.input().apply(g, input)?;
        self.decoder.step(g, projected, state)
    }

    /// What the decoder is given at first, for a batch: `[batch, features]`.
    pub(super) fn first(&self, g: &mut Graph, batch: usize) -> Result<Var> {
        g.broadcast_to(self.first, &[batch, self.shape.features])
    }

    /// Logits `[steps, batch, n + 1]` of decoder states `[steps, batch, hidden]`.
    pub(super) fn logits(&self, g: &mut Graph, memory: &Memory, states: Var) -> Result<Var> {
        match (&self.pointer, memory.keys, self.output) {
            (Some(pointer), Some(keys), None) => {
                let states = match (&self.reader, memory.reader_keys) {
                    (Some((reader, mix)), Some(keys)) => {
                        let scores = scores(g, reader, keys, states)?;
                        let read = blend(g, memory.elements, scores)?;
                        let both = g.concatenate(&[states, read], 2)?;
                        let mixed = mix.apply(g, both)?;
                        g.tanh(mixed)?
                    }
                    _ => states,
                };
                scores(g, pointer, keys, states)
            }
            (Some(pointer), Some(keys), Some(output)) => {
                let scores = scores(g, pointer, keys, states)?;
                let read = blend(g, memory.elements, scores)?;
                let both = g.concatenate(&[states, read], 2)?;
                output.apply(g, both)
            }
            (_, _, Some(output)) => output.apply(g, states),
            _ => unreachable!("a network points or has an output layer"),
        }
    }
}

/// Takes a cell over a sequence: as one scan, or step after step in the graph.
fn run(g: &mut Graph, cell: &Lstm, x: Var, start: Option<State>, unrolled: bool) -> Result<(Var, State)> {
    if unrolled {
        recurrent::unroll(g, cell, x, start)
    } else {
        recurrent::run(g, cell, x, start, None, Direction::Forwards)
    }
}

/// `vᵀ tanh(keys + W₂ d)` for all steps at once: keys `[batch, m, hidden]`, states `[steps, batch, hidden]` →
/// `[steps, batch, m]`.
fn scores(g: &mut Graph, pointer: &Pointer, keys: Var, states: Var) -> Result<Var> {
    let &[steps, batch, _] = g.shape(states) else { unreachable!("states have three axes") };
    let &[_, elements, hidden] = g.shape(keys) else { unreachable!("keys have three axes") };
    let keys = g.reshape(keys, &[1, batch, elements, hidden])?;
    let keys = g.broadcast_to(keys, &[steps, batch, elements, hidden])?;
    pointer.logits(g, keys, states)
}

/// `Σ_j softmax(scores)_j e_j`: elements `[batch, m, hidden]`, scores `[steps, batch, m]` → `[steps, batch, hidden]`.
fn blend(g: &mut Graph, elements: Var, scores: Var) -> Result<Var> {
    let weights = g.softmax(scores)?;
    let weights = g.permute(weights, &[1, 0, 2])?;
    let read = g.matmul(weights, elements)?;
    g.permute(read, &[1, 0, 2])
}
