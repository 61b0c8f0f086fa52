//! Three rings of alternating class; the middle one is positive. Noise moves the points to and from the
//! centre, with a standard deviation of 1.5 times its value.

use super::{Place, Point, sin_cos};
use crate::rng::Rng;
use std::f32::consts::TAU;

pub(super) fn point(rng: &mut Rng, place: Place, noise: f32) -> Point {
    // A quarter of the negative points lies on the inner ring, which is about a quarter as long.
    let ring = match (place.class() > 0.0, (place.index / 2) % 4) {
        (true, _) => 1.0,
        (false, 0) => 0.0,
        (false, _) => 2.0,
    };
    let radius = 1.0 + 1.8 * ring + 1.5 * noise * rng.normal();
    let (sin, cos) = sin_cos(TAU * place.jittered(rng));
    Point { x: radius * sin, y: radius * cos, label: place.class() }
}
