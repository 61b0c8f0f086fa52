//! Pointer attention: a distribution over the elements of the input itself.

use super::attention::product;
use super::init::Start;
use crate::graph::{Error, Graph, Result, Role, Var};
use crate::rng::Rng;

/// `u_j = vᵀ tanh(W₁ e_j + W₂ d)` (Vinyals, Fortunato and Jaitly, "Pointer networks", 2015, equation 3).
#[derive(Clone, Copy, Debug)]
pub struct Pointer {
    /// `W₁`, `[elements' features, units]`.
    pub of_elements: Var,
    /// `W₂`, `[query's features, units]`.
    pub of_query: Var,
    /// `v`, `[units]`.
    pub direction: Var,
}

impl Pointer {
    /// Adds the leaves `name.elements`, `name.query` and `name.direction` for `[elements' features, query's features,
    /// units]`.
    pub fn new(g: &mut Graph, name: &str, shape: [usize; 3], start: impl Into<Start>, rng: &mut Rng) -> Pointer {
        let [of_element, of_query, units] = shape;
        let start = start.into();
        let mut draw = |inputs: usize, units: usize| start.draw(rng, inputs, units).0;
        let (elements, query, direction) = (draw(of_element, units), draw(of_query, units), draw(units, 1));
        g.scoped(name, |g| Pointer {
            of_elements: g.leaf_with(Role::Parameter, "elements", &[of_element, units], elements),
            of_query: g.leaf_with(Role::Parameter, "query", &[of_query, units], query),
            direction: g.leaf_with(Role::Parameter, "direction", &[units], direction),
        })
    }

    /// The elements' part `W₁ e`, `[.., n, units]`, of `elements [.., n, features]`: the same for every query.
    pub fn project(&self, g: &mut Graph, elements: Var) -> Result<Var> {
        product(g, elements, self.of_elements)
    }

    /// Logits `[.., n]` of one `query [.., features]` over the elements that [`Pointer::project`] gave.
    pub fn logits(&self, g: &mut Graph, projected: Var, query: Var) -> Result<Var> {
        let rank = g.shape(projected).len();
        let query = product(g, query, self.of_query)?;
        let shape = g.shape(query).to_vec();
        if rank < 2 || shape.len() + 1 != rank {
            let message = format!("elements {:?} and query {shape:?} do not match", g.shape(projected));
            return Err(Error::new("pointer", message, "give one query per list of elements"));
        }
        let query = g.reshape(query, &[&shape[..rank - 2], &[1], &shape[rank - 2..]].concat())?;
        let sum = g.add(projected, query)?;
        let units = g.tanh(sum)?;
        let weighted = g.mul(units, self.direction)?;
        g.sum(weighted, &[rank - 1])
    }

    /// The distribution `[.., n]`; elements where `mask` (0 or 1, `[.., n]`) is 0 have none of it.
    pub fn apply(&self, g: &mut Graph, projected: Var, query: Var, mask: Option<Var>) -> Result<Var> {
        let logits = self.logits(g, projected, query)?;
        let axis = g.shape(logits).len() - 1;
        g.softmax_along(logits, axis, mask)
    }

    /// Trained leaves.
    pub fn parameters(&self) -> Vec<Var> {
        vec![self.of_elements, self.of_query, self.direction]
    }
}
