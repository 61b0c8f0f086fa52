//! Shapes, element types and the arithmetic on them: broadcasting and row-major strides.

use super::{Error, Result};

/// Element type of a tensor. Both are four bytes wide, so any buffer can hold either.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DType {
    /// IEEE single precision.
    F32,
    /// Unsigned integers: indices, labels, random bits.
    U32,
}

/// Shape and element type of a node.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Type {
    /// Extent of each axis, outermost first; empty for a scalar.
    pub shape: Vec<usize>,
    /// Element type.
    pub dtype: DType,
}

impl Type {
    /// A type of `f32` elements.
    pub fn f32(shape: impl Into<Vec<usize>>) -> Self {
        Type { shape: shape.into(), dtype: DType::F32 }
    }

    /// A type of `u32` elements.
    pub fn u32(shape: impl Into<Vec<usize>>) -> Self {
        Type { shape: shape.into(), dtype: DType::U32 }
    }

    /// Number of elements.
    pub fn elements(&self) -> usize {
        elements(&self.shape)
    }
}

/// Number of elements of a shape; 1 for a scalar.
pub fn elements(shape: &[usize]) -> usize {
    shape.iter().product()
}

/// Row-major strides in elements.
pub fn strides(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis] * shape[axis];
    }
    strides
}

/// The common shape of two operands under NumPy's rule: axes are aligned from the right, and an
/// extent of 1 stretches.
pub fn broadcast(a: &[usize], b: &[usize]) -> Result<Vec<usize>> {
    let rank = a.len().max(b.len());
    let extent = |shape: &[usize], axis: usize| {
        let missing = rank - shape.len();
        if axis < missing { 1 } else { shape[axis - missing] }
    };
    (0..rank)
        .map(|axis| match (extent(a, axis), extent(b, axis)) {
            (x, y) if x == y => Ok(x),
            (1, y) => Ok(y),
            (x, 1) => Ok(x),
            (x, y) => Err(Error::new(
                "broadcast",
                format!("shapes {a:?} and {b:?} do not match: axis {axis} has {x} and {y}"),
                "make the extents equal, or one of them 1",
            )),
        })
        .collect()
}
