//! Our numbers against those of NumPy, JAX and others, stored beside the scripts that made them.

mod common;

#[path = "fixtures/layers.rs"]
mod layers;
