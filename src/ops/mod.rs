//! The open set of operations: one file a family, each with its shape rule, double-precision
//! reference, derivative, lowering and builders. Adding one is a file and a line here.

pub mod convolution;
pub mod custom;
pub mod elementwise;
pub mod gather;
pub mod layout;
pub mod leaf;
pub mod matmul;
pub mod pad;
pub mod pool;
pub mod random;
pub mod reduce;
pub mod resample;
#[cfg(feature = "reference")]
mod slow;
pub mod softmax;
pub mod window;
