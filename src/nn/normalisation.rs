//! Layers that normalise: each is [`Graph::standardise`] over its own axes, then a trained scale and shift.
//!
//! | layer | shares mean and deviation | source |
//! |---|---|---|
//! | layer norm | the features of one vector | Ba, Kiros and Hinton, "Layer normalization" (2016) |
//! | root mean square norm | the same, without a mean | Zhang and Sennrich, "Root mean square layer normalization" (2019) |
//! | batch norm | one feature in all samples | Ioffe and Szegedy, "Batch normalization" (2015) |
//! | group norm | a group of channels of one sample | Wu and He, "Group normalization" (2018) |
//! | per-sample norm | all of one sample | group norm with one group |

use crate::graph::{Error, Graph, Result, Role, Var};

/// What a normalising layer does beside dividing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NormOptions {
    /// Subtract the mean; without, elements are divided by their root mean square.
    pub centred: bool,
    /// Multiply by a trained scale, at first 1.
    pub scale: bool,
    /// Add a trained shift, at first 0.
    pub shift: bool,
    /// Added to the variance.
    pub epsilon: f32,
}

impl NormOptions {
    /// Mean and deviation, scale and shift.
    pub const LAYER: NormOptions = NormOptions { centred: true, scale: true, shift: true, epsilon: 1e-5 };
    /// Root mean square and scale.
    pub const ROOT_MEAN_SQUARE: NormOptions = NormOptions { centred: false, scale: true, shift: false, epsilon: 1e-5 };
    /// Mean and deviation only: nothing is trained. Before an affine layer this can express what scale and shift
    /// can, with fewer kernels.
    pub const PLAIN: NormOptions = NormOptions { centred: true, scale: false, shift: false, epsilon: 1e-5 };
}

/// Scale and shift, where there are any.
#[derive(Clone, Copy, Debug)]
struct Affine {
    scale: Option<Var>,
    shift: Option<Var>,
}

impl Affine {
    fn new(g: &mut Graph, name: &str, shape: &[usize], scale: bool, shift: bool) -> Affine {
        let count = shape.iter().product();
        g.scoped(name, |g| Affine {
            scale: scale.then(|| g.leaf_with(Role::Parameter, "scale", shape, vec![1.0; count])),
            shift: shift.then(|| g.leaf_with(Role::Parameter, "shift", shape, vec![0.0; count])),
        })
    }

    /// `x · scale + shift`, with both put into `shape` (of the rank of `x`) first.
    fn apply(&self, g: &mut Graph, mut x: Var, shape: &[usize]) -> Result<Var> {
        if let Some(scale) = self.scale {
            let scale = g.reshape(scale, shape)?;
            x = g.mul(x, scale)?;
        }
        if let Some(shift) = self.shift {
            let shift = g.reshape(shift, shape)?;
            x = g.add(x, shift)?;
        }
        Ok(x)
    }

    fn parameters(&self) -> Vec<Var> {
        self.scale.into_iter().chain(self.shift).collect()
    }
}

/// Normalises the last axes of a tensor: layer norm over features, per-sample norm over all of a sample's axes.
#[derive(Clone, Debug)]
pub struct Norm {
    affine: Affine,
    shape: Vec<usize>,
    options: NormOptions,
}

impl Norm {
    /// Over the last axes, which have the extents `shape`; the leaves `name.scale` and `name.shift` have the same.
    pub fn new(g: &mut Graph, name: &str, shape: &[usize], options: NormOptions) -> Norm {
        let affine = Affine::new(g, name, shape, options.scale, options.shift);
        Norm { affine, shape: shape.to_vec(), options }
    }

    /// `x [.., shape..]`, normalised.
    pub fn apply(&self, g: &mut Graph, x: Var) -> Result<Var> {
        let shape = g.shape(x).to_vec();
        if !shape.ends_with(&self.shape) {
            let message = format!("{shape:?} does not end with the normalised axes {:?}", self.shape);
            return Err(Error::new("normalisation", message, "make the layer for these extents"));
        }
        let first = shape.len() - self.shape.len();
        let axes: Vec<usize> = (first..shape.len()).collect();
        let normal = if self.options.centred {
            g.standardise(x, &axes, self.options.epsilon)?
        } else {
            g.divide_by_root_mean_square(x, &axes, self.options.epsilon)?
        };
        self.affine.apply(g, normal, &[&vec![1; first][..], &self.shape].concat())
    }

    /// Trained leaves.
    pub fn parameters(&self) -> Vec<Var> {
        self.affine.parameters()
    }
}

/// Normalises groups of channels of each sample; with as many groups as channels it is instance norm.
#[derive(Clone, Copy, Debug)]
pub struct GroupNorm {
    affine: Affine,
    axis: usize,
    groups: usize,
    epsilon: f32,
}

impl GroupNorm {
    /// For tensors whose first axis counts samples and whose `axis` has `channels`, a multiple of `groups`. The leaves
    /// `name.scale` and `name.shift` have one element per channel.
    pub fn new(g: &mut Graph, name: &str, axis: usize, channels: usize, groups: usize, epsilon: f32) -> Result<Self> {
        if axis == 0 || groups == 0 || !channels.is_multiple_of(groups) {
            return Err(Error::new(
                name,
                format!("{groups} groups of {channels} channels along axis {axis} are none"),
                "choose a divisor of the channels, and an axis after the samples'",
            ));
        }
        Ok(GroupNorm { affine: Affine::new(g, name, &[channels], true, true), axis, groups, epsilon })
    }

    /// `x [samples, ..]`, normalised over each group of channels and all axes but the samples'.
    pub fn apply(&self, g: &mut Graph, x: Var) -> Result<Var> {
        let shape = g.shape(x).to_vec();
        let channels = self.affine.scale.map_or(0, |scale| g.shape(scale)[0]);
        if shape.get(self.axis) != Some(&channels) {
            let message = format!("{shape:?} has not {channels} channels along axis {}", self.axis);
            return Err(Error::new("group norm", message, "make the layer for these channels"));
        }
        let within = [self.groups, channels / self.groups];
        let split = [&shape[..self.axis], &within, &shape[self.axis + 1..]].concat();
        let axes: Vec<usize> = (1..split.len()).filter(|&axis| axis != self.axis).collect();
        let grouped = g.reshape(x, &split)?;
        let normal = g.standardise(grouped, &axes, self.epsilon)?;
        let mut line = vec![1; split.len()];
        line[self.axis..self.axis + 2].copy_from_slice(&within);
        let result = self.affine.apply(g, normal, &line)?;
        g.reshape(result, &shape)
    }

    /// Trained leaves.
    pub fn parameters(&self) -> Vec<Var> {
        self.affine.parameters()
    }
}

/// Normalises each feature over the batch, and over running statistics once trained.
#[derive(Clone, Copy, Debug)]
pub struct BatchNorm {
    affine: Affine,
    /// Running mean, `[features]`.
    pub mean: Var,
    /// Running variance, `[features]`.
    pub variance: Var,
    axis: usize,
    momentum: f32,
    epsilon: f32,
}

impl BatchNorm {
    /// For tensors whose `axis` has `features`. `momentum` is the share of a batch in the running statistics,
    /// customarily 0.1. Trained leaves `name.scale` and `name.shift`, kept ones `name.mean` and `name.variance`.
    pub fn new(g: &mut Graph, name: &str, axis: usize, features: usize, momentum: f32, epsilon: f32) -> BatchNorm {
        let affine = Affine::new(g, name, &[features], true, true);
        g.scoped(name, |g| BatchNorm {
            affine,
            mean: g.leaf_with(Role::State, "mean", &[features], vec![0.0; features]),
            variance: g.leaf_with(Role::State, "variance", &[features], vec![1.0; features]),
            axis,
            momentum,
            epsilon,
        })
    }

    /// Normalises by the statistics of the batch itself. Also gives the assignments that move the running
    /// statistics; the running variance is of the unbiased kind (divided by one less than the count).
    pub fn train(&self, g: &mut Graph, x: Var) -> Result<(Var, Vec<(Var, Var)>)> {
        let (line, axes) = self.line(g, x)?;
        let count: usize = axes.iter().map(|&axis| g.shape(x)[axis]).product();
        let (normal, mean, variance) = g.standardise_with_moments(x, &axes, self.epsilon)?;
        let result = self.affine.apply(g, normal, &line)?;
        let mut assigns = Vec::new();
        let unbiased = if count > 1 { count as f32 / (count - 1) as f32 } else { 1.0 };
        for (running, batch, factor) in [(self.mean, mean, 1.0), (self.variance, variance, unbiased)] {
            let shape = g.shape(running).to_vec();
            let batch = g.reshape(batch, &shape)?;
            let (old, new) =
                (g.mul_number(running, 1.0 - self.momentum)?, g.mul_number(batch, self.momentum * factor)?);
            assigns.push((running, g.add(old, new)?));
        }
        Ok((result, assigns))
    }

    /// Normalises by the running statistics.
    pub fn evaluate(&self, g: &mut Graph, x: Var) -> Result<Var> {
        let (line, _) = self.line(g, x)?;
        let mean = g.reshape(self.mean, &line)?;
        let variance = g.add_number(self.variance, self.epsilon)?;
        let scale = g.rsqrt(variance)?;
        let scale = g.reshape(scale, &line)?;
        let centred = g.sub(x, mean)?;
        let normal = g.mul(centred, scale)?;
        self.affine.apply(g, normal, &line)
    }

    /// Trained leaves.
    pub fn parameters(&self) -> Vec<Var> {
        self.affine.parameters()
    }

    /// The features' shape among the axes of `x`, and all other axes.
    fn line(&self, g: &Graph, x: Var) -> Result<(Vec<usize>, Vec<usize>)> {
        let (shape, features) = (g.shape(x), g.shape(self.mean)[0]);
        if shape.get(self.axis) != Some(&features) {
            let message = format!("{shape:?} has not {features} features along axis {}", self.axis);
            return Err(Error::new("batch norm", message, "make the layer for these features"));
        }
        let mut line = vec![1; shape.len()];
        line[self.axis] = features;
        Ok((line, (0..shape.len()).filter(|&axis| axis != self.axis).collect()))
    }
}
