//! The true answers of the four tasks, and the marks for a network's answers: no learning in here.
//!
//! [`hull`] convex hulls, [`delaunay`] triangulations, [`tour`] round trips, [`order`] sorting. An answer is a
//! list of indices into the points. Everything is deterministic and runs for every training instance, so it is
//! plain loops over small slices. Start with `hull.rs`; the two helpers below say why its tests are exact.

mod bound;
pub(super) mod delaunay;
pub(super) mod hull;
pub(super) mod order;
pub(super) mod tour;

/// The points in double precision, on a grid of 2⁻²⁴. Points drawn uniformly lie on it already, and a point that a
/// hand drags moves by less than anyone can see. On this grid [`cross`] of points in the unit square is exact, so
/// that no two tests ever contradict each other.
fn grid(points: &[[f32; 2]]) -> Vec<[f64; 2]> {
    const STEPS: f64 = 16_777_216.0;
    points.iter().map(|point| point.map(|value| (value as f64 * STEPS).round_ties_even() / STEPS)).collect()
}

/// Twice the signed area of the triangle a b c: positive for a left turn, 0 on a line.
fn cross(a: [f64; 2], b: [f64; 2], c: [f64; 2]) -> f64 {
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}

/// What the tests of all tasks draw.
#[cfg(test)]
mod draw {
    use crate::rng::Rng;
    use proptest::prelude::*;

    /// Points uniform in the unit square, as the lab draws them.
    pub fn uniform(rng: &mut Rng, count: usize) -> Vec<[f32; 2]> {
        (0..count).map(|_| [rng.uniform(), rng.uniform()]).collect()
    }

    /// Points of a lattice with `steps` steps a side: many coincide, lie on a line or on a circle.
    pub fn lattice(steps: u32, count: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = Vec<[f32; 2]>> {
        let value = move || (0..=steps).prop_map(move |step| step as f32 / steps as f32);
        proptest::collection::vec([value(), value()], count)
    }

    /// Anything in the unit square, or nearly degenerate.
    pub fn points(count: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = Vec<[f32; 2]>> {
        prop_oneof![
            proptest::collection::vec([0.0f32..=1.0, 0.0f32..=1.0], count.clone()),
            lattice(3, count.clone()),
            lattice(1 << 24, count),
        ]
    }
}
