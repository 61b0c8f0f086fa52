//! Part A, the linear theory: f(x) = c bᵀx on a Gaussian signal with one outlier coordinate that is +K in a few samples, −K in
//! as many and 0 in the rest, while the target grows by its magnitude. Both groups want opposite weights for it.

use super::record::{self, C, LOSS, MINUS, OUTLIER, PLUS, REMOVED, REST, SHARPNESS};
use crate::analysis::eigen;
use crate::graph::{Entry, Graph, Result, Role, Var};
use crate::labs;
use crate::optim::{Sgd, Update};
use crate::plan::{self, Program};
use crate::rng::Rng;
use nalgebra::DMatrix;

/// Samples n, coordinates of the signal d₁, and outliers in each of both groups: p/2 = 2 % of the samples.
pub(super) const SAMPLES: usize = 500;
const SIGNALS: usize = 20;
pub(super) const GROUP: usize = 10;
/// K = √(a/p) for a = 4 and p = 0.04, so that the outlier coordinate has the mean square a.
const LOUD: f32 = 10.0;
pub(super) const MEAN_SQUARE: f64 = 4.0;
/// |β_i|, up to 1/√20; first c; first b_o; standard deviation of the first b_i, up to 1/√20.
const TARGET: f32 = 12.0;
const FIRST_C: f32 = 0.3;
const FIRST_OUTLIER: f32 = 1.5;
const FIRST_SIGNAL: f32 = 0.3;
/// Length of the schedule.
pub(super) const STEPS: u64 = 2000;

/// Signal and outlier coordinates: the size of b.
const WIDTH: usize = SIGNALS + 1;

/// One drawn data set with first weights. The first ten samples are the + group, the next ten the − group.
pub(super) struct Data {
    /// `[n, d₁]`.
    signals: Vec<f32>,
    /// βᵀx_b of each sample.
    targets: Vec<f32>,
    /// First b, without b_o.
    first: Vec<f32>,
}

impl Data {
    pub(super) fn draw(seed: u32) -> Data {
        let mut rng = Rng::new(seed, "opposing-signals/theory");
        let root = (SIGNALS as f32).sqrt();
        let mut beta = Vec::with_capacity(SIGNALS);
        let mut deviations = Vec::with_capacity(SIGNALS);
        for i in 1..=SIGNALS {
            beta.push(if rng.next_u32() & 1 == 0 { TARGET / root } else { -TARGET / root });
            // The variance of coordinate i is i^(−3/2).
            let root = (i as f32).sqrt();
            deviations.push(1.0 / (root * root.sqrt()));
        }
        let (mut signals, mut targets) = (Vec::with_capacity(SAMPLES * SIGNALS), Vec::with_capacity(SAMPLES));
        for _ in 0..SAMPLES {
            let mut target = 0.0;
            for i in 0..SIGNALS {
                let x = deviations[i] * rng.normal();
                target += beta[i] * x;
                signals.push(x);
            }
            targets.push(target);
        }
        let mut first = Vec::with_capacity(SIGNALS);
        for _ in 0..SIGNALS {
            first.push(FIRST_SIGNAL / root * rng.normal());
        }
        Data { signals, targets, first }
    }
}

#[cfg(test)]
impl Data {
    /// The loss itself, sample by sample, with b_o at the end of `b`.
    pub(super) fn loss(&self, b: &[f64], c: f64, removed: bool) -> f64 {
        let kept = if removed { 0.0 } else { 1.0 };
        let mut sum = 0.0;
        for sample in 0..SAMPLES {
            let loud = kept * outlier(sample) as f64;
            let mut output = loud * b[SIGNALS];
            for (x, b) in self.signals[sample * SIGNALS..].iter().zip(&b[..SIGNALS]) {
                output += *x as f64 * b;
            }
            let error = c * output - self.targets[sample] as f64 - loud.abs();
            sum += 0.5 * error * error / SAMPLES as f64;
        }
        sum
    }
}

/// The outlier coordinate of a sample.
fn outlier(sample: usize) -> f32 {
    if sample < GROUP {
        LOUD
    } else if sample < 2 * GROUP {
        -LOUD
    } else {
        0.0
    }
}

/// Routines: `train` (a step of gradient descent), `measure` (losses, weights, and whether outliers are there) and `picture`
/// (weights). The leaf [`REMOVED`] turns their coordinate off: 1 without them, and the target is βᵀx_b alone then.
pub(super) fn program(data: &Data, rate: f32, removed: bool) -> Result<Program> {
    let g = &mut Graph::new();
    let (mut coordinate, mut size) = (Vec::with_capacity(SAMPLES), Vec::with_capacity(SAMPLES));
    for sample in 0..SAMPLES {
        coordinate.push(outlier(sample));
        size.push(outlier(sample).abs());
    }
    let input =
        |g: &mut Graph, name: &str, shape: &[usize], values: Vec<f32>| g.leaf_with(Role::Input, name, shape, values);
    let signals = input(g, "signals", &[SAMPLES, SIGNALS], data.signals.clone());
    let targets = input(g, "targets of the signal", &[SAMPLES], data.targets.clone());
    let coordinate = input(g, "outlier coordinate", &[SAMPLES], coordinate);
    let size = input(g, "outlier magnitude", &[SAMPLES], size);
    let removed = g.scalar(REMOVED, f32::from(u8::from(removed)));
    let c = g.leaf_with(Role::Parameter, "c", &[], vec![FIRST_C]);
    let b = g.leaf_with(Role::Parameter, "b", &[SIGNALS, 1], data.first.clone());
    let outlier = g.leaf_with(Role::Parameter, "b of the outlier coordinate", &[], vec![FIRST_OUTLIER]);
    let step = g.leaf_u32(Role::State, "step", &[], &[0]);

    let one = g.constant(1.0, &[])?;
    let kept = g.sub(one, removed)?;
    let product = g.matmul(signals, b)?;
    let product = g.reshape(product, &[SAMPLES])?;
    let loud = g.mul(coordinate, kept)?;
    let loud = g.mul(loud, outlier)?;
    let sum = g.add(product, loud)?;
    let output = g.mul(sum, c)?;
    let size = g.mul(size, kept)?;
    let wanted = g.add(targets, size)?;
    let error = g.sub(output, wanted)?;
    let square = g.square(error)?;
    let losses = g.mul_number(square, 0.5)?;
    let loss = g.mean_all(losses)?;
    let gradients = g.grad(loss, &[c, b, outlier])?;
    let pairs: Vec<(Var, Var)> = [c, b, outlier].into_iter().zip(gradients).collect();
    let assigns = Update::new(&Sgd, rate).apply(g, &pairs, step)?;

    let mut numbers = vec![(LOSS.to_owned(), loss)];
    for (name, from, count) in [(PLUS, 0, GROUP), (MINUS, GROUP, GROUP), (REST, 2 * GROUP, SAMPLES - 2 * GROUP)] {
        let part = g.slice(losses, 0, from, 1, count)?;
        numbers.push((name.to_owned(), g.mean_all(part)?));
    }
    let weights = [("c".to_owned(), c), ("b".to_owned(), b), ("b_o".to_owned(), outlier)];
    numbers.extend(weights.clone());
    numbers.push((REMOVED.to_owned(), removed));
    let entry = |name: &str, outputs, assigns| Entry { name: name.into(), outputs, assigns };
    let entries = [
        entry("train", Vec::new(), assigns),
        entry("measure", numbers, Vec::new()),
        entry("picture", weights.to_vec(), Vec::new()),
    ];
    plan::plan(g, &entries)
}

/// What the loss depends on beside the weights: means of products of the coordinates, [`WIDTH`] of them, the outlier's last.
#[derive(Clone)]
pub(super) struct Moments {
    /// E x xᵀ, row by row.
    gram: Vec<f64>,
    /// E x βᵀx_b and E x |x_o|.
    signal: Vec<f64>,
    even: Vec<f64>,
}

/// Weights as numbers of double precision.
pub(super) struct Weights {
    pub c: f64,
    /// b with b_o at its end.
    pub b: Vec<f64>,
    /// Whether the outliers are gone.
    pub removed: bool,
}

impl Weights {
    pub(super) fn new(c: &[f32], b: &[f32], outlier: &[f32], removed: bool) -> Weights {
        let mut wide = Vec::with_capacity(WIDTH);
        for &weight in b.iter().chain(outlier) {
            wide.push(weight as f64);
        }
        Weights { c: c.first().map_or(0.0, |&c| c as f64), b: wide, removed }
    }
}

impl Moments {
    pub(super) fn of(data: &Data) -> Moments {
        let mut moments = Moments { gram: vec![0.0; WIDTH * WIDTH], signal: vec![0.0; WIDTH], even: vec![0.0; WIDTH] };
        let mut x = [0.0; WIDTH];
        for sample in 0..SAMPLES {
            for (to, &from) in x.iter_mut().zip(&data.signals[sample * SIGNALS..]) {
                *to = from as f64;
            }
            x[SIGNALS] = outlier(sample) as f64;
            let (target, size) = (data.targets[sample] as f64, x[SIGNALS].abs());
            for i in 0..WIDTH {
                moments.signal[i] += x[i] * target / SAMPLES as f64;
                moments.even[i] += x[i] * size / SAMPLES as f64;
                for j in 0..WIDTH {
                    moments.gram[i * WIDTH + j] += x[i] * x[j] / SAMPLES as f64;
                }
            }
        }
        moments
    }

    /// E x xᵀ at i, j and E x y at i, with or without the outliers.
    fn gram(&self, i: usize, j: usize, removed: bool) -> f64 {
        if removed && i.max(j) == SIGNALS { 0.0 } else { self.gram[i * WIDTH + j] }
    }

    fn cross(&self, i: usize, removed: bool) -> f64 {
        match removed {
            true if i == SIGNALS => 0.0,
            true => self.signal[i],
            false => self.signal[i] + self.even[i],
        }
    }

    /// The Hessian of the loss by (b, b_o, c).
    pub(super) fn hessian(&self, weights: &Weights) -> DMatrix<f64> {
        let Weights { c, b, removed } = weights;
        let mut hessian = DMatrix::zeros(WIDTH + 1, WIDTH + 1);
        for i in 0..WIDTH {
            let mut image = 0.0;
            for j in 0..WIDTH {
                let product = self.gram(i, j, *removed);
                hessian[(i, j)] = c * c * product;
                image += product * b[j];
            }
            let mixed = 2.0 * c * image - self.cross(i, *removed);
            hessian[(i, WIDTH)] = mixed;
            hessian[(WIDTH, i)] = mixed;
            hessian[(WIDTH, WIDTH)] += image * b[i];
        }
        hessian
    }

    /// The largest eigenvalue of the Hessian; not a number where there is none.
    pub(super) fn sharpness(&self, weights: &Weights) -> f64 {
        eigen::symmetric(&self.hessian(weights)).map_or(f64::NAN, |eigen| eigen.values[0])
    }

    /// How the loss changes with u = c b_o alone, while c b stays what it is for the signal: `slope · u + ½ curvature · u²`.
    pub(super) fn along_outlier(&self, weights: &Weights) -> (f64, f64) {
        let mut slope = -self.cross(SIGNALS, weights.removed);
        for i in 0..SIGNALS {
            slope += self.gram(SIGNALS, i, weights.removed) * weights.c * weights.b[i];
        }
        (slope, self.gram(SIGNALS, SIGNALS, weights.removed))
    }
}

/// Makes the recorded numbers of what `measure` gives.
pub(super) struct Judge {
    /// With them the sharpness is recorded.
    pub moments: Option<Moments>,
}

impl labs::Judge for Judge {
    fn numbers(&self) -> Vec<String> {
        let mut names = record::names(&[LOSS, PLUS, MINUS, REST, C, OUTLIER, REMOVED]);
        if self.moments.is_some() {
            names.push(SHARPNESS.into());
        }
        names
    }

    fn judge(&self, outputs: &[&[f32]]) -> Vec<f32> {
        let [loss, plus, minus, rest, c, b, outlier, removed] = outputs else { return Vec::new() };
        let mut numbers = vec![loss[0], plus[0], minus[0], rest[0], c[0], outlier[0], removed[0]];
        if let Some(moments) = &self.moments {
            let weights = Weights::new(c, b, outlier, removed[0] > 0.5);
            numbers.push(moments.sharpness(&weights) as f32);
        }
        numbers
    }
}
