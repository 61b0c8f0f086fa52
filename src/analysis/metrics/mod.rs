//! Numbers that say how good predictions are, or how two lists of numbers go together.

mod classification;
mod correlation;
mod ranking;
mod regression;

pub use classification::{accuracy, argmax_rows, roc_area};
pub use correlation::{correlation_p_value, pearson, spearman};
pub use ranking::{average_precision, ndcg};
pub use regression::{mean_squared_error, r_squared, relative_error};
