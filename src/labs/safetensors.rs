//! Files of tensors in the safetensors format.

use crate::graph::{Error, Result};
use crate::json::json;
use serde_json::{Map, Value};

/// A file of tensors, each a name, a shape and row-major values, and of `metadata`, pairs of a name and a text: the length
/// of a header of JSON, the header, and all values without gaps. By hand, as the library's writer, made for any type of
/// number, is ten kilobytes of the download.
///
/// # Errors
/// When a shape does not fit its values or a name comes twice.
pub(crate) fn write(tensors: &[(&str, &[usize], &[f32])], metadata: &[(&str, &str)]) -> Result<Vec<u8>> {
    let mut told = Map::new();
    for (name, text) in metadata {
        told.insert((*name).to_owned(), json!(*text));
    }
    let mut header = Map::new();
    header.insert("__metadata__".to_owned(), Value::Object(told));
    let mut data: Vec<u8> = Vec::new();
    for (name, shape, values) in tensors {
        let begin = data.len();
        for value in *values {
            // The format is little-endian, as are all machines that browsers run on; the conversion says so.
            data.extend_from_slice(&value.to_le_bytes());
        }
        let tensor = json!({ "dtype": "F32", "shape": *shape, "data_offsets": [begin, data.len()] });
        let fits = shape.iter().product::<usize>() == values.len();
        if header.insert((*name).to_owned(), tensor).is_some() || !fits {
            let message = format!("{name} comes twice, or its shape does not fit");
            return Err(Error::new("export", message, "report this, it should not happen"));
        }
    }
    let mut header = Value::Object(header).to_string();
    // Spaces at its end let the values begin at a multiple of eight.
    while !header.len().is_multiple_of(8) {
        header.push(' ');
    }
    Ok([&(header.len() as u64).to_le_bytes(), header.as_bytes(), &data].concat())
}
