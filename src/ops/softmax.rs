//! Softmax over the last axis and the cross-entropy of integer labels, the latter with its own
//! derivative (softmax − one-hot), which is exact where the composed one would lose digits.

use crate::graph::{DType, Error, Func, Graph, Op, Result, Type, Var};
use crate::ops::reduce::Reduction;
use crate::plan::{IndexMap, Lowering, Value};
use std::sync::Arc;

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
        let probability = g.softmax(inputs[0])?;
        let hot = g.one_hot(inputs[1], classes)?;
        let difference = g.sub(probability, hot)?;
        let grad = g.reshape(grad, &column)?;
        Ok(vec![Some(g.mul(grad, difference)?), None])
    }
    fn lower(&self, l: &mut Lowering, inputs: &[Value], output: &Type) -> Value {
        let shape = l.shape(inputs[0]).to_vec();
        let last = shape.len() - 1;
        let top = l.reduce(Reduction::Max, &[last], inputs[0]);
        let wide = l.view(top, IndexMap::dropping_last(shape.len()), &shape);
        let shifted = l.map(Func::Sub, &[inputs[0], wide]);
        let exp = l.map(Func::Exp, &[shifted]);
        let sum = l.reduce(Reduction::Sum, &[last], exp);
        let log = l.map(Func::Log, &[sum]);
        let column = [&output.shape[..], &[1]].concat();
        let labels = l.reshape(inputs[1], &column);
        let picked = l.take(shifted, labels, last);
        let picked = l.reshape(picked, &output.shape);
        l.map(Func::Sub, &[log, picked])
    }
    fn lift(&self, _: usize) -> Arc<dyn Op> {
        Arc::new(CrossEntropy)
    }
}

impl Graph {
    /// Softmax over the last axis.
    pub fn softmax(&mut self, logits: Var) -> Result<Var> {
        let (exp, sum) = self.shifted_exponentials(logits)?;
        self.div(exp, sum)
    }

    /// Logarithm of the softmax over the last axis.
    pub fn log_softmax(&mut self, logits: Var) -> Result<Var> {
        let top = self.row_maximum(logits)?;
        let shifted = self.sub(logits, top)?;
        let (_, sum) = self.shifted_exponentials(logits)?;
        let log = self.log(sum)?;
        self.sub(shifted, log)
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

    /// The row maximum does not change the softmax, so no gradient flows through it.
    fn row_maximum(&mut self, logits: Var) -> Result<Var> {
        let shape = self.shape(logits).to_vec();
        let Some(last) = shape.len().checked_sub(1) else {
            return Err(Error::new("softmax", "a scalar has no last axis", "reshape it to one row"));
        };
        let top = self.reduce(Reduction::Max, logits, &[last])?;
        let top = self.stop_gradient(top)?;
        self.reshape(top, &[&shape[..last], &[1]].concat())
    }

    fn shifted_exponentials(&mut self, logits: Var) -> Result<(Var, Var)> {
        let top = self.row_maximum(logits)?;
        let shifted = self.sub(logits, top)?;
        let exp = self.exp(shifted)?;
        let shape = self.shape(exp).to_vec();
        let last = shape.len() - 1;
        let sum = self.sum(exp, &[last])?;
        Ok((exp, self.reshape(sum, &[&shape[..last], &[1]].concat())?))
    }
}
