//! Reverse-mode differentiation from a graph into the same graph, so that it can be applied again.
//! It knows only `Op::vjp`; all rules live beside their operations.

use crate::graph::{Error, Graph, Result, Var};

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
        for index in (0..=output.index()).rev() {
            if !depends[index] || contributions[index].is_empty() {
                continue;
            }
            let mut parts = std::mem::take(&mut contributions[index]).into_iter();
            let mut total = parts.next().expect("not empty");
            for part in parts {
                total = self.add(total, part)?;
            }
            gradients[index] = Some(total);
            let node = self.nodes()[index].clone();
            if node.inputs.iter().all(|input| !depends[input.index()]) {
                continue;
            }
            let label = format!("d {}", node.label);
            let parts = self.scoped(&label, |g| node.op.vjp(g, &node.inputs, Var(index as u32), total))?;
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
}
