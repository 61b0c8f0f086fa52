//! What convolution and pooling promise besides right numbers: messages that help, few kernels, little memory, the same
//! bits for replicas.
#![cfg(not(target_arch = "wasm32"))]

mod common;

use petri::cpu::Machine;
use petri::graph::{Entry, Graph, Leaf, Result, Role, Var};
use petri::nn::{Convolution, Init, Linear, TransposedConvolution};
use petri::ops::convolution::{ConvolutionOptions, TransposedOptions};
use petri::ops::pad::PadMode;
use petri::ops::pool::Pool;
use petri::ops::window::Window;
use petri::optim::{Sgd, Update};
use petri::plan::{Program, plan};
use petri::reference::Reference;
use petri::replicate::replicate;
use petri::rng::Rng;
use std::sync::Arc;

/// `[batch, 1, size, size]` → 8 channels 3 × 3 → pool → 16 channels 3 × 3 → pool → 10 classes; gradient descent.
fn network(batch: usize, size: usize, same: bool) -> Result<(Graph, Entry)> {
    let mut g = Graph::new();
    let rng = &mut Rng::new(3, "network");
    let pixels = (0..batch * size * size).map(|_| rng.uniform()).collect();
    let x = g.leaf_with(Role::Input, "pictures", &[batch, 1, size, size], pixels);
    let labels: Vec<u32> = (0..batch as u32).map(|i| i % 10).collect();
    let labels = g.leaf_u32(Role::Input, "labels", &[batch], &labels);
    let options = if same { ConvolutionOptions::same([3, 3]) } else { Default::default() };
    let first = Convolution::new(&mut g, "first", [1, 8], [3, 3], options, (Init::HeNormal, &mut *rng));
    let second = Convolution::new(&mut g, "second", [8, 16], [3, 3], options, (Init::HeNormal, &mut *rng));
    let mut h = x;
    for layer in [&first, &second] {
        h = layer.apply(&mut g, h)?;
        h = g.relu(h)?;
        h = g.max_pool(h, &[Pool::new(2), Pool::new(2)])?;
    }
    let features = g.shape(h)[1..].iter().product();
    let flat = g.reshape(h, &[batch, features])?;
    let last = Linear::new(&mut g, "last", [features, 10], Init::GlorotUniform, rng);
    let logits = last.apply(&mut g, flat)?;
    let losses = g.cross_entropy(logits, labels)?;
    let loss = g.mean_all(losses)?;
    let mut parameters = vec![last.weight, last.bias];
    for layer in [first, second] {
        parameters.extend([Some(layer.weight), layer.bias].into_iter().flatten());
    }
    let gradients = g.grad(loss, &parameters)?;
    let pairs: Vec<(Var, Var)> = parameters.into_iter().zip(gradients).collect();
    let step = g.leaf_u32(Role::State, "step", &[], &[0]);
    let rate = g.scalar("rate", 0.1);
    let assigns = Update::new(&Sgd, rate).apply(&mut g, &pairs, step)?;
    Ok((g, Entry { name: "train".into(), outputs: vec![("loss".into(), loss)], assigns }))
}

fn bytes(program: &Program, kept: bool) -> usize {
    program.buffers.iter().filter(|buffer| buffer.kept == kept).map(|buffer| 4 * buffer.elements).sum()
}

#[test]
fn a_small_network_trains_in_few_kernels_and_little_memory() {
    for (same, kernels, temporaries) in [(false, 30, 5_200_000), (true, 34, 7_500_000)] {
        let (graph, entry) = network(64, 28, same).unwrap();
        let program = plan(&graph, std::slice::from_ref(&entry)).unwrap();
        let (count, memory) = (program.routines[0].kernels.len(), bytes(&program, false));
        println!("same {same}: {count} kernels, {memory} bytes of temporaries, {} of leaves", bytes(&program, true));
        assert!(count <= kernels && memory <= temporaries, "same {same}: {count} kernels, {memory} bytes");
    }
    let (graph, entry) = network(16, 12, true).unwrap();
    let mut machine = Machine::new(Arc::new(plan(&graph, std::slice::from_ref(&entry)).unwrap()));
    machine.run(0);
    let before = machine.output(0, 0)[0];
    (0..60).for_each(|_| machine.run(0));
    let after = machine.output(0, 0)[0];
    assert!(after < 0.6 * before, "the loss went from {before} to {after}");
}

#[test]
fn replicas_of_a_network_compute_the_same_bits() {
    let (graph, entry) = network(3, 9, true).unwrap();
    let initial = |leaf: &Leaf, copy: usize| match leaf.role {
        Role::Input | Role::Scalar => None,
        Role::State => Some(leaf.initial.clone()),
        Role::Parameter => Some(leaf.initial.iter().map(|w| w * (1.0 + copy as f32)).collect()),
    };
    let (together, entries) = replicate(&graph, std::slice::from_ref(&entry), 3, initial).unwrap();
    let mut all = Machine::new(Arc::new(plan(&together, &entries).unwrap()));
    all.poison();
    (0..5).for_each(|_| all.run(0));
    for copy in 0..3 {
        let mut one = Machine::new(Arc::new(plan(&graph, std::slice::from_ref(&entry)).unwrap()));
        for (position, leaf) in graph.leaves().iter().enumerate() {
            if let Some(values) = initial(leaf, copy) {
                one.write(position, &values);
            }
        }
        (0..5).for_each(|_| one.run(0));
        for (position, leaf) in graph.leaves().iter().enumerate().filter(|(_, leaf)| leaf.role == Role::Parameter) {
            let (alone, together) = (one.leaf(position), all.leaf(position));
            let bits = |values: &[f32]| values.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(alone), bits(&together[copy * alone.len()..][..alone.len()]), "copy {copy}: {}", leaf.name);
        }
    }
}

#[test]
fn the_gradient_of_a_maximum_is_shared_among_equals() {
    let mut g = Graph::new();
    let x = g.leaf_with(Role::Parameter, "x", &[4, 2], vec![5.0, 5.0, 1.0, 5.0, 0.0, 2.0, 3.0, 3.0]);
    let best = g.max_pool(x, &[Pool::new(2), Pool::new(2)]).unwrap();
    let loss = g.sum_all(best).unwrap();
    let gradient = g.grad(loss, &[x]).unwrap()[0];
    let values = Reference::new(&g).evaluate(&[best, gradient]);
    let third = 1.0 / 3.0;
    assert_eq!(values[0], [5.0, 3.0]);
    assert_eq!(values[1], [third, third, 0.0, third, 0.0, 0.0, 0.5, 0.5]);
}

#[test]
fn refusals_name_shapes_options_and_fix() {
    let mut g = Graph::new();
    let mut zeros = |shape: &[usize]| {
        let name = format!("leaf {}", g.leaves().len());
        g.leaf_with(Role::Input, &name, shape, vec![0.0; shape.iter().product()])
    };
    let (line, picture) = (zeros(&[2, 3, 7]), zeros(&[2, 3, 7, 6]));
    let (narrow, wide) = (zeros(&[4, 3, 5]), zeros(&[4, 2, 3, 3]));
    let grouped = zeros(&[3, 1, 3, 3]);
    let bias = zeros(&[5]);
    let check = |result: Result<Var>, parts: &[&str]| {
        let error = result.unwrap_err().to_string();
        println!("{error}");
        assert!(parts.iter().all(|part| error.contains(part)), "{parts:?} in {error}");
    };
    let dilated = ConvolutionOptions { dilation: [2], ..Default::default() };
    check(
        g.convolution_1d(line, narrow, None, &dilated),
        &["convolution_1d", "kernel of 5", "dilation 2", "spans 9", "7 + 0"],
    );
    check(g.convolution_2d(picture, wide, None, &Default::default()), &["[2, 3, 7, 6]", "[4, 2, 3, 3]", "groups"]);
    check(g.convolution_2d(line, wide, None, &Default::default()), &["[2, 3, 7]", "4 axes"]);
    let options = ConvolutionOptions { groups: 2, ..Default::default() };
    check(g.convolution_2d(picture, grouped, None, &options), &["2 groups", "divide"]);
    check(g.convolution_1d(line, narrow, Some(bias), &Default::default()), &["bias [5]", "4 channels"]);
    let options = ConvolutionOptions { stride: [0], ..Default::default() };
    check(g.convolution_1d(line, narrow, None, &options), &["stride 0"]);
    let options = ConvolutionOptions { padding: [[0, 8]], mode: PadMode::Wrap, ..Default::default() };
    check(g.convolution_1d(line, narrow, None, &options), &["wrap", "8", "[2, 3, 7]", "at most 7"]);
    check(g.pad(line, 2, &[[7, 0]], PadMode::Reflect), &["reflect", "at most 6"]);
    let options = TransposedOptions { output_padding: [2], stride: [2], ..Default::default() };
    let transposed = zeros_like(&mut g, &[3, 4, 5]);
    check(g.transposed_convolution_1d(line, transposed, None, &options), &["output padding 2", "stride 2"]);
    let options = TransposedOptions { padding: [[6, 5]], ..Default::default() };
    check(g.transposed_convolution_1d(line, transposed, None, &options), &["6 and 5", "11"]);
    let kernel = zeros_like(&mut g, &[4, 2, 5]);
    check(g.slide(line, 2, kernel, &[1], &[[5, 0]]), &["[5, 0] along axis 2", "less than the window spans"]);
    check(g.slide(line, 2, kernel, &[2], &[[0, 0]]), &["spans 9", "[2, 3, 7]"]);
    check(g.slide(line, 2, wide, &[1; 2], &[[0; 2]; 2]), &["[2, 3, 7]", "[4, 2, 3, 3]", "axes"]);
    check(g.slide(line, 2, kernel, &[1; 2], &[[0, 0]]), &["[4, 2, 5]", "2 sizes"]);
    check(g.max_pool(line, &[Pool::new(8)]), &["window of 8", "[2, 3, 7]"]);
    check(g.max_pool(line, &[Pool { padding: [2, 0], ..Pool::new(3) }]), &["half a window of 3"]);
    check(g.average_pool(line, &[Pool::new(0)]), &["window of 0"]);
    check(g.adaptive_average_pool(line, &[0]), &["[2, 3, 7]", "[0]"]);
    check(g.upsample_linear(line, &[2, 0]), &["[2, 0]"]);
    check(g.windows(line, 2, &[Window { size: 4, stride: 1, dilation: 3 }]), &["window of 4", "spans 10", "[2, 3, 7]"]);
    check(g.fold(line, 1, Window { size: 7, stride: 2, dilation: 1 }, 10), &["[2, 3, 7]", "11", "10"]);
}

fn zeros_like(g: &mut Graph, shape: &[usize]) -> Var {
    let name = format!("leaf {}", g.leaves().len());
    g.leaf_with(Role::Input, &name, shape, vec![0.0; shape.iter().product()])
}

#[test]
fn layers_begin_with_the_variance_of_their_rule() {
    let mut g = Graph::new();
    let rng = &mut Rng::new(1, "layers");
    let options = ConvolutionOptions { groups: 2, ..Default::default() };
    let layer = Convolution::new(&mut g, "a", [32, 64], [3, 3], options, (Init::GlorotNormal, &mut *rng));
    let options = TransposedOptions { stride: [2, 2], ..Default::default() };
    let back = TransposedConvolution::new(&mut g, "b", [32, 16], [4, 4], options, (Init::HeUniform, rng));
    assert_eq!((g.shape(layer.weight), g.shape(back.weight)), (&[64, 16, 3, 3][..], &[32, 16, 4, 4][..]));
    let variance = |var: Var| {
        let values = &g.leaf(var).expect("a leaf").initial;
        values.iter().map(|&x| (x as f64).powi(2)).sum::<f64>() / values.len() as f64
    };
    let (first, second) = (variance(layer.weight) / (2.0 / 432.0), variance(back.weight) / (2.0 / 128.0));
    assert!((first - 1.0).abs() < 0.04 && (second - 1.0).abs() < 0.04, "{first} {second}");
}
