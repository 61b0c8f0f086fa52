//! Our numbers against those of NumPy, JAX and others, stored beside the scripts that made them.

#[path = "fixtures/analysis.rs"]
mod analysis;
