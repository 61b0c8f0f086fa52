//! Exact answers, and what is needed to judge others. Coordinates are single precision, all decisions are made in double.

pub(super) mod delaunay;
pub(super) mod hull;
pub(super) mod order;
pub(super) mod tour;

#[cfg(test)]
mod tests;

use super::task::Point;

/// Twice the signed area of the triangle `a b c`: positive when it turns left. Products of single-precision differences are
/// exact in double precision, so the sign is wrong only where the two products agree to fifteen digits.
pub(super) fn turn(a: Point, b: Point, c: Point) -> f64 {
    let [ax, ay] = a.map(f64::from);
    let [bx, by] = b.map(f64::from);
    let [cx, cy] = c.map(f64::from);
    (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
}

/// Distance of two points.
pub(super) fn distance(a: Point, b: Point) -> f64 {
    let (x, y) = (a[0] as f64 - b[0] as f64, a[1] as f64 - b[1] as f64);
    (x * x + y * y).sqrt()
}
