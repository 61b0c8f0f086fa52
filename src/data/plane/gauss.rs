//! Two round clouds. Noise raises their variance from 0.5 to 4.

use super::{Place, Point};
use crate::rng::Rng;

pub(super) fn point(rng: &mut Rng, place: Place, noise: f32) -> Point {
    let deviation = (0.5 + 7.0 * noise).sqrt();
    let centre = 2.0 * place.class();
    Point { x: centre + deviation * rng.normal(), y: centre + deviation * rng.normal(), label: place.class() }
}
