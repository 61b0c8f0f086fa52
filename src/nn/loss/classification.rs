//! Losses of classes: of logits `f [..]` against labels `y [..]` of ±1, or of logits `[.., classes]` against one label
//! or one distribution per row. Values are in nats and stay finite and sloped however large the logits are.

use super::{number, same_shape};
use crate::graph::{Graph, Result, Var};
use crate::ops::reduce::Reduction;

/// Logistic loss `log(1 + e^(−y·f))`: the cross-entropy of a sigmoid output. Written as softplus(−y·f), it neither
/// overflows nor loses digits for large logits.
pub fn logistic(g: &mut Graph, logit: Var, label: Var) -> Result<Var> {
    let margin = margin(g, "logistic loss", logit, label)?;
    let negative = g.neg(margin)?;
    g.softplus(negative)
}

/// Hinge loss `max(0, 1 − y·f)` (Cortes and Vapnik, "Support-vector networks", 1995).
pub fn hinge(g: &mut Graph, logit: Var, label: Var) -> Result<Var> {
    let margin = margin(g, "hinge loss", logit, label)?;
    let one = g.constant(1.0, &[])?;
    let missing = g.sub(one, margin)?;
    g.relu(missing)
}

/// Squared hinge loss `max(0, 1 − y·f)²`, which has a slope everywhere.
pub fn squared_hinge(g: &mut Graph, logit: Var, label: Var) -> Result<Var> {
    let missing = hinge(g, logit, label)?;
    g.square(missing)
}

/// 1 for every logit that has the sign of its label ±1, else 0.
pub fn sign_accuracy(g: &mut Graph, logit: Var, label: Var) -> Result<Var> {
    let margin = margin(g, "sign accuracy", logit, label)?;
    let zero = g.constant(0.0, &[])?;
    g.less(zero, margin)
}

/// 1 for every row of `logits [.., classes]` whose largest is that of its label (`labels [..]`, `u32`), else 0.
pub fn accuracy(g: &mut Graph, logits: Var, labels: Var) -> Result<Var> {
    let best = g.argmax(logits)?;
    same_shape(g, "accuracy", &[best, labels])?;
    g.equal_u32(best, labels)
}

/// Cross-entropy of `logits [.., classes]` and `labels [..]` (`u32`). With `smoothing` ε, of shape `[]`, the target is
/// `1 − ε` of the label and ε of the even distribution (Szegedy and others, "Rethinking the inception architecture for
/// computer vision", 2016, section 7); it then needs all logits finite.
pub fn cross_entropy(g: &mut Graph, logits: Var, labels: Var, smoothing: Option<Var>) -> Result<Var> {
    let losses = g.cross_entropy(logits, labels)?;
    let Some(smoothing) = smoothing else { return Ok(losses) };
    number(g, "smoothing of cross-entropy", smoothing)?;
    // Beside the label's own loss, ε times the label's lead over the mean logit; from the largest logit down, so that
    // large ones lose no digits. That reference point cancels, and with it its gradient.
    let last = g.shape(logits).len() - 1;
    let classes = g.shape(logits)[last];
    let top = g.reduce(Reduction::Max, logits, &[last])?;
    let top = g.stop_gradient(top)?;
    let column = [g.shape(top), &[1]].concat();
    let top = g.reshape(top, &column)?;
    let shifted = g.sub(logits, top)?;
    let hot = g.one_hot(labels, classes)?;
    let share = g.constant(1.0 / classes as f32, &[])?;
    let weight = g.sub(hot, share)?;
    let lead = g.mul(shifted, weight)?;
    let lead = g.sum(lead, &[last])?;
    let lead = g.mul(smoothing, lead)?;
    g.add(losses, lead)
}

/// Cross-entropy `−Σ t log softmax(f)` of `logits [.., classes]` and `targets` of the same shape, whose rows are
/// distributions: soft labels, mixed labels, another network's answers.
pub fn cross_entropy_of_shares(g: &mut Graph, logits: Var, targets: Var) -> Result<Var> {
    same_shape(g, "cross-entropy of shares", &[logits, targets])?;
    let logs = g.log_softmax(logits)?;
    let product = g.mul(targets, logs)?;
    let sum = g.sum(product, &[g.shape(product).len() - 1])?;
    g.neg(sum)
}

/// `y·f`.
fn margin(g: &mut Graph, place: &str, logit: Var, label: Var) -> Result<Var> {
    same_shape(g, place, &[logit, label])?;
    g.mul(logit, label)
}
