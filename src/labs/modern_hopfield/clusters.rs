//! Data C: patterns in four groups, iterated to their fixed points while β rises (C4).

use super::memory::{self, Update, least_number, median, stretch};
use super::recall::{MASS, counting, rising_beta, steps};
use crate::data::sphere;
use crate::graph::{Graph, Result, Role};
use crate::labs::{Judge, Part, RunPlan};
use crate::ops::scan::Direction;
use crate::plan::Program;
use crate::rng::Rng;

/// Groups, patterns in each, and dimensions.
const GROUPS: usize = 4;
const EACH: usize = 8;
const D: usize = 32;
/// Number of patterns.
pub(super) const PATTERNS: usize = GROUPS * EACH;
/// How far patterns lie from the centre of their group.
pub(super) const SPREAD: f32 = 0.45;
/// Updates until a state counts as at rest.
const UPDATES: usize = 200;
/// The first β is 2 to this power; each step adds a quarter.
const FIRST: f32 = -3.25;
const STEPS_PER_DOUBLING: f32 = 4.0;
const STEPS: u64 = 43;

/// Name of the run and of its number.
pub(super) const NAME: &str = "four groups of patterns";
pub(super) const K: &str = "k of the fixed points";

/// The step at which β is 2 to the power of `doublings`.
pub(super) const fn step_of(doublings: i64) -> u64 {
    (4 * doublings + 13) as u64
}

/// The run; `spread` is [`SPREAD`].
pub(super) fn run(seed: u32, spread: f32) -> RunPlan {
    let build = Box::new(move || program(seed, spread));
    RunPlan { judge: Some(Box::new(Kinds)), ..RunPlan::new(NAME, Part::Beside, STEPS, |_| true, build) }
}

/// Unit centres, and unit patterns around them: `(centre + spread · z)` made a unit vector, z ~ N(0, I/D).
fn patterns(seed: u32, spread: f32) -> Vec<f32> {
    let mut rng = Rng::new(seed, "modern-hopfield/clusters");
    let mut patterns = Vec::with_capacity(PATTERNS * D);
    for _ in 0..GROUPS {
        let centre = sphere::on_sphere(&mut rng, 1, D);
        for _ in 0..EACH {
            let mut pattern: Vec<f32> = centre.iter().map(|&c| c + spread * rng.normal() / (D as f32).sqrt()).collect();
            stretch(&mut pattern, 1.0);
            patterns.extend(pattern);
        }
    }
    patterns
}

fn program(seed: u32, spread: f32) -> Result<Program> {
    let g = &mut Graph::new();
    let step = steps(g)?;
    let beta = rising_beta(g, step.0, FIRST, STEPS_PER_DOUBLING)?;
    let patterns = g.leaf_with(Role::Input, "patterns", &[PATTERNS, D], patterns(seed, spread));
    let clock = g.constant(0.0, &[UPDATES])?;
    let scanned = g.scan(&[patterns], &[clock], Direction::Forwards, |g, states, _| {
        Ok((vec![memory::update(g, states[0], patterns, beta)?.next], Vec::new()))
    })?;
    let Update { weights, .. } = memory::update(g, scanned.last[0], patterns, beta)?;
    counting(g, step, vec![("weights".into(), weights), ("beta".into(), beta)])
}

struct Kinds;

impl Judge for Kinds {
    fn numbers(&self) -> Vec<String> {
        vec!["β".into(), K.into()]
    }

    fn judge(&self, outputs: &[&[f32]]) -> Vec<f32> {
        let numbers: Vec<f32> = outputs[0].chunks(PATTERNS).map(|row| least_number(row, MASS) as f32).collect();
        vec![outputs[1][0], median(&numbers)]
    }
}
