//! Opposite quarters belong together. Noise moves the place at which the label is looked up.

use super::{Place, Point, between};
use crate::rng::Rng;

/// Free strip on each side of the axes.
const PADDING: f32 = 0.3;

pub(super) fn point(rng: &mut Rng, place: Place, noise: f32) -> Point {
    let side = if rng.below(2) == 0 { 1.0 } else { -1.0 };
    let x = side * (PADDING + between(rng, 0.0, 5.0));
    let y = side * place.class() * (PADDING + between(rng, 0.0, 5.0));
    let looked_up = (x + noise * between(rng, -5.0, 5.0), y + noise * between(rng, -5.0, 5.0));
    Point { x, y, label: if looked_up.0 * looked_up.1 >= 0.0 { 1.0 } else { -1.0 } }
}
