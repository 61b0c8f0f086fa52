//! Numeric parts against values known otherwise, and every claim where its mechanism is missing.

use super::images::{Classical, Images, NEAR, normalise};
use super::memory::{Memory, entropy, least_number, median};
use super::recall::{beta_at, tried};
use super::*;
use crate::cpu::Machine;
use crate::data::digits::{Digits, PIXELS};
use crate::labs::{Relation, Verdict};
use crate::session::{History, RunView};
use std::sync::Arc as Shared;

/// Runs a plan alone, to its end.
fn finish(plan: RunPlan) -> History {
    let RunPlan { build, mut feed, judge, steps, reads, enough, .. } = plan;
    let mut machine = Machine::new(Shared::new(build().unwrap()));
    let routine = |machine: &Machine, name: &str| machine.program().routine(name).unwrap();
    let (train, measure) = (routine(&machine, "train"), routine(&machine, "measure"));
    let outputs = machine.program().routines[measure].outputs.clone();
    let names = match &judge {
        Some(judge) => judge.numbers(),
        None => outputs.iter().map(|output| output.name.clone()).collect(),
    };
    let mut history = History::new(names);
    for step in 0..=steps {
        if reads(step) || step == steps {
            machine.run(measure);
            let values: Vec<&[f32]> = (0..outputs.len()).map(|output| machine.output(measure, output)).collect();
            let numbers = match &judge {
                Some(judge) => judge.judge(&values),
                None => values.iter().map(|value| value[0]).collect(),
            };
            history.record(step, &numbers);
        }
        if step == steps || enough.is_some_and(|enough| enough(&history)) {
            break;
        }
        if let Some(feed) = &mut feed {
            let leaves = feed.leaves();
            let mut contents = vec![Vec::new(); leaves.len()];
            feed.batch(step, &mut contents);
            for (leaf, values) in leaves.iter().zip(&contents).filter(|(_, values)| !values.is_empty()) {
                let leaf = machine.program().leaf(leaf).unwrap();
                machine.write(leaf, values);
            }
        }
        machine.run(train);
    }
    history
}

/// The claim that reads only this run.
fn judged(id: &str, name: &str, history: &History) -> Claim {
    let run = RunView { name, history, step: 1, steps: 1, finished: true, picture: None };
    let view = View { runs: vec![run], other_seeds: Vec::new() };
    claims::of(&view).into_iter().find(|claim| claim.id == id).unwrap()
}

fn failed(claim: &Claim) -> Vec<&str> {
    claim.parts.iter().filter(|part| part.holds() == Some(false)).map(|part| part.label.as_str()).collect()
}

#[test]
fn without_a_temperature_the_answer_is_the_mean_and_with_a_high_one_the_pattern() {
    let images = Images::draw(40, 3).unwrap();
    let mut memory = Memory::new(images.unit.clone(), PIXELS, 40).unwrap();
    let cues = images.cues(40, 16);
    let mean: Vec<f32> =
        (0..PIXELS).map(|at| images.unit.chunks(PIXELS).map(|unit| unit[at]).sum::<f32>() / 40.0).collect();
    for state in memory.update(&cues, 0.0).chunks(PIXELS) {
        assert!(state.iter().zip(&mean).all(|(a, b)| (a - b).abs() < 1e-6));
    }
    // At β = 10⁴ only the best match counts, and logits of thousands must not overflow.
    let sharp = memory.update(&cues, 1e4).to_vec();
    assert!(images.restored(&sharp) > 0.9);
    assert!(sharp.iter().all(|x| x.is_finite()));
}

#[test]
fn a_state_is_restored_by_the_softmax_and_not_by_a_look_up() {
    // At β = 8 the nearest digit is still the right one, but the state is a blend.
    let images = Images::draw(100, 0).unwrap();
    let mut memory = Memory::new(images.unit.clone(), PIXELS, 100).unwrap();
    let states = memory.update(&images.cues(100, 16), 8.0).to_vec();
    assert!(images.restored(&states) < 0.05);
}

#[test]
fn energies_are_those_of_the_formula_and_lie_in_their_range() {
    let patterns = vec![3.0, 0.0, 0.0, 4.0, -1.0, 1.0];
    let mut memory = Memory::new(patterns.clone(), 2, 3).unwrap();
    let (beta, states) = (0.5f64, [3.0f32, 0.0, 1.0, 2.0, -0.5, 0.5]);
    let retrieved = memory.retrieve(&states, beta as f32, 2);
    for (state, energy) in states.chunks(2).zip(&retrieved.energies[0]) {
        let dot = |a: &[f32], b: &[f32]| (a[0] * b[0] + a[1] * b[1]) as f64;
        let sum: f64 = patterns.chunks(2).map(|pattern| (beta * dot(pattern, state)).exp()).sum();
        let want = -sum.ln() / beta + dot(state, state) / 2.0 + 3f64.ln() / beta + 8.0;
        assert!((*energy as f64 - want).abs() < 1e-5, "{energy} instead of {want}");
    }
    for pair in retrieved.energies.windows(2) {
        assert!(pair[0].iter().zip(&pair[1]).all(|(before, after)| after <= before && (0.0..=32.0).contains(after)));
    }
    assert_eq!(retrieved.states.len(), 3);
}

#[test]
fn numbers_of_weights() {
    assert_eq!(least_number(&[0.05, 0.9, 0.05], 0.9), 1);
    assert_eq!(least_number(&[0.25; 4], 0.9), 4);
    assert_eq!(least_number(&[0.1, 0.5, 0.4], 0.9), 2);
    assert_eq!((median(&[3.0, 1.0, 2.0]), median(&[4.0, 1.0, 2.0, 3.0])), (2.0, 2.5));
    assert!((entropy(&[0.5, 0.5, 0.0]) - std::f32::consts::LN_2).abs() < 1e-6 && entropy(&[1.0]) == 0.0);
}

#[test]
fn images_are_centred_scaled_and_cut_as_stored_vectors() {
    let images = Images::draw(20, 1).unwrap();
    assert_eq!(images.len(), 20);
    let cues = images.cues(20, 16);
    for at in 0..20 {
        let unit = images.unit(at);
        assert!(unit.iter().sum::<f32>().abs() < 1e-5 && (unit.iter().map(|x| x * x).sum::<f32>() - 1.0).abs() < 1e-5);
        let [mean, length] = images.scale[at];
        assert!(unit.iter().zip(images.raw(at)).all(|(x, raw)| (mean + length * x - raw).abs() < 1e-5));
        let cue = &cues[at * PIXELS..][..PIXELS];
        assert!(cue[..48] == unit[..48] && cue[48..].iter().all(|x| *x == 0.0));
    }
    assert_ne!(images.raw, Images::draw(20, 2).unwrap().raw);
    assert_eq!(Images::draw(5000, 1).unwrap().len(), 1797);
    // An even picture has no direction, and no NaN comes of it.
    let mut even = [0.5; 4];
    assert_eq!((normalise(&mut even), even), ([0.5, 0.0], [0.0; 4]));
}

#[test]
fn the_classical_network_keeps_few_unlike_images_and_has_no_harder_task() {
    // Two images without resemblance are fixed points, and come back from three quarters of their pixels.
    let stripes: Vec<f32> = (0..PIXELS).map(|at| (at % 2) as f32).collect();
    let half: Vec<f32> = (0..PIXELS).map(|at| (at / 8 % 2) as f32).collect();
    let raw = [stripes, half].concat();
    let classical = Classical::store(&raw);
    assert_eq!((classical.restored(&raw, 0), classical.restored(&raw, 16)), (1.0, 1.0));
    // Digits resemble each other: even a whole one does not stay.
    let images = Images::draw(100, 0).unwrap();
    assert!(Classical::store(&images.raw).restored(&images.raw, 0) <= 0.1);
    // A hidden pixel says nothing: what it was cannot be told from where the network goes.
    let mut other = images.raw(0).to_vec();
    other[63] = 1.0 - other[63];
    let classical = Classical::store(&images.raw);
    assert_eq!(classical.recall(images.raw(0), 1), classical.recall(&other, 1));
}

#[test]
fn the_sweep_meets_powers_of_two_and_stays_within_the_slider() {
    assert!((beta_at(0) - 0.100_7).abs() < 1e-4 && beta_at(175) < 200.0);
    assert!((beta_at(53) - 1.0).abs() < 1e-12 && (beta_at(53 + 16 * 7) - 128.0).abs() < 1e-9);
    assert_eq!((tried(10), tried(100), tried(1000), tried(1797)), (10, 100, 40, 22));
}

#[test]
fn bags_hold_one_zero_or_none_and_test_images_are_new() {
    let bags = Bags::new(5).unwrap();
    let mut positive = 0;
    for at in 0..200 {
        let (pixels, labels) = bags.pictures(at);
        assert_eq!((pixels.len(), labels.len()), (30 * PIXELS, 30));
        assert_eq!(labels.iter().filter(|label| **label == 0).count(), usize::from(bags.is_positive(at)));
        positive += usize::from(bags.is_positive(at));
    }
    assert!((75..125).contains(&positive), "a fair coin: {positive} of 200");
    let ink = |images: &Digits| {
        images.images.chunks(PIXELS).map(|image| image.iter().map(|x| x * 16.0).sum::<f32>()).sum::<f32>()
    };
    let (train, test) = bags.parts();
    assert_eq!((train.len(), test.len()), (1220, 577));
    assert_eq!(train.labels.iter().filter(|label| **label == 0).count(), 120);
    // Together they are all images, each once.
    assert_eq!(ink(train) + ink(test), ink(Digits::all().unwrap()));
}

#[test]
fn the_capacity_needs_a_sharp_softmax() {
    let run = |beta| finish(capacity::run(1, beta));
    let claim = judged("C2", capacity::NAME, &run(1.0));
    assert_eq!(claim.verdict, Verdict::Holds, "{claim:?}");
    // At β = 0.02 the answer is an average, and no number of patterns comes back.
    let claim = judged("C2", capacity::NAME, &run(0.02));
    assert_eq!(failed(&claim).len(), 3, "{claim:?}");
}

#[test]
fn three_kinds_of_fixed_points_need_groups() {
    let run = |spread| finish(clusters::run(2, spread));
    let claim = judged("C4", clusters::NAME, &run(clusters::SPREAD));
    assert_eq!(claim.verdict, Verdict::Holds, "{claim:?}");
    // Patterns that lie everywhere have no groups to rest on.
    let claim = judged("C4", clusters::NAME, &run(6.0));
    assert_eq!(failed(&claim), ["k at β = 8, at least"], "{claim:?}");
}

#[test]
fn attention_at_another_temperature_is_another_update_and_overshooting_climbs() {
    let run = |overshoot, scale| finish(attention::run(3, overshoot, scale));
    let claim = judged("C5", attention::NAME, &run(1.0, 1.0));
    assert_eq!(claim.verdict, Verdict::Holds, "{claim:?}");
    let claim = judged("C5", attention::NAME, &run(3.5, 1.01));
    assert_eq!(failed(&claim).len(), 2, "{claim:?}");
}

#[test]
fn the_error_law_needs_the_temperature_that_it_speaks_of() {
    let run = |sharpness| finish(error_law::run(4, sharpness));
    let claim = judged("C3", error_law::NAME, &run(1.0));
    assert_eq!(claim.verdict, Verdict::Holds, "{claim:?}");
    // A memory that is less than a third as sharp errs more than the bound allows.
    let claim = judged("C3", error_law::NAME, &run(0.3));
    assert_eq!(failed(&claim), ["slope of the logarithm, at most", "errors above the bound, of 120"], "{claim:?}");
}

#[test]
fn a_query_that_looks_at_all_alike_is_no_better_than_the_mean() {
    let bags = Bags::new(6).unwrap();
    let run = |pooling| finish(bags::run(&bags, 6, pooling, bags::COMPARED));
    let accuracy = |history: &History| history.at(bags::ACCURACY, bags::COMPARED).unwrap();
    let (learned, flat, mean) = (run(Pooling::Learned(1.0)), run(Pooling::Learned(0.0)), run(Pooling::Mean));
    assert!(accuracy(&learned) >= 0.9 && accuracy(&learned) - accuracy(&mean) >= 0.1);
    assert!((accuracy(&flat) - accuracy(&mean)).abs() < 1e-6, "β = 0 is the mean");
    let view = |history| RunView { name: bags::LEARNED, history, step: 250, steps: 250, finished: true, picture: None };
    let runs = vec![view(&flat), RunView { name: bags::MEAN, ..view(&mean) }];
    let claim = claims::of(&View { runs, other_seeds: Vec::new() }).pop().unwrap();
    assert_eq!((claim.id, claim.verdict), ("C6", Verdict::Fails));
    assert!(claim.parts.iter().all(|part| part.relation == Relation::AtLeast));
}

#[test]
fn cards_follow_the_sweep_and_pages_the_visitor() {
    let mut payload = Payload::default();
    let settings = Settings::defaults(LAB.controls, 0);
    let note = |with_claims: bool, step: u64, payload: &mut Payload| {
        let mut lab = open(&settings, with_claims).unwrap();
        let history = History::new(vec!["k".into(), "β".into()]);
        let run =
            RunView { name: "β rises", history: &history, step, steps: 175, finished: step == 175, picture: None };
        let view = View { runs: vec![run], other_seeds: Vec::new() };
        lab.panel("recall", &view, payload)["note"].as_str().unwrap().split(':').next().unwrap().to_owned()
    };
    assert_eq!(note(true, 53, &mut payload), "β = 100");
    assert_eq!(note(false, 53, &mut payload), "β = 1");
    assert_eq!(note(false, 175, &mut payload), "β = 100");
}

#[test]
fn a_drawing_has_a_column_of_its_own() {
    let mut settings = Settings::defaults(LAB.controls, 0);
    let mut shown = |text: &str, query: &str| {
        settings.set(LAB.controls, "draw", text).unwrap();
        settings.set(LAB.controls, "query", query).unwrap();
        let mut shown = Shown::new(Arc::new(Images::draw(100, 0).unwrap()), 16).unwrap();
        shown.settle(&settings, 100.0);
        let mut payload = Payload::default();
        let [recall, weights, plane, sketch] =
            ["recall", "weights", "plane", "sketch"].map(|id| shown.panel(id, &mut payload));
        (recall, weights, plane, sketch, payload.arrays)
    };
    let (recall, _, plane, sketch, _) = shown("", "8");
    // Without a drawing the last digit is chosen instead.
    assert_eq!((recall["columns"].as_u64(), recall["choice"]["at"].as_u64()), (Some(8), Some(7)));
    assert_eq!((plane["marked"].as_u64(), sketch["pictures"].as_array().unwrap().len()), (Some(7), 0));
    let start = sketch["start"].as_str().unwrap().to_owned();
    let (recall, weights, plane, sketch, arrays) = shown(&start, "8");
    assert_eq!((recall["columns"].as_u64(), recall["choice"]["at"].as_u64()), (Some(9), Some(8)));
    assert!(plane["marked"].is_null() && weights["ringed"].as_array().unwrap().is_empty());
    // A drawing of a stored digit brings that digit back.
    let answer = &arrays[sketch["pictures"][0]["values"]["$"].as_u64().unwrap() as usize];
    let stored = Images::draw(100, 0).unwrap();
    let worst = answer.iter().zip(stored.raw(7)).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(worst < 2.0 * NEAR, "{worst}");
}
