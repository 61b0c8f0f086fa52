//! Layers: functions that build graph nodes, one file each with its formula and its source.
//!
//! A layer owns nothing but handles of its leaves; values live in the program that is planned from the
//! graph. First weights are drawn at the host ([`init`]), so that every backend starts from the same bits.

pub mod activation;
pub mod attention;
pub mod containers;
pub mod convolution;
pub mod dropout;
pub mod embedding;
pub mod init;
pub mod linear;
pub mod loss;
pub mod normalisation;
pub mod pointer;
pub mod position;
pub mod recurrent;
pub mod spiking;
pub mod transformer;

pub use activation::Activation;
pub use attention::{AttentionOptions, MultiHeadAttention, Projection};
pub use convolution::{Convolution, TransposedConvolution};
pub use dropout::dropout;
pub use embedding::Embedding;
pub use init::{Init, Start};
pub use linear::Linear;
pub use normalisation::{BatchNorm, GroupNorm, Norm, NormOptions};
pub use pointer::Pointer;
pub use position::{LearnedPositions, Rotary, SinusoidalPositions};
pub use transformer::{BlockOptions, NormPlace, TransformerBlock};
