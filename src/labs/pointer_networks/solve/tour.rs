//! Shortest tours: exact for up to twelve points, good ones with a bound of what they miss beyond.

use super::super::task::Point;
use super::distance;
use super::hull::area;

/// Most points of an exact tour.
pub(in super::super) const EXACT: usize = 12;
/// Rounds of the ascent to the lower bound.
const ASCENT: usize = 200;

/// A tour, closed without saying so.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) struct Tour {
    /// All points, from point 0 on, counter-clockwise.
    pub order: Vec<usize>,
    /// Its length.
    pub length: f64,
    /// No tour is shorter than this; its length, if it is exact.
    pub bound: f64,
}

/// The solver's tables, kept between instances.
#[derive(Default)]
pub(in super::super) struct Solver {
    distances: Vec<f64>,
    /// Shortest way from point 0 through a set of others (a bit each) to one of them: `[set, last]`.
    ways: Vec<f64>,
}

impl Solver {
    /// The shortest tour by dynamic programming over sets of points (Held and Karp, "A dynamic programming approach to
    /// sequencing problems", 1962; O(2ⁿ n²)) for up to [`EXACT`] points. Beyond, the best of nearest-neighbour tours from every point, improved by
    /// reversing and moving pieces, with the lower bound of [`Solver::bound`].
    pub(in super::super) fn shortest(&mut self, points: &[Point]) -> Tour {
        let count = points.len();
        self.measure(points);
        let (order, exact) = match count {
            0..=3 => ((0..count).collect(), true),
            4..=EXACT => (self.exact(count), true),
            _ => (self.improved(count), false),
        };
        let order = directed(points, order);
        let length = length(points, &order);
        let bound = if exact { length } else { self.bound(count).min(length) };
        Tour { order, length, bound }
    }

    fn measure(&mut self, points: &[Point]) {
        let count = points.len();
        self.distances.clear();
        self.distances.extend((0..count * count).map(|at| distance(points[at / count], points[at % count])));
    }

    /// What is done beyond [`EXACT`] points, for any number of them.
    #[cfg(test)]
    pub(super) fn improved_with_bound(&mut self, points: &[Point]) -> (Tour, f64) {
        self.measure(points);
        let order = self.improved(points.len());
        let (length, bound) = (length(points, &order), self.bound(points.len()));
        (Tour { order, length, bound }, bound)
    }

    fn exact(&mut self, count: usize) -> Vec<usize> {
        let others = count - 1;
        let sets = 1usize << others;
        let Solver { distances, ways } = self;
        let way = |from: usize, to: usize| distances[from * count + to];
        ways.clear();
        ways.resize(sets * others, f64::INFINITY);
        for last in 0..others {
            ways[(1 << last) * others + last] = way(0, last + 1);
        }
        for set in 1..sets {
            for last in 0..others {
                let rest = set & !(1 << last);
                if set >> last & 1 == 0 || rest == 0 {
                    continue;
                }
                let mut best = f64::INFINITY;
                for before in 0..others {
                    if rest >> before & 1 == 1 {
                        best = best.min(ways[rest * others + before] + way(before + 1, last + 1));
                    }
                }
                ways[set * others + last] = best;
            }
        }
        // Back along the table, always to the point that the shortest way came from.
        let mut order = vec![0; count];
        let (mut set, mut next) = (sets - 1, 0);
        for place in (1..count).rev() {
            let cost = |last: usize| ways[set * others + last] + way(last + 1, next);
            let mut best = None;
            for last in (0..others).filter(|last| set >> last & 1 == 1) {
                if best.is_none_or(|best| cost(last) < cost(best)) {
                    best = Some(last);
                }
            }
            let Some(last) = best else { break };
            order[place] = last + 1;
            set &= !(1 << last);
            next = last + 1;
        }
        order
    }

    fn improved(&self, count: usize) -> Vec<usize> {
        let way = |from: usize, to: usize| self.distances[from * count + to];
        let whole = |order: &[usize]| (0..count).map(|at| way(order[at], order[(at + 1) % count])).sum::<f64>();
        let mut best: (f64, Vec<usize>) = (f64::INFINITY, Vec::new());
        for start in 0..count {
            let mut order = greedy(count, start, &way);
            while improve(&mut order, &way) {}
            let length = whole(&order);
            if length < best.0 {
                best = (length, order);
            }
        }
        best.1
    }

    /// A lower bound of all tours: the heaviest spanning tree with one more edge at point 0, as prices on points push its
    /// degrees towards two (Held and Karp, "The traveling-salesman problem and minimum spanning trees", 1970 and 1971).
    fn bound(&self, count: usize) -> f64 {
        let mut prices = vec![0.0; count];
        let mut best = f64::NEG_INFINITY;
        let mut degrees = vec![0usize; count];
        let mut step = self.distances.iter().sum::<f64>() / (count * count) as f64 / 4.0;
        for _ in 0..ASCENT {
            let cost = |a: usize, b: usize| self.distances[a * count + b] + prices[a] + prices[b];
            degrees.fill(0);
            let mut total = 0.0;
            // Prim's tree over all points but the first.
            let mut nearest: Vec<(f64, usize)> =
                (0..count).map(|point| (if point > 1 { cost(1, point) } else { 0.0 }, 1)).collect();
            let mut done = vec![false; count];
            done[0] = true;
            done[1] = true;
            for _ in 2..count {
                let mut next = None;
                for point in (0..count).filter(|&point| !done[point]) {
                    if next.is_none_or(|next: usize| nearest[point].0 < nearest[next].0) {
                        next = Some(point);
                    }
                }
                let Some(next) = next else { break };
                done[next] = true;
                total += nearest[next].0;
                degrees[next] += 1;
                degrees[nearest[next].1] += 1;
                for point in (0..count).filter(|&point| !done[point]) {
                    if cost(next, point) < nearest[point].0 {
                        nearest[point] = (cost(next, point), next);
                    }
                }
            }
            let (mut first, mut second) = ((f64::INFINITY, 0), (f64::INFINITY, 0));
            for point in 1..count {
                let own = (cost(0, point), point);
                if own.0 < first.0 {
                    (first, second) = (own, first);
                } else if own.0 < second.0 {
                    second = own;
                }
            }
            total += first.0 + second.0;
            degrees[0] = 2;
            degrees[first.1] += 1;
            degrees[second.1] += 1;
            best = best.max(total - 2.0 * prices.iter().sum::<f64>());
            for (price, &degree) in prices.iter_mut().zip(&degrees) {
                *price += step * (degree as f64 - 2.0);
            }
            step *= 0.97;
        }
        best
    }
}

/// From `start` always on to the nearest point that is left.
fn greedy(count: usize, start: usize, way: &dyn Fn(usize, usize) -> f64) -> Vec<usize> {
    let mut order = vec![start];
    while order.len() < count {
        let here = order[order.len() - 1];
        let mut next = None;
        for point in (0..count).filter(|point| !order.contains(point)) {
            if next.is_none_or(|next| way(here, point) < way(here, next)) {
                next = Some(point);
            }
        }
        order.extend(next);
    }
    order
}

/// Makes one change that shortens the tour: a piece reversed (2-opt), or one to three points moved elsewhere (Or, 1976).
fn improve(order: &mut Vec<usize>, way: &dyn Fn(usize, usize) -> f64) -> bool {
    const LEAST: f64 = 1e-12;
    let count = order.len();
    for first in 0..count - 1 {
        for last in first + 1..count {
            let (before, after) = (order[(first + count - 1) % count], order[(last + 1) % count]);
            if before == order[last] {
                continue;
            }
            let gain = way(before, order[first]) + way(order[last], after)
                - way(before, order[last])
                - way(order[first], after);
            if gain > LEAST {
                order[first..=last].reverse();
                return true;
            }
        }
    }
    for length in 1..=3.min(count - 3) {
        for first in 0..count {
            // The piece to the front, so that it does not cross the seam.
            order.rotate_left(first);
            let (begin, end) = (order[0], order[length - 1]);
            let (before, after) = (order[count - 1], order[length]);
            let saved = way(before, begin) + way(end, after) - way(before, after);
            for at in length..count - 1 {
                let (left, right) = (order[at], order[at + 1]);
                let straight = way(left, begin) + way(end, right);
                let turned = way(left, end) + way(begin, right);
                if saved - straight.min(turned) + way(left, right) > LEAST {
                    let mut piece: Vec<usize> = order.drain(..length).collect();
                    if turned < straight {
                        piece.reverse();
                    }
                    let place = at + 1 - length;
                    order.splice(place..place, piece);
                    return true;
                }
            }
            order.rotate_right(first);
        }
    }
    false
}

/// The tour from point 0 on, turned counter-clockwise; one without area goes to the lower of the two neighbours first.
fn directed(points: &[Point], mut order: Vec<usize>) -> Vec<usize> {
    if let Some(start) = order.iter().position(|&point| point == 0) {
        order.rotate_left(start);
    }
    let turns = area(points, &order);
    if order.len() > 2 && (turns < 0.0 || turns == 0.0 && order[1] > order[order.len() - 1]) {
        order[1..].reverse();
    }
    order
}

/// Length of the closed tour.
pub(in super::super) fn length(points: &[Point], order: &[usize]) -> f64 {
    let count = order.len();
    (0..count).map(|at| distance(points[order[at]], points[order[(at + 1) % count]])).sum()
}

/// From point 0 always on to the nearest point that is left.
pub(in super::super) fn nearest_neighbour(points: &[Point]) -> Vec<usize> {
    greedy(points.len(), 0, &|from, to| distance(points[from], points[to]))
}

/// Whether `order` has each of `count` points once.
pub(in super::super) fn is_valid(order: &[usize], count: usize) -> bool {
    order.len() == count && (0..count).all(|point| order.contains(&point))
}

/// For each edge of a tour, the last closing it, whether the true tour lacks it (in either direction).
pub(in super::super) fn wrong_edges(order: &[usize], truth: &[usize]) -> Vec<bool> {
    let place = |point: usize| truth.iter().position(|&other| other == point);
    let count = truth.len();
    let adjacent = |a: usize, b: usize| match (place(a), place(b)) {
        (Some(a), Some(b)) => (a + 1) % count == b || (b + 1) % count == a,
        _ => false,
    };
    (0..order.len()).map(|at| !adjacent(order[at], order[(at + 1) % order.len()])).collect()
}
