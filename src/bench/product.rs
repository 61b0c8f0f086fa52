//! The bare matrix product: `x ← h x` with a dense reflection h. As h h = 1, x is after an even number of steps what it
//! was at first, so that every product is checked and none grows.

use super::batches::Batches;
use super::{Arrays, routines};
use crate::graph::{Entry, Graph, Result, Role};
use crate::ops::reduce::Reduction;

/// Routines for matrices of `n × n`: `h`, the first `x`, and `odd = h x`. The loss is the largest absolute error.
pub(super) fn entries(g: &mut Graph, n: usize, arrays: &Arrays) -> Result<Vec<Entry>> {
    let matrix = |g: &mut Graph, role, name: &str, of: &str| -> Result<_> {
        let values = arrays.get(of, &[n, n])?;
        Ok(g.leaf_with(role, name, &[n, n], values))
    };
    let h = matrix(g, Role::Input, "h", "h")?;
    let even = matrix(g, Role::Input, "even", "x")?;
    let odd = matrix(g, Role::Input, "odd", "odd")?;
    let x = matrix(g, Role::State, "x", "x")?;
    let parity = Batches::new(g, 2);
    let assigns = vec![(x, g.matmul(h, x)?), parity.advance(g)?];
    let is_odd = g.to_f32(parity.position())?;
    let answer = g.select(is_odd, odd, even)?;
    let error = g.sub(x, answer)?;
    let error = g.abs(error)?;
    let largest = g.reduce(Reduction::Max, error, &[0, 1])?;
    Ok(routines(assigns, largest, parity.position()))
}
