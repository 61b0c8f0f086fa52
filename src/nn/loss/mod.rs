//! Losses, one family a file. A loss gives one value per sample (or per element), so that a lab can look at each;
//! [`mean`] makes the number that is minimised, and [`masked`] takes samples out of it entirely.

mod classification;
mod contrastive;
mod divergence;
mod regression;

pub use classification::{
    accuracy, cross_entropy, cross_entropy_of_shares, hinge, logistic, sign_accuracy, squared_hinge,
};
pub use contrastive::{info_nce, normalised, pairwise_info_nce, spectral_contrastive};
pub use divergence::kullback_leibler;
pub use regression::{absolute_error, huber, squared_error};

use crate::graph::{DType, Error, Graph, Result, Type, Var};

/// Mean of a loss's values; with `weights` of their shape the weighted mean `Σ wℓ / Σ w`, and 0 where all weights are 0.
/// A weight of 0 removes whatever value stands there, but not what has flown into its gradient: use [`masked`] where
/// that may not be finite.
pub fn mean(g: &mut Graph, values: Var, weights: Option<Var>) -> Result<Var> {
    let Some(weights) = weights else { return g.mean_all(values) };
    same_shape(g, "weighted mean", &[values, weights])?;
    let (weighted, zero, one) = (g.mul(values, weights)?, g.constant(0.0, &[])?, g.constant(1.0, &[])?);
    let weighted = g.select(weights, weighted, zero)?;
    let (sum, total) = (g.sum_all(weighted)?, g.sum_all(weights)?);
    let total = g.select(total, total, one)?;
    g.div(sum, total)
}

/// The values of `loss` on the samples whose weight is not 0; 0 for all others, whose inputs are never looked at: be
/// they infinite or not numbers, neither values nor gradients notice.
///
/// The axes of `weights` are the first axes of every input. `loss` is given the inputs with the elements of weightless
/// samples replaced by 0 (unsigned integers, which are always finite, as they are) and returns values of the shape of
/// `weights`. The values are not yet multiplied by the weights; [`mean`] does that.
pub fn masked(
    g: &mut Graph,
    weights: Var,
    inputs: &[Var],
    loss: impl FnOnce(&mut Graph, &[Var]) -> Result<Var>,
) -> Result<Var> {
    let axes = g.shape(weights).to_vec();
    let zero = g.constant(0.0, &[])?;
    let mut safe = Vec::with_capacity(inputs.len());
    for &input in inputs {
        let shape = g.shape(input).to_vec();
        if !shape.starts_with(&axes) {
            let message = format!("weights {axes:?} do not match an input {shape:?}");
            return Err(Error::new("masked loss", message, "give one weight per sample"));
        }
        safe.push(if g.ty(input).dtype == DType::U32 {
            input
        } else {
            let wide = [&axes[..], &vec![1; shape.len() - axes.len()]].concat();
            let wide = g.reshape(weights, &wide)?;
            g.select(wide, input, zero)?
        });
    }
    let values = loss(g, &safe)?;
    same_shape(g, "masked loss", &[values, weights])?;
    g.select(weights, values, zero)
}

/// Refuses operands of different shapes: broadcasting `[n, 1]` against `[n]` would compare every sample with all others.
fn same_shape(g: &Graph, place: &str, vars: &[Var]) -> Result<()> {
    let first = g.shape(vars[0]);
    for &var in &vars[1..] {
        if g.shape(var) != first {
            let message = format!("shapes {first:?} and {:?} differ", g.shape(var));
            return Err(Error::new(place, message, "reshape them to the same shape"));
        }
    }
    Ok(())
}

/// Refuses a number that is not of shape `[]`.
fn number(g: &Graph, place: &str, var: Var) -> Result<()> {
    if *g.ty(var) == Type::f32([]) {
        return Ok(());
    }
    Err(Error::new(place, format!("{} is {:?}", g.node(var).label, g.ty(var)), "give an f32 node of shape []"))
}

/// `½ · l2 · Σw² + l1 · Σ|w|` over the given weights (not biases); `l1` and `l2` are nodes of shape `[]`.
pub fn penalty(g: &mut Graph, weights: &[Var], l1: Var, l2: Var) -> Result<Var> {
    let mut total = g.constant(0.0, &[])?;
    for &weight in weights {
        let (square, magnitude) = (g.square(weight)?, g.abs(weight)?);
        let (squares, magnitudes) = (g.sum_all(square)?, g.sum_all(magnitude)?);
        let half = g.mul_number(squares, 0.5)?;
        let (second, first) = (g.mul(half, l2)?, g.mul(magnitudes, l1)?);
        let both = g.add(second, first)?;
        total = g.add(total, both)?;
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Role;
    use crate::reference::Reference;

    #[test]
    fn losses_have_their_textbook_values() {
        let mut g = Graph::new();
        let f = g.leaf_with(Role::Input, "f", &[4], vec![2.0, -1.0, 300.0, -300.0]);
        let y = g.leaf_with(Role::Input, "y", &[4], vec![1.0, 1.0, 1.0, 1.0]);
        let values = logistic(&mut g, f, y).expect("equal shapes");
        let loss = mean(&mut g, values, None).expect("any shape");
        let slope = g.grad(loss, &[f]).expect("a scalar")[0];
        let right = sign_accuracy(&mut g, f, y).expect("equal shapes");
        let accuracy = mean(&mut g, right, None).expect("any shape");
        let values = Reference::new(&g).evaluate(&[loss, slope, accuracy]);
        let want = ((-2.0f64).exp().ln_1p() + 1.0f64.exp().ln_1p() + 0.0 + 300.0) / 4.0;
        assert!((values[0][0] - want).abs() < 1e-9, "{} {want}", values[0][0]);
        assert!(values[1].iter().all(|slope| slope.is_finite()) && (values[1][3] + 0.25).abs() < 1e-9);
        assert_eq!(values[2][0], 0.5);
    }

    #[test]
    fn shapes_that_would_broadcast_are_refused() {
        let mut g = Graph::new();
        let column = g.leaf_with(Role::Input, "f", &[4, 1], vec![0.0; 4]);
        let row = g.leaf_with(Role::Input, "y", &[4], vec![0.0; 4]);
        for loss in [squared_error, absolute_error, logistic, hinge, squared_hinge, kullback_leibler] {
            let message = loss(&mut g, column, row).expect_err("different shapes").to_string();
            assert!(message.contains("[4, 1]") && message.contains("[4]"), "{message}");
        }
        let message = mean(&mut g, column, Some(row)).expect_err("different shapes").to_string();
        assert!(message.contains("weighted mean"), "{message}");
    }

    #[test]
    fn the_penalty_s_gradient_is_l2_w_plus_l1_sign_w() {
        let mut g = Graph::new();
        let w = g.leaf_with(Role::Parameter, "w", &[2, 2], vec![1.0, -2.0, 0.5, 0.0]);
        let (l1, l2) = (g.scalar("l1", 0.25), g.scalar("l2", 0.5));
        let total = penalty(&mut g, &[w], l1, l2).expect("any shapes");
        let gradient = g.grad(total, &[w]).expect("a scalar")[0];
        let values = Reference::new(&g).evaluate(&[total, gradient]);
        assert!((values[0][0] - (0.25 * 5.25 + 0.25 * 3.5)).abs() < 1e-9);
        assert_eq!(values[1], [0.75, -1.25, 0.5, 0.0]);
    }
}
