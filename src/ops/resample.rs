//! Up-sampling of the last axes by whole factors: the nearest element repeated, or linear interpolation as a product
//! with a small matrix that is computed from the running index.

use crate::graph::{Error, Graph, Result, Var};

impl Graph {
    /// Every element of the last `factors.len()` axes repeated `factor` times: `[.., n]` → `[.., n · factor]`.
    pub fn upsample_nearest(&mut self, a: Var, factors: &[usize]) -> Result<Var> {
        let first = self.check_factors("upsample_nearest", a, factors)?;
        let shape = self.shape(a).to_vec();
        let (mut apart, mut wide, mut merged) = (shape[..first].to_vec(), shape[..first].to_vec(), shape.clone());
        for (i, &factor) in factors.iter().enumerate() {
            apart.extend([shape[first + i], 1]);
            wide.extend([shape[first + i], factor]);
            merged[first + i] *= factor;
        }
        let apart = self.reshape(a, &apart)?;
        let wide = self.broadcast_to(apart, &wide)?;
        self.reshape(wide, &merged)
    }

    /// Linear interpolation along each of the last `factors.len()` axes (two: bilinear). Element `i` of the result lies
    /// at `(i + ½) / factor − ½` of the operand, clamped to its edges (PyTorch's `align_corners = False`).
    pub fn upsample_linear(&mut self, a: Var, factors: &[usize]) -> Result<Var> {
        let first = self.check_factors("upsample_linear", a, factors)?;
        let mut result = a;
        for (i, &factor) in factors.iter().enumerate().filter(|(_, factor)| **factor > 1) {
            let extent = self.shape(a)[first + i];
            // Weights are a hat around the place: max(0, 1 − |place − element|).
            let index = self.iota(&[extent * factor, 1])?;
            let index = self.to_f32(index)?;
            let middle = self.add_number(index, 0.5)?;
            let place = self.mul_number(middle, 1.0 / factor as f32)?;
            let place = self.add_number(place, -0.5)?;
            let (zero, last) = (self.constant(0.0, &[])?, self.constant(extent as f32 - 1.0, &[])?);
            let place = self.max(place, zero)?;
            let place = self.min(place, last)?;
            let element = self.iota(&[1, extent])?;
            let element = self.to_f32(element)?;
            let distance = self.sub(place, element)?;
            let distance = self.abs(distance)?;
            let one = self.constant(1.0, &[])?;
            let weight = self.sub(one, distance)?;
            let matrix = self.relu(weight)?;
            result = self.product_along(result, first + i, matrix)?;
        }
        Ok(result)
    }

    /// Multiplies every line of `a` along `axis` by `matrix [m, n]`: `[.., n, ..]` → `[.., m, ..]`.
    pub(super) fn product_along(&mut self, a: Var, axis: usize, matrix: Var) -> Result<Var> {
        let shape = self.shape(a).to_vec();
        let extent = self.shape(matrix)[0];
        let mut result = shape.clone();
        result[axis] = extent;
        let (outer, inner): (usize, usize) = (shape[..axis].iter().product(), shape[axis + 1..].iter().product());
        let product = if inner == 1 {
            // One product of all lines at once.
            let lines = self.reshape(a, &[outer, shape[axis]])?;
            let right = self.transpose(matrix)?;
            self.matmul(lines, right)?
        } else {
            let lines = self.reshape(a, &[outer, shape[axis], inner])?;
            self.matmul(matrix, lines)?
        };
        self.reshape(product, &result)
    }

    fn check_factors(&self, name: &str, a: Var, factors: &[usize]) -> Result<usize> {
        let shape = self.shape(a);
        match shape.len().checked_sub(factors.len()) {
            Some(first) if !factors.is_empty() && !factors.contains(&0) && !shape[first..].contains(&0) => Ok(first),
            _ => Err(Error::new(
                format!("{name} {}", self.node(a).label),
                format!("{shape:?} cannot be enlarged by factors {factors:?}"),
                "give a factor of at least 1 for each of the last axes, which must not be empty",
            )),
        }
    }
}
