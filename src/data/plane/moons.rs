//! Two interlocking half circles, those of scikit-learn's `make_moons` centred and three times as large.
//! Noise is the standard deviation of the points, in units of a moon's radius.

use super::{Place, Point, sin_cos};
use crate::rng::Rng;
use std::f32::consts::PI;

const RADIUS: f32 = 3.0;

pub(super) fn point(rng: &mut Rng, place: Place, noise: f32) -> Point {
    let class = place.class();
    let (sin, cos) = sin_cos(PI * place.jittered(rng));
    let x = class * RADIUS * (cos - 0.5) + RADIUS * noise * rng.normal();
    let y = class * RADIUS * (sin - 0.25) + RADIUS * noise * rng.normal();
    Point { x, y, label: class }
}
