//! Sorting: the true order of numbers, and how much of an answer agrees with it.
//!
//! All sorting of this folder goes through the one sort that the analyses have.

use crate::analysis;

/// Indices in ascending order of the values; equal values stay in their order. O(n log n).
pub fn ascending(values: &[f32]) -> Vec<usize> {
    analysis::order::ascending(&values.iter().map(|&value| value as f64).collect::<Vec<f64>>())
}

/// The share of the places of the truth at which the answer has the right index. Places that the answer lacks are
/// wrong, places beyond the truth do not count; of an empty truth everything is right.
pub fn right_positions(answer: &[usize], truth: &[usize]) -> f64 {
    if truth.is_empty() {
        return 1.0;
    }
    let right = answer.iter().zip(truth).filter(|(given, want)| given == want).count();
    right as f64 / truth.len() as f64
}

/// Indices in ascending order of x, then of y; equal points stay in their order. O(n log n).
pub fn lexicographic(points: &[[f64; 2]]) -> Vec<usize> {
    // The sort is stable: the order by y survives among equal x.
    let by_y = analysis::order::ascending(&points.iter().map(|point| point[1]).collect::<Vec<f64>>());
    let by_x = analysis::order::ascending(&by_y.iter().map(|&at| points[at][0]).collect::<Vec<f64>>());
    by_x.iter().map(|&at| by_y[at]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_stay_in_their_order() {
        assert_eq!(ascending(&[0.5, 0.25, 0.5, 0.0]), [3, 1, 0, 2]);
        assert_eq!(ascending(&[]), [0; 0]);
        let points = [[1.0, 0.0], [0.0, 1.0], [1.0, -1.0], [0.0, 0.5], [0.0, 1.0]];
        assert_eq!(lexicographic(&points), [3, 1, 4, 2, 0]);
    }

    #[test]
    fn positions_are_counted_against_the_truth() {
        assert_eq!(right_positions(&[2, 0, 1], &[2, 0, 1]), 1.0);
        assert_eq!(right_positions(&[2, 1, 0, 3], &[2, 0, 1, 3]), 0.5);
        assert_eq!(right_positions(&[2], &[2, 0, 1, 3]), 0.25);
        assert_eq!(right_positions(&[0, 1, 5], &[0, 1]), 1.0);
        assert_eq!((right_positions(&[], &[0]), right_positions(&[], &[])), (0.0, 1.0));
    }
}
