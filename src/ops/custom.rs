//! Operations with a derivative of their own choosing: forward one thing, backward another.
//!
//! All of them are [`Graph::with_derivative`]: a value, and the slope by which it pretends to depend on others. The
//! slopes are ordinary nodes, so that second derivatives are those of the pretended function.

use crate::graph::{DType, Error, Graph, Op, Result, Type, Var};
use crate::plan::{Lowering, Value};
use std::sync::Arc;

/// The operand itself, through which no gradient flows.
struct StopGradient;

impl Op for StopGradient {
    fn name(&self) -> String {
        "stop_gradient".into()
    }
    fn infer(&self, inputs: &[&Type]) -> Result<Type> {
        Ok(inputs[0].clone())
    }
    #[cfg(feature = "reference")]
    fn reference(&self, inputs: &[&[f64]], _: &[&Type], _: &Type) -> Vec<f64> {
        inputs[0].to_vec()
    }
    fn vjp(&self, _: &mut Graph, _: &[Var], _: Var, _: Var) -> Result<Vec<Option<Var>>> {
        Ok(vec![None])
    }
    fn lower(&self, _: &mut Lowering, inputs: &[Value], _: &Type) -> Value {
        inputs[0]
    }
    fn lift(&self, _: usize) -> Arc<dyn Op> {
        Arc::new(StopGradient)
    }
}

/// `value, x₁, slope₁, x₂, slope₂, …` of one shape → `value`, with derivative `slopeᵢ` by `xᵢ` and none by the others.
struct WithDerivative;

impl Op for WithDerivative {
    fn name(&self) -> String {
        "with_derivative".into()
    }
    fn infer(&self, inputs: &[&Type]) -> Result<Type> {
        for (position, input) in inputs.iter().enumerate() {
            if input.shape != inputs[0].shape || input.dtype != DType::F32 {
                return Err(Error::new(
                    "",
                    format!(
                        "operand {position} is {:?}{:?}, the value {:?}",
                        input.dtype, input.shape, inputs[0].shape
                    ),
                    "give the value, what it depends on and the slopes one shape of floats",
                ));
            }
        }
        Ok(inputs[0].clone())
    }
    #[cfg(feature = "reference")]
    fn reference(&self, inputs: &[&[f64]], _: &[&Type], _: &Type) -> Vec<f64> {
        inputs[0].to_vec()
    }
    fn vjp(&self, g: &mut Graph, inputs: &[Var], _: Var, grad: Var) -> Result<Vec<Option<Var>>> {
        let mut parts = vec![None; inputs.len()];
        for position in (1..inputs.len()).step_by(2) {
            parts[position] = Some(g.mul(grad, inputs[position + 1])?);
        }
        Ok(parts)
    }
    fn lower(&self, _: &mut Lowering, inputs: &[Value], _: &Type) -> Value {
        inputs[0]
    }
    fn lift(&self, _: usize) -> Arc<dyn Op> {
        Arc::new(WithDerivative)
    }
}

/// The derivative that a spike (a step function) pretends to have, as a function of `u = v / width`; all are 1 at the
/// threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Surrogate {
    /// 1 / (1 + |u|)² (Zenke and Ganguli, "SuperSpike", 2018; their β is 1 / width)
    FastSigmoid,
    /// 1 / (1 + u²), the derivative of the arc tangent (Fang and others, "Incorporating learnable membrane time
    /// constant", 2021; their α/2 / (1 + (π α v / 2)²) has width 2 / (π α) and height α / 2)
    ArcTangent,
    /// e^(−u²/2)
    Gaussian,
    /// max(1 − |u|, 0) (Bellec and others, "Long short-term memory in networks of spiking neurons", 2018; their
    /// dampening factor is the height)
    Triangle,
}

impl Surrogate {
    /// Every kind.
    pub const ALL: &'static [Surrogate] =
        &[Surrogate::FastSigmoid, Surrogate::ArcTangent, Surrogate::Gaussian, Surrogate::Triangle];

    /// The derivative at `u`.
    fn slope(self, g: &mut Graph, u: Var) -> Result<Var> {
        match self {
            Surrogate::FastSigmoid => {
                let distance = g.abs(u)?;
                let root = g.add_number(distance, 1.0)?;
                let square = g.square(root)?;
                g.recip(square)
            }
            Surrogate::ArcTangent => {
                let square = g.square(u)?;
                let sum = g.add_number(square, 1.0)?;
                g.recip(sum)
            }
            Surrogate::Gaussian => {
                let square = g.square(u)?;
                let exponent = g.mul_number(square, -0.5)?;
                g.exp(exponent)
            }
            Surrogate::Triangle => {
                let (one, distance) = (g.constant(1.0, &[])?, g.abs(u)?);
                let height = g.sub(one, distance)?;
                g.relu(height)
            }
        }
    }
}

impl Graph {
    /// `value`, whose reverse pass gives `gradient · slope` to each `x` of the pairs `(x, slope)` and nothing to what
    /// `value` was computed from. Each `x` has the shape of `value`; slopes broadcast to it.
    pub fn with_derivative(&mut self, value: Var, by: &[(Var, Var)]) -> Result<Var> {
        let shape = self.shape(value).to_vec();
        let mut inputs = vec![value];
        for &(x, slope) in by {
            inputs.extend([x, self.broadcast_to(slope, &shape)?]);
        }
        self.apply(Arc::new(WithDerivative), &inputs)
    }

    /// `value` forwards and `x` backwards: the straight-through estimator (Bengio and others, "Estimating or
    /// propagating gradients through stochastic neurons", 2013).
    pub fn straight_through(&mut self, value: Var, x: Var) -> Result<Var> {
        let one = self.constant(1.0, &[])?;
        self.with_derivative(value, &[(x, one)])
    }

    /// Nearest integer, of halves the even one. It is flat: no gradient.
    pub fn round(&mut self, a: Var) -> Result<Var> {
        // By the fraction, which is exact; adding ½ before rounding down would not be.
        let below = self.floor(a)?;
        let fraction = self.sub(a, below)?;
        let half = self.constant(0.5, &[])?;
        let (above_half, at_half) = (self.less(half, fraction)?, self.equal(fraction, half)?);
        let halved = self.mul_number(below, 0.5)?;
        let halved_down = self.floor(halved)?;
        let odd = self.less(halved_down, halved)?;
        let tie = self.mul(at_half, odd)?;
        let up = self.add(above_half, tie)?;
        self.add(below, up)
    }

    /// Nearest integer, of halves the even one, with the gradient of the identity.
    pub fn round_straight_through(&mut self, a: Var) -> Result<Var> {
        let rounded = self.round(a)?;
        self.straight_through(rounded, a)
    }

    /// 1 where a ≥ 0, else −1, with the gradient of the identity where |a| ≤ 1 and none elsewhere (Courbariaux and
    /// others, "Binarized neural networks", 2016).
    pub fn binarise(&mut self, a: Var) -> Result<Var> {
        let (zero, one) = (self.constant(0.0, &[])?, self.constant(1.0, &[])?);
        let negative = self.less(a, zero)?;
        let twice = self.mul_number(negative, -2.0)?;
        let sign = self.add_number(twice, 1.0)?;
        let distance = self.abs(a)?;
        let inside = self.less_equal(distance, one)?;
        self.with_derivative(sign, &[(a, inside)])
    }

    /// 1 where v > 0, else 0, with derivative `height · surrogate(v / width)`.
    pub fn surrogate_spike(&mut self, v: Var, surrogate: Surrogate, width: f32, height: f32) -> Result<Var> {
        if width.is_nan() || width <= 0.0 {
            return Err(Error::new(
                format!("spike {}", self.node(v).label),
                "the width of its derivative is not positive",
                "give a width above 0",
            ));
        }
        let zero = self.constant(0.0, &[])?;
        let spike = self.less(zero, v)?;
        let u = self.mul_number(v, 1.0 / width)?;
        let slope = surrogate.slope(self, u)?;
        let slope = self.mul_number(slope, height)?;
        self.with_derivative(spike, &[(v, slope)])
    }

    /// `x`, whose gradient is multiplied by `−factor` (a scalar node, so that a schedule can turn it): the reversal
    /// layer of Ganin and others, "Domain-adversarial training of neural networks", 2016.
    pub fn reverse_gradient(&mut self, x: Var, factor: Var) -> Result<Var> {
        let negative = self.neg(factor)?;
        self.with_derivative(x, &[(x, negative)])
    }

    /// `a`, treated as a constant by the reverse pass.
    pub fn stop_gradient(&mut self, a: Var) -> Result<Var> {
        self.apply(Arc::new(StopGradient), &[a])
    }
}
