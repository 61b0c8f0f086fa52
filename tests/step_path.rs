//! Nothing on the step path allocates: an allocator that counts watches training steps of real experiments.

use petri::cpu::Machine;
use petri::graph::{Entry, Graph, Role};
use petri::labs::{self, RunPlan, Settings};
use petri::ops::scan::Direction;
use petri::plan::plan;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;

struct Counting;

thread_local! {
    /// Allocations of this thread; the test runner has threads of its own.
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

fn count() {
    // A thread that is being taken down has no counter any more.
    COUNT.try_with(|count| count.set(count.get() + 1)).ok();
}

// SAFETY: every call is handed on unchanged to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller's promises are passed on.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn runs(slug: &str, controls: &[(&str, &str)]) -> Vec<RunPlan> {
    let lab = labs::find(slug).unwrap();
    let mut settings = Settings::defaults(lab.controls, 0);
    for (name, value) in controls {
        settings.set(lab.controls, name, value).unwrap();
    }
    (lab.open)(&settings, false).unwrap().runs()
}

fn check(name: &str, runs: Vec<RunPlan>) {
    for run in runs {
        let program = Arc::new((run.build)().unwrap());
        let mut machine = Machine::new(program.clone());
        if let Some(start) = program.routine("start") {
            machine.run(start);
        }
        let train = run.feed.as_ref().map_or_else(|| "train".into(), |feed| feed.routines().swap_remove(0));
        let train = program.routine(&train).unwrap();
        machine.run(train);
        let before = COUNT.with(Cell::get);
        for _ in 0..10 {
            machine.run(train);
        }
        assert_eq!(COUNT.with(Cell::get), before, "{name}, {}: a training step allocates", run.name);
    }
}

#[test]
fn a_scan_and_its_gradient_do_not_allocate() {
    let mut g = Graph::new();
    let mut leaf =
        |name: &str, shape: &[usize]| g.leaf_with(Role::Parameter, name, shape, vec![0.1; shape.iter().product()]);
    let (x, h, w) = (leaf("x", &[6, 3, 5]), leaf("h", &[3, 5]), leaf("w", &[5, 5]));
    let scanned = g.scan(&[h], &[x], Direction::Forwards, |g, carries, rows| {
        let product = g.matmul(carries[0], w)?;
        let sum = g.add(product, rows[0])?;
        Ok((vec![g.tanh(sum)?], vec![]))
    });
    let loss = g.sum_all(scanned.unwrap().carries[0]).unwrap();
    let outputs = g.grad(loss, &[x, h, w]).unwrap().into_iter().map(|gradient| ("gradient".into(), gradient));
    let entry = Entry { name: "train".into(), outputs: outputs.collect(), assigns: vec![] };
    let mut machine = Machine::new(Arc::new(plan(&g, &[entry]).unwrap()));
    machine.run(0);
    let before = COUNT.with(Cell::get);
    machine.run(0);
    assert_eq!(COUNT.with(Cell::get), before, "a scan allocates");
}

#[test]
fn the_counter_counts() {
    let before = COUNT.with(Cell::get);
    let vector = std::hint::black_box(vec![1u8; 100]);
    assert_eq!(COUNT.with(Cell::get), before + 1);
    drop(vector);
}

#[test]
fn training_steps_do_not_allocate() {
    check("grokking", runs("grokking", &[("samples", "60")]));
    check("grokking, modular", runs("grokking", &[("task", "modular")]));
    check("pointer networks", runs("pointer-networks", &[("hidden", "16"), ("glimpse", "1")]));
    check("spiking delays", runs("spiking-delays", &[]));
    for optimiser in ["sgd", "momentum", "adam"] {
        let net = "input x y sinx | linear 7 | relu | dropout 0.2 | linear 33 | gelu | linear 1";
        check(optimiser, runs("playground", &[("optimiser", optimiser), ("net", net)]));
    }
    check("regression", runs("playground", &[("dataset", "plane"), ("batch", "256"), ("l1", "0.1")]));
}
