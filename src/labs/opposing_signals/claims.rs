//! What the lab checks. Every number comes from what whole runs recorded, each at a step size that never changed.

use super::network::NETWORKS;
use super::record::{LOSS, MINUS, PLUS, REST, SHARPNESS, SPIKE, column};
use super::record::{largest, opposition, read_until, restlessness, spike};
use super::{ADAM, LARGE, NETWORK, NETWORK_WITHOUT, SMALL, THEORY, THEORY_WITHOUT};
use crate::analysis::order::median;
use crate::labs::{Claim, ClaimInfo, Measured, Relation};
use crate::number::{rounded, short};
use crate::session::{RunView, View};

pub(super) const CLAIMS: &[ClaimInfo] = &[
    ClaimInfo {
        id: "C1",
        text: "The sharpness first falls, as the network enters a valley that balances the two groups, and then rises.",
        place: "two-layer linear theory: valley, then progressive sharpening",
        measures: "linear theory: least sharpness before the largest, below 0.85 of the first; largest above 2/η",
    },
    ClaimInfo {
        id: "C2",
        text: "The outliers are what makes it rise.",
        place: "two-layer linear theory: curvature along the shared feature",
        measures: "linear theory: largest sharpness with the outlier coordinate at 0, below half of that with it",
    },
    ClaimInfo {
        id: "C3",
        text: "The loss spikes when the sharpness passes 2/η; a small step never meets that limit.",
        place: "two-layer linear theory: growing oscillation",
        measures: "linear theory: largest ratio of the loss to its least value before, at least 1.5 at your η and 4 at η = 0.1, at \
                   most 1.001 at η = 0.03",
    },
    ClaimInfo {
        id: "C4",
        text: "The two groups take turns: what a step does for one it does against the other.",
        place: "opposing signals: group losses",
        measures: "linear theory: correlation of the changes of both group losses from step to step, last three quarters, below −0.9",
    },
    ClaimInfo {
        id: "C5",
        text: "The sharpness settles near 2/η: the edge of stability.",
        place: "two-layer linear theory: self-stabilisation",
        measures: "linear theory: last sharpness times η/2, from 0.9 to 1.05",
    },
    ClaimInfo {
        id: "C6",
        text: "A real network spikes in the same way, and does not once the outliers are gone.",
        place: "experiments: outliers removed",
        measures: "network: largest ratio of the loss to its least value before, at least 2.5 in the median of three networks, and \
                   without the outliers at most 1.05 in each",
    },
    ClaimInfo {
        id: "C7",
        text: "Its group losses move in opposite phase too.",
        place: "experiments: group losses",
        measures: "network: correlation of the changes of both group losses, last two thirds, at most −0.5 in the median of three \
                   networks, and at most −0.3 in each that spikes",
    },
    ClaimInfo {
        id: "C8",
        text: "A few images set the curvature of the whole loss.",
        place: "experiments: sharpness with and without outliers",
        measures: "network: largest sharpness with the outliers over that without, at least 4 in each of three networks",
    },
    ClaimInfo {
        id: "C9",
        text: "Their influence is out of all proportion to their number.",
        place: "experiments: change of loss by group",
        measures: "network: mean |change| of a group's loss in a step over that of all other images, last two thirds, both groups, at \
                   least 50 in each network that spikes",
    },
    ClaimInfo {
        id: "C10",
        text: "Adam does not bounce between the groups.",
        place: "case study of Adam and SGD",
        measures: "network with Adam: largest ratio of the loss to its least value before, at most 1.1 in each, and last loss below that \
                   of gradient descent",
    },
];

/// A number of each network.
type Three = [f64; NETWORKS];

/// A run with all its readings.
struct Readings<'a>(&'a RunView<'a>);

impl<'a> Readings<'a> {
    fn of(&self, what: &str, network: usize) -> &'a [f32] {
        self.0.history.column(&column(what, network))
    }

    fn over(&self) -> bool {
        read_until(self.0) >= self.0.steps
    }

    /// Position of the reading after a share of the schedule.
    fn after(&self, part: u64, of: u64) -> usize {
        self.0.history.steps().partition_point(|&step| step < self.0.steps * part / of)
    }

    fn spike(&self, network: usize) -> f64 {
        spike(self.of(LOSS, network))
    }

    fn opposition(&self, network: usize, from: usize) -> f64 {
        opposition(self.of(PLUS, network), self.of(MINUS, network), from)
    }

    /// How much more the calmer group's loss changes than that of all others.
    fn influence(&self, network: usize, from: usize) -> f64 {
        let [plus, minus, rest] = [PLUS, MINUS, REST].map(|group| restlessness(self.of(group, network), from));
        plus.min(minus) / rest
    }
}

/// The readings of a run once it is over.
fn over<'a>(view: &'a View<'a>, name: &str) -> Option<Readings<'a>> {
    view.run(name).map(Readings).filter(Readings::over)
}

/// A number of each network.
fn each(number: impl Fn(usize) -> f64) -> Three {
    let mut three = [0.0; NETWORKS];
    for (network, to) in three.iter_mut().enumerate() {
        *to = number(network);
    }
    three
}

/// The largest of some numbers, or the least of them for a `sign` of −1; not a number if one is not, or for none.
fn extreme(numbers: &[f64], sign: f64) -> f64 {
    let mut extreme = f64::NAN;
    for (at, &number) in numbers.iter().enumerate() {
        if at == 0 || number.is_nan() || sign * number > sign * extreme {
            extreme = number;
        }
    }
    extreme
}

/// The numbers of the networks that spike.
fn spiking(numbers: &Three, spikes: &Three) -> Vec<f64> {
    let mut found = Vec::new();
    for (&number, &spike) in numbers.iter().zip(spikes) {
        if spike >= SPIKE {
            found.push(number);
        }
    }
    found
}

fn list(numbers: &[f64], digits: u32) -> String {
    let mut text = String::new();
    for &number in numbers {
        if !text.is_empty() {
            text += ", ";
        }
        text += &rounded(number, digits);
    }
    text
}

/// A claim in the making; it waits for the first of its runs that is not over.
struct Check {
    parts: Vec<Measured>,
    detail: String,
    waits: Option<(u64, u64)>,
}

impl Check {
    fn new(view: &View, runs: &[&str]) -> Check {
        let mut waits = None;
        for run in runs {
            if let (None, Some(run)) = (waits, view.run(run))
                && !Readings(run).over()
            {
                waits = Some((read_until(run), run.steps));
            }
        }
        Check { parts: Vec::new(), detail: String::new(), waits }
    }

    fn part(&mut self, label: &str, measured: Option<f64>, relation: Relation, threshold: f64, unit: &'static str) {
        self.parts.push(Measured { unit, ..Measured::new(label, measured, relation, threshold) });
    }

    fn done(self, id: &'static str, networks: usize) -> Claim {
        let (step, of) = self.waits.unwrap_or_default();
        Claim { seeds: networks as u32, ..Claim::judge(id, self.parts, self.detail, step, of) }
    }
}

/// The claims, at the step size `rate` of the linear theory.
pub(super) fn of(view: &View, rate: f64) -> Vec<Claim> {
    let mut claims = of_theory(view, rate);
    claims.extend(of_network(view));
    claims
}

/// C1 to C5.
fn of_theory(view: &View, rate: f64) -> Vec<Claim> {
    let edge = 2.0 / rate;
    let mut claims = Vec::with_capacity(5);

    let main = view.run(THEORY).map(Readings);
    let sharpness = main.as_ref().map_or(&[][..], |main| main.of(SHARPNESS, 0));
    let (mut top, mut low) = (0, f64::INFINITY);
    for (at, &value) in sharpness.iter().enumerate() {
        if value > sharpness[top] {
            top = at;
        }
    }
    for &value in &sharpness[..sharpness.len().min(top + 1)] {
        low = low.min(value as f64);
    }
    let first = sharpness.first().map_or(f64::NAN, |&first| first as f64);
    let most = sharpness.get(top).map_or(f64::NAN, |&most| most as f64);
    // What has passed the edge cannot get back below it: then both parts are known.
    let known = main.as_ref().is_some_and(|main| most > edge || main.over());
    let mut check = Check::new(view, &[THEORY]);
    check.part("least / first sharpness", known.then_some(low / first), Relation::Below, 0.85, "");
    check.part("largest sharpness", known.then_some(most), Relation::Above, edge, "");
    if known {
        check.detail = format!(
            "Sharpness {}; 2/η is {}.",
            [first, low, most].map(|s| rounded(s, 1)).join(" → "),
            rounded(edge, 1)
        );
    }
    claims.push(check.done("C1", 1));

    let mut check = Check::new(view, &[THEORY, THEORY_WITHOUT]);
    let without = over(view, THEORY_WITHOUT).map(|run| largest(run.of(SHARPNESS, 0)));
    let share = over(view, THEORY).and(without).map(|without| without / most);
    check.part("largest sharpness without / with outliers", share, Relation::Below, 0.5, "");
    if let (Some(without), Some(_)) = (without, share) {
        check.detail = format!("{} without, {} with them.", rounded(without, 1), rounded(most, 1));
    }
    claims.push(check.done("C2", 1));

    let mut check = Check::new(view, &[THEORY, LARGE, SMALL]);
    for (run, name, relation, threshold) in [
        (THEORY, short(rate), Relation::AtLeast, SPIKE),
        (LARGE, "0.1".into(), Relation::AtLeast, 4.0),
        (SMALL, "0.03".into(), Relation::AtMost, 1.001),
    ] {
        let readings = view.run(run).map(Readings);
        let ratio = readings.and_then(|run| {
            let ratio = run.spike(0);
            // A ratio only grows.
            (run.over() || relation == Relation::AtLeast && ratio >= threshold).then_some(ratio)
        });
        check.part(&format!("largest spike, η = {name}"), ratio, relation, threshold, "×");
    }
    claims.push(check.done("C3", 1));

    let main = over(view, THEORY);
    let correlation = main.as_ref().map(|run| run.opposition(0, run.after(1, 4)));
    let mut check = Check::new(view, &[THEORY]);
    check.part("correlation of the changes", correlation, Relation::Below, -0.9, "");
    claims.push(check.done("C4", 1));

    let settled = main.and_then(|run| run.of(SHARPNESS, 0).last().copied()).map(|last| last as f64 / edge);
    let mut check = Check::new(view, &[THEORY]);
    check.part("last sharpness / (2/η)", settled, Relation::AtLeast, 0.9, "");
    check.part("last sharpness / (2/η)", settled, Relation::AtMost, 1.05, "");
    claims.push(check.done("C5", 1));
    claims
}

/// C6 to C10.
fn of_network(view: &View) -> Vec<Claim> {
    let (main, without, adam) = (over(view, NETWORK), over(view, NETWORK_WITHOUT), over(view, ADAM));
    let spikes_of = |run: &Option<Readings>| run.as_ref().map(|run| each(|network| run.spike(network)));
    let (spikes, calm, of_adam) = (spikes_of(&main), spikes_of(&without), spikes_of(&adam));
    let mut claims = Vec::with_capacity(5);

    let mut check = Check::new(view, &[NETWORK, NETWORK_WITHOUT]);
    check.part("largest spike, median", spikes.map(|spikes| median(&spikes)), Relation::AtLeast, 2.5, "×");
    check.part("without outliers, largest", calm.map(|calm| extreme(&calm, 1.0)), Relation::AtMost, 1.05, "×");
    if let Some(spikes) = spikes {
        check.detail = format!("Three networks: {} ×.", list(&spikes, 1));
    }
    claims.push(check.done("C6", NETWORKS));

    let mut check = Check::new(view, &[NETWORK]);
    let apart = main.as_ref().map(|run| each(|network| run.opposition(network, run.after(1, 3))));
    let both = apart.zip(spikes);
    check.part("correlation of the changes, median", apart.map(|apart| median(&apart)), Relation::AtMost, -0.5, "");
    let worst = both.map(|(apart, spikes)| extreme(&spiking(&apart, &spikes), 1.0));
    check.part("largest in a network that spikes", worst, Relation::AtMost, -0.3, "");
    if let Some(apart) = apart {
        check.detail = format!("Three networks: {}.", list(&apart, 2));
    }
    claims.push(check.done("C7", NETWORKS));

    let mut check = Check::new(view, &[NETWORK, NETWORK_WITHOUT]);
    let top = |run: &Option<Readings>| run.as_ref().map(|run| each(|network| largest(run.of(SHARPNESS, network))));
    let tops = top(&main).zip(top(&without));
    let ratio = tops.map(|(with, without)| extreme(&each(|network| with[network] / without[network]), -1.0));
    check.part("largest sharpness with / without, least", ratio, Relation::AtLeast, 4.0, "×");
    if let Some((with, without)) = tops {
        check.detail = format!("Three networks: {} with, {} without.", list(&with, 1), list(&without, 1));
    }
    claims.push(check.done("C8", NETWORKS));

    let mut check = Check::new(view, &[NETWORK]);
    let influence = main.as_ref().map(|run| each(|network| run.influence(network, run.after(1, 3)))).zip(spikes);
    let least = influence.map(|(influence, spikes)| extreme(&spiking(&influence, &spikes), -1.0));
    check.part("change of a group / of the others, least", least, Relation::AtLeast, 50.0, "×");
    if let Some((influence, _)) = influence {
        check.detail = format!("Three networks: {} ×, by the group that changes less.", list(&influence, 0));
    }
    claims.push(check.done("C9", NETWORKS));

    let mut check = Check::new(view, &[ADAM, NETWORK]);
    check.part("largest spike with Adam", of_adam.map(|spikes| extreme(&spikes, 1.0)), Relation::AtMost, 1.1, "×");
    let last = |run: &Option<Readings>| {
        run.as_ref().map(|run| each(|network| run.of(LOSS, network).last().map_or(f64::NAN, |&last| last as f64)))
    };
    let ends = last(&adam).zip(last(&main));
    let ratio = ends.map(|(adam, descent)| extreme(&each(|network| adam[network] / descent[network]), 1.0));
    check.part("last loss, Adam / gradient descent, largest", ratio, Relation::Below, 1.0, "");
    if let (Some((adam, descent)), Some(sharp)) = (ends, top(&adam)) {
        check.detail = format!(
            "Last losses {} against {}, although Adam's largest sharpness is {}.",
            list(&adam, 4),
            list(&descent, 3),
            list(&sharp, 0)
        );
    }
    claims.push(check.done("C10", NETWORKS));
    claims
}
