//! Petri: neural networks that train in a web page, and papers whose claims are measured there.
//!
//! The way of a computation: [`graph`] (what to compute, from the operations in [`ops`]) → `grad`
//! (derivatives, in the same graph) → [`plan`] (lowered, fused, laid out in memory: a program) →
//! [`cpu`] or `gpu` (replays the program). [`reference`](mod@reference) is the double-precision truth.
//! A [`labs`] entry describes an experiment made of programs; a [`session`] runs it.

pub mod analysis;
pub mod bench;
pub mod cpu;
pub mod data;
#[cfg(feature = "gpu")]
pub mod gpu;
mod grad;
pub mod graph;
mod json;
#[cfg(feature = "labs")]
pub mod labs;
pub mod nn;
pub mod number;
pub mod ops;
pub mod optim;
pub mod plan;
#[cfg(feature = "labs")]
pub mod playground;
#[cfg(feature = "reference")]
pub mod reference;
pub mod replicate;
pub mod rng;
#[cfg(feature = "labs")]
pub mod session;
mod vectorise;
#[cfg(target_arch = "wasm32")]
pub mod web;
