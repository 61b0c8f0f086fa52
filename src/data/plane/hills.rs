//! Three hills and three hollows that fade out over a distance of 2; where they meet, the stronger one
//! counts. Noise moves the place at which the value is looked up.

use super::{EXTENT, Place, Point, between};
use crate::rng::Rng;

/// Centre and sign.
const HILLS: [(f32, f32, f32); 6] =
    [(-4.0, 2.5, 1.0), (0.0, 2.5, -1.0), (4.0, 2.5, 1.0), (-4.0, -2.5, -1.0), (0.0, -2.5, 1.0), (4.0, -2.5, -1.0)];

pub(super) fn point(rng: &mut Rng, _: Place, noise: f32) -> Point {
    let mut coordinate = || between(rng, -EXTENT, EXTENT);
    let (x, y) = (coordinate(), coordinate());
    Point { x, y, label: height(x + noise * coordinate(), y + noise * coordinate()) }
}

fn height(x: f32, y: f32) -> f32 {
    let mut height = 0.0f32;
    for (centre_x, centre_y, sign) in HILLS {
        let (across, up) = (x - centre_x, y - centre_y);
        let near = (1.0 - (across * across + up * up).sqrt() / 2.0).max(0.0);
        if near > height.abs() {
            height = sign * near;
        }
    }
    height
}
