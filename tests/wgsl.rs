//! The WGSL of every scalar function and every kind of kernel is valid, checked without a GPU.
#![cfg(feature = "gpu")]

mod common;

use common::cases::{LARGE, all};
use common::products;
use common::random::{Builder, Choice, config, gradients};
use common::*;
use petri::gpu::{Schedule, Shader, Tiling, shader};
use petri::graph::{DType, Entry, Func, Graph, Role, Var};
use petri::ops::random::Randomness;
use petri::plan::{Kernel, Program, plan};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::collections::BTreeSet;

/// Checks every shader of a program against the language and WebGPU's default limits.
fn validate(name: &str, program: &Program) -> Vec<Shader> {
    validate_with(name, program, &Tiling::USUAL)
}

/// The same with given thresholds for matrix products.
fn validate_with(name: &str, program: &Program, tiling: &Tiling) -> Vec<Shader> {
    let shaders: Vec<Shader> = Schedule::new(program, tiling).shaders().collect();
    for shader in &shaders {
        let text = &shader.text;
        let module = naga::front::wgsl::parse_str(text).unwrap_or_else(|error| {
            panic!("{name}: {}\n{text}", error.emit_to_string(text));
        });
        let mut validator =
            naga::valid::Validator::new(naga::valid::ValidationFlags::all(), naga::valid::Capabilities::empty());
        let info = validator.validate(&module).unwrap_or_else(|error| panic!("{name}: {error:?}\n{text}"));
        assert!(shader.bindings.len() <= 8, "{name}: {} buffers", shader.bindings.len());
        assert!(shader.groups.iter().all(|&groups| (1..=65_535).contains(&groups)), "{name}: {:?}", shader.groups);
        let size = module.entry_points[0].workgroup_size;
        assert!(size.iter().product::<u32>() <= 256, "{name}: {size:?}");
        let shared: u32 = module
            .global_variables
            .iter()
            .filter(|(_, variable)| variable.space == naga::AddressSpace::WorkGroup)
            .map(|(_, variable)| module.types[variable.ty].inner.size(module.to_ctx()))
            .sum();
        assert!(shared <= 16_384, "{name}: {shared} bytes of workgroup memory");
        // Every binding is used, and written only if declared so.
        let entry = info.get_entry_point(0);
        for (handle, variable) in module.global_variables.iter().filter(|(_, v)| v.binding.is_some()) {
            let slot = variable.binding.as_ref().unwrap().binding as usize;
            let uses = entry[handle];
            assert!(!uses.is_empty(), "{name}: binding {slot} is idle\n{text}");
            let writes = uses.contains(naga::valid::GlobalUse::WRITE);
            assert_eq!(writes, shader.bindings[slot].writable, "{name}: binding {slot}\n{text}");
        }
    }
    shaders
}

fn planned(graph: &Graph, entry: Entry) -> Program {
    plan(graph, &[entry]).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn every_scalar_function_is_valid() {
    for &func in Func::ALL {
        let mut graph = Graph::new();
        let inputs: Vec<Var> = (func.row().arguments.iter().enumerate())
            .map(|(i, dtype)| match dtype {
                DType::F32 => graph.leaf_with(Role::Input, &format!("{i}"), &[3], vec![0.5; 3]),
                DType::U32 => graph.leaf_u32(Role::Input, &format!("{i}"), &[3], &[1, 2, 3]),
            })
            .collect();
        let result = graph.elementwise(func, &inputs).unwrap();
        let shaders = validate(func.row().name, &planned(&graph, outputs(&[result])));
        assert_eq!(shaders.len(), 1, "{}", func.row().name);
    }
}

#[test]
fn every_kernel_of_every_operation_and_its_gradient_is_valid() {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for case in all().chain(LARGE.1) {
        let built = build(|g, l| (case.make)(g, l));
        let mut graph = built.graph.clone();
        let mut results = vec![built.result];
        if case.gradient {
            let loss = weighted_sum(&mut graph, built.result).unwrap();
            results.extend(graph.grad(loss, &built.leaves).unwrap());
        }
        let program = planned(&graph, outputs(&results));
        for shader in validate(case.name, &program) {
            seen.extend(
                ["per_thread = 4u", "tiles: array", "positions: array", "lanes = 256u", "lanes = 1u", "sum += "]
                    .into_iter()
                    .filter(|mark| shader.text.contains(mark)),
            );
        }
    }
    assert_eq!(seen.len(), 6, "a strategy was never chosen; seen: {seen:?}");
}

#[test]
fn every_way_to_compute_a_product_is_valid() {
    for product in products::all() {
        let built = build(|g, l| (product.make)(g, l));
        let program = planned(&built.graph, outputs(&[built.result]));
        for (way, tiling, mark) in products::TILINGS {
            let shaders = validate_with(&format!("{}, {way}", product.name), &program, tiling);
            assert!(shaders.iter().any(|shader| products::has(&shader.text, *mark)), "{}: not in {way}", product.name);
        }
    }
}

#[test]
fn every_kernel_of_every_lab_is_valid() {
    for common::labs::Run { name, program, .. } in common::labs::runs() {
        let texts: BTreeSet<String> = validate(&name, &program).into_iter().map(|shader| shader.text).collect();
        println!("{name}: {} distinct shaders", texts.len());
    }
}

#[test]
fn extreme_constants_and_dispatches_are_valid() {
    let mut graph = Graph::new();
    let x = graph.leaf_with(Role::Input, "x", &[2], vec![1.0, 2.0]);
    let mut results = Vec::new();
    for number in [f32::INFINITY, f32::NEG_INFINITY, f32::NAN, f32::MAX, f32::MIN, -0.0, 1e-30, -1e30, 16_777_216.0] {
        let constant = graph.constant(number, &[2]).unwrap();
        results.push(graph.max(x, constant).unwrap());
    }
    validate("constants", &planned(&graph, outputs(&results[..4])));
    validate("constants", &planned(&graph, outputs(&results[4..])));

    // 20 million elements need more workgroups than one axis has.
    let mut graph = Graph::new();
    let wide = graph.leaf_with(Role::Input, "wide", &[1, 10_000], vec![0.0; 10_000]);
    let tall = graph.leaf_with(Role::Input, "tall", &[2_000, 1], vec![0.0; 2_000]);
    let product = graph.mul(wide, tall).unwrap();
    let shaders = validate("large", &planned(&graph, outputs(&[product])));
    assert_eq!(shaders[0].groups, [65_535, 2]);
}

#[test]
fn what_reads_many_buffers_is_computed_in_parts() {
    let mut graph = Graph::new();
    let input = |g: &mut Graph, name: &str, shape: &[usize]| {
        g.leaf_with(Role::Input, name, shape, vec![0.5; shape.iter().product()])
    };
    let leaves: Vec<Var> = (0..20).map(|i| input(&mut graph, &format!("{i}"), &[6])).collect();
    let sum = leaves[1..].iter().fold(leaves[0], |sum, &leaf| graph.add(sum, leaf).unwrap());
    let weight = input(&mut graph, "weight", &[4, 4]);
    let mut state = input(&mut graph, "state", &[2, 4]);
    for _ in 0..20 {
        let product = graph.matmul(state, weight).unwrap();
        state = graph.tanh(product).unwrap();
    }
    let loss = graph.sum_all(state).unwrap();
    let gradient = graph.grad(loss, &[weight]).unwrap()[0];
    let rows = input(&mut graph, "rows", &[20, 4]);
    let mut total = graph.constant(0.0, &[]).unwrap();
    for row in 0..20 {
        let row = graph.slice(rows, 0, row, 1, 1).unwrap();
        let product = graph.matmul(row, weight).unwrap();
        let part = graph.sum_all(product).unwrap();
        let part = graph.square(part).unwrap();
        total = graph.add(total, part).unwrap();
    }
    let of_rows = graph.grad(total, &[rows]).unwrap()[0];
    validate("many buffers", &planned(&graph, outputs(&[sum, gradient, of_rows, total])));
}

#[test]
fn equal_work_on_other_buffers_has_the_same_text() {
    let mut graph = Graph::new();
    let source = graph.leaf_u32(Role::Input, "seed", &[], &[1]);
    let step = graph.leaf_u32(Role::State, "step", &[], &[0]);
    let a = graph.leaf_with(Role::Input, "a", &[8, 8], vec![0.0; 64]);
    let b = graph.leaf_with(Role::Input, "b", &[8, 8], vec![0.0; 64]);
    let first = graph.matmul(a, b).unwrap();
    let second = graph.matmul(first, a).unwrap();
    let noise = graph.random_normal(Randomness { seed: source, step }, "noise", &[4]).unwrap();
    let program = planned(&graph, outputs(&[first, second, noise]));
    let shaders = validate("twice", &program);
    // The noise shares a dispatch with the first product.
    assert_eq!(shaders.len(), 2);
    let products = program.routines[0].kernels.iter().filter(|kernel| matches!(kernel, Kernel::MatMul(_)));
    let products = products.filter_map(|kernel| shader(std::slice::from_ref(kernel), &Tiling::USUAL));
    let texts: BTreeSet<String> = products.map(|shader| shader.text).collect();
    assert_eq!(texts.len(), 1);
}

/// Graphs as in `fuse.rs`, with their gradients. `PROPTEST_CASES` sets their number.
#[test]
fn every_kernel_of_random_graphs_is_valid() {
    let choices = prop::collection::vec(any::<Choice>(), 3..20);
    let run = |choices: Vec<Choice>| {
        let mut builder = Builder::new();
        for choice in choices {
            let _ = builder.apply(choice);
        }
        let mut results = builder.draw.values[builder.leaves.len()..].to_vec();
        results.extend(gradients(&mut builder.graph, &builder.draw.values, &builder.leaves).unwrap());
        let entry = outputs(&results);
        let text = builder.graph.to_text(std::slice::from_ref(&entry));
        validate(&text, &planned(&builder.graph, entry));
        Ok(())
    };
    TestRunner::new(config(300)).run(&choices, run).unwrap_or_else(|error| panic!("{error}"));
}

/// A stored constant is a buffer like any other.
#[test]
fn stored_constants_count_as_buffers() {
    let mut graph = Graph::new();
    let leaves: Vec<Var> = (0..7).map(|i| graph.leaf_with(Role::Input, &format!("{i}"), &[6], vec![0.5; 6])).collect();
    // An output, therefore stored.
    let zero = graph.constant(0.0, &[6]).unwrap();
    let sum = leaves[2..].iter().fold(leaves[1], |sum, &leaf| graph.mul(sum, leaf).unwrap());
    let chosen = graph.select(leaves[0], sum, zero).unwrap();
    validate("constant", &planned(&graph, outputs(&[zero, chosen])));
}
