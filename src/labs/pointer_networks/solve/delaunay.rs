//! Delaunay triangulations.

use super::super::task::Point;
use super::{distance, turn};

/// All triangles whose circumcircle holds no other point, indices ascending in each and among them. A set of more than three
/// points on one circle has more such triangles than a triangulation needs; none is then left out. O(n⁴) at worst, but most triples
/// meet a point inside early: the first to be asked are those that were inside before.
pub(in super::super) fn triangulate(points: &[Point]) -> Vec<[usize; 3]> {
    let count = points.len();
    let mut found = Vec::new();
    let mut last_inside = 0;
    for a in 0..count {
        for b in a + 1..count {
            for c in b + 1..count {
                let side = turn(points[a], points[b], points[c]);
                if side == 0.0 {
                    continue;
                }
                let inside = |d: usize| {
                    ![a, b, c].contains(&d)
                        && in_circle(points[a], points[b], points[c], points[d]) * side.signum() > 0.0
                };
                if last_inside < count && inside(last_inside) {
                    continue;
                }
                match (0..count).find(|&d| inside(d)) {
                    Some(d) => last_inside = d,
                    None => found.push([a, b, c]),
                }
            }
        }
    }
    found
}

/// Positive when `d` lies inside the circle through `a`, `b`, `c`, which turn left: the 3 × 3 determinant of the differences to `d`
/// and their squares.
pub(in super::super) fn in_circle(a: Point, b: Point, c: Point, d: Point) -> f64 {
    let row = |point: Point| {
        let (x, y) = (point[0] as f64 - d[0] as f64, point[1] as f64 - d[1] as f64);
        [x, y, x * x + y * y]
    };
    let ([ax, ay, az], [bx, by, bz], [cx, cy, cz]) = (row(a), row(b), row(c));
    ax * (by * cz - bz * cy) - ay * (bx * cz - bz * cx) + az * (bx * cy - by * cx)
}

/// The centre of the inscribed circle: corners weighted by the lengths of the opposite sides.
pub(in super::super) fn incenter(points: &[Point], triangle: [usize; 3]) -> [f64; 2] {
    let [a, b, c] = triangle.map(|corner| points[corner]);
    let weights = [distance(b, c), distance(c, a), distance(a, b)];
    let whole: f64 = weights.iter().sum();
    let mean = |axis: usize| {
        let sum: f64 = [a, b, c].iter().zip(weights).map(|(corner, weight)| weight * corner[axis] as f64).sum();
        if whole > 0.0 { sum / whole } else { a[axis] as f64 }
    };
    [mean(0), mean(1)]
}

/// In the paper's order: by the incenter's x, then y.
pub(in super::super) fn by_incenter(points: &[Point], triangles: Vec<[usize; 3]>) -> Vec<[usize; 3]> {
    let mut sorted: Vec<([f64; 2], [usize; 3])> = Vec::with_capacity(triangles.len());
    for triangle in triangles {
        let center = incenter(points, triangle);
        let at = sorted.partition_point(|(other, _)| *other <= center);
        sorted.insert(at, (center, triangle));
    }
    sorted.into_iter().map(|(_, triangle)| triangle).collect()
}

/// Share of the true triangles that are found.
pub(in super::super) fn coverage(found: &[[usize; 3]], truth: &[[usize; 3]]) -> f64 {
    let hits = truth.iter().filter(|triangle| found.contains(triangle)).count();
    hits as f64 / truth.len().max(1) as f64
}
