//! Labelled points of the plane, coordinates in −6…6: the tasks of the playground.
//!
//! Six of the sets, their sizes and their convention for noise (0…0.5) are those of TensorFlow Playground
//! (Smilkov and others, 2017): depending on the set, noise moves the points or the place at which the
//! label is looked up. A set is a file with one function and a row of [`ALL`]; visitors' own points are
//! in [`own`], the division into training and test points in [`split`].

mod circle;
mod gauss;
mod hills;
mod moons;
pub mod own;
mod rings;
mod slope;
mod spiral;
pub mod split;
mod xor;

pub use split::{Split, split};

use crate::cpu::math;
use crate::cpu::simd::F32x4;
use crate::rng::Rng;

/// Half the width of the plane.
pub const EXTENT: f32 = 6.0;

/// A labelled point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Abscissa in −6…6.
    pub x: f32,
    /// Ordinate in −6…6.
    pub y: f32,
    /// −1 or 1 for classification, a value in −1…1 for regression.
    pub label: f32,
}

/// What is to be learnt from the labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// The sign of the label.
    Classification,
    /// The label itself.
    Regression,
}

/// A kind of data set.
#[derive(Clone, Copy, Debug)]
pub struct PlaneSet {
    /// Name in links.
    pub name: &'static str,
    /// What is learnt.
    pub task: Task,
    /// Draws one point.
    generate: fn(&mut Rng, Place, f32) -> Point,
}

/// Which point of a set is being drawn. Its class follows from the index, so that classes are balanced.
#[derive(Clone, Copy, Debug)]
struct Place {
    index: usize,
    count: usize,
}

impl Place {
    /// 1 for even indices, −1 for odd ones.
    fn class(self) -> f32 {
        if self.index.is_multiple_of(2) { 1.0 } else { -1.0 }
    }

    /// Position within the class, from above 0 to below 1: `(i + ½) / n`.
    fn along(self) -> f32 {
        ((self.index / 2) as f32 + 0.5) / self.count.div_ceil(2) as f32
    }

    /// The same, at a random place within the point's own `1/n`: even cover without regularity.
    fn jittered(self, rng: &mut Rng) -> f32 {
        ((self.index / 2) as f32 + rng.uniform()) / self.count.div_ceil(2) as f32
    }
}

/// The generated data sets.
pub const ALL: &[PlaneSet] = &[
    PlaneSet { name: "circle", task: Task::Classification, generate: circle::point },
    PlaneSet { name: "xor", task: Task::Classification, generate: xor::point },
    PlaneSet { name: "gauss", task: Task::Classification, generate: gauss::point },
    PlaneSet { name: "spiral", task: Task::Classification, generate: spiral::point },
    PlaneSet { name: "moons", task: Task::Classification, generate: moons::point },
    PlaneSet { name: "rings", task: Task::Classification, generate: rings::point },
    PlaneSet { name: "plane", task: Task::Regression, generate: slope::point },
    PlaneSet { name: "multigauss", task: Task::Regression, generate: hills::point },
];

impl PlaneSet {
    /// `count` points; the same for the same seed, whatever the platform.
    pub fn points(&self, seed: u32, noise: f32, count: usize) -> Vec<Point> {
        let mut rng = Rng::new(seed, self.name);
        (0..count)
            .map(|index| {
                loop {
                    // Tails of normal noise that leave the plane are drawn again.
                    let point = (self.generate)(&mut rng, Place { index, count }, noise);
                    if point.x.abs() <= EXTENT && point.y.abs() <= EXTENT {
                        break point;
                    }
                }
            })
            .collect()
    }
}

/// Uniform in `low`…`high`.
fn between(rng: &mut Rng, low: f32, high: f32) -> f32 {
    low + (high - low) * rng.uniform()
}

/// `(sin, cos)` by the engine's own functions, which give the same bits everywhere.
fn sin_cos(angle: f32) -> (f32, f32) {
    let lanes = F32x4::splat(angle);
    (math::sin(lanes).to_array()[0], math::cos(lanes).to_array()[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_is_reproducible_balanced_and_within_the_plane() {
        for set in ALL {
            for noise in [0.0, 0.1, 0.5] {
                let points = set.points(4, noise, 500);
                assert!(points == set.points(4, noise, 500), "{} differs", set.name);
                let drawn = noise > 0.0 || set.name != "spiral";
                assert!(!drawn || points != set.points(5, noise, 500), "{} is the same for every seed", set.name);
                assert!(points.iter().all(|p| p.x.abs() <= 6.0 && p.y.abs() <= 6.0 && p.label.abs() <= 1.0));
                if set.task == Task::Classification {
                    assert!(points.iter().all(|p| p.label.abs() == 1.0), "{}", set.name);
                    let positive = points.iter().filter(|p| p.label > 0.0).count();
                    // Noise in the look-up of labels moves points to the other class.
                    let looked_up = noise > 0.0 && ["circle", "xor"].contains(&set.name);
                    assert!(looked_up || positive == 250, "{} {noise}: {positive}", set.name);
                }
            }
        }
    }

    #[test]
    fn without_noise_labels_follow_the_shapes() {
        let all = |name: &str| ALL.iter().find(|set| set.name == name).expect("in the table").points(1, 0.0, 400);
        let radius = |p: &Point| (p.x * p.x + p.y * p.y).sqrt();
        assert!(all("circle").iter().all(|p| (radius(p) < 2.5) == (p.label > 0.0) && radius(p) <= 5.001));
        assert!(all("xor").iter().all(|p| (p.x * p.y > 0.0) == (p.label > 0.0) && p.x.abs() >= 0.3));
        assert!(all("rings").iter().all(|p| ((radius(p) - 2.8).abs() < 0.1) == (p.label > 0.0)));
        assert!(all("plane").iter().all(|p| (p.label - (p.x + p.y) / 12.0).abs() < 1e-6));
        let spiral = all("spiral");
        for (one, other) in spiral.iter().step_by(2).zip(spiral.iter().skip(1).step_by(2)) {
            assert!((one.x + other.x).abs() < 1e-4 && (one.y + other.y).abs() < 1e-4, "arms mirror each other");
        }
    }
}
