//! Where in a sequence a vector stands: added sinusoids, added trained vectors, or rotations of queries and keys.

use super::init::Start;
use crate::graph::{Error, Graph, Result, Role, Var};
use crate::rng::Rng;

/// The customary base of the frequencies.
pub const BASE: f32 = 10_000.0;

/// `base^(−i / count)` for `i` in `0..count`. The root is taken by Newton's method, because the powers of the standard
/// library differ between platforms in the last bits.
fn frequencies(base: f32, count: usize) -> Vec<f32> {
    let (base, n) = (base as f64, count as f64);
    let power = |x: f64| (0..count).fold(1.0, |product, _| product * x);
    // From above, the iteration falls monotonically.
    let mut root = 1.0 + (base - 1.0) / n;
    for _ in 0..200 {
        root -= (root - base / (power(root) / root)) / n;
    }
    (0..count)
        .scan(1.0, |value, _| {
            let present = *value;
            *value /= root;
            Some(present as f32)
        })
        .collect()
}

/// `position · frequency`, `[time, pairs]`.
fn angles(g: &mut Graph, frequency: Var, time: usize) -> Result<Var> {
    let position = g.iota(&[time, 1])?;
    let position = g.to_f32(position)?;
    g.mul(position, frequency)
}

fn half(place: &str, features: usize) -> Result<usize> {
    if features == 0 || features % 2 == 1 {
        let message = format!("{features} features do not form pairs");
        return Err(Error::new(place, message, "use an even number of features"));
    }
    Ok(features / 2)
}

/// Fixed sinusoids (Vaswani and others, "Attention is all you need", 2017, section 3.5): feature `2i` at position `t` is
/// `sin(t / base^(2i / features))`, feature `2i + 1` the cosine.
#[derive(Clone, Copy, Debug)]
pub struct SinusoidalPositions {
    frequency: Var,
    features: usize,
}

impl SinusoidalPositions {
    /// Adds the leaf `name.frequency`, which is not trained. The number of features is even.
    pub fn new(g: &mut Graph, name: &str, features: usize, base: f32) -> Result<SinusoidalPositions> {
        let pairs = half(name, features)?;
        let frequency = g.scoped(name, |g| g.leaf_with(Role::Input, "frequency", &[pairs], frequencies(base, pairs)));
        Ok(SinusoidalPositions { frequency, features })
    }

    /// The table of the first positions, `[time, features]`.
    pub fn table(&self, g: &mut Graph, time: usize) -> Result<Var> {
        let angle = angles(g, self.frequency, time)?;
        let (sine, cosine) = (g.sin(angle)?, g.cos(angle)?);
        let column = [time, self.features / 2, 1];
        let (sine, cosine) = (g.reshape(sine, &column)?, g.reshape(cosine, &column)?);
        let odd = g.iota(&[2])?;
        let odd = g.to_f32(odd)?;
        let pairs = g.select(odd, cosine, sine)?;
        g.reshape(pairs, &[time, self.features])
    }

    /// `x [.., time, features]` plus the table.
    pub fn apply(&self, g: &mut Graph, x: Var) -> Result<Var> {
        let time = time_of(g, "positions", x)?;
        let table = self.table(g, time)?;
        g.add(x, table)
    }
}

/// Trained vectors, one per position.
#[derive(Clone, Copy, Debug)]
pub struct LearnedPositions {
    /// `[longest, features]`.
    pub table: Var,
}

impl LearnedPositions {
    /// Adds the leaf `name.table` of shape `[longest, features]`, drawn as an embedding is.
    pub fn new(g: &mut Graph, name: &str, shape: [usize; 2], start: impl Into<Start>, rng: &mut Rng) -> Self {
        LearnedPositions { table: super::Embedding::new(g, name, shape, start, rng).table }
    }

    /// `x [.., time, features]` plus the first vectors.
    pub fn apply(&self, g: &mut Graph, x: Var) -> Result<Var> {
        let time = time_of(g, "positions", x)?;
        let longest = g.shape(self.table)[0];
        if time > longest {
            let message = format!("{:?} has {time} positions, the table {longest}", g.shape(x));
            return Err(Error::new("positions", message, "shorten the sequence or enlarge the table"));
        }
        let table = if time == longest { self.table } else { g.slice(self.table, 0, 0, 1, time)? };
        g.add(x, table)
    }
}

fn time_of(g: &Graph, place: &str, x: Var) -> Result<usize> {
    let shape = g.shape(x);
    match shape.len() {
        0 | 1 => {
            Err(Error::new(place, format!("{shape:?} has no axis of time"), "give it the shape [.., time, features]"))
        }
        rank => Ok(shape[rank - 2]),
    }
}

/// Rotary positions (Su and others, "RoFormer: enhanced transformer with rotary position embedding", 2021,
/// equation 15): adjacent features form pairs, and pair `i` at position `t` is turned by the angle `t / base^(2i / features)`,
/// so that products of queries and keys depend on distances only.
#[derive(Clone, Copy, Debug)]
pub struct Rotary {
    frequency: Var,
    features: usize,
}

impl Rotary {
    /// Adds the leaf `name.frequency`, which is not trained, for heads of an even number of features.
    pub fn new(g: &mut Graph, name: &str, features: usize, base: f32) -> Result<Rotary> {
        let SinusoidalPositions { frequency, features } = SinusoidalPositions::new(g, name, features, base)?;
        Ok(Rotary { frequency, features })
    }

    /// Turns `x [.., features]`, in which `axis` counts positions from 0. Each pair is multiplied by its matrix as a sum over
    /// two elements, which has sums as derivatives, where slices would have to be put together again.
    pub fn apply(&self, g: &mut Graph, x: Var, axis: usize) -> Result<Var> {
        let shape = g.shape(x).to_vec();
        let last = shape.len().saturating_sub(1);
        if axis >= last || shape[last] != self.features {
            return Err(Error::new(
                "rotary positions",
                format!("{shape:?} has no positions along axis {axis} before {} features", self.features),
                "give heads of the features for which the layer was made",
            ));
        }
        let (time, pairs) = (shape[axis], self.features / 2);
        let angle = angles(g, self.frequency, time)?;
        let (sine, cosine) = (g.sin(angle)?, g.cos(angle)?);
        let wide = [time, pairs, 1, 1];
        let (sine, cosine) = (g.reshape(sine, &wide)?, g.reshape(cosine, &wide)?);
        // [[cos, −sin], [sin, cos]]: row − column is 0 on the diagonal and the sign of the sine beside it.
        let (row, column) = (g.iota(&[2, 1])?, g.iota(&[1, 2])?);
        let (row, column) = (g.to_f32(row)?, g.to_f32(column)?);
        let sign = g.sub(row, column)?;
        let beside = g.mul(sine, sign)?;
        let matrix = g.select(sign, beside, cosine)?;
        let mut table = vec![1; last];
        table[axis] = time;
        let matrix = g.reshape(matrix, &[&table[..], &[pairs, 2, 2]].concat())?;
        let split = g.reshape(x, &[&shape[..last], &[pairs, 1, 2]].concat())?;
        let products = g.mul(matrix, split)?;
        let turned = g.sum(products, &[last + 2])?;
        g.reshape(turned, &shape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequencies_are_powers_of_the_base() {
        for (base, count) in [(10_000.0f32, 1), (10_000.0, 2), (10_000.0, 7), (10_000.0, 32), (100.0, 256)] {
            for (i, got) in frequencies(base, count).into_iter().enumerate() {
                let want = (base as f64).powf(-(i as f64) / count as f64);
                assert!((got as f64 / want - 1.0).abs() < 1e-7, "{base} {count} {i}: {got} {want}");
            }
        }
    }
}
