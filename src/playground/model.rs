//! The playground's network as a program: a data set and a [`NetworkSpec`] become the routines `train`,
//! `measure` and `picture`.
//!
//! Training points stand before test points in one leaf, so one pass over it serves the losses and the
//! scatter plot. Batches and dropout masks are drawn on the device from (seed, step): a step needs nothing
//! from the host, and going back to a step repeats it exactly. The panels read the outputs by the names here.

use super::{Feature, NetworkSpec};
use crate::data::plane::{EXTENT, Split, Task};
use crate::graph::{Entry, Graph, Result, Role, Var};
use crate::nn::{Activation, Linear, Start, dropout, loss};
use crate::ops::random::Randomness;
use crate::optim::{Rule, Update};
use crate::plan::{Program, plan};
use crate::rng::Rng;

/// Grid points along one side of the pictures.
pub const SIDE: usize = 48;

/// Numbers that can be changed while the network learns.
#[derive(Clone, Copy, Debug)]
pub struct Rates {
    /// Learning rate.
    pub rate: f32,
    /// Weight of Σ|w|.
    pub l1: f32,
    /// Weight of ½ Σw².
    pub l2: f32,
}

/// How the network is trained.
#[derive(Clone, Copy)]
pub struct Training {
    /// The rule by which weights follow gradients.
    pub optimiser: &'static dyn Rule,
    /// First values of the numbers that can be changed.
    pub rates: Rates,
    /// Points per step; never more than there are to learn from.
    pub batch: usize,
    /// Seed of first weights, batches and dropout.
    pub seed: u32,
}

/// Name of the output that holds a layer's images: `[units, side · side]`.
pub fn images(layer: &str) -> String {
    format!("images of {layer}")
}

/// Name of the output that holds a layer's values on all points: `[points, units]`.
pub fn values(layer: &str) -> String {
    format!("values of {layer}")
}

/// Features of points, `[points, features]`.
pub fn inputs(features: &[Feature], points: impl Iterator<Item = (f32, f32)>) -> Vec<f32> {
    points.flat_map(|(x, y)| features.iter().map(move |feature| feature.evaluate(x, y))).collect()
}

/// Centres of the cells of a picture, row-major, from the top left.
pub fn grid() -> impl Iterator<Item = (f32, f32)> {
    let at = |index: usize| ((index as f32 + 0.5) / SIDE as f32 * 2.0 - 1.0) * EXTENT;
    (0..SIDE).flat_map(move |row| (0..SIDE).map(move |column| (at(column), -at(row))))
}

/// The network on a data set as a graph with the entries `train`, `measure` and `picture`.
pub fn build(spec: &NetworkSpec, data: &Split, task: Task, training: Training) -> Result<(Graph, Vec<Entry>)> {
    let mut g = Graph::new();
    let model = Model::new(&mut g, spec, data, task, training);
    let entries = vec![model.train(&mut g, training)?, model.measure(&mut g)?, model.picture(&mut g)?];
    Ok((g, entries))
}

/// Plans the network on a data set; refuses what does not fit into memory.
pub fn program(spec: &NetworkSpec, data: &Split, task: Task, training: Training) -> Result<Program> {
    let (graph, entries) = build(spec, data, task, training)?;
    plan(&graph, &entries)
}

/// How the layer that reads the plane begins. Rules for first weights presume inputs of variance 1, but
/// points of the plane have a standard deviation of about 3; and with biases of 0 the borders of all units
/// would run through the origin. On the spiral of `tests.rs`, five seeds take 178 to 318 steps;
/// without this, 340 to more than 3000.
fn first(start: Start) -> Start {
    Start { gain: start.gain * 0.3, bias: 2.0, ..start }
}

/// Leaves and layers of the network.
struct Model<'a> {
    spec: &'a NetworkSpec,
    task: Task,
    names: Vec<String>,
    layers: Vec<Linear>,
    /// Features of all points, training points first.
    points: Var,
    labels: Var,
    train_count: usize,
    test_count: usize,
    randomness: Randomness,
}

impl<'a> Model<'a> {
    fn new(g: &mut Graph, spec: &'a NetworkSpec, data: &Split, task: Task, training: Training) -> Self {
        let names = spec.names();
        let mut layers = Vec::new();
        let mut fan_in = spec.features.len();
        for (index, (name, units)) in names.iter().zip(spec.units()).enumerate() {
            // Each layer has its own stream: changing one layer leaves the first weights of those before it.
            let mut rng = Rng::new(training.seed, name);
            let activation = spec.hidden.get(index).map_or(Activation::None, |layer| layer.activation);
            let start = if index == 0 { first(activation.start()) } else { activation.start() };
            layers.push(Linear::new(g, name, [fan_in, units], start, &mut rng));
            fan_in = units;
        }
        let all = || data.train.iter().chain(&data.test);
        let count = all().count();
        let features = inputs(&spec.features, all().map(|point| (point.x, point.y)));
        let points = g.leaf_with(Role::Input, "points", &[count, spec.features.len()], features);
        let labels = g.leaf_with(Role::Input, "labels", &[count], all().map(|point| point.label).collect());
        let randomness = Randomness {
            seed: g.leaf_u32(Role::Input, "seed", &[], &[training.seed]),
            step: g.leaf_u32(Role::State, "step", &[], &[0]),
        };
        let (train_count, test_count) = (data.train.len(), data.test.len());
        Model { spec, task, names, layers, points, labels, train_count, test_count, randomness }
    }

    /// Values of every hidden layer and, last, the output `[batch]`; dropout only while training.
    fn forward(&self, g: &mut Graph, x: Var, training: bool) -> Result<Vec<Var>> {
        let mut values = Vec::new();
        let mut x = x;
        for ((layer, hidden), name) in self.layers.iter().zip(&self.spec.hidden).zip(&self.names) {
            x = g.scoped(name, |g| {
                let sums = layer.apply(g, x)?;
                let active = hidden.activation.apply(g, sums)?;
                if training { dropout(g, active, hidden.dropout, self.randomness, name) } else { Ok(active) }
            })?;
            values.push(x);
        }
        let batch = g.shape(x)[0];
        let output = g.scoped("output", |g| {
            let column = self.layers[self.layers.len() - 1].apply(g, x)?;
            g.reshape(column, &[batch])
        })?;
        values.push(output);
        Ok(values)
    }

    fn loss(&self, g: &mut Graph, output: Var, labels: Var) -> Result<Var> {
        let losses = match self.task {
            Task::Classification => loss::logistic(g, output, labels)?,
            Task::Regression => loss::squared_error(g, output, labels)?,
        };
        loss::mean(g, losses, None)
    }

    /// One step. Without a point to learn from, it only counts.
    fn train(&self, g: &mut Graph, training: Training) -> Result<Entry> {
        let Rates { rate, l1, l2 } = training.rates;
        let (rate, l1, l2) = (g.scalar("rate", rate), g.scalar("l1", l1), g.scalar("l2", l2));
        let mut pairs = Vec::new();
        if self.train_count > 0 {
            let (points, labels) = self.batch(g, training.batch)?;
            let output = self.forward(g, points, true)?[self.layers.len() - 1];
            let weights: Vec<Var> = self.layers.iter().map(|layer| layer.weight).collect();
            let penalty = loss::penalty(g, &weights, l1, l2)?;
            let loss = self.loss(g, output, labels)?;
            let objective = g.add(loss, penalty)?;
            let parameters: Vec<Var> = self.layers.iter().flat_map(|layer| [layer.weight, layer.bias]).collect();
            let gradients = g.grad(objective, &parameters)?;
            pairs = parameters.into_iter().zip(gradients).collect();
        }
        let assigns = Update::new(training.optimiser, rate).apply(g, &pairs, self.randomness.step)?;
        Ok(Entry { name: "train".into(), outputs: Vec::new(), assigns })
    }

    /// Points drawn with replacement; a batch as large as the training set is the set itself.
    fn batch(&self, g: &mut Graph, batch: usize) -> Result<(Var, Var)> {
        if batch >= self.train_count {
            return self.rows(g, 0, self.train_count);
        }
        let index = g.random_below(self.randomness, "batch", self.train_count, &[batch])?;
        Ok((g.take(self.points, index, 0)?, g.take(self.labels, index, 0)?))
    }

    fn rows(&self, g: &mut Graph, from: usize, count: usize) -> Result<(Var, Var)> {
        Ok((g.slice(self.points, 0, from, 1, count)?, g.slice(self.labels, 0, from, 1, count)?))
    }

    /// Losses and accuracies over the whole sets; of an empty set nothing is measured.
    fn measure(&self, g: &mut Graph) -> Result<Entry> {
        let output = self.forward(g, self.points, false)?[self.layers.len() - 1];
        let mut outputs = Vec::new();
        for (name, from, count) in [("train", 0, self.train_count), ("test", self.train_count, self.test_count)] {
            if count == 0 {
                continue;
            }
            let (output, labels) = (g.slice(output, 0, from, 1, count)?, g.slice(self.labels, 0, from, 1, count)?);
            outputs.push((format!("{name} loss"), self.loss(g, output, labels)?));
            if self.task == Task::Classification {
                let right = loss::sign_accuracy(g, output, labels)?;
                outputs.push((format!("{name} accuracy"), loss::mean(g, right, None)?));
            }
        }
        Ok(Entry { name: "measure".into(), outputs, assigns: Vec::new() })
    }

    /// What the panels draw: images of units, values on the points, weights and biases.
    fn picture(&self, g: &mut Graph) -> Result<Entry> {
        let cells = SIDE * SIDE;
        let features = inputs(&self.spec.features, grid());
        let grid = g.leaf_with(Role::Input, "grid", &[cells, self.spec.features.len()], features);
        let on_grid = self.forward(g, grid, false)?;
        let on_points = self.forward(g, self.points, false)?;
        let mut outputs = Vec::new();
        for (index, (name, layer)) in self.names.iter().zip(&self.layers).enumerate() {
            if index < self.spec.hidden.len() {
                outputs.push((images(name), g.transpose(on_grid[index])?));
                outputs.push((values(name), on_points[index]));
            } else {
                outputs.push((images(name), self.shown(g, on_grid[index])?));
            }
            outputs.push((format!("{name}.weight"), layer.weight));
            outputs.push((format!("{name}.bias"), layer.bias));
        }
        Ok(Entry { name: "picture".into(), outputs, assigns: Vec::new() })
    }

    /// The output as it is coloured: the difference of the two classes' probabilities, tanh(f/2), or the value.
    fn shown(&self, g: &mut Graph, output: Var) -> Result<Var> {
        match self.task {
            Task::Classification => {
                let half = g.mul_number(output, 0.5)?;
                g.tanh(half)
            }
            Task::Regression => Ok(output),
        }
    }
}
