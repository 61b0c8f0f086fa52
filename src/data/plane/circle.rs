//! A disc inside a ring. Noise moves the place at which the label is looked up.

use super::{Place, Point, between, sin_cos};
use crate::rng::Rng;
use std::f32::consts::TAU;

const RADIUS: f32 = 5.0;

pub(super) fn point(rng: &mut Rng, place: Place, noise: f32) -> Point {
    let (low, high) = if place.class() > 0.0 { (0.0, 0.5) } else { (0.7, 1.0) };
    let radius = between(rng, low * RADIUS, high * RADIUS);
    let (sin, cos) = sin_cos(between(rng, 0.0, TAU));
    let (x, y) = (radius * sin, radius * cos);
    let looked_up = (x + noise * between(rng, -RADIUS, RADIUS), y + noise * between(rng, -RADIUS, RADIUS));
    let inside = (looked_up.0 * looked_up.0 + looked_up.1 * looked_up.1).sqrt() < 0.5 * RADIUS;
    Point { x, y, label: if inside { 1.0 } else { -1.0 } }
}
