//! C5: the update is transformer attention, and it never raises the energy; both in the single precision of the engine.

use super::memory::{self, Update};
use super::recall::steps;
use crate::data::sphere;
use crate::graph::{Entry, Graph, Result, Role};
use crate::labs::{Part, RunPlan};
use crate::ops::random::Randomness;
use crate::ops::reduce::Reduction;
use crate::plan::{self, Program};
use crate::rng::Rng;

/// Dimensions of states and keys, of values and of what they are made of; queries and stored patterns.
const D: usize = 32;
const VALUES: usize = 24;
const RAW: usize = 48;
const QUERIES: usize = 16;
const STORED: usize = 40;
/// States that go downhill among as many patterns, and their β.
const STATES: usize = 50;
const BETA: f32 = 8.0;
/// Updates.
const STEPS: u64 = 20;

/// Name of the run and of its numbers.
pub(super) const NAME: &str = "attention";
pub(super) const DIFFERENCE: &str = "largest difference";
pub(super) const RISE: &str = "largest rise of the energy";

/// The run: an update of all states and a fresh draw of queries, keys and values a step. `overshoot` is 1; a state that
/// goes further than the update says need not go downhill. `scale` is 1; attention at another temperature is not the update.
pub(super) fn run(seed: u32, overshoot: f32, scale: f32) -> RunPlan {
    let build = Box::new(move || program(seed, overshoot, scale));
    RunPlan::new(NAME, Part::Later, STEPS, |step| step < STEPS, build)
}

fn program(seed: u32, overshoot: f32, scale: f32) -> Result<Program> {
    let g = &mut Graph::new();
    let (step, next_step) = steps(g)?;
    let source = Randomness { seed: g.constant_u32(seed, &[])?, step: g.to_u32(step)? };
    let normal = |g: &mut Graph, name: &str, shape: [usize; 2], deviation: f32| {
        let drawn = g.random_normal(source, &format!("modern-hopfield/{name}"), &shape)?;
        g.mul_number(drawn, deviation)
    };
    // R W_Q and Y W_K of section 2: raw states and patterns, mapped to the space in which they are compared.
    let (raw_states, raw_patterns) = (normal(g, "R", [QUERIES, RAW], 1.0)?, normal(g, "Y", [STORED, RAW], 1.0)?);
    let shrink = 1.0 / (RAW as f32).sqrt();
    let (to_query, to_key) = (normal(g, "W_Q", [RAW, D], shrink)?, normal(g, "W_K", [RAW, D], shrink)?);
    let to_value = normal(g, "W_V", [D, VALUES], 1.0 / (D as f32).sqrt())?;
    let (queries, keys) = (g.matmul(raw_states, to_query)?, g.matmul(raw_patterns, to_key)?);
    // One update of the states Q among the patterns K, then the map W_V.
    let beta = g.constant(1.0 / (D as f32).sqrt(), &[])?;
    let Update { next, .. } = memory::update(g, queries, keys, beta)?;
    let updated = g.matmul(next, to_value)?;
    let values = g.matmul(keys, to_value)?;
    let attended = g.attention(queries, keys, values, None, scale / (D as f32).sqrt())?;
    let difference = g.sub(updated, attended)?;
    let difference = g.abs(difference)?;
    let difference = g.reduce(Reduction::Max, difference, &[0, 1])?;

    let mut rng = Rng::new(seed, "modern-hopfield/descent");
    let mut points = |g: &mut Graph, role: Role, name: &str| {
        let points = sphere::on_sphere(&mut rng, STATES, D);
        g.leaf_with(role, name, &[STATES, D], points)
    };
    let (patterns, states) = (points(g, Role::Input, "patterns"), points(g, Role::State, "states"));
    let beta = g.constant(BETA, &[])?;
    let before = memory::energy(g, states, patterns, beta)?;
    let Update { next, .. } = memory::update(g, states, patterns, beta)?;
    let way = g.sub(next, states)?;
    let way = g.mul_number(way, overshoot)?;
    let next = g.add(states, way)?;
    let after = memory::energy(g, next, patterns, beta)?;
    let rise = g.sub(after, before)?;
    let rise = g.reduce(Reduction::Max, rise, &[0])?;
    let mean = g.mean_all(before)?;
    let outputs = [(DIFFERENCE, difference), (RISE, rise), ("mean energy", mean)];
    let outputs = outputs.map(|(name, value)| (name.to_owned(), value)).to_vec();
    let train = Entry { name: "train".into(), outputs: Vec::new(), assigns: vec![(step, next_step), (states, next)] };
    let measure = Entry { name: "measure".into(), outputs, assigns: Vec::new() };
    plan::plan(g, &[train, measure])
}
