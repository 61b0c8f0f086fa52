//! A trained network as it would be deployed: whole delays, single taps, and work only where something fires. It judges the
//! test samples and follows the visitor's hand.

use super::program::{DELAYS, Model, NETS, Plan, THRESHOLD};
use super::task::{CLASSES, KEYS, Note, TIME};
use crate::cpu::math;
use crate::cpu::simd::F32x4;

/// What a run gives, of all networks: weights `[nets, models, hidden, keys]`, delays `[nets, hidden, keys]`, biases
/// `[nets, models, hidden]`, readouts `[nets, models, classes, hidden]`.
pub(super) type Tensors<'a> = [&'a [f32]; 4];

/// One network of one model.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Network {
    pub hidden: usize,
    /// Share of its potential that a neuron keeps.
    decay: f32,
    /// `[hidden, keys]`.
    pub weights: Vec<f32>,
    /// `[hidden, keys]`, as trained.
    pub real: Vec<f32>,
    /// `[hidden, keys]`, rounded.
    pub delays: Vec<usize>,
    bias: Vec<f32>,
    /// `[hidden, classes]`.
    readout: Vec<f32>,
}

impl Network {
    /// A network of what a run gave.
    pub(super) fn of(plan: &Plan, tensors: Tensors, model: Model, net: usize) -> Network {
        let (hidden, models) = (plan.hidden, Model::ALL.len());
        let [weights, delays, bias, readout] = tensors;
        let at = net * models + model as usize;
        let real = match model {
            Model::Learned => delays[net * hidden * KEYS..][..hidden * KEYS].to_vec(),
            Model::Fixed => {
                let mut fixed = plan.first(net).delays;
                fixed.iter_mut().for_each(|delay| *delay = delay.round());
                fixed
            }
            Model::None => vec![0.0; hidden * KEYS],
        };
        let of_classes = &readout[at * CLASSES * hidden..];
        let mut readout = vec![0.0; hidden * CLASSES];
        for neuron in 0..hidden {
            for class in 0..CLASSES {
                readout[neuron * CLASSES + class] = of_classes[class * hidden + neuron];
            }
        }
        let mut network = Network {
            hidden,
            decay: plan.decay(),
            weights: weights[at * hidden * KEYS..][..hidden * KEYS].to_vec(),
            delays: Vec::new(),
            real,
            bias: bias[at * hidden..][..hidden].to_vec(),
            readout,
        };
        network.round();
        network
    }

    /// Takes the nearest whole delays, of halves the even one, as training does.
    pub(super) fn round(&mut self) {
        self.delays.clear();
        for &delay in &self.real {
            self.delays.push((delay.round_ties_even().max(0.0) as usize).min(DELAYS - 1));
        }
    }
}

/// How often a network is right, and how often its neurons fire.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Score {
    pub accuracy: f32,
    /// Spikes per neuron and step.
    pub rate: f32,
}

/// Runs networks on samples; keeps what the last one did.
#[derive(Default)]
pub(super) struct Player {
    /// Input current, then potential before a reset, `[time, hidden]`.
    pub potential: Vec<f32>,
    /// Potential after the last step.
    state: Vec<f32>,
    /// Whether a neuron fired, `[time, hidden]`.
    pub fired: Vec<bool>,
    /// Mean over time of the softmax of the readouts.
    pub votes: [f32; CLASSES],
}

impl Player {
    /// Plays a sample to a network; gives the class of most votes.
    pub(super) fn play(&mut self, network: &Network, notes: &[Note]) -> usize {
        let hidden = network.hidden;
        self.potential.clear();
        self.potential.resize(TIME * hidden, 0.0);
        self.fired.clear();
        self.fired.resize(TIME * hidden, false);
        self.state.clear();
        self.state.resize(hidden, 0.0);
        for note in notes {
            for neuron in 0..hidden {
                let synapse = neuron * KEYS + note.key as usize;
                let arrival = note.time as usize + network.delays[synapse];
                if arrival < TIME {
                    self.potential[arrival * hidden + neuron] += network.weights[synapse];
                }
            }
        }
        self.votes = [0.0; CLASSES];
        let mut readout = [0.0; CLASSES];
        for time in 0..TIME {
            for value in &mut readout {
                *value *= network.decay;
            }
            for neuron in 0..hidden {
                let potential = &mut self.potential[time * hidden + neuron];
                *potential += network.decay * self.state[neuron] + network.bias[neuron];
                let fires = *potential > THRESHOLD;
                self.state[neuron] = if fires { 0.0 } else { *potential };
                if fires {
                    self.fired[time * hidden + neuron] = true;
                    for (value, weight) in readout.iter_mut().zip(&network.readout[neuron * CLASSES..]) {
                        *value += weight;
                    }
                }
            }
            vote(&readout, &mut self.votes);
        }
        largest(&self.votes)
    }

    /// Plays test samples; counts what is taken for what into `confusion` `[played, heard]`, if it is there.
    pub(super) fn test(
        &mut self,
        network: &Network,
        tests: &[(Vec<Note>, usize)],
        mut confusion: Option<&mut [f32]>,
    ) -> Score {
        let (mut right, mut spikes) = (0, 0);
        for (notes, class) in tests {
            let heard = self.play(network, notes);
            right += usize::from(heard == *class);
            for &fired in &self.fired {
                spikes += usize::from(fired);
            }
            if let Some(confusion) = &mut confusion {
                confusion[class * CLASSES + heard] += 1.0;
            }
        }
        let moments = tests.len() * TIME * network.hidden;
        Score { accuracy: right as f32 / tests.len() as f32, rate: spikes as f32 / moments as f32 }
    }

    /// Which melody excites a neuron most: the one of the highest potential in it.
    pub(super) fn favourite(&mut self, network: &Network, melodies: &[Vec<Note>], neuron: usize) -> usize {
        let mut peaks = [0.0; CLASSES];
        for (class, notes) in melodies.iter().enumerate() {
            self.play(network, notes);
            peaks[class] = self.peak(network, neuron);
        }
        largest(&peaks)
    }

    /// The highest potential of a neuron.
    pub(super) fn peak(&self, network: &Network, neuron: usize) -> f32 {
        let mut peak = f32::NEG_INFINITY;
        for time in 0..TIME {
            peak = peak.max(self.potential[time * network.hidden + neuron]);
        }
        peak
    }
}

/// Adds a softmax of the readouts, as a share of all steps.
fn vote(readout: &[f32; CLASSES], votes: &mut [f32; CLASSES]) {
    let mut most = f32::NEG_INFINITY;
    for &value in readout {
        most = most.max(value);
    }
    let (low, high) = (F32x4::load(&readout[..4]), F32x4::load(&readout[4..]));
    let (low, high) = (math::exp(low - F32x4::splat(most)), math::exp(high - F32x4::splat(most)));
    let share = 1.0 / ((low.sum() + high.sum()) * TIME as f32);
    let (low, high) = (low.to_array(), high.to_array());
    for class in 0..4 {
        votes[class] += share * low[class];
        votes[class + 4] += share * high[class];
    }
}

/// Position of the largest value, the first of equals.
pub(super) fn largest(values: &[f32]) -> usize {
    let mut best = 0;
    for (at, value) in values.iter().enumerate() {
        if *value > values[best] {
            best = at;
        }
    }
    best
}

/// Every synapse's delay given to another, at random.
pub(super) fn permuted(plan: &Plan, network: &Network, net: usize, times: usize) -> Vec<Network> {
    debug_assert!(net < NETS);
    let mut rng = plan.rng("permutations", net);
    let mut all = Vec::with_capacity(times);
    for _ in 0..times {
        let mut other = network.clone();
        rng.shuffle(&mut other.delays);
        all.push(other);
    }
    all
}

/// A Gaussian of sum `weight` around a delay over all whole delays, as in training.
pub(super) fn bell(delay: f32, width: f64, weight: f32, taps: &mut [f32]) {
    let mut sum = 0.0;
    for (at, tap) in taps.iter_mut().enumerate() {
        let distance = (at as f32 - delay) / width as f32;
        let [height, ..] = math::exp(F32x4::splat(-0.5 * distance * distance)).to_array();
        *tap = height;
        sum += height;
    }
    for tap in taps {
        *tap *= weight / sum;
    }
}
