//! L-BFGS at the host: Newton's method with the curvature guessed from the last few steps (Nocedal and Wright,
//! "Numerical optimization", 2nd edition, 2006, algorithms 7.4 and 7.5), with a strong Wolfe line search.
//!
//! For objectives that are the same at every call: whole data sets, small models. It is called step by step, so that a
//! lab can draw in between. All of its own arithmetic is sums, products and roots in double precision and a fixed order,
//! so the same objective gives the same bits everywhere. For an objective that is computed in single precision, raise
//! [`Options::value_noise`].

use super::wolfe::{Conditions, Line, Outcome, Place};
use std::collections::VecDeque;

pub use super::wolfe::Objective;

/// When to stop and how to search.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Steps that are remembered.
    pub memory: usize,
    /// Stops once no component of the gradient is larger.
    pub gradient_tolerance: f64,
    /// Stops once a step lowers the value by no more than this share of it (of 1, if the value is smaller).
    pub value_tolerance: f64,
    /// Rounding of the objective relative to its value: smaller differences mean nothing.
    pub value_noise: f64,
    /// Share of the fall promised by the slope that a step must reach: c₁ of the Wolfe conditions.
    pub decrease: f64,
    /// Share of the slope that may be left after a step: c₂ of the Wolfe conditions, above c₁ and below 1.
    pub curvature: f64,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            memory: 10,
            gradient_tolerance: 1e-8,
            value_tolerance: 1e-14,
            value_noise: 16.0 * f64::EPSILON,
            decrease: 1e-4,
            curvature: 0.9,
        }
    }
}

/// Why there is no further step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The gradient is within its tolerance: a minimum, or another flat place.
    Flat,
    /// The last step changed the value by no more than its tolerance.
    Settled,
    /// No lower value was found, even along the gradient: the objective's rounding is reached, or its gradient is wrong.
    NoDescent,
    /// The value falls without end along a line.
    Unbounded,
    /// The objective is not finite at the start.
    NotFinite,
}

impl Stop {
    /// The reason as a sentence.
    pub fn text(self) -> &'static str {
        match self {
            Stop::Flat => "The gradient is zero within its tolerance.",
            Stop::Settled => "The last step no longer changed the value.",
            Stop::NoDescent => "No lower value was found along the gradient.",
            Stop::Unbounded => "The value falls without end.",
            Stop::NotFinite => "The objective is not finite at the start.",
        }
    }
}

/// What a step has reached.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Steps so far.
    pub steps: usize,
    /// Evaluations of the objective so far, that at the start included.
    pub evaluations: usize,
    /// Value of the objective.
    pub value: f64,
    /// Largest component of the gradient, by magnitude.
    pub slope: f64,
    /// Euclidean length of the last step.
    pub moved: f64,
    /// Why this was the last step, if it was.
    pub stop: Option<Stop>,
}

/// A remembered step: how the point and how the gradient changed, and the inverse of their product.
#[derive(Clone, Debug)]
struct Pair {
    step: Vec<f64>,
    change: Vec<f64>,
    inverse: f64,
}

/// A minimisation under way.
#[derive(Clone, Debug)]
pub struct Lbfgs {
    options: Options,
    point: Vec<f64>,
    gradient: Vec<f64>,
    pairs: VecDeque<Pair>,
    progress: Progress,
}

impl Lbfgs {
    /// Begins at `start`, where the objective is evaluated once.
    pub fn new(start: Vec<f64>, options: Options, objective: Objective) -> Lbfgs {
        let mut gradient = vec![0.0; start.len()];
        let value = objective(&start, &mut gradient);
        let slope = largest(&gradient);
        let stop = if !value.is_finite() || !gradient.iter().all(|g| g.is_finite()) {
            Some(Stop::NotFinite)
        } else {
            (slope <= options.gradient_tolerance).then_some(Stop::Flat)
        };
        let progress = Progress { steps: 0, evaluations: 1, value, slope, moved: 0.0, stop };
        Lbfgs { options, point: start, gradient, pairs: VecDeque::new(), progress }
    }

    /// The point reached.
    pub fn point(&self) -> &[f64] {
        &self.point
    }

    /// The gradient there.
    pub fn gradient(&self) -> &[f64] {
        &self.gradient
    }

    /// What has been reached.
    pub fn progress(&self) -> Progress {
        self.progress
    }

    /// One step: a direction and a search along it. Does nothing once stopped.
    pub fn step(&mut self, objective: Objective) -> Progress {
        if self.progress.stop.is_some() {
            return self.progress;
        }
        let mut outcome = self.search(objective);
        if !matches!(outcome, Searched::Moved) && !self.pairs.is_empty() {
            // The remembered curvature may mislead; the gradient alone cannot.
            self.pairs.clear();
            outcome = self.search(objective);
        }
        match outcome {
            Searched::Moved => {}
            Searched::Unbounded => self.progress.stop = Some(Stop::Unbounded),
            Searched::Nothing => self.progress.stop = Some(Stop::NoDescent),
        }
        self.progress
    }

    /// Steps until it stops, or `most` steps later.
    pub fn run(&mut self, most: usize, objective: Objective) -> Progress {
        for _ in 0..most {
            if self.step(objective).stop.is_some() {
                break;
            }
        }
        self.progress
    }

    fn search(&mut self, objective: Objective) -> Searched {
        let mut direction = self.direction();
        let mut slope = dot(&direction, &self.gradient);
        if slope.is_nan() || slope >= 0.0 || slope == f64::NEG_INFINITY {
            self.pairs.clear();
            direction = self.gradient.iter().map(|g| -g).collect();
            slope = dot(&direction, &self.gradient);
        }
        // Without a memory the scale is unknown; a first step of length 1 or less is safe.
        let length: f64 = self.gradient.iter().map(|g| g.abs()).sum();
        let first = if self.pairs.is_empty() { (1.0 / length).min(1.0) } else { 1.0 };
        let (mut point, mut gradient) = (vec![0.0; self.point.len()], vec![0.0; self.point.len()]);
        let mut line = Line {
            objective,
            origin: &self.point,
            direction: &direction,
            point: &mut point,
            gradient: &mut gradient,
            evaluations: 0,
        };
        let Options { decrease, curvature, value_noise: noise, .. } = self.options;
        let start = Place { step: 0.0, value: self.progress.value, slope };
        let outcome = line.search(start, first, Conditions { decrease, curvature, noise });
        self.progress.evaluations += line.evaluations;
        match outcome {
            Outcome::Found(place) => {
                self.accept(place.value, point, gradient);
                Searched::Moved
            }
            Outcome::Unbounded => Searched::Unbounded,
            Outcome::Nothing => Searched::Nothing,
        }
    }

    /// Algorithm 7.4: minus the gradient times the inverse of the remembered curvature.
    fn direction(&self) -> Vec<f64> {
        let mut direction: Vec<f64> = self.gradient.iter().map(|g| -g).collect();
        let mut shares = Vec::with_capacity(self.pairs.len());
        for pair in self.pairs.iter().rev() {
            let share = pair.inverse * dot(&pair.step, &direction);
            add(&mut direction, -share, &pair.change);
            shares.push(share);
        }
        if let Some(last) = self.pairs.back() {
            // The size of the curvature along the last step (equation 7.20).
            let scale = 1.0 / (last.inverse * dot(&last.change, &last.change));
            direction.iter_mut().for_each(|d| *d *= scale);
        }
        for (pair, share) in self.pairs.iter().zip(shares.into_iter().rev()) {
            let other = pair.inverse * dot(&pair.change, &direction);
            add(&mut direction, share - other, &pair.step);
        }
        direction
    }

    fn accept(&mut self, value: f64, point: Vec<f64>, gradient: Vec<f64>) {
        let difference = |new: &[f64], old: &[f64]| new.iter().zip(old).map(|(n, o)| n - o).collect::<Vec<f64>>();
        let (step, change) = (difference(&point, &self.point), difference(&gradient, &self.gradient));
        let moved = dot(&step, &step).sqrt();
        let product = dot(&step, &change);
        // The search sees to a positive product; rounding, or a search that gave up, may not.
        if self.options.memory > 0 && product > f64::EPSILON * dot(&change, &change) {
            if self.pairs.len() == self.options.memory {
                self.pairs.pop_front();
            }
            self.pairs.push_back(Pair { step, change, inverse: 1.0 / product });
        }
        let fall = self.progress.value - value;
        let scale = value.abs().max(self.progress.value.abs()).max(1.0);
        (self.point, self.gradient) = (point, gradient);
        let slope = largest(&self.gradient);
        let stop = if slope <= self.options.gradient_tolerance {
            Some(Stop::Flat)
        } else {
            (fall <= self.options.value_tolerance * scale).then_some(Stop::Settled)
        };
        let Progress { steps, evaluations, .. } = self.progress;
        self.progress = Progress { steps: steps + 1, evaluations, value, slope, moved, stop };
    }
}

enum Searched {
    Moved,
    Unbounded,
    Nothing,
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// `a += share · b`.
fn add(a: &mut [f64], share: f64, b: &[f64]) {
    a.iter_mut().zip(b).for_each(|(x, y)| *x += share * y);
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |most, value| value.abs().max(most))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    /// Σ 100 (x₂ᵢ₊₁ − x₂ᵢ²)² + (1 − x₂ᵢ)²
    fn rosenbrock(x: &[f64], gradient: &mut [f64]) -> f64 {
        let mut value = 0.0;
        for (x, g) in x.as_chunks::<2>().0.iter().zip(gradient.as_chunks_mut::<2>().0) {
            let (bend, rest) = (x[1] - x[0] * x[0], 1.0 - x[0]);
            value += 100.0 * bend * bend + rest * rest;
            *g = [-400.0 * x[0] * bend - 2.0 * rest, 200.0 * bend];
        }
        value
    }

    fn minimise(start: Vec<f64>, options: Options, objective: Objective) -> Lbfgs {
        let mut search = Lbfgs::new(start, options, objective);
        search.run(2000, objective);
        search
    }

    #[test]
    fn it_follows_rosenbrocks_valley_to_its_end() {
        for dimensions in [2, 20] {
            let start = [-1.2, 1.0].repeat(dimensions / 2);
            let search = minimise(start, Options::default(), &mut rosenbrock);
            let Progress { steps, evaluations, stop, .. } = search.progress();
            assert_eq!(stop, Some(Stop::Flat), "{:?}", search.progress());
            assert!(search.point().iter().all(|x| (x - 1.0).abs() < 1e-8), "{:?}", search.point());
            assert!(steps < 50 && evaluations < 65, "{steps} steps, {evaluations} evaluations");
        }
    }

    #[test]
    fn ill_conditioned_quadratics_take_about_the_steps_of_scipy_and_every_step_is_lower() {
        let n = 50;
        let basis = crate::data::orthogonal::orthonormal(&mut Rng::new(1, "basis"), n, n);
        let target: Vec<f64> = (0..n).map(|i| (i % 7) as f64 - 3.0).collect();
        // scipy 1.17's L-BFGS-B, with the same memory and tolerance, takes 282, 869 and 8283 steps.
        for (condition, most) in [(1e3f64, 400), (1e4, 1300), (1e6, 12_000)] {
            let eigenvalues: Vec<f64> = (0..n).map(|i| condition.powf(i as f64 / (n - 1) as f64)).collect();
            let mut quadratic = |x: &[f64], gradient: &mut [f64]| {
                let mut value = 0.0;
                gradient.fill(0.0);
                for (row, eigenvalue) in basis.chunks(n).zip(&eigenvalues) {
                    let along: f64 = row.iter().zip(x).zip(&target).map(|((q, x), t)| q * (x - t)).sum();
                    value += 0.5 * eigenvalue * along * along;
                    add(gradient, eigenvalue * along, row);
                }
                value
            };
            let options = Options { value_tolerance: 0.0, gradient_tolerance: 1e-7, ..Options::default() };
            let mut search = Lbfgs::new(vec![0.0; n], options, &mut quadratic);
            let mut last = search.progress().value;
            while search.progress().steps < most && search.progress().stop.is_none() {
                let value = search.step(&mut quadratic).value;
                assert!(value <= last * (1.0 + 1e-14), "{value} after {last}");
                last = value;
            }
            println!("condition {condition}: {:?}", search.progress());
            assert_eq!(search.progress().stop, Some(Stop::Flat), "{condition}: {:?}", search.progress());
            let error = search.point().iter().zip(&target).map(|(x, t)| (x - t).abs()).fold(0.0, f64::max);
            assert!(error < 1e-6, "{condition}: {error}");
        }
    }

    #[test]
    fn logistic_regression_reaches_the_optimum_of_an_independent_solver() {
        // Points (sin 3i, cos 5i, 1), labels by a formula, ridge 0.01; the optimum by Newton's method in
        // tests/fixtures/training.py.
        let points: Vec<([f64; 3], f64)> = (0..30)
            .map(|i| {
                let i = i as f64;
                let side = (3.0 * i).sin() + 0.5 * (5.0 * i).cos() + 0.4 * (11.0 * i).sin();
                ([(3.0 * i).sin(), (5.0 * i).cos(), 1.0], if side > 0.0 { 1.0 } else { -1.0 })
            })
            .collect();
        let mut loss = |w: &[f64], gradient: &mut [f64]| {
            let mut value = 0.005 * dot(w, w);
            gradient.iter_mut().zip(w).for_each(|(g, w)| *g = 0.01 * w);
            for (x, y) in &points {
                let margin = y * dot(x, w);
                value += (-margin.abs()).exp().ln_1p() + (-margin).max(0.0);
                add(gradient, -y / (1.0 + margin.exp()), x);
            }
            value
        };
        let search = minimise(vec![0.0; 3], Options::default(), &mut loss);
        assert_eq!(search.progress().stop, Some(Stop::Flat), "{:?}", search.progress());
        assert!((search.progress().value - 8.066_543_181_172).abs() < 1e-11, "{:?}", search.progress());
        for (got, want) in search.point().iter().zip([4.932_951_509_291, 2.164_680_027_307, -0.412_841_860_031]) {
            assert!((got - want).abs() < 1e-7, "{got} instead of {want}");
        }
        assert!(search.progress().evaluations < 25, "{:?}", search.progress());
    }

    #[test]
    fn it_comes_back_from_where_the_objective_is_not_finite() {
        // x − log x with the minimum at 1, a wall at 0 that the first steps jump over, and NaN beyond.
        let mut barrier = |x: &[f64], gradient: &mut [f64]| {
            gradient[0] = 1.0 - 1.0 / x[0];
            if x[0] > 0.0 { x[0] - x[0].ln() } else { f64::NAN }
        };
        for start in [1e-4, 0.5, 3.0, 200.0] {
            let search = minimise(vec![start], Options::default(), &mut barrier);
            assert_eq!(search.progress().stop, Some(Stop::Flat), "from {start}: {:?}", search.progress());
            assert!((search.point()[0] - 1.0).abs() < 1e-8, "from {start}: {:?}", search.point());
        }
        let lost = minimise(vec![-1.0], Options::default(), &mut barrier);
        assert_eq!((lost.progress().stop, lost.progress().evaluations), (Some(Stop::NotFinite), 1));
    }

    #[test]
    fn it_says_why_it_stopped() {
        let mut slope = |x: &[f64], gradient: &mut [f64]| {
            gradient.fill(-1.0);
            -x.iter().sum::<f64>()
        };
        let search = minimise(vec![0.0; 3], Options::default(), &mut slope);
        assert_eq!(search.progress().stop, Some(Stop::Unbounded));
        // A gradient of the wrong sign.
        let mut wrong = |x: &[f64], gradient: &mut [f64]| {
            gradient[0] = -2.0 * x[0];
            x[0] * x[0]
        };
        let search = minimise(vec![1.0], Options::default(), &mut wrong);
        assert_eq!(search.progress().stop, Some(Stop::NoDescent));
        assert_eq!(search.point(), [1.0], "it stays where it is lowest");
        let mut at_rest = |x: &[f64], gradient: &mut [f64]| {
            gradient[0] = 2.0 * x[0];
            x[0] * x[0]
        };
        let mut search = minimise(vec![0.0], Options::default(), &mut at_rest);
        assert_eq!(search.progress().stop, Some(Stop::Flat));
        assert_eq!(search.step(&mut at_rest).evaluations, 1, "stopped is stopped");
        let empty = minimise(Vec::new(), Options::default(), &mut |_, _| 3.0);
        assert_eq!(empty.progress().stop, Some(Stop::Flat));
    }

    #[test]
    fn an_objective_in_single_precision_is_minimised_to_its_rounding() {
        let mut rounded = |x: &[f64], gradient: &mut [f64]| {
            let value = rosenbrock(x, gradient) + 5.0;
            gradient.iter_mut().for_each(|g| *g = *g as f32 as f64);
            value as f32 as f64
        };
        let options =
            Options { value_noise: 1e-6, gradient_tolerance: 1e-4, value_tolerance: 0.0, ..Options::default() };
        let search = minimise(vec![-1.2, 1.0], options, &mut rounded);
        assert!(search.point().iter().all(|x| (x - 1.0).abs() < 1e-3), "{:?} {:?}", search.point(), search.progress());
    }
}
