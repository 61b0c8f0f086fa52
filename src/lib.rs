//! Petri: neural networks that train in a web page, and papers whose claims are measured there.
//!
//! The way of a computation: [`graph`] (what to compute, from the operations in [`ops`]) → [`grad`]
//! (derivatives, in the same graph) → [`plan`] (lowered, fused, laid out in memory: a program) →
//! [`cpu`] or `gpu` (replays the program). [`reference`](mod@reference) is the double-precision truth.

pub mod cpu;
mod grad;
pub mod graph;
pub mod ops;
pub mod plan;
pub mod reference;
pub mod rng;
