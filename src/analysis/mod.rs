//! What can be computed from the insides of a network, usable by any lab; one analysis per file.

pub mod pca;
