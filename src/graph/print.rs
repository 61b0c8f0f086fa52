//! The text form of a graph: one line a node, stable, for golden tests and `petri plan`.

use super::{DType, Entry, Graph};
use std::fmt::Write;

/// `f32[32, 8]`.
pub(crate) fn type_text(ty: &super::Type) -> String {
    let name = match ty.dtype {
        DType::F32 => "f32",
        DType::U32 => "u32",
    };
    format!("{name}{:?}", ty.shape)
}

impl Graph {
    /// Every node that the entries reach, as `%7 = matmul %3 %5 : f32[32, 8]  (hidden 1)`.
    pub fn to_text(&self, entries: &[Entry]) -> String {
        let mut reached = vec![false; self.nodes.len()];
        let mut stack: Vec<_> = entries
            .iter()
            .flat_map(|e| e.outputs.iter().map(|(_, v)| *v).chain(e.assigns.iter().flat_map(|(t, v)| [*t, *v])))
            .collect();
        while let Some(var) = stack.pop() {
            if !std::mem::replace(&mut reached[var.index()], true) {
                stack.extend(&self.node(var).inputs);
            }
        }
        let mut text = String::new();
        for (index, node) in self.nodes.iter().enumerate().filter(|(index, _)| reached[*index]) {
            let inputs: String = node.inputs.iter().map(|v| format!(" %{}", v.0)).collect();
            let name = match node.leaf {
                Some(leaf) => format!("{:?} {}", self.leaves[leaf].role, self.leaves[leaf].name),
                None => node.op.name(),
            };
            writeln!(text, "%{index} = {name}{inputs} : {}  ({})", type_text(&node.ty), node.label)
                .expect("writing to a string cannot fail");
        }
        for entry in entries {
            writeln!(text, "entry {}", entry.name).expect("writing to a string cannot fail");
            for (name, var) in &entry.outputs {
                writeln!(text, "  output {name} = %{}", var.0).expect("writing to a string cannot fail");
            }
            for (target, var) in &entry.assigns {
                writeln!(text, "  assign %{} = %{}", target.0, var.0).expect("writing to a string cannot fail");
            }
        }
        text
    }
}
