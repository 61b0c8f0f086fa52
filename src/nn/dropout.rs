//! Dropout: during training each element is set to 0 with probability `rate`, and the others are divided
//! by `1 − rate`, so that evaluation needs no change (the "inverted" form).
//!
//! Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, "Dropout: a simple way to prevent neural
//! networks from overfitting" (2014). The mask is a function of (seed, layer, step, element): nothing is
//! stored, and going back to a step draws the same mask again.

use crate::graph::{Graph, Result, Var};
use crate::ops::random::Randomness;

/// `x` with a share `rate` of its elements dropped; `stream` tells layers apart.
pub fn dropout(g: &mut Graph, x: Var, rate: f32, source: Randomness, stream: &str) -> Result<Var> {
    if rate == 0.0 {
        return Ok(x);
    }
    let shape = g.shape(x).to_vec();
    let uniform = g.random_uniform(source, stream, &shape)?;
    let rate_node = g.constant(rate, &[])?;
    let dropped = g.less(uniform, rate_node)?;
    let one = g.constant(1.0, &[])?;
    let kept = g.sub(one, dropped)?;
    let mask = g.mul_number(kept, 1.0 / (1.0 - rate))?;
    g.mul(x, mask)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Role;
    use crate::reference::Reference;

    #[test]
    fn the_mean_is_kept_and_the_mask_follows_seed_step_and_layer() {
        let mut g = Graph::new();
        let ones = g.leaf_with(Role::Input, "x", &[100, 100], vec![1.0; 10_000]);
        let seed = g.leaf_u32(Role::Input, "seed", &[], &[7]);
        let step = g.leaf_u32(Role::State, "step", &[], &[3]);
        let source = Randomness { seed, step };
        let first = dropout(&mut g, ones, 0.3, source, "first").expect("same shape");
        let second = dropout(&mut g, ones, 0.3, source, "second").expect("same shape");
        let loss = g.sum_all(first).expect("a sum");
        let gradient = g.grad(loss, &[ones]).expect("a scalar")[0];
        let mut reference = Reference::new(&g);
        let values = reference.evaluate(&[first, second, gradient]);
        let mean = values[0].iter().sum::<f64>() / 10_000.0;
        assert!((mean - 1.0).abs() < 0.03, "{mean}");
        assert_ne!(values[0], values[1], "layers draw their own masks");
        assert_eq!(values[0], values[2], "the gradient passes where the value did");
        reference.leaves[2][0] = 4.0;
        assert_ne!(reference.evaluate(&[first])[0], values[0], "the next step draws another mask");
    }
}
