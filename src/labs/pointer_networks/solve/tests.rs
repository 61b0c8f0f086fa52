//! The solvers against brute force and against what defines their answers.

use super::super::task::Point;
use super::{delaunay, hull, order, tour, turn};
use proptest::prelude::*;

/// Points in general position.
fn scattered(counts: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Point>> {
    let point = [0.0f32..1.0, 0.0f32..1.0];
    prop::collection::vec(point, counts).prop_filter("three on a line", |points| !hull::is_degenerate(points))
}

/// Points of a coarse grid: many in one place, many on one line.
fn crowded() -> impl Strategy<Value = Vec<Point>> {
    let on_grid = |at: u8| at as f32 / 4.0;
    let point = (0u8..5, 0u8..5).prop_map(move |(x, y)| [on_grid(x), on_grid(y)]);
    prop::collection::vec(point, 3..12)
}

/// Directed edges with all other points strictly to their left.
fn brute_hull(points: &[Point]) -> Vec<(usize, usize)> {
    let all = || 0..points.len();
    let edges = all().flat_map(|a| all().map(move |b| (a, b))).filter(|(a, b)| a != b);
    edges.filter(|&(a, b)| all().all(|c| c == a || c == b || turn(points[a], points[b], points[c]) > 0.0)).collect()
}

fn every_order(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![vec![]];
    }
    let insert = |rest: Vec<usize>| (0..count).map(move |at| [&rest[..at], &[count - 1], &rest[at..]].concat());
    every_order(count - 1).into_iter().flat_map(insert).collect()
}

proptest! {
    #[test]
    fn a_hull_is_what_brute_force_finds(points in scattered(3..12)) {
        let corners = hull::convex_hull(&points);
        let mut edges: Vec<(usize, usize)> = (0..corners.len()).map(|at| (corners[at], corners[(at + 1) % corners.len()])).collect();
        edges.sort_unstable();
        prop_assert_eq!(edges, brute_hull(&points));
        prop_assert!(corners.iter().all(|&corner| points[corners[0]] <= points[corner]), "it starts leftmost");
        prop_assert!(hull::is_simple(&points, &corners) && hull::area(&points, &corners) > 0.0);
        prop_assert_eq!(hull::covered(&points, &corners, &corners), 1.0);
        let turned = [&corners[1..], &corners[..1]].concat();
        prop_assert!(hull::same_cycle(&corners, &turned) && !hull::wrong_edges(&turned, &corners).contains(&true));
        let back: Vec<usize> = corners.iter().rev().copied().collect();
        prop_assert!(!hull::same_cycle(&corners, &back) && !hull::wrong_edges(&back, &corners).contains(&false));
    }

    #[test]
    fn crowded_points_have_a_hull_all_the_same(points in crowded()) {
        let corners = hull::convex_hull(&points);
        if corners.len() >= 3 {
            let edges = (0..corners.len()).map(|at| (corners[at], corners[(at + 1) % corners.len()]));
            for (a, b) in edges {
                prop_assert!(points.iter().all(|&c| turn(points[a], points[b], c) >= 0.0));
            }
            prop_assert!(hull::is_simple(&points, &corners));
        }
        // Nothing panics either.
        let triangles = delaunay::triangulate(&points);
        delaunay::by_incenter(&points, triangles);
        tour::Solver::default().shortest(&points);
        order::ascending(&points);
    }

    #[test]
    fn a_simple_polygon_is_one_whose_edges_keep_apart(points in scattered(3..8), swaps in prop::collection::vec((0usize..8, 0usize..8), 0..4)) {
        let mut polygon: Vec<usize> = (0..points.len()).collect();
        for (a, b) in swaps {
            polygon.swap(a % points.len(), b % points.len());
        }
        // In general position edges meet only by crossing: both ends of each lie on both sides of the other.
        let edge = |at: usize| (points[polygon[at]], points[polygon[(at + 1) % polygon.len()]]);
        let crosses = |(a, b): (Point, Point), (c, d): (Point, Point)| {
            turn(a, b, c) * turn(a, b, d) < 0.0 && turn(c, d, a) * turn(c, d, b) < 0.0
        };
        let pairs = (0..polygon.len()).flat_map(|i| (0..i).map(move |j| (i, j)));
        let crossed = pairs.clone().any(|(i, j)| crosses(edge(i), edge(j)));
        prop_assert_eq!(hull::is_simple(&points, &polygon), !crossed);
    }

    #[test]
    fn circumcircles_are_empty_and_triangles_tile_the_hull(points in scattered(3..20)) {
        let triangles = delaunay::triangulate(&points);
        let corners = hull::convex_hull(&points);
        prop_assert_eq!(triangles.len(), 2 * points.len() - 2 - corners.len());
        let area: f64 = triangles.iter().map(|triangle| hull::area(&points, triangle).abs()).sum();
        prop_assert!((area / hull::area(&points, &corners) - 1.0).abs() < 1e-9);
        for &[a, b, c] in &triangles {
            // Centre and radius by the perpendicular bisectors, independently of the determinant.
            let [ax, ay] = points[a].map(f64::from);
            let (bx, by) = (points[b][0] as f64 - ax, points[b][1] as f64 - ay);
            let (cx, cy) = (points[c][0] as f64 - ax, points[c][1] as f64 - ay);
            let twice = 2.0 * (bx * cy - by * cx);
            let (b2, c2) = (bx * bx + by * by, cx * cx + cy * cy);
            let (ux, uy) = ((cy * b2 - by * c2) / twice, (bx * c2 - cx * b2) / twice);
            let radius = ux.hypot(uy);
            for (d, point) in points.iter().enumerate().filter(|(d, _)| ![a, b, c].contains(d)) {
                let away = (point[0] as f64 - ax - ux).hypot(point[1] as f64 - ay - uy);
                prop_assert!(away > radius * (1.0 - 1e-6), "{d} lies in the circle of {a} {b} {c}");
            }
        }
        let ordered = delaunay::by_incenter(&points, triangles.clone());
        let centers: Vec<[f64; 2]> = ordered.iter().map(|&triangle| delaunay::incenter(&points, triangle)).collect();
        prop_assert!(centers.is_sorted() && ordered.len() == triangles.len());
    }

    #[test]
    fn short_tours_are_the_shortest_of_all(points in scattered(3..8)) {
        let tour = tour::Solver::default().shortest(&points);
        let best = every_order(points.len()).iter().map(|order| tour::length(&points, order)).fold(f64::INFINITY, f64::min);
        prop_assert!(tour::is_valid(&tour.order, points.len()) && tour.order[0] == 0);
        prop_assert!((tour.length - best).abs() < 1e-12 && tour.bound == tour.length);
        prop_assert!(hull::area(&points, &tour.order) > 0.0, "a shortest tour does not cross itself, so it has an area");
        prop_assert!(!tour::wrong_edges(&tour.order, &tour.order).contains(&true));
    }

    #[test]
    fn numbers_are_sorted_stably(numbers in prop::collection::vec(0u8..10, 0..20)) {
        let points: Vec<Point> = numbers.iter().map(|&x| [x as f32, 0.0]).collect();
        let mut want: Vec<usize> = (0..numbers.len()).collect();
        want.sort_by_key(|&at| numbers[at]);
        prop_assert_eq!(order::ascending(&points), want);
    }
}

#[test]
fn a_polygon_that_folds_back_or_touches_itself_is_not_simple() {
    let points = [[0.0, 0.0], [1.0, 0.0], [0.5, 0.0], [1.0, 1.0], [0.0, 1.0]];
    assert!(hull::is_simple(&points, &[0, 1, 3, 4]));
    assert!(hull::is_simple(&points, &[0, 2, 1, 3, 4]), "a corner on a straight line");
    assert!(!hull::is_simple(&points, &[0, 1, 2, 3]), "back along the same line");
    assert!(!hull::is_simple(&points, &[4, 2, 3, 1, 0]), "a corner that lies on another edge");
    assert!(!hull::is_simple(&points, &[0, 1, 0, 3]), "a corner twice");
    assert!(!hull::is_simple(&points, &[0, 1]), "two corners");
}

/// The gaps that the page states: improved tours against exact ones, bounds against tours.
#[test]
fn long_tours_are_near_the_shortest_and_say_how_near() {
    let mut rng = crate::rng::Rng::new(1, "tours");
    let mut draw = |count: usize| -> Vec<Point> { (0..count).map(|_| [rng.uniform(), rng.uniform()]).collect() };
    let mut solver = tour::Solver::default();
    let (mut above, mut below) = (0.0, 0.0);
    for _ in 0..50 {
        let points = draw(tour::EXACT);
        let exact = solver.shortest(&points).length;
        let (improved, bound) = solver.improved_with_bound(&points);
        assert!(improved.length > exact - 1e-9 && bound < exact + 1e-9);
        above += improved.length / exact - 1.0;
        below += 1.0 - bound / exact;
    }
    println!("12 points: improved tours {:.3} % too long, bounds {:.3} % too low", 2.0 * above, 2.0 * below);
    assert!(above / 50.0 < 0.001 && below / 50.0 < 0.01);
    let mut gap = 0.0;
    for _ in 0..10 {
        let tour = solver.shortest(&draw(50));
        assert!(tour::is_valid(&tour.order, 50) && tour.bound < tour.length);
        gap += tour.length / tour.bound - 1.0;
    }
    println!("50 points: tours at most {:.2} % above the shortest", 10.0 * gap);
    assert!(gap / 10.0 < 0.03);
}
