//! The ways in from JavaScript: [`Engine`] for the page's worker, [`Bench`] and [`GpuBench`] for measurements of speed, which
//! are built without everything that a lab needs. Beside `gpu/web.rs`, which talks to the browser's GPU, the only module
//! that names JavaScript's types.

#[cfg(feature = "bench")]
mod bench;
#[cfg(feature = "labs")]
mod engine;

#[cfg(feature = "bench")]
pub use bench::{Bench, agrees, jobs};
#[cfg(all(feature = "bench", feature = "gpu"))]
pub use bench::{GpuBench, Graphics};
#[cfg(feature = "labs")]
pub use engine::Engine;
