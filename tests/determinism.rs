//! Training gives the same bits natively and in wasm: this file runs in both, against the same constants.
//! Run natively by `cargo test`, in Node by `cargo test --target wasm32-unknown-unknown` with
//! wasm-bindgen's test runner. A hash may change only with a deliberate change of arithmetic.

mod common;

use common::models;
use petri::cpu::Machine;
use petri::graph::{Entry, Graph};
use petri::plan::plan;
use std::sync::Arc;

/// Runs 200 steps and hashes the bits of all leaves (FNV-1a, 64 bits).
fn hash_after_training((graph, entry): (Graph, Entry)) -> u64 {
    let program = plan(&graph, &[entry]).unwrap();
    let mut machine = Machine::new(Arc::new(program));
    machine.poison();
    let mut first = f32::NAN;
    for step in 0..200 {
        machine.run(0);
        if step == 0 {
            first = machine.output(0, 0)[0];
        }
    }
    let last = machine.output(0, 0)[0];
    assert!(last.is_finite() && first.is_finite() && last < first, "loss went from {first} to {last}");
    let mut hash = 0xCBF2_9CE4_8422_2325u64;
    for leaf in 0..machine.program().leaves.len() {
        for byte in machine.leaf(leaf).iter().flat_map(|x| x.to_bits().to_le_bytes()) {
            hash = (hash ^ byte as u64).wrapping_mul(0x0100_0000_01B3);
        }
    }
    hash
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn tanh_network_with_adam() {
    assert_eq!(hash_after_training(models::regression().unwrap()), 0xA343_C567_409A_C544);
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn softmax_classifier_with_gradient_descent() {
    assert_eq!(hash_after_training(models::classifier().unwrap()), 0x35ED_F4EF_8F7E_EDA4);
}
