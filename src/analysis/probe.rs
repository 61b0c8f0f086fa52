//! Linear probes: how much of something a linear model can read off a representation (Alain and Bengio,
//! "Understanding intermediate layers using linear classifier probes", 2016).

use super::matrix::{centre_columns, check, check_lengths, check_ridge};
use super::ridge;
use crate::graph::{Error, Result};
use nalgebra::{ComplexField, DMatrix};

const PLACE: &str = "probe";

/// outputs = X W + b.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
    /// W, `[features, outputs]`.
    pub weight: DMatrix<f64>,
    /// b, one per output.
    pub bias: Vec<f64>,
}

impl Linear {
    /// Outputs `[samples, outputs]` for inputs `[samples, features]`.
    pub fn outputs(&self, inputs: &DMatrix<f64>) -> Result<DMatrix<f64>> {
        if inputs.ncols() != self.weight.nrows() {
            let message = format!("inputs of {} features, fitted were {}", inputs.ncols(), self.weight.nrows());
            return Err(Error::new(PLACE, message, "give the features that the probe was fitted on"));
        }
        let mut outputs = inputs * &self.weight;
        for (mut column, bias) in outputs.column_iter_mut().zip(&self.bias) {
            column.add_scalar_mut(*bias);
        }
        Ok(outputs)
    }

    /// The largest output's number for each sample, the lower one of two that are equal.
    pub fn classes(&self, inputs: &DMatrix<f64>) -> Result<Vec<u32>> {
        let outputs = self.outputs(inputs)?;
        let best = |row: usize| {
            (1..outputs.ncols()).fold(0, |best, at| if outputs[(row, at)] > outputs[(row, best)] { at } else { best })
        };
        Ok((0..outputs.nrows()).map(|row| best(row) as u32).collect())
    }
}

/// Ridge regression with an intercept, which is not penalised: minimises ‖X W + b − Y‖² + ridge ‖W‖² for X
/// `[samples, features]` and Y `[samples, outputs]`.
pub fn ridge_regression(inputs: &DMatrix<f64>, targets: &DMatrix<f64>, ridge: f64) -> Result<Linear> {
    check(PLACE, "the input", inputs)?;
    check(PLACE, "the target", targets)?;
    check_lengths(PLACE, ("inputs", inputs.nrows()), ("targets", targets.nrows()))?;
    let (centred, means) = centre_columns(inputs);
    let (wanted, mut bias) = centre_columns(targets);
    let weight = ridge::fit(&centred, &wanted, ridge)?;
    shift(&mut bias, &means, &weight);
    Ok(Linear { weight, bias })
}

/// A classifier by ridge regression on targets of 1 for the sample's class and −1 for the others.
pub fn ridge_classifier(inputs: &DMatrix<f64>, labels: &[u32], classes: usize, ridge: f64) -> Result<Linear> {
    check_labels(labels, classes)?;
    let sign = |row: usize, class: usize| if labels[row] as usize == class { 1.0 } else { -1.0 };
    ridge_regression(inputs, &DMatrix::from_fn(labels.len(), classes, sign), ridge)
}

/// b ← b − mean W: the bias for inputs that were not centred.
fn shift(bias: &mut [f64], means: &[f64], weight: &DMatrix<f64>) {
    for (bias, column) in bias.iter_mut().zip(weight.column_iter()) {
        *bias -= super::matrix::dot(means, column.as_slice());
    }
}

fn check_labels(labels: &[u32], classes: usize) -> Result<()> {
    if labels.is_empty() || classes < 2 {
        let message = format!("{} labels of {classes} classes", labels.len());
        return Err(Error::new(PLACE, message, "give labels of at least two classes"));
    }
    match labels.iter().find(|&&label| label as usize >= classes) {
        Some(label) => Err(Error::new(PLACE, format!("label {label} of {classes} classes"), "count labels from 0")),
        None => Ok(()),
    }
}

/// A fitted logistic regression.
#[derive(Clone, Debug, PartialEq)]
pub struct Logistic {
    /// The model; its outputs are logits, which add up to 0 over the classes.
    pub linear: Linear,
    /// Mean cross-entropy over the samples in nats, the penalty not counted.
    pub loss: f64,
    /// Length of the gradient at the end as a share of that at the start.
    pub gradient: f64,
    /// Newton steps.
    pub steps: usize,
    /// Whether the gradient's length fell to 1e-8 of what it was. Without a ridge it cannot where a plane separates
    /// classes: the best weights are then infinite.
    pub converged: bool,
}

/// Share of the first gradient's length at which the fit is finished.
const FINISHED: f64 = 1e-8;
const MOST_STEPS: usize = 100;
const MOST_INNER: usize = 1000;

/// Multinomial logistic regression: minimises the mean cross-entropy of softmax(X W + b) plus (ridge / 2) ‖W‖²; the
/// intercept is not penalised. (scikit-learn's `C` is 1 / (samples · ridge).)
///
/// Newton's method with a line search; its linear systems are solved by preconditioned conjugate gradients as
/// exactly as the step deserves (Nocedal and Wright, "Numerical optimization", algorithm 7.1), so the Hessian is
/// never written down.
pub fn logistic_regression(inputs: &DMatrix<f64>, labels: &[u32], classes: usize, ridge: f64) -> Result<Logistic> {
    check(PLACE, "the input", inputs)?;
    check_labels(labels, classes)?;
    check_lengths(PLACE, ("inputs", inputs.nrows()), ("labels", labels.len()))?;
    check_ridge(PLACE, ridge)?;
    // Centring is made good by the intercept and makes the problem rounder. The last column is the intercept's.
    let (centred, means) = centre_columns(inputs);
    let features = centred.ncols();
    let problem = Problem { inputs: centred.insert_column(features, 1.0), labels, ridge };
    let mut weight = DMatrix::zeros(features + 1, classes);
    let (mut value, mut loss, mut shares) = problem.loss(&weight);
    let (mut first, mut gradient, mut steps) = (0.0, problem.gradient(&weight, &shares), 0);
    let relative = loop {
        let length = gradient.norm();
        if steps == 0 {
            first = length;
        }
        let relative = if first > 0.0 { length / first } else { 0.0 };
        if relative <= FINISHED || steps == MOST_STEPS {
            break relative;
        }
        steps += 1;
        let step = problem.newton_step(&gradient, &shares, relative.sqrt().min(0.1) * length);
        let slope = gradient.dot(&step);
        let mut size = 1.0;
        let moved = loop {
            let tried = &weight + &step * size;
            let (new, cross_entropy, new_shares) = problem.loss(&tried);
            // Close to the minimum the value is flat to rounding; there the gradient decides.
            if new <= value + 1e-4 * size * slope + 4.0 * f64::EPSILON * value.abs() {
                (value, loss, shares, weight) = (new, cross_entropy, new_shares, tried);
                break true;
            }
            size *= 0.5;
            if size < 1e-10 {
                break false;
            }
        };
        if !moved {
            break relative;
        }
        gradient = problem.gradient(&weight, &shares);
    };
    // Softmax does not see what all classes share.
    for mut row in weight.row_iter_mut() {
        let mean = row.sum() / classes as f64;
        row.add_scalar_mut(-mean);
    }
    let mut bias: Vec<f64> = weight.row(features).iter().copied().collect();
    let weight = weight.rows(0, features).into_owned();
    shift(&mut bias, &means, &weight);
    let converged = relative <= FINISHED;
    Ok(Logistic { linear: Linear { weight, bias }, loss, gradient: relative, steps, converged })
}

struct Problem<'a> {
    /// `[samples, features + 1]`.
    inputs: DMatrix<f64>,
    labels: &'a [u32],
    ridge: f64,
}

impl Problem<'_> {
    fn count(&self) -> f64 {
        self.labels.len() as f64
    }

    /// ridge W, without the intercept's row.
    fn add_penalty(&self, to: &mut DMatrix<f64>, weight: &DMatrix<f64>) {
        let features = weight.nrows() - 1;
        let mut rows = to.rows_mut(0, features);
        rows += weight.rows(0, features) * self.ridge;
    }

    /// The value that is minimised, the mean cross-entropy, and the classes' probabilities `[samples, classes]`.
    fn loss(&self, weight: &DMatrix<f64>) -> (f64, f64, DMatrix<f64>) {
        let mut logits = &self.inputs * weight;
        let mut loss = 0.0;
        for (mut row, &label) in logits.row_iter_mut().zip(self.labels) {
            let largest = row.max();
            let of_label = row[label as usize] - largest;
            // nalgebra's exp and ln give the same bits on every platform.
            row.apply(|logit| *logit = ComplexField::exp(*logit - largest));
            let sum = row.sum();
            loss += ComplexField::ln(sum) - of_label;
            row /= sum;
        }
        let loss = loss / self.count();
        let squares = weight.rows(0, weight.nrows() - 1).norm_squared();
        (loss + 0.5 * self.ridge * squares, loss, logits)
    }

    fn gradient(&self, weight: &DMatrix<f64>, shares: &DMatrix<f64>) -> DMatrix<f64> {
        let mut error = shares.clone();
        for (row, &label) in self.labels.iter().enumerate() {
            error[(row, label as usize)] -= 1.0;
        }
        let mut gradient = self.inputs.tr_mul(&error) / self.count();
        self.add_penalty(&mut gradient, weight);
        gradient
    }

    /// Hessian times a direction.
    fn curve(&self, direction: &DMatrix<f64>, shares: &DMatrix<f64>) -> DMatrix<f64> {
        let mut change = (&self.inputs * direction).component_mul(shares);
        for (mut row, share) in change.row_iter_mut().zip(shares.row_iter()) {
            let sum = row.sum();
            row -= share * sum;
        }
        let mut curved = self.inputs.tr_mul(&change) / self.count();
        self.add_penalty(&mut curved, direction);
        curved
    }

    /// Diagonal of the Hessian, never zero.
    fn diagonal(&self, shares: &DMatrix<f64>) -> DMatrix<f64> {
        let spread = shares.map(|share| share * (1.0 - share));
        let mut diagonal = self.inputs.map(|x| x * x).tr_mul(&spread) / self.count();
        let features = diagonal.nrows() - 1;
        diagonal.rows_mut(0, features).add_scalar_mut(self.ridge);
        let least = diagonal.amax() * f64::EPSILON;
        diagonal.map(|entry| entry.max(least).max(f64::MIN_POSITIVE))
    }

    /// Solves H step = −gradient until the residual is shorter than `enough`.
    fn newton_step(&self, gradient: &DMatrix<f64>, shares: &DMatrix<f64>, enough: f64) -> DMatrix<f64> {
        let diagonal = self.diagonal(shares);
        let mut step = DMatrix::zeros(gradient.nrows(), gradient.ncols());
        let mut residual = -gradient;
        let mut scaled = residual.component_div(&diagonal);
        let mut direction = scaled.clone();
        let mut product = residual.dot(&scaled);
        for _ in 0..MOST_INNER {
            let curved = self.curve(&direction, shares);
            let curvature = direction.dot(&curved);
            // Flat to rounding, as the direction that all classes share is.
            if curvature <= f64::EPSILON * direction.norm_squared() * diagonal.amax() {
                break;
            }
            let size = product / curvature;
            step += &direction * size;
            residual -= &curved * size;
            if residual.norm() <= enough {
                break;
            }
            scaled = residual.component_div(&diagonal);
            let next = residual.dot(&scaled);
            direction = &scaled + &direction * (next / product);
            product = next;
        }
        // Where the first direction is flat already: downhill.
        if step.amax() == 0.0 { -gradient.component_div(&diagonal) } else { step }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::metrics;
    use crate::rng::Rng;

    /// Points around three centres, shifted far from the origin.
    fn clouds(spread: f64) -> (DMatrix<f64>, Vec<u32>) {
        let mut rng = Rng::new(9, "probe");
        let labels: Vec<u32> = (0..90).map(|at| at % 3).collect();
        let centres = [[0.0, 0.0], [2.0, 0.0], [0.0, 2.0]];
        let inputs = DMatrix::from_fn(90, 2, |row, column| {
            centres[row % 3][column] + spread * rng.normal() as f64 + 50.0 * (column + 1) as f64
        });
        (inputs, labels)
    }

    #[test]
    fn ridge_probes_find_the_line_and_the_classes() {
        let inputs = DMatrix::from_fn(8, 2, |i, j| ((i * (j + 2) * 5) % 7) as f64);
        let targets = DMatrix::from_fn(8, 1, |i, _| 3.0 * inputs[(i, 0)] - 2.0 * inputs[(i, 1)] + 7.0);
        let probe = ridge_regression(&inputs, &targets, 0.0).unwrap();
        assert!((probe.weight[0] - 3.0).abs() < 1e-12 && (probe.weight[1] + 2.0).abs() < 1e-12);
        assert!((probe.bias[0] - 7.0).abs() < 1e-12);
        // A large ridge leaves the mean.
        let flat = ridge_regression(&inputs, &targets, 1e12).unwrap();
        assert!((flat.outputs(&inputs).unwrap().add_scalar(-targets.mean())).amax() < 1e-6);
        let (inputs, labels) = clouds(0.3);
        let classes = ridge_classifier(&inputs, &labels, 3, 1e-3).unwrap().classes(&inputs).unwrap();
        assert!(metrics::accuracy(&classes, &labels).unwrap() > 0.97);
    }

    #[test]
    fn logistic_regression_ends_where_the_gradient_vanishes() {
        let (inputs, labels) = clouds(0.8);
        for ridge in [0.0, 1e-3, 1.0] {
            let probe = logistic_regression(&inputs, &labels, 3, ridge).unwrap();
            assert!(probe.converged && probe.steps < 20, "{} steps to {}", probe.steps, probe.gradient);
            // The gradient again, by its definition, of the whole and uncentred problem.
            let mut error = probe.linear.outputs(&inputs).unwrap().map(f64::exp);
            for (mut row, &label) in error.row_iter_mut().zip(&labels) {
                let sum = row.sum();
                row /= sum;
                row[label as usize] -= 1.0;
            }
            let gradient = inputs.tr_mul(&error) / 90.0 + &probe.linear.weight * ridge;
            assert!(gradient.amax() < 1e-6, "ridge {ridge}: {}", gradient.amax());
            assert!(error.row_sum().amax() / 90.0 < 1e-8);
        }
    }

    #[test]
    fn separable_classes_have_an_end_only_with_a_ridge() {
        let (inputs, labels) = clouds(0.05);
        let free = logistic_regression(&inputs, &labels, 3, 0.0).unwrap();
        assert!(free.loss < 1e-6 && free.linear.classes(&inputs).unwrap() == labels);
        let held = logistic_regression(&inputs, &labels, 3, 1e-4).unwrap();
        assert!(held.converged && held.loss > free.loss && held.linear.classes(&inputs).unwrap() == labels);
    }

    #[test]
    fn faults_are_told() {
        let inputs = DMatrix::from_element(2, 1, 1.0);
        let told =
            |labels: &[u32], classes| logistic_regression(&inputs, labels, classes, 0.1).unwrap_err().message.clone();
        assert_eq!(told(&[0, 3], 3), "label 3 of 3 classes");
        assert_eq!(told(&[0], 2), "2 inputs and 1 labels");
        assert!(told(&[0, 0], 1).contains("1 classes"));
        assert!(logistic_regression(&DMatrix::from_element(2, 1, f64::NAN), &[0, 1], 2, 0.0).is_err());
        assert!(logistic_regression(&inputs, &[0, 1], 2, -1.0).is_err());
        // Inputs that say nothing: the frequencies, from the intercept alone.
        let flat = logistic_regression(&inputs, &[0, 1], 2, 0.0).unwrap();
        assert!(flat.converged && flat.steps == 0 && (flat.loss - 2f64.ln()).abs() < 1e-15);
        assert!(flat.linear.outputs(&DMatrix::zeros(1, 2)).unwrap_err().message.contains("2 features, fitted were 1"));
    }
}
