//! Convex hulls and polygons.

use super::super::task::Point;
use super::turn;

/// Three points nearer to one line than this (twice their triangle's area) count as lying on it.
const DEGENERATE: f64 = 1e-9;

/// Corners of the convex hull, counter-clockwise, from the leftmost on (of several, the lowest). Points on an edge are no
/// corners, and of points in one place the first stands for all. O(n log n) (Andrew, "Another efficient algorithm for convex hulls in two
/// dimensions", 1979).
pub(in super::super) fn convex_hull(points: &[Point]) -> Vec<usize> {
    let before = |a: usize, b: usize| points[a] <= points[b];
    let mut order: Vec<usize> = Vec::with_capacity(points.len());
    for position in 0..points.len() {
        let at = order.partition_point(|&other| before(other, position));
        if at.checked_sub(1).is_none_or(|last| points[order[last]] != points[position]) {
            order.insert(at, position);
        }
    }
    if order.len() < 3 {
        return order;
    }
    let mut corners: Vec<usize> = Vec::new();
    let chain = |corners: &mut Vec<usize>, order: &mut dyn Iterator<Item = usize>| {
        let base = corners.len();
        for point in order {
            while let [.., a, b] = corners[base.min(corners.len())..]
                && turn(points[a], points[b], points[point]) <= 0.0
            {
                corners.pop();
            }
            corners.push(point);
        }
        // The last point begins the other chain.
        corners.pop();
    };
    chain(&mut corners, &mut order.iter().copied());
    chain(&mut corners, &mut order.iter().rev().copied());
    corners
}

/// Whether some three points lie on a line, as near as matters: then the exact answer is a matter of convention.
pub(in super::super) fn is_degenerate(points: &[Point]) -> bool {
    for c in 0..points.len() {
        for b in 0..c {
            for a in 0..b {
                if turn(points[a], points[b], points[c]).abs() < DEGENERATE {
                    return true;
                }
            }
        }
    }
    false
}

/// Signed area of a polygon, positive counter-clockwise.
pub(in super::super) fn area(points: &[Point], polygon: &[usize]) -> f64 {
    let Some(&first) = polygon.first() else { return 0.0 };
    let fans = polygon.windows(2).map(|edge| turn(points[first], points[edge[0]], points[edge[1]]));
    fans.sum::<f64>() / 2.0
}

/// Whether the polygon has at least three corners, none twice, and no two edges that meet except at their common corner.
pub(in super::super) fn is_simple(points: &[Point], polygon: &[usize]) -> bool {
    let count = polygon.len();
    if count < 3 || (1..count).any(|at| polygon[..at].contains(&polygon[at])) {
        return false;
    }
    let edge = |at: usize| (points[polygon[at]], points[polygon[(at + 1) % count]]);
    for second in 0..count {
        for first in 0..second {
            let ((a, b), (c, d)) = (edge(first), edge(second));
            let folds = |tip: Point, shared: Point, other: Point| {
                // Two edges at one corner meet elsewhere only if one lies on the other.
                turn(tip, shared, other) == 0.0 && along(shared, tip, other) > 0.0
            };
            let meets = if first + 1 == second {
                folds(a, b, d)
            } else if (second + 1) % count == first {
                folds(c, d, b)
            } else {
                touch(a, b, c, d)
            };
            if meets {
                return false;
            }
        }
    }
    true
}

/// Inner product of the ways from `from` to `a` and to `b`.
fn along(from: Point, a: Point, b: Point) -> f64 {
    let way = |to: Point| [to[0] as f64 - from[0] as f64, to[1] as f64 - from[1] as f64];
    let (a, b) = (way(a), way(b));
    a[0] * b[0] + a[1] * b[1]
}

/// Whether the segments `a b` and `c d` have a point in common.
fn touch(a: Point, b: Point, c: Point, d: Point) -> bool {
    let sides = [turn(c, d, a), turn(c, d, b), turn(a, b, c), turn(a, b, d)];
    let apart = |x: f64, y: f64| x * y < 0.0;
    if apart(sides[0], sides[1]) && apart(sides[2], sides[3]) {
        return true;
    }
    // An end that lies on the other segment's line lies on the segment if its ends are on both sides.
    let on = |side: f64, end: Point, from: Point, to: Point| side == 0.0 && along(end, from, to) <= 0.0;
    on(sides[0], a, c, d) || on(sides[1], b, c, d) || on(sides[2], c, a, b) || on(sides[3], d, a, b)
}

/// Share of the true hull that a simple polygon of the same points covers; it cannot reach beyond.
pub(in super::super) fn covered(points: &[Point], polygon: &[usize], truth: &[usize]) -> f64 {
    let whole = area(points, truth);
    if whole > 0.0 { area(points, polygon).abs() / whole } else { 0.0 }
}

/// Whether two polygons have the same corners in the same cyclic order.
pub(in super::super) fn same_cycle(a: &[usize], b: &[usize]) -> bool {
    let count = a.len();
    let Some(shift) = b.iter().position(|corner| a.first() == Some(corner)) else { return count == 0 && b.is_empty() };
    count == b.len() && (0..count).all(|at| a[at] == b[(at + shift) % count])
}

/// For each edge of a polygon, the last closing it, whether the true hull lacks it.
pub(in super::super) fn wrong_edges(polygon: &[usize], truth: &[usize]) -> Vec<bool> {
    let has = |from: usize, to: usize| {
        let at = truth.iter().position(|&corner| corner == from);
        at.is_some_and(|at| truth[(at + 1) % truth.len()] == to)
    };
    (0..polygon.len()).map(|at| !has(polygon[at], polygon[(at + 1) % polygon.len()])).collect()
}
