//! The block of a transformer: attention and a network of two layers, each with a residual and a norm.
//!
//! Before the sublayer (Xiong and others, "On layer normalization in the transformer architecture", 2020):
//! `x + f(norm x)`; after it (Vaswani and others, "Attention is all you need", 2017): `norm(x + f(x))`.

use super::attention::{AttentionOptions, MultiHeadAttention, Projection, rows, unrows};
use super::init::Start;
use super::normalisation::{Norm, NormOptions};
use super::{Activation, Init};
use crate::graph::{Error, Graph, Result, Var};
use crate::rng::Rng;

/// Where a block normalises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NormPlace {
    /// Before each sublayer, within the residual.
    Before,
    /// After each residual sum.
    After,
}

/// Extents and options of [`TransformerBlock`].
#[derive(Clone, Copy, Debug)]
pub struct BlockOptions {
    /// The self-attention, and the attention to a memory if there is one.
    pub attention: AttentionOptions,
    /// Units between the two layers of the network, customarily four times the width.
    pub hidden: usize,
    /// What these units do, customarily GELU or ReLU.
    pub activation: Activation,
    /// Where to normalise.
    pub place: NormPlace,
    /// How to normalise.
    pub norm: NormOptions,
    /// Whether the block also attends to a memory, as a decoder does.
    pub memory: bool,
}

/// One block.
#[derive(Clone, Debug)]
pub struct TransformerBlock {
    /// Attention within the sequence.
    pub attention: MultiHeadAttention,
    /// Attention to a memory.
    pub memory: Option<MultiHeadAttention>,
    /// First layer of the network, `[width, hidden]`.
    pub up: Projection,
    /// Second layer of the network, `[hidden, width]`.
    pub down: Projection,
    norms: Vec<Norm>,
    options: BlockOptions,
}

impl TransformerBlock {
    /// Adds all leaves below `name`. Weights have Glorot's variance, those of the network the variance that suits its
    /// activation.
    pub fn new(g: &mut Graph, name: &str, options: BlockOptions, rng: &mut Rng) -> Result<TransformerBlock> {
        let AttentionOptions { width, bias, .. } = options.attention;
        let glorot = Start::from(Init::GlorotUniform);
        g.scoped(name, |g| {
            let mut norms = vec![Norm::new(g, "attention norm", &[width], options.norm)];
            let attention = MultiHeadAttention::new(g, "attention", options.attention, glorot, rng)?;
            let memory = match options.memory {
                true => {
                    norms.push(Norm::new(g, "memory norm", &[width], options.norm));
                    Some(MultiHeadAttention::new(g, "memory", options.attention, glorot, rng)?)
                }
                false => None,
            };
            norms.push(Norm::new(g, "network norm", &[width], options.norm));
            let start = options.activation.start();
            let up = Projection::new(g, "up", [width, options.hidden], 1, bias, start, rng);
            let down = Projection::new(g, "down", [options.hidden, width], 1, bias, glorot, rng);
            Ok(TransformerBlock { attention, memory, up, down, norms, options })
        })
    }

    /// `x [.., time, width]` → the same shape. `mask` broadcasts to `[.., heads, time, time]`.
    pub fn apply(&self, g: &mut Graph, x: Var, mask: Option<Var>) -> Result<Var> {
        self.apply_with(g, x, mask, None)
    }

    /// As [`TransformerBlock::apply`], with the memory `[.., keys, width]` and its mask, if the block attends to one.
    pub fn apply_with(
        &self,
        g: &mut Graph,
        x: Var,
        mask: Option<Var>,
        memory: Option<(Var, Option<Var>)>,
    ) -> Result<Var> {
        if memory.is_some() != self.memory.is_some() {
            let message =
                if memory.is_some() { "the block does not attend to a memory" } else { "the memory is missing" };
            return Err(Error::new("transformer block", message, "make and apply it with or without a memory"));
        }
        let (mut rows, leading) = rows(g, x)?;
        let mut norms = self.norms.iter();
        let mut next = || norms.next().expect("one norm per sublayer");
        rows = self.sublayer(g, rows, next(), |g, x| self.attention.apply_rows(g, x, &leading, mask))?;
        if let (Some(attention), Some((memory, mask))) = (&self.memory, memory) {
            rows = self.sublayer(g, rows, next(), |g, x| attention.apply_rows_to(g, x, &leading, memory, mask))?;
        }
        rows = self.sublayer(g, rows, next(), |g, x| {
            let hidden = self.up.apply_rows(g, x)?;
            let hidden = self.options.activation.apply(g, hidden)?;
            self.down.apply_rows(g, hidden)
        })?;
        unrows(g, rows, &leading)
    }

    fn sublayer(
        &self,
        g: &mut Graph,
        x: Var,
        norm: &Norm,
        layer: impl FnOnce(&mut Graph, Var) -> Result<Var>,
    ) -> Result<Var> {
        match self.options.place {
            NormPlace::Before => {
                let normal = norm.apply(g, x)?;
                let change = layer(g, normal)?;
                g.add(x, change)
            }
            NormPlace::After => {
                let change = layer(g, x)?;
                let sum = g.add(x, change)?;
                norm.apply(g, sum)
            }
        }
    }

    /// Trained leaves.
    pub fn parameters(&self) -> Vec<Var> {
        let mut all = self.attention.parameters();
        all.extend(self.memory.iter().flat_map(MultiHeadAttention::parameters));
        all.extend([self.up.parameters(), self.down.parameters()].concat());
        all.extend(self.norms.iter().flat_map(Norm::parameters));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::Machine;
    use crate::graph::{Entry, Role};
    use crate::nn::{Embedding, LearnedPositions};
    use crate::optim::{Adam, Momentum, Rule, Update};
    use crate::plan::{Program, plan};
    use std::sync::Arc;

    /// A training step of a causal language model of two blocks, for `[batch, time]` symbols and what should follow each.
    fn training_step(
        [batch, time, width, symbols]: [usize; 4],
        [tokens, targets]: [&[u32]; 2],
        norm: NormOptions,
        bias: bool,
        rule: &dyn Rule,
    ) -> Result<Program> {
        let (mut graph, mut rng) = (Graph::new(), Rng::new(1, "transformer"));
        let g = &mut graph;
        let step = g.leaf_u32(Role::State, "step", &[], &[0]);
        let tokens = g.leaf_u32(Role::Input, "tokens", &[batch, time], tokens);
        let targets = g.leaf_u32(Role::Input, "targets", &[batch * time], targets);
        let embedding = Embedding::new(g, "embedding", [symbols, width], Init::Normal(0.1), &mut rng);
        let positions = LearnedPositions::new(g, "positions", [time, width], Init::Normal(0.1), &mut rng);
        let mut parameters = vec![embedding.table, positions.table];
        let vectors = embedding.apply(g, tokens)?;
        let mut x = positions.apply(g, vectors)?;
        let mask = g.causal_mask(time, time)?;
        let options = BlockOptions {
            attention: AttentionOptions { width, heads: 4, bias, rotary: None },
            hidden: 4 * width,
            activation: Activation::Gelu,
            place: NormPlace::Before,
            norm,
            memory: false,
        };
        for number in 0..2 {
            let name = format!("block {number}");
            let block = TransformerBlock::new(g, &name, options, &mut rng)?;
            x = g.scoped(&name, |g| block.apply(g, x, Some(mask)))?;
            parameters.extend(block.parameters());
        }
        let last = Norm::new(g, "last norm", &[width], norm);
        x = g.scoped("last norm", |g| last.apply(g, x))?;
        let output = Projection::new(g, "output", [width, symbols], 1, bias, Init::GlorotUniform.into(), &mut rng);
        let (flat, _) = rows(g, x)?;
        let logits = g.scoped("output", |g| output.apply_rows(g, flat))?;
        parameters.extend([last.parameters(), output.parameters()].concat());
        let loss = g.scoped("loss", |g| {
            let losses = g.cross_entropy(logits, targets)?;
            g.mean_all(losses)
        })?;
        let gradients = g.grad(loss, &parameters)?;
        let rate = g.scalar("rate", 0.003);
        let pairs: Vec<(Var, Var)> = parameters.into_iter().zip(gradients).collect();
        let assigns = Update::new(rule, rate).apply(g, &pairs, step)?;
        let entry = Entry { name: "train".into(), outputs: vec![("loss".into(), loss)], assigns };
        plan(&graph, &[entry])
    }

    #[test]
    fn a_training_step_takes_few_dispatches() {
        let (adam, momentum): (&dyn Rule, &dyn Rule) = (&Adam::USUAL, &Momentum::USUAL);
        for (name, norm, bias, optimiser, most) in [
            ("all of it", NormOptions::LAYER, true, adam, 74),
            ("plain norms", NormOptions::PLAIN, true, adam, 73),
            ("plain norms, no biases", NormOptions::PLAIN, false, adam, 72),
            ("all of it, momentum", NormOptions::LAYER, true, momentum, 73),
            ("plain norms, no biases, momentum", NormOptions::PLAIN, false, momentum, 72),
        ] {
            let symbols = [0; 8 * 32];
            let program = training_step([8, 32, 64, 64], [&symbols, &symbols], norm, bias, optimiser);
            let routine = &program.expect("shapes that fit").routines[0];
            let count = routine.dispatches.len();
            println!("{name}: {count} for {} kernels\n{}", routine.kernels.len(), routine.labels.join("\n"));
            assert!(count <= most, "{name}: {count} dispatches instead of {most}");
        }
    }
    #[test]
    fn kernels_of_one_dispatch_do_not_wait_for_each_other() {
        let symbols: Vec<u32> = (0..4 * 8).map(|i| i * 7 % 6).collect();
        let program = training_step([4, 8, 16, 6], [&symbols, &symbols], NormOptions::LAYER, true, &Adam::USUAL);
        let program = program.expect("shapes that fit");
        // The same with the kernels of each dispatch in the opposite order.
        let mut turned = program.clone();
        let mut rest = &mut turned.routines[0].kernels[..];
        for &count in &program.routines[0].dispatches {
            let (together, others) = rest.split_at_mut(count);
            together.reverse();
            rest = others;
        }
        let mut machines = [program, turned].map(|program| Machine::new(Arc::new(program)));
        for machine in &mut machines {
            machine.poison();
            (0..3).for_each(|_| machine.run(0));
        }
        let [straight, turned] = machines;
        for leaf in 0..straight.program().leaves.len() {
            assert_eq!(straight.leaf(leaf), turned.leaf(leaf), "{}", straight.program().leaves[leaf].name);
        }
    }

    #[test]
    fn it_fits_what_only_attention_can_tell() {
        let [batch, time, symbols] = [16, 8, 6];
        let mut rng = Rng::new(5, "symbols");
        let tokens: Vec<u32> = (0..batch * time).map(|_| rng.below(symbols as u32)).collect();
        // The symbol of the position before, which only attention can bring; the first has itself.
        let before = |i: usize| if i.is_multiple_of(time) { tokens[i] } else { tokens[i - 1] };
        let targets: Vec<u32> = (0..batch * time).map(before).collect();
        let sizes = [batch, time, 16, symbols];
        let program = training_step(sizes, [&tokens, &targets], NormOptions::LAYER, true, &Adam::USUAL);
        let mut machine = Machine::new(Arc::new(program.expect("shapes that fit")));
        machine.run(0);
        let first = machine.output(0, 0)[0];
        (0..200).for_each(|_| machine.run(0));
        let last = machine.output(0, 0)[0];
        assert!(first > 1.2 && last < 0.05, "loss went from {first} to {last}");
    }
}
