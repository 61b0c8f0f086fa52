//! What is recorded of a run: per network its accuracies, per layer the bits it tells by each ruler, and the ratio of drift
//! to diffusion. Made at the host in double precision from the activations of all inputs.

use super::information::{Estimator, Ruler};
use super::program::{Draw, NETS, Plan, WINDOW, layer_name};
use super::task::INPUTS;
use crate::analysis::order::median;
use crate::nn::Activation;
use crate::session::History;

/// Numbers of bins that units are cut into.
pub(super) const BINS: [usize; 4] = [5, 10, 30, 100];

/// The mean test accuracy, for cards.
pub(super) const MEAN_TEST: &str = "test accuracy";

/// A recorded number of one network.
#[derive(Clone, Copy)]
pub(super) enum Quantity {
    TrainAccuracy,
    TestAccuracy,
    /// Ratio of drift to diffusion of a layer, in the median of [`WINDOW`] epochs.
    Ratio(usize),
    /// Of the output: the largest such median of whole windows that ended with one of the last epochs.
    HighestRatio,
    /// I(X;T) of a layer, by a number of bins.
    OfInput(usize, usize),
    /// I(T;Y) of a layer, by a number of bins.
    OfLabel(usize, usize),
}

impl Quantity {
    /// Name of its column.
    pub(super) fn column(self, hidden: usize, net: usize) -> String {
        let layer = |layer: usize| layer_name(layer, hidden);
        let what = match self {
            Quantity::TrainAccuracy => "train accuracy".into(),
            Quantity::TestAccuracy => MEAN_TEST.into(),
            Quantity::Ratio(at) => format!("gradient SNR, {}", layer(at)),
            Quantity::HighestRatio => "highest gradient SNR of late, output".into(),
            Quantity::OfInput(at, bins) => format!("I(X;T), {}, {bins} bins", layer(at)),
            Quantity::OfLabel(at, bins) => format!("I(T;Y), {}, {bins} bins", layer(at)),
        };
        format!("{what}, net {}", net + 1)
    }

    /// Its readings for one network.
    pub(super) fn of(self, history: &History, hidden: usize, net: usize) -> &[f32] {
        history.column(&self.column(hidden, net))
    }
}

/// The edges between which a layer's units lie.
pub(super) fn ruler(plan: &Plan, layer: usize, bins: usize) -> Ruler {
    let (low, high) = match plan.activation {
        _ if layer == plan.hidden => (0.0, 1.0),
        Activation::Relu => (0.0, 8.0),
        _ => (-1.0, 1.0),
    };
    Ruler { low, high, bins }
}

/// Makes the numbers of a reading.
pub(super) struct Judge {
    plan: Plan,
    draws: Vec<Draw>,
}

impl Judge {
    pub(super) fn new(plan: &Plan) -> Judge {
        Judge { plan: plan.clone(), draws: (0..NETS).map(|net| plan.draw(net)).collect() }
    }

    /// Quantities of a network, in the order in which they are recorded.
    fn quantities(&self) -> Vec<Quantity> {
        let layers = self.plan.layers();
        let mut all = vec![Quantity::TrainAccuracy, Quantity::TestAccuracy];
        if self.plan.batches().0 > 1 {
            all.extend((0..layers).map(Quantity::Ratio));
            all.push(Quantity::HighestRatio);
        }
        for bins in BINS {
            all.extend((0..layers).flat_map(|layer| [Quantity::OfInput(layer, bins), Quantity::OfLabel(layer, bins)]));
        }
        all
    }

    /// Shares of right answers among the patterns that are trained on and the others, from the probabilities of both
    /// classes.
    fn accuracies(&self, net: usize, probabilities: &[f32]) -> [f64; 2] {
        let Draw { labels, inputs } = &self.draws[net];
        let (train, test) = inputs.split_at(self.plan.patterns());
        let (no, yes) = probabilities.split_at(INPUTS);
        [train, test].map(|part| {
            let right = part
                .iter()
                .map(|&input| input as usize)
                .filter(|&input| u32::from(yes[input] > no[input]) == labels[input]);
            right.count() as f64 / part.len() as f64
        })
    }
}

/// ‖m‖ / s of a layer in the last epochs, the latest first, from `[epochs, 2, layers]`; those that have not been are below 0
/// and left out. A gradient that is 0 throughout gives what is not a number.
fn ratios(recent: &[f32], layers: usize, layer: usize) -> Vec<f64> {
    let epochs = recent.chunks_exact(2 * layers).filter(|epoch| epoch[layer] >= 0.0);
    epochs.map(|epoch| (epoch[layer] as f64 / epoch[layers + layer] as f64).sqrt()).collect()
}

/// The largest median of a whole window of some ratios; not a number where there is none.
fn highest(ratios: &[f64]) -> f64 {
    ratios.windows(WINDOW).map(median).fold(f64::NAN, f64::max)
}

impl crate::labs::Judge for Judge {
    fn numbers(&self) -> Vec<String> {
        let quantities = self.quantities();
        let named = |net: usize| quantities.iter().map(move |quantity| quantity.column(self.plan.hidden, net));
        (0..NETS).flat_map(named).chain([MEAN_TEST.to_owned()]).collect()
    }

    fn judge(&self, outputs: &[&[f32]]) -> Vec<f32> {
        let layers = self.plan.layers();
        let mut estimator = Estimator::new();
        let mut numbers = Vec::new();
        let mut mean = 0.0;
        for net in 0..NETS {
            let of_net = |output: &'_ [f32]| {
                let size = output.len() / NETS;
                net * size..(net + 1) * size
            };
            let activations: Vec<&[f32]> = outputs[..layers].iter().map(|output| &output[of_net(output)]).collect();
            let accuracies = self.accuracies(net, activations[layers - 1]);
            mean += accuracies[1] / NETS as f64;
            numbers.extend(accuracies.map(|accuracy| accuracy as f32));
            if let Some(recent) = outputs.get(layers) {
                let recent = &recent[of_net(recent)];
                let latest = |layer: usize| {
                    let ratios = ratios(recent, layers, layer);
                    median(&ratios[..ratios.len().min(WINDOW)]) as f32
                };
                numbers.extend((0..layers).map(latest));
                numbers.push(highest(&ratios(recent, layers, layers - 1)) as f32);
            }
            for bins in BINS {
                for (layer, values) in activations.iter().enumerate() {
                    debug_assert_eq!(values.len() % INPUTS, 0);
                    let (_, bits) = estimator.measure(&self.plan.task, values, ruler(&self.plan, layer, bins));
                    numbers.extend([bits.of_input as f32, bits.of_label as f32]);
                }
            }
        }
        numbers.push(mean as f32);
        numbers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_of_finished_epochs_only() {
        // Two layers; the last row is of an epoch that has not been.
        let recent = [4.0, 9.0, 1.0, 1.0, 1.0, 4.0, 4.0, 1.0, -1.0, -1.0, -1.0, -1.0];
        assert_eq!(ratios(&recent, 2, 0), [2.0, 0.5]);
        assert_eq!(ratios(&recent, 2, 1), [3.0, 2.0]);
        assert!(ratios(&recent[8..], 2, 0).is_empty());
    }

    #[test]
    fn no_whole_window_is_missed_between_two_readings() {
        // Eleven high epochs of 21 make a median high; those here lie too far back for the latest window.
        let value = |at: usize| if (15..26).contains(&at) { 3.0 } else { 0.5 };
        let values: Vec<f64> = (0..WINDOW + 9).map(value).collect();
        assert_eq!((median(&values[..WINDOW]), highest(&values)), (0.5, 3.0));
        let few: Vec<f64> = values[..WINDOW - 1].to_vec();
        assert!(highest(&few).is_nan(), "a window that is not whole is none");
        assert_eq!(highest(&[0.5; WINDOW]), 0.5);
    }
}
