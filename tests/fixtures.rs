//! Comparison with independent implementations: each module checks against numbers that the script beside it wrote.

mod common;

#[path = "fixtures/window.rs"]
mod window;
