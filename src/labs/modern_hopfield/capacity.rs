//! Data B: how many random patterns a memory holds in few dimensions (C2). The number of patterns doubles until they no
//! longer come back; then the next dimension's turn comes.

use super::memory::{Memory, distance, stretch};
use crate::data::sphere;
use crate::graph::Result;
use crate::labs::work::{self, Work};
use crate::labs::{Part, RunPlan};
use crate::rng::{self, Rng};
use crate::session::History;

/// Dimensions that are tried.
pub(super) const DIMENSIONS: [usize; 3] = [8, 10, 12];
/// Patterns at first, and at most: more would not fit into a page's memory in higher dimensions.
const FIRST: u32 = 4;
pub(super) const MOST: u32 = 32_768;
/// Patterns that are probed, at most, and cues that are updated at once.
const PROBED: usize = 200;
const AT_ONCE: usize = 50;
/// Noise of a cue and distance of what counts as come back, as shares of the patterns' norm.
const NOISE: f32 = 0.2;
const NEAR: f32 = 0.1;
/// Share of the probed patterns that must come back.
const ENOUGH: f32 = 0.9;
/// Every test of every dimension, if all passed.
const STEPS: u64 = 14 * DIMENSIONS.len() as u64;

/// Name of the run.
pub(super) const NAME: &str = "capacity";

/// Name of the number of patterns that a memory of `d` dimensions holds: 0 until it is known.
pub(super) fn column(d: usize) -> String {
    format!("patterns at d = {d}")
}

/// The run; `beta` is 1.
pub(super) fn run(seed: u32, beta: f32) -> RunPlan {
    let search = Search { seed, beta, at: 0, count: FIRST, came_back: 1.0, held: [0; DIMENSIONS.len()] };
    let all_known = |history: &History| history.last(&column(12)).is_some_and(|held| held > 0.0);
    RunPlan { enough: Some(all_known), ..work::run(NAME, Part::Later, STEPS, |step| step > 0, Box::new(search)) }
}

/// Where the search is.
#[derive(Clone)]
struct Search {
    seed: u32,
    beta: f32,
    /// Position of the dimension that is tried, and the number of patterns that will be.
    at: usize,
    count: u32,
    /// Share that came back in the last test.
    came_back: f32,
    held: [u32; DIMENSIONS.len()],
}

impl Search {
    /// Share of the probed patterns that come back after one update.
    fn test(&self, d: usize) -> Result<f32> {
        let radius = 1.5 * ((d - 1) as f32).sqrt();
        let step = (d as u32) << 16 | self.count.trailing_zeros();
        let mut rng = Rng::at_step(self.seed, rng::stream("modern-hopfield/capacity"), step);
        let mut patterns = sphere::on_sphere(&mut rng, self.count as usize, d);
        patterns.chunks_mut(d).for_each(|pattern| stretch(pattern, radius));
        let probed = PROBED.min(self.count as usize);
        let mut cues = sphere::on_sphere(&mut rng, probed, d);
        for (cue, own) in cues.chunks_mut(d).zip(patterns.chunks(d)) {
            stretch(cue, NOISE * radius);
            cue.iter_mut().zip(own).for_each(|(x, own)| *x += own);
        }
        let own = patterns[..probed * d].to_vec();
        let at_once = AT_ONCE.min(probed);
        let mut memory = Memory::new(patterns, d, at_once)?;
        let mut near = 0;
        for (cues, own) in cues.chunks(at_once * d).zip(own.chunks(at_once * d)) {
            // The last portion is filled up with what is not looked at.
            let mut filled = cues.to_vec();
            filled.resize(at_once * d, 0.0);
            let states = memory.update(&filled, self.beta);
            let pairs = states.chunks(d).zip(own.chunks(d));
            near += pairs.filter(|(state, own)| distance(state, own) <= NEAR * radius).count();
        }
        Ok(near as f32 / probed as f32)
    }
}

impl Work for Search {
    fn numbers(&self) -> Vec<String> {
        let fixed = ["dimensions tried", "patterns tried", "share that came back"].map(str::to_owned);
        fixed.into_iter().chain(DIMENSIONS.map(column)).collect()
    }

    fn measure(&self, numbers: &mut Vec<f32>) {
        let d = DIMENSIONS[self.at.min(DIMENSIONS.len() - 1)] as f32;
        let held = self.held.iter().enumerate().map(|(at, &held)| if at < self.at { held.max(1) as f32 } else { 0.0 });
        numbers.extend([d, self.count as f32, self.came_back].into_iter().chain(held));
    }

    fn step(&mut self) {
        let Some(&d) = DIMENSIONS.get(self.at) else { return };
        // A test that could not be made is no number, and with that the run stops.
        self.came_back = self.test(d).unwrap_or(f32::NAN);
        if self.came_back >= ENOUGH {
            self.held[self.at] = self.count;
        }
        if self.came_back >= ENOUGH && self.count < MOST {
            self.count *= 2;
        } else {
            (self.at, self.count) = (self.at + 1, FIRST);
        }
    }

    fn copy(&self) -> Box<dyn Work> {
        Box::new(self.clone())
    }
}
