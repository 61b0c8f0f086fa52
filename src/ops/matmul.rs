//! Matrix product over the last two axes, with leading batch axes.

use crate::graph::{DType, Error, Graph, Op, Result, Type, Var};
use crate::plan::{Core, IndexMap, Lowering, Value};
use std::sync::Arc;

/// Fewer rows are not worth a product whose result is viewed under other axes, because what follows does not then
/// run as its epilogue.
const LEAST_ROWS: usize = 8;

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
        let (a, b) = (inputs[0], inputs[1]);
        if let Some(product) = rows_as_matrix(lowering, a, b) {
            return product;
        }
        // A matrix times columns is, transposed, rows times a matrix.
        let mut order: Vec<usize> = (0..lowering.shape(a).len()).collect();
        let last = order.len() - 1;
        order.swap(last - 1, last);
        let (rows, matrix) = (lowering.permute(b, &order), lowering.permute(a, &order));
        match rows_as_matrix(lowering, rows, matrix) {
            Some(product) => lowering.permute(product, &order),
            None => lowering.matmul(a, b),
        }
    }
    fn sums_along(&self, rank: usize) -> Option<[usize; 2]> {
        Some([rank - 1, rank - 2])
    }
    fn lift(&self, _: usize) -> Arc<dyn Op> {
        Arc::new(MatMul)
    }
}

/// Rows that a batch axis holds one by one (`[.., q, .., 1, k]`), times a matrix that is the same all along that axis:
/// one product with q rows, where q products with one row would read the matrix q times. This is how samples stand that
/// were built one by one and vectorised. `None` where it is not so.
fn rows_as_matrix(l: &mut Lowering, a: Value, b: Value) -> Option<Value> {
    let (left, right) = (l.shape(a).to_vec(), l.shape(b).to_vec());
    let rank = left.len();
    let Core::View(_, map) = l.core(b) else { return None };
    let shared = |axis: &usize| map.coefficients.iter().all(|row| row[*axis] == 0);
    let q = (0..rank - 2).rev().find(|axis| left[rank - 2] == 1 && left[*axis] >= LEAST_ROWS && shared(axis))?;
    let rest = |shape: &[usize]| [&shape[..q], &shape[q + 1..rank - 2]].concat();
    // Axes of all three: the other batch axes, then two of the matrix; where an axis of the operand went.
    let place = |axis: usize| if axis < q { axis } else { axis - 1 };
    let (mut of_a, mut of_b) = (IndexMap::constant(rank, rank - 1), IndexMap::constant(rank, rank - 1));
    let mut of_product = IndexMap::constant(rank - 1, rank);
    for axis in (0..rank - 2).filter(|&axis| axis != q) {
        of_a.coefficients[axis][place(axis)] = 1;
        of_b.coefficients[axis][place(axis)] = 1;
        of_product.coefficients[place(axis)][axis] = 1;
    }
    of_a.coefficients[q][rank - 3] = 1;
    of_a.coefficients[rank - 1][rank - 2] = 1;
    of_b.coefficients[rank - 2][rank - 3] = 1;
    of_b.coefficients[rank - 1][rank - 2] = 1;
    of_product.coefficients[rank - 3][q] = 1;
    of_product.coefficients[rank - 2][rank - 1] = 1;
    let rows = l.view(a, of_a, &[&rest(&left)[..], &[left[q], left[rank - 1]]].concat());
    let matrix = l.view(b, of_b, &[&rest(&right)[..], &right[rank - 2..]].concat());
    let product = l.matmul(rows, matrix);
    let shape = [&left[..rank - 1], &right[rank - 1..]].concat();
    Some(l.view(product, of_product, &shape))
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
