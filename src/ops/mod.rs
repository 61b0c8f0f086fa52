//! The open set of operations: one file a family, each with its shape rule, double-precision
//! reference, derivative, lowering and builders. Adding one is a file and a line here.

pub mod attention;
pub mod custom;
pub mod einsum;
pub mod elementwise;
pub mod gather;
pub mod layout;
pub mod leaf;
pub mod matmul;
pub mod norm;
pub mod random;
pub mod reduce;
#[cfg(feature = "reference")]
mod slow;
pub mod softmax;
