//! What the engine's tests share: building a case, running it on the CPU, and comparing with the
//! double-precision reference.
#![allow(dead_code)] // each test program uses its own part

pub mod cases;
#[cfg(all(feature = "gpu", not(target_arch = "wasm32")))]
pub mod device;
pub mod labs;
pub mod models;
#[cfg(all(feature = "gpu", not(target_arch = "wasm32")))]
pub mod products;
#[cfg(not(target_arch = "wasm32"))]
pub mod random;
pub mod session;

use petri::cpu::Machine;
use petri::graph::{DType, Entry, Graph, Result, Role, Var};
use petri::plan::plan;
use petri::reference::Reference;
use petri::rng::Rng;
use std::sync::Arc;

/// A small graph: leaves to differentiate by, and a result of any shape.
pub struct Built {
    pub graph: Graph,
    pub leaves: Vec<Var>,
    pub result: Var,
}

/// Builds a graph from closures that may fail.
pub fn build(make: impl FnOnce(&mut Graph, &mut Vec<Var>) -> Result<Var>) -> Built {
    let mut graph = Graph::new();
    let mut leaves = Vec::new();
    let result = make(&mut graph, &mut leaves).unwrap_or_else(|error| panic!("{error}"));
    Built { graph, leaves, result }
}

/// A leaf of random elements in `range`.
pub fn leaf(g: &mut Graph, leaves: &mut Vec<Var>, shape: &[usize], range: (f64, f64)) -> Var {
    let number = g.leaves().len();
    let mut rng = Rng::new(number as u32, "leaf");
    let count: usize = shape.iter().product();
    let values = (0..count).map(|_| (range.0 + (range.1 - range.0) * rng.uniform() as f64) as f32).collect();
    let var = g.leaf_with(Role::Parameter, &format!("leaf {number}"), shape, values);
    leaves.push(var);
    var
}

/// An entry that only reads `vars`.
pub fn outputs(vars: &[Var]) -> Entry {
    let outputs = vars.iter().enumerate().map(|(i, &v)| (format!("{i}"), v)).collect();
    Entry { name: "test".into(), outputs, assigns: Vec::new() }
}

/// Elements in double precision, by type.
pub fn widen(values: &[f32], dtype: DType) -> Vec<f64> {
    match dtype {
        DType::F32 => values.iter().map(|&x| x as f64).collect(),
        DType::U32 => values.iter().map(|x| x.to_bits() as f64).collect(),
    }
}

/// Runs an entry on the CPU with poisoned temporaries; results in double precision.
pub fn run_cpu(graph: &Graph, entry: &Entry) -> Vec<Vec<f64>> {
    let program = plan(graph, std::slice::from_ref(entry)).unwrap_or_else(|error| panic!("{error}"));
    let mut machine = Machine::new(Arc::new(program));
    machine.poison();
    machine.run(0);
    let read = |(i, (_, v)): (usize, &(String, Var))| widen(machine.output(0, i), graph.ty(*v).dtype);
    entry.outputs.iter().enumerate().map(read).collect()
}

/// Largest difference relative to the scale (largest magnitude) of the truth; NaN counts as infinite.
pub fn relative_error(got: &[f64], truth: &[f64]) -> f64 {
    assert_eq!(got.len(), truth.len());
    let scale = truth.iter().fold(0.0f64, |a, b| a.max(b.abs()));
    let scale = if scale == 0.0 { 1.0 } else { scale };
    got.iter().zip(truth).fold(0.0, |worst: f64, (a, b)| {
        let error = (a - b).abs() / scale;
        if error.is_nan() { f64::INFINITY } else { worst.max(error) }
    })
}

/// Checks a result on the CPU against the reference; returns the worst error.
pub fn check_forward(name: &str, built: &Built, tolerance: f64) -> f64 {
    let entry = outputs(&[built.result]);
    let truth = Reference::new(&built.graph).evaluate(&[built.result]);
    let got = run_cpu(&built.graph, &entry);
    let error = relative_error(&got[0], &truth[0]);
    assert!(
        error <= tolerance,
        "{name}: cpu differs from the reference by {error:.3e}\n{:?}\n{:?}",
        &got[0],
        &truth[0]
    );
    error
}

/// Σ result · weights, a scalar that touches every element differently.
pub fn weighted_sum(g: &mut Graph, var: Var) -> Result<Var> {
    let shape = g.shape(var).to_vec();
    let count: usize = shape.iter().product();
    let mut rng = Rng::new(99, "weights");
    let weights = (0..count).map(|_| rng.uniform() * 2.0 - 1.0).collect();
    let weights = g.leaf_with(Role::Input, "test weights", &shape, weights);
    let product = g.mul(var, weights)?;
    g.sum_all(product)
}

/// At most so many elements of a leaf are moved to find a difference.
const MOST_MOVED: usize = 100;

/// The first and the last of `count` elements, and some between them: all if they are few.
fn moved(count: usize) -> Vec<usize> {
    if count <= MOST_MOVED {
        return (0..count).collect();
    }
    let mut rng = Rng::new(count as u32, "moved");
    let mut elements: Vec<usize> = (1..count - 1).collect();
    rng.shuffle(&mut elements);
    elements.truncate(MOST_MOVED - 2);
    elements.extend([0, count - 1]);
    elements
}

/// What [`check_gradient`] found.
pub struct Derivative {
    pub gradients: Vec<Var>,
    /// Worst error of the reference against finite differences.
    pub numeric: f64,
    /// Worst error of the CPU against the reference.
    pub cpu: f64,
}

/// Checks derivatives of `loss` by every leaf against central differences of the reference, in double
/// precision (by a sample of the elements of a large leaf); also the CPU's derivatives, by every element, against the
/// reference's.
pub fn check_gradient(name: &str, graph: &Graph, loss: Var, leaves: &[Var], tolerance: f64) -> Derivative {
    let mut graph = graph.clone();
    let gradients = graph.grad(loss, leaves).unwrap_or_else(|error| panic!("{name}: {error}"));
    let reference = Reference::new(&graph);
    let analytic = reference.evaluate(&gradients);
    let (mut worst_numeric, mut worst_cpu) = (0.0f64, 0.0f64);
    for (&leaf, analytic) in leaves.iter().zip(&analytic) {
        let index = graph.node(leaf).leaf.expect("a leaf");
        let elements = moved(analytic.len());
        let difference = |&element: &usize| {
            let at = |offset: f64| {
                let mut moved = reference.clone();
                moved.leaves[index][element] += offset;
                moved.evaluate(&[loss])[0][0]
            };
            // Fourth-order central difference.
            let h = 1e-4;
            (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * h)
        };
        let numeric: Vec<f64> = elements.iter().map(difference).collect();
        let analytic: Vec<f64> = elements.iter().map(|&element| analytic[element]).collect();
        let error = relative_error(&analytic, &numeric);
        assert!(error <= tolerance, "{name}: derivative differs by {error:.3e}\n{analytic:?}\n{numeric:?}");
        worst_numeric = worst_numeric.max(error);
    }
    let got = run_cpu(&graph, &outputs(&gradients));
    for (got, truth) in got.iter().zip(&analytic) {
        let error = relative_error(got, truth);
        assert!(error <= 4e-6, "{name}: cpu derivative differs by {error:.3e}\n{got:?}\n{truth:?}");
        worst_cpu = worst_cpu.max(error);
    }
    Derivative { gradients, numeric: worst_numeric, cpu: worst_cpu }
}

/// Prints the errors of cases, and the worst of each family: what `cargo test --test ops -- --nocapture` shows.
pub struct Report<const N: usize> {
    family: &'static str,
    worst: [(f64, &'static str); N],
}

impl<const N: usize> Report<N> {
    pub fn new(family: &'static str, columns: [&str; N]) -> Self {
        println!("{family:44}{}", columns.map(|column| format!("{column:>14}")).concat());
        Report { family, worst: [(0.0, "-"); N] }
    }

    /// One case; `None` where it has no such error.
    pub fn line(&mut self, name: &'static str, errors: [Option<f64>; N]) {
        let show = |error: Option<f64>| error.map_or(format!("{:>14}", "-"), |error| format!("{error:14.1e}"));
        println!("  {name:42}{}", errors.map(show).concat());
        for (worst, error) in self.worst.iter_mut().zip(errors) {
            if let Some(error) = error.filter(|error| *error > worst.0) {
                *worst = (error, name);
            }
        }
    }
}

impl<const N: usize> Drop for Report<N> {
    fn drop(&mut self) {
        let worst = self.worst.iter().map(|(error, name)| format!("{error:.1e} ({name})"));
        println!("  worst of {}: {}", self.family, worst.collect::<Vec<_>>().join(", "));
    }
}
