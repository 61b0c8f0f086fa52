//! Random tensors. There is no random operation: bits are a scalar function of (seed, stream, step,
//! element), so drawing fuses into whatever uses the numbers and is the same on every backend.

use crate::graph::{Func, Graph, Result, Var};

/// Where random numbers come from: two `u32` leaves of shape `[]`.
#[derive(Clone, Copy, Debug)]
pub struct Randomness {
    /// The seed of the run.
    pub seed: Var,
    /// The counter that a training step advances.
    pub step: Var,
}

impl Graph {
    /// Random bits (`u32`) of `shape`, from the stream called `name`.
    pub fn random_bits(&mut self, source: Randomness, name: &str, shape: &[usize]) -> Result<Var> {
        let stream = self.constant_u32(crate::rng::stream(name), &[])?;
        let element = self.iota(shape)?;
        self.elementwise(Func::Threefry, &[source.seed, stream, source.step, element])
    }

    /// Uniform in [0, 1), in multiples of 2⁻²³.
    pub fn random_uniform(&mut self, source: Randomness, name: &str, shape: &[usize]) -> Result<Var> {
        let bits = self.random_bits(source, name, shape)?;
        let unit = self.elementwise(Func::UnitFloat, &[bits])?;
        self.add_number(unit, -1.0)
    }

    /// Standard normal deviates (Box and Muller).
    pub fn random_normal(&mut self, source: Randomness, name: &str, shape: &[usize]) -> Result<Var> {
        let u = self.random_uniform(source, &format!("{name}/radius"), shape)?;
        let v = self.random_uniform(source, &format!("{name}/angle"), shape)?;
        let negative = self.neg(u)?;
        let log = self.log1p(negative)?;
        let scaled = self.mul_number(log, -2.0)?;
        let radius = self.sqrt(scaled)?;
        let angle = self.mul_number(v, std::f32::consts::TAU)?;
        let cos = self.cos(angle)?;
        self.mul(radius, cos)
    }

    /// Integers drawn uniformly below `bound` (at most 2²³, with replacement).
    pub fn random_below(&mut self, source: Randomness, name: &str, bound: usize, shape: &[usize]) -> Result<Var> {
        let unit = self.random_uniform(source, name, shape)?;
        let scaled = self.mul_number(unit, bound as f32)?;
        self.to_u32(scaled)
    }

    /// 1 with the given probability (any node that broadcasts to `shape`), else 0; no gradient flows to it.
    pub fn random_bernoulli(
        &mut self,
        source: Randomness,
        name: &str,
        probability: Var,
        shape: &[usize],
    ) -> Result<Var> {
        let unit = self.random_uniform(source, name, shape)?;
        self.less(unit, probability)
    }

    /// Signs, −1 and 1 with equal probability (Rademacher's distribution).
    pub fn random_signs(&mut self, source: Randomness, name: &str, shape: &[usize]) -> Result<Var> {
        let half = self.constant(0.5, &[])?;
        let heads = self.random_bernoulli(source, name, half, shape)?;
        let twice = self.mul_number(heads, 2.0)?;
        self.add_number(twice, -1.0)
    }

    /// Deviates of Gumbel's distribution, −log(−log u).
    pub fn random_gumbel(&mut self, source: Randomness, name: &str, shape: &[usize]) -> Result<Var> {
        let unit = self.random_uniform(source, name, shape)?;
        // The middle of each of the 2²³ cells, so that neither logarithm is of 0.
        let unit = self.add_number(unit, 0.5 / 8_388_608.0)?;
        let log = self.log(unit)?;
        let negative = self.neg(log)?;
        let log = self.log(negative)?;
        self.neg(log)
    }

    /// One class (`u32`) for each row of `logits [.., classes]`, drawn with the probabilities of their softmax: the
    /// largest of logits plus Gumbel noise.
    pub fn random_categorical(&mut self, source: Randomness, name: &str, logits: Var) -> Result<Var> {
        let shape = self.shape(logits).to_vec();
        let noise = self.random_gumbel(source, name, &shape)?;
        let noisy = self.add(logits, noise)?;
        self.argmax(noisy)
    }

    /// The numbers 0 to `count` − 1 (`u32`) in random order; its price is that of a sort.
    pub fn random_permutation(&mut self, source: Randomness, name: &str, count: usize) -> Result<Var> {
        let unit = self.random_uniform(source, name, &[count])?;
        self.rank(unit, 0, super::order::Order::Ascending)
    }
}
