//! What both parts record, and what is made of it.

use crate::analysis::metrics;
use crate::session::RunView;

/// Mean loss of all samples that are trained on, of each group of outliers, and of all others.
pub(super) const LOSS: &str = "loss";
pub(super) const PLUS: &str = "loss of the + group";
pub(super) const MINUS: &str = "loss of the − group";
pub(super) const REST: &str = "loss of the others";
/// Largest eigenvalue of the Hessian of the loss.
pub(super) const SHARPNESS: &str = "sharpness";
/// Whether the outliers have been removed, 1 or 0; also the name of the number that removes them.
pub(super) const REMOVED: &str = "outliers removed";
/// Weights of the linear theory.
pub(super) const C: &str = "c";
pub(super) const OUTLIER: &str = "b_o";

/// Names as columns.
pub(super) fn names(names: &[&str]) -> Vec<String> {
    let mut owned = Vec::with_capacity(names.len());
    for name in names {
        owned.push((*name).to_owned());
    }
    owned
}

/// Name of the column of a number of one of several networks that train together; the first has the plain name.
pub(super) fn column(what: &str, network: usize) -> String {
    if network == 0 { what.to_owned() } else { format!("{what} (network {})", network + 1) }
}

/// A loss counts as one that has spiked from this ratio on.
pub(super) const SPIKE: f64 = 1.5;

/// The largest ratio of a loss to the least loss before it; not a number for none.
pub(super) fn spike(losses: &[f32]) -> f64 {
    let (mut least, mut most) = (f64::INFINITY, f64::NAN);
    for &loss in losses {
        least = least.min(loss as f64);
        most = most.max(loss as f64 / least);
    }
    most
}

/// The largest of some readings; not a number for none.
pub(super) fn largest(readings: &[f32]) -> f64 {
    let mut most = f64::NAN;
    for &reading in readings {
        most = most.max(reading as f64);
    }
    most
}

/// Changes from each reading to the next, from position `from` on.
fn changes(readings: &[f32], from: usize) -> Vec<f64> {
    let mut changes = Vec::with_capacity(readings.len());
    for at in from + 1..readings.len() {
        changes.push(readings[at] as f64 - readings[at - 1] as f64);
    }
    changes
}

/// Correlation of the changes of two losses from position `from` on; not a number where one does not change.
pub(super) fn opposition(plus: &[f32], minus: &[f32], from: usize) -> f64 {
    metrics::pearson(&changes(plus, from), &changes(minus, from)).unwrap_or(f64::NAN)
}

/// Mean magnitude of the changes of a loss from position `from` on.
pub(super) fn restlessness(losses: &[f32], from: usize) -> f64 {
    let changes = changes(losses, from);
    let mut sum = 0.0;
    for change in &changes {
        sum += change.abs();
    }
    sum / changes.len() as f64
}

/// The last step that has been read, whatever step is shown.
pub(super) fn read_until(run: &RunView) -> u64 {
    run.history.steps().last().copied().unwrap_or(0)
}
