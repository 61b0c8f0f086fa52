//! The ways in from JavaScript, the only module that names its types: [`Engine`] for the page's worker, [`Bench`] and
//! [`GpuBench`] for measurements beside other libraries, which are built without everything that a page needs.

#[cfg(feature = "bench")]
mod bench;
#[cfg(feature = "labs")]
mod engine;

#[cfg(feature = "bench")]
pub use bench::Bench;
#[cfg(all(feature = "bench", feature = "gpu"))]
pub use bench::GpuBench;
#[cfg(feature = "labs")]
pub use engine::Engine;
