//! Every operation on many shapes: CPU = reference, derivative = finite differences, second derivative
//! of smooth ones likewise. The table of scalar functions is tested row by row.

mod common;

use common::cases::FAMILIES;
use common::*;
use petri::graph::{DType, Func, Graph, Role, Var};

/// What was said of an operation in the engine's design: worst error relative to scale.
const FORWARD: f64 = 2e-6;
const DERIVATIVE: f64 = 1e-6;

/// Errors of the CPU against the reference, but for the third: of the reference's derivative against finite differences.
const COLUMNS: [&str; 4] = ["value", "derivative", "differences", "second"];

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn every_operation_agrees_with_the_reference_and_finite_differences() {
    for (family, cases) in FAMILIES {
        let mut report = Report::new(family, COLUMNS);
        for case in *cases {
            let built = build(|g, l| (case.make)(g, l));
            let mut errors = [Some(check_forward(case.name, &built, FORWARD)), None, None, None];
            if case.gradient {
                let mut graph = built.graph.clone();
                let loss = weighted_sum(&mut graph, built.result).unwrap();
                let first = check_gradient(case.name, &graph, loss, &built.leaves, DERIVATIVE);
                (errors[1], errors[2]) = (Some(first.cpu), Some(first.numeric));
                if case.smooth {
                    let second = check_second(case.name, graph, loss, &built.leaves, first.gradients.len());
                    errors[3] = Some(second.cpu);
                }
            }
            report.line(case.name, errors);
        }
    }
}

/// Differentiates a weighted sum of the gradient again.
fn check_second(name: &str, mut graph: Graph, loss: Var, leaves: &[Var], count: usize) -> Derivative {
    let gradients = graph.grad(loss, leaves).unwrap();
    assert_eq!(gradients.len(), count);
    let mut total = graph.constant(0.0, &[]).unwrap();
    for gradient in gradients {
        let square = graph.square(gradient).unwrap();
        let part = weighted_sum_named(&mut graph, square);
        total = graph.add(total, part).unwrap();
    }
    check_gradient(&format!("{name} twice"), &graph, total, leaves, 1e-5)
}

fn weighted_sum_named(graph: &mut Graph, var: Var) -> Var {
    let name = format!("second {}", graph.leaves().len());
    graph.scoped(&name, |g| weighted_sum(g, var)).unwrap()
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn every_scalar_function_agrees_with_its_reference_and_its_derivative() {
    let mut report = Report::new("scalar functions", COLUMNS);
    for &func in Func::ALL {
        let row = func.row();
        let built = build(|g, l| {
            let inputs: Vec<Var> = row
                .arguments
                .iter()
                .enumerate()
                .map(|(position, dtype)| match dtype {
                    DType::F32 => leaf(g, l, &[9, 7], row.sample),
                    DType::U32 => {
                        let mut rng = petri::rng::Rng::new(position as u32, row.name);
                        let bits: Vec<u32> = (0..9 * 7).map(|_| (rng.uniform() as f64 * row.sample.1) as u32).collect();
                        g.leaf_u32(Role::Input, &format!("bits {position}"), &[9, 7], &bits)
                    }
                })
                .collect();
            g.elementwise(func, &inputs)
        });
        let mut errors = [Some(check_forward(row.name, &built, FORWARD)), None, None, None];
        if row.derivative.is_some() {
            let mut graph = built.graph.clone();
            let loss = weighted_sum(&mut graph, built.result).unwrap();
            let first = check_gradient(row.name, &graph, loss, &built.leaves, DERIVATIVE);
            (errors[1], errors[2]) = (Some(first.cpu), Some(first.numeric));
            if row.smooth {
                let second = check_second(row.name, graph, loss, &built.leaves, first.gradients.len());
                errors[3] = Some(second.cpu);
            }
        }
        report.line(row.name, errors);
    }
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn random_numbers_are_those_of_the_reference_and_follow_the_step() {
    let mut graph = Graph::new();
    let seed = graph.leaf_u32(Role::Input, "seed", &[], &[5]);
    let step = graph.leaf_u32(Role::State, "step", &[], &[9]);
    let source = petri::ops::random::Randomness { seed, step };
    let bits = graph.random_bits(source, "noise", &[1000]).unwrap();
    let normal = graph.random_normal(source, "noise", &[1000]).unwrap();
    let below = graph.random_below(source, "index", 17, &[1000]).unwrap();
    let got = run_cpu(&graph, &outputs(&[bits, normal, below]));
    let truth = petri::reference::Reference::new(&graph).evaluate(&[bits, normal, below]);
    assert_eq!(got[0], truth[0]);
    assert_eq!(got[2], truth[2]);
    assert!(relative_error(&got[1], &truth[1]) < FORWARD);
    assert!(got[2].iter().all(|&i| i < 17.0) && (0..17).all(|i| got[2].contains(&(i as f64))));
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn refusals_name_node_shapes_and_fix() {
    let mut graph = Graph::new();
    let a = graph.leaf_with(Role::Input, "a", &[32, 20], vec![0.0; 640]);
    let b = graph.leaf_with(Role::Input, "b", &[16, 8], vec![0.0; 128]);
    let error = graph.scoped("encoder", |g| g.matmul(a, b)).unwrap_err().to_string();
    assert!(error.contains("encoder") && error.contains("[32, 20]") && error.contains("20 and 16"), "{error}");
    let error = graph.add(a, b).unwrap_err().to_string();
    assert!(error.contains("[32, 20]") && error.contains("[16, 8]") && error.contains("add"), "{error}");
    let error = graph.reshape(a, &[3]).unwrap_err().to_string();
    assert!(error.contains("640") && error.contains('3'), "{error}");
    let error = graph.grad(a, &[a]).unwrap_err().to_string();
    assert!(error.contains("scalar"), "{error}");
    let error = graph.slice(a, 1, 18, 1, 5).unwrap_err().to_string();
    assert!(error.contains("22"), "{error}");
}
