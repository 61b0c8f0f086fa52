//! The functions of the plane that can be fed to the network.

use crate::cpu::math;
use crate::cpu::simd::F32x4;

/// A function of the plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Feature {
    /// x
    X,
    /// y
    Y,
    /// x²
    XSquared,
    /// y²
    YSquared,
    /// x · y
    Product,
    /// sin x
    SinX,
    /// sin y
    SinY,
}

impl Feature {
    /// Every feature, in canonical order.
    pub const ALL: &'static [Feature] =
        &[Feature::X, Feature::Y, Feature::XSquared, Feature::YSquared, Feature::Product, Feature::SinX, Feature::SinY];

    /// Name in network texts.
    pub fn name(self) -> &'static str {
        match self {
            Feature::X => "x",
            Feature::Y => "y",
            Feature::XSquared => "x2",
            Feature::YSquared => "y2",
            Feature::Product => "xy",
            Feature::SinX => "sinx",
            Feature::SinY => "siny",
        }
    }

    /// Its value at a point, by the engine's own functions, which give the same bits everywhere.
    pub fn evaluate(self, x: f32, y: f32) -> f32 {
        let sin = |a: f32| math::sin(F32x4::splat(a)).to_array()[0];
        match self {
            Feature::X => x,
            Feature::Y => y,
            Feature::XSquared => x * x,
            Feature::YSquared => y * y,
            Feature::Product => x * y,
            Feature::SinX => sin(x),
            Feature::SinY => sin(y),
        }
    }
}
