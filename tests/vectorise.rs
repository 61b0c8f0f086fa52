//! What is built for one sample gives, for all samples at once, what each would give alone: every operation, twice
//! over, and what follows from it: per-sample gradients, Jacobians, Hessians.

mod common;

use common::cases::all;
use common::*;
use petri::graph::{Graph, Result, Role, Var};
use petri::reference::Reference;
use petri::rng::Rng;

/// Random values of a leaf's size.
fn draw(count: usize, name: &str) -> Vec<f32> {
    let mut rng = Rng::new(7, name);
    (0..count).map(|_| rng.uniform() * 1.5 - 0.75).collect()
}

fn input(g: &mut Graph, name: &str, shape: &[usize]) -> Var {
    g.leaf_with(Role::Input, name, shape, draw(shape.iter().product(), name))
}

/// On the CPU, checked against the reference to 4e-6.
fn values(graph: &Graph, vars: &[Var]) -> Vec<Vec<f64>> {
    let truth = Reference::new(graph).evaluate(vars);
    for (got, truth) in run_cpu(graph, &outputs(vars)).iter().zip(&truth) {
        let error = relative_error(got, truth);
        assert!(error <= 4e-6, "cpu differs from the reference by {error:.3e}");
    }
    truth
}

/// New leaves with one more leading axis, whose elements are the old ones times each of `scales`.
fn widened(g: &mut Graph, leaves: &[Var], scales: &[f32]) -> Vec<Var> {
    let widen = |&leaf: &Var| {
        let (shape, initial) = (g.shape(leaf).to_vec(), g.leaf(leaf).unwrap().initial.clone());
        let wide = scales.iter().flat_map(|scale| initial.iter().map(move |x| x * scale)).collect();
        let name = format!("wide {}", g.leaves().len());
        g.leaf_with(Role::Input, &name, &[&[scales.len()], &shape[..]].concat(), wide)
    };
    leaves.iter().map(widen).collect()
}

const INNER: [f32; 3] = [1.0, -0.5, 0.8];
const OUTER: [f32; 2] = [1.0, 1.25];

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn every_operation_gives_each_sample_what_it_gives_it_alone() {
    for case in all() {
        let Built { mut graph, leaves, result } = build(|g, l| (case.make)(g, l));
        if leaves.is_empty() {
            continue;
        }
        let mut results = vec![result];
        if case.gradient {
            let loss = weighted_sum(&mut graph, result).unwrap();
            results.extend(graph.grad(loss, &leaves).unwrap());
        }
        let wide = widened(&mut graph, &leaves, &INNER);
        let wider = widened(&mut graph, &wide, &OUTER);
        let pairs = |from: &[Var], to: &[Var]| -> Vec<(Var, Var)> { from.iter().copied().zip(to.to_vec()).collect() };
        let once = graph.vectorise(&results, &pairs(&leaves, &wide)).unwrap();
        let twice = graph.vectorise(&once, &pairs(&wide, &wider)).unwrap();
        let together = Reference::new(&graph).evaluate(&twice);
        let got = run_cpu(&graph, &outputs(&twice));
        for (position, (together, got)) in together.iter().zip(&got).enumerate() {
            assert_eq!(graph.shape(twice[position])[..2], [OUTER.len(), INNER.len()], "{}", case.name);
            let error = relative_error(got, together);
            assert!(error <= 4e-6, "{}: cpu differs from the reference by {error:.3e}", case.name);
        }
        for (copy, (outer, inner)) in OUTER.iter().flat_map(|o| INNER.iter().map(move |i| (o, i))).enumerate() {
            let mut alone = Reference::new(&graph);
            for &leaf in &leaves {
                let index = graph.node(leaf).leaf.unwrap();
                // As the widened leaves hold them: in single precision.
                let scaled = graph.leaves()[index].initial.iter().map(|x| (x * inner * outer) as f64);
                alone.leaves[index] = scaled.collect();
            }
            for (alone, together) in alone.evaluate(&results).iter().zip(&together) {
                let share = &together[copy * alone.len()..][..alone.len()];
                let error = relative_error(share, alone);
                assert!(error <= 1e-12, "{}, copy {copy}: {error:.3e}", case.name);
            }
        }
    }
}

/// A network `[d] → [k]` with a kink-free activation.
fn network(g: &mut Graph, weights: &[Var; 2], sample: Var) -> Result<Var> {
    let row = g.unsqueeze(sample, 0)?;
    let hidden = g.matmul(row, weights[0])?;
    let hidden = g.tanh(hidden)?;
    let output = g.matmul(hidden, weights[1])?;
    let output = g.squeeze(output, 0)?;
    g.softplus(output)
}

/// Derivative of `output` by each element of the leaf `input`, by central differences of the reference: `[i][o]`.
fn differences(graph: &Graph, output: Var, input: Var) -> Vec<Vec<f64>> {
    let leaf = graph.node(input).leaf.unwrap();
    let reference = Reference::new(graph);
    let at = |element: usize, offset: f64| {
        let mut moved = reference.clone();
        moved.leaves[leaf][element] += offset;
        moved.evaluate(&[output]).remove(0)
    };
    let h = 1e-4;
    let one = |element: usize| {
        let (a, b) = (at(element, h), at(element, -h));
        let (c, d) = (at(element, 2.0 * h), at(element, -2.0 * h));
        (0..a.len()).map(|i| (8.0 * (a[i] - b[i]) - (c[i] - d[i])) / (12.0 * h)).collect()
    };
    (0..reference.leaves[leaf].len()).map(one).collect()
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn jacobians_and_products_agree_with_finite_differences() {
    // More inputs than outputs, fewer, and as many: reverse and forward mode.
    for (d, k) in [(6, 3), (2, 5), (4, 4), (1, 1)] {
        let mut g = Graph::new();
        let weights = [input(&mut g, "w", &[d, 7]), input(&mut g, "v", &[7, k])];
        let x = input(&mut g, "x", &[d]);
        let y = network(&mut g, &weights, x).unwrap();
        let jacobian = g.jacobian(y, x).unwrap();
        assert_eq!(g.shape(jacobian), [k, d]);
        let tangent = input(&mut g, "tangent", &[d]);
        let weight_tangent = input(&mut g, "weight tangent", &[d, 7]);
        let one = g.jvp(y, &[(x, tangent)]).unwrap();
        let two = g.jvp(y, &[(x, tangent), (weights[0], weight_tangent)]).unwrap();
        let got = values(&g, &[jacobian, one, two, tangent, weight_tangent]);
        let numeric = differences(&g, y, x);
        let by_weights = differences(&g, y, weights[0]);
        let entry = |o: usize, i: usize| numeric[i][o];
        let whole: Vec<f64> = (0..k).flat_map(|o| (0..d).map(move |i| entry(o, i))).collect();
        assert!(relative_error(&got[0], &whole) < 1e-9, "{d} → {k}");
        let along: Vec<f64> = (0..k).map(|o| (0..d).map(|i| entry(o, i) * got[3][i]).sum()).collect();
        assert!(relative_error(&got[1], &along) < 1e-9, "{d} → {k}");
        let both: Vec<f64> =
            (0..k).map(|o| along[o] + (0..7 * d).map(|i| by_weights[i][o] * got[4][i]).sum::<f64>()).collect();
        assert!(relative_error(&got[2], &both) < 1e-9, "{d} → {k}");
    }
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn products_with_the_hessian_agree_with_the_dense_one_and_with_finite_differences() {
    let mut g = Graph::new();
    let weights = [input(&mut g, "w", &[3, 4]), input(&mut g, "v", &[4, 2])];
    let x = input(&mut g, "x", &[3]);
    let y = network(&mut g, &weights, x).unwrap();
    let square = g.square(y).unwrap();
    let loss = g.sum_all(square).unwrap();
    let hessian = g.hessian(loss, weights[0]).unwrap();
    assert_eq!(g.shape(hessian), [3, 4, 3, 4]);
    let directions = [input(&mut g, "p", &[3, 4]), input(&mut g, "q", &[4, 2])];
    let alone = g.hessian_vector(loss, &[(weights[0], directions[0])]).unwrap();
    let both = g.hessian_vector(loss, &[(weights[0], directions[0]), (weights[1], directions[1])]).unwrap();
    let gradient = g.grad(loss, &[weights[0]]).unwrap()[0];
    let got = values(&g, &[hessian, alone[0], both[0], directions[0], directions[1]]);
    let (own, other) = (differences(&g, gradient, weights[0]), differences(&g, gradient, weights[1]));
    let dense: Vec<f64> = (0..12).flat_map(|o| own.iter().map(move |column| column[o])).collect();
    assert!(relative_error(&got[0], &dense) < 1e-9);
    for o in 0..12 {
        for i in 0..12 {
            assert!((got[0][o * 12 + i] - got[0][i * 12 + o]).abs() < 1e-12, "it is symmetric");
        }
    }
    let product: Vec<f64> = (0..12).map(|o| (0..12).map(|i| dense[o * 12 + i] * got[3][i]).sum()).collect();
    assert!(relative_error(&got[1], &product) < 1e-9);
    let mixed: Vec<f64> = (0..12).map(|o| product[o] + (0..8).map(|i| other[i][o] * got[4][i]).sum::<f64>()).collect();
    assert!(relative_error(&got[2], &mixed) < 1e-9);
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn each_sample_has_its_own_gradient_and_their_mean_is_the_batch_s() {
    let mut g = Graph::new();
    let weights = [input(&mut g, "w", &[3, 5]), input(&mut g, "v", &[5, 4])];
    let points = input(&mut g, "points", &[6, 3]);
    let labels = g.leaf_u32(Role::Input, "labels", &[6], &[0, 3, 1, 2, 2, 0]);
    let own = g.per_sample_gradients(&[points, labels], &weights, |g, sample| {
        let logits = network(g, &weights, sample[0])?;
        g.cross_entropy(logits, sample[1])
    });
    let own = own.unwrap();
    assert_eq!(g.shape(own[0]), [6, 3, 5]);
    assert_eq!(g.shape(own[1]), [6, 5, 4]);
    let losses = g.for_each_sample(&[points, labels], |g, sample| {
        let logits = network(g, &weights, sample[0])?;
        Ok(vec![g.cross_entropy(logits, sample[1])?])
    });
    let losses = losses.unwrap()[0];
    let mean = g.mean_all(losses).unwrap();
    let batch = g.grad(mean, &weights).unwrap();
    let means = [g.mean(own[0], &[0]).unwrap(), g.mean(own[1], &[0]).unwrap()];
    let got = values(&g, &[means[0], means[1], batch[0], batch[1], own[0]]);
    assert!(relative_error(&got[0], &got[2]) < 1e-12);
    assert!(relative_error(&got[1], &got[3]) < 1e-12);
    // The gradient of sample 4 is that of its loss alone.
    let fifth = g.slice(losses, 0, 4, 1, 1).unwrap();
    let fifth = g.sum_all(fifth).unwrap();
    let alone = g.grad(fifth, &[weights[0]]).unwrap();
    let alone = values(&g, &alone);
    assert!(relative_error(&got[4][4 * 15..5 * 15], &alone[0]) < 1e-12);
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn the_jacobian_at_every_sample_is_that_of_the_sample() {
    let mut g = Graph::new();
    let weights = [input(&mut g, "w", &[4, 5]), input(&mut g, "v", &[5, 4])];
    let points = input(&mut g, "points", &[3, 4]);
    let all = g.for_each_sample(&[points], |g, sample| {
        let y = network(g, &weights, sample[0])?;
        Ok(vec![g.jacobian(y, sample[0])?])
    });
    let all = all.unwrap()[0];
    assert_eq!(g.shape(all), [3, 4, 4]);
    let second = g.slice(points, 0, 1, 1, 1).unwrap();
    let second = g.squeeze(second, 0).unwrap();
    let y = network(&mut g, &weights, second).unwrap();
    let one = g.jacobian(y, second).unwrap();
    let got = values(&g, &[all, one]);
    assert!(relative_error(&got[0][16..32], &got[1]) < 1e-12);
    // And its entries are differentiable: the derivative of its squared norm, by finite differences.
    let square = g.square(all).unwrap();
    let norm = g.sum_all(square).unwrap();
    check_gradient("squared norm of Jacobians", &g, norm, &[points, weights[0], weights[1]], 1e-6);
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn gradients_by_values_within_the_graph_are_those_of_what_follows() {
    let mut g = Graph::new();
    let x = input(&mut g, "x", &[4]);
    let hidden = g.tanh(x).unwrap();
    let cube = g.square(hidden).unwrap();
    let cube = g.mul(cube, hidden).unwrap();
    let loss = g.sum_all(cube).unwrap();
    let gradient = g.grad(loss, &[hidden]).unwrap()[0];
    let got = values(&g, &[gradient, hidden]);
    let want: Vec<f64> = got[1].iter().map(|h| 3.0 * h * h).collect();
    assert!(relative_error(&got[0], &want) < 1e-12);
}

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn refusals_say_what_does_not_fit() {
    let mut g = Graph::new();
    let (x, wide) = (input(&mut g, "x", &[4]), input(&mut g, "wide", &[3, 5]));
    let y = g.tanh(x).unwrap();
    let error = g.vectorise(&[y], &[(x, wide)]).unwrap_err().to_string();
    assert!(error.contains("[3, 5]") && error.contains("[4]"), "{error}");
    assert!(g.vectorise(&[y], &[]).is_err());
    let error = g.jvp(y, &[(x, wide)]).unwrap_err().to_string();
    assert!(error.contains("tangent"), "{error}");
    assert!(g.concatenate(&[], 0).is_err());
    let error = g.concatenate(&[wide, x], 0).unwrap_err().to_string();
    assert!(error.contains("[4]") && error.contains("[3, 5]"), "{error}");
    assert!(g.split(x, 0, &[1, 2]).is_err());
    assert!(g.roll(x, 1, 1).is_err());
    assert!(g.sort(x, 1, petri::ops::order::Order::Ascending).is_err());
    assert!(g.top_k(x, 5, 0, petri::ops::order::Order::Ascending).is_err());
    assert!(g.quantile(x, 0, 1.5).is_err());
    assert!(g.real_fourier(x, 1).is_err());
    assert!(g.squeeze(x, 0).is_err() && g.unsqueeze(x, 2).is_err() && g.move_axis(x, 0, 1).is_err());
    let labels = g.leaf_u32(Role::Input, "labels", &[4], &[0, 1, 2, 3]);
    assert!(g.scatter_add(labels, x, 0, 0).is_err());
    assert!(g.take_along_axis(wide, labels, 0).is_err());
}
