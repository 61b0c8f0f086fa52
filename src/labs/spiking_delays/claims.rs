//! What the lab checks. Every number comes from what the runs recorded, for the three networks that are trained together:
//! their means, and where the paper's gain must show in each of them, the worst.

use super::program::{Model, NETS};
use super::record::{UNEVEN, accuracy, shuffled};
use crate::labs::{Claim, ClaimInfo, Measured, Relation};
use crate::number::rounded;
use crate::session::{RunView, View};

pub(super) const CLAIMS: &[ClaimInfo] = &[
    ClaimInfo {
        id: "C1",
        text: "Random delays that nobody trained already help.",
        place: "ablation with fixed random delays",
        measures: "test accuracy with fixed random delays less that without delays, mean of three networks: at least 0.02 \
                   with your settings, at least 0.1 with 16 hidden neurons and 350 steps",
    },
    ClaimInfo {
        id: "C2",
        text: "Learning delays beats a network without delays clearly.",
        place: "main results and ablation",
        measures: "test accuracy with learned delays less that without delays: at least 0.1 in the mean of three networks, at \
                   least 0.04 in each",
    },
    ClaimInfo {
        id: "C3",
        text: "Learning the delays helps even more than fixing them at random.",
        place: "ablation with fixed random delays",
        measures: "test accuracy with learned delays less that with fixed ones: at least 0.02 in the mean of three networks, \
                   at least −0.03 in each",
    },
    ClaimInfo {
        id: "C3b",
        text: "The gain of learning delays is largest for small or sparse networks.",
        place: "ablation with sparse connectivity",
        measures: "mean gain over fixed delays with 16 hidden neurons and 350 steps, less that with your settings: below 0",
    },
    ClaimInfo {
        id: "C4",
        text: "The information is in the delays themselves.",
        place: "implied by the ablation; not measured in the paper",
        measures: "test accuracy after permuting the learned delays among the synapses, mean of five permutations: at most \
                   0.3 in the mean of three networks, at most 0.35 in each (chance is 0.125)",
    },
    ClaimInfo {
        id: "C5",
        text: "Delays are usable as whole numbers after training.",
        place: "method, discrete delays for evaluation",
        measures: "learned delays of three networks that are not whole at the end: none. All accuracies here are measured with \
                   rounded delays and single taps",
    },
];

/// Hidden neurons and steps of the run beside which yours is put.
pub(super) const LARGER: usize = 16;
pub(super) const LARGER_STEPS: u64 = 350;
/// Name of that run.
pub(super) const LARGER_NAME: &str = "16 hidden neurons, 350 steps";

/// The last readings of a number of every network, once the run is over.
fn last(run: Option<&RunView>, name: impl Fn(usize) -> String) -> Option<[f64; NETS]> {
    let run = run.filter(|run| run.finished)?;
    let mut values = [0.0; NETS];
    for (net, value) in values.iter_mut().enumerate() {
        *value = run.history.last(&name(net))? as f64;
    }
    Some(values)
}

fn mean(values: [f64; NETS]) -> f64 {
    values.iter().sum::<f64>() / NETS as f64
}

fn least(values: [f64; NETS]) -> f64 {
    values.iter().fold(f64::INFINITY, |least, value| least.min(*value))
}

fn most(values: [f64; NETS]) -> f64 {
    values.iter().fold(f64::NEG_INFINITY, |most, value| most.max(*value))
}

/// What one model has more than another, network by network.
fn gain(run: Option<&RunView>, of: Model, over: Model) -> Option<[f64; NETS]> {
    let mut gains = last(run, |net| accuracy(of, net))?;
    let others = last(run, |net| accuracy(over, net))?;
    for (gain, other) in gains.iter_mut().zip(others) {
        *gain -= other;
    }
    Some(gains)
}

/// `name 0.71, 0.68, 0.80` of the three networks.
fn told(name: &str, values: Option<[f64; NETS]>) -> String {
    let Some(values) = values else { return [name, " not yet known"].concat() };
    let texts = values.map(|value| rounded(value, 3));
    [name, " ", &texts.join(", ")].concat()
}

pub(super) fn of(view: &View) -> Vec<Claim> {
    let main = view.main();
    let larger = view.run(LARGER_NAME);
    let accuracies = |model: Model| told(model.name(), last(Some(&main), |net| accuracy(model, net)));
    let [learned, fixed, none] = Model::ALL.map(accuracies);
    let part = Measured::new;
    let judge = |id: &'static str, parts: Vec<Measured>, detail: String, run: &RunView| {
        Claim::judge(id, parts, detail, run.step, run.steps)
    };
    let to_none = gain(Some(&main), Model::Learned, Model::None);
    let to_fixed = gain(Some(&main), Model::Learned, Model::Fixed);
    let of_random = gain(Some(&main), Model::Fixed, Model::None);
    let (of_random_larger, to_fixed_larger) =
        (gain(larger, Model::Fixed, Model::None), gain(larger, Model::Learned, Model::Fixed));
    let permuted = last(Some(&main), shuffled);
    let uneven = main.history.last(UNEVEN).filter(|_| main.finished).map(f64::from);
    // Waits for the run that is behind.
    let waiting = larger.filter(|_| main.finished).unwrap_or(&main);
    let both = [told("gain with 16 neurons", to_fixed_larger), told("with yours", to_fixed)].join("; ");
    let fewer = to_fixed_larger.zip(to_fixed).map(|(larger, own)| mean(larger) - mean(own));
    vec![
        judge(
            "C1",
            vec![
                part("fixed − none, mean", of_random.map(mean), Relation::AtLeast, 0.02),
                part("the same with 16 hidden neurons", of_random_larger.map(mean), Relation::AtLeast, 0.1),
            ],
            [&fixed[..], "; ", &none, "; ", &told("gains with 16 neurons", of_random_larger), "."].concat(),
            waiting,
        ),
        judge(
            "C2",
            vec![
                part("learned − none, mean", to_none.map(mean), Relation::AtLeast, 0.1),
                part("in each network", to_none.map(least), Relation::AtLeast, 0.04),
            ],
            [&learned[..], "; ", &none, "."].concat(),
            &main,
        ),
        judge(
            "C3",
            vec![
                part("learned − fixed, mean", to_fixed.map(mean), Relation::AtLeast, 0.02),
                part("in each network", to_fixed.map(least), Relation::AtLeast, -0.03),
            ],
            [&learned[..], "; ", &fixed, "."].concat(),
            &main,
        ),
        judge(
            "C3b",
            vec![part("gain with 16 neurons − gain with yours", fewer, Relation::Below, 0.0)],
            [&both[..], "."].concat(),
            waiting,
        ),
        judge(
            "C4",
            vec![
                part("accuracy with permuted delays, mean", permuted.map(mean), Relation::AtMost, 0.3),
                part("in each network", permuted.map(most), Relation::AtMost, 0.35),
            ],
            [&told("permuted", permuted)[..], "; ", &learned, "."].concat(),
            &main,
        ),
        judge(
            "C5",
            vec![part("delays that are not whole", uneven, Relation::AtMost, 0.0)],
            "The last 35 % of the training go on with whole delays, so that rounding costs nothing at the end.".into(),
            &main,
        ),
    ]
}
