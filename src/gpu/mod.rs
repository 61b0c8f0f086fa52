//! Runs a program on the GPU through WebGPU: in the browser, or natively on Vulkan, Metal or Direct3D 12.
//!
//! *Why it is so.* Context: at Petri's sizes a GPU spends less time computing than being told what to
//! compute, and most of what it is told is the same at every step; buffers and bind groups are dear to
//! make, waiting for results dearer still, and WebGPU offers no recorded command lists. Decision:
//! everything is made before a machine runs, with shapes as constants of the shaders, and in portions,
//! because compiling takes long; many steps go into one compute pass and one submission; counters and
//! random numbers live on the device; results come back through a pool of staging buffers that nobody
//! waits for. Consequence: a step costs two or three calls per kernel and no memory; a change of shape
//! prepares a new machine (pipelines of equal text are kept); results agree with the CPU to rounding,
//! random bits exactly; only the loss of the device can fail, and then machines stand still and
//! [`Context::lost`] says why.
//!
//! `code.rs`, `emit.rs` and `product.rs` turn kernels into WGSL around the templates in `shaders/`; `tiling.rs` says how a
//! matrix product is computed, `split.rs` takes it in parts; `context.rs` owns
//! the device; `preparation.rs` makes what `machine.rs` replays: the lists of `replay.rs`, which
//! `native.rs` and `web.rs` play; `staging.rs` reads back; `canary.rs` finds GPUs that compute wrongly.

mod canary;
mod code;
mod context;
mod emit;
mod machine;
#[cfg(not(target_arch = "wasm32"))]
mod native;
mod preparation;
mod product;
mod replay;
mod scope;
mod split;
mod staging;
mod tiling;
#[cfg(target_arch = "wasm32")]
mod web;
#[cfg(not(target_arch = "wasm32"))]
use native as player;
#[cfg(target_arch = "wasm32")]
use web as player;

pub use canary::canary;
pub use code::Binding;
pub use context::{Context, Options};
pub use emit::{Shader, shader};
pub use machine::Machine;
pub use preparation::Preparation;
pub use replay::Schedule;
pub use tiling::Tiling;

pub use crate::plan::{Delivery, Read};
