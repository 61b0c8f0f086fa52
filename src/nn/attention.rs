//! Multi-head attention (Vaswani and others, "Attention is all you need", 2017, section 3.2): queries, keys and
//! values are projections of the inputs, split into heads that attend each by itself.
//!
//! Vectors are handled as one matrix `[rows, features]`, all leading axes merged, because then the projections are plain
//! products, whose kernels also add biases and residuals, and weights have gradients without an extra sum.

use super::init::Start;
use super::position::Rotary;
use crate::graph::{Error, Graph, Result, Role, Var};
use crate::rng::Rng;

/// An affine or linear map of the last axis.
#[derive(Clone, Copy, Debug)]
pub struct Projection {
    /// `[inputs, units]`.
    pub weight: Var,
    /// `[units]`.
    pub bias: Option<Var>,
}

impl Projection {
    /// Adds the leaves `name.weight` and, if wanted, `name.bias`. The units are `blocks` maps side by side, each
    /// drawn by itself, so that its scale does not depend on its neighbours.
    pub fn new(
        g: &mut Graph,
        name: &str,
        shape: [usize; 2],
        blocks: usize,
        bias: bool,
        start: Start,
        rng: &mut Rng,
    ) -> Projection {
        let (weights, biases) = Projection::draw(shape, blocks, start, rng);
        let units = shape[1];
        g.scoped(name, |g| Projection {
            weight: g.leaf_with(Role::Parameter, "weight", &shape, weights),
            bias: bias.then(|| g.leaf_with(Role::Parameter, "bias", &[units], biases)),
        })
    }

    /// First weights `[inputs, units]` and biases `[units]` of `blocks` maps side by side.
    pub(crate) fn draw(shape: [usize; 2], blocks: usize, start: Start, rng: &mut Rng) -> (Vec<f32>, Vec<f32>) {
        let [inputs, units] = shape;
        let each = units / blocks.max(1);
        let mut weights = vec![0.0; inputs * units];
        let mut biases = vec![0.0; units];
        for block in 0..blocks {
            let (of_block, bias_of_block) = start.draw(rng, inputs, each);
            for (row, values) in of_block.chunks(each.max(1)).enumerate() {
                weights[row * units + block * each..][..each].copy_from_slice(values);
            }
            biases[block * each..][..each].copy_from_slice(&bias_of_block);
        }
        (weights, biases)
    }

    /// `x [.., inputs]` → `[.., units]`.
    pub fn apply(&self, g: &mut Graph, x: Var) -> Result<Var> {
        let (rows, leading) = rows(g, x)?;
        let result = self.apply_rows(g, rows)?;
        unrows(g, result, &leading)
    }

    /// `rows [n, inputs]` → `[n, units]`.
    pub(crate) fn apply_rows(&self, g: &mut Graph, rows: Var) -> Result<Var> {
        let product = g.matmul(rows, self.weight)?;
        match self.bias {
            Some(bias) => g.add(product, bias),
            None => Ok(product),
        }
    }

    /// The part of the units from `first` on: views of the leaves.
    fn part(&self, g: &mut Graph, first: usize, count: usize) -> Result<Projection> {
        let weight = g.slice(self.weight, 1, first, 1, count)?;
        let bias = self.bias.map(|bias| g.slice(bias, 0, first, 1, count)).transpose()?;
        Ok(Projection { weight, bias })
    }

    /// Leaves.
    pub fn parameters(&self) -> Vec<Var> {
        std::iter::once(self.weight).chain(self.bias).collect()
    }
}

/// `x [.., inputs]` with all leading axes merged, and their extents.
pub(crate) fn rows(g: &mut Graph, x: Var) -> Result<(Var, Vec<usize>)> {
    let shape = g.shape(x).to_vec();
    let Some((&features, leading)) = shape.split_last() else {
        return Err(Error::new("layer", "a scalar has no features", "give it the shape [.., features]"));
    };
    let merged = [leading.iter().product(), features];
    Ok((g.reshape(x, &merged)?, leading.to_vec()))
}

/// Undoes [`rows`].
pub(crate) fn unrows(g: &mut Graph, rows: Var, leading: &[usize]) -> Result<Var> {
    let shape = [leading, &g.shape(rows)[1..]].concat();
    g.reshape(rows, &shape)
}

/// `x [.., inputs] × weight [inputs, units]`.
pub(crate) fn product(g: &mut Graph, x: Var, weight: Var) -> Result<Var> {
    let (rows, leading) = rows(g, x)?;
    let result = g.matmul(rows, weight)?;
    unrows(g, result, &leading)
}

/// Extents and options of [`MultiHeadAttention`].
#[derive(Clone, Copy, Debug)]
pub struct AttentionOptions {
    /// Features of inputs and results, a multiple of the heads.
    pub width: usize,
    /// Number of heads.
    pub heads: usize,
    /// Whether the projections have biases.
    pub bias: bool,
    /// Base of the rotary positions, if queries and keys are to be turned by their position.
    pub rotary: Option<f32>,
}

/// Several heads of attention with their projections.
#[derive(Clone, Copy, Debug)]
pub struct MultiHeadAttention {
    /// Queries, keys and values side by side, `[width, 3 · width]`.
    pub input: Projection,
    /// `[width, width]`.
    pub output: Projection,
    rotary: Option<Rotary>,
    options: AttentionOptions,
}

impl MultiHeadAttention {
    /// Adds the leaves `name.input.weight`, `name.output.weight` and their biases; weights are drawn from `start`.
    pub fn new(
        g: &mut Graph,
        name: &str,
        options: AttentionOptions,
        start: impl Into<Start>,
        rng: &mut Rng,
    ) -> Result<MultiHeadAttention> {
        let AttentionOptions { width, heads, bias, rotary } = options;
        if heads == 0 || width == 0 || !width.is_multiple_of(heads) {
            let message = format!("{width} features do not divide among {heads} heads");
            return Err(Error::new(name, message, "choose a multiple of the heads"));
        }
        let start = start.into();
        g.scoped(name, |g| {
            Ok(MultiHeadAttention {
                input: Projection::new(g, "input", [width, 3 * width], 3, bias, start, rng),
                output: Projection::new(g, "output", [width, width], 1, bias, start, rng),
                rotary: rotary.map(|base| Rotary::new(g, "rotary", width / heads, base)).transpose()?,
                options,
            })
        })
    }

    /// Self-attention of `x [.., time, width]`. `mask` broadcasts to `[.., heads, time, time]`; see
    /// [`Graph::causal_mask`].
    pub fn apply(&self, g: &mut Graph, x: Var, mask: Option<Var>) -> Result<Var> {
        let (rows, leading) = rows(g, x)?;
        let result = self.apply_rows(g, rows, &leading, mask)?;
        unrows(g, result, &leading)
    }

    /// Attention of `x [.., time, width]` to `memory [.., keys, width]` with the same leading axes. `mask` broadcasts
    /// to `[.., heads, time, keys]`. Rotary positions count from 0 on both sides.
    pub fn apply_to(&self, g: &mut Graph, x: Var, memory: Var, mask: Option<Var>) -> Result<Var> {
        let (rows, leading) = rows(g, x)?;
        let result = self.apply_rows_to(g, rows, &leading, memory, mask)?;
        unrows(g, result, &leading)
    }

    /// Self-attention of `[n, width]`, whose rows are `leading`, the last of which counts time.
    pub(crate) fn apply_rows(&self, g: &mut Graph, rows: Var, leading: &[usize], mask: Option<Var>) -> Result<Var> {
        let all = self.input.apply_rows(g, rows)?;
        let parts = self.heads(g, all, leading, 3)?;
        let axis = leading.len();
        let turned = match self.rotary {
            Some(rotary) => {
                let both = g.slice(parts, axis, 0, 1, 2)?;
                rotary.apply(g, both, axis.saturating_sub(1))?
            }
            None => parts,
        };
        let (q, k, v) = (self.one(g, turned, axis, 0)?, self.one(g, turned, axis, 1)?, self.one(g, parts, axis, 2)?);
        self.attend(g, [q, k, v], mask)
    }

    pub(crate) fn apply_rows_to(
        &self,
        g: &mut Graph,
        queries: Var,
        leading: &[usize],
        memory: Var,
        mask: Option<Var>,
    ) -> Result<Var> {
        let width = self.options.width;
        let (memory, of_memory) = rows(g, memory)?;
        let (own, others) = (self.input.part(g, 0, width)?, self.input.part(g, width, 2 * width)?);
        let (q, kv) = (own.apply_rows(g, queries)?, others.apply_rows(g, memory)?);
        let (q, kv) = (self.heads(g, q, leading, 1)?, self.heads(g, kv, &of_memory, 2)?);
        let (axis, axis_of_memory) = (leading.len(), of_memory.len());
        let (mut q, mut k) = (self.one(g, q, axis, 0)?, self.one(g, kv, axis_of_memory, 0)?);
        let v = self.one(g, kv, axis_of_memory, 1)?;
        if let Some(rotary) = self.rotary {
            (q, k) = (rotary.apply(g, q, axis)?, rotary.apply(g, k, axis_of_memory)?);
        }
        self.attend(g, [q, k, v], mask)
    }

    /// `[n, parts · width]` → `[leading.., parts, heads, features]`.
    fn heads(&self, g: &mut Graph, rows: Var, leading: &[usize], parts: usize) -> Result<Var> {
        if leading.is_empty() {
            return Err(Error::new("attention", "one vector is no sequence", "give it the shape [.., time, width]"));
        }
        let AttentionOptions { width, heads, .. } = self.options;
        g.reshape(rows, &[leading, &[parts, heads, width / heads]].concat())
    }

    /// Part `number` along `axis` of `[.., time, parts, heads, features]`, as `[.., heads, time, features]`.
    fn one(&self, g: &mut Graph, parts: Var, axis: usize, number: usize) -> Result<Var> {
        let mut shape = g.shape(parts).to_vec();
        shape.remove(axis);
        let part = g.slice(parts, axis, number, 1, 1)?;
        let part = g.reshape(part, &shape)?;
        swap(g, part)
    }

    /// The heads' results, side by side again and through the last projection: `[n, width]`.
    fn attend(&self, g: &mut Graph, [q, k, v]: [Var; 3], mask: Option<Var>) -> Result<Var> {
        let AttentionOptions { width, heads, .. } = self.options;
        let scale = 1.0 / ((width / heads) as f32).sqrt();
        let result = g.attention(q, k, v, mask, scale)?;
        let result = swap(g, result)?;
        let count: usize = g.shape(result).iter().product();
        let rows = g.reshape(result, &[count / width, width])?;
        self.output.apply_rows(g, rows)
    }

    /// Trained leaves.
    pub fn parameters(&self) -> Vec<Var> {
        [self.input.parameters(), self.output.parameters()].concat()
    }
}

/// Swaps the second and third axis from the right: time and heads.
fn swap(g: &mut Graph, a: Var) -> Result<Var> {
    let rank = g.shape(a).len();
    let mut order: Vec<usize> = (0..rank).collect();
    order.swap(rank - 3, rank - 2);
    g.permute(a, &order)
}
