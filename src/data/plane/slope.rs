//! A value that rises evenly from one corner of the plane to the opposite one. Noise moves the place at
//! which the value is looked up.

use super::{EXTENT, Place, Point, between};
use crate::rng::Rng;

pub(super) fn point(rng: &mut Rng, _: Place, noise: f32) -> Point {
    let mut coordinate = || between(rng, -EXTENT, EXTENT);
    let (x, y) = (coordinate(), coordinate());
    let looked_up = x + noise * coordinate() + y + noise * coordinate();
    Point { x, y, label: (looked_up / (2.0 * EXTENT)).clamp(-1.0, 1.0) }
}
