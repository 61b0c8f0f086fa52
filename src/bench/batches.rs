//! Batches in turn: the whole data set lies in leaves, and a counter says which part a step sees, so that nothing has to
//! be handed over between steps.

use super::{Arrays, Column};
use crate::graph::{DType, Func, Graph, Leaf, Result, Role, Type, Var};

/// A counter of batches.
pub(super) struct Batches {
    /// Number of the next batch, a `u32` leaf of shape `[]`.
    next: Var,
    count: usize,
}

impl Batches {
    /// Adds the counter; it runs through `count` batches again and again.
    pub(super) fn new(g: &mut Graph, count: usize) -> Batches {
        Batches { next: g.leaf_u32(Role::State, "batch", &[], &[0]), count }
    }

    /// Adds the leaf of a column, `[batches, rows, ..]`.
    pub(super) fn leaf(&self, g: &mut Graph, column: &Column, rows: usize, arrays: &Arrays) -> Result<Var> {
        let shape = [&[self.count, rows], &column.shape[..]].concat();
        let initial = arrays.get(column.name, &shape)?;
        let ty = Type { dtype: column.dtype, shape };
        Ok(g.add_leaf(Leaf { name: column.name.into(), role: Role::Input, ty, initial }))
    }

    /// The batch that is next: `[rows, ..]`.
    pub(super) fn current(&self, g: &mut Graph, data: Var) -> Result<Var> {
        if self.count == 1 {
            return self.first(g, data, 1);
        }
        g.take(data, self.next, 0)
    }

    /// The rows of the first `batches`, together.
    pub(super) fn first(&self, g: &mut Graph, data: Var, batches: usize) -> Result<Var> {
        let part = g.slice(data, 0, 0, 1, batches)?;
        let shape = g.shape(part).to_vec();
        g.reshape(part, &[&[shape[0] * shape[1]], &shape[2..]].concat())
    }

    /// The assignment that moves on to the next batch.
    pub(super) fn advance(&self, g: &mut Graph) -> Result<(Var, Var)> {
        let (one, count) = (g.constant_u32(1, &[])?, g.constant_u32(self.count as u32, &[])?);
        let next = g.elementwise(Func::AddU32, &[self.next, one])?;
        let wraps = g.equal_u32(next, count)?;
        let stays = g.logical_not(wraps)?;
        let stays = g.to_u32(stays)?;
        Ok((self.next, g.elementwise(Func::MulU32, &[next, stays])?))
    }

    /// The counter.
    pub(super) fn position(&self) -> Var {
        self.next
    }
}

/// A column of unsigned integers, one a row.
pub(super) fn labels(name: &'static str) -> Column {
    Column::new(name, &[], DType::U32)
}
