//! Two arms wound into each other, 1¾ turns each. Noise moves the points by up to its value.
//!
//! Points stand half a step away from the centre, where arms that both began at 0 would contradict each
//! other.

use super::{Place, Point, between, sin_cos};
use crate::rng::Rng;
use std::f32::consts::{PI, TAU};

pub(super) fn point(rng: &mut Rng, place: Place, noise: f32) -> Point {
    let start = if place.class() > 0.0 { 0.0 } else { PI };
    let radius = 5.0 * place.along();
    let (sin, cos) = sin_cos(1.75 * TAU * place.along() + start);
    let x = radius * sin + noise * between(rng, -1.0, 1.0);
    let y = radius * cos + noise * between(rng, -1.0, 1.0);
    Point { x, y, label: place.class() }
}
