//! Every operation on many shapes: CPU = reference, derivative = finite differences, second derivative
//! of smooth ones likewise. The table of scalar functions is tested row by row.

mod common;

use common::*;
use petri::graph::{DType, Func, Graph, Result, Role, Var};
use petri::ops::reduce::Reduction;

/// What was said of an operation in the engine's design: worst error relative to scale.
const FORWARD: f64 = 2e-6;
const DERIVATIVE: f64 = 1e-6;

type Make = fn(&mut Graph, &mut Vec<Var>) -> Result<Var>;

struct Case {
    name: &'static str,
    /// Whether the result is differentiable at the sampled points.
    gradient: bool,
    /// Whether the second derivative exists there.
    smooth: bool,
    make: Make,
}

fn labels(g: &mut Graph, shape: &[usize], below: u32) -> Var {
    let count: usize = shape.iter().product();
    let values: Vec<u32> = (0..count as u32).map(|i| (i * 7 + 3) % below).collect();
    g.leaf_u32(Role::Input, "labels", shape, &values)
}

macro_rules! cases {
    ($($name:literal $gradient:ident $smooth:ident |$g:ident, $l:ident| $body:expr;)*) => {
        &[$(Case { name: $name, gradient: cases!(@ $gradient), smooth: cases!(@ $smooth),
            make: |$g, $l| { let _ = &$l; $body } }),*]
    };
    (@ yes) => { true };
    (@ no) => { false };
}

const WIDE: (f64, f64) = (-2.0, 2.0);

const CASES: &[Case] = cases! {
    "broadcast add row" yes yes |g, l| { let a = leaf(g, l, &[5, 3], WIDE); let b = leaf(g, l, &[3], WIDE); g.add(a, b) };
    "broadcast mul outer" yes yes |g, l| { let a = leaf(g, l, &[4, 1], WIDE); let b = leaf(g, l, &[1, 7], WIDE); g.mul(a, b) };
    "scalar times tensor" yes yes |g, l| { let a = leaf(g, l, &[], WIDE); let b = leaf(g, l, &[2, 3, 5], WIDE); g.mul(a, b) };
    "permute" yes yes |g, l| { let a = leaf(g, l, &[2, 3, 4], WIDE); let p = g.permute(a, &[2, 0, 1])?; g.square(p) };
    "reshape merges" yes yes |g, l| { let a = leaf(g, l, &[4, 6], WIDE); let t = g.transpose(a)?; let s = g.square(t)?; let r = g.reshape(s, &[8, 3])?; g.square(r) };
    "reshape splits" yes yes |g, l| { let a = leaf(g, l, &[12, 2], WIDE); let s = g.exp(a)?; let r = g.reshape(s, &[3, 4, 2])?; g.square(r) };
    "slice with step" yes yes |g, l| { let a = leaf(g, l, &[9, 4], WIDE); let s = g.slice(a, 0, 1, 3, 3)?; g.square(s) };
    "slice backwards" yes yes |g, l| { let a = leaf(g, l, &[3, 7], WIDE); let s = g.slice(a, 1, 6, -2, 4)?; g.square(s) };
    "sum rows" yes yes |g, l| { let a = leaf(g, l, &[7, 300], WIDE); let s = g.square(a)?; g.sum(s, &[1]) };
    "sum columns" yes yes |g, l| { let a = leaf(g, l, &[300, 7], WIDE); let s = g.square(a)?; g.sum(s, &[0]) };
    "sum middle" yes yes |g, l| { let a = leaf(g, l, &[3, 5, 4], WIDE); let s = g.sum(a, &[1])?; g.square(s) };
    "sum outer axes" yes yes |g, l| { let a = leaf(g, l, &[3, 5, 4], WIDE); let s = g.sum(a, &[0, 2])?; g.square(s) };
    "sum of nothing" no no |g, l| { let a = leaf(g, l, &[3, 0], WIDE); g.sum(a, &[1]) };
    "nothing at all" no no |g, l| { let a = leaf(g, l, &[0, 4], WIDE); g.square(a) };
    "mean of many" yes yes |g, l| { let a = leaf(g, l, &[40, 50], WIDE); g.mean_all(a) };
    "max" yes no |g, l| { let a = leaf(g, l, &[4, 9], WIDE); let m = g.reduce(Reduction::Max, a, &[1])?; g.square(m) };
    "max columns" yes no |g, l| { let a = leaf(g, l, &[9, 4], WIDE); let m = g.reduce(Reduction::Max, a, &[0])?; g.square(m) };
    "min" yes no |g, l| { let a = leaf(g, l, &[5, 5], WIDE); let m = g.reduce(Reduction::Min, a, &[0, 1])?; g.square(m) };
    "argmax" no no |g, l| { let a = leaf(g, l, &[6, 300], WIDE); g.argmax(a) };
    "matmul" yes yes |g, l| { let a = leaf(g, l, &[5, 3], WIDE); let b = leaf(g, l, &[3, 4], WIDE); g.matmul(a, b) };
    "matmul of transposes" yes yes |g, l| { let a = leaf(g, l, &[3, 5], WIDE); let b = leaf(g, l, &[4, 3], WIDE); let (a, b) = (g.transpose(a)?, g.transpose(b)?); g.matmul(a, b) };
    "matmul batched" yes yes |g, l| { let a = leaf(g, l, &[2, 4, 3], WIDE); let b = leaf(g, l, &[2, 3, 5], WIDE); g.matmul(a, b) };
    "matmul broadcast batch" yes yes |g, l| { let a = leaf(g, l, &[3, 4, 2], WIDE); let b = leaf(g, l, &[2, 5], WIDE); g.matmul(a, b) };
    "matmul long inner" yes yes |g, l| { let a = leaf(g, l, &[2, 700], WIDE); let b = leaf(g, l, &[700, 3], WIDE); g.matmul(a, b) };
    "matmul empty inner" no no |g, l| { let a = leaf(g, l, &[2, 0], WIDE); let b = leaf(g, l, &[0, 3], WIDE); g.matmul(a, b) };
    "matmul 1 × 1" yes yes |g, l| { let a = leaf(g, l, &[1, 1], WIDE); let b = leaf(g, l, &[1, 1], WIDE); g.matmul(a, b) };
    "matmul with epilogue" yes yes |g, l| { let a = leaf(g, l, &[6, 3], WIDE); let b = leaf(g, l, &[3, 9], WIDE); let c = leaf(g, l, &[9], WIDE); let p = g.matmul(a, b)?; let s = g.add(p, c)?; g.tanh(s) };
    "matmul large" no no |g, l| { let a = leaf(g, l, &[67, 130], WIDE); let b = leaf(g, l, &[130, 71], WIDE); g.matmul(a, b) };
    "take rows" yes yes |g, l| { let a = leaf(g, l, &[6, 3], WIDE); let i = labels(g, &[2, 5], 6); let t = g.take(a, i, 0)?; g.square(t) };
    "take batched" yes yes |g, l| { let a = leaf(g, l, &[2, 6, 3], WIDE); let i = labels(g, &[2, 4], 6); let t = g.take(a, i, 1)?; g.square(t) };
    "take beyond the end" yes yes |g, l| { let a = leaf(g, l, &[4], WIDE); let i = labels(g, &[3], 100); g.take(a, i, 0) };
    "scatter" yes yes |g, l| { let u = leaf(g, l, &[7, 3], WIDE); let i = labels(g, &[7], 4); let s = g.scatter_add(i, u, 4, 0)?; g.square(s) };
    "softmax" yes yes |g, l| { let a = leaf(g, l, &[4, 6], WIDE); g.softmax(a) };
    "log softmax" yes yes |g, l| { let a = leaf(g, l, &[4, 6], WIDE); g.log_softmax(a) };
    "softmax of large logits" no no |g, l| { let a = leaf(g, l, &[4, 6], (-80.0, 80.0)); g.softmax(a) };
    "cross entropy" yes yes |g, l| { let a = leaf(g, l, &[5, 4], WIDE); let i = labels(g, &[5], 4); g.cross_entropy(a, i) };
    "one hot" no no |g, _l| { let i = labels(g, &[5], 4); g.one_hot(i, 4) };
    "stop gradient is the identity" no no |g, l| { let a = leaf(g, l, &[5], WIDE); g.stop_gradient(a) };
    "iota" no no |g, _l| g.iota(&[3, 4]);
};

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn every_operation_agrees_with_the_reference_and_finite_differences() {
    for case in CASES {
        let built = build(|g, l| (case.make)(g, l));
        check_forward(case.name, &built, FORWARD);
        if case.gradient {
            let mut graph = built.graph.clone();
            let loss = weighted_sum(&mut graph, built.result).unwrap();
            let gradients = check_gradient(case.name, &graph, loss, &built.leaves, DERIVATIVE);
            if case.smooth {
                check_second(case.name, graph, loss, &built.leaves, gradients.len());
            }
        }
    }
}

/// Differentiates a weighted sum of the gradient again.
fn check_second(name: &str, mut graph: Graph, loss: Var, leaves: &[Var], count: usize) {
    let gradients = graph.grad(loss, leaves).unwrap();
    assert_eq!(gradients.len(), count);
    let mut total = graph.constant(0.0, &[]).unwrap();
    for gradient in gradients {
        let square = graph.square(gradient).unwrap();
        let part = weighted_sum_named(&mut graph, square);
        total = graph.add(total, part).unwrap();
    }
    check_gradient(&format!("{name} twice"), &graph, total, leaves, 1e-5);
}

fn weighted_sum_named(graph: &mut Graph, var: Var) -> Var {
    let name = format!("second {}", graph.leaves().len());
    graph.scoped(&name, |g| weighted_sum(g, var)).unwrap()
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn every_scalar_function_agrees_with_its_reference_and_its_derivative() {
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
        check_forward(row.name, &built, FORWARD);
        if row.derivative.is_none() {
            continue;
        }
        let mut graph = built.graph.clone();
        let loss = weighted_sum(&mut graph, built.result).unwrap();
        let gradients = check_gradient(row.name, &graph, loss, &built.leaves, DERIVATIVE);
        if row.smooth {
            check_second(row.name, graph, loss, &built.leaves, gradients.len());
        }
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
