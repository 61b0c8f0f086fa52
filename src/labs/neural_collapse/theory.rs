//! Where the global minimum lies, for the squared error without a bias.
//!
//! Along each class the problem is one of a single number p, the output on the true class (Dang and others, 2023, the
//! theorem for imbalanced data). Of all ways to reach p the cheapest shares the weight decay evenly: the features of the
//! class together and each of the M matrices have the same norm t along its direction. Then `p = t^(M+1) / √n_k`, and
//!
//! `J_k = (n_k/2N)(p − 1)² + ((M+1)/2) λ t²`
//!
//! is to be least. In terms of p that is `(n_k/2N)(p − 1)² + ((M+1)/2) (n_k λ^(M+1))^(1/(M+1)) p^(2/(M+1))`.

use super::model::{CLASSES, Variant};

/// Points of the grid on which the global minimum is looked for before it is refined.
const GRID: usize = 400;
/// Halvings of the bracket around it.
const REFINEMENTS: usize = 45;

/// A class by itself.
struct Class {
    /// √n_k.
    root: f64,
    /// n_k / N.
    share: f64,
    /// M.
    depth: i32,
    /// λ.
    decay: f64,
}

impl Class {
    /// The output p that goes with the norm t.
    fn output(&self, t: f64) -> f64 {
        t.powi(self.depth + 1) / self.root
    }

    /// J_k.
    fn objective(&self, t: f64) -> f64 {
        let missing = self.output(t) - 1.0;
        0.5 * self.share * missing * missing + 0.5 * f64::from(self.depth + 1) * self.decay * t * t
    }

    /// The derivative of J_k, divided by (M+1) t.
    fn slope(&self, t: f64) -> f64 {
        self.share * (self.output(t) - 1.0) * t.powi(self.depth - 1) / self.root + self.decay
    }

    /// The t of the least J_k. On a grid, because for M ≥ 2 there is always a local minimum at 0 beside another one.
    fn best(&self) -> f64 {
        // Beyond p = 1 both terms grow; t is there at most √√n, the value for M = 1.
        let step = self.root.sqrt() / GRID as f64;
        let mut best = (0, self.objective(0.0));
        for index in 1..=GRID {
            let value = self.objective(step * index as f64);
            if value < best.1 {
                best = (index, value);
            }
        }
        let least = step * best.0.saturating_sub(1) as f64;
        if best.0 == 0 && self.slope(0.0) >= 0.0 {
            return 0.0;
        }
        let (mut low, mut high) = (least, step * (best.0 + 1) as f64);
        for _ in 0..REFINEMENTS {
            let middle = 0.5 * (low + high);
            *if self.slope(middle) < 0.0 { &mut low } else { &mut high } = middle;
        }
        0.5 * (low + high)
    }
}

/// The output p_k on the true class and the length |μ_k| of the class mean, for a class of `count` among `samples`.
pub(super) fn optimum(count: usize, samples: usize, depth: usize, decay: f64) -> (f64, f64) {
    let (n, depth) = (count as f64, depth as i32);
    let class = Class { root: n.sqrt(), share: n / samples as f64, depth, decay };
    let t = class.best();
    (class.output(t), t / class.root)
}

/// Outputs p_k and lengths |μ_k| of all classes.
pub(super) fn optima(variant: &Variant) -> ([f64; CLASSES], [f64; CLASSES]) {
    let (mut outputs, mut lengths) = ([0.0; CLASSES], [0.0; CLASSES]);
    for (class, &count) in variant.counts.iter().enumerate() {
        (outputs[class], lengths[class]) = optimum(count, variant.samples(), variant.depth, variant.decay);
    }
    (outputs, lengths)
}

#[cfg(test)]
mod tests {
    use super::super::model::Loss;
    use super::*;

    #[test]
    fn one_matrix_has_the_closed_form() {
        // p = max(0, 1 − N λ / √n), |μ|² = p / √n for equal decays.
        for (count, samples, decay) in [(40, 75, 2e-3), (5, 75, 0.028), (5, 75, 0.03), (1, 71, 0.0135), (1, 71, 0.015)]
        {
            let n = count as f64;
            let want = (1.0 - samples as f64 * decay / n.sqrt()).max(0.0);
            let (output, length) = optimum(count, samples, 1, decay);
            assert!((output - want).abs() < 1e-9, "n = {count}, λ = {decay}: {output} for {want}");
            assert!((length - (want / n.sqrt()).sqrt()).abs() < 1e-9);
        }
    }

    #[test]
    fn deeper_heads_agree_with_a_search_by_another_way() {
        // Newton's method from p = 1 on the stationary condition share (p − 1) + pull p^(2/(M+1) − 1) = 0.
        for (count, depth, decay) in [(40, 3, 2e-3), (20, 3, 2e-3), (10, 2, 1e-3), (5, 5, 1e-4)] {
            let (n, parts) = (count as f64, (depth + 1) as f64);
            let (share, pull) = (n / 75.0, decay * n.powf(1.0 / parts));
            let mut p = 1.0f64;
            for _ in 0..60 {
                let value = share * (p - 1.0) + pull * p.powf(2.0 / parts - 1.0);
                let slope = share + pull * (2.0 / parts - 1.0) * p.powf(2.0 / parts - 2.0);
                p -= value / slope;
            }
            let (output, length) = optimum(count, 75, depth, decay);
            assert!((output - p).abs() < 1e-9, "n = {count}, M = {depth}: {output} for {p}");
            // |μ|² = (p² n λ^(M+1))^(1/(M+1)) / (n λ).
            let want = (p * p * n * decay.powf(parts)).powf(1.0 / parts) / (n * decay);
            assert!((length * length - want).abs() < 1e-9);
        }
    }

    #[test]
    fn rounded_values_of_the_model_are_met() {
        let at = |depth, decay| optima(&Variant { counts: [40, 20, 10, 5], depth, loss: Loss::Square, decay });
        let near = |got: [f64; 4], want: [f64; 4], tolerance: f64| {
            assert!(got.iter().zip(want).all(|(a, b)| (a - b).abs() <= tolerance), "{got:?} for {want:?}");
        };
        let (outputs, lengths) = (|depth, decay| at(depth, decay).0, |depth, decay| at(depth, decay).1);
        near(outputs(1, 2e-3), [0.976, 0.966, 0.953, 0.933], 6e-4);
        near(outputs(3, 1e-3), [0.995, 0.992, 0.987, 0.977], 6e-4);
        near(outputs(3, 2e-3), [0.991, 0.984, 0.973, 0.954], 6e-4);
        near(lengths(1, 2e-3), [0.39, 0.46, 0.55, 0.65], 6e-3);
        near(lengths(3, 1e-3), [0.25, 0.32, 0.42, 0.54], 6e-3);
        near(lengths(1, 0.028), [0.325, 0.344, 0.326, 0.165], 6e-4);
        // The class of five: 0.739 by theory at λ = 0.01, though gradient descent stays at 0.
        assert!((outputs(3, 0.01)[3] - 0.739).abs() < 6e-4);
        assert_eq!(outputs(3, 0.03).iter().filter(|&&p| p > 0.0).count(), 2);
    }
}
