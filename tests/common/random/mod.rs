//! Random graphs over the whole vocabulary. One row of a table (in the files beside this) is one operation: its name,
//! whether it may stand within a body, and how it is built from what a choice of random numbers picks.
//!
//! *Range.* Every value is computed in double precision as soon as it is built. One that exceeds 2 is scaled down by a
//! power of two and one that is small, but more than rounding, is scaled up, so that nothing saturates or fades and an
//! error of a part in ten thousand of any value shows.
//!
//! *Kinks.* Where an operation decides (sort, maximum, rounding, spike), the computed operands must be apart by
//! [`GAP`], or exactly equal, or else the row does not fit there; so gradients are compared with decisions, too.

mod dense;
mod indexing;
mod norm;
mod recurrence;
mod window;

use petri::graph::{DType, Error, Func, Graph, Result, Role, Var, broadcast, elements};
use petri::ops::random::Randomness;
use petri::rng::Rng;

/// Rounding errors of ten operations are a tenth of it.
const GAP: f64 = 3e-5;

/// The largest value.
const MOST_ELEMENTS: usize = 2000;
const MOST_RANK: usize = 5;

/// One choice: which row, and numbers that pick operands, axes and so on, each modulo what there is. Any list of choices
/// gives a valid graph, so that shrinking simply drops and lowers them.
pub type Choice = (u8, [u16; 8]);

/// One operation of the vocabulary.
pub struct Operation {
    pub name: &'static str,
    /// Whether it may stand in the body of a scan or for one sample: it decides nothing and makes no leaf.
    anywhere: bool,
    build: fn(&mut Graph, &mut Draw) -> Result<Var>,
}

/// `"name" anywhere |graph, draw| value;` …, or `outside`.
macro_rules! operations {
    ($($name:literal $place:ident |$g:ident, $d:ident| $body:expr;)*) => {
        &[$($crate::common::random::Operation {
            name: $name,
            anywhere: operations!(@ $place),
            build: |$g, $d| { let _ = &$d; $body },
        }),*]
    };
    (@ anywhere) => { true };
    (@ outside) => { false };
}
pub(crate) use operations;

/// All rows.
pub fn rows() -> impl Iterator<Item = &'static Operation> + Clone {
    let families =
        [dense::OPERATIONS, indexing::OPERATIONS, norm::OPERATIONS, window::OPERATIONS, recurrence::OPERATIONS];
    families.into_iter().flatten()
}

/// What a row answers whose operands do not fit.
fn no<T>(why: &str) -> Result<T> {
    Err(Error::new("random graph", why, "draw other numbers"))
}

/// What a row may draw on.
pub struct Draw {
    numbers: [u16; 8],
    next: usize,
    /// Values of type f32 to choose operands from, the newest last.
    pub values: Vec<Var>,
    /// Contents of every node in double precision.
    known: Vec<Vec<f64>>,
    pub source: Randomness,
    /// Bodies around the present place.
    depth: usize,
}

impl Draw {
    /// A number below `bound`. The numbers of the choice come first, then the same changed.
    pub fn below(&mut self, bound: usize) -> usize {
        let (round, at) = (self.next / 8, self.next % 8);
        self.next += 1;
        let number = self.numbers[at].wrapping_mul([1, 40503, 30011, 25523][round % 4]) as usize;
        (number / [1, 7, 11, 13][round % 4] + round) % bound
    }

    pub fn flag(&mut self) -> bool {
        self.below(2) == 1
    }

    fn one_of(&mut self, values: &[Var]) -> Var {
        // Most often something recent, so that chains grow.
        let (count, back) = (values.len(), self.below(2 * values.len()));
        values[if back < count { back } else { count - 1 - (back - count) / 3 }]
    }

    pub fn any(&mut self) -> Var {
        let values = self.values.clone();
        self.one_of(&values)
    }

    /// A value of at least `rank` axes.
    pub fn of_rank(&mut self, g: &Graph, rank: usize) -> Result<Var> {
        let values: Vec<Var> = self.values.iter().copied().filter(|&v| g.shape(v).len() >= rank).collect();
        if values.is_empty() { no("nothing has so many axes") } else { Ok(self.one_of(&values)) }
    }

    /// A value with axes, and one of them.
    pub fn with_axis(&mut self, g: &Graph) -> Result<(Var, usize)> {
        let a = self.of_rank(g, 1)?;
        Ok((a, self.below(g.shape(a).len())))
    }

    /// Some axes of a value, at least one if it has any.
    pub fn axes(&mut self, g: &Graph, a: Var) -> Vec<usize> {
        let rank = g.shape(a).len();
        let bits = self.below(1 << rank);
        let axes: Vec<usize> = (0..rank).filter(|axis| bits >> axis & 1 == 1).collect();
        if axes.is_empty() { (0..rank).collect() } else { axes }
    }

    /// Two values that broadcast.
    pub fn pair(&mut self, g: &Graph) -> (Var, Var) {
        let a = self.any();
        let fits = |b: &Var| broadcast(g.shape(a), g.shape(*b)).is_ok_and(|s| elements(&s) <= MOST_ELEMENTS);
        let values: Vec<Var> = self.values.iter().copied().filter(fits).collect();
        (a, self.one_of(&values))
    }

    /// A value of this shape: one that has it, or another cut or repeated.
    pub fn shaped(&mut self, g: &mut Graph, shape: &[usize]) -> Result<Var> {
        let same: Vec<Var> = self.values.iter().copied().filter(|&v| g.shape(v) == shape).collect();
        if !same.is_empty() && self.below(4) > 0 {
            return Ok(self.one_of(&same));
        }
        let a = self.any();
        fit(g, a, shape)
    }

    /// A small shape with these first axes.
    pub fn shape(&mut self, first: &[usize], more: usize) -> Vec<usize> {
        let mut shape = first.to_vec();
        (0..more).for_each(|_| shape.push(1 + self.below(5)));
        shape
    }

    /// Integers below `bound`: drawn, or counted.
    pub fn index(&mut self, g: &mut Graph, bound: usize, shape: &[usize]) -> Result<Var> {
        if self.flag() {
            return g.random_below(self.source, &format!("index {bound}"), bound, shape);
        }
        let count = elements(shape);
        let (stride, start) = (1 + self.below(5), self.below(bound));
        let index: Vec<u32> = (0..count).map(|i| ((start + i * stride) % bound) as u32).collect();
        Ok(g.leaf_u32(Role::Input, &format!("index {}", g.leaves().len()), shape, &index))
    }

    /// 0 and 1 of this shape, or of its last axes.
    pub fn mask(&mut self, g: &mut Graph, shape: &[usize]) -> Result<Var> {
        let first = self.below(shape.len().max(1));
        let half = g.constant([0.3, 0.6, 0.9][self.below(3)], &[])?;
        g.random_bernoulli(self.source, "mask", half, &shape[first..])
    }

    /// What a node holds when all leaves are at their first contents.
    pub fn known(&mut self, g: &Graph, var: Var) -> &[f64] {
        for node in &g.nodes()[self.known.len()..] {
            let value = match node.leaf {
                Some(leaf) => super::widen(&g.leaves()[leaf].initial, node.ty.dtype),
                None => {
                    let inputs: Vec<&[f64]> = node.inputs.iter().map(|v| &self.known[v.index()][..]).collect();
                    let types: Vec<_> = node.inputs.iter().map(|&v| g.ty(v)).collect();
                    node.op.reference(&inputs, &types, &node.ty)
                }
            };
            self.known.push(value);
        }
        &self.known[var.index()]
    }

    /// Refuses values closer to one another, or to a multiple of `step`, than [`GAP`].
    pub fn off(&mut self, g: &Graph, a: Var, step: f64) -> Result<()> {
        let near = |x: &f64| (x - step * (x / step).round()).abs() < GAP && *x != 0.0;
        if self.known(g, a).iter().any(near) { no("a value lies on an edge") } else { Ok(()) }
    }

    /// Refuses two that are not apart anywhere.
    pub fn apart(&mut self, g: &mut Graph, a: Var, b: Var) -> Result<()> {
        let difference = g.sub(a, b)?;
        let near = |x: &f64| x.abs() < GAP && *x != 0.0;
        if self.known(g, difference).iter().any(near) { no("two values nearly tie") } else { Ok(()) }
    }

    /// Refuses near-ties along an axis between elements fewer than `reach` places apart.
    pub fn no_ties(&mut self, g: &Graph, a: Var, axes: &[usize], reach: usize) -> Result<()> {
        let shape = g.shape(a).to_vec();
        let strides = petri::graph::strides(&shape);
        let values = self.known(g, a);
        let at = |flat: usize, axis: usize| flat / strides[axis] % shape[axis];
        for i in 0..values.len() {
            for j in i + 1..values.len() {
                let close = |axis: usize| {
                    let (p, q) = (at(i, axis), at(j, axis));
                    if axes.contains(&axis) { p.abs_diff(q) < reach } else { p == q }
                };
                let difference = (values[i] - values[j]).abs();
                if difference != 0.0 && difference < GAP && (0..shape.len()).all(close) {
                    return no("two elements nearly tie");
                }
            }
        }
        Ok(())
    }

    /// The value with a magnitude from ¼ to 2, unless it is next to nothing.
    fn tame(&mut self, g: &mut Graph, a: Var) -> Result<Var> {
        let largest = self.known(g, a).iter().fold(0.0, |m: f64, x| if x.is_nan() { f64::NAN } else { m.max(x.abs()) });
        match largest {
            m if !m.is_finite() => no("a value is infinite"),
            m if m > 2.0 => g.mul_number(a, 0.5f32.powi((m / 2.0).log2().ceil() as i32)),
            m if m > 0.02 && m < 0.25 => g.mul_number(a, 4.0),
            _ => Ok(a),
        }
    }

    /// Builds a row; the new value, brought into range, joins the others.
    fn apply(&mut self, g: &mut Graph, operation: &Operation) -> Result<Var> {
        let value = (operation.build)(g, self)?;
        if elements(g.shape(value)) > MOST_ELEMENTS || g.shape(value).len() > MOST_RANK {
            return no("it is too large");
        }
        let value = self.tame(g, value)?;
        self.values.push(value);
        Ok(value)
    }

    /// A few operations on what a body is given (with the values at its first step) and on values around it. Rows that
    /// do not fit are left out.
    pub fn body(&mut self, g: &mut Graph, given: &[Var], first: &[Vec<f64>]) -> Result<Vec<Var>> {
        if self.depth == 2 {
            return no("bodies are deep enough");
        }
        self.known.extend(first.iter().cloned());
        let around = self.values.clone();
        let shared: Vec<Var> = (0..2).map(|_| self.one_of(&around)).collect();
        self.values = [&shared[..], given, given].concat();
        self.depth += 1;
        let start = self.values.len();
        let inner = rows().filter(|row| row.anywhere);
        for _ in 0..1 + self.below(4) {
            let row = inner.clone().nth(self.below(inner.clone().count())).expect("below their number");
            let _ = self.apply(g, row);
        }
        self.depth -= 1;
        let inside = std::mem::replace(&mut self.values, around);
        if inside.len() == start { no("nothing fits into the body") } else { Ok(inside[start..].to_vec()) }
    }

    /// Runs what leaves the graph as it was, as the body of a scan does.
    fn aside<T>(&mut self, g: &mut Graph, make: impl FnOnce(&mut Graph, &mut Draw) -> Result<T>) -> Result<T> {
        self.known(g, self.values[0]);
        let (nodes, values, depth) = (self.known.len(), self.values.clone(), self.depth);
        let made = make(g, self);
        self.known.truncate(nodes);
        (self.values, self.depth) = (values, depth);
        made
    }
}

/// The elements of `a`, in order, repeated or cut to fill `shape`.
pub fn fit(g: &mut Graph, a: Var, shape: &[usize]) -> Result<Var> {
    if g.shape(a) == shape {
        return Ok(a);
    }
    let (have, need) = (elements(g.shape(a)), elements(shape));
    let times = need.div_ceil(have);
    let mut flat = g.reshape(a, &[have])?;
    if times > 1 {
        let wide = g.broadcast_to(flat, &[times, have])?;
        flat = g.reshape(wide, &[times * have])?;
    }
    if times * have > need {
        flat = g.slice(flat, 0, 0, 1, need)?;
    }
    g.reshape(flat, shape)
}

/// A graph under construction.
pub struct Builder {
    pub graph: Graph,
    pub draw: Draw,
    /// Leaves that may be assigned.
    pub leaves: Vec<Var>,
}

fn leaf(g: &mut Graph, number: usize, shape: &[usize]) -> Var {
    let mut rng = Rng::new(number as u32, "fuse");
    let values = (0..elements(shape)).map(|_| rng.uniform() * 2.0 - 1.0).collect();
    g.leaf_with(if shape.is_empty() { Role::Scalar } else { Role::Parameter }, &format!("leaf {number}"), shape, values)
}

impl Builder {
    pub fn new() -> Self {
        let mut graph = Graph::new();
        let shapes: &[&[usize]] = &[&[], &[], &[5], &[4, 5], &[4, 5], &[5, 4], &[2, 3, 4], &[4, 1], &[3, 130], &[1, 5]];
        let leaves: Vec<Var> = shapes.iter().enumerate().map(|(i, shape)| leaf(&mut graph, i, shape)).collect();
        let seed = graph.leaf_u32(Role::Input, "seed", &[], &[3]);
        let step = graph.leaf_u32(Role::State, "step", &[], &[7]);
        let source = Randomness { seed, step };
        let draw = Draw { numbers: [0; 8], next: 0, values: leaves.clone(), known: Vec::new(), source, depth: 0 };
        Builder { graph, draw, leaves }
    }

    /// Adds what a choice says, if it fits; its row, and the reason if not.
    pub fn apply(&mut self, (kind, numbers): Choice) -> (&'static Operation, Result<Var>) {
        let row = rows().nth(kind as usize % rows().count()).expect("below their number");
        (self.draw.numbers, self.draw.next) = (numbers, 0);
        (row, self.draw.apply(&mut self.graph, row))
    }

    /// The counter of steps, and its value in the next.
    pub fn next_step(&mut self) -> (Var, Var) {
        let step = self.draw.source.step;
        let one = self.graph.constant_u32(1, &[]).unwrap();
        (step, self.graph.elementwise(Func::AddU32, &[step, one]).unwrap())
    }
}

/// Gradients of a loss that hangs on the newest three values, by each of `leaves`.
pub fn gradients(g: &mut Graph, values: &[Var], leaves: &[Var]) -> Result<Vec<Var>> {
    let mut loss = g.constant(0.0, &[])?;
    for &value in values.iter().rev().take(3) {
        let part = super::weighted_sum(g, value)?;
        loss = g.add(loss, part)?;
    }
    g.grad(loss, leaves)
}

/// `cases` graphs, unless the environment says how many.
pub fn config(cases: u32) -> proptest::test_runner::Config {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|number| number.parse().ok());
    proptest::test_runner::Config { failure_persistence: None, cases: asked.unwrap_or(cases), ..Default::default() }
}

/// Largest difference relative to scale; below a tenth it is absolute, because what cancels to nothing in
/// the truth leaves rounding behind.
pub fn difference(got: &[f64], truth: &[f64]) -> f64 {
    let scale = truth.iter().fold(0.1f64, |scale, x| scale.max(x.abs()));
    got.iter().zip(truth).fold(0.0, |worst: f64, (got, truth)| {
        let error = (got - truth).abs() / scale;
        if error.is_nan() { f64::INFINITY } else { worst.max(error) }
    })
}

/// How far the truth itself moves when every element of every node is off by about a rounding error of single precision:
/// much where a decision (which is larger, where the maximum is) hangs on the last digits, or where large values cancel;
/// a later step may come there by what it was assigned. Infinite if a value on the way leaves the range of single precision.
/// Asked only of results that differ.
pub fn sensitivity(graph: &Graph, leaves: &[Vec<f64>], result: Var, truth: &[f64]) -> f64 {
    let mut needed = vec![false; graph.nodes().len()];
    let mut stack = vec![result];
    while let Some(var) = stack.pop() {
        if !std::mem::replace(&mut needed[var.index()], true) {
            stack.extend(&graph.node(var).inputs);
        }
    }
    let mut worst: f64 = 0.0;
    for attempt in 0..16 {
        let mut rng = Rng::new(attempt, "perturb");
        let mut values: Vec<Vec<f64>> = vec![Vec::new(); needed.len()];
        for (index, node) in graph.nodes().iter().enumerate().filter(|(index, _)| needed[*index]) {
            let inputs: Vec<&[f64]> = node.inputs.iter().map(|input| &values[input.index()][..]).collect();
            let types: Vec<_> = node.inputs.iter().map(|&input| graph.ty(input)).collect();
            let mut value = match node.leaf {
                Some(leaf) => leaves[leaf].clone(),
                None => node.op.reference(&inputs, &types, &node.ty),
            };
            if node.ty.dtype == DType::F32 {
                if value.iter().any(|x| x.abs() > 1e36) && node.leaf.is_none() {
                    return f64::INFINITY;
                }
                // Once rounded only, so that what cancels in single precision cancels.
                let noise = if attempt == 0 { 0.0 } else { 2e-7 };
                value.iter_mut().for_each(|x| *x = (*x * (1.0 + noise * (rng.uniform() as f64 - 0.5))) as f32 as f64);
            }
            values[index] = value;
        }
        worst = worst.max(difference(&values[result.index()], truth));
    }
    worst
}
