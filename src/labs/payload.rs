//! Data on its way out. To a panel: a JSON value in which each array of numbers is a reference into a list of
//! typed arrays, so that the page gets them without copying or parsing.

use crate::json::json;
use serde_json::Value;

/// Arrays that belong to one message.
#[derive(Default)]
pub struct Payload {
    /// The arrays, in the order of their references.
    pub arrays: Vec<Vec<f32>>,
}

impl Payload {
    /// Takes an array and returns what stands for it in the JSON.
    pub fn array(&mut self, values: Vec<f32>) -> Value {
        self.arrays.push(values);
        json!({ "$": self.arrays.len() - 1 })
    }
}

/// A file for the visitor to keep.
#[derive(Clone, Debug, PartialEq)]
pub struct File {
    /// Suggested name, for instance `model.onnx`.
    pub name: String,
    /// Media type.
    pub mime: &'static str,
    /// Contents.
    pub bytes: Vec<u8>,
}

/// A leaf's name, shape and contents.
pub type Weights = (String, Vec<usize>, Vec<f32>);
