//! Values that independent implementations give for the same inputs: a script and what it wrote in `tests/fixtures/`.
#![cfg(not(target_arch = "wasm32"))]

#[path = "fixtures/training.rs"]
mod training;
