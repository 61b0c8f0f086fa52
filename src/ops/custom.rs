//! Operations with a derivative of their own choosing.

use crate::graph::{Graph, Op, Result, Type, Var};
use crate::plan::{Lowering, Value};
use std::sync::Arc;

/// The operand itself, through which no gradient flows.
struct StopGradient;

impl Op for StopGradient {
    fn name(&self) -> String {
        "stop_gradient".into()
    }
    fn infer(&self, inputs: &[&Type]) -> Result<Type> {
        Ok(inputs[0].clone())
    }
    #[cfg(feature = "reference")]
    fn reference(&self, inputs: &[&[f64]], _: &[&Type], _: &Type) -> Vec<f64> {
        inputs[0].to_vec()
    }
    fn vjp(&self, _: &mut Graph, _: &[Var], _: Var, _: Var) -> Result<Vec<Option<Var>>> {
        Ok(vec![None])
    }
    fn lower(&self, _: &mut Lowering, inputs: &[Value], _: &Type) -> Value {
        inputs[0]
    }
    fn lift(&self, _: usize) -> Arc<dyn Op> {
        Arc::new(StopGradient)
    }
}

impl Graph {
    /// `a`, treated as a constant by the reverse pass.
    pub fn stop_gradient(&mut self, a: Var) -> Result<Var> {
        self.apply(Arc::new(StopGradient), &[a])
    }
}
