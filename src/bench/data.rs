//! Data sets and first weights of the tasks, drawn by their rules: natively, as a page is given them.
//!
//! Every number comes from one small generator with a fixed seed and is computed in double precision before it is
//! stored. Data and weights have a stream each; what is drawn first is stated, as every later number depends on it.

use super::{Arrays, Column, First, Kind, Model, Parameter, Task};
use crate::graph::{DType, elements};
use std::f64::consts::TAU;

/// Seed of data sets.
const DATA: u32 = 1234;
/// Seed of first weights.
const WEIGHTS: u32 = 42;
/// Modulus of the additions.
const MODULUS: usize = 97;

/// What `task` is given.
pub fn draw(task: &Task) -> Arrays {
    let mut arrays = match (&task.kind, task.id) {
        (Kind::Product(size), _) => reflection(*size),
        (_, "W1") => spiral(),
        (_, "W2") => prototypes(),
        (_, "W3") => one_hot_sums(),
        (_, "W4") => token_sums(task.batch * task.batches),
        (_, "W5") => sorted_numbers(task.batch * task.batches),
        (_, "W6") => pictures(task.batch * task.batches),
        (Kind::Training { model, .. }, _) => noise(*model, task.batch * task.batches),
    };
    if let Kind::Training { model, .. } = &task.kind {
        weights(*model, &mut arrays);
    }
    arrays
}

/// Mulberry32 (Tommy Ettinger, 2017): a counter, hashed to 32 bits.
struct Stream(u32);

impl Stream {
    /// A number below 1, a multiple of 2⁻³².
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x6D2B_79F5);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 15)).wrapping_mul(bits | 1);
        bits ^= bits.wrapping_add((bits ^ (bits >> 7)).wrapping_mul(bits | 61));
        f64::from(bits ^ (bits >> 14)) / 4_294_967_296.0
    }

    /// A whole number below `bound`.
    fn below(&mut self, bound: usize) -> usize {
        (self.unit() * bound as f64) as usize
    }

    /// A standard normal number, from two even ones (Box and Muller, 1958).
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (TAU * self.unit()).cos()
    }

    /// 0 … `count` − 1 in disorder (Fisher and Yates, from the last on).
    fn order(&mut self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        for last in (1..count).rev() {
            order.swap(last, self.below(last + 1));
        }
        order
    }

    /// Numbers from ±`limit`.
    fn uniform(&mut self, count: usize, limit: f64) -> Vec<f32> {
        (0..count).map(|_| ((self.unit() * 2.0 - 1.0) * limit) as f32).collect()
    }
}

/// First values of all parameters, in their order.
fn weights(model: &dyn Model, arrays: &mut Arrays) {
    let stream = &mut Stream(WEIGHTS);
    for Parameter { name, shape, first } in model.parameters() {
        let count = elements(&shape);
        let values = match first {
            First::Uniform(limit) => stream.uniform(count, limit),
            First::Glorot(inputs, outputs) => stream.uniform(count, (6.0 / (inputs + outputs) as f64).sqrt()),
            First::Constant(value) => vec![value as f32; count],
            First::Gates => (0..count).map(|unit| if unit * 4 / count == 1 { 1.0 } else { 0.0 }).collect(),
        };
        arrays.insert(name, values);
    }
}

fn arrays<const N: usize>(named: [(&str, Vec<f32>); N]) -> Arrays {
    let mut arrays = Arrays::default();
    named.into_iter().for_each(|(name, values)| arrays.insert(name, values));
    arrays
}

/// An unsigned integer as an element of an array.
fn bits(integer: usize) -> f32 {
    f32::from_bits(integer as u32)
}

/// `h = 1 − 2 v vᵀ / (vᵀ v)`, a matrix x, and h x.
fn reflection(n: usize) -> Arrays {
    let stream = &mut Stream(DATA + n as u32);
    let v: Vec<f64> = (0..n).map(|_| stream.unit() + 0.5).collect();
    let square: f64 = v.iter().map(|v| v * v).sum();
    let x = stream.uniform(n * n, 1.0);
    let mut along = vec![0.0; n];
    for (row, v) in x.chunks(n).zip(&v) {
        along.iter_mut().zip(row).for_each(|(sum, &x)| *sum += v * f64::from(x));
    }
    let (mut h, mut odd) = (Vec::with_capacity(n * n), Vec::with_capacity(n * n));
    for i in 0..n {
        for j in 0..n {
            let one = if i == j { 1.0 } else { 0.0 };
            h.push((one - 2.0 * v[i] * v[j] / square) as f32);
            odd.push((f64::from(x[i * n + j]) - 2.0 * v[i] * along[j] / square) as f32);
        }
    }
    arrays([("h", h), ("x", x), ("odd", odd)])
}

/// Numbers and classes without any relation, which a network can only learn by heart.
fn noise(model: &dyn Model, rows: usize) -> Arrays {
    const CLASSES: usize = 10;
    let stream = &mut Stream(DATA);
    let mut arrays = Arrays::default();
    for Column { name, shape, dtype } in model.columns() {
        let values = match dtype {
            DType::F32 => stream.uniform(rows * elements(&shape), 1.0),
            DType::U32 => (0..rows * elements(&shape)).map(|_| bits(stream.below(CLASSES))).collect(),
        };
        arrays.insert(name, values);
    }
    arrays
}

/// Two arms of a spiral, labels 1 and −1.
fn spiral() -> Arrays {
    const ARM: usize = 100;
    let mut points = Vec::with_capacity(2 * ARM);
    for (turn, label) in [(0.0, 1.0), (TAU / 2.0, -1.0)] {
        for i in 0..ARM {
            let (radius, angle) = (i as f64 / ARM as f64 * 5.0, 1.75 * i as f64 / ARM as f64 * TAU + turn);
            points.push([radius * angle.sin(), radius * angle.cos(), label]);
        }
    }
    let order = Stream(DATA).order(points.len());
    let x = order.iter().flat_map(|&i| [points[i][0] as f32, points[i][1] as f32]).collect();
    arrays([("x", x), ("y", order.iter().map(|&i| points[i][2] as f32).collect())])
}

/// Noisy copies of ten patterns of 64 values.
fn prototypes() -> Arrays {
    const ROWS: usize = 1792;
    let stream = &mut Stream(DATA);
    let patterns: Vec<f64> = (0..640).map(|_| if stream.unit() < 0.4 { 1.0 } else { 0.0 }).collect();
    let (mut x, mut y) = (Vec::with_capacity(ROWS * 64), Vec::with_capacity(ROWS));
    for _ in 0..ROWS {
        let class = stream.below(10);
        y.push(bits(class));
        for value in &patterns[class * 64..][..64] {
            x.push((0.2 + 0.6 * value + 0.5 * stream.normal()).clamp(0.0, 1.0) as f32);
        }
    }
    arrays([("x", x), ("y", y)])
}

/// Pairs of numbers below the modulus, three tenths of all, in disorder.
fn pairs() -> Vec<[usize; 2]> {
    let mut order = Stream(DATA).order(MODULUS * MODULUS);
    order.truncate(MODULUS * MODULUS * 3 / 10);
    order.into_iter().map(|pair| [pair / MODULUS, pair % MODULUS]).collect()
}

/// Both numbers as 0 and 1 side by side, and their sum.
fn one_hot_sums() -> Arrays {
    let pairs = pairs();
    let mut x = vec![0.0; pairs.len() * 2 * MODULUS];
    for (row, [a, b]) in x.chunks_mut(2 * MODULUS).zip(&pairs) {
        (row[*a], row[MODULUS + b]) = (1.0, 1.0);
    }
    arrays([("x", x), ("y", pairs.iter().map(|[a, b]| bits((a + b) % MODULUS)).collect())])
}

/// Both numbers and a sign of equality as tokens, and their sum.
fn token_sums(rows: usize) -> Arrays {
    let mut pairs = pairs();
    pairs.truncate(rows);
    let x = pairs.iter().flat_map(|&[a, b]| [bits(a), bits(b), bits(MODULUS)]).collect();
    arrays([("x", x), ("y", pairs.iter().map(|[a, b]| bits((a + b) % MODULUS)).collect())])
}

/// Ten numbers a row, their places in ascending order, and the sorted numbers behind a −1.
fn sorted_numbers(rows: usize) -> Arrays {
    const LENGTH: usize = 10;
    let stream = &mut Stream(DATA);
    let x: Vec<f32> = (0..rows * LENGTH).map(|_| stream.unit() as f32).collect();
    let (mut given, mut y) = (Vec::with_capacity(x.len()), Vec::with_capacity(x.len()));
    for row in x.chunks(LENGTH) {
        let mut places: Vec<usize> = (0..LENGTH).collect();
        places.sort_by(|&i, &j| row[i].total_cmp(&row[j]));
        given.push(-1.0);
        given.extend(places[..LENGTH - 1].iter().map(|&place| row[place]));
        y.extend(places.iter().map(|&place| bits(place)));
    }
    arrays([("x", x), ("dec", given), ("y", y)])
}

/// Noisy, shifted, enlarged copies of ten patterns of 7 × 7.
fn pictures(rows: usize) -> Arrays {
    const SIDE: isize = 28;
    let stream = &mut Stream(DATA);
    let patterns: Vec<f64> = (0..490).map(|_| stream.unit()).collect();
    let (mut x, mut y) = (Vec::with_capacity(rows * 784), Vec::with_capacity(rows));
    for _ in 0..rows {
        let class = stream.below(10);
        y.push(bits(class));
        let mut shift = || stream.below(5) as isize - 2;
        let (down, right) = (shift(), shift());
        let place = |at: isize| (at >> 2).clamp(0, 6) as usize;
        for row in 0..SIDE {
            for column in 0..SIDE {
                let value = patterns[class * 49 + place(row + down) * 7 + place(column + right)];
                x.push((value + 0.3 * stream.normal()) as f32);
            }
        }
    }
    arrays([("x", x), ("y", y)])
}
