//! Losses of numbers: of `prediction − target`, element by element; both are of one shape, which is the result's.

use super::{number, same_shape};
use crate::graph::{Graph, Result, Var};

/// Squared error, `(f − y)²`.
pub fn squared_error(g: &mut Graph, prediction: Var, target: Var) -> Result<Var> {
    same_shape(g, "squared error", &[prediction, target])?;
    let difference = g.sub(prediction, target)?;
    g.square(difference)
}

/// Absolute error, `|f − y|`, of slope 0 where they are equal.
pub fn absolute_error(g: &mut Graph, prediction: Var, target: Var) -> Result<Var> {
    same_shape(g, "absolute error", &[prediction, target])?;
    let difference = g.sub(prediction, target)?;
    g.abs(difference)
}

/// Huber's loss, `½ r²` for `|r| ≤ δ` and `δ (|r| − ½ δ)` beyond, with `r = f − y` (Huber, "Robust estimation of a
/// location parameter", 1964). `delta` is of shape `[]` and above 0.
pub fn huber(g: &mut Graph, prediction: Var, target: Var, delta: Var) -> Result<Var> {
    number(g, "delta of huber", delta)?;
    let size = absolute_error(g, prediction, target)?;
    // With c = min(|r|, δ) both cases are c (|r| − ½ c), whose slope by c is 0 wherever c moves.
    let within = g.min(size, delta)?;
    let half = g.mul_number(within, 0.5)?;
    let rest = g.sub(size, half)?;
    g.mul(within, rest)
}
