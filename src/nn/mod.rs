//! Layers: functions that build graph nodes, one file each with its formula and its source.
//!
//! A layer owns nothing but handles of its leaves; values live in the program that is planned from the
//! graph. First weights are drawn at the host ([`init`]), so that every backend starts from the same bits.

pub mod activation;
pub mod convolution;
pub mod dropout;
pub mod init;
pub mod linear;
pub mod loss;

pub use activation::Activation;
pub use convolution::{Convolution, TransposedConvolution};
pub use dropout::dropout;
pub use init::{Init, Start};
pub use linear::Linear;
