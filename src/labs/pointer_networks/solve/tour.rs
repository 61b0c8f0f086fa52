//! Round trips: the shortest one, a short one with a bound where the shortest is out of reach, and marks.
//!
//! To 12 points the dynamic programme of Held and Karp is exact. Beyond, tours are improved until no exchange
//! helps, and their 1-trees (`bound.rs`) say how far from the shortest that tour can be at most.

use super::bound;
use super::hull::area;

/// The most points for which the tour is the shortest for certain.
pub const EXACT: usize = 12;

/// From how many points beyond that nearest-neighbour tours are started.
const STARTS: usize = 12;

/// A round trip, and what is known of it.
pub struct Tour {
    /// The points in the order of the trip: from point 0, counter-clockwise (positive signed area; if that is 0, the
    /// second index is below the last).
    pub order: Vec<usize>,
    /// Its length, with the way back.
    pub length: f64,
    /// No trip is shorter than this. Equal to the length if the tour is the shortest.
    pub bound: f64,
}

/// Finds tours; keeps its tables for the next set of points.
#[derive(Default)]
pub struct Solver {
    /// Distances, row by row.
    distances: Vec<f64>,
    /// For a set of points (bit j stands for point j + 1) and one of these: the shortest way from point 0 through the
    /// set to that one.
    shortest: Vec<f64>,
}

impl Solver {
    /// The shortest tour to [`EXACT`] points, a short one with a bound beyond. O(2ⁿ n²) and O(n³), about.
    ///
    /// Measured over 200 drawn sets: without the exact table the tours of 12 points would be less than 0.1 % too long on
    /// average; at 30 points the bound is 0.5 % below the tour.
    pub fn shortest(&mut self, points: &[[f32; 2]]) -> Tour {
        self.measure(points);
        let count = points.len();
        let mut order = match count {
            0..=3 => (0..count).collect(),
            4..=EXACT => self.dynamic(count),
            _ => self.improved(count),
        };
        orient(points, &mut order);
        let length = length(points, &order);
        let bound = if count <= EXACT { length } else { bound::one_trees(&self.distances, count, length) };
        Tour { order, length, bound }
    }

    fn measure(&mut self, points: &[[f32; 2]]) {
        self.distances.clear();
        for &from in points {
            for &to in points {
                self.distances.push(distance(from, to));
            }
        }
    }

    /// Held and Karp, "A dynamic programming approach to sequencing problems" (1962): the best way to j through a set
    /// comes over the best k of the rest.
    fn dynamic(&mut self, count: usize) -> Vec<usize> {
        let others = count - 1;
        let table = &mut self.shortest;
        let distances = &self.distances;
        table.clear();
        // Infinite for a point outside the set, so that the loop over the set needs no branch.
        table.resize(others << others, f64::INFINITY);
        // The best point before j, of a set without j, and the length of the way to j.
        let best = |table: &[f64], set: usize, j: usize| {
            let row = &distances[j * count..][1..count];
            let mut least = (f64::INFINITY, 0);
            for k in 0..others {
                let way = table[set * others + k] + row[k];
                if way < least.0 {
                    least = (way, k);
                }
            }
            least
        };
        for set in 1..1usize << others {
            for j in 0..others {
                if set >> j & 1 == 1 {
                    let rest = set & !(1 << j);
                    table[set * others + j] = if rest == 0 { distances[j + 1] } else { best(table, rest, j + 1).0 };
                }
            }
        }
        // Back from point 0, asking again which point was best.
        let mut order = vec![0; count];
        let (mut set, mut at) = ((1usize << others) - 1, 0);
        for place in (1..count).rev() {
            let (_, k) = best(table, set, at);
            set &= !(1 << k);
            at = k + 1;
            order[place] = at;
        }
        order
    }

    /// The best of several nearest-neighbour tours, each improved until no exchange shortens it.
    fn improved(&self, count: usize) -> Vec<usize> {
        let mut best = (f64::INFINITY, Vec::new());
        for start in 0..STARTS.min(count) {
            let mut order = nearest(&self.distances, count, start * count / STARTS.min(count));
            let mut fruitless = 0;
            while fruitless < count {
                order.rotate_left(1);
                fruitless = if self.exchange(&mut order) { 0 } else { fruitless + 1 };
            }
            let length: f64 = (0..count).map(|k| self.distances[order[k] * count + order[(k + 1) % count]]).sum();
            if length < best.0 {
                best = (length, order);
            }
        }
        best.1
    }

    /// Makes the exchange at the front of a tour that gains most, if one gains: 2-opt (Croes, 1958), which turns the
    /// part before an edge round, or or-opt (Or, 1976), which moves the first one to three points into an edge, either
    /// way round. The tour is a ring, so trying every front tries all exchanges.
    fn exchange(&self, order: &mut [usize]) -> bool {
        let count = order.len();
        let d = |from: usize, to: usize| self.distances[from * count + to];
        let (first, last) = (order[0], order[count - 1]);
        // Gains below this may be rounding, and go round in circles.
        let mut most = 1e-9;
        // How many points move (0: 2-opt), the place before the edge, whether they turn round.
        let mut choice = (0, 0, false);
        for place in 1..count - 2 {
            let (from, to) = (order[place], order[place + 1]);
            let gain = d(last, first) + d(from, to) - d(last, from) - d(first, to);
            if gain > most {
                (most, choice) = (gain, (0, place, true));
            }
        }
        for moved in 1..=3.min(count - 2) {
            let (end, next) = (order[moved - 1], order[moved]);
            let freed = d(last, first) + d(end, next) - d(last, next);
            for place in moved..count - 1 {
                let (from, to) = (order[place], order[place + 1]);
                let kept = freed + d(from, to) - d(from, first) - d(end, to);
                let turned = freed + d(from, to) - d(from, end) - d(first, to);
                if kept > most {
                    (most, choice) = (kept, (moved, place, false));
                }
                if turned > most {
                    (most, choice) = (turned, (moved, place, true));
                }
            }
        }
        let (moved, place, turned) = choice;
        if place == 0 {
            return false;
        }
        if moved == 0 {
            order[..=place].reverse();
        } else {
            if turned {
                order[..moved].reverse();
            }
            order[..=place].rotate_left(moved);
        }
        true
    }
}

fn distance(a: [f32; 2], b: [f32; 2]) -> f64 {
    let (x, y) = (a[0] as f64 - b[0] as f64, a[1] as f64 - b[1] as f64);
    (x * x + y * y).sqrt()
}

/// Turns a tour as [`Tour`] says.
fn orient(points: &[[f32; 2]], order: &mut [usize]) {
    let start = order.iter().position(|&at| at == 0).unwrap_or(0);
    order.rotate_left(start);
    let signed = area(points, order);
    if order.len() > 2 && (signed < 0.0 || (signed == 0.0 && order[1] > order[order.len() - 1])) {
        order[1..].reverse();
    }
}

/// The length of a trip with the way back. Every entry must be the index of a point. O(n).
pub fn length(points: &[[f32; 2]], order: &[usize]) -> f64 {
    (0..order.len()).map(|k| distance(points[order[k]], points[order[(k + 1) % order.len()]])).sum()
}

/// The tour from point 0 that always goes on to the nearest point left (the lowest index of several). O(n²).
pub fn nearest_neighbour(points: &[[f32; 2]]) -> Vec<usize> {
    let mut solver = Solver::default();
    solver.measure(points);
    nearest(&solver.distances, points.len(), 0)
}

fn nearest(distances: &[f64], count: usize, start: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    if count > 0 {
        order.swap(0, start);
    }
    for place in 1..count {
        let from = order[place - 1] * count;
        let mut next = place;
        for candidate in place + 1..count {
            let (far, near) = (distances[from + order[candidate]], distances[from + order[next]]);
            if far < near || (far == near && order[candidate] < order[next]) {
                next = candidate;
            }
        }
        order.swap(place, next);
    }
    order
}

/// For each edge of a trip, the last the way back, whether the true one lacks it (in either direction).
pub fn wrong_edges(order: &[usize], truth: &[usize]) -> Vec<bool> {
    let count = truth.len();
    let place = |point: usize| truth.iter().position(|&other| other == point);
    let adjacent = |a: usize, b: usize| match (place(a), place(b)) {
        (Some(a), Some(b)) => (a + 1) % count == b || (b + 1) % count == a,
        _ => false,
    };
    (0..order.len()).map(|k| !adjacent(order[k], order[(k + 1) % order.len()])).collect()
}

/// Whether a trip visits each of `count` points once. O(n).
pub fn is_valid(order: &[usize], count: usize) -> bool {
    let mut seen = vec![false; count];
    order.len() == count && order.iter().all(|&at| at < count && !std::mem::replace(&mut seen[at], true))
}

#[cfg(test)]
mod tests {
    use super::super::draw;
    use super::*;
    use crate::rng::Rng;
    use proptest::prelude::*;

    /// The shortest length over all permutations.
    fn by_permutation(points: &[[f32; 2]], order: &mut Vec<usize>) -> f64 {
        if order.len() == points.len() {
            return length(points, order);
        }
        let mut least = f64::INFINITY;
        for next in 0..points.len() {
            if !order.contains(&next) {
                order.push(next);
                least = least.min(by_permutation(points, order));
                order.pop();
            }
        }
        least
    }

    fn is_as_said(points: &[[f32; 2]], tour: &Tour) -> Result<(), TestCaseError> {
        let order = &tour.order;
        prop_assert!(is_valid(order, points.len()) && order.first().is_none_or(|&first| first == 0));
        let signed = area(points, order);
        prop_assert!(signed > 0.0 || (signed == 0.0 && (order.len() < 3 || order[1] < order[order.len() - 1])));
        prop_assert_eq!(tour.length, length(points, order));
        prop_assert!(tour.bound <= tour.length && tour.bound >= 0.0);
        Ok(())
    }

    proptest! {
        #[test]
        fn no_permutation_is_shorter(points in draw::points(0..=7)) {
            let tour = Solver::default().shortest(&points);
            is_as_said(&points, &tour)?;
            let least = if points.is_empty() { 0.0 } else { by_permutation(&points, &mut vec![0]) };
            prop_assert!((tour.length - least).abs() < 1e-12, "{} against {least}", tour.length);
            prop_assert_eq!(tour.bound, tour.length);
        }

        #[test]
        fn the_shortest_tour_lies_between_bound_and_exchanges(points in draw::points(4..=EXACT)) {
            let mut solver = Solver::default();
            let exact = solver.shortest(&points).length;
            let improved = length(&points, &solver.improved(points.len()));
            prop_assert!(improved > exact - 1e-12);
            // Told of a poor tour, so that its length cannot hide a bound that is too high.
            let bound = bound::one_trees(&solver.distances, points.len(), 1.5 * improved);
            prop_assert!(bound < exact + 1e-12, "{bound} > {exact}");
        }

        #[test]
        fn large_and_degenerate_sets_have_a_tour(points in draw::points(13..=50)) {
            let mut solver = Solver::default();
            let tour = solver.shortest(&points);
            is_as_said(&points, &tour)?;
            prop_assert!(tour.length <= length(&points, &nearest_neighbour(&points)) + 1e-9);
            prop_assert!(is_valid(&nearest_neighbour(&points), points.len()));
            // What the tables held before does not matter.
            prop_assert_eq!(&solver.shortest(&points).order, &tour.order);
        }
    }

    #[test]
    fn gaps_are_as_small_as_the_documentation_says() {
        let (mut rng, mut solver) = (Rng::new(11, "tour"), Solver::default());
        let mut gap = [0.0; 2];
        for _ in 0..200 {
            let points = draw::uniform(&mut rng, 12);
            let exact = solver.shortest(&points).length;
            gap[0] += (length(&points, &solver.improved(12)) / exact - 1.0) / 200.0;
            let tour = solver.shortest(&draw::uniform(&mut rng, 30));
            gap[1] += (1.0 - tour.bound / tour.length) / 200.0;
        }
        println!("exchanges at 12: {:.4} %, bound at 30: {:.4} %", gap[0] * 100.0, gap[1] * 100.0);
        assert!(gap[0] < 0.001 && (0.002..0.006).contains(&gap[1]), "{gap:?}");
    }

    #[test]
    fn trips_are_judged() {
        assert!(is_valid(&[2, 0, 1], 3) && is_valid(&[], 0));
        for order in [&[0, 1][..], &[0, 1, 1], &[0, 1, 3], &[0, 1, 2, 0]] {
            assert!(!is_valid(order, 3), "{order:?}");
        }
        let square = [[0.0, 0.0], [1.0, 1.0], [1.0, 0.0], [0.0, 1.0]];
        assert_eq!((length(&square, &[0, 2, 1, 3]), length(&square, &[0]), length(&square, &[])), (4.0, 0.0, 0.0));
        assert_eq!(Solver::default().shortest(&square).order, [0, 2, 1, 3]);
        assert_eq!(
            nearest_neighbour(&[[0.0, 0.0], [0.5, 0.0], [0.0, 0.25], [0.75, 0.0], [0.25, 0.0]]),
            [0, 2, 4, 1, 3]
        );
    }
}
