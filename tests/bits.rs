//! Prints a fingerprint of the CPU's values and gradients for every case of every operation, a line each: `bits <fingerprint>
//! <name>`. `cargo xtask test wasm` runs this natively and as wasm and compares the lines, so that no number has to be
//! kept here. By itself it only tells that all can be computed.

mod common;

use common::cases::all;
use common::*;
use petri::graph::Var;

/// FNV-1a over the bits, in which all NaN are one: their sign and payload differ between processors.
fn fingerprint(values: &[Vec<f64>]) -> u64 {
    let bits = values.iter().flatten().map(|value| if value.is_nan() { u64::MAX } else { value.to_bits() });
    bits.fold(0xCBF2_9CE4_8422_2325, |hash, bits| (hash ^ bits).wrapping_mul(0x0100_0000_01B3))
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn fingerprints_of_all_operations() {
    for case in all() {
        let built = build(|g, l| (case.make)(g, l));
        let mut graph = built.graph.clone();
        let mut wanted: Vec<Var> = vec![built.result];
        if case.gradient {
            let loss = weighted_sum(&mut graph, built.result).unwrap();
            wanted.extend(graph.grad(loss, &built.leaves).unwrap());
        }
        let line = format!("bits {:016x} {}", fingerprint(&run_cpu(&graph, &outputs(&wanted))), case.name);
        #[cfg(target_arch = "wasm32")]
        wasm_bindgen_test::console_log!("{line}");
        #[cfg(not(target_arch = "wasm32"))]
        println!("{line}");
    }
}
