//! Element by element application of a scalar function. All functions live in `graph/func.rs`; this
//! file holds the one operation that applies a row of that table, and the builders that broadcast.

use crate::graph::{Error, Func, Graph, Op, Result, Type, Var, broadcast};
use crate::plan::{Lowering, Value};
use std::sync::Arc;

struct Elementwise(Func);

impl Op for Elementwise {
    fn name(&self) -> String {
        self.0.row().name.into()
    }

    fn infer(&self, inputs: &[&Type]) -> Result<Type> {
        let row = self.0.row();
        for (position, (&want, have)) in row.arguments.iter().zip(inputs).enumerate() {
            if want != have.dtype || have.shape != inputs[0].shape {
                return Err(Error::new(
                    "",
                    format!(
                        "argument {position} is {:?}{:?}, not {want:?}{:?}",
                        have.dtype, have.shape, inputs[0].shape
                    ),
                    "cast or broadcast it first",
                ));
            }
        }
        Ok(Type { shape: inputs[0].shape.clone(), dtype: row.result })
    }

    #[cfg(feature = "reference")]
    fn reference(&self, inputs: &[&[f64]], _: &[&Type], output: &Type) -> Vec<f64> {
        let mut arguments = [0.0; 4];
        (0..output.elements())
            .map(|i| {
                for (argument, input) in arguments.iter_mut().zip(inputs) {
                    *argument = input[i];
                }
                (self.0.row().reference)(arguments)
            })
            .collect()
    }

    fn vjp(&self, graph: &mut Graph, inputs: &[Var], output: Var, grad: Var) -> Result<Vec<Option<Var>>> {
        match self.0.row().derivative {
            Some(derivative) => derivative(graph, inputs, output, grad),
            None => Ok(vec![None; inputs.len()]),
        }
    }

    fn lower(&self, lowering: &mut Lowering, inputs: &[Value], _: &Type) -> Value {
        lowering.map(self.0, inputs)
    }

    fn lift(&self, _: usize) -> Arc<dyn Op> {
        Arc::new(Elementwise(self.0))
    }
}

impl Graph {
    /// Applies a scalar function; operands are broadcast to their common shape.
    pub fn elementwise(&mut self, func: Func, inputs: &[Var]) -> Result<Var> {
        let mut shape = self.shape(inputs[0]).to_vec();
        for &input in &inputs[1..] {
            let label = self.node(input).label.clone();
            shape = broadcast(&shape, self.shape(input))
                .map_err(|error| error.at(format!("{} {label}", func.row().name)))?;
        }
        let inputs = inputs.iter().map(|&v| self.broadcast_to(v, &shape)).collect::<Result<Vec<_>>>()?;
        self.apply(Arc::new(Elementwise(func)), &inputs)
    }

    /// `function(a)` with a number in place of a tensor operand: `a + value`.
    pub fn add_number(&mut self, a: Var, value: f32) -> Result<Var> {
        let b = self.constant(value, &[])?;
        self.add(a, b)
    }

    /// `a · value`.
    pub fn mul_number(&mut self, a: Var, value: f32) -> Result<Var> {
        let b = self.constant(value, &[])?;
        self.mul(a, b)
    }

    /// `a²`.
    pub fn square(&mut self, a: Var) -> Result<Var> {
        self.mul(a, a)
    }
}

macro_rules! builders {
    ($($(#[$doc:meta])* $name:ident($($argument:ident),+) = $func:ident;)*) => {
        impl Graph {
            $($(#[$doc])* pub fn $name(&mut self, $($argument: Var),+) -> Result<Var> {
                self.elementwise(Func::$func, &[$($argument),+])
            })*
        }
    };
}

builders! {
    /// `a + b`, broadcasting.
    add(a, b) = Add;
    /// `a − b`, broadcasting.
    sub(a, b) = Sub;
    /// `a · b` element by element, broadcasting.
    mul(a, b) = Mul;
    /// `a / b`, broadcasting.
    div(a, b) = Div;
    /// The smaller of the two.
    min(a, b) = Min;
    /// The larger of the two.
    max(a, b) = Max;
    /// `a` to the power `b`, for `a` > 0.
    pow(a, b) = Pow;
    /// 1 where `a < b`, else 0.
    less(a, b) = Less;
    /// 1 where `a = b`, else 0.
    equal(a, b) = Equal;
    /// 1 where the unsigned `a = b`, else 0.
    equal_u32(a, b) = EqualU32;
    /// `a` where `condition` is not 0, else `b`.
    select(condition, a, b) = Select;
    /// max(a, 0), with derivative 0 at 0.
    relu(a) = Relu;
    /// −a.
    neg(a) = Neg;
    /// |a|.
    abs(a) = Abs;
    /// −1, 0 or 1.
    sign(a) = Sign;
    /// Largest integer not above.
    floor(a) = Floor;
    /// eᵃ.
    exp(a) = Exp;
    /// Natural logarithm.
    log(a) = Log;
    /// log(1 + a), accurate near 0.
    log1p(a) = Log1p;
    /// Sine.
    sin(a) = Sin;
    /// Cosine.
    cos(a) = Cos;
    /// Hyperbolic tangent.
    tanh(a) = Tanh;
    /// Square root.
    sqrt(a) = Sqrt;
    /// 1 / √a.
    rsqrt(a) = Rsqrt;
    /// 1 / a.
    recip(a) = Recip;
    /// Gauss error function.
    erf(a) = Erf;
    /// 1 / (1 + e⁻ᵃ).
    sigmoid(a) = Sigmoid;
    /// log(1 + eᵃ).
    softplus(a) = Softplus;
    /// Converts unsigned integers to the nearest floats.
    to_f32(a) = ToF32;
    /// Converts to unsigned integers, towards zero and saturating.
    to_u32(a) = ToU32;
}
