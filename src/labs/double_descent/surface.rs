//! View 1: gradient descent for any number of steps and any model size, in closed form and in double precision.
//!
//! With Φ = U diag(s) Vᵀ, T steps at the rate 1/λmax, λmax = s₁²/n, from B = 0 give
//! `B_T = V diag((1 − (1 − s_i²/s₁²)^T) / s_i) Uᵀ Y`. All that is needed of Φ is its Gram matrix ΦΦᵀ, whose eigenvectors are U
//! and whose eigenvalues are s², and its products with the features of the test images. Both grow feature by feature, so a
//! model of twice the size costs only its new half. Squaring costs digits where Φ is ill conditioned: at κ = 10⁵ six of
//! sixteen are left of the smallest s², which is enough (a test compares with a decomposition that does not square).

use super::data::{CLASSES, Problem, TESTS, add_products, dot};
use crate::analysis::eigen;
use crate::labs::work::Work;
use crate::number;
use nalgebra::{ComplexField, DMatrix};
use std::sync::Arc;

/// Training images.
pub(super) const SAMPLES: usize = 200;
/// Model sizes, ascending, from n/8 to 8n.
pub(super) const SIZES: [usize; 12] = [25, 50, 100, 150, 180, 200, 220, 250, 300, 400, 800, 1600];
/// Position of the model with as many features as samples.
pub(super) const THRESHOLD: usize = 5;
/// Numbers of steps, 20 to a factor of ten, from 10² to 10⁷.
pub(super) const TIMES: usize = 101;
/// And the limit of infinitely many, the minimum-norm solution.
pub(super) const LIMIT: usize = TIMES;
/// Rows of the surface: one for each number of steps, and the limit.
pub(super) const ROWS: usize = TIMES + 1;
/// Rows whose test errors are recorded for claims and exports: 10² to 10⁷, and the limit.
pub(super) const RECORDED: [usize; 7] = [0, 20, 40, 60, 80, 100, LIMIT];
/// Test images whose scores are shown.
pub(super) const SHOWN: usize = 5;
/// Steps after which all sizes are there.
pub(super) const FILLED: u64 = SIZES.len() as u64;
/// Step at which the sweep over T arrives at 10⁷; after it stands the limit.
const SWEPT: u64 = 1850;
/// Steps of the whole run, as many as the loops beside it have epochs.
pub(super) const STEPS: u64 = 2000;

/// Number of steps of a row; ∞ for the last.
pub(super) fn time(row: usize) -> f64 {
    if row >= LIMIT {
        return f64::INFINITY;
    }
    let power = 2.0 + row as f64 / 20.0;
    ComplexField::exp(power * std::f64::consts::LN_10).round()
}

/// The row whose number of steps is nearest.
pub(super) fn row_of(steps: f64) -> usize {
    let power = ComplexField::log10(steps.max(1.0));
    ((power - 2.0) * 20.0).round().clamp(0.0, (TIMES - 1) as f64) as usize
}

/// The row that the run stands at after so many of its steps.
pub(super) fn row_at(step: u64) -> usize {
    match step {
        0..FILLED => 0,
        FILLED..SWEPT => ((step - FILLED) as usize * (TIMES - 1)) / (SWEPT - FILLED) as usize,
        _ => LIMIT,
    }
}

/// How much of a direction `time` steps have fitted: `1 − (1 − x)^time`, with x = s²/s₁².
pub(super) fn fitted(x: f64, time: f64) -> f64 {
    if time.is_infinite() {
        return 1.0;
    }
    1.0 - ComplexField::exp(time * ComplexField::ln_1p(-x))
}

/// What is known of one model size.
pub(super) struct Size {
    /// Singular values of Φ that are more than rounding, largest first.
    pub singular: Vec<f64>,
    /// Squared test error, summed over classes and averaged over images, by row of the surface.
    pub test: Vec<f64>,
    /// The same over the training images.
    pub train: Vec<f64>,
    /// Scores of the first test images, `[ROWS, SHOWN, CLASSES]`.
    pub scores: Vec<f32>,
}

impl Size {
    /// Of a Gram matrix `[n, n]` of features and of the products `[TESTS, n]` of test features with them; `None` if the
    /// eigenvalues do not converge, which they do for every matrix that is finite and symmetric.
    pub(super) fn solve(gram: &[f64], cross: &[f64], targets: &[f64]) -> Option<Size> {
        let n = targets.len() / CLASSES - TESTS;
        let found = eigen::symmetric(&DMatrix::from_column_slice(n, n, gram)).ok()?;
        // Rounding leaves something of directions that no feature has.
        let least = n as f64 * f64::EPSILON * found.values[0];
        let rank = found.values.iter().filter(|value| **value > least).count();
        let (values, vectors) = (&found.values[..rank], &found.vectors.as_slice()[..rank * n]);
        let rows = n + TESTS;
        let mut by_class = vec![0.0; CLASSES * rows];
        for (at, target) in targets.iter().enumerate() {
            by_class[at % CLASSES * rows + at / CLASSES] = *target;
        }

        // Uᵀ Y, and the test predictions of each direction, [rank, TESTS], before division by s².
        let mut along = vec![0.0; rank * CLASSES];
        let mut reach = vec![0.0; rank * TESTS];
        add_products(vectors, cross, n, &mut reach);
        let mut linear = vec![0.0; rank];
        for (i, direction) in vectors.chunks(n).enumerate() {
            for (c, targets) in by_class.chunks(rows).enumerate() {
                let (train, test) = targets.split_at(n);
                let amount = dot(direction, train);
                along[i * CLASSES + c] = amount;
                linear[i] += amount * dot(&reach[i * TESTS..(i + 1) * TESTS], test) / values[i];
            }
        }
        // With f the fitted shares, the squared error is fᵀ Q f − 2 linear·f + |Y|².
        let mut quadratic = vec![0.0; rank * rank];
        add_products(&reach, &reach, TESTS, &mut quadratic);
        let mut inner = vec![0.0; rank * rank];
        add_products(&along, &along, CLASSES, &mut inner);
        for (at, value) in quadratic.iter_mut().enumerate() {
            *value *= inner[at] / (values[at / rank] * values[at % rank]);
        }
        let (train, test) = targets.split_at(n * CLASSES);
        let (beyond, whole) = (dot(train, train) - dot(&along, &along), dot(test, test));

        let mut size = Size {
            singular: values.iter().map(|value| value.sqrt()).collect(),
            test: Vec::with_capacity(ROWS),
            train: Vec::with_capacity(ROWS),
            scores: vec![0.0; ROWS * SHOWN * CLASSES],
        };
        let mut shares = vec![0.0; rank];
        for (row, scores) in size.scores.chunks_mut(SHOWN * CLASSES).enumerate() {
            let time = time(row);
            let (mut square, mut left) = (whole, beyond);
            for (share, value) in shares.iter_mut().zip(values) {
                *share = fitted(value / values[0], time);
            }
            for (i, share) in shares.iter().enumerate() {
                let along = &along[i * CLASSES..(i + 1) * CLASSES];
                square += share * (dot(&quadratic[i * rank..(i + 1) * rank], &shares) - 2.0 * linear[i]);
                left += (1.0 - share) * (1.0 - share) * dot(along, along);
                for (at, score) in scores.iter_mut().enumerate() {
                    let weight = share * along[at % CLASSES] / values[i];
                    *score += (weight * reach[i * TESTS + at / CLASSES]) as f32;
                }
            }
            size.test.push(square.max(0.0) / TESTS as f64);
            size.train.push(left.max(0.0) / n as f64);
        }
        Some(size)
    }

    /// The condition number of Φ, over the directions that it has.
    pub(super) fn condition(&self) -> f64 {
        self.singular.first().zip(self.singular.last()).map_or(0.0, |(first, last)| first / last)
    }
}

/// The work: one model size a step, then the sweep over T.
#[derive(Clone)]
pub(super) struct Surface {
    problem: Arc<Problem>,
    /// Products of features so far, `[n, n]` and `[TESTS, n]`; empty once all sizes are there.
    gram: Vec<f64>,
    cross: Vec<f64>,
    sizes: Vec<Arc<Size>>,
    step: u64,
}

impl Surface {
    pub(super) fn new(problem: Arc<Problem>) -> Surface {
        let n = problem.samples;
        Surface { gram: vec![0.0; n * n], cross: vec![0.0; TESTS * n], sizes: Vec::new(), step: 0, problem }
    }

    /// Features that are new in the next model, and what can be said of it.
    fn grow(&mut self, size: usize) -> Option<Size> {
        let n = self.problem.samples;
        let before = self.sizes.len().checked_sub(1).map_or(0, |last| SIZES[last]);
        let features = self.problem.features(before, size);
        let (train, test) = features.split_at(n * (size - before));
        add_products(train, train, size - before, &mut self.gram);
        add_products(test, train, size - before, &mut self.cross);
        let scaled = |sums: &[f64]| -> Vec<f64> { sums.iter().map(|sum| sum / size as f64).collect() };
        Size::solve(&scaled(&self.gram), &scaled(&self.cross), &self.problem.targets)
    }

    /// Fills a table by row of the surface and model size, 0 where that is not there yet.
    fn table(&self, of: fn(&Size) -> &[f64], table: &mut Vec<f32>) {
        table.resize(ROWS * SIZES.len(), 0.0);
        for (column, size) in self.sizes.iter().enumerate() {
            for (row, value) in of(size).iter().enumerate() {
                table[row * SIZES.len() + column] = *value as f32;
            }
        }
    }
}

/// Name of the recorded condition number of a model size.
pub(super) fn condition_name(size: usize) -> String {
    format!("κ, m = {size}")
}

/// Name of a recorded test error.
pub(super) fn test_name(size: usize, row: usize) -> String {
    match row {
        LIMIT => format!("test MSE, m = {size}, T = ∞"),
        _ => format!("test MSE, m = {size}, T = {}", number::text(time(row))),
    }
}

/// Names of the numbers that follow the sweep.
pub(super) const NOW: [&str; 2] = ["test MSE at m = n", "train MSE at m = n"];
/// Name of the number of sizes that are there.
pub(super) const KNOWN: &str = "model sizes";

impl Work for Surface {
    fn numbers(&self) -> Vec<String> {
        let mut names = vec![NOW[0].to_owned(), NOW[1].to_owned(), KNOWN.to_owned()];
        for size in SIZES {
            names.push(condition_name(size));
            for row in RECORDED {
                names.push(test_name(size, row));
            }
        }
        names
    }

    fn measure(&self, numbers: &mut Vec<f32>) {
        let row = row_at(self.step);
        let (test, train) = self.sizes.get(THRESHOLD).map_or((0.0, 0.0), |size| (size.test[row], size.train[row]));
        numbers.extend([test as f32, train as f32, self.sizes.len() as f32]);
        for size in &self.sizes {
            numbers.push(size.condition() as f32);
            for row in RECORDED {
                numbers.push(size.test[row] as f32);
            }
        }
        numbers.resize(3 + SIZES.len() * (1 + RECORDED.len()), 0.0);
    }

    fn pictures(&self) -> Vec<String> {
        ["test", "train", "singular", "scores"].map(String::from).into()
    }

    fn show(&self, tensors: &mut [Vec<f32>]) {
        let [test, train, singular, scores] = tensors else { return };
        self.table(|size| &size.test, test);
        self.table(|size| &size.train, train);
        singular.resize(SIZES.len() * SAMPLES, 0.0);
        for (to, size) in singular.chunks_mut(SAMPLES).zip(&self.sizes) {
            to.iter_mut().zip(&size.singular).for_each(|(to, value)| *to = *value as f32);
        }
        scores.extend(self.sizes.get(THRESHOLD).iter().flat_map(|size| &size.scores));
        scores.resize(ROWS * SHOWN * CLASSES, 0.0);
    }

    fn step(&mut self) {
        self.step += 1;
        if self.gram.is_empty() {
            return;
        }
        let size = SIZES.get(self.sizes.len()).and_then(|&next| self.grow(next));
        let over = size.is_none() || self.sizes.len() + 1 == SIZES.len();
        self.sizes.extend(size.map(Arc::new));
        if over {
            (self.gram, self.cross) = Default::default();
        }
    }

    fn copy(&self) -> Box<dyn Work> {
        Box::new(self.clone())
    }
}

/// After every model size, and then now and then.
pub(super) fn reads(step: u64) -> bool {
    step <= FILLED || step.is_multiple_of(20)
}
