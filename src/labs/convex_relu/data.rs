//! The training sets: a few points in the plane with labels −1 and 1, drawn by the seed or placed by the visitor.

use crate::graph::{Error, Result};
use crate::number;
use crate::rng::Rng;

/// A point with 1 as its bias entry, (x, y, 1), or a weight vector for such points.
pub(super) type Vector = [f64; 3];

pub(super) fn dot(a: &Vector, b: &Vector) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

pub(super) fn norm(a: &Vector) -> f64 {
    dot(a, a).sqrt()
}

pub(super) fn scaled(a: &Vector, by: f64) -> Vector {
    [a[0] * by, a[1] * by, a[2] * by]
}

/// `to += by · a`.
pub(super) fn add(to: &mut Vector, a: &Vector, by: f64) {
    to[0] += by * a[0];
    to[1] += by * a[1];
    to[2] += by * a[2];
}

/// In single precision, as pictures and programs have it.
pub(super) fn narrowed(values: &[f64]) -> Vec<f32> {
    let mut narrowed = Vec::with_capacity(values.len());
    narrow(values, &mut narrowed);
    narrowed
}

/// The same, appended.
pub(super) fn narrow(values: &[f64], into: &mut Vec<f32>) {
    for value in values {
        into.push(*value as f32);
    }
}

/// Names that are kept.
pub(super) fn owned(names: &[&str]) -> Vec<String> {
    let mut owned = Vec::with_capacity(names.len());
    for name in names {
        owned.push(String::from(*name));
    }
    owned
}

/// Points and their labels.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Set {
    /// The points.
    pub points: Vec<Vector>,
    /// −1 or 1 for each.
    pub labels: Vec<f64>,
}

/// Points of the set in which the optimum is proven, unless the visitor places others.
pub(super) const POINTS: usize = 10;
/// Fewest and most points that a visitor can place: the patterns grow with their square.
const COUNT: [usize; 2] = [4, 16];

/// Deviations of a class along x and along y, and how far its middle lies from 0.
const DEVIATIONS: [f64; 2] = [0.16, 0.45];
const MIDDLE: f64 = 0.45;
/// Labels of a class that are wrong.
const FLIPPED: usize = 2;

impl Set {
    pub(super) fn len(&self) -> usize {
        self.points.len()
    }

    /// x and y of every point.
    pub(super) fn places(&self) -> Vec<f32> {
        let mut places = Vec::with_capacity(2 * self.len());
        for point in &self.points {
            places.extend_from_slice(&[point[0] as f32, point[1] as f32]);
        }
        places
    }

    /// Ten points, uniform in the square from −1 to 1, with labels by the toss of a coin.
    pub(super) fn random(seed: u32) -> Set {
        let mut rng = Rng::new(seed, "convex-relu/points");
        let mut set = Set { points: Vec::new(), labels: Vec::new() };
        for _ in 0..POINTS {
            let (x, y) = (rng.uniform() as f64, rng.uniform() as f64);
            set.points.push([2.0 * x - 1.0, 2.0 * y - 1.0, 1.0]);
            set.labels.push(if rng.below(2) == 0 { -1.0 } else { 1.0 });
        }
        set
    }

    /// Two upright clouds of `each` points side by side, (∓0.45, 0); `noisy` ones have two wrong labels in each.
    pub(super) fn clouds(seed: u32, stream: &str, each: usize, noisy: bool) -> Set {
        let mut rng = Rng::new(seed, stream);
        let mut set = Set { points: Vec::new(), labels: Vec::new() };
        for label in [-1.0, 1.0] {
            for index in 0..each {
                let (x, y) = (rng.normal() as f64, rng.normal() as f64);
                set.points.push([DEVIATIONS[0] * x + label * MIDDLE, DEVIATIONS[1] * y, 1.0]);
                set.labels.push(if noisy && index < FLIPPED { -label } else { label });
            }
        }
        set
    }

    /// The visitor's own, `x,y,label;…`; none if the text is empty.
    pub(super) fn read(text: &str) -> Result<Option<Set>> {
        let [fewest, most] = COUNT;
        let refuse = |message: String| {
            let fix = format!("give x,y,label;… with x and y from -1 to 1, label 1 or -1, {fewest} to {most} points");
            Error::new("points", message, fix)
        };
        if text.is_empty() {
            return Ok(None);
        }
        let mut set = Set { points: Vec::new(), labels: Vec::new() };
        for (index, part) in text.split(';').enumerate() {
            let mut given = part.split(',');
            let mut next = |name: &str| {
                let text = given.next().unwrap_or("");
                let number = number::parse(text).filter(|number| (-1.0..=1.0).contains(number));
                number.ok_or_else(|| refuse(format!("{name} of point {} is '{text}'", index + 1)))
            };
            let point = [next("x")?, next("y")?, 1.0];
            let label = next("the label")?;
            if label.abs() != 1.0 || given.next().is_some() {
                return Err(refuse(format!("point {} is '{part}'", index + 1)));
            }
            if index == most {
                return Err(refuse(format!("there are more than {most} points")));
            }
            set.points.push(point);
            set.labels.push(label);
        }
        if set.len() < fewest {
            return Err(refuse(format!("there are only {} points", set.len())));
        }
        Ok(Some(set))
    }

    /// Whether a text can be read.
    pub(super) fn check(text: &str) -> Result<()> {
        Set::read(text).map(|_| ())
    }
}
