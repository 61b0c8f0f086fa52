//! Convex hulls: the true polygon, and the marks of an answered one.
//!
//! A polygon is its corners, the first not repeated at the end; [`corners`] removes the repetition that the
//! network is taught to make. Turns are exact for points in the unit square (see `grid` in `mod.rs`).

use super::order::lexicographic;
use super::{cross, grid};

/// The corners of the convex hull, counter-clockwise from the leftmost point (the lowest of these), without points
/// on its edges. Of coincident points the lowest index is taken; points on a line give its two ends, a single
/// place gives one point. O(n log n): the monotone chain of Andrew (1979).
pub fn convex_hull(points: &[[f32; 2]]) -> Vec<usize> {
    let at = grid(points);
    let mut sorted: Vec<usize> = Vec::new();
    for next in lexicographic(&at) {
        if sorted.last().is_none_or(|&last| at[last] != at[next]) {
            sorted.push(next);
        }
    }
    if sorted.len() < 2 {
        return sorted;
    }
    let mut hull: Vec<usize> = Vec::with_capacity(sorted.len() + 1);
    // The lower side from left to right, then the upper one back.
    for _ in 0..2 {
        let first = hull.len();
        for &next in &sorted {
            while hull.len() > first + 1 && cross(at[hull[hull.len() - 2]], at[hull[hull.len() - 1]], at[next]) <= 0.0 {
                hull.pop();
            }
            hull.push(next);
        }
        // The end of one side begins the other.
        hull.pop();
        sorted.reverse();
    }
    hull
}

/// The same polygon from its corner of lowest index, the paper's convention.
pub fn from_lowest_index(polygon: &[usize]) -> Vec<usize> {
    let mut turned = polygon.to_vec();
    let mut lowest = 0;
    for place in 1..turned.len() {
        if turned[place] < turned[lowest] {
            lowest = place;
        }
    }
    turned.rotate_left(lowest);
    turned
}

/// The corners of an answer, without the first one's repetition at the end.
pub fn corners(answer: &[usize]) -> &[usize] {
    match answer {
        [first, .., last] if first == last => &answer[..answer.len() - 1],
        _ => answer,
    }
}

/// Whether three of the points lie so nearly on a line (|cross| < 10⁻⁹) that single precision may see another hull:
/// such sets are not trained on. O(n³).
pub fn is_degenerate(points: &[[f32; 2]]) -> bool {
    let at = grid(points);
    for i in 0..at.len() {
        for j in 0..i {
            for k in 0..j {
                if cross(at[i], at[j], at[k]).abs() < 1e-9 {
                    return true;
                }
            }
        }
    }
    false
}

/// The area inside a polygon, negative if it runs clockwise (the shoelace formula). Every corner must be the index
/// of a point. O(n).
pub fn area(points: &[[f32; 2]], polygon: &[usize]) -> f64 {
    let at = grid(points);
    let mut twice = 0.0;
    for place in 2..polygon.len() {
        twice += cross(at[polygon[0]], at[polygon[place - 1]], at[polygon[place]]);
    }
    twice / 2.0
}

/// Whether a polygon is simple: at least three corners, all of them points, none twice, and edges that touch at the
/// corners they share and nowhere else. O(n²).
pub fn is_simple(points: &[[f32; 2]], polygon: &[usize]) -> bool {
    let count = polygon.len();
    if count < 3 || polygon.iter().any(|&corner| corner >= points.len()) {
        return false;
    }
    let points = grid(points);
    let at = |place: usize| points[polygon[place % count]];
    for i in 0..count {
        // Neighbours fold back if the next corner lies on the ray to the one before; so do coincident corners.
        let (before, here, after) = (at(i), at(i + 1), at(i + 2));
        let ahead = (before[0] - here[0]) * (after[0] - here[0]) + (before[1] - here[1]) * (after[1] - here[1]);
        if cross(before, here, after) == 0.0 && ahead >= 0.0 {
            return false;
        }
        // All later edges but the two neighbours.
        for j in i + 2..count {
            if (j + 1) % count != i && touch(at(i), at(i + 1), at(j), at(j + 1)) {
                return false;
            }
        }
    }
    true
}

/// Whether the closed segments a b and c d have a point in common: their boxes overlap, and neither lies on one side
/// of the other.
fn touch(a: [f64; 2], b: [f64; 2], c: [f64; 2], d: [f64; 2]) -> bool {
    for axis in 0..2 {
        if a[axis].max(b[axis]) < c[axis].min(d[axis]) || c[axis].max(d[axis]) < a[axis].min(b[axis]) {
            return false;
        }
    }
    cross(a, b, c) * cross(a, b, d) <= 0.0 && cross(c, d, a) * cross(c, d, b) <= 0.0
}

/// The share of the true hull's area that an answered polygon covers, in either direction; `None` if the polygon is
/// not simple. Corners are points, so the polygon lies inside the hull and its area says it all. O(n²).
pub fn covered(points: &[[f32; 2]], answer: &[usize], truth: &[usize]) -> Option<f64> {
    is_simple(points, answer).then(|| area(points, answer).abs() / area(points, truth))
}

/// For every edge of an answered polygon, from corner k to the next and from the last to the first: whether it is
/// wrong, that is no edge of the true hull in the same direction. O(n²).
pub fn wrong_edges(answer: &[usize], truth: &[usize]) -> Vec<bool> {
    let mut wrong = vec![true; answer.len()];
    for k in 0..answer.len() {
        let (from, to) = (answer[k], answer[(k + 1) % answer.len()]);
        for place in 0..truth.len() {
            if truth[place] == from && truth[(place + 1) % truth.len()] == to && from != to {
                wrong[k] = false;
            }
        }
    }
    wrong
}

/// Whether two polygons are the same up to the corner they start at. O(n²).
pub fn same_cycle(a: &[usize], b: &[usize]) -> bool {
    let count = a.len();
    count == b.len()
        && (count == 0 || (0..count).any(|turn| (0..count).all(|place| a[place] == b[(place + turn) % count])))
}

#[cfg(test)]
mod tests {
    use super::super::draw;
    use super::*;
    use proptest::prelude::*;

    /// The hull by definition: an edge leads from a to b if all other places lie strictly left of it or between.
    fn by_definition(points: &[[f32; 2]]) -> Vec<(usize, usize)> {
        let at = grid(points);
        let first = |i: usize| (0..i).all(|j| at[j] != at[i]);
        let between =
            |a: [f64; 2], b: [f64; 2], p: [f64; 2]| (0..2).all(|k| a[k].min(b[k]) <= p[k] && p[k] <= a[k].max(b[k]));
        let mut edges = Vec::new();
        for i in (0..at.len()).filter(|&i| first(i)) {
            for j in (0..at.len()).filter(|&j| first(j) && at[i] != at[j]) {
                let fits = |p: &[f64; 2]| {
                    let turn = cross(at[i], at[j], *p);
                    turn > 0.0 || (turn == 0.0 && between(at[i], at[j], *p))
                };
                if at.iter().all(fits) {
                    edges.push((i, j));
                }
            }
        }
        edges
    }

    /// Whether two edges of a lattice polygon meet elsewhere than at a shared corner: Cramer's rule in integers.
    fn meet(polygon: &[[i64; 2]], i: usize, j: usize) -> bool {
        let count = polygon.len();
        let minus = |a: [i64; 2], b: [i64; 2]| [a[0] - b[0], a[1] - b[1]];
        let det = |a: [i64; 2], b: [i64; 2]| a[0] * b[1] - a[1] * b[0];
        let dot = |a: [i64; 2], b: [i64; 2]| a[0] * b[0] + a[1] * b[1];
        let (p, q) = (polygon[i], polygon[j]);
        let (r, s) = (minus(polygon[(i + 1) % count], p), minus(polygon[(j + 1) % count], q));
        let d = det(r, s);
        if d != 0 {
            // p + t r = q + u s with t = t / d and u = u / d.
            let (t, u) = (det(minus(q, p), s) * d.signum(), det(minus(q, p), r) * d.signum());
            let d = d.abs();
            let shared = ((i + 1) % count == j && t == d && u == 0) || ((j + 1) % count == i && t == 0 && u == d);
            return (0..=d).contains(&t) && (0..=d).contains(&u) && !shared;
        }
        if r == [0, 0] || s == [0, 0] {
            return true;
        }
        if det(minus(q, p), r) != 0 {
            return false;
        }
        // On one line: the places of the second edge's ends along the first, which reaches from 0 to r·r.
        let (from, to) = (dot(minus(q, p), r), dot(minus(q, p), r) + dot(s, r));
        let (low, high) = (from.min(to).max(0), from.max(to).min(dot(r, r)));
        let shared = (i + 1) % count == j && low == dot(r, r) || (j + 1) % count == i && high == 0;
        low < high || (low == high && !shared)
    }

    proptest! {
        #[test]
        fn the_hull_is_the_one_by_definition(points in draw::points(0..=14)) {
            let hull = convex_hull(&points);
            let edges: Vec<_> = (0..hull.len()).map(|k| (hull[k], hull[(k + 1) % hull.len()])).filter(|(a, b)| a != b).collect();
            let mut sorted = edges.clone();
            sorted.sort();
            prop_assert_eq!(sorted, by_definition(&points));
            let place = |i: usize| (grid(&points)[i][0], grid(&points)[i][1]);
            prop_assert!(hull.iter().all(|&i| place(hull[0]) <= place(i)));
            prop_assert_eq!(hull.is_empty(), points.is_empty());
            prop_assert!(!wrong_edges(&hull, &hull).contains(&true) || hull.len() < 2);
            if hull.len() > 2 {
                prop_assert!(is_simple(&points, &hull) && area(&points, &hull) > 0.0);
                prop_assert_eq!(covered(&points, &hull, &hull), Some(1.0));
                prop_assert!(same_cycle(&from_lowest_index(&hull), &hull));
                prop_assert_eq!(hull.iter().min().copied(), from_lowest_index(&hull).first().copied());
            }
        }

        #[test]
        fn neither_the_order_of_points_nor_their_place_matters(
            (points, order) in draw::points(1..=50).prop_flat_map(|points| {
                let order: Vec<usize> = (0..points.len()).collect();
                (Just(points), Just(order).prop_shuffle())
            }),
            shift in (0u32..=2, 0u32..=2),
        ) {
            // On a grid of 2⁻²², half the size: a shift by quarters is exact.
            let points: Vec<[f32; 2]> = points.iter().map(|p| p.map(|v| (v * 2097152.0).round() / 4194304.0)).collect();
            let hull = convex_hull(&points);
            let shuffled: Vec<[f32; 2]> = order.iter().map(|&i| points[i]).collect();
            let places = |points: &[[f32; 2]], hull: &[usize]| hull.iter().map(|&i| points[i]).collect::<Vec<_>>();
            prop_assert_eq!(places(&points, &hull), places(&shuffled, &convex_hull(&shuffled)));
            let by = [shift.0 as f32 / 4.0, shift.1 as f32 / 4.0];
            let moved: Vec<[f32; 2]> = points.iter().map(|p| [p[0] + by[0], p[1] + by[1]]).collect();
            prop_assert_eq!(&convex_hull(&moved), &hull);
            prop_assert_eq!(area(&moved, &hull), area(&points, &hull));
        }

        #[test]
        fn simple_polygons_are_those_whose_edges_meet_at_corners_only(
            polygon in prop_oneof![
                proptest::collection::vec([0i64..4, 0i64..4], 3..=5),
                proptest::collection::vec([0i64..64, 0i64..64], 3..=7),
            ]
        ) {
            let points: Vec<[f32; 2]> = polygon.iter().map(|p| p.map(|v| v as f32 / 64.0)).collect();
            let cycle: Vec<usize> = (0..points.len()).collect();
            let want = cycle.iter().all(|&i| cycle[..i].iter().all(|&j| !meet(&polygon, j, i)));
            prop_assert_eq!(is_simple(&points, &cycle), want);
        }

        #[test]
        fn a_simple_polygon_covers_a_share_of_the_hull(points in draw::points(3..=7)) {
            let cycle: Vec<usize> = (0..points.len()).collect();
            if let Some(share) = covered(&points, &cycle, &convex_hull(&points)) {
                prop_assert!(share > 0.0 && share <= 1.0, "{share}");
            }
        }
    }

    const SQUARE: [[f32; 2]; 5] = [[1.0, 1.0], [0.0, 0.0], [0.5, 0.25], [0.0, 1.0], [1.0, 0.0]];

    #[test]
    fn a_square_is_marked_as_expected() {
        let hull = convex_hull(&SQUARE);
        assert_eq!(hull, [1, 4, 0, 3]);
        assert_eq!(from_lowest_index(&hull), [0, 3, 1, 4]);
        assert_eq!((area(&SQUARE, &hull), area(&SQUARE, &[3, 0, 4, 1])), (1.0, -1.0));
        assert_eq!(covered(&SQUARE, &[1, 2, 4, 0, 3], &hull), Some(0.875));
        assert_eq!(covered(&SQUARE, &[1, 3, 4, 0], &hull), None);
        assert_eq!(wrong_edges(&[0, 3, 1, 2, 4], &hull), [false, false, true, true, false]);
        assert_eq!(wrong_edges(&[3, 0, 4, 1], &hull), [true; 4]);
        assert!(
            same_cycle(&[0, 3, 1, 4], &hull) && !same_cycle(&[4, 1, 3, 0], &hull) && !same_cycle(&[1, 4, 0], &hull)
        );
    }

    #[test]
    fn answers_that_are_no_polygon_are_refused() {
        for cycle in [&[][..], &[0], &[0, 1], &[0, 1, 0], &[0, 1, 4, 1], &[0, 1, 9], &[0, 1, 4, 0]] {
            assert!(!is_simple(&SQUARE, cycle), "{cycle:?}");
        }
        assert_eq!(corners(&[0, 1, 4, 0]), [0, 1, 4]);
        assert_eq!((corners(&[2]), corners(&[])), (&[2][..], &[][..]));
    }

    #[test]
    fn three_points_on_a_line_are_degenerate() {
        assert!(is_degenerate(&[[0.1, 0.1], [0.9, 0.2], [0.5, 0.5], [0.7, 0.7]]));
        assert!(!is_degenerate(&[[0.1, 0.1], [0.9, 0.2], [0.5, 0.5], [0.7, 0.75]]));
        assert!(!is_degenerate(&[[0.1, 0.1], [0.1, 0.1]]));
    }
}
