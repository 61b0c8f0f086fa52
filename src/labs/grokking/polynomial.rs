//! Setting A, the paper's own: regression of y(x) = ½ (β·x)² by a network with N hidden units φ(h) = h + ½ε h²
//! and the fixed readout 1/N, trained by full-batch gradient descent at rate N/α². Only the hidden weights
//! learn, and what is fitted is the output less the output at initialisation, so that α changes laziness
//! and nothing else.

use super::kernel::frozen_loss;
use super::{LOW, Setting, claims, curve, first_low, step_axis};
use crate::graph::{Entry, Graph, Result, Role, Var};
use crate::json::json;
use crate::labs::{Claim, Part, Payload, RunPlan, Settings};
use crate::number;
use crate::optim::{Sgd, Update};
use crate::plan;
use crate::rng::Rng;
use crate::session::{History, RunView, View};
use serde_json::Value;
use std::sync::Arc;

/// Input dimension.
pub(super) const D: usize = 40;
/// Hidden units.
const N: usize = 120;
/// Test points.
const TEST: usize = 1000;
/// Mean of y² over all inputs: z = β·x is standard normal, and E[(½z²)²] = ¾.
const MEAN_SQUARE: f32 = 0.75;

/// Everything random, drawn in this order: β, X, X_test, W. Points are [count, D]; the weights are [D, N], one
/// column a unit, so that neither the step nor its gradient needs a transpose.
struct Data {
    beta: Vec<f32>,
    x: Vec<f32>,
    y: Vec<f32>,
    x_test: Vec<f32>,
    y_test: Vec<f32>,
    weights: Vec<f32>,
}

impl Data {
    fn draw(seed: u32, samples: usize) -> Data {
        let mut rng = Rng::new(seed, "grokking/polynomial");
        let mut normals = |count: usize| -> Vec<f32> { (0..count).map(|_| rng.normal()).collect() };
        let mut beta = normals(D);
        let norm = beta.iter().map(|b| b * b).sum::<f32>().sqrt();
        beta.iter_mut().for_each(|b| *b *= (D as f32).sqrt() / norm);
        let scale = 1.0 / (D as f32).sqrt();
        let mut points = |count: usize| -> Vec<f32> { normals(count * D).into_iter().map(|z| z * scale).collect() };
        let (x, x_test) = (points(samples), points(TEST));
        let target = |x: &[f32]| -> Vec<f32> {
            let along = x.chunks(D).map(|point| point.iter().zip(&beta).map(|(a, b)| a * b).sum::<f32>());
            along.map(|z| 0.5 * z * z).collect()
        };
        let (y, y_test) = (target(&x), target(&x_test));
        Data { y, y_test, weights: normals(N * D), beta, x, x_test }
    }

    /// Orthonormal [D, D] whose first column is β/|β|: the Householder reflection that takes e₁ there.
    fn basis(&self) -> Vec<f32> {
        let norm = (D as f32).sqrt();
        let mut v: Vec<f32> = self.beta.iter().map(|b| -b / norm).collect();
        v[0] += 1.0;
        let square: f32 = v.iter().map(|a| a * a).sum();
        let entry = |i: usize, j: usize| {
            let reflected = if square > 0.0 { 2.0 * v[i] * v[j] / square } else { 0.0 };
            f32::from(u8::from(i == j)) - reflected
        };
        (0..D * D).map(|at| entry(at / D, at % D)).collect()
    }
}

/// How one run differs from another.
#[derive(Clone, Copy)]
struct Variant {
    alpha: f32,
    epsilon: f32,
    /// Whether kernel, alignment and picture are recorded beside the losses.
    detailed: bool,
}

/// Steps of the schedule, by laziness.
fn schedule(alpha: f64) -> u64 {
    if alpha > 1.0 { 8000 } else { 5000 }
}

fn reads(step: u64) -> bool {
    step <= 10 || (step <= 200 && step.is_multiple_of(10)) || step.is_multiple_of(50)
}

/// The program of one run: `start` freezes the initial outputs, `train` is a step, `measure` records.
fn program(data: &Data, variant: Variant) -> Result<plan::Program> {
    let Variant { alpha, epsilon, detailed } = variant;
    let samples = data.y.len();
    let g = &mut Graph::new();
    let input = |g: &mut Graph, name: &str, shape: &[usize], values: &[f32]| {
        g.leaf_with(Role::Input, name, shape, values.to_vec())
    };
    let (x, y) = (input(g, "x", &[samples, D], &data.x), input(g, "y", &[samples], &data.y));
    let (x_test, y_test) = (input(g, "x test", &[TEST, D], &data.x_test), input(g, "y test", &[TEST], &data.y_test));
    let initial = input(g, "initial weight", &[D, N], &data.weights);
    let initial_output = input(g, "initial output", &[samples], &vec![0.0; samples]);
    let initial_test = input(g, "initial test output", &[TEST], &[0.0; TEST]);
    let weight = g.leaf_with(Role::Parameter, "hidden.weight", &[D, N], data.weights.clone());
    let step = g.leaf_u32(Role::State, "step", &[], &[0]);

    // f(x) = (α/N) Σ_i φ(w_i·x), before f₀ is taken away.
    let output = |g: &mut Graph, x: Var| -> Result<Var> {
        let hidden = g.matmul(x, weight)?;
        let square = g.square(hidden)?;
        let bent = g.mul_number(square, epsilon / 2.0)?;
        let activation = g.add(hidden, bent)?;
        let mean = g.mean(activation, &[1])?;
        g.mul_number(mean, alpha)
    };
    let raw = g.scoped("network", |g| output(g, x))?;
    let raw_test = g.scoped("network on test points", |g| output(g, x_test))?;
    let residual = |g: &mut Graph, raw: Var, frozen: Var, y: Var| -> Result<Var> {
        let centred = g.sub(raw, frozen)?;
        let error = g.sub(centred, y)?;
        let square = g.square(error)?;
        g.mean_all(square)
    };
    let loss = g.scoped("loss", |g| residual(g, raw, initial_output, y))?;
    let gradient = g.grad(loss, &[weight])?[0];
    let rate = g.constant(N as f32 / (alpha * alpha), &[])?;
    let assigns = Update::new(&Sgd, rate).apply(g, &[(weight, gradient)], step)?;

    let share = |g: &mut Graph, loss: Var, values: &[f32]| {
        let mean = values.iter().map(|y| (y * y) as f64).sum::<f64>() / values.len() as f64;
        g.mul_number(loss, (1.0 / mean) as f32)
    };
    let test_loss = g.scoped("test loss", |g| residual(g, raw_test, initial_test, y_test))?;
    let mut numbers = vec![
        ("train loss".to_owned(), share(g, loss, &data.y)?),
        ("test loss".to_owned(), share(g, test_loss, &data.y_test)?),
    ];
    let mut frozen = vec![(initial_output, raw), (initial_test, raw_test)];
    let mut picture = Vec::new();
    if detailed {
        let beta = input(g, "beta", &[D, 1], &data.beta);
        numbers.extend(g.scoped("loss terms", |g| loss_terms(g, weight, initial, beta, variant))?);
        numbers.push(("alignment".into(), g.scoped("alignment", |g| alignment(g, weight, beta))?));
        let now = g.scoped("kernel", |g| kernel_matrix(g, x, weight, epsilon))?;
        let before = g.leaf_with(Role::Input, "initial kernel", &[samples, samples], vec![0.0; samples * samples]);
        numbers.push(("kernel distance".into(), g.scoped("kernel distance", |g| cosine_distance(g, now, before))?));
        frozen.push((before, now));
        let basis = input(g, "basis", &[D, D], &data.basis());
        picture.push(("growth".to_owned(), g.scoped("growth", |g| growth(g, weight, initial, basis))?));
    }
    let entry = |name: &str, outputs, assigns| Entry { name: name.into(), outputs, assigns };
    let mut entries = vec![
        entry("start", Vec::new(), frozen),
        entry("train", Vec::new(), assigns),
        entry("measure", numbers, Vec::new()),
    ];
    if detailed {
        entries.push(entry("picture", picture, Vec::new()));
    }
    plan::plan(g, &entries)
}

/// `(1/N) Σ_i w_i w_iᵀ` in the coordinates of `basis`, [D, D].
fn second_moment(g: &mut Graph, weight: Var, basis: Option<Var>) -> Result<Var> {
    let rotated = match basis {
        Some(basis) => {
            let rows = g.transpose(basis)?;
            g.matmul(rows, weight)?
        }
        None => weight,
    };
    let transposed = g.transpose(rotated)?;
    let product = g.matmul(rotated, transposed)?;
    g.mul_number(product, 1.0 / N as f32)
}

/// The exact population loss in three terms, each as a share of the mean of y². With w̄ the mean of the
/// w_i and A = αε (M − M₀) − ββᵀ it is α²|w̄ − w̄₀|²/D + (Tr A)²/(4D²) + Tr(A²)/(2D²).
fn loss_terms(g: &mut Graph, weight: Var, initial: Var, beta: Var, variant: Variant) -> Result<Vec<(String, Var)>> {
    let d = D as f32;
    let (mean, mean_before) = (g.mean(weight, &[1])?, g.mean(initial, &[1])?);
    let drift = g.sub(mean, mean_before)?;
    let square = g.square(drift)?;
    let square = g.sum_all(square)?;
    let linear = g.mul_number(square, variant.alpha * variant.alpha / d / MEAN_SQUARE)?;

    let (now, before) = (second_moment(g, weight, None)?, second_moment(g, initial, None)?);
    let grown = g.sub(now, before)?;
    let grown = g.mul_number(grown, variant.alpha * variant.epsilon)?;
    let row = g.transpose(beta)?;
    let target = g.matmul(beta, row)?;
    let a = g.sub(grown, target)?;
    let identity = (0..D * D).map(|at| f32::from(u8::from(at / D == at % D))).collect();
    let identity = g.leaf_with(Role::Input, "identity", &[D, D], identity);
    let diagonal = g.mul(a, identity)?;
    let trace = g.sum_all(diagonal)?;
    let trace_square = g.square(trace)?;
    let scale = g.mul_number(trace_square, 1.0 / (4.0 * d * d) / MEAN_SQUARE)?;
    let squares = g.square(a)?;
    let squares = g.sum_all(squares)?;
    let direction = g.mul_number(squares, 1.0 / (2.0 * d * d) / MEAN_SQUARE)?;
    Ok(vec![("linear term".into(), linear), ("scale term".into(), scale), ("direction term".into(), direction)])
}

/// Share of ‖W‖² that lies along β.
fn alignment(g: &mut Graph, weight: Var, beta: Var) -> Result<Var> {
    let row = g.transpose(beta)?;
    let along = g.matmul(row, weight)?;
    let along = g.square(along)?;
    let along = g.sum_all(along)?;
    let along = g.mul_number(along, 1.0 / D as f32)?;
    let square = g.square(weight)?;
    let norm = g.sum_all(square)?;
    g.div(along, norm)
}

/// The kernel of the present network between all training points, [P, P].
fn kernel_matrix(g: &mut Graph, x: Var, weight: Var, epsilon: f32) -> Result<Var> {
    let gram = |g: &mut Graph, a: Var| -> Result<Var> {
        let transposed = g.transpose(a)?;
        g.matmul(a, transposed)
    };
    let hidden = g.matmul(x, weight)?;
    let bent = g.mul_number(hidden, epsilon)?;
    let slopes = g.add_number(bent, 1.0)?;
    let features = gram(g, slopes)?;
    let features = g.mul_number(features, 1.0 / N as f32)?;
    let inputs = gram(g, x)?;
    g.mul(inputs, features)
}

/// 1 − cos of two matrices taken as vectors.
fn cosine_distance(g: &mut Graph, a: Var, b: Var) -> Result<Var> {
    let inner = |g: &mut Graph, a: Var, b: Var| -> Result<Var> {
        let product = g.mul(a, b)?;
        g.sum_all(product)
    };
    let (ab, aa, bb) = (inner(g, a, b)?, inner(g, a, a)?, inner(g, b, b)?);
    let norms = g.mul(aa, bb)?;
    let norms = g.sqrt(norms)?;
    let cosine = g.div(ab, norms)?;
    let one = g.constant(1.0, &[])?;
    g.sub(one, cosine)
}

/// M − M₀ in a basis whose first axis is β, [D, D].
fn growth(g: &mut Graph, weight: Var, initial: Var, basis: Var) -> Result<Var> {
    let (now, before) = (second_moment(g, weight, Some(basis))?, second_moment(g, initial, Some(basis))?);
    g.sub(now, before)
}

/// The setting with its baseline.
struct Polynomial {
    alpha: f64,
    epsilon: f64,
    frozen: f64,
}

/// Builds all runs: the visitor's α, α/4 and 4α beside it, and for claims ε = 0.5, P = 80, P = 600.
pub(super) fn open(settings: &Settings, with_claims: bool) -> Result<(Box<dyn Setting>, Vec<RunPlan>)> {
    let (alpha, epsilon) = (settings.number("alpha"), settings.number("epsilon"));
    let samples = settings.number("samples") as usize;
    let seed = settings.seed;
    let data = Arc::new(Data::draw(seed, samples));
    let run = |name: String, alpha: f64, epsilon: f64, samples: usize, part: Part| -> RunPlan {
        let variant = Variant { alpha: alpha as f32, epsilon: epsilon as f32, detailed: part == Part::Main };
        let visible = data.clone();
        let build = Box::new(move || match visible.y.len() == samples {
            true => program(&visible, variant),
            false => program(&Data::draw(seed, samples), variant),
        });
        RunPlan::new(name, part, schedule(alpha), reads, build)
    };
    let mut runs = Vec::new();
    for (factor, part) in [(1.0, Part::Main), (0.25, Part::Beside), (4.0, Part::Beside)] {
        let alpha = alpha * factor;
        runs.push(run(format!("α = {}", number::short(alpha)), alpha, epsilon, samples, part));
    }
    if with_claims {
        let low = |history: &History| first_low(history, "test loss").is_some();
        runs.extend([
            RunPlan { enough: Some(low), ..run("ε = 0.5".into(), alpha, 0.5, samples, Part::Later) },
            run("P = 80".into(), alpha, epsilon, 80, Part::Later),
            RunPlan { enough: Some(low), ..run("P = 600".into(), alpha, epsilon, 600, Part::Later) },
        ]);
        runs.extend(super::modular::claim_runs(seed));
    }
    let frozen = frozen_loss((&data.x, &data.y), (&data.x_test, &data.y_test), &data.weights, D, epsilon)?;
    Ok((Box::new(Polynomial { alpha, epsilon, frozen }), runs))
}

impl Setting for Polynomial {
    fn retune(&self, _: &str, _: f64) -> Option<Vec<(usize, &'static str, f32)>> {
        None
    }

    fn panel(&mut self, id: &str, view: &View, payload: &mut Payload) -> Value {
        let last = view.runs[..3].iter().map(|run| run.steps).max().unwrap_or(1);
        match id {
            "loss" => self.loss(view, last, payload),
            "terms" => terms(view, last, payload),
            "growth" => growth_panel(view, payload),
            "features" => json!({
                "x": step_axis(last),
                "y": json!({ "label": "share", "min": 0, "max": 1 }),
                "series": [
                    curve(&view.main(), "alignment", "‖W‖² along β", "category-2", false, payload),
                    curve(&view.main(), "kernel distance", "kernel distance 1 − cos(K, K₀)", "category-3", false, payload),
                ],
                "timeline": true,
            }),
            _ => Value::Null,
        }
    }

    fn claims(&self, view: &View) -> Vec<Claim> {
        claims::of_polynomial(view, self.alpha, self.epsilon, self.frozen)
    }
}

impl Polynomial {
    fn loss(&self, view: &View, last: u64, payload: &mut Payload) -> Value {
        let main = view.main();
        let mut series = vec![
            curve(&main, "train loss", "train", "train", false, payload),
            curve(&main, "test loss", "test", "test", false, payload),
        ];
        for run in &view.runs[1..3] {
            series.push(curve(run, "test loss", &format!("test, {}", run.name), "test", true, payload));
        }
        for &(seed, history) in &view.other_seeds {
            let other = RunView { history, ..main };
            series.push(curve(&other, "test loss", &format!("seed {seed}"), "other", true, payload));
        }
        let mut bands = Vec::new();
        if let Some(train) = first_low(main.history, "train loss") {
            let test = first_low(main.history, "test loss");
            let to = test.or(main.history.steps().last().copied()).unwrap_or(train);
            let label = match test {
                Some(test) => format!("grokking gap {}×", number::rounded(test as f64 / train as f64, 1)),
                None => "waiting".into(),
            };
            bands.push(json!({ "from": train, "to": to, "label": label }));
        }
        json!({
            "x": step_axis(last),
            "y": json!({ "label": "loss", "unit": "share of the mean of y²", "min": 0 }),
            "series": series,
            "bands": bands,
            "rules": [json!({ "y": self.frozen, "label": "frozen kernel, test" })],
            "low": LOW,
            "timeline": true,
        })
    }
}

fn terms(view: &View, last: u64, payload: &mut Payload) -> Value {
    let main = view.main();
    let mut layer = |column: &str, name: &str, role: &str| json!({ "name": name, "role": role, "y": payload.array(main.history.column(column).to_vec()) });
    let layers = [
        layer("direction term", "direction", "category-0"),
        layer("scale term", "scale", "category-4"),
        layer("linear term", "wasted in linear modes", "category-1"),
    ];
    let steps = main.history.steps().iter().map(|&step| step.max(1) as f32).collect();
    json!({
        "x": step_axis(last),
        "y": json!({ "label": "test loss", "unit": "share of the mean of y²", "min": 0 }),
        "at": payload.array(steps),
        "layers": layers,
    })
}

fn growth_panel(view: &View, payload: &mut Payload) -> Value {
    let Some(picture) = view.main().picture else { return Value::Null };
    let values = picture.get("growth");
    // One corner outgrows everything; the scale keeps what the other directions do visible beside it.
    let most = values.iter().fold(0.0f32, |most, value| most.max(value.abs()));
    let spread = (values.iter().map(|value| value * value).sum::<f32>() / values.len() as f32).sqrt();
    let limit = most.min(4.0 * spread);
    json!({
        "rows": D,
        "columns": D,
        "values": payload.array(values.to_vec()),
        "scale": "diverging",
        "limit": limit.max(1e-6),
        "rowLabel": "input direction",
        "columnLabel": "input direction",
        "rowNames": json!({ "0": "β" }),
        "unit": "second moment of W",
    })
}
