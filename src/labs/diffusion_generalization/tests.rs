//! What the parts do together, on networks that have not been trained.

use super::data::{Data, FEW, PIXELS, SIGMA, decibels, squared_error};
use super::network::{self, LAYERS, NETS, STEPS, WIDTHS, weight_name};
use super::record::{BINS, HISTOGRAMS, IDENTITY, Quantity, RANKS, Recorder, bin_column, rank_column};
use super::sampler::Sampler;
use super::{claims, reads};
use crate::cpu::Machine;
use crate::labs::{Judge, Verdict};
use crate::session::{History, RunView};
use std::sync::Arc;

type Stacked = [Vec<f32>; LAYERS];

fn slices(weights: &Stacked) -> [&[f32]; LAYERS] {
    std::array::from_fn(|layer| &weights[layer][..])
}

/// The weights of a program after some steps.
fn trained(data: &Data, steps: usize) -> Stacked {
    let mut machine = Machine::new(Arc::new(network::program(data).unwrap()));
    let train = machine.program().routine("train").unwrap();
    for _ in 0..steps {
        machine.run(train);
    }
    std::array::from_fn(|layer| machine.leaf(machine.program().leaf(&weight_name(layer)).unwrap()).to_vec())
}

/// `y + ReLU(ReLU(y W₁) W₂) W₃` of one picture, by the formula.
fn by_hand(weights: &Stacked, net: usize, y: &[f32]) -> Vec<f32> {
    let mut hidden: Vec<f64> = y.iter().map(|&value| f64::from(value)).collect();
    for layer in 0..LAYERS {
        let [inputs, units] = [WIDTHS[layer], WIDTHS[layer + 1]];
        let matrix = &weights[layer][net * inputs * units..][..inputs * units];
        let sum = |unit: usize| (0..inputs).map(|at| hidden[at] * f64::from(matrix[at * units + unit])).sum::<f64>();
        hidden = (0..units).map(|unit| if layer + 1 < LAYERS { sum(unit).max(0.0) } else { sum(unit) }).collect();
    }
    y.iter().zip(hidden).map(|(y, change)| y + change as f32).collect()
}

#[test]
fn all_networks_begin_alike_and_are_shown_pictures_of_their_own() {
    let data = Data::draw(9, 16);
    let same = |weights: &Stacked, a: usize, b: usize| {
        let of = |net: usize| &weights[0][net * WIDTHS[0] * WIDTHS[1]..][..WIDTHS[0] * WIDTHS[1]];
        of(a) == of(b)
    };
    let first = trained(&data, 0);
    let later = trained(&data, 3);
    for (a, b) in [(0, 1), (0, 2), (2, 3)] {
        assert!(same(&first, a, b) && !same(&later, a, b));
    }
    let variance = |layer: usize| first[layer].iter().map(|w| w * w).sum::<f32>() / first[layer].len() as f32;
    for (layer, want) in [2.0 / 64.0, 2.0 / 192.0, 0.1 / 192.0].into_iter().enumerate() {
        assert!((variance(layer) / want - 1.0).abs() < 0.05, "{layer}");
    }
}

/// A step of the sampler by its formula, and its errors by theirs.
#[test]
fn the_sampler_walks_by_the_formula_and_all_networks_see_the_same_noise() {
    let data = Data::draw(4, FEW);
    let weights = trained(&data, 20);
    let mut sampler = Sampler::new(&data, 3).unwrap();
    assert!(sampler.load(slices(&weights)) && !sampler.load(slices(&weights)));
    sampler.sample(0, 0);
    let start = sampler.states().to_vec();
    assert_eq!(sampler.noise(), &start[..3 * PIXELS]);
    for net in 1..NETS {
        assert_eq!(start[net * 3 * PIXELS..][..3 * PIXELS], start[..3 * PIXELS]);
    }
    sampler.sample(0, 1);
    let after = sampler.states().to_vec();
    let mut injected = Vec::new();
    for net in [0, 3] {
        let place = (net * 3 + 1) * PIXELS;
        let y = &start[place..][..PIXELS];
        let d: Vec<f32> = by_hand(&weights, net, y).iter().zip(y).map(|(f, y)| f - y).collect();
        let variance = d.iter().map(|d| d * d).sum::<f32>() / PIXELS as f32;
        let gamma = ((0.925f32 * 0.925 - 0.85 * 0.85) * variance).sqrt();
        injected.push((0..PIXELS).map(|at| (after[place + at] - y[at] - 0.15 * d[at]) / gamma).collect::<Vec<f32>>());
    }
    assert!(injected[0].iter().zip(&injected[1]).all(|(a, b)| (a - b).abs() < 1e-3), "the noise on the way is shared");
    let square = injected[0].iter().map(|z| z * z).sum::<f32>() / PIXELS as f32;
    assert!((0.6..1.5).contains(&square), "{square}");
    sampler.sample(1, 0);
    assert_ne!(sampler.states()[..PIXELS], start[..PIXELS]);

    let noisy = data.noisy(&data.tests, SIGMA);
    let answers = |net: usize| noisy.chunks(PIXELS).flat_map(|y| by_hand(&weights, net, y)).collect::<Vec<f32>>();
    let errors = sampler.errors().to_vec();
    let close = |got: f32, want: f64| assert!((f64::from(got) / want - 1.0).abs() < 1e-4, "{got} {want}");
    close(errors[NETS + 2], squared_error(&answers(2), &data.tests));
    close(errors[2 * NETS + 3], squared_error(&answers(3), &answers(2)));
    let own = data.noisy(data.set(1), SIGMA);
    let own: Vec<f32> = own.chunks(PIXELS).flat_map(|y| by_hand(&weights, 3, y)).collect();
    let pictures: Vec<f32> = data.set(1).iter().cycle().take(own.len()).copied().collect();
    close(errors[3], squared_error(&own, &pictures));
}

#[test]
fn a_copy_has_cosine_1_with_the_picture_it_repeats() {
    // Networks that answer what they get: after no step the sample is the noise, and of a picture it is the picture.
    let data = Data::draw(4, 16);
    let mut sampler = Sampler::new(&data, 2).unwrap();
    sampler.sample(0, 0);
    let (pictures, noise) = (data.set(0).to_vec(), sampler.noise().to_vec());
    let compared = sampler.compare();
    assert_eq!(compared.samples[..2 * PIXELS], noise[..]);
    assert!((compared.cosines[0] - 1.0).abs() < 1e-5 && compared.cosines[1] < 0.9);
    let unit = |picture: &[f32]| {
        let mut unit = Vec::new();
        super::data::centred(picture, &mut unit);
        unit
    };
    let cosine = |a: &[f32], b: &[f32]| unit(a).iter().zip(unit(b)).map(|(a, b)| a * b).sum::<f32>();
    let best = pictures.chunks(PIXELS).map(|picture| cosine(picture, &noise[..PIXELS])).fold(-1.0, f32::max);
    assert!((compared.nearest[0] - best).abs() < 1e-5);
    let which = compared.which[0] as usize;
    assert!((cosine(&pictures[which * PIXELS..][..PIXELS], &noise[..PIXELS]) - best).abs() < 1e-6);
    assert!(compared.which[2] < FEW as f32, "the second pair has few pictures");
}

/// The claims of networks as they are before training, which answer what they get and look into nothing.
#[test]
fn what_has_not_learnt_meets_no_claim() {
    let data = Arc::new(Data::draw(1, 16));
    let weights = trained(&data, 0);
    let recorder = Recorder::new(&data).unwrap();
    let read = |step: u64| {
        let slices = slices(&weights);
        recorder.judge(&[slices[0], slices[1], slices[2], &[step as f32]])
    };
    let names = recorder.numbers();
    let mut history = History::new(names.clone());
    history.record(0, &read(0));
    assert!(history.last(IDENTITY).is_some_and(f32::is_nan), "Jacobians are taken at the end");
    history.record(STEPS, &read(STEPS));
    assert_eq!(history.last(&Quantity::Test.column(0)), history.last(&Quantity::Test.column(1)));
    assert!(history.last(&rank_column(RANKS[3])) > Some(0.5), "all directions are kept");
    for which in 0..HISTOGRAMS.len() {
        let share: f32 = (0..BINS).filter_map(|bin| history.last(&bin_column(which, 1, bin))).sum();
        assert!((share - 1.0).abs() < 1e-3);
    }
    // Close to the noise level itself.
    let noise = decibels(f64::from(SIGMA * SIGMA)) as f32;
    assert!((history.last(&Quantity::Test.column(0)).unwrap() - noise).abs() < 1.0);
    let run = RunView { name: "", history: &history, step: STEPS, steps: STEPS, finished: true, picture: None };
    for claim in claims::of(&run, "16") {
        let fails = claim.verdict == Verdict::Fails;
        assert!(fails, "{claim:?}");
    }
    let unread = History::new(names);
    let run = RunView { history: &unread, ..run };
    assert!(claims::of(&run, "16").iter().all(|claim| claim.verdict == Verdict::NotYet && claim.detail.is_empty()));
}

#[test]
fn readings_come_often_at_first_and_at_the_end() {
    let steps: Vec<u64> = (0..=STEPS).filter(|&step| reads(step)).collect();
    assert!(steps.contains(&0) && steps.contains(&100) && steps.contains(&STEPS) && steps.len() < 30, "{steps:?}");
}
