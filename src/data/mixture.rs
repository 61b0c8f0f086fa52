//! Mixtures of round Gaussian clouds in any number of dimensions.

use crate::graph::{Error, Result};
use crate::rng::Rng;

/// Clouds: cloud `k` has centre `centres[k]`, the standard deviation `deviations[k]` along every axis, and a share of
/// the points in proportion to `shares[k]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Mixture {
    dimensions: usize,
    centres: Vec<f32>,
    deviations: Vec<f32>,
    shares: Vec<f32>,
}

impl Mixture {
    /// Clouds of equal shares and deviations; `centres` is `[clouds, dimensions]`, row-major.
    pub fn new(dimensions: usize, centres: Vec<f32>, deviation: f32) -> Result<Mixture> {
        if dimensions == 0 || centres.is_empty() || !centres.len().is_multiple_of(dimensions) {
            let message = format!("{} coordinates of centres in {dimensions} dimensions", centres.len());
            return Err(Error::new("mixture", message, "give every centre one number per dimension"));
        }
        let clouds = centres.len() / dimensions;
        Ok(Mixture { dimensions, centres, deviations: vec![deviation; clouds], shares: vec![1.0; clouds] })
    }

    /// The same clouds with deviations of their own.
    pub fn with_deviations(self, deviations: Vec<f32>) -> Result<Mixture> {
        self.check("deviations", &deviations)?;
        Ok(Mixture { deviations, ..self })
    }

    /// The same clouds with shares of the points in the given proportion.
    pub fn with_shares(self, shares: Vec<f32>) -> Result<Mixture> {
        self.check("shares", &shares)?;
        if shares.iter().all(|&share| share == 0.0) {
            return Err(Error::new("mixture", "all shares are 0", "give one cloud a share above 0"));
        }
        Ok(Mixture { shares, ..self })
    }

    fn check(&self, what: &str, values: &[f32]) -> Result<()> {
        if values.len() != self.shares.len() || !values.iter().all(|value| (0.0..f32::INFINITY).contains(value)) {
            let message = format!("{} {what} for {} clouds, or one below 0", values.len(), self.shares.len());
            return Err(Error::new("mixture", message, "give one finite number, at least 0, per cloud"));
        }
        Ok(())
    }

    /// Number of clouds.
    pub fn clouds(&self) -> usize {
        self.shares.len()
    }

    /// `count` independent points `[count, dimensions]`, row-major, and the cloud that each was drawn from.
    pub fn draw(&self, rng: &mut Rng, count: usize) -> (Vec<f32>, Vec<u32>) {
        let total: f64 = self.shares.iter().map(|&share| share as f64).sum();
        let clouds = (0..count).map(|_| self.find(rng.uniform() as f64 * total)).collect();
        self.around(rng, clouds)
    }

    /// The same number of points from every cloud: point `i` belongs to cloud `i mod clouds`.
    pub fn draw_balanced(&self, rng: &mut Rng, each: usize) -> (Vec<f32>, Vec<u32>) {
        let clouds = self.clouds();
        self.around(rng, (0..each * clouds).map(|i| (i % clouds) as u32).collect())
    }

    /// The cloud in which `at` falls when the shares are laid end to end.
    fn find(&self, at: f64) -> u32 {
        let mut end = 0.0;
        let mut last = 0;
        for (cloud, &share) in self.shares.iter().enumerate().filter(|(_, share)| **share > 0.0) {
            (end, last) = (end + share as f64, cloud as u32);
            if at < end {
                break;
            }
        }
        last
    }

    fn around(&self, rng: &mut Rng, clouds: Vec<u32>) -> (Vec<f32>, Vec<u32>) {
        let mut points = Vec::with_capacity(clouds.len() * self.dimensions);
        for &cloud in &clouds {
            let (cloud, deviation) = (cloud as usize, self.deviations[cloud as usize]);
            let centre = &self.centres[cloud * self.dimensions..][..self.dimensions];
            points.extend(centre.iter().map(|&x| x + deviation * rng.normal()));
        }
        (points, clouds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clouds_have_their_centres_deviations_and_shares() {
        let centres = vec![1.0, -2.0, 0.5, 4.0, 0.0, 0.0];
        let mixture = Mixture::new(3, centres.clone(), 1.0).expect("whole");
        let mixture = mixture.with_deviations(vec![0.5, 2.0]).expect("two").with_shares(vec![3.0, 1.0]).expect("two");
        let (points, clouds) = mixture.draw(&mut Rng::new(7, "mixture"), 40_000);
        let second = clouds.iter().filter(|&&cloud| cloud == 1).count();
        assert!((second as f64 / 10_000.0 - 1.0).abs() < 0.04, "{second}");
        for (cloud, deviation) in [0.5f64, 2.0].into_iter().enumerate() {
            for axis in 0..3 {
                let values: Vec<f64> = points
                    .chunks(3)
                    .zip(&clouds)
                    .filter(|(_, c)| **c as usize == cloud)
                    .map(|(point, _)| point[axis] as f64)
                    .collect();
                let mean = values.iter().sum::<f64>() / values.len() as f64;
                let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / values.len() as f64;
                assert!((mean - centres[cloud * 3 + axis] as f64).abs() < 0.05 * deviation, "{cloud} {axis}: {mean}");
                assert!((variance.sqrt() / deviation - 1.0).abs() < 0.04, "{cloud} {axis}: {variance}");
            }
        }
        let (_, clouds) = mixture.draw_balanced(&mut Rng::new(7, "mixture"), 2);
        assert_eq!(clouds, [0, 1, 0, 1]);
        let alone = mixture.clone().with_shares(vec![0.0, 1.0]).expect("one is above 0");
        assert!(alone.draw(&mut Rng::new(1, "mixture"), 100).1.iter().all(|&cloud| cloud == 1));
    }

    #[test]
    fn what_is_no_mixture_is_refused() {
        assert!(Mixture::new(2, vec![1.0; 3], 1.0).expect_err("torn").to_string().contains("3 coordinates"));
        let whole = Mixture::new(2, vec![1.0; 4], 1.0).expect("whole");
        assert!(whole.clone().with_shares(vec![0.0; 2]).is_err());
        assert!(whole.clone().with_shares(vec![1.0, f32::NAN]).is_err());
        assert!(whole.with_deviations(vec![1.0]).expect_err("one").to_string().contains("1 deviations for 2 clouds"));
    }
}
