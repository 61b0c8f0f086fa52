//! The task: 12 points evenly spread on a sphere, each lit or not, and a label that rotations leave unchanged. Its joint
//! distribution p(x, y) is known exactly, so that information is computed over all inputs and not estimated from samples.

use crate::analysis::order::ascending;
use crate::rng::Rng;
use nalgebra::ComplexField;

/// Points on the sphere, and bits of an input.
pub(super) const POINTS: usize = 12;
/// Inputs, all equally likely.
pub(super) const INPUTS: usize = 1 << POINTS;
/// Steepness γ of the label's probability.
const STEEPNESS: f64 = 100.0;
/// Values of f closer than this are one level: they differ by rounding only.
const SAME: f64 = 1e-9;

/// Inputs with the same value of f, and so with the same p(y | x).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Level {
    /// Share of all inputs.
    pub share: f64,
    /// p(Y = 1 | x).
    pub probability: f64,
}

/// The distribution of inputs and labels.
pub(super) struct Task {
    /// p(Y = 1 | x) of each input; bit i of its number is point i.
    pub probability: Vec<f64>,
    /// Inputs in ascending order of f.
    pub order: Vec<usize>,
    /// Levels of f, ascending.
    pub levels: Vec<Level>,
    /// H(Y) in bits.
    pub label_entropy: f64,
    /// I(X;Y) in bits.
    pub information: f64,
}

/// Entropy in bits of a coin that shows heads with probability `p`.
pub(super) fn coin_entropy(p: f64) -> f64 {
    // 0 · log 0 is not a number, and a coin as certain as this has less than 10⁻¹³ bits.
    if !(1e-15..=1.0 - 1e-15).contains(&p) {
        return 0.0;
    }
    -p * ComplexField::log2(p) - (1.0 - p) * ComplexField::log2(1.0 - p)
}

impl Task {
    /// f(x) = Σ x_i x_j [P₁(C_ij) + ½ P₂(C_ij) + ¼ P₃(C_ij)] over the vertices of an icosahedron with C_ij = v_i · v_j,
    /// divided by its standard deviation, and p(Y = 1 | x) = σ(γ (f(x) − θ)), with θ between the two levels that balance
    /// the labels best.
    pub(super) fn new() -> Task {
        let kernel = kernel();
        let mut f: Vec<f64> = (0..INPUTS)
            .map(|input| {
                let lit: Vec<usize> = (0..POINTS).filter(|point| input >> point & 1 == 1).collect();
                lit.iter().map(|&i| lit.iter().map(|&j| kernel[i][j]).sum::<f64>()).sum()
            })
            .collect();
        let mean = f.iter().sum::<f64>() / INPUTS as f64;
        let deviation = (f.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / INPUTS as f64).sqrt();
        f.iter_mut().for_each(|value| *value /= deviation);

        let order = ascending(&f);
        let groups: Vec<&[usize]> = order.chunk_by(|&a, &b| f[b] - f[a] < SAME).collect();
        let (mut below, mut threshold, mut least) = (0, f[order[0]], INPUTS);
        for pair in groups.windows(2) {
            below += pair[0].len();
            let imbalance = below.abs_diff(INPUTS / 2);
            if imbalance < least {
                (least, threshold) = (imbalance, (f[pair[0][0]] + f[pair[1][0]]) / 2.0);
            }
        }
        let mut probability = vec![0.0; INPUTS];
        let mut levels = Vec::with_capacity(groups.len());
        for group in groups {
            let p = 1.0 / (1.0 + ComplexField::exp(-STEEPNESS * (f[group[0]] - threshold)));
            group.iter().for_each(|&input| probability[input] = p);
            levels.push(Level { share: group.len() as f64 / INPUTS as f64, probability: p });
        }
        let heads = levels.iter().map(|level| level.share * level.probability).sum();
        let label_entropy = coin_entropy(heads);
        let noise: f64 = levels.iter().map(|level| level.share * coin_entropy(level.probability)).sum();
        Task { probability, order, levels, label_entropy, information: label_entropy - noise }
    }

    /// Labels drawn once from p(Y | x).
    pub(super) fn labels(&self, rng: &mut Rng) -> Vec<u32> {
        self.probability.iter().map(|&p| u32::from((rng.uniform() as f64) < p)).collect()
    }
}

/// P₁ + ½ P₂ + ¼ P₃ of the angle between two vertices.
fn kernel() -> [[f64; POINTS]; POINTS] {
    let golden = (1.0 + 5f64.sqrt()) / 2.0;
    let norm = (1.0 + golden * golden).sqrt();
    // Cyclic permutations of (0, ±1, ±golden).
    let vertices: [[f64; 3]; POINTS] = std::array::from_fn(|index| {
        let (axis, signs) = (index / 4, index % 4);
        let sign = |bit: usize| if signs >> bit & 1 == 0 { 1.0 } else { -1.0 };
        let mut vertex = [0.0; 3];
        vertex[(axis + 1) % 3] = sign(0) / norm;
        vertex[(axis + 2) % 3] = sign(1) * golden / norm;
        vertex
    });
    let legendre = |c: f64| c + 0.5 * (3.0 * c * c - 1.0) / 2.0 + 0.25 * (5.0 * c * c * c - 3.0 * c) / 2.0;
    let inner = |a: &[f64; 3], b: &[f64; 3]| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    std::array::from_fn(|i| std::array::from_fn(|j| legendre(inner(&vertices[i], &vertices[j]))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_task_has_the_figures_of_its_definition() {
        let task = Task::new();
        assert_eq!(task.levels.len(), 38);
        let heads: f64 = task.probability.iter().sum::<f64>() / INPUTS as f64;
        assert!((heads - 0.517).abs() < 5e-4, "{heads}");
        assert!((task.information - 0.951).abs() < 5e-4, "{}", task.information);
        assert!((task.levels.iter().map(|level| level.share).sum::<f64>() - 1.0).abs() < 1e-12);
        assert!(task.order.windows(2).all(|pair| task.probability[pair[0]] <= task.probability[pair[1]]));
    }

    #[test]
    fn rotations_leave_the_label_alone() {
        // A third of a turn about (1, 1, 1) permutes the coordinates of the vertices cyclically.
        let task = Task::new();
        let turned =
            |input: usize| (0..POINTS).map(|point| (input >> point & 1) << ((point + 4) % POINTS)).sum::<usize>();
        for input in (0..INPUTS).step_by(37) {
            let (a, b) = (task.probability[input], task.probability[turned(input)]);
            assert!((a - b).abs() < 1e-9, "{input}: {a} {b}");
        }
    }

    #[test]
    fn a_certain_coin_has_no_entropy() {
        assert_eq!((coin_entropy(0.0), coin_entropy(1.0), coin_entropy(0.5)), (0.0, 0.0, 1.0));
        assert!(coin_entropy(1.0 - 1e-12) > 0.0);
    }
}
