//! Numeric parts against independent values, and claims about runs without the mechanism.

use super::network::{self, NETWORKS, Optimiser};
use super::record::{LOSS, MINUS, PLUS, REMOVED, SHARPNESS, opposition, restlessness, spike};
use super::theory::{self, Moments, Weights};
use super::{ADAM, NETWORK, claims};
use crate::cpu::Machine;
use crate::graph::{Graph, Role};
use crate::labs::{Feed, Judge, Verdict};
use crate::session::{History, RunView, View};
use std::sync::Arc;

#[test]
fn spikes_changes_and_opposition_of_a_few_numbers() {
    assert_eq!(spike(&[4.0, 2.0, 3.0, 1.0, 5.0, 0.5]), 5.0);
    assert_eq!(spike(&[3.0, 2.0, 1.0]), 1.0);
    assert!(spike(&[]).is_nan());
    let (up, down) = ([1.0, 2.0, 1.0, 3.0], [5.0, 4.0, 5.0, 3.0]);
    assert!((opposition(&up, &down, 0) + 1.0).abs() < 1e-12);
    assert_eq!(restlessness(&up, 1), 1.5);
    assert!(opposition(&up, &[1.0; 4], 0).is_nan(), "what does not move opposes nothing");
}

/// The Hessian by formula is that of the program's own graph, by differentiating twice.
#[test]
fn the_hessian_is_the_second_derivative_of_the_loss() {
    let data = theory::Data::draw(5);
    let moments = Moments::of(&data);
    for removed in [false, true] {
        let mut machine = Machine::new(Arc::new(theory::program(&data, 0.06, removed).unwrap()));
        let routine = |machine: &Machine, name: &str| machine.program().routine(name).unwrap();
        let (train, measure) = (routine(&machine, "train"), routine(&machine, "measure"));
        for _ in 0..40 {
            machine.run(train);
        }
        machine.run(measure);
        let [c, b, outlier] = [4, 5, 6].map(|at| machine.output(measure, at).to_vec());
        let weights = Weights::new(&c, &b, &outlier, removed);
        // The loss of the samples themselves, in double precision, by central differences of its gradient.
        let loss = |shift: &[(usize, f64)]| {
            let mut point = weights.b.clone();
            point.push(weights.c);
            for &(at, by) in shift {
                point[at] += by;
            }
            data.loss(&point[..21], point[21], removed)
        };
        let hessian = moments.hessian(&weights);
        let step = 1e-3;
        for (i, j) in [(0, 0), (0, 7), (3, 20), (20, 20), (20, 21), (4, 21), (21, 21)] {
            let second =
                (loss(&[(i, step), (j, step)]) - loss(&[(i, step), (j, -step)]) - loss(&[(i, -step), (j, step)])
                    + loss(&[(i, -step), (j, -step)]))
                    / (4.0 * step * step);
            let wanted = hessian[(i, j)];
            assert!((second - wanted).abs() < 1e-4 * (1.0 + wanted.abs()), "{i}, {j}: {second} for {wanted}");
        }
        let at = data.loss(&weights.b, weights.c, removed);
        let measured = machine.output(measure, 0)[0] as f64;
        assert!((at - measured).abs() < 1e-4 * at, "{at} for {measured}");
    }
}

/// After the loud coordinate is gone, the curvature along its weight is exactly 0.
#[test]
fn without_outliers_their_weight_has_no_curvature() {
    let moments = Moments::of(&theory::Data::draw(1));
    let weights = Weights::new(&[2.5], &[0.1; 20], &[0.3], true);
    let hessian = moments.hessian(&weights);
    for other in 0..22 {
        assert_eq!(hessian[(20, other)], 0.0);
    }
    assert_eq!(moments.along_outlier(&weights), (0.0, 0.0));
    let with = Weights { removed: false, ..weights };
    // c² a with a = 4.
    assert!((moments.hessian(&with)[(20, 20)] - 2.5 * 2.5 * 4.0).abs() < 1e-9);
}

/// Power iteration finds the largest eigenvalue of a Hessian that is known.
#[test]
fn power_iteration_finds_the_sharpness() {
    let g = &mut Graph::new();
    let x = g.leaf_with(Role::Parameter, "x", &[3], vec![1.0, -2.0, 0.5]);
    let v = g.leaf_with(Role::State, "v", &[3], vec![0.6, 0.6, 0.5]);
    let value = g.leaf_with(Role::State, "value", &[], vec![0.0]);
    let scales = g.leaf_with(Role::Input, "scales", &[3], vec![1.0, 7.0, -2.0]);
    let square = g.square(x).unwrap();
    let product = g.mul(square, scales).unwrap();
    let sum = g.sum_all(product).unwrap();
    let loss = g.mul_number(sum, 0.5).unwrap();
    let assigns = network::power_iteration(g, loss, &[x], &[v], value).unwrap();
    let entry = crate::graph::Entry { name: "look".into(), outputs: vec![("value".into(), value)], assigns };
    let mut machine = Machine::new(Arc::new(crate::plan::plan(g, &[entry]).unwrap()));
    for _ in 0..4 {
        machine.run(0);
    }
    let leaf = machine.program().leaf("value").unwrap();
    assert!((machine.leaf(leaf)[0] - 7.0).abs() < 1e-3, "{:?}", machine.leaf(leaf));
}

#[test]
fn images_have_their_background_and_their_groups() {
    let data = network::Data::draw(3, 12, 20.0).unwrap();
    assert_eq!(data.background, 2.5);
    for images in &data.images {
        assert_eq!(images.groups, [12, 12]);
        for (at, label) in images.labels.iter().enumerate() {
            let pixels = &images.raw[at * 64..][..64];
            assert_eq!(pixels.iter().all(|&pixel| pixel >= 2.5), at < 24, "image {at}");
            match at {
                0..12 => assert_eq!(*label, 3),
                12..24 => assert_eq!(*label, 8),
                _ => {}
            }
        }
    }
    assert_ne!(data.images[0].raw, data.images[1].raw, "networks have images of their own");
}

/// What a run of networks records in `steps` steps.
fn record(optimiser: Optimiser, strength: f64, steps: u64) -> History {
    let data = network::Data::draw(0, 12, strength).unwrap();
    let mut machine = Machine::new(Arc::new(network::program(&data, optimiser, 0.5, false).unwrap()));
    let (judge, mut looks) = (network::Judge, network::Looks);
    let mut history = History::new(judge.numbers());
    let routines: Vec<usize> = looks.routines().iter().map(|name| machine.program().routine(name).unwrap()).collect();
    let measure = machine.program().routine("measure").unwrap();
    for step in 0..=steps {
        machine.run(measure);
        let outputs: Vec<Vec<f32>> = (0..6).map(|at| machine.output(measure, at).to_vec()).collect();
        let slices: Vec<&[f32]> = outputs.iter().map(Vec::as_slice).collect();
        history.record(step, &judge.judge(&slices));
        machine.run(routines[looks.batch(step, &mut [])]);
    }
    history
}

fn verdict(histories: &[(&str, &History)], id: &str) -> Verdict {
    let runs = histories
        .iter()
        .map(|(name, history)| RunView { name, history, step: 400, steps: 400, finished: true, picture: None })
        .collect();
    let view = View { runs, other_seeds: Vec::new() };
    claims::of(&view, 0.06).into_iter().find(|claim| claim.id == id).unwrap().verdict
}

/// Gradient descent in the place of Adam bounces, and loud images in the place of their absence spike: claims about what is
/// missing fail where it is not.
#[test]
fn claims_about_adam_and_absence_fail_without_them() {
    let descent = record(Optimiser::Descent, 20.0, 400);
    assert_eq!(verdict(&[(NETWORK, &descent), (ADAM, &descent)], "C10"), Verdict::Fails);
    let pretended = [(NETWORK, &descent), (super::NETWORK_WITHOUT, &descent)];
    assert_eq!(verdict(&pretended, "C6"), Verdict::Fails);
    assert_eq!(verdict(&pretended, "C8"), Verdict::Fails);
    assert_eq!(verdict(&[(NETWORK, &descent)], "C10"), Verdict::NotYet);
    for name in [LOSS, PLUS, MINUS, SHARPNESS, REMOVED] {
        assert_eq!(descent.column(name).len(), 401, "{name}");
    }
    assert_eq!(descent.names().len(), 5 * NETWORKS + 1);
}
