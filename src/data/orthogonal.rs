//! Random matrices with orthonormal rows or columns, from the uniform (Haar) distribution: the Q of a normal matrix's
//! QR factors, with the signs that make R's diagonal positive (Mezzadri, "How to generate random matrices from the
//! classical compact groups", 2007).
//!
//! The factor is found by Gram and Schmidt's procedure in double precision, each vector freed from the earlier ones
//! twice, which is enough for orthogonality to rounding (Giraud, Langou and Rozložník, 2005). It uses only sums,
//! products and roots, so the bits are the same on every platform.

use crate::rng::Rng;

/// `[rows, columns]`, row-major: rows are orthonormal where there are no more rows than columns, else columns are.
pub fn orthonormal(rng: &mut Rng, rows: usize, columns: usize) -> Vec<f64> {
    let (count, length) = (rows.min(columns), rows.max(columns));
    let mut vectors = vec![0.0f64; count * length];
    for index in 0..count {
        let (earlier, rest) = vectors.split_at_mut(index * length);
        let vector = &mut rest[..length];
        loop {
            vector.iter_mut().for_each(|x| *x = rng.normal() as f64);
            let before = norm(vector);
            for _ in 0..2 {
                for other in earlier.chunks_exact(length) {
                    let share: f64 = vector.iter().zip(other).map(|(x, y)| x * y).sum();
                    vector.iter_mut().zip(other).for_each(|(x, y)| *x -= share * y);
                }
            }
            let after = norm(vector);
            // A draw that lies in the span of the earlier ones is drawn again; only tiny matrices ever meet one.
            if after > 1e-6 * before {
                vector.iter_mut().for_each(|x| *x /= after);
                break;
            }
        }
    }
    if rows <= columns {
        return vectors;
    }
    (0..rows * columns).map(|at| vectors[at % columns * length + at / columns]).collect()
}

fn norm(vector: &[f64]) -> f64 {
    vector.iter().map(|x| x * x).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shorter_side_is_orthonormal_to_rounding() {
        for (rows, columns) in [(1, 1), (1, 5), (5, 1), (3, 3), (7, 40), (40, 7), (60, 60), (0, 4)] {
            let matrix = orthonormal(&mut Rng::new(1, "orthogonal"), rows, columns);
            assert_eq!(matrix.len(), rows * columns);
            let at = |vector: usize, i: usize| {
                if rows <= columns { matrix[vector * columns + i] } else { matrix[i * columns + vector] }
            };
            let (count, length) = (rows.min(columns), rows.max(columns));
            for (a, b) in (0..count).flat_map(|a| (0..count).map(move |b| (a, b))) {
                let product: f64 = (0..length).map(|i| at(a, i) * at(b, i)).sum();
                let want = if a == b { 1.0 } else { 0.0 };
                assert!((product - want).abs() < 1e-14, "{rows}×{columns}: {product} instead of {want}");
            }
        }
    }

    #[test]
    fn rotations_are_as_frequent_as_reflections_and_the_trace_is_that_of_haar() {
        // Under the uniform distribution on O(2) the determinant is ±1 alike, and E tr Q = 0, E (tr Q)² = 1.
        let mut rng = Rng::new(4, "haar");
        let (mut positive, mut sum, mut squares) = (0, 0.0, 0.0);
        for _ in 0..4000 {
            let q = orthonormal(&mut rng, 2, 2);
            positive += usize::from(q[0] * q[3] - q[1] * q[2] > 0.0);
            let trace = q[0] + q[3];
            (sum, squares) = (sum + trace, squares + trace * trace);
        }
        assert!((1880..2120).contains(&positive), "{positive}");
        assert!((sum / 4000.0).abs() < 0.06 && (squares / 4000.0 - 1.0).abs() < 0.06, "{sum} {squares}");
    }
}
