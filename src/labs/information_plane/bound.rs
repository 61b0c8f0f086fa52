//! The largest I(T;Y) that any T can have at a given I(X;T): the information bottleneck's bound (Tishby, Pereira and
//! Bialek, "The information bottleneck method", 1999), from its self-consistent equations
//! q(t | x) ∝ q(t) e^(−β KL[p(y | x) ‖ q(y | t)]), q(t) = Σ p(x) q(t | x), q(y | t) = Σ p(y | x) p(x) q(t | x) / q(t).

use super::information::Bits;
use super::task::{Level, Task, coin_entropy};
use nalgebra::ComplexField;

/// Values of β, from the largest down, evenly in the logarithm.
const STRENGTHS: usize = 60;
const STRONGEST: f64 = 400.0;
/// Sweeps at each β.
const SWEEPS: usize = 200;
/// Symbols rarer than this have died out.
const RARE: f64 = 1e-12;
/// A sweep that moves no q(t) by more changes nothing any more.
const STILL: f64 = 1e-12;

/// One symbol t.
#[derive(Clone, Copy)]
struct Symbol {
    share: f64,
    heads: f64,
}

/// The curve, as far as it is computed: it takes a quarter of a second in all, and a page must answer in between.
pub(super) struct Bound {
    levels: Vec<Level>,
    symbols: Vec<Symbol>,
    /// Number of β done.
    done: usize,
    /// Points in ascending order of I(X;T).
    curve: Vec<Bits>,
}

impl Bound {
    /// For a task; nothing is computed yet but the ends.
    pub(super) fn new(task: &Task) -> Bound {
        let symbols = task.levels.iter().map(|level| Symbol { share: level.share, heads: level.probability });
        let symbols: Vec<Symbol> = symbols.collect();
        let of_input = symbols.iter().map(|symbol| -symbol.share * ComplexField::log2(symbol.share)).sum();
        let all = Bits { of_input, of_label: task.information };
        let nothing = Bits { of_input: 0.0, of_label: 0.0 };
        Bound { levels: task.levels.clone(), symbols, done: 0, curve: vec![nothing, all] }
    }

    /// Whether all of the curve is there.
    pub(super) fn is_complete(&self) -> bool {
        self.done == STRENGTHS
    }

    /// The points that are there, in ascending order of I(X;T).
    pub(super) fn curve(&self) -> &[Bits] {
        &self.curve
    }

    /// Computes the point of the next β, starting from the symbols of the one before it.
    pub(super) fn go_on(&mut self) {
        if self.is_complete() {
            return;
        }
        let share = self.done as f64 / (STRENGTHS - 1) as f64;
        let strength = ComplexField::exp(ComplexField::ln(STRONGEST) * (1.0 - share));
        for _ in 0..SWEEPS {
            if self.sweep(strength) < STILL {
                break;
            }
        }
        let point = self.point(strength);
        let at = self.curve.partition_point(|known| known.of_input < point.of_input);
        self.curve.insert(at, point);
        self.done += 1;
    }

    /// Computes all of it.
    pub(super) fn complete(&mut self) {
        while !self.is_complete() {
            self.go_on();
        }
    }

    /// ln q(t), ln q(Y = 1 | t) and ln q(Y = 0 | t) of every symbol.
    fn logarithms(&self) -> Vec<[f64; 3]> {
        let one = |symbol: &Symbol| [log(symbol.share), log(symbol.heads), log(1.0 - symbol.heads)];
        self.symbols.iter().map(one).collect()
    }

    /// One round of the equations; gives the largest change of a q(t).
    fn sweep(&mut self, strength: f64) -> f64 {
        let mut next = vec![Symbol { share: 0.0, heads: 0.0 }; self.symbols.len()];
        let (logarithms, mut assigned) = (self.logarithms(), vec![0.0; self.symbols.len()]);
        for level in &self.levels {
            assign(level.probability, strength, &logarithms, &mut assigned);
            for (symbol, weight) in next.iter_mut().zip(&assigned) {
                symbol.share += level.share * weight;
                symbol.heads += level.share * weight * level.probability;
            }
        }
        let changes = self.symbols.iter().zip(&next).map(|(old, new)| (old.share - new.share).abs());
        let change = changes.fold(0.0, f64::max);
        next.retain(|symbol| symbol.share > RARE);
        next.iter_mut().for_each(|symbol| symbol.heads /= symbol.share);
        self.symbols = next;
        change
    }

    /// Where the present symbols lie in the plane.
    fn point(&self, strength: f64) -> Bits {
        let (logarithms, mut assigned) = (self.logarithms(), vec![0.0; self.symbols.len()]);
        let mut of_input = 0.0;
        let mut made = vec![Symbol { share: 0.0, heads: 0.0 }; self.symbols.len()];
        for level in &self.levels {
            assign(level.probability, strength, &logarithms, &mut assigned);
            for ((symbol, old), &weight) in made.iter_mut().zip(&self.symbols).zip(&assigned) {
                symbol.share += level.share * weight;
                symbol.heads += level.share * weight * level.probability;
                if weight > RARE {
                    of_input += level.share * weight * ComplexField::log2(weight / old.share);
                }
            }
        }
        let heads: f64 = made.iter().map(|symbol| symbol.heads).sum();
        let left: f64 = made.iter().map(|symbol| symbol.share * coin_entropy(symbol.heads / symbol.share)).sum();
        Bits { of_input: of_input.max(0.0), of_label: coin_entropy(heads) - left }
    }

    /// The bound at an I(X;T), between points of the curve by a straight line.
    pub(super) fn at(&self, of_input: f64) -> f64 {
        let next = self.curve.partition_point(|point| point.of_input < of_input);
        match (next.checked_sub(1).map(|at| self.curve[at]), self.curve.get(next)) {
            (Some(left), Some(right)) => {
                let share = (of_input - left.of_input) / (right.of_input - left.of_input);
                left.of_label + share * (right.of_label - left.of_label)
            }
            (_, Some(point)) => point.of_label,
            (Some(point), None) => point.of_label,
            (None, None) => 0.0,
        }
    }

    /// The least I(X;T) with which an I(T;Y) can be had.
    pub(super) fn least_input(&self, of_label: f64) -> f64 {
        let next = self.curve.iter().position(|point| point.of_label >= of_label);
        match next.and_then(|next| Some((self.curve.get(next.checked_sub(1)?)?, self.curve[next]))) {
            Some((left, right)) => {
                let share = (of_label - left.of_label) / (right.of_label - left.of_label);
                left.of_input + share * (right.of_input - left.of_input)
            }
            None if of_label <= 0.0 => 0.0,
            None => self.curve[self.curve.len() - 1].of_input,
        }
    }
}

/// q(t | x) of the inputs with p(Y = 1 | x) = `p`, into `into`.
fn assign(p: f64, strength: f64, logarithms: &[[f64; 3]], into: &mut [f64]) {
    let mut top = f64::NEG_INFINITY;
    for (weight, [share, heads, tails]) in into.iter_mut().zip(logarithms) {
        // −KL without the part that is the same for all symbols.
        *weight = share + strength * (p * heads + (1.0 - p) * tails);
        top = top.max(*weight);
    }
    let mut total = 0.0;
    for weight in into.iter_mut() {
        // Beyond that the exponential is less than what rounding leaves.
        *weight = if *weight < top - 60.0 { 0.0 } else { ComplexField::exp(*weight - top) };
        total += *weight;
    }
    into.iter_mut().for_each(|weight| *weight /= total);
}

/// A logarithm that is large and finite at 0.
fn log(p: f64) -> f64 {
    ComplexField::ln(p.max(1e-300))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_rises_and_bends_down_and_ends_at_all_that_is_known_of_the_label() {
        let task = Task::new();
        let mut bound = Bound::new(&task);
        bound.complete();
        let curve = bound.curve();
        assert_eq!(curve.len(), STRENGTHS + 2);
        for pair in curve.windows(2) {
            assert!(pair[1].of_label >= pair[0].of_label - 1e-6, "{pair:?}");
            assert!(pair[1].of_label <= pair[1].of_input + 1e-9, "what is told of the label is told of the input");
        }
        let slopes: Vec<f64> = curve
            .windows(2)
            .filter(|pair| pair[1].of_input - pair[0].of_input > 1e-3)
            .map(|pair| (pair[1].of_label - pair[0].of_label) / (pair[1].of_input - pair[0].of_input))
            .collect();
        assert!(slopes.windows(2).all(|pair| pair[1] <= pair[0] + 1e-2), "{slopes:?}");
        // Nearly all of the label is had for one and a half bits.
        assert!(task.information - bound.at(1.5) < 0.01, "{}", bound.at(1.5));
        assert_eq!(bound.at(11.0), task.information);
        assert!(bound.least_input(0.9) < 1.2 && bound.least_input(0.0) == 0.0);
    }

    #[test]
    fn a_noisy_coin_has_the_bound_that_is_known_in_closed_form() {
        // X one bit, Y its copy through a symmetric channel with error e: with I(X;T) = 1 − h(a) the best T is X through a
        // channel with error a, and I(T;Y) = 1 − h(a (1 − e) + e (1 − a)) (Mrs. Gerber's lemma; Wyner and Ziv, 1973).
        let error = 0.1;
        let level = |probability: f64| Level { share: 0.5, probability };
        let task = Task {
            probability: Vec::new(),
            order: Vec::new(),
            levels: vec![level(error), level(1.0 - error)],
            label_entropy: 1.0,
            information: 1.0 - coin_entropy(error),
        };
        let mut bound = Bound::new(&task);
        bound.complete();
        let mut tested = 0;
        for point in bound.curve().iter().filter(|point| (0.05..0.95).contains(&point.of_input)) {
            let (mut low, mut high) = (0.0, 0.5);
            for _ in 0..60 {
                let middle = (low + high) / 2.0;
                if 1.0 - coin_entropy(middle) > point.of_input { low = middle } else { high = middle }
            }
            let want = 1.0 - coin_entropy(low * (1.0 - error) + error * (1.0 - low));
            assert!((point.of_label - want).abs() < 1e-4, "{point:?} {want}");
            tested += 1;
        }
        assert!(tested > 3);
    }
}
