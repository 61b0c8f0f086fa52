//! What a machine offers beside running: writing parts of leaves, naming the kernel that blew up.

mod common;

use common::*;
use petri::cpu::Machine;
use petri::graph::{Entry, Graph, Role};
use petri::plan::plan;
use std::sync::Arc;

#[test]
fn a_part_of_a_leaf_is_written_alone() {
    let mut graph = Graph::new();
    let leaf = graph.leaf_with(Role::Parameter, "a", &[2, 3], vec![0.0; 6]);
    let mut machine = Machine::new(Arc::new(plan(&graph, &[outputs(&[leaf])]).unwrap()));
    machine.write_at(0, 2, &[1.0, 2.0]);
    assert_eq!(machine.leaf(0), [0.0, 0.0, 1.0, 2.0, 0.0, 0.0]);
}

#[test]
#[should_panic]
fn writing_beyond_a_leaf_is_refused() {
    let mut graph = Graph::new();
    let leaf = graph.leaf_with(Role::Parameter, "a", &[3], vec![0.0; 3]);
    let mut machine = Machine::new(Arc::new(plan(&graph, &[outputs(&[leaf])]).unwrap()));
    machine.write_at(0, 2, &[1.0, 2.0]);
}

#[test]
fn a_product_of_leaves_goes_to_a_leaf_beside_them() {
    let mut graph = Graph::new();
    let a = graph.leaf_with(Role::Parameter, "a", &[2, 2], vec![1.0, 2.0, 3.0, 4.0]);
    let b = graph.leaf_with(Role::Parameter, "b", &[2, 2], vec![0.0, 1.0, 1.0, 0.0]);
    let c = graph.leaf_with(Role::State, "c", &[2, 2], vec![0.0; 4]);
    let (of_both, of_one) = (graph.matmul(a, b).unwrap(), graph.matmul(a, a).unwrap());
    let entry = Entry { name: "test".into(), outputs: Vec::new(), assigns: vec![(c, of_both), (a, of_one)] };
    let mut machine = Machine::new(Arc::new(plan(&graph, &[entry]).unwrap()));
    machine.run(0);
    assert_eq!(machine.leaf(0), [7.0, 10.0, 15.0, 22.0]);
    assert_eq!(machine.leaf(2), [2.0, 1.0, 4.0, 3.0]);
}

#[test]
fn the_first_kernel_that_is_not_finite_is_named() {
    let mut graph = Graph::new();
    let a = graph.leaf_with(Role::Parameter, "a", &[2, 2], vec![1.0; 4]);
    // All bits of an infinity, but an integer: not a fault.
    let counter = graph.leaf_u32(Role::State, "counter", &[], &[0x7F80_0000 - 1]);
    let one = graph.constant_u32(1, &[]).unwrap();
    let next = graph.elementwise(petri::graph::Func::AddU32, &[counter, one]).unwrap();
    let product = graph.matmul(a, a).unwrap();
    let log = graph.log(product).unwrap();
    let sum = graph.sum(log, &[0]).unwrap();
    let entry = Entry { name: "test".into(), outputs: vec![("sum".into(), sum)], assigns: vec![(counter, next)] };
    let program = plan(&graph, &[entry]).unwrap();
    let sum_kernel = program.routines[0].kernels.iter().position(|k| matches!(k, petri::plan::Kernel::Reduce(_)));
    let mut machine = Machine::new(Arc::new(program));
    assert_eq!(machine.run_checked(0), None);
    machine.write(0, &[0.0; 4]); // log 0
    assert_eq!(machine.run_checked(0), sum_kernel);
    assert!(sum_kernel.is_some());
}

#[test]
fn too_many_axes_are_refused_when_planned() {
    let mut graph = Graph::new();
    let a = graph.leaf_with(Role::Parameter, "a", &[2], vec![0.0; 2]);
    let many = graph.broadcast_to(a, &[1; 13]).or_else(|_| graph.reshape(a, &[[1; 12].as_slice(), &[2]].concat()));
    let error = plan(&graph, &[outputs(&[many.unwrap()])]).unwrap_err().to_string();
    assert!(error.contains("12 axes") && error.contains("reshape"), "{error}");
}
