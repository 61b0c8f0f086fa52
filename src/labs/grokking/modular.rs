//! Setting B: addition modulo p = 23 by a two-layer network with quadratic units, f = α (g − g₀),
//! g(x) = (xU)² V with x = one-hot(a) ⊕ one-hot(b). Squared error, full-batch Adam, weight decay 0 by default.
//! The paper trains a one-layer transformer on this task; the network here is the cheaper stand-in for the
//! same effect of α.

use super::{Setting, claims, curve, step_axis};
use crate::analysis::matrix::widen;
use crate::analysis::spectrum;
use crate::graph::{Entry, Graph, Result, Role, Var};
use crate::json::{NONE, json};
use crate::labs::{Claim, Part, Payload, RunPlan, Settings};
use crate::number;
use crate::optim::{Adam, Update};
use crate::plan;
use crate::rng::Rng;
use crate::session::{History, View};
use serde_json::Value;

/// The modulus.
const P: usize = 23;
/// Hidden units.
const N: usize = 96;
/// Variance of the first hidden weights. At ½ about every second seed stays at 88 to 94 % of the test pairs at
/// α = 0.05, here and in an independent implementation; at 0.4 all of them grok.
const INNER_VARIANCE: f32 = 0.4;
/// All pairs (a, b).
const PAIRS: usize = P * P;
/// Neurons shown.
const SHOWN: usize = 12;
/// Share of correct answers that counts as having learnt.
pub(super) const LEARNT: f32 = 0.95;
/// Accuracies are read every so many steps.
pub(super) const EVERY: u64 = 20;

/// All pairs in shuffled order, 70 % of them for training, and the first weights.
struct Data {
    order: Vec<u32>,
    train: usize,
    inner: Vec<f32>,
    outer: Vec<f32>,
}

impl Data {
    fn draw(seed: u32) -> Data {
        let mut rng = Rng::new(seed, "grokking/modular");
        let mut order: Vec<u32> = (0..PAIRS as u32).collect();
        rng.shuffle(&mut order);
        let mut normals =
            |count: usize, variance: f32| -> Vec<f32> { (0..count).map(|_| variance.sqrt() * rng.normal()).collect() };
        let (inner, outer) = (normals(2 * P * N, INNER_VARIANCE), normals(N * P, 1.0 / N as f32));
        Data { order, train: PAIRS * 7 / 10, inner, outer }
    }

    /// Inputs [pairs, 2p] and sums [pairs] of some pairs.
    fn tensors(pairs: &[u32]) -> (Vec<f32>, Vec<u32>) {
        let mut inputs = vec![0.0; pairs.len() * 2 * P];
        let mut sums = Vec::with_capacity(pairs.len());
        for (row, &pair) in inputs.chunks_mut(2 * P).zip(pairs) {
            let (a, b) = (pair as usize / P, pair as usize % P);
            row[a] = 1.0;
            row[P + b] = 1.0;
            sums.push(((a + b) % P) as u32);
        }
        (inputs, sums)
    }
}

fn reads(step: u64) -> bool {
    step <= 10 || step.is_multiple_of(EVERY)
}

/// A set of pairs with its frozen outputs: nodes of loss and accuracy.
struct Evaluated {
    loss: Var,
    accuracy: Var,
    frozen: (Var, Var),
}

fn evaluate(g: &mut Graph, name: &str, pairs: &[u32], alpha: f32, weights: (Var, Var)) -> Result<Evaluated> {
    let count = pairs.len();
    let (inputs, sums) = Data::tensors(pairs);
    let inputs = g.leaf_with(Role::Input, &format!("{name} pairs"), &[count, 2 * P], inputs);
    let sums = g.leaf_u32(Role::Input, &format!("{name} sums"), &[count], &sums);
    let initial = g.leaf_with(Role::Input, &format!("initial {name} output"), &[count, P], vec![0.0; count * P]);
    let output = g.scoped("network", |g| network(g, inputs, weights))?;
    let centred = g.sub(output, initial)?;
    let prediction = g.mul_number(centred, alpha)?;
    let target = g.one_hot(sums, P)?;
    let error = g.sub(prediction, target)?;
    let square = g.square(error)?;
    let summed = g.sum(square, &[1])?;
    let loss = g.scoped("loss", |g| g.mean_all(summed))?;
    let answer = g.argmax(prediction)?;
    let right = g.equal_u32(answer, sums)?;
    Ok(Evaluated { loss, accuracy: g.mean_all(right)?, frozen: (initial, output) })
}

/// g(x) = (xU)² V.
fn network(g: &mut Graph, inputs: Var, (inner, outer): (Var, Var)) -> Result<Var> {
    let hidden = g.matmul(inputs, inner)?;
    let square = g.square(hidden)?;
    g.matmul(square, outer)
}

fn program(data: &Data, alpha: f32, decay: f32, detailed: bool) -> Result<plan::Program> {
    let g = &mut Graph::new();
    let inner = g.leaf_with(Role::Parameter, "hidden.weight", &[2 * P, N], data.inner.clone());
    let outer = g.leaf_with(Role::Parameter, "output.weight", &[N, P], data.outer.clone());
    let step = g.leaf_u32(Role::State, "step", &[], &[0]);
    let decay = g.scalar("decay", decay);
    let (train_pairs, test_pairs) = data.order.split_at(data.train);
    let train = evaluate(g, "train", train_pairs, alpha, (inner, outer))?;
    let test = evaluate(g, "test", test_pairs, alpha, (inner, outer))?;
    let gradients = g.grad(train.loss, &[inner, outer])?;
    let rate = g.constant(0.01, &[])?;
    let adam = Adam::new(0.9, 0.98);
    let pairs = [(inner, gradients[0]), (outer, gradients[1])];
    let assigns = Update::new(&adam, rate).decoupled_decay(decay).apply(g, &pairs, step)?;

    let numbers = vec![
        ("train loss".to_owned(), train.loss),
        ("test loss".to_owned(), test.loss),
        ("train accuracy".to_owned(), train.accuracy),
        ("test accuracy".to_owned(), test.accuracy),
    ];
    let mut frozen = vec![train.frozen, test.frozen];
    let entry = |name: &str, outputs, assigns| Entry { name: name.into(), outputs, assigns };
    let mut entries = vec![entry("train", Vec::new(), assigns), entry("measure", numbers, Vec::new())];
    if detailed {
        let everything: Vec<u32> = (0..PAIRS as u32).collect();
        let (inputs, _) = Data::tensors(&everything);
        let inputs = g.leaf_with(Role::Input, "all pairs", &[PAIRS, 2 * P], inputs);
        let initial = g.leaf_with(Role::Input, "initial output on all pairs", &[PAIRS, P], vec![0.0; PAIRS * P]);
        let output = g.scoped("network on all pairs", |g| network(g, inputs, (inner, outer)))?;
        let centred = g.sub(output, initial)?;
        let answer = g.argmax(centred)?;
        let answer = g.to_f32(answer)?;
        let rows = g.transpose(inner)?;
        frozen.push((initial, output));
        entries.push(entry("picture", vec![("answers".into(), answer), ("neurons".into(), rows)], Vec::new()));
    }
    entries.push(entry("start", Vec::new(), frozen));
    plan::plan(g, &entries)
}

/// The two runs behind C7 and C8, without weight decay.
pub(super) fn claim_runs(seed: u32) -> Vec<RunPlan> {
    let learnt = |history: &History| history.first("test accuracy", EVERY, |share| share >= LEARNT).is_some();
    let run = |name: &str, alpha: f32, steps: u64| {
        let build = Box::new(move || program(&Data::draw(seed), alpha, 0.0, false));
        RunPlan::new(name, Part::Later, steps, reads, build)
    };
    let rich = run(claims::RICH, 0.05, 1500);
    vec![RunPlan { enough: Some(learnt), ..rich }, run(claims::LAZY, 1.0, 3000)]
}

struct Modular;

/// Builds the runs: the visitor's α, α/4 and 4α beside it, and for claims α = 0.05 and α = 1 without decay.
pub(super) fn open(settings: &Settings, with_claims: bool) -> Result<(Box<dyn Setting>, Vec<RunPlan>)> {
    let (alpha, decay) = (settings.number("alpha_modular"), settings.number("decay"));
    let seed = settings.seed;
    let steps = if alpha >= 0.08 { 3000 } else { 1000 };
    let mut runs = Vec::new();
    for (factor, part) in [(1.0, Part::Main), (0.25, Part::Beside), (4.0, Part::Beside)] {
        let alpha = alpha * factor;
        let build = Box::new(move || program(&Data::draw(seed), alpha as f32, decay as f32, part == Part::Main));
        runs.push(RunPlan::new(format!("α = {}", number::short(alpha)), part, steps, reads, build));
    }
    if with_claims {
        runs.extend(claim_runs(seed));
    }
    Ok((Box::new(Modular), runs))
}

impl Setting for Modular {
    fn retune(&self, name: &str, value: f64) -> Option<Vec<(usize, &'static str, f32)>> {
        (name == "decay").then(|| (0..3).map(|run| (run, "decay", value as f32)).collect())
    }

    fn panel(&mut self, id: &str, view: &View, payload: &mut Payload) -> Value {
        let main = view.main();
        let line = |kind: &str, y: Value, payload: &mut Payload| {
            let mut series = vec![
                curve(&main, &format!("train {kind}"), "train", "train", false, payload),
                curve(&main, &format!("test {kind}"), "test", "test", false, payload),
            ];
            for run in &view.runs[1..3] {
                let name = format!("test, {}", run.name);
                series.push(curve(run, &format!("test {kind}"), &name, "test", true, payload));
            }
            json!({ "x": step_axis(main.steps), "y": y, "series": series, "bands": NONE, "rules": NONE, "timeline": true })
        };
        match id {
            "loss" => {
                line("loss", json!({ "label": "loss", "unit": "share of the target's square", "min": 0 }), payload)
            }
            "accuracy" => {
                let mut panel =
                    line("accuracy", json!({ "label": "correct", "unit": "share", "min": 0, "max": 1 }), payload);
                panel["rules"] = json!([json!({ "y": 1.0 / P as f64, "label": "chance" })]);
                panel
            }
            "table" => table(view, payload),
            "neurons" => neurons(view, payload),
            _ => Value::Null,
        }
    }

    fn claims(&self, view: &View) -> Vec<Claim> {
        claims::of_modular(view)
    }
}

/// The predicted sum of every pair, with the wrong ones marked.
fn table(view: &View, payload: &mut Payload) -> Value {
    let Some(picture) = view.main().picture else { return Value::Null };
    let answers = picture.get("answers").to_vec();
    let wrong = answers.iter().enumerate().map(|(pair, &answer)| {
        let sum = (pair / P + pair % P) % P;
        f32::from(u8::from(answer != sum as f32))
    });
    let wrong = wrong.collect();
    json!({
        "rows": P,
        "columns": P,
        "values": payload.array(answers),
        "wrong": payload.array(wrong),
        "categories": P,
        "rowLabel": "a",
        "columnLabel": "b",
    })
}

/// What the strongest neurons give to each a and each b: two waves of one frequency once it groks.
fn neurons(view: &View, payload: &mut Payload) -> Value {
    let Some(picture) = view.main().picture else { return Value::Null };
    let rows: Vec<&[f32]> = picture.get("neurons").chunks(2 * P).collect();
    let strength = |row: &[f32]| row.iter().map(|w| w * w).sum::<f32>();
    let mut rest: Vec<(usize, f32)> = rows.iter().map(|row| strength(row)).enumerate().collect();
    let strongest = (0..SHOWN.min(rows.len())).map(|_| {
        let at = (0..rest.len()).fold(0, |best, at| if rest[at].1 > rest[best].1 { at } else { best });
        rest.remove(at).0
    });
    let items = strongest.map(|neuron| {
        let powers = spectrum::powers(&widen(&rows[neuron][..P]));
        let name = match spectrum::dominant(&powers) {
            Ok(wave) => {
                let share = number::rounded(100.0 * wave.share, 0);
                format!("unit {neuron}: frequency {}, {share} %", wave.frequency)
            }
            Err(_) => format!("unit {neuron}: no wave"),
        };
        json!({ "name": name, "y": payload.array(rows[neuron].to_vec()) })
    });
    let items: Vec<Value> = items.collect();
    json!({
        "columns": 3,
        "x": json!({ "label": "a, then b", "unit": "0 … 22 each" }),
        "y": json!({ "label": "weight" }),
        "split": P,
        "items": items,
    })
}
