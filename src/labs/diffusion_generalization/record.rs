//! What is recorded of the networks at a reading, from their weights: errors, what they make of the same noise, and at the
//! end of the schedule the bases in which they shrink.

use super::data::{Data, PIXELS, SIGMA, TESTS, decibels, squared_error};
use super::lens::{Basis, Lens, identity_error};
use super::network::{LAYERS, NETS, STEPS};
use super::sampler::{ITERATIONS, PAIRS, Sampler};
use super::wiener::Wiener;
use crate::analysis::matrix::widen;
use crate::analysis::order::median;
use crate::graph::Result;
use crate::labs::Judge;
use std::cell::RefCell;
use std::sync::Arc;

/// Samples that are compared.
pub(super) const SAMPLES: usize = 200;
/// Pictures at which Jacobians are taken.
const LOOKED_AT: usize = 40;
/// Eigenvectors whose place in the picture is measured.
pub(super) const TOP: usize = 12;
/// Ranks of the eigenvalues that are recorded, from 1.
pub(super) const RANKS: [usize; 4] = [1, 6, 13, 31];
/// Other noises that a sample of A is compared with.
const OTHERS: usize = 10;
/// Bins of histograms of cosines, and what they cover.
pub(super) const BINS: usize = 30;
pub(super) const RANGE: [f64; 2] = [-0.5, 1.0];

/// A recorded number of a pair of networks: the visitor's (0), or that of few pictures (1).
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Quantity {
    /// PSNR of network A on noisy training pictures, in dB.
    Train,
    /// PSNR of network A on noisy test pictures.
    Test,
    /// PSNR between A and B on noisy test pictures.
    Agreement,
    /// Median cosine of samples of A and B from the same noise.
    Same,
    /// The same from different noises.
    Different,
    /// Share of samples of A whose most similar sample of B is that from the same noise.
    Matched,
    /// Median cosine of a sample of A with the nearest of its training pictures.
    Nearest,
    /// The same for test pictures.
    Fresh,
    /// Standard deviation of a pixel over samples of A.
    Spread,
    /// Energy of the first eigenvectors on contours.
    Contours,
}

const QUANTITIES: [(Quantity, &str); 10] = [
    (Quantity::Train, "train PSNR"),
    (Quantity::Test, "test PSNR"),
    (Quantity::Agreement, "PSNR of A against B"),
    (Quantity::Same, "cosine, same noise"),
    (Quantity::Different, "cosine, different noises"),
    (Quantity::Matched, "samples matched"),
    (Quantity::Nearest, "cosine to nearest training picture"),
    (Quantity::Fresh, "cosine of fresh pictures to nearest"),
    (Quantity::Spread, "deviation of a pixel"),
    (Quantity::Contours, "energy on contours"),
];

/// Histograms of a pair: cosines from the same noise, from different noises, and to the nearest training picture.
pub(super) const HISTOGRAMS: [&str; 3] = ["same noise", "different noises", "nearest training picture"];

/// Recorded numbers of both pairs together, after those of the pairs.
pub(super) const IDENTITY: &str = "error of f(y) = J y";
pub(super) const ASYMMETRY: &str = "asymmetry of J";
pub(super) const FIXED: &str = "test PSNR of the cosine basis";

/// Name of the numbers of a pair.
fn of_pair(pair: usize) -> &'static str {
    ["", ", 4 pictures"][pair]
}

impl Quantity {
    /// Name of its column.
    pub(super) fn column(self, pair: usize) -> String {
        let mut name = String::new();
        for (quantity, text) in QUANTITIES {
            if quantity == self {
                name.push_str(text);
            }
        }
        name.push_str(of_pair(pair));
        name
    }
}

/// Name of an eigenvalue's column, by its rank from 1.
pub(super) fn rank_column(rank: usize) -> String {
    format!("|λ| of rank {rank}")
}

/// Name of a histogram's bin.
pub(super) fn bin_column(which: usize, pair: usize, bin: usize) -> String {
    format!("share {bin} of cosines, {}{}", HISTOGRAMS[which], of_pair(pair))
}

/// Makes the numbers of a reading.
pub(super) struct Recorder {
    data: Arc<Data>,
    tools: RefCell<Tools>,
}

/// What it takes.
struct Tools {
    sampler: Sampler,
    lens: Lens,
    fixed: f64,
    fresh: [f64; 2],
}

impl Recorder {
    pub(super) fn new(data: &Arc<Data>) -> Result<Recorder> {
        let mut sampler = Sampler::new(data, SAMPLES)?;
        let (wiener, noisy) = (Wiener::of(&data.tests), data.noisy(&data.tests, SIGMA));
        let mut denoised = Vec::with_capacity(noisy.len());
        for picture in noisy.chunks_exact(PIXELS) {
            wiener.denoise(picture, SIGMA, &mut denoised);
        }
        let fixed = decibels(squared_error(&denoised, &data.tests));
        let (many, few) = sampler.fresh().split_at(TESTS);
        let fresh = [median(&widen(many)), median(&widen(few))];
        let tools = Tools { sampler, lens: Lens::new(LOOKED_AT)?, fixed, fresh };
        Ok(Recorder { data: data.clone(), tools: RefCell::new(tools) })
    }
}

impl Judge for Recorder {
    fn numbers(&self) -> Vec<String> {
        let mut names = Vec::new();
        for pair in 0..PAIRS.len() {
            for (quantity, _) in QUANTITIES {
                names.push(quantity.column(pair));
            }
        }
        for name in [IDENTITY, ASYMMETRY, FIXED] {
            names.push(name.to_owned());
        }
        for rank in RANKS {
            names.push(rank_column(rank));
        }
        for pair in 0..PAIRS.len() {
            for which in 0..HISTOGRAMS.len() {
                for bin in 0..BINS {
                    names.push(bin_column(which, pair, bin));
                }
            }
        }
        names
    }

    fn judge(&self, outputs: &[&[f32]]) -> Vec<f32> {
        let weights = [outputs[0], outputs[1], outputs[2]];
        let last = outputs[LAYERS][0] as u64 == STEPS;
        let read = self.tools.borrow_mut().read(&self.data, weights, last);
        // Without eigenvalues there are no numbers, and what is not a number meets no threshold.
        read.unwrap_or_else(|_| vec![f32::NAN; self.numbers().len()])
    }
}

impl Tools {
    /// All numbers in the order of their names.
    fn read(&mut self, data: &Data, weights: [&[f32]; LAYERS], last: bool) -> Result<Vec<f32>> {
        self.sampler.load(weights);
        let mut errors = [0.0; 3 * NETS];
        for (to, from) in errors.iter_mut().zip(self.sampler.errors()) {
            *to = decibels(f64::from(*from));
        }
        self.sampler.sample(0, ITERATIONS);
        let compared = self.sampler.compare();
        let looks = if last { look(&mut self.lens, data, weights)? } else { Looks::NONE };
        let (mut numbers, mut histograms) = (Vec::new(), Vec::new());
        for (pair, net) in PAIRS.into_iter().enumerate() {
            let cosines = &compared.cosines[pair * SAMPLES * SAMPLES..][..SAMPLES * SAMPLES];
            let (mut same, mut different, mut matched) = (Vec::new(), Vec::new(), 0);
            for (a, row) in cosines.chunks_exact(SAMPLES).enumerate() {
                same.push(f64::from(row[a]));
                for other in 1..=OTHERS {
                    different.push(f64::from(row[(a + other) % SAMPLES]));
                }
                matched += usize::from(row.iter().all(|cosine| *cosine <= row[a]));
            }
            let nearest = widen(&compared.nearest[pair * SAMPLES..][..SAMPLES]);
            for of in [&same, &different, &nearest] {
                histogram(of, &mut histograms);
            }
            let samples = &compared.samples[net * SAMPLES * PIXELS..][..SAMPLES * PIXELS];
            for number in [
                errors[net],
                errors[NETS + net],
                errors[2 * NETS + net + 1],
                median(&same),
                median(&different),
                matched as f64 / SAMPLES as f64,
                median(&nearest),
                self.fresh[pair],
                spread(samples),
                looks.contours[pair],
            ] {
                numbers.push(number as f32);
            }
        }
        for number in [looks.identity, looks.asymmetry, self.fixed].into_iter().chain(looks.ranks) {
            numbers.push(number as f32);
        }
        numbers.append(&mut histograms);
        Ok(numbers)
    }
}

/// Appends the shares of some cosines by bin; those below the range count in the first bin.
fn histogram(cosines: &[f64], shares: &mut Vec<f32>) {
    let from = shares.len();
    shares.resize(from + BINS, 0.0);
    for cosine in cosines {
        let place = (cosine - RANGE[0]) / (RANGE[1] - RANGE[0]) * BINS as f64;
        shares[from + (place.max(0.0) as usize).min(BINS - 1)] += 1.0 / cosines.len() as f32;
    }
}

/// Root of the mean variance of a pixel over pictures `[n, 64]`.
fn spread(pictures: &[f32]) -> f64 {
    let count = (pictures.len() / PIXELS) as f64;
    let mut variance = 0.0;
    for pixel in 0..PIXELS {
        let (mut sum, mut square) = (0.0, 0.0);
        for picture in pictures.chunks_exact(PIXELS) {
            sum += f64::from(picture[pixel]);
            square += f64::from(picture[pixel]) * f64::from(picture[pixel]);
        }
        variance += (square / count - (sum / count) * (sum / count)) / PIXELS as f64;
    }
    variance.sqrt()
}

/// Means over pictures of what Jacobians tell; all but the energies of the visitor's network A.
struct Looks {
    contours: [f64; 2],
    identity: f64,
    asymmetry: f64,
    ranks: [f64; RANKS.len()],
}

impl Looks {
    const NONE: Looks =
        Looks { contours: [f64::NAN; 2], identity: f64::NAN, asymmetry: f64::NAN, ranks: [f64::NAN; RANKS.len()] };
}

fn look(lens: &mut Lens, data: &Data, weights: [&[f32]; LAYERS]) -> Result<Looks> {
    let y = data.noisy(&data.tests, SIGMA);
    let mut looks = Looks { contours: [0.0; 2], identity: 0.0, asymmetry: 0.0, ranks: [0.0; RANKS.len()] };
    let share = 1.0 / LOOKED_AT as f64;
    for (pair, net) in PAIRS.into_iter().enumerate() {
        lens.look(weights, net, &y);
        for at in 0..LOOKED_AT {
            let picture = at * PIXELS..(at + 1) * PIXELS;
            let basis = Basis::of(lens.jacobian(at))?;
            looks.contours[pair] += share * basis.energy_on_contours(TOP, &data.tests[picture.clone()]);
            if pair == 0 {
                looks.identity += share * identity_error(lens.jacobian(at), &y[picture], lens.output(at));
                looks.asymmetry += share * basis.asymmetry;
                for (mean, rank) in looks.ranks.iter_mut().zip(RANKS) {
                    *mean += share * basis.values[rank - 1].abs();
                }
            }
        }
    }
    Ok(looks)
}
