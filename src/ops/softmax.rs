//! Softmax, its logarithm and its normaliser along any axis, with or without a mask, and the cross-entropy of
//! integer labels. All have derivatives of their own: exact where the composed ones would lose digits, and made
//! of the result itself, so that no exponential is kept for the way back.

#[cfg(feature = "reference")]
use super::slow::coordinates;
use crate::graph::{DType, Error, Func, Graph, Op, Result, Type, Var, broadcast};
use crate::ops::reduce::Reduction;
use crate::plan::{IndexMap, Lowering, Value};
use std::sync::Arc;

/// Stands for minus infinity: far below any logit, and yet finite after every step of the arithmetic, because a
/// shader may assume that there is no infinity.
const LOWEST: f32 = -1e30;

/// A row whose largest logit is not above this is masked as a whole.
pub(super) const EMPTY: f32 = 0.5 * LOWEST;

/// What is asked of a row of logits.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    /// `eˣ / Σ eˣ`, formed as `e^(x − log Σ eˣ)`.
    Probability,
    /// The same, formed as a quotient: the bits of recorded runs of classifiers, for one kernel more.
    Quotient,
    /// `x − log Σ eˣ`.
    Logarithm,
    /// `log Σ eˣ`, without the axis.
    Normaliser,
}

/// The softmax along one axis. With `guarded`, a row whose logits are all [`LOWEST`] has no probability at all.
struct Softmax {
    answer: Answer,
    axis: usize,
    guarded: bool,
}

impl Op for Softmax {
    fn name(&self) -> String {
        let name = match self.answer {
            Answer::Probability => "softmax",
            Answer::Quotient => "softmax quotient",
            Answer::Logarithm => "log_softmax",
            Answer::Normaliser => "log_sum_exp",
        };
        format!("{name} axis {}{}", self.axis, if self.guarded { " masked" } else { "" })
    }
    fn infer(&self, inputs: &[&Type]) -> Result<Type> {
        let shape = &inputs[0].shape;
        if inputs[0].dtype != DType::F32 {
            return Err(Error::new("", "logits must be f32", "cast them first"));
        }
        if self.axis >= shape.len() {
            return Err(Error::new(
                "",
                format!("axis {} is not in {shape:?}", self.axis),
                "use an axis that exists; a scalar has none",
            ));
        }
        if shape[self.axis] == 0 {
            return Err(Error::new("", format!("{shape:?} has nothing along axis {}", self.axis), "fill the axis"));
        }
        let mut result = shape.clone();
        if self.answer == Answer::Normaliser {
            result.remove(self.axis);
        }
        Ok(Type::f32(result))
    }
    #[cfg(feature = "reference")]
    fn reference(&self, inputs: &[&[f64]], types: &[&Type], output: &Type) -> Vec<f64> {
        let extent = types[0].shape[self.axis];
        let inner: usize = types[0].shape[self.axis + 1..].iter().product();
        let mut rows = types[0].shape.clone();
        rows.remove(self.axis);
        let mut result = vec![0.0; output.elements()];
        for (row, _) in coordinates(&rows).enumerate() {
            let first = row / inner.max(1) * extent * inner + row % inner.max(1);
            let at = |i: usize| inputs[0][first + i * inner];
            let top = (0..extent).map(at).fold(f64::NEG_INFINITY, f64::max);
            let log = (0..extent).map(|i| (at(i) - top).exp()).sum::<f64>().ln();
            let empty = self.guarded && top <= EMPTY as f64;
            match self.answer {
                Answer::Normaliser => result[row] = if empty { LOWEST as f64 } else { top + log },
                _ => {
                    for i in 0..extent {
                        let value = if empty { LOWEST as f64 } else { at(i) - top - log };
                        let logarithm = self.answer == Answer::Logarithm;
                        result[first + i * inner] = if logarithm { value } else { value.exp() };
                    }
                }
            }
        }
        result
    }
    fn vjp(&self, g: &mut Graph, inputs: &[Var], output: Var, grad: Var) -> Result<Vec<Option<Var>>> {
        let mut column = g.shape(inputs[0]).to_vec();
        column[self.axis] = 1;
        Ok(vec![Some(match self.answer {
            Answer::Probability | Answer::Quotient => {
                let product = g.mul(grad, output)?;
                let mean = g.sum(product, &[self.axis])?;
                let mean = g.reshape(mean, &column)?;
                let difference = g.sub(grad, mean)?;
                g.mul(output, difference)?
            }
            Answer::Logarithm => {
                let total = g.sum(grad, &[self.axis])?;
                let total = g.reshape(total, &column)?;
                let probability = g.exp(output)?;
                let share = g.mul(probability, total)?;
                g.sub(grad, share)?
            }
            Answer::Normaliser => {
                let probability = Softmax { answer: Answer::Probability, ..*self };
                let probability = g.apply(Arc::new(probability), inputs)?;
                let grad = g.reshape(grad, &column)?;
                g.mul(probability, grad)?
            }
        })])
    }
    fn lower(&self, l: &mut Lowering, inputs: &[Value], _: &Type) -> Value {
        let row = Row::new(l, inputs[0], self.axis, self.guarded);
        match self.answer {
            Answer::Probability => row.probability(l),
            Answer::Logarithm => row.logarithm(l),
            Answer::Quotient => {
                let shape = l.shape(row.exp).to_vec();
                let wide = l.view(row.sum, without(shape.len(), self.axis), &shape);
                l.map(Func::Div, &[row.exp, wide])
            }
            Answer::Normaliser => {
                let log = l.map(Func::Add, &[row.top, row.log]);
                match row.filled {
                    Some(filled) => {
                        let lowest = l.constant(LOWEST.to_bits(), &Type::f32(l.shape(log)));
                        l.map(Func::Select, &[filled, log, lowest])
                    }
                    None => log,
                }
            }
        }
    }
    fn lift(&self, _: usize) -> Arc<dyn Op> {
        Arc::new(Softmax { axis: self.axis + 1, ..*self })
    }
}

/// What every answer about a row of logits needs, lowered. The exponentials are formed anew by who sums them and
/// by who wants probabilities (`e^(x − top − log sum)`), so that they need no memory of their own.
pub(super) struct Row {
    axis: usize,
    logits: Value,
    /// `x − top`.
    pub shifted: Value,
    /// Largest logit of the row.
    pub top: Value,
    /// `e^(x − top)` and its sum.
    exp: Value,
    sum: Value,
    /// `log Σ e^(x − top)`.
    pub log: Value,
    /// Whether the row has a logit at all, where that is in question.
    pub filled: Option<Value>,
}

impl Row {
    pub(super) fn new(l: &mut Lowering, logits: Value, axis: usize, guarded: bool) -> Row {
        let shape = l.shape(logits).to_vec();
        let top = l.reduce(Reduction::Max, &[axis], logits);
        let wide = l.view(top, without(shape.len(), axis), &shape);
        let shifted = l.map(Func::Sub, &[logits, wide]);
        let exp = l.map(Func::Exp, &[shifted]);
        let sum = l.reduce(Reduction::Sum, &[axis], exp);
        let log = l.map(Func::Log, &[sum]);
        if !guarded {
            return Row { axis, logits, shifted, top, exp, sum, log, filled: None };
        }
        let ty = Type::f32(l.shape(top));
        let threshold = l.constant(EMPTY.to_bits(), &ty);
        let filled = l.map(Func::Less, &[threshold, top]);
        let endless = l.constant((-LOWEST).to_bits(), &ty);
        let log = l.map(Func::Select, &[filled, log, endless]);
        Row { axis, logits, shifted, top, exp, sum, log, filled: Some(filled) }
    }

    /// `x − top − log`. The first difference is written as a sum, of the same bits, so that the planner does not take it for
    /// the one that the exponentials begin with and store it for both.
    fn logarithm(&self, l: &mut Lowering) -> Value {
        let shape = l.shape(self.shifted).to_vec();
        let below = l.map(Func::Neg, &[self.top]);
        let below = l.view(below, without(shape.len(), self.axis), &shape);
        let shifted = l.map(Func::Add, &[self.logits, below]);
        let wide = l.view(self.log, without(shape.len(), self.axis), &shape);
        l.map(Func::Sub, &[shifted, wide])
    }

    pub(super) fn probability(&self, l: &mut Lowering) -> Value {
        let logarithm = self.logarithm(l);
        l.map(Func::Exp, &[logarithm])
    }
}

/// From `rank` axes to the source that lacks `axis`.
fn without(rank: usize, axis: usize) -> IndexMap {
    let mut map = IndexMap::identity(rank);
    map.offset.remove(axis);
    map.coefficients.remove(axis);
    map
}

/// `logits [.., c]`, `labels [..]` (`u32`) → `−log softmax(logits)[label]`, of shape `[..]`.
struct CrossEntropy;

impl Op for CrossEntropy {
    fn name(&self) -> String {
        "cross_entropy".into()
    }
    fn infer(&self, inputs: &[&Type]) -> Result<Type> {
        let (logits, labels) = (inputs[0], inputs[1]);
        let rank = logits.shape.len();
        if labels.dtype != DType::U32 || logits.dtype != DType::F32 {
            return Err(Error::new("", "needs f32 logits and u32 labels", "cast them first"));
        }
        if rank == 0 || logits.shape[rank - 1] == 0 || logits.shape[..rank - 1] != labels.shape[..] {
            return Err(Error::new(
                "",
                format!("logits {:?} and labels {:?} do not match", logits.shape, labels.shape),
                "give one label per row of logits",
            ));
        }
        Ok(Type::f32(labels.shape.clone()))
    }
    #[cfg(feature = "reference")]
    fn reference(&self, inputs: &[&[f64]], types: &[&Type], _: &Type) -> Vec<f64> {
        let classes = *types[0].shape.last().expect("checked by infer");
        inputs[0]
            .chunks(classes)
            .zip(inputs[1])
            .map(|(row, &label)| {
                let top = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let sum: f64 = row.iter().map(|x| (x - top).exp()).sum();
                sum.ln() + top - row[(label as usize).min(classes - 1)]
            })
            .collect()
    }
    fn vjp(&self, g: &mut Graph, inputs: &[Var], _: Var, grad: Var) -> Result<Vec<Option<Var>>> {
        let shape = g.shape(inputs[0]).to_vec();
        let classes = *shape.last().expect("checked by infer");
        let column = [&shape[..shape.len() - 1], &[1]].concat();
        let axis = shape.len() - 1;
        let quotient = Softmax { answer: Answer::Quotient, axis, guarded: false };
        let probability = g.apply(Arc::new(quotient), &inputs[..1])?;
        let hot = g.one_hot(inputs[1], classes)?;
        let difference = g.sub(probability, hot)?;
        let grad = g.reshape(grad, &column)?;
        Ok(vec![Some(g.mul(grad, difference)?), None])
    }
    fn lower(&self, l: &mut Lowering, inputs: &[Value], output: &Type) -> Value {
        let last = output.shape.len();
        let row = Row::new(l, inputs[0], last, false);
        let column = [&output.shape[..], &[1]].concat();
        let labels = l.reshape(inputs[1], &column);
        let picked = l.take(row.shifted, labels, last);
        let picked = l.reshape(picked, &output.shape);
        l.map(Func::Sub, &[row.log, picked])
    }
    fn lift(&self, _: usize) -> Arc<dyn Op> {
        Arc::new(CrossEntropy)
    }
}

impl Graph {
    /// Softmax over the last axis.
    pub fn softmax(&mut self, logits: Var) -> Result<Var> {
        let last = self.last_axis(logits)?;
        self.softmax_along(logits, last, None)
    }

    /// Logarithm of the softmax over the last axis.
    pub fn log_softmax(&mut self, logits: Var) -> Result<Var> {
        let last = self.last_axis(logits)?;
        self.log_softmax_along(logits, last, None)
    }

    /// Softmax along `axis`. Where `mask` (0 or 1, broadcast to the shape of the logits) is 0 the probability is
    /// exactly 0, whatever the logit, and no gradient flows; a row that is masked as a whole has zeros throughout.
    /// With a mask, logits below −5·10²⁹ count as masked.
    pub fn softmax_along(&mut self, logits: Var, axis: usize, mask: Option<Var>) -> Result<Var> {
        self.answer(Answer::Probability, logits, axis, mask)
    }

    /// Logarithm of the softmax along `axis`; −10³⁰, of which the exponential is exactly 0, where `mask` is 0.
    pub fn log_softmax_along(&mut self, logits: Var, axis: usize, mask: Option<Var>) -> Result<Var> {
        let logarithm = self.answer(Answer::Logarithm, logits, axis, mask)?;
        match mask {
            Some(mask) => self.masked(logarithm, mask),
            None => Ok(logarithm),
        }
    }

    /// `log Σ eˣ` along `axis`, which it drops, over the elements where `mask` is not 0; −10³⁰ over none.
    pub fn log_sum_exp(&mut self, a: Var, axis: usize, mask: Option<Var>) -> Result<Var> {
        self.answer(Answer::Normaliser, a, axis, mask)
    }

    fn answer(&mut self, answer: Answer, logits: Var, axis: usize, mask: Option<Var>) -> Result<Var> {
        let guarded = mask.is_some();
        let logits = match mask {
            Some(mask) => self.masked(logits, mask)?,
            None => logits,
        };
        self.apply(Arc::new(Softmax { answer, axis, guarded }), &[logits])
    }

    /// Softmax over the last axis of logits that went through [`Graph::masked`] if `guarded`.
    pub(super) fn softmax_of_masked(&mut self, logits: Var, guarded: bool) -> Result<Var> {
        let axis = self.last_axis(logits)?;
        self.apply(Arc::new(Softmax { answer: Answer::Probability, axis, guarded }), &[logits])
    }

    /// `a` where `mask` is not 0, elsewhere [`LOWEST`].
    pub(super) fn masked(&mut self, a: Var, mask: Var) -> Result<Var> {
        let (shape, of_mask) = (self.shape(a).to_vec(), self.shape(mask).to_vec());
        if !broadcast(&shape, &of_mask).is_ok_and(|both| both == shape) {
            return Err(Error::new(
                format!("mask {}", self.node(a).label),
                format!("a mask of shape {of_mask:?} does not stretch to the logits {shape:?}"),
                "give it the extents of the logits, or 1, aligned from the right",
            ));
        }
        let lowest = self.constant(LOWEST, &[])?;
        self.select(mask, a, lowest)
    }

    fn last_axis(&self, logits: Var) -> Result<usize> {
        let rank = self.shape(logits).len();
        rank.checked_sub(1).ok_or_else(|| Error::new("softmax", "a scalar has no last axis", "reshape it to one row"))
    }

    /// Mean-free cross-entropy per row: `logits [.., c]`, `labels [..]` (`u32`) → `[..]`, in nats.
    pub fn cross_entropy(&mut self, logits: Var, labels: Var) -> Result<Var> {
        self.apply(Arc::new(CrossEntropy), &[logits, labels])
    }

    /// `labels [..]` (`u32`) → `[.., classes]` of 0 and 1.
    pub fn one_hot(&mut self, labels: Var, classes: usize) -> Result<Var> {
        let column = [self.shape(labels), &[1]].concat();
        let labels = self.reshape(labels, &column)?;
        let index = self.iota(&[classes])?;
        self.equal_u32(labels, index)
    }
}
