//! What can be computed from the insides of a network, usable by any lab; one analysis per file.
//!
//! All of it is in double precision, with sums in a fixed order. A matrix has one sample a row;
//! [`matrix::from_rows`] makes it from a row-major slice. What has no answer (nothing given, nothing varies, values
//! that are not finite) is an error that says so, never a NaN.

pub mod cholesky;
pub mod curvature;
pub mod eigen;
pub mod kernel;
pub mod matrix;
pub mod metrics;
pub mod order;
pub mod pca;
pub mod principal;
pub mod probe;
pub mod procrustes;
pub mod ridge;
pub mod similarity;
pub mod singular;
pub mod spectrum;
pub mod tangent;
