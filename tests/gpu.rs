//! The GPU computes what the CPU computes: all operations, whole training runs, and the order of runs,
//! reads and writes. Without an adapter each test prints why it is skipped; see `common/device.rs`.
#![cfg(all(feature = "gpu", not(target_arch = "wasm32")))]

mod common;

use common::cases::{FAMILIES, LARGE};
use common::device::{device, next, run_both};
use common::*;
use petri::cpu;
use petri::gpu::{Context, Machine, Options, Read, canary};
use petri::graph::{DType, Entry, Func, Graph, Role, Var};
use petri::ops::random::Randomness;
use petri::optim::{Adam, Update};
use petri::plan::{Program, plan};
use petri::rng::Rng;
use std::sync::Arc;

/// Built-in functions of GPUs may be this far off; most results are a hundred times closer.
const TOLERANCE: f64 = 1e-4;

/// The errors of the results, which may be no larger than [`TOLERANCE`].
fn assert_agree(name: &str, results: &[(Vec<f64>, Vec<f64>, DType)]) -> Vec<f64> {
    let check = |(cpu, gpu, dtype): &(Vec<f64>, Vec<f64>, DType)| {
        if *dtype == DType::U32 {
            assert_eq!(cpu, gpu, "{name}");
        }
        let error = relative_error(gpu, cpu);
        assert!(error <= TOLERANCE, "{name}: GPU differs from the CPU by {error:.2e}\n{gpu:?}\n{cpu:?}");
        error
    };
    results.iter().map(check).collect()
}

/// The error of the value, and the worst of the gradients.
fn in_columns(errors: &[f64]) -> [Option<f64>; 2] {
    [errors.first().copied(), errors[1..].iter().copied().reduce(f64::max)]
}

const COLUMNS: [&str; 2] = ["value", "gradient"];

#[test]
fn every_operation_and_its_gradient_agree_with_the_cpu() {
    let Some(context) = device() else { return };
    println!("{}", context.name());
    for (family, cases) in FAMILIES.iter().chain([&LARGE]) {
        let mut report = Report::new(family, COLUMNS);
        for case in *cases {
            let built = build(|g, l| (case.make)(g, l));
            let mut graph = built.graph.clone();
            let mut results = vec![built.result];
            if case.gradient {
                let loss = weighted_sum(&mut graph, built.result).unwrap();
                results.extend(graph.grad(loss, &built.leaves).unwrap());
            }
            let errors = assert_agree(case.name, &run_both(context, &graph, &outputs(&results)));
            report.line(case.name, in_columns(&errors));
        }
    }
}

#[test]
fn every_scalar_function_agrees_with_the_cpu() {
    let Some(context) = device() else { return };
    let mut report = Report::new("scalar functions", COLUMNS);
    for &func in Func::ALL {
        let row = func.row();
        let mut graph = Graph::new();
        let inputs: Vec<Var> = (row.arguments.iter().enumerate())
            .map(|(i, dtype)| {
                let mut rng = Rng::new(i as u32, row.name);
                let mut draw = || row.sample.0 + (row.sample.1 - row.sample.0) * rng.uniform() as f64;
                match dtype {
                    DType::F32 => {
                        let values = (0..999).map(|_| draw() as f32).collect();
                        graph.leaf_with(Role::Input, &format!("{i}"), &[999], values)
                    }
                    DType::U32 => {
                        let values: Vec<u32> = (0..999).map(|_| draw() as u32).collect();
                        graph.leaf_u32(Role::Input, &format!("{i}"), &[999], &values)
                    }
                }
            })
            .collect();
        let result = graph.elementwise(func, &inputs).unwrap();
        let mut results = vec![result];
        if row.derivative.is_some() {
            let loss = weighted_sum(&mut graph, result).unwrap();
            results.extend(graph.grad(loss, &inputs).unwrap());
        }
        let errors = assert_agree(row.name, &run_both(context, &graph, &outputs(&results)));
        report.line(row.name, in_columns(&errors));
    }
}

#[test]
fn scalar_functions_hold_at_extremes() {
    let Some(context) = device() else { return };
    let extremes: &[(Func, &[f32])] = &[
        (Func::Tanh, &[-1e30, -100.0, -20.0, -1e-6, 0.0, 1e-6, 1e-20, 0.62, 0.63, 9.0, 100.0, 1e30]),
        (Func::Sigmoid, &[-1e30, -200.0, -80.0, -1.0, 0.0, 1e-6, 30.0, 200.0, 1e30]),
        (Func::Softplus, &[-80.0, -20.0, -1.0, 0.0, 1.0, 20.0, 200.0, 1e30]),
        (Func::Log1p, &[-0.999, -0.5, -1e-3, -1e-7, 0.0, 1e-10, 1e-7, 1e-3, 0.41, 0.43, 1e6]),
        (Func::Erf, &[-30.0, -4.0, -1.01, -0.99, -1e-6, 0.0, 1e-6, 0.99, 1.01, 3.0, 30.0]),
        (Func::ToU32, &[-5.0, -0.5, 0.0, 0.99, 7.9, 16_777_217.0, 4_294_967_040.0, 4_294_967_296.0, 1e30]),
    ];
    for (func, values) in extremes {
        let mut graph = Graph::new();
        // Each value alone, so that the error is relative to it.
        let results: Vec<Var> = (values.iter().enumerate())
            .map(|(i, &value)| {
                let x = graph.leaf_with(Role::Input, &format!("{i}"), &[1], vec![value]);
                graph.elementwise(*func, &[x]).unwrap()
            })
            .collect();
        for (result, value) in results.into_iter().zip(*values) {
            let pair = run_both(context, &graph, &outputs(&[result]));
            let error = assert_agree(&format!("{}({value})", func.row().name), &pair)[0];
            assert!(error < 1e-5, "{}({value}): {error:.1e} {pair:?}", func.row().name);
        }
    }
}

#[test]
fn powers_near_one_keep_the_digits_that_adam_needs() {
    let Some(context) = device() else { return };
    let mut graph = Graph::new();
    let base = graph.leaf_with(Role::Input, "base", &[3], vec![0.999, 0.9, 0.9999]);
    let exponent = graph.leaf_with(Role::Input, "exponent", &[3], vec![1.0, 3.0, 2.0]);
    let power = graph.pow(base, exponent).unwrap();
    let one = graph.constant(1.0, &[3]).unwrap();
    let divisor = graph.sub(one, power).unwrap();
    for (cpu, gpu, _) in run_both(context, &graph, &outputs(&[divisor])) {
        for (cpu, gpu) in cpu.iter().zip(&gpu) {
            // One unit in the last place of the power is 6e-4 of the smallest divisor.
            assert!((cpu - gpu).abs() < 1.5e-7, "{gpu} is not {cpu}");
        }
    }
}

#[test]
fn powers_of_small_and_large_bases_agree_with_the_cpu() {
    let Some(context) = device() else { return };
    let mut wrong = Vec::new();
    let bases = [0.0, 1e-30, 1e-10, 1e-3, 0.1, 0.69, 0.71, 1.0, 1.41, 1.43, 10.0, 1e3, 1e10];
    for exponent in [0.0, 0.25, 0.5, 1.0, 2.0, 3.0] {
        for base in bases {
            let mut graph = Graph::new();
            let a = graph.leaf_with(Role::Input, "a", &[1], vec![base]);
            let b = graph.leaf_with(Role::Input, "b", &[1], vec![exponent]);
            let power = graph.pow(a, b).unwrap();
            let results = run_both(context, &graph, &outputs(&[power]));
            let (cpu, gpu) = (results[0].0[0], results[0].1[0]);
            // Subnormal results may become 0 on a GPU.
            let error = (cpu - gpu).abs() / cpu.abs().max(f32::MIN_POSITIVE as f64 / 1e-5);
            if error.is_nan() || error >= 1e-5 {
                wrong.push(format!("{base} to the power {exponent} is {cpu}, not {gpu}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn random_bits_are_the_same_as_on_the_cpu() {
    let Some(context) = device() else { return };
    let mut graph = Graph::new();
    let seed = graph.leaf_u32(Role::Input, "seed", &[], &[5]);
    let step = graph.leaf_u32(Role::State, "step", &[], &[9]);
    let source = Randomness { seed, step };
    let bits = graph.random_bits(source, "noise", &[3000]).unwrap();
    let below = graph.random_below(source, "index", 1000, &[3000]).unwrap();
    let uniform = graph.random_uniform(source, "uniform", &[3000]).unwrap();
    let normal = graph.random_normal(source, "normal", &[3000]).unwrap();
    let results = run_both(context, &graph, &outputs(&[bits, below, uniform, normal]));
    assert_eq!(results[0].0, results[0].1);
    assert_eq!(results[1].0, results[1].1);
    assert_eq!(results[2].0, results[2].1);
    let error = relative_error(&results[3].1, &results[3].0);
    println!("normal deviates differ by {error:.1e}");
    assert!(error < 1e-5);
}

/// A classifier of two spirals with two hidden layers, Adam, and batches drawn on the device.
fn spirals(width: usize) -> Program {
    const POINTS: usize = 400;
    const BATCH: usize = 64;
    let mut rng = Rng::new(4, "spirals");
    let (mut points, mut labels) = (Vec::new(), Vec::new());
    for i in 0..POINTS {
        let (turn, arm) = (3.0 * (i / 2) as f32 / (POINTS / 2) as f32, i % 2);
        let angle = 2.5 * turn + std::f32::consts::PI * arm as f32;
        points.extend([turn * angle.cos() + 0.1 * rng.normal(), turn * angle.sin() + 0.1 * rng.normal()]);
        labels.push(arm as f32);
    }
    let mut graph = Graph::new();
    let g = &mut graph;
    let points = g.leaf_with(Role::Input, "points", &[POINTS, 2], points);
    let labels = g.leaf_with(Role::Input, "labels", &[POINTS], labels);
    let rate = g.scalar("rate", 0.003);
    let seed = g.leaf_u32(Role::Input, "seed", &[], &[3]);
    let step = g.leaf_u32(Role::State, "step", &[], &[0]);
    let index = g.random_below(Randomness { seed, step }, "batch", POINTS, &[BATCH]).unwrap();
    let mut x = g.take(points, index, 0).unwrap();
    let y = g.take(labels, index, 0).unwrap();
    let mut parameters = Vec::new();
    let widths = [2, width, width, 1];
    for layer in 0..3 {
        let (from, to) = (widths[layer], widths[layer + 1]);
        let values = (0..from * to).map(|_| rng.normal() / (from as f32).sqrt()).collect();
        let weight = g.leaf_with(Role::Parameter, &format!("{layer}.weight"), &[from, to], values);
        let bias = g.leaf_with(Role::Parameter, &format!("{layer}.bias"), &[to], vec![0.0; to]);
        parameters.extend([weight, bias]);
        x = g.matmul(x, weight).unwrap();
        x = g.add(x, bias).unwrap();
        if layer < 2 {
            x = g.tanh(x).unwrap();
        }
    }
    let logits = g.reshape(x, &[BATCH]).unwrap();
    let positive = g.elementwise(Func::Softplus, &[logits]).unwrap();
    let chosen = g.mul(logits, y).unwrap();
    let losses = g.sub(positive, chosen).unwrap();
    let loss = g.mean_all(losses).unwrap();
    let gradients = g.grad(loss, &parameters).unwrap();
    let pairs: Vec<(Var, Var)> = parameters.iter().copied().zip(gradients).collect();
    let assigns = Update::new(&Adam::USUAL, rate).apply(g, &pairs, step).unwrap();
    let train = Entry { name: "train".into(), outputs: vec![("loss".into(), loss)], assigns };
    let measure = Entry {
        name: "measure".into(),
        outputs: vec![("step".into(), step), ("bias".into(), parameters[1])],
        assigns: Vec::new(),
    };
    plan(&graph, &[train, measure]).unwrap()
}

#[test]
fn a_hundred_steps_of_adam_follow_the_cpu() {
    let Some(context) = device() else { return };
    let program = Arc::new(spirals(64));
    let mut cpu = cpu::Machine::new(Arc::clone(&program));
    let mut gpu = Machine::new(context, Arc::clone(&program)).unwrap();
    // A guard: each costs the host two or three calls per step.
    assert!(gpu.dispatches(0) <= 9, "{} dispatches per step", gpu.dispatches(0));
    let mut losses = Vec::new();
    for _ in 0..10 {
        for _ in 0..10 {
            gpu.run(0);
            cpu.run(0);
        }
        gpu.read(Read::Outputs(0));
        gpu.flush();
        losses.push(cpu.output(0, 0)[0]);
    }
    gpu.read(Read::Leaves);
    for (i, loss) in losses.iter().enumerate() {
        let got = next(&mut gpu).values[0];
        assert!((got - loss).abs() < 1e-3, "step {}: loss {got} on the GPU, {loss} on the CPU", 10 * (i + 1));
    }
    assert!(losses[9] < 0.9 * losses[0], "{losses:?}");
    let values = next(&mut gpu).values;
    let mut rest = &values[..];
    for (index, leaf) in program.leaves.iter().enumerate() {
        if matches!(leaf.role, Role::Parameter | Role::State) {
            let (got, after) = rest.split_at(leaf.ty.elements());
            rest = after;
            let (got, want) = (widen(got, leaf.ty.dtype), widen(cpu.leaf(index), leaf.ty.dtype));
            let error = relative_error(&got, &want);
            println!("{:18} {error:.1e}", leaf.name);
            assert!(error < 1e-3, "{}: {error:.1e}", leaf.name);
        }
    }
    assert!(rest.is_empty());
}

#[test]
fn steps_in_one_submission_equal_steps_in_many() {
    let Some(context) = device() else { return };
    let program = Arc::new(spirals(16));
    let mut runs = [1, 7].map(|steps_per_flush| {
        let mut gpu = Machine::new(context, Arc::clone(&program)).unwrap();
        for step in 1..=21 {
            gpu.run(0);
            if step % steps_per_flush == 0 {
                gpu.flush();
            }
        }
        gpu.read(Read::Leaves);
        next(&mut gpu).values
    });
    let bits = runs.each_mut().map(|values| values.iter().map(|x| x.to_bits()).collect::<Vec<u32>>());
    assert!(bits[0] == bits[1], "a run must repeat bit for bit on one device");
}

#[test]
fn reads_see_the_moment_at_which_they_were_asked_for() {
    let Some(context) = device() else { return };
    let mut gpu = Machine::new(context, Arc::new(spirals(8))).unwrap();
    let mut tickets = Vec::new();
    // Twenty outstanding reads in one submission, between runs, of another routine's outputs.
    for _ in 0..20 {
        gpu.run(0);
        gpu.run(0);
        gpu.run(1);
        tickets.push(gpu.read(Read::Outputs(1)));
    }
    assert!(gpu.poll().is_none());
    gpu.flush();
    assert!(gpu.in_flight() <= 1);
    for (i, ticket) in tickets.into_iter().enumerate() {
        let delivery = next(&mut gpu);
        assert_eq!(delivery.ticket, ticket);
        assert_eq!(delivery.values[0].to_bits(), 2 * (i as u32 + 1));
        assert_eq!(delivery.values.len(), 9);
    }
    gpu.wait();
    assert_eq!(gpu.in_flight(), 0);
    assert!(gpu.poll().is_none());
}

#[test]
fn writes_come_after_the_runs_before_them() {
    let Some(context) = device() else { return };
    let mut graph = Graph::new();
    let total = graph.leaf_with(Role::State, "total", &[3], vec![0.0; 3]);
    let a = graph.scalar("a", 1.0);
    let b = graph.scalar("b", 100.0);
    let sum = graph.add(a, b).unwrap();
    let next_total = graph.add(total, sum).unwrap();
    let entry = Entry { name: "add".into(), outputs: Vec::new(), assigns: vec![(total, next_total)] };
    let program = Arc::new(plan(&graph, &[entry]).unwrap());
    let (total, a, b) = (program.leaf("total").unwrap(), program.leaf("a").unwrap(), program.leaf("b").unwrap());
    let mut gpu = Machine::new(context, program).unwrap();
    gpu.run(0);
    gpu.run(0);
    gpu.write(a, 0, &[2.0]);
    gpu.run(0);
    gpu.read(Read::Leaves);
    gpu.write(b, 0, &[0.0]);
    gpu.run(0);
    gpu.write(total, 1, &[7.0]);
    gpu.read(Read::Leaves);
    // An entry without outputs gives nothing, in order.
    gpu.read(Read::Outputs(0));
    assert_eq!(next(&mut gpu).values, [304.0; 3]);
    assert_eq!(next(&mut gpu).values, [306.0, 7.0, 306.0]);
    assert!(next(&mut gpu).values.is_empty());
    assert!(pollster::block_on(gpu.delivery()).is_none());
}

#[test]
fn a_machine_may_go_while_it_works() {
    let Some(context) = device() else { return };
    let program = Arc::new(spirals(16));
    for queued_only in [false, true] {
        let mut gpu = Machine::new(context, Arc::clone(&program)).unwrap();
        for _ in 0..50 {
            gpu.run(0);
            gpu.read(Read::Leaves);
        }
        if !queued_only {
            gpu.flush();
        }
        drop(gpu);
    }
    // Another machine still computes, so nothing of this was taken for the loss of the device.
    let mut gpu = Machine::new(context, program).unwrap();
    gpu.run(0);
    gpu.read(Read::Outputs(0));
    assert_eq!(next(&mut gpu).values.len(), 1);
    assert_eq!(context.lost(), None);
}

#[test]
fn what_is_too_large_is_refused_and_costs_nothing() {
    let Some(context) = device() else { return };
    let mut graph = Graph::new();
    let wide = graph.leaf_with(Role::Input, "wide", &[1, 15_000], vec![0.0; 15_000]);
    let tall = graph.leaf_with(Role::Input, "tall", &[15_000, 1], vec![0.0; 15_000]);
    let product = graph.mul(wide, tall).unwrap();
    // 858 MiB: less than a plan may take, more than many devices take in one piece.
    let program = plan(&graph, &[outputs(&[product])]).unwrap();
    match Machine::new(context, Arc::new(program)) {
        Ok(_) => println!("SKIPPED: {} takes 858 MiB in one piece", context.name()),
        Err(error) => assert!(error.to_string().contains("MiB"), "{error}"),
    }
    assert_eq!(context.lost(), None);
}

#[test]
fn a_lost_device_stands_still_and_says_why() {
    if device().is_none() {
        return;
    }
    let context = pollster::block_on(Context::new(Options { allow_software: true })).unwrap();
    let program = Arc::new(spirals(8));
    let mut gpu = Machine::new(&context, Arc::clone(&program)).unwrap();
    gpu.run(0);
    gpu.read(Read::Leaves);
    gpu.flush();
    gpu.run(0);
    assert_eq!(context.lost(), None);
    context.destroy();
    gpu.run(0);
    gpu.read(Read::Outputs(0));
    gpu.write(0, 0, &[1.0]);
    gpu.flush();
    gpu.wait();
    assert!(gpu.poll().is_none());
    assert!(pollster::block_on(gpu.delivery()).is_none());
    assert_eq!(gpu.in_flight(), 0);
    assert!(context.lost().unwrap().contains("given up"));
    let error = Machine::new(&context, program).err().expect("no machine on a lost device");
    assert!(error.to_string().contains("CPU"), "{error}");
    assert!(pollster::block_on(canary(&context)).is_err());
}

#[test]
fn the_canary_lives() {
    let Some(context) = device() else { return };
    pollster::block_on(canary(context)).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn software_is_refused_unless_allowed() {
    let Some(context) = device() else { return };
    let strict = pollster::block_on(Context::new(Options::default()));
    assert_eq!(strict.is_err(), context.is_software());
    if let Err(error) = strict {
        assert!(error.to_string().contains(context.name()), "{error}");
    }
}
