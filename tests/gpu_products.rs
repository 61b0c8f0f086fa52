//! Matrix products on the GPU are those of double precision, in tiles of every size and in parts of the inner axis:
//! thresholds are forced, so that small shapes reach every path. Without an adapter each test prints why it is skipped;
//! see `common/device.rs`.
#![cfg(all(feature = "gpu", not(target_arch = "wasm32")))]

mod common;

use common::device::{device, next};
use common::products::{Product, TILINGS, all, has, matrices};
use common::random::config;
use common::*;
use petri::gpu::{Context, Machine, Preparation, Read, Schedule, Tiling};
use petri::graph::{Entry, Role};
use petri::plan::{Program, plan};
use petri::reference::Reference;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::sync::Arc;

/// Sums of some hundred products in single precision.
const TOLERANCE: f64 = 1e-5;

fn machine(context: &Context, program: &Arc<Program>, tiling: &Tiling) -> Machine {
    let preparation = Preparation::with(context, Arc::clone(program), tiling);
    let finished = preparation.and_then(|preparation| pollster::block_on(preparation.finish()));
    finished.unwrap_or_else(|error| panic!("{error}"))
}

fn run(machine: &mut Machine) -> Vec<f32> {
    machine.run(0);
    machine.read(Read::Outputs(0));
    next(machine).values
}

#[test]
fn products_agree_with_double_precision_however_they_are_computed() {
    let Some(context) = device() else { return };
    for Product { name, make } in all() {
        let built = build(|g, l| make(g, l));
        let truth = Reference::new(&built.graph).evaluate(&[built.result]);
        let program = Arc::new(plan(&built.graph, &[outputs(&[built.result])]).unwrap());
        for (way, tiling, mark) in TILINGS {
            let shaders: Vec<_> = Schedule::new(&program, tiling).shaders().collect();
            assert!(shaders.iter().any(|shader| has(&shader.text, *mark)), "{name}: not in {way}");
            let mut gpu = machine(context, &program, tiling);
            let got: Vec<f64> = run(&mut gpu).iter().map(|&x| x as f64).collect();
            let error = relative_error(&got, &truth[0]);
            assert!(error <= TOLERANCE, "{name}, {way}: wrong by {error:.1e}");
            // The same bits again: parts are added in one order.
            let again: Vec<f64> = run(&mut gpu).iter().map(|&x| x as f64).collect();
            assert!(got == again, "{name}, {way}: other bits in a second run");
        }
    }
    assert_eq!(context.lost(), None);
}

#[test]
fn products_of_random_shapes_agree_with_double_precision() {
    let Some(context) = device() else { return };
    let shape = ([16usize..140, 16..140, 8..200], any::<[bool; 2]>(), 1usize..4);
    let run = |([m, n, k], transposed, batch): ([usize; 3], [bool; 2], usize)| {
        let Product { name, make } = matrices(&[batch], [m, n, k], transposed);
        let built = build(|g, l| make(g, l));
        let truth = Reference::new(&built.graph).evaluate(&[built.result]);
        let program = Arc::new(plan(&built.graph, &[outputs(&[built.result])]).unwrap());
        let tiling = &TILINGS[(m + n + k) % TILINGS.len()];
        let got: Vec<f64> = run(&mut machine(context, &program, &tiling.1)).iter().map(|&x| x as f64).collect();
        let error = relative_error(&got, &truth[0]);
        prop_assert!(error <= TOLERANCE, "{name}, {}: wrong by {error:.1e}", tiling.0);
        Ok(())
    };
    TestRunner::new(config(24)).run(&shape, run).unwrap_or_else(|error| panic!("{error}"));
}

/// Two layers whose weights' gradients are long products: both are taken in parts, in one dispatch, and their sums are
/// what updates the weights, from what these were before.
#[test]
fn weights_are_updated_by_products_in_parts() {
    let Some(context) = device() else { return };
    let mut built = build(|g, l| {
        let (x, w) = (leaf(g, l, &[331, 20], (-1.0, 1.0)), leaf(g, l, &[20, 40], (-0.3, 0.3)));
        let (v, bias) = (leaf(g, l, &[40, 24], (-0.3, 0.3)), leaf(g, l, &[40], (-0.3, 0.3)));
        let h = g.matmul(x, w)?;
        let h = g.add(h, bias)?;
        let h = g.tanh(h)?;
        let y = g.matmul(h, v)?;
        let y = g.square(y)?;
        g.mean_all(y)
    });
    let g = &mut built.graph;
    let weights = built.leaves[1..].to_vec();
    let gradients = g.grad(built.result, &weights).unwrap();
    let new = |(&weight, &gradient): (&petri::graph::Var, &petri::graph::Var)| {
        let step = g.mul_number(gradient, -0.5).unwrap();
        (weight, g.add(weight, step).unwrap())
    };
    let assigns: Vec<_> = weights.iter().zip(&gradients).map(new).collect();
    let entry = Entry { name: "train".into(), outputs: vec![("loss".into(), built.result)], assigns };
    let program = Arc::new(plan(&built.graph, &[entry]).unwrap());
    let (_, whole, _) = TILINGS[0];
    let (way, parts, _) = TILINGS[3];
    assert_eq!(way, "parts");
    let mut cpu = petri::cpu::Machine::new(Arc::clone(&program));
    let mut machines = [machine(context, &program, &whole), machine(context, &program, &parts)];
    assert!(machines[1].dispatches(0) > machines[0].dispatches(0));
    for _ in 0..5 {
        cpu.run(0);
        machines.iter_mut().for_each(|machine| machine.run(0));
    }
    for machine in &mut machines {
        machine.read(Read::Leaves);
        let got = next(machine).values;
        let mut rest = &got[..];
        for (index, leaf) in program.leaves.iter().enumerate().filter(|(_, leaf)| leaf.role == Role::Parameter) {
            let (got, after) = rest.split_at(leaf.ty.elements());
            rest = after;
            let (got, want) = (widen(got, leaf.ty.dtype), widen(cpu.leaf(index), leaf.ty.dtype));
            let error = relative_error(&got, &want);
            assert!(error < TOLERANCE, "{}: wrong by {error:.1e}", leaf.name);
        }
    }
}

/// The usual thresholds at the sizes that they are made for.
#[test]
fn large_products_are_computed_in_large_tiles_and_long_ones_in_parts() {
    let sizes = [
        ([1536, 1536, 64], vec![("side", "128u")]),
        ([1000, 1000, 64], vec![("side", "64u")]),
        ([256, 256, 64], vec![("side", "32u")]),
        // Larger tiles would stand out too far.
        ([12_000, 130, 32], vec![("side", "32u")]),
        // 56 tiles in 5 parts, the last of them shorter, then their sums.
        ([194, 256, 2822], vec![("k", "518u"), ("reduced", "5u")]),
        // Too few tiles even in parts.
        ([32, 32, 1024], vec![("lanes", "")]),
        // Long, but of enough tiles.
        ([512, 512, 1024], vec![("side", "32u")]),
    ];
    for (shape, marks) in sizes {
        let Product { name, make } = matrices(&[], shape, [true, false]);
        let built = build(|g, l| make(g, l));
        let program = plan(&built.graph, &[outputs(&[built.result])]).unwrap();
        let shaders: Vec<_> = Schedule::new(&program, &Tiling::USUAL).shaders().collect();
        assert_eq!(shaders.len(), marks.len(), "{name}");
        for (shader, mark) in shaders.iter().zip(marks) {
            assert!(has(&shader.text, mark), "{name}: no {mark:?}\n{}", shader.text);
        }
    }
}
