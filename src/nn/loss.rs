//! Losses over a batch, and what goes with them. Predictions and targets are of shape `[batch]`.

use crate::graph::{Graph, Result, Var};

/// Mean squared error, `mean (f − y)²`.
pub fn squared_error(g: &mut Graph, prediction: Var, target: Var) -> Result<Var> {
    let difference = g.sub(prediction, target)?;
    let square = g.square(difference)?;
    g.mean_all(square)
}

/// Logistic loss on labels ±1, `mean log(1 + e^(−y·f))` in nats: the cross-entropy of a sigmoid output.
/// Written as softplus(−y·f), it neither overflows nor loses digits for large logits.
pub fn logistic(g: &mut Graph, logit: Var, label: Var) -> Result<Var> {
    let margin = g.mul(logit, label)?;
    let negative = g.neg(margin)?;
    let loss = g.softplus(negative)?;
    g.mean_all(loss)
}

/// Share of logits that have the sign of their label ±1.
pub fn sign_accuracy(g: &mut Graph, logit: Var, label: Var) -> Result<Var> {
    let margin = g.mul(logit, label)?;
    let zero = g.constant(0.0, &[])?;
    let right = g.less(zero, margin)?;
    g.mean_all(right)
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
        let loss = logistic(&mut g, f, y).expect("equal shapes");
        let slope = g.grad(loss, &[f]).expect("a scalar")[0];
        let accuracy = sign_accuracy(&mut g, f, y).expect("equal shapes");
        let values = Reference::new(&g).evaluate(&[loss, slope, accuracy]);
        let want = ((-2.0f64).exp().ln_1p() + 1.0f64.exp().ln_1p() + 0.0 + 300.0) / 4.0;
        assert!((values[0][0] - want).abs() < 1e-9, "{} {want}", values[0][0]);
        assert!(values[1].iter().all(|slope| slope.is_finite()) && (values[1][3] + 0.25).abs() < 1e-9);
        assert_eq!(values[2][0], 0.5);
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
