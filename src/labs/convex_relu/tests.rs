//! The numeric parts against what is known otherwise.

use super::admm::Admm;
use super::certificate::Certificate;
use super::coupled::{Coupled, Scratch};
use super::data::{Set, Vector, dot, norm};
use super::network::Network;
use super::patterns::Patterns;
use super::robust::{Robust, Task};
use super::scp::Scp;
use super::sweep::Solver;
use super::{CONVEX, LAB, claims};
use crate::labs::work::Work;
use crate::labs::{Settings, Verdict};
use crate::rng::Rng;
use crate::session::{RunView, Session, View};
use nalgebra::{DMatrix, DVector};
use std::sync::Arc;

#[test]
fn ten_points_have_91_patterns_and_random_lines_have_no_other() {
    for seed in 0..4 {
        let set = Set::random(seed);
        let all = Patterns::all(&set.points);
        assert_eq!(all.len(), 91, "seed {seed}");
        let sampled = Patterns::sampled(&set.points, usize::MAX, Some(20_000), Rng::new(seed, "test"));
        assert!((75..=91).contains(&sampled.len()), "{}", sampled.len());
        assert!(sampled.masks.iter().all(|mask| all.masks.contains(mask)));
        for (mask, weights) in all.masks.iter().zip(&all.normals) {
            for (k, point) in set.points.iter().enumerate() {
                assert!((dot(point, weights) > 0.0) == (mask >> k & 1 == 1), "the weights that stand for {mask:b}");
            }
        }
    }
}

#[test]
fn no_pattern_is_missed_where_points_are_on_a_line_or_in_one_place() {
    let points: Vec<Vector> =
        [[0.0, 0.0], [0.5, 0.5], [1.0, 1.0], [-0.5, -0.5], [0.5, 0.5], [0.2, -0.9]].map(|[x, y]| [x, y, 1.0]).into();
    let all = Patterns::all(&points);
    let sampled = Patterns::sampled(&points, usize::MAX, Some(20_000), Rng::new(0, "test"));
    assert!(sampled.masks.iter().all(|mask| all.masks.contains(mask)));
}

#[test]
fn a_smaller_sample_is_the_beginning_of_a_larger_one() {
    let set = Set::random(5);
    let draw = |most| Patterns::sampled(&set.points, most, None, Rng::new(5, "test")).masks;
    assert_eq!(draw(8), draw(32)[..8]);
}

#[test]
fn the_equations_are_solved() {
    let set = Set::random(1);
    let patterns = Patterns::sampled(&set.points, 7, None, Rng::new(1, "test"));
    let block = [[3.0, 0.2, 0.1], [0.2, 2.0, -0.3], [0.1, -0.3, 4.0]];
    let roots: Vec<Vec<Vector>> = set.points.iter().map(|point| vec![*point, [0.7, 0.0, 0.0]]).collect();
    let size = 6 * patterns.len();
    // The same matrix, written out.
    let mut sums = DMatrix::<f64>::zeros(3 * set.len(), size);
    for (p, mask) in patterns.masks.iter().enumerate() {
        for k in (0..set.len()).filter(|k| mask >> k & 1 == 1) {
            for axis in 0..3 {
                sums[(3 * k + axis, 3 * p + axis)] = 1.0;
                sums[(3 * k + axis, 3 * (patterns.len() + p) + axis)] = -1.0;
            }
        }
    }
    let mut weight = DMatrix::<f64>::zeros(3 * set.len(), 3 * set.len());
    for (k, roots) in roots.iter().enumerate() {
        for root in roots {
            for (i, j) in (0..9).map(|at| (at / 3, at % 3)) {
                weight[(3 * k + i, 3 * k + j)] += root[i] * root[j];
            }
        }
    }
    let diagonal = DMatrix::from_fn(size, size, |i, j| if i / 3 == j / 3 { block[i % 3][j % 3] } else { 0.0 });
    let matrix = diagonal + sums.transpose() * weight * sums;
    let mut rng = Rng::new(2, "test");
    let mut blocks: Vec<Vector> = (0..size / 3).map(|_| [(); 3].map(|()| rng.normal() as f64)).collect();
    let want = matrix.lu().solve(&DVector::from_iterator(size, blocks.iter().flatten().copied())).unwrap();
    let coupled = Coupled::new(patterns.masks.clone(), block, &roots).unwrap();
    coupled.solve(&mut blocks, &mut Scratch::new(set.len()));
    for (got, want) in blocks.iter().flatten().zip(want.iter()) {
        assert!((got - want).abs() < 1e-10, "{got} {want}");
    }
}

/// The proof and the network close in on the optimum from both sides, and no network that is tried lies between.
#[test]
fn the_optimum_is_between_the_proof_and_the_network() {
    for seed in 0..2 {
        let (set, beta) = (Arc::new(Set::random(seed)), 0.05);
        let patterns = Patterns::all(&set.points);
        let certificate = Certificate::new(&set, &patterns, beta);
        let mut admm = Admm::new(&set, &patterns, beta).unwrap();
        let mut floors = Vec::new();
        for _ in 0..12_000 {
            admm.iterate();
            floors.push(admm.residual(admm.relaxed()));
        }
        let floor = floors.iter().step_by(97).map(|residual| certificate.floor(residual)).fold(0.0, f64::max);
        let network = Network::recover(admm.blocks());
        let above = network.objective(&set, beta);
        assert!(floor <= above * (1.0 + 1e-9) && above < floor * 1.001, "seed {seed}: {floor} {above}");
        assert!((admm.value() / above - 1.0).abs() < 1e-4, "{} {above}", admm.value());
        let mut rng = Rng::new(seed, "test");
        for _ in 0..300 {
            let mut moved = network.clone();
            for (u, a) in &mut moved.neurons {
                u.iter_mut().for_each(|entry| *entry += 0.02 * rng.normal() as f64);
                *a += 0.02 * rng.normal() as f64;
            }
            assert!(moved.objective(&set, beta) > floor);
        }
    }
}

#[test]
fn fixed_neurons_get_their_best_weights() {
    let (set, beta) = (Arc::new(Set::random(3)), 0.05);
    let few = Scp::new(&set, 20, beta, Rng::new(3, "test"));
    let mut many = Scp::new(&set, 100, beta, Rng::new(3, "test"));
    let mut solved = few.clone();
    for _ in 0..3000 {
        solved.iterate();
        many.iterate();
    }
    assert!((few.value() - set.len() as f64 / 2.0).abs() < 1e-12, "nothing yet");
    assert!(many.value() < solved.value(), "the larger sample has the smaller one in it");
    // As a network it is worth what the program says.
    let network = Network::recover(&solved.blocks());
    assert!((network.objective(&set, beta) / solved.value() - 1.0).abs() < 1e-3);
    // Where a weight is not zero the slope of the loss is −β or β, elsewhere in between.
    let blocks = solved.blocks();
    let errors: Vec<f64> = set.points.iter().zip(&set.labels).map(|(x, y)| network.output(x) - y).collect();
    for (v, w) in blocks.iter().zip(&blocks[blocks.len() / 2..]) {
        for (block, sign) in [(v, 1.0), (w, -1.0)].into_iter().filter(|(block, _)| norm(block) > 1e-3) {
            let slope: f64 = set.points.iter().zip(&errors).map(|(x, e)| e * dot(block, x).max(0.0)).sum();
            assert!((sign * slope / norm(block) + beta).abs() < 2e-3, "{slope}");
        }
    }
}

#[test]
fn the_worst_move_is_found() {
    let network = Network { neurons: vec![([1.0, -0.5, 0.2], 1.5), ([-0.3, 0.8, -0.1], -0.7)] };
    let (point, label, reach) = ([0.1, 0.2, 1.0], 1.0, 0.3);
    let mut worst = f64::INFINITY;
    for (i, j) in (0..81).map(|at| (at / 9, at % 9)) {
        let moved = [point[0] + reach * (i as f64 / 4.0 - 1.0), point[1] + reach * (j as f64 / 4.0 - 1.0), 1.0];
        worst = worst.min(label * network.output(&moved));
    }
    assert!((network.worst_margin(&point, label, reach) - worst).abs() < 1e-12);
}

/// With no reach the two programs are one, whichever way they are written.
#[test]
fn robust_training_bounds_the_worst_case() {
    let task = |reach: f64| {
        Arc::new(Task {
            train: Set::clouds(0, "convex-relu/clouds", 8, true),
            test: Set::clouds(0, "convex-relu/test clouds", 8, false),
            reach,
            beta: 0.001,
        })
    };
    let solve = |reach: f64, rho: f64| {
        let task = task(reach.max(1e-9));
        let patterns = Patterns::sampled(&task.train.points, 30, None, Rng::new(0, "test"));
        let mut robust = Robust::new(&task, &patterns, reach, rho, 20_000).unwrap();
        robust.step();
        let mut numbers = Vec::new();
        robust.measure(&mut numbers);
        numbers
    };
    let [exact, almost, robust] = [(0.0, 0.001), (1e-7, 0.001), (0.1, 0.01)].map(|(reach, rho)| solve(reach, rho));
    assert!((exact[0] - almost[0]).abs() < 2e-3, "{exact:?} {almost:?}");
    assert!(robust[0] > exact[0] && (robust[0] - robust[4]).abs() < 5e-3, "{robust:?}");
    assert!(robust[1] < 0.01, "the cones hold: {robust:?}");
}

/// Without the mechanism, that is with the network of standard training in its place, robustness is no match.
#[test]
fn standard_training_is_no_match_for_descent_under_attack() {
    let mut settings = Settings::defaults(LAB.controls, 0);
    settings.set(LAB.controls, "task", "adversarial").unwrap();
    let mut session = Session::open(&LAB, settings, true).unwrap();
    session.play();
    while session.is_busy() {
        let time = std::cell::Cell::new(0.0);
        session.turn(&|| time.replace(time.get() + 1.0), 1000.0);
    }
    let mut view = session.view();
    let match_claim = |view: &View| claims::of_adversarial(view, 0.12)[2].verdict;
    assert_eq!(match_claim(&view), Verdict::Holds);
    view.runs[0] = RunView { name: CONVEX, ..view.runs[1] };
    assert_eq!(match_claim(&view), Verdict::Fails);
}

#[test]
fn points_are_read_and_nonsense_is_named() {
    assert!(Set::read("").unwrap().is_none());
    let set = Set::read("0,1,1;0.5,-0.25,-1;-1,0,1;0.1,0.1,-1").unwrap().unwrap();
    assert_eq!((set.points[1], &set.labels[..]), ([0.5, -0.25, 1.0], &[1.0, -1.0, 1.0, -1.0][..]));
    let told = |text: &str| Set::read(text).unwrap_err().to_string();
    assert!(told("0,0,1;1,1,1").contains("only 2 points"));
    assert!(told("0,0,1;0,2,1").contains("y of point 2 is '2'"));
    assert!(told("0,0,0.5").contains("point 1"));
    assert!(told("0,0,1,1").contains("point 1"));
    assert!(told("0,0").contains("the label of point 1 is ''"));
    assert!(told(&"0,0,1;".repeat(20)).contains("more than 16"));
}
