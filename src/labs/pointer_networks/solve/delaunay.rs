//! Delaunay triangulations: the true triangles by definition, and the marks of answered ones.
//!
//! A triangle belongs if no other point is inside its circumcircle. Testing all triples with early exits takes a
//! fraction of a millisecond at 50 points, so nothing cleverer is needed. What needs care is points on one circle:
//! there the tests are decided exactly and consistently, so that the triangles always tile the hull.

use super::order::lexicographic;
use super::{cross, grid};

/// The Delaunay triangles as index triples, increasing inside a triple and in lexicographic order. At most 2n − 5.
/// They tile the convex hull whatever the points: of coincident points the lowest index is taken, and more than
/// three points on a circle are triangulated in one of the possible ways. O(n⁴) at worst, O(n³) on average, since
/// few points are tested before one is found inside.
pub fn triangulate(points: &[[f32; 2]]) -> Vec<[usize; 3]> {
    let at = grid(points);
    let mut triangles = Vec::new();
    // A point inside one circle is likely to be inside the next: it is asked first.
    let mut intruder = 0;
    for i in 0..at.len() {
        for j in i + 1..at.len() {
            for k in j + 1..at.len() {
                let Some(circle) = Circle::new(&at, [i, j, k]) else { continue };
                if circle.contains(&at, intruder) {
                    continue;
                }
                match (0..at.len()).find(|&other| circle.contains(&at, other)) {
                    Some(other) => intruder = other,
                    None => triangles.push([i, j, k]),
                }
            }
        }
    }
    triangles
}

/// The circumcircle of three points, ready for many tests: the 3 × 3 incircle determinant of Guibas and Stolfi
/// (1985), expanded along the row of the point tested.
struct Circle {
    /// The corners counter-clockwise; the first is the origin.
    corners: [usize; 3],
    /// The other two, relative to the first.
    b: [f64; 2],
    c: [f64; 2],
    /// What x, y and x² + y² of a point relative to the origin are multiplied by.
    by: [f64; 3],
}

impl Circle {
    /// `None` if the three lie on a line.
    fn new(at: &[[f64; 2]], [i, j, k]: [usize; 3]) -> Option<Circle> {
        let turn = cross(at[i], at[j], at[k]);
        let corners = if turn < 0.0 { [i, k, j] } else { [i, j, k] };
        let (b, c) = (minus(at[corners[1]], at[i]), minus(at[corners[2]], at[i]));
        let (b2, c2) = (square(b), square(c));
        let by = [b[1] * c2 - b2 * c[1], b2 * c[0] - b[0] * c2, turn.abs()];
        (turn != 0.0).then_some(Circle { corners, b, c, by })
    }

    /// Whether a point is inside; the corners are not.
    fn contains(&self, at: &[[f64; 2]], other: usize) -> bool {
        // In the unit square the determinant below is off by less than 2⁻⁴⁷.
        const DOUBT: f64 = 1.0 / (1u64 << 46) as f64;
        let p = minus(at[other], at[self.corners[0]]);
        let determinant = p[0] * self.by[0] + p[1] * self.by[1] + square(p) * self.by[2];
        if determinant.abs() > DOUBT {
            return determinant < 0.0;
        }
        if self.corners.contains(&other) {
            return false;
        }
        match self.exact(p) {
            0 => self.tie(at, other),
            sign => sign < 0,
        }
    }

    /// The sign of the determinant in units of 2⁻⁹⁶, without rounding: on the grid all factors are integers.
    fn exact(&self, p: [f64; 2]) -> i128 {
        const UNIT: f64 = 16_777_216.0;
        let integers = |v: [f64; 2]| v.map(|value| (value * UNIT) as i128);
        let (b, c, p) = (integers(self.b), integers(self.c), integers(p));
        // Wrapping, since points far outside the unit square may be wrong but must not stop the page.
        let det = |u: [i128; 2], v: [i128; 2]| u[0].wrapping_mul(v[1]).wrapping_sub(u[1].wrapping_mul(v[0]));
        let lift = |u: [i128; 2]| u[0].wrapping_mul(u[0]).wrapping_add(u[1].wrapping_mul(u[1]));
        let (first, second) = (lift(b).wrapping_mul(det(c, p)), lift(c).wrapping_mul(det(b, p)));
        first.wrapping_sub(second).wrapping_add(lift(p).wrapping_mul(det(b, c))).signum()
    }

    /// Whether a point on the circle counts as inside. Simulation of simplicity (Edelsbrunner and Mücke, 1990): the
    /// square x² + y² of every point is thought to be larger by a trifle, each one's infinitely larger than those of
    /// all lower indices. The highest index whose trifle has any effect decides.
    fn tie(&self, at: &[[f64; 2]], other: usize) -> bool {
        let [a, b, c] = self.corners;
        let (pa, pb, pc, pd) = (at[a], at[b], at[c], at[other]);
        // By how much the determinant grows with each trifle.
        let grows = [(a, -cross(pb, pc, pd)), (b, cross(pa, pc, pd)), (c, -cross(pa, pb, pd)), (other, self.by[2])];
        let mut decisive = (0, 0.0);
        for (index, slope) in grows {
            if slope != 0.0 && index >= decisive.0 {
                decisive = (index, slope);
            }
        }
        decisive.1 < 0.0
    }
}

fn minus(a: [f64; 2], b: [f64; 2]) -> [f64; 2] {
    [a[0] - b[0], a[1] - b[1]]
}

fn square(a: [f64; 2]) -> f64 {
    a[0] * a[0] + a[1] * a[1]
}

/// The centre of a triangle's inscribed circle: the mean of its corners weighted by the lengths of the sides opposite.
/// Every index must be that of a point.
pub fn incenter(points: &[[f32; 2]], [i, j, k]: [usize; 3]) -> [f64; 2] {
    let at = |index: usize| points[index].map(|value| value as f64);
    let side = |from: usize, to: usize| square(minus(at(from), at(to))).sqrt();
    let (a, b, c) = (side(j, k), side(k, i), side(i, j));
    let around = a + b + c;
    if around == 0.0 {
        return at(i);
    }
    [0, 1].map(|axis| (a * at(i)[axis] + b * at(j)[axis] + c * at(k)[axis]) / around)
}

/// Triangles in the paper's order: by the x of their incenters, then by y. O(m log m).
pub fn by_incenter(points: &[[f32; 2]], triangles: &[[usize; 3]]) -> Vec<[usize; 3]> {
    let centres: Vec<[f64; 2]> = triangles.iter().map(|&triangle| incenter(points, triangle)).collect();
    lexicographic(&centres).iter().map(|&index| triangles[index]).collect()
}

/// The share of the true triangles that an answer has, each counted once, whatever the order of their corners; of no
/// triangles everything is found. O(m²).
pub fn coverage(answer: &[[usize; 3]], truth: &[[usize; 3]]) -> f64 {
    if truth.is_empty() {
        return 1.0;
    }
    let found = truth.iter().filter(|&&want| answer.iter().any(|&given| same_triangle(given, want))).count();
    found as f64 / truth.len() as f64
}

/// Whether an answer is the whole triangulation: all true triangles and no other, in any order. O(m²).
pub fn is_right(answer: &[[usize; 3]], truth: &[[usize; 3]]) -> bool {
    coverage(answer, truth) == 1.0 && wrong_triangles(answer, truth).iter().all(|wrong| !wrong)
}

/// For every answered triangle whether it is not among the true ones. O(m²).
pub fn wrong_triangles(answer: &[[usize; 3]], truth: &[[usize; 3]]) -> Vec<bool> {
    answer.iter().map(|&given| truth.iter().all(|&want| !same_triangle(given, want))).collect()
}

/// Whether a triple has the corners of a true triangle, whose corners differ.
fn same_triangle(given: [usize; 3], want: [usize; 3]) -> bool {
    want.iter().all(|corner| given.contains(corner))
}

#[cfg(test)]
mod tests {
    use super::super::{draw, hull};
    use super::*;
    use crate::rng::Rng;
    use proptest::prelude::*;

    /// Tiles the hull: areas add up, and the count is Euler's for distinct points and those on the hull's edges.
    fn tiles(points: &[[f32; 2]]) -> Result<(), TestCaseError> {
        let triangles = triangulate(points);
        let corners = hull::convex_hull(points);
        let whole = hull::area(points, &corners);
        let sum: f64 = triangles.iter().map(|triangle| hull::area(points, triangle).abs()).sum();
        prop_assert!((sum - whole).abs() < 1e-12, "{sum} of {whole}: {triangles:?}");
        if whole > 0.0 {
            let mut at = grid(points);
            at.sort_by(|a, b| a.partial_cmp(b).unwrap());
            at.dedup();
            let places = grid(points);
            let edge = |k: usize| (places[corners[k]], places[corners[(k + 1) % corners.len()]]);
            let on_edge = |p: &&[f64; 2]| (0..corners.len()).any(|k| cross(edge(k).0, edge(k).1, **p) == 0.0);
            prop_assert_eq!(triangles.len(), 2 * at.len() - 2 - at.iter().filter(on_edge).count());
        }
        Ok(())
    }

    /// Empty circles by another road: centre and radius.
    fn has_empty_circles(points: &[[f32; 2]]) -> Result<(), TestCaseError> {
        let at = grid(points);
        for [i, j, k] in triangulate(points) {
            let (b, c) = (minus(at[j], at[i]), minus(at[k], at[i]));
            let d = 2.0 * cross(at[i], at[j], at[k]);
            let centre = [(c[1] * square(b) - b[1] * square(c)) / d, (b[0] * square(c) - c[0] * square(b)) / d];
            let radius = square(centre).sqrt();
            for p in &at {
                let distance = square(minus(minus(*p, at[i]), centre)).sqrt();
                prop_assert!(distance > radius - 1e-9 * (1.0 + radius * radius / d.abs()), "{distance} < {radius}");
            }
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn triangles_tile_the_hull_with_empty_circles(points in draw::points(0..=16)) {
            tiles(&points)?;
            has_empty_circles(&points)?;
        }

        #[test]
        fn points_on_circles_and_lines_are_tiled_too(points in draw::lattice(4, 3..=30), scale in 0.01f32..1.0) {
            tiles(&points)?;
            // Nearly on circles and lines.
            tiles(&points.iter().map(|p| p.map(|v| v * scale)).collect::<Vec<_>>())?;
        }

        #[test]
        fn incenters_have_one_distance_from_all_sides(points in proptest::array::uniform3([0.0f32..1.0, 0.0f32..1.0])) {
            let turn = cross(grid(&points)[0], grid(&points)[1], grid(&points)[2]);
            prop_assume!(turn.abs() > 1e-3);
            let centre = incenter(&points, [0, 1, 2]);
            let at = points.map(|p| p.map(|v| v as f64));
            let distance = |k: usize| cross(at[k], at[(k + 1) % 3], centre) / square(minus(at[k], at[(k + 1) % 3])).sqrt();
            prop_assert!((distance(0) - distance(1)).abs() < 1e-9 && (distance(1) - distance(2)).abs() < 1e-9);
            prop_assert!(distance(0) * turn > 0.0);
        }
    }

    #[test]
    fn fifty_drawn_points_are_tiled() {
        let mut rng = Rng::new(5, "delaunay");
        for _ in 0..20 {
            let points = draw::uniform(&mut rng, 50);
            tiles(&points).unwrap();
            has_empty_circles(&points).unwrap();
        }
    }

    #[test]
    fn orders_and_marks_are_as_said() {
        let points = [[0.0, 0.0], [1.0, 0.0], [0.875, 1.0], [0.0, 0.5], [0.5, 0.375]];
        let triangles = triangulate(&points);
        assert_eq!(triangles, [[0, 1, 4], [0, 3, 4], [1, 2, 4], [2, 3, 4]]);
        let ordered = by_incenter(&points, &triangles);
        assert_eq!(ordered, [[0, 3, 4], [2, 3, 4], [0, 1, 4], [1, 2, 4]]);
        assert!(is_right(&ordered, &triangles) && !is_right(&ordered[1..], &triangles));
        let answer = [[4, 1, 0], [0, 1, 4], [0, 1, 2], [3, 3, 4]];
        assert_eq!(coverage(&answer, &triangles), 0.25);
        assert_eq!(wrong_triangles(&answer, &triangles), [false, false, true, true]);
        assert!(!is_right(&[&triangles[..], &[[0, 1, 2]]].concat(), &triangles));
    }

    #[test]
    fn no_triangle_has_no_area() {
        for points in [&[][..], &[[0.5, 0.5]; 5], &[[0.0, 0.0], [0.5, 0.5], [1.0, 1.0], [0.25, 0.25]]] {
            assert_eq!(triangulate(points), [[0; 3]; 0]);
        }
        assert_eq!((incenter(&[[0.5, 0.5]; 3], [0, 1, 2]), coverage(&[], &[])), ([0.5, 0.5], 1.0));
    }
}
