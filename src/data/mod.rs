//! Data sets, drawn at the host from named random streams, one generator per file; and the digits, which are real.

pub mod digits;
pub mod files;
pub mod mixture;
pub mod orthogonal;
pub mod plane;
pub mod sphere;
