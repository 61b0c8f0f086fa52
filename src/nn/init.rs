//! First weights of a layer with `fan_in` inputs and `fan_out` units.
//!
//! | rule | variance | source |
//! |---|---|---|
//! | Glorot | 2 / (fan_in + fan_out) | Glorot and Bengio, proceedings.mlr.press/v9/glorot10a (2010) |
//! | He | 2 / fan_in | He, Zhang, Ren and Sun, "Delving deep into rectifiers" (2015) |
//! | LeCun | 1 / fan_in | LeCun, Bottou, Orr and Müller, "Efficient backprop" (1998) |
//! | orthogonal | 1 / max(fan_in, fan_out) | Saxe, McClelland and Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks" (2013) |
//!
//! A uniform draw on ±limit has variance limit² / 3. [`Start::gain`] multiplies what a rule draws, layer by layer.

use crate::data::orthogonal::orthonormal;
use crate::rng::Rng;

/// A rule for first weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Init {
    /// Uniform with Glorot's variance.
    GlorotUniform,
    /// Normal with Glorot's variance.
    GlorotNormal,
    /// Uniform with He's variance.
    HeUniform,
    /// Normal with He's variance.
    HeNormal,
    /// Uniform with LeCun's variance.
    LeCunUniform,
    /// Normal with LeCun's variance.
    LeCunNormal,
    /// Uniform on ±limit.
    Uniform(f32),
    /// Normal with the given standard deviation.
    Normal(f32),
    /// Orthonormal rows or columns, whichever are fewer, uniform among such matrices.
    Orthogonal,
}

impl Init {
    /// Variance of one weight.
    pub fn variance(self, fan_in: usize, fan_out: usize) -> f32 {
        let (fan_in, fan_out) = (fan_in.max(1) as f32, fan_out as f32);
        match self {
            Init::GlorotUniform | Init::GlorotNormal => 2.0 / (fan_in + fan_out),
            Init::HeUniform | Init::HeNormal => 2.0 / fan_in,
            Init::LeCunUniform | Init::LeCunNormal => 1.0 / fan_in,
            Init::Uniform(limit) => limit * limit / 3.0,
            Init::Normal(deviation) => deviation * deviation,
            Init::Orthogonal => 1.0 / fan_in.max(fan_out),
        }
    }

    /// Draws a matrix `[fan_in, fan_out]`, row-major.
    pub fn draw(self, rng: &mut Rng, fan_in: usize, fan_out: usize) -> Vec<f32> {
        self.draw_shared(rng, [fan_in, fan_out], fan_in, fan_out)
    }

    /// Draws a matrix `shape`, row-major, whose weights are shared among places, so that a unit sees `fan_in` inputs and
    /// an input goes to `fan_out` units: a convolution's kernel is `[inputs of one place, channels]`.
    pub fn draw_shared(self, rng: &mut Rng, shape: [usize; 2], fan_in: usize, fan_out: usize) -> Vec<f32> {
        if self == Init::Orthogonal {
            return orthonormal(rng, shape[0], shape[1]).into_iter().map(|weight| weight as f32).collect();
        }
        let variance = self.variance(fan_in, fan_out);
        let uniform = matches!(self, Init::GlorotUniform | Init::HeUniform | Init::LeCunUniform | Init::Uniform(_));
        let scale = if uniform { (3.0 * variance).sqrt() } else { variance.sqrt() };
        let mut one = || if uniform { 2.0 * rng.uniform() - 1.0 } else { rng.normal() };
        (0..shape[0] * shape[1]).map(|_| scale * one()).collect()
    }
}

/// First values of a layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Start {
    /// Rule for the weights.
    pub init: Init,
    /// What the weights are multiplied with.
    pub gain: f32,
    /// Biases are uniform on ±bias.
    pub bias: f32,
}

impl Start {
    /// Draws weights `[inputs, units]` and biases `[units]`.
    pub fn draw(self, rng: &mut Rng, inputs: usize, units: usize) -> (Vec<f32>, Vec<f32>) {
        let mut weights = self.init.draw(rng, inputs, units);
        weights.iter_mut().for_each(|weight| *weight *= self.gain);
        let biases = if self.bias == 0.0 { vec![0.0; units] } else { Init::Uniform(self.bias).draw(rng, 1, units) };
        (weights, biases)
    }
}

impl From<Init> for Start {
    /// The rule as it stands, with biases of 0.
    fn from(init: Init) -> Self {
        Start { init, gain: 1.0, bias: 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_have_the_variance_that_the_rule_states() {
        let rules = [
            (Init::GlorotUniform, 2.0 / 400.0),
            (Init::GlorotNormal, 2.0 / 400.0),
            (Init::HeUniform, 2.0 / 300.0),
            (Init::HeNormal, 2.0 / 300.0),
            (Init::LeCunUniform, 1.0 / 300.0),
            (Init::LeCunNormal, 1.0 / 300.0),
            (Init::Uniform(0.6), 0.12),
            (Init::Normal(0.3), 0.09),
            (Init::Orthogonal, 1.0 / 300.0),
        ];
        for (rule, want) in rules {
            let weights = rule.draw(&mut Rng::new(1, "init"), 300, 100);
            let mean = weights.iter().map(|&w| w as f64).sum::<f64>() / weights.len() as f64;
            let variance = weights.iter().map(|&w| (w as f64 - mean).powi(2)).sum::<f64>() / weights.len() as f64;
            assert!((variance / want - 1.0).abs() < 0.04, "{rule:?}: {variance} instead of {want}");
            assert!(mean.abs() < 0.03 * want.sqrt(), "{rule:?}: mean {mean}");
        }
    }

    #[test]
    fn an_orthogonal_start_keeps_lengths() {
        let start = Start { gain: 2.0, ..Init::Orthogonal.into() };
        let (weights, _) = start.draw(&mut Rng::new(1, "start"), 3, 8);
        let input = [0.3f64, -1.0, 2.0];
        let output: f64 =
            (0..8).map(|j| (0..3).map(|i| input[i] * weights[i * 8 + j] as f64).sum::<f64>().powi(2)).sum();
        assert!((output - 4.0 * (0.09 + 1.0 + 4.0)).abs() < 1e-5, "{output}");
        let kernel = Init::HeNormal.draw_shared(&mut Rng::new(1, "kernel"), [3, 4], 12, 4);
        let dense = Init::HeNormal.draw(&mut Rng::new(1, "kernel"), 12, 4);
        assert_eq!(kernel, dense[..12]);
    }

    #[test]
    fn gain_and_bias_widen_what_the_rule_gives() {
        let start = Start { gain: 2.0, bias: 0.5, ..Init::LeCunUniform.into() };
        let (weights, biases) = start.draw(&mut Rng::new(1, "start"), 3, 400);
        let largest = |values: &[f32]| values.iter().fold(0.0f32, |m, v| m.max(v.abs()));
        assert!((largest(&weights) - 2.0).abs() < 0.02 && (largest(&biases) - 0.5).abs() < 0.02);
        let (_, zeros) = Start::from(Init::HeNormal).draw(&mut Rng::new(1, "start"), 3, 4);
        assert_eq!(zeros, [0.0; 4]);
    }
}
