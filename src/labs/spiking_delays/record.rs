//! What is recorded: accuracy on the test samples with whole delays and single taps, and firing rates.

use super::network::{Network, Player, Tensors, permuted};
use super::program::{Model, NETS, Plan};
use super::task::{Note, Task};

/// Permutations of the delays over which an accuracy is averaged.
const PERMUTATIONS: usize = 5;
/// Mean accuracy of the learned delays: how far the run is.
pub(super) const PROGRESS: &str = "test accuracy";
/// Delays that are no whole numbers, of all networks.
pub(super) const UNEVEN: &str = "learned delays that are not whole";

/// Name of the accuracy of a network, from 0.
pub(super) fn accuracy(model: Model, net: usize) -> String {
    numbered("accuracy", model.name(), net)
}

/// Name of the mean firing rate of a model.
pub(super) fn rate(model: Model) -> String {
    ["firing rate, ", model.name()].concat()
}

/// Name of the accuracy of a network whose learned delays are given to other synapses; it is measured at the end.
pub(super) fn shuffled(net: usize) -> String {
    numbered("accuracy", "permuted delays", net)
}

fn numbered(what: &str, of: &str, net: usize) -> String {
    [what, ", ", of, ", network ", ["1", "2", "3"][net]].concat()
}

/// Makes the numbers of a reading.
pub(super) struct Judge {
    plan: Plan,
    tests: Vec<Vec<(Vec<Note>, usize)>>,
}

impl Judge {
    pub(super) fn new(plan: &Plan) -> Judge {
        let tests = |net: usize| Task::draw(plan, net).tests(plan, net);
        Judge { plan: plan.clone(), tests: (0..NETS).map(tests).collect() }
    }
}

impl crate::labs::Judge for Judge {
    fn numbers(&self) -> Vec<String> {
        let mut names = vec![PROGRESS.to_owned(), UNEVEN.to_owned()];
        for model in Model::ALL {
            names.push(rate(model));
            names.extend((0..NETS).map(|net| accuracy(model, net)));
        }
        names.extend((0..NETS).map(shuffled));
        names
    }

    fn judge(&self, outputs: &[&[f32]]) -> Vec<f32> {
        let [weights, delays, bias, readout, steps] = outputs else { return Vec::new() };
        let tensors: Tensors = [weights, delays, bias, readout];
        let mut player = Player::default();
        let mut uneven = 0;
        for delay in delays.iter() {
            uneven += usize::from(delay.round() != *delay);
        }
        let mut numbers = vec![0.0, uneven as f32];
        let mut last = Vec::new();
        for model in Model::ALL {
            let place = numbers.len();
            numbers.push(0.0);
            for (net, tests) in self.tests.iter().enumerate() {
                let network = Network::of(&self.plan, tensors, model, net);
                let score = player.test(&network, tests, None);
                numbers.push(score.accuracy);
                numbers[place] += score.rate / NETS as f32;
                if model == Model::Learned {
                    numbers[0] += score.accuracy / NETS as f32;
                    last.push(self.of_permuted(&mut player, &network, net, steps[0] as u64));
                }
            }
        }
        numbers.extend(last);
        numbers
    }
}

impl Judge {
    /// Mean accuracy of a network with permuted delays, at the end of the run; before it, not a number.
    fn of_permuted(&self, player: &mut Player, network: &Network, net: usize, step: u64) -> f32 {
        if step < self.plan.steps {
            return f32::NAN;
        }
        let mut sum = 0.0;
        for other in permuted(&self.plan, network, net, PERMUTATIONS) {
            sum += player.test(&other, &self.tests[net], None).accuracy;
        }
        sum / PERMUTATIONS as f32
    }
}
