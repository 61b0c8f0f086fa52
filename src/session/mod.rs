//! The running thing, platform-free: it opens an experiment, steps its runs, keeps their history and a
//! timeline of snapshots, and answers what panels and claims ask.

mod history;

pub use history::{History, Picture, RunView, View};
