//! What a unit does with its weighted sum. Each activation is scalar arithmetic, so it fuses into the
//! matrix product before it.

use super::{Init, Start};
use crate::graph::{Graph, Result, Var};

/// An activation function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Activation {
    /// tanh a
    Tanh,
    /// max(a, 0)
    Relu,
    /// 1 / (1 + e⁻ᵃ)
    Sigmoid,
    /// a · Φ(a) with the normal distribution function Φ, exact by erf (Hendrycks and Gimpel,
    /// "Gaussian error linear units", 2016)
    Gelu,
    /// sin a (Sitzmann and others, "Implicit neural representations with periodic activation functions", 2020)
    Sine,
    /// a
    None,
}

impl Activation {
    /// Every activation, in the order of the page.
    pub const ALL: &'static [Activation] = &[
        Activation::Tanh,
        Activation::Relu,
        Activation::Sigmoid,
        Activation::Gelu,
        Activation::Sine,
        Activation::None,
    ];

    /// Name in network texts.
    pub fn name(self) -> &'static str {
        match self {
            Activation::Tanh => "tanh",
            Activation::Relu => "relu",
            Activation::Sigmoid => "sigmoid",
            Activation::Gelu => "gelu",
            Activation::Sine => "sine",
            Activation::None => "none",
        }
    }

    /// Largest magnitude that it can give, if there is one.
    pub fn limit(self) -> Option<f32> {
        match self {
            Activation::Tanh | Activation::Sigmoid | Activation::Sine => Some(1.0),
            Activation::Relu | Activation::Gelu | Activation::None => None,
        }
    }

    /// First values that keep the scale of signals through layers of this activation; tanh, which shrinks
    /// them, has the customary gain of 5/3.
    pub fn start(self) -> Start {
        match self {
            Activation::Relu | Activation::Gelu => Init::HeUniform.into(),
            Activation::Tanh => Start { gain: 5.0 / 3.0, ..Init::GlorotUniform.into() },
            Activation::Sigmoid | Activation::Sine | Activation::None => Init::GlorotUniform.into(),
        }
    }

    /// Applies it element by element.
    pub fn apply(self, g: &mut Graph, a: Var) -> Result<Var> {
        match self {
            Activation::Tanh => g.tanh(a),
            Activation::Relu => g.relu(a),
            Activation::Sigmoid => g.sigmoid(a),
            Activation::Gelu => {
                let scaled = g.mul_number(a, std::f32::consts::FRAC_1_SQRT_2)?;
                let erf = g.erf(scaled)?;
                let twice = g.add_number(erf, 1.0)?;
                let half = g.mul_number(a, 0.5)?;
                g.mul(half, twice)
            }
            Activation::Sine => g.sin(a),
            Activation::None => Ok(a),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Role;
    use crate::reference::Reference;

    #[test]
    fn gelu_has_the_values_of_the_paper_s_definition() {
        let mut g = Graph::new();
        let a = g.leaf_with(Role::Input, "a", &[4], vec![-3.0, -1.0, 0.5, 2.0]);
        let gelu = Activation::Gelu.apply(&mut g, a).expect("element by element");
        // a · Φ(a) from a table of the normal distribution.
        let want = [-3.0 * 0.001_349_898, -0.158_655_254, 0.5 * 0.691_462_461, 2.0 * 0.977_249_868];
        for (got, want) in Reference::new(&g).evaluate(&[gelu])[0].iter().zip(want) {
            assert!((got - want).abs() < 1e-7, "{got} {want}");
        }
    }

    #[test]
    fn bounded_activations_stay_within_their_limit() {
        let mut g = Graph::new();
        let a = g.leaf_with(Role::Input, "a", &[81], (-40..=40).map(|i| i as f32 / 4.0).collect());
        for activation in Activation::ALL {
            let y = activation.apply(&mut g, a).expect("element by element");
            let largest = Reference::new(&g).evaluate(&[y])[0].iter().fold(0.0f64, |m, v| m.max(v.abs()));
            assert!(activation.limit().is_none_or(|limit| largest <= limit as f64), "{activation:?}: {largest}");
        }
    }
}
