//! Random graphs over the whole vocabulary (see `common/random`) and their gradients: the GPU computes what the CPU
//! computes. `PROPTEST_CASES` sets the number of graphs; a failing one is made smaller and printed. Without an adapter
//! the test prints why it is skipped; see `common/device.rs`.
#![cfg(all(feature = "gpu", not(target_arch = "wasm32")))]

mod common;

use common::device::{device, run_both};
use common::outputs;
use common::random::{Builder, Choice, config, difference, gradients, sensitivity};
use petri::gpu::Context;
use petri::graph::Var;
use petri::reference::Reference;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

/// Built-in functions of GPUs may be this far off; see `gpu.rs`.
const TOLERANCE: f64 = 1e-4;

fn check(context: &Context, choices: &[Choice]) -> Result<(), TestCaseError> {
    let mut builder = Builder::new();
    for &choice in choices {
        let _ = builder.apply(choice);
    }
    let mut graph = builder.graph;
    let values = &builder.draw.values;
    let mut results: Vec<Var> = values[builder.leaves.len()..].iter().rev().take(4).copied().collect();
    results.extend(gradients(&mut graph, values, &builder.leaves).unwrap());
    let entry = outputs(&results);
    let reference = Reference::new(&graph);
    for (i, (cpu, gpu, _)) in run_both(context, &graph, &entry).into_iter().enumerate() {
        let error = difference(&gpu, &cpu);
        if error > TOLERANCE {
            let truth = &reference.evaluate(&[results[i]])[0];
            // Fused multiply-adds and built-in functions round otherwise than the CPU.
            let moves = sensitivity(&graph, &reference.leaves, results[i], truth);
            if error > TOLERANCE + 100.0 * moves {
                let text = graph.to_text(&[entry]);
                return Err(TestCaseError::fail(format!("output {i}:\n{gpu:?}\n{cpu:?}\n{truth:?}\n{text}")));
            }
        }
    }
    Ok(())
}

#[test]
fn random_graphs_and_their_gradients_agree_with_the_cpu() {
    let Some(context) = device() else { return };
    let choices = prop::collection::vec(any::<Choice>(), 3..20);
    let run = |choices: Vec<Choice>| check(context, &choices);
    TestRunner::new(config(20)).run(&choices, run).unwrap_or_else(|error| panic!("{error}"));
}
