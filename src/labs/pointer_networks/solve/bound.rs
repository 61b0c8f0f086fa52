//! A lower bound on the length of every round trip: Held and Karp, "The travelling-salesman problem and minimum
//! spanning trees" (1970, part II 1971).
//!
//! A 1-tree is a spanning tree of all points but point 0, and two edges at point 0. Every tour is one, so the
//! shortest 1-tree is no longer than any tour. A price on every visit lengthens all tours by the same amount but not
//! all 1-trees: raising the price where a 1-tree has more than two edges, lowering it where it has one, drives the
//! bound up. Used by `tour.rs`.

/// How often the prices are changed.
const ROUNDS: usize = 200;

/// Rounds without a better bound after which the step is halved.
const PATIENCE: usize = 8;

/// The highest bound found for points of given distances (row by row), at most `length`, that of a known tour. O(n²) a
/// round, and at least three points.
pub fn one_trees(distances: &[f64], count: usize, length: f64) -> f64 {
    if count < 3 {
        return length;
    }
    let mut prices = vec![0.0; count];
    let mut excess = vec![0i32; count];
    let mut before = vec![0i32; count];
    let (mut best, mut scale, mut waited) = (0.0, 1.0, 0);
    for _ in 0..ROUNDS {
        let bound = one_tree(distances, &prices, &mut excess);
        waited += 1;
        if bound > best {
            (best, waited) = (bound, 0);
        }
        let norm: i32 = excess.iter().map(|more| more * more).sum();
        // Two edges everywhere: the 1-tree is a tour, hence the shortest.
        if norm == 0 || best >= length {
            break;
        }
        if waited == PATIENCE {
            (scale, waited) = (scale / 2.0, 0);
        }
        // The step of Held, Wolfe and Crowder (1974), smoothed over two rounds (Volgenant and Jonker, 1982).
        let step = scale * (length - bound) / norm as f64;
        for at in 0..count {
            prices[at] += step * (0.7 * excess[at] as f64 + 0.3 * before[at] as f64);
        }
        before.copy_from_slice(&excess);
    }
    best.min(length)
}

/// The length of the shortest 1-tree under prices, less the prices of a tour; and by how much each point has more than
/// two edges. Prim's algorithm.
fn one_tree(distances: &[f64], prices: &[f64], excess: &mut [i32]) -> f64 {
    let count = prices.len();
    let priced = |from: usize, to: usize| distances[from * count + to] + prices[from] + prices[to];
    excess.fill(-2);
    // The nearest point of the tree, and whether a point belongs to it.
    let mut link = vec![1; count];
    let mut inside = vec![false; count];
    inside[1] = true;
    let mut length = -2.0 * prices.iter().sum::<f64>();
    for _ in 2..count {
        let mut next = 0;
        for at in 2..count {
            if !inside[at] && (next == 0 || priced(at, link[at]) < priced(next, link[next])) {
                next = at;
            }
        }
        inside[next] = true;
        length += priced(next, link[next]);
        excess[next] += 1;
        excess[link[next]] += 1;
        for at in 2..count {
            if !inside[at] && priced(at, next) < priced(at, link[at]) {
                link[at] = next;
            }
        }
    }
    // The two shortest edges at point 0.
    let mut first = 0;
    for _ in 0..2 {
        let mut next = 0;
        for at in 1..count {
            if at != first && (next == 0 || priced(0, at) < priced(0, next)) {
                next = at;
            }
        }
        length += priced(0, next);
        excess[0] += 1;
        excess[next] += 1;
        first = next;
    }
    length
}
