//! Ways to put layers together that have no leaves of their own. A chain of layers needs none: it is a sequence
//! of calls.

use crate::graph::{Graph, Result, Var};

/// `x + branch(x)` (He, Zhang, Ren and Sun, "Deep residual learning for image recognition", 2016).
pub fn residual(g: &mut Graph, x: Var, branch: impl FnOnce(&mut Graph, Var) -> Result<Var>) -> Result<Var> {
    let change = branch(g, x)?;
    g.add(x, change)
}

/// A branch of [`parallel`].
pub type Branch<'a> = &'a dyn Fn(&mut Graph, Var) -> Result<Var>;

/// Gives `x` to every branch and puts the results together by `combine`, for instance [`sum`].
pub fn parallel(
    g: &mut Graph,
    x: Var,
    branches: &[Branch],
    combine: impl FnOnce(&mut Graph, &[Var]) -> Result<Var>,
) -> Result<Var> {
    let results = branches.iter().map(|branch| branch(g, x)).collect::<Result<Vec<_>>>()?;
    combine(g, &results)
}

/// The sum of tensors of one shape; 0 of none.
pub fn sum(g: &mut Graph, parts: &[Var]) -> Result<Var> {
    let Some((&first, rest)) = parts.split_first() else {
        return g.constant(0.0, &[]);
    };
    rest.iter().try_fold(first, |total, &part| g.add(total, part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Role;
    use crate::reference::Reference;

    #[test]
    fn residual_and_parallel_add_up() {
        let mut g = Graph::new();
        let x = g.leaf_with(Role::Input, "x", &[2], vec![1.0, -3.0]);
        let a = residual(&mut g, x, |g, x| g.square(x)).expect("equal shapes");
        let b = parallel(&mut g, x, &[&|g, x| g.abs(x), &|g, x| g.neg(x), &|_, x| Ok(x)], sum).expect("equal shapes");
        let values = Reference::new(&g).evaluate(&[a, b]);
        assert_eq!(values, [[2.0, 6.0], [1.0, 3.0]]);
    }
}
