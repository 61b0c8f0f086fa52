//! Scans beyond what every operation is tested for: against the unrolled loop, what long ones cost, replicas, refusals.

mod common;

use common::{outputs, relative_error, run_cpu};
use petri::cpu::Machine;
use petri::graph::{Entry, Graph, Result, Role, Var};
use petri::nn::Init;
use petri::nn::recurrent::{Cell, Direction, Lstm, State, run, unroll};
use petri::optim::{Momentum, Update};
use petri::plan::{Program, plan};
use petri::replicate::replicate;
use petri::rng::Rng;
use std::sync::Arc;

/// A training step of an LSTM over `[time, batch, inputs]`, whose last output is to be 0.
fn training_step(time: usize, [batch, inputs, hidden]: [usize; 3]) -> Result<(Graph, Entry)> {
    let mut g = Graph::new();
    let cell = Lstm::new(&mut g, "cell", [inputs, hidden], 1.0, Init::GlorotUniform, &mut Rng::new(1, "cell"));
    let mut rng = Rng::new(2, "x");
    let x = (0..time * batch * inputs).map(|_| rng.normal()).collect();
    let x = g.leaf_with(Role::Input, "x", &[time, batch, inputs], x);
    let (_, last) = run(&mut g, &cell, x, None, None, Direction::Forwards)?;
    let square = g.square(last.output())?;
    let loss = g.mean_all(square)?;
    let parameters = cell.parameters();
    let gradients = g.grad(loss, &parameters)?;
    let pairs: Vec<(Var, Var)> = parameters.into_iter().zip(gradients).collect();
    let (step, rate) = (g.leaf_u32(Role::State, "step", &[], &[0]), g.scalar("rate", 0.1));
    let assigns = Update::new(&Momentum::USUAL, rate).apply(&mut g, &pairs, step)?;
    let entry = Entry { name: "train".into(), outputs: vec![("loss".into(), loss)], assigns };
    Ok((g, entry))
}

/// The same with the input half of the gates inside the scan, so that nothing but states is kept of a step.
fn lean_training_step(time: usize, [batch, inputs, hidden]: [usize; 3]) -> Result<(Graph, Entry)> {
    let mut g = Graph::new();
    let cell = Lstm::new(&mut g, "cell", [inputs, hidden], 1.0, Init::GlorotUniform, &mut Rng::new(1, "cell"));
    let x = g.leaf_with(Role::Input, "x", &[time, batch, inputs], vec![0.5; time * batch * inputs]);
    let start = State::zeros(&mut g, &cell, batch)?;
    let scanned = g.scan(&start.0, &[x], Direction::Forwards, |g, state, rows| {
        let gates = cell.input().apply(g, rows[0])?;
        Ok((cell.step(g, gates, &State(state.to_vec()))?.0, vec![]))
    })?;
    let square = g.square(scanned.last[0])?;
    let loss = g.mean_all(square)?;
    let parameters = cell.parameters();
    let gradients = g.grad(loss, &parameters)?;
    let outputs = gradients.into_iter().enumerate().map(|(i, gradient)| (format!("{i}"), gradient)).collect();
    Ok((g, Entry { name: "train".into(), outputs, assigns: vec![] }))
}

#[test]
fn three_hundred_steps_cost_the_plan_of_ten() {
    let sizes @ [batch, inputs, hidden] = [64, 8, 64];
    let planned = |time: usize| {
        let (graph, entry) = lean_training_step(time, sizes).unwrap();
        plan(&graph, &[entry]).unwrap()
    };
    let (short, long) = (planned(10), planned(300));
    let parts =
        |program: &Program| program.routines[0].kernels.iter().map(|kernel| kernel.simple().len()).sum::<usize>();
    assert_eq!(parts(&short), parts(&long));
    // Both carries of every step are kept, and the gradient of the input.
    let temporaries = |program: &Program| program.buffers.iter().filter(|b| !b.kept).map(|b| b.elements).sum::<usize>();
    let kept = |time: usize| time * batch * (2 * hidden + inputs);
    assert_eq!(temporaries(&long) - kept(300), temporaries(&short) - kept(10));
    let states = 300 * batch * 2 * hidden;
    assert!(temporaries(&long) < 3 * temporaries(&short) + states, "{} {}", temporaries(&long), temporaries(&short));
}

#[test]
fn a_scan_trains_like_the_unrolled_loop() {
    let mut g = Graph::new();
    let cell = Lstm::new(&mut g, "cell", [3, 5], 1.0, Init::GlorotUniform, &mut Rng::new(1, "cell"));
    let x = (0..7 * 2 * 3).map(|i| (i as f32 * 0.37).sin()).collect();
    let x = g.leaf_with(Role::Input, "x", &[7, 2, 3], x);
    let lengths = g.leaf_u32(Role::Input, "lengths", &[2], &[7, 4]);
    let (all, last) = run(&mut g, &cell, x, None, Some(lengths), Direction::Forwards).unwrap();

    let mut state = State::zeros(&mut g, &cell, 2).unwrap();
    let mut rows = Vec::new();
    for step in 0..7 {
        let row = g.slice(x, 0, step, 1, 1).unwrap();
        let row = g.squeeze(row, 0).unwrap();
        let gates = cell.input().apply(&mut g, row).unwrap();
        let next = cell.step(&mut g, gates, &state).unwrap();
        // The second sample is over after 4.
        let runs = g.leaf_with(Role::Input, &format!("{step}"), &[2, 1], vec![1.0, if step < 4 { 1.0 } else { 0.0 }]);
        let kept = next.0.iter().zip(&state.0).map(|(&new, &old)| g.select(runs, new, old));
        state = State(kept.collect::<Result<_>>().unwrap());
        rows.push(state.output());
    }
    let unrolled = g.stack(&rows, 0).unwrap();
    same(g, &cell, (all, last), (unrolled, state));
}

#[test]
fn an_unrolled_run_is_the_scan() {
    let mut g = Graph::new();
    let cell = Lstm::new(&mut g, "cell", [3, 5], 1.0, Init::GlorotUniform, &mut Rng::new(1, "cell"));
    let x = (0..7 * 2 * 3).map(|i| (i as f32 * 0.37).sin()).collect();
    let x = g.leaf_with(Role::Input, "x", &[7, 2, 3], x);
    let start = [("h", 0.0), ("c", 1.0)].map(|(name, shift)| {
        g.leaf_with(Role::Input, name, &[2, 5], (0..10).map(|i| (i as f32 * 0.7 + shift).cos()).collect())
    });
    for start in [None, Some(State(start.to_vec()))] {
        let scanned = run(&mut g, &cell, x, start.clone(), None, Direction::Forwards).unwrap();
        let unrolled = unroll(&mut g, &cell, x, start).unwrap();
        same(g.clone(), &cell, scanned, unrolled);
    }
}

/// Compares two runs of seven steps over two samples: what they give, and the gradients of a loss of all of it.
fn same(mut g: Graph, cell: &Lstm, scanned: (Var, State), looped: (Var, State)) {
    let weights = g.leaf_with(Role::Input, "weights", &[7, 2, 5], (0..70).map(|i| (i as f32).cos()).collect());
    let mut loss_of = |(all, last): (Var, State)| {
        let product = g.mul(all, weights).unwrap();
        let (sum, memory) = (g.sum_all(product).unwrap(), g.square(last.0[1]).unwrap());
        let memory = g.sum_all(memory).unwrap();
        let loss = g.add(sum, memory).unwrap();
        let gradients = g.grad(loss, &cell.parameters()).unwrap();
        [vec![all, last.0[1]], gradients].concat()
    };
    let (scanned, looped) = (loss_of(scanned), loss_of(looped));
    let (got, want) = (run_cpu(&g, &outputs(&scanned)), run_cpu(&g, &outputs(&looped)));
    assert_eq!(got.len(), 5);
    for (got, want) in got.iter().zip(&want) {
        let error = relative_error(got, want);
        assert!(error < 2e-6, "{error}");
    }
}

#[test]
fn replicas_of_a_scan_compute_the_same_bits() {
    let (graph, entry) = training_step(9, [3, 2, 5]).unwrap();
    let own = |leaf: &petri::graph::Leaf, copy: usize| {
        let mut rng = Rng::new(copy as u32, &leaf.name);
        let trained = matches!(leaf.role, Role::Parameter | Role::State) && leaf.name != "step";
        trained.then(|| leaf.initial.iter().map(|_| 0.3 * rng.normal()).collect::<Vec<f32>>())
    };
    let (copies, entries) = replicate(&graph, std::slice::from_ref(&entry), 3, own).unwrap();
    let mut together = Machine::new(Arc::new(plan(&copies, &entries).unwrap()));
    (0..20).for_each(|_| together.run(0));
    for copy in 0..3 {
        let mut alone = Machine::new(Arc::new(plan(&graph, std::slice::from_ref(&entry)).unwrap()));
        for (index, leaf) in graph.leaves().iter().enumerate() {
            if let Some(values) = own(leaf, copy) {
                alone.write(index, &values);
            }
        }
        (0..20).for_each(|_| alone.run(0));
        for (index, leaf) in graph.leaves().iter().enumerate().filter(|(_, leaf)| own(leaf, 0).is_some()) {
            let size = leaf.ty.elements();
            assert_eq!(together.leaf(index)[copy * size..][..size], *alone.leaf(index), "{} of copy {copy}", leaf.name);
        }
    }
}

#[test]
fn a_training_scan_learns_and_is_finite() {
    let (graph, entry) = training_step(40, [8, 4, 16]).unwrap();
    let mut machine = Machine::new(Arc::new(plan(&graph, &[entry]).unwrap()));
    machine.run(0);
    let first = machine.output(0, 0)[0];
    for _ in 0..100 {
        machine.run(0);
        assert_eq!(machine.run_checked(0), None);
    }
    assert!(machine.output(0, 0)[0] < 0.1 * first, "{} after {first}", machine.output(0, 0)[0]);
}

#[test]
fn a_blow_up_in_a_scan_is_found_there() {
    let mut g = Graph::new();
    let (x, start) = (g.leaf_with(Role::Input, "x", &[4, 2], vec![3e30; 8]), g.constant(1.0, &[2]).unwrap());
    let scanned = g
        .scan(&[start], &[x], Direction::Forwards, |g, carries, rows| Ok((vec![g.mul(carries[0], rows[0])?], vec![])))
        .unwrap();
    let half = g.mul_number(scanned.carries[0], 0.5).unwrap();
    let program = Arc::new(plan(&g, &[common::outputs(&[half])]).unwrap());
    let culprit = Machine::new(program.clone()).run_checked(0).expect("3e30 squared is infinite");
    assert!(matches!(program.routines[0].kernels[culprit], petri::plan::Kernel::Scan(_)), "kernel {culprit}");
}

#[test]
fn refusals_say_what_to_do() {
    let mut g = Graph::new();
    let (x, h) = (g.leaf_with(Role::Input, "x", &[4, 2], vec![0.0; 8]), g.constant(0.0, &[2]).unwrap());
    let none = g.leaf_with(Role::Input, "none", &[0, 2], vec![]);
    let short = g.leaf_with(Role::Input, "short", &[3, 2], vec![0.0; 6]);
    let same = |_: &mut Graph, carries: &[Var], _: &[Var]| Ok((carries.to_vec(), vec![]));
    type Body = dyn Fn(&mut Graph, &[Var], &[Var]) -> Result<(Vec<Var>, Vec<Var>)>;
    let mut refused = |rows: &[Var], body: &Body| {
        g.scan(&[h], rows, Direction::Forwards, |g, c, r| body(g, c, r)).unwrap_err().to_string()
    };
    for (rows, word) in [(&[][..], "no steps"), (&[none], "no steps"), (&[x, short], "[3, 2]")] {
        let error = refused(rows, &same);
        assert!(error.contains(word), "{error}");
    }
    let error = refused(&[x], &|g, c, _| Ok((vec![g.unsqueeze(c[0], 0)?], vec![])));
    assert!(error.contains("[1, 2]") && error.contains("keep their shape"), "{error}");
    let error = refused(&[x], &|_, _, _| Ok((vec![], vec![])));
    assert!(error.contains("1 carries go in, 0 come out"), "{error}");
    let error = refused(&[x], &|g, c, _| {
        let w = g.leaf_with(Role::Parameter, "w", &[2], vec![0.0; 2]);
        Ok((vec![g.mul(c[0], w)?], vec![]))
    });
    assert!(error.contains("makes the leaf") && error.contains("before the scan"), "{error}");
    let error = refused(&[x], &|g, c, _| Ok((c.to_vec(), vec![g.iota(&[2])?])));
    assert!(error.contains("cast it to f32"), "{error}");
}
