//! Files of tensors in the safetensors format.

use crate::graph::{Error, Result};
use safetensors::SafeTensorError;
use safetensors::tensor::{Dtype, TensorView, serialize};

/// A file of tensors, each a name, a shape and row-major values, and of `metadata`, pairs of a name and a text.
///
/// # Errors
/// When a shape does not fit its values or a name comes twice.
pub(crate) fn write<'a>(
    tensors: impl Iterator<Item = (&'a str, &'a [usize], &'a [f32])>,
    metadata: impl IntoIterator<Item = (String, String)>,
) -> Result<Vec<u8>> {
    let refused = |error: SafeTensorError| Error::new("export", error.to_string(), "report this, it should not happen");
    // The format is little-endian, as are all machines that browsers run on; the conversion says so.
    let bytes = |values: &[f32]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    let tensors: Vec<_> = tensors.map(|(name, shape, values)| (name, shape.to_vec(), bytes(values))).collect();
    let views = tensors.iter().map(|(name, shape, bytes)| {
        TensorView::new(Dtype::F32, shape.clone(), bytes).map(|view| (*name, view)).map_err(refused)
    });
    serialize(views.collect::<Result<Vec<_>>>()?, Some(metadata.into_iter().collect())).map_err(refused)
}
