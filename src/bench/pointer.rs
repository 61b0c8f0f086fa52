//! A pointer network sorts ten numbers: an LSTM reads them, a second one, told the right answers so far, points at the
//! next.

use super::{Column, First, Model, Parameter};
use crate::graph::{DType, Graph, Result, Var};
use crate::nn::attention::Projection;
use crate::nn::recurrent::{self, Lstm};
use crate::nn::{Pointer, recurrent::State};

const TIME: usize = 10;
const HIDDEN: usize = 64;

/// Numbers `x [rows, 10]`, what the decoder is given, `dec [rows, 10]`, and the places of the numbers in order, `y`.
pub(super) struct PointerNetwork;

impl Model for PointerNetwork {
    fn parameters(&self) -> Vec<Parameter> {
        let weights = First::Uniform(1.0 / (HIDDEN as f64).sqrt());
        let cell = |prefix: &str| {
            [
                Parameter::new(format!("{prefix}wx"), &[1, 4 * HIDDEN], weights),
                Parameter::new(format!("{prefix}wh"), &[HIDDEN, 4 * HIDDEN], weights),
                Parameter::new(format!("{prefix}b"), &[4 * HIDDEN], First::Gates),
            ]
        };
        let mut all: Vec<Parameter> = cell("e").into_iter().chain(cell("d")).collect();
        all.push(Parameter::glorot("a1", [HIDDEN; 2]));
        all.push(Parameter::glorot("a2", [HIDDEN; 2]));
        all.push(Parameter::new("v", &[HIDDEN, 1], First::Uniform(1.0)));
        all
    }

    fn columns(&self) -> Vec<Column> {
        let column = |name, dtype| Column::new(name, &[TIME], dtype);
        vec![column("x", DType::F32), column("dec", DType::F32), column("y", DType::U32)]
    }

    fn loss(&self, g: &mut Graph, parameters: &[Var], rows: &[Var]) -> Result<Var> {
        let &[ewx, ewh, eb, dwx, dwh, db, a1, a2, v] = parameters else { unreachable!("as listed above") };
        let (elements, state) = g.scoped("encoder", |g| read(g, [ewx, ewh, eb], rows[0], None))?;
        let (queries, _) = g.scoped("decoder", |g| read(g, [dwx, dwh, db], rows[1], Some(state)))?;
        let direction = g.squeeze(v, 1)?;
        let pointer = Pointer { of_elements: a1, of_query: a2, direction };
        let elements = g.permute(elements, &[1, 0, 2])?;
        let keys = pointer.project(g, elements)?;
        let batch = g.shape(keys)[0];
        let keys = g.reshape(keys, &[1, batch, TIME, HIDDEN])?;
        let keys = g.broadcast_to(keys, &[TIME, batch, TIME, HIDDEN])?;
        let logits = pointer.logits(g, keys, queries)?;
        let answers = g.permute(rows[2], &[1, 0])?;
        let each = g.cross_entropy(logits, answers)?;
        g.mean_all(each)
    }
}

/// Takes an LSTM over `x [rows, time]`: its outputs `[time, rows, hidden]` and its last state.
fn read(g: &mut Graph, [weight, recurrent, bias]: [Var; 3], x: Var, start: Option<State>) -> Result<(Var, State)> {
    let x = g.permute(x, &[1, 0])?;
    let x = g.unsqueeze(x, 2)?;
    let cell = Lstm::from_leaves(g, Projection { weight, bias: Some(bias) }, recurrent);
    recurrent::unroll(g, &cell, x, start)
}
