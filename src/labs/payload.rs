//! Data on its way to a panel: a JSON value in which each array of numbers is a reference into a list of
//! typed arrays, so that the page gets them without copying or parsing.

use serde_json::{Value, json};

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
