//! A look into one network: its Jacobian J = ∂f/∂y at noisy pictures, and the basis in which it shrinks them.
//!
//! Without additive constants f(y) = J y. J is nearly symmetric; of its symmetric part Σ λ_k e_k e_kᵀ the eigenvectors e_k
//! are the basis and the eigenvalues λ_k the shares that are kept (section 3 of the paper).

use super::data::{PIXELS, SIDE};
use super::network::{LAYERS, WIDTHS, denoise, weight_name};
use crate::analysis::eigen;
use crate::analysis::order::descending;
use crate::cpu::Machine;
use crate::graph::{Entry, Graph, Result, Role};
use crate::plan;
use nalgebra::DMatrix;
use std::sync::Arc;

/// The network's Jacobian at some pictures at a time.
pub(super) struct Lens {
    machine: Machine,
    weights: [usize; LAYERS],
    y: usize,
    look: usize,
    pictures: usize,
}

impl Lens {
    /// For `pictures` pictures at a time.
    pub(super) fn new(pictures: usize) -> Result<Lens> {
        let g = &mut Graph::new();
        let mut weights = Vec::new();
        for layer in 0..LAYERS {
            let shape = [WIDTHS[layer], WIDTHS[layer + 1]];
            weights.push(g.leaf_with(Role::Input, &weight_name(layer), &shape, vec![0.0; shape[0] * shape[1]]));
        }
        let y = g.leaf_with(Role::Input, "noisy", &[pictures, PIXELS], vec![0.0; pictures * PIXELS]);
        let looked = g.for_each_sample(&[y], |g, sample| {
            let row = g.unsqueeze(sample[0], 0)?;
            let output = denoise(g, row, &weights)?;
            let output = g.squeeze(output, 0)?;
            Ok(vec![output, g.jacobian(output, sample[0])?])
        })?;
        let outputs = vec![("output".to_owned(), looked[0]), ("jacobian".to_owned(), looked[1])];
        let program = plan::plan(g, &[Entry { name: "look".into(), outputs, assigns: Vec::new() }])?;
        let place = |found: Option<usize>| found.expect("it was just made");
        Ok(Lens {
            weights: std::array::from_fn(|layer| place(program.leaf(&weight_name(layer)))),
            y: place(program.leaf("noisy")),
            look: place(program.routine("look")),
            machine: Machine::new(Arc::new(program)),
            pictures,
        })
    }

    /// Looks at pictures `[pictures, 64]` with network `net` of stacked weights; whether there is anything new to see.
    pub(super) fn look(&mut self, weights: [&[f32]; LAYERS], net: usize, y: &[f32]) -> bool {
        let mut new = false;
        let mut set = |leaf: usize, values: &[f32]| {
            if self.machine.leaf(leaf) != values {
                self.machine.write(leaf, values);
                new = true;
            }
        };
        for (layer, leaf) in self.weights.into_iter().enumerate() {
            let size = WIDTHS[layer] * WIDTHS[layer + 1];
            set(leaf, &weights[layer][net * size..][..size]);
        }
        set(self.y, &y[..self.pictures * PIXELS]);
        if new {
            self.machine.run(self.look);
        }
        new
    }

    /// What the network makes of picture `at` of the last look, f(y).
    pub(super) fn output(&self, at: usize) -> &[f32] {
        &self.machine.output(self.look, 0)[at * PIXELS..][..PIXELS]
    }

    /// Its Jacobian at picture `at` of the last look, `[64, 64]` with a row for each element of f.
    pub(super) fn jacobian(&self, at: usize) -> &[f32] {
        &self.machine.output(self.look, 1)[at * PIXELS * PIXELS..][..PIXELS * PIXELS]
    }
}

/// A Jacobian in its own basis.
pub(super) struct Basis {
    /// Eigenvalues of the symmetric part, the largest magnitude first.
    pub values: Vec<f64>,
    /// Its eigenvectors in their order, `[64, 64]`, one after the other.
    pub vectors: Vec<f32>,
    /// ‖J − Jᵀ‖ / ‖J + Jᵀ‖.
    pub asymmetry: f64,
    /// Trace of J.
    pub trace: f64,
}

impl Basis {
    /// Decomposes a Jacobian `[64, 64]`.
    pub(super) fn of(jacobian: &[f32]) -> Result<Basis> {
        let (mut even, mut of_even, mut of_odd, mut trace) = (Vec::with_capacity(jacobian.len()), 0.0, 0.0, 0.0);
        for row in 0..PIXELS {
            for column in 0..PIXELS {
                let (here, there) = (jacobian[row * PIXELS + column], jacobian[column * PIXELS + row]);
                let (here, there) = (f64::from(here), f64::from(there));
                even.push((here + there) / 2.0);
                of_even += (here + there) * (here + there);
                of_odd += (here - there) * (here - there);
            }
            trace += f64::from(jacobian[row * PIXELS + row]);
        }
        let asymmetry = (of_odd / of_even).sqrt();
        let found = eigen::symmetric(&DMatrix::from_column_slice(PIXELS, PIXELS, &even))?;
        let mut magnitudes = found.values.clone();
        for value in &mut magnitudes {
            *value = value.abs();
        }
        let (mut values, mut vectors) = (Vec::with_capacity(PIXELS), Vec::with_capacity(PIXELS * PIXELS));
        for at in descending(&magnitudes) {
            values.push(found.values[at]);
            for value in &found.vectors.as_slice()[at * PIXELS..][..PIXELS] {
                vectors.push(*value as f32);
            }
        }
        Ok(Basis { values, vectors, asymmetry, trace })
    }

    /// Eigenvector `k`, from 0.
    pub(super) fn vector(&self, k: usize) -> &[f32] {
        &self.vectors[k * PIXELS..][..PIXELS]
    }

    /// ⟨y, e_k⟩.
    pub(super) fn coordinate(&self, k: usize, y: &[f32]) -> f64 {
        let mut sum = 0.0;
        for (a, b) in self.vector(k).iter().zip(y) {
            sum += f64::from(a * b);
        }
        sum
    }

    /// Mean share of the energy of the first `count` eigenvectors that lies on the quarter of all pixels where the clean
    /// picture is steepest, relative to that of a vector spread evenly.
    pub(super) fn energy_on_contours(&self, count: usize, clean: &[f32]) -> f64 {
        let steep = descending(&steepness(clean));
        let mut energy = 0.0;
        for &pixel in &steep[..PIXELS / 4] {
            for k in 0..count {
                energy += f64::from(self.vector(k)[pixel]).powi(2);
            }
        }
        energy / count as f64 * 4.0
    }
}

/// Relative error of f(y) = J y, summed in double precision.
pub(super) fn identity_error(jacobian: &[f32], y: &[f32], output: &[f32]) -> f64 {
    let (mut error, mut size) = (0.0, 0.0);
    for (row, &value) in jacobian.chunks_exact(PIXELS).zip(output) {
        let mut product = 0.0;
        for (a, b) in row.iter().zip(y) {
            product += f64::from(*a) * f64::from(*b);
        }
        error += (product - f64::from(value)).powi(2);
        size += f64::from(value).powi(2);
    }
    (error / size).sqrt()
}

/// Squared length of the gradient at every pixel: differences of the neighbours on both sides, at the edge of one side.
fn steepness(picture: &[f32]) -> Vec<f64> {
    let mut steepness = Vec::with_capacity(PIXELS);
    let slope = |at: usize, place: usize, stride: usize| {
        let before = if place > 0 { at - stride } else { at };
        let after = if place + 1 < SIDE { at + stride } else { at };
        f64::from(picture[after] - picture[before]) * if after - before == stride { 1.0 } else { 0.5 }
    };
    for at in 0..PIXELS {
        let (across, down) = (slope(at, at % SIDE, 1), slope(at, at / SIDE, SIDE));
        steepness.push(across * across + down * down);
    }
    steepness
}

#[cfg(test)]
mod tests {
    use super::super::network::denoise_one;
    use super::*;
    use crate::rng::Rng;

    fn random(count: usize, deviation: f32, name: &str) -> Vec<f32> {
        let mut rng = Rng::new(3, name);
        (0..count).map(|_| deviation * rng.normal()).collect()
    }

    fn weights() -> [Vec<f32>; LAYERS] {
        std::array::from_fn(|layer| random(2 * WIDTHS[layer] * WIDTHS[layer + 1], 0.1, &weight_name(layer)))
    }

    /// Against finite differences; the network is linear nearby, so that they are exact but for rounding.
    #[test]
    fn the_jacobian_is_that_of_the_network_and_reproduces_its_output() {
        let weights = weights();
        let of = || [&weights[0][..], &weights[1][..], &weights[2][..]];
        let y = random(2 * PIXELS, 0.5, "pictures");
        let mut lens = Lens::new(2).unwrap();
        assert!(lens.look(of(), 1, &y) && !lens.look(of(), 1, &y));
        for picture in 0..2 {
            let own = &y[picture * PIXELS..][..PIXELS];
            let again = denoise_one(of(), 1, own);
            assert!(lens.output(picture).iter().zip(&again).all(|(a, b)| (a - b).abs() < 1e-5));
            assert!(identity_error(lens.jacobian(picture), own, lens.output(picture)) < 2e-6);
        }
        let (jacobian, output) = (lens.jacobian(1).to_vec(), lens.output(1).to_vec());
        for column in [0, 17, 63] {
            let mut moved = y.clone();
            moved[PIXELS + column] += 1e-3;
            lens.look(of(), 1, &moved);
            for row in 0..PIXELS {
                let slope = (lens.output(1)[row] - output[row]) / 1e-3;
                assert!((slope - jacobian[row * PIXELS + column]).abs() < 5e-3, "{row} {column}");
            }
        }
        // Twice the picture gives exactly twice the output: there is no constant anywhere.
        let twice: Vec<f32> = y.iter().map(|value| 2.0 * value).collect();
        lens.look(of(), 1, &twice);
        assert!(lens.output(1).iter().zip(&output).all(|(two, one)| *two == 2.0 * one));
        assert_eq!(lens.jacobian(1), jacobian);
        let (one, two) = (denoise_one(of(), 1, &y[..PIXELS]), denoise_one(of(), 1, &twice[..PIXELS]));
        assert!(two.iter().zip(&one).all(|(two, one)| *two == 2.0 * one));
    }

    #[test]
    fn a_basis_is_ordered_by_magnitude_and_tells_how_symmetric_it_was() {
        let mut jacobian = vec![0.0f32; PIXELS * PIXELS];
        for at in 0..PIXELS {
            jacobian[at * PIXELS + at] = if at == 5 { -2.0 } else { at as f32 / 64.0 };
        }
        let basis = Basis::of(&jacobian).unwrap();
        assert_eq!((basis.values[0], basis.asymmetry), (-2.0, 0.0));
        assert_eq!(basis.vector(0)[5].abs(), 1.0);
        assert!(basis.values.is_sorted_by(|a, b| a.abs() >= b.abs()));
        jacobian[1] = 1.0;
        let basis = Basis::of(&jacobian).unwrap();
        assert!(basis.asymmetry > 0.0);
        let y = random(PIXELS, 1.0, "y");
        let energy: f64 = (0..PIXELS).map(|k| basis.coordinate(k, &y).powi(2)).sum();
        let own: f64 = y.iter().map(|&value| f64::from(value).powi(2)).sum();
        assert!((energy / own - 1.0).abs() < 1e-5);
    }

    #[test]
    fn energy_is_1_for_what_is_spread_evenly_and_4_for_what_lies_on_contours() {
        // A vertical edge between columns 3 and 4: the 16 steepest pixels are those of these columns.
        let clean: Vec<f32> = (0..PIXELS).map(|at| if at % SIDE < 4 { 0.0 } else { 1.0 }).collect();
        let mut vectors = vec![0.125; PIXELS];
        for at in 0..PIXELS {
            vectors.push(if at % SIDE == 3 || at % SIDE == 4 { 0.25 } else { 0.0 });
        }
        let mut basis = Basis { values: vec![1.0, 1.0], vectors, asymmetry: 0.0, trace: 2.0 };
        assert!((basis.energy_on_contours(1, &clean) - 1.0).abs() < 1e-12);
        basis.vectors.drain(..PIXELS);
        assert!((basis.energy_on_contours(1, &clean) - 4.0).abs() < 1e-12);
    }
}
