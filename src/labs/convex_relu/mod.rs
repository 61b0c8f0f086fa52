//! Two-layer ReLU networks trained to the global optimum (Bai, Gautam and Sojoudi, 2022): the training problem is also a
//! convex program over activation patterns, so that ADMM finds the one floor that no descent can fall below, and hands back
//! the network that stands on it.
//!
//! Symbols: X points with a bias entry, y labels, β weight penalty, D_p activation patterns, v_p and w_p their weights, p*
//! the optimum, ε half-width of the boxes in which an adversary moves points. `patterns.rs` has the patterns, `coupled.rs`
//! the equations of every iteration, `admm.rs` and `scp.rs` the two solvers of the plain task, `certificate.rs` the proof
//! of the floor, `sweep.rs` optima by size, `robust.rs` convex adversarial training, `network.rs` what is handed back,
//! `descent.rs` the baseline, `controls.rs` what can be turned, `claims.rs` what is checked, `panels.rs` what is drawn.

mod admm;
mod certificate;
mod claims;
mod controls;
mod coupled;
mod data;
mod descent;
mod network;
mod panels;
mod patterns;
mod robust;
mod scp;
mod sweep;
#[cfg(test)]
mod tests;

use super::{Claim, Experiment, Lab, Paper, Part, Payload, RunPlan, Settings, work};
use crate::graph::Result;
use crate::rng::{self, Rng};
use crate::session::View;
use admm::{Admm, AdmmWork};
use certificate::Certificate;
use controls::{CLAIMS, CONTROLS, PANELS};
use data::Set;
use patterns::Patterns;
use robust::{Robust, Task};
use scp::{Scp, ScpWork};
use serde_json::Value;
use std::sync::Arc;
use sweep::{Solver, Source, Sweep};

/// The lab as data.
pub const LAB: Lab = Lab {
    slug: "convex-relu",
    title: "The bottom of the valley, proven",
    promise: "Ten gradient descents get stuck at ten heights. A convex program finds the one floor that no network of this \
              kind can fall below, and hands back the network that stands on it.",
    paper: Paper {
        authors: "Yatong Bai, Tanmay Gautam, Somayeh Sojoudi",
        title: "Efficient Global Optimization of Two-Layer ReLU Networks: Quadratic-Time Algorithms and Adversarial Training",
        year: 2022,
        url: "https://arxiv.org/abs/2201.01965",
    },
    theme: "Training dynamics",
    tags: &["convex optimisation", "ADMM", "global optimum", "duality", "adversarial training", "local minima"],
    controls: CONTROLS,
    panels: PANELS,
    claims: CLAIMS,
    metric: admm::OBJECTIVE,
    formats: &[],
    files: &[],
    open,
};

/// Names of runs.
const ADMM: &str = "ADMM";
const SCP: &str = "fixed random neurons (SCP)";
const FLOOR: &str = "floor";
const BY_PATTERNS: &str = "sampled patterns";
const BY_NEURONS: &str = "sampled neurons";
const STANDARD: &str = "standard convex training";
const CONVEX: &str = "convex adversarial training";
const DESCENT: &str = "gradient descent";
const ATTACKED: &str = "gradient descent under attack";

/// Widths of the descents that the claim compares.
const WIDTHS: [usize; 5] = [2, 4, 8, 20, 50];
/// Iterations of ADMM for the floor in the time of one that is shown.
const AHEAD: usize = 3;
/// Iterations of ADMM; of the sampled convex program.
const ITERATIONS: u64 = 4000;
const SCP_ITERATIONS: u64 = 3000;
/// Sizes of the claims: patterns, and neurons of the sampled convex program.
const SAMPLED_PATTERNS: &[usize] = &[4, 8, 16, 32];
const SAMPLED_NEURONS: &[usize] = &[20, 100, 400];

/// Points of a class in the adversarial task, and fresh ones to test on.
const CLOUD: usize = 20;
const TEST_CLOUD: usize = 200;
/// Weight penalty of that task.
const ADVERSARIAL_BETA: f64 = 0.001;
/// Draws for its patterns, and the penalties ρ of its splittings.
const PATTERN_DRAWS: usize = 120;
const STANDARD_RHO: f64 = 0.001;
const ROBUST_RHO: f64 = 0.01;
/// Its iterations a step where only claims need it.
const STRIDE: u64 = 20;

/// Often at first, when much happens.
fn reads(step: u64) -> bool {
    step <= 40 || step <= 200 && step.is_multiple_of(5) || step.is_multiple_of(20)
}

/// Seldom: a reading tries every move of every test point.
fn reads_seldom(step: u64) -> bool {
    step <= 2 || step == 5 || step == 10 || step == 25 || step.is_multiple_of(50)
}

/// Name of the descents of a width.
fn of_width(width: usize) -> String {
    format!("{DESCENT}, width {width}")
}

fn descents(set: &Arc<Set>, beta: f64, width: usize, seed: u32, part: Part) -> RunPlan {
    let set = set.clone();
    let build = Box::new(move || descent::program(&set, beta as f32, width, seed));
    let run = RunPlan::new(of_width(width), part, descent::STEPS, reads, build);
    RunPlan { judge: Some(Box::new(descent::Objectives)), ..run }
}

/// Patterns of a draw among those of the claims.
fn drawn(seed: u32, set: &Set, most: usize, draw: u32) -> Patterns {
    let rng = Rng::at_step(seed, rng::stream("convex-relu/patterns"), draw);
    Patterns::sampled(&set.points, most, None, rng)
}

fn drawn_neurons(source: &Source, count: usize, draw: u32) -> Scp {
    Scp::new(&source.set, count, source.beta, Rng::at_step(source.seed, rng::stream("convex-relu/neurons"), draw))
}

/// The plain task: which floor there is, and who reaches it.
struct Plain {
    set: Arc<Set>,
    beta: f64,
    /// Patterns of the solver that is shown, for their lines; none with fixed neurons.
    patterns: Option<Patterns>,
    width: usize,
    /// Whether runs for claims follow.
    claims: bool,
}

/// The lab at given settings.
struct ConvexRelu {
    runs: Vec<RunPlan>,
    /// The plain task, or else the adversarial one.
    plain: Option<Plain>,
    task: Arc<Task>,
}

fn open(settings: &Settings, with_claims: bool) -> Result<Box<dyn Experiment>> {
    let task = Arc::new(Task {
        train: Set::clouds(settings.seed, "convex-relu/clouds", CLOUD, true),
        test: Set::clouds(settings.seed, "convex-relu/test clouds", TEST_CLOUD, false),
        reach: settings.number("epsilon"),
        beta: ADVERSARIAL_BETA,
    });
    let (runs, plain) = match settings.text("task") {
        "adversarial" => (adversarial_runs(&task, settings.seed, true)?, None),
        _ => {
            let (mut runs, plain) = plain_runs(settings, with_claims)?;
            if with_claims {
                runs.extend(adversarial_runs(&task, settings.seed, false)?);
            }
            (runs, Some(plain))
        }
    };
    Ok(Box::new(ConvexRelu { runs, plain, task }))
}

fn plain_runs(settings: &Settings, with_claims: bool) -> Result<(Vec<RunPlan>, Plain)> {
    let (seed, beta, width) = (settings.seed, settings.number("beta"), settings.number("width") as usize);
    let own = Set::read(settings.text("points"))?;
    let set = Arc::new(own.unwrap_or_else(|| Set::random(seed)));
    let source = Source { set: set.clone(), beta, seed };
    let all = Patterns::all(&set.points);
    let most = settings.text("patterns");
    let used = match most.parse() {
        Ok(most) => drawn(seed, &set, most, 0),
        Err(_) => all.clone(),
    };
    let admm = |part: Part| -> Result<RunPlan> {
        let solver = AdmmWork { admm: Admm::new(&set, &used, beta)?, stride: 1, certificate: None };
        Ok(work::run(ADMM, part, ITERATIONS, reads, Box::new(solver)))
    };
    let fixed = settings.text("method") == "scp";
    let others = WIDTHS.into_iter().filter(|other| with_claims && *other != width);
    let mut runs = vec![descents(&set, beta, width, seed, Part::Main)];
    if fixed {
        let count = settings.text("neurons").parse().unwrap_or(400);
        let solver = ScpWork(drawn_neurons(&source, count, 0));
        runs.push(work::run(SCP, Part::Beside, SCP_ITERATIONS, reads, Box::new(solver)));
    } else {
        runs.push(admm(Part::Beside)?);
    }
    let certificate = Some(Arc::new(Certificate::new(&set, &all, beta)));
    let floor = AdmmWork { admm: Admm::new(&set, &all, beta)?, stride: AHEAD, certificate };
    runs.push(work::run(FLOOR, Part::Beside, ITERATIONS, reads, Box::new(floor)));
    runs.extend(others.map(|other| descents(&set, beta, other, seed, Part::Beside)));
    if with_claims {
        if fixed {
            runs.push(admm(Part::Later)?);
        }
        let by_patterns = Sweep::new(SAMPLED_PATTERNS, ITERATIONS as usize, source.clone(), |source, most, draw| {
            let patterns = drawn(source.seed, &source.set, most, draw);
            let admm = Admm::new(&source.set, &patterns, source.beta).ok()?;
            Some(Box::new(admm) as Box<dyn Solver>)
        });
        let by_neurons = Sweep::new(SAMPLED_NEURONS, SCP_ITERATIONS as usize, source, |source, count, draw| {
            Some(Box::new(drawn_neurons(source, count, draw)))
        });
        for (name, sweep) in [(BY_PATTERNS, by_patterns), (BY_NEURONS, by_neurons)] {
            runs.push(work::run(name, Part::Later, sweep.steps(), |step| step.is_multiple_of(10), Box::new(sweep)));
        }
    }
    let patterns = (!fixed).then_some(used);
    Ok((runs, Plain { set, beta, patterns, width, claims: with_claims }))
}

/// The four ways of the adversarial task; those that are not shown take larger steps.
fn adversarial_runs(task: &Arc<Task>, seed: u32, shown: bool) -> Result<Vec<RunPlan>> {
    let rng = Rng::new(seed, "convex-relu/cloud patterns");
    let patterns = Patterns::sampled(&task.train.points, usize::MAX, Some(PATTERN_DRAWS), rng);
    let stride = if shown { 1 } else { STRIDE };
    let part = |first: bool| match (shown, first) {
        (true, true) => Part::Main,
        (true, false) => Part::Beside,
        _ => Part::Later,
    };
    let convex = |name: &str, part: Part, reach: f64, rho: f64| -> Result<RunPlan> {
        let solver = Robust::new(task, &patterns, reach, rho, stride as usize)?;
        Ok(work::run(name, part, ITERATIONS / stride, reads_seldom, Box::new(solver)))
    };
    let descent = |name: &str, attacked: bool| {
        let (task, grader) = (task.clone(), descent::Grader(task.clone()));
        let build = Box::new(move || descent::adversarial(&task, attacked, seed));
        let run = RunPlan::new(name, part(false), descent::ADVERSARIAL_STEPS, reads_seldom, build);
        RunPlan { judge: Some(Box::new(grader)), ..run }
    };
    Ok(vec![
        convex(CONVEX, part(true), task.reach, ROBUST_RHO)?,
        convex(STANDARD, part(false), 0.0, STANDARD_RHO)?,
        descent(ATTACKED, true),
        descent(DESCENT, false),
    ])
}

impl Experiment for ConvexRelu {
    fn runs(&mut self) -> Vec<RunPlan> {
        std::mem::take(&mut self.runs)
    }

    fn retune(&self, _: &str, _: f64) -> Option<Vec<(usize, &'static str, f32)>> {
        None
    }

    fn panel(&mut self, id: &str, view: &View, payload: &mut Payload) -> Value {
        match (&self.plain, id) {
            (Some(plain), "descents") => panels::descents(plain, view, payload),
            (Some(plain), "geometry") => panels::geometry(plain, view, payload),
            (Some(plain), "convergence") if plain.patterns.is_some() => panels::convergence(view, payload),
            (Some(plain), "sizes") if plain.claims => panels::sizes(view, payload),
            (None, "robust_objective") => panels::robust_objective(view, payload),
            (None, "standard_field") => panels::boxes(&self.task, &view.runs[1], payload),
            (None, "robust_field") => panels::boxes(&self.task, &view.runs[0], payload),
            (None, "accuracies") => panels::accuracies(&self.task, view),
            (None, "violation") => panels::violation(view, payload),
            _ => Value::Null,
        }
    }

    fn claims(&self, view: &View) -> Vec<Claim> {
        let mut claims = Vec::new();
        if self.plain.is_some() {
            claims.extend(claims::of_plain(view));
        }
        claims.extend(claims::of_adversarial(view, self.task.reach));
        claims
    }
}
