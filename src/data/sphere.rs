//! Points uniform on a sphere: normal deviates divided by their length (Muller, "A note on a method for generating
//! points uniformly on n-dimensional spheres", 1959).

use crate::rng::Rng;

/// `count` points on the sphere of radius 1 around the origin, `[count, dimensions]`, row-major.
pub fn on_sphere(rng: &mut Rng, count: usize, dimensions: usize) -> Vec<f32> {
    let mut points = Vec::with_capacity(count * dimensions);
    let mut draw = vec![0.0f32; dimensions];
    for _ in 0..count {
        loop {
            draw.iter_mut().for_each(|x| *x = rng.normal());
            let length = draw.iter().map(|&x| x as f64 * x as f64).sum::<f64>().sqrt();
            // A draw next to the origin has no accurate direction; in one dimension it happens.
            if length > 1e-3 || dimensions == 0 {
                points.extend(draw.iter().map(|&x| (x as f64 / length) as f32));
                break;
            }
        }
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_have_length_1_and_every_direction_the_same_share() {
        for dimensions in [1, 2, 3, 10] {
            let points = on_sphere(&mut Rng::new(2, "sphere"), 20_000, dimensions);
            let mut moments = vec![0.0; dimensions * dimensions];
            for point in points.chunks(dimensions) {
                let length = point.iter().map(|&x| x as f64 * x as f64).sum::<f64>().sqrt();
                assert!((length - 1.0).abs() < 2e-7, "{length}");
                for (i, &x) in point.iter().enumerate() {
                    for (j, &y) in point.iter().enumerate() {
                        moments[i * dimensions + j] += x as f64 * y as f64 / 20_000.0;
                    }
                }
            }
            // E x xᵀ = I / d.
            for (position, moment) in moments.iter().enumerate() {
                let diagonal = position / dimensions == position % dimensions;
                let want = if diagonal { 1.0 / dimensions as f64 } else { 0.0 };
                assert!((moment - want).abs() < 0.02, "{dimensions}: {moment} instead of {want}");
            }
        }
        assert!(on_sphere(&mut Rng::new(2, "sphere"), 3, 0).is_empty());
    }
}
