//! Our numbers against those of NumPy, JAX and others, stored beside the scripts that made them.

mod common;

#[cfg(not(target_arch = "wasm32"))]
#[path = "fixtures/layers.rs"]
mod layers;
