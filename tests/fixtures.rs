//! Our numbers against those of NumPy, JAX and others, stored beside the scripts that made them.
#![cfg(not(target_arch = "wasm32"))]

mod common;

#[path = "fixtures/analysis.rs"]
mod analysis;
#[path = "fixtures/indexing.rs"]
mod indexing;
#[path = "fixtures/layers.rs"]
mod layers;
#[path = "fixtures/training.rs"]
mod training;
#[path = "fixtures/window.rs"]
mod window;
