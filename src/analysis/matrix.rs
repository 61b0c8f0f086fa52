//! Matrices from what a run recorded, and the checks that every analysis starts with.

use crate::graph::{Error, Result};
use nalgebra::DMatrix;

/// The matrix `[values.len() / columns, columns]` of row-major `values`. Fails if they do not fill whole rows.
pub fn from_rows<T: Copy + Into<f64>>(values: &[T], columns: usize) -> Result<DMatrix<f64>> {
    check_rows("matrix", values.len(), columns)?;
    let rows = values.len() / columns;
    Ok(DMatrix::from_row_iterator(rows, columns, values.iter().map(|&value| value.into())))
}

/// The same numbers in double precision.
pub fn widen(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&value| value as f64).collect()
}

/// Fails unless `count` values make whole rows of `columns`.
pub(super) fn check_rows(place: &str, count: usize, columns: usize) -> Result<()> {
    if columns > 0 && count.is_multiple_of(columns) {
        return Ok(());
    }
    Err(Error::new(place, format!("{count} values do not make rows of {columns}"), "give whole rows"))
}

/// Fails unless the matrix has entries and all of them are finite.
pub(super) fn check(place: &str, name: &str, matrix: &DMatrix<f64>) -> Result<()> {
    if matrix.is_empty() {
        let message = format!("{name} is empty: [{}, {}]", matrix.nrows(), matrix.ncols());
        return Err(Error::new(place, message, "give at least one row and one column"));
    }
    check_values(place, name, matrix.as_slice())
}

/// Fails unless all values are finite.
pub(super) fn check_values(place: &str, name: &str, values: &[f64]) -> Result<()> {
    match values.iter().position(|value| !value.is_finite()) {
        Some(_) => Err(Error::new(place, format!("{name} holds values that are not finite"), "see where it diverged")),
        None => Ok(()),
    }
}

/// Fails unless the matrix is square, with finite entries.
pub(super) fn check_square(place: &str, name: &str, matrix: &DMatrix<f64>) -> Result<()> {
    if !matrix.is_square() {
        let message = format!("{name} is [{}, {}], not square", matrix.nrows(), matrix.ncols());
        return Err(Error::new(place, message, "give as many rows as columns"));
    }
    check(place, name, matrix)
}

/// Fails unless two things that belong together, one entry a sample, are of one length.
pub(super) fn check_lengths(place: &str, (a, of_a): (&str, usize), (b, of_b): (&str, usize)) -> Result<()> {
    if of_a != of_b {
        return Err(Error::new(place, format!("{of_a} {a} and {of_b} {b}"), "give one of each for every sample"));
    }
    Ok(())
}

/// Fails unless `ridge` is a finite number that is not negative.
pub(super) fn check_ridge(place: &str, ridge: f64) -> Result<()> {
    if ridge.is_finite() && ridge >= 0.0 {
        return Ok(());
    }
    Err(Error::new(place, "the ridge is negative or not finite", "give a ridge of 0 or more"))
}

/// The matrix with the mean of every column taken off, and those means.
pub fn centre_columns(matrix: &DMatrix<f64>) -> (DMatrix<f64>, Vec<f64>) {
    let mut centred = matrix.clone();
    let count = matrix.nrows().max(1) as f64;
    let mut means = Vec::with_capacity(matrix.ncols());
    for mut column in centred.column_iter_mut() {
        let mean = column.sum() / count;
        column.add_scalar_mut(-mean);
        means.push(mean);
    }
    (centred, means)
}

/// The sign that makes the component of largest magnitude positive: what fixes the sign of an eigenvector or of a
/// singular vector. Of almost equal magnitudes the first decides, so that rounding does not. 1 for no components.
pub fn steady_sign(direction: &[f64]) -> f64 {
    let largest = direction.iter().fold(0.0, |most: f64, v| most.max(v.abs())) * (1.0 - 1e-9);
    direction.iter().find(|v| v.abs() >= largest).map_or(1.0, |v| if *v < 0.0 { -1.0 } else { 1.0 })
}

/// Inner product in double precision, in four sums, which processors can add side by side.
pub(super) fn dot<T: Copy + Into<f64>>(a: &[T], b: &[T]) -> f64 {
    let product = |x: T, y: T| -> f64 { x.into() * y.into() };
    let (fours, rest) = a.as_chunks::<4>();
    let (others, last) = b.as_chunks::<4>();
    let mut sums = [0.0; 4];
    for (x, y) in fours.iter().zip(others) {
        for lane in 0..4 {
            sums[lane] += product(x[lane], y[lane]);
        }
    }
    let tail: f64 = rest.iter().zip(last).map(|(&x, &y)| product(x, y)).sum();
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + tail
}

/// Rotates two columns of a column-major matrix of `rows` rows: `(a, b) ← (c a − s b, s a + c b)`; `a` comes first.
pub(super) fn rotate(values: &mut [f64], rows: usize, (a, b): (usize, usize), (cosine, sine): (f64, f64)) {
    let (front, back) = values.split_at_mut(b * rows);
    for (x, y) in front[a * rows..(a + 1) * rows].iter_mut().zip(&mut back[..rows]) {
        (*x, *y) = (cosine * *x - sine * *y, sine * *x + cosine * *y);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_rows_and_bad_counts_are_refused() {
        let matrix = from_rows(&[1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0], 3).unwrap();
        assert_eq!((matrix.nrows(), matrix[(0, 2)], matrix[(1, 0)]), (2, 3.0, 4.0));
        assert!(from_rows(&[1.0f64; 5], 2).unwrap_err().message.contains("rows of 2"));
        assert!(from_rows::<f64>(&[], 0).is_err());
        assert!(check("here", "it", &DMatrix::zeros(0, 3)).unwrap_err().message.contains("[0, 3]"));
        assert!(check("here", "it", &DMatrix::from_element(1, 1, f64::NAN)).is_err());
    }

    #[test]
    fn a_sign_does_not_hang_on_rounding() {
        assert_eq!(steady_sign(&[-0.5, 0.5 + 1e-14]), -1.0);
        assert_eq!(steady_sign(&[0.1, 0.7, -0.2]), 1.0);
        assert_eq!((steady_sign(&[]), steady_sign(&[0.0, -0.0])), (1.0, 1.0));
    }
}
