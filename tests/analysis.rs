//! Analyses against their definitions, on random input: what must not change, and slower ways to the same number.
#![cfg(not(target_arch = "wasm32"))]

use nalgebra::{DMatrix, DVector};
use petri::analysis::cholesky::Cholesky;
use petri::analysis::curvature::{self, Effort, Which};
use petri::analysis::eigen::{self, Eigen};
use petri::analysis::metrics;
use petri::analysis::order::mid_ranks;
use petri::analysis::principal::principal_axes;
use petri::analysis::probe;
use petri::analysis::procrustes;
use petri::analysis::similarity::linear_cka;
use petri::analysis::singular;
use petri::analysis::spectrum;
use petri::rng::Rng;
use proptest::prelude::*;

fn draw(rows: usize, columns: usize, seed: u32, name: &str) -> DMatrix<f64> {
    let mut rng = Rng::new(seed, name);
    DMatrix::from_fn(rows, columns, |_, _| rng.normal() as f64)
}

/// An orthogonal matrix.
fn turn(size: usize, seed: u32) -> DMatrix<f64> {
    draw(size, size, seed, "turn").qr().q()
}

fn off_orthonormal(columns: &DMatrix<f64>) -> f64 {
    (columns.tr_mul(columns) - DMatrix::identity(columns.ncols(), columns.ncols())).amax()
}

/// A matrix of a given rank whose singular values fall by `decay` each.
fn graded(rows: usize, columns: usize, rank: usize, decay: f64, seed: u32) -> DMatrix<f64> {
    let mut left = draw(rows, rank, seed, "left");
    for (at, mut column) in left.column_iter_mut().enumerate() {
        column *= decay.powi(at as i32);
    }
    left * draw(rank, columns, seed, "right")
}

fn symmetric_residual(matrix: &DMatrix<f64>, eigen: &Eigen) -> f64 {
    let values = DMatrix::from_diagonal(&DVector::from_vec(eigen.values.clone()));
    (matrix * &eigen.vectors - &eigen.vectors * values).amax() / matrix.amax().max(f64::MIN_POSITIVE)
}

/// Scores of which many are equal.
fn coarse(levels: std::ops::Range<i32>) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(levels.prop_map(|level| level as f64 * 0.1), 2..60)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn cholesky_factors_and_solves(size in 1usize..30, seed: u32) {
        let points = draw(size, size + 3, seed, "points");
        let matrix = &points * points.transpose();
        let factored = Cholesky::factor(matrix.clone()).unwrap();
        let lower = factored.lower();
        prop_assert!((&lower * lower.transpose() - &matrix).amax() <= 1e-14 * matrix.amax());
        let right = draw(size, 2, seed, "right");
        let solved = factored.solve(&right).unwrap();
        // Backward stable: the residual is small against the solution, whatever the condition.
        prop_assert!((&matrix * &solved - right).amax() <= 1e-13 * size as f64 * matrix.amax() * solved.amax().max(1.0));
    }

    #[test]
    fn eigenvalues_and_vectors_fit(size in 1usize..40, rank in 1usize..40, decay in 0.05f64..1.0, seed: u32) {
        let half = graded(size, size, rank.min(size), decay, seed);
        for matrix in [&half + half.transpose(), &half * half.transpose()] {
            let eigen = eigen::symmetric(&matrix).unwrap();
            prop_assert!(eigen.values.is_sorted_by(|a, b| a >= b));
            prop_assert!(off_orthonormal(&eigen.vectors) < 1e-13, "{}", off_orthonormal(&eigen.vectors));
            let residual = symmetric_residual(&matrix, &eigen);
            prop_assert!(residual < 2e-14 * size as f64, "{residual}");
        }
    }

    #[test]
    fn singular_values_and_vectors_fit(
        rows in 1usize..30, columns in 1usize..30, rank in 1usize..30, decay in 0.05f64..1.0, seed: u32,
    ) {
        let rank = rank.min(rows).min(columns);
        let matrix = graded(rows, columns, rank, decay, seed);
        let parts = singular::decompose(&matrix).unwrap();
        prop_assert!(parts.values.is_sorted_by(|a, b| a >= b) && parts.values.iter().all(|&value| value >= 0.0));
        prop_assert!(off_orthonormal(&parts.left) < 1e-12 && off_orthonormal(&parts.right) < 1e-12);
        let values = DMatrix::from_diagonal(&DVector::from_vec(parts.values.clone()));
        let again = &parts.left * values * parts.right.transpose();
        prop_assert!((again - &matrix).amax() <= 1e-13 * matrix.amax());
        prop_assert!(parts.rank() <= rank);
    }

    #[test]
    fn lanczos_finds_the_ends_of_the_dense_spectrum(
        size in 2usize..60, count in 1usize..5, at_end in 0usize..3, seed: u32,
    ) {
        let half = draw(size, size, seed, "operator");
        // What the operator does in single precision is the truth here.
        let matrix = (&half + half.transpose()).map(|value| value as f32);
        let mut dense = eigen::symmetric(&matrix.map(|value| value as f64)).unwrap().values;
        let count = count.min(size);
        let which = [Which::Largest, Which::Smallest, Which::Magnitude][at_end];
        match which {
            Which::Largest => {}
            Which::Smallest => dense.reverse(),
            Which::Magnitude => dense.sort_by(|a, b| b.abs().total_cmp(&a.abs())),
        }
        let mut multiply = |x: &[f32], y: &mut [f32]| {
            for (row, y) in y.iter_mut().enumerate() {
                *y = (0..size).map(|column| matrix[(row, column)] as f64 * x[column] as f64).sum::<f64>() as f32;
            }
        };
        let effort = Effort { most: 500, tolerance: 3e-6 };
        let found = curvature::lanczos(size, count, which, effort, &mut Rng::new(seed, "start"), &mut multiply).unwrap();
        let scale = dense.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
        prop_assert!(found.converged, "residuals {:?}", found.pairs.iter().map(|p| p.residual).collect::<Vec<_>>());
        prop_assert!(found.applications <= size + count);
        for (pair, want) in found.pairs.iter().zip(&dense) {
            prop_assert!((pair.value - want).abs() <= 4e-6 * scale, "{} for {want}", pair.value);
        }
    }

    #[test]
    fn power_iteration_keeps_its_word(size in 1usize..30, seed: u32) {
        let half = draw(size, size, seed, "operator");
        let matrix = &half * half.transpose();
        let dense = eigen::symmetric(&matrix).unwrap().values;
        let mut multiply = |x: &[f32], y: &mut [f32]| {
            let x = DVector::from_iterator(size, x.iter().map(|&v| v as f64));
            (&matrix * x).iter().zip(y).for_each(|(wide, y)| *y = *wide as f32);
        };
        let effort = Effort { most: 3000, tolerance: 1e-5 };
        let found = curvature::power(size, None, effort, &mut Rng::new(seed, "start"), &mut multiply).unwrap();
        let pair = &found.pairs[0];
        // An eigenvalue lies within the residual, converged or not.
        let nearest = dense.iter().map(|value| (value - pair.value).abs()).fold(f64::INFINITY, f64::min);
        prop_assert!(nearest <= pair.residual + 1e-6 * dense[0]);
        prop_assert!(!found.converged || pair.residual <= 1.1e-5 * dense[0]);
    }

    #[test]
    fn cka_sees_neither_turns_nor_shifts_nor_scales(
        samples in 3usize..20, one in 1usize..12, other in 1usize..12, scale in 0.01f64..100.0, seed: u32,
    ) {
        let (x, y) = (draw(samples, one, seed, "x"), draw(samples, other, seed, "y"));
        let cka = linear_cka(&x, &y).unwrap();
        prop_assert!((0.0..=1.0 + 1e-12).contains(&cka));
        prop_assert!((linear_cka(&y, &x).unwrap() - cka).abs() < 1e-12);
        prop_assert!((linear_cka(&x, &x).unwrap() - 1.0).abs() < 1e-12);
        let mut moved = &x * turn(one, seed) * -scale;
        moved.column_iter_mut().enumerate().for_each(|(at, mut column)| column.add_scalar_mut(at as f64 * scale));
        prop_assert!((linear_cka(&moved, &(&y * turn(other, seed))).unwrap() - cka).abs() < 1e-11);
        // The order of the samples does not matter, as long as it is the same.
        let order: Vec<usize> = (0..samples).rev().collect();
        prop_assert!((linear_cka(&x.select_rows(&order), &y.select_rows(&order)).unwrap() - cka).abs() < 1e-12);
    }

    #[test]
    fn procrustes_is_the_closest_turn(points in 1usize..12, axes in 1usize..5, seed: u32) {
        let (from, to) = (draw(points, axes, seed, "from"), draw(points, axes, seed, "to"));
        let best = procrustes::rotation(&from, &to).unwrap();
        prop_assert!(off_orthonormal(&best) < 1e-13);
        let distance = |turn: &DMatrix<f64>| (&from * turn - &to).norm();
        for other in 0..20 {
            prop_assert!(distance(&best) <= distance(&turn(axes, seed ^ other)) + 1e-12);
        }
        // Nor does a small step away help.
        let step = draw(axes, axes, seed, "step");
        let near = (&best + 1e-3 * step).qr();
        let near = near.q() * DMatrix::from_diagonal(&near.r().diagonal().map(f64::signum));
        prop_assert!(distance(&best) <= distance(&near) + 1e-12);
    }

    #[test]
    fn principal_axes_turn_with_the_points(points in 4usize..20, dimensions in 1usize..9, seed: u32) {
        let mut cloud = draw(points, dimensions, seed, "cloud");
        cloud.column_iter_mut().enumerate().for_each(|(at, mut column)| column *= 3f64.powi(at as i32));
        let axes = principal_axes(&cloud, 3).unwrap();
        let found = axes.coordinates(&cloud).unwrap();
        let turned = &cloud * turn(dimensions, seed);
        let again = principal_axes(&turned, 3).unwrap();
        for (a, b) in axes.variances.iter().zip(&again.variances) {
            prop_assert!((a - b).abs() <= 1e-12 * axes.total);
        }
        // The same coordinates, but for signs.
        let other = again.coordinates(&turned).unwrap();
        prop_assert!((&found * found.transpose() - &other * other.transpose()).amax() <= 1e-9 * axes.total);
    }

    #[test]
    fn roc_area_is_the_share_of_pairs_in_order(scores in coarse(0..9), seed: u32) {
        let mut rng = Rng::new(seed, "labels");
        let mut positive: Vec<bool> = scores.iter().map(|_| rng.below(2) == 0).collect();
        (positive[0], positive[1]) = (true, false);
        let (mut right, mut pairs) = (0.0, 0.0);
        for (a, _) in scores.iter().zip(&positive).filter(|(_, is)| **is) {
            for (b, _) in scores.iter().zip(&positive).filter(|(_, is)| !**is) {
                right += if a > b { 1.0 } else if a == b { 0.5 } else { 0.0 };
                pairs += 1.0;
            }
        }
        prop_assert!((metrics::roc_area(&scores, &positive).unwrap() - right / pairs).abs() < 1e-14);
    }

    #[test]
    fn spearman_is_pearson_of_the_ranks(x in coarse(0..9), seed: u32) {
        let mut rng = Rng::new(seed, "other");
        let y: Vec<f64> = x.iter().map(|v| v + rng.below(5) as f64 * 0.2).collect();
        // By counting: 1 + those below + half of the others that are equal.
        let rank = |values: &[f64], of: f64| {
            let below = values.iter().filter(|&&v| v < of).count() as f64;
            below + (values.iter().filter(|&&v| v == of).count() as f64 + 1.0) / 2.0
        };
        let ranks = |values: &[f64]| values.iter().map(|&v| rank(values, v)).collect::<Vec<f64>>();
        prop_assert_eq!(&mid_ranks(&x).unwrap(), &ranks(&x));
        let (a, b) = (ranks(&x), ranks(&y));
        match (metrics::spearman(&x, &y), metrics::pearson(&a, &b)) {
            (Ok(spearman), Ok(pearson)) => {
                prop_assert_eq!(spearman, pearson);
                // The textbook's formula.
                let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
                let product = |u: &[f64], v: &[f64]| -> f64 {
                    u.iter().zip(v).map(|(p, q)| (p - mean(u)) * (q - mean(v))).sum()
                };
                let want = product(&a, &b) / (product(&a, &a) * product(&b, &b)).sqrt();
                prop_assert!((pearson - want).abs() < 1e-13);
            }
            (Err(_), Err(_)) => {}
            (one, other) => prop_assert!(false, "{one:?} and {other:?}"),
        }
    }

    #[test]
    fn ndcg_is_a_share_that_better_orders_raise(grades in prop::collection::vec(0u32..5, 2..20), k in 1usize..25, seed: u32) {
        let mut rng = Rng::new(seed, "scores");
        let scores: Vec<f64> = grades.iter().map(|_| rng.uniform() as f64).collect();
        let Ok(value) = metrics::ndcg(&scores, &grades, k) else {
            prop_assert!(grades.iter().all(|&grade| grade == 0));
            return Ok(());
        };
        prop_assert!((0.0..=1.0).contains(&value));
        let perfect: Vec<f64> = grades.iter().map(|&grade| grade as f64).collect();
        prop_assert_eq!(metrics::ndcg(&perfect, &grades, k).unwrap(), 1.0);
        // Swapping a pair that is out of order does not lower it.
        for (i, j) in [(0, 1), (grades.len() - 1, 0)] {
            if (scores[i] > scores[j]) != (grades[i] > grades[j]) {
                let mut better = scores.clone();
                better.swap(i, j);
                prop_assert!(metrics::ndcg(&better, &grades, k).unwrap() >= value - 1e-15);
            }
        }
    }

    #[test]
    fn powers_are_those_of_the_definition(row in prop::collection::vec(-1.0f64..1.0, 1..40)) {
        let length = row.len() as f64;
        let powers = spectrum::powers(&row);
        for (frequency, &power) in powers.iter().enumerate() {
            let angle = |at: usize| std::f64::consts::TAU * frequency as f64 * at as f64 / length;
            let part = |wave: fn(f64) -> f64| -> f64 { row.iter().enumerate().map(|(at, v)| v * wave(angle(at))).sum() };
            let twins = if frequency == 0 || 2 * frequency == row.len() { 1.0 } else { 2.0 };
            let want = twins * (part(f64::cos).powi(2) + part(f64::sin).powi(2)) / (length * length);
            prop_assert!((power - want).abs() < 1e-14);
        }
    }

    #[test]
    fn logistic_regression_cannot_be_improved(
        samples in 6usize..40, features in 1usize..6, classes in 2usize..5, ridge in 1e-3f64..1.0, seed: u32,
    ) {
        let inputs = draw(samples, features, seed, "inputs");
        let mut rng = Rng::new(seed, "labels");
        let labels: Vec<u32> = (0..samples).map(|_| rng.below(classes as u32)).collect();
        let probe = probe::logistic_regression(&inputs, &labels, classes, ridge).unwrap();
        prop_assert!(probe.converged, "{} after {} steps", probe.gradient, probe.steps);
        let value = |weight: &DMatrix<f64>, bias: &[f64]| {
            let logits = &inputs * weight;
            let mut sum = 0.0;
            for (row, &label) in labels.iter().enumerate() {
                let logit = |class: usize| logits[(row, class)] + bias[class];
                sum += (0..classes).map(|class| logit(class).exp()).sum::<f64>().ln() - logit(label as usize);
            }
            sum / samples as f64 + 0.5 * ridge * weight.norm_squared()
        };
        let (weight, bias) = (&probe.linear.weight, &probe.linear.bias);
        let least = value(weight, bias);
        prop_assert!((least - 0.5 * ridge * weight.norm_squared() - probe.loss).abs() < 1e-12);
        for other in 0..5 {
            let moved = weight + 1e-3 * draw(features, classes, seed ^ other, "weight");
            let shift = draw(classes, 1, seed ^ other, "bias");
            let shifted: Vec<f64> = bias.iter().zip(shift.iter()).map(|(b, s)| b + 1e-3 * s).collect();
            prop_assert!(value(&moved, &shifted) >= least);
        }
    }
}
