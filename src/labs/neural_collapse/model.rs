//! The unconstrained features model with a deep linear head: one free feature vector per sample, M matrices above, and
//! weight decay on all of them. There is no input and no activation; all that is given is how often each class occurs.

use super::geometry::{Geometry, NUMBERS};
use crate::graph::{Entry, Graph, Result, Role, Var};
use crate::labs;
use crate::number;
use crate::optim::{Group, Momentum, Update, schedule};
use crate::plan::{self, Program};
use crate::rng::Rng;

/// Classes K.
pub(super) const CLASSES: usize = 4;
/// Dimension d of the features.
pub(super) const D: usize = 12;
/// Length of every schedule.
pub(super) const STEPS: u64 = 6000;

/// Learning rate at first; a tenth from half of the schedule on, a hundredth from four fifths on.
const RATE: f32 = 0.1;
/// Standard deviation of the first features, and of the first matrix entries but for 1/√d.
const FIRST_FEATURES: f32 = 0.5;
const FIRST_WEIGHTS: f32 = 0.75;

/// What is minimised beside the weight decay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loss {
    /// Half the mean squared distance to the one-hot labels.
    Square,
    /// The same with a bias in the last layer, which does not decay.
    SquareWithBias,
    /// Cross-entropy.
    CrossEntropy,
}

/// One training run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Variant {
    /// Samples n_k of each class.
    pub counts: [usize; CLASSES],
    /// Matrices M in the head.
    pub depth: usize,
    /// The loss.
    pub loss: Loss,
    /// Weight decay λ of every matrix and of the features.
    pub decay: f64,
}

impl Variant {
    /// Samples N of all classes.
    pub(super) fn samples(&self) -> usize {
        self.counts.iter().sum()
    }

    /// Whether all classes are equally common.
    pub(super) fn balanced(&self) -> bool {
        self.counts.iter().all(|&count| count == self.counts[0])
    }

    /// Class of each sample; the samples of a class stand together.
    pub(super) fn labels(&self) -> Vec<u32> {
        let mut labels = Vec::with_capacity(self.samples());
        for (class, &count) in self.counts.iter().enumerate() {
            labels.resize(labels.len() + count, class as u32);
        }
        labels
    }

    /// Loss and depth in words.
    pub(super) fn short(&self) -> String {
        let loss = match self.loss {
            Loss::Square => "MSE",
            Loss::SquareWithBias => "MSE + bias",
            Loss::CrossEntropy => "cross-entropy",
        };
        format!("{loss}, M = {}", self.depth)
    }

    /// In words, for lists of runs.
    pub(super) fn name(&self) -> String {
        let [a, b, c, d] = self.counts;
        format!("{a}, {b}, {c}, {d} samples, {}, λ = {}", self.short(), number::text(self.decay))
    }

    /// The program: `train` is a step of gradient descent with momentum on all free variables, `measure` gives the
    /// objective, the features `[N, d]` and the product of the matrices `[d, K]`.
    pub(super) fn program(&self, seed: u32) -> Result<Program> {
        let samples = self.samples();
        let mut rng = Rng::new(seed, "neural-collapse");
        let g = &mut Graph::new();
        let features = weights(g, &mut rng, "features", samples, D, FIRST_FEATURES);
        // Features are rows here, so matrix j is the transpose of the paper's W_j.
        let (mut output, mut product) = (features, None);
        let mut trained = vec![features];
        for layer in 1..=self.depth {
            let width = if layer == self.depth { CLASSES } else { D };
            let deviation = FIRST_WEIGHTS / (D as f32).sqrt();
            let matrix = weights(g, &mut rng, &format!("layer{layer}.weight"), D, width, deviation);
            trained.push(matrix);
            output = g.matmul(output, matrix)?;
            product = Some(match product {
                Some(product) => g.matmul(product, matrix)?,
                None => matrix,
            });
        }
        // Weight decay is part of the objective, and acts on the features as on every matrix.
        let mut objective = g.constant(0.0, &[])?;
        for &leaf in &trained {
            let square = g.square(leaf)?;
            let square = g.sum_all(square)?;
            let penalty = g.mul_number(square, 0.5 * self.decay as f32)?;
            objective = g.add(objective, penalty)?;
        }
        if self.loss == Loss::SquareWithBias {
            let bias = g.leaf_with(Role::Parameter, "bias", &[CLASSES], vec![0.0; CLASSES]);
            trained.push(bias);
            output = g.add(output, bias)?;
        }
        let fit = g.scoped("loss", |g| self.fit(g, output))?;
        let objective = g.add(objective, fit)?;
        let gradients = g.grad(objective, &trained)?;
        let step = g.leaf_u32(Role::State, "step", &[], &[0]);
        let half = schedule::staircase(g, step, 0.1, (STEPS / 2) as f32)?;
        let late = schedule::staircase(g, step, 0.1, (STEPS / 5 * 4) as f32)?;
        let rate = g.mul(half, late)?;
        let rate = g.mul_number(rate, RATE)?;
        // The gradient of a feature carries 1/N, because only its own sample asks something of it.
        let own = Group::new(&[features]).rate_factor(samples as f32 / CLASSES as f32);
        let pairs: Vec<(Var, Var)> = trained.into_iter().zip(gradients).collect();
        let assigns = Update::new(&Momentum::USUAL, rate).group(own).apply(g, &pairs, step)?;

        let picture = vec![("features".to_owned(), features), ("product".to_owned(), product.unwrap_or(features))];
        let mut numbers = picture.clone();
        numbers.push(("objective".into(), objective));
        let entry = |name: &str, outputs, assigns| Entry { name: name.into(), outputs, assigns };
        plan::plan(
            g,
            &[
                entry("train", Vec::new(), assigns),
                entry("measure", numbers, Vec::new()),
                entry("picture", picture, Vec::new()),
            ],
        )
    }

    /// How far the output `[N, K]` is from the labels.
    fn fit(&self, g: &mut Graph, output: Var) -> Result<Var> {
        let labels = g.leaf_u32(Role::Input, "labels", &[self.samples()], &self.labels());
        if self.loss == Loss::CrossEntropy {
            let losses = g.cross_entropy(output, labels)?;
            return g.mean_all(losses);
        }
        let wanted = g.one_hot(labels, CLASSES)?;
        let error = g.sub(output, wanted)?;
        let square = g.square(error)?;
        let sum = g.sum_all(square)?;
        g.mul_number(sum, 0.5 / self.samples() as f32)
    }
}

/// A matrix of normal numbers to be trained.
fn weights(g: &mut Graph, rng: &mut Rng, name: &str, rows: usize, columns: usize, deviation: f32) -> Var {
    let mut values = vec![0.0; rows * columns];
    for value in &mut values {
        *value = deviation * rng.normal();
    }
    g.leaf_with(Role::Parameter, name, &[rows, columns], values)
}

/// Makes the recorded numbers of what `measure` gives.
impl labs::Judge for Variant {
    fn numbers(&self) -> Vec<String> {
        NUMBERS.iter().map(|name| (*name).to_owned()).collect()
    }

    fn judge(&self, outputs: &[&[f32]]) -> Vec<f32> {
        Geometry::of(self, outputs[0], outputs[1]).numbers(outputs[2][0])
    }
}
