//! Normalisation: elements less their mean, over their deviation, along any axes.
//!
//! Mean and deviation are composed of graph operations; the result has a derivative of its own,
//! `r · (d − mean d − x̂ · mean(d x̂))` with `r` the reciprocal deviation (Ba, Kiros and Hinton, "Layer
//! normalization", 2016), which needs one reduction and one map, where the composed one takes twice
//! that. The variance is formed in two passes, because `mean x² − (mean x)²` has no digits left for large means.

use crate::graph::{DType, Func};
use crate::graph::{Error, Graph, Op, Result, Type, Var};
use crate::plan::{Lowering, Value};
use std::sync::Arc;

/// `(x − mean) · r`, or `x · r`, of equal shapes, where mean and `r` are known to be functions of `x`: the gradient by
/// `x` is the whole one, and the others get none.
struct Normalised {
    axes: Vec<usize>,
}

impl Op for Normalised {
    fn name(&self) -> String {
        format!("normalised {:?}", self.axes)
    }
    fn infer(&self, inputs: &[&Type]) -> Result<Type> {
        if inputs.iter().any(|ty| ty.dtype != DType::F32 || ty.shape != inputs[0].shape) {
            return Err(Error::new("", "operands differ in shape", "broadcast them first"));
        }
        Ok(inputs[0].clone())
    }
    #[cfg(feature = "reference")]
    fn reference(&self, inputs: &[&[f64]], _: &[&Type], output: &Type) -> Vec<f64> {
        (0..output.elements())
            .map(|i| match inputs {
                [x, mean, r] => (x[i] - mean[i]) * r[i],
                _ => inputs[0][i] * inputs[1][i],
            })
            .collect()
    }
    fn vjp(&self, g: &mut Graph, inputs: &[Var], output: Var, grad: Var) -> Result<Vec<Option<Var>>> {
        let centred = inputs.len() == 3;
        let scale = inputs[inputs.len() - 1];
        let means = |g: &mut Graph, a: Var, axes: &[usize]| -> Result<Var> {
            let mut kept = g.shape(a).to_vec();
            axes.iter().for_each(|&axis| kept[axis] = 1);
            let mean = g.mean(a, axes)?;
            g.reshape(mean, &kept)
        };
        let product = if centred {
            // Both means in one reduction: a new leading axis tells `d` from `d x̂`.
            let line = vec![1; g.shape(output).len()];
            let which = g.iota(&[2])?;
            let which = g.to_f32(which)?;
            let which = g.reshape(which, &[&[2], &line[..]].concat())?;
            let one = g.constant(1.0, &[])?;
            let factor = g.select(which, output, one)?;
            let both = g.mul(grad, factor)?;
            let axes: Vec<usize> = self.axes.iter().map(|axis| axis + 1).collect();
            let both = means(g, both, &axes)?;
            let kept = g.shape(both)[1..].to_vec();
            let (mean, slope) = (g.slice(both, 0, 0, 1, 1)?, g.slice(both, 0, 1, 1, 1)?);
            let (mean, slope) = (g.reshape(mean, &kept)?, g.reshape(slope, &kept)?);
            let centred = g.sub(grad, mean)?;
            let along = g.mul(output, slope)?;
            g.sub(centred, along)?
        } else {
            let product = g.mul(grad, output)?;
            let slope = means(g, product, &self.axes)?;
            let along = g.mul(output, slope)?;
            g.sub(grad, along)?
        };
        let mut result = vec![None; inputs.len()];
        result[0] = Some(g.mul(product, scale)?);
        Ok(result)
    }
    fn lower(&self, l: &mut Lowering, inputs: &[Value], _: &Type) -> Value {
        match *inputs {
            [x, mean, r] => {
                let centred = l.map(Func::Sub, &[x, mean]);
                l.map(Func::Mul, &[centred, r])
            }
            _ => l.map(Func::Mul, inputs),
        }
    }
    fn lift(&self, _: usize) -> Arc<dyn Op> {
        Arc::new(Normalised { axes: self.axes.iter().map(|axis| axis + 1).collect() })
    }
}

impl Graph {
    /// Mean and variance (the mean squared deviation, formed in two passes) along `axes`, which keep extent 1.
    pub fn moments(&mut self, a: Var, axes: &[usize]) -> Result<(Var, Var)> {
        let kept = self.kept_shape(a, axes)?;
        let (mean, variance) = self.two_passes(a, axes, &kept)?;
        Ok((mean, self.reshape(variance, &kept)?))
    }

    /// `(a − mean) / √(variance + epsilon)` with mean and variance along `axes`.
    pub fn standardise(&mut self, a: Var, axes: &[usize], epsilon: f32) -> Result<Var> {
        Ok(self.standardise_with_moments(a, axes, epsilon)?.0)
    }

    /// [`Graph::standardise`], with the mean and the variance that it used (of extent 1 along `axes`).
    pub fn standardise_with_moments(&mut self, a: Var, axes: &[usize], epsilon: f32) -> Result<(Var, Var, Var)> {
        let kept = self.kept_shape(a, axes)?;
        let (mean, variance) = self.two_passes(a, axes, &kept)?;
        let scale = self.reciprocal_root(variance, epsilon, &kept)?;
        let shape = self.shape(a).to_vec();
        let (wide_mean, wide_scale) = (self.broadcast_to(mean, &shape)?, self.broadcast_to(scale, &shape)?);
        let operation = Normalised { axes: axes.to_vec() };
        let result = self.apply(Arc::new(operation), &[a, wide_mean, wide_scale])?;
        Ok((result, mean, self.reshape(variance, &kept)?))
    }

    /// `a / √(mean a² + epsilon)` with the mean along `axes`.
    pub fn divide_by_root_mean_square(&mut self, a: Var, axes: &[usize], epsilon: f32) -> Result<Var> {
        let kept = self.kept_shape(a, axes)?;
        let square = self.square(a)?;
        let mean = self.mean(square, axes)?;
        let scale = self.reciprocal_root(mean, epsilon, &kept)?;
        let shape = self.shape(a).to_vec();
        let scale = self.broadcast_to(scale, &shape)?;
        self.apply(Arc::new(Normalised { axes: axes.to_vec() }), &[a, scale])
    }

    /// The mean, of shape `kept`, and the variance without `axes`.
    fn two_passes(&mut self, a: Var, axes: &[usize], kept: &[usize]) -> Result<(Var, Var)> {
        let mean = self.mean(a, axes)?;
        let mean = self.reshape(mean, kept)?;
        let centred = self.sub(a, mean)?;
        let square = self.square(centred)?;
        Ok((mean, self.mean(square, axes)?))
    }

    /// `1 / √(variance + epsilon)`; formed before the reshape, in the shape and so in the kernel of the reduction.
    fn reciprocal_root(&mut self, variance: Var, epsilon: f32, kept: &[usize]) -> Result<Var> {
        let sum = self.add_number(variance, epsilon)?;
        let root = self.rsqrt(sum)?;
        self.reshape(root, kept)
    }

    /// The shape of `a` with extent 1 along `axes`.
    fn kept_shape(&self, a: Var, axes: &[usize]) -> Result<Vec<usize>> {
        let shape = self.shape(a);
        let mut kept = shape.to_vec();
        for &axis in axes {
            if shape.get(axis).is_none_or(|&extent| extent == 0) {
                return Err(Error::new(
                    format!("normalise {}", self.node(a).label),
                    format!("axis {axis} of {shape:?} is missing or empty"),
                    "name filled axes",
                ));
            }
            kept[axis] = 1;
        }
        Ok(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Entry, Role};
    use crate::plan::plan;

    /// Kernels of a program that gives `vars`.
    fn kernels(g: &Graph, vars: &[Var]) -> usize {
        let outputs = vars.iter().map(|&v| (format!("{}", v.0), v)).collect();
        let entry = Entry { name: "test".into(), outputs, assigns: Vec::new() };
        plan(g, &[entry]).expect("a program").routines[0].kernels.len()
    }

    #[test]
    fn a_layer_norm_takes_three_kernels_forward_and_four_back() {
        let mut g = Graph::new();
        let x = g.leaf_with(Role::Parameter, "x", &[32, 16], vec![0.5; 512]);
        let scale = g.leaf_with(Role::Parameter, "scale", &[16], vec![1.0; 16]);
        let shift = g.leaf_with(Role::Parameter, "shift", &[16], vec![0.0; 16]);
        let d = g.leaf_with(Role::Input, "d", &[32, 16], vec![1.0; 512]);
        let normal = g.standardise(x, &[1], 1e-5).expect("an axis");
        let scaled = g.mul(normal, scale).expect("a row");
        let y = g.add(scaled, shift).expect("a row");
        let gradients = g.vjp(y, d, &[x, scale, shift]).expect("a gradient");
        assert_eq!(kernels(&g, &[y]), 3);
        assert_eq!(kernels(&g, &[&[y][..], &gradients].concat()), 7);
        assert!(g.standardise(x, &[2], 1e-5).is_err_and(|e| e.to_string().contains("axis 2 of [32, 16]")));
    }
}
