//! Data sets, drawn at the host from named random streams, one generator per file.

pub mod plane;
