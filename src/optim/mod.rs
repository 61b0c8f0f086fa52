//! Optimisers: from parameters and gradients to assignments. Each is scalar arithmetic per element, so
//! it fuses into whatever computes the gradient.

use crate::graph::{Graph, Result, Role, Var, elements};

/// A rule by which weights follow their gradients. Numbers are graph nodes, so a control can turn them.
#[derive(Clone, Copy, Debug)]
pub enum Optimiser {
    /// `w ← w − rate · g`.
    Sgd,
    /// `m ← momentum · m + g`, `w ← w − rate · m`.
    Momentum {
        /// Share of the last velocity that is kept.
        momentum: f32,
    },
    /// Kingma and Ba, "Adam" (2015), algorithm 1, with decoupled weight decay (Loshchilov and Hutter,
    /// 2019): each weight is first multiplied by `1 − rate · decay`.
    Adam {
        /// Decay of the mean of gradients.
        beta1: f32,
        /// Decay of the mean of squared gradients.
        beta2: f32,
        /// Added to the root of the second mean.
        epsilon: f32,
    },
}

/// Assignments that apply `optimiser` to every `(parameter, gradient)`. `step` is the `u32` counter of
/// finished steps, `rate` the learning rate, `decay` the decoupled weight decay, if any.
pub fn update(
    g: &mut Graph,
    optimiser: Optimiser,
    pairs: &[(Var, Var)],
    step: Var,
    rate: Var,
    decay: Option<Var>,
) -> Result<Vec<(Var, Var)>> {
    let mut assigns = Vec::new();
    let keep = match decay {
        Some(decay) => {
            let product = g.mul(rate, decay)?;
            let one = g.constant(1.0, &[])?;
            Some(g.sub(one, product)?)
        }
        None => None,
    };
    for &(parameter, gradient) in pairs {
        let name = g.leaf(parameter).map_or_else(|| "weights".into(), |leaf| leaf.name.clone());
        let kept = match keep {
            Some(keep) => g.mul(parameter, keep)?,
            None => parameter,
        };
        let change = match optimiser {
            Optimiser::Sgd => gradient,
            Optimiser::Momentum { momentum } => {
                let velocity = zeros_like(g, parameter, &format!("{name}.velocity"));
                let old = g.mul_number(velocity, momentum)?;
                let new = g.add(old, gradient)?;
                assigns.push((velocity, new));
                new
            }
            Optimiser::Adam { beta1, beta2, epsilon } => {
                let (first, second) = (
                    zeros_like(g, parameter, &format!("{name}.mean")),
                    zeros_like(g, parameter, &format!("{name}.square")),
                );
                let square = g.square(gradient)?;
                let mean = moving_average(g, first, gradient, beta1)?;
                let variance = moving_average(g, second, square, beta2)?;
                assigns.extend([(first, mean), (second, variance)]);
                let mean = unbias(g, mean, beta1, step)?;
                let variance = unbias(g, variance, beta2, step)?;
                let root = g.sqrt(variance)?;
                let root = g.add_number(root, epsilon)?;
                g.div(mean, root)?
            }
        };
        let move_by = g.mul(rate, change)?;
        assigns.push((parameter, g.sub(kept, move_by)?));
    }
    let one = g.constant_u32(1, &[])?;
    let next = g.elementwise(crate::graph::Func::AddU32, &[step, one])?;
    assigns.push((step, next));
    Ok(assigns)
}

fn zeros_like(g: &mut Graph, parameter: Var, name: &str) -> Var {
    let shape = g.shape(parameter).to_vec();
    g.leaf_with(Role::State, name, &shape, vec![0.0; elements(&shape)])
}

fn moving_average(g: &mut Graph, average: Var, value: Var, beta: f32) -> Result<Var> {
    let (old, new) = (g.mul_number(average, beta)?, g.mul_number(value, 1.0 - beta)?);
    g.add(old, new)
}

/// Divides by `1 − beta^(step + 1)`.
fn unbias(g: &mut Graph, average: Var, beta: f32, step: Var) -> Result<Var> {
    let steps = g.to_f32(step)?;
    let steps = g.add_number(steps, 1.0)?;
    let base = g.constant(beta, &[])?;
    let power = g.pow(base, steps)?;
    let one = g.constant(1.0, &[])?;
    let divisor = g.sub(one, power)?;
    g.div(average, divisor)
}
