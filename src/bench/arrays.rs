//! Named arrays that a task is given: its data set and its first weights.

use crate::graph::{Error, Result, elements};
use std::collections::BTreeMap;

/// Arrays by name, row-major; unsigned integers as bit patterns.
#[derive(Clone, Debug, Default)]
pub struct Arrays(BTreeMap<String, Vec<f32>>);

impl Arrays {
    /// Adds an array.
    pub fn insert(&mut self, name: impl Into<String>, values: Vec<f32>) {
        self.0.insert(name.into(), values);
    }

    /// The elements of an array, without knowing its shape.
    pub fn values(&self, name: &str) -> Option<&[f32]> {
        self.0.get(name).map(Vec::as_slice)
    }

    /// The elements of an array of this shape.
    pub(super) fn get(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let refuse = |message: String, fix: &str| Err(Error::new(format!("array {name}"), message, fix));
        match self.0.get(name) {
            Some(values) if values.len() == elements(shape) => Ok(values.clone()),
            Some(values) => {
                refuse(format!("{} elements do not make {shape:?}", values.len()), "give the array of this very task")
            }
            None => refuse("is missing".into(), "give the arrays of the data set and all first weights"),
        }
    }
}
