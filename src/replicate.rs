//! Turns a graph into one that does the same for several copies at once: every leaf that differs
//! between copies (weights, data order, hyper-parameters) gains a leading axis, and the copies run in
//! the same kernels. Each copy computes what it would have computed alone.

use crate::graph::{Entry, Error, Graph, Leaf, Result, Var, elements};

/// Replicates `entries`. `initial` gives the first contents of a leaf in each copy, or `None` for a leaf
/// that all copies share. Handles are those of the new graph, by position in the old one.
pub fn replicate(
    graph: &Graph,
    entries: &[Entry],
    copies: usize,
    mut initial: impl FnMut(&Leaf, usize) -> Option<Vec<f32>>,
) -> Result<(Graph, Vec<Entry>)> {
    let mut result = Graph::new();
    let mut new: Vec<(Var, bool)> = Vec::with_capacity(graph.nodes().len());
    for node in graph.nodes() {
        let made = if let Some(leaf) = node.leaf.map(|leaf| &graph.leaves()[leaf]) {
            let contents: Option<Vec<Vec<f32>>> = (0..copies).map(|copy| initial(leaf, copy)).collect();
            let mut leaf = leaf.clone();
            let lifted = contents.is_some();
            if let Some(contents) = contents {
                for values in &contents {
                    if values.len() != elements(&leaf.ty.shape) {
                        let message = format!("{} values for shape {:?}", values.len(), leaf.ty.shape);
                        return Err(Error::new(&leaf.name, message, "give one value per element"));
                    }
                }
                leaf.initial = contents.concat();
                leaf.ty.shape.insert(0, copies);
            }
            (result.add_leaf(leaf), lifted)
        } else if node.inputs.iter().any(|input| new[input.index()].1) {
            let inputs = node.inputs.iter().map(|input| lift(&mut result, new[input.index()], copies));
            let inputs = inputs.collect::<Result<Vec<_>>>()?;
            (result.scoped(&node.label, |g| g.apply(node.op.lift(copies), &inputs))?, true)
        } else {
            let inputs: Vec<Var> = node.inputs.iter().map(|input| new[input.index()].0).collect();
            (result.scoped(&node.label, |g| g.apply(node.op.clone(), &inputs))?, false)
        };
        new.push(made);
    }
    let entries = entries
        .iter()
        .map(|entry| {
            let outputs = entry.outputs.iter().map(|(name, var)| (name.clone(), new[var.index()].0));
            let outputs = outputs.collect();
            let assigns = entry.assigns.iter().map(|(target, value)| {
                let ((target, lifted), value) = (new[target.index()], new[value.index()]);
                let value = if lifted { lift(&mut result, value, copies)? } else { value.0 };
                Ok((target, value))
            });
            let assigns = assigns.collect::<Result<Vec<_>>>()?;
            Ok(Entry { name: entry.name.clone(), outputs, assigns })
        })
        .collect::<Result<Vec<_>>>()?;
    Ok((result, entries))
}

/// A value with the leading axis, added by broadcasting where all copies share it.
pub(crate) fn lift(graph: &mut Graph, (var, lifted): (Var, bool), copies: usize) -> Result<Var> {
    if lifted {
        return Ok(var);
    }
    let shape = [&[copies], graph.shape(var)].concat();
    graph.broadcast_to(var, &shape)
}
