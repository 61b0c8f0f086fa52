//! Plain index loops for the reference evaluations: clear before fast.

/// Every coordinate of a shape in row-major order; one empty coordinate for a scalar.
pub(crate) fn coordinates(shape: &[usize]) -> impl Iterator<Item = Vec<usize>> {
    let shape = shape.to_vec();
    let count: usize = shape.iter().product();
    (0..count).map(move |mut flat| {
        let mut at = vec![0; shape.len()];
        for axis in (0..shape.len()).rev() {
            at[axis] = flat % shape[axis];
            flat /= shape[axis];
        }
        at
    })
}

/// Row-major position of a coordinate.
pub(crate) fn flat_index(at: &[usize], shape: &[usize]) -> usize {
    at.iter().zip(shape).fold(0, |flat, (&i, &extent)| flat * extent + i)
}
