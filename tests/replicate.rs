//! Copies that train together give, bit for bit, what each would have given alone.

mod common;

use common::models;
use petri::cpu::Machine;
use petri::graph::{Entry, Graph, Leaf, Role};
use petri::plan::plan;
use petri::replicate::replicate;
use petri::rng::Rng;
use std::sync::Arc;

const COPIES: usize = 5;

/// First contents of a leaf in one copy: weights, seed and rate differ, data are shared.
fn initial(leaf: &Leaf, copy: usize) -> Option<Vec<f32>> {
    let mut rng = Rng::new(copy as u32, &leaf.name);
    match (&*leaf.name, leaf.role) {
        ("points", _) => None,
        ("seed", _) => Some(vec![f32::from_bits(100 + copy as u32)]),
        ("rate", _) | ("limit", _) => Some(vec![leaf.initial[0] * (1.0 + copy as f32)]),
        (_, Role::Parameter) => Some(leaf.initial.iter().map(|w| w + 0.1 * rng.normal()).collect()),
        (_, Role::State) => Some(leaf.initial.clone()),
        _ => None,
    }
}

fn check((graph, entry): (Graph, Entry)) {
    let (together, entries) = replicate(&graph, std::slice::from_ref(&entry), COPIES, initial).unwrap();
    let mut all = Machine::new(Arc::new(plan(&together, &entries).unwrap()));
    all.poison();
    (0..50).for_each(|_| all.run(0));
    for copy in 0..COPIES {
        let mut one = Machine::new(Arc::new(plan(&graph, std::slice::from_ref(&entry)).unwrap()));
        for (position, leaf) in graph.leaves().iter().enumerate() {
            if let Some(values) = initial(leaf, copy) {
                one.write(position, &values);
            }
        }
        (0..50).for_each(|_| one.run(0));
        for (position, leaf) in graph.leaves().iter().enumerate() {
            let (alone, together) = (one.leaf(position), all.leaf(position));
            let share = if together.len() == alone.len() { 0 } else { copy * alone.len() };
            let bits = |values: &[f32]| values.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(alone), bits(&together[share..][..alone.len()]), "copy {copy}: {}", leaf.name);
        }
    }
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn tanh_networks_with_adam() {
    check(models::regression().unwrap());
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn softmax_classifiers_with_gradient_descent() {
    check(models::classifier().unwrap());
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn every_optimiser_with_clipping_noise_decay_and_schedule() {
    for (_, rule) in petri::optim::ALL {
        check(models::every_extra(*rule, false).unwrap());
        check(models::every_extra(*rule, true).unwrap());
    }
}
