//! What the lab checks. Every number comes from what the runs recorded, for each of the three networks; thresholds are those
//! of the list that the page shows. A claim about every network has the worst of them as its number.

use super::bound::Bound;
use super::program::{NETS, Plan};
use super::record::Quantity;
use crate::analysis::order::median;
use crate::labs::{Claim, ClaimInfo, Measured, Relation};
use crate::nn::Activation;
use crate::number::rounded;
use crate::session::{RunView, View};

pub(super) const CLAIMS: &[ClaimInfo] = &[
    ClaimInfo {
        id: "C1",
        text: "After fitting, layers compress the input: they forget most of what they knew of it.",
        place: "figure of the information plane over training, and abstract (i)",
        measures: "I(X;T) of the last hidden layer, each network: its largest value less its first is at least 2 bits, and \
                   its largest less its last at least 1.2 bits",
    },
    ClaimInfo {
        id: "C2",
        text: "Most of training is spent on compression, and not on fitting the labels.",
        place: "abstract (i)",
        measures: "epoch of the largest I(X;T) of the last hidden layer, divided by all epochs: at most 0.15 in each network",
    },
    ClaimInfo {
        id: "C3",
        text: "Compression starts when the training error becomes small.",
        place: "abstract (ii)",
        measures: "epoch of that largest value, divided by the first epoch with 95 % of the highest training accuracy: between \
                   0.3 and 2 in each network",
    },
    ClaimInfo {
        id: "C4",
        text: "Gradients pass from drift, when minibatches agree, to diffusion, when noise rules.",
        place: "abstract (ii), and the figure of gradient means and deviations",
        measures: "ratio ‖mean‖ / deviation of the output layer's gradient over the minibatches of an epoch, running median of \
                   21 epochs, each network: at least 1.4 at its highest within 250 epochs, at most 0.8 in the median of the \
                   last fifth. It is the last two or three layers that cross 1; the first ones never rise above it",
    },
    ClaimInfo {
        id: "C5",
        text: "The layers of a trained network lie on the information bottleneck's bound, or very close to it.",
        place: "abstract (iii)",
        measures: "the bound's I(T;Y) at the layer's own I(X;T), less the layer's I(T;Y), at the end: at most 0.1 bit in every \
                   hidden layer of each network. How far the last layer lies to the right of the bound is told beside it",
    },
    ClaimInfo {
        id: "C6",
        text: "With little data the layers end with far less information about the label.",
        place: "figure of training sizes",
        measures: "last I(T;Y) of the last hidden layer, less the same with 5 % of the patterns: at least 0.35 bit for each \
                   pair of networks",
    },
    ClaimInfo {
        id: "C7",
        text: "Hidden layers speed training: one is not enough, several are.",
        place: "abstract (iv); verified only for one against several",
        measures: "with one hidden layer the training accuracy stays below 0.95 for 500 epochs in each network; with yours it \
                   gets there within 200 epochs in the median of three networks",
    },
    ClaimInfo {
        id: "X1",
        text: "Against the paper: a network of rectified units generalises without this compression.",
        place: "Saxe and others, On the information bottleneck theory of deep learning (2018); not claimed by the paper",
        measures: "with ReLU and bins over 0 to 8: the largest I(X;T) of the last hidden layer less the last is at most 0.5 \
                   bit, and the test accuracy at least 0.85, both in the median of three networks; one that stays below that \
                   accuracy does not count as keeping its bits",
    },
];

/// Name of the run that stands against the paper.
pub(super) const RELU: &str = "ReLU";
/// Name of the run with little data, and its share of the inputs.
pub(super) const LITTLE: &str = "5 % of the patterns";
pub(super) const LITTLE_SHARE: f64 = 0.05;
/// Name of the run with one hidden layer, and how long it takes.
pub(super) const SHALLOW: &str = "one hidden layer";
pub(super) const SHALLOW_EPOCHS: u64 = 500;
/// Share of right answers that counts as having learnt.
const LEARNT: f64 = 0.95;
/// Test accuracy that counts as generalising.
const GENERALISES: f64 = 0.85;
/// Epochs within which gradients drift.
const EARLY: u64 = 250;

/// Readings of one run.
#[derive(Clone, Copy)]
pub(super) struct Readings<'a> {
    pub run: &'a RunView<'a>,
    /// Hidden layers.
    pub hidden: usize,
    /// Bins of the ruler.
    pub bins: usize,
}

impl<'a> Readings<'a> {
    pub(super) fn of(&self, quantity: Quantity, net: usize) -> &'a [f32] {
        quantity.of(self.run.history, self.hidden, net)
    }

    /// I(X;T) of the last hidden layer.
    fn of_input(&self, net: usize) -> &'a [f32] {
        self.of(Quantity::OfInput(self.hidden - 1, self.bins), net)
    }

    /// First epoch with an accuracy on the training patterns.
    fn reaches(&self, accuracy: f64, net: usize) -> Option<u64> {
        let accuracies = self.of(Quantity::TrainAccuracy, net);
        let at = accuracies.iter().position(|&reading| reading as f64 >= accuracy)?;
        self.run.history.steps().get(at).copied()
    }

    /// First epoch with 95 % of the highest training accuracy so far.
    pub(super) fn fitted(&self, net: usize) -> Option<u64> {
        let accuracies = self.of(Quantity::TrainAccuracy, net);
        let highest = accuracies.iter().fold(0.0f32, |highest, &accuracy| highest.max(accuracy));
        self.reaches(LEARNT * highest as f64, net)
    }

    /// Epoch and height of the peak of the last hidden layer's I(X;T).
    fn peak(&self, net: usize) -> Option<(u64, f64)> {
        let bits = self.of_input(net);
        let at = (0..bits.len()).reduce(|best, at| if bits[at] > bits[best] { at } else { best })?;
        Some((self.run.history.steps()[at], bits[at] as f64))
    }

    /// What the last hidden layer has forgotten at the end.
    fn drop(&self, net: usize) -> Option<f64> {
        Some(self.peak(net)?.1 - *self.of_input(net).last()? as f64)
    }

    /// The last step of which there is a reading; it stays where it is while the visitor looks at the past.
    fn read_until(&self) -> u64 {
        self.run.history.steps().last().copied().unwrap_or(0)
    }

    /// Whether the schedule has been read to its end.
    fn over(&self) -> bool {
        self.read_until() >= self.run.steps
    }

    /// A number of each network, once the schedule is over.
    fn at_end(&self, number: &dyn Fn(usize) -> Option<f64>) -> Option<[f64; NETS]> {
        if !self.over() {
            return None;
        }
        // What never came is no number, and meets no threshold.
        Some(std::array::from_fn(|net| number(net).unwrap_or(f64::NAN)))
    }

    fn last(&self, quantity: Quantity, net: usize) -> Option<f64> {
        self.of(quantity, net).last().map(|&reading| reading as f64)
    }
}

/// The largest or smallest of some numbers; not a number if one is not.
fn worst(numbers: &[f64], relation: Relation) -> f64 {
    let worse = |a: f64, b: f64| match relation {
        Relation::AtLeast | Relation::Above => a < b,
        Relation::AtMost | Relation::Below => a > b,
    };
    numbers.iter().copied().reduce(|a, b| if a.is_nan() || worse(a, b) { a } else { b }).unwrap_or(f64::NAN)
}

/// A part about every network: the worst of them decides.
fn every(
    label: &str,
    numbers: Option<[f64; NETS]>,
    relation: Relation,
    threshold: f64,
    unit: &'static str,
) -> Measured {
    let worst = numbers.map(|numbers| worst(&numbers, relation));
    Measured { unit, ..Measured::new(label, worst, relation, threshold) }
}

/// Three numbers in a sentence.
fn listed(numbers: Option<[f64; NETS]>, digits: u32) -> String {
    numbers.map_or_else(|| "…".into(), |numbers| numbers.map(|number| rounded(number, digits)).join(", "))
}

/// The claims of the runs, which are the main one and, if the session was opened with them, those that only claims need; one
/// that would repeat the main run is left out, and that speaks for it.
pub(super) fn of(view: &View, plan: &Plan, bins: usize, bound: &mut Bound) -> Vec<Claim> {
    let (main, hidden) = (&view.runs[0], plan.hidden);
    let readings = |run, hidden| Readings { run, hidden, bins };
    let own = readings(main, hidden);
    let little = view.run(LITTLE).map(|run| readings(run, hidden)).or((plan.share == LITTLE_SHARE).then_some(own));
    let shallow = view.run(SHALLOW).map(|run| readings(run, 1)).or((hidden == 1).then_some(own));
    let relu = view.run(RELU).map(|run| readings(run, hidden)).or((plan.activation == Activation::Relu).then_some(own));
    let mut claims = forgetting(own);
    claims.extend(drift(own));
    claims.extend([on_the_bound(own, bound), data(own, little), depth(own, shallow), against(relu)]);
    for claim in &mut claims {
        claim.seeds = NETS as u32;
        // Sentences of numbers that are not known yet tell nothing.
        if claim.detail.contains('…') {
            claim.detail.clear();
        }
    }
    claims
}

/// C1 to C3, of the peak of the last hidden layer's I(X;T).
fn forgetting(own: Readings) -> Vec<Claim> {
    let run = own.run;
    let first = |net: usize| own.of_input(net).first().map(|&bits| bits as f64);
    let rise = own.at_end(&|net| Some(own.peak(net)?.1 - first(net)?));
    let drop = own.at_end(&|net| own.drop(net));
    let share = own.at_end(&|net| Some(own.peak(net)?.0 as f64 / run.steps as f64));
    let ratio = own.at_end(&|net| Some(own.peak(net)?.0 as f64 / own.fitted(net)? as f64));
    let claim = |id, parts, detail| Claim::judge(id, parts, detail, run.step, run.steps);
    let (at, peak) = (own.at_end(&|net| Some(own.peak(net)?.0 as f64)), own.at_end(&|net| Some(own.peak(net)?.1)));
    let last = own.at_end(&|net| own.of_input(net).last().map(|&bits| bits as f64));
    let bits = format!(
        "First, largest and last I(X;T) of layer {} in three networks: {}; {}; {} bits.",
        own.hidden,
        listed(own.at_end(&first), 1),
        listed(peak, 1),
        listed(last, 1)
    );
    let peaks = format!("Largest at epoch {} of {}.", listed(at, 0), run.steps);
    let fits = format!(
        "95 % of the highest training accuracy at epoch {}.",
        listed(own.at_end(&|net| own.fitted(net).map(|epoch| epoch as f64)), 0)
    );
    vec![
        claim(
            "C1",
            vec![
                every("largest I(X;T) less the last", drop, Relation::AtLeast, 1.2, "bits"),
                every("largest I(X;T) less the first", rise, Relation::AtLeast, 2.0, "bits"),
            ],
            bits,
        ),
        claim("C2", vec![every("epoch of the peak / all epochs", share, Relation::AtMost, 0.15, "")], peaks.clone()),
        claim(
            "C3",
            vec![
                every("epoch of the peak / epoch of the fit, smallest", ratio, Relation::AtLeast, 0.3, ""),
                every("epoch of the peak / epoch of the fit, largest", ratio, Relation::AtMost, 2.0, ""),
            ],
            format!("{peaks} {fits}"),
        ),
    ]
}

/// C4: the output layer's gradients agree first and scatter later. Where an epoch is one batch its gradient has no noise, and
/// nothing is claimed.
fn drift(own: Readings) -> Option<Claim> {
    let (run, layer) = (own.run, own.hidden);
    if !run.history.names().contains(&Quantity::Ratio(layer).column(own.hidden, 0)) {
        return None;
    }
    let steps = run.history.steps();
    let readings = |quantity: Quantity, net: usize, from: u64, to: u64| -> Vec<f64> {
        let ratios = steps.iter().zip(own.of(quantity, net));
        let ratios = ratios.filter(|(step, ratio)| (from..=to).contains(*step) && !ratio.is_nan());
        ratios.map(|(_, &ratio)| ratio as f64).collect()
    };
    let highest = |net: usize| readings(Quantity::HighestRatio, net, 1, EARLY).into_iter().fold(f64::NAN, f64::max);
    let early = (own.read_until() >= EARLY.min(run.steps)).then(|| std::array::from_fn(highest));
    let late = |net: usize| Some(median(&readings(Quantity::Ratio(layer), net, run.steps - run.steps / 5, run.steps)));
    let late = own.at_end(&late);
    let parts = vec![
        every("highest SNR within 250 epochs", early, Relation::AtLeast, 1.4, ""),
        every("median SNR of the last fifth", late, Relation::AtMost, 0.8, ""),
    ];
    let detail =
        format!("Output layer of three networks: {} at the highest, {} at the end.", listed(early, 1), listed(late, 2));
    Some(Claim::judge("C4", parts, detail, run.step, run.steps))
}

/// C5: how far below the bound the layers lie.
fn on_the_bound(own: Readings, bound: &mut Bound) -> Claim {
    if own.over() {
        bound.complete();
    }
    let bits = |layer: usize, net: usize| {
        let of_input = own.last(Quantity::OfInput(layer, own.bins), net)?;
        Some((of_input, own.last(Quantity::OfLabel(layer, own.bins), net)?))
    };
    let below = |net: usize| {
        let gaps = (0..own.hidden).map(|layer| bits(layer, net).map(|(x, y)| bound.at(x) - y));
        gaps.collect::<Option<Vec<f64>>>().map(|gaps| worst(&gaps, Relation::AtMost))
    };
    let gaps = own.at_end(&below);
    let beside = own.at_end(&|net| bits(own.hidden - 1, net).map(|(x, y)| x - bound.least_input(y)));
    let detail = format!(
        "Half of the story: the bound is flat here. For the label bits that it has, layer {} keeps {} bits of the input more \
         than it would need.",
        own.hidden,
        listed(beside, 1)
    );
    let parts = vec![every("largest distance below the bound", gaps, Relation::AtMost, 0.1, "bits")];
    Claim::judge("C5", parts, detail, own.run.step, own.run.steps)
}

/// C6: the label's bits with little data.
fn data(own: Readings, little: Option<Readings>) -> Claim {
    let label =
        |readings: &Readings, net: usize| readings.last(Quantity::OfLabel(readings.hidden - 1, readings.bins), net);
    let few = little.and_then(|little| little.at_end(&|net| label(&little, net)));
    let many = own.at_end(&|net| label(&own, net));
    let difference = many.zip(few).map(|(many, few)| std::array::from_fn(|net| many[net] - few[net]));
    let parts = vec![every("last I(T;Y), less that at 5 %", difference, Relation::AtLeast, 0.35, "bits")];
    // How much is lost after the fit tells whether it was ever there.
    let lost = little.and_then(|little| {
        let of_label = |net| little.of(Quantity::OfLabel(little.hidden - 1, little.bins), net);
        little.at_end(&|net| {
            Some(of_label(net).iter().fold(0.0f32, |most, &bits| most.max(bits)) as f64 - *of_label(net).last()? as f64)
        })
    });
    let detail = format!(
        "Last I(T;Y) of three networks: {}; with 5 % of the patterns {}. The bits are missing from the fit on: after their \
         peak these lose {} bits.",
        listed(many, 2),
        listed(few, 2),
        listed(lost, 2)
    );
    let waiting = little.filter(|_| own.over()).map_or(own.run, |little| little.run);
    Claim::judge("C6", parts, detail, waiting.step, waiting.steps)
}

/// C7: one hidden layer against several.
fn depth(own: Readings, shallow: Option<Readings>) -> Claim {
    // Whether a network gets there within the time is known at its end.
    let best = shallow.filter(|shallow| shallow.read_until() >= SHALLOW_EPOCHS).map(|shallow| {
        std::array::from_fn(|net| {
            let readings = shallow.run.history.steps().iter().zip(shallow.of(Quantity::TrainAccuracy, net));
            let within = readings.filter(|(step, _)| **step <= SHALLOW_EPOCHS);
            within.fold(0.0f32, |best, (_, &accuracy)| best.max(accuracy)) as f64
        })
    });
    let reached: [f64; NETS] =
        std::array::from_fn(|net| own.reaches(LEARNT, net).map_or(f64::INFINITY, |epoch| epoch as f64));
    // Those that are still on their way can only be later.
    let middle = median(&reached);
    let middle = (middle.is_finite() || own.over()).then_some(middle);
    let parts = vec![
        every("highest training accuracy, one hidden layer", best, Relation::Below, LEARNT, ""),
        Measured::new("epoch of 95 % training accuracy, median", middle, Relation::AtMost, 200.0),
    ];
    let never = if own.over() { "never" } else { "…" };
    let epochs = reached.map(|epoch| if epoch.is_finite() { rounded(epoch, 0) } else { never.into() }).join(", ");
    let detail = format!(
        "Your {} hidden layers reach 95 % at epoch {epochs}; one reaches {} within 500 epochs. More than two layers bring no \
         further gain that could be relied on.",
        own.hidden,
        listed(best, 3)
    );
    let waiting = shallow.filter(|_| own.over()).map_or(own.run, |shallow| shallow.run);
    Claim::judge("C7", parts, detail, waiting.step, waiting.steps)
}

/// X1: rectified units generalise and forget little. A network that does not generalise speaks for neither side, so it counts
/// as one that forgets everything.
fn against(relu: Option<Readings>) -> Claim {
    let drops = relu.and_then(|relu| relu.at_end(&|net| relu.drop(net)));
    let tests = relu.and_then(|relu| relu.at_end(&|net| relu.last(Quantity::TestAccuracy, net)));
    let counted = drops.zip(tests).map(|(drops, tests)| {
        std::array::from_fn::<f64, NETS, _>(|net| if tests[net] >= GENERALISES { drops[net] } else { f64::INFINITY })
    });
    let parts = vec![
        Measured {
            unit: "bits",
            ..Measured::new(
                "largest I(X;T) less the last, median",
                counted.map(|counted| median(&counted)),
                Relation::AtMost,
                0.5,
            )
        },
        Measured::new("test accuracy, median", tests.map(|tests| median(&tests)), Relation::AtLeast, GENERALISES),
    ];
    let detail = format!(
        "Three networks of rectified units forget {} bits and have test accuracies {}.",
        listed(drops, 1),
        listed(tests, 2)
    );
    let (step, steps) = relu.map_or((0, 1500), |relu| (relu.run.step, relu.run.steps));
    Claim::judge("X1", parts, detail, step, steps)
}
