//! The arbiter of all tests: a double-precision interpreter of the unfused graph, slow and plain.

use crate::graph::{DType, Entry, Graph, Leaf, Var};

/// Values of leaves, kept between runs, one vector per leaf of the graph.
#[derive(Clone, Debug)]
pub struct Reference<'a> {
    graph: &'a Graph,
    /// Present contents of the leaves; `u32` elements as exact doubles.
    pub leaves: Vec<Vec<f64>>,
}

/// A leaf's first contents in double precision.
fn initial(leaf: &Leaf) -> Vec<f64> {
    match leaf.ty.dtype {
        DType::F32 => leaf.initial.iter().map(|&x| x as f64).collect(),
        DType::U32 => leaf.initial.iter().map(|x| x.to_bits() as f64).collect(),
    }
}

impl<'a> Reference<'a> {
    /// An interpreter with the leaves at their first contents.
    pub fn new(graph: &'a Graph) -> Self {
        Reference { graph, leaves: graph.leaves().iter().map(initial).collect() }
    }

    /// Values of `vars` under the present leaves.
    pub fn evaluate(&self, vars: &[Var]) -> Vec<Vec<f64>> {
        let mut values: Vec<Option<Vec<f64>>> = vec![None; self.graph.nodes().len()];
        let mut needed = vec![false; values.len()];
        let mut stack = vars.to_vec();
        while let Some(var) = stack.pop() {
            if !std::mem::replace(&mut needed[var.index()], true) {
                stack.extend(&self.graph.node(var).inputs);
            }
        }
        for (index, node) in self.graph.nodes().iter().enumerate().filter(|(i, _)| needed[*i]) {
            let value = match node.leaf {
                Some(leaf) => self.leaves[leaf].clone(),
                None => {
                    let inputs: Vec<&[f64]> = node
                        .inputs
                        .iter()
                        .map(|v| values[v.index()].as_deref().expect("operands come first"))
                        .collect();
                    let types: Vec<_> = node.inputs.iter().map(|&v| self.graph.ty(v)).collect();
                    node.op.reference(&inputs, &types, &node.ty)
                }
            };
            values[index] = Some(value);
        }
        vars.iter().map(|v| values[v.index()].clone().expect("evaluated above")).collect()
    }

    /// Runs an entry once: evaluates outputs, then assigns.
    pub fn run(&mut self, entry: &Entry) -> Vec<Vec<f64>> {
        let outputs: Vec<Var> = entry.outputs.iter().map(|(_, v)| *v).collect();
        let values: Vec<Var> = entry.assigns.iter().map(|(_, v)| *v).collect();
        let mut results = self.evaluate(&[outputs.clone(), values].concat());
        let assigned = results.split_off(outputs.len());
        for ((target, _), value) in entry.assigns.iter().zip(assigned) {
            let leaf = self.graph.node(*target).leaf.expect("assignments go to leaves");
            self.leaves[leaf] = value;
        }
        results
    }
}

/// The error function in double precision: its Maclaurin series below 3, the continued fraction of
/// its complement above (Abramowitz and Stegun 7.1.5 and 7.1.14).
pub fn erf(x: f64) -> f64 {
    let a = x.abs();
    let value = if a < 3.0 {
        let (mut term, mut sum, mut n) = (a, a, 0.0);
        while term.abs() > 1e-18 * sum.abs() && n < 200.0 {
            n += 1.0;
            term *= -a * a / n;
            sum += term / (2.0 * n + 1.0);
        }
        sum * std::f64::consts::FRAC_2_SQRT_PI
    } else {
        let fraction = (1..60).rev().fold(a, |fraction, n| a + n as f64 / 2.0 / fraction);
        1.0 - (-a * a).exp() / (fraction * std::f64::consts::PI.sqrt())
    };
    value.copysign(x)
}
