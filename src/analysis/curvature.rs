//! Extreme eigenvalues of a symmetric operator that is known only by what it does to a vector, such as a Hessian:
//! sharpness and its directions.
//!
//! The operator works in single precision, as the engine does, so residuals end near 1e-7 of the largest
//! eigenvalue. Lanczos with full re-orthogonalisation: Golub and Van Loan, "Matrix computations", 4th edition,
//! section 10.3.

use super::eigen::tridiagonal;
use super::matrix::{check_values, dot, steady_sign};
use super::order::descending;
use crate::graph::{Error, Result};
use crate::rng::Rng;

/// y ← A x for a symmetric A; both have the operator's dimension.
pub type Operator<'a> = &'a mut dyn FnMut(&[f32], &mut [f32]);

/// Which eigenvalues are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The largest, positive before negative, largest first.
    Largest,
    /// The smallest, smallest (most negative) first.
    Smallest,
    /// Those of largest magnitude, of either sign.
    Magnitude,
}

/// How long to look.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Applications of the operator at most, those that measure the residuals not counted.
    pub most: usize,
    /// Residual ‖A v − λ v‖, as a share of the largest |λ| seen, that is good enough; below 1e-6 single precision
    /// may not get.
    pub tolerance: f64,
}

/// An eigenvalue, its eigenvector, and how far they are from being that.
#[derive(Clone, Debug, PartialEq)]
pub struct Eigenpair {
    /// λ.
    pub value: f64,
    /// v of length 1, its component of largest magnitude positive.
    pub vector: Vec<f64>,
    /// ‖A v − λ v‖: an eigenvalue of A lies within this distance of λ.
    pub residual: f64,
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Eigenpairs {
    /// In the order that was asked for.
    pub pairs: Vec<Eigenpair>,
    /// Whether every residual is within the tolerance.
    pub converged: bool,
    /// Applications of the operator, all together.
    pub applications: usize,
}

const PLACE: &str = "curvature";
/// Share of the largest eigenvalue below which a direction is the operator's own rounding.
const NOISE: f64 = 4.0 * f32::EPSILON as f64;

/// An operator that counts, converts and checks.
struct Applied<'a> {
    operator: Operator<'a>,
    narrow: [Vec<f32>; 2],
    count: usize,
}

impl Applied<'_> {
    fn to(&mut self, vector: &[f64]) -> Result<Vec<f64>> {
        let [from, to] = &mut self.narrow;
        from.iter_mut().zip(vector).for_each(|(narrow, &wide)| *narrow = wide as f32);
        (self.operator)(from, to);
        self.count += 1;
        if to.iter().any(|value| !value.is_finite()) {
            let message = format!("application {} of the operator gave values that are not finite", self.count);
            return Err(Error::new(PLACE, message, "see where the network diverged"));
        }
        Ok(super::matrix::widen(to))
    }

    /// The pair of a vector of length 1 and of the value that fits it best.
    fn pair(&mut self, mut vector: Vec<f64>) -> Result<Eigenpair> {
        let image = self.to(&vector)?;
        let value = dot(&vector, &image);
        let residual = distance(&image, &vector, value);
        let sign = steady_sign(&vector);
        vector.iter_mut().for_each(|v| *v *= sign);
        Ok(Eigenpair { value, vector, residual })
    }
}

fn begin(dimension: usize, effort: Effort, operator: Operator<'_>) -> Result<Applied<'_>> {
    if dimension == 0 || effort.most == 0 {
        let message = format!("{dimension} dimensions, at most {} applications", effort.most);
        return Err(Error::new(PLACE, message, "give at least one of each"));
    }
    Ok(Applied { operator, narrow: [vec![0.0; dimension], vec![0.0; dimension]], count: 0 })
}

fn distance(image: &[f64], vector: &[f64], value: f64) -> f64 {
    image.iter().zip(vector).map(|(a, v)| (a - value * v) * (a - value * v)).sum::<f64>().sqrt()
}

fn norm(vector: &[f64]) -> f64 {
    dot(vector, vector).sqrt()
}

fn divide(vector: &mut [f64], by: f64) {
    vector.iter_mut().for_each(|v| *v /= by);
}

/// Takes off what lies along the basis; twice, which is enough (Parlett, "The symmetric eigenvalue problem", 6.9).
fn orthogonalise(vector: &mut [f64], basis: &[Vec<f64>]) {
    for _ in 0..2 {
        for direction in basis {
            let along = dot(direction, vector);
            vector.iter_mut().zip(direction).for_each(|(v, d)| *v -= along * d);
        }
    }
}

/// A random direction orthogonal to the basis, which must not fill the space.
fn fresh(dimension: usize, basis: &[Vec<f64>], rng: &mut Rng) -> Vec<f64> {
    loop {
        let mut vector: Vec<f64> = (0..dimension).map(|_| rng.normal() as f64).collect();
        orthogonalise(&mut vector, basis);
        let length = norm(&vector);
        // Almost always at once; what is left must be more than rounding.
        if length > 1e-8 {
            divide(&mut vector, length);
            return vector;
        }
    }
}

/// The eigenvalue of largest magnitude, by power iteration, from `start` (say, the last frame's vector; its length
/// does not matter) or from a random direction. Slow where the next magnitude is close, and without an end where λ
/// and −λ are both largest: `converged` then says no.
pub fn power(
    dimension: usize,
    start: Option<&[f64]>,
    effort: Effort,
    rng: &mut Rng,
    operator: Operator<'_>,
) -> Result<Eigenpairs> {
    let mut applied = begin(dimension, effort, operator)?;
    let mut vector = match start {
        None => fresh(dimension, &[], rng),
        Some(start) => {
            check_values(PLACE, "the start", start)?;
            let length = norm(start);
            if start.len() != dimension || length == 0.0 {
                let message = format!("a start of {} numbers for {dimension} dimensions, or zero", start.len());
                return Err(Error::new(PLACE, message, "start from a vector of the operator's dimension"));
            }
            start.iter().map(|v| v / length).collect()
        }
    };
    loop {
        let mut image = applied.to(&vector)?;
        let value = dot(&vector, &image);
        let residual = distance(&image, &vector, value);
        let length = norm(&image);
        let converged = residual <= effort.tolerance * length;
        if converged || applied.count >= effort.most {
            let sign = steady_sign(&vector);
            vector.iter_mut().for_each(|v| *v *= sign);
            let pairs = vec![Eigenpair { value, vector, residual }];
            return Ok(Eigenpairs { pairs, converged, applications: applied.count });
        }
        divide(&mut image, length);
        vector = image;
    }
}

/// The `count` eigenvalues at an end of the spectrum (fewer if the dimension is smaller), by Lanczos' method with
/// full re-orthogonalisation, which keeps up to `effort.most` vectors. Of an eigenvalue that occurs several times it
/// may find fewer copies than there are.
pub fn lanczos(
    dimension: usize,
    count: usize,
    which: Which,
    effort: Effort,
    rng: &mut Rng,
    operator: Operator<'_>,
) -> Result<Eigenpairs> {
    let mut applied = begin(dimension, effort, operator)?;
    let count = count.min(dimension);
    let limit = effort.most.min(dimension);
    if count == 0 || limit < count {
        let message = format!("{count} eigenvalues in at most {limit} applications");
        return Err(Error::new(PLACE, message, "ask for at least one and allow some applications for each"));
    }
    let (mut basis, mut diagonal, mut beside): (Vec<Vec<f64>>, Vec<f64>, Vec<f64>) = Default::default();
    let mut next = fresh(dimension, &[], rng);
    // Looking costs more the more there is to look at, so it is done less often then.
    let mut look_at = count;
    let (eigen, wanted) = loop {
        let mut image = applied.to(&next)?;
        diagonal.push(dot(&next, &image));
        basis.push(next);
        orthogonalise(&mut image, &basis);
        let length = norm(&image);
        let size = diagonal.len();
        if size >= look_at || size == limit {
            look_at = size + 1 + size / 10;
            let eigen = tridiagonal(&diagonal, &beside)?;
            let wanted = choose(&eigen.values, which, count);
            let scale = largest(&eigen.values);
            // The residual of a vector in the basis' span is its share in the last one, carried out of the span.
            // Where nothing is carried out, a fresh direction must add nothing to what is wanted either: there may
            // be more copies of an eigenvalue.
            let carried = if length > NOISE * scale { length } else { scale };
            let good = |&at: &usize| carried * eigen.vectors[(size - 1, at)].abs() <= effort.tolerance * scale;
            if size == limit || wanted.iter().all(good) {
                break (eigen, wanted);
            }
        }
        let scale = diagonal.iter().chain(&beside).fold(0.0, |most: f64, v| most.max(v.abs()));
        if length > NOISE * scale {
            divide(&mut image, length);
            beside.push(length);
            next = image;
        } else {
            beside.push(0.0);
            next = fresh(dimension, &basis, rng);
        }
    };
    let scale = largest(&eigen.values);
    let mut pairs = Vec::with_capacity(count);
    for at in wanted {
        let mut vector = vec![0.0; dimension];
        for (direction, &share) in basis.iter().zip(eigen.vectors.column(at).iter()) {
            vector.iter_mut().zip(direction).for_each(|(v, d)| *v += share * d);
        }
        let length = norm(&vector);
        divide(&mut vector, length);
        pairs.push(applied.pair(vector)?);
    }
    let converged = pairs.iter().all(|pair| pair.residual <= effort.tolerance * scale);
    Ok(Eigenpairs { pairs, converged, applications: applied.count })
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |most: f64, value| most.max(value.abs()))
}

/// Indices of the wanted among values in descending order.
fn choose(values: &[f64], which: Which, count: usize) -> Vec<usize> {
    let order: Vec<usize> = match which {
        Which::Largest => (0..values.len()).collect(),
        Which::Smallest => (0..values.len()).rev().collect(),
        Which::Magnitude => descending(&values.iter().map(|value| value.abs()).collect::<Vec<f64>>()),
    };
    order[..count].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    const EFFORT: Effort = Effort { most: 200, tolerance: 1e-5 };

    /// A diagonal operator: its eigenvectors are the axes.
    fn diagonal(values: &[f32]) -> impl FnMut(&[f32], &mut [f32]) {
        move |x, y| y.iter_mut().zip(x).zip(values).for_each(|((y, x), value)| *y = value * x)
    }

    #[test]
    fn both_ends_and_magnitudes_are_found() {
        let values: Vec<f32> = (0..80).map(|at| at as f32 * 0.1 - 3.0).chain([9.0, -7.0, 6.0]).collect();
        let found = |which| {
            let rng = &mut Rng::new(1, "lanczos");
            let found = lanczos(values.len(), 3, which, EFFORT, rng, &mut diagonal(&values)).unwrap();
            assert!(found.converged && found.applications < 83, "{}", found.applications);
            found.pairs
        };
        for (which, want) in [
            (Which::Largest, [9.0, 6.0, 4.9]),
            (Which::Smallest, [-7.0, -3.0, -2.9]),
            (Which::Magnitude, [9.0, -7.0, 6.0]),
        ] {
            let pairs = found(which);
            for (pair, want) in pairs.iter().zip(want) {
                assert!((pair.value - want).abs() < 1e-5, "{which:?}: {} for {want}", pair.value);
                let at = values.iter().position(|&value| (value as f64 - want).abs() < 1e-5).unwrap();
                assert!(pair.vector[at] > 0.999, "{}", pair.vector[at]);
            }
        }
    }

    #[test]
    fn power_iteration_says_when_it_has_not_arrived() {
        let rng = &mut Rng::new(2, "power");
        let values = [1.0, -5.0, 2.0, 0.5];
        let found = power(4, None, EFFORT, rng, &mut diagonal(&values)).unwrap();
        assert!(found.converged && (found.pairs[0].value + 5.0).abs() < 1e-6 && found.pairs[0].vector[1] > 0.999);
        let again = power(4, Some(&found.pairs[0].vector), EFFORT, rng, &mut diagonal(&values)).unwrap();
        assert_eq!(again.applications, 1);
        let tied = power(2, None, EFFORT, rng, &mut diagonal(&[3.0, -3.0])).unwrap();
        assert!(!tied.converged && tied.applications == 200 && tied.pairs[0].residual > 0.1);
        let zero = power(2, None, EFFORT, rng, &mut diagonal(&[0.0, 0.0])).unwrap();
        assert!(zero.converged && zero.pairs[0].value == 0.0);
    }

    #[test]
    fn small_and_degenerate_operators_are_no_special_case() {
        let rng = &mut Rng::new(3, "lanczos");
        let pairs = |values: &[f32], count, rng: &mut Rng| {
            let found = lanczos(values.len(), count, Which::Largest, EFFORT, rng, &mut diagonal(values)).unwrap();
            assert!(found.converged);
            found.pairs.iter().map(|pair| pair.value).collect::<Vec<f64>>()
        };
        assert_eq!(pairs(&[4.0], 3, rng), [4.0]);
        for (values, want) in [([2.0; 5], [2.0; 3]), ([5.0, 5.0, 5.0, 3.0, 1.0], [5.0; 3]), ([0.0; 5], [0.0; 3])] {
            let got = pairs(&values, 3, rng);
            assert!(got.iter().zip(want).all(|(got, want)| (got - want).abs() < 1e-6), "{got:?}");
        }
        // Of low rank in many dimensions: it need not be searched to its end.
        let low: Vec<f32> = (0..500).map(|at| if at % 100 == 0 { (at / 100 + 1) as f32 } else { 0.0 }).collect();
        let found = lanczos(500, 2, Which::Largest, EFFORT, rng, &mut diagonal(&low)).unwrap();
        assert!(found.converged && found.applications < 12, "{}", found.applications);
    }

    #[test]
    fn faults_are_told() {
        let rng = &mut Rng::new(4, "lanczos");
        let nan = &mut |_: &[f32], y: &mut [f32]| y.fill(f32::NAN);
        let error = lanczos(5, 1, Which::Largest, EFFORT, rng, nan).unwrap_err();
        assert!(error.message.contains("application 1"), "{error}");
        assert!(power(5, None, EFFORT, rng, nan).is_err());
        let same = &mut |x: &[f32], y: &mut [f32]| y.copy_from_slice(x);
        assert!(power(0, None, EFFORT, rng, same).is_err());
        assert!(power(2, Some(&[0.0, 0.0]), EFFORT, rng, same).is_err());
        assert!(lanczos(5, 0, Which::Largest, EFFORT, rng, same).is_err());
        assert!(lanczos(5, 3, Which::Largest, Effort { most: 2, tolerance: 1e-5 }, rng, same).is_err());
    }
}
