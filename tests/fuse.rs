//! Random graphs over the whole vocabulary (see `common/random`): the planned program, with poisoned temporaries,
//! computes what the double-precision interpreter of the unfused graph computes, step after step, and so do gradients.
//! `PROPTEST_CASES` sets the number of graphs; a failing one is made smaller and printed.
#![cfg(not(target_arch = "wasm32"))]

mod common;

use common::random::{Builder, Choice, config, difference, fit, gradients, rows, sensitivity};
use common::widen;
use petri::cpu::Machine;
use petri::graph::{Entry, Var};
use petri::plan::plan;
use petri::reference::Reference;
use petri::rng::Rng;
use proptest::prelude::*;
use std::sync::Arc;

/// Largest difference relative to scale. Of ten thousand results all but ten or so are ten times closer; what is not is
/// asked how far rounding moves the truth.
const TOLERANCE: f64 = 2e-5;

/// Two entries: one with outputs and assignments that swap and feed each other, one only with outputs.
fn entries(builder: &mut Builder, picks: &[u16]) -> Vec<Entry> {
    let values = builder.draw.values.clone();
    let pick = |number: u16| {
        let (count, back) = (values.len(), number as usize % (2 * values.len()));
        values[if back < count { back } else { count - 1 - (back - count) / 3 }]
    };
    let outputs = |salt: u16| -> Vec<(String, Var)> {
        let chosen = picks.iter().take(3).map(|&number| pick(number.wrapping_add(salt)));
        chosen.chain(values.last().copied()).enumerate().map(|(i, v)| (format!("{i}"), v)).collect()
    };
    let mut assigns: Vec<(Var, Var)> = Vec::new();
    for (position, target) in builder.leaves.clone().into_iter().enumerate() {
        let pick = picks.get(position % picks.len().max(1)).copied().unwrap_or(0) as usize;
        let ty = builder.graph.ty(target).clone();
        let same: Vec<Var> = values.iter().copied().filter(|&v| *builder.graph.ty(v) == ty).collect();
        match pick % 3 {
            // From the newest on, so that values that were computed are preferred; leaves swap.
            1 => assigns.push((target, same[same.len() - 1 - pick / 3 % same.len().min(4)])),
            2 => {
                let new = values[values.len() - 1 - pick / 3 % values.len().min(6)];
                assigns.push((target, fit(&mut builder.graph, new, &ty.shape).expect("any value fits")));
            }
            _ => {}
        }
    }
    assigns.push(builder.next_step());
    vec![
        Entry { name: "train".into(), outputs: outputs(0), assigns },
        Entry { name: "measure".into(), outputs: outputs(5), assigns: Vec::new() },
    ]
}

/// Outputs, then the new contents of assigned leaves.
fn asked(entry: &Entry) -> Vec<Var> {
    entry.outputs.iter().map(|(_, var)| *var).chain(entry.assigns.iter().map(|(_, value)| *value)).collect()
}

fn check(choices: &[Choice], picks: &[u16], with_gradient: bool) -> std::result::Result<(), TestCaseError> {
    let mut builder = Builder::new();
    choices.iter().for_each(|&choice| {
        let _ = builder.apply(choice);
    });
    let mut entries = entries(&mut builder, picks);
    let mut graph = builder.graph;
    if with_gradient {
        let gradients = gradients(&mut graph, &builder.draw.values, &builder.leaves).unwrap();
        let outputs = gradients.into_iter().enumerate().map(|(i, v)| (format!("d {i}"), v)).collect();
        entries = vec![Entry { name: "gradient".into(), outputs, assigns: Vec::new() }];
    }
    let program = plan(&graph, &entries).map_err(|error| TestCaseError::fail(error.to_string()))?;
    let mut machine = Machine::new(Arc::new(program));
    let mut reference = Reference::new(&graph);
    for (round, routine) in [0, entries.len() - 1, 0].into_iter().enumerate() {
        let entry = &entries[routine];
        machine.poison();
        machine.run(routine);
        let truth = reference.evaluate(&asked(entry));
        let outputs = entry.outputs.iter().enumerate().map(|(i, (name, var))| {
            (format!("output {name}"), widen(machine.output(routine, i), graph.ty(*var).dtype))
        });
        let assigned = entry.assigns.iter().map(|(target, _)| {
            let index = graph.node(*target).leaf.expect("a leaf");
            let leaf = &graph.leaves()[index];
            (format!("leaf {}", leaf.name), widen(machine.leaf(index), leaf.ty.dtype))
        });
        for (i, ((name, got), truth)) in outputs.chain(assigned).zip(&truth).enumerate() {
            // What the truth itself calls infinite or NaN is left alone.
            if truth.iter().any(|x| !x.is_finite()) || difference(&got, truth) <= TOLERANCE {
                continue;
            }
            let moves = sensitivity(&graph, &reference.leaves, asked(entry)[i], truth);
            if difference(&got, truth) > TOLERANCE + 10.0 * moves {
                let (text, program) = (graph.to_text(&entries), machine.program().to_text());
                return Err(TestCaseError::fail(format!(
                    "round {round}, {name}:\n{got:?}\n{truth:?}\n{text}{program}"
                )));
            }
        }
        // Both go on from the same state, so that differences do not grow from round to round. Leaves
        // that are not assigned must not have changed at all.
        for (index, leaf) in graph.leaves().iter().enumerate() {
            let got = widen(machine.leaf(index), leaf.ty.dtype);
            let assigned = entry.assigns.iter().any(|(target, _)| graph.node(*target).leaf == Some(index));
            if !assigned && got != reference.leaves[index] && got.iter().all(|x| x.is_finite()) {
                return Err(TestCaseError::fail(format!(
                    "round {round}: {} changed\n{}",
                    leaf.name,
                    graph.to_text(&entries)
                )));
            }
            reference.leaves[index] = got;
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(2000))]

    #[test]
    fn planned_programs_compute_what_the_graph_says(
        choices in prop::collection::vec(any::<Choice>(), 5..50), picks in prop::collection::vec(any::<u16>(), 1..12)
    ) {
        check(&choices, &picks, false)?;
    }

    #[test]
    fn planned_gradients_compute_what_the_graph_says(choices in prop::collection::vec(any::<Choice>(), 3..20)) {
        check(&choices, &[], true)?;
    }
}

/// A row that never fits would test nothing.
#[test]
fn every_row_fits_often_enough() {
    let mut counts = vec![(0, 0, String::new()); rows().count()];
    let mut rng = Rng::new(1, "rows");
    for _ in 0..40 {
        let mut builder = Builder::new();
        for kind in 0..rows().count() as u8 {
            let numbers = [0; 8].map(|_| rng.next_u32() as u16);
            let count = &mut counts[kind as usize];
            count.0 += 1;
            match builder.apply((kind, numbers)).1 {
                Ok(_) => count.1 += 1,
                Err(error) => count.2 = error.to_string(),
            }
        }
    }
    for (row, (tried, fitted, refusal)) in rows().zip(&counts) {
        println!("{:30} {fitted:3} of {tried}: {refusal}", row.name);
    }
    for (row, (tried, fitted, refusal)) in rows().zip(&counts) {
        assert!(3 * fitted >= 2 * *tried, "{} fits {fitted} times of {tried}: {refusal}", row.name);
    }
}
