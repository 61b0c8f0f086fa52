//! The open set of operations: one file a family, each with its shape rule, double-precision
//! reference, derivative, lowering and builders. Adding one is a file and a line here.

pub mod attention;
pub mod convolution;
pub mod cumulative;
pub mod custom;
mod distance;
pub mod einsum;
pub mod elementwise;
pub mod fourier;
pub mod gather;
mod join;
pub mod layout;
pub mod leaf;
pub mod matmul;
pub mod norm;
pub mod order;
pub mod pad;
pub mod pool;
pub mod random;
pub mod reduce;
pub mod resample;
pub mod scan;
mod slide;
#[cfg(feature = "reference")]
mod slow;
pub mod softmax;
pub mod window;
