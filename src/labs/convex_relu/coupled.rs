//! The linear equations that each iteration of ADMM solves. Two weight vectors belong to every pattern, v and w, and they
//! meet only in the sums g_k = Σ_p d_pk (v_p − w_p) of every point. So the matrix is blockdiag(M) + BᵀQB with the same
//! small M for every pattern, B the sums, and a block L_k L_kᵀ of Q for every point: its inverse needs one Cholesky
//! factor of the size of the points, whatever the number of patterns (Woodbury).

use super::data::{Vector, add, dot};
use super::patterns::each_bit;
use crate::analysis::cholesky::Cholesky;
use crate::graph::Result;
use nalgebra::DMatrix;

/// The factored matrix.
pub(super) struct Coupled {
    masks: Vec<u64>,
    /// M⁻¹.
    inverse: [Vector; 3],
    /// M⁻¹ · L (I + Lᵀ B blockdiag(M)⁻¹ Bᵀ L)⁻¹ Lᵀ between points, 3 × 3 blocks, row-major [3 · points, 3 · points].
    weights: Vec<f64>,
}

/// What solving needs besides, kept so that no iteration allocates.
#[derive(Clone)]
pub(super) struct Scratch {
    sums: Vec<Vector>,
    pulls: Vec<Vector>,
}

impl Scratch {
    pub(super) fn new(points: usize) -> Scratch {
        Scratch { sums: vec![[0.0; 3]; points], pulls: vec![[0.0; 3]; points] }
    }
}

fn product(matrix: &[Vector; 3], vector: &Vector) -> Vector {
    [dot(&matrix[0], vector), dot(&matrix[1], vector), dot(&matrix[2], vector)]
}

/// The inverse of a symmetric matrix.
fn inverse_of(matrix: DMatrix<f64>) -> Result<Vec<f64>> {
    let size = matrix.nrows();
    Ok(Cholesky::factor(matrix)?.solve(&DMatrix::identity(size, size))?.as_slice().to_vec())
}

impl Coupled {
    /// `block` is M; `roots` has the columns of L_k for every point.
    pub(super) fn new(masks: Vec<u64>, block: [Vector; 3], roots: &[Vec<Vector>]) -> Result<Coupled> {
        let points = roots.len();
        let solved = inverse_of(DMatrix::from_row_slice(3, 3, block.as_flattened()))?;
        let inverse =
            [[solved[0], solved[1], solved[2]], [solved[3], solved[4], solved[5]], [solved[6], solved[7], solved[8]]];
        let mut columns = Vec::new();
        for (k, roots) in roots.iter().enumerate() {
            for root in roots {
                columns.push((k, root, product(&inverse, root)));
            }
        }
        let size = columns.len();
        let mut inner = DMatrix::identity(size, size);
        for (row, (k, root, _)) in columns.iter().enumerate() {
            for (column, (l, _, turned)) in columns.iter().enumerate() {
                let mut shared = 0.0;
                for mask in &masks {
                    shared += (mask >> k & mask >> l & 1) as f64;
                }
                // Twice, as every pattern has a v and a w.
                inner[(row, column)] += 2.0 * shared * dot(root, turned);
            }
        }
        let inner = inverse_of(inner)?;
        let mut weights = vec![0.0; 9 * points * points];
        for (row, (k, _, turned)) in columns.iter().enumerate() {
            for (column, (l, root, _)) in columns.iter().enumerate() {
                for i in 0..3 {
                    for j in 0..3 {
                        weights[(3 * k + i) * 3 * points + 3 * l + j] +=
                            turned[i] * inner[row * size + column] * root[j];
                    }
                }
            }
        }
        Ok(Coupled { masks, inverse, weights })
    }

    /// g_k = Σ_p d_pk (v_p − w_p) of every point; `blocks` has all v, then all w.
    pub(super) fn sums(&self, blocks: &[Vector], sums: &mut [Vector]) {
        let (v, w) = blocks.split_at(self.masks.len());
        sums.fill([0.0; 3]);
        for ((mask, v), w) in self.masks.iter().zip(v).zip(w) {
            let difference = [v[0] - w[0], v[1] - w[1], v[2] - w[2]];
            each_bit(*mask, |k| add(&mut sums[k], &difference, 1.0));
        }
    }

    /// Adds Bᵀ pulls: to each v the sum of the pulls of its points, and takes it from w.
    pub(super) fn spread(&self, pulls: &[Vector], blocks: &mut [Vector]) {
        let (v, w) = blocks.split_at_mut(self.masks.len());
        for ((mask, v), w) in self.masks.iter().zip(v).zip(w) {
            let mut sum = [0.0; 3];
            each_bit(*mask, |k| add(&mut sum, &pulls[k], 1.0));
            add(v, &sum, 1.0);
            add(w, &sum, -1.0);
        }
    }

    /// Turns the right-hand side into the solution.
    pub(super) fn solve(&self, blocks: &mut [Vector], scratch: &mut Scratch) {
        for block in blocks.iter_mut() {
            *block = product(&self.inverse, block);
        }
        let Scratch { sums, pulls } = scratch;
        self.sums(blocks, sums);
        let width = 3 * sums.len();
        for (pull, rows) in pulls.iter_mut().zip(self.weights.chunks_exact(3 * width)) {
            for (entry, row) in pull.iter_mut().zip(rows.chunks_exact(width)) {
                let mut total = 0.0;
                for (part, sum) in row.as_chunks::<3>().0.iter().zip(&*sums) {
                    total += dot(part, sum);
                }
                *entry = -total;
            }
        }
        self.spread(pulls, blocks);
    }
}
