//! View 2: real training loops, in single precision, of models of seven sizes side by side.

use super::data::{CLASSES, Problem, TESTS, add_products, dot};
use super::surface::{self, LIMIT};
use crate::graph::{Entry, Graph, Result, Role, Var};
use crate::labs::work::Work;
use crate::ops::random::Randomness;
use crate::ops::scan::Direction;
use crate::optim::{Adam, Group, Momentum, Rule, Sgd, Update};
use crate::plan::{self, Program};
use std::sync::Arc;

/// Training images.
pub(super) const SAMPLES: usize = 100;
/// Model sizes.
pub(super) const SIZES: [usize; 7] = [25, 50, 75, 100, 125, 200, 400];
/// Standard deviation of biases.
pub(super) const BIAS: f64 = 0.5;
/// Passes over the training images.
pub(super) const EPOCHS: u64 = 2000;
/// Passes in the comparison of batch sizes.
pub(super) const BATCH_EPOCHS: u64 = 1000;
/// Share of the velocity that momentum keeps.
const KEPT: f32 = 0.99;
/// Learning rate of Adam for a rate of 1.
const ADAM_RATE: f32 = 0.01;
/// Iterations for λmax; a gap of 5 % to the next eigenvalue is resolved to 9 digits.
const POWER_ITERATIONS: usize = 200;

/// How a step is made of a gradient.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Optimiser {
    /// Gradient descent, stochastic where the batch is smaller than the training set.
    Descent,
    /// With a heavy ball.
    Momentum,
    Adam,
}

/// One training loop.
#[derive(Clone, Copy, Debug)]
pub(super) struct Loop {
    pub optimiser: Optimiser,
    /// In units of 1/λmax of the whole training set; of 0.01 for Adam.
    pub rate: f32,
    /// Images in a batch.
    pub batch: usize,
}

/// Features of one model size.
struct Size {
    features: usize,
    /// `[SAMPLES, features]`.
    train: Vec<f64>,
    /// `[TESTS, features]`.
    test: Vec<f64>,
    /// The largest eigenvalue of ΦᵀΦ/n.
    top: f64,
}

/// All sizes, and the labels.
pub(super) struct Lineup {
    sizes: Vec<Size>,
    /// Of training images, then of test images.
    labels: Vec<f64>,
    seed: u32,
}

impl Lineup {
    pub(super) fn new(problem: &Problem, seed: u32) -> Lineup {
        let most = SIZES[SIZES.len() - 1];
        let all = problem.features(0, most);
        let mut sizes = Vec::with_capacity(SIZES.len());
        for features in SIZES {
            let scale = 1.0 / (features as f64).sqrt();
            let mut rows = Vec::with_capacity(problem.rows() * features);
            for row in all.chunks(most) {
                rows.extend(row[..features].iter().map(|value| value * scale));
            }
            let test = rows.split_off(SAMPLES * features);
            sizes.push(Size { features, top: top_eigenvalue(&rows, features), train: rows, test });
        }
        Lineup { sizes, labels: problem.targets.clone(), seed }
    }
}

/// The largest eigenvalue of ΦᵀΦ/n by power iteration, for Φ of rows of `columns` numbers.
fn top_eigenvalue(phi: &[f64], columns: usize) -> f64 {
    let mut direction = vec![1.0 / (columns as f64).sqrt(); columns];
    let mut next = vec![0.0; columns];
    let mut value = 0.0;
    for _ in 0..POWER_ITERATIONS {
        next.fill(0.0);
        for row in phi.chunks(columns) {
            let along = dot(row, &direction);
            next.iter_mut().zip(row).for_each(|(sum, x)| *sum += along * x);
        }
        let length = dot(&next, &next).sqrt();
        value = length * columns as f64 / phi.len() as f64;
        direction.iter_mut().zip(&next).for_each(|(to, from)| *to = from / length);
    }
    value
}

/// Name of a recorded error: of which images, of which model.
pub(super) fn name(which: &str, features: usize) -> String {
    format!("{which} MSE, m = {features}")
}

/// The program of a loop: a step is a pass over the training images.
pub(super) fn program(lineup: &Lineup, of: Loop) -> Result<Program> {
    let g = &mut Graph::new();
    let narrow = |values: &[f64]| values.iter().map(|&value| value as f32).collect::<Vec<f32>>();
    let input = |g: &mut Graph, name: &str, columns: usize, values: &[f64]| {
        g.leaf_with(Role::Input, name, &[values.len() / columns, columns], narrow(values))
    };
    let (labels, test_labels) = lineup.labels.split_at(SAMPLES * CLASSES);
    let labels = input(g, "labels", CLASSES, labels);
    let test_labels = input(g, "test labels", CLASSES, test_labels);
    let rate = g.scalar("rate", of.rate);
    let seed = g.leaf_u32(Role::Input, "seed", &[], &[lineup.seed]);
    let step = g.leaf_u32(Role::State, "step", &[], &[0]);
    let (mut sizes, mut numbers) = (Vec::new(), Vec::new());
    for Size { features, train, test, top } in &lineup.sizes {
        let phi = input(g, &format!("features, m = {features}"), *features, train);
        let test = input(g, &format!("test features, m = {features}"), *features, test);
        let zeros = vec![0.0; features * CLASSES];
        let weights = g.leaf_with(Role::Parameter, &format!("weights, m = {features}"), &[*features, CLASSES], zeros);
        for (which, phi, labels) in [("train", phi, labels), ("test", test, test_labels)] {
            let error = g.scoped(which, |g| mean_square(g, phi, weights, labels))?;
            numbers.push((name(which, *features), error));
        }
        sizes.push((phi, weights, (1.0 / top) as f32));
    }
    let assigns = match of.batch < SAMPLES {
        true => g.scoped("epoch", |g| epoch(g, &sizes, labels, (rate, of.batch), Randomness { seed, step }))?,
        false => {
            let parameters: Vec<Var> = sizes.iter().map(|size| size.1).collect();
            let errors: Vec<Var> = numbers.iter().step_by(2).map(|number| number.1).collect();
            let mut sum = errors[0];
            for &error in &errors[1..] {
                sum = g.add(sum, error)?;
            }
            let loss = g.mul_number(sum, 0.5)?;
            let gradients = g.grad(loss, &parameters)?;
            let pairs: Vec<(Var, Var)> = parameters.into_iter().zip(gradients).collect();
            let momentum = Momentum::new(KEPT);
            let rule: &dyn Rule = match of.optimiser {
                Optimiser::Descent => &Sgd,
                Optimiser::Momentum => &momentum,
                Optimiser::Adam => &Adam::USUAL,
            };
            let mut update = Update::new(rule, rate);
            for &(_, weights, slowness) in &sizes {
                let unit = if of.optimiser == Optimiser::Adam { ADAM_RATE } else { slowness };
                update = update.group(Group::new(&[weights]).rate_factor(unit));
            }
            update.apply(g, &pairs, step)?
        }
    };
    let entry = |name: &str, outputs, assigns| Entry { name: name.into(), outputs, assigns };
    plan::plan(g, &[entry("train", Vec::new(), assigns), entry("measure", numbers, Vec::new())])
}

/// Squared error, summed over classes and averaged over images.
fn mean_square(g: &mut Graph, phi: Var, weights: Var, labels: Var) -> Result<Var> {
    let images = g.shape(phi)[0];
    let predicted = g.matmul(phi, weights)?;
    let error = g.sub(predicted, labels)?;
    let square = g.square(error)?;
    let sum = g.sum_all(square)?;
    g.mul_number(sum, 1.0 / images as f32)
}

/// A pass in batches, over the images in an order of its own.
fn epoch(
    g: &mut Graph,
    sizes: &[(Var, Var, f32)],
    labels: Var,
    (rate, batch): (Var, usize),
    randomness: Randomness,
) -> Result<Vec<(Var, Var)>> {
    let order = g.random_permutation(randomness, "double-descent/order", SAMPLES)?;
    let order = g.reshape(order, &[SAMPLES / batch, batch])?;
    let weights: Vec<Var> = sizes.iter().map(|size| size.1).collect();
    let scanned = g.scan(&weights, &[order], Direction::Forwards, |g, weights, rows| {
        let labels = g.take(labels, rows[0], 0)?;
        let mut next = Vec::with_capacity(weights.len());
        for (&weights, &(phi, _, slowness)) in weights.iter().zip(sizes) {
            let phi = g.take(phi, rows[0], 0)?;
            let predicted = g.matmul(phi, weights)?;
            let error = g.sub(predicted, labels)?;
            let across = g.transpose(phi)?;
            let gradient = g.matmul(across, error)?;
            let rate = g.mul_number(rate, slowness / batch as f32)?;
            let change = g.mul(gradient, rate)?;
            next.push(g.sub(weights, change)?);
        }
        Ok((next, Vec::new()))
    })?;
    let mut assigns: Vec<(Var, Var)> = weights.into_iter().zip(scanned.last).collect();
    let one = g.constant_u32(1, &[])?;
    assigns.push((randomness.step, g.elementwise(crate::graph::Func::AddU32, &[randomness.step, one])?));
    Ok(assigns)
}

/// The limit of all of them: the minimum-norm solution, one model a step.
#[derive(Clone)]
pub(super) struct Exact {
    lineup: Arc<Lineup>,
    /// Train and test errors of the models that are solved.
    errors: Vec<f32>,
}

impl Exact {
    pub(super) fn new(lineup: Arc<Lineup>) -> Exact {
        Exact { lineup, errors: Vec::new() }
    }
}

impl Work for Exact {
    fn numbers(&self) -> Vec<String> {
        let mut names = Vec::new();
        for features in SIZES {
            names.extend([name("train", features), name("test", features)]);
        }
        names
    }

    fn measure(&self, numbers: &mut Vec<f32>) {
        // Of a model that is not solved yet nothing is known, which an error of 0 says: no model has it on the test images.
        numbers.extend_from_slice(&self.errors);
        numbers.resize(2 * SIZES.len(), 0.0);
    }

    fn step(&mut self) {
        let Some(Size { features, train, test, .. }) = self.lineup.sizes.get(self.errors.len() / 2) else { return };
        let (mut gram, mut cross) = (vec![0.0; SAMPLES * SAMPLES], vec![0.0; TESTS * SAMPLES]);
        add_products(train, train, *features, &mut gram);
        add_products(test, train, *features, &mut cross);
        if let Some(solved) = surface::Size::solve(&gram, &cross, &self.lineup.labels) {
            self.errors.extend([solved.train[LIMIT] as f32, solved.test[LIMIT] as f32]);
        }
    }

    fn copy(&self) -> Box<dyn Work> {
        Box::new(self.clone())
    }
}
