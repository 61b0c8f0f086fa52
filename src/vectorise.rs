//! A part of a graph, once for each element of a leading axis: what was built for one sample, for all samples at
//! once. Like `replicate.rs`, which does it to a whole graph, it uses only `Op::lift`, so that every operation can be
//! vectorised, vectorised again, and differentiated before or after. Per-sample gradients and Jacobians follow.

use crate::graph::{Error, Graph, Result, Var, elements};
use crate::replicate::lift;

impl Graph {
    /// `results` with each `from` of the pairs `(from, to)` replaced by `to`, which has one more leading axis, of the
    /// same extent n in all pairs: element i of a result is what it would be with element i of each `to` in place of
    /// `from`. All results gain the leading axis. Only what lies between is built again; a product with weights that do
    /// not depend on `from` reads the same weights for every element. Nor do random draws depend on it: they are the
    /// same for every element, unless drawn for all and put in the place of one.
    pub fn vectorise(&mut self, results: &[Var], replaced: &[(Var, Var)]) -> Result<Vec<Var>> {
        let Some(&copies) = replaced.first().and_then(|&(_, to)| self.shape(to).first()) else {
            let (message, fix) = ("nothing with a leading axis takes the place of anything", "name at least one pair");
            return Err(Error::new("vectorise", message, fix));
        };
        for &(from, to) in replaced {
            let (one, all) = (self.ty(from), self.ty(to));
            if all.dtype != one.dtype || all.shape.first() != Some(&copies) || all.shape[1..] != one.shape[..] {
                return Err(Error::new(
                    format!("vectorise {}", self.node(from).label),
                    format!("{:?}{:?} cannot take the place of {:?}{:?}", all.dtype, all.shape, one.dtype, one.shape),
                    format!("give it one more leading axis, of {copies}"),
                ));
            }
        }
        let end = results.iter().map(|result| result.index() + 1).max().unwrap_or(0);
        let mut lifted: Vec<Option<Var>> = vec![None; end];
        for &(from, to) in replaced.iter().filter(|(from, _)| from.index() < end) {
            lifted[from.index()] = Some(to);
        }
        // Of the nodes that depend on what is replaced, those that a result needs.
        let mut needed = vec![false; end];
        for result in results {
            needed[result.index()] = true;
        }
        for index in (0..end).rev().filter(|&index| lifted[index].is_none()) {
            if needed[index] {
                self.nodes()[index].inputs.iter().for_each(|input| needed[input.index()] = true);
            }
        }
        for index in 0..end {
            let node = &self.nodes()[index];
            let depends = node.inputs.iter().any(|input| lifted[input.index()].is_some());
            if !needed[index] || !depends || lifted[index].is_some() {
                continue;
            }
            let node = node.clone();
            let inputs = node.inputs.iter().map(|&input| match lifted[input.index()] {
                Some(input) => Ok(input),
                None => lift(self, (input, false), copies),
            });
            let inputs = inputs.collect::<Result<Vec<_>>>()?;
            let made = self.scoped(&node.label, |g| g.apply(node.op.lift(copies), &inputs))?;
            lifted[index] = Some(made);
        }
        let whole = results.iter().map(|&result| match lifted[result.index()] {
            Some(made) => Ok(made),
            None => lift(self, (result, false), copies),
        });
        whole.collect()
    }

    /// Builds results for one sample, and gives them for all: `build` gets element 0 of the leading axis of each of
    /// `batches` (without that axis), and its results gain that axis. Layers that want a batch get one of extent 1 by
    /// `unsqueeze(sample, 0)`.
    pub fn for_each_sample(
        &mut self,
        batches: &[Var],
        build: impl FnOnce(&mut Graph, &[Var]) -> Result<Vec<Var>>,
    ) -> Result<Vec<Var>> {
        let samples = self.first_samples(batches)?;
        let results = build(self, &samples)?;
        let replaced: Vec<(Var, Var)> = samples.into_iter().zip(batches.iter().copied()).collect();
        self.vectorise(&results, &replaced)
    }

    fn first_samples(&mut self, batches: &[Var]) -> Result<Vec<Var>> {
        let mut samples = Vec::with_capacity(batches.len());
        for &batch in batches {
            let first = self.slice(batch, 0, 0, 1, 1)?;
            samples.push(self.squeeze(first, 0)?);
        }
        Ok(samples)
    }

    /// Each sample's own gradient: `loss` builds the scalar loss of one sample (see [`Graph::for_each_sample`]); the
    /// result for each of `wrt` is `[samples, shape..]`. Their mean is the gradient of the mean loss. It costs what the
    /// gradients of a batch cost, and memory for `samples` gradients.
    pub fn per_sample_gradients(
        &mut self,
        batches: &[Var],
        wrt: &[Var],
        loss: impl FnOnce(&mut Graph, &[Var]) -> Result<Var>,
    ) -> Result<Vec<Var>> {
        self.for_each_sample(batches, |g, samples| {
            let loss = loss(g, samples)?;
            g.grad(loss, wrt)
        })
    }

    /// The derivative of every element of `output [o..]` by every element of `input [i..]`: `[o.., i..]`. Reverse mode
    /// if `output` is the smaller (or as large), forward mode if `input` is: the smaller of both is the number of
    /// passes, which run at once. Within [`Graph::for_each_sample`] it gives the Jacobian at every sample.
    pub fn jacobian(&mut self, output: Var, input: Var) -> Result<Var> {
        let (to, from) = (self.shape(output).to_vec(), self.shape(input).to_vec());
        let shape = [&to[..], &from[..]].concat();
        if elements(&shape) == 0 {
            return self.constant(0.0, &shape);
        }
        if elements(&to) <= elements(&from) {
            let seed = self.constant(0.0, &to)?;
            let product = self.vjp(output, seed, &[input])?[0];
            let units = self.unit_tensors(&to)?;
            let rows = self.vectorise(&[product], &[(seed, units)])?[0];
            return self.reshape(rows, &shape);
        }
        let seed = self.constant(0.0, &from)?;
        let product = self.jvp(output, &[(input, seed)])?;
        let units = self.unit_tensors(&from)?;
        let columns = self.vectorise(&[product], &[(seed, units)])?[0];
        // [elements of the input, o..] → [o.., elements of the input]
        let columns = self.move_axis(columns, 0, to.len())?;
        self.reshape(columns, &shape)
    }

    /// All second derivatives of the scalar `loss` by the elements of `x [i..]`: `[i.., i..]`.
    pub fn hessian(&mut self, loss: Var, x: Var) -> Result<Var> {
        let gradient = self.grad(loss, &[x])?[0];
        self.jacobian(gradient, x)
    }

    /// `[n, shape..]` for the n elements of a shape: element i of the leading axis is 1 at flat position i, else 0.
    fn unit_tensors(&mut self, shape: &[usize]) -> Result<Var> {
        let count = elements(shape);
        let (row, column) = (self.iota(&[count, 1])?, self.iota(&[1, count])?);
        let units = self.equal_u32(row, column)?;
        self.reshape(units, &[&[count], shape].concat())
    }
}
