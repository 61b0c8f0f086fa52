//! Scaled dot-product attention (Vaswani and others, "Attention is all you need", 2017, equation 1):
//! `softmax(scale · q kᵀ) v`, batched over leading axes.
//!
//! The softmax and its product with the values are one operation with its own derivative. The correction that
//! the softmax's derivative needs, `Σ_s P dP`, equals `Σ_e O dO`: a sum over the result rather than over all pairs
//! (Dao and others, "FlashAttention", 2022, appendix B), which lets the logits' gradient be finished
//! in the kernel of the product that begins it.

use super::softmax::Row;
use crate::graph::{DType, Error, Graph, Op, Result, Type, Var};
use crate::plan::{Lowering, Value};
use std::sync::Arc;

/// `logits [.., t, s]`, `values [.., s, e]` → `softmax(logits) × values`, `[.., t, e]`.
struct WeightedValues {
    /// Whether rows may be masked as a whole.
    guarded: bool,
}

impl Op for WeightedValues {
    fn name(&self) -> String {
        format!("softmax matmul{}", if self.guarded { " masked" } else { "" })
    }
    fn infer(&self, inputs: &[&Type]) -> Result<Type> {
        let (logits, values) = (&inputs[0].shape, &inputs[1].shape);
        let rank = logits.len();
        if inputs.iter().any(|ty| ty.dtype != DType::F32) {
            return Err(Error::new("", "operands must be f32", "cast them first"));
        }
        let fits = rank >= 2
            && values.len() == rank
            && logits[..rank - 2] == values[..rank - 2]
            && logits[rank - 1] == values[rank - 2];
        if !fits || logits[rank - 1] == 0 {
            return Err(Error::new(
                "",
                format!("logits {logits:?} and values {values:?} do not match"),
                "give one value, and at least one, per key",
            ));
        }
        Ok(Type::f32([&logits[..rank - 1], &values[rank - 1..]].concat()))
    }
    #[cfg(feature = "reference")]
    fn reference(&self, inputs: &[&[f64]], types: &[&Type], output: &Type) -> Vec<f64> {
        let rank = output.shape.len();
        let (keys, features) = (types[1].shape[rank - 2], types[1].shape[rank - 1]);
        let queries = output.shape[rank - 2];
        let mut result = vec![0.0; output.elements()];
        for (number, logits) in inputs[0].chunks(keys).enumerate() {
            let top = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            if self.guarded && top <= super::softmax::EMPTY as f64 {
                continue;
            }
            let sum: f64 = logits.iter().map(|x| (x - top).exp()).sum();
            for (key, logit) in logits.iter().enumerate() {
                let weight = (logit - top).exp() / sum;
                let values = &inputs[1][(number / queries * keys + key) * features..][..features];
                for (total, value) in result[number * features..].iter_mut().zip(values) {
                    *total += weight * value;
                }
            }
        }
        result
    }
    fn vjp(&self, g: &mut Graph, inputs: &[Var], output: Var, grad: Var) -> Result<Vec<Option<Var>>> {
        let rank = g.shape(output).len();
        let weights = g.softmax_of_masked(inputs[0], self.guarded)?;
        let product = g.mul(output, grad)?;
        let correction = g.sum(product, &[rank - 1])?;
        let column = [&g.shape(output)[..rank - 1], &[1]].concat();
        let correction = g.reshape(correction, &column)?;
        let values = g.transpose(inputs[1])?;
        let of_weights = g.matmul(grad, values)?;
        let difference = g.sub(of_weights, correction)?;
        let of_logits = g.mul(weights, difference)?;
        let keys_first = g.transpose(weights)?;
        let of_values = g.matmul(keys_first, grad)?;
        Ok(vec![Some(of_logits), Some(of_values)])
    }
    fn lower(&self, l: &mut Lowering, inputs: &[Value], output: &Type) -> Value {
        let row = Row::new(l, inputs[0], output.shape.len() - 1, self.guarded);
        let weights = row.probability(l);
        l.matmul(weights, inputs[1])
    }
    fn lift(&self, _: usize) -> Arc<dyn Op> {
        Arc::new(WeightedValues { guarded: self.guarded })
    }
}

impl Graph {
    /// `softmax(scale · q kᵀ) v`: queries `[.., t, d]`, keys `[.., s, d]`, values `[.., s, e]` → `[.., t, e]`; leading
    /// axes broadcast. `mask` (0 or 1, broadcast to `[.., t, s]`) says which keys a query may see; a query that
    /// may see none gets zeros. The customary scale is `1 / √d`.
    pub fn attention(&mut self, q: Var, k: Var, v: Var, mask: Option<Var>, scale: f32) -> Result<Var> {
        let logits = self.attention_logits(q, k, mask, scale)?;
        let (of_logits, of_values) = (self.shape(logits).to_vec(), self.shape(v).to_vec());
        let (rank, own) = (of_logits.len(), of_values.len());
        if own < 2 {
            return Err(Error::new(
                format!("attention {}", self.node(v).label),
                format!("values of shape {of_values:?} are no list of vectors"),
                "give them the shape [.., keys, features]",
            ));
        }
        let place = format!("attention {}", self.node(v).label);
        let batch = crate::graph::broadcast(&of_logits[..rank - 2], &of_values[..own - 2]);
        let batch = batch.map_err(|error| error.at(place))?;
        let logits = self.broadcast_to(logits, &[&batch[..], &of_logits[rank - 2..]].concat())?;
        let values = self.broadcast_to(v, &[&batch[..], &of_values[own - 2..]].concat())?;
        self.apply(Arc::new(WeightedValues { guarded: mask.is_some() }), &[logits, values])
    }

    /// The weights of [`Graph::attention`], `[.., t, s]`, to look at.
    pub fn attention_weights(&mut self, q: Var, k: Var, mask: Option<Var>, scale: f32) -> Result<Var> {
        let logits = self.attention_logits(q, k, mask, scale)?;
        self.softmax_of_masked(logits, mask.is_some())
    }

    fn attention_logits(&mut self, q: Var, k: Var, mask: Option<Var>, scale: f32) -> Result<Var> {
        let keys = self.transpose(k)?;
        let products = self.matmul(q, keys)?;
        let logits = self.mul_number(products, scale)?;
        match mask {
            Some(mask) => self.masked(logits, mask),
            None => Ok(logits),
        }
    }

    /// `[queries, keys]` of 0 and 1 that lets a query see the keys up to its own position. With more keys than
    /// queries, the queries are the last positions.
    pub fn causal_mask(&mut self, queries: usize, keys: usize) -> Result<Var> {
        let (query, key) = (self.iota(&[queries, 1])?, self.iota(&[1, keys])?);
        let (query, key) = (self.to_f32(query)?, self.to_f32(key)?);
        let end = self.add_number(query, (keys as f32 - queries as f32) + 0.5)?;
        self.less(key, end)
    }
}
