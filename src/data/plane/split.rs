//! Division into points to learn from and points to be tested on.

use super::Point;
use crate::rng::Rng;

/// Points to learn from and to be tested on.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    /// To learn from.
    pub train: Vec<Point>,
    /// Never shown to the training.
    pub test: Vec<Point>,
}

/// Sets `test_percent` of the points aside, chosen at random but in the same share from positive and
/// from other labels. Each part gets at least one of two or more points; a single point is learnt from.
pub fn split(mut points: Vec<Point>, test_percent: usize, seed: u32) -> Split {
    Rng::new(seed, "split").shuffle(&mut points);
    let (others, positive): (Vec<Point>, Vec<Point>) = points.into_iter().partition(|point| point.label <= 0.0);
    let share = |index: usize| (index * test_percent + 50) / 100;
    let (mut train, mut test) = (Vec::new(), Vec::new());
    for (index, point) in others.into_iter().chain(positive).enumerate() {
        if share(index + 1) > share(index) { test.push(point) } else { train.push(point) }
    }
    if train.len() > 1 && test.is_empty() {
        test.extend(train.pop());
    }
    if train.is_empty() {
        train.extend(test.pop());
    }
    Split { train, test }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(count: usize) -> Vec<Point> {
        (0..count).map(|i| Point { x: i as f32, y: 0.0, label: if i % 2 == 0 { 1.0 } else { -1.0 } }).collect()
    }

    #[test]
    fn shares_are_kept_in_total_and_in_each_class() {
        for percent in [10, 33, 50, 90] {
            let parts = split(points(300), percent, 1);
            assert_eq!(parts.test.len(), 3 * percent);
            let positive = parts.test.iter().filter(|p| p.label > 0.0).count();
            assert!((2 * positive).abs_diff(parts.test.len()) <= 2, "{positive} of {}", parts.test.len());
            let mut xs: Vec<f32> = parts.train.iter().chain(&parts.test).map(|p| p.x).collect();
            xs.sort_by(f32::total_cmp);
            assert_eq!(xs, points(300).iter().map(|p| p.x).collect::<Vec<_>>(), "no point is lost or doubled");
        }
        assert_ne!(split(points(300), 50, 1), split(points(300), 50, 2));
    }

    #[test]
    fn two_points_are_shared_fairly_whatever_the_share() {
        for percent in [10, 50, 90] {
            let parts = split(points(2), percent, 3);
            assert_eq!((parts.train.len(), parts.test.len()), (1, 1), "{percent} %");
            assert_eq!(split(points(1), percent, 3).train.len(), 1);
        }
    }
}
