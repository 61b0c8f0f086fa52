//! Reverse-mode differentiation from a graph into the same graph, so that it can be applied again.
//! It knows only `Op::vjp`; all rules live beside their operations.

use crate::graph::{Error, Graph, Placed, Result, Var};

/// Sums of more products gain nothing by being one with others.
const LONGEST_SHORT_SUM: usize = 128;
/// Fewer sums are not worth the memory of joined operands.
const FEWEST_PRODUCTS: usize = 3;

impl Graph {
    /// Gradients of the scalar `loss` with respect to each of `wrt` (any nodes, not only leaves).
    pub fn grad(&mut self, loss: Var, wrt: &[Var]) -> Result<Vec<Var>> {
        if !self.shape(loss).is_empty() {
            return Err(Error::new(
                format!("grad {}", self.node(loss).label),
                format!("the loss has shape {:?}", self.shape(loss)),
                "reduce it to a scalar first",
            ));
        }
        let one = self.constant(1.0, &[])?;
        self.vjp(loss, one, wrt)
    }

    /// The product of `cotangent` (shaped like `output`) with the Jacobian of `output` by each of `wrt`.
    pub fn vjp(&mut self, output: Var, cotangent: Var, wrt: &[Var]) -> Result<Vec<Var>> {
        // Only nodes between `wrt` and `output` take part.
        let mut depends = vec![false; output.index() + 1];
        for &var in wrt {
            if var <= output {
                depends[var.index()] = true;
            }
        }
        for index in 0..depends.len() {
            depends[index] |= self.nodes()[index].inputs.iter().any(|input| depends[input.index()]);
        }
        let mut contributions: Vec<Vec<Var>> = vec![Vec::new(); output.index() + 1];
        contributions[output.index()].push(cotangent);
        let mut gradients: Vec<Option<Var>> = vec![None; output.index() + 1];
        // Results of a computation, of which others are still to come, with their gradients.
        let mut waiting: Vec<(usize, Var)> = Vec::new();
        for index in (0..=output.index()).rev() {
            let shared = self.nodes()[index].op.result_of();
            if !depends[index] || contributions[index].is_empty() && shared.is_none() {
                continue;
            }
            let total = self.total(std::mem::take(&mut contributions[index]))?;
            gradients[index] = total;
            let node = self.nodes()[index].clone();
            if node.inputs.iter().all(|input| !depends[input.index()]) {
                continue;
            }
            let label = format!("d {}", node.label);
            let parts = if let Some((computation, _)) = shared {
                waiting.extend(total.map(|total| (index, total)));
                let same = |g: &Graph, other: usize| {
                    let other = &g.nodes()[other];
                    other.op.result_of().is_some_and(|(own, _)| own == computation) && other.inputs == node.inputs
                };
                if (0..index).any(|earlier| same(self, earlier)) {
                    continue;
                }
                let (own, rest): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|&(result, _)| same(self, result));
                waiting = rest;
                // A result may be there several times.
                let mut given: Vec<(usize, Var)> = Vec::new();
                for (result, gradient) in own {
                    let Some((_, which)) = self.nodes()[result].op.result_of() else { continue };
                    match given.iter_mut().find(|(known, _)| *known == which) {
                        Some((_, sum)) => *sum = self.add(*sum, gradient)?,
                        None => given.push((which, gradient)),
                    }
                }
                if given.is_empty() {
                    continue;
                }
                self.scoped(&label, |g| node.op.vjp_of_all(g, &node.inputs, &given))?
            } else {
                let Some(total) = total else { continue };
                self.scoped(&label, |g| node.op.vjp(g, &node.inputs, Var(index as u32), total))?
            };
            for (input, part) in node.inputs.iter().zip(parts) {
                if let (true, Some(part)) = (depends[input.index()], part) {
                    contributions[input.index()].push(part);
                }
            }
        }
        wrt.iter()
            .map(|&var| match gradients.get(var.index()).copied().flatten() {
                Some(gradient) => Ok(gradient),
                None => {
                    let shape = self.shape(var).to_vec();
                    self.constant(0.0, &shape)
                }
            })
            .collect()
    }

    /// The sum of all parts. Pieces of one tensor with zeros around them, as slices give back, are laid side by side; short
    /// sums of products, as a recurrence gives for every step, become a long one.
    fn total(&mut self, mut parts: Vec<Var>) -> Result<Option<Var>> {
        let mut total = None;
        while let Some(&part) = parts.first() {
            let next = match self.node(part).op.placed() {
                None => match self.products_like(&parts) {
                    products if products.len() < FEWEST_PRODUCTS => parts.remove(0),
                    products => {
                        parts.retain(|part| !products.contains(part));
                        self.long_product(&products)?
                    }
                },
                Some(place) => {
                    let pieces = self.take_pieces(&mut parts, place);
                    if pieces.len() == 1 { part } else { self.lay(place, &pieces)? }
                }
            };
            total = Some(total.map_or(Ok(next), |total| self.add(total, next))?);
        }
        Ok(total)
    }

    /// The parts that are short sums of products like the first of them.
    fn products_like(&self, parts: &[Var]) -> Vec<Var> {
        let first = self.node(parts[0]);
        let shapes = |part: Var| self.node(part).inputs.iter().map(|&input| self.shape(input)).collect::<Vec<_>>();
        let of_first = shapes(parts[0]);
        let along = first.op.sums_along(first.ty.shape.len());
        let is_short = along.is_some_and(|[axis, _]| of_first[0][axis] <= LONGEST_SHORT_SUM);
        let alike = |part: &Var| {
            let op = &self.node(*part).op;
            is_short && op.sums_along(first.ty.shape.len()) == along && op.name() == first.op.name()
        };
        parts.iter().copied().filter(|part| alike(part) && shapes(*part) == of_first).collect()
    }

    /// One sum in place of several. Gradients come from the last step to the first; operands are laid the other way round,
    /// as whoever joins them elsewhere does.
    fn long_product(&mut self, products: &[Var]) -> Result<Var> {
        let node = self.node(products[0]).clone();
        let Some(axes) = node.op.sums_along(node.ty.shape.len()) else { return Ok(products[0]) };
        let mut operands = Vec::new();
        for (which, axis) in axes.into_iter().enumerate() {
            let parts: Vec<Var> = products.iter().rev().map(|&product| self.node(product).inputs[which]).collect();
            operands.push(self.concatenate(&parts, axis)?);
        }
        self.apply(node.op, &operands)
    }

    /// Takes out the parts that are pieces along the axis of `place` and do not overlap, in the order in which they lie.
    fn take_pieces(&self, parts: &mut Vec<Var>, place: Placed) -> Vec<(Placed, Var)> {
        let mut pieces: Vec<(Placed, Var)> = Vec::new();
        parts.retain(|&part| {
            let node = self.node(part);
            let Some(own) = node.op.placed().filter(|own| (own.axis, own.extent) == (place.axis, place.extent)) else {
                return true;
            };
            let at = pieces.partition_point(|(piece, _)| piece.start < own.start);
            let clear = |i: usize, before: bool| {
                pieces
                    .get(i)
                    .is_none_or(|(other, _)| if before { other.end() <= own.start } else { own.end() <= other.start })
            };
            let fits = at.checked_sub(1).is_none_or(|last| clear(last, true)) && clear(at, false);
            if fits {
                pieces.insert(at, (own, node.inputs[0]));
            }
            !fits
        });
        pieces
    }

    /// Pieces along an axis with zeros in the gaps.
    fn lay(&mut self, place: Placed, pieces: &[(Placed, Var)]) -> Result<Var> {
        let mut all = Vec::new();
        let mut done = 0;
        let edge = Placed { start: place.extent, count: 0, ..place };
        for (piece, value) in pieces.iter().map(|(piece, value)| (*piece, Some(*value))).chain([(edge, None)]) {
            if piece.start > done {
                let mut gap = self.shape(pieces[0].1).to_vec();
                gap[place.axis] = piece.start - done;
                all.push(self.constant(0.0, &gap)?);
            }
            all.extend(value);
            done = piece.end();
        }
        self.concatenate(&all, place.axis)
    }

    /// The derivative of `output` as each `x` of the pairs `(x, tangent)` moves along its tangent (of the same
    /// shape): the Jacobian times the tangents, shaped like `output`. Forward mode, by differentiating the reverse
    /// pass, which is linear in its cotangent, by that cotangent (Townsend, "A new trick for calculating Jacobian
    /// vector products", 2017); of the reverse pass only what the derivative needs is computed.
    pub fn jvp(&mut self, output: Var, moved: &[(Var, Var)]) -> Result<Var> {
        self.check_tangents("jvp", moved)?;
        let inputs: Vec<Var> = moved.iter().map(|&(x, _)| x).collect();
        let shape = self.shape(output).to_vec();
        let cotangent = self.constant(0.0, &shape)?;
        let products = self.vjp(output, cotangent, &inputs)?;
        let mut total = None;
        for (product, &(_, tangent)) in products.into_iter().zip(moved) {
            let part = self.vjp(product, tangent, &[cotangent])?[0];
            total = Some(match total {
                None => part,
                Some(total) => self.add(total, part)?,
            });
        }
        total.map_or_else(|| self.constant(0.0, &shape), Ok)
    }

    /// The Hessian of the scalar `loss` times a vector, given and returned in parts, one for each `x` of the pairs
    /// `(x, part)`: the gradient of ⟨gradient, vector⟩ (Pearlmutter, "Fast exact multiplication by the Hessian",
    /// 1994). No gradient flows into the vector on the way. For several vectors at once, [`Graph::vectorise`] the
    /// products over the parts.
    pub fn hessian_vector(&mut self, loss: Var, along: &[(Var, Var)]) -> Result<Vec<Var>> {
        self.check_tangents("hessian vector", along)?;
        let inputs: Vec<Var> = along.iter().map(|&(x, _)| x).collect();
        let gradients = self.grad(loss, &inputs)?;
        let mut total = self.constant(0.0, &[])?;
        for (gradient, &(_, part)) in gradients.into_iter().zip(along) {
            let part = self.stop_gradient(part)?;
            let product = self.mul(gradient, part)?;
            let sum = self.sum_all(product)?;
            total = self.add(total, sum)?;
        }
        self.grad(total, &inputs)
    }

    fn check_tangents(&self, what: &str, pairs: &[(Var, Var)]) -> Result<()> {
        match pairs.iter().find(|&&(x, tangent)| self.ty(x) != self.ty(tangent)) {
            None => Ok(()),
            Some(&(x, tangent)) => Err(Error::new(
                format!("{what} {}", self.node(x).label),
                format!("the tangent is {:?}, not {:?}", self.ty(tangent), self.ty(x)),
                "give it the shape of what it moves",
            )),
        }
    }
}
