//! Every operation on many shapes, one file a family; each backend is tested on all of them.

mod dense;
mod distance;
mod einsum;
mod indexing;
mod large;
mod norm;
mod recurrence;
mod training;
mod window;

use petri::graph::{Graph, Result, Role, Var};

pub type Make = fn(&mut Graph, &mut Vec<Var>) -> Result<Var>;

/// One operation on one shape.
pub struct Case {
    pub name: &'static str,
    /// Whether the result is differentiable at the sampled points.
    pub gradient: bool,
    /// Whether the second derivative exists there.
    pub smooth: bool,
    pub make: Make,
}

pub fn labels(g: &mut Graph, shape: &[usize], below: u32) -> Var {
    let count: usize = shape.iter().product();
    let values: Vec<u32> = (0..count as u32).map(|i| (i * 7 + 3) % below).collect();
    g.leaf_u32(Role::Input, "labels", shape, &values)
}

/// `"name" differentiable smooth |graph, leaves| value;` …, with `yes` or `no` for the two.
macro_rules! cases {
    ($($name:literal $gradient:ident $smooth:ident |$g:ident, $l:ident| $body:expr;)*) => {
        &[$(Case { name: $name, gradient: cases!(@ $gradient), smooth: cases!(@ $smooth),
            make: |$g, $l| { let _ = &$l; $body } }),*]
    };
    (@ yes) => { true };
    (@ no) => { false };
}

pub const WIDE: (f64, f64) = (-2.0, 2.0);

pub(crate) use cases;

/// All families by name.
pub const FAMILIES: &[(&str, &[Case])] = &[
    ("dense", dense::CASES),
    ("distance", distance::CASES),
    ("einsum", einsum::CASES),
    ("indexing", indexing::CASES),
    ("norm", norm::CASES),
    ("recurrence", recurrence::CASES),
    ("training", training::CASES),
    ("window", window::CASES),
];

/// All cases.
pub fn all() -> impl Iterator<Item = &'static Case> {
    FAMILIES.iter().flat_map(|(_, cases)| *cases)
}

/// What only the GPU treats differently from small shapes.
pub const LARGE: (&str, &[Case]) = ("large", large::CASES);
