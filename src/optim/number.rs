//! A number of an update: fixed when the graph is built, or a node that a control or a schedule turns.

use crate::graph::{Error, Graph, Result, Type, Var};

/// A number of an update.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// Fixed when the graph is built.
    Fixed(f32),
    /// The value of a node of shape `[]`.
    Node(Var),
}

impl Number {
    /// The number as a node of shape `[]`.
    pub fn node(self, g: &mut Graph) -> Result<Var> {
        match self {
            Number::Fixed(value) => g.constant(value, &[]),
            Number::Node(var) if *g.ty(var) == Type::f32([]) => Ok(var),
            Number::Node(var) => {
                let message = format!("{} is {:?}", g.node(var).label, g.ty(var));
                Err(Error::new("number of an update", message, "give an f32 node of shape []"))
            }
        }
    }

    /// 1 minus the number.
    pub fn rest(self, g: &mut Graph) -> Result<Var> {
        let (one, value) = (g.constant(1.0, &[])?, self.node(g)?);
        g.sub(one, value)
    }
}

impl From<f32> for Number {
    fn from(value: f32) -> Self {
        Number::Fixed(value)
    }
}

impl From<Var> for Number {
    fn from(var: Var) -> Self {
        Number::Node(var)
    }
}
