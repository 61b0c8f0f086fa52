//! Sorting.

use super::super::task::Point;

/// Positions of the numbers `x` in ascending order; equal ones keep their order. By insertion, as there are few.
pub(in super::super) fn ascending(points: &[Point]) -> Vec<usize> {
    let mut order: Vec<usize> = Vec::with_capacity(points.len());
    for (position, point) in points.iter().enumerate() {
        let at = order.partition_point(|&other| points[other][0] <= point[0]);
        order.insert(at, position);
    }
    order
}
