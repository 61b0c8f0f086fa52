//! Data D: bags of thirty digits, of which the positive ones hold exactly one 0; a learned query pools a bag by one update
//! of the memory (the paper's HopfieldPooling), or the bag is averaged (C6).

use crate::data::digits::{Digits, PIXELS};
use crate::graph::{Entry, Graph, Result, Role, Var};
use crate::labs::{Feed, Part, RunPlan};
use crate::nn::loss::{logistic, sign_accuracy};
use crate::nn::{Init, Linear};
use crate::optim::{Adam, Update};
use crate::plan::{self, Program};
use crate::rng::{self, Rng};
use std::sync::Arc;

/// Digits in a bag, features of a digit, bags of a training step, bags of the test.
pub(super) const SIZE: usize = 30;
const FEATURES: usize = 16;
const BATCH: usize = 64;
const TESTS: usize = 600;
/// Images to learn from: zeros and others.
const ZEROS: usize = 120;
const OTHERS: usize = 1100;
const RATE: f32 = 0.01;
/// Bags that are shown.
pub(super) const SHOWN: usize = 8;
/// Step at which C6 compares.
pub(super) const COMPARED: u64 = 250;

/// Names of the runs and of their numbers.
pub(super) const LEARNED: &str = "pooling by a learned query";
pub(super) const MEAN: &str = "pooling by the mean";
pub(super) const ACCURACY: &str = "bag accuracy";

/// How a bag becomes one vector.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Pooling {
    /// `Σ softmax(β q·h) h` with a learned q and this β.
    Learned(f32),
    /// The mean.
    Mean,
}

/// Images to learn from and to test with, which have none in common.
pub(super) struct Bags {
    train: Digits,
    test: Digits,
    /// Test bags: positions in `test`, `[600, 30]`, and whether they hold a 0.
    chosen: Vec<u32>,
    labels: Vec<f32>,
}

/// How many of these images show a 0; they stand in front.
fn zeros_of(digits: &Digits) -> usize {
    digits.labels.iter().filter(|label| **label == 0).count()
}

/// Draws a bag from images of which the first `zeros` show a 0: a fair coin decides whether it holds exactly one.
fn draw(rng: &mut Rng, images: usize, zeros: usize, bag: &mut Vec<u32>) -> f32 {
    let positive = rng.next_u32() & 1 == 1;
    let place = rng.below(SIZE as u32);
    for at in 0..SIZE as u32 {
        let zero = positive && at == place;
        bag.push(if zero { rng.below(zeros as u32) } else { zeros as u32 + rng.below((images - zeros) as u32) });
    }
    if positive { 1.0 } else { -1.0 }
}

impl Bags {
    /// The split and the test bags of a seed.
    pub fn new(seed: u32) -> Result<Arc<Bags>> {
        let digits = Digits::all()?;
        let mut rng = Rng::new(seed, "modern-hopfield/bags");
        let mut positions = |zero: bool| {
            let mut found: Vec<usize> = (0..digits.len()).filter(|&at| (digits.labels[at] == 0) == zero).collect();
            rng.shuffle(&mut found);
            found
        };
        let (zeros, others) = (positions(true), positions(false));
        let train = digits.pick(&[&zeros[..ZEROS], &others[..OTHERS]].concat());
        let test = digits.pick(&[&zeros[ZEROS..], &others[OTHERS..]].concat());
        let mut chosen = Vec::with_capacity(TESTS * SIZE);
        let mut labels: Vec<f32> =
            (0..TESTS).map(|_| draw(&mut rng, test.len(), zeros_of(&test), &mut chosen)).collect();
        // The bag that is seen first has something to be found.
        if let Some(first) = labels.iter().position(|label| *label > 0.0) {
            labels.swap(0, first);
            (0..SIZE).for_each(|at| chosen.swap(at, first * SIZE + at));
        }
        Ok(Arc::new(Bags { train, test, chosen, labels }))
    }

    /// Images to learn from, and to test with.
    #[cfg(test)]
    pub fn parts(&self) -> (&Digits, &Digits) {
        (&self.train, &self.test)
    }

    /// Whether a test bag is positive.
    pub fn is_positive(&self, bag: usize) -> bool {
        self.labels[bag] > 0.0
    }

    /// Pixels of a test bag's images, one after the other, and what they show.
    pub fn pictures(&self, bag: usize) -> (Vec<f32>, Vec<u32>) {
        let positions: Vec<usize> = self.chosen[bag * SIZE..][..SIZE].iter().map(|&at| at as usize).collect();
        let picked = self.test.pick(&positions);
        (picked.images, picked.labels)
    }
}

/// A training run of so many steps.
pub(super) fn run(bags: &Arc<Bags>, seed: u32, pooling: Pooling, steps: u64) -> RunPlan {
    let (of_program, of_feed) = (bags.clone(), bags.clone());
    let name = if pooling == Pooling::Mean { MEAN } else { LEARNED };
    let reads = |step: u64| step.is_multiple_of(if step <= COMPARED { 10 } else { 50 });
    let build = Box::new(move || program(&of_program, seed, pooling));
    let feed = Box::new(Stream { bags: of_feed, seed, chosen: Vec::new() });
    RunPlan { feed: Some(feed), ..RunPlan::new(name, Part::Beside, steps, reads, build) }
}

struct Stream {
    bags: Arc<Bags>,
    seed: u32,
    chosen: Vec<u32>,
}

const LEAVES: [&str; 2] = ["training.bags", "training.labels"];

impl Feed for Stream {
    fn routines(&self) -> Vec<String> {
        vec!["train".into()]
    }

    fn leaves(&self) -> Vec<String> {
        LEAVES.map(str::to_owned).to_vec()
    }

    fn batch(&mut self, step: u64, leaves: &mut [Vec<f32>]) -> usize {
        let mut rng = Rng::at_step(self.seed, rng::stream("modern-hopfield/batches"), step as u32);
        let [bags, labels] = leaves else { return 0 };
        let (images, zeros) = (self.bags.train.len(), ZEROS);
        self.chosen.clear();
        labels.extend((0..BATCH).map(|_| draw(&mut rng, images, zeros, &mut self.chosen)));
        bags.extend(self.chosen.iter().map(|&position| f32::from_bits(position)));
        0
    }
}

/// The network's leaves.
struct Network {
    embed: Linear,
    query: Option<(Var, f32)>,
    output: Linear,
}

impl Network {
    fn new(g: &mut Graph, seed: u32, pooling: Pooling) -> Network {
        let mut rng = Rng::new(seed, "modern-hopfield/weights");
        let embed = Linear::new(g, "embed", [PIXELS, FEATURES], Init::LeCunNormal, &mut rng);
        let output = Linear::new(g, "output", [FEATURES, 1], Init::LeCunNormal, &mut rng);
        let query = match pooling {
            Pooling::Mean => None,
            Pooling::Learned(beta) => {
                let first = Init::LeCunNormal.draw(&mut rng, FEATURES, 1);
                Some((g.leaf_with(Role::Parameter, "query", &[FEATURES], first), beta))
            }
        };
        Network { embed, query, output }
    }

    fn parameters(&self) -> Vec<Var> {
        let (embed, output) = (&self.embed, &self.output);
        let all = [embed.weight, embed.bias, output.weight, output.bias];
        all.into_iter().chain(self.query.map(|(query, _)| query)).collect()
    }

    /// Logits `[b]` of bags `[b, 30]` of positions among images `[n, 64]`, and the weights `[b, 30]` of their digits. Every
    /// image is embedded once, however many bags hold it.
    fn apply(&self, g: &mut Graph, images: Var, bags: Var) -> Result<(Var, Var)> {
        let embedded = self.embed.apply(g, images)?;
        let embedded = g.tanh(embedded)?;
        let digits = g.gather(embedded, bags, 0)?;
        let shape = g.shape(bags).to_vec();
        let weights = match self.query {
            None => g.constant(1.0 / SIZE as f32, &shape)?,
            Some((query, beta)) => {
                let products = g.mul(digits, query)?;
                let overlaps = g.sum(products, &[2])?;
                let logits = g.mul_number(overlaps, beta)?;
                g.softmax(logits)?
            }
        };
        let wide = g.unsqueeze(weights, 2)?;
        let weighted = g.mul(digits, wide)?;
        let pooled = g.sum(weighted, &[1])?;
        let logit = self.output.apply(g, pooled)?;
        Ok((g.squeeze(logit, 1)?, weights))
    }
}

fn program(bags: &Bags, seed: u32, pooling: Pooling) -> Result<Program> {
    let g = &mut Graph::new();
    let network = Network::new(g, seed, pooling);
    let step = g.leaf_u32(Role::State, "step", &[], &[0]);
    let set = |g: &mut Graph, digits: &Digits| {
        g.leaf_with(Role::Input, "images", &[digits.len(), PIXELS], digits.images.clone())
    };
    let assigns = g.scoped("training", |g| -> Result<_> {
        let images = set(g, &bags.train);
        let chosen = g.leaf_u32(Role::Input, "bags", &[BATCH, SIZE], &[0; BATCH * SIZE]);
        let labels = g.leaf_with(Role::Input, "labels", &[BATCH], vec![1.0; BATCH]);
        let (logits, _) = network.apply(g, images, chosen)?;
        let losses = logistic(g, logits, labels)?;
        let loss = g.mean_all(losses)?;
        let parameters = network.parameters();
        let gradients = g.grad(loss, &parameters)?;
        let pairs: Vec<(Var, Var)> = parameters.into_iter().zip(gradients).collect();
        Update::new(&Adam::USUAL, RATE).apply(g, &pairs, step)
    })?;
    let mut numbers = Vec::new();
    let mut pictures = Vec::new();
    g.scoped("test", |g| -> Result<()> {
        let images = set(g, &bags.test);
        let chosen = g.leaf_u32(Role::Input, "bags", &[TESTS, SIZE], &bags.chosen);
        let labels = g.leaf_with(Role::Input, "labels", &[TESTS], bags.labels.clone());
        let (logits, weights) = network.apply(g, images, chosen)?;
        let right = sign_accuracy(g, logits, labels)?;
        numbers.push((ACCURACY.to_owned(), g.mean_all(right)?));
        let losses = logistic(g, logits, labels)?;
        numbers.push(("loss on the test bags".to_owned(), g.mean_all(losses)?));
        if network.query.is_some() {
            let chances = g.sigmoid(logits)?;
            pictures.push(("weights".to_owned(), g.slice(weights, 0, 0, 1, SHOWN)?));
            pictures.push(("chances".to_owned(), g.slice(chances, 0, 0, 1, SHOWN)?));
        }
        Ok(())
    })?;
    let entry = |name: &str, outputs, assigns| Entry { name: name.into(), outputs, assigns };
    let mut entries = vec![entry("train", Vec::new(), assigns), entry("measure", numbers, Vec::new())];
    if !pictures.is_empty() {
        entries.push(entry("picture", pictures, Vec::new()));
    }
    plan::plan(g, &entries)
}
