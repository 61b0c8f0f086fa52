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
