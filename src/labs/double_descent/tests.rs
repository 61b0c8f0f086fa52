//! The numeric parts against independent values, and claims that fail without what they are about.

use super::claims::{self, CLAIMS, SETTINGS};
use super::data::{CLASSES, Problem, Sample, TESTS, add_products, dot};
use super::loops::{self, BATCH_EPOCHS, EPOCHS, Lineup, Loop, Optimiser};
use super::surface::{self, FILLED, LIMIT, RECORDED, STEPS, Size, Surface, TIMES, fitted, row_at, row_of, time};
use crate::analysis::{matrix, singular};
use crate::cpu::Machine;
use crate::data::digits::Digits;
use crate::labs::work::Work;
use crate::labs::{Claim, Verdict};
use crate::rng;
use crate::session::{History, RunView, View};
use std::sync::Arc;

fn sample(seed: u32, noise: f32) -> Sample {
    Sample::draw(Digits::all().unwrap(), seed, noise).unwrap()
}

/// The model of `size` features, solved by its Gram matrix.
fn solved(problem: &Problem, size: usize) -> Size {
    let n = problem.samples;
    let features: Vec<f64> = scaled(problem, size);
    let (train, test) = features.split_at(n * size);
    let (mut gram, mut cross) = (vec![0.0; n * n], vec![0.0; TESTS * n]);
    add_products(train, train, size, &mut gram);
    add_products(test, train, size, &mut cross);
    Size::solve(&gram, &cross, &problem.targets).unwrap()
}

fn scaled(problem: &Problem, size: usize) -> Vec<f64> {
    let scale = 1.0 / (size as f64).sqrt();
    problem.features(0, size).iter().map(|value| value * scale).collect()
}

fn close(got: f64, want: f64, share: f64) -> bool {
    (got - want).abs() <= share * want.abs()
}

#[test]
fn products_are_those_of_every_row_with_every_other() {
    let numbers = |count: usize, by: f64| (0..count).map(|i| (i as f64 * by).sin()).collect::<Vec<f64>>();
    for (rows, others, columns) in [(5, 7, 9), (2, 4, 4), (1, 3, 2), (4, 8, 13)] {
        let (a, b) = (numbers(rows * columns, 0.7), numbers(others * columns, 1.3));
        let mut sums = vec![1.0; rows * others];
        add_products(&a, &b, columns, &mut sums);
        for (at, sum) in sums.iter().enumerate() {
            let want = 1.0 + dot(&a[at / others * columns..][..columns], &b[at % others * columns..][..columns]);
            assert!((sum - want).abs() < 1e-12);
        }
    }
}

#[test]
fn what_is_fitted_loses_no_digits() {
    // 1 − (1 − x)^T for tiny x is T x; computed as a power it would be off by percents.
    assert!(close(fitted(1e-13, 1e5), 1e-8, 1e-6));
    assert!(close(fitted(0.25, 3.0), 1.0 - 0.75f64.powi(3), 1e-14));
    assert_eq!((fitted(1.0, 100.0), fitted(1e-9, f64::INFINITY)), (1.0, 1.0));
}

#[test]
fn rows_stand_for_numbers_of_steps() {
    let recorded = RECORDED.map(time);
    assert_eq!(recorded, [1e2, 1e3, 1e4, 1e5, 1e6, 1e7, f64::INFINITY]);
    assert!((0..TIMES).all(|row| row_of(time(row)) == row));
    assert_eq!((row_of(1.0), row_of(1e9)), (0, TIMES - 1));
    assert!((0..STEPS).all(|step| row_at(step) <= row_at(step + 1)));
    assert_eq!((row_at(0), row_at(FILLED), row_at(STEPS)), (0, 0, LIMIT));
}

#[test]
fn labels_are_replaced_as_often_as_asked() {
    let wrong = |noise: f32| {
        let (noisy, clean) =
            (Problem::new(&sample(3, noise), 200, 0.0, false), Problem::new(&sample(3, 0.0), 200, 0.0, false));
        let pairs = noisy.targets.chunks(CLASSES).zip(clean.targets.chunks(CLASSES));
        let wrong: Vec<usize> = pairs.enumerate().filter(|(_, (a, b))| a != b).map(|(at, _)| at).collect();
        assert!(wrong.iter().all(|at| *at < 200), "test labels are left alone");
        wrong
    };
    let (few, many) = (wrong(0.1), wrong(0.4));
    assert!(wrong(0.0).is_empty() && (8..30).contains(&few.len()) && (50..95).contains(&many.len()));
    assert!(few.iter().all(|at| many.contains(at)), "more noise keeps what less noise has replaced");
}

/// At m = n, where Φ is worst conditioned, against a decomposition of Φ itself.
#[test]
fn gram_matrices_are_accurate_enough() {
    let problem = Problem::new(&sample(0, 0.1), 100, 0.5, false);
    for size in [25, 100, 200] {
        let got = solved(&problem, size);
        let phi = scaled(&problem, size);
        let (train, test) = phi.split_at(100 * size);
        let parts = singular::decompose(&matrix::from_rows(train, size).unwrap()).unwrap();
        assert_eq!(parts.values.len(), got.singular.len());
        assert!(got.singular.iter().zip(&parts.values).all(|(got, want)| close(*got, *want, 1e-5)));
        assert!(close(got.condition(), parts.values[0] / parts.values[parts.values.len() - 1], 1e-5));
        let (labels, test_labels) = problem.targets.split_at(100 * CLASSES);
        let weights = parts.solve(&matrix::from_rows(labels, CLASSES).unwrap(), 0.0).unwrap();
        let error =
            matrix::from_rows(test, size).unwrap() * &weights - matrix::from_rows(test_labels, CLASSES).unwrap();
        assert!(close(got.test[LIMIT], error.norm_squared() / TESTS as f64, 1e-4), "m = {size}");
        // And the scores of the first test image.
        let scores = matrix::from_rows(&test[..size], size).unwrap() * weights;
        let shown = &got.scores[LIMIT * surface::SHOWN * CLASSES..][..CLASSES];
        assert!(shown.iter().zip(scores.iter()).all(|(got, want)| (f64::from(*got) - want).abs() < 1e-3));
    }
}

#[test]
fn a_surface_that_grows_is_that_of_models_made_at_once() {
    let problem = Arc::new(Problem::new(&sample(1, 0.1), surface::SAMPLES, 0.0, false));
    let mut work = Surface::new(problem.clone());
    (0..3).for_each(|_| work.step());
    let mut tensors = vec![Vec::new(); 4];
    work.show(&mut tensors);
    let grown = tensors[0][2 + 20 * surface::SIZES.len()];
    assert!(close(f64::from(grown), solved(&problem, surface::SIZES[2]).test[20], 1e-6));
    assert_eq!(tensors[0][3], 0.0, "a size that is not there yet");
}

#[test]
fn standardised_features_have_no_mean_and_variance_1() {
    let problem = Problem::new(&sample(2, 0.1), 100, 0.5, true);
    let features = problem.features(0, 150);
    for feature in 0..150 {
        let column: Vec<f64> = features.iter().skip(feature).step_by(150).take(100).copied().collect();
        assert!(column.iter().sum::<f64>().abs() < 1e-9 && close(dot(&column, &column), 100.0, 1e-9));
        let lowest = column.iter().fold(f64::INFINITY, |least, value| least.min(*value));
        assert!(
            column.iter().filter(|value| **value > lowest + 1e-12).count() >= 5,
            "nearly dead features are drawn again"
        );
        // Parts of the features are the same features.
        assert_eq!(problem.features(feature, feature + 1)[7], features[7 * 150 + feature]);
    }
    // With centred labels everything can be fitted: no floor is left under the train loss.
    assert!(solved(&problem, 200).train[LIMIT] < 1e-9);
}

/// A loop trained, with readings at the epochs of the claims.
fn train(lineup: &Lineup, of: Loop, epochs: u64) -> History {
    let mut machine = Machine::new(Arc::new(loops::program(lineup, of).unwrap()));
    let [train, measure] = ["train", "measure"].map(|name| machine.program().routine(name).unwrap());
    let names: Vec<String> = machine.program().routines[measure].outputs.iter().map(|o| o.name.clone()).collect();
    let mut history = History::new(names.clone());
    for epoch in 1..=epochs {
        machine.run(train);
        if epoch == BATCH_EPOCHS || epoch == epochs {
            machine.run(measure);
            let numbers: Vec<f32> = (0..names.len()).map(|at| machine.output(measure, at)[0]).collect();
            history.record(epoch, &numbers);
        }
    }
    history
}

/// The real loop of gradient descent does what the closed form says.
#[test]
fn the_loop_of_gradient_descent_is_the_closed_form() {
    let problem = Problem::new(&sample(0, 0.1), loops::SAMPLES, loops::BIAS, false);
    let lineup = Lineup::new(&problem, 0);
    let whole = Loop { optimiser: Optimiser::Descent, rate: 1.0, batch: loops::SAMPLES };
    // Of the numbers of steps of the surface, that nearest to 2,000.
    let row = row_of(2000.0);
    let history = train(&lineup, whole, time(row) as u64);
    for size in loops::SIZES {
        let exact = solved(&problem, size);
        for (which, want) in [("test", exact.test[row]), ("train", exact.train[row])] {
            let got = history.last(&loops::name(which, size)).unwrap();
            assert!(close(got.into(), want, 1e-3), "{which}, m = {size}: {got} by the loop, {want} exactly");
        }
    }
}

/// Batches against the same steps made one after the other in double precision.
#[test]
fn an_epoch_in_batches_is_its_steps() {
    let problem = Problem::new(&sample(4, 0.1), loops::SAMPLES, loops::BIAS, false);
    let (seed, batch, size) = (9, 25, 25);
    let lineup = Lineup::new(&problem, seed);
    let of = Loop { optimiser: Optimiser::Descent, rate: 0.1, batch };
    let got = train(&lineup, of, 3);

    let phi = scaled(&problem, size);
    let singular = solved(&problem, size).singular;
    let rate = 0.1 * loops::SAMPLES as f64 / (singular[0] * singular[0]);
    let mut weights = vec![0.0; size * CLASSES];
    for epoch in 0..3 {
        let stream = rng::stream("double-descent/order");
        let drawn: Vec<u32> = (0..100).map(|element| rng::bits([seed, stream], [epoch, element]) >> 9).collect();
        let rank = |at: usize| (0..100).filter(|&other| (drawn[other], other) < (drawn[at], at)).count();
        let order: Vec<usize> = (0..100).map(rank).collect();
        for images in order.chunks(batch) {
            let mut change = vec![0.0; size * CLASSES];
            for &image in images {
                let row = &phi[image * size..(image + 1) * size];
                for class in 0..CLASSES {
                    let said: f64 = (0..size).map(|j| row[j] * weights[j * CLASSES + class]).sum();
                    let error = said - problem.targets[image * CLASSES + class];
                    (0..size).for_each(|j| change[j * CLASSES + class] += rate / batch as f64 * error * row[j]);
                }
            }
            weights.iter_mut().zip(change).for_each(|(weight, change)| *weight -= change);
        }
    }
    let test = phi[100 * size..].chunks(size).zip(problem.targets[100 * CLASSES..].chunks(CLASSES));
    let error: f64 = test
        .flat_map(|(row, label)| {
            let weights = &weights;
            (0..CLASSES).map(move |c| (0..size).map(|j| row[j] * weights[j * CLASSES + c]).sum::<f64>() - label[c])
        })
        .map(|error| error * error)
        .sum();
    let told = got.last(&loops::name("test", size)).unwrap();
    assert!(close(told.into(), error / TESTS as f64, 1e-4), "{told} and {}", error / TESTS as f64);
}

/// Verdicts of all claims over a surface and loops.
fn verdicts(surface: &History, loops: &[(&str, History)]) -> Vec<Claim> {
    let run = |name, history, steps| RunView { name, history, step: steps, steps, finished: true, picture: None };
    let mut runs = vec![run("gradient descent", surface, STEPS)];
    runs.extend(loops.iter().map(|(name, history)| run(name, history, EPOCHS)));
    let claims = claims::of(&View { runs, other_seeds: Vec::new() });
    assert_eq!(claims.len(), CLAIMS.len());
    claims
}

fn failing(claims: &[Claim]) -> Vec<&'static str> {
    claims.iter().filter(|claim| claim.verdict == Verdict::Fails).map(|claim| claim.id).collect()
}

fn surface_of(problem: Problem) -> History {
    let mut work = Surface::new(Arc::new(problem));
    let mut history = History::new(work.numbers());
    for step in 1..=FILLED {
        work.step();
        let mut numbers = Vec::new();
        work.measure(&mut numbers);
        history.record(step, &numbers);
    }
    history
}

/// With half the images the threshold is elsewhere, and nothing is special about 200 features.
#[test]
fn there_is_no_peak_beside_the_threshold() {
    let history = surface_of(Problem::new(&sample(0, 0.1), 100, 0.0, false));
    let claims = verdicts(&history, &[]);
    let failing = failing(&claims);
    assert!(failing.contains(&"C1") && failing.contains(&"C4"), "{claims:?}");
    assert!(history.last(&surface::test_name(100, LIMIT)) > history.last(&surface::test_name(200, LIMIT)));
}

/// Without noise the first thousand steps still help at the threshold; with standardised features on top of that, the peak is
/// there before them.
#[test]
fn without_noise_early_claims_fail() {
    let surface = |standardise: bool| surface_of(Problem::new(&sample(0, 0.0), surface::SAMPLES, 0.0, standardise));
    assert_eq!(failing(&verdicts(&surface(false), &[])), ["C3"]);
    assert_eq!(failing(&verdicts(&surface(true), &[])), ["C2"]);
}

/// The loops of the claims, each with what it is about taken away.
#[test]
fn loops_without_their_difference_fail() {
    let lineup = Lineup::new(&Problem::new(&sample(0, 0.1), loops::SAMPLES, loops::BIAS, false), 0);
    let plain = Loop { optimiser: Optimiser::Descent, rate: 0.5, batch: loops::SAMPLES };
    let same = train(&lineup, plain, EPOCHS);
    let all: Vec<(&str, History)> = SETTINGS.iter().map(|setting| (setting.name, same.clone())).collect();
    let claims = verdicts(&History::new(Vec::new()), &all);
    assert_eq!(failing(&claims), ["C5", "C6", "C7", "C8"], "{claims:?}");
}

/// Where the loops differ in their images, and not in how well they optimise, the train loss explains nothing.
#[test]
fn luck_is_not_explained() {
    let plain = Loop { optimiser: Optimiser::Descent, rate: 1.0, batch: loops::SAMPLES };
    let of_seed = |(seed, setting): (usize, &claims::Setting)| {
        let problem = Problem::new(&sample(seed as u32, 0.1), loops::SAMPLES, loops::BIAS, false);
        (setting.name, train(&Lineup::new(&problem, 0), plain, EPOCHS))
    };
    let all: Vec<(&str, History)> = SETTINGS[..6].iter().enumerate().map(of_seed).collect();
    let claims = verdicts(&History::new(Vec::new()), &all);
    assert!(failing(&claims).contains(&"C9"), "{:?}", claims[8]);
}
