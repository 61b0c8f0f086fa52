//! How many bits a layer tells of its input and of the label. Every unit is cut into equal bins over fixed edges; the
//! bin numbers of a layer's units together are one symbol t. As t is a function of x,
//! I(X;T) = H(T) and I(T;Y) = H(Y) − Σ p(t) H(Y | t), exactly, over all inputs.

use super::task::{INPUTS, Task, coin_entropy};
use nalgebra::ComplexField;

/// Slots of the table in which symbols are counted: twice as many as there can be symbols, a power of two.
const SLOTS: usize = 2 * INPUTS;
/// The slot of a hash is told by its highest bits.
const SHIFT: u32 = 64 - SLOTS.trailing_zeros();

/// What a layer's values are cut along.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ruler {
    /// Lower edge of the first bin; what lies below goes there too.
    pub low: f64,
    /// Upper edge of the last bin.
    pub high: f64,
    /// Number of bins.
    pub bins: usize,
}

impl Ruler {
    /// The bin of a value.
    pub(super) fn bin(&self, value: f32) -> usize {
        let place = (value as f64 - self.low) * (self.bins as f64 / (self.high - self.low));
        // The cast cuts off below 0.
        (place as usize).min(self.bins - 1)
    }
}

/// Bits that a layer tells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bits {
    /// I(X;T).
    pub of_input: f64,
    /// I(T;Y).
    pub of_label: f64,
}

/// Counts symbols; kept, because its tables are large.
pub(super) struct Estimator {
    /// Symbol of every input, as 64 bits.
    hashes: Vec<u64>,
    /// Slots that are taken, and of each slot: its symbol, how many inputs fall on it, and the sum of their p(Y = 1 | x).
    taken: Vec<usize>,
    symbols: Vec<u64>,
    inputs: Vec<u32>,
    heads: Vec<f64>,
    /// n log₂ n.
    weighted_log: Vec<f64>,
}

impl Estimator {
    /// With empty tables.
    pub(super) fn new() -> Estimator {
        let weighted_log = (0..=INPUTS).map(|n| if n == 0 { 0.0 } else { n as f64 * ComplexField::log2(n as f64) });
        Estimator {
            hashes: vec![0; INPUTS],
            taken: Vec::with_capacity(INPUTS),
            symbols: vec![0; SLOTS],
            inputs: vec![0; SLOTS],
            heads: vec![0.0; SLOTS],
            weighted_log: weighted_log.collect(),
        }
    }

    /// Counts the symbols of a layer whose `values` are [units, `INPUTS`]; gives their number and the bits they tell.
    pub(super) fn measure(&mut self, task: &Task, values: &[f32], ruler: Ruler) -> (usize, Bits) {
        self.hashes.fill(0);
        // Each unit adds its bin times an odd number of its own. Two of 4096 symbols then share 64 bits less than once in
        // 10⁹ readings.
        let mut factor = 0x9E37_79B9_7F4A_7C15u64;
        for unit in values.chunks_exact(INPUTS) {
            for (hash, &value) in self.hashes.iter_mut().zip(unit) {
                *hash = hash.wrapping_add(factor.wrapping_mul(ruler.bin(value) as u64));
            }
            factor = (factor ^ factor >> 31).wrapping_mul(0xBF58_476D_1CE4_E5B9) | 1;
        }
        self.taken.iter().for_each(|&slot| self.inputs[slot] = 0);
        self.taken.clear();
        for (&hash, &probability) in self.hashes.iter().zip(&task.probability) {
            let mut slot = (hash >> SHIFT) as usize;
            while self.inputs[slot] > 0 && self.symbols[slot] != hash {
                slot = (slot + 1) % SLOTS;
            }
            if self.inputs[slot] == 0 {
                self.taken.push(slot);
                (self.symbols[slot], self.heads[slot]) = (hash, 0.0);
            }
            self.inputs[slot] += 1;
            self.heads[slot] += probability;
        }
        let (mut repeated, mut noise) = (0.0, 0.0);
        for &slot in &self.taken {
            let inputs = self.inputs[slot];
            repeated += self.weighted_log[inputs as usize];
            noise += inputs as f64 * coin_entropy(self.heads[slot] / inputs as f64);
        }
        let count = INPUTS as f64;
        let of_input = ComplexField::log2(count) - repeated / count;
        (self.taken.len(), Bits { of_input, of_label: task.label_entropy - noise / count })
    }
}

#[cfg(test)]
mod tests {
    use super::super::task::POINTS;
    use super::*;
    use std::collections::BTreeMap;

    const RULER: Ruler = Ruler { low: -1.0, high: 1.0, bins: 30 };

    #[test]
    fn values_outside_go_to_the_end_bins() {
        let bins = [-7.0, -1.0, -0.934, -0.933, 0.0, 0.9999, 1.0, 3.0].map(|value| RULER.bin(value));
        assert_eq!(bins, [0, 0, 0, 1, 15, 29, 29, 29]);
    }

    #[test]
    fn symbols_counted_by_hash_are_those_of_sorted_rows() {
        let task = Task::new();
        let mut estimator = Estimator::new();
        for (units, bins) in [(3, 5), (7, 30), (10, 100)] {
            let value = |at: usize| {
                let (unit, input) = ((at / INPUTS) as f32, (at % INPUTS) as f32);
                ((input * 0.013 + unit).sin() * 1.3).tanh()
            };
            let values: Vec<f32> = (0..INPUTS * units).map(value).collect();
            let ruler = Ruler { bins, ..RULER };
            let mut symbols: BTreeMap<Vec<usize>, Vec<usize>> = BTreeMap::new();
            for input in 0..INPUTS {
                let row = values[input..].iter().step_by(INPUTS).map(|&value| ruler.bin(value));
                symbols.entry(row.collect()).or_default().push(input);
            }
            let share = |inputs: &Vec<usize>| inputs.len() as f64 / INPUTS as f64;
            let of_input: f64 = symbols.values().map(|inputs| -share(inputs) * share(inputs).log2()).sum();
            let entropy =
                |p: f64| if p <= 0.0 || p >= 1.0 { 0.0 } else { -p * p.log2() - (1.0 - p) * (1.0 - p).log2() };
            let heads =
                |inputs: &[usize]| inputs.iter().map(|&x| task.probability[x]).sum::<f64>() / inputs.len() as f64;
            let left: f64 = symbols.values().map(|inputs| share(inputs) * entropy(heads(inputs))).sum();
            let of_label = entropy(heads(&(0..INPUTS).collect::<Vec<_>>())) - left;
            let (count, bits) = estimator.measure(&task, &values, ruler);
            assert_eq!(count, symbols.len());
            assert!((bits.of_input - of_input).abs() < 1e-9 && (bits.of_label - of_label).abs() < 1e-9, "{bits:?}");
        }
    }

    #[test]
    fn what_tells_everything_and_what_tells_nothing() {
        let task = Task::new();
        let mut estimator = Estimator::new();
        let bits: Vec<f32> = (0..POINTS * INPUTS).map(|at| (((at % INPUTS) >> (at / INPUTS)) & 1) as f32).collect();
        let (symbols, all) = estimator.measure(&task, &bits, Ruler { low: 0.0, high: 1.0, bins: 2 });
        assert_eq!((symbols, all.of_input), (INPUTS, 12.0));
        assert!((all.of_label - task.information).abs() < 1e-9, "no more than I(X;Y): {all:?}");
        let (symbols, none) = estimator.measure(&task, &[0.3; INPUTS], RULER);
        assert_eq!((symbols, none.of_input), (1, 0.0));
        assert!(none.of_label.abs() < 1e-9, "{none:?}");
    }
}
