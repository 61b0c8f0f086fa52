//! The four tasks: what is drawn, what the exact answer is, and how an answer is judged.

use super::solve::{delaunay, hull, order, tour};
use crate::rng::Rng;
use std::sync::Arc;

/// A point; numbers to be sorted lie on the line y = 0.
pub(super) type Point = [f32; 2];

/// Width of the unit square as the network sees it. Sorting gains ten points of accuracy by it.
const STRETCH: f32 = 20.0;

/// Elements with the exact answer.
pub(super) type Set = (Vec<Point>, Vec<usize>);

/// The fixed test sets by length, in ascending order; drawn once for all runs that are judged by them.
pub(super) type Tests = Arc<[(usize, Vec<Set>)]>;

/// The inputs that a test set has for each length.
pub(super) const TESTS: usize = 300;
/// Seed of the test sets, whatever the seed of the run.
const TEST_SEED: u32 = 0x7E57;
/// Draws of an instance before a degenerate one is taken after all.
const MOST_DRAWS: usize = 100;

/// What is asked of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Task {
    /// Numbers in ascending order.
    Sort,
    /// The convex hull, counter-clockwise, its first corner again at the end.
    Hull,
    /// The Delaunay triangulation as triples of points.
    Delaunay,
    /// The shortest tour through all points.
    Tour,
}

/// The order in which the network is shown the points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InputOrder {
    /// As drawn.
    Random,
    /// From left to right.
    ByX,
}

/// A task with the conventions that pin its answers down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rules {
    /// The task.
    pub task: Task,
    /// How inputs are ordered.
    pub inputs: InputOrder,
    /// The hull starts at its point of lowest index, as in the paper, and not at the leftmost.
    pub lowest_first: bool,
    /// Triangles are ordered by incenter, as in the paper, and not by index.
    pub by_incenter: bool,
    /// Coordinates are centred and stretched to ± half of [`STRETCH`] before the network sees them, so that points which lie
    /// close together are told apart early. In the paper they are seen as they are.
    pub stretched: bool,
}

/// Memory of the exact solvers, kept between instances.
#[derive(Default)]
pub(super) struct Solver {
    tour: tour::Solver,
}

/// How good an answer is.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Grade {
    /// Whether it is exactly right.
    pub right: bool,
    /// Whether it is an answer at all: a simple polygon, a tour through all points, an order of all numbers, triples.
    pub valid: bool,
    /// How near it comes: covered share of the hull's area, share of right positions, share of the triangles found,
    /// length of the tour. 0 for what is not an answer.
    pub share: f64,
    /// Which of the things drawn are wrong: edges of the polygon or tour, positions, triangles.
    pub wrong: Vec<bool>,
}

impl Rules {
    /// Numbers per element.
    pub(super) fn features(&self) -> usize {
        if self.task == Task::Sort { 1 } else { 2 }
    }

    /// A coordinate as the network sees it.
    pub(super) fn seen(&self, coordinate: f32) -> f32 {
        if self.stretched { (coordinate - 0.5) * STRETCH } else { coordinate }
    }

    /// Most pointers of an exact answer for `n` elements, the stop included.
    pub(super) fn most_pointers(&self, n: usize) -> usize {
        match self.task {
            Task::Sort | Task::Tour => n + 1,
            Task::Hull => n + 2,
            Task::Delaunay => 3 * (2 * n - 5).max(1) + 1,
        }
    }

    /// Pointers after which an answer counts as one that does not stop.
    pub(super) fn limit(&self, n: usize) -> usize {
        self.most_pointers(n) + 3
    }

    /// Draws `n` elements uniformly; no three points of a hull or triangulation lie on a line.
    pub(super) fn draw(&self, n: usize, rng: &mut Rng, points: &mut Vec<Point>) {
        for _ in 0..MOST_DRAWS {
            points.clear();
            for _ in 0..n {
                let x = rng.uniform();
                points.push([x, if self.task == Task::Sort { 0.0 } else { rng.uniform() }]);
            }
            if !matches!(self.task, Task::Hull | Task::Delaunay) || !hull::is_degenerate(points) {
                break;
            }
        }
        if self.inputs != InputOrder::Random {
            let drawn: Vec<Point> = self.reading_order(points).iter().map(|&at| points[at]).collect();
            points.copy_from_slice(&drawn);
        }
    }

    /// The order in which the network is shown the points: positions in `points`.
    pub(super) fn reading_order(&self, points: &[Point]) -> Vec<usize> {
        match self.inputs {
            InputOrder::Random => (0..points.len()).collect(),
            InputOrder::ByX => by_x(points),
        }
    }

    /// The exact answer, without the stop.
    pub(super) fn answer(&self, points: &[Point], solver: &mut Solver) -> Vec<usize> {
        self.answer_with_bound(points, solver).0
    }

    /// The exact answer, without the stop; for a tour that may not be the shortest, what none is shorter than.
    pub(super) fn answer_with_bound(&self, points: &[Point], solver: &mut Solver) -> (Vec<usize>, Option<f64>) {
        let answer = match self.task {
            Task::Sort => by_x(points),
            Task::Hull => {
                let hull = hull::convex_hull(points);
                let mut corners = if self.lowest_first { hull::from_lowest_index(&hull) } else { hull };
                corners.extend(corners.first().copied());
                corners
            }
            Task::Delaunay => {
                let triangles = delaunay::triangulate(points);
                let triangles = if self.by_incenter { delaunay::by_incenter(points, &triangles) } else { triangles };
                triangles.as_flattened().to_vec()
            }
            Task::Tour => {
                let tour = solver.tour.shortest(points);
                return (tour.order, (tour.bound < tour.length).then_some(tour.bound));
            }
        };
        (answer, None)
    }

    /// Judges `tokens`, an answer without its stop, against the exact one. `stopped`: it ended with the stop.
    pub(super) fn grade(&self, points: &[Point], truth: &[usize], tokens: &[usize], stopped: bool) -> Grade {
        match self.task {
            Task::Sort => {
                let mut wrong = Vec::new();
                for (at, token) in tokens.iter().enumerate() {
                    wrong.push(truth.get(at) != Some(token));
                }
                Grade {
                    right: stopped && tokens == truth,
                    valid: stopped && tour::is_valid(tokens, points.len()),
                    share: order::right_positions(tokens, truth),
                    wrong,
                }
            }
            Task::Hull => {
                let (polygon, truth) = (hull::corners(tokens), hull::corners(truth));
                let covered = hull::covered(points, polygon, truth).filter(|_| stopped);
                let (valid, share) = (covered.is_some(), covered.unwrap_or(0.0));
                let right = valid && hull::same_cycle(polygon, truth);
                Grade { right, valid, share, wrong: hull::wrong_edges(polygon, truth) }
            }
            Task::Delaunay => {
                let (found, truth) = (triples(tokens), triples(truth));
                let valid = stopped && tokens.len().is_multiple_of(3) && !tokens.is_empty();
                let share = delaunay::coverage(&found, &truth);
                let right = valid && delaunay::is_right(&found, &truth);
                Grade { right, valid, share, wrong: delaunay::wrong_triangles(&found, &truth) }
            }
            Task::Tour => {
                let valid = stopped && tour::is_valid(tokens, points.len());
                let share = if valid { tour::length(points, tokens) } else { 0.0 };
                let best = tour::length(points, truth);
                let wrong = tour::wrong_edges(tokens, truth);
                Grade { right: valid && share <= best * (1.0 + 1e-6), valid, share, wrong }
            }
        }
    }

    /// The fixed test sets of some lengths.
    pub(super) fn tests(&self, lengths: &[usize]) -> Tests {
        let mut tests: Vec<(usize, Vec<Set>)> = Vec::new();
        for &n in lengths {
            let at = tests.partition_point(|(other, _)| *other < n);
            if tests.get(at).is_none_or(|(other, _)| *other != n) {
                tests.insert(at, (n, self.test_sets(n, TESTS)));
            }
        }
        tests.into()
    }

    /// Test sets of length `n`; the first are the same however many there are.
    pub(super) fn test_sets(&self, n: usize, count: usize) -> Vec<Set> {
        let mut rng = Rng::at_step(TEST_SEED, crate::rng::stream("pointer-networks/test"), n as u32);
        let mut solver = Solver::default();
        let mut sets = Vec::new();
        for _ in 0..count {
            let mut points = Vec::new();
            self.draw(n, &mut rng, &mut points);
            let truth = self.answer(&points, &mut solver);
            sets.push((points, truth));
        }
        sets
    }
}

/// Positions from left to right.
fn by_x(points: &[Point]) -> Vec<usize> {
    order::ascending(&points.iter().map(|point| point[0]).collect::<Vec<f32>>())
}

/// Complete triples.
pub(super) fn triples(tokens: &[usize]) -> Vec<[usize; 3]> {
    tokens.as_chunks::<3>().0.to_vec()
}
