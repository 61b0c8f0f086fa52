//! Data E: how the error of a retrieval falls with β and with how far a pattern is from all others, and the paper's bound
//! (C3). In double precision, because the errors fall far below what single precision resolves.

use crate::labs::work::{self, Work};
use crate::labs::{Part, RunPlan};
use crate::rng::Rng;
use nalgebra::ComplexField;
use std::sync::Arc;

/// Patterns and dimensions.
const N: usize = 20;
const D: usize = 32;
/// Inverse temperatures.
const BETAS: [f64; 6] = [0.1, 0.2, 0.3, 0.5, 0.7, 1.0];
/// Updates after which a state counts as its fixed point.
const UPDATES: usize = 200;
const STEPS: u64 = (N * BETAS.len()) as u64;

/// Name of the run and of its numbers.
pub(super) const NAME: &str = "error law";
/// β Δ of the pattern; distance of the first update from the pattern, and from its fixed point; the bound of the latter.
pub(super) const NUMBERS: [&str; 4] = ["β Δ", "error", "error at the fixed point", "bound"];

/// The run: one pattern at one β a step. `sharpness` is 1; a memory that updates at that many times β has another law.
pub(super) fn run(seed: u32, sharpness: f64) -> RunPlan {
    let errors = Errors { patterns: patterns(seed), sharpness, done: 0 };
    work::run(NAME, Part::Later, STEPS, |step| step > 0, Box::new(errors))
}

/// `N` patterns of length √D in random directions, `[N, D]`.
fn patterns(seed: u32) -> Arc<Vec<f64>> {
    let mut rng = Rng::new(seed, "modern-hopfield/errors");
    let mut patterns: Vec<f64> = (0..N * D).map(|_| rng.normal() as f64).collect();
    for pattern in patterns.chunks_mut(D) {
        let length = dot(pattern, pattern).sqrt();
        pattern.iter_mut().for_each(|x| *x *= (D as f64).sqrt() / length);
    }
    Arc::new(patterns)
}

#[derive(Clone)]
struct Errors {
    patterns: Arc<Vec<f64>>,
    sharpness: f64,
    done: usize,
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
}

/// One update, `X softmax(β Xᵀ ξ)`, of a state of [`D`] numbers.
fn update(patterns: &[f64], beta: f64, state: &[f64]) -> Vec<f64> {
    let logits: Vec<f64> = patterns.chunks(D).map(|pattern| beta * dot(pattern, state)).collect();
    let top = logits.iter().fold(f64::MIN, |top, &logit| top.max(logit));
    let weights: Vec<f64> = logits.iter().map(|logit| (logit - top).exp_by_libm()).collect();
    let sum: f64 = weights.iter().sum();
    let mut next = vec![0.0; D];
    for (pattern, weight) in patterns.chunks(D).zip(weights) {
        next.iter_mut().zip(pattern).for_each(|(x, own)| *x += weight / sum * own);
    }
    next
}

/// The same bits on every platform.
trait Libm {
    fn exp_by_libm(self) -> f64;
}

impl Libm for f64 {
    fn exp_by_libm(self) -> f64 {
        ComplexField::exp(self)
    }
}

/// The four numbers of a pattern at an inverse temperature, whose updates are made at `sharpness · beta`.
fn errors(patterns: &[f64], pattern: usize, beta: f64, sharpness: f64) -> [f64; 4] {
    let own = &patterns[pattern * D..][..D];
    let others = patterns.chunks(D).enumerate().filter(|(other, _)| *other != pattern);
    let nearest = others.map(|(_, other)| dot(own, other)).fold(f64::MIN, f64::max);
    let (separation, largest) = (dot(own, own) - nearest, (D as f64).sqrt());
    let first = update(patterns, sharpness * beta, own);
    let fixed = (1..UPDATES).fold(first.clone(), |state, _| update(patterns, sharpness * beta, &state));
    // The cue is the pattern itself, so that only the fixed point's distance from it counts (theorem 5).
    let exponent = -beta * (separation - 2.0 * distance(&fixed, own) * largest);
    let bound = 2.0 * (N - 1) as f64 * exponent.exp_by_libm() * largest;
    [beta * separation, distance(&first, own), distance(&first, &fixed), bound]
}

impl Work for Errors {
    fn numbers(&self) -> Vec<String> {
        NUMBERS.map(str::to_owned).to_vec()
    }

    fn measure(&self, numbers: &mut Vec<f32>) {
        let last = self.done.saturating_sub(1);
        let (pattern, beta) = (last / BETAS.len(), BETAS[last % BETAS.len()]);
        // A bound far beyond all numbers is as good as the largest one.
        numbers.extend(errors(&self.patterns, pattern, beta, self.sharpness).map(|x| x.min(1e30) as f32));
    }

    fn step(&mut self) {
        self.done += 1;
    }

    fn copy(&self) -> Box<dyn Work> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn updates_of_both_precisions_agree_and_flat_weights_give_the_mean() {
        let patterns = patterns(1);
        let single: Vec<f32> = patterns.iter().map(|&x| x as f32).collect();
        let mut memory = super::super::memory::Memory::new(single.clone(), D, N).unwrap();
        for beta in [0.0, 0.05, 0.3, 1.0] {
            let states = memory.update(&single, beta as f32);
            for (own, state) in patterns.chunks(D).zip(states.chunks(D)) {
                let want = update(&patterns, beta, own);
                let worst = want.iter().zip(state).map(|(a, b)| (a - *b as f64).abs()).fold(0.0, f64::max);
                assert!(worst < 1e-5, "β = {beta}: {worst}");
                if beta == 0.0 {
                    let mean = |i: usize| patterns.chunks(D).map(|pattern| pattern[i]).sum::<f64>() / N as f64;
                    assert!((0..D).all(|i| (want[i] - mean(i)).abs() < 1e-12));
                }
            }
        }
    }

    #[test]
    fn two_opposite_patterns_have_the_fixed_point_of_a_hyperbolic_tangent() {
        // With ±x of length √D the state a·x goes to tanh(β a D)·x.
        let mut patterns = vec![1.0; 2 * D];
        patterns[D..].fill(-1.0);
        let beta = 0.1;
        let mut a = 1.0f64;
        let mut state = vec![a; D];
        for _ in 0..5 {
            state = update(&patterns, beta, &state);
            a = (beta * a * D as f64).tanh();
            assert!(state.iter().all(|x| (x - a).abs() < 1e-14), "{} instead of {a}", state[0]);
        }
    }
}
