//! Nodes without operands: leaves that outlive a step, constants and the running index.

use crate::graph::{DType, Graph, Leaf, Op, Result, Role, Type, Var, elements};
use crate::plan::{Lowering, Value};
use std::sync::Arc;

/// Reads leaf number `.0` of the graph.
struct Read(usize);

impl Op for Read {
    fn name(&self) -> String {
        format!("leaf {}", self.0)
    }
    fn infer(&self, _: &[&Type]) -> Result<Type> {
        unreachable!("leaves are added by Graph::push_leaf, which knows their type")
    }
    #[cfg(feature = "reference")]
    fn reference(&self, _: &[&[f64]], _: &[&Type], _: &Type) -> Vec<f64> {
        unreachable!("the interpreter reads leaves itself")
    }
    fn vjp(&self, _: &mut Graph, _: &[Var], _: Var, _: Var) -> Result<Vec<Option<Var>>> {
        Ok(Vec::new())
    }
    fn lower(&self, lowering: &mut Lowering, _: &[Value], output: &Type) -> Value {
        lowering.leaf(self.0, output)
    }
    fn lift(&self, _: usize) -> Arc<dyn Op> {
        unreachable!("replication rebuilds leaves itself")
    }
}

/// The same element everywhere.
struct Constant {
    bits: u32,
    ty: Type,
}

/// The flat, row-major index of each element.
struct Iota {
    shape: Vec<usize>,
}

impl Op for Constant {
    fn name(&self) -> String {
        match self.ty.dtype {
            DType::F32 => format!("constant {}", crate::number::text(f32::from_bits(self.bits))),
            DType::U32 => format!("constant {}", self.bits),
        }
    }
    fn infer(&self, _: &[&Type]) -> Result<Type> {
        Ok(self.ty.clone())
    }
    #[cfg(feature = "reference")]
    fn reference(&self, _: &[&[f64]], _: &[&Type], output: &Type) -> Vec<f64> {
        let value = match self.ty.dtype {
            DType::F32 => f32::from_bits(self.bits) as f64,
            DType::U32 => self.bits as f64,
        };
        vec![value; output.elements()]
    }
    fn vjp(&self, _: &mut Graph, _: &[Var], _: Var, _: Var) -> Result<Vec<Option<Var>>> {
        Ok(Vec::new())
    }
    fn lower(&self, lowering: &mut Lowering, _: &[Value], output: &Type) -> Value {
        lowering.constant(self.bits, output)
    }
    fn lift(&self, _: usize) -> Arc<dyn Op> {
        unreachable!("a node without operands does not differ between copies")
    }
}

impl Op for Iota {
    fn name(&self) -> String {
        "iota".into()
    }
    fn infer(&self, _: &[&Type]) -> Result<Type> {
        Ok(Type::u32(self.shape.clone()))
    }
    #[cfg(feature = "reference")]
    fn reference(&self, _: &[&[f64]], _: &[&Type], output: &Type) -> Vec<f64> {
        (0..output.elements()).map(|i| i as f64).collect()
    }
    fn vjp(&self, _: &mut Graph, _: &[Var], _: Var, _: Var) -> Result<Vec<Option<Var>>> {
        Ok(Vec::new())
    }
    fn lower(&self, lowering: &mut Lowering, _: &[Value], output: &Type) -> Value {
        lowering.iota(output)
    }
    fn lift(&self, _: usize) -> Arc<dyn Op> {
        unreachable!("a node without operands does not differ between copies")
    }
}

impl Graph {
    /// A leaf with given first contents (row-major, one per element).
    pub fn leaf_with(&mut self, role: Role, name: &str, shape: &[usize], initial: Vec<f32>) -> Var {
        assert_eq!(elements(shape), initial.len(), "leaf {name}: one value per element of {shape:?}");
        self.new_leaf(role, name, Type::f32(shape), initial)
    }

    /// A leaf of unsigned integers.
    pub fn leaf_u32(&mut self, role: Role, name: &str, shape: &[usize], initial: &[u32]) -> Var {
        assert_eq!(elements(shape), initial.len(), "leaf {name}: one value per element of {shape:?}");
        self.new_leaf(role, name, Type::u32(shape), initial.iter().map(|&u| f32::from_bits(u)).collect())
    }

    /// A number that a control can turn while the program runs.
    pub fn scalar(&mut self, name: &str, value: f32) -> Var {
        self.new_leaf(Role::Scalar, name, Type::f32([]), vec![value])
    }

    fn new_leaf(&mut self, role: Role, name: &str, ty: Type, initial: Vec<f32>) -> Var {
        let name = self.scoped_name(name);
        self.add_leaf(Leaf { name, role, ty, initial })
    }

    /// A leaf described in full; its name is not put under the present scope.
    pub fn add_leaf(&mut self, leaf: Leaf) -> Var {
        let op = Arc::new(Read(self.leaves().len()));
        self.push_leaf(op, leaf)
    }

    /// `value` in every element of `shape`.
    pub fn constant(&mut self, value: f32, shape: &[usize]) -> Result<Var> {
        self.apply(Arc::new(Constant { bits: value.to_bits(), ty: Type::f32(shape) }), &[])
    }

    /// The unsigned `value` in every element of `shape`.
    pub fn constant_u32(&mut self, value: u32, shape: &[usize]) -> Result<Var> {
        self.apply(Arc::new(Constant { bits: value, ty: Type::u32(shape) }), &[])
    }

    /// `u32` tensor whose elements are 0, 1, 2, … in row-major order.
    pub fn iota(&mut self, shape: &[usize]) -> Result<Var> {
        self.apply(Arc::new(Iota { shape: shape.to_vec() }), &[])
    }
}
