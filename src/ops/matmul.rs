//! Matrix product over the last two axes, with leading batch axes.

use crate::graph::{DType, Error, Graph, Op, Result, Type, Var};
use crate::plan::{Lowering, Value};
use std::sync::Arc;

/// `[.., m, k] × [.., k, n] → [.., m, n]` with equal batch axes. Transposes are views of the operands.
struct MatMul;

impl Op for MatMul {
    fn name(&self) -> String {
        "matmul".into()
    }
    fn infer(&self, inputs: &[&Type]) -> Result<Type> {
        let (a, b) = (&inputs[0].shape, &inputs[1].shape);
        let rank = a.len();
        let refuse = |message: String, fix: &str| Err(Error::new("", message, fix));
        if inputs.iter().any(|ty| ty.dtype != DType::F32) {
            return refuse("operands must be f32".into(), "cast them first");
        }
        if rank < 2 || b.len() != rank || a[..rank - 2] != b[..rank - 2] {
            return refuse(format!("{a:?} × {b:?}: batch axes differ"), "give both the same leading axes");
        }
        if a[rank - 1] != b[rank - 2] {
            return refuse(
                format!("{a:?} × {b:?}; inner sizes {} and {} differ", a[rank - 1], b[rank - 2]),
                "transpose an operand or change a width",
            );
        }
        let mut shape = a.clone();
        shape[rank - 1] = b[rank - 1];
        Ok(Type::f32(shape))
    }
    #[cfg(feature = "reference")]
    fn reference(&self, inputs: &[&[f64]], types: &[&Type], output: &Type) -> Vec<f64> {
        let rank = output.shape.len();
        let (m, n) = (output.shape[rank - 2], output.shape[rank - 1]);
        let k = types[0].shape[rank - 1];
        let batch: usize = output.shape[..rank - 2].iter().product();
        let mut result = Vec::with_capacity(batch * m * n);
        for s in 0..batch {
            for i in 0..m {
                for j in 0..n {
                    result.push((0..k).map(|p| inputs[0][(s * m + i) * k + p] * inputs[1][(s * k + p) * n + j]).sum());
                }
            }
        }
        result
    }
    fn vjp(&self, g: &mut Graph, inputs: &[Var], _: Var, grad: Var) -> Result<Vec<Option<Var>>> {
        let (left, right) = (g.transpose(inputs[0])?, g.transpose(inputs[1])?);
        let of_a = g.apply(Arc::new(MatMul), &[grad, right])?;
        let of_b = g.apply(Arc::new(MatMul), &[left, grad])?;
        Ok(vec![Some(of_a), Some(of_b)])
    }
    fn lower(&self, lowering: &mut Lowering, inputs: &[Value], _: &Type) -> Value {
        lowering.matmul(inputs[0], inputs[1])
    }
    fn lift(&self, _: usize) -> Arc<dyn Op> {
        Arc::new(MatMul)
    }
}

impl Graph {
    /// `a × b` over the last two axes; leading axes broadcast.
    pub fn matmul(&mut self, a: Var, b: Var) -> Result<Var> {
        let (x, y) = (self.shape(a).to_vec(), self.shape(b).to_vec());
        if x.len() < 2 || y.len() < 2 {
            return Err(Error::new(
                format!("matmul {}", self.node(a).label),
                format!("{x:?} × {y:?}: both operands need two axes"),
                "reshape a vector to a matrix of one row or column",
            ));
        }
        let batch = crate::graph::broadcast(&x[..x.len() - 2], &y[..y.len() - 2])?;
        let full = |shape: &[usize]| [&batch[..], &shape[shape.len() - 2..]].concat();
        let (a, b) = (self.broadcast_to(a, &full(&x))?, self.broadcast_to(b, &full(&y))?);
        self.apply(Arc::new(MatMul), &[a, b])
    }
}
