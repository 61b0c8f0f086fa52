//! Runs of images: the sweep over β that the visitor watches, and the comparison with the classical network (C1).

use super::images::{Classical, Images};
use super::memory::{self, Update, entropy, least_number, median};
use crate::data::digits::PIXELS;
use crate::graph::{Entry, Graph, Result, Role, Var};
use crate::labs::{Judge, Part, RunPlan};
use crate::plan::{self, Program};
use std::sync::Arc;

/// Share of the weight that counts for k.
pub(super) const MASS: f32 = 0.9;
/// The sweep's first β is 2 to this power; each step adds a sixteenth to it, so that powers of two are met.
const FIRST: f32 = -3.3125;
const STEPS_PER_DOUBLING: f32 = 16.0;
/// Steps of the sweep: it ends just below β = 200.
const STEPS: u64 = 175;
/// Products of queries and patterns in a step of the sweep, at most.
const MOST_PRODUCTS: usize = 40_000;
/// The β of C1.
pub(super) const BETA: f32 = 100.0;

/// Images that are tried of `count` stored ones: all of a few, fewer of many.
pub(super) fn tried(count: usize) -> usize {
    count.min(200).min(MOST_PRODUCTS / count).max(8)
}

/// β after some steps of the sweep.
pub(super) fn beta_at(step: u64) -> f64 {
    let doublings = FIRST as f64 + step as f64 / STEPS_PER_DOUBLING as f64;
    nalgebra::ComplexField::exp(doublings * std::f64::consts::LN_2)
}

/// The sweep: each step raises β and lets every cue be updated once.
pub(super) fn sweep(images: &Arc<Images>, hidden: usize) -> RunPlan {
    let (of_program, of_judge) = (images.clone(), images.clone());
    let build = Box::new(move || sweep_program(&of_program, hidden));
    RunPlan { judge: Some(Box::new(Sweep(of_judge))), ..RunPlan::new("β rises", Part::Main, STEPS, |_| true, build) }
}

/// β of the step that `step` counts, as a node: `2^(first + step / per)`.
pub(super) fn rising_beta(g: &mut Graph, step: Var, first: f32, per: f32) -> Result<Var> {
    let doublings = g.mul_number(step, 1.0 / per)?;
    let doublings = g.add_number(doublings, first)?;
    let exponent = g.mul_number(doublings, std::f32::consts::LN_2)?;
    g.exp(exponent)
}

/// A program that counts steps and measures.
pub(super) fn counting(g: &Graph, step: (Var, Var), outputs: Vec<(String, Var)>) -> Result<Program> {
    let train = Entry { name: "train".into(), outputs: Vec::new(), assigns: vec![step] };
    plan::plan(g, &[train, Entry { name: "measure".into(), outputs, assigns: Vec::new() }])
}

/// A count of steps as a number: the leaf and its next value.
pub(super) fn steps(g: &mut Graph) -> Result<(Var, Var)> {
    let step = g.leaf_with(Role::State, "step", &[], vec![0.0]);
    Ok((step, g.add_number(step, 1.0)?))
}

fn sweep_program(images: &Images, hidden: usize) -> Result<Program> {
    let (g, count) = (&mut Graph::new(), tried(images.len()));
    let step = steps(g)?;
    let beta = rising_beta(g, step.0, FIRST, STEPS_PER_DOUBLING)?;
    let patterns = g.leaf_with(Role::Input, "patterns", &[images.len(), PIXELS], images.unit.clone());
    let cues = g.leaf_with(Role::Input, "cues", &[count, PIXELS], images.cues(count, hidden));
    let before = memory::energy(g, cues, patterns, beta)?;
    let Update { weights, next } = memory::update(g, cues, patterns, beta)?;
    let after = memory::energy(g, next, patterns, beta)?;
    let outputs = [("weights", weights), ("states", next), ("before", before), ("after", after), ("beta", beta)];
    counting(g, step, outputs.map(|(name, value)| (name.to_owned(), value)).to_vec())
}

/// Numbers of the sweep.
struct Sweep(Arc<Images>);

/// Names of the numbers that the sweep records.
pub(super) const NUMBERS: [&str; 7] =
    ["β", "restored share", "pixel error", "k", "entropy", "energy before", "energy after"];

impl Judge for Sweep {
    fn numbers(&self) -> Vec<String> {
        NUMBERS.map(str::to_owned).to_vec()
    }

    fn judge(&self, outputs: &[&[f32]]) -> Vec<f32> {
        let [weights, states, before, after, beta] = outputs else { return vec![f32::NAN; NUMBERS.len()] };
        let Told { restored, error, k, entropy } = tell(&self.0, states, weights);
        vec![beta[0], restored, error, k, entropy, median(before), median(after)]
    }
}

/// What is told of many retrievals together.
pub(super) struct Told {
    /// Share of images restored.
    pub restored: f32,
    /// Mean difference of a pixel from the stored one, on the scale from paper 0 to ink 1.
    pub error: f32,
    /// Median number of patterns that hold nine tenths of the weight.
    pub k: f32,
    /// Mean entropy of the weights in nats.
    pub entropy: f32,
}

/// Numbers of states `[q, 64]` that belong to the first q images, and of the weights `[q, n]` that made them.
pub(super) fn tell(images: &Images, states: &[f32], weights: &[f32]) -> Told {
    let count = (states.len() / PIXELS).max(1);
    let error = states.chunks(PIXELS).enumerate().map(|(index, state)| {
        let pairs = state.iter().zip(images.unit(index));
        pairs.map(|(pixel, own)| (pixel - own).abs()).sum::<f32>() * images.scale[index][1] / PIXELS as f32
    });
    let rows = || weights.chunks(images.len());
    let numbers: Vec<f32> = rows().map(|row| least_number(row, MASS) as f32).collect();
    Told {
        restored: images.restored(states),
        error: error.sum::<f32>() / count as f32,
        k: median(&numbers),
        entropy: rows().map(entropy).sum::<f32>() / count as f32,
    }
}

/// Name of the run behind C1, and its numbers.
pub(super) const COMPARISON: &str = "one update, all images";
pub(super) const MODERN: &str = "restored, modern";
pub(super) const CLASSICAL: &str = "restored, classical";
pub(super) const CLEAN: &str = "restored, classical, nothing hidden";

/// Every stored image is recalled by both networks, from the same pixels.
pub(super) fn comparison(images: &Arc<Images>, hidden: usize) -> RunPlan {
    let (of_program, of_judge) = (images.clone(), images.clone());
    let build = Box::new(move || {
        let (g, images) = (&mut Graph::new(), of_program);
        let step = steps(g)?;
        let shape = [images.len(), PIXELS];
        let patterns = g.leaf_with(Role::Input, "patterns", &shape, images.unit.clone());
        let cues = g.leaf_with(Role::Input, "cues", &shape, images.cues(images.len(), hidden));
        let beta = g.constant(BETA, &[])?;
        let Update { next, .. } = memory::update(g, cues, patterns, beta)?;
        counting(g, step, vec![("states".into(), next)])
    });
    RunPlan {
        judge: Some(Box::new(Comparison(of_judge, hidden))),
        ..RunPlan::new(COMPARISON, Part::Later, 1, |step| step == 1, build)
    }
}

struct Comparison(Arc<Images>, usize);

impl Judge for Comparison {
    fn numbers(&self) -> Vec<String> {
        [MODERN, CLASSICAL, CLEAN].map(str::to_owned).to_vec()
    }

    fn judge(&self, outputs: &[&[f32]]) -> Vec<f32> {
        let Comparison(images, hidden) = self;
        let classical = Classical::store(&images.raw);
        let modern = images.restored(outputs[0]);
        vec![modern, classical.restored(&images.raw, *hidden), classical.restored(&images.raw, 0)]
    }
}
