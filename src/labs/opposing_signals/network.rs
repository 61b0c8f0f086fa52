//! Part B, a real network on digits, some of which got a loud background: two classes share it, so that it says nothing by
//! itself. Three networks with images and weights of their own train in the same kernels.

use super::record::{LOSS, MINUS, PLUS, REMOVED, REST, SHARPNESS, column, names};
use crate::data::digits::{Digits, PIXELS};
use crate::graph::{Entry, Graph, Leaf, Result, Role, Var};
use crate::labs;
use crate::nn::Activation;
use crate::optim::{Adam, Rule, Sgd, Update};
use crate::plan::{self, Program};
use crate::replicate::replicate;
use crate::rng::Rng;
use std::sync::Arc;

/// Networks trained together.
pub(super) const NETWORKS: usize = 3;
/// Images of a network.
pub(super) const IMAGES: usize = 400;
/// Classes, and the two that get the background.
pub(super) const CLASSES: usize = 10;
pub(super) const PLUS_CLASS: u32 = 3;
pub(super) const MINUS_CLASS: u32 = 8;
/// Units from the input to the output; there are no biases.
const WIDTHS: [usize; 4] = [PIXELS, 48, 48, CLASSES];
/// Length of the schedule.
pub(super) const STEPS: u64 = 400;
/// Adam's learning rate.
const ADAM_RATE: f32 = 0.003;
/// Products with the Hessian in a look at the sharpness, and steps from one look to the next.
const PRODUCTS: usize = 4;
pub(super) const EVERY: u64 = 5;
const ROUTINES: [&str; 2] = ["train", "train and look at the sharpness"];
/// Keeps the length of a vector that is nought from dividing.
const TINY: f32 = 1e-20;

/// How a step is made of a gradient.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Optimiser {
    /// Gradient descent on all images.
    Descent,
    Adam,
}

/// The images of one network: first the + group, then the − group, then all others.
pub(super) struct Images {
    /// Pixels as drawn, from 0 to 1, with the background: `[400, 64]`.
    pub raw: Vec<f32>,
    /// Without the mean of the images before they got it: what the network sees.
    centred: Vec<f32>,
    pub labels: Vec<u32>,
    /// Images in the + group and in the − group.
    pub groups: [usize; 2],
}

/// What is trained on, of all networks.
pub(super) struct Data {
    pub images: Vec<Images>,
    seed: u32,
    /// What the background adds to a pixel.
    pub background: f32,
}

impl Data {
    /// 400 images for each network; `outliers` of each group get a background of norm `strength`.
    pub(super) fn draw(seed: u32, outliers: usize, strength: f64) -> Result<Arc<Data>> {
        let digits = Digits::all()?;
        // The norm of 64 equal pixels is 8 times one of them.
        let background = (strength / 8.0) as f32;
        let mut images = Vec::with_capacity(NETWORKS);
        for network in 0..NETWORKS {
            images.push(Images::draw(digits, seed, network, outliers, background));
        }
        Ok(Arc::new(Data { images, seed, background }))
    }
}

impl Images {
    fn draw(digits: &Digits, seed: u32, network: usize, outliers: usize, background: f32) -> Images {
        let mut order: Vec<usize> = (0..digits.len()).collect();
        Rng::new(seed, &format!("opposing-signals/images {network}")).shuffle(&mut order);
        order.truncate(IMAGES);
        let mut mean = [0.0; PIXELS];
        for &at in &order {
            for (sum, pixel) in mean.iter_mut().zip(digits.image(at)) {
                *sum += pixel / IMAGES as f32;
            }
        }
        // The order of images does not matter to a step on all of them, and groups that stand together are easy to name.
        let (mut sorted, mut groups) = (Vec::with_capacity(IMAGES), [0; 2]);
        let mut taken = [false; IMAGES];
        for (group, class) in [PLUS_CLASS, MINUS_CLASS].into_iter().enumerate() {
            for (place, &at) in order.iter().enumerate() {
                if digits.labels[at] == class && groups[group] < outliers {
                    groups[group] += 1;
                    taken[place] = true;
                    sorted.push(at);
                }
            }
        }
        for (place, &at) in order.iter().enumerate() {
            if !taken[place] {
                sorted.push(at);
            }
        }
        let mut images = Images { raw: Vec::new(), centred: Vec::new(), labels: Vec::new(), groups };
        for (place, &at) in sorted.iter().enumerate() {
            let added = if place < groups[0] + groups[1] { background } else { 0.0 };
            for (pixel, mean) in digits.image(at).iter().zip(mean) {
                images.raw.push(pixel + added);
                images.centred.push(pixel - mean + added);
            }
            images.labels.push(digits.labels[at]);
        }
        images
    }

    /// One number for each image: the first for those of a group, of which the second says which one, the third for all others.
    fn spread(&self, [plus, minus, rest]: [f32; 3]) -> Vec<f32> {
        let mut values = vec![rest; IMAGES];
        values[..self.groups[0]].fill(plus);
        values[self.groups[0]..self.groups[0] + self.groups[1]].fill(minus);
        values
    }

    /// Share of an image in the mean of its group; 0 for an empty one.
    fn shares(&self, group: usize) -> Vec<f32> {
        let [plus, minus] = self.groups;
        let count = [plus, minus, IMAGES - plus - minus][group];
        let mut of = [0.0; 3];
        of[group] = 1.0 / count.max(1) as f32;
        self.spread(of)
    }
}

const SHARES: [&str; 3] = ["shares in the + group", "shares in the − group", "shares in the others"];

/// Routines: `train` (a step), the same with a look at the sharpness before it, `measure`, and `picture` (of every network:
/// losses of all images now and before the last step, and probabilities on a background without anything). The leaf
/// [`REMOVED`] takes the outliers out of the loss.
pub(super) fn program(data: &Data, optimiser: Optimiser, rate: f32, removed: bool) -> Result<Program> {
    let g = &mut Graph::new();
    let x = g.leaf_with(Role::Input, "images", &[IMAGES, PIXELS], vec![0.0; IMAGES * PIXELS]);
    let labels = g.leaf_u32(Role::Input, "labels", &[IMAGES], &[0; IMAGES]);
    let blank = g.leaf_with(Role::Input, "blank", &[1, PIXELS], vec![data.background; PIXELS]);
    let shares = SHARES.map(|name| g.leaf_with(Role::Input, name, &[IMAGES], vec![0.0; IMAGES]));
    let is_outlier = g.leaf_with(Role::Input, "outliers", &[IMAGES], vec![0.0; IMAGES]);
    let removed = g.scalar(REMOVED, f32::from(u8::from(removed)));
    let before = g.leaf_with(Role::State, "last losses", &[IMAGES], vec![0.0; IMAGES]);
    let sharpness = g.leaf_with(Role::State, SHARPNESS, &[], vec![0.0]);
    let step = g.leaf_u32(Role::State, "step", &[], &[0]);
    let (mut weights, mut vector) = (Vec::new(), Vec::new());
    for (layer, pair) in WIDTHS.windows(2).enumerate() {
        let zeros = vec![0.0; pair[0] * pair[1]];
        let name = layer_name(layer);
        weights.push(g.leaf_with(Role::Parameter, &name, pair, zeros.clone()));
        vector.push(g.leaf_with(Role::State, &format!("{name}.{VECTOR}"), pair, zeros));
    }

    let logits = g.scoped("network", |g| network(g, &weights, x))?;
    let losses = g.cross_entropy(logits, labels)?;
    let total = |g: &mut Graph, shares: Var| -> Result<Var> {
        let product = g.mul(losses, shares)?;
        g.sum_all(product)
    };
    // Images that are in the loss count 1, the others 0.
    let gone = g.mul(is_outlier, removed)?;
    let one = g.constant(1.0, &[])?;
    let counted = g.sub(one, gone)?;
    let count = g.sum_all(counted)?;
    let sum = total(g, counted)?;
    let loss = g.div(sum, count)?;

    let gradients = g.grad(loss, &weights)?;
    let pairs: Vec<(Var, Var)> = weights.iter().copied().zip(gradients).collect();
    let update = match optimiser {
        Optimiser::Descent => Update::new(&Sgd as &dyn Rule, rate),
        Optimiser::Adam => Update::new(&Adam::USUAL, ADAM_RATE),
    };
    let mut train = update.apply(g, &pairs, step)?;
    train.push((before, losses));
    let mut looking = train.clone();
    looking.extend(g.scoped("sharpness", |g| power_iteration(g, loss, &weights, &vector, sharpness))?);

    let mut numbers = vec![(LOSS.to_owned(), loss)];
    for (name, shares) in [PLUS, MINUS, REST].into_iter().zip(shares) {
        numbers.push((name.to_owned(), total(g, shares)?));
    }
    numbers.push((SHARPNESS.to_owned(), sharpness));
    numbers.push((REMOVED.to_owned(), removed));
    let of_blank = g.scoped("blank", |g| network(g, &weights, blank))?;
    let chances = g.softmax(of_blank)?;
    let picture =
        vec![("losses".to_owned(), losses), ("last losses".to_owned(), before), ("chances".to_owned(), chances)];
    let entry = |name: &str, outputs, assigns| Entry { name: name.into(), outputs, assigns };
    let entries = [
        entry(ROUTINES[0], Vec::new(), train),
        entry(ROUTINES[1], Vec::new(), looking),
        entry("measure", numbers, Vec::new()),
        entry("picture", picture, Vec::new()),
    ];
    let (all, entries) = replicate(g, &entries, NETWORKS, |leaf, network| data.initial(leaf, network))?;
    plan::plan(&all, &entries)
}

const VECTOR: &str = "direction";

fn layer_name(layer: usize) -> String {
    format!("layer{}.weight", layer + 1)
}

/// Logits of images, one a row.
fn network(g: &mut Graph, weights: &[Var], x: Var) -> Result<Var> {
    let mut hidden = x;
    for (layer, &weight) in weights.iter().enumerate() {
        if layer > 0 {
            hidden = Activation::Gelu.apply(g, hidden)?;
        }
        hidden = g.matmul(hidden, weight)?;
    }
    Ok(hidden)
}

/// Steps of power iteration on the Hessian from the vector that an earlier look ended with: of length 1, it becomes its image over
/// that one's length. The eigenvalue is vᵀHv, which may be below 0 at first.
pub(super) fn power_iteration(
    g: &mut Graph,
    loss: Var,
    weights: &[Var],
    vector: &[Var],
    sharpness: Var,
) -> Result<Vec<(Var, Var)>> {
    let mut direction = vector.to_vec();
    let mut value = sharpness;
    for _ in 0..PRODUCTS {
        let along: Vec<(Var, Var)> = weights.iter().copied().zip(direction.iter().copied()).collect();
        let images = g.hessian_vector(loss, &along)?;
        let mut square = g.constant(TINY, &[])?;
        value = g.constant(0.0, &[])?;
        for (&image, &part) in images.iter().zip(&direction) {
            for (sum, other) in [(&mut value, part), (&mut square, image)] {
                let product = g.mul(image, other)?;
                let product = g.sum_all(product)?;
                *sum = g.add(*sum, product)?;
            }
        }
        let length = g.sqrt(square)?;
        for (part, image) in direction.iter_mut().zip(images) {
            *part = g.div(image, length)?;
        }
    }
    let mut assigns = vec![(sharpness, value)];
    assigns.extend(vector.iter().copied().zip(direction));
    Ok(assigns)
}

/// Says at which steps the sharpness is looked at; the data are in the program.
pub(super) struct Looks;

impl labs::Feed for Looks {
    fn routines(&self) -> Vec<String> {
        names(&ROUTINES)
    }

    fn leaves(&self) -> Vec<String> {
        Vec::new()
    }

    fn batch(&mut self, step: u64, _: &mut [Vec<f32>]) -> usize {
        usize::from(step.is_multiple_of(EVERY))
    }
}

impl Data {
    /// First contents of a leaf of one network; none for what all share.
    fn initial(&self, leaf: &Leaf, network: usize) -> Option<Vec<f32>> {
        let images = &self.images[network];
        if let Some(layer) = (0..WIDTHS.len() - 1).find(|&layer| leaf.name.starts_with(&layer_name(layer))) {
            return Some(self.weights(leaf, network, layer));
        }
        if let Some(group) = SHARES.iter().position(|name| *name == leaf.name) {
            return Some(images.shares(group));
        }
        match &leaf.name[..] {
            "images" => Some(images.centred.clone()),
            "labels" => Some(images.labels.iter().map(|&label| f32::from_bits(label)).collect()),
            "outliers" => Some(images.spread([1.0, 1.0, 0.0])),
            "blank" | "step" | REMOVED => None,
            _ => Some(leaf.initial.clone()),
        }
    }

    /// First weights of a layer, N(0, 1/fan-in); zeros for what an optimiser remembers. The first direction of the power iteration
    /// is random too, each layer's part of it about as long as the others'.
    fn weights(&self, leaf: &Leaf, network: usize, layer: usize) -> Vec<f32> {
        let mut values = leaf.initial.clone();
        let is_vector = leaf.name.ends_with(VECTOR);
        if leaf.role == Role::Parameter || is_vector {
            let mut rng = Rng::new(self.seed, &format!("opposing-signals/{} {network}", leaf.name));
            let spread = if is_vector { (3 * values.len()) as f32 } else { WIDTHS[layer] as f32 };
            for value in &mut values {
                *value = rng.normal() / spread.sqrt();
            }
        }
        values
    }
}

/// Names what `measure` gives: each number of the first network, then of the second, …
pub(super) struct Judge;

const NUMBERS: [&str; 5] = [LOSS, PLUS, MINUS, REST, SHARPNESS];

impl labs::Judge for Judge {
    fn numbers(&self) -> Vec<String> {
        let mut all = Vec::new();
        for network in 0..NETWORKS {
            for number in NUMBERS {
                all.push(column(number, network));
            }
        }
        all.push(REMOVED.into());
        all
    }

    fn judge(&self, outputs: &[&[f32]]) -> Vec<f32> {
        let mut numbers = Vec::new();
        for network in 0..NETWORKS {
            for output in &outputs[..NUMBERS.len()] {
                numbers.push(output[network]);
            }
        }
        numbers.push(outputs[NUMBERS.len()][0]);
        numbers
    }
}
