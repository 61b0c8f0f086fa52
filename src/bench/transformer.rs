//! A transformer of one layer without normalisation, which adds two numbers modulo 97: `a b =` → the sum.

use super::batches::labels;
use super::{Column, First, Model, Parameter};
use crate::graph::{DType, Graph, Result, Var};

const VOCABULARY: usize = 98;
const TIME: usize = 3;
const WIDTH: usize = 128;
const HEADS: usize = 4;
const INNER: usize = 512;

/// Tokens `[rows, 3]`, the answer at the last position.
pub(super) struct Transformer;

impl Model for Transformer {
    fn parameters(&self) -> Vec<Parameter> {
        let embedding = First::Uniform((3.0 / WIDTH as f64).sqrt());
        vec![
            Parameter::new("tok", &[VOCABULARY, WIDTH], embedding),
            Parameter::new("pos", &[TIME, WIDTH], embedding),
            Parameter::glorot("wq", [WIDTH; 2]),
            Parameter::glorot("wk", [WIDTH; 2]),
            Parameter::glorot("wv", [WIDTH; 2]),
            Parameter::glorot("wo", [WIDTH; 2]),
            Parameter::glorot("win", [WIDTH, INNER]),
            Parameter::new("bin", &[INNER], First::Constant(0.0)),
            Parameter::glorot("wout", [INNER, WIDTH]),
            Parameter::new("bout", &[WIDTH], First::Constant(0.0)),
            Parameter::glorot("unembed", [WIDTH, VOCABULARY]),
        ]
    }

    fn columns(&self) -> Vec<Column> {
        vec![Column::new("x", &[TIME], DType::U32), labels("y")]
    }

    fn loss(&self, g: &mut Graph, parameters: &[Var], rows: &[Var]) -> Result<Var> {
        let &[tokens, positions, queries, keys, values, mix, inner, inner_bias, outer, outer_bias, unembed] =
            parameters
        else {
            unreachable!("as listed above")
        };
        let (x, answer) = (rows[0], rows[1]);
        let batch = g.shape(x)[0];
        let embedded = g.embedding(tokens, x)?;
        let embedded = g.add(embedded, positions)?;
        let stream = g.reshape(embedded, &[batch * TIME, WIDTH])?;

        let read = g.scoped("attention", |g| attend(g, batch, stream, [queries, keys, values]))?;
        let mixed = g.matmul(read, mix)?;
        let stream = g.add(stream, mixed)?;

        let units = g.matmul(stream, inner)?;
        let units = g.add(units, inner_bias)?;
        let units = g.relu(units)?;
        let change = g.matmul(units, outer)?;
        let change = g.add(change, outer_bias)?;
        let stream = g.add(stream, change)?;

        let stream = g.reshape(stream, &[batch, TIME, WIDTH])?;
        let last = g.slice(stream, 1, TIME - 1, 1, 1)?;
        let last = g.reshape(last, &[batch, WIDTH])?;
        let logits = g.matmul(last, unembed)?;
        let each = g.cross_entropy(logits, answer)?;
        g.mean_all(each)
    }
}

/// Causal attention of `stream [batch · time, width]` with weights of queries, keys and values → the same shape.
///
/// With three positions a head's matrices are too small for products: scores and sums are plain arithmetic over
/// `[batch, query, key, head, features]`, which also spares putting the heads before the positions.
fn attend(g: &mut Graph, batch: usize, stream: Var, weights: [Var; 3]) -> Result<Var> {
    let size = WIDTH / HEADS;
    let project = |g: &mut Graph, weight: Var, axis: usize| {
        let product = g.matmul(stream, weight)?;
        let heads = g.reshape(product, &[batch, TIME, HEADS, size])?;
        g.unsqueeze(heads, axis)
    };
    let queries = project(g, weights[0], 2)?;
    let (keys, values) = (project(g, weights[1], 1)?, project(g, weights[2], 1)?);
    let products = g.mul(queries, keys)?;
    let scores = g.sum(products, &[4])?;
    let scores = g.mul_number(scores, 1.0 / (size as f32).sqrt())?;
    let mask = g.causal_mask(TIME, TIME)?;
    let mask = g.unsqueeze(mask, 2)?;
    let shares = g.softmax_along(scores, 2, Some(mask))?;
    let shares = g.unsqueeze(shares, 4)?;
    let weighted = g.mul(shares, values)?;
    let read = g.sum(weighted, &[2])?;
    g.reshape(read, &[batch * TIME, WIDTH])
}
