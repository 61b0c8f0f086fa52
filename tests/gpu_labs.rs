//! The labs' own programs train on the GPU as they do on the CPU. `gpu.rs` tests the backend itself.
#![cfg(all(feature = "gpu", not(target_arch = "wasm32")))]

mod common;

use common::device::{device, next};
use common::labs::Run;
use common::*;
use petri::cpu;
use petri::gpu::{Context, Machine, Read};
use petri::labs::{Feed, Settings};
use petri::plan::Program;
use std::sync::Arc;

/// Rounding grows as a network trains; a fault of a kernel is far larger at once.
const TOLERANCE: f64 = 1e-3;
/// Steps per submission.
const BATCH: usize = 10;

/// Gives both machines the same data.
struct Fed {
    feed: Box<dyn Feed>,
    leaves: Vec<usize>,
    routines: Vec<usize>,
    contents: Vec<Vec<f32>>,
}

impl Fed {
    fn new(feed: Box<dyn Feed>, program: &Program) -> Fed {
        let leaves: Vec<usize> = feed.leaves().iter().map(|name| program.leaf(name).unwrap()).collect();
        let routines = feed.routines().iter().map(|name| program.routine(name).unwrap()).collect();
        Fed { contents: vec![Vec::new(); leaves.len()], feed, leaves, routines }
    }

    /// Writes the data of the step after `step` finished ones; gives the routine to run.
    fn feed(&mut self, step: u64, cpu: &mut cpu::Machine, gpu: &mut Machine) -> usize {
        self.contents.iter_mut().for_each(Vec::clear);
        let routine = self.routines[self.feed.batch(step, &mut self.contents)];
        for (&leaf, values) in self.leaves.iter().zip(&self.contents).filter(|(_, values)| !values.is_empty()) {
            cpu.write(leaf, values);
            gpu.write(leaf, 0, values);
        }
        routine
    }
}

/// Trains on both, `BATCH` steps at a time, and compares what is measured after each batch, the pictures
/// at the end, and all trained leaves. Returns the worst difference beside the scale, and of what.
fn follow(context: &Context, run: Run, steps: usize) -> (f64, String) {
    let Run { name, program, feed } = run;
    let program = Arc::new(program);
    let mut feed = feed.map(|feed| Fed::new(feed, &program));
    let mut cpu = cpu::Machine::new(Arc::clone(&program));
    let mut gpu = Machine::new(context, Arc::clone(&program)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let routine = |name| program.routine(name);
    let measure = routine("measure").unwrap();
    if let Some(start) = routine("start") {
        cpu.run(start);
        gpu.run(start);
    }
    // Everything is asked for before anything is waited for, as in a session.
    let mut wanted: Vec<(String, Vec<f64>, petri::graph::DType)> = Vec::new();
    let mut observe = |cpu: &mut cpu::Machine, gpu: &mut Machine, routine: usize, step: usize| {
        cpu.run(routine);
        gpu.run(routine);
        gpu.read(Read::Outputs(routine));
        for (i, output) in program.routines[routine].outputs.iter().enumerate() {
            let dtype = output.ty.dtype;
            wanted.push((format!("{} at {step}", output.name), widen(cpu.output(routine, i), dtype), dtype));
        }
    };
    for step in 1..=steps {
        let train = match &mut feed {
            Some(feed) => feed.feed(step as u64 - 1, &mut cpu, &mut gpu),
            None => routine("train").unwrap(),
        };
        cpu.run(train);
        gpu.run(train);
        if step % BATCH == 0 {
            observe(&mut cpu, &mut gpu, measure, step);
            gpu.flush();
        }
    }
    if let Some(picture) = routine("picture") {
        observe(&mut cpu, &mut gpu, picture, steps);
    }
    for (leaf, place) in program.trained_leaves() {
        wanted.push((place.name.clone(), widen(cpu.leaf(leaf), place.ty.dtype), place.ty.dtype));
    }
    gpu.read(Read::Leaves);
    let mut got = Vec::new();
    gpu.flush();
    while got.len() < wanted.iter().map(|(_, values, _)| values.len()).sum() {
        got.extend(next(&mut gpu).values);
    }
    assert_eq!(context.lost(), None, "{name}");
    let mut rest = &got[..];
    let mut worst = (0.0, String::new());
    for (what, want, dtype) in wanted {
        let (these, others) = rest.split_at(want.len());
        rest = others;
        let error = relative_error(&widen(these, dtype), &want);
        assert!(error <= TOLERANCE, "{name}: {what} differs from the CPU's by {error:.1e} of its scale");
        if error > worst.0 {
            worst = (error, what);
        }
    }
    assert!(rest.is_empty(), "{name}: more arrived than was asked for");
    worst
}

#[test]
fn every_lab_follows_the_cpu() {
    let Some(context) = device() else { return };
    for (i, run) in labs::runs().into_iter().enumerate() {
        let name = run.name.clone();
        // The first is the playground as the visitor finds it.
        let (error, what) = follow(context, run, if i == 0 { 100 } else { 20 });
        println!("{name}: {what} differs by {error:.1e}");
    }
}

/// Their data come from the host between the steps of one submission, and their greedy answers may differ where two
/// logits nearly coincide, so that weights and loss are compared.
#[test]
fn pointer_networks_follow_the_cpu() {
    let Some(context) = device() else { return };
    for task in ["hull", "tsp"] {
        let lab = petri::labs::find("pointer-networks").unwrap();
        let mut settings = Settings::defaults(lab.controls, 1);
        for (name, value) in [("task", task), ("hidden", "16"), ("shortest", "5"), ("longest", "6")] {
            settings.set(lab.controls, name, value).unwrap();
        }
        let run = (lab.open)(&settings, false).unwrap().runs().swap_remove(0);
        let program = Arc::new((run.build)().unwrap());
        let mut feed = Fed::new(run.feed.unwrap(), &program);
        let mut cpu = cpu::Machine::new(Arc::clone(&program));
        let mut gpu = Machine::new(context, Arc::clone(&program)).unwrap();
        for step in 0..12 {
            let routine = feed.feed(step, &mut cpu, &mut gpu);
            cpu.run(routine);
            gpu.run(routine);
        }
        gpu.read(Read::Leaves);
        gpu.flush();
        let got = next(&mut gpu).values;
        let mut rest = &got[..];
        let mut worst = 0.0f64;
        for (leaf, place) in program.trained_leaves() {
            let (these, others) = rest.split_at(place.ty.elements());
            rest = others;
            let want = widen(cpu.leaf(leaf), place.ty.dtype);
            let error = relative_error(&widen(these, place.ty.dtype), &want);
            assert!(error <= TOLERANCE, "{task}: {} differs from the CPU's by {error:.1e} of its scale", place.name);
            worst = worst.max(error);
        }
        println!("pointer networks, {task}: 12 steps differ by {worst:.1e}");
    }
}

#[test]
fn the_playground_takes_few_dispatches() {
    let Some(context) = device() else { return };
    let run = labs::runs().swap_remove(0);
    let gpu = Machine::new(context, Arc::new(run.program)).unwrap();
    let counts: Vec<(&str, usize)> =
        gpu.program().routines.iter().enumerate().map(|(i, r)| (r.name.as_str(), gpu.dispatches(i))).collect();
    println!("dispatches: {counts:?}");
    // A guard: a dispatch costs more than what it computes at this size.
    let train = gpu.program().routine("train").unwrap();
    assert!(gpu.dispatches(train) <= 11, "{counts:?}");
}
