//! Training data: every step a fresh batch with exact answers, made at the host as a function of seed and step.

use super::task::{Point, Rules, Set, Solver};
use crate::labs::Feed;
use crate::rng::{self, Rng};

/// Sets in a batch.
pub(super) const BATCH: usize = 64;
/// Leaves of a routine that is given answers: elements `[n, batch, features]`; what the decoder is given after ⇒, the
/// elements pointed at, `[steps − 1, batch, features]`; what it is to point at, `[steps, batch]`; the weight of each
/// pointer in the mean, `[steps, batch]`, 0 beyond the stop.
pub(super) const LEAVES: [&str; 4] = ["points", "previous", "target", "weight"];

/// Scope of the leaves of sets of `n`, and the routine that trains on them.
pub(super) fn routine(n: usize) -> String {
    format!("train on {n}")
}

/// Lays sets of `n` with their answers out for the leaves.
pub(super) fn lay(rules: &Rules, n: usize, sets: &[Set], leaves: &mut [Vec<f32>]) {
    let [points, previous, target, weight] = leaves else { unreachable!("one vector for each leaf") };
    let (batch, features, steps) = (sets.len(), rules.features(), rules.most_pointers(n));
    points.resize(n * batch * features, 0.0);
    previous.resize((steps - 1) * batch * features, 0.0);
    target.resize(steps * batch, 0.0);
    weight.resize(steps * batch, 0.0);
    let pointers: usize = sets.iter().map(|(_, answer)| answer.len() + 1).sum();
    for (at, (set, answer)) in sets.iter().enumerate() {
        let put = |into: &mut [f32], row: usize, point: Point| {
            for feature in 0..features {
                into[(row * batch + at) * features + feature] = rules.seen(point[feature]);
            }
        };
        for (row, &point) in set.iter().enumerate() {
            put(points, row, point);
        }
        for (step, &token) in answer.iter().chain([&n]).enumerate() {
            target[step * batch + at] = f32::from_bits(token as u32);
            weight[step * batch + at] = 1.0 / pointers as f32;
            if token < n {
                put(previous, step, set[token]);
            }
        }
    }
}

/// The stream of batches of a run: sets of one length each, drawn evenly from a range.
pub(super) struct Stream {
    rules: Rules,
    seed: u32,
    least: usize,
    most: usize,
    key: u32,
    solver: Solver,
    sets: Vec<Set>,
}

impl Stream {
    /// Batches of sets of `least` to `most` elements.
    pub(super) fn new(rules: Rules, seed: u32, least: usize, most: usize) -> Stream {
        let key = rng::stream("pointer-networks/data");
        Stream { rules, seed, least, most, key, solver: Solver::default(), sets: vec![Default::default(); BATCH] }
    }
}

impl Feed for Stream {
    fn routines(&self) -> Vec<String> {
        (self.least..=self.most).map(routine).collect()
    }

    fn leaves(&self) -> Vec<String> {
        self.routines().iter().flat_map(|scope| LEAVES.map(|leaf| format!("{scope}.{leaf}"))).collect()
    }

    fn batch(&mut self, step: u64, leaves: &mut [Vec<f32>]) -> usize {
        let mut rng = Rng::at_step(self.seed, self.key, step as u32);
        let which = rng.below((self.most - self.least + 1) as u32) as usize;
        let n = self.least + which;
        for (points, answer) in &mut self.sets {
            self.rules.draw(n, &mut rng, points);
            *answer = self.rules.answer(points, &mut self.solver);
        }
        lay(&self.rules, n, &self.sets, &mut leaves[LEAVES.len() * which..][..LEAVES.len()]);
        which
    }
}
